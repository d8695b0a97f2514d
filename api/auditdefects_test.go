package api_test

import (
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// The defects that inspectors found in real partnership files (State OIG
// AUD-CGI-25-14). Each is tried as an officer would commit it.

// complete is a partnership that lacks nothing but its approval, and who may
// give that.
func (w *world) complete() (path string, asks, decides *client) {
	w.Helper()
	asks, decides = w.as(domain.Staff), w.as(domain.Liaison)
	path = "/v1/partnerships/" + asks.post("/v1/partnerships", map[string]any{
		"title": "Recruiter training", "kind": "long_term", "objectives": []string{"4.1"}, "purpose": "Train recruiters.",
		"starts_on": "2026-03-02", "ends_on": "2027-03-01", "monitoring_plan": "Each quarter, by the program office.",
		"memorandum": "not_required", "memorandum_reason": "Nobody shares resources.",
		"members": []map[string]any{{"organization_id": w.approvedOrganization().ID, "role": "hosts"}},
	}).want(201).str("id")
	for _, verb := range []string{"begin_due_diligence", "draft_memo"} {
		asks.move(path, verb, nil).want(200)
	}
	asks.writeMemorandum(path)
	asks.move(path, "attest", map[string]string{"statement": "The office acquires nothing."}).want(200)
	asks.move(path, "request_clearances", nil).want(200)
	w.clearEach(path)
	return path, asks, decides
}

// redraft sends what is complete back, lets spoil change it, and asks again.
func (w *world) redraft(spoil func(path string, asks *client)) (path string, asks, decides *client) {
	w.Helper()
	path, asks, decides = w.complete()
	decides.move(path, "send_back", map[string]string{"reason": "Look at it again."}).want(200)
	spoil(path, asks)
	asks.move(path, "request_clearances", nil).want(200)
	w.clearEach(path)
	return path, asks, decides
}

// refusedFor fails unless the approval is refused for one gap alone, in these
// words, and the checklist shows the same.
func (c *client) refusedFor(path, pointer, code, words string) {
	c.w.Helper()
	r := c.move(path, "approve", nil).want(422).fault(pointer, code)
	if n := len(r.at("errors").([]any)); n != 1 || !strings.Contains(string(r.Body), words) {
		c.w.Errorf("%d gaps, want one that says %q: %s", n, words, r.Body)
	}
	ready := c.get(path + "/readiness?for=approval").want(200)
	if ready.at("ready") != false || ready.at("gaps") != 1.0 || !strings.Contains(string(ready.Body), words) {
		c.w.Errorf("the checklist doesn't show it: %s", ready.Body)
	}
}

func TestAuditDefectMissingElement(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.redraft(func(path string, asks *client) {
			// The old list had no such element; the newest has.
			rules := asks.get("/v1/partnership_requirements/" + shippedLongTerm).want(200)
			elements := append(rules.at("elements").([]any), map[string]any{"key": "safeguarding", "title": "Safeguarding", "guidance": "Say who answers for it.", "always": true})
			proposed := "/v1/partnership_requirements/" + asks.post("/v1/partnership_requirements", map[string]any{
				"kind": "long_term", "note": "An inspector asked for it.", "elements": elements, "clearances": rules.at("clearances"),
			}).want(201).str("id")
			w.as(domain.Admin).move(proposed, "adopt", nil).want(200)
		})
		decides.refusedFor(path, "/elements/safeguarding", "missing", "the memorandum says nothing to this element: Say who answers for it.")
		decides.move(path, "send_back", map[string]string{"reason": "Say who answers for safeguarding."}).want(200)
		asks.write(path, "safeguarding", map[string]string{"state": "not_applicable", "reason": "No people meet."}).want(422).fault("/state", "invalid")
		asks.write(path, "safeguarding", map[string]string{"state": "provided"}).want(422).fault("/text", "required")
		asks.write(path, "safeguarding", map[string]string{"state": "provided", "reference": "Memorandum 12, page 3"}).want(200)
		asks.write(path, "assistance", map[string]string{"state": "not_applicable"}).want(422).fault("/reason", "required")
		asks.write(path, "no_such_element", map[string]string{"state": "provided", "text": "x"}).want(404)
		asks.move(path, "request_clearances", nil).want(200)
		w.clearEach(path)
		decides.move(path, "approve", nil).want(200)
	})
}

