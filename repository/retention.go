package repository

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"accord/domain"
)

// sweep is how the rows of a line of the schedule go.
type sweep struct {
	// where finds them: @before is until when what they go after must have happened,
	// @day its day and @micros the same in microseconds. It is asked of a row again when it goes, so one that
	// somebody changed meanwhile stays.
	where string
	// order is that of an index that finds them.
	order string
	// key tells a row from the others; the id if empty.
	key string
	// set is what becomes of a row that stays, of which something goes.
	set string
	// step does instead of all this what takes more than a statement, to some rows at
	// a time, and returns how many.
	step func(ctx context.Context, tx *Session, before time.Time) (int64, error)
}

const (
	// sweepBatch is how many rows go in one transaction: others who write wait for
	// it, on SQLite all of them.
	sweepBatch = 500
	// sweepSteps is the same for rows of which each takes several statements.
	sweepSteps = 25
	// sweepsAtOnce is how many of these follow one another for a line, so that a run
	// ends. The next hour's goes on.
	sweepsAtOnce = 200
)

// untold spares a notice that keeps from being told again what still holds: the day
// that it names is to come, or nobody has handed in the report that was due on it.
var untold = fmt.Sprintf(` AND due_on <= @day AND (due_on = '' OR record_kind <> 'commitment' OR NOT EXISTS (
	SELECT 1 FROM commitments c WHERE c.id = notices.record_id AND c.stage IN ('%s', '%s') AND NOT EXISTS (
	SELECT 1 FROM progress_reports p WHERE p.commitment = c.id AND p.stage IN ('%s', '%s') AND p.submitted_on >= notices.due_on)))`,
	domain.CommitmentAccepted, domain.CommitmentActive, domain.ProgressReportSubmitted, domain.ProgressReportAccepted)

// sweeps are those of all lines of the schedule.
var sweeps = map[string]sweep{
	"sessions": {where: "expires_at <= @before", order: "expires_at"},
	// An account's newest stays: without any, a stranger's would be taken for its first.
	"devices": {where: "created_at <= @before AND EXISTS (SELECT 1 FROM devices d WHERE d.account = devices.account AND d.created_at > devices.created_at)",
		order: "created_at", key: "hash"},
	"factors":    {where: "stage = 'pending' AND updated_at <= @before", order: "updated_at"},
	"ceremonies": {where: "expires_at <= @before", order: "expires_at"},
	"used_links": {where: "expires_at <= @before", order: "expires_at"},
	"invitations": {order: "expires_at",
		where: "expires_at <= @before AND id NOT IN (SELECT a.invitation FROM applications a WHERE a.sealed IS NOT NULL)"},
	"resets": {where: "updated_at <= @before", order: "updated_at"},
	"api_keys": {where: "secret <> id AND COALESCE(revoked_at, expires_at) <= @before", order: "COALESCE(revoked_at, expires_at)",
		set: "secret = id, former = '', former_until = NULL, ranges = '[]', version = version + 1"},
	"signing_keys":             {where: "retired_at <= @before", order: "retired_at"},
	"notices.read":             {where: "read_at <= @before" + untold, order: "read_at"},
	"notices.unread":           {where: "read_at IS NULL AND created_at <= @before" + untold, order: "created_at"},
	"feeds":                    {where: "token_hash = '' AND updated_at <= @before", order: "updated_at"},
	"jobs.done":                {where: "state = '" + jobDone + "' AND run_at <= @before", order: "run_at"},
	"jobs.dead":                {where: "state = '" + jobDead + "' AND run_at <= @before", order: "run_at"},
	"idempotency_keys":         {where: "answered_at <= @before", order: "answered_at"},
	"rate_limits":              {where: "tat < @micros", order: "tat", key: "key"},
	"refused_sign_ins":         {step: tellRefusedSignIns},
	"import_files":             {step: failImports},
	"import_refusals":          {where: "import IN (SELECT i.id FROM imports i WHERE i.finished_at <= @before)", order: "import"},
	"uploads":                  {step: endUploads},
	"applications.decided":     {step: forgetApplications("stage <> @received AND decided_on <= @day")},
	"applications.undecided":   {step: forgetApplications("stage = @received AND received_on <= @day")},
	"submissions":              {step: lapseDrafts},
	"organization_merge_moves": {where: "merge IN (SELECT g.id FROM organization_merges g WHERE g.merged_at <= @before)", order: "merge", key: "merge, reference, row_key"},
}

// Sweep lets go what has outlived its use by the schedule, a batch a transaction, and
// returns how many rows of each line. What was a record is told of in the trail, in
// one entry of numbers. It can be broken off and repeated at any time, and several
// instances may be at it: no row goes twice or is told of twice. What fails for one
// line keeps no other from going.
func (s *Store) Sweep(ctx context.Context, schedule domain.Schedule) (map[string]int64, error) {
	gone := map[string]int64{}
	var failures []error
	for _, l := range schedule {
		n, err := s.sweepLine(ctx, l)
		if n > 0 {
			gone[l.Name] = n
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("retention of %s: %w", l.Name, err))
		}
	}
	failures = append(failures, s.tellSwept(ctx, schedule))
	return gone, errors.Join(failures...)
}

