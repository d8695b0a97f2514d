package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// VettingRulesID names a version of the vetting requirements.
type VettingRulesID = ID[VettingRules]

// VettingRules is one version of what vetting asks for. A version is never
// changed: what is written next is the next version, and an approval keeps the
// number of the one that it was given under.
type VettingRules struct {
	Record[VettingRules]
	// Number counts the versions from 1, which is the one shipped.
	Number int
	Rules  List[VettingRule]
	// Reminders are how many days before a check lapses the office is told.
	Reminders List[int]
	// Spans are for how long a clear check of a kind stands at most; of a kind that
	// is not named, LongestCheck.
	Spans List[CheckSpan]
	// WaiverMonths is for how long a waiver stands at most.
	WaiverMonths int
	WrittenBy    AccountID
}

// The longest that anything stands in vetting, in months; a version can say less.
const (
	LongestCheck  = 60
	LongestWaiver = 12
)

// CheckSpan is for how many months a clear check of a kind stands at most.
type CheckSpan struct {
	Check  CheckKind `json:"check"`
	Months int       `json:"months"`
}

// latest is the last day on which a clear check of a kind may lapse.
func (v VettingRules) latest(k CheckKind, checked Date) Date {
	for _, s := range v.Spans {
		if s.Check == k {
			return checked.AddMonths(s.Months)
		}
	}
	return checked.AddMonths(LongestCheck)
}

// latestWaiver is the last day on which a waiver of a day may end.
func (v VettingRules) latestWaiver(from Date) Date {
	return from.AddMonths(cmp.Or(v.WaiverMonths, LongestWaiver))
}

// VettingRule asks for checks of organizations of some types, or for
// partnerships of some kinds. What it names none of, it asks for of all.
type VettingRule struct {
	Types  []OrganizationType `json:"types,omitempty"`
	Kinds  []PartnershipKind  `json:"kinds,omitempty"`
	Checks []CheckKind        `json:"checks"`
}

// DefaultVettingRules is version 1, as migration 0072 ships it: every partner is
// screened, a business is asked about forced labor of its own, and a lasting
// partnership looks into reputation (2 FAM 970). Procurement under way is for the
// attestation to take account of.
func DefaultVettingRules() VettingRulesDraft {
	return VettingRulesDraft{
		Rules: []VettingRule{
			{Checks: []CheckKind{CheckSanctions, CheckDebarment, CheckConflictOfInterest}},
			{Types: []OrganizationType{OrganizationBusiness, OrganizationBusinessAssociation}, Checks: []CheckKind{CheckForcedLabor}},
			{Kinds: []PartnershipKind{PartnershipLongTerm}, Checks: []CheckKind{CheckReputation}},
		},
		Reminders: []int{60, 30, 7}, WaiverMonths: LongestWaiver,
	}
}

// VettingRulesDraft is what an admin writes.
type VettingRulesDraft struct {
	Rules     []VettingRule
	Reminders []int
	// Spans and WaiverMonths say less than the longest, where they say anything.
	Spans        []CheckSpan
	WaiverMonths int
}

// NewVettingRules writes the version that comes after a number. It is refused if
// it asks nothing of somebody.
func NewVettingRules(by Actor, d VettingRulesDraft, after int) (*VettingRules, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	reminders := slices.Clone(d.Reminders)
	slices.SortFunc(reminders, func(a, b int) int { return cmp.Compare(b, a) })
	v := &VettingRules{
		Number: after + 1, Rules: d.Rules, Reminders: slices.Compact(reminders), Spans: d.Spans,
		WaiverMonths: cmp.Or(d.WaiverMonths, LongestWaiver), WrittenBy: by.Account,
	}
	v.record("vetting_requirements.created", fmt.Sprint(v.Number))
	return v, nil
}

