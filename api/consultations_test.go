package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

var everybody = domain.Audience{ForPublic: true}

// inquiry is a consultation whose questions the contract's examples answer. It
// is open from an hour ago for thirty days.
func (w *world) inquiry(a domain.Audience) domain.ConsultationDraft {
	w.Helper()
	return domain.ConsultationDraft{
		Marking: domain.Marking{Objectives: domain.List[string]{"4.3"}}, Audience: a,
		Title: w.name("Fees"), Purpose: "How fees are charged.", UseOfAnswers: "To write the guidance.",
		Questions: []domain.Question{
			{Key: "why", Kind: domain.TextQuestion, Prompt: "Why?", Required: true},
			{Key: "who", Kind: domain.SingleChoiceQuestion, Prompt: "Who paid?", Options: []domain.Option{{Key: "worker", Label: "The worker"}, {Key: "employer", Label: "The employer"}}},
			{Key: "what", Kind: domain.MultipleChoiceQuestion, Prompt: "For what?", Options: []domain.Option{{Key: "visa", Label: "Visa"}, {Key: "travel", Label: "Travel"}}},
			{Key: "how", Kind: domain.ScaleQuestion, Prompt: "How often?", Scale: &domain.Scale{Min: 1, Max: 3}},
		},
		OpensAt: w.clock.Now().Add(-time.Hour), ClosesAt: w.clock.Now().Add(30 * 24 * time.Hour), TimeZone: "America/New_York",
	}
}

// consultation seeds a consultation at a stage, as the office's own people would
// have brought it there.
func (w *world) consultation(stage domain.ConsultationStage, a domain.Audience) *domain.Consultation {
	w.Helper()
	return w.consultationOf(stage, w.inquiry(a))
}

func (w *world) consultationOf(stage domain.ConsultationStage, d domain.ConsultationDraft) *domain.Consultation {
	w.Helper()
	v, err := domain.NewConsultation(d)
	must(w, err)
	asks, clears, now := w.as(domain.Staff).actor, w.as(domain.Liaison).actor, w.clock.Now()
	for _, step := range []struct {
		to   domain.ConsultationStage
		take func() error
	}{
		{domain.ConsultationDrafted, func() error { return nil }},
		{domain.ConsultationClearance, func() error { return v.RequestClearance(asks, now) }},
		{domain.ConsultationScheduled, func() error { return v.Clear(clears, now) }},
		{domain.ConsultationOpen, func() error { return v.Open(now) }},
		{domain.ConsultationPaused, func() error { return v.Pause("being corrected") }},
		{domain.ConsultationClosed, func() error { return v.Close(now) }},
	} {
		must(w, step.take())
		if step.to == stage {
			must(w, w.system().Consultations.Create(w.Context(), domain.CreateConsultation, v))
			return v
		}
	}
	w.Fatalf("no seed for %s", stage)
	return nil
}

func consultationPath(id domain.ConsultationID) string { return "/v1/consultations/" + string(id) }

// audienceOf is one to which a caller belongs, and no other of its kind does.
func (w *world) audienceOf(by *client) domain.Audience {
	w.Helper()
	switch {
	case by.actor.Organization != "":
		return domain.Audience{Organizations: domain.List[domain.OrganizationID]{by.actor.Organization}}
	case by.actor.Advisor != "":
		return domain.Audience{Council: w.councilOf(by).ID}
	}
	return everybody
}

// consultationFor is the path of a consultation that a caller may join.
func (w *world) consultationFor(by *client, stage domain.ConsultationStage) string {
	w.Helper()
	return consultationPath(w.consultation(stage, w.audienceOf(by)).ID)
}

// bring takes a record through transitions by staff, as it is at each.
func (w *world) bring(path string, verbs ...string) {
	w.Helper()
	for _, verb := range verbs {
		w.as(domain.Staff).move(path, verb, nil).want(200)
	}
}

// answered is the path of a published consultation with one response, and of
// that response.
func (w *world) answered(by *client) (consultation, response string) {
	w.Helper()
	consultation, response = w.drafted(by)
	w.bring(consultation, "publish")
	return consultation, response
}

// drafted is the same before it is published.
func (w *world) drafted(by *client) (consultation, response string) {
	w.Helper()
	consultation = w.consultationFor(by, domain.ConsultationClosed)
	w.bring(consultation, "begin_analysis", "begin_response")
	return consultation, w.respond(w.theme(consultation), "adopted")
}

