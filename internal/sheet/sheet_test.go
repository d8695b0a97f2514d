package sheet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// texts reads a file whole: each row's number, then its cells.
func texts(t *testing.T, data []byte, src Source, limits Limits) ([][]any, error) {
	t.Helper()
	s, err := Open(bytes.NewReader(data), "file", src, limits)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for row, err := range s.Rows() {
		if err != nil {
			return rows, err
		}
		cells := []any{row.Number}
		for _, c := range row.Cells {
			cells = append(cells, c.Text)
		}
		rows = append(rows, cells)
	}
	return rows, nil
}

func encoded(t *testing.T, text string, encode func(string) (string, error)) []byte {
	t.Helper()
	s, err := encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(s)
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func TestCSVIsReadAsPeopleHaveIt(t *testing.T) {
	mac := encoded(t, "a,b\rvis-à-vis,Séléka\r", charmap.Macintosh.NewEncoder().String)
	utf16 := encoded(t, "a,b\nà,Σ\n", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String)
	for name, c := range map[string]struct {
		data string
		src  Source
		want [][]any
	}{
		"line ends are LF":                       {"a,b\n1,2\n3,4\n", Source{}, [][]any{{2, "1", "2"}, {3, "3", "4"}}},
		"line ends are CRLF":                     {"a,b\r\n1,2\r\n", Source{}, [][]any{{2, "1", "2"}}},
		"line ends are CR":                       {"a,b\r1,2\r3,\"4\r5\"", Source{}, [][]any{{2, "1", "2"}, {3, "3", "4\n5"}}},
		"a quoted header has a line break":       {"\"a\nx\",b\r1,2\r", Source{}, [][]any{{2, "1", "2"}}},
		"a lone CR in an LF file is text":        {"a,b\n1\r0,2\n", Source{}, [][]any{{2, "1\r0", "2"}}},
		"the last line has no end":               {"a\n1", Source{}, [][]any{{2, "1"}}},
		"a byte-order mark is no text":           {"\xEF\xBB\xBFa\n1\n", Source{}, [][]any{{2, "1"}}},
		"MacRoman is declared":                   {string(mac), Source{Encoding: "Macintosh"}, [][]any{{2, "vis-à-vis", "Séléka"}}},
		"windows-1252 is declared":               {"a\n\x93caf\xe9\x94\n", Source{Encoding: "windows-1252"}, [][]any{{2, "“café”"}}},
		"iso-8859-1 is declared":                 {"a\ncaf\xe9\n", Source{Encoding: "iso-8859-1"}, [][]any{{2, "café"}}},
		"UTF-16 has its mark":                    {string(utf16), Source{Encoding: "utf-16"}, [][]any{{2, "à", "Σ"}}},
		"UTF-16 has a mark and a declared order": {string(utf16), Source{Encoding: "utf-16le"}, [][]any{{2, "à", "Σ"}}},
		"UTF-16 has a declared order":            {string(utf16[2:]), Source{Encoding: "utf-16le"}, [][]any{{2, "à", "Σ"}}},
		"U+FFFD is text in UTF-8":                {"a\n\uFFFD\n", Source{}, [][]any{{2, "\uFFFD"}}},
		"another delimiter is declared":          {"a;b\n1;2,5\n", Source{Delimiter: ";"}, [][]any{{2, "1", "2,5"}}},
		"a cell has line breaks":                 {"a,b\n\"1\n\n1\",2\n3,4\n", Source{}, [][]any{{2, "1\n\n1", "2"}, {3, "3", "4"}}},
		"blank rows count, but are no rows":      {"\na,b\n\n\"1\n\",2\n\n\n,\n3,4\n", Source{HeaderRow: new(2)}, [][]any{{4, "1\n", "2"}, {8, "3", "4"}}},
		"the header is further down":             {"Report,,\n\na,b\n1,2\n", Source{HeaderRow: new(3)}, [][]any{{4, "1", "2"}}},
		"there is no header":                     {"1,2\n", Source{HeaderRow: new(0)}, [][]any{{1, "1", "2"}}},
		"the file is gzipped":                    {string(gzipped([]byte("a\n1\n"))), Source{}, [][]any{{2, "1"}}},
		"our own export is unquoted":             {"a\n'=1+1\n", Source{UnquoteFormulas: true}, [][]any{{2, "=1+1"}}},
		"anyone's apostrophe is text":            {"a\n'=1+1\n", Source{}, [][]any{{2, "'=1+1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.src.Format = "csv"
			got, err := texts(t, []byte(c.data), c.src, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCSVIsRefusedWithThePlaceAndTheRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		data   string
		src    Source
		limits Limits
		want   string
	}{
		"a byte is not UTF-8":               {"a,b\n1,2\n3,caf\xe9\n", Source{}, Limits{}, "file, row 3: the byte 0xE9 at offset 13 is no text in utf-8"},
		"a byte far on is not UTF-8":        {strings.Repeat("a\n", 9999) + "\xe9\n", Source{}, Limits{}, "row 10000: the byte 0xE9 at offset 19998"},
		"a byte far on is not UTF-16":       {"\xFF\xFE" + strings.Repeat("a\x00\n\x00", 9999) + "\x00\xD8b\x00", Source{Encoding: "utf-16"}, Limits{}, "row 10000: the byte 0x00 at offset 39998"},
		"a byte is not windows-1252":        {"a\nb\n\x81\n", Source{Encoding: "windows-1252"}, Limits{}, "row 3: the byte 0x81 at offset 4"},
		"a byte is a control in iso-8859-1": {"a\n\x93\n", Source{Encoding: "iso-8859-1"}, Limits{}, "row 2: the byte 0x93 at offset 2"},
		"a byte after UTF-16's mark":        {"\xFF\xFEa\x00\n\x00\x00\xD8b\x00", Source{Encoding: "utf-16"}, Limits{}, "row 2: the byte 0x00 at offset 6 is no text in utf-16le"},
		"UTF-16 has no mark":                {"a\x00", Source{Encoding: "utf-16"}, Limits{}, "declare its encoding as utf-16le or utf-16be"},
		"the mark contradicts":              {"\xFF\xFEa\x00", Source{}, Limits{}, "byte-order mark of utf-16le, but its encoding is declared as utf-8"},
		"the encoding is unknown":           {"a", Source{Encoding: "ebcdic"}, Limits{}, "is not an encoding that can be read"},
		"the encoding's name is ambiguous":  {"a", Source{Encoding: "latin1"}, Limits{}, "is no canonical name; write windows-1252"},
		"a quotation mark stands bare":      {"a\n\n5\" pipe\n", Source{}, Limits{}, "row 3: on line 3 a quotation mark stands inside a cell"},
		"a quoted cell is not closed":       {"a\n1\n\"x\ny\n", Source{}, Limits{}, "row 3: a quoted cell is not closed properly"},
		"it is an old workbook":             {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Source{}, Limits{}, "save it as .xlsx without a password"},
		"it is a workbook":                  {"PK\x03\x04", Source{}, Limits{}, "declared as csv"},
		"there is no format":                {"a", Source{Format: "ods"}, Limits{}, `"ods" is neither "csv" nor "xlsx"`},
		"it is empty":                       {"", Source{}, Limits{}, "row 1: the header row is missing or blank"},
		"the header row is blank":           {"a\n\n1\n", Source{HeaderRow: new(2)}, Limits{}, "row 2: the header row is missing or blank"},
		"gzip is cut off":                   {string(gzipped([]byte("a\n1\n"))[:20]), Source{}, Limits{}, "the gzip file can't be unpacked"},
		"gzip has no more than its magic":   {"\x1f\x8b", Source{}, Limits{}, "the gzip file can't be unpacked"},
		"it is too large":                   {strings.Repeat("a\n", 6), Source{}, Limits{Bytes: 11}, "file: the file is larger than 11 bytes"},
		"it unpacks to too much":            {string(gzipped(bytes.Repeat([]byte("a\n"), 1<<20))), Source{}, Limits{Bytes: 1 << 20, Rows: 1 << 30}, "larger than 1048576 bytes, unpacked"},
		"it has too many rows":              {"a\n\n1\n2\n", Source{}, Limits{Rows: 2}, "row 4: the file has more than 2 rows"},
		"it has too many columns":           {"a,b,c\n", Source{}, Limits{Columns: 2}, "row 1: the row has 3 cells, more than 2"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.src.Format == "" {
				c.src.Format = "csv"
			}
			_, err := texts(t, []byte(c.data), c.src, c.limits)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if large := strings.HasPrefix(name, "it is too") || strings.HasPrefix(name, "it unpacks") || strings.HasPrefix(name, "it has too"); errors.Is(err, ErrTooLarge) != large {
				t.Errorf("ErrTooLarge: %v", !large)
			}
		})
	}
}

func TestAFileOfExactlyTheLimitIsRead(t *testing.T) {
	got, err := texts(t, []byte("a\n1\n"), Source{Format: "csv"}, Limits{Bytes: 4, Rows: 2, Columns: 1})
	if err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

func TestRowsBeforeADamageAreSound(t *testing.T) {
	got, err := texts(t, []byte("a\n1\n2\n\xff\n"), Source{Format: "csv"}, Limits{})
	if d := cmp.Diff([][]any{{2, "1"}, {3, "2"}}, got); d != "" || err == nil {
		t.Error(d, err)
	}
}

func TestColumnsAreFoundByNameOrPosition(t *testing.T) {
	s, err := Open(strings.NewReader(",  Full\u00a0 name ,x,x\n1,2,3,4\n"), "f.csv", Source{Format: "csv"}, Limits{Columns: 30})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"", "Full name", "x", "x"}, s.Header()); d != "" {
		t.Error(d)
	}
	for ref, want := range map[string]int{"#A": 0, "Full name": 1, "#C": 2, "#D": 3, "#AA": 26} {
		if got, err := s.Column(ref); got != want || err != nil {
			t.Errorf("%s is %d, %v; want %d", ref, got, err, want)
		}
	}
	for ref, want := range map[string]string{
		"x":     `the columns C and D both have the name "x": address the one you mean as #C or #D`,
		"Name":  `there is no column "Name"; the header has "", "Full name", "x", "x"`,
		"#AE":   "lies past the 30 columns",
		"#a":    `there is no column "#a"`,
		"#":     `there is no column "#"`,
		"#ABCD": `there is no column "#ABCD"`,
	} {
		if _, err := s.Column(ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
	}
}

func TestAddressIsThatOfASpreadsheet(t *testing.T) {
	if a, b := Address(0, 1), Address(64, 4090); a != "A1" || b != "BM4090" {
		t.Error(a, b)
	}
}
