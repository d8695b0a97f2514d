// Package sheet reads CSV and XLSX files as people really have them, turns their
// rows into named, typed fields by a mapping file, and writes both formats for
// export. It guesses nothing and drops nothing silently: an undeclared encoding,
// date format or word is a refusal that names the row and the cell. It knows
// nothing of what the fields mean.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"
)

// A Source declares how a file is to be read.
type Source struct {
	// Format is "csv" or "xlsx". A CSV file may be gzipped.
	Format string `yaml:"format"`
	// Encoding names a CSV file's encoding: utf-8 (the default), utf-16 (with a
	// byte-order mark), iso-8859-1, or a canonical name of the WHATWG Encoding
	// Standard, such as windows-1252 or macintosh.
	Encoding string `yaml:"encoding"`
	// Delimiter is the one character between a CSV file's cells; a comma unless declared.
	Delimiter string `yaml:"delimiter"`
	// Sheet is a worksheet's name, or else its position, from 1. It may be left
	// out when the workbook has one worksheet only.
	Sheet string `yaml:"sheet"`
	// HeaderRow is the row with the columns' names: 1 unless declared; 0 means
	// that there is none, so that columns go by position only.
	HeaderRow *int `yaml:"header_row"`
	// UnquoteFormulas declares that the CSV file was written by WriteCSV, whose
	// apostrophes before would-be formulas are to be taken off.
	UnquoteFormulas bool `yaml:"unquote_formulas"`
}

func (s Source) headerRow() int {
	if s.HeaderRow == nil {
		return 1
	}
	return *s.HeaderRow
}

// Limits bound what one file may cost. A zero field stands for its default.
type Limits struct {
	Bytes     int64 // of the file, unpacked: 64 MiB
	Rows      int   // that are not blank, the header included: 200,000
	Columns   int   // 1,024
	CellChars int   // of one cell, in UTF-16 units as spreadsheet programs count: 32,767
}

func (l Limits) orDefault() Limits {
	or := func(p *int, n int) {
		if *p == 0 {
			*p = n
		}
	}
	if l.Bytes == 0 {
		l.Bytes = 64 << 20
	}
	or(&l.Rows, 200_000)
	or(&l.Columns, 1_024)
	or(&l.CellChars, maxCellChars)
	return l
}

// maxCellChars is what Excel holds in a cell ("Excel specifications and limits").
const maxCellChars = excelize.TotalCellChars

// ErrTooLarge is the error of a file that exceeds its Limits.
var ErrTooLarge = errors.New("the file is too large")

// An Error says why a file can't be read on. Rows that came before it are sound.
type Error struct {
	File   string
	Row    int // 0 if it is not about a row
	Reason string
	cause  error
}

func (e *Error) Error() string {
	if e.Row == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s, row %d: %s", e.File, e.Row, e.Reason)
}

func (e *Error) Unwrap() error { return e.cause }

// atRow is an error of the reader of one format, before it knows the file's name.
func atRow(row int, cause error, format string, args ...any) *Error {
	return &Error{Row: row, Reason: fmt.Sprintf(format, args...), cause: cause}
}

func tooLarge(row int, format string, args ...any) *Error {
	return atRow(row, ErrTooLarge, format, args...)
}

// A Kind is what a cell holds.
type Kind uint8

const (
	TextCell    Kind = iota
	NumberCell       // Text is its decimal notation, to the 15 digits a spreadsheet keeps
	BooleanCell      // Text is TRUE or FALSE
	ErrorCell        // Text is the error's name, such as #REF!
)

// A Cell is one cell. A blank cell is the zero Cell.
type Cell struct {
	Kind Kind
	Text string
}

// A Row is one row that is not blank. Number is the row's number as a
// spreadsheet program shows it, in CSV files too: a record is a row, however
// many lines its cells have.
type Row struct {
	Number int
	Cells  []Cell
}

// Cell returns the cell in a column, counted from 0; past the last it is blank.
func (r Row) Cell(column int) Cell {
	if column >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[column]
}

func (r Row) blank() bool {
	for _, c := range r.Cells {
		if strings.TrimSpace(c.Text) != "" {
			return false
		}
	}
	return true
}

// Address returns the A1 address of a cell, its column counted from 0.
func Address(column, row int) string {
	a, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return "" // past what a spreadsheet can hold
	}
	return a
}

// A Sheet is an opened file, or one worksheet of it.
type Sheet struct {
	name     string
	limits   Limits
	date1904 bool
	numbered bool // without a header
	header   []string
	read     func() (Row, error)
	rows     int
}

