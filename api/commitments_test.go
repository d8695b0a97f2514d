package api_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
)

func promise() domain.CommitmentDraft {
	return domain.CommitmentDraft{
		Terms: domain.Terms{Title: "Audit every recruitment agency", Text: "We audit all agencies that recruit for us.", DueOn: "2026-12-31"},
		Marking: domain.Marking{
			Objectives: domain.List[string]{"4.3"}, Topics: domain.List[domain.Topic]{domain.TopicResponsibleRecruitment},
			Pillars: domain.List[domain.Pillar]{domain.PillarPrevention}, Countries: domain.List[string]{"MY"},
		},
	}
}

// seedCommitment brings an organization's commitment to a stage, as the office's
// own people would have: one submits and reports, another accepts.
func (w *world) seedCommitment(org domain.OrganizationID, d domain.CommitmentDraft, stage domain.CommitmentStage) *domain.Commitment {
	w.Helper()
	submits, accepts := w.as(domain.Staff).actor, w.as(domain.Liaison).actor
	o, err := w.system().Organizations.Steady(w.Context(), org)
	must(w, err)
	v, err := domain.NewCommitment(org, d, nil)
	must(w, err)
	today := domain.DateOf(w.clock.Now())
	last := func() error { return v.Claim(submits, today) }
	switch stage {
	case domain.CommitmentReturned:
		last = func() error { return nil }
	case domain.CommitmentWithdrawn:
		last = func() error { return v.Withdraw("The plant closed.", today) }
	}
	for _, step := range []func() error{
		func() error { return v.Submit(submits, *o, min(today, cmp.Or(v.DueOn, today))) }, // while it was ahead
		func() error {
			if stage == domain.CommitmentReturned {
				return v.Return("Say how many.")
			}
			return v.Accept(accepts, *o, today)
		},
		func() error { return v.Activate(today) },
		last,
		func() error {
			_, err := v.Verify(accepts, domain.CommitmentComplete, verification(), today)
			return err
		},
	} {
		if v.Stage.Is(stage) {
			break
		}
		must(w, step())
	}
	if !v.Stage.Is(stage) {
		w.Fatalf("no seed for %s", stage)
	}
	must(w, w.system().Commitments.Create(w.Context(), domain.CreateCommitment, v))
	return v
}

func verification() domain.VerificationDraft {
	return domain.VerificationDraft{Method: domain.VerifiedByDocuments, Evidence: "Read all reports.", Confidence: domain.ConfidenceHigh}
}

// commitmentFor is a commitment at a stage, by the caller's organization if it
// has one.
func (w *world) commitmentFor(by *client, stage domain.CommitmentStage) string {
	w.Helper()
	return "/v1/commitments/" + string(w.seedCommitment(w.orgOf(by), promise(), stage).ID)
}

// overdueFor is a running commitment whose due date has passed.
func (w *world) overdueFor(by *client) string {
	w.Helper()
	d := promise()
	d.Terms.DueOn = "2026-02-28"
	return "/v1/commitments/" + string(w.seedCommitment(w.orgOf(by), d, domain.CommitmentActive).ID)
}

