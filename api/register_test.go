package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// publish makes both sides of a commitment agree to its publication.
func (w *world) publish(v *domain.Commitment) *domain.Commitment {
	w.Helper()
	path := "/v1/commitments/" + string(v.ID)
	w.member(domain.Partner, v.Organization).move(path, "consent", nil).want(200)
	w.as(domain.Staff).move(path, "publish", nil).want(200)
	return v
}

func (w *world) published(d domain.CommitmentDraft) *domain.Commitment {
	w.Helper()
	return w.publish(w.seedCommitment(w.approvedOrganization().ID, d, domain.CommitmentActive))
}

func (w *world) publishedPartnership() *domain.Partnership {
	w.Helper()
	o := w.approvedOrganization()
	p := w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipActive)
	path := "/v1/partnerships/" + string(p.ID)
	w.member(domain.Partner, o.ID).move(path, "consent", nil).want(200)
	w.as(domain.Staff).move(path, "publish", nil).want(200)
	return p
}

func init() {
	walk["listPublishedCommitments"] = func(*world, *client) call { return call{path: "/v1/register/commitments"} }
	walk["listPublishedPartnerships"] = func(*world, *client) call { return call{path: "/v1/register/partnerships"} }
	walk["getPublishedCommitment"] = func(w *world, _ *client) call {
		return call{path: "/v1/register/commitments/" + string(w.published(promise()).ID)}
	}
	walk["getPublishedPartnership"] = func(w *world, _ *client) call {
		return call{path: "/v1/register/partnerships/" + string(w.publishedPartnership().ID)}
	}
}

func TestTheRegisterHoldsWhatBothSidesAgreedTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.seedCommitment(w.approvedOrganization().ID, promise(), domain.CommitmentSubmitted)
		path, public := "/v1/commitments/"+string(v.ID), "/v1/register/commitments/"+string(v.ID)
		partner, staff := w.member(domain.PartnerAdmin, v.Organization), w.as(domain.Liaison)
		there := func(want bool) {
			t.Helper()
			got := w.anyone().get(public)
			listed := len(w.anyone().get("/v1/register/commitments").want(200).items()) == 1
			if (got.Status == 200) != want || listed != want {
				t.Errorf("read as %d, listed %t, want %t", got.Status, listed, want)
			}
		}
		partner.move(path, "consent", nil).want(200)
		staff.move(path, "publish", nil).want(200)
		there(false) // not accepted yet
		staff.move(path, "accept", nil).want(200)
		there(true)
		partner.move(path, "withdraw_consent", nil).want(200)
		there(false)
		partner.move(path, "consent", nil).want(200)
		there(true)
		staff.move(path, "unpublish", nil).want(200)
		there(false)
		staff.move(path, "publish", nil).want(200)
		partner.move(path, "withdraw", map[string]string{"reason": "private: no money"}).want(200)
		there(true) // what was accepted stays on the record
		if got := w.anyone().get(public); strings.Contains(string(got.Body), "private") || !strings.Contains(string(got.Body), "Withdrawn.") {
			t.Errorf("the register says %s", got.Body)
		}
	})
}

func TestTheRegisterTellsNoAccountAndNoNote(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, staff, other := w.member(domain.Partner, o.ID), w.as(domain.Staff), w.as(domain.Liaison)
		p := w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipActive)
		v := w.publish(w.seedCommitment(o.ID, promise(), domain.CommitmentActive))
		path := "/v1/commitments/" + string(v.ID)
		i := w.seedIndicator(v)
		m := "/v1/milestones/" + string(w.seedMilestone(v, "2026-06-30").ID)
		partner.move(m, "report", map[string]string{"evidence": "canary-evidence"}).want(200)
		r := "/v1/progress_reports/" + partner.post(path+"/progress_reports", map[string]any{
			"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "canary-narrative",
			"figures": []map[string]any{{"indicator_id": i.ID, "value": "11"}},
		}).want(201).str("id")
		partner.move(r, "submit", nil).want(200)
		staff.move(r, "accept", nil).want(200)
		other.post(r+"/verify", map[string]any{"method": "data_check", "evidence": "canary-proof", "confidence": "high", "figures": []map[string]any{{"indicator_id": i.ID, "value": "9"}}}).want(201)
		a := "/v1/amendments/" + partner.post(path+"/amendments", `{"due_on":"2027-06-30","reason":"canary-reason"}`).want(201).str("id")
		staff.move(a, "approve", nil).want(200)

		got := w.anyone().get("/v1/register/commitments/" + string(v.ID)).want(200)
		for _, secret := range []string{
			"canary", string(partner.actor.Account), string(staff.actor.Account), string(other.actor.Account), "_actions", "created_at", "_by", "partnership_id",
		} {
			if strings.Contains(string(got.Body), secret) {
				t.Errorf("the register tells %s: %s", secret, got.Body)
			}
		}
		for _, fact := range []string{
			o.LegalName, "Half of the agencies", `"reported":"11"`, `"verified":"9"`, "Accepted by the office.", "Amendment 1: due date from 2026-12-31 to 2027-06-30.",
			"Milestone reported: Half of the agencies.", "Report for 2026-01-01 to 2026-02-28 accepted.", "Reported figures verified, with high confidence.",
		} {
			if !strings.Contains(string(got.Body), fact) {
				t.Errorf("the register does not tell %s: %s", fact, got.Body)
			}
		}
		if got.str("health", "status") != "on_track" {
			t.Errorf("health %v", got.at("health"))
		}
		listed := w.anyone().get("/v1/register/commitments").want(200)
		if strings.Contains(string(listed.Body), "history") || listed.items()[0]["organization"].(map[string]any)["name"] != o.LegalName {
			t.Errorf("listed as %s", listed.Body)
		}
		w.anyone().get("/v1/register/partnerships/" + string(p.ID)).want(404) // nobody agreed
	})
}

