package domain

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// RequirementsID names a version of the requirements.
type RequirementsID = ID[Requirements]

// RequirementsStage is where a version is in its life.
type RequirementsStage string

// A version is proposed by one person and adopted by another; an adopted one
// never changes.
const (
	RequirementsProposed RequirementsStage = "proposed"
	RequirementsAdopted  RequirementsStage = "adopted"
)

var requirementsLife = lifeCycle[RequirementsStage]{
	AdoptRequirements: {[]RequirementsStage{RequirementsProposed}, RequirementsAdopted},
}

// ElementRule is one thing that the action memorandum of a partnership says.
type ElementRule struct {
	// Key names it in paths and pointers, for good.
	Key   string `json:"key"`
	Title string `json:"title"`
	// Guidance says what an officer writes there.
	Guidance string `json:"guidance"`
	// Citation is where the rule comes from.
	Citation string `json:"citation"`
	// Always says that it applies to every partnership: "not applicable" is no
	// answer to it.
	Always bool `json:"always"`
}

// ClearanceRule is an office that clears.
type ClearanceRule struct {
	// Key names it in paths and pointers, for good.
	Key string `json:"key"`
	// Office is the office as it stands in its people's accounts.
	Office   string `json:"office"`
	Citation string `json:"citation"`
	// From is the estimated value from which the office clears; none for always.
	From Money `json:"from,omitzero"`
}

// needed reports whether the office clears a partnership of that value. A value
// that is not stated, or stated in another currency, can't be below the limit.
func (r ClearanceRule) needed(value Money) bool {
	return r.From == (Money{}) || value.Currency != r.From.Currency || value.Minor >= r.From.Minor
}

// Requirements are one version of what the approval of a kind of partnership
// needs: the elements of its action memorandum, and the offices that clear it.
type Requirements struct {
	Record[Requirements]
	Kind PartnershipKind
	// Number counts the adopted versions of a kind; 0 of one that is proposed.
	Number     int
	Elements   List[ElementRule]
	Clearances List[ClearanceRule]
	// TermMonths is for how long an approval stands at most before the reapproval
	// falls due.
	TermMonths int
	// Note says why the version was written.
	Note       string
	Stage      Stage[RequirementsStage]
	ProposedBy AccountID
	AdoptedBy  AccountID
	AdoptedOn  Date
}

// RequirementsDraft is what is written of a version.
type RequirementsDraft struct {
	Kind       PartnershipKind
	Elements   []ElementRule
	Clearances []ClearanceRule
	Note       string
	// TermMonths is from 1 to 60; 0 is what is shipped for the kind.
	TermMonths int
}

// shippedTerms are the longest terms before a reapproval, in months. 2 FAM 970 asks
// for an approval anew and names no term; an event held together is over in a year.
var shippedTerms = map[PartnershipKind]int{PartnershipLongTerm: 36, PartnershipCohosted: 12}

// longestTerm is what no version goes beyond, in months.
const longestTerm = 60

// latest is the last day on which the reapproval of what is approved on a day falls
// due.
func (r *Requirements) latest(approved Date) Date {
	return approved.AddMonths(cmp.Or(r.TermMonths, shippedTerms[r.Kind]))
}

// ProposeRequirements writes a version for somebody else to adopt.
func ProposeRequirements(by Actor, d RequirementsDraft) (*Requirements, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	r := &Requirements{
		Kind: d.Kind, Elements: d.Elements, Clearances: d.Clearances, Note: d.Note, ProposedBy: by.Account,
		TermMonths: cmp.Or(d.TermMonths, shippedTerms[d.Kind]),
		Stage:      Stage[RequirementsStage]{RequirementsProposed},
	}
	r.record("requirements.proposed", string(d.Kind))
	return r, nil
}

