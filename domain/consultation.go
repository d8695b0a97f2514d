package domain

import (
	"slices"
	"strings"
	"time"
)

// ConsultationID names a consultation.
type ConsultationID = ID[Consultation]

// ConsultationStage is where a consultation is in its life.
type ConsultationStage string

// The stages of a consultation.
const (
	ConsultationDrafted          ConsultationStage = "draft"
	ConsultationClearance        ConsultationStage = "clearance"
	ConsultationScheduled        ConsultationStage = "scheduled"
	ConsultationOpen             ConsultationStage = "open"
	ConsultationPaused           ConsultationStage = "paused"
	ConsultationClosed           ConsultationStage = "closed"
	ConsultationAnalysis         ConsultationStage = "analysis"
	ConsultationResponseDrafting ConsultationStage = "response_drafting"
	ConsultationPublished        ConsultationStage = "response_published"
	ConsultationArchived         ConsultationStage = "archived"
)

// ConsultationStages lists the stages in order.
func ConsultationStages() []ConsultationStage {
	return []ConsultationStage{
		ConsultationDrafted, ConsultationClearance, ConsultationScheduled, ConsultationOpen, ConsultationPaused,
		ConsultationClosed, ConsultationAnalysis, ConsultationResponseDrafting, ConsultationPublished, ConsultationArchived,
	}
}

// AnnouncedStages lists those in which its audience sees a consultation.
func AnnouncedStages() []ConsultationStage { return ConsultationStages()[3:] }

// AnsweredStages lists those in which its audience sees the responses.
func AnsweredStages() []ConsultationStage {
	return []ConsultationStage{ConsultationPublished, ConsultationArchived}
}

var consultationLife = lifeCycle[ConsultationStage]{
	RequestClearance:    {[]ConsultationStage{ConsultationDrafted}, ConsultationClearance},
	ReturnConsultation:  {[]ConsultationStage{ConsultationClearance, ConsultationScheduled}, ConsultationDrafted},
	ClearConsultation:   {[]ConsultationStage{ConsultationClearance}, ConsultationScheduled},
	OpenConsultation:    {[]ConsultationStage{ConsultationScheduled}, ConsultationOpen},
	PauseConsultation:   {[]ConsultationStage{ConsultationOpen}, ConsultationPaused},
	ResumeConsultation:  {[]ConsultationStage{ConsultationPaused}, ConsultationOpen},
	CloseConsultation:   {[]ConsultationStage{ConsultationOpen, ConsultationPaused}, ConsultationClosed},
	BeginAnalysis:       {[]ConsultationStage{ConsultationClosed}, ConsultationAnalysis},
	BeginResponse:       {[]ConsultationStage{ConsultationAnalysis}, ConsultationResponseDrafting},
	PublishConsultation: {[]ConsultationStage{ConsultationResponseDrafting}, ConsultationPublished},
	ArchiveConsultation: {[]ConsultationStage{ConsultationPublished}, ConsultationArchived},
}

// DefaultThreshold is the largest count of people that results hide, unless a
// consultation says otherwise.
const DefaultThreshold = 10

// Audience is who may see a consultation and take part: the union of what is
// named. An excluded organization never does, whoever else is named.
type Audience struct {
	ForPublic   bool
	ForAdvisors bool
	// Types and Organizations reach organizations in good standing alone.
	Types         List[OrganizationType]
	Organizations List[OrganizationID]
	Council       CouncilID
	// Excluded is the conflict firewall. What is public can still be read by
	// whoever does not sign in.
	Excluded List[OrganizationID]
}

func (a Audience) empty() bool {
	return !a.ForPublic && !a.ForAdvisors && len(a.Types) == 0 && len(a.Organizations) == 0 && a.Council == ""
}

func (a Audience) check(f *Faults) {
	each(f, "/audience/organization_types", a.Types, "a type of the reference list", OrganizationType.Valid)
	named := func(o OrganizationID) bool { return o != "" }
	each(f, "/audience/organization_ids", a.Organizations, "an organization's id", named)
	each(f, "/excluded_organization_ids", a.Excluded, "an organization's id", named)
	for i, o := range a.Organizations {
		if slices.Contains(a.Excluded, o) {
			f.Add(at("/audience/organization_ids", i), "invalid", "is excluded; name it in one of the two lists")
		}
	}
}

