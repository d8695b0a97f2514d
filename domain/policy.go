package domain

import (
	"maps"
	"slices"
	"strings"
)

// Reach says which records a permission covers, as the union of relations
// between the actor and the record. The zero Reach covers none.
type Reach uint8

// The relations. What each means for a kind of record is written once, as SQL,
// beside that kind's table in package repository.
const (
	Self      Reach = 1 << iota // it is the actor's own: account, alias, submission, task
	Own                         // it belongs to the actor's organization
	Shared                      // the actor, or the actor's organization, takes part in it
	Council                     // it belongs to a council on which the actor sits
	Published                   // it is open to everyone
	All                         // every record of its kind
	Entrusted                   // it is of those that the actor's role looks after
	Assigned                    // it is of an advisor whom the actor is assigned to look after
)

// String names the relations, as the policy matrix shows them.
func (r Reach) String() string {
	var names []string
	for i, name := range []string{"self", "own", "shared", "council", "published", "all", "entrusted", "assigned"} {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " + ")
}

// Action is something that an actor does to a kind of record: "engagement.hold".
type Action string

// Verb is the action without its kind, as it stands in a path and in _actions.
func (a Action) Verb() string { return string(a)[strings.IndexByte(string(a), '.')+1:] }

// Kind is the kind of record that the action is about.
func (a Action) Kind() string { k, _, _ := strings.Cut(string(a), "."); return k }

type grants map[Role]Reach

// inherits names the role that another builds on: a liaison may what staff may,
// a partner's admin what a partner may.
var inherits = map[Role]Role{Liaison: Staff, PartnerAdmin: Partner}

// Reach returns the records on which the actor may do act. What anyone may,
// every role may; an API key, which is no role of its own, of what its creator may
// now what it names.
func (a Actor) Reach(act Action) Reach {
	g := policy[act]
	if a.Role == "" || a.Role == Service || a.Key != nil && !a.Key.covers(act) {
		return 0
	}
	if a.For != "" {
		return a.mandated(act) & (g[a.Role] | g[inherits[a.Role]])
	}
	if a.Organization != "" && !slices.Contains(approvedStages, a.Vetting) && !slices.Contains(untilApproved[act], a.Vetting) {
		return g[Anyone]
	}
	return g.to(a.Role)
}

// to is what is granted to a role, by itself, by the one that it builds on, and as
// to anyone.
func (g grants) to(r Role) Reach { return g[r] | g[inherits[r]] | g[Anyone] }

// ByAssignment reports whether a liaison may do it only for advisors whom that one is
// assigned to look after.
func (act Action) ByAssignment() bool { return policy[act][Liaison]&Assigned != 0 }

// Actions lists every action of the policy, in order.
func Actions() []Action { return slices.Sorted(maps.Keys(policy)) }

// Permitted lists the roles that may ever do act, an API key among them if it can
// be given it.
func Permitted(act Action) []Role {
	var out []Role
	for _, r := range Roles() {
		if (Actor{Role: r}).May(act) || r == Service && act.Delegable() {
			out = append(out, r)
		}
	}
	return out
}

