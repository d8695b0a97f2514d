package api_test

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

// asking is an open consultation, at its path, with a question for files beside those
// of every inquiry.
func (w *world) asking(a domain.Audience) string {
	w.Helper()
	return w.askingOf(a, false)
}

func (w *world) askingOf(a domain.Audience, required bool) string {
	w.Helper()
	d := w.inquiry(a)
	d.Questions = append(d.Questions, domain.Question{Key: "proof", Kind: domain.FileQuestion, Prompt: "What shows it?", Required: required})
	return consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
}

// attach sends a file ahead of an answer, as who is signed in or as nobody.
func (c *client) attach(consultation, name, file string) *result {
	c.w.Helper()
	if c.actor.Role == domain.Anyone {
		return c.document(consultation+"/anonymous-files", name, file)
	}
	return c.document(consultation+"/files", name, file)
}

func (c *client) ticket(consultation, name, file string) string {
	c.w.Helper()
	return c.attach(consultation, name, file).want(201).str("ticket")
}

// gave answers the question for files.
func gave(files ...string) map[string]any {
	return map[string]any{"question": "proof", "files": files}
}

func answering(answers ...map[string]any) map[string]any {
	return map[string]any{"answers": append([]map[string]any{said("why", "Nobody checks.")}, answers...)}
}

// nameless is a receipt of nobody's answers.
func (w *world) nameless(consultation string, answers ...map[string]any) string {
	w.Helper()
	return w.anyone().post(consultation+"/anonymous-submissions", answering(answers...)).want(201).str("code")
}

// jobs does what is due now.
func (w *world) jobs() {
	w.Helper()
	_, err := w.store.RunDue(w.Context(), w.server.Jobs())
	must(w, err)
}

// fileAt is the id of a file that an answer holds, by its place.
func (r *result) fileAt(i int) string {
	r.w.Helper()
	var got struct{ Files []struct{ ID string } }
	if r.into(&got); len(got.Files) <= i {
		r.w.Fatalf("%d files: %s", len(got.Files), r.Body)
	}
	return got.Files[i].ID
}

func init() {
	walk["attachFile"] = func(w *world, by *client) call {
		path := w.asking(w.audienceOf(by)) + "/files"
		return call{path: path, send: func(c *client) *result { return c.document(path, "a.txt", "words") }}
	}
	walk["attachAnonymously"] = func(w *world, _ *client) call {
		path := w.asking(everybody) + "/anonymous-files"
		return call{path: path, send: func(c *client) *result { return c.document(path, "a.txt", "words") }}
	}
	walk["linkReceiptFile"] = func(w *world, _ *client) call {
		path := w.asking(everybody)
		code := w.nameless(path, gave(w.anyone().ticket(path, "a.txt", "words")))
		file := w.anyone().post("/v1/receipts/read", map[string]string{"code": code}).want(200).fileAt(0)
		return call{path: "/v1/receipts/files", body: map[string]any{"code": code, "file_id": file}}
	}
}

