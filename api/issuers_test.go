package api_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/oidc"
	"accord/internal/oidc/oidctest"
	"accord/internal/onetime"
)

// believing are issuers as configured, by the office's clock.
func (w *world) believing(all ...oidc.Config) (out oidc.Issuers) {
	for _, c := range all {
		out = append(out, oidc.New(c, w.clock.Now, slog.New(slog.DiscardHandler)))
	}
	return out
}

// atIssuer is what somebody brings from the issuer, who began as the caller.
func (c *client) atIssuer(subject string, changed map[string]any, headers ...string) map[string]string {
	c.w.Helper()
	asked := c.post("/v1/sessions/issuer-options", map[string]string{"issuer": "office"}, headers...).want(201)
	return map[string]string{"id_token": c.w.issuer.Token(subject, asked.str("nonce"), changed), "verifier": asked.str("verifier")}
}

// links somebody's identity at the issuer, and returns its path.
func (c *client) links(subject string) string {
	c.w.Helper()
	return "/v1/me/identities/" + c.post("/v1/me/identities", c.atIssuer(subject, nil)).want(201).str("id")
}

// byIssuer signs in as a subject, with what is changed in the token.
func (w *world) byIssuer(subject string, changed map[string]any) *result {
	w.Helper()
	return w.anyone().post("/v1/sessions/issuer", w.anyone().atIssuer(subject, changed))
}

var withFactor = map[string]any{"amr": []string{"pwd", "mfa"}}

func init() {
	walk["listIssuers"] = func(*world, *client) call { return call{path: "/v1/sessions/issuers"} }
	walk["beginIssuerSignIn"] = func(*world, *client) call { return call{path: "/v1/sessions/issuer-options"} }
	walk["signInWithIssuer"] = func(w *world, _ *client) call {
		subject := w.name("subject")
		w.another(domain.Staff, "", "").links(subject)
		return call{path: "/v1/sessions/issuer", body: w.anyone().atIssuer(subject, withFactor)}
	}
	walk["listIdentities"] = func(*world, *client) call { return call{path: "/v1/me/identities"} }
	walk["linkIdentity"] = func(w *world, by *client) call {
		return call{path: "/v1/me/identities", body: by.atIssuer(w.name("subject"), nil)}
	}
	walk["unlinkIdentity"] = func(w *world, by *client) call {
		if !by.actor.May(domain.LinkIdentity) {
			by = w.another(domain.Staff, "", "")
		}
		return call{path: by.links(w.name("subject"))}
	}
	secrets = append(secrets, secret{
		name: "an identity at an issuer",
		story: func(w *world) map[string]*client {
			w.as(domain.Staff)
			org := w.approvedOrganization().ID
			return map[string]*client{
				"anyone": w.anyone(), "a colleague": w.another(domain.Staff, "", ""), "an admin": w.as(domain.Admin), "a liaison": w.as(domain.Liaison),
				"a partner's admin": w.member(domain.PartnerAdmin, org), "an advisor": w.speaker(w.advisor()),
			}
		},
		happens: func(w *world) {
			w.as(domain.Staff).links("person-1")
			w.byIssuer("person-1", withFactor).want(201)
		},
	})
}

func TestAnIssuersTokenSignsInWhoLinkedIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []*client{w.as(domain.Staff), w.member(domain.Partner, w.approvedOrganization().ID)} {
			subject := w.name("subject")
			w.byIssuer(subject, withFactor).want(401)
			path := c.links(subject)
			in := w.byIssuer(subject, withFactor).want(201)
			as := w.signedInAs(in)
			if me := w.anyone().get("/v1/me", as...).want(200); me.str("id") != string(c.actor.Account) || me.str("role") != string(c.actor.Role) {
				t.Errorf("signed in as %s", me.Body)
			}
			for _, s := range w.anyone().get("/v1/sessions", as...).want(200).items() {
				if s["current"] == true && s["method"] != "issuer_second_factor" {
					t.Errorf("begun by %v", s["method"])
				}
			}
			if got := c.get("/v1/me/identities").want(200); len(got.items()) != 1 || strings.Contains(string(got.Body), subject) {
				t.Errorf("identities: %s", got.Body)
			}
			if n := w.count("SELECT count(*) FROM identities WHERE subject LIKE '%subject%'"); n != 0 {
				t.Error("the subject is kept as it is")
			}
			w.another(domain.Staff, "", "").do(http.MethodDelete, path, nil).want(404)
			c.do(http.MethodDelete, path, nil).want(204)
			c.do(http.MethodDelete, path, nil).want(404)
			w.byIssuer(subject, withFactor).want(401)
		}
	})
}

