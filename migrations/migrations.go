// Package migrations is the schema, step by step, forward only. One file serves
// both databases: where they differ it is a template (text/template).
package migrations

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"testing/fstest"
	"text/template"
)

//go:embed *.sql
var files embed.FS

// Words are what a migration calls a type by, for one database.
type words map[string]any

var dialects = map[string]words{
	"postgres": {"postgres": true, "sqlite": false, "time": "TIMESTAMPTZ", "text": `TEXT COLLATE "C"`, "bytes": "BYTEA"},
	"sqlite":   {"postgres": false, "sqlite": true, "time": "TIMESTAMP", "text": "TEXT", "bytes": "BLOB"},
}

// For returns the migrations as written for a database: postgres or sqlite.
func For(dialect string) (fs.FS, error) {
	w, ok := dialects[dialect]
	if !ok {
		return nil, fmt.Errorf("migrations for %q", dialect)
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, name := range names {
		t, err := template.New(name).Option("missingkey=error").ParseFS(files, name)
		if err != nil {
			return nil, err
		}
		b := &bytes.Buffer{}
		if err := t.Execute(b, w); err != nil {
			return nil, err
		}
		out[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return out, nil
}
