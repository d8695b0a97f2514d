package repository

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"time"

	"accord/domain"
	"accord/internal/token"
)

// SigningKeys is the table of the keys that sign access tokens. Their private
// halves are sealed under the master key, so that every instance signs alike and
// a copy of the database signs nothing. Only the server itself reaches it.
type SigningKeys struct {
	table[domain.SigningKey, *domain.SigningKey]
}

func signingKeys(s *Session) SigningKeys {
	return SigningKeys{newTable[domain.SigningKey](s, domain.ReadSigningKey, nil, nil)}
}

// firstKey is the id under which the first key is made. Instances that start at
// once agree on one.
const firstKey = "first"

func sealedKey(id domain.SigningKeyID) string { return "signing_keys|sealed|" + string(id) }

// All returns every key that ever was.
func (t SigningKeys) All(ctx context.Context) (domain.SigningKeys, error) {
	var keys domain.SigningKeys
	if err := t.within(ctx, t.read).Order("signs_from DESC, id").Find(&keys).Error; err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.KID != "" || len(k.Sealed) == 0 {
			continue
		}
		private, err := t.s.store.openKey(k)
		if err != nil {
			return nil, err
		}
		k.KID = token.KeyID(private.Public().(ed25519.PublicKey))
	}
	return keys, nil
}

// publish makes a key that signs from a time on.
func (t SigningKeys) publish(ctx context.Context, id string, signsFrom time.Time) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	sealed, err := t.s.store.master.Seal(private.Seed(), sealedKey(domain.SigningKeyID(id)))
	if err != nil {
		return err
	}
	k := domain.NewSigningKey(token.KeyID(public), sealed, signsFrom)
	k.ID = domain.SigningKeyID(id)
	return t.Create(ctx, domain.RotateSigningKey, k)
}

// Rotate publishes the key that signs next, in KeyLead from now.
func (t SigningKeys) Rotate(ctx context.Context) error {
	return t.publish(ctx, t.s.NewID(), t.s.Now().Add(domain.KeyLead))
}

// RotateWhenDue retires what is over and publishes the next key, if the one that
// signs has done so for as long as every.
func (s *Store) RotateWhenDue(ctx context.Context, every time.Duration) error {
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		if err := tx.Alone(ctx, "signing keys"); err != nil {
			return err
		}
		keys, err := tx.SigningKeys.All(ctx)
		if err != nil {
			return err
		}
		for id, stage := range keys.Stages(s.now()) {
			if stage != domain.KeyOver {
				continue
			}
			if err := tx.SigningKeys.retire(ctx, id); err != nil {
				return err
			}
		}
		if !keys.Due(every, s.now()) {
			return nil
		}
		return tx.SigningKeys.Rotate(ctx)
	})
}

// Retire makes a key verify nothing from now on, whatever it signed. If it is the
// one that signs, the next one does at once.
func (t SigningKeys) Retire(ctx context.Context, kid string) error {
	return t.s.Tx(ctx, func(tx *Session) error {
		if err := tx.Alone(ctx, "signing keys"); err != nil {
			return err
		}
		keys, err := tx.SigningKeys.All(ctx)
		if err != nil {
			return err
		}
		stages, now := keys.Stages(tx.Now()), tx.Now()
		var next *domain.SigningKey
		for _, k := range keys {
			if k.KID != kid && stages[k.ID] == domain.KeyPublished {
				next = k
			}
		}
		for _, k := range keys {
			if k.KID != kid {
				continue
			}
			if err := tx.SigningKeys.retire(ctx, k.ID); err != nil || stages[k.ID] != domain.KeySigns {
				return err
			}
			if next == nil {
				return tx.SigningKeys.publish(ctx, tx.NewID(), now)
			}
			_, err := tx.SigningKeys.Update(ctx, domain.RotateSigningKey, next.ID, nil, func(_ *Session, k *domain.SigningKey) error {
				k.Hasten(now)
				return nil
			})
			return err
		}
		return domain.Refuse(domain.NotFound, "there is no such key")
	})
}

func (t SigningKeys) retire(ctx context.Context, id domain.SigningKeyID) error {
	_, err := t.Update(ctx, domain.RetireSigningKey, id, nil, func(s *Session, k *domain.SigningKey) error {
		return k.Retire(s.Now())
	})
	return err
}

// KeyRing is the keys that sign and verify now.
type KeyRing struct {
	Signer ed25519.PrivateKey
	// Others verify: those that are published, and those that signed before.
	Others []ed25519.PublicKey
	// Kids tells one ring from another: the signer's first, then the others'.
	Kids []string
}

// KeyRing reads the keys that sign and verify at this moment. It makes the first
// one if there is none.
func (s *Store) KeyRing(ctx context.Context) (KeyRing, error) {
	keys, err := signingKeys(s.bare()).All(ctx)
	if err == nil && len(keys) == 0 {
		system := s.As(domain.Actor{Role: domain.System})
		if err := system.SigningKeys.publish(ctx, firstKey, s.now()); err != nil && !errors.Is(err, domain.Conflict) {
			return KeyRing{}, err
		}
		keys, err = system.SigningKeys.All(ctx)
	}
	if err != nil {
		return KeyRing{}, err
	}
	return s.ring(keys)
}

func (s *Store) ring(keys domain.SigningKeys) (KeyRing, error) {
	var r KeyRing
	stages := keys.Stages(s.now())
	for _, k := range keys {
		switch stages[k.ID] {
		case domain.KeyRetired, domain.KeyOver:
			continue
		}
		private, err := s.openKey(k)
		if err != nil {
			return KeyRing{}, err
		}
		if stages[k.ID] == domain.KeySigns {
			r.Signer, r.Kids = private, append([]string{k.KID}, r.Kids...)
			continue
		}
		r.Others, r.Kids = append(r.Others, private.Public().(ed25519.PublicKey)), append(r.Kids, k.KID)
	}
	if r.Signer == nil {
		return KeyRing{}, errors.New("repository: no key signs; run accord keys rotate")
	}
	return r, nil
}

func (s *Store) openKey(k *domain.SigningKey) (ed25519.PrivateKey, error) {
	seed, err := s.master.Open(k.Sealed, sealedKey(k.ID))
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
