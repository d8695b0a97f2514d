// Package token issues and verifies access tokens: JWTs of RFC 9068 ("at+jwt"),
// signed with Ed25519, hardened by RFC 8725. It accepts only what it would have
// issued itself, to the letter; a strict check of its own stands before the JWT
// library, which tolerates more. What is refused is refused alike, and why is
// for logs only.
package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// DefaultTTL is how long a token is good for where Issuer.TTL is zero.
const DefaultTTL = 10 * time.Minute

// leeway is how far ahead the clock of another instance may be that issued a
// token. An expired token gets none.
const leeway = 5 * time.Second

// ErrRefused is every refusal of Verify. Its text is the same for all of them.
var ErrRefused = errors.New("the access token is not valid")

// Claims are what an access token says. Every one is required. Issue sets ID,
// IssuedAt and ExpiresAt itself, whatever they were.
type Claims struct {
	Subject   string    // sub: the account's id
	Session   string    // sid: the session's id
	Client    string    // client_id: the application that asked for the token
	ID        string    // jti: random
	IssuedAt  time.Time // iat: UTC, whole seconds
	ExpiresAt time.Time // exp: UTC, whole seconds; from this moment on the token is refused
}

// Issuer issues tokens for one audience and verifies its own. It is safe for
// concurrent use while its fields stay as they are; its zero value refuses
// everything.
type Issuer struct {
	Keys     *KeySet
	Issuer   string           // iss
	Audience string           // aud
	TTL      time.Duration    // DefaultTTL where zero; at least a second
	Now      func() time.Time // time.Now where nil
}

// Issue signs a token good from now for the TTL. It refuses empty claims, text
// that is not UTF-8, and claims so long that Verify would refuse the token.
func (i Issuer) Issue(c Claims) (string, error) {
	keys := i.Keys.load()
	if keys.signer == nil {
		return "", errors.New("token: no key to sign with")
	}
	if !i.configured() {
		return "", errors.New("token: the issuer needs a name, an audience and a TTL of a second or more")
	}
	now := i.now().Unix()
	p := payload{
		Issuer:   i.Issuer,
		Audience: i.Audience,
		Subject:  c.Subject,
		Session:  c.Session,
		Client:   c.Client,
		ID:       rand.Text(),
		IssuedAt: now,
		Expires:  now + int64(i.ttl()/time.Second),
	}
	if err := p.issuable(); err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, p)
	t.Header["typ"] = typ
	t.Header["kid"] = keys.kid
	raw, err := t.SignedString(keys.signer)
	if err != nil {
		return "", fmt.Errorf("token: sign: %w", err)
	}
	if len(raw) > maxSize {
		return "", fmt.Errorf("token: of %d bytes, at most %d are accepted", len(raw), maxSize)
	}
	return raw, nil
}

// Verify returns the claims of a token that this issuer issued, that is signed
// by a key of the set, and that has not expired. Every other input is refused
// with ErrRefused; Reason tells why.
func (i Issuer) Verify(raw string) (Claims, error) { return i.verify(raw, i.now()) }

// VerifyLate is Verify of a token that may have expired, for what its holder may
// do as long as what it stands for does: to leave.
func (i Issuer) VerifyLate(raw string) (Claims, error) {
	now := i.now()
	if _, p, err := parse(raw); err == nil && p.Expires <= now.Unix() {
		now = time.Unix(p.Expires-1, 0)
	}
	return i.verify(raw, now)
}

func (i Issuer) verify(raw string, now time.Time) (Claims, error) {
	if !i.configured() {
		return Claims{}, refusal("the issuer is not configured")
	}
	h, want, err := parse(raw)
	if err != nil {
		return Claims{}, err
	}
	key, ok := i.Keys.load().public[h.KeyID]
	if !ok {
		return Claims{}, unknownKey
	}
	if err := want.lifetime(now, i.ttl()); err != nil {
		return Claims{}, err
	}
	var got payload
	_, err = i.parser(now).ParseWithClaims(raw, &got, func(*jwt.Token) (any, error) { return key, nil })
	if err != nil {
		return Claims{}, libraryRefusal(err)
	}
	if got != want {
		return Claims{}, refusal("two parsers read different claims")
	}
	return got.claims(), nil
}

func (i Issuer) parser(now time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{alg}),
		jwt.WithIssuer(i.Issuer),
		jwt.WithAudience(i.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithStrictDecoding(),
	)
}

// The library takes an empty issuer to mean that any will do.
func (i Issuer) configured() bool {
	return i.Issuer != "" && i.Audience != "" && i.ttl() >= time.Second
}

func (i Issuer) ttl() time.Duration {
	if i.TTL == 0 {
		return DefaultTTL
	}
	return i.TTL
}

func (i Issuer) now() time.Time {
	if i.Now == nil {
		return time.Now()
	}
	return i.Now()
}

// refusal is why Verify refused a token, in fixed words that hold nothing of it.
type refusal string

func (refusal) Error() string        { return ErrRefused.Error() }
func (refusal) Is(target error) bool { return target == ErrRefused }

// unknownKey may mean that the keys of this instance are not the newest.
const unknownKey refusal = "kid is not in the key set"

// UnknownKey reports whether Verify refused a token for its kid alone.
func UnknownKey(err error) bool {
	var r refusal
	return errors.As(err, &r) && r == unknownKey
}

// Reason returns why Verify refused a token, in words for a log and never for
// the caller. It is empty for any other error.
func Reason(err error) string {
	var r refusal
	errors.As(err, &r)
	return string(r)
}

// The library's own texts can quote the token, so only their kind is kept.
func libraryRefusal(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return refusal("the signature is wrong")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return refusal("iss is another's")
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return refusal("aud is another's")
	case errors.Is(err, jwt.ErrTokenExpired):
		return refusal("expired")
	}
	return refusal("refused by the library")
}
