package repository

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

// sweep lets go what the standard schedule says, once.
func (b *bench) sweep() map[string]int64 {
	b.Helper()
	gone, err := b.Sweep(b.Context(), domain.StandardSchedule())
	must(b, err)
	return gone
}

// TestEveryTableIsInTheSchedule fails for a table of which nobody has said what goes, and
// when, or why nothing does, and for what is said of none.
func TestEveryTableIsInTheSchedule(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		said := map[string]int{}
		for _, l := range domain.StandardSchedule() {
			said[l.Table()] = 1
		}
		for _, l := range domain.LastingTables() {
			said[l.Table]++
			if l.Why == "" {
				t.Errorf("why does %s last?", l.Table)
			}
		}
		query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_documents_%'"
		if b.onPostgres() {
			query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
			delete(said, "search_rows")
		}
		var tables []string
		must(t, b.system().mechanism(t.Context()).Raw(query).Scan(&tables).Error)
		for _, table := range tables {
			if said[table] != 1 {
				t.Errorf("%s is said %d times: in domain/retention.go, say once what of it goes and when, or why it lasts", table, said[table])
			}
			delete(said, table)
		}
		for table := range said {
			t.Errorf("%s is in domain/retention.go and is no table", table)
		}
		if len(tables) < 70 {
			t.Errorf("only %d tables were found", len(tables))
		}
	})
}

func TestEveryLineOfTheScheduleIsSwept(t *testing.T) {
	t.Parallel()
	lines := map[string]bool{}
	for _, l := range domain.StandardSchedule() {
		lines[l.Name] = true
	}
	for name := range lines {
		if how, ok := sweeps[name]; !ok || (how.where == "") == (how.step == nil) {
			t.Errorf("nobody says how %s goes", name)
		}
	}
	for name := range sweeps {
		if !lines[name] {
			t.Errorf("%s goes by no schedule", name)
		}
	}
}

// put writes a row as plain SQL. A column that must have a value and isn't given one
// is as empty as it can be.
func (b *bench) put(table string, values map[string]any) {
	b.Helper()
	query := "SELECT name, lower(type) AS type FROM pragma_table_info(?) WHERE \"notnull\" <> 0 AND dflt_value IS NULL"
	if b.onPostgres() {
		query = "SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = ? AND is_nullable = 'NO' AND column_default IS NULL"
	}
	var columns []struct{ Name, Type string }
	must(b, b.system().mechanism(b.Context()).Raw(query, table).Scan(&columns).Error)
	row := map[string]any{}
	for _, c := range columns {
		switch {
		case c.Type == "text":
			row[c.Name] = ""
		case strings.HasPrefix(c.Type, "timestamp"):
			row[c.Name] = b.clock()
		case c.Type == "boolean":
			row[c.Name] = false
		case c.Type == "bytea" || c.Type == "blob":
			row[c.Name] = []byte{}
		default:
			row[c.Name] = 1
		}
	}
	maps.Copy(row, values)
	must(b, b.system().Tx(b.Context(), func(s *Session) error { return s.mechanism(b.Context()).Table(table).Create(row).Error }))
}

// aged is how a test makes a row of a line whose time began at a moment.
type aged struct {
	put func(b *bench, id string, at time.Time)
	// there finds what is to go of the row.
	there string
	// young and old are how much longer after and before the last moment a row is
	// tried, where that is not told to the microsecond.
	young, old time.Duration
}

const someone = "00000000-0000-4000-8000-000000000001"

// own gives the row an account of its own.
func own(b *bench, id string) string {
	b.put("accounts", map[string]any{"id": id, "login": id, "role": "staff", "stage": "active"})
	return id
}

func simply(table, at string, more map[string]any) aged {
	return aged{there: "SELECT count(*) FROM " + table + " WHERE id = ?", put: func(b *bench, id string, when time.Time) {
		row := map[string]any{"id": id, at: when}
		maps.Copy(row, more)
		b.put(table, row)
	}}
}

