package domain

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func promise() CommitmentDraft {
	return CommitmentDraft{
		Terms: Terms{
			Title: "Audit every recruitment agency", Text: "We audit all agencies that recruit for us.",
			DueOn: "2027-12-31", Amount: Money{25000000, "USD"},
		},
		Marking: marked,
	}
}

// commitmentAt leads harbor's commitment to a stage.
func commitmentAt(t testing.TB, st CommitmentStage) *Commitment {
	t.Helper()
	c, err := NewCommitment(harbor, promise(), nil)
	c.ID = "commitment"
	for _, step := range []func() error{
		func() error { return c.Submit(harborMe, vetted(harbor)[0], today) },
		func() error { return c.Accept(officer, vetted(harbor)[0], today) },
		func() error { return c.Activate(today) },
		func() error { return c.Claim(harborMe, today) },
	} {
		if c.Stage.Is(st) {
			break
		}
		err = errors.Join(err, step())
	}
	if err != nil || !c.Stage.Is(st) {
		t.Fatalf("no way to %s: %s, %v", st, c.Stage, err)
	}
	return c
}

var found = VerificationDraft{Method: VerifiedByDocuments, Evidence: "Read all reports.", Confidence: ConfidenceHigh}

func TestCommitmentStepsAreTakenInOrderOnly(t *testing.T) {
	steps := map[Action]func(*Commitment) error{
		SubmitCommitment:   func(c *Commitment) error { return c.Submit(harborMe, vetted(harbor)[0], today) },
		ReturnCommitment:   func(c *Commitment) error { return c.Return("Say how many.") },
		AcceptCommitment:   func(c *Commitment) error { return c.Accept(officer, vetted(harbor)[0], today) },
		ActivateCommitment: func(c *Commitment) error { return c.Activate(today) },
		ClaimCommitment:    func(c *Commitment) error { return c.Claim(harborMe, today) },
		VerifyCommitment: func(c *Commitment) error {
			_, err := c.Verify(officer, CommitmentComplete, found, today)
			return err
		},
		LapseCommitment:    func(c *Commitment) error { return c.Lapse("Nothing came.", "2028-01-01") },
		WithdrawCommitment: func(c *Commitment) error { return c.Withdraw("The plant closed.", today) },
	}
	for act, m := range commitmentLife {
		for _, st := range CommitmentStages() {
			c := commitmentAt(t, CommitmentSubmitted)
			c.Stage.now = st
			err := steps[act](c)
			if allowed := slices.Contains(m.from, st); allowed != (err == nil) {
				t.Errorf("%s from %s: %v", act, st, err)
			} else if !allowed && (!errors.Is(err, Conflict) || !c.Stage.Is(st)) {
				t.Errorf("%s from %s is refused as %v and leaves %s", act, st, err, c.Stage)
			} else if allowed && !c.Stage.Is(m.to) {
				t.Errorf("%s from %s leads to %s", act, st, c.Stage)
			}
		}
	}
}

func TestEachStepKeepsItsDay(t *testing.T) {
	c := commitmentAt(t, CommitmentClaimed)
	v, err := c.Verify(officer, CommitmentPartlyMet, found, today)
	if err != nil {
		t.Fatal(err)
	}
	for name, day := range map[string]Date{
		"submitted": c.SubmittedOn, "accepted": c.AcceptedOn, "activated": c.ActivatedOn,
		"completed": c.CompletedOn, "verified": c.VerifiedOn, "ended": c.EndedOn, "verification": v.VerifiedOn,
	} {
		if day != today {
			t.Errorf("%s on %q", name, day)
		}
	}
	if !c.Stage.Is(CommitmentPartlyMet) || v.Outcome != CommitmentPartlyMet || v.Commitment != c.ID || v.Organization != harbor {
		t.Errorf("%s with %+v", c.Stage, v)
	}
}

func TestNothingNewIsAgreedWithoutGoodStanding(t *testing.T) {
	for _, st := range OrganizationStages() {
		org := organization(harbor, st)
		good := st == OrganizationApproved || st == OrganizationApprovedConditions
		if err := commitmentAt(t, CommitmentDrafted).Submit(harborMe, org, today); (err == nil) != good || !good && !errors.Is(err, Conflict) {
			t.Errorf("submitted by an organization that is %s: %v", st, err)
		}
		if err := commitmentAt(t, CommitmentSubmitted).Accept(officer, org, today); (err == nil) != good || !good && !errors.Is(err, Conflict) {
			t.Errorf("accepted from an organization that is %s: %v", st, err)
		}
	}
	if err := commitmentAt(t, CommitmentDrafted).Submit(harborMe, vetted(beacon)[0], today); !errors.Is(err, Conflict) {
		t.Errorf("another organization's standing counts: %v", err)
	}
}

