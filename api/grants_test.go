package api_test

import (
	"fmt"
	"slices"
	"testing"

	"accord/domain"
)

// proposed is a change of an account's role to liaison, which somebody proposed.
func (w *world) proposed() string {
	w.Helper()
	proposer := w.another(domain.Admin, "", "")
	body := map[string]string{"role": "liaison", "reason": "Looks after advisors."}
	return "/v1/grants/" + proposer.post(ownAccount(w.another(domain.Staff, "", ""))+"/grants", body).want(201).str("id")
}

func init() {
	walk["listGrants"] = func(*world, *client) call { return call{path: "/v1/grants"} }
	walk["proposeGrant"] = func(w *world, by *client) call { return call{path: w.colleague(by) + "/grants"} }
	for op, rest := range map[string]string{"getGrant": "", "approveGrant": "/approve", "declineGrant": "/decline"} {
		walk[op] = func(w *world, _ *client) call { return call{path: w.proposed() + rest} }
	}
	walk["approveInvitation"] = func(w *world, by *client) call {
		inviter := w.another(domain.Admin, "", "")
		if by.actor.Role == domain.Admin || by.actor.Organization == "" {
			return call{path: "/v1/invitations/" + inviter.post("/v1/invitations", map[string]string{"role": "custodian"}).want(201).str("id") + "/approve"}
		}
		i, _ := w.invitation(by)
		return call{path: "/v1/invitations/" + string(i.ID) + "/approve"}
	}
}

// entered is an account that an invitation by somebody made.
func (w *world) entered(by *client, role string, second ...*client) *client {
	w.Helper()
	made := by.post("/v1/invitations", map[string]string{"role": role}).want(201)
	for _, s := range second {
		s.move("/v1/invitations/"+made.str("id"), "approve", nil).want(200)
	}
	login := fmt.Sprintf("entered-%s@example.org", w.system().NewID())
	w.anyone().post("/v1/invitations/accept", map[string]string{"token": made.str("token"), "login": login, "name": "N", "password": goodPassword}).want(201)
	a, err := w.system().Accounts.ByLogin(w.Context(), login)
	must(w, err)
	giveFactor(w, w.system(), a)
	return w.signed(a)
}

func TestNobodyAloneLetsSomebodyNearAdvisors(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, other := w.another(domain.Admin, "", ""), w.another(domain.Admin, "", "")
		for _, role := range []string{"admin", "liaison", "custodian"} {
			t.Run(role, func(t *testing.T) {
				made := admin.post("/v1/invitations", map[string]string{"role": role}).want(201)
				path := "/v1/invitations/" + made.str("id")
				in := map[string]string{"token": made.str("token"), "login": role + "@example.org", "name": "N", "password": goodPassword}
				w.anyone().post("/v1/invitations/accept", in).want(409)
				admin.move(path, "approve", nil).want(403)
				if r := other.move(path, "approve", nil).want(200); r.at("awaits_approval") != false {
					t.Errorf("approved: %s", r.Body)
				}
				other.move(path, "approve", nil).want(409)
				w.anyone().post("/v1/invitations/accept", in).want(201)
			})
		}
		for _, role := range []string{"staff", "auditor"} {
			if r := admin.post("/v1/invitations", map[string]string{"role": role}).want(201); r.at("awaits_approval") != false {
				t.Errorf("%s: %s", role, r.Body)
			}
		}
	})
}

func TestARoleIsGivenByTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, other := w.another(domain.Admin, "", ""), w.another(domain.Admin, "", "")
		officer := w.another(domain.Staff, "", "")
		liaison := map[string]string{"role": "liaison", "office": "Survivor Engagement", "reason": "Looks after advisors."}
		propose := func(by, of *client, body any) *result { return by.post(ownAccount(of)+"/grants", body) }

		propose(admin, admin, liaison).want(403)
		propose(officer, officer, liaison).want(403)
		propose(admin, w.member(domain.Partner, w.approvedOrganization().ID), liaison).want(422).fault("/role", "invalid")
		propose(admin, officer, map[string]string{"role": "partner", "reason": "Left."}).want(422).fault("/role", "invalid")
		propose(admin, officer, map[string]string{"role": "staff", "reason": "Is one."}).want(422).fault("/role", "invalid")
		propose(admin, w.speaker(w.advisor()), liaison).want(404)

		g := "/v1/grants/" + propose(admin, officer, liaison).want(201).str("id")
		officer.get("/v1/advisors").want(200)
		officer.post("/v1/advisors", `{}`).want(403) // not yet
		admin.move(g, "approve", nil).want(403)
		other.move(g, "approve", nil).want(200)
		officer.get("/v1/me").want(401) // nothing goes on under the former role
		again := officer.again()
		if me := again.get("/v1/me").want(200); me.str("role") != "liaison" || me.str("office") != "Survivor Engagement" {
			t.Errorf("the account is %s", me.Body)
		}
		other.move(g, "decline", nil).want(409)

		back := propose(other, officer, map[string]string{"role": "staff", "reason": "Another office."}).want(201)
		if back.str("stage") != "approved" { // taking it away takes one
			t.Errorf("%s", back.Body)
		}
		late := "/v1/grants/" + propose(admin, officer, liaison).want(201).str("id")
		propose(other, officer, map[string]string{"role": "auditor", "reason": "Audits."}).want(201)
		other.move(late, "approve", nil).want(409) // the role that it took the place of is gone
		admin.move(late, "decline", nil).want(200)

		leaving := w.another(domain.Admin, "", "")
		invited := leaving.post("/v1/invitations", map[string]string{"role": "auditor"}).want(201)
		propose(admin, leaving, map[string]string{"role": "staff", "reason": "Another office."}).want(201)
		in := map[string]string{"token": invited.str("token"), "login": "late@example.org", "name": "Late", "password": goodPassword}
		w.anyone().post("/v1/invitations/accept", in).want(409)
	})
}

func TestNobodyDecidesOnTheirOwnRole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, other := w.another(domain.Admin, "", ""), w.another(domain.Admin, "", "")
		g := "/v1/grants/" + admin.post(ownAccount(other)+"/grants", map[string]string{"role": "custodian", "reason": "Is needed there."}).want(201).str("id")
		other.move(g, "approve", nil).want(403)
		other.move(g, "decline", nil).want(403)
		admin.move(g, "decline", nil).want(200)
	})
}

func TestAMadeUpColleagueIsNoSecondPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, other := w.another(domain.Admin, "", ""), w.another(domain.Admin, "", "")
		puppet := w.entered(admin, "admin", other)
		officer := w.entered(admin, "staff")
		liaison := map[string]string{"role": "liaison", "reason": "Looks after advisors."}
		g := "/v1/grants/" + admin.post(ownAccount(officer)+"/grants", liaison).want(201).str("id")
		puppet.move(g, "approve", nil).want(403)
		own := "/v1/invitations/" + admin.post("/v1/invitations", map[string]string{"role": "custodian"}).want(201).str("id")
		puppet.move(own, "approve", nil).want(403)
		mine := "/v1/grants/" + puppet.post(ownAccount(officer)+"/grants", liaison).want(201).str("id")
		admin.move(mine, "approve", nil).want(403) // brought the officer in
		self := "/v1/grants/" + other.post(ownAccount(admin)+"/grants", map[string]string{"role": "custodian", "reason": "x"}).want(201).str("id")
		admin.move(self, "approve", nil).want(403)

		// Nor does it propose what the other then decides, and no reset is decided by the two.
		stranger := w.another(domain.Staff, "", "")
		theirs := "/v1/grants/" + puppet.post(ownAccount(stranger)+"/grants", liaison).want(201).str("id")
		admin.move(theirs, "approve", nil).want(403)
		of := w.another(domain.Custodian, "", "")
		reset := "/v1/resets/" + w.mustReset(admin, of, "second_factor").want(201).str("id")
		puppet.move(reset, "confirm", nil).want(403)
		back := "/v1/resets/" + w.mustReset(puppet, of, "second_factor").want(201).str("id")
		admin.move(back, "confirm", nil).want(403)

		// Nor are two whom one alone brought in each other's second; two are to whom
		// another agreed, or whom two brought in.
		twin, clerk, hers := w.entered(admin, "admin", other), w.entered(admin, "staff"), w.entered(other, "staff")
		twin.move(back, "confirm", nil).want(200)
		twin.move("/v1/invitations/"+puppet.post("/v1/invitations", map[string]string{"role": "custodian"}).want(201).str("id"), "approve", nil).want(200)
		keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
		merge := "/v1/organization-merges/" + officer.post("/v1/organization-merges", map[string]any{"survivor_id": keep, "absorbed_id": goes, "reason": "One."}).want(201).str("id")
		clerk.move(merge, "approve", nil).want(403)
		hers.move(merge, "approve", nil).want(200)

		w.forward(domain.Vouching)
		puppet.again().move(g, "approve", nil).want(200)
		admin.again().move(theirs, "approve", nil).want(200)
	})
}

