package domain

import (
	"errors"
	"slices"
	"testing"
)

func harborAccount(id AccountID, role Role) *Account {
	a := &Account{Role: role, Organization: harbor, Stage: Stage[AccountStage]{AccountActive}}
	a.ID = id
	return a
}

func TestReportingIsHandedOverToTheOrganizationsOwnPeople(t *testing.T) {
	lead, other := harborAccount("lead", Partner), harborAccount("other", Partner)
	gone := harborAccount("gone", Partner)
	gone.Stage = Stage[AccountStage]{AccountSuspended}
	stranger := harborAccount("stranger", Partner)
	stranger.Organization = "elsewhere"
	for name, tt := range map[string]struct {
		lead      *Account
		delegates []*Account
		pointers  []string
	}{
		"a lead":                    {lead, nil, nil},
		"a lead and a delegate":     {lead, []*Account{other}, nil},
		"everyone again":            {nil, nil, nil},
		"a delegate of nobody":      {nil, []*Account{other}, []string{"/lead_id"}},
		"a suspended lead":          {gone, nil, []string{"/lead_id"}},
		"another organization's":    {stranger, nil, []string{"/lead_id"}},
		"a delegate that isn't one": {lead, []*Account{nil}, []string{"/delegate_ids/0"}},
		"the lead as delegate":      {lead, []*Account{lead}, []string{"/delegate_ids/0"}},
		"a delegate twice":          {lead, []*Account{other, other}, []string{"/delegate_ids/1"}},
	} {
		c := commitmentAt(t, CommitmentActive)
		if err := c.HandOver(tt.lead, tt.delegates); !slices.Equal(pointers(err), tt.pointers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyTheLeadItsDelegatesAndAdminsReport(t *testing.T) {
	by := func(id AccountID, role Role) Actor { return Actor{Account: id, Role: role, Organization: harbor} }
	for name, tt := range map[string]struct {
		who Actor
		may bool
	}{
		"the lead":        {by("lead", Partner), true},
		"a delegate":      {by("stand-in", Partner), true},
		"an admin":        {by("boss", PartnerAdmin), true},
		"the office":      {officer, true},
		"anyone else":     {by("colleague", Partner), false},
		"the former lead": {by("former", Partner), false},
	} {
		c := planned(t)
		if err := c.HandOver(harborAccount("lead", Partner), []*Account{harborAccount("stand-in", Partner)}); err != nil {
			t.Fatal(err)
		}
		m := c.Plan.Milestones[0]
		_, written := NewProgressReport(tt.who, c, october())
		draft := reportAt(t, ProgressReportDrafted)
		for what, err := range map[string]error{
			"write": written, "edit": draft.Edit(tt.who, c, october()), "submit": draft.Submit(tt.who, c, today),
			"report a milestone": m.Report(tt.who, c, Delivery{Evidence: "Done."}, today), "claim": c.Claim(tt.who, today),
		} {
			if errors.Is(err, Forbidden) == tt.may {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}

func TestAReportLeavesNothingOutWithoutAReason(t *testing.T) {
	c := planned(t)
	c.Plan.Milestones[1].DueOn = "2026-10-15"
	d := october()
	d.Figures = nil
	submit := func(omissions ...Omission) error {
		d.Omissions = omissions
		r, err := NewProgressReport(harborMe, c, d)
		if err != nil {
			return err
		}
		return r.Submit(harborMe, c, today)
	}
	noFigure, late := Omission{Indicator: "i1", Reason: "The audit was postponed."}, Omission{Milestone: "m2", Reason: "No access yet."}
	for name, tt := range map[string]struct {
		omissions []Omission
		pointers  []string
	}{
		"nothing said":          {nil, []string{"/figures", "/milestones"}},
		"a figure explained":    {[]Omission{noFigure}, []string{"/milestones"}},
		"a milestone explained": {[]Omission{late}, []string{"/figures"}},
		"both explained":        {[]Omission{noFigure, late}, nil},
		"no reason":             {[]Omission{{Indicator: "i1", Reason: " "}}, []string{"/omissions/0/reason"}},
		"about nothing":         {[]Omission{{Reason: "Why not."}}, []string{"/omissions/0"}},
		"another's indicator":   {[]Omission{{Indicator: "i9", Reason: "Why not."}}, []string{"/omissions/0/indicator_id"}},
		"another's milestone":   {[]Omission{{Milestone: "m9", Reason: "Why not."}}, []string{"/omissions/0/milestone_id"}},
	} {
		if err := submit(tt.omissions...); !slices.Equal(pointers(err), tt.pointers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommitmentIsNotSubmittedWithAnIndicatorThatHasNoTarget(t *testing.T) {
	c := commitmentAt(t, CommitmentDrafted)
	i, err := NewIndicator(c, IndicatorDraft{Title: "Audits", Unit: "audits"})
	if err != nil {
		t.Fatal(err)
	}
	c.Plan.Indicators = []Indicator{*i}
	if err := c.Submit(harborMe, vetted(harbor)[0], today); !slices.Equal(pointers(err), []string{"/indicators/0/targets"}) {
		t.Error(err)
	}
	if _, err := NewIndicator(commitmentAt(t, CommitmentActive), i.Draft()); !slices.Equal(pointers(err), []string{"/targets"}) {
		t.Error(err)
	}
}

func TestRemindersComeBeforeAtAndAfterTheDay(t *testing.T) {
	c := commitmentAt(t, CommitmentActive)
	c.AcceptedOn = "2026-01-01" // so the first report is due on 2026-05-01
	for on, event := range map[Date]string{
		"2026-04-16": "", "2026-04-17": "progress_report.due", "2026-05-01": "progress_report.due", "2026-05-02": "progress_report.overdue",
		"2026-05-31": "progress_report.overdue", "2026-06-01": "progress_report.escalated",
	} {
		got, ok := c.Reminder(on)
		if got.Event != event || ok != (event != "") || ok && got.DueOn != "2026-05-01" {
			t.Errorf("on %s: %v %v", on, got, ok)
		}
	}
	if SilentSince("2026-04-17") != c.AcceptedOn {
		t.Errorf("nothing is told of who was heard after %s", SilentSince("2026-04-17"))
	}
	c.Stage = Stage[CommitmentStage]{CommitmentClaimed}
	if _, ok := c.Reminder("2026-06-01"); ok {
		t.Error("a claimed commitment is asked for a report")
	}
}