// TestAnIssuersTokenIsGoodOnceAndForWhatItWasAskedFor replays a token here and on
// another instance, and brings tokens that were made for something else.
func TestAnIssuersTokenIsGoodOnceAndForWhatItWasAskedFor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		c.links("person-1")
		in := w.anyone().atIssuer("person-1", withFactor)
		w.anyone().post("/v1/sessions/issuer", in).want(201)
		first := w.anyone().post("/v1/sessions/issuer", in).want(401)

		w.with(w.issuer.Config("office", "staff")).anyone().post("/v1/sessions/issuer", in).want(401) // nor on another instance

		one, two := w.anyone().atIssuer("person-1", withFactor), w.anyone().atIssuer("person-1", withFactor)
		for name, in := range map[string]map[string]string{
			"another's verifier":    {"id_token": one["id_token"], "verifier": two["verifier"]},
			"the nonce as verifier": {"id_token": w.issuer.Token("person-1", "n", withFactor), "verifier": "n"},
			"a nonce of nobody":     madeUp(w),
			"a nonce for linking":   c.atIssuer("person-1", withFactor),
			"a forged token":        {"id_token": one["id_token"][:len(one["id_token"])-4] + "AAAA", "verifier": one["verifier"]},
			"no token":              {"id_token": "x", "verifier": "x"},
		} {
			if got := w.anyone().post("/v1/sessions/issuer", in).want(401); withoutLimits(got) != withoutLimits(first) {
				t.Errorf("%s is answered otherwise: %s", name, got.Body)
			}
		}
		c.post("/v1/me/identities", w.anyone().atIssuer("person-2", nil)).want(422).fault("/id_token", "invalid")
		c.post("/v1/me/identities", w.another(domain.Staff, "", "").atIssuer("person-2", nil)).want(422).fault("/id_token", "invalid")

		late := w.anyone().post("/v1/sessions/issuer-options", map[string]string{"issuer": "office"}).want(201)
		w.forward(15 * time.Minute)
		w.anyone().post("/v1/sessions/issuer", map[string]string{"id_token": w.issuer.Token("person-1", late.str("nonce"), withFactor), "verifier": late.str("verifier")}).want(401)
		w.anyone().post("/v1/sessions/issuer-options", map[string]string{"issuer": "nobody"}).want(422).fault("/issuer", "unknown_value")
	})
}

func madeUp(w *world) map[string]string {
	raw, hash := api.NewToken()
	return map[string]string{"id_token": w.issuer.Token("person-1", hash, withFactor), "verifier": raw}
}

func TestANonceOfOneIssuerIsNoOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(domain.Staff).links("person-1")
		asked := w.with(w.issuer.Config("second", "staff")).anyone().post("/v1/sessions/issuer-options", map[string]string{"issuer": "second"}).want(201)
		in := map[string]string{"id_token": w.issuer.Token("person-1", asked.str("nonce"), withFactor), "verifier": asked.str("verifier")}
		w.anyone().post("/v1/sessions/issuer", in).want(401)
	})
}

func TestTwoAtOnceUseAnIssuersTokenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(domain.Staff).links("person-1")
		in := w.anyone().atIssuer("person-1", withFactor)
		var wg sync.WaitGroup
		var ok atomic.Int64
		for range 6 {
			wg.Go(func() {
				if w.anyone().post("/v1/sessions/issuer", in).Status == 201 {
					ok.Add(1)
				}
			})
		}
		wg.Wait()
		if ok.Load() != 1 {
			t.Errorf("one token let in %d", ok.Load())
		}
	})
}

