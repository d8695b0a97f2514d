package api

import (
	"context"
	"slices"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
	"accord/repository"
)

var organizationFields = map[string]sheet.Type{
	"legal_name": sheet.TextType, "other_names": sheet.ListType, "type": sheet.TextType, "survivor_led": sheet.BooleanType,
	"attested_by": sheet.TextType, "identifiers": sheet.ListType, "website": sheet.TextType, "country": sheet.TextType,
	"sector": sheet.TextType, "languages": sheet.ListType,
}

func organizationMentioned(f fields) []domain.OrganizationDraft {
	return []domain.OrganizationDraft{{
		LegalName: f.text("legal_name"), OtherNames: f.list("other_names"), Type: domain.OrganizationType(f.text("type")),
		SurvivorLed: f.yes("survivor_led"), AttestedBy: f.text("attested_by"), Identifiers: identifiers(f.list("identifiers")),
		Website: f.text("website"), Country: f.country("country"), Sector: f.text("sector"), Languages: f.list("languages"),
	}}
}

// identifiers reads "scheme:value" words. One that isn't of that form is empty,
// which the organization refuses.
func identifiers(words []string) []domain.Identifier {
	out := make([]domain.Identifier, len(words))
	for i, word := range words {
		out[i], _ = domain.ParseIdentifier(word)
	}
	return out
}

// takeOrganization finds the organization, or starts its file.
func takeOrganization(_ context.Context, b *batch, f fields) (string, bool, error) {
	d := organizationMentioned(f)[0]
	o, err := b.organization(d)
	if err != nil {
		return "", false, err
	}
	return string(o.ID), b.enlist(o, d), nil
}

// organization is the one that a record tells of, or a new one. It is not yet
// part of the batch: see enlist.
func (b *batch) organization(d domain.OrganizationDraft) (*domain.Organization, error) {
	if o := b.organizations.find(d); o != nil {
		trial := *o
		if more, ok := b.organizations.completed(o, d); ok {
			return o, trial.Edit(more)
		}
		return o, nil
	}
	o, err := domain.NewOrganization(d)
	if err != nil {
		return nil, err
	}
	o.Begin(b.tx.NewID())
	return o, within(openapi.OrganizationPatch(organizationDraftJSON(o)))
}

// enlist adds an organization to the batch if it is new, and reports whether it
// is. Of one that is known it completes what it is found by.
func (b *batch) enlist(o *domain.Organization, d domain.OrganizationDraft) bool {
	if !b.organizations.has(o) {
		b.organizations.list(o)
		b.new.organizations = append(b.new.organizations, o)
		return true
	}
	if more, ok := b.organizations.completed(o, d); ok && o.Edit(more) == nil {
		b.organizations.list(o)
		if o.Version > 0 && !slices.Contains(b.new.completed, o) {
			b.new.completed = append(b.new.completed, o)
		}
	}
	return false
}

// directory is the organizations that a batch's records may tell of.
type directory struct {
	byID         map[domain.OrganizationID]*domain.Organization
	byName       map[string][]*domain.Organization // the oldest first
	byIdentifier map[domain.Identifier]*domain.Organization
}

func newDirectory() directory {
	return directory{map[domain.OrganizationID]*domain.Organization{}, map[string][]*domain.Organization{}, map[domain.Identifier]*domain.Organization{}}
}

// read adds the organizations that bear any of these names or identifiers.
func (d directory) read(ctx context.Context, tx *repository.Session, named []domain.OrganizationDraft) error {
	var names []string
	var ids []domain.Identifier
	for _, n := range named {
		names = append(names, domain.NameKey(n.LegalName))
		ids = append(ids, n.Identifiers...)
	}
	rows, err := tx.Organizations.Bearing(ctx, names, ids)
	for i := range rows {
		if !d.has(&rows[i]) {
			d.list(&rows[i])
		}
	}
	if err != nil {
		return err
	}
	return d.readMerged(ctx, tx, names)
}

// readMerged lists under the names of organizations that are part of others now those
// others: a register that goes on using such a name doesn't make it anew.
func (d directory) readMerged(ctx context.Context, tx *repository.Session, names []string) error {
	gone, err := tx.Organizations.Formerly(ctx, names)
	if err != nil {
		return err
	}
	ids := make([]domain.OrganizationID, len(gone))
	for i, o := range gone {
		ids[i] = o.ID
	}
	survivors, err := tx.Organizations.Survivors(ctx, ids)
	for _, o := range gone {
		survivor := survivors[o.ID]
		if survivor == nil {
			continue
		}
		if !d.has(survivor) {
			d.list(survivor)
		}
		if known := d.byID[survivor.ID]; !slices.Contains(d.byName[o.NameKey], known) {
			d.byName[o.NameKey] = append(d.byName[o.NameKey], known)
		}
	}
	return err
}

func (d directory) has(o *domain.Organization) bool { return d.byID[o.ID] != nil }

// list enters an organization, or enters it anew after a change.
func (d directory) list(o *domain.Organization) {
	if !d.has(o) {
		d.byID[o.ID] = o
		d.byName[o.NameKey] = append(d.byName[o.NameKey], o)
	}
	for _, id := range o.Identifiers {
		d.byIdentifier[id] = o
	}
}

// find returns the organization that a record tells of: the one with such an
// identifier, else the only one of the name that nothing told of it contradicts.
// Where several bear the name, that is one that was itself made by its name
// alone; otherwise it is none of them, since which is meant would be a guess.
func (d directory) find(told domain.OrganizationDraft) *domain.Organization {
	for _, id := range told.Identifiers {
		if o := d.byIdentifier[id]; o != nil {
			return o
		}
	}
	var same []*domain.Organization
	for _, o := range d.byName[domain.NameKey(told.LegalName)] {
		if !contradicted(o, told) {
			same = append(same, o)
		}
	}
	if len(same) == 1 {
		return same[0]
	}
	for _, o := range same {
		if o.Type == "" && o.Country == "" && len(o.Identifiers) == 0 {
			return o
		}
	}
	return nil
}

// contradicted reports whether what is told can't be of the organization: it has
// another type or country, or another number in the same register.
func contradicted(o *domain.Organization, told domain.OrganizationDraft) bool {
	return differ(string(o.Type), string(told.Type)) || differ(o.Country, told.Country) ||
		slices.ContainsFunc(told.Identifiers, func(t domain.Identifier) bool {
			return slices.ContainsFunc(o.Identifiers, func(h domain.Identifier) bool { return h.Scheme == t.Scheme })
		})
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

// completed is the organization's draft with what it is found by, as far as it
// lacks that and is told; false if that is nothing. A file that is closed stays.
func (d directory) completed(o *domain.Organization, told domain.OrganizationDraft) (domain.OrganizationDraft, bool) {
	if o.Stage.Is(domain.OrganizationDeclined, domain.OrganizationDebarred) {
		return domain.OrganizationDraft{}, false
	}
	more, changed := o.Draft(), false
	more.Identifiers = slices.Clone(more.Identifiers)
	for _, id := range told.Identifiers {
		if d.byIdentifier[id] == nil {
			more.Identifiers, changed = append(more.Identifiers, id), true
		}
	}
	if more.Type == "" && told.Type != "" {
		more.Type, changed = told.Type, true
	}
	if more.Country == "" && told.Country != "" {
		more.Country, changed = told.Country, true
	}
	return more, changed
}