// The actions, by kind of record. A transition's action has the verb of its path.
const (
	ReadReference Action = "reference.read"

	ReadAccount    Action = "account.read"
	EditAccount    Action = "account.edit"
	SuspendAccount Action = "account.suspend"
	RestoreAccount Action = "account.restore"
	ReadInvitation Action = "invitation.read"
	Invite         Action = "invitation.create"
	RevokeInvite   Action = "invitation.revoke"
	AcceptInvite   Action = "invitation.accept"
	ApproveInvite  Action = "invitation.approve"
	ReadGrant      Action = "grant.read"
	ProposeGrant   Action = "grant.create"
	ApproveGrant   Action = "grant.approve"
	DeclineGrant   Action = "grant.decline"
	SignIn         Action = "session.create"
	RefreshSession Action = "session.refresh"
	EndSession     Action = "session.end"
	QuickExit      Action = "session.quick_exit"
	ProveSession   Action = "session.prove"
	ReadOwnAccount Action = "account.read_own"
	ChangePassword Action = "account.change_password"
	ReadFactor     Action = "factor.read"
	EnrollFactor   Action = "factor.enroll"
	ConfirmFactor  Action = "factor.confirm"
	RemoveFactor   Action = "factor.remove"
	RenewCodes     Action = "factor.renew_recovery_codes"
	ReadIdentity   Action = "identity.read"
	LinkIdentity   Action = "identity.link"
	UnlinkIdentity Action = "identity.unlink"
	ReadReset      Action = "reset.read"
	RequestReset   Action = "reset.request"
	CreateReset    Action = "reset.create"
	IssueReset     Action = "reset.issue"
	ConfirmReset   Action = "reset.confirm"
	WithdrawReset  Action = "reset.withdraw"
	UseReset       Action = "reset.use"
	ReadSession    Action = "session.read"
	ReadAuditTrail Action = "audit.read"

	ReadAPIKey   Action = "api_key.read"
	CreateAPIKey Action = "api_key.create"
	RotateAPIKey Action = "api_key.rotate"
	RevokeAPIKey Action = "api_key.revoke"
	NoteAPIKey   Action = "api_key.note" // that it was refused because of the address

	ReadSigningKey   Action = "signing_key.read"
	RotateSigningKey Action = "signing_key.rotate"
	RetireSigningKey Action = "signing_key.retire"

	ReadImport   Action = "import.read"
	CreateImport Action = "import.create"
	StartImport  Action = "import.start"
	FinishImport Action = "import.finish"
	FailImport   Action = "import.fail"

	ReadOrganization    Action = "organization.read"
	CreateOrganization  Action = "organization.create"
	EditOrganization    Action = "organization.edit"
	SubmitOrganization  Action = "organization.submit"
	ScreenOrganization  Action = "organization.screen"
	DiligenceOrg        Action = "organization.begin_due_diligence"
	ReviewOrganization  Action = "organization.begin_legal_ethics_review"
	ApproveOrganization Action = "organization.approve"
	ConditionOrg        Action = "organization.approve_with_conditions"
	DeclineOrganization Action = "organization.decline"
	SuspendOrganization Action = "organization.suspend"
	RestoreOrganization Action = "organization.restore"
	DebarOrganization   Action = "organization.debar"
	ReadContact         Action = "contact.read"
	CreateContact       Action = "contact.create"
	EditContact         Action = "contact.edit"
	RemoveContact       Action = "contact.remove"
	ReadCheck           Action = "check.read"
	RequestCheck        Action = "check.create"
	RecordCheck         Action = "check.record"
	ExpireOrganization  Action = "organization.expire"
	ReadStanding        Action = "organization.read_standing"
	FulfillCondition    Action = "organization.fulfill_condition"
	ExtendCondition     Action = "organization.extend_condition"
	ReadDuplicates      Action = "organization.read_duplicates"
	DistinguishOrg      Action = "organization.distinguish"
	ReadMerge           Action = "merge.read"
	PreviewMerge        Action = "merge.preview"
	ProposeMerge        Action = "merge.create"
	ApproveMerge        Action = "merge.approve"
	DeclineMerge        Action = "merge.decline"
	UndoMerge           Action = "merge.undo"
	ReadWaiver          Action = "waiver.read"
	RequestWaiver       Action = "waiver.create"
	GrantWaiver         Action = "waiver.grant"
	DeclineWaiver       Action = "waiver.decline"
	RevokeWaiver        Action = "waiver.revoke"
	ReadVettingRules    Action = "vetting_requirements.read"
	WriteVettingRules   Action = "vetting_requirements.create"

	Apply               Action = "application.create"
	OpenApplication     Action = "application.open"
	WithdrawApplication Action = "application.withdraw"
	ClaimInvitation     Action = "application.claim_invitation"
	ReadApplication     Action = "application.read"
	AcceptApplication   Action = "application.accept"
	DeclineApplication  Action = "application.decline"
	ForgetApplication   Action = "application.forget"

	ReadRelationship   Action = "relationship.read"
	CreateRelationship Action = "relationship.create"
	EditRelationship   Action = "relationship.edit"
	ReadMandate        Action = "mandate.read"
	GrantMandate       Action = "mandate.grant"
	RevokeMandate      Action = "mandate.revoke"

	ReadPartnership      Action = "partnership.read"
	CreatePartnership    Action = "partnership.create"
	EditPartnership      Action = "partnership.edit"
	DiligencePartnership Action = "partnership.begin_due_diligence"
	DraftPartnershipMemo Action = "partnership.draft_memo"
	RequestClearances    Action = "partnership.request_clearances"
	SendBackPartnership  Action = "partnership.send_back"
	AttestPartnership    Action = "partnership.attest"
	ApprovePartnership   Action = "partnership.approve"
	SignPartnership      Action = "partnership.sign"
	ActivatePartnership  Action = "partnership.activate"
	ReapprovalFallsDue   Action = "partnership.fall_due"
	RenewPartnership     Action = "partnership.renew"
	ExpirePartnership    Action = "partnership.expire"
	TerminatePartnership Action = "partnership.terminate"
	CloseOutPartnership  Action = "partnership.close_out"
	EvaluatePartnership  Action = "partnership.evaluate"
	ConsentPartnership   Action = "partnership.consent"
	UnconsentPartnership Action = "partnership.withdraw_consent"
	PublishPartnership   Action = "partnership.publish"
	UnpublishPartnership Action = "partnership.unpublish"
	RecordPartnership    Action = "partnership.record"
	AssignRemedy         Action = "partnership.assign_remedy"
	ResolveRemedy        Action = "partnership.resolve_remedy"
	ReadDossier          Action = "partnership.read_dossier"
	ReadBundle           Action = "partnership.read_bundle"
	WriteElement         Action = "partnership.write_element"
	DecideClearance      Action = "partnership.decide_clearance"
	ReopenClearance      Action = "partnership.reopen_clearance"
	RequestReapproval    Action = "partnership.request_reapproval"
	ReadRequirements     Action = "requirements.read"
	ProposeRequirement   Action = "requirements.propose"
	AdoptRequirements    Action = "requirements.adopt"
	ReadContribution     Action = "contribution.read"
	ReadContributionSums Action = "contribution.read_totals"
	PledgeNew            Action = "contribution.create"
	PledgeContribution   Action = "contribution.pledge"
	DeliverContribution  Action = "contribution.deliver"
	VerifyContribution   Action = "contribution.verify"
	ReverseContribution  Action = "contribution.reverse"
	ReadLedgerEntry      Action = "contribution_entry.read"
	ReadExchangeRate     Action = "exchange_rate.read"
	RecordExchangeRate   Action = "exchange_rate.record"
	ReadCommitment       Action = "commitment.read"
	CreateCommitment     Action = "commitment.create"
	RecordCommitment     Action = "commitment.record"
	EditCommitment       Action = "commitment.edit"
	SubmitCommitment     Action = "commitment.submit"
	ReturnCommitment     Action = "commitment.return"
	AcceptCommitment     Action = "commitment.accept"
	ActivateCommitment   Action = "commitment.activate"
	ClaimCommitment      Action = "commitment.claim_completion"
	VerifyCommitment     Action = "commitment.verify"
	LapseCommitment      Action = "commitment.lapse"
	WithdrawCommitment   Action = "commitment.withdraw"
	ConsentCommitment    Action = "commitment.consent"
	UnconsentCommitment  Action = "commitment.withdraw_consent"
	PublishCommitment    Action = "commitment.publish"
	UnpublishCommitment  Action = "commitment.unpublish"
	HandOverCommitment   Action = "commitment.hand_over"
	ReadAmendment        Action = "amendment.read"
	ProposeAmendment     Action = "amendment.create"
	ApproveAmendment     Action = "amendment.approve"
	DeclineAmendment     Action = "amendment.decline"
	ReadMilestone        Action = "milestone.read"
	CreateMilestone      Action = "milestone.create"
	EditMilestone        Action = "milestone.edit"
	RemoveMilestone      Action = "milestone.remove"
	ReportMilestone      Action = "milestone.report"
	VerifyMilestone      Action = "milestone.verify"
	RejectMilestone      Action = "milestone.reject"
	ReadIndicator        Action = "indicator.read"
	CreateIndicator      Action = "indicator.create"
	EditIndicator        Action = "indicator.edit"
	RemoveIndicator      Action = "indicator.remove"
	ReadProgressReport   Action = "progress_report.read"
	CreateProgressReport Action = "progress_report.create"
	EditProgressReport   Action = "progress_report.edit"
	ReadReportSheet      Action = "report_sheet.read"
	SubmitProgressReport Action = "progress_report.submit"
	AcceptProgressReport Action = "progress_report.accept"
	ReturnProgressReport Action = "progress_report.return"
	VerifyProgressReport Action = "progress_report.verify"
	ReadVerification     Action = "verification.read"
	ReadRegister         Action = "register.read"

	ReadReport     Action = "report.read"
	ReadReportRows Action = "report.read_rows"

	ReadAdvisor     Action = "advisor.read"
	CreateAdvisor   Action = "advisor.create"
	EditAdvisor     Action = "advisor.edit"
	RenameAdvisor   Action = "advisor.rename"
	ChooseAlias     Action = "advisor.choose_alias"
	PauseAdvisor    Action = "advisor.pause"
	ResumeAdvisor   Action = "advisor.resume"
	RetireAdvisor   Action = "advisor.retire"
	InviteAdvisor   Action = "advisor.invite" // to an account, by which one reads what is the advisor's own
	AssignLiaison   Action = "advisor.assign"
	ReadAssignment  Action = "assignment.read"
	EndAssignment   Action = "assignment.end"
	ReadSafeContact Action = "safe_contact.read"
	EditSafeContact Action = "safe_contact.edit"

	CancelSafeContact     Action = "safe_contact.cancel"
	IssueSafeContactToken Action = "safe_contact.issue_token"
	UseSafeContactToken   Action = "safe_contact.use_token"
	SettleSafeContact     Action = "safe_contact.settle"

	ReadVaultEntry  Action = "vault_entry.read"
	WriteVaultEntry Action = "vault_entry.write"
	EraseVaultEntry Action = "vault_entry.erase"
	RedoErasure     Action = "erasure.redo"      // of what a backup brought back
	CarryOutErasure Action = "erasure.carry_out" // of what a legal hold kept
	ReadAccessLog   Action = "access_log.read"

	ReadLegalHold    Action = "legal_hold.read"
	ProposeLegalHold Action = "legal_hold.create"
	ConfirmLegalHold Action = "legal_hold.confirm"
	DeclineLegalHold Action = "legal_hold.decline"
	LiftLegalHold    Action = "legal_hold.lift"
	EndLegalHold     Action = "legal_hold.end"

	ReadCouncil                Action = "council.read"
	CreateCouncil              Action = "council.create"
	EditCouncil                Action = "council.edit"
	ReadComposition            Action = "council.read_composition"
	ReadTerm                   Action = "term.read"
	CreateTerm                 Action = "term.create"
	EndTerm                    Action = "term.end"
	RemoveTerm                 Action = "term.remove"
	ReadRecommendation         Action = "recommendation.read"
	CreateRecommendation       Action = "recommendation.create"
	RecordRecommendation       Action = "recommendation.record"
	EditRecommendation         Action = "recommendation.edit"
	IssueRecommendation        Action = "recommendation.issue"
	RemoveRecommendation       Action = "recommendation.remove"
	ReadAgencyResponse         Action = "agency_response.read"
	ReviewAgencyResponse       Action = "agency_response.review"
	AcceptAgencyResponse       Action = "agency_response.accept"
	AcceptAgencyResponseInPart Action = "agency_response.accept_in_part"
	DeclineAgencyResponse      Action = "agency_response.decline"
	BeginAgencyResponse        Action = "agency_response.begin"
	ImplementAgencyResponse    Action = "agency_response.implement"
	OvertakeAgencyResponse     Action = "agency_response.overtake"
	AssessAgencyResponse       Action = "agency_response.assess"

	ReadInitiative    Action = "initiative.read"
	CreateInitiative  Action = "initiative.create"
	EditInitiative    Action = "initiative.edit"
	AdvanceInitiative Action = "initiative.advance"
	ReadHearing       Action = "hearing.read"

	ReadEngagement       Action = "engagement.read"
	CreateEngagement     Action = "engagement.create"
	RecordEngagement     Action = "engagement.record"
	EditEngagement       Action = "engagement.edit"
	InviteEngagement     Action = "engagement.invite"
	ConfirmEngagement    Action = "engagement.confirm"
	HoldEngagement       Action = "engagement.hold"
	RecordOutcome        Action = "engagement.record_outcome"
	CloseEngagement      Action = "engagement.close"
	CancelEngagement     Action = "engagement.cancel"
	PostponeEngagement   Action = "engagement.postpone"
	RescheduleEngagement Action = "engagement.reschedule"
	DeclineEngagement    Action = "engagement.decline"
	ReadParticipant      Action = "participant.read"
	CreateParticipant    Action = "participant.create"
	EditParticipant      Action = "participant.edit"
	RemoveParticipant    Action = "participant.remove"
	AcceptParticipation  Action = "participant.accept"
	DeclineParticipation Action = "participant.decline"
	HideParticipation    Action = "participant.hide"

	ReadTask   Action = "task.read"
	CreateTask Action = "task.create"
	EditTask   Action = "task.edit"
	FinishTask Action = "task.finish"
	DropTask   Action = "task.drop"

	ReadNotice Action = "notice.read"
	MarkNotice Action = "notice.mark"
	Tell       Action = "notice.create"

	ReadFeed     Action = "feed.read"
	IssueFeed    Action = "feed.create"
	StopFeed     Action = "feed.remove"
	ReadCalendar Action = "calendar.read"

	ReadConsultation       Action = "consultation.read"
	CreateConsultation     Action = "consultation.create"
	EditConsultation       Action = "consultation.edit"
	RequestClearance       Action = "consultation.request_clearance"
	ReturnConsultation     Action = "consultation.return"
	ClearConsultation      Action = "consultation.clear"
	RescheduleConsultation Action = "consultation.reschedule"
	OpenConsultation       Action = "consultation.open"
	PauseConsultation      Action = "consultation.pause"
	ResumeConsultation     Action = "consultation.resume"
	CloseConsultation      Action = "consultation.close"
	BeginAnalysis          Action = "consultation.begin_analysis"
	BeginResponse          Action = "consultation.begin_response"
	PublishResults         Action = "consultation.publish_results"
	PublishConsultation    Action = "consultation.publish"
	ArchiveConsultation    Action = "consultation.archive"
	JoinConsultation       Action = "consultation.join"
	JoinAnonymously        Action = "consultation.join_anonymously"
	ReadResults            Action = "results.read"
	ReadSubmission         Action = "submission.read"
	CreateSubmission       Action = "submission.create"
	EditSubmission         Action = "submission.edit"
	SubmitSubmission       Action = "submission.submit"
	AmendSubmission        Action = "submission.amend"
	WithdrawSubmission     Action = "submission.withdraw"
	LapseSubmission        Action = "submission.lapse"
	AcceptSubmission       Action = "submission.accept"
	WithholdSubmission     Action = "submission.withhold"
	ReadSubmissionVersions Action = "submission.read_versions"
	ReadMessage            Action = "message.read"
	CreateMessage          Action = "message.create"
	ReadReceipt            Action = "receipt.read"
	CreateReceipt          Action = "receipt.create"
	AmendReceipt           Action = "receipt.amend"
	WithdrawReceipt        Action = "receipt.withdraw"
	WriteReceipt           Action = "receipt.write"
	VerifyReceipt          Action = "receipt.verify"
	ReadTheme              Action = "theme.read"
	CreateTheme            Action = "theme.create"
	EditTheme              Action = "theme.edit"
	RetireTheme            Action = "theme.retire"
	ReadCoding             Action = "coding.read"
	CreateCoding           Action = "coding.create"
	RemoveCoding           Action = "coding.remove"
	ReadResponse           Action = "response.read"
	CreateResponse         Action = "response.create"
	EditResponse           Action = "response.edit"

	ReadDocument       Action = "document.read"
	CreateDocument     Action = "document.create"
	AddDocumentVersion Action = "document.add_version"
	RemoveDocument     Action = "document.remove"
	ReadFile           Action = "document.link"
	ScanDocument       Action = "document.scan"
	OpenLink           Action = "file.read"
	ReadUpload         Action = "upload.read"
	BeginUpload        Action = "upload.create"
	ContinueUpload     Action = "upload.continue"
	EndUpload          Action = "upload.end"
)

