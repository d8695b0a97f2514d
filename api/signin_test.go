package api_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/onetime"
	"accord/internal/password"
	"accord/internal/token"
	"accord/openapi"
	"accord/repository"
)

// enrolling is an account, signed in, that has no second factor.
func (w *world) enrolling(role domain.Role) *client {
	w.Helper()
	c := w.caller(role)
	must(w, w.system().Factors.RemoveAll(w.Context(), c.actor.Account))
	return c
}

func (c *client) signIn(in map[string]string, headers ...string) *result {
	c.w.Helper()
	return c.post("/v1/sessions", in, headers...)
}

// signedInAs is the header of whoever signed in so.
func (w *world) signedInAs(r *result) []string {
	return []string{"Authorization", "Bearer " + r.str("access_token")}
}

func init() {
	walk["listSessions"] = func(*world, *client) call { return call{path: "/v1/sessions"} }
	walk["endSession"] = func(w *world, by *client) call {
		return call{path: "/v1/sessions/" + string(w.furtherSession(by))}
	}
	walk["endOtherSessions"] = func(*world, *client) call { return call{path: "/v1/sessions/end_others"} }
	walk["quickExit"] = func(*world, *client) call { return call{path: "/v1/sessions/quick-exit"} }
	walk["changePassword"] = func(w *world, by *client) call {
		w.setPassword(by)
		return call{path: "/v1/me/password", body: map[string]string{"current_password": goodPassword, "password": "a fresh one that nobody guesses"}}
	}
	walk["proveSession"] = func(w *world, by *client) call {
		w.setPassword(by)
		return call{path: "/v1/me/proof", body: map[string]string{"password": goodPassword, "code": w.code()}}
	}
	walk["listFactors"] = func(*world, *client) call { return call{path: "/v1/me/factors"} }
	walk["enrollTOTP"] = func(w *world, by *client) call {
		if by.actor.Account != "" {
			must(w, w.system().Factors.RemoveAll(w.Context(), by.actor.Account))
		}
		return call{path: "/v1/me/factors/totp"}
	}
	walk["confirmTOTP"] = func(w *world, by *client) call {
		code := "000000"
		if by.actor.Account != "" {
			must(w, w.system().Factors.RemoveAll(w.Context(), by.actor.Account))
			secret := by.post("/v1/me/factors/totp", nil).want(201).str("secret")
			var err error
			code, err = onetime.Code(secret, w.clock.Now())
			must(w, err)
		}
		return call{path: "/v1/me/factors/totp/confirm", body: map[string]string{"code": code}}
	}
	walk["removeFactor"] = func(w *world, by *client) call {
		if by.actor.Account == "" {
			by = w.as(domain.Staff)
		}
		return call{path: "/v1/me/factors/" + string(w.spareKey(by).ID)}
	}
	walk["renewRecoveryCodes"] = func(w *world, by *client) call {
		if by.actor.Account != "" {
			w.spareKey(by)
		}
		return call{path: "/v1/me/recovery-codes"}
	}
	second := (*world).secondLiaison
	secrets = append(secrets,
		secret{
			name: "a partner's second factor",
			story: func(w *world) map[string]*client {
				own := w.approvedOrganization().ID
				w.setPassword(w.member(domain.Partner, own))
				return map[string]*client{
					"anyone": w.anyone(), "its admin": w.member(domain.PartnerAdmin, own), "a colleague": w.another(domain.Partner, own, ""),
					"an admin": w.as(domain.Admin), "a liaison": w.as(domain.Liaison),
				}
			},
			happens: func(w *world) {
				id := w.column("SELECT organization FROM accounts WHERE role = 'partner' AND password <> '!'")[0]
				w.member(domain.Partner, domain.OrganizationID(id)).secures()
			},
		},
		secret{
			name: "an advisor's second factor and reset",
			story: func(w *world) map[string]*client {
				w.as(domain.Liaison)
				second(w)
				w.setPassword(w.speaker(w.advisorCalled("Marigold")))
				return map[string]*client{
					"anyone": w.anyone(), "another advisor": w.speaker(w.advisor()), "an admin": w.as(domain.Admin), "staff": w.as(domain.Staff),
				}
			},
			happens: func(w *world) {
				of := w.speaker(domain.AdvisorID(w.column("SELECT id FROM advisors WHERE alias = 'Marigold'")[0]))
				of.secures()
				for _, kind := range []string{"password", "second_factor"} {
					second(w).move("/v1/resets/"+w.mustReset(w.as(domain.Liaison), of, kind).want(201).str("id"), "confirm", nil).want(200)
					w.mustReset(w.as(domain.Liaison), of, kind).want(201) // one more, which waits
				}
			},
		})
}

