package api_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/repository"
)

// found records a new check of an organization, done yesterday and good until a
// day: asked for by one, done by another.
func (w *world) found(org domain.OrganizationID, kind, result string, until domain.Date) {
	w.Helper()
	body := w.finding(result)
	body["checked_on"], body["expires_on"] = domain.DateOf(w.clock.Now()).AddDays(-1), until
	c := w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/checks", map[string]string{"kind": kind}).want(201)
	w.as(domain.Liaison).move("/v1/checks/"+c.str("id"), "record", body).want(200)
}

// lapse lets a check of an organization lapse today.
func (w *world) lapse(org domain.OrganizationID, kind string) {
	w.Helper()
	w.found(org, kind, "clear", domain.DateOf(w.clock.Now()))
}

// lapsesTonight lets a check of an organization be good today, and no longer.
func (w *world) lapsesTonight(org domain.OrganizationID, kind string) {
	w.Helper()
	w.found(org, kind, "clear", domain.DateOf(w.clock.Now()).AddDays(1))
}

// waiver is the path of a waiver at a stage, asked for by somebody else than who
// tries it.
func (w *world) waiver(org domain.OrganizationID, stage domain.WaiverStage) string {
	w.Helper()
	path := "/v1/waivers/" + w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/waivers",
		map[string]any{"kind": "sanctions", "reason": "The list is down.", "expires_on": domain.DateOf(w.clock.Now()).AddMonths(12)}).want(201).str("id")
	if stage == domain.WaiverGranted {
		w.as(domain.Liaison).move(path, "grant", nil).want(200)
	}
	return path
}

// conditioned is an organization that was approved with a condition.
func (w *world) conditioned(by *client) string {
	w.Helper()
	path := w.organizationFor(by, domain.OrganizationLegalEthicsReview)
	w.clearChecks(idIn(path))
	decider := w.as(domain.Liaison)
	decider.move(path, "approve_with_conditions", map[string]any{"conditions": []any{map[string]any{"text": "Publish the list.", "due_on": "2026-06-30"}}}).want(200)
	return path
}

func idIn(path string) domain.OrganizationID {
	return domain.OrganizationID(path[strings.LastIndex(path, "/")+1:])
}

func init() {
	walk["fulfillCondition"] = func(w *world, by *client) call { return call{path: w.conditioned(by) + "/fulfill_condition"} }
	walk["extendCondition"] = func(w *world, by *client) call { return call{path: w.conditioned(by) + "/extend_condition"} }
	walk["getStanding"] = func(w *world, by *client) call {
		return call{path: w.organizationFor(by, domain.OrganizationApproved) + "/standing"}
	}
	ofOrganization := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: w.organizationFor(by, domain.OrganizationApproved) + suffix}
		}
	}
	walk["listWaivers"], walk["requestWaiver"] = ofOrganization("/waivers"), ofOrganization("/waivers")
	waiver := func(stage domain.WaiverStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: w.waiver(idIn(w.organizationFor(by, domain.OrganizationApproved)), stage) + suffix}
		}
	}
	walk["getWaiver"] = waiver(domain.WaiverRequested, "")
	walk["grantWaiver"] = waiver(domain.WaiverRequested, "/grant")
	walk["declineWaiver"] = waiver(domain.WaiverRequested, "/decline")
	walk["revokeWaiver"] = waiver(domain.WaiverGranted, "/revoke")
	walk["listVettingRequirements"] = func(*world, *client) call { return call{path: "/v1/vetting-requirements"} }
	walk["writeVettingRequirements"] = func(*world, *client) call {
		// What is written holds for approvals to come, so it must not ask for what the other cases don't do.
		return call{path: "/v1/vetting-requirements", body: map[string]any{"rules": []any{map[string]any{"checks": []string{"sanctions"}}}, "reminders": []int{60}}}
	}
	walk["getVettingRequirements"] = func(w *world, _ *client) call {
		v, err := w.system().VettingRules.Current(w.Context())
		must(w, err)
		return call{path: "/v1/vetting-requirements/" + string(v.ID)}
	}
}

