package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// mergeOf is a proposal by somebody that one organization be absorbed by another.
func (w *world) mergeOf(by *client, survivor, absorbed domain.OrganizationID, take ...string) string {
	w.Helper()
	body := map[string]any{"survivor_id": survivor, "absorbed_id": absorbed, "take": append([]string{}, take...), "reason": "The same company."}
	return "/v1/organization-merges/" + by.post("/v1/organization-merges", body).want(201).str("id")
}

// merged lets one organization be absorbed by another.
func (w *world) merged(survivor, absorbed domain.OrganizationID, take ...string) string {
	w.Helper()
	path := w.mergeOf(w.as(domain.Staff), survivor, absorbed, take...)
	w.as(domain.Liaison).move(path, "approve", nil).want(200)
	return path
}

func init() {
	walk["listMerges"] = func(*world, *client) call { return call{path: "/v1/organization-merges"} }
	both := func(w *world) map[string]any {
		return map[string]any{"survivor_id": w.approvedOrganization().ID, "absorbed_id": w.organization(w.name("Twin"), domain.OrganizationDrafted).ID}
	}
	walk["previewMerge"] = func(w *world, _ *client) call { return call{path: "/v1/organization-merge-previews", body: both(w)} }
	walk["proposeMerge"] = func(w *world, _ *client) call {
		body := both(w)
		body["reason"] = "The same company."
		return call{path: "/v1/organization-merges", body: body}
	}
	for op, rest := range map[string]string{"getMerge": "", "approveMerge": "/approve", "declineMerge": "/decline", "undoMerge": "/undo"} {
		walk[op] = func(w *world, _ *client) call {
			proposer := w.another(domain.Staff, "", "")
			b := both(w)
			path := w.mergeOf(proposer, b["survivor_id"].(domain.OrganizationID), b["absorbed_id"].(domain.OrganizationID))
			if op == "undoMerge" {
				w.another(domain.Staff, "", "").move(path, "approve", nil).want(200)
			}
			return call{path: path + rest}
		}
	}
	secrets = append(secrets, secret{
		name: "organizations elsewhere that become one",
		story: func(w *world) map[string]*client {
			one, twin := w.organization("A harbor", domain.OrganizationApproved), w.organization("A harbour", domain.OrganizationApproved)
			w.keep("one", func() *client { return w.another(domain.Partner, one.ID, "") })
			w.keep("twin", func() *client { return w.another(domain.Partner, twin.ID, "") })
			other := w.organization("Another", domain.OrganizationApproved)
			// The twin is excluded; everyone else is asked.
			w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{twin.ID}})
			w.as(domain.Staff)
			w.as(domain.Liaison)
			return map[string]*client{
				"another partner": w.member(domain.Partner, other.ID), "its admin": w.member(domain.PartnerAdmin, other.ID),
				"an advisor": w.caller(domain.Advising), "anyone": w.anyone(),
			}
		},
		happens: func(w *world) {
			w.merged(w.keep("one", nil).actor.Organization, w.keep("twin", nil).actor.Organization)
		},
	})
}

func (w *world) path(o domain.OrganizationID) string { return "/v1/organizations/" + string(o) }

func TestAMergeIsPreviewedAndTakesTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.as(domain.Staff), w.as(domain.Liaison)
		enter := func(body string) domain.OrganizationID {
			return domain.OrganizationID(staff.post("/v1/organizations", body).want(201).str("id"))
		}
		keep := enter(`{"legal_name":"Harbor Logistics Ltd","type":"business","other_names":["HL"],"identifiers":[{"scheme":"GB-COH","value":"08231834"}],"languages":["en"]}`)
		goes := enter(`{"legal_name":"Harbour Logistics Limited","type":"ngo","country":"GB","website":"https://harbor.example","other_names":["hl"],"identifiers":[{"scheme":"EIN","value":"530196605"}],"languages":["fr","en"]}`)
		draft := map[string]any{"survivor_id": keep, "absorbed_id": goes, "take": []string{"legal_name"}}
		preview := staff.post("/v1/organization-merge-previews", draft).want(200)
		if got := fmt.Sprint(preview.str("legal_name"), preview.at("other_names"), len(preview.at("identifiers").([]any)), preview.at("languages")); got != "Harbour Logistics Limited[Harbor Logistics Ltd HL] 2 [en fr]" {
			t.Errorf("would become %s", got)
		}
		fields := map[string]any{}
		for _, f := range preview.at("fields").([]any) {
			fields[f.(map[string]any)["field"].(string)] = f.(map[string]any)["result"]
		}
		if fields["type"] != "business" || fields["country"] != "GB" || fields["website"] != "https://harbor.example" {
			t.Errorf("fields %v", fields)
		}
		if !strings.Contains(string(preview.Body), `"other_type"`) {
			t.Errorf("no word of the other type: %s", preview.Body)
		}
		draft["reason"] = "One company."
		for pointer, change := range map[string]map[string]any{
			"/absorbed_id": {"survivor_id": keep, "absorbed_id": keep, "reason": "x"},
			"/survivor_id": {"survivor_id": "00000000-0000-4000-8000-000000000000", "absorbed_id": keep, "reason": "x"},
			"/reason":      {"survivor_id": keep, "absorbed_id": goes, "reason": " "},
		} {
			if r := staff.post("/v1/organization-merges", change).want(422); !strings.Contains(string(r.Body), pointer) {
				t.Errorf("%s: %s", pointer, r.Body)
			}
		}
		w.as(domain.Admin).post("/v1/organization-merges", draft).want(403)
		made := staff.post("/v1/organization-merges", draft, "Idempotency-Key", "merge-these-two-once").want(201)
		if again := staff.post("/v1/organization-merges", draft, "Idempotency-Key", "merge-these-two-once").want(201); again.str("id") != made.str("id") {
			t.Error("one key made two proposals")
		}
		path := "/v1/organization-merges/" + made.str("id")
		if got := fmt.Sprint(staff.get(path).at("_actions")); got != "[decline]" {
			t.Errorf("its proposer may %s", got)
		}
		staff.move(path, "approve", nil).want(403)
		liaison.post(path+"/approve", nil, "If-Match", `"0"`).want(412)
		staff.get(w.path(goes)).want(200) // nothing has happened yet

		liaison.move(path, "approve", nil).want(200)
		liaison.move(path, "approve", nil).want(409)
		liaison.move(path, "decline", nil).want(409)
		now := staff.get(w.path(keep)).want(200)
		if now.str("legal_name") != "Harbour Logistics Limited" || len(now.at("identifiers").([]any)) != 2 || now.str("type") != "business" {
			t.Errorf("it became %s", now.Body)
		}
		gone := staff.get(w.path(goes)).want(410).fault("", "merged")
		if gone.Header.Get("Location") != w.path(keep) || !strings.Contains(string(gone.Body), string(keep)) {
			t.Errorf("what went answers %v %s", gone.Header, gone.Body)
		}
		w.member(domain.Partner, w.approvedOrganization().ID).get(w.path(goes)).want(404)
		staff.patch(w.path(goes), `{"website":"https://x.example"}`).want(410)
		if n := len(staff.get("/v1/organizations?q=harbour").want(200).items()); n != 1 {
			t.Errorf("%d are found", n)
		}
		staff.post("/v1/organization-merges", draft).want(422)
		if r := staff.get("/v1/organization-merges?stage=merged&organization_id=" + string(goes)).want(200); len(r.items()) != 1 {
			t.Errorf("listed: %s", r.Body)
		}
		other := w.mergeOf(staff, keep, enter(`{"legal_name":"Third","type":"ngo"}`))
		staff.move(other, "decline", nil).want(200)
		liaison.move(other, "approve", nil).want(409)
	})
}

