package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListGrants answers with the changes of role within reach.
func (s *Server) ListGrants(c echo.Context, p openapi.ListGrantsParams) error {
	rows, err := s.as(c).Grants.List(ctx(c), p.Stage, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, grantJSON)
}

// GetGrant answers with one change of role.
func (s *Server) GetGrant(c echo.Context, id openapi.ID) error {
	g, err := s.as(c).Grants.Get(ctx(c), domain.GrantID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, g, grantJSON)
}

// ProposeGrant proposes another role for an account.
func (s *Server) ProposeGrant(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Accounts.Get(ctx(c), domain.AccountID(id)); err != nil {
		return err
	}
	if !actor(c).May(domain.ProposeGrant) {
		return domain.Refuse(domain.Forbidden, "roles are for admins to propose")
	}
	in, err := bind[openapi.GrantDraft](c)
	if err != nil {
		return err
	}
	defer s.auth.forget()
	var g *domain.Grant
	err = s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		g, err = tx.Grants.Propose(ctx(c), domain.AccountID(id), domain.GrantDraft{Role: domain.Role(in.Role), Office: in.Office, Reason: in.Reason})
		return err
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, g, grantJSON)
}

// ApproveGrant gives the role, by a second person.
func (s *Server) ApproveGrant(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	defer s.auth.forget()
	var g *domain.Grant
	err := s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		g, err = tx.Grants.Approve(ctx(c), domain.GrantID(id), match(c, grantJSON))
		return err
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, g, grantJSON)
}

// DeclineGrant ends a proposal.
func (s *Server) DeclineGrant(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Grants, domain.DeclineGrant, id, grantJSON,
		func(_ *repository.Session, g *domain.Grant) error { return g.Decline(actor(c)) })
}

func grantJSON(by domain.Actor, g *domain.Grant) openapi.Grant {
	return openapi.Grant{
		ID: string(g.ID), AccountID: string(g.Account), Was: string(g.Was), Role: string(g.Role), Office: g.Office, Reason: g.Reason,
		ProposedBy: string(g.ProposedBy), DecidedBy: string(g.DecidedBy), Stage: g.Stage.String(), Next: next(by, g.Relation, g.Next(by)),
	}
}

// ApproveInvitation makes an invitation good to which it takes two.
func (s *Server) ApproveInvitation(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	var i *domain.Invitation
	err := s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		i, err = tx.Invitations.Approve(ctx(c), domain.InvitationID(id), match(c, invitationJSON))
		return err
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, i, invitationJSON)
}
