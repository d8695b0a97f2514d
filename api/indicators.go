package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

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
	return indicatorPlanJSON(i.Draft())
}

func indicatorPlanJSON(d domain.IndicatorDraft) openapi.IndicatorDraft {
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
