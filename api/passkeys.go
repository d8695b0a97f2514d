package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/passkey"
	"accord/openapi"
	"accord/repository"
)

// passkeys is what the passkeys of a server are bound to; nothing where that is an
// IP address, and none was named.
func passkeys(address string, o Options) (*passkey.Service, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(u.Hostname()); o.PasskeyDomain == "" && (err == nil || u.Host == "") {
		return nil, nil
	}
	return passkey.New(address, o.PasskeyDomain, o.Origins...)
}

// errNoPasskeys is said where the server's address is none that a browser binds a
// passkey to.
var errNoPasskeys = domain.Refuse(domain.Conflict, "passkeys need a domain name; this server is reached by an IP address")

// keysOf is an account as its passkeys know it, with those that it has.
func keysOf(c echo.Context, system *repository.Session, a *domain.Account) (passkey.Holder, []*domain.Factor, error) {
	handle, err := system.PasskeyHandle(ctx(c), a.ID, passkey.NewHandle())
	if err != nil {
		return passkey.Holder{}, nil, err
	}
	all, err := system.Factors.Of(ctx(c), a.ID)
	h := passkey.Holder{Handle: handle, Name: a.Login}
	var keys []*domain.Factor
	for _, f := range all {
		if f.Kind == domain.FactorPasskey {
			keys, h.Kept = append(keys, f), append(h.Kept, f.Secret.Reveal())
		}
	}
	return h, keys, err
}

// BeginPasskey asks the caller's device for a new passkey.
func (s *Server) BeginPasskey(c echo.Context) error {
	if s.passkeys == nil {
		return errNoPasskeys
	}
	var a *domain.Account
	err := s.recently(c, func(_ *repository.Session, held *domain.Account) error { a = held; return nil })
	if err != nil {
		return err
	}
	h, _, err := keysOf(c, s.system(c), a)
	if err != nil {
		return err
	}
	return s.challenge(c, string(a.ID), func() (passkey.Challenge, error) { return s.passkeys.Enroll(h) })
}

// challengeLife is how long a passkey's challenge can be answered.
const challengeLife = 5 * time.Minute

// challenge keeps what was asked of a device, and for whom, until it answers.
func (s *Server) challenge(c echo.Context, of string, ask func() (passkey.Challenge, error)) error {
	asked, err := ask()
	if err != nil {
		return err
	}
	state, err := json.Marshal(ceremony{of, asked.State})
	if err != nil {
		return err
	}
	if err := s.system(c).KeepCeremony(ctx(c), asked.ID, state, challengeLife); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, openapi.PasskeyOptions{PublicKey: asked.Options})
}

// ceremony is what is kept of a challenge: whose enrollment it is, or nobody's
// where it is a sign-in.
type ceremony struct {
	Of    string
	State json.RawMessage
}

// answered takes up the challenge that an answer names, which is good once and for
// the one who was asked.
func (s *Server) answered(c echo.Context, of string, credential map[string]any) (answer, state []byte, err error) {
	if answer, err = json.Marshal(credential); err != nil {
		return nil, nil, err
	}
	id, err := passkey.Of(answer)
	if err != nil {
		return nil, nil, badAnswer(err)
	}
	kept, err := s.system(c).TakeCeremony(ctx(c), id)
	if err != nil {
		return nil, nil, err
	}
	var asked ceremony
	if err := json.Unmarshal(kept, &asked); err != nil {
		return nil, nil, err
	}
	if asked.Of != of {
		return nil, nil, badAnswer(passkey.ErrAnswer)
	}
	return answer, asked.State, nil
}

// badAnswer words a passkey's wrong answer as a fault of the body.
func badAnswer(err error) error {
	if !errors.Is(err, passkey.ErrAnswer) {
		return err
	}
	return (domain.Faults{{Pointer: "/credential", Code: "invalid", Detail: err.Error()}}).Err()
}

