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
		folder := t.TempDir()
		env = env.with("ACCORD_ERASURE_DIR", folder).with("ACCORD_BASE_URL", "https://accord.example")
		o := env.start(t)
		token := o.signedUp(env, "staff@example.org", "staff")
		org := o.call(http.MethodPost, "/v1/organizations", token, `{"legal_name":"Harbor","type":"ngo"}`).want(http.StatusCreated).str("id")
		form := "--x\r\nContent-Disposition: form-data; name=\"parent_kind\"\r\n\r\norganization\r\n--x\r\nContent-Disposition: form-data; name=\"parent_id\"\r\n\r\n" + org +
			"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nwords\r\n--x--\r\n"
		document := "/v1/documents/" + o.call(http.MethodPost, "/v1/documents", token, form, "Content-Type", "multipart/form-data; boundary=x").want(http.StatusCreated).str("id")
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
		must(t, db.Close())

		o = env.start(t)
		if got := o.call(http.MethodGet, document, token, "").want(http.StatusOK); got.str("stage") != "removed" {
			t.Errorf("%s", got.body)
		}
		must(t, o.stop())
	})
}
