package repository

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"accord/domain"
	"accord/internal/dbtest"
)

// TestEndingHoldsIsKillSafe is killed at every statement in turn: what is sealed is whole
// with its key, or all of it is gone, and the next run does what is left.
func TestEndingHoldsIsKillSafe(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		open := func() *Store {
			s, err := Open(dsn, Options{Master: master, Now: func() time.Time { return now }})
			check(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}
		s, ctx := open(), t.Context()
		liaison := asLiaison(t, s)
		sealed := func() domain.AdvisorID {
			t.Helper()
			a, err := domain.NewAdvisor("Birch "+s.newID()[:8], domain.AdvisorDraft{})
			check(t, err)
			check(t, liaison.Advisors.Create(ctx, domain.CreateAdvisor, a))
			day := domain.DateOf(now)
			h := &domain.LegalHold{Advisor: a.ID, Kind: domain.HoldByOrder, Reference: "1", EndsOn: day.AddDays(1), ProposedBy: "one", DecidedBy: "two", ConfirmedOn: day}
			check(t, h.Stage.Scan("confirmed"))
			system := s.As(domain.Actor{Role: domain.System})
			h.Begin(s.newID())
			h.Touch(now)
			check(t, system.Tx(ctx, func(tx *Session) error { return tx.mechanism(ctx).Create(h).Error }))
			self := s.As(domain.Actor{Role: domain.Advising, Account: "self", Advisor: a.ID})
			_, err = self.VaultEntries.Update(ctx, domain.WriteVaultEntry, domain.ID[domain.VaultEntry](a.ID), nil, func(_ *Session, e *domain.VaultEntry) error {
				return e.Write(map[domain.VaultField]domain.Secret{domain.VaultEmail: domain.NewSecret("canary")}, now)
			})
			check(t, err)
			_, err = self.VaultEntries.Update(ctx, domain.EraseVaultEntry, domain.ID[domain.VaultEntry](a.ID), nil, func(tx *Session, e *domain.VaultEntry) error {
				e.Erase(e.HeldUntil())
				return nil
			})
			check(t, err)
			return a.ID
		}
		count := func(query string, args ...any) (n int) {
			t.Helper()
			check(t, s.As(domain.Actor{Role: domain.System}).mechanism(ctx).Raw(query, args...).Scan(&n).Error)
			return n
		}
		for at, killed := 1, true; killed; at++ {
			of := sealed()
			now = now.Add(24 * time.Hour)
			dying := open()
			within, kill := context.WithCancel(ctx)
			n := 0
			strike := func(*gorm.DB) {
				if n++; n == at {
					kill()
				}
			}
			cb := dying.write.Callback()
			check(t, cb.Create().Before("gorm:create").Register("killed", strike))
			check(t, cb.Update().Before("gorm:update").Register("killed", strike))
			check(t, cb.Delete().Before("gorm:delete").Register("killed", strike))
			check(t, cb.Raw().Before("gorm:raw").Register("killed", strike))
			killed = dying.EndHolds(within) != nil
			kill()
			state := fmt.Sprint(count("SELECT count(*) FROM held_keys WHERE advisor = ?", of), count("SELECT count(*) FROM held_fields WHERE advisor = ?", of),
				count("SELECT count(*) FROM audit_entries WHERE record = ? AND event = 'vault_entry.erased'", of))
			if state != "1 1 0" && state != "0 0 1" || !killed && state != "0 0 1" {
				t.Fatalf("killed at statement %d: %s", at, state)
			}
			check(t, open().EndHolds(ctx))
			if n := count("SELECT (SELECT count(*) FROM held_keys) + (SELECT count(*) FROM held_fields) + (SELECT count(*) FROM legal_holds WHERE stage = 'confirmed')"); n != 0 {
				t.Fatalf("killed at statement %d: %d are left", at, n)
			}
			if n := count("SELECT count(*) FROM audit_entries WHERE record = ? AND event = 'vault_entry.erased'", of); n != 1 {
				t.Fatalf("killed at statement %d: it was erased %d times", at, n)
			}
		}
	})
}
