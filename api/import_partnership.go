package api

import (
	"cmp"
	"context"
	"fmt"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

var partnershipFields = withMarking(map[string]sheet.Type{
	"title": sheet.TextType, "kind": sheet.TextType, "purpose": sheet.TextType, "members": sheet.ListType, "member_role": sheet.TextType, "starts_on": sheet.DateType, "ends_on": sheet.DateType,
	"reapproval_due_on": sheet.DateType, "amount": sheet.DecimalType, "currency": sheet.TextType, "monitoring_plan": sheet.TextType,
	"memorandum": sheet.TextType, "memorandum_reason": sheet.TextType, "memorandum_reference": sheet.TextType, "source": sheet.TextType,
	"stage": sheet.TextType, "approved_on": sheet.DateType, "signed_on": sheet.DateType, "ended_on": sheet.DateType,
})

// membersListed are known by their names alone, as those of an engagement are.
func membersListed(f fields) []domain.OrganizationDraft { return namedAlone(f.list("members")) }

// takePartnership takes a partnership over as an older register left it. What it
// lacks there is its remediation list; nothing is approved by it.
func takePartnership(ctx context.Context, b *batch, f fields) (string, bool, error) {
	in := partnershipTold(f)
	members, err := b.members(membersListed(f))
	if err != nil {
		return "", false, err
	}
	role := cmp.Or(f.text("member_role"), "member")
	for _, o := range members {
		in.Partnership.Members = append(in.Partnership.Members, openapi.MemberDraft{OrganizationID: string(o.ID), Role: role})
	}
	p, err := b.legacy(ctx, in, members)
	if err != nil {
		return "", false, relocated(err, map[string]string{"estimated_value": "amount"})
	}
	for _, o := range members {
		if b.enlist(o, domain.OrganizationDraft{}) {
			b.figures.Organizations++
		}
	}
	b.new.partnerships = append(b.new.partnerships, p)
	return string(p.ID), true, nil
}

func partnershipTold(f fields) openapi.LegacyPartnership {
	in := openapi.PartnershipDraft{
		Title: f.text("title"), Kind: f.text("kind"), Purpose: f.text("purpose"), StartsOn: f.date("starts_on"), EndsOn: f.date("ends_on"),
		ReapprovalDueOn: f.date("reapproval_due_on"), MonitoringPlan: f.text("monitoring_plan"), Memorandum: f.text("memorandum"),
		MemorandumReason: f.text("memorandum_reason"), Objectives: f.list("objectives"), ContributesTo: f.list("contributes_to"), Pillars: f.list("pillars"),
		TraffickingTypes: f.list("trafficking_types"), Topics: f.list("topics"), Countries: f.countries("countries"),
	}
	if amount := f.decimal("amount"); amount != "" {
		in.EstimatedValue = &openapi.Money{Amount: amount, Currency: f.text("currency")}
	}
	return openapi.LegacyPartnership{
		Partnership: in, Source: f.text("source"), Stage: f.text("stage"), ApprovedOn: f.date("approved_on"), SignedOn: f.date("signed_on"),
		EndedOn: f.date("ended_on"), MemorandumReference: f.text("memorandum_reference"),
	}
}

// legacy is the partnership that a record tells of. Members whose file begins
// with it are not vetted, and so are gaps.
func (b *batch) legacy(ctx context.Context, in openapi.LegacyPartnership, members []*domain.Organization) (*domain.Partnership, error) {
	if err := within(in.Partnership); err != nil {
		return nil, err
	}
	draft, facts, err := legacyPartnership(in)
	if err != nil {
		return nil, err
	}
	d, err := b.tx.Partnerships.Dossier(ctx, &domain.Partnership{Kind: draft.Kind, Members: draft.Members})
	if err != nil {
		return nil, err
	}
	for _, o := range members {
		if o.Version == 0 {
			d.Members = append(d.Members, *o)
		}
	}
	p, err := domain.TakeOver(draft, facts, d, b.today())
	if err != nil {
		return nil, err
	}
	p.Begin(b.tx.NewID())
	return p, within(in)
}

// members are the organizations of these names, each once however it is written.
// They are not yet part of the batch.
func (b *batch) members(told []domain.OrganizationDraft) ([]*domain.Organization, error) {
	var out []*domain.Organization
	seen := map[string]bool{}
	for i, d := range told {
		key := domain.NameKey(d.LegalName)
		if seen[key] {
			continue
		}
		seen[key] = true
		o, err := b.organization(d)
		if err != nil {
			return nil, relocated(err, map[string]string{"": fmt.Sprintf("members/%d", i)})
		}
		out = append(out, o)
	}
	return out, nil
}
