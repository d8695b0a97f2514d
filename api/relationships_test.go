package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// related records what an organization is to another, and returns its path.
func (w *world) related(org domain.OrganizationID, kind string, other domain.OrganizationID) string {
	w.Helper()
	return "/v1/relationships/" + w.relate(org, kind, other, "2024-01-01", "").want(201).str("id")
}

func (w *world) relate(org domain.OrganizationID, kind string, other domain.OrganizationID, from, until string) *result {
	w.Helper()
	body := map[string]any{"kind": kind, "other_id": other, "starts_on": from, "evidence": "Its list of members."}
	if until != "" {
		body["ends_on"] = until
	}
	return w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/relationships", body)
}

// mandated lets an association act for a member until the end of the year.
func (w *world) mandated(member, association domain.OrganizationID, powers ...string) (relationship, mandate string) {
	w.Helper()
	relationship = w.related(member, "member_of", association)
	body := map[string]any{"powers": powers, "starts_on": "2026-03-02", "ends_on": "2026-12-31"}
	return relationship, "/v1/mandates/" + w.member(domain.PartnerAdmin, member).post(relationship+"/mandates", body).want(201).str("id")
}

// of acts for another organization.
func of(org domain.OrganizationID) []string { return []string{"Acting-For", string(org)} }

func init() {
	// The caller's own organization, or another's, and one of which it is a member.
	member := func(w *world, by *client) domain.OrganizationID {
		return idIn(w.organizationFor(by, domain.OrganizationApproved))
	}
	walk["listRelationships"] = func(w *world, by *client) call {
		org := member(w, by)
		w.related(org, "member_of", w.approvedOrganization().ID)
		return call{path: "/v1/organizations/" + string(org) + "/relationships"}
	}
	walk["createRelationship"] = func(w *world, by *client) call {
		return call{path: "/v1/organizations/" + string(member(w, by)) + "/relationships", body: map[string]any{
			"kind": "affiliate_of", "other_id": w.approvedOrganization().ID, "starts_on": "2024-01-01", "evidence": "Their site."}}
	}
	at := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: w.related(member(w, by), "member_of", w.approvedOrganization().ID) + suffix}
		}
	}
	walk["getRelationship"], walk["editRelationship"] = at(""), at("")
	walk["listMandates"], walk["grantMandate"] = at("/mandates"), at("/mandates")
	mandate := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			_, path := w.mandated(member(w, by), w.approvedOrganization().ID, "join_engagements")
			return call{path: path + suffix}
		}
	}
	walk["getMandate"], walk["revokeMandate"] = mandate(""), mandate("/revoke")

	secrets = append(secrets, secret{
		name: "what two organizations are to each other",
		story: func(w *world) map[string]*client {
			w.organization("Member", domain.OrganizationApproved)
			w.organization("Association", domain.OrganizationApproved)
			lead := w.member(domain.PartnerAdmin, w.called("Member"))
			third := w.organization("Third", domain.OrganizationApproved).ID
			w.related(third, "member_of", w.called("Association"))
			return map[string]*client{
				"a fellow member": w.member(domain.Partner, third), "its admin": w.member(domain.PartnerAdmin, third),
				"an advisor": w.speaker(w.advisor()), "an admin": w.as(domain.Admin), "anyone": w.anyone(),
				"another association, for the member": w.agent(lead, domain.Powers()...),
			}
		},
		happens: func(w *world) {
			w.mandated(w.called("Member"), w.called("Association"), "report_on_commitments", "join_engagements")
		},
	})
}