// newWith are the ways in which something new can be begun with an organization,
// each refused while its vetting is not current; those that a partner takes say
// no more than that.
func (w *world) newWith(org domain.OrganizationID) map[string]func() *result {
	staff, reviewer, partner := w.as(domain.Staff), w.as(domain.Liaison), w.member(domain.Partner, org)
	planned := w.engagement("", domain.EngagementPlanned)
	added := w.engagement("", domain.EngagementPlanned, domain.ParticipantDraft{Organization: org})
	invited := w.participantOf(w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}), org)
	announced := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org})
	postponed := w.engagement("", domain.EngagementPostponed, domain.ParticipantDraft{Organization: org})
	drafted := "/v1/commitments/" + string(w.seedCommitment(org, promise(), domain.CommitmentDrafted).ID)
	handedIn := "/v1/commitments/" + string(w.seedCommitment(org, promise(), domain.CommitmentSubmitted).ID)
	running := w.seedCommitment(org, promise(), domain.CommitmentActive)
	amendment := "/v1/amendments/" + staff.post("/v1/commitments/"+string(running.ID)+"/amendments", map[string]any{"title": "More", "reason": "We can."}).want(201).str("id")
	partnership := func(stage domain.PartnershipStage) string {
		return "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(org), stage).ID)
	}
	cleared, approved, due := partnership(domain.PartnershipClearances), partnership(domain.PartnershipApproved), partnership(domain.PartnershipReapprovalDue)
	unbegun, funded := partnership(domain.PartnershipSigned), partnership(domain.PartnershipActive)
	own := "/v1/contributions/" + partner.post("/v1/contributions", cash(funded, "100")).want(201).str("id")
	gift := cash(funded, "100", "description", "Travel")
	gift["by_office"] = true
	offices := "/v1/contributions/" + staff.post("/v1/contributions", gift).want(201).str("id")
	w.forward(time.Minute)
	staff.move(funded, "attest", map[string]string{"statement": "The travel is the partners' own."}).want(200)
	some := usd("1", "2026-03-02")
	submission := w.begun(partner, w.consultationFor(partner, domain.ConsultationOpen))
	return map[string]func() *result{
		"staff: adding a participant": func() *result {
			return staff.post(engagementPath(planned)+"/participants", map[string]any{"organization_id": org})
		},
		"staff: inviting":   func() *result { return staff.move(engagementPath(added), "invite", nil) },
		"staff: confirming": func() *result { return staff.move(engagementPath(announced), "confirm", nil) },
		"staff: rescheduling": func() *result {
			return staff.move(engagementPath(postponed), "reschedule", map[string]any{"starts_at": "2026-09-01T09:00:00Z", "ends_at": "2026-09-01T10:00:00Z", "time_zone": "UTC"})
		},
		"partner: accepting an invitation":  func() *result { return partner.move(invited, "accept", nil) },
		"partner: submitting a commitment":  func() *result { return partner.move(drafted, "submit", nil) },
		"staff: accepting a commitment":     func() *result { return reviewer.move(handedIn, "accept", nil) },
		"staff: approving an amendment":     func() *result { return reviewer.move(amendment, "approve", nil) },
		"staff: approving a partnership":    func() *result { return reviewer.move(cleared, "approve", nil) },
		"staff: signing a partnership":      func() *result { return staff.move(approved, "sign", map[string]string{"signed_on": "2026-03-02"}) },
		"staff: beginning a partnership":    func() *result { return staff.move(unbegun, "activate", nil) },
		"staff: renewing a partnership":     func() *result { return reviewer.move(due, "renew", map[string]string{"ends_on": "2029-12-31"}) },
		"partner: answering a consultation": func() *result { return partner.move(submission, "submit", nil) },
		"staff: pledging its money": func() *result {
			return staff.post("/v1/contributions", cash(funded, "7", "organization_id", string(org)))
		},
		"staff: pledging more of its money":    func() *result { return staff.move(own, "pledge", some) },
		"staff: delivering its money":          func() *result { return staff.move(own, "deliver", some) },
		"partner: pledging money":              func() *result { return partner.post("/v1/contributions", cash(funded, "8")) },
		"partner: pledging more money":         func() *result { return partner.move(own, "pledge", some) },
		"partner: delivering money":            func() *result { return partner.move(own, "deliver", some) },
		"staff: pledging the office's money":   func() *result { return staff.post("/v1/contributions", gift) },
		"staff: pledging more by the office":   func() *result { return staff.move(offices, "pledge", some) },
		"staff: delivering the office's money": func() *result { return staff.move(offices, "deliver", some) },
	}
}

func TestALapsedCheckBlocksEverythingNewAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		w.lapsesTonight(org, "debarment")
		ways := w.newWith(org)
		w.later(24 * time.Hour)
		for name, begin := range ways {
			r := begin()
			if r.Status != 409 && r.Status != 422 {
				t.Errorf("%s: %d: %s", name, r.Status, r.Body)
				continue
			}
			told := strings.Contains(string(r.Body), "the debarment check lapsed on 2026-03-03")
			if staff := strings.HasPrefix(name, "staff"); told != staff {
				t.Errorf("%s hears %s", name, r.Body)
			}
			if !told && !strings.Contains(string(r.Body), "ask the office") {
				t.Errorf("%s hears %s", name, r.Body)
			}
		}
		// History stays readable, and what was agreed goes on.
		w.member(domain.Partner, org).get("/v1/commitments").want(200)
		if got := len(w.member(domain.Partner, org).get("/v1/commitments").items()); got != 3 {
			t.Errorf("%d commitments are seen", got)
		}
		w.forward(time.Minute)
		w.found(org, "debarment", "clear", "2027-01-01")
		for _, name := range []string{
			"staff: adding a participant", "staff: confirming", "partner: submitting a commitment", "staff: signing a partnership", "staff: beginning a partnership",
			"partner: delivering money", "staff: delivering the office's money",
		} {
			if r := ways[name](); r.Status > 299 {
				t.Errorf("%s, once the check is renewed: %d: %s", name, r.Status, r.Body)
			}
		}
	})
}

func TestStandingSaysWhyToTheOfficeAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		path := "/v1/organizations/" + string(org) + "/standing"
		if r := w.as(domain.Staff).get(path).want(200); r.at("good") != true || r.at("gaps") != nil {
			t.Errorf("before: %s", r.Body)
		}
		w.found(org, "reputation", "hit", "2027-01-01")
		w.lapse(org, "sanctions")
		r := w.as(domain.Staff).get(path).want(200)
		if got := fmt.Sprint(r.at("gaps")); r.at("good") != false || !strings.Contains(got, "/checks/sanctions") || !strings.Contains(got, "/checks/reputation") {
			t.Errorf("staff: %s", r.Body)
		}
		r = w.member(domain.PartnerAdmin, org).get(path).want(200)
		if r.at("good") != false || r.at("gaps") != nil || strings.Contains(string(r.Body), "sanctions") {
			t.Errorf("a partner: %s", r.Body)
		}
		w.as(domain.Admin).get(path).want(404)
	})
}

func TestARequirementOfAPartnershipKindBlocksThatKindAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		w.lapse(org, "reputation")
		path := "/v1/organizations/" + string(org) + "/standing"
		for query, good := range map[string]bool{"": true, "?partnership_kind=short_term_cohosted": true, "?partnership_kind=long_term": false} {
			if r := w.as(domain.Staff).get(path + query).want(200); r.at("good") != good {
				t.Errorf("%s: %s", query, r.Body)
			}
		}
		d := partnershipDraft(org)
		d.Kind = domain.PartnershipLongTerm
		p := "/v1/partnerships/" + string(w.draftedForApproval(d).ID)
		r := w.as(domain.Liaison).move(p, "approve", nil).want(422).fault("/members/0", "lapsed")
		if !strings.Contains(string(r.Body), "reputation check lapsed") {
			t.Errorf("%s", r.Body)
		}
	})
}

// draftedForApproval is a partnership whose approval was asked for, whatever its
// members' standing.
func (w *world) draftedForApproval(d domain.PartnershipDraft) *domain.Partnership {
	w.Helper()
	return w.seedPartnership(d, domain.PartnershipClearances)
}

