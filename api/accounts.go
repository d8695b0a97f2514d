package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/password"
	"accord/openapi"
	"accord/repository"
)

// GetMe answers with the caller's own account.
func (s *Server) GetMe(c echo.Context) error {
	a, err := s.as(c).Accounts.Get(ctx(c), actor(c).Account)
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, a, accountJSON)
}

// ListAccounts answers with the accounts within reach.
func (s *Server) ListAccounts(c echo.Context, p openapi.ListAccountsParams) error {
	rows, err := s.as(c).Accounts.List(ctx(c), repository.AccountFilter{Role: p.Role, Stage: p.Stage}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, accountJSON)
}

// GetAccount answers with one account.
func (s *Server) GetAccount(c echo.Context, id openapi.ID) error {
	a, err := s.as(c).Accounts.Get(ctx(c), domain.AccountID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, a, accountJSON)
}

// EditAccount changes an account's name, and its office.
func (s *Server) EditAccount(c echo.Context, id openapi.ID) error {
	draft := func(a *domain.Account) openapi.AccountPatch {
		return openapi.AccountPatch{Name: a.Name, Office: a.Office}
	}
	return edit(c, s.as(c).Accounts, domain.EditAccount, id, accountJSON, draft,
		func(_ *repository.Session, a *domain.Account, in openapi.AccountPatch) error {
			return a.Edit(actor(c), in.Name, in.Office)
		})
}

// SuspendAccount stops an account and ends what it has open: its sessions, its API
// keys, and what it handed out that nobody has used.
func (s *Server) SuspendAccount(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	defer s.auth.forget()
	return change(c, s.as(c).Accounts, domain.SuspendAccount, id, accountJSON, func(tx *repository.Session, a *domain.Account) error {
		if err := a.Suspend(actor(c), in.Reason); err != nil {
			return err
		}
		if err := tx.Recall(ctx(c), a.ID); err != nil {
			return err
		}
		if err := tx.APIKeys.RevokeAll(ctx(c), a.ID); err != nil {
			return err
		}
		return tx.Sessions.EndAll(ctx(c), a.ID, "account suspended")
	})
}

// RestoreAccount lets a suspended account sign in again.
func (s *Server) RestoreAccount(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Accounts, domain.RestoreAccount, id, accountJSON,
		func(_ *repository.Session, a *domain.Account) error { return a.Restore(actor(c)) })
}

func accountJSON(by domain.Actor, a *domain.Account) openapi.Account {
	out := openapi.Account{
		ID: string(a.ID), Login: a.Login, Name: a.Name, Role: string(a.Role), OrganizationID: string(a.Organization),
		AdvisorID: string(a.Advisor), Office: a.Office, Stage: a.Stage.String(), Next: next(by, a.Relation, a.Next(by)),
	}
	if a.Role == domain.Advising && !by.Sees(domain.AccountLogin, a.Relation) {
		out.Login = ""
	}
	return out
}

// ListInvitations answers with the invitations within reach.
func (s *Server) ListInvitations(c echo.Context) error {
	rows, err := s.as(c).Invitations.List(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, invitationJSON)
}

// GetInvitation answers with one invitation.
func (s *Server) GetInvitation(c echo.Context, id openapi.ID) error {
	i, err := s.as(c).Invitations.Get(ctx(c), domain.InvitationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, i, invitationJSON)
}

// CreateInvitation invites someone. The token is in the answer and nowhere else.
func (s *Server) CreateInvitation(c echo.Context) error {
	in, err := bind[openapi.InvitationDraft](c)
	if err != nil {
		return err
	}
	raw, hash := NewToken()
	var i *domain.Invitation
	err = s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) error {
		i, err = domain.NewInvitation(tx.Actor(), domain.InvitationDraft{
			Role: domain.Role(in.Role), Organization: domain.OrganizationID(in.OrganizationID),
			Advisor: domain.AdvisorID(in.AdvisorID), Office: in.Office,
		}, hash, tx.Now())
		if err != nil {
			return err
		}
		if err := asServer(tx).Organizations.Named(ctx(c), "organization", "/organization_id", i.Organization); err != nil {
			return err
		}
		if i.Advisor != "" {
			if _, err := tx.Advisors.Permit(ctx(c), domain.InviteAdvisor, i.Advisor); err != nil {
				return named404(err, "/advisor_id", "advisor")
			}
			if err := asServer(tx).Accounts.Unspoken(ctx(c), i.Advisor); err != nil {
				return err
			}
		}
		return tx.Invitations.Create(ctx(c), domain.Invite, i)
	})
	if err != nil {
		return err
	}
	out := invitationJSON(actor(c), i)
	out.Token = raw
	created(c, out.ID)
	return c.JSON(http.StatusCreated, out)
}

