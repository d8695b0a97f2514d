package domain

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MergeID names a merge.
type MergeID = ID[Merge]

// MergeStage is where a merge is in its life.
type MergeStage string

// A merge is proposed by one person and carried out when another approves.
const (
	MergeProposed   MergeStage = "proposed"
	MergeCarriedOut MergeStage = "merged"
	MergeDeclined   MergeStage = "declined"
	MergeUndone     MergeStage = "undone"
)

var mergeLife = lifeCycle[MergeStage]{
	ApproveMerge: {[]MergeStage{MergeProposed}, MergeCarriedOut},
	DeclineMerge: {[]MergeStage{MergeProposed}, MergeDeclined},
	UndoMerge:    {[]MergeStage{MergeCarriedOut}, MergeUndone},
}

// UndoMergeWithin is for how long a merge can be undone.
const UndoMergeWithin = 30 * 24 * time.Hour

// Merge makes one organization of two that are the same. The survivor takes over
// what the other is named in; of the other remains who it became.
type Merge struct {
	Record[Merge]
	Survivor OrganizationID
	// Absorbed is the organization that goes.
	Absorbed OrganizationID
	// Take names the fields whose value is the absorbed one's.
	Take   List[string]
	Reason string
	// SurvivorVersion and AbsorbedVersion are those that were looked at: on another
	// one it is not done.
	SurvivorVersion, AbsorbedVersion int
	// LeftAs is what the survivor's file was once it was done: from another one it
	// is not undone, whatever was changed and put back meanwhile. Empty is a merge of
	// before this was kept, whose versions are those that it left.
	LeftAs                string
	ProposedBy, DecidedBy AccountID
	MergedAt              *time.Time
	UndoneBy              AccountID
	UndoReason            string
	Stage                 Stage[MergeStage]
	// Before is what the survivor's file was, to be put back.
	Before List[formerFile]
}

// TableName keeps merges apart from the word that SQL has for its own.
func (Merge) TableName() string { return "organization_merges" }

// formerFile is what a merge changes of the survivor's file.
type formerFile struct {
	Draft        OrganizationDraft
	Stage        OrganizationStage
	StageReason  string
	Conditions   []Condition
	Distinctions []Distinction
}

// MergeDraft is what is chosen when a merge is proposed.
type MergeDraft struct {
	Take   []string
	Reason string
}

// mergeField is a field of which one organization's value stays.
type mergeField struct {
	name  string
	value func(OrganizationDraft) string
	take  func(to *OrganizationDraft, from OrganizationDraft)
}

var mergeFields = []mergeField{
	{"legal_name", func(d OrganizationDraft) string { return d.LegalName }, func(to *OrganizationDraft, d OrganizationDraft) { to.LegalName = d.LegalName }},
	{"type", func(d OrganizationDraft) string { return string(d.Type) }, func(to *OrganizationDraft, d OrganizationDraft) { to.Type = d.Type }},
	{"survivor_led", func(d OrganizationDraft) string { return strconv.FormatBool(d.SurvivorLed) }, func(to *OrganizationDraft, d OrganizationDraft) {
		to.SurvivorLed, to.AttestedBy = d.SurvivorLed, d.AttestedBy
	}},
	{"parent_id", func(d OrganizationDraft) string { return string(d.Parent) }, func(to *OrganizationDraft, d OrganizationDraft) { to.Parent = d.Parent }},
	{"website", func(d OrganizationDraft) string { return d.Website }, func(to *OrganizationDraft, d OrganizationDraft) { to.Website = d.Website }},
	{"country", func(d OrganizationDraft) string { return d.Country }, func(to *OrganizationDraft, d OrganizationDraft) { to.Country = d.Country }},
	{"sector", func(d OrganizationDraft) string { return d.Sector }, func(to *OrganizationDraft, d OrganizationDraft) { to.Sector = d.Sector }},
}

// MergeFieldNames lists the fields that are chosen one by one. Of the others the
// survivor keeps its own and gets what the absorbed one has besides.
func MergeFieldNames() []string {
	out := make([]string, len(mergeFields))
	for i, f := range mergeFields {
		out[i] = f.name
	}
	return out
}

