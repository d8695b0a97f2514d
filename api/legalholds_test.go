package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// hold is a proposal to keep an advisor's entry until a day, by a custodian.
func (w *world) hold(of domain.AdvisorID, ends domain.Date) string {
	w.Helper()
	body := map[string]any{"advisor_id": of, "kind": "order", "reference": "LH-2026-014", "ends_on": ends}
	return "/v1/legal-holds/" + w.custodian().post("/v1/legal-holds", body).want(201).str("id")
}

// working is a hold that somebody else confirmed.
func (w *world) working(of domain.AdvisorID, ends domain.Date) string {
	w.Helper()
	path := w.hold(of, ends)
	w.as(domain.Custodian).move(path, "confirm", nil).want(200)
	return path
}

func (w *world) custodian() *client {
	return w.keep("who proposes holds", func() *client { return w.another(domain.Custodian, "", "") })
}

// in is the day that comes so many days from now.
func (w *world) in(days int) domain.Date { return domain.DateOf(w.clock.Now()).AddDays(days) }

func init() {
	walk["listLegalHolds"] = func(*world, *client) call { return call{path: "/v1/legal-holds"} }
	walk["proposeLegalHold"] = func(w *world, _ *client) call {
		return call{path: "/v1/legal-holds", body: map[string]any{"advisor_id": w.advisor(), "kind": "request", "reference": "LH-2026-015", "ends_on": w.in(30)}}
	}
	for op, rest := range map[string]string{"getLegalHold": "", "confirmLegalHold": "/confirm", "declineLegalHold": "/decline"} {
		walk[op] = func(w *world, by *client) call { return call{path: w.hold(w.advisorOf(by), w.in(30)) + rest} }
	}
	walk["liftLegalHold"] = func(w *world, by *client) call { return call{path: w.working(w.advisorOf(by), w.in(30)) + "/lift"} }
	secrets = append(secrets,
		secret{
			name: "a legal hold",
			story: func(w *world) map[string]*client {
				w.advisorCalled("Marigold")
				w.as(domain.Custodian)
				w.custodian()
				return map[string]*client{
					"anyone": w.anyone(), "staff": w.as(domain.Staff), "an admin": w.as(domain.Admin), "a liaison": w.as(domain.Liaison), "another advisor": w.speaker(w.advisorCalled("Zinnia")),
					"a partner": w.member(domain.Partner, w.approvedOrganization().ID),
				}
			},
			happens: func(w *world) {
				w.working(domain.AdvisorID(w.column("SELECT id FROM advisors WHERE alias = 'Marigold'")[0]), w.in(30))
			},
		},
		secret{
			name: "what was erased under a legal hold",
			story: func(w *world) map[string]*client {
				id := w.advisorCalled("Marigold")
				w.fill(canaries["legal_name"])
				w.working(id, w.in(30))
				return map[string]*client{"a custodian": w.custodian(), "an admin": w.as(domain.Admin), "staff": w.as(domain.Staff)}
			},
			happens: func(w *world) {
				id := domain.AdvisorID(w.column("SELECT id FROM advisors")[0])
				entryOf(w.speaker(id)).erase().want(200)
			},
		},
	)
}

// ownEntry is the entry of the advisor for whom somebody speaks.
type ownEntry struct{ *client }

func entryOf(self *client) ownEntry { return ownEntry{self} }

func (v ownEntry) path() string { return advisorPath(v.actor.Advisor) + "/vault-entry" }

func (v ownEntry) read() *result { v.w.Helper(); return v.get(v.path()).want(200) }

func (v ownEntry) erase() *result { v.w.Helper(); return v.eraseAt(v.read().tag()) }

func (v ownEntry) eraseAt(tag string) *result {
	v.w.Helper()
	return v.do(http.MethodDelete, v.path(), nil, "If-Match", tag)
}

