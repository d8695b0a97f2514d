package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// WriteCSV writes a header and rows as UTF-8 by RFC 4180, with LF line ends. A
// value is nil, string, []string, int, int64, Decimal, bool, Date or time.Time;
// each row has as many as the header.
//
// Nothing in it runs as a formula: text that could is given an apostrophe, which
// a mapping with unquote_formulas takes off again. Numbers stay numbers; a list
// has its items on lines of their own (separator: "\n"), dates are written as
// YYYY-MM-DD, times in UTC by RFC 3339. Read again, all is as it was, except that
// a CRLF within a cell is an LF, a line break within an item of a list a space, and
// a character that XML lacks (most controls, U+FFFE, U+FFFF) U+FFFD: nobody's text
// keeps others from theirs.
//
// Refused, with the cell's address, are values of other types, invalid UTF-8, and
// text that is longer than a spreadsheet's cell: what was written before then is
// to be thrown away.
func WriteCSV(w io.Writer, header []string, rows iter.Seq2[[]any, error]) error {
	c := csv.NewWriter(w)
	err := eachRow(header, rows, func(_ int, cells []any) error {
		record := make([]string, len(cells))
		for i, v := range cells {
			record[i] = csvCell(v)
		}
		return c.Write(record)
	})
	c.Flush()
	return errors.Join(err, c.Error())
}

func csvCell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return quoteFormula(v)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// WriteXLSX writes one worksheet with a header and rows, of the values that
// WriteCSV takes and with its refusals. Text stays text, whatever it begins
// with. Numbers of more than the 15 digits that a spreadsheet keeps, and dates
// before 1900-03-01, are written as text. Other dates and times (in UTC, to the
// second) are spreadsheet dates, which a mapping reads as excel.
func WriteXLSX(w io.Writer, sheet string, header []string, rows iter.Seq2[[]any, error]) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	x, err := newXLSXWriter(f, sheet)
	if err != nil {
		return err
	}
	if err := eachRow(header, rows, x.write); err != nil {
		return err
	}
	if err := x.stream.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

type xlsxWriter struct {
	stream         *excelize.StreamWriter
	date, dateTime int // styles
}

func newXLSXWriter(f *excelize.File, sheet string) (*xlsxWriter, error) {
	stream, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	style := func(format string) int {
		id, e := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		err = errors.Join(err, e)
		return id
	}
	x := &xlsxWriter{stream: stream, date: style("yyyy-mm-dd"), dateTime: style("yyyy-mm-dd hh:mm:ss")}
	return x, err
}

func (x *xlsxWriter) write(row int, cells []any) error {
	if row > excelize.TotalRows {
		return fmt.Errorf("a worksheet has %d rows at most", excelize.TotalRows)
	}
	out := make([]any, len(cells))
	for i, v := range cells {
		out[i] = x.cell(v)
	}
	return x.stream.SetRow(Address(0, row), out)
}

// maxDigits is how many significant digits a spreadsheet keeps.
const maxDigits = 15

var firstDate = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)

func (x *xlsxWriter) cell(v any) any {
	switch v := v.(type) {
	case int:
		return xlsxNumber(strconv.Itoa(v))
	case int64:
		return xlsxNumber(strconv.FormatInt(v, 10))
	case Decimal:
		return xlsxNumber(string(v))
	case Date:
		at, err := time.Parse(time.DateOnly, string(v))
		if err != nil || at.Before(firstDate) {
			return string(v)
		}
		return excelize.Cell{StyleID: x.date, Value: at}
	case time.Time:
		if v.Before(firstDate) {
			return v.Format(time.RFC3339)
		}
		return excelize.Cell{StyleID: x.dateTime, Value: v.Truncate(time.Second)}
	case string:
		return xlsxText(v)
	}
	return v
}

var sharedUnderscore = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_`)

// xlsxText keeps text from being read as the escape of a character. excelize
// sees to that, but for two would-be escapes that share an underscore: they are
// put in runs of their own.
func xlsxText(text string) any {
	var runs []excelize.RichTextRun
	for {
		at := sharedUnderscore.FindStringIndex(text)
		if at == nil {
			break
		}
		end := at[0] + len("_x0000")
		runs = append(runs, excelize.RichTextRun{Text: text[:end]})
		text = text[end:]
	}
	if runs == nil {
		return text
	}
	return append(runs, excelize.RichTextRun{Text: text})
}

func xlsxNumber(text string) any {
	f, err := strconv.ParseFloat(text, 64)
	digits := strings.Trim(strings.Replace(text, ".", "", 1), "-0")
	if err != nil || len(digits) > maxDigits {
		return text
	}
	return f
}

// eachRow checks a header and rows, and hands them on with their numbers.
func eachRow(header []string, rows iter.Seq2[[]any, error], write func(row int, cells []any) error) error {
	names := make([]any, len(header))
	for i, name := range header {
		names[i] = name
	}
	number := 0
	add := func(cells []any) error {
		number++
		cells, err := checked(number, len(header), cells)
		if err != nil {
			return err
		}
		return write(number, cells)
	}
	if err := add(names); err != nil {
		return err
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if err := add(cells); err != nil {
			return err
		}
	}
	return nil
}

// checked returns a row with lists joined, or says what can't be written.
func checked(row, width int, cells []any) ([]any, error) {
	if len(cells) != width {
		return nil, fmt.Errorf("row %d has %d cells, but the header %d", row, len(cells), width)
	}
	out := make([]any, len(cells))
	for i, v := range cells {
		var err error
		if out[i], err = checkedCell(v); err != nil {
			return nil, fmt.Errorf("cell %s: %w", Address(i, row), err)
		}
	}
	return out, nil
}

func checkedCell(v any) (any, error) {
	switch v := v.(type) {
	case nil, int, int64, bool:
		return v, nil
	case time.Time:
		return v.UTC(), nil
	case Decimal:
		if !isNumber(string(v)) {
			return nil, fmt.Errorf("%q is no decimal number", string(v))
		}
		return v, nil
	case Date:
		if _, err := time.Parse(time.DateOnly, string(v)); err != nil {
			return nil, fmt.Errorf("%q is no date as YYYY-MM-DD", string(v))
		}
		return v, nil
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = oneLine.Replace(item) // a line break is what stands between items
		}
		return checkedText(strings.Join(items, "\n"))
	case string:
		return checkedText(v)
	}
	return nil, fmt.Errorf("a %T can't be written", v)
}

var oneLine = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ")

func writable(r rune) rune {
	if unwritable(r) {
		return utf8.RuneError
	}
	return r
}

func checkedText(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	text = strings.Map(writable, text)
	if longer(text, maxCellChars) {
		return nil, fmt.Errorf("the text has more than the %d characters of a cell", maxCellChars)
	}
	return text, nil
}
