package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what a log was at one size (C2SP tlog-checkpoint). Signed, it
// is a note that anyone with the verifier key can check.
type Checkpoint struct {
	// Origin names the log: a host and a path, such as accord.example.org/audit.
	Origin string
	Size   int64
	Root   Hash
}

// ErrCheckpoint refuses a text that is no checkpoint of this log, signed with its
// key.
var ErrCheckpoint = errors.New("ledger: not a checkpoint that this log signed")

// Signer signs the checkpoints of one log, and in its name the manifests of
// bundles.
type Signer struct {
	origin string
	signer note.Signer
	key    string
}

// NewSigner signs for the log of an origin, with the Ed25519 key of a seed of 32
// bytes.
func NewSigner(origin string, seed []byte) (Signer, error) {
	if len(seed) != ed25519.SeedSize {
		return Signer{}, fmt.Errorf("ledger: a seed has %d bytes", ed25519.SeedSize)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	key, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return Signer{}, err
	}
	const ed25519Notes = 1
	private := base64.StdEncoding.EncodeToString(append([]byte{ed25519Notes}, seed...))
	hash := strings.Split(strings.TrimPrefix(key, origin+"+"), "+")[0]
	signer, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + hash + "+" + private)
	return Signer{origin, signer, key}, err
}

// Key is the verifier key: all that is needed to check what this signer signs.
func (s Signer) Key() string { return s.key }

// Sign returns the note of the log's checkpoint at a size.
func (s Signer) Sign(size int64, root Hash) (string, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", s.origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	return string(signed), err
}

// Verify returns the checkpoint that a note holds, or ErrCheckpoint unless it was
// signed with the verifier key and is of its origin. Others may have signed too.
func Verify(key, signed string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: the verifier key: %w", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, ErrCheckpoint
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() { // the last is empty; what follows the root is an extension
		return Checkpoint{}, ErrCheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, ErrCheckpoint
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, ErrCheckpoint
	}
	return Checkpoint{lines[0], size, root}, nil
}

// ErrManifest refuses a signature of a bundle's manifest.
var ErrManifest = errors.New("ledger: the manifest is not as this log signed it")

// manifestOf is what is signed of a manifest. Its second line is no size, so it
// can't be taken for a checkpoint, nor a checkpoint for it.
func manifestOf(origin string, manifest [sha256.Size]byte) string {
	return fmt.Sprintf("%s\naccord bundle manifest v1\n%x\n", origin, manifest)
}

// SignManifest returns the note that signs a bundle's manifest by its SHA-256.
func (s Signer) SignManifest(manifest [sha256.Size]byte) (string, error) {
	signed, err := note.Sign(&note.Note{Text: manifestOf(s.origin, manifest)}, s.signer)
	return string(signed), err
}

// VerifyManifest refuses, as ErrManifest, a note that isn't of the manifest with
// this SHA-256, signed with the verifier key and of its origin.
func VerifyManifest(key, signed string, manifest [sha256.Size]byte) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return fmt.Errorf("ledger: the verifier key: %w", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if other := new(note.UnverifiedNoteError); errors.As(err, &other) {
		return fmt.Errorf("%w: it has no signature by the key of %s", ErrManifest, verifier.Name())
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if n.Text != manifestOf(verifier.Name(), manifest) {
		return fmt.Errorf("%w: it was altered", ErrManifest)
	}
	return nil
}

// OriginOf is the origin that a note claims. It proves nothing.
func OriginOf(signed string) string {
	origin, _, _ := strings.Cut(signed, "\n")
	return origin
}
