package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/oidc"
	"accord/openapi"
	"accord/repository"
)

// AskIssuers has every issuer asked for its endpoints and keys that are no longer fresh.
func (s *Server) AskIssuers(ctx context.Context) { s.issuers.Refresh(ctx) }

// ListIssuers answers with the issuers by which people sign in, as they are known: it
// waits for none of them.
func (s *Server) ListIssuers(c echo.Context) error {
	out := openapi.IssuerList{Items: make([]openapi.Issuer, len(s.issuers))}
	for n, i := range s.issuers {
		at, known := i.Endpoints()
		out.Items[n] = openapi.Issuer{
			Name: i.Name, Label: i.Label, Issuer: i.Issuer, ClientID: i.ClientID, Scopes: orEmpty(i.Scopes), MaxAge: i.MaxAge,
			Available: known, AuthorizationEndpoint: at.Authorization, TokenEndpoint: at.Token,
		}
	}
	cacheable(c)
	return answerJSON(c, http.StatusOK, out)
}

// nonceLife is how long somebody may take to sign in at an issuer.
const nonceLife = 15 * time.Minute

// errand is what is kept of a nonce: for which issuer it is, and whose account is
// to be linked, or nobody's where somebody signs in.
type errand struct{ Issuer, Of string }

// BeginIssuerSignIn gives out a nonce for an issuer, and what it is made from.
func (s *Server) BeginIssuerSignIn(c echo.Context) error {
	in, err := bind[openapi.IssuerChoice](c)
	if err != nil {
		return err
	}
	if s.issuers.Named(in.Issuer) == nil {
		return (domain.Faults{{Pointer: "/issuer", Code: "unknown_value", Detail: "must be the name of an issuer in /v1/sessions/issuers"}}).Err()
	}
	if err := s.spend(c, "challenge of place", s.clientNetwork(c), challenges); err != nil {
		return err
	}
	verifier, nonce := NewToken()
	state, err := json.Marshal(errand{in.Issuer, string(actor(c).Account)})
	if err != nil {
		return err
	}
	if err := s.system(c).KeepCeremony(ctx(c), nonce, state, nonceLife); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, openapi.IssuerOptions{Nonce: nonce, Verifier: verifier, ExpiresIn: int(nonceLife.Seconds())})
}

// issued is what an issuer's token says, once it was verified.
type issued struct {
	from    *oidc.Issuer
	subject string // as it is kept
	claims  oidc.Claims
}

// roles are those for which the token may stand.
func (t issued) roles() []domain.Role { return named[domain.Role](t.claims.Roles) }

// wrongToken is every refusal of an issuer's token to who signs in.
var wrongToken = domain.Refuse(domain.Unauthenticated, "the issuer's token signs nobody in here, or no longer; begin again at the issuer")

// issued reads an issuer's token that was made for the verifier. Why one is
// refused is for the log.
func (s *Server) issued(c echo.Context, raw, verifier string) (issued, error) {
	from, claims, err := s.issuers.Verify(ctx(c), raw)
	if err == nil && claims.Nonce != hashToken(verifier) {
		return issued{}, s.refusedToken(c, from, "the verifier is not the nonce's")
	}
	if errors.Is(err, oidc.ErrRefused) {
		return issued{}, s.refusedToken(c, from, oidc.Reason(err))
	}
	if err != nil {
		return issued{}, err
	}
	subject, err := s.system(c).SubjectOf(from.Issuer, claims.Subject)
	return issued{from, subject, claims}, err
}

func (s *Server) refusedToken(c echo.Context, from *oidc.Issuer, why string) error {
	name := "none"
	if from != nil {
		name = from.Name
	}
	s.log.Warn("issuer's token refused", "issuer", name, "reason", why, "request_id", c.Response().Header().Get(echo.HeaderXRequestID))
	return wrongToken
}