// policy is the whole of who may do what. What is not here is refused.
var policy = map[Action]grants{
	ReadReference: {Anyone: Published},

	// Accounts. Nobody reads another's sessions or credentials. An admin looks
	// after all accounts and invitations but those of advisors, a liaison after
	// those of advisors.
	ReadOwnAccount: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self},
	ReadAccount:    {Admin: Entrusted, PartnerAdmin: Own | Self, Liaison: Entrusted, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	EditAccount:    {Admin: Entrusted, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, System: All}, // an advisor's name is the alias
	SuspendAccount: {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted},
	RestoreAccount: {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted},
	ChangePassword: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self},
	ReadInvitation: {Admin: Entrusted, PartnerAdmin: Own, Liaison: Self, System: All},
	Invite:         {Admin: Entrusted, PartnerAdmin: Own, Liaison: Self, System: All},
	RevokeInvite:   {Admin: Entrusted, PartnerAdmin: Own, Liaison: Self, System: All},
	AcceptInvite:   {Anyone: Published, System: All},
	// No one person gives a role that leads to advisors, or makes an admin: one
	// proposes, another approves (domain/grant.go).
	ApproveInvite:  {Admin: Entrusted, System: All},
	ReadGrant:      {Admin: All, System: All},
	ProposeGrant:   {Admin: All},
	ApproveGrant:   {Admin: All, System: All},
	DeclineGrant:   {Admin: All, System: All},
	SignIn:         {Anyone: Published},
	RefreshSession: {Anyone: Published},
	EndSession:     {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	ReadSession:    {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	ReadAuditTrail: {Auditor: All, System: All},
	QuickExit:      {Anyone: Published},
	ProveSession:   {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self},

	// Second factors are their account's alone. Who lost a password or a factor is
	// let in again by whoever looks after the account.
	ReadFactor:    {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	EnrollFactor:  {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	ConfirmFactor: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	RemoveFactor:  {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	RenewCodes:    {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self},
	// An issuer's word counts for whoever linked it; for an advisor none ever does.
	ReadIdentity:   {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, System: All},
	LinkIdentity:   {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, System: All},
	UnlinkIdentity: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, System: All},
	ReadReset:      {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted, System: All},
	RequestReset:   {Anyone: Published, System: All},
	CreateReset:    {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted},
	IssueReset:     {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted},
	ConfirmReset:   {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted},
	WithdrawReset:  {Admin: Entrusted, PartnerAdmin: Own, Liaison: Entrusted, System: All},
	UseReset:       {Anyone: Published, System: All},

	// API keys. Whoever has something to delegate makes them, of one's own alone:
	// a new secret lets its holder act in the creator's place, so nobody else is
	// given one. Ending them is also an admin's, and in an organization its admin's.
	ReadAPIKey:   {Admin: All, Staff: Self, Auditor: Self, PartnerAdmin: Self | Own, System: All},
	CreateAPIKey: {Admin: Self, Staff: Self, Auditor: Self, PartnerAdmin: Self},
	RotateAPIKey: {Admin: Self, Staff: Self, Auditor: Self, PartnerAdmin: Self},
	RevokeAPIKey: {Admin: All, Staff: Self, Auditor: Self, PartnerAdmin: Self | Own, System: All},
	NoteAPIKey:   {System: All},

	// The keys that sign access tokens are the server's own and an operator's.
	ReadSigningKey:   {System: All},
	RotateSigningKey: {System: All},
	RetireSigningKey: {System: All},

	// Imports. A staff member loads as that staff member; the server moves on.
	ReadImport:   {Staff: All, System: All},
	CreateImport: {Staff: All, System: All},
	StartImport:  {System: All},
	FinishImport: {System: All},
	FailImport:   {System: All},

	// Organizations. A partner sees its own file; what is published of others
	// is on the public register and nowhere else.
	ReadOrganization:    {Admin: All, Staff: All, Partner: Own, System: All},
	CreateOrganization:  {Staff: All, System: All},
	EditOrganization:    {Staff: All, PartnerAdmin: Own, System: All},
	SubmitOrganization:  {Staff: All, PartnerAdmin: Own},
	ScreenOrganization:  {Staff: All},
	DiligenceOrg:        {Staff: All},
	ReviewOrganization:  {Staff: All},
	ApproveOrganization: {Staff: All},
	ConditionOrg:        {Staff: All},
	DeclineOrganization: {Staff: All},
	SuspendOrganization: {Staff: All},
	RestoreOrganization: {Staff: All},
	DebarOrganization:   {Staff: All},
	ReadContact:         {Staff: All, Partner: Own},
	CreateContact:       {Staff: All, PartnerAdmin: Own},
	EditContact:         {Staff: All, PartnerAdmin: Own},
	RemoveContact:       {Staff: All, PartnerAdmin: Own},
	ReadCheck:           {Staff: All, System: All},
	RequestCheck:        {Staff: All},
	RecordCheck:         {Staff: All},
	ExpireOrganization:  {System: All},
	ReadStanding:        {Staff: All, Partner: Own}, // a partner: whether, not why
	FulfillCondition:    {Staff: All},
	ExtendCondition:     {Staff: All},
	ReadDuplicates:      {Staff: All},
	DistinguishOrg:      {Staff: All},
	// Two organizations become one by two persons (domain/merge.go).
	ReadMerge:         {Staff: All, System: All},
	PreviewMerge:      {Staff: All},
	ProposeMerge:      {Staff: All},
	ApproveMerge:      {Staff: All},
	DeclineMerge:      {Staff: All, System: All},
	UndoMerge:         {Staff: All},
	ReadWaiver:        {Staff: All, System: All},
	RequestWaiver:     {Staff: All},
	GrantWaiver:       {Staff: All},
	DeclineWaiver:     {Staff: All},
	RevokeWaiver:      {Staff: All},
	ReadVettingRules:  {Admin: All, Staff: All, System: All},
	WriteVettingRules: {Admin: All},

	// Applications. Anybody may apply for an organization, and reads and withdraws
	// what the code opens that was given for it; the office takes it in.
	Apply:               {Anyone: Published},
	OpenApplication:     {Anyone: Published},
	WithdrawApplication: {Anyone: Published},
	ClaimInvitation:     {Anyone: Published},
	ReadApplication:     {Staff: All, System: All},
	AcceptApplication:   {Staff: All},
	DeclineApplication:  {Staff: All},
	ForgetApplication:   {System: All},

	// Relationships. Own is an organization's own, shared another's to it; who is
	// neither doesn't see that there is one. A member alone lets its association
	// act for it, and any of its people takes that back.
	ReadRelationship:   {Staff: All, Partner: Own | Shared, System: All},
	CreateRelationship: {Staff: All},
	EditRelationship:   {Staff: All},
	ReadMandate:        {Staff: All, Partner: Own | Shared, System: All},
	GrantMandate:       {PartnerAdmin: Own},
	RevokeMandate:      {Staff: All, Partner: Own},

	// Partnerships. A member sees one from the memorandum's draft on, and agrees
	// to its publication for itself alone.
	ReadPartnership:      {Staff: All, Partner: Shared, System: All},
	CreatePartnership:    {Staff: All, System: All},
	EditPartnership:      {Staff: All, System: All},
	DiligencePartnership: {Staff: All},
	DraftPartnershipMemo: {Staff: All},
	RequestClearances:    {Staff: All},
	SendBackPartnership:  {Staff: All},
	AttestPartnership:    {Staff: All},
	ApprovePartnership:   {Staff: All},
	SignPartnership:      {Staff: All},
	ActivatePartnership:  {Staff: All},
	ReapprovalFallsDue:   {Staff: All, System: All},
	RenewPartnership:     {Staff: All},
	ExpirePartnership:    {Staff: All, System: All},
	TerminatePartnership: {Staff: All},
	CloseOutPartnership:  {Staff: All},
	EvaluatePartnership:  {Staff: All},
	ConsentPartnership:   {Partner: Shared},
	UnconsentPartnership: {Partner: Shared},
	PublishPartnership:   {Staff: All},
	UnpublishPartnership: {Staff: All},
	RecordPartnership:    {Staff: All, System: All}, // as it stands in an older register
	AssignRemedy:         {Staff: All},
	ResolveRemedy:        {Staff: All},

	// What the office deliberates: elements, clearances, the checklist. An auditor
	// reads it in the bundle. Which office clears is told by its people's accounts.
	ReadDossier:        {Staff: All},
	ReadBundle:         {Staff: All, Auditor: All},
	WriteElement:       {Staff: All, System: All},
	DecideClearance:    {Staff: All},
	ReopenClearance:    {Staff: All},
	RequestReapproval:  {Staff: All},
	ReadRequirements:   {Admin: All, Staff: All, Auditor: All, System: All},
	ProposeRequirement: {Admin: All, Staff: All}, // and another person adopts
	AdoptRequirements:  {Admin: All, Staff: All},

	// Contributions. A partner enters and sees what its own organization gives, in
	// partnerships that it sees; the office verifies. The ledger itself takes no
	// change from anyone.
	ReadContribution:     {Staff: All, Partner: Own, System: All},
	ReadContributionSums: {Staff: All, Auditor: All, Partner: Own},
	PledgeNew:            {Staff: All, Partner: Own, System: All},
	PledgeContribution:   {Staff: All, Partner: Own, System: All},
	DeliverContribution:  {Staff: All, Partner: Own, System: All},
	VerifyContribution:   {Staff: All, System: All},
	ReverseContribution:  {Staff: All, Partner: Own},
	ReadLedgerEntry:      {Staff: All, Partner: Own, System: All},
	ReadExchangeRate:     {Staff: All, Auditor: All, Partner: All, System: All},
	RecordExchangeRate:   {Staff: All},

	// Commitments. A partner writes and reports on its own organization's; the
	// office decides and verifies. Each side agrees to publication for itself.
	ReadCommitment:       {Staff: All, Partner: Own, System: All},
	CreateCommitment:     {Staff: All, Partner: Own, System: All},
	RecordCommitment:     {Staff: All, System: All}, // as it stands in a register
	EditCommitment:       {Staff: All, Partner: Own, System: All},
	SubmitCommitment:     {Staff: All, Partner: Own},
	ReturnCommitment:     {Staff: All},
	AcceptCommitment:     {Staff: All},
	ActivateCommitment:   {Staff: All},
	ClaimCommitment:      {Staff: All, Partner: Own},
	VerifyCommitment:     {Staff: All},
	LapseCommitment:      {Staff: All},
	WithdrawCommitment:   {Staff: All, Partner: Own},
	ConsentCommitment:    {Partner: Own},
	UnconsentCommitment:  {Partner: Own},
	PublishCommitment:    {Staff: All},
	UnpublishCommitment:  {Staff: All},
	HandOverCommitment:   {Staff: All, PartnerAdmin: Own},
	ReadAmendment:        {Staff: All, Partner: Own, System: All},
	ProposeAmendment:     {Staff: All, Partner: Own},
	ApproveAmendment:     {Staff: All},
	DeclineAmendment:     {Staff: All},
	ReadMilestone:        {Staff: All, Partner: Own, System: All},
	CreateMilestone:      {Staff: All, Partner: Own, System: All},
	EditMilestone:        {Staff: All, Partner: Own},
	RemoveMilestone:      {Staff: All, Partner: Own},
	ReportMilestone:      {Staff: All, Partner: Own},
	VerifyMilestone:      {Staff: All},
	RejectMilestone:      {Staff: All},
	ReadIndicator:        {Staff: All, Partner: Own, System: All},
	CreateIndicator:      {Staff: All, Partner: Own, System: All},
	EditIndicator:        {Staff: All, Partner: Own},
	RemoveIndicator:      {Staff: All, Partner: Own},
	ReadProgressReport:   {Staff: All, Partner: Own, System: All},
	CreateProgressReport: {Staff: All, Partner: Own},
	EditProgressReport:   {Staff: All, Partner: Own},
	ReadReportSheet:      {Staff: All, Partner: Own},
	SubmitProgressReport: {Staff: All, Partner: Own},
	AcceptProgressReport: {Staff: All},
	ReturnProgressReport: {Staff: All},
	VerifyProgressReport: {Staff: All},
	ReadVerification:     {Staff: All, Partner: Own, System: All},

	// The public register: what both sides agreed to publish.
	ReadRegister: {Anyone: Published},

	// Reports. Whoever may read them reads every figure; an auditor sees of the
	// rows behind it which records they are, and not what these are called.
	ReadReport:     {Staff: All, Auditor: All},
	ReadReportRows: {Staff: All, Auditor: All},

	// Advisors. Staff see an alias, expertise and languages; a liaison who is assigned
	// to one also how to make contact; only the advisor what is in the vault, and never
	// its contents. Nobody else sees that there are advisors.
	ReadAdvisor:     {Staff: All, Advising: Self, System: All},
	CreateAdvisor:   {Liaison: All},
	EditAdvisor:     {Liaison: All, Advising: Self},
	RenameAdvisor:   {Liaison: All, Advising: Self},
	ChooseAlias:     {Liaison: All}, // a refusal tells that the alias is taken
	PauseAdvisor:    {Liaison: All, Advising: Self},
	ResumeAdvisor:   {Liaison: All, Advising: Self},
	RetireAdvisor:   {Liaison: All, Advising: Self},
	ReadSafeContact: {Liaison: Assigned, Advising: Self},
	EditSafeContact: {Liaison: Assigned, Advising: Self},
	// A change waits; who reads it can stop it, and so can who was given a token by the
	// former way, which a liaison does.
	CancelSafeContact:     {Liaison: Assigned, Advising: Self},
	IssueSafeContactToken: {Liaison: Assigned},
	UseSafeContactToken:   {Anyone: Published, System: All},
	SettleSafeContact:     {System: All},
	// Who is assigned hands over, and a custodian, who reads nothing of an advisor,
	// assigns where nobody is left. Nobody can assign themselves, nor an admin anybody.
	InviteAdvisor:  {Liaison: Assigned},
	AssignLiaison:  {Liaison: Assigned, Custodian: All},
	ReadAssignment: {Liaison: All, Custodian: All, Advising: Self, System: All},
	EndAssignment:  {Liaison: Assigned | Self, Custodian: All, System: All},

	ReadVaultEntry:  {Advising: Self},
	WriteVaultEntry: {Advising: Self},
	EraseVaultEntry: {Advising: Self},
	RedoErasure:     {System: All},
	CarryOutErasure: {System: All},
	ReadAccessLog:   {Advising: Self},

	// Legal holds. One custodian proposes, another confirms
	// (domain/legalhold.go). They show whom they are about by an id and open nothing; the
	// advisor sees in the vault entry what keeps it.
	ReadLegalHold:    {Custodian: All, System: All},
	ProposeLegalHold: {Custodian: All},
	ConfirmLegalHold: {Custodian: All},
	DeclineLegalHold: {Custodian: All, System: All},
	LiftLegalHold:    {Custodian: All},
	EndLegalHold:     {System: All},

	// Councils. Name and statute are public. Council covers the terms of fellow
	// members only where the council lets members know each other.
	ReadCouncil:     {Anyone: Published, Staff: All, Advising: Council, System: All},
	CreateCouncil:   {Liaison: All, System: All},
	EditCouncil:     {Liaison: All},
	ReadComposition: {Staff: All, Advising: Council},
	ReadTerm:        {Liaison: All, Advising: Self | Council, System: All},
	CreateTerm:      {Liaison: All, System: All},
	EndTerm:         {Liaison: All, Advising: Self},
	RemoveTerm:      {Liaison: All},

	// Recommendations. Only the council judges what agencies answer.
	ReadRecommendation:         {Anyone: Published, Staff: All, Advising: Council, System: All},
	CreateRecommendation:       {Staff: All, Advising: Council, System: All},
	EditRecommendation:         {Staff: All, Advising: Council},
	RecordRecommendation:       {Staff: All, System: All}, // as it was issued elsewhere
	IssueRecommendation:        {Staff: All, Advising: Council, System: All},
	RemoveRecommendation:       {Staff: All, Advising: Council},
	ReadAgencyResponse:         {Anyone: Published, Staff: All, Advising: Council, System: All},
	ReviewAgencyResponse:       {Staff: All, System: All},
	AcceptAgencyResponse:       {Staff: All, System: All},
	AcceptAgencyResponseInPart: {Staff: All, System: All},
	DeclineAgencyResponse:      {Staff: All, System: All},
	BeginAgencyResponse:        {Staff: All, System: All},
	ImplementAgencyResponse:    {Staff: All, System: All},
	OvertakeAgencyResponse:     {Staff: All, System: All},
	AssessAgencyResponse:       {Advising: Council},

	// Initiatives. Who takes part in an engagement of one sees its title,
	// summary and stage. The meter tells of hidden advisors and stays inside.
	ReadInitiative:    {Staff: All, Partner: Shared, Advising: Shared, System: All},
	CreateInitiative:  {Staff: All, System: All},
	EditInitiative:    {Staff: All, System: All},
	AdvanceInitiative: {Staff: All, System: All},
	ReadHearing:       {Staff: All, Auditor: All, System: All},

	// Engagements. A partner and an advisor see those in which they take part,
	// once invited and until they decline; of the other participants only those
	// who have accepted, if advisors, a presence that is not hidden.
	ReadEngagement:       {Staff: All, Partner: Shared, Advising: Shared, System: All},
	CreateEngagement:     {Staff: All, System: All},
	RecordEngagement:     {Staff: All, System: All}, // history, as a register tells it
	EditEngagement:       {Staff: All, System: All},
	InviteEngagement:     {Staff: All, System: All},
	ConfirmEngagement:    {Staff: All, System: All},
	HoldEngagement:       {Staff: All, System: All},
	RecordOutcome:        {Staff: All, System: All},
	CloseEngagement:      {Staff: All, System: All},
	CancelEngagement:     {Staff: All, System: All},
	PostponeEngagement:   {Staff: All, System: All},
	RescheduleEngagement: {Staff: All, System: All},
	DeclineEngagement:    {Staff: All, System: All},
	ReadParticipant:      {Staff: All, Partner: Own | Shared, Advising: Self | Shared, System: All},
	CreateParticipant:    {Staff: All, System: All},
	EditParticipant:      {Staff: All, System: All},
	RemoveParticipant:    {Staff: All, System: All},
	AcceptParticipation:  {Staff: All, Partner: Own, Advising: Self, System: All},
	DeclineParticipation: {Staff: All, Partner: Own, Advising: Self, System: All},
	HideParticipation:    {Advising: Self},

	// Tasks.
	ReadTask:   {Staff: All, Custodian: Self, Partner: Self, System: All},
	CreateTask: {Staff: All, System: All},
	EditTask:   {Staff: All, System: All},
	FinishTask: {Staff: All, Custodian: Self, Partner: Self, System: All},
	DropTask:   {Staff: All, System: All},

	// Notices. Only who is told reads them; the server tells.
	ReadNotice: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	MarkNotice: {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self},
	Tell:       {System: All},

	// Calendar feeds. Whoever holds a feed's address reads it, as its owner would.
	ReadFeed:     {Staff: Self, Partner: Self, Advising: Self, System: All},
	IssueFeed:    {Staff: Self, Partner: Self, Advising: Self},
	StopFeed:     {Staff: Self, Partner: Self, Advising: Self, System: All},
	ReadCalendar: {Anyone: Published, System: All},

	// Consultations. Its audience sees one once it has opened, and its results
	// and responses once they are published; an excluded organization never does.
	ReadConsultation:       {Staff: All, Partner: Shared, Advising: Shared | Council, Anyone: Published, System: All},
	CreateConsultation:     {Staff: All, System: All},
	EditConsultation:       {Staff: All, System: All},
	RequestClearance:       {Staff: All, System: All},
	ReturnConsultation:     {Staff: All, System: All},
	ClearConsultation:      {Staff: All, System: All},
	RescheduleConsultation: {Staff: All, System: All},
	OpenConsultation:       {Staff: All, System: All},
	PauseConsultation:      {Staff: All, System: All},
	ResumeConsultation:     {Staff: All, System: All},
	CloseConsultation:      {Staff: All, System: All},
	BeginAnalysis:          {Staff: All, System: All},
	BeginResponse:          {Staff: All, System: All},
	PublishResults:         {Staff: All, System: All},
	PublishConsultation:    {Staff: All, System: All},
	ArchiveConsultation:    {Staff: All, System: All},
	JoinConsultation:       {Partner: Shared, Advising: Shared | Council},
	JoinAnonymously:        {Anyone: Published},
	ReadResults:            {Staff: All, Partner: Shared, Advising: Shared | Council, Anyone: Published, System: All},

	// Submissions. A draft is its author's alone; what was handed in is entrusted
	// to staff. Only the author sees earlier versions. A receipt is open to
	// whoever holds its code.
	ReadSubmission:         {Staff: Entrusted, Partner: Own, Advising: Self, System: All},
	CreateSubmission:       {Partner: Own, Advising: Self, System: All},
	EditSubmission:         {Partner: Own, Advising: Self},
	SubmitSubmission:       {Partner: Own, Advising: Self},
	AmendSubmission:        {Partner: Own, Advising: Self},
	WithdrawSubmission:     {Partner: Own, Advising: Self},
	LapseSubmission:        {System: All},
	AcceptSubmission:       {Staff: Entrusted},
	WithholdSubmission:     {Staff: Entrusted},
	ReadSubmissionVersions: {Partner: Own, Advising: Self},
	ReadMessage:            {Staff: Entrusted, Partner: Own, Advising: Self, System: All},
	CreateMessage:          {Staff: Entrusted, Partner: Own, Advising: Self},
	ReadReceipt:            {Anyone: Published},
	CreateReceipt:          {Anyone: Published},
	AmendReceipt:           {Anyone: Published},
	WithdrawReceipt:        {Anyone: Published},
	WriteReceipt:           {Anyone: Published},
	VerifyReceipt:          {Anyone: Published},

	// Themes and codings are the office's own; responses are for all who saw the
	// consultation, once they are published.
	ReadTheme:      {Staff: All, System: All},
	CreateTheme:    {Staff: All, System: All},
	EditTheme:      {Staff: All, System: All},
	RetireTheme:    {Staff: All, System: All},
	ReadCoding:     {Staff: All, System: All},
	CreateCoding:   {Staff: All, System: All},
	RemoveCoding:   {Staff: All, System: All},
	ReadResponse:   {Staff: All, Partner: Shared, Advising: Shared | Council, Anyone: Published, System: All},
	CreateResponse: {Staff: All, System: All},
	EditResponse:   {Staff: All, System: All},

	// Documents. Entrusted (the office), shared (a partner) and self (an advisor)
	// cover those of the records that the actor can read, own those of the records
	// that the actor may add to; domain/document.go says what that is for each kind. A link to a file is its maker's.
	ReadDocument:       {Staff: Entrusted, Partner: Shared, Advising: Self, System: All},
	CreateDocument:     {Staff: Entrusted, Partner: Own, Advising: Own, System: All},
	AddDocumentVersion: {Staff: Entrusted, Partner: Own, Advising: Own},
	RemoveDocument:     {Staff: Entrusted, Partner: Own, Advising: Own},
	ReadFile:           {Staff: Entrusted, Partner: Shared, Advising: Self},
	ScanDocument:       {System: All},
	OpenLink:           {Anyone: Published},
	ReadUpload:         {Staff: Self, Partner: Self, Advising: Self, System: All},
	BeginUpload:        {Staff: Self, Partner: Self, Advising: Self},
	ContinueUpload:     {Staff: Self, Partner: Self, Advising: Self},
	EndUpload:          {Staff: Self, Partner: Self, Advising: Self, System: All},
}

// mandated is what each power lets an association's people do for a member. It is
// little, by design: nothing of advisors or other participants, of vetting, of
// documents, and nothing that binds the member anew.
var mandated = map[Power]map[Action]Reach{
	ReportOnCommitments: {
		ReadCommitment: Own, ReadMilestone: Own, ReadIndicator: Own, ReadProgressReport: Own,
		ReportMilestone: Own, ReadReportSheet: Own, CreateProgressReport: Own, EditProgressReport: Own, SubmitProgressReport: Own,
	},
	JoinEngagements: {ReadEngagement: Shared, ReadParticipant: Own, AcceptParticipation: Own, DeclineParticipation: Own},
}

// mandated is what is left to an actor who acts for another organization.
func (a Actor) mandated(act Action) (r Reach) {
	for p := range strings.FieldsSeq(a.Powers) {
		r |= mandated[Power(p)][act]
	}
	return r
}

// ForMember reports whether some power lets an association do act for a member.
func (act Action) ForMember() bool {
	return slices.ContainsFunc(Powers(), func(p Power) bool { return mandated[p][act] != 0 })
}

// untilApproved is what is left of a partner's permissions while its
// organization's file is at one of these stages. What is not here waits for the
// approval: who applied can complete its file and do nothing else, and who was
// stopped can read where its file stands, take back what it said, and sign out.
var untilApproved = map[Action][]OrganizationStage{
	ReadAccount:            notApproved,
	ReadSession:            notApproved,
	EndSession:             notApproved,
	ReadOwnAccount:         notApproved,
	ChangePassword:         notApproved,
	ProveSession:           notApproved,
	ReadFactor:             notApproved,
	EnrollFactor:           notApproved,
	ConfirmFactor:          notApproved,
	RemoveFactor:           notApproved,
	RenewCodes:             notApproved,
	ReadIdentity:           notApproved,
	LinkIdentity:           notApproved,
	UnlinkIdentity:         notApproved,
	ReadOrganization:       notApproved,
	ReadSubmission:         notApproved, // its author takes it back at any time
	WithdrawSubmission:     notApproved,
	ReadMessage:            notApproved,
	ReadSubmissionVersions: notApproved,
	EditAccount:            completing,
	EditOrganization:       completing,
	SubmitOrganization:     completing,
	ReadContact:            completing,
	CreateContact:          completing,
	EditContact:            completing,
	RemoveContact:          completing,
	ReadStanding:           notApproved,
	ReadAPIKey:             notApproved, // a key that got into wrong hands is ended at any time
	RevokeAPIKey:           notApproved,
	ReadRelationship:       notApproved,
	ReadMandate:            notApproved,
	RevokeMandate:          notApproved,
	// The file is not complete without what shows it.
	ReadDocument:       completing,
	CreateDocument:     completing,
	AddDocumentVersion: completing,
	RemoveDocument:     completing,
	ReadFile:           completing,
	ReadUpload:         completing,
	BeginUpload:        completing,
	ContinueUpload:     completing,
	EndUpload:          completing,
	// What an approval has led to is read on when it lapses.
	ReadEngagement:       lapsed,
	ReadParticipant:      lapsed,
	ReadInitiative:       lapsed,
	ReadPartnership:      lapsed,
	ReadCommitment:       lapsed,
	ReadAmendment:        lapsed,
	ReadMilestone:        lapsed,
	ReadIndicator:        lapsed,
	ReadProgressReport:   lapsed,
	ReadVerification:     lapsed,
	ReadContribution:     lapsed,
	ReadContributionSums: lapsed,
	ReadLedgerEntry:      lapsed,
}

// lapsed is the stage in which a required check has run out and nothing else is
// held against the organization.
var lapsed = []OrganizationStage{OrganizationExpired}

// completing are the stages in which a file is still to be completed. One that
// has expired is completed again.
var completing = append(slices.Clone(inVetting), OrganizationDrafted, OrganizationExpired)

// notApproved are all stages that let an organization do nothing yet, or no
// longer. A stage that nobody knows is among them.
var notApproved = append(slices.Clone(completing), OrganizationDeclined, OrganizationSuspended, OrganizationDebarred, "")
