package domain

import (
	"fmt"
	"time"
)

// HealthStatus is how a running commitment does.
type HealthStatus string

// The states of health.
const (
	OnTrack  HealthStatus = "on_track"
	AtRisk   HealthStatus = "at_risk"
	OffTrack HealthStatus = "off_track"
	NoReport HealthStatus = "no_report"
)

// ReportAge is how old the last report is, as a traffic light.
type ReportAge string

// The ages of a report.
const (
	ReportFresh ReportAge = "green"
	ReportAging ReportAge = "yellow"
	ReportStale ReportAge = "red"
)

// Reports are expected each quarter, with a month's grace: a report is green
// for one such span, yellow for another quarter, then red.
const (
	freshDays = 120
	agingDays = 210
	// dueSoonDays before the due date, half of the milestones are expected.
	dueSoonDays = 90
)

// Health is how a running commitment does, and why. It is computed from the
// rows whenever it is asked for, and never stored.
type Health struct {
	Status HealthStatus
	// Reason says in words which rule decided.
	Reason string
	// ReportAge is the age of the last report, or of the acceptance before the
	// first one.
	ReportAge  ReportAge
	ReportedOn Date
}

// Health computes how the commitment does on a day, by the first of these rules
// that applies; false for one that is not accepted or is claimed or has ended, and
// for one that was recorded as it stands elsewhere, until its progress is
// reported here.
//
//  1. off_track: the due date has passed and completion is not claimed.
//  2. no_report: the last report is red, or none was made when one was due.
//  3. off_track: overdue milestones carry more than half of the weight.
//  4. at_risk: a milestone is overdue, an indicator missed the last target whose
//     period is over or has no figure for it, the last report is yellow, or the due
//     date is near and half of the milestones' weight is not reported.
//  5. on_track otherwise.
func (c *Commitment) Health(now time.Time) (Health, bool) {
	if !c.Stage.Is(commitmentRunning...) {
		return Health{}, false
	}
	today := DateOf(now)
	h := Health{ReportedOn: lastReport(c.Plan.Reports)}
	if c.AcceptedOn == "" && h.ReportedOn == "" {
		return Health{}, false
	}
	h.ReportAge = ageOf(h.ReportedOn, c.AcceptedOn, today)
	h.Status, h.Reason = c.judge(h, today)
	return h, true
}

func (c *Commitment) judge(h Health, today Date) (HealthStatus, string) {
	total, overdue, done, late := weigh(c.Plan.Milestones, today)
	switch {
	case c.DueOn.Before(today):
		return OffTrack, fmt.Sprintf("it was due on %s and completion is not claimed", c.DueOn)
	case h.ReportedOn == "" && h.ReportAge != ReportFresh:
		return NoReport, fmt.Sprintf("nothing was reported since it was accepted on %s", c.AcceptedOn)
	case h.ReportAge == ReportStale:
		return NoReport, fmt.Sprintf("nothing was reported since %s", h.ReportedOn)
	case 2*overdue > total:
		return OffTrack, fmt.Sprintf("overdue milestones carry %d of %d of the weight", overdue, total)
	case late > 0:
		return AtRisk, fmt.Sprintf("milestones overdue: %d", late)
	}
	if words := c.missed(today); words != "" {
		return AtRisk, words
	}
	switch {
	case h.ReportAge == ReportAging:
		return AtRisk, fmt.Sprintf("the last report is of %s", h.ReportedOn)
	case c.DueOn.Before(today.AddDays(dueSoonDays)) && 2*done < total:
		return AtRisk, fmt.Sprintf("it is due on %s and %d of %d of the milestones' weight is reported", c.DueOn, done, total)
	case h.ReportedOn == "":
		return OnTrack, fmt.Sprintf("accepted on %s; the first report is not due yet", c.AcceptedOn)
	}
	return OnTrack, fmt.Sprintf("reported on %s and nothing is overdue", h.ReportedOn)
}

// weigh adds up the milestones' weights: all, overdue, reported; and counts the
// overdue ones.
func weigh(milestones []Milestone, today Date) (total, overdue, done, late int) {
	for _, m := range milestones {
		total += m.Weight
		switch {
		case m.Stage.Is(MilestoneReported, MilestoneVerified):
			done += m.Weight
		case m.DueOn.Before(today):
			overdue += m.Weight
			late++
		}
	}
	return total, overdue, done, late
}

// missed tells of the first indicator that missed its target; empty for none. Of a
// target that was over before the commitment was accepted nothing need be reported.
func (c *Commitment) missed(today Date) string {
	var told Date
	for _, r := range c.Plan.Reports {
		if r.Stands() {
			told = max(told, r.SubmittedOn)
		}
	}
	for _, i := range c.Plan.Indicators {
		i.Tell(c.Plan.Reports, nil)
		t, reached, missed := i.missed(today, told)
		switch {
		case !missed, reached == "" && (c.AcceptedOn == "" || t.Until.Before(c.AcceptedOn)):
		case reached == "":
			return fmt.Sprintf("%s has no figure for its target of %s for %s", i.Title, t.Value, t.Period)
		default:
			return fmt.Sprintf("%s missed its target of %s for %s: %s was reported", i.Title, t.Value, t.Period, reached)
		}
	}
	return ""
}

// lastReport is the day on which the last report that was not returned came in.
func lastReport(reports []ProgressReport) Date {
	var last Date
	for _, r := range reports {
		if r.Stage.Is(ProgressReportSubmitted, ProgressReportAccepted) {
			last = max(last, r.SubmittedOn)
		}
	}
	return last
}

func ageOf(reported, accepted, today Date) ReportAge {
	since := reported
	if since == "" {
		since = accepted
	}
	switch {
	case !since.AddDays(freshDays).Before(today):
		return ReportFresh
	case !since.AddDays(agingDays).Before(today):
		return ReportAging
	}
	return ReportStale
}
