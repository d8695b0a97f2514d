package api_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/ledger"
	"accord/openapi"
)

// sequence gives every audit entry that is due its place in the log.
func (w *world) sequence() {
	w.Helper()
	_, err := w.server.Sequence(w.Context())
	must(w, err)
}

// logged is an organization whose making is in the log, and the id of that entry.
func (w *world) logged() (org, entry string) {
	w.Helper()
	o := w.organization(w.name("Logged"), domain.OrganizationDrafted)
	w.sequence()
	rows := w.as(domain.Auditor).get("/v1/audit?record_id=" + string(o.ID)).want(200)
	return string(o.ID), rows.column("id")[0]
}

func init() {
	walk["listAuditEntries"] = func(w *world, _ *client) call {
		org, _ := w.logged()
		return call{path: "/v1/audit?record_id=" + org}
	}
	walk["getAuditProof"] = func(w *world, _ *client) call {
		_, entry := w.logged()
		return call{path: "/v1/audit/" + entry + "/proof"}
	}
	for op, path := range map[string]string{
		"getAuditConsistency": "consistency?first=1", "getAuditCheckpoint": "checkpoint", "listAuditCheckpoints": "checkpoints", "getAuditKey": "key",
	} {
		walk[op] = func(w *world, _ *client) call {
			w.logged()
			return call{path: "/v1/audit/" + path}
		}
	}
}

// hashesAt are the hashes of an answer's member.
func (r *result) hashesAt(name string) []ledger.Hash {
	r.w.Helper()
	var out []ledger.Hash
	for _, v := range r.at(name).([]any) {
		out = append(out, r.w.hash(v))
	}
	return out
}

func (w *world) hash(v any) (h ledger.Hash) {
	w.Helper()
	must(w, h.UnmarshalJSON([]byte(fmt.Sprintf("%q", v))))
	return h
}

// leafOf is what docs/proof.md tells others to make of an entry as the API shows
// it.
func leafOf(e openapi.AuditEntry) ledger.Hash {
	b := &strings.Builder{}
	b.WriteString("accord audit entry v1\n")
	for _, column := range []string{
		e.ID, e.At.UTC().Format(time.RFC3339Nano), e.ActorID, e.ActorRole, e.Event, e.RecordKind, e.RecordID, fmt.Sprint(e.RecordVersion), e.Note, e.RequestID,
	} {
		fmt.Fprintf(b, "%d:%s,", len(column), column)
	}
	return ledger.Leaf([]byte(b.String()))
}

// TestAnAuditorChecksEveryEntry takes nothing but the API's answers, and checks
// that each entry is in the log and that the log only grew.
func TestAnAuditorChecksEveryEntry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		auditor := w.as(domain.Auditor)
		auditor.get("/v1/audit/checkpoint").want(404)
		auditor.get("/v1/audit/key").want(404)
		w.logged()
		early := auditor.get("/v1/audit/checkpoint").want(200)
		w.forward(time.Minute)
		w.logged()
		late := auditor.get("/v1/audit/checkpoint").want(200)
		key := auditor.get("/v1/audit/key").want(200).str("key")
		first, err := ledger.Verify(key, early.str("note"))
		must(t, err)
		second, err := ledger.Verify(key, late.str("note"))
		must(t, err)
		if first.Origin != "accord.test/audit" || first.Size >= second.Size || float64(second.Size) != late.at("tree_size") {
			t.Errorf("%+v, then %+v", first, second)
		}
		grown := auditor.get(fmt.Sprintf("/v1/audit/consistency?first=%d&second=%d", first.Size, second.Size)).want(200)
		must(t, ledger.CheckConsistency(grown.hashesAt("consistency"), first, second))

		var page openapi.AuditPage
		auditor.get("/v1/audit?limit=100").want(200).into(&page)
		proved := 0
		for _, e := range page.Items {
			if e.LeafIndex == nil {
				auditor.get("/v1/audit/" + e.ID + "/proof").want(409)
				continue
			}
			for _, size := range []int64{second.Size, *e.LeafIndex + 1} {
				var p openapi.InclusionProof
				answer := auditor.get(fmt.Sprintf("/v1/audit/%s/proof?tree_size=%d", e.ID, size)).want(200)
				answer.into(&p)
				root := w.hash(p.RootHash)
				if leaf := leafOf(p.Entry); w.hash(p.LeafHash) != leaf || (size == second.Size && root != second.Root) {
					t.Errorf("%s: another leaf or root", e.Event)
				}
				must(t, ledger.CheckInclusion(answer.hashesAt("audit_path"), size, root, p.LeafIndex, leafOf(p.Entry)))
			}
			proved++
		}
		if int64(proved) != second.Size {
			t.Errorf("%d of %d proved", proved, second.Size)
		}
		if notes := auditor.get("/v1/audit/checkpoints?limit=1").want(200); notes.column("note")[0] != late.str("note") || notes.str("next_cursor") == "" {
			t.Errorf("%s", notes.Body)
		}
	})
}