func TestAWaiverStandsInUntilItLapsesOrIsRevoked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		standing := func() any {
			return w.as(domain.Staff).get("/v1/organizations/" + string(org) + "/standing").want(200).at("good")
		}
		w.lapse(org, "sanctions")
		path := w.waiver(org, domain.WaiverRequested)
		w.as(domain.Staff).move(path, "grant", nil).want(403) // asked for it
		w.as(domain.Staff).move(path, "decline", map[string]string{"reason": "no"}).want(403)
		if standing() != false {
			t.Error("a waiver that nobody granted counts")
		}
		w.as(domain.Liaison).move(path, "grant", nil).want(200)
		w.as(domain.Liaison).move(path, "grant", nil).want(409)
		if standing() != true {
			t.Error("a granted waiver does not count")
		}
		w.as(domain.Staff).move(path, "revoke", map[string]string{"reason": "The list is back."}).want(200)
		w.as(domain.Staff).move(path, "revoke", map[string]string{"reason": "again"}).want(409)
		if standing() != false {
			t.Error("a revoked waiver counts")
		}
		other := w.waiver(org, domain.WaiverRequested)
		w.as(domain.Liaison).move(other, "decline", map[string]string{"reason": "Do the check."}).want(200)
		w.as(domain.Liaison).move(other, "decline", map[string]string{"reason": "again"}).want(409)
		w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/waivers", map[string]any{"kind": "sanctions", "reason": "x", "expires_on": "2026-03-02"}).want(422).fault("/expires_on", "invalid")
		listed := w.as(domain.Staff).get("/v1/organizations/" + string(org) + "/waivers").want(200).column("stage")
		if slices.Sort(listed); !slices.Equal(listed, []string{"declined", "revoked"}) {
			t.Errorf("listed %s", listed)
		}
		w.waiver(org, domain.WaiverGranted)
		w.found(org, "sanctions", "hit", "2027-01-01")
		if standing() != false {
			t.Error("a hit is waived")
		}
	})
}

func TestNothingInVettingStandsForGood(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		path, staff, liaison := "/v1/organizations/"+string(org), w.as(domain.Staff), w.as(domain.Liaison)
		record := func(kind, until string) *result {
			c := staff.post(path+"/checks", map[string]string{"kind": kind}).want(201).str("id")
			return liaison.move("/v1/checks/"+c, "record", map[string]string{"result": "clear", "source": "List", "checked_on": "2026-03-02", "expires_on": until})
		}
		waive := func(until string) *result {
			return staff.post(path+"/waivers", map[string]string{"kind": "sanctions", "reason": "The list is down.", "expires_on": until})
		}
		says := func(r *result, latest string) {
			t.Helper()
			if r.want(422).fault("/expires_on", "too_late"); !strings.Contains(string(r.Body), latest+" at the latest") {
				t.Errorf("nobody says until when: %s", r.Body)
			}
		}
		says(record("sanctions", "2999-12-31"), "2031-03-02")
		record("sanctions", "2031-03-02").want(200)
		says(waive("2099-01-01"), "2027-03-02")
		asked := "/v1/waivers/" + waive("2027-03-02").want(201).str("id")
		less := map[string]any{
			"rules": []any{map[string]any{"checks": []string{"sanctions"}}}, "reminders": []int{60},
			"longest": []any{map[string]any{"check": "sanctions", "months": 6}}, "waiver_months": 3,
		}
		r := w.as(domain.Admin).post("/v1/vetting-requirements", less).want(201)
		if got := fmt.Sprint(r.at("longest"), r.at("waiver_months")); got != "[map[check:sanctions months:6]] 3" {
			t.Errorf("written %s", r.Body)
		}
		if got := fmt.Sprint(staff.get("/v1/vetting-requirements").want(200).column("waiver_months")); got != "[3 12]" {
			t.Errorf("listed %s", got)
		}
		says(record("sanctions", "2026-09-03"), "2026-09-02")
		record("debarment", "2031-03-02").want(200)
		if r := liaison.move(asked, "grant", nil).want(409); !strings.Contains(string(r.Body), "2026-06-02 at the latest") {
			t.Errorf("%s", r.Body)
		}
		liaison.move(asked, "decline", map[string]string{"reason": "Too long."}).want(200)
		less["waiver_months"] = 13
		w.as(domain.Admin).post("/v1/vetting-requirements", less).want(422).fault("/waiver_months", "too_large")
		less["waiver_months"], less["longest"] = 12, []any{map[string]any{"check": "sanctions", "months": 6}, map[string]any{"check": "sanctions", "months": 7}}
		w.as(domain.Admin).post("/v1/vetting-requirements", less).want(422).fault("/longest/1/check", "duplicate")
	})
}

