package repository

import (
	"context"
	"encoding/base64"
	"hash/maphash"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Rate is how often something may be done: Limit times at once, and again as
// often in each Window, little by little.
type Rate struct {
	Limit  int
	Window time.Duration
	// Blurred takes off up to a twentieth of the limit, more or less at random
	// times, so that nobody can count by what is left what others did who share it.
	Blurred bool
}

// Allowance is what a holder has of a rate.
type Allowance struct {
	// Granted says that one more was had.
	Granted bool
	// Left is how many more could be had at once.
	Left int
	// Next is how long it takes until there is one more; zero if none is missing.
	Next time.Duration
}

// spacing is the time in which one is given back.
func (r Rate) spacing() time.Duration { return r.Window / time.Duration(r.Limit) }

// slack is how many an instance grants before it tells the others.
func (r Rate) slack() int { return r.Limit / 20 }

// at is the allowance of who has used it up so far that it is whole again at tat.
func (r Rate) at(now, tat time.Time, granted bool) Allowance {
	used := max(tat.Sub(now), 0)
	left := min(max(int((r.Window-used)/r.spacing()), 0), r.Limit)
	if left == r.Limit {
		return Allowance{granted, left, 0}
	}
	return Allowance{granted, left, used - r.Window + time.Duration(left+1)*r.spacing()}
}

// holder is whose allowance of what.
type holder struct{ class, who string }

// Take takes one of the allowance that who has of a class of things, if there is
// one. All instances share it (GCRA, the leaky bucket as a meter), and no
// transaction takes it back; on SQLite it must not be called within one.
//
// A limit under 20 is exact. Of a greater one each instance grants a twentieth
// before it tells the others, so that most takings cost no statement: together
// they may grant a twentieth of the limit more for each instance, at once and in
// each window. An instance that can't tell the others goes on by what it knows.
func (s *Store) Take(ctx context.Context, class, who string, r Rate) (Allowance, error) {
	h := holder{class, who}
	if r.slack() == 0 {
		tat, granted, err := s.charge(ctx, h, r, 1)
		return r.at(s.now(), tat, granted), err
	}
	t := s.tallies.of(h, s.now())
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.take(ctx, s, h, r), nil
}

// Left is what who has of a class of things, and takes nothing.
func (s *Store) Left(ctx context.Context, class, who string, r Rate) (Allowance, error) {
	tat, err := s.wholeAgain(ctx, holder{class, who})
	a := r.at(s.now(), tat, false)
	return a, err
}

// Forgive gives who the whole allowance back. Of a limit of 20 or more another
// instance may go on by what it knew.
func (s *Store) Forgive(ctx context.Context, class, who string) error {
	h := holder{class, who}
	s.tallies.drop(h)
	key, err := s.limitKey(h)
	if err != nil {
		return err
	}
	return limits(ctx, s.write).Exec("DELETE FROM rate_limits WHERE key = ?", key).Error
}

// limits is a handle for the one table that belongs to nobody and to no
// transaction.
func limits(ctx context.Context, db *gorm.DB) *gorm.DB {
	return db.WithContext(ctx).Set(reachKey, true)
}

// limitKey finds a holder without naming it.
func (s *Store) limitKey(h holder) (string, error) {
	key, err := s.master.Derive("rate limit|" + h.class + "|" + h.who)
	return base64.RawURLEncoding.EncodeToString(key), err
}

// charge takes n in one statement, all or none, and tells when the allowance is
// whole again.
func (s *Store) charge(ctx context.Context, h holder, r Rate, n int) (tat time.Time, granted bool, err error) {
	key, err := s.limitKey(h)
	if err != nil {
		return time.Time{}, false, err
	}
	now, cost := s.now().UnixMicro(), (time.Duration(n) * r.spacing()).Microseconds()
	var rows []int64
	err = limits(ctx, s.write).Raw(`INSERT INTO rate_limits (key, tat) VALUES (?, ?) ON CONFLICT (key) DO UPDATE
		SET tat = CASE WHEN rate_limits.tat < ? THEN ? ELSE rate_limits.tat + ? END WHERE rate_limits.tat <= ? RETURNING tat`,
		key, now+cost, now, now+cost, cost, now+r.Window.Microseconds()-cost).Scan(&rows).Error
	if err != nil {
		return time.Time{}, false, err
	}
	if len(rows) == 1 {
		return time.UnixMicro(rows[0]), true, nil
	}
	tat, err = s.wholeAgain(ctx, h)
	return tat, false, err
}

// wholeAgain is when the allowance is whole again, as all instances know it.
func (s *Store) wholeAgain(ctx context.Context, h holder) (time.Time, error) {
	key, err := s.limitKey(h)
	if err != nil {
		return time.Time{}, err
	}
	var rows []int64
	err = limits(ctx, s.read).Raw("SELECT tat FROM rate_limits WHERE key = ?", key).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(rows[0]), nil
}

// tally is one holder's use as this instance knows it.
type tally struct {
	mu sync.Mutex
	// tat is when the allowance is whole again, untold ones counted.
	tat time.Time
	// untold is how many were granted, the first of them at since, of which the
	// others were not told.
	untold int
	since  time.Time
}

func (t *tally) take(ctx context.Context, s *Store, h holder, r Rate) Allowance {
	now := s.now()
	if t.untold == 0 || now.Sub(t.since) > r.Window {
		t.untold, t.since = 0, now
	}
	after := later(t.tat, now).Add(r.spacing())
	if after.Sub(now) > r.Window-s.tallies.blur(h, r, now) {
		return r.at(now, t.tat, false)
	}
	if t.untold > 0 && t.untold%r.slack() == 0 {
		within, cancel := context.WithTimeout(ctx, s.tellTime)
		defer cancel()
		tat, granted, err := s.charge(within, h, r, t.untold+1)
		switch {
		case err == nil && granted:
			t.tat, t.untold = tat, 0
			return r.at(now, t.tat, true)
		case err == nil:
			t.tat = later(tat, now).Add(time.Duration(t.untold) * r.spacing())
			return r.at(now, t.tat, false)
		}
	}
	t.tat = after
	t.untold++
	return r.at(now, t.tat, true)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tallies are the holders that this instance knows of.
type tallies struct {
	mu   sync.Mutex
	held map[holder]*tally
	seed maphash.Seed
}

// maxTallies bounds the memory. When it is full, those who have their whole
// allowance are forgotten, and if that is too few, all.
const maxTallies = 50_000

func newTallies() *tallies {
	return &tallies{held: map[holder]*tally{}, seed: maphash.MakeSeed()}
}

func (ts *tallies) of(h holder, now time.Time) *tally {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.held[h]
	if !ok {
		ts.makeRoom(now)
		t = &tally{}
		ts.held[h] = t
	}
	return t
}

func (ts *tallies) makeRoom(now time.Time) {
	if len(ts.held) < maxTallies {
		return
	}
	for h, t := range ts.held {
		if t.mu.TryLock() {
			if t.tat.Before(now) {
				delete(ts.held, h)
			}
			t.mu.Unlock()
		}
	}
	if len(ts.held) > maxTallies/2 {
		clear(ts.held)
	}
}

func (ts *tallies) drop(h holder) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.held, h)
}

// blur is how much of a blurred rate is taken off at a time.
func (ts *tallies) blur(h holder, r Rate, now time.Time) time.Duration {
	if !r.Blurred {
		return 0
	}
	n := maphash.Comparable(ts.seed, struct {
		holder
		window int64
	}{h, now.UnixNano() / int64(r.Window)})
	return time.Duration(n%uint64(r.slack()+1)) * r.spacing()
}
