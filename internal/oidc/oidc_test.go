package oidc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/oidc"
	"accord/internal/oidc/oidctest"
)

// clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) forward(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// trusted is a provider, what believes it, and their clock.
func trusted(t testing.TB, set ...func(*oidc.Config)) (*oidctest.Provider, oidc.Issuers, *clock) {
	t.Helper()
	at := &clock{now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
	p := oidctest.New(t, at.Now)
	c := p.Config("office", "staff")
	for _, set := range set {
		set(&c)
	}
	return p, oidc.Issuers{oidc.New(c, at.Now, slog.New(slog.DiscardHandler))}, at
}

func verify(t testing.TB, all oidc.Issuers, raw string) (oidc.Claims, error) {
	t.Helper()
	_, c, err := all.Verify(t.Context(), raw)
	if err != nil && (!errors.Is(err, oidc.ErrRefused) || err.Error() != oidc.ErrRefused.Error() || oidc.Reason(err) == "") {
		t.Errorf("refused otherwise than all: %v", err)
	}
	return c, err
}

func good(t testing.TB, all oidc.Issuers, raw string) oidc.Claims {
	t.Helper()
	c, err := verify(t, all, raw)
	if err != nil {
		t.Errorf("refused: %s", oidc.Reason(err))
	}
	return c
}

func refused(t testing.TB, all oidc.Issuers, raw string) {
	t.Helper()
	if c, err := verify(t, all, raw); err == nil {
		t.Errorf("accepted as %+v: %s", c, raw)
	}
}

func TestAGoodTokenSaysWhoItIs(t *testing.T) {
	p, all, at := trusted(t)
	c := good(t, all, p.Token("person-1", "n", nil))
	if c.Subject != "person-1" || c.Nonce != "n" || !c.AuthTime.Equal(at.Now()) || c.SecondFactor || !slices.Equal(c.Roles, []string{"staff"}) {
		t.Errorf("%+v", c)
	}
}

func TestEveryAlgorithmOfAnIssuerVerifiesAndNoOther(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]crypto.Signer{"RS256": rsaKey, "ES256": ecKey, "EdDSA": edKey}
	for algorithm := range keys {
		for other, key := range keys {
			p, all, _ := trusted(t, func(c *oidc.Config) { c.Algorithms = []string{algorithm} })
			p.Use(key, "k")
			raw := p.Token("person-1", "n", nil)
			if algorithm == other {
				good(t, all, raw)
			} else {
				refused(t, all, raw)
			}
		}
	}
}

// swap changes a part of a text that must be there.
func swap(t testing.TB, text, part, by string) string {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("no %s in %s", part, text)
	}
	return strings.Replace(text, part, by, 1)
}

