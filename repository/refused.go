package repository

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"accord/domain"
)

// maxNamed is how many refused sign-ins, by account and reason, the trail names in an
// hour, at all instances together; what comes beyond is counted among the unnamed.
const maxNamed = 100

// refusedTries are the refused sign-ins of this instance that are not written down yet.
// They are as many as there are accounts of the office and reasons, whoever tries
// what.
type refusedTries struct {
	mu   sync.Mutex
	told map[domain.RefusedSignIn]refusedTry
}

// refusedTry is how often it was, and the first request of these.
type refusedTry struct {
	tries   int
	request string
}

func (r *refusedTries) add(v domain.RefusedSignIn, t refusedTry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil {
		r.told = map[domain.RefusedSignIn]refusedTry{}
	}
	was := r.told[v]
	r.told[v] = refusedTry{was.tries + t.tries, cmp.Or(was.request, t.request)}
}

// take returns what is to be written down and forgets it.
func (r *refusedTries) take() map[domain.RefusedSignIn]refusedTry {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.told
	r.told = nil
	return taken
}

// SignInRefused has the trail know of a refused sign-in, by KeepRefusedSignIns. It
// costs no statement, so that no clock can tell whose account was tried, and a
// flood writes no more than a single try. A process that is killed forgets those
// of its last seconds.
func (s *Store) SignInRefused(ctx context.Context, v domain.RefusedSignIn) {
	request, _ := ctx.Value(requestKey{}).(string)
	s.refused.add(v, refusedTry{1, request})
}

// refusedSignIn counts the refused sign-ins of an hour that is not told of yet.
type refusedSignIn struct {
	Hour    time.Time `gorm:"primaryKey"`
	Account domain.AccountID
	Reason  domain.Refusal
	Tries   int
}

func (refusedSignIn) TableName() string { return "refused_sign_ins" }

// KeepRefusedSignIns counts what SignInRefused was told since the last time. An hour's
// first of an account and reason is an entry of its own at once, up to maxNamed; the
// rest is told once the hour is over. What could not be written stays for the next time.
func (s *Store) KeepRefusedSignIns(ctx context.Context) error {
	taken := s.refused.take()
	if len(taken) == 0 {
		return nil
	}
	err := s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error { return tx.countRefused(ctx, taken) })
	if err != nil {
		for v, t := range taken {
			s.refused.add(v, t)
		}
	}
	return err
}

func (s *Session) countRefused(ctx context.Context, taken map[domain.RefusedSignIn]refusedTry) error {
	if err := s.Alone(ctx, "refused sign-ins"); err != nil {
		return err
	}
	hour := s.store.now().Truncate(time.Hour)
	var known []refusedSignIn
	if err := s.mechanism(ctx).Where("hour = ? AND account <> ''", hour).Find(&known).Error; err != nil {
		return err
	}
	named := map[domain.RefusedSignIn]bool{}
	for _, k := range known {
		named[domain.RefusedSignIn{Account: k.Account, Reason: k.Reason}] = true
	}
	tries := map[domain.RefusedSignIn]int{}
	var entries []AuditEntry
	for v, t := range taken {
		if v.Account != "" && !named[v] {
			if len(named) < maxNamed {
				named[v] = true
				entries = append(entries, s.refusedEntry(WithRequest(ctx, t.request), v, string(v.Reason)))
			} else {
				v = v.Unnamed()
			}
		}
		tries[v] += t.tries
	}
	var rows []refusedSignIn
	for v, n := range tries {
		rows = append(rows, refusedSignIn{hour, v.Account, v.Reason, n})
	}
	slices.SortFunc(rows, func(a, b refusedSignIn) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Reason, b.Reason))
	})
	more := clause.OnConflict{
		Columns:   []clause.Column{{Name: "hour"}, {Name: "account"}, {Name: "reason"}},
		DoUpdates: clause.Assignments(map[string]any{"tries": gorm.Expr("refused_sign_ins.tries + excluded.tries")}),
	}
	if err := s.mechanism(ctx).Clauses(more).Create(&rows).Error; err != nil || len(entries) == 0 {
		return err
	}
	return s.mechanism(ctx).Create(&entries).Error
}

// tellRefusedSignIns puts into the trail what KeepRefusedSignIns counted in the hours
// that are over: an entry for each account and reason of which there were more
// than the one that has its entry, and one for each reason of the unnamed.
func tellRefusedSignIns(ctx context.Context, tx *Session, now time.Time) (int64, error) {
	if err := tx.Alone(ctx, "refused sign-ins"); err != nil {
		return 0, err
	}
	var over []refusedSignIn
	err := tx.mechanism(ctx).Raw("DELETE FROM refused_sign_ins WHERE hour < ? RETURNING *", now.Truncate(time.Hour)).Scan(&over).Error
	if err != nil {
		return 0, err
	}
	var entries []AuditEntry
	for _, r := range over {
		if r.Account != "" {
			r.Tries--
		}
		if r.Tries > 0 {
			entries = append(entries, tx.refusedEntry(ctx, domain.RefusedSignIn{Account: r.Account, Reason: r.Reason}, fmt.Sprintf("%s %d", r.Reason, r.Tries)))
		}
	}
	if len(entries) == 0 {
		return int64(len(over)), nil
	}
	return int64(len(over)), tx.mechanism(ctx).Create(&entries).Error
}

// refusedEntry is about the account, or, of the unnamed, about no record but itself.
func (s *Session) refusedEntry(ctx context.Context, v domain.RefusedSignIn, note string) AuditEntry {
	event := domain.Event{Name: domain.SignInRefused, Note: note}
	if v.Account == "" {
		return s.entry(ctx, event, "refused_sign_ins", s.NewID(), 0)
	}
	return s.entry(ctx, event, "accounts", string(v.Account), 0)
}
