// Package forge makes the access tokens that RFC 8725 (JSON Web Token Best
// Current Practices) wants refused, each good in everything but the one thing
// that it is named for. Whoever forges has the key that signs: what is refused
// for its form alone is refused to anybody. It is for tests.
package forge

import (
	"bytes"
	"compress/flate"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// Mint is an issuer as a forger knows it, its key included.
type Mint struct {
	Signer           ed25519.PrivateKey
	KeyID            string
	Issuer, Audience string
	Subject, Session string
	Client           string
	At               time.Time // when the tokens are issued, in whole seconds
	TTL              time.Duration
}

// Forgery is a token to be refused. Section is that of RFC 8725 which says so.
type Forgery struct {
	Section, Name, Token string
}

// Sections are those of RFC 8725 that recommend something.
var Sections = []string{"3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12"}

// set is members of an object that are put or, where nil, taken out.
type set map[string]any

func (m Mint) header(change set) string {
	return object(set{"alg": "EdDSA", "kid": m.KeyID, "typ": "at+jwt"}, change)
}

func (m Mint) claims(change set) string {
	return object(set{
		"iss": m.Issuer, "aud": m.Audience, "sub": m.Subject, "sid": m.Session, "client_id": m.Client, "jti": "j",
		"iat": m.At.Unix(), "exp": m.At.Add(m.TTL).Unix(),
	}, change)
}

func object(good, change set) string {
	for name, value := range change {
		if good[name] = value; value == nil {
			delete(good, name)
		}
	}
	b, err := json.Marshal(good)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func encode[T string | []byte](b T) string { return base64.RawURLEncoding.EncodeToString([]byte(b)) }

// signed is a token of any header and claims whose signature verifies.
func (m Mint) signed(header, claims string) string {
	text := encode(header) + "." + encode(claims)
	return text + "." + encode(ed25519.Sign(m.Signer, []byte(text)))
}

// Good is the token that every forgery began as. It is to be accepted.
func (m Mint) Good() string { return m.signed(m.header(nil), m.claims(nil)) }

// Forgeries are at least two for each of Sections.
func (m Mint) Forgeries() []Forgery {
	var out []Forgery
	add := func(section string, named map[string]string) {
		for name, token := range named {
			out = append(out, Forgery{section, name, token})
		}
	}
	head := func(change set) string { return m.signed(m.header(change), m.claims(nil)) }
	claim := func(change set) string { return m.signed(m.header(nil), m.claims(change)) }
	good := m.Good()
	parts := strings.Split(good, ".")

	add("3.1", map[string]string{ // perform algorithm verification
		"alg none, no signature":              encode(m.header(set{"alg": "none"})) + "." + parts[1] + ".",
		"alg none, a signature":               head(set{"alg": "none"}),
		"alg NoNe":                            head(set{"alg": "NoNe"}),
		"HS256 under the public key":          m.keyed("HS256", m.Signer.Public().(ed25519.PublicKey)),
		"HS256 under the public key as JWK":   m.keyed("HS256", []byte(m.jwk())),
		"RS256 over the key's own signature":  head(set{"alg": "RS256"}),
		"ES256 over the key's own signature":  head(set{"alg": "ES256"}),
		"no alg":                              head(set{"alg": nil}),
		"alg a list that has the right one":   head(set{"alg": []string{"EdDSA"}}),
		"alg in other case":                   head(set{"alg": "EDDSA"}),
		"two algs, the right one last":        m.signed(strings.Replace(m.header(nil), "{", `{"alg":"none",`, 1), m.claims(nil)),
		"two algs, one in other case":         m.signed(strings.Replace(m.header(nil), "{", `{"Alg":"none",`, 1), m.claims(nil)),
		"the algorithm named by its key type": head(set{"alg": "Ed25519"}),
	})
	add("3.2", map[string]string{ // use appropriate algorithms
		"RSA1_5, encrypted":    head(set{"alg": "RSA1_5", "enc": "A128CBC-HS256"}),
		"dir, encrypted":       head(set{"alg": "dir", "enc": "A256GCM"}),
		"PBES2 with its count": head(set{"alg": "PBES2-HS256+A128KW", "p2c": 1 << 31, "p2s": "AAAA"}),
		"HS512":                m.keyed("HS512", m.Signer.Seed()),
		"ES256K":               head(set{"alg": "ES256K"}),
		"crit":                 head(set{"crit": []string{"exp"}}),
		"crit, b64 false":      head(set{"crit": []string{"b64"}, "b64": false}),
	})
	inner := m.signed(m.header(set{"typ": "JWT"}), m.claims(nil))
	add("3.3", map[string]string{ // validate all cryptographic operations
		"no signature":                       parts[0] + "." + parts[1] + ".",
		"no third segment":                   parts[0] + "." + parts[1],
		"a signature of zeros":               parts[0] + "." + parts[1] + "." + encode(make([]byte, ed25519.SignatureSize)),
		"other claims under the signature":   parts[0] + "." + encode(m.claims(set{"sub": "another"})) + "." + parts[2],
		"another header under the signature": encode(m.header(nil)+" ") + "." + parts[1] + "." + parts[2],
		"another's signature":                parts[0] + "." + parts[1] + "." + strings.Split(claim(set{"jti": "k"}), ".")[2],
		"a token within a token":             m.signed(m.header(set{"cty": "JWT"}), inner),
		"JSON serialization":                 fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, parts[1], parts[0], parts[2]),
		"a second signature":                 good + "." + parts[2],
	})
	add("3.4", map[string]string{ // validate cryptographic inputs
		"a signature whose S is not reduced":     parts[0] + "." + parts[1] + "." + malleated(parts[2]),
		"a signature whose R is no point":        parts[0] + "." + parts[1] + "." + noPoint(parts[2]),
		"a signature that is too short":          parts[0] + "." + parts[1] + "." + encode(signature(parts[2])[:63]),
		"a signature that is too long":           good + encode([]byte{0, 0, 0}),
		"a signature with unused bits":           good[:len(good)-1] + string(nextDigit(good[len(good)-1])),
		"a signature with padding":               good + "==",
		"an ephemeral key on no curve":           head(set{"epk": set{"kty": "OKP", "crv": "X25519", "x": encode(make([]byte, 32))}}),
		"the key of order one, brought along":    m.smallOrder(),
		"a line break in the signature":          good[:len(good)-8] + "\n" + good[len(good)-8:],
		"the alphabet of plain base64, a plus":   parts[0] + "." + parts[1] + ".+" + parts[2][1:],
		"more bytes than any token of ours has":  claim(set{"sub": strings.Repeat("a", 1<<13)}),
		"lists in lists, a thousand and more":    m.signed(m.header(nil), strings.Replace(m.claims(nil), "{", `{"x":`+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)+",", 1)),
		"a number that no computer has room for": m.signed(m.header(nil), strings.Replace(m.claims(set{"exp": nil}), "{", `{"exp":1e999,`, 1)),
	})
	add("3.5", map[string]string{ // ensure that keys have enough entropy
		"HS256 under a word":             m.keyed("HS256", []byte("secret")),
		"HS256 under nothing":            m.keyed("HS256", nil),
		"HS256 under the kid":            m.keyed("HS256", []byte(m.KeyID)),
		"a key of zeros under our kid":   m.by(make([]byte, ed25519.SeedSize)).Good(),
		"a key of a word under our kid":  m.by(bytes.Repeat([]byte("password"), 4)).Good(),
		"a key of zeros under its own":   m.by(make([]byte, ed25519.SeedSize)).named().Good(),
		"a key of a word, under its own": m.by(bytes.Repeat([]byte("password"), 4)).named().Good(),
	})
	add("3.6", map[string]string{ // avoid compression
		"zip DEF, claims compressed":   m.signed(m.header(set{"zip": "DEF"}), deflated(m.claims(nil))),
		"zip DEF, claims as they are":  head(set{"zip": "DEF"}),
		"compressed without a word":    m.signed(m.header(nil), deflated(m.claims(nil))),
		"five segments, as encryption": strings.Join([]string{encode(m.header(set{"alg": "dir", "enc": "A256GCM", "zip": "DEF"})), "", encode("nonce"), parts[1], encode("tag")}, "."),
	})
	add("3.7", map[string]string{ // use UTF-8
		"claims in UTF-16":           m.signed(m.header(nil), utf16of(m.claims(nil))),
		"a header in UTF-16":         m.signed(utf16of(m.header(nil)), m.claims(nil)),
		"a byte order mark":          m.signed(m.header(nil), "\ufeff"+m.claims(nil)),
		"Latin-1":                    m.signed(m.header(nil), strings.Replace(m.claims(nil), m.Client, m.Client+"\xe9", 1)),
		"an overlong slash":          m.signed(m.header(nil), strings.Replace(m.claims(nil), m.Client, m.Client+"\xc0\xaf", 1)),
		"half a surrogate":           m.signed(m.header(nil), strings.Replace(m.claims(nil), m.Client, m.Client+`\ud800`, 1)),
		"a name twice, once escaped": m.signed(m.header(nil), strings.Replace(m.claims(nil), "{", `{"\u0073ub":"another",`, 1)),
	})
	add("3.8", map[string]string{ // validate issuer and subject
		"another's iss":          claim(set{"iss": "https://other.example"}),
		"iss with a slash":       claim(set{"iss": m.Issuer + "/"}),
		"iss in capitals":        claim(set{"iss": strings.ToUpper(m.Issuer)}),
		"iss a list that has us": claim(set{"iss": []string{m.Issuer}}),
		"no iss":                 claim(set{"iss": nil}),
		"no sub":                 claim(set{"sub": nil}),
		"sub empty":              claim(set{"sub": ""}),
		"sub a number":           claim(set{"sub": 1}),
		"SUB beside sub":         claim(set{"SUB": "another"}),
	})
	add("3.9", map[string]string{ // use and validate audience
		"another's aud":          claim(set{"aud": "https://other.example"}),
		"no aud":                 claim(set{"aud": nil}),
		"aud empty":              claim(set{"aud": ""}),
		"aud an empty list":      claim(set{"aud": []string{}}),
		"aud a list that has us": claim(set{"aud": []string{"https://other.example", m.Audience}}),
		"aud that begins as we":  claim(set{"aud": m.Audience + ".other.example"}),
	})
	add("3.10", map[string]string{ // do not trust received claims
		"kid of no key":         head(set{"kid": "AAAA"}),
		"kid a path":            head(set{"kid": "../../../../dev/null"}),
		"kid SQL":               head(set{"kid": "' OR 1=1 --"}),
		"kid an address":        head(set{"kid": "http://127.0.0.1/key"}),
		"no kid":                head(set{"kid": nil}),
		"jku":                   head(set{"jku": "http://127.0.0.1/jwks.json"}),
		"x5u":                   head(set{"x5u": "http://127.0.0.1/chain.pem"}),
		"jwk, the forger's own": m.by(make([]byte, ed25519.SeedSize)).named().own(),
		"x5c":                   head(set{"x5c": []string{"AA"}}),
		"exp in the year 2999":  claim(set{"exp": 32503680000}),
		"exp as text":           claim(set{"exp": fmt.Sprint(m.At.Add(m.TTL).Unix())}),
		"no exp":                claim(set{"exp": nil}),
		"expired":               claim(set{"iat": m.At.Add(-m.TTL).Unix(), "exp": m.At.Unix()}),
		"issued in an hour":     claim(set{"iat": m.At.Add(time.Hour).Unix(), "exp": m.At.Add(time.Hour + m.TTL).Unix()}),
		"a role":                claim(set{"role": "admin"}),
		"a scope":               claim(set{"scope": "admin"}),
		"a stronger sign-in":    claim(set{"acr": "phr"}),
	})
	add("3.11", map[string]string{ // use explicit typing
		"no typ":                 head(set{"typ": nil}),
		"typ JWT":                head(set{"typ": "JWT"}),
		"typ in capitals":        head(set{"typ": "AT+JWT"}),
		"typ as a media type":    head(set{"typ": "application/at+jwt"}),
		"typ of a logout":        head(set{"typ": "logout+jwt"}),
		"typ of an event":        head(set{"typ": "secevent+jwt"}),
		"typ of a proof of keys": head(set{"typ": "dpop+jwt"}),
		"typ of our receipts":    head(set{"typ": "accord-receipt+jwt"}),
	})
	add("3.12", map[string]string{ // mutually exclusive rules for different kinds
		"an ID token":                 m.signed(m.header(set{"typ": "JWT"}), m.claims(set{"aud": m.Client, "client_id": nil, "sid": nil, "nonce": "n"})),
		"an ID token, typed as ours":  claim(set{"client_id": nil, "nonce": "n"}),
		"without a session":           claim(set{"sid": nil}),
		"without an application":      claim(set{"client_id": nil}),
		"without an id":               claim(set{"jti": nil}),
		"a logout token, typed ours":  claim(set{"events": set{"http://schemas.openid.net/event/backchannel-logout": set{}}}),
		"a receipt's claims":          m.signed(m.header(nil), object(set{"consultation": "c", "number": 1, "received_on": "2026-01-01", "sha256": "00"}, nil)),
		"a receipt, typed as itself":  m.signed(m.header(set{"typ": "accord-receipt+jwt"}), object(set{"consultation": "c", "number": 1}, nil)),
		"an assertion for a token":    claim(set{"client_id": nil, "sid": nil}),
		"of a longer life than ours":  claim(set{"exp": m.At.Add(m.TTL + time.Second).Unix()}),
		"two objects, one after both": m.signed(m.header(nil), m.claims(nil)+"{}"),
	})
	slices.SortFunc(out, func(a, b Forgery) int { return strings.Compare(a.Section+a.Name, b.Section+b.Name) })
	return out
}

