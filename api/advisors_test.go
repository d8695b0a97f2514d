package api_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/openapi"
	"accord/repository"
)

// liaising is the store as the liaison reaches it who looks after whomever is seeded.
func (w *world) liaising() *repository.Session {
	return w.store.As(w.as(domain.Liaison).actor)
}

// advisor seeds an advisor with an alias of no matter.
func (w *world) advisor() domain.AdvisorID {
	w.Helper()
	return w.advisorCalled(w.name("Advisor"))
}

// advisorCalled seeds an advisor.
func (w *world) advisorCalled(alias string) domain.AdvisorID {
	w.Helper()
	a, err := domain.NewAdvisor(alias, domain.AdvisorDraft{Expertise: []domain.Topic{domain.TopicData}, Languages: []string{"en"}})
	must(w, err)
	must(w, w.liaising().Advisors.Create(w.Context(), domain.CreateAdvisor, a))
	return a.ID
}

// advisorOf is the advisor that a caller speaks for, or another, whom a liaison looks after.
func (w *world) advisorOf(by *client) domain.AdvisorID {
	w.Helper()
	if by.actor.Advisor != "" {
		return by.actor.Advisor
	}
	id := w.advisor()
	if by.actor.Role == domain.Liaison && by != w.as(domain.Liaison) {
		w.lookAfter(id, by)
	}
	return id
}

// lookAfter seeds that a liaison looks after an advisor, and returns the path of that.
func (w *world) lookAfter(of domain.AdvisorID, liaison *client) string {
	w.Helper()
	v, err := w.liaising().Assignments.Assign(w.Context(), of, liaison.actor.Account)
	must(w, err)
	return "/v1/assignments/" + string(v.ID)
}

// later moves time on and signs everyone in again.
func (w *world) later(d time.Duration) {
	w.Helper()
	w.forward(d)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.clients {
		a, err := w.system().Accounts.Get(w.Context(), c.actor.Account)
		must(w, err)
		s, err := domain.NewSession(a, domain.ByPassword, w.clock.Now())
		must(w, err)
		must(w, w.system().Sessions.Create(w.Context(), domain.EndSession, s))
		c.sid = s.ID
	}
}

func advisorPath(id domain.AdvisorID) string { return "/v1/advisors/" + string(id) }

func init() {
	walk["listAdvisors"] = func(*world, *client) call { return call{path: "/v1/advisors"} }
	walk["createAdvisor"] = func(*world, *client) call { return call{path: "/v1/advisors"} }
	for op, rest := range map[string]string{
		"getAdvisor": "", "editAdvisor": "", "renameAdvisor": "/rename", "pauseAdvisor": "/pause", "retireAdvisor": "/retire",
		"listAccess": "/access-log", "listAssignments": "/assignments",
	} {
		walk[op] = func(w *world, by *client) call { return call{path: advisorPath(w.advisorOf(by)) + rest} }
	}
	walk["resumeAdvisor"] = func(w *world, by *client) call {
		path := advisorPath(w.advisorOf(by))
		w.as(domain.Liaison).move(path, "pause", nil).want(200)
		return call{path: path + "/resume"}
	}
	walk["assignLiaison"] = func(w *world, by *client) call {
		return call{path: advisorPath(w.advisorOf(by)) + "/assignments", body: map[string]any{"account_id": w.another(domain.Liaison, "", "").actor.Account}}
	}
	for op, rest := range map[string]string{"getAssignment": "", "endAssignment": "/end"} {
		walk[op] = func(w *world, by *client) call {
			return call{path: w.lookAfter(w.advisorOf(by), w.another(domain.Liaison, "", "")) + rest}
		}
	}
	for op, rest := range map[string]string{
		"getSafeContact": "/safe-contact", "editSafeContact": "/safe-contact",
		"getVaultEntry": "/vault-entry", "writeVaultEntry": "/vault-entry", "eraseVaultEntry": "/vault-entry",
	} {
		walk[op] = func(w *world, by *client) call {
			path := advisorPath(w.advisorOf(by)) + rest
			k := call{path: path, record: path}
			if op == "getSafeContact" {
				k.path += "?reason=recheck"
			}
			return k
		}
	}
	for op, verb := range map[string]string{"cancelSafeContact": "/cancel", "issueSafeContactToken": "/issue_token"} {
		walk[op] = func(w *world, by *client) call {
			path := w.waitingContact(w.advisorOf(by))
			return call{path: path + verb, record: path}
		}
	}
	walk["useSafeContactToken"] = func(w *world, _ *client) call {
		return call{path: "/v1/safe-contact/use_token", body: w.contactToken(w.waitingContact(w.advisor()))}
	}
	secrets = append(secrets, secret{
		name: "a change of safe contact that waits",
		story: func(w *world) map[string]*client {
			w.as(domain.Liaison)
			w.advisorCalled("Quiet Heron")
			return map[string]*client{
				"anyone": w.anyone(), "staff": w.as(domain.Staff), "an admin": w.as(domain.Admin), "a custodian": w.as(domain.Custodian),
				"a liaison who doesn't look after the advisor": w.secondLiaison(),
				"another advisor": w.speaker(w.advisor()), "a partner": w.member(domain.Partner, w.approvedOrganization().ID),
			}
		},
		happens: func(w *world) {
			of := w.withAlias("Quiet Heron")
			w.as(domain.Liaison).move(w.waitingContact(of), "cancel", nil).want(200)
			w.anyone().post("/v1/safe-contact/use_token", w.contactToken(w.waitingContact(of))).want(204)
			w.waitingContact(of)
		},
	})
}

