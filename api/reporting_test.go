package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

func init() {
	at := func(stage domain.CommitmentStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.commitmentFor(by, stage) + suffix} }
	}
	walk["getSmartScore"] = at(domain.CommitmentDrafted, "/smart")
	walk["getCommitmentHistory"] = at(domain.CommitmentActive, "/history")
	walk["handOverCommitment"] = at(domain.CommitmentActive, "/hand_over")
	outOfOrder["handOverCommitment"] = at(domain.CommitmentWithdrawn, "/hand_over")
}

// jobDone runs a periodic job now, as the server would.
func (w *world) jobDone(kind string) {
	w.Helper()
	must(w, w.server.Jobs()[kind](w.Context(), w.system(), nil))
}

func TestASmartScoreSaysWhatWouldRaiseIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner := w.member(domain.Partner, o.ID)
		path := "/v1/commitments/" + partner.post("/v1/commitments", `{"title":"Audit","text":"We audit.","objectives":["4.3"]}`).want(201).str("id")
		score := func() (float64, []string) {
			t.Helper()
			r := partner.get(path + "/smart").want(200)
			var missing []string
			for _, c := range r.at("criteria").([]any) {
				for _, rule := range c.(map[string]any)["rules"].([]any) {
					if m := rule.(map[string]any); m["met"] == false {
						if m["advice"] == "" {
							t.Errorf("%v gives no advice", m)
						}
						missing = append(missing, m["key"].(string))
					}
				}
			}
			return r.at("score").(float64), missing
		}
		before, missing := score()
		if !slices.Contains(missing, "indicator") || !slices.Contains(missing, "countries") {
			t.Errorf("nothing said of %v", missing)
		}
		partner.post(path+"/indicators", `{"title":"Agencies audited","unit":"agencies","ascending":true,"cumulative":true,"measure":"percentage",
			"baseline":{"year":2025,"value":"0"},"targets":[{"from":"2026-01-01","until":"2026-12-31","value":"41"}]}`).want(201)
		partner.patch(path, `{"countries":["MY"],"due_on":"2026-12-31"}`).want(200)
		after, missing := score()
		if after <= before || slices.Contains(missing, "indicator") || slices.Contains(missing, "countries") {
			t.Errorf("the score went from %v to %v, missing %v", before, after, missing)
		}
		partner.move(path, "submit", nil).want(200)
		w.as(domain.Staff).move(path, "accept", nil).want(200)
		if got := partner.get(path).want(200).at("smart_score"); got != after {
			t.Errorf("accepted with a score of %v, want %v", got, after)
		}
	})
}

// TestAuditDefectIndicatorWithoutTarget: GAO-19-77 found indicators that nobody
// could be held to.
func TestAuditDefectIndicatorWithoutTarget(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		path := "/v1/commitments/" + partner.post("/v1/commitments", `{"title":"Audit","text":"We audit.","objectives":["4.3"],"due_on":"2026-12-31"}`).want(201).str("id")
		indicator := "/v1/indicators/" + partner.post(path+"/indicators", `{"title":"Agencies audited","unit":"agencies","ascending":true,"cumulative":true}`).want(201).str("id")
		refused := partner.move(path, "submit", nil).want(422).fault("/indicators/0/targets", "required")
		if !strings.Contains(string(refused.Body), "“Agencies audited” has no target") {
			t.Errorf("an officer would not understand %s", refused.Body)
		}
		partner.patch(indicator, `{"targets":[{"from":"2026-01-01","until":"2026-12-31","value":"41"}]}`).want(200)
		partner.move(path, "submit", nil).want(200)
		w.as(domain.Staff).move(path, "accept", nil).want(200)
		partner.post(path+"/amendments", `{"reason":"Late idea.","indicators":[{"title":"Late idea","unit":"agencies","ascending":true,"cumulative":true}]}`).want(422).
			fault("/indicators/0/targets", "required")
	})
}