// requirementKey is what a key of the requirements looks like.
var requirementKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (d RequirementsDraft) check() error {
	var f Faults
	if !slices.Contains(PartnershipKinds(), d.Kind) {
		f.Add("/kind", "unknown_value", "must be %s", orList(PartnershipKinds()))
	}
	if strings.TrimSpace(d.Note) == "" {
		f.Add("/note", "required", "say why the requirements change")
	}
	if len(d.Elements) == 0 {
		f.Add("/elements", "required", "an action memorandum has at least one element")
	}
	if len(d.Clearances) == 0 {
		f.Add("/clearances", "required", "at least one office clears")
	}
	if d.TermMonths < 0 || d.TermMonths > longestTerm {
		f.Add("/term_months", "invalid", "is from 1 to %d", longestTerm)
	}
	keys := map[string]bool{}
	key := func(at, k string) {
		if !requirementKey.MatchString(k) {
			f.Add(at+"/key", "invalid", "is lower case letters, digits and underscores, a letter first, at most 40")
		}
		if keys[k] {
			f.Add(at+"/key", "duplicate", "stands in the list twice")
		}
		keys[k] = true
	}
	for i, e := range d.Elements {
		at := fmt.Sprintf("/elements/%d", i)
		key(at, e.Key)
		if strings.TrimSpace(e.Title) == "" || strings.TrimSpace(e.Guidance) == "" {
			f.Add(at, "required", "an element has a title, and guidance on what to write")
		}
	}
	clear(keys)
	for i, c := range d.Clearances {
		at := fmt.Sprintf("/clearances/%d", i)
		key(at, c.Key)
		if strings.TrimSpace(c.Office) == "" {
			f.Add(at+"/office", "required", "name the office as it stands in its people's accounts")
		}
		if _, ok := CurrencyByCode(c.From.Currency); c.From != (Money{}) && (!ok || c.From.Minor <= 0) {
			f.Add(at+"/from", "invalid", "is an amount above zero in a current currency")
		}
	}
	return f.Err()
}

// Adopt puts the version in force as the one after the last. It is refused to who
// proposed it.
func (r *Requirements) Adopt(by Actor, last int, today Date) error {
	if by.Account == r.ProposedBy {
		return Refuse(Forbidden, "who proposed the requirements may not adopt them")
	}
	if err := requirementsLife.take(&r.Stage, AdoptRequirements); err != nil {
		return err
	}
	r.Number, r.AdoptedBy, r.AdoptedOn = last+1, by.Account, today
	r.record("requirements.adopted", fmt.Sprintf("%s %d", r.Kind, r.Number))
	return nil
}

// Next lists what may be done with the version, and leaves out what this very
// person is refused.
func (r *Requirements) Next(by Actor) []Action {
	return unless(by.Account == r.ProposedBy, requirementsLife.next(r.Stage), AdoptRequirements)
}

// element is the rule of a key, or nil.
func (r *Requirements) element(key string) *ElementRule {
	if r == nil {
		return nil
	}
	if i := slices.IndexFunc(r.Elements, func(e ElementRule) bool { return e.Key == key }); i >= 0 {
		return &r.Elements[i]
	}
	return nil
}

// clearance is the rule of a key, or nil.
func (r *Requirements) clearance(key string) *ClearanceRule {
	if r == nil {
		return nil
	}
	if i := slices.IndexFunc(r.Clearances, func(c ClearanceRule) bool { return c.Key == key }); i >= 0 {
		return &r.Clearances[i]
	}
	return nil
}

// RequirementsChange is one way in which a later version differs.
type RequirementsChange struct {
	// Pointer is the element or office: /elements/{key} or /clearances/{key}.
	Pointer string
	// Change is added, dropped or changed.
	Change string
	Title  string
}

// Since lists how this version differs from an earlier one; from none, all of
// it is new.
func (r *Requirements) Since(earlier *Requirements) []RequirementsChange {
	var out []RequirementsChange
	for _, e := range r.Elements {
		was := earlier.element(e.Key)
		out = noteChange(out, "/elements/"+e.Key, e.Title, was != nil, was != nil && *was == e)
	}
	for _, c := range r.Clearances {
		was := earlier.clearance(c.Key)
		out = noteChange(out, "/clearances/"+c.Key, c.Office, was != nil, was != nil && *was == c)
	}
	if earlier == nil {
		return out
	}
	if r.TermMonths != earlier.TermMonths {
		out = append(out, RequirementsChange{"/term_months", "changed", "Longest term before the reapproval"})
	}
	for _, e := range earlier.Elements {
		if r.element(e.Key) == nil {
			out = append(out, RequirementsChange{"/elements/" + e.Key, "dropped", e.Title})
		}
	}
	for _, c := range earlier.Clearances {
		if r.clearance(c.Key) == nil {
			out = append(out, RequirementsChange{"/clearances/" + c.Key, "dropped", c.Office})
		}
	}
	return out
}

func noteChange(out []RequirementsChange, pointer, title string, was, same bool) []RequirementsChange {
	switch {
	case !was:
		return append(out, RequirementsChange{pointer, "added", title})
	case !same:
		return append(out, RequirementsChange{pointer, "changed", title})
	}
	return out
}
