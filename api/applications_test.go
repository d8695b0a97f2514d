package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
)

// applying is what an organization says that applies.
func applying(name string) map[string]any {
	return map[string]any{
		"legal_name": name, "type": "ngo", "country": "US", "website": "https://www.lantern.example",
		"contact": map[string]string{"name": "Robin Vale", "email": "robin@lantern.example", "phone": "+1 202 555 0143"},
		"why":     "We want to be trained.",
	}
}

var anLEI = []any{map[string]string{"scheme": "LEI", "value": "5493001KJTIIGC8Y1R12"}}

// applied is the code and the path of a new application.
func (w *world) applied(name string, identifiers ...any) (code, path string) {
	w.Helper()
	before, body := w.column("SELECT id FROM applications"), applying(name)
	body["identifiers"] = append([]any{}, identifiers...)
	code = w.anyone().post("/v1/applications", body).want(201).str("code")
	for _, id := range w.column("SELECT id FROM applications") {
		if !slices.Contains(before, id) {
			return code, "/v1/applications/" + id
		}
	}
	w.Fatal("no application was kept")
	return "", ""
}

func (c *client) byCode(verb, code string) *result {
	c.w.Helper()
	return c.post("/v1/applications/"+verb, map[string]string{"code": code})
}

// takenIn accepts an application, for an organization that is on file if one is named.
func (w *world) takenIn(path string, org domain.OrganizationID) *result {
	w.Helper()
	body := map[string]any{"finding": "Called back."}
	if org != "" {
		body["organization_id"] = org
	}
	return w.as(domain.Staff).move(path, "accept", body)
}

func init() {
	walk["apply"] = func(*world, *client) call { return call{path: "/v1/applications", body: applying("Lantern House")} }
	byCode := func(verb string, accepted bool) func(*world, *client) call {
		return func(w *world, _ *client) call {
			code, path := w.applied(w.name("Lantern"))
			if accepted {
				w.takenIn(path, "").want(200)
			}
			return call{path: "/v1/applications/" + verb, body: map[string]string{"code": code}}
		}
	}
	walk["readOwnApplication"] = byCode("read", false)
	walk["withdrawApplication"] = byCode("withdraw", false)
	walk["claimInvitation"] = byCode("invitation", true)
	walk["listApplications"] = func(*world, *client) call { return call{path: "/v1/applications"} }
	at := func(suffix string) func(*world, *client) call {
		return func(w *world, _ *client) call {
			_, path := w.applied(w.name("Lantern"))
			return call{path: path + suffix}
		}
	}
	walk["getApplication"], walk["listApplicationDuplicates"] = at(""), at("/possible-duplicates")
	walk["acceptApplication"], walk["declineApplication"] = at("/accept"), at("/decline")

	secrets = append(secrets, secret{
		name: "an application",
		story: func(w *world) map[string]*client {
			org := w.organization("Lantern House", domain.OrganizationApproved).ID
			return map[string]*client{
				"anyone": w.anyone(), "its own clerk": w.member(domain.Partner, org), "its own admin": w.member(domain.PartnerAdmin, org),
				"an advisor": w.speaker(w.advisor()), "an admin": w.as(domain.Admin),
			}
		},
		happens: func(w *world) { w.applied("Lantern House") },
	})
}

