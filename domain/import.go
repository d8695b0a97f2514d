package domain

import (
	"strings"
	"time"
)

// ImportID names an import.
type ImportID = ID[Import]

// ImportStage is where an import is.
type ImportStage string

// An import waits for a runner, runs, and is done or has failed. What it took
// over before it failed stays: the same file can be sent again.
const (
	ImportQueued  ImportStage = "queued"
	ImportRunning ImportStage = "running"
	ImportDone    ImportStage = "done"
	ImportFailed  ImportStage = "failed"
)

var importLife = lifeCycle[ImportStage]{
	StartImport:  {[]ImportStage{ImportQueued, ImportRunning}, ImportRunning}, // a runner that died leaves it running
	FinishImport: {[]ImportStage{ImportRunning}, ImportDone},
	FailImport:   {[]ImportStage{ImportQueued, ImportRunning}, ImportFailed},
}

// ImportFigures count what became of the records of a file.
type ImportFigures struct {
	// Read is how many records the file holds; the others sum up to it.
	Read int
	// Created records are new.
	Created int
	// Matched ones were there already, from an earlier run or otherwise.
	Matched int
	// Skipped ones hold nothing to take over, by the mapping's own rule.
	Skipped int
	// Refused ones have something wrong with them, which is reported.
	Refused int
	// Organizations is how many organizations were made because a record names
	// them.
	Organizations int
}

// Done is how many records have been dealt with.
func (f ImportFigures) Done() int { return f.Created + f.Matched + f.Skipped + f.Refused }

// Import is the loading of one file.
type Import struct {
	Record[Import]
	// Register names where the file comes from. The same key in the same
	// register is the same record, however often it is imported.
	Register string
	// Entity is what the file's records become.
	Entity      string
	FileName    string
	Mapping     string
	DryRun      bool
	RequestedBy AccountID
	Stage       Stage[ImportStage]
	Total       int
	ImportFigures
	StartedAt  *time.Time
	FinishedAt *time.Time
	// Failure is why an import failed, in words.
	Failure string
}

// NewImport asks for a file to be loaded.
func NewImport(by Actor, register, entity, fileName, mapping string, dryRun bool) (*Import, error) {
	if register = strings.TrimSpace(register); register == "" {
		return nil, (Faults{{Pointer: "/register", Code: "required", Detail: "name the register that the file comes from"}}).Err()
	}
	i := &Import{
		Register: register, Entity: entity, FileName: fileName, Mapping: mapping, DryRun: dryRun,
		RequestedBy: by.Account, Stage: Stage[ImportStage]{ImportQueued},
	}
	i.record("import.requested", entity)
	return i, nil
}

// Start begins to load, or goes on where a runner died. A dry run keeps nothing
// that it could go on from and begins again.
func (i *Import) Start(now time.Time) error {
	if err := importLife.take(&i.Stage, StartImport); err != nil {
		return err
	}
	if i.DryRun {
		i.ImportFigures = ImportFigures{}
	}
	if i.StartedAt == nil {
		i.StartedAt = &now
	}
	i.record("import.started", "")
	return nil
}

// Finish keeps the figures.
func (i *Import) Finish(f ImportFigures, now time.Time) error {
	if err := importLife.take(&i.Stage, FinishImport); err != nil {
		return err
	}
	i.ImportFigures, i.Total, i.FinishedAt = f, f.Read, &now
	i.record("import.finished", "")
	return nil
}

// Fail keeps why the file could not be loaded to its end.
func (i *Import) Fail(f ImportFigures, why string, now time.Time) error {
	if err := importLife.take(&i.Stage, FailImport); err != nil {
		return err
	}
	i.ImportFigures, i.FinishedAt, i.Failure = f, &now, why
	i.record("import.failed", "")
	return nil
}

// Next is empty: an import goes on by itself.
func (i *Import) Next() []Action { return nil }
