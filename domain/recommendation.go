package domain

import (
	"fmt"
	"slices"
	"strings"
)

// RecommendationID names a recommendation.
type RecommendationID = ID[Recommendation]

// RecommendationStage is whether a recommendation is public.
type RecommendationStage string

// A recommendation is drafted within the council, then issued for everyone.
const (
	RecommendationDrafted RecommendationStage = "draft"
	RecommendationIssued  RecommendationStage = "issued"
)

var recommendationLife = lifeCycle[RecommendationStage]{
	IssueRecommendation: {[]RecommendationStage{RecommendationDrafted}, RecommendationIssued},
}

// Recommendation is what a council advises agencies to do. Once issued its text
// stands; a later one may supersede it.
type Recommendation struct {
	Record[Recommendation]
	Council CouncilID
	// ReportYear and Number name it within the council, as in its yearly report.
	// A draft has no number, or one that is chosen and may turn out to be taken.
	ReportYear int
	Number     int
	Text       string
	// Agencies are those it is addressed to, by the name or code in use.
	Agencies   List[string]
	Topics     List[Topic]
	Supersedes RecommendationID
	IssuedOn   Date
	// IssuedPrecision is how exactly IssuedOn is known.
	IssuedPrecision Precision
	// Source is where a recommendation that was recorded comes from, in words.
	Source string
	Stage  Stage[RecommendationStage]

	// Answers is computed by the read and never stored.
	Answers AnswerCount `gorm:"-"`
}

// AnswerCount sums up what agencies answer to a recommendation.
type AnswerCount struct {
	Answered int
	// Implemented is how many agencies call it implemented, and Counted for how
	// many of these it counts as such.
	Implemented, Counted int
}

// Count sums up the answers on the day, of those given that are this
// recommendation's.
func (r *Recommendation) Count(answers []AgencyResponse, on Date) {
	r.Answers = AnswerCount{}
	for _, a := range answers {
		if a.Recommendation != r.ID {
			continue
		}
		if a.Stage.Is(agencyAnswers...) {
			r.Answers.Answered++
		}
		if a.Stage.Is(AgencyResponseImplemented) {
			r.Answers.Implemented++
		}
		if a.CountsAsImplemented(on) {
			r.Answers.Counted++
		}
	}
}

// RecommendationDraft is what a member writes, or staff on the council's behalf.
type RecommendationDraft struct {
	ReportYear, Number int
	Text               string
	Agencies           []string
	Topics             []Topic
	Supersedes         RecommendationID
}

// NewRecommendation drafts a recommendation of a council.
func NewRecommendation(c CouncilID, d RecommendationDraft) (*Recommendation, error) {
	r := &Recommendation{Council: c, Stage: Stage[RecommendationStage]{RecommendationDrafted}}
	if err := r.write(d); err != nil {
		return nil, err
	}
	r.record("recommendation.created", "")
	return r, nil
}

// IssuedElsewhere is how a register of another system tells that a
// recommendation was issued.
type IssuedElsewhere struct {
	On        Date
	Precision Precision
	// Source is who made the recommendation and where, in words, for everyone to
	// read. It is not for a council of advisors, whose members are not named.
	Source string
}

// NewIssuedRecommendation writes down a recommendation that was issued before, as
// a register of another system tells it. It is refused for a day to come.
func NewIssuedRecommendation(c CouncilID, d RecommendationDraft, was IssuedElsewhere, today Date) (*Recommendation, error) {
	r := &Recommendation{
		Council: c, IssuedOn: was.On, IssuedPrecision: was.Precision, Source: strings.TrimSpace(was.Source),
		Stage: Stage[RecommendationStage]{RecommendationIssued},
	}
	if err := r.write(d); err != nil {
		return nil, err
	}
	var f Faults
	if len(r.Agencies) == 0 {
		f.Add("/agencies", "required", "name at least one agency that it is addressed to")
	}
	if _, err := ParseDate(string(was.On)); err != nil || today.Before(was.On) {
		f.Add("/issued_on", "invalid", "is a day that has come")
	}
	was.Precision.check(&f, "/issued_precision", was.On)
	if err := f.Err(); err != nil {
		return nil, err
	}
	r.record("recommendation.recorded", "")
	return r, nil
}

// Edit replaces what was written of a draft.
func (r *Recommendation) Edit(d RecommendationDraft) error {
	if err := r.draft(); err != nil {
		return err
	}
	if err := r.write(d); err != nil {
		return err
	}
	r.record("recommendation.edited", "")
	return nil
}