// secures enrolls an authenticator app and a passkey, signs in by each, and makes
// recovery codes and drops the app.
func (c *client) secures() {
	w := c.w
	w.Helper()
	secret := c.post("/v1/me/factors/totp", nil).want(201).str("secret")
	code, err := onetime.Code(secret, w.clock.Now())
	must(w, err)
	app := c.post("/v1/me/factors/totp/confirm", map[string]string{"code": code}).want(201)
	w.signInWith(w.passkeyOf(c)).want(201)
	login := w.column("SELECT login FROM accounts WHERE id = '" + string(c.actor.Account) + "'")[0]
	w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": app.at("recovery_codes").([]any)[0].(string)}).want(201)
	c.post("/v1/me/recovery-codes", nil).want(201)
	c.do(http.MethodDelete, "/v1/me/factors/"+app.str("factor", "id"), nil).want(204)
}

// furtherSession is another session of somebody.
func (w *world) furtherSession(of *client) domain.ID[domain.Session] {
	w.Helper()
	if of.actor.Account == "" {
		of = w.as(domain.Staff)
	}
	a, err := w.system().Accounts.Get(w.Context(), of.actor.Account)
	must(w, err)
	s, err := domain.NewSession(a, domain.ByPassword, w.clock.Now())
	must(w, err)
	must(w, w.system().Sessions.Create(w.Context(), domain.EndSession, s))
	return s.ID
}

var goodHash = sync.OnceValues(func() (string, error) { return api.HashPassword(context.Background(), goodPassword) })

// setPassword lets somebody sign in with goodPassword, under the login returned.
func (w *world) setPassword(of *client) (login string) {
	w.Helper()
	if of.actor.Account == "" {
		return ""
	}
	hash, err := goodHash()
	must(w, err)
	a, err := w.system().Accounts.Update(w.Context(), domain.EditAccount, of.actor.Account, nil, func(_ *repository.Session, a *domain.Account) error {
		a.SetPassword(hash, false)
		return nil
	})
	must(w, err)
	return a.Login
}

// spareKey is a passkey of somebody, which answers nothing.
func (w *world) spareKey(of *client) *domain.Factor {
	w.Helper()
	f := domain.NewPasskey(of.actor.Account, "Spare", w.system().NewID(), domain.NewSecret("{}"))
	must(w, w.system().Factors.Create(w.Context(), domain.EnrollFactor, f))
	return f
}

// TestAnAccountOfTheOfficeDoesNothingWithoutASecondFactor tries, as every role
// that needs one, every operation of the contract.
func TestAnAccountOfTheOfficeDoesNothingWithoutASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login := w.withPassword(domain.Admin)
		a, err := w.system().Accounts.ByLogin(w.Context(), login)
		must(w, err)
		must(w, w.system().Factors.RemoveAll(w.Context(), a.ID))
		in := w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(201)
		if in.at("must_enroll") != true {
			t.Errorf("is not told to enroll: %s", in.Body)
		}
		as := w.signedInAs(in)
		w.anyone().get("/v1/me", as...).want(200)
		w.anyone().get("/v1/accounts", as...).want(403).fault("", "must_enroll")
		secret := w.anyone().post("/v1/me/factors/totp", nil, as...).want(201).str("secret")
		w.anyone().get("/v1/accounts", as...).want(403) // begun is not done
		code, err := onetime.Code(secret, w.clock.Now())
		must(w, err)
		w.anyone().post("/v1/me/factors/totp/confirm", map[string]string{"code": "000000"}, as...).want(422).fault("/code", "wrong")
		done := w.anyone().post("/v1/me/factors/totp/confirm", map[string]string{"code": code}, as...).want(201)
		if codes := done.at("recovery_codes").([]any); len(codes) != 10 {
			t.Errorf("%d recovery codes", len(codes))
		}
		w.anyone().get("/v1/accounts", as...).want(200) // the same session
		w.anyone().post("/v1/me/factors/totp/confirm", map[string]string{"code": code}, as...).want(409)
		w.member(domain.Partner, w.approvedOrganization().ID).post("/v1/me/factors/totp/confirm", map[string]string{"code": code}).want(404)
	})
}

// TestWhoHasYetToEnrollReadsAsAnyone asks, with an account of the office that has no
// second factor, for all that anyone may ask for, on every record.
func TestWhoHasYetToEnrollReadsAsAnyone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.recommendation(w.council(w.advisor()).ID, 2027, "Not issued.")
		w.drafted(w.caller(domain.Partner))
		w.consultation(domain.ConsultationOpen, everybody)
		w.consultation(domain.ConsultationDrafted, everybody)
		ids := idsOf(w, w)
		for _, role := range []domain.Role{domain.Staff, domain.Liaison, domain.Auditor} {
			yet := w.enrolling(role)
			for _, op := range openapi.Operations {
				if !op.Public || op.Method != http.MethodGet {
					continue
				}
				for _, path := range filledOnce(op.Path, ids) {
					got, anyone := withoutLimits(ask(yet, op.Method, path+query(op, ""), "")), withoutLimits(ask(w.anyone(), op.Method, path+query(op, ""), ""))
					if got != anyone {
						t.Errorf("GET %s tells %s\n%s\nand anyone\n%s", path, role, got, anyone)
					}
				}
			}
		}
	})
}

