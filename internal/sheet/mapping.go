package sheet

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Mapping says how a file is read and which field of a record each of its
// columns fills. mappings/README.md describes the YAML that it is written in.
// A Mapping doesn't change and may be used for any number of files at once.
type Mapping struct {
	Entity string // what a record is, for the caller
	Source Source
	doc    document
}

// Fields returns the type of each field that the mapping can fill.
func (m *Mapping) Fields() map[string]Type {
	fields := map[string]Type{}
	for name, f := range m.doc.Fields {
		fields[name] = f.Type
	}
	return fields
}

// Entities are the fields that a mapping may fill, by entity and name.
type Entities map[string]map[string]Type

type document struct {
	Source      `yaml:",inline"`
	Entity      string            `yaml:"entity"`
	Key         keyColumns        `yaml:"key"`
	GroupBy     []string          `yaml:"group_by"`
	SkipIfEmpty []string          `yaml:"skip_if_empty"`
	NullValues  []string          `yaml:"null_values"`
	Fields      map[string]*field `yaml:"fields"`
}

// A field is one field of a record: one part or, in a list, several.
type field struct {
	part     `yaml:",inline"`
	dates    `yaml:",inline"`
	Type     Type     `yaml:"type"`
	Items    []part   `yaml:"items"`
	Between  []string `yaml:"between"`
	Required bool     `yaml:"required"`
	Default  string   `yaml:"default"`

	low, high any
}

// A part is where a text comes from, and what is done to it.
type part struct {
	Column   string   `yaml:"column"`
	Columns  []string `yaml:"columns"`
	Join     string   `yaml:"join"`
	Template string   `yaml:"template"`
	Value    string   `yaml:"value"`

	HTMLUnescape bool              `yaml:"html_unescape"`
	Space        space             `yaml:"space"`
	NullValues   []string          `yaml:"null_values"`
	Map          map[string]string `yaml:"map"`
	MapElse      *string           `yaml:"map_else"`
	PadLeft      int               `yaml:"pad_left"`
	Prefix       string            `yaml:"prefix"`

	split `yaml:",inline"`

	segments []segment
}

// parts returns the parts that fill a field.
func (f *field) parts() []*part {
	if len(f.Items) == 0 {
		return []*part{&f.part}
	}
	parts := make([]*part, len(f.Items))
	for i := range f.Items {
		parts[i] = &f.Items[i]
	}
	return parts
}

// column returns the first column that a field reads, if any.
func (f *field) column() string {
	for _, p := range f.parts() {
		if columns := p.columns(); len(columns) > 0 {
			return columns[0]
		}
	}
	return ""
}

// columns returns the columns that a part reads.
func (p *part) columns() []string {
	columns := slices.Clone(p.Columns)
	if p.Column != "" {
		columns = append(columns, p.Column)
	}
	for _, s := range p.segments {
		if s.column != "" {
			columns = append(columns, s.column)
		}
	}
	return columns
}

// A segment of a template is a column or the text between two.
type segment struct{ text, column string }

var braces = regexp.MustCompile(`\{([^{}]*)\}`)

func parseTemplate(template string) ([]segment, error) {
	var segments []segment
	rest := template
	for rest != "" {
		at := braces.FindStringSubmatchIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest), len(rest), len(rest)}
		}
		text, column := rest[:at[0]], rest[at[2]:at[3]]
		if strings.ContainsAny(text, "{}") || at[0] < at[1] && column == "" {
			return nil, fmt.Errorf("the braces in %q don't each enclose a column; address a column with braces in its name by position, as {#A}", template)
		}
		segments = append(segments, segment{text: text, column: column})
		rest = rest[at[1]:]
	}
	return segments, nil
}

// ParseMapping reads a mapping file. The error is Faults with everything that is
// wrong in it. With entities, a mapping that is for another entity, or fills
// a field that its entity lacks or has with another type, is refused as well.
func ParseMapping(data []byte, entities Entities) (*Mapping, error) {
	p := &parser{}
	doc := p.parse(data)
	if p.root != nil {
		p.checkSource(doc.Source)
		p.checkIdentity(doc)
		for _, name := range slices.Sorted(maps.Keys(doc.Fields)) {
			if f := doc.Fields[name]; f != nil {
				p.checkField(name, f)
			}
		}
		p.checkEntity(doc, entities)
	}
	if len(p.faults) > 0 {
		slices.SortFunc(p.faults, func(a, b Fault) int {
			return cmp.Or(a.Line-b.Line, strings.Compare(a.Path, b.Path), strings.Compare(a.Reason, b.Reason))
		})
		return nil, p.faults
	}
	return &Mapping{Entity: doc.Entity, Source: doc.Source, doc: doc}, nil
}

