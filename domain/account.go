package domain

import (
	"slices"
	"strings"
	"time"
)

// AccountID names an account.
type AccountID = ID[Account]

// AccountStage is where an account is in its life.
type AccountStage string

// An account works or is suspended; it is never deleted, so that what it did
// stays attributed.
const (
	AccountActive    AccountStage = "active"
	AccountSuspended AccountStage = "suspended"
)

var accountLife = lifeCycle[AccountStage]{
	SuspendAccount: {[]AccountStage{AccountActive}, AccountSuspended},
	RestoreAccount: {[]AccountStage{AccountSuspended}, AccountActive},
}

// Account is someone who signs in. It has one role. A partner's account belongs
// to one organization, an advisor's speaks for one advisor.
type Account struct {
	Record[Account]
	// Login is what is typed to sign in: an e-mail address or a chosen name,
	// folded to lower case, unique. Advisors need no e-mail address.
	Login string
	// Name is what colleagues see.
	Name         string
	Role         Role
	Organization OrganizationID
	Advisor      AdvisorID
	Office       string
	// BroughtBy invited it to its role, or proposed that; empty is the server or
	// its operator. BroughtAt is when.
	BroughtBy AccountID
	BroughtAt *time.Time
	Password  string
	// ShortPassword is a password that is good only beside a second factor.
	ShortPassword bool
	Stage         Stage[AccountStage]
	// StageReason is why it is suspended, SuspendedBy the role of who did it.
	StageReason string
	SuspendedBy Role
}

// AccountDraft is what an account is made from.
type AccountDraft struct {
	Login, Name  string
	Role         Role
	Organization OrganizationID
	Advisor      AdvisorID
	Office       string
	// Password is the encoded hash, never the password.
	Password string
}

// NewAccount makes an active account. A partner must have an organization and an
// advisor's account an advisor; nobody else may have either.
func NewAccount(d AccountDraft) (*Account, error) {
	var f Faults
	login := FoldLogin(d.Login)
	if login == "" || strings.ContainsAny(login, " \t\r\n") {
		f.Add("/login", "invalid", "a sign-in name has no spaces and is not empty")
	}
	checkPost(&f, d.Role, d.Organization, d.Advisor)
	if err := f.Err(); err != nil {
		return nil, err
	}
	a := &Account{
		Login: login, Name: strings.TrimSpace(d.Name), Role: d.Role, Organization: d.Organization,
		Advisor: d.Advisor, Office: strings.TrimSpace(d.Office), Password: d.Password,
		Stage: Stage[AccountStage]{AccountActive},
	}
	a.record("account.created", string(d.Role))
	return a, nil
}

// FoldLogin brings a sign-in name to the form in which it is stored and compared.
func FoldLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// checkPost finds a role without what it needs, or with what it may not have.
func checkPost(f *Faults, role Role, org OrganizationID, advisor AdvisorID) {
	if !slices.Contains(Roles(), role) || role == Anyone || role == Service {
		f.Add("/role", "unknown_value", "must be a role that a person can have")
	}
	if partner := role == Partner || role == PartnerAdmin; partner != (org != "") {
		f.Add("/organization_id", "invalid", "is for partner and partner_admin, and they need it")
	}
	if (role == Advising) != (advisor != "") {
		f.Add("/advisor_id", "invalid", "is for advisor, and an advisor's account needs it")
	}
}

// Actor is this account as one who asks. Where its organization's file stands is
// not the account's to say.
func (a *Account) Actor() Actor {
	return Actor{Account: a.ID, Role: a.Role, Organization: a.Organization, Advisor: a.Advisor, Office: a.Office}
}

// Rename changes what colleagues see.
func (a *Account) Rename(name string) error {
	if name = strings.TrimSpace(name); name == "" {
		return (Faults{{Pointer: "/name", Code: "required", Detail: "a name is not empty"}}).Err()
	}
	a.Name = name
	a.record("account.edited", "")
	return nil
}

