package api_test

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

const someKey = "a key of sixteen or more characters"

// ngo is the draft of an organization that no other can be made beside: its
// identifier is taken then.
func ngo(name string) map[string]any {
	return map[string]any{"legal_name": name, "type": "ngo", "identifiers": []map[string]string{{"scheme": "national", "value": name}}}
}

// writesNothing fails the test if do leaves a table with more or fewer rows.
func (w *world) writesNothing(what string, do func()) {
	w.Helper()
	before := w.rowCounts()
	do()
	for table, n := range w.rowCounts() {
		if n != before[table] {
			w.Errorf("%s: %s had %d rows and has %d", what, table, before[table], n)
		}
	}
}

func replayed(r *result) bool { return r.Header.Get("Idempotency-Replayed") == "true" }

// sameAnswer fails the test unless second is first once more.
func sameAnswer(first, second *result) {
	first.w.Helper()
	if !replayed(second) || replayed(first) {
		first.w.Errorf("%s: replayed %v and then %v", first.request, replayed(first), replayed(second))
	}
	for _, name := range []string{"ETag", "Content-Type", "Location", "Link"} {
		if a, b := first.Header.Get(name), second.Header.Get(name); a != b {
			first.w.Errorf("%s: %s is %q and then %q", first.request, name, a, b)
		}
	}
	if first.Status != second.Status || string(first.Body) != string(second.Body) {
		first.w.Errorf("%s: %d and then %d:\n%s\n%s", first.request, first.Status, second.Status, first.Body, second.Body)
	}
}

func TestTheSameKeyAndBodyGiveTheSameAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		first := staff.post("/v1/organizations", ngo("Once"), "Idempotency-Key", someKey).want(201)
		w.later(23 * time.Hour)
		second := staff.post("/v1/organizations", ngo("Once"), "Idempotency-Key", someKey).want(201)
		sameAnswer(first, second)
		if first.Header.Get("X-Request-Id") == second.Header.Get("X-Request-Id") {
			t.Error("two requests have one id")
		}
		if n := w.count("SELECT count(*) FROM organizations"); n != 1 {
			t.Errorf("%d organizations", n)
		}
		if n := w.count("SELECT count(*) FROM audit_entries WHERE event = 'organization.created'"); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// TestEveryPOSTTakesAKey repeats each operation once, as one who may call it.
func TestEveryPOSTTakesAKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, op := range openapi.Operations {
			fixture, ok := walk[op.ID]
			if op.Method != http.MethodPost || !ok {
				continue
			}
			by := w.caller(domain.Permitted(domain.Action(op.Action))[0])
			if op.Action == string(domain.SignIn) {
				by = w.anyone()
			}
			if op.ID == "quickExit" {
				continue // it ends the very session whose key it was, and answers alike without one
			}
			k := fixture(w, by)
			if k.send != nil {
				continue // a form; see TestAFormIsTheSameWhateverItsBoundary
			}
			if op.Match {
				record := k.record
				if record == "" {
					record = toRecord.FindString(k.path)
				}
				k.headers = append(k.headers, "If-Match", by.seen(record)) // as it was before the first time
			}
			headers := []string{"Idempotency-Key", w.name("key for " + op.ID)}
			first := k.try(by, op, headers...)
			if first.Status < 200 || first.Status > 299 {
				t.Errorf("%s: %d: %s", op.ID, first.Status, first.Body)
				continue
			}
			sameAnswer(first, k.try(by, op, headers...))
		}
	})
}

func TestAKeyIsForOneRequestAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		o := staff.post("/v1/organizations", ngo("First"), "Idempotency-Key", someKey).want(201)
		path := "/v1/organizations/" + o.str("id")
		w.writesNothing("another request", func() {
			staff.post("/v1/organizations", ngo("Second"), "Idempotency-Key", someKey).want(422).fault("Idempotency-Key", "reused")
			staff.post(path+"/submit", nil, "If-Match", o.tag(), "Idempotency-Key", someKey).want(422).fault("Idempotency-Key", "reused")
		})
		const another = "another key of some length"
		staff.post(path+"/submit", nil, "If-Match", o.tag(), "Idempotency-Key", another).want(200)
		staff.post(path+"/submit", nil, "If-Match", `"other"`, "Idempotency-Key", another).want(422).fault("Idempotency-Key", "reused")
		staff.post(path+"/submit", nil, "If-Match", o.tag(), "Idempotency-Key", another).want(200) // though the record has changed since
	})
}

