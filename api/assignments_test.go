package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
)

func init() {
	secrets = append(secrets, secret{
		name: "who looks after an advisor",
		story: func(w *world) map[string]*client {
			w.secondLiaison()
			w.advisorCalled("Quiet Heron")
			return map[string]*client{
				"anyone": w.anyone(), "staff": w.as(domain.Staff), "an admin": w.as(domain.Admin),
				"another advisor": w.speaker(w.advisor()), "a partner": w.member(domain.Partner, w.approvedOrganization().ID),
			}
		},
		happens: func(w *world) {
			of := w.withAlias("Quiet Heron")
			w.lookAfter(of, w.secondLiaison())
			w.as(domain.Liaison).move(w.assignment(of, w.as(domain.Liaison)), "end", nil).want(200)
		},
	})
}

// secondLiaison is one who looks after nobody yet.
func (w *world) secondLiaison() *client {
	return w.keep("second liaison", func() *client { return w.another(domain.Liaison, "", "") })
}

// assignment is the path of that by which a liaison looks after an advisor now.
func (w *world) assignment(of domain.AdvisorID, liaison *client) string {
	w.Helper()
	return "/v1/assignments/" + w.column("SELECT id FROM assignments WHERE ended_at IS NULL AND advisor = '" + string(of) + "' AND liaison = '" + string(liaison.actor.Account) + "'")[0]
}

// assigns asks that a liaison look after an advisor.
func (c *client) assigns(of domain.AdvisorID, liaison *client) *result {
	c.w.Helper()
	return c.post(advisorPath(of)+"/assignments", map[string]any{"account_id": liaison.actor.Account})
}

func TestOnlyWhoLooksAfterAnAdvisorReadsHowToReachThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, first, other := w.advisor(), w.as(domain.Liaison), w.secondLiaison()
		path, self := w.waitingContact(id), w.speaker(id)
		invite := map[string]any{"role": "advisor", "advisor_id": id}
		for name, r := range map[string]*result{
			"reads": other.get(path + "?reason=safety"), "changes": other.patch(path, `{"code_word":"iron gate"}`), "stops a change": other.move(path, "cancel", nil),
			"issues a token": other.move(path, "issue_token", nil), "assigns another": other.assigns(id, other), "ends it": other.move(w.assignment(id, first), "end", nil),
			"invites to the account": other.post("/v1/invitations", invite),
		} {
			if r.Status != 403 || !strings.Contains(r.str("detail"), "a custodian, assigns another") {
				t.Errorf("another liaison %s: %d %s", name, r.Status, r.Body)
			}
		}
		// Every role that is not near advisors finds nothing, and who is doesn't assign.
		for _, by := range []*client{w.as(domain.Staff), w.as(domain.Auditor), w.as(domain.Admin), w.as(domain.Custodian), w.speaker(w.advisor())} {
			by.get(path + "?reason=safety").want(404)
		}
		for by, want := range map[*client]int{w.as(domain.Staff): 403, w.as(domain.Admin): 404, w.as(domain.Auditor): 404, w.speaker(w.advisor()): 404} {
			by.get(advisorPath(id) + "/assignments").want(want)
			by.assigns(id, other).want(want)
		}
		self.assigns(id, other).want(403)
		self.move(w.assignment(id, first), "end", nil).want(403)
		if n := w.count(fmt.Sprintf("SELECT count(*) FROM audit_entries WHERE actor = '%s'", other.actor.Account)); n != 0 {
			t.Errorf("%d entries of what was refused", n)
		}
		other.get(advisorPath(id)).want(200) // the alias is the office's, as before

		w.forward(time.Minute)
		made := first.assigns(id, other).want(201)
		other.get(path + "?reason=safety").want(200)
		other.move(path, "cancel", nil).want(200)
		for by, may := range map[*client]bool{first: true, other: true, w.another(domain.Liaison, "", ""): false, w.as(domain.Staff): false} {
			if got := by.get(advisorPath(id)).want(200).at("_actions").([]any); slices.Contains(got, any("assign")) != may {
				t.Errorf("%s is offered %v", by.actor.Role, got)
			}
		}

		// The advisor sees who, and in the log that, by the same name; both are told.
		list := self.get(advisorPath(id) + "/assignments").want(200)
		if got := list.column("account_id"); !slices.Equal(got, []string{string(other.actor.Account), string(first.actor.Account)}) || list.column("active")[0] != "true" {
			t.Errorf("%s", list.Body)
		}
		self.get("/v1/assignments/"+made.str("id")).want(200).is("assigned_by", string(first.actor.Account))
		w.forward(time.Minute)
		first.move("/v1/assignments/"+made.str("id"), "end", nil).want(200).is("ended_by", string(first.actor.Account)).is("active", false)
		log := self.get(advisorPath(id) + "/access-log?limit=100").want(200)
		if got := log.column("event"); got[0] != "assignment.ended" || log.column("actor_id")[0] != string(first.actor.Account) || log.column("actor_role")[0] != "liaison" ||
			len(slices.DeleteFunc(got, func(e string) bool { return e != "assignment.created" })) != 2 {
			t.Errorf("%s", log.Body)
		}
		for _, by := range []*client{self, other} {
			if n := by.get("/v1/notices").want(200); !slices.Contains(n.column("event"), "advisor.liaison_assigned") {
				t.Errorf("%s is told %s", by.actor.Role, n.Body)
			}
		}
	})
}

func TestAnAdvisorIsHandedOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		elsewhere, err := api.New(t.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test", Limits: unlimited()})
		must(t, err)
		id, first, other, custodian := w.advisor(), w.as(domain.Liaison), w.secondLiaison(), w.as(domain.Custodian)
		path := advisorPath(id) + "/safe-contact?reason=recheck"
		inHand := first.bearer()
		reads := func() int {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+inHand)
			rec := httptest.NewRecorder()
			elsewhere.Handler().ServeHTTP(rec, r)
			return rec.Code
		}
		if got := reads(); got != 200 {
			t.Fatalf("who adds an advisor reads %d", got)
		}
		own := w.assignment(id, first)
		first.move(own, "end", nil).want(409) // nobody would be left
		first.assigns(id, first).want(409)
		for _, nobody := range []domain.AccountID{w.as(domain.Staff).actor.Account, custodian.actor.Account, w.speaker(id).actor.Account, "00000000-0000-4000-8000-000000000000"} {
			first.post(advisorPath(id)+"/assignments", map[string]any{"account_id": nobody}).want(422).fault("/account_id", "not_found")
		}
		first.assigns(id, other).want(201)
		first.assigns(id, other).want(409)
		first.move(own, "end", nil).want(200)
		first.move(own, "end", nil).want(409)
		if got := reads(); got != 403 { // at once, and on another instance
			t.Errorf("with a token in hand who handed over reads %d", got)
		}
		first.get(path).want(403)
		first.assigns(id, first).want(403)
		other.get(path).want(200)

		// A custodian leaves nobody with the advisor, and finds somebody anew.
		last := w.assignment(id, other)
		other.move(last, "end", nil).want(409)
		custodian.move(last, "end", nil).want(200)
		other.get(path).want(403)
		other.assigns(id, other).want(403)
		custodian.assigns(id, custodian).want(422)
		custodian.get(path).want(404)
		custodian.get(advisorPath(id)).want(404)
		custodian.post("/v1/advisors/00000000-0000-4000-8000-000000000000/assignments", map[string]any{"account_id": first.actor.Account}).want(404)
		custodian.assigns(id, first).want(201)
		first.get(path).want(200)
		if got := custodian.get(advisorPath(id) + "/assignments").want(200).items(); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}

