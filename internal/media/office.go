package media

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// cleanArchive writes an office document anew: its properties emptied, the names
// of those who wrote, changed and commented taken out, its pictures cleaned. The
// archive's own times and remarks stay behind.
func cleanArchive(r io.ReaderAt, size int64, w io.Writer) error {
	z, err := openArchive(r, size)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	for _, e := range z.File {
		if strings.HasSuffix(e.Name, "/") || dropped(e.Name) {
			continue
		}
		if err := cleanEntry(out, e); err != nil {
			return err
		}
	}
	return out.Close()
}

func cleanEntry(out *zip.Writer, e *zip.File) error {
	head := &zip.FileHeader{Name: e.Name, Method: zip.Deflate}
	if e.Name == "mimetype" { // ODF 1.3, part 2, section 3.3
		head.Method = zip.Store
	}
	to, err := out.CreateHeader(head)
	if err != nil {
		return err
	}
	if emptied, is := properties[strings.ToLower(e.Name)]; is {
		_, err := io.WriteString(to, emptied)
		return err
	}
	b := &bytes.Buffer{}
	if _, err := inflate(e, b, maxPart); err != nil {
		return err
	}
	switch ext := strings.ToLower(path.Ext(e.Name)); {
	case ext == ".xml" || ext == ".rels" || ext == ".rdf" || ext == ".vml":
		_, err = to.Write(cleanXML(b.Bytes()))
	case ext == ".jpg" || ext == ".jpeg":
		err = cleanJPEG(bytes.NewReader(b.Bytes()), to)
	case ext == ".png":
		err = cleanPNG(b, to)
	case e.Name == "mimetype":
		_, err = to.Write(b.Bytes())
	default:
		return refuse("not_cleanable", "the document holds a part (%s) that can tell of who made it and can't be cleaned; save pictures in it as PNG or JPEG, and take other objects out", ext)
	}
	return err
}

// maxPart is how large a part of a document is that is cleaned, in bytes.
const maxPart = 64 << 20

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`

// properties are the parts that are about the document and its makers, each with
// what it holds when it says nothing.
var properties = map[string]string{
	"docprops/core.xml":   xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>`,
	"docprops/app.xml":    xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>`,
	"docprops/custom.xml": xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"/>`,
	"meta.xml": xmlHead + `<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3">` +
		`<office:meta/></office:document-meta>`,
}

// away are the parts that no reader needs. What refers to them goes too.
var away = []string{"printersettings", "thumbnail", "customxml/", "people.xml", "persons/", "layout-cache"}

func dropped(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(away, func(part string) bool { return strings.Contains(name, part) })
}

// names are the attributes that name a person, a machine or a moment; revisions
// are those that tell sittings apart.
var (
	named     = []string{"author", "initials", "userid", "providerid", "displayname", "username", "lastauthor", "creator", "clidx"}
	moments   = []string{"date", "dt", "dateutc"}
	revisions = regexp.MustCompile(`^(rsid\w*|paraid|textid|durableid|docid)$`)
	persons   = []string{"creator", "author", "lastmodifiedby", "initial-creator", "creator-initials", "sender-firstname", "sender-lastname", "sender-initials",
		"author-name", "author-initials", "company", "manager"}
	attribute = regexp.MustCompile(`(\s+)([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)\s*=\s*("[^"]*"|'[^']*')`)
	element   = regexp.MustCompile(`^<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)`)
)

// cleanXML rewrites the tags that name somebody, and empties the elements that
// do; all else stays to the byte. A tag ends where no quotation is open.
func cleanXML(in []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(in)))
	empties := false // the text that follows is that of an element that names somebody
	for len(in) > 0 {
		at := bytes.IndexByte(in, '<')
		if at < 0 {
			at = len(in)
		}
		if !empties {
			out.Write(in[:at])
		}
		in = in[at:]
		end := tagEnd(in)
		tag := in[:end]
		in = in[end:]
		empties = false
		name := local(tag)
		switch {
		case name == "":
			if !bytes.HasPrefix(tag, []byte("<!--")) && !bytes.HasPrefix(tag, []byte("<?mso")) {
				out.Write(tag)
			}
			continue
		case refersAway(name, tag):
			continue
		}
		empties = (slices.Contains(persons, name) || bytes.HasPrefix(tag, []byte("<dc:date"))) && !bytes.HasSuffix(tag, []byte("/>"))
		out.Write(cleanTag(name, tag))
	}
	return out.Bytes()
}

func tagEnd(in []byte) int {
	if bytes.HasPrefix(in, []byte("<!--")) {
		if at := bytes.Index(in, []byte("-->")); at >= 0 {
			return at + 3
		}
		return len(in)
	}
	var quote byte
	for i, b := range in {
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			return i + 1
		}
	}
	return len(in)
}

func local(tag []byte) string {
	m := element.FindSubmatch(tag)
	if m == nil {
		return ""
	}
	return strings.ToLower(string(m[2]))
}

// refersAway reports whether an element refers to a part that is dropped.
func refersAway(name string, tag []byte) bool {
	lower := strings.ToLower(string(tag))
	switch name {
	case "relationship", "override", "file-entry":
		// A template is named by its path, and so by whose machine it lies on.
		return strings.Contains(lower, "attachedtemplate") || slices.ContainsFunc(away, func(part string) bool { return strings.Contains(lower, part) })
	}
	return slices.Contains([]string{"rsid", "rsidroot", "attachedtemplate"}, name)
}

func cleanTag(name string, tag []byte) []byte {
	return attribute.ReplaceAllFunc(tag, func(a []byte) []byte {
		m := attribute.FindSubmatch(a)
		key := strings.ToLower(string(m[3]))
		switch {
		case slices.Contains(named, key), key == "name" && (name == "cmauthor" || name == "author"):
			return slices.Concat(m[1], m[2], m[3], []byte(`="Author"`))
		case slices.Contains(moments, key) && len(m[4]) > 10:
			return slices.Concat(m[1], m[2], m[3], []byte(`="1970-01-01T00:00:00Z"`))
		case revisions.MatchString(key), name == "pagesetup" && key == "id":
			return nil
		}
		return a
	})
}