func TestTheSecondFactorIsAskedForAfterTheRightPasswordAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login := w.withPassword(domain.Staff)
		wrong := w.anyone().signIn(map[string]string{"login": login, "password": "wrong", "code": w.code()}).want(401)
		nobody := w.anyone().signIn(map[string]string{"login": "nobody@example.org", "password": "wrong", "code": w.code()}).want(401)
		if withoutRequestID(wrong) != withoutRequestID(nobody) || strings.Contains(string(wrong.Body), "code") {
			t.Errorf("a wrong password tells of the second factor: %s", wrong.Body)
		}
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(401).fault("/code", "second_factor_required")
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": "000000"}).want(401).fault("/code", "wrong")
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(401).fault("/code", "wrong") // replayed
		w.forward(onetime.Period)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201)
	})
}

func TestTwoAtOnceUseACodeOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.credentials(domain.Staff)
		var wg sync.WaitGroup
		var ok atomic.Int64
		for range 6 {
			wg.Go(func() {
				if w.anyone().signIn(in).Status == 201 {
					ok.Add(1)
				}
			})
		}
		wg.Wait()
		if ok.Load() != 1 {
			t.Errorf("one code let in %d", ok.Load())
		}
	})
}

func TestARecoveryCodeStandsForTheSecondFactorOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		login := w.setPassword(c)
		former := c.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)
		codes := c.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)
		sign := func(code any) *result {
			return w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": fmt.Sprint(code)})
		}
		sign(former[0]).want(401)
		sign(strings.ToLower(fmt.Sprint(codes[0]))).want(201)
		sign(codes[0]).want(401)
		if left := c.get("/v1/me/factors").want(200).at("recovery_codes_left"); left != 9.0 {
			t.Errorf("%v codes left", left)
		}
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		partner.post("/v1/me/recovery-codes", nil).want(409) // which factor would they stand for?
	})
}

func TestWhatIsSensitiveNeedsARecentProof(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		w.setPassword(c)
		w.forward(domain.ProofLife)
		key := "/v1/me/factors/" + string(w.spareKey(c).ID)
		try := func(want int) {
			t.Helper()
			for _, r := range []*result{
				c.post("/v1/me/recovery-codes", nil), c.post("/v1/me/factors/passkey-options", nil), c.do(http.MethodDelete, key, nil),
			} {
				if r.Status/100 != want/100 {
					t.Errorf("%s: %d", r.request, r.Status)
				}
			}
		}
		try(403)
		c.post("/v1/me/factors/totp", nil).want(403).fault("", "proof_required")
		c.post("/v1/me/proof", map[string]string{"password": "wrong", "code": w.code()}).want(422).fault("/password", "wrong")
		c.post("/v1/me/proof", map[string]string{"password": goodPassword}).want(422).fault("/code", "second_factor_required")
		c.post("/v1/me/proof", map[string]string{"password": goodPassword, "code": w.code()}).want(204)
		try(200)
	})
}

func TestTheLastFactorStaysWhereSomethingRestsOnIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Custodian)
		app := "/v1/me/factors/" + c.get("/v1/me/factors").want(200).items()[0]["id"].(string)
		c.do(http.MethodDelete, app, nil).want(409)
		c.post("/v1/me/factors/totp", nil).want(409) // it has one
		key := w.spareKey(c)
		c.do(http.MethodDelete, app, nil).want(204)
		c.do(http.MethodDelete, app, nil).want(404)
		c.do(http.MethodDelete, "/v1/me/factors/"+string(key.ID), nil).want(409)

		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		w.setPassword(partner)
		key = w.spareKey(partner)
		partner.post("/v1/me/password", map[string]string{"current_password": goodPassword, "password": "plum orb"}).want(204)
		partner.do(http.MethodDelete, "/v1/me/factors/"+string(key.ID), nil).want(409) // the password is too short to stand alone
		partner.post("/v1/me/password", map[string]string{"current_password": "plum orb", "password": goodPassword}).want(204)
		partner.do(http.MethodDelete, "/v1/me/factors/"+string(key.ID), nil).want(204)
		partner.post("/v1/me/password", map[string]string{"current_password": goodPassword, "password": "plum orb"}).want(422).fault("/password", "too_short")
	})
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login := w.withPassword(domain.Staff)
		one := w.signedInAs(w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201))
		w.forward(onetime.Period)
		two := w.signedInAs(w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201))
		change := func(current, next string) *result {
			return w.anyone().post("/v1/me/password", map[string]string{"current_password": current, "password": next}, one...)
		}
		change("wrong", "another long one nobody has").want(422).fault("/current_password", "wrong")
		change(goodPassword, "password1").want(422).fault("/password", "common")
		change(goodPassword, "another long one nobody has").want(204)
		w.anyone().get("/v1/me", one...).want(200)
		w.anyone().get("/v1/me", two...).want(401)
	})
}

