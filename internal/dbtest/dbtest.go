// Package dbtest gives every test real databases, empty but for the schema and its own alone.
// Nothing is faked: SQLite is a file of the test's own, PostgreSQL a database on a real server,
// and a machine without PostgreSQL is told loudly that half of the suite did not run.
package dbtest

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// The kinds of database that Open makes.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

var (
	underMain atomic.Bool // Main runs, so what a test starts will be stopped
	skipped   atomic.Bool // a test went without PostgreSQL
)

// Main runs a package's tests, then stops the server that they started and drops what they left
// on another's. It returns the exit code; a package that uses dbtest needs it:
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
//
// A test waits for its database about as long as it works: unless -parallel says otherwise, twice as
// many run at once as there are processors. Where tests were skipped for want of PostgreSQL it says
// so at the end.
func Main(m *testing.M) int {
	underMain.Store(true)
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue {
		p.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		code = max(code, 1)
	}
	if skipped.Load() {
		banner(os.Stderr)
	}
	return code
}

func banner(w io.Writer) {
	line := strings.Repeat("*", 78)
	fmt.Fprintf(w, "\n%s\n%s\n\n%s\n%s\n", line,
		"HALF OF THE SUITE DID NOT RUN: no PostgreSQL was found on this machine.", howToGet, line)
}

const howToGet = `Any one of these brings it (version 14 or newer; nothing has to be configured):
  Debian, Ubuntu    apt-get install postgresql
  Fedora            dnf install postgresql-server
  macOS             brew install postgresql@17
  a running server  export TEST_POSTGRES=postgres://user:password@host:5432/postgres`

// Each runs fn as the parallel subtests "sqlite" and "postgres", each on a database that Open
// made for it. As with any parallel subtest, fn runs after the calling test's function returned.
func Each(t *testing.T, migrate func(dsn string) error, fn func(t *testing.T, dsn string)) {
	t.Helper()
	for _, kind := range []string{SQLite, Postgres} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, kind, migrate))
		})
	}
}

// Open makes a database of the kind for one test or benchmark and returns its DSN,
// "sqlite:<file>" or "postgres://…"; the database goes when the test ends, whoever is still connected.
//
// It is a copy of a template that migrate, given the template's DSN, made once in this process;
// migrate must have closed the database when it returns. Migrations are told apart by their code,
// so two closures of one function literal share a template. A nil migrate asks for an empty database.
//
// Where no PostgreSQL can be found the test is skipped, and fails if CI is true.
func Open(tb testing.TB, kind string, migrate func(dsn string) error) (dsn string) {
	tb.Helper()
	if !underMain.Load() {
		tb.Fatal("dbtest: the package lacks: func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }")
	}
	dsn, err := open(tb, kind, migrate)
	switch {
	case errors.Is(err, errNoServer) && !inCI():
		skipped.Store(true)
		tb.Skipf("NOT RUN ON POSTGRESQL: %v", err)
	case err != nil:
		tb.Fatalf("dbtest: %v", err)
	}
	return dsn
}

func open(tb testing.TB, kind string, migrate func(dsn string) error) (dsn string, err error) {
	switch kind {
	case SQLite:
		return openSQLite(tb, migrate)
	case Postgres:
		return openPostgres(tb, migrate)
	}
	return "", fmt.Errorf("no database of the kind %q: want %q or %q", kind, SQLite, Postgres)
}

func inCI() bool {
	ci, err := strconv.ParseBool(os.Getenv("CI"))
	return ci && err == nil
}

// templates holds what each migration made, the first time that it was asked for.
type templates[T any] struct {
	mu   sync.Mutex
	made map[uintptr]func() (T, error)
}

func (ts *templates[T]) of(migrate func(dsn string) error, build func() (T, error)) (T, error) {
	code := reflect.ValueOf(migrate).Pointer()
	ts.mu.Lock()
	if ts.made == nil {
		ts.made = map[uintptr]func() (T, error){}
	}
	if ts.made[code] == nil {
		ts.made[code] = sync.OnceValues(build)
	}
	made := ts.made[code]
	ts.mu.Unlock() // before it is built, so that two migrations don't wait for each other
	return made()
}

// all returns the templates that could be made.
func (ts *templates[T]) all() []T {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var all []T
	for _, made := range ts.made {
		if template, err := made(); err == nil {
			all = append(all, template)
		}
	}
	return all
}

// Overwriting are statements that would take the rows of a table, or put others in
// their place, and are neither UPDATE nor DELETE. columns are all but the key.
func Overwriting(dsn, table, key, columns string) []string {
	all := key + ", " + columns
	if strings.HasPrefix(dsn, "postgres") {
		return []string{
			"TRUNCATE " + table,
			"INSERT INTO " + table + " (" + all + ") SELECT " + all + " FROM " + table + " ON CONFLICT (" + key + ") DO UPDATE SET " + key + " = EXCLUDED." + key,
		}
	}
	other := "CASE typeof(" + key + ") WHEN 'text' THEN 'x' ELSE " + key + " END, "
	return []string{
		"REPLACE INTO " + table + " (" + all + ") SELECT " + all + " FROM " + table,
		"INSERT OR REPLACE INTO " + table + " (" + all + ") SELECT " + all + " FROM " + table + " LIMIT 1",
		"REPLACE INTO " + table + " (rowid, " + all + ") SELECT rowid, " + other + columns + " FROM " + table + " LIMIT 1",
	}
}
