package repository

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// erasure notes that a key was destroyed, by its mark: random, and of nobody once
// the key is gone. A backup still has both. Of a key that was sealed until a day, this day
// follows, as sealedMark has it.
type erasure struct {
	Mark string `gorm:"primaryKey"`
	// Kept says that the mark lies outside the database as well.
	Kept bool
}

func newMark() string { return rand.Text() }

// ownKeys are the tables of keys that somebody's erasing destroys, by the column of
// whose they are.
var ownKeys = map[string]string{"advisor_keys": "advisor", "submission_keys": "submission", "document_keys": "document", "held_keys": "advisor"}

// ownKey is a row of these tables.
type ownKey struct {
	Owner, Mark string
	Wrapped     []byte
}

// mark is the key's mark. One from before there were marks has that of what is
// stored of it, which nobody can guess and which opens nothing.
func (k ownKey) mark() string {
	if k.Mark != "" {
		return k.Mark
	}
	sum := sha256.Sum256(k.Wrapped)
	return hex.EncodeToString(sum[:])
}

func (s *Session) ownKeys(ctx context.Context, table, where string, vars ...any) (keys []ownKey, err error) {
	err = s.mechanism(ctx).Table(table).Select(ownKeys[table]+" AS owner, mark, wrapped").Where(where, vars...).Find(&keys).Error
	return keys, err
}

// destroyKey destroys an owner's key for good: also where a backup from before is
// restored, by RedoErasures.
func (s *Session) destroyKey(ctx context.Context, table, id string) error {
	keys, err := s.ownKeys(ctx, table, ownKeys[table]+" = ?", id)
	for _, k := range keys {
		err = errors.Join(err, s.markErased(ctx, k.mark()))
	}
	if err != nil {
		return err
	}
	return s.mechanism(ctx).Exec("DELETE FROM "+table+" WHERE "+ownKeys[table]+" = ?", id).Error
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

// LostErasures has KeepErasures hand out again what was kept elsewhere and isn't
// there any more: here are the marks that are. It answers with how many were lost.
func (s *Store) LostErasures(ctx context.Context, here map[string]bool) (n int, err error) {
	system := s.As(domain.Actor{Role: domain.System})
	var lost []string
	if err := system.mechanism(ctx).Model(&erasure{}).Where("kept").Pluck("mark", &lost).Error; err != nil {
		return 0, err
	}
	lost = slices.DeleteFunc(lost, func(m string) bool { return here[m] })
	return len(lost), system.Tx(ctx, func(tx *Session) error {
		for batch := range slices.Chunk(lost, 500) {
			if err := tx.mechanism(ctx).Model(&erasure{}).Where("mark IN ?", batch).Update("kept", false).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// errOthers says that a key came to be another's, or another, since it was looked for.
var errOthers = errors.New("repository: another key")

// RedoErasures erases what came back with a backup: all whose marks were kept
// elsewhere and are not known here. It answers with how many there were. Each is
// one transaction, and what is left after a failure is done the next time.
func (s *Store) RedoErasures(ctx context.Context, marks map[string]bool) (n int, err error) {
	system := s.As(domain.Actor{Role: domain.System})
	var known []string
	if err := system.mechanism(ctx).Model(&erasure{}).Pluck("mark", &known).Error; err != nil {
		return 0, err
	}
	unknown := maps.Clone(marks)
	for _, m := range known {
		delete(unknown, m)
	}
	if len(unknown) == 0 {
		return 0, nil
	}
	sealed := map[string]domain.Date{}
	for m := range unknown {
		if mark, until, ok := strings.Cut(m, "."); ok && !marks[mark] {
			sealed[mark] = max(sealed[mark], domain.Date(until))
		}
	}
	// What was sealed before is destroyed before anything is sealed anew: it goes with all
	// that is sealed of the advisor.
	for _, table := range append([]string{"held_keys"}, slices.DeleteFunc(slices.Sorted(maps.Keys(ownKeys)), func(t string) bool { return t == "held_keys" })...) {
		keys, err := system.ownKeys(ctx, table, "1 = 1")
		if err != nil {
			return n, err
		}
		for _, k := range keys {
			until := sealed[k.mark()]
			if !unknown[k.mark()] && (until == "" || table == "held_keys") {
				continue
			}
			err := system.Tx(ctx, func(tx *Session) error {
				return errors.Join(tx.redoErasure(ctx, table, k, until), tx.keepUntil(ctx, k.mark(), until))
			})
			if errors.As(err, new(*domain.Error)) { // its state doesn't allow it; nobody is to read it all the same
				err = system.Tx(ctx, func(tx *Session) error { return tx.destroyKey(ctx, table, k.Owner) })
			}
			switch {
			case errors.Is(err, errOthers): // another server was here first
			case err != nil:
				return n, err
			default:
				n++
			}
		}
	}
	return n, system.Tx(ctx, func(tx *Session) error {
		for mark, until := range sealed {
			if err := tx.keepUntil(ctx, mark, until); err != nil {
				return err
			}
		}
		return tx.keptElsewhere(ctx, slices.Collect(maps.Keys(unknown)))
	})
}

// keepUntil has a key that is sealed stay so till a day, though the holds may be from
// after the backup.
func (s *Session) keepUntil(ctx context.Context, mark string, until domain.Date) error {
	return s.mechanism(ctx).Exec("UPDATE held_keys SET until = ? WHERE mark = ? AND until < ?", until, mark, until).Error
}

// redoErasure erases what a key opens, or seals it until a day, if it is still its
// owner's once nobody else can change that. No hold is in the way of what was destroyed.
func (s *Session) redoErasure(ctx context.Context, table string, k ownKey, until domain.Date) (err error) {
	same := func(tx *Session) error {
		now, err := tx.ownKeys(ctx, table, ownKeys[table]+" = ?", k.Owner)
		if err == nil && !slices.ContainsFunc(now, func(o ownKey) bool { return o.mark() == k.mark() }) {
			err = errOthers
		}
		return err
	}
	switch table {
	case "advisor_keys":
		_, err = s.VaultEntries.Update(ctx, domain.RedoErasure, domain.ID[domain.VaultEntry](k.Owner), nil, func(tx *Session, e *domain.VaultEntry) error {
			if err := same(tx); err != nil {
				return err
			}
			return tx.EraseVault(ctx, domain.RedoErasure, e, until)
		})
	case "held_keys":
		_, err = s.VaultEntries.Update(ctx, domain.RedoErasure, domain.ID[domain.VaultEntry](k.Owner), nil, func(tx *Session, e *domain.VaultEntry) error {
			if err := same(tx); err != nil {
				return err
			}
			return tx.destroyHeld(ctx, e)
		})
	case "submission_keys":
		_, err = s.Submissions.Update(ctx, domain.RedoErasure, domain.SubmissionID(k.Owner), nil, func(tx *Session, v *domain.Submission) error {
			if err := same(tx); err != nil {
				return err
			}
			return v.Withdraw()
		})
	default:
		_, err = s.Documents.Update(ctx, domain.RedoErasure, domain.DocumentID(k.Owner), nil, func(tx *Session, d *domain.Document) error {
			if err := same(tx); err != nil {
				return err
			}
			return d.RemoveAgain()
		})
	}
	return err
}

// keptElsewhere notes that marks are kept outside the database.
func (s *Session) keptElsewhere(ctx context.Context, marks []string) error {
	return s.Tx(ctx, func(tx *Session) error {
		for batch := range slices.Chunk(marks, 500) {
			rows := make([]erasure, len(batch))
			for i, m := range batch {
				rows[i] = erasure{m, true}
			}
			if err := tx.mechanism(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