func (p *parser) checkSource(s Source) {
	switch s.Format {
	case "csv":
		p.forbid(s.Sheet != "", "is for format: xlsx only", "sheet")
	case "xlsx":
		p.forbid(s.Encoding != "", "is for format: csv only", "encoding")
		p.forbid(s.Delimiter != "", "is for format: csv only", "delimiter")
		p.forbid(s.UnquoteFormulas, "is for format: csv only", "unquote_formulas")
	default:
		p.fault(`must be "csv" or "xlsx"`, "format")
	}
	if _, err := charsetNamed(s.Encoding); err != nil {
		p.fault(err.Error(), "encoding")
	}
	if s.Delimiter != "" && !isDelimiter(s.Delimiter) {
		p.fault(`must be one character, such as ";" or "\t", and no quotation mark or line break`, "delimiter")
	}
	p.numbered = s.headerRow() == 0
	p.forbid(s.headerRow() < 0, "must be the number of a row, or 0 if there is no header", "header_row")
}

func isDelimiter(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == len(s) && r != utf8.RuneError && !strings.ContainsRune("\"\r\n\x00", r)
}

func (p *parser) checkIdentity(doc document) {
	hasKey := doc.Key.row || len(doc.Key.columns) > 0
	if hasKey == (len(doc.GroupBy) > 0) {
		p.fault(`needs either "key" (what identifies a row: a list of columns, or the word row for all of them) or "group_by" (the columns in which the rows of one record agree)`)
	}
	p.checkColumns(doc.Key.columns, "key")
	p.checkColumns(doc.GroupBy, "group_by")
	p.checkColumns(doc.SkipIfEmpty, "skip_if_empty")
	p.forbid(len(doc.Fields) == 0, "must have at least one field", "fields")
}

// checkColumns refuses names of columns where there is no header to find them in.
func (p *parser) checkColumns(columns []string, path ...string) {
	for _, c := range columns {
		_, ok := position(c)
		p.forbid(p.numbered && !ok, fmt.Sprintf("the column %q can't be found by name, since header_row is 0; address it by position, as #A", c), path...)
	}
}

