package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"accord/api"
	"accord/domain"
)

const page = "https://app.office.example"

// raw sends a request as it is, to what may be no part of the contract.
func (w *world) raw(method, path string, headers ...string) *http.Response {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.url+path, nil)
	must(w, err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := httpClient.Do(r)
	must(w, err)
	must(w, res.Body.Close())
	return res
}

func preflight(w *world, path, origin, method string) *http.Response {
	return w.raw(http.MethodOptions, path, "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization,if-match")
}

func TestOnlyNamedOriginsMayReadAnswers(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Origins = []string{page} }, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		got := staff.get("/v1/countries", "Origin", page).want(200)
		if got.Header.Get("Access-Control-Allow-Origin") != page || !slices.Contains(got.Header.Values("Vary"), "Origin") {
			t.Errorf("%v", got.Header)
		}
		for _, name := range []string{"ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed", "Retry-After",
			"Upload-Offset", "Upload-Length", "Content-Location", "Repr-Digest"} {
			if !strings.Contains(got.Header.Get("Access-Control-Expose-Headers"), name) {
				t.Errorf("%s is not exposed: %v", name, got.Header)
			}
		}
		if refused := staff.get("/v1/no_such_thing", "Origin", page); refused.Header.Get("Access-Control-Allow-Origin") != page {
			t.Errorf("a page can't read what is wrong: %v", refused.Header)
		}
		flight := preflight(w, "/v1/organizations", page, "PATCH")
		h := flight.Header
		if flight.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != page || h.Get("Access-Control-Max-Age") != "7200" ||
			!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PATCH") {
			t.Errorf("%d %v", flight.StatusCode, h)
		}
		for _, name := range []string{"Authorization", "If-Match", "Acting-For", "Upload-Offset", "Tus-Resumable", "Content-Digest", "Range", "If-Range"} {
			if !slices.Contains(strings.Split(h.Get("Access-Control-Allow-Headers"), ","), name) {
				t.Errorf("a page may not send %s: %v", name, h)
			}
		}
		for _, origin := range []string{"https://evil.example", "null", page + ".evil.example", "https://app.office.example:8443", "http://app.office.example",
			"https://APP.office.example", "https://evil.example/" + page, page + "/"} {
			for _, res := range []http.Header{preflight(w, "/v1/organizations", origin, "GET").Header, staff.get("/v1/countries", "Origin", origin).want(200).Header} {
				for name := range res {
					if strings.HasPrefix(name, "Access-Control-") && name != "Access-Control-Expose-Headers" {
						t.Errorf("%s is let in: %v", origin, res)
					}
				}
			}
		}
		for _, res := range []http.Header{h, got.Header} {
			if res.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("credentials: %v", res)
			}
		}
	})
}

func TestNoOtherOriginMayReadUnlessNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, h := range []http.Header{preflight(w, "/v1/organizations", page, "GET").Header, w.as(domain.Staff).get("/v1/countries", "Origin", page).Header} {
			for name := range h {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s", name)
				}
			}
		}
	})
}

// TestHEADIsGETWithoutABody compares the heads of both.
func TestHEADIsGETWithoutABody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bearer := "Bearer " + w.as(domain.Staff).bearer()
		id := string(w.organization("Headed", domain.OrganizationDrafted).ID)
		for _, path := range []string{"/v1/organizations/" + id, "/v1/organizations", "/v1/organizations/none", "/v1/me", "/healthz", "/docs/", "/openapi.json", "/v1/register/commitments", "/v1/no_such_thing"} {
			get := w.raw(http.MethodGet, path, "Authorization", bearer)
			head := w.raw(http.MethodHead, path, "Authorization", bearer)
			for _, name := range []string{"ETag", "Content-Type", "Cache-Control", "Content-Security-Policy", "RateLimit-Policy"} {
				if get.Header.Get(name) != head.Header.Get(name) {
					t.Errorf("%s: %s %q, not %q", path, name, head.Header.Get(name), get.Header.Get(name))
				}
			}
			if get.StatusCode != head.StatusCode {
				t.Errorf("%s: %d, not %d", path, head.StatusCode, get.StatusCode)
			}
		}
		tag := w.raw(http.MethodGet, "/v1/organizations/"+id, "Authorization", bearer).Header.Get("ETag")
		if got := w.raw(http.MethodHead, "/v1/organizations/"+id, "Authorization", bearer, "If-None-Match", tag); got.StatusCode != 304 {
			t.Errorf("the same again: %d", got.StatusCode)
		}
		if got := w.raw(http.MethodHead, "/v1/organizations/"+id); got.StatusCode != 401 {
			t.Errorf("nobody: %d", got.StatusCode)
		}
		if got := w.raw(http.MethodHead, "/v1/sessions/refresh"); got.StatusCode != 405 {
			t.Errorf("where there is no GET: %d", got.StatusCode)
		}
	})
}

func TestOPTIONSTellsTheMethodsAndTRACEIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		got := w.raw(http.MethodOptions, "/v1/organizations")
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
			if !strings.Contains(got.Header.Get("Allow"), method) {
				t.Errorf("OPTIONS does not tell %s: %q", method, got.Header.Get("Allow"))
			}
		}
		if got.StatusCode != 204 {
			t.Errorf("OPTIONS: %d", got.StatusCode)
		}
		if got := w.raw(http.MethodOptions, "/v1/sessions/refresh"); strings.Contains(got.Header.Get("Allow"), "HEAD") {
			t.Errorf("Allow %q where there is no GET", got.Header.Get("Allow"))
		}
		if got := w.raw(http.MethodTrace, "/v1/organizations"); got.StatusCode != 405 {
			t.Errorf("TRACE: %d", got.StatusCode)
		}
	})
}

// TestEveryAnswerIsHardened asks for answers of every kind.
func TestEveryAnswerIsHardened(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bearer := "Bearer " + w.as(domain.Staff).bearer()
		for _, path := range []string{"/v1/me", "/v1/no_such_thing", "/v1/organizations?limit=x", "/v1/register/commitments", "/healthz", "/readyz", "/docs/", "/docs/none", "/openapi.json", "/"} {
			h := w.raw(http.MethodGet, path, "Authorization", bearer).Header
			for name, value := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
				"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
			} {
				if h.Get(name) != value {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
			policy := h.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s: %q", path, policy)
			}
			if h.Get("Server") != "" || h.Get("X-Powered-By") != "" || len(h.Values("Set-Cookie")) > 0 {
				t.Errorf("%s: %v", path, h)
			}
			if strings.HasPrefix(path, "/v1/me") && h.Get("Cache-Control") != "no-store" {
				t.Errorf("%s may be kept: %q", path, h.Get("Cache-Control"))
			}
		}
	})
}