// TestAPasswordThatOthersMayKnowEndsWhatTheyMayHaveMade changes a password as one does
// now and then, and as one does who fears somebody else.
func TestAPasswordThatOthersMayKnowEndsWhatTheyMayHaveMade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for n := range 4 {
			known, role := n%2 == 1, []domain.Role{domain.Admin, domain.Staff}[n/2] // one invites, the other has a calendar
			c := w.another(role, "", "")
			login := w.setPassword(c)
			subject := w.name("subject")
			c.links(subject)
			_, program := w.apiKey(c, domain.ReadReference)
			var calendar, invited string
			if role == domain.Admin {
				invited = c.post("/v1/invitations", map[string]any{"role": "staff"}).want(201).str("token")
			} else {
				calendar = c.calendar()
			}
			reset := w.as(domain.Admin).post("/v1/resets", map[string]string{"account_id": string(c.actor.Account), "kind": "password"}).want(201).str("token")
			w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201)
			w.forward(onetime.Period)
			change := map[string]any{"current_password": goodPassword, "password": "another long one nobody has", "known_to_others": known}
			c.post("/v1/me/password", change).want(204)

			still := func(stays, ends int) int {
				if known {
					return ends
				}
				return stays
			}
			if n := w.count("SELECT count(*) FROM devices WHERE account = '" + string(c.actor.Account) + "'"); (n == 0) != known {
				t.Errorf("%d devices are known", n)
			}
			c.get("/v1/me").want(still(200, 401)) // its tokens may have been copied
			w.anyone().post("/v1/resets/use", map[string]string{"token": reset, "password": goodPassword}).want(409)
			w.byIssuer(subject, withFactor).want(still(201, 401))
			program.get("/v1/countries").want(still(200, 401))
			if role == domain.Admin {
				w.anyone().post("/v1/invitations/accept", map[string]string{
					"token": invited, "login": fmt.Sprintf("new-%v@example.org", known), "name": "N", "password": goodPassword}).want(still(201, 409))
			} else {
				w.anyone().get(calendar).want(still(200, 404))
			}
			w.anyone().signIn(map[string]string{"login": login, "password": "another long one nobody has", "code": w.code()}).want(201)
			w.forward(onetime.Period)
		}
	})
}

func TestOnesOwnSessionsAndNobodyElses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, other := w.another(domain.Staff, "", ""), w.as(domain.Staff)
		second, third := w.furtherSession(c), w.furtherSession(c)
		all := c.get("/v1/sessions").want(200)
		if got := len(all.items()); got != 3 || strings.Contains(string(all.Body), "127.0.0.1") {
			t.Errorf("%d sessions: %s", got, all.Body)
		}
		current := 0
		for _, s := range all.items() {
			if s["current"] == true {
				current++
				if s["id"] != string(c.sid) {
					t.Errorf("takes %v for its own", s)
				}
			}
		}
		if current != 1 {
			t.Errorf("%d current sessions", current)
		}
		other.do(http.MethodDelete, "/v1/sessions/"+string(second), nil).want(404)
		c.do(http.MethodDelete, "/v1/sessions/"+string(second), nil).want(204)
		c.do(http.MethodDelete, "/v1/sessions/"+string(second), nil).want(404)
		c.post("/v1/sessions/end_others", nil).want(204)
		third2 := &client{w: w, actor: c.actor, sid: third}
		third2.get("/v1/me").want(401)
		c.get("/v1/me").want(200)
	})
}

func TestAQuickExitEndsEverythingAndAlwaysAnswersAlike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		login := w.setPassword(speaker)
		device := w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(201).str("device_token")
		again := func() *result {
			return w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "device_token": device}).want(201)
		}
		if tokens := again(); tokens.at("device_token") != nil {
			t.Error("a known device is given another token")
		}
		second := &client{w: w, actor: speaker.actor, sid: w.furtherSession(speaker)}
		first := speaker.post("/v1/sessions/quick-exit", nil).want(204)
		speaker.get("/v1/me").want(401)
		second.get("/v1/me").want(401)
		for _, c := range []*client{speaker, w.anyone()} {
			if got := c.post("/v1/sessions/quick-exit?devices=forget", nil).want(204); withoutLimits(got) != withoutLimits(first) {
				t.Errorf("a quick exit tells whether anything was open:\n%s\n%s", withoutLimits(got), withoutLimits(first))
			}
		}
		if tokens := again(); tokens.at("device_token") != nil {
			t.Error("without a session devices were forgotten")
		}
		third := &client{w: w, actor: speaker.actor, sid: w.furtherSession(speaker)}
		third.post("/v1/sessions/quick-exit?devices=forget", nil).want(204)
		if tokens := again(); tokens.at("device_token") == nil {
			t.Error("a device is known that was forgotten")
		}
	})
}

