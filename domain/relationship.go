package domain

import (
	"slices"
	"strings"
)

// RelationshipID names a relationship.
type RelationshipID = ID[Relationship]

// RelationshipKind is what an organization is to another.
type RelationshipKind string

// The kinds, read from the organization to the other: it is a member of it. One
// that goes the other way round, such as parent of, is told from there.
const (
	MemberOf           RelationshipKind = "member_of"
	SubsidiaryOf       RelationshipKind = "subsidiary_of"
	AffiliateOf        RelationshipKind = "affiliate_of"
	FiscallySponsoring RelationshipKind = "fiscally_sponsored_by"
)

// RelationshipKinds lists the kinds.
func RelationshipKinds() []RelationshipKind {
	return []RelationshipKind{MemberOf, SubsidiaryOf, AffiliateOf, FiscallySponsoring}
}

// Mutual says that the kind is the same from both sides.
func (k RelationshipKind) Mutual() bool { return k == AffiliateOf }

// Relationship is what one organization is to another, from a day and until
// another, as somebody of the office found. The two see it, and no other.
type Relationship struct {
	Record[Relationship]
	Organization OrganizationID
	Kind         RelationshipKind
	Other        OrganizationID
	// StartsOn and EndsOn are the first and the last day; it may have no end yet.
	StartsOn, EndsOn Date
	// Evidence is what shows it. Staff only.
	Evidence   string
	RecordedBy AccountID

	// OrganizationName and OtherName are how the two are called; read with it.
	OrganizationName string `gorm:"->"`
	OtherName        string `gorm:"->"`
}

// RelationshipTerms are what may change of a relationship.
type RelationshipTerms struct {
	StartsOn, EndsOn Date
	Evidence         string
}

// NewRelationship records what an organization is to another.
func NewRelationship(by Actor, org OrganizationID, k RelationshipKind, other OrganizationID, t RelationshipTerms) (*Relationship, error) {
	var f Faults
	if org == other {
		f.Add("/other_id", "invalid", "an organization has no relationship with itself")
	}
	t.check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	r := &Relationship{Organization: org, Kind: k, Other: other, StartsOn: t.StartsOn, EndsOn: t.EndsOn, Evidence: t.Evidence, RecordedBy: by.Account}
	r.record("relationship.created", string(k))
	return r, nil
}

func (t RelationshipTerms) check(f *Faults) {
	if t.StartsOn == "" {
		f.Add("/starts_on", "required", "say since when")
	}
	if strings.TrimSpace(t.Evidence) == "" {
		f.Add("/evidence", "required", "say what shows it")
	}
	if t.EndsOn != "" && t.EndsOn.Before(t.StartsOn) {
		f.Add("/ends_on", "invalid", "comes not before starts_on")
	}
}

// Edit changes from when and until when it is so, and what shows it.
func (r *Relationship) Edit(t RelationshipTerms) error {
	var f Faults
	t.check(&f)
	if err := f.Err(); err != nil {
		return err
	}
	r.StartsOn, r.EndsOn, r.Evidence = t.StartsOn, t.EndsOn, t.Evidence
	r.record("relationship.edited", "")
	return nil
}

// Terms are what would be written to get this relationship.
func (r *Relationship) Terms() RelationshipTerms {
	return RelationshipTerms{r.StartsOn, r.EndsOn, r.Evidence}
}

// Holds reports whether it is so on a day.
func (r *Relationship) Holds(on Date) bool {
	return !on.Before(r.StartsOn) && (r.EndsOn == "" || !r.EndsOn.Before(on))
}

// Fit refuses a relationship that says again, for a day, what another of the two
// says, or that would make an organization its own ancestor: above are those of
// which the other is a part.
func (r *Relationship) Fit(between []Relationship, above []OrganizationID) error {
	for _, o := range between {
		same := o.Organization == r.Organization || r.Kind.Mutual()
		if o.ID != r.ID && o.Kind == r.Kind && same && r.overlaps(o) {
			return &Error{Kind: Conflict, Detail: "this is recorded already for some of these days", Faults: Faults{
				{Pointer: "/starts_on", Code: "overlaps", Detail: "another relationship of the two and of this kind begins on " + string(o.StartsOn)}}}
		}
	}
	if r.Kind == SubsidiaryOf {
		return NoCircle("/other_id", r.Organization, above)
	}
	return nil
}

// NoCircle refuses to put an organization under one that is, directly or through
// others, a part of it: above are those of which that one is a part.
func NoCircle(pointer string, org OrganizationID, above []OrganizationID) error {
	if !slices.Contains(above, org) {
		return nil
	}
	return &Error{Kind: Conflict, Detail: "an organization can't be a part of its own part", Faults: Faults{
		{Pointer: pointer, Code: "cycle", Detail: "it is a part of this organization, directly or through others"}}}
}

func (r *Relationship) overlaps(o Relationship) bool {
	return (r.EndsOn == "" || !r.EndsOn.Before(o.StartsOn)) && (o.EndsOn == "" || !o.EndsOn.Before(r.StartsOn))
}