func imported(b *bench, id string, more map[string]any) {
	row := map[string]any{"id": id, "stage": "done"}
	maps.Copy(row, more)
	b.put("imports", row)
}

func applied(stage string, on string) aged {
	return aged{there: "SELECT count(*) FROM applications WHERE id = ? AND sealed IS NOT NULL", young: 24 * time.Hour, put: func(b *bench, id string, at time.Time) {
		sealed, err := b.master.Seal([]byte("{}"), applicationPlace(id))
		must(b, err)
		b.put("applications", map[string]any{"id": id, "receipt": id, "stage": stage, "sealed": sealed, on: domain.DateOf(at)})
	}}
}

// agedRows are those of every line.
var agedRows = map[string]aged{
	"sessions": simply("sessions", "expires_at", map[string]any{"account": someone}),
	"devices": {there: "SELECT count(*) FROM devices WHERE hash = ?", put: func(b *bench, id string, at time.Time) {
		account := own(b, id)
		b.put("devices", map[string]any{"hash": id, "account": account, "created_at": at})
		b.put("devices", map[string]any{"hash": id + " newer", "account": account, "created_at": b.now})
	}},
	"factors": {there: "SELECT count(*) FROM factors WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		b.put("factors", map[string]any{"id": id, "account": own(b, id), "kind": "totp", "stage": "pending", "updated_at": at})
	}},
	"ceremonies": simply("ceremonies", "expires_at", nil),
	"used_links": simply("used_links", "expires_at", nil),
	"invitations": {there: "SELECT count(*) FROM invitations WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		b.put("invitations", map[string]any{"id": id, "token_hash": id, "role": "staff", "stage": "pending", "expires_at": at})
	}},
	"resets": simply("resets", "updated_at", map[string]any{"account": someone, "kind": "password", "stage": "requested"}),
	"api_keys": {there: "SELECT count(*) FROM api_keys WHERE id = ? AND (ranges <> '[]' OR secret <> id OR former <> '')", put: func(b *bench, id string, at time.Time) {
		b.put("api_keys", map[string]any{"id": id, "account": someone, "actions": "[]", "ranges": `["198.51.100.0/24"]`, "secret": "of " + id, "former": "once of " + id, "expires_at": at})
	}},
	"signing_keys": simply("signing_keys", "retired_at", nil),
	"notices.read": {there: "SELECT count(*) FROM notices WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		b.put("notices", map[string]any{"id": id, "account": someone, "occasion": id, "read_at": at})
	}},
	"notices.unread": {there: "SELECT count(*) FROM notices WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		b.put("notices", map[string]any{"id": id, "account": someone, "occasion": id, "created_at": at})
	}},
	"feeds": {there: "SELECT count(*) FROM feeds WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		b.put("feeds", map[string]any{"id": id, "account": own(b, id), "updated_at": at})
	}},
	"jobs.done":        simply("jobs", "run_at", map[string]any{"state": jobDone}),
	"jobs.dead":        simply("jobs", "run_at", map[string]any{"state": jobDead}),
	"idempotency_keys": simply("idempotency_keys", "answered_at", nil),
	"rate_limits": {there: "SELECT count(*) FROM rate_limits WHERE key = ?", old: time.Microsecond, put: func(b *bench, id string, at time.Time) {
		b.put("rate_limits", map[string]any{"key": id, "tat": at.UnixMicro()})
	}},
	"refused_sign_ins": {there: "SELECT count(*) FROM refused_sign_ins WHERE account = ?", old: time.Hour, put: func(b *bench, id string, at time.Time) {
		b.put("refused_sign_ins", map[string]any{"hour": at.Truncate(time.Hour), "account": id, "reason": "password", "tries": 1})
	}},
	"import_files": {there: "SELECT count(*) FROM import_files WHERE import = ?", put: func(b *bench, id string, at time.Time) {
		imported(b, id, map[string]any{"stage": "running", "created_at": at})
		b.put("import_files", map[string]any{"import": id})
	}},
	"import_refusals": {there: "SELECT count(*) FROM import_refusals WHERE id = ?", put: func(b *bench, id string, at time.Time) {
		imported(b, id, map[string]any{"finished_at": at})
		b.put("import_refusals", map[string]any{"id": id, "import": id})
	}},
	"uploads":                simply("uploads", "expires_at", nil),
	"applications.decided":   applied("declined", "decided_on"),
	"applications.undecided": applied("received", "received_on"),
	"submissions": {there: "SELECT count(*) FROM submission_keys WHERE submission = ?", put: func(b *bench, id string, at time.Time) {
		b.put("consultations", map[string]any{"id": id, "closed_at": at, "stage": "closed", "opens_at": at.Add(-time.Hour), "types": "[]", "organizations": "[]", "excluded": "[]"})
		b.put("submissions", map[string]any{"id": id, "consultation": id, "stage": "draft", "attribution": "pseudonymous", "alias": id})
		b.put("submission_keys", map[string]any{"submission": id})
	}},
	"organization_merge_moves": {there: "SELECT count(*) FROM organization_merge_moves WHERE row_key = ?", put: func(b *bench, id string, at time.Time) {
		b.put("organization_merges", map[string]any{"id": id, "survivor": string(b.organization("S " + id).ID), "absorbed": string(b.organization("A " + id).ID),
			"take": "[]", "before": "[]", "stage": "merged", "proposed_by": "a", "decided_by": "b", "merged_at": at})
		b.put("organization_merge_moves", map[string]any{"merge": id, "reference": "accounts.organization", "row_key": id})
	}},
}

