package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PartnershipID names a partnership.
type PartnershipID = ID[Partnership]

// PartnershipKind tells a lasting partnership from an event held together.
type PartnershipKind string

// The kinds of partnership (2 FAM 971 and 974).
const (
	PartnershipLongTerm PartnershipKind = "long_term"
	PartnershipCohosted PartnershipKind = "short_term_cohosted"
)

// PartnershipKinds lists the kinds of partnership.
func PartnershipKinds() []PartnershipKind {
	return []PartnershipKind{PartnershipLongTerm, PartnershipCohosted}
}

// PartnershipStage is where a partnership is in its life.
type PartnershipStage string

// The stages of a partnership.
const (
	PartnershipConcept       PartnershipStage = "concept"
	PartnershipDueDiligence  PartnershipStage = "due_diligence"
	PartnershipMemoDrafted   PartnershipStage = "memo_draft"
	PartnershipClearances    PartnershipStage = "clearances"
	PartnershipApproved      PartnershipStage = "approved"
	PartnershipSigned        PartnershipStage = "signed"
	PartnershipActive        PartnershipStage = "active"
	PartnershipReapprovalDue PartnershipStage = "reapproval_due"
	PartnershipRenewed       PartnershipStage = "renewed"
	PartnershipExpired       PartnershipStage = "expired"
	PartnershipTerminated    PartnershipStage = "terminated"
	PartnershipClosedOut     PartnershipStage = "closed_out"
	PartnershipEvaluated     PartnershipStage = "evaluated"
)

// PartnershipStages lists the stages in order.
func PartnershipStages() []PartnershipStage {
	return []PartnershipStage{
		PartnershipConcept, PartnershipDueDiligence, PartnershipMemoDrafted, PartnershipClearances,
		PartnershipApproved, PartnershipSigned, PartnershipActive, PartnershipReapprovalDue, PartnershipRenewed,
		PartnershipExpired, PartnershipTerminated, PartnershipClosedOut, PartnershipEvaluated,
	}
}

// AgreedStages are those in which an approval runs, until its day comes.
func AgreedStages() []PartnershipStage { return slices.Clone(partnershipAgreed) }

// RunningStages are those of a partnership that was approved and has not ended.
func RunningStages() []PartnershipStage { return PartnershipStages()[4:9] }

// MemberStages are those in which a member organization sees the partnership:
// from the memorandum's draft on.
func MemberStages() []PartnershipStage { return PartnershipStages()[2:] }

var (
	partnershipWritten = []PartnershipStage{PartnershipConcept, PartnershipDueDiligence, PartnershipMemoDrafted}
	partnershipAgreed  = []PartnershipStage{PartnershipApproved, PartnershipSigned, PartnershipActive, PartnershipRenewed}
	partnershipOpen    = PartnershipStages()[:9]
)

var partnershipLife = lifeCycle[PartnershipStage]{
	DiligencePartnership: {[]PartnershipStage{PartnershipConcept}, PartnershipDueDiligence},
	DraftPartnershipMemo: {[]PartnershipStage{PartnershipDueDiligence}, PartnershipMemoDrafted},
	RequestClearances:    {[]PartnershipStage{PartnershipMemoDrafted}, PartnershipClearances},
	SendBackPartnership:  {[]PartnershipStage{PartnershipClearances}, PartnershipMemoDrafted},
	ApprovePartnership:   {[]PartnershipStage{PartnershipClearances}, PartnershipApproved},
	SignPartnership:      {[]PartnershipStage{PartnershipApproved}, PartnershipSigned},
	ActivatePartnership:  {[]PartnershipStage{PartnershipSigned}, PartnershipActive},
	ReapprovalFallsDue:   {partnershipAgreed, PartnershipReapprovalDue},
	RenewPartnership:     {[]PartnershipStage{PartnershipReapprovalDue}, PartnershipRenewed},
	ExpirePartnership:    {[]PartnershipStage{PartnershipReapprovalDue}, PartnershipExpired},
	TerminatePartnership: {partnershipOpen, PartnershipTerminated},
	CloseOutPartnership:  {[]PartnershipStage{PartnershipExpired, PartnershipTerminated}, PartnershipClosedOut},
	EvaluatePartnership:  {[]PartnershipStage{PartnershipClosedOut}, PartnershipEvaluated},
}

