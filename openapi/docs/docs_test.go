package docs

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var handler = Handler()

func get(method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFileThatThePageNamesIsServed(t *testing.T) {
	page := body(t, get("GET", "/docs/"))
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllSubmatch(page, -1)
	served := map[string]string{}
	for _, m := range names {
		name := string(m[1])
		if name == "data:," || name == "../openapi.json" {
			continue
		}
		res := get("GET", "/docs/"+name)
		if res.StatusCode != http.StatusOK || len(body(t, res)) == 0 {
			t.Errorf("%s: %s", name, res.Status)
		}
		served[name] = res.Header.Get("Content-Type")
	}
	for name, contentType := range map[string]string{
		"swagger-ui.css":       "text/css; charset=utf-8",
		"swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"init.js":              "text/javascript; charset=utf-8",
	} {
		if served[name] != contentType {
			t.Errorf("%s is served as %q, want %q", name, served[name], contentType)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
	}
	for _, path := range []string{"/docs", "/docs/", "/docs/index.html", "/docs/init.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/none"} {
		res := get("GET", path)
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
		if res.StatusCode == http.StatusOK && res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: Cache-Control is %q", path, res.Header.Get("Cache-Control"))
		}
	}
}

func TestAnythingElseIsNotThere(t *testing.T) {
	for _, path := range []string{
		"/", "/doc", "/docsx", "/docs/none", "/docs/assets", "/docs/assets/index.html", "/docs/swagger-ui.css.gz",
		"/docs/docs.go", "/docs/init.js/", "/docs/%2e%2e/docs.go", "/docs/INIT.JS",
	} {
		if res := get("GET", path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	if res := get("POST", "/docs/"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", res.Status)
	}
}

func TestTheBareFolderRedirects(t *testing.T) {
	res := get("GET", "/docs")
	if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/docs/" {
		t.Errorf("%s to %q", res.Status, res.Header.Get("Location"))
	}
}

func TestThePageRunsNothingInlineAndAsksNoOtherHost(t *testing.T) {
	page := body(t, get("GET", "/docs/"))
	script := body(t, get("GET", "/docs/init.js"))
	for name, text := range map[string][]byte{"index.html": page, "init.js": script} {
		if at := regexp.MustCompile(`(?i)https?:|["'(]//`).Find(text); at != nil {
			t.Errorf("%s names another host: %s", name, at)
		}
	}
	for what, pattern := range map[string]string{
		"an inline script":  `(?is)<script[^>]*>[^<]`,
		"a style element":   `(?i)<style`,
		"a style attribute": `(?i)\sstyle=`,
		"an event handler":  `(?i)\son\w+=`,
		"a javascript: URL": `(?i)javascript:`,
	} {
		if at := regexp.MustCompile(pattern).Find(page); at != nil {
			t.Errorf("index.html holds %s: %s", what, at)
		}
	}
	for _, setting := range []string{`persistAuthorization: false`, `validatorUrl: null`, `queryConfigEnabled: false`, `"../openapi.json"`} {
		if !bytes.Contains(script, []byte(setting)) {
			t.Errorf("init.js lacks %s", setting)
		}
	}
}

func TestGzippedBytesGoToWhoAcceptsThem(t *testing.T) {
	const file = "/docs/swagger-ui-bundle.js"
	plain := body(t, get("GET", file))
	if !bytes.Contains(plain, []byte("SwaggerUIBundle")) {
		t.Fatal("not Swagger UI")
	}
	for accept, gzipped := range map[string]bool{
		"":                     false,
		"gzip":                 true,
		"GZIP":                 true,
		"x-gzip":               true,
		"br, gzip;q=0.5, zstd": true,
		"gzip;q=1.0":           true,
		"*":                    true,
		"gzip;q=0":             false,
		"gzip ; q=0.000":       false,
		"*, gzip;q=0":          false,
		"gzip;q=0, *":          false,
		"*;q=0":                false,
		"*;q=0, gzip":          true,
		"identity":             false,
		"br, zstd":             false,
		"gzip;q=none":          false,
		"notgzip":              false,
	} {
		res := get("GET", file, "Accept-Encoding", accept)
		got := body(t, res)
		if encoded := res.Header.Get("Content-Encoding") == "gzip"; encoded != gzipped {
			t.Errorf("%q: gzip is %v, want %v", accept, encoded, gzipped)
			continue
		}
		if gzipped {
			var err error
			if got, err = gunzip(got); err != nil {
				t.Errorf("%q: %v", accept, err)
			}
		}
		if !bytes.Equal(got, plain) || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d bytes instead of %d, Vary %q", accept, len(got), len(plain), res.Header.Get("Vary"))
		}
	}
}

func TestWhoHasTheFileIsNotSentItAgain(t *testing.T) {
	for _, file := range []string{"/docs/", "/docs/init.js", "/docs/swagger-ui.css"} {
		tags := map[string]bool{}
		for _, accept := range []string{"identity", "gzip"} {
			res := get("GET", file, "Accept-Encoding", accept)
			tag := res.Header.Get("ETag")
			tags[tag] = true
			again := get("GET", file, "Accept-Encoding", accept, "If-None-Match", tag)
			if again.StatusCode != http.StatusNotModified || len(body(t, again)) != 0 || again.Header.Get("ETag") != tag {
				t.Errorf("%s, %s: %s with %s again: %s", file, accept, res.Status, tag, again.Status)
			}
			if other := get("GET", file, "Accept-Encoding", accept, "If-None-Match", `"other"`); other.StatusCode != http.StatusOK {
				t.Errorf("%s with another tag: %s", file, other.Status)
			}
		}
		if strings.HasSuffix(file, ".css") && len(tags) != 2 {
			t.Errorf("%s: two encodings share a strong tag (RFC 9110, 8.8.3): %v", file, tags)
		}
	}
}

func TestHeadAnswersWithoutBody(t *testing.T) {
	for _, file := range []string{"/docs/", "/docs/swagger-ui.css"} {
		if res := get("HEAD", file); res.StatusCode != http.StatusOK || len(body(t, res)) != 0 || res.Header.Get("ETag") == "" {
			t.Errorf("HEAD %s: %s", file, res.Status)
		}
	}
}
