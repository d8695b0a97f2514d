package domain

import (
	"slices"
	"strings"
	"time"
)

// FactorID names a second factor.
type FactorID = ID[Factor]

// FactorKind is what a second factor is.
type FactorKind string

// An e-mail address is no factor (ASVS 5.0, 6.3.6), nor is a telephone.
const (
	FactorTOTP    FactorKind = "totp"    // an authenticator app
	FactorPasskey FactorKind = "passkey" // WebAuthn with user verification: two factors in one
)

// FactorStage is where a factor is in its life.
type FactorStage string

// An authenticator app counts from its first code on; a passkey at once.
const (
	FactorPending FactorStage = "pending"
	FactorActive  FactorStage = "active"
)

var factorLife = lifeCycle[FactorStage]{
	ConfirmFactor: {[]FactorStage{FactorPending}, FactorActive},
}

// Factor is one thing beside the password by which an account's holder is known.
type Factor struct {
	Record[Factor]
	Account AccountID
	Kind    FactorKind
	// Label is what its holder calls it.
	Label string
	// Credential finds a passkey: the id that the passkey gives itself.
	Credential string
	// Secret is what its codes are made from, or a passkey's public half with what
	// is known of it. It is stored sealed.
	Secret Secret `gorm:"-"`
	Sealed []byte
	// Step is the last time step of which a code was used.
	Step  int64
	Stage Stage[FactorStage]
}

// NewTOTP begins to enroll an authenticator app, which counts once it has shown a
// code.
func NewTOTP(of AccountID, secret Secret) *Factor {
	f := &Factor{Account: of, Kind: FactorTOTP, Label: "Authenticator app", Secret: secret, Stage: Stage[FactorStage]{FactorPending}}
	f.record("factor.enrolling", string(FactorTOTP))
	return f
}

// NewPasskey enrolls a passkey whose answer has been checked.
func NewPasskey(of AccountID, label, credential string, secret Secret) *Factor {
	if label = strings.TrimSpace(label); label == "" {
		label = "Passkey"
	}
	f := &Factor{Account: of, Kind: FactorPasskey, Label: label, Credential: credential, Secret: secret, Stage: Stage[FactorStage]{FactorActive}}
	f.record("factor.enrolled", string(FactorPasskey))
	return f
}

// Restart gives an authenticator app that has not shown a code another secret.
func (f *Factor) Restart(secret Secret) error {
	if !f.Stage.Is(FactorPending) {
		return Refuse(Conflict, "there is an authenticator app; remove it before you enroll another")
	}
	f.Secret = secret
	f.record("factor.enrolling", string(f.Kind))
	return nil
}

// Confirm makes the authenticator app count, by the step of its first code.
func (f *Factor) Confirm(step int64) error {
	if err := factorLife.take(&f.Stage, ConfirmFactor); err != nil {
		return err
	}
	f.Step = step
	f.record("factor.enrolled", string(f.Kind))
	return nil
}

// Use keeps that the code of a step was used.
func (f *Factor) Use(step int64) error {
	if step <= f.Step {
		return Refuse(Unauthenticated, "the code was used before; wait for the next one")
	}
	f.Step = step
	f.record("factor.used", string(f.Kind))
	return nil
}

// Answered keeps what is known of a passkey after it answered.
func (f *Factor) Answered(secret Secret) error {
	f.Secret = secret
	f.record("factor.used", string(f.Kind))
	return nil
}

// Remove records that the factor is no longer one.
func (f *Factor) Remove() error {
	f.record("factor.removed", string(f.Kind))
	return nil
}

// Next lists what may be done with a factor.
func (f *Factor) Next() []Action { return []Action{RemoveFactor} }

// NeedsFactor reports whether an account of the role can do nothing without a
// second factor: those of the office, who see what others entrust to it.
func (r Role) NeedsFactor() bool { return slices.Contains(factored, r) }

// MustEnroll reports whether a session of the role, begun so, can do nothing
// before a second factor is there; an issuer's is one while that session lasts.
func (r Role) MustEnroll(how SignInMethod, factored bool) bool {
	return r.NeedsFactor() && !factored && how != ByIssuerFactor
}

var factored = []Role{Admin, Staff, Liaison, Custodian, Auditor}

// enrolling is all that may be done without a second factor where one is needed.
var enrolling = []Action{ReadOwnAccount, ReadFactor, EnrollFactor, ConfirmFactor, ProveSession, EndSession, QuickExit, RefreshSession, SignIn}

// WhileEnrolling reports whether act may be done before a second factor is there.
func (a Action) WhileEnrolling() bool { return slices.Contains(enrolling, a) }

// LastFactor refuses to take away the last of an account's factors while
// something rests on it.
func (a *Account) LastFactor() error {
	if a.Role.NeedsFactor() {
		return Refuse(Conflict, "your role needs a second factor; enroll another before you remove this one")
	}
	if a.ShortPassword {
		return Refuse(Conflict, "a password of fewer than 15 characters needs a second factor; choose a longer one first")
	}
	return nil
}

// ProofLife is for how long a proof of who one is counts for what is sensitive
// (ASVS 5.0, 7.5.3).
const ProofLife = 5 * time.Minute

// Prove keeps that the session's holder has just proved who it is.
func (s *Session) Prove(now time.Time) error {
	s.ProvedAt = &now
	s.record("session.proved", "")
	return nil
}

// Recent refuses what is sensitive to a session whose holder has not proved
// lately who it is.
func (s *Session) Recent(now time.Time) error {
	if s.ProvedAt != nil && now.Sub(*s.ProvedAt) < ProofLife {
		return nil
	}
	return &Error{Kind: Forbidden, Detail: "prove again who you are: sign in anew, or POST /v1/me/proof and try again", Faults: Faults{
		{Code: "proof_required", Detail: "the last proof is older than five minutes"}}}
}