func TestAFileAnswersAQuestionAndChangesWithTheAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for _, author := range []*client{w.member(domain.Partner, w.approvedOrganization().ID), w.speaker(w.advisor())} {
			consultation := w.askingOf(w.audienceOf(author), true)
			kept := w.kept()
			attached := author.attach(consultation, "TELLTALE of Ana.jpeg", photograph(t)).want(201)
			if strings.Contains(string(attached.Body), "TELLTALE") || w.kept() != kept+1 || w.count("SELECT count(*) FROM documents WHERE parent_kind = 'submission' AND parent NOT IN (SELECT id FROM submissions)") != 0 {
				t.Errorf("attached: %s", attached.Body)
			}
			first := attached.str("ticket")
			path := "/v1/submissions/" + author.post(consultation+"/submissions", answering()).want(201).str("id")
			author.move(path, "submit", nil).want(422).fault("/answers", "required")
			draft := author.patch(path, answering(gave(first))).want(200)
			id := draft.fileAt(0)
			name := "proof-" + attached.str("sha256")[:8] + ".jpg"
			if want := fmt.Sprintf(`"files":[{"file_name":"%s","id":"%s","media_type":"image/jpeg","sha256":"%s","size":%v}]`, name, id, attached.str("sha256"), attached.at("size")); !strings.Contains(string(draft.Body), want) {
				t.Errorf("the draft has %s, want %s", draft.Body, want)
			}
			document := "/v1/documents/" + id
			staff.get(document).want(404) // a draft is its author's

			// A ticket can be named again, and so can the file it became.
			second := author.ticket(consultation, "note.txt", "What I saw.")
			if got := author.patch(path, answering(gave(first, second))).want(200); got.fileAt(0) != id || w.kept() != kept+2 {
				t.Errorf("again: %s", got.Body)
			}
			other := author.get(path).fileAt(1)
			author.patch(path, map[string]any{}).want(200)
			author.patch(path, answering(gave(id))).want(200)
			author.get("/v1/documents/" + other).want(404)
			if w.jobs(); w.kept() != kept+1 {
				t.Errorf("%d contents are kept, want that of the draft", w.kept()-kept)
			}
			author.patch(path, answering(gave(id, second))).want(422).fault("/answers/1/files/1", "unknown_value") // it is gone

			author.patch(path, answering(map[string]any{"question": "proof", "prefer_not_to_answer": true})).want(200)
			if n := len(author.get("/v1/documents?parent_kind=submission&parent_id=" + idOf(path)).want(200).items()); n != 0 {
				t.Errorf("%d documents answer what is not answered", n)
			}
			w.jobs()
			author.patch(path, answering(gave(author.ticket(consultation, "a.jpg", photograph(t))))).want(200)
			author.move(path, "submit", nil).want(200)

			// What answers is read by whoever reads the answer, and nobody changes it by itself.
			id = staff.get(path).want(200).fileAt(0)
			document = "/v1/documents/" + id
			for _, by := range []*client{author, staff} {
				got := by.get(document).want(200)
				var d struct{ Versions []map[string]any }
				if got.into(&d); got.str("question") != "proof" || got.str("title") != name || d.Versions[0]["file_name"] != name || d.Versions[0]["sent_by"] != nil || fmt.Sprint(got.at("_actions")) != "[link]" {
					t.Errorf("%s sees %s", by.actor.Role, got.Body)
				}
				f := w.anyone().get(by.link(document)).want(200)
				if digestOf(string(f.Body)) != attached.str("sha256") || strings.Contains(string(f.Body), "TELLTALE") || f.Header.Get("Content-Disposition") != `attachment; filename="`+name+`"; filename*=UTF-8''`+name {
					t.Errorf("%s takes %d bytes, %v", by.actor.Role, len(f.Body), f.Header)
				}
			}
			if got := w.as(domain.Auditor).get("/v1/audit?record_id=" + id).want(200); strings.Count(string(got.Body), "document.opened") != 1 {
				t.Errorf("the trail tells %s", got.Body)
			}
			author.move(document, "remove", map[string]string{"reason": "Mine."}).want(409)
			author.document(document+"/versions", "a.txt", "other").want(409)
			w.member(domain.Partner, w.approvedOrganization().ID).get(document).want(404)
			w.as(domain.Admin).get(document).want(404)

			// The receipt is signed over the file's digest.
			receipt := author.get(path).at("receipt").(map[string]any)
			if !strings.Contains(receipt["content"].(string), attached.str("sha256")) {
				t.Errorf("what was signed is %s", receipt["content"])
			}
			if got := w.anyone().post("/v1/receipts/verify", receipt).want(200); got.at("content_matches") != true {
				t.Errorf("%s", got.Body)
			}

			// An earlier version is its author's, and its files are.
			stale := author.ticket(consultation, "b.txt", "What I heard.")
			author.move(path, "amend", answering(gave(stale))).want(200)
			staff.get(document).want(404)
			staff.post(document+"/link", `{}`).want(404)
			if got := staff.get("/v1/documents?parent_kind=submission&parent_id=" + idOf(path)).want(200); len(got.items()) != 1 || fmt.Sprint(got.column("id")) != "["+staff.get(path).fileAt(0)+"]" {
				t.Errorf("staff list %s", got.Body)
			}
			w.anyone().get(author.link(document)).want(200)
			versions := author.get(path + "/versions").want(200)
			if strings.Count(string(versions.Body), `"files":[{`) != 2 || !strings.Contains(string(versions.Body), id) {
				t.Errorf("versions: %s", versions.Body)
			}
			author.move(path, "amend", answering(gave(id))).want(422).fault("/answers/1/files/0", "unknown_value")

			staff.move(path, "accept", nil).want(200)
			staff.get("/v1/documents/" + staff.get(path).fileAt(0)).want(200)
			w.bring(consultation, "close")
			author.attach(consultation, "late.txt", "Late.").want(409)
			author.move(path, "amend", answering(gave(stale))).want(409)
			author.move(path, "withdraw", nil).want(200)
			if w.jobs(); w.kept() != kept {
				t.Errorf("%d contents outlive the withdrawal", w.kept()-kept)
			}
		}
	})
}

