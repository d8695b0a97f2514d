package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/repository"
)

// refusals are what the trail has of refused sign-ins, as an auditor lists them: whose
// account (by what names knows it as, a dash for nobody) and the note, sorted.
func (w *world) refusals(names map[string]string) []string {
	w.Helper()
	must(w, w.store.KeepRefusedSignIns(w.Context()))
	var out []string
	for _, e := range w.as(domain.Auditor).get("/v1/audit?limit=100&event=session.refused").want(200).items() {
		who := "-"
		if e["record_kind"] == "accounts" {
			who = names[e["record_id"].(string)]
		}
		if e["event"] != "session.refused" || e["actor_id"] != nil || e["actor_role"] != "system" {
			w.Errorf("told as %v", e)
		}
		out = append(out, fmt.Sprintf("%s %s", who, e["note"]))
	}
	slices.Sort(out)
	return out
}

// tell lets the hour pass, and the trail be told of it.
func (w *world) tell() {
	w.Helper()
	must(w, w.store.KeepRefusedSignIns(w.Context()))
	w.forward(time.Hour)
	must(w, w.server.Jobs()["house.keep"](w.Context(), w.system(), nil))
}

// guess tries wrong passwords for a name.
func (w *world) guess(login string, times int) {
	w.Helper()
	for range times {
		w.anyone().signIn(map[string]string{"login": login, "password": "a wrong one, as it happens"}).want(401)
	}
}

// TestARefusedSignInIsAnEntry refuses people of the office in every way: the hour's
// first of each is told at once, the others in one sum.
func TestARefusedSignInIsAnEntry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		names := map[string]string{}
		person := func(name string) *client {
			c := w.another(domain.Staff, "", "")
			names[string(c.actor.Account)] = name
			return c
		}
		guessed, coded, keyed, linked, proving, stopped := person("guessed"), person("coded"), person("keyed"), person("linked"), person("proving"), person("stopped")
		name := w.setPassword(guessed)
		w.guess(name, 3)

		in := map[string]string{"login": w.setPassword(coded), "password": goodPassword}
		w.anyone().signIn(in).want(401).fault("/code", "second_factor_required") // asks, and refuses nobody
		in["code"] = "000000"
		w.anyone().signIn(in).want(401).fault("/code", "wrong")

		key := w.passkeyOf(keyed)
		key.unverified = true
		w.signInWith(key).want(401)

		linked.links("person-1")
		w.exec("UPDATE accounts SET role = 'liaison' WHERE id = '" + string(linked.actor.Account) + "'")
		narrow := w.with(w.issuer.Config("office", "staff"))
		narrow.anyone().post("/v1/sessions/issuer", w.anyone().atIssuer("person-1", withFactor)).want(401)
		must(t, narrow.store.KeepRefusedSignIns(w.Context()))

		w.setPassword(proving)
		proving.post("/v1/me/proof", map[string]string{"password": "another"}).want(422)
		proving.post("/v1/me/proof", map[string]string{"password": goodPassword, "code": "000000"}).want(422)

		login := w.setPassword(stopped)
		w.as(domain.Admin).move(ownAccount(stopped), "suspend", map[string]string{"reason": "left"}).want(200)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(401)

		first := []string{"coded code", "guessed password", "keyed passkey", "linked issuer", "proving proof", "stopped suspended"}
		if got := w.refusals(names); !slices.Equal(got, first) {
			t.Errorf("told at once: %q", got)
		}
		w.guess(name, 4)
		if got := w.refusals(names); !slices.Equal(got, first) {
			t.Errorf("told again within the hour: %q", got)
		}
		w.tell()
		sum := append(first, "guessed password 6", "proving proof 1")
		slices.Sort(sum)
		if got := w.refusals(names); !slices.Equal(got, sum) {
			t.Errorf("told when the hour is over: %q", got)
		}
		w.tell()
		if got := w.refusals(names); !slices.Equal(got, sum) {
			t.Errorf("told twice: %q", got)
		}

		all := w.as(domain.Auditor).get("/v1/audit?limit=100&event=session.refused").want(200)
		if body := string(all.Body); strings.Contains(body, "wrong one") || strings.Contains(body, name) {
			t.Error("the trail has what was typed")
		}
		w.sequence()
		for _, id := range all.column("id") {
			w.as(domain.Auditor).get("/v1/audit/" + id + "/proof").want(200)
		}
		entry := w.as(domain.Auditor).get("/v1/audit?event=session.refused&record_id=" + string(coded.actor.Account)).want(200)
		if id := entry.column("request_id"); len(id) != 1 || len(id[0]) != 36 || !strings.Contains(w.log.String(), id[0]) {
			t.Errorf("the entry names no line of the log: %s", entry.Body)
		}
		w.as(domain.Auditor).get("/v1/audit?event=Session").want(400).fault("event", "invalid")
	})
}

