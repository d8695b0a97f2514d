package api_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// canary is a text that nothing else in the office holds, in a field that not
// everyone reads.
type canary struct {
	what, text string
	// may lists who may come across it; nobody where empty.
	may []*client
}

// in reports whether a text holds the canary, as it is or in another spelling.
func (c canary) in(text string) bool {
	for _, form := range []string{c.text, hex.EncodeToString([]byte(c.text)), base64.StdEncoding.EncodeToString([]byte(c.text)), url.QueryEscape(c.text)} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// aviary is an office with a canary in every field that protects something, and
// everyone who might look for them.
func aviary(w *world) (birds []canary, everyone map[string]*client) {
	own, advisor, other := w.organization("Aviary", domain.OrganizationApproved).ID, w.advisor(), w.advisor()
	everyone = map[string]*client{
		"anyone": w.anyone(), "a partner": w.member(domain.Partner, own), "its admin": w.member(domain.PartnerAdmin, own),
		"another partner": w.caller(domain.Partner), "the advisor": w.speaker(advisor), "a fellow": w.speaker(other), "another advisor": w.caller(domain.Advising),
	}
	for _, role := range []domain.Role{domain.Admin, domain.Staff, domain.Liaison, domain.Custodian, domain.Auditor} {
		everyone["of the office: "+string(role)] = w.as(role)
	}
	staff, liaison, partner, self := w.as(domain.Staff), w.as(domain.Liaison), everyone["a partner"], everyone["the advisor"]
	office, within := []*client{staff, liaison}, []*client{partner, everyone["its admin"], staff, liaison}
	reports, joins := w.agent(partner, domain.ReportOnCommitments), w.agent(everyone["its admin"], domain.JoinEngagements)
	everyone["who reports for the partner"], everyone["who joins for the partner"], everyone["its association"] = reports, joins, w.agentsDesk(partner)
	let := func(what, text string, may ...*client) string {
		birds = append(birds, canary{what, text, may})
		return text
	}

	// The vault and safe contact.
	self.do(http.MethodPut, advisorPath(advisor)+"/vault-entry", canaries, "If-Match", self.get(advisorPath(advisor)+"/vault-entry").tag()).want(200)
	for field, text := range canaries {
		let("the vault's "+field, text)
	}
	self.patch(advisorPath(advisor)+"/safe-contact", map[string]any{
		"code_word": let("a code word", "goldfinch kettle", self, liaison), "sender_name": let("a sender's name", "Linnet Library", self, liaison),
		"accommodations": let("accommodations", "a perch by the window", self, liaison),
	}).want(200)

	// What was written for some and not for others.
	e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: own}, domain.ParticipantDraft{Advisor: advisor})
	staff.patch(engagementPath(e), map[string]string{"private_notes": let("a private note", "afraid of the falconer", office...)}).want(200)
	outcome := []*client{partner, everyone["its admin"], self, staff, liaison}
	staff.patch(engagementPath(e), map[string]string{
		"title": let("an engagement's title", "a hide on the heath", append(outcome, joins)...), "shared_notes": let("what was said", "one of them ringed swifts herself", outcome...),
	}).want(200)
	consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
	w.draft(self, consultation, let("an advisor's draft", "the bullfinch hesitates", self))
	answer := w.draft(partner, consultation, let("a partner's answer", "the siskin reports", within...))
	partner.move(answer, "submit", nil).want(200)
	_, response := w.drafted(w.caller(domain.Partner))
	staff.patch(response, map[string]string{"reason": let("a draft response", "the warbler was not convinced", office...)}).want(200)
	council := w.council(advisor, other).ID
	w.recommendation(council, 2027, let("a draft recommendation", "protect the nightjar", self, everyone["a fellow"], staff, liaison))
	w.found(own, "reputation", "concern", "2099-01-01")
	check := staff.get("/v1/organizations/" + string(own) + "/checks").want(200).items()[0]["id"].(string)
	w.exec("UPDATE checks SET evidence = '" + let("a check's evidence", "seen near the plover trap", office...) + "' WHERE id = '" + check + "'")
	w.exec("UPDATE organizations SET stage_reason = '" + let("a vetting reason", "smells of lapwing", staff, liaison, w.as(domain.Admin)) + "' WHERE id = '" + string(own) + "'")
	report := w.reportFor(partner, domain.ProgressReportAccepted)
	w.exec("UPDATE progress_reports SET narrative = '" + let("a report's words", "forty nests were audited", append(within, reports)...) + "'")
	commitment := w.commitmentFor(partner, domain.CommitmentActive)
	partner.document("/v1/documents", let("a document's name", "fieldfare-roost.pdf", within...), aPDF, "parent_kind", "commitment", "parent_id", idOf(commitment)).want(201)
	staff.post("/v1/organizations/"+string(own)+"/contacts", map[string]string{"name": let("a contact's name", "Robin Dunnock", within...)}).want(201)
	liaison.post(report+"/verify", map[string]string{"method": "data_check", "evidence": let("a verification's evidence", "the wagtail told us", office...), "confidence": "low"}).want(201)

	// Tokens, passwords and keys. Whoever was shown one was shown it once.
	login := w.setPassword(self)
	let("a password", goodPassword)
	w.exec("UPDATE accounts SET login = 'waxwing-at-dusk' WHERE login = '" + login + "'")
	let("an advisor's sign-in name", "waxwing-at-dusk", self)
	tokens := w.anyone().signIn(map[string]string{"login": "waxwing-at-dusk", "password": goodPassword}).want(201)
	for _, name := range []string{"access_token", "refresh_token", "device_token"} {
		let("an "+name, tokens.str(name))
	}
	for _, hash := range w.column("SELECT password FROM accounts WHERE password LIKE '$%'") {
		let("a password's hash", hash)
	}
	_, invitation := w.invitation(w.as(domain.Admin))
	let("an invitation's token", invitation)
	let("a reset's token", w.mustReset(w.as(domain.Admin), w.another(domain.Staff, "", ""), "password").want(201).str("token"))
	let("a recovery code", staff.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)[0].(string))
	let("an authenticator's secret", appSecret)
	let("a receipt's code", w.anonymous(consultation))
	let("a calendar's address", strings.TrimPrefix(self.calendar(), "/v1/calendars/"))
	ring, err := w.store.KeyRing(w.Context())
	must(w, err)
	let("the key that signs", string(ring.Signer.Seed()))
	return birds, everyone
}

