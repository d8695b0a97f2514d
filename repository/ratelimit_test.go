package repository

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

// taken is how many of n tries at once are granted, each at another instance.
func taken(t *testing.T, n int, r Rate, stores ...*Store) (granted int) {
	t.Helper()
	var mu sync.Mutex
	var done sync.WaitGroup
	for _, s := range stores {
		done.Go(func() {
			for range n / len(stores) {
				a, err := s.Take(t.Context(), "tests", "who", r)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if a.Granted {
					granted++
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	return granted
}

// TestAWriteNeverWaitsForWhoWaitsForIt has many ask for the same new statement
// while a transaction has the only connection to write: each waits for it alone.
func TestAWriteNeverWaitsForWhoWaitsForIt(t *testing.T) {
	b := &bench{T: t, dsn: dbtest.Open(t, dbtest.SQLite, migrate), now: time.Now()}
	b.Store = b.instance()
	db, err := b.write.DB()
	must(t, err)
	var takers sync.WaitGroup
	must(t, b.system().Tx(t.Context(), func(*Session) error {
		for range 8 {
			takers.Go(func() { taken(t, 1, Rate{Limit: 10, Window: time.Minute}, b.Store) })
		}
		for deadline := time.Now().Add(20 * time.Second); db.Stats().WaitCount < 8; runtime.Gosched() {
			if time.Now().After(deadline) {
				return fmt.Errorf("%d wait for the connection, the others for one another", db.Stats().WaitCount)
			}
		}
		return nil
	}))
	takers.Wait()
}

func TestASmallLimitIsExactOnAllInstances(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		r := Rate{Limit: 10, Window: time.Minute}
		stores := []*Store{b.Store, b.instance(), b.instance()}
		if n := taken(t, 300, r, stores...); n != 10 {
			t.Errorf("%d granted", n)
		}
		a, err := b.Take(t.Context(), "tests", "who", r)
		must(t, err)
		if want := (Allowance{false, 0, 6 * time.Second}); a != want {
			t.Errorf("%+v, want %+v", a, want)
		}
		b.forward(6 * time.Second)
		if n := taken(t, 300, r, stores...); n != 1 {
			t.Errorf("%d granted after a tenth of the window", n)
		}
		if a, err := b.Take(t.Context(), "tests", "another", r); err != nil || !a.Granted || a.Left != 9 {
			t.Errorf("another's: %+v, %v", a, err)
		}
	})
}

func TestAGreatLimitIsSharedUpToATwentiethForEachInstance(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		r := Rate{Limit: 200, Window: time.Minute}
		stores := []*Store{b.Store, b.instance(), b.instance()}
		for range 3 {
			if n := taken(t, 1200, r, stores...); n < 200 || n > 200+3*10 {
				t.Errorf("%d granted", n)
			}
			b.forward(2 * time.Minute)
		}
	})
}

func TestOneInstanceIsExact(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		r := Rate{Limit: 200, Window: time.Minute}
		for i := range 200 {
			if a, err := b.Take(t.Context(), "tests", "who", r); err != nil || !a.Granted || a.Left != 199-i {
				t.Fatalf("taking %d: %+v, %v", i, a, err)
			}
		}
		a, err := b.Take(t.Context(), "tests", "who", r)
		must(t, err)
		if want := (Allowance{false, 0, 300 * time.Millisecond}); a != want {
			t.Errorf("%+v, want %+v", a, want)
		}
		b.forward(30 * time.Second)
		if n := taken(t, 300, r, b.Store); n != 100 {
			t.Errorf("%d granted after half of the window", n)
		}
	})
}

// TestARestartForgetsATwentiethAtMost has an instance follow another.
func TestARestartForgetsATwentiethAtMost(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		r := Rate{Limit: 200, Window: time.Minute}
		n := taken(t, 150, r, b.Store) + taken(t, 150, r, b.instance())
		if n < 200 || n > 220 {
			t.Errorf("%d granted", n)
		}
	})
}

func TestFewTakingsCostNoStatement(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		r := Rate{Limit: 200, Window: time.Minute}
		for range 5 { // for as long as one likes
			taken(t, 10, r, b.Store)
			b.forward(time.Minute + time.Second)
		}
		if n := b.count("SELECT count(*) FROM rate_limits"); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestTheTableOfLimitsNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const address = "203.0.113.9"
		_, err := b.Take(t.Context(), "address", address, Rate{Limit: 5, Window: time.Minute})
		must(t, err)
		var keys []string
		must(t, b.system().mechanism(t.Context()).Raw("SELECT key FROM rate_limits").Scan(&keys).Error)
		if len(keys) != 1 || len(keys[0]) != 43 || strings.Contains(keys[0], "113") {
			t.Errorf("%q", keys)
		}
	})
}

// TestAWriterThatTakesLongHoldsUpNoReader keeps the one writing connection, or
// the row, for the whole test.
func TestAWriterThatTakesLongHoldsUpNoReader(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.tellTime = 10 * time.Millisecond
		r := Rate{Limit: 40, Window: time.Minute}
		must(t, b.system().Tx(t.Context(), func(tx *Session) error {
			key, err := b.limitKey(holder{"tests", "who"})
			must(t, err)
			must(t, tx.mechanism(t.Context()).Exec("INSERT INTO rate_limits (key, tat) VALUES (?, 0)", key).Error)
			if n := taken(t, 8, r, b.Store); n != 8 {
				t.Errorf("%d granted", n)
			}
			return nil
		}))
		// What was told in vain may have been heard all the same: never too much is granted.
		if n := taken(t, 100, r, b.Store); n < 1 || n > 32 {
			t.Errorf("%d granted afterward", n)
		}
	})
}

func TestWhatIsForgivenIsWholeAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, r := range []Rate{{Limit: 5, Window: time.Minute}, {Limit: 100, Window: time.Minute}} {
			taken(t, 200, r, b.Store)
			if a, err := b.Left(t.Context(), "tests", "who", r); err != nil || a.Left > r.slack() || a.Next <= 0 {
				t.Errorf("left %+v, %v", a, err)
			}
			must(t, b.Forgive(t.Context(), "tests", "who"))
			if a, err := b.Left(t.Context(), "tests", "who", r); err != nil || a != (Allowance{false, r.Limit, 0}) {
				t.Errorf("left %+v, %v", a, err)
			}
			if n := taken(t, 200, r, b.Store); n != r.Limit {
				t.Errorf("%d granted", n)
			}
		}
	})
}

func TestLimitsThatAreWholeAgainLeaveTheTable(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		taken(t, 5, Rate{Limit: 5, Window: time.Minute}, b.Store)
		b.forward(time.Minute)
		b.sweep()
		if n := b.count("SELECT count(*) FROM rate_limits"); n != 1 {
			t.Errorf("%d rows too early", n)
		}
		b.forward(time.Microsecond)
		b.sweep()
		if n := b.count("SELECT count(*) FROM rate_limits"); n != 0 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestABlurredLimitCantBeCounted has an observer use up an allowance that is shared,
// in hours in which somebody else takes one of it first and in hours in which nobody
// does. By what is granted the two can hardly be told apart; that it would see
// a limit that can be counted, an exact one shows.
func TestABlurredLimitCantBeCounted(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var mu sync.Mutex
		random := rand.New(rand.NewPCG(1, 2))
		b.price = func() float64 { mu.Lock(); defer mu.Unlock(); return random.ExpFloat64() }
		const hours = 200
		// told is how much better than by guessing the two kinds of hours are told apart by
		// the best line between many and few: 0 not at all, 1 always.
		told := func(r Rate) (best, mean float64) {
			differ := make([]float64, 3*r.Limit+1)
			for hour := range hours {
				b.forward(4 * time.Hour)
				others := hour % 2
				taken(t, others, r, b.Store)
				n := taken(t, 3*r.Limit, r, b.Store)
				mean += float64(n+others) / hours
				differ[n] += float64(2*others-1) / (hours / 2)
			}
			sum := 0.0
			for _, d := range differ {
				sum += d
				best = max(best, math.Abs(sum))
			}
			return best, mean
		}
		for _, limit := range []int{10, 40} { // told to the others at once, and in pieces
			r := Rate{Limit: limit, Window: time.Hour}
			if exact, _ := told(r); exact < 0.9 {
				t.Errorf("an exact limit of %d tells only %.2f", limit, exact)
			}
			r.Blurred = true
			if blurred, mean := told(r); blurred > 0.3 || math.Abs(mean/float64(limit)-1) > 0.1 {
				t.Errorf("a limit of %d tells %.2f and grants %.1f", limit, blurred, mean)
			}
		}
	})
}

// TestABlurredLimitHoldsAgainstWhoAsksAllTheTime asks far more often than is granted:
// refused tries draw no cheaper ones, and all that is told is whether it is granted.
func TestABlurredLimitHoldsAgainstWhoAsksAllTheTime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		random := rand.New(rand.NewPCG(3, 4))
		b.price = random.ExpFloat64
		for _, limit := range []int{10, 100} {
			r, granted := Rate{Limit: limit, Window: time.Hour, Blurred: true}, 0
			const windows, often = 200, 20 // in so many spacings, so many tries each
			for range windows * often {
				a, err := b.Take(t.Context(), "tests", fmt.Sprint(limit), r)
				must(t, err)
				if a.Granted {
					granted++
				}
				if a.Left != 0 || a.Next != r.spacing() {
					t.Fatalf("%+v", a)
				}
				b.forward(r.spacing() / often)
			}
			// What comes back is spent, and once what may be held: a quarter more is far beyond chance.
			if fair := limit + windows; granted > fair*5/4 || granted < windows*3/4 {
				t.Errorf("of a limit of %d %d are granted, %d on average", limit, granted, fair)
			}
		}
	})
}

func TestTheMemoryOfLimitsIsBounded(t *testing.T) {
	ts, now := newTallies(), time.Now()
	for i := range 3 * maxTallies {
		ts.of(holder{"address", fmt.Sprint(i)}, now).tat = now.Add(time.Minute)
		if len(ts.held) > maxTallies {
			t.Fatalf("%d held", len(ts.held))
		}
	}
}

func BenchmarkTake(b *testing.B) {
	s := &Store{tallies: newTallies(), master: master, now: time.Now}
	r := Rate{Limit: 1 << 30, Window: time.Minute}
	for b.Loop() {
		if _, err := s.Take(b.Context(), "actor", string(domain.AccountID("who")), r); err != nil {
			b.Fatal(err)
		}
	}
}
