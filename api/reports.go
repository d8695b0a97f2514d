package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
)

// GetReport answers with the figures of an objective for a fiscal year.
func (s *Server) GetReport(c echo.Context, objective string, p openapi.GetReportParams) error {
	year := s.fiscalYear(p.FiscalYear)
	figures, err := s.as(c).Report(ctx(c), objective, year)
	if err != nil {
		return err
	}
	o, _ := domain.ObjectiveByCode(objective)
	from, until := domain.FiscalYearSpan(year)
	out := openapi.Report{
		Objective: o.Code, Title: o.Title, FiscalYear: year, BeginsOn: string(from), EndsOn: string(until.AddDays(-1)),
		AsOf: string(domain.DateOf(s.store.Now())),
	}
	for _, f := range figures {
		out.Indicators = append(out.Indicators, figureJSON(f, year))
	}
	return answerJSON(c, http.StatusOK, out)
}

// ListReportRows answers with the rows behind a figure.
func (s *Server) ListReportRows(c echo.Context, objective, indicator string, p openapi.ListReportRowsParams) error {
	rows, err := s.as(c).ReportRows(ctx(c), objective, indicator, s.fiscalYear(p.FiscalYear), p.Key, page(c))
	if err != nil {
		return err
	}
	ind, _ := domain.ReportIndicatorByCode(objective, indicator)
	return showPage(c, rows, func(by domain.Actor, r *domain.ReportRow) openapi.ReportRow { return reportRowJSON(by, ind, r) })
}

// fiscalYear is the year that was asked for, or the current one.
func (s *Server) fiscalYear(asked int) int {
	if asked == 0 {
		return domain.DateOf(s.store.Now()).FiscalYear()
	}
	return asked
}

// figureJSON is the same for everyone who is told the figure.
func figureJSON(f domain.ReportFigure, year int) openapi.ReportFigure {
	out := openapi.ReportFigure{
		Code: f.Code, Title: f.Title, Unit: f.Unit, Kind: string(f.Kind), Definition: f.Definition, Limits: f.Limits,
		Suppressed: f.Suppressed, Value: valueJSON(f),
	}
	if f.Kind == domain.FigurePair {
		reported, verified := int(f.SelfReported), int(f.Verified)
		out.SelfReported, out.Verified = &reported, &verified
	}
	if !f.Personal() {
		out.Count = &f.Rows
		out.Rows = fmt.Sprintf("/v1/reports/objectives/%s/indicators/%s/rows?fiscal_year=%d", f.Objective, f.Code, year)
	}
	return out
}

// valueJSON is nil for a pair, and where there is no figure to be told.
func valueJSON(f domain.ReportFigure) any {
	switch f.Kind {
	case domain.FigureCount:
		return f.Rows
	case domain.FigureBreakdown, domain.FigureAmounts, domain.FigurePeople:
		return map[string]any{"by": cellsJSON(f.Cells)}
	}
	if f.Number != "" {
		return f.Number
	}
	return nil
}

func cellsJSON(in []domain.ReportCell) []openapi.ReportCell {
	out := make([]openapi.ReportCell, len(in))
	for i, c := range in {
		out[i] = openapi.ReportCell{Key: c.Key, Value: c.Count}
		if c.Number != "" {
			out[i].Value = c.Number
		}
	}
	return out
}

// reportRowJSON says what a record is called to those who may read every one of
// its kind.
func reportRowJSON(by domain.Actor, ind domain.ReportIndicator, r *domain.ReportRow) openapi.ReportRow {
	out := openapi.ReportRow{Kind: r.Kind, ID: r.ID, Date: string(r.Day), Key: r.Key, Value: ind.Value(*r)}
	if by.Reach(r.Readable())&domain.All != 0 {
		out.Title = r.Title
	}
	return out
}
