package api_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"accord/domain"
)

// TestNoPathLeadsPastARule lets people do things at random to a partnership, to
// what is contributed to it and to a commitment, and holds every answer against a
// small model that knows nothing of the code: what is approved has no gap, what is
// verified was not reported by who verified it, totals are those of the ledger,
// the words of an accepted commitment are those of its amendments, and what two
// organizations gave is the one's that they became and, after the undo, each one's again. With
// ACCORD_WANDER set to a number, it tries sequences from that number on.
func TestNoPathLeadsPastARule(t *testing.T) {
	from, err := strconv.ParseUint(os.Getenv("ACCORD_WANDER"), 10, 64)
	if err != nil {
		from = 1
	}
	const sequences = 12
	each(t, func(t *testing.T, w *world) {
		w.shorten()
		approved, verified, amended, parted := 0, 0, 0, 0
		for seed := from; seed < from+sequences; seed++ {
			m := w.wanderer(seed)
			for range 150 {
				m.step()
			}
			m.settle()
			approved, verified, amended, parted = approved+m.approvals, verified+m.sum("verified"), amended+m.amended, parted+m.parted
		}
		if approved == 0 || verified == 0 || amended == 0 || parted == 0 {
			t.Errorf("the sequences lead to %d approvals, %d verified, %d amendments and %d undone merges: they show nothing", approved, verified, amended, parted)
		}
	})
}

// shorten puts requirements in force that have few elements and offices.
func (w *world) shorten() {
	w.Helper()
	proposed := w.as(domain.Staff).post("/v1/partnership_requirements", map[string]any{
		"kind": "long_term", "note": "Fewer, to get further.",
		"elements":   []map[string]any{{"key": "goals", "title": "Goals", "guidance": "Say which."}, {"key": "risks", "title": "Risks", "guidance": "Say which."}},
		"clearances": []map[string]any{{"key": "legal", "office": "Legal Adviser"}, {"key": "ethics", "office": "Ethics"}},
	}).want(201).str("id")
	w.as(domain.Admin).move("/v1/partnership_requirements/"+proposed, "adopt", nil).want(200)
}

// wanderer is what the model knows of one sequence.
type wanderer struct {
	*world
	seed uint64
	rand *rand.Rand
	// aside is for what comes between, so that the rest goes as it would without.
	aside *rand.Rand
	did   []string

	staff, other, partner *client
	org                   string
	standing              bool

	partnership, stage string
	has                map[string]bool   // what is written of it, by name
	asked              map[string]string // what each office decided, while it is asked
	askedBy            *client
	approvals          int

	contribution string
	entries      []wanderedEntry
	reported     map[*client]bool

	commitment, at, text string
	submittedBy, claimed *client
	amendment            *wanderedAmendment
	amended              int

	twin, gift string // another organization, and what it gave
	merge      string // what would make it part of the one, or did
	mergedBy   *client
	merged     bool
	parted     int
}

type wanderedEntry struct {
	id, measure        string
	amount             int
	reversed, reverses bool
}

type wanderedAmendment struct {
	path, before, after string
	by                  *client
}

func (w *world) wanderer(seed uint64) *wanderer {
	w.Helper()
	org := string(w.approvedOrganization().ID)
	m := &wanderer{
		world: w, seed: seed, rand: rand.New(rand.NewPCG(seed, 0)), aside: rand.New(rand.NewPCG(seed, 1)), staff: w.as(domain.Staff), other: w.as(domain.Liaison),
		partner: w.another(domain.Partner, domain.OrganizationID(org), ""), org: org, standing: true, stage: "concept", at: "draft", text: "We will.",
		has: map[string]bool{}, asked: map[string]string{}, reported: map[*client]bool{},
	}
	m.partnership = "/v1/partnerships/" + m.staff.post("/v1/partnerships", map[string]any{
		"title": "Anything", "kind": "long_term", "objectives": []string{"4.1"}, "members": []map[string]any{{"organization_id": org, "role": "gives"}},
	}).want(201).str("id")
	m.commitment = "/v1/commitments/" + m.staff.post("/v1/commitments", map[string]any{
		"organization_id": org, "title": "Something", "text": m.text, "due_on": "2027-01-01", "objectives": []string{"4.1"},
	}).want(201).str("id")
	twin := w.approvedOrganization().ID
	m.twin = string(twin)
	body := cash("", fmt.Sprint(gift))
	delete(body, "partnership_id")
	body["commitment_id"], body["organization_id"] = w.seedCommitment(twin, promise(), domain.CommitmentActive).ID, m.twin
	m.gift = "/v1/contributions/" + m.staff.post("/v1/contributions", body).want(201).str("id")
	return m
}

