package api_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/domain"
)

const aPDF = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"

// document sends a file to be added at a path.
func (c *client) document(path, name, file string, fields ...string) *result {
	c.w.Helper()
	return c.send(path, name, file, nil, fields...)
}

func (c *client) send(path, name, file string, headers []string, fields ...string) *result {
	c.w.Helper()
	b := &bytes.Buffer{}
	form := multipart.NewWriter(b)
	for i := 0; i+1 < len(fields); i += 2 {
		must(c.w, form.WriteField(fields[i], fields[i+1]))
	}
	part, err := form.CreateFormFile("file", name)
	must(c.w, err)
	_, err = part.Write([]byte(file))
	must(c.w, err)
	must(c.w, form.Close())
	return c.post(path, b.String(), append(headers, "Content-Type", form.FormDataContentType())...)
}

// evidence adds a PDF to a record at its path.
func (c *client) evidence(kind, record string, fields ...string) *result {
	c.w.Helper()
	return c.document("/v1/documents", "report.pdf", aPDF, append([]string{"parent_kind", kind, "parent_id", idOf(record)}, fields...)...)
}

func idOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// ownRecord is a record to which the caller may add documents.
func (w *world) ownRecord(by *client) (kind, path string) {
	w.Helper()
	if by.actor.Role == domain.Advising {
		return "submission", w.begun(by, w.reach(by, domain.ConsultationOpen))
	}
	return "commitment", w.commitmentFor(by, domain.CommitmentDrafted)
}

// documentFor is a document of such a record, sent by somebody who may.
func (w *world) documentFor(by *client) string {
	w.Helper()
	kind, path := w.ownRecord(by)
	sender := by
	if !by.actor.May(domain.CreateDocument) {
		sender = w.as(domain.Staff)
	}
	if kind == "submission" {
		return "/v1/documents/" + sender.document("/v1/documents", "note.txt", "What I saw.", "parent_kind", kind, "parent_id", idOf(path)).want(201).str("id")
	}
	return "/v1/documents/" + sender.evidence(kind, path).want(201).str("id")
}

func (w *world) uploadFor(by *client) string {
	w.Helper()
	sender := by
	if !by.actor.May(domain.BeginUpload) {
		sender = w.as(domain.Staff)
	}
	kind, path := w.ownRecord(sender)
	return sender.post("/v1/uploads", map[string]any{"parent_kind": kind, "parent_id": idOf(path), "file_name": "a.txt", "size": 10}).want(201).Header.Get("Location")
}

func init() {
	walk["listDocuments"] = func(*world, *client) call { return call{path: "/v1/documents"} }
	walk["getDocument"] = func(w *world, by *client) call { return call{path: w.documentFor(by)} }
	walk["removeDocument"] = func(w *world, by *client) call { return call{path: w.documentFor(by) + "/remove"} }
	walk["linkFile"] = func(w *world, by *client) call { return call{path: w.documentFor(by) + "/link"} }
	walk["createDocument"] = func(w *world, by *client) call {
		kind, path := w.ownRecord(by)
		return call{path: "/v1/documents", send: func(c *client) *result {
			return c.document("/v1/documents", "a.txt", "words", "parent_kind", kind, "parent_id", idOf(path))
		}}
	}
	walk["addDocumentVersion"] = func(w *world, by *client) call {
		k := call{path: w.documentFor(by) + "/versions"}
		k.send = func(c *client) *result { return c.document(k.path, "a.txt", "words") }
		return k
	}
	walk["getFile"] = func(w *world, _ *client) call {
		staff := w.as(domain.Staff)
		return call{path: staff.link(w.documentFor(staff))}
	}
	walk["beginUpload"] = func(w *world, by *client) call {
		kind, path := w.ownRecord(by)
		return call{path: "/v1/uploads", body: map[string]any{"parent_kind": kind, "parent_id": idOf(path), "file_name": "a.txt", "size": 10}}
	}
	walk["headUpload"] = func(w *world, by *client) call { return call{path: w.uploadFor(by)} }
	walk["endUpload"] = walk["headUpload"]
	walk["continueUpload"] = func(w *world, by *client) call {
		k := call{path: w.uploadFor(by)}
		k.send = func(c *client) *result { return c.piece(k.path, 0, "hello") }
		return k
	}
}