// Member is an organization's part in a partnership.
type Member struct {
	Organization OrganizationID `json:"organization"`
	// Name is the organization's legal name; read with the member.
	Name string `json:"-"`
	// Role is what the organization does in it, in words.
	Role string `json:"role"`
	// Consent is the organization's own agreement to publication.
	Consent Agreement `json:"consent,omitzero"`
}

// Agreement is one side's agreement that a record be published: who gave it and
// when. The zero Agreement is none.
type Agreement struct {
	By AccountID  `json:"by,omitempty"`
	At *time.Time `json:"at,omitempty"`
}

// Given reports whether that side agreed.
func (a Agreement) Given() bool { return a.At != nil }

// Memorandum says whether a partnership needs a memorandum of understanding.
type Memorandum string

// A memorandum is required or it is not; empty until somebody decided.
const (
	MemorandumRequired    Memorandum = "required"
	MemorandumNotRequired Memorandum = "not_required"
)

// Partnership is a public-private partnership: non-binding, mutually determined
// (2 FAM 970), approved by someone else than who asked for the approval.
type Partnership struct {
	Record[Partnership]
	Title   string
	Kind    PartnershipKind
	Purpose string
	Members List[Member]
	// StartsOn and EndsOn may be empty while it is written, not to be approved.
	StartsOn, EndsOn Date
	// EstimatedValue is what the partnership is estimated to be worth in all; the
	// zero Money if nobody has said.
	EstimatedValue Money `gorm:"embedded;embeddedPrefix:value_"`
	MonitoringPlan string
	Memorandum     Memorandum
	// MemorandumReason is why none is required.
	MemorandumReason string
	Marking
	Stage Stage[PartnershipStage]
	// StageReason is why it was sent back or terminated.
	StageReason string
	// NotProcurement is the attestation that the partnership doesn't acquire
	// property or services for the government (31 U.S.C. 6303).
	NotProcurement string
	AttestedBy     AccountID
	AttestedOn     Date
	AttestedAt     *time.Time
	// Requirements are those that the clearances in hand are asked under; empty
	// while the newest apply. ApprovedUnder are those of the last approval, and
	// stay what they were.
	Requirements  RequirementsID
	ApprovedUnder RequirementsID
	// Elements are what the action memorandum says, Clearances every request to an
	// office; of those the ones of the present Round count.
	Elements   List[Element]
	Clearances List[Clearance]
	Round      int
	// RequestedBy asked for the approval, and so may not give it.
	RequestedBy AccountID
	ApprovedBy  AccountID
	ApprovedOn  Date
	SignedOn    Date
	// MemorandumReference says where the signed memorandum is.
	MemorandumReference string
	ActivatedOn         Date
	// ReapprovalDueOn is when the approval runs out: the end date, or an earlier
	// day that the office chose.
	ReapprovalDueOn Date
	// RenewalRequestedBy asked for the renewal, and so may not give it; empty while
	// nobody has.
	RenewalRequestedBy AccountID
	RenewedOn          Date
	// EndedOn is when it expired or was terminated.
	EndedOn     Date
	ClosedOutOn Date
	EvaluatedOn Date
	Evaluation  string
	// Release is the office's agreement to publication.
	Release Agreement `gorm:"embedded;embeddedPrefix:released_"`
	// Published says that it stands in the public register: approved, released
	// by the office, and agreed to by every member.
	Published bool
	// LegacySource is the older register from which it was taken over; empty for
	// one that began here. Remediation is what it lacked then.
	LegacySource string
	Remediation  List[Remedy]
}

// PartnershipDraft is what staff write of a partnership.
type PartnershipDraft struct {
	Title            string
	Kind             PartnershipKind
	Purpose          string
	Members          []Member
	StartsOn, EndsOn Date
	ReapprovalDueOn  Date
	EstimatedValue   Money
	MonitoringPlan   string
	Memorandum       Memorandum
	MemorandumReason string
	Marking          Marking
}

// NewPartnership starts a partnership as a concept.
func NewPartnership(d PartnershipDraft) (*Partnership, error) {
	p := &Partnership{Stage: Stage[PartnershipStage]{PartnershipConcept}}
	if err := p.write(d); err != nil {
		return nil, err
	}
	p.record("partnership.created", "")
	return p, nil
}

