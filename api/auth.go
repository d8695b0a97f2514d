package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"accord/domain"
	"accord/internal/apikey"
	"accord/internal/token"
	"accord/repository"
)

// authenticator tells who calls. A verified token is remembered for as long as
// it lives, so that its signature is checked once; whether its session still
// stands is asked of the database again after Freshness at the latest.
type authenticator struct {
	store     *repository.Store
	issuer    token.Issuer
	keys      *keyRing
	freshness time.Duration

	mu     sync.Mutex
	tokens map[[sha256.Size]byte]remembered
	// misplaced are the keys that were sent from where they may not be used, and
	// whose creators are to be told.
	misplaced map[domain.APIKeyID]bool
}

type remembered struct {
	claims token.Claims
	key    *domain.APIKey // nil for an access token
	actor  domain.Actor
	asked  time.Time
}

// maxRemembered bounds the memory; when it is full, all is forgotten at once.
const maxRemembered = 20_000

func newAuthenticator(store *repository.Store, issuer token.Issuer, freshness time.Duration) *authenticator {
	if freshness == 0 {
		freshness = time.Second
	}
	a := &authenticator{store: store, issuer: issuer, freshness: freshness, tokens: map[[sha256.Size]byte]remembered{}, misplaced: map[domain.APIKeyID]bool{}}
	a.keys = &keyRing{store: store, freshness: freshness, set: issuer.Keys, changed: a.forget}
	return a
}

// actor reads the Authorization headers and names the caller's session, of which
// an API key has none. None is Anyone; one that is not good is refused, even where
// nobody need be signed in.
func (a *authenticator) actor(ctx context.Context, headers []string, from netip.Addr) (domain.Actor, domain.ID[domain.Session], error) {
	if len(headers) == 0 {
		return domain.Actor{Role: domain.Anyone}, "", nil
	}
	refused := errBadToken
	raw, ok := bearer(headers)
	if !ok {
		return domain.Actor{}, "", refused
	}
	if apikey.Is(raw) {
		who, err := a.program(ctx, raw, from)
		return who, "", err
	}
	if err := a.keys.fresh(ctx); err != nil {
		return domain.Actor{}, "", err
	}
	key := sha256.Sum256([]byte(raw))
	known, ok := a.recall(key)
	if !ok {
		claims, err := a.verify(ctx, raw)
		if errors.Is(err, token.ErrRefused) {
			return domain.Actor{}, "", refused
		}
		if err != nil {
			return domain.Actor{}, "", err
		}
		known.claims = claims
	}
	sid := domain.ID[domain.Session](known.claims.Session)
	if !a.store.Now().Before(known.claims.ExpiresAt) {
		return domain.Actor{}, "", refused
	}
	if ok && time.Since(known.asked) < a.freshness {
		return known.actor, sid, nil
	}
	standing, err := a.store.Standing(ctx, sid)
	if err != nil {
		return domain.Actor{}, "", err
	}
	if !standing.Live || string(standing.Actor.Account) != known.claims.Subject {
		return domain.Actor{}, "", refused
	}
	known.actor, known.asked = standing.Actor, time.Now()
	a.remember(key, known)
	return known.actor, sid, nil
}

// errKey refuses an API key alike, whatever is the matter with it: who found one
// learns nothing from where it is not to be used.
var errKey = domain.Refuse(domain.Unauthenticated, "the API key is none, works no more, or not from this address")

// stranger reports whether somebody comes by what may be an API key and was not
// known for one a moment ago: its checksum anybody can reckon.
func (a *authenticator) stranger(headers []string) bool {
	raw, ok := bearer(headers)
	if !ok || !apikey.Is(raw) {
		return false
	}
	_, known := a.recall(sha256.Sum256([]byte(raw)))
	return !known
}

// program tells who comes by an API key from an address.
func (a *authenticator) program(ctx context.Context, raw string, from netip.Addr) (domain.Actor, error) {
	secret, err := apikey.Parse(raw)
	if err != nil {
		return domain.Actor{}, errKey
	}
	at := sha256.Sum256([]byte(raw))
	known, ok := a.recall(at)
	fresh := ok && time.Since(known.asked) < a.freshness
	if !fresh {
		if known.key, known.actor, err = a.store.APIKey(ctx, secret); err != nil {
			return domain.Actor{}, err
		}
	}
	if known.key == nil || !known.key.Admits(secret, from, a.store.Now()) {
		a.drop(at)
		a.misplace(known.key, secret, from)
		return domain.Actor{}, errKey
	}
	if fresh {
		return known.actor, nil
	}
	known.asked = time.Now()
	a.remember(at, known)
	return known.actor, a.store.APIKeyUsed(ctx, known.key)
}

// misplace remembers a key that was refused because of the address. It is written
// later: the answer takes no longer than for what is no key.
func (a *authenticator) misplace(k *domain.APIKey, secret string, from netip.Addr) {
	now := a.store.Now()
	if k == nil || k.RefusedOn >= domain.DateOf(now) || !k.Elsewhere(secret, from, now) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.misplaced[k.ID] = true
}

// elsewhere hands out the keys that were sent from elsewhere since it was asked.
func (a *authenticator) elsewhere() map[domain.APIKeyID]bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.misplaced
	a.misplaced = map[domain.APIKeyID]bool{}
	return out
}

var errBadToken = domain.Refuse(domain.Unauthenticated, "the access token is not valid, or no longer; sign in again")

// bearer is the access token that the headers hold, if it is one and nothing else.
func bearer(headers []string) (string, bool) {
	if len(headers) != 1 {
		return "", false
	}
	scheme, raw, _ := strings.Cut(headers[0], " ")
	return raw, strings.EqualFold(scheme, "Bearer")
}

// leaving is whose token it is that may have expired, as long as its session
// stands; anyone's if it can't be told.
func (a *authenticator) leaving(ctx context.Context, headers []string) (domain.Actor, error) {
	anyone := domain.Actor{Role: domain.Anyone}
	raw, ok := bearer(headers)
	if !ok {
		return anyone, nil
	}
	claims, err := a.issuer.VerifyLate(raw)
	if err != nil {
		return anyone, nil
	}
	standing, err := a.store.Standing(ctx, domain.ID[domain.Session](claims.Session))
	if err != nil || !standing.Live || string(standing.Actor.Account) != claims.Subject {
		return anyone, err
	}
	return standing.Actor, nil
}

// verify reads a token. A key that this instance doesn't know may be one that
// began to sign a moment ago.
func (a *authenticator) verify(ctx context.Context, raw string) (token.Claims, error) {
	claims, err := a.issuer.Verify(raw)
	if !token.UnknownKey(err) {
		return claims, err
	}
	if err := a.keys.unknown(ctx); err != nil {
		return token.Claims{}, err
	}
	return a.issuer.Verify(raw)
}

func (a *authenticator) recall(key [sha256.Size]byte) (remembered, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.tokens[key]
	return r, ok
}

func (a *authenticator) remember(key [sha256.Size]byte, r remembered) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tokens) >= maxRemembered {
		clear(a.tokens)
	}
	a.tokens[key] = r
}

func (a *authenticator) drop(key [sha256.Size]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tokens, key)
}

// forget makes this instance ask the database about every session again, as
// after a sign-out or a suspension.
func (a *authenticator) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.tokens)
}
