package api_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/repository"
)

// usd is an entry's body.
func usd(amount, on string, more ...string) map[string]any {
	out := map[string]any{"amount": map[string]string{"amount": amount, "currency": "USD"}, "on": on}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// cash is the body of a pledge of cash to a partnership.
func cash(partnership, amount string, more ...string) map[string]any {
	of := []string{"kind", "cash", "description", "A transfer", "partnership_id", strings.TrimPrefix(partnership, "/v1/partnerships/")}
	return usd(amount, "2026-03-01", append(of, more...)...)
}

// pledged is a contribution to a running partnership by the caller's own
// organization, or another's.
func (w *world) pledged(by *client) string {
	w.Helper()
	org := w.orgOf(by)
	d := partnershipDraft(org)
	d.ReapprovalDueOn = ""
	p := w.seedPartnership(d, domain.PartnershipActive)
	return "/v1/contributions/" + w.as(domain.Staff).post("/v1/contributions", cash(string(p.ID), "100", "organization_id", string(org), "reference", w.name("AGR"))).want(201).str("id")
}

func (w *world) delivered(by *client) string {
	w.Helper()
	path := w.pledged(by)
	w.as(domain.Staff).move(path, "deliver", usd("80", "2026-03-02", "reference", w.name("TRF"))).want(200)
	return path
}

// entry is an entry of a contribution that stands: of a measure, or reversals.
func (c *client) entry(path, measure string) string {
	c.w.Helper()
	for _, e := range c.get(path + "/entries").want(200).items() {
		if reversal := e["reverses_id"] != nil; reversal && measure == "reversal" || !reversal && e["measure"] == measure {
			return e["id"].(string)
		}
	}
	c.w.Fatalf("%s has no entry that is %s", path, measure)
	return ""
}

func init() {
	at := func(make func(*world, *client) string, suffix string, body any) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: make(w, by) + suffix, body: body} }
	}
	walk["listContributions"] = func(*world, *client) call { return call{path: "/v1/contributions"} }
	walk["createContribution"] = func(w *world, by *client) call {
		org := w.orgOf(by)
		p := w.seedPartnership(partnershipDraft(org), domain.PartnershipActive)
		return call{path: "/v1/contributions", body: cash(string(p.ID), "100", "organization_id", string(org), "reference", w.name("AGR"))}
	}
	walk["getContribution"] = at((*world).pledged, "", nil)
	walk["listContributionEntries"] = at((*world).pledged, "/entries", nil)
	entered := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: w.pledged(by) + suffix, body: usd("100", "2026-03-02", "reference", w.name("TRF"))}
		}
	}
	walk["pledgeContribution"], walk["deliverContribution"] = entered("/pledge"), entered("/deliver")
	walk["verifyContribution"] = at((*world).delivered, "/verify", usd("80", "2026-03-02", "evidence", "The bank's notice."))
	walk["reverseContributionEntry"] = func(w *world, by *client) call {
		path := w.delivered(by)
		return call{path: path + "/reverse", body: map[string]string{"entry_id": w.as(domain.Staff).entry(path, "delivered"), "reason": "Sent back."}}
	}
	walk["getContributionTotals"] = func(*world, *client) call { return call{path: "/v1/contribution_totals"} }
	walk["listExchangeRates"] = func(*world, *client) call { return call{path: "/v1/exchange_rates"} }
	walk["recordExchangeRate"] = func(*world, *client) call { return call{path: "/v1/exchange_rates"} }

	ended := func(w *world, by *client) string {
		path := w.pledged(by)
		p := "/v1/partnerships/" + w.as(domain.Staff).get(path).str("partnership_id")
		w.as(domain.Staff).move(p, "terminate", map[string]string{"reason": "No funds."}).want(200)
		w.as(domain.Staff).move(p, "close_out", nil).want(200)
		return path
	}
	outOfOrder["pledgeContribution"] = at(ended, "/pledge", nil)
	outOfOrder["deliverContribution"] = at(ended, "/deliver", nil)
	outOfOrder["reverseContributionEntry"] = func(w *world, by *client) call {
		path := w.delivered(by)
		last := w.as(domain.Staff).entry(path, "delivered")
		body := map[string]string{"entry_id": last, "reason": "Sent back."}
		w.as(domain.Staff).move(path, "reverse", body).want(200)
		return call{path: path + "/reverse", body: body}
	}

	var partnership string
	secrets = append(secrets, secret{
		name: "what another member gives",
		story: func(w *world) map[string]*client {
			one, other := w.caller(domain.Partner), w.approvedOrganization()
			partnership = string(w.seedPartnership(partnershipDraft(one.actor.Organization, other.ID), domain.PartnershipActive).ID)
			w.keep("other", func() *client { return w.another(domain.Partner, other.ID, "") })
			one.post("/v1/contributions", cash(partnership, "5", "reference", "R-1")).want(201)
			w.as(domain.Staff)
			w.as(domain.Liaison)
			return map[string]*client{"a member": one, "a member's admin": w.member(domain.PartnerAdmin, one.actor.Organization), "an advisor": w.caller(domain.Advising), "anyone": w.anyone()}
		},
		happens: func(w *world) {
			other := w.keep("other", nil)
			path := "/v1/contributions/" + other.post("/v1/contributions", cash(partnership, "70", "reference", "R-1")).want(201).str("id")
			other.move(path, "deliver", usd("70", "2026-03-02")).want(200)
			w.as(domain.Liaison).move(path, "verify", usd("60", "2026-03-02", "evidence", "Seen.")).want(200)
			w.as(domain.Staff).post("/v1/contributions", map[string]any{
				"kind": "cash", "description": "Travel", "by_office": true, "partnership_id": partnership, "on": "2026-03-02",
				"amount": map[string]string{"amount": "9", "currency": "USD"},
			}).want(201)
		},
	})
}

