package repository

import (
	"strings"
	"testing"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/vault"
)

// TestRewrap changes the master key under a database and reads everything with
// the new key alone.
func TestRewrap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		open := func(m *vault.Master) *Store {
			s, err := Open(dsn, Options{Master: m})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		before := open(master)
		ring, err := before.KeyRing(t.Context())
		check(err)
		a, err := domain.NewAccount(domain.AccountDraft{Login: "officer@example.org", Name: "Officer", Role: domain.Staff, Password: "!"})
		check(err)
		system := domain.Actor{Role: domain.System}
		check(before.As(system).Accounts.Create(t.Context(), domain.EditAccount, a))
		factor := domain.NewTOTP(a.ID, domain.NewSecret("GEZDGNBVGY3TQOJQ"))
		check(factor.Confirm(0))
		check(before.As(system).Factors.Create(t.Context(), domain.EnrollFactor, factor))
		both, err := master.Rotate()
		check(err)
		alone, err := both.DropOld()
		check(err)
		if _, err := open(alone).KeyRing(t.Context()); err == nil {
			t.Fatal("the new key alone reads what was never encrypted under it")
		}
		n, err := open(both).Rewrap(t.Context())
		if err != nil || n == 0 {
			t.Fatalf("%d keys: %v", n, err)
		}
		after, err := open(alone).KeyRing(t.Context())
		check(err)
		if f, err := open(alone).As(system).Factors.Get(t.Context(), factor.ID); err != nil || f.Secret.Reveal() != "GEZDGNBVGY3TQOJQ" {
			t.Errorf("the authenticator app's secret is lost: %v", err)
		}
		if !after.Signer.Equal(ring.Signer) {
			t.Error("the key that signs is another")
		}
	})
}

// TestRewrapKnowsEveryColumn fails where something is stored under the master key
// of which Rewrap doesn't know.
func TestRewrapKnowsEveryColumn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		s, err := Open(dsn, Options{Master: master})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		db, err := s.SQL()
		if err != nil {
			t.Fatal(err)
		}
		query := "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'BLOB' AND m.name NOT LIKE 'search%'"
		if strings.HasSuffix(t.Name(), "/postgres") {
			query = "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'"
		}
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var column string
			if err := rows.Scan(&column); err != nil {
				t.Fatal(err)
			}
			if !rewraps(column) && !underOther[column] {
				t.Errorf("%s: is it under the master key? Add it to underMaster, or here with what else it is", column)
			}
		}
	})
}

// underOther are sealed under keys that Rewrap wraps anew, or derived ones, or are
// no secrets.
var underOther = map[string]bool{
	"audit_entries.seal": true, "ledger_leaves.hashes": true, "idempotency_keys.answer": true, "imports.content": true, "import_files.content": true,
	"submission_versions.sealed": true, "messages.sealed": true, "safe_contacts.sealed": true, "vault_fields.sealed": true,
	"document_versions.sealed_key": true, // under the document's key
}

func rewraps(column string) bool {
	for _, t := range underMaster {
		if t.table+"."+t.column == column {
			return true
		}
	}
	return false
}
