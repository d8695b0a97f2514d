package repository

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"testing"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/publicdata"
)

func TestWhatChangesWhileOthersAreComparedIsComparedAfterward(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.organization("Harbor Logistics Ltd")
		o := b.organization("Something else")
		compared := make(chan error, 1)
		must(t, b.system().Tx(t.Context(), func(tx *Session) error {
			_, err := tx.Organizations.Update(t.Context(), domain.EditOrganization, o.ID, nil, func(_ *Session, o *domain.Organization) error {
				d := o.Draft()
				d.LegalName = "Harbor Logistics Limited"
				return o.Edit(d)
			})
			go func() { compared <- b.system().Organizations.CompareChanged(t.Context()) }()
			if b.onPostgres() { // SQLite has one writer, for which the comparison waits
				compared <- <-compared
			}
			return err
		}))
		must(t, <-compared)
		must(t, b.system().Organizations.CompareChanged(t.Context()))
		if n := b.count("SELECT count(*) FROM organization_pairs WHERE score >= 900"); n != 1 {
			t.Errorf("%d pairs", n)
		}
	})
}

// BenchmarkTheRegisterIsCompared takes the names of 10,000 organizations from
// ministerial diaries: the whole register, one change of it, and a page of pairs.
func BenchmarkTheRegisterIsCompared(b *testing.B) {
	names := diaryNames(b)
	for _, kind := range []string{dbtest.SQLite, dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			s := openAppended(b, kind)
			all := make([]*domain.Organization, len(names))
			for i, name := range names {
				var err error
				all[i], err = domain.NewOrganization(domain.OrganizationDraft{LegalName: name, Type: domain.OrganizationNGO})
				must(b, err)
			}
			system := s.As(domain.Actor{Role: domain.System})
			must(b, system.Organizations.CreateAll(b.Context(), domain.CreateOrganization, all))
			compare := func(n int) {
				must(b, system.Tx(b.Context(), func(tx *Session) error {
					for _, o := range all[:n] {
						must(b, awaitCompare(b.Context(), tx, o))
					}
					return nil
				}))
				for range n/1000 + 1 {
					must(b, system.Organizations.CompareChanged(b.Context()))
				}
			}
			b.Run("whole", func(b *testing.B) {
				for b.Loop() {
					compare(len(all))
				}
				var pairs int
				must(b, system.mechanism(b.Context()).Raw("SELECT count(*) FROM organization_pairs").Scan(&pairs).Error)
				b.ReportMetric(float64(pairs), "pairs")
			})
			b.Run("one", func(b *testing.B) {
				for b.Loop() {
					compare(1)
				}
			})
			b.Run("page", func(b *testing.B) {
				staff := s.As(domain.Actor{Account: "officer", Role: domain.Staff})
				for b.Loop() {
					_, err := staff.Organizations.Pairs(b.Context(), PairFilter{MinScore: 80, Type: "ngo"}, Page{Limit: 25})
					must(b, err)
				}
			})
		})
	}
}

func diaryNames(b *testing.B) []string {
	b.Helper()
	data, ok := publicdata.File(b, "..", "eng-nsw-diaries/diaries-tidied.csv.gz")
	if !ok {
		b.Skip("the diaries are not here")
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	must(b, err)
	rows, err := csv.NewReader(z).ReadAll()
	must(b, err)
	seen := map[string]bool{"": true}
	var out []string
	for _, r := range rows[1:] {
		if !seen[r[2]] && len(out) < 10_000 {
			seen[r[2]] = true
			out = append(out, r[2])
		}
	}
	return out
}
