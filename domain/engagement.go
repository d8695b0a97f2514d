package domain

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the same time zones wherever it runs
)

// EngagementID names an engagement.
type EngagementID = ID[Engagement]

// EngagementStage is where an engagement is in its life.
type EngagementStage string

// The stages of an engagement.
const (
	EngagementPlanned         EngagementStage = "planned"
	EngagementInvited         EngagementStage = "invited"
	EngagementConfirmed       EngagementStage = "confirmed"
	EngagementHeld            EngagementStage = "held"
	EngagementOutcomeRecorded EngagementStage = "outcome_recorded"
	EngagementClosed          EngagementStage = "closed"
	EngagementCancelled       EngagementStage = "cancelled"
	EngagementPostponed       EngagementStage = "postponed"
	EngagementDeclined        EngagementStage = "declined"
)

// EngagementStages lists the stages in order, the side exits last.
func EngagementStages() []EngagementStage {
	return []EngagementStage{
		EngagementPlanned, EngagementInvited, EngagementConfirmed, EngagementHeld, EngagementOutcomeRecorded,
		EngagementClosed, EngagementCancelled, EngagementPostponed, EngagementDeclined,
	}
}

var (
	engagementAhead    = []EngagementStage{EngagementPlanned, EngagementInvited, EngagementConfirmed, EngagementPostponed}
	engagementAnswers  = []EngagementStage{EngagementInvited, EngagementConfirmed}
	engagementFinished = []EngagementStage{EngagementClosed, EngagementCancelled, EngagementDeclined}
)

var engagementLife = lifeCycle[EngagementStage]{
	InviteEngagement:     {[]EngagementStage{EngagementPlanned}, EngagementInvited},
	ConfirmEngagement:    {[]EngagementStage{EngagementInvited}, EngagementConfirmed},
	HoldEngagement:       {[]EngagementStage{EngagementConfirmed}, EngagementHeld},
	RecordOutcome:        {[]EngagementStage{EngagementHeld}, EngagementOutcomeRecorded},
	CloseEngagement:      {[]EngagementStage{EngagementOutcomeRecorded}, EngagementClosed},
	CancelEngagement:     {engagementAhead, EngagementCancelled},
	PostponeEngagement:   {[]EngagementStage{EngagementPlanned, EngagementInvited, EngagementConfirmed}, EngagementPostponed},
	RescheduleEngagement: {[]EngagementStage{EngagementPostponed}, EngagementPlanned},
	DeclineEngagement:    {engagementAnswers, EngagementDeclined},
}

// Engagement is one dated contact with organizations, advisors or both. Who
// takes part stands apart from it, so that a participant who may not be known
// of changes nothing here.
type Engagement struct {
	Record[Engagement]
	Marking
	Initiative InitiativeID
	Kind       EngagementKind
	Title      string
	StartsAt   time.Time
	EndsAt     time.Time
	// TimeZone is an IANA name: where the clock on the wall is.
	TimeZone string
	Location string
	Agenda   List[string]
	// PrivateNotes are for staff, SharedNotes and Decisions for all who take part.
	PrivateNotes string
	SharedNotes  string
	Decisions    List[string]
	Stage        Stage[EngagementStage]
	// StageReason is why it was cancelled, postponed or declined. Staff only.
	StageReason string
	// Announced says that invitations went out once; before, only staff see it.
	Announced bool
	// Revision counts the changes of what a calendar shows, and RevisedAt is
	// when the last was made (RFC 5545, SEQUENCE and DTSTAMP).
	Revision  int
	RevisedAt time.Time
}

// EngagementDraft is what staff write.
type EngagementDraft struct {
	Marking
	Initiative                InitiativeID
	Kind                      EngagementKind
	Title                     string
	StartsAt, EndsAt          time.Time
	TimeZone, Location        string
	Agenda                    []string
	PrivateNotes, SharedNotes string
}

// NewEngagement plans an engagement. It may lie in the past: what was agreed by
// telephone is written down afterward.
func NewEngagement(d EngagementDraft, now time.Time) (*Engagement, error) {
	e := &Engagement{Stage: Stage[EngagementStage]{EngagementPlanned}, RevisedAt: now}
	if err := e.write(d); err != nil {
		return nil, err
	}
	e.record("engagement.created", "")
	return e, nil
}