// NewMerge proposes that one organization be absorbed by another. Both come with
// their vetting.
func NewMerge(by Actor, survivor, absorbed *Organization, d MergeDraft) (*Merge, error) {
	if strings.TrimSpace(d.Reason) == "" {
		return nil, (Faults{{Pointer: "/reason", Code: "required", Detail: "say why they are one, in a sentence"}}).Err()
	}
	if _, err := MergeOf(survivor, absorbed, d.Take); err != nil {
		return nil, err
	}
	g := &Merge{
		Survivor: survivor.ID, Absorbed: absorbed.ID, Take: d.Take, Reason: d.Reason, SurvivorVersion: survivor.Version, AbsorbedVersion: absorbed.Version,
		ProposedBy: by.Account, Stage: Stage[MergeStage]{MergeProposed},
	}
	g.record("merge.proposed", "")
	return g, nil
}

// MergeOf is what would become of the survivor; nothing is changed.
func MergeOf(survivor, absorbed *Organization, take []string) (*Organization, error) {
	var f Faults
	if survivor.ID == absorbed.ID {
		f.Add("/absorbed_id", "invalid", "an organization is not merged into itself")
	}
	each(&f, "/take", take, orList(MergeFieldNames()), func(name string) bool { return slices.Contains(MergeFieldNames(), name) })
	if survivor.Stage.Is(approvedStages...) && slices.Contains(take, "type") && absorbed.Type != survivor.Type {
		f.Add("/take", "invalid", "what was vetted as %s stays that; its type decides which checks it needs", survivor.Type)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	out := *survivor
	if err := out.write(survivor.united(absorbed, take)); err != nil {
		return nil, err
	}
	out.stricter(absorbed)
	out.Distinctions = append(slices.Clone(survivor.Distinctions), absorbed.Distinctions...)
	out.Distinctions = slices.DeleteFunc(out.Distinctions, func(d Distinction) bool { return d.From == survivor.ID || d.From == absorbed.ID })
	out.Distinctions = firsts(out.Distinctions, func(d Distinction) OrganizationID { return d.From })
	return &out, nil
}

// united is what is written of the survivor: of each field one value, of lists
// what either has.
func (o *Organization) united(absorbed *Organization, take []string) OrganizationDraft {
	d, from := o.Draft(), absorbed.Draft()
	for _, field := range mergeFields {
		if slices.Contains(take, field.name) || field.value(d) == "" {
			field.take(&d, from)
		}
	}
	if d.Parent == o.ID || d.Parent == absorbed.ID {
		d.Parent = ""
	}
	names := firsts(slices.Concat([]string{d.LegalName, o.LegalName}, o.OtherNames, []string{from.LegalName}, from.OtherNames), NameKey)
	d.OtherNames = names[1:]
	d.Identifiers = firsts(slices.Concat(o.Identifiers, from.Identifiers), func(i Identifier) Identifier { return i })
	d.Languages = firsts(slices.Concat(o.Languages, from.Languages), func(l string) string { return l })
	return d
}

// firsts keeps of those that have one key the first.
func firsts[T any, K comparable](in []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(slices.Clone(in), func(v T) bool {
		was := seen[key(v)]
		seen[key(v)] = true
		return was
	})
}

// strictness orders what vetting came to. An organization whose vetting has come to
// nothing yet is none of these.
var strictness = map[OrganizationStage]int{
	OrganizationApproved: 1, OrganizationApprovedConditions: 2, OrganizationExpired: 3,
	OrganizationSuspended: 4, OrganizationDeclined: 5, OrganizationDebarred: 6,
}

// stricter lets the stricter of two standings hold, so that nothing is laundered by
// a merge: one that is not vetted stays so, whatever the other is, and of an
// approved one the approval ends if a check of the other found something.
func (o *Organization) stricter(other *Organization) {
	if other.Stage.Is(OrganizationApprovedConditions) && o.Stage.Is(approvedStages...) {
		o.Conditions = append(slices.Clone(o.Conditions), other.Conditions...)
	}
	if ours := strictness[o.Stage.now]; strictness[other.Stage.now] > ours && (ours > 0 || other.Stage.Is(OrganizationDeclined, OrganizationSuspended, OrganizationDebarred)) {
		o.Stage, o.StageReason = other.Stage, other.StageReason
	}
	if o.Stage.Is(approvedStages...) && other.found() != "" {
		o.Stage.now, o.StageReason = OrganizationSuspended, fmt.Sprintf("The latest %s check of an organization merged into this one is not clear.", other.found())
	}
}

// found is a kind of check of which the latest found something; empty for none.
func (o *Organization) found() CheckKind {
	for _, k := range CheckKinds() {
		if o.Vetting == nil {
			break
		}
		if last := latestCheck(o.Vetting.Checks, k); last != nil && last.Result != CheckClear {
			return k
		}
	}
	return ""
}

// Approve carries the merge out on both organizations, as the second person.
func (g *Merge) Approve(by, proposer *Account, survivor, absorbed *Organization, now time.Time) error {
	if err := second(by, proposer, nobodyElse, now); err != nil {
		return err
	}
	if err := mergeLife.take(&g.Stage, ApproveMerge); err != nil {
		return err
	}
	if survivor.Version != g.SurvivorVersion || absorbed.Version != g.AbsorbedVersion {
		return Refuse(Conflict, "one of the organizations has changed since the merge was proposed; look again and propose anew")
	}
	after, err := MergeOf(survivor, absorbed, g.Take)
	if err != nil {
		return err
	}
	g.Before = List[formerFile]{{survivor.Draft(), survivor.Stage.now, survivor.StageReason, survivor.Conditions, survivor.Distinctions}}
	*survivor = *after
	g.LeftAs = survivor.folded()
	survivor.record("organization.absorbed", survivor.Stage.String())
	absorbed.MergedInto = survivor.ID
	absorbed.record("organization.merged", "")
	g.DecidedBy, g.MergedAt = by.ID, &now
	g.record("merge.approved", "")
	return nil
}

// folded is all that is kept of an organization's file, in short, but for when and
// how often it was saved: a merge that was undone leaves these alone changed.
func (o *Organization) folded() string {
	file := *o
	file.Record, file.Vetting = Record[Organization]{}, nil
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%+v", file)))
}

// unchanged reports whether both files are as the merge left them. An approval that
// ended by itself since, with its checks, is put back and ends so again.
func (g *Merge) unchanged(survivor, absorbed *Organization) bool {
	if g.LeftAs == "" {
		return survivor.Version == g.SurvivorVersion && absorbed.Version == g.AbsorbedVersion
	}
	left, stages := *survivor, []OrganizationStage{survivor.Stage.now}
	if survivor.Stage.Is(OrganizationExpired) {
		stages = append(stages, approvedStages...)
	}
	same := func(stage OrganizationStage) bool {
		left.Stage.now = stage
		return left.folded() == g.LeftAs
	}
	return absorbed.MergedInto == survivor.ID && slices.ContainsFunc(stages, same) // the absorbed one nobody can write to
}

// Decline ends a proposal; who proposed it may take it back so.
func (g *Merge) Decline(by Actor) error {
	if err := mergeLife.take(&g.Stage, DeclineMerge); err != nil {
		return err
	}
	g.DecidedBy = by.Account
	g.record("merge.declined", "")
	return nil
}

// Undo puts both organizations back as they were. It is refused once its time is
// over, and when the survivor has been changed since.
func (g *Merge) Undo(by Actor, reason string, survivor, absorbed *Organization, now time.Time) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := mergeLife.take(&g.Stage, UndoMerge); err != nil {
		return err
	}
	if now.After(g.MergedAt.Add(UndoMergeWithin)) {
		return Refuse(Conflict, "a merge can be undone within 30 days")
	}
	if !g.unchanged(survivor, absorbed) {
		return &Error{Kind: Conflict, Detail: "what was changed since can't be undone", Faults: Faults{
			{Pointer: "/organizations/" + string(survivor.ID), Code: "changed", Detail: "its file was changed since the merge"}}}
	}
	was := g.Before[0]
	if err := survivor.write(was.Draft); err != nil {
		return err
	}
	survivor.Stage.now, survivor.StageReason, survivor.Conditions, survivor.Distinctions = was.Stage, was.StageReason, was.Conditions, was.Distinctions
	survivor.record("organization.merge_undone", survivor.Stage.String())
	absorbed.MergedInto = ""
	absorbed.record("organization.merge_undone", absorbed.Stage.String())
	g.UndoneBy, g.UndoReason = by.Account, reason
	g.record("merge.undone", "")
	return nil
}