func (s *Store) sweepLine(ctx context.Context, l domain.RetentionLine) (gone int64, err error) {
	how, before := sweeps[l.Name], l.Before(s.now())
	for range sweepsAtOnce {
		var n int64
		err := s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) (err error) {
			if n, err = tx.sweep(ctx, l.Table(), how, before); err != nil || n == 0 || l.Hourly {
				return err
			}
			return tx.mechanism(ctx).Exec(`INSERT INTO retention_counts (line, gone) VALUES (?, ?)
				ON CONFLICT (line) DO UPDATE SET gone = retention_counts.gone + excluded.gone`, l.Name, n).Error
		})
		if err != nil || n == 0 {
			return gone, err
		}
		gone += n
	}
	return gone, nil
}

// sweep lets some rows go.
func (s *Session) sweep(ctx context.Context, table string, how sweep, before time.Time) (int64, error) {
	if how.step != nil {
		return how.step(ctx, s, before)
	}
	key := how.key
	if key == "" {
		key = "id"
	}
	verb := "DELETE FROM " + table
	if how.set != "" {
		verb = "UPDATE " + table + " SET " + how.set
	}
	skip := ""
	if s.store.postgres { // whoever has a row goes first, and is never waited for
		skip = " FOR UPDATE SKIP LOCKED"
	}
	res := s.mechanism(ctx).Exec(fmt.Sprintf("%s WHERE %s AND (%s) IN (SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d%s)",
		verb, how.where, key, key, table, how.where, how.order, sweepBatch, skip), times(before)...)
	return res.RowsAffected, res.Error
}

func times(before time.Time) []any {
	return []any{sql.Named("before", before), sql.Named("day", domain.DateOf(before)), sql.Named("micros", before.UnixMicro()),
		sql.Named("received", domain.ApplicationReceived)}
}

// tellSwept puts into the trail what went since it was told last.
func (s *Store) tellSwept(ctx context.Context, schedule domain.Schedule) error {
	return s.As(domain.Actor{Role: domain.System}).Tx(ctx, func(tx *Session) error {
		var rows []struct {
			Line string
			Gone int64
		}
		if err := tx.mechanism(ctx).Raw("DELETE FROM retention_counts RETURNING line, gone").Scan(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		gone := map[string]int64{}
		for _, r := range rows {
			gone[r.Line] = r.Gone
		}
		var said []string
		for _, l := range schedule {
			if n := gone[l.Name]; n > 0 {
				said = append(said, fmt.Sprintf("%s %d", l.Name, n))
			}
		}
		e := tx.entry(ctx, domain.Event{Name: domain.RetentionKept, Note: strings.Join(said, ", ")}, "retention", tx.NewID(), 0)
		return tx.mechanism(ctx).Create(&e).Error
	})
}

// stepped does a step to some of the records that a query finds, and returns how many.
func stepped[T any](q *gorm.DB, do func(domain.ID[T]) error) (n int64, err error) {
	var ids []domain.ID[T]
	if err := q.Order("id").Limit(sweepSteps).Pluck("id", &ids).Error; err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := do(id); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// failImports ends the imports whose file was never loaded, and forgets the file.
func failImports(ctx context.Context, tx *Session, before time.Time) (int64, error) {
	stale := tx.Imports.within(ctx, domain.ReadImport).Where("created_at <= ? AND id IN (SELECT f.import FROM import_files f)", before)
	return stepped(stale, func(id domain.ImportID) error {
		_, err := tx.Imports.Update(ctx, domain.FinishImport, id, nil, func(tx *Session, i *domain.Import) error {
			return errors.Join(tx.Imports.DropFile(ctx, id), i.Fail(i.ImportFigures, "the file was never loaded to its end and is gone; send it again", tx.Now()))
		})
		return err
	})
}

// endUploads ends the uploads that ran out. Their pieces are collected.
func endUploads(ctx context.Context, tx *Session, before time.Time) (int64, error) {
	expired := tx.Uploads.within(ctx, domain.ReadUpload).Where("expires_at <= ?", before)
	return stepped(expired, func(id domain.UploadID) error { return tx.Uploads.End(ctx, id) })
}

// forgetApplications erases what was said in those that a condition finds.
func forgetApplications(which string) func(context.Context, *Session, time.Time) (int64, error) {
	return func(ctx context.Context, tx *Session, before time.Time) (int64, error) {
		over := tx.Applications.within(ctx, domain.ReadApplication).Where("sealed IS NOT NULL AND "+which, times(before)...)
		return stepped(over, func(id domain.ApplicationID) error {
			_, err := tx.Applications.table.Update(ctx, domain.ForgetApplication, id, nil, func(_ *Session, v *domain.Application) error {
				v.Forget()
				return nil
			})
			return err
		})
	}
}

// lapseDrafts takes back the drafts of consultations that closed. Nothing of them is
// opened.
func lapseDrafts(ctx context.Context, tx *Session, before time.Time) (int64, error) {
	late := tx.Submissions.within(ctx, domain.ReadSubmission).
		Where("stage = 'draft' AND consultation IN (SELECT c.id FROM consultations c WHERE c.closed_at <= ?)", before)
	return stepped(late, func(id domain.SubmissionID) error {
		_, err := tx.Submissions.closed().Update(ctx, domain.LapseSubmission, id, nil, func(_ *Session, v *domain.Submission) error { return v.Lapse() })
		return err
	})
}
