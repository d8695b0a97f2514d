package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"accord/domain"
	"accord/internal/apikey"
	"accord/internal/dbtest"
	"accord/internal/password"
	"accord/internal/receipt"
	"accord/openapi"
	"accord/repository"
)

// work asks the server and returns beside the answer what it did for it: every
// statement, in order, and the cost of every hash. Time is what these take, and
// they can be compared without a clock.
func work(c *client, method, path, body string, headers ...string) (*result, string) {
	var did []string
	var hashed atomic.Int64
	ctx := repository.WithStatements(c.w.Context(), func(text string) { did = append(did, text) })
	r := request(c, method, path, body, headers...).WithContext(password.Counting(ctx, &hashed))
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, r)
	out := &result{w: c.w, request: method + " " + path, Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()}
	return out, fmt.Sprintf("%s\n%d KiB hashed", strings.Join(did, "\n"), hashed.Load())
}

// work does a call as work does a request.
func (k call) work(c *client, op openapi.Operation, headers ...string) (*result, string) {
	c.w.Helper()
	headers = append(append([]string{"Content-Type", op.ContentType}, k.headers...), headers...)
	return work(c, op.Method, k.path, asJSON(c.w, k.payload(op)), headers...)
}

// TestTwoWorldsDoTheSameWork asks what everybody may ask, in an office with a
// secret and in one without, as often as is allowed and then some. Not only what
// is answered is the same but what is done for it, so that no clock can tell.
func TestTwoWorldsDoTheSameWork(t *testing.T) {
	const login = "somebody@example.org"
	account := func(role domain.Role, stage string) func(w *world) {
		return func(w *world) {
			hash, err := goodHash()
			must(w, err)
			a, err := domain.NewAccount(domain.AccountDraft{Login: login, Name: "Somebody", Role: role, Password: hash})
			must(w, err)
			must(w, w.system().Accounts.Create(w.Context(), domain.EditAccount, a))
			giveFactor(w, w.system(), a)
			if stage != "" {
				w.exec("UPDATE accounts SET stage = '" + stage + "' WHERE id = '" + string(a.ID) + "'")
			}
		}
	}
	signIn := func(pw string) string { return fmt.Sprintf(`{"login":%q,"password":%q,"code":"000000"}`, login, pw) }
	receipts := func(w *world) {
		w.anonymous(consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID))
	}
	code := receipt.NewCode().Reveal()
	key, hash := apikey.New()
	withKey := func(change string) func(w *world) {
		return func(w *world) {
			path, _ := w.apiKey(w.another(domain.Staff, "", ""), domain.ReadReference)
			w.exec("UPDATE api_keys SET secret = '" + hash + "' WHERE id = '" + path[strings.LastIndex(path, "/")+1:] + "'")
			w.exec(change)
		}
	}
	const person = "person-1"
	linked := func(change string) func(w *world) {
		return func(w *world) {
			c := w.another(domain.Staff, "", "")
			c.links(person)
			w.exec("UPDATE accounts SET " + change + " WHERE id = '" + string(c.actor.Account) + "'")
		}
	}
	atIssuer := func(w, _ *world) string { return asJSON(w, w.anyone().atIssuer(person, withFactor)) }
	var devices sync.Map // by the world that may know them
	device := func(enrolled bool) func(w *world) {
		return func(w *world) {
			c := w.another(domain.Staff, "", "")
			d := w.passkeyOf(c)
			if !enrolled {
				d = newAuthenticator(w)
				d.handle = b64.EncodeToString([]byte("nobody's"))
			}
			devices.Store(w, d)
			w.exec("UPDATE accounts SET stage = 'suspended' WHERE id = '" + string(c.actor.Account) + "'")
		}
	}
	answer := func(w, of *world) string {
		d, _ := devices.Load(of)
		return asJSON(w, d.(*authenticator).signIn(w, w.anyone().post("/v1/sessions/passkey-options", nil).want(201)))
	}
	for _, s := range []sameWork{
		{"sign-in, an account", account(domain.Staff, ""), "/v1/sessions", signIn("a wrong one, as it happens"), "", nil},
		{"sign-in, an account without a second factor", account(domain.Auditor, ""), "/v1/sessions", signIn("a wrong one, as it happens"), "", nil},
		{"sign-in, a suspended account and its right password", account(domain.Staff, "suspended"), "/v1/sessions", signIn(goodPassword), "", nil},
		{"sign-in, a password that none could have", account(domain.Staff, ""), "/v1/sessions", signIn("short"), "", nil},
		{"sign-in, a device", account(domain.Staff, ""), "/v1/sessions", strings.Replace(signIn("wrong"), "{", `{"device_token":"guessed",`, 1), "", nil},
		{"asking for a reset, an account", account(domain.Staff, ""), "/v1/resets/request", `{"login":"` + login + `"}`, "", nil},
		{"using a reset, one that waits", func(w *world) { w.mustReset(w.as(domain.Admin), w.another(domain.Staff, "", ""), "password") },
			"/v1/resets/use", `{"token":"guessed","password":"entirely new words for it"}`, "", nil},
		{"accepting an invitation, one that waits", func(w *world) { w.invitation(w.as(domain.Admin)) },
			"/v1/invitations/accept", `{"token":"guessed","login":"new@example.org","name":"New","password":"entirely new words for it"}`, "", nil},
		{"reading a receipt, another's", receipts, "/v1/receipts/read", `{"code":"` + code + `"}`, "", nil},
		{"amending a receipt, another's", receipts, "/v1/receipts/amend", `{"code":"` + code + `","number":1,"answers":[]}`, "", nil},
		{"withdrawing a receipt, another's", receipts, "/v1/receipts/withdraw", `{"code":"` + code + `"}`, "", nil},
		{"writing at a receipt, another's", receipts, "/v1/receipts/messages", `{"code":"` + code + `","text":"Hello"}`, "", nil},
		{"an API key, one that is not to be used from here", withKey(`UPDATE api_keys SET ranges = '["198.51.100.0/24"]'`), "/v1/sessions/end_others", "", key, nil},
		{"an API key, one that is revoked", withKey("UPDATE api_keys SET revoked_at = created_at"), "/v1/sessions/end_others", "", key, nil},
		{"an API key, of somebody suspended", withKey("UPDATE accounts SET stage = 'suspended'"), "/v1/sessions/end_others", "", key, nil},
		{"an issuer's token, of somebody suspended", linked("stage = 'suspended'"), "/v1/sessions/issuer", "", "", atIssuer},
		{"an issuer's token, of who became an advisor", linked("role = 'advisor', advisor = 'a'"), "/v1/sessions/issuer", "", "", atIssuer},
		{"a passkey, another's", device(false), "/v1/sessions/passkey", "", "", answer},
		{"a passkey, of somebody suspended", device(true), "/v1/sessions/passkey", "", "", answer},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, migrate, func(t *testing.T, without string) {
				s.compare(t, without, func(told string) { t.Fatal(told) })
			})
		})
	}
}

