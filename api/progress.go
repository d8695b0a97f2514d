package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// seesCommitment refuses a list of what belongs to a commitment that the caller
// can't see.
func (s *Server) seesCommitment(c echo.Context, id openapi.ID) (domain.CommitmentID, error) {
	v, err := s.as(c).Commitments.Get(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return "", err
	}
	return v.ID, nil
}

// underCommitment does something that rests on a commitment's state, while the
// commitment is held still.
func (s *Server) underCommitment(c echo.Context, act domain.Action, id openapi.ID, do func(*repository.Session, *domain.Commitment) error) error {
	return s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		v, err := tx.Commitments.Hold(ctx(c), act, domain.CommitmentID(id))
		if err != nil {
			return err
		}
		return do(tx, v)
	})
}

// ListAmendments answers with a commitment's amendments.
func (s *Server) ListAmendments(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Amendments.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, amendmentJSON)
}

// GetAmendment answers with one amendment.
func (s *Server) GetAmendment(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Amendments.Get(ctx(c), domain.AmendmentID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, amendmentJSON)
}

// ProposeAmendment proposes to change what an accepted commitment promises.
func (s *Server) ProposeAmendment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AmendmentDraft](c)
	if err != nil {
		return err
	}
	var a *domain.Amendment
	_, err = s.as(c).Commitments.Update(ctx(c), domain.ProposeAmendment, domain.CommitmentID(id), nil, func(tx *repository.Session, v *domain.Commitment) error {
		terms, err := amended(v.Terms, in)
		if err != nil {
			return err
		}
		if a, err = v.Propose(actor(c), terms, in.Reason, s.today()); err != nil {
			return err
		}
		return tx.Amendments.Create(ctx(c), domain.ProposeAmendment, a)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, a, amendmentJSON)
}

// amended are the terms with what the draft gives.
func amended(t domain.Terms, in openapi.AmendmentDraft) (domain.Terms, error) {
	if in.Title != "" {
		t.Title = in.Title
	}
	if in.Text != "" {
		t.Text = in.Text
	}
	if in.DueOn != "" {
		t.DueOn, t.DuePrecision, t.DueText = domain.Date(in.DueOn), "", ""
	}
	if in.Amount == nil {
		return t, nil
	}
	var err error
	t.Amount, err = money(in.Amount)
	return t, err
}

// ApproveAmendment approves an amendment and changes the commitment by it.
func (s *Server) ApproveAmendment(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Amendments, domain.ApproveAmendment, id, amendmentJSON, func(tx *repository.Session, a *domain.Amendment) error {
		_, err := tx.Commitments.Update(ctx(c), domain.ApproveAmendment, a.Commitment, nil, func(tx *repository.Session, v *domain.Commitment) error {
			org, err := tx.Organizations.Steady(ctx(c), v.Organization)
			if err != nil {
				return err
			}
			return v.Amend(actor(c), a, *org, s.today())
		})
		return err
	})
}

// DeclineAmendment declines an amendment.
func (s *Server) DeclineAmendment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Amendments, domain.DeclineAmendment, id, amendmentJSON, func(_ *repository.Session, a *domain.Amendment) error {
		return a.Decline(actor(c), in.Reason, s.today())
	})
}

func amendmentJSON(by domain.Actor, a *domain.Amendment) openapi.Amendment {
	out := openapi.Amendment{
		ID: string(a.ID), CommitmentID: string(a.Commitment), Number: a.Number, Changes: []openapi.Change{}, Reason: a.Reason,
		Stage: a.Stage.String(), DeclineReason: a.DeclineReason, ProposedOn: string(a.ProposedOn), DecidedOn: string(a.DecidedOn),
		Next: next(by, a.Relation, a.Next(by)),
	}
	for _, ch := range a.Changes() {
		out.Changes = append(out.Changes, openapi.Change{Field: ch.Field, Old: ch.Old, New: ch.New})
	}
	if by.Internal() {
		out.ProposedBy, out.DecidedBy = string(a.ProposedBy), string(a.DecidedBy)
	}
	return out
}

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
	return openapi.MilestoneDraft{Title: m.Title, Weight: m.Weight, DueOn: string(m.DueOn), DuePrecision: string(m.DuePrecision), DueText: m.DueText}
}