func TestAnApplicationBecomesAFileInIntakeAndItsContactTheAdmin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, path := w.applied("Lantern House")
		got := w.anyone().byCode("read", code).want(200)
		if got.str("stage") != "received" || got.str("said", "contact", "email") != "robin@lantern.example" || fmt.Sprint(got.at("_actions")) != "[withdraw]" {
			t.Errorf("the applicant reads %s", got.Body)
		}
		w.anyone().byCode("invitation", code).want(409)

		staff := w.as(domain.Staff)
		line := staff.get("/v1/applications?stage=received&count=exact").want(200)
		if line.at("total") != 1.0 || fmt.Sprint(line.column("legal_name")) != "[Lantern House]" || strings.Contains(string(line.Body), "Robin") {
			t.Errorf("the list: %s", line.Body)
		}
		if got := staff.get(path).want(200); got.at("email_at_website") != true || got.str("said", "why") == "" || fmt.Sprint(got.at("_actions")) != "[accept decline]" {
			t.Errorf("staff read %s", got.Body)
		}
		staff.move(path, "accept", map[string]string{"finding": " "}).want(422).fault("/finding", "required")
		accepted := w.takenIn(path, "").want(200)
		w.takenIn(path, "").want(409)
		org := "/v1/organizations/" + accepted.str("organization_id")
		if o := staff.get(org).want(200); o.str("stage") != "intake" || o.str("legal_name") != "Lantern House" {
			t.Errorf("the file: %s", o.Body)
		}
		if names := staff.get(org + "/contacts").want(200).column("name"); fmt.Sprint(names) != "[Robin Vale]" {
			t.Errorf("contacts %v", names)
		}

		// The office never has the token; asked for again, the one before is no good.
		if strings.Contains(string(accepted.Body), "token") {
			t.Errorf("staff are shown %s", accepted.Body)
		}
		first := w.anyone().byCode("invitation", code).want(201)
		second := w.anyone().byCode("invitation", code).want(201)
		if second.str("role") != "partner_admin" {
			t.Errorf("invited as %s", second.Body)
		}
		join := func(r *result) *result {
			return w.anyone().post("/v1/invitations/accept", map[string]string{"token": r.str("token"), "login": "robin@lantern.example", "name": "Robin", "password": "paper boats on a slow river"})
		}
		join(first).want(409)
		join(second).want(201)
		w.anyone().byCode("invitation", code).want(409)
		w.anyone().byCode("withdraw", code).want(409)
		// Who took it in has asked for the vetting.
		for _, verb := range []string{"screen", "begin_due_diligence", "begin_legal_ethics_review"} {
			staff.move(org, verb, nil).want(200)
		}
		w.clearChecks(idIn(org))
		staff.move(org, "approve", nil).want(403)
		w.as(domain.Liaison).move(org, "approve", nil).want(200)
	})
}

func TestAnApplicantJoinsWhatIsOnFileAsOneOfItsPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		org := staff.post("/v1/organizations", map[string]any{"legal_name": "Lantern House, Inc.", "type": "ngo", "identifiers": anLEI}).want(201).str("id")
		code, path := w.applied("The Lantern Home", anLEI...)
		alike := staff.get(path + "/possible-duplicates").want(200).items()
		if len(alike) != 1 || alike[0]["organization_id"] != org || !strings.Contains(fmt.Sprint(alike[0]["reasons"]), "same_identifier") {
			t.Errorf("alike: %v", alike)
		}
		w.takenIn(path, "").want(409).fault("/identifiers", "taken")
		w.takenIn(path, "00000000-0000-4000-8000-000000000000").want(422).fault("/organization_id", "not_found")
		w.member(domain.PartnerAdmin, domain.OrganizationID(org))
		if got := w.takenIn(path, domain.OrganizationID(org)).want(200); got.str("organization_id") != org {
			t.Errorf("accepted: %s", got.Body)
		}
		if got := w.anyone().byCode("invitation", code).want(201); got.str("role") != "partner" {
			t.Errorf("invited as %s", got.Body)
		}
		if got := w.anyone().byCode("read", code).want(200); strings.Contains(string(got.Body), org) {
			t.Errorf("the applicant reads %s", got.Body)
		}

		staff.move("/v1/organizations/"+org, "submit", nil).want(200)
		staff.move("/v1/organizations/"+org, "decline", map[string]string{"reason": "A match."}).want(200)
		_, again := w.applied("Lantern House")
		w.takenIn(again, domain.OrganizationID(org)).want(409)
	})
}