// told are the notes of what the trail was told that went.
func (b *bench) told() (notes []string) {
	b.Helper()
	must(b, b.system().mechanism(b.Context()).Raw("SELECT note FROM audit_entries WHERE event = 'retention.kept' ORDER BY at, id").Scan(&notes).Error)
	return notes
}

// TestWhatIsOldGoesByItself has a row of each line that is just old enough, and one that
// is not.
func TestWhatIsOldGoesByItself(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own(b, someone)
		schedule := domain.StandardSchedule()
		ids := map[string][2]string{}
		var daily []string
		for i, l := range schedule {
			rows, ok := agedRows[l.Name]
			if !ok {
				t.Fatalf("%s has no row here", l.Name)
			}
			young, old := fmt.Sprintf("%08d-0000-4000-8000-00000000000y", i), fmt.Sprintf("%08d-0000-4000-8000-00000000000o", i)
			rows.put(b, young, l.Before(b.clock()).Add(max(rows.young, time.Microsecond)))
			rows.put(b, old, l.Before(b.clock()).Add(-rows.old))
			ids[l.Name] = [2]string{young, old}
			if !l.Hourly {
				daily = append(daily, l.Name+" 1")
			}
		}
		gone := b.sweep()
		for _, l := range schedule {
			there := agedRows[l.Name].there
			if n := b.count(there, ids[l.Name][0]); n != 1 {
				t.Errorf("%s: a row went before its time", l.Name)
			}
			if n := b.count(there, ids[l.Name][1]); n != 0 || gone[l.Name] != 1 {
				t.Errorf("%s: of a row that is old %d are there, and %d went", l.Name, n, gone[l.Name])
			}
		}
		if got := b.told(); !slices.Equal(got, []string{strings.Join(daily, ", ")}) {
			t.Errorf("the trail says %q", got)
		}
		if again := b.sweep(); len(again) != 0 || len(b.told()) != 1 {
			t.Errorf("a second time %v went", again)
		}
		b.forward(25 * time.Hour)
		b.sweep()
		for _, l := range schedule {
			if n := b.count(agedRows[l.Name].there, ids[l.Name][0]); n != 0 {
				t.Errorf("%s: a row outlives its time", l.Name)
			}
		}
	})
}

