// Package password judges, hashes and verifies passwords by NIST SP 800-63B-4.
// Passwords are compared as Unicode text (NFKC), hashes are stored as PHC
// strings, and no more of them are computed at once than there are processors,
// so that a flood of sign-ins can't take all memory.
package password

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Scheme is how new passwords are hashed. Verify reads the hashes of every
// scheme, so that a change takes hold as people sign in; until then an old hash
// takes its own scheme's time.
type Scheme int

const (
	// Argon2id takes 19 MiB and 2 passes (RFC 9106; OWASP's parameters).
	Argon2id Scheme = iota
	// PBKDF2 takes 600,000 rounds of HMAC-SHA256, for offices that are bound to
	// FIPS 140.
	PBKDF2
)

// cost is what a hash takes; PBKDF2 has only passes.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var (
	current = [...]cost{
		Argon2id: {memory: 19 << 10, passes: 2, threads: 1},
		PBKDF2:   {passes: 600_000},
	}
	// A stored hash that asks for more was not written by us.
	most = [...]cost{
		Argon2id: {memory: 64 << 10, passes: 10, threads: 4},
		PBKDF2:   {passes: 2_000_000},
	}
)

const (
	saltSize = 16
	hashSize = 32
)

var slots = semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))

// Hash returns the PHC string to store for pw. It refuses with a *Refusal what
// is not text or is too long, and leaves the rest of the judgment to Check. It
// waits for its turn until ctx is done.
func (s Scheme) Hash(ctx context.Context, pw string) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	text, err := normalize(pw)
	if err != nil {
		return "", err
	}
	h := s.blank()
	rand.Read(h.salt)
	if h.hash, err = h.derive(ctx, text); err != nil {
		return "", err
	}
	return h.String(), nil
}

// Verify tells whether pw is the password whose hash is encoded, and if so,
// whether it should be hashed anew, because the hash is of another scheme or
// weaker than Hash would make it. A malformed hash, or one that costs
// unreasonably much, is an error. It waits for its turn until ctx is done.
func (s Scheme) Verify(ctx context.Context, encoded, pw string) (ok, rehash bool, err error) {
	if err := s.check(); err != nil {
		return false, false, err
	}
	h, err := parse(encoded)
	if err != nil {
		return false, false, err
	}
	text, err := normalize(pw)
	if err != nil {
		return false, false, nil // never anyone's password
	}
	got, err := h.derive(ctx, text)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, h.hash) == 1
	return ok, ok && h.weakerThan(s), nil
}

// VerifyNothing takes the time and memory of a Verify that fails, for an
// account that isn't there. It fails only where ctx is done.
func (s Scheme) VerifyNothing(ctx context.Context, pw string) error {
	if err := s.check(); err != nil {
		return err
	}
	_, _, err := s.Verify(ctx, s.nobody(), pw)
	return err
}

// nobody is a hash that costs what Hash makes, and that no password has.
func (s Scheme) nobody() string { return s.blank().String() }

func (s Scheme) blank() stored {
	return stored{scheme: s, cost: current[s], salt: make([]byte, saltSize), hash: make([]byte, hashSize)}
}

func (s Scheme) check() error {
	if s != Argon2id && s != PBKDF2 {
		return fmt.Errorf("password: no scheme %d", int(s))
	}
	return nil
}

// String returns the scheme's name in PHC strings and settings.
func (s Scheme) String() string {
	switch s {
	case Argon2id:
		return "argon2id"
	case PBKDF2:
		return "pbkdf2-sha256"
	}
	return fmt.Sprintf("Scheme(%d)", int(s))
}

// UnmarshalText reads a scheme from its name, for settings.
func (s *Scheme) UnmarshalText(b []byte) error {
	for _, known := range []Scheme{Argon2id, PBKDF2} {
		if string(b) == known.String() {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("password scheme %q: want %s or %s", b, Argon2id, PBKDF2)
}

type countKey struct{}

// Counting returns a context under which every hash that is computed adds what it
// costs to n: the memory in KiB times the passes. The work of two requests can be
// compared by it.
func Counting(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, countKey{}, n)
}

func (h stored) derive(ctx context.Context, pw string) ([]byte, error) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(int64(max(h.memory, 1)) * int64(h.passes))
	}
	if err := slots.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("password: waiting to hash: %w", err)
	}
	defer slots.Release(1)
	if h.scheme == PBKDF2 {
		return pbkdf2.Key(sha256.New, pw, h.salt, int(h.passes), len(h.hash))
	}
	return argon2.IDKey([]byte(pw), h.salt, h.passes, h.memory, h.threads, uint32(len(h.hash))), nil
}
