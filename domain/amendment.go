package domain

import "strings"

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

// Amendment is a numbered change of an accepted commitment's terms. Nothing else
// changes them.
type Amendment struct {
	Record[Amendment]
	Commitment   CommitmentID
	Organization OrganizationID
	// Number counts the commitment's amendments from one, declined ones too.
	Number        int
	Before        Terms `gorm:"serializer:json"`
	After         Terms `gorm:"serializer:json"`
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

// Change is one term that an amendment changes, old and new as they are shown.
type Change struct{ Field, Old, New string }

// Changes lists the terms that the amendment changes.
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
	return out
}

// due is the due date as it is known: 2030-06-30, 2030-06 or 2030.
func (t Terms) due() string {
	switch t.DuePrecision {
	case ToTheMonth:
		return string(t.DueOn[:len("2006-01")])
	case ToTheYear:
		return string(t.DueOn[:len("2006")])
	}
	return string(t.DueOn)
}

// shown is the amount in words, empty for none.
func (m Money) shown() string {
	if m == (Money{}) {
		return ""
	}
	return m.String()
}

// Propose asks to change the terms of an accepted or active commitment, which
// counts it. Terms that stay are given as they are.
func (c *Commitment) Propose(by Actor, terms Terms, reason string, today Date) (*Amendment, error) {
	if !c.Stage.Is(commitmentRunning...) {
		return nil, Refuse(Conflict, "an amendment is possible from %s; this is %s", orList(commitmentRunning), c.Stage)
	}
	var f Faults
	terms.check(&f, "")
	if terms.DueOn == "" {
		f.Add("/due_on", "required", "an accepted commitment has a due date")
	}
	if terms == c.Terms {
		f.Add("", "invalid", "an amendment changes the title, the text, the due date or the amount")
	}
	if strings.TrimSpace(reason) == "" {
		f.Add("/reason", "required", "say why, in a sentence")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	c.Amendments++
	c.record("commitment.amendment_proposed", "")
	a := &Amendment{
		Commitment: c.ID, Organization: c.Organization, Number: c.Amendments, Before: c.Terms, After: terms, Reason: reason,
		Stage: Stage[AmendmentStage]{AmendmentProposed}, ProposedBy: by.Account, ProposedOn: today,
		ByPromiser: by.Organization == c.Organization,
	}
	a.record("amendment.proposed", "")
	return a, nil
}

// Amend approves an amendment and changes the terms by it. It is refused to who
// proposed it and to the committing organization, while that is not in good
// standing, and when the terms are no longer those that it was written against. Terms that the organization did not
// propose need its consent to publication anew.
func (c *Commitment) Amend(by Actor, a *Amendment, org Organization, today Date) error {
	st := a.Stage
	if err := amendmentLife.take(&st, ApproveAmendment); err != nil {
		return err
	}
	if a.Commitment != c.ID || !c.Stage.Is(commitmentRunning...) {
		return Refuse(Conflict, "an amendment is possible from %s; the commitment is %s", orList(commitmentRunning), c.Stage)
	}
	if by.Account == a.ProposedBy || by.Organization == c.Organization {
		return Refuse(Forbidden, "who proposed an amendment, or belongs to the organization, may not approve it")
	}
	if a.Before != c.Terms {
		return Refuse(Conflict, "the terms have changed since amendment %d was proposed; propose it anew", a.Number)
	}
	if err := c.admits(by, org, today); err != nil {
		return err
	}
	a.Stage, a.DecidedBy, a.DecidedOn = st, by.Account, today
	a.record("amendment.approved", "")
	c.Terms = a.After
	c.record("commitment.amended", "")
	if !a.ByPromiser {
		c.askAgain()
	}
	return nil
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