// entangled gives an organization a place in everything, and names its member.
func (w *world) entangled(org, other domain.OrganizationID) *client {
	w.Helper()
	staff, member := w.as(domain.Staff), w.member(domain.PartnerAdmin, org)
	staff.post(w.path(org)+"/contacts", map[string]any{"name": "The desk"}).want(201)
	staff.post(w.path(org)+"/checks", map[string]any{"kind": "reputation"}).want(201)
	w.waiver(org, domain.WaiverGranted)
	promised := w.seedCommitment(org, promise(), domain.CommitmentActive)
	w.seedMilestone(promised, "2026-06-30")
	v := "/v1/commitments/" + string(promised.ID)
	w.amendmentFor(member)
	w.indicatorFor(member, domain.CommitmentActive)
	w.verificationFor(member) // of a progress report
	p := w.seedPartnership(partnershipDraft(org), domain.PartnershipActive)
	w.seedPartnership(partnershipDraft(org, other), domain.PartnershipActive)
	path := "/v1/contributions/" + staff.post("/v1/contributions", cash(string(p.ID), "100", "organization_id", string(org), "reference", "P-1")).want(201).str("id")
	staff.move(path, "deliver", usd("80", "2026-03-02", "reference", "R-1")).want(200)
	w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org})
	w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Organization: other})
	declined := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Organization: other})
	w.member(domain.PartnerAdmin, other).move(w.participantOf(declined, other), "decline", nil).want(200)
	w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{org}})
	c := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{Organizations: domain.List[domain.OrganizationID]{org, other}}).ID)
	w.submitted(member, c)
	w.begun(member, consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true}).ID))
	member.post("/v1/invitations", map[string]any{"role": "partner", "organization_id": org}).want(201)
	third := w.organization(w.name("Third"), domain.OrganizationDrafted)
	staff.patch(w.path(third.ID), map[string]any{"parent_id": org}).want(200)
	staff.move(w.path(third.ID), "distinguish", map[string]any{"organization_id": org, "reason": "A namesake."}).want(200)

	association := w.approvedOrganization().ID
	w.mandated(org, association, "report_on_commitments")
	w.relate(other, "member_of", association, "2020-01-01", "2027-01-01").want(201)
	w.mandated(association, org, "join_engagements")
	a, err := w.system().Accounts.Get(w.Context(), member.actor.Account)
	must(w, err)
	must(w, w.system().Resets.Create(w.Context(), domain.RequestReset, domain.NewResetRequest(a)))
	w.ownKey(member)
	staff.evidence("organization", w.path(org)).want(201)
	staff.post("/v1/uploads", map[string]any{"parent_kind": "organization", "parent_id": org, "file_name": "a.txt", "size": 10}).want(201)
	_, application := w.applied("Harbour House")
	w.takenIn(application, org).want(200)
	staff.patch(w.path(org), map[string]any{"identifiers": []any{map[string]any{"scheme": "national", "value": "HL-1"}}}).want(200)
	if got := staff.imported("companies", companiesMapping, "Number,Name,Kind,Country\nHL-1,"+w.nameOf(org)+",Company,US\n"); got.at("matched") != 1.0 {
		w.Fatalf("imported %s", got.Body)
	}
	w.merged(org, w.organization(w.name("Before"), domain.OrganizationDrafted).ID)
	w.found(org, "debarment", "clear", "2026-03-09")
	w.reviewVetting() // which reminds of it
	member.evidence("commitment", v).want(201)
	staff.patch(w.path(other), map[string]any{"parent_id": org}).want(200)
	for _, column := range []string{"first", "second"} { // by whose id is the lesser
		for w.lookOver(); w.count("SELECT count(*) FROM organization_pairs WHERE "+column+" = '"+string(org)+"'") == 0; w.lookOver() {
			w.organization(w.nameOf(org), domain.OrganizationDrafted)
		}
	}
	staff.patch(w.path(org), map[string]any{"sector": "48"}).want(200) // which is not compared yet
	return member
}

// namesNone are the columns of a merge's lists in which no organization ever stands.
var namesNone = []string{"hearings.source_id", "responses.link_id", "jobs.payload"}

// notStanding are the tables that an undo leaves otherwise than the merge found them,
// each with why.
var notStanding = map[string]string{
	"audit_entries": "the trail", "ledger_pending": "the trail's log", "ledger_leaves": "the trail's log", "ledger_checkpoints": "the trail's log",
	"organization_merges": "the merge", "organization_merge_moves": "the merge",
	"jobs": "what is to be done", "idempotency_keys": "answers that were given",
	"organization_pairs": "are found anew", "organization_changes": "are found anew",
	"sessions": "its people signed in again", "search_rows": "how SQLite finds its texts",
}

// naming lists the columns in which an id stands anywhere.
func (w *world) naming(id domain.OrganizationID) (out []string) {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	columns := "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'search_documents_%' AND p.type IN ('TEXT', '')"
	like := "SELECT count(*) FROM %s WHERE %s LIKE '%%%s%%'"
	if !w.onSQLite() {
		columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"
	}
	for _, c := range w.strings(db, columns) {
		if n := w.strings(db, fmt.Sprintf(like, c[0], `"`+c[1]+`"`, id)); n[0][0] != "0" {
			out = append(out, c[0]+"."+c[1])
		}
	}
	return out
}

// standing is every row of every table, but for when and how often it was saved.
func (w *world) standing() map[string]string {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	out := map[string]string{}
	for _, table := range w.tables() {
		if notStanding[table] != "" {
			continue
		}
		rows, err := db.QueryContext(w.Context(), "SELECT * FROM "+table)
		must(w, err)
		columns, err := rows.Columns()
		must(w, err)
		must(w, rows.Close())
		columns = slices.DeleteFunc(columns, func(c string) bool { return c == "version" || c == "updated_at" || c == "words" })
		var all []string
		for _, row := range w.strings(db, `SELECT "`+strings.Join(columns, `", "`)+`" FROM `+table) {
			all = append(all, fmt.Sprintf("%q", row))
		}
		slices.Sort(all)
		out[table] = strings.Join(all, "\n")
	}
	return out
}

// TestAMergePointsEverythingToTheSurvivorAndAnUndoBack looks for the id of the one
// that goes in every column of the database.
func TestAMergePointsEverythingToTheSurvivorAndAnUndoBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.as(domain.Staff), w.as(domain.Liaison)
		keep, goes := w.organization("Harbor Logistics", domain.OrganizationApproved).ID, w.organization("Harbour Logistics", domain.OrganizationApproved).ID
		member := w.entangled(goes, keep)
		known := repository.MergeColumns()
		var unlisted []string
		before := w.naming(goes)
		for _, name := range before {
			if _, ok := known[name]; !ok {
				unlisted = append(unlisted, name)
			}
		}
		if len(unlisted) > 0 {
			t.Fatalf("of %d columns that name it, the merge does not know %v", len(before), unlisted)
		}
		told := func() int64 {
			return w.count("SELECT count(*) FROM audit_entries WHERE event IN ('merge.proposed', 'merge.approved', 'merge.undone', 'organization.absorbed', 'organization.merged')")
		}
		stood, toldOf := w.standing(), told()
		submissions := len(member.get("/v1/submissions").want(200).items())
		lists := func(org domain.OrganizationID) string {
			var n []int
			for _, list := range []string{
				w.path(org) + "/contacts", "/v1/commitments?organization_id=" + string(org), "/v1/partnerships?organization_id=" + string(org),
				"/v1/engagements?organization_id=" + string(org), "/v1/contributions?organization_id=" + string(org), w.path(org) + "/relationships",
			} {
				n = append(n, len(staff.get(list).want(200).items()))
			}
			return fmt.Sprint(n)
		}
		had := lists(goes)

		path := w.merged(keep, goes)
		after := w.naming(goes)
		named := slices.Concat(before, after, namesNone)
		for _, name := range w.naming(keep) {
			if strings.HasPrefix(name, "organization_merge") || strings.HasPrefix(name, "search_") {
				named = append(named, name, "search_rows.record", "search_documents.record") // each database has one of these
			}
		}
		for name, follows := range known {
			switch {
			case !slices.Contains(named, name):
				t.Errorf("no row names it in %s", name)
			case follows && !slices.Contains(before, name):
				t.Errorf("no row named it in %s before", name)
			case follows && slices.Contains(after, name) && name != "participants.organization" && name != "relationships.organization":
				t.Errorf("%s still names the one that went", name)
			}
		}
		if now := lists(keep); now != had {
			t.Errorf("it had %s, and the survivor has %s", had, now)
		}
		for _, e := range staff.get("/v1/engagements?organization_id=" + string(keep)).items() {
			if n := len(staff.get("/v1/engagements/" + e["id"].(string) + "/participants").want(200).items()); n != 1 {
				t.Errorf("%d take part", n)
			}
		}
		// What was given counts for the survivor, while the ledger is as it was.
		totals := staff.get("/v1/contribution_totals?by=party").want(200)
		if n := totals.items(); len(n) != 1 || n[0]["organization_id"] != string(keep) {
			t.Errorf("totals: %s", totals.Body)
		}
		if n := staff.get("/v1/contribution_totals?organization_id=" + string(keep)).want(200).items(); len(n) != 1 {
			t.Errorf("the survivor gave %v", n)
		}
		// Its people act for the survivor, and what they wrote is still theirs.
		if me := member.get("/v1/me").want(200); me.str("organization_id") != string(keep) {
			t.Errorf("its admin is %s", me.Body)
		}
		member.get(w.path(keep)).want(200)
		member.get(w.path(goes)).want(410)
		if n := len(member.get("/v1/submissions").want(200).items()); n != submissions {
			t.Errorf("%d submissions, were %d", n, submissions)
		}
		w.forward(repository.SweepAfter)
		w.runJobs() // the sweep finds nothing more
		member.sid = member.again().sid

		staff.move(path, "undo", map[string]any{"reason": " "}).want(422)
		liaison.move(path, "undo", map[string]any{"reason": "They are two."}).want(200)
		now := w.standing()
		for table := range now {
			if now[table] != stood[table] {
				t.Errorf("%s was\n%s\nand is\n%s", table, stood[table], now[table])
			}
		}
		if me := member.get("/v1/me").want(200); me.str("organization_id") != string(goes) {
			t.Errorf("its admin is %s", me.Body)
		}
		staff.get(w.path(goes)).want(200)
		staff.move(path, "undo", map[string]any{"reason": "Again."}).want(409)
		if n := told() - toldOf; n != 5 {
			t.Errorf("%d entries tell of it", n)
		}
	})
}

