package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// actingFor names the organization for which somebody of another acts.
const actingFor = "Acting-For"

// standFor is the caller as one who acts for the organization that the request
// names, or just the caller. It is asked of the database each time, so that what a
// member takes back is gone with the next request. What nobody does for another is
// refused, and not done for oneself.
func (s *Server) standFor(c echo.Context, op openapi.Operation, who domain.Actor) (domain.Actor, error) {
	named := c.Request().Header.Values(actingFor)
	switch {
	case len(named) == 0, op.Action == string(domain.QuickExit): // nothing keeps anybody from leaving
		return who, nil
	case len(named) > 1:
		return who, domain.Refuse(domain.Malformed, "%s names one organization", actingFor)
	case !domain.Action(op.Action).ForMember():
		return who, domain.Refuse(domain.Malformed, "this is done by one's own organization; send it without %s", actingFor)
	case c.QueryParam("q") != "":
		return who, domain.Refuse(domain.Malformed, "who acts for another organization does not search")
	}
	return s.store.ActFor(ctx(c), who, domain.OrganizationID(named[0]))
}

// ListRelationships answers with what an organization is to others, and they to it.
func (s *Server) ListRelationships(c echo.Context, id openapi.ID, p openapi.ListRelationshipsParams) error {
	if _, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).Relationships.List(ctx(c), domain.OrganizationID(id), repository.RelationshipFilter{Kind: p.Kind, On: domain.Date(p.On)}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, relationshipJSON)
}

// GetRelationship answers with one relationship.
func (s *Server) GetRelationship(c echo.Context, id openapi.ID) error {
	r, err := s.as(c).Relationships.Get(ctx(c), domain.RelationshipID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, r, relationshipJSON)
}

// CreateRelationship records what an organization is to another.
func (s *Server) CreateRelationship(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.RelationshipDraft](c)
	if err != nil {
		return err
	}
	var r *domain.Relationship
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		o, err := tx.Organizations.Steady(ctx(c), domain.OrganizationID(id))
		if err != nil {
			return err
		}
		if err := s.permitted(c, domain.CreateRelationship); err != nil {
			return err
		}
		other, err := tx.Organizations.Steady(ctx(c), domain.OrganizationID(in.OtherID))
		if err != nil {
			return named404(err, "/other_id", "organization")
		}
		r, err = domain.NewRelationship(actor(c), o.ID, domain.RelationshipKind(in.Kind), other.ID, domain.RelationshipTerms{
			StartsOn: domain.Date(in.StartsOn), EndsOn: domain.Date(in.EndsOn), Evidence: in.Evidence,
		})
		if err != nil {
			return err
		}
		if err := tx.Relationships.Fits(ctx(c), r); err != nil {
			return err
		}
		r.OrganizationName, r.OtherName = o.LegalName, other.LegalName
		return tx.Relationships.Create(ctx(c), domain.CreateRelationship, r)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, r, relationshipJSON)
}

// EditRelationship changes from when until when it is so.
func (s *Server) EditRelationship(c echo.Context, id openapi.ID) error {
	draft := func(r *domain.Relationship) openapi.RelationshipTerms {
		return openapi.RelationshipTerms{StartsOn: string(r.StartsOn), EndsOn: string(r.EndsOn), Evidence: r.Evidence}
	}
	return edit(c, s.as(c).Relationships, domain.EditRelationship, id, relationshipJSON, draft,
		func(tx *repository.Session, r *domain.Relationship, in openapi.RelationshipTerms) error {
			if err := r.Edit(domain.RelationshipTerms{StartsOn: domain.Date(in.StartsOn), EndsOn: domain.Date(in.EndsOn), Evidence: in.Evidence}); err != nil {
				return err
			}
			return tx.Relationships.Fits(ctx(c), r)
		})
}

// relationshipJSON shows the two what they are to each other, and not what the
// office goes by.
func relationshipJSON(by domain.Actor, r *domain.Relationship) openapi.Relationship {
	out := openapi.Relationship{
		ID: string(r.ID), Kind: string(r.Kind), OrganizationID: string(r.Organization), OrganizationName: r.OrganizationName,
		OtherID: string(r.Other), OtherName: r.OtherName, StartsOn: string(r.StartsOn), EndsOn: string(r.EndsOn),
		Next: next(by, r.Relation, r.Next()),
	}
	if by.Sees(domain.RelationshipInside, r.Relation) {
		out.Evidence, out.RecordedBy = r.Evidence, string(r.RecordedBy)
	}
	return out
}

// ListMandates answers with what a member lets its association do.
func (s *Server) ListMandates(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Relationships.Get(ctx(c), domain.RelationshipID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).Mandates.List(ctx(c), domain.RelationshipID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, mandateJSON)
}

// GetMandate answers with one mandate.
func (s *Server) GetMandate(c echo.Context, id openapi.ID) error {
	m, err := s.as(c).Mandates.Get(ctx(c), domain.MandateID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, m, mandateJSON)
}

// GrantMandate lets the caller's association act for the caller's organization.
func (s *Server) GrantMandate(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.MandateDraft](c)
	if err != nil {
		return err
	}
	var m *domain.Mandate
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		r, err := tx.Relationships.Hold(ctx(c), domain.GrantMandate, domain.RelationshipID(id))
		if err != nil {
			return err
		}
		m, err = domain.NewMandate(actor(c), r, domain.MandateDraft{
			Powers: named[domain.Power](in.Powers), StartsOn: domain.Date(in.StartsOn), EndsOn: domain.Date(in.EndsOn),
		}, s.today())
		if err != nil {
			return err
		}
		return tx.Mandates.Create(ctx(c), domain.GrantMandate, m)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, m, mandateJSON)
}

// RevokeMandate takes a member's consent back.
func (s *Server) RevokeMandate(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Mandates, domain.RevokeMandate, id, mandateJSON,
		func(_ *repository.Session, m *domain.Mandate) error { return m.Revoke(actor(c), s.today()) })
}

func mandateJSON(by domain.Actor, m *domain.Mandate) openapi.Mandate {
	out := openapi.Mandate{
		ID: string(m.ID), RelationshipID: string(m.Relationship), OrganizationID: string(m.Organization), HolderID: string(m.Holder),
		Powers: texts(m.Powers), StartsOn: string(m.StartsOn), EndsOn: string(m.EndsOn), Stage: m.Stage.String(), RevokedOn: string(m.RevokedOn),
		Next: next(by, m.Relation, m.Next()),
	}
	if by.Sees(domain.MandateNames, m.Relation) {
		out.GrantedBy, out.RevokedBy = string(m.GrantedBy), string(m.RevokedBy)
	}
	return out
}
