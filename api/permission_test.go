package api_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// call is a request that would succeed if the caller may make it.
type call struct {
	path string
	// body is what is sent; nil sends the contract's example.
	body any
	// record is the path whose ETag the change names; empty is the path up to
	// and including its first id.
	record string
	// headers come in pairs.
	headers []string
	// send makes a request that is not JSON, such as an upload.
	send func(c *client) *result
}

// walk has, for every operation, a call on records made for the caller: related
// to it in whatever way its role allows. Each resource's tests add theirs.
var walk = map[string]func(w *world, by *client) call{}

// caller is a fresh account of a role, with an organization or an advisor of its
// own where the role has one.
func (w *world) caller(role domain.Role) *client {
	w.Helper()
	switch role {
	case domain.Anyone:
		return w.anyone()
	case domain.Partner, domain.PartnerAdmin:
		return w.another(role, w.approvedOrganization().ID, "")
	case domain.Advising:
		return w.another(role, "", w.advisor())
	}
	return w.another(role, "", "")
}

// signedIn lists the roles that a person can sign in with.
func signedIn() []domain.Role {
	return []domain.Role{domain.Admin, domain.Staff, domain.Liaison, domain.Custodian, domain.Auditor, domain.PartnerAdmin, domain.Partner, domain.Advising}
}

var toRecord = regexp.MustCompile(`^/v1/(?:me/)?[^/]+/[^/]+`)

// try makes a call as somebody.
func (k call) try(c *client, op openapi.Operation, headers ...string) *result {
	c.w.Helper()
	if k.send != nil {
		return k.send(c)
	}
	headers = append(append([]string{}, k.headers...), headers...)
	if op.Match && !named(headers, "If-Match") {
		record := k.record
		if record == "" {
			record = toRecord.FindString(k.path)
		}
		headers = append(headers, "If-Match", c.seen(record))
	}
	return c.do(op.Method, k.path, k.payload(op), headers...)
}

func named(headers []string, name string) bool {
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == name {
			return true
		}
	}
	return false
}

func (k call) payload(op openapi.Operation) any {
	if k.body == nil && op.ContentType != "" {
		return op.Example
	}
	return k.body
}

func refused(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
}

// standing is one way in which somebody may stand to a record that was made for
// another. Each cell of the matrix is an operation, tried in one of them.
type standing struct {
	name string
	// apply finds who tries what was made for by, or nil where nobody of by's role
	// can stand so. undo ends a state in which by was put for the try.
	apply func(w *world, by *client) (who *client, undo func())
	// has are the relations in which it stands to the record.
	has domain.Reach
	// made says that the record was made for it.
	made bool
	// out says that it is nobody who is signed in, whatever it sends.
	out bool
	// forMember says that it is tried with what is done for a member alone; what is
	// not is refused to all who act for one alike, before anything is asked.
	forMember bool
}

// everyone is what no relation to a record is needed for.
const everyone = domain.All | domain.Entrusted | domain.Published

// standings are tried with every operation. The one to whom the record is
// related in every way that its role allows comes first.
var standings = []standing{
	{name: "for whom it was made", apply: itself, has: ^domain.Reach(0), made: true},
	{name: "to whom it is nothing", apply: stranger, has: everyone},
	{name: "of the same organization", apply: colleague, has: everyone | domain.Own | domain.Shared},
	{name: "of the same council", apply: fellow, has: everyone | domain.Council | domain.Shared},
	{name: "who looked after the advisor before", apply: formerly, has: everyone},
	{name: "whose organization applied", apply: whileOrganizationIs("intake"), has: ^domain.Reach(0)},
	{name: "whose organization is suspended", apply: whileOrganizationIs("suspended"), has: ^domain.Reach(0)},
	{name: "whose organization is debarred", apply: whileOrganizationIs("debarred"), has: ^domain.Reach(0)},
	{name: "whose account is suspended", apply: whileAccountIs("accounts SET stage = 'suspended' WHERE id", "accounts SET stage = 'active' WHERE id"), out: true},
	{name: "whose session ended", apply: whileAccountIs("sessions SET ended_at = created_at WHERE account", "sessions SET ended_at = NULL WHERE account"), out: true},
	{name: "whose API key names all that it can", apply: itsKey, has: ^domain.Reach(0), made: true},
	{name: "for which its association acts", apply: associationOf("", domain.Powers()...), has: ^domain.Reach(0), made: true},
	{name: "for which its association reports", apply: associationOf("", domain.ReportOnCommitments), has: ^domain.Reach(0), made: true, forMember: true},
	{name: "for which its association joins", apply: associationOf("", domain.JoinEngagements), has: ^domain.Reach(0), made: true, forMember: true},
	{name: "whose mandate is revoked", apply: associationOf("stage = 'revoked'"), has: ^domain.Reach(0), forMember: true},
	{name: "whose mandate has run out", apply: associationOf("ends_on = '2026-03-01'"), has: ^domain.Reach(0), forMember: true},
	{name: "to whom the member is nothing", apply: ofAnotherMember, has: everyone, forMember: true},
	{name: "signed out", apply: func(w *world, by *client) (*client, func()) { return w.anyone(), nothing }, has: everyone},
}

