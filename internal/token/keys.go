package token

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
)

// KeySet holds the key that signs and every key that verifies, by kid. A change
// takes effect at once and as a whole; it is safe for concurrent use. Its zero
// value holds no key: nothing is signed and nothing verifies.
type KeySet struct {
	writing sync.Mutex
	current atomic.Pointer[keys]
}

// keys never change once they are current.
type keys struct {
	signer ed25519.PrivateKey // nil where nothing signs
	kid    string             // the signer's
	public map[string]ed25519.PublicKey
}

var noKeys = &keys{}

func (s *KeySet) load() *keys {
	if s == nil {
		return noKeys
	}
	if k := s.current.Load(); k != nil {
		return k
	}
	return noKeys
}

// Replace makes signer the key that signs, and signer and others the only keys
// that verify. It refuses malformed keys and then changes nothing.
func (s *KeySet) Replace(signer ed25519.PrivateKey, others ...ed25519.PublicKey) error {
	if err := checkPrivate(signer); err != nil {
		return err
	}
	own := signer.Public().(ed25519.PublicKey)
	next := &keys{
		signer: bytes.Clone(signer),
		kid:    KeyID(own),
		public: map[string]ed25519.PublicKey{KeyID(own): own},
	}
	for _, k := range others {
		if err := checkPublic(k); err != nil {
			return err
		}
		next.public[KeyID(k)] = bytes.Clone(k)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	s.current.Store(next)
	return nil
}

// Add makes k verify too and returns its kid. A key is added everywhere before
// it signs anywhere, so that no instance meets a kid it doesn't know.
func (s *KeySet) Add(k ed25519.PublicKey) (kid string, err error) {
	if err := checkPublic(k); err != nil {
		return "", err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.copy()
	kid = KeyID(k)
	next.public[kid] = bytes.Clone(k)
	s.current.Store(next)
	return kid, nil
}

// Retire makes the key of this kid verify no more. It refuses the key that
// signs and a kid that is not in the set.
func (s *KeySet) Retire(kid string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	next := s.copy()
	if _, ok := next.public[kid]; !ok {
		return fmt.Errorf("token: no key %q to retire", kid)
	}
	if kid == next.kid {
		return fmt.Errorf("token: key %q signs; replace it before retiring it", kid)
	}
	delete(next.public, kid)
	s.current.Store(next)
	return nil
}

func (s *KeySet) copy() *keys {
	k := *s.load()
	k.public = maps.Clone(k.public)
	if k.public == nil {
		k.public = map[string]ed25519.PublicKey{}
	}
	return &k
}

// KeyID returns the kid of k, its thumbprint (RFC 7638 and RFC 8037, SHA-256,
// base64url).
func KeyID(k ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(k) + `"}`))
	return encode(sum[:])
}

// jwk is a public key as RFC 7517 and RFC 8037 write it.
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	KeyID     string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// JWKS returns the public keys that verify, in order of kid, as a JWK set
// (RFC 7517, section 5).
func (s *KeySet) JWKS() ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	now := s.load()
	for _, kid := range slices.Sorted(maps.Keys(now.public)) {
		set.Keys = append(set.Keys, jwk{
			Type: "OKP", Curve: "Ed25519", X: encode(now.public[kid]),
			KeyID: kid, Use: "sig", Algorithm: alg,
		})
	}
	return json.Marshal(set)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func checkPrivate(k ed25519.PrivateKey) error {
	if len(k) != ed25519.PrivateKeySize || !ed25519.NewKeyFromSeed(k.Seed()).Equal(k) {
		return errors.New("token: not an Ed25519 private key")
	}
	return nil
}

func checkPublic(k ed25519.PublicKey) error {
	if len(k) != ed25519.PublicKeySize {
		return fmt.Errorf("token: an Ed25519 public key has %d bytes, this has %d", ed25519.PublicKeySize, len(k))
	}
	return nil
}
