package api_test

import (
	"testing"
	"time"

	"accord/domain"
)

// TestAnOrganizationThatIsStoppedStopsItsPeople follows one office worker of a
// partner through the life of the partner's file: each change holds from the next
// request on.
func TestAnOrganizationThatIsStoppedStopsItsPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		path, staff := "/v1/organizations/"+string(o.ID), w.as(domain.Staff)
		admin, clerk := w.member(domain.PartnerAdmin, o.ID), w.member(domain.Partner, o.ID)
		promise := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentActive).ID)
		calendar := clerk.calendar()
		clerk.get(promise).want(200)
		w.anyone().get(calendar).want(200)

		staff.move(path, "suspend", map[string]string{"reason": "A new allegation."}).want(200)
		clerk.get(promise).want(404)
		clerk.get("/v1/commitments").want(403)
		clerk.get("/v1/engagements").want(403)
		admin.get("/v1/accounts").want(200) // of which its own is one
		admin.patch(path, `{"website":"https://example.org"}`).want(403)
		admin.post("/v1/invitations", map[string]any{"role": "partner", "organization_id": o.ID}).want(403)
		clerk.get(path).want(200)
		if events := lines(string(w.anyone().get(calendar).want(200).Body), "SUMMARY"); len(events) != 0 {
			t.Errorf("the calendar still tells of %v", events)
		}

		staff.move(path, "restore", nil).want(200) // into screening
		clerk.get(promise).want(404)
		admin.patch(path, `{"website":"https://example.org"}`).want(200)
		w.forward(1)
		w.clearChecks(o.ID)
		for _, verb := range []string{"begin_due_diligence", "begin_legal_ethics_review"} {
			staff.move(path, verb, nil).want(200)
		}
		w.as(domain.Liaison).move(path, "approve", nil).want(200)
		clerk.get(promise).want(200)

		staff.move(path, "debar", map[string]string{"reason": "It holds passports."}).want(200)
		clerk.get(promise).want(404)
		clerk.do("DELETE", "/v1/sessions/current", nil).want(204)
	})
}

// TestTheTrailDoesNotJoinWhatOneAdvisorDoes reads, as an auditor, what one
// advisor did to two records: as two people, and never as an account.
func TestTheTrailDoesNotJoinWhatOneAdvisorDoes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		names := map[string]bool{}
		for _, year := range []int{2025, 2026} {
			answer := w.response(w.issued(w.councilOf(speaker).ID, year, "Pay advisors.", "DOJ"))
			w.advance(answer, "review", "accept")
			for _, verdict := range []string{"partly", "satisfied"} {
				speaker.move(answer, "assess", map[string]string{"verdict": verdict, "words": "See the second part."}).want(200)
			}
			of := answer[len("/v1/agency-responses/"):]
			by := map[string]bool{}
			for _, e := range w.as(domain.Auditor).get("/v1/audit?record_id=" + of).want(200).items() {
				if e["event"] == "agency_response.assessed" {
					by[e["actor_id"].(string)] = true
				}
			}
			if len(by) != 1 {
				t.Errorf("two judgments of one answer are by %v", by)
			}
			for name := range by {
				names[name] = true
			}
		}
		if len(names) != 2 || names[string(speaker.actor.Account)] {
			t.Errorf("the trail calls one advisor %v in two records", names)
		}
		if got := w.as(domain.Auditor).get("/v1/audit?actor_id=" + string(speaker.actor.Account)).want(200).items(); len(got) != 0 {
			t.Errorf("the trail tells what an advisor's account did: %v", got)
		}
	})
}

// TestTheOfficesListTellsNothingOfWhenAnAnswerWasBegun hands in, without a name,
// what was begun before a receipt's answer and after it.
func TestTheOfficesListTellsNothingOfWhenAnAnswerWasBegun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		path := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true, Council: w.councilOf(speaker).ID}).ID)
		body := map[string]any{"attribution": "anonymous", "answers": []any{said("why", "Fear.")}}
		begun := "/v1/submissions/" + speaker.post(path+"/submissions", body).want(201).str("id")
		w.later(24 * time.Hour)
		w.anonymous(path)
		w.later(24 * time.Hour)
		speaker.move(begun, "submit", nil).want(200)
		days := w.as(domain.Staff).get("/v1/submissions").want(200).column("received_on")
		if len(days) != 2 || days[0] <= days[1] {
			t.Errorf("in the order %v", days)
		}
	})
}