// TestAuditDefectIncompleteProgressReport: GAO-19-77 found incomplete monitoring
// records in 43 % of the projects.
func TestAuditDefectIncompleteProgressReport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		v := w.seedCommitment(partner.actor.Organization, promise(), domain.CommitmentActive)
		i := w.seedIndicator(v)
		m := w.seedMilestone(v, "2026-02-15")
		report := "/v1/progress_reports/" + partner.post("/v1/commitments/"+string(v.ID)+"/progress_reports",
			`{"period":{"from":"2026-01-01","until":"2026-02-28"},"narrative":"Audits began."}`).want(201).str("id")
		refused := partner.move(report, "submit", nil).want(422).fault("/figures", "missing").fault("/milestones", "missing")
		for _, words := range []string{"there is no figure of “Agencies audited”", "“Half of the agencies” was due on 2026-02-15"} {
			if !strings.Contains(string(refused.Body), words) {
				t.Errorf("not told that %s: %s", words, refused.Body)
			}
		}
		partner.patch(report, map[string]any{
			"figures":   []any{map[string]any{"indicator_id": i.ID, "value": "11"}},
			"omissions": []any{map[string]any{"milestone_id": m.ID, "reason": "Two agencies gave no access."}},
		}).want(200)
		got := partner.move(report, "submit", nil).want(200)
		if o := got.at("omissions").([]any); len(o) != 1 {
			t.Errorf("the omissions are %v", o)
		}
	})
}

func TestReportingIsHandedOverAndNobodyElseReports(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		admin := w.member(domain.PartnerAdmin, o.ID)
		lead, delegate, other := w.another(domain.Partner, o.ID, ""), w.another(domain.Partner, o.ID, ""), w.another(domain.Partner, o.ID, "")
		stranger := w.member(domain.Partner, w.approvedOrganization().ID)
		v := w.seedCommitment(o.ID, promise(), domain.CommitmentActive)
		path := "/v1/commitments/" + string(v.ID)
		body := map[string]any{"lead_id": lead.actor.Account, "delegate_ids": []any{delegate.actor.Account}}

		other.move(path, "hand_over", body).want(403)
		stranger.move(path, "hand_over", body).want(404)
		for pointer, wrong := range map[string]map[string]any{
			"/lead_id":        {"lead_id": stranger.actor.Account, "delegate_ids": []any{}},
			"/delegate_ids/0": {"lead_id": lead.actor.Account, "delegate_ids": []any{"00000000-0000-4000-8000-000000000000"}},
		} {
			admin.move(path, "hand_over", wrong).want(422).fault(pointer, "unknown_value")
		}
		admin.move(path, "hand_over", map[string]any{"lead_id": "00000000-0000-4000-8000-000000000000", "delegate_ids": []any{}}).want(422).fault("/lead_id", "unknown_value")

		if got := admin.move(path, "hand_over", body).want(200).str("reporting", "lead_id"); got != string(lead.actor.Account) {
			t.Errorf("the lead is %q", got)
		}
		for _, c := range []*client{lead, delegate} {
			if got := c.get("/v1/notices").want(200).column("event"); !slices.Equal(got, []string{"commitment.reporting_handed_over"}) {
				t.Errorf("told %v", got)
			}
		}
		report := `{"period":{"from":"2026-01-01","until":"2026-02-28"},"narrative":"Audits began."}`
		milestone := "/v1/milestones/" + string(w.seedMilestone(v, "2026-06-30").ID)
		draft := "/v1/progress_reports/" + delegate.post(path+"/progress_reports", report).want(201).str("id")
		other.post(path+"/progress_reports", report).want(403)
		other.patch(draft, `{"narrative":"Nothing began."}`).want(403)
		other.move(draft, "submit", nil).want(403)
		other.move(milestone, "report", `{"evidence":"Done."}`).want(403)
		other.move(path, "claim_completion", nil).want(403)
		for who, want := range map[*client]string{lead: "[edit submit] [report]", delegate: "[edit submit] [report]", admin: "[edit submit] [report]", other: "[] []"} {
			if got := fmt.Sprint(who.get(draft).at("_actions"), " ", who.get(milestone).at("_actions")); got != want {
				t.Errorf("promised %s, want %s", got, want)
			}
		}
		lead.move(path, "hand_over", body).want(403)
		admin.move(path, "hand_over", map[string]any{"lead_id": other.actor.Account, "delegate_ids": []any{}}).want(200)
		lead.post(path+"/progress_reports", report).want(403)
		other.post(path+"/progress_reports", report).want(201)
	})
}

func TestAnAwaitedReportIsRemindedOfAndEscalatedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, officer := w.member(domain.Partner, o.ID), w.as(domain.Liaison)
		v := w.seedCommitment(o.ID, promise(), domain.CommitmentActive)
		reported := w.seedCommitment(o.ID, promise(), domain.CommitmentActive)
		events := func(c *client) []string {
			t.Helper()
			var out []string
			for _, n := range c.get("/v1/notices").want(200).items() {
				if n["record_id"] == string(v.ID) {
					out = append(out, n["event"].(string))
				} else {
					t.Errorf("told of %v", n)
				}
			}
			slices.Sort(out)
			return out
		}
		day := 24 * time.Hour
		for _, step := range []struct {
			forward          time.Duration
			partner, officer []string
			tasks            int
		}{
			{105 * day, nil, nil, 0},
			{day, []string{"progress_report.due"}, nil, 0},
			{15 * day, []string{"progress_report.due", "progress_report.overdue"}, nil, 0},
			{30 * day, []string{"progress_report.due", "progress_report.escalated", "progress_report.overdue"}, []string{"progress_report.escalated"}, 1},
			{day, []string{"progress_report.due", "progress_report.escalated", "progress_report.overdue"}, []string{"progress_report.escalated"}, 1},
		} {
			w.forward(step.forward)
			partner, officer := partner.again(), officer.again()
			if step.forward == 105*day {
				r := "/v1/progress_reports/" + partner.post("/v1/commitments/"+string(reported.ID)+"/progress_reports",
					`{"period":{"from":"2026-03-02","until":"2026-06-01"},"narrative":"Audits began."}`).want(201).str("id")
				partner.move(r, "submit", nil).want(200)
			}
			w.jobDone("commitments.remind")
			w.jobDone("commitments.remind")
			if got := events(partner); !slices.Equal(got, step.partner) {
				t.Errorf("after %s the partner was told %v", step.forward, got)
			}
			if got := events(officer); !slices.Equal(got, step.officer) {
				t.Errorf("after %s the officer was told %v", step.forward, got)
			}
			if got := len(officer.get("/v1/tasks?owner_id=" + string(officer.actor.Account)).want(200).items()); got != step.tasks {
				t.Errorf("after %s the officer has %d tasks", step.forward, got)
			}
		}
	})
}

func TestAHistoryIsToldInWordsAndNamesNobodyOfTheOffice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		path := "/v1/commitments/" + partner.post("/v1/commitments", `{"title":"Audit","text":"We audit.","objectives":["4.3"],"due_on":"2026-12-31"}`).want(201).str("id")
		w.forward(time.Minute)
		milestone := "/v1/milestones/" + partner.post(path+"/milestones", `{"title":"Half of it","weight":50,"due_on":"2026-06-30"}`).want(201).str("id")
		step := func(c *client, path, verb string, body any) {
			t.Helper()
			w.forward(time.Hour)
			c.move(path, verb, body).want(200)
		}
		step(partner, path, "submit", nil)
		step(w.as(domain.Staff), path, "accept", nil)
		step(partner, milestone, "report", `{"evidence":"21 reports."}`)
		step(w.as(domain.Staff), milestone, "verify", nil)
		own, staff := nameOf(partner), nameOf(w.as(domain.Staff))
		want := []string{"Drafted. by " + own, "Milestone planned: Half of it. by " + own, "Submitted to the office. by " + own, "Accepted. by the office",
			"Milestone reported: Half of it. by " + own, "Milestone verified: Half of it. by the office"}
		tell := func(c *client) (out []string) {
			t.Helper()
			for _, e := range c.get(path + "/history").want(200).items() {
				out = append(out, fmt.Sprintf("%s by %s", e["event"], e["by"]))
			}
			return out
		}
		if got := tell(partner); !slices.Equal(got, want) {
			t.Errorf("the partner reads\n%s", strings.Join(got, "\n"))
		}
		if got := tell(w.as(domain.Liaison)); got[3] != "Accepted. by "+staff {
			t.Errorf("staff read\n%s", strings.Join(got, "\n"))
		}
	})
}

func nameOf(c *client) string {
	c.w.Helper()
	return c.get("/v1/me").want(200).str("name")
}

func TestAnOverdueReportIsAskedForBySomebodyWhoIsThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		accepted, other := w.as(domain.Liaison), w.another(domain.Staff, "", "")
		gone := w.another(domain.Staff, "", "")
		w.seedCommitment(w.approvedOrganization().ID, promise(), domain.CommitmentActive)
		for _, c := range []*client{accepted, gone} {
			w.as(domain.Admin).move("/v1/accounts/"+string(c.actor.Account), "suspend", `{"reason":"Left."}`).want(200)
		}
		w.forward(170 * 24 * time.Hour)
		w.jobDone("commitments.remind")
		w.jobDone("commitments.remind")
		owners := other.again().get("/v1/tasks").want(200).column("owner_id")
		here := []string{string(other.actor.Account), string(w.as(domain.Staff).actor.Account)}
		slices.Sort(owners)
		slices.Sort(here)
		if !slices.Equal(owners, here) {
			t.Errorf("asked of %v, and here are %v", owners, here)
		}
	})
}