// withAlias is the advisor of an alias.
func (w *world) withAlias(alias string) domain.AdvisorID {
	w.Helper()
	return domain.AdvisorID(w.column("SELECT id FROM advisors WHERE alias = '" + alias + "'")[0])
}

// waitingContact writes how to reach an advisor, changes it, and returns its path: the
// change waits.
func (w *world) waitingContact(of domain.AdvisorID) string {
	w.Helper()
	path, liaison := advisorPath(of)+"/safe-contact", w.as(domain.Liaison)
	liaison.patch(path, `{"code_word":"paper boat"}`).want(200)
	liaison.patch(path, `{"code_word":"stone bridge"}`).want(200)
	return path
}

// contactToken is the body that stops the change which waits there.
func (w *world) contactToken(path string) map[string]string {
	w.Helper()
	return map[string]string{"token": w.as(domain.Liaison).move(path, "issue_token", nil).want(200).str("token")}
}

func init() {
	secrets = append(secrets, secret{
		name: "an advisor on a council",
		story: func(w *world) map[string]*client {
			member, org := w.advisor(), w.approvedOrganization().ID
			w.advisorCalled("Marigold")
			c := w.council(member)
			w.as(domain.Liaison).patch(councilPath(c.ID), `{"members_know_each_other":true}`).want(200)
			w.issued(c.ID, 2026, "Pay the survivors for preparing.", "DOJ", "DOL")
			return map[string]*client{
				"anyone": w.anyone(), "an advisor who sits on no council": w.speaker(w.advisor()),
				"a partner": w.member(domain.Partner, org), "a partner's admin": w.member(domain.PartnerAdmin, org),
				"an admin": w.as(domain.Admin), "a custodian": w.as(domain.Custodian),
			}
		},
		happens: func(w *world) {
			id := w.withAlias("Marigold")
			self, path, council := w.speaker(id), advisorPath(id), councilPath(w.anyCouncil())
			w.seat(w.anyCouncil(), id, "2026-01-01")
			self.patch(path+"/safe-contact", `{"code_word":"paper boat"}`).want(200)
			self.do(http.MethodPut, path+"/vault-entry", canaries, "If-Match", self.get(path+"/vault-entry").tag()).want(200)
			draft := self.post(council+"/recommendations", `{"report_year":2026,"text":"Pay the survivors.","agencies":["DOJ"],"topics":["finance"]}`).want(201)
			self.patch("/v1/recommendations/"+draft.str("id"), `{"text":"Pay the survivors in time."}`).want(200)
			self.move(path, "pause", nil).want(200)
		},
		after: func(w *world) {
			w.advance(w.response(w.issued(w.anyCouncil(), 2026, "Train the inspectors.", "DOL")), "review", "accept")
		},
	})
}

// anyCouncil is a council that is there.
func (w *world) anyCouncil() domain.CouncilID {
	w.Helper()
	rows, err := w.system().Councils.List(w.Context(), repository.Page{Limit: 1})
	must(w, err)
	return rows.Items[0].ID
}

func TestStaffSeeAnAdvisorByAliasExpertiseAndLanguagesOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisorCalled("Steady Heron")
		path := advisorPath(id)
		other := w.speaker(w.advisor())
		for _, tt := range []struct {
			name string
			by   *client
			want string // the members that are shown, or the status
		}{
			{"staff", w.as(domain.Staff), "_actions alias expertise id languages"},
			{"a liaison", w.as(domain.Liaison), "_actions alias expertise id languages stage"},
			{"the advisor", w.speaker(id), "_actions alias expertise id languages stage"},
			{"another advisor", other, "404"},
			{"an admin", w.as(domain.Admin), "404"},
			{"a custodian", w.as(domain.Custodian), "404"},
			{"an auditor", w.as(domain.Auditor), "404"},
			{"a partner", w.member(domain.PartnerAdmin, w.approvedOrganization().ID), "404"},
		} {
			if got := membersOf(tt.by.get(path)); got != tt.want {
				t.Errorf("%s sees %s, want %s", tt.name, got, tt.want)
			}
		}
		if got := other.get("/v1/advisors?count=exact").want(200); len(got.items()) != 1 || got.at("total") != 1.0 || got.items()[0]["id"] != string(other.actor.Advisor) {
			t.Errorf("an advisor lists %s", got.Body)
		}
		for _, role := range []domain.Role{domain.Admin, domain.Custodian, domain.Auditor} {
			w.as(role).get("/v1/advisors").want(403)
		}
	})
}

