package domain

import (
	"slices"
	"strings"
	"time"
)

// GrantID names a grant.
type GrantID = ID[Grant]

// GrantStage is where a grant is in its life.
type GrantStage string

// A grant is proposed by one admin and decided by another person.
const (
	GrantProposed GrantStage = "proposed"
	GrantApproved GrantStage = "approved"
	GrantDeclined GrantStage = "declined"
)

var grantLife = lifeCycle[GrantStage]{
	ApproveGrant: {[]GrantStage{GrantProposed}, GrantApproved},
	DeclineGrant: {[]GrantStage{GrantProposed}, GrantDeclined},
}

// officeRoles are those between which a grant moves an account. A partner's and
// an advisor's account stay what they are: who changes sides gets another.
var officeRoles = []Role{Admin, Staff, Liaison, Custodian, Auditor}

// byTwo are the roles that no one person gives: two of them lead to advisors, and
// an admin could make a second one to agree with.
var byTwo = []Role{Admin, Liaison, Custodian}

// ByTwo reports whether it takes two persons to give the role.
func (r Role) ByTwo() bool { return slices.Contains(byTwo, r) }

// Vouching is for how long an account can't be the second person of the one who
// brought it in: long enough for others to notice an account that is nobody's.
const Vouching = 30 * 24 * time.Hour

// decider is who else than another person with an account can decide what takes two.
type decider string

const (
	nobodyElse      decider = ""
	orOperator      decider = ", or the server's operator (accord grant approve)"
	orOperatorReset decider = ", or the server's operator lets the holder back in (accord user reset)"
)

// second refuses who can't be the second of two persons. by is nil for the operator
// of the machine, who is one to everybody, and proposer where nobody with an account
// proposed. Of two of whom one brought in the other lately, neither is, nor of two
// whom one person lately brought in alone: that one could have made up both. Whom one
// proposed and another approved, nobody made up. What who proposed has been stopped
// since is nobody's to approve.
func second(by, proposer *Account, or decider, now time.Time) error {
	refuse := func(why string) error { return Refuse(Forbidden, "%s; somebody else decides%s", why, or) }
	switch {
	case proposer != nil && !proposer.Stage.Is(AccountActive):
		return Refuse(Conflict, "who proposed this is suspended; propose it anew")
	case by == nil || proposer == nil:
		return nil
	case by.ID == proposer.ID:
		return refuse("you proposed this yourself")
	case by.newBy(proposer.ID, now):
		return refuse("who proposed this brought you in less than 30 days ago")
	case proposer.newBy(by.ID, now):
		return refuse("you brought in who proposed this less than 30 days ago")
	case by.newBy(proposer.BroughtBy, now) && proposer.newBy(by.BroughtBy, now) && !by.Role.ByTwo() && !proposer.Role.ByTwo():
		return refuse("one person alone brought in you and who proposed this less than 30 days ago")
	}
	return nil
}

// newBy reports whether somebody brought the account in less than 30 days ago.
func (a *Account) newBy(other AccountID, now time.Time) bool {
	return other != "" && a.BroughtBy == other && a.BroughtAt != nil && now.Before(a.BroughtAt.Add(Vouching))
}

// Grant gives an account of the office another role. The roles that are given by
// two take effect when a second person approves, the others at once.
type Grant struct {
	Record[Grant]
	Account AccountID
	// Was is the role that it takes the place of; it is void if that has changed.
	Was        Role
	Role       Role
	Office     string
	Reason     string
	ProposedBy AccountID
	// DecidedBy is empty while nobody has, and if the operator did.
	DecidedBy AccountID
	Stage     Stage[GrantStage]
}

// TableName keeps grants apart from the word that SQL has for its own.
func (Grant) TableName() string { return "role_grants" }

// GrantDraft is what an admin proposes.
type GrantDraft struct {
	Role           Role
	Office, Reason string
}

// NewGrant proposes another role for an account. Nobody proposes their own.
func NewGrant(by Actor, a *Account, d GrantDraft) (*Grant, error) {
	if by.Account == a.ID {
		return nil, Refuse(Forbidden, "nobody proposes their own role")
	}
	var f Faults
	if !slices.Contains(officeRoles, d.Role) || !slices.Contains(officeRoles, a.Role) {
		f.Add("/role", "invalid", "a role of the office for somebody of the office; who changes sides gets another account")
	} else if d.Role == a.Role {
		f.Add("/role", "invalid", "is the account's role already")
	}
	if strings.TrimSpace(d.Reason) == "" {
		f.Add("/reason", "required", "say why, in a sentence")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	g := &Grant{
		Account: a.ID, Was: a.Role, Role: d.Role, Office: strings.TrimSpace(d.Office), Reason: d.Reason,
		ProposedBy: by.Account, Stage: Stage[GrantStage]{GrantProposed},
	}
	g.record("grant.proposed", string(d.Role))
	return g, nil
}

// Settle gives a role for which one person is enough, at once.
func (g *Grant) Settle(a *Account, now time.Time) error {
	if g.Role.ByTwo() {
		return Refuse(Forbidden, "it takes a second person to give this role")
	}
	return g.take(a, g.ProposedBy, now)
}

// Approve gives the role. by is the second person, nil for the operator: neither
// the one who proposed, nor of these two one whom the other brought in lately, nor the
// one whose role it is, nor who brought that one in.
func (g *Grant) Approve(by, proposer, a *Account, now time.Time) error {
	if err := second(by, proposer, orOperator, now); err != nil {
		return err
	}
	var decided AccountID
	if by != nil {
		decided = by.ID
		if by.ID == a.ID {
			return Refuse(Forbidden, "nobody approves their own role")
		}
		if a.BroughtBy == by.ID {
			return Refuse(Forbidden, "you brought the account in; propose this yourself and let somebody else approve")
		}
	}
	return g.take(a, decided, now)
}

func (g *Grant) take(a *Account, decided AccountID, now time.Time) error {
	if err := grantLife.take(&g.Stage, ApproveGrant); err != nil {
		return err
	}
	if a.Role != g.Was {
		return Refuse(Conflict, "the account's role has changed since; propose anew")
	}
	g.DecidedBy = decided
	g.record("grant.approved", string(g.Role))
	a.Role, a.Office = g.Role, g.Office
	if g.Role.ByTwo() {
		a.BroughtBy, a.BroughtAt = g.ProposedBy, &now
	}
	a.record("account.role_changed", string(g.Role))
	return nil
}

// Decline ends a proposal; who proposed it may take it back so. Whose role it is
// decides it neither way.
func (g *Grant) Decline(by Actor) error {
	if by.Account == g.Account {
		return Refuse(Forbidden, "nobody decides on their own role")
	}
	if err := grantLife.take(&g.Stage, DeclineGrant); err != nil {
		return err
	}
	g.DecidedBy = by.Account
	g.record("grant.declined", string(g.Role))
	return nil
}

// Next lists what the grant's stage allows.
func (g *Grant) Next(by Actor) []Action {
	next := unless(by.Account == g.ProposedBy, grantLife.next(g.Stage), ApproveGrant)
	return unless(by.Account == g.Account, next, ApproveGrant, DeclineGrant)
}
