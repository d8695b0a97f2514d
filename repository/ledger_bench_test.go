package repository

import (
	"context"
	"slices"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

// BenchmarkAppend measures what the log costs a write: an organization made in an
// office whose log grows meanwhile, and beside it in one that has the audit
// trail alone, which nothing keeps from being replaced there. They take turns of 500 writes, so that whatever else the machine
// does slows both alike; 200 turns append 100,000 entries.
//
// x-write is a write's median time with the log in terms of that without, x-mean
// the same of all the time that they took, ns/place what sequencing an entry takes
// apart from any write.
func BenchmarkAppend(b *testing.B) {
	const turn = 500
	for _, kind := range []string{dbtest.SQLite, dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			with, without := openAppended(b, kind), openAppended(b, kind)
			drops := []string{"DROP TRIGGER audit_entries_await_place", "DROP TRIGGER audit_entries_no_replace"}
			if kind == dbtest.Postgres {
				drops = []string{drops[0] + " ON audit_entries"}
			}
			for _, drop := range drops {
				must(b, without.write.Set(reachKey, true).Exec(drop).Error)
			}
			var logged, plain []time.Duration
			var placing time.Duration
			for b.Loop() {
				ctx, stop := context.WithCancel(b.Context())
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					with.placeUntil(ctx)
				}()
				logged = append(logged, with.writeMany(b, turn)...)
				stop()
				<-ended
				began := time.Now()
				_, err := with.Sequence(b.Context(), origin)
				must(b, err)
				placing += time.Since(began)
				plain = append(plain, without.writeMany(b, turn)...)
			}
			slices.Sort(logged)
			slices.Sort(plain)
			b.ReportMetric(float64(logged[len(logged)/2]), "ns/write")
			b.ReportMetric(float64(logged[len(logged)/2])/float64(plain[len(plain)/2]), "x-write")
			b.ReportMetric(float64(total(logged))/float64(total(plain)), "x-mean")
			b.ReportMetric(float64(placing)/float64(len(logged)), "ns/place")
		})
	}
}

func openAppended(b *testing.B, kind string) *Store {
	b.Helper()
	s, err := Open(dbtest.Open(b, kind, migrate), Options{Master: master})
	must(b, err)
	b.Cleanup(func() { s.Close() })
	return s
}

// placeUntil sequences far more often than a server does.
func (s *Store) placeUntil(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, _ = s.Sequence(context.WithoutCancel(ctx), origin)
		}
	}
}

func (s *Store) writeMany(b *testing.B, n int) []time.Duration {
	b.Helper()
	took := make([]time.Duration, n)
	for i := range n {
		o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Benchmarked", Type: domain.OrganizationNGO})
		must(b, err)
		began := time.Now()
		must(b, s.As(domain.Actor{Role: domain.System}).Organizations.Create(b.Context(), domain.CreateOrganization, o))
		took[i] = time.Since(began)
	}
	return took
}

func total(took []time.Duration) (sum time.Duration) {
	for _, t := range took {
		sum += t
	}
	return sum
}
