package repository

import (
	"context"

	"accord/domain"
)

// Relationships is the table of what organizations are to each other.
type Relationships struct {
	table[domain.Relationship, *domain.Relationship]
}

func relationships(s *Session) Relationships {
	t := newTable[domain.Relationship](s, domain.ReadRelationship, func(a domain.Actor) []relation {
		return []relation{{domain.Own, "r.organization = ?", []any{a.Organization}}, {domain.Shared, "r.other = ?", []any{a.Organization}}}
	}, nil)
	t.computed = []string{
		"(SELECT o.legal_name FROM organizations o WHERE o.id = r.organization) AS organization_name",
		"(SELECT o.legal_name FROM organizations o WHERE o.id = r.other) AS other_name",
	}
	// What an organization that was merged into another was beside it is the survivor's.
	t.only = "r.organization NOT IN (" + mergedAway + ") AND r.other NOT IN (" + mergedAway + ")"
	return Relationships{t}
}

// RelationshipFilter narrows a list; an empty field does not.
type RelationshipFilter struct {
	Kind string
	// On is a day on which it holds.
	On domain.Date
}

// List returns a page of an organization's relationships, whichever way round.
func (t Relationships) List(ctx context.Context, org domain.OrganizationID, f RelationshipFilter, p Page) (Rows[domain.Relationship], error) {
	q := equal(t.within(ctx, t.read).Where("organization = ? OR other = ?", org, org), "kind", f.Kind)
	if f.On != "" {
		q = q.Where("starts_on <= ? AND (ends_on = '' OR ends_on >= ?)", f.On, f.On)
	}
	return t.list(q, p)
}

// Fits refuses a relationship that can't stand beside the others. Until the
// transaction ends no other is recorded, so that no two make a circle at once.
func (t Relationships) Fits(ctx context.Context, r *domain.Relationship) error {
	if err := t.s.Alone(ctx, "relationships"); err != nil {
		return err
	}
	var between []domain.Relationship
	err := t.within(ctx, t.read).Where("organization = ? AND other = ? OR organization = ? AND other = ?", r.Organization, r.Other, r.Other, r.Organization).Find(&between).Error
	if err != nil {
		return err
	}
	above, err := t.s.above(ctx, r, asOne{})
	if err != nil {
		return err
	}
	return r.Fit(between, above)
}

// asOne is two organizations that count as one: the absorbed as the survivor, whose
// file names this parent. The zero value is none.
type asOne struct{ survivor, absorbed, parent domain.OrganizationID }

// above are the organizations of which the other one of a relationship is a part
// on some of its days, at any remove, and by the parent that its file names.
func (s *Session) above(ctx context.Context, r *domain.Relationship, two asOne) (out []domain.OrganizationID, err error) {
	err = s.mechanism(ctx).Raw(`WITH RECURSIVE stated (child, parent) AS (
			SELECT organization, other FROM relationships WHERE kind = ? AND id <> ? AND (ends_on = '' OR ends_on >= ?) AND (? = '' OR starts_on <= ?)
			UNION SELECT id, parent FROM organizations WHERE parent <> '' AND merged_into = '' AND id NOT IN (?, ?)
		), part (child, parent) AS (
			SELECT CASE child WHEN ? THEN ? ELSE child END, CASE parent WHEN ? THEN ? ELSE parent END FROM stated
			UNION SELECT id, CAST(? AS TEXT) FROM organizations WHERE id = ? AND ? <> ''
		), above (id) AS (
			SELECT parent FROM part WHERE child = ? AND parent <> child
			UNION SELECT part.parent FROM part JOIN above ON part.child = above.id AND part.parent <> part.child
		) SELECT id FROM above`,
		domain.SubsidiaryOf, r.ID, r.StartsOn, r.EndsOn, r.EndsOn, two.survivor, two.absorbed,
		two.absorbed, two.survivor, two.absorbed, two.survivor, two.parent, two.survivor, two.parent, r.Other).Scan(&out).Error
	return out, err
}

// Under refuses a parent that is not there, or is itself a part of the organization;
// no id stands for one that is new.
func (t Organizations) Under(ctx context.Context, id, parent domain.OrganizationID) error {
	if parent == "" {
		return nil
	}
	if err := t.s.Alone(ctx, "relationships"); err != nil {
		return err
	}
	if err := t.Named(ctx, "organization", "/parent_id", parent); err != nil {
		return err
	}
	above, err := t.s.above(ctx, &domain.Relationship{Other: parent, StartsOn: domain.DateOf(t.s.Now())}, asOne{})
	if err != nil {
		return err
	}
	return domain.NoCircle("/parent_id", id, above)
}

// Mandates is the table of what members let their associations do.
type Mandates struct {
	table[domain.Mandate, *domain.Mandate]
}

func mandates(s *Session) Mandates {
	return Mandates{newTable[domain.Mandate](s, domain.ReadMandate, func(a domain.Actor) []relation {
		return []relation{{domain.Own, "r.organization = ?", []any{a.Organization}}, {domain.Shared, "r.holder = ?", []any{a.Organization}}}
	}, nil)}
}

// List returns a page of a relationship's mandates.
func (t Mandates) List(ctx context.Context, id domain.RelationshipID, p Page) (Rows[domain.Mandate], error) {
	return t.list(t.within(ctx, t.read).Where("relationship = ?", id), p)
}

// ActFor is the actor as one who acts for another organization, as it stands now:
// what was revoked or is over lets nobody act. It costs the same for one that isn't there.
func (s *Store) ActFor(ctx context.Context, a domain.Actor, member domain.OrganizationID) (domain.Actor, error) {
	today := domain.DateOf(s.now())
	var rows []struct {
		Stage  domain.OrganizationStage
		Powers domain.List[domain.Power]
	}
	err := s.As(domain.Actor{Role: domain.System}).mechanism(ctx).Raw(`SELECT o.stage, m.powers FROM mandates m
		JOIN relationships r ON r.id = m.relationship JOIN organizations o ON o.id = m.organization AND o.merged_into = ''
		JOIN organizations h ON h.id = m.holder AND h.merged_into = ''
		WHERE m.holder = ? AND m.holder <> '' AND m.organization = ? AND m.stage = ? AND m.starts_on <= ? AND m.ends_on >= ?
		AND r.starts_on <= ? AND (r.ends_on = '' OR r.ends_on >= ?)`,
		a.Organization, member, domain.MandateGranted, today, today, today, today).Scan(&rows).Error
	if err != nil {
		return domain.Actor{}, err
	}
	var vetting domain.OrganizationStage
	var powers domain.List[domain.Power]
	for _, r := range rows {
		vetting, powers = r.Stage, append(powers, r.Powers...)
	}
	return a.ActFor(member, vetting, powers)
}