func TestAQuickExitTakesATokenThatHasExpired(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		other := &client{w: w, actor: speaker.actor, sid: w.furtherSession(speaker)}
		exit := func(token string) *result {
			return w.anyone().post("/v1/sessions/quick-exit", nil, "Authorization", "Bearer "+token).want(204)
		}
		former := speaker.bearer()
		w.forward(token.DefaultTTL)
		w.anyone().get("/v1/me", "Authorization", "Bearer "+former).want(401)
		exit(former[:len(former)-4] + "AAAA") // nobody's
		other.get("/v1/me").want(200)
		late := exit(former)
		other.get("/v1/me").want(401)
		speaker.get("/v1/me").want(401)
		third := &client{w: w, actor: speaker.actor, sid: w.furtherSession(speaker)}
		if got := exit(former); withoutLimits(got) != withoutLimits(late) {
			t.Errorf("told apart: %s %s", withoutLimits(got), withoutLimits(late))
		}
		third.get("/v1/me").want(200) // whose session has ended leaves nothing more
	})
}

func TestAQuickExitTakesATokenOfAFormerKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		other := &client{w: w, actor: speaker.actor, sid: w.furtherSession(speaker)}
		former := other.bearer()
		must(t, w.system().SigningKeys.Rotate(t.Context()))
		w.forward(domain.SessionLife - time.Minute)
		must(t, w.store.RotateWhenDue(t.Context(), 30*24*time.Hour))
		speaker.get("/v1/me").want(200)
		w.anyone().get("/v1/me", "Authorization", "Bearer "+former).want(401)
		w.anyone().post("/v1/sessions/quick-exit", nil, "Authorization", "Bearer "+former).want(204)
		speaker.get("/v1/me").want(401)
	})
}

func TestAQuickExitTakesNoNoticeOfWhomOneActsFor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, named := range []string{string(w.approvedOrganization().ID), "nobody's"} {
			c := w.member(domain.Partner, w.approvedOrganization().ID)
			other := &client{w: w, actor: c.actor, sid: w.furtherSession(c)}
			c.post("/v1/sessions/quick-exit", nil, "Acting-For", named).want(204)
			other.get("/v1/me").want(401)
		}
	})
}

// withoutLimits is an answer but for what it tells of its caller's own limits.
func withoutLimits(r *result) string {
	r.Header.Del("RateLimit")
	r.Header.Del("RateLimit-Policy")
	return withoutRequestID(r)
}

func TestAnotherDeviceIsToldOfInsideAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		login := w.setPassword(speaker)
		sign := func() { w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(201) }
		told := func() int {
			n := 0
			for _, e := range speaker.get("/v1/notices").want(200).column("event") {
				if e == "session.new_device" {
					n++
				}
			}
			return n
		}
		sign()
		if told() != 0 {
			t.Error("the first device is called another")
		}
		sign()
		if told() != 1 {
			t.Errorf("told %d times of a second device", told())
		}
	})
}

// TestWhoForgetsItsDevicesIsToldOfTheNext signs in from another device when none is
// known any more, and no sign-in is kept.
func TestWhoForgetsItsDevicesIsToldOfTheNext(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, forgets := range map[string]func(c *client){
			"a quick exit": func(c *client) { c.post("/v1/sessions/quick-exit?devices=forget", nil).want(204) },
			"a reset": func(c *client) {
				must(t, w.system().Tx(t.Context(), func(tx *repository.Session) error { return tx.Sever(t.Context(), c.actor.Account, "reset") }))
			},
		} {
			speaker := w.speaker(w.advisorCalled(name))
			in := map[string]string{"login": w.setPassword(speaker), "password": goodPassword}
			w.anyone().signIn(in).want(201)
			forgets(speaker)
			of := " WHERE account = '" + string(speaker.actor.Account) + "'"
			w.exec("DELETE FROM sessions" + of)
			again := w.anyone().signIn(in).want(201)
			told := w.anyone().get("/v1/notices", w.signedInAs(again)...).want(200).column("event")
			if !slices.Contains(told, "session.new_device") {
				t.Errorf("%s: told of %q", name, told)
			}
		}
	})
}

// TestWhoSignsInOtherwiseIsToldOfIt changes each way in, and looks that the account
// is told of each once, and of nothing that refused.
func TestWhoSignsInOtherwiseIsToldOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.another(domain.Staff, "", "")
		w.setPassword(c)
		w.passkeyOf(c)
		c.post("/v1/me/recovery-codes", nil).want(201)
		for _, f := range c.get("/v1/me/factors").want(200).items() {
			if f["kind"] == "passkey" {
				c.do(http.MethodDelete, "/v1/me/factors/"+f["id"].(string), nil).want(204)
			}
		}
		c.do(http.MethodDelete, c.links("one"), nil).want(204)
		to := map[string]string{"current_password": "wrong", "password": "a fresh one that nobody guesses"}
		c.post("/v1/me/password", to).want(422)
		to["current_password"] = goodPassword
		c.post("/v1/me/password", to).want(204)

		told := c.get("/v1/notices").want(200).column("event")
		slices.Sort(told)
		want := []string{"factor.enrolled", "factor.removed", "identity.linked", "identity.unlinked", "password.changed", "recovery_codes.renewed"}
		if !slices.Equal(told, want) {
			t.Errorf("told of %q", told)
		}
	})
}

