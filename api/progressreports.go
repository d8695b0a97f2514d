package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListProgressReports answers with the reports on a commitment.
func (s *Server) ListProgressReports(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).ProgressReports.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, progressReportJSON)
}

// GetProgressReport answers with one progress report.
func (s *Server) GetProgressReport(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).ProgressReports.Get(ctx(c), domain.ProgressReportID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, progressReportJSON)
}

// CreateProgressReport drafts a progress report.
func (s *Server) CreateProgressReport(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ProgressReportDraft](c)
	if err != nil {
		return err
	}
	var r *domain.ProgressReport
	err = s.underCommitment(c, domain.CreateProgressReport, id, func(tx *repository.Session, v *domain.Commitment) (err error) {
		if r, err = domain.NewProgressReport(actor(c), v, progressReportDraft(in)); err != nil {
			return err
		}
		return tx.ProgressReports.Create(ctx(c), domain.CreateProgressReport, r)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, r, progressReportJSON)
}

// EditProgressReport changes a draft of a progress report.
func (s *Server) EditProgressReport(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).ProgressReports, domain.EditProgressReport, id, progressReportJSON, progressReportDraftJSON,
		func(tx *repository.Session, r *domain.ProgressReport, in openapi.ProgressReportDraft) error {
			v, err := tx.Commitments.Steady(ctx(c), r.Commitment)
			if err != nil {
				return err
			}
			return r.Edit(actor(c), v, progressReportDraft(in))
		})
}

// SubmitProgressReport gives a progress report to the office; its milestones
// count as reported.
func (s *Server) SubmitProgressReport(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).ProgressReports, domain.SubmitProgressReport, id, progressReportJSON, func(tx *repository.Session, r *domain.ProgressReport) error {
		return s.submitReport(c, tx, r)
	})
}

func (s *Server) submitReport(c echo.Context, tx *repository.Session, r *domain.ProgressReport) error {
	v, err := tx.Commitments.Steady(ctx(c), r.Commitment)
	if err != nil {
		return err
	}
	if err := r.Submit(actor(c), v, s.today()); err != nil {
		return err
	}
	for _, d := range r.Outstanding(v) {
		_, err := tx.Milestones.Update(ctx(c), domain.ReportMilestone, d.Milestone, nil, func(_ *repository.Session, m *domain.Milestone) error {
			return m.Report(actor(c), v, d, s.today(), r.Reporters...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// AcceptProgressReport accepts a progress report, and takes the place of the one
// that it corrects.
func (s *Server) AcceptProgressReport(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).ProgressReports, domain.AcceptProgressReport, id, progressReportJSON, func(tx *repository.Session, r *domain.ProgressReport) error {
		// First, so that two who review never wait for each other.
		if err := r.Reviewable(actor(c)); err != nil {
			return err
		}
		v, err := tx.Commitments.Hold(ctx(c), domain.AcceptProgressReport, r.Commitment)
		if err != nil {
			return err
		}
		if r.Supersedes == "" {
			return r.Accept(actor(c), v, nil, s.today())
		}
		_, err = tx.ProgressReports.Update(ctx(c), domain.AcceptProgressReport, r.Supersedes, nil, func(_ *repository.Session, old *domain.ProgressReport) error {
			return r.Accept(actor(c), v, old, s.today())
		})
		return err
	})
}

// ReturnProgressReport returns a progress report.
func (s *Server) ReturnProgressReport(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).ProgressReports, domain.ReturnProgressReport, id, progressReportJSON, func(_ *repository.Session, r *domain.ProgressReport) error {
		return r.Return(actor(c), in.Reason)
	})
}

// VerifyProgressReport records the verified figures of an accepted report.
func (s *Server) VerifyProgressReport(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.VerificationDraft](c)
	if err != nil {
		return err
	}
	var found *domain.Verification
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		r, err := tx.ProgressReports.Hold(ctx(c), domain.VerifyProgressReport, domain.ProgressReportID(id))
		if err != nil {
			return err
		}
		v, err := tx.Commitments.Planned(ctx(c), r.Commitment)
		if err != nil {
			return err
		}
		if found, err = r.Verify(actor(c), v, verificationDraft(in), s.today()); err != nil {
			return err
		}
		return tx.Verifications.Create(ctx(c), domain.VerifyProgressReport, found)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, found, verificationJSON)
}