// theme adds a theme to a consultation's codebook.
func (w *world) theme(consultation string) string {
	w.Helper()
	return "/v1/themes/" + w.as(domain.Staff).post(consultation+"/themes", map[string]string{"title": w.name("Theme")}).want(201).str("id")
}

// respond drafts the response to a theme.
func (w *world) respond(theme, outcome string) string {
	w.Helper()
	body := map[string]string{"outcome": outcome, "reason": "The guidance now says so."}
	return "/v1/responses/" + w.as(domain.Staff).post(theme+"/response", body).want(201).str("id")
}

// consultationMoves are the transitions of a consultation: the operation, the
// stage from which it is possible, and its path.
var consultationMoves = []struct {
	op    string
	stage domain.ConsultationStage
	verb  string
}{
	{"requestConsultationClearance", domain.ConsultationDrafted, "request_clearance"},
	{"returnConsultation", domain.ConsultationClearance, "return"},
	{"clearConsultation", domain.ConsultationClearance, "clear"},
	{"rescheduleConsultation", domain.ConsultationScheduled, "reschedule"},
	{"openConsultation", domain.ConsultationScheduled, "open"},
	{"pauseConsultation", domain.ConsultationOpen, "pause"},
	{"resumeConsultation", domain.ConsultationPaused, "resume"},
	{"closeConsultation", domain.ConsultationOpen, "close"},
	{"beginAnalysis", domain.ConsultationClosed, "begin_analysis"},
	{"beginResponse", domain.ConsultationAnalysis, "begin_response"},
	{"publishResults", domain.ConsultationClosed, "publish_results"},
	{"publishConsultation", domain.ConsultationResponseDrafting, "publish"},
	{"archiveConsultation", domain.ConsultationPublished, "archive"},
}

// reach brings a consultation to a stage.
func (w *world) reach(by *client, stage domain.ConsultationStage) string {
	w.Helper()
	onward := map[domain.ConsultationStage][]string{
		domain.ConsultationAnalysis:         {"begin_analysis"},
		domain.ConsultationResponseDrafting: {"begin_analysis", "begin_response"},
		domain.ConsultationPublished:        {"begin_analysis", "begin_response", "publish"},
	}
	verbs, later := onward[stage]
	if later {
		stage = domain.ConsultationClosed
	}
	path := w.consultationFor(by, stage)
	w.bring(path, verbs...)
	return path
}

func init() {
	walk["listConsultations"] = func(*world, *client) call { return call{path: "/v1/consultations"} }
	walk["createConsultation"] = func(*world, *client) call { return call{path: "/v1/consultations"} }
	walk["getConsultation"] = func(w *world, by *client) call {
		return call{path: w.consultationFor(by, domain.ConsultationOpen)}
	}
	walk["editConsultation"] = func(w *world, by *client) call {
		return call{path: w.consultationFor(by, domain.ConsultationDrafted)}
	}
	for _, m := range consultationMoves {
		walk[m.op] = func(w *world, by *client) call { return call{path: w.reach(by, m.stage) + "/" + m.verb} }
	}
	walk["getResults"] = func(w *world, by *client) call {
		path := w.consultationFor(by, domain.ConsultationClosed)
		w.bring(path, "publish_results")
		return call{path: path + "/results"}
	}
	walk["listResponses"] = func(w *world, by *client) call {
		path, _ := w.answered(by)
		return call{path: path + "/responses"}
	}
	walk["getResponse"] = func(w *world, by *client) call {
		_, path := w.answered(by)
		return call{path: path}
	}
	walk["editResponse"] = func(w *world, by *client) call {
		_, path := w.drafted(by)
		return call{path: path}
	}
	for op, rest := range map[string]string{"getCodebook": "/codebook", "listThemes": "/themes", "createTheme": "/themes"} {
		walk[op] = func(w *world, by *client) call {
			path := w.consultationFor(by, domain.ConsultationOpen)
			w.theme(path)
			return call{path: path + rest}
		}
	}
	for op, rest := range map[string]string{"getTheme": "", "editTheme": "", "retireTheme": "/retire", "createResponse": "/response"} {
		walk[op] = func(w *world, by *client) call {
			return call{path: w.theme(w.reach(by, domain.ConsultationResponseDrafting)) + rest}
		}
	}
}

