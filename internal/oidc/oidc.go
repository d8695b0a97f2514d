// Package oidc verifies the ID tokens of OpenID providers (OpenID Connect Core
// 1.0). It trusts an issuer for no more than its configuration says, believes no
// key but those at the issuer's own address, and keeps the issuer's keys through
// an outage for a time that is written down. What is refused is refused alike,
// and why is for logs only.
package oidc

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"accord/internal/egress"
)

// leeway is how far the clock of an issuer may be from ours.
const leeway = time.Minute

// ErrRefused is every refusal of Verify. Its text is the same for all of them.
var ErrRefused = errors.New("the issuer's token is not valid")

// refusal is why Verify refused a token, in fixed words that hold nothing of it.
type refusal string

func (refusal) Error() string        { return ErrRefused.Error() }
func (refusal) Is(target error) bool { return target == ErrRefused }

// Reason returns why Verify refused a token, in words for a log and never for
// the caller. It is empty for any other error.
func Reason(err error) string {
	var r refusal
	errors.As(err, &r)
	return string(r)
}

// Claims are what a token says, as far as it counts here.
type Claims struct {
	// Subject is whom the token is about: one person at this issuer, for good.
	Subject string
	// Nonce is what the sign-in was begun with; never empty.
	Nonce string
	// AuthTime is when the person last proved to the issuer who it is; zero if it
	// doesn't say.
	AuthTime time.Time
	// Roles are those that the issuer's configuration allows to such claims.
	Roles []string
	// SecondFactor says that the issuer asked for one, as its configuration tells.
	SecondFactor bool
}

// Issuer is an OpenID provider. It is safe for concurrent use.
type Issuer struct {
	Config
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	cache
}

// New returns the issuer of a configuration that was checked. It is asked by
// Issuers.Refresh and when a token needs its keys.
func New(c Config, now func() time.Time, log *slog.Logger) *Issuer {
	return &Issuer{
		Config: c, now: now, log: log, cache: cache{asking: make(chan struct{}, 1)},
		client: egress.Client(egress.Options{Allowed: c.Private, Plain: c.Plain, Timeout: askTime}),
	}
}

// Issuers are those that a server believes.
type Issuers []*Issuer

// Named returns the issuer that the configuration calls so, or nil.
func (all Issuers) Named(name string) *Issuer {
	return all.find(func(i *Issuer) bool { return i.Name == name })
}

func (all Issuers) find(is func(*Issuer) bool) *Issuer {
	if n := slices.IndexFunc(all, is); n >= 0 {
		return all[n]
	}
	return nil
}

// Verify returns the issuer of an ID token and what the token says, if the issuer
// is one of these, signed it for its client and the token is good now. Every
// other input is refused with ErrRefused; Reason tells why. Whether the token was
// used before is the caller's to know, by its nonce.
func (all Issuers) Verify(ctx context.Context, raw string) (*Issuer, Claims, error) {
	h, p, err := parse(raw)
	if err != nil {
		return nil, Claims{}, err
	}
	i := all.find(func(i *Issuer) bool { return i.Config.Issuer == p.Issuer })
	if i == nil {
		return nil, Claims{}, refusal("iss is no issuer's that is configured")
	}
	c, err := i.verify(ctx, raw, h, p)
	return i, c, err
}

// verify looks at what costs nothing first, so that a token which can't be good
// never has the issuer asked for keys.
func (i *Issuer) verify(ctx context.Context, raw string, h header, p payload) (Claims, error) {
	now := i.now()
	if err := i.check(h, p, now); err != nil {
		return Claims{}, err
	}
	key, err := i.key(ctx, h.KeyID, h.Algorithm)
	if err != nil {
		return Claims{}, err
	}
	if err := i.signed(raw, key, p, now); err != nil {
		return Claims{}, err
	}
	return i.claims(p)
}

// check holds a token against the configuration and the time (Core, section
// 3.1.3.7).
func (i *Issuer) check(h header, p payload, now time.Time) error {
	switch {
	case !slices.Contains(i.algorithms(), h.Algorithm):
		return refusal("alg is not one of this issuer's")
	case !i.meant(p):
		return refusal("aud or azp is another's")
	case p.Expires <= now.Add(-leeway).Unix():
		return refusal("expired")
	case p.IssuedAt > now.Add(leeway).Unix() || p.NotBefore > now.Add(leeway).Unix():
		return refusal("issued in the future")
	case p.AuthTime > now.Add(leeway).Unix():
		return refusal("auth_time is in the future")
	case i.MaxAge > 0 && p.AuthTime < now.Add(-leeway).Unix()-int64(i.MaxAge):
		return refusal("auth_time is missing or too long ago")
	}
	return nil
}

// meant reports whether the token is for this client and for nobody whom it does
// not trust.
func (i *Issuer) meant(p payload) bool {
	for _, a := range p.Audience {
		if a != i.ClientID && !slices.Contains(i.Audiences, a) {
			return false
		}
	}
	if len(p.Audience) > 1 && p.AuthorizedParty == "" {
		return false
	}
	return slices.Contains(p.Audience, i.ClientID) && (p.AuthorizedParty == "" || p.AuthorizedParty == i.ClientID)
}

// signed has the library verify the signature, and all that it knows to verify
// once more.
func (i *Issuer) signed(raw string, key crypto.PublicKey, p payload, now time.Time) error {
	parser := jwt.NewParser(
		jwt.WithValidMethods(i.algorithms()), jwt.WithIssuer(i.Config.Issuer), jwt.WithAudience(i.ClientID),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway+time.Second),
		jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding(),
	)
	read := jwt.MapClaims{}
	if _, err := parser.ParseWithClaims(raw, read, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return refusal("the signature is wrong, or the library refused")
	}
	if read["sub"] != p.Subject || read["nonce"] != p.Nonce {
		return refusal("two parsers read different claims")
	}
	return nil
}

// claims are what a good token's claims come to by the configuration.
func (i *Issuer) claims(p payload) (Claims, error) {
	c := Claims{Subject: p.Subject, Nonce: p.Nonce, SecondFactor: i.SecondFactor.shown(p), Roles: slices.Clone(i.Roles[everybody])}
	if p.AuthTime > 0 {
		c.AuthTime = time.Unix(p.AuthTime, 0).UTC()
	}
	values, err := p.texts(i.RoleClaim)
	if err != nil {
		return Claims{}, err
	}
	for _, v := range values {
		if v != everybody {
			c.Roles = append(c.Roles, i.Roles[v]...)
		}
	}
	return c, nil
}