// TestWhatSomebodyProposedEndsWithThem stops who proposed a role and a merge, or gives
// them another role: nobody approves these any more, nor once they are back.
func TestWhatSomebodyProposedEndsWithThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, liaison := w.another(domain.Admin, "", ""), w.as(domain.Liaison)
		role := func(by *client) string {
			return "/v1/grants/" + by.post(ownAccount(w.another(domain.Staff, "", ""))+"/grants", map[string]string{"role": "liaison", "reason": "Is needed there."}).want(201).str("id")
		}
		for how, end := range map[string]func(of *client){
			"suspended": func(of *client) {
				admin.move(ownAccount(of), "suspend", map[string]string{"reason": "Left."}).want(200)
				admin.move(ownAccount(of), "restore", nil).want(200)
			},
			"another role": func(of *client) {
				admin.post(ownAccount(of)+"/grants", map[string]string{"role": "auditor", "reason": "Looks after the books."}).want(201)
			},
		} {
			colleague, officer := w.another(domain.Admin, "", ""), w.another(domain.Staff, "", "")
			paths := map[string]*client{
				role(colleague): admin,
				w.mergeOf(officer, w.approvedOrganization().ID, w.approvedOrganization().ID): liaison,
			}
			end(colleague)
			end(officer)
			for path, by := range paths {
				by.move(path, "approve", nil).want(409)
				if got := by.get(path).want(200).str("stage"); got != "declined" {
					t.Errorf("%s: %s is %s", how, path, got)
				}
			}
		}
	})
}

func TestAnOfficeIsAnAdminsToGive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, officer := w.as(domain.Admin), w.another(domain.Staff, "", "")
		officer.patch(ownAccount(officer), `{"office":"Legal"}`).want(403)
		officer.patch(ownAccount(officer), `{"name":"Officer"}`).want(200)
		if r := admin.patch(ownAccount(officer), `{"office":"Legal"}`).want(200); r.str("office") != "Legal" || r.str("name") != "Officer" {
			t.Errorf("%s", r.Body)
		}
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		admin.patch(ownAccount(partner), `{"office":"Legal"}`).want(422).fault("/office", "invalid")
		if events := w.as(domain.Auditor).get("/v1/audit?record_id=" + string(officer.actor.Account)).want(200).column("event"); !slices.Contains(events, "account.office_changed") {
			t.Errorf("the trail says %v", events)
		}
	})
}

// again is the same account, signed in anew.
func (c *client) again() *client {
	c.w.Helper()
	a, err := c.w.system().Accounts.Get(c.w.Context(), c.actor.Account)
	must(c.w, err)
	return c.w.signed(a)
}

// signed is an account that is signed in anew.
func (w *world) signed(a *domain.Account) *client {
	w.Helper()
	s, err := domain.NewSession(a, domain.ByPassword, w.clock.Now())
	must(w, err)
	must(w, w.system().Sessions.Create(w.Context(), domain.EndSession, s))
	return (&client{w: w, actor: a.Actor(), sid: s.ID}).stand()
}
