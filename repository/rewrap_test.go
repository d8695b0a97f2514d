package repository

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/vault"
)

// TestRewrap changes the master key under a database that holds one of all that
// lies under it. It is killed at every row in turn, and told to go on: meanwhile
// the file with both keys opens everything, and afterwards the new one alone does.
func TestRewrap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		open := func(m *vault.Master) *Store {
			s, err := Open(dsn, Options{Master: m})
			check(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}
		current := master
		opens := underKeys(t, open(current))
		for _, table := range underMaster {
			if opens[table.table] == nil {
				t.Fatalf("nothing is opened that lies in %s", table.table)
			}
		}
		all := func(how string, m *vault.Master) {
			t.Helper()
			s := open(m)
			for table, read := range opens {
				if err := read(s); err != nil {
					t.Errorf("%s: %s is lost: %v", how, table, err)
				}
			}
		}
		for at, killed := 1, true; killed; at++ {
			both, err := current.Rotate()
			check(t, err)
			alone, err := both.DropOld()
			check(t, err)
			for table, read := range opens {
				if read(open(alone)) == nil {
					t.Errorf("the new key alone reads what of %s was never encrypted under it", table)
				}
			}
			n, err := killedAt(at, open(both))
			killed = err != nil
			if killed {
				all(fmt.Sprintf("killed at row %d", at), both)
				n, err = open(both).Rewrap(t.Context())
			}
			if err != nil || n < len(underMaster) {
				t.Fatalf("%d keys: %v", n, err)
			}
			all("the new key alone", alone)
			current = alone
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// killedAt rewraps until so many rows were about to be changed.
func killedAt(at int, s *Store) (int, error) {
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	n := 0
	err := s.write.Callback().Update().Before("gorm:update").Register("killed", func(*gorm.DB) {
		if n++; n == at {
			kill()
		}
	})
	if err != nil {
		return 0, err
	}
	return s.Rewrap(ctx)
}

// underKeys stores one of everything that lies under the master key, and returns
// how each is opened, by its table.
func underKeys(t *testing.T, s *Store) map[string]func(*Store) error {
	t.Helper()
	ctx, system := t.Context(), s.As(domain.Actor{Role: domain.System})
	opens := map[string]func(*Store) error{}
	same := func(got string, err error) error {
		if err == nil && got != "told in confidence" {
			err = fmt.Errorf("it says %q", got)
		}
		return err
	}
	sealedBy := func(table string, key *vault.Key, again func(*Session) (*vault.Key, error)) {
		sealed, err := key.Seal([]byte("told in confidence"), "a place")
		check(t, err)
		opens[table] = func(s *Store) error {
			key, err := again(s.As(domain.Actor{Role: domain.System}))
			if err != nil {
				return err
			}
			plain, err := key.Open(sealed, "a place")
			return same(string(plain), err)
		}
	}

	advisor, err := domain.NewAdvisor("Birch", domain.AdvisorDraft{})
	check(t, err)
	check(t, asLiaison(t, s).Advisors.Create(ctx, domain.CreateAdvisor, advisor))
	const submission = domain.SubmissionID("a submission")
	var ofAdvisor, ofSubmission *vault.Key
	check(t, system.Tx(ctx, func(tx *Session) (err error) {
		if ofAdvisor, err = tx.advisorKey(ctx, advisor.ID); err != nil {
			return err
		}
		ofSubmission, err = tx.newSubmissionKey(ctx, submission)
		return err
	}))
	sealedBy("advisor_keys", ofAdvisor, func(s *Session) (*vault.Key, error) { return s.keptKey(ctx, advisor.ID) })
	const mark = "HELD"
	wrapped, held, err := s.master.NewKey(keyOwner(advisor.ID))
	check(t, err)
	check(t, system.Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Create(&heldKey{Mark: mark, Advisor: advisor.ID, Wrapped: wrapped}).Error
	}))
	sealedBy("held_keys", held, func(s *Session) (*vault.Key, error) {
		keys, err := s.ownKeys(ctx, "held_keys", "mark = ?", mark)
		if err != nil {
			return nil, err
		}
		return s.store.master.Unwrap(keys[0].Wrapped, keyOwner(advisor.ID))
	})
	sealedBy("submission_keys", ofSubmission, func(s *Session) (*vault.Key, error) { return s.submissionKey(ctx, submission) })

	a, err := domain.NewAccount(domain.AccountDraft{Login: "officer@example.org", Name: "Officer", Role: domain.Staff, Password: "!"})
	check(t, err)
	check(t, system.Accounts.Create(ctx, domain.EditAccount, a))
	factor := domain.NewTOTP(a.ID, domain.NewSecret("told in confidence"))
	check(t, factor.Confirm(0))
	check(t, system.Factors.Create(ctx, domain.EnrollFactor, factor))
	opens["factors"] = func(s *Store) error {
		f, err := s.As(domain.Actor{Role: domain.System}).Factors.Get(ctx, factor.ID)
		if err != nil {
			return err
		}
		return same(f.Secret.Reveal(), nil)
	}
	opens["ceremonies"] = func(s *Store) error { // each is opened once
		state, err := s.As(domain.Actor{Role: domain.System}).TakeCeremony(ctx, "a challenge")
		if err != nil {
			return err
		}
		return errors.Join(same(string(state), nil), s.As(domain.Actor{Role: domain.System}).KeepCeremony(ctx, "a challenge", state, time.Hour))
	}
	check(t, system.KeepCeremony(ctx, "a challenge", []byte("told in confidence"), time.Hour))
	ring, err := s.KeyRing(ctx)
	check(t, err)
	opens["signing_keys"] = func(s *Store) error {
		now, err := s.KeyRing(ctx)
		if err == nil && !now.Signer.Equal(ring.Signer) {
			err = errors.New("the key that signs is another")
		}
		return err
	}

	staff := s.As(domain.Actor{Role: domain.Staff, Account: a.ID})
	o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Harbor", Type: domain.OrganizationBusiness})
	check(t, err)
	check(t, staff.Organizations.Create(ctx, domain.CreateOrganization, o))
	about := domain.DocumentDraft{ParentKind: domain.OfOrganization, Parent: string(o.ID), Title: "File"}
	digest := strings.Repeat("0", 64)
	d, err := domain.NewDocument(staff.actor, about, "draft", domain.File{Name: "a.txt", MediaType: "text/plain", Size: 1, SHA256: digest, Blob: "a blob", Key: []byte("told in confidence")}, false, "2026-03-02")
	check(t, err)
	check(t, staff.Documents.Create(ctx, domain.CreateDocument, d))
	opens["document_keys"] = func(s *Store) error {
		docs := s.As(domain.Actor{Role: domain.System}).Documents
		d, err := docs.Get(ctx, d.ID)
		if err != nil {
			return err
		}
		content, err := docs.ContentKey(ctx, d, &d.Versions[0])
		return same(string(content), err)
	}
	u, err := domain.NewUpload(staff.actor, about, "", "a.txt", 1, digest, s.Now())
	check(t, err)
	check(t, staff.Uploads.Create(ctx, domain.BeginUpload, u, []byte("told in confidence")))
	opens["uploads"] = func(s *Store) error {
		uploads := s.As(staff.actor).Uploads
		u, err := uploads.Get(ctx, u.ID)
		if err != nil {
			return err
		}
		content, err := uploads.Key(u)
		return same(string(content), err)
	}
	v, err := domain.NewApplication("a receipt", domain.ApplicationDraft{
		Organization: domain.OrganizationDraft{LegalName: "Pier", Type: domain.OrganizationNGO}, Contact: domain.ContactDraft{Name: "Ana"}, Why: "told in confidence",
	}, "2026-03-02")
	check(t, err)
	check(t, s.As(domain.Actor{Role: domain.Anyone, Receipt: "a receipt"}).Applications.Create(ctx, domain.Apply, v))
	opens["applications"] = func(s *Store) error {
		v, err := s.As(domain.Actor{Role: domain.System}).Applications.Get(ctx, v.ID)
		if err != nil {
			return err
		}
		return same(v.File.Why, nil)
	}
	return opens
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
	"submission_versions.sealed": true, "messages.sealed": true, "safe_contacts.sealed": true, "safe_contacts.waiting_sealed": true, "vault_fields.sealed": true, "held_fields.sealed": true,
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

// asLiaison is the store as a liaison of its own reaches it.
func asLiaison(t *testing.T, s *Store) *Session {
	t.Helper()
	a, err := domain.NewAccount(domain.AccountDraft{Login: "liaison@example.org", Name: "Liaison", Role: domain.Liaison, Password: "!"})
	check(t, err)
	check(t, s.As(domain.Actor{Role: domain.System}).Accounts.Create(t.Context(), domain.EditAccount, a))
	return s.As(a.Actor())
}
