package api_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/openapi"
)

// secret is something that some may not know, and a history in which it happens.
type secret struct {
	name string
	// story makes an office and returns those who may not know what happens
	// next, by name.
	story func(w *world) map[string]*client
	// happens is what they may not know.
	happens func(w *world)
	// after goes on as if nothing had happened; nil where nothing does.
	after func(w *world)
}

// secrets are tried by TestTwoWorlds. Each resource's tests add theirs.
var secrets []secret

// instead is what happens in the other world of a secret that is not whether
// something happens, but which of two things does.
var instead = map[string]func(w *world){}

// seededIDs is a source of ids that gives two worlds the same ones. What happens
// in one world alone takes its ids aside, from a source of its own.
type seededIDs struct {
	mu    sync.Mutex
	rand  *rand.ChaCha8
	apart *rand.ChaCha8
	aside bool
}

func newSeededIDs() *seededIDs {
	return &seededIDs{rand: rand.NewChaCha8([32]byte{1}), apart: rand.NewChaCha8([32]byte{2})}
}

func (s *seededIDs) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := s.rand
	if s.aside {
		source = s.apart
	}
	id, err := uuid.NewRandomFromReader(source)
	if err != nil {
		panic(err)
	}
	return id.String()
}

func (s *seededIDs) take(aside bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside = aside
}

// TestTwoWorlds plays each story twice, once with its secret and once without,
// and compares every byte that those who may not know it can get: over every GET
// of the contract, with every filter, order and count, as it is and conditional
// on the other world's answer; over their calendars; and over every attempt to
// write to what may be there, or to name it.
func TestTwoWorlds(t *testing.T) {
	var made, equal int
	var mu sync.Mutex
	t.Cleanup(func() { fmt.Printf("%s: %d of %d comparisons equal\n", t.Name(), equal, made) })
	for _, s := range secrets {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, migrate, func(t *testing.T, without string) {
				kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
				with := dbtest.Open(t, kind, migrate)
				n, same := compareWorlds(t, s, without, with)
				mu.Lock()
				defer mu.Unlock()
				made, equal = made+n, equal+same
			})
		})
	}
}

// pair is one viewer in both worlds.
type pair struct {
	t           *testing.T
	name        string
	a, b        *client
	made, equal int
}

// same compares an answer in both worlds and returns that of the first.
func (p *pair) same(method, path, body string, headers ...string) *result {
	p.t.Helper()
	one, other := ask(p.a, method, path, body, headers...), ask(p.b, method, path, body, headers...)
	p.made++
	for _, r := range []*result{one, other} {
		if r.Status == http.StatusOK && (requestIDs.Match(r.Body) || strings.HasPrefix(path, "/v1/audit")) {
			r.Header.Del("ETag") // the trail names requests, which no two worlds share
		}
	}
	seen := func(r *result) string { return r.Header.Get("RateLimit") + withoutRequestID(r) }
	if a, b := seen(one), seen(other); a != b {
		p.t.Errorf("%s can tell by %s %s:\n--- without\n%s\n--- with\n%s", p.name, method, path, a, b)
	} else {
		p.equal++
	}
	return one
}

func compareWorlds(t *testing.T, s secret, without, with string) (made, equal int) {
	a, viewers := play(t, s, without, false)
	b, others := play(t, s, with, true)
	ids := idsOf(a, b)
	for _, w := range []*world{a, b} { // nobody comes or goes any more: who asks is remembered
		w.options.Freshness = time.Hour
		w.serve()
	}
	for name, viewer := range viewers {
		p := &pair{t: t, name: name, a: viewer, b: others[name]}
		for _, path := range everyGet(ids) {
			if r := p.same(http.MethodGet, path, ""); r.Status == http.StatusOK && r.tag() != "" {
				p.same(http.MethodGet, path, "", "If-None-Match", r.tag())
			}
		}
		p.calendars()
		p.writes(ids)
		made, equal = made+p.made, equal+p.equal
	}
	if instead[s.name] == nil && maps.Equal(a.rowCounts(), b.rowCounts()) {
		t.Errorf("nothing happened in %q: the worlds hold the same rows", s.name)
	}
	return made, equal
}