// Consultation is a call for input with questions and dates. Submissions, themes
// and responses stand apart from it, so that none of them changes what its
// audience sees of it.
type Consultation struct {
	Record[Consultation]
	Marking
	Audience
	Initiative InitiativeID
	Title      string
	// Purpose says what input is sought and why, Introduction stands before the
	// first question, and UseOfAnswers says what will be done with the answers.
	Purpose      string
	Introduction string
	UseOfAnswers string
	Questions    List[Question]
	OpensAt      time.Time
	ClosesAt     time.Time
	// TimeZone is the IANA name of the zone in which its times are shown.
	TimeZone string
	// Threshold is the largest count of people that results hide.
	Threshold int
	Stage     Stage[ConsultationStage]
	// StageReason is why it was returned or paused. Staff only.
	StageReason string
	// RequestedBy asked for clearance, and so may not give it.
	RequestedBy AccountID
	// ResultsPublished lets its audience see the results.
	ResultsPublished bool
	ClosedAt         *time.Time
	PublishedAt      *time.Time
}

// ConsultationDraft is what staff write.
type ConsultationDraft struct {
	Marking
	Audience
	Initiative                                 InitiativeID
	Title, Purpose, Introduction, UseOfAnswers string
	Questions                                  []Question
	OpensAt, ClosesAt                          time.Time
	TimeZone                                   string
	// Threshold is at least 1; zero asks for DefaultThreshold.
	Threshold int
}

// NewConsultation drafts a consultation.
func NewConsultation(d ConsultationDraft) (*Consultation, error) {
	c := &Consultation{Stage: Stage[ConsultationStage]{ConsultationDrafted}}
	if err := c.write(d); err != nil {
		return nil, err
	}
	c.record("consultation.created", "")
	return c, nil
}

// Edit replaces what was written. What was given to clearance is fixed: it must
// be returned first.
func (c *Consultation) Edit(d ConsultationDraft) error {
	if !c.Stage.Is(ConsultationDrafted) {
		return Refuse(Conflict, "only a draft can be edited; this is %s", c.Stage)
	}
	if err := c.write(d); err != nil {
		return err
	}
	c.record("consultation.edited", "")
	return nil
}

// Draft is what would be written to get this consultation.
func (c *Consultation) Draft() ConsultationDraft {
	return ConsultationDraft{
		c.Marking, c.Audience, c.Initiative, c.Title, c.Purpose, c.Introduction, c.UseOfAnswers,
		c.Questions, c.OpensAt, c.ClosesAt, c.TimeZone, c.Threshold,
	}
}

func (c *Consultation) write(d ConsultationDraft) error {
	d.Title = strings.Join(strings.Fields(d.Title), " ")
	if d.Threshold == 0 {
		d.Threshold = DefaultThreshold
	}
	if err := d.check(); err != nil {
		return err
	}
	c.Marking, c.Audience, c.Initiative = d.Marking, d.Audience, d.Initiative
	c.Title, c.Purpose, c.Introduction, c.UseOfAnswers = d.Title, d.Purpose, d.Introduction, d.UseOfAnswers
	c.Questions, c.TimeZone, c.Threshold = d.Questions, d.TimeZone, d.Threshold
	c.OpensAt, c.ClosesAt = moment(d.OpensAt), moment(d.ClosesAt)
	return nil
}

// moment is an instant as both databases keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (d ConsultationDraft) check() error {
	var f Faults
	for _, text := range []struct{ pointer, value, want string }{
		{"/title", d.Title, "a title is not empty"},
		{"/purpose", strings.TrimSpace(d.Purpose), "say what input is sought, and why"},
		{"/use_of_answers", strings.TrimSpace(d.UseOfAnswers), "say what will be done with the answers"},
	} {
		if text.value == "" {
			f.Add(text.pointer, "required", "%s", text.want)
		}
	}
	if d.Threshold < 1 {
		f.Add("/small_cell_threshold", "too_small", "at least the count of one person is hidden")
	}
	d.Marking.check(&f)
	d.Audience.check(&f)
	checkQuestions(&f, d.Questions)
	checkWindow(&f, d.OpensAt, d.ClosesAt, d.TimeZone)
	return f.Err()
}

