package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"accord/internal/vault"
	"accord/repository"
)

const (
	kills   = 10
	writers = 4
)

// TestKilledInTheMiddleOfWritesItLosesNothing kills the server, without warning,
// while several clients write; each that was left without an answer asks again
// with the same key once the server is back. In the end everything that was
// acknowledged is there, once, with all that belongs to it.
func TestKilledInTheMiddleOfWritesItLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		env = env.with("ACCORD_BASE_URL", "http://accord.test") // tokens outlive the server's port
		o := env.launch(t)
		token := o.signedUp(env, "writer@example.org", "staff")
		all := make([]*writer, writers)
		for i := range all {
			all[i] = &writer{name: fmt.Sprint("writer ", i), token: token, made: map[string]made{}}
		}
		for range kills {
			o.writeUntilKilled(all, 1+rand.IntN(50))
			env.checkFile(t)
			o = env.launch(t)
		}
		for _, w := range all {
			w.settle(o)
		}
		if err := o.stop(); err != nil {
			t.Fatal(err)
		}
		env.checkFile(t)
		db := env.sql(t)
		n := 0
		for _, w := range all {
			n += len(w.made)
			w.verify(t, db)
		}
		for what, query := range map[string]string{
			"records that nobody asked for, or twice":  fmt.Sprintf("SELECT count(*) - %d FROM organizations", n),
			"names that are there twice":               "SELECT count(*) - count(DISTINCT legal_name) FROM organizations",
			"records whose entries are not its own":    versionsWithoutEntry,
			"entries of versions that are not there":   entriesWithoutVersion,
			"records that can't be found by their key": "SELECT (SELECT count(*) FROM organizations) - (SELECT count(*) FROM organization_identifiers)",
			"changes without the answer they gave":     "SELECT (SELECT sum(version) FROM organizations) - (SELECT count(*) FROM idempotency_keys)",
		} {
			if n := figure(t, db, query); n != 0 {
				t.Errorf("%d %s", n, what)
			}
		}
		env.run(t, "", "audit", "verify").ok()
		t.Logf("%d records survived %d kills", n, kills)
	})
}

const (
	versionsWithoutEntry = `SELECT count(*) FROM organizations o WHERE o.version <>
		(SELECT count(DISTINCT a.record_version) FROM audit_entries a WHERE a.record = o.id AND a.record_version BETWEEN 1 AND o.version)`
	entriesWithoutVersion = `SELECT count(*) FROM audit_entries a WHERE a.record_kind = 'organizations' AND NOT EXISTS
		(SELECT 1 FROM organizations o WHERE o.id = a.record AND o.version >= a.record_version)`
)

// writer is a client that makes organizations and submits each for vetting.
type writer struct {
	name, token string
	n           int
	made        map[string]made // by the organization's name
	pending     *request        // what was asked and not answered
}

// made is what the server acknowledged of an organization.
type made struct {
	id        string
	submitted bool
}

// request is what a writer asks, and asks again in the same words.
type request struct {
	organization, path, body, key, tag string
}

// writeUntilKilled lets the writers write, and kills the server once it has
// acknowledged n writes, whatever else it is at by then.
func (o *office) writeUntilKilled(all []*writer, n int) {
	o.t.Helper()
	acknowledged, dead := make(chan struct{}), make(chan struct{})
	var writing sync.WaitGroup
	for _, w := range all {
		writing.Go(func() {
			for w.step(o) {
				select {
				case acknowledged <- struct{}{}:
				case <-dead:
				}
			}
		})
	}
	for range n {
		<-acknowledged
	}
	for range rand.IntN(2000) {
		runtime.Gosched() // somewhere in the middle of the next ones
	}
	if err := o.process.Kill(); err != nil {
		o.t.Error(err)
	}
	close(dead)
	_ = o.wait() // it was killed
	writing.Wait()
}

// step asks for the next thing, and reports whether it was acknowledged.
func (w *writer) step(o *office) bool {
	if w.pending == nil {
		w.n++
		name := fmt.Sprintf("%s organization %d", w.name, w.n)
		body := fmt.Sprintf(`{"legal_name":%q,"type":"ngo","identifiers":[{"scheme":"national","value":%q}]}`, name, name)
		w.pending = &request{organization: name, path: "/v1/organizations", body: body, key: "create " + name}
	}
	p := w.pending
	headers := []string{"Idempotency-Key", p.key}
	if p.tag != "" {
		headers = append(headers, "If-Match", p.tag)
	}
	got, err := o.try("POST", p.path, w.token, p.body, headers...)
	if err != nil {
		return false
	}
	if got.status == http.StatusCreated {
		id := got.str("id")
		w.made[p.organization] = made{id: id}
		w.pending = &request{organization: p.organization, path: "/v1/organizations/" + id + "/submit", key: "submit " + p.organization, tag: got.header.Get("ETag")}
		return true
	}
	got.want(http.StatusOK)
	w.made[p.organization] = made{id: w.made[p.organization].id, submitted: true}
	w.pending = nil
	return true
}

// settle asks until every question is answered.
func (w *writer) settle(o *office) {
	for w.pending != nil {
		if !w.step(o) {
			o.t.Fatalf("%s got no answer:\n%s", w.name, o.log)
		}
	}
}

func (w *writer) verify(t *testing.T, db *sql.DB) {
	t.Helper()
	for name, m := range w.made {
		var stage string
		var version int
		if err := db.QueryRow("SELECT stage, version FROM organizations WHERE id = '"+m.id+"' AND legal_name = '"+name+"'").Scan(&stage, &version); err != nil {
			t.Errorf("%s was acknowledged and is not there: %v", name, err)
			continue
		}
		if m.submitted && (stage != "intake" || version != 2) {
			t.Errorf("%s was acknowledged as submitted and is %s, version %d", name, stage, version)
		}
	}
}

// sql is the office's database, as it lies.
func (env settings) sql(t *testing.T) *sql.DB {
	t.Helper()
	master, err := vault.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	dsn := env["DATABASE_URL"]
	if dsn == "" {
		dsn = "sqlite:" + env.file()
	}
	store, err := repository.Open(dsn, repository.Options{Master: master})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func (env settings) file() string { return filepath.Join(env["ACCORD_DATA"], databaseFile) }

// checkFile fails the test if the embedded database's file is damaged.
func (env settings) checkFile(t *testing.T) {
	t.Helper()
	if env["DATABASE_URL"] != "" {
		return
	}
	db, err := sql.Open("sqlite", "file:"+env.file())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{"integrity_check": "ok", "foreign_key_check": ""} {
		var got string
		if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil && err != sql.ErrNoRows {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s says %q", pragma, got)
		}
	}
}

func figure(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