func membersOf(r *result) string {
	if r.Status != 200 {
		return fmt.Sprint(r.Status)
	}
	var v map[string]any
	r.into(&v)
	var names []string
	for n := range v {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestAdvisorsAreFoundByWhatStaffMaySee(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		liaison, staff := w.as(domain.Liaison), w.as(domain.Staff)
		for alias, body := range map[string]string{
			"Calm Oak":   `{"alias":"Calm Oak","expertise":["data","finance"],"languages":["en","fil"]}`,
			"Brisk Lake": `{"alias":"Brisk Lake","expertise":["finance"],"languages":["es"]}`,
		} {
			if got := liaison.post("/v1/advisors", body).want(201).str("alias"); got != alias {
				t.Errorf("made %s", got)
			}
		}
		paused := liaison.post("/v1/advisors", `{"alias":"Quiet Reef"}`).want(201)
		liaison.move("/v1/advisors/"+paused.str("id"), "pause", nil).want(200)
		for query, want := range map[string]string{
			"":                            "Brisk Lake,Calm Oak,Quiet Reef",
			"?sort=-alias":                "Quiet Reef,Calm Oak,Brisk Lake",
			"?expertise=finance":          "Brisk Lake,Calm Oak",
			"?expertise=data&language=en": "Calm Oak",
			"?language=fi":                "", // is no part of fil
		} {
			if got := strings.Join(staff.get("/v1/advisors"+query).want(200).column("alias"), ","); got != want {
				t.Errorf("%s lists %s, want %s", query, got, want)
			}
		}
		staff.get("/v1/advisors?stage=paused").want(403)
		if got := liaison.get("/v1/advisors?stage=paused").want(200).column("alias"); fmt.Sprint(got) != "[Quiet Reef]" {
			t.Errorf("a liaison lists %v", got)
		}
	})
}

func TestAnAliasIsUniqueAndOnlyALiaisonLearnsSo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		liaison := w.as(domain.Liaison)
		w.advisorCalled("Steady Heron")
		liaison.post("/v1/advisors", `{"alias":"STEADY  heron"}`).want(409).fault("/alias", "taken")
		liaison.post("/v1/advisors", `{"alias":"202-555-0100"}`).want(422).fault("/alias", "invalid")
		drawn := liaison.post("/v1/advisors", `{}`).want(201)
		path := "/v1/advisors/" + drawn.str("id")
		liaison.move(path, "rename", `{"alias":"Steady Heron"}`).want(409).fault("/alias", "taken")
		if got := liaison.move(path, "rename", `{"alias":"Calm Oak"}`).want(200).str("alias"); got != "Calm Oak" {
			t.Errorf("renamed to %s", got)
		}
		liaison.move(path, "rename", `{"alias":"calm oak"}`).want(200) // its own is not taken

		self := w.speaker(domain.AdvisorID(drawn.str("id")))
		free, taken := self.move(path, "rename", `{"alias":"Warm Stone"}`).want(403), self.move(path, "rename", `{"alias":"Steady Heron"}`).want(403)
		if a, b := withoutRequestID(free), withoutRequestID(taken); a != b {
			t.Errorf("a free and a taken alias answer differently:\n%s\n%s", a, b)
		}
		if got := self.move(path, "rename", `{}`).want(200).str("alias"); got == "" || got == "calm oak" {
			t.Errorf("an advisor was given %q", got)
		}
	})
}

func TestARetiredAdvisorIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id), w.speaker(id)
		self.move(path, "resume", nil).want(409)
		self.move(path, "pause", nil).want(200)
		self.move(path, "pause", nil).want(409)
		self.move(path, "retire", nil).want(200)
		self.move(path, "retire", nil).want(409)
		self.patch(path, `{"languages":["es"]}`).want(409)
		self.move(path, "rename", `{}`).want(409)
		// What is the advisor's own stays so.
		vault := path + "/vault-entry"
		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).want(200).tag()).want(200)
	})
}