func TestNothingIsLaunderedByAMerge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.as(domain.Staff), w.as(domain.Liaison)
		stage := func(o domain.OrganizationID) string { return staff.get(w.path(o)).want(200).str("stage") }
		for _, tt := range []struct{ keep, goes, want domain.OrganizationStage }{
			{domain.OrganizationApproved, domain.OrganizationSuspended, domain.OrganizationSuspended},
			{domain.OrganizationSuspended, domain.OrganizationApproved, domain.OrganizationSuspended},
			{domain.OrganizationDrafted, domain.OrganizationApproved, domain.OrganizationDrafted},
			{domain.OrganizationApproved, domain.OrganizationDrafted, domain.OrganizationApproved},
			{domain.OrganizationDueDiligence, domain.OrganizationSuspended, domain.OrganizationSuspended},
		} {
			keep, goes := w.organization(w.name("Keep"), tt.keep).ID, w.organization(w.name("Goes"), tt.goes).ID
			w.merged(keep, goes)
			if got := stage(keep); got != string(tt.want) {
				t.Errorf("%s and %s become %s", tt.keep, tt.goes, got)
			}
		}

		// A hit of the one that goes ends the survivor's approval.
		keep, goes := w.approvedOrganization().ID, w.organization(w.name("Goes"), domain.OrganizationDrafted).ID
		w.found(goes, "sanctions", "hit", "2027-01-01")
		w.merged(keep, goes)
		if got := stage(keep); got != "suspended" {
			t.Errorf("with a hit it is %s", got)
		}

		// A clear check or a waiver of it mends nothing of the survivor's.
		keep, goes = w.approvedOrganization().ID, w.approvedOrganization().ID
		w.lapse(keep, "sanctions")
		w.found(goes, "sanctions", "clear", "2027-01-01")
		w.waiver(goes, domain.WaiverGranted)
		w.merged(keep, goes)
		if r := staff.get(w.path(keep) + "/standing").want(200); r.at("good") != false {
			t.Errorf("the merge mended its vetting: %s", r.Body)
		}
		// Who is vetted as a business stays one.
		body := map[string]any{"survivor_id": keep, "absorbed_id": w.organizationOf(domain.OrganizationNGO), "take": []string{"type"}, "reason": "x"}
		staff.post("/v1/organization-merges", body).want(422).fault("/take", "invalid")

		// One who is excluded from a consultation stays so under the survivor's name.
		keep, goes = w.approvedOrganization().ID, w.approvedOrganization().ID
		c := consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{goes}}).ID)
		member := w.member(domain.Partner, keep)
		barred := w.member(domain.Partner, goes)
		member.get(c).want(200)
		barred.get(c).want(404)
		path := w.merged(keep, goes)
		member.get(c).want(404)
		barred.get(c).want(404)
		liaison.move(path, "undo", map[string]any{"reason": "Two."}).want(200)
		member.get(c).want(200)
	})
}

func TestAnUndoThatCantBeWholeIsNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		undo := func(path string) *result { return staff.move(path, "undo", map[string]any{"reason": "Two companies."}) }
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		staff.post(w.path(goes)+"/contacts", map[string]any{"name": "The desk"}).want(201)
		names := w.lists(goes)["exclusions"]
		path := w.merged(keep, goes)
		must(t, w.store.As(staff.actor).Tx(t.Context(), names.edit(keep, w.approvedOrganization().ID)))
		undo(path).want(409).fault(names.path[len("/v1"):], "changed")
		staff.get(w.path(goes)).want(410)
		if n := len(staff.get(w.path(keep) + "/contacts").items()); n != 1 {
			t.Errorf("half undone: %d contacts", n)
		}

		keep, goes = w.approvedOrganization().ID, w.approvedOrganization().ID
		path = w.merged(keep, goes)
		staff.patch(w.path(keep), `{"website":"https://new.example"}`).want(200)
		undo(path).want(409).fault(w.path(keep)[len("/v1"):], "changed")

		// A merge into a third is undone first.
		keep, goes = w.approvedOrganization().ID, w.approvedOrganization().ID
		third := w.approvedOrganization().ID
		path = w.merged(keep, goes)
		later := w.merged(third, keep)
		if gone := staff.get(w.path(goes)).want(410); gone.Header.Get("Location") != w.path(third) {
			t.Errorf("it leads to %s", gone.Header.Get("Location"))
		}
		undo(path).want(409)
		undo(later).want(200)
		if gone := staff.get(w.path(goes)).want(410); gone.Header.Get("Location") != w.path(keep) {
			t.Errorf("it leads to %s", gone.Header.Get("Location"))
		}

		keep, goes = w.approvedOrganization().ID, w.approvedOrganization().ID
		path = w.merged(keep, goes)
		w.forward(31 * 24 * time.Hour)
		staff = staff.again()
		undo(path).want(409)
	})
}

// TestOrdinaryLifeIsNotInTheWayOfAnUndo lets go what a merge moved, and lets the
// survivor's vetting lapse: the undo writes neither.
func TestOrdinaryLifeIsNotInTheWayOfAnUndo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		given := "/v1/contributions/" + staff.post("/v1/contributions", cash(string(w.seedPartnership(partnershipDraft(goes), domain.PartnershipActive).ID), "100", "organization_id", string(goes))).want(201).str("id")
		deliver := func() { staff.move(given, "deliver", usd("10", "2026-03-02", "reference", "R-1")).want(200) }
		deliver()
		contact := "/v1/contacts/" + staff.post(w.path(goes)+"/contacts", map[string]any{"name": "The desk"}).want(201).str("id")
		staff.post(w.path(goes)+"/contacts", map[string]any{"name": "The other desk"}).want(201)
		path := w.merged(keep, goes)
		staff.move(given, "reverse", map[string]string{"entry_id": staff.entry(given, "delivered"), "reason": "Sent back."}).want(200)
		deliver()
		staff.do(http.MethodDelete, contact, nil, "If-Match", staff.seen(contact)).want(204)
		expires := func() {
			t.Helper()
			w.reviewVetting()
			if got := staff.get(w.path(keep)).want(200).str("stage"); got != "expired" {
				t.Errorf("the survivor is %s", got)
			}
		}
		w.lapse(keep, "sanctions")
		expires()
		staff.move(path, "undo", map[string]any{"reason": "Two."}).want(200)
		stands := func(org domain.OrganizationID, want string) {
			t.Helper()
			if got := staff.get(w.path(org)).want(200).str("stage"); got != want {
				t.Errorf("after the undo it is %s, not %s", got, want)
			}
		}
		stands(keep, "expired") // at once
		stands(goes, "approved")
		staff.get(contact).want(404)
		if n := len(staff.get(w.path(goes) + "/contacts").want(200).items()); n != 1 {
			t.Errorf("%d contacts came back", n)
		}
		if got := staff.get(given).want(200); got.str("organization_id") != string(goes) || got.str("delivered") != "10.00" {
			t.Errorf("what was given is %s", got.Body)
		}

		// Nor does an approval come back that lapsed while nobody looked after it.
		other, lapsed := w.approvedOrganization().ID, w.approvedOrganization().ID
		path = w.merged(other, lapsed)
		w.lapse(other, "sanctions")
		staff.move(path, "undo", map[string]any{"reason": "Two."}).want(200)
		stands(other, "expired")
		w.lapse(lapsed, "sanctions")
		path = w.merged(w.approvedOrganization().ID, lapsed)
		staff.move(path, "undo", map[string]any{"reason": "Two."}).want(200)
		stands(lapsed, "expired")

		// What somebody decided since is not put back.
		path = w.merged(keep, w.approvedOrganization().ID)
		staff.move(w.path(keep), "restore", nil).want(200)
		staff.move(path, "undo", map[string]any{"reason": "Two."}).want(409).fault(w.path(keep)[len("/v1"):], "changed")
	})
}

