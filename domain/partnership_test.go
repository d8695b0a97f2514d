package domain

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	harbor OrganizationID = "org-harbor"
	beacon OrganizationID = "org-beacon"
)

var (
	officer  = Actor{Account: "officer", Role: Staff}
	director = Actor{Account: "director", Role: Staff}
	harborMe = Actor{Account: "harbor-clerk", Role: Partner, Organization: harbor}
	beaconMe = Actor{Account: "beacon-clerk", Role: Partner, Organization: beacon}
	marked   = Marking{Objectives: List[string]{"4.1"}}
	noon     = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)
	today    = DateOf(noon)
)

func organization(id OrganizationID, st OrganizationStage) Organization {
	o := Organization{Stage: Stage[OrganizationStage]{st}, Vetting: cleared()}
	o.ID = id
	return o
}

func vetted(ids ...OrganizationID) []Organization {
	out := make([]Organization, len(ids))
	for i, id := range ids {
		out[i] = organization(id, OrganizationApproved)
	}
	return out
}

// someRules are requirements of two elements, and of two offices of which one
// clears from a value on.
func someRules() *Requirements {
	r := &Requirements{
		Kind: PartnershipLongTerm, Number: 1, Stage: Stage[RequirementsStage]{RequirementsAdopted},
		Elements: List[ElementRule]{
			{Key: "risks", Title: "Risks", Guidance: "Name them.", Citation: "2 FAM 970", Always: true},
			{Key: "awards", Title: "Awards", Guidance: "Name any award.", Citation: "2 FAM 970"},
		},
		Clearances: List[ClearanceRule]{
			{Key: "legal", Office: "Legal Adviser", Citation: "2 FAM 970"},
			{Key: "budget", Office: "Budget", From: Money{100000, "USD"}},
		},
	}
	r.ID = "rules-1"
	return r
}

var (
	counsel = Actor{Account: "counsel", Role: Staff, Office: "legal  adviser"}
	budget  = Actor{Account: "budget", Role: Staff, Office: "Budget"}
)

// dossier is a complete one, with these members vetted.
func dossier(vetted []Organization) Dossier {
	return Dossier{Rules: someRules(), Newest: someRules(), Members: vetted}
}

func whole() Dossier { return dossier(vetted(harbor, beacon)) }

// fillIn writes every element of the rules.
func fillIn(t testing.TB, p *Partnership) {
	t.Helper()
	if err := errors.Join(
		p.WriteElement(officer, someRules(), "risks", ElementDraft{State: ElementProvided, Text: "Few."}, today),
		p.WriteElement(officer, someRules(), "awards", ElementDraft{State: ElementNotApplicable, Reason: "There is none."}, today),
	); err != nil {
		t.Fatal(err)
	}
}

// clearAll lets every office clear that was asked.
func clearAll(t testing.TB, p *Partnership) {
	t.Helper()
	for key, by := range map[string]Actor{"legal": counsel, "budget": budget} {
		if p.clearance(key) == nil {
			continue
		}
		if err := p.DecideClearance(by, key, Cleared, "", noon); err != nil {
			t.Fatal(err)
		}
	}
}

func fullPartnership() PartnershipDraft {
	return PartnershipDraft{
		Title: "Supply chain data exchange", Kind: PartnershipLongTerm, Purpose: "Find forced labor in supply chains.",
		Members:  []Member{{Organization: harbor, Role: "shares audits"}, {Organization: beacon, Role: "analyzes"}},
		StartsOn: "2026-10-01", EndsOn: "2028-09-30", MonitoringPlan: "A joint review each quarter.",
		Memorandum: MemorandumNotRequired, MemorandumReason: "No resources are shared.", Marking: marked,
	}
}

