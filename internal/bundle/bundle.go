// Package bundle writes ZIP files whose bytes follow from what is put in alone,
// and that anyone can check: the last file names the SHA-256 of every other, as
// sha256sum reads it. A bundle that was not closed does not open.
package bundle

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// Manifest is the name of the file that names every other.
const Manifest = "MANIFEST.sha256"

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
	if !safe(name) || b.has[name] || name == Manifest {
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
	return b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.at})
}

// Flush hands on what was written so far.
func (b *Writer) Flush() error { return b.zip.Flush() }

// Close writes the manifest and what makes the file a ZIP. Without it, it is
// none.
func (b *Writer) Close() error {
	w, err := b.create(Manifest)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, b.sums.String()); err != nil {
		return err
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

// Verify holds every file of a bundle against the manifest: none may differ, lack
// or be there besides. It says how many there are, and writes nothing.
func Verify(r *zip.Reader) (files int, err error) {
	want, err := manifest(r)
	if err != nil {
		return 0, err
	}
	for _, f := range r.File[:len(r.File)-1] {
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
		files++
	}
	for name := range want {
		return 0, fmt.Errorf("%w: %q is missing", ErrAltered, name)
	}
	return files, nil
}

func manifest(r *zip.Reader) (map[string]string, error) {
	last := len(r.File) - 1
	if last < 0 || r.File[last].Name != Manifest {
		return nil, fmt.Errorf("%w: it does not end with %s", ErrAltered, Manifest)
	}
	f, err := r.File[last].Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	defer f.Close()
	sums := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || sums[name] != "" || !safe(name) || len(digest) != 2*sha256.Size {
			return nil, fmt.Errorf("%w: the manifest can't be read", ErrAltered)
		}
		sums[name] = digest
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAltered, err)
	}
	return sums, nil
}

func digestOf(f *zip.File) (string, error) {
	r, err := f.Open()
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
