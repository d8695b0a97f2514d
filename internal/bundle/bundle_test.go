package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, time.March, 2, 9, 0, 0, 123, time.UTC)

// made is a bundle of files, given as names and texts in turn.
func made(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, at)
	for i := 0; i < len(files); i += 2 {
		if _, err := w.Add(files[i], text(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(sign); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sign and signed stand for a key.
func sign(manifest [sha256.Size]byte) (string, error) { return fmt.Sprintf("signed %x", manifest), nil }

func signed(manifest [sha256.Size]byte, signature string) error {
	if want, _ := sign(manifest); signature != want {
		return errors.New("another signature")
	}
	return nil
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func verify(t *testing.T, b []byte) (int, error) {
	t.Helper()
	r, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return 0, err
	}
	return Verify(r, signed)
}

func TestTheSameFilesAreTheSameBytesAndVerify(t *testing.T) {
	one := made(t, "a.txt", "first", "b/c.txt", "second")
	if !bytes.Equal(one, made(t, "a.txt", "first", "b/c.txt", "second")) {
		t.Error("the same files make other bytes")
	}
	if n, err := verify(t, one); n != 2 || err != nil {
		t.Errorf("%d files, %v", n, err)
	}
}

func TestWhatIsNotAsItWasMadeIsFound(t *testing.T) {
	for name, change := range map[string]func(*zip.Writer){
		`"a.txt" has another digest`: func(z *zip.Writer) { put(z, "a.txt", "other"); end(z, sumOf("first")) },
		`"b.txt" is not in`:          func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, "b.txt", ""); end(z, sumOf("first")) },
		`or twice`:                   func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, "a.txt", "first"); end(z, sumOf("first")) },
		`"MANIFEST.sha256" is not in`: func(z *zip.Writer) {
			put(z, Manifest, "another")
			put(z, "a.txt", "first")
			end(z, sumOf("first"))
		},
		`"a.txt" is missing`: func(z *zip.Writer) { end(z, sumOf("first")) },
		"the ZIP around its files": func(z *zip.Writer) {
			link := &zip.FileHeader{Name: "a.txt"}
			link.SetMode(fs.ModeSymlink | 0o777)
			w, err := z.CreateHeader(link)
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(w, "first")
			end(z, sumOf("first"))
		},
		"does not end with":   func(z *zip.Writer) { put(z, "a.txt", "first") },
		"so it is not signed": func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, Manifest, sumOf("first")) },
		"can't be read":       func(z *zip.Writer) { put(z, "a.txt", "first"); end(z, "abc\n") },
		"t be read": func(z *zip.Writer) {
			put(z, "../a.txt", "first")
			end(z, strings.Replace(sumOf("first"), "a.txt", "../a.txt", 1))
		},
		"it does not end":   func(*zip.Writer) {},
		"another signature": func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, Manifest, sumOf("first")); put(z, Signature, "") },
		": another signature": func(z *zip.Writer) {
			put(z, "a.txt", "other")
			put(z, Manifest, sumOf("other"))
			put(z, Signature, signatureOf(sumOf("first")))
		},
		"with MANIFEST.sha256": func(z *zip.Writer) { end(z, sumOf("first")); put(z, "a.txt", "first") },
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		change(z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := verify(t, b.Bytes()); !errors.Is(err, ErrAltered) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	three := made(t, "c.txt", "first", "b.txt", "second", "a.txt", "third")
	z, err := zip.NewReader(bytes.NewReader(three), int64(len(three)))
	if err != nil {
		t.Fatal(err)
	}
	z.File = append(z.File[:0:0], z.File[3:]...) // none of the three is there
	if _, err := Verify(z, signed); err == nil || !strings.Contains(err.Error(), `"c.txt" is missing`) {
		t.Errorf("of three that are missing not the first is named: %v", err)
	}
	whole := made(t, "a.txt", strings.Repeat("first", 1000))
	for _, n := range []int{len(whole) - 1, len(whole) / 2, 10} {
		if _, err := verify(t, whole[:n]); err == nil {
			t.Errorf("%d of %d bytes verify", n, len(whole))
		}
	}
}

func put(z *zip.Writer, name, s string) {
	w, err := z.CreateHeader(header(name, at.Truncate(time.Second)))
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(w, s)
}

// end ends a bundle with a manifest that is signed.
func end(z *zip.Writer, manifest string) {
	put(z, Manifest, manifest)
	put(z, Signature, signatureOf(manifest))
}

func signatureOf(manifest string) string {
	signature, _ := sign(sha256.Sum256([]byte(manifest)))
	return signature
}

