package blob_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accord/internal/blob"
	"accord/internal/blob/blobtest"
)

func openLocal(t *testing.T) (*blob.Local, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "blobs")
	s, err := blob.OpenLocal(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, folder
}

func TestLocalConforms(t *testing.T) {
	s, folder := openLocal(t)
	blobtest.Conform(t, s, func(t *testing.T, name string) []byte {
		b, err := os.ReadFile(filepath.Join(folder, name[:2], name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
	left, err := os.ReadDir(filepath.Join(folder, "unfinished"))
	if err != nil || len(left) > 0 {
		t.Errorf("%d unfinished files are left: %v", len(left), err)
	}
}

func TestOnlyTheOwnerReadsTheFolder(t *testing.T) {
	s, folder := openLocal(t)
	if _, err := s.Put(t.Context(), blob.NewName(), strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALinkOutOfTheFolderLeadsNowhere(t *testing.T) {
	s, folder := openLocal(t)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	name := blob.NewName()
	if err := errors.Join(os.Mkdir(filepath.Join(folder, name[:2]), 0o700), os.Symlink(outside, filepath.Join(folder, name[:2], name))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), name, 0, 1); err == nil {
		t.Error("the link was followed")
	}
}

func TestWhatWasNeverFinishedIsClearedAway(t *testing.T) {
	s, folder := openLocal(t)
	file := filepath.Join(folder, "unfinished", blob.NewName())
	if err := os.WriteFile(file, []byte("half of"), 0o600); err != nil {
		t.Fatal(err)
	}
	clear := func(before time.Time) {
		if err := s.Old(t.Context(), before, func(name string) error { t.Errorf("%s is no content", name); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if clear(time.Now().Add(-time.Hour)); !exists(file) {
		t.Error("what is being written was cleared away")
	}
	if clear(time.Now().Add(time.Hour)); exists(file) {
		t.Error("the unfinished file stays")
	}
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }
