package domain

import "slices"

// Remedy is one thing that a partnership from an older register lacked when it
// was taken over: who sees to it, until when, and how it was settled.
type Remedy struct {
	// Pointer is the need that was not met, as in the checklist.
	Pointer string    `json:"pointer"`
	Title   string    `json:"title"`
	Lacked  string    `json:"lacked"`
	Owner   AccountID `json:"owner,omitempty"`
	DueOn   Date      `json:"due_on,omitempty"`
	// Outcome is mended, or accepted as it is; empty while it is open.
	Outcome    RemedyOutcome `json:"outcome,omitempty"`
	How        string        `json:"how,omitempty"`
	ResolvedBy AccountID     `json:"resolved_by,omitempty"`
	ResolvedOn Date          `json:"resolved_on,omitempty"`
}

// RemedyOutcome is how a gap was settled.
type RemedyOutcome string

// A gap is mended, or somebody else than its owner accepts that it stays.
const (
	RemedyMended   RemedyOutcome = "mended"
	RemedyAccepted RemedyOutcome = "accepted"
)

// Open reports whether nothing has settled it.
func (r Remedy) Open() bool { return r.Outcome == "" }

// Overdue reports whether it is open after its day.
func (r Remedy) Overdue(today Date) bool { return r.Open() && r.DueOn.Before(today) }

// legacyStages are where an older register can leave a partnership: running, and
// so to be approved anew here, or over.
var legacyStages = []PartnershipStage{PartnershipReapprovalDue, PartnershipExpired, PartnershipTerminated, PartnershipClosedOut}

// LegacyFacts are what an older register knows beside the draft. What it doesn't
// know stays empty; nothing is guessed.
type LegacyFacts struct {
	Source              string
	Stage               PartnershipStage
	ApprovedOn          Date
	SignedOn            Date
	EndedOn             Date
	MemorandumReference string
}

// TakeOver records a partnership from an older register. Its remediation is all
// that a reapproval here would find missing; a running one waits for that
// reapproval, and is not approved before it has passed.
func TakeOver(d PartnershipDraft, l LegacyFacts, dossier Dossier, today Date) (*Partnership, error) {
	p := &Partnership{Stage: Stage[PartnershipStage]{l.Stage}, LegacySource: l.Source}
	if err := p.write(d); err != nil {
		return nil, err
	}
	var f Faults
	if blank(l.Source) {
		f.Add("/source", "required", "say from which register it is taken over")
	}
	if !slices.Contains(legacyStages, l.Stage) {
		f.Add("/stage", "unknown_value", "must be %s", orList(legacyStages))
	}
	past := func(pointer string, day Date) {
		if today.Before(day) {
			f.Add(pointer, "invalid", "is not in the future")
		}
	}
	past("/approved_on", l.ApprovedOn)
	past("/signed_on", l.SignedOn)
	past("/ended_on", l.EndedOn)
	if l.ApprovedOn != "" && (p.StartsOn == "" || p.EndsOn == "") {
		f.Add("/approved_on", "invalid", "is kept of a partnership with a start and an end; leave it out, and it is a gap")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	p.ApprovedOn, p.SignedOn, p.EndedOn, p.MemorandumReference = l.ApprovedOn, l.SignedOn, l.EndedOn, l.MemorandumReference
	for _, n := range p.Checklist(ForRenewal, dossier, today) {
		if n.State != NeedMet {
			p.Remediation = append(p.Remediation, Remedy{Pointer: n.Pointer, Title: n.Title, Lacked: n.Detail})
		}
	}
	p.record("partnership.taken_over", string(l.Stage))
	return p, nil
}

func (p *Partnership) remedy(pointer string) (int, error) {
	i := slices.IndexFunc(p.Remediation, func(r Remedy) bool { return r.Pointer == pointer })
	if i < 0 {
		return 0, (Faults{{Pointer: "/item", Code: "unknown_value", Detail: "must be the pointer of an item of the remediation list"}}).Err()
	}
	if r := p.Remediation[i]; !r.Open() {
		return 0, Refuse(Conflict, "the item was settled on %s", r.ResolvedOn)
	}
	p.Remediation = slices.Clone(p.Remediation)
	return i, nil
}

// AssignRemedy says who sees to an item, and until when.
func (p *Partnership) AssignRemedy(pointer string, owner AccountID, due Date) error {
	i, err := p.remedy(pointer)
	if err != nil {
		return err
	}
	p.Remediation[i].Owner, p.Remediation[i].DueOn = owner, due
	p.record("partnership.remedy_assigned", pointer)
	return nil
}

// ResolveRemedy settles an item. It is mended only if the gap is gone from the
// checklist; that it stays is accepted only by somebody else than its owner.
func (p *Partnership) ResolveRemedy(by Actor, pointer string, outcome RemedyOutcome, how string, d Dossier, today Date) error {
	if blank(how) {
		return (Faults{{Pointer: "/how", Code: "required", Detail: "say how it was settled"}}).Err()
	}
	i, err := p.remedy(pointer)
	if err != nil {
		return err
	}
	r := &p.Remediation[i]
	switch outcome {
	case RemedyMended:
		if open := p.Gaps(ForRenewal, d, today).at(pointer); open != "" {
			return Refuse(Conflict, "it is not mended: %s", open)
		}
	case RemedyAccepted:
		if r.Owner == "" || by.Account == r.Owner {
			return Refuse(Forbidden, "that a gap stays is accepted by somebody else than its owner; give it an owner first")
		}
	default:
		return (Faults{{Pointer: "/outcome", Code: "unknown_value", Detail: "must be mended or accepted"}}).Err()
	}
	r.Outcome, r.How, r.ResolvedBy, r.ResolvedOn = outcome, how, by.Account, today
	p.record("partnership.remedy_resolved", pointer)
	return nil
}

// at is what is wrong at a pointer; empty if nothing is.
func (f Faults) at(pointer string) string {
	if i := slices.IndexFunc(f, func(x Fault) bool { return x.Pointer == pointer }); i >= 0 {
		return f[i].Detail
	}
	return ""
}
