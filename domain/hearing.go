package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Group is one of those who are to be involved from the outset (Objective 4.3).
type Group string

// The groups.
const (
	Survivors     Group = "survivors"
	CivilSociety  Group = "civil_society"
	PrivateSector Group = "private_sector"
)

// Groups lists every group.
func Groups() []Group { return []Group{Survivors, CivilSociety, PrivateSector} }

// Groups lists the groups for which the organization speaks. One led by
// survivors speaks for them and for civil society; governments, international
// organizations and media speak for none.
func (o *Organization) Groups() []Group {
	var out []Group
	if o.SurvivorLed || o.Type == OrganizationSurvivorLed {
		out = append(out, Survivors)
	}
	switch o.Type {
	case OrganizationBusiness, OrganizationBusinessAssociation:
		out = append(out, PrivateSector)
	case OrganizationLaborUnion, OrganizationNGO, OrganizationSurvivorLed, OrganizationFaithBased, OrganizationAcademic, OrganizationFoundation:
		out = append(out, CivilSociety)
	}
	return out
}

// SourceKind is the kind of record that something came of.
type SourceKind string

// The kinds of source.
const (
	FromEngagement SourceKind = "engagement"
	FromSubmission SourceKind = "submission"

	// These are for tasks; nobody is heard by a file.
	FromOrganization SourceKind = "organization"
	FromCommitment   SourceKind = "commitment"
	FromPartnership  SourceKind = "partnership"
)

// Source is the record that something came of. Embed it.
type Source struct {
	SourceKind SourceKind
	SourceID   string
}

// Hearing is that a group was heard on an initiative, once for each source. It
// tells of advisors whose presence is hidden, so it is for staff and auditors.
type Hearing struct {
	Initiative InitiativeID
	HeardGroup Group
	// Stage is the one that the initiative had at that time.
	Stage InitiativeStage
	// HeardOn is a day and no moment, so that it can't be matched to one
	// submission's arrival.
	HeardOn Date
	Source
}

// Hear notes that groups were heard at a moment.
func (i *Initiative) Hear(at time.Time, from Source, groups ...Group) []Hearing {
	var out []Hearing
	for _, g := range groups {
		out = append(out, Hearing{i.ID, g, i.StageAt(at), DateOf(at), from})
	}
	return out
}

// Meter is the from-the-outset meter of one initiative: at which stage each
// group was first heard, and in how many sources.
type Meter struct{ heard map[Group][]Hearing }

// Measure reads the meter off an initiative's hearings, in whatever order.
func Measure(hearings []Hearing) Meter {
	m := Meter{map[Group][]Hearing{}}
	for _, h := range slices.SortedFunc(slices.Values(hearings), Hearing.compare) {
		m.heard[h.HeardGroup] = append(m.heard[h.HeardGroup], h)
	}
	return m
}

// compare orders hearings by day and, within a day, by stage.
func (h Hearing) compare(other Hearing) int {
	stages := InitiativeStages()
	return cmp.Or(
		cmp.Compare(h.HeardOn, other.HeardOn),
		cmp.Compare(slices.Index(stages, h.Stage), slices.Index(stages, other.Stage)),
		cmp.Compare(h.SourceID, other.SourceID),
	)
}

// First is the group's first hearing, if it was heard at all.
func (m Meter) First(g Group) (Hearing, bool) {
	if len(m.heard[g]) == 0 {
		return Hearing{}, false
	}
	return m.heard[g][0], true
}

// Sources counts the engagements and submissions in which the group was heard.
func (m Meter) Sources(g Group) int { return len(m.heard[g]) }

// FromTheOutset reports whether the group was first heard at agenda or scoping.
func (m Meter) FromTheOutset(g Group) bool {
	first, ok := m.First(g)
	return ok && slices.Contains([]InitiativeStage{InitiativeAgenda, InitiativeScoping}, first.Stage)
}

// Unheard lists the groups that were not heard at all.
func (m Meter) Unheard() []Group {
	return slices.DeleteFunc(Groups(), func(g Group) bool { return m.Sources(g) > 0 })
}

func andList(groups []Group) string {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = strings.ReplaceAll(string(g), "_", " ")
	}
	return strings.Join(words, ", ")
}
