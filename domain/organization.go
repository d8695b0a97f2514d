package domain

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// OrganizationID names an organization.
type OrganizationID = ID[Organization]

// OrganizationStage is where an organization is in vetting.
type OrganizationStage string

// The vetting stages.
const (
	OrganizationDrafted            OrganizationStage = "draft"
	OrganizationIntake             OrganizationStage = "intake"
	OrganizationScreening          OrganizationStage = "screening"
	OrganizationDueDiligence       OrganizationStage = "due_diligence"
	OrganizationLegalEthicsReview  OrganizationStage = "legal_ethics_review"
	OrganizationApproved           OrganizationStage = "approved"
	OrganizationApprovedConditions OrganizationStage = "approved_with_conditions"
	OrganizationDeclined           OrganizationStage = "declined"
	OrganizationSuspended          OrganizationStage = "suspended"
	OrganizationExpired            OrganizationStage = "expired"
	OrganizationDebarred           OrganizationStage = "debarred"
)

// OrganizationStages lists the vetting stages in order.
func OrganizationStages() []OrganizationStage {
	return []OrganizationStage{
		OrganizationDrafted, OrganizationIntake, OrganizationScreening, OrganizationDueDiligence,
		OrganizationLegalEthicsReview, OrganizationApproved, OrganizationApprovedConditions,
		OrganizationDeclined, OrganizationSuspended, OrganizationExpired, OrganizationDebarred,
	}
}

var (
	approvedStages = []OrganizationStage{OrganizationApproved, OrganizationApprovedConditions}
	vettedStages   = append(slices.Clone(approvedStages), OrganizationSuspended, OrganizationExpired)
	inVetting      = []OrganizationStage{OrganizationIntake, OrganizationScreening, OrganizationDueDiligence, OrganizationLegalEthicsReview}
)

var organizationLife = lifeCycle[OrganizationStage]{
	SubmitOrganization:  {[]OrganizationStage{OrganizationDrafted}, OrganizationIntake},
	ScreenOrganization:  {[]OrganizationStage{OrganizationIntake}, OrganizationScreening},
	DiligenceOrg:        {[]OrganizationStage{OrganizationScreening}, OrganizationDueDiligence},
	ReviewOrganization:  {[]OrganizationStage{OrganizationDueDiligence}, OrganizationLegalEthicsReview},
	ApproveOrganization: {[]OrganizationStage{OrganizationLegalEthicsReview}, OrganizationApproved},
	ConditionOrg:        {[]OrganizationStage{OrganizationLegalEthicsReview}, OrganizationApprovedConditions},
	DeclineOrganization: {inVetting, OrganizationDeclined},
	SuspendOrganization: {approvedStages, OrganizationSuspended},
	ExpireOrganization:  {approvedStages, OrganizationExpired},
	RestoreOrganization: {[]OrganizationStage{OrganizationSuspended, OrganizationExpired}, OrganizationScreening},
	DebarOrganization:   {vettedStages, OrganizationDebarred},
}

// Organization is a partner, from first contact through vetting.
type Organization struct {
	Record[Organization]
	LegalName string
	// NameKey is the legal name folded for sorting and finding.
	NameKey     string
	OtherNames  List[string]
	Type        OrganizationType
	SurvivorLed bool
	// AttestedBy says who attests that the organization is survivor-led: the
	// organization itself, in words; never a person's history.
	AttestedBy  string
	Identifiers List[Identifier]
	Parent      OrganizationID
	Website     string
	// Country is the seat, ISO 3166-1 alpha-2; empty if unknown.
	Country string
	// Sector is a NAICS code of two to six digits; empty if unknown.
	Sector    string
	Languages List[string]
	Stage     Stage[OrganizationStage]
	// Conditions are what an approval depends on.
	Conditions List[Condition]
	// VettingRules is the number of those under which it was approved; 0 if it
	// never was.
	VettingRules int
	ApprovedBy   AccountID
	ApprovedOn   Date
	// StageReason is why it was declined, suspended or debarred.
	StageReason string
	// SubmittedBy asked for vetting, or last brought the organization back into it,
	// and so may not approve.
	SubmittedBy AccountID
	// Distinctions are from which look-alikes it was told apart. Staff only.
	Distinctions List[Distinction]
	// MergedInto is the organization of which it turned out to be a duplicate;
	// empty for every one that is still there.
	MergedInto OrganizationID

	// Vetting is what its standing rests on: read with it for a rule that asks,
	// and stored in tables of its own. Nil is not read, and stands nowhere.
	Vetting *Vetting `gorm:"-"`
}

