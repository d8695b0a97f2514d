package domain

import (
	"fmt"
	"strings"
)

// AmendmentID names an amendment.
type AmendmentID = ID[Amendment]

// AmendmentStage is where an amendment is in its life.
type AmendmentStage string

// An amendment is proposed by one person and decided by another.
const (
	AmendmentProposed AmendmentStage = "proposed"
	AmendmentApproved AmendmentStage = "approved"
	AmendmentDeclined AmendmentStage = "declined"
)

var amendmentLife = lifeCycle[AmendmentStage]{
	ApproveAmendment: {[]AmendmentStage{AmendmentProposed}, AmendmentApproved},
	DeclineAmendment: {[]AmendmentStage{AmendmentProposed}, AmendmentDeclined},
}

// Amendment is a numbered change of an accepted commitment's terms, or what it
// adds to the plan. Nothing else changes them.
type Amendment struct {
	Record[Amendment]
	Commitment   CommitmentID
	Organization OrganizationID
	// Number counts the commitment's amendments from one, declined ones too.
	Number        int
	Before        Terms     `gorm:"serializer:json"`
	After         Terms     `gorm:"serializer:json"`
	Adds          Additions `gorm:"serializer:json"`
	Reason        string
	Stage         Stage[AmendmentStage]
	DeclineReason string
	ProposedBy    AccountID
	// ByPromiser says that the committing organization proposed it.
	ByPromiser bool
	ProposedOn Date
	DecidedBy  AccountID
	DecidedOn  Date
}

// Additions are what an amendment adds to the plan, whose health and weights it
// would otherwise be for one side alone to shift.
type Additions struct {
	Milestones []MilestoneDraft `json:"milestones,omitempty"`
	Indicators []IndicatorDraft `json:"indicators,omitempty"`
}

func (a Additions) none() bool { return len(a.Milestones)+len(a.Indicators) == 0 }

func (a Additions) check(f *Faults) {
	for i, d := range a.Milestones {
		d.check(f, fmt.Sprintf("/milestones/%d", i))
	}
	for i, d := range a.Indicators {
		at := fmt.Sprintf("/indicators/%d", i)
		if d.check(f, at); len(d.Targets) == 0 {
			f.Add(at+"/targets", "required", "say what it should show, and for which period: an accepted commitment has no indicator without a target")
		}
	}
}

// Change is one term that an amendment changes, old and new as they are shown.
type Change struct{ Field, Old, New string }

// Changes lists the terms that the amendment changes, then what it adds.
func (a *Amendment) Changes() []Change {
	var out []Change
	add := func(field, before, after string) {
		if before != after {
			out = append(out, Change{field, before, after})
		}
	}
	add("title", a.Before.Title, a.After.Title)
	add("text", a.Before.Text, a.After.Text)
	add("due_on", a.Before.due(), a.After.due())
	add("amount", a.Before.Amount.shown(), a.After.Amount.shown())
	for _, m := range a.Adds.Milestones {
		add("milestone", "", fmt.Sprintf("%s, due %s, weight %d", m.Title, knownDate(m.DueOn, m.DuePrecision), m.Weight))
	}
	for _, i := range a.Adds.Indicators {
		add("indicator", "", i.Title)
	}
	return out
}

func (t Terms) due() string { return knownDate(t.DueOn, t.DuePrecision) }

// knownDate is a date as it is known: 2030-06-30, 2030-06 or 2030.
func knownDate(d Date, p Precision) string {
	switch p {
	case ToTheMonth:
		return string(d[:len("2006-01")])
	case ToTheYear:
		return string(d[:len("2006")])
	}
	return string(d)
}

// shown is the amount in words, empty for none.
func (m Money) shown() string {
	if m == (Money{}) {
		return ""
	}
	return m.String()
}