func TestAProofIsAskedForWhatThereIs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		auditor := w.as(domain.Auditor)
		_, entry := w.logged()
		w.logged()
		size := int(auditor.get("/v1/audit/checkpoint").want(200).at("tree_size").(float64))
		proof := "/v1/audit/" + entry + "/proof"
		auditor.get("/v1/audit/00000000-0000-4000-8000-000000000000/proof").want(404)
		auditor.get(proof+"?tree_size=0").want(400).fault("tree_size", "invalid")
		auditor.get(fmt.Sprint(proof, "?tree_size=", size+1)).want(400).fault("tree_size", "invalid")
		auditor.get(fmt.Sprint(proof, "?tree_size=", int(auditor.get(proof).at("leaf_index").(float64)))).want(400).fault("tree_size", "invalid")
		auditor.get("/v1/audit/consistency").want(400).fault("first", "required")
		auditor.get(fmt.Sprint("/v1/audit/consistency?first=1&second=", size+1)).want(400).fault("second", "invalid")
		auditor.get("/v1/audit/consistency?first=3&second=2").want(400).fault("first", "invalid")
	})
}

// unopened are operations under an action whose reads are noted that show nothing
// of what was entrusted.
var unopened = []string{
	"listSubmissions", "listSubmissionResponses", // without answers
	"listApplications", "listApplicationDuplicates", // without what was applied with
	"getAuditCheckpoint", "listAuditCheckpoints", "getAuditConsistency", "getAuditKey", // sizes and hashes
}

// reads counts the entries of reads.
func (w *world) reads() int64 {
	w.Helper()
	return w.count("SELECT count(*) FROM audit_entries WHERE event LIKE '%.opened'")
}

// filledCase is an operation's case of the walk, with something to show.
func (w *world) filledCase(op openapi.Operation, by *client) call {
	w.Helper()
	k := walk[op.ID](w, by)
	if op.ID == "listMessages" {
		by.post(k.path, map[string]string{"text": "Thank you."}).want(201)
	}
	if op.ID == "getFile" { // each link is good once
		staff := w.as(domain.Staff)
		path := w.documentFor(staff)
		k.send = func(c *client) *result { return c.get(staff.link(path)) }
	}
	return k
}

// shown is how many records an answer shows.
func shown(r *result) int64 {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return 1 // a file
	}
	if list, ok := r.at("items").([]any); ok && !strings.HasPrefix(r.request, "GET /v1/audit") {
		return int64(len(list))
	}
	return 1
}

