package domain

import (
	"slices"
	"strings"
)

// TaskID names a task.
type TaskID = ID[Task]

// TaskStage is where a task is in its life.
type TaskStage string

// A task is open until it is done or dropped.
const (
	TaskOpen    TaskStage = "open"
	TaskDone    TaskStage = "done"
	TaskDropped TaskStage = "dropped"
)

var taskLife = lifeCycle[TaskStage]{
	FinishTask: {[]TaskStage{TaskOpen}, TaskDone},
	DropTask:   {[]TaskStage{TaskOpen}, TaskDropped},
}

// Task is something to be done by someone by a day, as it follows from another
// record.
type Task struct {
	Record[Task]
	Source
	Title string
	// Owner sees the task and may finish it.
	Owner AccountID
	DueOn Date
	Stage Stage[TaskStage]
	// StageReason is why it was dropped. Staff only.
	StageReason string
}

// TaskDraft is what staff write.
type TaskDraft struct {
	Title string
	Owner AccountID
	DueOn Date
}

// NewTask opens a task that follows from a source. The owner is of the office
// or of a partner: a task tells an advisor's account apart from others.
func NewTask(d TaskDraft, from Source, owner *Account) (*Task, error) {
	t := &Task{Source: from, Stage: Stage[TaskStage]{TaskOpen}}
	if err := t.write(d, owner); err != nil {
		return nil, err
	}
	t.record("task.created", "")
	return t, nil
}

// Edit replaces what was written; only an open task is edited.
func (t *Task) Edit(d TaskDraft, owner *Account) error {
	if !t.Stage.Is(TaskOpen) {
		return Refuse(Conflict, "the task is %s", t.Stage)
	}
	if err := t.write(d, owner); err != nil {
		return err
	}
	t.record("task.edited", "")
	return nil
}

// Ahead refuses a task that is to be done by a day that is over.
func (d TaskDraft) Ahead(today Date) error {
	var f Faults
	d.DueOn.ahead(&f, "/due_on", today)
	return f.Err()
}

// Draft is what would be written to get this task.
func (t *Task) Draft() TaskDraft { return TaskDraft{t.Title, t.Owner, t.DueOn} }

func (t *Task) write(d TaskDraft, owner *Account) error {
	var f Faults
	if d.Title = strings.TrimSpace(d.Title); d.Title == "" {
		f.Add("/title", "required", "say what is to be done")
	}
	if owner == nil || !slices.Contains([]Role{Staff, Liaison, Custodian, Partner, PartnerAdmin}, owner.Role) {
		f.Add("/owner_id", "invalid", "must be an account of staff or of a partner")
	}
	if d.DueOn == "" {
		f.Add("/due_on", "required", "say by which day")
	}
	if err := f.Err(); err != nil {
		return err
	}
	t.Title, t.Owner, t.DueOn = d.Title, d.Owner, d.DueOn
	return nil
}

// Finish says that the task is done.
func (t *Task) Finish() error {
	if err := taskLife.take(&t.Stage, FinishTask); err != nil {
		return err
	}
	t.record("task.done", "")
	return nil
}

// Drop gives a task up, and says why.
func (t *Task) Drop(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := taskLife.take(&t.Stage, DropTask); err != nil {
		return err
	}
	t.StageReason = reason
	t.record("task.dropped", "")
	return nil
}

// Next lists what the task's stage allows.
func (t *Task) Next() []Action {
	if !t.Stage.Is(TaskOpen) {
		return nil
	}
	return append(taskLife.next(t.Stage), EditTask)
}
