package repository

import (
	"slices"
	"testing"
	"time"

	"accord/domain"
)

// unattributed writes an entry that nobody may know the time of.
func (b *bench) unattributed(record string) string {
	b.Helper()
	var id string
	must(b, b.system().Tx(b.Context(), func(tx *Session) error {
		e := tx.entry(b.Context(), domain.Event{Name: "submission.submitted", Unattributed: true}, "submissions", record, 1)
		id = e.ID
		return tx.mechanism(b.Context()).Create(&e).Error
	}))
	return id
}

// TestNoPlaceTellsATime writes unattributed entries through a day, among others,
// and sees them get their places together after it, in the order of their ids.
// Until then the trail does not have them: who looks often would see them come.
func TestNoPlaceTellsATime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var hidden []string
		for range 8 {
			hidden = append(hidden, b.unattributed("s"))
			b.forward(time.Minute)
			b.organization("Known")
			b.sequence()
		}
		seen := func() (ids []string) {
			rows, err := b.auditor().Trail.Entries(t.Context(), EntryFilter{Record: "s"}, Page{Limit: 100})
			must(t, err)
			for _, e := range rows.Items {
				ids = append(ids, e.ID)
			}
			return ids
		}
		if v := b.verify(); v.Found != 0 || v.Waiting != 8 || v.Size != 8 {
			t.Errorf("%+v", v)
		}
		if n := len(seen()); n != 0 {
			t.Errorf("%d are in the trail on their day", n)
		}
		if _, err := b.auditor().Trail.Prove(t.Context(), hidden[0], 0); err == nil || err.Error() != noEntry().Error() {
			t.Errorf("one that is not to be told of: %v", err)
		}
		b.forward(time.Date(2026, time.March, 3, 0, 59, 59, 0, time.UTC).Sub(b.clock()))
		b.sequence()
		if v := b.verify(); v.Waiting != 8 {
			t.Errorf("%d wait in the hour after", v.Waiting)
		}
		b.forward(time.Second)
		b.organization("After")
		b.sequence()
		slices.Sort(hidden)
		var places []string
		must(t, b.system().mechanism(t.Context()).Raw("SELECT entry FROM ledger_leaves WHERE entry IN ? ORDER BY leaf_index", hidden).Scan(&places).Error)
		if !slices.Equal(places, hidden) {
			t.Errorf("places\n%v, ids\n%v", places, hidden)
		}
		now := seen()
		if slices.Sort(now); !slices.Equal(now, hidden) {
			t.Errorf("the trail then has %v", now)
		}
		if v := b.verify(); v.Found != 0 {
			t.Errorf("%+v", v)
		}
	})
}
