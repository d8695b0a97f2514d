package api

import (
	"context"
	"fmt"
	"strings"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

var recommendationFields = map[string]sheet.Type{
	"body": sheet.TextType, "body_statute": sheet.TextType, "body_seats": sheet.IntegerType, "body_term_years": sheet.IntegerType,
	"body_renewals": sheet.IntegerType, "body_assessment_days": sheet.IntegerType,
	"report_year": sheet.IntegerType, "number": sheet.IntegerType, "text": sheet.TextType, "agencies": sheet.ListType, "topics": sheet.ListType,
	"source": sheet.TextType, "notes": sheet.ListType, "issued_on": sheet.DateType, "issued_precision": sheet.TextType,
	"response_stage": sheet.TextType, "response_text": sheet.TextType, "response_on": sheet.DateType,
}

// takeRecommendation writes down a recommendation as issued, with the answer of
// each agency that it is addressed to.
func takeRecommendation(ctx context.Context, b *batch, f fields) (string, bool, error) {
	council, err := b.council(ctx, f)
	if err != nil {
		return "", false, err
	}
	number, err := b.number(ctx, council, f)
	if err != nil {
		return "", false, err
	}
	r, err := b.recommended(council, number, f)
	if err != nil {
		return "", false, err
	}
	responses, err := b.answers(council, r, f)
	if err != nil {
		return "", false, err
	}
	if b.councils[council.Name] == nil {
		b.councils[council.Name] = council
		b.new.councils = append(b.new.councils, council)
	}
	b.numbers[numbering(council, r.ReportYear)] = number
	b.new.recommendations = append(b.new.recommendations, r)
	b.new.responses = append(b.new.responses, responses...)
	return string(r.ID), true, nil
}

// council is the body that recommends, as the mapping names it. One that is not
// there yet is made of what the mapping says of it, by who may make councils.
func (b *batch) council(ctx context.Context, f fields) (*domain.AdvisoryCouncil, error) {
	name := f.text("body")
	if c := b.councils[name]; c != nil {
		return c, nil
	}
	c, err := found(b.tx.Councils.Called(ctx, name))
	if err != nil {
		return nil, err
	}
	if c != nil {
		b.councils[name] = c
		return c, nil
	}
	if !b.tx.Actor().May(domain.CreateCouncil) {
		return nil, (domain.Faults{{Pointer: "/body", Code: "unknown_value", Detail: "must be a council that there is; a liaison makes one"}}).Err()
	}
	seats := f.number("body_seats")
	c, err = domain.NewCouncil(domain.CouncilDraft{
		Name: name, Statute: f.text("body_statute"), MinSeats: seats, Seats: seats, TermYears: f.number("body_term_years"),
		Renewals: f.number("body_renewals"), AssessmentDays: f.number("body_assessment_days"),
	})
	if err == nil {
		c.Begin(b.tx.NewID())
		err = within(councilDraftJSON(c))
	}
	return c, relocated(err, map[string]string{"name": "body", "statute": "body_statute", "seats": "body_seats", "term_years": "body_term_years"})
}

func numbering(c *domain.AdvisoryCouncil, year int) string { return fmt.Sprint(c.ID, year) }

// number is the one that the register gives, or the next in the year's report.
func (b *batch) number(ctx context.Context, c *domain.AdvisoryCouncil, f fields) (int, error) {
	if n := f.number("number"); n != 0 {
		return n, nil
	}
	year := f.number("report_year")
	if last := b.numbers[numbering(c, year)]; last != 0 {
		return last + 1, nil
	}
	return b.tx.Recommendations.NextNumber(ctx, c.ID, year)
}

func (b *batch) recommended(c *domain.AdvisoryCouncil, number int, f fields) (*domain.Recommendation, error) {
	in := openapi.RecommendationPatch{
		ReportYear: f.number("report_year"), Number: number, Text: f.text("text"), Agencies: f.list("agencies"), Topics: f.list("topics"),
	}
	r, err := domain.NewIssuedRecommendation(c.ID, recommendationDraft(in), domain.IssuedElsewhere{
		On: domain.Date(f.date("issued_on")), Precision: domain.Precision(f.text("issued_precision")),
		Source: strings.Join(append([]string{f.text("source")}, f.list("notes")...), "\n"),
	}, b.today())
	if err != nil {
		return nil, err
	}
	r.Begin(b.tx.NewID())
	return r, within(in)
}

// answers are the same of every agency, since a row has one.
func (b *batch) answers(c *domain.AdvisoryCouncil, r *domain.Recommendation, f fields) ([]*domain.AgencyResponse, error) {
	was := domain.RecordedAnswer{
		Stage: domain.AgencyResponseStage(f.text("response_stage")), Text: f.text("response_text"), On: domain.Date(f.date("response_on")),
	}
	if was.Stage == "" {
		was.Stage = domain.AgencyResponseReceived
	}
	var out []*domain.AgencyResponse
	for _, agency := range r.Agencies {
		a, err := r.RecordAnswer(c, agency, was, b.today())
		if err != nil {
			return nil, relocated(err, map[string]string{"stage": "response_stage", "text": "response_text", "on": "response_on"})
		}
		out = append(out, a)
	}
	return out, nil
}
