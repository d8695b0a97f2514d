package token

import (
	"errors"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"accord/internal/jws"
)

const (
	alg     = "EdDSA"  // RFC 8037
	typ     = "at+jwt" // RFC 9068, section 2.1
	maxSize = 4 << 10
)

// header has every name that a header may hold. Others (crit, b64, jku, jwk,
// x5u, x5c) are refused for being unknown.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// payload has every claim that a token holds, all required. The audience is one
// string: a list would leave open for whom else the token is.
type payload struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Session  string `json:"sid"`
	Client   string `json:"client_id"`
	ID       string `json:"jti"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// parse reads a token without trusting it: nothing is verified here but the form.
func parse(raw string) (header, payload, error) {
	var h header
	var p payload
	decoded, err := jws.Split(raw, maxSize)
	if err != nil {
		return h, p, refusal(err.Error())
	}
	if err := unmarshal(decoded[0], &h); err != nil {
		return h, p, refusal("the header is not the one object it must be")
	}
	if err := unmarshal(decoded[1], &p); err != nil {
		return h, p, refusal("the claims are not the one object they must be")
	}
	if err := h.check(); err != nil {
		return h, p, err
	}
	return h, p, p.check()
}

// unmarshal refuses unknown and duplicate names, names in other case, invalid
// UTF-8, fractions for integers, and anything after the value.
func unmarshal(b []byte, v any) error {
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

func (h header) check() error {
	switch {
	case h.Algorithm != alg:
		return refusal("alg is not " + alg)
	case h.Type != typ:
		return refusal("typ is not " + typ)
	}
	return nil
}

// check refuses an absent claim; null reads as absent.
func (p payload) check() error {
	for _, s := range p.texts() {
		if s == "" {
			return refusal("a claim is missing or empty")
		}
	}
	if p.IssuedAt <= 0 || p.Expires <= p.IssuedAt {
		return refusal("exp is not after iat")
	}
	return nil
}

// lifetime refuses a token from the future, and one that would live longer than
// tokens do; what has expired is left to the library.
func (p payload) lifetime(now time.Time, ttl time.Duration) error {
	switch {
	case p.IssuedAt > now.Add(leeway).Unix():
		return refusal("issued in the future")
	case p.Expires-p.IssuedAt > int64(ttl/time.Second):
		return refusal("lives too long")
	}
	return nil
}

// issuable refuses what check would, and text that JSON would change.
func (p payload) issuable() error {
	for _, s := range p.texts() {
		if s == "" || !utf8.ValidString(s) {
			return errors.New("token: subject, session and client must be non-empty UTF-8")
		}
	}
	return nil
}

func (p payload) texts() [6]string {
	return [...]string{p.Issuer, p.Audience, p.Subject, p.Session, p.Client, p.ID}
}

func (p payload) claims() Claims {
	return Claims{
		Subject:   p.Subject,
		Session:   p.Session,
		Client:    p.Client,
		ID:        p.ID,
		IssuedAt:  time.Unix(p.IssuedAt, 0).UTC(),
		ExpiresAt: time.Unix(p.Expires, 0).UTC(),
	}
}

// The library reads claims through these.

func (p payload) GetIssuer() (string, error)             { return p.Issuer, nil }
func (p payload) GetSubject() (string, error)            { return p.Subject, nil }
func (p payload) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{p.Audience}, nil }
func (p payload) GetNotBefore() (*jwt.NumericDate, error) {
	return nil, nil
}
func (p payload) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(p.IssuedAt, 0)), nil
}
func (p payload) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(p.Expires, 0)), nil
}
