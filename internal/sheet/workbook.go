package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The reader of excelize passes over what it can't read: malformed XML ends the
// sheet early, a wrong shared string is blank, a damaged archive goes unnoticed.
// An import must refuse such a file, so the parts are read here, by ECMA-376.

// A workbook is an XLSX file whose parts are unpacked as they are read.
type workbook struct {
	zip     *zip.Reader
	limit   int64
	left    int64 // of limit, before unpacking more is refused
	strings []string
}

func (s *Sheet) openXLSX(r io.Reader, sheet string) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return atRow(0, err, "this is not an XLSX workbook, or it is damaged (%v)", err)
	}
	w := &workbook{zip: z, limit: s.limits.Bytes, left: s.limits.Bytes}
	main, err := w.mainPart()
	if err != nil {
		return err
	}
	var book workbookXML
	if err := w.decode(main, &book); err != nil {
		return err
	}
	rels, err := w.relations(main)
	if err != nil {
		return err
	}
	chosen, err := book.choose(sheet)
	if err != nil {
		return err
	}
	if err := w.readStrings(rels.ofType("/sharedStrings")); err != nil {
		return err
	}
	s.date1904 = book.Properties.Date1904
	s.read, err = w.openSheet(rels.byID(chosen.RelationID), s.limits)
	return err
}

type workbookXML struct {
	Properties struct {
		Date1904 bool `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []sheetXML `xml:"sheets>sheet"`
}

type sheetXML struct {
	Name       string     `xml:"name,attr"`
	Attributes []xml.Attr `xml:",any,attr"`
	RelationID string     `xml:"-"`
}

// choose finds a sheet by its name or else its position. Without either there
// must be one sheet only.
func (b workbookXML) choose(sheet string) (sheetXML, error) {
	names := make([]string, len(b.Sheets))
	for i, s := range b.Sheets {
		names[i] = s.Name
	}
	i := slices.Index(names, sheet)
	if n, err := strconv.Atoi(sheet); i < 0 && err == nil {
		i = n - 1
	}
	if sheet == "" && len(names) == 1 {
		i = 0
	}
	if sheet == "" && len(names) > 1 {
		return sheetXML{}, atRow(0, nil, "the workbook has the sheets %s; declare which one to read", bounded(quoteAll(names), 400))
	}
	if i < 0 || i >= len(names) {
		return sheetXML{}, atRow(0, nil, "there is no sheet %q; the workbook has %s", sheet, bounded(quoteAll(names), 400))
	}
	chosen := b.Sheets[i]
	for _, a := range chosen.Attributes {
		if a.Name.Local == "id" && a.Name.Space != "" {
			chosen.RelationID = a.Value
		}
	}
	return chosen, nil
}

type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

type relations []relation

// ofType finds a part by the last segment of its type, in which the transitional
// and the strict form of the format agree.
func (r relations) ofType(suffix string) string {
	for _, rel := range r {
		if strings.HasSuffix(rel.Type, suffix) {
			return rel.Target
		}
	}
	return ""
}

func (r relations) byID(id string) string {
	for _, rel := range r {
		if rel.ID == id {
			return rel.Target
		}
	}
	return ""
}

func (w *workbook) mainPart() (string, error) {
	rels, err := w.relations("")
	if err != nil {
		return "", err
	}
	main := rels.ofType("/officeDocument")
	switch path.Ext(main) {
	case ".xml":
		return main, nil
	case ".bin":
		return "", atRow(0, nil, "this is a binary workbook (.xlsb); save it as .xlsx")
	}
	return "", atRow(0, nil, "this is not an XLSX workbook; save it as .xlsx")
}

// relations reads what a part, or with "" the package, refers to.
func (w *workbook) relations(part string) (relations, error) {
	var x struct {
		Relations relations `xml:"Relationship"`
	}
	dir, base := path.Split(part)
	if err := w.decode(dir+"_rels/"+base+".rels", &x); err != nil {
		return nil, err
	}
	for i, rel := range x.Relations {
		if !strings.HasPrefix(rel.Target, "/") {
			rel.Target = "/" + dir + rel.Target
		}
		x.Relations[i].Target = strings.TrimPrefix(path.Clean(rel.Target), "/")
	}
	return x.Relations, nil
}

// part opens a part for reading. Names of parts don't differ by case alone.
func (w *workbook) part(name string) (*xml.Decoder, error) {
	for _, f := range w.zip.File {
		if !strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, damaged(name, err)
		}
		return xml.NewDecoder(&meter{r, w}), nil
	}
	return nil, damaged(name, errors.New("the part is missing"))
}

// A meter counts what all parts of a workbook unpack to.
type meter struct {
	r io.Reader
	w *workbook
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err := m.w.charge(n); err != nil {
		return 0, err
	}
	return n, err
}

func (w *workbook) charge(bytes int) error {
	w.left -= int64(bytes)
	if w.left < 0 {
		return tooLarge(0, "the workbook is larger than %d bytes, unpacked", w.limit)
	}
	return nil
}

func (w *workbook) decode(name string, into any) error {
	d, err := w.part(name)
	if err != nil {
		return err
	}
	if err := d.Decode(into); err != nil {
		return damaged(name, err)
	}
	return drain(d, name)
}

// drain reads a part to its end, which is where a damaged one is found out.
func drain(d *xml.Decoder, name string) error {
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return damaged(name, err)
		}
	}
}

func damaged(part string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return atRow(0, err, "the workbook is damaged in %s (%v); open it in a spreadsheet program and save it anew", part, err)
}

// children calls visit for each element within the one that was just begun, as
// far as its end. visit must read its element to the end.
func children(d *xml.Decoder, visit func(xml.StartElement) error) error {
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := visit(t); err != nil {
				return err
			}
		}
	}
}

// plainText reads the text of an element that has no others in it.
func plainText(d *xml.Decoder) (string, error) {
	var text []byte
	for {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return unescape(string(text)), nil
		case xml.CharData:
			text = append(text, t...)
		case xml.StartElement:
			return "", fmt.Errorf("the element %s stands inside text", t.Name.Local)
		}
	}
}

// richText reads a string of the format: plain, or in runs (r), whose phonetic
// guides (rPh) are no part of it.
func richText(d *xml.Decoder) (string, error) {
	var b strings.Builder
	run := func(e xml.StartElement) error {
		if e.Name.Local != "t" {
			return d.Skip()
		}
		text, err := plainText(d)
		b.WriteString(text)
		return err
	}
	err := children(d, func(e xml.StartElement) error {
		if e.Name.Local == "r" {
			return children(d, run)
		}
		return run(e)
	})
	return b.String(), err
}

var escapedUnits = regexp.MustCompile(`(?:_x[0-9A-Fa-f]{4}_)+`)

// unescape resolves the UTF-16 units, written as _x000B_, by which a string
// holds what XML can't (ECMA-376 part 1, 22.9.2.19, ST_Xstring).
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escapedUnits.ReplaceAllStringFunc(s, func(m string) string {
		var units []uint16
		for ; m != ""; m = m[len("_x000B_"):] {
			unit, _ := strconv.ParseUint(m[2:6], 16, 16)
			units = append(units, uint16(unit))
		}
		return string(utf16.Decode(units))
	})
}

func (w *workbook) readStrings(name string) error {
	if name == "" {
		return nil
	}
	d, err := w.part(name)
	if err != nil {
		return err
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged(name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "si" {
			continue
		}
		text, err := richText(d)
		if err != nil {
			return damaged(name, err)
		}
		w.strings = append(w.strings, text)
	}
}