// TestAnAssociationReportsForAMemberThatLetsIt tries, for a member, all that an
// association might want, and finds what was granted and nothing else.
func TestAnAssociationReportsForAMemberThatLetsIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, own := w.approvedOrganization().ID, w.approvedOrganization().ID
		admin, desk := w.member(domain.PartnerAdmin, org), w.member(domain.Partner, own)
		milestone := w.milestoneFor(admin, domain.CommitmentActive, false)
		commitment := "/v1/commitments/" + admin.get(milestone).str("commitment_id")
		document := "/v1/documents/" + admin.evidence("commitment", commitment).want(201).str("id")
		admin.move(commitment, "hand_over", map[string]any{"lead_id": admin.actor.Account, "delegate_ids": []string{}}).want(200)
		admin.move(commitment, "consent", nil).want(200)
		w.consultationFor(admin, domain.ConsultationOpen)
		desk.get(commitment, of(org)...).want(403)
		_, mandate := w.mandated(org, own, "report_on_commitments")
		if got := desk.get(mandate).want(200); got.at("granted_by") != nil || len(got.at("_actions").([]any)) != 0 {
			t.Errorf("the association is shown %s", got.Body)
		}

		desk.get(commitment).want(404) // as itself
		if got := desk.get(commitment, of(org)...).want(200); fmt.Sprint(got.at("_actions")) != "[]" || strings.Contains(string(got.Body), string(admin.actor.Account)) {
			t.Errorf("for the member: %s", got.Body)
		}
		if got := desk.get("/v1/commitments", of(org)...).want(200).column("id"); len(got) != 1 {
			t.Errorf("lists %v", got)
		}
		seen := desk.get(milestone, of(org)...).want(200)
		headers := append(of(org), "If-Match", seen.tag(), "Idempotency-Key", "a key of sixteen or more")
		report := map[string]string{"evidence": "Twenty reports."}
		desk.post(milestone+"/report", report, headers...).want(200)
		desk.post(milestone+"/report", report, "If-Match", seen.tag(), "Idempotency-Key", "a key of sixteen or more").want(422) // as itself is another request
		id := idOf(milestone)
		entries := w.as(domain.Auditor).get("/v1/audit?record_id=" + id + "&actor_id=" + string(desk.actor.Account)).want(200).items()
		if len(entries) != 1 || !strings.HasSuffix(fmt.Sprint(entries[0]["note"]), "for "+string(org)) {
			t.Errorf("the trail tells %v", entries)
		}

		for by, who := range map[string][]string{
			fmt.Sprint(desk.get(commitment+"/history", of(org)...).want(200).column("by")): {"the organization", "who acts for the organization"},
			fmt.Sprint(admin.get(commitment + "/history").want(200).column("by")):          {"partner", "who acts for the organization"},
		} {
			for _, name := range who {
				if !strings.Contains(by, name) {
					t.Errorf("the history says %s, and not %s", by, name)
				}
			}
		}
		file := "/v1/organizations/" + string(org)
		for _, k := range []struct {
			method, path string
			body         any
		}{
			{"PATCH", commitment, `{"title":"Less"}`}, {"POST", commitment + "/withdraw", map[string]string{"reason": "x"}},
			{"POST", commitment + "/claim_completion", nil}, {"POST", commitment + "/consent", nil}, {"POST", commitment + "/hand_over", nil},
			{"POST", commitment + "/amendments", map[string]string{"title": "Less", "reason": "x"}}, {"GET", commitment + "/verifications", nil},
			{"POST", commitment + "/milestones", map[string]any{"title": "M", "weight": 1, "due_on": "2026-12-31"}},
			{"POST", "/v1/commitments", map[string]any{"title": "New", "objectives": []string{"4.1"}}},
			{"GET", document, nil}, {"POST", document + "/link", `{}`}, {"GET", "/v1/documents", nil}, {"GET", file, nil}, {"GET", file + "/contacts", nil},
			{"GET", file + "/standing", nil}, {"GET", file + "/relationships", nil}, {"GET", mandate, nil}, {"POST", mandate + "/revoke", nil},
			{"GET", "/v1/me", nil}, {"GET", "/v1/accounts", nil}, {"GET", "/v1/consultations", nil}, {"GET", "/v1/submissions", nil},
			{"GET", "/v1/partnerships", nil}, {"GET", "/v1/advisors", nil}, {"GET", "/v1/notices", nil}, {"GET", "/v1/commitments?q=agencies", nil},
		} {
			if got := desk.do(k.method, k.path, k.body, append(of(org), "If-Match", `"0"`)...); got.Status != 400 {
				t.Errorf("%s: %d: %s", got.request, got.Status, got.Body)
			}
		}
		desk.get("/v1/engagements", of(org)...).want(403) // is another power
	})
}