func init() {
	at := func(stage domain.CommitmentStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.commitmentFor(by, stage) + suffix} }
	}
	walk["listCommitments"] = func(*world, *client) call { return call{path: "/v1/commitments"} }
	walk["createCommitment"] = func(w *world, by *client) call {
		body := map[string]any{"title": "New one", "text": "We will.", "objectives": []string{"4.3"}}
		if by.actor.Organization == "" {
			body["organization_id"] = w.approvedOrganization().ID
		}
		return call{path: "/v1/commitments", body: body}
	}
	walk["getCommitment"] = at(domain.CommitmentActive, "")
	walk["editCommitment"] = at(domain.CommitmentDrafted, "")
	walk["submitCommitment"] = at(domain.CommitmentDrafted, "/submit")
	walk["returnCommitment"] = at(domain.CommitmentSubmitted, "/return")
	walk["acceptCommitment"] = at(domain.CommitmentSubmitted, "/accept")
	walk["activateCommitment"] = at(domain.CommitmentAccepted, "/activate")
	walk["claimCommitmentCompletion"] = at(domain.CommitmentActive, "/claim_completion")
	walk["verifyCommitment"] = at(domain.CommitmentClaimed, "/verify")
	walk["lapseCommitment"] = func(w *world, by *client) call { return call{path: w.overdueFor(by) + "/lapse"} }
	walk["withdrawCommitment"] = at(domain.CommitmentActive, "/withdraw")
	for op, verb := range map[string]string{
		"consentToPublishCommitment": "consent", "withdrawCommitmentConsent": "withdraw_consent",
		"publishCommitment": "publish", "unpublishCommitment": "unpublish",
	} {
		walk[op] = at(domain.CommitmentActive, "/"+verb)
	}
	for op, tt := range map[string]struct {
		stage  domain.CommitmentStage
		suffix string
	}{
		"editCommitment":            {domain.CommitmentAccepted, ""},
		"submitCommitment":          {domain.CommitmentActive, "/submit"},
		"returnCommitment":          {domain.CommitmentAccepted, "/return"},
		"acceptCommitment":          {domain.CommitmentDrafted, "/accept"},
		"activateCommitment":        {domain.CommitmentSubmitted, "/activate"},
		"claimCommitmentCompletion": {domain.CommitmentAccepted, "/claim_completion"},
		"verifyCommitment":          {domain.CommitmentActive, "/verify"},
		"lapseCommitment":           {domain.CommitmentActive, "/lapse"}, // not due yet
		"withdrawCommitment":        {domain.CommitmentComplete, "/withdraw"},
		"proposeAmendment":          {domain.CommitmentDrafted, "/amendments"},
		"createMilestone":           {domain.CommitmentActive, "/milestones"},
		"createIndicator":           {domain.CommitmentActive, "/indicators"},
		"createProgressReport":      {domain.CommitmentDrafted, "/progress_reports"},
	} {
		outOfOrder[op] = at(tt.stage, tt.suffix)
	}
}

func TestACommitmentFromDraftToVerified(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, lead := w.member(domain.Partner, o.ID), w.member(domain.PartnerAdmin, o.ID)
		officer, verifier := w.as(domain.Staff), w.as(domain.Liaison)
		made := partner.post("/v1/commitments", `{"title":"Audit all agencies","text":"We audit them.","objectives":["4.3"],"amount":{"amount":"250000.5","currency":"USD"}}`).want(201)
		path := "/v1/commitments/" + made.str("id")
		if made.str("organization_id") != string(o.ID) || made.str("amount", "amount") != "250000.50" || made.tag() != partner.get(path).tag() {
			t.Errorf("made %s", made.Body)
		}
		partner.move(path, "submit", nil).want(422).fault("/due_on", "required")
		partner.patch(path, `{"due_on":"2026-12-31","amount":null}`).want(200)
		partner.move(path, "submit", nil).want(200)
		officer.move(path, "return", map[string]string{"reason": "How many?"}).want(200)
		if got := partner.get(path); got.str("stage_reason") != "How many?" || got.at("amount") != nil {
			t.Errorf("returned as %s", got.Body)
		}
		lead.patch(path, `{"text":"We audit all 41."}`).want(200)
		lead.move(path, "submit", nil).want(200)
		partner.move(path, "accept", nil).want(403)
		officer.move(path, "accept", nil).want(200)
		partner.patch(path, `{"text":"We audit some."}`).want(409)
		officer.move(path, "activate", nil).want(200)
		if got := partner.get(path).want(200); got.str("health", "status") != "on_track" || got.str("accepted_on") != "2026-03-02" {
			t.Errorf("active as %s", got.Body)
		}

		partner.move(path, "claim_completion", nil).want(200)
		seen := map[string]any{"outcome": "verified_complete", "method": "document_review", "evidence": "Read them.", "confidence": "high"}
		lead.move(path, "verify", seen).want(403)
		got := verifier.move(path, "verify", seen).want(200)
		if got.str("stage") != "verified_complete" || got.str("verified_on") != "2026-03-02" || got.at("health") != nil {
			t.Errorf("verified as %s", got.Body)
		}
		v := partner.get(path + "/verifications").want(200).items()
		if len(v) != 1 || v[0]["outcome"] != "verified_complete" || v[0]["verified_by"] != nil {
			t.Errorf("verifications %v", v)
		}
		if v := officer.get(path + "/verifications").items(); v[0]["verified_by"] != string(verifier.actor.Account) {
			t.Errorf("staff see %v", v)
		}
	})
}

