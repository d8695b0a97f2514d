package token

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"accord/internal/jws"
)

var (
	noon   = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	signer = ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	kid    = KeyID(signer.Public().(ed25519.PublicKey))
	grant  = Claims{Subject: "account-1", Session: "session-1", Client: "portal"}
)

func newTestIssuer(t testing.TB) Issuer {
	t.Helper()
	keys := &KeySet{}
	if err := keys.Replace(signer); err != nil {
		t.Fatal(err)
	}
	return Issuer{
		Keys:     keys,
		Issuer:   "https://accord.example",
		Audience: "https://accord.example/v1",
		Now:      func() time.Time { return noon },
	}
}

func issue(t testing.TB, i Issuer, c Claims) string {
	t.Helper()
	raw, err := i.Issue(c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// sign makes a token of any header and claims, with a signature that verifies.
func sign(header, claims string) string {
	text := encode([]byte(header)) + "." + encode([]byte(claims))
	return text + "." + encode(ed25519.Sign(signer, []byte(text)))
}

var goodHeader = fmt.Sprintf(`{"alg":"EdDSA","kid":"%s","typ":"at+jwt"}`, kid)

// goodClaims are issued at noon and good for ten minutes.
const goodClaims = `{"iss":"https://accord.example","aud":"https://accord.example/v1","sub":"account-1",` +
	`"sid":"session-1","client_id":"portal","jti":"j","iat":1777896000,"exp":1777896600}`

// swap returns good with old replaced by new, which it must hold.
func swap(t testing.TB, good, old, new string) string {
	t.Helper()
	if !strings.Contains(good, old) {
		t.Fatalf("%s is not in %s", old, good)
	}
	return strings.Replace(good, old, new, 1)
}

func checkRefused(t *testing.T, i Issuer, raw string) {
	t.Helper()
	c, err := i.Verify(raw)
	switch {
	case !errors.Is(err, ErrRefused):
		t.Fatalf("got %+v, %v; want ErrRefused", c, err)
	case err.Error() != ErrRefused.Error():
		t.Errorf("the refusal says %q, others say %q", err, ErrRefused)
	case c != Claims{}:
		t.Errorf("refused with claims %+v", c)
	case Reason(err) == "":
		t.Error("no reason for the log")
	}
}

func TestAnIssuedTokenVerifies(t *testing.T) {
	i := newTestIssuer(t)
	for name, c := range map[string]Claims{
		"plain":               grant,
		"characters JSON has": {Subject: `"<&>\` + "\u2028\x00", Session: "é", Client: "統計"},
		"claims Issue sets":   {Subject: "a", Session: "s", Client: "c", ID: "mine", ExpiresAt: noon.AddDate(1, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := i.Verify(issue(t, i, c))
			if err != nil {
				t.Fatalf("%v: %s", err, Reason(err))
			}
			if len(got.ID) < 26 {
				t.Errorf("jti %q has less than 128 bits", got.ID)
			}
			want := c
			want.ID, want.IssuedAt, want.ExpiresAt = got.ID, noon, noon.Add(10*time.Minute)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheTestsOwnTokenVerifies(t *testing.T) {
	if _, err := newTestIssuer(t).Verify(sign(goodHeader, goodClaims)); err != nil {
		t.Fatalf("%v: %s", err, Reason(err))
	}
}

func TestNoTwoTokensAreAlike(t *testing.T) {
	i := newTestIssuer(t)
	first, second := issue(t, i, grant), issue(t, i, grant)
	if first == second {
		t.Error("two tokens are the same")
	}
}

func TestATokenIsWhatRFC9068Asks(t *testing.T) {
	parts := strings.Split(issue(t, newTestIssuer(t), grant), ".")
	for n, want := range []map[string]any{
		{"alg": "EdDSA", "kid": kid, "typ": "at+jwt"},
		{"iss": "https://accord.example", "aud": "https://accord.example/v1", "sub": "account-1", "sid": "session-1",
			"client_id": "portal", "iat": 1777896000.0, "exp": 1777896600.0},
	} {
		b, err := jws.Decode(parts[n])
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := stdjson.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "jti")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWhatCannotBeVerifiedIsNotIssued(t *testing.T) {
	for name, c := range map[string]Claims{
		"no subject": {Session: "s", Client: "c"},
		"no session": {Subject: "a", Client: "c"},
		"no client":  {Subject: "a", Session: "s"},
		"not UTF-8":  {Subject: "a\xff", Session: "s", Client: "c"},
		"too long":   {Subject: strings.Repeat("a", maxSize), Session: "s", Client: "c"},
	} {
		t.Run(name, func(t *testing.T) {
			if raw, err := newTestIssuer(t).Issue(c); err == nil {
				t.Errorf("issued %s", raw)
			}
		})
	}
}

func TestAnIssuerThatIsNotSetUpRefuses(t *testing.T) {
	good := newTestIssuer(t)
	raw := issue(t, good, grant)
	for name, change := range map[string]func(*Issuer){
		"zero":        func(i *Issuer) { *i = Issuer{} },
		"no keys":     func(i *Issuer) { i.Keys = nil },
		"zero keys":   func(i *Issuer) { i.Keys = &KeySet{} },
		"no issuer":   func(i *Issuer) { i.Issuer = "" },
		"no audience": func(i *Issuer) { i.Audience = "" },
		"no lifetime": func(i *Issuer) { i.TTL = -time.Minute },
		"under 1 s":   func(i *Issuer) { i.TTL = time.Second - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			i := good
			change(&i)
			checkRefused(t, i, raw)
			if raw, err := i.Issue(grant); err == nil {
				t.Errorf("issued %s", raw)
			}
		})
	}
}

func TestTheSystemClockIsTheDefault(t *testing.T) {
	i := newTestIssuer(t)
	i.Now = nil
	before := time.Now().Truncate(time.Second)
	c, err := i.Verify(issue(t, i, grant))
	if err != nil || c.IssuedAt.Before(before) || c.IssuedAt.After(time.Now()) {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestATokenIsGoodFromItsIssueToItsExpiry(t *testing.T) {
	i := newTestIssuer(t)
	raw := issue(t, i, grant)
	for name, tt := range map[string]struct {
		at   time.Duration
		good bool
	}{
		"at once":                         {0, true},
		"at its last second":              {10*time.Minute - time.Nanosecond, true},
		"at its expiry":                   {10 * time.Minute, false},
		"a day later":                     {24 * time.Hour, false},
		"a clock 5 s behind the issuer's": {-5 * time.Second, true},
		"a clock 6 s behind the issuer's": {-6 * time.Second, false},
		"a clock a year behind":           {-365 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			i.Now = func() time.Time { return noon.Add(tt.at) }
			if !tt.good {
				checkRefused(t, i, raw)
				return
			}
			if _, err := i.Verify(raw); err != nil {
				t.Errorf("%v: %s", err, Reason(err))
			}
		})
	}
}

func TestALateTokenIsRightInAllElse(t *testing.T) {
	i := newTestIssuer(t)
	raw := issue(t, i, grant)
	i.Now = func() time.Time { return noon.AddDate(0, 0, 1) }
	checkRefused(t, i, raw)
	if c, err := i.VerifyLate(raw); err != nil || c.Subject != grant.Subject {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, forged := range []string{
		raw + "\n", raw[:len(raw)-4] + "AAAA", "", sign(swap(t, goodHeader, kid, "AAAA"), goodClaims),
		sign(goodHeader, swap(t, goodClaims, "1777896600", "1777899999")), sign(goodHeader, swap(t, goodClaims, "1777896600", "1777896000")),
		sign(goodHeader, swap(t, goodClaims, `/v1"`, `/v2"`)),
	} {
		if c, err := i.VerifyLate(forged); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: got %+v, %v", forged, c, err)
		}
	}
}

func TestALifetimeIsWholeSeconds(t *testing.T) {
	i := newTestIssuer(t)
	i.TTL = 1900 * time.Millisecond
	i.Now = func() time.Time { return noon.Add(900 * time.Millisecond) }
	c, err := i.Verify(issue(t, i, grant))
	if err != nil {
		t.Fatalf("%v: %s", err, Reason(err))
	}
	if ttl := c.ExpiresAt.Sub(c.IssuedAt); ttl != time.Second {
		t.Errorf("good for %v, want 1s", ttl)
	}
}

func TestAnotherIssuersTokenIsRefused(t *testing.T) {
	i := newTestIssuer(t)
	for name, change := range map[string]func(*Issuer){
		"another issuer":          func(i *Issuer) { i.Issuer = "https://other.example" },
		"an issuer with a slash":  func(i *Issuer) { i.Issuer += "/" },
		"another audience":        func(i *Issuer) { i.Audience = "https://other.example" },
		"a longer life than ours": func(i *Issuer) { i.TTL = 10*time.Minute + time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			other := i
			change(&other)
			checkRefused(t, i, issue(t, other, grant))
		})
	}
}

// Each of these has a signature that verifies: only its form is wrong.
func TestASignedTokenOfAnotherFormIsRefused(t *testing.T) {
	headers := map[string]string{
		"empty object":         `{}`,
		"null":                 `null`,
		"a list":               `[` + goodHeader + `]`,
		"a string":             `"at+jwt"`,
		"nothing":              ``,
		"not JSON":             `{"alg"`,
		"something after it":   goodHeader + `{}`,
		"a comment":            goodHeader + `//`,
		"a byte order mark":    "\ufeff" + goodHeader,
		"alg none":             swap(t, goodHeader, `"EdDSA"`, `"none"`),
		"alg None":             swap(t, goodHeader, `"EdDSA"`, `"None"`),
		"alg empty":            swap(t, goodHeader, `"EdDSA"`, `""`),
		"alg null":             swap(t, goodHeader, `"EdDSA"`, `null`),
		"alg a list":           swap(t, goodHeader, `"EdDSA"`, `["EdDSA"]`),
		"alg in lower case":    swap(t, goodHeader, `"EdDSA"`, `"eddsa"`),
		"alg HS256":            swap(t, goodHeader, `"EdDSA"`, `"HS256"`),
		"alg Ed25519":          swap(t, goodHeader, `"EdDSA"`, `"Ed25519"`),
		"no alg":               swap(t, goodHeader, `"alg":"EdDSA",`, ``),
		"ALG for alg":          swap(t, goodHeader, `"alg"`, `"ALG"`),
		"ALG beside alg":       swap(t, goodHeader, `{`, `{"ALG":"none",`),
		"alg twice":            swap(t, goodHeader, `{`, `{"alg":"none",`),
		"alg twice, escaped":   swap(t, goodHeader, `{`, `{"\u0061lg":"EdDSA",`),
		"typ JWT":              swap(t, goodHeader, `"at+jwt"`, `"JWT"`),
		"typ AT+JWT":           swap(t, goodHeader, `"at+jwt"`, `"AT+JWT"`),
		"typ as a media type":  swap(t, goodHeader, `"at+jwt"`, `"application/at+jwt"`),
		"typ of a logout":      swap(t, goodHeader, `"at+jwt"`, `"logout+jwt"`),
		"typ null":             swap(t, goodHeader, `"at+jwt"`, `null`),
		"no typ":               swap(t, goodHeader, `,"typ":"at+jwt"`, ``),
		"cty JWT, a nested":    swap(t, goodHeader, `{`, `{"cty":"JWT",`),
		"crit":                 swap(t, goodHeader, `{`, `{"crit":["exp"],`),
		"crit empty":           swap(t, goodHeader, `{`, `{"crit":[],`),
		"crit and b64 false":   swap(t, goodHeader, `{`, `{"crit":["b64"],"b64":false,`),
		"b64 false":            swap(t, goodHeader, `{`, `{"b64":false,`),
		"jku":                  swap(t, goodHeader, `{`, `{"jku":"https://evil.example/keys",`),
		"jwk":                  swap(t, goodHeader, `{`, `{"jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},`),
		"x5u":                  swap(t, goodHeader, `{`, `{"x5u":"https://evil.example/cert",`),
		"x5c":                  swap(t, goodHeader, `{`, `{"x5c":["AA"],`),
		"zip":                  swap(t, goodHeader, `{`, `{"zip":"DEF",`),
		"an unknown name":      swap(t, goodHeader, `{`, `{"x":1,`),
		"no kid":               swap(t, goodHeader, `"kid":"`+kid+`",`, ``),
		"kid empty":            swap(t, goodHeader, kid, ``),
		"kid null":             swap(t, goodHeader, `"`+kid+`"`, `null`),
		"kid a number":         swap(t, goodHeader, `"`+kid+`"`, `1`),
		"kid of no key":        swap(t, goodHeader, kid, `AAAA`),
		"kid a path":           swap(t, goodHeader, kid, `../../dev/null`),
		"kid an SQL injection": swap(t, goodHeader, kid, `' OR 1=1 --`),
		"kid with a space":     swap(t, goodHeader, kid, kid+` `),
		"kid twice":            swap(t, goodHeader, `{`, `{"kid":"AAAA",`),
		"invalid UTF-8":        swap(t, goodHeader, `{`, "{\"a\xff\":1,"),
	}
	claims := map[string]string{
		"empty object":               `{}`,
		"null":                       `null`,
		"a list":                     `[` + goodClaims + `]`,
		"nothing":                    ``,
		"not JSON":                   goodClaims[:len(goodClaims)-1],
		"something after it":         goodClaims + `{}`,
		"a newline and more":         goodClaims + "\nx",
		"a nested token":             `"` + sign(goodHeader, goodClaims) + `"`,
		"sub twice":                  swap(t, goodClaims, `{`, `{"sub":"admin",`),
		"sub twice, the good first":  swap(t, goodClaims, `}`, `,"sub":"admin"}`),
		"sub twice, escaped":         swap(t, goodClaims, `}`, `,"\u0073ub":"admin"}`),
		"SUB after sub":              swap(t, goodClaims, `}`, `,"SUB":"admin"}`),
		"SUB before sub":             swap(t, goodClaims, `{`, `{"SUB":"admin",`),
		"SUB for sub":                swap(t, goodClaims, `"sub"`, `"SUB"`),
		"a long s in ſub":            swap(t, goodClaims, `}`, `,"ſub":"admin"}`),
		"sub empty":                  swap(t, goodClaims, `"account-1"`, `""`),
		"sub null":                   swap(t, goodClaims, `"account-1"`, `null`),
		"sub a number":               swap(t, goodClaims, `"account-1"`, `1`),
		"sub a list":                 swap(t, goodClaims, `"account-1"`, `["account-1"]`),
		"sub not UTF-8":              swap(t, goodClaims, `account-1`, "account-1\xff"),
		"sub half a surrogate":       swap(t, goodClaims, `account-1`, `\ud800`),
		"no sub":                     swap(t, goodClaims, `"sub":"account-1",`, ``),
		"sid empty":                  swap(t, goodClaims, `"session-1"`, `""`),
		"no sid":                     swap(t, goodClaims, `"sid":"session-1",`, ``),
		"no client_id":               swap(t, goodClaims, `"client_id":"portal",`, ``),
		"no jti":                     swap(t, goodClaims, `"jti":"j",`, ``),
		"no iss":                     swap(t, goodClaims, `"iss":"https://accord.example",`, ``),
		"iss another's":              swap(t, goodClaims, `"https://accord.example"`, `"https://evil.example"`),
		"iss a list":                 swap(t, goodClaims, `"https://accord.example"`, `["https://accord.example"]`),
		"no aud":                     swap(t, goodClaims, `"aud":"https://accord.example/v1",`, ``),
		"aud another's":              swap(t, goodClaims, `accord.example/v1`, `evil.example`),
		"aud empty":                  swap(t, goodClaims, `"https://accord.example/v1"`, `""`),
		"aud a list of another's":    swap(t, goodClaims, `"https://accord.example/v1"`, `["https://evil.example"]`),
		"aud a list with ours in it": swap(t, goodClaims, `"https://accord.example/v1"`, `["https://evil.example","https://accord.example/v1"]`),
		"aud an empty list":          swap(t, goodClaims, `"https://accord.example/v1"`, `[]`),
		"no exp":                     swap(t, goodClaims, `,"exp":1777896600`, ``),
		"EXP for exp":                swap(t, goodClaims, `"exp"`, `"EXP"`),
		"EXP after exp":              swap(t, goodClaims, `}`, `,"EXP":1777896601}`),
		"exp twice":                  swap(t, goodClaims, `{`, `{"exp":32503680000,`),
		"exp a string":               swap(t, goodClaims, `1777896600`, `"1777896600"`),
		"exp null":                   swap(t, goodClaims, `1777896600`, `null`),
		"exp in the year 2999":       swap(t, goodClaims, `1777896600`, `32503680000`),
		"exp a second too far":       swap(t, goodClaims, `1777896600`, `1777896601`),
		"exp a fraction":             swap(t, goodClaims, `1777896600`, `1777896599.5`),
		"exp with an exponent":       swap(t, goodClaims, `1777896600`, `17778966e2`),
		"exp over 64 bits":           swap(t, goodClaims, `1777896600`, `18446744073709551616`),
		"exp the largest integer":    swap(t, goodClaims, `1777896600`, `9223372036854775807`),
		"exp over any number":        swap(t, goodClaims, `1777896600`, `1e999`),
		"exp before iat":             swap(t, goodClaims, `1777896600`, `1777895999`),
		"exp at iat":                 swap(t, goodClaims, `1777896600`, `1777896000`),
		"exp before a future iat":    swap(t, swap(t, goodClaims, `1777896000`, `1777896005`), `1777896600`, `1777896003`),
		"exp negative":               swap(t, goodClaims, `1777896600`, `-1`),
		"exp a list":                 swap(t, goodClaims, `1777896600`, `[1777896600]`),
		"expired":                    swap(t, swap(t, goodClaims, `1777896000`, `1777895400`), `1777896600`, `1777896000`),
		"no iat":                     swap(t, goodClaims, `"iat":1777896000,`, ``),
		"iat a string":               swap(t, goodClaims, `1777896000`, `"1777896000"`),
		"iat in the future":          swap(t, goodClaims, `1777896000`, `1777896006`),
		"iat in 1970":                swap(t, goodClaims, `1777896000`, `0`),
		"iat far in the past":        swap(t, goodClaims, `1777896000`, `-9223372036854775808`),
		"a scope":                    swap(t, goodClaims, `{`, `{"scope":"admin",`),
		"a role":                     swap(t, goodClaims, `{`, `{"role":"admin",`),
		"nbf":                        swap(t, goodClaims, `{`, `{"nbf":1777896000,`),
		"deep nesting":               swap(t, goodClaims, `{`, `{"x":`+strings.Repeat(`[`, 1000)+strings.Repeat(`]`, 1000)+`,`),
	}
	i := newTestIssuer(t)
	for name, h := range headers {
		t.Run("header/"+name, func(t *testing.T) { checkRefused(t, i, sign(h, goodClaims)) })
	}
	for name, c := range claims {
		t.Run("claims/"+name, func(t *testing.T) { checkRefused(t, i, sign(goodHeader, c)) })
	}
}

// Whatever is done to the text of a good token, it is no other text for the same claims.
func TestAnAlteredTokenIsRefused(t *testing.T) {
	i := newTestIssuer(t)
	good := issue(t, i, grant)
	parts := strings.Split(good, ".")
	header, claims, signature := parts[0], parts[1], parts[2]
	other := strings.Split(issue(t, i, Claims{Subject: "admin", Session: "s", Client: "c"}), ".")

	for name, raw := range map[string]string{
		"nothing":                         "",
		"dots":                            "..",
		"one segment":                     header,
		"two segments":                    header + "." + claims,
		"no signature":                    header + "." + claims + ".",
		"four segments":                   good + "." + signature,
		"a dot after it":                  good + ".",
		"a newline after it":              good + "\n",
		"a carriage return after it":      good + "\r",
		"a newline inside":                header + "\n." + claims + "." + signature,
		"a newline inside the signature":  header + "." + claims + "." + signature[:10] + "\n" + signature[10:],
		"a space after it":                good + " ",
		"a space before it":               " " + good,
		"a tab inside":                    header + ".\t" + claims + "." + signature,
		"a NUL after it":                  good + "\x00",
		"padding":                         header + "." + claims + "." + signature + "==",
		"padding of the header":           header + "=." + claims + "." + signature,
		"unused bits of the signature":    good[:len(good)-1] + string(nextBase64(good[len(good)-1])),
		"the standard alphabet":           header + "." + claims + "." + strings.NewReplacer("-", "+", "_", "/").Replace(signature) + "+",
		"a scheme before it":              "Bearer " + good,
		"another token's claims":          header + "." + other[1] + "." + signature,
		"another token's signature":       header + "." + claims + "." + other[2],
		"a signature of zeros":            header + "." + claims + "." + encode(make([]byte, 64)),
		"a short signature":               header + "." + claims + "." + encode(make([]byte, 63)),
		"a long signature":                header + "." + claims + "." + encode(make([]byte, 65)),
		"alg none without signature":      encode([]byte(`{"alg":"none","kid":"`+kid+`","typ":"at+jwt"}`)) + "." + claims + ".",
		"HMAC with the public key":        hmacSigned(claims),
		"too long":                        good + strings.Repeat("A", maxSize),
		"a thousand kilobytes":            strings.Repeat("A", 1<<20),
		"as many dots":                    strings.Repeat(".", 1<<20),
		"five segments, as JWE has":       header + "." + claims + "." + signature + ".." + signature,
		"JSON serialization":              `{"protected":"` + header + `","payload":"` + claims + `","signature":"` + signature + `"}`,
		"a full-width dot":                header + "．" + claims + "．" + signature,
		"percent-encoded":                 strings.ReplaceAll(good, ".", "%2E"),
		"letters of the header in a case": strings.ToLower(header) + "." + claims + "." + signature,
	} {
		t.Run(name, func(t *testing.T) { checkRefused(t, i, raw) })
	}
	t.Run("any one byte", func(t *testing.T) {
		for n := range good {
			b := []byte(good)
			b[n] ^= 1
			checkRefused(t, i, string(b))
		}
	})
}

// nextBase64 returns the digit after c, which differs in its lowest bit for the
// last digit of a canonical encoding.
func nextBase64(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[strings.IndexByte(digits, c)+1]
}

func hmacSigned(claims string) string {
	text := encode([]byte(`{"alg":"HS256","kid":"`+kid+`","typ":"at+jwt"}`)) + "." + claims
	mac := hmac.New(sha256.New, signer.Public().(ed25519.PublicKey))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

func TestARefusalIsKnownByItsReasonInLogsAlone(t *testing.T) {
	i := newTestIssuer(t)
	good := issue(t, i, grant)
	for want, raw := range map[string]string{
		"too long":                  strings.Repeat("A", maxSize+1),
		"not three segments":        "canary",
		"a line break":              good + "\n",
		"alg is not EdDSA":          sign(swap(t, goodHeader, "EdDSA", "canary"), goodClaims),
		"typ is not at+jwt":         sign(swap(t, goodHeader, "at+jwt", "canary"), goodClaims),
		"kid is not in the key set": sign(swap(t, goodHeader, kid, "canary"), goodClaims),
		"iss is another's":          sign(goodHeader, swap(t, goodClaims, "https://accord.example\"", "canary\"")),
		"aud is another's":          sign(goodHeader, swap(t, goodClaims, "https://accord.example/v1", "canary")),
		"lives too long":            sign(goodHeader, swap(t, goodClaims, "1777896600", "1777899999")),
		"issued in the future":      sign(goodHeader, swap(t, goodClaims, "1777896000", "1777896599")),
		"the signature is wrong":    good[:len(good)-4] + "AAAA",
		"expired":                   sign(goodHeader, swap(t, swap(t, goodClaims, `1777896000`, `1777895400`), `1777896600`, `1777896000`)),
	} {
		t.Run(want, func(t *testing.T) {
			checkRefused(t, i, raw)
			_, err := i.Verify(raw)
			if got := Reason(fmt.Errorf("sign in: %w", err)); got != want {
				t.Errorf("reason %q, want %q", got, want)
			}
		})
	}
	if got := Reason(errors.New("another error")); got != "" {
		t.Errorf("reason %q of an error that is no refusal", got)
	}
}

func TestRotationUnderLoadRefusesNoGoodToken(t *testing.T) {
	i := newTestIssuer(t)
	old := issue(t, i, grant)
	oldKey := signer.Public().(ed25519.PublicKey)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				raw, err := i.Issue(grant)
				if err != nil {
					t.Error(err)
					return
				}
				for _, raw := range []string{raw, old} {
					if _, err := i.Verify(raw); err != nil {
						t.Errorf("%v: %s", err, Reason(err))
					}
				}
			}
		})
	}
	others := []ed25519.PublicKey{oldKey}
	for range 20 {
		public, next := newTestKey(t)
		if err := i.Keys.Replace(next, others...); err != nil {
			t.Fatal(err)
		}
		others = append(others, public)
		extra, _ := newTestKey(t)
		kid, err := i.Keys.Add(extra)
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Keys.Retire(kid); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
}

// Nothing passes but the very text that was signed.
func FuzzVerify(f *testing.F) {
	i := newTestIssuer(f)
	good := sign(goodHeader, goodClaims)
	f.Add(good)
	f.Add(good + "\n")
	f.Add(sign(`{"alg":"none"}`, `{}`))
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		if raw != good {
			checkRefused(t, i, raw)
		}
	})
}

