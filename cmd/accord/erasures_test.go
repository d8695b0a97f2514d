package main

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestARestoredOfficeErasesAgain serves with a folder for erasures, brings back what
// was erased, and serves again.
func TestARestoredOfficeErasesAgain(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		env.with("ACCORD_ERASURE_DIR", "/no/such/folder").run(t, "", "serve").says("ACCORD_ERASURE_DIR", "no folder")
		o, document, token := restoredOffice(t, env)
		if got := o.call(http.MethodGet, document, token, "").want(http.StatusOK); got.str("stage") != "removed" {
			t.Errorf("%s", got.body)
		}
		must(t, o.stop())
	})
}

// TestWhatRefusesToBeErasedAgainIsOpenedByNothing starts although what a backup brought
// back is in a state in which it isn't erased: its key goes all the same.
func TestWhatRefusesToBeErasedAgainIsOpenedByNothing(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o, document, token := restoredOffice(t, env, "UPDATE documents SET stage = 'removed'")
		o.call(http.MethodGet, document, token, "").want(http.StatusOK)
		must(t, o.stop())
		db := env.owned(t)
		for query, want := range map[string]int{"SELECT count(*) FROM document_keys": 0, "SELECT count(*) FROM documents": 1, "SELECT count(*) FROM erasures WHERE kept": 1} {
			var n int
			must(t, db.QueryRowContext(t.Context(), query).Scan(&n))
			if n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		must(t, db.Close())
	})
}

// restoredOffice serves with a folder for erasures, erases a document, and serves again
// from a backup of before, in which more was changed besides.
func restoredOffice(t *testing.T, env settings, more ...string) (o *office, document, token string) {
	t.Helper()
	folder := t.TempDir()
	env = env.with("ACCORD_ERASURE_DIR", folder).with("ACCORD_BASE_URL", "https://accord.example")
	o = env.start(t)
	token = o.signedUp(env, "staff@example.org", "staff")
	org := o.call(http.MethodPost, "/v1/organizations", token, `{"legal_name":"Harbor","type":"ngo"}`).want(http.StatusCreated).str("id")
	form := "--x\r\nContent-Disposition: form-data; name=\"parent_kind\"\r\n\r\norganization\r\n--x\r\nContent-Disposition: form-data; name=\"parent_id\"\r\n\r\n" + org +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n--x--\r\n"
	document = "/v1/documents/" + o.call(http.MethodPost, "/v1/documents", token, form, "Content-Type", "multipart/form-data; boundary=x").want(http.StatusCreated).str("id")
	tables := []string{"documents", "document_keys", "document_versions", "erasures"}
	db := env.owned(t)
	run := func(statement string) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
	for _, table := range tables {
		run("CREATE TABLE aside_" + table + " AS SELECT * FROM " + table)
	}
	read := o.call(http.MethodGet, document, token, "").want(http.StatusOK)
	o.call(http.MethodPost, document+"/remove", token, `{"reason":"Sent by mistake."}`, "If-Match", read.header.Get("ETag")).want(http.StatusOK)
	must(t, o.stop())
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 || !strings.HasSuffix(files[0].Name(), ".erased") {
		t.Fatalf("%v is kept outside: %v", files, err)
	}
	for _, table := range slices.Backward(tables) {
		run("DELETE FROM " + table)
	}
	for _, table := range tables {
		run("INSERT INTO " + table + " SELECT * FROM aside_" + table)
		run("DROP TABLE aside_" + table)
	}
	for _, statement := range more {
		run(statement)
	}
	must(t, db.Close())
	return env.start(t), document, token
}
