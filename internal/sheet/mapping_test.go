package sheet

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// faults returns what is wrong in a mapping, a line each.
func faults(t *testing.T, mapping string, entities Entities) string {
	t.Helper()
	_, err := ParseMapping([]byte(mapping), entities)
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestEveryFaultOfAMappingIsReportedAtOnce(t *testing.T) {
	got := faults(t, `entity: thing
format: docx
encodng: utf-8
delimiter: ab
header_row: one
group_by: [a]
key: [a]
fields:
  Title:
    column: t
    type: text
  when:
    column: d
    type: date
    date_format: [YYYY-MM-DD, DD.MM.YY, YYYY]
  count:
    type: integer
    column: n
    default: many
    between: [9, 1]
  names:
    column: n
    columns: [a, b]
    type: list
    separator: ","
    python_list: true
  names:
    column: n
    type: set
`, nil)
	for _, want := range []string{
		`line 1: needs either "key"`,
		`line 2: format: must be "csv" or "xlsx"`,
		`line 3: encodng: is unknown; known are delimiter, encoding, entity, fields, format, group_by, header_row, key,`,
		`line 4: delimiter: must be one character`,
		`line 5: header_row: must be a whole number`,
		`line 9: fields.Title: must be named in lower case with underscores`,
		`line 12: fields.when: needs "partial": first or last`,
		`line 15: fields.when.date_format: "DD.MM.YY" can't be read from "YY" on`,
		`line 19: fields.count.default: "many" is not a whole number`,
		`line 20: fields.count.between: must be the lowest and the highest value`,
		`line 21: fields.names: needs one source`,
		`line 21: fields.names: has both "separator" and "python_list"`,
		`line 27: fields.names: is given twice`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nis missing in\n%s", want, got)
		}
	}
}