// by is the same mint with a key of another seed, under the same kid.
func (m Mint) by(seed []byte) Mint {
	m.Signer = ed25519.NewKeyFromSeed(seed)
	return m
}

// named is the mint under its own key's thumbprint (RFC 7638).
func (m Mint) named() Mint {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(m.public()) + `"}`))
	m.KeyID = encode(sum[:])
	return m
}

// own is a token that brings the key along by which it verifies.
func (m Mint) own() string {
	return m.signed(m.header(set{"jwk": json.RawMessage(m.jwk())}), m.claims(nil))
}

func (m Mint) public() []byte { return m.Signer.Public().(ed25519.PublicKey) }

func (m Mint) jwk() string {
	return `{"kty":"OKP","crv":"Ed25519","x":"` + encode(m.public()) + `"}`
}

// keyed is a token with a symmetric signature.
func (m Mint) keyed(alg string, key []byte) string {
	text := encode(m.header(set{"alg": alg})) + "." + encode(m.claims(nil))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// smallOrder brings along the one point that lies in no group worth the name, and
// a signature that is right for every text under it.
func (m Mint) smallOrder() string {
	identity := append([]byte{1}, make([]byte, 31)...)
	jwk := `{"kty":"OKP","crv":"Ed25519","x":"` + encode(identity) + `"}`
	text := encode(m.header(set{"jwk": json.RawMessage(jwk)})) + "." + encode(m.claims(nil))
	return text + "." + encode(append(slices.Clone(identity), make([]byte, 32)...))
}

func signature(segment string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		panic(err)
	}
	return b
}

// order is that of the group in which Ed25519 signs (RFC 8032, section 5.1).
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// malleated is the same signature with its S not reduced (RFC 8032, section 5.1.7).
func malleated(segment string) string {
	sig := signature(segment)
	s := slices.Clone(sig[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return encode(append(sig[:32:32], sum...))
}

// noPoint is a signature whose first half decodes to no point of the curve.
func noPoint(segment string) string {
	return encode(append(bytes.Repeat([]byte{0xff}, 32), signature(segment)[32:]...))
}

// nextDigit differs from the last digit of a canonical encoding in a bit that
// stands for nothing.
func nextDigit(c byte) byte {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return digits[strings.IndexByte(digits, c)+1]
}

func deflated(s string) string {
	b := &strings.Builder{}
	w, err := flate.NewWriter(b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	_, err = w.Write([]byte(s))
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

func utf16of(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}
