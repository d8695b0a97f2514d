package api_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/bundle"
	"accord/internal/ledger"
)

// inspected is a running partnership with something of everything that a bundle
// holds, the caller's organization as a member if it has one.
func (w *world) inspected(by *client) string {
	w.Helper()
	org, staff := w.orgOf(by), w.as(domain.Staff)
	d := partnershipDraft(org)
	d.Title, d.ReapprovalDueOn = `Data <script>alert(1)</script> & "exchange"`, ""
	path := "/v1/partnerships/" + string(w.seedPartnership(d, domain.PartnershipActive).ID)
	document := "/v1/documents/" + staff.document("/v1/documents", "../../Bericht é.txt", "The first words.", "parent_kind", "partnership", "parent_id", idOf(path)).want(201).str("id")
	staff.document(document+"/versions", "second.txt", "The second words.").want(201)
	k := "/v1/contributions/" + staff.post("/v1/contributions", cash(path, "100", "organization_id", string(org))).want(201).str("id")
	staff.move(k, "deliver", usd("80", "2026-03-02", "evidence", "A receipt")).want(200)
	w.as(domain.Liaison).move(k, "verify", usd("60", "2026-03-02", "evidence", "What Marigold told us")).want(200)
	commitment := "/v1/commitments/" + staff.post("/v1/commitments", map[string]any{
		"organization_id": org, "partnership_id": idOf(path), "title": "Audit every site", "text": "We audit all of them.", "due_on": "2026-12-31", "objectives": []string{"4.1"},
	}).want(201).str("id")
	staff.evidence("commitment", commitment).want(201)
	staff.move(commitment, "submit", nil).want(200)
	w.as(domain.Liaison).move(commitment, "accept", nil).want(200)
	amendment := staff.post(commitment+"/amendments", map[string]string{"title": "Audit half the sites", "reason": "Two closed."}).want(201).str("id")
	w.as(domain.Liaison).move("/v1/amendments/"+amendment, "approve", nil).want(200)
	return path
}

func init() {
	walk["getPartnershipBundle"] = func(w *world, by *client) call {
		return call{path: w.partnershipFor(by, domain.PartnershipActive) + "/bundle"}
	}
}

// unzipped is a bundle's files in their order, and each by its name.
func unzipped(t *testing.T, b []byte) (r *zip.Reader, names []string, files map[string]string) {
	t.Helper()
	r, err := bundle.Open(bytes.NewReader(b), int64(len(b)))
	must(t, err)
	files = map[string]string{}
	for _, f := range r.File {
		content, err := fs.ReadFile(r, f.Name)
		must(t, err)
		names, files[f.Name] = append(names, f.Name), string(content)
	}
	return r, names, files
}