func TestAnAdvisorIsInvitedByALiaison(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := w.as(domain.Liaison).post("/v1/advisors", `{"alias":"Steady Heron"}`).want(201)
		invite := map[string]any{"role": "advisor", "advisor_id": made.str("id")}
		w.as(domain.Admin).post("/v1/invitations", invite).want(403)
		w.as(domain.Staff).post("/v1/invitations", invite).want(403)
		invited := w.as(domain.Liaison).post("/v1/invitations", invite).want(201)
		accept := map[string]string{"token": invited.str("token"), "login": "a-name-of-no-mail", "name": "Heron", "password": goodPassword}
		w.anyone().post("/v1/invitations/accept", accept).want(201)
		tokens := w.anyone().post("/v1/sessions", map[string]string{"login": "a-name-of-no-mail", "password": goodPassword}).want(201)
		bearer := "Bearer " + tokens.str("access_token")
		got := w.anyone().get("/v1/advisors", "Authorization", bearer).want(200)
		if fmt.Sprint(got.column("alias")) != "[Steady Heron]" {
			t.Errorf("signed in as %s", got.Body)
		}
		for _, list := range []string{"/v1/accounts?role=advisor&count=exact", "/v1/invitations?count=exact"} {
			if got := w.as(domain.Admin).get(list).want(200); got.at("total") != 0.0 || len(got.items()) != 0 {
				t.Errorf("an admin sees of advisors %s", got.Body)
			}
		}
		w.as(domain.Admin).get("/v1/invitations/" + invited.str("id")).want(404)
		w.as(domain.Liaison).post("/v1/invitations", invite).want(409) // an advisor speaks with one voice
		invite["advisor_id"] = "00000000-0000-4000-8000-000000000000"
		w.as(domain.Liaison).post("/v1/invitations", invite).want(422).fault("/advisor_id", "not_found")
		vault := "/v1/advisors/" + made.str("id") + "/vault-entry"
		w.anyone().get(vault, "Authorization", bearer).want(200)
		w.as(domain.Liaison).get(vault).want(404)
	})
}

func TestOfTwoInvitationsOfAnAdvisorOneMakesAnAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		invite := map[string]any{"role": "advisor", "advisor_id": w.advisor()}
		first, second := w.as(domain.Liaison).post("/v1/invitations", invite).want(201), w.as(domain.Liaison).post("/v1/invitations", invite).want(201)
		accept := func(invited *result, login string) *result {
			return w.anyone().post("/v1/invitations/accept", map[string]string{
				"token": invited.str("token"), "login": login, "name": "Heron", "password": goodPassword})
		}
		accept(second, "a-name").want(201)
		accept(first, "another-name").want(409)
	})
}

func TestSafeContactIsForTheAdvisorAndALiaison(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self, liaison := advisorPath(id)+"/safe-contact", w.speaker(id), w.as(domain.Liaison)
		first := liaison.get(path + "?reason=recheck").want(200)
		if first.at("never_leave_message") != true || fmt.Sprint(first.at("channels")) != "[platform]" {
			t.Errorf("before anything is known: %s", first.Body)
		}
		self.patch(path, `{"channels":["call"],"time_zone":"Asia/Manila","hours":[{"day":"friday","from":"18:00","until":"19:30"}],
			"code_word":"paper boat","never_leave_message":false,"sender_name":"Library","recheck_on":"2026-09-01",
			"quiet_periods":[{"from":"2026-05-01","until":"2026-05-03"}],"accommodations":"breaks every hour"}`).want(200)
		got := liaison.get(path + "?reason=recheck").want(200)
		for _, want := range []string{"paper boat", "Asia/Manila", "18:00", "Library", "2026-05-03", "breaks every hour", `"never_leave_message":false`} {
			if !strings.Contains(string(got.Body), want) {
				t.Errorf("no %s in %s", want, got.Body)
			}
		}
		if got := liaison.patch(path, `{"never_leave_message":null,"hours":null}`).want(200); got.at("never_leave_message") != true || got.str("code_word") != "paper boat" {
			t.Errorf("without a word on messages: %s", got.Body)
		}
		self.patch(path, `{"hours":[{"day":"friday","from":"19:00","until":"18:00"}]}`).want(422).fault("/hours/0", "invalid")
		self.patch(path, `{"time_zone":"Here/There"}`).want(422).fault("/time_zone", "unknown_value")
		for _, by := range []*client{w.as(domain.Staff), w.as(domain.Admin), w.as(domain.Auditor), w.as(domain.Custodian), w.speaker(w.advisor())} {
			by.get(path).want(404)
			by.patch(path, `{"code_word":"x"}`).want(404)
		}
		if dump := w.dump(); strings.Contains(dump, "paper boat") || strings.Contains(dump, "Asia/Manila") || strings.Contains(dump, "every hour") {
			t.Error("the database can read how the advisor is reached")
		}
	})
}

// stopsNothing has a token tried that must stop nothing.
func (w *world) stopsNothing(token map[string]string) {
	w.Helper()
	before := w.auditEntries()
	guess := w.anyone().post("/v1/safe-contact/use_token", `{"token":"a-guess"}`).want(404)
	got := w.anyone().post("/v1/safe-contact/use_token", token).want(404)
	if a, b := withoutRequestID(got), withoutRequestID(guess); a != b {
		w.Errorf("a token that is over is told from a guess:\n%s\n%s", a, b)
	}
	if n := w.auditEntries() - before; n != 0 {
		w.Errorf("it left %d entries", n)
	}
}