// EnrollPasskey keeps a new passkey of the caller.
func (s *Server) EnrollPasskey(c echo.Context) error {
	in, err := bind[openapi.PasskeyEnrollment](c)
	if err != nil {
		return err
	}
	if s.passkeys == nil {
		return errNoPasskeys
	}
	answer, state, err := s.answered(c, string(actor(c).Account), in.Credential)
	if err != nil {
		return err
	}
	var out openapi.Enrolled
	err = s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		h, _, err := keysOf(c, asServer(tx), a)
		if err != nil {
			return err
		}
		id, kept, err := s.passkeys.Enrolled(h, state, answer)
		if err != nil {
			return badAnswer(err)
		}
		f := domain.NewPasskey(a.ID, in.Label, id, domain.NewSecret(kept))
		if err := tx.Factors.Create(ctx(c), domain.EnrollFactor, f); err != nil {
			return err
		}
		out, err = enrolled(c, tx, a, f)
		return err
	})
	if err != nil {
		return err
	}
	s.auth.forget()
	return c.JSON(http.StatusCreated, out)
}

// challenges is how often a place may ask for a passkey's challenge.
var challenges = repository.Rate{Limit: 300, Window: triesOfPlace.Window}

// BeginPasskeySignIn asks whichever passkey the device has for this service.
func (s *Server) BeginPasskeySignIn(c echo.Context) error {
	if s.passkeys == nil {
		return errNoPasskeys
	}
	if err := s.spend(c, "challenge of place", s.clientNetwork(c), challenges); err != nil {
		return err
	}
	return s.challenge(c, "", s.passkeys.SignIn)
}

var wrongPasskey = domain.Refuse(domain.Unauthenticated, "this passkey signs nobody in here")

// SignInWithPasskey starts a session by a passkey's answer alone: it is something
// that one has, and its device has verified its user.
func (s *Server) SignInWithPasskey(c echo.Context) error {
	in, err := bind[openapi.PasskeySignIn](c)
	if err != nil {
		return err
	}
	if s.passkeys == nil {
		return errNoPasskeys
	}
	answer, state, err := s.answered(c, "", in.Credential)
	if err != nil {
		return err
	}
	a, key, kept, err := s.passkeyHolder(c, state, answer)
	if err != nil {
		return s.turnedAway(c, a, err)
	}
	known := false
	if in.DeviceToken != "" {
		if known, err = s.system(c).KnowsDevice(ctx(c), a.Login, hashToken(in.DeviceToken)); err != nil {
			return err
		}
	}
	err = s.begin(c, a, known, func(tx *repository.Session, now *domain.Account) (*domain.Session, error) {
		if !now.Stage.Is(domain.AccountActive) {
			return nil, wrongPasskey
		}
		_, err := tx.Factors.Update(ctx(c), domain.ConfirmFactor, key, nil, func(_ *repository.Session, f *domain.Factor) error {
			return f.Answered(domain.NewSecret(kept))
		})
		if errors.Is(err, domain.NotFound) {
			return nil, wrongPasskey // it was removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		return domain.NewSession(now, domain.ByPasskey, tx.Now())
	})
	return s.turnedAway(c, a, err)
}

// passkeyHolder is the account whose passkey answered, with the passkey and what is
// kept of it from now on. Beside a refusal it is the account that was tried.
func (s *Server) passkeyHolder(c echo.Context, state, answer []byte) (a *domain.Account, key domain.FactorID, kept string, err error) {
	var keys []*domain.Factor
	id, kept, err := s.passkeys.SignedIn(func(handle string) (h passkey.Holder, err error) {
		of, err := s.system(c).PasskeyAccount(ctx(c), handle)
		if err != nil && !errors.Is(err, domain.NotFound) {
			return h, err
		}
		// Nobody's account is asked for as somebody's is, so that no clock tells.
		if a, err = s.system(c).Accounts.Get(ctx(c), of); err != nil {
			return h, err
		}
		if !a.Stage.Is(domain.AccountActive) {
			return h, wrongPasskey
		}
		h, keys, err = keysOf(c, s.system(c), a)
		return h, err
	}, state, answer)
	if errors.Is(err, domain.NotFound) || errors.Is(err, passkey.ErrAnswer) {
		return a, "", "", wrongPasskey
	}
	for _, f := range keys {
		if f.Credential == id {
			key = f.ID
		}
	}
	return a, key, kept, err
}