func TestABundleHoldsWhatAnAuditNeeds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := w.inspected(w.as(domain.Staff))
		staff, auditor := w.as(domain.Staff), w.as(domain.Auditor)
		r := staff.get(path + "/bundle").want(200)
		for name, want := range map[string]string{
			"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'", "Content-Encoding": "",
			"Content-Disposition": `attachment; filename="partnership-` + idOf(path) + `-2026-03-02.zip"; filename*=UTF-8''partnership-` + idOf(path) + "-2026-03-02.zip",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if again := staff.get(path + "/bundle").want(200); !bytes.Equal(again.Body, r.Body) {
			t.Error("the same state makes another file")
		}
		z, names, files := unzipped(t, r.Body)
		if v, err := api.VerifyBundle(z, ""); err != nil || v.Files != len(names)-2 || v.Checkpoint != nil {
			t.Errorf("%+v, %v", v, err)
		}
		var about api.BundleAbout
		must(t, json.Unmarshal([]byte(files["about.json"]), &about))
		if string(about.Partnership) != idOf(path) || about.Title == "" || !about.AsOf.Equal(w.store.Now()) {
			t.Errorf("it is about %+v", about)
		}
		folder := func(name string) string { before, _, _ := strings.Cut(name, "/"); return before }
		var order []string
		for _, name := range names {
			order = append(order, folder(name))
		}
		if want := []string{"key.txt", "about.json", "summary.html", "contributions", "documents", bundle.Manifest, bundle.Signature}; !slices.Equal(slices.Compact(order), want) {
			t.Errorf("it holds %v", names)
		}
		document := w.column("SELECT id FROM documents WHERE parent_kind = 'partnership'")[0]
		if files["documents/"+document+"/v1-Bericht__.txt"] != "The first words." || files["documents/"+document+"/v2-second.txt"] != "The second words." || len(names) != 11 {
			t.Errorf("the documents are %v", names)
		}
		summary := files["summary.html"]
		for _, words := range []string{
			"Data &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;exchange&#34;", "Find forced labor in supply chains.", "A joint review each quarter.", "Nothing is acquired.",
			"No resources are shared.", "Said of risks.", "Legal Adviser", "cleared", "Approved.", "Audit half the sites", "title: Audit every site → Audit half the sites", "Two closed.",
			"Amendment approved: title from Audit every site to Audit half the sites.", "The entries of the audit trail, with their proofs, are for auditors", "v2-second.txt",
			"What the renewal needs",
		} {
			if !strings.Contains(summary, words) {
				t.Errorf("the summary lacks %q:\n%s", words, summary)
			}
		}
		for _, part := range []string{"<script", "src=", "http://", "https://", "url(", "@import"} {
			if strings.Contains(summary, part) {
				t.Errorf("the summary has %q", part)
			}
		}
		totals, err := csv.NewReader(strings.NewReader(files["contributions/totals.csv"])).ReadAll()
		if must(t, err); len(totals) != 2 || !slices.Equal(totals[1][8:], []string{"100.00", "80.00", "60.00", "3"}) {
			t.Errorf("the totals are %v", totals)
		}
		if ledger := files["contributions/ledger.csv"]; strings.Count(ledger, "\n") != 4 || !strings.Contains(ledger, "A receipt") || strings.Contains(ledger, "Marigold") {
			t.Errorf("the ledger is\n%s", ledger)
		}
		for record, event := range map[string]string{idOf(path): "partnership_bundle.opened", document: "document.opened"} {
			events := auditor.get("/v1/audit?limit=100&record_id=" + record).want(200).column("event")
			if n := len(slices.DeleteFunc(events, func(e string) bool { return e != event })); n != 2 {
				t.Errorf("the trail tells of %d times %s", n, event)
			}
		}
	})
}

func TestABundleShowsTheMembersDueDiligence(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good, lapsed := w.approvedOrganization(), w.approvedOrganization()
		path := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(good.ID, lapsed.ID), domain.PartnershipActive).ID)
		w.forward(time.Minute)
		finding := w.finding("clear")
		finding["source"], finding["evidence"] = "SAM <exclusions>", "Canary who told us"
		check := w.as(domain.Staff).post("/v1/organizations/"+string(good.ID)+"/checks", map[string]string{"kind": "debarment"}).want(201).str("id")
		w.as(domain.Liaison).move("/v1/checks/"+check, "record", finding).want(200)
		w.lapse(lapsed.ID, "sanctions")
		waived := w.waiver(good.ID, domain.WaiverGranted)
		w.as(domain.Liaison).move(waived, "revoke", map[string]string{"reason": "It is back."}).want(200)
		outside := w.approvedOrganization()
		w.sequence()
		z, _, files := unzipped(t, w.as(domain.Auditor).get(path+"/bundle").want(200).Body)
		if _, err := api.VerifyBundle(z, w.as(domain.Auditor).get("/v1/audit/key").want(200).str("key")); err != nil {
			t.Error(err)
		}
		summary := files["summary.html"]
		for _, words := range []string{
			good.LegalName, "debarment", check, "SAM &lt;exclusions&gt;", "2026-03-02, 2027-03-02", string(w.as(domain.Liaison).actor.Account),
			"under vetting requirements 1", "In good standing for this partnership.", "the sanctions check lapsed on 2026-03-02",
			idOf(waived), "The list is down.", "revoked: <span class=\"text\">It is back.</span>",
		} {
			if !strings.Contains(summary, words) {
				t.Errorf("the summary lacks %q:\n%s", words, summary)
			}
		}
		if n := strings.Count(summary, "In good standing for this partnership."); n != 1 {
			t.Errorf("%d members are in good standing", n)
		}
		if strings.Contains(summary, "Canary") || strings.Contains(summary, string(outside.ID)) {
			t.Errorf("the summary tells too much:\n%s", summary)
		}
		log := files["log/proofs.jsonl"] + files["log/waiting.jsonl"]
		for _, event := range []string{`"check.requested"`, `"check.recorded"`, `"waiver.granted"`, `"waiver.revoked"`, `"organization.approved"`} {
			if !strings.Contains(log, event) {
				t.Errorf("the log lacks %s", event)
			}
		}
		for _, id := range append(w.column("SELECT id FROM checks WHERE organization <> '"+string(outside.ID)+"'"), idOf(waived), string(lapsed.ID)) {
			if !strings.Contains(log, id) {
				t.Errorf("the log says nothing of %s", id)
			}
		}
		if strings.Contains(log, string(outside.ID)) {
			t.Error("the log tells of an organization that is no member")
		}
	})
}