// TestReadsAreEntriesExactly makes every GET as every role that may, and counts:
// what the office reads of what was entrusted to it has an entry for each record
// that it is shown, and nothing else has any.
func TestReadsAreEntriesExactly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		noted := map[string]bool{}
		for _, op := range openapi.Operations {
			if op.Method != http.MethodGet {
				continue
			}
			act := domain.Action(op.Action)
			for _, role := range domain.Permitted(act) {
				if role == domain.Service {
					continue
				}
				by := w.caller(role)
				k := w.filledCase(op, by)
				for _, ask := range [][]string{nil, {"If-None-Match", k.try(by, op).tag()}} {
					before := w.reads()
					got := k.try(by, op, ask...)
					var want int64
					if event := by.actor.Discloses(act); event != "" && !slices.Contains(unopened, op.ID) {
						noted[op.Action] = true
						whole := got
						if got.Status == http.StatusNotModified {
							whole = k.try(by, op)
							before += shown(whole)
						}
						want = shown(whole)
					}
					if op.ID == "getPartnershipBundle" && by.actor.May(domain.ReadAuditTrail) {
						want++ // its part of the trail is read with it
					}
					if op.ID == "getFile" { // the link is the office's, whoever follows it
						want = 1
					}
					if n := w.reads() - before; n != want {
						t.Errorf("%s as %s: %d entries, shown %d: %d %s", op.ID, role, n, want, got.Status, got.Body)
					}
				}
			}
		}
		for _, act := range []domain.Action{domain.ReadSubmission, domain.ReadMessage, domain.ReadSafeContact, domain.ReadAuditTrail, domain.ReadReportSheet} {
			if !noted[string(act)] {
				t.Errorf("%s was never read by the office", act)
			}
		}
	})
}

// TestWhatIsNotShownIsNotNoted does, as the office, what opens nothing.
func TestWhatIsNotShownIsNotNoted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		author, staff := w.member(domain.Partner, w.approvedOrganization().ID), w.as(domain.Staff)
		path := w.submitted(author, consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		before := w.reads()
		staff.get(path + "/versions").want(403)
		staff.patch("/v1/submissions/00000000-0000-4000-8000-000000000000", `{"answers":[]}`).want(404)
		staff.get("/v1/submissions/00000000-0000-4000-8000-000000000000").want(404)
		staff.post(path+"/accept", nil, "If-Match", `"stale"`).want(412)
		staff.post(path+"/withdraw", nil, "If-Match", `"stale"`).want(403)
		staff.post(path+"/messages", map[string]string{"text": "Thank you."}).want(201)
		if n := w.reads() - before; n != 0 {
			t.Errorf("%d entries of reads", n)
		}
	})
}

// refuseEntries makes the audit trail unwritable.
func (w *world) refuseEntries() {
	w.Helper()
	if !w.onSQLite() {
		db, err := w.store.SQL()
		must(w, err)
		_, err = db.ExecContext(w.Context(), `CREATE TRIGGER "full" BEFORE INSERT ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`)
		must(w, err)
		return
	}
	db, err := sql.Open("sqlite", w.file())
	must(w, err)
	defer db.Close()
	_, err = db.ExecContext(w.Context(), "CREATE TRIGGER full BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'full'); END")
	must(w, err)
}

// TestNoEntryNoData makes the audit trail unwritable, and asks for all that is
// entrusted to the office.
func TestNoEntryNoData(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		type ask struct {
			by *client
			k  call
			op openapi.Operation
		}
		var asks []ask
		for _, op := range openapi.Operations {
			if op.Method != http.MethodGet || slices.Contains(unopened, op.ID) {
				continue
			}
			for _, role := range domain.Permitted(domain.Action(op.Action)) {
				if (domain.Actor{Role: role}).Discloses(domain.Action(op.Action)) == "" {
					continue
				}
				by := w.caller(role)
				asks = append(asks, ask{by, w.filledCase(op, by), op})
			}
		}
		if len(asks) < 6 {
			t.Fatalf("%d to ask", len(asks))
		}
		w.refuseEntries()
		for _, a := range asks {
			r := httptest.NewRequest(http.MethodGet, a.k.path, nil)
			r.Header.Set("Authorization", "Bearer "+a.by.bearer())
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, r)
			var p openapi.Problem
			answer := &result{w: w, request: a.op.ID, Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()}
			answer.into(&p)
			if rec.Code != http.StatusInternalServerError || p.Detail != "" || p.Title != "The server failed" || answer.tag() != "" {
				t.Errorf("%s as %s: %d: %s", a.op.ID, a.by.actor.Role, rec.Code, rec.Body)
			}
		}
	})
}

