package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"accord/domain"
	"accord/internal/sheet"
	"accord/repository"
)

// importBatch is how many records are taken over in one transaction: enough to
// share its cost, few enough to let others write in between.
const importBatch = 100

// ImportLimits bound what one file may cost.
var ImportLimits = sheet.Limits{Bytes: 256 << 20, Rows: 500_000}

// taker takes one record of a file over into the office's records, or finds that
// it is there already.
type taker struct {
	fields map[string]sheet.Type
	take   func(context.Context, *repository.Session, fields, *domain.ImportFigures) (id string, created bool, err error)
}

// takers is what can be imported, by the entity of the mapping.
var takers = map[string]taker{
	"organization": {organizationFields, takeOrganization},
}

// ImportEntities are the fields that a mapping may fill.
func ImportEntities() sheet.Entities {
	out := sheet.Entities{}
	for name, t := range takers {
		out[name] = t.fields
	}
	return out
}

// fields are the values of one record.
type fields map[string]any

func (f fields) text(name string) string     { s, _ := f[name].(string); return s }
func (f fields) list(name string) []string   { l, _ := f[name].([]string); return l }
func (f fields) date(name string) sheet.Date { d, _ := f[name].(sheet.Date); return d }
func (f fields) yes(name string) bool        { b, _ := f[name].(bool); return b }
func (f fields) number(name string) (int64, bool) {
	n, ok := f[name].(int64)
	return n, ok
}

// Importing is one run of an import.
type Importing struct {
	// As is the store as whoever asked for the import reaches it.
	As       *repository.Session
	Register string
	Mapping  *sheet.Mapping
	FileName string
	File     []byte
	// DryRun takes nothing over.
	DryRun bool
	// Progress is told how far the run is, after every batch.
	Progress func(total int, f domain.ImportFigures)
	// Refused is told of what is wrong, in the order of the file.
	Refused func([]sheet.Refusal) error
}

// Run loads the file. What it returns besides an error was taken over and stays:
// a second run of the same file goes on from there.
func (r *Importing) Run(ctx context.Context) (domain.ImportFigures, error) {
	var figures domain.ImportFigures
	total, err := r.count()
	if err != nil {
		return figures, err
	}
	var batch []sheet.Record
	for record, err := range r.records() {
		if err != nil {
			return figures, err
		}
		if batch = append(batch, record); len(batch) < importBatch {
			continue
		}
		if err := r.batch(ctx, batch, &figures); err != nil {
			return figures, err
		}
		r.Progress(total, figures)
		batch = batch[:0]
	}
	err = r.batch(ctx, batch, &figures)
	r.Progress(total, figures)
	return figures, err
}

func (r *Importing) records() func(func(sheet.Record, error) bool) {
	return r.Mapping.Read(bytes.NewReader(r.File), r.FileName, ImportLimits)
}