// Edit changes what colleagues see, and the office in which clearances are
// decided; that is an admin's to give.
func (a *Account) Edit(by Actor, name, office string) error {
	if office = strings.TrimSpace(office); office != a.Office {
		if !by.Writes(AccountOffice, a.Relation) {
			return Refuse(Forbidden, "an office is an admin's to give")
		}
		if !slices.Contains(officeRoles, a.Role) {
			return (Faults{{Pointer: "/office", Code: "invalid", Detail: "is for somebody of the office"}}).Err()
		}
		a.Office = office
		a.record("account.office_changed", "")
	}
	return a.Rename(name)
}

// Rehash keeps a stronger hash of the same password.
func (a *Account) Rehash(encoded string) {
	a.Password = encoded
	a.record("account.password_rehashed", "")
}

// SetPassword keeps the hash of a new password; short is one that is good only
// beside a second factor.
func (a *Account) SetPassword(encoded string, short bool) {
	a.Password, a.ShortPassword = encoded, short
	a.record("account.password_changed", "")
}

// Recover records that recovery codes were made, or one of them used.
func (a *Account) Recover(event string) {
	a.record("recovery_codes."+event, "")
}

// Suspend stops an account from signing in and ends what it has open.
func (a *Account) Suspend(by Actor, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := accountLife.take(&a.Stage, SuspendAccount); err != nil {
		return err
	}
	a.StageReason, a.SuspendedBy = reason, by.Role
	a.record("account.suspended", "")
	return nil
}

// Restore lets a suspended account sign in again. A partner's admin restores whom
// a partner's admin suspended, and nobody else.
func (a *Account) Restore(by Actor) error {
	if a.Stage.Is(AccountSuspended) && !a.restorableBy(by) {
		return Refuse(Forbidden, "the office suspended this account; ask an admin of the office")
	}
	if err := accountLife.take(&a.Stage, RestoreAccount); err != nil {
		return err
	}
	a.StageReason, a.SuspendedBy = "", ""
	a.record("account.restored", "")
	return nil
}

func (a *Account) restorableBy(by Actor) bool {
	return by.Role != PartnerAdmin || a.SuspendedBy == PartnerAdmin
}

// Next lists what the account's stage allows.
func (a *Account) Next(by Actor) []Action {
	next := append(accountLife.next(a.Stage), EditAccount)
	if a.restorableBy(by) {
		return next
	}
	return slices.DeleteFunc(next, func(act Action) bool { return act == RestoreAccount })
}

func reasonRequired() error {
	return (Faults{{Pointer: "/reason", Code: "required", Detail: "say why, in a sentence"}}).Err()
}

// Session is one sign-in and all that was refreshed from it.
type Session struct {
	Record[Session]
	Account AccountID
	// Generation counts refreshes. Only a token of the current generation is
	// good; an older one shows that a token was copied, and ends the session.
	Generation int
	ExpiresAt  time.Time
	EndedAt    *time.Time
	EndReason  string
	// Method is how it was begun.
	Method SignInMethod
	// ProvedAt is when its holder last proved who it is.
	ProvedAt *time.Time
}

// SignInMethod is how a session was begun.
type SignInMethod string

// The ways to sign in.
const (
	ByPassword     SignInMethod = "password"
	ByTOTP         SignInMethod = "password_totp"
	ByRecoveryCode SignInMethod = "password_recovery_code"
	ByPasskey      SignInMethod = "passkey"

	// By an issuer's token: alone, with the issuer's second factor, or with the
	// account's own.
	ByIssuer             SignInMethod = "issuer"
	ByIssuerFactor       SignInMethod = "issuer_second_factor"
	ByIssuerTOTP         SignInMethod = "issuer_totp"
	ByIssuerRecoveryCode SignInMethod = "issuer_recovery_code"
)

// SessionLife is how long a session lasts without signing in again.
const SessionLife = 12 * time.Hour

// SessionIdle is for how long a session stands by without being refreshed; more
// isn't to pass for somebody who signs in with two factors (NIST SP 800-63B-4,
// 2.2.3).
const SessionIdle = time.Hour

// NewSession starts a session of the account.
func NewSession(a *Account, how SignInMethod, now time.Time) (*Session, error) {
	if !a.Stage.Is(AccountActive) {
		return nil, Refuse(Unauthenticated, "the sign-in name or the password is wrong")
	}
	s := &Session{Account: a.ID, Generation: 1, ExpiresAt: now.Add(SessionLife), Method: how, ProvedAt: &now}
	s.record("session.started", string(how))
	return s, nil
}