// TestASpanIsTheOfficesOwn has sessions go sooner.
func TestASpanIsTheOfficesOwn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own(b, someone)
		sooner, err := domain.StandardSchedule().With("sessions=2")
		must(t, err)
		agedRows["sessions"].put(b, "a", b.now.Add(-72*time.Hour))
		if n := b.sweep()["sessions"]; n != 0 {
			t.Errorf("%d went", n)
		}
		if gone, err := b.Sweep(t.Context(), sooner); err != nil || gone["sessions"] != 1 {
			t.Errorf("%v went, %v", gone, err)
		}
	})
}

// TestWhatAnotherRuleRestsOnStays has old rows that are still needed.
func TestWhatAnotherRuleRestsOnStays(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own(b, someone)
		old := b.now.Add(-2 * 365 * 24 * time.Hour)
		for _, name := range []string{"invitations", "notices.unread"} {
			agedRows[name].put(b, name, old)
		}
		sealed, err := b.master.Seal([]byte("{}"), applicationPlace("application"))
		must(t, err)
		b.put("applications", map[string]any{"id": "application", "receipt": "r", "stage": "accepted", "organization": "o", "invitation": "invitations",
			"sealed": sealed, "decided_on": domain.DateOf(b.now)})
		agedRows["organization_merge_moves"].put(b, "merge", b.now.Add(-domain.UndoMergeWithin))
		running := string(b.organization("O").ID)
		for _, id := range []string{"owed", "given"} {
			b.put("commitments", map[string]any{"id": id, "organization": running, "stage": "active", "amount_minor": 0,
				"objectives": "[]", "contributes_to": "[]", "pillars": "[]", "trafficking_types": "[]", "topics": "[]", "countries": "[]"})
			b.put("notices", map[string]any{"id": id, "account": someone, "occasion": id, "read_at": old, "record_kind": "commitment", "record_id": id, "due_on": domain.DateOf(old)})
		}
		b.put("progress_reports", map[string]any{"id": "r", "commitment": "given", "period_from": "2024-01-01", "period_until": "2024-01-31",
			"figures": "[]", "deliveries": "[]", "stage": "accepted", "submitted_by": "a", "submitted_on": domain.DateOf(old)})
		b.put("notices", map[string]any{"id": "due", "account": someone, "occasion": "due", "read_at": old, "due_on": domain.DateOf(b.now)})
		for _, stage := range []string{jobWaiting, jobRunning} {
			b.put("jobs", map[string]any{"id": stage, "state": stage, "run_at": old})
		}
		b.put("signing_keys", map[string]any{"id": "signs", "signs_from": old})
		b.put("devices", map[string]any{"hash": "only", "account": someone, "created_at": old})
		b.put("feeds", map[string]any{"id": "open", "account": someone, "token_hash": "h", "updated_at": old})
		b.put("factors", map[string]any{"id": "app", "account": someone, "kind": "totp", "stage": "active", "updated_at": old})
		if gone := b.sweep(); len(gone) != 2 || gone["notices.unread"] != 1 || gone["notices.read"] != 1 || b.count("SELECT count(*) FROM notices WHERE id = 'given'") != 0 {
			t.Errorf("%v went", gone)
		}
		b.forward(400 * 24 * time.Hour)
		must(t, b.system().Tx(t.Context(), func(s *Session) error {
			return s.mechanism(t.Context()).Exec("UPDATE commitments SET stage = 'lapsed'").Error
		}))
		b.sweep() // what they wait for goes, and then they do
		want := map[string]int64{"invitations": 1}
		if gone := b.sweep(); !maps.Equal(gone, want) {
			t.Errorf("%v went", gone)
		}
		if n := b.count("SELECT count(*) FROM invitations") + b.count("SELECT count(*) FROM notices"); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

// TestARunThatIsBrokenOffIsToldOnce breaks one off between two batches.
func TestARunThatIsBrokenOffIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own(b, someone)
		const many = 2*sweepBatch + 1
		for i := range many {
			agedRows["sessions"].put(b, fmt.Sprintf("s%04d", i), b.now.Add(-100*24*time.Hour))
		}
		ctx, kill := context.WithCancel(t.Context())
		batches := 0
		_, err := b.Sweep(WithStatements(ctx, func(text string) {
			if strings.HasPrefix(text, "DELETE FROM sessions") {
				if batches++; batches == 2 {
					kill()
				}
			}
		}), domain.StandardSchedule())
		left := b.count("SELECT count(*) FROM sessions")
		if err == nil || left == 0 || left == many || len(b.told()) != 0 {
			t.Fatalf("%v, %d are left, told %v", err, left, b.told())
		}
		rest, err := b.instance().Sweep(t.Context(), domain.StandardSchedule())
		if err != nil || rest["sessions"] != int64(left) {
			t.Errorf("%v of %d went, %v", rest, left, err)
		}
		if got := b.told(); !slices.Equal(got, []string{fmt.Sprintf("sessions %d", many)}) {
			t.Errorf("told %v", got)
		}
	})
}

