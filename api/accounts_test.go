package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
)

const goodPassword = "several words that nobody guesses"

// withPassword is an account that can sign in with goodPassword.
func (w *world) withPassword(role domain.Role) (login string) {
	w.Helper()
	hash, err := api.HashPassword(w.Context(), goodPassword)
	must(w, err)
	login = "signer-" + w.system().NewID()[:8] + "@example.org"
	a, err := domain.NewAccount(domain.AccountDraft{Login: login, Name: login, Role: role, Password: hash})
	must(w, err)
	must(w, w.system().Accounts.Create(w.Context(), domain.EditAccount, a))
	giveFactor(w, w.system(), a)
	return login
}

// credentials are what a fresh account of a role signs in with.
func (w *world) credentials(role domain.Role) map[string]string {
	w.Helper()
	return map[string]string{"login": w.withPassword(role), "password": goodPassword, "code": w.code()}
}

// invitation is a pending invitation by somebody, with its token.
func (w *world) invitation(by *client) (*domain.Invitation, string) {
	w.Helper()
	raw, hash := api.NewToken()
	actor, d := domain.Actor{Role: domain.System}, domain.InvitationDraft{Role: domain.Staff}
	if by.actor.Organization != "" {
		d = domain.InvitationDraft{Role: domain.Partner, Organization: by.actor.Organization}
	}
	i, err := domain.NewInvitation(actor, d, hash, w.clock.Now())
	must(w, err)
	i.InvitedBy = by.actor.Account
	must(w, w.system().Invitations.Create(w.Context(), domain.Invite, i))
	return i, raw
}

func init() {
	walk["getSigningKeys"] = func(*world, *client) call { return call{path: "/.well-known/jwks.json"} }
	walk["signIn"] = func(w *world, _ *client) call {
		return call{path: "/v1/sessions", body: w.credentials(domain.Staff)}
	}
	walk["refreshSession"] = func(w *world, _ *client) call {
		in := w.anyone().post("/v1/sessions", w.credentials(domain.Staff)).want(201)
		return call{path: "/v1/sessions/refresh", body: map[string]string{"refresh_token": in.str("refresh_token")}}
	}
	walk["signOut"] = func(*world, *client) call { return call{path: "/v1/sessions/current"} }
	walk["getMe"] = func(*world, *client) call { return call{path: "/v1/me"} }
	walk["listAccounts"] = func(*world, *client) call { return call{path: "/v1/accounts"} }
	own := func(w *world, by *client) call {
		if by.actor.Account == "" {
			by = w.as(domain.Staff)
		}
		return call{path: ownAccount(by)}
	}
	walk["getAccount"], walk["editAccount"] = own, own
	walk["suspendAccount"] = func(w *world, by *client) call { return call{path: w.colleague(by) + "/suspend"} }
	walk["restoreAccount"] = func(w *world, by *client) call {
		path, who := w.colleague(by), w.as(domain.Admin)
		if may := by.actor.May(domain.SuspendAccount); may {
			who = by
		}
		who.move(path, "suspend", map[string]string{"reason": "left"}).want(200)
		return call{path: path + "/restore"}
	}
	walk["listInvitations"] = func(*world, *client) call { return call{path: "/v1/invitations"} }
	walk["createInvitation"] = func(w *world, by *client) call {
		switch {
		case by.actor.Organization != "":
			return call{path: "/v1/invitations", body: map[string]any{"role": "partner", "organization_id": by.actor.Organization}}
		case by.actor.Role == domain.Liaison:
			return call{path: "/v1/invitations", body: map[string]any{"role": "advisor", "advisor_id": w.advisorOf(by)}}
		}
		return call{path: "/v1/invitations"}
	}
	walk["getInvitation"] = func(w *world, by *client) call {
		i, _ := w.invitation(by)
		return call{path: "/v1/invitations/" + string(i.ID)}
	}
	walk["revokeInvitation"] = func(w *world, by *client) call {
		i, _ := w.invitation(by)
		return call{path: "/v1/invitations/" + string(i.ID) + "/revoke"}
	}
	walk["acceptInvitation"] = func(w *world, by *client) call {
		_, raw := w.invitation(by)
		return call{path: "/v1/invitations/accept", body: map[string]string{
			"token": raw, "login": "new-" + w.system().NewID() + "@example.org", "name": "Someone new", "password": goodPassword}}
	}
}

