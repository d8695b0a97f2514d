package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// milestoneFor is a milestone of a commitment at a stage, by the caller's
// organization if it has one; reported by somebody else if so asked.
func (w *world) milestoneFor(by *client, stage domain.CommitmentStage, reported bool) string {
	w.Helper()
	v := w.seedCommitment(w.orgOf(by), promise(), stage)
	m := w.seedMilestone(v, "2026-06-30")
	if reported {
		w.as(domain.Staff).move("/v1/milestones/"+string(m.ID), "report", `{"evidence":"21 reports."}`).want(200)
	}
	return "/v1/milestones/" + string(m.ID)
}

// written is a commitment as it was while it was written: then its plan is made.
func written(v *domain.Commitment) *domain.Commitment {
	c, _ := domain.NewCommitment(v.Organization, promise(), nil)
	c.ID = v.ID
	return c
}

func (w *world) seedMilestone(v *domain.Commitment, due domain.Date) *domain.Milestone {
	w.Helper()
	m, err := domain.NewMilestone(written(v), domain.MilestoneDraft{Title: "Half of the agencies", Weight: 50, DueOn: due})
	must(w, err)
	must(w, w.system().Milestones.Create(w.Context(), domain.CreateMilestone, m))
	return m
}

func (w *world) indicatorFor(by *client, stage domain.CommitmentStage) string {
	w.Helper()
	return "/v1/indicators/" + string(w.seedIndicator(w.seedCommitment(w.orgOf(by), promise(), stage)).ID)
}

func (w *world) seedIndicator(v *domain.Commitment) *domain.Indicator {
	w.Helper()
	i, err := domain.NewIndicator(written(v), domain.IndicatorDraft{Title: "Agencies audited", Unit: "agencies", Ascending: true,
		Targets: []domain.Target{{Period: domain.Period{From: "2026-01-01", Until: "2026-12-31"}, Value: "41"}}})
	must(w, err)
	must(w, w.system().Indicators.Create(w.Context(), domain.CreateIndicator, i))
	return i
}

// reportFor is a progress report at a stage, written by the office's own people
// on a commitment of the caller's organization if it has one.
func (w *world) reportFor(by *client, stage domain.ProgressReportStage) string {
	w.Helper()
	writes, reviews := w.as(domain.Staff).actor, w.as(domain.Liaison).actor
	v := w.seedCommitment(w.orgOf(by), promise(), domain.CommitmentActive)
	r, err := domain.NewProgressReport(writes, v, domain.ProgressReportDraft{
		Period: domain.Period{From: "2026-01-01", Until: "2026-02-28"}, Narrative: "Audits began.",
	})
	must(w, err)
	if stage != domain.ProgressReportDrafted {
		must(w, r.Submit(writes, v, "2026-03-02"))
	}
	if stage == domain.ProgressReportAccepted {
		must(w, r.Accept(reviews, v, nil, "2026-03-02"))
	}
	must(w, w.store.As(writes).ProgressReports.Create(w.Context(), domain.CreateProgressReport, r))
	return "/v1/progress_reports/" + string(r.ID)
}

func (w *world) amendmentFor(by *client) string {
	w.Helper()
	path := w.commitmentFor(by, domain.CommitmentActive)
	return "/v1/amendments/" + w.as(domain.Staff).post(path+"/amendments", `{"due_on":"2027-06-30","reason":"Later."}`).want(201).str("id")
}

func (w *world) verificationFor(by *client) string {
	w.Helper()
	path := w.reportFor(by, domain.ProgressReportAccepted)
	return "/v1/verifications/" + w.as(domain.Liaison).post(path+"/verify", `{"method":"data_check","evidence":"Their database.","confidence":"low"}`).want(201).str("id")
}

