package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Record is what a mapping makes of one row, or of a group of rows. It can be
// taken over only if it is neither Skipped nor has Refusals; otherwise it has no
// Fields.
type Record struct {
	Rows []int // the rows' numbers, as a spreadsheet program shows them

	// Key is the same whenever the key columns hold the same text: the
	// hexadecimal SHA-256 of that text as it stands, before any cleaning.
	Key string
	// RepeatOf is the first row of the first record in the file with the same
	// Key, or 0 if this is the first.
	RepeatOf int

	// Fields holds each field that has a value, by name, as the Go type of its Type.
	Fields map[string]any
	// Raw holds, for each of Rows, the text of each mapped cell that isn't blank,
	// by its column as the mapping addresses it.
	Raw []map[string]string

	Skipped  bool // by skip_if_empty; such a record has no Key
	Refusals []Refusal

	by   *application
	rows []Row
}

// Refusal is one that the caller has for a field's value, or for the item at a
// place of a list (-1 for the value as a whole). It is placed in the cell that
// the value or item came from; one that the mapping itself gives has none.
func (r Record) Refusal(field string, item int, reason string) Refusal {
	why := Refusal{Row: r.Rows[0], Field: field, Reason: reason}
	f := r.by.doc.Fields[field]
	if f == nil {
		return why
	}
	items, _ := r.Fields[field].([]string)
	if item >= 0 && item < len(items) {
		why.Value = legible(items[item])
		items = items[item : item+1]
	} else if v, ok := r.Fields[field]; ok && items == nil {
		why.Value = legible(fmt.Sprint(v))
	}
	for _, row := range r.rows {
		if ref := r.by.origin(f, row, items); ref != "" {
			why.Row = row.Number
			return r.by.locate(why, ref, row.Cell(r.by.columns[ref]).Text)
		}
	}
	if why.Value == "" {
		return r.by.locate(why, f.column(), "") // it lacks there
	}
	return why
}

// origin is the column of a row that gives a field's value, or any of these
// items of it; "" if none does.
func (a *application) origin(f *field, row Row, items []string) string {
	for _, p := range f.parts() {
		texts, err := a.texts(p, row)
		if err != nil || len(texts) == 0 || len(items) > 0 && !slices.ContainsFunc(texts, func(t string) bool { return slices.Contains(items, t) }) {
			continue
		}
		for _, ref := range p.columns() {
			if row.Cell(a.columns[ref]).Text != "" {
				return ref
			}
		}
	}
	return ""
}

// A Refusal is one thing that is wrong in a row.
type Refusal struct {
	Row    int
	Field  string // that could not be filled; "" if it is about the row as a whole
	Column string // as the mapping addresses it; "" if no one column is at fault
	Cell   string // the A1 address of that column's cell
	Value  string // the cell's text, cut after 120 characters, without control characters
	Reason string // what is wrong, and what would be right
}

// maxValue is how much of a cell a Refusal repeats.
const maxValue = 120

// legible is a cell's text as a Refusal repeats it, fit to be written to any
// file or database.
func legible(text string) string {
	return bounded(strings.Map(func(r rune) rune {
		if unwritable(r) {
			return utf8.RuneError
		}
		return r
	}, text), maxValue)
}

// Read opens a file and yields its records, each once its last row is read. It
// reads on after a refused row. An error is an *Error and the last that is
// yielded.
func (m *Mapping) Read(r io.Reader, name string, limits Limits) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s, err := Open(r, name, m.Source, limits)
		if err != nil {
			yield(Record{}, err)
			return
		}
		for record, err := range m.Apply(s) {
			if !yield(record, err) {
				return
			}
		}
	}
}

// Apply yields the records of an opened sheet, as Read does.
func (m *Mapping) Apply(s *Sheet) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		a, err := m.bind(s)
		if err != nil {
			yield(Record{}, s.named(err))
			return
		}
		for row, err := range s.Rows() {
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, record := range a.add(row) {
				if !yield(record, nil) {
					return
				}
			}
		}
		if a.open != nil {
			yield(*a.open, nil)
		}
	}
}

// An application is a mapping bound to the columns of one sheet.
type application struct {
	doc     document
	sheet   *Sheet
	names   []string       // of the fields, sorted
	columns map[string]int // every column that the mapping addresses
	first   map[string]int // the first row of each key
	open    *Record        // the group that the next row may belong to
}

