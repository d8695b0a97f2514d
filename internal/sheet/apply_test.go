package sheet

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func mapping(t testing.TB, yaml string) *Mapping {
	t.Helper()
	m, err := ParseMapping([]byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// records reads a file whole, which must be readable.
func records(t testing.TB, m *Mapping, data []byte) []Record {
	t.Helper()
	var all []Record
	for r, err := range m.Read(bytes.NewReader(data), "file", Limits{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// one maps a CSV file of one row, with the columns a and b, to the field f.
func one(t *testing.T, field, a, b string) Record {
	t.Helper()
	m := mapping(t, "entity: thing\nformat: csv\nkey: row\nfields:\n  f: {"+field+"}")
	var file bytes.Buffer
	if err := WriteCSV(&file, []string{"a", "b", "c"}, seq([]any{a, b, "c"})); err != nil {
		t.Fatal(err)
	}
	m.Source.UnquoteFormulas = true
	all := records(t, m, file.Bytes())
	if len(all) != 1 {
		t.Fatalf("%d records", len(all))
	}
	return all[0]
}

func TestACellBecomesATypedValue(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for name, c := range map[string]struct {
		field, a, b string
		want        any
	}{
		"space is collapsed":                 {"column: a, type: text", " \ufeffa\u00a0\u200b b\n\tc\u00ad ", "", "a b c"},
		"lines are kept":                     {"column: a, type: text, space: lines", "\n a  b \r\n\n\n\nc \u2028d", "", "a b\n\nc\nd"},
		"space is kept":                      {"column: a, type: text, space: keep", " a\u00a0 b\n", "", " a\u00a0 b\n"},
		"only space is nothing":              {"column: a, type: text", " \u00a0", "", nil},
		"entities are resolved":              {"column: a, type: text, html_unescape: true", "&#40;Unknown&#41;&nbsp;", "", "(Unknown)"},
		"entities are text":                  {"column: a, type: text", "&#40;", "", "&#40;"},
		"a null value is nothing":            {"column: a, type: text, null_values: [N/A]", " N/A ", "", nil},
		"NA is Namibia":                      {"column: a, type: text", "NA", "", "NA"},
		"a declared error is nothing":        {`column: a, type: text, null_values: ["#N/A"]`, "#N/A", "", nil},
		"a default stands in":                {"column: a, type: integer, default: 7", "", "", int64(7)},
		"a constant":                         {"value: meeting, type: text", "", "", "meeting"},
		"a template":                         {"template: '{a} ({b})', type: text", "x ", "y", "x (y)"},
		"a template lacks a column":          {"template: '{a} ({b})', type: text", "x", " ", nil},
		"columns are joined":                 {"columns: [a, b, c], join: ' / ', type: text", "x", "", "x / c"},
		"a position":                         {"column: '#B', type: text", "x", "y", "y"},
		"a word is mapped":                   {"column: a, type: boolean, map: {'Yes': true, 'No': false, Not explicit: ''}", "Yes", "", true},
		"a word is mapped to nothing":        {"column: a, type: boolean, map: {'Yes': true, 'No': false, Not explicit: ''}", "Not explicit", "", nil},
		"another word is kept":               {"column: a, type: text, map: {x: y}, map_else: keep", "z", "", "z"},
		"another word is replaced":           {"column: a, type: text, map: {x: y}, map_else: other", "z", "", "other"},
		"any word is replaced":               {"column: a, type: text, map_else: percent", "12.5", "", "percent"},
		"no word is replaced":                {"column: a, type: text, map_else: percent", "", "", nil},
		"lost zeros are put back":            {"column: a, type: text, pad_left: 8, prefix: 'gb-coh:'", "8231834", "", "gb-coh:08231834"},
		"an integer":                         {"column: a, type: integer", "-0012", "", int64(-12)},
		"a decimal, exactly":                 {"column: a, type: decimal", "0012345678901234567890.1200", "", Decimal("12345678901234567890.12")},
		"a negative decimal":                 {"column: a, type: decimal", "-0.50", "", Decimal("-0.5")},
		"a whole decimal":                    {"column: a, type: decimal", "+100.00", "", Decimal("100")},
		"a negative zero":                    {"column: a, type: decimal", "-0.0", "", Decimal("0")},
		"a boolean":                          {"column: a, type: boolean", "FALSE", "", false},
		"a date, day first":                  {"column: a, type: date, date_format: DD-MM-YYYY", "07-06-2021", "", Date("2021-06-07")},
		"a date, month first":                {"column: a, type: date, date_format: M/D/YYYY", "6/7/2021", "", Date("2021-06-07")},
		"a date with a month's name":         {"column: a, type: date, date_format: D MMMM YYYY", "7 June 2021", "", Date("2021-06-07")},
		"a date with a month's short name":   {"column: a, type: date, date_format: 'MMM D, YYYY'", "Jun 7, 2021", "", Date("2021-06-07")},
		"a serial number":                    {"column: a, type: date, date_format: excel", "43657", "", Date("2019-07-11")},
		"the first sure serial number":       {"column: a, type: date, date_format: excel", "61", "", Date("1900-03-01")},
		"the last serial number":             {"column: a, type: date, date_format: excel", "2958465", "", Date("9999-12-31")},
		"the second of two formats":          {"column: a, type: date, date_format: [DD/MM/YYYY, excel]", "43657", "", Date("2019-07-11")},
		"two formats that agree":             {"column: a, type: date, date_format: [DD/MM/YYYY, MM/DD/YYYY]", "07/07/2021", "", Date("2021-07-07")},
		"the last day of a year":             {"column: a, type: date, date_format: YYYY, partial: last", "2050", "", Date("2050-12-31")},
		"the first day of a year":            {"column: a, type: date, date_format: YYYY, partial: first", "2050", "", Date("2050-01-01")},
		"the last day of a month":            {"column: a, type: date, date_format: YYYY-MM, partial: last", "2024-02", "", Date("2024-02-29")},
		"a whole date beside a partial":      {"column: a, type: date, date_format: [YYYY, YYYY-MM-DD], partial: last", "2024-02-03", "", Date("2024-02-03")},
		"a time in a zone":                   {"column: a, type: datetime, date_format: 'YYYY-MM-DD hh:mm:ss', time_zone: Europe/Brussels", "2022-05-28 08:07:58", "", utc("2022-05-28T06:07:58Z")},
		"a time with an offset":              {"column: a, type: datetime, date_format: 'YYYY-MM-DDThh:mm:ssZ'", "2022-05-28T08:07:58+02:00", "", utc("2022-05-28T06:07:58Z")},
		"a serial number with a time":        {"column: a, type: datetime, date_format: excel, time_zone: UTC", "43657.75", "", utc("2019-07-11T18:00:00Z")},
		"a date within bounds":               {"column: a, type: date, date_format: YYYY-MM-DD, between: [2014-07-01, 2018-12-31]", "2018-12-31", "", Date("2018-12-31")},
		"a list":                             {"column: a, type: list, separator: ','", " x, y z ,,x", "", []string{"x", "y z"}},
		"a list in lines":                    {`column: a, type: list, separator: "\n"`, "x\n y,\n\nz", "", []string{"x", "y,", "z"}},
		"a list of one":                      {"column: a, type: list", "x, y", "", []string{"x, y"}},
		"a list's null values":               {"column: a, type: list, separator: ',', null_values: ['-']", "x,-", "", []string{"x"}},
		"a list's items are mapped":          {"column: a, type: list, separator: ',', map: {x: X}, map_else: keep, prefix: 'p:'", "x,y", "", []string{"p:X", "p:y"}},
		"an empty list":                      {"column: a, type: list, separator: ','", " , ", "", nil},
		"a list of several columns":          {"type: list, items: [{column: a, pad_left: 3, prefix: 'n:'}, {column: b, separator: ';'}, {value: end}]", "7", "x;y", []string{"n:007", "x", "y", "end"}},
		"a list of several, some empty":      {"type: list, items: [{column: a}, {column: b}]", "", "y", []string{"y"}},
		"a Python list":                      {"column: a, type: list, python_list: true", "['ENVI',\n \"L'x\"]", "", []string{"ENVI", "L'x"}},
		"an empty Python list":               {"column: a, type: list, python_list: true", "[]", "", nil},
		"names end in what belongs to them":  {"column: a, type: list, separator: ',', keep_with_previous: [Inc., S.A.]", "Foo, inc., Bar,S.A. (BSA), Inc. Baz", "", []string{"Foo, inc.", "Bar,S.A. (BSA)", "Inc. Baz"}},
		"no name begins a list's first item": {"column: a, type: list, separator: ',', keep_with_previous: [Inc.]", "Inc., Foo", "", []string{"Inc.", "Foo"}},
		"brackets hold a name together":      {"column: a, type: list, separator: ',', keep_in_brackets: true", "A (x, (y), z), B) , C (d, E", "", []string{"A (x, (y), z)", "B)", "C (d", "E"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, c.field, c.a, c.b)
			if d := cmp.Diff(c.want, r.Fields["f"]); d != "" || len(r.Refusals) > 0 {
				t.Error(d, r.Refusals)
			}
		})
	}
}

func TestACellIsRefusedWithItsAddressAndTheRemedy(t *testing.T) {
	for name, c := range map[string]struct{ field, a, b, cell, want string }{
		"a required cell is empty":           {"column: a, type: text, required: true", " ", "", "A2", "is required, but empty"},
		"a word is not mapped":               {"column: b, type: text, map: {Yes: y, No: n}", "", "Maybe", "B2", `"Maybe" is none of the declared values: "No", "Yes"`},
		"a word is not mapped, on purpose":   {"column: b, type: text, map: {Yes: y}, map_else: refuse", "", "Maybe", "B2", `"Maybe" is none of the declared values`},
		"an integer has a fraction":          {"column: a, type: integer", "2.0", "", "A2", `"2.0" is not a whole number; write 1234, without separators`},
		"an integer is too large":            {"column: a, type: integer", "9223372036854775808", "", "A2", "is too large a whole number"},
		"a number has separators":            {"column: a, type: decimal", "330,568", "", "A2", `"330,568" is not a number; write 1234.5, without separators or a unit`},
		"a number has a unit":                {"column: a, type: decimal", "$12", "", "A2", "is not a number"},
		"a number has an exponent":           {"column: a, type: decimal", "1e5", "", "A2", "is not a number"},
		"a number is a dot":                  {"column: a, type: decimal", "5.", "", "A2", "is not a number"},
		"a boolean is a word":                {"column: a, type: boolean", "t", "", "A2", `"t" is neither true nor false; declare the words that are used under "map"`},
		"a date is not in the format":        {"column: a, type: date, date_format: DD-MM-YYYY", "2021-10-27", "", "A2", `"2021-10-27" is not a date in the format DD-MM-YYYY`},
		"a date never was":                   {"column: a, type: date, date_format: DD-MM-YYYY", "30-02-2021", "", "A2", "is not a date in the format"},
		"a date is in none of the formats":   {"column: a, type: date, date_format: [YYYY-MM-DD, excel]", "x", "", "A2", "is not a date in the format YYYY-MM-DD or excel"},
		"a date is ambiguous":                {"column: a, type: date, date_format: [DD/MM/YYYY, MM/DD/YYYY]", "06/07/2021", "", "A2", `is ambiguous: by the formats "DD/MM/YYYY", "MM/DD/YYYY" it is 2021-07-06 or 2021-06-07`},
		"a serial number is before March":    {"column: a, type: date, date_format: excel", "60", "", "A2", "is not a spreadsheet's date number, from 61 (1900-03-01)"},
		"a serial number is too large":       {"column: a, type: date, date_format: excel", "2958466", "", "A2", "is not a spreadsheet's date number"},
		"a serial number has a time":         {"column: a, type: date, date_format: excel", "43657.5", "", "A2", `has a time of day as well; declare the type as "datetime"`},
		"a date is out of bounds":            {"column: a, type: date, date_format: YYYY-MM-DD, between: [2014-07-01, 2018-12-31]", "2025-07-14", "", "A2", `"2025-07-14" is not between 2014-07-01 and 2018-12-31`},
		"a year is out of bounds":            {"column: a, type: integer, between: [1900, 2100]", "1007", "", "A2", `"1007" is not between 1900 and 2100`},
		"a time never was":                   {"column: a, type: datetime, date_format: 'YYYY-MM-DD hh:mm', time_zone: Europe/Brussels", "2022-03-27 02:30", "", "A2", "never was in Europe/Brussels"},
		"a time was twice":                   {"column: a, type: datetime, date_format: 'YYYY-MM-DD hh:mm', time_zone: Europe/Brussels", "2022-10-30 02:30", "", "A2", "was twice in Europe/Brussels"},
		"a text is longer than its width":    {"column: a, type: text, pad_left: 3", "1234", "", "A2", `"1234" is longer than the 3 characters that pad_left fills up to`},
		"a cell holds an error":              {"column: a, type: text", "#REF!", "", "A2", "the cell holds an error (#REF!)"},
		"a template's cell holds an error":   {"template: '{b} {a}', type: text", "#N/A", "x", "A2", "the cell holds an error (#N/A)"},
		"a joined cell holds an error":       {"columns: [a, b], join: x, type: text", "x", "#N/A", "B2", "the cell holds an error (#N/A)"},
		"an item's cell holds an error":      {"type: list, items: [{column: a}, {column: b}]", "x", "#N/A", "B2", "the cell holds an error (#N/A)"},
		"a Python list isn't one":            {"column: a, type: list, python_list: true", "['a'", "", "A2", `is not a Python list of texts: after the item "a" there must be a comma or ]`},
		"an item is not mapped":              {"column: a, type: list, separator: ',', map: {x: y}", "x,z", "", "A2", `"z" is none of the declared values`},
		"required items are missing":         {"type: list, required: true, items: [{column: b}, {column: a}]", "", "", "B2", "is required, but empty"},
		"a required constant can't be empty": {"type: text, required: true, value: x, null_values: [x]", "", "", "", "is required, but empty"},
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, c.field, c.a, c.b)
			if len(r.Refusals) != 1 || r.Fields != nil {
				t.Fatalf("%+v", r)
			}
			got := r.Refusals[0]
			if got.Row != 2 || got.Field != "f" || got.Cell != c.cell || !strings.Contains(got.Reason, c.want) {
				t.Errorf("got %+v, want %s", got, c.want)
			}
		})
	}
}

func TestARefusalRepeatsLittleOfTheCell(t *testing.T) {
	r := one(t, "column: a, type: integer", strings.Repeat("ä", 500), "")
	if got := r.Refusals[0]; got.Column != "a" || got.Value != strings.Repeat("ä", 120)+"…" || len(got.Reason) > 400 {
		t.Errorf("%+v", got)
	}
}

func TestEveryRefusalOfARowIsReported(t *testing.T) {
	m := mapping(t, `
entity: x
format: csv
key: [id]
fields:
  n: {column: n, type: integer}
  d: {column: d, type: date, date_format: YYYY-MM-DD}
  t: {column: t, type: text}
`)
	all := records(t, m, []byte("id,n,d,t\n ,x,y,#REF!,more\n7,1,2020-01-01,fine\n"))
	var got []string
	for _, r := range all[0].Refusals {
		got = append(got, fmt.Sprint(r.Row, " ", r.Field, " ", r.Cell))
	}
	if d := cmp.Diff([]string{"2  E2", "2  ", "2 d C2", "2 n B2", "2 t D2"}, got); d != "" {
		t.Error(d, all[0].Refusals)
	}
	if len(all) != 2 || len(all[1].Refusals) > 0 {
		t.Error("the next row is not read")
	}
}

func TestACallersRefusalIsPlacedInTheCellThatTheValueCameFrom(t *testing.T) {
	m := mapping(t, `
entity: x
format: csv
group_by: [id]
fields:
  title: {columns: [a, b], join: " ", type: text}
  fixed: {value: "1", type: integer}
  empty: {column: c, type: text}
  names: {type: list, items: [{column: b, separator: ";"}, {column: c, prefix: "c:"}]}
`)
	all := records(t, m, []byte("id,a,b,c\n1,,x,\n1,,x,z\n2,t,p;q,\n"))
	for _, c := range []struct {
		record, item int
		field, want  string
	}{
		{0, -1, "title", `2 b C2 "x"`}, // the first column that isn't blank
		{0, 1, "names", `3 c D3 "z"`},  // the item's row, not the record's first
		{1, 1, "names", `4 b C4 "p;q"`},
		{1, -1, "names", `4 b C4 "p;q"`},
		{0, 7, "names", `2 b C2 "x"`}, // there is no such item
		{0, -1, "fixed", `2   "1"`},
		{1, -1, "empty", `4 c D4 ""`},
		{1, -1, "other", `4   ""`},
	} {
		got := all[c.record].Refusal(c.field, c.item, "why")
		if s := fmt.Sprintf("%d %s %s %q", got.Row, got.Column, got.Cell, got.Value); s != c.want || got.Field != c.field || got.Reason != "why" {
			t.Errorf("%s %d: %s, want %s", c.field, c.item, s, c.want)
		}
	}
}

func TestARefusalCanBeWrittenWhateverTheCellHolds(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: b, type: text}}")
	r := records(t, m, []byte("a,b\n1,x\x00\x1by\uffff\n"))[0].Refusals[0]
	if r.Value != "x��y�" {
		t.Errorf("%+q", r.Value)
	}
	if err := WriteCSV(io.Discard, []string{"value"}, func(yield func([]any, error) bool) { yield([]any{r.Value}, nil) }); err != nil {
		t.Error(err)
	}
}

