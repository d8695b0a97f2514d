package api_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"accord/api"
	"accord/domain"
	"accord/internal/blob"
	"accord/internal/dbtest"
	"accord/internal/oidc/oidctest"
	"accord/internal/onetime"
	"accord/internal/vault"
	"accord/openapi"
	"accord/repository"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Thousands of short requests are answered one after another: a third of the
	// time would go to collecting what is little.
	debug.SetGCPercent(200)
	code := dbtest.Main(m)
	if code == 0 && whole() {
		code = covered.report()
	}
	os.Exit(code)
}

// whole reports whether every test ran.
func whole() bool {
	return !slices.ContainsFunc([]string{"test.run", "test.skip", "test.bench"}, func(name string) bool {
		return flag.Lookup(name).Value.String() != ""
	})
}

// master wraps the keys of every test's database.
var master = func() *vault.Master {
	m, err := vault.NewMaster()
	if err != nil {
		panic(err)
	}
	return m
}()

func migrate(dsn string) error {
	s, err := repository.Open(dsn, repository.Options{Master: master})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(context.Background())
	return err
}

// world is one office on one database, served over real HTTP.
type world struct {
	testing.TB
	store   *repository.Store
	options api.Options
	server  *api.Server
	handler http.Handler
	url     string
	dsn     string
	clock   *clock
	log     *safeBuffer
	blobs   string // the folder of the documents' contents
	undoes  bool   // the database is made to undo what is asked for: 503 is an answer
	issuer  *oidctest.Provider

	mu      sync.Mutex
	clients map[string]*client
	behind  *sql.DB // another way to the database, once it is used
}

// clock is the office's time. It stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

// forward moves time on.
func (w *world) forward(d time.Duration) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.now = w.clock.now.Add(d)
}

// each runs fn against an office on a fresh database of every kind we support.
func each(t *testing.T, fn func(*testing.T, *world)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) { fn(t, newWorld(t, dsn, nil)) })
}

// eachWith is each with other options.
func eachWith(t *testing.T, set func(*api.Options), fn func(*testing.T, *world)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) { fn(t, newWorld(t, dsn, nil, set)) })
}

// unlimited lets tests ask as often as they like.
func unlimited() api.Limits {
	often := repository.Rate{Limit: 1_000_000, Window: time.Minute}
	return api.Limits{Actor: often, Address: often, Expensive: often, Applications: often, InFlight: 100_000, Each: 100_000}
}