func TestAnApprovalIsHeldToTheRequirementsItWasGivenUnder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.as(domain.Staff).get("/v1/vetting-requirements").want(200).items()
		if len(first) != 1 || first[0]["number"] != float64(1) || fmt.Sprint(first[0]["reminders"]) != "[60 30 7]" {
			t.Fatalf("shipped %v", first)
		}
		shipped, err := w.system().VettingRules.Current(w.Context())
		must(t, err)
		if got, want := fmt.Sprint([]domain.VettingRule(shipped.Rules)), fmt.Sprint(domain.DefaultVettingRules().Rules); got != want {
			t.Errorf("migration 0072 ships %s, want %s", got, want)
		}
		old := w.approvedOrganization().ID
		later := w.organization("Later", domain.OrganizationLegalEthicsReview).ID
		w.clearChecks(later)
		more := map[string]any{"rules": []any{map[string]any{"checks": []string{"sanctions", "foreign_influence"}}}, "reminders": []int{7, 90}}
		w.as(domain.Staff).post("/v1/vetting-requirements", more).want(403)
		r := w.as(domain.Admin).post("/v1/vetting-requirements", more).want(201)
		if r.at("number") != float64(2) || fmt.Sprint(r.at("reminders")) != "[90 7]" {
			t.Errorf("the next version is %s", r.Body)
		}
		w.as(domain.Admin).post("/v1/vetting-requirements", map[string]any{"rules": []any{map[string]any{"types": []string{"ngo"}, "checks": []string{"sanctions"}}}, "reminders": []int{}}).want(422).fault("/rules", "incomplete")
		w.lapse(old, "foreign_influence")
		if r := w.as(domain.Staff).get("/v1/organizations/" + string(old) + "/standing").want(200); r.at("good") != true {
			t.Errorf("a version written since counts: %s", r.Body)
		}
		path := "/v1/organizations/" + string(later)
		w.as(domain.Liaison).move(path, "approve", nil).want(422).fault("/checks/foreign_influence", "missing")
		w.found(later, "foreign_influence", "clear", "2027-01-01")
		if r := w.as(domain.Liaison).move(path, "approve", nil).want(200); r.at("requirements_version") != float64(2) || r.str("approved_on") != "2026-03-02" {
			t.Errorf("approved %s", r.Body)
		}
		if r := w.member(domain.PartnerAdmin, later).get(path).want(200); r.at("requirements_version") != nil || r.str("approved_by") != "" {
			t.Errorf("a partner sees %s", r.Body)
		}
		if got := fmt.Sprint(w.as(domain.Admin).get("/v1/vetting-requirements?limit=1").want(200).column("number")); got != "[2]" {
			t.Errorf("the newest is %s", got)
		}
	})
}

