package repository

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"accord/domain"
)

// underMaster is everything that is stored under the master key itself: the keys
// of people and submissions, wrapped, and single secrets, sealed. TestRewrap
// fails for what is missing here.
var underMaster = []struct {
	table, id, column string
	// place is what the ciphertext is bound to.
	place func(id string) string
	// sealed says that it is a secret, not a wrapped key.
	sealed bool
}{
	{"advisor_keys", "advisor", "wrapped", func(id string) string { return keyOwner(domain.AdvisorID(id)) }, false},
	{"held_keys", "advisor || '.' || mark", "wrapped", func(id string) string { of, _, _ := strings.Cut(id, "."); return keyOwner(domain.AdvisorID(of)) }, false},
	{"submission_keys", "submission", "wrapped", func(id string) string { return submissionOwner(domain.SubmissionID(id)) }, false},
	{"document_keys", "document", "wrapped", func(id string) string { return documentOwner(domain.DocumentID(id)) }, false},
	{"uploads", "id", "sealed_key", func(id string) string { return uploadPlace(domain.UploadID(id)) }, true},
	{"applications", "id", "sealed", applicationPlace, true},
	{"factors", "id", "sealed", factorPlace, true},
	{"ceremonies", "id", "sealed", ceremonyPlace, true},
	{"signing_keys", "id", "sealed", func(id string) string { return sealedKey(domain.SigningKeyID(id)) }, true},
}

// Rewrap encrypts every key that is stored under the master key anew, under the
// newest of its keys, and returns how many. What these keys encrypt stays as it
// is. It can be repeated, and servers may run meanwhile.
func (s *Store) Rewrap(ctx context.Context) (n int, err error) {
	for _, t := range underMaster {
		var ids []string
		if err := s.As(domain.Actor{Role: domain.System}).mechanism(ctx).
			Table(t.table).Where("length("+t.column+") > 0").Order(t.id).Pluck(t.id, &ids).Error; err != nil {
			return n, err
		}
		again := s.master.Rewrap
		if t.sealed {
			again = s.reseal
		}
		for _, id := range ids {
			if err := s.rewrap(ctx, t.table, t.id, t.column, id, t.place(id), again); err != nil {
				return n, fmt.Errorf("repository: %s %s: %w", t.table, id, err)
			}
			n++
		}
	}
	return n, nil
}

func (s *Store) reseal(sealed []byte, place string) ([]byte, error) {
	plain, err := s.master.Open(sealed, place)
	if err != nil {
		return nil, err
	}
	return s.master.Seal(plain, place)
}

// rewrap changes one row, if it still is as it was read: a key that somebody
// destroys meanwhile must not come back.
func (s *Store) rewrap(ctx context.Context, table, key, column, id, place string, again func([]byte, string) ([]byte, error)) error {
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		var rows [][]byte
		where := key + " = ? AND length(" + column + ") > 0"
		if err := tx.mechanism(ctx).Table(table).Where(where, id).Pluck(column, &rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		fresh, err := again(rows[0], place)
		if err != nil {
			return err
		}
		changed := map[string]any{column: fresh}
		if ownKeys[table] != "" { // its mark stays what a backup from before has
			changed["mark"] = gorm.Expr("CASE WHEN mark = '' THEN ? ELSE mark END", ownKey{Wrapped: rows[0]}.mark())
		}
		return tx.mechanism(ctx).Table(table).Where(where+" AND "+column+" = ?", id, rows[0]).Updates(changed).Error
	})
}
