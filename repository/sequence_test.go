package repository

import (
	"testing"

	"accord/domain"
	"accord/internal/ledger"
)

const origin = "accord.test/audit"

func (b *bench) sequence() *Checkpoint {
	b.Helper()
	c, err := b.Sequence(b.Context(), origin)
	must(b, err)
	return c
}

func (b *bench) auditor() *Session {
	return b.As(domain.Actor{Account: "an auditor", Role: domain.Auditor})
}

func TestEveryEntryGetsItsPlace(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for range 3 {
			b.organization(b.Name())
		}
		c := b.sequence()
		if c == nil || c.Size != 3 || b.count("SELECT count(*) FROM ledger_pending") != 0 {
			t.Fatalf("%+v", c)
		}
		b.organization("A fourth")
		second := b.sequence()
		if b.sequence() != nil {
			t.Error("a checkpoint of nothing new")
		}
		key, err := b.auditor().Trail.VerifierKey(t.Context())
		must(t, err)
		before, err := ledger.Verify(key, c.Note)
		must(t, err)
		after, err := ledger.Verify(key, second.Note)
		must(t, err)
		path, _, err := b.auditor().Trail.ProveGrowth(t.Context(), 3, 4)
		must(t, err)
		must(t, ledger.CheckConsistency(path, before, after))
		rows, err := b.auditor().Trail.Entries(t.Context(), EntryFilter{}, Page{Limit: 100})
		must(t, err)
		proved := 0
		for _, e := range rows.Items {
			if e.Leaf == nil {
				continue
			}
			p, err := b.auditor().Trail.Prove(t.Context(), e.ID, 0)
			must(t, err)
			must(t, ledger.CheckInclusion(p.Path, p.Size, after.Root, *p.Entry.Leaf, p.LeafHash))
			proved++
		}
		if proved != 4 {
			t.Errorf("%d proved", proved)
		}
	})
}
