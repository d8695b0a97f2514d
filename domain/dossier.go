package domain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ElementState says how an element of the action memorandum is met.
type ElementState string

// An element is provided, or doesn't apply for a reason.
const (
	ElementProvided      ElementState = "provided"
	ElementNotApplicable ElementState = "not_applicable"
)

// Element is what a partnership's action memorandum says to one of the required
// elements.
type Element struct {
	Key   string       `json:"key"`
	State ElementState `json:"state"`
	// Text says it, or Reference says in which document it is said, or Documents of
	// the partnership do.
	Text      string       `json:"text,omitempty"`
	Reference string       `json:"reference,omitempty"`
	Documents []DocumentID `json:"documents,omitempty"`
	// Reason is why it doesn't apply.
	Reason string    `json:"reason,omitempty"`
	By     AccountID `json:"by"`
	On     Date      `json:"on"`
}

// ElementDraft is what is written of an element.
type ElementDraft struct {
	State                   ElementState
	Text, Reference, Reason string
	// Documents are the partnership's own, and can be read.
	Documents []DocumentID
}

func (d ElementDraft) check(r ElementRule) error {
	var f Faults
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	switch {
	case d.State == ElementProvided && blank(d.Text) && blank(d.Reference) && len(d.Documents) == 0:
		f.Add("/text", "required", "write the text, or refer to the document in which it stands")
	case d.State == ElementNotApplicable && r.Always:
		f.Add("/state", "invalid", "%q applies to every partnership", r.Title)
	case d.State == ElementNotApplicable && blank(d.Reason):
		f.Add("/reason", "required", "say why it does not apply")
	case d.State != ElementProvided && d.State != ElementNotApplicable:
		f.Add("/state", "unknown_value", "must be provided or not_applicable")
	}
	if d.State == ElementProvided && d.Reason != "" {
		f.Add("/reason", "invalid", "is for an element that does not apply")
	}
	if d.State == ElementNotApplicable && (d.Text != "" || d.Reference != "" || len(d.Documents) > 0) {
		f.Add("/text", "invalid", "an element that does not apply has a reason and nothing else")
	}
	return f.Err()
}

// ClearanceDecision is what an office decides.
type ClearanceDecision string

// The decisions. Empty while the office has not decided.
const (
	Cleared            ClearanceDecision = "cleared"
	ClearedWithComment ClearanceDecision = "cleared_with_comment"
	ClearanceRefused   ClearanceDecision = "refused"
)

// Clearance is one request to an office and what it decided. A request that was
// decided stands; to ask again is another.
type Clearance struct {
	// Office is the key of the rule; OfficeName the office as it was then.
	Office     string `json:"office"`
	OfficeName string `json:"office_name"`
	// Round counts the times that the approval, or a renewal, was asked for.
	Round       int       `json:"round"`
	RequestedBy AccountID `json:"requested_by"`
	RequestedAt time.Time `json:"requested_at"`
	// Reason is why the office is asked again within the round.
	Reason    string            `json:"reason,omitempty"`
	Decision  ClearanceDecision `json:"decision,omitempty"`
	Comment   string            `json:"comment,omitempty"`
	DecidedBy AccountID         `json:"decided_by,omitempty"`
	DecidedAt *time.Time        `json:"decided_at,omitempty"`
}

// given reports whether the office has cleared.
func (c Clearance) given() bool { return c.Decision == Cleared || c.Decision == ClearedWithComment }

// Dossier is what a decision about a partnership rests on beside the partnership
// itself, as it stands at that moment.
type Dossier struct {
	// Rules are the requirements that apply; nil if there are none.
	Rules *Requirements
	// Newest are the latest of its kind, which may be others.
	Newest *Requirements
	// Members are the member organizations; one that is not given is not vetted.
	Members []Organization
	// Signs are what may tell of procurement in disguise.
	Signs []ProcurementSign
	// Cited are the documents that elements cite; one that is not given is not there.
	Cited []*Document
}