func checkWindow(f *Faults, opens, closes time.Time, zone string) {
	if y := opens.Year(); y < 1900 || y > 2200 {
		f.Add("/opens_at", "invalid", "must lie between the years 1900 and 2200")
	}
	if !opens.Before(closes) || closes.Sub(opens) > 10*366*24*time.Hour {
		f.Add("/closes_at", "invalid", "must come after opens_at, within ten years")
	}
	if !validZone(zone) {
		f.Add("/time_zone", "unknown_value", "must be an IANA time zone such as America/New_York or UTC")
	}
}

// RequestClearance gives the draft to clearance. It is refused, naming each gap,
// while nothing is asked, nobody is asked, or the time to answer is over.
func (c *Consultation) RequestClearance(by Actor, now time.Time) error {
	st := c.Stage
	if err := consultationLife.take(&st, RequestClearance); err != nil {
		return err
	}
	var f Faults
	if len(c.Questions) == 0 {
		f.Add("/questions", "missing", "ask at least one question")
	}
	if c.Audience.empty() {
		f.Add("/audience", "missing", "name who is asked")
	}
	c.stillToClose(&f, now)
	if err := f.Err(); err != nil {
		return err
	}
	c.Stage, c.RequestedBy, c.StageReason = st, by.Account, ""
	c.record("consultation.clearance_requested", "")
	return nil
}

func (c *Consultation) stillToClose(f *Faults, now time.Time) {
	if !now.Before(c.ClosesAt) {
		f.Add("/closes_at", "invalid", "is over; give a time to come")
	}
}

// Return sends it back to be written again, with the reason.
func (c *Consultation) Return(reason string) error {
	return c.hold(ReturnConsultation, "consultation.returned", reason)
}

// Clear lets the consultation open at its time. Who asked for clearance may not
// give it.
func (c *Consultation) Clear(by Actor, now time.Time) error {
	if by.Account == c.RequestedBy {
		return Refuse(Forbidden, "who asked for clearance may not give it")
	}
	st := c.Stage
	if err := consultationLife.take(&st, ClearConsultation); err != nil {
		return err
	}
	var f Faults
	c.stillToClose(&f, now)
	if err := f.Err(); err != nil {
		return err
	}
	c.Stage = st
	c.record("consultation.cleared", "")
	return nil
}

// Reschedule moves its times. Once it has opened, opens stays what it was.
func (c *Consultation) Reschedule(opens, closes time.Time, now time.Time) error {
	if !c.Stage.Is(ConsultationScheduled, ConsultationOpen, ConsultationPaused) {
		return Refuse(Conflict, "reschedule is possible from scheduled, open or paused; this is %s", c.Stage)
	}
	opens, closes = moment(opens), moment(closes)
	var f Faults
	if !c.Stage.Is(ConsultationScheduled) && !opens.Equal(c.OpensAt) {
		f.Add("/opens_at", "invalid", "is past and stays as it was")
	}
	if !now.Before(closes) {
		f.Add("/closes_at", "invalid", "is over; give a time to come, or close it")
	}
	checkWindow(&f, opens, closes, c.TimeZone)
	if err := f.Err(); err != nil {
		return err
	}
	c.OpensAt, c.ClosesAt = opens, closes
	c.record("consultation.rescheduled", "")
	return nil
}

// Open begins to take submissions, once its time has come.
func (c *Consultation) Open(now time.Time) error {
	if c.Stage.Is(ConsultationScheduled) && now.Before(c.OpensAt) {
		return Refuse(Conflict, "it opens at %s; reschedule it to open it earlier", c.OpensAt.Format(time.RFC3339))
	}
	return c.move(OpenConsultation, "consultation.opened")
}

// Pause stops taking submissions for a while, for a reason.
func (c *Consultation) Pause(reason string) error {
	return c.hold(PauseConsultation, "consultation.paused", reason)
}

// Resume takes submissions again, unless the time to answer is over.
func (c *Consultation) Resume(now time.Time) error {
	if c.Stage.Is(ConsultationPaused) && !now.Before(c.ClosesAt) {
		return Refuse(Conflict, "its time is over since %s; reschedule it first", c.ClosesAt.Format(time.RFC3339))
	}
	c.StageReason = ""
	return c.move(ResumeConsultation, "consultation.resumed")
}

