package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

// begun is a draft of the caller's.
func (w *world) begun(by *client, consultation string, answers ...map[string]any) string {
	w.Helper()
	body := map[string]any{"answers": append([]map[string]any{said("why", "Nobody checks.")}, answers...)}
	return "/v1/submissions/" + by.post(consultation+"/submissions", body).want(201).str("id")
}

// submitted is what the caller handed in.
func (w *world) submitted(by *client, consultation string, answers ...map[string]any) string {
	w.Helper()
	path := w.begun(by, consultation, answers...)
	by.move(path, "submit", nil).want(200)
	return path
}

// author is the caller, if it can write a submission, or a partner.
func (w *world) author(by *client) *client {
	w.Helper()
	if by.actor.Organization != "" || by.actor.Advisor != "" {
		return by
	}
	return w.another(domain.Partner, w.approvedOrganization().ID, "")
}

// submissionFor is a submission of the caller's, or for it to read, in an open
// consultation.
func (w *world) submissionFor(by *client) string {
	w.Helper()
	author := w.author(by)
	return w.submitted(author, w.consultationFor(author, domain.ConsultationOpen))
}

func init() {
	walk["listSubmissions"] = func(*world, *client) call { return call{path: "/v1/submissions"} }
	walk["createSubmission"] = func(w *world, by *client) call {
		return call{path: w.consultationFor(by, domain.ConsultationOpen) + "/submissions"}
	}
	for op, rest := range map[string]string{"editSubmission": "", "submitSubmission": "/submit"} {
		walk[op] = func(w *world, by *client) call {
			author := w.author(by)
			return call{path: w.begun(author, w.consultationFor(author, domain.ConsultationOpen)) + rest}
		}
	}
	for op, rest := range map[string]string{
		"getSubmission": "", "amendSubmission": "/amend", "withdrawSubmission": "/withdraw", "acceptSubmission": "/accept",
		"withholdSubmission": "/withhold", "listSubmissionVersions": "/versions", "listSubmissionResponses": "/responses",
		"listMessages": "/messages", "createMessage": "/messages", "listCodings": "/codings",
	} {
		walk[op] = func(w *world, by *client) call { return call{path: w.submissionFor(by) + rest} }
	}
	walk["createCoding"] = func(w *world, by *client) call {
		path, body := w.codable(by)
		return call{path: path + "/codings", body: body}
	}
	for _, op := range []string{"getCoding", "removeCoding"} {
		walk[op] = func(w *world, by *client) call {
			path, body := w.codable(by)
			return call{path: "/v1/codings/" + w.as(domain.Staff).post(path+"/codings", body).want(201).str("id")}
		}
	}
}

// codable is a submission, and a coding of its one answer to a theme.
func (w *world) codable(by *client) (submission string, coding map[string]string) {
	w.Helper()
	author := w.author(by)
	consultation := w.consultationFor(author, domain.ConsultationOpen)
	theme := w.theme(consultation)
	return w.submitted(author, consultation), map[string]string{"question": "why", "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}
}

func TestADraftIsItsAuthorsAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.approvedOrganization()
		author, colleague, staff := w.member(domain.Partner, own.ID), w.member(domain.PartnerAdmin, own.ID), w.as(domain.Staff)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		path := "/v1/submissions/" + author.post(consultation+"/submissions", `{}`).want(201).str("id")
		author.post(consultation+"/submissions", `{}`).want(409) // one for each organization
		staff.get(path).want(404)
		if n := len(staff.get("/v1/submissions").want(200).items()); n != 0 {
			t.Errorf("staff list %d drafts", n)
		}
		w.member(domain.Partner, w.approvedOrganization().ID).get(path).want(404)
		author.move(path, "submit", nil).want(422).fault("/answers", "required")
		author.patch(path, map[string]any{"answers": []any{said("why", "Saved."), said("when", "?")}}).want(422).fault("/answers/1/question", "unknown_value")
		colleague.patch(path, map[string]any{"answers": []any{said("why", "Saved by a colleague.")}}).want(200)
		stale := author.get(path).tag()
		author.patch(path, map[string]any{"answers": []any{said("why", "Saved.")}}).want(200)
		author.do("PATCH", path, map[string]any{"answers": []any{}}, "If-Match", stale).want(412)
		author.move(path, "submit", nil).want(200)
		author.patch(path, `{"answers":[]}`).want(409)
		author.move(path, "submit", nil).want(409)

		got := staff.get(path).want(200)
		if got.str("organization_id") != string(own.ID) || got.str("category") != "private_sector" || got.at("receipt") != nil || !strings.Contains(string(got.Body), "Saved.") {
			t.Errorf("staff see %s", got.Body)
		}
		staff.patch(path, `{"answers":[]}`).want(403)
		staff.move(path, "withdraw", nil).want(403)
		staff.move(path, "submit", nil).want(403)
		staff.get(path + "/versions").want(403)
		author.move(path, "accept", nil).want(403)
		author.get(path + "/codings").want(403)
		if n := w.count("SELECT count(*) FROM submission_versions"); n != 1 {
			t.Errorf("%d versions are kept of one that was handed in", n)
		}
	})
}

