package domain

// chronicle says in words what an event of a commitment, or of what belongs to
// it, was. An event that isn't here is told by another of the same moment.
var chronicle = map[string]string{
	"commitment.created":               "Drafted",
	"commitment.edited":                "The draft was changed",
	"commitment.submitted":             "Submitted to the office",
	"commitment.returned":              "Returned to be written again",
	"commitment.accepted":              "Accepted",
	"commitment.activated":             "Work began",
	"commitment.completion_claimed":    "Reported as completed",
	"commitment.verified_complete":     "Verified as completed",
	"commitment.partly_met":            "Verified as partly met",
	"commitment.not_met":               "Verified as not met",
	"commitment.lapsed":                "Lapsed: its due date passed without a result",
	"commitment.withdrawn":             "Withdrawn",
	"commitment.recorded":              "Recorded as it stood in another register",
	"commitment.consented":             "The organization agreed to publication",
	"commitment.consent_withdrawn":     "The organization took its agreement to publication back",
	"commitment.consent_lapsed":        "The agreement to publication lapsed, because the words changed",
	"commitment.released":              "The office agreed to publication",
	"commitment.release_withdrawn":     "The office took its agreement to publication back",
	"commitment.reporting_handed_over": "Reporting was put into other hands",
	"amendment.proposed":               "Amendment proposed",
	"amendment.approved":               "Amendment approved",
	"amendment.declined":               "Amendment declined",
	"milestone.created":                "Milestone planned",
	"milestone.edited":                 "Milestone changed",
	"milestone.reported":               "Milestone reported",
	"milestone.verified":               "Milestone verified",
	"milestone.rejected":               "Milestone not believed",
	"indicator.created":                "Indicator planned",
	"indicator.edited":                 "Indicator changed",
	"progress_report.created":          "Report drafted",
	"progress_report.edited":           "Report changed",
	"progress_report.submitted":        "Report submitted",
	"progress_report.accepted":         "Report accepted",
	"progress_report.returned":         "Report returned",
	"progress_report.superseded":       "Report corrected by a later one",
	"verification.recorded":            "Findings of a verification recorded",
}

// Chronicle says in words what an event was; false for one that another tells.
func Chronicle(event string) (string, bool) {
	words, ok := chronicle[event]
	return words, ok
}

// Subjects names what belongs to a commitment as its chronicle calls it, by the
// record's id.
func Subjects(amendments []Amendment, plan Plan) map[string]string {
	names := map[string]string{}
	for _, a := range amendments {
		names[string(a.ID)] = inWords(a.Changes())
	}
	for _, m := range plan.Milestones {
		names[string(m.ID)] = m.Title
	}
	for _, i := range plan.Indicators {
		names[string(i.ID)] = i.Title
	}
	for _, r := range plan.Reports {
		names[string(r.ID)] = r.Period.String()
	}
	return names
}
