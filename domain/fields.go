package domain

import (
	"maps"
	"slices"
)

// Fields is a set of members of one kind of record that not everyone sees, or
// writes, who reads or changes the record: "commitment.inside".
type Fields string

// The sets. What a record's JSON holds and no set names is for everyone who reads
// the record.
const (
	AccountLogin            Fields = "account.login"
	AccountOffice           Fields = "account.office"
	AdvisorInside           Fields = "advisor.inside"
	AmendmentInside         Fields = "amendment.inside"
	CalendarSubject         Fields = "calendar.subject"
	CommitmentInside        Fields = "commitment.inside"
	CommitmentPeople        Fields = "commitment.people"
	ConsultationInside      Fields = "consultation.inside"
	EntryEvidence           Fields = "contribution_entry.evidence"
	EntryInside             Fields = "contribution_entry.inside"
	CouncilRules            Fields = "council.rules"
	DocumentInside          Fields = "document.inside"
	DocumentInternal        Fields = "document.internal"
	EngagementInside        Fields = "engagement.inside"
	EngagementNotes         Fields = "engagement.notes"
	EngagementOutcome       Fields = "engagement.outcome"
	ExchangeRateInside      Fields = "exchange_rate.inside"
	HistoryNames            Fields = "history.names"
	InitiativeInside        Fields = "initiative.inside"
	InitiativeUnheard       Fields = "initiative.unheard"
	MandateNames            Fields = "mandate.names"
	MilestoneInside         Fields = "milestone.inside"
	OrganizationIdentifiers Fields = "organization.identifiers"
	OrganizationInside      Fields = "organization.inside"
	OrganizationVetted      Fields = "organization.vetted"
	ParticipantContact      Fields = "participant.contact"
	ParticipantDetails      Fields = "participant.details"
	ParticipantName         Fields = "participant.name"
	PartnershipConsent      Fields = "partnership.consent"
	PartnershipInside       Fields = "partnership.inside"
	ProgressReportInside    Fields = "progress_report.inside"
	RelationshipInside      Fields = "relationship.inside"
	ReportNearAdvisors      Fields = "report.near_advisors"
	StandingAdvice          Fields = "standing.advice"
	StandingGaps            Fields = "standing.gaps"
	SubmissionCodings       Fields = "submission.codings"
	SubmissionReceipt       Fields = "submission.receipt"
	TaskInside              Fields = "task.inside"
	TermDates               Fields = "term.dates"
	VerificationInside      Fields = "verification.inside"
)

// FieldLimit is who sees and who writes a set of members.
type FieldLimit struct {
	// Members are named as the contract names them; a dot leads into a list.
	Members []string
	// When is a member of the record and the value at which alone the limit holds.
	When [2]string
	// InPerson says that nobody sees or writes them by an API key.
	InPerson bool
	// ForMember says that who acts for a member of the own association sees and
	// writes them as its people do; else nobody does for another organization.
	ForMember bool
	// seen and written are as in the policy: roles, and where they stand to the
	// record. Where one is nil, whoever reads sees, and whoever may change writes.
	seen, written grants
}

// office are those of it who work with partners; accountable are also who hold
// them to account, and find who did what in the trail too.
var (
	office      = grants{Staff: All, System: All}
	accountable = grants{Staff: All, Auditor: All, System: All}
)