// OrganizationDraft is what staff or the organization itself writes.
type OrganizationDraft struct {
	LegalName   string
	OtherNames  []string
	Type        OrganizationType
	SurvivorLed bool
	AttestedBy  string
	Identifiers []Identifier
	Parent      OrganizationID
	Website     string
	Country     string
	Sector      string
	Languages   []string
}

// NewOrganization starts an organization's file.
func NewOrganization(d OrganizationDraft) (*Organization, error) {
	o := &Organization{Stage: Stage[OrganizationStage]{OrganizationDrafted}}
	if err := o.write(d); err != nil {
		return nil, err
	}
	o.record("organization.created", "")
	return o, nil
}

// EditBy replaces what was written, by somebody. A partner doesn't change its
// identifiers, whose answer would tell which others are on file, nor, once it has
// asked for vetting, what was vetted.
func (o *Organization) EditBy(by Actor, d OrganizationDraft) error {
	if !by.Writes(OrganizationIdentifiers, o.Relation) && !slices.Equal(d.Identifiers, o.Identifiers) {
		return Refuse(Forbidden, "identifiers are the office's to write; tell it of a change")
	}
	if !by.Writes(OrganizationVetted, o.Relation) {
		fixed := d.LegalName != o.LegalName || d.Type != o.Type || d.SurvivorLed != o.SurvivorLed || d.AttestedBy != o.AttestedBy ||
			d.Parent != o.Parent || d.Country != o.Country || d.Sector != o.Sector
		if fixed && !o.Stage.Is(OrganizationDrafted) {
			return Refuse(Forbidden, "what was sent in for vetting is the office's to change; tell it of a change")
		}
	}
	return o.Edit(d)
}

// Edit replaces what was written. A declined or debarred organization's file is
// closed, and one that was vetted stays of its type, which decides what is checked,
// until it is vetted anew.
func (o *Organization) Edit(d OrganizationDraft) error {
	if o.Stage.Is(OrganizationDeclined, OrganizationDebarred) {
		return Refuse(Conflict, "the file is closed; this is %s", o.Stage)
	}
	if o.Stage.Is(vettedStages...) && o.Type != "" && d.Type != o.Type {
		return (Faults{{Pointer: "/type", Code: "fixed", Detail: fmt.Sprintf(
			"what was vetted as %s stays that, for its type decides which checks it needs; restore it to screening first, from suspended or expired, and it is vetted anew as what it is", o.Type)}}).Err()
	}
	if err := o.write(d); err != nil {
		return err
	}
	o.record("organization.edited", "")
	return nil
}

// Draft is what would be written to get this organization.
func (o *Organization) Draft() OrganizationDraft {
	return OrganizationDraft{
		o.LegalName, o.OtherNames, o.Type, o.SurvivorLed, o.AttestedBy, o.Identifiers,
		o.Parent, o.Website, o.Country, o.Sector, o.Languages,
	}
}

func (o *Organization) write(d OrganizationDraft) error {
	d.LegalName = strings.Join(strings.Fields(d.LegalName), " ")
	d.Identifiers = slices.Clone(d.Identifiers)
	for i := range d.Identifiers {
		d.Identifiers[i] = d.Identifiers[i].Normal()
	}
	if err := d.check(o.ID); err != nil {
		return err
	}
	o.LegalName, o.OtherNames, o.Type, o.SurvivorLed, o.AttestedBy = d.LegalName, d.OtherNames, d.Type, d.SurvivorLed, d.AttestedBy
	o.Identifiers, o.Parent, o.Website, o.Country, o.Sector, o.Languages = d.Identifiers, d.Parent, d.Website, d.Country, d.Sector, d.Languages
	o.NameKey = NameKey(d.LegalName)
	return nil
}

