package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/apikey"
	"accord/internal/dbtest"
	"accord/openapi"
	"accord/repository"
)

// limited sets the limits of a test's server.
func limited(set func(*api.Limits)) func(*api.Options) {
	return func(o *api.Options) { set(&o.Limits) }
}

// ask sends a request that may be refused with 503, and holds the answer against
// the contract.
func (c *client) ask(method, path string) *result {
	c.w.Helper()
	r, err := http.NewRequestWithContext(c.w.Context(), method, c.w.url+path, nil)
	must(c.w, err)
	if t := c.bearer(); t != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	res, err := httpClient.Do(r)
	must(c.w, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(c.w, err)
	out := &result{c.w, method + " " + path, res.StatusCode, res.Header, b}
	must(c.w, checkContract(r, out))
	return out
}

func TestWhoAsksTooOftenIsToldWhenToAskAgain(t *testing.T) {
	perMinute := repository.Rate{Limit: 3, Window: time.Minute}
	eachWith(t, limited(func(l *api.Limits) { l.Actor, l.Expensive = perMinute, repository.Rate{Limit: 2, Window: time.Minute} }), func(t *testing.T, w *world) {
		staff, other := w.as(domain.Staff), w.as(domain.Liaison)
		for i, limit := range []string{`"requests";r=2;t=20`, `"requests";r=1;t=20`, `"requests";r=0;t=20`} {
			got := staff.get("/v1/countries").want(200)
			if got.Header.Get("RateLimit-Policy") != `"requests";q=3;w=60` || got.Header.Get("RateLimit") != limit {
				t.Errorf("answer %d: %v", i, got.Header)
			}
		}
		got := staff.get("/v1/countries").told(429)
		if got.Header.Get("RateLimit") != `"requests";r=0;t=20` || got.Header.Get("Retry-After") != "20" {
			t.Errorf("%v", got.Header)
		}
		other.get("/v1/countries").want(200)
		w.forward(20 * time.Second)
		staff.get("/v1/countries").want(200)
		staff.get("/v1/countries").told(429)

		w.forward(time.Minute)
		search := "/v1/organizations?q=harbor"
		if got := staff.get(search).want(200); got.Header.Get("RateLimit") != `"requests";r=2;t=20, "expensive";r=1;t=30` {
			t.Errorf("%v", got.Header)
		}
		staff.get(search).want(200)
		got = staff.get(search).told(429)
		if got.Header.Get("Retry-After") != "30" || !strings.Contains(string(got.Body), "expensive") {
			t.Errorf("%v: %s", got.Header, got.Body)
		}
	})
}

// TestLimitsAreSharedByAllInstances asks two instances in turn.
func TestLimitsAreSharedByAllInstances(t *testing.T) {
	few := limited(func(l *api.Limits) { l.Actor = repository.Rate{Limit: 10, Window: time.Minute} })
	eachWith(t, few, func(t *testing.T, w *world) {
		second, err := api.New(t.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test",
			Limits: api.Limits{Actor: repository.Rate{Limit: 10, Window: time.Minute}, Address: repository.Rate{Limit: 1, Window: time.Minute},
				Expensive: repository.Rate{Limit: 1, Window: time.Minute}, InFlight: 10, Each: 10}})
		must(t, err)
		staff := w.as(domain.Staff)
		answered := map[int]int{}
		for range 10 {
			for _, h := range []http.Handler{w.handler, second.Handler()} {
				r := httptest.NewRequest(http.MethodGet, "/v1/countries", nil)
				r.Header.Set("Authorization", "Bearer "+staff.bearer())
				got := httptest.NewRecorder()
				h.ServeHTTP(got, r)
				answered[got.Code]++
			}
		}
		if answered[200] != 10 || answered[429] != 10 {
			t.Errorf("%v", answered)
		}
	})
}