func TestConditionsAreFulfilledOrBlock(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := w.conditioned(staff)
		good := func() any { return staff.get(path + "/standing").want(200).at("good") }
		if good() != true {
			t.Error("a condition to come blocks")
		}
		for range 13 {
			w.forward(10 * 24 * time.Hour)
		}
		staff = w.another(domain.Staff, "", "")
		r := staff.get(path + "/standing").want(200)
		if got := fmt.Sprint(r.at("gaps")); r.at("good") != false || !strings.Contains(got, "/conditions/0") || !strings.Contains(got, "overdue") {
			t.Errorf("overdue: %s", r.Body)
		}
		staff.move(path, "extend_condition", map[string]any{"condition": 1, "due_on": "2027-01-01", "reason": "x"}).want(422).fault("/condition", "unknown_value")
		staff.move(path, "extend_condition", map[string]any{"condition": 0, "due_on": "2026-01-01", "reason": "x"}).want(422).fault("/due_on", "invalid")
		staff.move(path, "extend_condition", map[string]any{"condition": 0, "due_on": "2027-01-01", "reason": "The auditor fell ill."}).want(200)
		if good() != true {
			t.Error("an extended condition blocks")
		}
		staff.move(path, "fulfill_condition", map[string]any{"condition": 0, "finding": " "}).want(422).fault("/finding", "required")
		staff.move(path, "fulfill_condition", map[string]any{"condition": 0, "finding": "It is there."}).want(200)
		staff.move(path, "fulfill_condition", map[string]any{"condition": 0, "finding": "It is there."}).want(409)
		staff.move(path, "extend_condition", map[string]any{"condition": 0, "due_on": "2027-02-01", "reason": "x"}).want(409)
		r = w.member(domain.Partner, idIn(path)).get(path).want(200)
		if got := fmt.Sprint(r.at("conditions")); !strings.Contains(got, "Publish the list.") || strings.Contains(got, "It is there") || strings.Contains(got, "auditor") {
			t.Errorf("a partner sees %s", got)
		}
	})
}

func TestWhoBringsAnOrganizationBackDoesNotApproveIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, leave := range []string{"suspend", "expire"} {
			org := w.approvedOrganization().ID
			path := "/v1/organizations/" + string(org)
			if leave == "suspend" {
				w.as(domain.Liaison).move(path, "suspend", map[string]string{"reason": "An allegation."}).want(200)
			} else {
				w.lapse(org, "sanctions")
				w.reviewVetting()
			}
			one := w.another(domain.Staff, "", "")
			for _, verb := range []string{"restore", "begin_due_diligence", "begin_legal_ethics_review"} {
				one.move(path, verb, nil).want(200)
			}
			w.forward(time.Minute)
			w.clearChecks(org)
			one.move(path, "approve", nil).want(403)
			one.move(path, "approve_with_conditions", map[string]any{"conditions": []any{map[string]any{"text": "Publish.", "due_on": "2026-06-30"}}}).want(403)
			w.as(domain.Liaison).move(path, "approve", nil).want(200)
		}
	})
}

func TestAVettedOrganizationKeepsItsType(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		path, staff := "/v1/organizations/"+string(org), w.as(domain.Staff)
		w.lapse(org, "own_forced_labor_allegation")
		conditioned := w.conditioned(staff)
		for _, of := range []string{path, conditioned} {
			staff.patch(of, `{"type":"ngo"}`).want(422).fault("/type", "fixed")
			staff.patch(of, `{"type":null}`).want(422)
			staff.patch(of, `{"website":"https://harbor.example","type":"business"}`).want(200)
		}
		if r := staff.get(path + "/standing").want(200); r.at("good") != false {
			t.Errorf("it stands after all: %s", r.Body)
		}
		staff.move(path, "suspend", map[string]string{"reason": "It is no business."}).want(200)
		r := staff.patch(path, `{"type":"ngo"}`).want(422).fault("/type", "fixed")
		if !strings.Contains(string(r.Body), "restore it to screening first") {
			t.Errorf("nobody says how: %s", r.Body)
		}
		staff.move(path, "restore", nil).want(200)
		staff.patch(path, `{"type":"ngo"}`).want(200)
		// What an import left open is still to be said.
		untyped, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Of no type"})
		must(t, err)
		must(t, w.system().Organizations.Create(w.Context(), domain.CreateOrganization, untyped))
		staff.patch("/v1/organizations/"+string(untyped.ID), `{"type":"ngo"}`).want(200)
	})
}

func (w *world) reviewVetting() {
	w.Helper()
	must(w, w.server.Jobs()["vetting.review"](context.WithoutCancel(w.Context()), w.system(), nil))
}

func TestAnApprovalExpiresByItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lapsed, hit, current := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		w.lapse(lapsed, "sanctions")
		w.found(hit, "sanctions", "hit", "2026-03-03")
		for range 2 {
			w.reviewVetting()
		}
		for org, want := range map[domain.OrganizationID]string{lapsed: "expired", hit: "approved", current: "approved"} {
			if got := w.as(domain.Staff).get("/v1/organizations/" + string(org)).want(200).str("stage"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		trail := w.as(domain.Auditor).get("/v1/audit?record_id=" + string(lapsed)).want(200)
		if n := strings.Count(string(trail.Body), "organization.expired"); n != 1 {
			t.Errorf("expired %d times: %s", n, trail.Body)
		}
		w.as(domain.Staff).move("/v1/organizations/"+string(lapsed), "restore", nil).want(200)
	})
}

func TestWhoLooksAfterACheckIsRemindedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization()
		w.found(org.ID, "sanctions", "clear", "2026-05-10")         // in 69 days
		w.found(org.ID, "foreign_influence", "clear", "2026-03-09") // nobody needs it
		tasks := func() []string {
			return w.another(domain.Staff, "", "").get("/v1/tasks?source_id=" + string(org.ID)).want(200).column("title")
		}
		w.reviewVetting()
		if got := tasks(); len(got) != 0 {
			t.Errorf("reminded at once: %v", got)
		}
		w.forward(10 * 24 * time.Hour)
		for range 6 { // 59, 49, 39, 29, 19 and 9 days before, and 6
			w.reviewVetting()
			w.reviewVetting()
			w.forward(10 * 24 * time.Hour)
		}
		w.forward(-7 * 24 * time.Hour)
		w.reviewVetting()
		want := []string{"Renew the sanctions check of " + org.LegalName + "; it lapses on 2026-05-10"}
		if got := tasks(); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		told := w.as(domain.Staff).actor.Account
		if n := w.count("SELECT count(*) FROM notices WHERE event = 'check.expiring' AND account = '" + string(told) + "'"); n != 3 {
			t.Errorf("told %d times, want at 60, 30 and 7 days", n)
		}
		owner := w.another(domain.Staff, "", "").get("/v1/tasks?source_id=" + string(org.ID)).want(200).column("owner_id")
		if owner[0] != string(w.as(domain.Staff).actor.Account) {
			t.Errorf("%s is reminded", owner)
		}
	})
}

func (w *world) tasksOf(org domain.OrganizationID) []string {
	w.Helper()
	return w.another(domain.Staff, "", "").get("/v1/tasks?source_id=" + string(org)).want(200).column("title")
}

func TestACheckThatAPartnershipNeedsIsRemindedOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for stage, reminded := range map[domain.PartnershipStage]bool{
			domain.PartnershipMemoDrafted: false, domain.PartnershipActive: true, domain.PartnershipReapprovalDue: true, domain.PartnershipTerminated: false,
		} {
			org := w.approvedOrganization()
			w.found(org.ID, "reputation", "clear", "2026-03-05")
			d := partnershipDraft(org.ID)
			d.Kind = domain.PartnershipLongTerm
			w.seedPartnership(d, stage)
			w.reviewVetting()
			want := []string{}
			if reminded {
				want = append(want, "Renew the reputation check of "+org.LegalName+"; it lapses on 2026-03-05")
			}
			if got := w.tasksOf(org.ID); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", stage, got, want)
			}
			if got := w.as(domain.Staff).get("/v1/organizations/" + string(org.ID)).want(200).str("stage"); got != "approved" {
				t.Errorf("%s: the organization is %s", stage, got)
			}
		}
	})
}