// Edit replaces what was written, and every member is asked anew whether it may
// be published. What is up for clearance or approved is fixed: send it back first.
// While it waits for its reapproval its kind and the dates that it has stay, for
// only the renewal moves those, and a request for it is dropped.
func (p *Partnership) Edit(d PartnershipDraft) error {
	if err := p.mayChange("edit"); err != nil {
		return err
	}
	if p.Stage.Is(PartnershipReapprovalDue) {
		if err := p.keepsTerms(d); err != nil {
			return err
		}
	}
	if err := p.write(d); err != nil {
		return err
	}
	p.dropRequest()
	p.settlePublication()
	p.record("partnership.edited", "")
	return nil
}

// keepsTerms refuses to change the kind or a date once there is one.
func (p *Partnership) keepsTerms(d PartnershipDraft) error {
	var f Faults
	fixed := func(pointer, was, is string) {
		if was != "" && was != is {
			f.Add(pointer, "fixed", "stays as it was approved; a renewal sets a new end")
		}
	}
	fixed("/kind", string(p.Kind), string(d.Kind))
	fixed("/starts_on", string(p.StartsOn), string(d.StartsOn))
	fixed("/ends_on", string(p.EndsOn), string(d.EndsOn))
	fixed("/reapproval_due_on", string(p.ReapprovalDueOn), string(d.ReapprovalDueOn))
	return f.Err()
}

// Draft is what would be written to get this partnership.
func (p *Partnership) Draft() PartnershipDraft {
	return PartnershipDraft{
		p.Title, p.Kind, p.Purpose, slices.Clone(p.Members), p.StartsOn, p.EndsOn, p.ReapprovalDueOn, p.EstimatedValue,
		p.MonitoringPlan, p.Memorandum, p.MemorandumReason, p.Marking,
	}
}

func (p *Partnership) write(d PartnershipDraft) error {
	d.Title = strings.TrimSpace(d.Title)
	if err := d.check(); err != nil {
		return err
	}
	members := make([]Member, len(d.Members))
	for i, m := range d.Members {
		members[i] = Member{Organization: m.Organization, Role: m.Role}
	}
	p.Title, p.Kind, p.Purpose, p.Members = d.Title, d.Kind, d.Purpose, members
	p.StartsOn, p.EndsOn, p.ReapprovalDueOn, p.EstimatedValue = d.StartsOn, d.EndsOn, d.ReapprovalDueOn, d.EstimatedValue
	p.MonitoringPlan, p.Memorandum, p.MemorandumReason, p.Marking = d.MonitoringPlan, d.Memorandum, d.MemorandumReason, d.Marking
	return nil
}

func (d PartnershipDraft) check() error {
	var f Faults
	if d.Title == "" {
		f.Add("/title", "required", "a title is not empty")
	}
	if !slices.Contains(PartnershipKinds(), d.Kind) {
		f.Add("/kind", "unknown_value", "must be long_term or short_term_cohosted")
	}
	if d.Memorandum != "" && d.Memorandum != MemorandumRequired && d.Memorandum != MemorandumNotRequired {
		f.Add("/memorandum", "unknown_value", "must be required or not_required")
	}
	if d.EndsOn.Before(d.StartsOn) {
		f.Add("/ends_on", "invalid", "is not before starts_on")
	}
	if d.EndsOn.Before(d.ReapprovalDueOn) {
		f.Add("/reapproval_due_on", "invalid", "is not after ends_on")
	}
	checkMoney(&f, "/estimated_value", d.EstimatedValue)
	for i, m := range d.Members {
		twice := slices.ContainsFunc(d.Members[:i], func(o Member) bool { return o.Organization == m.Organization })
		if twice {
			f.Add(fmt.Sprintf("/members/%d", i), "duplicate", "the organization stands in the list twice")
		}
	}
	d.Marking.check(&f)
	return f.Err()
}

// member is the organization's part; the zero Member if it has none.
func (p *Partnership) member(org OrganizationID) Member {
	for _, m := range p.Members {
		if m.Organization == org {
			return m
		}
	}
	return Member{}
}

// Admits reports whether the organization is a member and the partnership has
// not ended, so that a commitment can be made inside it.
func (p *Partnership) Admits(org OrganizationID) bool {
	return org != "" && p.member(org).Organization == org && p.Stage.Is(partnershipOpen...)
}

