package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"accord/internal/token"
	"accord/repository"
)

// keyRing keeps this instance's keys as the database has them. They are read
// again when they are older than freshness, so a key that is retired anywhere is
// good nowhere a moment later, and when a token names a key that is not among
// them, at most once in unknownPause: nobody can make the server read all day.
type keyRing struct {
	store     *repository.Store
	freshness time.Duration
	set       *token.KeySet
	// changed is called when a key comes, signs or goes.
	changed func()

	mu    sync.Mutex
	kids  []string
	asked time.Time
}

// unknownPause is how long the keys that were just read are taken to be all.
const unknownPause = 100 * time.Millisecond

// fresh reads the keys again unless they were read within freshness.
func (k *keyRing) fresh(ctx context.Context) error { return k.read(ctx, k.freshness) }

// unknown reads the keys again because a token names one that is not there.
func (k *keyRing) unknown(ctx context.Context) error { return k.read(ctx, unknownPause) }

func (k *keyRing) read(ctx context.Context, within time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.asked.IsZero() && time.Since(k.asked) < within {
		return nil
	}
	ring, err := k.store.KeyRing(ctx)
	if err != nil {
		return err
	}
	k.asked = time.Now()
	if slices.Equal(ring.Kids, k.kids) {
		return nil
	}
	if err := k.set.Replace(ring.Signer, ring.Others...); err != nil {
		return err
	}
	k.kids = ring.Kids
	k.changed()
	return nil
}