// TestAnAddressTellsNobodyOfOthers has people of one address who must not learn
// of each other.
func TestAnAddressTellsNobodyOfOthers(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.Address = repository.Rate{Limit: 4, Window: time.Minute} }), func(t *testing.T, w *world) {
		before := w.anyone().get("/v1/register/commitments").want(200)
		if p := before.Header.Get("RateLimit-Policy"); p != `"requests";q=4;w=60` {
			t.Errorf("%q", p)
		}
		staff := w.as(domain.Staff)
		for range 10 {
			staff.get("/v1/me").want(200)
		}
		after := w.anyone().get("/v1/register/commitments").want(200)
		if before.Header.Get("RateLimit") != "" || withoutRequestID(before) != withoutRequestID(after) {
			t.Errorf("%v\n%v", before.Header, after.Header)
		}
		// Guessing tokens counts too, whatever they claim.
		for range 2 {
			w.anyone().get("/v1/me", "Authorization", "Bearer guess").told(401)
		}
		w.anyone().get("/v1/me", "Authorization", "Bearer guess").told(429)
		w.anyone().get("/v1/register/commitments").told(429)
		staff.get("/v1/me").want(200)
	})
}

// TestEveryOperationIsLimited asks for each as one who has asked too often, and
// while the server is at too much.
// TestAForgedKeyIsLimitedBeforeItIsLookedFor sends keys whose checksum is right,
// which anybody can reckon.
func TestAForgedKeyIsLimitedBeforeItIsLookedFor(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.Address = repository.Rate{Limit: 4, Window: time.Minute} }), func(t *testing.T, w *world) {
		path, program := w.apiKey(w.as(domain.Staff), domain.ReadReference)
		asks := func(c *client, status int, sought bool) {
			t.Helper()
			r, did := work(c, http.MethodGet, "/v1/countries", "")
			if r.Status != status || strings.Contains(did, "api_keys") != sought {
				t.Errorf("%d, want %d; it did\n%s", r.Status, status, did)
			}
		}
		for range 10 {
			asks(program, 200, true) // which counts by itself, once it is known
		}
		guess := func() *client { raw, _ := apikey.New(); return &client{w: w, key: raw} }
		for range 3 {
			asks(guess(), 401, true)
		}
		asks(guess(), 429, false)
		asks(program, 200, true)
		w.exec("UPDATE api_keys SET expires_at = created_at WHERE id = '" + path[strings.LastIndex(path, "/")+1:] + "'")
		asks(program, 429, true)  // it was known
		asks(program, 429, false) // and is no longer
	})
}

func TestEveryOperationIsLimited(t *testing.T) {
	once := repository.Rate{Limit: 1, Window: time.Hour}
	eachWith(t, limited(func(l *api.Limits) { l.Actor, l.Address = once, once }), func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.get("/v1/countries").want(200)
		for _, op := range openapi.Operations {
			lines := w.decisions(func() {
				path := variable.ReplaceAllString(op.Path, "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11")
				if got := staff.ask(op.Method, path); got.Status != 429 || got.Header.Get("Retry-After") == "" || got.Header.Get("RateLimit-Policy") == "" {
					t.Errorf("%s: %d: %s", op.ID, got.Status, got.Body)
				}
			})
			isRefusal(t, op, lines, 429, staff.actor.Account)
		}
	})
}

// isRefusal holds the line of a refused request against the policy's name for what was
// asked; of receipts there is none.
func isRefusal(t *testing.T, op openapi.Operation, got []decision, status int, by domain.AccountID) {
	t.Helper()
	if strings.HasPrefix(op.Path, "/v1/receipts") || strings.Contains(op.Path, "anonymous") {
		if len(got) != 0 {
			t.Errorf("%s left %+v", op.ID, got)
		}
		return
	}
	if len(got) != 1 || got[0].Action != op.Action || got[0].Status != status || got[0].ActorID != string(by) {
		t.Errorf("%s left %+v, want %s and %d by %q", op.ID, got, op.Action, status, by)
	}
}

func TestAServerAtTooMuchSaysSo(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.InFlight = 1 }), func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		release := staff.underWay("/v1/tasks")
		for _, op := range openapi.Operations {
			lines := w.decisions(func() {
				path := variable.ReplaceAllString(op.Path, "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11")
				if got := staff.ask(op.Method, path); got.Status != 503 || got.Header.Get("Retry-After") != "1" || got.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s: %d: %s", op.ID, got.Status, got.Body)
				}
			})
			isRefusal(t, op, lines, 503, "")
		}
		staff.get("/healthz").want(200)
		staff.get("/readyz").want(200)
		release()
		staff.get("/v1/countries").want(200)
	})
}

