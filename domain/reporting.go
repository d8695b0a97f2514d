package domain

import (
	"fmt"
	"slices"
)

// Ended reports whether nothing more can happen to the commitment.
func (c *Commitment) Ended() bool { return !c.Stage.Is(commitmentOpen...) }

// mustReport refuses to report for an organization whose reporting is in other
// hands. The office records for anyone, an organization's admin for its own.
func (c *Commitment) mustReport(by Actor) error {
	switch {
	case c.ReportingLead == "", by.Role != Partner, by.Organization != c.Organization,
		by.Account == c.ReportingLead, slices.Contains(c.Delegates, by.Account):
		return nil
	}
	return Refuse(Forbidden, "your organization has put reporting on this commitment in other hands; its lead, a delegate or an admin reports")
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
// later, that the office has to ask for it. Reports fall due 120 days after the
// last, or after the acceptance. False means that nothing is to be told.
func (c *Commitment) Reminder(today Date) (Reminder, bool) {
	since := lastReport(c.Plan.Reports)
	if since == "" {
		since = c.AcceptedOn
	}
	if since == "" || !c.Stage.Is(commitmentRunning...) {
		return Reminder{}, false
	}
	due := since.AddDays(freshDays)
	switch {
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