// Advance moves the partnership by a step that needs nothing more:
// begin_due_diligence or draft_memo.
func (p *Partnership) Advance(act Action) error {
	if err := partnershipLife.take(&p.Stage, act); err != nil {
		return err
	}
	p.record("partnership."+p.Stage.String(), "")
	return nil
}

// RequestClearances asks for the approval under the newest requirements, and of
// every office that they name for its clearance. Who asks may not approve.
func (p *Partnership) RequestClearances(by Actor, newest *Requirements, now time.Time) error {
	st := p.Stage
	if err := partnershipLife.take(&st, RequestClearances); err != nil {
		return err
	}
	if err := p.rulesFor(newest); err != nil {
		return err
	}
	p.Stage, p.RequestedBy, p.StageReason = st, by.Account, ""
	p.askOffices(by, newest, now)
	p.record("partnership.clearances_requested", "")
	return nil
}

// SendBack returns the memorandum to be drafted again, with the reason. What
// offices have decided stays on record and counts no longer.
func (p *Partnership) SendBack(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := partnershipLife.take(&p.Stage, SendBackPartnership); err != nil {
		return err
	}
	p.StageReason, p.Requirements = reason, ""
	p.record("partnership.sent_back", "")
	return nil
}

// Attest records that the partnership is not procurement in disguise. It is
// done, and done again when something tells of procurement, as long as the
// partnership has not ended.
func (p *Partnership) Attest(by Actor, statement string, now time.Time) error {
	if blank(statement) {
		return (Faults{{Pointer: "/statement", Code: "required", Detail: "say why this is not procurement"}}).Err()
	}
	if !p.Stage.Is(partnershipOpen...) {
		return Refuse(Conflict, "attest is possible until the partnership ends; this is %s", p.Stage)
	}
	p.NotProcurement, p.AttestedBy, p.AttestedOn, p.AttestedAt = statement, by.Account, DateOf(now), &now
	p.record("partnership.attested", "")
	return nil
}

// Approve is refused, naming each gap, while anything is missing; and to the one
// who asked for the approval.
func (p *Partnership) Approve(by Actor, d Dossier, today Date) error {
	st, err := p.decide(by, ApprovePartnership)
	if err != nil {
		return err
	}
	if err := p.Gaps(ForApproval, d, today).Err(); err != nil {
		return err
	}
	p.Stage, p.ApprovedBy, p.ApprovedOn, p.StageReason = st, by.Account, today, ""
	p.ApprovedUnder = d.Rules.ID
	if p.ReapprovalDueOn == "" {
		p.ReapprovalDueOn = p.EndsOn
	}
	p.settlePublication()
	p.record("partnership.approved", approvedUnder(d.Rules))
	return nil
}

// decide takes a step that belongs to someone else than who asked for it.
func (p *Partnership) decide(by Actor, act Action) (Stage[PartnershipStage], error) {
	st := p.Stage
	if err := partnershipLife.take(&st, act); err != nil {
		return st, err
	}
	if by.Account == p.RequestedBy || by.Account == p.RenewalRequestedBy {
		return st, Refuse(Forbidden, "who asked for the approval may not give it")
	}
	return st, nil
}

// Sign records the day of signing. Where a memorandum is required, the reference
// says where the signed one is. It is refused, naming each gap, while anything is
// missing that a signing needs.
func (p *Partnership) Sign(on Date, reference string, d Dossier, today Date) error {
	st := p.Stage
	if err := partnershipLife.take(&st, SignPartnership); err != nil {
		return err
	}
	signed := *p
	signed.MemorandumReference = reference
	f := signed.Gaps(ForSigning, d, today)
	if on == "" || today.Before(on) {
		f.Add("/signed_on", "invalid", "is the day of signing, not in the future")
	}
	if on.Before(p.ApprovedOn) {
		f.Add("/signed_on", "invalid", "nothing is signed before it is approved, which was on %s", p.ApprovedOn)
	}
	if err := f.Err(); err != nil {
		return err
	}
	p.Stage, p.SignedOn, p.MemorandumReference = st, on, reference
	p.record("partnership.signed", "")
	return nil
}

// Activate says that the work has begun. It needs what the signing needed, as it
// stands on the day.
func (p *Partnership) Activate(d Dossier, today Date) error {
	st := p.Stage
	if err := partnershipLife.take(&st, ActivatePartnership); err != nil {
		return err
	}
	if err := p.Gaps(ForSigning, d, today).Err(); err != nil {
		return err
	}
	p.Stage, p.ActivatedOn = st, today
	p.record("partnership."+p.Stage.String(), "")
	return nil
}