func init() {
	internal := func(kind string, record func(*world, *client) string) secret {
		var path string
		return secret{
			name: "an internal document of a " + kind,
			story: func(w *world) map[string]*client {
				partner := w.member(domain.Partner, w.approvedOrganization().ID)
				path = record(w, partner)
				return map[string]*client{"a partner": partner, "anyone": w.anyone()}
			},
			happens: func(w *world) { w.as(domain.Staff).evidence(kind, path, "internal", "true").want(201) },
		}
	}
	secrets = append(secrets,
		internal("commitment", func(w *world, by *client) string { return w.commitmentFor(by, domain.CommitmentActive) }),
		internal("verification", (*world).verificationFor))
}

// piece adds to an upload.
func (c *client) piece(path string, offset int, text string, headers ...string) *result {
	c.w.Helper()
	return c.do(http.MethodPatch, path, text, append([]string{"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(offset), "Tus-Resumable", "1.0.0"}, headers...)...)
}

// link is the path of a document's file, made by the caller.
func (c *client) link(document string) string {
	c.w.Helper()
	return strings.TrimPrefix(c.post(document+"/link", `{}`).want(201).str("url"), "http://accord.test")
}

// kept counts the contents that are kept.
func (w *world) kept() (n int) {
	w.Helper()
	must(w, filepath.WalkDir(w.blobs, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestAFileIsKeptAsItWasSentAndHandedOutToBeSaved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		record := w.commitmentFor(partner, domain.CommitmentDrafted)
		d := partner.document("/v1/documents", `..\..\a/"Bericht" é.pdf`, aPDF, "parent_kind", "commitment", "parent_id", idOf(record), "sha256", digestOf(aPDF)).want(201)
		var got struct{ Versions []map[string]any }
		if d.into(&got); got.Versions[0]["sha256"] != digestOf(aPDF) || got.Versions[0]["scan"] != "not_scanned" || got.Versions[0]["media_type"] != "application/pdf" {
			t.Errorf("%s", d.Body)
		}
		path := "/v1/documents/" + d.str("id")
		f := w.anyone().get(partner.link(path)).want(200)
		if string(f.Body) != aPDF {
			t.Errorf("%d bytes came back of %d", len(f.Body), len(aPDF))
		}
		sum := sha256.Sum256([]byte(aPDF))
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
			"Content-Disposition":     `attachment; filename="_Bericht_ _.pdf"; filename*=UTF-8''_Bericht_%20%C3%A9.pdf`,
			"Repr-Digest":             "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		} {
			if got := f.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		// What broke off goes on by another link.
		rest := w.anyone().get(w.as(domain.Staff).link(path), "Range", "bytes=5-7", "If-Range", f.tag()).want(206)
		if string(rest.Body) != aPDF[5:8] {
			t.Errorf("a part is %q", rest.Body)
		}
		w.anyone().get(w.as(domain.Staff).link(path), "Range", "bytes=9999-").want(416)
		events := fmt.Sprint(w.as(domain.Auditor).get("/v1/audit?record_id=" + d.str("id")).want(200).column("event"))
		if strings.Count(events, "document.opened") != 2 {
			t.Errorf("the trail tells %s", events)
		}
	})
}

func TestALinkIsItsMakersAndShort(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		partner, admin := w.another(domain.Partner, org, ""), w.member(domain.PartnerAdmin, org)
		path := w.documentFor(partner)
		link := partner.link(path)
		w.anyone().get(link).want(200)
		w.anyone().get(link + "AAAA").want(404)
		admin.move("/v1/accounts/"+string(partner.actor.Account), "suspend", map[string]string{"reason": "left"}).want(200)
		w.anyone().get(link).want(404)
		link = admin.link(path)
		w.forward(2 * time.Minute)
		w.anyone().get(link).want(404)
		link = admin.link(path)
		admin.do(http.MethodDelete, "/v1/sessions/current", nil).want(204)
		w.anyone().get(link).want(404)
	})
}

// TestALinkIsGoodOnce uses links again, in part, by another spelling, and many at once.
func TestALinkIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := w.documentFor(staff)
		for _, first := range [][]string{nil, {"Range", "bytes=0-3"}, {"Range", "bytes=9999-"}, {"If-None-Match", `"` + digestOf(aPDF) + `"`}} {
			link := staff.link(path)
			if got := w.anyone().get(link, first...); got.Status >= 500 || got.Status == 404 || got.Status == 410 {
				t.Fatalf("%v: %d", first, got.Status)
			}
			before := w.reads()
			w.anyone().get(link).want(410)
			w.anyone().get(link, "Range", "bytes=4-").want(410)
			last := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			for _, c := range last { // whatever stands in the bits that are over
				if got := w.anyone().get(link[:len(link)-1] + string(c)); got.Status != 410 && got.Status != 404 {
					t.Errorf("%c in the end: %d", c, got.Status)
				}
			}
			if n := w.reads() - before; n != 0 {
				t.Errorf("%d entries of what was not handed out", n)
			}
			w.forward(2 * time.Minute)
			w.anyone().get(link).want(404) // and then it is none
		}
		link, opened := staff.link(path), w.reads()
		if got := w.raw(http.MethodHead, link); got.StatusCode != 405 || strings.Contains(got.Header.Get("Allow"), "HEAD") {
			t.Errorf("to ask what a link leads to: %d %v", got.StatusCode, got.Header)
		}
		var all sync.WaitGroup
		var taken atomic.Int64
		for range 8 {
			all.Go(func() {
				if got := w.anyone().get(link); got.Status == 200 {
					taken.Add(1)
				} else if got.Status != 410 {
					t.Errorf("%d: %s", got.Status, got.Body)
				}
			})
		}
		all.Wait()
		if n := w.reads() - opened; taken.Load() != 1 || n != 1 {
			t.Errorf("taken %d times, noted %d times", taken.Load(), n)
		}
	})
}

