package domain

import (
	"slices"
	"time"
)

// ResetID names a reset.
type ResetID = ID[Reset]

// ResetKind is what was lost.
type ResetKind string

// What can be lost.
const (
	ResetPassword     ResetKind = "password"
	ResetSecondFactor ResetKind = "second_factor"
)

// ResetStage is where a reset is in its life.
type ResetStage string

// A password's reset may be requested by whoever knows the sign-in name, is
// issued as a token by who looks after the account, and used once. A lost second
// factor's is confirmed; for those who need one, by a second person.
const (
	ResetRequested ResetStage = "requested"
	ResetIssued    ResetStage = "issued"
	ResetUsed      ResetStage = "used"
	ResetProposed  ResetStage = "proposed"
	ResetConfirmed ResetStage = "confirmed"
	ResetWithdrawn ResetStage = "withdrawn"
)

var resetLife = lifeCycle[ResetStage]{
	IssueReset:    {[]ResetStage{ResetRequested}, ResetIssued},
	UseReset:      {[]ResetStage{ResetIssued}, ResetUsed},
	ConfirmReset:  {[]ResetStage{ResetProposed}, ResetConfirmed},
	WithdrawReset: {[]ResetStage{ResetRequested, ResetIssued, ResetProposed}, ResetWithdrawn},
}

// ResetLife is how long a reset's token is good. It is handed over in person or by
// a channel that is safe, never by e-mail.
const ResetLife = 30 * time.Minute

// Reset lets the holder of an account back in. It opens nothing by itself: a new
// password still needs the second factor, and without one the password.
type Reset struct {
	Record[Reset]
	Account AccountID
	// Role and Organization are the account's, by which it is found who looks
	// after it.
	Role         Role
	Organization OrganizationID
	Kind         ResetKind
	Stage        Stage[ResetStage]
	// TokenHash finds a password's reset by its token, which is shown once.
	TokenHash  string
	ExpiresAt  *time.Time
	ProposedBy AccountID
}

func newReset(of *Account, kind ResetKind, stage ResetStage) *Reset {
	return &Reset{Account: of.ID, Role: of.Role, Organization: of.Organization, Kind: kind, Stage: Stage[ResetStage]{stage}}
}

// NewResetRequest asks, on behalf of nobody that we know, for a new password.
func NewResetRequest(of *Account) *Reset {
	r := newReset(of, ResetPassword, ResetRequested)
	r.record("reset.requested", "")
	return r
}

// NewPasswordReset issues a token with which the account's password can be set.
func NewPasswordReset(by Actor, of *Account, tokenHash string, now time.Time) (*Reset, error) {
	r := newReset(of, ResetPassword, ResetRequested)
	return r, r.Issue(by, tokenHash, now)
}

// NewFactorReset begins to take an account's second factors away. Where the role
// needs one, a second person must confirm it; elsewhere, and where the server's
// operator does it, it is done.
func NewFactorReset(by Actor, of *Account) (*Reset, error) {
	if of.ID == by.Account {
		return nil, Refuse(Forbidden, "somebody else resets your second factor")
	}
	r := newReset(of, ResetSecondFactor, ResetProposed)
	r.ProposedBy = by.Account
	r.record("reset.proposed", "")
	if of.Role.NeedsFactor() && by.Role != System {
		return r, nil
	}
	return r, r.confirm(of)
}

// Issue gives a requested reset its token.
func (r *Reset) Issue(by Actor, tokenHash string, now time.Time) error {
	if err := resetLife.take(&r.Stage, IssueReset); err != nil {
		return err
	}
	until := now.Add(ResetLife)
	r.TokenHash, r.ExpiresAt, r.ProposedBy = tokenHash, &until, by.Account
	r.record("reset.issued", "")
	return nil
}

// Use uses the token up. Whoever issued it could take over an account to whose
// role nobody alone admits, if no second factor stands in the way: then only the
// server's operator lets its holder in.
func (r *Reset) Use(factored bool, now time.Time) error {
	if r.Role.ByTwo() && !factored {
		return Refuse(Conflict, "the account has no second factor; the server's operator sets its password")
	}
	if r.ExpiresAt != nil && !now.Before(*r.ExpiresAt) {
		return Refuse(Conflict, "the token has run out; ask for a new one")
	}
	if err := resetLife.take(&r.Stage, UseReset); err != nil {
		return err
	}
	r.record("reset.used", "")
	return nil
}

// Confirm is the second person's word. It is neither who proposed the reset nor
// whose account it is.
func (r *Reset) Confirm(by Actor, of *Account) error {
	if slices.Contains([]AccountID{r.ProposedBy, r.Account}, by.Account) {
		return Refuse(Forbidden, "a second person confirms: not who proposed it, nor whose account it is")
	}
	return r.confirm(of)
}

func (r *Reset) confirm(of *Account) error {
	if of.ShortPassword {
		return Refuse(Conflict, "the account's password is good only beside a second factor; reset the password first")
	}
	if err := resetLife.take(&r.Stage, ConfirmReset); err != nil {
		return err
	}
	r.record("reset.confirmed", "")
	return nil
}

// Withdraw makes the reset useless.
func (r *Reset) Withdraw() error {
	if err := resetLife.take(&r.Stage, WithdrawReset); err != nil {
		return err
	}
	r.record("reset.withdrawn", "")
	return nil
}

// Next lists what the reset's stage allows.
func (r *Reset) Next() []Action {
	return slices.DeleteFunc(resetLife.next(r.Stage), func(a Action) bool { return a == UseReset })
}
