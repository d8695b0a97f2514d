package repository

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// idempotencyKey remembers a request by a keyed hash of its key, and its answer
// sealed: answers can hold what is shown once.
type idempotencyKey struct {
	ID          string
	Fingerprint string
	StartedAt   time.Time
	Answer      []byte
}

func (idempotencyKey) TableName() string { return "idempotency_keys" }

const (
	// IdempotencyLife is how long an answer can be had again.
	IdempotencyLife = 24 * time.Hour
	// abandoned is after how long a request without an answer is taken to have
	// died with its instance; no request lives that long.
	abandoned = 2 * time.Minute
)

// Once does a request once for its idempotency key. The change and the sealed
// answer are one transaction, so a retry after a crash either finds the answer
// or finds that nothing happened. A repeat of the same request returns the kept
// answer and true; another request under the same key is refused, and so is a
// repeat while the first is under way.
func (s *Session) Once(ctx context.Context, key, request string, do func(*Session) ([]byte, error)) (answer []byte, repeated bool, err error) {
	id, err := s.idempotencyID(key)
	if err != nil {
		return nil, false, err
	}
	kept, err := s.reserve(ctx, id, request)
	if err != nil || kept != nil {
		return kept, kept != nil, err
	}
	err = s.Tx(ctx, func(tx *Session) error {
		if answer, err = do(tx); err != nil {
			return err
		}
		sealed, err := s.store.master.Seal(answer, "idempotency|"+id)
		if err != nil {
			return err
		}
		return tx.mechanism(ctx).Model(&idempotencyKey{}).Where("id = ?", id).Update("answer", sealed).Error
	})
	if err != nil {
		// Nothing happened, so the key is free again.
		release := context.WithoutCancel(ctx)
		_ = s.Tx(release, func(tx *Session) error {
			return tx.mechanism(release).Where("id = ? AND answer IS NULL", id).Delete(&idempotencyKey{}).Error
		})
	}
	return answer, false, err
}

func (s *Session) idempotencyID(key string) (string, error) {
	secret, err := s.store.master.Derive("idempotency key")
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(string(s.actor.Account) + "\x00" + key))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// reserve takes the key for this request, or returns the answer that it has.
func (s *Session) reserve(ctx context.Context, id, request string) (kept []byte, err error) {
	sum := sha256.Sum256([]byte(request))
	row := idempotencyKey{ID: id, Fingerprint: hex.EncodeToString(sum[:]), StartedAt: s.store.now()}
	err = s.Tx(ctx, func(tx *Session) error {
		db := tx.mechanism(ctx)
		old := row.StartedAt.Add(-abandoned)
		if err := db.Where("id = ? AND ((answer IS NULL AND started_at < ?) OR started_at < ?)", id, old, row.StartedAt.Add(-IdempotencyLife)).
			Delete(&idempotencyKey{}).Error; err != nil {
			return err
		}
		res := db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if res.Error != nil || res.RowsAffected == 1 {
			return res.Error
		}
		kept, err = tx.kept(ctx, row)
		return err
	})
	return kept, err
}

func (s *Session) kept(ctx context.Context, row idempotencyKey) ([]byte, error) {
	var was idempotencyKey
	if err := s.mechanism(ctx).Where("id = ?", row.ID).Take(&was).Error; err != nil {
		return nil, err
	}
	if was.Fingerprint != row.Fingerprint {
		return nil, &domain.Error{Kind: domain.Invalid, Detail: "the key was used for another request", Faults: domain.Faults{
			{Parameter: "Idempotency-Key", Code: "reused", Detail: "take a new key for a new request"}}}
	}
	if was.Answer == nil {
		return nil, domain.Refuse(domain.Conflict, "the first request with this key is still under way")
	}
	return s.store.master.Open(was.Answer, "idempotency|"+row.ID)
}

// ForgetAnswers drops the answers that have outlived their use.
func (s *Store) ForgetAnswers(ctx context.Context) error {
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Where("started_at < ?", s.now().Add(-IdempotencyLife)).Delete(&idempotencyKey{}).Error
	})
}