func TestADocumentIsReadByWhoeverReadsItsRecord(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own, other := w.member(domain.Partner, w.approvedOrganization().ID), w.member(domain.Partner, w.approvedOrganization().ID)
		staff := w.as(domain.Staff)
		shared := w.documentFor(own)
		var d struct {
			ParentKind string `json:"parent_kind"`
			ParentID   string `json:"parent_id"`
		}
		own.get(shared).into(&d)
		internal := "/v1/documents/" + staff.evidence(d.ParentKind, d.ParentID, "internal", "true").want(201).str("id")
		verification := "/v1/documents/" + staff.evidence("verification", w.verificationFor(own)).want(201).str("id")
		for _, c := range []struct {
			by   *client
			path string
			want int
		}{
			{own, shared, 200}, {staff, shared, 200}, {other, shared, 404}, {w.as(domain.Auditor), shared, 404},
			{own, internal, 404}, {staff, internal, 200}, {own, verification, 404}, {staff, verification, 200},
		} {
			c.by.get(c.path).want(c.want)
			if c.want == 404 {
				c.by.post(c.path+"/link", `{}`).want(404)
				c.by.document(c.path+"/versions", "a.pdf", aPDF).want(404)
			}
		}
		if got := own.get("/v1/documents?count=exact").want(200); len(got.items()) != 1 || fmt.Sprint(got.at("total")) != "1" {
			t.Errorf("a partner lists %s", got.Body)
		}
		own.evidence(d.ParentKind, d.ParentID, "internal", "true").want(422).fault("/internal", "invalid")
		other.evidence(d.ParentKind, d.ParentID).want(404)
		// What is only read is not added to.
		own.evidence("verification", w.verificationFor(own)).want(403)
		if n := w.kept(); n != 3 {
			t.Errorf("%d contents are kept, want 3", n)
		}
	})
}