func TestWhoMayJoin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		applicant := w.organization("Applicant", domain.OrganizationIntake)
		open := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		w.member(domain.Partner, applicant.ID).post(open+"/submissions", `{}`).want(403)
		w.as(domain.Staff).post(open+"/submissions", `{}`).want(403)
		closed := consultationPath(w.consultation(domain.ConsultationClosed, everybody).ID)
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		partner.post(closed+"/submissions", `{}`).want(409)
		hidden := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForAdvisors: true}).ID)
		partner.post(hidden+"/submissions", `{}`).want(404)
		partner.post(open+"/submissions", `{"attribution":"anonymous"}`).want(422).fault("/attribution", "invalid")
		w.speaker(w.advisor()).post(open+"/submissions", `{"attribution":"attributed","attributed_to":"Ana"}`).want(422).fault("/attribution", "invalid")
	})
}

func TestAnAdvisorIsKnownByAnAliasOfOneConsultationAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		advisor := w.advisorCalled("Marigold")
		author, staff := w.speaker(advisor), w.as(domain.Staff)
		aliases := map[string]bool{}
		var paths []string
		for range 2 {
			path := w.submitted(author, consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForAdvisors: true}).ID))
			got := staff.get(path).want(200)
			if got.str("attribution") != "pseudonymous" || got.str("category") != "advisors" || !strings.HasPrefix(got.str("alias"), "Voice ") {
				t.Errorf("staff see %s", got.Body)
			}
			for _, secret := range []string{string(advisor), string(author.actor.Account), "Marigold"} {
				if strings.Contains(string(got.Body), secret) {
					t.Errorf("staff see %s in %s", secret, got.Body)
				}
			}
			aliases[got.str("alias")] = true
			paths = append(paths, path)
		}
		if len(aliases) != 2 {
			t.Errorf("aliases %v", aliases)
		}
		path := "/v1/submissions/" + author.post(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)+"/submissions",
			map[string]any{"attribution": "anonymous", "answers": []any{said("why", "Fear.")}}).want(201).str("id")
		author.move(path, "submit", nil).want(200)
		if got := staff.get(path).want(200); got.str("category") != "public" || got.str("alias") != "" || got.str("attribution") != "anonymous" {
			t.Errorf("staff see %s", got.Body)
		}
		author.get(path).want(200)

		w.forward(40 * time.Hour) // until then the trail has nothing of it
		for _, path := range paths {
			w.audited(path, func(at time.Time, actor, request string) bool {
				return actor == "" && request == "" && at.Equal(at.Truncate(24*time.Hour))
			}, "submission.created", "submission.submitted")
		}
	})
}

// audited checks the audit entries about a record at its path.
func (w *world) audited(path string, want func(at time.Time, actor, request string) bool, events ...string) {
	w.Helper()
	record := path[strings.LastIndex(path, "/")+1:]
	var seen []string
	for _, e := range w.another(domain.Auditor, "", "").get("/v1/audit?record_id=" + record).want(200).items() {
		event, _ := e["event"].(string)
		if !slices.Contains(events, event) {
			continue
		}
		seen = append(seen, event)
		at, err := time.Parse(time.RFC3339, e["at"].(string))
		must(w, err)
		actor, _ := e["actor_id"].(string)
		request, _ := e["request_id"].(string)
		if !want(at, actor, request) {
			w.Errorf("audited as %v", e)
		}
	}
	slices.Sort(seen)
	slices.Sort(events)
	if !slices.Equal(seen, events) {
		w.Errorf("audited %v, want %v", seen, events)
	}
}

