package repository

import "testing"

func TestOrganizationsOfBeforeAreIndexed(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.organization("Older than the index")
		const keys = "SELECT count(*) FROM organization_keys"
		before := b.count(keys)
		must(t, b.write.Set(reachKey, true).Exec("DELETE FROM organization_keys").Error)
		for range 2 {
			must(t, b.system().Organizations.IndexNames(t.Context()))
		}
		if got := b.count(keys); got != before || got == 0 {
			t.Errorf("%d keys, were %d", got, before)
		}
	})
}
