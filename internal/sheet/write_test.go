package sheet

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func seq(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Each could run when a spreadsheet program opens it, in one of its locales.
var payloads = []string{
	"=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1",
	" =1+1", "\u00a0=1+1", "\u3000=1+1", "＝1+1", "＋1", "－1", "＠SUM(1)", "a;=1+1", "a\n=1+1", "a\r\n@SUM(1)", "'=1+1", "''=1+1", "- a", "-a", "=", "\t",
}

func TestNothingInCSVRunsAsAFormula(t *testing.T) {
	for _, p := range payloads {
		q := quoteFormula(p)
		for _, cell := range strings.FieldsFunc(q, func(r rune) bool { return strings.ContainsRune(";\r\n", r) }) {
			if s := strings.TrimLeft(cell, " \u00a0\u3000"); s != "" && strings.ContainsAny(firstRune(s), formulaStarts) {
				t.Errorf("%q runs in %q", s, q)
			}
		}
		if strings.HasPrefix(q, "\t") || strings.HasPrefix(q, "\r") || strings.HasPrefix(q, "\n") {
			t.Errorf("%q begins with a control character", q)
		}
		if got := unquoteFormula(q); got != p {
			t.Errorf("%q comes back as %q", p, got)
		}
	}
}

func TestHarmlessTextIsLeftAsItIs(t *testing.T) {
	for _, s := range []string{"", "-", "-5", "+3.5", "0", "a=b", "a - b", "'tis", "O'Brien", "a, -b", "don't;", "''", "line\n\nline"} {
		if q := quoteFormula(s); q != s {
			t.Errorf("%q becomes %q", s, q)
		}
	}
}

func TestCSVIsWrittenByType(t *testing.T) {
	at := time.Date(2021, 10, 27, 15, 4, 5, 6000, time.FixedZone("", 2*3600))
	var b bytes.Buffer
	err := WriteCSV(&b, []string{"=h", "b"}, seq(
		[]any{"=1+1", "a,\"b\"\nc"}, []any{-5, int64(-6)}, []any{Decimal("-7.5"), true}, []any{Date("2021-10-27"), at}, []any{nil, []string{"-a", "=b"}}))
	want := `'=h,b
'=1+1,"a,""b""
c"
-5,-6
-7.5,TRUE
2021-10-27,2021-10-27T13:04:05.000006Z
,"'-a
'=b"
`
	if d := cmp.Diff(want, b.String()); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestXLSXIsWrittenByType(t *testing.T) {
	at := time.Date(2021, 10, 27, 15, 4, 5, 6000, time.FixedZone("", 2*3600))
	var b bytes.Buffer
	var rows [][]any
	for _, p := range payloads {
		rows = append(rows, []any{p, nil})
	}
	rows = append(rows, []any{-5, Decimal("0.125")}, []any{Decimal("1234567890.123456"), int64(1234567890123456)}, []any{Date("2021-10-27"), at}, []any{Date("1899-01-01"), time.Time{}}, []any{false, []string{"a", "=b"}})
	if err := WriteXLSX(&b, "Data", []string{"=h", "b"}, seq(rows...)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		for _, column := range []int{0, 1} {
			if formula, err := f.GetCellFormula("Data", Address(column, i+2)); formula != "" || err != nil {
				t.Errorf("%s is the formula %q, %v", Address(column, i+2), formula, err)
			}
		}
	}
	s, err := Open(&b, "f", Source{Format: "xlsx"}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]Cell
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Cells)
	}
	var want [][]Cell
	for _, p := range payloads {
		if strings.TrimSpace(p) != "" {
			want = append(want, []Cell{{TextCell, p}})
		}
	}
	want = append(want,
		[]Cell{{NumberCell, "-5"}, {NumberCell, "0.125"}},
		[]Cell{{TextCell, "1234567890.123456"}, {TextCell, "1234567890123456"}},
		[]Cell{{NumberCell, "44496"}, {NumberCell, "44496.5445023148"}},
		[]Cell{{TextCell, "1899-01-01"}, {TextCell, "0001-01-01T00:00:00Z"}},
		[]Cell{{BooleanCell, "FALSE"}, {TextCell, "a\n=b"}})
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAnExportCanBeImportedAgain(t *testing.T) {
	at := time.Date(2021, 10, 27, 13, 4, 5, 0, time.UTC)
	rows := []map[string]any{
		{"id": "=1", "n": int64(-5), "d": Decimal("-12.5"), "b": true, "on": Date("2021-10-27"), "at": at, "list": []string{"-a", "b, c"}},
		{"id": "'-2", "n": int64(0), "d": Decimal("0"), "b": false, "on": Date("1900-03-01"), "at": at, "list": []string{"x"}},
		{"id": "a;=1\n-b", "list": []string{"＝x"}},
	}
	header := []string{"id", "n", "d", "b", "on", "at", "list"}
	var cells [][]any
	for _, row := range rows {
		var r []any
		for _, h := range header {
			r = append(r, row[h])
		}
		cells = append(cells, r)
	}
	const fields = `
key: [id]
fields:
  id: {column: id, type: text, space: keep}
  n: {column: n, type: integer}
  d: {column: d, type: decimal}
  b: {column: b, type: boolean}
  on: {column: "on", type: date, date_format: [YYYY-MM-DD, excel]}
  at: {column: at, type: datetime, date_format: ["YYYY-MM-DDThh:mm:ssZ", excel], time_zone: UTC}
  list: {column: list, type: list, separator: "\n"}
`
	var asCSV, asXLSX bytes.Buffer
	if err := errors.Join(WriteCSV(&asCSV, header, seq(cells...)), WriteXLSX(&asXLSX, "Data", header, seq(cells...))); err != nil {
		t.Fatal(err)
	}
	for source, data := range map[string][]byte{"format: csv\nunquote_formulas: true": asCSV.Bytes(), "format: xlsx": asXLSX.Bytes()} {
		var got []map[string]any
		for _, r := range records(t, mapping(t, "entity: x\n"+source+fields), data) {
			if len(r.Refusals) > 0 {
				t.Error(r.Refusals)
			}
			got = append(got, r.Fields)
		}
		if d := cmp.Diff(rows, got); d != "" {
			t.Error(source, d)
		}
	}
}

func TestNobodysTextKeepsOthersFromTheirs(t *testing.T) {
	rows := seq([]any{"a\vb\uffff\r\n", []string{"a\r\nb", "c"}})
	var csv, xlsx bytes.Buffer
	if err := errors.Join(WriteCSV(&csv, []string{"h", "i"}, rows), WriteXLSX(&xlsx, "Data", []string{"h", "i"}, rows)); err != nil {
		t.Fatal(err)
	}
	want := "h,i\n\"a\uFFFDb\uFFFD\r\n\",\"a b\nc\"\n"
	if d := cmp.Diff(want, csv.String()); d != "" {
		t.Error(d)
	}
}

func TestWhatCantBeWrittenIsRefusedWithItsCell(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		rows iter.Seq2[[]any, error]
		want string
	}{
		"a long text":             {seq([]any{1}, []any{strings.Repeat("😀", 16384)}), "cell A3: the text has more than the 32767 characters of a cell"},
		"text that isn't UTF-8":   {seq([]any{"\xff"}), "cell A2: the text is not valid UTF-8"},
		"a decimal that is none":  {seq([]any{Decimal("1e5")}), `cell A2: "1e5" is no decimal number`},
		"a date that is none":     {seq([]any{Date("=1")}), `cell A2: "=1" is no date as YYYY-MM-DD`},
		"a value of another type": {seq([]any{1.5}), "cell A2: a float64 can't be written"},
		"a row of another width":  {seq([]any{1, 2}), "row 2 has 2 cells, but the header 1"},
		"rows that can't be had":  {func(yield func([]any, error) bool) { yield(nil, broken) }, "broken"},
	} {
		for format, err := range map[string]error{
			"csv":  WriteCSV(&bytes.Buffer{}, []string{"h"}, c.rows),
			"xlsx": WriteXLSX(&bytes.Buffer{}, "Data", []string{"h"}, c.rows),
		} {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s as %s: %v", name, format, err)
			}
		}
	}
	if err := WriteXLSX(&bytes.Buffer{}, "a/b", nil, seq()); err == nil {
		t.Error("a sheet's name with a slash is taken")
	}
}