func TestWhoReportedDoesNotVerify(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		reporter, other := w.another(domain.Staff, "", ""), w.another(domain.Staff, "", "")
		v := w.seedCommitment(w.orgOf(reporter), promise(), domain.CommitmentActive)
		path := "/v1/commitments/" + string(v.ID)
		reporter.move("/v1/milestones/"+string(w.seedMilestone(v, "2026-06-30").ID), "report", map[string]string{"evidence": "Seen."}).want(200)
		other.move(path, "claim_completion", nil).want(200)
		seen := map[string]any{"outcome": "partly_met", "method": "site_visit", "evidence": "Went there.", "confidence": "low"}
		for name, by := range map[string]*client{"who reported a milestone": reporter, "who claimed completion": other} {
			if got := fmt.Sprint(by.get(path).at("_actions")); strings.Contains(got, "verify") {
				t.Errorf("%s is offered %s", name, got)
			}
			by.move(path, "verify", seen).want(403)
		}
		w.another(domain.Staff, "", "").move(path, "verify", seen).want(200)
	})
}

func TestNothingIsAgreedWithASuspendedOrganization(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, staff := w.member(domain.Partner, o.ID), w.another(domain.Staff, "", "")
		draft := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentDrafted).ID)
		submitted := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentSubmitted).ID)
		active := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentActive).ID)
		staff.move("/v1/organizations/"+string(o.ID), "suspend", map[string]string{"reason": "A new allegation."}).want(200)
		partner.move(draft, "submit", nil).want(404)
		staff.move(draft, "submit", nil).want(409)
		staff.move(submitted, "accept", nil).want(409)
		if got := staff.get(active).want(200); got.str("text") == "" {
			t.Error("history is not readable")
		}
		staff.move(active, "claim_completion", nil).want(200) // what was agreed goes on
	})
}

func TestACommitmentIsByWhoeverMayPromise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.approvedOrganization(), w.approvedOrganization()
		partner, staff := w.member(domain.Partner, a.ID), w.as(domain.Staff)
		body := map[string]any{"title": "T", "text": "X", "objectives": []string{"4.3"}}
		staff.post("/v1/commitments", body).want(422).fault("/organization_id", "required")
		body["organization_id"] = w.system().NewID()
		staff.post("/v1/commitments", body).want(422).fault("/organization_id", "unknown_value")
		body["organization_id"] = b.ID
		partner.post("/v1/commitments", body).want(403)
		path := "/v1/commitments/" + staff.post("/v1/commitments", body).want(201).str("id")
		staff.patch(path, map[string]any{"organization_id": a.ID}).want(422).fault("/organization_id", "unknown_field")
		partner.get(path).want(404)
		delete(body, "organization_id")
		for pointer, change := range map[string]any{
			"/amount": map[string]string{"amount": "1.001", "currency": "USD"}, "/amount/amount": map[string]string{"amount": "-1", "currency": "USD"},
			"/source_url": "mailto:x@example.org", "/due_on": "2026-02-30", "/countries/0": []string{"XX"}, "/partnership_id": w.system().NewID(),
		} {
			member, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
			bad := map[string]any{"title": "T", "text": "X", "objectives": []string{"4.3"}, member: change}
			if got := partner.post("/v1/commitments", bad).want(422); !strings.Contains(string(got.Body), `"`+pointer+`"`) {
				t.Errorf("%s: %s", pointer, got.Body)
			}
		}
	})
}

