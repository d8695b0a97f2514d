package sheet

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tally counts what a mapping makes of a file.
type tally struct{ Rows, Records, Repeats, Skipped, Refused int }

func count(t testing.TB, m *Mapping, data []byte) (tally, []Record) {
	var n tally
	all := records(t, m, data)
	for _, r := range all {
		n.Records++
		n.Rows += len(r.Rows)
		if r.RepeatOf > 0 {
			n.Repeats++
		}
		if r.Skipped {
			n.Skipped++
		}
		if len(r.Refusals) > 0 {
			n.Refused++
		}
	}
	return n, all
}

func mappingFile(t testing.TB, name string) *Mapping {
	t.Helper()
	data, err := os.ReadFile("../../mappings/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return mapping(t, string(data))
}

func TestEveryMappingFileIsSound(t *testing.T) {
	files, err := filepath.Glob("../../mappings/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if m := mappingFile(t, filepath.Base(f)); m.Entity == "" {
			t.Error(f)
		}
	}
}

func TestPublicRegistersAreReadWhole(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		want    tally
		record  int // an example, by its place among the records
		example map[string]any
	}{
		"mep-meetings.yaml": {
			"eng-mep-meetings/mepmeetings.csv",
			tally{Rows: 23050, Records: 23050, Repeats: 11, Refused: 1}, // an organization named "-"
			1, map[string]any{
				"title": "Medicinal Cannabis", "kind": "meeting", "starts_on": Date("2021-10-06"), "time_zone": "Europe/Brussels", "location": "remote", "countries": []string{"Malta"},
				"organizations": []string{"Tilray", "Frank Farnel"}, "objectives": []string{"4.3"}, "private_notes": []string{"Alex AGIUS SALIBA (S&D), Member"},
			},
		},
		"nsw-diaries.yaml": {
			"eng-nsw-diaries/diaries-tidied.csv.gz",
			tally{Rows: 26562, Records: 15076, Refused: 4}, // years before 2014-07 or after 2018
			0, map[string]any{
				"title": "To discuss general matters", "kind": "meeting", "starts_on": Date("2014-07-01"), "time_zone": "Australia/Sydney", "countries": []string{"AU"},
				"organizations": []string{"NSW Bar Association"}, "objectives": []string{"4.3"},
				"private_notes": []string{"Disclosed by the Attorney-General in Attorney-General-Disclosure-Summary-July-Sept-2014.pdf, page 1"},
			},
		},
		"net-zero-tracker.yaml": {
			"com-net-zero-tracker/net_zero_tracker_2022-12-20.xlsx",
			tally{Rows: 4089, Records: 4089, Skipped: 2148, Refused: 4}, // baselines in the years 1007 and 1000, two control characters
			3, nil,
		},
		"upr-recommendations.yaml": {
			"rec-upr/1-5.csv",
			tally{Rows: 6094, Records: 6094},
			2, map[string]any{
				"text": "Investigate thoroughly all acts of violence against women and defenders of women's rights and bring those responsible to justice.",
				"body": "Working Group on the Universal Periodic Review", "body_statute": "Human Rights Council resolution 5/1",
				"body_seats": int64(47), "body_term_years": int64(3), "body_renewals": int64(1), "body_assessment_days": int64(1461),
				"report_year": int64(2009), "issued_on": Date("2009-05-31"), "issued_precision": "month", "agencies": []string{"Afghanistan"},
				"source": "Austria, in session 5 of the Universal Periodic Review",
				"notes": []string{
					"Regional group: WEOG", "Member of: EU", "Issues: Human rights defenders,Women's rights", "Category of action: 5",
				},
				"response_stage": "accepted", "response_text": "Accepted",
			},
		},
		"sp500.yaml": {
			"org-sp500/constituents.csv",
			tally{Rows: 503, Records: 503, Repeats: 3}, // second share classes
			2, map[string]any{"legal_name": "Abbott Laboratories", "type": "business", "identifiers": []string{"cik:0000001800", "ticker:ABT"}},
		},
		"ato-corporate.yaml": {
			"org-ato-corporate/ato_2023-24.xlsx",
			tally{Rows: 4198, Records: 4198, Repeats: 44}, // other income years
			0, map[string]any{"legal_name": "1 MENDS STREET PTY LTD", "type": "business", "country": "AU", "identifiers": []string{"au-abn:94600082111"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			data, ok := register(t, c.file)
			if !ok {
				return
			}
			got, all := count(t, mappingFile(t, name), data)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if d := cmp.Diff(c.example, all[c.record].Fields); d != "" && c.example != nil {
				t.Error(d)
			}
		})
	}
}

// One row is one statement by the UK Modern Slavery Act; its booleans have three
// states. The companies' numbers lost their zeros, and 65 are those of charities.
func TestAModernSlaveryRegistryIsReadWhole(t *testing.T) {
	statements := mapping(t, `
entity: statement
format: csv
key: [company_name, statement_url]
fields:
  company: {column: company_name, type: text, required: true}
  seen_on: {column: date_seen, type: date, date_format: DD/MM/YYYY}
  approved: {column: approved_by_board, type: boolean, map: {"Yes": true, "No": false, Not explicit: ""}}
  published: {column: published, type: boolean}
`)
	companies := mapping(t, `
entity: organization
format: csv
encoding: utf-8
key: [id]
fields:
  legal_name: {column: name, type: text, required: true}
  identifiers: {type: list, items: [{column: company_number, pad_left: 8, prefix: "gb-coh:"}]}
`)
	for _, c := range []struct {
		file  string
		m     *Mapping
		want  tally
		first map[string]any
	}{
		{"statements.csv", statements, tally{Rows: 1810, Records: 1810}, map[string]any{"company": "2M Holdings Ltd", "seen_on": Date("2016-12-14")}},
		{"audit_companies.csv", companies, tally{Rows: 3642, Records: 3642, Repeats: 5, Refused: 65}, map[string]any{"legal_name": "2 Moto Limited", "identifiers": []string{"gb-coh:08231834"}}},
	} {
		data, ok := register(t, "com-modern-slavery-registry/"+c.file)
		if !ok {
			continue
		}
		got, all := count(t, c.m, data)
		if d := cmp.Diff(c.first, all[0].Fields); d != "" || got != c.want {
			t.Errorf("%s: got %+v, want %+v\n%s", c.file, got, c.want, d)
		}
	}
}

// The file is BIFF8, and the reader must say so.
func TestAnOldWorkbookIsRefusedUnderAnyName(t *testing.T) {
	old := append(bytes.Clone(oleMagic), make([]byte, 512)...)
	for _, format := range []string{"csv", "xlsx"} {
		if _, err := texts(t, old, Source{Format: format}, Limits{}); err == nil {
			t.Error(format)
		}
	}
}