func TestAVersionSupersedesAndWhatADecisionRestsOnStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner, staff := w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Staff)
		path := w.documentFor(partner)
		if d := partner.document(path+"/versions", "second.txt", "second").want(201); d.at("number") != float64(2) {
			t.Errorf("%s", d.Body)
		}
		if got := w.anyone().get(partner.link(path)).want(200); string(got.Body) != "second" {
			t.Errorf("the latest is %q", got.Body)
		}
		first := partner.post(path+"/link", `{"number":1}`).want(201).str("url")
		if got := w.anyone().get(strings.TrimPrefix(first, "http://accord.test")).want(200); string(got.Body) != aPDF {
			t.Errorf("the first is %q", got.Body)
		}
		partner.post(path+"/link", `{"number":3}`).want(404)
		link := partner.link(path)
		versions := path + "/versions"
		partner.document(versions, "a.exe", "MZ").want(422).fault("/file", "unknown_type")
		partner.document(versions, "a.txt", strings.Repeat("a", 201<<20)).want(413)
		partner.post(versions, "{}").want(415)
		partner.post(versions, "--x\r\ncut", "Content-Type", "multipart/form-data; boundary=x").want(400)
		w.anyone().document(versions, "a.txt", "x").want(401)
		removed := partner.move(path, "remove", map[string]string{"reason": "Sent by mistake."}).want(200)
		if removed.str("stage") != "removed" || removed.str("remove_reason") != "Sent by mistake." {
			t.Errorf("%s", removed.Body)
		}
		w.anyone().get(link).want(409)
		partner.post(path+"/link", `{}`).want(409)
		partner.document(path+"/versions", "third.txt", "third").want(409)
		if n := w.count("SELECT count(*) FROM document_keys"); n != 0 {
			t.Errorf("%d keys outlive what they open", n)
		}
		settled := "/v1/documents/" + staff.evidence("milestone", w.milestoneFor(partner, domain.CommitmentActive, true)).want(201).str("id")
		liaison := w.as(domain.Liaison)
		milestone := "/v1/milestones/" + staff.get(settled).str("parent_id")
		liaison.move(milestone, "verify", nil).want(200)
		partner.move(settled, "remove", map[string]string{"reason": "No."}).want(409)
		partner.document(settled+"/versions", "b.txt", "better").want(201)
		report := w.reportFor(partner, domain.ProgressReportAccepted)
		partner.evidence("progress_report", report).want(409)
	})
}

