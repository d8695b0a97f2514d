package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// recommendation seeds a draft of a council and returns its path.
func (w *world) recommendation(council domain.CouncilID, year int, text string, agencies ...string) string {
	w.Helper()
	body := map[string]any{"report_year": year, "text": text, "agencies": agencies, "topics": []string{"finance"}}
	return "/v1/recommendations/" + w.as(domain.Staff).post(councilPath(council)+"/recommendations", body).want(201).str("id")
}

// issued seeds an issued recommendation and returns its path.
func (w *world) issued(council domain.CouncilID, year int, text string, agencies ...string) string {
	w.Helper()
	path := w.recommendation(council, year, text, agencies...)
	w.as(domain.Staff).move(path, "issue", `{}`).want(200)
	return path
}

// response is the path of the first agency's response.
func (w *world) response(recommendation string) string {
	w.Helper()
	return "/v1/agency-responses/" + w.anyone().get(recommendation + "/responses").want(200).items()[0]["id"].(string)
}

// advance takes a response through steps.
func (w *world) advance(response string, verbs ...string) {
	w.Helper()
	for _, verb := range verbs {
		w.as(domain.Staff).move(response, verb, `{"text":"Words of the agency."}`).want(200)
	}
}

func init() {
	walk["listRecommendations"] = func(*world, *client) call { return call{path: "/v1/recommendations"} }
	for op, rest := range map[string]string{"editRecommendation": "", "removeRecommendation": "", "issueRecommendation": "/issue"} {
		walk[op] = func(w *world, by *client) call {
			return call{path: w.recommendation(w.councilOf(by).ID, 2026, "Pay advisors.", "DOJ") + rest}
		}
	}
	for op, rest := range map[string]string{"getRecommendation": "", "listAgencyResponses": "/responses"} {
		walk[op] = func(w *world, by *client) call {
			return call{path: w.issued(w.councilOf(by).ID, 2026, "Pay advisors.", "DOJ") + rest}
		}
	}
	for op, way := range map[string]string{
		"getAgencyResponse": "", "reviewAgencyResponse": "review", "acceptAgencyResponse": "review accept",
		"acceptAgencyResponseInPart": "review accept_in_part", "declineAgencyResponse": "review decline",
		"beginAgencyResponse": "review accept begin", "implementAgencyResponse": "review accept begin implement",
		"overtakeAgencyResponse": "review accept overtake", "assessAgencyResponse": "review accept assess",
	} {
		walk[op] = func(w *world, by *client) call {
			path := w.response(w.issued(w.councilOf(by).ID, 2026, "Pay advisors.", "DOJ"))
			verbs := strings.Fields(way)
			if len(verbs) == 0 {
				return call{path: path}
			}
			w.advance(path, verbs[:len(verbs)-1]...)
			k := call{path: path + "/" + verbs[len(verbs)-1]}
			if op == "implementAgencyResponse" {
				k.body = `{"text":"Rates are published."}` // the example's day is to come
			}
			return k
		}
	}
}

func TestADraftIsTheCouncilsAndStaffs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		member := w.advisor()
		c := w.council(member)
		self := w.speaker(member)
		made := self.post(councilPath(c.ID)+"/recommendations", `{"report_year":2026,"text":"Pay advisors."}`).want(201)
		path := "/v1/recommendations/" + made.str("id")
		if made.at("number") != nil || made.at("agencies_answered") != nil {
			t.Errorf("drafted %s", made.Body)
		}
		outside := []*client{w.anyone(), w.speaker(w.advisor()), w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Admin)}
		for _, by := range outside {
			by.get(path).want(404)
			by.get(path + "/responses").want(404)
			if got := by.get("/v1/recommendations?count=exact").want(200); got.at("total") != 0.0 || len(got.items()) != 0 {
				t.Errorf("%s lists %s", by.actor.Role, got.Body)
			}
		}
		w.as(domain.Staff).get(path).want(200)

		self.move(path, "issue", `{}`).want(422).fault("/agencies", "required")
		self.patch(path, `{"agencies":["DOJ","DOL"],"number":7}`).want(200)
		self.patch(path, `{"council_id":"`+string(c.ID)+`"}`).want(422).fault("/council_id", "unknown_field")
		issued := self.move(path, "issue", `{"issued_on":"2026-02-01"}`).want(200)
		if issued.str("issued_on") != "2026-02-01" || issued.at("agencies_answered") != 0.0 {
			t.Errorf("issued %s", issued.Body)
		}
		for _, by := range outside {
			if got := by.get(path).want(200); by.actor.Role != domain.Anyone && fmt.Sprint(got.at("_actions")) != "[]" {
				t.Errorf("%s may %s", by.actor.Role, got.Body)
			}
			if got := by.get("/v1/recommendations").want(200).column("number"); fmt.Sprint(got) != "[7]" {
				t.Errorf("%s lists %v", by.actor.Role, got)
			}
		}
		self.patch(path, `{"text":"Other words."}`).want(409)
		self.move(path, "issue", `{}`).want(409)
		self.do(http.MethodDelete, path, nil, "If-Match", self.get(path).tag()).want(409)
	})
}