// TestInstancesThatSweepAtOnceTellEachRowOnce has three at it.
func TestInstancesThatSweepAtOnceTellEachRowOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		own(b, someone)
		const many = 1500
		for i := range many {
			agedRows["sessions"].put(b, fmt.Sprintf("s%04d", i), b.now.Add(-100*24*time.Hour))
		}
		type run struct {
			gone map[string]int64
			err  error
		}
		runs := make(chan run)
		for range 3 {
			other := b.instance()
			go func() {
				gone, err := other.Sweep(t.Context(), domain.StandardSchedule())
				runs <- run{gone, err}
			}()
		}
		var went, told int64
		for range 3 {
			r := <-runs
			must(t, r.err)
			went += r.gone["sessions"]
		}
		for _, note := range b.told() {
			var n int64
			if _, err := fmt.Sscanf(note, "sessions %d", &n); err != nil {
				t.Errorf("told %q", note)
			}
			told += n
		}
		if went != many || told != many {
			t.Errorf("%d went and %d are told of, of %d", went, told, many)
		}
	})
}

// TestWhatGoesIsFoundByAnIndex looks at how the database would go about each line.
func TestWhatGoesIsFoundByAnIndex(t *testing.T) {
	small := []string{"signing_keys", "organization_merges", "imports"} // of which there are few
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		s, err := Open(dsn, Options{Master: master})
		must(t, err)
		t.Cleanup(func() { s.Close() })
		for _, l := range domain.StandardSchedule() {
			how := sweeps[l.Name]
			if how.step != nil {
				continue
			}
			must(t, s.As(domain.Actor{Role: domain.System}).Tx(t.Context(), func(tx *Session) error {
				db, explain := tx.mechanism(t.Context()), "EXPLAIN QUERY PLAN "
				if s.postgres { // on empty tables it would look at all
					must(t, db.Exec("SET LOCAL enable_seqscan = off").Error)
					explain = "EXPLAIN "
				}
				rows, err := tx.mechanism(t.Context()).Raw(explain+"SELECT 1 FROM "+l.Table()+" WHERE "+how.where+" ORDER BY "+how.order+" LIMIT 500", times(s.now())...).Rows()
				must(t, err)
				defer rows.Close()
				var plan []string
				for rows.Next() {
					var id, parent, none int
					var line string
					if s.postgres {
						must(t, rows.Scan(&line))
					} else {
						must(t, rows.Scan(&id, &parent, &none, &line))
					}
					plan = append(plan, line)
				}
				for _, line := range plan {
					whole := strings.Contains(line, "Seq Scan") || strings.HasPrefix(line, "SCAN") && !strings.Contains(line, "USING")
					if whole && !slices.ContainsFunc(small, func(table string) bool { return strings.Contains(line, table) }) {
						t.Errorf("%s looks at a whole table:\n%s", l.Name, strings.Join(plan, "\n"))
					}
				}
				return nil
			}))
		}
	})
}