// TestAnAssociationActsNoLongerThanItMay ends, one by one, what its acting rests on.
func TestAnAssociationActsNoLongerThanItMay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, own, other := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		clerk := w.member(domain.Partner, org)
		relationship, mandate := w.mandated(org, own, "report_on_commitments")
		act := func(org domain.OrganizationID) *result {
			w.Helper()
			return w.another(domain.Partner, own, "").get("/v1/commitments", of(org)...)
		}
		act(org).want(200)
		// Another's id answers as none does, and who is not of the association never acts.
		one, none := act(other).want(403), act(domain.OrganizationID(absentID)).want(403)
		if a, b := withoutRequestID(one), withoutRequestID(none); a != b {
			t.Errorf("another organization and none differ:\n%s\n%s", a, b)
		}
		act("nonsense").want(403)
		for _, by := range []*client{w.member(domain.Partner, other), w.as(domain.Staff), w.anyone(), w.speaker(w.advisor())} {
			if got := by.get("/v1/commitments", of(org)...); got.Status != 403 && got.Status != 401 {
				t.Errorf("%s acts: %d", by.actor.Role, got.Status)
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.url+"/v1/commitments", nil)
		must(t, err)
		r.Header["Acting-For"] = []string{string(org), string(other)}
		r.Header.Set("Authorization", "Bearer "+w.member(domain.Partner, own).bearer())
		w.send(r).want(400)

		for stage, id := range map[string]domain.OrganizationID{"suspended": org, "expired": org, "intake": own, "debarred": own} {
			w.exec("UPDATE organizations SET stage = '" + stage + "' WHERE id = '" + string(id) + "'")
			act(org).want(403)
			w.exec("UPDATE organizations SET stage = 'approved' WHERE id = '" + string(id) + "'")
		}
		act(org).want(200)
		staff := w.as(domain.Staff)
		staff.patch(relationship, `{"ends_on":"2026-03-01"}`).want(200)
		act(org).want(403)
		staff.patch(relationship, `{"ends_on":null}`).want(200)
		act(org).want(200)

		clerk.move(mandate, "revoke", nil).want(200)
		act(org).want(403)
		clerk.move(mandate, "revoke", nil).want(409)
		grant := func(from, until string, powers ...string) *result {
			return w.member(domain.PartnerAdmin, org).post(relationship+"/mandates", map[string]any{"powers": powers, "starts_on": from, "ends_on": until})
		}
		grant("2026-03-01", "2026-03-02", "report_on_commitments").want(422).fault("/starts_on", "invalid")
		grant("2026-03-02", "2028-03-02", "report_on_commitments").want(422).fault("/ends_on", "invalid")
		grant("2026-03-02", "2026-03-04", "join_engagements", "join_engagements").want(422).fault("/powers/1", "duplicate")
		grant("2026-03-03", "2026-03-04", "report_on_commitments").want(201)
		act(org).want(403) // tomorrow
		w.forward(24 * time.Hour)
		act(org).want(200)
		w.forward(24 * time.Hour)
		act(org).want(200)
		w.forward(24 * time.Hour)
		act(org).want(403)
	})
}

func TestAMemberAloneLetsItsAssociationAct(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, own := w.approvedOrganization().ID, w.approvedOrganization().ID
		relationship := w.related(org, "member_of", own)
		body := map[string]any{"powers": []string{"join_engagements"}, "starts_on": "2026-03-02", "ends_on": "2026-12-31"}
		w.as(domain.Staff).post(relationship+"/mandates", body).want(403)
		w.member(domain.PartnerAdmin, own).post(relationship+"/mandates", body).want(403) // the association itself
		w.member(domain.Partner, org).post(relationship+"/mandates", body).want(403)      // no admin
		w.member(domain.PartnerAdmin, w.approvedOrganization().ID).post(relationship+"/mandates", body).want(404)
		subsidiary := w.related(org, "subsidiary_of", own)
		w.member(domain.PartnerAdmin, org).post(subsidiary+"/mandates", body).want(409)
		w.as(domain.Staff).patch(relationship, `{"ends_on":"2026-06-30"}`).want(200)
		w.member(domain.PartnerAdmin, org).post(relationship+"/mandates", body).want(409) // outlives the membership
		body["ends_on"] = "2026-06-30"
		mandate := "/v1/mandates/" + w.member(domain.PartnerAdmin, org).post(relationship+"/mandates", body).want(201).str("id")
		// Who was stopped takes back what it said all the same.
		w.exec("UPDATE organizations SET stage = 'suspended' WHERE id = '" + string(org) + "'")
		w.member(domain.Partner, org).move(mandate, "revoke", nil).want(200)
	})
}