func TestAKeyBelongsToItsCaller(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := w.another(domain.Staff, "", "").post("/v1/organizations", ngo("Mine"), "Idempotency-Key", someKey).want(201)
		yours := w.another(domain.Staff, "", "").post("/v1/organizations", ngo("Yours"), "Idempotency-Key", someKey).want(201)
		if mine.str("id") == yours.str("id") || replayed(yours) {
			t.Errorf("one caller got another's answer: %s", yours.Body)
		}
	})
}

func TestAFailedFirstTryFreesItsKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, auditor := w.as(domain.Staff), w.as(domain.Auditor)
		staff.post("/v1/organizations", ngo("Taken")).want(201)
		w.writesNothing("refused by the contract", func() {
			staff.post("/v1/organizations", `{"legal_name":"X"}`, "Idempotency-Key", someKey).want(422)
		})
		w.writesNothing("refused by the policy", func() {
			auditor.post("/v1/organizations", ngo("X"), "Idempotency-Key", someKey).want(403)
		})
		w.writesNothing("refused after a part was written", func() {
			staff.post("/v1/organizations", ngo("Taken"), "Idempotency-Key", someKey).want(409)
		})
		staff.post("/v1/organizations", ngo("Free"), "Idempotency-Key", someKey).want(201)
	})
}

// TestARequestUnderWayIsAConflict holds the first request in the middle of its
// work.
func TestARequestUnderWayIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.get("/v1/me").want(200)
		release := w.holdWrites()
		answers := make(chan *result, 2)
		for range 2 {
			go func() {
				answers <- staff.post("/v1/organizations", ngo("Slow"), "Idempotency-Key", someKey)
			}()
		}
		(<-answers).want(409) // the other can't go on
		release()
		first := (<-answers).want(201)
		sameAnswer(first, staff.post("/v1/organizations", ngo("Slow"), "Idempotency-Key", someKey).want(201))
	})
}

// holdWrites lets nobody write an organization until release.
func (w *world) holdWrites() (release func()) {
	w.Helper()
	if !w.onSQLite() {
		db, err := w.store.SQL()
		must(w, err)
		tx, err := db.BeginTx(context.Background(), &sql.TxOptions{})
		must(w, err)
		_, err = tx.Exec("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE")
		must(w, err)
		return func() { must(w, tx.Rollback()) }
	}
	began, over, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- w.system().Tx(context.Background(), func(*repository.Session) error {
			close(began)
			<-over
			return nil
		})
	}()
	<-began
	return func() { close(over); must(w, <-ended) }
}

func TestManyAtOnceWithOneKeyHaveOneEffect(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.get("/v1/me").want(200)
		const n = 20
		var together sync.WaitGroup
		start, answers := make(chan struct{}), make([]*result, n)
		for i := range n {
			together.Go(func() {
				<-start
				answers[i] = staff.post("/v1/organizations", ngo("Raced"), "Idempotency-Key", someKey)
			})
		}
		close(start)
		together.Wait()
		firsts, ids := 0, map[string]bool{}
		for _, a := range answers {
			switch {
			case a.Status == 409:
			case a.Status == 201:
				ids[a.str("id")] = true
				if !replayed(a) {
					firsts++
				}
			default:
				t.Errorf("%d: %s", a.Status, a.Body)
			}
		}
		if n := w.count("SELECT count(*) FROM organizations"); firsts != 1 || len(ids) != 1 || n != 1 {
			t.Errorf("%d first answers of %d records, and %d are there", firsts, len(ids), n)
		}
	})
}

// TestAKeptAnswerIsSealed looks for a token, which is shown once, and for the
// caller's key in all that the database holds.
func TestAKeptAnswerIsSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		got := w.as(domain.Admin).post("/v1/invitations", `{"role":"staff"}`, "Idempotency-Key", someKey).want(201)
		sameAnswer(got, w.as(domain.Admin).post("/v1/invitations", `{"role":"staff"}`, "Idempotency-Key", someKey))
		held := w.dump() + string(w.bytesOf(w.file()))
		for name, secret := range map[string]string{"token": got.str("token"), "key": someKey} {
			if secret == "" || strings.Contains(held, secret) {
				t.Errorf("the database can read the %s", name)
			}
		}
		if w.count("SELECT count(*) FROM idempotency_keys") != 1 {
			t.Error("nothing is kept at all")
		}
		// Nor can whoever has the master key as well, without the caller's own.
		sealed := w.column("SELECT answer FROM idempotency_keys")[0]
		id := w.column("SELECT id FROM idempotency_keys")[0]
		if plain, err := master.Open([]byte(sealed), "idempotency|"+id); err == nil {
			t.Errorf("the master key opens %s", plain)
		}
	})
}

func TestLimitsOfAKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		send := func(keys ...string) *result {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v1/organizations", strings.NewReader(`{"legal_name":"Limits","type":"ngo"}`))
			must(t, err)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.as(domain.Staff).bearer())
			r.Header["Idempotency-Key"] = keys
			return w.send(r)
		}
		for _, keys := range [][]string{{""}, {strings.Repeat("k", 15)}, {strings.Repeat("k", 201)}} {
			send(keys...).want(400).fault("Idempotency-Key", "invalid")
		}
		send(strings.Repeat("a", 20), strings.Repeat("b", 20)).want(400).fault("Idempotency-Key", "repeated")
		for _, key := range []string{strings.Repeat("k", 16), strings.Repeat("k", 200), "'; DROP TABLE x; --"} {
			sameAnswer(send(key).want(201), send(key).want(201))
		}
		if n := w.count("SELECT count(*) FROM organizations"); n != 3 {
			t.Errorf("%d organizations", n)
		}
	})
}

func TestNobodyNeedBeSignedInForAKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, raw := w.invitation(w.as(domain.Admin))
		in := map[string]string{"token": raw, "login": "newcomer@example.org", "name": "New", "password": goodPassword}
		first := w.anyone().post("/v1/invitations/accept", in, "Idempotency-Key", someKey).want(201)
		sameAnswer(first, w.anyone().post("/v1/invitations/accept", in, "Idempotency-Key", someKey).want(201))
		in["name"] = "Other"
		w.anyone().post("/v1/invitations/accept", in, "Idempotency-Key", someKey).want(422).fault("Idempotency-Key", "reused")
	})
}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		first := staff.post("/v1/organizations", `{"legal_name":"Day","type":"ngo"}`, "Idempotency-Key", someKey).want(201)
		w.later(24 * time.Hour)
		second := staff.post("/v1/organizations", `{"legal_name":"Next day","type":"ngo"}`, "Idempotency-Key", someKey).want(201)
		if first.str("id") == second.str("id") {
			t.Error("the answer outlived its day")
		}
		w.later(24 * time.Hour)
		must(t, w.server.Jobs()["house.keep"](t.Context(), w.system(), nil))
		if n := w.count("SELECT count(*) FROM idempotency_keys"); n != 0 {
			t.Errorf("%d answers are left", n)
		}
	})
}

// TestARefusalThatDidSomethingStays tries to spare a session its end by a key.
func TestARefusalThatDidSomethingStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.anyone().post("/v1/sessions", w.credentials(domain.Staff)).want(201)
		refresh := func(token, key string) *result {
			return w.anyone().post("/v1/sessions/refresh", map[string]string{"refresh_token": token}, "Idempotency-Key", key)
		}
		second := refresh(in.str("refresh_token"), someKey).want(200)
		sameAnswer(second, refresh(in.str("refresh_token"), someKey)) // an answer that was lost on the way
		stolen := refresh(in.str("refresh_token"), "the key of a thief, who has a copy").want(401)
		sameAnswer(stolen, refresh(in.str("refresh_token"), "the key of a thief, who has a copy"))
		if stolen.str("request_id") != stolen.Header.Get("X-Request-Id") {
			t.Errorf("the problem names another request: %s", stolen.Body)
		}
		refresh(second.str("refresh_token"), "the key of the session's owner").want(401)
		w.anyone().get("/v1/me", "Authorization", "Bearer "+second.str("access_token")).want(401)
	})
}

func TestAFormIsTheSameWhateverItsBoundary(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		upload := func(file string) *result {
			const boundary = "fixed"
			form := strings.NewReplacer("BOUNDARY", boundary+w.name("")[1:], "FILE", file, "MAPPING", companiesMapping, "\n", "\r\n").Replace(
				"--BOUNDARY\nContent-Disposition: form-data; name=\"register\"\n\ncompanies\n" +
					"--BOUNDARY\nContent-Disposition: form-data; name=\"mapping\"\n\nMAPPING\n" +
					"--BOUNDARY\nContent-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\n\nFILE\n--BOUNDARY--\n")
			_, rest, _ := strings.Cut(form, "--")
			used, _, _ := strings.Cut(rest, "\r\n")
			return w.as(domain.Staff).post("/v1/imports", form, "Content-Type", "multipart/form-data; boundary="+used, "Idempotency-Key", someKey)
		}
		sameAnswer(upload("Number,Name\n1,One\n").want(202), upload("Number,Name\n1,One\n").want(202))
		upload("Number,Name\n1,Two\n").want(422).fault("Idempotency-Key", "reused")
		if n := w.count("SELECT count(*) FROM imports"); n != 1 {
			t.Errorf("%d imports", n)
		}
	})
}