// TestATokenThatIsNotToTheLetterIsRefused signs each with the issuer's own key.
func TestATokenThatIsNotToTheLetterIsRefused(t *testing.T) {
	p, all, at := trusted(t, func(c *oidc.Config) { c.Audiences = []string{"reports"}; c.RoleClaim = "groups" })
	h, b := p.Header(), text(t, p.Claims("person-1", "n", nil))
	now := at.Now().Unix()
	iat, exp := fmt.Sprintf(`"iat":%d`, now), fmt.Sprintf(`"exp":%d`, now+300)
	headers := map[string]string{
		"none":                  swap(t, h, "ES256", "none"),
		"HS256":                 swap(t, h, "ES256", "HS256"),
		"RS256":                 swap(t, h, "ES256", "RS256"),
		"alg in case":           swap(t, h, "ES256", "es256"),
		"no alg":                swap(t, h, `"alg":"ES256",`, ``),
		"an access token's typ": swap(t, h, `"JWT"`, `"at+jwt"`),
		"a logout token's typ":  swap(t, h, `"JWT"`, `"logout+jwt"`),
		"no kid":                swap(t, h, `"kid":"`+kidOf(h)+`",`, ``),
		"kid of no key":         swap(t, h, kidOf(h), "another"),
		"kid twice":             swap(t, h, `{`, `{"kid":"another",`),
		"jku":                   swap(t, h, `{`, `{"jku":"`+p.URL+`/keys",`),
		"jwk":                   swap(t, h, `{`, `{"jwk":{},`),
		"x5u":                   swap(t, h, `{`, `{"x5u":"`+p.URL+`",`),
		"x5c":                   swap(t, h, `{`, `{"x5c":[],`),
		"crit":                  swap(t, h, `{`, `{"crit":["exp"],`),
		"b64":                   swap(t, h, `{`, `{"b64":false,`),
		"cty":                   swap(t, h, `{`, `{"cty":"JWT",`),
		"not an object":         `[]`,
		"empty":                 ``,
	}
	claims := map[string]string{
		"another issuer":          swap(t, b, p.URL, "https://evil.example"),
		"an issuer with a slash":  swap(t, b, p.URL, p.URL+"/"),
		"no iss":                  swap(t, b, `"iss":"`+p.URL+`",`, ``),
		"another audience":        swap(t, b, `"portal"`, `"elsewhere"`),
		"no audience":             swap(t, b, `"aud":"portal",`, ``),
		"an empty audience":       swap(t, b, `"portal"`, `[]`),
		"a trusted audience only": swap(t, b, `"portal"`, `"reports"`),
		"an audience too many":    swap(t, b, `"portal"`, `["portal","elsewhere"],"azp":"portal"`),
		"two audiences, no azp":   swap(t, b, `"portal"`, `["portal","reports"]`),
		"azp another's":           swap(t, b, `"portal"`, `"portal","azp":"elsewhere"`),
		"no sub":                  swap(t, b, `,"sub":"person-1"`, ``),
		"sub empty":               swap(t, b, `person-1`, ``),
		"sub a number":            swap(t, b, `"person-1"`, `1`),
		"sub too long":            swap(t, b, `person-1`, strings.Repeat("a", 256)),
		"sub not ASCII":           swap(t, b, `person-1`, `pérson`),
		"sub with a NUL":          swap(t, b, `person-1`, `person\u0000`),
		"sub twice":               swap(t, b, `{`, `{"sub":"another",`),
		"sub twice, escaped":      swap(t, b, `{`, `{"\u0073ub":"another",`),
		"SUB for sub":             swap(t, b, `"sub"`, `"SUB"`),
		"no nonce":                swap(t, b, `,"nonce":"n"`, ``),
		"nonce empty":             swap(t, b, `"nonce":"n"`, `"nonce":""`),
		"no exp":                  swap(t, b, exp+`,`, ``),
		"EXP for exp":             swap(t, b, `"exp"`, `"EXP"`),
		"exp a text":              swap(t, b, exp, fmt.Sprintf(`"exp":"%d"`, now+300)),
		"exp a fraction":          swap(t, b, exp, fmt.Sprintf(`"exp":%d.5`, now+300)),
		"exp before iat":          swap(t, b, exp, fmt.Sprintf(`"exp":%d`, now-1)),
		"expired":                 swap(t, swap(t, b, iat, fmt.Sprintf(`"iat":%d`, now-400)), exp, fmt.Sprintf(`"exp":%d`, now-60)),
		"no iat":                  swap(t, b, `,`+iat, ``),
		"iat in the future":       swap(t, b, iat, fmt.Sprintf(`"iat":%d`, now+61)),
		"nbf in the future":       swap(t, b, `{`, fmt.Sprintf(`{"nbf":%d,`, now+61)),
		"auth_time in the future": swap(t, b, `"auth_time":`+fmt.Sprint(now), `"auth_time":`+fmt.Sprint(now+61)),
		"auth_time too long ago":  swap(t, b, `"auth_time":`+fmt.Sprint(now), `"auth_time":`+fmt.Sprint(now-3661)),
		"auth_time out of range":  swap(t, b, `"auth_time":`+fmt.Sprint(now), `"auth_time":-9223372036854775808`),
		"no auth_time":            swap(t, b, `"auth_time":`+fmt.Sprint(now), `"x":1`),
		"groups a number":         swap(t, b, `{`, `{"groups":1,`),
		"groups not texts":        swap(t, b, `{`, `{"groups":["a",1],`),
		"amr a text":              swap(t, b, `{`, `{"amr":"mfa",`),
		"something after it":      b + `{}`,
		"a list":                  `[` + b + `]`,
		"null":                    `null`,
		"invalid UTF-8":           swap(t, b, `{`, "{\"x\":\"\xff\","),
	}
	for name, h := range headers {
		t.Run("header/"+name, func(t *testing.T) { refused(t, all, p.Sign(h, b)) })
	}
	for name, b := range claims {
		t.Run("claims/"+name, func(t *testing.T) { refused(t, all, p.Sign(h, b)) })
	}
	for name, b := range map[string]string{
		"as it is":               b,
		"without typ":            b,
		"a list of one audience": swap(t, b, `"portal"`, `["portal"]`),
		"a trusted audience":     swap(t, b, `"portal"`, `["portal","reports"],"azp":"portal"`),
		"a clock a minute ahead": swap(t, b, iat, fmt.Sprintf(`"iat":%d`, now+60)),
		"SUB beside sub":         swap(t, b, `{`, `{"SUB":"another",`),
		"claims of other names":  swap(t, b, `{`, `{"email":"a@example.org","groups":null,"x":{"sub":"another"},`),
	} {
		t.Run("good/"+name, func(t *testing.T) {
			header := h
			if name == "without typ" {
				header = swap(t, h, `,"typ":"JWT"`, ``)
			}
			if c := good(t, all, p.Sign(header, b)); c.Subject != "person-1" {
				t.Errorf("%+v", c)
			}
		})
	}
}