func TestAConsultationFromDraftToArchive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, colleague, anyone := w.as(domain.Staff), w.as(domain.Liaison), w.anyone()
		d := map[string]any{
			"title": "Recruitment fees", "purpose": "How fees are charged.", "use_of_answers": "To write the guidance.", "objectives": []string{"4.3"},
			"opens_at": "2026-03-02T10:00:00+01:00", "closes_at": "2026-03-03T00:00:00Z", "time_zone": "America/New_York",
		}
		path := "/v1/consultations/" + staff.post("/v1/consultations", d).want(201).str("id")
		staff.move(path, "request_clearance", nil).want(422).fault("/questions", "missing").fault("/audience", "missing")
		staff.patch(path, map[string]any{
			"audience":  map[string]any{"public": true},
			"questions": []map[string]any{{"key": "how", "kind": "scale", "prompt": "How often?", "scale": map[string]int{"min": 1, "max": 5}}},
		}).want(200)
		staff.move(path, "request_clearance", nil).want(200)
		staff.move(path, "clear", nil).want(403)
		anyone.get(path).want(404)
		got := colleague.move(path, "clear", nil).want(200)
		if got.str("stage") != "scheduled" || got.str("opens_at") != "2026-03-02T04:00:00-05:00" {
			t.Errorf("cleared: %s", got.Body)
		}
		w.runJobs()
		if got := anyone.get(path).want(200); got.str("stage") != "open" || got.str("initiative_id") != "" || got.at("created_at") != nil {
			t.Errorf("anyone sees %s", got.Body)
		}
		staff.move(path, "pause", map[string]string{"reason": "A mistake in question 1."}).want(200)
		if got := anyone.get(path).want(200); got.str("stage") != "paused" || got.str("stage_reason") != "" {
			t.Errorf("anyone sees %s", got.Body)
		}
		staff.move(path, "resume", nil).want(200)
		w.later(15 * time.Hour)
		w.runJobs()
		w.bring(path, "begin_analysis", "begin_response", "publish", "archive")
		if got := anyone.get(path).want(200); got.str("stage") != "archived" || got.at("results_published") != true {
			t.Errorf("anyone sees %s", got.Body)
		}
	})
}

func TestItOpensAndClosesByItselfWhateverTheJobsDo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		d := w.inquiry(everybody)
		d.OpensAt, d.ClosesAt = w.clock.Now().Add(time.Hour), w.clock.Now().Add(2*time.Hour)
		path := consultationPath(w.consultationOf(domain.ConsultationClearance, d).ID)
		stage := func(want string) {
			t.Helper()
			if got := staff.get(path).str("stage"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		w.as(domain.Liaison).move(path, "clear", nil).want(200)
		staff.move(path, "open", nil).want(409)
		schedule := func(opens, closes time.Duration) map[string]any {
			return map[string]any{"opens_at": w.clock.Now().Add(opens), "closes_at": w.clock.Now().Add(closes)}
		}
		staff.move(path, "reschedule", schedule(2*time.Hour, 4*time.Hour)).want(200)
		w.later(time.Hour)
		w.runJobs()
		stage("scheduled") // the first opening is not due any more
		w.later(time.Hour)
		w.runJobs()
		stage("open") // neither is the first closing
		staff.move(path, "reschedule", map[string]any{"opens_at": staff.get(path).str("opens_at"), "closes_at": w.clock.Now().Add(time.Hour)}).want(200)
		w.later(time.Hour)
		// The closing is due and not yet recorded: the clock decides.
		stage("open")
		w.anyone().post(path+"/anonymous-submissions", map[string]any{"answers": []any{said("why", "Late.")}}).want(409)
		w.runJobs()
		stage("closed")
		w.later(24 * time.Hour)
		w.runJobs()
		stage("closed")
	})
}

func TestOfTwentyWhoCloseOrPublishOneDoes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		var twenty []*client
		for range 20 {
			twenty = append(twenty, w.another(domain.Staff, "", ""))
		}
		race := func(verb string) {
			t.Helper()
			tag := w.as(domain.Staff).get(path).tag()
			got := statuses(twenty, func(c *client) *result { return c.post(path+"/"+verb, nil, "If-Match", tag) })
			if got[200] != 1 || got[412] != 19 {
				t.Errorf("%s: %v", verb, got)
			}
		}
		race("close")
		race("begin_analysis")
		race("begin_response")
		w.respond(w.theme(path), "adopted")
		race("publish")
	})
}