// redeem uses the token's nonce up, which was given out for this issuer and this
// errand. So a token is good once, on whichever instance.
func (s *Server) redeem(c echo.Context, tx *repository.Session, t issued, of domain.AccountID) error {
	state, err := asServer(tx).TakeCeremony(ctx(c), t.claims.Nonce)
	if errors.Is(err, domain.Conflict) {
		return s.refusedToken(c, t.from, "the nonce is not open, or no longer")
	}
	if err != nil {
		return err
	}
	var kept errand
	if err := json.Unmarshal(state, &kept); err != nil {
		return err
	}
	if kept != (errand{t.from.Name, string(of)}) {
		return s.refusedToken(c, t.from, "the nonce is of another issuer or errand")
	}
	return nil
}

// SignInWithIssuer starts a session by an issuer's token. Only who has one that
// is good learns whether there is a second factor.
func (s *Server) SignInWithIssuer(c echo.Context) error {
	in, err := bind[openapi.IssuerSignIn](c)
	if err != nil {
		return err
	}
	if err := s.spend(c, "sign-in of place", s.clientSite(c), triesOfPlace); err != nil {
		return s.turnedAway(c, nil, err)
	}
	token, err := s.issued(c, in.IDToken, in.Verifier)
	if err != nil {
		return s.turnedAway(c, nil, err)
	}
	a, err := s.identified(c, s.system(c), token)
	if err != nil {
		return s.turnedAway(c, a, err)
	}
	known, err := s.returns(c, a, in.DeviceToken)
	if err != nil {
		return s.turnedAway(c, a, err)
	}
	byApp, err := s.takesApp(c, a, known, in.Code)
	if err != nil {
		return err
	}
	err = s.begin(c, a, known, func(tx *repository.Session, now *domain.Account) (*domain.Session, error) {
		if err := s.redeem(c, tx, token, ""); err != nil {
			return nil, err
		}
		still, err := s.identified(c, tx, token)
		if err != nil {
			return nil, err // it was unlinked meanwhile
		}
		if still.ID != now.ID {
			return nil, wrongToken
		}
		how := domain.ByIssuerFactor
		if !token.claims.SecondFactor {
			if how, err = secondFactor(c, tx, now, in.Code, byApp); err != nil {
				return nil, err // and the nonce is as it was
			}
		}
		return domain.NewIssuerSession(now, how, token.claims.AuthTime, tx.Now())
	})
	return s.turnedAway(c, a, s.guessed(c, a, err))
}

// returns reports whether an account was signed in from the device before, which
// may try so often and no more.
func (s *Server) returns(c echo.Context, a *domain.Account, device string) (known bool, err error) {
	if device == "" {
		return false, nil
	}
	known, err = s.system(c).KnowsDevice(ctx(c), a.Login, hashToken(device))
	if err != nil || !known {
		return false, err
	}
	return true, s.spend(c, "sign-in of device", hashToken(device), triesOfDevice)
}

// identified is the account that a token signs in. There being none, and one that
// the token's claims don't allow, are the same to who asks; beside a refusal that is
// the account.
func (s *Server) identified(c echo.Context, system *repository.Session, t issued) (*domain.Account, error) {
	i, err := system.Identities.Known(ctx(c), t.from.Issuer, t.subject)
	if errors.Is(err, domain.NotFound) {
		i, err = &domain.Identity{}, nil // nobody's account is asked for as somebody's is, so that no clock tells
	}
	if err != nil {
		return nil, err
	}
	a, err := system.Accounts.Get(ctx(c), i.Account)
	if errors.Is(err, domain.NotFound) {
		return nil, s.refusedToken(c, t.from, "nobody linked this identity")
	}
	if err != nil {
		return nil, err
	}
	if !i.Admits(a, t.roles()) {
		return a, s.refusedToken(c, t.from, "the account, or its role, is not let in so")
	}
	return a, nil
}