func init() {
	at := func(stage domain.CommitmentStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.commitmentFor(by, stage) + suffix} }
	}
	under := func(suffix string) func(*world, *client) call { return at(domain.CommitmentActive, suffix) }
	walk["listAmendments"], walk["proposeAmendment"] = under("/amendments"), under("/amendments")
	walk["listMilestones"], walk["createMilestone"] = under("/milestones"), at(domain.CommitmentDrafted, "/milestones")
	walk["listIndicators"], walk["createIndicator"] = under("/indicators"), at(domain.CommitmentDrafted, "/indicators")
	walk["listProgressReports"], walk["createProgressReport"] = under("/progress_reports"), under("/progress_reports")
	walk["listVerifications"] = under("/verifications")

	amendment := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.amendmentFor(by) + suffix} }
	}
	walk["getAmendment"], walk["approveAmendment"], walk["declineAmendment"] = amendment(""), amendment("/approve"), amendment("/decline")

	milestone := func(stage domain.CommitmentStage, reported bool, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.milestoneFor(by, stage, reported) + suffix} }
	}
	walk["getMilestone"] = milestone(domain.CommitmentActive, true, "")
	walk["editMilestone"] = milestone(domain.CommitmentDrafted, false, "")
	walk["removeMilestone"] = milestone(domain.CommitmentDrafted, false, "")
	walk["reportMilestone"] = milestone(domain.CommitmentActive, false, "/report")
	walk["verifyMilestone"] = milestone(domain.CommitmentActive, true, "/verify")
	walk["rejectMilestone"] = milestone(domain.CommitmentActive, true, "/reject")
	outOfOrder["editMilestone"] = milestone(domain.CommitmentActive, false, "")
	outOfOrder["removeMilestone"] = milestone(domain.CommitmentActive, false, "")
	outOfOrder["reportMilestone"] = milestone(domain.CommitmentActive, true, "/report")
	outOfOrder["verifyMilestone"] = milestone(domain.CommitmentActive, false, "/verify")
	outOfOrder["rejectMilestone"] = milestone(domain.CommitmentActive, false, "/reject")

	indicator := func(stage domain.CommitmentStage) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.indicatorFor(by, stage)} }
	}
	walk["getIndicator"] = indicator(domain.CommitmentActive)
	walk["editIndicator"], walk["removeIndicator"] = indicator(domain.CommitmentDrafted), indicator(domain.CommitmentDrafted)
	outOfOrder["editIndicator"], outOfOrder["removeIndicator"] = indicator(domain.CommitmentActive), indicator(domain.CommitmentActive)

	report := func(stage domain.ProgressReportStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.reportFor(by, stage) + suffix} }
	}
	walk["getProgressReport"] = report(domain.ProgressReportAccepted, "")
	walk["editProgressReport"] = report(domain.ProgressReportDrafted, "")
	walk["submitProgressReport"] = report(domain.ProgressReportDrafted, "/submit")
	walk["acceptProgressReport"] = report(domain.ProgressReportSubmitted, "/accept")
	walk["returnProgressReport"] = report(domain.ProgressReportSubmitted, "/return")
	walk["verifyProgressReport"] = report(domain.ProgressReportAccepted, "/verify")
	outOfOrder["editProgressReport"] = report(domain.ProgressReportSubmitted, "")
	outOfOrder["submitProgressReport"] = report(domain.ProgressReportAccepted, "/submit")
	outOfOrder["acceptProgressReport"] = report(domain.ProgressReportDrafted, "/accept")
	outOfOrder["returnProgressReport"] = report(domain.ProgressReportAccepted, "/return")
	outOfOrder["verifyProgressReport"] = report(domain.ProgressReportSubmitted, "/verify")

	walk["getVerification"] = func(w *world, by *client) call { return call{path: w.verificationFor(by)} }

	decided := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			path := w.amendmentFor(by)
			w.as(domain.Liaison).move(path, "decline", map[string]string{"reason": "No."}).want(200)
			return call{path: path + suffix}
		}
	}
	outOfOrder["approveAmendment"], outOfOrder["declineAmendment"] = decided("/approve"), decided("/decline")
}