func TestABundleTellsNoMoreThanItsReaderMaySee(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, liaison := w.inspected(w.as(domain.Staff)), w.as(domain.Liaison)
		k := "/v1/contributions/" + w.column("SELECT id FROM contributions")[0]
		liaison.move(k, "verify", usd("5", "2026-03-02", "evidence", "Told by Canary-one", "reference", "Canary-two's call")).want(200)
		entry := w.column("SELECT id FROM contribution_entries WHERE reference <> '' AND measure = 'verified'")[0]
		liaison.move(k, "reverse", map[string]string{"entry_id": entry, "reason": "Canary-three took it back."}).want(200)
		w.as(domain.Staff).move(k, "deliver", usd("3", "2026-03-02", "evidence", "Entered twice")).want(200)
		delivered := w.column("SELECT id FROM contribution_entries WHERE evidence = 'Entered twice'")[0]
		w.as(domain.Staff).move(k, "reverse", map[string]string{"entry_id": delivered, "reason": "The giver's own words."}).want(200)
		for _, role := range []domain.Role{domain.Staff, domain.Liaison, domain.Auditor} {
			_, _, files := unzipped(t, w.as(role).get(path+"/bundle").want(200).Body)
			for name, content := range files {
				for _, words := range append(w.column("SELECT name FROM accounts"), "Canary", "Marigold") {
					if strings.Contains(content, words) {
						t.Errorf("to %s, %s tells %q:\n%s", role, name, words, content)
					}
				}
			}
			rows, err := csv.NewReader(strings.NewReader(files["contributions/ledger.csv"])).ReadAll()
			if must(t, err); len(rows) != 8 {
				t.Fatalf("to %s the ledger is %v", role, rows)
			}
			for _, r := range rows[1:] {
				if told := r[8] + r[9] + r[11]; (r[2] == "verified") == (told != "") && r[2] != "pledged" || r[12] == "" || r[13] == "" {
					t.Errorf("to %s an entry is %v", role, r)
				}
			}
			if !strings.Contains(files["summary.html"], "<td>the office</td>") {
				t.Errorf("to %s the story has no doers:\n%s", role, files["summary.html"])
			}
		}
	})
}