// TestNobodyAloneMakesSomebodySpeakForAPartner applies as somebody of the office
// might, who then takes the application in, for each organization on file that
// another has vetted or is not kept from vetting.
func TestNobodyAloneMakesSomebodySpeakForAPartner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		drafted := idIn("/v1/organizations/" + w.as(domain.Staff).post("/v1/organizations", map[string]any{"legal_name": "Drafted", "type": "ngo"}).want(201).str("id"))
		for name, org := range map[string]domain.OrganizationID{
			"approved": w.approvedOrganization().ID, "drafted": drafted, "another's in intake": w.organization("Sent in", domain.OrganizationIntake).ID,
		} {
			code, path := w.applied(w.name("Lantern"))
			body := map[string]any{"organization_id": org, "finding": "phoned them"}
			w.as(domain.Liaison).move(path, "accept", body).want(200)
			claimed := w.anyone().byCode("invitation", code).want(201)
			if claimed.at("awaits_approval") != true || claimed.str("role") != "partner_admin" {
				t.Errorf("%s: %s", name, claimed.Body)
			}
			login := string(org) + "@lantern.example"
			join := func() *result {
				return w.anyone().post("/v1/invitations/accept", map[string]string{"token": claimed.str("token"), "login": login, "name": "Robin", "password": "paper boats on a slow river"})
			}
			join().want(409)
			invitation := "/v1/invitations/" + w.column("SELECT invitation FROM applications WHERE organization = '" + string(org) + "'")[0]
			w.as(domain.Staff).post(invitation+"/approve", nil, "If-Match", `"1"`).want(404)
			w.as(domain.Admin).move(invitation, "approve", nil).want(200)
			join().want(201)
		}
	})
}

// TestWhatWasApprovedNeedsNoApprovalAgain draws an approved invitation anew: as long as
// it was good the next is, and no longer.
func TestWhatWasApprovedNeedsNoApprovalAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		code, path := w.applied("Lantern House")
		w.takenIn(path, org).want(200)
		draw := func(waits bool) *result {
			t.Helper()
			r := w.anyone().byCode("invitation", code).want(201)
			if r.at("awaits_approval") != waits {
				t.Errorf("drawn as %s, want to wait: %t", r.Body, waits)
			}
			return r
		}
		now := func() string { return "/v1/invitations/" + w.column("SELECT invitation FROM applications")[0] }
		draw(true)
		draw(true)
		admin := w.as(domain.Admin)
		admin.move(now(), "approve", nil).want(200)
		lost := draw(false)
		w.forward(6 * 24 * time.Hour)
		again := draw(false)
		w.accepted(lost.str("token")).want(409)
		if again.str("expires_at") != lost.str("expires_at") {
			t.Errorf("drawn again it lasts until %s, not %s", again.str("expires_at"), lost.str("expires_at"))
		}
		w.forward(2 * 24 * time.Hour)
		draw(true) // what was approved has run out
		admin = admin.again()
		admin.move(now(), "approve", nil).want(200)
		admin.move(now(), "revoke", nil).want(200)
		draw(true) // somebody took it back

		// One that needed nobody needs somebody once it was taken back.
		code, path = w.applied("Another House")
		staff := w.as(domain.Staff).again()
		in := staff.move(path, "accept", map[string]any{"finding": "Called back."}).want(200).str("organization_id")
		draw(false)
		id := w.column("SELECT invitation FROM applications WHERE organization = '" + in + "'")[0]
		admin.move("/v1/invitations/"+id, "revoke", nil).want(200)
		draw(true)
		draw(true) // however often
	})
}

// TestNoAdminAloneLetsSomebodySpeakForAPartner invites to the roles that do, from the
// office and from the partner.
func TestNoAdminAloneLetsSomebodySpeakForAPartner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		admin, second := w.as(domain.Admin), w.another(domain.Admin, "", "")
		for _, role := range []string{"partner", "partner_admin"} {
			body := map[string]any{"role": role, "organization_id": org}
			made := admin.post("/v1/invitations", body).want(201)
			path := "/v1/invitations/" + made.str("id")
			if made.at("awaits_approval") != true {
				t.Errorf("%s: %s", role, made.Body)
			}
			w.accepted(made.str("token")).want(409)
			admin.move(path, "approve", nil).want(403)
			second.move(path, "approve", nil).want(200)
			w.accepted(made.str("token")).want(201)
			if r := w.member(domain.PartnerAdmin, org).post("/v1/invitations", body).want(201); r.at("awaits_approval") != false {
				t.Errorf("a partner's admin alone can't invite: %s", r.Body)
			}
		}

		// Nor by somebody new of the office whom that admin has brought in.
		body := map[string]any{"token": admin.post("/v1/invitations", map[string]any{"role": "staff"}).want(201).str("token"),
			"login": "new@office.example", "name": "New", "password": goodPassword}
		id := domain.AccountID(w.anyone().post("/v1/invitations/accept", body).want(201).str("id"))
		a, err := w.system().Accounts.Get(t.Context(), id)
		must(t, err)
		giveFactor(t, w.system(), a)
		code, path := w.applied("Lantern House")
		w.signed(a).move(path, "accept", map[string]any{"organization_id": org, "finding": "Called."}).want(200)
		w.anyone().byCode("invitation", code).want(201)
		drawn := "/v1/invitations/" + w.column("SELECT invitation FROM applications")[0]
		admin.move(drawn, "approve", nil).want(403)
		second.move(drawn, "approve", nil).want(200)
	})
}