func TestNobodyAnswersWithAFileAndLeavesNothingOfThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		consultation, staff, holder := w.asking(everybody), w.as(domain.Staff), w.anyone()
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		logged := len(w.log.String())
		// Whoever is signed in is not noted.
		headers := []string{"User-Agent", "aviary/1.0", "X-Forwarded-For", "203.0.113.77", "Idempotency-Key", "a-key-of-the-author"}
		before := w.dump()
		sent := partner.send(consultation+"/anonymous-files", "TELLTALE.jpg", photograph(t), nil).want(201)
		if w.dump() != before {
			t.Error("a file that nobody answers with is noted")
		}
		first, again := partner.send(consultation+"/anonymous-files", "TELLTALE.png", drawing(t), headers).want(201), partner.send(consultation+"/anonymous-files", "TELLTALE.png", drawing(t), headers).want(201)
		if first.str("ticket") != again.str("ticket") || again.Header.Get("Idempotency-Replayed") != "true" || w.kept() != 2 {
			t.Errorf("%d contents are kept of two", w.kept())
		}
		code := w.nameless(consultation, gave(sent.str("ticket"), first.str("ticket")))
		with := func(more ...any) map[string]any {
			body := map[string]any{"code": code}
			for i := 0; i+1 < len(more); i += 2 {
				body[more[i].(string)] = more[i+1]
			}
			return body
		}
		read := holder.post("/v1/receipts/read", with()).want(200)
		photo := read.fileAt(0)
		if strings.Count(string(read.Body), `"scan":"not_scanned"`) != 2 || !strings.Contains(string(read.Body), `"file_name":"proof-`) {
			t.Errorf("read: %s", read.Body)
		}
		link := func(status int, file string) *result {
			t.Helper()
			return holder.post("/v1/receipts/files", with("file_id", file)).want(status)
		}
		at := func(r *result) string { return strings.TrimPrefix(r.str("url"), "http://accord.test") }
		photoAt := at(link(201, photo))
		if f := holder.get(photoAt).want(200); digestOf(string(f.Body)) != sent.str("sha256") || f.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("the holder takes %d bytes, %v", len(f.Body), f.Header)
		}
		path := "/v1/submissions/" + staff.get("/v1/submissions").items()[0]["id"].(string)
		if lines := w.log.String()[logged:]; strings.Contains(lines, "anonymous") || strings.Contains(lines, "receipts") || strings.Contains(lines, "/v1/files") || strings.Contains(lines, string(partner.actor.Account)) {
			t.Errorf("logged: %s", lines)
		}

		// Amended, a file is replaced and another goes; what it was answered with before is
		// kept unseen, as the answer is.
		last := holder.ticket(consultation, "list.csv", "who,what\nx,y\n")
		amended := holder.post("/v1/receipts/amend", with("number", 1, "answers", answering(gave(first.str("ticket"), last))["answers"])).want(200)
		drawn := amended.fileAt(0)
		holder.post("/v1/receipts/amend", with("number", 2, "answers", answering(gave(drawn))["answers"])).want(200)
		link(404, photo)
		link(404, absentID)
		holder.get(photoAt).want(404)
		drawnAt := at(link(201, drawn))
		if n := w.count("SELECT count(*) FROM documents WHERE superseded"); n != 2 {
			t.Errorf("%d files are superseded, want 2", n)
		}
		staff.get("/v1/documents/" + photo).want(404)
		w.anyone().get(staff.link("/v1/documents/" + drawn)).want(200)
		if got := staff.get(path).want(200); got.fileAt(0) != drawn || strings.Contains(string(got.Body), "not_scanned") {
			t.Errorf("staff see %s", got.Body)
		}

		holds := w.dump() + string(w.bytesOf(w.file()))
		for _, secret := range []string{"TELLTALE", first.str("ticket"), last, code, "203.0.113.77", "127.0.0.1", "aviary/1.0", first.Header.Get("X-Request-Id")} {
			if strings.Contains(holds, secret) || strings.Contains(holds, hex.EncodeToString([]byte(secret))) {
				t.Errorf("the database holds %s", secret)
			}
		}
		for _, row := range w.stored("SELECT created_at, updated_at FROM documents") {
			for _, at := range row {
				if !at.Equal(at.Truncate(24 * time.Hour)) {
					t.Errorf("documents keep %s", at)
				}
			}
		}
		if n := w.count("SELECT count(*) FROM jobs") + w.count("SELECT count(*) FROM document_keys"); n != 0 {
			t.Errorf("%d jobs or keys of their own", n)
		}
		w.forward(48 * time.Hour)
		w.audited("/v1/documents/"+photo, func(at time.Time, actor, request string) bool {
			return actor == "" && request == "" && at.Equal(at.Truncate(24*time.Hour))
		}, "document.created")
		w.forward(-48 * time.Hour)

		holder.post("/v1/receipts/withdraw", with()).want(200)
		link(404, drawn)
		holder.get(drawnAt).want(404)
		if n := w.count("SELECT count(*) FROM documents") + w.count("SELECT count(*) FROM document_versions") + w.count("SELECT count(*) FROM submission_keys"); n != 0 {
			t.Errorf("%d rows outlive the withdrawal", n)
		}
		if w.jobs(); w.kept() != 0 || w.count("SELECT count(*) FROM jobs") != 0 {
			t.Errorf("%d contents outlive the withdrawal, or a job tells its moment", w.kept())
		}
		// Its ticket opens nothing any more.
		holder.post(consultation+"/anonymous-submissions", answering(gave(first.str("ticket")))).want(422).fault("/answers/1/files/0", "unknown_value")
	})
}