func TestAuditDefectMissingClearance(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		path, _, _ := w.complete()
		lawyer := w.clerk("Legal Adviser")
		asks.post(path+"/clearances/legal/reopen", map[string]string{"reason": "The end date moved."}, "If-Match", asks.seen(path)).want(200)
		decides.refusedFor(path, "/clearances/legal", "waiting", "Legal Adviser has not decided")
		w.clerk("Ethics").decide(path, "legal", "cleared", "").want(403)
		lawyer.decide(path, "legal", "refused", "").want(422).fault("/comment", "required")
		lawyer.decide(path, "legal", "refused", "The authority is not named.").want(200)
		lawyer.decide(path, "legal", "cleared", "").want(409)
		decides.refusedFor(path, "/clearances/legal", "refused", "settle why, and ask the office again")
		// Who asks an office again is not who clears for it, of whatever office.
		lawyer.post(path+"/clearances/legal/reopen", map[string]string{"reason": "It is named now."}, "If-Match", lawyer.seen(path)).want(200)
		lawyer.decide(path, "legal", "cleared", "").want(403)
		lawyer.decide(path, "no_such_office", "cleared", "").want(404)
		w.signIn(domain.Staff, "", "", "legal adviser").decide(path, "legal", "cleared_with_comment", "Name it on page one, too.").want(200)
		if got := asks.get(path + "/clearances").want(200).column("decision"); len(got) != 8 {
			t.Errorf("%d requests are on record, want the six first and two more: %v", len(got), got)
		}
		decides.move(path, "approve", nil).want(200)
	})
}

func TestAuditDefectSkippedReapproval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		d := partnershipDraft(w.approvedOrganization().ID)
		due := domain.DateOf(w.clock.Now()).AddDays(61)
		d.ReapprovalDueOn = due
		path := "/v1/partnerships/" + string(w.seedPartnership(d, domain.PartnershipActive).ID)
		told := func(days, times int) {
			t.Helper()
			w.later(time.Duration(days) * 24 * time.Hour)
			w.jobDone("partnerships.fall_due")
			w.jobDone("partnerships.fall_due")
			for _, c := range []*client{asks, decides} {
				if n := c.toldOf(path, due); n != times {
					t.Errorf("%d days on, told %d times, want %d", days, n, times)
				}
			}
		}
		told(0, 0)
		for i, days := range []int{1, 30, 23, 7} { // 60, 30 and 7 days before, and on the day
			told(days-1, i)
			asks.get(path).is("stage", "active")
			told(1, i+1)
		}
		asks.get(path).is("stage", "reapproval_due")
		if got := asks.get("/v1/tasks?source_id=" + idOf(path)).want(200).column("owner_id"); len(got) != 1 || got[0] != string(asks.actor.Account) {
			t.Errorf("tasks of %v", got)
		}
		renewal := map[string]string{"ends_on": "2028-12-31"}
		// The clearances of the approval are not those of the reapproval.
		decides.move(path, "renew", renewal).want(422).fault("/clearances/legal", "missing")
		ready := decides.get(path + "/readiness").want(200)
		if ready.str("for") != "renewal" || !strings.Contains(string(ready.Body), "Legal Adviser was not asked for its clearance") {
			t.Errorf("the checklist is %s", ready.Body)
		}
		asks.move(path, "request_reapproval", nil).want(200)
		w.clearEach(path)
		asks.move(path, "renew", renewal).want(403) // asked for it
		// A change of the papers drops the request: they cleared others.
		asks.write(path, "risks", map[string]string{"state": "provided", "text": "There are more now."}).want(200)
		decides.move(path, "renew", renewal).want(422).fault("/clearances/legal", "missing")
		asks.patch(path, `{"ends_on":"2030-01-01"}`).want(422).fault("/ends_on", "fixed") // only a renewal moves it
		asks.move(path, "request_reapproval", nil).want(200)
		w.clearEach(path)
		decides.move(path, "renew", renewal).want(200)
	})
}

