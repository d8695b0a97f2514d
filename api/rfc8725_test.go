package api_test

import (
	"net/http"
	"strings"
	"testing"

	"accord/domain"
	"accord/internal/token"
	"accord/internal/token/forge"
)

// mint is the server's own, as somebody has it who has the key that signs.
func (w *world) mint(of *client) forge.Mint {
	w.Helper()
	ring, err := w.store.KeyRing(w.Context())
	must(w, err)
	return forge.Mint{
		Signer: ring.Signer, KeyID: ring.Kids[0], Issuer: "http://accord.test", Audience: "http://accord.test",
		Subject: string(of.actor.Account), Session: string(of.sid), Client: "accord", At: w.clock.Now(), TTL: token.DefaultTTL,
	}
}

// refusedAlike fails unless a bearer token is refused as any nonsense is.
func (w *world) refusedAlike(name, bearer string) {
	w.Helper()
	if strings.ContainsAny(bearer, "\n\r") || strings.TrimSpace(bearer) != bearer {
		return // no client can send it
	}
	ask := func(bearer string) string {
		return withoutRequestID(w.anyone().get("/v1/me", "Authorization", "Bearer "+bearer).want(http.StatusUnauthorized))
	}
	if got, nonsense := ask(bearer), ask("nonsense"); got != nonsense {
		w.Errorf("%s: told apart from nonsense:\n%s\n%s", name, got, nonsense)
	}
}

// TestRFC8725OverHTTP sends the forgeries of every section to the server, signed
// with its own key and for a session that stands.
func TestRFC8725OverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.as(domain.Admin)
		m := w.mint(w.another(domain.Staff, "", ""))
		w.anyone().get("/v1/me", "Authorization", "Bearer "+m.Good()).want(200)
		before := w.auditEntries()
		for _, f := range m.Forgeries() {
			w.refusedAlike(f.Section+" "+f.Name, f.Token)
		}
		// What only the server can tell: whose session it is, and whether there is one.
		for name, change := range map[string]func(*forge.Mint){
			"3.8 another's account":  func(m *forge.Mint) { m.Subject = string(other.actor.Account) },
			"3.8 another's session":  func(m *forge.Mint) { m.Session = string(other.sid) },
			"3.10 a session of none": func(m *forge.Mint) { m.Session = absentID },
			"3.10 a session of SQL":  func(m *forge.Mint) { m.Session = "' OR '1'='1" },
			"3.10 an account of SQL": func(m *forge.Mint) { m.Subject = "' OR '1'='1" },
		} {
			forged := m
			change(&forged)
			w.refusedAlike(name, forged.Good())
		}
		if w.auditEntries() != before {
			t.Error("a refused token changed something")
		}
		w.anyone().get("/v1/me", "Authorization", "bearer "+m.Good()).want(200) // RFC 9110, section 11.1
		for _, value := range []string{"Basic " + m.Good(), "DPoP " + m.Good(), m.Good(), "Bearer", "Bearer  " + m.Good(), "Bearer " + m.Good() + "," + m.Good()} {
			w.anyone().get("/v1/me", "Authorization", value).want(401)
		}
	})
}

// TestNoCredentialServesForAnother takes what is given for one purpose to the
// doors of all the others (RFC 8725, section 3.12).
func TestNoCredentialServesForAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		tokens := w.anyone().signIn(map[string]string{"login": w.setPassword(staff), "password": goodPassword, "code": w.code()}).want(201)
		_, invitation := w.invitation(w.as(domain.Admin))
		code := w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
		mine := map[string]string{
			"access":     tokens.str("access_token"),
			"refresh":    tokens.str("refresh_token"),
			"device":     tokens.str("device_token"),
			"recovery":   staff.post("/v1/me/recovery-codes", nil).want(201).at("recovery_codes").([]any)[0].(string),
			"invitation": invitation,
			"reset":      w.mustReset(w.as(domain.Admin), w.another(domain.Staff, "", ""), "password").want(201).str("token"),
			"receipt":    code,
			"statement":  w.anyone().post("/v1/receipts/read", map[string]string{"code": code}).want(200).str("receipt", "statement"),
			"calendar":   strings.TrimPrefix(staff.calendar(), "/v1/calendars/"),
			"file":       strings.TrimPrefix(staff.link(w.documentFor(staff)), "/v1/files/"),
		}
		doors := map[string]func(raw string) *result{
			"access": func(raw string) *result { return w.anyone().get("/v1/me", "Authorization", "Bearer "+raw) },
			"refresh": func(raw string) *result {
				return w.anyone().post("/v1/sessions/refresh", map[string]string{"refresh_token": raw})
			},
			"invitation": func(raw string) *result {
				return w.anyone().post("/v1/invitations/accept", map[string]string{"token": raw, "login": w.name("x") + "@example.org", "name": "New", "password": goodPassword})
			},
			"reset": func(raw string) *result {
				return w.anyone().post("/v1/resets/use", map[string]string{"token": raw, "password": "entirely new words for it"})
			},
			"receipt": func(raw string) *result { return w.anyone().post("/v1/receipts/read", map[string]string{"code": raw}) },
			"statement": func(raw string) *result {
				return w.anyone().post("/v1/receipts/verify", map[string]string{"statement": raw})
			},
			"calendar": func(raw string) *result { return w.anyone().get("/v1/calendars/" + raw) },
			"file":     func(raw string) *result { return w.anyone().get("/v1/files/" + raw) },
		}
		for kind, raw := range mine {
			if raw == "" {
				t.Errorf("there is no %s", kind)
			}
			for door, try := range doors {
				got := try(strings.TrimSuffix(raw, ".ics"))
				if door != kind && got.Status < 400 && got.at("valid") != false {
					t.Errorf("%s is let in at the door of %s: %s", kind, door, got.Body)
				}
			}
		}
	})
}
