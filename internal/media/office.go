package media

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// cleanArchive writes an office document anew: its properties and settings emptied,
// the names of those who wrote, changed and commented taken out, and where it lay
// and on whose machine, its pictures cleaned. The archive's own times and remarks
// stay behind.
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
		if !utf8.Valid(b.Bytes()) {
			return refuse("not_cleanable", "the document holds a part that is not UTF-8; save it anew with an ordinary program")
		}
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
	"settings.xml": xmlHead + `<office:document-settings xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.3">` +
		`<office:settings/></office:document-settings>`,
}

// away are the parts that no reader needs. What refers to them goes too.
var away = []string{"printersettings", "thumbnail", "customxml/", "people.xml", "persons/", "layout-cache", "docmetadata/"}

func dropped(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(away, func(part string) bool { return strings.Contains(name, part) })
}

// named, moments and places are the attributes that name a person, a moment or
// where something came from; revisions are those that tell sittings apart. Telling
// elements go whole, of persons the text.
var (
	named     = []string{"author", "initials", "userid", "providerid", "displayname", "username", "lastauthor", "creator", "clidx", "refreshedby"}
	moments   = []string{"date", "dt", "dateutc"}
	places    = []string{"odcfile", "sourcefile", "connection"}
	revisions = regexp.MustCompile(`^(rsid\w*|paraid|textid|durableid|docid)$`)
	persons   = []string{"creator", "author", "lastmodifiedby", "initial-creator", "creator-initials", "sender-firstname", "sender-lastname", "sender-initials",
		"author-name", "author-initials", "company", "manager"}
	telling   = []string{"rsid", "rsidroot", "attachedtemplate", "abspath", "docid", "revisionptr", "mailmerge"}
	pictures  = []string{"cnvpr", "docpr"}
	attribute = regexp.MustCompile(`(\s+)([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)\s*=\s*("[^"]*"|'[^']*')`)
	element   = regexp.MustCompile(`^<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)`)
)

// local is how a path begins that holds on one machine or in one network alone,
// and web how an address that holds for everybody does.
var (
	local    = regexp.MustCompile(`(?i)\bfile:|\b[a-z]:[\\/]|\\\\[\w.$-]+\\`)
	web      = regexp.MustCompile(`(?i)^(https?:|mailto:|tel:|#)`)
	external = regexp.MustCompile(`(?i)\stargetmode\s*=\s*["']external`)
)

// cleanXML rewrites the tags that name somebody, and empties the elements that
// do; all else stays to the byte. A tag ends where no quotation is open.
func cleanXML(in []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(in)))
	for len(in) > 0 {
		at := bytes.IndexByte(in, '<')
		if at < 0 {
			at = len(in)
		}
		out.Write(in[:at])
		in = in[at:]
		end := tagEnd(in)
		tag := in[:end]
		in = in[end:]
		switch name := nameOf(tag); {
		case name == "":
			if !bytes.HasPrefix(tag, []byte("<!--")) && (!bytes.HasPrefix(tag, []byte("<?")) || bytes.HasPrefix(tag, []byte("<?xml "))) {
				out.Write(tag)
			}
		case refersAway(name, tag):
			_, end := contentOf(tag, in)
			in = in[end:]
		default:
			out.Write(cleanTag(name, tag))
			if saysWho(name, tag, in) {
				content, _ := contentOf(tag, in)
				in = in[content:]
			}
		}
	}
	return out.Bytes()
}

// contentOf is how long what an element holds is, and with its end tag.
func contentOf(tag, in []byte) (content, end int) {
	if bytes.HasSuffix(tag, []byte("/>")) {
		return 0, 0
	}
	for depth := 1; end < len(in); {
		at := bytes.IndexByte(in[end:], '<')
		if at < 0 {
			break
		}
		content = end + at
		end = content + tagEnd(in[content:])
		switch tag := in[content:end]; {
		case bytes.HasPrefix(tag, []byte("</")):
			depth--
		case nameOf(tag) != "" && !bytes.HasSuffix(tag, []byte("/>")):
			depth++
		}
		if depth == 0 {
			return content, end
		}
	}
	return len(in), len(in)
}

// saysWho reports whether what an element holds names somebody, a moment, or a
// file by where it lay. In is what comes after the tag.
func saysWho(name string, tag, in []byte) bool {
	switch name {
	case "date":
		return bytes.HasPrefix(tag, []byte("<dc:"))
	case "title", "desc":
		return bytes.HasPrefix(tag, []byte("<svg:"))
	case "instrtext", "delinstrtext":
		text, _, _ := bytes.Cut(in, []byte("<"))
		return local.Match(text)
	}
	return slices.Contains(persons, name)
}

func tagEnd(in []byte) int {
	if bytes.HasPrefix(in, []byte("<!--")) {
		if at := bytes.Index(in, []byte("-->")); at >= 0 {
			return at + 3
		}
		return len(in)
	}
	if bytes.HasPrefix(in, []byte("<![CDATA[")) {
		if at := bytes.Index(in, []byte("]]>")); at >= 0 {
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

// nameOf is the name of the element that a tag begins, without its prefix; empty for
// any other tag.
func nameOf(tag []byte) string {
	m := element.FindSubmatch(tag)
	if m == nil {
		return ""
	}
	return strings.ToLower(string(m[2]))
}

// refersAway reports whether an element goes: it refers to a part that is dropped,
// or tells by itself.
func refersAway(name string, tag []byte) bool {
	lower := strings.ToLower(string(tag))
	switch name {
	case "relationship", "override", "file-entry":
		// A template is named by its path, and so by whose machine it lies on.
		return strings.Contains(lower, "attachedtemplate") || slices.ContainsFunc(away, func(part string) bool { return strings.Contains(lower, part) })
	}
	return slices.Contains(telling, name)
}

func cleanTag(name string, tag []byte) []byte {
	outside := name == "relationship" && external.Match(tag)
	return attribute.ReplaceAllFunc(tag, func(a []byte) []byte {
		m := attribute.FindSubmatch(a)
		key, value := strings.ToLower(string(m[3])), m[4][1:len(m[4])-1]
		is := func(value string) []byte { return slices.Concat(m[1], m[2], m[3], []byte(`="`+value+`"`)) }
		switch {
		case string(m[2]) == "xmlns:", key == "xmlns":
			return a
		case slices.Contains(named, key), key == "name" && (name == "cmauthor" || name == "author"):
			return is("Author")
		case slices.Contains(moments, key) && len(m[4]) > 10:
			return is("1970-01-01T00:00:00Z")
		case revisions.MatchString(key), name == "pagesetup" && key == "id":
			return nil
		case slices.Contains(pictures, name) && (key == "descr" || key == "title"), name == "imagedata" && key == "title", key == "alt":
			return nil // a picture's file, as a rule
		case outside && key == "target" && !web.Match(value):
			return is("about:blank")
		case slices.Contains(pictures, name) && key == "name", slices.Contains(places, key), local.Match(value),
			key == "href" && (bytes.HasPrefix(value, []byte("../")) || bytes.HasPrefix(value, []byte("/"))):
			return is("")
		}
		return a
	})
}
