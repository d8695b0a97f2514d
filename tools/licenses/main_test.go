package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

func TestLicenses(t *testing.T) {
	classifier, err := assets.DefaultClassifier()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		files map[string]string // file name → what it holds
		want  string            // in the refusal; empty: allowed
	}{
		{name: "an allowed license", files: map[string]string{"LICENSE": "MIT/pristine.txt"}},
		{name: "a file by another name", files: map[string]string{"COPYING.txt": "BSD-3-Clause/pristine.txt"}},
		{name: "a license that is not allowed", files: map[string]string{"LICENSE": "AGPL-3.0/license.txt"}, want: "AGPL-3.0 is not on the allowed list"},
		{name: "one beside an allowed one", files: map[string]string{"LICENSE": "MIT/pristine.txt", "COPYING": "GPL-3.0/license.txt"}, want: "GPL-3.0 is not"},
		{name: "none", want: "no license was recognized"},
		{name: "only in a file that says something else", files: map[string]string{"README.md": "MIT/pristine.txt"}, want: "no license was recognized"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for file, license := range c.files {
				text, err := assets.ReadLicenseFile("License/" + license)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			names, err := licenses(classifier, dir)
			if err != nil {
				t.Fatal(err)
			}
			refusal := ""
			if err := check(names); err != nil {
				refusal = err.Error()
			}
			if (c.want == "") != (refusal == "") || !strings.Contains(refusal, c.want) {
				t.Errorf("got the refusal %q, want %q", refusal, c.want)
			}
		})
	}
}