// calendars compares the viewer's calendar.
func (p *pair) calendars() {
	if !p.a.actor.May(domain.IssueFeed) {
		return
	}
	p.made++
	one, other := p.a.calendar(), p.b.calendar()
	if a, b := ask(p.a.w.anyone(), http.MethodGet, one, ""), ask(p.b.w.anyone(), http.MethodGet, other, ""); string(a.Body) != string(b.Body) {
		p.t.Errorf("%s can tell by the calendar:\n--- without\n%s\n--- with\n%s", p.name, a.Body, b.Body)
		return
	}
	p.equal++
}

// writes tries every other operation on what is there in one world alone, and on
// what is there in none; and with bodies that name it.
func (p *pair) writes(ids worldIDs) {
	const named = "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11" // what the contract's examples name
	for _, op := range openapi.Operations {
		if op.Method == http.MethodGet || strings.HasPrefix(op.Path, "/v1/sessions") || op.ContentType != "" && !strings.HasSuffix(op.ContentType, "json") {
			continue
		}
		headers := []string{"If-Match", `"0"`, "Content-Type", op.ContentType}
		for _, id := range ids.apart {
			switch {
			case strings.Contains(op.Path, "{") && ids.fits(op.Path, id):
				p.same(op.Method, variable.ReplaceAllString(op.Path, id), op.Example, headers...)
			case !strings.Contains(op.Path, "{") && strings.Contains(op.Example, named) && slices.Contains(ids.some, id):
				p.same(op.Method, op.Path, strings.ReplaceAll(op.Example, named, id), headers...)
			}
		}
	}
}

// worldIDs are the ids of every record in two worlds.
type worldIDs struct {
	of map[string][]string // by table, in both worlds
	// apart are those that are there in one world alone, and one of none: a guess
	// that hits must look like one that misses. some is one of each table.
	apart, some []string
	table       map[string][]string // by id: what stands once beside a record has the record's
	tables      []string            // all, whether or not a record is in them
}

const absentID = "00000000-0000-4000-8000-000000000000"

func idsOf(a, b *world) worldIDs {
	one, other := a.recordIDs(), b.recordIDs()
	ids := worldIDs{of: map[string][]string{}, apart: []string{absentID}, some: []string{absentID}, table: map[string][]string{}, tables: slices.Sorted(maps.Keys(other))}
	for _, table := range ids.tables {
		first := len(ids.apart)
		for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(one[table], other[table])))) {
			ids.table[id] = append(ids.table[id], table)
			if slices.Contains(one[table], id) && slices.Contains(other[table], id) {
				ids.of[table] = append(ids.of[table], id)
			} else {
				ids.apart = append(ids.apart, id)
			}
		}
		ids.some = append(ids.some, ids.apart[first:min(first+1, len(ids.apart))]...)
	}
	return ids
}

// fits reports whether a path may name a record of an id's table. Where it can't
// be told from the path, it may.
func (ids worldIDs) fits(path, id string) bool {
	kind := strings.ReplaceAll(strings.Split(strings.TrimPrefix(path, "/v1/register"), "/")[1], "-", "_")
	if kind == "v1" {
		kind = strings.ReplaceAll(strings.Split(path, "/")[2], "-", "_")
	}
	holds := func(t string) bool { return isTableOf(t, kind) }
	return len(ids.table[id]) == 0 || !slices.ContainsFunc(ids.tables, holds) || slices.ContainsFunc(ids.table[id], holds)
}

func isTableOf(table, kind string) bool { return table == kind || strings.HasSuffix(table, "_"+kind) }