func progressReportDraft(in openapi.ProgressReportDraft) domain.ProgressReportDraft {
	d := domain.ProgressReportDraft{
		Period:    domain.Period{From: domain.Date(in.Period.From), Until: domain.Date(in.Period.Until)},
		Narrative: in.Narrative, Figures: reportedFigures(in.Figures), Supersedes: domain.ProgressReportID(in.SupersedesID),
	}
	for _, o := range in.Omissions {
		d.Omissions = append(d.Omissions, domain.Omission{
			Indicator: domain.IndicatorID(o.IndicatorID), Milestone: domain.MilestoneID(o.MilestoneID), Reason: o.Reason,
		})
	}
	for _, m := range in.Milestones {
		d.Deliveries = append(d.Deliveries, domain.Delivery{Milestone: domain.MilestoneID(m.MilestoneID), Evidence: m.Evidence, EvidenceURL: m.EvidenceURL})
	}
	return d
}

func progressReportDraftJSON(r *domain.ProgressReport) openapi.ProgressReportDraft {
	return openapi.ProgressReportDraft{
		Period: openapi.Period{From: string(r.Period.From), Until: string(r.Period.Until)}, Narrative: r.Narrative,
		Figures: figuresJSON(r.Figures), Milestones: deliveriesJSON(r.Deliveries), Omissions: omissionsJSON(r.Omissions), SupersedesID: string(r.Supersedes),
	}
}

func omissionsJSON(in []domain.Omission) []openapi.Omission {
	out := make([]openapi.Omission, len(in))
	for i, o := range in {
		out[i] = openapi.Omission{IndicatorID: string(o.Indicator), MilestoneID: string(o.Milestone), Reason: o.Reason}
	}
	return out
}

func reportedFigures(in []openapi.Figure) []domain.Figure {
	out := make([]domain.Figure, len(in))
	for i, f := range in {
		out[i] = domain.Figure{Indicator: domain.IndicatorID(f.IndicatorID), Value: domain.Decimal(f.Value)}
		for _, p := range f.Parts {
			out[i].Parts = append(out[i].Parts, domain.Part{Dimension: p.Dimension, Category: p.Category, Value: domain.Decimal(p.Value)})
		}
	}
	return out
}

func figuresJSON(in []domain.Figure) []openapi.Figure {
	out := make([]openapi.Figure, len(in))
	for i, f := range in {
		out[i] = openapi.Figure{IndicatorID: string(f.Indicator), Value: string(f.Value), Parts: partsJSON(f.Parts)}
	}
	return out
}

func deliveriesJSON(in []domain.Delivery) []openapi.Delivery {
	out := make([]openapi.Delivery, len(in))
	for i, d := range in {
		out[i] = openapi.Delivery{MilestoneID: string(d.Milestone), Evidence: d.Evidence, EvidenceURL: d.EvidenceURL}
	}
	return out
}

func progressReportJSON(by domain.Actor, r *domain.ProgressReport) openapi.ProgressReport {
	out := openapi.ProgressReport{
		ID: string(r.ID), CommitmentID: string(r.Commitment), Period: openapi.Period{From: string(r.Period.From), Until: string(r.Period.Until)},
		Narrative: r.Narrative, Figures: figuresJSON(r.Figures), Milestones: deliveriesJSON(r.Deliveries), Omissions: omissionsJSON(r.Omissions), SupersedesID: string(r.Supersedes),
		SupersededByID: string(r.SupersededBy), Stage: r.Stage.String(), ReturnReason: r.ReturnReason, SubmittedOn: string(r.SubmittedOn),
		AcceptedOn: string(r.AcceptedOn), Next: next(by, r.Relation, r.Next(by)),
	}
	if by.Sees(domain.ProgressReportInside, r.Relation) {
		out.SubmittedBy, out.ReviewedBy = string(r.SubmittedBy), string(r.ReviewedBy)
	}
	return out
}