func TestProgressIsReportedAcceptedAndVerifiedByOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.approvedOrganization()
		partner, reviewer, verifier := w.member(domain.Partner, o.ID), w.as(domain.Staff), w.as(domain.Liaison)
		v := w.seedCommitment(o.ID, promise(), domain.CommitmentDrafted)
		path := "/v1/commitments/" + string(v.ID)
		m := partner.post(path+"/milestones", `{"title":"Half","weight":50,"due_on":"2026-06-30"}`).want(201)
		partner.patch("/v1/milestones/"+m.str("id"), `{"weight":60}`).want(200)
		i := partner.post(path+"/indicators", `{"title":"Agencies audited","unit":"agencies","ascending":true,"cumulative":true,
			"baseline":{"year":2025,"value":"0"},"targets":[{"from":"2026-01-01","until":"2026-02-28","value":"20.5"}],"disaggregation":["country"]}`).want(201)
		if i.tag() != partner.get("/v1/indicators/"+i.str("id")).tag() || m.tag() == "" {
			t.Error("a new indicator's tag is not that of the indicator as it is read")
		}
		partner.move(path, "submit", nil).want(200)
		reviewer.move(path, "accept", nil).want(200)
		partner.patch("/v1/milestones/"+m.str("id"), `{"weight":10}`).want(409)

		body := map[string]any{
			"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "Audits began.",
			"figures": []map[string]any{{"indicator_id": i.str("id"), "value": "11.50", "parts": []map[string]string{
				{"dimension": "country", "category": "MY", "value": "8"}}}},
			"milestones": []map[string]any{{"milestone_id": m.str("id"), "evidence": "21 reports."}},
		}
		r := "/v1/progress_reports/" + partner.post(path+"/progress_reports", body).want(201).str("id")
		if got := partner.get("/v1/milestones/" + m.str("id")); got.str("stage") != "pending" {
			t.Errorf("a draft reports a milestone: %s", got.Body)
		}
		partner.move(r, "submit", nil).want(200)
		if got := partner.get("/v1/milestones/" + m.str("id")); got.str("stage") != "reported" || got.str("evidence") != "21 reports." {
			t.Errorf("the milestone is %s", got.Body)
		}
		partner.move(r, "accept", nil).want(403)
		reviewer.move(r, "accept", nil).want(200)
		actuals := func() string { return fmt.Sprint(partner.get(path + "/indicators").want(200).items()[0]["actuals"]) }
		if got := actuals(); !strings.Contains(got, "reported:11.50") || strings.Contains(got, "verified") {
			t.Errorf("reported: %s", got)
		}
		if got := partner.get(path); got.str("health", "status") != "at_risk" || !strings.Contains(got.str("health", "reason"), "Agencies audited missed its target") {
			t.Errorf("health %s", got.Body)
		}

		seen := map[string]any{"method": "site_visit", "evidence": "Visited nine.", "confidence": "medium", "figures": []map[string]any{{"indicator_id": i.str("id"), "value": "9"}}}
		partner.post(r+"/verify", seen).want(403)
		verifier.post(r+"/verify", seen).want(201)
		if got := actuals(); !strings.Contains(got, "reported:11.50") || !strings.Contains(got, "verified:9") || !strings.Contains(got, "confidence:medium") {
			t.Errorf("side by side: %s", got)
		}

		// A correction supersedes; what was written stays.
		body["supersedes_id"], body["narrative"] = strings.TrimPrefix(r, "/v1/progress_reports/"), "We counted one twice."
		body["figures"] = []map[string]any{{"indicator_id": i.str("id"), "value": "10"}}
		second := "/v1/progress_reports/" + partner.post(path+"/progress_reports", body).want(201).str("id")
		partner.move(second, "submit", nil).want(200)
		reviewer.move(second, "accept", nil).want(200)
		if got := partner.get(r); got.str("superseded_by_id") == "" || got.str("narrative") != "Audits began." || !strings.Contains(string(got.Body), "11.50") {
			t.Errorf("the first report is %s", got.Body)
		}
		if got := actuals(); !strings.Contains(got, "reported:10 ") || strings.Contains(got, "11.50") || strings.Contains(got, "verified:9") {
			t.Errorf("corrected: %s", got)
		}
		delete(body, "supersedes_id")
		third := "/v1/progress_reports/" + partner.post(path+"/progress_reports", body).want(201).str("id")
		partner.move(third, "submit", nil).want(200)
		reviewer.move(third, "accept", nil).want(409) // the same days, twice
		reviewer.move(third, "return", map[string]string{"reason": "It is reported already."}).want(200)
	})
}

