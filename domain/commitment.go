package domain

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// CommitmentID names a commitment.
type CommitmentID = ID[Commitment]

// CommitmentStage is where a commitment is in its life.
type CommitmentStage string

// The stages of a commitment.
const (
	CommitmentDrafted   CommitmentStage = "draft"
	CommitmentSubmitted CommitmentStage = "submitted"
	CommitmentReturned  CommitmentStage = "returned"
	CommitmentAccepted  CommitmentStage = "accepted"
	CommitmentActive    CommitmentStage = "active"
	CommitmentClaimed   CommitmentStage = "completed_claimed"
	CommitmentComplete  CommitmentStage = "verified_complete"
	CommitmentPartlyMet CommitmentStage = "partly_met"
	CommitmentNotMet    CommitmentStage = "not_met"
	CommitmentLapsed    CommitmentStage = "lapsed"
	CommitmentWithdrawn CommitmentStage = "withdrawn"
)

// CommitmentStages lists the stages in order.
func CommitmentStages() []CommitmentStage {
	return []CommitmentStage{
		CommitmentDrafted, CommitmentSubmitted, CommitmentReturned, CommitmentAccepted, CommitmentActive, CommitmentClaimed,
		CommitmentComplete, CommitmentPartlyMet, CommitmentNotMet, CommitmentLapsed, CommitmentWithdrawn,
	}
}

var (
	commitmentWritten = []CommitmentStage{CommitmentDrafted, CommitmentReturned}
	commitmentRunning = []CommitmentStage{CommitmentAccepted, CommitmentActive}
	commitmentOpen    = CommitmentStages()[:6]
	outcomes          = []CommitmentStage{CommitmentComplete, CommitmentPartlyMet, CommitmentNotMet}
)

// commitmentLife has one step to a verified end; the verification says which of
// the three outcomes it is.
var commitmentLife = lifeCycle[CommitmentStage]{
	SubmitCommitment:   {commitmentWritten, CommitmentSubmitted},
	ReturnCommitment:   {[]CommitmentStage{CommitmentSubmitted}, CommitmentReturned},
	AcceptCommitment:   {[]CommitmentStage{CommitmentSubmitted}, CommitmentAccepted},
	ActivateCommitment: {[]CommitmentStage{CommitmentAccepted}, CommitmentActive},
	ClaimCommitment:    {[]CommitmentStage{CommitmentActive}, CommitmentClaimed},
	VerifyCommitment:   {[]CommitmentStage{CommitmentClaimed}, CommitmentComplete},
	LapseCommitment:    {commitmentRunning, CommitmentLapsed},
	WithdrawCommitment: {commitmentOpen, CommitmentWithdrawn},
}

// Terms are what is promised. An acceptance fixes them: after it only an
// amendment changes them.
type Terms struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	// DueOn may be empty while the commitment is written, not to be submitted.
	DueOn Date `json:"due_on"`
	// DuePrecision is how exactly DueOn is known, DueText what the source says
	// where that is no day, such as "2030" or "Spring 2027".
	DuePrecision Precision `json:"due_precision,omitempty"`
	DueText      string    `json:"due_text,omitempty"`
	// Amount is what is promised in money; the zero Money for none.
	Amount Money `json:"amount" gorm:"embedded;embeddedPrefix:amount_"`
}

// Commitment is what a partner promises, alone or inside a partnership.
type Commitment struct {
	Record[Commitment]
	Organization OrganizationID
	// Partnership is empty for a commitment that stands alone.
	Partnership PartnershipID
	Terms
	// SourceURL is where the promise was made public.
	SourceURL string
	Marking
	Stage Stage[CommitmentStage]
	// StageReason is why it was returned, lapsed or was withdrawn.
	StageReason string
	SubmittedBy AccountID
	SubmittedOn Date
	AcceptedBy  AccountID
	AcceptedOn  Date
	ActivatedOn Date
	// ClaimedBy reported the completion, and so may not verify it.
	ClaimedBy   AccountID
	CompletedOn Date
	VerifiedOn  Date
	// EndedOn is when it was verified, lapsed or was withdrawn.
	EndedOn Date
	// Amendments counts those proposed; the next one's number follows it.
	Amendments int
	// Consent is the organization's agreement to publication, Release the office's.
	Consent Agreement `gorm:"embedded;embeddedPrefix:consented_"`
	Release Agreement `gorm:"embedded;embeddedPrefix:released_"`
	// Published says that it stands in the public register: accepted once, and
	// agreed to by both sides.
	Published bool
	// ReportingLead hands in the organization's reports, and Delegates do so in
	// the lead's place. Without a lead anyone of the organization does.
	ReportingLead AccountID
	Delegates     List[AccountID]
	// SmartScore is what Smart gave when the commitment was accepted, by the rules
	// of version SmartRules; nil for one that was not accepted here.
	SmartScore *int
	SmartRules int

	// Plan is what belongs to it: read with it, as far as its rules need, and
	// stored in tables of its own.
	Plan Plan `gorm:"-"`
}