func TestAMappingIsRefused(t *testing.T) {
	const head = "entity: thing\nformat: csv\nkey: row\n"
	field := func(lines ...string) string { return head + "fields:\n  f:\n    " + strings.Join(lines, "\n    ") }
	for name, c := range map[string]struct{ mapping, want string }{
		"empty":                        {"", "line 1: the file is empty"},
		"no YAML":                      {"a: [", "line 1: this is not YAML:"},
		"no mapping":                   {"- a", "line 1: must be a mapping of keys to values"},
		"two documents":                {"a: 1\n---\nb: 2", "one YAML document only"},
		"an alias":                     {head + "null_values: &a [x]\nfields: *a", "line 5: fields: must be written out"},
		"no entity":                    {"format: csv\nkey: row\nfields: {f: {column: a, type: text}}", "entity: must say what a record is"},
		"no fields":                    {head, "fields: must have at least one field"},
		"an empty field":               {head + "fields:\n  f:\n", "line 5: fields.f: must be a mapping"},
		"an empty value":               {field("column:", "type: text"), `line 6: fields.f.column: has no value; write it in quotes`},
		"a list for a word":            {field("column: [a]", "type: text"), "line 6: fields.f.column: must be a single value"},
		"a word for a list":            {field("columns: a", "type: text"), "line 6: fields.f.columns: must be a list"},
		"a word for a mapping":         {field("map: a", "type: text"), "fields.f.map: must be a mapping"},
		"a word for a boolean":         {field("required: yes", "type: text"), "fields.f.required: must be true or false"},
		"a word for the key":           {"entity: x\nformat: csv\nkey: id\nfields: {f: {column: a, type: text}}", "key: must be a list of columns, or the word row"},
		"an unknown encoding":          {head + "encoding: latin1\nfields: {f: {column: a, type: text}}", "line 4: encoding: is no canonical name; write windows-1252"},
		"a sheet in CSV":               {head + "sheet: a\nfields: {f: {column: a, type: text}}", "line 4: sheet: is for format: xlsx only"},
		"a delimiter in XLSX":          {"entity: x\nformat: xlsx\nkey: row\ndelimiter: ;\nfields: {f: {column: a, type: text}}", "line 4: delimiter: is for format: csv only"},
		"a name without a header":      {head + "header_row: 0\nfields: {f: {column: a, type: text}}", `fields.f: the column "a" can't be found by name, since header_row is 0`},
		"a negative header row":        {head + "header_row: -1\nfields: {f: {column: a, type: text}}", "header_row: must be the number of a row"},
		"an unknown type":              {field("column: a", "type: number"), "line 7: fields.f.type: must be one of text, integer, decimal, boolean, date, datetime, list"},
		"no source":                    {field("type: text"), `needs one source: "column", "columns", "template" or "value"`},
		"two sources":                  {field("type: text", "column: a", "value: b"), "needs one source"},
		"items and a source":           {field("type: list", "column: a", "items: [{column: b}]"), `has "items" and, beside them, what belongs into them`},
		"items and a separator":        {field("type: list", "separator: x", "items: [{column: b}]"), `has "items" and, beside them, what belongs into them`},
		"a bare null":                  {field("column: a", "type: text", "null_values: [NULL]"), "line 8: fields.f.null_values.0: has no value; write it in quotes"},
		"a bare null for a key":        {field("column: a", "type: text", "map: {null: x}"), "a key must be text; write it in quotes"},
		"another word of another type": {field("column: a", "type: integer", "map_else: x"), `map_else: "x" is not a whole number`},
		"items of text":                {field("type: text", "items: [{column: b}]"), "items: is for type: list only"},
		"an item without a source":     {field("type: list", "items: [{prefix: b}]"), "line 7: fields.f.items.0: needs one source"},
		"columns without join":         {field("type: text", "columns: [a, b]"), `needs "join"`},
		"join without columns":         {field("type: text", "column: a", "join: x"), `join: is for "columns" only`},
		"an unknown space":             {field("type: text", "column: a", "space: trim"), `space: must be "collapse", "lines" or "keep"`},
		"a key that never occurs":      {field("type: text", "column: a", "map: {'a ': b}"), `map: "a " never occurs`},
		"a map to another type":        {field("type: integer", "column: a", "map: {a: b}"), `map: "b" is not a whole number`},
		"a value of another type":      {field("type: boolean", "value: yes"), `value: "yes" is neither true nor false`},
		"a brace that is not closed":   {field("type: text", "template: '{a} {b'"), "template: the braces in"},
		"a brace without a column":     {field("type: text", "template: '{}'"), "template: the braces in"},
		"a separator in text":          {field("type: text", "column: a", "separator: x"), `declare the type as "list"`},
		"two ways to split":            {field("type: list", "column: a", "separator: x", "python_list: true"), `has both "separator" and "python_list"`},
		"brackets without separator":   {field("type: list", "column: a", "keep_in_brackets: true"), `needs "separator"`},
		"a width that is none":         {field("type: text", "column: a", "pad_left: 1000"), "pad_left: must be a width from 1 to 100"},
		"a date without format":        {field("type: date", "column: a"), `needs "date_format"`},
		"a format of text":             {field("type: text", "column: a", "date_format: excel"), "date_format: is for the types date and datetime only"},
		"a date with a clock":          {field("type: date", "column: a", "date_format: YYYY-MM-DD hh:mm"), `has a time of day; declare the type as "datetime"`},
		"a datetime without a clock":   {field("type: datetime", "column: a", "date_format: YYYY-MM-DD", "time_zone: UTC"), `has no time of day; declare the type as "date"`},
		"a format without a year":      {field("type: date", "column: a", "date_format: DD.MM."), "has no year"},
		"a format without a month":     {field("type: date", "column: a", "date_format: DD YYYY"), "has a day but no month"},
		"a format of Go":               {field("type: date", "column: a", "date_format: 2006-01-02"), "can't be read"},
		"partial for whole dates":      {field("type: date", "column: a", "date_format: YYYY-MM-DD", "partial: last"), "partial: is for formats without a day only"},
		"a year with both ends":        {field("type: date", "column: a", "date_format: YYYY", "partial: middle"), `needs "partial": first or last`},
		"a time without a zone":        {field("type: datetime", "column: a", "date_format: YYYY-MM-DD hh:mm"), `needs "time_zone"`},
		"a zone of this machine":       {field("type: datetime", "column: a", "date_format: YYYY-MM-DD hh:mm", "time_zone: Local"), "time_zone: must be an IANA name"},
		"a zone that is none":          {field("type: datetime", "column: a", "date_format: YYYY-MM-DD hh:mm", "time_zone: Brussels"), "time_zone: must be an IANA name"},
		"a zone for a date":            {field("type: date", "column: a", "date_format: YYYY-MM-DD", "time_zone: UTC"), "time_zone: is for type: datetime only"},
		"a zone for text":              {field("type: text", "column: a", "time_zone: UTC"), "time_zone: is for type: datetime only"},
		"bounds of text":               {field("type: text", "column: a", "between: [a, b]"), "between: must be the lowest and the highest value of an integer or date"},
		"bounds that are no dates":     {field("type: date", "column: a", "date_format: excel", "between: [1, 2]"), "write dates as YYYY-MM-DD"},
		"a default that isn't within":  {field("type: integer", "column: a", "default: 3", "between: [1, 2]"), `default: "3" is not between 1 and 2`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := faults(t, c.mapping, nil); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

func TestAMappingFillsOnlyTheFieldsOfItsEntity(t *testing.T) {
	entities := Entities{"thing": {"name": TextType, "size": IntegerType}, "other": {}}
	mapping := func(entity, field, fieldType string) string {
		return "entity: " + entity + "\nformat: csv\nkey: row\nfields:\n  " + field + ":\n    column: a\n    type: " + fieldType
	}
	for name, c := range map[string]struct{ mapping, want string }{
		"as it is":         {mapping("thing", "size", "integer"), ""},
		"an unknown one":   {mapping("thing", "weight", "integer"), "line 5: fields.weight: is no field of thing; its fields are name, size"},
		"another type":     {mapping("thing", "size", "text"), "line 7: fields.size.type: must be integer"},
		"an entity's name": {mapping("things", "size", "text"), `line 1: entity: "things" is unknown; known are other, thing`},
	} {
		if got := faults(t, c.mapping, entities); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %s", name, got, c.want)
		}
	}
}

func TestAMappingTellsItsFields(t *testing.T) {
	m, err := ParseMapping([]byte("entity: thing\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: text}, g: {type: list, items: [{column: b}]}}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]Type{"f": TextType, "g": ListType}, m.Fields()); d != "" || m.Entity != "thing" || m.Source.Format != "csv" {
		t.Error(d, m.Entity, m.Source)
	}
}

func TestTheReadmeDescribesEveryKey(t *testing.T) {
	readme, err := os.ReadFile("../../mappings/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []reflect.Type{reflect.TypeFor[document](), reflect.TypeFor[field]()} {
		for key := range keysOf(of) {
			if !strings.Contains(string(readme), "`"+key+"`") {
				t.Errorf("%s is missing", key)
			}
		}
	}
}
