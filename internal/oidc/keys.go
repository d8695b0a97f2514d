package oidc

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
)

// How the issuer's keys are kept; docs/oidc.md says what this means.
const (
	// fresh is for how long keys are used before the issuer is asked again. One
	// that it has withdrawn is good for no longer.
	fresh = time.Hour
	// kept is for how long they are used while the issuer doesn't answer.
	kept = 24 * time.Hour
	// pause is how long the issuer is left in peace after each time that it was
	// asked, whatever it answered and whatever tokens come meanwhile.
	pause = time.Minute
	// askTime is how long one of its answers may take.
	askTime = 5 * time.Second
)

// known is what an issuer told of itself.
type known struct {
	at time.Time
	Endpoints
	keys map[keyName]crypto.PublicKey
}

type keyName struct{ id, algorithm string }

// Endpoints are where a front end sends a person to sign in, and where it takes
// the code that comes of it.
type Endpoints struct{ Authorization, Token string }

type cache struct {
	// asking is full while somebody asks the issuer.
	asking chan struct{}

	mu     sync.Mutex
	latest *known
	asked  time.Time
}

func (c *cache) load() *known {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.latest
}

// due reports whether the issuer may be asked, and takes it that it is.
func (c *cache) due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked.IsZero() && now.Sub(c.asked) < pause {
		return false
	}
	c.asked = now
	return true
}

func (c *cache) keep(k *known) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest = k
}

var errUnknown = refusal("the issuer's keys are not known")

// Endpoints returns the issuer's, if they are known. It asks nobody, so nobody who
// asks for them waits for an issuer: see Issuers.Refresh.
func (i *Issuer) Endpoints() (at Endpoints, known bool) {
	k := i.load()
	if k == nil || i.now().Sub(k.at) >= kept {
		return Endpoints{}, false
	}
	return k.Endpoints, true
}

// Refresh asks the issuers, all at once, of which what is known is not fresh, and
// returns when each has answered or its time is over.
func (all Issuers) Refresh(ctx context.Context) {
	var group sync.WaitGroup
	for _, i := range all {
		group.Go(func() { _, _ = i.look(ctx, func(*known) bool { return true }) }) // a failure is logged there
	}
	group.Wait()
}

// key returns the issuer's own key of this id, for one algorithm.
func (i *Issuer) key(ctx context.Context, id, algorithm string) (crypto.PublicKey, error) {
	name := keyName{id, algorithm}
	k, err := i.look(ctx, func(k *known) bool { return k.keys[name] != nil })
	if err != nil {
		return nil, err
	}
	if key := k.keys[name]; key != nil {
		return key, nil
	}
	return nil, refusal("kid is not in the issuer's key set for this alg")
}

// look returns what is known of the issuer, which is asked first where that is
// not enough or no longer fresh.
func (i *Issuer) look(ctx context.Context, enough func(*known) bool) (*known, error) {
	k := i.load()
	useful := k != nil && i.now().Sub(k.at) < kept && enough(k)
	if !useful || i.now().Sub(k.at) >= fresh {
		i.ask(ctx, useful)
		k = i.load()
	}
	if k == nil || i.now().Sub(k.at) >= kept {
		return nil, errUnknown
	}
	return k, nil
}

