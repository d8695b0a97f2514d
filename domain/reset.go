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
// factor's is confirmed. What takes a second person is proposed until that one
// confirms it, whichever was lost.
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

// issuedByTwo is how a token becomes good to which it takes two.
var issuedByTwo = lifeCycle[ResetStage]{
	IssueReset:   {[]ResetStage{ResetRequested}, ResetProposed},
	ConfirmReset: {[]ResetStage{ResetProposed}, ResetIssued},
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

// byTwo says that who resets an account could come by what nobody alone is admitted
// to: a voice for a partner, what an advisor's account shows of an identity, and, past
// a second factor, any account of the office. The operator could have it anyway, and a
// partner's own admin admits its people.
func (r *Reset) byTwo(by Actor) bool {
	switch {
	case by.Role == System:
		return false
	case r.Organization != "":
		return by.Organization != r.Organization
	case r.Role == Advising:
		return true
	}
	return r.Kind == ResetSecondFactor && r.Role.NeedsFactor()
}

// NewFactorReset begins to take an account's second factors away; unless it takes a
// second person, it is done.
func NewFactorReset(by Actor, of *Account) (*Reset, error) {
	if of.ID == by.Account {
		return nil, Refuse(Forbidden, "somebody else resets your second factor")
	}
	r := newReset(of, ResetSecondFactor, ResetProposed)
	r.ProposedBy = by.Account
	r.record("reset.proposed", "")
	if r.byTwo(by) {
		return r, nil
	}
	return r, r.confirm(of)
}

// Issue gives a requested reset its token, which is good at once or when a second
// person has confirmed it.
func (r *Reset) Issue(by Actor, tokenHash string, now time.Time) error {
	life := resetLife
	if r.byTwo(by) {
		life = issuedByTwo
	}
	if err := life.take(&r.Stage, IssueReset); err != nil {
		return err
	}
	r.TokenHash, r.ProposedBy = tokenHash, by.Account
	if r.Stage.Is(ResetProposed) {
		r.record("reset.proposed", "")
		return nil
	}
	r.good(now)
	r.record("reset.issued", "")
	return nil
}

// good lets the token run from now.
func (r *Reset) good(now time.Time) {
	until := now.Add(ResetLife)
	r.ExpiresAt = &until
}

// Use uses the token up. Whoever issued it could take over an account of the office
// and be a second person to themselves, if no second factor stands in the way: then
// only the server's operator lets its holder in. The role is that of now.
func (r *Reset) Use(of *Account, factored bool, now time.Time) error {
	if of.Role.NeedsFactor() && !factored {
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

// Confirm is the second person's word; whose account it is can't give it.
func (r *Reset) Confirm(by, proposer, of *Account, now time.Time) error {
	if by.ID == of.ID {
		return Refuse(Forbidden, "a second person confirms, not whose account it is")
	}
	if err := second(by, proposer, orOperatorReset, now); err != nil {
		return err
	}
	if r.Kind == ResetSecondFactor {
		return r.confirm(of)
	}
	if err := issuedByTwo.take(&r.Stage, ConfirmReset); err != nil {
		return err
	}
	r.good(now)
	r.record("reset.confirmed", "")
	return nil
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
func (r *Reset) Next(by Actor) []Action {
	next := slices.DeleteFunc(resetLife.next(r.Stage), func(a Action) bool { return a == UseReset })
	return unless(by.Account == r.ProposedBy || by.Account == r.Account, next, ConfirmReset)
}