func kidOf(header string) string {
	var h struct{ Kid string }
	_ = json.Unmarshal([]byte(header), &h)
	return h.Kid
}

func text(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnAlteredTokenIsRefused(t *testing.T) {
	p, all, _ := trusted(t)
	raw := p.Token("person-1", "n", nil)
	parts := strings.Split(raw, ".")
	other := strings.Split(p.Token("person-2", "n", nil), ".")
	for name, raw := range map[string]string{
		"nothing":                  "",
		"no signature":             parts[0] + "." + parts[1] + ".",
		"two segments":             parts[0] + "." + parts[1],
		"four segments":            raw + "." + parts[2],
		"another's claims":         parts[0] + "." + other[1] + "." + parts[2],
		"padding":                  raw + "=",
		"a line break":             raw + "\n",
		"a line break inside":      parts[0] + "." + parts[1][:4] + "\n" + parts[1][4:] + "." + parts[2],
		"too long":                 strings.Repeat("A", 16<<10+1),
		"HMAC with the public key": hmacSigned(p, parts[1]),
		"none without a signature": base64.RawURLEncoding.EncodeToString([]byte(swap(t, p.Header(), "ES256", "none"))) + "." + parts[1] + ".",
	} {
		t.Run(name, func(t *testing.T) { refused(t, all, raw) })
	}
	t.Run("any one byte", func(t *testing.T) {
		for n := range raw {
			b := []byte(raw)
			b[n] ^= 1
			refused(t, all, string(b))
		}
	})
}

func hmacSigned(p *oidctest.Provider, claims string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(p.Header(), "ES256", "HS256", 1))) + "." + claims
	mac := hmac.New(sha256.New, []byte(p.Keys()))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestClaimsStandForTheRolesOfTheConfigurationAlone(t *testing.T) {
	p, all, _ := trusted(t, func(c *oidc.Config) {
		c.RoleClaim = "groups"
		c.Roles = map[string][]string{"*": {"partner"}, "office": {"staff", "auditor"}, "desk": {"liaison"}}
	})
	for name, c := range map[string]struct {
		groups any
		want   []string
	}{
		"none":             {nil, []string{"partner"}},
		"a text":           {"office", []string{"partner", "staff", "auditor"}},
		"a list":           {[]string{"x", "desk", "office"}, []string{"partner", "liaison", "staff", "auditor"}},
		"a role by name":   {"admin", []string{"partner"}},
		"in other case":    {"Office", []string{"partner"}},
		"the star":         {"*", []string{"partner"}},
		"an empty list":    {[]string{}, []string{"partner"}},
		"a text with both": {"office desk", []string{"partner"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := good(t, all, p.Token("person-1", "n", map[string]any{"groups": c.groups})); !slices.Equal(got.Roles, c.want) {
				t.Errorf("%v, want %v", got.Roles, c.want)
			}
		})
	}
}