// toldOf counts how often an account was told of a partnership's reapproval.
func (c *client) toldOf(path string, due domain.Date) (n int) {
	c.w.Helper()
	for _, i := range c.get("/v1/notices").want(200).items() {
		if i["event"] == "partnership.reapproval_due" && i["record_id"] == idOf(path) && i["due_on"] == string(due) {
			n++
		}
	}
	return n
}

// Whoever is left hears of a reapproval whose people left the office, however it
// falls due.
func TestAReapprovalIsHeardOfWhenItsPeopleLeft(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, partner := w.another(domain.Staff, "", ""), w.caller(domain.Partner)
		path := w.ranOut(domain.PartnershipApproved, partner.actor.Organization)
		for _, gone := range []domain.Role{domain.Staff, domain.Liaison} {
			w.as(domain.Admin).move("/v1/accounts/"+string(w.as(gone).actor.Account), "suspend", map[string]string{"reason": "Left the office."}).want(200)
		}
		other.move(path, "fall_due", nil).want(200)
		if n := other.toldOf(path, "2026-03-02"); n != 1 {
			t.Errorf("told %d times", n)
		}
		tasks := other.get("/v1/tasks?source_id=" + idOf(path)).want(200)
		if got := tasks.column("owner_id"); len(got) != 1 || got[0] != string(other.actor.Account) || !strings.Contains(string(tasks.Body), "its approval runs out on 2026-03-02") {
			t.Errorf("tasks %s", tasks.Body)
		}
		if n := partner.toldOf(path, "2026-03-02"); n != 0 {
			t.Errorf("a member is told %d times", n)
		}
	})
}

// An approval runs out whether or not anybody signed, and before the clock has
// marked it.
func TestAuditDefectApprovalThatRanOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		org := w.approvedOrganization().ID
		partner := w.member(domain.Partner, org)
		for stage, try := range map[domain.PartnershipStage]func(path string) *result{
			domain.PartnershipApproved: func(path string) *result {
				return asks.move(path, "sign", map[string]string{"signed_on": "2026-03-02"})
			},
			domain.PartnershipSigned:  func(path string) *result { return asks.move(path, "activate", nil) },
			domain.PartnershipActive:  nil,
			domain.PartnershipRenewed: nil,
		} {
			d := partnershipDraft(org)
			day := domain.DateOf(w.clock.Now()).AddDays(1)
			d.ReapprovalDueOn = day
			path := "/v1/partnerships/" + string(w.seedPartnership(d, stage).ID)
			if stage == domain.PartnershipRenewed {
				w.exec("UPDATE partnerships SET reapproval_due_on = '" + string(day) + "' WHERE id = '" + idOf(path) + "'")
			}
			k := "/v1/contributions/" + partner.post("/v1/contributions", cash(path, "100", "reference", string(stage))).want(201).str("id")
			w.later(24 * time.Hour)
			if try != nil {
				asks.get(path+"/readiness").want(200).is("for", "signing")
				if r := try(path).want(422).fault("/reapproval_due_on", "lapsed"); !strings.Contains(string(r.Body), "the approval ran out on "+string(day)) {
					t.Errorf("%s is refused in the words %s", stage, r.Body)
				}
			}
			takes := func() {
				t.Helper()
				partner.post("/v1/contributions", cash(path, "1")).want(409)
				partner.move(k, "pledge", usd("1", "2026-03-02")).want(409)
				// What was pledged in time is still delivered, and no more.
				partner.move(k, "deliver", usd("101", "2026-03-02")).want(422).fault("/amount", "too_large")
			}
			takes()
			partner.move(k, "deliver", usd("40", "2026-03-02", "reference", string(stage))).want(200)
			w.jobDone("partnerships.fall_due")
			asks.get(path).want(200).is("stage", "reapproval_due")
			takes()
			asks.move(path, "request_reapproval", nil).want(200)
			w.clearEach(path)
			decides.move(path, "renew", map[string]string{"ends_on": "2029-01-31"}).want(200)
			want := stage
			if stage == domain.PartnershipActive {
				want = domain.PartnershipRenewed
			}
			asks.get(path).is("stage", string(want))
			partner.move(k, "pledge", usd("1", "2026-03-02", "reference", "more "+string(stage))).want(200)
			if try != nil {
				try(path).want(200)
			}
		}
	})
}

