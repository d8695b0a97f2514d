package sheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// openSheet returns the iterator over a worksheet's rows.
func (w *workbook) openSheet(name string, limits Limits) (func() (Row, error), error) {
	d, err := w.part(name)
	if err != nil {
		return nil, err
	}
	x := &xlsxRows{w: w, xml: d, name: name, limits: limits}
	return x.next, nil
}

type xlsxRows struct {
	w      *workbook
	xml    *xml.Decoder
	name   string
	limits Limits
	row    int // number of the last row
}

type cellXML struct {
	ref, kind string
	value     string // of v or is
	hasValue  bool
	formula   bool
}

func (x *xlsxRows) next() (Row, error) {
	for {
		token, err := x.xml.Token()
		if err == io.EOF {
			return Row{}, err
		}
		if err != nil {
			return Row{}, x.damaged(x.row+1, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local == "row" {
				return x.readRow(t)
			}
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				return Row{}, x.end()
			}
		}
	}
}

// end reads what follows the rows, in which other elements are named row, too.
func (x *xlsxRows) end() error {
	if err := drain(x.xml, x.name); err != nil {
		return err
	}
	return io.EOF
}

func (x *xlsxRows) readRow(start xml.StartElement) (Row, error) {
	row := Row{Number: x.row + 1}
	if r := attribute(start, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n <= x.row || n > excelize.TotalRows {
			return Row{}, x.damaged(row.Number, fmt.Errorf("row %q follows row %d", r, x.row))
		}
		row.Number = n
	}
	x.row = row.Number
	next := 0
	err := children(x.xml, func(e xml.StartElement) error {
		if e.Name.Local != "c" {
			return x.xml.Skip()
		}
		column, err := x.readCell(e, next, &row)
		next = column + 1
		return err
	})
	if err != nil {
		return Row{}, x.damaged(row.Number, err)
	}
	return row, nil
}

// readCell adds a cell to its row and returns its column, counted from 0, which
// must not be before next.
func (x *xlsxRows) readCell(start xml.StartElement, next int, row *Row) (int, error) {
	c := cellXML{ref: attribute(start, "r"), kind: attribute(start, "t")}
	if err := c.read(x.xml); err != nil {
		return 0, err
	}
	column, err := c.column(next, row.Number)
	if err != nil {
		return 0, err
	}
	cell, err := x.w.cell(c)
	if err != nil {
		return 0, fmt.Errorf("in %s, %w", Address(column, row.Number), err)
	}
	if cell == (Cell{}) {
		return column, nil
	}
	if column >= x.limits.Columns {
		return 0, tooLarge(row.Number, "the cell %s lies past the %d columns that are read", Address(column, row.Number), x.limits.Columns)
	}
	row.Cells = append(row.Cells, make([]Cell, column-len(row.Cells))...)
	row.Cells = append(row.Cells, cell)
	return column, nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (c *cellXML) read(d *xml.Decoder) error {
	return children(d, func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "v":
			c.hasValue = true
			c.value, err = plainText(d)
		case "is":
			c.hasValue = true
			c.value, err = richText(d)
		case "f":
			c.formula = true
			err = d.Skip()
		default:
			err = d.Skip()
		}
		return err
	})
}

func (x *xlsxRows) damaged(row int, err error) error {
	err = damaged(x.name, err)
	var e *Error
	if errors.As(err, &e) && e.cause != ErrTooLarge {
		e.Row = row
	}
	return err
}

// column returns where a cell stands; a cell that doesn't say stands at next.
func (c cellXML) column(next, row int) (int, error) {
	if c.ref == "" {
		return next, nil
	}
	column, r, err := excelize.CellNameToCoordinates(c.ref)
	switch {
	case err != nil:
		return 0, err
	case r != row:
		return 0, fmt.Errorf("the cell %s stands in row %d", c.ref, row)
	case column-1 < next:
		return 0, fmt.Errorf("the cell %s is out of order", c.ref)
	}
	return column - 1, nil
}

// empty tells whether a cell has no value; text that a formula made may be "".
func (c cellXML) empty() bool {
	return !c.hasValue || strings.TrimSpace(c.value) == "" && c.kind != "str" && c.kind != "inlineStr"
}

// cell reads a cell's value by its type (ECMA-376 part 1, 18.18.11, ST_CellType).
func (w *workbook) cell(c cellXML) (Cell, error) {
	if c.empty() {
		if c.formula {
			return Cell{ErrorCell, "a formula without a stored value"}, nil
		}
		return Cell{}, nil
	}
	switch c.kind {
	case "s":
		return w.sharedString(c.value)
	case "str", "inlineStr", "d":
		return Cell{Text: c.value}, nil
	case "b":
		return boolean(c.value)
	case "e":
		return Cell{ErrorCell, c.value}, nil
	case "", "n":
		return number(c.value)
	}
	return Cell{}, fmt.Errorf("the cell type %q is unknown", c.kind)
}

// sharedString charges a string for each cell that it stands in, lest a small
// file become a large one.
func (w *workbook) sharedString(v string) (Cell, error) {
	i, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil || i < 0 || i >= len(w.strings) {
		return Cell{}, fmt.Errorf("there is no shared string %q", v)
	}
	return Cell{Text: w.strings[i]}, w.charge(len(w.strings[i]))
}

func boolean(v string) (Cell, error) {
	b, err := strconv.ParseBool(strings.TrimSpace(v))
	if err != nil {
		return Cell{}, fmt.Errorf("%q is no boolean", v)
	}
	return Cell{BooleanCell, strings.ToUpper(strconv.FormatBool(b))}, nil
}

var wholeNumber = regexp.MustCompile(`^-?\d+$`)

// number gives a number the digits that a spreadsheet program shows: Excel
// keeps 15 significant ones, but stores 0.816 as 0.8159999999999999.
func number(v string) (Cell, error) {
	v = strings.TrimSpace(v)
	if wholeNumber.MatchString(v) {
		return Cell{NumberCell, v}, nil
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return Cell{}, fmt.Errorf("%q is no number", bounded(v, 40))
	}
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return Cell{NumberCell, strconv.FormatFloat(f, 'f', -1, 64)}, nil
}
