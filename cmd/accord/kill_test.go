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

// TestKilledInTheMiddleOfAMergeItIsWholeOrNotThere kills the server, without warning,
// at some moment of carrying a merge out and of undoing it: everything is pointed
// elsewhere then, or nothing, and what was acknowledged is done.
func TestKilledInTheMiddleOfAMergeItIsWholeOrNotThere(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		env = env.with("ACCORD_BASE_URL", "http://accord.test")
		o := env.launch(t)
		one, other := o.signedUp(env, "one@example.org", "staff"), o.signedUp(env, "other@example.org", "staff")
		enter := func(name string) string {
			body := fmt.Sprintf(`{"legal_name":%q,"type":"ngo","identifiers":[{"scheme":"national","value":%q}]}`, name, name)
			return o.call("POST", "/v1/organizations", one, body).want(http.StatusCreated).str("id")
		}
		keep, goes := enter("Harbor"), enter("Harbour")
		const people = 40
		for range people {
			o.call("POST", "/v1/organizations/"+goes+"/contacts", one, `{"name":"Somebody"}`).want(http.StatusCreated)
		}
		db := env.sql(t)
		propose := func() string {
			body := fmt.Sprintf(`{"survivor_id":%q,"absorbed_id":%q,"reason":"One."}`, keep, goes)
			return "/v1/organization-merges/" + o.call("POST", "/v1/organization-merges", one, body).want(http.StatusCreated).str("id")
		}
		// done tells whether the merge stands, and fails the test if half of it does.
		done := func(path string) bool {
			t.Helper()
			merged := figure(t, db, "SELECT count(*) FROM organizations WHERE merged_into = '"+keep+"'")
			stage := figure(t, db, "SELECT count(*) FROM organization_merges WHERE stage = 'merged' AND id = '"+path[len("/v1/organization-merges/"):]+"'")
			moved := figure(t, db, "SELECT count(*) FROM contacts WHERE organization = '"+keep+"'")
			numbers := figure(t, db, "SELECT count(*) FROM organization_identifiers WHERE organization = '"+keep+"'")
			if stage != merged || moved != merged*people || numbers != 1+merged {
				t.Errorf("half of it stands: stage %d, merged %d, %d of %d contacts, %d identifiers", stage, merged, moved, people, numbers)
			}
			return merged == 1
		}
		var did, didnt, rounds int
		// attempt takes the step until it is done, and kills the server at the first tries.
		attempt := func(path, step, by, body string, standing bool, tries int) {
			t.Helper()
			for n := 0; done(path) != standing; n++ {
				tag := o.call("GET", path, by, "").want(http.StatusOK).header.Get("ETag")
				answered := make(chan int, 1)
				go func() {
					status := 0
					if a, err := o.try("POST", path+"/"+step, by, body, "If-Match", tag); err == nil {
						status = a.status
					}
					answered <- status
				}()
				if n >= tries {
					for rounds = 1; len(answered) == 0; rounds++ {
						runtime.Gosched()
					}
					if status := <-answered; status != http.StatusOK {
						t.Fatalf("%s answered %d", step, status)
					}
					continue
				}
				for range rand.IntN(rounds + rounds/4) {
					runtime.Gosched() // somewhere on the way, which took so long the last time
				}
				if err := o.process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = o.wait()
				env.checkFile(t)
				o = env.launch(t)
				status, stands := <-answered, done(path)
				if status == http.StatusOK && stands != standing {
					t.Errorf("%s was acknowledged and is not so", step)
				}
				if stands == standing {
					did++
				} else {
					didnt++
				}
			}
		}
		for n := range kills / 2 {
			path := propose()
			attempt(path, "approve", other, "", true, min(n, 1)*3) // the first is left alone, to see how long it takes
			attempt(path, "undo", other, `{"reason":"Two."}`, false, min(n, 1)*3)
		}
		if err := o.stop(); err != nil {
			t.Fatal(err)
		}
		env.checkFile(t)
		for what, query := range map[string]string{
			"records whose entries are not its own": versionsWithoutEntry, "entries of versions that are not there": entriesWithoutVersion,
		} {
			if n := figure(t, db, query); n != 0 {
				t.Errorf("%d %s", n, what)
			}
		}
		env.run(t, "", "audit", "verify").ok()
		t.Logf("of %d kills %d came too late", did+didnt, did)
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
