// Package media looks into a file that somebody sends: whether it is of a kind
// that is taken, is what its name says, and holds nothing that runs. It can also
// take out of a file what tells who made it, where and with what. It reads no
// more than it must and trusts nothing that a file says of itself.
package media

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// Kind is a kind of file that is taken.
type Kind struct {
	// Type is its media type.
	Type string
	// Extensions are those that its name may have, the usual one first.
	Extensions []string
	// Cleaned says that Clean can take out what tells of its maker.
	Cleaned bool
	// is reports whether a file is of the kind.
	is func(f file) (bool, error)
}

// Refusal says why a file is not taken, for whoever sent it.
type Refusal struct{ Code, Detail string }

func (r *Refusal) Error() string { return "media: " + r.Detail }

func refuse(code, format string, args ...any) error {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// file is what a kind is told by.
type file struct {
	r    io.ReaderAt
	size int64
	head []byte
	// sniffed is what the beginning looks like.
	sniffed string
	// inside is what an archive says it holds; empty for what is none.
	inside string
}

var kinds = []Kind{
	{"application/pdf", []string{".pdf"}, false, isPDF},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}, true, holds("wordprocessingml.document.main+xml")},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}, true, holds("spreadsheetml.sheet.main+xml")},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{".pptx"}, true, holds("presentationml.presentation.main+xml")},
	{"application/vnd.oasis.opendocument.text", []string{".odt"}, true, holds("application/vnd.oasis.opendocument.text")},
	{"application/vnd.oasis.opendocument.spreadsheet", []string{".ods"}, true, holds("application/vnd.oasis.opendocument.spreadsheet")},
	{"application/vnd.oasis.opendocument.presentation", []string{".odp"}, true, holds("application/vnd.oasis.opendocument.presentation")},
	{"image/jpeg", []string{".jpg", ".jpeg"}, true, sniffs("image/jpeg")},
	{"image/png", []string{".png"}, true, sniffs("image/png")},
	{"image/webp", []string{".webp"}, false, sniffs("image/webp")},
	{"image/heic", []string{".heic"}, false, sniffs("image/heic")},
	{"text/csv", []string{".csv"}, true, isText},
	{"text/plain", []string{".txt"}, true, isText},
}

func holds(what string) func(file) (bool, error) {
	return func(f file) (bool, error) { return f.inside == what, nil }
}

func sniffs(what string) func(file) (bool, error) {
	return func(f file) (bool, error) { return f.sniffed == what, nil }
}

// Extensions lists every extension that is taken.
func Extensions() []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Extensions...)
	}
	return out
}

// Identify returns what kind of file it is, or a Refusal: of what is not taken,
// is not what the name says, or holds what could run or burst.
func Identify(name string, r io.ReaderAt, size int64) (Kind, error) {
	ext := strings.ToLower(path.Ext(name))
	i := slices.IndexFunc(kinds, func(k Kind) bool { return slices.Contains(k.Extensions, ext) })
	if i < 0 {
		return Kind{}, refuse("unknown_type", "a file's name ends with one of %s", strings.Join(Extensions(), " "))
	}
	f, err := look(r, size)
	if err != nil {
		return Kind{}, err
	}
	k := kinds[i]
	is, err := k.is(f)
	if err != nil {
		return Kind{}, err
	}
	if !is {
		return Kind{}, refuse("type_mismatch", "the content is not what a name with %s promises; save it as what it is", ext)
	}
	return k, nil
}

// headSize is how much of the beginning a kind is told by.
const headSize = 3072

func look(r io.ReaderAt, size int64) (file, error) {
	f := file{r: r, size: size, head: make([]byte, min(size, headSize))}
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), f.head); err != nil {
		return f, err
	}
	kind := mimetype.Detect(f.head)
	f.sniffed, _, _ = strings.Cut(kind.String(), ";")
	if bytes.HasPrefix(f.head, []byte("PK\x03\x04")) {
		return f, f.inspectArchive()
	}
	// An archive may begin anywhere: what is two things at once is neither.
	if _, err := zip.NewReader(r, size); err == nil {
		return f, refuse("polyglot", "the file is an archive as well; save it anew with an ordinary program")
	} else if broken := (&Refusal{}); !errors.As(err, &broken) && !errors.Is(err, zip.ErrFormat) && !errors.Is(err, zip.ErrAlgorithm) && !errors.Is(err, zip.ErrInsecurePath) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return f, err
	}
	return f, nil
}

// running are the names by which a PDF says that it does something by itself.
var running = [][]byte{[]byte("/JavaScript"), []byte("/Launch"), []byte("/EmbeddedFile"), []byte("/RichMedia"), []byte("/XFA")}

func isPDF(f file) (bool, error) {
	if !bytes.HasPrefix(f.head, []byte("%PDF-")) {
		return false, nil
	}
	found, err := contains(io.NewSectionReader(f.r, 0, f.size), running)
	if found {
		return false, refuse("active_content", "the PDF holds scripts, forms or attached files; print it to a plain PDF")
	}
	return true, err
}

// contains looks for any of the words in a stream.
func contains(r io.Reader, words [][]byte) (bool, error) {
	const overlap = 32 // longer than any word
	buf := make([]byte, 64<<10)
	held := 0
	for {
		n, err := r.Read(buf[held:])
		n += held
		for _, w := range words {
			if bytes.Contains(buf[:n], w) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		keep := min(overlap, n)
		held = copy(buf, buf[n-keep:n])
	}
}

// isText takes UTF-8 that holds no NUL and looks like no markup or program.
func isText(f file) (bool, error) {
	if !slices.Contains([]string{"text/plain", "text/csv", "text/tab-separated-values"}, f.sniffed) || bytes.HasPrefix(f.head, []byte("#!")) {
		return false, nil
	}
	r := io.NewSectionReader(f.r, 0, f.size)
	buf, held := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buf[held:])
		n += held
		whole := n
		if err == nil { // a character may be cut
			for whole > 0 && whole > n-utf8.UTFMax && !utf8.Valid(buf[:whole]) {
				whole--
			}
		}
		if !utf8.Valid(buf[:whole]) || bytes.IndexByte(buf[:whole], 0) >= 0 {
			return false, refuse("not_text", "a text file is UTF-8; save it as such")
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		held = copy(buf, buf[whole:n])
	}
}

// Clean writes the file without what tells who made it, where, when and with
// what. A kind that it can't surely clean is refused, with what to do instead.
func Clean(k Kind, r io.ReaderAt, size int64, w io.Writer) error {
	in := io.NewSectionReader(r, 0, size)
	switch {
	case k.Type == "image/jpeg":
		return cleanJPEG(in, w)
	case k.Type == "image/png":
		return cleanPNG(in, w)
	case strings.HasPrefix(k.Type, "text/"):
		_, err := io.Copy(w, in)
		return err
	case k.Cleaned:
		return cleanArchive(r, size, w)
	}
	return refuse("not_cleanable", "a %s can hold who made it and where, and it can't be taken out surely; send pictures as JPEG or PNG, and a text as TXT, DOCX or ODT", k.Extensions[0])
}
