package api_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// kindShown is the kind of record that a GET shows, as domain.Fields names kinds.
func kindShown(op openapi.Operation) string {
	switch op.ID {
	case "getCommitmentHistory":
		return "history"
	case "getStanding":
		return "standing"
	case "listContributionEntries":
		return "contribution_entry"
	}
	return domain.Action(op.Action).Kind()
}

// view is records as somebody sees them.
type view struct {
	by domain.Actor
	// surely is how one stands to each, and maybe how one may stand to some.
	surely, maybe domain.Reach
	records       map[string]map[string]string // by id, or by place where none is shown; then by member
}

// records takes an answer apart: a list into its records, a record into its
// members, those within lists under the list's name.
func (r *result) records() map[string]map[string]string {
	out := map[string]map[string]string{}
	whole, _ := r.at().(map[string]any)
	items, isList := whole["items"].([]any)
	if figures, ok := whole["indicators"].([]any); ok && whole["objective"] != nil { // a report's figures are its members
		for _, f := range figures {
			whole[f.(map[string]any)["code"].(string)] = fmt.Sprint(f)
		}
		delete(whole, "indicators")
	}
	if !isList {
		out[""] = flattened(whole)
	}
	for i, item := range items {
		members := flattened(item)
		out[cmp.Or(members["id"], fmt.Sprint(i))] = members
	}
	return out
}

func flattened(v any) map[string]string {
	out := map[string]string{}
	var take func(path string, v any)
	take = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				take(strings.TrimPrefix(path+"."+name, "."), value)
			}
		case []any:
			for _, value := range v {
				take(path, value)
			}
		default:
			out[path] += fmt.Sprint(v) + "\n"
		}
	}
	take("", v)
	for name, value := range out {
		out[name] = strings.TrimSuffix(value, "\n")
	}
	return out
}

// forEach are members that say how a record stands to whoever looks.
var forEach = []string{"_actions", "by_self", "current"}

// limitOf is the set that names a member of a kind, at its top or around it.
func limitOf(kind, member string) []domain.Fields {
	var out []domain.Fields
	for _, f := range domain.AllFields() {
		if l := f.Limit(); strings.HasPrefix(string(f), kind+".") && l.Reads() && slices.ContainsFunc(l.Members, func(m string) bool {
			return member == m || strings.HasPrefix(member, m+".")
		}) {
			out = append(out, f)
		}
	}
	return out
}

// differ compares what one sees of a record with what another does: what is
// withheld from the other stands in the table, and what the table withholds is.
func differ(t *testing.T, op openapi.Operation, a, b view, withheld map[domain.Fields]bool) {
	kind := kindShown(op)
	for id, one := range a.records {
		other, ok := b.records[id]
		if !ok {
			continue
		}
		for member, value := range one {
			if slices.Contains(forEach, strings.Split(member, ".")[0]) {
				continue
			}
			limits := limitOf(kind, member)
			if value != other[member] && len(limits) == 0 {
				t.Errorf("%s: %s as %s sees it, not as %s does, and no limit says so", op.ID, member, a.by.Role, b.by.Role)
			}
			for _, f := range limits {
				if when := f.Limit().When; when[0] != "" && one[when[0]] != when[1] || shownBy[f] != "" || !a.by.Sees(f, a.surely) || b.by.Sees(f, b.maybe) {
					continue
				}
				if value == other[member] {
					t.Errorf("%s: %s sees %s of %s", op.ID, b.by.Role, member, f)
				}
				withheld[f] = true
			}
		}
	}
}

