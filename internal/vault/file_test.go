package vault

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAMasterIsTheSameAfterItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	m := must(newTestMaster(t).Rotate())
	if err := m.WriteNew(path); err != nil {
		t.Fatal(err)
	}
	wrapped, k := newTestKey(t, m, owner)
	field := must(k.Seal([]byte("Ana"), cell))

	env := base64.StdEncoding.EncodeToString(must(os.ReadFile(path)))
	for name, read := range map[string]*Master{
		"file":                             must(LoadMaster(path)),
		"environment":                      must(ParseMaster(env)),
		"environment with a final newline": must(ParseMaster(env + "\n")),
	} {
		t.Run(name, func(t *testing.T) {
			if got := must(must(read.Unwrap(wrapped, owner)).Open(field, cell)); string(got) != "Ana" {
				t.Errorf("got %q", got)
			}
			if !bytes.Equal(must(read.Derive("p")), must(m.Derive("p"))) {
				t.Error("derived keys differ")
			}
		})
	}
}

func TestOnlyTheOwnerMayUseTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if err := newTestMaster(t).WriteNew(path); err != nil {
		t.Fatal(err)
	}
	if mode := must(os.Stat(path)).Mode().Perm(); mode != 0o600 {
		t.Errorf("written with mode %04o, want 0600", mode)
	}
	for mode, accepted := range map[fs.FileMode]bool{
		0o600: true, 0o400: true,
		0o644: false, 0o640: false, 0o604: false, 0o620: false, 0o602: false, 0o660: false, 0o610: false, 0o777: false,
	} {
		t.Run(fmt.Sprintf("%04o", mode), func(t *testing.T) {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadMaster(path)
			if (err == nil) != accepted {
				t.Fatalf("got %v, want accepted=%t", err, accepted)
			}
			if !accepted && !strings.Contains(err.Error(), "chmod 600") {
				t.Errorf("%q doesn't say what would be right", err)
			}
		})
	}
}

func TestAMasterFileIsNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	if err := newTestMaster(t).WriteNew(path); err != nil {
		t.Fatal(err)
	}
	before := must(os.ReadFile(path))
	if err := newTestMaster(t).WriteNew(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want fs.ErrExist", err)
	}
	if !bytes.Equal(must(os.ReadFile(path)), before) {
		t.Error("the file changed")
	}
}

func TestAMissingFileOrFolderIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadMaster(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("LoadMaster: %v", err)
	}
	if err := newTestMaster(t).WriteNew(filepath.Join(dir, "none", "key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("WriteNew: %v", err)
	}
	if _, err := LoadMaster(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("LoadMaster of a folder: %v", err)
	}
}

func TestAMalformedMasterIsRefusedWithoutQuotingIt(t *testing.T) {
	good := string(must(newTestMaster(t).encode()))
	for name, contents := range map[string]string{
		"empty":               "",
		"not JSON":            "canary",
		"a list":              `["canary"]`,
		"null":                "null",
		"no parts":            "{}",
		"no derivation":       strings.Replace(good, `"derivation"`, `"canary"`, 1),
		"a part more":         strings.Replace(good, "{", `{"canary":"x",`, 1),
		"a part twice":        strings.Replace(good, "{", `{"keyset":"",`, 1),
		"a name in capitals":  strings.Replace(good, `"keyset"`, `"KEYSET"`, 1),
		"something after it":  good + "canary",
		"a short secret":      good[:strings.Index(good, `"derivation"`)] + `"derivation":"Y2FuYXJ5"}`,
		"a keyset of nothing": `{"keyset":"","derivation":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`,
		"a keyset of noise":   `{"keyset":"Y2FuYXJ5","derivation":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`,
		"too large":           good + strings.Repeat(" ", maxFileSize),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := LoadMaster(path)
			checkMalformed(t, err)
			_, err = ParseMaster(base64.StdEncoding.EncodeToString([]byte(contents)))
			checkMalformed(t, err)
		})
	}
	for name, value := range map[string]string{
		"not base64":         "canary!",
		"base64 of another":  "Y2FuYXJ5",
		"the file itself":    good,
		"white space inside": "Y2Fu\nYXJ5",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseMaster(value)
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func checkMalformed(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, errMalformed) {
		t.Fatalf("got %v, want %v", err, errMalformed)
	}
	if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "Y2FuYXJ5") {
		t.Errorf("%q quotes the contents", err)
	}
}

func FuzzParseMaster(f *testing.F) {
	f.Add(golden.master)
	f.Add("")
	f.Add(base64.StdEncoding.EncodeToString([]byte(`{"keyset":"","derivation":""}`)))
	f.Fuzz(func(t *testing.T, encoded string) {
		m, err := ParseMaster(encoded)
		if (m == nil) == (err == nil) {
			t.Fatalf("master %v with error %v", m, err)
		}
		if err != nil {
			return
		}
		if !m.ready() {
			t.Error("accepted a master that refuses to work")
		}
		if _, err := m.encode(); err != nil {
			t.Errorf("accepted what can't be written: %v", err)
		}
	})
}