func TestWhatStaffReadIsNoted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author, staff := w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Staff)
		path := w.submitted(author, consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		author.get(path).want(200)
		staff.get("/v1/submissions").want(200)
		w.audited(path, nil)
		staff.get(path).want(200)
		w.audited(path, func(_ time.Time, actor, request string) bool {
			return actor == string(staff.actor.Account) && request != ""
		}, "submission.opened")
	})
}

func TestAmendingKeepsVersionsForTheAuthor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author, staff := w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Staff)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		path := w.submitted(author, consultation)
		staff.move(path, "withhold", map[string]string{"reason": "It names a third person."}).want(200)
		if got := author.get(path).want(200); got.str("withheld_reason") != "It names a third person." {
			t.Errorf("the author sees %s", got.Body)
		}
		author.move(path, "amend", `{"answers":[]}`).want(422).fault("/answers", "required")
		author.move(path, "amend", map[string]any{"answers": []any{said("why", "Without names.")}}).want(200)
		got := staff.get(path).want(200)
		if got.str("stage") != "submitted" || got.at("number") != 2.0 || got.str("withheld_reason") != "" || strings.Contains(string(got.Body), "Nobody checks") {
			t.Errorf("staff see %s", got.Body)
		}
		versions := author.get(path + "/versions").want(200)
		if n := versions.column("number"); !slices.Equal(n, []string{"1", "2"}) || !strings.Contains(string(versions.Body), "Nobody checks") {
			t.Errorf("the author sees %s", versions.Body)
		}
		staff.move(path, "accept", nil).want(200)
		staff.move(path, "accept", nil).want(409)
		w.bring(consultation, "close")
		author.move(path, "amend", map[string]any{"answers": []any{said("why", "Late.")}}).want(409)
		staff.move(path, "withhold", map[string]string{"reason": "After all."}).want(200)
		staff.move(path, "withhold", map[string]string{"reason": "Again."}).want(409)
	})
}

var keyed = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

func TestAReceiptIsSignedAndNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.approvedOrganization()
		author, anyone := w.member(domain.Partner, own.ID), w.anyone()
		consultation := w.consultation(domain.ConsultationOpen, everybody)
		path := w.submitted(author, consultationPath(consultation.ID))
		got := author.get(path).want(200)
		statement, content := got.str("receipt", "statement"), got.str("receipt", "content")
		if !keyed.MatchString(statement) || !strings.Contains(content, "Nobody checks.") {
			t.Fatalf("the receipt is %s", got.Body)
		}
		check := anyone.post("/v1/receipts/verify", map[string]string{"statement": statement, "content": content}).want(200)
		sum := sha256.Sum256([]byte(content))
		if check.at("valid") != true || check.at("content_matches") != true || check.str("sha256") != hex.EncodeToString(sum[:]) || check.str("received_on") != "2026-03-02" {
			t.Errorf("checked: %s", check.Body)
		}
		for _, secret := range []string{string(own.ID), strings.TrimPrefix(path, "/v1/submissions/"), string(author.actor.Account)} {
			if strings.Contains(string(check.Body)+content, secret) {
				t.Errorf("the receipt names %s", secret)
			}
		}
		for name, body := range map[string]map[string]string{
			"another content":   {"statement": statement, "content": content + " "},
			"another statement": {"statement": statement[:len(statement)-4] + "AAAA"},
			"none":              {"statement": "x"},
		} {
			got := anyone.post("/v1/receipts/verify", body).want(200)
			if got.at("valid") == true && got.at("content_matches") != false {
				t.Errorf("%s: %s", name, got.Body)
			}
		}
		author.move(path, "withdraw", nil).want(200)
		if got := anyone.post("/v1/receipts/verify", map[string]string{"statement": statement}).want(200); got.at("valid") != true {
			t.Error("what was signed is no longer so after the withdrawal")
		}
		if keys := anyone.get("/v1/receipts/keys").want(200); !strings.Contains(string(keys.Body), `"crv":"Ed25519"`) {
			t.Errorf("keys: %s", keys.Body)
		}
	})
}