// fieldLimits are all that the renderers of package api leave out for somebody,
// and all that somebody who may change a record may not change of it.
var fieldLimits = map[Fields]FieldLimit{
	// By what name an advisor signs in a liaison need not know.
	AccountLogin:  {Members: []string{"login"}, When: [2]string{"role", "advisor"}, seen: grants{Advising: Self}},
	AccountOffice: {Members: []string{"office"}, written: grants{Admin: All, System: All}},
	AdvisorInside: {Members: []string{"stage"}, seen: grants{Liaison: All, Advising: Self}},
	// An advisor's calendar is looked at over shoulders.
	CalendarSubject: {Members: []string{"summary", "location", "description"}, seen: grants{Staff: All, Partner: All}},
	// Members of a council, and the office, know its rules.
	CouncilRules: {Members: []string{"min_seats", "seats", "term_years", "renewals", "assessment_days", "members_know_each_other"},
		seen: grants{Staff: All, Advising: Council}},
	// A fellow member sees an alias and no more.
	TermDates: {Members: []string{"advisor_id", "begins_on", "ends_on", "renewal"}, seen: grants{Liaison: All, Advising: Self}},

	// An organization sees all of its own file but the office's reasons, and writes
	// neither what would tell which identifiers are on file nor what was vetted.
	OrganizationInside: {Members: []string{"stage_reason", "created_at", "updated_at", "requirements_version", "approved_by", "approved_on",
		"conditions.fulfilled_by", "conditions.finding", "conditions.extension_reason"}, seen: grants{Admin: All, Staff: All, System: All}},
	OrganizationIdentifiers: {Members: []string{"identifiers"}, written: office},
	OrganizationVetted: {Members: []string{"legal_name", "type", "survivor_led", "attested_by", "parent_id", "country", "sector"},
		written: office},
	// The two of a relationship see what they are to each other, not what the office
	// goes by; who at the member gave a mandate is not its holder's to know.
	RelationshipInside: {Members: []string{"evidence", "recorded_by"}, seen: office},
	MandateNames:       {Members: []string{"granted_by", "revoked_by"}, seen: grants{Staff: All, Partner: Own, System: All}},
	StandingGaps:       {Members: []string{"gaps"}, seen: office},
	StandingAdvice:     {Members: []string{"advice"}, seen: grants{Partner: Own}},

	// Of what it promises and gives it sees all but who in the office did what, and
	// on what a verification rests, which may tell who spoke.
	PartnershipInside: {Members: []string{"stage_reason", "not_procurement", "attested_by", "attested_on", "estimated_value", "legacy_source",
		"renewal_requested_by", "requirements_id", "approved_under_id", "requested_by", "approved_by", "evaluation", "released_at", "released_by",
		"created_at", "updated_at"}, seen: accountable},
	PartnershipConsent: {Members: []string{"members.consented_at", "members.consented_by"}, seen: grants{Staff: All, Auditor: All, Partner: Own, System: All}},
	CommitmentInside: {Members: []string{"submitted_by", "accepted_by", "released_at", "released_by", "created_at", "updated_at"},
		seen: office},
	// Who at an organization does what is its own to know.
	CommitmentPeople:     {Members: []string{"consented_by", "reporting"}, seen: grants{Staff: All, Partner: Own, System: All}},
	HistoryNames:         {Members: []string{"by"}, seen: grants{Staff: All, Partner: Own}},
	AmendmentInside:      {Members: []string{"proposed_by", "decided_by"}, seen: accountable},
	MilestoneInside:      {Members: []string{"reported_by", "verified_by"}, seen: office},
	ProgressReportInside: {Members: []string{"submitted_by", "reviewed_by"}, seen: office},
	VerificationInside:   {Members: []string{"verified_by", "evidence", "evidence_url"}, InPerson: true, seen: office}, // it may tell who spoke, as an entry's does
	EntryInside:          {Members: []string{"recorded_by", "recorded_at"}, seen: accountable},
	EntryEvidence:        {Members: []string{"reference", "evidence", "reason"}, When: [2]string{"measure", "verified"}, InPerson: true, seen: office},
	ExchangeRateInside:   {Members: []string{"recorded_by"}, seen: accountable},
	DocumentInside:       {Members: []string{"versions.sent_by"}, seen: office},
	DocumentInternal:     {Members: []string{"internal"}, When: [2]string{"internal", "true"}, written: office},

	// Who takes part sees what was meant for them.
	InitiativeInside: {Members: []string{"objectives", "contributes_to", "pillars", "trafficking_types", "topics", "countries", "lead_office",
		"created_at", "updated_at"}, seen: office},
	InitiativeUnheard: {Members: []string{"unheard", "unheard_reason"}, InPerson: true, seen: office}, // that no survivor was heard tells of one who was
	EngagementInside:  {Members: []string{"stage_reason", "created_at", "updated_at"}, seen: office},
	EngagementNotes:   {Members: []string{"private_notes"}, InPerson: true, seen: office, written: office}, // a note may tell of an advisor
	// What was said there is for who was there.
	EngagementOutcome: {Members: []string{"shared_notes", "decisions"}, seen: grants{Staff: All, Partner: Shared, Advising: Shared, System: All}},
	ParticipantDetails: {Members: []string{"id", "engagement_id", "response", "organization_id", "account_id", "advisor_id", "presence", "paid",
		"session_minutes", "preparation_minutes", "debriefing_minutes"}, ForMember: true, seen: grants{Staff: All, Partner: Own, Advising: Self, System: All}},
	ParticipantContact: {Members: []string{"contact_id"}, seen: grants{Staff: All, Partner: Own, System: All}},
	ConsultationInside: {Members: []string{"audience", "excluded_organization_ids", "initiative_id", "stage_reason", "requested_by", "closed_at",
		"created_at", "updated_at"}, seen: office},
	// Others who take part learn of an advisor as much as the presence says.
	ParticipantName: {Members: []string{"name"}, When: [2]string{"presence", "counted"}, seen: grants{Staff: All, Partner: Own, Advising: Self, System: All}},
	// A receipt is its author's; what an answer is coded as is the office's.
	SubmissionReceipt: {Members: []string{"receipt"}, seen: grants{Partner: Own, Advising: Self}},
	SubmissionCodings: {Members: []string{"codings"}, seen: office},
	// A sum tells what its rows would: who took part, who was heard or not, and what
	// councils and consultations came to. No key is given these.
	ReportNearAdvisors: {Members: []string{"multilateral_engagements_by_organization", "organizations_engaged", "organizations_engaged_by_type",
		"organizations_engaged_repeatedly", "organizations_engaged_first", "organizations_engaged_survivor_led", "initiatives_heard_from_the_outset",
		"initiatives_cleared_unheard", "consultations_held", "consultation_submissions", "responses_published", "days_to_publication", "themes_answered",
		"recommendations_by_agency", "recommendations_by_state", "days_to_first_answer", "recommendations_implemented", "recommendations_assessed",
		"advisor_hours", "advisors_compensated"}, InPerson: true, seen: grants{Staff: All, Auditor: All}},
	TaskInside: {Members: []string{"source_kind", "source_id", "stage_reason"}, seen: grants{Staff: All, Custodian: All, System: All}},
}