// play tells a story. To whom nothing in the office is anything watches every
// one.
func play(t *testing.T, s secret, dsn string, happens bool) (*world, map[string]*client) {
	ids := newSeededIDs()
	w := newWorld(t, dsn, ids.next)
	viewers := s.story(w)
	if s.name != "a consultation from which an organization is excluded" { // the others may know
		viewers["an applicant"] = w.another(domain.PartnerAdmin, w.organization("Applicant", domain.OrganizationIntake).ID, "")
	}
	what := instead[s.name]
	if happens {
		what = s.happens
	}
	if what != nil {
		ids.take(true)
		what(w)
		ids.take(false)
	}
	if s.after != nil {
		s.after(w)
	}
	return w, viewers
}

// rowCounts is how many rows each table holds.
func (w *world) rowCounts() map[string]int64 {
	w.Helper()
	out := map[string]int64{}
	for _, table := range w.tables() {
		out[table] = w.count("SELECT count(*) FROM " + table)
	}
	return out
}

func (w *world) count(query string) (n int64) {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	must(w, db.QueryRowContext(w.Context(), query).Scan(&n))
	return n
}

// tables lists the tables that keep records.
func (w *world) tables() []string {
	w.Helper()
	if strings.HasSuffix(w.Name(), "/postgres") {
		return w.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	}
	return w.column("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'search_%'")
}

func (w *world) column(query string) (out []string) {
	w.Helper()
	db, err := w.store.SQL()
	must(w, err)
	rows, err := db.QueryContext(w.Context(), query)
	must(w, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		must(w, rows.Scan(&s))
		out = append(out, s)
	}
	must(w, rows.Err())
	return out
}

// recordIDs is the id of every record in the office, by table.
func (w *world) recordIDs() map[string][]string {
	w.Helper()
	ids := map[string][]string{}
	for _, table := range w.tables() {
		if slices.Contains([]string{"goose_db_version", "jobs", "signing_keys", "idempotency_keys", "audit_entries", "sessions"}, table) || !w.hasID(table) {
			continue
		}
		ids[table] = w.column("SELECT id FROM " + table)
	}
	return ids
}

func (w *world) hasID(table string) bool {
	db, err := w.store.SQL()
	must(w, err)
	rows, err := db.QueryContext(w.Context(), "SELECT * FROM "+table+" WHERE 1 = 0")
	must(w, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(w, err)
	return slices.Contains(columns, "id")
}

// everyGet is every GET of the contract, on every record that its path may name,
// on one of each kind that is there in one world alone, and on what is no id; and
// each list with every filter, order, count and search, and with what no list
// takes.
func everyGet(ids worldIDs) []string {
	var out []string
	for _, op := range openapi.Operations {
		if op.Method != http.MethodGet || op.ID == "getSigningKeys" || op.ID == "listIssuers" { // each office has keys and issuers of its own
			continue
		}
		paths := []string{op.Path}
		if strings.Contains(op.Path, "{") {
			paths = filled(op.Path, ids)
		}
		for _, p := range paths {
			out = append(out, p+query(op, ""))
		}
		// Filters make a difference on lists, and on the records that have lists.
		for _, q := range queries(op, ids.some) {
			out = append(out, paths[len(paths)-1]+query(op, q))
		}
	}
	return out
}

var variable = regexp.MustCompile(`\{[a-z_]+\}`)

// filled puts ids where the path has its first variable; further variables take
// known words, or the same id.
func filled(path string, ids worldIDs) []string {
	if strings.Contains(path, "{objective}") {
		return []string{strings.NewReplacer("{objective}", "4.3", "{indicator}", "organizations_engaged").Replace(path)}
	}
	var out []string
	for _, id := range slices.Compact(slices.Sorted(slices.Values(slices.Concat([]string{"no-id"}, ids.some, ids.apart)))) {
		if slices.Contains(ids.some, id) || ids.fits(path, id) {
			out = append(out, variable.ReplaceAllString(path, id))
		}
	}
	for _, table := range slices.Sorted(maps.Keys(ids.of)) {
		for _, id := range ids.of[table] {
			if ids.fits(path, id) {
				out = append(out, variable.ReplaceAllString(path, id))
			}
		}
	}
	return out
}

// query adds what an operation cannot do without.
func query(op openapi.Operation, q string) string {
	for _, p := range op.Parameters {
		if value := map[string]string{"fiscal_year": "2026", "first": "1"}[p.Name]; p.In == "query" && p.Required && value != "" {
			q += "&" + p.Name + "=" + value
		}
	}
	if q = strings.TrimPrefix(q, "&"); q == "" {
		return ""
	}
	return "?" + q
}

var enumerated = regexp.MustCompile(`^oneof=(.*)$`)

// queries are the ways to ask for a list, and some that are none.
func queries(op openapi.Operation, apart []string) []string {
	out := []string{"&no_such_parameter=1"}
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		switch {
		case p.Name == "limit":
			out = append(out, "&limit=1", "&limit=0")
		case p.Name == "cursor":
			out = append(out, "&cursor=AAAA")
		case p.Name == "fields":
			out = append(out, "&fields=id,stage")
		case p.Rules == "uuid":
			for _, id := range apart {
				out = append(out, "&"+p.Name+"="+id)
			}
		case p.Name == "count":
			out = append(out, "&count=exact", "&count=exact&limit=1")
		case p.Name == "q":
			out = append(out, "&q=survivor", "&q=the")
		case p.Name == "sort":
			for _, field := range regexp.MustCompile(`[a-z]+(_[a-z]+)*`).FindAllString(p.Rules, -1) {
				if field != "pattern" && !strings.Contains(field, "0x") {
					out = append(out, "&sort="+field, "&sort=-"+field)
				}
			}
		case enumerated.MatchString(p.Rules):
			for _, value := range strings.Fields(enumerated.FindStringSubmatch(p.Rules)[1]) {
				out = append(out, "&"+p.Name+"="+value)
			}
		case p.Type == "boolean":
			out = append(out, "&"+p.Name+"=true", "&"+p.Name+"=false")
		}
	}
	return out
}

