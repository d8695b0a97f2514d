package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Moment is one thing that happened to a published record, in words that anyone
// may read: no account, no reason, no note.
type Moment struct {
	On    Date
	Words string
}

type moments []Moment

func (m *moments) add(on Date, format string, args ...any) {
	if on != "" {
		*m = append(*m, Moment{on, fmt.Sprintf(format, args...)})
	}
}

// sorted are the moments by day; those of one day stay as they were added.
func (m moments) sorted() []Moment {
	slices.SortStableFunc(m, func(a, b Moment) int { return strings.Compare(string(a.On), string(b.On)) })
	return m
}

// History tells what happened to the commitment since it was accepted, as a
// reader of the public register would want to know it.
func (c *Commitment) History(amendments []Amendment, verifications []Verification) []Moment {
	var h moments
	h.add(c.AcceptedOn, "Accepted by the office.")
	h.add(c.ActivatedOn, "Work began.")
	for _, a := range amendments {
		if a.Stage.Is(AmendmentApproved) {
			h.add(a.DecidedOn, "Amendment %d: %s.", a.Number, inWords(a.Changes()))
		}
	}
	for _, m := range c.Plan.Milestones {
		h.add(m.ReportedOn, "Milestone reported: %s.", m.Title)
		h.add(m.VerifiedOn, "Milestone verified: %s.", m.Title)
	}
	for _, r := range c.Plan.Reports {
		h.add(r.AcceptedOn, "Report for %s accepted%s.", r.Period, correction(r))
	}
	for _, v := range verifications {
		if v.Report != "" {
			h.add(v.VerifiedOn, "Reported figures verified, with %s confidence.", v.Confidence)
		}
	}
	h.add(c.CompletedOn, "The organization says that it is completed.")
	h.add(c.EndedOn, "%s.", ends[c.Stage.Now()])
	return h.sorted()
}

func correction(r ProgressReport) string {
	if r.Supersedes != "" {
		return ", correcting an earlier one"
	}
	return ""
}

var ends = map[CommitmentStage]string{
	CommitmentComplete:  "Verified as completed",
	CommitmentPartlyMet: "Verified as partly met",
	CommitmentNotMet:    "Verified as not met",
	CommitmentLapsed:    "Lapsed: its due date passed without a result",
	CommitmentWithdrawn: "Withdrawn",
}

// inWords tells changes as old and new, a text only as changed.
func inWords(changes []Change) string {
	words := make([]string, len(changes))
	for i, c := range changes {
		field := strings.Replace(c.Field, "due_on", "due date", 1)
		switch {
		case c.Field == "text":
			words[i] = "the text was changed"
		case c.Field == "milestone", c.Field == "indicator":
			words[i] = fmt.Sprintf("%s added: %s", c.Field, c.New)
		case c.Old == "":
			words[i] = fmt.Sprintf("%s is %s", field, c.New)
		case c.New == "":
			words[i] = fmt.Sprintf("%s was dropped", field)
		default:
			words[i] = fmt.Sprintf("%s from %s to %s", field, c.Old, c.New)
		}
	}
	return strings.Join(words, "; ")
}

// Trailed is an entry of the audit trail as a history for the public reads it.
type Trailed struct {
	At          time.Time
	Event, Note string
}

// PartnershipMoments names the events that a partnership's History wants of the
// trail: what can happen to it more than once, of which the record keeps the last.
func PartnershipMoments() []string {
	return []string{"partnership.reapproval_due", "partnership.renewed"}
}

// History tells what happened to the partnership since it was approved: each
// renewal from its trail, and what happens once from the record.
func (p *Partnership) History(trail []Trailed) []Moment {
	var h moments
	h.add(p.ApprovedOn, "Approved.")
	h.add(p.SignedOn, "Signed.")
	h.add(p.ActivatedOn, "Work began.")
	renewed := false
	for _, e := range trail {
		on, until := DateOf(e.At), renewedUntil(e.Note)
		switch {
		case e.Event == "partnership.reapproval_due":
			h.add(on, "Reapproval fell due.")
			continue
		case until != "":
			h.add(on, "Renewed until %s.", until)
		case on != p.RenewedOn: // of before the end was noted
			h.add(on, "Renewed.")
		default:
			h.add(on, "Renewed until %s.", p.EndsOn)
		}
		renewed = true
	}
	if !renewed { // one from an older register, of which there is no trail
		h.add(p.RenewedOn, "Renewed until %s.", p.EndsOn)
	}
	h.add(p.EndedOn, "Ended.")
	h.add(p.ClosedOutOn, "Closed out.")
	h.add(p.EvaluatedOn, "Evaluated.")
	return h.sorted()
}

// approvedUnder is what the trail notes of an approval.
func approvedUnder(r *Requirements) string { return fmt.Sprintf("under requirements %d", r.Number) }

// renewedNote is what the trail notes of a renewal.
func renewedNote(until Date, r *Requirements) string {
	return fmt.Sprintf("until %s, %s", until, approvedUnder(r))
}

// renewedUntil reads the end from the note of a renewal; none from that of one
// from before it was noted.
func renewedUntil(note string) Date {
	rest, ok := strings.CutPrefix(note, "until ")
	if !ok {
		return ""
	}
	on, err := ParseDate(rest[:min(len(rest), len(time.DateOnly))])
	if err != nil {
		return ""
	}
	return on
}
