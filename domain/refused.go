package domain

// Refusal is why somebody was not let in, as the code word that the trail has.
type Refusal string

// Why somebody is not let in.
const (
	RefusedPassword  Refusal = "password"  // a wrong sign-in name or password
	RefusedCode      Refusal = "code"      // the password was right, the second factor's code wrong
	RefusedPasskey   Refusal = "passkey"   // an answer of no passkey that signs in
	RefusedIssuer    Refusal = "issuer"    // an issuer's token that signs nobody in
	RefusedProof     Refusal = "proof"     // who is signed in did not prove again who it is
	RefusedSuspended Refusal = "suspended" // whatever was shown: the account is stopped
	RefusedTooOften  Refusal = "too_often" // nothing was looked at any more
)

// RefusedSignIn is what the trail may tell of a sign-in that was refused: why, and
// whose account it was, but of the office's own people alone. An advisor's account,
// a partner's and none are told alike, since who may read the trail must not
// learn that an advisor is there, and a partner's people may be survivors too.
type RefusedSignIn struct {
	// Account is empty where nobody is named.
	Account AccountID
	Reason  Refusal
}

// NewRefusedSignIn tells of a sign-in to an account, nil if there is none. A reason
// that shows that there is one goes with its name.
func NewRefusedSignIn(a *Account, why Refusal) RefusedSignIn {
	if a == nil || !a.Actor().Internal() {
		return RefusedSignIn{Reason: why}.Unnamed()
	}
	if !a.Stage.Is(AccountActive) {
		why = RefusedSuspended
	}
	return RefusedSignIn{a.ID, why}
}

// Unnamed is the same of nobody.
func (r RefusedSignIn) Unnamed() RefusedSignIn {
	switch r.Reason {
	case RefusedCode, RefusedProof, RefusedSuspended:
		r.Reason = RefusedPassword
	}
	r.Account = ""
	return r
}

// SignInRefused is the event by which the trail tells of refused sign-ins.
const SignInRefused = "session.refused"