// ask asks the server without a network between, since it is asked very often.
func ask(c *client, method, path, body string, headers ...string) *result {
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, request(c, method, path, body, headers...))
	return &result{w: c.w, request: method + " " + path, Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()}
}

// request is somebody's, for a handler. An empty header is not sent.
func request(c *client, method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	c.present(r)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return r
}

// TestTwoWorldsCanTell puts a leak before the harness and sees that it finds it:
// staff, who may know, are asked as if they might not.
func TestTwoWorldsCanTell(t *testing.T) {
	dbtest.Each(t, migrate, func(t *testing.T, without string) {
		kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		s := secret{
			name:    "an organization that staff see",
			story:   func(w *world) map[string]*client { return map[string]*client{"staff": w.as(domain.Staff)} },
			happens: func(w *world) { w.organization("Told", domain.OrganizationDrafted) },
		}
		a, viewers := play(t, s, without, false)
		b, others := play(t, s, dbtest.Open(t, kind, migrate), true)
		differ := 0
		for _, path := range everyGet(idsOf(a, b)) {
			if withoutRequestID(ask(viewers["staff"], http.MethodGet, path, "")) != withoutRequestID(ask(others["staff"], http.MethodGet, path, "")) {
				differ++
			}
		}
		if differ == 0 {
			t.Error("two worlds that differ look the same")
		}
	})
}

func init() {
	secrets = append(secrets, secret{
		name: "another organization's file",
		story: func(w *world) map[string]*client {
			own := w.organization("Own", domain.OrganizationApproved)
			return map[string]*client{"a partner": w.member(domain.Partner, own.ID), "a partner's admin": w.member(domain.PartnerAdmin, own.ID), "anyone": w.anyone()}
		},
		happens: func(w *world) {
			o := w.organization("Declined elsewhere", domain.OrganizationIntake)
			w.as(domain.Staff).move("/v1/organizations/"+string(o.ID), "decline", map[string]string{"reason": "a match"}).want(200)
		},
	})
}
