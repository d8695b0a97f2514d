package media_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"accord/internal/media"
)

// opened is an office document of the parts given, cleaned, by its parts. Each is
// well-formed.
func opened(t *testing.T, name, main string, parts ...string) map[string]string {
	t.Helper()
	b := &bytes.Buffer{}
	z := zip.NewWriter(b)
	add := func(name, text string) {
		e, _ := z.Create(name)
		_, _ = io.WriteString(e, text)
	}
	if strings.HasPrefix(path.Ext(name), ".od") {
		add("mimetype", main)
	} else {
		add("[Content_Types].xml", `<Types><Override PartName="/main.xml" ContentType="application/vnd.openxmlformats-officedocument.`+main+`"/>`+
			`<Override PartName="/docMetadata/LabelInfo.xml" ContentType="application/vnd.ms-office.classificationlabels+xml"/></Types>`)
	}
	for i := 0; i+1 < len(parts); i += 2 {
		add(parts[i], parts[i+1])
	}
	must(t, z.Close())
	out := clean(t, name, b.Bytes())
	back, err := zip.NewReader(bytes.NewReader(out), int64(len(out)))
	must(t, err)
	all := map[string]string{}
	for _, e := range back.File {
		r, err := e.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		all[e.Name] = string(text)
		if ext := path.Ext(e.Name); ext != ".xml" && ext != ".rels" {
			continue
		}
		d := xml.NewDecoder(bytes.NewReader(text))
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s is not well-formed: %v: %s", e.Name, err, text)
		}
	}
	_, err = media.Identify(name, bytes.NewReader(out), int64(len(out)))
	must(t, err)
	return all
}

func clean(t *testing.T, name string, file []byte) []byte {
	t.Helper()
	kind, err := media.Identify(name, bytes.NewReader(file), int64(len(file)))
	must(t, err)
	out := &bytes.Buffer{}
	must(t, media.Clean(kind, bytes.NewReader(file), int64(len(file)), out))
	return out.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	words  = "wordprocessingml.document.main+xml"
	sheets = "spreadsheetml.sheet.main+xml"
	slides = "presentationml.presentation.main+xml"
	odt    = "application/vnd.oasis.opendocument.text"
)