// NewHeldEngagement writes down an engagement that has taken place, as a
// register of another system tells it. It is refused if it has not begun.
func NewHeldEngagement(d EngagementDraft, now time.Time) (*Engagement, error) {
	e := &Engagement{Stage: Stage[EngagementStage]{EngagementHeld}, Announced: true, RevisedAt: now}
	if err := e.write(d); err != nil {
		return nil, err
	}
	if e.begun(now) != nil {
		return nil, (Faults{{Pointer: "/starts_at", Code: "invalid", Detail: "is in the future; what was held has begun"}}).Err()
	}
	e.record("engagement.recorded", "")
	return e, nil
}

// EditBy is Edit by somebody. Who isn't shown the private notes doesn't replace
// them: an officer's would be lost unseen.
func (e *Engagement) EditBy(by Actor, d EngagementDraft, now time.Time) error {
	if d.PrivateNotes != e.PrivateNotes && !by.Writes(EngagementNotes, e.Relation) {
		return Refuse(Forbidden, "private notes are written by who is signed in and may read them")
	}
	return e.Edit(d, now)
}

// Edit replaces what was written. Once held, an engagement keeps its times and
// its initiative, from which figures follow; once it is over it is not edited.
func (e *Engagement) Edit(d EngagementDraft, now time.Time) error {
	if e.Stage.Is(engagementFinished...) {
		return Refuse(Conflict, "the engagement is %s and keeps what was written", e.Stage)
	}
	was := *e
	if err := e.write(d); err != nil {
		return err
	}
	if was.TookPlace() && (!e.StartsAt.Equal(was.StartsAt) || !e.EndsAt.Equal(was.EndsAt) || e.Initiative != was.Initiative) {
		*e = was
		return Refuse(Conflict, "the engagement was held; its times and its initiative stand")
	}
	if e.shows() != was.shows() {
		e.revise(now)
	}
	e.record("engagement.edited", "")
	return nil
}

// Draft is what would be written to get this engagement.
func (e *Engagement) Draft() EngagementDraft {
	return EngagementDraft{
		e.Marking, e.Initiative, e.Kind, e.Title, e.StartsAt, e.EndsAt, e.TimeZone, e.Location,
		e.Agenda, e.PrivateNotes, e.SharedNotes,
	}
}

func (e *Engagement) write(d EngagementDraft) error {
	d.Title, d.Location = strings.TrimSpace(d.Title), strings.TrimSpace(d.Location)
	if err := d.check(); err != nil {
		return err
	}
	e.Marking, e.Initiative, e.Kind, e.Title, e.Location, e.Agenda = d.Marking, d.Initiative, d.Kind, d.Title, d.Location, d.Agenda
	e.PrivateNotes, e.SharedNotes = d.PrivateNotes, d.SharedNotes
	e.schedule(d.StartsAt, d.EndsAt, d.TimeZone)
	return nil
}

func (d EngagementDraft) check() error {
	var f Faults
	if d.Title == "" {
		f.Add("/title", "required", "a title is not empty")
	}
	if !d.Kind.Valid() {
		f.Add("/kind", "unknown_value", "must be a kind of the reference list")
	}
	checkTimes(&f, d.StartsAt, d.EndsAt, d.TimeZone)
	for i, item := range d.Agenda {
		if strings.TrimSpace(item) == "" {
			f.Add(at("/agenda", i), "required", "an item of the agenda is not empty")
		}
	}
	d.Marking.check(&f)
	return f.Err()
}

// checkTimes finds an end before the start, a time that no calendar means, and
// a time zone that is not of the IANA database.
func checkTimes(f *Faults, from, until time.Time, zone string) {
	if y := from.Year(); y < 1900 || y > 2200 {
		f.Add("/starts_at", "invalid", "must lie between the years 1900 and 2200")
	}
	if until.Before(from) {
		f.Add("/ends_at", "invalid", "must not come before starts_at")
	}
	if until.Sub(from) > 366*24*time.Hour {
		f.Add("/ends_at", "invalid", "must come within a year of starts_at")
	}
	if !validZone(zone) {
		f.Add("/time_zone", "unknown_value", "must be an IANA time zone such as America/New_York or UTC")
	}
}