// Propose asks to change the terms of an accepted or active commitment, or to add
// to its plan, which counts it. Terms that stay are given as they are. As when a commitment
// is submitted, no day that it sets is over.
func (c *Commitment) Propose(by Actor, terms Terms, adds Additions, reason string, today Date) (*Amendment, error) {
	if !c.Stage.Is(commitmentRunning...) {
		return nil, Refuse(Conflict, "an amendment is possible from %s; this is %s", orList(commitmentRunning), c.Stage)
	}
	var f Faults
	terms.check(&f, "")
	if terms.DueOn == "" {
		f.Add("/due_on", "required", "an accepted commitment has a due date")
	}
	if terms.DueOn != c.DueOn { // one that is over and stays is no reason to leave the rest as it is
		terms.DueOn.ahead(&f, "/due_on", today)
	}
	for i, m := range adds.Milestones {
		m.DueOn.ahead(&f, fmt.Sprintf("/milestones/%d/due_on", i), today)
	}
	if terms == c.Terms && adds.none() {
		f.Add("", "invalid", "an amendment changes the title, the text, the due date or the amount, or adds milestones or indicators")
	}
	adds.check(&f)
	if strings.TrimSpace(reason) == "" {
		f.Add("/reason", "required", "say why, in a sentence")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	c.Amendments++
	c.record("commitment.amendment_proposed", "")
	a := &Amendment{
		Commitment: c.ID, Organization: c.Organization, Number: c.Amendments, Before: c.Terms, After: terms, Adds: adds, Reason: reason,
		Stage: Stage[AmendmentStage]{AmendmentProposed}, ProposedBy: by.Account, ProposedOn: today,
		ByPromiser: by.Organization == c.Organization,
	}
	a.record("amendment.proposed", "")
	return a, nil
}

// Amend approves an amendment, changes the terms by it and returns what is new in
// the plan, which is to be stored with it. It is refused to who
// proposed it and to the committing organization, while that is not in good
// standing, and when the terms are no longer those that it was written against. Terms that the organization did not
// propose need its consent to publication anew.
func (c *Commitment) Amend(by Actor, a *Amendment, org Organization, today Date) (added Plan, err error) {
	st := a.Stage
	if err := amendmentLife.take(&st, ApproveAmendment); err != nil {
		return Plan{}, err
	}
	if a.Commitment != c.ID || !c.Stage.Is(commitmentRunning...) {
		return Plan{}, Refuse(Conflict, "an amendment is possible from %s; the commitment is %s", orList(commitmentRunning), c.Stage)
	}
	if by.Account == a.ProposedBy || by.Organization == c.Organization {
		return Plan{}, Refuse(Forbidden, "who proposed an amendment, or belongs to the organization, may not approve it")
	}
	if a.Before != c.Terms {
		return Plan{}, Refuse(Conflict, "the terms have changed since amendment %d was proposed; propose it anew", a.Number)
	}
	if err := c.admits(by, org, today); err != nil {
		return Plan{}, err
	}
	if added, err = c.adopt(a.Adds); err != nil {
		return Plan{}, err
	}
	a.Stage, a.DecidedBy, a.DecidedOn = st, by.Account, today
	a.record("amendment.approved", "")
	c.Terms = a.After
	c.record("commitment.amended", "")
	if !a.ByPromiser {
		c.askAgain()
	}
	return added, nil
}

// adopt makes of additions what they are in the plan.
func (c *Commitment) adopt(adds Additions) (added Plan, err error) {
	for _, d := range adds.Milestones {
		m, err := newMilestone(c, d)
		if err != nil {
			return Plan{}, err
		}
		added.Milestones = append(added.Milestones, *m)
	}
	for _, d := range adds.Indicators {
		i, err := newIndicator(c, d)
		if err != nil {
			return Plan{}, err
		}
		added.Indicators = append(added.Indicators, *i)
	}
	return added, nil
}

// Decline refuses a proposed amendment, with the reason. It is not for who
// proposed it.
func (a *Amendment) Decline(by Actor, reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	st := a.Stage
	if err := amendmentLife.take(&st, DeclineAmendment); err != nil {
		return err
	}
	if by.Account == a.ProposedBy {
		return Refuse(Forbidden, "who proposed an amendment may not decide it")
	}
	a.Stage, a.DeclineReason, a.DecidedBy, a.DecidedOn = st, reason, by.Account, today
	a.record("amendment.declined", "")
	return nil
}

// Next lists what the amendment's stage allows to others than who proposed it.
func (a *Amendment) Next(by Actor) []Action {
	return unless(by.Account == a.ProposedBy, amendmentLife.next(a.Stage), ApproveAmendment, DeclineAmendment)
}