func TestOfTwoMergesOfOneOrganizationOneIsDone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		goes := w.approvedOrganization().ID
		one, other := w.approvedOrganization().ID, w.approvedOrganization().ID
		paths := []string{w.mergeOf(w.as(domain.Staff), one, goes), w.mergeOf(w.as(domain.Staff), other, goes), w.mergeOf(w.as(domain.Staff), goes, one)}
		liaison := w.as(domain.Liaison)
		status := make([]int, len(paths))
		var all sync.WaitGroup
		for i, path := range paths {
			tag := liaison.seen(path)
			all.Go(func() { status[i] = liaison.post(path+"/approve", nil, "If-Match", tag).Status })
		}
		all.Wait()
		slices.Sort(status)
		if fmt.Sprint(status) != "[200 409 409]" {
			t.Errorf("they answered %v", status)
		}
		if n := w.count("SELECT count(*) FROM organizations WHERE merged_into <> ''"); n != 1 {
			t.Errorf("%d are gone", n)
		}

		// What has changed since the proposal was looked at is looked at again.
		keep, twin := w.approvedOrganization().ID, w.approvedOrganization().ID
		path := w.mergeOf(w.as(domain.Staff), keep, twin)
		w.as(domain.Staff).move(w.path(twin), "suspend", map[string]any{"reason": "An allegation."}).want(200)
		liaison.move(path, "approve", nil).want(409)
	})
}

func TestWhatIsWrittenDuringAMergeIsSweptUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		path := w.merged(keep, goes)
		late, err := domain.NewContact(goes, domain.ContactDraft{Name: "Late"})
		must(t, err)
		must(t, w.store.As(staff.actor).Contacts.Create(t.Context(), domain.CreateContact, late))
		undo := func(merge string) { staff.move(merge, "undo", map[string]any{"reason": "Two."}).want(200) }
		has := func(org domain.OrganizationID, n int) {
			t.Helper()
			if got := len(staff.get(w.path(org) + "/contacts").want(200).items()); got != n {
				t.Errorf("%d contacts, not %d", got, n)
			}
		}
		w.forward(repository.SweepAfter - time.Second)
		w.runJobs() // whatever has begun before may go on
		staff = staff.again()
		has(keep, 0)
		w.forward(time.Second)
		w.runJobs()
		has(keep, 1)
		undo(path)
		has(goes, 1)

		// A sweep that comes after the survivor was merged too leads to whom it is part of,
		// and each undo takes back its own step.
		last := w.approvedOrganization().ID
		path = w.merged(keep, goes)
		later := w.merged(last, keep)
		late, err = domain.NewContact(goes, domain.ContactDraft{Name: "Later"})
		must(t, err)
		must(t, w.store.As(staff.actor).Contacts.Create(t.Context(), domain.CreateContact, late))
		must(t, w.system().Merges.Sweep(t.Context(), domain.MergeID(idOf(path))))
		has(last, 2)
		undo(later)
		has(last, 0)
		has(keep, 2)
		undo(path)
		has(goes, 2)
	})
}

// listing is a record of which a list names organizations, and how that is edited.
type listing struct {
	path string
	ids  func() []string
	edit func(...domain.OrganizationID) func(*repository.Session) error
}

// lists are records of which a list names an organization alone.
func (w *world) lists(org domain.OrganizationID) map[string]listing {
	w.Helper()
	v := w.consultation(domain.ConsultationDrafted, domain.Audience{ForPublic: true, Excluded: domain.List[domain.OrganizationID]{org}})
	p := w.seedPartnership(partnershipDraft(org), domain.PartnershipConcept)
	return map[string]listing{
		"exclusions": {consultationPath(v.ID), func() (out []string) {
			for _, id := range w.as(domain.Staff).again().get(consultationPath(v.ID)).want(200).at("excluded_organization_ids").([]any) {
				out = append(out, id.(string))
			}
			return out
		}, func(to ...domain.OrganizationID) func(*repository.Session) error {
			return func(tx *repository.Session) error {
				_, err := tx.Consultations.Update(w.Context(), domain.EditConsultation, v.ID, nil, func(_ *repository.Session, v *domain.Consultation) error {
					d := v.Draft()
					d.Excluded = to
					return v.Edit(d)
				})
				return err
			}
		}},
		"members": {"/v1/partnerships/" + string(p.ID), func() []string {
			return w.column("SELECT organization FROM partnership_members WHERE partnership = '" + string(p.ID) + "'")
		}, func(to ...domain.OrganizationID) func(*repository.Session) error {
			return func(tx *repository.Session) error {
				_, err := tx.Partnerships.Update(w.Context(), domain.EditPartnership, p.ID, nil, func(_ *repository.Session, p *domain.Partnership) error {
					d := p.Draft()
					d.Members = partnershipDraft(to...).Members
					return p.Edit(d)
				})
				return err
			}
		}},
	}
}

// TestAListThatIsEditedDuringAMergeFollowsIt names one more in a list while a merge is
// approved, and while it is undone.
func TestAListThatIsEditedDuringAMergeFollowsIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.as(domain.Staff), w.as(domain.Liaison)
		for _, name := range []string{"exclusions", "members"} {
			keep, goes, second, third := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
			list := w.lists(goes)[name]
			names := func(when string, want ...domain.OrganizationID) {
				t.Helper()
				got, sorted := list.ids(), slices.Sorted(slices.Values(want))
				if slices.Sort(got); fmt.Sprint(got) != fmt.Sprint(sorted) {
					t.Errorf("%s name %v %s, want %v", name, got, when, sorted)
				}
			}
			path := w.mergeOf(staff, keep, goes)
			tag := liaison.seen(path)
			w.during(list.edit(goes, second), func() *result { return liaison.post(path+"/approve", nil, "If-Match", tag) }).want(200)
			names("once it is approved", keep, second)
			undo := func(tag string) *result {
				return staff.post(path+"/undo", map[string]any{"reason": "Two."}, "If-Match", tag)
			}
			tag = staff.seen(path)
			w.during(list.edit(keep, second, third), func() *result { return undo(tag) }).want(409).fault(list.path[len("/v1"):], "changed")
			names("after an undo that is refused", keep, second, third)
			must(t, w.store.As(staff.actor).Tx(t.Context(), list.edit(keep, second)))
			undo(staff.seen(path)).want(200)
			names("once it is undone", goes, second)

			// What names the one that went in a list that was pointed already is swept up.
			path = w.merged(keep, goes)
			must(t, w.store.As(staff.actor).Tx(t.Context(), list.edit(third, goes)))
			w.forward(repository.SweepAfter)
			w.runJobs()
			staff = staff.again()
			names("after the sweep", third, keep)
			undo(staff.seen(path)).want(200)
			names("once that is undone", third, goes)
		}
	})
}

// accepted is what is answered to somebody who accepts an invitation.
func (w *world) accepted(token string) *result {
	w.Helper()
	login := strings.ReplaceAll(w.name("invited"), " ", "-") + "@example.org"
	return w.anyone().post("/v1/invitations/accept", map[string]string{"token": token, "login": login, "name": "N", "password": goodPassword})
}

// TestNobodyEntersTheSurvivorByWhatTheOtherGave draws what was given for one
// organization after it became a part of another, and after it is its own again.
func TestNobodyEntersTheSurvivorByWhatTheOtherGave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		code, path := w.applied("Lantern House")
		w.takenIn(path, goes).want(200)
		draw := func() string { // and a second person lets the contact in
			token := w.anyone().byCode("invitation", code).want(201).str("token")
			w.as(domain.Admin).move("/v1/invitations/"+w.column("SELECT invitation FROM applications")[0], "approve", nil).want(200)
			return token
		}
		drawn := draw()
		invite := func() string {
			body := map[string]any{"role": "partner_admin", "organization_id": goes}
			made := w.as(domain.Admin).post("/v1/invitations", body).want(201)
			w.another(domain.Admin, "", "").move("/v1/invitations/"+made.str("id"), "approve", nil).want(200)
			return made.str("token")
		}
		first, forgotten := invite(), invite()
		merge := w.merged(keep, goes)
		w.anyone().byCode("invitation", code).want(409)
		w.accepted(drawn).want(409)
		w.accepted(first).want(409)
		w.accepted(forgotten).want(409)
		if r := w.anyone().byCode("read", code).want(200); strings.Contains(string(r.Body), `"invitation"`) {
			t.Errorf("the applicant is still told to claim: %s", r.Body)
		}
		if n := w.count("SELECT count(*) FROM accounts WHERE organization = '" + string(keep) + "'"); n != 0 {
			t.Errorf("%d have entered the survivor", n)
		}
		w.as(domain.Staff).move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
		w.accepted(first).want(201)
		again := draw()
		w.accepted(drawn).want(409)
		w.accepted(again).want(201)
		if n := w.count("SELECT count(*) FROM accounts WHERE organization = '" + string(goes) + "'"); n != 2 {
			t.Errorf("%d have entered what they were invited to", n)
		}
	})
}