// partnershipAt leads a complete partnership to a stage.
func partnershipAt(t testing.TB, st PartnershipStage) *Partnership {
	t.Helper()
	p, err := NewPartnership(fullPartnership())
	p.ID = "partnership"
	steps := []func() error{
		func() error { return p.Advance(DiligencePartnership) },
		func() error { return p.Advance(DraftPartnershipMemo) },
		func() error {
			fillIn(t, p)
			err := errors.Join(p.Attest(officer, "Nothing is acquired.", noon), p.RequestClearances(officer, someRules(), noon))
			clearAll(t, p)
			return err
		},
		func() error { return p.Approve(director, whole(), today) },
		func() error { return p.Sign(today, "", whole(), today) },
		func() error { return p.Activate(whole(), today) },
		func() error { return p.FallDue("2028-09-30") },
		func() error {
			err := p.RequestReapproval(officer, someRules(), noon)
			clearAll(t, p)
			return errors.Join(err, p.Renew(director, "2030-09-30", whole(), "2028-09-30"))
		},
	}
	if st == PartnershipExpired {
		steps[7] = func() error { return p.Expire("2028-10-01") }
	}
	for _, step := range steps {
		if p.Stage.Is(st) {
			break
		}
		err = errors.Join(err, step())
	}
	if err != nil || !p.Stage.Is(st) {
		t.Fatalf("no way to %s: %s, %v", st, p.Stage, err)
	}
	return p
}

func TestPartnershipGoesThroughItsWholeLife(t *testing.T) {
	p := partnershipAt(t, PartnershipRenewed)
	if p.ApprovedOn != today || p.SignedOn != today || p.ActivatedOn != today || p.RenewedOn != "2028-09-30" || p.ReapprovalDueOn != "2030-09-30" {
		t.Errorf("days are %+v", p)
	}
	if err := errors.Join(p.Terminate("The data stayed closed.", today), p.CloseOut(today), p.Evaluate("It came to little.", today)); err != nil {
		t.Fatal(err)
	}
	if !p.Stage.Is(PartnershipEvaluated) || p.EndedOn != today || p.ClosedOutOn != today || p.EvaluatedOn != today {
		t.Errorf("ended as %+v", p)
	}
}

func TestPartnershipStepsAreTakenInOrderOnly(t *testing.T) {
	steps := map[Action]func(*Partnership) error{
		DiligencePartnership: func(p *Partnership) error { return p.Advance(DiligencePartnership) },
		DraftPartnershipMemo: func(p *Partnership) error { return p.Advance(DraftPartnershipMemo) },
		RequestClearances:    func(p *Partnership) error { return p.RequestClearances(officer, someRules(), noon) },
		SendBackPartnership:  func(p *Partnership) error { return p.SendBack("Name a person.") },
		ApprovePartnership:   func(p *Partnership) error { return p.Approve(director, whole(), today) },
		SignPartnership:      func(p *Partnership) error { return p.Sign(today, "", whole(), today) },
		ActivatePartnership:  func(p *Partnership) error { return p.Activate(whole(), today) },
		ReapprovalFallsDue:   func(p *Partnership) error { return p.FallDue("2031-01-01") },
		RenewPartnership: func(p *Partnership) error {
			p.RenewalRequestedBy = "another"
			return p.Renew(director, "2029-09-30", whole(), today)
		},
		ExpirePartnership:    func(p *Partnership) error { return p.Expire("2033-01-01") },
		TerminatePartnership: func(p *Partnership) error { return p.Terminate("No funds.", today) },
		CloseOutPartnership:  func(p *Partnership) error { return p.CloseOut(today) },
		EvaluatePartnership:  func(p *Partnership) error { return p.Evaluate("Good.", today) },
	}
	for act, m := range partnershipLife {
		for _, st := range PartnershipStages() {
			p := partnershipAt(t, PartnershipClearances)
			p.ApprovedOn, p.SignedOn, p.ActivatedOn, p.ReapprovalDueOn, p.Stage.now = today, today, today, p.EndsOn, st
			err := steps[act](p)
			if allowed := slices.Contains(m.from, st); allowed != (err == nil) {
				t.Errorf("%s from %s: %v", act, st, err)
			} else if !allowed && (!errors.Is(err, Conflict) || !p.Stage.Is(st)) {
				t.Errorf("%s from %s is refused as %v and leaves %s", act, st, err, p.Stage)
			} else if allowed && !p.Stage.Is(m.to) {
				t.Errorf("%s from %s leads to %s", act, st, p.Stage)
			}
		}
	}
}