// Draft is what would be written to get this recommendation.
func (r *Recommendation) Draft() RecommendationDraft {
	return RecommendationDraft{r.ReportYear, r.Number, r.Text, r.Agencies, r.Topics, r.Supersedes}
}

func (r *Recommendation) draft() error {
	if !r.Stage.Is(RecommendationDrafted) {
		return Refuse(Conflict, "the text stands once issued; write one that supersedes it")
	}
	return nil
}

func (r *Recommendation) write(d RecommendationDraft) error {
	d.Text = strings.TrimSpace(d.Text)
	d.Agencies = slices.Clone(d.Agencies)
	for i, a := range d.Agencies {
		d.Agencies[i] = strings.Join(strings.Fields(a), " ")
	}
	if err := d.check(r.ID); err != nil {
		return err
	}
	r.ReportYear, r.Number, r.Text = d.ReportYear, d.Number, d.Text
	r.Agencies, r.Topics, r.Supersedes = d.Agencies, d.Topics, d.Supersedes
	return nil
}

func (d RecommendationDraft) check(self RecommendationID) error {
	var f Faults
	if d.ReportYear < 1900 || d.ReportYear > 9999 {
		f.Add("/report_year", "invalid", "is a year of four digits")
	}
	if d.Number < 0 {
		f.Add("/number", "invalid", "is 1 or more, or left for the day of issue")
	}
	if d.Text == "" {
		f.Add("/text", "required", "say what is recommended")
	}
	if d.Supersedes != "" && d.Supersedes == self {
		f.Add("/supersedes_id", "invalid", "a recommendation does not supersede itself")
	}
	each(&f, "/agencies", d.Agencies, "an agency's name or code, not empty", func(a string) bool { return a != "" })
	each(&f, "/topics", d.Topics, "a topic of the reference list", Topic.Valid)
	return f.Err()
}

