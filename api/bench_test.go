package api_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/internal/dbtest"
	"accord/repository"
)

// BenchmarkListCommitments measures a page of 25 commitments, filtered by stage,
// organization and due dates and sorted by due date, over HTTP with all that a
// request takes, and beside it the same SQL by database/sql alone. The four
// take turns, so that whatever else the machine does slows all of them alike.
//
// x-plain is what Accord costs in terms of the plain SQL, x-growth what half a
// million rows cost in terms of a thousand.
func BenchmarkListCommitments(b *testing.B) {
	for _, kind := range []string{dbtest.SQLite, dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			few, many := openBenched(b, kind, 1_000), openBenched(b, kind, 500_000)
			took := map[string][]time.Duration{}
			turn := func(name string, do func(testing.TB)) {
				began := time.Now()
				do(b)
				took[name] = append(took[name], time.Since(began))
			}
			round := func() {
				turn("few", few.listOverHTTP)
				turn("few plain", few.listBySQL)
				turn("many", many.listOverHTTP)
				turn("many plain", many.listBySQL)
			}
			for range 20 {
				round() // statements are prepared, pages are read
			}
			clear(took)
			for b.Loop() {
				round()
			}
			cost := map[string]float64{}
			for name, t := range took {
				cost[name] = undisturbed(t)
			}
			b.ReportMetric(cost["few"], "ns/1k")
			b.ReportMetric(cost["many"], "ns/500k")
			b.ReportMetric(cost["few"]/cost["few plain"], "x-plain/1k")
			b.ReportMetric(cost["many"]/cost["many plain"], "x-plain/500k")
			b.ReportMetric(cost["many"]/cost["few"], "x-growth")
			b.ReportMetric(cost["many plain"]/cost["few plain"], "x-growth-plain")
		})
	}
}

// undisturbed is what the fastest tenth of all runs took at most, in nanoseconds.
func undisturbed(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/10].Nanoseconds())
}

// benched is an office with many commitments.
type benched struct {
	pool    *sql.DB
	handler http.Handler
	srv     *httptest.Server
	bearer  string
	dollars bool
}

func openBenched(b *testing.B, kind string, rows int) *benched {
	b.Helper()
	dsn := dbtest.Open(b, kind, migrate)
	store, err := repository.Open(dsn, repository.Options{Master: master})
	must(b, err)
	server, err := api.New(b.Context(), api.Options{Store: store, BaseURL: "http://accord.test", Limits: unlimited()})
	must(b, err)
	o := &benched{handler: server.Handler(), dollars: kind == dbtest.Postgres}
	o.srv = httptest.NewServer(o.handler)
	o.pool, err = store.SQL()
	must(b, err)
	seedMany(b, dsn, rows, o.dollars)
	must(b, store.KeepStatistics(b.Context()))

	system := store.As(domain.Actor{Role: domain.System})
	a, err := domain.NewAccount(domain.AccountDraft{Login: "bench", Role: domain.Staff, Password: "!"})
	must(b, err)
	must(b, system.Accounts.Create(b.Context(), domain.EditAccount, a))
	giveFactor(b, system, a)
	s, err := domain.NewSession(a, domain.ByPassword, time.Now())
	must(b, err)
	must(b, system.Sessions.Create(b.Context(), domain.EndSession, s))
	o.bearer, err = server.AccessToken(s)
	must(b, err)
	b.Cleanup(func() { o.srv.Close(); store.Close() })
	return o
}

// organizations is over how many organizations the commitments are spread.
const organizations = 4

func organizationID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }

// seedMany writes commitments as plain SQL: in order of creation, their due
// dates, stages and organizations mixed; each active one has a milestone and a
// report.
func seedMany(b *testing.B, dsn string, rows int, postgres bool) {
	b.Helper()
	driver, source, file := "sqlite", strings.TrimPrefix(dsn, "sqlite:")+"?_journal_mode=WAL&_synchronous=OFF", true
	second, uuid := "datetime('2020-01-01', '+' || i || ' seconds') || '+00:00'", "printf('%%08x-0000-4000-8000-%%012d', (i * 2654435761) & 4294967295, i)"
	mixed := "(i * 7919 %% 2000)"
	due := "date('2024-01-01', '+' || " + mixed + " || ' days')"
	if postgres {
		driver, source, file = "pgx", dsn, false
		second, uuid = "timestamptz '2020-01-01' + i * interval '1 second'", "lpad(to_hex((i::bigint * 2654435761) & 4294967295), 8, '0') || '-0000-4000-8000-' || lpad(i::text, 12, '0')"
		mixed = "(i::bigint * 7919 %% 2000)"
		due = "(date '2024-01-01' + " + mixed + "::int)::text"
	}
	pool, err := sql.Open(driver, source)
	must(b, err)
	defer pool.Close()
	exec := func(n int, insert string) {
		b.Helper()
		insert = strings.NewReplacer("{second}", second, "{uuid}", uuid, "{due}", due).Replace(insert)
		insert = strings.ReplaceAll(insert, "%%", "%")
		_, err := pool.ExecContext(b.Context(), fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n)+insert)
		must(b, err)
	}
	exec(organizations, `INSERT INTO organizations (id, version, created_at, updated_at, legal_name, name_key, other_names, type, survivor_led,
		attested_by, identifiers, website, country, sector, languages, stage, conditions, stage_reason)
		SELECT '00000000-0000-4000-8000-00000000000' || i, 1, {second}, {second}, 'O', 'o', '[]', 'ngo', FALSE, '', '[]', '', '', '', '[]', 'approved', '[]', '' FROM n`)
	exec(rows, `INSERT INTO commitments (id, version, created_at, updated_at, organization, partnership, title, text, due_on, amount_minor,
		amount_currency, source_url, objectives, contributes_to, pillars, trafficking_types, topics, countries, stage, stage_reason, submitted_by,
		submitted_on, accepted_by, accepted_on, activated_on, claimed_by, completed_on, verified_on, ended_on, amendments, consented_by, released_by, published)
		SELECT {uuid}, 1, {second}, {second}, '00000000-0000-4000-8000-00000000000' || (1 + i % 4), '', 'Commitment number ' || i,
		'We publish the names of our suppliers, audit each of them against the employer-pays principle and report what we find every quarter. ' || i,
		{due}, 25000000, 'USD', 'https://example.org/' || i, '["4.3"]', '[]', '["prevention"]', '["labor"]', '["supply_chains"]', '["MY","TH"]',
		CASE i / 4 % 4 WHEN 0 THEN 'draft' WHEN 1 THEN 'submitted' WHEN 2 THEN 'verified_complete' ELSE 'active' END, '', 'a', '2026-01-01', 'b',
		'2026-01-02', '', '', '', '', '', 0, '', '', FALSE FROM n`)
	exec(rows, `INSERT INTO milestones (id, version, created_at, updated_at, commitment, organization, title, weight, due_on, stage, evidence, evidence_url,
		reported_by, reported_on, verified_by, verified_on, reject_reason)
		SELECT {uuid}, 1, {second}, {second}, {uuid}, '00000000-0000-4000-8000-00000000000' || (1 + i % 4), 'Half of them', 50, '2027-01-01', 'pending', '', '',
		'', '', '', '', '' FROM n WHERE i / 4 % 4 = 3`)
	exec(rows, `INSERT INTO progress_reports (id, version, created_at, updated_at, commitment, organization, period_from, period_until, narrative, figures,
		deliveries, stage, return_reason, written_by, submitted_by, submitted_on, reviewed_by, accepted_on)
		SELECT {uuid}, 1, {second}, {second}, {uuid}, '00000000-0000-4000-8000-00000000000' || (1 + i % 4), '2026-01-01', '2026-03-31', 'Audits began.', '[]', '[]',
		'accepted', '', 'a', 'a', '2026-04-01', 'b', '2026-04-02' FROM n WHERE i / 4 % 4 = 3`)
	if !file {
		_, err := pool.ExecContext(b.Context(), "VACUUM ANALYZE")
		must(b, err)
	}
}

func (o *benched) listOverHTTP(b testing.TB) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, o.srv.URL+"/v1/commitments?stage=active&organization_id="+organizationID(1)+
		"&due_from=2025-01-01&due_until=2028-12-31&sort=due_on&limit=25", nil)
	must(b, err)
	r.Header.Set("Authorization", "Bearer "+o.bearer)
	res, err := httpClient.Do(r)
	must(b, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(b, err)
	if res.StatusCode != http.StatusOK || strings.Count(string(body), `"organization_id"`) != 25 {
		b.Fatalf("%d: %s", res.StatusCode, body)
	}
}

// listBySQL reads the same rows of the same tables, every column, and no more.
func (o *benched) listBySQL(b testing.TB) {
	rows := o.read(b, `SELECT * FROM commitments WHERE stage = ? AND organization = ? AND due_on >= ? AND due_on <= ? ORDER BY due_on, id LIMIT 26`,
		"active", organizationID(1), "2025-01-01", "2028-12-31")
	ids := make([]any, len(rows))
	for i, r := range rows {
		ids[i] = r[0].String
	}
	in := " WHERE commitment IN (" + strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ") + ") ORDER BY commitment, created_at, id"
	for _, table := range []string{"milestones", "indicators", "progress_reports"} {
		o.read(b, "SELECT * FROM "+table+in, ids...)
	}
}

func (o *benched) read(b testing.TB, query string, vars ...any) [][]sql.NullString {
	for i := 1; o.dollars && strings.Contains(query, "?"); i++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", i), 1)
	}
	rows, err := o.pool.QueryContext(b.Context(), query, vars...)
	must(b, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(b, err)
	var out [][]sql.NullString
	for rows.Next() {
		line := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range line {
			into[i] = &line[i]
		}
		must(b, rows.Scan(into...))
		out = append(out, line)
	}
	must(b, rows.Err())
	return out
}