func TestTheEvidenceOfAVerificationStaysWithTheOffice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.caller(domain.Partner)
		path := w.verificationFor(partner)
		if got := partner.get(path).want(200); strings.Contains(string(got.Body), "evidence") || got.str("confidence") != "low" || got.str("method") != "data_check" {
			t.Errorf("the organization reads %s", got.Body)
		}
		if got := w.as(domain.Staff).get(path).want(200); got.str("evidence") != "Their database." {
			t.Errorf("the office reads %s", got.Body)
		}
	})
}

func TestAReportIsOnAPeriodThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.caller(domain.Partner)
		path := w.commitmentFor(partner, domain.CommitmentActive)
		r := "/v1/progress_reports/" + partner.post(path+"/progress_reports", `{"period":{"from":"2026-01-01","until":"2026-03-31"},"narrative":"So far."}`).want(201).str("id")
		partner.move(r, "submit", nil).want(422).fault("/period/until", "invalid")
		partner.patch(r, `{"period":{"until":"2026-03-01"}}`).want(200)
		partner.move(r, "submit", nil).want(200)
		partner.patch(r, `{"narrative":"Changed."}`).want(409)
		for pointer, body := range map[string]string{
			"/period/until":           `{"period":{"from":"2026-03-02","until":"2026-03-01"},"narrative":"x"}`,
			"/figures/0/indicator_id": `{"period":{"from":"2026-03-01","until":"2026-03-01"},"narrative":"x","figures":[{"indicator_id":"00000000-0000-4000-8000-000000000000","value":"1"}]}`,
			"/figures/0/value":        `{"period":{"from":"2026-03-01","until":"2026-03-01"},"narrative":"x","figures":[{"indicator_id":"00000000-0000-4000-8000-000000000000","value":"1e9"}]}`,
			"/supersedes_id":          `{"period":{"from":"2026-03-01","until":"2026-03-01"},"narrative":"x","supersedes_id":"00000000-0000-4000-8000-000000000000"}`,
		} {
			if got := partner.post(path+"/progress_reports", body).want(422); !strings.Contains(string(got.Body), `"`+pointer+`"`) {
				t.Errorf("%s: %s", pointer, got.Body)
			}
		}
	})
}

func TestWhatBelongsToACommitmentIsSeenWithIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		stranger, staff := w.caller(domain.Partner), w.as(domain.Staff)
		path := w.commitmentFor(staff, domain.CommitmentActive)
		for _, list := range []string{"amendments", "milestones", "indicators", "progress_reports", "verifications"} {
			stranger.get(path + "/" + list).want(404)
			w.as(domain.Auditor).get(path + "/" + list).want(404)
			staff.get(path + "/" + list).want(200)
		}
	})
}

// TestWhoWroteOfItBelievesNoneOfIt: the words of a report may be another's by now and
// another may have sent it, and whoever wrote of it still judges nothing that it says.
func TestWhoWroteOfItBelievesNoneOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner, writer, other := w.caller(domain.Partner), w.as(domain.Staff), w.as(domain.Liaison)
		sender, teller := w.another(domain.Staff, "", ""), w.another(domain.Staff, "", "") // each of one thing alone
		path := w.commitmentFor(partner, domain.CommitmentDrafted)
		m := "/v1/milestones/" + partner.post(path+"/milestones", `{"title":"Half","weight":50,"due_on":"2026-03-15"}`).want(201).str("id")
		i := partner.post(path+"/indicators", `{"title":"Agencies audited","unit":"agencies","ascending":true,"cumulative":true,
			"targets":[{"from":"2026-01-01","until":"2026-12-31","value":"41"}]}`).want(201).str("id")
		partner.move(path, "submit", nil).want(200)
		other.move(path, "accept", nil).want(200)
		other.move(path, "activate", nil).want(200)

		figures := []map[string]any{{"indicator_id": i, "value": "11"}}
		body := map[string]any{
			"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "Audits began.", "figures": figures,
			"milestones": []map[string]any{{"milestone_id": idOf(m), "evidence": "Seen."}},
		}
		report := "/v1/progress_reports/" + writer.post(path+"/progress_reports", body).want(201).str("id")
		partner.patch(report, `{"narrative":"Audits began, at last."}`).want(200)
		partner.move(report, "submit", nil).want(200)
		writer.move(report, "accept", nil).want(403)
		if got := fmt.Sprint(writer.get(report).at("_actions"), writer.get(m).at("_actions")); got != "[return] []" {
			t.Errorf("promised %s to who wrote", got)
		}
		other.move(report, "accept", nil).want(200)
		seen := map[string]any{"method": "data_check", "evidence": "Their database.", "confidence": "high", "figures": figures}
		writer.post(report+"/verify", seen).want(403)
		writer.move(m, "verify", nil).want(403)
		writer.move(m, "reject", map[string]string{"reason": "No."}).want(403)

		// What it corrects, and what was not believed before, stay theirs.
		other.move(m, "reject", map[string]string{"reason": "The link is dead."}).want(200)
		teller.move(m, "report", map[string]string{"evidence": "Seen again."}).want(200)
		for _, by := range []*client{writer, teller} {
			by.move(m, "verify", nil).want(403)
		}
		delete(body, "milestones")
		body["supersedes_id"] = idOf(report)
		second := "/v1/progress_reports/" + partner.post(path+"/progress_reports", body).want(201).str("id")
		sender.move(second, "submit", nil).want(200)
		for _, by := range []*client{writer, sender} {
			by.move(second, "accept", nil).want(403)
		}
		other.move(second, "accept", nil).want(200)
		writer.post(second+"/verify", seen).want(403)
		other.post(second+"/verify", seen).want(201)
		other.move(m, "verify", nil).want(200)
		partner.move(path, "claim_completion", nil).want(200)
		for _, by := range []*client{writer, sender, teller} {
			by.move(path, "verify", `{"outcome":"partly_met","method":"data_check","evidence":"Their database.","confidence":"low"}`).want(403)
		}
	})
}