func TestWithdrawingDestroysTheKeyAndLeavesNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const canary = "canaria serinus"
		advisor := w.advisor()
		author, staff := w.speaker(advisor), w.as(domain.Staff)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForAdvisors: true}).ID)
		theme := w.theme(consultation)
		path := "/v1/submissions/" + author.post(consultation+"/submissions", map[string]any{"answers": []any{said("why", canary)}}, "Idempotency-Key", "a-key-of-the-author").want(201).str("id")
		author.move(path, "submit", nil).want(200)
		author.move(path, "amend", map[string]any{"answers": []any{said("why", canary+" amended")}}).want(200)
		author.post(path+"/messages", map[string]string{"text": canary}).want(201)
		staff.post(path+"/codings", map[string]string{"question": "why", "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}).want(201)
		alias := staff.get(path).str("alias")
		if holds := w.dump() + string(w.bytesOf(w.file())) + w.log.String(); strings.Contains(holds, canary) || strings.Contains(holds, hex.EncodeToString([]byte(canary))) {
			t.Error("what was said is there in the clear")
		}

		got := author.move(path, "withdraw", nil).want(200)
		if got.str("stage") != "withdrawn" || strings.Contains(string(got.Body), "answers") {
			t.Errorf("withdrawn: %s", got.Body)
		}
		author.get(path).want(404) // nothing leads the author there any more
		for _, table := range []string{"submission_keys", "submission_versions", "submission_authors", "messages", "codings"} {
			if n := w.count("SELECT count(*) FROM " + table); n != 0 {
				t.Errorf("%d rows stay in %s", n, table)
			}
		}
		left := staff.get(path).want(200)
		if want := fmt.Sprintf(`{"_actions":[],"consultation_id":"%s","id":"%s","stage":"withdrawn"}`,
			strings.TrimPrefix(consultation, "/v1/consultations/"), strings.TrimPrefix(path, "/v1/submissions/")); string(left.Body) != want {
			t.Errorf("staff see %s, want %s", left.Body, want)
		}
		if strings.Contains(w.dump(), alias) {
			t.Error("the alias stays")
		}
		staff.post(path+"/messages", map[string]string{"text": "Why?"}).want(409)
		staff.post(path+"/codings", map[string]string{"question": "why", "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}).want(409)
		staff.move(path, "accept", nil).want(409)
		w.submitted(author, consultation) // and may come again
	})
}

func TestAWithdrawnSubmissionStaysWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author := w.member(domain.Partner, w.approvedOrganization().ID)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		path := w.submitted(author, consultation)
		tag := author.get(path).tag()
		var twenty []int
		for i := range 20 {
			twenty = append(twenty, i)
		}
		got := statuses(twenty, func(int) *result { return author.post(path+"/withdraw", nil, "If-Match", tag) })
		if got[200] != 1 || got[404]+got[412] != 19 {
			t.Errorf("withdrawn by twenty: %v", got)
		}
	})
}

func TestAuthorAndOfficeTalk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author, staff := w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Staff)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		path := w.begun(author, consultation)
		author.post(path+"/messages", map[string]string{"text": "Wait."}).want(409) // a draft is not there for anyone
		author.move(path, "submit", nil).want(200)
		staff.post(path+"/messages", map[string]string{"text": "May we quote you?"}).want(201)
		author.post(path+"/messages", map[string]string{"text": " \n"}).want(422).fault("/text", "required")
		author.post(path+"/messages", map[string]string{"text": "You may."}).want(201)
		for _, by := range []*client{author, staff} {
			got := by.get(path + "/messages").want(200)
			if fmt.Sprint(got.column("from"), got.column("text"), got.column("number")) != "[office author] [May we quote you? You may.] [1 2]" {
				t.Errorf("got %s", got.Body)
			}
		}
		if page := author.get(path + "/messages?limit=1").want(200); len(page.items()) != 1 || page.str("next_cursor") == "" {
			t.Errorf("a page of one: %s", page.Body)
		}
		w.member(domain.Partner, w.approvedOrganization().ID).get(path + "/messages").want(404)
		w.as(domain.Admin).get(path + "/messages").want(404)
	})
}

