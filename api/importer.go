package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"accord/domain"
	"accord/internal/sheet"
	"accord/repository"
)

// importBatch is how many records are taken over in one transaction: enough to
// share its cost, few enough to let others write in between.
const importBatch = 100

// ImportLimits bound what one file may cost.
var ImportLimits = sheet.Limits{Bytes: 256 << 20, Rows: 500_000}

// taker takes the records of one entity over into the office's.
type taker struct {
	fields map[string]sheet.Type
	// mentions lists the organizations that a record names, as far as it tells
	// of them.
	mentions func(fields) []domain.OrganizationDraft
	// take adds to the batch what a record becomes, or finds that it is there
	// already. A refusal's pointers are the names of fields; it adds nothing.
	take func(context.Context, *batch, fields) (id string, created bool, err error)
}

// takers is what can be imported, by the entity of the mapping.
var takers = map[string]taker{
	"organization":   {organizationFields, organizationMentioned, takeOrganization},
	"engagement":     {engagementFields, organizationsListed, takeEngagement},
	"commitment":     {commitmentFields, organizationPromising, takeCommitment},
	"partnership":    {partnershipFields, membersListed, takePartnership},
	"recommendation": {recommendationFields, nobody, takeRecommendation},
}

func nobody(fields) []domain.OrganizationDraft { return nil }

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

func (f fields) text(name string) string    { s, _ := f[name].(string); return s }
func (f fields) list(name string) []string  { l, _ := f[name].([]string); return l }
func (f fields) date(name string) string    { d, _ := f[name].(sheet.Date); return string(d) }
func (f fields) decimal(name string) string { d, _ := f[name].(sheet.Decimal); return string(d) }
func (f fields) yes(name string) bool       { b, _ := f[name].(bool); return b }
func (f fields) number(name string) int     { n, _ := f[name].(int64); return int(n) }
func (f fields) day(name string) domain.Date {
	if t, ok := f[name].(time.Time); ok {
		return domain.DateOf(t)
	}
	return ""
}
func (f fields) country(name string) string { return countryCode(f.text(name)) }
func (f fields) countries(name string) []string {
	var out []string
	for _, word := range f.list(name) {
		out = append(out, countryCode(word))
	}
	return out
}

// countryCode is the alpha-2 code of a country that is given by any ISO 3166-1
// code or by its name; a word that is none of these stays as it is.
func countryCode(word string) string {
	if c, ok := domain.CountryByAlpha3(word); ok {
		return c.Code
	}
	if c, ok := domain.CountryByName(word); ok {
		return c.Code
	}
	return word
}

// withMarking adds the fields of a marking to an entity's own.
func withMarking(own map[string]sheet.Type) map[string]sheet.Type {
	for _, name := range []string{"objectives", "contributes_to", "pillars", "trafficking_types", "topics", "countries"} {
		own[name] = sheet.ListType
	}
	return own
}

// Importing is one run of an import.
type Importing struct {
	// As is the store as whoever asked for the import reaches it.
	As       *repository.Session
	Register string
	Mapping  *sheet.Mapping
	FileName string
	File     []byte
	// DryRun works everything out and keeps nothing.
	DryRun bool
	// From is how far an earlier run of this import came; this one goes on there.
	From domain.ImportFigures
	// Keep is told after every batch how far the run is and what was refused in
	// it, in the transaction in which the batch is kept.
	Keep func(tx *repository.Session, total int, f domain.ImportFigures, refused []sheet.Refusal) error

	// rehearsed is what the batches of a dry run would have left behind.
	rehearsed *batch
}