// TestAnAdvisorSeesWhoReadTheirSafeContact shows in the advisor's own log what the
// office read.
func TestAnAdvisorSeesWhoReadTheirSafeContact(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, liaison := w.advisor(), w.as(domain.Liaison)
		self := w.speaker(id)
		self.get(advisorPath(id) + "/safe-contact").want(200)
		w.forward(time.Minute)
		path := advisorPath(id) + "/safe-contact"
		liaison.get(path + "?reason=safety").want(200)
		log := self.get(advisorPath(id) + "/access-log").want(200)
		if got := log.column("event"); len(got) != 3 || got[0] != "safe_contact.opened" || log.column("actor_id")[0] != string(liaison.actor.Account) || log.column("note")[0] != "safety" {
			t.Errorf("%s", log.Body)
		}

		// Without a reason nothing is read, nor for one that is none; who may not read is not asked for any.
		staff := w.as(domain.Staff)
		before := w.auditEntries()
		if got := liaison.get(path).want(400); !strings.Contains(string(got.Body), `"parameter":"reason"`) || strings.Contains(string(got.Body), "channels") {
			t.Errorf("%s", got.Body)
		}
		liaison.get(path + "?reason=curiosity").want(400)
		staff.get(path).want(404)
		if n := w.auditEntries() - before; n != 0 {
			t.Errorf("%d entries", n)
		}
		w.forward(time.Minute)
		liaison.patch(path, `{"accommodations":"breaks"}`).want(200)
		if got := self.get(advisorPath(id) + "/access-log").want(200).column("note"); !slices.Contains(got, "edit") || !slices.Contains(got, "change") {
			t.Errorf("an edit is told as %v", got)
		}
	})
}

// TestErasingLeavesTheLogWhole erases an advisor and withdraws a submission, and
// sees that the log still holds and had nothing of either.
func TestErasingLeavesTheLogWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		self, vault := w.speaker(id), advisorPath(id)+"/vault-entry"
		self.do(http.MethodPut, vault, canaries, "If-Match", self.get(vault).tag()).want(200)
		self.patch(advisorPath(id)+"/safe-contact", `{"code_word":"paper boat"}`).want(200)
		author := w.member(domain.Partner, w.approvedOrganization().ID)
		path := w.submitted(author, consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		w.as(domain.Staff).get(path).want(200)
		w.sequence()
		before := w.as(domain.Auditor).get("/v1/audit/checkpoint").want(200)
		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).tag()).want(200)
		author.move(path, "withdraw", nil).want(200)
		w.forward(50 * time.Hour)
		w.sequence()
		v, err := w.store.VerifyLog(t.Context(), func(give func(name, note string) error) error { return give("before", before.str("note")) })
		must(t, err)
		if v.Found != 0 || v.Outside != 1 || v.Waiting != 0 {
			t.Errorf("%+v", v)
		}
		db, err := w.store.SQL()
		must(t, err)
		for _, table := range []string{"audit_entries", "ledger_leaves", "ledger_checkpoints"} {
			text := fmt.Sprint(w.strings(db, "SELECT * FROM "+table))
			w.seesCanary(table, text)
			if strings.Contains(text, "paper boat") || strings.Contains(text, "Nobody checks") {
				t.Errorf("%s holds what was said", table)
			}
		}
	})
}

// decision is what a line tells of a request, or of what a job decides.
type decision struct {
	Route, Action string
	Status        int
	Job           string
	Allowed       bool
	ActorID       string `json:"actor_id"`
}