// scenes are of what walk shows too little: a path, and who may see less of it than
// the office, and stands to it so.
var scenes = []struct {
	op     string
	stands domain.Reach
	make   func(w *world) (path string, who *client)
}{
	{"getParticipant", everyone | domain.Shared, func(w *world) (string, *client) {
		return alongside(w, domain.ParticipantDraft{Organization: w.approvedOrganization().ID})
	}},
	{"getParticipant", everyone | domain.Shared, func(w *world) (string, *client) {
		return alongside(w, domain.ParticipantDraft{Advisor: w.advisor(), ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceCounted}})
	}},
	{"getParticipant", everyone | domain.Own, func(w *world) (string, *client) {
		by := w.caller(domain.PartnerAdmin)
		org := by.actor.Organization
		path := w.participantOf(w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}), org)
		w.as(domain.Staff).patch(path, map[string]string{"contact_id": w.contact(org)}).want(200)
		return path, w.agent(by, domain.JoinEngagements)
	}},
	{"getCommitment", everyone | domain.Own, func(w *world) (string, *client) {
		by := w.caller(domain.PartnerAdmin)
		path := w.commitmentFor(by, domain.CommitmentActive)
		by.move(path, "hand_over", map[string]any{"lead_id": by.actor.Account, "delegate_ids": []any{}}).want(200)
		by.move(path, "consent", nil).want(200)
		return path, w.agent(by, domain.ReportOnCommitments)
	}},
	{"getPartnership", everyone | domain.Shared, func(w *world) (string, *client) {
		one, other := w.approvedOrganization().ID, w.approvedOrganization().ID
		path := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(one, other), domain.PartnershipActive).ID)
		w.member(domain.Partner, one).move(path, "consent", nil).want(200)
		return path, w.member(domain.Partner, other)
	}},
	{"listContributionEntries", everyone | domain.Own, func(w *world) (string, *client) {
		by := w.caller(domain.Partner)
		path := w.delivered(by)
		w.as(domain.Liaison).move(path, "verify", usd("80", "2026-03-02", "evidence", "The bank's notice.")).want(200)
		return path + "/entries", by
	}},
	{"getInitiative", everyone | domain.Shared, func(w *world) (string, *client) {
		by := w.caller(domain.Partner)
		path := w.initiativeFor(by, domain.InitiativeAgenda)
		w.exec(`UPDATE initiatives SET unheard = '["civil_society"]', unheard_reason = 'a court set the date' WHERE id = '` + idOf(path) + "'")
		return path, by
	}},
	{"getReport", everyone, func(w *world) (string, *client) {
		_, program := w.apiKey(w.as(domain.Staff), domain.ReadReport)
		return "/v1/reports/objectives/4.3", program
	}},
	{"listExchangeRates", everyone, func(w *world) (string, *client) {
		w.as(domain.Staff).post("/v1/exchange_rates", map[string]string{"base": "EUR", "quote": "USD", "rate": "1.1", "as_of": "2026-03-01", "source": "ECB"}).want(201)
		return "/v1/exchange_rates", w.caller(domain.Partner)
	}},
	{"getStanding", everyone | domain.Own, func(w *world) (string, *client) {
		by := w.caller(domain.Partner)
		w.lapse(by.actor.Organization, "sanctions")
		return "/v1/organizations/" + string(by.actor.Organization) + "/standing", by
	}},
	{"getTerm", everyone | domain.Council, func(w *world) (string, *client) {
		one, other := w.advisor(), w.advisor()
		c := "/v1/councils/" + string(w.council(one, other).ID)
		w.as(domain.Liaison).patch(c, `{"members_know_each_other":true}`).want(200)
		return "/v1/terms/" + w.column("SELECT id FROM terms WHERE advisor = '" + string(one) + "'")[0], w.speaker(other)
	}},
}

// alongside is the row of somebody who takes part, has accepted, and is not of the
// organization of the partner who looks.
func alongside(w *world, who domain.ParticipantDraft) (path string, partner *client) {
	partner = w.caller(domain.Partner)
	e := w.engagement("", domain.EngagementInvited, who, domain.ParticipantDraft{Organization: partner.actor.Organization})
	path = w.rowOf(e, func(p domain.Participant) bool { return p.Advisor == who.Advisor && p.Organization == who.Organization })
	if who.Advisor != "" {
		w.speaker(who.Advisor).move(path, "accept", nil).want(200)
	} else {
		w.member(domain.Partner, who.Organization).move(path, "accept", nil).want(200)
	}
	return path, partner
}

// TestFieldLimitsHold reads what is made for partners, for advisors and for staff
// as each of the roles and relations that may read it, and compares every two
// views: they differ where the table of limits says so, and nowhere else.
func TestFieldLimitsHold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		withheld := map[domain.Fields]bool{}
		compare := func(op openapi.Operation, views []view) {
			for _, a := range views {
				for _, b := range views {
					differ(t, op, a, b, withheld)
				}
			}
		}
		for _, op := range openapi.Operations {
			if op.Method != http.MethodGet || walk[op.ID] == nil {
				continue
			}
			for _, role := range []domain.Role{domain.Partner, domain.Advising, domain.Staff} {
				by := w.caller(role)
				k := walk[op.ID](w, by)
				var views []view
				look := func(c *client, stands domain.Reach) {
					if c != nil {
						views = append(views, c.views(op, k.try(c, op), stands&^lacks[op.ID])...)
					}
				}
				for _, st := range standings[:4] {
					who, _ := st.apply(w, by)
					look(who, st.has)
				}
				act := domain.Action(op.Action)
				if program := w.keyFor(by, act); program != nil {
					look(program, ^domain.Reach(0))
				}
				if by.actor.Organization != "" && act.ForMember() {
					look(w.agent(by, domain.Powers()...), ^domain.Reach(0))
				}
				for _, role := range []domain.Role{domain.Admin, domain.Staff, domain.Liaison, domain.Custodian, domain.Auditor} {
					look(w.stranger(role), everyone)
				}
				compare(op, views)
			}
		}
		for _, scene := range scenes {
			op := operation(scene.op)
			path, who := scene.make(w)
			all := w.as(domain.Liaison)
			compare(op, []view{
				{all.actor, everyone, everyone, all.get(path).want(200).records()},
				{who.actor, scene.stands, scene.stands, who.get(path).want(200).records()},
			})
		}
		n := 0
		for _, f := range domain.AllFields() {
			switch {
			case !f.Limit().Reads() || shownBy[f] != "":
			case !withheld[f]:
				t.Errorf("nobody was seen to be kept from %s", f)
			default:
				n++
			}
		}
		fmt.Printf("%s: %d sets of fields seen by who may and by nobody else\n", t.Name(), n)
	})
}

