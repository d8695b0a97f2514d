package repository

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

// until migrates as far as a version.
func until(version int64) func(dsn string) error {
	return func(dsn string) error {
		s, err := Open(dsn, Options{Master: master})
		if err != nil {
			return err
		}
		defer s.Close()
		p, err := s.migrator()
		if err != nil {
			return err
		}
		_, err = p.UpTo(context.Background(), version)
		return err
	}
}

// insert writes a row as it may have been: what is not given is empty.
func (b *bench) insert(table string, row map[string]any) {
	b.Helper()
	var names, marks []string
	var values []any
	for column, kind := range b.columns() {
		name, ok := strings.CutPrefix(column, table+".")
		if !ok {
			continue
		}
		value, given := row[name]
		switch {
		case given:
		case strings.HasPrefix(kind, "timestamp"):
			value = b.now
		case strings.HasSuffix(kind, "int"), kind == "integer":
			value = 0
		case kind == "boolean":
			value = false
		case kind == "bytea", kind == "blob":
			continue // as by default
		default:
			value = ""
		}
		names, marks, values = append(names, name), append(marks, "?"), append(values, value)
	}
	statement := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(marks, ", "))
	must(b, b.write.Set(reachKey, true).Exec(statement, values...).Error)
}

// TestWhoWroteBeforeItWasKeptIsFoundInTheTrail brings rows of before up to date: whoever
// wrote or sent a report, or what it corrects, stands in it, and whoever said that a
// milestone was reached, or wrote the report that does, in the milestone.
func TestWhoWroteBeforeItWasKeptIsFoundInTheTrail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, until(114), func(t *testing.T, dsn string) {
		b := &bench{T: t, dsn: dsn, now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
		b.Store = b.instance()
		entry := 0
		did := func(actor, event, record string) {
			b.insert("audit_entries", map[string]any{"id": fmt.Sprint("e", entry), "actor": actor, "event": event, "record": record, "record_version": 1})
			entry++
		}
		b.insert("accounts", map[string]any{"id": "programmer", "login": "p", "role": "staff", "stage": "active"})
		b.insert("api_keys", map[string]any{"id": "key", "account": "programmer", "expires_at": b.now})
		b.insert("organizations", map[string]any{"id": "o", "legal_name": "Harbor", "stage": "approved"})
		b.insert("commitments", map[string]any{"id": "c", "organization": "o", "title": "A promise", "stage": "active"})
		report := func(id, stage, supersedes, writtenBy, submittedBy, deliveries string) {
			b.insert("progress_reports", map[string]any{
				"id": id, "commitment": "c", "period_from": "2026-01-01", "period_until": "2026-01-31", "figures": "[]", "omissions": "[]", "deliveries": deliveries,
				"stage": stage, "supersedes": supersedes, "written_by": writtenBy, "submitted_by": submittedBy,
			})
		}
		milestone := func(id, stage, reportedBy string) {
			b.insert("milestones", map[string]any{"id": id, "commitment": "c", "weight": 10, "due_on": "2026-02-01", "stage": stage, "reported_by": reportedBy})
		}
		delivers := func(id string) string { return `[{"milestone":"` + id + `","evidence":"Seen."}]` }

		// One wrote it, another changed it last and a third sent it; reading is no writing.
		report("of three", "accepted", "", "last", "sender", delivers("by a report"))
		for actor, event := range map[string]string{"first": "created", "last": "edited", "key": "edited", "sender": "submitted", "judge": "accepted"} {
			did(actor, "progress_report."+event, "of three")
		}
		// What corrects it, and corrects that again.
		report("second", "accepted", "of three", "other", "other", "[]")
		did("other", "progress_report.created", "second")
		report("third", "submitted", "second", "newest", "newest", delivers("by a correction"))
		did("newest", "progress_report.created", "third")
		// Of one that was seeded without a trail its row is known, of a draft no sender.
		report("untold", "draft", "", "author", "", delivers("pending"))
		// Milestones: by hand, rejected and by somebody else again; by a report; by none.
		milestone("by hand", "reported", "again")
		did("once", "milestone.reported", "by hand")
		did("again", "milestone.reported", "by hand")
		did("judge", "milestone.rejected", "by hand")
		milestone("by a report", "verified", "sender")
		did("sender", "milestone.reported", "by a report")
		milestone("by a correction", "reported", "newest")
		milestone("pending", "pending", "")

		_, err := b.Migrate(t.Context())
		must(t, err)
		for _, tt := range []struct{ table, id, want string }{
			{"progress_reports", "of three", "first last programmer sender"},
			{"progress_reports", "second", "first last other programmer sender"},
			{"progress_reports", "third", "first last newest other programmer sender"},
			{"progress_reports", "untold", "author"},
			{"milestones", "by hand", "again once"},
			{"milestones", "by a report", "first last programmer sender"},
			{"milestones", "by a correction", "first last newest other programmer sender"},
			{"milestones", "pending", ""},
		} {
			var row struct{ Reporters domain.List[string] }
			must(t, b.system().mechanism(t.Context()).Raw("SELECT reporters FROM "+tt.table+" WHERE id = ?", tt.id).Scan(&row).Error)
			slices.Sort(row.Reporters)
			if got := strings.Join(row.Reporters, " "); got != tt.want {
				t.Errorf("%s %q has %q, want %q", tt.table, tt.id, got, tt.want)
			}
		}
	})
}

// TestWhoAddedAnAdvisorLooksAfterThemFromBefore brings advisors of before up to date:
// whoever added one is assigned, but for who is no liaison any more.
func TestWhoAddedAnAdvisorLooksAfterThemFromBefore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, until(144), func(t *testing.T, dsn string) {
		b := &bench{T: t, dsn: dsn, now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
		b.Store = b.instance()
		for id, role := range map[string]string{"carer": "liaison", "moved": "staff", "left": "liaison"} {
			stage := "active"
			if id == "left" {
				stage = "suspended"
			}
			b.insert("accounts", map[string]any{"id": id, "login": id, "role": role, "stage": stage})
		}
		for i, by := range []string{"carer", "moved", "left", "carer"} {
			of := fmt.Sprint("advisor ", i)
			b.insert("advisors", map[string]any{"id": of, "alias_key": of, "stage": "active"})
			for _, event := range []string{"advisor.created", "advisor.edited"} {
				b.insert("audit_entries", map[string]any{"id": of + event, "actor": by, "event": event, "record_kind": "advisors", "record": of, "record_version": 1})
			}
		}
		b.insert("advisors", map[string]any{"id": "untold", "alias_key": "untold", "stage": "active"})
		_, err := b.Migrate(t.Context())
		must(t, err)
		var got []string
		must(t, b.system().mechanism(t.Context()).Raw("SELECT advisor || ': ' || liaison FROM assignments WHERE ended_at IS NULL ORDER BY advisor").Scan(&got).Error)
		if want := "advisor 0: carer, advisor 2: left, advisor 3: carer"; strings.Join(got, ", ") != want {
			t.Errorf("%v, want %s", got, want)
		}
		v, err := b.system().Assignments.Get(t.Context(), "advisor 0advisor.created")
		must(t, err)
		if !v.Active || v.Version != 1 || v.AssignedBy != "carer" || !v.CreatedAt.Equal(b.now) {
			t.Errorf("%+v", v)
		}
	})
}