func TestAChangeOfContactWaitsFor72Hours(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id)+"/safe-contact", w.speaker(id)
		holds := func(word, waiting string) *result {
			t.Helper()
			got := w.as(domain.Liaison).get(path + "?reason=recheck").want(200)
			var c openapi.SafeContact
			got.into(&c)
			waits := ""
			if c.Waiting != nil {
				waits = c.Waiting.CodeWord
			}
			if c.CodeWord != word || waits != waiting || slices.Contains(c.Next, "cancel") != (waiting != "") {
				t.Errorf("holds %q and %q waits, want %q and %q: %s", c.CodeWord, waits, word, waiting, got.Body)
			}
			return got
		}
		self.patch(path, `{"code_word":"paper boat","channels":["call"],"never_leave_message":false}`).want(200)
		holds("paper boat", "") // the first
		self.patch(path, `{"code_word":"stone bridge","channels":["text_message"],"never_leave_message":true}`).want(200)
		if got := holds("paper boat", "stone bridge"); got.at("never_leave_message") != true || fmt.Sprint(got.at("channels")) != "[call]" {
			t.Errorf("holds %s", got.Body)
		}
		at := holds("paper boat", "stone bridge").at("waiting").(map[string]any)["takes_effect_at"]
		if want := w.clock.Now().Add(72 * time.Hour).UTC().Format(time.RFC3339); at != want {
			t.Errorf("from %v, want %s", at, want)
		}
		for _, by := range []*client{self, w.as(domain.Liaison)} {
			if n := by.get("/v1/notices").want(200); !slices.Contains(n.column("event"), "safe_contact.change_waits") || strings.Contains(string(n.Body), "stone") {
				t.Errorf("%s is told %s", by.actor.Role, n.Body)
			}
		}
		if dump := w.dump(); strings.Contains(dump, "stone bridge") {
			t.Error("the database can read what waits")
		}
		// What silences holds at once, for what waits too, and moves no time.
		w.later(24 * time.Hour)
		self.patch(path, `{"quiet_periods":[{"from":"2026-05-01","until":"2026-05-03"}]}`).want(200)
		if got := holds("paper boat", "stone bridge"); strings.Count(string(got.Body), "2026-05-03") != 2 || got.at("waiting").(map[string]any)["takes_effect_at"] != at {
			t.Errorf("%s", got.Body)
		}
		w.later(48*time.Hour - time.Microsecond)
		w.runJobs()
		holds("paper boat", "stone bridge")
		w.later(time.Microsecond)
		tag := holds("stone bridge", "").tag() // the clock decides, not the job
		w.runJobs()
		if got := holds("stone bridge", ""); got.tag() != tag {
			t.Error("the job changed what was shown")
		}
		changes := func(want int64) {
			t.Helper()
			if n := w.count("SELECT count(*) FROM audit_entries WHERE event = 'safe_contact.changed'"); n != want {
				t.Errorf("the trail has %d changes, want %d", n, want)
			}
		}
		changes(1) // nobody else had to write for it
		// Another in the place of one that waits begins anew; the former's job does nothing.
		w.as(domain.Liaison).patch(path, `{"code_word":"iron gate"}`).want(200)
		w.later(71 * time.Hour)
		w.as(domain.Liaison).patch(path, `{"code_word":"glass door"}`).want(200)
		w.later(time.Hour)
		w.runJobs()
		holds("stone bridge", "glass door")
		w.later(71 * time.Hour)
		// What comes in before the job is made from what holds by then.
		self = w.speaker(id)
		self.patch(path, `{"recheck_on":"2026-12-01"}`).want(200)
		holds("glass door", "")
		w.runJobs()
		holds("glass door", "")
		changes(2)
		log := self.get(advisorPath(id) + "/access-log?limit=100").want(200).column("event")
		for event, n := range map[string]int{"safe_contact.change_proposed": 3, "safe_contact.changed": 2, "safe_contact.edited": 4} {
			if got := len(slices.DeleteFunc(slices.Clone(log), func(e string) bool { return e != event })); got != n {
				t.Errorf("the advisor's log has %s %d times, want %d", event, got, n)
			}
		}
	})
}