func TestAnAnswerTakesTheFilesOfItsAuthorAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author, other := w.member(domain.Partner, w.approvedOrganization().ID), w.member(domain.Partner, w.approvedOrganization().ID)
		consultation, elsewhere := w.asking(everybody), w.asking(everybody)
		own := author.ticket(consultation, "a.txt", "words")
		path := w.begun(other, consultation, gave(other.ticket(consultation, "b.txt", "others")))
		theirs := other.get(path).fileAt(0)
		many := make([]string, 6)
		for i := range many {
			many[i] = author.ticket(consultation, "a.txt", fmt.Sprint("file ", i))
		}
		text := map[string]any{"question": "proof", "text": "See above."}
		for name, tt := range map[string]struct {
			answers []map[string]any
			at      string
			code    string
		}{
			"another's ticket":         {[]map[string]any{gave(other.ticket(consultation, "a.txt", "words"))}, "/answers/1/files/0", "unknown_value"},
			"nobody's ticket":          {[]map[string]any{gave(w.anyone().ticket(consultation, "a.txt", "words"))}, "/answers/1/files/0", "unknown_value"},
			"another consultation's":   {[]map[string]any{gave(own, author.ticket(elsewhere, "a.txt", "words"))}, "/answers/1/files/1", "unknown_value"},
			"another's file":           {[]map[string]any{gave(theirs)}, "/answers/1/files/0", "unknown_value"},
			"no ticket":                {[]map[string]any{gave(own[:len(own)-2] + "AA")}, "/answers/1/files/0", "unknown_value"},
			"one that is there twice":  {[]map[string]any{gave(own, own)}, "/answers/1/files/1", "duplicate"},
			"six":                      {[]map[string]any{gave(many...)}, "/answers/1/files", "too_large"},
			"none":                     {[]map[string]any{gave()}, "/answers/1", "required"},
			"a text":                   {[]map[string]any{text}, "/answers/1/text", "invalid"},
			"a file and no answer":     {[]map[string]any{{"question": "proof", "files": []string{own}, "prefer_not_to_answer": true}}, "/answers/1", "invalid"},
			"a file for a choice":      {[]map[string]any{{"question": "who", "files": []string{own}}}, "/answers/1/files", "invalid"},
			"one for two questions":    {[]map[string]any{{"question": "who", "files": []string{own}}, gave(own)}, "/answers/2/files/0", "duplicate"},
			"one that nothing is with": {[]map[string]any{gave("")}, "/answers/1/files/0", "required"},
		} {
			t.Run(name, func(t *testing.T) {
				if got := author.post(consultation+"/submissions", answering(tt.answers...)).want(422); !strings.Contains(string(got.Body), `"pointer":"`+tt.at+`"`) || name != "six" && name != "one that nothing is with" && !strings.Contains(string(got.Body), tt.code) {
					t.Errorf("%s", got.Body)
				}
			})
		}
		w.begun(author, consultation, gave(many[:5]...))
		// One file answers in one place.
		holder := w.anyone()
		shared := holder.ticket(consultation, "a.txt", "words")
		twenty := make([]int, 20)
		got := statuses(twenty, func(int) *result { return holder.post(consultation+"/anonymous-submissions", answering(gave(shared))) })
		if got[201] != 1 || got[409] != 19 {
			t.Errorf("one file of twenty at once: %v", got)
		}
		late := holder.ticket(consultation, "a.txt", "words")
		w.forward(24 * time.Hour)
		holder.post(consultation+"/anonymous-submissions", answering(gave(late))).want(422).fault("/answers/1/files/0", "unknown_value")
	})
}

func TestWhoMayNotAnswerSendsNoFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		excluded := w.approvedOrganization()
		partner, advisor, anyone := w.member(domain.Partner, w.approvedOrganization().ID), w.speaker(w.advisor()), w.anyone()
		public := w.asking(everybody)
		hidden := w.asking(domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{excluded.ID}})
		advisors := w.asking(domain.Audience{ForAdvisors: true})
		plain := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		unfit := w.member(domain.Partner, excluded.ID)
		absent := consultationPath(absentID)
		answers := map[string]bool{}
		for _, tt := range []struct {
			by     *client
			path   string
			status int
		}{
			{unfit, hidden + "/files", 404}, {unfit, hidden + "/anonymous-files", 404}, {unfit, absent + "/files", 404}, {unfit, absent + "/anonymous-files", 404},
			{partner, advisors + "/files", 404}, {anyone, advisors + "/anonymous-files", 404}, {advisor, advisors + "/anonymous-files", 403},
			{w.as(domain.Staff), public + "/files", 403}, {anyone, public + "/files", 401}, {advisor, advisors + "/files", 201}, {partner, public + "/files", 201},
			{anyone, plain + "/anonymous-files", 409}, {partner, plain + "/files", 409},
		} {
			if got := tt.by.document(tt.path, "a.txt", "words").want(tt.status); tt.status == 404 {
				answers[withoutRequestID(got)] = true
			}
		}
		if len(answers) != 1 {
			t.Errorf("what is not to be seen is answered in %d ways: %v", len(answers), answers)
		}
		kept := w.kept()
		for _, by := range []*client{partner, anyone} {
			path := public + "/files"
			if by == anyone {
				path = public + "/anonymous-files"
			}
			got := by.document(path, "a.pdf", aPDF).want(422).fault("/file", "not_cleanable")
			if !strings.Contains(string(got.Body), "send pictures as JPEG or PNG, and a text as TXT, DOCX or ODT") {
				t.Errorf("%s", got.Body)
			}
			by.document(path, "a.exe", "MZ").want(422).fault("/file", "unknown_type")
			by.document(path, "a.jpg", "words").want(422).fault("/file", "type_mismatch")
			by.document(path, "a.txt", "").want(422).fault("/file", "empty")
			by.document(path, "a.txt", "words", "title", "Mine").want(422).fault("/title", "unknown_field")
			by.document(path, "a.txt", strings.Repeat("a", 20<<20+1)).want(413)
			by.post(path, "{}").want(415)
			by.post(path, "--x\r\ncut", "Content-Type", "multipart/form-data; boundary=x").want(400)
			by.post(path, "--x--\r\n", "Content-Type", "multipart/form-data; boundary=x").want(422).fault("/file", "required")
		}
		if n := w.kept() - kept; n != 0 {
			t.Errorf("%d contents are left of what was refused", n)
		}
		w.bring(public, "close")
		anyone.document(public+"/anonymous-files", "a.txt", "words").want(409)
		partner.document(public+"/files", "a.txt", "words").want(409)
	})
}