func (v ownEntry) write(body any) *result {
	v.w.Helper()
	return v.do(http.MethodPut, v.path(), body, "If-Match", v.read().tag()).want(200)
}

// sealedFields are what is sealed of an advisor, opened behind everybody's back.
func (w *world) sealedFields(id domain.AdvisorID) (out []string) {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	for _, k := range w.strings(db, "SELECT wrapped FROM held_keys WHERE advisor = '"+string(id)+"' UNION ALL SELECT wrapped FROM advisor_keys WHERE advisor = '"+string(id)+"'") {
		key, err := master.Unwrap([]byte(k[0]), "advisor|"+string(id))
		must(w, err)
		for _, f := range w.strings(db, "SELECT field, sealed FROM held_fields WHERE advisor = '"+string(id)+"'") {
			if plain, err := key.Open([]byte(f[1]), "vault_fields|"+f[0]+"|"+string(id)); err == nil {
				out = append(out, string(plain))
			}
		}
	}
	slices.Sort(out)
	return out
}

// left counts what is sealed of anybody.
func (w *world) left() int64 {
	return w.count("SELECT (SELECT count(*) FROM held_keys) + (SELECT count(*) FROM held_fields)")
}

func TestALegalHoldTakesTwoPersons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		one, other := w.custodian(), w.as(domain.Custodian)
		draft := map[string]any{"advisor_id": id, "kind": "proceedings", "reference": "LH-2026-014", "ends_on": w.in(30)}
		with := func(name string, value any) map[string]any {
			d := map[string]any{}
			for k, v := range draft {
				d[k] = v
			}
			d[name] = value
			return d
		}
		for _, tt := range []struct {
			name, code string
			value      any
		}{
			{"ends_on", "out_of_range", w.in(366)}, {"ends_on", "out_of_range", w.in(0)}, {"reference", "invalid", "Doe v. Roe"},
			{"advisor_id", "not_found", "00000000-0000-4000-8000-000000000000"},
		} {
			one.post("/v1/legal-holds", with(tt.name, tt.value)).want(422).fault("/"+tt.name, tt.code)
		}
		both := with("ends_on", w.in(0))
		both["advisor_id"] = "00000000-0000-4000-8000-000000000000"
		one.post("/v1/legal-holds", both).want(422).fault("/advisor_id", "not_found").fault("/ends_on", "out_of_range")
		made := one.post("/v1/legal-holds", draft).want(201)
		path := "/v1/legal-holds/" + made.str("id")
		if got := fmt.Sprint(made.at("_actions")); got != "[decline]" || made.str("stage") != "proposed" {
			t.Errorf("%s", made.Body)
		}
		one.move(path, "confirm", nil).want(403)
		one.move(path, "lift", nil).want(409)
		confirmed := other.move(path, "confirm", nil).want(200)
		if confirmed.str("confirmed_on") != string(w.in(0)) || confirmed.str("decided_by") != string(other.actor.Account) || fmt.Sprint(confirmed.at("_actions")) != "[lift]" {
			t.Errorf("%s", confirmed.Body)
		}
		other.move(path, "decline", nil).want(409)
		second := "/v1/legal-holds/" + one.post("/v1/legal-holds", draft).want(201).str("id")
		other.move(second, "confirm", nil).want(200)
		taken := "/v1/legal-holds/" + one.post("/v1/legal-holds", draft).want(201).str("id")
		one.move(taken, "decline", nil).want(200)
		other.move(taken, "confirm", nil).want(409)
		late := "/v1/legal-holds/" + one.post("/v1/legal-holds", with("ends_on", w.in(1))).want(201).str("id")
		if got := one.get("/v1/legal-holds?stage=confirmed&count=exact&advisor_id=" + string(id)).want(200); got.at("total") != 2.0 {
			t.Errorf("%s", got.Body)
		}
		if got := one.get("/v1/legal-holds?count=exact&advisor_id=" + string(w.advisor())).want(200); got.at("total") != 0.0 {
			t.Errorf("%s", got.Body)
		}
		for _, by := range []*client{w.as(domain.Admin), w.as(domain.Staff), w.as(domain.Liaison), w.as(domain.Auditor), w.speaker(id)} {
			by.get("/v1/legal-holds").want(403)
			by.get(path).want(404)
		}
		w.later(24 * time.Hour)
		other.again().move(late, "confirm", nil).want(409)

		// What somebody proposed ends with them.
		leaving := w.another(domain.Custodian, "", "")
		open := "/v1/legal-holds/" + leaving.post("/v1/legal-holds", draft).want(201).str("id")
		w.as(domain.Admin).move(ownAccount(leaving), "suspend", map[string]string{"reason": "Left."}).want(200)
		if got := one.again().get(open).want(200); got.str("stage") != "declined" {
			t.Errorf("%s", got.Body)
		}
	})
}