func TestAChangeOfContactIsStoppedByItsAdvisorOrByTheFormerWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id)+"/safe-contact", w.speaker(id)
		path2 := w.waitingContact(w.advisor())
		const use = "/v1/safe-contact/use_token"
		word := func(want string) {
			t.Helper()
			w.later(72 * time.Hour)
			w.runJobs()
			self = w.speaker(id)
			if got := self.get(path).want(200); got.str("code_word") != want || got.at("waiting") != nil {
				t.Errorf("want %s: %s", want, got.Body)
			}
		}
		w.waitingContact(id) // a liaison's waits as well
		self.move(path, "cancel", nil).want(200)
		self.move(path, "cancel", nil).want(409)
		w.as(domain.Liaison).move(path, "issue_token", nil).want(409)
		word("paper boat")
		self.patch(path, `{"code_word":"stone bridge"}`).want(200)
		w.as(domain.Liaison).move(path, "cancel", nil).want(200)
		word("paper boat")

		self.patch(path, `{"code_word":"stone bridge"}`).want(200)
		self.move(path, "issue_token", nil).want(403)
		first := w.contactToken(path)
		token := w.contactToken(path)
		w.stopsNothing(first) // another took its place
		if dump := w.dump(); strings.Contains(dump, token["token"]) {
			t.Error("the database holds the token")
		}
		got := w.anyone().post(use, token).want(204)
		if len(got.Body) != 0 {
			t.Errorf("%s", got.Body)
		}
		w.stopsNothing(token)
		word("paper boat")
		if log := self.get(advisorPath(id) + "/access-log").want(200); !slices.Contains(log.column("event"), "safe_contact.change_cancelled") {
			t.Errorf("%s", log.Body)
		}

		// One change's token stops no other.
		self.patch(path, `{"code_word":"stone bridge"}`).want(200)
		token = w.contactToken(path)
		w.as(domain.Liaison).patch(path2, `{"code_word":"iron gate"}`).want(200)
		w.anyone().post(use, w.contactToken(path2)).want(204)
		self.patch(path, `{"code_word":"glass door"}`).want(200)
		w.anyone().post(use, token).want(204) // to write anew takes no token away
		w.stopsNothing(token)
		self.patch(path, `{"code_word":"glass door"}`).want(200)
		token = w.contactToken(path)
		w.later(72 * time.Hour)
		w.stopsNothing(token) // it holds, before the job too
		word("glass door")
		w.stopsNothing(token)
	})
}

func TestErasingForgetsAChangeOfContactThatWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, vault := advisorPath(id)+"/safe-contact", advisorPath(id)+"/vault-entry"
		w.waitingContact(id)
		token := w.contactToken(path)
		self := w.speaker(id)
		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).tag()).want(200)
		if n := w.count("SELECT count(*) FROM safe_contacts WHERE waiting_sealed IS NOT NULL OR takes_effect_at IS NOT NULL OR token_hash <> ''"); n != 0 {
			t.Error("something waits still")
		}
		w.stopsNothing(token)
		// To erase is no way around: what is written then waits.
		self.patch(path, `{"code_word":"iron gate","channels":["call"]}`).want(200)
		if got := self.get(path).want(200); got.str("code_word") != "" || fmt.Sprint(got.at("channels")) != "[platform]" || got.at("waiting") == nil {
			t.Errorf("after an erasure holds %s", got.Body)
		}
		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).tag()).want(200)
		w.later(72 * time.Hour)
		w.runJobs()
		if got := w.as(domain.Liaison).get(path + "?reason=recheck").want(200); got.str("code_word") != "" || fmt.Sprint(got.at("channels")) != "[platform]" || got.at("waiting") != nil {
			t.Errorf("what waited came back: %s", got.Body)
		}
	})
}

// TestAChangeOfContactHoldsOnce has several instances at the job.
func TestAChangeOfContactHoldsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path := w.waitingContact(id)
		w.later(72 * time.Hour)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := w.system().SafeContacts.SettleIfDue(w.Context(), domain.ID[domain.SafeContact](id)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(w.runJobs)
		all.Wait()
		if n := w.count("SELECT count(*) FROM audit_entries WHERE event = 'safe_contact.changed'"); n != 1 {
			t.Errorf("it held %d times", n)
		}
		if n := w.count("SELECT version FROM safe_contacts WHERE id = '" + string(id) + "'"); n != 4 {
			t.Errorf("version %d: something was saved that changed nothing", n)
		}
		if got := w.as(domain.Liaison).get(path + "?reason=recheck").want(200); got.str("code_word") != "stone bridge" {
			t.Errorf("%s", got.Body)
		}
	})
}