func TestAnAuditorsBundleIsProvedWithoutTheServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, auditor := w.inspected(w.as(domain.Staff)), w.as(domain.Auditor)
		before := auditor.get(path + "/bundle").want(200)
		if z, _, files := unzipped(t, before.Body); !strings.Contains(files["summary.html"], "has signed nothing yet") {
			_, err := api.VerifyBundle(z, "")
			t.Errorf("before anything is signed, %v:\n%s", err, files["summary.html"])
		}
		w.sequence()
		key := auditor.get("/v1/audit/key").want(200).str("key")
		z, _, files := unzipped(t, auditor.get(path+"/bundle").want(200).Body)
		v, err := api.VerifyBundle(z, key)
		must(t, err)
		trail := 0
		for _, id := range w.column("SELECT record FROM audit_entries WHERE record_kind IN ('partnerships', 'documents', 'commitments', 'amendments', 'contributions', 'contribution_entries', 'organizations', 'checks', 'waivers')") {
			if strings.Contains(files["log/proofs.jsonl"]+files["log/waiting.jsonl"], id) {
				trail++
			}
		}
		// The read of this bundle itself came after its moment.
		if want := trail - 1 - 2; v.Proved+v.Waiting != want || v.Proved < 20 || v.OwnKey {
			t.Errorf("%+v, of %d", v, want)
		}
		if _, err := api.VerifyBundle(z, "accord.test/audit+00000000+AYFh1T5UX+wT7fP5G0FhfR4f0ZLk0VQ8cUK1y2uC+Dmb"); err == nil {
			t.Error("another key verifies")
		}
		if v, err := api.VerifyBundle(z, ""); err != nil || !v.OwnKey {
			t.Errorf("without a key: %+v, %v", v, err)
		}
		altered := strings.Replace(files["log/proofs.jsonl"], `"event":"partnership.created"`, `"event":"partnership.approved"`, 1)
		signer, err := w.store.LogSigner("accord.test/audit")
		must(t, err)
		if _, err := api.VerifyBundle(remade(t, z, "log/proofs.jsonl", altered, signer.SignManifest), key); err == nil || !strings.Contains(err.Error(), "is not in the log") {
			t.Errorf("an altered entry: %v", err)
		}
		staffs, names, _ := unzipped(t, w.as(domain.Staff).get(path+"/bundle").want(200).Body)
		if v, err := api.VerifyBundle(staffs, key); err != nil || v.Checkpoint != nil || v.OwnKey || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "log/") }) {
			t.Errorf("of staff: %+v, %v, %v", v, err, names)
		}
	})
}

func TestWhatWasNotSignedSoIsNoBundle(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path := w.inspected(w.as(domain.Staff))
		w.sequence()
		key := w.as(domain.Auditor).get("/v1/audit/key").want(200).str("key")
		for _, role := range []domain.Role{domain.Staff, domain.Auditor} {
			z, _, files := unzipped(t, w.as(role).get(path+"/bundle").want(200).Body)
			if files["key.txt"] != key+"\n" {
				t.Errorf("to %s, the key is %q", role, files["key.txt"])
			}
			kept := func([sha256.Size]byte) (string, error) { return files[bundle.Signature], nil }
			other, err := ledger.NewSigner("accord.test/audit", make([]byte, 32))
			must(t, err)
			for name, sign := range map[string]func([sha256.Size]byte) (string, error){"by the old signature": kept, "by another office": other.SignManifest} {
				made := remade(t, z, "summary.html", "<p>Everything was cleared.", sign)
				if _, err := api.VerifyBundle(made, key); !errors.Is(err, ledger.ErrManifest) {
					t.Errorf("to %s, %s: %v", role, name, err)
				}
				if _, err := api.VerifyBundle(made, ""); !errors.Is(err, ledger.ErrManifest) {
					t.Errorf("to %s, %s, with the bundle's own key: %v", role, name, err)
				}
			}
		}
	})
}

// remade is a bundle with another text in one file, a manifest that fits, and what
// sign makes of that.
func remade(t *testing.T, z *zip.Reader, name, text string, sign func([sha256.Size]byte) (string, error)) *zip.Reader {
	t.Helper()
	var b bytes.Buffer
	w := bundle.NewWriter(&b, z.File[0].Modified)
	for _, f := range z.File {
		if f.Name == bundle.Manifest || f.Name == bundle.Signature {
			continue
		}
		content, err := fs.ReadFile(z, f.Name)
		must(t, err)
		if f.Name == name {
			content = []byte(text)
		}
		_, err = w.Add(f.Name, func(w io.Writer) error { _, err := w.Write(content); return err })
		must(t, err)
	}
	must(t, w.Close(sign))
	r, _, _ := unzipped(t, b.Bytes())
	return r
}