func TestShortRowsEndInBlankCells(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: text}, g: {column: b, type: text}}")
	if got := records(t, m, []byte("a,b\n1\n2,3,\n")); got[0].Fields["f"] != "1" || got[0].Fields["g"] != nil || got[1].Fields["g"] != "3" {
		t.Error(got)
	}
}

func TestACellLongerThanTheLimitIsRefused(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: b, type: text}}")
	for text, refused := range map[string]bool{"😀😀": false, "😀😀x": true, "aaaa": false, "aaaaa": true} {
		for r, err := range m.Read(strings.NewReader("a,b\n1,"+text), "f", Limits{CellChars: 4}) {
			if err != nil || (len(r.Refusals) > 0) != refused {
				t.Error(text, r, err)
			}
		}
	}
}

func TestMissingColumnsAreReportedAtOnce(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [id]\nfields: {f: {column: a, type: text}, g: {column: b, type: text}, h: {column: c, type: text}}")
	for _, err := range m.Read(strings.NewReader("a,b,b\n1\n"), "f.csv", Limits{}) {
		want := `f.csv: there is no column "id"; the header has "a", "b", "b"; the columns B and C both have the name "b": address the one you mean as #B or #C; there is no column "c"`
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Error(err)
		}
	}
}

func TestReadFailsLikeOpen(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [id]\nfields: {f: {column: a, type: text}}")
	for file, want := range map[string]string{"": "header row is missing", "a,id\n1,2\n\xff\n": "row 3: the byte 0xFF"} {
		var last error
		for _, err := range m.Read(strings.NewReader(file), "f.csv", Limits{}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), want) {
			t.Error(last)
		}
	}
}