// dump is every value of every table, as text; what is binary, as text and as
// hex.
func (w *world) dump() string {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	tables := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if !w.onSQLite() {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	b := &strings.Builder{}
	for _, name := range w.strings(db, tables) {
		w.dumpTable(b, db, name[0])
	}
	return b.String()
}

func (w *world) onSQLite() bool { return strings.Contains(w.Name(), "/"+dbtest.SQLite) }

func (w *world) dumpTable(b *strings.Builder, db *sql.DB, table string) {
	for _, row := range w.strings(db, "SELECT * FROM "+table) {
		for _, v := range row {
			fmt.Fprintf(b, "%s %q %s\n", table, v, hex.EncodeToString([]byte(v)))
			b.WriteString(v)
		}
	}
}

// strings are all rows that a statement gives, as text.
func (w *world) strings(db *sql.DB, query string, args ...any) (out [][]string) {
	w.Helper()
	rows, err := db.QueryContext(context.Background(), query, args...)
	must(w, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(w, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		must(w, rows.Scan(values...))
		row := make([]string, len(columns))
		for i, v := range values {
			switch v := (*v.(*any)).(type) {
			case []byte:
				row[i] = string(v)
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		out = append(out, row)
	}
	must(w, rows.Err())
	return out
}

// canaries are what an advisor puts into the vault in these tests, by field.
var canaries = map[string]string{
	"legal_name": "Canaria Serinus", "email": "canary@aviary.example", "phone": "+1 202 555 0177",
	"address": "7 Canary Wharf", "other": "sings in the yellow choir",
}

// seesCanary fails the test if a text holds what is in the vault.
func (w *world) seesCanary(where, text string) {
	w.Helper()
	for field, secret := range canaries {
		if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
			w.Errorf("%s holds the %s", where, field)
		}
	}
}

func TestNothingButTheVaultKnowsAnIdentity(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id)+"/vault-entry", w.speaker(id)
		w.council(id)
		put := func(body any, status int) *result {
			t.Helper()
			r := self.do(http.MethodPut, path, body, "If-Match", self.get(path).tag()).want(status)
			w.seesCanary("an answer", string(r.Body)+fmt.Sprint(r.Header))
			return r
		}
		put(canaries, 200)
		put(canaries, 200)
		put(map[string]string{"legal_name": strings.Repeat(canaries["legal_name"], 100)}, 422)
		put(map[string]string{"email": canaries["legal_name"]}, 422)
		put(`{"legal_name":"`+canaries["legal_name"]+`","legal_name":"x"}`, 400)
		put(`{"legal_name":["`+canaries["legal_name"]+`"]}`, 422)
		put(`{"legal_name":"`+canaries["legal_name"], 400)

		if got := w.opened(id); fmt.Sprint(got) != fmt.Sprint(canaries) {
			t.Errorf("the vault opens to %v", got)
		}
		for _, by := range append(w.everyone(), self) {
			for _, get := range w.readings(map[string]string{"advisors": string(id)}) {
				r := by.get(get)
				w.seesCanary(get, string(r.Body)+fmt.Sprint(r.Header))
			}
		}
		w.seesCanary("the database", w.dump())
		w.seesCanary("the log", w.log.String())
		w.seesCanary("the database's file", string(w.bytesOf(w.file())))

		self.do(http.MethodDelete, path, nil, "If-Match", self.get(path).tag()).want(200)
		if left := w.opened(id); len(left) != 0 {
			t.Errorf("after erasing, the vault opens to %v", left)
		}
		w.seesCanary("the database after erasing", w.dump())
	})
}

// everyone is one caller of each role, none of them related to anything.
func (w *world) everyone() []*client {
	out := []*client{w.anyone()}
	for _, role := range signedIn() {
		out = append(out, w.caller(role))
	}
	return out
}

// readings are paths of every reading operation. Where one names a record it is
// the one given for its collection; others are left out.
func (w *world) readings(ids map[string]string) (out []string) {
	for _, op := range openapi.Operations {
		if op.Method != http.MethodGet || strings.HasPrefix(op.Path, "/.well-known") {
			continue
		}
		collection := strings.Split(op.Path, "/")[2]
		path, id := op.Path, ids[collection]
		if strings.Contains(path, "{") {
			if id == "" || strings.Count(path, "{") > 1 {
				continue
			}
			path = strings.Replace(path, "{id}", id, 1)
		}
		if strings.Contains(path, "{") {
			continue
		}
		out = append(out, path)
	}
	return out
}

// opened is what is in the vault of an advisor, as only a test may read it: with
// the master key, the way that it was sealed.
func (w *world) opened(id domain.AdvisorID) map[string]string {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	placeholder := "$1"
	if w.onSQLite() {
		placeholder = "?"
	}
	keys := w.strings(db, "SELECT wrapped FROM advisor_keys WHERE advisor = "+placeholder, string(id))
	fields := w.strings(db, "SELECT field, sealed FROM vault_fields WHERE advisor = "+placeholder, string(id))
	out := map[string]string{}
	if len(keys) == 0 {
		if len(fields) > 0 {
			w.Errorf("%d fields without a key", len(fields))
		}
		return out
	}
	key, err := master.Unwrap([]byte(keys[0][0]), "advisor|"+string(id))
	must(w, err)
	for _, f := range fields {
		plain, err := key.Open([]byte(f[1]), "vault_fields|"+f[0]+"|"+string(id))
		must(w, err)
		out[f[0]] = string(plain)
	}
	return out
}