// draft begins a submission that only its author reads.
func (w *world) draft(by *client, consultation, text string) (path string) {
	w.Helper()
	return "/v1/submissions/" + by.post(consultation+"/submissions", map[string]any{"answers": []any{said("why", text)}}).want(201).str("id")
}

// TestNoCanaryIsSeenByWhoMayNot calls every operation, on every record, as
// everyone, and looks for each canary in what is answered, in the log and in the
// trail.
func TestNoCanaryIsSeenByWhoMayNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		birds, everyone := aviary(w)
		ids := idsOf(w, w)
		for table, all := range ids.of {
			ids.of[table] = all[:min(len(all), 6)] // those with a canary are met by who may, or the test fails
		}
		calls, met := 0, map[string]bool{}
		look := func(name string, c *client, method, path, body string, headers ...string) {
			r := ask(c, method, path, body, headers...)
			calls++
			text := string(r.Body) + fmt.Sprint(r.Header)
			for _, b := range birds {
				switch {
				case !b.in(text) || b.in(path) || b.in(body):
				case slices.Contains(b.may, c):
					met[b.what] = true
				default:
					t.Errorf("%s met %s by %s %s: %s", name, b.what, method, path, r.Body)
				}
			}
		}
		for name, c := range everyone {
			for _, path := range readsOf(ids) {
				look(name, c, http.MethodGet, path, "")
			}
		}
		for name, c := range everyone {
			for _, op := range openapi.Operations {
				if op.Method == http.MethodGet || strings.HasPrefix(op.Path, "/v1/sessions") || strings.HasPrefix(op.Path, "/v1/me/") || op.ContentType != "" && !strings.HasSuffix(op.ContentType, "json") {
					continue
				}
				for _, path := range filledOnce(op.Path, ids) {
					look(name, c, op.Method, path, op.Example, "If-Match", `"0"`, "Content-Type", op.ContentType)
				}
			}
		}
		db, err := w.store.SQL()
		must(t, err)
		trail := fmt.Sprint(w.strings(db, "SELECT * FROM audit_entries"))
		for _, b := range birds {
			if b.in(w.log.String()) {
				t.Errorf("the log holds %s", b.what)
			}
			if b.in(trail) {
				t.Errorf("the trail holds %s", b.what)
			}
			if len(b.may) > 0 && !met[b.what] {
				t.Errorf("nobody met %s, not even who may", b.what)
			}
		}
		t.Logf("%d calls, %d canaries", calls, len(birds))
	})
}

// readsOf is every GET of the contract on every record that its path may name.
func readsOf(ids worldIDs) (out []string) {
	for _, op := range openapi.Operations {
		if op.Method != http.MethodGet {
			continue
		}
		for _, path := range filledOnce(op.Path, ids) {
			out = append(out, path+query(op, ""))
		}
	}
	return out
}

// filledOnce is filled but for what names no record there is.
func filledOnce(path string, ids worldIDs) []string {
	if !strings.Contains(path, "{") {
		return []string{path}
	}
	return slices.DeleteFunc(filled(path, ids), func(p string) bool { return strings.Contains(p, "no-id") })
}
