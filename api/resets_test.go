package api_test

import (
	"testing"

	"accord/domain"
)

func init() {
	walk["listResets"] = func(*world, *client) call { return call{path: "/v1/resets"} }
	walk["createReset"] = func(w *world, by *client) call {
		return call{path: "/v1/resets", body: map[string]string{"account_id": w.colleague(by)[len("/v1/accounts/"):], "kind": "password"}}
	}
	walk["requestReset"] = func(w *world, _ *client) call {
		return call{path: "/v1/resets/request", body: map[string]string{"login": w.name("x") + "@example.org"}}
	}
	walk["useReset"] = func(w *world, _ *client) call {
		token := w.as(domain.Admin).post("/v1/resets", map[string]string{"account_id": string(w.another(domain.Staff, "", "").actor.Account), "kind": "password"}).want(201).str("token")
		return call{path: "/v1/resets/use", body: map[string]string{"token": token, "password": goodPassword}}
	}
	walk["getReset"] = func(w *world, by *client) call { return call{path: w.reset(by, domain.NewResetRequest)} }
	walk["issueReset"] = func(w *world, by *client) call { return call{path: w.reset(by, domain.NewResetRequest) + "/issue"} }
	walk["withdrawReset"] = func(w *world, by *client) call { return call{path: w.reset(by, domain.NewResetRequest) + "/withdraw"} }
	walk["confirmReset"] = func(w *world, by *client) call {
		return call{path: w.reset(by, func(a *domain.Account) *domain.Reset {
			r, err := domain.NewFactorReset(w.as(domain.Admin).actor, a)
			must(w, err)
			return r
		}) + "/confirm"}
	}
	secrets = append(secrets, secret{
		name: "a reset that waits",
		story: func(w *world) map[string]*client {
			w.as(domain.Admin)
			w.exec("UPDATE accounts SET login = 'of@example.org' WHERE id = '" + string(w.as(domain.Staff).actor.Account) + "'")
			return map[string]*client{
				"anyone": w.anyone(), "a colleague": w.another(domain.Staff, "", ""), "a liaison": w.as(domain.Liaison),
				"a partner's admin": w.member(domain.PartnerAdmin, w.approvedOrganization().ID),
			}
		},
		happens: func(w *world) {
			of := w.as(domain.Staff)
			w.requestReset("of@example.org")
			w.mustReset(w.as(domain.Admin), of, "password").want(201)
			w.mustReset(w.as(domain.Admin), of, "second_factor").want(201) // a second person's to confirm
		},
	})
}

// requestReset asks for a new password by a sign-in name, and has it kept.
func (w *world) requestReset(login string) {
	w.Helper()
	w.anyone().post("/v1/resets/request", map[string]string{"login": login}).want(202)
	_, err := w.store.RunDue(w.Context(), w.server.Jobs())
	must(w, err)
}

// reset is a reset of somebody whom by looks after, if it looks after anyone.
func (w *world) reset(by *client, make func(*domain.Account) *domain.Reset) string {
	w.Helper()
	a, err := w.system().Accounts.Get(w.Context(), domain.AccountID(w.colleague(by)[len("/v1/accounts/"):]))
	must(w, err)
	r := make(a)
	must(w, w.system().Resets.Create(w.Context(), domain.RequestReset, r))
	return "/v1/resets/" + string(r.ID)
}

func (w *world) mustReset(by, of *client, kind string) *result {
	w.Helper()
	return by.post("/v1/resets", map[string]string{"account_id": string(of.actor.Account), "kind": kind})
}

func TestAPasswordsResetIsUsedOnceSoonAndBypassesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, admin := w.another(domain.Staff, "", ""), w.as(domain.Admin)
		login := w.setPassword(c)
		former := w.mustReset(admin, c, "password").want(201).str("token")
		token := w.mustReset(admin, c, "password").want(201).str("token")
		use := func(token, pw string) *result {
			return w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": pw})
		}
		const fresh = "entirely new words for it"
		use(former, fresh).want(409) // a later one was issued
		use("no such token", fresh).want(404)
		use(token, "plum orb").want(422).fault("/password", "too_short")
		use(token, fresh).want(204)
		use(token, fresh).want(409)
		c.get("/v1/me").want(401)
		w.anyone().signIn(map[string]string{"login": login, "password": fresh}).want(401).fault("/code", "second_factor_required")
		w.anyone().signIn(map[string]string{"login": login, "password": fresh, "code": w.code()}).want(201)
		late := w.mustReset(admin, c, "password").want(201).str("token")
		w.forward(domain.ResetLife)
		use(late, fresh).want(409)
	})
}

