// Package bundle writes ZIP files whose bytes follow from what is put in alone,
// and that anyone can check: after the files comes one that names the SHA-256 of
// each, as sha256sum reads it, and one that signs that. A bundle that was not
// closed does not open.
package bundle

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Manifest is the name of the file that names every other, and Signature of the
// one that signs it.
const (
	Manifest  = "MANIFEST.sha256"
	Signature = "MANIFEST.sha256.sig"
)

// Writer writes a bundle. It keeps nothing of the files but their names and
// digests.
type Writer struct {
	zip  *zip.Writer
	at   time.Time
	has  map[string]bool
	sums strings.Builder
}

// NewWriter writes a bundle to w, as of a time that every file in it has.
func NewWriter(w io.Writer, at time.Time) *Writer {
	return &Writer{zip: zip.NewWriter(w), at: at.UTC().Truncate(time.Second), has: map[string]bool{}}
}

// Add writes what give gives as a file and returns its SHA-256 in hexadecimal. It
// refuses a name that is taken, and one that some system would not unpack where
// it belongs.
func (b *Writer) Add(name string, give func(io.Writer) error) (digest string, err error) {
	if !safe(name) || b.has[name] || name == Manifest || name == Signature {
		return "", fmt.Errorf("bundle: %q can't be a file's name", name)
	}
	b.has[name] = true
	w, err := b.create(name)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	if err := give(io.MultiWriter(w, sum)); err != nil {
		return "", err
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	fmt.Fprintf(&b.sums, "%s  %s\n", digest, name)
	return digest, nil
}

func (b *Writer) create(name string) (io.Writer, error) {
	return b.zip.CreateHeader(header(name, b.at))
}

func header(name string, at time.Time) *zip.FileHeader {
	return &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
}

// Flush hands on what was written so far.
func (b *Writer) Flush() error { return b.zip.Flush() }

// Close writes the manifest, what sign makes of its SHA-256, and what makes the
// file a ZIP. Without it, it is none.
func (b *Writer) Close(sign func(manifest [sha256.Size]byte) (string, error)) error {
	manifest := b.sums.String()
	signature, err := sign(sha256.Sum256([]byte(manifest)))
	if err != nil {
		return err
	}
	for _, f := range [][2]string{{Manifest, manifest}, {Signature, signature}} {
		w, err := b.create(f[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			return err
		}
	}
	return b.zip.Close()
}

// safe reports whether a name is a path of plain words, downward.
func safe(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part != FileName(part) {
			return false
		}
	}
	return fs.ValidPath(name)
}

// maxName is how long a file's name may be, in bytes.
const maxName = 100

// FileName makes of any text a file's name that every system keeps as it is:
// ASCII letters, digits, dots, dashes and underscores, neither hidden nor a
// device of Windows. Different texts can make the same name.
func FileName(text string) string {
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, text)
	name = strings.TrimRight(strings.TrimLeft(name, ".-"), ".")
	if stem, _, _ := strings.Cut(strings.ToLower(name), "."); stem == "" || device[stem] {
		name = "_" + name
	}
	if len(name) > maxName {
		name = name[:maxName/2] + name[len(name)-maxName/2:] // its end tells what kind of file it is
	}
	return name
}

// device are the names that Windows takes for something else than a file.
var device = func() map[string]bool {
	all := map[string]bool{"con": true, "prn": true, "aux": true, "nul": true}
	for n := range 10 {
		all[fmt.Sprint("com", n)], all[fmt.Sprint("lpt", n)] = true, true
	}
	return all
}()

// ErrAltered refuses a bundle that is not as it was made.
var ErrAltered = errors.New("bundle: not as it was made")

// Open opens a bundle, and refuses with ErrAltered what a Writer would not have
// written so: programs differ in which of a ZIP's two names of a file they
// believe, and in what they make of bytes that belong to none. It frames the
// packed files anew and compares every byte; it does not pack them anew, since
// another build may pack otherwise. Whether the files are the signed ones is for
// Verify.
func Open(file io.ReaderAt, size int64) (*zip.Reader, error) {
	r, err := zip.NewReader(file, size)
	if err != nil {
		return nil, err
	}
	r.RegisterDecompressor(zip.Deflate, unpack)
	same := &comparison{with: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)}
	if err := frame(same, r.File); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	if _, err := same.with.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrAltered, errFrame)
	}
	return r, nil
}

