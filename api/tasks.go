package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListTasks answers with the tasks within reach.
func (s *Server) ListTasks(c echo.Context, p openapi.ListTasksParams) error {
	rows, err := s.as(c).Tasks.List(ctx(c), repository.TaskFilter{
		Stage: p.Stage, SourceID: p.SourceID, Owner: domain.AccountID(p.OwnerID), DueBefore: domain.Date(p.DueBefore),
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, taskJSON)
}

// GetTask answers with one task.
func (s *Server) GetTask(c echo.Context, id openapi.ID) error {
	t, err := s.as(c).Tasks.Get(ctx(c), domain.TaskID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, t, taskJSON)
}

// CreateTask opens a task that follows from an engagement.
func (s *Server) CreateTask(c echo.Context) error {
	in, err := bind[openapi.TaskDraft](c)
	if err != nil {
		return err
	}
	e, err := s.as(c).Engagements.Get(ctx(c), domain.EngagementID(in.SourceID))
	if err := named404(err, "/source_id", "engagement"); err != nil {
		return err
	}
	d := domain.TaskDraft{Title: in.Title, Owner: domain.AccountID(in.OwnerID), DueOn: domain.Date(in.DueOn)}
	owner, err := s.as(c).Tasks.Owner(ctx(c), d.Owner)
	if err != nil {
		return err
	}
	if err := d.Ahead(s.today()); err != nil {
		return err
	}
	t, err := domain.NewTask(d, e.Source(), owner)
	if err != nil {
		return err
	}
	if err := s.as(c).Tasks.Create(ctx(c), domain.CreateTask, t); err != nil {
		return err
	}
	return show(c, http.StatusCreated, t, taskJSON)
}

// EditTask changes an open task.
func (s *Server) EditTask(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Tasks, domain.EditTask, id, taskJSON, taskPatchJSON,
		func(tx *repository.Session, t *domain.Task, in openapi.TaskPatch) error {
			owner, err := tx.Tasks.Owner(ctx(c), domain.AccountID(in.OwnerID))
			if err != nil {
				return err
			}
			d := domain.TaskDraft{Title: in.Title, Owner: domain.AccountID(in.OwnerID), DueOn: domain.Date(in.DueOn)}
			if d.DueOn != t.DueOn { // one that ran out can be worded anew
				if err := d.Ahead(s.today()); err != nil {
					return err
				}
			}
			return t.Edit(d, owner)
		})
}

// FinishTask says that a task is done.
func (s *Server) FinishTask(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Tasks, domain.FinishTask, id, taskJSON,
		func(_ *repository.Session, t *domain.Task) error { return t.Finish() })
}

// DropTask gives a task up.
func (s *Server) DropTask(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Tasks, domain.DropTask, id, taskJSON,
		func(_ *repository.Session, t *domain.Task) error { return t.Drop(in.Reason) })
}

func taskPatchJSON(t *domain.Task) openapi.TaskPatch {
	return openapi.TaskPatch{Title: t.Title, OwnerID: string(t.Owner), DueOn: string(t.DueOn)}
}

// taskJSON tells an owner outside the office what to do, not what it came of.
func taskJSON(by domain.Actor, t *domain.Task) openapi.Task {
	out := openapi.Task{
		ID: string(t.ID), Title: t.Title, OwnerID: string(t.Owner), DueOn: string(t.DueOn), Stage: t.Stage.String(),
		Next: next(by, t.Relation, t.Next()),
	}
	if by.Sees(domain.TaskInside, t.Relation) {
		out.SourceKind, out.SourceID, out.StageReason = string(t.SourceKind), t.SourceID, t.StageReason
	}
	return out
}