func ownAccount(by *client) string { return "/v1/accounts/" + string(by.actor.Account) }

// colleague is another account that by may manage, if it may manage any.
func (w *world) colleague(by *client) string {
	if by.actor.Organization != "" {
		return ownAccount(w.another(domain.Partner, by.actor.Organization, ""))
	}
	if by.actor.Role == domain.Liaison {
		return ownAccount(w.another(domain.Advising, "", w.advisor()))
	}
	return ownAccount(w.another(domain.Staff, "", ""))
}

func TestTheFirstAdminComesByAnInvitation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, raw := w.invitation(w.anyone())
		in := map[string]string{"token": raw, "login": "First@Example.org", "name": "First", "password": goodPassword}
		w.anyone().post("/v1/invitations/accept", in).want(201)
		w.anyone().post("/v1/invitations/accept", in).want(409) // once
		tokens := w.anyone().post("/v1/sessions", map[string]string{"login": "first@example.org", "password": goodPassword}).want(201)
		me := w.anyone().get("/v1/me", "Authorization", "Bearer "+tokens.str("access_token")).want(200)
		if me.str("login") != "first@example.org" {
			t.Errorf("signed in as %s", me.Body)
		}
	})
}

func TestAnInvitationThatCannotBeAccepted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, late := w.invitation(w.anyone())
		taken := w.withPassword(domain.Staff)
		_, second := w.invitation(w.anyone())
		accept := func(token, login, pw string) *result {
			return w.anyone().post("/v1/invitations/accept", map[string]string{"token": token, "login": login, "name": "N", "password": pw})
		}
		accept("no such token", "x@y.z", goodPassword).want(404)
		accept(second, "x@y.z", "short").want(422).fault("/password", "too_short")
		accept(second, "x y@z", goodPassword).want(422).fault("/login", "invalid")
		accept(second, taken, goodPassword).want(409).fault("/login", "taken")
		accept(second, "still@good.example", goodPassword).want(201) // what failed used nothing up
		w.forward(domain.InvitationLife)
		accept(late, "too@late.example", goodPassword).want(409)
	})
}

// TestAnInvitationIsNoWayToFindSignInNames tries names of others with one invitation:
// an advisor, other advisors' names, and a partner, addresses of officers.
func TestAnInvitationIsNoWayToFindSignInNames(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.speaker(w.advisor())
		_, partner := w.invitation(w.member(domain.PartnerAdmin, w.approvedOrganization().ID))
		advisor := w.as(domain.Liaison).post("/v1/invitations", map[string]any{"role": "advisor", "advisor_id": w.advisor()}).want(201).str("token")
		for _, c := range []struct{ token, taken, free string }{
			{partner, w.withPassword(domain.Staff), "free@example.org"},
			{advisor, w.column("SELECT login FROM accounts WHERE id = '" + string(other.actor.Account) + "'")[0], "free-river"},
		} {
			try := func(login string, n int) *result {
				return w.anyone().post("/v1/invitations/accept", map[string]string{"token": c.token, "login": login, "name": "N", "password": goodPassword},
					"Idempotency-Key", fmt.Sprintf("a-try-of-names-%d-%s", n, c.free))
			}
			for n := range 5 {
				try(c.taken, n).want(409).fault("/login", "taken")
			}
			for n, login := range []string{c.taken, c.free} {
				if got := try(login, 5+n).want(409); strings.Contains(string(got.Body), "taken") {
					t.Errorf("%s is told after five: %s", login, got.Body)
				}
			}
		}
	})
}

func TestSignInRefusesAlike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login, suspended := w.withPassword(domain.Staff), w.withPassword(domain.Staff)
		a, err := w.system().Accounts.ByLogin(w.Context(), suspended)
		must(w, err)
		w.as(domain.Admin).move("/v1/accounts/"+string(a.ID), "suspend", map[string]string{"reason": "left"}).want(200)
		var answers []string
		for _, in := range []map[string]string{
			{"login": login, "password": "wrong"},
			{"login": "nobody", "password": goodPassword},
			{"login": suspended, "password": goodPassword},
			{"login": suspended, "password": "wrong"},
		} {
			answers = append(answers, withoutRequestID(w.anyone().post("/v1/sessions", in).want(401)))
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("sign-in tells accounts apart:\n%s\n%s", answers[0], a)
			}
		}
	})
}

func TestARefreshTokenIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.anyone().post("/v1/sessions", w.credentials(domain.Staff)).want(201)
		refresh := func(token string) *result {
			return w.anyone().post("/v1/sessions/refresh", map[string]string{"refresh_token": token})
		}
		second := refresh(first.str("refresh_token")).want(200)
		refresh(first.str("refresh_token")).want(401)  // reused: someone has a copy
		refresh(second.str("refresh_token")).want(401) // so the whole session is over
		w.anyone().get("/v1/me", "Authorization", "Bearer "+second.str("access_token")).want(401)
		for _, forged := range []string{"x", "a.b.c", strings.Replace(first.str("refresh_token"), ".1.", ".2.", 1)} {
			refresh(forged).want(401)
		}
	})
}

func TestASessionEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Run("by signing out", func(t *testing.T) {
			c := w.another(domain.Staff, "", "")
			c.do("DELETE", "/v1/sessions/current", nil).want(204)
			c.get("/v1/me").want(401)
		})
		t.Run("when its account is suspended, and comes back only by signing in", func(t *testing.T) {
			c := w.another(domain.Staff, "", "")
			w.as(domain.Admin).move(ownAccount(c), "suspend", map[string]string{"reason": "left"}).want(200)
			c.get("/v1/me").want(401)
			w.as(domain.Admin).move(ownAccount(c), "restore", nil).want(200)
			c.get("/v1/me").want(401)
			w.as(domain.Admin).move(ownAccount(c), "restore", nil).want(409)
		})
		t.Run("with time", func(t *testing.T) {
			c := w.another(domain.Staff, "", "")
			old := c.bearer()
			w.forward(10*time.Minute + time.Second)
			c.get("/v1/me", "Authorization", "Bearer "+old).want(401)
			c.get("/v1/me").want(200)
			w.forward(domain.SessionLife)
			c.get("/v1/me").want(401)
		})
		t.Run("by standing idle", func(t *testing.T) {
			by := w.credentials(domain.Staff)
			signIn := func() *result {
				by["code"] = w.code()
				return w.anyone().post("/v1/sessions", by).want(201)
			}
			refresh := func(in *result) *result {
				return w.anyone().post("/v1/sessions/refresh", map[string]string{"refresh_token": in.str("refresh_token")})
			}
			first := signIn()
			for range 3 {
				w.forward(domain.SessionIdle)
				first = refresh(first).want(200)
			}
			w.forward(domain.SessionIdle + time.Microsecond)
			refresh(first).want(401)
			again := signIn()
			if n := len(w.anyone().get("/v1/sessions", "Authorization", "Bearer "+again.str("access_token")).want(200).items()); n != 1 {
				t.Errorf("%d sessions are listed, with the one that stands idle", n)
			}
		})
	})
}

func TestWhoMayInviteWhom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own, other := w.approvedOrganization().ID, w.approvedOrganization().ID
		admin := w.member(domain.PartnerAdmin, own)
		for _, tt := range []struct {
			name string
			by   *client
			body map[string]any
			want int
		}{
			{"an admin invites staff", w.as(domain.Admin), map[string]any{"role": "staff"}, 201},
			{"an admin does not reach advisors", w.as(domain.Admin), map[string]any{"role": "advisor", "advisor_id": w.advisor()}, 403},
			{"staff invite nobody", w.as(domain.Staff), map[string]any{"role": "staff"}, 403},
			{"a partner's admin invites to the own organization", admin, map[string]any{"role": "partner", "organization_id": own}, 201},
			{"but not to another", admin, map[string]any{"role": "partner", "organization_id": other}, 403},
			{"nor to the office", admin, map[string]any{"role": "staff"}, 403},
			{"a liaison invites an advisor", w.as(domain.Liaison), map[string]any{"role": "advisor", "advisor_id": w.advisor()}, 201},
			{"but not staff", w.as(domain.Liaison), map[string]any{"role": "staff"}, 403},
			{"a partner needs an organization", w.as(domain.Admin), map[string]any{"role": "partner"}, 422},
		} {
			t.Run(tt.name, func(t *testing.T) { tt.by.post("/v1/invitations", tt.body).want(tt.want) })
		}
	})
}

