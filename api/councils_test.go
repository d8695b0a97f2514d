package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
)

// council seeds a council by the statute, with members since January.
func (w *world) council(members ...domain.AdvisorID) *domain.AdvisoryCouncil {
	w.Helper()
	c, err := domain.NewCouncil(domain.StatutoryCouncil(w.name("Council")))
	must(w, err)
	must(w, w.system().Councils.Create(w.Context(), domain.CreateCouncil, c))
	for _, m := range members {
		w.seat(c.ID, m, "2026-01-01")
	}
	return c
}

// councilOf is a council on which a caller sits, if it can sit on one.
func (w *world) councilOf(by *client) *domain.AdvisoryCouncil {
	w.Helper()
	if by.actor.Advisor == "" {
		return w.council()
	}
	return w.council(by.actor.Advisor)
}

// seat appoints an advisor and returns the term's path.
func (w *world) seat(council domain.CouncilID, advisor domain.AdvisorID, begins string) string {
	w.Helper()
	body := map[string]any{"advisor_id": advisor, "begins_on": begins}
	return "/v1/terms/" + w.as(domain.Liaison).post(councilPath(council)+"/terms", body).want(201).str("id")
}

func councilPath(id domain.CouncilID) string { return "/v1/councils/" + string(id) }

func init() {
	walk["listCouncils"] = func(*world, *client) call { return call{path: "/v1/councils"} }
	walk["createCouncil"] = func(*world, *client) call { return call{path: "/v1/councils"} }
	for op, rest := range map[string]string{
		"getCouncil": "", "editCouncil": "", "getComposition": "/composition", "listTerms": "/terms", "createRecommendation": "/recommendations",
	} {
		walk[op] = func(w *world, by *client) call { return call{path: councilPath(w.councilOf(by).ID) + rest} }
	}
	walk["createTerm"] = func(w *world, by *client) call {
		body := map[string]any{"advisor_id": w.advisor(), "begins_on": "2026-01-01"}
		return call{path: councilPath(w.councilOf(by).ID) + "/terms", body: body}
	}
	walk["getTerm"] = func(w *world, by *client) call {
		return call{path: w.seat(w.council().ID, w.advisorOf(by), "2026-01-01")}
	}
	walk["endTerm"] = func(w *world, by *client) call {
		return call{path: w.seat(w.council().ID, w.advisorOf(by), "2026-01-01") + "/end"}
	}
	walk["removeTerm"] = func(w *world, by *client) call {
		return call{path: w.seat(w.council().ID, w.advisorOf(by), "2027-01-01")}
	}
}

func TestACouncilFollowsTheStatuteUnlessToldOtherwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		liaison := w.as(domain.Liaison)
		made := liaison.post("/v1/councils", `{"name":"Advisory Council"}`).want(201)
		if got := fmt.Sprint(made.at("min_seats"), made.at("seats"), made.at("term_years"), made.at("renewals"), made.at("assessment_days")); got != "8 14 2 1 180" {
			t.Errorf("by the statute: %s", got)
		}
		path := "/v1/councils/" + made.str("id")
		edited := liaison.patch(path, `{"renewals":0,"statute":"Charter of 2026"}`).want(200)
		if edited.at("renewals") != 0.0 || edited.str("statute") != "Charter of 2026" || edited.at("seats") != 14.0 {
			t.Errorf("edited to %s", edited.Body)
		}
		liaison.patch(path, `{"seats":7}`).want(422).fault("/seats", "invalid")
		liaison.patch(path, `{"min_seats":1,"seats":1}`).want(200)
		w.seat(domain.CouncilID(made.str("id")), w.advisor(), "2026-01-01")
		liaison.patch(path, `{"seats":2}`).want(200)
		w.seat(domain.CouncilID(made.str("id")), w.advisor(), "2026-01-01")
		liaison.patch(path, `{"seats":1}`).want(409)
	})
}

