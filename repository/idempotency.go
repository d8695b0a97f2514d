package repository

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"gorm.io/gorm"

	"accord/domain"
)

// idempotencyKey is a request that was answered. It has neither the caller's
// key, by a keyed hash of which it is found, nor an answer that can be read
// without that key: answers can hold what is shown once.
type idempotencyKey struct {
	ID          string
	Fingerprint string
	AnsweredAt  time.Time
	Answer      []byte
}

func (idempotencyKey) TableName() string { return "idempotency_keys" }

// IdempotencyLife is how long an answer can be had again.
const IdempotencyLife = 24 * time.Hour

// onceKey is a caller's key for one request.
type onceKey struct {
	id          string
	fingerprint string
	box         cipher.AEAD
}

// onceKey belongs to the actor: another's same key is another key.
func (s *Session) onceKey(key, request string) (onceKey, error) {
	actor, _ := s.actor.Signature()
	whose := actor + "\x00" + key
	id, err := s.store.master.Derive("idempotency id|" + whose)
	if err != nil {
		return onceKey{}, err
	}
	secret, err := s.store.master.Derive("idempotency answer|" + whose)
	if err != nil {
		return onceKey{}, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return onceKey{}, err
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return onceKey{}, err
	}
	// Keyed, or what somebody answered could be found by trying.
	fingerprint := hmac.New(sha256.New, secret)
	fingerprint.Write([]byte(request))
	return onceKey{hex.EncodeToString(id), hex.EncodeToString(fingerprint.Sum(nil)), box}, nil
}

// Once does a request once for its idempotency key. What do changes and its
// sealed answer are one transaction, so that a retry, whatever befell the first
// try, finds the answer or finds that nothing happened. A repeat of the same
// request returns the kept answer and true; another request under the same key
// is refused, and so is a repeat while the first is under way here. Of two that
// are under way on two instances the later one takes back what it did and
// returns the other's answer.
func (s *Session) Once(ctx context.Context, key, request string, do func(*Session) ([]byte, error)) (answer []byte, repeated bool, err error) {
	k, err := s.onceKey(key, request)
	if err != nil {
		return nil, false, err
	}
	if _, busy := s.store.underWay.LoadOrStore(k.id, true); busy {
		return nil, false, domain.Refuse(domain.Conflict, "the first request with this key is still under way")
	}
	defer s.store.underWay.Delete(k.id)
	if kept, found, err := s.kept(ctx, k); found || err != nil {
		return kept, found, err
	}
	answer, err = s.doOnce(ctx, k, do)
	if err == nil {
		return answer, false, nil
	}
	if kept, found, again := s.kept(ctx, k); found || errors.Is(err, gorm.ErrDuplicatedKey) {
		return kept, found, again
	}
	return nil, false, err
}

// doOnce runs do in a transaction that begins with its first write, so that what
// it computes before holds up nobody.
func (s *Session) doOnce(ctx context.Context, k onceKey, do func(*Session) ([]byte, error)) (answer []byte, err error) {
	unit := &unit{}
	defer unit.rollback()
	tx := session(s.store, s.actor, unit)
	if answer, err = do(tx); err != nil {
		return nil, err
	}
	if err := tx.Tx(ctx, func(*Session) error { return tx.keep(ctx, k, answer) }); err != nil {
		return nil, err
	}
	return answer, unit.commit()
}

func (s *Session) keep(ctx context.Context, k onceKey, answer []byte) error {
	db, now := s.mechanism(ctx), s.store.now()
	if err := db.Where("id = ? AND answered_at <= ?", k.id, now.Add(-IdempotencyLife)).Delete(&idempotencyKey{}).Error; err != nil {
		return err
	}
	return db.Create(&idempotencyKey{k.id, k.fingerprint, now, k.box.Seal(nil, nil, answer, []byte(k.id))}).Error
}

// kept is the answer that the key has, if it has one.
func (s *Session) kept(ctx context.Context, k onceKey) (answer []byte, found bool, err error) {
	var rows []idempotencyKey
	alive := s.store.now().Add(-IdempotencyLife)
	err = s.mechanism(ctx).Where("id = ? AND answered_at > ?", k.id, alive).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	if rows[0].Fingerprint != k.fingerprint {
		return nil, false, &domain.Error{Kind: domain.Invalid, Detail: "the key was used for another request", Faults: domain.Faults{
			{Parameter: "Idempotency-Key", Code: "reused", Detail: "take a new key for a new request"}}}
	}
	answer, err = k.box.Open(nil, nil, rows[0].Answer, []byte(k.id))
	return answer, err == nil, err
}