func (p *parser) checkEntity(doc document, entities Entities) {
	if doc.Entity == "" {
		p.fault("must say what a record is", "entity")
		return
	}
	if entities == nil {
		return
	}
	allowed, ok := entities[doc.Entity]
	if !ok {
		p.fault(fmt.Sprintf("%q is unknown; known are %s", doc.Entity, list(slices.Sorted(maps.Keys(entities)))), "entity")
		return
	}
	for name, f := range doc.Fields {
		t, ok := allowed[name]
		switch {
		case !ok:
			p.fault(fmt.Sprintf("is no field of %s; its fields are %s", doc.Entity, list(slices.Sorted(maps.Keys(allowed)))), "fields", name)
		case f != nil && f.Type != t:
			p.fault(fmt.Sprintf("must be %s, the type of the %s's field", t, doc.Entity), "fields", name, "type")
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (p *parser) checkField(name string, f *field) {
	at := func(key ...string) []string { return append([]string{"fields", name}, key...) }
	p.forbid(!fieldName.MatchString(name), "must be named in lower case with underscores", at()...)
	if !slices.Contains(types, f.Type) {
		p.fault("must be one of "+list(types), at("type")...)
		return
	}
	if len(f.Items) == 0 {
		p.checkPart(&f.part, f.Type, at())
	} else {
		p.forbid(f.Type != ListType, "is for type: list only", at("items")...)
		p.forbid(!reflect.ValueOf(f.part).IsZero(), `has "items" and, beside them, what belongs into them`, at()...)
	}
	for i := range f.Items {
		p.checkPart(&f.Items[i], f.Type, at("items", fmt.Sprint(i)))
	}
	p.checkDates(f, at)
	p.checkValues(f, at)
}

// source counts the sources that a part declares; it must be one.
func (p *part) source() int {
	n := 0
	for _, given := range []bool{p.Column != "", len(p.Columns) > 0, p.Template != "", p.Value != ""} {
		if given {
			n++
		}
	}
	return n
}

func (p *parser) checkPart(x *part, t Type, path []string) {
	at := func(key string) []string { return append(slices.Clone(path), key) }
	p.forbid(x.source() != 1, `needs one source: "column", "columns", "template" or "value"`, path...)
	p.forbid(len(x.Columns) > 0 && x.Join == "", `needs "join", the text to put between what the columns hold`, path...)
	p.forbid(len(x.Columns) == 0 && x.Join != "", `is for "columns" only`, at("join")...)
	p.forbid(!slices.Contains([]space{"", collapseSpace, lineSpace, keepSpace}, x.Space), `must be "collapse", "lines" or "keep"`, at("space")...)
	p.forbid(x.PadLeft < 0 || x.PadLeft > 100, "must be a width from 1 to 100", at("pad_left")...)
	for k := range x.Map {
		p.forbid(x.Space.clean(k) != k, fmt.Sprintf("%q never occurs, since space is cleaned before", k), at("map")...)
	}
	var err error
	if x.segments, err = parseTemplate(x.Template); err != nil {
		p.fault(err.Error(), at("template")...)
	}
	p.checkColumns(x.columns(), path...)
	separated, literal := x.Separator != "", x.PythonList
	p.forbid(t != ListType && (separated || literal), `can't split its text into items; declare the type as "list"`, path...)
	p.forbid(separated && literal, `has both "separator" and "python_list"`, path...)
	p.forbid(!separated && (x.KeepInBrackets || len(x.KeepWithPrevious) > 0), `needs "separator" for "keep_in_brackets" and "keep_with_previous"`, path...)
}

func (p *parser) checkDates(f *field, at func(...string) []string) {
	if f.Type != DateType && f.Type != DateTimeType {
		p.forbid(len(f.Formats) > 0, "is for the types date and datetime only", at("date_format")...)
		p.forbid(f.Partial != "", "is for type: date only", at("partial")...)
		p.forbid(f.TimeZone != "", "is for type: datetime only", at("time_zone")...)
		return
	}
	p.forbid(len(f.Formats) == 0, `needs "date_format", such as YYYY-MM-DD, DD/MM/YYYY or excel`, at()...)
	partial, local := false, false
	for _, format := range f.Formats {
		if format != excelFormat {
			if _, err := layout(format); err != nil {
				p.fault(err.Error(), at("date_format")...)
			}
			p.forbid(f.Type == DateType && hasClock(format), `has a time of day; declare the type as "datetime"`, at("date_format")...)
			p.forbid(f.Type == DateTimeType && !hasClock(format), `has no time of day; declare the type as "date"`, at("date_format")...)
		}
		partial = partial || !hasDay(format)
		local = local || !strings.Contains(format, "Z")
	}
	if f.Type == DateType {
		p.forbid(partial && f.Partial != "first" && f.Partial != "last", `needs "partial": first or last, the day that a year or month stands for`, at()...)
		p.forbid(!partial && f.Partial != "", "is for formats without a day only", at("partial")...)
		p.forbid(f.TimeZone != "", "is for type: datetime only", at("time_zone")...)
		return
	}
	p.forbid(f.Partial != "", "is for type: date only", at("partial")...)
	p.forbid(local && f.TimeZone == "", `needs "time_zone", since its format has no offset`, at()...)
	p.forbid(f.TimeZone == "Local", "must be an IANA name, such as Europe/Brussels", at("time_zone")...)
	var err error
	if f.zone, err = time.LoadLocation(f.TimeZone); err != nil {
		p.fault("must be an IANA name, such as Europe/Brussels", at("time_zone")...)
	}
}

// checkValues sees that every value written in the mapping is of the field's type.
func (p *parser) checkValues(f *field, at func(...string) []string) {
	check := func(text, key string) {
		if text == "" {
			return
		}
		if _, err := f.convert(text, false); err != nil {
			p.fault(fmt.Sprintf("%q %s", text, err), at(key)...)
		}
	}
	p.checkBounds(f, at)
	check(f.Default, "default")
	check(f.Value, "value")
	for _, to := range f.Map {
		check(to, "map")
	}
	if e := f.MapElse; e != nil && *e != refuseElse && *e != keepElse {
		check(*e, "map_else")
	}
}

func (p *parser) checkBounds(f *field, at func(...string) []string) {
	if len(f.Between) == 0 {
		return
	}
	if len(f.Between) != 2 || f.Type != IntegerType && f.Type != DateType {
		p.fault("must be the lowest and the highest value of an integer or date, such as [1900, 2100]", at("between")...)
		return
	}
	bounds := field{Type: f.Type, dates: dates{Formats: words{"YYYY-MM-DD"}}}
	low, errLow := bounds.convert(f.Between[0], false)
	high, errHigh := bounds.convert(f.Between[1], false)
	if errLow != nil || errHigh != nil || less(high, low) {
		p.fault("must be the lowest and the highest value; write dates as YYYY-MM-DD", at("between")...)
		return
	}
	f.low, f.high = low, high
}

func list[S ~string](names []S) string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = string(n)
	}
	return strings.Join(s, ", ")
}