// decisions are the lines of what happens in do.
func (w *world) decisions(do func()) (out []decision) {
	w.Helper()
	before := len(w.log.String())
	do()
	for text := range strings.Lines(w.log.String()[before:]) {
		var l struct {
			Msg string
			decision
		}
		if must(w, json.Unmarshal([]byte(text), &l)); l.Msg == "request" || l.Msg == "decision" {
			out = append(out, l.decision)
		}
	}
	return out
}

// TestEveryDecisionIsALine looks for what was allowed and what was refused, however
// early: of the office by whom, of a partner or an advisor by nobody, of a receipt
// not at all.
func TestEveryDecisionIsALine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, advisor := w.as(domain.Staff), w.speaker(w.advisor())
		enrolling := w.enrolling(domain.Staff)
		org := "/v1/organizations/" + string(w.approvedOrganization().ID)
		got := w.decisions(func() {
			staff.get(org).want(200)
			staff.get("/v1/audit").want(403)
			advisor.get("/v1/audit").want(403)
			w.anyone().get("/v1/me").want(401)
			w.anyone().get("/v1/me", "Authorization", "Bearer none").want(401)
			enrolling.get(org).want(403)
			staff.get(org + "?of=none").want(400)
			staff.get(org + "?" + strings.Repeat("a&", 64)).want(400)
			staff.get("/v1/organizations/" + strings.Repeat("a", 8<<10)).want(400)
			staff.post("/v1/tasks", "{").want(400)
			staff.get("/v1/nothing").want(404)
			staff.do(http.MethodDelete, "/v1/audit", nil).want(405)
			w.anyone().post("/v1/receipts/read", map[string]string{"receipt": "none"})
			w.anyone().get("/v1/receipts/read?a=1")
		})
		const me, one, list = "/v1/me", "/v1/organizations/:id", "/v1/audit"
		by := string(staff.actor.Account)
		want := []decision{
			{one, "organization.read", 200, "", false, by},
			{list, "audit.read", 403, "", false, by},
			{list, "audit.read", 403, "", false, ""},
			{me, "account.read_own", 401, "", false, ""},
			{me, "account.read_own", 401, "", false, ""},
			{one, "organization.read", 403, "", false, string(enrolling.actor.Account)},
			{one, "organization.read", 400, "", false, by},
			{one, "organization.read", 400, "", false, ""}, // before anybody is asked who comes
			{one, "organization.read", 400, "", false, ""},
			{"/v1/tasks", "task.create", 400, "", false, by},
			{"", "", 404, "", false, ""},
			{"/v1/audit", "", 405, "", false, ""},
		}
		if !slices.Equal(got, want) {
			t.Errorf("lines\n%+v, want\n%+v", got, want)
		}
	})
}

// TestWhatAJobDecidesIsALine has jobs decide on what somebody asked for.
func TestWhatAJobDecidesIsALine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		jobs := func(do func()) (out []decision) {
			return slices.DeleteFunc(w.decisions(do), func(d decision) bool { return d.Job == "" })
		}
		staff, login, advisor := w.as(domain.Staff), w.withPassword(domain.Staff), w.setPassword(w.speaker(w.advisor()))
		got := jobs(func() {
			for _, name := range []string{login, login, "nobody@example.org", advisor} {
				w.requestReset(name)
			}
			staff.imported("companies", companiesMapping, companies)
			staff.upload("more", companiesMapping, companies).want(202)
			w.as(domain.Admin).move(ownAccount(staff), "suspend", map[string]string{"reason": "left"}).want(200)
			w.runJobs()
		})
		asked, imports := decision{Job: "reset.request", Action: "reset.request"}, decision{Job: "import.run", Action: "import.create", ActorID: string(staff.actor.Account)}
		waits, runs := asked, imports
		waits.Allowed, runs.Allowed = true, true
		if want := []decision{waits, waits, asked, asked, runs, imports}; !slices.Equal(got, want) {
			t.Errorf("lines\n%+v, want\n%+v", got, want)
		}
	})
}
