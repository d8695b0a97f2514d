package repository

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/match"
)

type organizationKey struct {
	NameKey      string
	Organization domain.OrganizationID
}

// keysOf are what an organization is looked up by: its names, its domain and its
// identifiers.
func keysOf(o *domain.Organization) []string {
	var keys []string
	for _, name := range o.Names() {
		keys = append(keys, match.Parse(name).Keys()...)
	}
	if host := o.Host(); host != "" {
		keys = append(keys, "h:"+host)
	}
	for _, id := range o.Identifiers {
		keys = append(keys, "i:"+id.Scheme+":"+id.Value)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// indexKeys keeps what an organization is looked up by.
func indexKeys(ctx context.Context, s *Session, o *domain.Organization) error {
	db := s.mechanism(ctx)
	if o.Version > 1 {
		if err := db.Where("organization = ?", o.ID).Delete(&organizationKey{}).Error; err != nil {
			return err
		}
	}
	keys := keysOf(o)
	rows := make([]organizationKey, len(keys))
	for i, k := range keys {
		rows[i] = organizationKey{k, o.ID}
	}
	if len(rows) == 0 {
		return nil
	}
	return db.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, createBatch).Error
}

// IndexNames makes the keys of organizations that have none: those of before
// there were any. Only the server itself asks so.
func (t Organizations) IndexNames(ctx context.Context) error {
	for {
		var rows []domain.Organization
		err := t.within(ctx, t.read).Where("id NOT IN (SELECT organization FROM organization_keys)").Order("id").Limit(createBatch).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		err = t.s.Tx(ctx, func(s *Session) error {
			for i := range rows {
				if err := indexKeys(ctx, s, &rows[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// A key that so many organizations share tells nothing, and of so many at most
// somebody is asked.
const (
	keyTells      = 400
	mostDuplicate = 20
)

// Duplicates ranks the organizations within reach that may be the given one,
// which need not be stored; the likeliest first, and not more than somebody looks at.
func (t Organizations) Duplicates(ctx context.Context, o *domain.Organization) ([]domain.PossibleDuplicate, error) {
	out, err := t.alike(ctx, o)
	return out[:min(len(out), mostDuplicate)], err
}

// alike are all of them.
func (t Organizations) alike(ctx context.Context, o *domain.Organization) ([]domain.PossibleDuplicate, error) {
	var keys []string
	db := t.s.mechanism(ctx).Model(&organizationKey{})
	err := db.Where("name_key IN ?", keysOf(o)).Group("name_key").Having("count(*) <= ?", keyTells).Pluck("name_key", &keys).Error
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var alike []domain.Organization
	err = t.within(ctx, t.read).Where("id <> ? AND id IN (SELECT organization FROM organization_keys WHERE name_key IN ?)", o.ID, keys).Find(&alike).Error
	if err != nil {
		return nil, err
	}
	var out []domain.PossibleDuplicate
	for i := range alike {
		if d := compare(o, &alike[i]); d.Score >= match.Possible && !domain.ToldApart(o, &alike[i]) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b domain.PossibleDuplicate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Organization.NameKey, b.Organization.NameKey), cmp.Compare(a.Organization.ID, b.Organization.ID))
	})
	return out, nil
}

// compare scores two organizations by the two of their names that are nearest,
// and by their domains.
func compare(a, b *domain.Organization) domain.PossibleDuplicate {
	d := domain.PossibleDuplicate{Organization: b}
	var why match.Reason
	for _, x := range a.Names() {
		for _, y := range b.Names() {
			if score, reason := match.Compare(match.Parse(x), match.Parse(y)); score > d.Score {
				d.Score, why = score, reason
			}
		}
	}
	if d.Score >= match.Possible {
		d.Reasons = append(d.Reasons, string(why))
	}
	if host := a.Host(); host != "" && host == b.Host() {
		d.Score = max(d.Score, sameDomain)
		d.Reasons = append(d.Reasons, "same_domain")
	}
	// Of what is on file no two share one; what is about to be can.
	if slices.ContainsFunc(a.Identifiers, func(id domain.Identifier) bool { return slices.Contains(b.Identifiers, id) }) {
		d.Score, d.Reasons = 1, append([]string{"same_identifier"}, d.Reasons...)
	}
	return d
}

// sameDomain is the score of organizations that share a website and no name: one
// may be a part of the other.
const sameDomain = 0.8
