package repository

import (
	"context"

	"accord/domain"
)

// RequirementsTable is the table of versions of what an approval needs.
type RequirementsTable struct {
	table[domain.Requirements, *domain.Requirements]
}

func requirements(s *Session) RequirementsTable {
	return RequirementsTable{newTable[domain.Requirements](s, domain.ReadRequirements, nil, nil)}
}

// List returns a page of versions; of one kind and one stage if they are given.
func (t RequirementsTable) List(ctx context.Context, kind, stage string, p Page) (Rows[domain.Requirements], error) {
	return t.list(equal(t.within(ctx, t.read), "kind", kind, "stage", stage), p)
}

// Newest returns the version in force for a kind of partnership; nil if there is
// none.
func (t RequirementsTable) Newest(ctx context.Context, kind domain.PartnershipKind) (*domain.Requirements, error) {
	var rows []domain.Requirements
	err := t.within(ctx, t.read).Where("kind = ? AND number > 0", kind).Order("number DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// Last returns the number of the version in force, and lets nobody else number
// one until the transaction ends.
func (t RequirementsTable) Last(ctx context.Context, kind domain.PartnershipKind) (int, error) {
	if err := t.s.Alone(ctx, "requirements "+string(kind)); err != nil {
		return 0, err
	}
	r, err := t.Newest(ctx, kind)
	if err != nil || r == nil {
		return 0, err
	}
	return r.Number, nil
}