func TestEachRenewalStandsInTheRegister(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.publishedPartnership()
		path, org := "/v1/partnerships/"+string(p.ID), p.Members[0].Organization
		for _, until := range []domain.Date{"2027-06-30", "2028-06-30"} {
			for w.as(domain.Staff).again().get(path).want(200).str("stage") != "reapproval_due" {
				w.forward(60 * 24 * time.Hour)
				w.jobDone("partnerships.fall_due")
			}
			w.clients = map[string]*client{}
			w.as(domain.Staff).move(path, "request_reapproval", nil).want(200)
			w.clearEach(path)
			w.as(domain.Liaison).move(path, "renew", map[string]any{"ends_on": until}).want(200)
		}
		w.member(domain.Partner, org).move(path, "consent", nil).want(200)
		told := ""
		for _, m := range w.anyone().get("/v1/register/partnerships/" + string(p.ID)).want(200).at("history").([]any) {
			told += fmt.Sprint(m.(map[string]any)["event"], " ")
		}
		if want := "Approved. Signed. Work began. Reapproval fell due. Renewed until 2027-06-30. Reapproval fell due. Renewed until 2028-06-30. "; told != want {
			t.Errorf("%s\nwant %s", told, want)
		}
		trail := w.as(domain.Auditor).get("/v1/audit?limit=100&record_id=" + string(p.ID)).want(200)
		for _, note := range []string{"under requirements 1", "until 2027-06-30, under requirements 1", "until 2028-06-30, under requirements 1"} {
			if !strings.Contains(string(trail.Body), `"note":"`+note+`"`) {
				t.Errorf("the trail does not note %q: %s", note, trail.Body)
			}
		}
		_, _, files := unzipped(t, w.as(domain.Staff).get(path+"/bundle").want(200).Body)
		for _, words := range []string{"Renewed until 2027-06-30.", "Renewed until 2028-06-30.", "version 1 of long term"} {
			if !strings.Contains(files["summary.html"], words) {
				t.Errorf("the bundle lacks %q", words)
			}
		}
	})
}

func TestTheRegisterIsCachedAndChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.published(promise())
		for _, path := range []string{"/v1/register/commitments", "/v1/register/commitments/" + string(v.ID), "/v1/register/partnerships"} {
			got := w.anyone().get(path).want(200)
			if got.Header.Get("Cache-Control") != "public, no-cache" || got.tag() == "" {
				t.Errorf("%s: %v", path, got.Header)
			}
			again := w.anyone().get(path, "If-None-Match", got.tag()).want(304)
			if again.Header.Get("Cache-Control") != "public, no-cache" || len(again.Body) != 0 {
				t.Errorf("%s: %v", path, again.Header)
			}
			if signed := w.as(domain.Staff).get(path).want(200); string(signed.Body) != string(got.Body) {
				t.Errorf("%s: staff read another register", path)
			}
		}
		if got := w.anyone().get("/v1/register/commitments/" + string(w.seedCommitment(v.Organization, promise(), domain.CommitmentActive).ID)).want(404); got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("absence is kept: %v", got.Header)
		}
	})
}

