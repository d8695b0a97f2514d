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
// of the contract, on every record, with every filter, order and count.
func TestTwoWorlds(t *testing.T) {
	var made, equal int
	var mu sync.Mutex
	t.Cleanup(func() { fmt.Printf("%s: %d of %d comparisons equal\n", t.Name(), equal, made) })
	for _, s := range secrets {
		t.Run(s.name, func(t *testing.T) {
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

func compareWorlds(t *testing.T, s secret, without, with string) (made, equal int) {
	a, viewers := play(t, s, without, false)
	b, others := play(t, s, with, true)
	// Those of the secret too: a guess that hits must look like one that misses.
	ids := slices.Compact(slices.Sorted(slices.Values(append(a.recordIDs(), b.recordIDs()...))))
	for name, viewer := range viewers {
		for _, path := range everyGet(ids) {
			made++
			one, other := peek(viewer, path), peek(others[name], path)
			if one != other {
				t.Errorf("%s can tell by GET %s:\n--- without\n%s\n--- with\n%s", name, path, one, other)
				continue
			}
			equal++
		}
	}
	if maps.Equal(a.rowCounts(), b.rowCounts()) {
		t.Errorf("nothing happened in %q: the worlds hold the same rows", s.name)
	}
	return made, equal
}

func play(t *testing.T, s secret, dsn string, happens bool) (*world, map[string]*client) {
	ids := newSeededIDs()
	w := newWorld(t, dsn, ids.next)
	viewers := s.story(w)
	if happens {
		ids.take(true)
		s.happens(w)
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

// recordIDs is the id of every record in the office, and one of none.
func (w *world) recordIDs() []string {
	w.Helper()
	ids := []string{"00000000-0000-4000-8000-000000000000"}
	for _, table := range w.tables() {
		if slices.Contains([]string{"goose_db_version", "jobs", "signing_keys", "idempotency_keys", "audit_entries", "sessions"}, table) || !w.hasID(table) {
			continue
		}
		ids = append(ids, w.column("SELECT id FROM "+table)...)
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

// everyGet is every GET of the contract on every record, and each list with
// every filter, order, count and search.
func everyGet(ids []string) []string {
	var out []string
	for _, op := range openapi.Operations {
		if op.Method != http.MethodGet || op.ID == "getSigningKeys" { // each office has keys of its own
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
		for _, q := range queries(op) {
			out = append(out, paths[len(paths)-1]+query(op, q))
			if len(paths) > 1 {
				out = append(out, paths[0]+query(op, q))
			}
		}
	}
	return out
}

var variable = regexp.MustCompile(`\{[a-z_]+\}`)

// filled puts every id where the path has its first variable; further variables
// take known words, or the same id.
func filled(path string, ids []string) []string {
	if strings.Contains(path, "{objective}") {
		path = strings.NewReplacer("{objective}", "4.3", "{indicator}", "organizations_engaged").Replace(path)
	}
	var out []string
	for _, id := range ids {
		out = append(out, variable.ReplaceAllString(path, id))
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

// queries are the ways to ask for a list.
func queries(op openapi.Operation) []string {
	var out []string
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		switch {
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

// peek is all that a viewer can tell of a GET. It asks the server without a
// network between, since it asks very often.
func peek(c *client, path string) string {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if t := c.bearer(); t != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	rec := httptest.NewRecorder()
	c.w.handler.ServeHTTP(rec, r)
	return rec.Header().Get("RateLimit") + withoutRequestID(&result{w: c.w, Status: rec.Code, Header: rec.Header(), Body: rec.Body.Bytes()})
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
		_, others := play(t, s, dbtest.Open(t, kind, migrate), true)
		differ := 0
		for _, path := range everyGet(a.recordIDs()) {
			if peek(viewers["staff"], path) != peek(others["staff"], path) {
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
