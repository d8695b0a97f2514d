package domain

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var spring = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func checkKind(t *testing.T, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// initiativeAt has come to a stage by one step a day.
func initiativeAt(t *testing.T, st InitiativeStage) *Initiative {
	t.Helper()
	i, err := NewInitiative(InitiativeDraft{Marking: marked, Title: "Supplier guidance"}, spring)
	if err != nil {
		t.Fatal(err)
	}
	i.ID = "i"
	for day := 1; !i.Stage.Is(st); day++ {
		if err := i.Advance(Measure(nil), "a court set the date", spring.AddDate(0, 0, day)); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func TestAnInitiativeNeedsATitleAndAnObjective(t *testing.T) {
	_, err := NewInitiative(InitiativeDraft{Title: " \t"}, spring)
	checkKind(t, err, Invalid)
	for _, want := range []string{"/title", "/objectives"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v names no %s", err, want)
		}
	}
}

func TestAnInitiativeAdvancesOneStageAtATime(t *testing.T) {
	i := initiativeAt(t, InitiativeAgenda)
	for _, want := range InitiativeStages()[1:] {
		if !slices.Contains(i.Next(), AdvanceInitiative) {
			t.Errorf("%s offers no advance", i.Stage)
		}
		if err := i.Advance(Measure(nil), "a court set the date", spring); err != nil || !i.Stage.Is(want) {
			t.Fatalf("%s, %v; want %s", i.Stage, err, want)
		}
	}
	checkKind(t, i.Advance(Measure(nil), "x", spring), Conflict)
	if slices.Contains(i.Next(), AdvanceInitiative) {
		t.Error("the last stage offers an advance")
	}
}

func TestClearanceWithAGroupUnheardNeedsAReason(t *testing.T) {
	heard := Measure(initiativeAt(t, InitiativeScoping).Hear(spring, Source{FromEngagement, "e"}, CivilSociety, PrivateSector))
	all := Measure(initiativeAt(t, InitiativeScoping).Hear(spring, Source{FromEngagement, "e"}, Groups()...))
	for _, tt := range []struct {
		name, reason string
		meter        Meter
		want         error
		unheard      []Group
	}{
		{"nobody heard, no reason", " ", Measure(nil), Invalid, nil},
		{"survivors unheard, no reason", "", heard, Invalid, nil},
		{"survivors unheard, a reason", "a court set the date", heard, nil, []Group{Survivors}},
		{"all heard", "", all, nil, nil},
		{"all heard, a reason that is not needed", "x", all, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := initiativeAt(t, InitiativeDrafting)
			err := i.Advance(tt.meter, tt.reason, spring)
			checkKind(t, err, tt.want)
			if err != nil && !strings.Contains(err.Error(), "survivors") {
				t.Errorf("%v does not name the unheard", err)
			}
			if moved := i.Stage.Is(InitiativeClearance); moved != (tt.want == nil) {
				t.Errorf("now %s", i.Stage)
			}
			if !slices.Equal(i.Unheard, tt.unheard) || (i.UnheardReason != "") != (tt.unheard != nil) {
				t.Errorf("kept %v because %q", i.Unheard, i.UnheardReason)
			}
		})
	}
}

func TestTheMeterShowsWhenEachGroupWasFirstHeard(t *testing.T) {
	i := initiativeAt(t, InitiativeDrafting) // scoping from 3 March, drafting from 4 March
	m := Measure(slices.Concat(
		i.Hear(spring.AddDate(0, 0, 9), Source{FromEngagement, "late"}, Groups()...),
		i.Hear(spring.AddDate(0, 0, 1), Source{FromEngagement, "early"}, Survivors),
		i.Hear(spring.AddDate(0, 0, -40), Source{FromSubmission, "before"}, CivilSociety),
	))
	for _, tt := range []struct {
		group  Group
		stage  InitiativeStage
		source string
		outset bool
	}{
		{Survivors, InitiativeScoping, "early", true},
		{CivilSociety, InitiativeAgenda, "before", true},
		{PrivateSector, InitiativeDrafting, "late", false},
	} {
		h, ok := m.First(tt.group)
		if !ok || h.Stage != tt.stage || h.SourceID != tt.source || m.FromTheOutset(tt.group) != tt.outset {
			t.Errorf("%s: %+v, from the outset %t", tt.group, h, m.FromTheOutset(tt.group))
		}
	}
	if len(m.Unheard()) != 0 || m.Sources(Survivors) != 2 || m.Sources(PrivateSector) != 1 {
		t.Errorf("unheard: %v; %d sources of survivors", m.Unheard(), m.Sources(Survivors))
	}
	if m := Measure(nil); !slices.Equal(m.Unheard(), Groups()) || m.FromTheOutset(Survivors) {
		t.Errorf("nothing heard, yet %v unheard", m.Unheard())
	}
}

func TestAnOrganizationSpeaksForItsGroups(t *testing.T) {
	for _, tt := range []struct {
		typ  OrganizationType
		led  bool
		want string
	}{
		{OrganizationBusiness, false, "private_sector"},
		{OrganizationBusinessAssociation, false, "private_sector"},
		{OrganizationNGO, false, "civil_society"},
		{OrganizationNGO, true, "survivors civil_society"},
		{OrganizationSurvivorLed, false, "survivors civil_society"},
		{OrganizationLaborUnion, false, "civil_society"},
		{OrganizationFaithBased, false, "civil_society"},
		{OrganizationAcademic, false, "civil_society"},
		{OrganizationFoundation, false, "civil_society"},
		{OrganizationInternational, false, ""},
		{OrganizationGovernment, false, ""},
		{OrganizationMedia, false, ""},
	} {
		o := Organization{Type: tt.typ, SurvivorLed: tt.led}
		var got []string
		for _, g := range o.Groups() {
			got = append(got, string(g))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s speaks for %v, want %s", tt.typ, got, tt.want)
		}
	}
}