// claiming believes the issuer for roles by the claim "groups".
func claiming(w *world) oidc.Config {
	c := w.issuer.Config("office")
	c.RoleClaim, c.Roles = "groups", map[string][]string{"desk": {"staff"}, "partners": {"partner", "partner_admin"}}
	return c
}

// with is the same office as a server of other issuers sees it.
func (w *world) with(all ...oidc.Config) *world {
	w.Helper()
	s, err := api.New(w.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test", Freshness: time.Nanosecond, Limits: unlimited(), Issuers: w.believing(all...)})
	must(w, err)
	web := httptest.NewServer(s.Handler())
	w.Cleanup(web.Close)
	return &world{TB: w.TB, store: w.store, server: s, handler: s.Handler(), url: web.URL, dsn: w.dsn, clock: w.clock, log: w.log, issuer: w.issuer, clients: map[string]*client{}}
}

func TestAnIssuerConfirmsARoleAndNeverGivesOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w = w.with(claiming(w))
		desk, partners := with(withFactor, "groups", "desk"), with(withFactor, "groups", []string{"partners", "liaison"})
		c := w.as(domain.Staff)
		c.post("/v1/me/identities", c.atIssuer("person-1", partners)).want(422).fault("/id_token", "invalid")
		c.post("/v1/me/identities", c.atIssuer("person-1", desk)).want(201)
		in := w.byIssuer("person-1", desk).want(201)
		if got := w.anyone().get("/v1/me", w.signedInAs(in)...).want(200).str("role"); got != "staff" {
			t.Errorf("let in as %s", got)
		}
		for name, claims := range map[string]map[string]any{
			"another group": partners, "no group": withFactor, "a role for a group": with(withFactor, "groups", "staff"), "the star": with(withFactor, "groups", "*"),
		} {
			if got := w.byIssuer("person-1", claims); got.Status != 401 {
				t.Errorf("let in by %s", name)
			}
		}
		w.exec("UPDATE accounts SET role = 'liaison' WHERE id = '" + string(c.actor.Account) + "'")
		w.byIssuer("person-1", desk).want(401)
	})
}

func with(claims map[string]any, name string, value any) map[string]any {
	out := maps.Clone(claims)
	out[name] = value
	return out
}

func TestWhoIsNotLetInByAnIssuerLearnsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		unlinked, suspended := w.another(domain.Staff, "", ""), w.another(domain.Staff, "", "")
		unlinked.do(http.MethodDelete, unlinked.links("unlinked"), nil).want(204)
		suspended.links("suspended")
		w.as(domain.Admin).move(ownAccount(suspended), "suspend", map[string]string{"reason": "left"}).want(200)
		speaker := w.speaker(w.advisor())
		hash, err := w.system().SubjectOf(w.issuer.URL, "advisor")
		must(t, err)
		w.exec("INSERT INTO identities (id, version, created_at, updated_at, account, issuer, subject) VALUES ('1', 1, '2026-01-01', '2026-01-01', '" +
			string(speaker.actor.Account) + "', '" + w.issuer.URL + "', '" + hash + "')")
		unknown := w.byIssuer("unknown", withFactor).want(401)
		for _, subject := range []string{"unlinked", "suspended", "advisor"} {
			if got := w.byIssuer(subject, withFactor); withoutLimits(got) != withoutLimits(unknown) {
				t.Errorf("%s is answered otherwise than nobody: %d %s", subject, got.Status, got.Body)
			}
		}
		if strings.Contains(w.log.String(), "unlinked") || strings.Contains(w.log.String(), "id_token") {
			t.Error("the log tells of a token")
		}
	})
}

func TestNoAdvisorIsEverKnownByAnIssuer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		speaker.get("/v1/me/identities").want(403)
		speaker.post("/v1/me/identities", speaker.atIssuer("person-1", nil)).want(403)

		invited := w.as(domain.Liaison).post("/v1/invitations", map[string]any{"role": "advisor", "advisor_id": w.advisor()}).want(201).str("token")
		in := with(asAny(w.anyone().atIssuer("person-1", nil)), "token", invited)
		in["login"], in["name"] = "quiet.harbor", "Quiet"
		w.anyone().post("/v1/invitations/accept", in).want(422).fault("/id_token", "invalid")
		delete(in, "id_token")
		in["password"] = goodPassword
		w.anyone().post("/v1/invitations/accept", in).want(201) // nothing was made before
	})
}

