package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// orgOf is the caller's own organization, or another one in good standing.
func (w *world) orgOf(by *client) domain.OrganizationID {
	w.Helper()
	if by.actor.Organization != "" {
		return by.actor.Organization
	}
	return w.approvedOrganization().ID
}

func partnershipDraft(members ...domain.OrganizationID) domain.PartnershipDraft {
	d := domain.PartnershipDraft{
		Title: "Supply chain data exchange", Kind: domain.PartnershipLongTerm, Purpose: "Find forced labor in supply chains.",
		StartsOn: "2025-06-01", EndsOn: "2026-12-31", ReapprovalDueOn: "2026-12-01", MonitoringPlan: "A joint review each quarter.",
		Memorandum: domain.MemorandumNotRequired, MemorandumReason: "No resources are shared.",
		Marking: domain.Marking{
			Objectives: domain.List[string]{"4.1"}, Pillars: domain.List[domain.Pillar]{domain.PillarPrevention},
			Topics: domain.List[domain.Topic]{domain.TopicSupplyChains}, Countries: domain.List[string]{"MY"},
		},
	}
	for _, m := range members {
		d.Members = append(d.Members, domain.Member{Organization: m, Role: "shares audit data"})
	}
	return d
}

// seedPartnership brings a partnership to a stage, as the office's own people
// would have: one asks for the approval, another gives it.
func (w *world) seedPartnership(d domain.PartnershipDraft, stage domain.PartnershipStage) *domain.Partnership {
	w.Helper()
	asks, decides := w.as(domain.Staff).actor, w.as(domain.Liaison).actor
	p, err := domain.NewPartnership(d)
	must(w, err)
	const then = domain.Date("2025-06-01")
	last := func() error {
		must(w, p.RequestReapproval(asks, w.rules(p), w.clock.Now()))
		w.clearAll(p, w.clock.Now())
		return p.Renew(decides, "2028-12-31", w.dossier(p), "2026-03-02")
	}
	switch stage {
	case domain.PartnershipExpired:
		last = func() error { return p.Expire("2027-01-01") }
	case domain.PartnershipTerminated, domain.PartnershipClosedOut, domain.PartnershipEvaluated:
		last = func() error { return p.Terminate("The data stayed closed.", "2026-03-01") }
	}
	for _, step := range []func() error{
		func() error { return p.Advance(domain.DiligencePartnership) },
		func() error { return p.Advance(domain.DraftPartnershipMemo) },
		func() error {
			w.fillIn(p, asks, then)
			must(w, p.Attest(asks, "Nothing is acquired.", then.Time()))
			must(w, p.RequestClearances(asks, w.rules(p), then.Time()))
			w.clearAll(p, then.Time())
			return nil
		},
		func() error { return p.Approve(decides, w.dossier(p), then) },
		func() error { return p.Sign(then, "", w.dossier(p), then) },
		func() error { return p.Activate(w.dossier(p), then) },
		func() error { return p.FallDue(p.ReapprovalDueOn) },
		last,
		func() error { return p.CloseOut("2026-03-02") },
		func() error { return p.Evaluate("It came to little.", "2026-03-02") },
	} {
		if p.Stage.Is(stage) {
			break
		}
		must(w, step())
	}
	if !p.Stage.Is(stage) {
		w.Fatalf("no seed for %s", stage)
	}
	must(w, w.system().Partnerships.Create(w.Context(), domain.CreatePartnership, p))
	return p
}

// partnershipFor is a partnership at a stage, with the caller's organization as
// a member if it has one.
func (w *world) partnershipFor(by *client, stage domain.PartnershipStage) string {
	w.Helper()
	return "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(w.orgOf(by)), stage).ID)
}

// ranOut is a partnership at a stage whose approval ends today, which nobody has
// marked yet.
func (w *world) ranOut(stage domain.PartnershipStage, members ...domain.OrganizationID) string {
	w.Helper()
	d := partnershipDraft(members...)
	d.ReapprovalDueOn = domain.DateOf(w.clock.Now())
	return "/v1/partnerships/" + string(w.seedPartnership(d, stage).ID)
}