func TestANumberIsTakenAtIssue(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, staff := w.council(), w.as(domain.Staff)
		draft := func(number any) *result {
			return staff.post(councilPath(c.ID)+"/recommendations", map[string]any{"report_year": 2026, "number": number, "text": "x", "agencies": []string{"DOJ"}}).want(201)
		}
		path := func(r *result) string { return "/v1/recommendations/" + r.str("id") }
		hidden, one, two := draft(nil), draft(2), draft(2)
		if hidden.at("number") != nil || one.at("number") != 2.0 {
			t.Errorf("drafted %s and %s", hidden.Body, one.Body)
		}
		if got := w.anyone().get(w.issued(c.ID, 2026, "First.", "DOJ")); got.at("number") != 1.0 {
			t.Errorf("a draft left a gap: %s", got.Body)
		}
		staff.move(path(one), "issue", `{}`).want(200)
		staff.move(path(two), "issue", `{}`).want(409).fault("/number", "taken")
		staff.patch(path(two), `{"number":null}`).want(200)
		for i, r := range []*result{two, hidden} {
			if got := staff.move(path(r), "issue", `{}`).want(200); got.at("number") != float64(3+i) {
				t.Errorf("then %s", got.Body)
			}
		}
	})
}

func TestOneRecommendationSupersedesAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.council()
		staff, old, draft := w.as(domain.Staff), w.issued(c.ID, 2025, "Pay advisors.", "DOJ"), w.recommendation(c.ID, 2025, "A draft.", "DOJ")
		other := w.issued(w.council().ID, 2025, "Of another council.", "DOJ")
		path := w.recommendation(c.ID, 2026, "Pay advisors for preparing.", "DOJ")
		id := func(path string) string { return path[strings.LastIndex(path, "/")+1:] }
		for _, no := range []string{draft, other, path} {
			r := staff.patch(path, map[string]string{"supersedes_id": id(no)})
			if r.Status == 200 {
				r = staff.move(path, "issue", `{}`)
			}
			r.want(422).fault("/supersedes_id", "invalid")
		}
		before := w.anyone().get(old).tag()
		staff.patch(path, map[string]string{"supersedes_id": id(old)}).want(200)
		if w.anyone().get(old).tag() != before {
			t.Error("a draft shows in what it supersedes")
		}
		if got := staff.move(path, "issue", `{}`).want(200); got.str("supersedes_id") != id(old) {
			t.Errorf("issued %s", got.Body)
		}
	})
}

