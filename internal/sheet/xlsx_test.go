package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"accord/internal/publicdata"
)

// parts returns the parts of a workbook with one sheet, its rows given as XML.
func parts(rows string) map[string]string {
	return map[string]string{
		"_rels/.rels":                `<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook xmlns:r="http://x/relationships"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + rows + `</sheetData><controls><row>5</row></controls></worksheet>`,
		"xl/sharedStrings.xml":       `<sst><si><t>shared</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>phonetic</t></rPh></si></sst>`,
	}
}

func packed(parts map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		w, _ := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		w.Write([]byte(parts[name]))
	}
	z.Close()
	return b.Bytes()
}

// written is a file that another program wrote.
func written(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSXCellsAreReadByTheirType(t *testing.T) {
	for name, c := range map[string]struct {
		cell string
		want Cell
	}{
		"a shared string":                  {`<c r="A2" t="s"><v>0</v></c>`, Cell{TextCell, "shared"}},
		"rich text, without its reading":   {`<c r="A2" t="s"><v>1</v></c>`, Cell{TextCell, "rich text"}},
		"text in place":                    {`<c r="A2" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>`, Cell{TextCell, " a "}},
		"text that a formula made":         {`<c r="A2" t="str"><f>A1</f><v>x</v></c>`, Cell{TextCell, "x"}},
		"an escaped control character":     {`<c r="A2" t="str"><v>a_x000B_b</v></c>`, Cell{TextCell, "a\vb"}},
		"an escaped escape":                {`<c r="A2" t="str"><v>_x005F_x000B_</v></c>`, Cell{TextCell, "_x000B_"}},
		"an escaped pair of surrogates":    {`<c r="A2" t="str"><v>_xD83D__xDE00_</v></c>`, Cell{TextCell, "😀"}},
		"a whole number, with all digits":  {`<c r="A2"><v>94600082111</v></c>`, Cell{NumberCell, "94600082111"}},
		"a long whole number":              {`<c r="A2"><v>9007199254740993</v></c>`, Cell{NumberCell, "9007199254740993"}},
		"a number as the program shows it": {`<c r="A2"><v>0.8159999999999999</v></c>`, Cell{NumberCell, "0.816"}},
		"a number with an exponent":        {`<c r="A2" t="n"><v>9.4600082111E10</v></c>`, Cell{NumberCell, "94600082111"}},
		"a boolean":                        {`<c r="A2" t="b"><v>1</v></c>`, Cell{BooleanCell, "TRUE"}},
		"an ISO date":                      {`<c r="A2" t="d"><v>2021-10-27</v></c>`, Cell{TextCell, "2021-10-27"}},
		"an error":                         {`<c r="A2" t="e"><v>#REF!</v></c>`, Cell{ErrorCell, "#REF!"}},
		"a formula without a value":        {`<c r="A2"><f>1+1</f></c>`, Cell{ErrorCell, "a formula without a stored value"}},
		"a cell that doesn't say where":    {`<c t="s"><v>0</v></c>`, Cell{TextCell, "shared"}},
	} {
		t.Run(name, func(t *testing.T) {
			data := packed(parts(`<row r="1"><c r="A1" t="str"><v>h</v></c></row><row r="2">` + c.cell + `<c r="B2"/></row>`))
			s, err := Open(bytes.NewReader(data), "f.xlsx", Source{Format: "xlsx"}, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for row, err := range s.Rows() {
				n++
				if row.Number != 2 || len(row.Cells) != 1 || row.Cell(0) != c.want || err != nil {
					t.Errorf("got %+v, %v; want %+v", row, err, c.want)
				}
			}
			if n != 1 {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestXLSXOfAnotherProgramIsRead(t *testing.T) {
	data := written(t, func(f *excelize.File) {
		f.SetSheetRow("Sheet1", "A1", &[]any{"prose", ""})
		f.NewSheet("Data")
		f.SetSheetRow("Data", "B3", &[]any{"name", "n", "yes", "when"})
		f.SetSheetRow("Data", "B4", &[]any{"=1+1", 13.6, true, "2021-10-27"})
		f.SetSheetRow("Data", "C7", &[]any{-5})
		f.SetCellStr("Data", "A9", "  ")
	})
	for _, sheet := range []string{"Data", "2"} {
		got, err := texts(t, data, Source{Format: "xlsx", Sheet: sheet, HeaderRow: new(3)}, Limits{})
		want := [][]any{{4, "", "=1+1", "13.6", "TRUE", "2021-10-27"}, {7, "", "", "-5"}}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Error(sheet, d, err)
		}
	}
	for sheet, want := range map[string]string{
		"":     `the workbook has the sheets "Sheet1", "Data"; declare which one to read`,
		"data": `there is no sheet "data"; the workbook has "Sheet1", "Data"`,
		"0":    `there is no sheet "0"`,
		"3":    `there is no sheet "3"`,
	} {
		_, err := texts(t, data, Source{Format: "xlsx", Sheet: sheet}, Limits{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", sheet, err)
		}
	}
}

func TestDamagedXLSXIsRefusedAndNeverReadInPart(t *testing.T) {
	good := parts(`<row r="1"><c r="A1" t="str"><v>head</v></c></row><row r="2"><c r="A2" t="str"><v>value</v></c><c r="B2"><v>5</v></c></row><row r="3"><c r="A3"><v>6</v></c></row>`)
	const sheet = "xl/worksheets/sheet1.xml"
	replace := func(part, old, new string) func(map[string]string) {
		return func(p map[string]string) {
			if !strings.Contains(p[part], old) {
				panic(old)
			}
			p[part] = strings.Replace(p[part], old, new, 1)
		}
	}
	for name, c := range map[string]struct {
		damage func(map[string]string)
		want   string
	}{
		"the sheet is cut off":             {func(p map[string]string) { p[sheet] = p[sheet][:len(p[sheet])-20] }, "damaged in xl/worksheets/sheet1.xml"},
		"the sheet is not well-formed":     {replace(sheet, `<c r="B2"><v>5</v></c>`, `<c r="B2"><v>5</c>`), "row 2: the workbook is damaged"},
		"a shared string is missing":       {replace(sheet, `<c r="B2">`, `<c r="B2" t="s">`), `row 2: the workbook is damaged in xl/worksheets/sheet1.xml (in B2, there is no shared string "5")`},
		"a cell is out of order":           {replace(sheet, `r="B2"`, `r="A2"`), "the cell A2 is out of order"},
		"a cell stands in another row":     {replace(sheet, `r="B2"`, `r="B3"`), "the cell B3 stands in row 2"},
		"a row is out of order":            {replace(sheet, `<row r="3"`, `<row r="2"`), `row "2" follows row 2`},
		"a cell's type is unknown":         {replace(sheet, `<c r="B2">`, `<c r="B2" t="z">`), `the cell type "z" is unknown`},
		"a number is none":                 {replace(sheet, `<v>5</v>`, `<v>5x</v>`), `in B2, "5x" is no number`},
		"a number is infinite":             {replace(sheet, `<v>5</v>`, `<v>1e999</v>`), `is no number`},
		"a boolean is none":                {replace(sheet, `<c r="B2">`, `<c r="B2" t="b">`), `in B2, "5" is no boolean`},
		"the strings are missing":          {func(p map[string]string) { delete(p, "xl/sharedStrings.xml") }, "the part is missing"},
		"the strings are cut off":          {replace("xl/sharedStrings.xml", "</sst>", ""), "damaged in xl/sharedStrings.xml"},
		"the sheet is missing":             {func(p map[string]string) { delete(p, sheet) }, "the part is missing"},
		"the workbook is cut off":          {replace("xl/workbook.xml", "</workbook>", ""), "damaged in xl/workbook.xml"},
		"the relations are cut off":        {replace("xl/_rels/workbook.xml.rels", "</Relationships>", ""), "damaged in xl/_rels/workbook.xml.rels"},
		"it is a ZIP of something else":    {replace("_rels/.rels", "/officeDocument", "/other"), "this is not an XLSX workbook"},
		"it is a binary workbook":          {replace("_rels/.rels", "workbook.xml", "workbook.bin"), "save it as .xlsx"},
		"a cell lies past the last column": {replace(sheet, `<c r="B2">`, `<c r="XFD2">`), "the cell XFD2 lies past the 1024 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			p := maps.Clone(good)
			c.damage(p)
			_, err := texts(t, packed(p), Source{Format: "xlsx"}, Limits{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, text := range []string{"<v>5</v>", "shared", `name="One"`, `Id="r2"`} {
		t.Run("a bit is flipped in "+text, func(t *testing.T) {
			data := packed(good)
			data[bytes.Index(data, []byte(text))+4] ^= 2
			if _, err := texts(t, data, Source{Format: "xlsx"}, Limits{}); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Error(err)
			}
		})
	}
	t.Run("it is no ZIP", func(t *testing.T) {
		if _, err := texts(t, []byte("<html>"), Source{Format: "xlsx"}, Limits{}); err == nil || !strings.Contains(err.Error(), "not an XLSX workbook") {
			t.Error(err)
		}
	})
}

func TestXLSXThatUnpacksToTooMuchIsRefused(t *testing.T) {
	p := parts(`<row r="1"><c r="A1" t="str"><v>head</v></c></row>`)
	p["xl/worksheets/sheet1.xml"] += strings.Repeat(" ", 2<<20)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range p {
		w, _ := z.Create(name)
		w.Write([]byte(text))
	}
	z.Close()
	if b.Len() > 1<<20 {
		t.Fatal("the file itself is too large")
	}
	_, err := texts(t, b.Bytes(), Source{Format: "xlsx"}, Limits{Bytes: 1 << 20})
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "the workbook is larger than 1048576 bytes, unpacked") {
		t.Error(err)
	}
}

func TestASharedStringCountsForEachCellItStandsIn(t *testing.T) {
	p := parts(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>` + strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 100))
	p["xl/sharedStrings.xml"] = `<sst><si><t>` + strings.Repeat("a", 1<<14) + `</t></si></sst>`
	_, err := texts(t, packed(p), Source{Format: "xlsx"}, Limits{Bytes: 1 << 20})
	if !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// The oracle is excelize, which reads sound workbooks well.
func TestXLSXOfThePublicRegistersReadsAsByExcelize(t *testing.T) {
	for path, sheet := range map[string]string{
		"com-net-zero-tracker/net_zero_tracker_2022-12-20.xlsx": "Sheet1",
		"org-ato-corporate/ato_2023-24.xlsx":                    "Income tax details",
	} {
		data, ok := register(t, path)
		if !ok {
			continue
		}
		f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		want, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		got, err := texts(t, data, Source{Format: "xlsx", Sheet: sheet, HeaderRow: new(0)}, Limits{})
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d rows, want %d: %v", len(got), len(want), err)
		}
		for i, row := range got {
			for j, cell := range row[1:] {
				if text := want[i][j]; cell != text && cell != shown(text) {
					t.Errorf("%s: %q, want %q", Address(j, i+1), cell, text)
				}
			}
		}
	}
}

// shown is a number as the program shows it.
func shown(text string) string {
	c, err := number(text)
	if err != nil {
		return text
	}
	return c.Text
}

// register reads a file of the public registers, where they are at hand.
func register(t testing.TB, path string) ([]byte, bool) {
	t.Helper()
	return publicdata.File(t, "../..", path)
}