// Live reports whether the session still stands, used or not.
func (s *Session) Live(now time.Time) bool { return s.EndedAt == nil && now.Before(s.ExpiresAt) }

// Refresh moves the session to its next generation. A token of an earlier one
// ends the session: someone has a copy. reused tells which of the two it was.
func (s *Session) Refresh(generation int, now time.Time) (reused bool, err error) {
	if !s.Live(now) || now.Sub(s.UpdatedAt) > SessionIdle {
		return false, Refuse(Unauthenticated, "the session has ended; sign in again")
	}
	if generation != s.Generation {
		return true, s.End("refresh token reused", now)
	}
	s.Generation++
	s.record("session.refreshed", "")
	return false, nil
}

// End ends the session. One that has ended is Unauthenticated.
func (s *Session) End(reason string, now time.Time) error {
	if s.EndedAt != nil {
		return Refuse(Unauthenticated, "the session has ended; sign in again")
	}
	s.EndedAt, s.EndReason = &now, reason
	s.record("session.ended", reason)
	return nil
}

// InvitationID names an invitation.
type InvitationID = ID[Invitation]

// InvitationStage is where an invitation is in its life.
type InvitationStage string

// An invitation is used once, or revoked, or runs out.
const (
	InvitationPending  InvitationStage = "pending"
	InvitationAccepted InvitationStage = "accepted"
	InvitationRevoked  InvitationStage = "revoked"
)

var invitationLife = lifeCycle[InvitationStage]{
	AcceptInvite: {[]InvitationStage{InvitationPending}, InvitationAccepted},
	RevokeInvite: {[]InvitationStage{InvitationPending}, InvitationRevoked},
}

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// Invitation lets one person make one account of a given role. The first one is
// made by the server itself, for its first admin.
type Invitation struct {
	Record[Invitation]
	// TokenHash finds the invitation by its token; the token itself is shown
	// once and not kept.
	TokenHash string
	// Awaits says that a second person has not approved it yet: till then the
	// token is good for nothing.
	Awaits       bool
	Role         Role
	Organization OrganizationID
	Advisor      AdvisorID
	Office       string
	InvitedBy    AccountID
	ExpiresAt    time.Time
	Account      AccountID
	// TakenNames is how many names were chosen that somebody signs in with.
	TakenNames int
	Stage      Stage[InvitationStage]
}

// InvitationDraft is what an invitation is made from.
type InvitationDraft struct {
	Role         Role
	Organization OrganizationID
	Advisor      AdvisorID
	Office       string
	// ByTwo says that it takes two, whatever the role and whoever invites.
	ByTwo bool
}

// NewInvitation invites someone to a role. An admin may invite to any role, a
// partner's admin to the own organization, a liaison an advisor. To a role that
// is given by two, and from the office to any that speaks for a partner, it is good
// for nothing until a second person approves.
func NewInvitation(by Actor, d InvitationDraft, tokenHash string, now time.Time) (*Invitation, error) {
	var f Faults
	checkPost(&f, d.Role, d.Organization, d.Advisor)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if !mayInvite(by, d) {
		return nil, Refuse(Forbidden, "%s may not invite to this role", by.Role)
	}
	byTwo := d.ByTwo || d.Role.ByTwo() && by.Role != System || d.Organization != "" && by.Role == Admin
	i := &Invitation{
		TokenHash: tokenHash, Awaits: byTwo, Role: d.Role, Organization: d.Organization, Advisor: d.Advisor, Office: d.Office,
		InvitedBy: by.Account, ExpiresAt: now.Add(InvitationLife), Stage: Stage[InvitationStage]{InvitationPending},
	}
	i.record("invitation.created", string(d.Role))
	return i, nil
}

// mayInvite keeps an admin from reaching advisors: those are invited by a
// liaison, who knows them.
func mayInvite(by Actor, d InvitationDraft) bool {
	switch by.Role {
	case Admin, System:
		return d.Role != Advising
	case Liaison:
		return d.Role == Advising
	case PartnerAdmin:
		return d.Organization == by.Organization && (d.Role == Partner || d.Role == PartnerAdmin)
	}
	return false
}

