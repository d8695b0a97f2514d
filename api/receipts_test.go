package api_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
)

// anonymous submits without an account and returns the receipt code.
func (w *world) anonymous(consultation string) string {
	w.Helper()
	return w.anyone().post(consultation+"/anonymous-submissions", map[string]any{"answers": []any{said("why", "Fear."), chose("worker")}}).want(201).str("code")
}

func init() {
	walk["submitAnonymously"] = func(w *world, _ *client) call {
		return call{path: consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID) + "/anonymous-submissions"}
	}
	for op, body := range map[string]map[string]any{
		"readReceipt": {}, "withdrawReceipt": {}, "sendReceiptMessage": {"text": "A word more."},
		"amendReceipt": {"number": 1, "answers": []any{said("why", "Less fear.")}},
	} {
		path := "/v1/receipts/" + map[string]string{"readReceipt": "read", "withdrawReceipt": "withdraw", "sendReceiptMessage": "messages", "amendReceipt": "amend"}[op]
		walk[op] = func(w *world, _ *client) call {
			filled := map[string]any{"code": w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))}
			for name, value := range body {
				filled[name] = value
			}
			return call{path: path, body: filled}
		}
	}
	walk["verifyReceipt"] = func(*world, *client) call { return call{path: "/v1/receipts/verify"} }
	walk["getReceiptKeys"] = func(*world, *client) call { return call{path: "/v1/receipts/keys"} }
}

func TestAReceiptAndNothingElseIsTheAuthor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		code, staff := w.anonymous(consultation), w.as(domain.Staff)
		with := func(code string, more map[string]any) map[string]any {
			body := map[string]any{"code": code}
			for name, value := range more {
				body[name] = value
			}
			return body
		}
		holder := w.anyone()
		got := holder.post("/v1/receipts/read", with(code, nil)).want(200)
		if got.str("stage") != "submitted" || got.at("number") != 1.0 || fmt.Sprint(got.at("_actions")) != "[amend withdraw write]" {
			t.Errorf("read: %s", got.Body)
		}
		holder.post("/v1/receipts/read", with(strings.ToLower(strings.ReplaceAll(code, "-", " ")), nil)).want(200)

		path := "/v1/submissions/" + staff.get("/v1/submissions").items()[0]["id"].(string)
		if got := staff.get(path).want(200); got.str("attribution") != "anonymous" || got.str("category") != "public" || got.str("received_on") != "2026-03-02" {
			t.Errorf("staff see %s", got.Body)
		}
		staff.post(path+"/messages", map[string]string{"text": "May we quote you?"}).want(201)
		got = holder.post("/v1/receipts/messages", with(code, map[string]any{"text": "You may."})).want(201)
		if fmt.Sprint(got.at("messages")) != "[map[from:office number:1 sent_on:2026-03-02 text:May we quote you?] map[from:author number:2 sent_on:2026-03-02 text:You may.]]" {
			t.Errorf("the talk: %s", got.Body)
		}
		if talk := staff.get(path + "/messages").want(200); fmt.Sprint(talk.column("from")) != "[office author]" {
			t.Errorf("staff see %s", talk.Body)
		}

		staff.move(path, "withhold", map[string]string{"reason": "It names a third person."}).want(200)
		if got := holder.post("/v1/receipts/read", with(code, nil)).want(200); got.str("withheld_reason") == "" {
			t.Errorf("read: %s", got.Body)
		}
		holder.post("/v1/receipts/amend", with(code, map[string]any{"number": 1, "answers": []any{chose("worker")}})).want(422).fault("/answers", "required")
		got = holder.post("/v1/receipts/amend", with(code, map[string]any{"number": 1, "answers": []any{said("why", "Without names.")}})).want(200)
		if got.at("number") != 2.0 || got.str("stage") != "submitted" {
			t.Errorf("amended: %s", got.Body)
		}
		holder.post("/v1/receipts/amend", with(code, map[string]any{"number": 1, "answers": []any{said("why", "Over it.")}})).want(409)
		if check := holder.post("/v1/receipts/verify", got.at("receipt")).want(200); check.at("valid") != true || check.at("content_matches") != true {
			t.Errorf("its receipt: %s", check.Body)
		}

		w.bring(consultation, "close")
		holder.post("/v1/receipts/amend", with(code, map[string]any{"number": 2, "answers": []any{said("why", "Late.")}})).want(409)
		if got := holder.post("/v1/receipts/withdraw", with(code, nil)).want(200); got.str("stage") != "withdrawn" || got.at("answers") != nil || len(got.at("messages").([]any)) != 0 {
			t.Errorf("withdrawn: %s", got.Body)
		}
		if got := holder.post("/v1/receipts/read", with(code, nil)).want(200); got.str("stage") != "withdrawn" || got.at("receipt") != nil {
			t.Errorf("read after the withdrawal: %s", got.Body)
		}
		holder.post("/v1/receipts/withdraw", with(code, nil)).want(409)
		holder.post("/v1/receipts/messages", with(code, map[string]any{"text": "Still here?"})).want(409)
	})
}