// TestAnUndoLeavesNobodyOfTheOtherInside names those whom the people of the one that
// went brought into the survivor, and those whom these brought in turn.
func TestAnUndoLeavesNobodyOfTheOtherInside(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, admin := w.as(domain.Staff), w.as(domain.Admin)
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		ours, theirs := w.member(domain.PartnerAdmin, keep), w.member(domain.PartnerAdmin, goes)
		merge := w.merged(keep, goes)
		token := func(by *client) string {
			body := map[string]any{"role": "partner", "organization_id": keep}
			return by.post("/v1/invitations", body).want(201).str("token")
		}
		own := w.accepted(token(ours)).want(201).str("id")
		brought := w.accepted(token(theirs)).want(201).str("id")
		pending, kept := token(theirs), token(ours)
		undo := func() *result { return staff.move(merge, "undo", map[string]any{"reason": "Two."}) }
		if r := undo().want(409).fault("/accounts/"+brought, "brought"); strings.Contains(string(r.Body), own) {
			t.Errorf("the survivor's own is named: %s", r.Body)
		}
		admin.move("/v1/accounts/"+brought, "suspend", map[string]any{"reason": "It is another company's."}).want(200)
		undo().want(200)
		w.accepted(pending).want(409)
		w.accepted(kept).want(201)
	})
}

// TestAnUndoGivesBackWhatPeopleMadeMeanwhile looks for what somebody asked for and made
// under the survivor: it is of the account, and no longer in the survivor's hands.
func TestAnUndoGivesBackWhatPeopleMadeMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		ours, theirs, clerk := w.member(domain.PartnerAdmin, keep), w.another(domain.PartnerAdmin, goes, ""), w.another(domain.Partner, goes, "")
		other := w.another(domain.PartnerAdmin, goes, "")
		merge := w.merged(keep, goes)
		token := w.mustReset(ours, clerk, "password").want(201).str("token")
		w.apiKey(theirs.again(), domain.ReadReference)
		seen := func(by *client) string {
			return fmt.Sprint(len(by.get("/v1/resets").want(200).items()), len(by.get("/v1/api-keys").want(200).items()))
		}
		if got := seen(ours) + ", " + seen(other); got != "1 1, 1 1" {
			t.Errorf("as one: %s", got)
		}
		w.as(domain.Staff).move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
		if got := seen(ours) + ", " + seen(other); got != "0 0, 1 1" {
			t.Errorf("as two: %s", got)
		}
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(409)
	})
}

// TestAnUndoGivesBackWhatWasEnteredMeanwhile enters under the survivor what belongs to
// records that go back: those of the one see all of it again, and of the other nothing.
func TestAnUndoGivesBackWhatWasEnteredMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		staff, ours, theirs := w.as(domain.Staff), w.member(domain.PartnerAdmin, keep), w.another(domain.PartnerAdmin, goes, "")
		v := "/v1/commitments/" + string(w.seedCommitment(goes, promise(), domain.CommitmentActive).ID)
		draft := "/v1/commitments/" + string(w.seedCommitment(goes, promise(), domain.CommitmentDrafted).ID) // of which the plan grows yet
		given := map[domain.OrganizationID]string{}
		for _, org := range []domain.OrganizationID{keep, goes} {
			p := w.seedPartnership(partnershipDraft(org), domain.PartnershipActive)
			given[org] = "/v1/contributions/" + staff.post("/v1/contributions", cash(string(p.ID), "100", "organization_id", string(org))).want(201).str("id")
		}
		merge := w.merged(keep, goes)
		theirs = theirs.again()
		enter := func(of, what string, body any) string {
			return "/v1/" + what + "/" + theirs.post(of+"/"+what, body).want(201).str("id")
		}
		over := enter(v, "progress_reports", map[string]any{"period": map[string]string{"from": "2026-01-01", "until": "2026-02-28"}, "narrative": "Audits began."})
		theirs.move(over, "submit", nil).want(200)
		staff.move(over, "accept", nil).want(200)
		verified := w.as(domain.Liaison).post(over+"/verify", `{"method":"data_check","evidence":"Their database.","confidence":"low"}`).want(201).str("id")
		report := enter(v, "progress_reports", example("createProgressReport"))
		milestone := enter(draft, "milestones", map[string]any{"title": "Half", "weight": 50, "due_on": "2026-06-30"})
		back := []string{
			v, given[goes], over, "/v1/verifications/" + verified, report, milestone, enter(draft, "indicators", example("createIndicator")),
			"/v1/amendments/" + staff.post(v+"/amendments", `{"due_on":"2027-06-30","reason":"Later."}`).want(201).str("id"),
			"/v1/documents/" + theirs.evidence("progress_report", report).want(201).str("id"),
		}
		staff.move(given[goes], "deliver", usd("10", "2026-03-02", "reference", "R-1")).want(200)
		staff.move(given[keep], "deliver", usd("10", "2026-03-02", "reference", "R-1")).want(409).fault("/reference", "taken")
		staff.move(given[keep], "deliver", usd("7", "2026-03-02")).want(200)
		delivered := func(by *client) (out []any) {
			for _, total := range by.get("/v1/contribution_totals?by=party").want(200).items() {
				out = append(out, total["delivered"])
			}
			return out
		}
		if got := fmt.Sprint(delivered(ours), delivered(theirs)); got != "[17.00] [17.00]" {
			t.Errorf("as one they delivered %s", got)
		}
		for _, path := range back {
			ours.get(path).want(200)
		}

		staff.move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
		theirs = theirs.again()
		for _, path := range back {
			theirs.get(path).want(200)
			ours.get(path).want(404)
		}
		if got := fmt.Sprint(delivered(ours), delivered(theirs), len(theirs.get(given[goes]+"/entries").items())); got != "[7.00] [10.00] 2" {
			t.Errorf("as two they delivered %s", got)
		}
		if got := w.column("SELECT organization FROM documents"); !slices.Equal(got, []string{string(goes)}) {
			t.Errorf("the document counts for %s", got)
		}
		staff.move(given[keep], "deliver", usd("10", "2026-03-02", "reference", "R-1")).want(200) // a number of its own
		staff.move(given[goes], "deliver", usd("10", "2026-03-02", "reference", "R-1")).want(409).fault("/reference", "taken")
	})
}

// TestWhoWasAskedAnewIsNotPutBack takes out of an engagement who was moved there, and asks
// the survivor: the undo leaves it so, or where the survivor stood before, names it.
func TestWhoWasAskedAnewIsNotPutBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		one := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: goes})
		both := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: keep}, domain.ParticipantDraft{Organization: goes})
		own := w.participantOf(both, keep)
		w.member(domain.PartnerAdmin, keep).move(own, "decline", nil).want(200)
		merge := w.merged(keep, goes)
		anew := map[*domain.Engagement]string{}
		remove := func(path string) { staff.do(http.MethodDelete, path, nil, "If-Match", staff.seen(path)).want(204) }
		for _, e := range []*domain.Engagement{one, both} {
			remove(w.participantOf(e, keep))
			anew[e] = "/v1/participants/" + staff.post(engagementPath(e)+"/participants", map[string]any{"organization_id": keep}).want(201).str("id")
		}
		undo := func() *result { return staff.move(merge, "undo", map[string]any{"reason": "Two."}) }
		undo().want(409).fault(anew[both][len("/v1"):], "changed")
		remove(anew[both])
		undo().want(200)
		for path, response := range map[string]string{anew[one]: "pending", own: "declined"} {
			if r := staff.get(path).want(200); r.str("organization_id") != string(keep) || r.str("response") != response {
				t.Errorf("after the undo there is %s", r.Body)
			}
		}
		if n := w.count("SELECT count(*) FROM participants WHERE organization = '" + string(goes) + "'"); n != 0 {
			t.Errorf("%d who were taken out are back", n)
		}
	})
}

