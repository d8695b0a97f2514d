// Package oidc_test signs in to a real server by a real OpenID provider, that of
// zitadel/oidc with its in-memory store: authorization code with PKCE, as a front
// end does it.
package oidc_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

const (
	client   = "portal"
	callback = "custom://portal/callback"
	password = "verysecure" // of the provider's two people
)

// provide starts the provider and returns its address.
func provide(t *testing.T) string {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	issuer := "http://" + l.Addr().String()
	storage.RegisterClients(storage.NativeClient(client, callback))
	web := &http.Server{Handler: exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), nil, false)}
	go func() { _ = web.Serve(l) }()
	t.Cleanup(func() { _ = web.Close() })
	return issuer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// said is what a process wrote.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.b.Write(p) }
func (s *said) String() string              { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// office is a running server.
type office struct {
	*testing.T
	program, url string
	said         *said
}

// start builds the server and runs it on an embedded database, with the provider
// as its one issuer.
func start(t *testing.T, issuer string) *office {
	t.Helper()
	o := &office{T: t, program: filepath.Join(t.TempDir(), "accord"), said: &said{}}
	build := exec.Command("go", "build", "-o", o.program, "./cmd/accord")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "issuers.json")
	must(t, os.WriteFile(file, fmt.Appendf(nil, `{"issuers":[{
		"name":"office","label":"Office sign-in","issuer":%q,"client_id":%q,"scopes":["openid"],"max_age":3600,
		"roles":{"*":["admin"]},"private":["127.0.0.0/8"],"plain":true}]}`, issuer, client), 0o600))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	must(t, l.Close())
	server := exec.Command(o.program, "serve", "--listen", address, "--data", filepath.Join(t.TempDir(), "data"), "--issuers-file", file)
	server.Stdout, server.Stderr = o.said, o.said
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", o.said)
		}
	})
	o.url = "http://" + address
	for range 600 {
		if res, err := http.Get(o.url + "/readyz"); err == nil {
			said, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err == nil && strings.Contains(string(said), `"office":"ok"`) { // it has asked the provider
				return o
			}
		}
		select {
		case <-t.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("the server doesn't answer, or doesn't know the provider")
	return nil
}

var firstToken = regexp.MustCompile(`"token":"([^"]+)"`)

// ask calls the API and returns what it answers, which must have the status.
func (o *office) ask(method, path, token string, body any, want int) (out map[string]any) {
	o.Helper()
	var raw []byte
	if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(o.T, err)
	}
	r, err := http.NewRequestWithContext(o.Context(), method, o.url+path, bytes.NewReader(raw))
	must(o.T, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	must(o.T, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	must(o.T, err)
	if res.StatusCode != want {
		o.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, want, answer)
	}
	if len(answer) > 0 {
		must(o.T, json.Unmarshal(answer, &out))
	}
	return out
}

// web goes where it is sent by hand, as what stands in for a browser.
var web = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// visit returns where an answer leads.
func (o *office) visit(res *http.Response, err error) *url.URL {
	o.Helper()
	must(o.T, err)
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		page, _ := io.ReadAll(res.Body)
		o.Fatalf("%s leads nowhere: %d %s", res.Request.URL, res.StatusCode, page)
	}
	return to
}

