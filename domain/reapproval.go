package domain

// reapprovalReminders are how many days before an approval runs out the office is
// told, the longest first; and on the day itself.
var reapprovalReminders = []int{60, 30, 7, 0}

// ReapprovalHorizon is how many days ahead the first reminder of a reapproval is.
const ReapprovalHorizon = 60

// ReapprovalReminder is the reminder of a running approval that is due on a day, as
// so many days before its end, at the latest; false if none is.
func (p *Partnership) ReapprovalReminder(today Date) (days int, due bool) {
	for _, d := range reapprovalReminders {
		if p.Stage.Is(partnershipAgreed...) && !today.AddDays(d).Before(p.ReapprovalDueOn) {
			days, due = d, true
		}
	}
	return days, due
}

// Stewards are those who had to do with the approval: who asked for it, who gave it.
func (p *Partnership) Stewards() []AccountID { return []AccountID{p.RequestedBy, p.ApprovedBy} }

// Source is the partnership as what a task follows from.
func (p *Partnership) Source() Source { return Source{FromPartnership, string(p.ID)} }