func TestAContributionIsPledgedDeliveredAndVerified(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		by, staff := w.caller(domain.Partner), w.as(domain.Staff)
		p := string(w.seedPartnership(partnershipDraft(by.actor.Organization), domain.PartnershipActive).ID)
		path := "/v1/contributions/" + by.post("/v1/contributions", cash(p, "100.00")).want(201).str("id")
		expect := func(pledged, delivered, verified string, exceeded bool) {
			t.Helper()
			k := by.get(path).want(200)
			if k.str("pledged") != pledged || k.str("delivered") != delivered || k.str("verified") != verified || k.at("exceeded") != exceeded {
				t.Errorf("it shows %s", k.Body)
			}
			total := staff.get("/v1/contribution_totals?partnership_id=" + p).want(200).items()[0]
			if total["pledged"] != pledged || total["delivered"] != delivered || total["verified"] != verified {
				t.Errorf("the totals show %v", total)
			}
		}
		expect("100.00", "0.00", "0.00", false)
		by.move(path, "deliver", usd("60.25", "2026-03-02", "reference", "TRF 1")).want(200)
		staff.move(path, "deliver", usd("60", "2026-03-02")).want(200)
		expect("100.00", "120.25", "0.00", true) // more than pledged is shown, not refused
		seen := usd("120.25", "2026-03-02", "evidence", "Statements of both banks.")
		by.move(path, "verify", seen).want(403)
		staff.move(path, "verify", seen).want(403) // reported a part of it
		liaison := w.as(domain.Liaison)
		liaison.move(path, "verify", usd("120.25", "2026-03-02")).want(422).fault("/evidence", "required")
		liaison.move(path, "verify", usd("120.26", "2026-03-02", "evidence", "x")).want(422).fault("/amount", "too_large")
		liaison.move(path, "verify", seen).want(200)
		expect("100.00", "120.25", "120.25", true)

		// A mistake is reversed, once, by an entry that stays; a delivery after its
		// verification.
		verified := staff.entry(path, "verified")
		delivered := staff.entry(path, "delivered")
		reverse := func(c *client, entry string) *result {
			return c.move(path, "reverse", map[string]string{"entry_id": entry, "reason": "It was sent back."})
		}
		reverse(by, delivered).want(409)
		reverse(by, verified).want(403)
		reverse(staff, verified).want(403) // a reporter
		reverse(liaison, verified).want(200)
		reverse(liaison, verified).want(409)
		reverse(by, delivered).want(200)
		reverse(by, staff.entry(path, "reversal")).want(409)
		reverse(by, w.system().NewID()).want(422).fault("/entry_id", "unknown_value")
		if k := by.get(path); k.str("verified") != "0.00" || k.str("delivered") == "120.25" {
			t.Errorf("after the reversals it shows %s", k.Body)
		}
		if got := staff.get(path + "/entries?count=exact").want(200).items(); len(got) != 6 {
			t.Errorf("the ledger has %d lines, want the four and their two reversals", len(got))
		}
		for body, pointer := range map[string]string{
			`{"amount":{"amount":"0","currency":"USD"},"on":"2026-03-02"}`: "/amount/amount",
			`{"amount":{"amount":"1","currency":"EUR"},"on":"2026-03-02"}`: "/amount/currency",
			`{"amount":{"amount":"1","currency":"USD"},"on":"2026-03-03"}`: "/on",
		} {
			by.move(path, "deliver", body).want(422).fault(pointer, "invalid")
		}
		by.move(path, "deliver", `{"amount":{"amount":"1.001","currency":"USD"},"on":"2026-03-02"}`).want(422).fault("/amount", "invalid")
	})
}

func TestTheLedgerTakesNoChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := w.delivered(staff)
		staff.move(path, "reverse", map[string]string{"entry_id": staff.entry(path, "delivered"), "reason": "Counted twice."}).want(200)
		staff.post("/v1/exchange_rates", map[string]string{"base": "EUR", "quote": "USD", "rate": "1.1", "as_of": "2026-03-01", "source": "ECB"}).want(201)
		statements := []string{
			"UPDATE contribution_entries SET amount_minor = 1", "DELETE FROM contribution_entries", "UPDATE contributions SET partnership = 'x', commitment = ''",
			"UPDATE contributions SET organization = 'x'", "UPDATE contributions SET currency = 'EUR'", "DELETE FROM contributions",
			"UPDATE exchange_rates SET rate = '2'", "DELETE FROM exchange_rates",
		}
		const columns = "version, created_at, updated_at, contribution, organization, partnership, commitment, kind, measure, amount_minor, currency, happened_on, " +
			"fiscal_year, quarter, reference, evidence, reverses, reason, recorded_by"
		statements = append(statements, dbtest.Overwriting(w.dsn, "contribution_entries", "id", columns)...)
		statements = append(statements, dbtest.Overwriting(w.dsn, "exchange_rates", "id", "version, created_at, updated_at, base, quote, rate, as_of, source, recorded_by")...)
		if !strings.HasPrefix(w.dsn, "postgres") {
			statements = append(statements, "REPLACE INTO contributions SELECT * FROM contributions", "UPDATE OR REPLACE contributions SET id = 'x'",
				"UPDATE OR REPLACE contributions SET rowid = rowid + 1",
				"REPLACE INTO contribution_entries (id, "+columns+") SELECT 'x', "+columns+" FROM contribution_entries WHERE reverses <> ''")
		}
		for _, sql := range statements {
			if err := w.attempt(sql); err == nil || !regexp.MustCompile(`append-only|keeps its`).MatchString(err.Error()) {
				t.Errorf("%s: the database says %v", sql, err)
			}
		}
	})
}

func TestTheSameContributionCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, by := w.as(domain.Staff), w.caller(domain.Partner)
		org := by.actor.Organization
		one, two := string(w.seedPartnership(partnershipDraft(org), domain.PartnershipActive).ID), string(w.seedPartnership(partnershipDraft(org), domain.PartnershipActive).ID)
		path := "/v1/contributions/" + by.post("/v1/contributions", cash(one, "100", "reference", "Grant 2026/17")).want(201).str("id")
		r := by.post("/v1/contributions", cash(two, "100", "reference", "grant-2026-17")).want(409).fault("/reference", "taken")
		if !strings.Contains(string(r.Body), one) {
			t.Errorf("it doesn't say where: %s", r.Body)
		}
		// Another's number is another's; and what the caller can't see is not told.
		third := w.caller(domain.Partner)
		third.post("/v1/contributions", cash(string(w.seedPartnership(partnershipDraft(third.actor.Organization), domain.PartnershipActive).ID), "100", "reference", "Grant 2026/17")).want(201)
		hidden := string(w.seedPartnership(partnershipDraft(org), domain.PartnershipConcept).ID)
		staff.post("/v1/contributions", cash(hidden, "1", "organization_id", string(org), "reference", "H-1")).want(201)
		if r := by.post("/v1/contributions", cash(two, "1", "reference", "H-1")).want(409); strings.Contains(string(r.Body), hidden) {
			t.Errorf("a partnership that the partner can't see is told: %s", r.Body)
		}
		if got := by.get("/v1/contributions?count=exact").want(200); got.at("total") != 1.0 {
			t.Errorf("a contribution to a hidden partnership is counted: %s", got.Body)
		}
		// It is one contribution's in whatever measure, and its own again.
		k := "/v1/contributions/" + by.post("/v1/contributions", cash(two, "70", "reference", "B 1")).want(201).str("id")
		if r := by.move(k, "deliver", usd("70", "2026-03-02", "reference", "GRANT 2026 17")).want(409).fault("/reference", "taken"); !strings.Contains(string(r.Body), one) {
			t.Errorf("it doesn't say where: %s", r.Body)
		}
		by.move(k, "deliver", usd("70", "2026-03-02", "reference", "B 1")).want(200)
		// Reversed, the number is free again.
		by.move(path, "reverse", map[string]string{"entry_id": by.entry(path, "pledged"), "reason": "Entered in the wrong place."}).want(200)
		by.post("/v1/contributions", cash(two, "100", "reference", "Grant 2026/17")).want(201)
	})
}

// What bears no number is told from another gift by its place alone: that is too
// little.
func TestTheSameGiftCountsOnceWithoutANumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, by := w.as(domain.Staff), w.caller(domain.Partner)
		org := by.actor.Organization
		place := func(stage domain.PartnershipStage) string {
			return string(w.seedPartnership(partnershipDraft(org), stage).ID)
		}
		one, two, hidden := place(domain.PartnershipActive), place(domain.PartnershipActive), place(domain.PartnershipConcept)
		gift := func(place, amount, words string, more ...string) map[string]any {
			body := cash(place, amount, more...)
			body["description"] = words
			return body
		}
		refused := func(r *result, where string) {
			t.Helper()
			if r.want(409).fault("/reference", "required"); !strings.Contains(string(r.Body), where) {
				t.Errorf("it doesn't say where: %s", r.Body)
			}
		}
		k := "/v1/contributions/" + by.post("/v1/contributions", gift(one, "100", "A transfer")).want(201).str("id")
		by.post("/v1/contributions", gift(one, "100", "A transfer")).want(201) // twice here is two
		refused(by.post("/v1/contributions", gift(two, "100", "a  TRANSFER")), one)
		refused(by.post("/v1/contributions", gift(two, "100", "A transfer", "reference", "N 1")), one) // the other has none
		c := strings.TrimPrefix(w.commitmentFor(by, domain.CommitmentActive), "/v1/commitments/")
		promised := gift("", "100", "A transfer")
		delete(promised, "partnership_id")
		promised["commitment_id"] = c
		refused(by.post("/v1/contributions", promised), one)
		by.post("/v1/contributions", gift(two, "100", "A second transfer")).want(201)
		by.post("/v1/contributions", gift(two, "101", "A transfer")).want(201)
		l := "/v1/contributions/" + by.post("/v1/contributions", gift(two, "1", "A transfer")).want(201).str("id")
		refused(by.move(l, "deliver", usd("100", "2026-03-01")), one)
		by.move(k, "deliver", usd("30", "2026-03-02")).want(200)
		refused(by.move(l, "deliver", usd("30", "2026-03-02")), one)
		by.move(l, "deliver", usd("30", "2026-03-01")).want(200)
		// Another's is another's; and where it is, is told to who may see it.
		third := w.caller(domain.Partner)
		third.post("/v1/contributions", gift(string(w.seedPartnership(partnershipDraft(third.actor.Organization), domain.PartnershipActive).ID), "100", "A transfer")).want(201)
		staff.post("/v1/contributions", gift(hidden, "55", "A transfer", "organization_id", string(org))).want(201)
		r := by.post("/v1/contributions", gift(one, "55", "A transfer"))
		if refused(r, "ask the office where"); strings.Contains(string(r.Body), hidden) {
			t.Errorf("a partnership that the partner can't see is told: %s", r.Body)
		}
		refused(staff.post("/v1/contributions", gift(one, "55", "A transfer", "organization_id", string(org))), hidden)
		// Nor is it the same in another currency, or of another kind.
		for member, value := range map[string]any{"amount": map[string]string{"amount": "100", "currency": "EUR"}, "kind": "data"} {
			other := gift(two, "100", "A transfer")
			if other[member] = value; member == "kind" {
				other["valuation"], other["valuation_text"] = "giver_estimate", "What it took."
			}
			by.post("/v1/contributions", other).want(201)
		}
		// With a number each, they are two.
		by.move(k, "reverse", map[string]string{"entry_id": by.entry(k, "delivered"), "reason": "Entered without its number."}).want(200)
		by.move(k, "deliver", usd("30", "2026-03-02", "reference", "N 2")).want(200)
		by.move(l, "deliver", usd("30", "2026-03-02", "reference", "N 3")).want(200)
	})
}

// Two that are entered at the same time see each other.
func TestTheSameGiftAtTheSameTimeCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, org := w.as(domain.Staff), w.approvedOrganization()
		var places []*domain.Partnership
		for range 2 {
			places = append(places, w.seedPartnership(partnershipDraft(org.ID), domain.PartnershipActive))
		}
		enter := func(tx *repository.Session) error {
			giver, err := tx.Organizations.Steady(t.Context(), org.ID)
			must(t, err)
			k, e, err := domain.Pledge(domain.ContributionID(tx.NewID()), staff.actor, domain.ContributionDraft{
				Organization: org.ID, Kind: domain.ContributesCash, Description: "A transfer",
				First: domain.EntryDraft{Amount: domain.Money{Minor: 100, Currency: "USD"}, On: "2026-03-01"},
			}, domain.Place{Partnership: places[0]}, giver, "2026-03-02")
			must(t, err)
			must(t, tx.Contributions.Create(t.Context(), domain.PledgeNew, k))
			return tx.LedgerEntries.Create(t.Context(), domain.PledgeNew, e)
		}
		w.during(enter, func() *result {
			return staff.post("/v1/contributions", cash(string(places[1].ID), "1", "organization_id", string(org.ID)))
		}).want(409).fault("/reference", "required")
	})
}