func TestABundleHoldsOnlyWhatTheScannerPassed(t *testing.T) {
	scanner, _ := scannerAt(t, 200_000)
	eachWith(t, func(o *api.Options) { o.Scanner, o.RequireScan = scanner, true }, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := w.partnershipFor(staff, domain.PartnershipMemoDrafted)
		for _, name := range []string{"waits.txt", "removed.txt"} {
			staff.document("/v1/documents", name, "words of "+name, "parent_kind", "partnership", "parent_id", idOf(path)).want(201)
		}
		id := w.column("SELECT document FROM document_versions WHERE file_name = 'removed.txt'")[0]
		staff.move("/v1/documents/"+id, "remove", map[string]string{"reason": "Sent by mistake."}).want(200)
		_, names, files := unzipped(t, staff.get(path+"/bundle").want(200).Body)
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "documents/") }) {
			t.Errorf("it holds %v", names)
		}
		for _, words := range []string{"waits.txt: the file waits for the scanner", "removed.txt: the document was removed", "removed: Sent by mistake."} {
			if !strings.Contains(files["summary.html"], words) {
				t.Errorf("the summary lacks %q:\n%s", words, files["summary.html"])
			}
		}
	})
}

func TestABundleThatBreaksOffIsNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := w.inspected(staff)
		must(t, filepath.WalkDir(w.blobs, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			return os.Truncate(name, 5)
		}))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path+"/bundle", nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+staff.bearer())
		res, err := httpClient.Do(r)
		must(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil {
			t.Error("the client can't tell that it broke off")
		}
		if _, err := zip.NewReader(bytes.NewReader(body), int64(len(body))); err == nil {
			t.Error("what broke off opens as a ZIP")
		}
		if log := w.log.String(); !strings.Contains(log, "bundle broken off") {
			t.Errorf("the log tells nothing:\n%s", log)
		}
	})
}

func init() {
	const rests = "what a verification rests on, to whoever takes a bundle"
	secrets = append(secrets, secret{
		name: "what an advisor drafts, to whoever takes a bundle",
		story: func(w *world) map[string]*client {
			w.inspected(w.as(domain.Staff))
			w.reach(w.speaker(w.advisorCalled("Aster")), domain.ConsultationOpen)
			return map[string]*client{"staff": w.as(domain.Staff), "a liaison": w.as(domain.Liaison)}
		},
		happens: func(w *world) {
			author := w.speaker(domain.AdvisorID(w.column("SELECT id FROM advisors")[0]))
			w.begun(author, "/v1/consultations/"+w.column("SELECT id FROM consultations")[0])
		},
		after: (*world).sequence, // nobody reads from it how long the log is
	}, secret{
		name: rests,
		story: func(w *world) map[string]*client {
			staff := w.as(domain.Staff)
			w.inspected(staff)
			commitment := "/v1/commitments/" + w.column("SELECT id FROM commitments")[0]
			staff.move(commitment, "activate", nil).want(200)
			staff.move(commitment, "claim_completion", nil).want(200)
			w.as(domain.Liaison).move(commitment, "verify", map[string]string{
				"outcome": "verified_complete", "method": "interviews", "evidence": "On file.", "confidence": "high"}).want(200)
			return map[string]*client{"an auditor": w.as(domain.Auditor)}
		},
		happens: verifiedBy("What Marigold told us."),
	})
	instead[rests] = verifiedBy("What the ledgers say, all of them.")
}

// verifiedBy adds what the one verification rests on.
func verifiedBy(words string) func(*world) {
	return func(w *world) {
		w.as(domain.Staff).document("/v1/documents", "source.txt", words, "parent_kind", "verification", "parent_id", w.column("SELECT id FROM verifications")[0]).want(201)
	}
}