// TestThePlanGrowsByAgreementOnly: a late milestone would thin out what is overdue, and
// words that one side alone wrote would stand in the register.
func TestThePlanGrowsByAgreementOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner, staff := w.caller(domain.Partner), w.as(domain.Staff)
		v := w.publish(w.seedCommitment(partner.actor.Organization, promise(), domain.CommitmentActive))
		w.seedMilestone(v, "2026-02-15")
		path, public := "/v1/commitments/"+string(v.ID), "/v1/register/commitments/"+string(v.ID)
		milestone := map[string]any{"title": "Later", "weight": 100, "due_on": "2026-12-31"}
		indicator := map[string]any{"title": "Easy", "unit": "sites", "ascending": true, "cumulative": true,
			"targets": []map[string]string{{"from": "2026-01-01", "until": "2026-12-31", "value": "5"}}}
		for _, alone := range []*client{partner, staff} {
			for list, body := range map[string]any{"milestones": milestone, "indicators": indicator} {
				if got := alone.post(path+"/"+list, body).want(409); !strings.Contains(string(got.Body), "propose an amendment") {
					t.Errorf("refused with %s", got.Body)
				}
			}
		}
		adds := map[string]any{"reason": "A second site.", "milestones": []any{milestone}, "indicators": []any{indicator}}
		a := partner.post(path+"/amendments", adds).want(201)
		if got := fmt.Sprint(a.at("milestones"), a.at("indicators")); !strings.Contains(got, "weight:100") || !strings.Contains(got, "value:5") {
			t.Errorf("proposed %s", a.Body)
		}
		status := func() string { return partner.get(path).want(200).str("health", "status") }
		told := func() bool { return strings.Contains(string(w.anyone().get(public).want(200).Body), "Later") }
		if got := status(); got != "off_track" || told() || len(partner.get(path+"/milestones").want(200).items()) != 1 {
			t.Errorf("what is proposed counts: %s, told %t", got, told())
		}
		partner.move("/v1/amendments/"+a.str("id"), "approve", nil).want(403)
		staff.move("/v1/amendments/"+a.str("id"), "approve", nil).want(200)
		if got := status(); got != "at_risk" || !told() {
			t.Errorf("what is agreed does not count: %s, told %t", got, told())
		}
		if got := partner.get(path + "/indicators").want(200).items(); len(got) != 1 || got[0]["title"] != "Easy" {
			t.Errorf("indicators %v", got)
		}

		// Of what the office adds the organization is asked before anybody reads it.
		milestone["title"] = "Another"
		office := staff.post(path+"/amendments", map[string]any{"reason": "More.", "milestones": []any{milestone}}).want(201).str("id")
		staff.move("/v1/amendments/"+office, "approve", nil).want(403)
		w.as(domain.Liaison).move("/v1/amendments/"+office, "approve", nil).want(200)
		w.anyone().get(public).want(404)
		partner.move(path, "consent", nil).want(200)
		if got := string(w.anyone().get(public).want(200).Body); !strings.Contains(got, "Amendment 2: milestone added: Another, due 2026-12-31, weight 100.") {
			t.Errorf("published as %s", got)
		}

		var history []string
		for _, e := range partner.get(path + "/history").want(200).items() {
			history = append(history, fmt.Sprint(e["event"]))
		}
		words := strings.Join(history, "\n")
		for _, told := range []string{
			"Amendment proposed: milestone added: Later, due 2026-12-31, weight 100; indicator added: Easy.",
			"Amendment approved: milestone added: Later, due 2026-12-31, weight 100; indicator added: Easy.",
			"Milestone planned: Later.", "Indicator planned: Easy.",
		} {
			if !strings.Contains(words, told) {
				t.Errorf("the history does not tell %q:\n%s", told, words)
			}
		}
		declined := partner.post(path+"/amendments", map[string]any{"reason": "Less.", "milestones": []any{milestone}}).want(201).str("id")
		staff.move("/v1/amendments/"+declined, "decline", map[string]string{"reason": "Twice."}).want(200)
		if got := len(partner.get(path + "/milestones").want(200).items()); got != 3 {
			t.Errorf("%d milestones after a declined one", got)
		}
	})
}

