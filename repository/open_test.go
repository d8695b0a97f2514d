package repository

import (
	"os"
	"path/filepath"
	"testing"

	"accord/internal/vault"
)

func TestTheDatabaseFileIsItsOwnersAlone(t *testing.T) {
	master, err := vault.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "accord.db")
	s, err := Open("sqlite:"+file, Options{Master: master})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %s", filepath.Base(name), info.Mode())
		}
	}
}