func TestATokenFromBeforeARoleIsHeldToTheRole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, admin := w.enrolling(domain.Staff), w.another(domain.Admin, "", "")
		use := map[string]string{"token": w.mustReset(admin, c, "password").want(201).str("token"), "password": goodPassword}
		grant := admin.post(ownAccount(c)+"/grants", map[string]string{"role": "liaison", "reason": "Looks after advisors."}).want(201).str("id")
		w.another(domain.Admin, "", "").move("/v1/grants/"+grant, "approve", nil).want(200)
		w.anyone().post("/v1/resets/use", use).want(409) // the admin would be a liaison, by a password alone
	})
}

func TestAskingForAResetTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login, advisor := w.withPassword(domain.Staff), w.setPassword(w.speaker(w.advisor()))
		var answers []string
		for _, name := range []string{login, "nobody@example.org", advisor, "nobody"} {
			answers = append(answers, withoutLimits(w.anyone().post("/v1/resets/request", map[string]string{"login": name}).want(202)))
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("asking tells accounts apart:\n%s\n%s", answers[0], a)
			}
		}
		w.anyone().post("/v1/resets/request", map[string]string{"login": login}).want(202)
		_, err := w.store.RunDue(w.Context(), w.server.Jobs())
		must(w, err)
		asked := w.as(domain.Admin).get("/v1/resets?stage=requested").want(200).items()
		if len(asked) != 1 { // the second found one that waits, the advisor's goes to nobody
			t.Errorf("%d requests wait", len(asked))
		}
		if n := len(w.as(domain.Liaison).get("/v1/resets").want(200).items()); n != 0 {
			t.Errorf("an advisor's sign-in name made %d requests", n)
		}
		path := "/v1/resets/" + asked[0]["id"].(string)
		token := w.as(domain.Admin).move(path, "issue", nil).want(200).str("token")
		w.as(domain.Admin).move(path, "issue", nil).want(409)
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(204)
	})
}

func TestALostSecondFactorTakesTwoPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, one, two := w.another(domain.Custodian, "", ""), w.another(domain.Admin, "", ""), w.another(domain.Admin, "", "")
		w.mustReset(one, one, "second_factor").want(403)
		path := "/v1/resets/" + w.mustReset(one, c, "second_factor").want(201).str("id")
		one.move(path, "confirm", nil).want(403)
		c.get("/v1/me").want(200)
		two.move(path, "confirm", nil).want(200)
		two.move(path, "confirm", nil).want(409)
		two.move(path, "withdraw", nil).want(409)
		c.get("/v1/me").want(401)
		login := w.setPassword(c)
		if in := w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(201); in.at("must_enroll") != true {
			t.Errorf("works without a factor: %s", in.Body)
		}

		speaker := w.speaker(w.advisor())
		w.spareKey(speaker)
		w.mustReset(one, speaker, "second_factor").want(422) // not an admin's to know
		w.confirmed(w.mustReset(w.as(domain.Liaison), speaker, "second_factor"), w.as(domain.Liaison), w.another(domain.Liaison, "", ""))
		speaker.get("/v1/me").want(401)
		short := w.speaker(w.advisor())
		w.exec("UPDATE accounts SET short_password = TRUE WHERE id = '" + string(short.actor.Account) + "'")
		path = "/v1/resets/" + w.mustReset(w.as(domain.Liaison), short, "second_factor").want(201).str("id")
		w.another(domain.Liaison, "", "").move(path, "confirm", nil).want(409)
		org := w.approvedOrganization().ID
		colleague := w.member(domain.Partner, org)
		w.exec("UPDATE accounts SET short_password = TRUE WHERE id = '" + string(colleague.actor.Account) + "'")
		w.mustReset(w.member(domain.PartnerAdmin, org), colleague, "second_factor").want(409) // takes no second person: refused at once
		login = w.setPassword(speaker)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(201)
	})
}

// confirmed has a reset confirmed by a second person, whom it needs.
func (w *world) confirmed(r *result, first, second *client) *result {
	w.Helper()
	path := "/v1/resets/" + r.want(201).str("id")
	if token := r.str("token"); token != "" {
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(409)
	}
	first.move(path, "confirm", nil).want(403)
	return second.move(path, "confirm", nil).want(200)
}

// TestNobodyAloneComesInAsAnother resets, both ways, those as whom nobody of the office
// may come in alone.
func TestNobodyAloneComesInAsAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		clerk, chief := w.member(domain.Partner, org), w.member(domain.PartnerAdmin, org)
		for _, tt := range []struct {
			of            *client
			first, second *client
		}{
			{clerk, w.as(domain.Admin), w.another(domain.Admin, "", "")},
			{clerk, w.as(domain.Admin), chief},
			{chief, w.as(domain.Admin), w.another(domain.Admin, "", "")},
			{w.speaker(w.advisor()), w.as(domain.Liaison), w.another(domain.Liaison, "", "")},
		} {
			w.confirmed(w.mustReset(tt.first, tt.of, "second_factor"), tt.first, tt.second)
			r := w.mustReset(tt.first, tt.of, "password")
			w.forward(domain.ResetLife)
			w.confirmed(r, tt.first, tt.second)
			use := map[string]string{"token": r.str("token"), "password": goodPassword}
			w.anyone().post("/v1/resets/use", use).want(204)
			w.anyone().post("/v1/resets/use", use).want(409)
			asked := w.reset(tt.second, func(*domain.Account) *domain.Reset {
				a, err := w.system().Accounts.Get(t.Context(), tt.of.actor.Account)
				must(t, err)
				return domain.NewResetRequest(a)
			})
			if got := tt.first.move(asked, "issue", nil).want(200); got.str("stage") != "proposed" || got.str("token") == "" {
				t.Errorf("one who asked: %s", got.Body)
			}
		}
		token := w.mustReset(chief.again(), clerk, "password").want(201).str("token") // admits its people alone
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(204)
	})
}

func TestALiaisonStopsAnAdvisorsAccountAndNobodyElseDoes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker, why := w.speaker(w.advisor()), map[string]string{"reason": "It was taken over."}
		path := ownAccount(speaker)
		w.as(domain.Admin).move(path, "suspend", why).want(404)
		w.as(domain.Staff).move(path, "suspend", why).want(404)
		if a := w.as(domain.Liaison).get(path).want(200); a.str("login") != "" {
			t.Errorf("a liaison reads the sign-in name: %s", a.Body)
		}
		w.as(domain.Liaison).move(path, "suspend", why).want(200)
		speaker.get("/v1/me").want(401)
		w.as(domain.Liaison).move(path, "restore", nil).want(200)
		w.as(domain.Liaison).move(ownAccount(w.as(domain.Custodian)), "suspend", why).want(404)
	})
}

func TestAPartnersAdminDoesNotUndoAnAdmin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		admin, clerk, why := w.member(domain.PartnerAdmin, org), w.member(domain.Partner, org), map[string]string{"reason": "left"}
		w.as(domain.Admin).move(ownAccount(clerk), "suspend", why).want(200)
		admin.move(ownAccount(clerk), "restore", nil).want(403)
		w.as(domain.Admin).move(ownAccount(clerk), "restore", nil).want(200)
		admin.move(ownAccount(clerk), "suspend", why).want(200)
		admin.move(ownAccount(clerk), "restore", nil).want(200)
	})
}

func TestWhatASuspendedPersonHandedOutIsUseless(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.another(domain.Admin, "", "")
		raw := c.post("/v1/invitations", map[string]any{"role": "staff"}).want(201).str("token")
		w.as(domain.Admin).move(ownAccount(c), "suspend", map[string]string{"reason": "left"}).want(200)
		w.anyone().post("/v1/invitations/accept", map[string]string{"token": raw, "login": "late@example.org", "name": "N", "password": goodPassword}).want(409)

		org := w.approvedOrganization().ID
		chief, clerk := w.member(domain.PartnerAdmin, org), w.member(domain.Partner, org)
		token := w.mustReset(chief, clerk, "password").want(201).str("token")
		w.as(domain.Admin).move(ownAccount(chief), "suspend", map[string]string{"reason": "left"}).want(200)
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(409)
	})
}

// TestNobodyAloneTakesOverAnAccountOfTheOffice tries to come in by a reset where no second
// factor is in the way: who could would have a second person, or be near advisors.
func TestNobodyAloneTakesOverAnAccountOfTheOffice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin := w.as(domain.Admin)
		for _, role := range []domain.Role{domain.Admin, domain.Liaison, domain.Custodian, domain.Staff, domain.Auditor} {
			of := w.enrolling(role)
			token := admin.post("/v1/resets", map[string]string{"account_id": string(of.actor.Account), "kind": "password"}).want(201).str("token")
			w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(409)
		}
	})
}