// Joined are the relationships of one organization, all of one kind to one other,
// stretched over the days of those that say the same and overlap with one of them:
// no day is lost, and none is said twice.
func Joined(own, same []Relationship) []Relationship {
	own = slices.Clone(own)
	slices.SortFunc(own, func(a, b Relationship) int { return strings.Compare(string(a.StartsOn), string(b.StartsOn)) })
	out := slices.Clone(own)
	for i := range out {
		r := &out[i]
		for _, o := range same {
			if !own[i].overlaps(o) {
				continue
			}
			if o.StartsOn.Before(r.StartsOn) {
				r.StartsOn = o.StartsOn
			}
			if o.EndsOn == "" || r.EndsOn.Before(o.EndsOn) {
				r.EndsOn = o.EndsOn
			}
		}
		if i > 0 && !out[i-1].EndsOn.Before(r.StartsOn) {
			r.StartsOn = out[i-1].EndsOn.AddDays(1)
		}
		if i+1 < len(own) && (r.EndsOn == "" || !r.EndsOn.Before(own[i+1].StartsOn)) {
			r.EndsOn = own[i+1].StartsOn.AddDays(-1)
		}
	}
	return out
}

// Next lists what may be done with a relationship.
func (r *Relationship) Next() []Action {
	next := []Action{EditRelationship}
	if r.Kind == MemberOf {
		next = append(next, GrantMandate)
	}
	return next
}

// Power is something that an association may do for a member.
type Power string

// The powers. What each lets an association do is in the policy.
const (
	ReportOnCommitments Power = "report_on_commitments"
	JoinEngagements     Power = "join_engagements"
)

// Powers lists the powers.
func Powers() []Power { return []Power{ReportOnCommitments, JoinEngagements} }

// MandateID names a mandate.
type MandateID = ID[Mandate]

// MandateStage is where a mandate is in its life.
type MandateStage string

// The stages of a mandate. When its last day is over it is good for nothing,
// whatever its stage.
const (
	MandateGranted MandateStage = "granted"
	MandateRevoked MandateStage = "revoked"
)

var mandateLife = lifeCycle[MandateStage]{
	RevokeMandate: {[]MandateStage{MandateGranted}, MandateRevoked},
}

// MandateLife is how many days a mandate lasts at most: who wants it to go on
// says so again.
const MandateLife = 366

// Mandate is a member's own consent that its association acts for it: in what it
// names and nothing else, from a day until another, and no longer than it is a
// member. Any of the member's people takes it back, at once.
type Mandate struct {
	Record[Mandate]
	Relationship RelationshipID
	// Organization is the member, and Holder the association.
	Organization     OrganizationID
	Holder           OrganizationID
	Powers           List[Power]
	StartsOn, EndsOn Date
	Stage            Stage[MandateStage]
	GrantedBy        AccountID
	RevokedBy        AccountID
	RevokedOn        Date
}

// MandateDraft is what a member consents to.
type MandateDraft struct {
	Powers           []Power
	StartsOn, EndsOn Date
}

// NewMandate is a member's consent, by one of its own people.
func NewMandate(by Actor, r *Relationship, d MandateDraft, today Date) (*Mandate, error) {
	if r.Kind != MemberOf {
		return nil, Refuse(Conflict, "an association acts for its members; this is %s", r.Kind)
	}
	if by.Organization != r.Organization {
		return nil, Refuse(Forbidden, "the member alone lets its association act for it")
	}
	var f Faults
	each(&f, "/powers", d.Powers, orList(Powers()), func(p Power) bool { return slices.Contains(Powers(), p) })
	if len(d.Powers) == 0 {
		f.Add("/powers", "required", "name what it may do")
	}
	if d.StartsOn.Before(today) {
		f.Add("/starts_on", "invalid", "is today or later")
	}
	if d.EndsOn.Before(d.StartsOn) || d.StartsOn.AddDays(MandateLife).Before(d.EndsOn) {
		f.Add("/ends_on", "invalid", "comes not before starts_on, and within a year of it")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if !r.Holds(d.StartsOn) || !r.Holds(d.EndsOn) {
		return nil, Refuse(Conflict, "the membership does not last from starts_on until ends_on")
	}
	powers := slices.Clone(d.Powers)
	slices.Sort(powers)
	m := &Mandate{
		Relationship: r.ID, Organization: r.Organization, Holder: r.Other, Powers: slices.Compact(powers), StartsOn: d.StartsOn, EndsOn: d.EndsOn,
		Stage: Stage[MandateStage]{MandateGranted}, GrantedBy: by.Account,
	}
	m.record("mandate.granted", "")
	return m, nil
}

// Revoke takes the consent back.
func (m *Mandate) Revoke(by Actor, today Date) error {
	if err := mandateLife.take(&m.Stage, RevokeMandate); err != nil {
		return err
	}
	m.RevokedBy, m.RevokedOn = by.Account, today
	m.record("mandate.revoked", "")
	return nil
}

// Next lists what the mandate's stage allows.
func (m *Mandate) Next() []Action { return mandateLife.next(m.Stage) }

// ActFor is the actor as one who acts for a member of the own organization, by
// the powers that hold today. Both organizations are approved, or nobody acts; and
// an API key stands in for its creator alone.
func (a Actor) ActFor(member OrganizationID, vetting OrganizationStage, powers []Power) (Actor, error) {
	approved := slices.Contains(approvedStages, a.Vetting) && slices.Contains(approvedStages, vetting)
	if a.Organization == "" || a.Key != nil || !approved || len(powers) == 0 {
		return Actor{}, Refuse(Forbidden, "nothing lets you act for this organization today")
	}
	words := make([]string, len(powers))
	for i, p := range powers {
		words[i] = string(p)
	}
	a.For, a.Organization, a.Vetting, a.Powers = member, member, vetting, strings.Join(words, " ")
	return a, nil
}