func TestRecommendationsAreFiltered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, other := w.council(), w.council()
		first := w.issued(c.ID, 2025, "Pay advisors for preparing.", "DOJ", "AT&T_100%")
		w.issued(c.ID, 2025, "Train inspectors.", "DOL")
		w.issued(other.ID, 2026, "Publish the rates of pay.", "DOJ")
		w.recommendation(c.ID, 2026, "A draft on training.", "DOJ")
		w.advance(w.response(first), "review") // AT&T_100% comes first by name
		for query, want := range map[string]string{
			"":                                        "2026 1, 2025 1, 2025 2",
			"?sort=report_year,number":                "2025 1, 2025 2, 2026 1",
			"?sort=number,-report_year":               "2026 1, 2025 1, 2025 2",
			"?report_year=2025":                       "2025 1, 2025 2",
			"?council_id=" + string(other.ID):         "2026 1",
			"?agency=DOJ":                             "2026 1, 2025 1",
			"?agency=doj":                             "",
			"?agency=AT%26T_100%25":                   "2025 1",
			"?agency=AT%26T_1001":                     "",
			"?response_stage=under_review":            "2025 1",
			"?response_stage=received":                "2026 1, 2025 1, 2025 2",
			"?response_stage=received&agency=DO":      "",
			"?response_stage=under_review&agency=DOJ": "",
			"?response_stage=received&agency=DOJ":     "2026 1, 2025 1",
			"?topic=finance&report_year=2026":         "2026 1",
			"?topic=data":                             "",
			"?q=paying":                               "2026 1, 2025 1", // by its stem
			"?q=train":                                "2025 2",
			"?stage=draft":                            "",
		} {
			var got []string
			for cursor := ""; ; {
				page := w.anyone().get("/v1/recommendations" + query + strings.Replace("?limit=1&cursor="+cursor, "?", map[bool]string{true: "?", false: "&"}[query == ""], 1)).want(200)
				for _, i := range page.items() {
					got = append(got, fmt.Sprint(i["report_year"], " ", i["number"]))
				}
				if cursor = page.str("next_cursor"); cursor == "" {
					break
				}
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s lists %v, want %s", query, got, want)
			}
		}
		if got := w.as(domain.Staff).get("/v1/recommendations?stage=draft").want(200).column("text"); fmt.Sprint(got) != "[A draft on training.]" {
			t.Errorf("staff list the drafts %v", got)
		}
	})
}

func TestAnAgencysAnswerFromIssueToAssessment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		member := w.advisor()
		c := w.council(member)
		rec := w.issued(c.ID, 2026, "Pay advisors.", "DOJ")
		path, staff, self := w.response(rec), w.as(domain.Staff), w.speaker(member)
		assess := func(by *client, verdict string) *result {
			return by.move(path, "assess", map[string]string{"verdict": verdict, "words": "What we make of it."})
		}
		figures := func() string {
			r := w.anyone().get(rec).want(200)
			return fmt.Sprint(r.at("agencies_answered"), r.at("agencies_reporting_implemented"), r.at("counted_as_implemented"))
		}
		assess(self, "satisfied").want(409)
		staff.move(path, "accept", `{"text":"Yes."}`).want(409)
		staff.move(path, "review", `{}`).want(200)
		w.later(10 * 24 * time.Hour)
		staff.move(path, "decline", `{}`).want(422).fault("/text", "required")
		staff.move(path, "accept", `{"text":"Yes.","on":"2026-04-01"}`).want(422).fault("/on", "invalid")
		answered := staff.move(path, "accept", `{"text":"Yes.","on":"2026-03-10"}`).want(200)
		if answered.at("days_to_first_answer") != 8.0 || figures() != "1 0 0" {
			t.Errorf("answered %s, figures %s", answered.Body, figures())
		}
		assess(staff, "satisfied").want(403)
		assess(w.as(domain.Liaison), "satisfied").want(403)
		assess(w.speaker(w.advisor()), "satisfied").want(403)
		assess(self, "delighted").want(422)
		assess(self, "satisfied").want(200)

		w.advance(path, "begin", "implement")
		public := w.anyone().get(path).want(200)
		if public.str("verdict") != "" || public.at("counts_as_implemented") != false || figures() != "1 1 0" {
			t.Errorf("implemented, to be judged: %s, figures %s", public.Body, figures())
		}
		assess(self, "not_satisfied").want(200)
		w.later(200 * 24 * time.Hour)
		if figures() != "1 1 0" {
			t.Errorf("judged not satisfied: figures %s", figures())
		}
		if got := assess(self, "partly").want(200); got.at("counts_as_implemented") != true || figures() != "1 1 1" {
			t.Errorf("judged partly: %s, figures %s", got.Body, figures())
		}
		if got := w.anyone().get(path).want(200); len(got.at("assessments").([]any)) != 3 || strings.Contains(string(got.Body), string(member)) {
			t.Errorf("the public reads %s", got.Body)
		}
	})
}

