package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"accord/api"
	"accord/domain"
	"accord/internal/dbtest"
	"accord/openapi"
	"accord/repository"
)

// notJSON are texts that RFC 8259 refuses, or that this API does: what a lenient
// parser would take in one way and another in another.
var notJSON = []string{
	// structure
	`{`, `}`, `[`, `]`, `{]`, `[}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a" 1}`, `{"a":1:2}`, `{a:1}`, `{'a':1}`, `{"a":'b'}`,
	`{1:1}`, `{null:1}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":[1,,2]}`, `{"a":[1}`, `{"a":{"b":1}`, `["a",`, `{"a":/*x*/1}`, `{"a":1}//x`, `#{"a":1}`,
	// after the value
	`{"legal_name":"A","type":"ngo"}}`, `{"legal_name":"A","type":"ngo"}]`, `{"legal_name":"A","type":"ngo"},`, `{"legal_name":"A","type":"ngo"} {}`,
	`{"legal_name":"A","type":"ngo"}x`, "{\"legal_name\":\"A\",\"type\":\"ngo\"}\x00", `{}{}`, `1 2`, `"a""b"`,
	// names
	`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"legal_name":"A","legal_name":"B","type":"ngo"}`, `{"identifiers":[{"scheme":"LEI","scheme":"UEI","value":"1"}]}`,
	// literals
	`nul`, `NULL`, `True`, `truefalse`, `undefined`, `NaN`, `Infinity`, `{"a":tru}`, `{"a":nulll}`,
	// numbers
	`{"a":01}`, `{"a":-01}`, `{"a":+1}`, `{"a":.5}`, `{"a":1.}`, `{"a":1e}`, `{"a":1e+}`, `{"a":--1}`, `{"a":- 1}`, `{"a":0x1}`, `{"a":1_000}`, `{"a":1,5}`, `{"a":１}`,
	// strings
	`{"a":"b}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\uZZZZ"}`, `{"a":"\"}`, "{\"a\":\"b\nc\"}", "{\"a\":\"b\tc\"}", "{\"a\":\"\x1f\"}", `{"a":"\`, `{a":1}`,
	// text that no database keeps, or that is no text
	`{"legal_name":"\u0000","type":"ngo"}`, `{"legal_name":"A\u0000B","type":"ngo"}`, `{"\u0000":1}`, `{"legal_name":"\ud800","type":"ngo"}`,
	`{"legal_name":"\udc00","type":"ngo"}`, `{"legal_name":"\ud800\ud800","type":"ngo"}`, `{"legal_name":"\ud800x","type":"ngo"}`,
	"{\"legal_name\":\"\xff\",\"type\":\"ngo\"}", "{\"legal_name\":\"\xc0\xaf\",\"type\":\"ngo\"}", "{\"legal_name\":\"\xed\xa0\x80\",\"type\":\"ngo\"}", "{\"\xff\":1}",
	"\xef\xbb\xbf{\"legal_name\":\"A\",\"type\":\"ngo\"}", "\xff\xfe{\x00}\x00", "\x00", " ", "\u00a0{}", "\f{}",
	// depth
	strings.Repeat("[", 33), strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat("[", 40) + strings.Repeat("]", 40),
	`{"other_names":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`,
}

// told fails the test unless the answer is a problem of the status that says
// what is wrong.
func (r *result) told(status int) *result {
	r.w.Helper()
	var p openapi.Problem
	if err := json.Unmarshal(r.Body, &p); err != nil || r.Status != status || p.Status != status || r.Header.Get("Content-Type") != "application/problem+json" || (p.Detail == "" && len(p.Errors) == 0) {
		r.w.Errorf("%s: %d, want a problem of %d: %.300s", r.request, r.Status, status, r.Body)
	}
	return r
}

// pointed fails the test unless the problem says where, and in words.
func (r *result) pointed(status int) *result {
	r.w.Helper()
	r.told(status)
	var p openapi.Problem
	_ = json.Unmarshal(r.Body, &p) // told has looked
	if len(p.Errors) == 0 || p.Errors[0].Detail == "" || p.Errors[0].Code == "" {
		r.w.Errorf("%s: nothing says where: %.300s", r.request, r.Body)
	}
	return r
}

func TestWhatIsNotJSONIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		tag := staff.seen(path)
		w.writesNothing("what is not JSON", func() {
			for _, body := range notJSON {
				staff.post("/v1/organizations", body).pointed(400)
				staff.do(http.MethodPatch, path, body, "If-Match", tag).pointed(400)
			}
		})
	})
}

func TestWhatBreaksTheContractIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		tag := staff.seen(path)
		w.writesNothing("what breaks the contract", func() {
			for _, tt := range []struct{ member, pointer, code string }{
				{`"legal_name":1`, "/legal_name", "wrong_type"},
				{`"legal_name":["A"]`, "/legal_name", "wrong_type"},
				{`"legal_name":{}`, "/legal_name", "wrong_type"},
				{`"legal_name":true`, "/legal_name", "wrong_type"},
				{`"legal_name":""`, "/legal_name", "too_small"},
				{`"legal_name":"` + strings.Repeat("é", 501) + `"`, "/legal_name", "too_large"},
				{`"type":"cartel"`, "/type", "unknown_value"},
				{`"type":"NGO"`, "/type", "unknown_value"},
				{`"type":7`, "/type", "wrong_type"},
				{`"survivor_led":"true"`, "/survivor_led", "wrong_type"},
				{`"survivor_led":1`, "/survivor_led", "wrong_type"},
				{`"other_names":"A"`, "/other_names", "wrong_type"},
				{`"other_names":[1]`, "/other_names/0", "wrong_type"},
				{`"identifiers":[{"scheme":"LEI"}]`, "/identifiers/0/value", "required"},
				{`"identifiers":[{"scheme":"LEI","value":"1","extra":1}]`, "/identifiers/0/extra", "unknown_field"},
				{`"identifiers":[{"scheme":"1 2","value":"1"}]`, "/identifiers/0/scheme", "invalid"},
				{`"country":"us"`, "/country", "invalid"},
				{`"stage":"approved"`, "/stage", "unknown_field"},
				{`"id":"6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"`, "/id", "unknown_field"},
				{`"Legal_Name":"A"`, "/Legal_Name", "unknown_field"},
				{`"a/b~c":1`, "/a~1b~0c", "unknown_field"},
			} {
				body := `{"legal_name":"A","type":"ngo",` + tt.member + `}`
				for _, known := range []string{`"legal_name"`, `"type"`} {
					if strings.HasPrefix(tt.member, known+":") {
						body = strings.Replace(body, known+`:`+map[string]string{`"legal_name"`: `"A",`, `"type"`: `"ngo",`}[known], "", 1)
					}
				}
				staff.post("/v1/organizations", body).pointed(422).fault(tt.pointer, tt.code)
				staff.do(http.MethodPatch, path, `{`+tt.member+`}`, "If-Match", tag).pointed(422).fault(tt.pointer, tt.code)
			}
			staff.post("/v1/organizations", `{}`).pointed(422).fault("/legal_name", "required").fault("/type", "required")
			for _, body := range []string{`null`, `1`, `"a"`, `[]`, `true`, `[{}]`} {
				got := staff.post("/v1/organizations", body)
				got.pointed(got.Status)
				patched := staff.do(http.MethodPatch, path, body, "If-Match", tag)
				patched.told(patched.Status)
				if got.Status/100 != 4 || patched.Status/100 != 4 {
					t.Errorf("%s: %d and %d", body, got.Status, patched.Status)
				}
			}
		})
	})
}

func TestBadParametersAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for i := range 3 {
			w.organization(fmt.Sprint("Listed ", i), domain.OrganizationDrafted)
		}
		next := staff.get("/v1/organizations?limit=1").want(200).str("next_cursor")
		cursor := func(c string) string { return "cursor=" + url.QueryEscape(c) }
		tampered := next[:len(next)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(next, "A")]
		for _, tt := range []struct{ query, parameter string }{
			{cursor(next[:len(next)/2]), "cursor"}, {cursor(next[:1]), "cursor"}, {cursor(next + "A"), "cursor"}, {cursor(tampered), "cursor"},
			{cursor("../../etc/passwd"), "cursor"}, {cursor(strings.Repeat("A", 5000)), "cursor"}, {cursor(next) + "&sort=legal_name", "cursor"},
			{cursor(next) + "&sort=-created_at", "cursor"}, {cursor(strings.ToUpper(next)), "cursor"},
			{"limit=0", "limit"}, {"limit=-1", "limit"}, {"limit=101", "limit"}, {"limit=ten", "limit"}, {"limit=1e1", "limit"}, {"limit=", "limit"},
			{"limit=99999999999999999999", "limit"}, {"limit=1&limit=2", "limit"}, {"limit=1&limit=1", "limit"},
			{"sort=stage", "sort"}, {"sort=legal_name%3Bdrop", "sort"}, {"sort=legal_name,legal_name", "sort"}, {"sort=--legal_name", "sort"},
			{"type=cartel", "type"}, {"stage=APPROVED", "stage"}, {"country=usa", "country"}, {"survivor_led=yes", "survivor_led"}, {"count=all", "count"},
			{"no_such=1", "no_such"}, {"Limit=1", "Limit"}, {"limit[]=1", "limit[]"}, {"q=" + strings.Repeat("a", 2000), "q"},
		} {
			got := staff.get("/v1/organizations?" + tt.query).pointed(400)
			if !strings.Contains(string(got.Body), `"parameter":"`+tt.parameter+`"`) {
				t.Errorf("%.60s: %s is not named in %s", tt.query, tt.parameter, got.Body)
			}
		}
		staff.get("/v1/accounts?"+cursor(next)).pointed(400).fault("cursor", "invalid")
		for _, query := range []string{"q=%00", "q=a%00b", "%00=1", "q=%ff", "q=%ed%a0%80", "q=%zz", "q=%", "a;b"} {
			staff.get("/v1/organizations?" + query).told(400)
		}
	})
}

func TestBadAddressesAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for _, path := range []string{"/v1/organizations/%00", "/v1/organizations/a%00b", "/v1/organizations/%ff", "/%00", "/v1/organizations/%ed%a0%80"} {
			staff.get(path).told(400)
		}
		for _, path := range []string{"/v1/organizations/1", "/v1/organizations/'", "/v1/organizations/..%2F..", "/v1/organizations/" + strings.Repeat("a", 5000), "/v1/organizations/%F0%9F%90%A6"} {
			if got := staff.get(path); got.Status != 404 && got.Status != 400 {
				t.Errorf("%.60s: %d: %s", path, got.Status, got.Body)
			}
		}
		for _, path := range []string{"/v1", "/v1/", "/v1/no_such_thing", "/v2/organizations", "/V1/organizations", "//v1/organizations"} {
			if got := staff.get(path); got.Status != 404 || got.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d: %s", path, got.Status, got.Body)
			}
		}
	})
}

func TestVerbsThatAreNotOffered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for _, tt := range []struct{ method, path, allow string }{
			{"PUT", "/v1/organizations", "GET"}, {"DELETE", "/v1/organizations", "POST"}, {"TRACE", "/v1/organizations", "GET"}, {"BREW", "/v1/organizations", "GET"},
			{"POST", "/v1/organizations/6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11", "PATCH"}, {"GET", "/v1/organizations/6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11/submit", "POST"},
			{"POST", "/healthz", "GET"},
		} {
			got := staff.do(tt.method, tt.path, nil)
			if got.Status != 405 || !strings.Contains(got.Header.Get("Allow"), tt.allow) || got.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: %d, Allow %q: %s", tt.method, tt.path, got.Status, got.Header.Get("Allow"), got.Body)
			}
		}
	})
}

func TestBadHeadersAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		const body = `{"legal_name":"A","type":"ngo"}`
		w.writesNothing("bad headers", func() {
			for _, kind := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=latin1", "application", "/", "json", ";", "application/json,application/json"} {
				staff.post("/v1/organizations", body, "Content-Type", kind).told(415)
			}
			staff.post("/v1/organizations", body, "Content-Encoding", "gzip").told(415)
			for _, value := range []string{"Basic YTpi", "Bearer", "Bearer ", "Bearer x", "bearer x.y.z", "Bearer " + strings.Repeat("a", 10_000)} {
				staff.post("/v1/organizations", body, "Authorization", value).told(401)
			}
			huge, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v1/organizations", strings.NewReader(body))
			must(t, err)
			huge.Header.Set("X-Absurd", strings.Repeat("a", 2<<20))
			got, err := httpClient.Do(huge)
			must(t, err)
			got.Body.Close()
			if got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("two megabytes of header: %s", got.Status)
			}
			staff.post("/v1/organizations", `{"legal_name":"`+strings.Repeat("a", 10<<20)+`","type":"ngo"}`).told(413)
		})
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		for _, tag := range []string{"x", `"`, `W/"x"`, "\"x", strings.Repeat(`"a",`, 100) + `"b"`} {
			got := staff.post(path+"/submit", nil, "If-Match", tag)
			if got.Status != 412 && got.Status != 400 {
				t.Errorf("If-Match %.20s: %d: %s", tag, got.Status, got.Body)
			}
		}
		staff.post(path+"/submit", nil, "If-Match", "*").told(428)
		staff.get(path, "If-None-Match", `"\`).want(200)
	})
}

// fuzzed is a server for fuzzing: requests go to its handler directly, as one of
// the staff.
type fuzzed struct {
	handler http.Handler
	token   string
}

// fuzzedBoth are two servers, on a database of each kind.
func fuzzedBoth(f *testing.F) [2]*fuzzed {
	return [2]*fuzzed{newFuzzed(f, dbtest.SQLite), newFuzzed(f, dbtest.Postgres)}
}

func newFuzzed(f *testing.F, kind string) *fuzzed {
	store, err := repository.Open(dbtest.Open(f, kind, migrate), repository.Options{Master: master})
	must(f, err)
	f.Cleanup(func() { store.Close() })
	server, err := api.New(f.Context(), api.Options{Store: store, BaseURL: "http://accord.test", Limits: unlimited(), Log: slog.New(slog.DiscardHandler)})
	must(f, err)
	system := store.As(domain.Actor{Role: domain.System})
	a, err := domain.NewAccount(domain.AccountDraft{Login: "fuzzer", Name: "Fuzzer", Role: domain.Staff, Password: "!"})
	must(f, err)
	must(f, system.Accounts.Create(f.Context(), domain.EditAccount, a))
	giveFactor(f, system, a)
	s, err := domain.NewSession(a, domain.ByPassword, store.Now())
	must(f, err)
	must(f, system.Sessions.Create(f.Context(), domain.EndSession, s))
	token, err := server.AccessToken(s)
	must(f, err)
	return &fuzzed{server.Handler(), token}
}

// ask fails the test if the server does.
func (z *fuzzed) ask(t testing.TB, method, path, query, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Authorization", "Bearer "+z.token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got := httptest.NewRecorder()
	z.handler.ServeHTTP(got, r)
	if got.Code >= 500 {
		t.Fatalf("%s %s?%q with %q: %d: %s", method, path, query, body, got.Code, got.Body)
	}
	return got
}

func FuzzBind(f *testing.F) {
	servers := fuzzedBoth(f)
	for i, body := range append(notJSON, `{"legal_name":"Harbor","type":"ngo","identifiers":[{"scheme":"LEI","value":"1"}],"other_names":["H"],"country":"US"}`) {
		f.Add(uint8(i), body)
		f.Add(uint8(i+1), body)
	}
	f.Fuzz(func(t *testing.T, where uint8, body string) {
		got := servers[where%2].ask(t, http.MethodPost, "/v1/organizations", "", body, "Content-Type", "application/json")
		if got.Code == http.StatusCreated && !json.Valid([]byte(body)) {
			t.Errorf("took %q", body)
		}
	})
}

// patched is a record that is patched again and again.
type patched struct {
	z         *fuzzed
	path, tag string
}

// patchable makes one record of every kind that the contract's example makes
// and that can be patched.
func (z *fuzzed) patchable(f *testing.F) (out []*patched) {
	for _, op := range openapi.Operations {
		if op.Method != http.MethodPost || !slices.ContainsFunc(openapi.Operations, func(o openapi.Operation) bool { return o.Method == http.MethodPatch && o.Path == op.Path+"/{id}" }) {
			continue
		}
		made := z.ask(f, op.Method, op.Path, "", op.Example, "Content-Type", op.ContentType)
		var record struct{ ID string }
		if made.Code == http.StatusCreated {
			must(f, json.Unmarshal(made.Body.Bytes(), &record))
			out = append(out, &patched{z, op.Path + "/" + record.ID, made.Header().Get("ETag")})
		}
	}
	if len(out) < 3 {
		f.Fatalf("of %d kinds alone is there a record to patch", len(out))
	}
	return out
}

func FuzzMergePatch(f *testing.F) {
	var records []*patched
	for _, z := range fuzzedBoth(f) {
		records = append(records, z.patchable(f)...)
	}
	for i, patch := range append(notJSON, `{}`, `{"country":null}`, `{"legal_name":null}`, `{"other_names":["A",null]}`, `{"identifiers":{"0":{}}}`, `{"type":{"a":null}}`,
		`{"title":null}`, `{"objectives":[null]}`, `{"starts_at":"2026-13-01T00:00:00Z"}`, `{"audience":{"types":null}}`, `[]`, `null`) {
		for where := range records {
			f.Add(uint8(where+i%2), patch)
		}
	}
	f.Fuzz(func(t *testing.T, where uint8, patch string) {
		r := records[int(where)%len(records)]
		got := r.z.ask(t, http.MethodPatch, r.path, "", patch, "Content-Type", "application/merge-patch+json", "If-Match", r.tag)
		if got.Code == http.StatusOK {
			r.tag = got.Header().Get("ETag")
		} else if got.Code == http.StatusPreconditionFailed {
			t.Errorf("%s: the tag of the last change is stale", r.path)
		}
	})
}

// lists are the paths without a record that take a parameter, or all.
func lists(parameter string) (paths []string) {
	for _, op := range openapi.Operations {
		takes := func(p openapi.Parameter) bool { return p.In == "query" && p.Name == parameter }
		if op.Method == http.MethodGet && strings.HasPrefix(op.Path, "/v1/") && !strings.Contains(op.Path, "{") && (parameter == "" || slices.ContainsFunc(op.Parameters, takes)) {
			paths = append(paths, op.Path)
		}
	}
	return paths
}

func FuzzCursor(f *testing.F) {
	const filled = "/v1/organizations"
	servers, paths := fuzzedBoth(f), lists("cursor")
	var next []string // one office's key makes them all
	for _, z := range servers {
		for range 2 {
			z.ask(f, http.MethodPost, filled, "", `{"legal_name":"Listed","type":"ngo"}`, "Content-Type", "application/json")
		}
		var page struct {
			Next string `json:"next_cursor"`
		}
		must(f, json.Unmarshal(z.ask(f, http.MethodGet, filled, "limit=1", "").Body.Bytes(), &page))
		next = append(next, page.Next)
		for i, cursor := range []string{page.Next, page.Next[1:], page.Next + "=", "", "AAAA", "\x00", "=", strings.Repeat("A", 64)} {
			for path := range paths {
				f.Add(uint8(i), uint8(path), cursor)
			}
		}
	}
	f.Fuzz(func(t *testing.T, where, list uint8, cursor string) {
		z, path := servers[where%2], paths[int(list)%len(paths)]
		got := z.ask(t, http.MethodGet, path, "limit=1&cursor="+url.QueryEscape(cursor), "")
		if got.Code == http.StatusOK && cursor != "" && (path != filled || !slices.Contains(next, cursor)) {
			t.Errorf("%s took %q", path, cursor)
		}
	})
}

func FuzzQuery(f *testing.F) {
	servers, paths := fuzzedBoth(f), lists("")
	for i, query := range []string{"", "q=harbor", "q=%22", "q=a%20OR%20b*", "q=NEAR(a,b)", "q='%3B--", "q=%F0%9F%90%A6", "q=a+-b", "sort=-legal_name&limit=3", "fields=id,stage", "fields=,", "count=exact&stage=draft", "%", ";", "a=b&a=c", "q=%00", "q=\xff", "cursor=x", "fiscal_year=2026&by=kind", "from=2026-02-30", "organization_id=%27"} {
		for path := range paths {
			f.Add(uint8(i+path), uint8(path), query)
		}
	}
	f.Fuzz(func(t *testing.T, where, list uint8, query string) {
		servers[where%2].ask(t, http.MethodGet, paths[int(list)%len(paths)], query, "")
	})
}