func init() {
	at := func(stage domain.PartnershipStage, suffix string, body any) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.partnershipFor(by, stage) + suffix, body: body} }
	}
	walk["listPartnerships"] = func(*world, *client) call { return call{path: "/v1/partnerships"} }
	walk["createPartnership"] = func(*world, *client) call { return call{path: "/v1/partnerships"} }
	walk["getPartnership"] = at(domain.PartnershipMemoDrafted, "", nil)
	walk["editPartnership"] = at(domain.PartnershipMemoDrafted, "", nil)
	walk["beginPartnershipDueDiligence"] = at(domain.PartnershipConcept, "/begin_due_diligence", nil)
	walk["draftPartnershipMemo"] = at(domain.PartnershipDueDiligence, "/draft_memo", nil)
	walk["requestPartnershipClearances"] = at(domain.PartnershipMemoDrafted, "/request_clearances", nil)
	walk["sendBackPartnership"] = at(domain.PartnershipClearances, "/send_back", nil)
	walk["attestPartnership"] = at(domain.PartnershipClearances, "/attest", nil)
	walk["approvePartnership"] = at(domain.PartnershipClearances, "/approve", nil)
	walk["signPartnership"] = at(domain.PartnershipApproved, "/sign", map[string]string{"signed_on": "2026-03-02"})
	walk["activatePartnership"] = at(domain.PartnershipSigned, "/activate", nil)
	walk["fallDuePartnership"] = func(w *world, by *client) call {
		return call{path: w.ranOut(domain.PartnershipActive, w.orgOf(by)) + "/fall_due"}
	}
	walk["renewPartnership"] = func(w *world, by *client) call {
		return call{path: w.reapproval(by) + "/renew"}
	}
	walk["expirePartnership"] = func(w *world, by *client) call {
		d := partnershipDraft(w.orgOf(by))
		d.EndsOn, d.ReapprovalDueOn = "2026-02-28", ""
		return call{path: "/v1/partnerships/" + string(w.seedPartnership(d, domain.PartnershipReapprovalDue).ID) + "/expire"}
	}
	walk["terminatePartnership"] = at(domain.PartnershipActive, "/terminate", nil)
	walk["closeOutPartnership"] = at(domain.PartnershipTerminated, "/close_out", nil)
	walk["evaluatePartnership"] = at(domain.PartnershipClosedOut, "/evaluate", nil)
	walk["consentToPublishPartnership"] = at(domain.PartnershipActive, "/consent", nil)
	walk["withdrawPartnershipConsent"] = at(domain.PartnershipActive, "/withdraw_consent", nil)
	walk["publishPartnership"] = at(domain.PartnershipActive, "/publish", nil)
	walk["unpublishPartnership"] = at(domain.PartnershipActive, "/unpublish", nil)
}

// outOfOrder lists, by operation, a call that the record's state forbids.
var outOfOrder = map[string]func(w *world, by *client) call{}

func init() {
	for op, tt := range map[string]struct {
		stage domain.PartnershipStage
		verb  string
		body  any
	}{
		"editPartnership":              {domain.PartnershipApproved, "", nil},
		"beginPartnershipDueDiligence": {domain.PartnershipActive, "/begin_due_diligence", nil},
		"draftPartnershipMemo":         {domain.PartnershipConcept, "/draft_memo", nil},
		"requestPartnershipClearances": {domain.PartnershipConcept, "/request_clearances", nil},
		"sendBackPartnership":          {domain.PartnershipApproved, "/send_back", nil},
		"attestPartnership":            {domain.PartnershipTerminated, "/attest", nil},
		"approvePartnership":           {domain.PartnershipMemoDrafted, "/approve", nil},
		"signPartnership":              {domain.PartnershipActive, "/sign", map[string]string{"signed_on": "2026-03-02"}},
		"activatePartnership":          {domain.PartnershipApproved, "/activate", nil},
		"fallDuePartnership":           {domain.PartnershipRenewed, "/fall_due", nil}, // not before its day
		"renewPartnership":             {domain.PartnershipActive, "/renew", nil},
		"expirePartnership":            {domain.PartnershipReapprovalDue, "/expire", nil}, // its end has not passed
		"terminatePartnership":         {domain.PartnershipExpired, "/terminate", nil},
		"closeOutPartnership":          {domain.PartnershipActive, "/close_out", nil},
		"evaluatePartnership":          {domain.PartnershipTerminated, "/evaluate", nil},
	} {
		outOfOrder[op] = func(w *world, by *client) call {
			return call{path: w.partnershipFor(by, tt.stage) + tt.verb, body: tt.body}
		}
	}
}

func TestWhatTheStateForbidsIsAConflict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.another(domain.Staff, "", "")
		for _, op := range openapi.Operations {
			if fixture, ok := outOfOrder[op.ID]; ok {
				k := fixture(w, staff)
				before := staff.get(toRecord.FindString(k.path))
				if got := k.try(staff, op); got.Status != 409 {
					t.Errorf("%s: %d, want 409: %s", op.ID, got.Status, got.Body)
				}
				if after := staff.get(toRecord.FindString(k.path)); string(before.Body) != string(after.Body) {
					t.Errorf("%s was refused and changed the record:\n%s\n%s", op.ID, before.Body, after.Body)
				}
			}
		}
	})
}

