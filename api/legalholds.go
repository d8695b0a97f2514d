package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListLegalHolds answers with the legal holds within reach.
func (s *Server) ListLegalHolds(c echo.Context, p openapi.ListLegalHoldsParams) error {
	f := repository.LegalHoldFilter{Advisor: domain.AdvisorID(p.AdvisorID), Stage: p.Stage}
	rows, err := s.as(c).LegalHolds.List(ctx(c), f, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, legalHoldJSON)
}

// GetLegalHold answers with one legal hold.
func (s *Server) GetLegalHold(c echo.Context, id openapi.ID) error {
	h, err := s.as(c).LegalHolds.Get(ctx(c), domain.LegalHoldID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, h, legalHoldJSON)
}

// ProposeLegalHold proposes a legal hold of an advisor's vault entry.
func (s *Server) ProposeLegalHold(c echo.Context) error {
	in, err := bind[openapi.LegalHoldDraft](c)
	if err != nil {
		return err
	}
	var h *domain.LegalHold
	err = s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		h, err = tx.LegalHolds.Propose(ctx(c), domain.AdvisorID(in.AdvisorID), domain.LegalHoldDraft{
			Kind: domain.LegalHoldKind(in.Kind), Reference: in.Reference, EndsOn: domain.Date(in.EndsOn),
		})
		return err
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, h, legalHoldJSON)
}

// ConfirmLegalHold has a legal hold work, by a second person.
func (s *Server) ConfirmLegalHold(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	var h *domain.LegalHold
	err := s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) (err error) {
		h, err = tx.LegalHolds.Confirm(ctx(c), domain.LegalHoldID(id), match(c, legalHoldJSON))
		return err
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, h, legalHoldJSON)
}

// DeclineLegalHold ends a proposal.
func (s *Server) DeclineLegalHold(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).LegalHolds, domain.DeclineLegalHold, id, legalHoldJSON,
		func(_ *repository.Session, h *domain.LegalHold) error { return h.Decline(actor(c)) })
}

// LiftLegalHold ends a legal hold before its day.
func (s *Server) LiftLegalHold(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	h, err := s.as(c).LegalHolds.Lift(ctx(c), domain.LegalHoldID(id), match(c, legalHoldJSON))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, h, legalHoldJSON)
}

func legalHoldJSON(by domain.Actor, h *domain.LegalHold) openapi.LegalHold {
	return openapi.LegalHold{
		ID: string(h.ID), AdvisorID: string(h.Advisor), Kind: string(h.Kind), Reference: h.Reference, EndsOn: string(h.EndsOn),
		ProposedBy: string(h.ProposedBy), DecidedBy: string(h.DecidedBy), ConfirmedOn: string(h.ConfirmedOn),
		LiftedBy: string(h.LiftedBy), Stage: h.Stage.String(), Next: next(by, h.Relation, h.Next(by)),
	}
}
