package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
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
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func verify(t *testing.T, b []byte) (int, error) {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return 0, err
	}
	return Verify(r)
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
		"another text": func(z *zip.Writer) { put(z, "a.txt", "other"); put(z, Manifest, sumOf("first")) },
		"a file more":  func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, "b.txt", ""); put(z, Manifest, sumOf("first")) },
		"a file twice": func(z *zip.Writer) {
			put(z, "a.txt", "first")
			put(z, "a.txt", "first")
			put(z, Manifest, sumOf("first"))
		},
		"a manifest before": func(z *zip.Writer) {
			put(z, Manifest, "another")
			put(z, "a.txt", "first")
			put(z, Manifest, sumOf("first"))
		},
		"none":        func(z *zip.Writer) { put(z, Manifest, sumOf("first")) },
		"no manifest": func(z *zip.Writer) { put(z, "a.txt", "first") },
		"an odd line": func(z *zip.Writer) { put(z, "a.txt", "first"); put(z, Manifest, "abc\n") },
		"a way out": func(z *zip.Writer) {
			put(z, "../a.txt", "first")
			put(z, Manifest, strings.Replace(sumOf("first"), "a.txt", "../a.txt", 1))
		},
		"nothing": func(*zip.Writer) {},
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		change(z)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := verify(t, b.Bytes()); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := made(t, "a.txt", strings.Repeat("first", 1000))
	for _, n := range []int{len(whole) - 1, len(whole) / 2, 10} {
		if _, err := verify(t, whole[:n]); err == nil {
			t.Errorf("%d of %d bytes verify", n, len(whole))
		}
	}
}

func put(z *zip.Writer, name, s string) {
	w, err := z.Create(name)
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(w, s)
}

// sumOf is the manifest of one file a.txt.
func sumOf(s string) string {
	b := &Writer{zip: zip.NewWriter(io.Discard), has: map[string]bool{}}
	_, _ = b.Add("a.txt", text(s))
	return b.sums.String()
}

func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	w := NewWriter(io.Discard, at)
	for _, name := range []string{"", "/a", "../a", "a/../b", "a//b", "./a", "a/", `a\b`, "C:a", "nul", "con.txt", "a/aux", ".hidden", "a ", "é", "a\x00b", Manifest, strings.Repeat("a", 101)} {
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