func milestoneJSON(by domain.Actor, m *domain.Milestone) openapi.Milestone {
	out := openapi.Milestone{
		ID: string(m.ID), CommitmentID: string(m.Commitment), Title: m.Title, Weight: m.Weight,
		DueOn: string(m.DueOn), DuePrecision: string(m.DuePrecision), DueText: m.DueText,
		Stage: m.Stage.String(), Evidence: m.Evidence, EvidenceURL: m.EvidenceURL, ReportedOn: string(m.ReportedOn),
		VerifiedOn: string(m.VerifiedOn), RejectReason: m.RejectReason, Next: next(by, m.Relation, m.Next(by)),
	}
	if by.Internal() {
		out.ReportedBy, out.VerifiedBy = string(m.ReportedBy), string(m.VerifiedBy)
	}
	return out
}

// ListIndicators answers with a commitment's indicators and their figures.
func (s *Server) ListIndicators(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Indicators.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, indicatorJSON)
}

// GetIndicator answers with one indicator and its figures.
func (s *Server) GetIndicator(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Indicators.Get(ctx(c), domain.IndicatorID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, indicatorJSON)
}

// CreateIndicator adds an indicator to a commitment.
func (s *Server) CreateIndicator(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.IndicatorDraft](c)
	if err != nil {
		return err
	}
	var i *domain.Indicator
	err = s.underCommitment(c, domain.CreateIndicator, id, func(tx *repository.Session, v *domain.Commitment) (err error) {
		if i, err = domain.NewIndicator(v, indicatorDraft(in)); err != nil {
			return err
		}
		return tx.Indicators.Create(ctx(c), domain.CreateIndicator, i)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, i, indicatorJSON)
}

// EditIndicator changes an indicator while its commitment is written.
func (s *Server) EditIndicator(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Indicators, domain.EditIndicator, id, indicatorJSON, indicatorDraftJSON,
		func(tx *repository.Session, i *domain.Indicator, in openapi.IndicatorDraft) error {
			v, err := tx.Commitments.Steady(ctx(c), i.Commitment)
			if err != nil {
				return err
			}
			return i.Edit(v, indicatorDraft(in))
		})
}

// RemoveIndicator takes an indicator out while its commitment is written.
func (s *Server) RemoveIndicator(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Indicators, domain.RemoveIndicator, id, indicatorJSON, func(tx *repository.Session, i *domain.Indicator) error {
		v, err := tx.Commitments.Steady(ctx(c), i.Commitment)
		if err != nil {
			return err
		}
		return i.Remove(v)
	})
}

func indicatorDraft(in openapi.IndicatorDraft) domain.IndicatorDraft {
	d := domain.IndicatorDraft{
		Title: in.Title, Definition: in.Definition, Unit: in.Unit, MeansOfVerification: in.MeansOfVerification, Measure: domain.IndicatorMeasure(in.Measure),
		Ascending: in.Ascending, Cumulative: in.Cumulative, Disaggregation: in.Disaggregation,
	}
	if in.Baseline != nil {
		d.Baseline = domain.Baseline{Year: in.Baseline.Year, Value: domain.Decimal(in.Baseline.Value)}
	}
	for _, t := range in.Targets {
		d.Targets = append(d.Targets, domain.Target{
			Period: domain.Period{From: domain.Date(t.From), Until: domain.Date(t.Until)}, Value: domain.Decimal(t.Value),
		})
	}
	return d
}

