package repository

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"accord/domain"
)

// Inside returns every commitment inside a partnership, the oldest first, with its
// plan even if it has ended.
func (t Commitments) Inside(ctx context.Context, p domain.PartnershipID) ([]*domain.Commitment, error) {
	var rows []*domain.Commitment
	// The index holds only those that are inside one.
	err := t.within(ctx, t.read).Where("partnership = ? AND partnership <> ''", p).Order("created_at, id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	plans, ids := map[domain.CommitmentID]*domain.Plan{}, make([]domain.CommitmentID, len(rows))
	for i, c := range rows {
		plans[c.ID], ids[i] = &c.Plan, c.ID
	}
	return rows, t.s.readPlans(ctx, ids, plans)
}

// Of returns every amendment of a commitment, in the order of their numbers.
func (t Amendments) Of(ctx context.Context, c domain.CommitmentID) ([]domain.Amendment, error) {
	var rows []domain.Amendment
	err := t.within(ctx, t.read).Where("commitment = ?", c).Order("number").Find(&rows).Error
	return rows, err
}

// Of returns every document of some records of some kinds, kind by kind, and of
// each the oldest first.
func (t Documents) Of(ctx context.Context, kinds []domain.DocumentParent, parents []string) ([]*domain.Document, error) {
	var out []*domain.Document
	for some := range slices.Chunk(parents, idsAtOnce) {
		var rows []*domain.Document
		if err := t.within(ctx, t.read).Where("parent_kind IN ? AND parent IN ?", kinds, some).Find(&rows).Error; err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b *domain.Document) int {
		return cmp.Or(slices.Index(kinds, a.ParentKind)-slices.Index(kinds, b.ParentKind), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, t.filled(ctx, out...)
}

// idsAtOnce is how many ids one statement names.
const idsAtOnce = 500

// In is where the contributions to a partnership count, and to the commitments
// inside it.
type In struct {
	Partnership domain.PartnershipID
	Commitments []domain.CommitmentID
}

// EveryIn yields the contributions, the oldest first. An error is the last that is
// yielded.
func (t Contributions) EveryIn(ctx context.Context, in In) iter.Seq2[*domain.Contribution, error] {
	return everyIn(ctx, t.table, in)
}

// EveryIn yields the entries of the ledgers, the oldest first. An error is the
// last that is yielded.
func (t LedgerEntries) EveryIn(ctx context.Context, in In) iter.Seq2[*domain.ContributionEntry, error] {
	return everyIn(ctx, t.table, in)
}

func everyIn[T any, R record[T]](ctx context.Context, t table[T, R], in In) iter.Seq2[*T, error] {
	t.sorts = sorts{"created_at": "created_at"}
	return every("", func(p Page) (Rows[T], error) {
		p.Sort = "created_at"
		return t.list(t.within(ctx, t.read).Where("((partnership = ? AND partnership <> '') OR (commitment IN ? AND commitment <> ''))",
			in.Partnership, in.Commitments), p)
	})
}
