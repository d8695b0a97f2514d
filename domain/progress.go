package domain

import (
	"fmt"
	"slices"
	"strings"
)

// ProgressReportID names a progress report.
type ProgressReportID = ID[ProgressReport]

// ProgressReportStage is where a progress report is in its life.
type ProgressReportStage string

// The stages of a progress report. A returned one is not written again: another
// supersedes it.
const (
	ProgressReportDrafted   ProgressReportStage = "draft"
	ProgressReportSubmitted ProgressReportStage = "submitted"
	ProgressReportAccepted  ProgressReportStage = "accepted"
	ProgressReportReturned  ProgressReportStage = "returned"
)

var progressReportLife = lifeCycle[ProgressReportStage]{
	SubmitProgressReport: {[]ProgressReportStage{ProgressReportDrafted}, ProgressReportSubmitted},
	AcceptProgressReport: {[]ProgressReportStage{ProgressReportSubmitted}, ProgressReportAccepted},
	ReturnProgressReport: {[]ProgressReportStage{ProgressReportSubmitted}, ProgressReportReturned},
}

// ProgressReport is what the committing organization says of a period. Once
// submitted it never changes: a correction is another report that supersedes it.
type ProgressReport struct {
	Record[ProgressReport]
	Commitment   CommitmentID
	Organization OrganizationID
	Period       Period `gorm:"embedded;embeddedPrefix:period_"`
	Narrative    string
	Figures      List[Figure]
	Deliveries   List[Delivery]
	Omissions    List[Omission]
	// Supersedes is the report that this one corrects; empty for none.
	Supersedes ProgressReportID
	// SupersededBy is the accepted report that corrects this one.
	SupersededBy ProgressReportID
	Stage        Stage[ProgressReportStage]
	ReturnReason string
	// WrittenBy wrote it last.
	WrittenBy   AccountID
	SubmittedBy AccountID
	// Reporters are all who ever wrote or sent it, or what it corrects: none of them
	// believes it. Nobody leaves the list.
	Reporters   List[AccountID]
	SubmittedOn Date
	ReviewedBy  AccountID
	AcceptedOn  Date

	Hands
}

// ProgressReportDraft is what is written of a period.
type ProgressReportDraft struct {
	Period     Period
	Narrative  string
	Figures    []Figure
	Deliveries []Delivery
	Omissions  []Omission
	Supersedes ProgressReportID
}

// NewProgressReport starts a report on an accepted commitment.
func NewProgressReport(by Actor, c *Commitment, d ProgressReportDraft) (*ProgressReport, error) {
	if err := c.Reportable(by); err != nil {
		return nil, err
	}
	r := &ProgressReport{
		Commitment: c.ID, Organization: c.Organization,
		Stage: Stage[ProgressReportStage]{ProgressReportDrafted}, Hands: handsOf(c),
	}
	if err := r.write(by, d, c.Plan); err != nil {
		return nil, err
	}
	r.record("progress_report.created", "")
	return r, nil
}

// Edit replaces what was written, in a draft. Who edits is an author of it from then on.
func (r *ProgressReport) Edit(by Actor, c *Commitment, d ProgressReportDraft) error {
	if !r.Stage.Is(ProgressReportDrafted) {
		return Refuse(Conflict, "a report is edited as a draft; this is %s: write another that supersedes it", r.Stage)
	}
	if err := c.Reportable(by); err != nil {
		return err
	}
	if err := r.write(by, d, c.Plan); err != nil {
		return err
	}
	r.record("progress_report.edited", "")
	return nil
}

// Draft is what would be written to get this report.
func (r *ProgressReport) Draft() ProgressReportDraft {
	return ProgressReportDraft{r.Period, r.Narrative, r.Figures, r.Deliveries, r.Omissions, r.Supersedes}
}

// Equal reports whether both say the same, in the same order.
func (d ProgressReportDraft) Equal(o ProgressReportDraft) bool {
	return d.Period == o.Period && d.Narrative == o.Narrative && d.Supersedes == o.Supersedes &&
		slices.EqualFunc(d.Figures, o.Figures, Figure.equal) && slices.Equal(d.Deliveries, o.Deliveries) && slices.Equal(d.Omissions, o.Omissions)
}