// validZone refuses Local and names that only some machines have.
func validZone(name string) bool {
	if name == "UTC" {
		return true
	}
	if name == "" || name[0] < 'A' || name[0] > 'Z' || !strings.Contains(name, "/") {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func (e *Engagement) schedule(from, until time.Time, zone string) {
	e.StartsAt, e.EndsAt, e.TimeZone = from.UTC().Truncate(time.Microsecond), until.UTC().Truncate(time.Microsecond), zone
}

// shows is all that a calendar shows, as something to compare.
func (e *Engagement) shows() [5]string {
	return [5]string{e.Title, e.Location, strings.Join(e.Agenda, "\n"), e.StartsAt.String(), e.EndsAt.String()}
}

func (e *Engagement) revise(now time.Time) { e.Revision, e.RevisedAt = e.Revision+1, now }

// TookPlace reports whether the engagement was held.
func (e *Engagement) TookPlace() bool {
	return e.Stage.Is(EngagementHeld, EngagementOutcomeRecorded, EngagementClosed)
}

func (e *Engagement) begun(now time.Time) error {
	if now.Before(e.StartsAt) {
		return Refuse(Conflict, "the engagement has not begun")
	}
	return nil
}

func (e *Engagement) move(act Action, note string, now time.Time) error {
	if err := engagementLife.take(&e.Stage, act); err != nil {
		return err
	}
	e.revise(now)
	e.record("engagement."+e.Stage.String(), "")
	return nil
}

// Invite announces the engagement to those who are to take part.
func (e *Engagement) Invite(now time.Time) error {
	if err := e.move(InviteEngagement, "", now); err != nil {
		return err
	}
	e.Announced, e.StageReason = true, ""
	return nil
}

// Confirm says that it will take place.
func (e *Engagement) Confirm(now time.Time) error { return e.move(ConfirmEngagement, "", now) }

// Hold says that it took place, which it can't have before it began.
func (e *Engagement) Hold(now time.Time) error {
	if e.Stage.Is(EngagementConfirmed) {
		if err := e.begun(now); err != nil {
			return err
		}
	}
	return e.move(HoldEngagement, "", now)
}

// RecordOutcome keeps what was decided; nothing may have been.
func (e *Engagement) RecordOutcome(decisions []string, now time.Time) error {
	var f Faults
	for i, d := range decisions {
		if strings.TrimSpace(d) == "" {
			f.Add(at("/decisions", i), "required", "a decision is not empty")
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := e.move(RecordOutcome, "", now); err != nil {
		return err
	}
	e.Decisions = decisions
	return nil
}

// Close ends the work on an engagement.
func (e *Engagement) Close(now time.Time) error { return e.move(CloseEngagement, "", now) }

// End takes the engagement out by an act that needs a reason: cancel, postpone
// or decline.
func (e *Engagement) End(act Action, reason string, now time.Time) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := e.move(act, reason, now); err != nil {
		return err
	}
	e.StageReason = reason
	return nil
}

// Reschedule gives a postponed engagement new times. It is planned anew, and
// those who were invited are to be asked again.
func (e *Engagement) Reschedule(from, until time.Time, zone string, now time.Time) error {
	var f Faults
	checkTimes(&f, from, until, zone)
	if err := f.Err(); err != nil {
		return err
	}
	if err := engagementLife.take(&e.Stage, RescheduleEngagement); err != nil {
		return err
	}
	e.schedule(from, until, zone)
	e.StageReason = ""
	e.revise(now)
	e.record("engagement.rescheduled", "")
	return nil
}

// Source is the engagement as what a hearing or a task came of.
func (e *Engagement) Source() Source { return Source{FromEngagement, string(e.ID)} }

// Next lists what the engagement's stage allows.
func (e *Engagement) Next() []Action {
	next := engagementLife.next(e.Stage)
	if !e.Stage.Is(engagementFinished...) {
		next = append(next, EditEngagement)
	}
	return next
}

// Searchable is the text by which everyone who sees the engagement finds it.
func (e *Engagement) Searchable() string {
	return strings.Join(slices.Concat([]string{e.Title, e.Location, e.SharedNotes}, e.Agenda, e.Decisions), "\n")
}