// TestAnApplicantAttachesDocumentsToItsOwnFile follows an organization's evidence
// through its vetting.
func TestAnApplicantAttachesDocumentsToItsOwnFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.organization("Applicant", domain.OrganizationIntake).ID
		path, other := "/v1/organizations/"+string(file), w.approvedOrganization().ID
		admin, clerk := w.member(domain.PartnerAdmin, file), w.member(domain.Partner, file)
		add := func(by *client) *result { return by.evidence("organization", path) }
		charter := "/v1/documents/" + add(admin).want(201).str("id")
		mistaken := "/v1/documents/" + add(admin).want(201).str("id")
		admin.move(mistaken, "remove", map[string]string{"reason": "Another's."}).want(200)
		admin.document(charter+"/versions", "b.pdf", aPDF).want(201)
		w.anyone().get(admin.link(charter)).want(200)
		up := admin.post("/v1/uploads", map[string]any{"parent_kind": "organization", "parent_id": file, "file_name": "a.txt", "size": 5}).want(201).Header.Get("Location")
		admin.piece(up, 0, "hello").want(204)
		// A clerk sees the file and doesn't write it; nobody else sees it.
		clerk.get(charter).want(200)
		add(clerk).want(403)
		clerk.document(charter+"/versions", "b.pdf", aPDF).want(403)
		w.member(domain.PartnerAdmin, other).get(charter).want(404)
		add(w.member(domain.PartnerAdmin, other)).want(404)
		admin.evidence("organization", "/v1/organizations/"+string(other)).want(404)
		check := w.as(domain.Staff).post(path+"/checks", map[string]string{"kind": "sanctions"}).want(201).str("id")
		admin.evidence("check", check).want(404)
		admin.evidence("organization", path, "internal", "true").want(422).fault("/internal", "invalid")

		// What vetting has begun to look into is superseded and not removed.
		w.as(domain.Staff).move(path, "screen", nil).want(200)
		w.as(domain.Staff).move(path, "begin_due_diligence", nil).want(200)
		admin.move(charter, "remove", map[string]string{"reason": "No."}).want(409)
		admin.document(charter+"/versions", "c.pdf", aPDF).want(201)
		w.exec("UPDATE document_versions SET size = 262144000 WHERE number = 3")
		add(admin).want(409)
		w.as(domain.Staff).move(path, "decline", map[string]string{"reason": "A match."}).want(200)
		add(admin).want(403)
		admin.get(charter).want(404)
	})
}

// officeFile is an office document of the parts given.
func officeFile(parts ...string) string {
	b := &bytes.Buffer{}
	z := zip.NewWriter(b)
	for i := 0; i+1 < len(parts); i += 2 {
		e, _ := z.Create(parts[i])
		_, _ = e.Write([]byte(parts[i+1]))
	}
	_ = z.Close()
	return b.String()
}

const contentTypes = `<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`

func TestAFileThatIsRefusedLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		kind, record := w.ownRecord(staff)
		for what, c := range map[string]struct{ name, file, code string }{
			"a program":              {"a.exe", "MZ", "unknown_type"},
			"no extension":           {"report", aPDF, "unknown_type"},
			"a page":                 {"a.html", "<html>", "unknown_type"},
			"a drawing":              {"a.svg", "<svg>", "unknown_type"},
			"a page called text":     {"a.txt", "<!DOCTYPE html><script>alert(1)</script>", "type_mismatch"},
			"a program called PDF":   {"a.pdf", "MZ\x90\x00", "type_mismatch"},
			"a script called text":   {"a.txt", "#!/bin/sh\nrm -rf /", "type_mismatch"},
			"text with a NUL":        {"a.csv", "a,b\n1,\x00", "type_mismatch"},
			"text that is not UTF-8": {"a.txt", strings.Repeat("a", 5000) + "\xff\xfe", "not_text"},
			"nothing":                {"a.txt", "", "empty"},
			"a PDF with a script":    {"a.pdf", aPDF + "/JavaScript", "active_content"},
			"a PDF and an archive":   {"a.pdf", aPDF + officeFile("a.txt", "x"), "polyglot"},
			"macros":                 {"a.docx", officeFile("[Content_Types].xml", contentTypes, "word/vbaProject.bin", "x"), "macros"},
			"another file inside":    {"a.docx", officeFile("[Content_Types].xml", contentTypes, "word/embeddings/a.bin", "x"), "embedded_file"},
			"a path inside":          {"a.docx", officeFile("[Content_Types].xml", contentTypes, "../../etc/passwd", "x"), "broken"},
			"a part twice":           {"a.docx", officeFile("[Content_Types].xml", contentTypes, "a.xml", "x", "A.xml", "x"), "broken"},
			"a bomb":                 {"a.docx", officeFile("[Content_Types].xml", contentTypes, "word/document.xml", strings.Repeat("\x00", 64<<20)), "too_large_inside"},
			"a sheet called text":    {"a.docx", officeFile("[Content_Types].xml", strings.ReplaceAll(contentTypes, "wordprocessingml.document", "spreadsheetml.sheet")), "type_mismatch"},
			"a broken archive":       {"a.docx", "PK\x03\x04broken", "broken"},
		} {
			if got := staff.document("/v1/documents", c.name, c.file, "parent_kind", kind, "parent_id", idOf(record)); got.Status != 422 || !strings.Contains(string(got.Body), `"`+c.code+`"`) {
				t.Errorf("%s: %d %s", what, got.Status, got.Body)
			}
		}
		staff.evidence(kind, record, "sha256", digestOf("other")).want(422).fault("/sha256", "mismatch")
		staff.evidence(kind, record, "sha256", "zz").want(422).fault("/sha256", "invalid")
		staff.evidence(kind, record, "colour", "red").want(422).fault("/colour", "unknown_field")
		staff.evidence("pirate", record).want(422).fault("/parent_kind", "unknown_value")
		staff.evidence(kind, record, "internal", "perhaps").want(422).fault("/internal", "invalid")
		staff.evidence(kind, record, "title", "a\x00b").want(422).fault("/title", "invalid_text")
		staff.evidence(kind, record, "title", "a", "title", "b").want(400)
		staff.post("/v1/documents", "{}").want(415)
		staff.post("/v1/documents", "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\ncut", "Content-Type", "multipart/form-data; boundary=x").want(400)
		head := "--x\r\nContent-Disposition: form-data; name=\"parent_kind\"\r\n\r\n" + kind + "\r\n--x\r\nContent-Disposition: form-data; name=\"parent_id\"\r\n\r\n" + idOf(record) + "\r\n"
		file := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n"
		form := []string{"Content-Type", "multipart/form-data; boundary=x"}
		staff.post("/v1/documents", head+file[:len(file)-2], form...).want(400)
		staff.post("/v1/documents", head+file+file+"--x--\r\n", form...).want(400)
		staff.post("/v1/documents", head+"--x--\r\n", form...).want(422).fault("/file", "required")
		staff.document("/v1/documents", "a.txt", strings.Repeat("a", 51<<20), "parent_kind", "organization", "parent_id", string(w.approvedOrganization().ID)).want(413)
		w.anyone().evidence(kind, record).want(401)
		w.as(domain.Admin).evidence(kind, record).want(403)
		if n := w.kept(); n != 0 {
			t.Errorf("%d contents are left of what was refused", n)
		}
		long := strings.Repeat("ü", 500) + ".txt"
		d := staff.document("/v1/documents", long, "words", "parent_kind", kind, "parent_id", idOf(record)).want(201)
		if name := fmt.Sprint(d.at("title")); len(name) > 150 || !strings.HasSuffix(name, "ü.txt") {
			t.Errorf("the name is %q", name)
		}
	})
}

func TestAKeyKeepsOneDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		kind, record := w.ownRecord(staff)
		key := []string{"Idempotency-Key", "a key of sixteen or more"}
		send := func(text string) *result {
			return staff.send("/v1/documents", "a.txt", text, key, "parent_kind", kind, "parent_id", idOf(record))
		}
		first, again := send("words").want(201), send("words").want(201)
		if first.str("id") != again.str("id") || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s, then %s", first.Body, again.Body)
		}
		send("others").want(422)
		if n := w.kept(); n != 1 {
			t.Errorf("%d contents are kept of one", n)
		}
	})
}

