package repository

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/token"
)

// signingKey is a key that signs access tokens, its private half sealed under
// the master key, so that every instance signs alike and a copy of the database
// signs nothing.
type signingKey struct {
	ID        string
	CreatedAt time.Time
	Sealed    []byte
	RetiredAt *time.Time
}

// firstKey is the id under which the first key is made. Instances that start at
// once agree on one.
const firstKey = "first"

// SigningKeys returns the keys that sign and verify access tokens. It makes the
// first one if there is none.
func (s *Store) SigningKeys(ctx context.Context) (*token.KeySet, error) {
	keys, err := s.readSigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		if err := s.makeSigningKey(ctx, firstKey); err != nil {
			return nil, err
		}
		if keys, err = s.readSigningKeys(ctx); err != nil {
			return nil, err
		}
	}
	public := make([]ed25519.PublicKey, len(keys)-1)
	for i, k := range keys[1:] {
		public[i] = k.Public().(ed25519.PublicKey)
	}
	set := &token.KeySet{}
	return set, set.Replace(keys[0], public...)
}

// readSigningKeys returns the keys in use, the newest first.
func (s *Store) readSigningKeys(ctx context.Context) ([]ed25519.PrivateKey, error) {
	var rows []signingKey
	system := s.As(domain.Actor{Role: domain.System})
	if err := system.mechanism(ctx).Where("retired_at IS NULL").Order("created_at DESC, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	keys := make([]ed25519.PrivateKey, len(rows))
	for i, r := range rows {
		seed, err := s.master.Open(r.Sealed, "signing_keys|sealed|"+r.ID)
		if err != nil {
			return nil, err
		}
		keys[i] = ed25519.NewKeyFromSeed(seed)
	}
	return keys, nil
}

func (s *Store) makeSigningKey(ctx context.Context, id string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	sealed, err := s.master.Seal(private.Seed(), "signing_keys|sealed|"+id)
	if err != nil {
		return err
	}
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).
			Create(&signingKey{ID: id, CreatedAt: s.now(), Sealed: sealed}).Error
	})
}
