// Package api serves the HTTP interface of the contract in package openapi. A
// handler reads the request, asks the repository as the caller, and shows what
// came of it; who may and what can happen is decided in package domain.
package api

import (
	"cmp"
	"context"
	"crypto/cipher"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"accord/domain"
	"accord/internal/blob"
	"accord/internal/clamd"
	"accord/internal/oidc"
	"accord/internal/passkey"
	"accord/internal/receipt"
	"accord/internal/token"
	"accord/openapi"
	"accord/openapi/docs"
	"accord/repository"
)

// Options are what a server is made with.
type Options struct {
	Store *repository.Store
	// BaseURL is where clients reach the server, without a trailing slash. It is
	// the issuer and audience of its tokens.
	BaseURL string
	// Log is told of every request; never of its contents.
	Log *slog.Logger
	// Freshness is for how long a session that was found good is taken to be so:
	// the longest that a suspended account goes on. A second if zero.
	Freshness time.Duration
	// Limits are what one caller may take up; DefaultLimits if zero.
	Limits Limits
	// Proxies are believed when they say for whom they ask; none if zero.
	Proxies Proxies
	// Origins are those of the web pages, beside the server's own, whose scripts
	// may read its answers. Each is scheme, host and port.
	Origins []string
	// PasskeyDomain is what passkeys are bound to; BaseURL's host if empty.
	PasskeyDomain string
	// Publisher is the office as what it publishes names it.
	Publisher Publisher
	// Patience is how slow a client may be; a poor line's if zero.
	Patience Patience
	// Blobs keep the contents of documents; nil refuses every document.
	Blobs blob.Store
	// Scanner is a ClamAV daemon that files must pass; empty for none.
	Scanner clamd.Daemon
	// RequireScan hands out no file that no scanner has passed.
	RequireScan bool
	// CollectAfter is how old a content is before it is taken for an orphan; two
	// days if zero.
	CollectAfter time.Duration
	// KeyRotation is for how long one key signs access tokens. 30 days if zero.
	KeyRotation time.Duration
	// Issuers are the OpenID providers whose tokens sign people in.
	Issuers oidc.Issuers
	// Retention says what goes by itself when; the standard schedule if nil.
	Retention domain.Schedule
}

// Server implements every operation of the contract; the compiler says which are
// missing.
type Server struct {
	store    *repository.Store
	baseURL  string
	log      *slog.Logger
	auth     *authenticator
	metrics  *metrics
	usher    *usher
	proxies  Proxies
	origins  []string
	patience Patience
	// passkeys is nil where no browser could bind one to the server's address.
	passkeys  *passkey.Service
	publisher Publisher
	// receipts signs what authors of submissions are given to keep.
	receipts receipt.Signer

	box          blob.Box
	links        cipher.AEAD
	scanner      clamd.Daemon
	requireScan  bool
	collectAfter time.Duration
	keyRotation  time.Duration
	issuers      oidc.Issuers
	retention    domain.Schedule
}

var _ openapi.ServerInterface = (*Server)(nil)

// maxBody is the largest JSON body.
const maxBody = 1 << 20

// New returns the server. It reads the signing keys from the store, and makes
// the first one if there is none.
func New(ctx context.Context, o Options) (*Server, error) {
	s := &Server{store: o.Store, baseURL: strings.TrimRight(o.BaseURL, "/"), log: o.Log, metrics: newMetrics(o.Store),
		usher: newUsher(o.Limits), proxies: o.Proxies, origins: o.Origins, patience: o.Patience, publisher: o.Publisher}
	s.box, s.scanner, s.requireScan = blob.Box{Store: o.Blobs}, o.Scanner, o.RequireScan
	s.issuers = o.Issuers
	if s.retention = o.Retention; s.retention == nil {
		s.retention = domain.StandardSchedule()
	}
	s.collectAfter = cmp.Or(o.CollectAfter, collectGrace)
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.passkeys, err = passkeys(s.baseURL, o); err != nil {
		return nil, err
	}
	issuer := token.Issuer{Keys: &token.KeySet{}, Issuer: s.baseURL, Audience: s.baseURL, Now: o.Store.Now}
	if s.receipts, err = o.Store.ReceiptSigner(); err != nil {
		return nil, err
	}
	key, err := o.Store.Master().Derive("file link")
	if err != nil {
		return nil, err
	}
	if s.links, err = linkBox(key); err != nil {
		return nil, err
	}
	s.auth = newAuthenticator(o.Store, issuer, o.Freshness)
	if s.keyRotation = o.KeyRotation; s.keyRotation == 0 {
		s.keyRotation = 30 * 24 * time.Hour
	}
	return s, s.auth.keys.fresh(ctx)
}