// keyFor is the program of by, or of by's organization's admin, with a key that
// names all that it can; nil where none can do act.
func (w *world) keyFor(by *client, act domain.Action) *client {
	w.Helper()
	if by.actor.Role == domain.Partner {
		by = w.another(domain.PartnerAdmin, by.actor.Organization, "")
	}
	if !act.Delegable() || !by.actor.Delegates() {
		return nil
	}
	_, program := w.apiKey(by, w.delegable(by)...)
	return program
}

// views is what somebody sees of records in an answer, if it is one of them. How
// one stands to each row of a list can't be told.
func (c *client) views(op openapi.Operation, r *result, stands domain.Reach) []view {
	if r.Status != http.StatusOK || !strings.Contains(r.Header.Get("Content-Type"), "json") || !strings.Contains(op.Path, "{") && r.at("items") == nil {
		return nil
	}
	v := view{c.actor, stands, stands, r.records()}
	if _, one := v.records[""]; !one {
		v.surely, v.maybe = everyone, ^domain.Reach(0)
	}
	return []view{v}
}

// shownBy names the tests of what is no member of a record's JSON.
var shownBy = map[domain.Fields]string{
	domain.CalendarSubject:   "TestACalendarIsWhatRFC5545Asks",
	domain.HistoryNames:      "TestAHistoryIsToldInWordsAndNamesNobodyOfTheOffice",
	domain.MandateNames:      "TestAnAssociationReportsForAMemberThatLetsIt",
	domain.SubmissionCodings: "TestAuthorsLearnWhatBecameOfTheirAnswers",
}

// TestFieldsAreWrittenByWhoMay changes each field that not everyone writes who may
// change its record, as one who may and as one who may not.
func TestFieldsAreWrittenByWhoMay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		intake := w.organization("Sent in", domain.OrganizationIntake).ID
		file := "/v1/organizations/" + string(intake)
		clerk, staff := w.member(domain.PartnerAdmin, intake), w.as(domain.Staff)
		patch := func(path, member string, value any) func(*client) *result {
			return func(c *client) *result { return c.patch(path, map[string]any{member: value}) }
		}
		attested := func(c *client) *result {
			return c.patch(file, map[string]any{"survivor_led": true, "attested_by": w.name("Attester")})
		}
		colleague := "/v1/accounts/" + string(staff.actor.Account)
		tries := map[domain.Fields]map[string]func(*client) *result{
			domain.AccountOffice:           {"office": patch(colleague, "office", "Economic Affairs")},
			domain.OrganizationIdentifiers: {"identifiers": patch(file, "identifiers", []map[string]string{{"scheme": "XX-NATIONAL", "value": "1"}})},
			domain.OrganizationVetted: {
				"legal_name": patch(file, "legal_name", "Another name"), "type": patch(file, "type", "academic"), "survivor_led": attested, "attested_by": attested, "parent_id": patch(file, "parent_id", w.approvedOrganization().ID),
				"country": patch(file, "country", "KE"), "sector": patch(file, "sector", "111110"),
			},
			domain.EngagementNotes: {"private_notes": patch(engagementPath(w.engagement("", domain.EngagementInvited)), "private_notes", "Afraid.")},
			domain.DocumentInternal: {"internal": func(c *client) *result {
				return c.post("/v1/uploads", map[string]any{"parent_kind": "organization", "parent_id": intake, "file_name": "a.txt", "size": 10, "internal": true})
			}},
		}
		may := map[domain.Fields]*client{domain.AccountOffice: w.as(domain.Admin)}
		mayNot := map[domain.Fields]*client{domain.AccountOffice: staff}
		for _, f := range domain.AllFields() {
			if !f.Limit().Writes() {
				continue
			}
			for _, member := range f.Limit().Members {
				try := tries[f][member]
				if try == nil {
					t.Errorf("%s of %s is not tried", member, f)
					continue
				}
				if got := try(cmp.Or(mayNot[f], clerk)); got.Status/100 != 4 {
					t.Errorf("%s of %s is written by who may not: %d", member, f, got.Status)
				}
				if got := try(cmp.Or(may[f], staff)); got.Status/100 != 2 {
					t.Errorf("%s of %s: %d %s", member, f, got.Status, got.Body)
				}
			}
		}
	})
}