// gift is what the twin pledged: more than anything that the other gives, for which it could be taken.
const gift = 1007

// tries holds an answer against what the model allows, and learns from it. Most of
// what it doesn't allow is not even asked for, to get further.
func (m *wanderer) tries(who *client, what string, allowed bool, ask func() *result, learn func(*result)) {
	m.Helper()
	if !allowed && m.rand.IntN(6) > 0 {
		return
	}
	r := ask()
	m.did = append(m.did, fmt.Sprintf("%s %s: %d", who.actor.Role, what, r.Status))
	if done := r.Status < 300; done != allowed {
		m.Fatalf("sequence %d: %s\nthe model says %t of the last: %s", m.seed, strings.Join(m.did, "\n"), allowed, r.Body)
	} else if done {
		learn(r)
	}
}

func oneOf[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

func (m *wanderer) anybody() *client { return oneOf(m.rand, m.staff, m.other, m.partner) }

func (m *wanderer) office() *client { return oneOf(m.rand, m.staff, m.other) }

// may says that who can do anything at all: a stopped organization's people can't.
func (m *wanderer) may(who *client) bool { return who != m.partner || m.standing }

func (m *wanderer) step() {
	m.Helper()
	if m.standing && m.aside.IntN(12) == 0 {
		m.rand, m.aside = m.aside, m.rand
		m.mingle()
		m.rand, m.aside = m.aside, m.rand
	}
	if m.stage == "clearances" && m.complete() && m.rand.IntN(3) == 0 {
		m.approve()
		return
	}
	n := m.rand.IntN(100)
	if m.stage == "approved" && m.rand.IntN(4) > 0 {
		n = 60 + m.rand.IntN(40) // little more can happen to the partnership
	}
	switch {
	case m.rand.IntN(250) == 0 && m.merge == "":
		m.suspend()
	case n < 22:
		m.write()
	case n < 36:
		m.advance()
	case n < 50:
		m.clear()
	case n < 60:
		m.approve()
	case n < 78:
		m.give()
	default:
		m.promise()
	}
}

func (m *wanderer) suspend() {
	m.tries(m.staff, "suspend", m.standing, func() *result {
		return m.staff.move("/v1/organizations/"+m.org, "suspend", map[string]string{"reason": "A complaint."})
	}, func(*result) { m.standing = false })
}

func (m *wanderer) written() bool {
	return slices.Contains([]string{"concept", "due_diligence", "memo_draft"}, m.stage)
}

// write sets or clears something of the partnership's file.
func (m *wanderer) write() {
	m.Helper()
	who := m.office()
	fields := map[string]string{
		"purpose": "Find it.", "starts_on": "2026-03-02", "ends_on": "2027-03-01", "monitoring_plan": "Each quarter.", "memorandum": "not_required", "memorandum_reason": "Nobody shares.",
	}
	what := oneOf(m.rand, needed...)
	for _, lacks := range m.lacks() {
		if m.rand.IntN(2) > 0 { // mostly what is missing
			what = lacks
			break
		}
	}
	switch what {
	case "goals", "risks":
		m.tries(who, what, m.written(), func() *result {
			return who.write(m.partnership, what, map[string]string{"state": "provided", "text": "These."})
		}, func(*result) { m.has[what] = true })
	case "attest":
		ask := func() *result {
			return who.move(m.partnership, "attest", map[string]string{"statement": "Nothing is bought."})
		}
		m.tries(who, what, true, ask, func(*result) { m.has[what] = true })
	default:
		value, set := any(fields[what]), !m.has[what] || m.rand.IntN(6) > 0
		if !set {
			value = nil
		}
		m.tries(who, fmt.Sprintf("%s=%v", what, value), m.written(), func() *result { return who.patch(m.partnership, map[string]any{what: value}) }, func(*result) { m.has[what] = set })
	}
}

// advance tries a step of the partnership's life, mostly the one that is next.
func (m *wanderer) advance() {
	m.Helper()
	steps := []struct{ from, verb, to string }{
		{"concept", "begin_due_diligence", "due_diligence"}, {"due_diligence", "draft_memo", "memo_draft"}, {"memo_draft", "request_clearances", "clearances"}, {"clearances", "send_back", "memo_draft"},
	}
	s := oneOf(m.rand, steps...)
	for i, next := range steps {
		if next.from == m.stage && m.rand.IntN(4) > 0 && (i < 2 || (i == 2) == (len(m.lacks()) == 0)) {
			s = next
		}
	}
	var body any
	if s.verb == "send_back" {
		if m.rand.IntN(4) > 0 {
			return // or nothing gets anywhere
		}
		body = map[string]string{"reason": "Again."}
	}
	who := m.office()
	m.tries(who, s.verb, m.stage == s.from, func() *result { return who.move(m.partnership, s.verb, body) }, func(*result) {
		m.stage, m.asked = s.to, map[string]string{}
		if s.verb == "request_clearances" {
			m.askedBy, m.asked = who, map[string]string{"legal": "", "ethics": ""}
		}
	})
}

// clear lets an office decide, or asks it again.
func (m *wanderer) clear() {
	m.Helper()
	key := oneOf(m.rand, "legal", "ethics")
	decided := m.asked[key] != ""
	if refused := m.asked[key] == "refused"; refused || m.rand.IntN(8) == 0 {
		who := m.office()
		ask := func() *result {
			return who.post(m.partnership+"/clearances/"+key+"/reopen", map[string]string{"reason": "Again."}, "If-Match", who.seen(m.partnership))
		}
		m.tries(who, "reopen "+key, m.stage == "clearances" && decided, ask, func(*result) { m.asked[key] = "" })
		return
	}
	who, decision := m.clerk(map[string]string{"legal": "Legal Adviser", "ethics": "Ethics"}[key]), oneOf(m.rand, "cleared", "cleared_with_comment", "cleared", "refused")
	ask := func() *result { return who.decide(m.partnership, key, decision, "As said.") }
	m.tries(who, key+" "+decision, m.stage == "clearances" && !decided, ask, func(*result) { m.asked[key] = decision })
}

// needed is what an approval needs of the file.
var needed = []string{"goals", "risks", "attest", "purpose", "starts_on", "ends_on", "monitoring_plan", "memorandum", "memorandum_reason"}

// lacks is what of that is missing.
func (m *wanderer) lacks() []string {
	return slices.DeleteFunc(slices.Clone(needed), func(what string) bool { return m.has[what] })
}

func (m *wanderer) complete() bool {
	return len(m.lacks()) == 0 && strings.HasPrefix(m.asked["legal"], "cleared") && strings.HasPrefix(m.asked["ethics"], "cleared") && m.standing
}

func (m *wanderer) approve() {
	m.Helper()
	who := m.anybody()
	allowed := m.stage == "clearances" && who != m.partner && who != m.askedBy && m.complete()
	m.tries(who, "approve", allowed, func() *result { return who.move(m.partnership, "approve", nil) }, func(*result) {
		m.stage = "approved"
		m.approvals++
	})
}

// sum is what the entries of a measure come to.
func (m *wanderer) sum(measure string) (n int) {
	for _, e := range m.entries {
		if e.measure == measure {
			n += e.amount
		}
	}
	return n
}

// sees says that who sees the partnership, and what is given to it.
func (m *wanderer) sees(who *client) bool {
	return who != m.partner || m.standing && m.stage != "concept" && m.stage != "due_diligence"
}

// give pledges, delivers, verifies or reverses.
func (m *wanderer) give() {
	m.Helper()
	who, amount := m.anybody(), 1+m.rand.IntN(50)
	if m.contribution == "" {
		body := cash(m.partnership, fmt.Sprint(amount))
		if who != m.partner {
			body["organization_id"] = m.org
		}
		ask := func() *result { return who.post("/v1/contributions", body) }
		m.tries(who, "pledge", m.standing && m.sees(who), ask, func(r *result) {
			m.contribution = "/v1/contributions/" + r.str("id")
			m.note("pledged", amount)
		})
		return
	}
	measure, allowed := oneOf(m.rand, "pledged", "delivered", "delivered", "verified", "verified", "reversed"), m.sees(who)
	switch measure {
	case "reversed":
		m.reverse(who)
		return
	case "verified":
		allowed = who != m.partner && !m.reported[who] && m.sum("verified")+amount <= m.sum("delivered")
	case "delivered":
		allowed = allowed && m.standing && m.stage == "approved"
	case "pledged":
		allowed = allowed && m.standing
	}
	verb := map[string]string{"pledged": "pledge", "delivered": "deliver", "verified": "verify"}[measure]
	ask := func() *result {
		return who.move(m.contribution, verb, usd(fmt.Sprint(amount), "2026-03-01", "evidence", "Seen."))
	}
	m.tries(who, fmt.Sprint(verb, " ", amount), allowed, ask, func(*result) {
		m.note(measure, amount)
		if measure == "delivered" {
			m.reported[who] = true
		}
	})
}

func (m *wanderer) reverse(who *client) {
	m.Helper()
	i := m.rand.IntN(len(m.entries))
	e := m.entries[i]
	allowed := m.sees(who) && !e.reversed && !e.reverses
	switch e.measure {
	case "verified":
		allowed = allowed && who != m.partner && !m.reported[who]
	case "delivered":
		allowed = allowed && m.sum("delivered")-e.amount >= m.sum("verified")
	}
	ask := func() *result {
		return who.move(m.contribution, "reverse", map[string]string{"entry_id": e.id, "reason": "Wrong."})
	}
	m.tries(who, fmt.Sprint("reverse ", e.measure, " ", e.amount), allowed, ask, func(*result) {
		m.entries[i].reversed = true
		m.note(e.measure, -e.amount)
	})
}

// note keeps the newest entry of the ledger, which is the one that isn't known.
func (m *wanderer) note(measure string, amount int) {
	m.Helper()
	for _, id := range m.staff.get(m.contribution + "/entries?limit=100").want(200).column("id") {
		if !slices.ContainsFunc(m.entries, func(e wanderedEntry) bool { return e.id == id }) {
			m.entries = append(m.entries, wanderedEntry{id: id, measure: measure, amount: amount, reverses: amount < 0})
			return
		}
	}
	m.Fatalf("sequence %d: nothing was entered", m.seed)
}

// promise does something to the commitment.
func (m *wanderer) promise() {
	m.Helper()
	before := len(m.did)
	who, words := m.anybody(), fmt.Sprintf("We will, by way %d.", m.rand.Uint32())
	written, running := m.at == "draft" || m.at == "returned", m.at == "accepted" || m.at == "active"
	switch oneOf(m.rand, "edit", "submit", "submit", "return", "accept", "accept", "activate", "propose", "propose", "amend", "amend", "claim", "verify", "verify") {
	case "edit":
		m.tries(who, "edit", written && m.may(who), func() *result { return who.patch(m.commitment, map[string]string{"text": words}) }, func(*result) { m.text = words })
	case "submit":
		m.tries(who, "submit", written && m.standing, func() *result { return who.move(m.commitment, "submit", nil) }, func(*result) { m.at, m.submittedBy = "submitted", who })
	case "return":
		ask := func() *result { return who.move(m.commitment, "return", map[string]string{"reason": "Say more."}) }
		m.tries(who, "return", m.at == "submitted" && who != m.partner, ask, func(*result) { m.at = "returned" })
	case "accept":
		allowed := m.at == "submitted" && who != m.submittedBy && who != m.partner && m.standing
		m.tries(who, "accept", allowed, func() *result { return who.move(m.commitment, "accept", nil) }, func(*result) { m.at = "accepted" })
	case "activate":
		m.tries(who, "activate", m.at == "accepted" && who != m.partner, func() *result { return who.move(m.commitment, "activate", nil) }, func(*result) { m.at = "active" })
	case "propose":
		ask := func() *result {
			return who.post(m.commitment+"/amendments", map[string]string{"text": words, "reason": "It changed."})
		}
		m.tries(who, "propose", running && m.may(who), ask, func(r *result) {
			m.amendment = &wanderedAmendment{"/v1/amendments/" + r.str("id"), m.text, words, who}
		})
	case "amend":
		if a := m.amendment; a != nil {
			allowed := running && who != a.by && who != m.partner && a.before == m.text && m.standing
			m.tries(who, "amend", allowed, func() *result { return who.move(a.path, "approve", nil) }, func(*result) {
				m.text, m.amendment = a.after, nil
				m.amended++
			})
		}
	case "claim":
		m.tries(who, "claim", m.at == "active" && m.may(who), func() *result { return who.move(m.commitment, "claim_completion", nil) }, func(*result) { m.at, m.claimed = "completed_claimed", who })
	case "verify":
		allowed := m.at == "completed_claimed" && who != m.claimed && who != m.partner
		ask := func() *result {
			return who.move(m.commitment, "verify", map[string]string{"outcome": "partly_met", "method": "interviews", "evidence": "Asked.", "confidence": "low"})
		}
		m.tries(who, "verify", allowed, ask, func(*result) { m.at = "partly_met" })
	}
	if len(m.did) == before {
		return
	}
	if got := m.staff.get(m.commitment).want(200); got.str("text") != m.text || got.str("stage") != m.at {
		m.Fatalf("sequence %d: %s\nthe model has %s %q: %s", m.seed, strings.Join(m.did, "\n"), m.at, m.text, got.Body)
	}
}

// mingle makes one of the two organizations, in two steps by two people, or two again.
func (m *wanderer) mingle() {
	m.Helper()
	who := m.anybody()
	office := who != m.partner
	switch {
	case m.merge == "":
		ask := func() *result {
			return who.post("/v1/organization-merges", map[string]any{"survivor_id": m.org, "absorbed_id": m.twin, "take": []string{}, "reason": "The same company."})
		}
		m.tries(who, "propose merge", office, ask, func(r *result) { m.merge, m.mergedBy = "/v1/organization-merges/"+r.str("id"), who })
	case m.merged:
		ask := func() *result { return who.move(m.merge, "undo", map[string]string{"reason": "Two."}) }
		m.tries(who, "undo merge", office, ask, func(*result) {
			m.merge, m.merged = "", false
			m.parted++
		})
	default:
		m.tries(who, "merge", office && who != m.mergedBy, func() *result { return who.move(m.merge, "approve", nil) }, func(*result) { m.merged = true })
	}
	m.apart()
}

// apart holds whose everything is against whether the two are one.
func (m *wanderer) apart() {
	m.Helper()
	wrong := func(what string, r *result) {
		m.Helper()
		m.Fatalf("sequence %d: %s\n%s, merged %t: %s", m.seed, strings.Join(m.did, "\n"), what, m.merged, r.Body)
	}
	giver, ours, theirs := m.twin, m.sum("pledged"), gift
	there := m.staff.get("/v1/organizations/" + m.twin)
	if m.merged {
		giver, ours, theirs = m.org, ours+gift, 0
		if there.Status != 410 || there.Header.Get("Location") != "/v1/organizations/"+m.org {
			wrong("what went does not lead to the survivor", there)
		}
	} else if there.Status != 200 {
		wrong("the organization is not there", there)
	}
	if r := m.staff.get(m.gift).want(200); r.str("organization_id") != giver || r.str("pledged") != fmt.Sprintf("%d.00", gift) {
		wrong("the gift is another's or another", r)
	}
	for org, want := range map[string]int{m.org: ours, m.twin: theirs} {
		if org == m.twin && m.merged {
			continue // is no organization to ask for
		}
		r := m.staff.get("/v1/contribution_totals?organization_id=" + org).want(200)
		if items := r.items(); want == 0 && len(items) > 1 || want > 0 && (len(items) != 1 || items[0]["pledged"] != fmt.Sprintf("%d.00", want)) {
			wrong(fmt.Sprintf("the totals are not %d", want), r)
		}
	}
}

// settle compares what everything came to.
func (m *wanderer) settle() {
	m.Helper()
	m.apart()
	if got := m.staff.get(m.partnership).want(200); got.str("stage") != m.stage {
		m.Errorf("sequence %d: the partnership is %s, the model has %s", m.seed, got.str("stage"), m.stage)
	}
	if m.contribution == "" {
		return
	}
	contribution, totals := m.staff.get(m.contribution).want(200), m.staff.get("/v1/contribution_totals?partnership_id="+idOf(m.partnership)).want(200).items()
	for _, measure := range []string{"pledged", "delivered", "verified"} {
		want := fmt.Sprintf("%d.00", m.sum(measure))
		if contribution.str(measure) != want || len(totals) != 1 || totals[0][measure] != want {
			m.Errorf("sequence %d: %s\nof %s the model has %s, the contribution %s, the totals %v", m.seed, strings.Join(m.did, "\n"), measure, want, contribution.str(measure), totals)
		}
	}
}