// newWorld opens an office. ids is the source of its ids, random if nil.
func newWorld(t testing.TB, dsn string, ids func() string, set ...func(*api.Options)) *world {
	t.Helper()
	w := &world{TB: t, dsn: dsn, clients: map[string]*client{}, log: &safeBuffer{}}
	w.clock = &clock{now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewJSONHandler(w.log, nil))
	var err error
	exact := func() float64 { return 1 } // what limits promise on average, they do exactly
	w.store, err = repository.Open(dsn, repository.Options{Master: master, Now: w.clock.Now, NewID: ids, Price: exact, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	// A server asks the database about a session at every request here, so that
	// no test depends on how long an answer is remembered.
	w.blobs = t.TempDir()
	blobs, err := blob.OpenLocal(w.blobs)
	must(t, err)
	o := api.Options{Store: w.store, BaseURL: "http://accord.test", Publisher: api.Publisher{Name: "The Office", ID: "US-GOV-11"}, Log: log, Freshness: time.Nanosecond, Limits: unlimited(), Blobs: blobs}
	w.issuer = oidctest.New(t, w.clock.Now)
	// No configuration that is read has advisor among the roles.
	o.Issuers = w.believing(w.issuer.Config("office", "admin", "staff", "liaison", "custodian", "auditor", "partner", "partner_admin", "advisor"))
	for _, set := range set {
		set(&o)
	}
	w.options = o
	w.serve()
	srv := httptest.NewServer(w.handler)
	w.url = srv.URL
	t.Cleanup(func() { srv.Close(); w.store.Close(); blobs.Close() })
	return w
}

// serve makes the office's server by its options.
func (w *world) serve() {
	w.Helper()
	var err error
	w.server, err = api.New(w.Context(), w.options)
	must(w, err)
	w.handler = w.server.Handler()
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// system is the store as the server itself reaches it, for seeding.
func (w *world) system() *repository.Session {
	return w.store.As(domain.Actor{Role: domain.System})
}

// client is somebody who calls the API.
type client struct {
	w     *world
	actor domain.Actor
	sid   domain.ID[domain.Session]

	acting domain.OrganizationID // the member for which somebody of its association acts

	key    string // what a program sends; a person has a session
	token  string // the last one, of a session and a moment
	of     domain.ID[domain.Session]
	signed time.Time
}

// anyone is not signed in.
func (w *world) anyone() *client { return &client{w: w, actor: domain.Actor{Role: domain.Anyone}} }

// as is the one account of a role that a test needs; partners and advisors come
// from member and speaker.
func (w *world) as(role domain.Role) *client {
	return w.keep(string(role), func() *client { return w.another(role, "", "") })
}

// member is a partner of an organization.
func (w *world) member(role domain.Role, org domain.OrganizationID) *client {
	return w.keep(string(role)+string(org), func() *client { return w.another(role, org, "") })
}

// speaker is the account of an advisor.
func (w *world) speaker(advisor domain.AdvisorID) *client {
	return w.keep(string(domain.Advising)+string(advisor), func() *client { return w.another(domain.Advising, "", advisor) })
}

func (w *world) keep(key string, make func() *client) *client {
	w.mu.Lock()
	c, ok := w.clients[key]
	w.mu.Unlock()
	if ok {
		return c
	}
	c = make()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients[key] = c
	return c
}

// another makes a further account, signed in.
func (w *world) another(role domain.Role, org domain.OrganizationID, advisor domain.AdvisorID) *client {
	w.Helper()
	return w.signIn(role, org, advisor, "Public Engagement")
}

// signIn makes an account that works in an office, signed in.
func (w *world) signIn(role domain.Role, org domain.OrganizationID, advisor domain.AdvisorID, office string) *client {
	w.Helper()
	login := strings.ReplaceAll(w.name(string(role)), " ", "-")
	a, err := domain.NewAccount(domain.AccountDraft{Login: login, Name: login, Role: role, Organization: org, Advisor: advisor, Office: office, Password: "!"})
	if err != nil {
		w.Fatal(err)
	}
	must(w, w.system().Accounts.Create(w.Context(), domain.EditAccount, a))
	giveFactor(w, w.system(), a)
	s, err := domain.NewSession(a, domain.ByTOTP, w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	must(w, w.system().Sessions.Create(w.Context(), domain.EndSession, s))
	return (&client{w: w, actor: a.Actor(), sid: s.ID}).stand()
}

// appSecret is what the authenticator app of every account makes its codes from.
const appSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// giveFactor enrolls an authenticator app for an account whose role needs one.
func giveFactor(t testing.TB, system *repository.Session, a *domain.Account) {
	t.Helper()
	if !a.Role.NeedsFactor() {
		return
	}
	f := domain.NewTOTP(a.ID, domain.NewSecret(appSecret))
	must(t, f.Confirm(0))
	must(t, system.Factors.Create(t.Context(), domain.EnrollFactor, f))
}

// code is what the authenticator app shows now.
func (w *world) code() string {
	w.Helper()
	code, err := onetime.Code(appSecret, w.clock.Now())
	must(w, err)
	return code
}

// name is a name that nothing else in the office has.
func (w *world) name(kind string) string { return kind + " " + w.system().NewID()[:8] }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bearer is an access token that is good now, or an API key.
func (c *client) bearer() string {
	if c.sid == "" {
		return c.key
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if now := c.w.clock.Now(); c.token == "" || !c.signed.Equal(now) || c.of != c.sid {
		s := &domain.Session{Account: c.actor.Account}
		s.ID = c.sid
		var err error
		c.token, err = c.w.server.AccessToken(s)
		must(c.w, err)
		c.signed, c.of = now, c.sid
	}
	return c.token
}

// result is an answer of the API.
type result struct {
	w       *world
	request string
	Status  int
	Header  http.Header
	Body    []byte
}

// do calls the API. A body that is no string is sent as JSON. Headers come in
// pairs; one with an empty value is not sent.
func (c *client) do(method, path string, body any, headers ...string) *result {
	c.w.Helper()
	raw := asJSON(c.w, body)
	r, err := http.NewRequestWithContext(c.w.Context(), method, c.w.url+path, strings.NewReader(raw))
	must(c.w, err)
	if raw != "" {
		r.Header.Set("Content-Type", "application/json")
		if method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	c.present(r)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return c.w.send(r)
}

// present says in a request's headers who asks, and for whom.
func (c *client) present(r *http.Request) {
	if t := c.bearer(); t != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	if c.acting != "" {
		r.Header.Set("Acting-For", string(c.acting))
	}
}

// asJSON is a body as it is sent.
func asJSON(t testing.TB, body any) string {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return ""
	case string:
		return b
	}
	j, err := json.Marshal(body)
	must(t, err)
	return string(j)
}

// httpClient keeps enough connections for a race of many.
var httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}

func (w *world) send(r *http.Request) *result {
	w.Helper()
	res, err := httpClient.Do(r)
	must(w, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(w, err)
	out := &result{w, r.Method + " " + r.URL.Path, res.StatusCode, res.Header, b}
	if res.StatusCode >= 500 && !(w.undoes && res.StatusCode == 503) {
		w.Errorf("%s answered %d: %s\n%s", out.request, res.StatusCode, b, w.log)
	}
	if err := checkContract(r, out); err != nil {
		w.Errorf("%s answered %d against the contract: %v\n%s", out.request, res.StatusCode, err, b)
	}
	return out
}

func (c *client) get(path string, headers ...string) *result {
	c.w.Helper()
	return c.do(http.MethodGet, path, nil, headers...)
}

func (c *client) post(path string, body any, headers ...string) *result {
	c.w.Helper()
	return c.do(http.MethodPost, path, body, headers...)
}

// move takes a record at its path through a transition, as it is now.
func (c *client) move(path, verb string, body any) *result {
	c.w.Helper()
	return c.post(path+"/"+verb, body, "If-Match", c.seen(path))
}

// patch changes a record as it is now.
func (c *client) patch(path string, body any) *result {
	c.w.Helper()
	return c.do(http.MethodPatch, path, body, "If-Match", c.seen(path))
}

// seen is the record's ETag as the caller sees it, or one that matches nothing.
func (c *client) seen(path string) string {
	if strings.HasSuffix(path, "/safe-contact") {
		path += "?reason=change"
	}
	c.w.Helper()
	if tag := c.get(path).tag(); tag != "" {
		return tag
	}
	return `"unseen"`
}

// want fails the test unless the answer has the status.
func (r *result) want(status int) *result {
	r.w.Helper()
	if r.Status != status {
		r.w.Fatalf("%s: %d, want %d: %s", r.request, r.Status, status, r.Body)
	}
	return r
}

// fault fails the test unless the problem names a fault with this pointer (or
// parameter) and code.
func (r *result) fault(at, code string) *result {
	r.w.Helper()
	var p openapi.Problem
	r.into(&p)
	for _, f := range p.Errors {
		if (f.Pointer == at || f.Parameter == at) && f.Code == code {
			return r
		}
	}
	r.w.Fatalf("%s: no fault %s at %q in %s", r.request, code, at, r.Body)
	return r
}

// is fails unless a field of the answer says this.
func (r *result) is(field string, want any) *result {
	r.w.Helper()
	if got := r.at(field); got != want {
		r.w.Errorf("%s: %s is %v, want %v", r.request, field, got, want)
	}
	return r
}

func (r *result) tag() string { return r.Header.Get("ETag") }

func (r *result) into(v any) {
	r.w.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.w.Fatalf("%s: %v: %s", r.request, err, r.Body)
	}
}

// str is a text member of the answer; a path of names goes deeper.
func (r *result) str(path ...string) string {
	r.w.Helper()
	s, _ := r.at(path...).(string)
	return s
}

// at is any member of the answer, or nil.
func (r *result) at(path ...string) any {
	r.w.Helper()
	var v any
	r.into(&v)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// items are the records of a list.
func (r *result) items() []map[string]any {
	r.w.Helper()
	var p struct{ Items []map[string]any }
	r.into(&p)
	return p.Items
}

// column is one member of every record of a list.
func (r *result) column(name string) []string {
	r.w.Helper()
	out := []string{}
	for _, i := range r.items() {
		out = append(out, fmt.Sprint(i[name]))
	}
	return out
}

// The contract, for checking every answer of every test against it.
var router = func() routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.ContractJSON)
	if err != nil {
		panic(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		panic(err)
	}
	doc.Servers = nil // the tests' server is wherever it listens
	r, err := legacy.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return r
}()

func checkContract(r *http.Request, res *result) error {
	route, params, err := router.FindRoute(r)
	if err != nil && (res.Status == http.StatusNotFound || res.Status == http.StatusMethodNotAllowed || !strings.HasPrefix(r.URL.Path, "/v1/")) {
		return nil // not of the contract: health, docs, what isn't there
	}
	if err != nil {
		return err
	}
	covered.note(route.Operation.OperationID, res.Status)
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 res.Status, Header: res.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: r.URL.Query().Has("fields")},
	}
	in.SetBodyBytes(res.Body)
	err = openapi3filter.ValidateResponse(r.Context(), in)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "Schema:")
		return errors.New(first)
	}
	return nil
}

// covered counts which documented status of which operation some test met.
var covered = coverage{seen: map[string]bool{}}

type coverage struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (c *coverage) note(op string, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[fmt.Sprintf("%s %d", op, status)] = true
}

// report fails the run for every operation or documented status without a test.
func (c *coverage) report() int {
	var missing []string
	n := 0
	for _, op := range openapi.Operations {
		for _, status := range op.Statuses {
			n++
			if key := fmt.Sprintf("%s %d", op.ID, status); !c.seen[key] {
				missing = append(missing, key)
			}
		}
	}
	fmt.Printf("contract: %d of %d documented answers met by a test\n", n-len(missing), n)
	if len(missing) > 0 {
		slices.Sort(missing)
		fmt.Printf("FAIL: no test meets\n\t%s\n", strings.Join(missing, "\n\t"))
		return 1
	}
	return 0
}