// frame writes the ZIP that a Writer makes of files that are packed already.
func frame(w io.Writer, files []*zip.File) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		h := header(f.Name, files[0].Modified.UTC())
		if _, err := zip.NewWriter(io.Discard).CreateHeader(h); err != nil { // fills in the rest of it
			return err
		}
		h.CRC32, h.CompressedSize64, h.UncompressedSize64 = f.CRC32, f.CompressedSize64, f.UncompressedSize64
		to, err := z.CreateRaw(h)
		if err != nil {
			return err
		}
		packed, err := f.OpenRaw()
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, packed); err != nil {
			return err
		}
	}
	return z.Close()
}

var errFrame = errors.New("the ZIP around its files is another")

// comparison refuses what differs from what it is compared with.
type comparison struct{ with *bufio.Reader }

func (c *comparison) Write(p []byte) (int, error) {
	got := make([]byte, len(p))
	if _, err := io.ReadFull(c.with, got); err != nil || !bytes.Equal(got, p) {
		return 0, errFrame
	}
	return len(p), nil
}

// unpack refuses what follows the end of a packed file inside its place: whoever
// reads a ZIP from its beginning could take it for another file.
func unpack(packed io.Reader) io.ReadCloser {
	b := bufio.NewReader(packed)
	return &unpacking{ReadCloser: flate.NewReader(b), packed: b}
}

type unpacking struct {
	io.ReadCloser
	packed *bufio.Reader
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		if _, more := u.packed.ReadByte(); !errors.Is(more, io.EOF) {
			return n, errFrame
		}
	}
	return n, err
}

// Verify holds the manifest of what Open opened against its signature, which
// signed refuses if it is none, and every file against the manifest, in turn: none
// may differ, lack or be there besides. It says how many there are, and writes
// nothing.
func Verify(r *zip.Reader, signed func(manifest [sha256.Size]byte, signature string) error) (files int, err error) {
	end := len(r.File) - 2
	if end < 0 || r.File[end].Name != Manifest || r.File[end+1].Name != Signature {
		return 0, fmt.Errorf("%w: it does not end with %s and %s, so it is not signed", ErrAltered, Manifest, Signature)
	}
	want, names, err := manifest(r.File[end], func(sum [sha256.Size]byte) error {
		signature, err := short(r.File[end+1])
		if err != nil {
			return err
		}
		return signed(sum, signature)
	})
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	for _, f := range r.File[:end] {
		digest, named := want[f.Name]
		if !named {
			return 0, fmt.Errorf("%w: %q is not in the manifest, or twice in the bundle", ErrAltered, f.Name)
		}
		delete(want, f.Name)
		got, err := digestOf(f)
		if err != nil {
			return 0, fmt.Errorf("%w: %q: %w", ErrAltered, f.Name, err)
		}
		if got != digest {
			return 0, fmt.Errorf("%w: %q has another digest than in the manifest", ErrAltered, f.Name)
		}
	}
	if i := slices.IndexFunc(names, func(name string) bool { return want[name] != "" }); i >= 0 {
		return 0, fmt.Errorf("%w: %q is missing", ErrAltered, names[i])
	}
	return end, nil
}

// manifest reads the digest of each file, and their names in order.
func manifest(f *zip.File, signed func([sha256.Size]byte) error) (digests map[string]string, names []string, err error) {
	r, err := open(f)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	sum, odd := sha256.New(), false
	digests = map[string]string{}
	lines := bufio.NewScanner(io.TeeReader(r, sum))
	for lines.Scan() {
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		odd = odd || !ok || digests[name] != "" || !safe(name) || len(digest) != 2*sha256.Size
		digests[name], names = digest, append(names, name)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", Manifest, err)
	}
	if err := signed([sha256.Size]byte(sum.Sum(nil))); err != nil {
		return nil, nil, err
	}
	if odd {
		return nil, nil, fmt.Errorf("%s can't be read", Manifest)
	}
	return digests, names, nil
}

// short reads a file that is short.
func short(f *zip.File) (string, error) {
	r, err := open(f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if len(text) > most {
		return "", fmt.Errorf("%s is too long", f.Name)
	}
	return string(text), err
}

func digestOf(f *zip.File) (string, error) {
	r, err := open(f)
	if err != nil {
		return "", err
	}
	defer r.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// open opens a plain file. What unpacks as a link has a digest as well, but no
// content of its own.
func open(f *zip.File) (io.ReadCloser, error) {
	if !f.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	return f.Open()
}
