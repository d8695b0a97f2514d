package dbtest

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// The tests run themselves again as a child, on what is asked for in this variable.
const childEnv = "ACCORD_DBTEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "without PostgreSQL":
		os.Setenv("PATH", "")
		packages = nil
	case "hold a server":
		holdServer()
	}
	os.Exit(Main(m))
}

func holdServer() {
	s, err := startCluster()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.admin)
	select {}
}

// child returns the command that runs one test of this package in a process of its own.
func child(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.v", "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func migrate(dsn string) error {
	db, err := connect(dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE note (body text NOT NULL)`)
	return err
}

func connect(dsn string) (*sql.DB, error) {
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return sql.Open("sqlite", file+"?_pragma=journal_mode(WAL)")
	}
	return sql.Open("pgx", dsn)
}

func mustConnect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := connect(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func notes(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(`SELECT count(*) FROM note`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The end of "make test" is this test's output, so that who lacks PostgreSQL reads it last:
// "go test" shows nothing of a package that passed.
func TestPostgreSQLIsThere(t *testing.T) {
	Open(t, Postgres, nil)
}

func TestATestSeesNoRowOfAnother(t *testing.T) {
	Each(t, migrate, func(t *testing.T, dsn string) {
		kind, _, _ := strings.Cut(dsn, ":")
		mine, other := mustConnect(t, dsn), mustConnect(t, Open(t, kind, migrate))
		if _, err := mine.Exec(`INSERT INTO note VALUES ('mine')`); err != nil {
			t.Fatal(err)
		}
		if n := notes(t, mine); n != 1 {
			t.Errorf("the writer sees %d rows, want 1", n)
		}
		if n := notes(t, other); n != 0 {
			t.Errorf("another test's database has %d rows, want 0", n)
		}
		if n := notes(t, mustConnect(t, Open(t, kind, migrate))); n != 0 {
			t.Errorf("a database made afterwards has %d rows, want 0", n)
		}
	})
}

func TestEachCallsBothKinds(t *testing.T) {
	var dsns []string
	t.Run("each", func(t *testing.T) {
		seen := make(chan string, 2)
		t.Cleanup(func() {
			close(seen)
			for dsn := range seen {
				scheme, _, _ := strings.Cut(dsn, ":")
				dsns = append(dsns, scheme)
			}
		})
		Each(t, nil, func(t *testing.T, dsn string) { seen <- dsn })
	})
	if skipped.Load() {
		t.Skip("half of it")
	}
	if len(dsns) != 2 || dsns[0] == dsns[1] {
		t.Errorf("fn ran on %q, want one sqlite and one postgres", dsns)
	}
}

var migrated struct{ sqlite, postgres atomic.Int64 }

func countedMigrate(dsn string) error {
	if strings.HasPrefix(dsn, "sqlite:") {
		migrated.sqlite.Add(1)
	} else {
		migrated.postgres.Add(1)
	}
	return migrate(dsn)
}

func TestAMigrationRunsOnceHoweverManyTestsAsk(t *testing.T) {
	t.Run("tests", func(t *testing.T) {
		for range 5 {
			Each(t, countedMigrate, func(t *testing.T, dsn string) {})
		}
	})
	if n := migrated.sqlite.Load(); n != 1 {
		t.Errorf("it ran %d times on SQLite, want once", n)
	}
	if n := migrated.postgres.Load(); n != 1 && !skipped.Load() {
		t.Errorf("it ran %d times on PostgreSQL, want once", n)
	}
}

func TestWithoutAMigrationADatabaseIsEmpty(t *testing.T) {
	tables := map[string]string{
		"sqlite":   `SELECT count(*) FROM sqlite_schema`,
		"postgres": `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`,
	}
	Each(t, nil, func(t *testing.T, dsn string) {
		kind, _, _ := strings.Cut(dsn, ":")
		var n int
		if err := mustConnect(t, dsn).QueryRow(tables[kind]).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("it has %d tables, want 0", n)
		}
	})
}

var errMigrate = errors.New("no such column")

func TestAFailedMigrationIsReported(t *testing.T) {
	fail := func(string) error { return errMigrate }
	Each(t, nil, func(t *testing.T, dsn string) {
		kind, _, _ := strings.Cut(dsn, ":")
		if _, err := open(t, kind, fail); !errors.Is(err, errMigrate) {
			t.Errorf("got the error %v, want %v", err, errMigrate)
		}
	})
}

func TestAMigrationMustCloseSQLite(t *testing.T) {
	leave := func(dsn string) error {
		db := mustConnect(t, dsn)
		_, err := db.Exec(`CREATE TABLE note (body text)`)
		return err
	}
	_, err := open(t, SQLite, leave)
	if err == nil || !strings.Contains(err.Error(), "must close the database") {
		t.Errorf("got the error %v, want one that says that the database was left open", err)
	}
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	if _, err := open(t, "mysql", nil); err == nil {
		t.Error("mysql was accepted")
	}
}

func TestTheDatabaseGoesWithItsTestThoughSomeoneIsConnected(t *testing.T) {
	var dsn string
	t.Run("a test", func(t *testing.T) {
		dsn = Open(t, Postgres, nil)
		left, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := left.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if dsn == "" {
		t.Skip("no PostgreSQL")
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err == nil {
		conn.Close(t.Context())
		t.Errorf("%s is still there", dsn)
	}
}

func TestAnAbortedRunLeavesNoServer(t *testing.T) {
	if _, err := findPostgres(); err != nil {
		skipped.Store(true)
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := child(t, "None", childEnv+"=hold a server")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dsn, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dsn = strings.TrimSpace(dsn)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("connect to %q: %v", dsn, err)
	}

	cmd.Process.Kill()
	cmd.Wait()

	if _, err := conn.WaitForNotification(ctx); err == nil || ctx.Err() != nil {
		t.Fatal("the server outlived the process that started it")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	waitUntilGone(t, ctx, u.Query().Get("host"))
}

func waitUntilGone(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s is still there", path)
		}
	}
}

func TestANamedServerIsUsedAndLeftAsItWas(t *testing.T) {
	named, err := startCluster()
	if errors.Is(err, errNoServer) {
		skipped.Store(true)
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer named.stop()
	out, err := child(t, "TestATestSeesNoRowOfAnother", "TEST_POSTGRES="+named.admin.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	conn, err := pgx.Connect(t.Context(), named.admin.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var left int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_database`).Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 3 {
		t.Errorf("%d databases are on the server, want the 3 that came with it", left)
	}
}

func TestTestPostgresMustBeAURL(t *testing.T) {
	for _, bad := range []string{"host=localhost dbname=postgres", "mysql://localhost/x", "postgres://%zz"} {
		t.Setenv("TEST_POSTGRES", bad)
		_, err := findServer()
		if err == nil || !strings.Contains(err.Error(), "postgres://user") {
			t.Errorf("TEST_POSTGRES=%q: got the error %v, want one that shows a right URL", bad, err)
		}
	}
}

func TestWithoutPostgreSQLHalfIsSkippedLoudlyAndFailsInCI(t *testing.T) {
	const banner = "HALF OF THE SUITE DID NOT RUN"
	for _, c := range []struct {
		ci, result string
		fails      bool
	}{
		{ci: "", result: "--- SKIP: TestATestSeesNoRowOfAnother/postgres"},
		{ci: "true", result: "--- FAIL: TestATestSeesNoRowOfAnother/postgres", fails: true},
	} {
		t.Run("CI="+c.ci, func(t *testing.T) {
			t.Parallel()
			raw, err := child(t, "TestATestSeesNoRowOfAnother",
				childEnv+"=without PostgreSQL", "TEST_POSTGRES=", "CI="+c.ci).CombinedOutput()
			out := string(raw)
			if failed := err != nil; failed != c.fails {
				t.Errorf("failed: %t, want %t", failed, c.fails)
			}
			for _, want := range []string{c.result, "--- PASS: TestATestSeesNoRowOfAnother/sqlite", "apt-get install postgresql"} {
				if !strings.Contains(out, want) {
					t.Errorf("the output lacks %q", want)
				}
			}
			if strings.Contains(out, banner) == c.fails {
				t.Errorf("the banner is wrong for CI=%q", c.ci)
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, kind := range []string{SQLite, Postgres} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				Open(b, kind, migrate)
			}
		})
	}
}