// Handler returns the whole of what is served.
func (s *Server) Handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = s.problem
	e.Use(s.metrics.count, s.observe, middleware.RecoverWithConfig(middleware.RecoverConfig{DisableErrorHandler: false, LogErrorFunc: s.recovered}), harden, s.shared(), s.crowded, s.bounded)
	e.GET("/healthz", func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]string{"status": "ok"}) })
	e.GET("/readyz", s.ready)
	e.GET("/openapi.json", contract("application/json", openapi.ContractJSON), s.read)
	e.GET("/openapi.yaml", contract("application/yaml", openapi.ContractYAML), s.read)
	e.GET("/", func(c echo.Context) error { return c.Redirect(http.StatusFound, "/docs/") }, s.read)
	page := echo.WrapHandler(docs.Handler())
	e.GET("/docs", page, s.read)
	e.GET("/docs/*", page, s.read)
	openapi.RegisterHandlersWithOptions(e, s, openapi.RegisterHandlersOptions{OperationMiddlewares: s.doors()})
	return patient(s.patience, compressed(answersHead(e)))
}

// headless requests are of what is not read by HEAD as by GET: an upload is only ever
// asked by it, and to ask of a link what it leads to would use it up.
func headless(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/v1/uploads/") || strings.HasPrefix(r.URL.Path, "/v1/files/")
}

// answersHead answers HEAD wherever GET is answered, with the same head and no
// body (RFC 9110, section 9.3.2).
func answersHead(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && !headless(r) { // net/http drops the body
			r = r.WithContext(r.Context())
			r.Method = http.MethodGet
		}
		h.ServeHTTP(w, r)
	})
}

// doors puts every operation of the contract behind its own check.
func (s *Server) doors() map[string][]echo.MiddlewareFunc {
	doors := map[string][]echo.MiddlewareFunc{}
	for _, op := range openapi.Operations {
		doors[op.ID] = []echo.MiddlewareFunc{func(next echo.HandlerFunc) echo.HandlerFunc { return s.admit(op, next) }}
	}
	return doors
}

// compressed packs answers, whose tag then ends in -gzip or -zstd. Their length is padded at random, so that it tells
// nothing of a secret that stands beside a caller's own words (BREACH).
func compressed(h http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.RandomJitter(64, 0, false), gzhttp.SuffixETag("-gzip"))
	if err != nil {
		panic(err)
	}
	packed := wrap(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/docs") || strings.HasPrefix(r.URL.Path, "/v1/files/") || strings.HasSuffix(r.URL.Path, "/bundle") {
			h.ServeHTTP(w, r) // these come packed, or are read in parts
			return
		}
		packed.ServeHTTP(w, r)
	})
}

func contract(kind string, body []byte) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Cache-Control", "public, max-age=300")
		return c.Blob(http.StatusOK, kind, body)
	}
}

func (s *Server) ready(c echo.Context) error {
	if err := s.store.Ready(ctx(c)); err != nil {
		s.log.Error("not ready", "error", err)
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "unavailable"})
	}
	// An issuer that is down is told of and makes nobody less ready: all else goes on.
	ready := struct {
		Issuers map[string]oidc.State `json:"issuers,omitempty"`
		Status  string                `json:"status"`
	}{map[string]oidc.State{}, "ok"}
	for _, i := range s.issuers {
		ready.Issuers[i.Name] = i.State()
	}
	return c.JSON(http.StatusOK, ready)
}

// harden sets the headers by which a browser protects its user. What is not
// public must not be kept by anyone between.
func harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		c.Response().Before(func() {
			if allow := h.Get(echo.HeaderAllow); strings.Contains(allow, http.MethodGet) && !headless(c.Request()) {
				h.Set(echo.HeaderAllow, allow+", "+http.MethodHead)
			}
		})
		return next(c)
	}
}

// shared lets the scripts of other origins' pages in, if any are named. No
// cookie is ever looked at, so they come with what they were given or with
// nothing.
func (s *Server) shared() echo.MiddlewareFunc {
	if len(s.origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOriginFunc: func(origin string) (bool, error) { return slices.Contains(s.origins, origin), nil },
		AllowMethods:    []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:    readHeaders(),
		ExposeHeaders: []string{"ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After",
			"Idempotency-Replayed", "X-Request-Id", "Content-Disposition", "Content-Location", "Content-Range", "Repr-Digest",
			"Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Expires"},
		MaxAge: int((2 * time.Hour).Seconds()),
	})
}

