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

func TestAReportThatIsSentAgainIsTheSameReport(t *testing.T) {
	at := func(st ProgressReportStage) ProgressReport { return *reportAt(t, st) }
	november := Period{"2026-11-01", "2026-11-02"}
	for name, tt := range map[string]struct {
		reports []ProgressReport
		change  func(*ProgressReportDraft)
		same    ProgressReportID
		refused []string
	}{
		"the first":                 {nil, func(*ProgressReportDraft) {}, "", nil},
		"a draft":                   {[]ProgressReport{at(ProgressReportDrafted)}, func(*ProgressReportDraft) {}, "r1", nil},
		"a draft of other days":     {[]ProgressReport{at(ProgressReportDrafted)}, func(d *ProgressReportDraft) { d.Period.Until = "2026-10-30" }, "", nil},
		"one that was handed in":    {[]ProgressReport{at(ProgressReportSubmitted)}, func(*ProgressReportDraft) {}, "r1", nil},
		"part of accepted days":     {[]ProgressReport{at(ProgressReportAccepted)}, func(d *ProgressReportDraft) { d.Period.Until = "2026-11-02" }, "", []string{"/period/from"}},
		"a correction of these":     {[]ProgressReport{at(ProgressReportAccepted)}, func(d *ProgressReportDraft) { d.Supersedes = "r1" }, "", nil},
		"the days after":            {[]ProgressReport{at(ProgressReportAccepted)}, func(d *ProgressReportDraft) { d.Period = november }, "", nil},
		"days of one that is void":  {[]ProgressReport{{Stage: Stage[ProgressReportStage]{ProgressReportReturned}, Period: october().Period}}, func(*ProgressReportDraft) {}, "", nil},
		"a draft over what's told":  {[]ProgressReport{at(ProgressReportDrafted), at(ProgressReportSubmitted)}, func(*ProgressReportDraft) {}, "r1", nil},
		"the draft of a correction": {[]ProgressReport{at(ProgressReportAccepted), {Record: Record[ProgressReport]{ID: "r2"}, Stage: Stage[ProgressReportStage]{ProgressReportDrafted}, Period: october().Period}}, func(d *ProgressReportDraft) { d.Supersedes = "r1" }, "r2", nil},
	} {
		c, d := planned(t), october()
		c.Plan.Reports = tt.reports
		tt.change(&d)
		if id, err := c.Resumed(d); id != tt.same || !slices.Equal(pointers(err), tt.refused) {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}

func TestOnlyItsAuthorsDraftIsTakenOver(t *testing.T) {
	colleague := Actor{Account: "colleague", Role: Partner, Organization: harbor}
	other := october()
	other.Narrative = "Audits went on."
	told := october()
	told.Figures[0].Value = "11.0"
	for name, tt := range map[string]struct {
		at      ProgressReportStage
		by      Actor
		d       ProgressReportDraft
		changed bool
		refused bool
	}{
		"the same":               {ProgressReportDrafted, colleague, october(), false, false},
		"the same in figures":    {ProgressReportDrafted, colleague, told, false, false},
		"other words":            {ProgressReportDrafted, harborMe, other, true, false},
		"a colleague's words":    {ProgressReportDrafted, colleague, other, false, true},
		"what was handed in":     {ProgressReportSubmitted, harborMe, other, true, true},
		"the same as handed in":  {ProgressReportSubmitted, harborMe, october(), false, false},
		"the same as in force":   {ProgressReportAccepted, harborMe, october(), false, false},
		"other words than these": {ProgressReportAccepted, harborMe, other, true, true},
	} {
		r := reportAt(t, tt.at)
		changed, err := r.Resend(tt.by, planned(t), tt.d)
		if changed != tt.changed || errors.Is(err, Conflict) != tt.refused {
			t.Errorf("%s: changed %t, %v", name, changed, err)
		}
	}
}

func TestWhatIsUnreportedBeginsAfterTheLastReport(t *testing.T) {
	c := planned(t)
	if p, ok := c.Unreported(today); !ok || p != (Period{c.AcceptedOn, today}) {
		t.Errorf("from the acceptance: %v, %t", p, ok)
	}
	r := *reportAt(t, ProgressReportSubmitted)
	c.AcceptedOn, c.Plan.Reports = "2026-09-01", []ProgressReport{r}
	if p, ok := c.Unreported(today); !ok || p != (Period{"2026-11-01", today}) || c.Plan.LastFigure("i1") != "11" {
		t.Errorf("after a report: %v, %t", p, ok)
	}
	c.Plan.Reports[0].Stage.now = ProgressReportReturned
	if p, _ := c.Unreported(today); p.From != "2026-09-01" || c.Plan.LastFigure("i1") != "" {
		t.Errorf("after a returned one: %v", p)
	}
	c.Plan.Reports[0].Stage.now, c.Plan.Reports[0].Period.Until = ProgressReportAccepted, today
	if p, ok := c.Unreported(today); ok {
		t.Errorf("nothing is unreported, but %v", p)
	}
}
