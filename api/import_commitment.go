package api

import (
	"context"
	"strings"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

var commitmentFields = withMarking(map[string]sheet.Type{
	"organization": sheet.TextType, "organization_type": sheet.TextType, "organization_country": sheet.TextType, "organization_identifiers": sheet.ListType,
	"title": sheet.TextType, "text": sheet.TextType, "due_on": sheet.DateType, "due_precision": sheet.TextType, "due_text": sheet.TextType,
	"amount": sheet.DecimalType, "currency": sheet.TextType, "source_url": sheet.TextType, "stage": sheet.TextType, "as_of": sheet.DateTimeType,
	"milestone_title": sheet.TextType, "milestone_weight": sheet.IntegerType, "milestone_due_on": sheet.DateType,
	"milestone_due_precision": sheet.TextType, "milestone_due_text": sheet.TextType,
	"indicator_title": sheet.TextType, "indicator_unit": sheet.TextType, "indicator_ascending": sheet.BooleanType,
	"target": sheet.DecimalType, "baseline": sheet.DecimalType, "baseline_year": sheet.IntegerType,
	"milestone_target": sheet.DecimalType, "milestone_baseline": sheet.DecimalType, "milestone_baseline_year": sheet.IntegerType,
})

func organizationPromising(f fields) []domain.OrganizationDraft {
	return []domain.OrganizationDraft{{
		LegalName: f.text("organization"), Type: domain.OrganizationType(f.text("organization_type")),
		Country: f.country("organization_country"), Identifiers: identifiers(f.list("organization_identifiers")),
	}}
}

var organizationPromised = map[string]string{
	"legal_name": "organization", "type": "organization_type", "country": "organization_country", "identifiers": "organization_identifiers",
}

// takeCommitment writes down a commitment as the register shows it, with one
// milestone and what both are measured by, as far as it tells of them.
func takeCommitment(_ context.Context, b *batch, f fields) (string, bool, error) {
	told := organizationPromising(f)[0]
	o, err := b.organization(told)
	if err != nil {
		return "", false, relocated(err, organizationPromised)
	}
	c, err := b.promised(o, f)
	if err != nil {
		return "", false, err
	}
	milestone, err := b.milestone(c, f)
	if err != nil {
		return "", false, err
	}
	indicators, err := b.indicators(c, f)
	if err != nil {
		return "", false, err
	}
	if err := c.Recorded(domain.CommitmentStage(f.text("stage")), f.day("as_of")); err != nil {
		return "", false, err
	}
	if b.enlist(o, told) {
		b.figures.Organizations++
	}
	b.new.commitments = append(b.new.commitments, c)
	b.new.milestones = append(b.new.milestones, milestone...)
	b.new.indicators = append(b.new.indicators, indicators...)
	return string(c.ID), true, nil
}

func (b *batch) promised(o *domain.Organization, f fields) (*domain.Commitment, error) {
	in := openapi.CommitmentDraft{
		Title: f.text("title"), Text: f.text("text"), SourceURL: f.text("source_url"),
		DueOn: f.date("due_on"), DuePrecision: f.text("due_precision"), DueText: f.text("due_text"),
		Objectives: f.list("objectives"), ContributesTo: f.list("contributes_to"), Pillars: f.list("pillars"),
		TraffickingTypes: f.list("trafficking_types"), Topics: f.list("topics"), Countries: f.countries("countries"),
	}
	if amount := f.decimal("amount"); amount != "" {
		in.Amount = &openapi.Money{Amount: amount, Currency: f.text("currency")}
	}
	d, err := commitmentDraft(in)
	if err != nil {
		return nil, err
	}
	c, err := domain.NewCommitment(o.ID, d, nil)
	if err != nil {
		return nil, err
	}
	c.Begin(b.tx.NewID())
	return c, within(in)
}

// milestone is none where the register gives a step no name or no date: it then
// stands in the text alone, if the mapping puts it there.
func (b *batch) milestone(c *domain.Commitment, f fields) ([]*domain.Milestone, error) {
	in := openapi.MilestoneDraft{
		Title: f.text("milestone_title"), Weight: f.number("milestone_weight"), DueOn: f.date("milestone_due_on"),
		DuePrecision: f.text("milestone_due_precision"), DueText: f.text("milestone_due_text"),
	}
	if in.Title == "" || in.DueOn == "" {
		return nil, nil
	}
	if in.Weight == 0 {
		in.Weight = 100 // it is the only one
	}
	named := map[string]string{
		"title": "milestone_title", "weight": "milestone_weight", "due_on": "milestone_due_on",
		"due_precision": "milestone_due_precision", "due_text": "milestone_due_text",
	}
	m, err := domain.NewMilestone(c, milestoneDraft(in))
	if err == nil {
		err = within(in)
	}
	return []*domain.Milestone{m}, relocated(err, named)
}

// indicators are one for the target at the end and one for that of the
// milestone: each has a baseline of its own.
func (b *batch) indicators(c *domain.Commitment, f fields) ([]*domain.Indicator, error) {
	var out []*domain.Indicator
	for _, prefix := range []string{"", "milestone_"} {
		if f.decimal(prefix+"target") == "" {
			continue
		}
		named := map[string]string{
			"title": "indicator_title", "unit": "indicator_unit", "baseline": prefix + "baseline_year", "targets": prefix + "target",
		}
		in := measured(f, prefix)
		i, err := domain.NewIndicator(c, indicatorDraft(in))
		if err == nil {
			err = within(in)
		}
		if err != nil {
			return nil, relocated(err, named)
		}
		out = append(out, i)
	}
	return out, nil
}

// measured is the indicator of a target. One that the register gives no date
// can't be a target for a period and is kept in words.
func measured(f fields, prefix string) openapi.IndicatorDraft {
	in := openapi.IndicatorDraft{Title: f.text("indicator_title"), Unit: f.text("indicator_unit"), Ascending: f.yes("indicator_ascending")}
	if prefix != "" {
		in.Title = strings.Join([]string{in.Title, f.text("milestone_title")}, ": ")
	}
	if year := f.number(prefix + "baseline_year"); year != 0 {
		in.Baseline = &openapi.Baseline{Year: year, Value: f.decimal(prefix + "baseline")}
	}
	value, due := f.decimal(prefix+"target"), f.date(prefix+"due_on")
	if due == "" {
		in.Definition = "The target of " + value + " has no date."
		return in
	}
	in.Targets = []openapi.Target{{From: beginning(due, domain.Precision(f.text(prefix+"due_precision"))), Until: due, Value: value}}
	return in
}

// beginning is the first day of the span that a date of this precision ends.
func beginning(due string, p domain.Precision) string {
	switch p {
	case domain.ToTheMonth:
		return due[:len("2006-01")] + "-01"
	case domain.ToTheYear:
		return due[:len("2006")] + "-01-01"
	}
	return due
}