// nameVariants are typographic forms of one character.
var nameVariants = strings.NewReplacer(
	"‘", "'", "’", "'", "ʼ", "'", "′", "'", "“", `"`, "”", `"`, "„", `"`,
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "\u200b", "", "\u00ad", "",
)

// NameKey folds an organization's name for sorting and for finding it again:
// letter case, space and typography, and nothing by which two names differ.
func NameKey(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(nameVariants.Replace(name)), " "))
}

func (d OrganizationDraft) check(self OrganizationID) error {
	var f Faults
	if d.LegalName == "" {
		f.Add("/legal_name", "required", "the name in the register, not empty")
	}
	// A name that an imported record mentions has no type until someone says it.
	if d.Type != "" && !d.Type.Valid() {
		f.Add("/type", "unknown_value", "must be a type of the reference list")
	}
	if d.SurvivorLed && strings.TrimSpace(d.AttestedBy) == "" {
		f.Add("/attested_by", "required", "say who attests that the organization is survivor-led")
	}
	if d.Parent != "" && d.Parent == self {
		f.Add("/parent_id", "invalid", "an organization is not its own parent")
	}
	if _, ok := CountryByCode(d.Country); d.Country != "" && !ok {
		f.Add("/country", "unknown_value", "must be an ISO 3166-1 alpha-2 code")
	}
	if d.Sector != "" && !validSector(d.Sector) {
		f.Add("/sector", "unknown_value", "must be a NAICS code of two to six digits, such as 48 or 4885")
	}
	if u, err := url.Parse(d.Website); d.Website != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http")) {
		f.Add("/website", "invalid", "must be an http or https address")
	}
	for i, id := range d.Identifiers {
		if wrong := id.Wrong(); wrong != "" {
			f.Add(at("/identifiers", i), "invalid", "%s", wrong)
		} else if slices.Contains(d.Identifiers[:i], id) {
			f.Add(at("/identifiers", i), "duplicate", "stands in the list twice")
		}
	}
	each(&f, "/languages", d.Languages, "a BCP 47 language code", func(l string) bool { _, ok := LanguageByCode(l); return ok })
	return f.Err()
}

// Submit asks for vetting. Who asks may not decide.
func (o *Organization) Submit(by Actor) error {
	if o.Type == "" {
		return (Faults{{Pointer: "/type", Code: "required", Detail: "say what kind of organization it is before it is vetted"}}).Err()
	}
	if err := organizationLife.take(&o.Stage, SubmitOrganization); err != nil {
		return err
	}
	o.SubmittedBy = by.Account
	o.record("organization.submitted", "")
	return nil
}

// Advance moves the file to its next vetting stage: screen,
// begin_due_diligence or begin_legal_ethics_review.
func (o *Organization) Advance(act Action) error {
	if err := organizationLife.take(&o.Stage, act); err != nil {
		return err
	}
	o.record("organization."+o.Stage.String(), "")
	return nil
}

// Approve admits the organization, with conditions if any are given. It is
// refused, naming each gap, while a required check is missing, not clear or
// lapsed on the given day; and to the one who asked for vetting or restored it. It
// keeps under which requirements it was given.
func (o *Organization) Approve(by Actor, conditions []Condition, v Vetting, today Date) error {
	act := ApproveOrganization
	if len(conditions) > 0 {
		act = ConditionOrg
	}
	if by.Account == o.SubmittedBy {
		return Refuse(Forbidden, "who asked for vetting, or restored the organization to it, may not decide it")
	}
	st := o.Stage
	if err := organizationLife.take(&st, act); err != nil {
		return err
	}
	if err := v.gaps(v.Current.Required(o.Type, ""), today).Err(); err != nil {
		return err
	}
	v.Under = v.Current
	o.Stage, o.Conditions, o.StageReason = st, conditions, ""
	o.VettingRules, o.ApprovedBy, o.ApprovedOn, o.Vetting = v.Current.Number, by.Account, today, &v
	o.record("organization."+st.String(), fmt.Sprintf("under requirements %d", v.Current.Number))
	return nil
}

