package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/repository"
)

// organization seeds an organization at a stage, as the office's own people
// would have brought it there.
func (w *world) organization(name string, stage domain.OrganizationStage) *domain.Organization {
	w.Helper()
	o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: name, Type: domain.OrganizationBusiness})
	must(w, err)
	asks, decides := w.as(domain.Staff).actor, w.as(domain.Liaison).actor
	steps := []struct {
		to   domain.OrganizationStage
		take func() error
	}{
		{domain.OrganizationDrafted, func() error { return nil }},
		{domain.OrganizationIntake, func() error { return o.Submit(asks) }},
		{domain.OrganizationScreening, func() error { return o.Advance(domain.ScreenOrganization) }},
		{domain.OrganizationDueDiligence, func() error { return o.Advance(domain.DiligenceOrg) }},
		{domain.OrganizationLegalEthicsReview, func() error { return o.Advance(domain.ReviewOrganization) }},
		{domain.OrganizationApproved, func() error {
			return o.Approve(decides, nil, w.allClear(asks, decides), domain.DateOf(w.clock.Now()))
		}},
		{domain.OrganizationSuspended, func() error { return o.End(domain.SuspendOrganization, "a new allegation") }},
	}
	for _, step := range steps {
		must(w, step.take())
		if step.to == stage {
			must(w, w.system().Organizations.Create(w.Context(), domain.CreateOrganization, o))
			w.keepVetting(o)
			return o
		}
	}
	w.Fatalf("no seed for %s", stage)
	return nil
}

func (w *world) vettingRules() *domain.VettingRules {
	w.Helper()
	v, err := w.system().VettingRules.Current(w.Context())
	must(w, err)
	return v
}

// allClear is a vetting with every check clear for as long as a test lasts.
func (w *world) allClear(asks, decides domain.Actor) domain.Vetting {
	w.Helper()
	current := w.vettingRules()
	v := domain.Vetting{Current: *current}
	for _, k := range domain.CheckKinds() {
		c := domain.RequestCheckOf("", k, asks)
		must(w, c.Conclude(decides, domain.CheckFinding{Result: domain.CheckClear, Source: "List", CheckedOn: "2025-01-01", ExpiresOn: "2030-01-01"}, current, w.clock.Now()))
		v.Checks = append(v.Checks, *c)
	}
	return v
}

// keepVetting stores the checks under which an organization was approved.
func (w *world) keepVetting(o *domain.Organization) {
	w.Helper()
	if o.Vetting == nil {
		return
	}
	all := make([]*domain.Check, len(o.Vetting.Checks))
	for i := range all {
		o.Vetting.Checks[i].Organization = o.ID
		all[i] = &o.Vetting.Checks[i]
	}
	must(w, w.store.As(w.as(domain.Staff).actor).Checks.CreateAll(w.Context(), domain.RequestCheck, all))
}

// requiredOfBusiness are the checks that the shipped requirements ask of one.
func requiredOfBusiness() []domain.CheckKind {
	return domain.VettingRules{Rules: domain.DefaultVettingRules().Rules}.Required(domain.OrganizationBusiness, "")
}

// clearChecks records every check that a business needs as clear for a year.
func (w *world) clearChecks(org domain.OrganizationID) {
	w.Helper()
	for _, k := range requiredOfBusiness() {
		c := w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/checks", map[string]any{"kind": k}).want(201)
		w.as(domain.Liaison).move("/v1/checks/"+c.str("id"), "record", w.finding("clear")).want(200)
	}
}

func (w *world) finding(result string) map[string]any {
	today := domain.DateOf(w.clock.Now())
	return map[string]any{"result": result, "source": "Consolidated Screening List", "checked_on": today, "expires_on": today.AddDays(365)}
}

// approvedOrganization seeds a partner in good standing.
func (w *world) approvedOrganization() *domain.Organization {
	w.Helper()
	return w.organization(w.name("Partner"), domain.OrganizationApproved)
}

