package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accord/domain"
	"accord/internal/publicdata"
	"accord/internal/sheet"
)

// Of each register so many records are loaded here, and those with a word; what
// the whole ones give is in docs/imports.md.
var realRegisters = []struct {
	name, file string
	first      int
	word       string
	want       string
	made       int
}{
	{"sp500", "org-sp500/constituents.csv", 503, "", "done read 503 created 500 matched 3 refused 0", 0},
	{"ato-corporate", "org-ato-corporate/ato_2023-24.xlsx", 300, "", "done read 300 created 300 matched 0 refused 0", 0},
	{"mep-meetings", "eng-mep-meetings/mepmeetings.csv", 300, "Joint Stakeholder meeting on FuelEU", "done read 302 created 301 matched 0 refused 1", 378},
	{"nsw-diaries", "eng-nsw-diaries/diaries-tidied.csv.gz", 300, "2025-07-14", "done read 210 created 209 matched 0 refused 1", 265},
	{"net-zero-tracker", "com-net-zero-tracker/net_zero_tracker_2022-12-20.xlsx", 120, "", "done read 120 created 119 matched 0 refused 0", 119},
	{"upr-recommendations", "rec-upr/1-5.csv", 300, "Equit\x8e", "done read 301 created 301 matched 0 refused 0", 0},
}

func TestTheRealRegistersLoad(t *testing.T) {
	mappings, files := map[string]string{}, map[string]string{}
	for _, r := range realRegisters {
		text, err := os.ReadFile("../mappings/" + r.name + ".yaml")
		must(t, err)
		data, ok := publicdata.File(t, "..", r.file)
		if !ok {
			return
		}
		mappings[r.name], files[r.name] = string(text), excerpt(t, r.file, data, string(text), r.first, r.word)
	}
	each(t, func(t *testing.T, w *world) {
		liaison := w.as(domain.Liaison) // who may make the council that recommends
		for _, again := range []bool{false, true} {
			for _, r := range realRegisters {
				got := liaison.imported(r.name, mappings[r.name], files[r.name])
				s, made := figures(got), int(got.at("organizations_created").(float64))
				if !again && (s != r.want || made != r.made) {
					t.Errorf("%s: %s, organizations %d; want %s, %d", r.name, s, made, r.want, r.made)
				}
				if again && (got.at("created") != float64(0) || made != 0) {
					t.Errorf("%s: a second run: %s", r.name, s)
				}
			}
		}
		spotChecks(t, liaison)
	})
}