// Resend takes a draft that was sent once more for the report's period, and
// reports whether it says anything else. What a colleague wrote is not
// overwritten, nor what was handed in.
func (r *ProgressReport) Resend(by Actor, c *Commitment, d ProgressReportDraft) (changed bool, err error) {
	if r.Draft().Equal(d) {
		return false, c.Reportable(by)
	}
	if r.Stage.Is(ProgressReportDrafted) && r.WrittenBy != by.Account {
		return false, Refuse(Conflict, "a colleague has drafted a report of %s that says otherwise; change that one", r.Period)
	}
	return true, r.Edit(by, c, d)
}

func (r *ProgressReport) write(by Actor, d ProgressReportDraft, plan Plan) error {
	var f Faults
	d.Period.check(&f, "/period")
	if strings.TrimSpace(d.Narrative) == "" {
		f.Add("/narrative", "required", "say what was done in the period")
	}
	checkFigures(&f, d.Figures, plan.Indicators, "must be an indicator of this commitment")
	checkDeliveries(&f, d.Deliveries, plan.Milestones)
	checkOmissions(&f, d.Omissions, plan)
	if d.Supersedes != "" && !plan.mayBeSuperseded(d.Supersedes) {
		f.Add("/supersedes_id", "invalid", "must be a report of this commitment, accepted or returned, that no other supersedes")
	}
	if err := f.Err(); err != nil {
		return err
	}
	r.Period, r.Narrative, r.Figures, r.Deliveries, r.Supersedes = d.Period, d.Narrative, d.Figures, d.Deliveries, d.Supersedes
	r.Omissions, r.WrittenBy, r.Reporters = d.Omissions, by.Account, reporting(r.Reporters, by.Account)
	for _, o := range plan.Reports {
		if o.ID == d.Supersedes {
			r.Reporters = reporting(r.Reporters, o.Reporters...)
		}
	}
	return nil
}

func checkDeliveries(f *Faults, deliveries []Delivery, milestones []Milestone) {
	for i, d := range deliveries {
		at := fmt.Sprintf("/milestones/%d", i)
		d.check(f, at)
		switch {
		case !slices.ContainsFunc(milestones, func(m Milestone) bool { return m.ID == d.Milestone }):
			f.Add(at+"/milestone_id", "unknown_value", "must be a milestone of this commitment")
		case slices.ContainsFunc(deliveries[:i], func(o Delivery) bool { return o.Milestone == d.Milestone }):
			f.Add(at+"/milestone_id", "duplicate", "the milestone stands in the list twice")
		}
	}
}

func (p Plan) mayBeSuperseded(id ProgressReportID) bool {
	return slices.ContainsFunc(p.Reports, func(r ProgressReport) bool {
		return r.ID == id && r.SupersededBy == "" && r.Stage.Is(ProgressReportAccepted, ProgressReportReturned)
	})
}

// Omission says why a report has no figure of an indicator, or why a milestone
// that has fallen due was not reached: one of the two.
type Omission struct {
	Indicator IndicatorID `json:"indicator,omitempty"`
	Milestone MilestoneID `json:"milestone,omitempty"`
	Reason    string      `json:"reason"`
}

// OfIndicator is what the report says of an indicator: a figure, or why there is none.
func (r *ProgressReport) OfIndicator(id IndicatorID) (fig Figure, why string) {
	fig, _ = figureOf(id, r.Figures)
	for _, o := range r.Omissions {
		if o.Indicator == id {
			why = o.Reason
		}
	}
	return fig, why
}

// OfMilestone is what the report says of a milestone: what shows that it was reached,
// or why it was not.
func (r *ProgressReport) OfMilestone(id MilestoneID) (d Delivery, why string) {
	for _, x := range r.Deliveries {
		if x.Milestone == id {
			d = x
		}
	}
	for _, o := range r.Omissions {
		if o.Milestone == id {
			why = o.Reason
		}
	}
	return d, why
}