// ListIdentities answers with the identities that sign the caller in.
func (s *Server) ListIdentities(c echo.Context) error {
	all, err := s.as(c).Identities.Of(ctx(c), actor(c).Account)
	if err != nil {
		return err
	}
	out := openapi.IdentityList{Items: make([]openapi.Identity, len(all))}
	for n := range all {
		out.Items[n] = identityJSON(&all[n])
	}
	return answerJSON(c, http.StatusOK, out)
}

func identityJSON(i *domain.Identity) openapi.Identity {
	return openapi.Identity{ID: string(i.ID), Issuer: i.Issuer, LinkedOn: day(i.CreatedAt)}
}

// LinkIdentity lets an issuer's token sign the caller in from now on.
func (s *Server) LinkIdentity(c echo.Context) error {
	in, err := bind[openapi.IdentityDraft](c)
	if err != nil {
		return err
	}
	token, err := s.issued(c, in.IDToken, in.Verifier)
	if err != nil {
		return badToken(err)
	}
	var i *domain.Identity
	err = s.recently(c, func(tx *repository.Session, a *domain.Account) error {
		if err := s.redeem(c, tx, token, a.ID); err != nil {
			return badToken(err)
		}
		i, err = linked(c, tx, a, token)
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, identityJSON(i))
}

// linked keeps whom a token means as somebody who signs in to the account, which is
// told where it can see it when it is signed in.
func linked(c echo.Context, tx *repository.Session, a *domain.Account, t issued) (*domain.Identity, error) {
	i, err := domain.NewIdentity(a, t.from.Issuer, t.subject, t.roles())
	if err != nil {
		return nil, err
	}
	err = tx.Identities.Create(ctx(c), domain.LinkIdentity, i)
	if errors.Is(err, domain.Conflict) {
		return nil, domain.Refuse(domain.Conflict, "this identity is linked already, or the account has another one of this issuer")
	}
	if err != nil {
		return nil, err
	}
	return i, warn(c, tx, a.ID, domain.NoticeDraft{Event: "identity.linked", RecordKind: "identities", RecordID: string(i.ID)})
}

// badToken words a refusal of an issuer's token to one who does not sign in by it.
func badToken(err error) error {
	if errors.Is(err, domain.Unauthenticated) {
		return domain.ErrNotThisAccount
	}
	return err
}

// UnlinkIdentity takes back that an issuer's token signs the caller in.
func (s *Server) UnlinkIdentity(c echo.Context, id openapi.ID) error {
	err := s.as(c).Identities.Delete(ctx(c), domain.UnlinkIdentity, domain.IdentityID(id), nil, func(tx *repository.Session, i *domain.Identity) error {
		return errors.Join(i.Unlink("by its account"), warn(c, tx, i.Account, domain.NoticeDraft{Event: "identity.unlinked"}))
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// introduced is the word of an issuer with which somebody comes to accept an
// invitation, nil if without one, and the hash of the password that is chosen.
// Who comes with an issuer's word and chooses none has one that nobody knows.
func (s *Server) introduced(c echo.Context, in openapi.Acceptance) (word *issued, hash string, err error) {
	if in.IDToken != "" {
		token, err := s.issued(c, in.IDToken, in.Verifier)
		if err != nil {
			return nil, "", badToken(err)
		}
		word = &token
	}
	switch {
	case in.Password == "" && word == nil:
		return nil, "", (domain.Faults{{Pointer: "/password", Code: "required", Detail: "choose a password, or come with an issuer's token"}}).Err()
	case in.Password == "":
		in.Password, _ = NewToken()
	}
	hash, err = HashPassword(ctx(c), in.Password, in.Login, in.Name)
	return word, hash, err
}

// linkNew links whom the token means, if one was brought, to an account that was
// just made.
func (s *Server) linkNew(c echo.Context, tx *repository.Session, a *domain.Account, t *issued) error {
	if t == nil {
		return nil
	}
	if err := s.redeem(c, tx, *t, ""); err != nil {
		return badToken(err)
	}
	_, err := linked(c, tx, a, *t)
	return err
}
