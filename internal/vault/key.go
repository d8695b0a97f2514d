package vault

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Key is one owner's data key (AES-256-GCM). It is safe for concurrent use; its
// zero value refuses everything. Printing it shows no key.
type Key struct {
	aead tink.AEAD
}

// NewKey generates a data key for owner, a name such as "advisor|<id>" that
// must not be empty. Only wrapped may be stored (at most 144 bytes); it unwraps for this
// owner alone, and once it is deleted nothing sealed under the key can be read.
func (m *Master) NewKey(owner string) (wrapped []byte, key *Key, err error) {
	keys, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("vault: generate: %w", err)
	}
	if wrapped, err = m.wrap(keys, owner); err != nil {
		return nil, nil, err
	}
	if key, err = newKey(keys); err != nil {
		return nil, nil, err
	}
	return wrapped, key, nil
}

// Unwrap returns the data key that NewKey wrapped for owner, or ErrOpen.
func (m *Master) Unwrap(wrapped []byte, owner string) (*Key, error) {
	keys, err := m.unwrap(wrapped, owner)
	if err != nil {
		return nil, err
	}
	return newKey(keys)
}

// Rewrap wraps owner's data key anew under the newest master key. The data key
// and all that is sealed under it stay as they are.
func (m *Master) Rewrap(wrapped []byte, owner string) ([]byte, error) {
	keys, err := m.unwrap(wrapped, owner)
	if err != nil {
		return nil, err
	}
	return m.wrap(keys, owner)
}

func (m *Master) wrap(keys *keyset.Handle, owner string) ([]byte, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	if owner == "" {
		return nil, ErrUnbound
	}
	var b bytes.Buffer
	if err := keys.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), m.aead, []byte(wrapping+owner)); err != nil {
		return nil, fmt.Errorf("vault: wrap: %w", err)
	}
	return b.Bytes(), nil
}

func (m *Master) unwrap(wrapped []byte, owner string) (*keyset.Handle, error) {
	if !m.ready() {
		return nil, ErrNoKey
	}
	if owner == "" {
		return nil, ErrUnbound
	}
	r := keyset.NewBinaryReader(bytes.NewReader(wrapped))
	keys, err := keyset.ReadWithAssociatedData(r, m.aead, []byte(wrapping+owner))
	if err != nil {
		return nil, ErrOpen
	}
	return keys, nil
}

func newKey(keys *keyset.Handle) (*Key, error) {
	a, err := aead.New(keys)
	if err != nil {
		return nil, fmt.Errorf("vault: keyset: %w", err)
	}
	return &Key{aead: a}, nil
}

// Seal encrypts plaintext for one place, named by ad as "table|column|row"; ad
// must not be empty. The ciphertext is 33 bytes longer than plaintext, and no two
// are alike.
func (k *Key) Seal(plaintext []byte, ad string) ([]byte, error) {
	if k == nil || k.aead == nil {
		return nil, ErrNoKey
	}
	return seal(k.aead, plaintext, "", ad)
}

// Open returns what Seal encrypted for the same place, or ErrOpen.
func (k *Key) Open(ciphertext []byte, ad string) ([]byte, error) {
	if k == nil || k.aead == nil {
		return nil, ErrNoKey
	}
	return open(k.aead, ciphertext, "", ad)
}

// Format keeps the key out of logs and error texts, whatever the verb.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, "vault.Key") }