func checkOmissions(f *Faults, omissions []Omission, plan Plan) {
	for i, o := range omissions {
		at := fmt.Sprintf("/omissions/%d", i)
		indicator := slices.ContainsFunc(plan.Indicators, func(x Indicator) bool { return x.ID == o.Indicator })
		milestone := slices.ContainsFunc(plan.Milestones, func(m Milestone) bool { return m.ID == o.Milestone })
		switch {
		case (o.Indicator == "") == (o.Milestone == ""):
			f.Add(at, "invalid", "names an indicator or a milestone, one of the two")
		case o.Indicator != "" && !indicator:
			f.Add(at+"/indicator_id", "unknown_value", "must be an indicator of this commitment")
		case o.Milestone != "" && !milestone:
			f.Add(at+"/milestone_id", "unknown_value", "must be a milestone of this commitment")
		}
		if strings.TrimSpace(o.Reason) == "" {
			f.Add(at+"/reason", "required", "say why, in a sentence")
		}
	}
}

// Gaps names what the report leaves out without a reason: the figure of an
// indicator, or a milestone that fell due by the end of the period.
func (r *ProgressReport) Gaps(plan Plan) Faults {
	var f Faults
	indicators, milestones := r.Untold(plan)
	for _, i := range indicators {
		f.Add("/figures", "missing", "there is no figure of “%s”: give it, or the reason why there is none", i.Title)
	}
	for _, m := range milestones {
		f.Add("/milestones", "missing", "“%s” was due on %s: report it, or give the reason why it was not reached", m.Title, m.DueOn)
	}
	return f
}

// Untold lists what Gaps names.
func (r *ProgressReport) Untold(plan Plan) (indicators []Indicator, milestones []Milestone) {
	for _, i := range plan.Indicators {
		_, told := figureOf(i.ID, r.Figures)
		if !told && !r.omits(func(o Omission) bool { return o.Indicator == i.ID }) {
			indicators = append(indicators, i)
		}
	}
	for _, m := range plan.Milestones {
		told := slices.ContainsFunc(r.Deliveries, func(d Delivery) bool { return d.Milestone == m.ID })
		if !told && m.Outstanding() && !r.Period.Until.Before(m.DueOn) && !r.omits(func(o Omission) bool { return o.Milestone == m.ID }) {
			milestones = append(milestones, m)
		}
	}
	return indicators, milestones
}

func (r *ProgressReport) omits(what func(Omission) bool) bool {
	return slices.ContainsFunc(r.Omissions, what)
}

// Submit gives the report to the office. The period has passed, and nothing is
// left out without a reason: GAO-19-77 found 43 % of projects with incomplete
// monitoring records. The caller reports each delivery's milestone in the same transaction.
func (r *ProgressReport) Submit(by Actor, c *Commitment, today Date) error {
	if err := c.mustRun(); err != nil {
		return err
	}
	if err := c.mustReport(by); err != nil {
		return err
	}
	st := r.Stage
	if err := progressReportLife.take(&st, SubmitProgressReport); err != nil {
		return err
	}
	f := r.Gaps(c.Plan)
	if today.Before(r.Period.Until) {
		f.Add("/period/until", "invalid", "a report is submitted when its period is over")
	}
	if err := f.Err(); err != nil {
		return err
	}
	r.Stage, r.SubmittedBy, r.SubmittedOn, r.Reporters = st, by.Account, today, reporting(r.Reporters, by.Account)
	r.record("progress_report.submitted", "")
	return nil
}

// Accept lets the report count, and the one that it corrects no longer:
// superseded is that report, nil for none. It is refused to who reported, and
// while another report that stands covers a day of the period.
func (r *ProgressReport) Accept(by Actor, c *Commitment, superseded *ProgressReport, today Date) error {
	st, err := r.reviewable(by)
	if err != nil {
		return err
	}
	for _, o := range c.Plan.Reports {
		if o.ID != r.ID && o.ID != r.Supersedes && o.Stands() && o.Period.Overlaps(r.Period) {
			return Refuse(Conflict, "a report of %s is accepted already; one for the same days supersedes it", o.Period)
		}
	}
	if err := r.supersede(superseded); err != nil {
		return err
	}
	r.Stage, r.ReviewedBy, r.AcceptedOn = st, by.Account, today
	r.record("progress_report.accepted", "")
	return nil
}

