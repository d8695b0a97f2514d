package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListMilestones answers with a commitment's milestones.
func (s *Server) ListMilestones(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Milestones.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, milestoneJSON)
}

// GetMilestone answers with one milestone.
func (s *Server) GetMilestone(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Milestones.Get(ctx(c), domain.MilestoneID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, milestoneJSON)
}

// CreateMilestone adds a milestone to a commitment.
func (s *Server) CreateMilestone(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.MilestoneDraft](c)
	if err != nil {
		return err
	}
	var m *domain.Milestone
	err = s.underCommitment(c, domain.CreateMilestone, id, func(tx *repository.Session, v *domain.Commitment) (err error) {
		if m, err = domain.NewMilestone(v, milestoneDraft(in)); err != nil {
			return err
		}
		return tx.Milestones.Create(ctx(c), domain.CreateMilestone, m)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, m, milestoneJSON)
}

// EditMilestone changes a milestone while its commitment is written.
func (s *Server) EditMilestone(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Milestones, domain.EditMilestone, id, milestoneJSON, milestoneDraftJSON,
		func(tx *repository.Session, m *domain.Milestone, in openapi.MilestoneDraft) error {
			v, err := tx.Commitments.Steady(ctx(c), m.Commitment)
			if err != nil {
				return err
			}
			return m.Edit(v, milestoneDraft(in))
		})
}

// RemoveMilestone takes a milestone out while its commitment is written.
func (s *Server) RemoveMilestone(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Milestones, domain.RemoveMilestone, id, milestoneJSON, func(tx *repository.Session, m *domain.Milestone) error {
		v, err := tx.Commitments.Steady(ctx(c), m.Commitment)
		if err != nil {
			return err
		}
		return m.Remove(v)
	})
}

// ReportMilestone reports that a milestone was reached.
func (s *Server) ReportMilestone(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.MilestoneReport](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Milestones, domain.ReportMilestone, id, milestoneJSON, func(tx *repository.Session, m *domain.Milestone) error {
		v, err := tx.Commitments.Steady(ctx(c), m.Commitment)
		if err != nil {
			return err
		}
		return m.Report(actor(c), v, domain.Delivery{Evidence: in.Evidence, EvidenceURL: in.EvidenceURL}, s.today())
	})
}

// VerifyMilestone believes a reported milestone.
func (s *Server) VerifyMilestone(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Milestones, domain.VerifyMilestone, id, milestoneJSON, func(_ *repository.Session, m *domain.Milestone) error {
		return m.Verify(actor(c), s.today())
	})
}

// RejectMilestone does not believe a reported milestone.
func (s *Server) RejectMilestone(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Milestones, domain.RejectMilestone, id, milestoneJSON, func(_ *repository.Session, m *domain.Milestone) error {
		return m.Reject(actor(c), in.Reason)
	})
}

func milestoneDraft(in openapi.MilestoneDraft) domain.MilestoneDraft {
	return domain.MilestoneDraft{
		Title: in.Title, Weight: in.Weight, DueOn: domain.Date(in.DueOn), DuePrecision: domain.Precision(in.DuePrecision), DueText: in.DueText,
	}
}

func milestoneDraftJSON(m *domain.Milestone) openapi.MilestoneDraft {
	return milestonePlanJSON(m.Draft())
}

func milestonePlanJSON(d domain.MilestoneDraft) openapi.MilestoneDraft {
	return openapi.MilestoneDraft{Title: d.Title, Weight: d.Weight, DueOn: string(d.DueOn), DuePrecision: string(d.DuePrecision), DueText: d.DueText}
}

func milestoneJSON(by domain.Actor, m *domain.Milestone) openapi.Milestone {
	out := openapi.Milestone{
		ID: string(m.ID), CommitmentID: string(m.Commitment), Title: m.Title, Weight: m.Weight,
		DueOn: string(m.DueOn), DuePrecision: string(m.DuePrecision), DueText: m.DueText,
		Stage: m.Stage.String(), Evidence: m.Evidence, EvidenceURL: m.EvidenceURL, ReportedOn: string(m.ReportedOn),
		VerifiedOn: string(m.VerifiedOn), RejectReason: m.RejectReason, Next: next(by, m.Relation, m.Next(by)),
	}
	if by.Sees(domain.MilestoneInside, m.Relation) {
		out.ReportedBy, out.VerifiedBy = string(m.ReportedBy), string(m.VerifiedBy)
	}
	return out
}