// RanOut reports whether the partnership was approved and on the day no more is:
// its reapproval is due, whether or not that is marked yet.
func (p *Partnership) RanOut(today Date) bool {
	return p.Stage.Is(PartnershipReapprovalDue) ||
		p.Stage.Is(partnershipAgreed...) && p.ReapprovalDueOn != "" && !today.Before(p.ReapprovalDueOn)
}

// FallDue marks that the approval has run out. It is refused before that day.
func (p *Partnership) FallDue(today Date) error {
	if today.Before(p.ReapprovalDueOn) {
		return Refuse(Conflict, "reapproval falls due on %s", p.ReapprovalDueOn)
	}
	if err := partnershipLife.take(&p.Stage, ReapprovalFallsDue); err != nil {
		return err
	}
	p.record("partnership.reapproval_due", "")
	return nil
}

// Renew approves the partnership anew until another day, under the requirements
// that its offices were asked under. It lacks nothing that an approval needs, and
// is not given by who asked for it. One that was never signed, or never begun, is
// so next. The members are asked again whether it may be published: what they
// agreed to had another end.
func (p *Partnership) Renew(by Actor, until Date, d Dossier, today Date) error {
	st, err := p.decide(by, RenewPartnership)
	if err != nil {
		return err
	}
	renewed := *p
	renewed.EndsOn = until
	f := renewed.Gaps(ForRenewal, d, today)
	latest := until
	if d.Rules != nil {
		latest = d.Rules.latest(today)
	}
	switch {
	case latest.Before(until):
		f.Add("/ends_on", "too_late", "a renewal of today stands until %s at the latest", latest)
	case p.EndsOn != "" && !p.EndsOn.Before(until) && p.EndsOn.Before(latest): // what was to last longer may be cut short
		f.Add("/ends_on", "invalid", "comes after %s, the end so far", p.EndsOn)
	}
	if err := f.Err(); err != nil {
		return err
	}
	switch begun := p.LegacySource == ""; {
	case begun && p.SignedOn == "":
		st = Stage[PartnershipStage]{PartnershipApproved}
	case begun && p.ActivatedOn == "":
		st = Stage[PartnershipStage]{PartnershipSigned}
	}
	p.Stage, p.EndsOn, p.ReapprovalDueOn, p.RenewedOn, p.ApprovedBy = st, until, until, today, by.Account
	p.ApprovedUnder, p.RenewalRequestedBy = d.Rules.ID, ""
	if p.ApprovedOn == "" { // taken over from an older register, which knew of no approval
		p.ApprovedOn = today
	}
	p.record("partnership.renewed", renewedNote(until, d.Rules))
	p.askAgain()
	return nil
}

// askAgain drops the members' agreements to publication: they were to another
// text.
func (p *Partnership) askAgain() {
	if !slices.ContainsFunc(p.Members, func(m Member) bool { return m.Consent.Given() }) {
		return
	}
	p.Members = slices.Clone(p.Members)
	for i := range p.Members {
		p.Members[i].Consent = Agreement{}
	}
	p.settlePublication()
	p.record("partnership.consent_lapsed", "")
}

// Expire ends a partnership whose reapproval fell due and whose end has passed.
func (p *Partnership) Expire(today Date) error {
	st := p.Stage
	if err := partnershipLife.take(&st, ExpirePartnership); err != nil {
		return err
	}
	if !p.EndsOn.Before(today) {
		return Refuse(Conflict, "the partnership ends on %s; terminate ends it earlier", p.EndsOn)
	}
	p.Stage, p.EndedOn = st, today
	p.record("partnership.expired", "")
	return nil
}

// Terminate ends a partnership that has not ended yet, with the reason.
func (p *Partnership) Terminate(reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := partnershipLife.take(&p.Stage, TerminatePartnership); err != nil {
		return err
	}
	p.StageReason, p.EndedOn = reason, today
	p.record("partnership.terminated", "")
	return nil
}

// CloseOut settles what is left of an ended partnership.
func (p *Partnership) CloseOut(today Date) error {
	if err := partnershipLife.take(&p.Stage, CloseOutPartnership); err != nil {
		return err
	}
	p.ClosedOutOn = today
	p.record("partnership.closed_out", "")
	return nil
}