// TestAReceiptCountsOnceForTheTwo reverses one of two entries with one number, of both
// of which the survivor is the giver now: the other still has it.
func TestAReceiptCountsOnceForTheTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		keep, goes, third := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		given := map[domain.OrganizationID]string{}
		for _, org := range []domain.OrganizationID{keep, goes, third, ""} {
			members := []domain.OrganizationID{org}
			if org == "" {
				members[0] = keep
			}
			body := cash(string(w.seedPartnership(partnershipDraft(members...), domain.PartnershipActive).ID), "100")
			if org != "" {
				body["organization_id"] = org
			} else {
				// Not cash, which would be attested first.
				body["by_office"], body["kind"], body["valuation"], body["valuation_text"] = true, "expertise", "staff_time_rate", "One day."
			}
			given[org] = "/v1/contributions/" + staff.post("/v1/contributions", body).want(201).str("id")
		}
		deliver := func(by domain.OrganizationID, number string) *result {
			return staff.move(given[by], "deliver", usd("10", "2026-03-02", "reference", number))
		}
		for _, org := range []domain.OrganizationID{keep, goes, third} {
			deliver(org, "R-1").want(200)
		}
		reverse := func(by domain.OrganizationID) {
			staff.move(given[by], "reverse", map[string]string{"entry_id": staff.entry(given[by], "delivered"), "reason": "Sent back."}).want(200)
		}
		w.merged(goes, third)
		w.merged(keep, goes)
		for _, org := range []domain.OrganizationID{keep, goes, third} {
			for _, by := range []domain.OrganizationID{keep, goes, third} {
				deliver(by, "r-1").want(409).fault("/reference", "taken")
			}
			reverse(org)
		}
		deliver(third, "R-1").want(200)
		deliver("", "R-1").want(200) // the office is no part of anybody
	})
}

func TestAMandateEndsWithItsMember(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keep, goes, association := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		w.mandated(goes, association, "report_on_commitments")
		holder := w.member(domain.PartnerAdmin, association)
		holder.get("/v1/commitments", of(goes)...).want(200)
		merge := w.merged(keep, goes)
		holder.get("/v1/commitments", of(goes)...).want(403)
		holder.get("/v1/commitments", of(keep)...).want(403)
		w.as(domain.Staff).move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
		holder.get("/v1/commitments", of(goes)...).want(200)
	})
}

func TestSubmissionsFollowTwoMergesInARow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, middle, last := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		author := w.member(domain.Partner, first)
		path := w.begun(author, consultationPath(w.consultation(domain.ConsultationOpen, domain.Audience{ForPublic: true}).ID))
		shown := func(want domain.OrganizationID) {
			t.Helper()
			if got := author.get(path).want(200).str("organization_id"); got != string(want) {
				t.Errorf("it shows %s, want %s", got, want)
			}
		}
		w.merged(middle, first)
		author.move(path, "submit", nil).want(200)
		shown(middle)
		two := w.merged(last, middle)
		shown(last)
		w.as(domain.Staff).move(two, "undo", map[string]any{"reason": "Two."}).want(200)
		shown(middle)
	})
}

// TestOneOrganizationIsOneVoiceInResults merges some that wrote in one consultation: what
// each wrote stands, and results count one of it, the survivor's own if there is one.
func TestOneOrganizationIsOneVoiceInResults(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.inquiry(everybody)
		d.Threshold = 1
		path := consultationPath(w.consultationOf(domain.ConsultationOpen, d).ID)
		w.answer(path, 3, chose("worker"))
		w.answer(path, 3, chose("employer"))
		wrote := func(choice string) (domain.OrganizationID, func()) {
			id := w.approvedOrganization().ID
			by := w.another(domain.Partner, id, "")
			submission := w.submitted(by, path, chose(choice))
			return id, func() { by.again().move(submission, "withdraw", nil).want(200) }
		}
		own, _ := wrote("employer")
		other, _ := wrote("worker")
		w.merged(own, other)
		silent := w.approvedOrganization().ID
		for range 2 {
			one, _ := wrote("worker")
			w.merged(silent, one)
		}
		withdrawn, withdraw := wrote("employer")
		left, _ := wrote("worker")
		w.merged(withdrawn, left)
		withdraw()
		stand := func() int {
			return len(w.as(domain.Staff).get("/v1/submissions?limit=100&stage=submitted&consultation_id=" + path[strings.LastIndex(path, "/")+1:]).want(200).items())
		}
		if n := stand(); n != 11 {
			t.Errorf("%d stand", n)
		}
		w.bring(path, "close", "publish_results")
		var r struct {
			Total int
			Rows  []struct {
				Answer string
				Total  struct{ Count int }
			}
		}
		w.anyone().get(path + "/results").want(200).into(&r)
		counted := map[string]int{"": r.Total}
		for _, row := range r.Rows {
			counted[row.Answer] = row.Total.Count
		}
		if counted[""] != 9 || counted["worker"] != 5 || counted["employer"] != 4 {
			t.Errorf("counted %v", counted)
		}
	})
}

// TestTheStrongerAnswerStaysWhereBothWereAsked merges two of whom both were asked to
// one engagement, by pairs of answers: who came goes before who didn't.
func TestTheStrongerAnswerStaysWhereBothWereAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		engaged := func() int {
			n, err := strconv.Atoi(staff.report("4.3", 2026)["organizations_engaged"])
			must(t, err)
			return n
		}
		answers := map[string]string{"accept": "accepted", "decline": "declined", "": "pending"}
		for _, tt := range []struct {
			keep, goes, want string
			theirs           bool // what holds is that of the one that goes
		}{
			{"decline", "accept", "accepted", true}, {"decline", "", "pending", true}, {"", "accept", "accepted", true},
			{"accept", "decline", "accepted", false}, {"accept", "", "accepted", false}, {"decline", "decline", "declined", false},
		} {
			name := fmt.Sprintf("%s and %s", answers[tt.keep], answers[tt.goes])
			keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
			e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: keep}, domain.ParticipantDraft{Organization: goes})
			rows := map[domain.OrganizationID]string{keep: w.participantOf(e, keep), goes: w.participantOf(e, goes)}
			contact := staff.post(w.path(goes)+"/contacts", map[string]any{"name": "Who came"}).want(201).str("id")
			staff.patch(rows[goes], map[string]any{"contact_id": contact}).want(200)
			for org, answer := range map[domain.OrganizationID]string{keep: tt.keep, goes: tt.goes} {
				if answer != "" {
					w.member(domain.PartnerAdmin, org).move(rows[org], answer, nil).want(200)
				}
			}
			staff.move(engagementPath(e), "confirm", nil).want(200)
			staff.move(engagementPath(e), "hold", nil).want(200)
			before := engaged()
			merge := w.merged(keep, goes)
			w.forward(repository.SweepAfter)
			w.runJobs() // the sweep leaves it so
			people := staff.get(engagementPath(e) + "/participants").want(200).items()
			if len(people) != 1 || people[0]["organization_id"] != string(keep) || people[0]["response"] != tt.want || (people[0]["contact_id"] == contact) != tt.theirs {
				t.Errorf("%s become %v", name, people)
			}
			want := before
			if tt.keep != "decline" && tt.goes != "decline" {
				want-- // both came, and are one
			}
			if now := engaged(); now != want {
				t.Errorf("%s: %d were engaged and %d are, not %d", name, before, now, want)
			}
			staff.move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
			for org, answer := range map[domain.OrganizationID]string{keep: tt.keep, goes: tt.goes} {
				if r := staff.get(rows[org]).want(200); r.str("organization_id") != string(org) || r.str("response") != answers[answer] {
					t.Errorf("%s: after the undo there is %s", name, r.Body)
				}
			}
			if now := engaged(); now != before {
				t.Errorf("%s: %d were engaged and after the undo %d", name, before, now)
			}
		}
	})
}

