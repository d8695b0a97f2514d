// Package docs serves the interactive reference of the API, a page that reads
// the server's own contract. The page loads nothing from any other host, runs
// no inline script, and keeps no token once it is closed.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The .gz files are written by tools/docs/update.
//
//go:embed assets
var files embed.FS

// contentSecurityPolicy is as narrow as the page works under. Its style sheet
// holds images as data: URLs.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at /docs/ and its files below, each with the page's
// Content-Security-Policy. The page expects the contract at /openapi.json. /docs
// redirects to /docs/; anything else is 404. It needs no permission: it shows
// what anyone may know.
//
// Files that are kept gzipped are sent so to who accepts it; a middleware that
// compresses must leave out answers that have a Content-Encoding.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /docs", http.RedirectHandler("/docs/", http.StatusMovedPermanently))
	for _, a := range assets() {
		mux.Handle("GET /docs/"+a.name, a)
		if a.name == "index.html" {
			mux.Handle("GET /docs/{$}", a)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

// asset is one file of the page.
type asset struct {
	name  string
	plain func() ([]byte, error)
	// gzipped is nil for a file too small to be worth it.
	gzipped []byte
	hash    string
}

var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
}

// assets reads the embedded files. Reading them can't fail, nor can listing.
func assets() []asset {
	entries, _ := files.ReadDir("assets")
	var all []asset
	for _, e := range entries {
		b, _ := files.ReadFile(path.Join("assets", e.Name()))
		a := asset{name: e.Name(), hash: fmt.Sprintf("%x", sha256.Sum256(b))[:32]}
		if name, ok := strings.CutSuffix(a.name, ".gz"); ok {
			a.name, a.gzipped = name, b
			a.plain = sync.OnceValues(func() ([]byte, error) { return gunzip(b) })
		} else {
			a.plain = func() ([]byte, error) { return b, nil }
		}
		all = append(all, a)
	}
	return all
}

func gunzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// ServeHTTP sends the file, or 304 to who has it. File names stay the same from
// release to release, so that caches have to ask each time.
func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", contentTypes[path.Ext(a.name)])
	h.Set("Cache-Control", "no-cache")
	if a.gzipped != nil {
		h.Add("Vary", "Accept-Encoding")
	}
	if a.gzipped != nil && acceptsGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+a.hash+`-gzip"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.gzipped))
		return
	}
	body, err := a.plain()
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h.Set("ETag", `"`+a.hash+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): gzip by its name, or by
// "*" if it isn't named, and in either case not with a weight of zero.
func acceptsGzip(h http.Header) bool {
	others := false
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(strings.ToLower(part), ";")
		switch strings.TrimSpace(coding) {
		case "gzip", "x-gzip":
			return !zero(weight)
		case "*":
			others = !zero(weight)
		}
	}
	return others
}

// zero reports whether a weight such as "q=0.0" refuses what it is given to.
func zero(weight string) bool {
	q, ok := strings.CutPrefix(strings.TrimSpace(weight), "q=")
	if !ok {
		return false
	}
	n, err := strconv.ParseFloat(q, 64)
	return err != nil || n == 0
}
