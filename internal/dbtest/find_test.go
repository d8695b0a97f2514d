package dbtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// install puts programs that say they are the version into root/<version>/bin.
func install(t *testing.T, root, version string, programs ...string) string {
	t.Helper()
	bin := filepath.Join(root, version, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s (Debian %s-1)'\n", program, version, version)
		if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

func TestFindPostgres(t *testing.T) {
	for _, c := range []struct {
		name     string
		path     string   // the version that is in PATH
		packaged []string // the versions that packages brought
		want     string
	}{
		{name: "none"},
		{name: "one from a package", packaged: []string{"15.2"}, want: "15.2"},
		{name: "the newest package wins, by number", packaged: []string{"9.6", "17.0", "16.9"}, want: "17.0"},
		{name: "PATH goes before packages", path: "14.1", packaged: []string{"17.0"}, want: "14.1"},
		{name: "too old in PATH is passed over", path: "13.9", packaged: []string{"16.1"}, want: "16.1"},
		{name: "too old is as good as none", path: "9.6", packaged: []string{"13.22"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			restore := packages
			t.Cleanup(func() { packages = restore })
			packages = []string{filepath.Join(root, "lib", "*", "bin")}
			for _, v := range c.packaged {
				install(t, filepath.Join(root, "lib"), v, "initdb", "postgres")
			}
			t.Setenv("PATH", "")
			if c.path != "" {
				t.Setenv("PATH", install(t, filepath.Join(root, "path"), c.path, "initdb", "postgres"))
			}

			bin, err := findPostgres()

			if c.want == "" {
				if !errors.Is(err, errNoServer) {
					t.Errorf("found %q (%v), want errNoServer", bin, err)
				}
				return
			}
			if got := filepath.Base(filepath.Dir(bin)); err != nil || got != c.want {
				t.Errorf("found %q (%v), want %s", bin, err, c.want)
			}
		})
	}
}

func TestAServerWithoutInitdbIsNoServer(t *testing.T) {
	if v := version(install(t, t.TempDir(), "17.0", "postgres")); v != 0 {
		t.Errorf("got version %d, want 0", v)
	}
}