func TestOfTwoApplicantsOfAnOrganizationOneIsItsAdmin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, path := w.applied("Lantern House")
		org := domain.OrganizationID(w.takenIn(path, "").want(200).str("organization_id"))
		second, path := w.applied("The Lantern Home")
		w.takenIn(path, org).want(200)
		for range 2 { // asked for again it is the same role
			for _, k := range [][2]string{{first, "partner_admin"}, {second, "partner"}} {
				if got := w.anyone().byCode("invitation", k[0]).want(201); got.str("role") != k[1] || got.at("awaits_approval") != false {
					t.Errorf("not invited as %s: %s", k[1], got.Body)
				}
			}
		}
	})
}

// TestAnApplicationTellsNobodyWhoIsOnFile applies for an organization and a person
// whom the office knows, and for strangers.
func TestAnApplicationTellsNobodyWhoIsOnFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(domain.Staff).post("/v1/organizations", map[string]any{"legal_name": "Lantern House", "type": "ngo", "identifiers": anLEI}).want(201)
		a, err := domain.NewAccount(domain.AccountDraft{Login: "robin@lantern.example", Name: "Robin", Role: domain.Staff, Password: "!"})
		must(t, err)
		must(t, w.system().Accounts.Create(t.Context(), domain.EditAccount, a))
		known, stranger := applying("Lantern House"), applying("Nobody's House")
		known["identifiers"] = anLEI
		stranger["website"], stranger["contact"] = "", map[string]string{"name": "N", "email": "n@nobody.example"}
		answers := map[string]bool{}
		for _, body := range []map[string]any{known, stranger, known} {
			r := w.anyone().post("/v1/applications", body).want(201)
			r.Body = []byte(strings.ReplaceAll(string(r.Body), r.str("code"), ""))
			r.Header.Del("ETag") // of a body with a code that is drawn at random
			answers[withoutRequestID(r)] = true
		}
		if len(answers) != 1 {
			t.Errorf("applications are answered in %d ways: %v", len(answers), slices.Collect(maps.Keys(answers)))
		}
	})
}

func TestAnApplicationIsBoundedAndItsIdentifiersAreVerified(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Limits.Applications = api.DefaultLimits().Applications }, func(t *testing.T, w *world) {
		for name, tt := range map[string]struct {
			member   string
			value    any
			at, code string
		}{
			"a check digit":       {"identifiers", []any{map[string]string{"scheme": "LEI", "value": "5493001KJTIIGC8Y1R13"}}, "/identifiers/0", "invalid"},
			"no such country":     {"country", "QQ", "/country", "unknown_value"},
			"a long story":        {"why", strings.Repeat("a", 5001), "/why", "too_large"},
			"a nameless contact":  {"contact", map[string]string{"name": " ", "email": "a@b.example"}, "/contact/name", "required"},
			"an address for none": {"contact", map[string]string{"name": "A", "email": "nowhere"}, "/contact/email", "invalid"},
			"a script":            {"website", "javascript:alert(1)", "/website", "invalid"},
		} {
			body := applying("Lantern House")
			body[tt.member] = tt.value
			if r := w.anyone().post("/v1/applications", body); r.Status != 422 || !strings.Contains(string(r.Body), tt.at) {
				t.Errorf("%s: %d: %s", name, r.Status, r.Body)
			}
		}
		if n := w.count("SELECT count(*) FROM applications"); n != 0 {
			t.Errorf("%d applications are kept", n)
		}
		for range 10 {
			w.anyone().post("/v1/applications", applying("Lantern House")).want(201)
		}
		refused := w.anyone().post("/v1/applications", applying("Lantern House")).want(429)
		w.forward(5 * time.Minute)
		again := w.anyone().post("/v1/applications", applying("Another House")).want(429)
		if after := refused.Header.Get("Retry-After"); after != "361" || withoutRequestID(again) != withoutRequestID(refused) {
			t.Errorf("a refusal tells of others at the address:\n%v\n%v", refused.Header, again.Header)
		}
		w.forward(time.Hour)
		w.anyone().post("/v1/applications", applying("Lantern House")).want(201)
	})
}

