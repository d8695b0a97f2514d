package domain

import (
	"net/url"
	"slices"
	"strings"
)

// Distinction is that two organizations which look alike are not one, as somebody
// of the office found.
type Distinction struct {
	From   OrganizationID `json:"from"`
	By     AccountID      `json:"by"`
	On     Date           `json:"on"`
	Reason string         `json:"reason"`
}

// Distinguish remembers that the organization is another than one that looks
// like it, and why; neither is shown as a possible duplicate of the other again.
func (o *Organization) Distinguish(by Actor, from OrganizationID, reason string, today Date) error {
	var f Faults
	if from == o.ID {
		f.Add("/organization_id", "invalid", "an organization is not told apart from itself")
	}
	if strings.TrimSpace(reason) == "" {
		f.Add("/reason", "required", "say why, in a sentence")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if o.distinct(from) {
		return Refuse(Conflict, "the two are told apart already")
	}
	o.Distinctions = append(slices.Clone(o.Distinctions), Distinction{from, by.Account, today, reason})
	o.record("organization.distinguished", "")
	return nil
}

func (o *Organization) distinct(from OrganizationID) bool {
	return slices.ContainsFunc(o.Distinctions, func(d Distinction) bool { return d.From == from })
}

// ToldApart reports whether somebody found that two organizations are not one.
func ToldApart(a, b *Organization) bool { return a.distinct(b.ID) || b.distinct(a.ID) }

// Names are the legal name and the others.
func (o *Organization) Names() []string { return append([]string{o.LegalName}, o.OtherNames...) }

// Host is the domain of the website, without "www."; empty if there is none.
func (o *Organization) Host() string {
	u, err := url.Parse(o.Website)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}

// PossibleDuplicate is an organization that may be the one that somebody has
// before them.
type PossibleDuplicate struct {
	Organization *Organization
	// Score is from 0 to 1, and Reasons say why, the strongest first.
	Score   float64
	Reasons []string
}

// DuplicatePair is two organizations of the register that may be one.
type DuplicatePair struct {
	First, Second Organization
	Score         float64
	Reasons       []string
}