// placeOf is another address, of those that are this machine's.
func placeOf(n int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 1, byte(n/250), byte(1+n%250))}
}

// from is a caller at another address, of those that are this machine's.
func (w *world) from(n int) func(in map[string]string) (status int) {
	caller := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: placeOf(n)}).DialContext}}
	return func(in map[string]string) int {
		body := fmt.Sprintf(`{"login":%q,"password":%q,"code":%q,"device_token":%q}`, in["login"], in["password"], in["code"], in["device_token"])
		res, err := caller.Post(w.url+"/v1/sessions", "application/json", strings.NewReader(body))
		must(w, err)
		defer res.Body.Close()
		return res.StatusCode
	}
}

// TestAThousandWrongPasswordsKeepNobodyOut tries them on one account from
// twenty-five addresses: most are refused unread, and the owner signs in from a device that is
// known, from an address that is not, and with a code. Five hundred more come from as
// many networks of one subscriber of IPv6.
func TestAThousandWrongPasswordsKeepNobodyOut(t *testing.T) {
	eachWith(t, behind, func(t *testing.T, w *world) {
		login := w.setPassword(w.speaker(w.advisor()))
		in := map[string]string{"login": login, "password": goodPassword}
		device := w.anyone().signIn(in).want(201).str("device_token")
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for address := range 25 {
			wg.Go(func() {
				try := w.from(address)
				for range 40 {
					guess := map[string]string{"login": login, "password": "wrong guess"}
					status := try(guess)
					for status == 503 { // too busy to look
						status = try(guess)
					}
					mu.Lock()
					got[status]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if got[401]+got[429] != 1000 || got[401] > 250 {
			t.Errorf("a thousand guesses: %v", got)
		}
		if status := w.from(0)(map[string]string{"login": login, "password": goodPassword}); status != 429 {
			t.Errorf("who guessed goes on: %d", status)
		}
		in["device_token"] = device
		if status := w.from(0)(in); status != 201 {
			t.Errorf("the owner's own device, at the address of one who guessed: %d", status)
		}
		delete(in, "device_token")
		if status := w.from(1000)(in); status != 201 {
			t.Errorf("the owner at a new address: %d", status)
		}

		login = w.setPassword(w.speaker(w.advisor()))
		in = map[string]string{"login": login, "password": goodPassword}
		device = w.anyone().signIn(in, "X-Forwarded-For", "192.0.2.1").want(201).str("device_token")
		got = map[int]int{}
		for n := range 500 {
			guess := map[string]string{"login": login, "password": "wrong guess"}
			got[w.anyone().signIn(guess, "X-Forwarded-For", fmt.Sprintf("2001:db8:1:%x::7", n)).Status]++
		}
		if got[401]+got[429] != 500 || got[401] > 120 {
			t.Errorf("five hundred guesses of one /48: %v", got)
		}
		w.anyone().signIn(in, "X-Forwarded-For", "2001:db8:1:ffff::1").want(429)
		w.anyone().signIn(in, "X-Forwarded-For", "2001:db8:2::1").want(201)
		in["device_token"] = device
		w.anyone().signIn(in, "X-Forwarded-For", "2001:db8:1:ffff::1").want(201)
	})
}

// TestCodesAreNotGuessedForEver tries codes beside the right password and beside an
// issuer's token, from many places: after a hundred that were wrong none of an app is
// taken from an unknown device, but its owner gets in by all else.
func TestCodesAreNotGuessedForEver(t *testing.T) {
	eachWith(t, behind, func(t *testing.T, w *world) {
		owner := w.another(domain.Staff, "", "")
		owner.links("owner")
		recovery := owner.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)
		key := w.passkeyOf(owner)
		place := 0
		by := func(in map[string]string, code any) *result { // each from another place
			place++
			in["code"] = fmt.Sprint(code)
			path := "/v1/sessions"
			if in["id_token"] != "" {
				path += "/issuer"
			}
			return w.anyone().post(path, in, "X-Forwarded-For", fmt.Sprintf("2001:db8:%x::1", place))
		}
		right := map[string]string{"login": w.setPassword(owner), "password": goodPassword}
		device := by(right, w.code()).want(201).str("device_token")
		known := map[string]string{"login": right["login"], "password": goodPassword, "device_token": device}
		issued := w.anyone().atIssuer("owner", nil)
		told := func() int64 {
			return w.count("SELECT count(*) FROM notices WHERE event = 'session.wrong_code' AND account = '" + string(owner.actor.Account) + "'")
		}
		w.forward(onetime.Period)
		guess := func(times int) {
			t.Helper()
			for n := range times {
				in := issued
				if n%5 == 0 {
					in = right
				}
				by(in, "000000").want(401).fault("/code", "wrong")
			}
		}
		guess(1)
		if told() != 1 {
			t.Errorf("the owner is told %d times of the first wrong code", told())
		}
		guess(99)
		closed := func() {
			t.Helper()
			by(right, w.code()).want(401).fault("/code", "recovery_code_required")
			by(issued, w.code()).want(401).fault("/code", "recovery_code_required")
		}
		closed()
		if told() != 1 {
			t.Errorf("the owner is told %d times", told())
		}
		w.signInWith(key).want(201)
		closed()
		by(known, w.code()).want(201)
		w.forward(onetime.Period)
		by(right, w.code()).want(201) // since one was right
		w.forward(onetime.Period)
		by(right, "000000").want(401).fault("/code", "wrong")
		if told() != 2 {
			t.Errorf("the owner is told %d times, and was in between", told())
		}

		w.exec("UPDATE accounts SET codes_tried = 100 WHERE id = '" + string(owner.actor.Account) + "'")
		closed()
		by(right, recovery[0]).want(201)
		by(issued, w.code()).want(201)
	})
}

// TestAGuessInATransactionIsCounted tries codes with idempotency keys, which take back
// what a refusal did.
func TestAGuessInATransactionIsCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.credentials(domain.Staff)
		in["code"] = "000000"
		for n := range 3 {
			w.anyone().signIn(in, "Idempotency-Key", fmt.Sprintf("a-guess-of-many-%d", n)).want(401)
		}
		if n := w.count("SELECT codes_tried FROM accounts WHERE login = '" + in["login"] + "'"); n != 3 {
			t.Errorf("%d are counted", n)
		}
	})
}