func TestARevokedInvitationIsUseless(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i, raw := w.invitation(w.as(domain.Admin))
		path := "/v1/invitations/" + string(i.ID)
		w.as(domain.Admin).move(path, "revoke", nil).want(200)
		w.as(domain.Admin).move(path, "revoke", nil).want(409)
		w.anyone().post("/v1/invitations/accept", map[string]string{"token": raw, "login": "late@example.org", "name": "N", "password": goodPassword}).want(409)
	})
}

func TestTheAuditTrailSaysWhoDidWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		o := staff.post("/v1/organizations", map[string]string{"legal_name": "Traced Ltd", "type": "business"}).want(201).str("id")
		staff.move("/v1/organizations/"+o, "submit", nil).want(200)
		got := w.as(domain.Auditor).get("/v1/audit?record_id=" + o).want(200)
		if events := strings.Join(got.column("event"), " "); !strings.Contains(events, "organization.submitted") || !strings.Contains(events, "organization.created") {
			t.Errorf("the trail says %s", events)
		}
		for _, e := range got.items() {
			if e["actor_id"] != string(staff.actor.Account) || e["record_kind"] != "organizations" {
				t.Errorf("entry %v", e)
			}
		}
		staff.get("/v1/audit").want(403)
	})
}

func TestAPartnersAdminManagesItsOwnPeopleOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		own, other := w.approvedOrganization().ID, w.approvedOrganization().ID
		admin, colleague, stranger := w.member(domain.PartnerAdmin, own), w.member(domain.Partner, own), w.member(domain.Partner, other)
		why := map[string]string{"reason": "left"}
		if got := len(admin.get("/v1/accounts").want(200).items()); got != 2 {
			t.Errorf("sees %d people of its two", got)
		}
		admin.patch(ownAccount(colleague), `{"name":"Other"}`).want(403)
		colleague.move(ownAccount(colleague), "suspend", why).want(403)
		colleague.move(ownAccount(colleague), "restore", nil).want(403)
		admin.move(ownAccount(stranger), "suspend", why).want(404)
		admin.move(ownAccount(colleague), "suspend", why).want(200)
		admin.move(ownAccount(colleague), "suspend", why).want(409)
	})
}

func TestAnAdvisorsAccountNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		advisor := w.advisor()
		raw := w.as(domain.Liaison).post("/v1/invitations", map[string]any{"role": "advisor", "advisor_id": advisor}).want(201).str("token")
		in := map[string]string{"token": raw, "login": "maria@mail.example", "name": "Maria Santos", "password": goodPassword}
		w.anyone().post("/v1/invitations/accept", in).want(422).fault("/login", "invalid")
		in["login"] = "green-river"
		a := w.anyone().post("/v1/invitations/accept", in).want(201)
		if strings.Contains(string(a.Body), "Maria") || a.str("name") == "" {
			t.Errorf("the account is %s", a.Body)
		}
		_, partner := w.invitation(w.member(domain.PartnerAdmin, w.approvedOrganization().ID))
		w.anyone().post("/v1/invitations/accept", map[string]string{"token": partner, "login": "green-river", "name": "N", "password": goodPassword}).
			want(422).fault("/login", "invalid") // not "taken"
	})
}

func TestASessionThatEndsTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.another(domain.Staff, "", "")
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for range 6 {
			wg.Go(func() {
				r := c.do("DELETE", "/v1/sessions/current", nil)
				mu.Lock()
				defer mu.Unlock()
				got[r.Status]++
			})
		}
		wg.Wait()
		if got[204] != 1 || got[204]+got[401] != 6 {
			t.Errorf("statuses %v", got)
		}
	})
}