func TestWhereNobodyIsLeftEveryOfficerIsReminded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization()
		w.found(org.ID, "sanctions", "clear", "2026-03-05")
		two := []*client{w.another(domain.Staff, "", ""), w.another(domain.Liaison, "", "")}
		for _, r := range []domain.Role{domain.Staff, domain.Liaison} {
			w.as(domain.Admin).move("/v1/accounts/"+string(w.as(r).actor.Account), "suspend", map[string]string{"reason": "left"}).want(200)
		}
		for range 2 {
			w.reviewVetting()
		}
		for _, c := range two {
			if got := c.get("/v1/notices").want(200).column("event"); !slices.Equal(got, []string{"check.expiring"}) {
				t.Errorf("told %v", got)
			}
		}
		if got := w.tasksOf(org.ID); len(got) != 1 {
			t.Errorf("tasks %v", got)
		}
		if n := w.count("SELECT count(*) FROM notices"); n != 2 {
			t.Errorf("%d notices", n)
		}
	})
}

func TestAConditionIsRemindedOfBeforeAndOnItsDay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := idIn(w.conditioned(w.as(domain.Staff))) // due on 2026-06-30, in 120 days
		partner, decided := w.member(domain.Partner, org).actor.Account, w.as(domain.Liaison).actor.Account
		told := func(a domain.AccountID) int64 {
			return w.count("SELECT count(*) FROM notices WHERE event = 'condition.due' AND account = '" + string(a) + "'")
		}
		for _, step := range []struct{ days, told int64 }{{59, 0}, {1, 1}, {30, 2}, {23, 3}, {6, 3}, {1, 4}, {1, 4}} {
			w.forward(time.Duration(step.days) * 24 * time.Hour)
			w.reviewVetting()
			w.reviewVetting()
			if told(decided) != step.told || told(partner) != step.told {
				t.Errorf("on %s the office was told %d times and the organization %d, want %d", domain.DateOf(w.clock.Now()), told(decided), told(partner), step.told)
			}
		}
		name := w.another(domain.Staff, "", "").get("/v1/organizations/" + string(org)).want(200).str("legal_name")
		if got, want := w.tasksOf(org), "Settle a condition of the approval of "+name+", due on 2026-06-30: Publish the list."; !slices.Equal(got, []string{want}) {
			t.Errorf("%v, want %s", got, want)
		}
		// Fulfilled, or given more time, it is another matter.
		w.another(domain.Staff, "", "").move("/v1/organizations/"+string(org), "extend_condition", map[string]any{"condition": 0, "due_on": "2026-07-08", "reason": "x"}).want(200)
		w.reviewVetting()
		if told(partner) != 5 {
			t.Errorf("told %d times, want once more of the new day", told(partner))
		}
		w.another(domain.Staff, "", "").move("/v1/organizations/"+string(org), "fulfill_condition", map[string]any{"condition": 0, "finding": "Seen."}).want(200)
		w.forward(7 * 24 * time.Hour)
		w.reviewVetting()
		if told(partner) != 5 {
			t.Errorf("told %d times, though it is fulfilled", told(partner))
		}
	})
}

func init() {
	viewers := func(w *world, org domain.OrganizationID) map[string]*client {
		return map[string]*client{
			"its partner": w.member(domain.Partner, org), "its admin": w.member(domain.PartnerAdmin, org),
			"another's partner": w.member(domain.Partner, w.approvedOrganization().ID), "anyone": w.anyone(),
		}
	}
	secrets = append(secrets,
		secret{
			name: "a waiver",
			story: func(w *world) map[string]*client {
				return viewers(w, w.organization("A partner", domain.OrganizationApproved).ID)
			},
			happens: func(w *world) { w.waiver(w.aPartner(), domain.WaiverGranted) },
		},
		secret{
			name: "which check lapsed, a hit among them",
			story: func(w *world) map[string]*client {
				o := w.organization("A partner", domain.OrganizationApproved)
				w.lapse(o.ID, "sanctions")
				return viewers(w, o.ID)
			},
			happens: func(w *world) { w.found(w.aPartner(), "reputation", "hit", "2099-01-01") },
		},
	)
}

// aPartner is the organization of that name.
func (w *world) aPartner() domain.OrganizationID {
	w.Helper()
	rows, err := w.system().Organizations.List(w.Context(), repository.OrganizationFilter{}, repository.Page{Limit: 1, Sort: "legal_name"})
	must(w, err)
	return rows.Items[0].ID
}