// An approval may run out before anybody signed, or before the work began.
func TestARenewalGoesOnWhereItStopped(t *testing.T) {
	for _, st := range partnershipAgreed {
		p := partnershipAt(t, st)
		day := p.ReapprovalDueOn
		if p.RanOut(day.AddDays(-1)) || !p.RanOut(day) {
			t.Errorf("%s: the approval runs out on %s", st, day)
		}
		for _, needs := range []error{p.Sign(day, "", whole(), day), p.Activate(whole(), day)} {
			if needs == nil {
				t.Errorf("%s: goes on with an approval that ran out", st)
			}
		}
		err := errors.Join(p.FallDue(day), p.RequestReapproval(officer, someRules(), noon))
		clearAll(t, p)
		if err = errors.Join(err, p.Renew(director, day.AddDays(700), whole(), day)); err != nil {
			t.Fatal(err)
		}
		if want := map[PartnershipStage]PartnershipStage{PartnershipActive: PartnershipRenewed}; !p.Stage.Is(cmp.Or(want[st], st)) {
			t.Errorf("%s is renewed as %s", st, p.Stage)
		}
	}
}

func TestApprovalNamesEachGap(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil   func(*Partnership)
		orgs    []Organization
		pointer string
	}{
		"no purpose":              {func(p *Partnership) { p.Purpose = " " }, nil, "/purpose"},
		"no start":                {func(p *Partnership) { p.StartsOn = "" }, nil, "/starts_on"},
		"no end":                  {func(p *Partnership) { p.EndsOn = "" }, nil, "/ends_on"},
		"an end that has passed":  {func(p *Partnership) { p.EndsOn = today.AddDays(-1) }, nil, "/ends_on"},
		"no member":               {func(p *Partnership) { p.Members = nil }, nil, "/members"},
		"an unknown member":       {func(*Partnership) {}, vetted(harbor), "/members/1"},
		"a suspended member":      {func(*Partnership) {}, append(vetted(beacon), organization(harbor, OrganizationSuspended)), "/members/0"},
		"no attestation":          {func(p *Partnership) { p.NotProcurement = "" }, nil, "/not_procurement"},
		"no word on a memorandum": {func(p *Partnership) { p.Memorandum = "" }, nil, "/memorandum"},
		"no memorandum, no why":   {func(p *Partnership) { p.MemorandumReason = "" }, nil, "/memorandum_reason"},
		"no monitoring plan":      {func(p *Partnership) { p.MonitoringPlan = "" }, nil, "/monitoring_plan"},
	} {
		p := partnershipAt(t, PartnershipClearances)
		tt.spoil(p)
		if tt.orgs == nil {
			tt.orgs = vetted(harbor, beacon)
		}
		err := p.Approve(director, dossier(tt.orgs), today)
		if got := pointers(err); !errors.Is(err, Invalid) || !slices.Equal(got, []string{tt.pointer}) || !p.Stage.Is(PartnershipClearances) {
			t.Errorf("%s: %v at %v, stage %s", name, err, got, p.Stage)
		}
	}
	bare := &Partnership{Stage: Stage[PartnershipStage]{PartnershipClearances}}
	if got := pointers(bare.Approve(director, Dossier{}, today)); len(got) != 8 {
		t.Errorf("an empty partnership lacks %v", got)
	}
}

// pointers are where an error's faults lie.
func pointers(err error) []string {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	out := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		out[i] = f.Pointer
	}
	return out
}