// count reads the file once to its end, so that one that can't be read is
// refused before anything is taken over.
func (r *Importing) count() (n int, err error) {
	for _, err := range r.records() {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

var errDryRun = errors.New("api: nothing is kept of a dry run")

// batch takes records over in one transaction; if that fails, each in one of its
// own, so that one bad record spoils no other.
func (r *Importing) batch(ctx context.Context, records []sheet.Record, figures *domain.ImportFigures) error {
	if len(records) == 0 {
		return nil
	}
	after, refusals, err := r.attempt(ctx, records, *figures)
	if err == nil {
		*figures = after
		return r.Refused(refusals)
	}
	if len(records) == 1 {
		return fmt.Errorf("row %d: %w", records[0].Rows[0], err)
	}
	for i := range records {
		if err := r.batch(ctx, records[i:i+1], figures); err != nil {
			return err
		}
	}
	return nil
}

func (r *Importing) attempt(ctx context.Context, records []sheet.Record, f domain.ImportFigures) (domain.ImportFigures, []sheet.Refusal, error) {
	var refusals []sheet.Refusal
	err := r.As.Tx(ctx, func(tx *repository.Session) error {
		known, err := r.known(ctx, tx, records)
		if err != nil {
			return err
		}
		for _, record := range records {
			found, err := r.takeOver(ctx, tx, record, known, &f)
			if err != nil {
				return err
			}
			refusals = append(refusals, found...)
		}
		if r.DryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return f, refusals, err
}

func (r *Importing) known(ctx context.Context, tx *repository.Session, records []sheet.Record) (map[string]string, error) {
	keys := make([]string, len(records))
	for i, record := range records {
		keys[i] = record.Key
	}
	return tx.ImportedAs(ctx, r.Register, keys)
}

// takeOver counts one record as what became of it.
func (r *Importing) takeOver(ctx context.Context, tx *repository.Session, record sheet.Record, known map[string]string, f *domain.ImportFigures) ([]sheet.Refusal, error) {
	f.Read++
	if len(record.Refusals) > 0 {
		f.Refused++
		return record.Refusals, nil
	}
	if record.Skipped {
		f.Skipped++
		return nil, nil
	}
	if _, ok := known[record.Key]; ok || record.RepeatOf > 0 {
		f.Matched++
		return nil, nil
	}
	id, created, err := takers[r.Mapping.Entity].take(ctx, tx, record.Fields, f)
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Kind == domain.Invalid {
		f.Refused++
		return refusalsOf(record, refused), nil
	}
	if err != nil {
		return nil, err
	}
	if created {
		f.Created++
	} else {
		f.Matched++
	}
	return nil, tx.KeepImported(ctx, r.Register, record.Key, id)
}

// refusalsOf words what the domain refuses as what is wrong in the row.
func refusalsOf(record sheet.Record, e *domain.Error) []sheet.Refusal {
	row := record.Rows[0]
	if len(e.Faults) == 0 {
		return []sheet.Refusal{{Row: row, Reason: e.Detail}}
	}
	out := make([]sheet.Refusal, len(e.Faults))
	for i, f := range e.Faults {
		field, _, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		out[i] = sheet.Refusal{Row: row, Field: field, Reason: f.Detail}
		if v, ok := record.Fields[field]; ok {
			out[i].Value = fmt.Sprint(v)
		}
	}
	return out
}

var organizationFields = map[string]sheet.Type{
	"legal_name": sheet.TextType, "other_names": sheet.ListType, "type": sheet.TextType, "survivor_led": sheet.BooleanType,
	"attested_by": sheet.TextType, "identifiers": sheet.ListType, "website": sheet.TextType, "country": sheet.TextType,
	"sector": sheet.TextType, "languages": sheet.ListType,
}

// takeOrganization matches an organization by an identifier or by its name, else
// starts its file.
func takeOrganization(ctx context.Context, tx *repository.Session, f fields, _ *domain.ImportFigures) (string, bool, error) {
	ids, err := identifiers(f.list("identifiers"))
	if err != nil {
		return "", false, err
	}
	o, err := findOrganization(ctx, tx, f.text("legal_name"), ids)
	if err != nil {
		return "", false, err
	}
	if o != nil {
		return string(o.ID), false, nil
	}
	o, err = domain.NewOrganization(domain.OrganizationDraft{
		LegalName: f.text("legal_name"), OtherNames: f.list("other_names"), Type: domain.OrganizationType(f.text("type")),
		SurvivorLed: f.yes("survivor_led"), AttestedBy: f.text("attested_by"), Identifiers: ids, Website: f.text("website"),
		Country: f.text("country"), Sector: f.text("sector"), Languages: f.list("languages"),
	})
	if err != nil {
		return "", false, err
	}
	return string(o.ID), true, tx.Organizations.Create(ctx, domain.CreateOrganization, o)
}

func findOrganization(ctx context.Context, tx *repository.Session, name string, ids []domain.Identifier) (*domain.Organization, error) {
	o, err := tx.Organizations.ByIdentifier(ctx, ids)
	if !errors.Is(err, domain.NotFound) {
		return o, err
	}
	key := domain.NameKey(name)
	found, err := tx.Organizations.Named(ctx, []string{key})
	if err != nil || found[key] == nil {
		return nil, err
	}
	// The same name with other numbers in the same registers is another organization.
	if contradicts(found[key].Identifiers, ids) {
		return nil, nil
	}
	return found[key], nil
}

func contradicts(has, given []domain.Identifier) bool {
	return slices.ContainsFunc(given, func(g domain.Identifier) bool {
		return slices.ContainsFunc(has, func(h domain.Identifier) bool { return h.Scheme == g.Scheme && h.Value != g.Value })
	})
}

// identifiers reads "scheme:value" words.
func identifiers(in []string) ([]domain.Identifier, error) {
	var out []domain.Identifier
	for _, word := range in {
		id, err := domain.ParseIdentifier(word)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// organizationsNamed returns an organization for every name, and starts a file
// for each that is not known. Its type is not guessed: it stays open until
// someone says it.
func organizationsNamed(ctx context.Context, tx *repository.Session, names []string, kind domain.OrganizationType, f *domain.ImportFigures) ([]*domain.Organization, error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = domain.NameKey(name)
	}
	known, err := tx.Organizations.Named(ctx, keys)
	if err != nil {
		return nil, err
	}
	var out []*domain.Organization
	for i, name := range names {
		if slices.Contains(keys[:i], keys[i]) {
			continue // twice in one row
		}
		o := known[keys[i]]
		if o == nil {
			if o, err = domain.NewOrganization(domain.OrganizationDraft{LegalName: name, Type: kind}); err != nil {
				return nil, err
			}
			if err := tx.Organizations.Create(ctx, domain.CreateOrganization, o); err != nil {
				return nil, err
			}
			f.Organizations++
		}
		out = append(out, o)
	}
	return out, nil
}

// ReadImport reads a file whole, up to what an import may be.
func ReadImport(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, domain.Refuse(domain.TooLarge, "a file to import has at most %d bytes", limit)
	}
	return b, err
}