func TestACommitmentInsideAPartnershipIsByAMember(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		member, stranger := w.member(domain.Partner, o.ID), w.caller(domain.Partner)
		p := w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipActive)
		body := map[string]any{"title": "T", "text": "X", "objectives": []string{"4.3"}, "partnership_id": p.ID}
		path := "/v1/commitments/" + member.post("/v1/commitments", body).want(201).str("id")
		stranger.post("/v1/commitments", body).want(422).fault("/partnership_id", "invalid")
		if got := w.as(domain.Staff).get("/v1/commitments?partnership_id=" + string(p.ID)).want(200); len(got.items()) != 1 {
			t.Errorf("inside are %s", got.Body)
		}
		member.patch(path, `{"partnership_id":null}`).want(200)
		ended := w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipTerminated)
		member.patch(path, map[string]any{"partnership_id": ended.ID}).want(422).fault("/partnership_id", "invalid")
	})
}

func TestCommitmentsAreFoundAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, a, b := w.as(domain.Staff), w.approvedOrganization(), w.approvedOrganization()
		for i, due := range []domain.Date{"2026-05-01", "2026-04-01", "2026-06-01", ""} {
			d := promise()
			d.Terms.Title, d.Terms.DueOn = []string{"Alpha", "Beta", "Gamma", "Delta"}[i], due
			org, stage := a.ID, domain.CommitmentSubmitted
			if i > 1 {
				org, stage = b.ID, domain.CommitmentDrafted
				d.Marking.Countries, d.Marking.Objectives = domain.List[string]{"TH", "MY"}, domain.List[string]{"4.1"}
			}
			w.seedCommitment(org, d, stage)
		}
		for query, want := range map[string]string{
			"sort=due_on":                "Delta,Beta,Alpha,Gamma",
			"sort=-due_on":               "Gamma,Alpha,Beta,Delta",
			"sort=title&stage=submitted": "Alpha,Beta",
			"sort=due_on&organization_id=" + string(b.ID): "Delta,Gamma",
			"sort=due_on&due_from=2026-05-01":             "Alpha,Gamma",
			"sort=due_on&due_until=2026-05-01":            "Beta,Alpha",
			"due_from=2026-04-02&due_until=2026-05-31":    "Alpha",
			"stage=draft&due_from=2026-01-01&sort=due_on": "Gamma",
			"country=TH&sort=title":                       "Delta,Gamma",
			"country=MY&objective=4.3&sort=title":         "Alpha,Beta",
			"topic=data":                                  "",
			"pillar=prevention&sort=-title&stage=draft":   "Gamma,Delta",
			"q=gamma+auditing":                            "Gamma",
		} {
			if got := strings.Join(staff.get("/v1/commitments?"+query).want(200).column("title"), ","); got != want {
				t.Errorf("?%s: %q, want %q", query, got, want)
			}
		}
		var titles []string
		path := "/v1/commitments?limit=1&sort=due_on&count=exact"
		for path != "" {
			r := w.member(domain.Partner, a.ID).get(path).want(200)
			if r.at("total") != 2.0 {
				t.Errorf("total %v", r.at("total"))
			}
			titles = append(titles, r.column("title")...)
			path = strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Link"), "<"), `>; rel="next"`)
		}
		if !slices.Equal(titles, []string{"Beta", "Alpha"}) {
			t.Errorf("a partner pages through %v", titles)
		}
	})
}

