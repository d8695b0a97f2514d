package domain

import (
	"slices"
	"strings"
)

// AdvisorID names an advisor.
type AdvisorID = ID[Advisor]

// AdvisorStage is whether an advisor can be asked.
type AdvisorStage string

// An advisor can be asked, is not to be asked for now, or is not asked any more.
const (
	AdvisorActive  AdvisorStage = "active"
	AdvisorPaused  AdvisorStage = "paused"
	AdvisorRetired AdvisorStage = "retired"
)

// AdvisorStages lists every stage of an advisor.
func AdvisorStages() []AdvisorStage {
	return []AdvisorStage{AdvisorActive, AdvisorPaused, AdvisorRetired}
}

var advisorLife = lifeCycle[AdvisorStage]{
	PauseAdvisor:  {[]AdvisorStage{AdvisorActive}, AdvisorPaused},
	ResumeAdvisor: {[]AdvisorStage{AdvisorPaused}, AdvisorActive},
	RetireAdvisor: {[]AdvisorStage{AdvisorActive, AdvisorPaused}, AdvisorRetired},
}

// Advisor is a survivor who advises, known to the platform by an alias. Nothing
// here says who that is: see VaultEntry and SafeContact, which share its ID.
type Advisor struct {
	Record[Advisor]
	// Alias is unique among advisors; it can be changed, and is not kept in the
	// audit trail.
	Alias string
	// AliasKey is the alias as it is compared.
	AliasKey  string
	Expertise List[Topic]
	Languages List[string]
	Stage     Stage[AdvisorStage]
}

// AdvisorDraft is what the advisor or a liaison writes.
type AdvisorDraft struct {
	Expertise []Topic
	Languages []string
}

// NewAdvisor makes an active advisor.
func NewAdvisor(alias string, d AdvisorDraft) (*Advisor, error) {
	a := &Advisor{Stage: Stage[AdvisorStage]{AdvisorActive}}
	if err := a.setAlias(alias); err != nil {
		return nil, err
	}
	if err := a.write(d); err != nil {
		return nil, err
	}
	a.record("advisor.created", "")
	return a, nil
}

// Edit replaces what was written. A retired advisor's profile stays as it was.
func (a *Advisor) Edit(d AdvisorDraft) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.write(d); err != nil {
		return err
	}
	a.record("advisor.edited", "")
	return nil
}

// Draft is what would be written to get this advisor's profile.
func (a *Advisor) Draft() AdvisorDraft { return AdvisorDraft{a.Expertise, a.Languages} }

func (a *Advisor) write(d AdvisorDraft) error {
	var f Faults
	each(&f, "/expertise", d.Expertise, "a topic of the reference list", Topic.Valid)
	each(&f, "/languages", d.Languages, "a BCP 47 language code", func(l string) bool { _, ok := LanguageByCode(l); return ok })
	if err := f.Err(); err != nil {
		return err
	}
	a.Expertise, a.Languages = d.Expertise, d.Languages
	return nil
}

// Rename gives the advisor another alias. The trail notes that, and neither name.
func (a *Advisor) Rename(alias string) error {
	if err := a.open(); err != nil {
		return err
	}
	if err := a.setAlias(alias); err != nil {
		return err
	}
	a.record("advisor.renamed", "")
	return nil
}

func (a *Advisor) setAlias(alias string) error {
	alias = strings.Join(strings.Fields(alias), " ")
	var f Faults
	checkAlias(&f, alias)
	if err := f.Err(); err != nil {
		return err
	}
	a.Alias, a.AliasKey = alias, FoldAlias(alias)
	return nil
}

func (a *Advisor) open() error {
	if a.Stage.Is(AdvisorRetired) {
		return Refuse(Conflict, "the profile is closed; this advisor is %s", a.Stage)
	}
	return nil
}

// Move pauses, resumes or retires the advisor. It asks for no reason: nobody has
// to give one.
func (a *Advisor) Move(act Action) error {
	if err := advisorLife.take(&a.Stage, act); err != nil {
		return err
	}
	a.record("advisor."+a.Stage.String(), "")
	return nil
}

// Askable reports whether the advisor may be asked to take part in something new.
func (a *Advisor) Askable() bool { return a.Stage.Is(AdvisorActive) }

// Next lists what the advisor's stage allows.
func (a *Advisor) Next() []Action {
	next := advisorLife.next(a.Stage)
	if a.open() == nil {
		next = append(next, EditAdvisor, RenameAdvisor)
	}
	next = append(next, AssignLiaison)
	return slices.Sorted(slices.Values(next))
}
