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

// HashPassword refuses a password that can't be chosen to stand alone, with a
// fault at /password, and returns what is stored of one that can.
func HashPassword(ctx context.Context, pw string, names ...string) (string, error) {
	return hashPassword(ctx, pw, password.MinAlone, names...)
}

func hashPassword(ctx context.Context, pw string, minimum int, names ...string) (string, error) {
	if err := password.Check(pw, minimum, append(names, "accord")...); err != nil {
		return "", passwordFault(err)
	}
	return password.Preferred().Hash(ctx, pw)
}

// GetSigningKeys answers with the public keys that verify access tokens: of the
// key that signs, of those that did and of the one that will.
func (s *Server) GetSigningKeys(c echo.Context) error {
	if err := s.auth.keys.fresh(ctx(c)); err != nil {
		return err
	}
	raw, err := s.auth.issuer.Keys.JWKS()
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return answerJSON(c, http.StatusOK, json.RawMessage(raw))
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
	return s.tokens(c, http.StatusOK, session, openapi.Tokens{})
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

// ListSessions answers with the caller's sessions that stand.
func (s *Server) ListSessions(c echo.Context) error {
	rows, err := s.as(c).Sessions.Open(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, func(_ domain.Actor, v *domain.Session) openapi.Session {
		return openapi.Session{
			ID: string(v.ID), StartedAt: v.CreatedAt, LastUsedOn: day(v.UpdatedAt), Method: string(v.Method), Current: v.ID == sessionOf(c),
		}
	})
}

// EndSession ends one of the caller's sessions. One that has ended is not there.
func (s *Server) EndSession(c echo.Context, id openapi.ID) error {
	defer s.auth.forget()
	_, err := s.as(c).Sessions.Update(ctx(c), domain.EndSession, domain.ID[domain.Session](id), nil, func(_ *repository.Session, v *domain.Session) error {
		if !v.Live(s.store.Now()) {
			return errNoRecord
		}
		return v.End("ended by its account", s.store.Now())
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// EndOtherSessions ends the caller's sessions but the one that asks.
func (s *Server) EndOtherSessions(c echo.Context) error {
	defer s.auth.forget()
	err := s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		return tx.Sessions.EndAll(ctx(c), actor(c).Account, "ended by its account", sessionOf(c))
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// QuickExit ends everything that the caller has open. It answers the same to
// whoever has nothing open.
func (s *Server) QuickExit(c echo.Context, p openapi.QuickExitParams) error {
	if actor(c).Account == "" {
		return c.NoContent(http.StatusNoContent)
	}
	defer s.auth.forget()
	err := s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		if p.Devices == "forget" {
			if err := tx.ForgetDevices(ctx(c), actor(c).Account); err != nil {
				return err
			}
		}
		return tx.Sessions.EndAll(ctx(c), actor(c).Account, "quick exit")
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

// tokens answers with a session's tokens; out is what else is to be told.
func (s *Server) tokens(c echo.Context, status int, session *domain.Session, out openapi.Tokens) error {
	if err := s.auth.keys.fresh(ctx(c)); err != nil {
		return err
	}
	access, err := s.AccessToken(session)
	if err != nil {
		return err
	}
	refresh, err := s.refreshToken(session)
	if err != nil {
		return err
	}
	out.AccessToken, out.TokenType, out.ExpiresIn, out.RefreshToken = access, "Bearer", int(token.DefaultTTL.Seconds()), refresh
	return c.JSON(status, out)
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
