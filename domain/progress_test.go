package domain

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func reportedMilestone(t testing.TB) *Milestone {
	t.Helper()
	c := commitmentAt(t, CommitmentActive)
	m, err := NewMilestone(commitmentAt(t, CommitmentDrafted), MilestoneDraft{Title: "Half of the agencies", Weight: 40, DueOn: "2027-06-30"})
	if err = errors.Join(err, m.Report(harborMe, c, Delivery{Evidence: "21 reports."}, today)); err != nil {
		t.Fatal(err)
	}
	return m
}

// planned is harbor's active commitment with two milestones and an indicator.
func planned(t testing.TB) *Commitment {
	t.Helper()
	c, written := commitmentAt(t, CommitmentActive), commitmentAt(t, CommitmentDrafted)
	for _, id := range []MilestoneID{"m1", "m2"} {
		m, err := NewMilestone(written, MilestoneDraft{Title: "Milestone " + string(id), Weight: 50, DueOn: "2027-06-30"})
		if err != nil {
			t.Fatal(err)
		}
		m.ID = id
		c.Plan.Milestones = append(c.Plan.Milestones, *m)
	}
	i, err := NewIndicator(written, IndicatorDraft{Title: "Agencies audited", Unit: "agencies", Ascending: true, Disaggregation: []string{"country"}, Targets: aTarget})
	if err != nil {
		t.Fatal(err)
	}
	i.ID = "i1"
	c.Plan.Indicators = []Indicator{*i}
	return c
}

var aTarget = []Target{{Period{"2026-10-01", "2027-09-30"}, "41"}}

func october() ProgressReportDraft {
	return ProgressReportDraft{
		Period: Period{"2026-10-01", "2026-10-31"}, Narrative: "Audits began.",
		Figures:    []Figure{{"i1", "11", []Part{{"country", "MY", "8"}}}},
		Deliveries: []Delivery{{Milestone: "m1", Evidence: "21 reports."}},
	}
}

func reportAt(t testing.TB, st ProgressReportStage) *ProgressReport {
	t.Helper()
	c := planned(t)
	r, err := NewProgressReport(harborMe, c, october())
	if err != nil {
		t.Fatal(err)
	}
	r.ID = "r1"
	if st != ProgressReportDrafted {
		err = r.Submit(harborMe, c, today)
	}
	if st == ProgressReportAccepted {
		err = errors.Join(err, r.Accept(officer, c, nil, today))
	}
	if err != nil || !r.Stage.Is(st) {
		t.Fatalf("no way to %s: %v", st, err)
	}
	return r
}