func itself(_ *world, by *client) (*client, func()) { return by, nothing }

func nothing() {}

func stranger(w *world, by *client) (*client, func()) {
	if by.sid == "" {
		return nil, nil
	}
	return w.stranger(by.actor.Role), nothing
}

// itsKey is by's program, with a key for all that by can give one.
func itsKey(w *world, by *client) (*client, func()) {
	if !by.actor.Delegates() {
		return nil, nil
	}
	undo := nothing
	if of := string(by.actor.Account); by.actor.Role.NeedsFactor() && w.count("SELECT count(*) FROM factors WHERE stage = 'active' AND account = '"+of+"'") == 0 {
		spare := w.spareKey(by) // the case took away the one without which there are no keys
		undo = func() { w.exec("DELETE FROM factors WHERE id = '" + string(spare.ID) + "'") }
	}
	_, key := w.apiKey(by, w.delegable(by)...)
	return key, undo
}

// stranger is an account of a role to which no record is related.
func (w *world) stranger(role domain.Role) *client {
	return w.keep("stranger "+string(role), func() *client { return w.caller(role) })
}

func colleague(w *world, by *client) (*client, func()) {
	if by.actor.Organization == "" {
		return nil, nil
	}
	return w.another(by.actor.Role, by.actor.Organization, ""), nothing
}

// fellow is another member of every council on which an advisor sits.
func fellow(w *world, by *client) (*client, func()) {
	if by.actor.Advisor == "" {
		return nil, nil
	}
	councils := w.column("SELECT DISTINCT council FROM terms WHERE advisor = '" + string(by.actor.Advisor) + "'")
	if len(councils) == 0 {
		return nil, nil
	}
	other := w.caller(domain.Advising)
	for _, c := range councils {
		w.seat(domain.CouncilID(c), other.actor.Advisor, "2026-01-01")
	}
	return other, nothing
}

// formerly is another liaison, who looked after all whom by looks after and doesn't any more.
func formerly(w *world, by *client) (*client, func()) {
	if by.actor.Role != domain.Liaison {
		return nil, nil
	}
	other := w.another(domain.Liaison, "", "")
	for _, of := range w.column("SELECT advisor FROM assignments WHERE ended_at IS NULL AND liaison = '" + string(by.actor.Account) + "'") {
		id := strings.TrimPrefix(w.lookAfter(domain.AdvisorID(of), other), "/v1/assignments/")
		_, err := w.liaising().Assignments.End(w.Context(), domain.AssignmentID(id), nil)
		must(w, err)
	}
	return other, nothing
}

// whileOrganizationIs puts by's organization at a stage, behind everyone's back.
func whileOrganizationIs(stage string) func(*world, *client) (*client, func()) {
	return func(w *world, by *client) (*client, func()) {
		if by.actor.Organization == "" {
			return nil, nil
		}
		was := by.stand().actor.Vetting
		set := func(stage string) {
			w.exec("UPDATE organizations SET stage = '" + stage + "' WHERE id = '" + string(by.actor.Organization) + "'")
		}
		set(stage)
		return by.stand(), func() { set(string(was)); by.stand() }
	}
}

var approved = []domain.OrganizationStage{domain.OrganizationApproved, domain.OrganizationApprovedConditions}