// latestCheck is the last concluded check of a kind, or nil. Of two at the same
// moment it is the one that is not clear.
func latestCheck(checks []Check, k CheckKind) *Check {
	var last *Check
	for i, c := range checks {
		if c.Kind != k || c.Result == CheckPending || c.Carried != "" && c.Result == CheckClear {
			continue
		}
		order := -1
		if last != nil {
			order = cmp.Or(cmp.Compare(last.CheckedOn, c.CheckedOn), last.CreatedAt.Compare(c.CreatedAt))
		}
		if order < 0 || (order == 0 && c.Result != CheckClear) {
			last = &checks[i]
		}
	}
	return last
}

// End takes the organization out by an act that needs a reason: decline,
// suspend or debar.
func (o *Organization) End(act Action, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := organizationLife.take(&o.Stage, act); err != nil {
		return err
	}
	o.StageReason = reason
	o.record("organization."+o.Stage.String(), "")
	return nil
}

// Restore brings a suspended or expired organization back into screening, as
// asking for vetting does: who restores may not decide.
func (o *Organization) Restore(by Actor) error {
	if err := organizationLife.take(&o.Stage, RestoreOrganization); err != nil {
		return err
	}
	o.StageReason, o.SubmittedBy = "", by.Account
	o.record("organization.restored", "")
	return nil
}

// Next lists what the organization's stage allows.
func (o *Organization) Next(by Actor) []Action {
	next := unless(by.Account == o.SubmittedBy, organizationLife.next(o.Stage), ApproveOrganization, ConditionOrg)
	if slices.ContainsFunc(o.Conditions, func(c Condition) bool { return c.FulfilledOn == "" }) && o.Stage.Is(OrganizationApprovedConditions) {
		next = append(next, FulfillCondition, ExtendCondition)
	}
	next = append(next, DistinguishOrg)
	if !o.Stage.Is(OrganizationDeclined, OrganizationDebarred) {
		next = append(next, EditOrganization)
	}
	return next
}

// Searchable is the text by which everyone who sees the organization finds it.
func (o *Organization) Searchable() string {
	return strings.Join(append([]string{o.LegalName}, o.OtherNames...), "\n")
}

// ContactID names a contact.
type ContactID = ID[Contact]

// Contact is a person at an organization whom the office may address.
type Contact struct {
	Record[Contact]
	Organization OrganizationID
	Name         string
	Title        string
	Email        string
	Phone        string
}

// ContactDraft is what is written of a contact.
type ContactDraft struct{ Name, Title, Email, Phone string }

// NewContact adds a person to an organization.
func NewContact(org OrganizationID, d ContactDraft) (*Contact, error) {
	c := &Contact{Organization: org}
	if err := c.write(d); err != nil {
		return nil, err
	}
	c.record("contact.created", "")
	return c, nil
}

// Edit replaces what was written.
func (c *Contact) Edit(d ContactDraft) error {
	if err := c.write(d); err != nil {
		return err
	}
	c.record("contact.edited", "")
	return nil
}

// Remove notes that the contact is taken out.
func (c *Contact) Remove() { c.record("contact.removed", "") }

// Draft is what would be written to get this contact.
func (c *Contact) Draft() ContactDraft { return ContactDraft{c.Name, c.Title, c.Email, c.Phone} }

func (c *Contact) write(d ContactDraft) error {
	if d.Name = strings.TrimSpace(d.Name); d.Name == "" {
		return (Faults{{Pointer: "/name", Code: "required", Detail: "a name is not empty"}}).Err()
	}
	c.Name, c.Title, c.Email, c.Phone = d.Name, d.Title, d.Email, d.Phone
	return nil
}

// Next lists what may be done with a contact.
func (c *Contact) Next() []Action { return []Action{EditContact, RemoveContact} }

// CheckKind is what a check looks into.
type CheckKind string