// AllFields lists every set, in order.
func AllFields() []Fields { return slices.Sorted(maps.Keys(fieldLimits)) }

// Limit is the limit of a set; of one that nobody declared, an empty one.
func (f Fields) Limit() FieldLimit { return fieldLimits[f] }

// Reads reports whether the set is one that not everyone sees who reads.
func (l FieldLimit) Reads() bool { return l.seen != nil }

// Writes reports whether the set is one that not everyone writes who changes.
func (l FieldLimit) Writes() bool { return l.written != nil }

// Sees reports whether the actor sees a set of members of a record that it reads
// and to which it stands so. A set that nobody declared is seen by nobody.
func (a Actor) Sees(f Fields, stands Reach) bool {
	l := fieldLimits[f]
	return l.seen.to(a.Role)&(stands|All) != 0 && l.open(a)
}

// Writes reports whether the actor writes a set of members of a record that it
// may change and to which it stands so.
func (a Actor) Writes(f Fields, stands Reach) bool {
	l := fieldLimits[f]
	return l.written.to(a.Role)&(stands|All) != 0 && l.open(a)
}

// open reports whether the set is for who comes as the actor does: in person or by
// an API key, and for the own organization or another.
func (l FieldLimit) open(a Actor) bool {
	return (a.Key == nil || !l.InPerson) && (a.For == "" || l.ForMember)
}

// StandsTo is how the actor stands to what is an organization's own.
func (a Actor) StandsTo(of OrganizationID) Reach {
	if of != "" && a.Organization == of {
		return Own
	}
	return 0
}