// associationOf is somebody who acts for by's organization, by a mandate that names
// powers or of which something else is so.
func associationOf(so string, powers ...domain.Power) func(*world, *client) (*client, func()) {
	return func(w *world, by *client) (*client, func()) {
		member := by.actor.Organization
		if member == "" || !slices.Contains(approved, by.stand().actor.Vetting) { // which lets nobody act for it
			return nil, nil
		}
		w.keep("agent for "+string(member), func() *client { return w.agent(by, domain.Powers()...) })
		set := func(what string) {
			w.exec("UPDATE mandates SET " + what + " WHERE organization = '" + string(member) + "'")
		}
		set(cmp.Or(so, `powers = '["`+strings.Join(words(powers), `","`)+`"]'`))
		return w.agentsDesk(by).actingFor(member, powers...), func() { set("stage = 'granted', ends_on = '2026-12-31'") }
	}
}

// ofAnotherMember acts, by a mandate, for an organization to which the record is
// nothing.
func ofAnotherMember(w *world, by *client) (*client, func()) {
	if by.actor.Organization == "" {
		return nil, nil
	}
	return w.keep("agent for another "+string(by.actor.Role), func() *client { return w.agent(w.stranger(by.actor.Role), domain.Powers()...) }), nothing
}

func whileAccountIs(so, again string) func(*world, *client) (*client, func()) {
	return func(w *world, by *client) (*client, func()) {
		if by.sid == "" {
			return nil, nil
		}
		at := " = '" + string(by.actor.Account) + "'"
		w.exec("UPDATE " + so + at)
		return by, func() { w.exec("UPDATE " + again + at) }
	}
}

// exec changes the database behind everyone's back.
func (w *world) exec(statement string) {
	w.Helper()
	must(w, w.attempt(statement))
}

// attempt is exec of what the database may refuse.
func (w *world) attempt(statement string) error {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.behind == nil {
		driver, source := "pgx", w.dsn
		if !strings.HasSuffix(w.Name(), "/postgres") {
			driver, source = "sqlite", "file:"+strings.TrimPrefix(w.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)&_pragma=synchronous(0)"
		}
		var err error
		w.behind, err = sql.Open(driver, source)
		must(w, err)
		w.Cleanup(func() { w.behind.Close() })
	}
	_, err := w.behind.ExecContext(w.Context(), statement)
	return err
}

// stand reads again where the client's organization is in its vetting.
func (c *client) stand() *client {
	c.w.Helper()
	if c.actor.Organization != "" {
		stage := c.w.column("SELECT stage FROM organizations WHERE id = '" + string(c.actor.Organization) + "'")
		c.actor.Vetting = domain.OrganizationStage(stage[0])
	}
	return c
}

// lacks are relations in which nobody stands, or not yet, to what walk makes for
// an operation.
var lacks = map[string]domain.Reach{
	// It is a colleague's.
	"suspendAccount": domain.Self, "restoreAccount": domain.Self, "proposeGrant": domain.Self, "approveInvitation": domain.Self,
	// A draft of these is its author's, its council's or the office's alone.
	"editSubmission": domain.Entrusted, "submitSubmission": domain.Entrusted,
	"editRecommendation": domain.Published, "removeRecommendation": domain.Published, "issueRecommendation": domain.Published,
	"editResponse":     ^domain.All,
	"editConsultation": ^domain.All, "requestConsultationClearance": ^domain.All, "returnConsultation": ^domain.All,
	"clearConsultation": ^domain.All, "rescheduleConsultation": ^domain.All, "openConsultation": ^domain.All,
	"beginPartnershipDueDiligence": domain.Shared, "draftPartnershipMemo": domain.Shared,
	// The members of a council do not know each other unless it says so.
	"getTerm": domain.Council, "endTerm": domain.Council, "removeTerm": domain.Council,
}

// restsOn is what an operation rests on that makes something of the caller's own
// beside what its path names.
var restsOn = map[string]domain.Action{"createSubmission": domain.JoinConsultation}

// narrowly are the kinds of which walk makes for partners and advisors what is
// open to them and not to everyone; only who answers as nobody answers what is.
var narrowly = []string{"consultation", "results", "response"}

