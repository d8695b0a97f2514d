package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"accord/repository"
)

// metrics counts what the server does. A label is a route of ours, a known
// method or a class of status, never anything that a client sent: that could
// name a person, and would make series without bound.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	gone     *prometheus.CounterVec
}

var requestLabels = []string{"route", "method", "status"}

func newMetrics(store *repository.Store) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_http_requests_total", Help: "Requests answered.",
		}, requestLabels),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "accord_http_request_duration_seconds", Help: "Time from a request's head to its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, requestLabels),
		gone: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "accord_retention_rows_total", Help: "Rows that went by the schedule of retention.",
		}, []string{"line"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.gone, unfinishedJobs{store},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// count is the middleware around all others.
func (m *metrics) count(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		labels := []string{routeOf(c), methodOf(c), strconv.Itoa(c.Response().Status/100) + "xx"}
		m.requests.WithLabelValues(labels...).Inc()
		m.duration.WithLabelValues(labels...).Observe(time.Since(began).Seconds())
		return err
	}
}

// swept counts what went by the schedule.
func (m *metrics) swept(gone map[string]int64) {
	for line, n := range gone {
		m.gone.WithLabelValues(line).Add(float64(n))
	}
}

// routeOf is the pattern that a request matched, which is ours.
func routeOf(c echo.Context) string {
	if c.Path() == "" {
		return "none"
	}
	return c.Path()
}

func methodOf(c echo.Context) string {
	switch m := c.Request().Method; m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// unfinishedJobs asks the database at each collection, so that every instance
// tells the same.
type unfinishedJobs struct{ store *repository.Store }

var jobsDesc = prometheus.NewDesc("accord_jobs", "Jobs that are waiting, running, or dead after their last attempt.", []string{"state"}, nil)

// Describe names the one metric.
func (unfinishedJobs) Describe(ch chan<- *prometheus.Desc) { ch <- jobsDesc }

// Collect counts the jobs. A database that doesn't answer in time fails the
// collection, not the server.
func (u unfinishedJobs) Collect(ch chan<- prometheus.Metric) {
	within, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := u.store.UnfinishedJobs(within)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsDesc, err)
		return
	}
	for state, n := range counts {
		ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(n), state)
	}
}

// Metrics returns what a monitoring system collects. It is for a listener of its
// own: it tells how much is done, to whoever can reach it.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true,
	}))
	return mux
}
