package domain

import (
	"slices"
	"strings"
	"time"
)

// InitiativeID names an initiative.
type InitiativeID = ID[Initiative]

// Initiative is a policy, message, product or program that the office develops.
type Initiative struct {
	Record[Initiative]
	Marking
	Title      string
	Summary    string
	LeadOffice string
	Stage      Stage[InitiativeStage]
	// Entered says when each stage began, the first first.
	Entered List[StageEntry]
	// Unheard are the groups that had not been heard when clearance began, and
	// UnheardReason is why it began all the same.
	Unheard       List[Group]
	UnheardReason string
}

// StageEntry is the moment at which an initiative came to a stage.
type StageEntry struct {
	Stage InitiativeStage `json:"stage"`
	At    time.Time       `json:"at"`
}

// InitiativeDraft is what staff write.
type InitiativeDraft struct {
	Marking
	Title, Summary, LeadOffice string
}

// NewInitiative puts an initiative on the agenda.
func NewInitiative(d InitiativeDraft, now time.Time) (*Initiative, error) {
	i := &Initiative{}
	if err := i.write(d); err != nil {
		return nil, err
	}
	i.enter(InitiativeAgenda, now)
	i.record("initiative.created", "")
	return i, nil
}

// Edit replaces what was written.
func (i *Initiative) Edit(d InitiativeDraft) error {
	if err := i.write(d); err != nil {
		return err
	}
	i.record("initiative.edited", "")
	return nil
}

// Draft is what would be written to get this initiative.
func (i *Initiative) Draft() InitiativeDraft {
	return InitiativeDraft{i.Marking, i.Title, i.Summary, i.LeadOffice}
}

func (i *Initiative) write(d InitiativeDraft) error {
	var f Faults
	d.Title = strings.TrimSpace(d.Title)
	if d.Title == "" {
		f.Add("/title", "required", "a title is not empty")
	}
	d.Marking.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	i.Marking, i.Title, i.Summary, i.LeadOffice = d.Marking, d.Title, d.Summary, strings.TrimSpace(d.LeadOffice)
	return nil
}

// Advance moves the initiative one stage on. Into clearance it is refused while
// a group is unheard, naming each, unless a reason is given; the reason and the
// groups are then kept. Elsewhere a reason is not kept.
func (i *Initiative) Advance(m Meter, reason string, now time.Time) error {
	stages := InitiativeStages()
	next := slices.Index(stages, i.Stage.Now()) + 1
	if next == len(stages) {
		return Refuse(Conflict, "%s is the last stage", i.Stage)
	}
	if stages[next] == InitiativeClearance {
		if err := i.justify(m.Unheard(), strings.TrimSpace(reason)); err != nil {
			return err
		}
	}
	i.enter(stages[next], now)
	i.record("initiative.advanced", i.Stage.String())
	return nil
}

// justify keeps why clearance begins with groups unheard.
func (i *Initiative) justify(unheard []Group, reason string) error {
	if len(unheard) == 0 {
		return nil
	}
	if reason == "" {
		return (Faults{{
			Pointer: "/reason", Code: "required",
			Detail: "not yet heard: " + andList(unheard) + "; hear them first, or say why clearance begins without them",
		}}).Err()
	}
	i.Unheard, i.UnheardReason = unheard, reason
	return nil
}

func (i *Initiative) enter(st InitiativeStage, now time.Time) {
	i.Stage.now = st
	i.Entered = append(i.Entered, StageEntry{st, now})
}

// StageAt is the stage that the initiative had at a moment; before it was put
// on the agenda that is the agenda.
func (i *Initiative) StageAt(t time.Time) InitiativeStage {
	st := InitiativeAgenda
	for _, e := range i.Entered {
		if !e.At.After(t) {
			st = e.Stage
		}
	}
	return st
}

// Next lists what the initiative's stage allows.
func (i *Initiative) Next() []Action {
	if i.Stage.Is(InitiativeEvaluation) {
		return []Action{EditInitiative}
	}
	return []Action{AdvanceInitiative, EditInitiative}
}

// Searchable is the text by which everyone who sees the initiative finds it.
func (i *Initiative) Searchable() string { return i.Title + "\n" + i.Summary }