// TestAWholeUploadBecomesOneDocument, whatever stops between the last piece and the
// document, and however many ask for it.
func TestAWholeUploadBecomesOneDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		// stopped is an upload of which all has arrived when the server fails.
		stopped := func(kind, record string) string {
			t.Helper()
			up := partner.post("/v1/uploads", map[string]any{"parent_kind": kind, "parent_id": idOf(record), "file_name": "a.txt", "size": 5}).want(201).Header.Get("Location")
			w.exec("ALTER TABLE document_versions RENAME TO away")
			defer w.exec("ALTER TABLE away RENAME TO document_versions")
			r := httptest.NewRequest(http.MethodPatch, up, strings.NewReader("words"))
			for name, value := range map[string]string{"Authorization": "Bearer " + partner.bearer(), "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"} {
				r.Header.Set(name, value)
			}
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			if rec.Code != http.StatusInternalServerError {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			return up
		}
		kind, record := w.ownRecord(partner)
		up := stopped(kind, record)
		answers := make([]*result, 8)
		var together sync.WaitGroup
		for i := range answers {
			together.Go(func() {
				if i%2 == 0 {
					answers[i] = partner.do(http.MethodHead, up, nil)
				} else {
					answers[i] = partner.piece(up, 5, "")
				}
			})
		}
		together.Wait()
		made := map[string]bool{}
		for _, a := range answers {
			if a.Status == 503 {
				continue // it gave way to another
			}
			if a.Status > 204 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			made[a.Header.Get("Content-Location")] = true
		}
		head := partner.do(http.MethodHead, up, nil).want(200).Header
		made[head.Get("Content-Location")] = true
		if n := w.count("SELECT count(*) FROM documents"); n != 1 || len(made) != 1 || head.Get("Upload-Offset") != "5" {
			t.Errorf("%d documents were made: %v", n, made)
		}
		if got := w.anyone().get(partner.link(head.Get("Content-Location"))).want(200); string(got.Body) != "words" {
			t.Errorf("%q came back", got.Body)
		}
		if left := w.column("SELECT file_name || title || sha256 FROM uploads"); len(left) != 1 || left[0] != "" || w.count("SELECT count(*) FROM upload_parts") != 0 || w.count("SELECT count(*) FROM uploads WHERE length(sealed_key) > 0") != 0 {
			t.Errorf("the upload still holds %q", left)
		}
		partner.do(http.MethodDelete, up, nil).want(204)
		partner.do(http.MethodHead, up, nil).want(404)
		partner.get(head.Get("Content-Location")).want(200)

		// A file that is not taken is told of once, and by HEAD not at all.
		wrong := partner.post("/v1/uploads", map[string]any{"parent_kind": kind, "parent_id": idOf(record), "file_name": "a.pdf", "size": 5}).want(201).Header.Get("Location")
		partner.piece(wrong, 0, "words").want(422)
		partner.do(http.MethodHead, wrong, nil).want(404)
		partner.piece(wrong, 5, "").want(404)
		report := w.reportFor(partner, domain.ProgressReportDrafted)
		late := stopped("progress_report", report)
		w.exec("UPDATE progress_reports SET stage = 'accepted', submitted_by = 'one', reviewed_by = 'another' WHERE id = '" + idOf(report) + "'")
		partner.do(http.MethodHead, late, nil).want(404)
		partner.piece(late, 5, "").want(409)
		partner.piece(late, 5, "").want(404)
	})
}

// TestNothingLeadsFromASurvivorsUploadToItsDocument once it is made.
func TestNothingLeadsFromASurvivorsUploadToItsDocument(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		advisor := w.caller(domain.Advising)
		kind, record := w.ownRecord(advisor)
		up := advisor.post("/v1/uploads", map[string]any{"parent_kind": kind, "parent_id": idOf(record), "file_name": "a.txt", "size": 5}).want(201).Header.Get("Location")
		made := advisor.piece(up, 0, "words").want(204).Header.Get("Content-Location")
		if n := w.count("SELECT count(*) FROM uploads"); n != 0 {
			t.Errorf("%d uploads are left", n)
		}
		advisor.do(http.MethodHead, up, nil).want(404)
		advisor.get(made).want(200)
	})
}