func TestEveryoneSeesACouncilsNameAndStatute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		member := w.advisor()
		c := w.council(member)
		public, all := "_actions id name statute", "_actions assessment_days id members_know_each_other min_seats name renewals seats statute term_years"
		for _, tt := range []struct {
			name string
			by   *client
			want string
		}{
			{"anyone", w.anyone(), public},
			{"a partner", w.member(domain.Partner, w.approvedOrganization().ID), public},
			{"an admin", w.as(domain.Admin), public},
			{"an advisor who is no member", w.speaker(w.advisor()), public},
			{"a member", w.speaker(member), all},
			{"staff", w.as(domain.Staff), all},
			{"a liaison", w.as(domain.Liaison), all},
		} {
			if got := membersOf(tt.by.get(councilPath(c.ID)).want(200)); got != tt.want {
				t.Errorf("%s sees %s", tt.name, got)
			}
			if got := membersOf(tt.by.get(councilPath(c.ID) + "/composition")); (got == "403" || got == "401") != (tt.want == public) {
				t.Errorf("%s gets figures: %s", tt.name, got)
			}
		}
		// A term that is over opens nothing.
		w.later(3 * 366 * 24 * time.Hour)
		if got := membersOf(w.speaker(member).get(councilPath(c.ID)).want(200)); got != public {
			t.Errorf("a former member sees %s", got)
		}
	})
}

func TestMembersKnowEachOtherIfTheCouncilLetsThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		heron, oak := w.advisorCalled("Steady Heron"), w.advisorCalled("Calm Oak")
		c := w.council(heron, oak)
		w.seat(c.ID, w.advisorCalled("Future Reef"), "2027-01-01")
		path, self := councilPath(c.ID)+"/terms", w.speaker(heron)
		aliases := func(by *client) string { return strings.Join(by.get(path).want(200).column("alias"), ", ") }
		if got := aliases(self); got != "Steady Heron" {
			t.Errorf("a member sees %s before the council allows it", got)
		}
		w.as(domain.Liaison).patch(councilPath(c.ID), `{"members_know_each_other":true}`).want(200)
		if got := aliases(self); got != "Calm Oak, Steady Heron" {
			t.Errorf("a member sees %s", got)
		}
		if got := aliases(w.as(domain.Liaison)); got != "Calm Oak, Future Reef, Steady Heron" {
			t.Errorf("a liaison sees %s", got)
		}
		fellow := "/v1/terms/" + self.get(path).items()[0]["id"].(string)
		if got := membersOf(self.get(fellow).want(200)); got != "_actions alias council_id id" {
			t.Errorf("a member sees of a fellow %s", got)
		}
		self.do(http.MethodPost, fellow+"/end", `{"ends_on":"2026-03-02"}`, "If-Match", self.get(fellow).tag()).want(403)
		self.get(advisorPath(oak)).want(404)
		w.as(domain.Staff).get(path).want(403)
		w.speaker(w.advisor()).get(path).want(403)
		w.speaker(w.advisor()).get(fellow).want(404)

		// Who leaves is a stranger from the next day.
		own := "/v1/terms/" + self.get(path).items()[1]["id"].(string)
		self.move(own, "end", `{"ends_on":"2026-03-02"}`).want(200)
		w.later(24 * time.Hour)
		if got := aliases(self); got != "Steady Heron" {
			t.Errorf("a former member sees %s", got)
		}
		if got := aliases(w.speaker(oak)); got != "Calm Oak" {
			t.Errorf("of a former member remains %s", got)
		}
	})
}