func TestASecondFactorIsShownByTheConfiguredValuesAlone(t *testing.T) {
	p, all, _ := trusted(t)
	for name, c := range map[string]struct {
		claims map[string]any
		want   bool
	}{
		"nothing":          {nil, false},
		"a password":       {map[string]any{"amr": []string{"pwd"}}, false},
		"two factors":      {map[string]any{"amr": []string{"pwd", "mfa"}}, true},
		"a level":          {map[string]any{"acr": "urn:high"}, true},
		"another level":    {map[string]any{"acr": "urn:low"}, false},
		"an empty level":   {map[string]any{"acr": ""}, false},
		"a level as a way": {map[string]any{"amr": []string{"urn:high"}}, false},
	} {
		if got := good(t, all, p.Token("person-1", "n", c.claims)); got.SecondFactor != c.want {
			t.Errorf("%s: %v", name, got.SecondFactor)
		}
	}
}

func TestRotatedKeysAreFoundAndWithdrawnOnesEnd(t *testing.T) {
	p, all, at := trusted(t)
	old := p.Token("person-1", "n", map[string]any{"exp": at.Now().Unix() + 90_000})
	good(t, all, old)
	p.Rotate()
	at.forward(time.Minute)
	good(t, all, p.Token("person-1", "n", nil)) // its kid was unknown
	refused(t, all, old)                        // and the old key is no longer there
	p.Rotate()
	refused(t, all, p.Token("person-1", "n", nil)) // the issuer was asked a moment ago
	at.forward(time.Minute)
	good(t, all, p.Token("person-1", "n", nil))
}

func TestAWithdrawnKeyIsGoodForAnHourAtMost(t *testing.T) {
	p, all, at := trusted(t)
	old := p.Token("person-1", "n", map[string]any{"exp": at.Now().Unix() + 90_000})
	good(t, all, old)
	p.Rotate()
	at.forward(time.Hour - time.Second)
	good(t, all, old)
	at.forward(time.Second)
	refused(t, all, old)
}

func TestKeysOutliveAnOutageForADay(t *testing.T) {
	p, all, at := trusted(t)
	token := func() string { return p.Token("person-1", "n", nil) }
	good(t, all, token())
	p.Down(true)
	for range 23 {
		at.forward(time.Hour)
		good(t, all, token())
	}
	if got := all[0].State(); got != oidc.StateStale {
		t.Errorf("in an outage it is %s", got)
	}
	at.forward(time.Hour)
	refused(t, all, token())
	if got := all[0].State(); got != oidc.StateUnavailable {
		t.Errorf("after a day it is %s", got)
	}
	p.Down(false)
	at.forward(time.Minute)
	good(t, all, token())
	if got := all[0].State(); got != oidc.StateOK {
		t.Errorf("afterward it is %s", got)
	}
}