func TestAnAnswerThatTheCouncilDoesNotJudgeCountsInTheEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rec := w.issued(w.council().ID, 2026, "Pay advisors.", "DOJ")
		path := w.response(rec)
		w.advance(path, "review", "accept_in_part", "begin", "implement")
		for _, tt := range []struct {
			days   int
			counts bool
		}{{0, false}, {179, false}, {1, true}} {
			w.later(time.Duration(tt.days) * 24 * time.Hour)
			counted := map[bool]float64{true: 1}[tt.counts]
			if got := w.anyone().get(path).want(200); got.at("counts_as_implemented") != tt.counts {
				t.Errorf("on %s the answer counts: %s", w.clock.Now(), got.Body)
			}
			if got := w.anyone().get(rec).want(200); got.at("counted_as_implemented") != counted || got.at("agencies_reporting_implemented") != 1.0 {
				t.Errorf("on %s the recommendation has %s", w.clock.Now(), got.Body)
			}
		}
	})
}

func TestAnAnswerMovesOnlyAsItsLifeAllows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.council()
		for way, refused := range map[string]string{
			"":                              "accept accept_in_part decline begin implement overtake",
			"review":                        "review begin implement overtake",
			"review accept":                 "review accept accept_in_part decline implement",
			"review accept_in_part":         "review accept",
			"review decline":                "review accept accept_in_part decline begin implement overtake",
			"review accept begin":           "review accept accept_in_part decline begin",
			"review accept begin implement": "begin implement overtake",
			"review accept overtake":        "begin implement overtake",
		} {
			path := w.response(w.issued(c.ID, 2026, "Pay advisors.", "DOJ"))
			w.advance(path, strings.Fields(way)...)
			for _, verb := range strings.Fields(refused) {
				w.as(domain.Staff).move(path, verb, `{"text":"x"}`).want(409)
			}
		}
	})
}

func TestOneOfTwentyMovesAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, staff := w.response(w.issued(w.council().ID, 2026, "Pay advisors.", "DOJ")), w.as(domain.Staff)
		tag := staff.get(path).tag()
		got := statuses(make([]int, 20), func(int) *result { return staff.post(path+"/review", `{}`, "If-Match", tag) })
		if got[200] != 1 || got[200]+got[412]+got[409] != 20 {
			t.Errorf("statuses %v", got)
		}
		if steps := staff.get(path).at("steps").([]any); len(steps) != 2 {
			t.Errorf("%d steps", len(steps))
		}
	})
}

func TestWhatIsPublicIsNotForEveryoneToChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rec := w.issued(w.council().ID, 2026, "Pay advisors.", "DOJ")
		for _, by := range []*client{w.speaker(w.advisor()), w.member(domain.PartnerAdmin, w.approvedOrganization().ID), w.as(domain.Admin)} {
			by.patch(rec, `{"text":"Other words."}`).want(403)
			by.move(rec, "issue", `{}`).want(403)
			by.do(http.MethodDelete, rec, nil, "If-Match", by.get(rec).tag()).want(403)
		}
	})
}

func TestACouncilOrAnswerThatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const none = "00000000-0000-4000-8000-000000000000"
		staff, liaison, match := w.as(domain.Staff), w.as(domain.Liaison), []string{"If-Match", `"0"`}
		council, answer := "/v1/councils/"+none, "/v1/agency-responses/"+none
		for _, path := range []string{council, council + "/composition", council + "/terms", answer} {
			liaison.get(path).want(404)
		}
		liaison.do(http.MethodPatch, council, `{"seats":9}`, match...).want(404)
		liaison.post(council+"/terms", map[string]any{"advisor_id": w.advisor(), "begins_on": "2026-01-01"}).want(404)
		staff.post(council+"/recommendations", `{"report_year":2026,"text":"x"}`).want(404)
		for _, verb := range []string{"review", "accept", "accept_in_part", "decline", "begin", "implement", "overtake"} {
			staff.post(answer+"/"+verb, `{"text":"x"}`, match...).want(404)
		}
		w.speaker(w.advisor()).post(answer+"/assess", `{"verdict":"partly","words":"x"}`, match...).want(404)
	})
}

// Reading what is public needs no sign-in, but a token that is no good is
// refused all the same.
func TestABadTokenIsRefusedWhereNoneIsNeeded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rec := w.issued(w.council().ID, 2026, "Pay advisors.", "DOJ")
		for _, path := range []string{"/v1/councils", councilPath(w.council().ID), "/v1/recommendations", rec, rec + "/responses", w.response(rec)} {
			w.anyone().get(path, "Authorization", "Bearer x.y.z").want(401)
		}
	})
}