func TestTheSameKeyIsARepeat(t *testing.T) {
	const file = "id,v\n1,a\n1 ,a\n1,b\n2,\n"
	for key, want := range map[string][]int{"[id]": {0, 0, 2, 0}, "row": {0, 0, 0, 0}, "[v]": {0, 2, 0, 0}} {
		m := mapping(t, "entity: x\nformat: csv\nkey: "+key+"\nfields: {f: {column: id, type: text}}")
		first, second := records(t, m, []byte(file)), records(t, m, []byte(strings.Replace(file, "id,v\n", "id,v\n\n0,0\n", 1)))[1:]
		for i, r := range first {
			if r.RepeatOf != want[i] {
				t.Errorf("by %s, row %v repeats row %d, want %d", key, r.Rows, r.RepeatOf, want[i])
			}
			if r.Key != second[i].Key || len(r.Key) != 64 {
				t.Errorf("by %s, row %v has the keys %s and %s", key, r.Rows, r.Key, second[i].Key)
			}
		}
	}
}

func TestBlankCellsAtTheEndAreNoPartOfARowsKey(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: row\nfields: {f: {column: a, type: text}}")
	all := records(t, m, []byte("a,b,c\n1\n1,,\n1,,2\n"))
	if all[0].Key != all[1].Key || all[0].Key == all[2].Key {
		t.Error(all)
	}
}