// TestALegalHoldBlocksErasure erases under two holds that overlap: for everybody's eyes the
// entry is gone at once, and it is destroyed when the last one ends, by itself.
func TestALegalHoldBlocksErasure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		self := entryOf(w.speaker(id))
		self.write(canaries)
		self.patch(advisorPath(id)+"/safe-contact", `{"code_word":"paper boat"}`).want(200)
		db, err := w.store.SQL()
		must(t, err)
		wrapped := w.strings(db, "SELECT wrapped FROM advisor_keys")[0][0]
		first, longer := w.working(id, w.in(10)), w.working(id, w.in(20))
		until := w.in(20)
		var shown openapi.VaultEntry
		self.read().into(&shown)
		if want := fmt.Sprint([]openapi.Retention{{Kind: "order", Since: string(w.in(0)), Until: string(w.in(10))}, {Kind: "order", Since: string(w.in(0)), Until: string(until)}}); len(shown.Retentions) != 2 ||
			!strings.Contains(want, fmt.Sprint(shown.Retentions[0])) || !strings.Contains(want, fmt.Sprint(shown.Retentions[1])) || shown.SealedUntil != "" {
			t.Errorf("the advisor is told %+v", shown)
		}

		erased := self.erase().want(200)
		if len(erased.at("fields").([]any)) != 0 || erased.str("sealed_until") != string(until) || erased.tag() != self.read().tag() {
			t.Errorf("%s", erased.Body)
		}
		if got := w.as(domain.Liaison).get(advisorPath(id) + "/safe-contact?reason=recheck").want(200); got.str("code_word") != "" {
			t.Errorf("%s", got.Body)
		}
		if len(w.opened(id)) != 0 || len(w.sealedFields(id)) != len(canaries) {
			t.Errorf("the vault opens to %v, of %d fields %d are kept", w.opened(id), len(canaries), len(w.sealedFields(id)))
		}
		if n := w.count("SELECT count(*) FROM safe_contacts WHERE length(sealed) > 0"); n != 0 {
			t.Error("how to make contact is kept")
		}
		w.seesCanary("the database", w.dump())

		// What is written anew is under another key, and the advisor's to erase again.
		self.write(map[string]string{"legal_name": "Another"})
		self.patch(advisorPath(id)+"/safe-contact", `{"code_word":"stone bridge"}`).want(200)
		if got := fmt.Sprint(w.opened(id)); got != "map[legal_name:Another]" {
			t.Errorf("the vault opens to %s", got)
		}
		w.keepHouse()
		w.custodian().move(longer, "lift", nil).want(200)
		if n := len(w.sealedFields(id)); n != len(canaries) {
			t.Errorf("the other hold keeps %d fields", n)
		}
		w.later(10*24*time.Hour - 10*time.Hour) // 23:00
		w.keepHouse()
		self = entryOf(w.speaker(id))
		if got := self.read(); got.str("sealed_until") != string(w.in(1)) || w.left() == 0 {
			t.Errorf("an hour before: %s", got.Body)
		}
		w.later(time.Hour)
		self = entryOf(w.speaker(id))
		if got := self.read(); len(got.at("retentions").([]any)) != 0 || got.str("sealed_until") != string(w.in(0)) {
			t.Errorf("on the day: %s", got.Body)
		}
		w.keepHouse()
		if got := self.read(); w.left() != 0 || got.at("sealed_until") != nil || len(w.opened(id)) != 1 {
			t.Errorf("%d are left: %s", w.left(), got.Body)
		}
		if got := w.custodian().get(first).want(200); got.str("stage") != "ended" {
			t.Errorf("%s", got.Body)
		}
		entries := w.auditEntries()
		w.keepHouse()
		if n := w.auditEntries() - entries; n != 0 {
			t.Errorf("again it left %d entries", n)
		}

		var events []string
		for _, row := range w.strings(db, "SELECT event, role, note FROM audit_entries WHERE record_kind IN ('vault_entries', 'legal_holds') ORDER BY event, role") {
			if events = append(events, row[0]+" "+row[1]); row[2] != "" && row[2] != "order" {
				t.Errorf("the trail says %v", row)
			}
		}
		if want := []string{"legal_hold.confirmed custodian", "legal_hold.confirmed custodian", "legal_hold.ended system", "legal_hold.lifted custodian",
			"legal_hold.proposed custodian", "legal_hold.proposed custodian", "vault_entry.created liaison", "vault_entry.erased system",
			"vault_entry.sealed advisor", "vault_entry.written advisor", "vault_entry.written advisor"}; !slices.Equal(events, want) {
			t.Errorf("the trail has %v", events)
		}
		w.sequence()
		v, err := w.store.VerifyLog(t.Context(), func(func(name, note string) error) error { return nil })
		must(t, err)
		if v.Found != 0 || v.Waiting != 0 {
			t.Errorf("%+v", v)
		}
		w.seesCanary("the database", w.dump())
		file := w.file()
		must(t, w.store.Close())
		if left := w.bytesOf(file); file != "" && bytes.Contains(left, []byte(wrapped)) {
			t.Error("the file still holds the key")
		}
	})
}

