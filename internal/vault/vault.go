// Package vault encrypts what must be readable only while a key exists. Each
// person's fields are sealed under a data key of that person's own, and data
// keys are stored only wrapped under the master key: deleting the wrapped key
// erases the person. A ciphertext opens only under the key and the associated
// data it was sealed with, so it can't be moved to another place.
package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrOpen refuses a ciphertext that was altered, moved, cut, or sealed under
	// another key or other associated data. It doesn't say which.
	ErrOpen = errors.New("vault: ciphertext does not open with this key and associated data")

	// ErrNoKey refuses every use of a zero Master or Key.
	ErrNoKey = errors.New("vault: no key")

	// ErrUnbound refuses to work without the name (owner, place or purpose) that
	// a result is bound to.
	ErrUnbound = errors.New("vault: an owner, associated data or purpose is required")
)

// What the master key does is separated by a prefix of the associated data, so
// that a wrapped data key can't be read out through Open.
const (
	wrapping = "key|"
	sealing  = "secret|"
)

const secretSize = 32

// Master wraps data keys, seals single secrets and derives keys for keyed
// hashes. It may hold several key-encryption keys: the newest encrypts, all
// decrypt. It never changes and is safe for concurrent use; its zero value
// refuses everything. Printing it shows no key.
type Master struct {
	keys   *keyset.Handle
	aead   tink.AEAD
	secret []byte // for Derive; apart from keys, so that rotation leaves it
}

// NewMaster generates a master key of AES-256-GCM and a derivation secret.
func NewMaster() (*Master, error) {
	keys, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: generate: %w", err)
	}
	secret := make([]byte, secretSize)
	rand.Read(secret)
	return newMaster(keys, secret)
}

func newMaster(keys *keyset.Handle, secret []byte) (*Master, error) {
	a, err := aead.New(keys)
	if err != nil {
		return nil, fmt.Errorf("vault: keyset: %w", err)
	}
	return &Master{keys: keys, aead: a, secret: secret}, nil
}

// Rotate returns a Master with a new key that encrypts from now on; the keys of
// m go on decrypting and the derivation secret stays. Once every wrapped key
// has gone through Rewrap and every sealed secret was sealed again, DropOld
// retires the older keys.
func (m *Master) Rotate() (*Master, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	manager := keyset.NewManagerFromHandle(m.keys)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	return m.with(manager)
}

// DropOld returns a Master with the newest key alone. What is still encrypted
// under an older one can no longer be read.
func (m *Master) DropOld() (*Master, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	manager := keyset.NewManagerFromHandle(m.keys)
	info := m.keys.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		if k.GetKeyId() == info.GetPrimaryKeyId() {
			continue
		}
		if err := manager.Delete(k.GetKeyId()); err != nil {
			return nil, fmt.Errorf("vault: drop old keys: %w", err)
		}
	}
	return m.with(manager)
}

func (m *Master) with(manager *keyset.Manager) (*Master, error) {
	keys, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("vault: keyset: %w", err)
	}
	return newMaster(keys, m.secret)
}

// Seal encrypts one secret under the master key itself, bound to ad, which must
// not be empty. Personal fields belong under a Key of their owner instead.
func (m *Master) Seal(plaintext []byte, ad string) ([]byte, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	return seal(m.aead, plaintext, sealing, ad)
}

// Open returns what Seal encrypted with the same ad, under any of the master's
// keys, or ErrOpen.
func (m *Master) Open(ciphertext []byte, ad string) ([]byte, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	return open(m.aead, ciphertext, sealing, ad)
}

// Derive returns a key of 32 bytes for one purpose, such as the keyed hash of
// one kind of code (HKDF-SHA256, RFC 5869). The same purpose gives the same key
// for as long as the master key file lives, through every rotation; different
// purposes give unrelated keys.
func (m *Master) Derive(purpose string) ([]byte, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	if purpose == "" {
		return nil, ErrUnbound
	}
	return hkdf.Key(sha256.New, m.secret, nil, purpose, 32)
}

func (m *Master) ready() bool { return m != nil && m.aead != nil && len(m.secret) == secretSize }

// Format keeps keys out of logs and error texts, whatever the verb.
func (Master) Format(f fmt.State, _ rune) { io.WriteString(f, "vault.Master") }

func seal(a tink.AEAD, plaintext []byte, use, ad string) ([]byte, error) {
	if ad == "" {
		return nil, ErrUnbound
	}
	return a.Encrypt(plaintext, []byte(use+ad))
}

func open(a tink.AEAD, ciphertext []byte, use, ad string) ([]byte, error) {
	if ad == "" {
		return nil, ErrUnbound
	}
	plaintext, err := a.Decrypt(ciphertext, []byte(use+ad))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}