// Plan is what a commitment's progress is measured by, and the reports so far.
type Plan struct {
	Milestones []Milestone
	Indicators []Indicator
	Reports    []ProgressReport
}

// CommitmentDraft is what a partner, or staff for a partner, writes.
type CommitmentDraft struct {
	Partnership PartnershipID
	Terms       Terms
	SourceURL   string
	Marking     Marking
}

// NewCommitment starts an organization's commitment. One inside a partnership
// needs that partnership, which admits the organization; else inside is nil.
func NewCommitment(org OrganizationID, d CommitmentDraft, inside *Partnership) (*Commitment, error) {
	c := &Commitment{Organization: org, Stage: Stage[CommitmentStage]{CommitmentDrafted}}
	if err := c.write(d, inside); err != nil {
		return nil, err
	}
	c.record("commitment.created", "")
	return c, nil
}

// Edit replaces what was written, in a draft or a returned commitment. If
// somebody outside the organization does, its consent to publish is gone.
func (c *Commitment) Edit(by Actor, d CommitmentDraft, inside *Partnership) error {
	if err := c.mustBeWritten("edit"); err != nil {
		return err
	}
	if err := c.write(d, inside); err != nil {
		return err
	}
	c.record("commitment.edited", "")
	if by.Organization != c.Organization {
		c.askAgain()
	}
	return nil
}

// Draft is what would be written to get this commitment.
func (c *Commitment) Draft() CommitmentDraft {
	return CommitmentDraft{c.Partnership, c.Terms, c.SourceURL, c.Marking}
}

func (c *Commitment) write(d CommitmentDraft, inside *Partnership) error {
	var f Faults
	d.Terms.check(&f, "")
	if d.Partnership != "" && (inside == nil || inside.ID != d.Partnership || !inside.Admits(c.Organization)) {
		f.Add("/partnership_id", "invalid", "must be a partnership that goes on, with the organization as a member")
	}
	webAddress(&f, "/source_url", d.SourceURL)
	d.Marking.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	c.Partnership, c.Terms, c.SourceURL, c.Marking = d.Partnership, d.Terms, d.SourceURL, d.Marking
	return nil
}

// check finds what is wrong with the terms; at is where they stand in the body.
func (t *Terms) check(f *Faults, at string) {
	t.Title = strings.Join(strings.Fields(t.Title), " ")
	if t.Title == "" {
		f.Add(at+"/title", "required", "a title is not empty")
	}
	if strings.TrimSpace(t.Text) == "" {
		f.Add(at+"/text", "required", "say what is promised")
	}
	if _, err := ParseDate(string(t.DueOn)); t.DueOn != "" && err != nil {
		f.Add(at+"/due_on", "invalid", "is written YYYY-MM-DD and must exist")
	}
	t.DuePrecision.check(f, at+"/due_precision", t.DueOn)
	checkMoney(f, at+"/amount", t.Amount)
}

// recordable are the stages that another register can show of a commitment. The
// others are steps of the office's own procedure.
var recordable = []CommitmentStage{
	CommitmentDrafted, CommitmentActive, CommitmentClaimed, CommitmentComplete,
	CommitmentPartlyMet, CommitmentNotMet, CommitmentLapsed, CommitmentWithdrawn,
}

// Recorded puts a commitment that was never saved at the stage that a register
// of another system shows of it. When it got there is not known: its dates stay
// empty, so that no figure of a period counts it. asOf is when the register said
// so, if it says that.
func (c *Commitment) Recorded(st CommitmentStage, asOf Date) error {
	if c.Version > 0 {
		return Refuse(Conflict, "only a new commitment is recorded as it stands elsewhere")
	}
	if !slices.Contains(recordable, st) {
		return (Faults{{Pointer: "/stage", Code: "unknown_value", Detail: "must be " + orList(recordable)}}).Err()
	}
	note := string(st)
	if asOf != "" {
		note += " as of " + string(asOf)
	}
	c.Stage.now = st
	c.record("commitment.recorded", note)
	return nil
}