// Close ends the taking of submissions, at its time or before.
func (c *Consultation) Close(now time.Time) error {
	if err := c.move(CloseConsultation, "consultation.closed"); err != nil {
		return err
	}
	at := moment(now)
	c.ClosedAt, c.StageReason = &at, ""
	return nil
}

// DueToOpen reports whether a scheduled opening is due: the job that asks may be
// early, late or a repeat.
func (c *Consultation) DueToOpen(now time.Time) bool {
	return c.Stage.Is(ConsultationScheduled) && !now.Before(c.OpensAt)
}

// DueToClose reports whether the closing is due.
func (c *Consultation) DueToClose(now time.Time) bool {
	return c.Stage.Is(ConsultationOpen, ConsultationPaused) && !now.Before(c.ClosesAt)
}

// Accepting refuses what comes when no submissions are taken. The clock decides,
// not whether the closing has been recorded yet.
func (c *Consultation) Accepting(now time.Time) error {
	if !c.Stage.Is(ConsultationOpen) {
		return Refuse(Conflict, "submissions are taken while it is open; this is %s", c.Stage)
	}
	if !now.Before(c.ClosesAt) {
		return Refuse(Conflict, "it closed at %s", c.ClosesAt.Format(time.RFC3339))
	}
	return nil
}

// BeginAnalysis begins to read and code what came in.
func (c *Consultation) BeginAnalysis() error {
	return c.move(BeginAnalysis, "consultation.analysis_begun")
}

// BeginResponse begins to answer the themes.
func (c *Consultation) BeginResponse() error {
	return c.move(BeginResponse, "consultation.response_begun")
}

// PublishResults shows the results to its audience before the responses are.
func (c *Consultation) PublishResults() error {
	if !c.Stage.Is(ConsultationClosed, ConsultationAnalysis, ConsultationResponseDrafting) {
		return Refuse(Conflict, "publish_results is possible from closed, analysis or response_drafting; this is %s", c.Stage)
	}
	if c.ResultsPublished {
		return Refuse(Conflict, "the results are published")
	}
	c.ResultsPublished = true
	c.record("consultation.results_published", "")
	return nil
}

// Publish shows the results and every response at one moment. It is refused,
// naming each, while a theme has no response.
func (c *Consultation) Publish(themes []Theme, responses []Response, now time.Time) error {
	st := c.Stage
	if err := consultationLife.take(&st, PublishConsultation); err != nil {
		return err
	}
	var f Faults
	for _, t := range themes {
		if t.Active() && !slices.ContainsFunc(responses, func(r Response) bool { return r.Theme == t.ID }) {
			f.Add("/themes/"+string(t.ID), "missing", "%q needs a response", t.Title)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	at := moment(now)
	c.Stage, c.ResultsPublished, c.PublishedAt = st, true, &at
	c.record("consultation.published", "")
	return nil
}

// Archive puts a published consultation away. Everyone who saw it still does.
func (c *Consultation) Archive() error { return c.move(ArchiveConsultation, "consultation.archived") }

// Zone is the time zone in which its times are shown.
func (c *Consultation) Zone() *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Answered reports whether the responses are published.
func (c *Consultation) Answered() bool { return c.Stage.Is(AnsweredStages()...) }

func (c *Consultation) move(act Action, event string) error {
	if err := consultationLife.take(&c.Stage, act); err != nil {
		return err
	}
	c.record(event, "")
	return nil
}

// hold is a move that needs a reason.
func (c *Consultation) hold(act Action, event, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := consultationLife.take(&c.Stage, act); err != nil {
		return err
	}
	c.StageReason = reason
	c.record(event, "")
	return nil
}

// Next lists what the stage allows.
func (c *Consultation) Next(by Actor) []Action {
	next := unless(by.Account == c.RequestedBy, consultationLife.next(c.Stage), ClearConsultation)
	if c.Stage.Is(ConsultationDrafted) {
		next = append(next, EditConsultation)
	}
	if c.Stage.Is(ConsultationScheduled, ConsultationOpen, ConsultationPaused) {
		next = append(next, RescheduleConsultation)
	}
	if c.Stage.Is(ConsultationClosed, ConsultationAnalysis, ConsultationResponseDrafting) && !c.ResultsPublished {
		next = append(next, PublishResults)
	}
	return next
}

// Searchable is the text by which everyone who sees the consultation finds it.
func (c *Consultation) Searchable() string { return c.Title + "\n" + c.Purpose }