// TestAnOldHashIsMadeAnewAtSignIn keeps hashes as they were made once.
func TestAnOldHashIsMadeAnewAtSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old, err := password.PBKDF2.Hash(w.Context(), goodPassword)
		must(t, err)
		for _, kept := range []string{old, weakHash} {
			in := w.credentials(domain.Staff)
			w.exec("UPDATE accounts SET password = '" + kept + "' WHERE login = '" + in["login"] + "'")
			now := func() string { return w.column("SELECT password FROM accounts WHERE login = '" + in["login"] + "'")[0] }
			w.anyone().signIn(map[string]string{"login": in["login"], "password": "wrong", "code": in["code"]}).want(401)
			if now() != kept {
				t.Error("a wrong password changes what is kept")
			}
			w.anyone().signIn(in).want(201)
			made := now()
			if !strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$") {
				t.Errorf("%.40s is kept", made)
			}
			w.forward(onetime.Period)
			in["code"] = w.code()
			w.anyone().signIn(in).want(201)
			if now() != made {
				t.Error("what is strong is made anew")
			}
		}
	})
}

// weakHash is goodPassword by argon2id with 8 MiB and one pass.
const weakHash = "$argon2id$v=19$m=8192,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$fhO/P+LCRFBB3xju1u8EPPRq9XqpyiHWWjTgtiT8NwA"

func TestTooManyTriesSayWhenToTryAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		login := w.withPassword(domain.Staff)
		var answers [2][]string
		for range 12 {
			for i, name := range []string{login, "nobody@example.org"} {
				r := w.anyone().signIn(map[string]string{"login": name, "password": "wrong"})
				answers[i] = append(answers[i], withoutLimits(r))
				if r.Status == 429 && r.Header.Get("Retry-After") == "" {
					t.Error("refused without saying for how long")
				}
			}
		}
		if !slices.Equal(answers[0], answers[1]) {
			t.Error("the limit tells who has an account")
		}
		if !strings.HasPrefix(answers[0][11], "429") {
			t.Errorf("twelve tries: %s", answers[0][11])
		}
		w.forward(10 * time.Minute)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword, "code": w.code()}).want(201)
	})
}

// TestASignInNeverOutrunsAReset signs in again and again while the password is
// set: no session begun with the former one stands afterward.
func TestASignInNeverOutrunsAReset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		speaker := w.speaker(w.advisor())
		login := w.setPassword(speaker)
		fresh, err := api.HashPassword(w.Context(), "set by somebody else anew")
		must(w, err)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var begun []*result
		for range 3 {
			wg.Go(func() {
				r := w.anyone().signIn(map[string]string{"login": login, "password": goodPassword})
				mu.Lock()
				defer mu.Unlock()
				begun = append(begun, r)
			})
		}
		wg.Go(func() {
			_, err := w.system().Accounts.Update(w.Context(), domain.EditAccount, speaker.actor.Account, nil, func(tx *repository.Session, a *domain.Account) error {
				a.SetPassword(fresh, false)
				return tx.Sessions.EndAll(w.Context(), a.ID, "password reset")
			})
			must(w, err)
		})
		wg.Wait()
		for _, r := range begun {
			if r.Status == 201 {
				w.anyone().get("/v1/me", w.signedInAs(r)...).want(401)
			}
		}
	})
}