// RevokeInvitation makes a pending invitation useless.
func (s *Server) RevokeInvitation(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Invitations, domain.RevokeInvite, id, invitationJSON,
		func(_ *repository.Session, i *domain.Invitation) error { return i.Revoke() })
}

func invitationJSON(by domain.Actor, i *domain.Invitation) openapi.Invitation {
	return openapi.Invitation{
		ID: string(i.ID), Role: string(i.Role), OrganizationID: string(i.Organization), AdvisorID: string(i.Advisor),
		Office: i.Office, Stage: i.Stage.String(), AwaitsApproval: i.Awaits, ExpiresAt: i.ExpiresAt, Next: next(by, i.Relation, i.Next(by)),
	}
}

// AcceptInvitation makes an account from an invitation.
func (s *Server) AcceptInvitation(c echo.Context) error {
	in, err := bind[openapi.Acceptance](c)
	if err != nil {
		return err
	}
	word, hash, err := s.introduced(c, in)
	if err != nil {
		return err
	}
	var a *domain.Account
	taken := false
	err = s.system(c).Tx(ctx(c), func(tx *repository.Session) error {
		i, err := tx.Invitations.ByToken(ctx(c), hashToken(in.Token))
		if errors.Is(err, domain.NotFound) {
			return domain.Refuse(domain.NotFound, "no invitation has this token: send it whole, as it was given; if a newer one was drawn, only that is good, and if none helps ask who invited you for another")
		}
		if err != nil {
			return err
		}
		if err := stillFirst(ctx(c), tx, i); err != nil {
			return err
		}
		if err := tx.Organizations.Open(ctx(c), i.Organization); err != nil {
			return err
		}
		_, err = tx.Invitations.Update(ctx(c), domain.AcceptInvite, i.ID, nil, func(tx *repository.Session, i *domain.Invitation) error {
			if err := tx.Accounts.Unspoken(ctx(c), i.Advisor); err != nil {
				return err
			}
			if err := tx.Invitations.Vouched(ctx(c), i); err != nil {
				return err
			}
			name, err := nameOf(ctx(c), tx, i, in.Name)
			if err != nil {
				return err
			}
			before := *i
			if a, err = i.Accept(in.Login, name, hash, s.store.Now()); err != nil {
				return err
			}
			if _, err := tx.Accounts.ByLogin(ctx(c), a.Login); !errors.Is(err, domain.NotFound) {
				taken, *i = err == nil, before
				return errors.Join(err, i.Taken())
			}
			if err = tx.Accounts.Create(ctx(c), domain.EditAccount, a); errors.Is(err, domain.Conflict) {
				return errLoginTaken
			}
			if err != nil {
				return err
			}
			i.Account = a.ID
			return s.linkNew(c, tx, a, word)
		})
		return err
	})
	if err != nil {
		return err
	}
	if taken {
		return settled{errLoginTaken} // and counted
	}
	return show(c, http.StatusCreated, a, accountJSON)
}

var errLoginTaken = &domain.Error{Kind: domain.Conflict, Detail: "choose another sign-in name", Faults: domain.Faults{
	{Pointer: "/login", Code: "taken", Detail: "someone signs in with this name"}}}

// nameOf is the name of the account to be: an advisor's is the alias, whatever was
// typed, because who an advisor is stands in the vault alone.
func nameOf(ctx context.Context, tx *repository.Session, i *domain.Invitation, typed string) (string, error) {
	if i.Advisor == "" {
		return typed, nil
	}
	advisor, err := tx.Advisors.Get(ctx, i.Advisor)
	if err != nil {
		return "", err
	}
	return advisor.Alias, nil
}

// stillFirst refuses a first admin's invitation once someone has an account: an
// old one in a log must not make another admin.
func stillFirst(ctx context.Context, tx *repository.Session, i *domain.Invitation) error {
	if !i.First() {
		return nil
	}
	unclaimed, err := tx.Unclaimed(ctx)
	if err == nil && !unclaimed {
		return domain.Refuse(domain.Conflict, "somebody has an account already; ask an admin for an invitation")
	}
	return err
}

// NewToken returns a random token that is shown once and the hash by which it is
// kept.
func NewToken() (raw, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	raw = base64.RawURLEncoding.EncodeToString(b)
	return raw, hashToken(raw)
}

// hashToken needs no slow hash: a token is random, not chosen.
func hashToken(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:])
}

// passwordFault words a password's refusal as a fault of the body.
func passwordFault(err error) error {
	var r *password.Refusal
	if !errors.As(err, &r) {
		return err
	}
	return (domain.Faults{{Pointer: "/password", Code: r.Code, Detail: r.Detail}}).Err()
}