func TestAConsultationsStateAllowsOnlyWhatFollows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bodies := map[string]any{
			"return": map[string]string{"reason": "More."}, "pause": map[string]string{"reason": "More."},
			"reschedule": map[string]any{"opens_at": w.clock.Now(), "closes_at": w.clock.Now().Add(time.Hour)},
		}
		draft, open := w.reach(w.anyone(), domain.ConsultationDrafted), w.reach(w.anyone(), domain.ConsultationOpen)
		own := w.approvedOrganization()
		partner := w.member(domain.Partner, own.ID)
		for _, m := range consultationMoves {
			wrong := draft
			if m.stage == domain.ConsultationDrafted {
				wrong = open
			}
			w.as(domain.Staff).move(wrong, m.verb, bodies[m.verb]).want(409)
			partner.move(open, m.verb, bodies[m.verb]).want(403)
			w.as(domain.Staff).move(consultationPath("00000000-0000-4000-8000-000000000000"), m.verb, bodies[m.verb]).want(404)
		}
		w.as(domain.Staff).patch(open, `{"title":"Other"}`).want(409)
		partner.patch(open, `{"title":"Other"}`).want(403)
		for _, c := range []*client{partner, w.anyone()} {
			c.get(draft).want(404)
			c.get(open + "/results").want(404)
			c.get(draft + "/responses").want(404)
		}
		over := w.inquiry(everybody)
		over.OpensAt, over.ClosesAt = w.clock.Now(), w.clock.Now().Add(time.Hour)
		late := consultationPath(w.consultationOf(domain.ConsultationClearance, over).ID)
		w.later(time.Hour)
		w.as(domain.Liaison).move(late, "clear", nil).want(422).fault("/closes_at", "invalid")
	})
}

// said is an answer in words.
func said(question, text string) map[string]any {
	return map[string]any{"question": question, "text": text}
}

func TestWhoSeesAConsultation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ngo, company, other := w.organizationOf(domain.OrganizationNGO), w.approvedOrganization(), w.approvedOrganization()
		applicant := w.organization("Applicant", domain.OrganizationIntake)
		on, off := w.advisor(), w.advisor()
		council := w.council(on)
		viewers := map[string]*client{
			"anyone": w.anyone(), "ngo": w.member(domain.Partner, ngo), "company": w.member(domain.PartnerAdmin, company.ID),
			"other": w.member(domain.Partner, other.ID), "applicant": w.member(domain.Partner, applicant.ID),
			"member": w.speaker(on), "advisor": w.speaker(off), "staff": w.as(domain.Staff), "admin": w.as(domain.Admin),
		}
		for name, tt := range map[string]struct {
			a    domain.Audience
			sees string
		}{
			"the public": {everybody, "admin advisor anyone applicant company member ngo other staff"},
			"the public without one": {domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{company.ID}},
				"admin advisor anyone applicant member ngo other staff"},
			"types": {domain.Audience{Types: domain.List[domain.OrganizationType]{domain.OrganizationNGO}}, "ngo staff"},
			"types without one": {domain.Audience{Types: domain.List[domain.OrganizationType]{domain.OrganizationBusiness}, Excluded: domain.List[domain.OrganizationID]{company.ID}},
				"other staff"},
			"organizations": {domain.Audience{Organizations: domain.List[domain.OrganizationID]{company.ID, applicant.ID}}, "company staff"},
			"advisors":      {domain.Audience{ForAdvisors: true}, "advisor member staff"},
			"a council":     {domain.Audience{Council: council.ID}, "member staff"},
			"nobody but who is excluded": {domain.Audience{Council: council.ID, Excluded: domain.List[domain.OrganizationID]{company.ID}},
				"member staff"},
		} {
			t.Run(name, func(t *testing.T) {
				v := w.consultation(domain.ConsultationOpen, tt.a)
				var sees, lists []string
				for viewer, c := range viewers {
					if c.get(consultationPath(v.ID)).Status == http.StatusOK {
						sees = append(sees, viewer)
					}
					if strings.Contains(string(c.get("/v1/consultations?limit=100&q="+v.Title[len("Fees "):]).want(200).Body), string(v.ID)) {
						lists = append(lists, viewer)
					}
				}
				slices.Sort(sees)
				slices.Sort(lists)
				if got := strings.Join(sees, " "); got != tt.sees || !slices.Equal(sees, lists) {
					t.Errorf("seen by %s, listed for %s; want %s", got, lists, tt.sees)
				}
			})
		}
	})
}

func TestATermOnACouncilEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		council := w.council()
		advisor := w.advisor()
		term := w.seat(council.ID, advisor, "2026-01-01")
		path := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{Council: council.ID}).ID)
		w.speaker(advisor).get(path).want(200)
		w.as(domain.Liaison).move(term, "end", map[string]string{"ends_on": "2026-03-02"}).want(200)
		w.speaker(advisor).get(path).want(200)
		w.later(24 * time.Hour)
		w.speaker(advisor).get(path).want(404)
	})
}

func TestTheAudienceIsTheOfficesToKnow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		company, rival := w.approvedOrganization(), w.approvedOrganization()
		d := w.inquiry(domain.Audience{
			Organizations: domain.List[domain.OrganizationID]{company.ID}, Excluded: domain.List[domain.OrganizationID]{rival.ID},
			ForAdvisors: true, Council: w.council().ID,
		})
		d.Initiative = domain.InitiativeID(w.system().NewID())
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		partner := w.member(domain.Partner, company.ID)
		body := string(partner.get(path).want(200).Body)
		for _, secret := range []string{string(rival.ID), string(company.ID), string(d.Council), string(d.Initiative), "audience", "excluded", "updated_at"} {
			if strings.Contains(body, secret) {
				t.Errorf("a partner sees %s in %s", secret, body)
			}
		}
		if n := len(partner.get("/v1/consultations?initiative_id=" + string(d.Initiative)).want(200).items()); n != 0 {
			t.Errorf("a partner finds the initiative's %d consultations", n)
		}
		if n := len(w.as(domain.Staff).get("/v1/consultations?stage=open&objective=4.3&initiative_id=" + string(d.Initiative)).want(200).items()); n != 1 {
			t.Errorf("staff find %d", n)
		}
	})
}

func TestThemesAreAnsweredAndPublishedAtOneMoment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, anyone := w.as(domain.Staff), w.anyone()
		path := w.reach(anyone, domain.ConsultationAnalysis)
		fees, debt := w.theme(path), w.theme(path)
		staff.post(fees+"/response", map[string]string{"outcome": "adopted", "reason": "Done."}).want(409) // not yet
		staff.patch(fees, `{"definition":"Who pays."}`).want(200)
		old := w.theme(path)
		staff.move(old, "retire", nil).want(200)
		staff.move(old, "retire", nil).want(409)
		staff.patch(old, `{"title":"New"}`).want(409)
		if got := staff.get(path + "/codebook").want(200); got.at("version") != 5.0 || len(got.at("themes").([]any)) != 2 {
			t.Errorf("the codebook is %s", got.Body)
		}
		if got := staff.get(path + "/codebook?version=1").want(200); len(got.at("themes").([]any)) != 1 {
			t.Errorf("its first version is %s", got.Body)
		}
		staff.get(path + "/codebook?version=6").want(404)

		w.bring(path, "begin_response")
		response := w.respond(fees, "adopted")
		staff.post(fees+"/response", map[string]string{"outcome": "adopted", "reason": "Done."}).want(409) // there is one
		staff.move(path, "publish", nil).want(422).fault("/themes/"+strings.TrimPrefix(debt, "/v1/themes/"), "missing")
		if got := anyone.get(path + "/responses").want(200); len(got.items()) != 0 {
			t.Errorf("anyone sees drafts: %s", got.Body)
		}
		anyone.get(response).want(404)
		w.respond(debt, "declined")
		staff.patch(response, map[string]any{"outcome": "deferred", "link_kind": "consultation", "link_id": strings.TrimPrefix(path, "/v1/consultations/")}).want(200)
		if got := staff.patch(response, `{"link_kind":null,"link_id":null}`).want(200); got.at("link_id") != nil {
			t.Errorf("the link stays: %s", got.Body)
		}
		w.bring(path, "publish")
		got := anyone.get(path + "/responses").want(200)
		if outcomes := got.column("outcome"); len(outcomes) != 2 || !slices.Contains(outcomes, "deferred") || !slices.Contains(outcomes, "declined") {
			t.Errorf("anyone sees %s", got.Body)
		}
		if got := anyone.get(response).want(200); got.str("theme_title") == "" || len(got.at("_actions").([]any)) != 0 {
			t.Errorf("anyone sees %s", got.Body)
		}
		staff.patch(response, `{"reason":"Changed."}`).want(409)
		staff.post(path+"/themes", map[string]string{"title": "Late"}).want(409)
		staff.patch(fees, `{"title":"Late"}`).want(409)
		own := w.approvedOrganization()
		partner := w.member(domain.Partner, own.ID)
		partner.get(path + "/codebook").want(403)
		partner.get(path + "/themes").want(403)
		partner.post(path+"/themes", map[string]string{"title": "Mine"}).want(403)
		partner.patch(response, `{"reason":"Ours."}`).want(403)
	})
}