// What programs write of who made a document and where, unasked, each beside what
// has to stay.
func TestAnOfficeDocumentTellsOfNobody(t *testing.T) {
	for what, c := range map[string]struct{ name, main, part, text, stays string }{
		"where a workbook lay": {"a.xlsx", sheets, "xl/workbook.xml",
			`<workbook><mc:AlternateContent><mc:Choice Requires="x15"><x15ac:absPath url="C:\Users\TELLTALE\"/></mc:Choice></mc:AlternateContent><sheets/></workbook>`, `<sheets/>`},
		"where it lay in a cloud": {"a.xlsx", sheets, "xl/workbook.xml",
			`<workbook><x15ac:absPath url="https://d.example/TELLTALE/"></x15ac:absPath><xr:revisionPtr xr:documentId="8_{TELLTALE}"/><sheets/></workbook>`, `<sheets/>`},
		"whose label it bears": {"a.docx", words, "docMetadata/LabelInfo.xml", `<l:label siteId="{TELLTALE}"/>`, ""},
		"that it bears one":    {"a.docx", words, "_rels/.rels", `<Relationships><Relationship Id="r1" Target="docMetadata/LabelInfo.xml"></Relationship><Relationship Id="r2" Target="word/document.xml"/></Relationships>`, `"r2"`},
		"a file on its machine": {"a.docx", words, "word/_rels/document.xml.rels",
			`<Relationships><Relationship Id="r1" Target="file:///C:\Users\TELLTALE\a.docx" TargetMode="External"/></Relationships>`, `"r1"`},
		"a file on a drive":   {"a.xlsx", sheets, "xl/_rels/a.rels", `<Relationships><Relationship TargetMode = 'External' Id="r1" Target="/Users/TELLTALE/a.xlsx"/></Relationships>`, `"r1"`},
		"a file in a network": {"a.pptx", slides, "ppt/_rels/a.rels", `<Relationships><Relationship Id="r1" Target="\\TELLTALE\share\a.pptx" TargetMode="External"/></Relationships>`, `"r1"`},
		"a file beside it":    {"a.docx", words, "word/_rels/a.rels", `<Relationships><Relationship Id="r1" Target="TELLTALE.jpg" TargetMode="External"/></Relationships>`, `"r1"`},
		"no page of the web": {"a.docx", words, "word/_rels/a.rels", `<Relationships><Relationship Id="r1" Target="https://example.org/a" TargetMode="External"/><Relationship Id="r2" Target="../media/a.png"/></Relationships>`,
			`Target="https://example.org/a" TargetMode="External"/><Relationship Id="r2" Target="../media/a.png"`},
		"where data comes from": {"a.xlsx", sheets, "xl/connections.xml",
			`<connections><connection id="1" odcFile="https://example/TELLTALE.odc" sourceFile="TELLTALE.mdb"><dbPr connection="User ID=TELLTALE"/></connection></connections>`, `id="1"`},
		"who fetched it":     {"a.xlsx", sheets, "xl/pivotCache/a.xml", `<pivotCacheDefinition refreshedBy="TELLTALE" r:id="r1"/>`, `r:id="r1"`},
		"a picture's name":   {"a.docx", words, "word/document.xml", `<wp:docPr id="3" name="TELLTALE.jpg" descr="C:\TELLTALE.jpg" title="TELLTALE"/>`, `<wp:docPr id="3" name=""/>`},
		"as in a frame":      {"a.docx", words, "word/document.xml", `<pic:cNvPr id="3" name='TELLTALE.jpg' descr='TELLTALE'></pic:cNvPr>`, `id="3" name=""`},
		"as on a slide":      {"a.pptx", slides, "ppt/slides/a.xml", `<p:cNvPr id="3" name="TELLTALE.jpg" descr="TELLTALE"/>`, `id="3" name=""`},
		"as it was once":     {"a.docx", words, "word/document.xml", `<v:shape id="s" alt="TELLTALE"><v:imagedata r:id="r1" o:title="TELLTALE" o:href="file:///C:/TELLTALE.jpg"/></v:shape>`, `r:id="r1"`},
		"in a field":         {"a.docx", words, "word/document.xml", `<w:r><w:instrText xml:space="preserve"> INCLUDEPICTURE "C:\\TELLTALE\\a.jpg" \d </w:instrText><w:instrText> PAGE </w:instrText></w:r>`, ` PAGE `},
		"in a simple field":  {"a.docx", words, "word/document.xml", `<w:fldSimple w:instr=" LINK &quot;\\\\TELLTALE\\a&quot; "><w:t>words</w:t></w:fldSimple>`, `words`},
		"which document":     {"a.docx", words, "word/settings.xml", `<w:settings><w14:docId w14:val="TELLTALE"/><w15:docId w15:val="{TELLTALE}"/><w:zoom/></w:settings>`, `<w:zoom/>`},
		"which sittings":     {"a.docx", words, "word/settings.xml", `<w:settings><w:rsids><w:rsidRoot w:val="TELLTALE"/><w:rsid w:val="TELLTALE"/></w:rsids><w:zoom/></w:settings>`, `<w:zoom/>`},
		"whose template":     {"a.docx", words, "word/settings.xml", `<w:settings><w:attachedTemplate r:id="TELLTALE"></w:attachedTemplate><w:zoom/></w:settings>`, `<w:zoom/>`},
		"whom it was sent":   {"a.docx", words, "word/settings.xml", `<w:settings><w:mailMerge><w:connectString w:val="TELLTALE"/><w:odso/></w:mailMerge><w:zoom/></w:settings>`, `<w:zoom/>`},
		"which printer":      {"a.odt", odt, "settings.xml", `<office:document-settings><config:config-item config:name="PrinterName">TELLTALE</config:config-item></office:document-settings>`, `office:document-settings`},
		"who remarked":       {"a.odt", odt, "content.xml", `<o><dc:creator><![CDATA[TELLTALE>]]></dc:creator><dc:creator><text:span>TELLTALE</text:span></dc:creator><text:p>words</text:p></o>`, `<text:p>words</text:p>`},
		"where a link leads": {"a.odt", odt, "content.xml", `<text:a xlink:href="../TELLTALE/a.odt"><text:a xlink:href="/C:/TELLTALE"/><draw:image xlink:href="Pictures/a.png"/></text:a>`, `xlink:href="Pictures/a.png"`},
		"what a frame shows": {"a.odt", odt, "content.xml", `<draw:frame><svg:title>TELLTALE</svg:title><svg:desc>TELLTALE</svg:desc><text:p>words</text:p></draw:frame>`, `<text:p>words</text:p>`},
		"which program":      {"a.odt", odt, "content.xml", `<o><?TELLTALE it?><text:p>words</text:p></o>`, `<text:p>words</text:p>`},
		"no words":           {"a.docx", words, "word/document.xml", `<w:p xmlns:w="http://example.org/w"><w:t>C:\Users are words, and so is <![CDATA[<a>]]></w:t></w:p>`, `xmlns:w="http://example.org/w"><w:t>C:\Users are words, and so is <![CDATA[<a>]]></w:t>`},
	} {
		t.Run(what, func(t *testing.T) {
			all := opened(t, c.name, c.main, c.part, c.text)
			for name, text := range all {
				if strings.Contains(text, "TELLTALE") || strings.Contains(strings.ToLower(name+text), "docmetadata") {
					t.Errorf("%s tells: %s", name, text)
				}
			}
			if !strings.Contains(all[c.part], c.stays) {
				t.Errorf("too much is gone: %s", all[c.part])
			}
		})
	}
}

func TestAPartThatCannotBeReadIsRefused(t *testing.T) {
	b := &bytes.Buffer{}
	z := zip.NewWriter(b)
	for name, text := range map[string]string{"[Content_Types].xml": `<Types><Override ContentType="application/vnd.openxmlformats-officedocument.` + words + `"/></Types>`,
		"word/comments.xml": "\xff\xfe<\x00a\x00/\x00>\x00"} {
		e, _ := z.Create(name)
		_, _ = io.WriteString(e, text)
	}
	must(t, z.Close())
	kind, err := media.Identify("a.docx", bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(t, err)
	var refused *media.Refusal
	if err := media.Clean(kind, bytes.NewReader(b.Bytes()), int64(b.Len()), io.Discard); !errors.As(err, &refused) || refused.Code != "not_cleanable" {
		t.Errorf("a part in UTF-16 comes to %v", err)
	}
}