func indicatorDraftJSON(i *domain.Indicator) openapi.IndicatorDraft {
	d := i.Draft()
	return openapi.IndicatorDraft{
		Title: d.Title, Definition: d.Definition, Unit: d.Unit, MeansOfVerification: d.MeansOfVerification, Measure: string(d.Measure), Ascending: d.Ascending,
		Cumulative: d.Cumulative, Baseline: baselineJSON(d.Baseline), Targets: targetsJSON(d.Targets), Disaggregation: d.Disaggregation,
	}
}

func baselineJSON(b domain.Baseline) *openapi.Baseline {
	if b == (domain.Baseline{}) {
		return nil
	}
	return &openapi.Baseline{Year: b.Year, Value: string(b.Value)}
}

func targetsJSON(in []domain.Target) []openapi.Target {
	out := make([]openapi.Target, len(in))
	for i, t := range in {
		out[i] = openapi.Target{From: string(t.From), Until: string(t.Until), Value: string(t.Value)}
	}
	return out
}

func indicatorJSON(by domain.Actor, i *domain.Indicator) openapi.Indicator {
	out := openapi.Indicator{
		ID: string(i.ID), CommitmentID: string(i.Commitment), Title: i.Title, Definition: i.Definition, Unit: i.Unit,
		MeansOfVerification: i.MeansOfVerification, Measure: string(i.Measure), Ascending: i.Ascending, Cumulative: i.Cumulative, Baseline: baselineJSON(i.Baseline),
		Targets: targetsJSON(i.Targets), Actuals: make([]openapi.Actual, len(i.Actuals)), Disaggregation: orEmpty(i.Disaggregation),
		Next: next(by, i.Relation, i.Next()),
	}
	for n, a := range i.Actuals {
		out.Actuals[n] = openapi.Actual{
			From: string(a.From), Until: string(a.Until), Reported: string(a.Reported), Verified: string(a.Verified),
			Confidence: string(a.Confidence), ReportID: string(a.Report), Parts: partsJSON(a.Parts),
		}
	}
	return out
}

func partsJSON(in []domain.Part) []openapi.Part {
	out := make([]openapi.Part, len(in))
	for i, p := range in {
		out[i] = openapi.Part{Dimension: p.Dimension, Category: p.Category, Value: string(p.Value)}
	}
	return out
}

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
			return m.Report(actor(c), v, d, s.today())
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
		v, err := tx.Commitments.Steady(ctx(c), r.Commitment)
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
	if by.Internal() {
		out.SubmittedBy, out.ReviewedBy = string(r.SubmittedBy), string(r.ReviewedBy)
	}
	return out
}

// ListVerifications answers with the verifications of a commitment and its reports.
func (s *Server) ListVerifications(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Verifications.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, verificationJSON)
}

// GetVerification answers with one verification.
func (s *Server) GetVerification(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Verifications.Get(ctx(c), domain.VerificationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, verificationJSON)
}

func verificationDraft(in openapi.VerificationDraft) domain.VerificationDraft {
	return domain.VerificationDraft{
		Method: domain.VerificationMethod(in.Method), Evidence: in.Evidence, EvidenceURL: in.EvidenceURL,
		Confidence: domain.Confidence(in.Confidence), Figures: reportedFigures(in.Figures),
	}
}

// verificationJSON keeps the evidence with the office: it may tell who spoke
// about the organization that it is shown to.
func verificationJSON(by domain.Actor, v *domain.Verification) openapi.Verification {
	out := openapi.Verification{
		ID: string(v.ID), CommitmentID: string(v.Commitment), ReportID: string(v.Report), Outcome: string(v.Outcome), Method: string(v.Method),
		Confidence: string(v.Confidence), Figures: figuresJSON(v.Figures),
		VerifiedOn: string(v.VerifiedOn), Next: []string{},
	}
	if by.Internal() {
		out.VerifiedBy, out.Evidence, out.EvidenceURL = string(v.VerifiedBy), v.Evidence, v.EvidenceURL
	}
	return out
}
