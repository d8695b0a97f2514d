package repository

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func (b *bench) enqueue(kind string, at time.Time) {
	b.Helper()
	must(b, b.system().Tx(b.Context(), func(tx *Session) error { return tx.Enqueue(b.Context(), kind, "payload", at) }))
}

// run runs what is due and reports how much it was.
func (b *bench) run(handlers map[string]JobHandler) int {
	b.Helper()
	n, err := b.RunDue(b.Context(), handlers)
	must(b, err)
	return n
}

func handler(do func() error) map[string]JobHandler {
	return map[string]JobHandler{"work": func(context.Context, *Session, []byte) error { return do() }}
}

func (b *bench) state() string {
	b.Helper()
	var jobs []Job
	must(b, b.system().mechanism(b.Context()).Order("created_at, id").Find(&jobs).Error)
	var out []string
	for _, j := range jobs {
		out = append(out, fmt.Sprintf("%s %d", j.State, j.Attempts))
	}
	return strings.Join(out, ", ")
}

func TestAJobIsClaimedOnceByManyInstances(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const jobs, instances = 40, 4
		for range jobs {
			b.enqueue("work", b.now)
		}
		var mu sync.Mutex
		ran := 0
		handlers := handler(func() error { mu.Lock(); defer mu.Unlock(); ran++; return nil })
		var all sync.WaitGroup
		for range instances {
			st := b.instance()
			all.Go(func() {
				if _, err := st.RunDue(t.Context(), handlers); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if ran != jobs || b.count("SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 1") != jobs {
			t.Errorf("%d runs of %d jobs: %s", ran, jobs, b.state())
		}
	})
}

func TestAJobIsNotRunBeforeItsTime(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.enqueue("work", b.now.Add(time.Hour))
		b.forward(time.Hour - time.Microsecond)
		if n := b.run(handler(func() error { return nil })); n != 0 {
			t.Error("it ran early")
		}
		b.forward(time.Microsecond)
		if n := b.run(handler(func() error { return nil })); n != 1 {
			t.Error("it did not run at its time")
		}
	})
}

func TestAFailedJobIsTriedLaterAndLaterAndIsDeadAfterTen(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.enqueue("work", b.now)
		failing := handler(func() error { return errors.New("no luck") })
		for n := 1; n <= jobAttempts; n++ {
			if got := b.run(failing); got != 1 {
				t.Fatalf("attempt %d did not run: %s", n, b.state())
			}
			b.forward(backOff(n) - time.Microsecond)
			if got := b.run(failing); got != 0 {
				t.Fatalf("attempt %d came too early", n+1)
			}
			b.forward(time.Microsecond)
		}
		if got := b.state(); got != "dead 10" {
			t.Errorf("after ten failures it is %s", got)
		}
		b.forward(365 * 24 * time.Hour)
		if b.run(failing) != 0 || b.count("SELECT count(*) FROM jobs WHERE last_error = 'no luck'") != 1 {
			t.Error("a dead job lives, or forgot why it died")
		}
	})
}

func TestAPanicIsTheJobsFailure(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.enqueue("work", b.now)
		b.run(handler(func() error { panic("at the job") }))
		if got := b.state(); got != "waiting 1" || b.count("SELECT count(*) FROM jobs WHERE last_error = 'panic: at the job'") != 1 {
			t.Errorf("it is %s", got)
		}
		b.enqueue("no such work", b.now)
		b.run(handler(func() error { return nil }))
		if b.count(`SELECT count(*) FROM jobs WHERE last_error = 'no handler for "no such work"'`) != 1 {
			t.Error("an unknown kind is not a failure")
		}
	})
}

func TestAJobWhoseInstanceDiedIsDueAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.enqueue("work", b.now)
		lost, err := b.claim(t.Context())
		must(t, err)
		b.forward(jobLease)
		if b.run(handler(func() error { return nil })) != 0 {
			t.Error("it was taken from an instance that may live")
		}
		must(t, b.updateJob(t.Context(), lost, map[string]any{"claimed_at": b.clock()})) // as one that lives does
		b.forward(jobLease)
		if b.run(handler(func() error { return nil })) != 0 {
			t.Error("a claim that was renewed ran out")
		}
		b.forward(time.Microsecond)
		if b.run(handler(func() error { return nil })) != 1 || b.state() != "done 2" {
			t.Errorf("it is %s", b.state())
		}
		b.finish(t.Context(), lost, errors.New("too late"))
		if b.state() != "done 2" {
			t.Errorf("who lost a job ended it: %s", b.state())
		}
	})
}

func TestAJobThatKillsItsInstanceIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.enqueue("work", b.now)
		for range jobAttempts {
			if job, err := b.claim(t.Context()); job == nil || err != nil {
				t.Fatal(job, err)
			}
			b.forward(jobLease + time.Microsecond)
		}
		b.run(handler(func() error { t.Error("it is tried once more"); return nil }))
		if b.state() != "dead 11" {
			t.Errorf("it is %s", b.state())
		}
	})
}

func TestAJobComesWithTheChangeThatAskedForIt(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		broken := errors.New("broken")
		err := b.system().Tx(t.Context(), func(tx *Session) error {
			must(t, tx.Enqueue(t.Context(), "work", nil, b.now))
			return broken
		})
		if !errors.Is(err, broken) || b.count("SELECT count(*) FROM jobs") != 0 {
			t.Errorf("a job outlived its change: %v", err)
		}
		if err := b.system().Enqueue(t.Context(), "work", nil, b.now); err == nil {
			t.Error("a job without a change")
		}
	})
}

func TestPeriodicWorkIsAskedForOncePerPeriod(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		hourly := []Periodic{{Kind: "work", Every: time.Hour}}
		other := b.instance()
		for _, want := range []int{1, 2} {
			for range 3 {
				must(t, b.schedule(t.Context(), hourly))
				must(t, other.schedule(t.Context(), hourly))
			}
			if n := b.count("SELECT count(*) FROM jobs"); n != want {
				t.Errorf("%d jobs in period %d", n, want)
			}
			b.forward(time.Hour)
		}
		b.run(handler(func() error { return nil }))
		b.forward(8 * 24 * time.Hour)
		b.sweep()
		if n := b.count("SELECT count(*) FROM jobs"); n != 0 {
			t.Errorf("%d jobs are remembered", n)
		}
	})
}
