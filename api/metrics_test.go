package api_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"accord/domain"
	"accord/repository"
)

func (w *world) metrics() string {
	w.Helper()
	got := httptest.NewRecorder()
	w.server.Metrics().ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got.Code != http.StatusOK {
		w.Fatalf("metrics: %d: %s", got.Code, got.Body)
	}
	return got.Body.String()
}

func TestMetricsCountByRouteMethodAndStatus(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		o := w.organization("Counted", domain.OrganizationDrafted)
		staff.get("/v1/organizations/" + string(o.ID)).want(200)
		staff.get("/v1/organizations/" + string(o.ID)).want(200)
		staff.get("/v1/organizations/00000000-0000-4000-8000-000000000000").want(404)
		must(t, w.system().Tx(t.Context(), func(tx *repository.Session) error {
			return tx.Enqueue(t.Context(), "no such kind", nil, w.clock.Now().AddDate(1, 0, 0))
		}))
		got := w.metrics()
		for _, line := range []string{
			`accord_http_requests_total{method="GET",route="/v1/organizations/:id",status="2xx"} 2`,
			`accord_http_requests_total{method="GET",route="/v1/organizations/:id",status="4xx"} 1`,
			`accord_http_request_duration_seconds_count{method="GET",route="/v1/organizations/:id",status="2xx"} 2`,
			`accord_jobs{state="dead"} 0`, `accord_jobs{state="running"} 0`, `accord_jobs{state="waiting"} 1`,
		} {
			if !strings.Contains(got, line+"\n") {
				t.Errorf("no %s in\n%s", line, got)
			}
		}
	})
}

// TestMetricsNameNothingThatAClientSent sends a word of its own in every place
// where a request has one.
func TestMetricsNameNothingThatAClientSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, request := range []struct{ method, path string }{
			{"GET", "/canary"}, {"GET", "/v1/organizations/canary"}, {"GET", "/v1/organizations?q=canary"},
			{"CANARY", "/v1/organizations"}, {"CANARY", "/canary"}, {"GET", "/docs/canary"}, {"OPTIONS", "/v1/canary"},
		} {
			w.as(domain.Staff).do(request.method, request.path, nil, "User-Agent", "canary")
		}
		got := w.metrics()
		if strings.Contains(strings.ToLower(got), "canary") {
			t.Errorf("a client's word is in\n%s", got)
		}
		for _, m := range regexp.MustCompile(`method="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if !strings.Contains(" GET OPTIONS other ", " "+m[1]+" ") {
				t.Errorf("a method %q", m[1])
			}
		}
	})
}