func TestALargeFileArrivesPieceByPiece(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		kind, record := w.ownRecord(partner)
		text := strings.Repeat("0123456789", 20_000)
		begin := func(size int, more ...any) *result {
			body := map[string]any{"parent_kind": kind, "parent_id": idOf(record), "file_name": "a.txt", "size": size}
			for i := 0; i+1 < len(more); i += 2 {
				body[more[i].(string)] = more[i+1]
			}
			return partner.post("/v1/uploads", body)
		}
		up := begin(len(text), "sha256", digestOf(text)).want(201).Header.Get("Location")
		partner.piece(up, 0, text[:70_000]).want(204)
		partner.piece(up, 0, text[:70_000]).want(409)
		partner.piece(up, 70_000, text[70_000:80_000], "Content-Digest", "sha-256=:AAAA:").want(422)
		if at := partner.do(http.MethodHead, up, nil).want(200).Header.Get("Upload-Offset"); at != "70000" {
			t.Fatalf("the upload is at %s", at)
		}
		partner.piece(up, 70_000, "x", "Upload-Offset", "").want(400)
		w.as(domain.Staff).piece(up, 70_000, "x").want(404)
		done := partner.piece(up, 70_000, text[70_000:]).want(204)
		if got := w.anyone().get(partner.link(done.Header.Get("Content-Location"))).want(200); string(got.Body) != text {
			t.Errorf("%d bytes came back of %d", len(got.Body), len(text))
		}
		if head := partner.do(http.MethodHead, up, nil).want(200).Header; head.Get("Upload-Offset") != head.Get("Upload-Length") || head.Get("Content-Location") != done.Header.Get("Content-Location") {
			t.Errorf("who lost the last answer learns %v", head)
		}
		partner.piece(up, len(text), "").want(204)
		partner.piece(up, 0, text).want(409)

		// The whole is not what was promised: nothing is made of it.
		wrong := begin(5, "sha256", digestOf("other")).want(201).Header.Get("Location")
		partner.piece(wrong, 0, "words").want(422).fault("/sha256", "mismatch")
		partner.do(http.MethodHead, wrong, nil).want(404)
		long := begin(5).want(201).Header.Get("Location")
		partner.piece(long, 0, "too long").want(413)
		partner.do(http.MethodDelete, long, nil).want(204)
		partner.do(http.MethodDelete, long, nil).want(404)
		begin(1<<30).want(422).fault("/size", "too_large")
		begin(5, "parent_id", "00000000-0000-4000-8000-000000000000").want(404)
		report := w.reportFor(partner, domain.ProgressReportDrafted)
		begin(5, "parent_kind", "progress_report", "parent_id", idOf(report)).want(201)
		begin(5, "parent_kind", "progress_report", "parent_id", idOf(w.reportFor(partner, domain.ProgressReportAccepted))).want(409)

		version := partner.post("/v1/uploads", map[string]any{"document_id": idOf(done.Header.Get("Content-Location")), "file_name": "b.txt", "size": 6}).want(201).Header.Get("Location")
		partner.piece(version, 0, "second").want(204)
		if n := partner.get(done.Header.Get("Content-Location")).at("number"); n != float64(2) {
			t.Errorf("the document is at version %v", n)
		}
		if n := partner.do(http.MethodHead, version, nil).want(200).Header.Get("Content-Location"); n != done.Header.Get("Content-Location") {
			t.Errorf("the version is of %s", n)
		}
		w.anyone().piece(version, 0, "x").want(401)
		partner.do(http.MethodPatch, version, "{}", "Content-Type", "application/json").want(415)
		begin(5).want(201)
		w.forward(48 * time.Hour) // its day is over
		must(t, w.server.Jobs()["house.keep"](t.Context(), w.system(), nil))
		if n := w.count("SELECT count(*) FROM uploads"); n != 0 {
			t.Errorf("%d uploads outlive their time", n)
		}
	})
}
