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
	// may lists the roles that may know, and everybody of any other watches as well
	// who is nobody in the story. Where it is nil the story alone says who watches.
	may []domain.Role
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
				n, same := compareWorlds(t, s, without, with, t.Errorf)
				mu.Lock()
				defer mu.Unlock()
				made, equal = made+n, equal+same
			})
		})
	}
}

// pair is one viewer in both worlds.
type pair struct {
	tell        func(format string, args ...any) // of what differs
	name        string
	a, b        *client
	made, equal int
}

// same compares an answer in both worlds and returns that of the first.
func (p *pair) same(method, path, body string, headers ...string) *result {
	one, other := ask(p.a, method, path, body, headers...), ask(p.b, method, path, body, headers...)
	p.made++
	for _, r := range []*result{one, other} {
		if r.Status == http.StatusOK && (requestIDs.Match(r.Body) || strings.HasPrefix(path, "/v1/audit")) {
			r.Header.Del("ETag") // the trail names requests, which no two worlds share
		}
	}
	seen := func(r *result) string { return r.Header.Get("RateLimit") + withoutRequestID(r) }
	if a, b := seen(one), seen(other); a != b {
		p.tell("%s can tell by %s %s %s:\n--- without\n%s\n--- with\n%s", p.name, method, path, headers, a, b)
	} else {
		p.equal++
	}
	return one
}