// sameWork is what is asked of two offices, in one of which something is secret.
type sameWork struct {
	name  string
	world func(w *world) // what is there in one world alone
	path  string
	body  string
	key   string // an API key, with which it is asked
	// asks makes the body anew for each try, in a world that asks and that of the
	// secret; nil where it is always the same.
	asks func(w, secret *world) string
}

// compare asks in both worlds and tells, at the first try at which they can be told
// apart, by what.
func (s sameWork) compare(t *testing.T, without string, tell func(string)) {
	kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
	a, b := newWorld(t, without, nil), newWorld(t, dbtest.Open(t, kind, migrate), nil)
	s.world(b)
	body := func(w *world) string {
		if s.asks != nil {
			return s.asks(w, b)
		}
		return s.body
	}
	for n := range 12 {
		one, did := work(&client{w: a, key: s.key}, http.MethodPost, s.path, body(a), "Content-Type", "application/json")
		other, didToo := work(&client{w: b, key: s.key}, http.MethodPost, s.path, body(b), "Content-Type", "application/json")
		if one.Status >= 500 || withoutRequestID(one) != withoutRequestID(other) {
			tell(fmt.Sprintf("at try %d told apart:\n%s\n%s", n, withoutRequestID(one), withoutRequestID(other)))
			return
		}
		if did != didToo {
			tell(fmt.Sprintf("at try %d it does\n%s\nand where the secret is\n%s", n, did, didToo))
			return
		}
		guessed := strings.Contains(s.body, `"password":"`+goodPassword) || strings.Contains(s.body, `"password":"wrong`)
		if n == 0 && (!strings.Contains(did, "SELECT") || guessed && strings.HasSuffix(did, "\n0 KiB hashed")) {
			t.Fatalf("nothing was seen to be done: %s", did)
		}
	}
}

// TestTheComparisonOfWorkCanTell plays what does make a difference, in statements and in
// the cost of a hash, behind an answer that is the same.
func TestTheComparisonOfWorkCanTell(t *testing.T) {
	t.Parallel()
	const login = "somebody@example.org"
	known := func(change func(w *world, a *domain.Account)) func(w *world) {
		return func(w *world) {
			c := w.another(domain.Auditor, "", "")
			w.setPassword(c)
			a, err := w.system().Accounts.Get(w.Context(), c.actor.Account)
			must(w, err)
			w.exec("UPDATE accounts SET login = '" + login + "' WHERE id = '" + string(a.ID) + "'")
			change(w, a)
		}
	}
	for _, s := range []sameWork{
		{name: "a device that is known", path: "/v1/sessions", body: `{"login":"` + login + `","password":"wrong","device_token":"kept"}`,
			world: known(func(w *world, a *domain.Account) {
				hash := sha256.Sum256([]byte("kept"))
				must(w, w.system().Tx(w.Context(), func(tx *repository.Session) error {
					_, err := tx.KeepDevice(w.Context(), a.ID, hex.EncodeToString(hash[:]))
					return err
				}))
			})},
		{name: "a hash of another cost", path: "/v1/sessions", body: `{"login":"` + login + `","password":"wrong one, as it happens"}`,
			world: known(func(w *world, a *domain.Account) {
				hash, err := password.PBKDF2.Hash(w.Context(), goodPassword)
				must(w, err)
				w.exec("UPDATE accounts SET password = '" + hash + "' WHERE id = '" + string(a.ID) + "'")
			})},
	} {
		t.Run(s.name, func(t *testing.T) {
			dbtest.Each(t, migrate, func(t *testing.T, without string) {
				var told string
				s.compare(t, without, func(what string) { told = what })
				if !strings.Contains(told, "and where the secret is") {
					t.Errorf("not told by what is done: %q", told)
				}
			})
		})
	}
}