func TestKeysDontRunTogether(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a, b]\nfields: {f: {column: a, type: text}}")
	all := records(t, m, []byte("a,b\n1,23\n12,3\n"))
	if all[0].Key == all[1].Key {
		t.Error("two keys are one")
	}
}

func TestRowsOfAGroupAreOneRecord(t *testing.T) {
	m := mapping(t, `
entity: meeting
format: csv
group_by: [id, day]
skip_if_empty: [who]
null_values: ["-"]
fields:
  day: {column: day, type: date, date_format: YYYY-MM-DD}
  who: {column: who, type: list}
  note: {column: note, type: text}
`)
	all := records(t, m, []byte(`id,day,who,note
1,2020-01-01,A,
1,2020-01-01,-,lost
1,2020-01-01,B,n
1,2020-01-01,A,n
1,2020-01-02,C,
2,2020-01-01,D,x
2,2020-01-01,E,y
2,bad,F,
1,2020-01-01,G,
`))
	type result struct {
		Rows     []int
		Skipped  bool
		Fields   map[string]any
		Refusals []string
	}
	var got []result
	for _, r := range all {
		x := result{Rows: r.Rows, Skipped: r.Skipped, Fields: r.Fields}
		for _, why := range r.Refusals {
			x.Refusals = append(x.Refusals, fmt.Sprint(why.Row, " ", why.Field, " ", why.Cell, ": ", why.Reason))
		}
		got = append(got, x)
	}
	want := []result{
		{Rows: []int{3}, Skipped: true},
		{Rows: []int{2, 4, 5}, Fields: map[string]any{"day": Date("2020-01-01"), "who": []string{"A", "B"}, "note": "n"}},
		{Rows: []int{6}, Fields: map[string]any{"day": Date("2020-01-02"), "who": []string{"C"}}},
		{Rows: []int{7, 8}, Refusals: []string{"8 note D8: differs from row 7 (x), though both rows belong to one record by id, day"}},
		{Rows: []int{9}, Refusals: []string{`9 day B9: "bad" is not a date in the format YYYY-MM-DD`}},
		{Rows: []int{10}, Refusals: []string{"10  : the row belongs to the record that begins in row 2, but other rows stand between; sort the file by id, day"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"id": "1", "day": "2020-01-01", "who": "B", "note": "n"}, all[1].Raw[1]); d != "" {
		t.Error(d)
	}
}

func TestOneRefusedRowRefusesItsGroup(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\ngroup_by: [id]\nfields: {n: {type: list, column: n, map: {a: A, b: B}}}")
	all := records(t, m, []byte("id,n\n1,a\n1,x\n1,b\n2,a\n"))
	if len(all) != 2 || all[0].Fields != nil || len(all[0].Refusals) != 1 || len(all[0].Rows) != 3 || all[1].Fields == nil {
		t.Errorf("%+v", all)
	}
}

func TestReadingCanStopEarly(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: text}}")
	for r := range m.Read(strings.NewReader("a\n1\n2\n\xff"), "f", Limits{}) {
		if r.Rows[0] == 2 {
			break
		}
		t.Error(r)
	}
}