// TestWhatALiaisonSetGoingEndsWithTheAssignment uses what leads to an advisor's account, or
// stops what the advisor changes, after a custodian has taken the advisor away from who made it.
func TestWhatALiaisonSetGoingEndsWithTheAssignment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, first, other, custodian := w.advisor(), w.as(domain.Liaison), w.secondLiaison(), w.as(domain.Custodian)
		token := first.post("/v1/invitations", map[string]any{"role": "advisor", "advisor_id": id}).want(201).str("token")
		accept := func(token, login string) *result {
			return w.anyone().post("/v1/invitations/accept", map[string]string{"token": token, "login": login, "name": "N", "password": goodPassword})
		}
		custodian.move(w.assignment(id, first), "end", nil).want(200)
		if got := accept(token, "first-name").want(409); !strings.Contains(got.str("detail"), "another invitation") {
			t.Errorf("%s", got.Body)
		}
		custodian.assigns(id, other).want(201)
		accept(other.post("/v1/invitations", map[string]any{"role": "advisor", "advisor_id": id}).want(201).str("token"), "second-name").want(201)

		// A reset that waits for its second person, one that was confirmed, and a token.
		id = w.advisor()
		self, path := w.speaker(id), w.waitingContact(id)
		w.lookAfter(id, other)
		for _, confirmed := range []bool{false, true} {
			reset := first.post("/v1/resets", map[string]string{"account_id": string(self.actor.Account), "kind": "password"}).want(201)
			if at := "/v1/resets/" + reset.str("id"); confirmed {
				other.move(at, "confirm", nil).want(200)
			}
			stops := first.move(path, "issue_token", nil).want(200).str("token")
			custodian.move(w.assignment(id, first), "end", nil).want(200)
			w.anyone().post("/v1/resets/use", map[string]string{"token": reset.str("token"), "password": "entirely new words for it"}).want(409)
			w.anyone().post("/v1/safe-contact/use_token", map[string]string{"token": stops}).want(404)
			custodian.assigns(id, first).want(201)
		}
		if got := self.get(path).want(200); got.at("waiting") == nil {
			t.Errorf("the change was stopped: %s", got.Body)
		}
		log := self.get(advisorPath(id) + "/access-log?limit=100").want(200).column("event")
		if !slices.Contains(log, "safe_contact.token_withdrawn") {
			t.Errorf("the advisor is told %v", log)
		}
	})
}

// TestNobodyIsLeftAloneUnnoticed tells of who comes and goes, of what waits meanwhile, and
// of an advisor whom nobody looks after who can act.
func TestNobodyIsLeftAloneUnnoticed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, first, other, third, custodian := w.advisor(), w.as(domain.Liaison), w.secondLiaison(), w.another(domain.Liaison, "", ""), w.as(domain.Custodian)
		w.waitingContact(id)
		self := w.speaker(id)
		told := func(by *client, event string) int {
			return len(slices.DeleteFunc(by.get("/v1/notices?limit=100").want(200).column("event"), func(e string) bool { return e != event }))
		}
		want := func(event string, who map[*client]int) {
			t.Helper()
			for by, n := range who {
				if got := told(by, event); got != n {
					t.Errorf("%s %s is told %d times of %s, want %d", by.actor.Role, by.actor.Account, got, event, n)
				}
			}
		}
		w.lookAfter(id, other)
		want("advisor.liaison_assigned", map[*client]int{self: 1, first: 1, other: 1, third: 0, custodian: 0})
		want("safe_contact.change_waits", map[*client]int{first: 1, other: 1, third: 0})
		other.move(w.assignment(id, first), "end", nil).want(200)
		want("advisor.liaison_left", map[*client]int{self: 1, first: 1, other: 1, third: 0})

		attend := func() { must(t, w.server.Jobs()["advisors.attend"](t.Context(), w.system(), nil)) }
		attend()
		want("advisor.unattended", map[*client]int{first: 0, other: 0, custodian: 0})
		w.as(domain.Admin).move(ownAccount(other), "suspend", map[string]string{"reason": "Left."}).want(200)
		attend()
		attend()
		want("advisor.unattended", map[*client]int{first: 1, third: 1, custodian: 1, self: 0})
		w.forward(7 * 24 * time.Hour)
		attend()
		third = third.again()
		want("advisor.unattended", map[*client]int{third: 2})
		w.another(domain.Custodian, "", "").assigns(id, third).want(201)
		w.forward(7 * 24 * time.Hour)
		attend()
		want("advisor.unattended", map[*client]int{third.again(): 2})
	})
}

func TestWhoCantActLooksAfterNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, first, other, admin := w.advisor(), w.as(domain.Liaison), w.secondLiaison(), w.as(domain.Admin)
		path, list := advisorPath(id)+"/safe-contact?reason=recheck", advisorPath(id)+"/assignments"
		why := map[string]string{"reason": "Left."}
		w.forward(time.Minute)
		theirs := w.lookAfter(id, other)
		admin.move(ownAccount(other), "suspend", why).want(200)
		first.get(theirs).want(200).is("active", false)
		first.move(w.assignment(id, first), "end", nil).want(409) // who is suspended is nobody to be left with
		third := w.another(domain.Liaison, "", "")
		admin.move(ownAccount(third), "suspend", why).want(200)
		first.assigns(id, third).want(422).fault("/account_id", "not_found")

		// It rests while the account does.
		admin.move(ownAccount(other), "restore", nil).want(200)
		other = other.again()
		other.get(path).want(200)

		// Another role ends it for good.
		grant := map[string]string{"role": "staff", "reason": "Works with partners from now on."}
		admin.post(ownAccount(first)+"/grants", grant).want(201)
		if got := other.get(list).want(200); got.column("active")[0] != "true" || got.column("active")[1] != "false" || got.items()[1]["ended_at"] == nil || got.items()[1]["ended_by"] != nil {
			t.Errorf("%s", got.Body)
		}
		w.exec("UPDATE accounts SET role = 'liaison' WHERE id = '" + string(first.actor.Account) + "'")
		first.again().get(path).want(403)
	})
}

func TestOfTwoWhoLeaveAtOnceOneStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, other, third := w.as(domain.Liaison), w.secondLiaison(), w.another(domain.Liaison, "", "")
		for range 5 {
			id := w.advisor()
			both := map[string]*client{w.assignment(id, first): first, w.lookAfter(id, other): other}
			got := atOnce(
				func() int { return first.assigns(id, third).Status },
				func() int { return other.assigns(id, third).Status },
			)
			if !slices.Equal(got, []int{201, 409}) {
				t.Fatalf("of two who assign one: %v", got)
			}
			first.move(w.assignment(id, third), "end", nil).want(200)
			var leave []func() int
			for path, by := range both {
				tag := by.seen(path)
				leave = append(leave, func() int { return by.post(path+"/end", nil, "If-Match", tag).Status })
			}
			if got := atOnce(leave...); !slices.Equal(got, []int{200, 409}) {
				t.Fatalf("of two who leave: %v", got)
			}
		}
	})
}

// atOnce is what each answers, in order, of those that are asked at the same time.
func atOnce(ask ...func() int) []int {
	var all sync.WaitGroup
	out := make([]int, len(ask))
	for i, do := range ask {
		all.Go(func() { out[i] = do() })
	}
	all.Wait()
	slices.Sort(out)
	return out
}

func TestWhoLooksAfterAnAdvisorIsToldThatAChangeWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, first, other, custodian := w.advisor(), w.as(domain.Liaison), w.secondLiaison(), w.as(domain.Custodian)
		path, self := advisorPath(id)+"/safe-contact", w.speaker(id)
		self.patch(path, `{"code_word":"paper boat"}`).want(200)
		told := func(by *client) int {
			return len(slices.DeleteFunc(by.get("/v1/notices").want(200).column("event"), func(e string) bool { return e != "safe_contact.change_waits" }))
		}
		want := func(counts ...int) {
			t.Helper()
			if got := []int{told(self), told(first), told(other), told(custodian)}; !slices.Equal(got, counts) {
				t.Errorf("told are %v, want %v", got, counts)
			}
		}
		self.patch(path, `{"code_word":"stone bridge"}`).want(200)
		want(1, 1, 0, 0)
		// Where nobody who can act looks after the advisor, all are told who can find somebody.
		w.as(domain.Admin).move(ownAccount(first), "suspend", map[string]string{"reason": "Left."}).want(200)
		w.forward(time.Minute)
		self.patch(path, `{"code_word":"iron gate"}`).want(200)
		w.as(domain.Admin).move(ownAccount(first), "restore", nil).want(200)
		first = first.again()
		want(2, 1, 1, 1)
	})
}
