package repository

import (
	"testing"

	"accord/domain"
)

func TestWhatARuleRestsOnStaysUntilTheRuleIsKept(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		o := b.organization("Steady")
		other, err := b.SQL()
		must(t, err)
		must(t, b.system().Tx(t.Context(), func(tx *Session) error {
			if v, err := tx.Organizations.Steady(t.Context(), o.ID); err != nil || v.ID != o.ID {
				t.Errorf("rests on %v, %v", v, err)
			}
			if !b.onPostgres() {
				return nil // which has one writer, this one
			}
			const take = "SELECT id FROM organizations WHERE id = $1 FOR "
			if _, err := other.ExecContext(t.Context(), take+"NO KEY UPDATE NOWAIT", o.ID); err == nil {
				t.Error("another may change it meanwhile")
			}
			_, err := other.ExecContext(t.Context(), take+"SHARE NOWAIT", o.ID)
			return err // another may rest on it too
		}))
		if _, err := b.system().Organizations.Steady(t.Context(), domain.OrganizationID("none")); err == nil {
			t.Error("rests on nothing")
		}
	})
}
