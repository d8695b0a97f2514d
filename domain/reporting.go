package domain

import (
	"fmt"
	"slices"
)

// Ended reports whether nothing more can happen to the commitment.
func (c *Commitment) Ended() bool { return !c.Stage.Is(commitmentOpen...) }

// Reportable refuses to report on a commitment that doesn't run, or whose
// reporting is in other hands than the actor's.
func (c *Commitment) Reportable(by Actor) error {
	if err := c.mustRun(); err != nil {
		return err
	}
	return c.mustReport(by)
}

// mustReport refuses to report for an organization whose reporting is in other
// hands. The office records for anyone, an organization's admin for its own, and
// an association for the member that lets it.
func (c *Commitment) mustReport(by Actor) error {
	if handsOf(c).holds(by, c.Organization) {
		return nil
	}
	return Refuse(Forbidden, "your organization has put reporting on this commitment in other hands; its lead, a delegate or an admin reports")
}

// Hands are a commitment's stage and the hands that its reporting is in, as what
// belongs to it needs them; read with the record.
type Hands struct {
	CommitmentStage Stage[CommitmentStage] `gorm:"->"`
	ReportingLead   AccountID              `gorm:"->"`
	Delegates       List[AccountID]        `gorm:"->"`
}

func handsOf(c *Commitment) Hands { return Hands{c.Stage, c.ReportingLead, c.Delegates} }

func (h Hands) holds(by Actor, committing OrganizationID) bool {
	return h.ReportingLead == "" || by.For != "" || by.Role != Partner || by.Organization != committing ||
		by.Account == h.ReportingLead || slices.Contains(h.Delegates, by.Account)
}

// HandOver puts the organization's reporting into the hands of a lead, and of
// delegates in the lead's place; without a lead, into everyone's. Each is an
// active account of the organization.
func (c *Commitment) HandOver(lead *Account, delegates []*Account) error {
	if c.Ended() {
		return Refuse(Conflict, "nothing more is reported; this is %s", c.Stage)
	}
	var f Faults
	if lead != nil && !c.mayHandIn(lead) {
		f.Add("/lead_id", "unknown_value", "must be an active account of the committing organization")
	}
	if lead == nil && len(delegates) > 0 {
		f.Add("/lead_id", "required", "delegates stand in for a lead; name one")
	}
	ids := make(List[AccountID], len(delegates))
	for i, d := range delegates {
		if !c.mayHandIn(d) {
			f.Add(fmt.Sprintf("/delegate_ids/%d", i), "unknown_value", "must be an active account of the committing organization")
			continue
		}
		if slices.Contains(ids[:i], d.ID) || lead != nil && d.ID == lead.ID {
			f.Add(fmt.Sprintf("/delegate_ids/%d", i), "duplicate", "is named already")
		}
		ids[i] = d.ID
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.ReportingLead, c.Delegates = "", ids
	if lead != nil {
		c.ReportingLead = lead.ID
	}
	c.record("commitment.reporting_handed_over", "")
	return nil
}

func (c *Commitment) mayHandIn(a *Account) bool {
	return a != nil && a.Organization == c.Organization && a.Stage.Is(AccountActive)
}

// Source is the commitment as what a task came of.
func (c *Commitment) Source() Source { return Source{FromCommitment, string(c.ID)} }

// ReportDue is when the next progress report falls due: 120 days after the last,
// or after the acceptance. It is empty where none is awaited.
func (c *Commitment) ReportDue() Date {
	since := lastReport(c.Plan.Reports)
	if since == "" {
		since = c.AcceptedOn
	}
	if since == "" || !c.Stage.Is(commitmentRunning...) {
		return ""
	}
	return since.AddDays(freshDays)
}

// Unreported is the period of which nothing was handed in yet: from the day after
// the last report's period, or from the acceptance, until today. Its first day is
// empty where neither is known; false means that everything is reported.
func (c *Commitment) Unreported(today Date) (Period, bool) {
	p := Period{From: c.AcceptedOn, Until: today}
	for _, r := range c.Plan.Reports {
		if r.handedIn() {
			p.From = max(p.From, r.Period.Until.AddDays(1))
		}
	}
	return p, !today.Before(p.From)
}

// Begun names the report on a period, or on days of it, that somebody is writing and
// has still to hand in, the latest of several; none if there isn't any. A correction is
// no report on it.
func (c *Commitment) Begun(by Actor, p Period) (id ProgressReportID) {
	for _, r := range c.Plan.Reports {
		if r.Stage.Is(ProgressReportDrafted) && r.WrittenBy == by.Account && r.Supersedes == "" && p.From <= r.Period.From {
			id = r.ID
		}
	}
	return id
}

// Resumed names the report that a further draft for the same period is about: one
// that was handed in, or else one that is being written; none if the draft begins
// another. It is refused for a period of which a part was handed in, unless it
// corrects that report.
func (c *Commitment) Resumed(d ProgressReportDraft) (ProgressReportID, error) {
	var draft ProgressReportID
	for _, r := range c.Plan.Reports {
		switch {
		case r.handedIn() && r.ID != d.Supersedes && r.Period == d.Period:
			return r.ID, nil
		case r.handedIn() && r.ID != d.Supersedes && r.Period.Overlaps(d.Period):
			return "", (Faults{{Pointer: "/period/from", Code: "duplicate", Detail: fmt.Sprintf(
				"a report of %s was handed in already; report from the day after it, or say that this one corrects it", r.Period)}}).Err()
		case r.Stage.Is(ProgressReportDrafted) && r.Period == d.Period:
			draft = r.ID
		}
	}
	return draft, nil
}

// LastFigure is what was reported last of an indicator, accepted or not yet.
func (p Plan) LastFigure(i IndicatorID) Decimal {
	var last Date
	var value Decimal
	for _, r := range p.Reports {
		if fig, ok := figureOf(i, r.Figures); ok && r.handedIn() && last < r.Period.Until {
			last, value = r.Period.Until, fig.Value
		}
	}
	return value
}

// The steps of reminding, in days before and after a report is due.
const (
	remindDays   = 14
	escalateDays = 30
)

// Reminder is what is told of a progress report that is awaited.
type Reminder struct {
	// Event is progress_report.due, .overdue or .escalated.
	Event string
	DueOn Date
}

// Escalated reports whether the office is told as well.
func (r Reminder) Escalated() bool { return r.Event == "progress_report.escalated" }

// Reminder is what is to be told on a day of the commitment's next progress
// report: that it falls due within 14 days, that it is overdue, or, 30 days
// later, that the office has to ask for it. False means that nothing is to be
// told.
func (c *Commitment) Reminder(today Date) (Reminder, bool) {
	due := c.ReportDue()
	switch {
	case due == "":
		return Reminder{}, false
	case due.AddDays(escalateDays).Before(today):
		return Reminder{"progress_report.escalated", due}, true
	case due.Before(today):
		return Reminder{"progress_report.overdue", due}, true
	case !today.AddDays(remindDays).Before(due):
		return Reminder{"progress_report.due", due}, true
	}
	return Reminder{}, false
}

// SilentSince is the last day on which a commitment can have been reported on or
// accepted if there is anything to be told of it today.
func SilentSince(today Date) Date { return today.AddDays(remindDays - freshDays) }
