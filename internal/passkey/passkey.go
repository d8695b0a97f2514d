// Package passkey runs the two ceremonies of WebAuthn for one service: enrolling a
// passkey and signing in with one. It asks every authenticator to verify its user,
// so that a passkey is two factors in one, and keeps nothing between a challenge
// and its answer: its caller does, for whichever instance is answered.
package passkey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrAnswer refuses an answer that does not hold. It doesn't say why: the library's
// words quote the answer.
var ErrAnswer = errors.New("the passkey's answer does not hold; begin again")

// Service is what passkeys are bound to.
type Service struct{ rp *webauthn.WebAuthn }

// New is the service at an address. Passkeys are bound to domain, by default the
// address's host, and used from pages of the address and of origins. A browser
// takes a domain name and no IP address; New refuses the latter.
func New(address, domain string, origins ...string) (*Service, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("passkey: %q is no address of a service", address)
	}
	if domain == "" {
		domain = u.Hostname()
	}
	rp, err := webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: "Accord", RPOrigins: append(origins, u.Scheme+"://"+u.Host),
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return &Service{rp}, nil
}

// NewHandle draws what an account's passkeys call it: random, so that it tells nothing.
func NewHandle() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Holder is an account as its passkeys know it.
type Holder struct {
	// Handle is what NewHandle drew for it.
	Handle string
	// Name is shown by the device that keeps the passkey.
	Name string
	// Kept are its passkeys, each as Enrolled or SignedIn gave it.
	Kept []string
}

// Challenge is what a device is asked. Options go to the page, State is kept under
// ID until the answer comes, which Of finds.
type Challenge struct {
	ID      string
	Options map[string]any
	State   []byte
}

// Enroll asks a device for a new passkey of the holder.
func (s *Service) Enroll(h Holder) (Challenge, error) {
	u, err := h.user()
	if err != nil {
		return Challenge{}, err
	}
	options, state, err := s.rp.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, err
	}
	return challenge(options.Response, state)
}

// Enrolled checks the answer to Enroll. It returns the passkey as it is kept, and
// the id by which it is found.
func (s *Service) Enrolled(h Holder, state, answer []byte) (id, kept string, err error) {
	u, err := h.user()
	if err != nil {
		return "", "", err
	}
	session, err := stateOf(state)
	if err != nil {
		return "", "", err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return "", "", ErrAnswer
	}
	c, err := s.rp.CreateCredential(u, session, parsed)
	if err != nil {
		return "", "", ErrAnswer
	}
	kept, err = keep(c)
	return base64.RawURLEncoding.EncodeToString(c.ID), kept, err
}

// SignIn asks whichever passkey a device has for this service.
func (s *Service) SignIn() (Challenge, error) {
	options, state, err := s.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Challenge{}, err
	}
	return challenge(options.Response, state)
}

// SignedIn checks the answer to SignIn. find returns the holder of a handle. It
// returns the id of the passkey that answered and how it is kept from now on; one
// whose counter went back has a copy, and is refused.
func (s *Service) SignedIn(find func(handle string) (Holder, error), state, answer []byte) (id, kept string, err error) {
	session, err := stateOf(state)
	if err != nil {
		return "", "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return "", "", ErrAnswer
	}
	var failed error
	_, c, err := s.rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		h, err := find(base64.RawURLEncoding.EncodeToString(handle))
		failed = err
		if err != nil {
			return nil, err
		}
		return h.user()
	}, session, parsed)
	switch {
	case failed != nil:
		return "", "", failed
	case err != nil, c.Authenticator.CloneWarning:
		return "", "", ErrAnswer
	}
	kept, err = keep(c)
	return base64.RawURLEncoding.EncodeToString(c.ID), kept, err
}

// Of is the ID of the challenge that an answer says it answers.
func Of(answer []byte) (string, error) {
	var a struct {
		Response struct {
			ClientDataJSON protocol.URLEncodedBase64 `json:"clientDataJSON"`
		} `json:"response"`
	}
	var said struct {
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(answer, &a) != nil || json.Unmarshal(a.Response.ClientDataJSON, &said) != nil || said.Challenge == "" {
		return "", ErrAnswer
	}
	return idOf(said.Challenge), nil
}

func idOf(challenge string) string {
	sum := sha256.Sum256([]byte(challenge))
	return hex.EncodeToString(sum[:])
}

func challenge(options any, state *webauthn.SessionData) (Challenge, error) {
	kept, err := json.Marshal(state)
	if err != nil {
		return Challenge{}, err
	}
	raw, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, err
	}
	out := Challenge{ID: idOf(state.Challenge), State: kept}
	return out, json.Unmarshal(raw, &out.Options)
}

func stateOf(kept []byte) (s webauthn.SessionData, err error) {
	err = json.Unmarshal(kept, &s)
	return s, err
}

func keep(c *webauthn.Credential) (string, error) {
	b, err := json.Marshal(c)
	return string(b), err
}

// user is a holder as the library asks for it.
type user struct {
	Holder
	id          []byte
	credentials []webauthn.Credential
}

func (h Holder) user() (*user, error) {
	id, err := base64.RawURLEncoding.DecodeString(h.Handle)
	if err != nil {
		return nil, err
	}
	u := &user{Holder: h, id: id}
	for _, kept := range h.Kept {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(kept), &c); err != nil {
			return nil, err
		}
		u.credentials = append(u.credentials, c)
	}
	return u, nil
}

func (u *user) WebAuthnID() []byte                         { return u.id }
func (u *user) WebAuthnName() string                       { return u.Name }
func (u *user) WebAuthnDisplayName() string                { return u.Name }
func (u *user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }
