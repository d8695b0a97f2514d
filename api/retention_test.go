package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
)

// keepHouse lets go what is old.
func (w *world) keepHouse() {
	w.Helper()
	must(w, w.server.Jobs()["house.keep"](w.Context(), w.system(), nil))
}

// TestWhatIsGoneBreaksNothing has one of everything that goes by itself, and asks for it
// once it is gone: the answer is one of those that were there before, and what is made
// anew works.
func TestWhatIsGoneBreaksNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, staff, auditor := w.as(domain.Admin), w.as(domain.Staff), w.as(domain.Auditor)
		own := w.approvedOrganization()
		partner := w.member(domain.PartnerAdmin, own.ID)
		advisor := w.speaker(w.advisor())

		in := w.credentials(domain.Staff)
		first := w.anyone().signIn(in).want(201)
		device, copied := first.str("device_token"), first.str("refresh_token")
		refresh := func(token string) *result {
			return w.anyone().post("/v1/sessions/refresh", map[string]string{"refresh_token": token})
		}
		good := refresh(copied).want(200).str("refresh_token")
		_, invited := w.invitation(admin)
		join := func() *result {
			return w.anyone().post("/v1/invitations/accept", map[string]string{"token": invited, "login": "late@example.org", "name": "Late", "password": goodPassword})
		}
		reset := w.mustReset(partner, w.another(domain.Partner, own.ID, ""), "password").want(201)
		use := func() *result {
			return w.anyone().post("/v1/resets/use", map[string]string{"token": reset.str("token"), "password": "entirely new words for it"})
		}
		keyPath, program := w.apiKey(staff, domain.ReadCommitment, domain.ReadMilestone, domain.ReportMilestone)
		v := w.seedCommitment(own.ID, promise(), domain.CommitmentActive)
		promised, half := "/v1/commitments/"+string(v.ID), "/v1/milestones/"+string(w.seedMilestone(v, "2026-06-30").ID)
		program.move(half, "report", map[string]string{"evidence": "By hand."}).want(200)
		staff.post(keyPath+"/revoke", nil).want(200)
		address := staff.calendar()
		staff.do("DELETE", "/v1/calendar-feed", nil).want(204)
		notice := "/v1/notices/" + w.told(staff, "something")
		staff.move(notice, "mark", nil).want(200)
		imported := staff.imported("companies", companiesMapping, companies)
		waits := staff.upload("companies", companiesMapping, companies).want(202).Header.Get("Location")
		w.kill("import.run")
		kind, record := w.ownRecord(partner)
		upload := partner.post("/v1/uploads", map[string]any{"parent_kind": kind, "parent_id": idOf(record), "file_name": "a.txt", "size": 5}).want(201).Header.Get("Location")
		call := w.consultationFor(advisor, domain.ConsultationOpen)
		draft, handedIn := w.begun(advisor, call), w.submitted(partner, w.consultationFor(partner, domain.ConsultationOpen))
		w.bring(call, "close")
		twin := w.organization("Harbour", domain.OrganizationDrafted)
		w.another(domain.Partner, twin.ID, "")
		merge := w.merged(w.organization("Harbor", domain.OrganizationApproved).ID, twin.ID)

		w.later(10 * time.Hour)
		w.keepHouse()
		if refresh(copied).want(401); w.events("retention.kept") != nil {
			t.Error("something went on its first day")
		}
		refresh(good).want(401)
		unknown := withoutRequestID(refresh(strings.Replace(good, ".", "x.", 1)).want(401))
		w.later(100 * 24 * time.Hour)
		w.keepHouse()

		if a := withoutRequestID(refresh(good).want(401)); a != unknown {
			t.Errorf("a session that is gone answers otherwise:\n%s\n%s", a, unknown)
		}
		join().want(404)
		use().want(404)
		for _, path := range []string{"/v1/resets/" + reset.str("id"), notice, upload} {
			method := "GET"
			if path == upload {
				method = "HEAD"
			}
			c := staff
			if path != notice {
				c = partner
			}
			c.do(method, path, nil).want(404)
		}
		advisor.get(draft).want(404)
		partner.get(handedIn).want(200)
		key := staff.get(keyPath).want(200)
		if key.str("stage") != "revoked" || fmt.Sprint(key.at("address_ranges")) != "[]" || key.str("name") == "" {
			t.Errorf("the key is %s", key.Body)
		}
		program.get(promised).want(401)
		if said := fmt.Sprint(staff.get(promised + "/history").want(200).column("by")); !strings.Contains(said, ", by an API key") {
			t.Errorf("the history no longer says who reported: %s", said)
		}
		w.anyone().get(address).want(404)
		w.anyone().get(staff.calendar()).want(200)
		if got := staff.get("/v1/imports/" + imported.str("id")).want(200); got.at("refused") != float64(2) || len(staff.get("/v1/imports/"+imported.str("id")+"/refusals").want(200).items()) != 0 {
			t.Errorf("the import is %s", got.Body)
		}
		if got := staff.get(waits).want(200); got.str("stage") != "failed" || !strings.Contains(got.str("failure"), "send it again") {
			t.Errorf("the import that nobody loaded is %s", got.Body)
		}
		staff.imported("companies", companiesMapping, companies) // and makes nothing twice
		staff.get(merge).want(200)
		staff.move(merge, "undo", map[string]string{"reason": "They are two."}).want(409)
		in["code"] = w.code()
		in["device_token"] = device
		if got := w.anyone().signIn(in).want(201); got.at("device_token") != nil {
			t.Error("a device is forgotten within a year")
		}
		w.later(300 * 24 * time.Hour)
		w.keepHouse()
		in["code"] = w.code()
		if got := w.anyone().signIn(in).want(201); got.at("device_token") != nil {
			t.Error("the only device that an account is known by is forgotten")
		}
		w.everyList(admin, staff, partner, advisor, auditor)

		trail := auditor.get("/v1/audit?event=retention.kept").want(200).items()
		told := trail[len(trail)-1]
		if told["actor_role"] != "system" || told["actor_id"] != nil || told["record_kind"] != "retention" {
			t.Errorf("told as %v", told)
		}
		for _, line := range []string{"sessions ", "invitations 1", "resets 1", "api_keys 1", "notices.read 1", "feeds 1", "import_files 1", "import_refusals 2", "uploads 1", "submissions 1", "organization_merge_moves 1"} {
			if !strings.Contains(fmt.Sprint(told["note"]), line) {
				t.Errorf("%q is not told of in %q", line, told["note"])
			}
		}
		if strings.Contains(fmt.Sprint(told["note"]), "idempotency") || strings.Contains(fmt.Sprint(told["note"]), "rate_limits") {
			t.Errorf("what lives for hours is told of: %v", told["note"])
		}
		if got := w.metrics(); !strings.Contains(got, `accord_retention_rows_total{line="invitations"} 1`) || !strings.Contains(w.log.String(), `"line":"invitations","gone":1`) {
			t.Errorf("neither metrics nor log tell of it:\n%s", got)
		}
	})
}