// TestNobodyHasTheIssuerAskedMoreThanOnceAMinute sends what is refused, from many
// at once: tokens with unknown keys, and such that can't be good.
func TestNobodyHasTheIssuerAskedMoreThanOnceAMinute(t *testing.T) {
	p, all, at := trusted(t)
	h, b := p.Header(), text(t, p.Claims("person-1", "n", nil))
	for _, raw := range []string{
		p.Sign(h, swap(t, b, `"portal"`, `"elsewhere"`)), p.Sign(swap(t, h, "ES256", "RS256"), b), p.Sign(h, swap(t, b, p.URL, "http://127.0.0.1:1")),
	} {
		refused(t, all, raw)
	}
	if p.Asked() != 0 {
		t.Errorf("asked %d times for what can't be good", p.Asked())
	}
	flood := func() {
		var wg sync.WaitGroup
		for n := range 50 {
			wg.Go(func() { refused(t, all, p.Sign(swap(t, h, kidOf(h), fmt.Sprint("guess-", n)), b)) })
		}
		wg.Wait()
	}
	flood()
	flood()
	if p.Asked() != 2 { // for itself and for its keys
		t.Errorf("asked %d times", p.Asked())
	}
	p.Down(true)
	at.forward(time.Minute)
	flood()
	if p.Asked() != 3 {
		t.Errorf("asked %d times while it is down", p.Asked())
	}
}

func TestWhoHangsUpKeepsNoKeysFromComing(t *testing.T) {
	p, all, _ := trusted(t)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	for range 20 { // a free way is taken, or the caller's end is seen
		_, _, _ = all.Verify(gone, p.Token("person-1", "n", nil))
	}
	good(t, all, p.Token("person-1", "n", nil))
}

func TestAnIssuerThatAnswersWronglyGivesNoKeys(t *testing.T) {
	for name, wrong := range map[string]func(*oidctest.Provider){
		"another name":  func(p *oidctest.Provider) { p.Call("https://evil.example") },
		"no JSON":       func(p *oidctest.Provider) { p.Publish("<html>") },
		"no keys":       func(p *oidctest.Provider) { p.Publish(`{"keys":[]}`) },
		"a long answer": func(p *oidctest.Provider) { p.Publish(`{"keys":[` + strings.Repeat(" ", 1<<20) + `]}`) },
		"a secret key":  func(p *oidctest.Provider) { p.Publish(`{"keys":[{"kty":"oct","kid":"` + p.KeyID() + `","k":"AAAA"}]}`) },
		"a kid twice": func(p *oidctest.Provider) {
			k := strings.TrimSuffix(strings.TrimPrefix(p.Keys(), `{"keys":[`), `]}`)
			p.Publish(`{"keys":[` + k + `,` + k + `]}`)
		},
		"for encryption": func(p *oidctest.Provider) { p.Publish(strings.Replace(p.Keys(), `"use":"sig"`, `"use":"enc"`, 1)) },
		"another alg": func(p *oidctest.Provider) {
			p.Publish(strings.Replace(p.Keys(), `"use":"sig"`, `"use":"sig","alg":"ES384"`, 1))
		},
		"off the curve": func(p *oidctest.Provider) { p.Publish(strings.Replace(p.Keys(), `"x":"`, `"x":"AA`, 1)) },
		"a weak key": func(p *oidctest.Provider) {
			p.Publish(`{"keys":[{"kty":"RSA","kid":"` + p.KeyID() + `","n":"` + strings.Repeat("_", 171) + `","e":"AQAB"}]}`) // 1,026 bits
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, all, _ := trusted(t, func(c *oidc.Config) { c.Algorithms = []string{"ES256", "RS256"} })
			wrong(p)
			if _, err := verify(t, all, p.Token("person-1", "n", nil)); oidc.Reason(err) != "the issuer's keys are not known" {
				t.Errorf("%q, %v", oidc.Reason(err), err)
			}
		})
	}
}

func TestAnIssuerInsideIsNotAskedUnlessAllowed(t *testing.T) {
	for name, set := range map[string]func(*oidc.Config){
		"no range is allowed": func(c *oidc.Config) { c.Private = nil },
		"http is not allowed": func(c *oidc.Config) { c.Plain = false },
	} {
		p, all, _ := trusted(t, set)
		refused(t, all, p.Token("person-1", "n", nil))
		if p.Asked() != 0 {
			t.Errorf("%s, and it was asked", name)
		}
	}
}