// Run loads the file. What it returns besides an error was taken over and stays:
// a second run of the same file goes on from there.
func (r *Importing) Run(ctx context.Context) (domain.ImportFigures, error) {
	figures := r.From
	total, err := r.count()
	if err != nil {
		return figures, err
	}
	var waiting []sheet.Record
	n := 0
	for record, err := range r.records() {
		if err != nil {
			return figures, err
		}
		if n++; n <= r.From.Read {
			continue
		}
		if waiting = append(waiting, record); len(waiting) < importBatch && n < total {
			continue
		}
		if figures, err = r.takeOver(ctx, waiting, total, figures); err != nil {
			return figures, err
		}
		waiting = waiting[:0]
	}
	return figures, nil
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

// importTries is how often one record is tried that others get in the way of.
const importTries = 3

// takeOver takes records over in one transaction; if somebody else got in their
// way, each in one of its own, so that one spoils no other.
func (r *Importing) takeOver(ctx context.Context, records []sheet.Record, total int, f domain.ImportFigures) (after domain.ImportFigures, err error) {
	for range importTries {
		if after, err = r.attempt(ctx, records, total, f); err == nil || !errors.Is(err, domain.Conflict) {
			return after, err
		}
		if len(records) > 1 {
			return r.oneByOne(ctx, records, total, f)
		}
	}
	return r.refuse(ctx, records[0], total, f, err)
}

// refuse counts a record as refused that can't be stored beside what is there.
func (r *Importing) refuse(ctx context.Context, record sheet.Record, total int, f domain.ImportFigures, why error) (domain.ImportFigures, error) {
	var refused *domain.Error
	errors.As(why, &refused)
	f.Read++
	f.Refused++
	return f, r.As.Tx(ctx, func(tx *repository.Session) error { return r.Keep(tx, total, f, refusalsOf(record, refused)) })
}

func (r *Importing) oneByOne(ctx context.Context, records []sheet.Record, total int, f domain.ImportFigures) (domain.ImportFigures, error) {
	var err error
	for i := range records {
		if f, err = r.takeOver(ctx, records[i:i+1], total, f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// attempt returns the figures after the records, or those before if it fails.
func (r *Importing) attempt(ctx context.Context, records []sheet.Record, total int, f domain.ImportFigures) (domain.ImportFigures, error) {
	if r.DryRun {
		return r.rehearse(ctx, records, total, f)
	}
	after := f
	err := r.As.Tx(ctx, func(tx *repository.Session) error {
		// Two imports at once that name the same organization would make it twice.
		if err := tx.Alone(ctx, "import"); err != nil {
			return err
		}
		b := newBatch(tx, f)
		refused, err := r.work(ctx, b, records)
		if err != nil {
			return err
		}
		if err := b.store(ctx, r.Register); err != nil {
			return err
		}
		after = b.figures
		return r.Keep(tx, total, after, refused)
	})
	if err != nil {
		return f, err
	}
	return after, nil
}

// rehearse works the records out as if the batches before had been stored.
func (r *Importing) rehearse(ctx context.Context, records []sheet.Record, total int, f domain.ImportFigures) (domain.ImportFigures, error) {
	if r.rehearsed == nil {
		r.rehearsed = newBatch(r.As, f)
	}
	refused, err := r.work(ctx, r.rehearsed, records)
	if err != nil {
		return f, err
	}
	r.rehearsed.new = stock{}
	return r.rehearsed.figures, r.Keep(r.As, total, r.rehearsed.figures, refused)
}

// work adds the records to the batch and returns what is refused.
func (r *Importing) work(ctx context.Context, b *batch, records []sheet.Record) ([]sheet.Refusal, error) {
	t := takers[r.Mapping.Entity]
	if err := b.prepare(ctx, r.Register, t, records); err != nil {
		return nil, err
	}
	var refused []sheet.Refusal
	for _, record := range records {
		found, err := b.add(ctx, t, record)
		if err != nil {
			return nil, err
		}
		refused = append(refused, found...)
	}
	return refused, nil
}

// refusalsOf words what the domain refuses as what is wrong in the row.
func refusalsOf(record sheet.Record, e *domain.Error) []sheet.Refusal {
	if len(e.Faults) == 0 {
		return []sheet.Refusal{record.Refusal("", -1, e.Detail)}
	}
	out := make([]sheet.Refusal, len(e.Faults))
	for i, f := range e.Faults {
		field, rest, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		item, _, _ := strings.Cut(rest, "/")
		n, err := strconv.Atoi(item)
		if err != nil {
			n = -1
		}
		out[i] = record.Refusal(field, n, f.Detail)
	}
	return out
}

// relocated moves an error's faults to the fields of a mapping: from the first
// word of a pointer to that of the field. The word "" stands for any other.
func relocated(err error, to map[string]string) error {
	var e *domain.Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Faults = make([]domain.Fault, len(e.Faults))
	for i, f := range e.Faults {
		word, rest, _ := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
		if field, ok := to[word]; ok {
			f.Pointer = "/" + field + "/" + rest
		} else if field, ok := to[""]; ok {
			f.Pointer = "/" + field
		}
		moved.Faults[i] = f
	}
	return &moved
}

// ReadImport reads a file whole, up to what an import may be.
func ReadImport(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, domain.Refuse(domain.TooLarge, "a file to import has at most %d bytes", limit)
	}
	return b, err
}
