package sheet

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// readable reads a file and checks what holds for any: rows go up, text is
// UTF-8, an error is an *Error and the last.
func readable(t *testing.T, data []byte, src Source) {
	s, err := Open(bytes.NewReader(data), "f", src, Limits{Bytes: 1 << 20, Rows: 1000, Columns: 100})
	if err != nil {
		isError(t, err)
		return
	}
	last := 0
	for row, err := range s.Rows() {
		if err != nil {
			isError(t, err)
			continue
		}
		if row.Number <= last || len(row.Cells) == 0 || len(row.Cells) > 100 {
			t.Fatalf("row %d with %d cells after row %d", row.Number, len(row.Cells), last)
		}
		last = row.Number
		for _, c := range row.Cells {
			if !utf8.ValidString(c.Text) {
				t.Fatalf("%q is not UTF-8", c.Text)
			}
		}
	}
}

func isError(t *testing.T, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Reason == "" || !utf8.ValidString(err.Error()) {
		t.Fatalf("%T: %q", err, err)
	}
}

func FuzzCSV(f *testing.F) {
	encodings := []string{"utf-8", "utf-16", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1", "macintosh", "shift_jis"}
	for i, s := range []string{"a,b\n1,2\n", "a\r\"1\r2\"\r", "\xEF\xBB\xBFa\r\n\r\n1", "\xFF\xFEa\x00\n\x00\x00\xD8", "a;b\n\"x", "a\n5\" x", "\x1f\x8b\x08", "a\n\x8e\xff", "=1,'=1\n'-\n"} {
		f.Add([]byte(s), uint8(i), uint8(i))
	}
	f.Add(gzipped([]byte("a\n1\n")), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, encoding, header uint8) {
		src := Source{Format: "csv", Encoding: encodings[int(encoding)%len(encodings)], HeaderRow: new(int(header % 4)), UnquoteFormulas: header%2 == 0}
		readable(t, data, src)
	})
}

func FuzzXLSX(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>1.5</v></c></row>`, `<sst><si><t>a_x000B_</t></si></sst>`)
	f.Add(`<row><c t="inlineStr"><is><r><t>x</t></r></is></c></row><row r="9"><c r="B9" t="b"><v>1</v></c></row>`, ``)
	f.Add(`<row r="1"><c r="A1" t="e"><f>x</f><v>#REF!</v></c><c r="A1"/></row>`, `<sst><si>`)
	f.Add("<row>&\xff", "")
	f.Add(`<row r="0"><c r="CV0"><v>1e999</v></c></row>`, `<sst/>`)
	f.Fuzz(func(t *testing.T, rows, strings string) {
		p := parts(rows)
		p["xl/sharedStrings.xml"] = strings
		readable(t, packed(p), Source{Format: "xlsx", HeaderRow: new(0)})
	})
}

func FuzzXLSXArchive(f *testing.F) {
	f.Add(packed(parts(`<row r="1"><c r="A1"><v>1</v></c></row>`)))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		readable(t, data, Source{Format: "xlsx", Sheet: "1"})
	})
}

func FuzzMapping(f *testing.F) {
	f.Add("entity: x\nformat: csv\nkey: row\nfields: {f: {column: a, type: text}}", "a\n1\n")
	f.Add("entity: x\nformat: csv\ngroup_by: [a]\nfields: {f: {type: list, items: [{column: a, python_list: true, map: {x: y}, map_else: keep}]}}", "a\n['x']\n")
	f.Add("entity: x\nformat: csv\nheader_row: 0\nkey: ['#A']\nfields: {f: {template: '{#A}-{#B}', type: date, date_format: [YYYY-MM, YYYY-M], partial: last, between: [1900-01-01, 2100-12-31]}}", "2020,12\n")
	f.Add("entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: datetime, date_format: ['YYYY-MM-DD hh:mm', excel], time_zone: Europe/Brussels}}", "a\n43657.5\n")
	f.Add("entity: x\nformat: csv\nkey: [a]\nfields: {f: {column: a, type: list, separator: ',', keep_in_brackets: true, keep_with_previous: [Inc.], pad_left: 3, prefix: p}}", "a\n(b, c), Inc.\n")
	f.Add("a: &a [*a]", "")
	f.Add("? [a]\n: b\n<<: {c: d}", "")
	f.Fuzz(func(t *testing.T, mapping, file string) {
		m, err := ParseMapping([]byte(mapping), nil)
		if err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 || faults[0].Line < 1 {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for r, err := range m.Read(strings.NewReader(file), "f", Limits{Bytes: 1 << 16}) {
			if err == nil && (len(r.Rows) == 0 || r.Fields != nil && len(r.Refusals) > 0 || len(r.Rows) != len(r.Raw)) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func FuzzPythonList(f *testing.F) {
	for _, s := range []string{`[]`, `['a', "b",]`, `['\u20ac\'']`, `['a'`, `['\`, "['\xff']"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		items, err := parsePythonList(text)
		if err != nil {
			return
		}
		again, err := parsePythonList(asPythonList(items))
		if err != nil || strings.Join(again, "\x00") != strings.Join(items, "\x00") {
			t.Fatalf("%q is read as %q, then as %q, %v", text, items, again, err)
		}
	})
}

func asPythonList(items []string) string {
	var quoted []string
	for _, s := range items {
		quoted = append(quoted, "'"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)+"'")
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func FuzzWrittenTextComesBack(f *testing.F) {
	for _, p := range payloads {
		f.Add(p)
	}
	for _, s := range []string{"_x000B_", "_x005F_x0041_", "_x005F_", "_x_x0041_", "_x0000_x0000_x000a_", "a\tb ", "<&>\"", "😀", "\ufeff", "\uffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if q := quoteFormula(text); unquoteFormula(q) != text {
			t.Fatalf("%q is quoted as %q and comes back as %q", text, q, unquoteFormula(q))
		}
		var asCSV, asXLSX bytes.Buffer
		errCSV := WriteCSV(&asCSV, []string{"h", "end"}, seq([]any{text, "x"}))
		errXLSX := WriteXLSX(&asXLSX, "Data", []string{"h", "end"}, seq([]any{text, "x"}))
		if (errCSV == nil) != (errXLSX == nil) {
			t.Fatal(errCSV, errXLSX)
		}
		if errCSV != nil {
			return
		}
		text = strings.Map(writable, text)
		if got := only(t, &asCSV, Source{Format: "csv", UnquoteFormulas: true}); got != strings.ReplaceAll(text, "\r\n", "\n") {
			t.Fatalf("%q comes back from CSV as %q", text, got)
		}
		if got := only(t, &asXLSX, Source{Format: "xlsx"}); got != text {
			t.Fatalf("%q comes back from XLSX as %q", text, got)
		}
	})
}

// only returns the first cell of a file's only row.
func only(t *testing.T, b *bytes.Buffer, src Source) string {
	s, err := Open(b, "f", src, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		text = row.Cell(0).Text
	}
	return text
}
