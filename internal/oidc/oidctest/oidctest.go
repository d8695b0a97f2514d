// Package oidctest is an OpenID provider for tests: it publishes itself and its
// keys over real HTTP, and signs whatever it is told to.
package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"accord/internal/oidc"
)

// Provider is a provider at a loopback address.
type Provider struct {
	URL string
	t   testing.TB
	now func() time.Time

	mu    sync.Mutex
	key   crypto.Signer
	kid   string
	named string
	set   []jwkset.JWKMarshal
	raw   string
	down  bool
	asked int
	hang  *Hang
}

// Hang is a provider that takes requests and answers none.
type Hang struct {
	// Begun is sent to when a request begins to hang.
	Begun chan struct{}

	over chan struct{}
	end  sync.Once
	mu   sync.Mutex
	now  int
}

// Hanging is how many requests hang now.
func (h *Hang) Hanging() int { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

// End has those that hang answered.
func (h *Hang) End() { h.end.Do(func() { close(h.over) }) }

func (h *Hang) hold(r *http.Request) {
	count := func(n int) { h.mu.Lock(); defer h.mu.Unlock(); h.now += n }
	count(1)
	defer count(-1)
	h.Begun <- struct{}{}
	select {
	case <-h.over:
	case <-r.Context().Done():
	}
}

// New starts a provider by a clock, which signs with ES256.
func New(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, now: now}
	server := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(server.Close)
	p.URL, p.named = server.URL, server.URL
	p.Rotate()
	return p
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked++
	hang := p.hang
	p.mu.Unlock()
	if hang != nil {
		hang.hold(r)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.down:
		http.Error(w, "down", http.StatusServiceUnavailable)
	case r.URL.Path == "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.named, "jwks_uri": p.URL + "/keys",
			"authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		})
	case r.URL.Path == "/keys" && p.raw != "":
		_, _ = w.Write([]byte(p.raw))
	case r.URL.Path == "/keys":
		_ = json.NewEncoder(w).Encode(jwkset.JWKSMarshal{Keys: p.set})
	default:
		http.NotFound(w, r)
	}
}

// Config is a configuration that believes the provider for a client "portal".
func (p *Provider) Config(name string, roles ...string) oidc.Config {
	return oidc.Config{
		Name: name, Label: "Sign-in of " + name, Issuer: p.URL, ClientID: "portal", Algorithms: []string{"ES256"},
		Scopes: []string{"openid"}, MaxAge: 3600, Roles: map[string][]string{"*": roles},
		SecondFactor: oidc.SecondFactor{AMR: []string{"mfa"}, ACR: []string{"urn:high"}},
		Private:      []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Plain: true,
	}
}

// Rotate signs with a new key from now on and publishes no other.
func (p *Provider) Rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Use(key, rand.Text())
}

// Use signs with a key from now on and publishes no other.
func (p *Provider) Use(key crypto.Signer, kid string) {
	public, err := jwkset.NewJWKFromKey(key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: kid, USE: jwkset.UseSig}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.kid, p.set = key, kid, []jwkset.JWKMarshal{public.Marshal()}
}

// KeyID is the name of the key that signs.
func (p *Provider) KeyID() string { p.mu.Lock(); defer p.mu.Unlock(); return p.kid }

// Publish answers with this text where its keys are asked for; its own if empty.
func (p *Provider) Publish(raw string) { p.mu.Lock(); defer p.mu.Unlock(); p.raw = raw }

// Keys are the keys that it publishes, as JSON.
func (p *Provider) Keys() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	b, err := json.Marshal(jwkset.JWKSMarshal{Keys: p.set})
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// Call has it call itself by another name.
func (p *Provider) Call(name string) { p.mu.Lock(); defer p.mu.Unlock(); p.named = name }

// Down has it answer nobody, or everybody again.
func (p *Provider) Down(down bool) { p.mu.Lock(); defer p.mu.Unlock(); p.down = down }

// Hang has it answer nobody from now on until the end of the hang.
func (p *Provider) Hang() *Hang {
	h := &Hang{Begun: make(chan struct{}, 100), over: make(chan struct{})}
	p.t.Cleanup(h.End) // before the server waits for what hangs
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hang = h
	return h
}

// Asked is how many requests it had.
func (p *Provider) Asked() int { p.mu.Lock(); defer p.mu.Unlock(); return p.asked }

// Claims are those of a good token of now for a subject, with what is changed in
// them; nil takes a claim out.
func (p *Provider) Claims(subject, nonce string, changed map[string]any) map[string]any {
	now := p.now().Unix()
	out := map[string]any{
		"iss": p.URL, "sub": subject, "aud": "portal", "nonce": nonce, "iat": now, "exp": now + 300, "auth_time": now,
	}
	maps.Copy(out, changed)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// Token signs a good token of now for a subject, with what is changed in it.
func (p *Provider) Token(subject, nonce string, changed map[string]any) string {
	claims, err := json.Marshal(p.Claims(subject, nonce, changed))
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Sign(p.Header(), string(claims))
}

// Header is that of a good token.
func (p *Provider) Header() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, methodOf(p.key).Alg(), p.kid)
}

func methodOf(key crypto.Signer) jwt.SigningMethod {
	switch key.(type) {
	case *rsa.PrivateKey:
		return jwt.SigningMethodRS256
	case ed25519.PrivateKey:
		return jwt.SigningMethodEdDSA
	}
	return jwt.SigningMethodES256
}

// Sign signs the text of a header and of claims, whatever they are.
func (p *Provider) Sign(header, claims string) string {
	p.mu.Lock()
	key := p.key
	p.mu.Unlock()
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
	signature, err := methodOf(key).Sign(text, key)
	if err != nil {
		p.t.Fatal(err)
	}
	return text + "." + b64.EncodeToString(signature)
}

var b64 = base64.RawURLEncoding