// file is where an embedded database lies; empty for another.
func (w *world) file() string {
	w.Helper()
	if !w.onSQLite() {
		return ""
	}
	db, err := w.store.SQL()
	must(w, err)
	return w.strings(db, "SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0]
}

// bytesOf are the contents of an embedded database's files as they lie, with
// what is still to be merged into it; none for another database.
func (w *world) bytesOf(file string) (all []byte) {
	w.Helper()
	if file == "" {
		return nil
	}
	names, err := filepath.Glob(file + "*")
	must(w, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(w, err)
		all = append(all, b...)
	}
	if len(all) == 0 {
		w.Errorf("no file at %s", file)
	}
	return all
}

func TestErasingDestroysTheKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, kept := w.advisor(), w.advisor()
		for _, a := range []domain.AdvisorID{id, kept} {
			path, self := advisorPath(a)+"/vault-entry", w.speaker(a)
			self.do(http.MethodPut, path, canaries, "If-Match", self.get(path).tag()).want(200)
			self.patch(advisorPath(a)+"/safe-contact", `{"code_word":"paper boat"}`).want(200)
		}
		db, err := w.store.SQL()
		must(t, err)
		wrapped := map[string]string{}
		for _, row := range w.strings(db, "SELECT advisor, wrapped FROM advisor_keys") {
			wrapped[row[0]] = row[1]
		}

		path, self := advisorPath(id)+"/vault-entry", w.speaker(id)
		erased := self.do(http.MethodDelete, path, nil, "If-Match", self.get(path).tag()).want(200)
		if len(erased.at("fields").([]any)) != 0 {
			t.Errorf("erased to %s", erased.Body)
		}
		if got := w.as(domain.Liaison).get(advisorPath(id) + "/safe-contact?reason=recheck").want(200); got.str("code_word") != "" || got.at("never_leave_message") != true {
			t.Errorf("how to make contact outlived its key: %s", got.Body)
		}
		if len(w.opened(kept)) != len(canaries) {
			t.Error("another advisor's vault was touched")
		}
		var notes []string
		for _, row := range w.strings(db, "SELECT event, note FROM audit_entries WHERE record = '"+string(id)+"' ORDER BY at, event") {
			notes = append(notes, strings.TrimSpace(strings.Join(row, " ")))
		}
		for _, n := range notes {
			if strings.Contains(n, " ") && n != "safe_contact.opened recheck" {
				t.Errorf("the trail says more than that it happened: %s", n)
			}
		}
		if !slices.Contains(notes, "vault_entry.erased") || !slices.Contains(notes, "safe_contact.erased") {
			t.Errorf("the trail has %v", notes)
		}

		// A key that was deleted lingers in no free page.
		file := w.file()
		must(t, w.store.Close())
		if left := w.bytesOf(file); file != "" {
			if bytes.Contains(left, []byte(wrapped[string(id)])) {
				t.Error("the file still holds the erased advisor's key")
			}
			if !bytes.Contains(left, []byte(wrapped[string(kept)])) {
				t.Error("the file lost the other's key")
			}
		}
	})
}

func TestTheAccessLogIsTheAdvisorsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id)+"/vault-entry", w.speaker(id)
		w.forward(time.Minute)
		self.do(http.MethodPut, path, canaries, "If-Match", self.get(path).tag()).want(200)
		w.forward(time.Minute)
		self.do(http.MethodDelete, path, nil, "If-Match", self.get(path).tag()).want(200)
		other := w.speaker(w.advisor())
		log := self.get(advisorPath(id) + "/access-log").want(200)
		if got := fmt.Sprint(log.column("event")[0], log.column("by_self")[0]); got != "vault_entry.erasedtrue" && got != "vault_entry.erased true" {
			t.Errorf("the latest is %s", got)
		}
		if got := log.column("event"); len(got) != 4 || slices.Contains(got[1:], "vault_entry.erased") {
			t.Errorf("the log has %v", got)
		}
		first := self.get(advisorPath(id) + "/access-log?limit=1").want(200)
		second := self.get(advisorPath(id) + "/access-log?limit=1&cursor=" + first.str("next_cursor")).want(200)
		if second.column("event")[0] != "vault_entry.written" {
			t.Errorf("then %s", second.Body)
		}
		for _, by := range []*client{w.as(domain.Liaison), w.as(domain.Auditor), w.as(domain.Admin), other} {
			by.get(advisorPath(id) + "/access-log").want(404)
		}
		other.get(advisorPath(other.actor.Advisor) + "/access-log?cursor=" + first.str("next_cursor")).want(400)
	})
}

func TestAVaultEntryIsReplacedWholeAndNeverShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		path, self := advisorPath(id)+"/vault-entry", w.speaker(id)
		fields := func(r *result) string {
			var v openapi.VaultEntry
			r.into(&v)
			var names []string
			for _, f := range v.Fields {
				names = append(names, f.Field+" "+f.SetAt.Format(time.TimeOnly))
			}
			return strings.Join(names, ", ")
		}
		put := func(body string) *result {
			return self.do(http.MethodPut, path, body, "If-Match", self.get(path).tag())
		}
		if got := fields(put(`{"legal_name":"A","phone":"1"}`).want(200)); got != "legal_name 09:00:00, phone 09:00:00" {
			t.Error(got)
		}
		w.forward(time.Hour)
		if got := fields(put(`{"phone":"2","email":"a@example.org"}`).want(200)); got != "email 10:00:00, phone 10:00:00" {
			t.Error(got)
		}
		put(`{}`).want(422)
		if got := fmt.Sprint(w.opened(id)); got != "map[email:a@example.org phone:2]" {
			t.Errorf("the vault opens to %s", got)
		}
	})
}
