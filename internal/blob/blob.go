// Package blob keeps contents that are too large for a database, in a local
// folder or in a service that speaks S3. A content is put whole or not at all,
// under a random name that tells nothing, and never changes. Through a Box all
// that the keeper of the bytes ever has is ciphertext: destroying the key
// destroys the content, wherever copies of it lie.
package blob

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// Store keeps contents by name. It is safe for concurrent use.
type Store interface {
	// Put keeps all that r gives, durably, and returns how much it was. If r or
	// the store fails, nothing is kept under the name.
	Put(ctx context.Context, name string, r io.Reader) (size int64, err error)
	// Get returns length bytes from an offset on; fewer where the content ends.
	// What is not there is ErrNotFound.
	Get(ctx context.Context, name string, from, length int64) (io.ReadCloser, error)
	// Delete takes a content away. What is not there is no error.
	Delete(ctx context.Context, name string) error
	// Old calls fn with the name of each content that was put before a moment,
	// and clears away what was begun before it and never finished. fn may delete.
	Old(ctx context.Context, before time.Time, fn func(name string) error) error
}

// ErrNotFound says that there is no content of that name.
var ErrNotFound = errors.New("blob: no such content")

const nameBytes = 16

// NewName draws a name for a new content.
func NewName() string {
	var b [nameBytes]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// checkName keeps whatever is not one of our names out of paths and addresses.
func checkName(name string) error {
	b, err := hex.DecodeString(name)
	if err != nil || len(b) != nameBytes || hex.EncodeToString(b) != name {
		return fmt.Errorf("blob: %q is no name that NewName drew", name)
	}
	return nil
}

// under makes reading end with ctx, since a reader knows nothing of it.
type under struct {
	ctx context.Context
	r   io.Reader
}

func (u under) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