// readHeaders is what an operation reads of a request's headers, by the contract.
func readHeaders() []string {
	names := []string{"Authorization", "Content-Type", "If-Range", "Range", "traceparent"}
	for _, op := range openapi.Operations {
		for _, p := range op.Parameters {
			if p.In == "header" && !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
		}
	}
	return names
}

const (
	// maxAddress is how long a request's address may be, in bytes.
	maxAddress = 8 << 10
	// maxParameters is how many parameters it may have.
	maxParameters = 64
)

// bounded ends a request that takes too long, and refuses an address that no
// operation could mean.
func (s *Server) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if len(r.RequestURI) > maxAddress {
			return domain.Refuse(domain.Malformed, "an address has at most %d bytes", maxAddress)
		}
		if strings.Count(r.URL.RawQuery, "&") >= maxParameters {
			return domain.Refuse(domain.Malformed, "there may be %d parameters", maxParameters)
		}
		if !plainText(r.URL.Path) {
			return domain.Refuse(domain.Malformed, "the path must be UTF-8 without NUL")
		}
		limit := timeFor(r, c.Path())
		within, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		c.Response().Writer = s.patience.answered(c.Response().Writer, limit)
		c.SetRequest(r.WithContext(within))
		return next(c)
	}
}

// timeFor is how long a request may take: longer with a file, either way.
func timeFor(r *http.Request, route string) time.Duration {
	sends := r.ContentLength != 0 && !strings.Contains(r.Header.Get("Content-Type"), "json")
	if sends || strings.HasPrefix(route, "/v1/files/") || strings.HasPrefix(route, "/v1/uploads/") {
		return uploadTime
	}
	if strings.HasSuffix(route, "/bundle") {
		return bundleTime
	}
	return requestTime
}

type routeKey struct{ method, route string }

// actionOf is what the policy calls each operation, by its route: what is refused
// before its door has a name, too.
var actionOf = func() map[routeKey]string {
	out, pattern := map[routeKey]string{}, strings.NewReplacer("{", ":", "}", "")
	for _, op := range openapi.Operations {
		out[routeKey{op.Method, pattern.Replace(op.Path)}] = op.Action
	}
	return out
}()

// observe names the request and logs it: the action that was asked for and by which
// route, whether it was allowed as the status says, duration, who by id.
// Never a body, a query, an address or a token.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began, id := time.Now(), uuid.NewString()
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		c.SetRequest(c.Request().WithContext(repository.WithRequest(c.Request().Context(), id)))
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		a := actor(c)
		attrs := []any{"request_id", id, "method", c.Request().Method, "route", c.Path(), "action", actionOf[routeKey{c.Request().Method, c.Path()}], "status", c.Response().Status, "ms", time.Since(began).Milliseconds()}
		if a.Internal() { // an advisor stands among the partners
			id, _ := a.Signature()
			attrs = append(attrs, "actor_id", id)
		}
		// A receipt's holder leaves no line at all.
		if !strings.HasPrefix(c.Path(), "/v1/receipts") && !strings.Contains(c.Path(), "anonymous") {
			s.log.Info("request", attrs...)
		}
		return nil
	}
}

func (s *Server) recovered(c echo.Context, err error, stack []byte) error {
	s.log.Error("panic", "request_id", c.Response().Header().Get(echo.HeaderXRequestID), "route", c.Path(), "error", err, "stack", string(stack))
	return err
}

func ctx(c echo.Context) context.Context { return c.Request().Context() }

// as is the store as the caller reaches it.
func (s *Server) as(c echo.Context) *repository.Session {
	if tx, ok := c.Get("session").(*repository.Session); ok {
		return tx
	}
	return s.store.As(actor(c))
}

// system is the store as the server itself reaches it, for what a caller who is
// not signed in sets going: signing in, accepting an invitation.
func (s *Server) system(c echo.Context) *repository.Session {
	return s.as(c).As(domain.Actor{Role: domain.System})
}

// asServer is the same transaction as the server itself reaches it.
func asServer(tx *repository.Session) *repository.Session {
	return tx.As(domain.Actor{Role: domain.System})
}

func actor(c echo.Context) domain.Actor {
	a, _ := c.Get("actor").(domain.Actor)
	return a
}
