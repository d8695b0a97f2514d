package repository

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/vault"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// master wraps the keys of every test's database.
var master = func() *vault.Master {
	m, err := vault.NewMaster()
	if err != nil {
		panic(err)
	}
	return m
}()

func migrate(dsn string) error {
	s, err := Open(dsn, Options{Master: master})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(context.Background())
	return err
}

// bench is a store for one test, and its time, which stands still until the test
// moves it.
type bench struct {
	*testing.T
	*Store
	dsn string

	mu  sync.Mutex
	now time.Time
}

// each runs fn on a fresh database of every kind that we support.
func each(t *testing.T, fn func(*testing.T, *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		b := &bench{T: t, dsn: dsn, now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
		b.Store = b.instance()
		fn(t, b)
	})
}

// instance is a further server's store on the same database.
func (b *bench) instance() *Store {
	b.Helper()
	s, err := Open(b.dsn, Options{Master: master, Now: b.clock})
	must(b, err)
	b.Cleanup(func() { s.Close() })
	s.tellTime = time.Minute // however busy the machine is
	return s
}

func (b *bench) clock() time.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }

func (b *bench) forward(d time.Duration) { b.mu.Lock(); defer b.mu.Unlock(); b.now = b.now.Add(d) }

func (b *bench) system() *Session { return b.As(domain.Actor{Role: domain.System}) }

// count is the figure that a statement gives.
func (b *bench) count(query string, args ...any) (n int) {
	b.Helper()
	must(b, b.system().mechanism(b.Context()).Raw(query, args...).Scan(&n).Error)
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) organization(name string) *domain.Organization {
	b.Helper()
	o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: name, Type: domain.OrganizationNGO})
	must(b, err)
	must(b, b.system().Organizations.Create(b.Context(), domain.CreateOrganization, o))
	return o
}

func (b *bench) onPostgres() bool { return strings.HasSuffix(b.Name(), "/"+dbtest.Postgres) }