// hung are the operations on what hangs on a record that walk makes: who doesn't
// see that finds no document, and adds none.
var hung = []string{"createDocument", "beginUpload", "getDocument", "removeDocument", "linkFile", "addDocumentVersion"}

func hungOn(made domain.Role) domain.Action {
	if made == domain.Advising {
		return domain.ReadSubmission
	}
	return domain.ReadCommitment
}

// expectation is what the policy says of a try: that it succeeds (0), or the
// status of its refusal. What the caller can't see is not there; what it sees but
// may not do is forbidden.
func expectation(op openapi.Operation, st standing, who domain.Actor, made domain.Role) int {
	has, named := st.has&^lacks[op.ID], strings.Contains(op.Path, "{id}")
	if made == domain.Liaison && (op.ID == "getAccount" || op.ID == "editAccount") {
		has &^= domain.Entrusted // to a liaison, the accounts of advisors alone; this is a liaison's
	}
	may := func(act domain.Action) bool {
		have := has
		if op.ID != "submitAnonymously" && slices.Contains(narrowly, act.Kind()) && slices.Contains([]domain.Role{domain.PartnerAdmin, domain.Partner, domain.Advising}, made) {
			have &^= domain.Published
		}
		reach := who.Reach(act)
		return reach&have != 0 || !named && reach != 0
	}
	act := domain.Action(op.Action)
	if on, ok := restsOn[op.ID]; ok {
		act = on
	}
	switch {
	case who.For != "" && !domain.Action(op.Action).ForMember():
		return http.StatusBadRequest
	case who.For != "" && who.Powers == "":
		return http.StatusForbidden
	case who.Key != nil && !who.May(domain.Action(op.Action)):
		return http.StatusForbidden // whatever the path names
	case act == domain.QuickExit:
		return 0 // whoever is out may leave again
	case st.out, who.Role == domain.Anyone && !op.Public:
		return http.StatusUnauthorized
	case may(act) && slices.Contains(hung, op.ID) && !may(hungOn(made)):
		return http.StatusNotFound
	case may(act):
		return 0
	case named && !may(seenBy(op)):
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

var segment = regexp.MustCompile(`^/v1/(?:register/)?[^/{]+/\{id\}`)

// seenBy is the action by which one sees what an operation's path names: that of
// reading it. What stands once beside a record is seen by its own.
func seenBy(op openapi.Operation) domain.Action {
	if act, ok := beside[op.Path]; ok {
		return act
	}
	record := segment.FindString(op.Path)
	for _, o := range openapi.Operations {
		if o.Method == http.MethodGet && o.Path == record {
			return domain.Action(o.Action)
		}
	}
	return domain.Action(op.Action)
}

// beside are the paths of what stands once beside a record.
var beside = map[string]domain.Action{
	"/v1/advisors/{id}/vault-entry": domain.ReadVaultEntry,
	// That there is one sees whoever may change the advisor.
	"/v1/advisors/{id}/safe-contact":        domain.EditAdvisor,
	"/v1/advisors/{id}/safe-contact/cancel": domain.EditAdvisor, "/v1/advisors/{id}/safe-contact/issue_token": domain.EditAdvisor,
	"/v1/advisors/{id}/access-log": domain.ReadAccessLog, "/v1/organizations/{id}/standing": domain.ReadStanding,
}

// TestPermissionMatrix walks every operation as every role and in every standing,
// and compares with the policy: who may, succeeds; who sees it and may not, is
// forbidden; to whom it is not to be seen, it is not there. What was refused
// changed nothing.
func TestPermissionMatrix(t *testing.T) {
	var cells, proved atomic.Int64
	t.Cleanup(func() { fmt.Printf("%s: %d of %d cells proved\n", t.Name(), proved.Load(), cells.Load()) })
	t.Run("cells", func(t *testing.T) {
		fewOperations(t, func(t *testing.T, w *world, some []openapi.Operation) {
			for _, op := range some {
				if walk[op.ID] == nil {
					t.Errorf("%s has no case: add one to walk", op.ID)
					continue
				}
				for _, role := range append(signedIn(), domain.Anyone) {
					made, held := permissionCells(t, w, op, role)
					cells.Add(made)
					proved.Add(held)
				}
			}
		})
	})
}

// fewOperations gives every few operations an office of their own: the more is
// written in one, the longer it takes to list it and to see that nothing was added.
func fewOperations(t *testing.T, fn func(t *testing.T, w *world, some []openapi.Operation)) {
	for some := range slices.Chunk(openapi.Operations, 24) {
		t.Run("from "+some[0].ID, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) { fn(t, w, some) })
		})
	}
}