func TestRenewalLacksNothingThatAnApprovalNeeds(t *testing.T) {
	p := partnershipAt(t, PartnershipReapprovalDue)
	day := Date("2028-09-30")
	if err := p.Renew(director, "2030-09-30", whole(), day); !slices.Equal(pointers(err), []string{"/clearances/legal", "/clearances/budget"}) {
		t.Errorf("renewed by clearances of the approval: %v", err)
	}
	if err := p.RequestReapproval(officer, someRules(), noon); err != nil {
		t.Fatal(err)
	}
	clearAll(t, p)
	if err := p.Renew(director, "2030-09-30", dossier(vetted(harbor)), day); !slices.Equal(pointers(err), []string{"/members/1"}) {
		t.Errorf("a lapsed member renews: %v", err)
	}
	if err := p.Renew(director, "2028-09-30", whole(), day); !slices.Equal(pointers(err), []string{"/ends_on"}) {
		t.Errorf("it is renewed until the day on which it ends: %v", err)
	}
	if err := p.Renew(officer, "2030-09-30", whole(), day); !errors.Is(err, Forbidden) {
		t.Errorf("who asked for the approval renews: %v", err)
	}
	if !p.Stage.Is(PartnershipReapprovalDue) || p.EndsOn != "2028-09-30" {
		t.Errorf("refusals changed it: %+v", p)
	}
}

func TestWhoAsksForApprovalDoesNotGiveIt(t *testing.T) {
	p := partnershipAt(t, PartnershipClearances)
	if err := p.Approve(officer, whole(), today); !errors.Is(err, Forbidden) {
		t.Errorf("approved by who asked: %v", err)
	}
}

func TestPartnershipIsFixedWhileItIsUpForClearance(t *testing.T) {
	p := partnershipAt(t, PartnershipClearances)
	if err := p.Edit(fullPartnership()); !errors.Is(err, Conflict) {
		t.Errorf("edited: %v", err)
	}
	if err := errors.Join(p.SendBack("Say who monitors."), p.Edit(fullPartnership())); err != nil {
		t.Errorf("sent back, it can't be edited: %v", err)
	}
	if p.StageReason == "" {
		t.Error("nobody knows why it was sent back")
	}
}

func TestSigningNeedsTheMemorandumThatIsRequired(t *testing.T) {
	p := partnershipAt(t, PartnershipApproved)
	p.Memorandum = MemorandumRequired
	if err := p.Sign(today, "", whole(), today); !slices.Equal(pointers(err), []string{"/memorandum_reference"}) {
		t.Errorf("signed without it: %v", err)
	}
	for _, day := range []Date{"", today.AddDays(1), today.AddDays(-1)} {
		if err := p.Sign(day, "MOU 17", whole(), today); !slices.Equal(pointers(err), []string{"/signed_on"}) {
			t.Errorf("signed on %q: %v", day, err)
		}
	}
	if err := p.Sign(today, "MOU 17", whole(), today); err != nil {
		t.Error(err)
	}
}

func TestReapprovalFallsDueNotBeforeItsDay(t *testing.T) {
	p := partnershipAt(t, PartnershipActive)
	if err := p.FallDue("2028-09-29"); !errors.Is(err, Conflict) {
		t.Errorf("fell due a day early: %v", err)
	}
	if err := errors.Join(p.FallDue("2028-09-30")); err != nil {
		t.Fatal(err)
	}
	if err := p.Expire("2028-09-30"); !errors.Is(err, Conflict) {
		t.Errorf("expired on its last day: %v", err)
	}
	if err := p.Expire("2028-10-01"); err != nil || p.EndedOn != "2028-10-01" {
		t.Errorf("not expired after its end: %v", err)
	}
}

