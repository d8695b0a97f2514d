package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/internal/bundle"
	"accord/internal/ledger"
)

// bundleOf is a bundle's file, of files given as names and texts in turn.
func bundleOf(t *testing.T, files ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "partnership.zip")
	f, err := os.Create(name)
	must(t, err)
	w := bundle.NewWriter(f, time.Now())
	for i := 0; i < len(files); i += 2 {
		_, err := w.Add(files[i], func(w io.Writer) error { _, err := io.WriteString(w, files[i+1]); return err })
		must(t, err)
	}
	must(t, w.Close())
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
	proved := []string{"summary.html", "<p>", "log/checkpoint.txt", note, "log/key.txt", signer.Key(), "log/proofs.jsonl", "", "log/waiting.jsonl", "{}\n"}

	// The key shows nothing of the files, so it does not say that it does.
	if said := env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, proved...)).ok(); !strings.Contains(said, "manifest, which is not signed") {
		t.Errorf("it says\n%s", said)
	}
	env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, "summary.html", "<p>")).says("no signed checkpoint")
	for words, out := range map[string]outcome{
		"give --key":   env.run(t, "", "audit", "verify-bundle", bundleOf(t, proved...)),
		"no log in it": env.run(t, "", "audit", "verify-bundle", bundleOf(t, "summary.html", "<p>")),
	} {
		if said := out.ok(); !strings.Contains(said, words) {
			t.Errorf("it says\n%s, and lacks %q", said, words)
		}
	}

	whole := bundleOf(t, proved...)
	info, err := os.Stat(whole)
	must(t, err)
	must(t, os.Truncate(whole, info.Size()/2))
	env.run(t, "", "audit", "verify-bundle", whole).says("no whole bundle")
	must(t, os.WriteFile(key, []byte("\n"), 0o600))
	env.run(t, "", "audit", "verify-bundle", "--key", key, bundleOf(t, proved...)).says("holds no key")
}