// First reports whether the server itself made the invitation, for its first
// admin. It is good only while nobody has an account.
func (i *Invitation) First() bool { return i.InvitedBy == "" && i.Role == Admin }

// Accept uses the invitation up and makes the account. An advisor signs in with
// a chosen name, everyone else with an e-mail address: so nobody who tries which
// names are taken can come upon an advisor's.
func (i *Invitation) Accept(login, name, password string, now time.Time) (*Account, error) {
	if !now.Before(i.ExpiresAt) {
		return nil, Refuse(Conflict, "the invitation has run out; ask for a new one")
	}
	if err := invitationLife.take(&i.Stage, AcceptInvite); err != nil {
		return nil, err
	}
	if i.Awaits {
		return nil, Refuse(Conflict, "a second person has not approved the invitation yet")
	}
	if strings.Contains(login, "@") == (i.Role == Advising) {
		want := "is an e-mail address"
		if i.Role == Advising {
			want = "is a name of your choice, without an @; take none that tells who you are"
		}
		return nil, (Faults{{Pointer: "/login", Code: "invalid", Detail: want}}).Err()
	}
	a, err := NewAccount(AccountDraft{login, name, i.Role, i.Organization, i.Advisor, i.Office, password})
	if err != nil {
		return nil, err
	}
	a.BroughtBy, a.BroughtAt = i.InvitedBy, &now
	i.record("invitation.accepted", "")
	return a, nil
}

// maxTakenNames is how many names may be chosen that somebody signs in with.
const maxTakenNames = 5

// Taken counts a name that somebody signs in with already. The fifth revokes the
// invitation: it is for one account, and no way to find out who has one.
func (i *Invitation) Taken() error {
	if i.TakenNames++; i.TakenNames == maxTakenNames {
		return i.Revoke()
	}
	i.record("invitation.name_taken", "")
	return nil
}

// Approve makes an invitation good to which it takes two. by is the second
// person, nil for the operator of the machine, and inviter who invited, nil for none.
func (i *Invitation) Approve(by, inviter *Account, now time.Time) error {
	if !i.Awaits || !i.Stage.Is(InvitationPending) {
		return Refuse(Conflict, "the invitation waits for nobody; this is %s", i.Stage)
	}
	if err := second(by, inviter, orOperator, now); err != nil {
		return err
	}
	i.Awaits = false
	i.record("invitation.approved", string(i.Role))
	return nil
}

// Revoke makes a pending invitation useless.
func (i *Invitation) Revoke() error {
	if err := invitationLife.take(&i.Stage, RevokeInvite); err != nil {
		return err
	}
	i.record("invitation.revoked", "")
	return nil
}

// Replace makes an invitation useless of which another takes the place. One that
// was accepted has none. What takes the place of one that is good, to the same role,
// needs nobody's approval anew and lasts no longer; one that was revoked was somebody's
// decision, so what takes its place waits for a second person whatever it is.
func (i *Invitation) Replace(with *Invitation, now time.Time) error {
	if i.Stage.Is(InvitationAccepted) {
		return Refuse(Conflict, "the invitation was accepted; sign in")
	}
	if i.Stage.Is(InvitationRevoked) {
		with.Awaits = true
		i.record("invitation.replaced", "")
		return nil
	}
	if !i.Awaits && i.Role == with.Role && i.Organization == with.Organization && now.Before(i.ExpiresAt) {
		with.Awaits, with.ExpiresAt = false, i.ExpiresAt
	} else {
		with.Awaits = with.Awaits || i.Awaits // which may be because one before it was revoked
	}
	return i.Revoke()
}

// Next lists what the invitation's stage allows.
func (i *Invitation) Next(by Actor) []Action {
	next := slices.DeleteFunc(invitationLife.next(i.Stage), func(a Action) bool { return a == AcceptInvite })
	if i.Awaits && i.Stage.Is(InvitationPending) && by.Account != i.InvitedBy {
		next = append(next, ApproveInvite)
	}
	return next
}