func TestAmendmentsAreProposedByOneAndApprovedByAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, staff, other := w.member(domain.Partner, o.ID), w.as(domain.Staff), w.as(domain.Liaison)
		path := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentActive).ID)
		a := partner.post(path+"/amendments", `{"due_on":"2027-06-30","amount":{"amount":"5","currency":"JPY"},"reason":"Two sites open later."}`).want(201)
		if got := fmt.Sprint(a.at("changes")); got != "[map[field:due_on new:2027-06-30 old:2026-12-31] map[field:amount new:5 JPY old:]]" || a.at("number") != 1.0 {
			t.Errorf("proposed %s", a.Body)
		}
		if got := partner.get(path); got.str("due_on") != "2026-12-31" || got.at("amendments") != 1.0 {
			t.Errorf("a proposal alone changed %s", got.Body)
		}
		first := "/v1/amendments/" + a.str("id")
		partner.move(first, "approve", nil).want(403)
		mine := "/v1/amendments/" + staff.post(path+"/amendments", `{"text":"We audit half.","reason":"Costs."}`).want(201).str("id")
		staff.move(mine, "approve", nil).want(403)
		staff.move(mine, "decline", map[string]string{"reason": "No."}).want(403)
		staff.move(first, "approve", nil).want(200)
		if got := partner.get(path); got.str("due_on") != "2027-06-30" || got.str("amount", "currency") != "JPY" {
			t.Errorf("amended to %s", got.Body)
		}
		other.move(mine, "approve", nil).want(409) // against terms that are gone
		other.move(mine, "decline", map[string]string{"reason": "Not half."}).want(200)
		if got := partner.get(path + "/amendments").want(200).column("number"); !slices.Equal(got, []string{"2", "1"}) {
			t.Errorf("numbers %v", got)
		}
		partner.post(path+"/amendments", `{"reason":"Nothing."}`).want(422).fault("", "invalid")
		partner.post(path+"/amendments", `{"amount":{"amount":"5.5","currency":"JPY"},"reason":"Half a yen."}`).want(422).fault("/amount", "invalid")
	})
}

func TestOneOfTwentyAccepts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := w.commitmentFor(w.anyone(), domain.CommitmentSubmitted)
		tag := w.as(domain.Liaison).get(path).tag()
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				r := w.as(domain.Liaison).post(path+"/accept", nil, "If-Match", tag)
				mu.Lock()
				defer mu.Unlock()
				got[r.Status]++
			})
		}
		wg.Wait()
		if got[200] != 1 || got[200]+got[412] != 20 {
			t.Errorf("statuses %v", got)
		}
	})
}

func TestTwoHundredCommitmentsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.caller(domain.Partner)
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				partner.post("/v1/commitments", map[string]any{"title": fmt.Sprintf("At once %d", i), "text": "We will.", "objectives": []string{"4.3"}}).want(201)
			})
		}
		wg.Wait()
		if total := partner.get("/v1/commitments?count=exact&q=once").at("total"); total != float64(200) {
			t.Errorf("%v are there", total)
		}
	})
}

func TestTwentyAmendmentsAreNumberedWithoutGaps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := w.commitmentFor(w.anyone(), domain.CommitmentActive)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				w.as(domain.Staff).post(path+"/amendments", map[string]any{"text": fmt.Sprint("We audit ", i), "reason": "r"}).want(201)
			})
		}
		wg.Wait()
		numbers := w.as(domain.Staff).get(path + "/amendments").want(200).column("number")
		slices.Reverse(numbers)
		if want := strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"); !slices.Equal(slices.Sorted(slices.Values(numbers)), slices.Sorted(slices.Values(want))) {
			t.Errorf("numbers %v", numbers)
		}
	})
}