func TestAFileInAnAnswerWaitsForTheScanner(t *testing.T) {
	scanner, _ := scannerAt(t, 200_000)
	eachWith(t, func(o *api.Options) { o.Scanner, o.RequireScan = scanner, true }, func(t *testing.T, w *world) {
		consultation, staff, holder := w.asking(everybody), w.as(domain.Staff), w.anyone()
		code := w.nameless(consultation, gave(holder.ticket(consultation, "a.txt", "words"), holder.ticket(consultation, "b.txt", "some MALWARE here")))
		scans := func() string {
			var got struct{ Files []struct{ Scan string } }
			holder.post("/v1/receipts/read", map[string]string{"code": code}).want(200).into(&got)
			return fmt.Sprint(got.Files)
		}
		read := holder.post("/v1/receipts/read", map[string]string{"code": code}).want(200)
		link := func(file string, status int) {
			t.Helper()
			holder.post("/v1/receipts/files", map[string]string{"code": code, "file_id": file}).want(status)
			staff.post("/v1/documents/"+file+"/link", `{}`).want(status)
		}
		if got := scans(); got != "[{pending} {pending}]" {
			t.Errorf("before: %s", got)
		}
		link(read.fileAt(0), 409)
		if n := w.count("SELECT count(*) FROM jobs"); n != 0 {
			t.Errorf("%d jobs keep the moment", n)
		}
		must(t, w.server.Jobs()["documents.scan"](t.Context(), w.system(), nil))
		if got := scans(); got != "[{clean} {infected}]" {
			t.Errorf("after: %s", got)
		}
		link(read.fileAt(0), 201)
		link(read.fileAt(1), 409)
		if w.kept() != 1 {
			t.Errorf("%d contents are kept, want the clean one", w.kept())
		}
		w.forward(48 * time.Hour)
		w.audited("/v1/documents/"+read.fileAt(0), func(at time.Time, actor, request string) bool {
			return actor == "" && request == "" && at.Equal(at.Truncate(24*time.Hour))
		}, "document.created", "document.scanned")
	})
}

func TestFilesAreCountedAsAnsweredOrNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Threshold = 1
		d.Questions = append(d.Questions, domain.Question{Key: "proof", Kind: domain.FileQuestion, Prompt: "What shows it?"})
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		for i := range 4 {
			w.nameless(path, gave(w.anyone().ticket(path, "a.txt", fmt.Sprint("file ", i))))
		}
		for range 3 {
			w.nameless(path, map[string]any{"question": "proof", "prefer_not_to_answer": true})
		}
		w.answer(path, 2)
		w.bring(path, "close", "publish_results")
		got := w.anyone().get(path + "/results").want(200)
		var r struct {
			Rows []struct {
				Question, Answer string
				Total            struct{ Count int }
			}
		}
		got.into(&r)
		var counted []string
		for _, row := range r.Rows {
			if row.Question == "proof" {
				counted = append(counted, fmt.Sprint(row.Answer, " ", row.Total.Count))
			}
		}
		if want := []string{"answered 4", "prefer_not_to_answer 3", "no_answer 2"}; !slices.Equal(counted, want) {
			t.Errorf("counted %v, want %v", counted, want)
		}
	})
}

func TestFilesAreSentSoOftenAndNoMore(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.Files = repository.Rate{Limit: 2, Window: time.Hour} }), func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		path := w.asking(everybody)
		for _, by := range []*client{w.anyone(), partner} {
			by.attach(path, "a.txt", "words").want(201)
			by.attach(path, "a.txt", "words").want(201)
			if got := by.attach(path, "a.txt", "words").want(http.StatusTooManyRequests); got.Header.Get("Retry-After") == "" {
				t.Errorf("%v", got.Header)
			}
		}
		partner.attach(consultationPath(absentID), "a.txt", "words").want(404) // whatever is left
		w.forward(time.Hour)
		partner.attach(path, "a.txt", "words").want(201)
	})
}

func TestASubmissionHoldsSoManyFiles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author := w.member(domain.Partner, w.approvedOrganization().ID)
		consultation := w.asking(everybody)
		path := w.submitted(author, consultation)
		for i := range 10 {
			files := make([]string, 5)
			for k := range files {
				files[k] = author.ticket(consultation, "a.txt", fmt.Sprint("file ", i, " ", k))
			}
			author.move(path, "amend", answering(gave(files...))).want(200)
		}
		author.move(path, "amend", answering(gave(author.ticket(consultation, "a.txt", "one more")))).want(409)
		author.move(path, "amend", answering()).want(200)
	})
}

func init() {
	secrets = append(secrets, secret{
		name: "a file in a submission of another",
		story: func(w *world) map[string]*client {
			path := w.asking(everybody)
			author, silent := w.member(domain.Partner, w.approvedOrganization().ID), w.member(domain.PartnerAdmin, w.approvedOrganization().ID)
			advisor := w.speaker(w.advisor())
			w.submitted(author, path)
			w.keep("secret partner", func() *client { return w.another(domain.Partner, w.approvedOrganization().ID, "") })
			w.submitted(w.clients["secret partner"], path)
			return map[string]*client{"anyone": w.anyone(), "another author": author, "a partner": silent, "an advisor": advisor, "an admin": w.as(domain.Admin)}
		},
		happens: func(w *world) {
			path := consultationPath(domain.ConsultationID(w.column("SELECT id FROM consultations")[0]))
			secret := w.clients["secret partner"]
			of := "/v1/submissions/" + w.column("SELECT submission FROM submission_authors WHERE organization = '" + string(secret.actor.Organization) + "'")[0]
			secret.move(of, "amend", answering(gave(secret.ticket(path, "a.txt", "words")))).want(200)
			w.nameless(path, gave(w.anyone().ticket(path, "a.txt", "words")))
		},
	})
}