func TestAnAssociationAnswersAnInvitationAndSeesNobodyElseThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, own, other := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Organization: other}, domain.ParticipantDraft{Advisor: w.advisor()})
		w.as(domain.Staff).patch(engagementPath(e), `{"shared_notes":"One of them was there herself."}`).want(200)
		w.mandated(org, own, "join_engagements")
		desk := w.member(domain.Partner, own)
		desk.get(engagementPath(e)).want(404)
		if got := desk.get(engagementPath(e), of(org)...).want(200); got.str("title") == "" || strings.Contains(string(got.Body), "herself") {
			t.Errorf("for the member: %s", got.Body)
		}
		people := desk.get(engagementPath(e)+"/participants", of(org)...).want(200).items()
		if len(people) != 1 || people[0]["organization_id"] != string(org) {
			t.Errorf("sees %v", people)
		}
		for who, n := range map[domain.OrganizationID]int{org: 1, other: 0} {
			if got := desk.get("/v1/engagements?organization_id="+string(who), of(org)...).want(200).items(); len(got) != n {
				t.Errorf("by who takes part there are %d, want %d", len(got), n)
			}
		}
		// The member's own people see who takes part, and so may ask by it.
		for _, by := range []*client{w.member(domain.Partner, org), w.as(domain.Staff)} {
			if got := by.get("/v1/engagements?organization_id=" + string(other)).want(200).items(); len(got) != 1 {
				t.Errorf("%s finds %d by another who takes part", by.actor.Role, len(got))
			}
		}
		path := "/v1/participants/" + fmt.Sprint(people[0]["id"])
		tag := desk.get(path, of(org)...).want(200).tag()
		desk.post(path+"/accept", nil, append(of(org), "If-Match", tag)...).want(200)
		if got := w.member(domain.Partner, org).get(path).want(200); got.str("response") != "accepted" {
			t.Errorf("the member sees %s", got.Body)
		}
		desk.get("/v1/commitments", of(org)...).want(403)
	})
}

func TestARelationshipIsSeenByTheTwoAndSaidOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b, c := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		path := w.related(a, "member_of", b)
		for _, org := range []domain.OrganizationID{a, b} {
			by := w.member(domain.Partner, org)
			if got := by.get(path).want(200); got.at("evidence") != nil || got.str("other_id") != string(b) || got.str("other_name") == "" {
				t.Errorf("shown %s", got.Body)
			}
			list := "/v1/organizations/" + string(org) + "/relationships"
			for query, want := range map[string]int{"": 1, "?kind=member_of": 1, "?kind=affiliate_of": 0, "?on=2025-01-01": 1, "?on=2023-12-31": 0} {
				if got := by.get(list + query).want(200).items(); len(got) != want {
					t.Errorf("%q lists %d, want %d", query, len(got), want)
				}
			}
		}
		w.member(domain.PartnerAdmin, c).get(path).want(404)
		w.as(domain.Admin).get(path).want(404)
		w.member(domain.PartnerAdmin, a).patch(path, `{"ends_on":"2026-01-01"}`).want(403)

		w.relate(a, "member_of", a, "2024-01-01", "").want(422).fault("/other_id", "invalid")
		w.relate(a, "affiliate_of", b, "2024-01-02", "2024-01-01").want(422).fault("/ends_on", "invalid")
		w.relate(a, "affiliate_of", domain.OrganizationID(absentID), "2024-01-02", "").want(422).fault("/other_id", "not_found")
		w.relate(a, "member_of", b, "2025-01-01", "").want(409).fault("/starts_on", "overlaps")
		w.relate(b, "member_of", a, "2025-01-01", "").want(201) // the other way round is another thing
		w.as(domain.Staff).patch(path, `{"ends_on":"2024-12-31"}`).want(200)
		w.relate(a, "member_of", b, "2025-01-01", "").want(201)
		w.as(domain.Staff).patch(path, `{"ends_on":"2025-01-01"}`).want(409).fault("/starts_on", "overlaps")
		w.as(domain.Staff).patch(path, `{"evidence":" "}`).want(422).fault("/evidence", "required")
		w.relate(a, "affiliate_of", b, "2024-01-01", "").want(201)
		w.relate(b, "affiliate_of", a, "2025-01-01", "").want(409).fault("/starts_on", "overlaps")
	})
}

func TestNoOrganizationIsAPartOfItsOwnPart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b, c, d := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		staff := w.as(domain.Staff)
		file := func(id domain.OrganizationID) string { return "/v1/organizations/" + string(id) }
		w.related(a, "subsidiary_of", b)
		over := w.related(b, "subsidiary_of", c)
		staff.patch(file(c), map[string]any{"parent_id": d}).want(200)
		for _, part := range []domain.OrganizationID{b, c, d} {
			w.relate(part, "subsidiary_of", a, "2024-01-01", "").want(409).fault("/other_id", "cycle")
		}
		staff.patch(file(d), map[string]any{"parent_id": a}).want(409).fault("/parent_id", "cycle")
		staff.patch(file(b), map[string]any{"parent_id": a}).want(409).fault("/parent_id", "cycle")
		w.related(a, "subsidiary_of", d) // another way up is no circle
		// What is over binds nobody.
		staff.patch(over, `{"ends_on":"2024-12-31"}`).want(200)
		w.relate(c, "subsidiary_of", b, "2025-01-01", "").want(201)
	})
}