func TestAPledgeSaysWhoseItIsAndWhatItIsWorth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, by := w.as(domain.Staff), w.caller(domain.Partner)
		org := by.actor.Organization
		p := string(w.seedPartnership(partnershipDraft(org), domain.PartnershipActive).ID)
		body := func(change func(map[string]any)) map[string]any {
			b := cash(p, "100", "organization_id", string(org))
			change(b)
			return b
		}
		for pointer, change := range map[string]func(map[string]any){
			"/organization_id": func(b map[string]any) { b["organization_id"] = w.approvedOrganization().ID },
			"/partnership_id":  func(b map[string]any) { b["partnership_id"] = w.system().NewID() },
			"/valuation":       func(b map[string]any) { b["valuation"] = "invoice" },
			"/description":     func(b map[string]any) { b["description"] = " " },
		} {
			code := map[string]string{"/description": "required"}[pointer]
			if code == "" {
				code = "invalid"
			}
			staff.post("/v1/contributions", body(change)).want(422).fault(pointer, code)
		}
		staff.post("/v1/contributions", body(func(b map[string]any) { delete(b, "organization_id") })).want(422).fault("/organization_id", "required")
		staff.post("/v1/contributions", body(func(b map[string]any) { b["kind"] = "in_kind" })).want(422).fault("/valuation", "required")
		staff.post("/v1/contributions", body(func(b map[string]any) { b["kind"], b["valuation"] = "in_kind", "invoice" })).want(422).fault("/valuation_text", "required")
		by.post("/v1/contributions", body(func(b map[string]any) { b["organization_id"] = w.approvedOrganization().ID })).want(403)
		by.post("/v1/contributions", body(func(b map[string]any) { delete(b, "organization_id"); b["by_office"] = true })).want(403)

		// To a commitment by its own organization, and not before it is accepted.
		c := w.commitmentFor(by, domain.CommitmentSubmitted)
		toCommitment := body(func(b map[string]any) {
			delete(b, "partnership_id")
			b["commitment_id"] = strings.TrimPrefix(c, "/v1/commitments/")
		})
		path := "/v1/contributions/" + by.post("/v1/contributions", toCommitment).want(201).str("id")
		by.move(path, "deliver", usd("1", "2026-03-02")).want(409)
		if got := by.get("/v1/contributions?commitment_id=" + strings.TrimPrefix(c, "/v1/commitments/")).want(200).items(); len(got) != 1 {
			t.Errorf("found by its commitment: %v", got)
		}
		// Nothing new is pledged while the reapproval is due.
		due := string(w.seedPartnership(partnershipDraft(org), domain.PartnershipReapprovalDue).ID)
		by.post("/v1/contributions", cash(due, "100")).want(409)
	})
}

func TestNoNewMoneyComesFromALapsedOrganization(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, by := w.as(domain.Staff), w.caller(domain.Partner)
		path := w.delivered(by)
		p := staff.get(path).str("partnership_id")
		w.lapsesTonight(by.actor.Organization, "own_forced_labor_allegation")
		staff.move(path, "pledge", usd("1", "2026-03-02")).want(200)
		w.later(24 * time.Hour)
		for _, r := range []*result{
			staff.post("/v1/contributions", cash(p, "1", "organization_id", string(by.actor.Organization))),
			staff.move(path, "pledge", usd("1", "2026-03-02")), staff.move(path, "deliver", usd("1", "2026-03-02")),
		} {
			if r.want(409); !strings.Contains(string(r.Body), "nothing new is agreed with this organization: the own_forced_labor_allegation check lapsed on 2026-03-03") {
				t.Errorf("refused in the words %s", r.Body)
			}
		}
		w.as(domain.Liaison).move(path, "verify", usd("80", "2026-03-02", "evidence", "Seen.")).want(200) // of what came before
	})
}

// The office pays nobody while any member's check has lapsed, though it is in no
// way the giver's.
func TestNoMoneyOfTheOfficeGoesWhereACheckLapsed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, one, two := w.as(domain.Staff), w.approvedOrganization().ID, w.approvedOrganization()
		p := w.seedPartnership(partnershipDraft(one, two.ID), domain.PartnershipActive)
		body := cash(string(p.ID), "10", "description", "Travel")
		body["by_office"] = true
		k := "/v1/contributions/" + staff.post("/v1/contributions", body).want(201).str("id")
		w.forward(time.Minute)
		staff.move("/v1/partnerships/"+string(p.ID), "attest", map[string]string{"statement": "Travel of the partners."}).want(200)
		for _, kind := range []string{"debarment", "reputation"} { // which every organization needs, and which a partnership of this kind
			w.lapsesTonight(two.ID, kind)
			staff.move(k, "deliver", usd("1", "2026-03-02")).want(200)
			w.later(24 * time.Hour)
			words := fmt.Sprintf("the organization is not in good standing: the %s check lapsed on %s", kind, domain.DateOf(w.clock.Now()))
			for _, r := range []*result{
				staff.post("/v1/contributions", body), staff.move(k, "pledge", usd("1", "2026-03-02")), staff.move(k, "deliver", usd("1", "2026-03-02")),
			} {
				if r.want(409).fault("/members/1", "lapsed"); !strings.Contains(string(r.Body), words) {
					t.Errorf("refused in the words %s", r.Body)
				}
			}
			w.forward(time.Minute)
			w.found(two.ID, kind, "clear", "2027-01-01")
		}
		staff.move(k, "deliver", usd("1", "2026-03-02")).want(200)
	})
}