func TestXLSXValuesAreTyped(t *testing.T) {
	m := mapping(t, `
entity: x
format: xlsx
key: [name]
fields:
  abn: {column: abn, type: text, pad_left: 11}
  share: {column: share, type: decimal}
  yes: {column: yes, type: boolean}
  on: {column: on, type: date, date_format: [excel, YYYY-MM-DD]}
  due: {column: due, type: date, date_format: YYYY, partial: last}
`)
	for _, date1904 := range []bool{false, true} {
		data := written(t, func(f *excelize.File) {
			if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &date1904}); err != nil {
				t.Fatal(err)
			}
			f.SetSheetRow("Sheet1", "A1", &[]any{"name", "abn", "share", "yes", "on", "due"})
			f.SetSheetRow("Sheet1", "A2", &[]any{"=a", 8231834, 0.1 + 0.2, true, time.Date(2021, 10, 27, 0, 0, 0, 0, time.UTC), 2050})
			f.SetSheetRow("Sheet1", "A3", &[]any{"b", "1", nil, nil, "2021-10-27"})
			f.SetSheetRow("Sheet1", "A4", &[]any{"c"})
			f.SetCellFormula("Sheet1", "C4", "A1+1")
		})
		all := records(t, m, data)
		want := map[string]any{"abn": "00008231834", "share": Decimal("0.3"), "yes": true, "on": Date("2021-10-27"), "due": Date("2050-12-31")}
		if d := cmp.Diff(want, all[0].Fields); d != "" {
			t.Error(date1904, d)
		}
		if all[1].Fields["on"] != Date("2021-10-27") {
			t.Error(all[1])
		}
		if len(all[2].Refusals) != 1 || all[2].Refusals[0].Cell != "C4" || !strings.Contains(all[2].Refusals[0].Reason, "a formula without a stored value") {
			t.Error(all[2])
		}
	}
}

func TestControlCharactersAreRefused(t *testing.T) {
	m := mapping(t, "entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: text}}")
	r := records(t, m, []byte("a\nroutine \x1faring\n"))[0]
	if len(r.Refusals) != 1 || !strings.Contains(r.Refusals[0].Reason, "the control character U+001F") {
		t.Errorf("%+v", r)
	}
}
