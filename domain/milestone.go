package domain

import "strings"

// MilestoneID names a milestone.
type MilestoneID = ID[Milestone]

// MilestoneStage is where a milestone is in its life.
type MilestoneStage string

// The stages of a milestone.
const (
	MilestonePending  MilestoneStage = "pending"
	MilestoneReported MilestoneStage = "reported"
	MilestoneVerified MilestoneStage = "verified"
	MilestoneRejected MilestoneStage = "rejected"
)

// A rejected milestone can be reported again.
var milestoneLife = lifeCycle[MilestoneStage]{
	ReportMilestone: {[]MilestoneStage{MilestonePending, MilestoneRejected}, MilestoneReported},
	VerifyMilestone: {[]MilestoneStage{MilestoneReported}, MilestoneVerified},
	RejectMilestone: {[]MilestoneStage{MilestoneReported}, MilestoneRejected},
}

// Milestone is a step on a commitment's way, due on a day of its own.
type Milestone struct {
	Record[Milestone]
	Commitment   CommitmentID
	Organization OrganizationID
	Title        string
	// Weight is the milestone's share among its commitment's, from 1 to 100;
	// weights need not add up to 100.
	Weight int
	DueOn  Date
	// DuePrecision is how exactly DueOn is known, DueText what the source says
	// where that is no day.
	DuePrecision Precision
	DueText      string

	Stage       Stage[MilestoneStage]
	Evidence    string
	EvidenceURL string
	ReportedBy  AccountID
	ReportedOn  Date
	// Reporters are all who ever reported it, or wrote the report that did: none of
	// them judges it. Nobody leaves the list.
	Reporters  List[AccountID]
	VerifiedBy AccountID
	VerifiedOn Date
	// RejectReason is why the last report was not believed.
	RejectReason string

	Hands
}

// MilestoneDraft is what is planned.
type MilestoneDraft struct {
	Title        string    `json:"title"`
	Weight       int       `json:"weight"`
	DueOn        Date      `json:"due_on"`
	DuePrecision Precision `json:"due_precision,omitempty"`
	DueText      string    `json:"due_text,omitempty"`
}

// NewMilestone adds a milestone to a commitment that is being written. To an
// accepted one an amendment does.
func NewMilestone(c *Commitment, d MilestoneDraft) (*Milestone, error) {
	if err := c.mayPlan("a milestone"); err != nil {
		return nil, err
	}
	return newMilestone(c, d)
}

func newMilestone(c *Commitment, d MilestoneDraft) (*Milestone, error) {
	m := &Milestone{
		Commitment: c.ID, Organization: c.Organization, Stage: Stage[MilestoneStage]{MilestonePending}, Hands: handsOf(c),
	}
	if err := m.write(d); err != nil {
		return nil, err
	}
	m.record("milestone.created", "")
	return m, nil
}

// mayPlan refuses to add to a plan that is submitted or fixed: who accepts it has
// seen the whole.
func (c *Commitment) mayPlan(what string) error {
	if c.Stage.Is(commitmentRunning...) {
		return Refuse(Conflict, "the plan is fixed once a commitment is accepted; propose an amendment that adds %s", what)
	}
	return c.mustBeWritten("adding " + what)
}

// Edit replaces what was planned, while the commitment is being written.
func (m *Milestone) Edit(c *Commitment, d MilestoneDraft) error {
	if err := c.mustBeWritten("changing a milestone"); err != nil {
		return err
	}
	if err := m.write(d); err != nil {
		return err
	}
	m.record("milestone.edited", "")
	return nil
}

// Remove takes the milestone out, while the commitment is being written.
func (m *Milestone) Remove(c *Commitment) error {
	if err := c.mustBeWritten("removing a milestone"); err != nil {
		return err
	}
	m.record("milestone.removed", "")
	return nil
}

// Draft is what would be written to get this milestone.
func (m *Milestone) Draft() MilestoneDraft {
	return MilestoneDraft{m.Title, m.Weight, m.DueOn, m.DuePrecision, m.DueText}
}

func (m *Milestone) write(d MilestoneDraft) error {
	var f Faults
	if d.check(&f, ""); len(f) > 0 {
		return f.Err()
	}
	m.Title, m.Weight, m.DueOn, m.DuePrecision, m.DueText = strings.TrimSpace(d.Title), d.Weight, d.DueOn, d.DuePrecision, d.DueText
	return nil
}