// permissionCells tries what was made for a caller in every standing: first those
// that must be refused, then the others, each on a record of its own.
func permissionCells(t *testing.T, w *world, op openapi.Operation, role domain.Role) (made, proved int64) {
	by := w.caller(role)
	k := walk[op.ID](w, by)
	var may []standing
	for _, st := range standings {
		if st.forMember && !domain.Action(op.Action).ForMember() {
			continue
		}
		who, undo := st.apply(w, by)
		// Where a path names no record, it is the same to whom it was made for. Who acts
		// for another and leaves is out, and tries nothing more.
		if who == nil || who != by && who.sid != "" && who.acting == "" && !strings.Contains(op.Path, "{id}") || who.acting != "" && op.Action == string(domain.QuickExit) {
			continue
		}
		made++
		if want := expectation(op, st, who.stand().actor, role); want == 0 {
			may = append(may, st)
		} else if refusedCell(t, k, op, st, who, want) {
			proved++
		}
		undo()
	}
	for i, st := range may {
		if i > 0 {
			by = w.caller(role)
			k = walk[op.ID](w, by)
		}
		if allowedCell(t, k, op, st, by) {
			proved++
		}
	}
	return made, proved
}

// refusedCell tries what is refused with a status, and changes nothing.
func refusedCell(t *testing.T, k call, op openapi.Operation, st standing, who *client, want int) bool {
	before := who.w.auditEntries()
	got := k.try(who, op, "If-Match", `"0"`)
	if got.Status != want {
		t.Errorf("%s: %s %s: got %d, want %d: %s", op.ID, who.actor.Role, st.name, got.Status, want, got.Body)
		return false
	}
	if n := who.w.auditEntries() - before; n != 0 {
		t.Errorf("%s: %s %s was refused, and changed something", op.ID, who.actor.Role, st.name)
		return false
	}
	return true
}

// allowedCell tries what is allowed. For the one for whom the record was made it
// succeeds; another may find that the record's own life is against it.
func allowedCell(t *testing.T, k call, op openapi.Operation, st standing, by *client) bool {
	who, undo := st.apply(by.w, by)
	defer undo()
	got := k.try(who, op)
	if got.Status >= 200 && got.Status <= 299 || !st.made && (!refused(got.Status) || ofOneOffice[op.ID] && got.Status == http.StatusForbidden) {
		return true
	}
	t.Errorf("%s: %s %s may, but got %d: %s", op.ID, who.actor.Role, st.name, got.Status, got.Body)
	return false
}

// ofOneOffice are decisions of the one office that was asked, whatever the role.
var ofOneOffice = map[string]bool{"decidePartnershipClearance": true}

// auditEntries counts what ever happened.
func (w *world) auditEntries() int64 { return w.count("SELECT count(*) FROM audit_entries") }

// TestUnseenIsAbsent compares, byte for byte, the answer about a record that the
// caller can't see with the answer about one that isn't there, and what is done
// for either.
func TestUnseenIsAbsent(t *testing.T) {
	fewOperations(t, func(t *testing.T, w *world, some []openapi.Operation) {
		for _, op := range some {
			fixture, ok := walk[op.ID]
			if !ok || !strings.Contains(op.Path, "{id}") || op.Public {
				continue
			}
			var strangers []*client
			for _, role := range signedIn() {
				strangers = append(strangers, w.caller(role))
			}
			if domain.Action(op.Action).ForMember() {
				strangers = append(strangers, w.agent(w.caller(domain.Partner), domain.Powers()...))
			}
			for _, stranger := range strangers {
				role := stranger.actor.Role
				k := fixture(w, w.caller(role))
				hidden := k.try(stranger, op, "If-Match", `"0"`)
				if hidden.Status != http.StatusNotFound {
					continue // this role sees it
				}
				path := k.path
				k.path = toRecord.ReplaceAllStringFunc(k.path, func(p string) string {
					return p[:strings.LastIndex(p, "/")+1] + "00000000-0000-4000-8000-000000000000"
				})
				absent := k.try(stranger, op, "If-Match", `"0"`)
				if a, b := withoutRequestID(hidden), withoutRequestID(absent); a != b {
					t.Errorf("%s as %s: unseen and absent differ:\n%s\n%s", op.ID, role, a, b)
				}
				if k.send != nil {
					continue
				}
				_, missed := k.work(stranger, op, "If-Match", `"0"`)
				k.path = path
				if _, did := k.work(stranger, op, "If-Match", `"0"`); did != missed || !strings.Contains(did, "SELECT") {
					t.Errorf("%s as %s: for the unseen it does\n%s\nfor the absent\n%s", op.ID, role, did, missed)
				}
			}
		}
	})
}

