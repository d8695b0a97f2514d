package main

import (
	"database/sql"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"accord/internal/dbtest"
	"accord/internal/ledger"
)

// written is an office that ran until its first checkpoint was kept elsewhere, and
// the folder with that.
func written(t *testing.T, env settings) (settings, string) {
	t.Helper()
	witness := t.TempDir()
	env = env.with("ACCORD_CHECKPOINT_DIR", witness).with("ACCORD_BASE_URL", "https://accord.example")
	env.run(t, "", "migrate", "up").ok()
	env.run(t, password+"\n", "user", "create", "first@example.org", "--role", "admin").ok()
	o := env.start(t)
	for kept := 0; kept == 0; {
		must(t, filepath.WalkDir(witness, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(d.Name(), ".checkpoint") && d.Name()[0] != '.' {
				kept++
			}
			return nil
		}))
	}
	must(t, o.stop())
	return env, witness
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// owned is the office's database as its owner may write it.
func (env settings) owned(t *testing.T) *sql.DB {
	t.Helper()
	if env["DATABASE_URL"] != "" {
		return env.sql(t)
	}
	db, err := sql.Open("sqlite", env.file()+"?_pragma=busy_timeout(10000)") // beside a server that writes
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestTheAuditTrailIsVerifiedWithoutAServer(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		env, witness := written(t, env)
		said := env.run(t, "", "audit", "verify", "--checkpoints", witness).ok()
		if !strings.Contains(said, "Every entry is as it was written.") || !strings.Contains(said, "1 in the database, 1 from elsewhere") {
			t.Errorf("it says\n%s", said)
		}
		note := env.run(t, "", "audit", "checkpoint").ok()
		key := strings.TrimSpace(env.run(t, "", "audit", "checkpoint", "--key").ok())
		if c, err := ledger.Verify(key, note); err != nil || c.Origin != "accord.example/audit" || c.Size < 1 {
			t.Errorf("%+v, %v", c, err)
		}
		out := filepath.Join(t.TempDir(), "note")
		env.run(t, "", "audit", "checkpoint", "--out", out).ok()
		env.run(t, "", "audit", "checkpoint", "--out", out).says("exists")
		env.run(t, "", "audit", "verify", "--checkpoints", out).ok()
		env.run(t, "", "audit", "verify", "--checkpoints", t.TempDir()).says("holds no file *.checkpoint")

		db := env.owned(t)
		if env["DATABASE_URL"] == "" {
			_, err := db.Exec("DROP TRIGGER audit_entries_no_update")
			must(t, err)
		} else {
			_, err := db.Exec("ALTER TABLE audit_entries DISABLE TRIGGER USER")
			must(t, err)
		}
		_, err := db.Exec("UPDATE audit_entries SET event = 'account.created by nobody' WHERE id = (SELECT entry FROM ledger_leaves WHERE leaf_index = 0)")
		must(t, err)
		tampered := env.run(t, "", "audit", "verify")
		tampered.says("index 0: entry ", "account.created by nobody: altered")
	})
}

func TestACutTrailIsFoundByWhatWasKeptElsewhere(t *testing.T) {
	t.Parallel()
	env, witness := written(t, embedded(t))
	db := env.owned(t)
	for _, s := range []string{
		"DROP TRIGGER audit_entries_no_delete", "DROP TRIGGER ledger_leaves_no_delete", "DROP TRIGGER ledger_checkpoints_no_delete",
		"DELETE FROM audit_entries", "DELETE FROM ledger_leaves", "DELETE FROM ledger_checkpoints", "DELETE FROM ledger_pending",
	} {
		_, err := db.Exec(s)
		must(t, err)
	}
	env.run(t, "", "audit", "verify").ok()
	env.run(t, "", "audit", "verify", "--checkpoints", witness).says("missing: the log had", "gone")
	forged := filepath.Join(t.TempDir(), "forged.checkpoint")
	must(t, os.WriteFile(forged, []byte("accord.example/audit\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— accord.example/audit AAAA\n"), 0o600))
	env.run(t, "", "audit", "verify", "--checkpoints", forged).says("no checkpoint that this log signed")
}

func TestTheCheckpointFolderMustBeThere(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	env.with("ACCORD_CHECKPOINT_DIR", filepath.Join(t.TempDir(), "unmounted")).run(t, "", "serve").says("ACCORD_CHECKPOINT_DIR", "mount")
	env.run(t, "", "audit", "verify").says("no database")
}

// TestTheServersUserNeedNotOwnTheDatabase serves as a user of PostgreSQL that has
// the grants of docs/grants.sql alone: a whole office works, and nothing that
// guards the trail can be taken away.
func TestTheServersUserNeedNotOwnTheDatabase(t *testing.T) {
	t.Parallel()
	owner := unstarted(t, dbtest.Open(t, dbtest.Postgres, nil))
	address, err := url.Parse(owner["DATABASE_URL"])
	must(t, err)
	role := "server_" + strings.TrimPrefix(address.Path, "/")
	db := owner.sql(t)
	do := func(statements string) {
		t.Helper()
		_, err := db.Exec(statements)
		must(t, err)
	}
	do("CREATE ROLE " + role + " LOGIN PASSWORD 'x'")
	t.Cleanup(func() { do("DROP OWNED BY " + role); do("DROP ROLE " + role) })
	address.User = url.UserPassword(role, "x")
	server := owner.with("DATABASE_URL", address.String()).with("ACCORD_NO_MIGRATE", "true")

	server.run(t, "", "demo").says("accord migrate up", "docs/grants.sql")
	owner.run(t, "", "migrate", "up").ok()
	grants, err := os.ReadFile("../../docs/grants.sql")
	must(t, err)
	do(strings.ReplaceAll(string(grants), "accord_server", role))
	server.run(t, "", "demo").ok()
	o := server.start(t)
	must(t, o.stop())
	server.run(t, "", "audit", "verify").ok()

	own := server.sql(t)
	statements := []string{
		"ALTER TABLE audit_entries DISABLE TRIGGER USER", "DROP TRIGGER audit_entries_append_only ON audit_entries", "DROP FUNCTION refuse_change CASCADE",
		"UPDATE ledger_pending SET due = due", "CREATE TABLE mine (id INTEGER)", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)",
		"UPDATE goose_db_version SET is_applied = is_applied", "DELETE FROM goose_db_version",
	}
	for table, column := range map[string]string{"audit_entries": "note", "ledger_leaves": "entry", "ledger_refusals": "entry", "ledger_checkpoints": "note"} {
		statements = append(statements, "UPDATE "+table+" SET "+column+" = "+column, "DELETE FROM "+table, "TRUNCATE "+table)
	}
	for _, statement := range statements {
		if _, err := own.Exec(statement); err == nil || !regexp.MustCompile("permission denied|must be owner").MatchString(err.Error()) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if t.Failed() {
		return // or it might serve for ever
	}
	do("DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	server.run(t, "", "serve").says("accord migrate up", "docs/grants.sql")
}