// unread says of the first document that an element cites and nobody can read what
// is wrong with it; empty if there is none.
func (d Dossier) unread(e *Element) string {
	if e == nil {
		return ""
	}
	for _, id := range e.Documents {
		i := slices.IndexFunc(d.Cited, func(c *Document) bool { return c.ID == id })
		if i < 0 {
			return "it cites a document that is not there"
		}
		var refused *Error
		if _, err := d.Cited[i].Readable(0, false); errors.As(err, &refused) {
			return fmt.Sprintf("it cites “%s”: %s", d.Cited[i].Title, refused.Detail)
		}
	}
	return ""
}

// Cites are the documents that the elements cite.
func (p *Partnership) Cites() []DocumentID {
	var out []DocumentID
	for _, e := range p.Elements {
		out = append(out, e.Documents...)
	}
	return out
}

// standing names what stands against a new agreement of a kind with a member.
func (d Dossier) standing(id OrganizationID, today Date, kind PartnershipKind) Faults {
	for _, o := range d.Members {
		if o.ID == id {
			return o.Standing(today, kind)
		}
	}
	return Faults{{Detail: "its vetting was not looked at"}}
}

// ProcurementSign is something that an attestation has to take account of: money
// that flows from the office, a member that is selling to the government.
type ProcurementSign struct {
	At    time.Time
	Words string
}

// SellsToGovernment is the sign that a check gives of a member that has an active
// procurement.
func (p *Partnership) SellsToGovernment(c Check) ProcurementSign {
	name := p.member(c.Organization).Name
	if name == "" {
		name = "a member"
	}
	return ProcurementSign{c.UpdatedAt, name + " was found to have an active procurement on " + string(c.CheckedOn)}
}

// rulesFor says whether a version of the requirements fits the partnership.
func (p *Partnership) rulesFor(r *Requirements) error {
	if r == nil || r.Kind != p.Kind || !r.Stage.Is(RequirementsAdopted) {
		return Refuse(Conflict, "no requirements are adopted for %s partnerships", p.Kind)
	}
	return nil
}

// askOffices requests a clearance of every office that the rules name.
func (p *Partnership) askOffices(by Actor, r *Requirements, now time.Time) {
	p.Requirements = r.ID
	p.Round++
	p.Clearances = slices.Clone(p.Clearances)
	for _, c := range r.Clearances {
		if c.needed(p.EstimatedValue) {
			p.Clearances = append(p.Clearances, Clearance{Office: c.Key, OfficeName: c.Office, Round: p.Round, RequestedBy: by.Account, RequestedAt: now})
		}
	}
}

// clearance is the last request of this round to an office, or nil.
func (p *Partnership) clearance(office string) *Clearance {
	for i := len(p.Clearances) - 1; i >= 0; i-- {
		if c := &p.Clearances[i]; c.Office == office && c.Round == p.Round {
			return c
		}
	}
	return nil
}

// Counts reports whether the i-th request is the one to its office that decides
// now.
func (p *Partnership) Counts(i int) bool {
	return p.clearance(p.Clearances[i].Office) == &p.Clearances[i]
}

// Element is what is written to an element; nil if nothing is.
func (p *Partnership) Element(key string) *Element {
	if i := slices.IndexFunc(p.Elements, func(e Element) bool { return e.Key == key }); i >= 0 {
		return &p.Elements[i]
	}
	return nil
}

// WriteElement keeps what the memorandum says to one element. What is up for
// clearance is fixed; in a reapproval a change drops the request, and every
// office is asked anew.
func (p *Partnership) WriteElement(by Actor, rules *Requirements, key string, d ElementDraft, today Date) error {
	if err := p.mayChange("write_element"); err != nil {
		return err
	}
	rule := rules.element(key)
	if rule == nil {
		return Refuse(NotFound, "there is no such element")
	}
	if err := d.check(*rule); err != nil {
		return err
	}
	e := Element{key, d.State, d.Text, d.Reference, d.Documents, d.Reason, by.Account, today}
	p.Elements = slices.DeleteFunc(slices.Clone(p.Elements), func(o Element) bool { return o.Key == key })
	p.Elements = append(p.Elements, e)
	slices.SortFunc(p.Elements, func(a, b Element) int { return strings.Compare(a.Key, b.Key) })
	p.dropRequest()
	p.record("partnership.element_written", key)
	return nil
}

