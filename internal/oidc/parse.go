package oidc

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accord/internal/jws"
)

// maxSize is how many bytes a token has at most. Some issuers list a person's
// groups in it.
const maxSize = 16 << 10

// maxSubject is Core's own limit (section 2).
const maxSubject = 255

// header has every name that a header may hold; the two thumbprints are read by
// nobody. Others (crit, b64, jku, jwk, x5u, x5c) are refused for being unknown.
type header struct {
	Algorithm  string `json:"alg"`
	KeyID      string `json:"kid"`
	Type       string `json:"typ"`
	Thumbprint string `json:"x5t"`
	SHA256     string `json:"x5t#S256"`
}

// payload has the claims that count here. Those of other names, and of these
// names in other case, are others.
type payload struct {
	Issuer          string                    `json:"iss"`
	Subject         string                    `json:"sub"`
	Audience        audience                  `json:"aud"`
	AuthorizedParty string                    `json:"azp"`
	Nonce           string                    `json:"nonce"`
	Expires         int64                     `json:"exp"`
	IssuedAt        int64                     `json:"iat"`
	NotBefore       int64                     `json:"nbf"`
	AuthTime        int64                     `json:"auth_time"`
	ACR             string                    `json:"acr"`
	AMR             []string                  `json:"amr"`
	Others          map[string]jsontext.Value `json:",embed"`
}

// audience is one name or a list of them (RFC 7519, section 4.1.3).
type audience []string

// UnmarshalJSON reads both forms.
func (a *audience) UnmarshalJSON(b []byte) error {
	var err error
	*a, err = texts(b)
	return err
}

// texts reads a string or a list of strings.
func texts(b jsontext.Value) (out []string, err error) {
	if b.Kind() == '[' {
		err = json.Unmarshal(b, &out)
		return out, err
	}
	out = make([]string, 1)
	err = json.Unmarshal(b, &out[0])
	return out, err
}

// parse reads a token without trusting it: nothing is verified here but the form.
func parse(raw string) (h header, p payload, err error) {
	decoded, err := jws.Split(raw, maxSize)
	if err != nil {
		return h, p, refusal(err.Error())
	}
	if err := json.Unmarshal(decoded[0], &h, json.RejectUnknownMembers(true)); err != nil {
		return h, p, refusal("the header is not the one object it must be")
	}
	if err := json.Unmarshal(decoded[1], &p); err != nil {
		return h, p, refusal("the claims are not the one object they must be")
	}
	if err := h.check(); err != nil {
		return h, p, err
	}
	return h, p, p.check()
}

// check refuses a header that leaves open what the token is, or by which key it
// is signed. An ID token has no type or the general one; an access token and a
// logout token have their own.
func (h header) check() error {
	switch {
	case h.Type != "" && h.Type != "JWT":
		return refusal("typ is not JWT")
	case h.KeyID == "":
		return refusal("kid is missing")
	case verifiers[h.Algorithm] == nil:
		return refusal("alg is not one that is verified here")
	}
	return nil
}

// check refuses an absent claim; null reads as absent.
func (p payload) check() error {
	switch {
	case p.Issuer == "" || p.Nonce == "" || len(p.Audience) == 0:
		return refusal("a claim is missing or empty")
	case p.Subject == "" || len(p.Subject) > maxSubject || strings.ContainsFunc(p.Subject, outsideASCII):
		return refusal("sub is not up to 255 ASCII characters")
	case p.IssuedAt <= 0 || p.Expires <= p.IssuedAt:
		return refusal("exp is not after iat")
	case p.NotBefore < 0 || p.AuthTime < 0 || p.AuthTime > 1<<40:
		return refusal("a time is out of range")
	}
	return nil
}

func outsideASCII(r rune) bool { return r < ' ' || r > '~' }

// texts are the values of a further claim: a string or a list of them, none if it
// is absent.
func (p payload) texts(claim string) ([]string, error) {
	b, ok := p.Others[claim]
	if !ok || claim == "" || b.Kind() == 'n' {
		return nil, nil
	}
	values, err := texts(b)
	if err != nil {
		return nil, refusal("the claim of roles is neither a text nor a list of texts")
	}
	return values, nil
}

// shown reports whether the claims tell of one of the ways that count as a second
// factor.
func (s SecondFactor) shown(p payload) bool {
	return slices.ContainsFunc(p.AMR, func(m string) bool { return slices.Contains(s.AMR, m) }) ||
		p.ACR != "" && slices.Contains(s.ACR, p.ACR)
}