func TestTheRegisterIsFoundAndSorted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var orgs []string
		for i, due := range []domain.Date{"2026-05-01", "2026-04-01", "2026-06-01"} {
			d := promise()
			d.Terms.Title, d.Terms.DueOn = []string{"Alpha", "Beta", "Gamma"}[i], due
			if i == 2 {
				d.Marking.Countries, d.Marking.Pillars = domain.List[string]{"TH"}, nil
				w.forward(24 * 3600e9)
				w.clients = map[string]*client{} // their sessions have run out
			}
			orgs = append(orgs, string(w.published(d).Organization))
		}
		w.seedCommitment(domain.OrganizationID(orgs[0]), promise(), domain.CommitmentActive)
		for query, want := range map[string]string{
			"":                          "Gamma,",
			"sort=due_on":               "Beta,Alpha,Gamma",
			"sort=-title&limit=2":       "Gamma,Beta",
			"sort=title&country=MY":     "Alpha,Beta",
			"country=TH":                "Gamma",
			"pillar=prevention&q=alpha": "Alpha",
			"topic=responsible_recruitment&sort=title": "Alpha,Beta,Gamma",
			"objective=4.1":              "",
			"stage=active&sort=-due_on":  "Gamma,Alpha,Beta",
			"stage=accepted":             "",
			"organization_id=" + orgs[1]: "Beta",
			"q=auditing+alpha":           "Alpha",
		} {
			got := strings.Join(w.anyone().get("/v1/register/commitments?"+query).want(200).column("title"), ",")
			if got != want && !(query == "" && strings.HasPrefix(got, want)) {
				t.Errorf("?%s: %q, want %q", query, got, want)
			}
		}
		if got := w.anyone().get("/v1/register/commitments?count=exact&limit=1").want(200); got.at("total") != 3.0 || got.str("next_cursor") == "" {
			t.Errorf("counted %s", got.Body)
		}
		w.anyone().get("/v1/register/commitments?sort=created_at").want(400).fault("sort", "invalid")
	})
}

func TestAPublishedPartnershipNamesItsMembersAndItsCommitments(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.publishedPartnership()
		org := p.Members[0].Organization
		public := "/v1/register/partnerships/" + string(p.ID)
		got := w.anyone().get(public).want(200)
		if !strings.Contains(string(got.Body), `"role":"shares audit data"`) || !strings.Contains(fmt.Sprint(got.at("history")), "Approved.") ||
			strings.Contains(string(got.Body), string(w.as(domain.Staff).actor.Account)) || strings.Contains(string(got.Body), "monitoring") {
			t.Errorf("the register tells %s", got.Body)
		}
		for query, want := range map[string]int{"": 1, "?organization_id=" + string(org): 1, "?stage=renewed": 0, "?country=MY": 1, "?country=TH": 0, "?q=chains": 1, "?sort=ends_on": 1} {
			if n := len(w.anyone().get("/v1/register/partnerships" + query).want(200).items()); n != want {
				t.Errorf("%q finds %d", query, n)
			}
		}
		partner := w.member(domain.Partner, org)
		path := "/v1/commitments/" + partner.post("/v1/commitments", map[string]any{
			"title": "Inside", "text": "X", "objectives": []string{"4.3"}, "due_on": "2026-12-31", "partnership_id": p.ID,
		}).want(201).str("id")
		for _, step := range []struct {
			by   *client
			verb string
		}{{partner, "submit"}, {w.as(domain.Staff), "accept"}, {partner, "consent"}, {w.as(domain.Staff), "publish"}} {
			step.by.move(path, step.verb, nil).want(200)
		}
		if got := w.anyone().get("/v1/register/commitments").want(200); got.items()[0]["partnership_id"] != string(p.ID) {
			t.Errorf("the commitment says %s", got.Body)
		}
		partner.move("/v1/partnerships/"+string(p.ID), "withdraw_consent", nil).want(200)
		w.anyone().get(public).want(404)
		if got := w.anyone().get("/v1/register/commitments").want(200); got.items()[0]["partnership_id"] != nil {
			t.Errorf("an unpublished partnership is named: %s", got.Body)
		}
	})
}

func init() {
	outsiders := func(w *world) map[string]*client {
		org := w.approvedOrganization().ID
		return map[string]*client{"another partner": w.member(domain.Partner, org), "another's admin": w.member(domain.PartnerAdmin, org), "anyone": w.anyone()}
	}
	secrets = append(secrets,
		secret{
			name: "a commitment that nobody published",
			story: func(w *world) map[string]*client {
				w.published(promise())
				return outsiders(w)
			},
			happens: func(w *world) {
				path := w.commitmentFor(w.anyone(), domain.CommitmentActive)
				w.as(domain.Staff).post(path+"/amendments",
					`{"text":"The survivor fund.","reason":"r","milestones":[{"title":"Unseen","weight":50,"due_on":"2026-06-30"}]}`).want(201)
			},
		},
		secret{
			name: "a partnership that is only a concept",
			story: func(w *world) map[string]*client {
				w.publishedPartnership()
				org := w.organization("Member to be", domain.OrganizationApproved).ID
				viewers := outsiders(w)
				viewers["its member"] = w.member(domain.Partner, org)
				w.seedPartnership(partnershipDraft(org), domain.PartnershipActive)
				return viewers
			},
			happens: func(w *world) {
				org := w.column("SELECT id FROM organizations WHERE legal_name = 'Member to be'")[0]
				w.seedPartnership(partnershipDraft(domain.OrganizationID(org)), domain.PartnershipDueDiligence)
			},
		})
}
