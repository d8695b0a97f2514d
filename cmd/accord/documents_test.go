package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumentsAreKeptWhereTheSettingsSay starts with a service of which only the
// bucket is looked at; tools/s3 holds what is kept there against a real one.
func TestDocumentsAreKeptWhereTheSettingsSay(t *testing.T) {
	t.Parallel()
	signed := make(chan string, 100)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed <- r.Header.Get("Authorization")
		w.WriteHeader(map[string]int{"/documents/": http.StatusOK, "/others/": http.StatusForbidden, "/absent/": http.StatusNotFound}[r.URL.Path])
	}))
	defer service.Close()
	env := embedded(t).with("ACCORD_S3_ENDPOINT", service.URL).with("ACCORD_S3_BUCKET", "documents").with("ACCORD_S3_REGION", "eu-north-7").
		with("ACCORD_S3_KEY_ID_FILE", write(t, "id", "the-id\n", 0o600)).with("ACCORD_S3_SECRET_FILE", write(t, "secret", "the-secret\n", 0o600)).
		with("ACCORD_S3_PATH_STYLE", "true").with("ACCORD_S3_PRIVATE", "127.0.0.0/8, ::1/128")
	o := env.start(t)
	must(t, o.stop())
	if by := <-signed; !strings.Contains(by, "Credential=the-id/") || !strings.Contains(by, "/eu-north-7/s3/") {
		t.Errorf("the bucket was asked for with %q", by)
	}
	if _, err := os.Stat(filepath.Join(env["ACCORD_DATA"], "documents")); err == nil {
		t.Error("documents are kept in the data folder as well")
	}
	far := env.with("ACCORD_CLAMAV", "tcp:10.0.0.7:3310")
	must(t, far.with("ACCORD_ALLOW_CLEARTEXT", "true").start(t).stop())
	empty := write(t, "empty", "\n", 0o600)
	for _, tt := range []struct {
		name, value string
		right       []string
	}{
		{"ACCORD_S3_ENDPOINT", "s3.example.org", []string{"ACCORD_S3_ENDPOINT", "https://host"}},
		{"ACCORD_S3_ENDPOINT", service.URL + "/documents", []string{"ACCORD_S3_ENDPOINT", "without a path"}},
		{"ACCORD_S3_BUCKET", "", []string{"ACCORD_S3_ENDPOINT is set", "ACCORD_S3_BUCKET"}},
		{"ACCORD_S3_BUCKET", "absent", []string{`no bucket "absent"`}},
		{"ACCORD_S3_BUCKET", "others", []string{"can't be reached"}},
		{"ACCORD_S3_KEY_ID_FILE", "", []string{"ACCORD_S3_KEY_ID_FILE"}},
		{"ACCORD_S3_KEY_ID_FILE", filepath.Join(t.TempDir(), "absent"), []string{"ACCORD_S3_KEY_ID_FILE", "can't be read"}},
		{"ACCORD_S3_SECRET_FILE", filepath.Join(t.TempDir(), "absent"), []string{"ACCORD_S3_SECRET_FILE", "can't be read"}},
		{"ACCORD_S3_SECRET_FILE", empty, []string{"ACCORD_S3_SECRET_FILE", "is empty"}},
		{"ACCORD_S3_PRIVATE", "127.0.0.1", []string{"ACCORD_S3_PRIVATE", "10.0.0.0/8"}},
		{"ACCORD_CLAMAV", "http://clamd", []string{"ACCORD_CLAMAV", "unix:/path or tcp:host:port"}},
		{"ACCORD_CLAMAV", "tcp:scanner.example.org:3310", []string{"ACCORD_CLAMAV", "on this machine", "ACCORD_ALLOW_CLEARTEXT"}},
		{"ACCORD_CLAMAV", "tcp:10.0.0.7:3310", []string{"ACCORD_CLAMAV", "on this machine", "ACCORD_ALLOW_CLEARTEXT"}},
		{"ACCORD_S3_ENDPOINT", "http://s3.example.org", []string{"ACCORD_S3_ENDPOINT", "https://", "ACCORD_ALLOW_CLEARTEXT"}},
		{"ACCORD_REQUIRE_SCAN", "true", []string{"ACCORD_REQUIRE_SCAN", "ACCORD_CLAMAV"}},
	} {
		out := env.with(tt.name, tt.value).run(t, "", "serve")
		out.says(tt.right...)
		if strings.Contains(out.err.Error(), "the-secret") || strings.Contains(out.err.Error(), "the-id") {
			t.Errorf("it tells what the keys are: %v", out.err)
		}
	}
}