// TestRelationshipsThatOverlapBecomeOneForTheDaysOfBoth merges two of which both
// were the same to a third, from whichever side it was written.
func TestRelationshipsThatOverlapBecomeOneForTheDaysOfBoth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		periods := func(org domain.OrganizationID) string {
			var out []string
			for _, r := range staff.get(w.path(org) + "/relationships").want(200).items() {
				out = append(out, fmt.Sprint(r["starts_on"], "/", r["ends_on"]))
			}
			slices.Sort(out)
			return strings.ReplaceAll(strings.Join(out, " "), "<nil>", "")
		}
		type days [2]string
		for name, tt := range map[string]struct {
			keep, goes []days
			want       string
			joined     bool
		}{
			"one begins in the other":         {[]days{{"2020-01-01", "2021-12-31"}}, []days{{"2021-06-01", ""}}, "2020-01-01/", true},
			"one is within the other":         {[]days{{"2021-01-01", "2021-12-31"}}, []days{{"2020-01-01", "2022-12-31"}}, "2020-01-01/2022-12-31", true},
			"one spans two":                   {[]days{{"2020-01-01", "2020-12-31"}, {"2022-01-01", ""}}, []days{{"2020-06-01", "2022-06-30"}}, "2020-01-01/2021-12-31 2022-01-01/", true},
			"they are apart":                  {[]days{{"2020-01-01", "2020-12-31"}}, []days{{"2021-01-01", ""}}, "2020-01-01/2020-12-31 2021-01-01/", false},
			"one of two overlaps":             {[]days{{"2020-01-01", "2020-12-31"}}, []days{{"2020-12-31", "2021-03-31"}, {"2022-01-01", ""}}, "2020-01-01/2021-03-31 2022-01-01/", true},
			"the survivor's has them already": {[]days{{"2020-01-01", ""}}, []days{{"2021-01-01", "2021-12-31"}}, "2020-01-01/", true},
		} {
			for _, way := range []string{"member_of", "its member", "affiliate_of", "its affiliate"} {
				keep, goes, third := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
				write := func(org domain.OrganizationID, all []days, turned bool) {
					kind := map[bool]string{true: "affiliate_of", false: "member_of"}[strings.Contains(way, "affiliate")]
					for _, d := range all {
						from, to := org, third
						if turned {
							from, to = third, org
						}
						w.relate(from, kind, to, d[0], d[1]).want(201)
					}
				}
				write(keep, tt.keep, way == "its member")
				write(goes, tt.goes, strings.HasPrefix(way, "its ")) // of affiliates each side writes once
				before := periods(keep) + ", " + periods(goes) + ", " + periods(third)
				preview := staff.post("/v1/organization-merge-previews", map[string]any{"survivor_id": keep, "absorbed_id": goes}).want(200)
				if strings.Contains(string(preview.Body), "both_in_relationships") != tt.joined {
					t.Errorf("%s, %s: the preview says %s", name, way, preview.Body)
				}
				merge := w.merged(keep, goes)
				if got := periods(keep); got != tt.want || periods(third) != got {
					t.Errorf("%s, %s: it is so for %s, and from the other side %s; want %s", name, way, got, periods(third), tt.want)
				}
				for _, r := range staff.get(w.path(keep) + "/relationships").items() {
					staff.patch("/v1/relationships/"+r["id"].(string), map[string]any{"evidence": "The register."}).want(200)
				}
				staff.move(merge, "undo", map[string]any{"reason": "Two."}).want(200)
				if now := periods(keep) + ", " + periods(goes) + ", " + periods(third); now != before {
					t.Errorf("%s, %s: %s was, and after the undo %s", name, way, before, now)
				}
			}
		}

		// Days that somebody changed since are not undone.
		keep, goes, third := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		path := "/v1/relationships/" + w.relate(keep, "member_of", third, "2020-01-01", "2021-12-31").want(201).str("id")
		w.relate(goes, "member_of", third, "2021-06-01", "2022-12-31").want(201)
		merge := w.merged(keep, goes)
		staff.patch(path, map[string]any{"ends_on": "2023-12-31"}).want(200)
		staff.move(merge, "undo", map[string]any{"reason": "Two."}).want(409).fault(path[len("/v1"):], "changed")
	})
}

// TestNoMergeMakesAnOrganizationAPartOfItsOwnPart tries circles of several steps, by
// relationships and by the parents that files name.
func TestNoMergeMakesAnOrganizationAPartOfItsOwnPart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.as(domain.Staff), w.as(domain.Liaison)
		draft := func(keep, goes domain.OrganizationID) map[string]any {
			return map[string]any{"survivor_id": keep, "absorbed_id": goes, "reason": "One."}
		}
		refused := func(what string, keep, goes domain.OrganizationID, by string) {
			t.Helper()
			body := draft(keep, goes)
			if r := staff.post("/v1/organization-merges", body).want(422).fault("/absorbed_id", "cycle"); !strings.Contains(string(r.Body), by) {
				t.Errorf("%s: it isn't named: %s", what, r.Body)
			}
			delete(body, "reason")
			if r := staff.post("/v1/organization-merge-previews", body).want(200); !strings.Contains(string(r.Body), `"circle"`) || !strings.Contains(string(r.Body), by) {
				t.Errorf("%s: the preview says nothing: %s", what, r.Body)
			}
		}
		org := func() domain.OrganizationID { return w.approvedOrganization().ID }
		part := func(child, parent domain.OrganizationID, from, until string) string {
			return w.relate(child, "subsidiary_of", parent, from, until).want(201).str("id")
		}
		names := func(child, parent domain.OrganizationID) {
			staff.patch(w.path(child), map[string]any{"parent_id": parent}).want(200)
		}

		a, b, c := org(), org(), org()
		up := part(a, b, "2020-01-01", "")
		part(b, c, "2021-01-01", "")
		refused("two steps", a, c, up)
		refused("two steps, the other way", c, a, up)

		a, b, c, d := org(), org(), org(), org()
		up = part(a, b, "2020-01-01", "")
		names(b, c)
		part(c, d, "2020-01-01", "")
		refused("three steps and a file", a, d, up)

		a, b, c = org(), org(), org()
		names(b, a)
		names(c, b)
		refused("the parent that the survivor would get", a, c, "the survivor's file would name a parent")

		// One step is what the two were to each other, and stays behind.
		a, b = org(), org()
		part(a, b, "2020-01-01", "")
		w.merged(b, a)

		// Days that don't meet make no circle.
		a, b, c = org(), org(), org()
		part(a, b, "2020-01-01", "2020-12-31")
		part(b, c, "2021-01-01", "")
		w.merged(a, c)

		// What is recorded after the proposal is looked at when it is approved.
		a, b, c = org(), org(), org()
		up = part(a, b, "2020-01-01", "")
		path := w.mergeOf(staff, a, c)
		part(b, c, "2020-01-01", "")
		liaison.move(path, "approve", nil).want(409).fault("/relationships/"+up, "cycle")
		staff.get(w.path(c)).want(200)
	})
}

// TestMergesAreUndoneOneByOne undoes the later of two, of which the organization was
// the absorbed one or the survivor, and then the earlier.
func TestMergesAreUndoneOneByOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		undo := func(path string) *result { return staff.move(path, "undo", map[string]any{"reason": "Two."}) }
		org := func() domain.OrganizationID {
			id := w.approvedOrganization().ID
			w.relate(id, "member_of", w.keep("association", func() *client { return w.another(domain.Partner, w.approvedOrganization().ID, "") }).actor.Organization, "2020-01-01", "").want(201)
			staff.post(w.path(id)+"/contacts", map[string]any{"name": "The desk"}).want(201)
			return id
		}
		for name, second := range map[string]func(survivor domain.OrganizationID) string{
			"as absorbed": func(id domain.OrganizationID) string { return w.merged(org(), id) },
			"as survivor": func(id domain.OrganizationID) string { return w.merged(id, org()) },
			"as a part": func(id domain.OrganizationID) string {
				parent := w.column("SELECT parent FROM organizations WHERE id = '" + string(id) + "'")[0]
				return w.merged(org(), domain.OrganizationID(parent))
			},
		} {
			keep, goes := org(), org()
			staff.patch(w.path(keep), map[string]any{"parent_id": org()}).want(200)
			stood := staff.get(w.path(keep)).at("parent_id")
			first := w.merged(keep, goes)
			later := second(keep)
			if name != "as survivor" {
				undo(first).want(409)
			}
			undo(later).want(200)
			undo(first).want(200)
			if got := staff.get(w.path(keep)).want(200).at("parent_id"); got != stood {
				t.Errorf("%s: its parent is %v", name, got)
			}
			staff.get(w.path(goes)).want(200)

			// What was changed and not put back is in the way still.
			first = w.merged(keep, goes)
			later = second(keep)
			undo(later).want(200)
			staff.patch(w.path(keep), `{"website":"https://new.example"}`).want(200)
			undo(first).want(409).fault(w.path(keep)[len("/v1"):], "changed")
		}
	})
}

