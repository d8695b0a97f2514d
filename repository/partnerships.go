package repository

import (
	"context"
	"fmt"
	"slices"

	"accord/domain"
)

// Partnerships is the table of partnerships.
type Partnerships struct {
	table[domain.Partnership, *domain.Partnership]
}

func partnerships(s *Session) Partnerships {
	t := newTable[domain.Partnership](s, domain.ReadPartnership, partnershipReach, sorts{
		"title": "title", "starts_on": "starts_on", "ends_on": "ends_on", "reapproval_due_on": "reapproval_due_on", "created_at": "created_at",
	})
	t.fill, t.index = fillMembers, indexMembers
	return Partnerships{t}
}

// partnershipReach shows a member the partnership from the memorandum's draft on.
func partnershipReach(a domain.Actor) []relation {
	return []relation{{domain.Shared,
		"r.stage NOT IN ('concept', 'due_diligence') AND r.id IN (SELECT partnership FROM partnership_members WHERE organization = ?)",
		[]any{a.Organization}}}
}

// PartnershipFilter narrows a list; an empty field does not.
type PartnershipFilter struct {
	Stage, Kind  string
	Organization domain.OrganizationID
	MarkFilter
}

// List returns a page of partnerships.
func (t Partnerships) List(ctx context.Context, f PartnershipFilter, p Page) (Rows[domain.Partnership], error) {
	q := t.within(ctx, t.read)
	q = equal(q, "stage", f.Stage, "kind", f.Kind)
	if f.Organization != "" {
		q = q.Where("id IN (SELECT partnership FROM partnership_members WHERE organization = ?)", f.Organization)
	}
	return t.list(f.narrow(t.s, q, t.name), p)
}

// Due returns the ids of partnerships whose approval runs out by a day, or has.
func (t Partnerships) Due(ctx context.Context, by domain.Date) ([]domain.PartnershipID, error) {
	var out []domain.PartnershipID
	err := t.within(ctx, t.read).
		Where("reapproval_due_on <= ? AND stage IN ?", by, domain.AgreedStages()).
		Order("reapproval_due_on, id").Pluck("id", &out).Error
	return out, err
}

// fillMembers names the members.
func fillMembers(ctx context.Context, s *Session, rows []*domain.Partnership) error {
	var ids []domain.OrganizationID
	for _, p := range rows {
		ids = append(ids, memberIDs(p)...)
	}
	names, err := s.organizationNames(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range rows {
		for i := range p.Members {
			p.Members[i].Name = names[p.Members[i].Organization]
		}
	}
	return nil
}

func memberIDs(p *domain.Partnership) []domain.OrganizationID {
	out := make([]domain.OrganizationID, len(p.Members))
	for i, m := range p.Members {
		out[i] = m.Organization
	}
	return out
}

// organizationNames are the legal names of organizations that the caller has
// before it. Nothing else of them is read.
func (s *Session) organizationNames(ctx context.Context, ids []domain.OrganizationID) (map[domain.OrganizationID]string, error) {
	out := map[domain.OrganizationID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	slices.Sort(ids)
	var rows []struct{ ID, LegalName string }
	err := s.mechanism(ctx).Table("organizations").Select("id, legal_name").Where("id IN ?", slices.Compact(ids)).Find(&rows).Error
	for _, r := range rows {
		out[domain.OrganizationID(r.ID)] = r.LegalName
	}
	return out, err
}

type partnershipMember struct {
	Partnership  domain.PartnershipID
	Organization domain.OrganizationID
}

// indexMembers keeps the members to be found by, each an organization that there
// is.
func indexMembers(ctx context.Context, s *Session, p *domain.Partnership) error {
	if err := fillMembers(ctx, s, []*domain.Partnership{p}); err != nil {
		return err
	}
	var f domain.Faults
	rows := make([]partnershipMember, len(p.Members))
	for i, m := range p.Members {
		if m.Name == "" {
			f.Add(fmt.Sprintf("/members/%d/organization_id", i), "unknown_value", "must be an organization that there is")
		}
		rows[i] = partnershipMember{p.ID, m.Organization}
	}
	if err := f.Err(); err != nil {
		return err
	}
	db := s.mechanism(ctx)
	if err := db.Where("partnership = ?", p.ID).Delete(&partnershipMember{}).Error; err != nil || len(rows) == 0 {
		return err
	}
	return db.Create(&rows).Error
}

// Members returns the member organizations as they stand, and stay until the
// transaction ends, with their vetting, for a decision about the partnership.
// The caller has been allowed to decide it.
func (t Partnerships) Members(ctx context.Context, p *domain.Partnership) ([]domain.Organization, error) {
	var out []domain.Organization
	system := t.s.As(domain.Actor{Role: domain.System})
	err := t.s.steady(system.Organizations.within(ctx, domain.ReadOrganization).Where("id IN ?", memberIDs(p))).Find(&out).Error
	if err != nil || len(out) == 0 {
		return nil, err
	}
	all := make([]*domain.Organization, len(out))
	for i := range out {
		all[i] = &out[i]
	}
	return out, t.s.vet(ctx, all...)
}