// Open reads a file as far as its header. It refuses, as an *Error, what is not
// of the declared format, encoding or shape, and what exceeds a limit (then it
// is ErrTooLarge as well). The name is for messages only.
//
// A CSV file is read as a stream. An XLSX file is held in memory, unpacked by
// the part; formulas count as their stored values.
func Open(r io.Reader, name string, src Source, limits Limits) (*Sheet, error) {
	s := &Sheet{name: name, limits: limits.orDefault(), numbered: src.headerRow() == 0}
	if err := s.open(r, src); err != nil {
		return nil, s.named(err)
	}
	if s.numbered {
		return s, nil
	}
	if err := s.readHeader(src.headerRow()); err != nil {
		return nil, s.named(err)
	}
	return s, nil
}

var (
	zipMagic = []byte("PK\x03\x04")
	oleMagic = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
)

func (s *Sheet) open(r io.Reader, src Source) error {
	b, err := unpack(r, s.limits.Bytes)
	if err != nil {
		return err
	}
	magic, _ := b.Peek(len(oleMagic))
	switch {
	case bytes.HasPrefix(magic, oleMagic):
		return atRow(0, nil, "this is an old Excel workbook (.xls) or one with a password; save it as .xlsx without a password")
	case src.Format == "csv" && bytes.HasPrefix(magic, zipMagic):
		return atRow(0, nil, "this is an XLSX workbook or another ZIP file, but the format is declared as csv")
	case src.Format == "csv":
		s.read, err = openCSV(b, src)
		return err
	case src.Format == "xlsx":
		return s.openXLSX(b, src.Sheet)
	}
	return atRow(0, nil, `the format %q is neither "csv" nor "xlsx"`, src.Format)
}

func (s *Sheet) readHeader(number int) error {
	for {
		row, err := s.next()
		if err == io.EOF || err == nil && row.Number > number {
			return atRow(number, nil, "the header row is missing or blank")
		}
		if err != nil {
			return err
		}
		if row.Number == number {
			s.setHeader(row)
			return nil
		}
	}
}

func (s *Sheet) setHeader(row Row) {
	for i, c := range row.Cells {
		if name := collapse(c.Text); name != "" {
			s.header = append(s.header, make([]string, i+1-len(s.header))...)
			s.header[i] = name
		}
	}
}

// Header returns the columns' names, "" where a column has none.
func (s *Sheet) Header() []string { return s.header }

// Rows yields the rows after the header, without the blank ones. It can be
// ranged over once. An error is an *Error and the last that is yielded.
func (s *Sheet) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := s.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Row{}, s.named(err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// next returns the next row that is not blank.
func (s *Sheet) next() (Row, error) {
	for {
		row, err := s.read()
		if err != nil {
			return Row{}, err
		}
		if row.blank() {
			continue
		}
		s.rows++
		if s.rows > s.limits.Rows {
			return Row{}, tooLarge(row.Number, "the file has more than %d rows", s.limits.Rows)
		}
		if len(row.Cells) > s.limits.Columns {
			return Row{}, tooLarge(row.Number, "the row has %d cells, more than %d", len(row.Cells), s.limits.Columns)
		}
		return row, nil
	}
}

// Column finds a column, counted from 0, by its name in the header or by its
// position, written as #A. A name that two columns bear is refused.
func (s *Sheet) Column(ref string) (int, error) {
	if i, ok := position(ref); ok {
		if i >= s.limits.Columns {
			return 0, fmt.Errorf("the column %s lies past the %d columns that are read", ref, s.limits.Columns)
		}
		return i, nil
	}
	if s.numbered {
		return 0, fmt.Errorf("there is no column %q: the file is declared to have no header, so address columns by position, as #A", ref)
	}
	var found []int
	for i, name := range s.header {
		if name == ref {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, fmt.Errorf("there is no column %q; the header has %s", ref, bounded(quoteAll(s.header), 400))
	}
	a, _ := excelize.ColumnNumberToName(found[0] + 1)
	b, _ := excelize.ColumnNumberToName(found[1] + 1)
	return 0, fmt.Errorf("the columns %s and %s both have the name %q: address the one you mean as #%s or #%s", a, b, ref, a, b)
}

// position reads a column's position, such as #A, counted from 0.
func position(ref string) (int, bool) {
	letters, ok := strings.CutPrefix(ref, "#")
	if !ok || letters == "" || strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return 0, false
	}
	n, err := excelize.ColumnNameToNumber(letters)
	return n - 1, err == nil
}

// named gives an error of a format's reader the file's name.
func (s *Sheet) named(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Reason: err.Error(), cause: err}
	}
	e.File = s.name
	e.Reason = bounded(strings.ToValidUTF8(e.Reason, "\uFFFD"), 1_000) // XML's errors quote the file
	return e
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}

// bounded cuts a text that stands in a message.
func bounded(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i] + "…"
		}
		runes--
	}
	return s
}
