package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What is wrong with a stored hash is not told, for the error must not quote it.
var errMalformed = errors.New("password: the stored hash is malformed or asks for too much")

// stored is a PHC string, the form that the Password Hashing Competition gave
// to hashes at rest:
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
//	$pbkdf2-sha256$i=600000,l=32$<salt>$<hash>
type stored struct {
	scheme Scheme
	cost
	salt, hash []byte
}

func (h stored) String() string {
	tail := "$" + encode(h.salt) + "$" + encode(h.hash)
	if h.scheme == PBKDF2 {
		return fmt.Sprintf("$%s$i=%d,l=%d", h.scheme, h.passes, len(h.hash)) + tail
	}
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d", h.scheme, argon2.Version, h.memory, h.passes, h.threads) + tail
}

// parse reads what String wrote, to the letter, and refuses a cost beyond most.
func parse(encoded string) (stored, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) < 4 {
		return stored{}, errMalformed
	}
	var h stored
	if err := h.scheme.UnmarshalText([]byte(fields[1])); err != nil {
		return stored{}, errMalformed
	}
	tail := len(fields) - 2
	h.readCost(fields[tail-1])
	h.salt, h.hash = decode(fields[tail]), decode(fields[tail+1])
	if !h.bounded() || h.String() != encoded {
		return stored{}, errMalformed
	}
	return h, nil
}

// readCost needs no errors: what it can't read differs when written again.
func (h *stored) readCost(s string) {
	if h.scheme == PBKDF2 {
		fmt.Sscanf(s, "i=%d,", &h.passes)
		return
	}
	fmt.Sscanf(s, "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads)
}

func (h stored) bounded() bool {
	limit := most[h.scheme]
	return h.passes >= 1 && h.passes <= limit.passes &&
		(h.scheme == PBKDF2 || h.threads >= 1) && h.threads <= limit.threads &&
		h.memory >= 8*uint32(h.threads) && h.memory <= limit.memory &&
		len(h.salt) >= 8 && len(h.salt) <= 64 &&
		len(h.hash) >= 16 && len(h.hash) <= 64
}

func (h stored) weakerThan(s Scheme) bool {
	want := current[s]
	return h.scheme != s ||
		h.memory < want.memory || h.passes < want.passes ||
		len(h.salt) < saltSize || len(h.hash) < hashSize
}

func encode(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

// decode returns nil for what is no base64, which is out of bounds.
func decode(s string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