// unknown has the form of a code and opens nothing.
const unknown = "00000-00000-00000-00000-00000"

func TestAnUnknownCodeOpensNothingAndTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		bodies := map[string]map[string]any{
			"read": {}, "withdraw": {}, "messages": {"text": "Hello."}, "amend": {"number": 1, "answers": []any{said("why", "Mine.")}},
		}
		answers := map[string]bool{}
		for operation, body := range bodies {
			for _, by := range []*client{w.anyone(), w.as(domain.Staff), w.as(domain.Admin)} {
				body["code"] = unknown
				answers[withoutRequestID(by.post("/v1/receipts/"+operation, body).want(404))] = true
			}
			body["code"] = code[:28] + "U"
			w.anyone().post("/v1/receipts/"+operation, body).want(422).fault("/code", "invalid")
		}
		if len(answers) != 1 {
			t.Errorf("unknown codes are answered in %d ways: %v", len(answers), answers)
		}
	})
}

func TestOfAnAnonymousAuthorNothingIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own := w.approvedOrganization()
		partner := w.another(domain.Partner, own.ID, "")
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		logged := len(w.log.String())
		body := map[string]any{"answers": []any{said("why", "canaria serinus")}}
		issued := partner.post(consultation+"/anonymous-submissions", body, "Idempotency-Key", "a-key-of-the-author", "User-Agent", "aviary/1.0", "X-Forwarded-For", "203.0.113.77").want(201)
		code := issued.str("code")
		again := partner.post(consultation+"/anonymous-submissions", body, "Idempotency-Key", "a-key-of-the-author").want(201)
		if again.str("code") != code || w.count("SELECT count(*) FROM submissions") != 1 {
			t.Error("repeated, it is not the same")
		}
		partner.post("/v1/receipts/read", map[string]string{"code": code}).want(200)
		partner.post("/v1/receipts/amend", map[string]any{"code": code, "number": 1, "answers": []any{said("why", "canaria serinus")}}).want(200)
		partner.post("/v1/receipts/messages", map[string]any{"code": code, "text": "canaria serinus"}).want(201)
		if lines := w.log.String()[logged:]; strings.Contains(lines, "submissions") || strings.Contains(lines, "receipts") || strings.Contains(lines, string(partner.actor.Account)) {
			t.Errorf("logged: %s", lines)
		}
		holds := w.dump() + string(w.bytesOf(w.file()))
		for _, secret := range []string{code, strings.ReplaceAll(code, "-", ""), "canaria", "203.0.113.77", "127.0.0.1", "aviary/1.0", issued.Header.Get("X-Request-Id")} {
			if strings.Contains(holds, secret) {
				t.Errorf("the database holds %s", secret)
			}
		}
		submission := w.column("SELECT id FROM submissions")[0]
		w.forward(48 * time.Hour) // before, the trail doesn't show what names nobody
		w.audited("/v1/submissions/"+submission, func(at time.Time, actor, request string) bool {
			return actor == "" && request == "" && at.Equal(at.Truncate(24*time.Hour))
		}, "submission.submitted", "submission.amended")
		for _, table := range []string{"submissions", "messages"} {
			for _, row := range w.stored("SELECT created_at, updated_at FROM " + table) {
				for _, at := range row {
					if !at.Equal(at.Truncate(24 * time.Hour)) {
						t.Errorf("%s keeps %s", table, at)
					}
				}
			}
		}
		if n := w.count("SELECT count(*) FROM submission_authors"); n != 0 {
			t.Errorf("%d authors are kept", n)
		}
		if n := len(partner.again().get("/v1/submissions").want(200).items()); n != 0 {
			t.Error("the account that sent it finds it")
		}
	})
}

// stored are times as the database has them.
func (w *world) stored(query string) (out [][2]time.Time) {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	rows, err := db.QueryContext(w.Context(), query)
	must(w, err)
	defer rows.Close()
	for rows.Next() {
		var pair [2]time.Time
		must(w, rows.Scan(&pair[0], &pair[1]))
		out = append(out, [2]time.Time{pair[0].UTC(), pair[1].UTC()})
	}
	must(w, rows.Err())
	return out
}