// ask asks the issuer, one at a time. Who has something useful doesn't wait for
// another who asks. It goes on when its caller hangs up, who could else keep the
// keys from ever coming.
func (i *Issuer) ask(ctx context.Context, useful bool) {
	if useful {
		select {
		case i.asking <- struct{}{}:
		default:
			return
		}
	} else {
		select {
		case i.asking <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
	defer func() { <-i.asking }()
	now := i.now()
	if !i.due(now) {
		return
	}
	k, err := i.fetch(context.WithoutCancel(ctx))
	if err != nil {
		i.log.Warn("issuer not asked", "issuer", i.Name, "error", err)
		return
	}
	k.at = now
	i.keep(k)
}

// State is how it stands with an issuer.
type State string

// The states. Tokens are verified in the first two.
const (
	StateOK          State = "ok"
	StateStale       State = "stale"       // it didn't answer when its keys were to be read again
	StateUnavailable State = "unavailable" // its keys are not known, or not yet
)

// State tells how it stands with the issuer, without asking it.
func (i *Issuer) State() State {
	k := i.load()
	switch {
	case k == nil || i.now().Sub(k.at) >= kept:
		return StateUnavailable
	case i.now().Sub(k.at) >= fresh+pause:
		return StateStale
	}
	return StateOK
}

// discovery is what an issuer publishes of itself (OpenID Connect Discovery 1.0,
// section 3).
type discovery struct {
	Issuer        string `json:"issuer"`
	Keys          string `json:"jwks_uri"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
}

func (i *Issuer) fetch(ctx context.Context) (*known, error) {
	var d discovery
	if err := i.get(ctx, strings.TrimSuffix(i.Config.Issuer, "/")+"/.well-known/openid-configuration", &d); err != nil {
		return nil, err
	}
	if d.Issuer != i.Config.Issuer {
		return nil, errors.New("it calls itself by another name than the configuration does")
	}
	for _, address := range []string{d.Keys, d.Authorization, d.Token} {
		if err := i.web(address); err != nil {
			return nil, err
		}
	}
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := i.get(ctx, d.Keys, &set); err != nil {
		return nil, err
	}
	keys, err := read(set.Keys)
	return &known{keys: keys, Endpoints: Endpoints{d.Authorization, d.Token}}, err
}

// web refuses what a browser must not be sent to, and what is not asked.
func (c Config) web(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !c.Plain) {
		return errors.New("an address is not https")
	}
	return nil
}

// get reads a JSON answer. Its errors quote nothing of it.
func (i *Issuer) get(ctx context.Context, address string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("an address can't be asked")
	}
	r.Header.Set("Accept", "application/json")
	res, err := i.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %d", res.StatusCode)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errors.New("its answer is not the JSON that it must be")
	}
	return nil
}

// jwk has of a key (RFC 7517) only what makes a public one: no secret, no
// certificate, and no address from which one would be loaded.
type jwk struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	N         string `json:"n"`
	E         string `json:"e"`
}

// maxKeys is how many keys an issuer has at most.
const maxKeys = 100

// read returns the keys of a set that can verify a token. It refuses a set in
// which a name is two keys'.
func read(set []jwk) (map[keyName]crypto.PublicKey, error) {
	if len(set) > maxKeys {
		return nil, errors.New("its key set is too large")
	}
	keys := map[keyName]crypto.PublicKey{}
	for _, k := range set {
		key, algorithm := k.public()
		if key == nil || k.ID == "" || cmp.Or(k.Use, "sig") != "sig" || cmp.Or(k.Algorithm, algorithm) != algorithm {
			continue // for something else
		}
		name := keyName{k.ID, algorithm}
		if keys[name] != nil {
			return nil, errors.New("its key set has a kid twice")
		}
		keys[name] = key
	}
	if len(keys) == 0 {
		return nil, errors.New("its key set has no key that verifies")
	}
	return keys, nil
}

// public returns the key and the one algorithm that it is for, or nil.
func (k jwk) public() (crypto.PublicKey, string) {
	parsed, err := jwkset.NewJWKFromMarshal(jwkset.JWKMarshal{
		KTY: jwkset.KTY(k.Type), KID: k.ID, CRV: jwkset.CRV(k.Curve), X: k.X, Y: k.Y, N: k.N, E: k.E,
	}, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return nil, ""
	}
	for algorithm, fits := range verifiers {
		if fits(parsed.Key()) {
			return parsed.Key(), algorithm
		}
	}
	return nil, ""
}

// verifiers are the algorithms that are verified here, each with the keys that
// are for it: none is for two.
var verifiers = map[string]func(any) bool{
	"RS256": func(k any) bool {
		key, ok := k.(*rsa.PublicKey)
		return ok && key.N.BitLen() >= 2048 && key.N.BitLen() <= 8192
	},
	"ES256": func(k any) bool { key, ok := k.(*ecdsa.PublicKey); return ok && key.Curve == elliptic.P256() },
	"EdDSA": func(k any) bool { _, ok := k.(ed25519.PublicKey); return ok },
}