// organizationFor is an organization at a stage: the caller's own, if it has one.
func (w *world) organizationFor(by *client, stage domain.OrganizationStage) string {
	w.Helper()
	o := w.organization("Of "+string(by.actor.Role), stage)
	if by.actor.Organization != "" {
		by.join(o.ID)
	}
	return "/v1/organizations/" + string(o.ID)
}

// join moves a partner's account to another organization.
func (c *client) join(org domain.OrganizationID) {
	c.w.Helper()
	_, err := c.w.system().Accounts.Update(c.w.Context(), domain.EditAccount, c.actor.Account, nil, func(_ *repository.Session, a *domain.Account) error {
		a.Organization = org
		return a.Rename(a.Name)
	})
	must(c.w, err)
	c.actor.Organization = org
	c.stand()
}

func init() {
	at := func(stage domain.OrganizationStage, suffix string, body any) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: w.organizationFor(by, stage) + suffix, body: body}
		}
	}
	walk["listOrganizations"] = func(*world, *client) call { return call{path: "/v1/organizations"} }
	walk["createOrganization"] = func(w *world, _ *client) call {
		return call{path: "/v1/organizations", body: map[string]any{"legal_name": "New one", "type": "ngo"}}
	}
	walk["getOrganization"] = at(domain.OrganizationDrafted, "", nil)
	walk["editOrganization"] = at(domain.OrganizationDrafted, "", `{"website":"https://example.org"}`)
	walk["submitOrganization"] = at(domain.OrganizationDrafted, "/submit", nil)
	walk["screenOrganization"] = at(domain.OrganizationIntake, "/screen", nil)
	walk["beginDueDiligence"] = at(domain.OrganizationScreening, "/begin_due_diligence", nil)
	walk["beginLegalEthicsReview"] = at(domain.OrganizationDueDiligence, "/begin_legal_ethics_review", nil)
	checked := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			path := w.organizationFor(by, domain.OrganizationLegalEthicsReview)
			w.clearChecks(domain.OrganizationID(path[strings.LastIndex(path, "/")+1:]))
			return call{path: path + suffix}
		}
	}
	walk["approveOrganization"] = checked("/approve")
	walk["approveOrganizationWithConditions"] = checked("/approve_with_conditions")
	walk["declineOrganization"] = at(domain.OrganizationIntake, "/decline", nil)
	walk["suspendOrganization"] = at(domain.OrganizationApproved, "/suspend", nil)
	walk["restoreOrganization"] = at(domain.OrganizationSuspended, "/restore", nil)
	walk["debarOrganization"] = at(domain.OrganizationApproved, "/debar", nil)
	walk["listContacts"] = at(domain.OrganizationDrafted, "/contacts", nil)
	walk["createContact"] = at(domain.OrganizationDrafted, "/contacts", nil)
	contact := func(w *world, by *client) call {
		path := w.organizationFor(by, domain.OrganizationDrafted)
		c := w.as(domain.Staff).post(path+"/contacts", map[string]string{"name": "Desk"}).want(201)
		return call{path: "/v1/contacts/" + c.str("id")}
	}
	walk["getContact"], walk["editContact"], walk["removeContact"] = contact, contact, contact
	walk["listChecks"] = at(domain.OrganizationDrafted, "/checks", nil)
	walk["requestCheck"] = at(domain.OrganizationDrafted, "/checks", nil)
	check := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			path := w.organizationFor(by, domain.OrganizationDrafted)
			c := w.as(domain.Staff).post(path+"/checks", map[string]string{"kind": "sanctions"}).want(201)
			return call{path: "/v1/checks/" + c.str("id") + suffix}
		}
	}
	walk["getCheck"] = check("")
	walk["recordCheck"] = func(w *world, by *client) call {
		k := check("/record")(w, by)
		k.body = w.finding("clear")
		return k
	}
}

func TestOrganizationIsVettedByTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Vetted Ltd", domain.OrganizationLegalEthicsReview)
		path := "/v1/organizations/" + string(o.ID)
		asked, other := w.as(domain.Staff), w.as(domain.Liaison)
		asked.move(path, "approve", nil).want(403) // asked for it
		r := other.move(path, "approve", nil).want(422)
		for _, k := range requiredOfBusiness() {
			r.fault("/checks/"+string(k), "missing")
		}
		c := "/v1/checks/" + asked.post(path+"/checks", map[string]string{"kind": "sanctions"}).want(201).str("id")
		asked.move(c, "record", w.finding("clear")).want(403) // requested it
		other.move(c, "record", map[string]any{"result": "clear", "source": "x", "checked_on": "2030-01-01", "expires_on": "2029-01-01"}).
			want(422).fault("/checked_on", "invalid").fault("/expires_on", "invalid")
		other.move(c, "record", w.finding("hit")).want(200)
		other.move(c, "record", w.finding("clear")).want(409) // a finding stands
		other.move(path, "approve", nil).want(422).fault("/checks/sanctions", "hit")
		w.forward(time.Minute)
		w.clearChecks(o.ID)
		other.move(path, "approve", nil).want(200)
		other.move(path, "approve", nil).want(409)
	})
}

func TestALapsedCheckDoesNotClear(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Slow Ltd", domain.OrganizationLegalEthicsReview)
		w.clearChecks(o.ID)
		for range 37 {
			w.forward(10 * 24 * 3600e9)
		}
		decider := w.another(domain.Staff, "", "")
		decider.move("/v1/organizations/"+string(o.ID), "approve", nil).want(422).fault("/checks/debarment", "lapsed")
	})
}

func TestOrganizationsWithinReach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.organization("Alpha Ltd", domain.OrganizationDrafted), w.organization("Beta Ltd", domain.OrganizationDrafted)
		for _, tt := range []struct {
			name string
			by   *client
			want []string
		}{
			{"staff see all", w.as(domain.Staff), []string{"Alpha Ltd", "Beta Ltd"}},
			{"a partner sees its own", w.member(domain.Partner, a.ID), []string{"Alpha Ltd"}},
			{"and nothing of another's", w.member(domain.PartnerAdmin, b.ID), []string{"Beta Ltd"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var got []string
				path := "/v1/organizations?limit=1&sort=legal_name&count=exact"
				for path != "" {
					r := tt.by.get(path).want(200)
					got = append(got, r.column("legal_name")...)
					if total := r.at("total"); total != float64(len(tt.want)) {
						t.Errorf("total %v", total)
					}
					path = strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Link"), "<"), `>; rel="next"`)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			})
		}
		w.as(domain.Auditor).get("/v1/organizations").want(403)
	})
}

func TestOrganizationFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for _, body := range []string{
			`{"legal_name":"Café Montréal","type":"business","country":"CA"}`,
			`{"legal_name":"Hope Shelters","type":"ngo","country":"US","survivor_led":true,"attested_by":"the organization","other_names":["Shelter of Hope"]}`,
		} {
			staff.post("/v1/organizations", body).want(201)
		}
		for query, want := range map[string]string{
			"type=ngo":                   "Hope Shelters",
			"country=CA":                 "Café Montréal",
			"survivor_led=true":          "Hope Shelters",
			"survivor_led=false":         "Café Montréal",
			"stage=draft&type=business":  "Café Montréal",
			"stage=approved":             "",
			"q=cafe":                     "Café Montréal",
			"q=CAF%C3%89+montreal":       "Café Montréal",
			"q=sheltering":               "Hope Shelters",
			"q=%22+OR+1%3D1":             "",
			"q=hope+montreal":            "",
			"fields=legal_name&type=ngo": "Hope Shelters",
		} {
			r := staff.get("/v1/organizations?" + query).want(200)
			if got := strings.Join(r.column("legal_name"), ","); got != want {
				t.Errorf("?%s: %q, want %q", query, got, want)
			}
			if strings.Contains(query, "fields") && len(r.items()[0]) != 1 {
				t.Errorf("fields did not narrow: %s", r.Body)
			}
		}
		for query, parameter := range map[string]string{
			"type=pirates": "type", "country=usa": "country", "survivor_led=perhaps": "survivor_led", "limit=0": "limit", "limit=x": "limit",
			"limit=101": "limit", "sort=password": "sort", "sort=legal_name,legal_name": "sort", "cursor=abc": "cursor", "stauts=draft": "stauts",
			"count=all": "count",
		} {
			staff.get("/v1/organizations?"+query).want(400).fault(parameter, map[bool]string{true: "unknown_parameter", false: "invalid"}[parameter == "stauts"])
		}
		staff.get("/v1/organizations?type=ngo&type=ngo").want(400).fault("type", "repeated")
	})
}

func TestAnOrganizationIsEditedByMergePatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + staff.post("/v1/organizations", `{"legal_name":"Old","type":"ngo","website":"https://old.example","country":"US"}`).want(201).str("id")
		got := staff.patch(path, `{"legal_name":" New  name ","website":null}`).want(200)
		if got.str("legal_name") != "New name" || got.str("website") != "" || got.str("country") != "US" {
			t.Errorf("patched to %s", got.Body)
		}
		staff.patch(path, `{"legal_name":null}`).want(422).fault("/legal_name", "required")
		staff.patch(path, `{"country":"ZZ"}`).want(422).fault("/country", "unknown_value")
		staff.patch(path, `{"website":"javascript:alert(1)"}`).want(422).fault("/website", "invalid")
		staff.patch(path, `[1]`).want(400)
		staff.patch(path, `{"stage":"approved"}`).want(422).fault("/stage", "unknown_field")
		first := staff.get(path).tag()
		staff.patch(path, `{"sector":"4885"}`).want(200)
		staff.do(http.MethodPatch, path, `{"sector":"48"}`, "If-Match", first).want(412)
		if s := staff.get(path).str("sector"); s != "4885" {
			t.Errorf("a stale patch wrote %s", s)
		}
	})
}

func TestAnIdentifierBelongsToOneOrganization(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		body := `{"legal_name":"%s","type":"ngo","identifiers":[{"scheme":"LEI","value":"5493001KJTIIGC8Y1R12"}]}`
		first := staff.post("/v1/organizations", fmt.Sprintf(body, "One")).want(201)
		staff.post("/v1/organizations", fmt.Sprintf(body, "Two")).want(409).fault("/identifiers", "taken")
		staff.patch("/v1/organizations/"+first.str("id"), `{"identifiers":[]}`).want(200)
		staff.post("/v1/organizations", fmt.Sprintf(body, "Two")).want(201)
	})
}

func TestAPartnerSeesItsFileWithoutTheOfficesReasons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Suspended Ltd", domain.OrganizationSuspended)
		path := "/v1/organizations/" + string(o.ID)
		if r := w.as(domain.Staff).get(path).want(200); r.str("stage_reason") != "a new allegation" || r.str("updated_at") == "" {
			t.Errorf("staff see %s", r.Body)
		}
		r := w.member(domain.PartnerAdmin, o.ID).get(path).want(200)
		if strings.Contains(string(r.Body), "allegation") || r.str("created_at") != "" {
			t.Errorf("a partner sees %s", r.Body)
		}
		if got := fmt.Sprint(r.at("_actions")); got != "[]" {
			t.Errorf("_actions %s", got)
		}
	})
}

func TestOneOfTwentyApproves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Raced Ltd", domain.OrganizationLegalEthicsReview)
		w.clearChecks(o.ID)
		path := "/v1/organizations/" + string(o.ID)
		tag := w.as(domain.Liaison).get(path).tag()
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				r := w.as(domain.Liaison).post(path+"/approve", nil, "If-Match", tag)
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

func TestTwoHundredCreatesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				staff.post("/v1/organizations", map[string]string{"legal_name": fmt.Sprintf("At once %d", i), "type": "ngo"}).want(201)
			})
		}
		wg.Wait()
		if total := staff.get("/v1/organizations?count=exact&q=once").at("total"); total != float64(200) {
			t.Errorf("%v are there", total)
		}
	})
}

func TestAVettingStepOutOfTurn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		draft := "/v1/organizations/" + string(w.organization("Draft", domain.OrganizationDrafted).ID)
		intake := "/v1/organizations/" + string(w.organization("Intake", domain.OrganizationIntake).ID)
		why := map[string]string{"reason": "a match"}
		for _, tt := range []struct {
			path, verb string
			body       any
		}{
			{intake, "submit", nil}, {draft, "screen", nil}, {draft, "begin_due_diligence", nil}, {draft, "begin_legal_ethics_review", nil},
			{draft, "approve", nil}, {draft, "approve_with_conditions", map[string]any{"conditions": []any{map[string]string{"text": "none", "due_on": "2099-01-01"}}}},
			{draft, "decline", why}, {draft, "suspend", why}, {draft, "debar", why}, {draft, "restore", nil},
		} {
			t.Run(tt.verb, func(t *testing.T) { w.as(domain.Staff).move(tt.path, tt.verb, tt.body).want(409) })
		}
		w.as(domain.Staff).move(intake, "decline", why).want(200)
		w.as(domain.Staff).patch(intake, `{"sector":"48"}`).want(409) // the file is closed
	})
}

func TestAnOrganizationOfNoTypeIsNotVetted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Named in a register"})
		must(t, err)
		must(t, w.system().Organizations.Create(w.Context(), domain.CreateOrganization, o))
		path := "/v1/organizations/" + string(o.ID)
		w.as(domain.Staff).move(path, "submit", nil).want(422).fault("/type", "required")
		w.as(domain.Staff).patch(path, `{"type":"ngo"}`).want(200)
		w.as(domain.Staff).move(path, "submit", nil).want(200)
	})
}

func TestALaterHitStopsAnApproval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Cleared once", domain.OrganizationLegalEthicsReview)
		w.clearChecks(o.ID)
		path := "/v1/organizations/" + string(o.ID)
		for _, kind := range []string{"sanctions", "own_forced_labor_allegation"} {
			w.forward(time.Minute)
			c := w.as(domain.Staff).post(path+"/checks", map[string]string{"kind": kind}).want(201)
			w.as(domain.Liaison).move("/v1/checks/"+c.str("id"), "record", w.finding("hit")).want(200)
		}
		w.as(domain.Liaison).move(path, "approve", nil).want(422).
			fault("/checks/sanctions", "hit").fault("/checks/own_forced_labor_allegation", "hit")
	})
}

func TestAPartnerDoesNotRewriteWhatWasVetted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		path := "/v1/organizations/" + string(o.ID)
		admin := w.member(domain.PartnerAdmin, o.ID)
		admin.patch(path, `{"survivor_led":true,"attested_by":"us"}`).want(403)
		admin.patch(path, `{"identifiers":[{"scheme":"LEI","value":"5493001KJTIIGC8Y1R12"}]}`).want(403)
		admin.patch(path, `{"website":"https://partner.example"}`).want(200)
	})
}

func TestAReasonStandsOnTheRecordAndNotInTheTrail(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization("Suspended", domain.OrganizationSuspended)
		trail := w.as(domain.Auditor).get("/v1/audit?record_id=" + string(o.ID)).want(200)
		if strings.Contains(string(trail.Body), "allegation") || len(trail.items()) == 0 {
			t.Errorf("the trail holds %s", trail.Body)
		}
	})
}
