package repository

import (
	"context"
	"math"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// organizationPair is two organizations that may be one, as they were last
// compared.
type organizationPair struct {
	ID            string
	First, Second domain.OrganizationID
	// Score is in thousandths, so that a cursor can name it.
	Score   int
	Reasons domain.List[string]
}

// organizationChange is an organization that waits to be compared.
type organizationChange struct {
	Organization domain.OrganizationID
}

// awaitCompare notes that an organization is to be compared anew, and forgets at
// once the pairs that somebody has told apart.
func awaitCompare(ctx context.Context, s *Session, o *domain.Organization) error {
	// Where it waits already the row is updated, and so locked: the comparison leaves
	// it to the next one instead of reading what this save replaces.
	err := s.mechanism(ctx).Exec(`INSERT INTO organization_changes (organization) VALUES (?)
		ON CONFLICT (organization) DO UPDATE SET organization = excluded.organization`, o.ID).Error
	for _, d := range o.Distinctions {
		if err != nil {
			break
		}
		first, second := ordered(o.ID, d.From)
		err = s.mechanism(ctx).Where("first = ? AND second = ?", first, second).Delete(&organizationPair{}).Error
	}
	return err
}

func ordered(a, b domain.OrganizationID) (first, second domain.OrganizationID) {
	return min(a, b), max(a, b)
}

// compareBatch is how many organizations are compared in one transaction: few
// enough for others to write between two.
const compareBatch = 20

// CompareChanged finds anew what the organizations that have changed may be
// duplicates of: a thousand at most, so that other work has its turn. Only the
// server itself asks so.
func (t Organizations) CompareChanged(ctx context.Context) error {
	for range 1000 / compareBatch {
		n, err := t.compareSome(ctx)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

func (t Organizations) compareSome(ctx context.Context) (n int, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		if err := s.Alone(ctx, "duplicates"); err != nil {
			return err
		}
		var ids []domain.OrganizationID
		q := s.mechanism(ctx).Model(&organizationChange{}).Order("organization").Limit(compareBatch)
		if s.store.postgres { // what is being changed just now comes next time
			q = q.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
		}
		if err := q.Pluck("organization", &ids).Error; err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		if err := s.mechanism(ctx).Where("organization IN ?", ids).Delete(&organizationChange{}).Error; err != nil {
			return err
		}
		if err := s.mechanism(ctx).Where("first IN ? OR second IN ?", ids, ids).Delete(&organizationPair{}).Error; err != nil {
			return err
		}
		var rows []domain.Organization
		if err := s.Organizations.within(ctx, t.read).Where("id IN ?", ids).Find(&rows).Error; err != nil {
			return err
		}
		for i := range rows {
			if err := s.pair(ctx, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// pair keeps what an organization may be a duplicate of.
func (s *Session) pair(ctx context.Context, o *domain.Organization) error {
	found, err := s.Organizations.alike(ctx, o)
	if err != nil || len(found) == 0 {
		return err
	}
	rows := make([]organizationPair, len(found))
	for i, d := range found {
		first, second := ordered(o.ID, d.Organization.ID)
		rows[i] = organizationPair{s.NewID(), first, second, int(math.Round(d.Score * 1000)), d.Reasons}
	}
	return s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, createBatch).Error
}

// PairFilter narrows the list of pairs; an empty field does not. A type or a
// country is that of either.
type PairFilter struct {
	// MinScore is in hundredths.
	MinScore      int
	Type, Country string
}

// Pairs returns a page of the organizations that may be one, over the whole
// register, the likeliest first. Those that were told apart are not among them.
func (t Organizations) Pairs(ctx context.Context, f PairFilter, p Page) (Rows[domain.DuplicatePair], error) {
	var out Rows[domain.DuplicatePair]
	if t.s.actor.Reach(domain.ReadDuplicates)&domain.All == 0 {
		return out, forbidden(domain.ReadDuplicates)
	}
	q := t.s.mechanism(ctx).Model(&organizationPair{}).Where("score >= ?", f.MinScore*10)
	for _, is := range [][2]string{{"type", f.Type}, {"country", f.Country}} {
		if is[1] != "" {
			q = q.Where("EXISTS (SELECT 1 FROM organizations o WHERE o.id IN (first, second) AND o."+is[0]+" = ?)", is[1])
		}
	}
	rows, err := listRows[organizationPair](t.s.store, q, "organization_pairs", []sortKey{{"score", true}, {"id", true}}, p)
	if err != nil {
		return out, err
	}
	var ids []domain.OrganizationID
	for _, r := range rows.Items {
		ids = append(ids, r.First, r.Second)
	}
	by, err := t.s.organizationsByID(ctx, ids)
	if err != nil {
		return out, err
	}
	out.Next, out.Total = rows.Next, rows.Total
	for _, r := range rows.Items {
		out.Items = append(out.Items, domain.DuplicatePair{First: by[r.First], Second: by[r.Second], Score: float64(r.Score) / 1000, Reasons: r.Reasons})
	}
	return out, nil
}
