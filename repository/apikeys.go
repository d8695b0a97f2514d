package repository

import (
	"context"
	"time"

	"accord/domain"
)

// APIKeys is the table of API keys.
type APIKeys struct {
	table[domain.APIKey, *domain.APIKey]
}

func apiKeys(s *Session) APIKeys {
	return APIKeys{newTable[domain.APIKey](s, domain.ReadAPIKey, apiKeyReach, sorts{"created_at": "created_at"})}
}

func apiKeyReach(a domain.Actor) []relation {
	return []relation{
		{domain.Self, "r.account = ?", []any{a.Account}},
		{domain.Own, ofColleague, []any{a.Organization}},
	}
}

// APIKeyFilter narrows a list; an empty field does not.
type APIKeyFilter struct {
	Account string
	Stage   domain.APIKeyStage
}

// atStage are the conditions of a stage, of which each takes the time.
var atStage = map[domain.APIKeyStage]string{
	domain.APIKeyActive:  "revoked_at IS NULL AND expires_at > ?",
	domain.APIKeyExpired: "revoked_at IS NULL AND expires_at <= ?",
	domain.APIKeyRevoked: "revoked_at <= ?",
}

// List returns a page of keys.
func (t APIKeys) List(ctx context.Context, f APIKeyFilter, p Page) (Rows[domain.APIKey], error) {
	q := equal(t.within(ctx, t.read), "account", f.Account)
	if f.Stage != "" {
		q = q.Where(atStage[f.Stage], t.s.Now())
	}
	return t.list(q, p)
}

// Room refuses one more key to an account that has as many as it may. The caller
// holds the account.
func (t APIKeys) Room(ctx context.Context, of domain.AccountID) error {
	var n int64
	err := t.within(ctx, t.read).Where("account = ?", of).Where(atStage[domain.APIKeyActive], t.s.Now()).Count(&n).Error
	if err == nil && n >= domain.APIKeysOfAccount {
		return domain.Refuse(domain.Conflict, "an account has at most %d keys that work; revoke one first", domain.APIKeysOfAccount)
	}
	return err
}

// RevokeAll ends every key of an account, as part of a reset that has been allowed.
func (t APIKeys) RevokeAll(ctx context.Context, of domain.AccountID) error {
	return t.s.system().Tx(ctx, func(s *Session) error {
		var ids []domain.APIKeyID
		err := s.APIKeys.within(ctx, domain.RevokeAPIKey).Where("account = ?", of).Where(atStage[domain.APIKeyActive], s.Now()).Order("id").Pluck("id", &ids).Error
		if err != nil {
			return err
		}
		for _, id := range ids {
			_, err := s.APIKeys.Update(ctx, domain.RevokeAPIKey, id, nil, func(s *Session, k *domain.APIKey) error { return k.Revoke(s.Now()) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// APIKey returns the key that a secret of this hash belongs to, and who comes by
// it now; nil if there is none or its creator's keys don't work. It asks for the
// creator of a key that is none as well. Whether the key works is for
// APIKey.Admits.
func (s *Store) APIKey(ctx context.Context, secret string) (*domain.APIKey, domain.Actor, error) {
	var k domain.APIKey
	db := s.bare().mechanism(ctx)
	if err := db.Where("secret = ? OR former = ?", secret, secret).Limit(1).Find(&k).Error; err != nil {
		return nil, domain.Actor{}, err
	}
	creator, err := s.StandingOf(ctx, k.Account)
	if err != nil || !creator.Live || !creator.Actor.Delegates() {
		return nil, domain.Actor{}, err
	}
	return &k, creator.Actor.Through(&domain.Delegation{Key: k.ID, Actions: k.Actions}), nil
}

// Expiring returns some of the keys that work now and run out until a time, those
// after one by id.
func (t APIKeys) Expiring(ctx context.Context, until time.Time, after domain.APIKeyID, most int) ([]domain.APIKey, error) {
	var keys []domain.APIKey
	err := t.within(ctx, t.read).Where(atStage[domain.APIKeyActive], t.s.Now()).Where("expires_at <= ? AND id > ?", until, after).
		Order("id").Limit(most).Find(&keys).Error
	return keys, err
}

// APIKeyUsed keeps the day on which a key was used, if it is not kept yet: so one
// request a day waits for it.
func (s *Store) APIKeyUsed(ctx context.Context, k *domain.APIKey) error {
	today := domain.DateOf(s.now())
	if k.LastUsedOn >= today {
		return nil
	}
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Exec("UPDATE api_keys SET last_used_on = ? WHERE id = ? AND last_used_on < ?", today, k.ID, today).Error
	})
}