// With a signature that verifies, only the exact form of our own tokens passes,
// as read by another JSON parser.
func FuzzVerifySigned(f *testing.F) {
	i := newTestIssuer(f)
	f.Add(goodHeader, goodClaims)
	f.Add(" "+goodHeader+"\n", swap(f, goodClaims, "{", "{ "))
	f.Add(swap(f, goodHeader, "{", `{"crit":[],`), swap(f, goodClaims, "}", `,"SUB":"a"}`))
	f.Add(goodHeader, swap(f, goodClaims, "1777896600", `"1777896600"`))
	f.Fuzz(func(t *testing.T, header, claims string) {
		c, err := i.Verify(sign(header, claims))
		if err != nil {
			return
		}
		var h, p map[string]any
		if err := stdjson.Unmarshal([]byte(header), &h); err != nil {
			t.Fatal(err)
		}
		if err := stdjson.Unmarshal([]byte(claims), &p); err != nil {
			t.Fatal(err)
		}
		if want := (map[string]any{"alg": "EdDSA", "kid": kid, "typ": "at+jwt"}); !maps.Equal(h, want) {
			t.Errorf("accepted the header %s", header)
		}
		want := map[string]any{
			"iss": i.Issuer, "aud": i.Audience, "sub": c.Subject, "sid": c.Session, "client_id": c.Client, "jti": c.ID,
			"iat": float64(c.IssuedAt.Unix()), "exp": float64(c.ExpiresAt.Unix()),
		}
		if !reflect.DeepEqual(p, want) {
			t.Errorf("accepted the claims %s as %+v", claims, c)
		}
		if c.Subject == "" || c.Session == "" || c.ExpiresAt.Sub(c.IssuedAt) > DefaultTTL || !c.ExpiresAt.After(noon) {
			t.Errorf("accepted %+v", c)
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	i := newTestIssuer(b)
	for b.Loop() {
		issue(b, i, grant)
	}
}

func BenchmarkVerify(b *testing.B) {
	i := newTestIssuer(b)
	raw := issue(b, i, grant)
	for b.Loop() {
		if _, err := i.Verify(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyRefusesNoise(b *testing.B) {
	i := newTestIssuer(b)
	raw := strings.Repeat("A", maxSize)
	for b.Loop() {
		if _, err := i.Verify(raw); err == nil {
			b.Fatal("accepted")
		}
	}
}
