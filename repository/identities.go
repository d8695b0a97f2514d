package repository

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"accord/domain"
)

// Identities is the table of who signs in by the word of an issuer.
type Identities struct {
	table[domain.Identity, *domain.Identity]
}

func identities(s *Session) Identities {
	return Identities{newTable[domain.Identity](s, domain.ReadIdentity, identityReach, sorts{"created_at": "created_at"})}
}

func identityReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
}

// SubjectOf is what is kept of whom an issuer means: with the database alone
// nobody finds that person at the issuer.
func (s *Session) SubjectOf(issuer, subject string) (string, error) {
	key, err := s.store.master.Derive("issuer subject")
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(issuer + "\x00" + subject))
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Of returns the identities of an account that the actor may read, the oldest first.
func (t Identities) Of(ctx context.Context, account domain.AccountID) (rows []domain.Identity, err error) {
	err = t.within(ctx, t.read).Where("account = ?", account).Order("created_at, id").Find(&rows).Error
	return rows, err
}

// Known returns the identity that an issuer means, or NotFound. Only the server
// itself asks so.
func (t Identities) Known(ctx context.Context, issuer, subject string) (*domain.Identity, error) {
	return one[domain.Identity, *domain.Identity](t.within(ctx, t.read).Where("issuer = ? AND subject = ?", issuer, subject))
}

// RemoveAll unlinks every identity of an account, as part of a reset that has
// been allowed: an intruder may have linked one.
func (t Identities) RemoveAll(ctx context.Context, account domain.AccountID) error {
	system := t.s.system()
	all, err := system.Identities.Of(ctx, account)
	if err != nil {
		return err
	}
	for _, i := range all {
		err := system.Identities.Delete(ctx, domain.UnlinkIdentity, i.ID, nil, func(_ *Session, i *domain.Identity) error { return i.Unlink("reset") })
		if err != nil {
			return err
		}
	}
	return nil
}