func TestTwentyThemesAtOnceMakeTwentyVersions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, staff := w.reach(w.anyone(), domain.ConsultationClosed), w.as(domain.Staff)
		var titles []string
		for i := range 20 {
			titles = append(titles, fmt.Sprint("Theme ", i))
		}
		got := statuses(titles, func(title string) *result { return staff.post(path+"/themes", map[string]string{"title": title}) })
		if got[201] != 20 {
			t.Errorf("statuses %v", got)
		}
		if book := staff.get(path + "/codebook").want(200); book.at("version") != 20.0 || len(book.at("themes").([]any)) != 20 {
			t.Errorf("the codebook is %s", book.Body)
		}
	})
}

// answer hands in anonymous submissions.
func (w *world) answer(path string, n int, answers ...map[string]any) {
	w.Helper()
	for range n {
		w.anyone().post(path+"/anonymous-submissions", map[string]any{"answers": append([]map[string]any{said("why", "Because.")}, answers...)}).want(201)
	}
}

func chose(option string) map[string]any { return map[string]any{"question": "who", "choice": option} }

func TestRankingsNumbersAndDaysAreAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Threshold = 1
		d.Questions = append(d.Questions,
			domain.Question{Key: "order", Kind: domain.RankingQuestion, Prompt: "What first?", Options: []domain.Option{{Key: "visa", Label: "Visa"}, {Key: "travel", Label: "Travel"}}},
			domain.Question{Key: "many", Kind: domain.NumberQuestion, Prompt: "How many?", Range: &domain.Range{Min: "0"}},
			domain.Question{Key: "since", Kind: domain.DateQuestion, Prompt: "Since when?"})
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		ranking := map[string]any{"question": "order", "ranking": []string{"travel", "visa"}}
		number, day := map[string]any{"question": "many", "number": "12.50"}, map[string]any{"question": "since", "date": "2024-02-29"}
		w.answer(path, 2, ranking, number, day)
		w.answer(path, 2, map[string]any{"question": "order", "ranking": []string{"visa"}})
		wrong := w.anyone().post(path+"/anonymous-submissions", map[string]any{"answers": []map[string]any{said("why", "Because."), {"question": "many", "number": "-1"}}}).want(422)
		if pointer := wrong.at("errors").([]any)[0].(map[string]any)["pointer"]; pointer != "/answers/1/number" {
			t.Errorf("the fault is at %v", pointer)
		}
		kept := 0
		for _, s := range w.as(domain.Staff).get("/v1/submissions?consultation_id=" + strings.TrimPrefix(path, "/v1/consultations/")).want(200).items() {
			got, _ := json.Marshal(w.as(domain.Staff).get("/v1/submissions/" + s["id"].(string)).want(200).at("answers"))
			if string(got) == `[{"question":"why","text":"Because."},{"question":"order","ranking":["travel","visa"]},{"number":"12.50","question":"many"},{"date":"2024-02-29","question":"since"}]` {
				kept++
			}
		}
		if kept != 2 {
			t.Errorf("%d submissions are as they were sent", kept)
		}
		w.bring(path, "close", "publish_results")
		var r struct {
			Rows []struct {
				Question, Answer string
				Total            struct{ Count *int }
			}
		}
		w.anyone().get(path + "/results").want(200).into(&r)
		counts := map[string]int{}
		for _, row := range r.Rows {
			if row.Total.Count != nil {
				counts[row.Question+" "+row.Answer] = *row.Total.Count
			}
			if row.Question == "many" || row.Question == "since" {
				t.Errorf("%s is counted", row.Question)
			}
		}
		if counts["order travel"] != 2 || counts["order visa"] != 2 {
			t.Errorf("counted %v", counts)
		}
	})
}