func TestNothingButAHoldThatWorksBlocksErasure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of := map[string]func(domain.AdvisorID){
			"a proposal": func(id domain.AdvisorID) { w.hold(id, w.in(30)) },
			"a declined one": func(id domain.AdvisorID) {
				w.as(domain.Custodian).move(w.hold(id, w.in(30)), "decline", nil).want(200)
			},
			"a lifted one": func(id domain.AdvisorID) {
				w.custodian().move(w.working(id, w.in(30)), "lift", nil).want(200)
			},
			"another's":               func(domain.AdvisorID) { w.working(w.advisor(), w.in(30)) },
			"one whose day has come":  func(id domain.AdvisorID) { w.working(id, w.in(1)); w.later(24 * time.Hour) },
			"a hold of nothing there": func(id domain.AdvisorID) { entryOf(w.speaker(id)).erase().want(200); w.working(id, w.in(30)) },
		}
		for name, hold := range of {
			id := w.advisor()
			entryOf(w.speaker(id)).write(canaries)
			hold(id)
			got := entryOf(w.speaker(id)).erase().want(200)
			if got.at("sealed_until") != nil || w.left() != 0 || w.count("SELECT count(*) FROM advisor_keys WHERE advisor = '"+string(id)+"'") != 0 {
				t.Errorf("%s keeps something: %s", name, got.Body)
			}
		}
	})
}

