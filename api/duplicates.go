package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListPossibleDuplicates answers with the organizations that may be this one.
func (s *Server) ListPossibleDuplicates(c echo.Context, id openapi.ID) error {
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	if !actor(c).May(domain.ReadDuplicates) {
		return domain.Refuse(domain.Forbidden, "which organizations may be one is for the office to look into")
	}
	return s.showDuplicates(c, o)
}

// PreviewDuplicates answers with the organizations that may be one that is about
// to be entered.
func (s *Server) PreviewDuplicates(c echo.Context) error {
	in, err := bind[openapi.DuplicatePreview](c)
	if err != nil {
		return err
	}
	return s.showDuplicates(c, &domain.Organization{LegalName: in.Names[0], OtherNames: in.Names[1:], Website: in.Website})
}

// ListDuplicatePairs answers with the organizations that may be one, over the
// whole register.
func (s *Server) ListDuplicatePairs(c echo.Context, p openapi.ListDuplicatePairsParams) error {
	rows, err := s.as(c).Organizations.Pairs(ctx(c), repository.PairFilter{MinScore: p.MinScore, Type: p.Type, Country: p.Country}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, duplicatePairJSON)
}

func duplicatePairJSON(_ domain.Actor, d *domain.DuplicatePair) openapi.DuplicatePair {
	return openapi.DuplicatePair{
		Organizations: []openapi.DuplicateOne{duplicateOneJSON(&d.First), duplicateOneJSON(&d.Second)}, Score: d.Score, Reasons: d.Reasons,
	}
}

func duplicateOneJSON(o *domain.Organization) openapi.DuplicateOne {
	return openapi.DuplicateOne{ID: string(o.ID), LegalName: o.LegalName, Type: string(o.Type), Country: o.Country, Stage: o.Stage.String()}
}

func (s *Server) showDuplicates(c echo.Context, o *domain.Organization) error {
	found, err := s.as(c).Organizations.Duplicates(ctx(c), o)
	if err != nil {
		return err
	}
	out := openapi.PossibleDuplicates{Items: make([]openapi.PossibleDuplicate, len(found))}
	for i, d := range found {
		out.Items[i] = openapi.PossibleDuplicate{
			OrganizationID: string(d.Organization.ID), LegalName: d.Organization.LegalName, Country: d.Organization.Country,
			Stage: d.Organization.Stage.String(), Score: d.Score, Reasons: d.Reasons,
		}
	}
	return answerJSON(c, http.StatusOK, out)
}

// DistinguishOrganization remembers that two organizations are not one.
func (s *Server) DistinguishOrganization(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.DistinctionDraft](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Organizations, domain.DistinguishOrg, id, organizationJSON, func(tx *repository.Session, o *domain.Organization) error {
		_, err := tx.Organizations.Get(ctx(c), domain.OrganizationID(in.OrganizationID))
		if err := named404(err, "/organization_id", "organization"); err != nil {
			return err
		}
		return o.Distinguish(actor(c), domain.OrganizationID(in.OrganizationID), in.Reason, s.today())
	})
}

// indexNames makes the keys of organizations that were entered before there were
// any.
func indexNames(ctx context.Context, system *repository.Session, _ []byte) error {
	return system.Organizations.IndexNames(ctx)
}

// compareJob finds anew what the organizations that have changed may be
// duplicates of.
const compareJob = "duplicates.compare"

func compareChanged(ctx context.Context, system *repository.Session, _ []byte) error {
	return system.Organizations.CompareChanged(ctx)
}