func asAny(in map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range in {
		out[k] = v
	}
	return out
}

func TestTheSecondFactorIsTheIssuersOrOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Admin)
		c.links("person-1")
		in := w.anyone().atIssuer("person-1", nil)
		w.anyone().post("/v1/sessions/issuer", in).want(401).fault("/code", "second_factor_required")
		in["code"] = "000000"
		w.anyone().post("/v1/sessions/issuer", in).want(401).fault("/code", "wrong")
		in["code"] = w.code()
		w.anyone().post("/v1/sessions/issuer", in).want(201) // the same token, once it came to something
		w.anyone().post("/v1/sessions/issuer", in).want(401)
		w.byIssuer("person-1", withFactor).want(201)

		w.forward(onetime.Period)
		codes := c.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)
		in = w.anyone().atIssuer("person-1", nil)
		in["code"] = codes[0].(string)
		w.anyone().post("/v1/sessions/issuer", in).want(201)
		methods := c.get("/v1/sessions").want(200).column("method")
		for _, want := range []string{"issuer_totp", "issuer_recovery_code", "issuer_second_factor"} {
			if !slices.Contains(methods, want) {
				t.Errorf("%s is not among %v", want, methods)
			}
		}

		must(t, w.system().Factors.RemoveAll(w.Context(), c.actor.Account))
		alone := w.byIssuer("person-1", nil).want(201)
		if alone.at("must_enroll") != true {
			t.Errorf("one factor is enough: %s", alone.Body)
		}
		w.anyone().get("/v1/accounts", w.signedInAs(alone)...).want(403).fault("", "must_enroll")
		both := w.byIssuer("person-1", withFactor).want(201)
		if both.at("must_enroll") != nil {
			t.Errorf("the issuer's second factor counts for nothing: %s", both.Body)
		}
		w.anyone().get("/v1/accounts", w.signedInAs(both)...).want(200)
	})
}

func TestAPartnerWithoutASecondFactorSignsInByAnIssuerAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.member(domain.Partner, w.approvedOrganization().ID)
		c.links("person-1")
		w.byIssuer("person-1", nil).want(201)
		if got := c.get("/v1/sessions").want(200).column("method"); !slices.Contains(got, "issuer") {
			t.Errorf("%v", got)
		}
	})
}

// TestAnIssuersOldProofIsNoProof links and is signed in by somebody whom the
// issuer knows from an hour ago, or from it doesn't say when.
func TestAnIssuersOldProofIsNoProof(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		c.links("person-1")
		now := w.clock.Now().Unix()
		for name, at := range map[string]struct {
			claims map[string]any
			want   int
		}{
			"just now": {withFactor, 201}, "an hour ago": {with(withFactor, "auth_time", now-3600), 403}, "in a moment": {with(withFactor, "auth_time", now+30), 201},
		} {
			as := w.signedInAs(w.byIssuer("person-1", at.claims).want(201))
			w.spareKey(c)
			if got := w.anyone().post("/v1/me/recovery-codes", nil, as...); got.Status != at.want {
				t.Errorf("%s: %d", name, got.Status)
			}
		}
		w.forward(domain.ProofLife)
		c.post("/v1/me/identities", c.atIssuer("person-2", nil)).want(403).fault("", "proof_required")

		never := w.issuer.Config("office", "staff")
		never.MaxAge = 0
		other := w.with(never)
		as := other.signedInAs(other.byIssuer("person-1", with(withFactor, "auth_time", nil)).want(201))
		other.anyone().post("/v1/me/recovery-codes", nil, as...).want(403).fault("", "proof_required")
	})
}

func TestOneIdentitySignsInToOneAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, other := w.as(domain.Staff), w.another(domain.Staff, "", "")
		c.links("person-1")
		other.post("/v1/me/identities", other.atIssuer("person-1", nil)).want(409)
		c.post("/v1/me/identities", c.atIssuer("person-2", nil)).want(409) // one of each issuer
		if got := c.get("/v1/notices").want(200).column("event"); !slices.Contains(got, "identity.linked") {
			t.Errorf("told of %v", got)
		}
	})
}

