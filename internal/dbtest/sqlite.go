package dbtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var sqliteTemplates templates[[]byte]

func openSQLite(tb testing.TB, migrate func(dsn string) error) (dsn string, err error) {
	template, err := sqliteTemplates.of(migrate, func() ([]byte, error) { return buildSQLite(migrate) })
	if err != nil {
		return "", err
	}
	file := filepath.Join(tb.TempDir(), "test.db")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		return "", err
	}
	return "sqlite:" + file, nil
}

// buildSQLite returns the file that migrate makes. It is kept in memory: a test's copy is then
// one write, and an aborted run leaves no template behind.
func buildSQLite(migrate func(dsn string) error) ([]byte, error) {
	if migrate == nil {
		return nil, nil // an empty file is an empty SQLite database
	}
	dir, err := os.MkdirTemp("", "accord-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "template.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, fmt.Errorf("migrate the SQLite template: %w", err)
	}
	// A closed database has moved its write-ahead log into the file.
	if _, err := os.Stat(file + "-wal"); err == nil {
		return nil, fmt.Errorf("migrate left the SQLite template open: it must close the database before it returns")
	}
	return os.ReadFile(file)
}