func TestBadEndsNeedAReason(t *testing.T) {
	p := partnershipAt(t, PartnershipClearances)
	c := commitmentAt(t, CommitmentSubmitted)
	m, r := reportedMilestone(t), reportAt(t, ProgressReportSubmitted)
	a := proposedAmendment(t, commitmentAt(t, CommitmentActive))
	for name, err := range map[string]error{
		"send back a partnership": p.SendBack(" "), "terminate a partnership": p.Terminate("", today), "evaluate nothing": p.Evaluate("", today),
		"return a commitment": c.Return(""), "lapse a commitment": c.Lapse("", today), "withdraw a commitment": c.Withdraw("\n", today),
		"reject a milestone": m.Reject(director, ""), "return a report": r.Return(director, ""), "decline an amendment": a.Decline(director, "", today),
	} {
		if !errors.Is(err, Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPartnershipIsPublishedWhenEveryoneAgrees(t *testing.T) {
	p := partnershipAt(t, PartnershipClearances)
	p.Publish(officer, noon)
	if err := errors.Join(p.Consent(harborMe, noon), p.Consent(beaconMe, noon)); err != nil {
		t.Fatal(err)
	}
	if p.Published {
		t.Error("published before it was approved")
	}
	if err := p.Approve(director, whole(), today); err != nil || !p.Published {
		t.Errorf("not published though everyone agrees: %v", err)
	}
	for name, take := range map[string]struct{ back, again func() error }{
		"a member":   {func() error { return p.WithdrawConsent(beaconMe) }, func() error { return p.Consent(beaconMe, noon) }},
		"the office": {func() error { p.Unpublish(); return nil }, func() error { p.Publish(officer, noon); return nil }},
	} {
		if err := take.back(); err != nil || p.Published {
			t.Errorf("published though %s withdrew: %v", name, err)
		}
		if err := take.again(); err != nil || !p.Published {
			t.Errorf("not published though %s agrees again: %v", name, err)
		}
	}
	stranger := Actor{Account: "x", Role: Partner, Organization: "org-x"}
	for _, a := range []Actor{officer, stranger, {Account: "y", Role: Partner}} {
		if err := p.Consent(a, noon); !errors.Is(err, Forbidden) {
			t.Errorf("%+v agrees for a member: %v", a, err)
		}
	}
}

func TestMembersAreAskedAgainAfterAnEdit(t *testing.T) {
	p := partnershipAt(t, PartnershipMemoDrafted)
	if err := p.Consent(harborMe, noon); err != nil {
		t.Fatal(err)
	}
	d := p.Draft()
	d.Members = []Member{{Organization: "org-x", Role: "joins"}, {Organization: harbor, Role: "leads"}}
	d.Members[0].Consent = Agreement{"forged", &noon}
	if err := p.Edit(d); err != nil {
		t.Fatal(err)
	}
	if p.Members[0].Consent.Given() || p.Members[1].Consent.Given() || p.Members[1].Role != "leads" {
		t.Errorf("members are %+v", p.Members)
	}
}

func TestPartnershipDraftsAreChecked(t *testing.T) {
	for pointer, spoil := range map[string]func(*PartnershipDraft){
		"/title":             func(d *PartnershipDraft) { d.Title = " " },
		"/kind":              func(d *PartnershipDraft) { d.Kind = "secret" },
		"/memorandum":        func(d *PartnershipDraft) { d.Memorandum = "maybe" },
		"/ends_on":           func(d *PartnershipDraft) { d.EndsOn = "2026-09-30" },
		"/reapproval_due_on": func(d *PartnershipDraft) { d.ReapprovalDueOn = "2029-01-01" },
		"/members/1":         func(d *PartnershipDraft) { d.Members[1].Organization = harbor },
		"/objectives":        func(d *PartnershipDraft) { d.Marking.Objectives = nil },
	} {
		d := fullPartnership()
		spoil(&d)
		if _, err := NewPartnership(d); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestHistoryTellsNoReasonAndNoAccount(t *testing.T) {
	p := partnershipAt(t, PartnershipActive)
	if err := p.Terminate("private: they lied to us", today); err != nil {
		t.Fatal(err)
	}
	c := commitmentAt(t, CommitmentActive)
	a := proposedAmendment(t, c)
	_, amended := c.Amend(director, a, vetted(harbor)[0], today)
	if err := errors.Join(amended, c.Withdraw("private: we lied", today)); err != nil {
		t.Fatal(err)
	}
	words := ""
	for _, m := range append(p.History(nil), c.History([]Amendment{*a}, nil)...) {
		words += string(m.On) + " " + m.Words + "\n"
	}
	for _, secret := range []string{"private", "officer", "director", "clerk", a.Reason} {
		if strings.Contains(words, secret) {
			t.Errorf("%q is told:\n%s", secret, words)
		}
	}
	for _, fact := range []string{"Approved.", "Ended.", "Accepted by the office.", "Amendment 1: due date from 2027-12-31 to 2028-06-30.", "Withdrawn."} {
		if !strings.Contains(words, fact) {
			t.Errorf("%q is not told:\n%s", fact, words)
		}
	}
}

func TestAPartnershipsHistoryTellsEachTime(t *testing.T) {
	day := func(d Date) time.Time { return d.Time().Add(9 * time.Hour) }
	told := func(p Partnership, trail ...Trailed) string {
		var words []string
		for _, m := range p.History(trail) {
			words = append(words, string(m.On)+" "+m.Words)
		}
		return strings.Join(words, " ")
	}
	p := Partnership{ApprovedOn: "2026-01-05", SignedOn: "2026-01-06", ActivatedOn: "2026-01-08", RenewedOn: "2030-02-01", EndsOn: "2032-12-31", EndedOn: "2033-01-02"}
	got := told(p,
		Trailed{day("2027-01-01"), "partnership.reapproval_due", ""}, Trailed{day("2027-02-01"), "partnership.renewed", ""},
		Trailed{day("2028-02-01"), "partnership.renewed", "until 2030-01-31, under requirements 2"}, Trailed{day("2030-02-01"), "partnership.renewed", ""})
	want := "2026-01-05 Approved. 2026-01-06 Signed. 2026-01-08 Work began. 2027-01-01 Reapproval fell due. 2027-02-01 Renewed. " +
		"2028-02-01 Renewed until 2030-01-31. 2030-02-01 Renewed until 2032-12-31. 2033-01-02 Ended."
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	// One of before there was a trail tells what its record knows.
	if got, want := told(p), "2026-01-05 Approved. 2026-01-06 Signed. 2026-01-08 Work began. 2030-02-01 Renewed until 2032-12-31. 2033-01-02 Ended."; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestAnApprovalStandsForTheLongestTermAtMost(t *testing.T) {
	rules := whole().Rules
	latest := rules.latest(today)
	p := partnershipAt(t, PartnershipClearances)
	for due, want := range map[[2]Date]string{
		{"", latest}: "[]", {"", latest.AddDays(1)}: "[/ends_on]", {latest.AddDays(1), "2099-01-01"}: "[/reapproval_due_on]", {latest, "2099-01-01"}: "[]",
	} {
		p.ReapprovalDueOn, p.EndsOn = due[0], due[1]
		got := []string{}
		for _, g := range p.Gaps(ForApproval, whole(), today) {
			got = append(got, g.Pointer)
			if !strings.Contains(g.Detail, string(latest)) {
				t.Errorf("nobody says until when: %s", g.Detail)
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("due %v: %s, want %s", due, got, want)
		}
	}
	p = partnershipAt(t, PartnershipReapprovalDue)
	p.RenewalRequestedBy = "another"
	at := Date("2028-09-30")
	if err := p.Renew(director, rules.latest(at).AddDays(1), whole(), at); !slices.Equal(pointers(err), []string{"/ends_on"}) {
		t.Error(err)
	}
}