// underWay begins a request whose body does not end until release is called.
func (c *client) underWay(path string) (release func()) {
	c.w.Helper()
	for range 100 {
		if release = c.begin(path); release != nil {
			return release
		}
	}
	c.w.Fatal("the request is not under way")
	return nil
}

// begin is underWay, or nil if the request came while a look whether it is inside
// had its place.
func (c *client) begin(path string) (release func()) {
	c.w.Helper()
	body, finish := io.Pipe()
	r, err := http.NewRequestWithContext(context.WithoutCancel(c.w.Context()), http.MethodPost, c.w.url+path, body)
	must(c.w, err)
	r.Header.Set("Authorization", "Bearer "+c.bearer())
	r.Header.Set("Content-Type", "application/json")
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		res, err := httpClient.Do(r)
		if err != nil {
			c.w.Error(err)
			return
		}
		res.Body.Close()
	}()
	go io.WriteString(finish, `{"title":`) // as far as the server is there to take it
	for {
		if got := c.ask(http.MethodGet, path); got.Status == 503 || got.Status == 429 {
			return func() {
				finish.Close()
				<-answered
			}
		}
		select {
		case <-answered:
			finish.Close()
			return nil
		default:
		}
	}
}

func TestOneCallerCantTakeAllPlaces(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.Each = 1 }), func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		release := staff.underWay("/v1/tasks")
		got := staff.get("/v1/countries").told(429)
		if got.Header.Get("Retry-After") != "1" {
			t.Errorf("%v", got.Header)
		}
		w.as(domain.Liaison).get("/v1/countries").want(200)
		w.anyone().get("/v1/register/commitments").want(200)
		release()
		staff.get("/v1/countries").want(200)
	})
}

// TestManyAddressesStopNobodyWhoIsSignedIn has eight addresses send bodies that
// don't end, to an operation that nobody need be signed in for, and one of them
// read what is no operation.
func TestManyAddressesStopNobodyWhoIsSignedIn(t *testing.T) {
	eachWith(t, limited(func(l *api.Limits) { l.InFlight, l.Each = 16, 4 }), func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		kept := 0
		for address := range 8 {
			for range 4 {
				switch status, end := w.heldUp(address); status {
				case 100:
					kept++
					defer end()
				case 503:
					end()
				default:
					t.Fatalf("a body that is not there yet: %d", status)
				}
			}
		}
		if kept != 8 {
			t.Errorf("addresses have %d of 16 places", kept)
		}
		staff.get("/v1/me").want(200)
		w.anyone().post("/v1/sessions/quick-exit", nil).want(204)
		for _, path := range []string{"/v1/register/commitments", "/openapi.json", "/docs/"} {
			res, err := httpClient.Get(w.url + path)
			must(t, err)
			res.Body.Close()
			if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" {
				t.Errorf("%s, as anyone: %s", path, res.Status)
			}
		}
	})
}

// heldUp begins a request from an address, and tells whether its body is waited
// for: 100, or the answer.
func (w *world) heldUp(address int) (status int, end func()) {
	w.Helper()
	conn, err := (&net.Dialer{LocalAddr: placeOf(address)}).Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	must(w, err)
	fmt.Fprint(conn, "POST /v1/receipts/verify HTTP/1.1\r\nHost: accord\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	must(w, err)
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
		w.Fatal(line)
	}
	return status, func() { conn.Close() }
}

func TestAnAddressIsBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.get("/v1/organizations?" + strings.Repeat("a", 8<<10)).told(400)
		staff.get("/v1/organizations/" + strings.Repeat("a", 8<<10)).told(400)
		many := &strings.Builder{}
		for i := range 65 {
			fmt.Fprintf(many, "&p%d=1", i)
		}
		staff.get("/v1/organizations?" + many.String()[1:]).told(400)
	})
}

// BenchmarkReadMe measures the shortest request, over which all that stands at
// the door weighs most.
func BenchmarkReadMe(b *testing.B) {
	o := openBenched(b, dbtest.SQLite, 1)
	r := httptest.NewRequest(http.MethodGet, "/v1/me", nil)
	r.Header.Set("Authorization", "Bearer "+o.bearer)
	for b.Loop() {
		got := httptest.NewRecorder()
		o.handler.ServeHTTP(got, r)
		if got.Code != http.StatusOK {
			b.Fatal(got.Code)
		}
	}
}