// sumOf is the manifest of one file a.txt.
func sumOf(s string) string {
	b := &Writer{zip: zip.NewWriter(io.Discard), has: map[string]bool{}}
	_, _ = b.Add("a.txt", text(s))
	return b.sums.String()
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	w := NewWriter(io.Discard, at)
	for _, name := range []string{"", "/a", "../a", "a/../b", "a//b", "./a", "a/", `a\b`, "C:a", "nul", "con.txt", "a/aux", ".hidden", "a ", "é", "a\x00b", Manifest, Signature, strings.Repeat("a", 101)} {
		if _, err := w.Add(name, text("")); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if _, err := w.Add("a/b-1_c.txt", text("")); err != nil {
		t.Error(err)
	}
	if _, err := w.Add("a/b-1_c.txt", text("")); err == nil {
		t.Error("a name is taken twice")
	}
	broken := errors.New("broken")
	if err := w.Close(func([sha256.Size]byte) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("what can't be signed closes: %v", err)
	}
	if _, err := w.Add("b", func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestAFileNameIsPlain(t *testing.T) {
	for from, want := range map[string]string{
		"report.pdf": "report.pdf", "../../etc/passwd": "_.._etc_passwd", "Übersicht 1.pdf": "_bersicht_1.pdf", "con.txt": "_con.txt", "NUL": "_NUL",
		"": "_", "...": "_", "-rf": "rf", "a.": "a", "\u202egpj.exe": "_gpj.exe", strings.Repeat("a", 200) + ".pdf": strings.Repeat("a", 96) + ".pdf",
	} {
		if got := FileName(from); got != want {
			t.Errorf("%q is %q, want %q", from, got, want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("../a")
	f.Add("com1.txt")
	f.Add(strings.Repeat(".", 120) + "a")
	f.Add("con." + strings.Repeat("a", 96))
	f.Fuzz(func(t *testing.T, s string) {
		if name := FileName(s); !safe(name) || len(name) > maxName {
			t.Errorf("%q makes %q", s, name)
		}
	})
}

// framed is a bundle that is put together anew, each of its files with its header
// and packed bytes as change leaves them.
func framed(t *testing.T, b []byte, change func(h *zip.FileHeader, packed *[]byte)) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range r.File {
		h := f.FileHeader
		raw, err := f.OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(raw)
		if err != nil {
			t.Fatal(err)
		}
		change(&h, &packed)
		w, err := z.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheZIPAroundTheFilesHidesNothing(t *testing.T) {
	whole := made(t, "a.txt", "first", "b.txt", "second")
	each := func(change func(*zip.FileHeader)) []byte {
		return framed(t, whole, func(h *zip.FileHeader, _ *[]byte) { change(h) })
	}
	if same := each(func(*zip.FileHeader) {}); !bytes.Equal(same, whole) {
		t.Fatal("framed anew, it is another")
	}
	local := func(name, s string) []byte { // an entry that is in no directory
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		put(z, name, s)
		put(z, "end", "")
		_ = z.Flush()
		return b.Bytes()[:bytes.LastIndex(b.Bytes(), []byte("PK\x03\x04"))]
	}
	commented := bytes.Clone(whole)
	commented[len(commented)-2] = 4
	for name, b := range map[string][]byte{
		"another name for unzip": each(func(h *zip.FileHeader) { h.Extra = append(h.Extra, "\x75\x70\x0a\x00\x01\x00\x00\x00\x00b.txt"...) }),
		"a file's comment":       each(func(h *zip.FileHeader) { h.Comment = "Reviewed." }),
		"no data descriptor":     each(func(h *zip.FileHeader) { h.Flags = 0 }),
		"another flag":           each(func(h *zip.FileHeader) { h.Flags |= 0x800 }),
		"a link of another host": each(func(h *zip.FileHeader) { h.CreatorVersion, h.ExternalAttrs = 5<<8|20, 0o120777<<16 }),
		"one file's time": each(func(h *zip.FileHeader) {
			if h.Name == "b.txt" {
				//lint:ignore SA1019 the raw field is what is written
				h.Extra, h.ModifiedTime = nil, h.ModifiedTime+1
			}
		}),
		"a local name":          bytes.Replace(whole, []byte("b.txt"), []byte("c.txt"), 1),
		"an entry before":       append(local("a.txt", "forged"), whole...),
		"bytes after":           append(bytes.Clone(whole), "more"...),
		"the archive's comment": append(commented, "more"...),
		"an entry in a file's place": framed(t, whole, func(h *zip.FileHeader, packed *[]byte) {
			if h.Name == "a.txt" {
				*packed = append(*packed, local("b.txt", "forged")...)
				h.CompressedSize64 = uint64(len(*packed))
			}
		}),
	} {
		if _, err := verify(t, b); err == nil {
			t.Errorf("%s verifies", name)
		} else if !errors.Is(err, ErrAltered) && name != "bytes after" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
