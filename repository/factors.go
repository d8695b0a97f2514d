package repository

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/receipt"
)

// Factors is the table of second factors. Their secrets are sealed when they are
// saved and opened when they are read.
type Factors struct {
	table[domain.Factor, *domain.Factor]
}

func factors(s *Session) Factors {
	t := newTable[domain.Factor](s, domain.ReadFactor, factorReach, sorts{"created_at": "created_at"})
	t.fill = openFactors
	return Factors{t}
}

func factorReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
}

func factorPlace(id string) string { return "factors|sealed|" + id }

func ceremonyPlace(id string) string { return "ceremonies|sealed|" + id }

func openFactors(_ context.Context, s *Session, rows []*domain.Factor) error {
	for _, f := range rows {
		plain, err := s.store.master.Open(f.Sealed, factorPlace(string(f.ID)))
		if err != nil {
			return err
		}
		f.Secret = domain.NewSecret(string(plain))
	}
	return nil
}

func (s *Session) sealFactor(f *domain.Factor) (err error) {
	f.Sealed, err = s.store.master.Seal([]byte(f.Secret.Reveal()), factorPlace(string(f.ID)))
	return err
}

// Create is the table's, and seals the secret.
func (t Factors) Create(ctx context.Context, act domain.Action, f *domain.Factor) error {
	f.Begin(t.s.NewID())
	if err := t.s.sealFactor(f); err != nil {
		return err
	}
	return t.table.Create(ctx, act, f)
}

// Update is the table's, and seals the secret.
func (t Factors) Update(ctx context.Context, act domain.Action, id domain.FactorID, match Match[*domain.Factor], change func(*Session, *domain.Factor) error) (*domain.Factor, error) {
	return t.table.Update(ctx, act, id, match, func(s *Session, f *domain.Factor) error {
		if err := change(s, f); err != nil {
			return err
		}
		return s.sealFactor(f)
	})
}

// Of returns the factors of an account that the actor may read, the oldest first.
func (t Factors) Of(ctx context.Context, account domain.AccountID) ([]*domain.Factor, error) {
	var rows []*domain.Factor
	if err := t.within(ctx, t.read).Where("account = ?", account).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return rows, t.filled(ctx, rows...)
}

// RemoveAll takes every factor and recovery code from an account, as part of a
// reset that has been allowed.
func (t Factors) RemoveAll(ctx context.Context, account domain.AccountID) error {
	return t.s.system().Tx(ctx, func(s *Session) error {
		all, err := s.Factors.Of(ctx, account)
		if err != nil {
			return err
		}
		for _, f := range all {
			err := s.Factors.Delete(ctx, domain.RemoveFactor, f.ID, nil, func(_ *Session, f *domain.Factor) error { return f.Remove() })
			if err != nil {
				return err
			}
		}
		return errors.Join(s.ForgetCodes(ctx, account), s.RightCode(ctx, account)) // codes of another app are counted anew
	})
}

// recoveryCode is a code that stands for a second factor once, by its keyed hash.
type recoveryCode struct {
	Account domain.AccountID
	Hash    string
}

// recoveryCodes is how many are made at a time.
const recoveryCodes = 10

func (s *Session) codeKey() ([]byte, error) { return s.store.master.Derive("recovery code") }

// NewCodes makes new recovery codes for an account; the former are good no more.
// They are in the answer and nowhere else.
func (s *Session) NewCodes(ctx context.Context, account domain.AccountID) ([]string, error) {
	key, err := s.codeKey()
	if err != nil {
		return nil, err
	}
	var shown []string
	var rows []recoveryCode
	for range recoveryCodes {
		code := receipt.NewCode()
		shown, rows = append(shown, code.Reveal()), append(rows, recoveryCode{account, code.Hash(key)})
	}
	return shown, s.Tx(ctx, func(s *Session) error {
		if err := s.ForgetCodes(ctx, account); err != nil {
			return err
		}
		return s.mechanism(ctx).Create(&rows).Error
	})
}

// ForgetCodes makes an account's recovery codes useless.
func (s *Session) ForgetCodes(ctx context.Context, account domain.AccountID) error {
	return s.mechanism(ctx).Where("account = ?", account).Delete(&recoveryCode{}).Error
}

// CodesLeft is how many recovery codes an account has.
func (s *Session) CodesLeft(ctx context.Context, account domain.AccountID) (n int64, err error) {
	err = s.mechanism(ctx).Model(&recoveryCode{}).Where("account = ?", account).Count(&n).Error
	return n, err
}

// UseCode uses a recovery code up and reports whether it was one.
func (s *Session) UseCode(ctx context.Context, account domain.AccountID, typed string) (bool, error) {
	code, err := receipt.ParseCode(typed)
	if err != nil {
		return false, nil // none that we made
	}
	key, err := s.codeKey()
	if err != nil {
		return false, err
	}
	gone := s.mechanism(ctx).Where("account = ? AND hash = ?", account, code.Hash(key)).Delete(&recoveryCode{})
	return gone.RowsAffected == 1, gone.Error
}