func TestHealthFollowsTheCalendar(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := promise()
		d.Terms.DueOn = "2026-08-01"
		path := "/v1/commitments/" + string(w.seedCommitment(w.approvedOrganization().ID, d, domain.CommitmentActive).ID)
		for _, tt := range []struct {
			days        int
			status, age string
		}{{0, "on_track", "green"}, {120, "on_track", "green"}, {1, "no_report", "yellow"}, {32, "off_track", "yellow"}} {
			for range tt.days {
				w.forward(24 * 3600e9)
			}
			staff := w.another(domain.Staff, "", "")
			got := staff.get(path).want(200)
			if got.str("health", "status") != tt.status || got.str("health", "report_age") != tt.age || got.str("health", "reason") == "" {
				t.Errorf("after %d days more: %s", tt.days, got.Body)
			}
			if listed := staff.get("/v1/commitments").items()[0]["health"].(map[string]any)["status"]; listed != tt.status {
				t.Errorf("listed as %v, read as %s", listed, tt.status)
			}
		}
	})
}

func TestAnIdempotentSubmissionIsDoneOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.caller(domain.Partner)
		path := w.commitmentFor(partner, domain.CommitmentDrafted)
		tag, key := partner.get(path).tag(), "3f0c9a52-submission-once"
		one := partner.post(path+"/submit", nil, "If-Match", tag, "Idempotency-Key", key).want(200)
		again := partner.post(path+"/submit", nil, "If-Match", tag, "Idempotency-Key", key).want(200)
		if string(one.Body) != string(again.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("again: %s", again.Body)
		}
		partner.do(http.MethodPost, path+"/submit", nil, "If-Match", tag).want(412)
	})
}

func TestNothingIsPromisedForADayThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.another(domain.PartnerAdmin, w.approvedOrganization().ID, "")
		today := domain.DateOf(w.clock.Now())
		path := w.commitmentFor(partner, domain.CommitmentDrafted)
		partner.patch(path, map[string]any{"due_on": today.AddDays(-1)}).want(200) // a draft is nobody's promise
		partner.move(path, "submit", nil).pointed(422).fault("/due_on", "past")
		partner.patch(path, map[string]any{"due_on": today.AddDays(30)}).want(200)
		m := partner.post(path+"/milestones", map[string]any{"title": "Begun", "weight": 10, "due_on": today.AddDays(-1)}).want(201).Header.Get("Location")
		partner.move(path, "submit", nil).pointed(422).fault("/milestones/0/due_on", "past")
		partner.patch(m, map[string]any{"due_on": today}).want(200)
		partner.move(path, "submit", nil).want(200)

		staff := w.as(domain.Staff)
		staff.move(path, "accept", nil).want(200)
		propose := func(by *client, draft map[string]any) *result {
			draft["reason"] = "It changed."
			return by.post(path+"/amendments", draft)
		}
		step := func(due domain.Date) []any {
			return []any{map[string]any{"title": "Ended", "weight": 10, "due_on": due}}
		}
		propose(partner, map[string]any{"due_on": today.AddDays(-1), "milestones": step(today.AddDays(-1))}).pointed(422).fault("/due_on", "past").fault("/milestones/0/due_on", "past")
		propose(partner, map[string]any{"due_on": today, "milestones": step(today)}).want(201)

		e := string(w.engagement("", domain.EngagementHeld).ID)
		task := func(due domain.Date) *result {
			return staff.post("/v1/tasks", map[string]any{"title": "Send it", "owner_id": staff.actor.Account, "due_on": due, "source_kind": "engagement", "source_id": e})
		}
		task(today.AddDays(-1)).pointed(422).fault("/due_on", "past")
		at := task(today).want(201).Header.Get("Location")
		staff.patch(at, map[string]any{"due_on": today.AddDays(-1)}).pointed(422).fault("/due_on", "past")
		w.forward(31 * 24 * time.Hour) // by then what was promised is overdue as well, and all but the day can be changed
		staff.again().patch(at, map[string]any{"title": "Send it all the same"}).want(200)
		propose(partner.again(), map[string]any{"text": "We audit half."}).want(201)
	})
}