// bring signs a person in at the provider and returns what the front end brings
// to the server. token is the access token of who links an account.
func (o *office) bring(person, token string) map[string]any {
	o.Helper()
	issuer := o.ask("GET", "/v1/sessions/issuers", "", nil, 200)["items"].([]any)[0].(map[string]any)
	asked := o.ask("POST", "/v1/sessions/issuer-options", token, map[string]any{"issuer": issuer["name"]}, 201)
	proof, state := rand.Text()+rand.Text(), rand.Text()
	challenge := sha256.Sum256([]byte(proof))
	at := o.visit(web.Get(issuer["authorization_endpoint"].(string) + "?" + url.Values{
		"client_id": {issuer["client_id"].(string)}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
		"state": {state}, "nonce": {asked["nonce"].(string)}, "max_age": {fmt.Sprint(issuer["max_age"])},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode()))
	page := at.Scheme + "://" + at.Host + at.Path
	at = o.visit(web.PostForm(page, url.Values{"id": {at.Query().Get("authRequestID")}, "username": {person}, "password": {password}}))
	at = o.visit(web.Get(at.String()))
	if at.Query().Get("state") != state || !strings.HasPrefix(at.String(), callback) {
		o.Fatalf("led back to %s", at)
	}
	trade := url.Values{"grant_type": {"authorization_code"}, "code": {at.Query().Get("code")}, "redirect_uri": {callback},
		"client_id": {client}, "code_verifier": {proof}}
	res, err := web.PostForm(issuer["token_endpoint"].(string), trade)
	must(o.T, err)
	defer res.Body.Close()
	var tokens struct {
		ID string `json:"id_token"`
	}
	must(o.T, json.NewDecoder(res.Body).Decode(&tokens))
	if res.StatusCode != http.StatusOK || tokens.ID == "" {
		o.Fatalf("the provider gives no token: %d", res.StatusCode)
	}
	return map[string]any{"id_token": tokens.ID, "verifier": asked["verifier"]}
}

func with(in map[string]any, more ...string) map[string]any {
	for i := 0; i+1 < len(more); i += 2 {
		in[more[i]] = more[i+1]
	}
	return in
}

// TestARealProviderSignsPeopleIn claims the first account by the provider's word,
// signs in by it, enrolls a second factor, and is asked for it from then on.
func TestARealProviderSignsPeopleIn(t *testing.T) {
	issuer := provide(t)
	o := start(t, issuer)
	one := "test-user@" + "127.0.0.1"
	if issuer := o.ask("GET", "/v1/sessions/issuers", "", nil, 200)["items"].([]any)[0].(map[string]any); issuer["available"] != true {
		t.Fatalf("the provider is not available: %v", issuer)
	}
	o.ask("POST", "/v1/sessions/issuer", "", o.bring(one, ""), 401) // nobody linked it
	token := firstToken.FindStringSubmatch(o.said.String())[1]
	o.ask("POST", "/v1/invitations/accept", "", with(o.bring(one, ""), "token", token, "login", "first@office.example", "name", "First"), 201)

	brought := o.bring(one, "")
	in := o.ask("POST", "/v1/sessions/issuer", "", brought, 201)
	access := in["access_token"].(string)
	if in["must_enroll"] != true {
		t.Errorf("the provider's password is taken for two factors: %v", in)
	}
	o.ask("POST", "/v1/sessions/issuer", "", brought, 401) // once
	if me := o.ask("GET", "/v1/me", access, nil, 200); me["role"] != "admin" || me["login"] != "first@office.example" {
		t.Errorf("signed in as %v", me)
	}

	secret := o.ask("POST", "/v1/me/factors/totp", access, nil, 201)["secret"].(string)
	app := exec.Command(o.program, "code")
	app.Stdin = strings.NewReader(secret)
	code, err := app.Output()
	must(t, err)
	codes := o.ask("POST", "/v1/me/factors/totp/confirm", access, map[string]string{"code": strings.TrimSpace(string(code))}, 201)["recovery_codes"].([]any)
	brought = o.bring(one, "")
	o.ask("POST", "/v1/sessions/issuer", "", brought, 401)
	in = o.ask("POST", "/v1/sessions/issuer", "", with(brought, "code", codes[0].(string)), 201)
	access = in["access_token"].(string)
	o.ask("GET", "/v1/accounts", access, nil, 200)

	// Another person of the provider is another identity, and of no role that an
	// invitation to staff gives.
	o.ask("POST", "/v1/sessions/issuer", "", o.bring("test-user2", ""), 401)
	o.ask("POST", "/v1/me/identities", access, o.bring("test-user2", access), 409)
	invited := o.ask("POST", "/v1/invitations", access, map[string]string{"role": "staff"}, 201)["token"].(string)
	o.ask("POST", "/v1/invitations/accept", "", with(o.bring("test-user2", ""), "token", invited, "login", "second@office.example", "name", "Second"), 422)

	identity := o.ask("GET", "/v1/me/identities", access, nil, 200)["items"].([]any)[0].(map[string]any)
	if identity["issuer"] != issuer {
		t.Errorf("linked to %v", identity)
	}
	o.ask("DELETE", "/v1/me/identities/"+identity["id"].(string), access, nil, 204)
	o.ask("POST", "/v1/sessions/issuer", "", with(o.bring(one, ""), "code", codes[1].(string)), 401)
	if strings.Contains(o.said.String(), "eyJ") {
		t.Error("the server's log holds a token")
	}
}
