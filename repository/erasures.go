package repository

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// erasure notes that a key was destroyed, by its mark: random, and of nobody once
// the key is gone. A backup still has both.
type erasure struct {
	Mark string `gorm:"primaryKey"`
	// Kept says that the mark lies outside the database as well.
	Kept bool
}

func newMark() string { return rand.Text() }

// destroyKey destroys an owner's key for good: also where a backup from before is
// restored, by RedoErasures.
func (s *Session) destroyKey(ctx context.Context, table, owner, id string) error {
	for _, statement := range []string{
		"INSERT INTO erasures (mark, kept) SELECT mark, FALSE FROM " + table + " WHERE " + owner + " = ? AND mark <> '' ON CONFLICT DO NOTHING",
		"DELETE FROM " + table + " WHERE " + owner + " = ?",
	} {
		if err := s.mechanism(ctx).Exec(statement, id).Error; err != nil {
			return err
		}
	}
	return nil
}

// KeepErasures hands the mark of each erasure that is in the database alone to
// keep, which keeps it elsewhere, and may be given one again.
func (s *Store) KeepErasures(ctx context.Context, keep func(mark string) error) error {
	system := s.As(domain.Actor{Role: domain.System})
	for {
		var marks []string
		if err := system.mechanism(ctx).Model(&erasure{}).Where("NOT kept").Limit(100).Pluck("mark", &marks).Error; err != nil || len(marks) == 0 {
			return err
		}
		for _, m := range marks {
			if err := keep(m); err != nil {
				return err
			}
		}
		if err := system.keptElsewhere(ctx, marks); err != nil {
			return err
		}
	}
}

// RedoErasures erases what came back with a backup: all whose marks were kept
// elsewhere and are not known here. It answers with how many there were. Each is
// one transaction, and what is left after a failure is done the next time.
func (s *Store) RedoErasures(ctx context.Context, marks []string) (n int, err error) {
	system := s.As(domain.Actor{Role: domain.System})
	for batch := range slices.Chunk(marks, 500) {
		var known []string
		if err := system.mechanism(ctx).Model(&erasure{}).Where("mark IN ?", batch).Pluck("mark", &known).Error; err != nil {
			return n, err
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(m string) bool { return slices.Contains(known, m) })
		if len(batch) == 0 {
			continue
		}
		for _, k := range []struct {
			table, owner string
			erase        func(tx *Session, id string) error
		}{
			{"advisor_keys", "advisor", func(tx *Session, id string) error {
				_, err := tx.VaultEntries.Update(ctx, domain.RedoErasure, domain.ID[domain.VaultEntry](id), nil, func(tx *Session, e *domain.VaultEntry) error {
					return tx.EraseVault(ctx, domain.RedoErasure, e)
				})
				return err
			}},
			{"submission_keys", "submission", func(tx *Session, id string) error {
				_, err := tx.Submissions.Update(ctx, domain.RedoErasure, domain.SubmissionID(id), nil, func(_ *Session, v *domain.Submission) error { return v.Withdraw() })
				return err
			}},
			{"document_keys", "document", func(tx *Session, id string) error {
				_, err := tx.Documents.Update(ctx, domain.RedoErasure, domain.DocumentID(id), nil, func(_ *Session, d *domain.Document) error {
					return d.Remove("Removed before a backup was restored.")
				})
				return err
			}},
		} {
			var back []string
			if err := system.mechanism(ctx).Table(k.table).Where("mark IN ?", batch).Pluck(k.owner, &back).Error; err != nil {
				return n, err
			}
			for _, id := range back {
				err := system.Tx(ctx, func(tx *Session) error { return k.erase(tx, id) })
				if errors.As(err, new(*domain.Error)) { // its state doesn't allow it any more; nobody is to read it all the same
					err = system.Tx(ctx, func(tx *Session) error { return tx.destroyKey(ctx, k.table, k.owner, id) })
				}
				if err != nil {
					return n, err
				}
				n++
			}
		}
		if err := system.keptElsewhere(ctx, batch); err != nil {
			return n, err
		}
	}
	return n, nil
}

// keptElsewhere notes that marks are kept outside the database.
func (s *Session) keptElsewhere(ctx context.Context, marks []string) error {
	rows := make([]erasure, len(marks))
	for i, m := range marks {
		rows[i] = erasure{m, true}
	}
	return s.Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error
	})
}