func TestAuditDefectNoDates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.redraft(func(path string, asks *client) { asks.patch(path, `{"starts_on":null}`).want(200) })
		decides.refusedFor(path, "/starts_on", "missing", "a start date is needed")
		decides.move(path, "send_back", map[string]string{"reason": "Give the start."}).want(200)
		asks.patch(path, `{"starts_on":"2026-03-02","ends_on":null}`).want(200)
		asks.move(path, "request_clearances", nil).want(200)
		w.clearEach(path)
		decides.refusedFor(path, "/ends_on", "missing", "an end date is needed")
	})
}

func TestAuditDefectNoMemorandumAndNoReason(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.redraft(func(path string, asks *client) { asks.patch(path, `{"memorandum_reason":null}`).want(200) })
		decides.refusedFor(path, "/memorandum_reason", "missing", "say why no memorandum of understanding is required")
		decides.move(path, "send_back", map[string]string{"reason": "Decide it."}).want(200)
		asks.patch(path, `{"memorandum":"required"}`).want(200)
		asks.move(path, "request_clearances", nil).want(200)
		w.clearEach(path)
		decides.move(path, "approve", nil).want(200)
		asks.move(path, "sign", map[string]string{"signed_on": "2026-03-02"}).want(422).fault("/memorandum_reference", "missing")
	})
}

func TestAuditDefectNoMonitoringPlan(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, _, decides := w.redraft(func(path string, asks *client) { asks.patch(path, `{"monitoring_plan":" "}`).want(200) })
		decides.refusedFor(path, "/monitoring_plan", "missing", "a monitoring plan is needed")
	})
}

func TestAuditDefectProcurementInDisguise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.complete()
		// Since the attestation a member was found to sell to the government.
		member := asks.get(path).at("members").([]any)[0].(map[string]any)
		w.forward(3600e9)
		c := domain.RequestCheckOf(domain.OrganizationID(member["organization_id"].(string)), domain.CheckActiveProcurement, asks.actor)
		must(t, c.Conclude(decides.actor, domain.CheckFinding{Result: domain.CheckConcern, Source: "contract register", CheckedOn: "2026-03-02", ExpiresOn: "2027-03-02"}, w.vettingRules(), w.clock.Now()))
		must(t, w.store.As(asks.actor).Checks.Create(t.Context(), domain.RequestCheck, c))
		decides.refusedFor(path, "/not_procurement", "lapsed", "was found to have an active procurement on 2026-03-02; the attestation is older and takes no account of it: attest again, saying why this is not procurement")
		w.forward(3600e9)
		asks = w.another(domain.Staff, "", "")
		asks.move(path, "attest", map[string]string{"statement": "The contract is for cars; nothing here is bought."}).want(200)
		w.another(domain.Staff, "", "").move(path, "approve", nil).want(200)
	})
}

func TestAuditDefectLapsedDueDiligence(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.complete()
		member := asks.get(path).at("members").([]any)[0].(map[string]any)
		org := domain.OrganizationID(member["organization_id"].(string))
		approved, signed := w.seedPartnership(partnershipDraft(org), domain.PartnershipApproved), w.seedPartnership(partnershipDraft(org), domain.PartnershipSigned)
		w.lapsesTonight(org, "sanctions")
		asks.get(path+"/readiness").want(200).is("ready", true)
		w.later(24 * time.Hour) // and nothing else happens
		const words = "the organization is not in good standing: the sanctions check lapsed on 2026-03-03"
		decides.refusedFor(path, "/members/0", "lapsed", words)
		// What was approved before is neither signed with it nor begun.
		for p, step := range map[*domain.Partnership]string{approved: "sign", signed: "activate"} {
			path := "/v1/partnerships/" + string(p.ID)
			var body any
			if step == "sign" {
				body = map[string]string{"signed_on": "2026-03-02"}
			}
			if r := asks.move(path, step, body).want(422).fault("/members/0", "lapsed"); !strings.Contains(string(r.Body), words) {
				t.Errorf("%s is refused in the words %s", step, r.Body)
			}
		}
	})
}