func (d VettingRulesDraft) check() error {
	var f Faults
	for i, r := range d.Rules {
		at := fmt.Sprintf("/rules/%d", i)
		each(&f, at+"/types", r.Types, "a type of the reference list", OrganizationType.Valid)
		each(&f, at+"/kinds", r.Kinds, orList(PartnershipKinds()), func(k PartnershipKind) bool { return slices.Contains(PartnershipKinds(), k) })
		each(&f, at+"/checks", r.Checks, orList(CheckKinds()), func(k CheckKind) bool { return slices.Contains(CheckKinds(), k) })
		if len(r.Checks) == 0 {
			f.Add(at+"/checks", "required", "name at least one check")
		}
	}
	each(&f, "/reminders", d.Reminders, "a number of days from 1 to 365", func(n int) bool { return n >= 1 && n <= 365 })
	for i, s := range d.Spans {
		at := fmt.Sprintf("/longest/%d", i)
		if !slices.Contains(CheckKinds(), s.Check) {
			f.Add(at+"/check", "unknown_value", "must be %s", orList(CheckKinds()))
		}
		if slices.ContainsFunc(d.Spans[:i], func(o CheckSpan) bool { return o.Check == s.Check }) {
			f.Add(at+"/check", "duplicate", "stands in the list twice")
		}
		if s.Months < 1 || s.Months > LongestCheck {
			f.Add(at+"/months", "invalid", "is from 1 to %d", LongestCheck)
		}
	}
	if d.WaiverMonths < 0 || d.WaiverMonths > LongestWaiver {
		f.Add("/waiver_months", "invalid", "is from 1 to %d", LongestWaiver)
	}
	whole := VettingRules{Rules: d.Rules}
	for _, t := range OrganizationTypes() {
		if len(whole.Required(t, "")) == 0 {
			f.Add("/rules", "incomplete", "nothing would be asked of %s; every partner is vetted", t)
		}
	}
	return f.Err()
}

