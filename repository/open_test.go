package repository

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

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

// TestTroubleThatPassesIsToldFromFailure has the bursts of 08P01 that come
// through PgBouncer, a database that shuts down, and what is nobody's trouble.
func TestTroubleThatPassesIsToldFromFailure(t *testing.T) {
	for _, tt := range []struct {
		err    error
		passes bool
	}{
		{&pgconn.PgError{Code: "08P01"}, true}, {&pgconn.PgError{Code: "57P01"}, true}, {&pgconn.PgError{Code: "53300"}, true},
		{fmt.Errorf("saving: %w", &pgconn.PgError{Code: "40P01"}), true}, {driver.ErrBadConn, true},
		{&pgconn.PgError{Code: "23505"}, false}, {&pgconn.PgError{Code: "42601"}, false}, {&pgconn.PgError{}, false},
		{errors.New("a mistake of ours"), false}, {context.Canceled, false},
	} {
		if got := Unavailable(tt.err); got != tt.passes {
			t.Errorf("%v: %t", tt.err, got)
		}
	}
}