func TestAnInvitationIsAcceptedWithAnIssuersToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		accept := func(in map[string]any, login string) *result {
			_, raw := w.invitation(w.as(domain.Admin))
			return w.anyone().post("/v1/invitations/accept", with(with(with(in, "token", raw), "login", login), "name", "Someone new"))
		}
		a := accept(asAny(w.anyone().atIssuer("person-1", nil)), "new@example.org").want(201)
		in := w.byIssuer("person-1", withFactor).want(201)
		if me := w.anyone().get("/v1/me", w.signedInAs(in)...).want(200); me.str("id") != a.str("id") {
			t.Errorf("signed in as %s", me.Body)
		}
		w.anyone().signIn(map[string]string{"login": "new@example.org", "password": goodPassword}).want(401)
		w.anyone().signIn(map[string]string{"login": "new@example.org", "password": "!"}).want(401)

		accept(map[string]any{}, "b@example.org").want(422).fault("/password", "required")
		accept(asAny(w.anyone().atIssuer("person-1", nil)), "b@example.org").want(409)
		accept(map[string]any{"id_token": "x", "verifier": "x"}, "b@example.org").want(422).fault("/id_token", "invalid")
		accept(map[string]any{"id_token": "x", "verifier": "x", "password": goodPassword}, "b@example.org").want(422)
		used := asAny(w.anyone().atIssuer("person-2", nil))
		accept(used, "b@example.org").want(201)
		accept(used, "c@example.org").want(422).fault("/id_token", "invalid")
		if n := w.count("SELECT count(*) FROM accounts WHERE login = 'c@example.org'"); n != 0 {
			t.Error("an account was made by a token that is no good")
		}
		both := with(asAny(w.anyone().atIssuer("person-3", nil)), "password", goodPassword)
		accept(both, "d@example.org").want(201)
		w.anyone().signIn(map[string]string{"login": "d@example.org", "password": goodPassword}).want(201)
		w.byIssuer("person-3", withFactor).want(201)
	})
}

func TestAResetUnlinksWhatAnIntruderMayHaveLinked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.member(domain.Partner, w.approvedOrganization().ID)
		c.links("intruder")
		token := w.mustReset(w.member(domain.PartnerAdmin, c.actor.Organization), c, "password").want(201).str("token")
		w.byIssuer("intruder", nil).want(201)
		w.anyone().post("/v1/resets/use", map[string]string{"token": token, "password": goodPassword}).want(204)
		w.byIssuer("intruder", nil).want(401)
	})
}

// TestASuspendedAccountIsNotSignedInByAnIssuer ends what an identity began, and lets it
// begin nothing until the account works again.
func TestASuspendedAccountIsNotSignedInByAnIssuer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.another(domain.Staff, "", "")
		c.links("person-1")
		as := w.signedInAs(w.byIssuer("person-1", withFactor).want(201))
		begun := w.anyone().atIssuer("person-1", withFactor)
		account := ownAccount(c)
		w.as(domain.Admin).move(account, "suspend", map[string]string{"reason": "left"}).want(200)
		w.anyone().get("/v1/me", as...).want(401)
		w.anyone().post("/v1/sessions/issuer", begun).want(401)
		w.byIssuer("person-1", withFactor).want(401)
		w.as(domain.Admin).move(account, "restore", nil).want(200)
		w.anyone().get("/v1/me", as...).want(401)
		w.anyone().post("/v1/sessions/issuer", begun).want(201) // it was not used up
		w.byIssuer("person-1", withFactor).want(201)
	})
}