func TestResultsHideSmallCountsAndWhatWouldGiveThemBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Threshold = 2
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		w.answer(path, 4, chose("worker"))
		w.answer(path, 1, chose("employer"))
		w.answer(path, 3, map[string]any{"question": "how", "scale": 2}, map[string]any{"question": "who", "prefer_not_to_answer": true})
		for _, kind := range []domain.OrganizationType{domain.OrganizationBusiness, domain.OrganizationNGO} {
			w.submitted(w.member(domain.Partner, w.organizationOf(kind)), path, chose("employer"))
		}
		w.bring(path, "close", "publish_results")
		got := w.anyone().get(path + "/results").want(200)
		if got.at("total") != 10.0 || got.at("too_few") != false {
			t.Errorf("got %s", got.Body)
		}
		var r struct {
			Columns []struct {
				Categories []string
				Count      int
			}
			Rows []struct {
				Question, Answer string
				Counts           []struct {
					Count  *int
					Hidden bool
				}
				Total struct {
					Count  *int
					Hidden bool
				}
			}
		}
		got.into(&r)
		if want := `[{[public_bodies] 0} {[advisors] 0} {[private_sector civil_society public] 10}]`; fmt.Sprint(r.Columns) != want {
			t.Errorf("columns %v, want %s", r.Columns, want)
		}
		shown := map[string]string{}
		for _, row := range r.Rows {
			cell := "hidden"
			if row.Total.Count != nil {
				cell = fmt.Sprint(*row.Total.Count)
			}
			if row.Total.Hidden != (row.Total.Count == nil) {
				t.Errorf("%v is neither hidden nor shown", row)
			}
			shown[row.Question+" "+row.Answer] = cell
		}
		for row, want := range map[string]string{"who worker": "4", "who employer": "3", "who prefer_not_to_answer": "3", "who no_answer": "0", "how 2": "3", "what visa": "0"} {
			if shown[row] != want {
				t.Errorf("%s: %s, want %s", row, shown[row], want)
			}
		}
	})
}

func TestTooFewToTellAnythingOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		w.answer(path, 10, chose("worker"))
		w.bring(path, "close", "begin_analysis")
		w.anyone().get(path + "/results").want(404)
		staff := w.as(domain.Staff).get(path + "/results").want(200)
		if staff.at("too_few") != true || staff.at("total") != nil || len(staff.at("rows").([]any)) != 0 {
			t.Errorf("staff see %s", staff.Body)
		}
		w.bring(path, "publish_results")
		if public := w.anyone().get(path + "/results").want(200); string(public.Body) != string(staff.Body) {
			t.Errorf("the public sees %s", public.Body)
		}
	})
}

func TestResultsAreCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Threshold = 1
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		code := w.anonymous(path)
		w.answer(path, 3, chose("worker"))
		early := w.anonymous(path)
		w.anyone().post("/v1/receipts/withdraw", map[string]string{"code": early}).want(200)
		spam := w.as(domain.Staff).get("/v1/submissions?stage=submitted&limit=1").items()[0]["id"].(string)
		w.as(domain.Staff).move("/v1/submissions/"+spam, "withhold", map[string]string{"reason": "Abuse."}).want(200)
		w.bring(path, "close", "begin_analysis")
		before := w.as(domain.Staff).get(path + "/results").want(200)
		if before.at("total") != 3.0 {
			t.Errorf("withheld and withdrawn ones count: %s", before.Body)
		}
		w.later(48 * time.Hour)
		w.anyone().post("/v1/receipts/withdraw", map[string]string{"code": code}) // unless it was the withheld one
		w.bring(path, "publish_results", "begin_response", "publish")
		if after := w.anyone().get(path + "/results").want(200); string(after.Body) != string(before.Body) {
			t.Errorf("counted again: %s, then %s", before.Body, after.Body)
		}
	})
}

