package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListPartnershipRequirements answers with the versions of what approvals need.
func (s *Server) ListPartnershipRequirements(c echo.Context, p openapi.ListPartnershipRequirementsParams) error {
	rows, err := s.as(c).Requirements.List(ctx(c), p.Kind, p.Stage, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, requirementsJSON)
}

// GetPartnershipRequirements answers with one version.
func (s *Server) GetPartnershipRequirements(c echo.Context, id openapi.ID) error {
	r, err := s.as(c).Requirements.Get(ctx(c), domain.RequirementsID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, r, requirementsJSON)
}

// ProposePartnershipRequirements writes a version for another person to adopt.
func (s *Server) ProposePartnershipRequirements(c echo.Context) error {
	in, err := bind[openapi.RequirementsDraft](c)
	if err != nil {
		return err
	}
	d, err := requirementsDraft(in)
	if err != nil {
		return err
	}
	r, err := domain.ProposeRequirements(actor(c), d)
	if err != nil {
		return err
	}
	if err := s.as(c).Requirements.Create(ctx(c), domain.ProposeRequirement, r); err != nil {
		return err
	}
	return show(c, http.StatusCreated, r, requirementsJSON)
}

// AdoptPartnershipRequirements puts a proposed version in force.
func (s *Server) AdoptPartnershipRequirements(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Requirements, domain.AdoptRequirements, id, requirementsJSON, func(tx *repository.Session, r *domain.Requirements) error {
		last, err := tx.Requirements.Last(ctx(c), r.Kind)
		if err != nil {
			return err
		}
		return r.Adopt(actor(c), last, s.today())
	})
}

func requirementsDraft(in openapi.RequirementsDraft) (domain.RequirementsDraft, error) {
	d := domain.RequirementsDraft{Kind: domain.PartnershipKind(in.Kind), Note: in.Note, TermMonths: in.TermMonths}
	for _, e := range in.Elements {
		d.Elements = append(d.Elements, domain.ElementRule{Key: e.Key, Title: e.Title, Guidance: e.Guidance, Citation: e.Citation, Always: e.Always})
	}
	for i, r := range in.Clearances {
		from, err := money(r.From)
		if err != nil {
			return d, at(fmt.Sprintf("/clearances/%d/from", i), err)
		}
		d.Clearances = append(d.Clearances, domain.ClearanceRule{Key: r.Key, Office: r.Office, Citation: r.Citation, From: from})
	}
	return d, nil
}

// requirementsJSON shows all of a version: nothing in it is about anyone.
func requirementsJSON(by domain.Actor, r *domain.Requirements) openapi.Requirements {
	out := openapi.Requirements{
		ID: string(r.ID), Kind: string(r.Kind), Number: r.Number, Stage: r.Stage.String(), Note: r.Note, ProposedBy: string(r.ProposedBy), TermMonths: r.TermMonths,
		AdoptedBy: string(r.AdoptedBy), AdoptedOn: string(r.AdoptedOn), CreatedAt: r.CreatedAt, Next: next(by, r.Relation, r.Next(by)),
		Elements: make([]openapi.ElementRule, len(r.Elements)), Clearances: make([]openapi.ClearanceRule, len(r.Clearances)),
	}
	for i, e := range r.Elements {
		out.Elements[i] = openapi.ElementRule{Key: e.Key, Title: e.Title, Guidance: e.Guidance, Citation: e.Citation, Always: e.Always}
	}
	for i, cl := range r.Clearances {
		out.Clearances[i] = openapi.ClearanceRule{Key: cl.Key, Office: cl.Office, Citation: cl.Citation, From: moneyJSON(cl.From)}
	}
	return out
}