func TestRequirementsAreAdoptedByASecondPersonAndKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, admin := w.as(domain.Staff), w.as(domain.Admin)
		approved, _, decides := w.complete()
		decides.move(approved, "approve", nil).want(200)
		open, asks, _ := w.complete()
		path := w.proposal()
		staff.move(path, "adopt", nil).want(403)
		if got := admin.move(path, "adopt", nil).want(200); got.at("number") != 2.0 {
			t.Errorf("adopted as %s", got.Body)
		}
		if got := staff.get("/v1/partnership_requirements?kind=long_term&stage=adopted").want(200).column("number"); strings.Join(got, ",") != "2,1" {
			t.Errorf("versions %v", got)
		}
		// What is approved stays under its own; what is open is asked under its own,
		// and shows how the newest differs.
		if got := staff.get(approved).want(200).str("approved_under_id"); got != shippedLongTerm {
			t.Errorf("approved under %s", got)
		}
		ready := staff.get(open + "/readiness").want(200)
		if ready.at("requirements_number") != 1.0 || ready.at("newest_number") != 2.0 || ready.at("ready") != true ||
			!strings.Contains(string(ready.Body), `{"change":"dropped","pointer":"/elements/authority","title":"Legal authority"}`) {
			t.Errorf("the open one shows %s", ready.Body)
		}
		// It moves by being sent back and asked again.
		decides.move(open, "send_back", map[string]string{"reason": "The list is shorter now."}).want(200)
		asks.move(open, "request_clearances", nil).want(200)
		w.clearEach(open)
		decides.move(open, "approve", nil).want(200)
		if got := staff.get(open).want(200).str("approved_under_id"); !strings.HasSuffix(path, got) {
			t.Errorf("approved under %s, want %s", got, path)
		}
	})
}

func TestABudgetOfficeClearsFromItsValueOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for value, want := range map[string]bool{
			`null`: true, `{"amount":"99999.99","currency":"USD"}`: false, `{"amount":"100000","currency":"USD"}`: true, `{"amount":"1","currency":"EUR"}`: true,
		} {
			path, asks, _ := w.redraft(func(path string, asks *client) { asks.patch(path, `{"estimated_value":`+value+`}`).want(200) })
			got := strings.Contains(string(asks.get(path+"/readiness").want(200).Body), `"/clearances/budget"`)
			if got != want {
				t.Errorf("of a value of %s the budget office clears: %t", value, got)
			}
		}
	})
}

func TestALegacyPartnershipIsMendedItemByItem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		path := w.legacy(asks)
		progress := func(open, overdue, resolved float64) {
			t.Helper()
			r := w.another(domain.Staff, "", "").get(path + "/remediation").want(200)
			if r.at("open") != open || r.at("overdue") != overdue || r.at("resolved") != resolved {
				t.Errorf("progress is %v open, %v overdue, %v resolved", r.at("open"), r.at("overdue"), r.at("resolved"))
			}
		}
		all := float64(len(asks.get(path + "/remediation").want(200).items()))
		progress(all, 0, 0)
		mend := func(item string) map[string]string {
			return map[string]string{"item": item, "outcome": "mended", "how": "Found in the files."}
		}
		asks.move(path, "resolve_remedy", mend("/starts_on")).want(409) // it is not
		asks.move(path, "resolve_remedy", mend("/nowhere")).want(422).fault("/item", "unknown_value")
		assign := map[string]any{"item": "/elements/risks", "owner_id": asks.actor.Account, "due_on": "2026-03-01"}
		asks.move(path, "assign_remedy", assign).want(200)
		progress(all, 1, 0)
		assign["owner_id"] = w.as(domain.Auditor).actor.Account
		asks.move(path, "assign_remedy", assign).want(422).fault("/owner_id", "unknown_value")
		accept := map[string]string{"item": "/elements/risks", "outcome": "accepted", "how": "The memorandum is lost."}
		asks.move(path, "resolve_remedy", accept).want(403) // its owner
		decides.move(path, "resolve_remedy", accept).want(200)
		progress(all-1, 0, 1)

		// Accepting a gap approves nothing: the reapproval still needs it.
		asks.patch(path, map[string]any{
			"starts_on": "2013-05-01", "ends_on": "2026-12-31", "monitoring_plan": "Each quarter.", "memorandum": "not_required", "memorandum_reason": "Nothing is shared.",
		}).want(200)
		asks.move(path, "resolve_remedy", mend("/starts_on")).want(200)
		asks.move(path, "resolve_remedy", mend("/starts_on")).want(409)
		asks.move(path, "attest", map[string]string{"statement": "Nothing is acquired."}).want(200)
		for _, key := range asks.get(path + "/elements").want(200).column("key") {
			if key != "risks" {
				asks.write(path, key, map[string]string{"state": "provided", "text": "Said."}).want(200)
			}
		}
		asks.move(path, "request_reapproval", nil).want(200)
		w.clearEach(path)
		decides.move(path, "renew", map[string]string{"ends_on": "2029-01-31"}).want(422).fault("/elements/risks", "missing")
		asks.write(path, "risks", map[string]string{"state": "provided", "text": "Few."}).want(200)
		asks.move(path, "request_reapproval", nil).want(200)
		w.clearEach(path)
		got := decides.move(path, "renew", map[string]string{"ends_on": "2029-01-31"}).want(200)
		if got.str("stage") != "renewed" || got.str("approved_on") != "2026-03-02" {
			t.Errorf("renewed as %s", got.Body)
		}
		draft := `"partnership":{"title":"T","kind":"long_term","objectives":["4.1"]}}`
		asks.post("/v1/legacy_partnerships", `{"source":" ","stage":"expired",`+draft).want(422).fault("/source", "required")
		asks.post("/v1/legacy_partnerships", `{"source":"S","stage":"expired","ended_on":"2027-01-01",`+draft).want(422).fault("/ended_on", "invalid")
		asks.post("/v1/legacy_partnerships", `{"source":"S","stage":"reapproval_due","approved_on":"2020-01-01",`+draft).want(422).fault("/approved_on", "invalid")
	})
}

func TestARenewalAsksForConsentAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asks, decides := w.as(domain.Staff), w.as(domain.Liaison)
		o := w.approvedOrganization()
		member := w.member(domain.Partner, o.ID)
		path := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipReapprovalDue).ID)
		public := strings.Replace(path, "/v1/", "/v1/register/", 1)
		member.move(path, "consent", nil).want(200)
		asks.move(path, "publish", nil).want(200)
		w.anyone().get(public).want(200)
		asks.move(path, "request_reapproval", nil).want(200)
		w.clearEach(path)
		w.anyone().get(public).want(200)
		decides.move(path, "renew", map[string]string{"ends_on": "2029-01-31"}).want(200)
		w.anyone().get(public).want(404) // it has an end that nobody agreed to show
		member.move(path, "consent", nil).want(200)
		w.anyone().get(public).want(200)
	})
}

func TestAnApprovalStandsForTheLongestTermAtMost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, _, decides := w.redraft(func(path string, asks *client) { asks.patch(path, `{"ends_on":"2099-01-01"}`).want(200) })
		r := decides.move(path, "approve", nil).want(422).fault("/ends_on", "missing")
		if !strings.Contains(string(r.Body), "2029-03-02 at the latest") {
			t.Errorf("nobody says until when: %s", r.Body)
		}
		path, _, decides = w.redraft(func(path string, asks *client) {
			asks.patch(path, `{"ends_on":"2099-01-01","reapproval_due_on":"2029-03-02"}`).want(200)
		})
		decides.move(path, "approve", nil).want(200)
		due := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(w.approvedOrganization().ID), domain.PartnershipReapprovalDue).ID)
		w.as(domain.Staff).move(due, "request_reapproval", nil).want(200)
		w.clearEach(due)
		if r := decides.move(due, "renew", map[string]string{"ends_on": "2029-03-03"}).want(422).fault("/ends_on", "too_late"); !strings.Contains(string(r.Body), "2029-03-02 at the latest") {
			t.Errorf("nobody says until when: %s", r.Body)
		}
		decides.move(due, "renew", map[string]string{"ends_on": "2029-03-02"}).want(200)
		shipped := w.as(domain.Staff).get("/v1/partnership_requirements?kind=long_term").want(200).items()
		if shipped[0]["term_months"] != float64(36) {
			t.Errorf("shipped %v", shipped[0])
		}
	})
}