func TestATermThatBreaksARuleIsRefusedCitingIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		liaison := w.as(domain.Liaison)
		c, id := w.council(), w.advisor()
		path := councilPath(c.ID) + "/terms"
		appoint := func(a domain.AdvisorID, begins, ends string) *result {
			body := map[string]any{"advisor_id": a, "begins_on": begins}
			if ends != "" {
				body["ends_on"] = ends
			}
			return liaison.post(path, body)
		}
		cites := func(r *result, status int, paragraph string) {
			t.Helper()
			if r.want(status); !strings.Contains(string(r.Body), "22 U.S.C. 7103b"+paragraph) {
				t.Errorf("no paragraph %s in %s", paragraph, r.Body)
			}
		}
		cites(appoint(id, "2022-01-01", "2025-01-01").fault("/ends_on", "invalid"), 422, "(c)(4)")
		appoint(id, "2022-01-01", "").want(201)
		cites(appoint(id, "2023-06-01", ""), 409, "(c)(1)")
		if got := appoint(id, "2024-01-01", "").want(201); got.at("renewal") != true || got.str("ends_on") != "2025-12-31" {
			t.Errorf("renewed as %s", got.Body)
		}
		cites(appoint(id, "2026-01-01", ""), 409, "(c)(4)")
		for range 14 {
			appoint(w.advisor(), "2026-01-01", "").want(201)
		}
		cites(appoint(w.advisor(), "2027-12-31", ""), 409, "(c)(1)")
		appoint(w.advisor(), "2028-01-01", "").want(201)
		appoint("00000000-0000-4000-8000-000000000000", "2030-01-01", "").want(422).fault("/advisor_id", "not_found")

		running := w.seat(w.council().ID, id, "2026-01-01")
		liaison.do(http.MethodDelete, running, nil, "If-Match", liaison.get(running).tag()).want(409)
		liaison.move(running, "end", `{"ends_on":"2028-01-01"}`).want(422).fault("/ends_on", "invalid")
	})
}

func TestTheLastSeatIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := domain.StatutoryCouncil("Council of one")
		d.MinSeats, d.Seats = 1, 1
		c, err := domain.NewCouncil(d)
		must(t, err)
		must(t, w.system().Councils.Create(t.Context(), domain.CreateCouncil, c))
		liaison, before := w.as(domain.Liaison), w.anyone().get(councilPath(c.ID)).tag()
		var candidates []domain.AdvisorID
		for range 20 {
			candidates = append(candidates, w.advisor())
		}
		got := statuses(candidates, func(a domain.AdvisorID) *result {
			return liaison.post(councilPath(c.ID)+"/terms", map[string]any{"advisor_id": a, "begins_on": "2026-01-01"})
		})
		if got[201] != 1 || got[409] != 19 {
			t.Errorf("statuses %v", got)
		}
		if after := w.anyone().get(councilPath(c.ID)).tag(); after != before {
			t.Error("an appointment shows in the council's ETag")
		}
	})
}

// statuses counts what calls at once answer.
func statuses[T any](in []T, call func(T) *result) map[int]int {
	var mu sync.Mutex
	got := map[int]int{}
	var wg sync.WaitGroup
	for _, x := range in {
		wg.Go(func() {
			r := call(x)
			mu.Lock()
			defer mu.Unlock()
			got[r.Status]++
		})
	}
	wg.Wait()
	return got
}

func TestACompositionIsToldInFiguresOfThreeAndMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.council(w.advisor(), w.advisor())
		path := councilPath(c.ID) + "/composition"
		figures := func() string { return string(w.as(domain.Staff).get(path).want(200).Body) }
		if got := figures(); got != `{"expertise":[],"languages":[]}` {
			t.Errorf("of two members: %s", got)
		}
		third := w.advisor()
		w.seat(c.ID, third, "2026-01-01")
		if got := figures(); got != `{"expertise":[{"members":3,"value":"data"}],"languages":[{"members":3,"value":"en"}],"sitting":3}` {
			t.Errorf("of three: %s", got)
		}
		w.as(domain.Liaison).patch(advisorPath(third), `{"languages":["es"],"expertise":["data"]}`).want(200)
		if got := figures(); got != `{"expertise":[{"members":3,"value":"data"}],"languages":[],"sitting":3}` {
			t.Errorf("of two and one: %s", got)
		}
	})
}
