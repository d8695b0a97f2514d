package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/password"
	"accord/openapi"
	"accord/repository"
)

// ListResets answers with the resets of accounts that the caller looks after.
func (s *Server) ListResets(c echo.Context, p openapi.ListResetsParams) error {
	rows, err := s.as(c).Resets.List(ctx(c), p.Stage, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, resetJSON)
}

// GetReset answers with one reset.
func (s *Server) GetReset(c echo.Context, id openapi.ID) error {
	r, err := s.as(c).Resets.Get(ctx(c), domain.ResetID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, r, resetJSON)
}

func resetJSON(by domain.Actor, r *domain.Reset) openapi.Reset {
	return openapi.Reset{
		ID: string(r.ID), AccountID: string(r.Account), Kind: string(r.Kind), Stage: r.Stage.String(), ExpiresAt: r.ExpiresAt,
		CreatedOn: day(r.CreatedAt), Next: next(by, r.Relation, r.Next(by)),
	}
}

// CreateReset lets the holder of an account back in. A password's token is in the
// answer and nowhere else.
func (s *Server) CreateReset(c echo.Context) error {
	in, err := bind[openapi.ResetDraft](c)
	if err != nil {
		return err
	}
	raw, hash := NewToken()
	var r *domain.Reset
	err = s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) error {
		a, err := tx.Accounts.Hold(ctx(c), domain.AccountID(in.AccountID))
		if err != nil {
			return named404(err, "/account_id", "account")
		}
		if domain.ResetKind(in.Kind) == domain.ResetPassword {
			r, err = domain.NewPasswordReset(tx.Actor(), a, hash, tx.Now())
		} else {
			raw = ""
			r, err = domain.NewFactorReset(tx.Actor(), a)
		}
		if err != nil {
			return err
		}
		if err := tx.Resets.Create(ctx(c), domain.CreateReset, r); err != nil {
			return err
		}
		return asServer(tx).Resets.Settle(ctx(c), r)
	})
	if err != nil {
		return err
	}
	return s.showReset(c, http.StatusCreated, r, raw)
}

// showReset answers with a reset and its token, if it has one to show.
func (s *Server) showReset(c echo.Context, status int, r *domain.Reset, raw string) error {
	s.auth.forget()
	out := resetJSON(actor(c), r)
	out.Token = raw
	created(c, out.ID)
	return c.JSON(status, out)
}

// IssueReset answers with the token of a reset that was requested.
func (s *Server) IssueReset(c echo.Context, id openapi.ID) error {
	raw, hash := NewToken()
	return s.moveReset(c, id, domain.IssueReset, raw, func(tx *repository.Session, r *domain.Reset) error { return r.Issue(tx.Actor(), hash, tx.Now()) })
}

// ConfirmReset is the second person's word that an account's factors go, or that its
// token is good.
func (s *Server) ConfirmReset(c echo.Context, id openapi.ID) error {
	return s.moveReset(c, id, domain.ConfirmReset, "", func(tx *repository.Session, r *domain.Reset) error {
		a, err := asServer(tx).Accounts.Hold(ctx(c), r.Account)
		if err != nil {
			return err
		}
		by, proposer, err := tx.Two(ctx(c), r.ProposedBy)
		if err != nil {
			return err
		}
		return r.Confirm(by, proposer, a, tx.Now())
	})
}

// WithdrawReset makes a reset useless.
func (s *Server) WithdrawReset(c echo.Context, id openapi.ID) error {
	return s.moveReset(c, id, domain.WithdrawReset, "", func(_ *repository.Session, r *domain.Reset) error { return r.Withdraw() })
}

func (s *Server) moveReset(c echo.Context, id openapi.ID, act domain.Action, raw string, move func(*repository.Session, *domain.Reset) error) error {
	if err := conditional(c); err != nil {
		return err
	}
	var r *domain.Reset
	err := s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		r, err = tx.Resets.Update(ctx(c), act, domain.ResetID(id), match(c, resetJSON), move)
		if err != nil || r.Stage.Is(domain.ResetWithdrawn) {
			return err
		}
		return asServer(tx).Resets.Settle(ctx(c), r)
	})
	if err != nil {
		return err
	}
	return s.showReset(c, http.StatusOK, r, raw)
}

// requestResetJob asks for a reset after the answer, which must not tell whether
// anybody was found.
const requestResetJob = "reset.request"

// RequestReset asks for a new password. It does the same work and gives the same
// answer for a name that nobody signs in with.
func (s *Server) RequestReset(c echo.Context) error {
	in, err := bind[openapi.ResetRequest](c)
	if err != nil {
		return err
	}
	login := domain.FoldLogin(in.Login)
	if err := s.spend(c, "reset of place", s.clientNetwork(c), triesOfPlace); err != nil {
		return err
	}
	if err := s.spend(c, "reset of name", login+"\x00"+s.clientNetwork(c), askings); err != nil {
		return err
	}
	of, err := s.system(c).Accounts.IDByLogin(ctx(c), login)
	if err != nil {
		return err
	}
	if !strings.Contains(login, "@") {
		of = repository.Nobody
	}
	err = s.system(c).Tx(ctx(c), func(tx *repository.Session) error {
		return tx.Enqueue(ctx(c), requestResetJob, of, tx.Now())
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusAccepted)
}

// keepRequest decides whether somebody's request waits for an answer. Its line names
// nobody: it was nobody who asked.
func (s *Server) keepRequest(ctx context.Context, as *repository.Session, payload []byte) (err error) {
	var of domain.AccountID
	if err := json.Unmarshal(payload, &of); err != nil {
		return err
	}
	waits := false
	if of != repository.Nobody {
		waits, err = as.Resets.Request(ctx, of)
	}
	if err == nil {
		s.decided(requestResetJob, domain.RequestReset, waits, "")
	}
	return err
}

// UseReset sets a password with a token. Nobody is signed in by it.
func (s *Server) UseReset(c echo.Context) error {
	in, err := bind[openapi.ResetUse](c)
	if err != nil {
		return err
	}
	hash, err := HashPassword(ctx(c), in.Password)
	if err != nil {
		return err
	}
	err = s.system(c).Tx(ctx(c), func(tx *repository.Session) error {
		found, err := tx.Resets.ByToken(ctx(c), hashToken(in.Token))
		if err != nil {
			return err
		}
		of, err := tx.Accounts.Hold(ctx(c), found.Account)
		if err != nil {
			return err
		}
		left, err := active(c, tx, found.Account)
		if err != nil {
			return err
		}
		r, err := tx.Resets.Update(ctx(c), domain.UseReset, found.ID, nil, func(tx *repository.Session, r *domain.Reset) error {
			return r.Use(of, len(left) > 0, tx.Now())
		})
		if err != nil {
			return err
		}
		_, err = tx.Accounts.Update(ctx(c), domain.EditAccount, r.Account, nil, func(_ *repository.Session, a *domain.Account) error {
			if err := password.Check(in.Password, password.MinAlone, a.Login, a.Name); err != nil {
				return passwordFault(err)
			}
			a.SetPassword(hash, false)
			return nil
		})
		if err != nil {
			return err
		}
		return asServer(tx).Resets.Settle(ctx(c), r)
	})
	if err != nil {
		return err
	}
	s.auth.forget()
	return c.NoContent(http.StatusNoContent)
}
