package repository

import (
	"context"

	"accord/domain"
)

// Tasks is the table of tasks.
type Tasks struct {
	table[domain.Task, *domain.Task]
}

func tasks(s *Session) Tasks {
	return Tasks{newTable[domain.Task](s, domain.ReadTask, taskReach, sorts{"due_on": "due_on", "created_at": "created_at"})}
}

func taskReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.owner = ?", []any{a.Account}}}
}

// TaskFilter narrows a list; an empty field does not.
type TaskFilter struct {
	Stage, SourceID string
	Owner           domain.AccountID
	DueBefore       domain.Date
}

// List returns a page of tasks.
func (t Tasks) List(ctx context.Context, f TaskFilter, p Page) (Rows[domain.Task], error) {
	q := t.within(ctx, t.read)
	if f.SourceID != "" && !t.s.actor.Sees(domain.TaskInside, 0) {
		q = q.Where("1 = 0") // an outside owner isn't told what a task comes from
	}
	q = equal(q, "stage", f.Stage, "source_id", f.SourceID, "owner", string(f.Owner))
	if f.DueBefore != "" {
		q = q.Where("due_on < ?", f.DueBefore)
	}
	return t.list(q, p)
}

// Owner returns the account that a task is to have, or nil if there is none.
// Staff may not read accounts, only be told whether one can have a task.
func (t Tasks) Owner(ctx context.Context, id domain.AccountID) (*domain.Account, error) {
	return found(t.s.system().Accounts.Get(ctx, id))
}

// Given reports whether an owner was given a task by a day that follows from a
// source, whatever became of it. Only the server itself asks so.
func (t Tasks) Given(ctx context.Context, from domain.Source, owner domain.AccountID, due domain.Date) (bool, error) {
	var n int64
	err := t.within(ctx, t.read).Where("source_kind = ? AND source_id = ? AND owner = ? AND due_on = ?", from.SourceKind, from.SourceID, owner, due).Count(&n).Error
	return n > 0, err
}