// Issue makes the recommendation public as of a day, which is not to come, and
// puts it to each agency. It needs a number and at least one agency; one that it
// supersedes is an issued one of the same council.
func (r *Recommendation) Issue(c *AdvisoryCouncil, supersedes *Recommendation, on, today Date) ([]*AgencyResponse, error) {
	if err := r.draft(); err != nil {
		return nil, err
	}
	var f Faults
	if r.Number == 0 {
		f.Add("/number", "required", "is the report's next, if none was chosen")
	}
	if len(r.Agencies) == 0 {
		f.Add("/agencies", "required", "name at least one agency that it is addressed to")
	}
	if today.Before(on) {
		f.Add("/issued_on", "invalid", "is not in the future")
	}
	if r.Supersedes != "" && !r.follows(supersedes) {
		f.Add("/supersedes_id", "invalid", "must be an issued recommendation of the same council")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := recommendationLife.take(&r.Stage, IssueRecommendation); err != nil {
		return nil, err
	}
	r.IssuedOn = on
	r.record("recommendation.issued", "")
	var out []*AgencyResponse
	for _, agency := range r.Agencies {
		out = append(out, r.put(agency, c.AssessmentDays))
	}
	return out, nil
}

func (r *Recommendation) follows(s *Recommendation) bool {
	return s != nil && s.ID == r.Supersedes && s.Council == r.Council && s.Stage.Is(RecommendationIssued)
}

// Remove takes out a draft.
func (r *Recommendation) Remove() error {
	if err := r.draft(); err != nil {
		return err
	}
	r.record("recommendation.removed", "")
	return nil
}

// Next lists what the recommendation's stage allows.
func (r *Recommendation) Next() []Action {
	if !r.Stage.Is(RecommendationDrafted) {
		return nil
	}
	return []Action{EditRecommendation, IssueRecommendation, RemoveRecommendation}
}

// Searchable is the text by which everyone who sees the recommendation finds it.
func (r *Recommendation) Searchable() string { return r.Text + "\n" + r.Source }

// AgencyResponseID names an agency's response.
type AgencyResponseID = ID[AgencyResponse]

// AgencyResponseStage is how far an agency has come with a recommendation.
type AgencyResponseStage string

// The stages of an agency's response.
const (
	AgencyResponseReceived       AgencyResponseStage = "received"
	AgencyResponseUnderReview    AgencyResponseStage = "under_review"
	AgencyResponseAccepted       AgencyResponseStage = "accepted"
	AgencyResponseAcceptedInPart AgencyResponseStage = "accepted_in_part"
	AgencyResponseDeclined       AgencyResponseStage = "declined"
	AgencyResponseInProgress     AgencyResponseStage = "in_progress"
	AgencyResponseImplemented    AgencyResponseStage = "implemented"
	AgencyResponseOvertaken      AgencyResponseStage = "overtaken"
)

// AgencyResponseStages lists the stages of an agency's response in order.
func AgencyResponseStages() []AgencyResponseStage {
	return []AgencyResponseStage{
		AgencyResponseReceived, AgencyResponseUnderReview, AgencyResponseAccepted, AgencyResponseAcceptedInPart,
		AgencyResponseDeclined, AgencyResponseInProgress, AgencyResponseImplemented, AgencyResponseOvertaken,
	}
}

var agencyResponseLife = lifeCycle[AgencyResponseStage]{
	ReviewAgencyResponse:       {[]AgencyResponseStage{AgencyResponseReceived}, AgencyResponseUnderReview},
	AcceptAgencyResponse:       {[]AgencyResponseStage{AgencyResponseUnderReview}, AgencyResponseAccepted},
	AcceptAgencyResponseInPart: {[]AgencyResponseStage{AgencyResponseUnderReview}, AgencyResponseAcceptedInPart},
	DeclineAgencyResponse:      {[]AgencyResponseStage{AgencyResponseUnderReview}, AgencyResponseDeclined},
	BeginAgencyResponse:        {[]AgencyResponseStage{AgencyResponseAccepted, AgencyResponseAcceptedInPart}, AgencyResponseInProgress},
	ImplementAgencyResponse:    {[]AgencyResponseStage{AgencyResponseInProgress}, AgencyResponseImplemented},
	OvertakeAgencyResponse:     {[]AgencyResponseStage{AgencyResponseAccepted, AgencyResponseAcceptedInPart, AgencyResponseInProgress}, AgencyResponseOvertaken},
}

// agencyAnswers are the stages in which there is something for the council to judge.
var agencyAnswers = AgencyResponseStages()[2:]

// AgencyResponse is one agency's answer to one recommendation, step by step, and
// what the council makes of it.
type AgencyResponse struct {
	Record[AgencyResponse]
	Recommendation RecommendationID
	// Council is the recommendation's.
	Council CouncilID
	Agency  string
	Stage   Stage[AgencyResponseStage]
	Steps   List[AgencyResponseStep]
	// IssuedOn starts the clock that FirstAnsweredOn stops. Where one of the two
	// days is not known exactly, FirstAnsweredOn stays empty.
	IssuedOn        Date
	IssuedPrecision Precision
	FirstAnsweredOn Date
	ImplementedOn   Date
	// AssessmentDueOn is the day from which an implemented answer counts without
	// the council's judgment; empty before it is implemented.
	AssessmentDueOn Date
	AssessmentDays  int
	// Verdict is the council's judgment of the answer as it stands; empty if the
	// council has not judged it since its last step.
	Verdict     Verdict
	Assessments List[Assessment]
}

// AgencyResponseStep is when an agency came to a stage, and its words.
type AgencyResponseStep struct {
	Stage AgencyResponseStage `json:"stage"`
	On    Date                `json:"on"`
	Text  string              `json:"text"`
}

// Verdict is what a council makes of an answer.
type Verdict string

// The verdicts.
const (
	VerdictSatisfied    Verdict = "satisfied"
	VerdictPartly       Verdict = "partly"
	VerdictNotSatisfied Verdict = "not_satisfied"
)

// Assessment is a council's judgment of an answer at a stage. It is the whole
// council's: which member wrote it down is not kept with it.
type Assessment struct {
	Verdict Verdict             `json:"verdict"`
	Words   string              `json:"words"`
	Stage   AgencyResponseStage `json:"stage"`
	On      Date                `json:"on"`
}

func (r *Recommendation) put(agency string, assessmentDays int) *AgencyResponse {
	a := &AgencyResponse{
		Recommendation: r.ID, Council: r.Council, Agency: agency, IssuedOn: r.IssuedOn, IssuedPrecision: r.IssuedPrecision, AssessmentDays: assessmentDays,
		Stage: Stage[AgencyResponseStage]{AgencyResponseReceived}, Steps: List[AgencyResponseStep]{{Stage: AgencyResponseReceived, On: r.IssuedOn}},
	}
	a.record("agency_response.received", agency)
	return a
}

// RecordedAnswer is what a register of another system tells of an agency's
// answer. On is empty where it doesn't tell the day.
type RecordedAnswer struct {
	Stage AgencyResponseStage
	Text  string
	On    Date
}

// RecordAnswer puts a recorded recommendation to an agency and writes down its
// answer, which needs the agency's words; an implemented one needs its day.
func (r *Recommendation) RecordAnswer(c *AdvisoryCouncil, agency string, was RecordedAnswer, today Date) (*AgencyResponse, error) {
	a := r.put(agency, c.AssessmentDays)
	if was.Stage == AgencyResponseReceived {
		return a, nil
	}
	was.Text = strings.TrimSpace(was.Text)
	var f Faults
	if !slices.Contains(agencyAnswers, was.Stage) {
		f.Add("/stage", "unknown_value", "must be %s or %s", AgencyResponseReceived, orList(agencyAnswers))
	}
	if was.Text == "" {
		f.Add("/text", "required", "give the agency's words; for a declined recommendation, its reason")
	}
	if today.Before(was.On) || was.On.Before(r.IssuedOn) && r.IssuedPrecision.Exact() || was.On == "" && was.Stage == AgencyResponseImplemented {
		f.Add("/on", "invalid", "is from the day of the recommendation to today")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	a.Stage.now = was.Stage
	a.step(was.Text, was.On)
	a.record("agency_response.recorded", string(was.Stage))
	return a, nil
}

// step keeps how the response came to its stage.
func (a *AgencyResponse) step(text string, on Date) {
	answered := slices.ContainsFunc(a.Steps, func(s AgencyResponseStep) bool { return slices.Contains(agencyAnswers, s.Stage) })
	a.Steps = append(slices.Clone(a.Steps), AgencyResponseStep{a.Stage.Now(), on, text})
	if !answered && a.Stage.Is(agencyAnswers...) && a.IssuedPrecision.Exact() {
		a.FirstAnsweredOn = on
	}
	if a.Stage.Is(AgencyResponseImplemented) {
		a.ImplementedOn, a.AssessmentDueOn = on, on.AddDays(a.AssessmentDays)
	}
}

// Move takes the response a step further as of a day, which is neither to come
// nor before the last step. Every step but a review needs the agency's words;
// for a declined one they are its reason.
func (a *AgencyResponse) Move(act Action, text string, on, today Date) error {
	st := a.Stage
	if err := agencyResponseLife.take(&st, act); err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	var f Faults
	if text == "" && act != ReviewAgencyResponse {
		f.Add("/text", "required", "give the agency's words; for a declined recommendation, its reason")
	}
	if last := a.Steps[len(a.Steps)-1].On; on.Before(last) || today.Before(on) {
		f.Add("/on", "invalid", "is from %s, the last step, to today", last)
	}
	if err := f.Err(); err != nil {
		return err
	}
	a.Stage, a.Verdict = st, ""
	a.step(text, on)
	a.record("agency_response."+st.String(), a.Agency)
	return nil
}

// Assess keeps the council's judgment of the answer as it stands. A new judgment
// takes the place of the last; all stay readable.
func (a *AgencyResponse) Assess(v Verdict, words string, today Date) error {
	if !a.Stage.Is(agencyAnswers...) {
		return Refuse(Conflict, "there is no answer to assess yet; this is %s", a.Stage)
	}
	words = strings.TrimSpace(words)
	var f Faults
	if !slices.Contains([]Verdict{VerdictSatisfied, VerdictPartly, VerdictNotSatisfied}, v) {
		f.Add("/verdict", "unknown_value", "must be satisfied, partly or not_satisfied")
	}
	if words == "" {
		f.Add("/words", "required", "say what the council makes of the answer")
	}
	if err := f.Err(); err != nil {
		return err
	}
	a.Verdict = v
	a.Assessments = append(slices.Clone(a.Assessments), Assessment{v, words, a.Stage.Now(), today})
	a.record("agency_response.assessed", fmt.Sprintf("%s: %s", a.Agency, v))
	return nil
}

// DaysToFirstAnswer is how many days passed from the issue to the agency's first
// answer; not ok while there is none.
func (a *AgencyResponse) DaysToFirstAnswer() (days int, ok bool) {
	if a.FirstAnsweredOn == "" {
		return 0, false
	}
	return int(a.FirstAnsweredOn.Time().Sub(a.IssuedOn.Time()).Hours() / 24), true
}

// CountsAsImplemented reports whether an answer that the agency calls
// implemented counts as such on the day: the council has judged it, and not as
// not satisfied, or has let its time to judge lapse.
func (a *AgencyResponse) CountsAsImplemented(on Date) bool {
	if !a.Stage.Is(AgencyResponseImplemented) {
		return false
	}
	if a.Verdict == "" {
		return !on.Before(a.AssessmentDueOn)
	}
	return a.Verdict != VerdictNotSatisfied
}

// Next lists what the response's stage allows.
func (a *AgencyResponse) Next() []Action {
	next := agencyResponseLife.next(a.Stage)
	if a.Stage.Is(agencyAnswers...) {
		next = append(next, AssessAgencyResponse)
	}
	return next
}
