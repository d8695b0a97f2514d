package repository

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// Job is work to be done after the change that asked for it: at once, or at a
// set time. It runs at least once, so what it does must bear repeating.
type Job struct {
	ID        string
	Kind      string
	Payload   string
	RunAt     time.Time
	Attempts  int
	ClaimedAt *time.Time
	LastError string
	State     string
	CreatedAt time.Time
}

const (
	jobWaiting = "waiting"
	jobRunning = "running"
	jobDone    = "done"
	jobDead    = "dead"

	// jobAttempts is how often a job is tried before it is left for a person.
	jobAttempts = 10
	// jobLease is after how long a claimed job is taken to have died with its
	// instance.
	jobLease = 5 * time.Minute
)

// Periodic is work that falls due again and again, once a period, whichever
// instance gets to it.
type Periodic struct {
	Kind  string
	Every time.Duration
}

// JobHandler does one kind of job, as the server itself.
type JobHandler func(ctx context.Context, s *Session, payload []byte) error

// Enqueue asks for work in the same transaction as the change that needs it.
func (s *Session) Enqueue(ctx context.Context, kind string, payload any, runAt time.Time) error {
	if !s.inTx() {
		return fmt.Errorf("repository: a job outside a transaction")
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return s.mechanism(ctx).Create(&Job{
		ID: s.store.newID(), Kind: kind, Payload: string(body), RunAt: runAt.UTC(), State: jobWaiting, CreatedAt: s.store.now(),
	}).Error
}

// RunDue runs what is due now, one job at a time, until nothing is or ctx ends;
// a job that has begun is not cut off. It reports how many it ran. Any number of
// instances may run it at once.
func (s *Store) RunDue(ctx context.Context, handlers map[string]JobHandler) (int, error) {
	whole := context.WithoutCancel(ctx)
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return n, nil
		}
		job, err := s.claim(whole)
		if err != nil || job == nil {
			return n, err
		}
		s.finish(whole, job, s.runJob(whole, job, handlers))
	}
}

// Work runs the jobs that are due, after it has asked for the periodic ones of this
// period. Once ctx ends it finishes the one that it is at.
func (s *Store) Work(ctx context.Context, handlers map[string]JobHandler, periodic ...Periodic) error {
	asked := s.schedule(ctx, periodic)
	_, ran := s.RunDue(ctx, handlers)
	return errors.Join(asked, ran)
}

// schedule asks for every periodic job of this period, unless it is there: its
// id names the period, so that many instances make one.
func (s *Store) schedule(ctx context.Context, periodic []Periodic) error {
	system := s.As(domain.Actor{Role: domain.System})
	for _, p := range periodic {
		at := s.now().Truncate(p.Every)
		id := p.Kind + "@" + at.Format(time.RFC3339)
		var n int64
		if err := system.mechanism(ctx).Model(&Job{}).Where("id = ?", id).Count(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		err := system.Tx(ctx, func(tx *Session) error {
			return tx.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).
				Create(&Job{ID: id, Kind: p.Kind, Payload: "{}", RunAt: at, State: jobWaiting, CreatedAt: s.now()}).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// claim takes one due job for this instance, or nil. A job whose instance died
// is due again when its lease has run out.
func (s *Store) claim(ctx context.Context) (*Job, error) {
	skip := ""
	if s.postgres {
		skip = "FOR UPDATE SKIP LOCKED"
	}
	now := s.now()
	system := s.As(domain.Actor{Role: domain.System})
	var jobs []Job
	due := []any{jobWaiting, now, jobRunning, now.Add(-jobLease)}
	const where = "(state = ? AND run_at <= ?) OR (state = ? AND claimed_at < ?)"
	// Looking first costs no write: most of the time nothing is due.
	var n int64
	if err := system.mechanism(ctx).Model(&Job{}).Where(where, due...).Limit(1).Count(&n).Error; err != nil || n == 0 {
		return nil, err
	}
	err := system.Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Raw(`UPDATE jobs SET state = ?, claimed_at = ?, attempts = attempts + 1
			WHERE id = (SELECT id FROM jobs WHERE `+where+` ORDER BY run_at, id LIMIT 1 `+skip+`) RETURNING *`,
			append([]any{jobRunning, now}, due...)...).Scan(&jobs).Error
	})
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	return &jobs[0], nil
}

// runJob does a job; a panic in it is its failure, not the server's.
func (s *Store) runJob(ctx context.Context, job *Job, handlers map[string]JobHandler) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if job.Attempts > jobAttempts {
		return errors.New("its instance died at every attempt")
	}
	h, ok := handlers[job.Kind]
	if !ok {
		return fmt.Errorf("no handler for %q", job.Kind)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go s.renew(ctx, job)
	return h(ctx, s.As(domain.Actor{Role: domain.System}), []byte(job.Payload))
}

// renew keeps a long job this instance's while it runs.
func (s *Store) renew(ctx context.Context, job *Job) {
	tick := time.NewTicker(jobLease / 5)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.updateJob(ctx, job, map[string]any{"claimed_at": s.now()}); err != nil && ctx.Err() == nil {
			s.log.Error("job not renewed", "job", job.ID, "error", err)
		}
	}
}

// updateJob changes a job that this instance has claimed, unless it has lost it
// to another.
func (s *Store) updateJob(ctx context.Context, job *Job, set map[string]any) error {
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Model(&Job{}).
			Where("id = ? AND attempts = ? AND state = ?", job.ID, job.Attempts, jobRunning).Updates(set).Error
	})
}

// finish notes how a job ended: done, to be tried again later, or dead.
func (s *Store) finish(ctx context.Context, job *Job, failure error) {
	set := map[string]any{"state": jobDone, "last_error": ""}
	if failure != nil {
		s.log.Error("job failed", "kind", job.Kind, "job", job.ID, "attempts", job.Attempts, "error", failure)
		set = map[string]any{"state": jobWaiting, "last_error": failure.Error(), "run_at": s.now().Add(backOff(job.Attempts))}
		if job.Attempts >= jobAttempts {
			set["state"] = jobDead
		}
	}
	if err := s.updateJob(ctx, job, set); err != nil {
		s.log.Error("job not finished", "job", job.ID, "error", err)
	}
}

// backOff is how long to wait after the nth failure: 2 s, 4 s, 8 s … 17 min.
func backOff(n int) time.Duration { return time.Second << min(n, 10) }

// UnfinishedJobs counts the jobs that are waiting, running and dead, for whoever
// watches the server.
func (s *Store) UnfinishedJobs(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		State string
		N     int
	}
	counts := map[string]int{jobWaiting: 0, jobRunning: 0, jobDead: 0}
	err := s.As(domain.Actor{Role: domain.System}).mechanism(ctx).Model(&Job{}).
		Select("state, count(*) AS n").Where("state <> ?", jobDone).Group("state").Scan(&rows).Error
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, err
}
