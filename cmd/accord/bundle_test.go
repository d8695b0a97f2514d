package main

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/internal/bundle"
	"accord/internal/ledger"
)

// bundleOf is a bundle's file, of files given as names and texts in turn.
func bundleOf(t *testing.T, by ledger.Signer, files ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "partnership.zip")
	f, err := os.Create(name)
	must(t, err)
	w := bundle.NewWriter(f, time.Now())
	for i := 0; i < len(files); i += 2 {
		_, err := w.Add(files[i], func(w io.Writer) error { _, err := io.WriteString(w, files[i+1]); return err })
		must(t, err)
	}
	must(t, w.Close(by.SignManifest))
	must(t, f.Close())
	return name
}

func TestABundleIsVerifiedWithoutAServer(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	signer, err := ledger.NewSigner("accord.example/audit", make([]byte, 32))
	must(t, err)
	note, err := signer.Sign(0, ledger.Hash{})
	must(t, err)
	key := filepath.Join(t.TempDir(), "accord.key")
	must(t, os.WriteFile(key, []byte(signer.Key()+"\n"), 0o600))
	logless := []string{"key.txt", signer.Key() + "\n", "about.json", `{"partnership_id":"p-1","title":"Joint\nreview","as_of":"2026-03-02T09:00:00Z"}`, "summary.html", "<p>"}
	proved := append(logless, "log/checkpoint.txt", note, "log/proofs.jsonl", "", "log/waiting.jsonl", "{}\n")

	for words, out := range map[string]outcome{
		"as the office signed it": env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, signer, proved...)),
		"partnership               \"p-1\"\ntitle                     \"Joint\\nreview\"\nas of                     2026-03-02T09:00:00Z\n": env.run(t, "", "audit", "verify-bundle", "--key", key, "--partnership", "p-1", bundleOf(t, signer, proved...)),
		"no log in it":        env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, signer, logless...)),
		"give --key":          env.run(t, "", "audit", "verify-bundle", bundleOf(t, signer, proved...)),
		"Warning: checked by": env.run(t, "", "audit", "verify-bundle", bundleOf(t, signer, logless...)),
	} {
		said := out.ok()
		if !strings.Contains(said, words) {
			t.Errorf("it says\n%s, and lacks %q", said, words)
		}
		if own := strings.Contains(said, "Warning"); own == strings.Contains(said, "as the office signed it") {
			t.Errorf("it says of the office\n%s", said)
		}
	}

	env.run(t, "", "audit", "verify-bundle", "--key", key, "--partnership", "p-2", bundleOf(t, signer, proved...)).says(`of partnership "p-1", not p-2`)
	env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, signer, "key.txt", signer.Key()+"\n")).says("does not say of what it is")

	other, err := ledger.NewSigner("accord.example/audit", bytes.Repeat([]byte{1}, 32))
	must(t, err)
	env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, other, proved...)).says("no signature by the key of accord.example/audit")
	env.run(t, "", "audit", "verify-bundle", bundleOf(t, signer, "summary.html", "<p>")).says("own key")

	whole := bundleOf(t, signer, proved...)
	content, err := os.ReadFile(whole)
	must(t, err)
	for what, says := range map[string]string{"summary.html": `"summary.html"`, bundle.Manifest: "altered", bundle.Signature: "not as this log signed it"} {
		altered := filepath.Join(t.TempDir(), "altered.zip")
		must(t, os.WriteFile(altered, rezipped(t, content, what), 0o600))
		env.run(t, "", "audit", "verify-bundle", "--key", key, altered).says(says)
	}
	must(t, os.Truncate(whole, int64(len(content))/2))
	env.run(t, "", "audit", "verify-bundle", whole).says("no whole bundle")
	must(t, os.WriteFile(key, []byte("\n"), 0o600))
	env.run(t, "", "audit", "verify-bundle", "--key", key, whole).says("holds no key")
}

// rezipped is a ZIP in which one file has a byte more.
func rezipped(t *testing.T, content []byte, what string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	must(t, err)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		text, err := fs.ReadFile(z, f.Name)
		must(t, err)
		if f.Name == what {
			text = append(text, '\n')
		}
		in, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Modified.UTC()})
		must(t, err)
		_, err = in.Write(text)
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}