func TestProgressReportsAreChecked(t *testing.T) {
	c := planned(t)
	for pointer, spoil := range map[string]func(*ProgressReportDraft){
		"/period/from":                 func(d *ProgressReportDraft) { d.Period.From = "" },
		"/period/until":                func(d *ProgressReportDraft) { d.Period.Until = "2026-09-30" },
		"/narrative":                   func(d *ProgressReportDraft) { d.Narrative = " " },
		"/figures/0/indicator_id":      func(d *ProgressReportDraft) { d.Figures[0].Indicator = "another's" },
		"/figures/1/indicator_id":      func(d *ProgressReportDraft) { d.Figures = append(d.Figures, d.Figures[0]) },
		"/figures/0/value":             func(d *ProgressReportDraft) { d.Figures[0].Value = "1e3" },
		"/figures/0/parts/0/value":     func(d *ProgressReportDraft) { d.Figures[0].Parts[0].Value = "" },
		"/figures/0/parts/0/dimension": func(d *ProgressReportDraft) { d.Figures[0].Parts[0].Dimension = "sex" },
		"/figures/0/parts/1/category": func(d *ProgressReportDraft) {
			d.Figures[0].Parts = append(d.Figures[0].Parts, Part{"country", "my", "1"})
		},
		"/figures/0/parts/1/value": func(d *ProgressReportDraft) {
			d.Figures[0].Parts = append(d.Figures[0].Parts, Part{"country", "SG", "3.000000001"})
		},
		"/milestones/0/milestone_id": func(d *ProgressReportDraft) { d.Deliveries[0].Milestone = "another's" },
		"/milestones/1/milestone_id": func(d *ProgressReportDraft) { d.Deliveries = append(d.Deliveries, d.Deliveries[0]) },
		"/milestones/0/evidence":     func(d *ProgressReportDraft) { d.Deliveries[0].Evidence = "" },
		"/milestones/0/evidence_url": func(d *ProgressReportDraft) { d.Deliveries[0].EvidenceURL = "ftp://x" },
		"/supersedes_id":             func(d *ProgressReportDraft) { d.Supersedes = "nothing" },
	} {
		d := october()
		spoil(&d)
		if _, err := NewProgressReport(harborMe, c, d); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestASubmittedReportNeverChanges(t *testing.T) {
	c := planned(t)
	for _, st := range []ProgressReportStage{ProgressReportSubmitted, ProgressReportAccepted} {
		if err := reportAt(t, st).Edit(harborMe, c, october()); !errors.Is(err, Conflict) {
			t.Errorf("a report that is %s was edited: %v", st, err)
		}
	}
	if err := reportAt(t, ProgressReportDrafted).Edit(officer, c, october()); err != nil {
		t.Error(err)
	}
}

func TestAReportIsSubmittedWhenItsPeriodIsOver(t *testing.T) {
	r, c := reportAt(t, ProgressReportDrafted), planned(t)
	if err := r.Submit(harborMe, c, "2026-10-30"); !slices.Equal(pointers(err), []string{"/period/until"}) {
		t.Errorf("submitted early: %v", err)
	}
	if err := r.Submit(harborMe, c, "2026-10-31"); err != nil {
		t.Error(err)
	}
}

func TestNothingIsReportedOnACommitmentThatIsNotRunning(t *testing.T) {
	for _, st := range []CommitmentStage{CommitmentDrafted, CommitmentSubmitted, CommitmentClaimed} {
		c := commitmentAt(t, st)
		c.Plan = planned(t).Plan
		_, err := NewProgressReport(harborMe, c, october())
		m := c.Plan.Milestones[0]
		if !errors.Is(err, Conflict) || !errors.Is(m.Report(harborMe, c, Delivery{Evidence: "x"}, today), Conflict) {
			t.Errorf("reported on a commitment that is %s: %v", st, err)
		}
		if err := reportAt(t, ProgressReportDrafted).Submit(harborMe, c, today); !errors.Is(err, Conflict) {
			t.Errorf("submitted on a commitment that is %s: %v", st, err)
		}
	}
}

func TestACorrectionSupersedesAndOverwritesNothing(t *testing.T) {
	c := planned(t)
	first := reportAt(t, ProgressReportAccepted)
	c.Plan.Reports = []ProgressReport{*first}

	rival, err := NewProgressReport(harborMe, c, october())
	if err != nil {
		t.Fatal(err)
	}
	rival.ID = "rival"
	if err := errors.Join(rival.Submit(harborMe, c, today)); err != nil {
		t.Fatal(err)
	}
	if err := rival.Accept(officer, c, nil, today); !errors.Is(err, Conflict) {
		t.Errorf("two reports count for the same days: %v", err)
	}

	d := october()
	d.Supersedes, d.Figures[0].Value, d.Figures[0].Parts = first.ID, "9", nil
	second, err := NewProgressReport(harborMe, c, d)
	if err != nil {
		t.Fatal(err)
	}
	second.ID = "r2"
	if err := errors.Join(second.Submit(harborMe, c, today), second.Accept(officer, c, first, today)); err != nil {
		t.Fatal(err)
	}
	if first.Stands() || first.SupersededBy != "r2" || first.Figures[0].Value != "11" || !second.Stands() {
		t.Errorf("first %+v, second %+v", first, second)
	}
	c.Plan.Reports = []ProgressReport{*first, *second}
	if _, err := NewProgressReport(harborMe, c, d); !slices.Equal(pointers(err), []string{"/supersedes_id"}) {
		t.Errorf("superseded twice: %v", err)
	}
	if _, err := first.Verify(officer, c, found, today); !errors.Is(err, Conflict) {
		t.Errorf("a superseded report is verified: %v", err)
	}
}

func TestReportedAndVerifiedFiguresStandSideBySide(t *testing.T) {
	c, r := planned(t), reportAt(t, ProgressReportAccepted)
	i := &c.Plan.Indicators[0]
	if i.Tell([]ProgressReport{*r}, nil); len(i.Actuals) != 1 || i.Actuals[0].Reported != "11" || i.Actuals[0].Verified != "" {
		t.Errorf("before: %+v", i.Actuals)
	}
	d := found
	d.Figures = []Figure{{Indicator: "another's", Value: "9"}}
	if _, err := r.Verify(officer, c, d, today); !slices.Equal(pointers(err), []string{"/figures/0/indicator_id"}) {
		t.Errorf("a figure that was not reported is verified: %v", err)
	}
	d.Figures[0].Indicator = "i1"
	d.Figures[0].Parts = []Part{{"country", "MY", "10"}}
	if _, err := r.Verify(officer, c, d, today); !slices.Equal(pointers(err), []string{"/figures/0/parts/0/value"}) {
		t.Errorf("a verified part is more than the whole: %v", err)
	}
	d.Figures[0].Parts, d.Figures[0].Value = nil, "many"
	if _, err := r.Verify(officer, c, d, today); !slices.Equal(pointers(err), []string{"/figures/0/value"}) {
		t.Errorf("verified as no number: %v", err)
	}
	d.Figures[0].Value = "9"
	v, err := r.Verify(officer, c, d, today)
	if err != nil {
		t.Fatal(err)
	}
	i.Tell([]ProgressReport{*r}, []Verification{*v})
	if a := i.Actuals[0]; a.Reported != "11" || a.Verified != "9" || a.Confidence != ConfidenceHigh || r.Figures[0].Value != "11" {
		t.Errorf("after: %+v", a)
	}
	draft := reportAt(t, ProgressReportSubmitted)
	if i.Tell([]ProgressReport{*draft}, nil); len(i.Actuals) != 0 {
		t.Errorf("a report that is not accepted counts: %+v", i.Actuals)
	}
}

func TestThePlanIsFixedOnceSubmitted(t *testing.T) {
	written := commitmentAt(t, CommitmentDrafted)
	m, err := NewMilestone(written, MilestoneDraft{Title: "Later idea", Weight: 10, DueOn: "2027-06-30"})
	i, err2 := NewIndicator(written, IndicatorDraft{Title: "Audits", Unit: "audits", Targets: aTarget})
	if err := errors.Join(err, err2, m.Edit(written, m.Draft()), i.Edit(written, i.Draft()), m.Remove(written), i.Remove(written)); err != nil {
		t.Fatal(err)
	}
	for _, st := range CommitmentStages() {
		c := commitmentAt(t, CommitmentDrafted)
		c.Stage.now = st
		_, milestone := NewMilestone(c, m.Draft())
		_, indicator := NewIndicator(c, i.Draft())
		for name, err := range map[string]error{
			"add a milestone": milestone, "edit a milestone": m.Edit(c, m.Draft()), "remove a milestone": m.Remove(c),
			"add an indicator": indicator, "edit an indicator": i.Edit(c, i.Draft()), "remove an indicator": i.Remove(c),
		} {
			if fixed := !slices.Contains(commitmentWritten, st); fixed != errors.Is(err, Conflict) {
				t.Errorf("%s of a commitment that is %s: %v", name, st, err)
			}
		}
	}
}

func TestAnAmendmentAddsToThePlan(t *testing.T) {
	adds := func() Additions {
		return Additions{
			Milestones: []MilestoneDraft{{Title: "Later", Weight: 100, DueOn: "2027-12-31", DuePrecision: ToTheYear}},
			Indicators: []IndicatorDraft{{Title: "Audits", Unit: "audits", Ascending: true, Targets: aTarget}},
		}
	}
	for pointer, spoil := range map[string]func(*Additions){
		"/milestones/0/title":            func(a *Additions) { a.Milestones[0].Title = " " },
		"/milestones/0/weight":           func(a *Additions) { a.Milestones[0].Weight = 101 },
		"/milestones/0/due_on":           func(a *Additions) { a.Milestones[0].DueOn, a.Milestones[0].DuePrecision = "", "" },
		"/indicators/0/unit":             func(a *Additions) { a.Indicators[0].Unit = "" },
		"/indicators/0/targets":          func(a *Additions) { a.Indicators[0].Targets = nil },
		"/indicators/0/targets/0/value":  func(a *Additions) { a.Indicators[0].Targets = []Target{{aTarget[0].Period, "1,5"}} },
		"/indicators/0/disaggregation/0": func(a *Additions) { a.Indicators[0].Disaggregation = []string{""} },
		"/indicators/0/baseline/year":    func(a *Additions) { a.Indicators[0].Baseline = Baseline{1, "0"} },
	} {
		c, a := commitmentAt(t, CommitmentActive), adds()
		spoil(&a)
		if _, err := c.Propose(harborMe, c.Terms, a, "Because.", today); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	for by, kept := range map[Actor]bool{harborMe: true, officer: false} {
		c := commitmentAt(t, CommitmentActive)
		c.Publish(officer, noon)
		a, err := c.Propose(by, c.Terms, adds(), "Because.", today)
		if err := errors.Join(err, c.ConsentToPublication(harborMe, noon)); err != nil {
			t.Fatal(err)
		}
		if got := a.Changes(); !slices.Equal(got, []Change{{"milestone", "", "Later, due 2027, weight 100"}, {"indicator", "", "Audits"}}) {
			t.Errorf("changes are %+v", got)
		}
		if got := inWords(a.Changes()); got != "milestone added: Later, due 2027, weight 100; indicator added: Audits" {
			t.Errorf("in words %q", got)
		}
		for _, alone := range []Actor{by, harborMe} {
			if added, err := c.Amend(alone, a, vetted(harbor)[0], today); !errors.Is(err, Forbidden) || len(added.Milestones) > 0 {
				t.Errorf("%s alone added %+v, %v", alone.Account, added, err)
			}
		}
		added, err := c.Amend(director, a, vetted(harbor)[0], today)
		if err != nil || len(added.Milestones) != 1 || len(added.Indicators) != 1 || c.Published != kept {
			t.Fatalf("added %+v, %v, published %t", added, err, c.Published)
		}
		if m, i := added.Milestones[0], added.Indicators[0]; m.Commitment != c.ID || m.Organization != harbor || m.Draft() != adds().Milestones[0] || !m.Outstanding() ||
			i.Commitment != c.ID || i.Organization != harbor || i.Title != "Audits" || !slices.Equal(i.Targets, aTarget) {
			t.Errorf("added %+v", added)
		}
		if again, err := c.Amend(director, a, vetted(harbor)[0], today); !errors.Is(err, Conflict) || len(again.Milestones) > 0 {
			t.Errorf("added twice: %v", err)
		}
	}
}

func TestARejectedMilestoneIsReportedAgain(t *testing.T) {
	c, m := commitmentAt(t, CommitmentActive), reportedMilestone(t)
	if err := m.Report(harborMe, c, Delivery{Evidence: "More."}, today); !errors.Is(err, Conflict) {
		t.Errorf("reported twice: %v", err)
	}
	if err := errors.Join(m.Reject(officer, "The link is dead."), m.Report(harborMe, c, Delivery{Evidence: "More."}, today), m.Verify(officer, today)); err != nil {
		t.Error(err)
	}
	if !m.Stage.Is(MilestoneVerified) || m.VerifiedOn != today || m.RejectReason != "" {
		t.Errorf("%+v", m)
	}
}

func TestMilestonesAndIndicatorsAreChecked(t *testing.T) {
	c := commitmentAt(t, CommitmentDrafted)
	for pointer, d := range map[string]MilestoneDraft{
		"/title":  {Title: " ", Weight: 1, DueOn: "2027-01-01"},
		"/weight": {Title: "x", DueOn: "2027-01-01"},
		"/due_on": {Title: "x", Weight: 100},
	} {
		if _, err := NewMilestone(c, d); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("milestone %s: %v", pointer, err)
		}
	}
	year := func(from, until Date) Period { return Period{from, until} }
	for pointer, spoil := range map[string]func(*IndicatorDraft){
		"/title":           func(d *IndicatorDraft) { d.Title = "" },
		"/unit":            func(d *IndicatorDraft) { d.Unit = " " },
		"/baseline/value":  func(d *IndicatorDraft) { d.Baseline = Baseline{2025, "a lot"} },
		"/baseline/year":   func(d *IndicatorDraft) { d.Baseline = Baseline{25, "0"} },
		"/targets/0/until": func(d *IndicatorDraft) { d.Targets = []Target{{year("2027-01-01", "2026-01-01"), "1"}} },
		"/targets/0/value": func(d *IndicatorDraft) { d.Targets = []Target{{year("2027-01-01", "2027-12-31"), "1,5"}} },
		"/targets/1/value": func(d *IndicatorDraft) {
			d.Ascending, d.Targets = true, []Target{{year("2027-01-01", "2027-12-31"), "1"}, {year("2028-01-01", "2028-12-31"), "0"}}
		},
		"/disaggregation/0": func(d *IndicatorDraft) { d.Disaggregation = []string{" "} },
		"/targets/1": func(d *IndicatorDraft) {
			d.Targets = []Target{{year("2027-01-01", "2027-12-31"), "1"}, {year("2027-12-31", "2028-12-31"), "2"}}
		},
	} {
		d := IndicatorDraft{Title: "Audits", Unit: "audits", Targets: aTarget}
		spoil(&d)
		if _, err := NewIndicator(c, d); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("indicator %s: %v", pointer, err)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	for _, s := range []string{"0", "12", "-0.50", "007", "999999999999999999.999999999", "-1"} {
		if d, err := ParseDecimal(s); err != nil || string(d) != s {
			t.Errorf("%q is %q, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "-", ".", ".5", "5.", "1e3", "+1", "1,5", "1_000", " 1", "1.2.3", "٣", "1000000000000000000", "0.0000000001", "NaN", "1/2"} {
		if d, err := ParseDecimal(s); !errors.Is(err, Invalid) {
			t.Errorf("%q is taken as %q, %v", s, d, err)
		}
	}
	for _, tt := range []struct {
		a, b Decimal
		want int
	}{{"1", "1.000", 0}, {"0.1", "0.10000001", -1}, {"-2", "-10", 1}, {"999999999999999999", "999999999999999998.999999999", 1}, {"", "0", 0}} {
		if got := tt.a.Cmp(tt.b); got != tt.want {
			t.Errorf("%s to %s is %d", tt.a, tt.b, got)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"0", "-12.5", "1e9", "", "..", "-", "000000000000000000000", "1.0000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDecimal(s)
		if err != nil {
			if !errors.Is(err, Invalid) {
				t.Errorf("%q is refused as %v", s, err)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok || d.rat().Cmp(exact) != 0 || strings.ContainsAny(s, "eE_/+") {
			t.Errorf("%q became %s", s, d)
		}
	})
}

func TestReportsGiveTheirMilestonesInOneOrder(t *testing.T) {
	c := planned(t)
	first, second := c.Plan.Milestones[0], c.Plan.Milestones[0]
	first.ID, second.ID = "a", "b"
	c.Plan.Milestones = []Milestone{second, first}
	for _, order := range [][]Delivery{{{Milestone: "a"}, {Milestone: "b"}}, {{Milestone: "b"}, {Milestone: "a"}}} {
		r := &ProgressReport{Deliveries: order}
		if got := r.Outstanding(c); len(got) != 2 || got[0].Milestone != "a" {
			t.Errorf("%v gives %v", order, got)
		}
	}
}