// Next lists what the merge's stage allows to others than who proposed it.
func (g *Merge) Next(by Actor) []Action {
	return unless(by.Account == g.ProposedBy, mergeLife.next(g.Stage), ApproveMerge)
}

// MergedField is a field of two organizations, and what it would be of one.
type MergedField struct{ Name, Survivor, Absorbed, Result string }

// MergeFieldsOf compares, field by field, two organizations and what would become
// of them.
func MergeFieldsOf(survivor, absorbed, result *Organization) []MergedField {
	out := make([]MergedField, len(mergeFields))
	for i, f := range mergeFields {
		out[i] = MergedField{f.name, f.value(survivor.Draft()), f.value(absorbed.Draft()), f.value(result.Draft())}
	}
	return out
}

// MergeTally counts what the absorbed organization is named in, and in how many of
// these the survivor is named too.
type MergeTally struct {
	Kind        string
	Count, Both int
}

// MergeConcern is something to look at before two organizations become one.
type MergeConcern struct{ Code, Detail string }

// MergeConcerns lists what to look at, the gravest first. circles are why it would
// be refused.
func MergeConcerns(survivor, absorbed, result *Organization, tallies []MergeTally, circles Faults) []MergeConcern {
	var out []MergeConcern
	add := func(yes bool, code, detail string, args ...any) {
		if yes {
			out = append(out, MergeConcern{code, fmt.Sprintf(detail, args...)})
		}
	}
	for _, f := range circles {
		add(true, "circle", "%s", f.Detail)
	}
	add(ToldApart(survivor, absorbed), "told_apart", "somebody found that they are not one; see why before you go on")
	add(result.Stage != survivor.Stage, "stricter_standing", "the stricter standing holds: the survivor, now %s, becomes %s", survivor.Stage, result.Stage)
	add(absorbed.found() != "", "adverse_check", "the latest %s check of the one that goes is not clear", absorbed.found())
	for _, i := range survivor.Identifiers {
		j := slices.IndexFunc(absorbed.Identifiers, func(j Identifier) bool { return j.Scheme == i.Scheme && j != i })
		add(j >= 0, "other_identifier", "each has a number of its own in the register %s", i.Scheme)
	}
	add(absorbed.Type != survivor.Type, "other_type", "one is %s, the other %s", cmp.Or(survivor.Type, "of no type"), cmp.Or(absorbed.Type, "of no type"))
	add(survivor.Country != "" && absorbed.Country != "" && survivor.Country != absorbed.Country, "other_country", "one is seated in %s, the other in %s", survivor.Country, absorbed.Country)
	add(survivor.Stage.Is(inVetting...) && absorbed.Stage.Is(inVetting...), "both_in_vetting", "both are being vetted; the survivor's vetting goes on")
	add(absorbed.Stage.Is(approvedStages...), "approval_ends", "the approval of the one that goes ends; its checks and waivers count against the survivor and never for it")
	for _, t := range tallies {
		add(t.Kind == "people" && t.Count > 0, "people_move", "%d who sign in for the one that goes will act for the survivor", t.Count)
		add(t.Kind == "exclusions" && t.Count > t.Both, "excluded", "the survivor will be excluded from %d more consultations", t.Count-t.Both)
		add(t.Kind != "exclusions" && t.Both > 0, "both_in_"+t.Kind, "both stand in %d of the same %s, where "+cmp.Or(bothStand[t.Kind], "what the survivor has holds"), t.Both, t.Kind)
	}
	return out
}

// bothStand says what holds where both stand already, if it is not just the survivor's.
var bothStand = map[string]string{
	"engagements":   "the stronger answer holds, and the survivor's of two that are alike",
	"relationships": "the survivor's holds for the days of both",
}

// CircleOf refuses to make one of two organizations of which one would become a part
// of its own part; nil for none.
func CircleOf(circles Faults) error {
	if len(circles) == 0 {
		return nil
	}
	return &Error{Kind: Conflict, Detail: "as one, the two would be a part of their own part; end or change what errors names, or merge the one between first", Faults: circles}
}