// What is paid after the approval is attested after it, before any of it flows.
func TestAuditDefectTheOfficePaysAfterTheApproval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, asks, decides := w.complete()
		decides.move(path, "approve", nil).want(200)
		w.forward(time.Hour)
		asks = asks.again()
		body := cash(path, "25000", "description", "Fee for a study")
		body["by_office"] = true
		k := "/v1/contributions/" + asks.post("/v1/contributions", body).want(201).str("id")
		const words = "the office pays 25000.00 USD into it, as pledged on 2026-03-01; the attestation is older"
		told := func(r *result) {
			t.Helper()
			if !strings.Contains(string(r.Body), words) {
				t.Errorf("it says %s", r.Body)
			}
		}
		told(asks.move(k, "deliver", usd("1", "2026-03-02")).want(409).fault("/not_procurement", "lapsed"))
		sign := map[string]string{"signed_on": "2026-03-02"}
		told(asks.get(path+"/readiness").want(200).is("for", "signing").is("ready", false))
		told(asks.move(path, "sign", sign).want(422).fault("/not_procurement", "lapsed"))
		attest := func() {
			t.Helper()
			w.forward(time.Minute)
			asks.move(path, "attest", map[string]string{"statement": "The study is the partner's own, and published."}).want(200)
		}
		attest()
		asks.get(path+"/readiness").want(200).is("ready", true)
		asks.move(path, "sign", sign).want(200)
		asks.move(k, "deliver", usd("20000", "2026-03-02")).want(200)
		asks.move(k, "deliver", usd("5000.01", "2026-03-02")).want(422).fault("/amount", "too_large") // nobody attested that
		// Nor does the work begin, or go on, with money that nobody attested.
		w.forward(time.Minute)
		asks.move(k, "pledge", usd("1", "2026-03-02")).want(200)
		asks.move(path, "activate", nil).want(422).fault("/not_procurement", "lapsed")
		attest()
		asks.move(path, "activate", nil).want(200)
		w.forward(time.Minute)
		asks.move(k, "pledge", usd("1", "2026-03-02")).want(200)
		asks.move(k, "deliver", usd("1", "2026-03-02")).want(409).fault("/not_procurement", "lapsed")
		attest()
		asks.move(k, "deliver", usd("5002", "2026-03-02")).want(200)
	})
}

// An officer pays a partner through a partnership: what it pays for must be said.
func TestAuditDefectTheOfficePaysUnattested(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		path, _, _ := w.complete()
		w.forward(3600e9)
		body := cash(path, "25000", "description", "Fee for a study")
		body["by_office"] = true
		k := "/v1/contributions/" + w.another(domain.Staff, "", "").post("/v1/contributions", body).want(201).str("id")
		decides := w.another(domain.Staff, "", "")
		decides.refusedFor(path, "/not_procurement", "lapsed", "the office pays 25000.00 USD into it, as pledged on 2026-03-01; the attestation is older")
		decides.move(k, "reverse", map[string]string{"entry_id": decides.entry(k, "pledged"), "reason": "It is a contract, and goes through procurement."}).want(200)
		decides.move(path, "approve", nil).want(200)
	})
}

