package domain

// Limits that several indicators share.
const (
	ledgerLimits = "What is not cash counts with the value that its giver or an appraiser gave it. Nothing is converted, and a reversal counts in the year in which it is made."
	stageNow     = "The stage is the one at the time of reading, also for a year that is over."
	heldOnly     = "Only what was marked as held counts; a contact that nobody wrote down does not."
	enough       = "A figure of ten advisors or fewer, none included, is not told, and neither are its rows. Consent to reporting is not recorded yet, so nobody is left out for want of it."
)

// reportIndicators are the reference sheets of every figure. "In the year" means
// on a day of the US fiscal year, by the day in UTC; "marked" means that the
// record names the report's objective.
var reportIndicators = []ReportIndicator{
	// 4.1: initiatives, multilateral engagement, public-private partnerships.
	{
		"4.1", "partnerships_by_state", FigureBreakdown, "Partnerships by stage", "partnerships",
		"Marked partnerships that were on record or approved before the year ended and had not ended before it began, by stage.",
		stageNow,
	},
	{
		"4.1", "partnerships_by_kind", FigureBreakdown, "Partnerships by kind", "partnerships",
		"The partnerships of partnerships_by_state, by kind: long-term, or short-term and cohosted.",
		"",
	},
	{
		"4.1", "partnerships_new", FigureCount, "New partnerships", "partnerships",
		"Marked partnerships first approved in the year.",
		"Approval, not signature: what was approved and never signed counts.",
	},
	{
		"4.1", "partnerships_renewed", FigureCount, "Renewed partnerships", "partnerships",
		"Marked partnerships renewed in the year.",
		"Of a partnership renewed several times only the last renewal is known.",
	},
	{
		"4.1", "partnerships_closed", FigureCount, "Closed partnerships", "partnerships",
		"Marked partnerships that expired or were terminated in the year.",
		"",
	},
	{
		"4.1", "reapprovals_overdue", FigureCount, "Partnerships whose reapproval is overdue", "partnerships",
		"Marked partnerships whose reapproval fell due before the year ended and that are waiting for it.",
		stageNow,
	},
	{
		"4.1", "commitments_accepted", FigureCount, "Commitments accepted", "commitments",
		"Marked commitments that the office accepted in the year, whatever became of them.",
		"",
	},
	{
		"4.1", "commitments_by_smart_score", FigureBreakdown, "Commitments accepted, by SMART score", "commitments",
		"Marked commitments that the office accepted in the year, by the score that each had when it was accepted, of 100 points, in quarters.",
		"The score says how a commitment is put, not whether it is kept. It stays as it was at acceptance, by the rules of that time. One that was accepted without a score stands under not_scored.",
	},
	{
		"4.1", "commitments_completed", FigurePair, "Commitments completed", "commitments",
		"Self-reported: marked commitments whose completion was claimed in the year. Verified: marked commitments that somebody who neither reported nor belongs to the organization verified as complete in the year.",
		"A claim of one year that is verified in the next counts once in each.",
	},
	{
		"4.1", "commitments_ended", FigureBreakdown, "Commitments ended, by outcome", "commitments",
		"Marked commitments that were accepted once and ended in the year, by how: verified complete, partly met, not met, lapsed or withdrawn.",
		"",
	},
	{
		"4.1", "milestones_met", FigurePair, "Milestones met", "milestones",
		"Self-reported: milestones of marked commitments reported as reached in the year and not rejected. Verified: those verified in the year.",
		"Of a milestone reported several times only the last report is known.",
	},
	{
		"4.1", "milestone_slip", FigureMedian, "Milestones: median slip", "days",
		"Median of the days from a milestone's due date to its report, over the self-reported milestones of milestones_met. Below zero is early.",
		"Milestones that are overdue and not reported do not count.",
	},
	{
		"4.1", "progress_reports_on_time", FigureBreakdown, "Progress reports on time", "progress reports",
		"Progress reports on marked commitments handed in during the year: on time within 30 days of the end of their period, else late.",
		"Corrections of earlier reports do not count, and neither do reports that never came.",
	},
	{
		"4.1", "commitments_promised", FigureAmounts, "Money promised in commitments", "money, by currency",
		"The amounts of the marked commitments accepted in the year that promise money, by currency.",
		"As the commitment reads now, with its approved amendments. Nothing is converted. What is pledged as a contribution counts in resources_pledged, too.",
	},
	{
		"4.1", "resources_pledged", FigureAmounts, "Resources pledged", "money, by currency",
		"What was pledged in the year as a contribution to a marked partnership or commitment, by currency: entries of the ledger, less those reversed in it.",
		ledgerLimits,
	},
	{
		"4.1", "resources_delivered", FigureAmounts, "Resources delivered, as reported", "money, by currency",
		"What its givers report as delivered in the year to marked partnerships and commitments, by currency.",
		ledgerLimits,
	},
	{
		"4.1", "resources_verified", FigureAmounts, "Resources delivered, as verified", "money, by currency",
		"What of the deliveries was verified in the year by somebody who reported none of them and is not of the giving organization, by currency.",
		ledgerLimits + " The delivery itself may lie in an earlier year.",
	},
	{
		"4.1", "multilateral_engagements", FigureCount, "Multilateral engagements", "engagements",
		"Marked multilateral sessions held in the year.",
		heldOnly,
	},
	{
		"4.1", "multilateral_engagements_by_organization", FigureBreakdown, "Multilateral engagements by organization", "engagements",
		"The engagements of multilateral_engagements, by each international organization that took part.",
		"One with several organizations counts for each, one with none for no one. Organizations of the same name count together.",
	},
	{
		"4.1", "initiatives_by_stage", FigureBreakdown, "Initiatives by stage", "initiatives",
		"Marked initiatives put on the agenda before the year ended, by stage.",
		stageNow,
	},
	{
		"4.1", "countries_reached", FigureBreakdown, "Countries reached", "records",
		"Marked partnerships active on a day of the year, commitments in force on a day of it and engagements held in it, by each country that they name.",
		"A record with several countries counts for each; one that names none does not count.",
	},
	{
		"4.1", "pillars_reached", FigureBreakdown, "Pillars reached", "records",
		"The records of countries_reached, by each pillar that they name.",
		"A record with several pillars counts for each; one that names none does not count.",
	},

	// 4.3: the private sector and civil society, including survivors.
	{
		"4.3", "engagements_held", FigureBreakdown, "Engagements held, by kind", "engagements",
		"Marked engagements held in the year, by kind.",
		heldOnly,
	},
	{
		"4.3", "organizations_engaged", FigureCount, "Organizations engaged", "organizations",
		"Organizations that took part in at least one marked engagement held in the year, each once.",
		heldOnly + " Who declined did not take part.",
	},
	{
		"4.3", "organizations_engaged_by_type", FigureBreakdown, "Organizations engaged, by type", "organizations",
		"The organizations of organizations_engaged, by type.",
		"",
	},
	{
		"4.3", "organizations_engaged_repeatedly", FigureCount, "Organizations engaged more than once", "organizations",
		"The organizations of organizations_engaged that took part in two or more such engagements in the year.",
		"",
	},
	{
		"4.3", "organizations_engaged_first", FigureCount, "Organizations engaged for the first time", "organizations",
		"The organizations of organizations_engaged that took part in no engagement, marked or not, held before the year.",
		"As far back as the records reach.",
	},
	{
		"4.3", "organizations_engaged_survivor_led", FigureCount, "Survivor-led organizations engaged", "organizations",
		"The organizations of organizations_engaged that are survivor-led, as somebody attested or by their type.",
		"As the organization's file reads now.",
	},
	{
		"4.3", "initiatives_heard_from_the_outset", FigureBreakdown, "Initiatives with a group heard from the outset", "initiatives",
		"Marked initiatives on which survivors, civil society or the private sector were first heard in the year, by group, if that was at agenda or scoping.",
		"Heard means in a held engagement or a submission that was handed in; what was said anonymously counts for no group, and what was withdrawn no longer counts.",
	},
	{
		"4.3", "initiatives_cleared_unheard", FigureBreakdown, "Initiatives cleared with a group unheard", "initiatives",
		"Marked initiatives that moved into clearance in the year with a group not heard, by each such group. The reason is kept with the initiative.",
		"",
	},
	{
		"4.3", "consultations_held", FigureCount, "Consultations held", "consultations",
		"Marked consultations that closed in the year.",
		"",
	},
	{
		"4.3", "consultation_submissions", FigurePeople, "Submissions to consultations, by category", "submissions",
		"Submissions counted in the results of marked consultations, in the year in which the results were counted, by category of submitter.",
		"Made of what the results themselves tell: categories too small to be told alone are counted together there and here, and a consultation with ten submissions or fewer in all adds nothing.",
	},
	{
		"4.3", "responses_published", FigureCount, "Consultations answered", "consultations",
		"Marked consultations whose responses were published in the year.",
		"",
	},
	{
		"4.3", "days_to_publication", FigureMedian, "Days to the published response, median", "days",
		"Median of the days from closing to publication, over the consultations of responses_published.",
		"Consultations that wait for their responses do not count.",
	},
	{
		"4.3", "themes_answered", FigureBreakdown, "Themes answered, by outcome", "themes",
		"Themes of the consultations of responses_published, by the outcome of their response: adopted, adopted in part, deferred, declined or out of scope.",
		"",
	},
	{
		"4.3", "recommendations_by_agency", FigureBreakdown, "Recommendations received, by agency", "recommendations put to an agency",
		"Recommendations of councils issued in the year, by each agency that they are addressed to.",
		"Recommendations name no objective, so all count.",
	},
	{
		"4.3", "recommendations_by_state", FigureBreakdown, "Recommendations by stage of the answer", "recommendations put to an agency",
		"Recommendations issued before the year ended, for each agency that they are addressed to, by the stage of its answer.",
		stageNow,
	},
	{
		"4.3", "days_to_first_answer", FigureMedian, "Days to an agency's first answer, median", "days",
		"Median of the days from issue to an agency's first answer, over first answers given in the year. A review that has begun is no answer.",
		"Recommendations without an answer do not count.",
	},
	{
		"4.3", "recommendations_implemented", FigurePair, "Recommendations implemented", "recommendations put to an agency",
		"Self-reported: recommendations that an agency called implemented in the year. Verified: those of them that count as such today, because the council has judged the answer other than not satisfied or let its time to judge lapse.",
		"The second figure can grow after the year.",
	},
	{
		"4.3", "recommendations_assessed", FigureBreakdown, "Recommendations assessed, by verdict", "recommendations put to an agency",
		"Agencies' answers whose judgment by the council, as it stands, was given in the year, by verdict.",
		"A judgment lapses when the agency takes a further step.",
	},
	{
		"4.3", "advisor_hours", FigureHours, "Hours of survivor advisors", "hours",
		"Hours that advisors gave to marked engagements held in the year, with preparation and debriefing.",
		enough,
	},
	{
		"4.3", "advisors_compensated", FigureShare, "Share of advisors' participations that are paid", "percent",
		"Of the times that an advisor took part in a marked engagement held in the year, the share that is paid.",
		enough + " A share is told only if more than ten advisors stand on each of its sides that has any.",
	},
}