// Reviewable refuses to accept a report that was not submitted, and to let its
// reporters accept it. The rest that Accept asks needs the commitment.
func (r *ProgressReport) Reviewable(by Actor) error {
	_, err := r.reviewable(by)
	return err
}

func (r *ProgressReport) reviewable(by Actor) (Stage[ProgressReportStage], error) {
	st := r.Stage
	if err := progressReportLife.take(&st, AcceptProgressReport); err != nil {
		return st, err
	}
	return st, mayVerify(by, r.Organization, r.Reporters...)
}

func (r *ProgressReport) supersede(old *ProgressReport) error {
	if r.Supersedes == "" {
		return nil
	}
	if old == nil || old.ID != r.Supersedes || old.SupersededBy != "" {
		return Refuse(Conflict, "the report that this one corrects is superseded by another")
	}
	old.SupersededBy = r.ID
	old.record("progress_report.superseded", "")
	return nil
}

// Outstanding lists the deliveries whose milestones still wait for a report, in
// one order for all reports: two that name the same never wait for each other.
func (r *ProgressReport) Outstanding(c *Commitment) []Delivery {
	out := slices.DeleteFunc(slices.Clone(r.Deliveries), func(d Delivery) bool {
		return !slices.ContainsFunc(c.Plan.Milestones, func(m Milestone) bool { return m.ID == d.Milestone && m.Outstanding() })
	})
	slices.SortFunc(out, func(a, b Delivery) int { return strings.Compare(string(a.Milestone), string(b.Milestone)) })
	return out
}

// Return does not accept the report, with the reason.
func (r *ProgressReport) Return(by Actor, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := progressReportLife.take(&r.Stage, ReturnProgressReport); err != nil {
		return err
	}
	r.ReviewedBy, r.ReturnReason = by.Account, reason
	r.record("progress_report.returned", "")
	return nil
}

// handedIn reports whether the office has the report, and it is neither returned
// nor superseded.
func (r *ProgressReport) handedIn() bool { return r.Stage.Is(ProgressReportSubmitted) || r.Stands() }

// Stands reports whether the report counts: accepted, and not superseded.
func (r *ProgressReport) Stands() bool {
	return r.Stage.Is(ProgressReportAccepted) && r.SupersededBy == ""
}

// Verify records what somebody else found of a report that stands. Its figures
// are among the report's; the report keeps its own beside them. The commitment's
// plan must have been read, though it may have ended.
func (r *ProgressReport) Verify(by Actor, c *Commitment, d VerificationDraft, today Date) (*Verification, error) {
	if !r.Stands() {
		return nil, Refuse(Conflict, "a report is verified when it is accepted and not superseded")
	}
	if err := mayVerify(by, r.Organization, r.Reporters...); err != nil {
		return nil, err
	}
	var f Faults
	d.check(&f)
	checkFigures(&f, d.Figures, slices.DeleteFunc(slices.Clone(c.Plan.Indicators), func(i Indicator) bool {
		_, told := figureOf(i.ID, r.Figures)
		return !told
	}), "must be an indicator of which the report has a figure")
	if err := f.Err(); err != nil {
		return nil, err
	}
	v := newVerification(by, c, d, today)
	v.Report = r.ID
	return v, nil
}

// Next lists what the report's stage and its commitment's allow; to edit or submit
// it, to those who may report; to accept or verify it, not to who reported.
func (r *ProgressReport) Next(by Actor) []Action {
	next := progressReportLife.next(r.Stage)
	if r.Stage.Is(ProgressReportDrafted) {
		next = append(next, EditProgressReport)
	}
	next = unless(!r.CommitmentStage.Is(commitmentRunning...) || !r.holds(by, r.Organization), next, EditProgressReport, SubmitProgressReport)
	if r.Stands() {
		next = append(next, VerifyProgressReport)
	}
	return unless(mayVerify(by, r.Organization, r.Reporters...) != nil, next, AcceptProgressReport, VerifyProgressReport)
}