// TestTheTrailTellsNoAdvisorByARefusal tries an advisor's account in every way in one
// office, and in another, where there is none, the same names and answers.
func TestTheTrailTellsNoAdvisorByARefusal(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		var trails, did [2][]string
		for n, w := range []*world{newWorld(t, dsn, nil), newWorld(t, dbtest.Open(t, kind, migrate), nil)} {
			login, key := "quiet.harbor", newAuthenticator(t)
			key.handle = b64.EncodeToString([]byte("nobody's"))
			if n == 1 {
				c := w.speaker(w.advisor())
				key = w.passkeyOf(c)
				w.setPassword(c)
				w.exec("UPDATE accounts SET login = '" + login + "' WHERE id = '" + string(c.actor.Account) + "'")
			}
			w.guess(login, 2)
			w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": "000000"}).want(401) // a right one, in one of them
			if n == 1 {
				w.exec("UPDATE accounts SET stage = 'suspended' WHERE login = '" + login + "'")
			}
			w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(401)
			w.signInWith(key).want(401)
			must(t, w.store.KeepRefusedSignIns(repository.WithStatements(t.Context(), func(text string) { did[n] = append(did[n], text) })))
			if early := w.refusals(nil); len(early) != 0 {
				t.Errorf("told before the hour is over: %q", early)
			}
			w.tell()
			trails[n] = w.refusals(nil)
		}
		if want := []string{"- passkey 1", "- password 4"}; !slices.Equal(trails[0], want) || !slices.Equal(trails[1], want) {
			t.Errorf("of nobody %q, of an advisor %q", trails[0], trails[1])
		}
		if len(did[0]) == 0 || !slices.Equal(did[0], did[1]) {
			t.Errorf("for nobody it does %q, for an advisor %q", did[0], did[1])
		}
	})
}

// TestAFloodOfRefusalsDoesNotFillTheTrail tries more accounts of the office in an hour
// than the trail names, at two instances.
func TestAFloodOfRefusalsDoesNotFillTheTrail(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := newWorld(t, w.dsn, nil)
		for n := range 130 {
			v := domain.RefusedSignIn{Account: domain.AccountID(w.system().NewID()), Reason: domain.RefusedCode}
			for range 3 {
				w.store.SignInRefused(w.Context(), v)
			}
			other.store.SignInRefused(w.Context(), v)
			if n == 60 {
				must(t, w.store.KeepRefusedSignIns(w.Context()))
				must(t, other.store.KeepRefusedSignIns(w.Context()))
			}
		}
		must(t, other.store.KeepRefusedSignIns(w.Context()))
		w.tell()
		var single, sums, unnamed int
		for _, note := range w.column("SELECT record_kind || ' ' || note FROM audit_entries WHERE event = 'session.refused'") {
			switch note {
			case "accounts code":
				single++
			case "accounts code 3":
				sums++
			case "refused_sign_ins password 120":
				unnamed++
			default:
				t.Errorf("told %q", note)
			}
		}
		if single != 100 || sums != 100 || unnamed != 1 {
			t.Errorf("%d single, %d sums, %d of the rest", single, sums, unnamed)
		}
	})
}

// TestWhatIsTriedTooOftenIsTold counts refusals by the limits, of which nobody looked
// whose account it was.
func TestWhatIsTriedTooOftenIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login := w.withPassword(domain.Staff)
		w.guess(login, 10)
		for range 5 {
			w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(429)
		}
		a, err := w.system().Accounts.ByLogin(w.Context(), login)
		must(t, err)
		w.tell()
		want := []string{"- too_often 5", "staff password", "staff password 9"}
		if got := w.refusals(map[string]string{string(a.ID): "staff"}); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}

		// Whoever is in tries on, and is known.
		c := w.another(domain.Staff, "", "")
		w.setPassword(c)
		c.post("/v1/me/proof", map[string]string{"password": goodPassword}).want(422).fault("/code", "second_factor_required")
		for n := range 12 {
			c.post("/v1/me/proof", map[string]string{"password": "wrong"}).want(map[bool]int{true: 422, false: 429}[n < 9])
		}
		w.tell()
		want = []string{want[0], "insider proof", "insider proof 8", "insider too_often", "insider too_often 2", want[1], want[2]}
		if got := w.refusals(map[string]string{string(a.ID): "staff", string(c.actor.Account): "insider"}); !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// TestRefusalsWaitForADatabase keeps what could not be written for the next time.
func TestRefusalsWaitForADatabase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.guess("nobody@example.org", 2)
		w.exec("ALTER TABLE refused_sign_ins RENAME TO away")
		if w.store.KeepRefusedSignIns(w.Context()) == nil {
			t.Fatal("kept nowhere")
		}
		w.exec("ALTER TABLE away RENAME TO refused_sign_ins")
		w.guess("nobody@example.org", 1)
		w.tell()
		if got := w.refusals(nil); !slices.Equal(got, []string{"- password 3"}) {
			t.Errorf("%q", got)
		}
	})
}