// Evaluate keeps what the partnership came to, in words.
func (p *Partnership) Evaluate(evaluation string, today Date) error {
	if strings.TrimSpace(evaluation) == "" {
		return (Faults{{Pointer: "/evaluation", Code: "required", Detail: "say what the partnership came to"}}).Err()
	}
	if err := partnershipLife.take(&p.Stage, EvaluatePartnership); err != nil {
		return err
	}
	p.Evaluation, p.EvaluatedOn = evaluation, today
	p.record("partnership.evaluated", "")
	return nil
}

// Consent is a member's agreement to publication, for its own organization.
func (p *Partnership) Consent(by Actor, now time.Time) error {
	return p.consent(by, Agreement{by.Account, &now}, "partnership.consented")
}

// WithdrawConsent takes the member's agreement back, at once.
func (p *Partnership) WithdrawConsent(by Actor) error {
	return p.consent(by, Agreement{}, "partnership.consent_withdrawn")
}

func (p *Partnership) consent(by Actor, c Agreement, event string) error {
	i := slices.IndexFunc(p.Members, func(m Member) bool { return m.Organization == by.Organization })
	if by.Organization == "" || i < 0 {
		return Refuse(Forbidden, "only a member organization agrees to publication for itself")
	}
	p.Members = slices.Clone(p.Members)
	p.Members[i].Consent = c
	p.settlePublication()
	p.record(event, "")
	return nil
}

// Publish is the office's agreement to publication.
func (p *Partnership) Publish(by Actor, now time.Time) {
	p.Release = Agreement{by.Account, &now}
	p.settlePublication()
	p.record("partnership.released", "")
}

// Unpublish takes the office's agreement back, at once.
func (p *Partnership) Unpublish() {
	p.Release = Agreement{}
	p.settlePublication()
	p.record("partnership.release_withdrawn", "")
}

// Agreements are the office's to publication and each member's.
func (p *Partnership) Agreements() []Agreement {
	out := []Agreement{p.Release}
	for _, m := range p.Members {
		out = append(out, m.Consent)
	}
	return out
}

// settlePublication keeps Published true exactly while an approved partnership
// has everyone's agreement.
func (p *Partnership) settlePublication() {
	silent := slices.ContainsFunc(p.Members, func(m Member) bool { return !m.Consent.Given() })
	p.Published = p.ApprovedOn != "" && p.Release.Given() && !silent
}

// Next lists what the partnership's stage allows, and leaves out the approval
// for who asked for it, and the clearances of other offices.
func (p *Partnership) Next(by Actor) []Action {
	asked := by.Account == p.RequestedBy || by.Account == p.RenewalRequestedBy
	next := unless(asked, partnershipLife.next(p.Stage), ApprovePartnership, RenewPartnership)
	if p.mayChange("") == nil {
		next = append(next, EditPartnership, WriteElement)
	}
	if p.Stage.Is(partnershipOpen...) {
		next = append(next, AttestPartnership)
	}
	if p.Stage.Is(PartnershipReapprovalDue) {
		next = append(next, RequestReapproval)
	}
	if p.mustClear("") == nil {
		next = append(next, p.nextClearances(by)...)
	}
	if len(p.Remediation) > 0 {
		next = append(next, AssignRemedy, ResolveRemedy)
	}
	if p.Release.Given() {
		next = append(next, UnpublishPartnership)
	} else {
		next = append(next, PublishPartnership)
	}
	if p.member(by.Organization).Consent.Given() {
		return append(next, UnconsentPartnership)
	}
	return append(next, ConsentPartnership)
}

// nextClearances are what the offices' requests allow this very person.
func (p *Partnership) nextClearances(by Actor) []Action {
	var decide, reopen bool
	for _, c := range p.Clearances {
		if last := p.clearance(c.Office); last != nil && last.Decision != "" {
			reopen = true
		} else if last != nil && sameOffice(by.Office, last.OfficeName) && by.Account != last.RequestedBy {
			decide = true
		}
	}
	return unless(!reopen, unless(!decide, []Action{DecideClearance, ReopenClearance}, DecideClearance), ReopenClearance)
}

// Searchable is the text by which everyone who sees the partnership finds it.
func (p *Partnership) Searchable() string { return p.Title + "\n" + p.Purpose }