// kill leaves the jobs of a kind that wait as if every attempt had failed.
func (w *world) kill(kind string) {
	w.Helper()
	w.exec("UPDATE jobs SET state = 'dead' WHERE kind = '" + kind + "' AND state = 'waiting'")
}

// events are the notes of the trail's entries of an event.
func (w *world) events(name string) []string {
	w.Helper()
	return w.column("SELECT note FROM audit_entries WHERE event = '" + name + "'")
}

// everyList reads every list that takes no id, as some callers.
func (w *world) everyList(callers ...*client) {
	w.Helper()
	for _, path := range []string{"/v1/sessions", "/v1/invitations", "/v1/resets", "/v1/api-keys", "/v1/notices", "/v1/imports", "/v1/submissions",
		"/v1/organization-merges", "/v1/applications", "/v1/accounts", "/v1/me/factors", "/v1/role-grants"} {
		for _, c := range callers {
			c.get(path) // which fails the test where it answers 5xx
		}
	}
}

// TestAnOfficeKeepsForAsLongAsItSays sets other spans.
func TestAnOfficeKeepsForAsLongAsItSays(t *testing.T) {
	sooner, err := domain.StandardSchedule().With("invitations=30")
	must(t, err)
	eachWith(t, func(o *api.Options) { o.Retention = sooner }, func(t *testing.T, w *world) {
		i, _ := w.invitation(w.as(domain.Admin))
		for _, tt := range []struct {
			days, status int
		}{{7 + 30, 200}, {1, 404}} {
			w.later(time.Duration(tt.days) * 24 * time.Hour)
			w.keepHouse()
			w.as(domain.Admin).get("/v1/invitations/" + string(i.ID)).want(tt.status)
		}
	})
}