func TestAnApplicationsCodeAndNothingElseIsTheApplicant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, _ := w.applied("Lantern House")
		other, _ := w.applied("Another House")
		receipt := w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		for _, verb := range []string{"read", "withdraw", "invitation"} {
			for _, by := range []*client{w.anyone(), w.as(domain.Staff)} {
				for _, wrong := range []string{unknown, receipt} {
					by.byCode(verb, wrong).want(404)
				}
				by.byCode(verb, "what?").want(422).fault("/code", "invalid")
			}
		}
		w.anyone().post("/v1/receipts/read", map[string]string{"code": code}).want(404)
		if got := w.anyone().byCode("withdraw", code).want(200); got.str("stage") != "withdrawn" || got.at("said") != nil {
			t.Errorf("withdrawn: %s", got.Body)
		}
		if got := w.anyone().byCode("read", other).want(200); got.str("said", "legal_name") != "Another House" {
			t.Errorf("the other: %s", got.Body)
		}
	})
}

// TestWhatAnApplicantSaidIsErasedInTime looks for a person in the database: sealed
// while it is kept, and gone when its time is over.
func TestWhatAnApplicantSaidIsErasedInTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kept := func() int64 { return w.count("SELECT count(*) FROM applications WHERE length(sealed) > 0") }
		run := func() { must(t, w.server.Jobs()["house.keep"](t.Context(), w.system(), nil)) }
		code, declined := w.applied("Lantern House")
		open, _ := w.applied("Open House")
		gone, _ := w.applied("Gone House")
		w.as(domain.Staff).move(declined, "decline", map[string]string{"reason": "We could not reach you."}).want(200)
		w.as(domain.Staff).move(declined, "decline", map[string]string{"reason": "Again."}).want(409)
		w.anyone().byCode("withdraw", gone).want(200)
		if holds := w.dump() + string(w.bytesOf(w.file())); strings.Contains(holds, "robin@") || strings.Contains(holds, "could not reach") {
			t.Error("the database holds what was said in the open")
		}
		if got := w.anyone().byCode("read", code).want(200); got.str("reason") == "" || fmt.Sprint(got.at("_actions")) != "[withdraw]" {
			t.Errorf("declined: %s", got.Body)
		}
		w.forward(29 * 24 * time.Hour)
		run()
		if n := kept(); n != 2 {
			t.Errorf("%d files are kept after 29 days", n)
		}
		w.forward(24 * time.Hour)
		run()
		if got := w.anyone().byCode("read", code).want(200); got.str("stage") != "declined" || got.at("said") != nil || got.at("reason") != nil {
			t.Errorf("after 30 days: %s", got.Body)
		}
		staff := w.another(domain.Staff, "", "") // the other's session is over
		staff.get(declined).want(200)
		if alike := staff.get(declined + "/possible-duplicates").want(200).items(); len(alike) != 0 {
			t.Errorf("alike: %v", alike)
		}
		w.forward(150 * 24 * time.Hour)
		run()
		if got := w.anyone().byCode("read", open).want(200); got.str("stage") != "lapsed" || kept() != 0 {
			t.Errorf("after 180 days: %s, and %d files", got.Body, kept())
		}
		run() // again changes nothing
	})
}

// TestWhoOpensAnApplicationIsNoted reads one and lists all.
func TestWhoOpensAnApplicationIsNoted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, path := w.applied("Lantern House")
		opened := func() int64 { return w.count("SELECT count(*) FROM audit_entries WHERE event = 'application.opened'") }
		w.as(domain.Staff).get("/v1/applications").want(200)
		if n := opened(); n != 0 {
			t.Errorf("listing opened %d", n)
		}
		w.as(domain.Staff).get(path).want(200)
		if n := opened(); n != 1 {
			t.Errorf("reading opened %d", n)
		}
		w.as(domain.Admin).get(path).want(404)
	})
}
