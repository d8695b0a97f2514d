package domain

import (
	"fmt"
	"testing"
)

func TestTheStricterStandingHolds(t *testing.T) {
	for _, keep := range OrganizationStages() {
		for _, goes := range OrganizationStages() {
			a, b := &Organization{LegalName: "A", Type: OrganizationNGO}, &Organization{LegalName: "B", Type: OrganizationNGO}
			a.ID, b.ID, a.Stage.now, b.Stage.now = "a", "b", keep, goes
			out, err := MergeOf(a, b, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := out.Stage.now
			vetted := strictness[keep] > 0
			switch {
			case got != keep && got != goes:
				t.Errorf("%s and %s become %s", keep, goes, got)
			case strictness[got] < strictness[keep] || !vetted && strictness[got] > 0 && strictness[got] < strictness[OrganizationSuspended]:
				t.Errorf("%s is upgraded to %s by %s", keep, got, goes)
			case vetted && strictness[got] < strictness[goes]:
				t.Errorf("%s launders %s to %s", keep, goes, got)
			case out.Stage.Is(approvedStages...) && !a.Stage.Is(approvedStages...):
				t.Errorf("%s is approved by a merge with %s", keep, goes)
			}
		}
	}
}

func TestWhatIsWrittenOfTwoIsUnited(t *testing.T) {
	a := &Organization{LegalName: "Harbor Ltd", OtherNames: List[string]{"HL"}, Languages: List[string]{"en"}, Parent: "b", SurvivorLed: false}
	b := &Organization{LegalName: "Harbour Ltd", OtherNames: List[string]{"hl", "harbor  LTD"}, Languages: List[string]{"fr", "en"}, Country: "GB", Sector: "48", SurvivorLed: true, AttestedBy: "Itself"}
	a.ID, b.ID = "a", "b"
	a.Distinctions, b.Distinctions = List[Distinction]{{From: "b"}, {From: "c"}}, List[Distinction]{{From: "c"}, {From: "d"}}
	for _, tt := range []struct {
		take []string
		want string
	}{
		{nil, "Harbor Ltd [HL Harbour Ltd] [en fr] GB false"},
		{[]string{"legal_name", "survivor_led"}, "Harbour Ltd [Harbor Ltd HL] [en fr] GB true"},
	} {
		o, err := MergeOf(a, b, tt.take)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(o.LegalName, " ", o.OtherNames, " ", o.Languages, " ", o.Country, " ", o.SurvivorLed); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.take, got, tt.want)
		}
		if o.Parent != "" || len(o.Distinctions) != 2 {
			t.Errorf("parent %q, told apart from %v", o.Parent, o.Distinctions)
		}
	}
	if a.LegalName != "Harbor Ltd" || len(a.Distinctions) != 2 || a.Distinctions[0].From != "b" {
		t.Error("to look at a merge changed something")
	}
	if _, err := MergeOf(a, b, []string{"website", "website"}); err == nil {
		t.Error("a field was taken twice")
	}
	if _, err := MergeOf(a, b, []string{"stage"}); err == nil {
		t.Error("a standing was chosen")
	}
}
