package receipt

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Statement says that something was received: where, on which day, and the hash
// of its content. The content carries a random value of its own, so that nobody
// can find it by trying contents against the hash.
type Statement struct {
	// Consultation is the id of the consultation.
	Consultation string `json:"consultation"`
	// Number counts the versions of a submission from 1.
	Number int `json:"number"`
	// ReceivedOn is a calendar day.
	ReceivedOn string `json:"received_on"`
	// SHA256 is the hash of the content, in hex.
	SHA256 string `json:"sha256"`
}

// Digest is the hash of a content, as a Statement has it.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// maxStatement is more than any statement needs.
const maxStatement = 2048

// ErrStatement refuses what this server did not sign, without saying why.
var ErrStatement = errors.New("the statement was not signed here")

// Signer signs statements and checks its own, as compact JWS (RFC 7515) with
// Ed25519. Its tokens have a type of their own (RFC 8725, section 3.11), so that
// none is taken for an access token. The zero Signer refuses everything.
type Signer struct {
	key    ed25519.PrivateKey
	kid    string
	header string // encoded; the only one that is accepted
}

// NewSigner makes the signer of a seed of 32 bytes. The same seed makes the same
// signer, so that a statement can be checked for as long as the seed lives.
func NewSigner(seed []byte) (Signer, error) {
	if len(seed) != ed25519.SeedSize {
		return Signer{}, fmt.Errorf("receipt: a seed has %d bytes, this has %d", ed25519.SeedSize, len(seed))
	}
	key := ed25519.NewKeyFromSeed(seed)
	kid := thumbprint(key.Public().(ed25519.PublicKey))
	header, err := json.Marshal(map[string]string{"alg": "EdDSA", "kid": kid, "typ": "accord-receipt+jwt"})
	if err != nil {
		return Signer{}, err
	}
	return Signer{key, kid, encode(header)}, nil
}

// Sign signs a statement. The zero Signer signs nothing: its answer is empty.
func (s Signer) Sign(st Statement) string {
	payload, err := json.Marshal(st)
	if err != nil || s.key == nil {
		return ""
	}
	signed := s.header + "." + encode(payload)
	return signed + "." + encode(ed25519.Sign(s.key, []byte(signed)))
}

// Verify returns the statement that this signer signed, or ErrStatement. The
// header must be the one that Sign writes, to the letter, and the payload is
// read only once its signature is known to be right.
func (s Signer) Verify(raw string) (Statement, error) {
	if s.key == nil || len(raw) > maxStatement {
		return Statement{}, ErrStatement
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || parts[0] != s.header {
		return Statement{}, ErrStatement
	}
	payload, errPayload := decode(parts[1])
	signature, errSignature := decode(parts[2])
	if errPayload != nil || errSignature != nil {
		return Statement{}, ErrStatement
	}
	if !ed25519.Verify(s.key.Public().(ed25519.PublicKey), []byte(parts[0]+"."+parts[1]), signature) {
		return Statement{}, ErrStatement
	}
	var st Statement
	if err := json.Unmarshal(payload, &st); err != nil {
		return Statement{}, ErrStatement
	}
	return st, nil
}

// Key is a public key as RFC 7517 and RFC 8037 write it.
type Key struct {
	Algorithm string `json:"alg"`
	Curve     string `json:"crv"`
	ID        string `json:"kid"`
	Type      string `json:"kty"`
	Use       string `json:"use"`
	X         string `json:"x"`
}

// PublicKey is the key with which anyone can check a statement without asking.
func (s Signer) PublicKey() Key {
	if s.key == nil {
		return Key{}
	}
	x := encode(s.key.Public().(ed25519.PublicKey))
	return Key{Algorithm: "EdDSA", Curve: "Ed25519", ID: s.kid, Type: "OKP", Use: "sig", X: x}
}

// thumbprint is the key's name (RFC 7638 and RFC 8037, SHA-256, base64url).
func thumbprint(k ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + encode(k) + `"}`))
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode reads the one encoding that encode writes: unused bits are zero and
// line ends are not skipped.
func decode(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err == nil && encode(b) != s {
		err = ErrStatement
	}
	return b, err
}