func TestAnonymousSubmissionsAreForThePublicAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		excluded := w.approvedOrganization()
		body := map[string]any{"answers": []any{said("why", "Fear.")}}
		for name, tt := range map[string]struct {
			a      domain.Audience
			by     *client
			status int
		}{
			"the public":            {everybody, w.anyone(), 201},
			"advisors":              {domain.Audience{ForAdvisors: true}, w.anyone(), 404},
			"an advisor among them": {domain.Audience{ForAdvisors: true}, w.speaker(w.advisor()), 403},
			"one from which an organization is excluded": {domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{excluded.ID}}, w.member(domain.Partner, excluded.ID), 404},
		} {
			t.Run(name, func(t *testing.T) {
				path := consultationPath(w.consultation(domain.ConsultationOpen, tt.a).ID)
				tt.by.post(path+"/anonymous-submissions", body).want(tt.status)
			})
		}
		closed := consultationPath(w.consultation(domain.ConsultationClosed, everybody).ID)
		w.anyone().post(closed+"/anonymous-submissions", body).want(409)
	})
}

func TestTheHolderOfAReceiptLearnsWhatBecameOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		code, staff := w.anonymous(consultation), w.as(domain.Staff)
		theme := w.theme(consultation)
		path := "/v1/submissions/" + staff.get("/v1/submissions").items()[0]["id"].(string)
		staff.post(path+"/codings", map[string]string{"question": "why", "theme_id": strings.TrimPrefix(theme, "/v1/themes/")}).want(201)
		w.bring(consultation, "close", "begin_analysis", "begin_response")
		w.respond(theme, "adopted")
		read := func() *result { return w.anyone().post("/v1/receipts/read", map[string]string{"code": code}).want(200) }
		if got := read(); len(got.at("responses").([]any)) != 0 {
			t.Errorf("before the publication: %s", got.Body)
		}
		w.bring(consultation, "publish")
		if got := read(); fmt.Sprint(got.at("responses")) == "[]" || !strings.Contains(string(got.Body), `"outcome":"adopted"`) {
			t.Errorf("after it: %s", got.Body)
		}
	})
}

func TestACodeStandsInNoAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		for _, path := range []string{"/v1/receipts/" + code, "/v1/receipts/read?code=" + code} {
			if got := w.anyone().get(path); got.Status < http.StatusBadRequest {
				t.Errorf("GET %s answered %d", path, got.Status)
			}
		}
		w.anyone().post("/v1/receipts/read?code="+code, map[string]string{"code": code}).want(400)
	})
}

func init() {
	secrets = append(secrets, secret{
		name: "submissions of others before the publication",
		story: func(w *world) map[string]*client {
			author, silent := w.member(domain.Partner, w.approvedOrganization().ID), w.member(domain.PartnerAdmin, w.approvedOrganization().ID)
			path := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
			w.submitted(author, path)
			w.keep("secret partner", func() *client { return w.another(domain.Partner, w.approvedOrganization().ID, "") })
			w.keep("secret advisor", func() *client { return w.another(domain.Advising, "", w.advisorCalled("Marigold")) })
			return map[string]*client{
				"anyone": w.anyone(), "another author": author, "a partner": silent,
				"an advisor": w.speaker(w.advisor()), "an admin": w.as(domain.Admin),
			}
		},
		happens: func(w *world) {
			path := consultationPath(domain.ConsultationID(w.column("SELECT id FROM consultations")[0]))
			code := w.anonymous(path)
			w.anonymous(path)
			w.anyone().post("/v1/receipts/withdraw", map[string]string{"code": code}).want(200)
			for _, author := range []string{"secret partner", "secret advisor"} {
				w.submitted(w.clients[author], path)
			}
		},
		after: func(w *world) {
			path := consultationPath(domain.ConsultationID(w.column("SELECT id FROM consultations")[0]))
			w.bring(path, "close", "begin_analysis", "begin_response")
		},
	})
}

// TestAProxysLogIsSilentWhereAccordIs holds the configurations in README.md against the
// contract: what anybody does without a name stands in no log of a proxy's.
func TestAProxysLogIsSilentWhereAccordIs(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	must(t, err)
	configured := func(find string) *regexp.Regexp {
		t.Helper()
		var either []string
		for _, m := range regexp.MustCompile(find).FindAllStringSubmatch(string(readme), -1) {
			either = append(either, m[1])
		}
		if either == nil {
			t.Fatalf("README.md configures nothing by %s", find)
		}
		return regexp.MustCompile(strings.Join(either, "|"))
	}
	for name, untold := range map[string]*regexp.Regexp{
		"nginx, access": configured(`(?m)^ +~(\S+) +0;$`),
		"nginx, errors": configured(`location ~ (\S+) \{`),
		"Caddy":         configured(`path_regexp (\S+)\n`),
	} {
		for _, op := range openapi.Operations {
			silent := strings.HasPrefix(op.Path, "/v1/receipts") || strings.Contains(op.Path, "anonymous") || strings.HasPrefix(op.Path, "/v1/applications")
			path := variable.ReplaceAllString(op.Path, "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11")
			if untold.MatchString(path) != silent {
				t.Errorf("%s: %s is in the log: %v", name, op.Path, silent)
			}
		}
	}
}
