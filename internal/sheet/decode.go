package sheet

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// unpack takes gzip off, where it is, and bounds what comes out.
func unpack(r io.Reader, limit int64) (*bufio.Reader, error) {
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return bufio.NewReader(&boundedReader{r: b, limit: limit, left: limit}), nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, notUnpacked(err)
	}
	return bufio.NewReader(&boundedReader{r: gunzipped{z}, limit: limit, left: limit}), nil
}

// gunzipped says what a bare "unexpected EOF" is about.
type gunzipped struct{ z *gzip.Reader }

func (g gunzipped) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = notUnpacked(err)
	}
	return n, err
}

func notUnpacked(err error) error {
	return atRow(0, err, "the gzip file can't be unpacked (%v)", err)
}

// A boundedReader fails, rather than ends, once it has read past its limit.
type boundedReader struct {
	r           io.Reader
	limit, left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, tooLarge(0, "the file is larger than %d bytes, unpacked", b.limit)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return b.Read(nil)
	}
	return n, err
}

// A charset is an encoding that a file may be declared to have.
type charset struct {
	name string
	encoding.Encoding
}

var (
	utf8Charset = charset{"utf-8", encoding.Nop}
	utf16LE     = charset{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)}
	utf16BE     = charset{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)}
)

// charsetNamed finds a declared encoding, in upper or lower case. Only canonical
// names are taken, since the WHATWG index takes "latin1" for windows-1252.
func charsetNamed(name string) (charset, error) {
	name = strings.ToLower(name)
	switch name {
	case "", "utf-8":
		return utf8Charset, nil
	case "utf-16", "utf-16le":
		return charset{name, utf16LE.Encoding}, nil
	case "utf-16be":
		return utf16BE, nil
	case "iso-8859-1":
		return charset{name, charmap.ISO8859_1}, nil
	}
	e, err := htmlindex.Get(name)
	if err != nil || e == encoding.Replacement {
		return charset{}, errors.New("is not an encoding that can be read; examples are utf-8, utf-16, windows-1252, iso-8859-1 and macintosh")
	}
	if canonical, _ := htmlindex.Name(e); canonical != name {
		return charset{}, fmt.Errorf("is no canonical name; write %s if that is what is meant", canonical)
	}
	return charset{name, e}, nil
}

var byteOrderMarks = []struct {
	mark    string
	charset charset
}{
	{"\xEF\xBB\xBF", utf8Charset},
	{"\xFF\xFE", utf16LE},
	{"\xFE\xFF", utf16BE},
}

// decode turns a file in the declared encoding into UTF-8. It refuses the bytes
// that the encoding doesn't have, and a byte-order mark that contradicts it.
func decode(b *bufio.Reader, declared string) (io.Reader, error) {
	c, err := charsetNamed(declared)
	if err != nil {
		return nil, atRow(0, err, "the encoding %q %s", declared, err)
	}
	marked, mark := markOf(b)
	switch {
	case mark == 0 && c.name == "utf-16":
		return nil, atRow(0, nil, "the file has no byte-order mark; declare its encoding as utf-16le or utf-16be")
	case mark != 0 && marked.name != c.name && (c.name != "utf-16" || marked.name == "utf-8"):
		return nil, atRow(0, nil, "the file begins with the byte-order mark of %s, but its encoding is declared as %s", marked.name, c.name)
	case mark != 0:
		c = marked
	}
	if _, err := b.Discard(mark); err != nil {
		return nil, err
	}
	s := &strict{Transformer: c.NewDecoder(), charset: c, offset: int64(mark)}
	if c.name == utf8Charset.name {
		s.Transformer = encoding.UTF8Validator
	}
	return transform.NewReader(b, s), nil
}

// markOf returns the encoding of a file's byte-order mark, and the mark's length.
func markOf(b *bufio.Reader) (charset, int) {
	head, _ := b.Peek(3)
	for _, m := range byteOrderMarks {
		if strings.HasPrefix(string(head), m.mark) {
			return m.charset, len(m.mark)
		}
	}
	return charset{}, 0
}

// strict is a decoder that fails where a plain one writes U+FFFD.
type strict struct {
	transform.Transformer
	charset charset
	offset  int64 // of the next byte, in the unpacked file
}

func (s *strict) Transform(dst, src []byte, atEOF bool) (int, int, error) {
	nDst, nSrc, err := s.Transformer.Transform(dst, src, atEOF)
	if err == encoding.ErrInvalidUTF8 {
		return nDst, nSrc, s.refuse(nSrc, src)
	}
	if s.charset.Encoding != encoding.Nop {
		if i := bytes.IndexFunc(dst[:nDst], undefined); i >= 0 {
			before, _ := s.charset.NewEncoder().Bytes(dst[:i])
			return i, len(before), s.refuse(len(before), src)
		}
	}
	s.offset += int64(nSrc)
	return nDst, nSrc, err
}

// undefined tells what decoders make of bytes that their encoding doesn't have:
// U+FFFD or, by the WHATWG tables, a C1 control, which no register holds.
func undefined(r rune) bool { return r == utf8.RuneError || 0x80 <= r && r <= 0x9f }

func (s *strict) refuse(i int, src []byte) error {
	return atRow(0, nil, "the byte 0x%02X at offset %d is no text in %s; save the file as UTF-8 (spreadsheet programs call it CSV UTF-8), or declare the encoding that it was saved in",
		src[i], s.offset+int64(i), s.charset.name)
}