// CountCode counts a code before it is looked at, and returns how many were since
// one was right. It is for a transaction of its own: a code that was looked at is
// counted, whatever becomes of the sign-in.
func (s *Session) CountCode(ctx context.Context, account domain.AccountID) (tried int, err error) {
	err = s.mechanism(ctx).Raw("UPDATE accounts SET codes_tried = codes_tried + 1 WHERE id = ? RETURNING codes_tried", account).Scan(&tried).Error
	return tried, err
}

// WrongCode reports whether a wrong code is the first since one was right.
func (s *Session) WrongCode(ctx context.Context, account domain.AccountID) (first bool, err error) {
	told := s.mechanism(ctx).Exec("UPDATE accounts SET wrong_code_told = TRUE WHERE id = ? AND NOT wrong_code_told", account)
	return told.RowsAffected == 1, told.Error
}

// RightCode begins the count of an account's codes anew.
func (s *Session) RightCode(ctx context.Context, account domain.AccountID) error {
	return s.mechanism(ctx).Exec("UPDATE accounts SET codes_tried = 0, wrong_code_told = FALSE WHERE id = ? AND (codes_tried > 0 OR wrong_code_told)", account).Error
}

// device is one from which an account was signed in, by the hash of a token that
// the device keeps.
type device struct {
	Hash      string
	Account   domain.AccountID
	CreatedAt time.Time
}

// KnowsDevice reports whether the account was signed in from the device before.
func (s *Session) KnowsDevice(ctx context.Context, login, hash string) (bool, error) {
	var n int64
	err := s.mechanism(ctx).Model(&device{}).
		Where("hash = ? AND account IN (SELECT id FROM accounts WHERE login = ?)", hash, domain.FoldLogin(login)).Count(&n).Error
	return n > 0, err
}

// KeepDevice keeps a device of an account, and reports whether the account was
// signed in to before, from whichever device: forgetting them makes none the first.
func (s *Session) KeepDevice(ctx context.Context, account domain.AccountID, hash string) (another bool, err error) {
	first := s.mechanism(ctx).Exec("UPDATE accounts SET signed_in = TRUE WHERE id = ? AND NOT signed_in", account)
	if first.Error != nil {
		return false, first.Error
	}
	return first.RowsAffected == 0, s.mechanism(ctx).Create(&device{hash, account, s.Now()}).Error
}

// ForgetDevices makes every device of an account an unknown one.
func (s *Session) ForgetDevices(ctx context.Context, account domain.AccountID) error {
	return s.mechanism(ctx).Where("account = ?", account).Delete(&device{}).Error
}

// passkeyHandle is what a passkey calls its account.
type passkeyHandle struct {
	Account domain.AccountID
	Handle  string
}

// PasskeyHandle returns what the account's passkeys call it, and makes it from
// fresh if there is none.
func (s *Session) PasskeyHandle(ctx context.Context, account domain.AccountID, fresh string) (string, error) {
	err := s.Tx(ctx, func(s *Session) error {
		return s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&passkeyHandle{account, fresh}).Error
	})
	if err != nil {
		return "", err
	}
	var kept passkeyHandle
	err = s.mechanism(ctx).Where("account = ?", account).Take(&kept).Error
	return kept.Handle, err
}

// PasskeyAccount returns the account that a passkey means, or NotFound.
func (s *Session) PasskeyAccount(ctx context.Context, handle string) (domain.AccountID, error) {
	var rows []passkeyHandle
	if err := s.mechanism(ctx).Where("handle = ?", handle).Find(&rows).Error; err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "", domain.Refuse(domain.NotFound, "there is no such passkey")
	}
	return rows[0].Account, nil
}

// ceremony is a challenge that waits for its answer.
type ceremony struct {
	ID        string
	Sealed    []byte
	ExpiresAt time.Time
}

func (ceremony) TableName() string { return "ceremonies" }

// KeepCeremony keeps what must be known when a challenge is answered, for any
// instance, as long as it lives. Those that nobody answered in time go.
func (s *Session) KeepCeremony(ctx context.Context, id string, state []byte, life time.Duration) error {
	sealed, err := s.store.master.Seal(state, ceremonyPlace(id))
	if err != nil {
		return err
	}
	return s.Tx(ctx, func(s *Session) error {
		if err := s.mechanism(ctx).Where("expires_at <= ?", s.Now()).Delete(&ceremony{}).Error; err != nil {
			return err
		}
		return s.mechanism(ctx).Create(&ceremony{id, sealed, s.Now().Add(life)}).Error
	})
}

// errNoCeremony says no more: what was never asked, was answered before, or came
// too late.
var errNoCeremony = domain.Refuse(domain.Conflict, "this challenge is not open, or no longer; begin again")

// TakeCeremony returns what was kept for a challenge, once.
func (s *Session) TakeCeremony(ctx context.Context, id string) (state []byte, err error) {
	err = s.Tx(ctx, func(s *Session) error {
		var rows []ceremony
		if err := s.mechanism(ctx).Clauses(clause.Returning{}).Where("id = ? AND expires_at > ?", id, s.Now()).Delete(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return errNoCeremony
		}
		state, err = s.store.master.Open(rows[0].Sealed, ceremonyPlace(id))
		return err
	})
	return state, err
}