// mayChange refuses a change of what an approval rests on, except while it is
// written or waits for its reapproval.
func (p *Partnership) mayChange(verb string) error {
	if p.Stage.Is(partnershipAmended...) {
		return nil
	}
	return Refuse(Conflict, "%s is possible from %s; this is %s", verb, orList(partnershipAmended), p.Stage)
}

var partnershipAmended = append(slices.Clone(partnershipWritten), PartnershipReapprovalDue)

// dropRequest takes back the request for a reapproval: the offices were asked
// about other papers.
func (p *Partnership) dropRequest() {
	if p.RenewalRequestedBy == "" {
		return
	}
	p.RenewalRequestedBy, p.Requirements = "", ""
	p.Round++
}

// DecideClearance keeps what an office decides: one of its own people, who did
// not ask for it. A refusal and a comment say something.
func (p *Partnership) DecideClearance(by Actor, office string, d ClearanceDecision, comment string, now time.Time) error {
	if err := p.mustClear(DecideClearance); err != nil {
		return err
	}
	c := p.clearance(office)
	switch {
	case c == nil:
		return Refuse(NotFound, "no clearance of that office was asked for")
	case !sameOffice(by.Office, c.OfficeName):
		return Refuse(Forbidden, "only people of %s decide this clearance", c.OfficeName)
	case by.Account == c.RequestedBy:
		return Refuse(Forbidden, "who asked for a clearance may not decide it")
	case c.Decision != "":
		return Refuse(Conflict, "the clearance is %s; ask the office again by reopen", c.Decision)
	}
	if !slices.Contains([]ClearanceDecision{Cleared, ClearedWithComment, ClearanceRefused}, d) {
		return (Faults{{Pointer: "/decision", Code: "unknown_value", Detail: "must be cleared, cleared_with_comment or refused"}}).Err()
	}
	if d != Cleared && strings.TrimSpace(comment) == "" {
		return (Faults{{Pointer: "/comment", Code: "required", Detail: "say what the comment or the refusal is"}}).Err()
	}
	p.Clearances = slices.Clone(p.Clearances)
	c = p.clearance(office)
	c.Decision, c.Comment, c.DecidedBy, c.DecidedAt = d, comment, by.Account, &now
	p.record("partnership.clearance_decided", office+": "+string(d))
	return nil
}

// ReopenClearance asks an office that has decided once more, with the reason. The
// decision stays on record; the approval waits for the new one.
func (p *Partnership) ReopenClearance(by Actor, office, reason string, now time.Time) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := p.mustClear(ReopenClearance); err != nil {
		return err
	}
	c := p.clearance(office)
	if c == nil {
		return Refuse(NotFound, "no clearance of that office was asked for")
	}
	if c.Decision == "" {
		return Refuse(Conflict, "the office has not decided yet")
	}
	p.Clearances = append(slices.Clone(p.Clearances), Clearance{
		Office: c.Office, OfficeName: c.OfficeName, Round: p.Round, RequestedBy: by.Account, RequestedAt: now, Reason: reason,
	})
	p.record("partnership.clearance_reopened", office)
	return nil
}

// mustClear refuses a step of clearances while none are being asked for.
func (p *Partnership) mustClear(act Action) error {
	if p.Stage.Is(PartnershipClearances) || p.RenewalRequestedBy != "" {
		return nil
	}
	return Refuse(Conflict, "%s is possible while clearances are asked for; this is %s", act.Verb(), p.Stage)
}

func sameOffice(a, b string) bool { return a != "" && NameKey(a) == NameKey(b) }

// RequestReapproval asks for the renewal of a partnership whose reapproval is
// due, under the newest requirements. Every office is asked anew, and who asks
// may not renew.
func (p *Partnership) RequestReapproval(by Actor, newest *Requirements, now time.Time) error {
	if !p.Stage.Is(PartnershipReapprovalDue) {
		return Refuse(Conflict, "%s is possible from %s; this is %s", RequestReapproval.Verb(), PartnershipReapprovalDue, p.Stage)
	}
	if err := p.rulesFor(newest); err != nil {
		return err
	}
	p.RenewalRequestedBy = by.Account
	p.askOffices(by, newest, now)
	p.record("partnership.reapproval_requested", "")
	return nil
}