// TestAnIssuerThatHangsHoldsUpNoList asks for the issuers while one of them takes its
// time, which goes on: nobody waited for it.
func TestAnIssuerThatHangsHoldsUpNoList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		prompt := oidctest.New(t, w.clock.Now)
		w = w.with(w.issuer.Config("office", "staff"), prompt.Config("partners", "partner"))
		hang := w.issuer.Hang()
		kept, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		defer group.Wait()
		defer hang.End()
		defer cancel()
		list := func() (available []any) {
			for _, i := range w.anyone().get("/v1/sessions/issuers").want(200).items() {
				available = append(available, i["available"])
			}
			return available
		}
		if got := list(); !slices.Equal(got, []any{false, false}) || w.issuer.Asked()+prompt.Asked() != 0 {
			t.Errorf("before anybody was asked: %v, after %d", got, w.issuer.Asked()+prompt.Asked())
		}
		group.Go(func() { w.server.AskIssuers(kept) })
		<-hang.Begun
		for want := []any{false, true}; !slices.Equal(list(), want); runtime.Gosched() { // the other answers by itself
			if hang.Hanging() != 1 {
				t.Fatal("somebody waited for the issuer that hangs")
			}
		}
		if hang.Hanging() != 1 {
			t.Error("somebody waited for the issuer that hangs")
		}
	})
}

func TestAllElseGoesOnWhileAnIssuerIsDown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		c.links("person-1")
		login := w.setPassword(c)
		listed := func(w *world) map[string]any {
			w.server.AskIssuers(w.Context())
			return w.anyone().get("/v1/sessions/issuers").want(200).items()[0]
		}
		if up := listed(w); up["available"] != true || up["authorization_endpoint"] != w.issuer.URL+"/authorize" || up["max_age"] != 3600.0 {
			t.Errorf("%v", up)
		}
		w.issuer.Down(true)
		fresh := w.with(w.issuer.Config("office", "staff")) // it never heard of the issuer's keys
		if down := listed(fresh); down["available"] != false || down["authorization_endpoint"] != nil {
			t.Errorf("%v", down)
		}
		fresh.byIssuer("person-1", withFactor).want(401)
		for of, want := range map[*world]string{w: `"office":"ok"`, fresh: `"office":"unavailable"`} {
			if got := of.anyone().get("/readyz").want(200); !strings.Contains(string(got.Body), want) {
				t.Errorf("health: %s", got.Body)
			}
		}
		w.byIssuer("person-1", withFactor).want(201) // the keys are known
		fresh.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201)
		w.issuer.Down(false)
		w.forward(time.Minute)
		fresh.byIssuer("person-1", withFactor).want(201)
	})
}

func TestTheIssuersAreRevalidatedAndNotKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		got := w.anyone().get("/v1/sessions/issuers").want(200)
		if got.Header.Get("Cache-Control") != "public, no-cache" {
			t.Errorf("may be kept: %s", got.Header.Get("Cache-Control"))
		}
		w.anyone().get("/v1/sessions/issuers", "If-None-Match", got.tag()).want(304)
		none := w.with()
		if got := none.anyone().get("/v1/sessions/issuers").want(200); len(got.items()) != 0 {
			t.Errorf("%s", got.Body)
		}
		none.anyone().post("/v1/sessions/issuer", w.anyone().atIssuer("person-1", nil)).want(401)
	})
}

// TestGuessedCodesAtAnIssuersTokenAreBounded tries codes beside a good token, from
// a device that is known and from one that is not.
func TestGuessedCodesAtAnIssuersTokenAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.as(domain.Staff).links("person-1")
		device := w.byIssuer("person-1", withFactor).want(201).str("device_token")
		for token, most := range map[string]int{device: 15, "": 100} {
			in := w.anyone().atIssuer("person-1", nil)
			in["code"], in["device_token"] = "000000", token
			tries := 0
			for tries <= most {
				if r := w.anyone().post("/v1/sessions/issuer", in); r.Status != 401 || !strings.Contains(string(r.Body), `"wrong"`) {
					break
				}
				tries++
			}
			if tries > most || tries < 10 {
				t.Errorf("%d guesses, want at most %d", tries, most)
			}
		}
	})
}

func TestTheTrailTellsOfIdentities(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		path := c.links("person-1")
		w.byIssuer("person-1", withFactor).want(201)
		c.do(http.MethodDelete, path, nil).want(204)
		events := w.column("SELECT event FROM audit_entries WHERE actor = '" + string(c.actor.Account) + "'")
		for _, want := range []string{"identity.linked", "session.started", "identity.unlinked"} {
			if !slices.Contains(events, want) {
				t.Errorf("no %s in %v", want, events)
			}
		}
	})
}
