package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func checkList[T interface {
	~string
	Valid() bool
}](t *testing.T, list func() []T, want string) {
	t.Helper()
	var words []string
	for _, x := range list() {
		words = append(words, string(x))
		if !x.Valid() {
			t.Errorf("%q is on the list and not valid", x)
		}
	}
	if got := strings.Join(words, " "); got != want {
		t.Errorf("%T: %s\nwant %s", list()[0], got, want)
	}
	for _, no := range []T{"", "other", T(strings.ToUpper(words[0])), T(words[0] + " ")} {
		if no.Valid() {
			t.Errorf("%q is not on the list of %T and valid", no, no)
		}
	}
	list()[0] = "changed"
	if slices.Contains(list(), "changed") {
		t.Errorf("a reader changed the list of %T", list()[0])
	}
}

func TestCodeListsAreClosed(t *testing.T) {
	checkList(t, OrganizationTypes, "business business_association labor_union ngo survivor_led faith_based academic foundation international_organization government media")
	checkList(t, Pillars, "prosecution protection prevention partnership")
	checkList(t, TraffickingTypes, "labor sex")
	checkList(t, Topics, "supply_chains domestic_servitude responsible_recruitment government_procurement child_sex_trafficking child_sex_tourism victim_identification survivor_services public_awareness data technology finance legal_framework")
	checkList(t, EngagementKinds, "meeting roundtable briefing training site_visit multilateral_session consultation_session cohosted_event correspondence")
	checkList(t, InitiativeStages, "agenda scoping drafting clearance final implementation evaluation")
}

func TestEveryTopicHasALabel(t *testing.T) {
	seen := map[string]bool{}
	for _, topic := range Topics() {
		if topic.Label() == "" || seen[topic.Label()] {
			t.Errorf("%s has the label %q", topic, topic.Label())
		}
		seen[topic.Label()] = true
	}
	if got := fmt.Sprint(len(topicLabels)); got != fmt.Sprint(len(Topics())) {
		t.Errorf("%s labels for %d topics", got, len(Topics()))
	}
}
