package sheet

import (
	"errors"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// value returns a field's value in a row, or nil.
func (a *application) value(f *field, row Row) (any, error) {
	var items []string
	for _, p := range f.parts() {
		texts, err := a.texts(p, row)
		if err != nil {
			return nil, err
		}
		items = append(items, texts...)
	}
	if len(items) == 0 && f.Default != "" {
		items = []string{f.Default}
	}
	if len(items) == 0 && f.Required {
		return nil, errors.New("is required, but empty")
	}
	if len(items) == 0 {
		return nil, nil
	}
	if f.Type == ListType {
		return unique(items), nil
	}
	v, err := f.convert(items[0], a.sheet.date1904)
	if err != nil {
		return nil, fmt.Errorf("%q %w", bounded(items[0], maxValue), err)
	}
	return v, nil
}

func unique(items []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(items, func(s string) bool {
		repeated := seen[s]
		seen[s] = true
		return repeated
	})
}

// texts returns the texts that a part takes from a row, without empty ones. It
// is one at most if the part isn't split.
func (a *application) texts(p *part, row Row) ([]string, error) {
	source, err := a.source(p, row)
	if err != nil || source == "" {
		return nil, err
	}
	items, err := p.items(source)
	if err != nil {
		return nil, fmt.Errorf("is not a Python list of texts: %w", err)
	}
	var texts []string
	for _, item := range items {
		text, err := p.finish(item, a.doc.NullValues)
		if err != nil {
			return nil, err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

func (a *application) source(p *part, row Row) (string, error) {
	switch {
	case p.Column != "":
		return a.cell(p, p.Column, row)
	case len(p.Columns) > 0:
		return a.joined(p, row)
	case p.Template != "":
		return a.filled(p, row)
	}
	return p.Value, nil
}

// joined puts together what the columns hold that aren't empty.
func (a *application) joined(p *part, row Row) (string, error) {
	var texts []string
	for _, ref := range p.Columns {
		text, err := a.cell(p, ref, row)
		if err != nil {
			return "", err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, p.Join), nil
}

// filled fills a template. It is empty if one of its columns is.
func (a *application) filled(p *part, row Row) (string, error) {
	var b strings.Builder
	for _, s := range p.segments {
		b.WriteString(s.text)
		if s.column == "" {
			continue
		}
		text, err := a.cell(p, s.column, row)
		if err != nil || text == "" {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// errorNames are how the errors of a formula read in a file without cell types.
var errorNames = []string{"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}

// cell returns the cleaned text of one cell, "" if it stands for nothing.
func (a *application) cell(p *part, ref string, row Row) (string, error) {
	c := row.Cell(a.columns[ref])
	refuse := func(reason string) (string, error) { return "", &cellError{ref, reason} }
	if longer(c.Text, a.sheet.limits.CellChars) {
		return refuse(fmt.Sprintf("the cell holds more than %d characters", a.sheet.limits.CellChars))
	}
	text := c.Text
	if p.HTMLUnescape {
		text = html.UnescapeString(text)
	}
	text = p.sourceSpace().clean(text)
	if p.null(text, a.doc.NullValues) {
		return "", nil
	}
	if c.Kind == ErrorCell || slices.Contains(errorNames, text) {
		return refuse(fmt.Sprintf("the cell holds an error (%s); correct its formula, or declare the text under null_values", bounded(text, 40)))
	}
	if i := strings.IndexFunc(text, isControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return refuse(fmt.Sprintf("the cell holds the control character %U; remove it", r))
	}
	return text, nil
}

// sourceSpace is how space is cleaned before a text is split.
func (p *part) sourceSpace() space {
	if strings.Contains(p.Separator, "\n") && p.Space != keepSpace {
		return lineSpace
	}
	return p.Space
}

func (p *part) null(text string, everywhere []string) bool {
	return slices.Contains(p.NullValues, text) || slices.Contains(everywhere, text)
}

// finish makes of one item what the field is to hold.
func (p *part) finish(text string, nullValues []string) (string, error) {
	text = p.Space.clean(text)
	if text == "" || p.null(text, nullValues) {
		return "", nil
	}
	text, err := p.mapped(text)
	if err != nil || text == "" {
		return "", err
	}
	zeros := p.PadLeft - utf8.RuneCountInString(text)
	if p.PadLeft > 0 && zeros < 0 {
		return "", fmt.Errorf("%q is longer than the %d characters that pad_left fills up to", bounded(text, maxValue), p.PadLeft)
	}
	return p.Prefix + strings.Repeat("0", max(zeros, 0)) + text, nil
}

// refuseElse and keepElse are the words of map_else that are no value.
const (
	refuseElse = "refuse"
	keepElse   = "keep"
)

func (p *part) mapped(text string) (string, error) {
	to, ok := p.Map[text]
	switch {
	case ok:
		return to, nil
	case p.Map == nil && p.MapElse == nil, p.MapElse != nil && *p.MapElse == keepElse:
		return text, nil
	case p.MapElse == nil || *p.MapElse == refuseElse:
		return "", fmt.Errorf("%q is none of the declared values: %s", bounded(text, maxValue), bounded(quoteAll(slices.Sorted(maps.Keys(p.Map))), 400))
	}
	return *p.MapElse, nil
}

// convert gives a text the field's type.
func (f *field) convert(text string, date1904 bool) (any, error) {
	v, err := f.typed(text, date1904)
	if err != nil {
		return nil, err
	}
	if f.low != nil && (less(v, f.low) || less(f.high, v)) {
		return nil, fmt.Errorf("is not between %v and %v", f.low, f.high)
	}
	return v, nil
}

func (f *field) typed(text string, date1904 bool) (any, error) {
	switch f.Type {
	case IntegerType:
		return parseInteger(text)
	case DecimalType:
		return parseDecimal(text)
	case BooleanType:
		return parseBoolean(text)
	case DateType, DateTimeType:
		return f.parse(text, f.Type, date1904)
	}
	return text, nil
}

// less compares two integers or two dates.
func less(a, b any) bool {
	switch a := a.(type) {
	case int64:
		return a < b.(int64)
	case Date:
		return a < b.(Date)
	}
	return false
}