// compareWorlds tells of all by which the viewers can tell the worlds apart.
func compareWorlds(t *testing.T, s secret, without, with string, tell func(format string, args ...any)) (made, equal int) {
	a, viewers := play(t, s, without, false)
	b, others := play(t, s, with, true)
	ids := idsOf(a, b)
	told := hintsOf(a, b)
	for _, w := range []*world{a, b} { // nobody comes or goes any more: who asks is remembered
		w.options.Freshness = time.Hour
		w.serve()
	}
	for name, viewer := range viewers {
		p := &pair{tell: tell, name: name, a: viewer, b: others[name]}
		for _, path := range everyGet(ids, told) {
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
		p.tell("%s can tell by the calendar:\n--- without\n%s\n--- with\n%s", p.name, a.Body, b.Body)
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
	if s.may != nil {
		for _, role := range slices.DeleteFunc(append(signedIn(), domain.Anyone), func(r domain.Role) bool { return slices.Contains(s.may, r) }) {
			viewers["an outside "+string(role)] = w.caller(role)
		}
	}
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
		if slices.Contains(machinery, table) || !w.hasID(table) {
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
func everyGet(ids worldIDs, h hints) []string {
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
		for _, q := range queries(op, ids.some, h) {
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

// given are the values of the parameters that neither their type nor the contract's
// list of values gives, and that none goes by.
var given = map[string][]string{
	"agency": {"DOJ"}, "base": {"EUR"}, "by": {"party", "kind,quarter"}, "country": {"US"}, "currency": {"USD"}, "event": {"organization.created"},
	"expires": {"1"}, "fiscal_year": {"2026"}, "key": {"total"}, "language": {"en"}, "min_score": {"50"}, "objective": {"4.3"}, "pillar": {"protection"},
	"quarter": {"2"}, "quote": {"USD"}, "rates": {absentID}, "report_year": {"2026"}, "topic": {"supply_chains"},
	"first": {"1"}, "second": {"2"}, "tree_size": {"1"}, "version": {"1"},
}

// queries are the ways to ask for a list, each filter by itself and with the next,
// and some ways that are none.
func queries(op openapi.Operation, apart []string, h hints) []string {
	out := []string{"&no_such_parameter=1"}
	all, before := "&count=exact", ""
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		began := len(out)
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
			for _, word := range append([]string{"survivor", "the"}, h.words...) {
				out = append(out, "&q="+word)
			}
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
		case strings.HasPrefix(p.Rules, "datetime="):
			out = append(out, "&"+p.Name+"=2026-03-02", "&"+p.Name+"=2027-01-01")
		default:
			for _, value := range given[p.Name] {
				out = append(out, "&"+p.Name+"="+value)
			}
		}
		if len(out) > began && !slices.Contains([]string{"limit", "cursor", "fields", "count"}, p.Name) {
			last := out[len(out)-1]
			for _, q := range out[began:] { // rather one that the rows have
				if _, value, _ := strings.Cut(q, "="); h.values[value] {
					last = q
				}
			}
			if before != "" {
				out = append(out, before+last)
			}
			before = last
			all += last
		}
	}
	return append(out, all)
}

// TestEveryParameterIsVaried finds no parameter of a GET that two worlds are not
// asked with.
func TestEveryParameterIsVaried(t *testing.T) {
	for _, op := range openapi.Operations {
		if op.Method != http.MethodGet {
			continue
		}
		asked := strings.Join(queries(op, []string{absentID}, hints{}), "")
		for _, p := range op.Parameters {
			if p.In == "query" && !strings.Contains(asked, "&"+p.Name+"=") {
				t.Errorf("%s is never asked with %s; give it a value in given", op.ID, p.Name)
			}
		}
	}
}

// searched is how many of the words that are in one world alone are searched for.
const searched = 6

// letters are what a search can be for; what is shorter stands everywhere.
var letters = regexp.MustCompile(`[A-Za-z]{5,}`)

// hints are of the rows that are in one world alone: words of theirs that the
// other world has nowhere, some of each column before more of any, and values.
type hints struct {
	words  []string
	values map[string]bool
}

func hintsOf(a, b *world) hints {
	h, apart := hints{values: map[string]bool{}}, map[string][]string{}
	one, other := a.texts(), b.texts()
	for _, side := range []struct{ own, others map[string]map[string]string }{{one, other}, {other, one}} {
		known := map[string]bool{}
		for _, row := range side.others {
			for _, text := range row {
				for _, word := range letters.FindAllString(text, -1) {
					known[strings.ToLower(word)] = true
				}
			}
		}
		for key, row := range side.own {
			if side.others[key] != nil {
				continue
			}
			for column, text := range row {
				h.values[text] = true
				for _, word := range letters.FindAllString(text, -1) {
					if strings.Contains(text, " ") && !known[strings.ToLower(word)] {
						apart[column] = append(apart[column], word)
					}
				}
			}
		}
	}
	columns := slices.Sorted(maps.Keys(apart))
	for _, column := range columns {
		slices.Sort(apart[column])
		apart[column] = slices.Compact(apart[column])
	}
	for turn := range 100 {
		for _, column := range columns {
			if turn < len(apart[column]) && len(h.words) < searched && !slices.Contains(h.words, apart[column][turn]) {
				h.words = append(h.words, apart[column][turn])
			}
		}
	}
	return h
}

// texts are those of every row that is somebody's, by all that is in it, and by
// table and column.
func (w *world) texts() map[string]map[string]string {
	w.Helper()
	out := map[string]map[string]string{}
	db, err := w.store.SQL()
	must(w, err)
	for _, table := range w.tables() {
		if slices.Contains(machinery, table) {
			continue
		}
		rows, err := db.QueryContext(w.Context(), "SELECT * FROM "+table)
		must(w, err)
		columns, err := rows.Columns()
		must(w, err)
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			must(w, rows.Scan(into...))
			row := map[string]string{}
			for i, v := range values {
				if text, ok := v.(string); ok {
					row[table+"."+columns[i]] = text
				}
			}
			out[fmt.Sprint(table, values)] = row
		}
		must(w, rows.Err())
		must(w, rows.Close())
	}
	return out
}

// machinery are the tables of which no record is anybody's.
var machinery = []string{"goose_db_version", "jobs", "signing_keys", "idempotency_keys", "audit_entries", "sessions"}

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

// TestTwoWorldsCanTell puts leaks before the harness and sees that it finds each,
// in every way that it asks: staff, who may know, are asked as if they might not.
func TestTwoWorldsCanTell(t *testing.T) {
	dbtest.Each(t, migrate, func(t *testing.T, without string) {
		kind := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
		s := secret{
			name:  "what staff see",
			story: func(w *world) map[string]*client { return map[string]*client{"staff": w.as(domain.Staff)} },
			happens: func(w *world) {
				w.organization("Told of quietly", domain.OrganizationDrafted)
				w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Account: w.as(domain.Staff).actor.Account})
			},
		}
		var told []string
		made, equal := compareWorlds(t, s, without, dbtest.Open(t, kind, migrate), func(format string, args ...any) {
			told = append(told, strings.SplitN(fmt.Sprintf(format, args...), "\n", 2)[0])
		})
		if made-equal != len(told) {
			t.Errorf("%d of %d are equal, and %d are told of", equal, made, len(told))
		}
		for what, pattern := range map[string]string{
			"a list":                `GET /v1/organizations \[\]`,
			"a count":               `GET /v1/organizations\?count=exact `,
			"a filter":              `GET /v1/organizations\?stage=draft `,
			"filters together":      `GET /v1/organizations\?type=business&stage=draft `,
			"a day":                 `GET /v1/engagements\?from=2026-03-02 `,
			"an order":              `GET /v1/organizations\?sort=-legal_name `,
			"a word of the secret":  `GET /v1/organizations\?q=quietly `,
			"a record":              `GET /v1/organizations/[0-9a-f-]{36} `,
			"a conditional request": `GET /v1/organizations \[If-None-Match `,
			"an attempt to write":   `POST /v1/organizations/[0-9a-f-]{36}/[a-z_]+ `,
			"a calendar":            `the calendar`,
		} {
			if !slices.ContainsFunc(told, regexp.MustCompile("^staff can tell by "+pattern).MatchString) {
				t.Errorf("two worlds that differ by %s look the same", what)
			}
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