func TestWhoSubmittedDoesNotAccept(t *testing.T) {
	c := commitmentAt(t, CommitmentDrafted)
	if err := c.Submit(officer, vetted(harbor)[0], today); err != nil {
		t.Fatal(err)
	}
	for _, a := range []Actor{officer, harborMe} {
		if err := c.Accept(a, vetted(harbor)[0], today); !errors.Is(err, Forbidden) {
			t.Errorf("%s accepts: %v", a.Account, err)
		}
	}
	if err := c.Accept(director, vetted(harbor)[0], today); err != nil {
		t.Error(err)
	}
}

func TestACommitmentIsSubmittedWithADueDate(t *testing.T) {
	c := commitmentAt(t, CommitmentDrafted)
	c.DueOn = ""
	if err := c.Submit(harborMe, vetted(harbor)[0], today); !slices.Equal(pointers(err), []string{"/due_on"}) || !c.Stage.Is(CommitmentDrafted) {
		t.Errorf("%v, %s", err, c.Stage)
	}
}

func TestTheVerifierDidNotReportAndDoesNotCommit(t *testing.T) {
	auditor := Actor{Account: "auditor", Role: Staff}
	plan := Plan{
		Milestones: []Milestone{{Reporters: List[AccountID]{"m-reporter", "m-first"}}},
		Reports:    []ProgressReport{{Reporters: List[AccountID]{"r-author", "r-sender"}}, {}},
	}
	for name, by := range map[string]Actor{
		"claimed the completion":  harborMe,
		"reported a milestone":    {Account: "m-reporter", Role: Staff},
		"reported it first":       {Account: "m-first", Role: Staff},
		"wrote a report":          {Account: "r-author", Role: Staff},
		"sent a report":           {Account: "r-sender", Role: Staff},
		"belongs to the promiser": {Account: "harbor-other", Role: Staff, Organization: harbor},
		"has no account":          {Role: System},
	} {
		c := commitmentAt(t, CommitmentClaimed)
		c.Plan = plan
		if _, err := c.Verify(by, CommitmentComplete, found, today); !errors.Is(err, Forbidden) || !c.Stage.Is(CommitmentClaimed) {
			t.Errorf("verified by who %s: %v", name, err)
		}
	}
	c := commitmentAt(t, CommitmentClaimed)
	c.Plan = plan
	if _, err := c.Verify(auditor, CommitmentComplete, found, today); err != nil {
		t.Error(err)
	}

	m := reportedMilestone(t)
	for _, by := range []Actor{harborMe, {Account: "harbor-other", Role: Staff, Organization: harbor}} {
		if err := errors.Join(m.Verify(by, today), m.Reject(by, "No.")); !errors.Is(err, Forbidden) || !m.Stage.Is(MilestoneReported) {
			t.Errorf("%s judges a milestone: %v", by.Account, err)
		}
	}
	r := reportAt(t, ProgressReportAccepted)
	if _, err := r.Verify(harborMe, c, found, today); !errors.Is(err, Forbidden) {
		t.Errorf("the reporter verifies the report: %v", err)
	}
	if err := reportAt(t, ProgressReportSubmitted).Accept(harborMe, c, nil, today); !errors.Is(err, Forbidden) {
		t.Errorf("the reporter accepts the report: %v", err)
	}
}