// spotChecks look at what became of some rows.
func spotChecks(t *testing.T, c *client) {
	is := func(what string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	only := func(path string) map[string]any {
		t.Helper()
		items := c.get(path).want(200).items()
		if len(items) != 1 {
			t.Fatalf("%s: %d records", path, len(items))
		}
		return items[0]
	}
	under := func(record map[string]any, kind, list string) []map[string]any {
		return c.get(fmt.Sprint("/v1/", kind, "/", record["id"], "/", list)).want(200).items()
	}

	fuel := only("/v1/engagements?q=FuelEU&from=2021-11-09&until=2021-11-10")
	is("a day in Brussels", fuel["starts_at"], "2021-11-09T23:00:00Z")
	is("its agenda", fuel["agenda"], "[FuelEU Maritime COM(2021)562]")
	is("for staff", fuel["private_notes"], "Rasmus ANDRESEN (Greens / EFA), Rapporteur\nCommittee: ITRE")
	who := under(fuel, "engagements", "participants")
	is("who took part", fmt.Sprint(len(who), " ", who[0]["name"], " ", who[0]["response"]), "6 A.P. Møller - Mærsk A/S (APMM) 680443918500-51 accepted")

	organics := only("/v1/engagements?q=organics+infrastructure+grant")
	is("rows that are one meeting", len(under(organics, "engagements", "participants")), 9)
	is("history", organics["stage"], "held")

	angola := only("/v1/organizations?q=Angola")
	promise := only(fmt.Sprint("/v1/commitments?organization_id=", angola["id"]))
	is("a due year", fmt.Sprint(promise["due_on"], " ", promise["due_precision"], " ", promise["due_text"], " ", promise["stage"]), "2030-12-31 year 2030 active")
	step := under(promise, "commitments", "milestones")[0]
	is("the interim target", fmt.Sprint(step["title"], " ", step["due_on"], " ", step["due_precision"], " ", step["stage"]), "Emissions reduction target 2025-12-31 year pending")
	is("its own words", step["due_text"], "2025")
	var measured []string
	for _, i := range under(promise, "commitments", "indicators") {
		measured = append(measured, fmt.Sprint(i["baseline"], i["targets"]))
	}
	slices.Sort(measured)
	is("measured by", strings.Join(measured, "\n"), "map[value:0 year:2015] [map[from:2025-01-01 until:2025-12-31 value:14]]\n"+
		"map[value:0 year:2015] [map[from:2030-01-01 until:2030-12-31 value:21]]")

	advice := only("/v1/recommendations?q=Reconciliation+IER")
	is("letters of an old Macintosh", strings.Contains(fmt.Sprint(advice["text"]), "Instance Equité - Reconciliation (IER)"), true)
	is("where it comes from", strings.Split(fmt.Sprint(advice["source"]), "\n")[0], "Netherlands, in session 1 of the Universal Periodic Review")
	is("when", fmt.Sprint(advice["issued_on"], " ", advice["issued_precision"]), "2008-04-30 month")
	answer := under(advice, "recommendations", "responses")[0]
	is("the answer", fmt.Sprint(answer["agency"], " ", answer["stage"], " ", answer["first_answered_on"]), "Morocco accepted <nil>")
}

// excerpt is the first records of a register, and those that hold a word, in the
// format, encoding and line ends of the whole.
func excerpt(t *testing.T, file string, data []byte, mapping string, first int, word string) string {
	if filepath.Ext(file) == ".xlsx" {
		return workbook(t, data, mapping, first)
	}
	if filepath.Ext(file) == ".gz" {
		z, err := gzip.NewReader(bytes.NewReader(data))
		must(t, err)
		data, err = io.ReadAll(z)
		must(t, err)
	}
	out := &strings.Builder{}
	for i, line := range splitRecords(data) {
		if i <= first || word != "" && strings.Contains(line, word) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// splitRecords splits a CSV file after the line ends that aren't quoted.
func splitRecords(data []byte) []string {
	end := byte('\n')
	if !slices.Contains(data, end) {
		end = '\r'
	}
	var out []string
	quoted, from := false, 0
	for i, b := range data {
		if b == '"' {
			quoted = !quoted
		}
		if b == end && !quoted {
			out = append(out, string(data[from:i+1]))
			from = i + 1
		}
	}
	return append(out, string(data[from:]))
}

// workbook holds the first rows of the worksheet that a mapping reads.
func workbook(t *testing.T, data []byte, mapping string, first int) string {
	m, err := sheet.ParseMapping([]byte(mapping), nil)
	must(t, err)
	in, err := sheet.Open(bytes.NewReader(data), "register", m.Source, sheet.Limits{})
	must(t, err)
	out := &bytes.Buffer{}
	must(t, sheet.WriteXLSX(out, m.Source.Sheet, in.Header(), func(yield func([]any, error) bool) {
		n := 0
		for row, err := range in.Rows() {
			if n++; n > first || !yield(cells(row, len(in.Header())), err) {
				return
			}
		}
	}))
	return out.String()
}

func cells(row sheet.Row, width int) []any {
	out := make([]any, width)
	for i := range out {
		switch c := row.Cell(i); {
		case c.Kind == sheet.NumberCell:
			out[i] = sheet.Decimal(c.Text)
		case c.Text != "":
			out[i] = c.Text
		}
	}
	return out
}
