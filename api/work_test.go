package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
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

// ofID is where a statement that is read raw is told with the id in it.
var ofID = regexp.MustCompile(`\bid = ["'][0-9a-f-]*["']`)

// work asks the server and returns beside the answer what it did for it: every
// statement, in order, and the cost of every hash. Time is what these take, and
// they can be compared without a clock.
func work(c *client, method, path, body string, headers ...string) (*result, string) {
	var did []string
	var hashed atomic.Int64
	ctx := repository.WithStatements(c.w.Context(), func(text string) { did = append(did, ofID.ReplaceAllString(text, "id = ?")) })
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
	for _, s := range []struct {
		name  string
		world func(w *world) // what is there in one world alone
		path  string
		body  string
		key   string // an API key, with which it is asked
	}{
		{"sign-in, an account", account(domain.Staff, ""), "/v1/sessions", signIn("a wrong one, as it happens"), ""},
		{"sign-in, an account without a second factor", account(domain.Auditor, ""), "/v1/sessions", signIn("a wrong one, as it happens"), ""},
		{"sign-in, a suspended account and its right password", account(domain.Staff, "suspended"), "/v1/sessions", signIn(goodPassword), ""},
		{"sign-in, a password that none could have", account(domain.Staff, ""), "/v1/sessions", signIn("short"), ""},
		{"sign-in, a device", account(domain.Staff, ""), "/v1/sessions", strings.Replace(signIn("wrong"), "{", `{"device_token":"guessed",`, 1), ""},
		{"asking for a reset, an account", account(domain.Staff, ""), "/v1/resets/request", `{"login":"` + login + `"}`, ""},
		{"using a reset, one that waits", func(w *world) { w.mustReset(w.as(domain.Admin), w.another(domain.Staff, "", ""), "password") },
			"/v1/resets/use", `{"token":"guessed","password":"entirely new words for it"}`, ""},
		{"accepting an invitation, one that waits", func(w *world) { w.invitation(w.as(domain.Admin)) },
			"/v1/invitations/accept", `{"token":"guessed","login":"new@example.org","name":"New","password":"entirely new words for it"}`, ""},
		{"reading a receipt, another's", receipts, "/v1/receipts/read", `{"code":"` + code + `"}`, ""},
		{"amending a receipt, another's", receipts, "/v1/receipts/amend", `{"code":"` + code + `","number":1,"answers":[]}`, ""},
		{"withdrawing a receipt, another's", receipts, "/v1/receipts/withdraw", `{"code":"` + code + `"}`, ""},
		{"writing at a receipt, another's", receipts, "/v1/receipts/messages", `{"code":"` + code + `","text":"Hello"}`, ""},
		{"an API key, one that is not to be used from here", withKey(`UPDATE api_keys SET ranges = '["198.51.100.0/24"]'`), "/v1/sessions/end_others", "", key},
		{"an API key, one that is revoked", withKey("UPDATE api_keys SET revoked_at = created_at"), "/v1/sessions/end_others", "", key},
		{"an API key, of somebody suspended", withKey("UPDATE accounts SET stage = 'suspended'"), "/v1/sessions/end_others", "", key},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, migrate, func(t *testing.T, without string) {
				kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
				a, b := newWorld(t, without, nil), newWorld(t, dbtest.Open(t, kind, migrate), nil)
				s.world(b)
				for n := range 12 {
					one, did := work(&client{w: a, key: s.key}, http.MethodPost, s.path, s.body, "Content-Type", "application/json")
					other, didToo := work(&client{w: b, key: s.key}, http.MethodPost, s.path, s.body, "Content-Type", "application/json")
					if one.Status >= 500 || withoutRequestID(one) != withoutRequestID(other) {
						t.Errorf("at try %d told apart:\n%s\n%s", n, withoutRequestID(one), withoutRequestID(other))
					}
					if did != didToo {
						t.Fatalf("at try %d it does\n%s\nand where the secret is\n%s", n, did, didToo)
					}
					guessed := strings.Contains(s.body, `"password":"`+goodPassword) || strings.Contains(s.body, `"password":"wrong`)
					if n == 0 && (!strings.Contains(did, "SELECT") || guessed && strings.HasSuffix(did, "\n0 KiB hashed")) {
						t.Fatalf("nothing was seen to be done: %s", did)
					}
				}
			})
		})
	}
}
