package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/password"
	"accord/internal/token"
	"accord/openapi"
	"accord/repository"
)

// client is the application that tokens are issued to (RFC 9068 wants one).
const client = "accord"

// HashPassword refuses a password that can't be chosen, with a fault at
// /password, and returns what is stored of one that can.
func HashPassword(ctx context.Context, pw string, names ...string) (string, error) {
	if err := password.Check(pw, password.MinAlone, append(names, "accord")...); err != nil {
		return "", passwordFault(err)
	}
	return password.Preferred().Hash(ctx, pw)
}

// GetSigningKeys answers with the public keys that sign access tokens.
func (s *Server) GetSigningKeys(c echo.Context) error {
	raw, err := s.auth.issuer.Keys.JWKS()
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return answerJSON(c, http.StatusOK, json.RawMessage(raw))
}

// SignIn starts a session. A wrong name, a wrong password and a suspended
// account are refused alike and at the same cost.
func (s *Server) SignIn(c echo.Context) error {
	in, err := bind[openapi.Credentials](c)
	if err != nil {
		return err
	}
	a, err := s.proved(c, in)
	if err != nil {
		return err
	}
	session, err := domain.NewSession(a, s.store.Now())
	if err != nil {
		return err
	}
	if err := s.as(c).As(a.Actor()).Sessions.Create(ctx(c), domain.EndSession, session); err != nil {
		return err
	}
	return s.tokens(c, http.StatusCreated, session)
}

var wrongCredentials = domain.Refuse(domain.Unauthenticated, "the sign-in name or the password is wrong")

// proved is the account whose password was given.
func (s *Server) proved(c echo.Context, in openapi.Credentials) (*domain.Account, error) {
	a, err := s.system(c).Accounts.ByLogin(ctx(c), in.Login)
	if errors.Is(err, domain.NotFound) {
		if err := password.Preferred().VerifyNothing(ctx(c), in.Password); err != nil {
			return nil, wrongPassword(err)
		}
		return nil, wrongCredentials
	}
	if err != nil {
		return nil, err
	}
	ok, rehash, err := password.Preferred().Verify(ctx(c), a.Password, in.Password)
	if err != nil {
		return nil, wrongPassword(err)
	}
	if !ok {
		return nil, wrongCredentials
	}
	if !rehash {
		return a, nil
	}
	stronger, err := password.Preferred().Hash(ctx(c), in.Password)
	if err != nil {
		return nil, err
	}
	return s.system(c).Accounts.Update(ctx(c), domain.EditAccount, a.ID, nil, func(_ *repository.Session, a *domain.Account) error {
		a.Rehash(stronger)
		return nil
	})
}

// wrongPassword hides that a password is one that nobody could have chosen.
func wrongPassword(err error) error {
	var r *password.Refusal
	if errors.As(err, &r) {
		return wrongCredentials
	}
	return err
}

// RefreshSession trades a refresh token for new tokens. A token that was used
// before ends its session.
func (s *Server) RefreshSession(c echo.Context) error {
	in, err := bind[openapi.Refresh](c)
	if err != nil {
		return err
	}
	id, generation, err := s.readRefreshToken(in.RefreshToken)
	if err != nil {
		return err
	}
	reused := false
	session, err := s.system(c).Sessions.Update(ctx(c), domain.EndSession, id, nil, func(_ *repository.Session, v *domain.Session) error {
		reused, err = v.Refresh(generation, s.store.Now())
		return err
	})
	ended := domain.Refuse(domain.Unauthenticated, "the session has ended; sign in again")
	if reused && err == nil {
		s.auth.forget()
		return settled{ended}
	}
	if errors.Is(err, domain.NotFound) {
		return ended
	}
	if err != nil {
		return err
	}
	return s.tokens(c, http.StatusOK, session)
}

// SignOut ends the caller's session.
func (s *Server) SignOut(c echo.Context) error {
	defer s.auth.forget()
	_, err := s.as(c).Sessions.Update(ctx(c), domain.EndSession, sessionOf(c), nil, func(_ *repository.Session, v *domain.Session) error {
		return v.End("signed out", s.store.Now())
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// sessionOf is the session of the caller's access token.
func sessionOf(c echo.Context) domain.ID[domain.Session] {
	id, _ := c.Get("sid").(domain.ID[domain.Session])
	return id
}

func (s *Server) tokens(c echo.Context, status int, session *domain.Session) error {
	access, err := s.AccessToken(session)
	if err != nil {
		return err
	}
	refresh, err := s.refreshToken(session)
	if err != nil {
		return err
	}
	return c.JSON(status, openapi.Tokens{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(token.DefaultTTL.Seconds()), RefreshToken: refresh,
	})
}

// AccessToken signs a token of a session.
func (s *Server) AccessToken(v *domain.Session) (string, error) {
	return s.auth.issuer.Issue(token.Claims{Subject: string(v.Account), Session: string(v.ID), Client: client})
}

// refreshToken names a session and its generation, and proves that the server
// wrote it. Nothing secret is kept, so nothing can be stolen from the database.
func (s *Server) refreshToken(v *domain.Session) (string, error) {
	plain := fmt.Sprintf("%s.%d", v.ID, v.Generation)
	mac, err := s.refreshMAC(plain)
	return plain + "." + mac, err
}

func (s *Server) readRefreshToken(raw string) (domain.ID[domain.Session], int, error) {
	refused := domain.Refuse(domain.Unauthenticated, "the session has ended; sign in again")
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", 0, refused
	}
	mac, err := s.refreshMAC(parts[0] + "." + parts[1])
	if err != nil {
		return "", 0, err
	}
	generation, err := strconv.Atoi(parts[1])
	if err != nil || !hmac.Equal([]byte(mac), []byte(parts[2])) {
		return "", 0, refused
	}
	return domain.ID[domain.Session](parts[0]), generation, nil
}

func (s *Server) refreshMAC(plain string) (string, error) {
	key, err := s.store.Master().Derive("refresh token")
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(plain))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)), nil
}