// Required lists the checks that an organization of a type needs, once each; for
// a partnership of a kind also those that the kind needs. No kind is any other
// engagement, agreement or money.
func (v VettingRules) Required(t OrganizationType, kind PartnershipKind) []CheckKind {
	var out []CheckKind
	for _, r := range v.Rules {
		if (len(r.Types) == 0 || slices.Contains(r.Types, t)) && (len(r.Kinds) == 0 || slices.Contains(r.Kinds, kind)) {
			out = append(out, r.Checks...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// WaiverID names a waiver.
type WaiverID = ID[Waiver]

// WaiverStage is where a waiver is in its life.
type WaiverStage string

// The stages of a waiver.
const (
	WaiverRequested WaiverStage = "requested"
	WaiverGranted   WaiverStage = "granted"
	WaiverDeclined  WaiverStage = "declined"
	WaiverRevoked   WaiverStage = "revoked"
)

var waiverLife = lifeCycle[WaiverStage]{
	GrantWaiver:   {[]WaiverStage{WaiverRequested}, WaiverGranted},
	DeclineWaiver: {[]WaiverStage{WaiverRequested}, WaiverDeclined},
	RevokeWaiver:  {[]WaiverStage{WaiverGranted}, WaiverRevoked},
}

// Waiver lets an organization go without a required check until a day, for a
// reason. It stands in for a check that is missing, lapsed or of concern, and
// never for one that found a hit.
type Waiver struct {
	Record[Waiver]
	Organization OrganizationID
	Kind         CheckKind
	Reason       string
	ExpiresOn    Date
	Stage        Stage[WaiverStage]
	RequestedBy  AccountID
	DecidedBy    AccountID
	DecidedOn    Date
	// DecisionReason is why it was declined or revoked.
	DecisionReason string
	// Carried is the organization of which it was, before that one was merged into
	// this: for this one it stands in for nothing.
	Carried OrganizationID
}

// RequestWaiverOf asks that a check of an organization be waived, for no longer than
// the requirements allow.
func RequestWaiverOf(org OrganizationID, k CheckKind, reason string, until Date, by Actor, rules *VettingRules, today Date) (*Waiver, error) {
	var f Faults
	if strings.TrimSpace(reason) == "" {
		f.Add("/reason", "required", "say why the check can be done without, in a sentence")
	}
	if !today.Before(until) {
		f.Add("/expires_on", "invalid", "comes after today; a waiver ends")
	}
	if latest := rules.latestWaiver(today); latest.Before(until) {
		f.Add("/expires_on", "too_late", "a waiver stands until %s at the latest", latest)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	w := &Waiver{Organization: org, Kind: k, Reason: reason, ExpiresOn: until, RequestedBy: by.Account, Stage: Stage[WaiverStage]{WaiverRequested}}
	w.record("waiver.requested", string(k))
	return w, nil
}

// Grant lets the waiver stand. It is refused to who asked for it, and of one that
// was asked for until a later day than the requirements allow.
func (w *Waiver) Grant(by Actor, rules *VettingRules, today Date) error {
	if latest := rules.latestWaiver(today); w.Stage.Is(WaiverRequested) && latest.Before(w.ExpiresOn) {
		return Refuse(Conflict, "a waiver stands until %s at the latest, and this was asked for until %s; decline it, and let a shorter one be asked for", latest, w.ExpiresOn)
	}
	return w.decide(GrantWaiver, by, "", today)
}

// Decline refuses the waiver, with the reason. It is not for who asked for it.
func (w *Waiver) Decline(by Actor, reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	return w.decide(DeclineWaiver, by, reason, today)
}

func (w *Waiver) decide(act Action, by Actor, reason string, today Date) error {
	st := w.Stage
	if err := waiverLife.take(&st, act); err != nil {
		return err
	}
	if by.Account == w.RequestedBy {
		return Refuse(Forbidden, "who asked for a waiver may not decide it")
	}
	w.Stage, w.DecidedBy, w.DecidedOn, w.DecisionReason = st, by.Account, today, reason
	w.record("waiver."+st.String(), string(w.Kind))
	return nil
}

// Revoke ends a granted waiver at once, with the reason; anyone who may do so.
func (w *Waiver) Revoke(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := waiverLife.take(&w.Stage, RevokeWaiver); err != nil {
		return err
	}
	w.DecisionReason = reason
	w.record("waiver.revoked", string(w.Kind))
	return nil
}

// Next lists what the waiver's stage allows to others than who asked for it.
func (w *Waiver) Next(by Actor) []Action {
	return unless(by.Account == w.RequestedBy, waiverLife.next(w.Stage), GrantWaiver, DeclineWaiver)
}

// Condition is something on which an approval depends, to be fulfilled by a day.
type Condition struct {
	Text string `json:"text"`
	// DueOn is empty for a condition of before there were due dates.
	DueOn Date `json:"due_on,omitempty"`
	// FulfilledOn is when the office found it fulfilled, and Finding why.
	FulfilledOn Date      `json:"fulfilled_on,omitempty"`
	FulfilledBy AccountID `json:"fulfilled_by,omitempty"`
	Finding     string    `json:"finding,omitempty"`
	// Extended is why it was given more time, the last time.
	Extended string `json:"extended,omitempty"`
}

// overdue reports whether the condition's day has passed unfulfilled.
func (c Condition) overdue(today Date) bool { return c.FulfilledOn == "" && c.DueOn.Before(today) }

// NewConditions are the conditions of an approval: at least one, each with a
// text and a day to come.
func NewConditions(in []Condition, today Date) ([]Condition, error) {
	var f Faults
	if len(in) == 0 {
		f.Add("/conditions", "required", "say on what the approval depends")
	}
	for i, c := range in {
		if strings.TrimSpace(c.Text) == "" {
			f.Add(fmt.Sprintf("/conditions/%d/text", i), "required", "say what is to be fulfilled")
		}
		if !today.Before(c.DueOn) {
			f.Add(fmt.Sprintf("/conditions/%d/due_on", i), "invalid", "comes after today")
		}
	}
	return in, f.Err()
}

// Fulfill records that a condition, counted from 0, is fulfilled, and why the
// office finds so.
func (o *Organization) Fulfill(by Actor, n int, finding string, today Date) error {
	return o.settle(n, "/finding", finding, "organization.condition_fulfilled", func(c *Condition, _ *Faults) {
		c.FulfilledOn, c.FulfilledBy, c.Finding = today, by.Account, finding
	})
}

// Extend gives a condition that is not fulfilled until another day, and says why.
func (o *Organization) Extend(n int, until Date, reason string, today Date) error {
	return o.settle(n, "/reason", reason, "organization.condition_extended", func(c *Condition, f *Faults) {
		if !today.Before(until) {
			f.Add("/due_on", "invalid", "comes after today")
		}
		c.DueOn, c.Extended = until, reason
	})
}

func (o *Organization) settle(n int, at, words, event string, do func(*Condition, *Faults)) error {
	if !o.Stage.Is(OrganizationApprovedConditions) {
		return Refuse(Conflict, "conditions are of an organization approved with conditions; this is %s", o.Stage)
	}
	var f Faults
	if n < 0 || n >= len(o.Conditions) {
		f.Add("/condition", "unknown_value", "must be the number of a condition, counted from 0")
		return f.Err()
	}
	if o.Conditions[n].FulfilledOn != "" {
		return Refuse(Conflict, "condition %d is fulfilled", n)
	}
	if strings.TrimSpace(words) == "" {
		f.Add(at, "required", "say why, in a sentence")
	}
	all := slices.Clone(o.Conditions)
	do(&all[n], &f)
	if err := f.Err(); err != nil {
		return err
	}
	o.Conditions = all
	o.record(event, fmt.Sprint(n))
	return nil
}

// Vetting is what an organization's standing rests on.
type Vetting struct {
	// Under are the requirements of its approval, to which it is held until the
	// next; Current those of today, for what a kind of partnership needs besides.
	Under, Current VettingRules
	Checks         []Check
	Waivers        []Waiver
	// Partnered are the kinds of the partnerships that it is in. They are read for
	// Lapses alone.
	Partnered []PartnershipKind
}

// gaps names what is missing on a day of the checks that are required, and every
// check of another kind whose hit stands.
func (v Vetting) gaps(required []CheckKind, today Date) Faults {
	var f Faults
	for _, k := range CheckKinds() {
		if gap := v.gap(k, slices.Contains(required, k), today); gap.Code != "" {
			f = append(f, gap)
		}
	}
	return f
}

func (v Vetting) gap(k CheckKind, required bool, today Date) Fault {
	last := latestCheck(v.Checks, k)
	gap := Fault{Pointer: "/checks/" + string(k)}
	switch {
	case last != nil && last.Result == CheckHit && (required || today.Before(last.ExpiresOn)):
		gap.Code, gap.Detail = "hit", fmt.Sprintf("the latest %s check found something", k)
	case !required, last != nil && last.Clears(today), v.waived(k, today):
	case last != nil && last.Result == CheckConcern:
		gap.Code, gap.Detail = "concern", fmt.Sprintf("the latest %s check is of concern", k)
	case last != nil:
		gap.Code, gap.Detail = "lapsed", fmt.Sprintf("the %s check lapsed on %s", k, last.ExpiresOn)
	case v.waivedUntil(k) != "":
		gap.Code, gap.Detail = "lapsed", fmt.Sprintf("the waiver of the %s check lapsed on %s", k, v.waivedUntil(k))
	default:
		gap.Code, gap.Detail = "missing", fmt.Sprintf("a clear %s check is needed; none is on file", k)
	}
	return gap
}

func (v Vetting) waived(k CheckKind, today Date) bool { return today.Before(v.waivedUntil(k)) }

// waivedUntil is the day on which the last granted waiver of a check ends.
func (v Vetting) waivedUntil(k CheckKind) Date {
	var last Date
	for _, w := range v.Waivers {
		if w.Kind == k && w.Stage.Is(WaiverGranted) && w.Carried == "" {
			last = max(last, w.ExpiresOn)
		}
	}
	return last
}

// goodUntil is the day on which a required check lapses, however it is had: by a
// check or by a waiver. Empty if it isn't current.
func (v Vetting) goodUntil(k CheckKind, today Date) Date {
	var until Date
	if last := latestCheck(v.Checks, k); last != nil && last.Clears(today) {
		until = last.ExpiresOn
	}
	if v.waived(k, today) {
		until = max(until, v.waivedUntil(k))
	}
	return until
}

// Standing names all that stands, on a day, against anything new with the
// organization: an engagement, an agreement, money; of a kind if it is a
// partnership. Good standing is that nothing does. It is not for a partner's
// eyes: see Admit. An organization whose vetting was not read has none.
func (o *Organization) Standing(today Date, kind PartnershipKind) Faults {
	var f Faults
	if !o.Stage.Is(approvedStages...) {
		f.Add("/stage", "not_approved", "its vetting is %s", o.Stage)
		return f
	}
	if o.Vetting == nil {
		f.Add("/checks", "missing", "its checks were not looked at")
		return f
	}
	required := o.Vetting.Under.Required(o.Type, "")
	if kind != "" {
		required = append(required, o.Vetting.Current.Required(o.Type, kind)...)
	}
	f = o.Vetting.gaps(required, today)
	for i, c := range o.Conditions {
		if c.overdue(today) {
			f.Add(fmt.Sprintf("/conditions/%d", i), "overdue", "a condition of the approval was to be fulfilled by %s", c.DueOn)
		}
	}
	return f
}

// Admit refuses anything new with an organization that is not in good standing,
// and tells the office why. A partner hears that its vetting is not current and
// no more: what a check found is the office's to know.
func (o *Organization) Admit(by Actor, today Date) error { return o.AdmitTo("", by, today) }

// AdmitTo is Admit to a kind of partnership, which may need checks of its own.
func (o *Organization) AdmitTo(kind PartnershipKind, by Actor, today Date) error {
	f := o.Standing(today, kind)
	if len(f) == 0 {
		return nil
	}
	if !by.Internal() {
		return Refuse(Conflict, "your organization's vetting is not current; ask the office")
	}
	return &Error{Kind: Conflict, Detail: "nothing new is agreed with this organization: " + f[0].Detail, Faults: f}
}

// Expire ends an approval of which a required check has lapsed. Nothing waited
// for it: the lapse itself keeps everything new away.
func (o *Organization) Expire(today Date) error {
	lapsed := slices.ContainsFunc(o.Standing(today, ""), func(f Fault) bool { return f.Code == "lapsed" })
	if !lapsed {
		return Refuse(Conflict, "no required check has lapsed")
	}
	if err := organizationLife.take(&o.Stage, ExpireOrganization); err != nil {
		return err
	}
	o.record("organization.expired", "")
	return nil
}

// Lapse is that something on which an approved organization's standing rests ends
// on a day: a check, or the time in which to fulfill a condition.
type Lapse struct {
	Organization OrganizationID
	// Kind is the check's; empty for a condition, which Condition is then, in words.
	Kind      CheckKind
	Condition string
	// Key tells it from the organization's others.
	Key string
	On  Date
	// Days is the reminder that is due: so many days before, at the latest.
	Days int
}

// Lapses lists for what a reminder is due, each with the nearest one: for the
// checks that its type requires, or a partnership that it is in, before the day;
// for its conditions on the day too, and not only before.
func (o *Organization) Lapses(today Date) []Lapse {
	if !o.Stage.Is(approvedStages...) || o.Vetting == nil {
		return nil
	}
	required := o.Vetting.Under.Required(o.Type, "")
	for _, kind := range o.Vetting.Partnered {
		required = append(required, o.Vetting.Current.Required(o.Type, kind)...)
	}
	slices.Sort(required)
	var out []Lapse
	for _, k := range slices.Compact(required) {
		until := o.Vetting.goodUntil(k, today)
		if days, due := o.Vetting.Current.reminder(until, today); due {
			out = append(out, Lapse{Organization: o.ID, Kind: k, Key: string(k), On: until, Days: days})
		}
	}
	for i, c := range o.Conditions {
		if days, due := o.Vetting.Current.reminder(c.DueOn, today); due && c.FulfilledOn == "" {
			out = append(out, Lapse{Organization: o.ID, Condition: c.Text, Key: fmt.Sprint("condition ", i), On: c.DueOn, Days: days})
		}
	}
	return out
}

// reminder is the nearest reminder that is due of a day: so many days before it,
// or 0 from that day on. Of no day none is.
func (v VettingRules) reminder(of, today Date) (days int, due bool) {
	for _, n := range append(slices.Clone(v.Reminders), 0) { // the longest first
		if of != "" && !today.AddDays(n).Before(of) {
			days, due = n, true
		}
	}
	return days, due
}

// Stewards are those who had to do with a check, the nearest first: who asked for
// the last one of its kind, who did it, who approved the organization. With a
// condition, which is of no kind, had to do who gave the approval.
func (o *Organization) Stewards(k CheckKind) []AccountID {
	out := []AccountID{o.ApprovedBy, o.SubmittedBy}
	if last := latestCheck(o.Vetting.Checks, k); last != nil {
		out = append([]AccountID{last.RequestedBy, last.Reviewer}, out...)
	}
	return out
}