func webAddress(f *Faults, pointer, s string) {
	if s == "" {
		return
	}
	if u, err := url.Parse(s); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		f.Add(pointer, "invalid", "must be an http or https address")
	}
}

func (c *Commitment) mustBeWritten(verb string) error {
	if !c.Stage.Is(commitmentWritten...) {
		return Refuse(Conflict, "%s is possible from %s; this is %s", verb, orList(commitmentWritten), c.Stage)
	}
	return nil
}

// Submit asks the office to accept. Who asks may not accept. It is refused
// without a due date, with one that is over, be it a milestone's, with an indicator that has no target (GAO-19-77 found what
// becomes of these), and while the organization is not in good standing.
func (c *Commitment) Submit(by Actor, org Organization, today Date) error {
	st := c.Stage
	if err := commitmentLife.take(&st, SubmitCommitment); err != nil {
		return err
	}
	if err := c.admits(by, org, today); err != nil {
		return err
	}
	var f Faults
	if c.DueOn == "" {
		f.Add("/due_on", "required", "say by when; a commitment is submitted with a due date")
	}
	c.DueOn.ahead(&f, "/due_on", today)
	for i, m := range c.Plan.Milestones {
		m.DueOn.ahead(&f, fmt.Sprintf("/milestones/%d/due_on", i), today)
	}
	for i, x := range c.Plan.Indicators {
		if len(x.Targets) == 0 {
			f.Add(fmt.Sprintf("/indicators/%d/targets", i), "required", "“%s” has no target: say what it should show, and for which period", x.Title)
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.Stage, c.SubmittedBy, c.SubmittedOn, c.StageReason = st, by.Account, today, ""
	c.record("commitment.submitted", "")
	return nil
}

// admits refuses to agree anything new while the organization, which is given,
// is not in good standing.
func (c *Commitment) admits(by Actor, org Organization, today Date) error {
	if org.ID != c.Organization {
		return Refuse(Conflict, "the standing is another organization's")
	}
	return org.Admit(by, today)
}

// Return gives a submitted commitment back to be written again, with the reason.
func (c *Commitment) Return(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := commitmentLife.take(&c.Stage, ReturnCommitment); err != nil {
		return err
	}
	c.StageReason = reason
	c.record("commitment.returned", "")
	return nil
}

// Accept fixes the terms. It is refused to who submitted, to the committing
// organization, and while the organization is not in good standing.
func (c *Commitment) Accept(by Actor, org Organization, today Date) error {
	st := c.Stage
	if err := commitmentLife.take(&st, AcceptCommitment); err != nil {
		return err
	}
	if by.Account == c.SubmittedBy || by.Organization == c.Organization {
		return Refuse(Forbidden, "who submitted a commitment, or belongs to its organization, may not accept it")
	}
	if err := c.admits(by, org, today); err != nil {
		return err
	}
	score := c.Smart().Score
	c.Stage, c.AcceptedBy, c.AcceptedOn, c.StageReason = st, by.Account, today, ""
	c.SmartScore, c.SmartRules = &score, SmartRulesVersion
	c.settlePublication()
	c.record("commitment.accepted", "")
	return nil
}

// Activate says that the work has begun.
func (c *Commitment) Activate(today Date) error {
	if err := commitmentLife.take(&c.Stage, ActivateCommitment); err != nil {
		return err
	}
	c.ActivatedOn = today
	c.record("commitment.activated", "")
	return nil
}

// Claim reports that the commitment is completed; somebody else verifies it.
func (c *Commitment) Claim(by Actor, today Date) error {
	if err := c.mustReport(by); err != nil {
		return err
	}
	if err := commitmentLife.take(&c.Stage, ClaimCommitment); err != nil {
		return err
	}
	c.ClaimedBy, c.CompletedOn = by.Account, today
	c.record("commitment.completion_claimed", "")
	return nil
}

// Verify ends a claimed commitment with an outcome: verified_complete,
// partly_met or not_met. Who reported anything of it may not verify.
func (c *Commitment) Verify(by Actor, outcome CommitmentStage, d VerificationDraft, today Date) (*Verification, error) {
	st := c.Stage
	if err := commitmentLife.take(&st, VerifyCommitment); err != nil {
		return nil, err
	}
	if err := mayVerify(by, c.Organization, c.reporters()...); err != nil {
		return nil, err
	}
	var f Faults
	if !slices.Contains(outcomes, outcome) {
		f.Add("/outcome", "unknown_value", "must be %s", orList(outcomes))
	}
	d.check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	c.Stage.now, c.VerifiedOn, c.EndedOn = outcome, today, today
	c.record("commitment."+string(outcome), "")
	v := newVerification(by, c, d, today)
	v.Outcome = outcome
	return v, nil
}

// reporters are all who reported on the commitment.
func (c *Commitment) reporters() []AccountID {
	who := []AccountID{c.ClaimedBy}
	for _, r := range c.Plan.Reports {
		who = append(who, r.Reporters...)
	}
	for _, m := range c.Plan.Milestones {
		who = append(who, m.Reporters...)
	}
	return who
}

// Lapse ends an accepted commitment whose due date has passed without a claim.
func (c *Commitment) Lapse(reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	st := c.Stage
	if err := commitmentLife.take(&st, LapseCommitment); err != nil {
		return err
	}
	if !c.DueOn.Before(today) {
		return Refuse(Conflict, "the commitment is due on %s and can't lapse before", c.DueOn)
	}
	c.Stage, c.StageReason, c.EndedOn = st, reason, today
	c.record("commitment.lapsed", "")
	return nil
}

// Withdraw ends a commitment that has no outcome yet, with the reason. What was
// accepted stays on record.
func (c *Commitment) Withdraw(reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := commitmentLife.take(&c.Stage, WithdrawCommitment); err != nil {
		return err
	}
	c.StageReason, c.EndedOn = reason, today
	c.record("commitment.withdrawn", "")
	return nil
}

// ConsentToPublication is the organization's agreement to publication.
func (c *Commitment) ConsentToPublication(by Actor, now time.Time) error {
	return c.consent(by, Agreement{by.Account, &now}, "commitment.consented")
}

// WithdrawConsent takes the organization's agreement back, at once.
func (c *Commitment) WithdrawConsent(by Actor) error {
	return c.consent(by, Agreement{}, "commitment.consent_withdrawn")
}

// askAgain drops the organization's agreement to publication: it was to other
// words.
func (c *Commitment) askAgain() {
	if !c.Consent.Given() {
		return
	}
	c.Consent = Agreement{}
	c.settlePublication()
	c.record("commitment.consent_lapsed", "")
}

func (c *Commitment) consent(by Actor, a Agreement, event string) error {
	if by.Organization == "" || by.Organization != c.Organization {
		return Refuse(Forbidden, "only the committing organization agrees to publication for itself")
	}
	c.Consent = a
	c.settlePublication()
	c.record(event, "")
	return nil
}

// Publish is the office's agreement to publication.
func (c *Commitment) Publish(by Actor, now time.Time) {
	c.Release = Agreement{by.Account, &now}
	c.settlePublication()
	c.record("commitment.released", "")
}

// Unpublish takes the office's agreement back, at once.
func (c *Commitment) Unpublish() {
	c.Release = Agreement{}
	c.settlePublication()
	c.record("commitment.release_withdrawn", "")
}

func (c *Commitment) settlePublication() {
	c.Published = c.AcceptedOn != "" && c.Consent.Given() && c.Release.Given()
}

// Next lists what the commitment's stage allows, and leaves out what this very
// person is refused: to accept what they submitted, to verify what they reported.
func (c *Commitment) Next(by Actor) []Action {
	next := unless(by.Account == c.SubmittedBy, commitmentLife.next(c.Stage), AcceptCommitment)
	next = unless(mayVerify(by, c.Organization, c.reporters()...) != nil, next, VerifyCommitment)
	next = unless(c.mustReport(by) != nil, next, ClaimCommitment)
	if c.Stage.Is(commitmentWritten...) {
		next = append(next, EditCommitment)
	}
	if !c.Ended() {
		next = append(next, HandOverCommitment)
	}
	if c.Release.Given() {
		next = append(next, UnpublishCommitment)
	} else {
		next = append(next, PublishCommitment)
	}
	if c.Consent.Given() {
		return append(next, UnconsentCommitment)
	}
	return append(next, ConsentCommitment)
}

// Searchable is the text by which everyone who sees the commitment finds it.
func (c *Commitment) Searchable() string { return c.Title + "\n" + c.Text }