func TestTotalsNeverMixCurrencies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, one, two := w.as(domain.Staff), w.approvedOrganization(), w.approvedOrganization()
		p := string(w.seedPartnership(partnershipDraft(one.ID, two.ID), domain.PartnershipActive).ID)
		for _, k := range []struct{ org, amount, currency, on string }{
			{string(one.ID), "100.50", "USD", "2025-09-30"}, {string(one.ID), "10", "EUR", "2025-10-01"},
			{string(two.ID), "0.50", "USD", "2026-01-01"}, {string(two.ID), "3000", "JPY", "2026-01-01"}, {"", "7", "USD", "2026-03-01"},
		} {
			body := cash(p, "1")
			body["amount"], body["on"] = map[string]string{"amount": k.amount, "currency": k.currency}, k.on
			if body["organization_id"] = k.org; k.org == "" {
				delete(body, "organization_id")
				body["by_office"] = true
			}
			staff.post("/v1/contributions", body).want(201)
		}
		rate := func(rate string) string {
			return staff.post("/v1/exchange_rates", map[string]string{"base": "EUR", "quote": "USD", "rate": rate, "as_of": "2025-12-31", "source": "Treasury"}).want(201).str("id")
		}
		eur := rate("1.08425")
		totals := func(query string) string {
			var out []string
			for _, i := range staff.get("/v1/contribution_totals?" + query).want(200).items() {
				line := fmt.Sprintf("%v %v", i["pledged"], i["currency"])
				for _, key := range []string{"fiscal_year", "quarter", "by_office", "kind"} {
					if i[key] != nil {
						line += fmt.Sprintf(" %v", i[key])
					}
				}
				if c, ok := i["converted"].(map[string]any); ok {
					line += fmt.Sprintf(" = %v %v by %v of %v, %v", c["pledged"], c["currency"], c["rate"], c["as_of"], c["source"])
				}
				out = append(out, line)
			}
			return strings.Join(out, "; ")
		}
		for query, want := range map[string]string{
			"":                                      "10.00 EUR; 3000 JPY; 108.00 USD",
			"by=fiscal_year&currency=USD":           "100.50 USD 2025; 7.50 USD 2026",
			"by=quarter&currency=USD":               "100.50 USD 2025 4; 7.50 USD 2026 2",
			"fiscal_year=2026&quarter=1":            "10.00 EUR",
			"by=party,kind&by_office=true":          "7.00 USD true cash",
			"organization_id=" + string(two.ID):     "3000 JPY; 0.50 USD",
			"kind=data":                             "",
			"by=party&currency=JPY":                 "3000 JPY",
			"currency=EUR&rates=" + eur:             "10.00 EUR = 10.84 USD by 1.08425 of 2025-12-31, Treasury",
			"partnership_id=" + p + "&rates=" + eur: "10.00 EUR = 10.84 USD by 1.08425 of 2025-12-31, Treasury; 3000 JPY; 108.00 USD",
		} {
			if got := totals(query); got != want {
				t.Errorf("?%s: %q, want %q", query, got, want)
			}
		}
		staff.get("/v1/contribution_totals?rates="+w.system().NewID()).want(400).fault("rates", "invalid")
		staff.get("/v1/contribution_totals?by=mood").want(400)
		for body, pointer := range map[string]string{
			`{"base":"EUR","quote":"EUR","rate":"1","as_of":"2026-01-01","source":"S"}`: "/quote",
			`{"base":"EUR","quote":"USD","rate":"0","as_of":"2026-01-01","source":"S"}`: "/rate",
			`{"base":"EUR","quote":"USD","rate":"1","as_of":"2026-04-01","source":"S"}`: "/as_of",
		} {
			staff.post("/v1/exchange_rates", body).want(422).fault(pointer, "invalid")
		}
		staff.post("/v1/exchange_rates", `{"base":"XXX","quote":"USD","rate":"1","as_of":"2026-01-01","source":"S"}`).want(422).fault("/base", "unknown_value")
		if got := staff.get("/v1/exchange_rates?base=EUR&quote=USD").want(200).column("rate"); strings.Join(got, ",") != "1.08425" {
			t.Errorf("rates %v", got)
		}
		// Of two rates neither is picked.
		staff.get("/v1/contribution_totals?rates="+eur+","+rate("1.2")).want(400).fault("rates", "invalid")
	})
}
