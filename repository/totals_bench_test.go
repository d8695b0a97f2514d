package repository

import (
	"fmt"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

// BenchmarkTotals measures what a ledger of 100,000 entries comes to by each cut,
// in turns with the same sums in plain SQL; x-sql is the one in terms of the other.
func BenchmarkTotals(b *testing.B) {
	for _, kind := range []string{dbtest.SQLite, dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			s := openAppended(b, kind)
			fillLedger(b, s, 100_000)
			staff := s.As(domain.Actor{Account: "officer", Role: domain.Staff})
			for name, cuts := range map[string][]Cut{
				"whole": nil, "party": {ByParty}, "kind": {ByKind}, "year": {ByYear}, "all": {ByParty, ByKind, ByQuarter},
			} {
				b.Run(name, func(b *testing.B) {
					keys := "currency"
					for _, c := range cuts {
						for _, column := range cutColumns[c] {
							keys += ", " + column
						}
					}
					plain := "SELECT " + keys + ", measure, COUNT(*), SUM(amount_minor) FROM contribution_entries GROUP BY " + keys + ", measure"
					var ours, theirs time.Duration
					for b.Loop() {
						began := time.Now()
						_, err := staff.LedgerEntries.Totals(b.Context(), ContributionFilter{}, cuts...)
						must(b, err)
						ours += time.Since(began)
						began = time.Now()
						rows, err := s.read.Set(reachKey, true).WithContext(b.Context()).Raw(plain).Rows()
						must(b, err)
						for rows.Next() {
						}
						must(b, rows.Close())
						theirs += time.Since(began)
					}
					b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/total")
					b.ReportMetric(float64(ours)/float64(theirs), "x-sql")
				})
			}
		})
	}
}

// fillLedger enters n lines of 50 givers over ten years.
func fillLedger(b *testing.B, s *Store, n int) {
	b.Helper()
	db := s.write.Set(reachKey, true).WithContext(b.Context())
	k := domain.Contribution{Partnership: "p", Kind: domain.ContributesCash, Currency: "USD", Description: "A transfer"}
	k.ID, k.Version = "k", 1
	must(b, db.Create(&k).Error)
	rows := make([]domain.ContributionEntry, n)
	for i := range rows {
		on := domain.Date("2016-10-01").AddDays(i % 3650)
		rows[i] = domain.ContributionEntry{
			Contribution: "k", Organization: domain.OrganizationID(fmt.Sprintf("org-%d", i%50)), Partnership: domain.PartnershipID(fmt.Sprintf("p-%d", i%200)),
			Kind: domain.ContributionKinds()[i%5], Measure: domain.Measures()[i%3], AmountMinor: int64(i + 1), Currency: []string{"USD", "EUR"}[i%7%2],
			On: on, FiscalYear: on.FiscalYear(), Quarter: on.FiscalQuarter(),
		}
		rows[i].ID, rows[i].Version = domain.EntryID(fmt.Sprintf("e-%d", i)), 1
	}
	must(b, db.CreateInBatches(rows, 500).Error)
	must(b, s.KeepStatistics(b.Context()))
}