// The kinds of check.
const (
	CheckSanctions          CheckKind = "sanctions"
	CheckDebarment          CheckKind = "debarment"
	CheckForcedLabor        CheckKind = "own_forced_labor_allegation"
	CheckConflictOfInterest CheckKind = "conflict_of_interest"
	CheckActiveProcurement  CheckKind = "active_procurement"
	CheckReputation         CheckKind = "reputation"
	CheckForeignInfluence   CheckKind = "foreign_influence"
)

// CheckKinds lists the kinds of check.
func CheckKinds() []CheckKind {
	return []CheckKind{
		CheckSanctions, CheckDebarment, CheckForcedLabor, CheckConflictOfInterest, CheckActiveProcurement, CheckReputation, CheckForeignInfluence,
	}
}

// CheckResult is what a check found.
type CheckResult string

// A check is pending until its reviewer records a result.
const (
	CheckPending CheckResult = "pending"
	CheckClear   CheckResult = "clear"
	CheckConcern CheckResult = "concern"
	CheckHit     CheckResult = "hit"
)

// Check is one look into an organization: asked for by one person, done by
// another.
type Check struct {
	Record[Check]
	Organization OrganizationID
	Kind         CheckKind
	Result       CheckResult
	RequestedBy  AccountID
	Reviewer     AccountID
	Source       string
	Evidence     string
	CheckedOn    Date
	ExpiresOn    Date
	// Carried is the organization of which it was, before that one was merged into
	// this: what it found counts against this one, and never for it.
	Carried OrganizationID
}

// CheckID names a check.
type CheckID = ID[Check]

// RequestCheckOf asks for a check of an organization.
func RequestCheckOf(org OrganizationID, k CheckKind, by Actor) *Check {
	c := &Check{Organization: org, Kind: k, Result: CheckPending, RequestedBy: by.Account}
	c.record("check.requested", string(k))
	return c
}

// CheckFinding is what a reviewer records.
type CheckFinding struct {
	Result               CheckResult
	Source, Evidence     string
	CheckedOn, ExpiresOn Date
}

// Conclude keeps the finding. The reviewer is never the requester, and a finding
// once recorded stands: a new look is a new check. A clear one lapses as the
// requirements say at the latest; what speaks against somebody may stand longer.
func (c *Check) Conclude(by Actor, d CheckFinding, rules *VettingRules, now time.Time) error {
	if c.Result != CheckPending {
		return Refuse(Conflict, "the finding is recorded; request a new check")
	}
	if by.Account == c.RequestedBy {
		return Refuse(Forbidden, "the reviewer is never the requester")
	}
	var f Faults
	if !slices.Contains([]CheckResult{CheckClear, CheckConcern, CheckHit}, d.Result) {
		f.Add("/result", "unknown_value", "must be clear, concern or hit")
	}
	if strings.TrimSpace(d.Source) == "" {
		f.Add("/source", "required", "say where you looked")
	}
	if DateOf(now).Before(d.CheckedOn) {
		f.Add("/checked_on", "invalid", "is not in the future")
	}
	if !d.CheckedOn.Before(d.ExpiresOn) {
		f.Add("/expires_on", "invalid", "comes after checked_on")
	}
	if latest := rules.latest(c.Kind, d.CheckedOn); d.Result == CheckClear && latest.Before(d.ExpiresOn) {
		f.Add("/expires_on", "too_late", "a %s check of %s stands until %s at the latest", c.Kind, d.CheckedOn, latest)
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.Result, c.Reviewer, c.Source, c.Evidence, c.CheckedOn, c.ExpiresOn = d.Result, by.Account, d.Source, d.Evidence, d.CheckedOn, d.ExpiresOn
	c.record("check.recorded", fmt.Sprintf("%s: %s", c.Kind, c.Result))
	return nil
}

// Clears reports whether the check found nothing and has not lapsed on the day.
func (c Check) Clears(on Date) bool { return c.Result == CheckClear && on.Before(c.ExpiresOn) }

// Next lists what may be done with a check.
func (c *Check) Next(by Actor) []Action {
	if c.Result == CheckPending && by.Account != c.RequestedBy {
		return []Action{RecordCheck}
	}
	return nil
}
