package domain

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRetentionPage holds the committed page against the schedule, so that a change of
// what goes when is seen in review. UPDATE_GOLDEN=1 writes it.
func TestRetentionPage(t *testing.T) {
	const file = "../docs/retention.md"
	got := retentionPage()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/retention.md is not the schedule; look at the change, then UPDATE_GOLDEN=1 go test ./domain -run TestRetentionPage")
	}
}

func retentionPage() []byte {
	b := &bytes.Buffer{}
	b.WriteString(`# What goes by itself, and when

Generated from ` + "`domain/retention.go`" + `; do not edit. Every table of the database is on this page, which a test holds against the schema of both
databases (` + "`TestEveryTableIsInTheSchedule`" + `).

One instance at a time goes through the schedule each hour. What is counted in days goes once its last day is over, by UTC, at most 500 rows a
transaction, so that nobody waits for it; a run that is broken off is gone on with. The audit trail has one entry for each run that let something
go, ` + "`retention.kept`" + `, with how many rows of which line, and nothing of what they held; what lives for hours is in the metrics alone, since its hour could tell when
somebody was here. The metric is ` + "`accord_retention_rows_total`" + `.

An office sets other days, within the bounds, with ` + "`ACCORD_RETENTION`" + `: ` + "`sessions=14,invitations=60`" + `. A name that is none, or a number out of bounds, stops the
program at its start. What has no bounds is promised elsewhere or needs none.

SQLite overwrites what goes. PostgreSQL frees its place with the next vacuum, and a backup from before has it for as long as you keep the backup:
let backups go too.

## By the schedule

| line | what goes | after | days | an office may set | why |
|---|---|---|---|---|---|
`)
	for _, l := range StandardSchedule() {
		days, may := fmt.Sprint(l.Days), "-"
		if l.Hourly {
			days = fmt.Sprintf("within the hour after %d hours", l.Days*24)
			if l.Days == 0 {
				days = "within the hour"
			}
		}
		if l.Least < l.Most {
			may = fmt.Sprintf("%d to %d", l.Least, l.Most)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", l.Name, l.What, l.After, days, may, l.Why)
	}
	b.WriteString(`
## By something else, or not at all

| why | tables |
|---|---|
`)
	var whys []string
	tables := map[string][]string{}
	for _, l := range LastingTables() {
		if tables[l.Why] == nil {
			whys = append(whys, l.Why)
		}
		tables[l.Why] = append(tables[l.Why], "`"+l.Table+"`")
	}
	for _, why := range whys {
		fmt.Fprintf(b, "| %s | %s |\n", why, strings.Join(tables[why], ", "))
	}
	return b.Bytes()
}

func TestTheScheduleIsWithinItsBounds(t *testing.T) {
	names := map[string]bool{}
	for _, l := range StandardSchedule() {
		if l.Least > l.Days || l.Days > l.Most || l.What == "" || l.After == "" || l.Why == "" || names[l.Name] {
			t.Errorf("%s: %+v", l.Name, l)
		}
		names[l.Name] = true
	}
	if l := settable("organization_merge_moves"); time.Duration(l.Least)*24*time.Hour <= UndoMergeWithin {
		t.Error("a merge could no longer be undone while it may be")
	}
	if l := settable("sessions"); time.Duration(l.Least)*24*time.Hour < KeyAfterlife {
		t.Error("an expired token would name a session that is gone while it still ends one")
	}
	if l := settable("notices.read"); time.Duration(l.Least)*24*time.Hour <= APIKeyHorizon {
		t.Error("of a key that runs out one would be told again")
	}
}

func settable(name string) RetentionLine {
	for _, l := range schedule {
		if l.Name == name {
			return l
		}
	}
	return RetentionLine{}
}

func TestAnOfficeSetsItsOwnSpansWithinBounds(t *testing.T) {
	days := func(s Schedule, name string) int {
		for _, l := range s {
			if l.Name == name {
				return l.Days
			}
		}
		return -1
	}
	for spans, want := range map[string]int{"": 30, "sessions=1": 1, " sessions=365 , invitations=60,": 365, "invitations=60": 30} {
		got, err := StandardSchedule().With(spans)
		if err != nil || days(got, "sessions") != want {
			t.Errorf("%q: %d days, %v", spans, days(got, "sessions"), err)
		}
	}
	if days(StandardSchedule(), "sessions") != 30 {
		t.Error("one office's span became everybody's")
	}
	for spans, says := range map[string]string{
		"sessions=0": "from 1 to 365 days", "sessions=366": "from 1 to 365 days", "sessions=": "write sessions=30", "sessions=1.5": "write sessions=30",
		"session=14": "take one of sessions", "idempotency_keys=2": "no span that can be set", "audit_entries=30": "no span that can be set",
		"sessions=14,sessions=14": "set twice", "sessions 14": "no span that can be set",
	} {
		if _, err := StandardSchedule().With(spans); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", spans, err)
		}
	}
}

func TestDaysAreCountedWhole(t *testing.T) {
	morning := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		line RetentionLine
		want time.Time
	}{
		{RetentionLine{Days: 1}, time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)},
		{RetentionLine{}, time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)},
		{RetentionLine{Days: 1, Hourly: true}, time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC)},
		{RetentionLine{Hourly: true}, morning},
	} {
		if got := tt.line.Before(morning); !got.Equal(tt.want) {
			t.Errorf("%+v: before %v, want %v", tt.line, got, tt.want)
		}
	}
}