func init() {
	secrets = append(secrets, secret{
		name: "a consultation from which an organization is excluded",
		story: func(w *world) map[string]*client {
			own := w.approvedOrganization()
			w.consultation(domain.ConsultationOpen, everybody)
			return map[string]*client{"a partner": w.member(domain.Partner, own.ID), "a partner's admin": w.member(domain.PartnerAdmin, own.ID)}
		},
		happens: func(w *world) {
			var own domain.OrganizationID
			for _, c := range w.clients {
				if c.actor.Role == domain.Partner {
					own = c.actor.Organization
				}
			}
			for _, a := range []domain.Audience{{ForPublic: true}, {Types: domain.OrganizationTypes()}} {
				a.Excluded = domain.List[domain.OrganizationID]{own}
				path := consultationPath(w.consultation(domain.ConsultationOpen, a).ID)
				w.submitted(w.member(domain.Partner, w.approvedOrganization().ID), path)
				w.bring(path, "close", "publish_results", "begin_analysis", "begin_response")
				w.respond(w.theme(path), "adopted")
				w.bring(path, "publish")
			}
		},
	}, secret{
		name: "drafts of themes, codings and responses",
		story: func(w *world) map[string]*client {
			own := w.approvedOrganization()
			author := w.member(domain.Partner, own.ID)
			path := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
			w.submitted(author, path)
			w.bring(path, "close", "begin_analysis", "begin_response")
			return map[string]*client{"its author": author, "anyone": w.anyone(), "an advisor": w.speaker(w.advisor()), "an admin": w.as(domain.Admin)}
		},
		happens: func(w *world) {
			staff := w.as(domain.Staff)
			path := consultationPath(domain.ConsultationID(w.column("SELECT id FROM consultations")[0]))
			theme := w.theme(path)
			submission := "/v1/submissions/" + w.column("SELECT id FROM submissions")[0]
			staff.post(submission+"/codings", map[string]string{"question": "why", "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}).want(201)
			staff.patch(w.respond(theme, "declined"), `{"reason":"Another."}`).want(200)
		},
	})
}

func TestAConsultationKeepsWhatIsWritten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		council, asked, excluded := w.council(), string(w.approvedOrganization().ID), string(w.approvedOrganization().ID)
		body := `{"title":"Fees","purpose":"How.","introduction":"Take your time.","use_of_answers":"Guidance.","objectives":["4.1","4.3"],"pillars":["prevention"],
			"audience":{"public":false,"advisors":true,"organization_types":["ngo"],"organization_ids":["` + asked + `"],"council_id":"` + string(council.ID) + `"},
			"excluded_organization_ids":["` + excluded + `"],
			"questions":[{"key":"q","kind":"multiple_choice","prompt":"Which?","help":"Any.","required":true,"content_warning":"Debt.","options":[{"key":"a","label":"A"},{"key":"b","label":"B"}]},
				{"key":"s","kind":"scale","prompt":"How?","scale":{"min":-1,"max":1,"min_label":"less","max_label":"more"}},
				{"key":"n","kind":"number","prompt":"How many?","range":{"min":"0"}}],
			"opens_at":"2026-04-01T09:00:00Z","closes_at":"2026-05-01T09:00:00Z","time_zone":"UTC","small_cell_threshold":5}`
		r := staff.post("/v1/consultations", body).want(201)
		var want, got map[string]any
		must(t, json.Unmarshal([]byte(body), &want))
		r.into(&got)
		for name := range want {
			a, _ := json.Marshal(want[name])
			b, _ := json.Marshal(got[name])
			if name != "audience" && name != "questions" && string(a) != string(b) {
				t.Errorf("%s: wrote %s, got %s", name, a, b)
			}
		}
		again := staff.patch("/v1/consultations/"+r.str("id"), `{"introduction":null,"audience":{"advisors":false,"council_id":null}}`).want(200)
		if again.str("introduction") != "" || fmt.Sprint(again.at("audience")) != "map[organization_ids:["+asked+"] organization_types:[ngo]]" {
			t.Errorf("patched: %s", again.Body)
		}
		if fmt.Sprint(again.at("questions")) != fmt.Sprint(r.at("questions")) {
			t.Errorf("questions: %v, then %v", r.at("questions"), again.at("questions"))
		}
	})
}