// TestNobodyErasesUnawareOfAHold confirms after the advisor has looked.
func TestNobodyErasesUnawareOfAHold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		self := entryOf(w.speaker(id))
		self.write(canaries)
		tag := self.read().tag()
		w.working(id, w.in(30))
		self.eraseAt(tag).want(412)
		if got := self.erase().want(200); got.str("sealed_until") != string(w.in(30)) {
			t.Errorf("%s", got.Body)
		}
		// Another hold keeps what is sealed as well.
		longer := w.working(id, w.in(60))
		if got := self.read(); got.str("sealed_until") != string(w.in(60)) {
			t.Errorf("%s", got.Body)
		}
		w.later(30 * 24 * time.Hour)
		w.keepHouse()
		if n := len(w.sealedFields(id)); n != len(canaries) {
			t.Errorf("%d fields are kept", n)
		}
		w.custodian().move(longer, "lift", nil).want(200)
		if w.left() != 0 {
			t.Error("something is left")
		}
	})
}

// TestErasingAndConfirmingAtOnce lets the two race: either the erasure came first and all
// is destroyed, or the hold did and the advisor is told of it.
func TestErasingAndConfirmingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.as(domain.Custodian)
		for range 8 {
			id := w.advisor()
			self := entryOf(w.speaker(id))
			self.write(canaries)
			tag, path := self.read().tag(), w.hold(id, w.in(30))
			seen := other.get(path).tag()
			var both sync.WaitGroup
			var erased *result
			both.Go(func() { erased = self.eraseAt(tag) })
			both.Go(func() { other.post(path+"/confirm", nil, "If-Match", seen).want(200) })
			both.Wait()
			switch open := len(w.opened(id)); {
			case w.left() != 0:
				t.Fatalf("something is sealed of which nobody was told: %d", erased.Status)
			case erased.Status == 200 && open != 0, erased.Status == 412 && open != len(canaries), erased.Status != 200 && erased.Status != 412:
				t.Fatalf("%d, and the vault opens to %d fields", erased.Status, open)
			}
		}

		// Who erases before a confirmation is committed waits for it, and is told.
		id := w.advisor()
		self := entryOf(w.speaker(id))
		self.write(canaries)
		tag, path := self.read().tag(), w.hold(id, w.in(30))
		w.during(func(tx *repository.Session) error {
			_, err := tx.As(other.actor).LegalHolds.Confirm(w.Context(), domain.LegalHoldID(path[strings.LastIndex(path, "/")+1:]), nil)
			return err
		}, func() *result { return self.eraseAt(tag) }).want(412)
	})
}

// TestWhatIsReplacedUnderAHoldIsKept writes over what is held, and erases it then.
func TestWhatIsReplacedUnderAHoldIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		self := entryOf(w.speaker(id))
		self.write(map[string]string{"legal_name": "First", "phone": "1"})
		hold := w.working(id, w.in(30))
		if got := self.write(map[string]string{"legal_name": "Second"}); got.str("sealed_until") != string(w.in(30)) || got.tag() != self.read().tag() {
			t.Errorf("%s", got.Body)
		}
		if got := fmt.Sprint(w.sealedFields(id), w.opened(id)); got != "[1 First] map[legal_name:Second]" {
			t.Errorf("sealed and open: %s", got)
		}
		other := w.advisor()
		entryOf(w.speaker(other)).write(map[string]string{"legal_name": "First"})
		theirs := w.working(other, w.in(30))
		entryOf(w.speaker(other)).write(map[string]string{"legal_name": "Second"})
		w.custodian().move(theirs, "lift", nil).want(200)
		if got := fmt.Sprint(w.sealedFields(other), w.opened(other)); got != "[] map[legal_name:Second]" {
			t.Errorf("after the end: %s", got)
		}

		self.erase().want(200)
		if got := fmt.Sprint(w.sealedFields(id), w.opened(id)); got != "[1 First Second] map[]" {
			t.Errorf("after erasing: %s", got)
		}
		w.custodian().move(hold, "lift", nil).want(200)
		if w.left() != 0 || w.count("SELECT count(*) FROM advisor_keys WHERE advisor = '"+string(id)+"'") != 0 {
			t.Error("something is left")
		}
	})
}