var requestIDs = regexp.MustCompile(`"request_id":"[^"]*"`)

// withoutRequestID is all that a client can tell of an answer, but for the name
// of the request, the time on the wall, and how often the client itself has asked.
func withoutRequestID(r *result) string {
	h := r.Header.Clone()
	h.Del("X-Request-Id")
	h.Del("Date")
	h.Del("RateLimit")
	return fmt.Sprintln(r.Status, h) + requestIDs.ReplaceAllString(string(r.Body), "")
}

// TestEveryOperationRefusesWhatItCannotMean sends each operation, as one who may
// call it, what no operation takes.
func TestEveryOperationRefusesWhatItCannotMean(t *testing.T) {
	fewOperations(t, func(t *testing.T, w *world, some []openapi.Operation) {
		yet := w.enrolling(domain.Staff)
		for _, op := range some {
			fixture, ok := walk[op.ID]
			if !ok {
				continue // TestPermissionMatrix says so
			}
			by := w.caller(domain.Permitted(domain.Action(op.Action))[0])
			if op.Action == string(domain.SignIn) {
				by = w.anyone()
			}
			k := fixture(w, by)
			expect := func(name string, status int, got *result) {
				t.Helper()
				if got.Status != status {
					t.Errorf("%s: %s: %d, want %d: %s", op.ID, name, got.Status, status, got.Body)
				}
			}
			if k.send != nil {
				continue // its own test shows these
			}
			separator := "?"
			if strings.Contains(k.path, "?") {
				separator = "&"
			}
			odd := k
			odd.path += separator + "no_such_parameter=1"
			expect("unknown parameter", 400, odd.try(by, op))
			if !op.Public && !domain.Action(op.Action).WhileEnrolling() {
				expect("no second factor where one is needed", 403, k.try(yet, op, "If-Match", `"0"`))
			}
			if !op.Public {
				expect("nobody signed in", 401, k.try(w.anyone(), op, "If-Match", `"0"`))
			}
			if strings.HasSuffix(op.ContentType, "json") {
				expect("broken JSON", 400, by.do(op.Method, k.path, `{"a":`, append(k.headers, "If-Match", `"0"`)...))
				expect("no body", 400, by.do(op.Method, k.path, "", append(k.headers, "If-Match", `"0"`, "Content-Type", op.ContentType)...))
				expect("another content type", 415, by.do(op.Method, k.path, "<a/>", append(k.headers, "Content-Type", "text/xml", "If-Match", `"0"`)...))
				expect("ten megabytes", 413, by.do(op.Method, k.path, `"`+strings.Repeat("a", 10<<20)+`"`, append(k.headers, "If-Match", `"0"`)...))
				big := k
				big.body = `{"no_such_member":1}`
				expect("unknown member", 422, big.try(by, op))
			}
			if op.Match {
				expect("no If-Match", 428, k.try(by, op, "If-Match", ""))
				expect("stale If-Match", 412, k.try(by, op, "If-Match", `"0"`))
			}
			if op.Method == http.MethodGet && strings.Contains(fmt.Sprint(op.Statuses), "304") {
				first := k.try(by, op)
				expect("a first time", 200, first)
				expect("the same again", 304, k.try(by, op, "If-None-Match", first.tag()))
			}
		}
	})
}
