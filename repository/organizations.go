package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Organizations is the table of organizations.
type Organizations struct {
	table[domain.Organization, *domain.Organization]
}

func organizations(s *Session) Organizations {
	t := newTable[domain.Organization](s, domain.ReadOrganization, organizationReach, sorts{"legal_name": "name_key", "created_at": "created_at"})
	t.only = "r.merged_into = ''"
	t.index = func(ctx context.Context, s *Session, o *domain.Organization) error {
		if o.MergedInto != "" {
			return unindex(ctx, s, o)
		}
		if err := indexIdentifiers(ctx, s, o); err != nil {
			return err
		}
		return errors.Join(indexKeys(ctx, s, o), awaitCompare(ctx, s, o))
	}
	return Organizations{t}
}

func organizationReach(a domain.Actor) []relation {
	return []relation{{domain.Own, "r.id = ?", []any{a.Organization}}}
}

// OrganizationFilter narrows a list; an empty field does not.
type OrganizationFilter struct {
	Type, Stage, Country string
	SurvivorLed          *bool
}

// List returns a page of organizations.
func (t Organizations) List(ctx context.Context, f OrganizationFilter, p Page) (Rows[domain.Organization], error) {
	q := t.within(ctx, t.read)
	q = equal(q, "type", f.Type, "stage", f.Stage, "country", f.Country)
	if f.SurvivorLed != nil {
		q = q.Where("survivor_led = ?", *f.SurvivorLed)
	}
	return t.list(q, p)
}

// unindex forgets by what an organization is found that is another one.
func unindex(ctx context.Context, s *Session, o *domain.Organization) error {
	for _, row := range []any{&organizationIdentifier{}, &organizationKey{}, &organizationChange{}} {
		if err := s.mechanism(ctx).Where("organization = ?", o.ID).Delete(row).Error; err != nil {
			return err
		}
	}
	return s.mechanism(ctx).Where("first = ? OR second = ?", o.ID, o.ID).Delete(&organizationPair{}).Error
}

type organizationIdentifier struct {
	Scheme, Value string
	Organization  domain.OrganizationID
}

// indexIdentifiers keeps an identifier with one organization alone.
func indexIdentifiers(ctx context.Context, s *Session, o *domain.Organization) error {
	db := s.mechanism(ctx)
	if o.Version > 1 {
		if err := db.Where("organization = ?", o.ID).Delete(&organizationIdentifier{}).Error; err != nil {
			return err
		}
	}
	if len(o.Identifiers) == 0 {
		return nil
	}
	rows := make([]organizationIdentifier, len(o.Identifiers))
	for i, id := range o.Identifiers {
		rows[i] = organizationIdentifier{id.Scheme, id.Value, o.ID}
	}
	err := refusal(db.Create(&rows).Error)
	if errors.Is(err, domain.Conflict) {
		return &domain.Error{Kind: domain.Conflict, Detail: "another organization has an identifier of these", Faults: domain.Faults{
			{Pointer: "/identifiers", Code: "taken", Detail: "a scheme and value belong to one organization"}}}
	}
	return err
}

// Contacts is the table of contacts.
type Contacts struct {
	table[domain.Contact, *domain.Contact]
}

func contacts(s *Session) Contacts {
	return Contacts{newTable[domain.Contact](s, domain.ReadContact, ofOrganization, nil)}
}

// ofOrganization is the reach of what belongs to one organization.
func ofOrganization(a domain.Actor) []relation {
	return []relation{{domain.Own, "r.organization = ?", []any{a.Organization}}}
}

// List returns a page of an organization's contacts.
func (t Contacts) List(ctx context.Context, org domain.OrganizationID, p Page) (Rows[domain.Contact], error) {
	return t.list(t.within(ctx, t.read).Where("organization = ?", org), p)
}

// Checks is the table of vetting checks.
type Checks struct {
	table[domain.Check, *domain.Check]
}

func checks(s *Session) Checks {
	return Checks{newTable[domain.Check](s, domain.ReadCheck, ofOrganization, nil)}
}

// List returns a page of an organization's checks.
func (t Checks) List(ctx context.Context, org domain.OrganizationID, p Page) (Rows[domain.Check], error) {
	return t.list(t.within(ctx, t.read).Where("organization = ?", org), p)
}

// Of returns every check of an organization, for a decision about it.
func (t Checks) Of(ctx context.Context, org domain.OrganizationID) ([]domain.Check, error) {
	var out []domain.Check
	err := t.within(ctx, t.read).Where("organization = ?", org).Find(&out).Error
	return out, err
}