func TestApprovalOfAPartnershipNamesEachGap(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		good, suspended := w.approvedOrganization(), w.organization("Suspended Ltd", domain.OrganizationSuspended)
		path := "/v1/partnerships/" + asks.post("/v1/partnerships", map[string]any{
			"title": "Nothing but a title", "kind": "long_term", "objectives": []string{"4.1"},
			"members": []map[string]any{{"organization_id": good.ID, "role": "hosts"}, {"organization_id": suspended.ID, "role": "pays"}},
		}).want(201).str("id")
		for _, verb := range []string{"begin_due_diligence", "draft_memo", "request_clearances"} {
			asks.move(path, verb, nil).want(200)
		}
		r := decides.move(path, "approve", nil).want(422)
		for _, gap := range []string{"/purpose", "/starts_on", "/ends_on", "/members/1", "/not_procurement", "/memorandum", "/monitoring_plan", "/elements/risks"} {
			r.fault(gap, "missing")
		}
		r.fault("/clearances/legal", "waiting")
		if strings.Contains(string(r.Body), `"/members/0"`) {
			t.Errorf("a member in good standing is a gap: %s", r.Body)
		}

		decides.patch(path, `{"purpose":"x"}`).want(409) // up for clearance
		decides.move(path, "send_back", map[string]string{"reason": "Everything is missing."}).want(200)
		asks.patch(path, map[string]any{
			"purpose": "Train recruiters.", "starts_on": "2026-03-02", "ends_on": "2027-03-01", "monitoring_plan": "Each quarter.",
			"memorandum": "not_required", "members": []map[string]any{{"organization_id": good.ID, "role": "hosts"}},
		}).want(200)
		asks.move(path, "attest", map[string]string{"statement": "The office acquires nothing."}).want(200)
		asks.writeMemorandum(path)
		asks.move(path, "request_clearances", nil).want(200)
		w.clearEach(path)
		decides.move(path, "approve", nil).want(422).fault("/memorandum_reason", "missing")
		decides.move(path, "send_back", map[string]string{"reason": "Say why."}).want(200)
		asks.patch(path, `{"memorandum_reason":"Nobody shares resources."}`).want(200)
		asks.move(path, "request_clearances", nil).want(200)
		decides.move(path, "approve", nil).want(422).fault("/clearances/legal", "waiting") // they cleared another text
		w.clearEach(path)
		if got := fmt.Sprint(asks.get(path).at("_actions")); strings.Contains(got, "approve") {
			t.Errorf("who asked is offered %s", got)
		}
		asks.move(path, "approve", nil).want(403) // asked for it
		got := decides.move(path, "approve", nil).want(200)
		if got.str("approved_on") != "2026-03-02" || got.str("reapproval_due_on") != "2027-03-01" || got.str("approved_by") != string(decides.actor.Account) {
			t.Errorf("approved as %s", got.Body)
		}
	})
}

func TestAMemberSeesAPartnershipFromTheMemorandumOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		member, stranger := w.member(domain.Partner, o.ID), w.caller(domain.Partner)
		p := w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipDueDiligence)
		path := "/v1/partnerships/" + string(p.ID)
		member.get(path).want(404)
		if got := member.get("/v1/partnerships?count=exact").want(200); got.at("total") != 0.0 {
			t.Errorf("a concept is counted: %s", got.Body)
		}
		w.as(domain.Staff).move(path, "draft_memo", nil).want(200)
		got := member.get(path).want(200)
		if got.str("title") == "" || fmt.Sprint(got.at("_actions")) != "[consent]" || !strings.Contains(string(got.Body), o.LegalName) {
			t.Errorf("a member sees %s", got.Body)
		}
		for _, hidden := range []string{"created_at", "not_procurement", "requested_by", "released_at", "stage_reason"} {
			if got.at(hidden) != nil {
				t.Errorf("a member sees %s", hidden)
			}
		}
		stranger.get(path).want(404)
		w.as(domain.Auditor).get(path).want(404)
		w.as(domain.Admin).get("/v1/partnerships").want(403)
	})
}

func TestAMembersConsentIsItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b := w.approvedOrganization(), w.approvedOrganization()
		first, second := w.member(domain.Partner, a.ID), w.member(domain.PartnerAdmin, b.ID)
		path := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(a.ID, b.ID), domain.PartnershipActive).ID)
		first.move(path, "consent", nil).want(200)
		if got := second.get(path).want(200); strings.Contains(string(got.Body), "consented") {
			t.Errorf("another member's consent is seen: %s", got.Body)
		}
		if got := w.as(domain.Staff).get(path).want(200); !strings.Contains(string(got.Body), string(first.actor.Account)) {
			t.Errorf("staff don't see who agreed: %s", got.Body)
		}
		w.as(domain.Staff).move(path, "consent", nil).want(403)
		second.move(path, "publish", nil).want(403)
	})
}

func TestPartnershipsAreFoundAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, o := w.as(domain.Staff), w.approvedOrganization()
		for i, d := range []domain.PartnershipDraft{partnershipDraft(o.ID), partnershipDraft(), partnershipDraft()} {
			d.Title = []string{"Alpha data", "Beta training", "Gamma event"}[i]
			if i == 2 {
				d.Kind, d.Marking.Countries, d.Marking.Topics, d.EndsOn = domain.PartnershipCohosted, domain.List[string]{"TH"}, nil, "2026-06-30"
				d.ReapprovalDueOn = "2026-06-01"
			}
			w.seedPartnership(d, domain.PartnershipConcept)
		}
		for query, want := range map[string]string{
			"sort=title":                          "Alpha data,Beta training,Gamma event",
			"sort=-title":                         "Gamma event,Beta training,Alpha data",
			"sort=ends_on,-title":                 "Gamma event,Beta training,Alpha data",
			"kind=short_term_cohosted":            "Gamma event",
			"country=TH":                          "Gamma event",
			"country=MY&sort=title":               "Alpha data,Beta training",
			"topic=supply_chains&sort=-title":     "Beta training,Alpha data",
			"pillar=prevention&country=TH":        "Gamma event",
			"objective=4.3":                       "",
			"organization_id=" + string(o.ID):     "Alpha data",
			"stage=active":                        "",
			"q=trained":                           "Beta training",
			"stage=concept&sort=title&q=data+alp": "",
		} {
			if got := strings.Join(staff.get("/v1/partnerships?"+query).want(200).column("title"), ","); got != want {
				t.Errorf("?%s: %q, want %q", query, got, want)
			}
		}
	})
}

func TestAPartnershipNamesOrganizationsThatThereAre(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		body := map[string]any{
			"title": "With a ghost", "kind": "long_term", "objectives": []string{"4.1"},
			"members": []map[string]any{{"organization_id": w.system().NewID(), "role": "haunts"}},
		}
		staff.post("/v1/partnerships", body).want(422).fault("/members/0/organization_id", "unknown_value")
		path := w.partnershipFor(staff, domain.PartnershipConcept)
		staff.patch(path, map[string]any{"members": body["members"]}).want(422).fault("/members/0/organization_id", "unknown_value")
		first := staff.get(path)
		// The tag of a changed record is that of the record as it is read.
		if got := staff.patch(path, `{"title":"Renamed"}`).want(200); got.tag() != staff.get(path).tag() || got.tag() == first.tag() {
			t.Errorf("tags %s, %s", got.tag(), staff.get(path).tag())
		}
		if got := staff.post("/v1/partnerships", map[string]any{"title": "T", "kind": "long_term", "objectives": []string{"4.1"}}).want(201); got.tag() != staff.get("/v1/partnerships/"+got.str("id")).tag() {
			t.Error("a new record's tag is not that of the record as it is read")
		}
	})
}

func TestReapprovalFallsDueByItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		due := w.ranOut(domain.PartnershipActive, w.approvedOrganization().ID)
		d := partnershipDraft(w.approvedOrganization().ID)
		d.ReapprovalDueOn = "2026-03-03"
		later := "/v1/partnerships/" + string(w.seedPartnership(d, domain.PartnershipApproved).ID)
		staff.move(later, "sign", map[string]string{"signed_on": "2026-03-02"}).want(200)
		staff.move(later, "activate", nil).want(200)
		run := func(want ...string) {
			t.Helper()
			must(w, w.server.Jobs()["partnerships.fall_due"](context.WithoutCancel(w.Context()), w.system(), nil))
			staff := w.another(domain.Staff, "", "") // a session is shorter than a day
			got := []string{staff.get(due).str("stage"), staff.get(later).str("stage")}
			if !slices.Equal(got, want) {
				t.Errorf("stages %v, want %v", got, want)
			}
		}
		run("reapproval_due", "active")
		w.forward(24 * 3600e9)
		run("reapproval_due", "reapproval_due")
		run("reapproval_due", "reapproval_due") // again changes nothing
	})
}