// TestWhoIsShutOutMeanwhileMakesNoWayBackIn asks a server that has just looked
// whether the session stands, as a request does that waits while somebody is shut
// out.
func TestWhoIsShutOutMeanwhileMakesNoWayBackIn(t *testing.T) {
	remembers := func(o *api.Options) { o.Freshness = time.Hour }
	eachWith(t, remembers, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			happens string
			want    int
		}{
			"the session is ended":     {"UPDATE sessions SET ended_at = '2026-03-02' WHERE account = '%s'", 401},
			"the account is suspended": {"UPDATE accounts SET stage = 'suspended' WHERE id = '%s'", 401},
			"nothing":                  {"UPDATE accounts SET name = 'A' WHERE id = '%s'", 201},
		} {
			officer, admin, other := w.another(domain.Staff, "", ""), w.another(domain.Admin, "", ""), w.another(domain.Staff, "", "")
			ways := map[*client]map[string]any{
				officer: {
					"/v1/api-keys": w.keyDraft("reference.read"), "/v1/me/identities": officer.atIssuer(w.name("subject"), nil),
					"/v1/me/factors/passkey": newAuthenticator(w).enroll(w, officer.post("/v1/me/factors/passkey-options", nil).want(201)),
					"/v1/calendar-feed":      nil,
				},
				admin: {
					"/v1/invitations":             map[string]string{"role": "staff"},
					"/v1/resets":                  map[string]string{"account_id": string(other.actor.Account), "kind": "password"},
					ownAccount(other) + "/grants": map[string]string{"role": "auditor", "reason": "Audits."},
				},
			}
			for by, bodies := range ways {
				by.get("/v1/me").want(200)
				w.exec(fmt.Sprintf(c.happens, by.actor.Account))
				for path, body := range bodies {
					if got := by.post(path, body); got.Status != c.want {
						t.Errorf("%s, meanwhile %s: %d %s", path, name, got.Status, got.Body)
					}
				}
			}
		}
		by := w.another(domain.Staff, "", "")
		by.get("/v1/me").want(200)
		w.exec("UPDATE accounts SET role = 'custodian' WHERE id = '" + string(by.actor.Account) + "'")
		by.post("/v1/api-keys", w.keyDraft("reference.read")).want(403)
	})
}

// TestAnAppIsConfirmedByWhoIsStillIn confirms an authenticator app after a quick
// exit elsewhere.
func TestAnAppIsConfirmedByWhoIsStillIn(t *testing.T) {
	remembers := func(o *api.Options) { o.Freshness = time.Hour }
	eachWith(t, remembers, func(t *testing.T, w *world) {
		by := w.member(domain.Partner, w.approvedOrganization().ID)
		secret := by.post("/v1/me/factors/totp", nil).want(201).str("secret")
		code, err := onetime.Code(secret, w.clock.Now())
		must(t, err)
		w.exec("UPDATE sessions SET ended_at = '2026-03-02' WHERE account = '" + string(by.actor.Account) + "'")
		by.post("/v1/me/factors/totp/confirm", map[string]string{"code": code}).want(401)
	})
}

// TestWhatOneInstanceEndsAnotherRefuses has two servers on one database, of which the
// other remembers a session for as long as servers do.
func TestWhatOneInstanceEndsAnotherRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, err := api.New(t.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test", Limits: unlimited()})
		must(w, err)
		handler := other.Handler()
		for name, end := range map[string]func(c *client){
			"a session ended": func(c *client) { c.do(http.MethodDelete, "/v1/sessions/current", nil).want(204) },
			"a quick exit":    func(c *client) { c.post("/v1/sessions/quick-exit", nil).want(204) },
			"a suspension": func(c *client) {
				w.as(domain.Admin).move(ownAccount(c), "suspend", map[string]string{"reason": "left"}).want(200)
			},
			"a changed role": func(c *client) {
				w.exec("UPDATE accounts SET role = 'auditor' WHERE id = '" + string(c.actor.Account) + "'")
			},
			"no factor anymore": func(c *client) { must(w, w.system().Factors.RemoveAll(w.Context(), c.actor.Account)) },
		} {
			t.Run(name, func(t *testing.T) {
				c := w.another(domain.Staff, "", "")
				ask := func() int {
					r := httptest.NewRequest(http.MethodGet, "/v1/tasks", nil)
					r.Header.Set("Authorization", "Bearer "+c.bearer())
					rec := httptest.NewRecorder()
					handler.ServeHTTP(rec, r)
					return rec.Code
				}
				if ask() != 200 {
					t.Fatal("is not let in to begin with")
				}
				end(c)
				began := time.Now()
				for ask() == 200 {
					if time.Since(began) > 2*time.Second {
						t.Fatal("goes on after two seconds")
					}
				}
			})
		}
	})
}