func TestAVerificationIsComplete(t *testing.T) {
	for pointer, spoil := range map[string]func(*VerificationDraft){
		"/method":       func(d *VerificationDraft) { d.Method = "guess" },
		"/confidence":   func(d *VerificationDraft) { d.Confidence = "" },
		"/evidence":     func(d *VerificationDraft) { d.Evidence = " " },
		"/evidence_url": func(d *VerificationDraft) { d.EvidenceURL = "javascript:alert(1)" },
		"/outcome":      func(*VerificationDraft) {},
	} {
		outcome, d := CommitmentComplete, found
		if spoil(&d); pointer == "/outcome" {
			outcome = CommitmentLapsed
		}
		c := commitmentAt(t, CommitmentClaimed)
		if _, err := c.Verify(officer, outcome, d, today); !slices.Equal(pointers(err), []string{pointer}) || !c.Stage.Is(CommitmentClaimed) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestACommitmentLapsesAfterItsDueDateOnly(t *testing.T) {
	c := commitmentAt(t, CommitmentActive)
	if err := c.Lapse("Nothing came.", c.DueOn); !errors.Is(err, Conflict) {
		t.Errorf("lapsed on its due date: %v", err)
	}
	if err := c.Lapse("Nothing came.", c.DueOn.AddDays(1)); err != nil || c.StageReason == "" || c.EndedOn == "" {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestCommitmentDraftsAreChecked(t *testing.T) {
	running := partnershipAt(t, PartnershipActive)
	for name, tt := range map[string]struct {
		spoil   func(*CommitmentDraft)
		pointer string
	}{
		"no title":            {func(d *CommitmentDraft) { d.Terms.Title = " \t" }, "/title"},
		"no text":             {func(d *CommitmentDraft) { d.Terms.Text = "" }, "/text"},
		"no such day":         {func(d *CommitmentDraft) { d.Terms.DueOn = "2027-02-30" }, "/due_on"},
		"no such currency":    {func(d *CommitmentDraft) { d.Terms.Amount.Currency = "USS" }, "/amount/currency"},
		"money back":          {func(d *CommitmentDraft) { d.Terms.Amount.Minor = -1 }, "/amount/amount"},
		"no web address":      {func(d *CommitmentDraft) { d.SourceURL = "file:///etc/passwd" }, "/source_url"},
		"no objective":        {func(d *CommitmentDraft) { d.Marking.Objectives = nil }, "/objectives"},
		"unknown partnership": {func(d *CommitmentDraft) { d.Partnership = "another" }, "/partnership_id"},
	} {
		d := promise()
		tt.spoil(&d)
		if _, err := NewCommitment(harbor, d, running); !slices.Equal(pointers(err), []string{tt.pointer}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommitmentInsideAPartnershipIsByAMember(t *testing.T) {
	d := promise()
	d.Partnership = "partnership"
	ended := partnershipAt(t, PartnershipExpired)
	for name, tt := range map[string]struct {
		org    OrganizationID
		inside *Partnership
		ok     bool
	}{
		"a member":                     {harbor, partnershipAt(t, PartnershipActive), true},
		"a stranger":                   {"org-x", partnershipAt(t, PartnershipActive), false},
		"a member, after the end":      {harbor, ended, false},
		"a member, partnership unseen": {harbor, nil, false},
	} {
		if _, err := NewCommitment(tt.org, d, tt.inside); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACommitmentIsPublishedWhenBothSidesAgree(t *testing.T) {
	c := commitmentAt(t, CommitmentSubmitted)
	c.Publish(officer, noon)
	if err := c.ConsentToPublication(harborMe, noon); err != nil || c.Published {
		t.Errorf("published before it was accepted: %v", err)
	}
	if err := c.Accept(officer, vetted(harbor)[0], today); err != nil || !c.Published {
		t.Errorf("not published though both agree: %v", err)
	}
	if c.Consent.By != harborMe.Account || !c.Consent.At.Equal(noon) || c.Release.By != officer.Account {
		t.Errorf("who and when: %+v %+v", c.Consent, c.Release)
	}
	if err := c.WithdrawConsent(harborMe); err != nil || c.Published {
		t.Errorf("published without consent: %v", err)
	}
	if err := c.ConsentToPublication(harborMe, noon); err != nil || !c.Published {
		t.Error("not published again")
	}
	if c.Unpublish(); c.Published {
		t.Error("published without the office")
	}
	for _, a := range []Actor{officer, beaconMe, {Account: "x", Role: Partner}} {
		if err := errors.Join(c.ConsentToPublication(a, noon), c.WithdrawConsent(a)); !errors.Is(err, Forbidden) {
			t.Errorf("%s agrees for the organization: %v", a.Account, err)
		}
	}
	never := commitmentAt(t, CommitmentDrafted)
	never.Publish(officer, noon)
	if err := errors.Join(never.ConsentToPublication(harborMe, noon), never.Withdraw("Changed our mind.", today)); err != nil || never.Published {
		t.Errorf("a commitment that was never accepted is published: %v", err)
	}
}

func TestConsentIsToTheWordsThatTheOrganizationSaw(t *testing.T) {
	for by, kept := range map[Actor]bool{harborMe: true, officer: false} {
		c := commitmentAt(t, CommitmentDrafted)
		d := promise()
		d.Terms.Text = "Other words."
		if err := errors.Join(c.ConsentToPublication(harborMe, noon), c.Edit(by, d, nil)); err != nil || c.Consent.Given() != kept {
			t.Errorf("edited by %s: %v, consent %t", by.Account, err, c.Consent.Given())
		}
		c = commitmentAt(t, CommitmentAccepted)
		c.Publish(officer, noon)
		terms := c.Terms
		terms.Text = "Other words."
		a, err := c.Propose(by, terms, Additions{}, "Because.", today)
		if err := errors.Join(err, c.ConsentToPublication(harborMe, noon)); err != nil || !c.Published {
			t.Fatalf("not published: %v", err)
		}
		if _, err := c.Amend(director, a, vetted(harbor)[0], today); err != nil || c.Published != kept || c.Consent.Given() != kept {
			t.Errorf("amended by %s: %v, published %t", by.Account, err, c.Published)
		}
	}
}

func proposedAmendment(t testing.TB, c *Commitment) *Amendment {
	t.Helper()
	terms := c.Terms
	terms.DueOn = "2028-06-30"
	a, err := c.Propose(harborMe, terms, Additions{}, "Two sites open later.", today)
	if err != nil {
		t.Fatal(err)
	}
	a.ID = ID[Amendment]("amendment")
	return a
}

func TestTermsChangeByAmendmentOnly(t *testing.T) {
	c := commitmentAt(t, CommitmentAccepted)
	if err := c.Edit(harborMe, promise(), nil); !errors.Is(err, Conflict) {
		t.Errorf("edited after acceptance: %v", err)
	}
	a := proposedAmendment(t, c)
	if c.DueOn != "2027-12-31" || a.Number != 1 {
		t.Errorf("a proposal alone changed %+v", c.Terms)
	}
	if got := a.Changes(); !slices.Equal(got, []Change{{"due_on", "2027-12-31", "2028-06-30"}}) {
		t.Errorf("changes are %+v", got)
	}
	a.ProposedBy = director.Account
	for _, by := range []Actor{director, harborMe, {Account: "harbor-other", Role: Staff, Organization: harbor}} {
		if _, err := c.Amend(by, a, vetted(harbor)[0], today); !errors.Is(err, Forbidden) {
			t.Errorf("%s approves: %v", by.Account, err)
		}
	}
	rival := proposedAmendment(t, c)
	if _, err := c.Amend(officer, a, vetted(harbor)[0], today); err != nil || c.DueOn != "2028-06-30" || a.DecidedBy != officer.Account || a.DecidedOn != today {
		t.Errorf("%v, %+v", err, a)
	}
	if _, err := c.Amend(officer, a, vetted(harbor)[0], today); !errors.Is(err, Conflict) {
		t.Errorf("approved twice: %v", err)
	}
	if _, err := c.Amend(officer, rival, vetted(harbor)[0], today); !errors.Is(err, Conflict) || rival.Number != 2 {
		t.Errorf("approved against terms that are gone: %v", err)
	}
	if err := rival.Decline(harborMe, "Mine.", today); !errors.Is(err, Forbidden) {
		t.Errorf("declined by who proposed: %v", err)
	}
	if err := rival.Decline(officer, "Superseded.", today); err != nil {
		t.Error(err)
	}
}

func TestAmendmentsAreChecked(t *testing.T) {
	c := commitmentAt(t, CommitmentActive)
	same, never, mute := c.Terms, c.Terms, c.Terms
	never.DueOn, mute.Title = "", ""
	for pointer, terms := range map[string]Terms{"": same, "/due_on": never, "/title": mute} {
		if _, err := c.Propose(harborMe, terms, Additions{}, "Because.", today); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("%q: %v", pointer, err)
		}
	}
	changed := c.Terms
	changed.Text = "We audit some agencies."
	if _, err := c.Propose(harborMe, changed, Additions{}, " ", today); !slices.Equal(pointers(err), []string{"/reason"}) {
		t.Errorf("no reason: %v", err)
	}
	for _, st := range []CommitmentStage{CommitmentDrafted, CommitmentSubmitted, CommitmentClaimed} {
		if _, err := commitmentAt(t, st).Propose(harborMe, changed, Additions{}, "Because.", today); !errors.Is(err, Conflict) {
			t.Errorf("amended as %s: %v", st, err)
		}
	}
	if c.Amendments != 0 {
		t.Errorf("refused proposals were counted: %d", c.Amendments)
	}
}

// TestNoSequenceOfActionsBreaksTheRules does random things as random people and
// compares with what must hold whatever they do.
func TestNoSequenceOfActionsBreaksTheRules(t *testing.T) {
	people := []Actor{
		officer, director, harborMe, beaconMe,
		{Account: "harbor-lead", Role: PartnerAdmin, Organization: harbor},
		{Account: "posted", Role: Staff, Organization: harbor},
	}
	rapid.Check(t, func(t *rapid.T) {
		w := newModel(rapid.Bool().Draw(t, "active"))
		actions := w.actions()
		names, who, n := rapid.SampledFrom(slices.Sorted(maps.Keys(actions))), rapid.SampledFrom(people), rapid.IntRange(0, 9)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			actions[names.Draw(t, "do")](who.Draw(t, "by"), n.Draw(t, "n"))
			w.check(t)
		}
	})
}

// model is one commitment with all that can happen to it, and beside it the
// terms as they must be.
type model struct {
	c          *Commitment
	milestone  *Milestone
	reports    []*ProgressReport
	amendments []*Amendment
	found      []*Verification
	accepted   bool
	fixed      Terms
	reporters  map[AccountID]bool
	// wrote and delivered are who wrote or sent each report, and who said that the
	// milestone was reached, as the model saw them do it.
	wrote     map[ProgressReportID]map[AccountID]bool
	delivered map[AccountID]bool
	// added are the milestones that came later, planned the amendments by which some
	// did, and alone the commitment's stage when others did.
	added   []Milestone
	planned map[string]*Amendment
	alone   []CommitmentStage
}

func newModel(active bool) *model {
	c, _ := NewCommitment(harbor, promise(), nil)
	m, _ := NewMilestone(c, MilestoneDraft{Title: "Half of it", Weight: 50, DueOn: "2027-06-30"})
	c.ID, m.ID = "commitment", "milestone"
	i, _ := NewIndicator(c, IndicatorDraft{Title: "Audits", Unit: "audits", Targets: aTarget})
	i.ID = "indicator"
	c.Plan.Indicators = []Indicator{*i}
	w := &model{
		c: c, milestone: m, reporters: map[AccountID]bool{}, wrote: map[ProgressReportID]map[AccountID]bool{}, delivered: map[AccountID]bool{}, planned: map[string]*Amendment{},
	}
	if active {
		_ = errors.Join(c.Submit(harborMe, vetted(harbor)[0], today), c.Accept(officer, vetted(harbor)[0], today), c.Activate(today))
		w.accepted, w.fixed = true, c.Terms
	}
	return w
}

// sync gives the commitment what belongs to it, as a read would.
func (w *model) sync() {
	w.c.Plan.Milestones, w.c.Plan.Reports = []Milestone{*w.milestone}, nil
	for _, r := range w.reports {
		w.c.Plan.Reports = append(w.c.Plan.Reports, *r)
	}
}

func (w *model) actions() map[string]func(by Actor, n int) {
	org := vetted(harbor)[0]
	day := Date("2028-02-01") // after everything is due
	reported := func(by Actor, err error) {
		if err == nil {
			w.reporters[by.Account] = true
		}
	}
	report := func(n int) *ProgressReport {
		if len(w.reports) == 0 {
			return &ProgressReport{}
		}
		return w.reports[n%len(w.reports)]
	}
	return map[string]func(Actor, int){
		"submit": func(by Actor, _ int) { _ = w.c.Submit(by, org, today) },
		"return": func(Actor, int) { _ = w.c.Return("Again.") },
		"accept": func(by Actor, _ int) {
			if w.c.Accept(by, org, today) == nil {
				w.accepted, w.fixed = true, w.c.Terms
			}
		},
		"activate": func(Actor, int) { _ = w.c.Activate(today) },
		"claim": func(by Actor, n int) {
			if n == 9 { // seldom, for it ends the reporting
				reported(by, w.c.Claim(by, today))
			}
		},
		"lapse":    func(_ Actor, n int) { _ = n == 9 && w.c.Lapse("Late.", day) == nil },
		"withdraw": func(_ Actor, n int) { _ = n == 9 && w.c.Withdraw("Gone.", today) == nil },
		"edit": func(by Actor, n int) {
			d := w.c.Draft()
			d.Terms.Text += " More."
			_ = w.c.Edit(by, d, nil)
		},
		"propose": func(by Actor, n int) {
			terms := w.c.Terms
			terms.Text += fmt.Sprint(" Amended ", len(w.amendments))
			adds := Additions{Milestones: []MilestoneDraft{{Title: fmt.Sprint("Step ", len(w.amendments)), Weight: 50, DueOn: "2027-09-30"}}}
			if n > 5 {
				adds = Additions{}
			}
			if a, err := w.c.Propose(by, terms, adds, "Because.", today); err == nil {
				w.amendments = append(w.amendments, a)
			}
		},
		"amend": func(by Actor, n int) {
			if len(w.amendments) == 0 {
				return
			}
			a := w.amendments[n%len(w.amendments)]
			added, err := w.c.Amend(by, a, vetted(harbor)[0], today)
			if err == nil && a.Before == w.fixed {
				w.fixed = a.After
			}
			for _, m := range added.Milestones {
				w.added = append(w.added, m)
				w.planned[m.Title] = a
			}
		},
		"add milestone": func(_ Actor, n int) {
			if m, err := NewMilestone(w.c, MilestoneDraft{Title: "Alone", Weight: 100, DueOn: "2027-12-31"}); err == nil && n == 0 && len(w.added) < 3 {
				w.added = append(w.added, *m)
				w.alone = append(w.alone, w.c.Stage.Now())
			}
		},
		"report milestone": func(by Actor, _ int) {
			err := w.milestone.Report(by, w.c, Delivery{Evidence: "Seen."}, today)
			if reported(by, err); err == nil {
				w.delivered[by.Account] = true
			}
		},
		"reject milestone": func(by Actor, _ int) { _ = w.milestone.Reject(by, "No.") },
		"verify milestone": func(by Actor, _ int) { _ = w.milestone.Verify(by, today) },
		"write report": func(by Actor, n int) {
			d := ProgressReportDraft{
				Period: Period{Date("2026-10-01").AddDays(10 * n), Date("2026-10-30").AddDays(10 * n)}, Narrative: "Went on.",
				Figures: []Figure{{Indicator: "indicator", Value: "3"}},
			}
			if n%2 == 0 {
				d.Deliveries = []Delivery{{Milestone: "milestone", Evidence: "Seen."}}
			} else {
				d.Omissions = []Omission{{Milestone: "milestone", Reason: "Not yet."}}
			}
			if r := report(n); n > 6 && r.ID != "" {
				d.Supersedes, d.Period = r.ID, r.Period
			}
			w.sync()
			r, err := NewProgressReport(by, w.c, d)
			if reported(by, err); err == nil {
				r.ID = ProgressReportID(rune('a' + len(w.reports)))
				w.reports = append(w.reports, r)
				w.wrote[r.ID] = map[AccountID]bool{by.Account: true}
				maps.Copy(w.wrote[r.ID], w.wrote[r.Supersedes])
			}
		},
		"edit report": func(by Actor, n int) {
			w.sync()
			r := report(n)
			d := r.Draft()
			d.Narrative += " Then more."
			err := r.Edit(by, w.c, d)
			if reported(by, err); err == nil {
				w.wrote[r.ID][by.Account] = true
			}
		},
		"submit report": func(by Actor, n int) {
			w.sync()
			r := report(n)
			err := r.Submit(by, w.c, day)
			if reported(by, err); err != nil {
				return
			}
			w.wrote[r.ID][by.Account] = true
			for _, d := range r.Outstanding(w.c) {
				if w.milestone.Report(by, w.c, d, today, r.Reporters...) == nil {
					maps.Copy(w.delivered, w.wrote[r.ID])
				}
			}
		},
		"accept report": func(by Actor, n int) {
			w.sync()
			r := report(n)
			var old *ProgressReport
			for _, o := range w.reports {
				if o.ID == r.Supersedes {
					old = o
				}
			}
			_ = r.Accept(by, w.c, old, today)
		},
		"verify report": func(by Actor, n int) {
			d := found
			d.Figures = []Figure{{Indicator: "indicator", Value: "2"}}
			if v, err := report(n).Verify(by, w.c, d, today); err == nil {
				w.found = append(w.found, v)
			}
		},
		"verify": func(by Actor, n int) {
			w.sync()
			if v, err := w.c.Verify(by, outcomes[n%3], found, today); err == nil {
				w.found = append(w.found, v)
			}
		},
		"consent": func(by Actor, _ int) { _ = w.c.ConsentToPublication(by, noon) },
		"publish": func(by Actor, _ int) { w.c.Publish(by, noon) },
	}
}

func (w *model) check(t *rapid.T) {
	if w.accepted && w.c.Terms != w.fixed {
		t.Fatalf("the text changed after acceptance without an amendment: %+v", w.c.Terms)
	}
	for _, v := range w.found {
		if v.Organization != harbor || v.VerifiedBy == "" {
			t.Fatalf("a verification of nobody: %+v", v)
		}
		if v.VerifiedBy == harborMe.Account || v.VerifiedBy == "harbor-lead" || v.VerifiedBy == "posted" {
			t.Fatalf("verified by the committing organization: %s", v.VerifiedBy)
		}
		if w.wrote[v.Report][v.VerifiedBy] {
			t.Fatalf("a report verified by who wrote of it: %s", v.VerifiedBy)
		}
		if v.Report == "" && w.reporters[v.VerifiedBy] {
			t.Fatalf("a commitment verified by who reported on it: %s", v.VerifiedBy)
		}
	}
	if m := w.milestone; m.Stage.Is(MilestoneVerified) && w.delivered[m.VerifiedBy] {
		t.Fatalf("a milestone verified by who reported it: %s", m.VerifiedBy)
	}
	for _, r := range w.reports {
		if r.Stage.Is(ProgressReportAccepted) && w.wrote[r.ID][r.ReviewedBy] {
			t.Fatalf("a report accepted by who wrote of it: %s", r.ReviewedBy)
		}
	}
	for _, st := range w.alone {
		if st != CommitmentDrafted && st != CommitmentReturned {
			t.Fatalf("the plan of a commitment that was %s grew by one side alone", st)
		}
	}
	for _, m := range w.added {
		if a := w.planned[m.Title]; m.Title != "Alone" && (a == nil || !a.Stage.Is(AmendmentApproved) || a.DecidedBy == a.ProposedBy) {
			t.Fatalf("%s is in the plan and nobody agreed to it", m.Title)
		}
	}
	for _, a := range w.amendments {
		if a.Stage.Is(AmendmentApproved) && a.DecidedBy == a.ProposedBy {
			t.Fatalf("an amendment approved by who proposed it: %s", a.DecidedBy)
		}
	}
	if standing := w.standing(); len(standing) > 1 {
		for i, a := range standing {
			for _, b := range standing[:i] {
				if a.Period.Overlaps(b.Period) {
					t.Fatalf("two reports stand for the same days: %s, %s", a.Period, b.Period)
				}
			}
		}
	}
	if w.c.Published && !(w.accepted && w.c.Consent.Given() && w.c.Release.Given()) {
		t.Fatal("published without everyone's agreement")
	}
}

func (w *model) standing() []*ProgressReport {
	return slices.DeleteFunc(slices.Clone(w.reports), func(r *ProgressReport) bool { return !r.Stands() })
}

func TestHealth(t *testing.T) {
	day := func(d Date) time.Time { return d.Time().Add(9 * time.Hour) }
	pending := func(due Date, weight int) Milestone {
		return Milestone{Title: "m", Weight: weight, DueOn: due, Stage: Stage[MilestoneStage]{MilestonePending}}
	}
	done := func(weight int) Milestone {
		return Milestone{Title: "m", Weight: weight, DueOn: "2026-12-01", Stage: Stage[MilestoneStage]{MilestoneReported}}
	}
	sent := func(on Date) ProgressReport {
		return ProgressReport{SubmittedOn: on, Stage: Stage[ProgressReportStage]{ProgressReportSubmitted}}
	}
	counted := func(until Date, value Decimal) ProgressReport {
		return ProgressReport{
			SubmittedOn: until, Period: Period{"2026-10-01", until}, Figures: List[Figure]{{Indicator: "i", Value: value}},
			Stage: Stage[ProgressReportStage]{ProgressReportAccepted},
		}
	}
	over := func(from, until, sent Date, value Decimal) ProgressReport {
		r := counted(until, value)
		r.Period.From, r.SubmittedOn = from, sent
		return r
	}
	untold := func(on Date) ProgressReport {
		r := over("2027-01-01", "2027-03-31", on, "1")
		r.Figures = nil
		return r
	}
	quarters := []ProgressReport{over("2026-10-01", "2026-12-31", "2027-01-05", "6"), over("2027-01-01", "2027-03-31", "2027-04-05", "5")}
	rising := Indicator{Title: "Audits", Ascending: true, Measure: MeasureUnit, Targets: List[Target]{{Period{"2026-10-01", "2027-03-31"}, "10"}}}
	rising.ID = "i"
	falling := rising
	falling.Ascending = false
	running, share := rising, rising
	running.Cumulative, share.Measure = true, MeasurePercentage
	before := rising
	before.Targets = List[Target]{{Period{"2026-01-01", "2026-09-30"}, "10"}}
	twice, soon := rising, rising
	twice.Targets = List[Target]{{Period{"2026-10-01", "2026-12-31"}, "7"}, {Period{"2027-01-01", "2027-03-31"}, "5"}}
	soon.Targets = List[Target]{{Period{"2026-10-01", today.AddDays(60)}, "10"}}
	with := func(i Indicator, reports ...ProgressReport) Plan {
		return Plan{Indicators: []Indicator{i}, Reports: reports}
	}

	for name, tt := range map[string]struct {
		on     Date
		plan   Plan
		status HealthStatus
		age    ReportAge
	}{
		"just accepted":                     {today, Plan{}, OnTrack, ReportFresh},
		"no report on the last day for one": {today.AddDays(120), Plan{}, OnTrack, ReportFresh},
		"no report a day later":             {today.AddDays(121), Plan{}, NoReport, ReportAging},
		"no report for long":                {today.AddDays(211), Plan{}, NoReport, ReportStale},
		"reported":                          {"2027-03-01", Plan{Reports: []ProgressReport{sent("2027-02-01")}}, OnTrack, ReportFresh},
		"reported 121 days ago":             {Date("2027-02-01").AddDays(121), Plan{Reports: []ProgressReport{sent("2027-02-01")}}, AtRisk, ReportAging},
		"reported 210 days ago":             {Date("2027-02-01").AddDays(210), Plan{Reports: []ProgressReport{sent("2027-02-01")}}, AtRisk, ReportAging},
		"reported 211 days ago":             {Date("2027-02-01").AddDays(211), Plan{Reports: []ProgressReport{sent("2027-02-01")}}, NoReport, ReportStale},
		"a returned report is none": {today.AddDays(150), Plan{Reports: []ProgressReport{
			{SubmittedOn: today.AddDays(140), Stage: Stage[ProgressReportStage]{ProgressReportReturned}}}}, NoReport, ReportAging},
		"due today":                    {"2027-12-31", Plan{Reports: []ProgressReport{sent("2027-12-01")}}, OnTrack, ReportFresh},
		"past due":                     {"2028-01-01", Plan{Reports: []ProgressReport{sent("2027-12-01")}}, OffTrack, ReportFresh},
		"a small milestone is overdue": {"2026-12-02", Plan{Milestones: []Milestone{pending("2026-12-01", 10), pending("2027-12-01", 90)}}, AtRisk, ReportFresh},
		"half of the weight is overdue": {"2026-12-02", Plan{Milestones: []Milestone{pending("2026-12-01", 50), pending("2027-12-01", 50)}},
			AtRisk, ReportFresh},
		"most of the weight is overdue": {"2026-12-02", Plan{Milestones: []Milestone{pending("2026-12-01", 51), pending("2027-12-01", 49)}},
			OffTrack, ReportFresh},
		"a milestone due today is not overdue":   {"2026-12-01", Plan{Milestones: []Milestone{pending("2026-12-01", 100)}}, OnTrack, ReportFresh},
		"a reported milestone is not overdue":    {"2026-12-02", Plan{Milestones: []Milestone{done(100)}}, OnTrack, ReportFresh},
		"due soon with little done":              {"2027-12-01", Plan{Milestones: []Milestone{done(40), pending("2027-12-31", 60)}, Reports: []ProgressReport{sent("2027-11-01")}}, AtRisk, ReportFresh},
		"due soon with half done":                {"2027-12-01", Plan{Milestones: []Milestone{done(50), pending("2027-12-31", 50)}, Reports: []ProgressReport{sent("2027-11-01")}}, OnTrack, ReportFresh},
		"a target missed":                        {"2027-04-10", Plan{Indicators: []Indicator{rising}, Reports: []ProgressReport{counted("2027-03-31", "9.99")}}, AtRisk, ReportFresh},
		"a target met to the digit":              {"2027-04-10", Plan{Indicators: []Indicator{rising}, Reports: []ProgressReport{counted("2027-03-31", "10.00")}}, OnTrack, ReportFresh},
		"a target not due yet":                   {"2027-01-10", Plan{Indicators: []Indicator{rising}, Reports: []ProgressReport{counted("2026-12-31", "4")}}, OnTrack, ReportFresh},
		"quarters add up to the target":          {"2027-04-10", with(rising, quarters...), OnTrack, ReportFresh},
		"quarters add up to too little":          {"2027-04-10", with(rising, quarters[0], over("2027-01-01", "2027-03-31", "2027-04-05", "3.99")), AtRisk, ReportFresh},
		"the last holds where it contains all":   {"2027-04-10", with(running, quarters...), AtRisk, ReportFresh},
		"the last of a share holds":              {"2027-04-10", with(share, quarters...), AtRisk, ReportFresh},
		"the share is reached at last":           {"2027-04-10", with(share, quarters[0], over("2027-01-01", "2027-03-31", "2027-04-05", "10")), OnTrack, ReportFresh},
		"quarters add up to too much":            {"2027-04-10", with(falling, quarters...), AtRisk, ReportFresh},
		"a report ends a day early":              {"2027-04-10", with(rising, over("2026-10-01", "2027-03-30", "2027-04-05", "9")), AtRisk, ReportFresh},
		"more days than the target's don't add":  {"2027-04-10", with(rising, over("2025-10-01", "2027-03-31", "2027-04-05", "99")), AtRisk, ReportFresh},
		"the target's last day":                  {"2027-03-31", with(rising, over("2026-10-01", "2027-03-31", "2027-03-31", "9")), OnTrack, ReportFresh},
		"the last quarter has a month to come":   {"2027-04-30", with(rising, quarters[0]), OnTrack, ReportFresh},
		"the last quarter came not in a month":   {"2027-05-01", with(rising, quarters[0]), AtRisk, ReportFresh},
		"no figure of a target that is over":     {"2027-04-10", with(rising, untold("2027-04-05")), AtRisk, ReportFresh},
		"the first report has a month to come":   {today.AddDays(90), with(soon), OnTrack, ReportFresh},
		"the first report came not in a month":   {today.AddDays(91), with(soon), AtRisk, ReportFresh},
		"the last target that is over holds":     {"2027-04-10", with(twice, quarters...), OnTrack, ReportFresh},
		"a report ends after the target":         {"2027-05-10", with(running, quarters[0], over("2026-10-01", "2027-04-30", "2027-05-05", "99")), AtRisk, ReportFresh},
		"in whatever order they are told":        {"2027-04-10", with(rising, over("2027-01-01", "2027-03-31", "2027-04-05", "3"), quarters[0]), AtRisk, ReportFresh},
		"a target from before the commitment":    {"2027-03-10", with(before, sent("2027-03-01")), OnTrack, ReportFresh},
		"more than wanted of what shall be less": {"2027-04-10", Plan{Indicators: []Indicator{falling}, Reports: []ProgressReport{counted("2027-03-31", "11")}}, AtRisk, ReportFresh},
	} {
		c := commitmentAt(t, CommitmentAccepted)
		c.Plan = tt.plan
		h, ok := c.Health(day(tt.on))
		if !ok || h.Status != tt.status || h.ReportAge != tt.age || h.Reason == "" {
			t.Errorf("%s: %+v", name, h)
		}
	}
	for _, st := range []CommitmentStage{CommitmentDrafted, CommitmentSubmitted, CommitmentClaimed} {
		if h, ok := commitmentAt(t, st).Health(noon); ok {
			t.Errorf("%s has health %+v", st, h)
		}
	}
}
