package repository

import (
	"context"
	"encoding/base64"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Rate is how often something may be done: Limit times at once, and again as
// often in each Window, little by little.
type Rate struct {
	Limit  int
	Window time.Duration
	// Blurred is for what people share who must not learn of each other. Each taking
	// costs a random amount, one on average, so that nobody can count by what is
	// granted to them what others took; and nothing but whether it was granted is told.
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
// Of a blurred rate it is always the same.
func (r Rate) at(now, tat time.Time, granted bool) Allowance {
	if r.Blurred {
		return Allowance{Granted: granted, Next: r.spacing()}
	}
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
		tat, granted, err := s.charge(ctx, h, r, r.spacing(), s.priceOf(r))
		return r.at(s.now(), tat, granted), err
	}
	t := s.tallies.of(h, s.now())
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.take(ctx, s, h, r), nil
}

// priceOf is what a taking costs. There must be room for one, and what it costs is
// drawn once there is: or who asks often enough would draw small ones alone.
func (s *Store) priceOf(r Rate) time.Duration {
	if !r.Blurred {
		return r.spacing()
	}
	return time.Duration(s.price() * float64(r.spacing()))
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

// charge takes cost in one statement if there is so much room, and tells when the
// allowance is whole again.
func (s *Store) charge(ctx context.Context, h holder, r Rate, room, cost time.Duration) (tat time.Time, granted bool, err error) {
	key, err := s.limitKey(h)
	if err != nil {
		return time.Time{}, false, err
	}
	now, taken := s.now().UnixMicro(), cost.Microseconds()
	var rows []int64
	err = limits(ctx, s.write).Raw(`INSERT INTO rate_limits (key, tat) VALUES (?, ?) ON CONFLICT (key) DO UPDATE
		SET tat = CASE WHEN rate_limits.tat < ? THEN ? ELSE rate_limits.tat + ? END WHERE rate_limits.tat <= ? RETURNING tat`,
		key, now+taken, now, now+taken, taken, now+(r.Window-room).Microseconds()).Scan(&rows).Error
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
	// others were not told; owed is what they cost.
	untold int
	owed   time.Duration
	since  time.Time
}

func (t *tally) take(ctx context.Context, s *Store, h holder, r Rate) Allowance {
	now := s.now()
	if t.untold == 0 || now.Sub(t.since) > r.Window {
		t.untold, t.owed, t.since = 0, 0, now
	}
	if later(t.tat, now).Add(r.spacing()).Sub(now) > r.Window {
		return r.at(now, t.tat, false)
	}
	cost := s.priceOf(r)
	if t.untold > 0 && t.untold%r.slack() == 0 {
		within, cancel := context.WithTimeout(ctx, s.tellTime)
		defer cancel()
		tat, granted, err := s.charge(within, h, r, time.Duration(t.untold+1)*r.spacing(), t.owed+cost)
		switch {
		case err == nil && granted:
			t.tat, t.untold, t.owed = tat, 0, 0
			return r.at(now, t.tat, true)
		case err == nil:
			t.tat = later(tat, now).Add(t.owed)
			return r.at(now, t.tat, false)
		}
	}
	t.tat = later(t.tat, now).Add(cost)
	t.untold, t.owed = t.untold+1, t.owed+cost
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
}

// maxTallies bounds the memory. When it is full, those who have their whole
// allowance are forgotten, and if that is too few, all.
const maxTallies = 50_000

func newTallies() *tallies {
	return &tallies{held: map[holder]*tally{}}
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
