package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// openCSV reads comma-separated values by RFC 4180, with another delimiter if
// declared and lines that end in LF, CRLF or, as on old Macs, CR.
func openCSV(b *bufio.Reader, src Source) (func() (Row, error), error) {
	text, err := decode(b, src.Encoding)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(withLineFeeds(text))
	r.FieldsPerRecord = -1
	if src.Delimiter != "" {
		r.Comma, _ = utf8.DecodeRuneInString(src.Delimiter)
	}
	c := &csvRows{csv: r, line: 1, unquote: src.UnquoteFormulas}
	return c.next, nil
}

type csvRows struct {
	csv     *csv.Reader
	row     int // number of the last row
	line    int // the line on which the next record starts, unless blank lines come first
	unquote bool
}

func (c *csvRows) next() (Row, error) {
	cells, err := c.csv.Read()
	if err == io.EOF {
		return Row{}, err
	}
	if err != nil {
		return Row{}, c.refuse(err)
	}
	line, _ := c.csv.FieldPos(0)
	c.row += 1 + line - c.line // the reader passes over blank lines; a spreadsheet shows them
	c.line = line + 1
	row := Row{Number: c.row, Cells: make([]Cell, len(cells))}
	for i, text := range cells {
		c.line += strings.Count(text, "\n")
		if c.unquote {
			text = unquoteFormula(text)
		}
		row.Cells[i].Text = text
	}
	return row, nil
}

func (c *csvRows) refuse(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		var e *Error
		if errors.As(err, &e) && e.cause != ErrTooLarge {
			e.Row = c.row + 1
		}
		return err
	}
	row := c.row + 1 + parse.StartLine - c.line
	if errors.Is(err, csv.ErrBareQuote) {
		return atRow(row, err, `on line %d a quotation mark stands inside a cell that is not quoted; write such a cell as "5"" pipe"`, parse.Line)
	}
	return atRow(row, err, `a quoted cell is not closed properly by line %d; double each quotation mark inside a quoted cell, and close it with one`, parse.Line)
}

// withLineFeeds turns CR into LF if the first line ends in a CR alone. In any
// other file a lone CR is part of a cell.
func withLineFeeds(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(64 << 10)
	if !endsInCR(head) {
		return b
	}
	return lineFeeds{b}
}

func endsInCR(head []byte) bool {
	quoted := false
	for i, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			return false
		case c == '\r':
			return i+1 == len(head) || head[i+1] != '\n'
		}
	}
	return false
}

type lineFeeds struct{ r io.Reader }

func (l lineFeeds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for rest := p[:n]; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			return n, err
		}
		rest[i] = '\n'
		rest = rest[i+1:]
	}
}