// TestAWriteThatNamesAMergedOrganizationIsToldTheSurvivor names one wherever a body
// can name an organization.
func TestAWriteThatNamesAMergedOrganizationIsToldTheSurvivor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		keep, goes, third := w.approvedOrganization().ID, w.approvedOrganization().ID, w.approvedOrganization().ID
		w.merged(keep, goes)
		partnership := w.seedPartnership(partnershipDraft(third), domain.PartnershipActive)
		_, application := w.applied("Lantern House")
		commitment := func() map[string]any {
			var v map[string]any
			must(t, json.Unmarshal([]byte(example("createCommitment")), &v))
			return v
		}()
		commitment["organization_id"] = goes
		var consultation map[string]any
		must(t, json.Unmarshal([]byte(example("createConsultation")), &consultation))
		consultation["audience"] = map[string]any{"organization_ids": []any{third, goes}}
		consultation["excluded_organization_ids"] = []any{goes}
		for name, tt := range map[string]struct {
			by   *client
			path string
			body any
			at   []string
		}{
			"a participant":          {staff, engagementPath(w.engagement("", domain.EngagementInvited)) + "/participants", map[string]any{"organization_id": goes}, []string{"/organization_id"}},
			"a relationship":         {staff, w.path(third) + "/relationships", map[string]any{"kind": "member_of", "other_id": goes, "starts_on": "2024-01-01", "evidence": "A list."}, []string{"/other_id"}},
			"a party":                {staff, "/v1/partnerships", map[string]any{"title": "Two", "kind": "long_term", "members": []any{map[string]any{"organization_id": third, "role": "gives"}, map[string]any{"organization_id": goes, "role": "hosts"}}, "objectives": []string{"4.3"}}, []string{"/members/1/organization_id"}},
			"a promise":              {staff, "/v1/commitments", commitment, []string{"/organization_id"}},
			"a contribution":         {staff, "/v1/contributions", cash(string(partnership.ID), "100", "organization_id", string(goes)), []string{"/organization_id"}},
			"an audience":            {staff, "/v1/consultations", consultation, []string{"/audience/organization_ids/1", "/excluded_organization_ids/0"}},
			"an invitation":          {w.as(domain.Admin), "/v1/invitations", map[string]any{"role": "partner", "organization_id": goes}, []string{"/organization_id"}},
			"a distinction":          {staff, w.path(third) + "/distinguish", map[string]any{"organization_id": goes, "reason": "A namesake."}, []string{"/organization_id"}},
			"another merge":          {staff, "/v1/organization-merges", map[string]any{"survivor_id": third, "absorbed_id": goes, "reason": "One."}, []string{"/absorbed_id"}},
			"an organization's part": {staff, "/v1/organizations", map[string]any{"legal_name": "A branch", "type": "ngo", "parent_id": goes}, []string{"/parent_id"}},
			"an application":         {staff, application + "/accept", map[string]any{"organization_id": goes, "finding": "Called."}, []string{"/organization_id"}},
		} {
			headers := []string{}
			if strings.HasSuffix(tt.path, "/accept") || strings.HasSuffix(tt.path, "/distinguish") {
				headers = append(headers, "If-Match", tt.by.seen(tt.path[:strings.LastIndex(tt.path, "/")]))
			}
			r := tt.by.post(tt.path, tt.body, headers...).want(422)
			for _, at := range tt.at {
				r.fault(at, "merged")
			}
			if !strings.Contains(string(r.Body), string(keep)) {
				t.Errorf("%s: the survivor isn't named: %s", name, r.Body)
			}
		}
		staff.sendSheet([]byte("Commitment"), "organization_id", string(goes)).want(422).fault("/organization_id", "merged")
		if r := staff.evidence("organization", w.path(goes)).want(422).fault("/parent_id", "merged"); !strings.Contains(string(r.Body), string(keep)) {
			t.Errorf("a document: the survivor isn't named: %s", r.Body)
		}
		staff.post("/v1/uploads", map[string]any{"parent_kind": "organization", "parent_id": goes, "file_name": "a.txt", "size": 10}).want(422).fault("/parent_id", "merged")

		// Who may not ask is told that, and nothing else.
		ours := w.member(domain.Partner, keep)
		ours.get(w.path(goes)).want(410)
		ours.post("/v1/organization-merges", map[string]any{"survivor_id": keep, "absorbed_id": goes, "reason": "One."}).want(403)
		ours.post(engagementPath(w.engagement("", domain.EngagementInvited))+"/participants", map[string]any{"organization_id": goes}).want(404)
		staff.patch(w.path(third), map[string]any{"parent_id": goes}).want(422).fault("/parent_id", "merged")

		// Who doesn't see the survivor is told what one is told who names nobody.
		other := w.member(domain.PartnerAdmin, third)
		told := func(id string) string {
			return withoutRequestID(other.post("/v1/invitations", map[string]any{"role": "partner", "organization_id": id}))
		}
		if named, nobody := told(string(goes)), told(w.system().NewID()); named != nobody {
			t.Errorf("a stranger is told\n%s\nand of nobody\n%s", named, nobody)
		}
		sent := func(id string) string {
			return withoutRequestID(other.evidence("organization", w.path(domain.OrganizationID(id))))
		}
		if named, nobody := sent(string(goes)), sent(w.system().NewID()); named != nobody {
			t.Errorf("with a document a stranger is told\n%s\nand of nobody\n%s", named, nobody)
		}
	})
}

// TestWhateverIsAskedOfAMergedOrganizationLeadsToTheSurvivor calls every operation on
// it, by somebody of the office, and by a stranger.
func TestWhateverIsAskedOfAMergedOrganizationLeadsToTheSurvivor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		w.merged(keep, goes)
		stranger := w.member(domain.PartnerAdmin, w.approvedOrganization().ID)
		n := 0
		for _, op := range openapi.Operations {
			if !strings.HasPrefix(op.Path, "/v1/organizations/{id}") {
				continue
			}
			n++
			ask := func(by *client, id string) *result {
				return by.do(op.Method, strings.ReplaceAll(op.Path, "{id}", id), op.Example, "If-Match", `"unseen"`)
			}
			r := ask(w.as(domain.Liaison), string(goes)).want(410).fault("", "merged")
			if r.Header.Get("Location") != w.path(keep) || !strings.Contains(string(r.Body), string(keep)) {
				t.Errorf("%s leads to %s: %s", op.ID, r.Header.Get("Location"), r.Body)
			}
			if merged, nobody := withoutRequestID(ask(stranger, string(goes))), withoutRequestID(ask(stranger, w.system().NewID())); merged != nobody {
				t.Errorf("%s: a stranger is told\n%s\nand of nobody\n%s", op.ID, merged, nobody)
			}
		}
		if n < 25 {
			t.Errorf("only %d operations", n)
		}
	})
}

// TestAnImportMakesNoMergedOrganizationAnew imports what a register still calls by the
// name of one that is part of another now.
func TestAnImportMakesNoMergedOrganizationAnew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		enter := func(name string) domain.OrganizationID {
			return domain.OrganizationID(staff.post("/v1/organizations", map[string]any{"legal_name": name, "type": "business", "country": "US"}).want(201).str("id"))
		}
		keep, goes := enter("Harbor Logistics"), enter("Lantern Freight")
		w.merged(keep, goes)
		file := "Number,Name,Kind,Country\nHL-1,Lantern Freight,Company,US\nHL-2,Lantern Freight,Charity,US\n"
		got := staff.imported("companies", companiesMapping, file)
		if got.at("matched") != 1.0 || got.at("created") != 1.0 {
			t.Errorf("imported %s", got.Body)
		}
		if ids := staff.get(w.path(keep)).want(200).at("identifiers").([]any); len(ids) != 1 {
			t.Errorf("the survivor's numbers are %v", ids)
		}
		if n := len(staff.get("/v1/organizations").want(200).items()); n != 2 {
			t.Errorf("there are %d", n) // the survivor, and the charity of that name
		}
	})
}

func TestAPreviewNamesEachKindOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		body := map[string]any{"survivor_id": w.approvedOrganization().ID, "absorbed_id": w.approvedOrganization().ID}
		moves, _ := w.as(domain.Staff).post("/v1/organization-merge-previews", body).want(200).at("references").([]any)
		seen := map[any]bool{}
		for _, m := range moves {
			kind := m.(map[string]any)["kind"]
			if seen[kind] {
				t.Errorf("%v is named twice", kind)
			}
			seen[kind] = true
		}
		if !seen["relationships"] || !seen["relationships_to_it"] {
			t.Errorf("named are %v", seen)
		}
	})
}