func TestAuthorsLearnWhatBecameOfTheirAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.approvedOrganization()
		author, staff := w.member(domain.Partner, own.ID), w.as(domain.Staff)
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		path := w.submitted(author, consultation, chose("worker"))
		fees, other := w.theme(consultation), w.theme(consultation)
		code := func(question, theme string, status int) *result {
			t.Helper()
			return staff.post(path+"/codings", map[string]string{"question": question, "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}).want(status)
		}
		code("why", fees, 201)
		second := "/v1/codings/" + code("who", fees, 201).str("id")
		code("who", fees, 409)
		code("what", fees, 422).fault("/question", "unknown_value")
		code("why", w.theme(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)), 422).fault("/theme_id", "unknown_value")
		code("why", "/v1/themes/6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11", 422).fault("/theme_id", "unknown_value")
		if got := staff.get(path + "/codings").want(200); len(got.items()) != 2 || fmt.Sprint(got.column("codebook_version")) != "[2 2]" {
			t.Errorf("codings: %s", got.Body)
		}
		if n := len(staff.get("/v1/submissions?theme_id=" + strings.TrimPrefix(fees, "/v1/themes/")).want(200).items()); n != 1 {
			t.Errorf("staff find %d by the theme", n)
		}
		if n := len(author.get("/v1/submissions?theme_id=" + strings.TrimPrefix(fees, "/v1/themes/")).want(200).items()); n != 0 {
			t.Error("an author finds the own submission by a theme")
		}
		staff.move(fees, "retire", nil).want(409)
		staff.do("DELETE", second, nil, "If-Match", staff.get(second).tag()).want(204)
		w.bring(consultation, "close", "begin_analysis", "begin_response")
		w.respond(fees, "adopted_in_part")
		w.respond(other, "declined")
		if got := author.get(path + "/responses").want(200); len(got.items()) != 0 {
			t.Errorf("before the publication: %s", got.Body)
		}
		w.bring(consultation, "publish")
		got := author.get(path + "/responses").want(200)
		if fmt.Sprint(got.column("question"), got.column("outcome")) != "[why] [adopted_in_part]" {
			t.Errorf("after it: %s", got.Body)
		}
		first := "/v1/codings/" + staff.get(path + "/codings").items()[0]["id"].(string)
		staff.do("DELETE", first, nil, "If-Match", staff.get(first).tag()).want(409)
		code("who", other, 409)
	})
}

func TestAnOrganizationThatLostItsStandingHandsNothingIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.approvedOrganization()
		author := w.member(domain.Partner, own.ID)
		path := w.begun(author, consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		w.as(domain.Staff).move("/v1/organizations/"+string(own.ID), "suspend", map[string]string{"reason": "A new allegation."}).want(200)
		author.move(path, "submit", nil).want(403)
		author.move(path, "withdraw", nil).want(200)
	})
}

func TestASubmissionIsAHearingUntilItIsWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Initiative = w.initiative("Fees", domain.InitiativeScoping).ID
		consultation := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		heard := func(want string) {
			t.Helper()
			if got := strings.Join(w.column("SELECT heard_group || ' ' || stage FROM hearings ORDER BY heard_group"), ", "); got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
		}
		w.anonymous(consultation)
		silent := w.speaker(w.advisor())
		path := "/v1/submissions/" + silent.post(consultation+"/submissions", map[string]any{"attribution": "anonymous", "answers": []any{said("why", "Fear.")}}).want(201).str("id")
		silent.move(path, "submit", nil).want(200)
		company := w.member(domain.Partner, w.approvedOrganization().ID)
		w.begun(company, consultation)
		heard("") // nobody who says nothing in a name
		w.submitted(w.member(domain.Partner, w.organizationOf(domain.OrganizationNGO)), consultation)
		author := w.speaker(w.advisor())
		path = w.submitted(author, consultation)
		heard("civil_society scoping, survivors scoping")
		author.move(path, "withdraw", nil).want(200)
		heard("civil_society scoping")
	})
}

func TestSubmissionsAreFoundByWhatStaffAsk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		v := w.consultation(domain.ConsultationOpen, everybody)
		path := consultationPath(v.ID)
		w.submitted(w.member(domain.Partner, w.approvedOrganization().ID), path)
		w.submitted(w.member(domain.Partner, w.organizationOf(domain.OrganizationNGO)), path)
		w.submitted(w.member(domain.Partner, w.approvedOrganization().ID), consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		for query, want := range map[string]float64{
			"consultation_id=" + string(v.ID): 2, "category=civil_society": 1, "stage=submitted": 3, "stage=withheld": 0,
		} {
			got := w.as(domain.Staff).get("/v1/submissions?count=exact&" + query).want(200)
			if got.at("total") != want || strings.Contains(string(got.Body), "Nobody checks") {
				t.Errorf("%s: %s", query, got.Body)
			}
		}
		w.as(domain.Admin).get("/v1/submissions").want(403)
		w.as(domain.Auditor).get("/v1/submissions").want(403)
	})
}