// check finds what is wrong with the draft; at is where it stands in the body.
func (d MilestoneDraft) check(f *Faults, at string) {
	if strings.TrimSpace(d.Title) == "" {
		f.Add(at+"/title", "required", "a title is not empty")
	}
	if d.Weight < 1 || d.Weight > 100 {
		f.Add(at+"/weight", "invalid", "is from 1 to 100")
	}
	if _, err := ParseDate(string(d.DueOn)); err != nil {
		f.Add(at+"/due_on", "invalid", "is written YYYY-MM-DD and must exist")
	}
	d.DuePrecision.check(f, at+"/due_precision", d.DueOn)
}

// Delivery says that a milestone was reached, and what shows it.
type Delivery struct {
	Milestone   MilestoneID `json:"milestone"`
	Evidence    string      `json:"evidence"`
	EvidenceURL string      `json:"evidence_url,omitempty"`
}

func (d Delivery) check(f *Faults, at string) {
	if strings.TrimSpace(d.Evidence) == "" {
		f.Add(at+"/evidence", "required", "say what shows that the milestone was reached")
	}
	webAddress(f, at+"/evidence_url", d.EvidenceURL)
}

// Report says that the milestone of an accepted commitment was reached. Somebody
// else verifies it, who did not write of it either: authors are those of the
// progress report that says so, if one does.
func (m *Milestone) Report(by Actor, c *Commitment, d Delivery, today Date, authors ...AccountID) error {
	if err := c.mustRun(); err != nil {
		return err
	}
	if err := c.mustReport(by); err != nil {
		return err
	}
	var f Faults
	if d.check(&f, ""); len(f) > 0 {
		return f.Err()
	}
	if err := milestoneLife.take(&m.Stage, ReportMilestone); err != nil {
		return err
	}
	m.Evidence, m.EvidenceURL, m.ReportedBy, m.ReportedOn, m.RejectReason = d.Evidence, d.EvidenceURL, by.Account, today, ""
	m.Reporters = reporting(reporting(m.Reporters, authors...), by.Account)
	m.record("milestone.reported", "")
	return nil
}

// mustRun refuses work on a commitment that is not accepted, or has ended.
func (c *Commitment) mustRun() error {
	if !c.Stage.Is(commitmentRunning...) {
		return Refuse(Conflict, "progress is reported on a commitment that is %s; this is %s", orList(commitmentRunning), c.Stage)
	}
	return nil
}

// Outstanding reports whether the milestone waits to be reported.
func (m *Milestone) Outstanding() bool { return m.Stage.Is(MilestonePending, MilestoneRejected) }

// Verify believes a reported milestone; it is not for the reporter nor for the
// committing organization.
func (m *Milestone) Verify(by Actor, today Date) error {
	st := m.Stage
	if err := milestoneLife.take(&st, VerifyMilestone); err != nil {
		return err
	}
	if err := mayVerify(by, m.Organization, m.Reporters...); err != nil {
		return err
	}
	m.Stage, m.VerifiedBy, m.VerifiedOn = st, by.Account, today
	m.record("milestone.verified", "")
	return nil
}

// Reject does not believe a reported milestone, with the reason.
func (m *Milestone) Reject(by Actor, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	st := m.Stage
	if err := milestoneLife.take(&st, RejectMilestone); err != nil {
		return err
	}
	if err := mayVerify(by, m.Organization, m.Reporters...); err != nil {
		return err
	}
	m.Stage, m.RejectReason = st, reason
	m.record("milestone.rejected", "")
	return nil
}

// Next lists what the milestone's stage and its commitment's allow; to verify or
// reject it, not to who reported it.
func (m *Milestone) Next(by Actor) []Action {
	if m.CommitmentStage.Is(commitmentWritten...) {
		return []Action{EditMilestone, RemoveMilestone}
	}
	next := unless(!m.CommitmentStage.Is(commitmentRunning...) || !m.holds(by, m.Organization), milestoneLife.next(m.Stage), ReportMilestone)
	return unless(mayVerify(by, m.Organization, m.Reporters...) != nil, next, VerifyMilestone, RejectMilestone)
}