// measured is an active commitment of the caller's organization with one indicator, and a
// way to report a period of it and have that accepted.
func (w *world) measured(by *client, indicator string) (path, i string, report func(from, until, value string)) {
	w.Helper()
	path = w.commitmentFor(by, domain.CommitmentDrafted)
	i = by.post(path+"/indicators", indicator).want(201).str("id")
	by.move(path, "submit", nil).want(200)
	w.as(domain.Staff).move(path, "accept", nil).want(200)
	w.as(domain.Staff).move(path, "activate", nil).want(200)
	return path, i, func(from, until, value string) {
		w.Helper()
		r := "/v1/progress_reports/" + by.post(path+"/progress_reports", map[string]any{
			"period": map[string]string{"from": from, "until": until}, "narrative": "It went on.", "figures": []map[string]any{{"indicator_id": i, "value": value}},
		}).want(201).str("id")
		by.move(r, "submit", nil).want(200)
		w.as(domain.Staff).move(r, "accept", nil).want(200)
	}
}

// TestATargetIsJudgedWhenItsPeriodIsOver reports the same two numbers of four indicators
// and asks for the health before the target's last day has passed, and after.
func TestATargetIsJudgedWhenItsPeriodIsOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		type promised struct {
			path, why string
			report    func(from, until, value string)
		}
		var all []promised
		for how, why := range map[string]string{
			`"cumulative":false`:                        "", // they are added up
			`"cumulative":true`:                         "missed its target of 10 for 2026-03-01 to 2026-04-30: 5 was reported",
			`"cumulative":false,"measure":"percentage"`: "missed its target of 10 for 2026-03-01 to 2026-04-30: 5 was reported",
		} {
			path, _, report := w.measured(partner, `{"title":"Audits","unit":"agencies","ascending":true,`+how+`,"targets":[{"from":"2026-03-01","until":"2026-04-30","value":"10"}]}`)
			all = append(all, promised{path, why, report})
		}
		silent, _, _ := w.measured(partner, `{"title":"Audits","unit":"agencies","ascending":true,"cumulative":false,"targets":[{"from":"2026-03-01","until":"2026-04-30","value":"10"}]}`)
		health := func(on domain.Date, path, status, why string) {
			t.Helper()
			w.later(on.Time().Add(9 * time.Hour).Sub(w.clock.Now()))
			got := partner.get(path).want(200)
			if got.str("health", "status") != status || !strings.Contains(got.str("health", "reason"), why) {
				t.Errorf("on %s the health is %v, want %s: %q", on, got.at("health"), status, why)
			}
		}
		health("2026-04-01", silent, "on_track", "")
		for _, p := range all {
			p.report("2026-03-01", "2026-03-31", "6")
			health("2026-04-01", p.path, "on_track", "") // 4 of 10 are missing, and a month is left
		}
		health("2026-04-30", silent, "on_track", "")
		for _, p := range all {
			p.report("2026-04-01", "2026-04-30", "5")
			health("2026-04-30", p.path, "on_track", "") // the last day is part of it
		}
		for _, p := range all {
			status := "on_track"
			if p.why != "" {
				status = "at_risk"
			}
			health("2026-05-01", p.path, status, p.why)
		}
		// A report that doesn't come is waited for, and not for ever.
		health("2026-05-30", silent, "on_track", "")
		health("2026-05-31", silent, "at_risk", "has no figure for its target of 10 for 2026-03-01 to 2026-04-30")
	})
}

