package domain

import (
	"slices"
	"time"
)

// IdentityID names an identity.
type IdentityID = ID[Identity]

// Identity is somebody at an OpenID provider, the issuer, who signs in to an
// account. It is linked by who holds both, never found by an e-mail address, and
// never an advisor's: an issuer would know that this person comes here.
type Identity struct {
	Record[Identity]
	Account AccountID
	// Issuer is the provider's address.
	Issuer string
	// Subject is whom the issuer means, as a keyed hash.
	Subject string
}

// ErrNotThisAccount says no more, since the claims are the caller's own to read.
var ErrNotThisAccount = (Faults{{Pointer: "/id_token", Code: "invalid", Detail: "is no token by which this account can be signed in; begin again at the issuer"}}).Err()

// NewIdentity links whom an issuer means to an account, if what the issuer says
// of that person allows the account's role. It never gives a role.
func NewIdentity(of *Account, issuer, subject string, allowed []Role) (*Identity, error) {
	i := &Identity{Account: of.ID, Issuer: issuer, Subject: subject}
	if !i.Admits(of, allowed) {
		return nil, ErrNotThisAccount
	}
	i.record("identity.linked", "")
	return i, nil
}

// Linkable reports whether an issuer may stand for accounts of the role at all.
func (r Role) Linkable() bool {
	return slices.Contains([]Role{Admin, Staff, Liaison, Custodian, Auditor, PartnerAdmin, Partner}, r)
}

// Admits reports whether the identity signs in to its account as the account and
// the issuer's word are now.
func (i *Identity) Admits(a *Account, allowed []Role) bool {
	return i.Account == a.ID && a.Stage.Is(AccountActive) && a.Role.Linkable() && slices.Contains(allowed, a.Role)
}

// Unlink records that it signs nobody in any more.
func (i *Identity) Unlink(why string) error {
	i.record("identity.unlinked", why)
	return nil
}

// Next lists what may be done with an identity.
func (i *Identity) Next() []Action { return []Action{UnlinkIdentity} }

// beside is how a session was begun by an issuer's token and what was asked for
// beside it.
var beside = map[SignInMethod]SignInMethod{ByPassword: ByIssuer, ByTOTP: ByIssuerTOTP, ByRecoveryCode: ByIssuerRecoveryCode}

// NewIssuerSession starts a session of the account by an issuer's token: with the
// issuer's second factor, or else with what how says was asked for here. Its
// holder proved who it is at the time that the issuer tells, if it tells one, and
// not just now: the issuer may have known it from this morning.
func NewIssuerSession(a *Account, how SignInMethod, proved, now time.Time) (*Session, error) {
	if at, ok := beside[how]; ok {
		how = at
	}
	s, err := NewSession(a, how, now)
	if err != nil {
		return nil, err
	}
	s.ProvedAt = nil
	if proved.After(now) {
		proved = now // by a clock that is ahead
	}
	if !proved.IsZero() {
		s.ProvedAt = &proved
	}
	return s, nil
}