// TestWhatWasSealedStaysSealedAfterARestore restores a database from before an entry was
// sealed, and one from before that was carried out.
func TestWhatWasSealedStaysSealedAfterARestore(t *testing.T) {
	all := []string{"advisor_keys", "vault_entries", "vault_fields", "safe_contacts", "legal_holds", "held_keys", "held_fields", "erasures"}
	for name, tt := range map[string]struct {
		before, after func(w *world, id domain.AdvisorID, self ownEntry)
		// sealed is what is kept after the restore, and on the day of the lost hold.
		sealed, then int
	}{
		"before the hold": {func(*world, domain.AdvisorID, ownEntry) {}, func(w *world, id domain.AdvisorID, self ownEntry) {
			w.working(id, w.in(30))
			self.erase().want(200)
		}, len(canaries), 0},
		"before the sealing": {func(w *world, id domain.AdvisorID, _ ownEntry) { w.working(id, w.in(30)) }, func(_ *world, _ domain.AdvisorID, self ownEntry) { self.erase().want(200) }, len(canaries), 0},
		"before another hold": {func(w *world, id domain.AdvisorID, self ownEntry) { w.working(id, w.in(10)); self.erase().want(200) }, func(w *world, id domain.AdvisorID, _ ownEntry) {
			w.working(id, w.in(30))
		}, len(canaries), 0},
		"before the lifting": {func(w *world, id domain.AdvisorID, self ownEntry) { w.working(id, w.in(30)); self.erase().want(200) }, func(w *world, id domain.AdvisorID, _ ownEntry) {
			hold := w.column("SELECT id FROM legal_holds WHERE advisor = '" + string(id) + "'")[0]
			w.custodian().move("/v1/legal-holds/"+hold, "lift", nil).want(200)
		}, 0, 0},
		"before one end and another hold": {func(w *world, id domain.AdvisorID, self ownEntry) {
			w.working(id, w.in(30))
			self.erase().want(200)
			self.write(canaries)
		}, func(w *world, id domain.AdvisorID, self ownEntry) {
			hold := w.column("SELECT id FROM legal_holds WHERE advisor = '" + string(id) + "'")[0]
			w.custodian().move("/v1/legal-holds/"+hold, "lift", nil).want(200)
			w.working(id, w.in(30))
			self.erase().want(200)
		}, len(canaries), 0},
		"before a hold after the erasure": {func(*world, domain.AdvisorID, ownEntry) {}, func(w *world, id domain.AdvisorID, self ownEntry) {
			self.erase().want(200)
			w.working(id, w.in(30))
		}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				id := w.advisor()
				self := entryOf(w.speaker(id))
				self.write(canaries)
				tt.before(w, id, self)
				restore := w.setAside(all...)
				tt.after(w, id, self)
				marks := map[string]bool{}
				must(t, w.store.KeepErasures(t.Context(), func(mark string) error { marks[mark] = true; return nil }))
				restore()
				if _, err := w.store.RedoErasures(t.Context(), marks); err != nil {
					t.Fatal(err)
				}
				if n, err := w.store.RedoErasures(t.Context(), marks); n != 0 || err != nil {
					t.Errorf("again %d: %v", n, err)
				}
				if got := self.read(); len(got.at("fields").([]any)) != 0 || len(w.opened(id)) != 0 || len(w.sealedFields(id)) != tt.sealed {
					t.Errorf("%d fields are sealed, want %d: %s", len(w.sealedFields(id)), tt.sealed, got.Body)
				}
				w.later(29 * 24 * time.Hour)
				w.keepHouse()
				if n := len(w.sealedFields(id)); n != tt.sealed {
					t.Errorf("the day before %d fields are sealed, want %d", n, tt.sealed)
				}
				w.later(24 * time.Hour)
				w.keepHouse()
				if w.left() != 0 {
					t.Error("something is left")
				}
			})
		})
	}
}