// TestPartsComeToNoMoreThanTheWhole breaks figures down, in a report and in what somebody
// found of it.
func TestPartsComeToNoMoreThanTheWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner, staff := w.caller(domain.Partner), w.as(domain.Staff)
		indicator := func(measure string) string {
			return `{"title":"Audits","unit":"agencies","ascending":true,"cumulative":true,"measure":"` + measure + `","disaggregation":["country","size"],
				"targets":[{"from":"2026-01-01","until":"2026-12-31","value":"41"}]}`
		}
		part := func(dimension, category, value string) map[string]string {
			return map[string]string{"dimension": dimension, "category": category, "value": value}
		}
		figures := func(i, value string, parts ...map[string]string) []map[string]any {
			return []map[string]any{{"indicator_id": i, "value": value, "parts": parts}}
		}
		path, i, _ := w.measured(partner, indicator("unit"))
		body := func(figures []map[string]any) map[string]any {
			return map[string]any{"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "Audits began.", "figures": figures}
		}
		for _, tt := range []struct {
			pointer, code string
			parts         []map[string]string
		}{
			{"/figures/0/parts/0/value", "invalid", []map[string]string{part("country", "MY", "11.51")}},
			{"/figures/0/parts/1/value", "invalid", []map[string]string{part("country", "MY", "6.50"), part("country", "SG", "5.000001")}},
			{"/figures/0/parts/0/value", "invalid", []map[string]string{part("country", "MY", "-1"), part("country", "SG", "12")}},
			{"/figures/0/parts/1/category", "duplicate", []map[string]string{part("country", "MY", "1"), part("country", "my", "1")}},
			{"/figures/0/parts/0/dimension", "unknown_value", []map[string]string{part("sex", "f", "1")}},
		} {
			partner.post(path+"/progress_reports", body(figures(i, "11.50", tt.parts...))).want(422).fault(tt.pointer, tt.code)
		}
		// Each dimension is a breakdown of its own, and what is left over is of nobody known.
		whole := figures(i, "11.50", part("size", "small", "11.5"), part("country", "MY", "6.50"), part("country", "SG", "5"))
		r := "/v1/progress_reports/" + partner.post(path+"/progress_reports", body(whole)).want(201).str("id")
		partner.patch(r, map[string]any{"figures": figures(i, "11.49", part("size", "small", "11.5"))}).want(422).fault("/figures/0/parts/0/value", "invalid")
		partner.patch(r, map[string]any{"figures": figures(i, "11.50", part("country", "MY", "6.50"), part("country", "SG", "5"), part("size", "small", "11"))}).want(200)
		partner.move(r, "submit", nil).want(200)
		staff.move(r, "accept", nil).want(200)
		found := func(value string, parts ...map[string]string) *result {
			return w.as(domain.Liaison).post(r+"/verify", map[string]any{"method": "data_check", "evidence": "Their database.", "confidence": "low", "figures": figures(i, value, parts...)})
		}
		found("9", part("country", "MY", "6.50"), part("country", "SG", "5")).want(422).fault("/figures/0/parts/1/value", "invalid")
		found("9", part("country", "MY", "6.50"), part("country", "SG", "2.5")).want(201)

		// Shares of parts are not parts of a share.
		path, i, _ = w.measured(partner, indicator("percentage"))
		partner.post(path+"/progress_reports", body(figures(i, "40", part("country", "MY", "90"), part("country", "SG", "20")))).want(201)
	})
}