func (m *Mapping) bind(s *Sheet) (*application, error) {
	a := &application{doc: m.doc, sheet: s, columns: map[string]int{}, first: map[string]int{}}
	a.names = slices.Sorted(maps.Keys(m.doc.Fields))
	refs := slices.Concat(m.doc.Key.columns, m.doc.GroupBy, m.doc.SkipIfEmpty)
	for _, name := range a.names {
		for _, p := range m.doc.Fields[name].parts() {
			refs = append(refs, p.columns()...)
		}
	}
	var missing []error
	for _, ref := range refs {
		if _, ok := a.columns[ref]; ok {
			continue
		}
		i, err := s.Column(ref)
		if err != nil {
			missing = append(missing, err)
		}
		a.columns[ref] = i
	}
	if err := errors.Join(missing...); err != nil {
		return nil, atRow(0, err, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return a, nil
}

// add takes the next row and returns the records that are complete by it.
func (a *application) add(row Row) []Record {
	record := a.record(row)
	if len(a.doc.GroupBy) == 0 || record.Skipped {
		return []Record{record}
	}
	if a.open != nil && a.open.Key == record.Key {
		a.join(a.open, record)
		return nil
	}
	complete := a.open
	if record.RepeatOf != 0 {
		record.refuse(Refusal{Row: row.Number, Reason: fmt.Sprintf(
			"the row belongs to the record that begins in row %d, but other rows stand between; sort the file by %s", record.RepeatOf, strings.Join(a.doc.GroupBy, ", "))})
	}
	a.open = &record
	if complete == nil {
		return nil
	}
	return []Record{*complete}
}

// join adds a row to its group: items of lists are added, other fields must agree.
func (a *application) join(group *Record, row Record) {
	group.Rows = append(group.Rows, row.Rows...)
	group.Raw = append(group.Raw, row.Raw...)
	group.rows = append(group.rows, row.rows...)
	group.Refusals = append(group.Refusals, row.Refusals...)
	for _, name := range a.names {
		have, had := group.Fields[name]
		add, has := row.Fields[name]
		items, isList := add.([]string)
		switch {
		case !has || group.Fields == nil:
		case !had:
			group.Fields[name] = add
		case isList:
			group.Fields[name] = unique(append(have.([]string), items...))
		case have != add:
			group.Refusals = append(group.Refusals, a.disagreement(group, row, name))
		}
	}
	if len(group.Refusals) > 0 {
		group.Fields = nil
	}
}

func (a *application) disagreement(group *Record, row Record, name string) Refusal {
	r := Refusal{Row: row.Rows[0], Field: name, Reason: fmt.Sprintf(
		"differs from row %d (%s), though both rows belong to one record by %s", group.Rows[0], bounded(fmt.Sprint(group.Fields[name]), maxValue), strings.Join(a.doc.GroupBy, ", "))}
	ref := a.doc.Fields[name].column()
	return a.locate(r, ref, row.Raw[0][ref])
}

// locate adds to a refusal the cell that it is about, if there is one.
func (a *application) locate(r Refusal, ref, value string) Refusal {
	if ref == "" {
		return r
	}
	r.Column, r.Cell, r.Value = ref, Address(a.columns[ref], r.Row), legible(value)
	return r
}

func (r *Record) refuse(why Refusal) {
	r.Refusals = append(r.Refusals, why)
	r.Fields = nil
}

func (a *application) record(row Row) Record {
	record := Record{Rows: []int{row.Number}, Raw: []map[string]string{a.raw(row)}, by: a, rows: []Row{row}}
	if record.Skipped = a.skips(row); record.Skipped {
		return record
	}
	record.Key = a.key(row)
	record.RepeatOf = a.first[record.Key]
	if record.RepeatOf == 0 {
		a.first[record.Key] = row.Number
	}
	record.Refusals = a.rowRefusals(row)
	fields := map[string]any{}
	for _, name := range a.names {
		f := a.doc.Fields[name]
		v, err := a.value(f, row)
		if err != nil {
			record.Refusals = append(record.Refusals, a.refusal(name, f, row, err))
			continue
		}
		if v != nil {
			fields[name] = v
		}
	}
	if len(record.Refusals) == 0 {
		record.Fields = fields
	}
	return record
}

func (a *application) raw(row Row) map[string]string {
	raw := map[string]string{}
	for ref, i := range a.columns {
		if text := row.Cell(i).Text; text != "" {
			raw[ref] = text
		}
	}
	return raw
}

func (a *application) skips(row Row) bool {
	for _, ref := range a.doc.SkipIfEmpty {
		text := collapse(row.Cell(a.columns[ref]).Text)
		if text != "" && !slices.Contains(a.doc.NullValues, text) {
			return false
		}
	}
	return len(a.doc.SkipIfEmpty) > 0
}

// identity returns the texts that identify a row.
func (a *application) identity(row Row) []string {
	var texts []string
	for _, ref := range slices.Concat(a.doc.Key.columns, a.doc.GroupBy) {
		texts = append(texts, row.Cell(a.columns[ref]).Text)
	}
	if !a.doc.Key.row {
		return texts
	}
	for _, c := range row.Cells {
		texts = append(texts, c.Text)
	}
	for texts[len(texts)-1] == "" { // a row isn't blank
		texts = texts[:len(texts)-1]
	}
	return texts
}

func (a *application) key(row Row) string {
	b, _ := json.Marshal(a.identity(row)) // strings always encode
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// rowRefusals says what is wrong with a row as a whole.
func (a *application) rowRefusals(row Row) []Refusal {
	var refusals []Refusal
	width := len(a.sheet.header)
	for i := width; !a.sheet.numbered && i < len(row.Cells); i++ {
		if text := row.Cells[i].Text; text != "" {
			refusals = append(refusals, Refusal{Row: row.Number, Cell: Address(i, row.Number), Value: legible(text), Reason: fmt.Sprintf(
				"the row has more cells than the header's %d; put cells that hold the delimiter in quotes, or give the column a name", width)})
			break
		}
	}
	if strings.TrimSpace(strings.Join(a.identity(row), "")) == "" {
		refusals = append(refusals, Refusal{Row: row.Number, Reason: fmt.Sprintf(
			"nothing identifies the row: %s must not all be empty", strings.Join(slices.Concat(a.doc.Key.columns, a.doc.GroupBy), ", "))})
	}
	return refusals
}

// A cellError says which of a field's columns is at fault.
type cellError struct {
	column string
	reason string
}

func (e *cellError) Error() string { return e.reason }

// refusal places an error in the cell that it is about: the one it names, or
// else the field's first.
func (a *application) refusal(name string, f *field, row Row, err error) Refusal {
	ref := f.column()
	var at *cellError
	if errors.As(err, &at) {
		ref = at.column
	}
	r := Refusal{Row: row.Number, Field: name, Reason: err.Error()}
	return a.locate(r, ref, row.Cell(a.columns[ref]).Text)
}