func TestAWrongConfigurationSaysWhatWouldBeRight(t *testing.T) {
	good := `{"issuers":[{"name":"office","label":"Office","issuer":"https://login.example.org","client_id":"portal","role_claim":"groups","roles":{"desk":["staff"]},"private":["10.0.0.0/8"]}]}`
	if got, err := oidc.ReadConfig([]byte(good)); err != nil || len(got) != 1 || !slices.Equal(got[0].Allowed(), []string{"staff"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	for name, c := range map[string]struct{ part, by, want string }{
		"no JSON":            {`{"issuers"`, `"issuers"`, "JSON"},
		"an unknown name":    {`"label"`, `"secret":"x","label"`, "secret"},
		"a bad name":         {`"office"`, `"The Office"`, "hyphens"},
		"no label":           {`"label":"Office",`, ``, "label"},
		"http":               {`https:`, `http:`, "https"},
		"a query":            {`example.org`, `example.org?a=b`, "query"},
		"no client":          {`"portal"`, `""`, "client_id"},
		"no such algorithm":  {`"client_id"`, `"algorithms":["HS256"],"client_id"`, "RS256"},
		"none":               {`"client_id"`, `"algorithms":["none"],"client_id"`, "RS256"},
		"no roles":           {`{"desk":["staff"]}`, `{}`, "roles"},
		"a claim with roles": {`"groups"`, `"sub"`, "role_claim"},
		"no claim":           {`"groups"`, `""`, "role_claim"},
		"a negative age":     {`"client_id"`, `"max_age":-1,"client_id"`, "max_age"},
		"no range":           {`10.0.0.0/8`, `10.0.0.0`, "private"},
	} {
		if _, err := oidc.ReadConfig([]byte(swap(t, good, c.part, c.by))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := strings.TrimSuffix(strings.TrimPrefix(good, `{"issuers":[`), `]}`)
	if _, err := oidc.ReadConfig([]byte(`{"issuers":[` + one + `,` + one + `]}`)); err == nil {
		t.Error("an issuer twice is taken")
	}
}

// Nothing passes but the very text that was signed.
func FuzzVerify(f *testing.F) {
	p, all, _ := trusted(f)
	raw := p.Token("person-1", "n", nil)
	good(f, all, raw)
	f.Add(raw)
	f.Add(raw + "\n")
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if text != raw {
			refused(t, all, text)
		}
	})
}

// With a signature that verifies, only a token that another JSON parser reads
// alike passes.
func FuzzVerifySigned(f *testing.F) {
	p, all, at := trusted(f, func(c *oidc.Config) { c.RoleClaim, c.Algorithms = "groups", []string{"EdDSA"} })
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	p.Use(key, "k") // which signs alike each time, so that the fuzzer sees what it changed
	b := text(f, p.Claims("person-1", "n", nil))
	f.Add(p.Header(), b)
	f.Add(" "+p.Header()+"\n", swap(f, b, "{", `{"groups":["a","*"],"amr":["mfa"],`))
	f.Add(swap(f, p.Header(), "{", `{"x5t":"a",`), swap(f, b, "}", `,"SUB":"a"}`))
	f.Add(p.Header(), swap(f, b, `"portal"`, `["portal"]`))
	f.Fuzz(func(t *testing.T, header, claims string) {
		c, err := verify(t, all, p.Sign(header, claims))
		if err != nil {
			return
		}
		var h, b map[string]any
		if json.Unmarshal([]byte(header), &h) != nil || json.Unmarshal([]byte(claims), &b) != nil {
			t.Fatalf("accepted what is no JSON: %s %s", header, claims)
		}
		if h["alg"] != "EdDSA" || h["kid"] == nil || h["jku"] != nil || h["crit"] != nil {
			t.Errorf("accepted the header %s", header)
		}
		exp, _ := b["exp"].(float64)
		if b["iss"] != p.URL || b["sub"] != c.Subject || b["nonce"] != c.Nonce || c.Subject == "" || c.Nonce == "" || int64(exp) <= at.Now().Unix()-60 {
			t.Errorf("accepted the claims %s as %+v", claims, c)
		}
	})
}
