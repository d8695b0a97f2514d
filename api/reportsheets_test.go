package api_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/xuri/excelize/v2"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

const (
	reportSheet   = "/v1/report-sheet"
	workbookMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

func init() {
	openapi3filter.RegisterBodyDecoder(workbookMedia, openapi3filter.FileBodyDecoder)
	walk["downloadReportSheet"] = func(w *world, by *client) call {
		org := w.orgOf(by)
		w.seedIndicator(w.seedCommitment(org, promise(), domain.CommitmentActive))
		return call{path: reportSheet + "?organization_id=" + string(org)}
	}
	walk["uploadReportSheet"] = func(w *world, by *client) call {
		org := string(w.orgOf(by))
		return call{path: reportSheet, send: func(c *client) *result {
			return c.sendSheet([]byte("Commitment,From,Until,Progress\nX,2026-01-01,2026-01-31,\n"), "organization_id", org)
		}}
	}
}

// sendSheet uploads a report sheet.
func (c *client) sendSheet(file []byte, more ...string) *result {
	c.w.Helper()
	b := &bytes.Buffer{}
	form := multipart.NewWriter(b)
	for i := 0; i+1 < len(more); i += 2 {
		must(c.w, form.WriteField(more[i], more[i+1]))
	}
	part, err := form.CreateFormFile("file", "sheet")
	must(c.w, err)
	_, err = part.Write(file)
	must(c.w, err)
	must(c.w, form.Close())
	return c.post(reportSheet, b.String(), "Content-Type", form.FormDataContentType())
}

// awaited is a commitment on which nothing was reported yet, with what measures it.
type awaited struct {
	partner   *client
	of        *domain.Commitment
	indicator *domain.Indicator
	milestone *domain.Milestone
}

func (w *world) awaited() awaited {
	w.Helper()
	o := w.approvedOrganization()
	a := awaited{partner: w.another(domain.Partner, o.ID, ""), of: w.seedCommitment(o.ID, promise(), domain.CommitmentActive)}
	a.indicator, a.milestone = w.seedIndicator(a.of), w.seedMilestone(a.of, "2026-02-28")
	return a
}

// rows are a report sheet's, each by the heads of its columns.
func (w *world) rows(file []byte, format string) (header []string, rows []map[string]string) {
	w.Helper()
	s, err := sheet.Open(bytes.NewReader(file), "sheet", sheet.Source{Format: format}, sheet.Limits{})
	must(w, err)
	for r, err := range s.Rows() {
		must(w, err)
		row := map[string]string{}
		for i, head := range s.Header() {
			row[head] = r.Cell(i).Text
		}
		rows = append(rows, row)
	}
	return s.Header(), rows
}

// written are the rows as a file again.
func (w *world) written(format string, header []string, rows []map[string]string) []byte {
	w.Helper()
	b := &bytes.Buffer{}
	each := func(yield func([]any, error) bool) {
		for _, r := range rows {
			cells := make([]any, len(header))
			for i, head := range header {
				cells[i] = r[head]
			}
			if !yield(cells, nil) {
				return
			}
		}
	}
	if format == "csv" {
		must(w, sheet.WriteCSV(b, header, each))
	} else {
		must(w, sheet.WriteXLSX(b, "Report", header, each))
	}
	return b.Bytes()
}

// became is what became of each report, in a word each.
func became(r *result) string {
	r.w.Helper()
	var out openapi.ReportSheetResult
	r.into(&out)
	var words []string
	for _, p := range out.Reports {
		words = append(words, fmt.Sprintf("%s %s %v", p.Outcome, p.Stage, p.Rows))
	}
	return strings.Join(words, ", ")
}

// reportOf is the one report that was made of a sheet.
func (c *client) reportOf(r *result) (v openapi.ProgressReport) {
	c.w.Helper()
	var out openapi.ReportSheetResult
	r.into(&out)
	if len(out.Reports) != 1 {
		c.w.Fatalf("made %s", r.Body)
	}
	c.get("/v1/progress_reports/" + out.Reports[0].ID).want(200).into(&v)
	return v
}

// wrongAt are the cells that a refusal names.
func wrongAt(r *result) []string {
	r.w.Helper()
	var p openapi.Problem
	r.into(&p)
	var out []string
	for _, f := range p.Errors {
		out = append(out, strings.TrimPrefix(f.Pointer, "/file/"))
	}
	return out
}

func TestAReportSheetIsFilledInAndSentBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, format := range []string{"csv", "xlsx"} {
			a := w.awaited()
			first := a.partner.get(reportSheet + "?format=" + format).want(200)
			if again := a.partner.get(reportSheet + "?format=" + format); again.tag() != first.tag() {
				t.Errorf("%s: the same sheet is another file", format)
			}
			header, rows := w.rows(first.Body, format)
			if len(rows) != 2 || rows[0]["Unit"] != "agencies" || rows[0]["Target"] != "41" || rows[1]["Indicator or milestone"] != "Half of the agencies" || rows[1]["Value"] != "" {
				t.Fatalf("%s: %v", format, rows)
			}
			rows[0]["What was done"], rows[0]["Value"] = "=Audits began; a second line\nand @third.", "11.50"
			rows[1]["Evidence"] = "21 reports."
			file := w.written(format, header, rows)

			w.writesNothing("a dry run", func() {
				if got := became(a.partner.sendSheet(file, "dry_run", "true", "submit", "true").want(200)); got != "created submitted [2 3]" {
					t.Errorf("%s, dry run: %s", format, got)
				}
			})
			made := a.partner.sendSheet(file).want(200)
			if got := became(made); got != "created draft [2 3]" {
				t.Errorf("%s: %s", format, got)
			}
			got := a.partner.reportOf(made)
			if got.Narrative != rows[0]["What was done"] || got.Period.From != "2026-03-02" || got.Figures[0].Value != "11.50" || got.Milestones[0].Evidence != "21 reports." {
				t.Errorf("%s: the report is %v", format, got)
			}
			w.writesNothing("the same once more", func() {
				if got := became(a.partner.sendSheet(file).want(200)); got != "unchanged draft [2 3]" {
					t.Errorf("%s, again: %s", format, got)
				}
			})
			rows[0]["Value"] = "12"
			file = w.written(format, header, rows)
			if got := became(a.partner.sendSheet(file, "submit", "true").want(200)); got != "changed submitted [2 3]" {
				t.Errorf("%s, corrected: %s", format, got)
			}
			if got := a.partner.get("/v1/milestones/" + string(a.milestone.ID)); got.str("stage") != "reported" {
				t.Errorf("%s: the milestone is %s", format, got.Body)
			}
			trail := w.as(domain.Auditor).get("/v1/audit?record_id=" + got.ID).want(200).column("event")
			slices.Sort(trail)
			if fmt.Sprint(trail) != "[progress_report.created progress_report.edited progress_report.submitted]" {
				t.Errorf("%s: the trail tells %v", format, trail)
			}
			w.writesNothing("what was handed in", func() {
				if got := became(a.partner.sendSheet(file, "submit", "true").want(200)); got != "unchanged submitted [2 3]" {
					t.Errorf("%s, replayed: %s", format, got)
				}
				rows[0]["Value"] = "13"
				a.partner.sendSheet(w.written(format, header, rows)).want(422)
			})
			if _, rows := w.rows(a.partner.get(reportSheet+"?format="+format).want(200).Body, format); len(rows) != 0 {
				t.Errorf("%s: there is still to report %v", format, rows)
			}
		}
	})
}

// TestAReportSheetGoesOnWithWhatWasBegun takes the sheet of a report that is half
// written: it says all of that, and sent back as it is changes nothing.
func TestAReportSheetGoesOnWithWhatWasBegun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		w.exec(`UPDATE indicators SET disaggregation = '["country"]' WHERE id = '` + string(a.indicator.ID) + "'")
		sheets := "Commitment id,From,Until,Progress,Indicator id,Value,Dimension,Category,Milestone id,Reason\n"
		of := string(a.of.ID) + ",2026-03-05,2026-03-28,"
		begun := sheets + of + "\"=Audits began.\nMore follow.\"," + string(a.indicator.ID) + ",11.50,,,,\n" +
			of + "," + string(a.indicator.ID) + ",8,country,MY,,\n" + of + "," + string(a.indicator.ID) + ",3.50,country,TH,,\n" +
			of + ",,,,," + string(a.milestone.ID) + ",The auditor fell ill.\n"
		a.partner.sendSheet([]byte(begun)).want(200)
		for _, format := range []string{"csv", "xlsx"} {
			file := a.partner.get(reportSheet + "?format=" + format).want(200).Body
			_, rows := w.rows(file, format)
			told := ""
			for _, r := range rows {
				told += fmt.Sprintln(r["Period from"], r["Broken down by"], r["Category"], r["Value"], r["Why there is none"])
			}
			w.writesNothing("what was begun", func() {
				if got := became(a.partner.sendSheet(file).want(200)); got != "unchanged draft [2 3 4 5]" {
					t.Errorf("%s: %s of\n%s", format, got, told)
				}
			})
		}
		// What a colleague has begun is the colleague's.
		colleague := w.another(domain.Partner, a.of.Organization, "")
		if _, rows := w.rows(colleague.get(reportSheet+"?format=csv").want(200).Body, "csv"); len(rows) != 2 || rows[0]["What was done"] != "" || rows[0]["Value"] != "" {
			t.Errorf("to a colleague: %v", rows)
		}
	})
}

func TestAnOrganizationsOwnSheetIsReadByItsColumns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		own := "Commitment;Start;End;Progress;Indicator;Milestone;Actual;Evidence;Color\n" +
			"audit every  RECRUITMENT agency;1.1.2026;28/02/2026;Audits began.;Agencies audited;;11,5;;red\n" +
			"Audit every recruitment agency;1.1.2026;28/02/2026;;;Half of the agencies;;21 reports.;\n" +
			"Another of ours;;;;;;;;blue\n"
		r := a.partner.sendSheet([]byte(own), "submit", "true").want(200)
		if became(r) != "created submitted [2 3]" || fmt.Sprint(r.at("unread_columns")) != "[Color]" || fmt.Sprint(r.at("blank_rows")) != "1" {
			t.Errorf("by the columns' names: %s", r.Body)
		}
		if got := a.partner.reportOf(r); got.Figures[0].Value != "11.5" || got.Period.Until != "2026-02-28" {
			t.Errorf("the report is %v", got)
		}

		b := w.awaited()
		mapping := `{entity: progress_report, format: csv, encoding: windows-1252, delimiter: "|", header_row: 0, key: row, fields: {
			commitment: {type: text, value: Audit every recruitment agency}, item: {type: text, column: "#A"}, value: {type: text, column: "#B"},
			narrative: {type: text, column: "#C"}, period_from: {type: date, value: "2026-01-01", date_format: YYYY-MM-DD},
			period_until: {type: date, value: "2026-02-28", date_format: YYYY-MM-DD}}}`
		r = b.partner.sendSheet([]byte("Agencies audited|7|Caf\xe9 visits\n"), "mapping", mapping).want(200)
		if got := b.partner.reportOf(r); got.Narrative != "Café visits" || got.Figures[0].Value != "7" {
			t.Errorf("by a mapping: %v", got)
		}
		b.partner.sendSheet([]byte("x"), "mapping", "entity: organization").want(422).fault("/mapping", "invalid")
	})
}

func TestEachFaultOfAReportSheetNamesItsCell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		closed := w.seedCommitment(a.of.Organization, promise(), domain.CommitmentWithdrawn)
		const head = "Commitment id,From,Until,Progress,Indicator id,Indicator,Value,Evidence,Reason,Dimension,Category,Corrects report\n"
		id, i, m := string(a.of.ID), string(a.indicator.ID), string(a.milestone.ID)
		row := func(cells ...string) string {
			return strings.Join(append(cells, make([]string, 12-len(cells))...), ",") + "\n"
		}
		const from, until = "2026-01-01", "2026-02-28"
		for name, c := range map[string]struct{ rows, at string }{
			"an unknown commitment":     {row("00000000-0000-4000-8000-000000000000", from, until, "x"), "A2"},
			"no commitment":             {row("", from, until, "x"), "A2"},
			"an ended one":              {row(string(closed.ID), from, until, "x"), "A2"},
			"an ambiguous date":         {row(id, "03/04/2026", until, "x"), "B2"},
			"no date":                   {row(id, "soon", until, "x"), "B2"},
			"a missing date":            {row(id, from, "", "x"), "C2"},
			"a period that ends first":  {row(id, until, from, "x"), "C2"},
			"a period that isn't over":  {row(id, from, "2026-12-31", "x", i, "", "1") + row(id, from, "2026-12-31", "", m, "", "", "x"), "C2"},
			"no narrative":              {row(id, from, until, "", i, "", "1") + row(id, from, until, "", m, "", "", "x"), "D2"},
			"two narratives":            {row(id, from, until, "x", i, "", "1") + row(id, from, until, "y", m, "", "", "x"), "D3"},
			"an unknown indicator":      {row(id, from, until, "x", id, "", "1"), "E2"},
			"an unknown title":          {row(id, from, until, "x", "", "Trees", "1"), "F2"},
			"a value of nothing":        {row(id, from, until, "x", "", "", "1"), "G2"},
			"a value that is no number": {row(id, from, until, "x", i, "", "many"), "G2"},
			"a value of two readings":   {row(id, from, until, "x", i, "", `"1,234"`), "G2"},
			"a formula":                 {row(id, from, until, "x", i, "", "=1+1"), "G2"},
			"too long a value":          {row(id, from, until, "x", i, "", strings.Repeat("9", 19)), "G2"},
			"a value of a milestone":    {row(id, from, until, "x", m, "", "1"), "G2"},
			"evidence of an indicator":  {row(id, from, until, "x", i, "", "1", "y"), "H2"},
			"an indicator twice":        {row(id, from, until, "x", i, "", "1") + row(id, from, until, "", i, "", "2"), "G3"},
			"an unknown dimension":      {row(id, from, until, "x", i, "", "1") + row(id, from, until, "", i, "", "1", "", "", "country", "MY"), "J3"},
			"a blank indicator":         {row(id, from, until, "", i) + row(id, from, until, "x", m, "", "", "y"), "G2"},
			"an overdue milestone":      {row(id, from, until, "x", i, "", "1") + row(id, from, until, "", m), "H3"},
			"a report that isn't there": {row(id, from, until, "x", i, "", "1", "", "", "", "", id) + row(id, from, until, "", m, "", "", "x"), "L2"},
			"the same days twice":       {row(id, from, until, "x", i, "", "1") + row(id, from, "2026-01-31", "y"), "B3"},
		} {
			w.writesNothing(name, func() {
				r := a.partner.sendSheet([]byte(head+c.rows), "submit", "true").want(422)
				if got := wrongAt(r); !slices.Contains(got, c.at) || len(got) > 1 && name != "the same days twice" {
					t.Errorf("%s: wrong at %v, want %s: %s", name, got, c.at, r.Body)
				}
			})
		}
	})
}

func TestAReportSheetIsKeptWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		other := w.seedCommitment(a.of.Organization, promise(), domain.CommitmentActive)
		head := "Commitment id,From,Until,Progress\n"
		good := string(a.of.ID) + ",2026-01-01,2026-02-28,Audits began.\n"
		w.writesNothing("half of a sheet", func() {
			r := a.partner.sendSheet([]byte(head + good + string(other.ID) + ",2026-01-01,2026-02-30,Too late.\n")).want(422)
			if got := wrongAt(r); fmt.Sprint(got) != "[C3]" {
				t.Errorf("wrong at %v", got)
			}
		})
		if got := became(a.partner.sendSheet([]byte(head + good)).want(200)); got != "created draft [2]" {
			t.Errorf("put right: %s", got)
		}

		// What a colleague wrote is not overwritten, and what was handed in not told twice.
		colleague := w.another(domain.Partner, a.of.Organization, "")
		w.writesNothing("a colleague's draft", func() {
			colleague.sendSheet([]byte(strings.Replace(head+good, "began", "ended", 1))).want(422)
		})
		w.exec("UPDATE progress_reports SET stage = 'submitted', submitted_on = '2026-03-01' WHERE commitment = '" + string(a.of.ID) + "'")
		w.writesNothing("days that were reported", func() {
			r := a.partner.sendSheet([]byte(head + string(a.of.ID) + ",2026-02-01,2026-03-01,More.\n")).want(422)
			if got := wrongAt(r); fmt.Sprint(got) != "[B2]" {
				t.Errorf("wrong at %v", got)
			}
		})
	})
}

func TestAReportSheetIsForWhoMayReport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, other := w.awaited(), w.awaited()
		named := func(id string) []byte {
			return []byte("Commitment id,From,Until,Progress\n" + id + ",2026-01-01,2026-02-28,x\n")
		}
		// Another's commitment is as one that isn't there, whoever is said to report.
		unknown := a.partner.sendSheet(named("00000000-0000-4000-8000-000000000000")).want(422)
		for _, org := range []domain.OrganizationID{a.of.Organization, other.of.Organization} {
			r := a.partner.sendSheet(named(string(other.of.ID)), "organization_id", string(org)).want(422)
			if withoutRequestID(r) != withoutRequestID(unknown) {
				t.Errorf("another's: %s\nnone: %s", r.Body, unknown.Body)
			}
		}
		if _, rows := w.rows(a.partner.get(reportSheet+"?format=csv&organization_id="+string(other.of.Organization)).want(200).Body, "csv"); len(rows) != 0 {
			t.Errorf("another's sheet has %v", rows)
		}

		// The office records for whom it names.
		staff := w.as(domain.Staff)
		staff.get(reportSheet).want(400).fault("organization_id", "required")
		staff.sendSheet(named(string(a.of.ID))).want(422).fault("/organization_id", "required")
		staff.sendSheet(named(string(a.of.ID)), "organization_id", string(a.of.Organization)).want(200)

		// Reporting in other hands is not in these.
		lead := w.another(domain.Partner, other.of.Organization, "")
		staff.move("/v1/commitments/"+string(other.of.ID), "hand_over", map[string]any{"lead_id": lead.actor.Account, "delegate_ids": []any{}}).want(200)
		other.partner.sendSheet(named(string(other.of.ID))).want(422).fault("/file/A2", "invalid")
		for who, n := range map[*client]int{other.partner: 0, lead: 2} {
			if _, rows := w.rows(who.get(reportSheet+"?format=csv").want(200).Body, "csv"); len(rows) != n {
				t.Errorf("%v to report, want %d", rows, n)
			}
		}
		lead.sendSheet(named(string(other.of.ID))).want(200)
	})
}

func TestAReportSheetThatCannotBeReadIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		workbook := a.partner.get(reportSheet).want(200).Body
		head := "Commitment id,From,Until,Progress\n"
		w.writesNothing("what can't be read", func() {
			a.partner.sendSheet(bytes.Repeat([]byte("x"), 5<<20)).want(413)
			a.partner.sendSheet(bomb(w, workbook)).want(413)
			a.partner.sendSheet([]byte(head + strings.Repeat("x,,,\n", 5_001))).want(413)
			a.partner.sendSheet([]byte(head+"x,,,caf\xe9\n")).want(422).fault("/file", "unreadable")
			a.partner.sendSheet(workbook[:len(workbook)/2]).want(422).fault("/file", "unreadable")
			a.partner.sendSheet(nil).want(422).fault("/file", "unreadable")
			a.partner.sendSheet([]byte("a,b\n1,2\n")).want(422).fault("/file", "missing_column")
			a.partner.sendSheet([]byte("Commitment,From,Start,Until,Progress\n")).want(422).fault("/file", "duplicate_column")
			a.partner.sendSheet([]byte(head), "submit", "perhaps").want(422).fault("/submit", "invalid")
			a.partner.sendSheet([]byte(head), "colour", "red").want(422).fault("/colour", "unknown_field")
			a.partner.sendSheet([]byte(head), "submit", "true", "submit", "true").want(400)
			a.partner.post(reportSheet, "{}").want(415)
		})
		if got := wrongAt(a.partner.sendSheet([]byte(head + strings.Repeat("x,2026-01-01,2026-01-31,y\n", 300))).want(422)); len(got) != 201 {
			t.Errorf("%d faults are told at once", len(got))
		}
		// A formula counts as what it came to last, if that is known.
		f, err := excelize.OpenReader(bytes.NewReader(workbook))
		must(t, err)
		must(t, f.SetCellStr("Report", "F2", "Audits began."))
		must(t, f.SetCellFormula("Report", "Q2", "1+1"))
		b := &bytes.Buffer{}
		must(t, f.Write(b))
		a.partner.sendSheet(b.Bytes()).want(422).fault("/file/Q2", "invalid")
	})
}

// bomb is a workbook whose sheet unpacks to far more than it is.
func bomb(w *world, workbook []byte) []byte {
	w.Helper()
	from, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	must(w, err)
	b := &bytes.Buffer{}
	to := zip.NewWriter(b)
	for _, f := range from.File {
		part, err := to.Create(f.Name)
		must(w, err)
		r, err := f.Open()
		must(w, err)
		content, err := io.ReadAll(r)
		must(w, err)
		if strings.HasSuffix(f.Name, "sheet1.xml") {
			content = bytes.Replace(content, []byte("<sheetData>"), append([]byte("<sheetData>"), bytes.Repeat([]byte(" "), 17<<20)...), 1)
		}
		_, err = part.Write(content)
		must(w, err)
	}
	must(w, to.Close())
	return b.Bytes()
}

func TestASheetOfNoOrganizationIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		const absent = "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"
		staff.get(reportSheet + "?organization_id=" + absent).told(404)
		staff.sendSheet([]byte("Commitment id\n"), "organization_id", absent).pointed(422).fault("/organization_id", "not_found")
		staff.get(reportSheet + "?organization_id=" + string(w.approvedOrganization().ID)).want(200)
		// Who reports for one is told nothing of others: neither that they are there nor that not.
		partner := w.another(domain.PartnerAdmin, w.approvedOrganization().ID, "")
		none, unseen := partner.get(reportSheet+"?format=csv&organization_id="+absent).want(200), partner.get(reportSheet+"?format=csv&organization_id="+string(w.approvedOrganization().ID)).want(200)
		if string(none.Body) != string(unseen.Body) {
			t.Errorf("absent %s, unseen %s", none.Body, unseen.Body)
		}
	})
}

func TestASheetInLatin1IsToldHowToBeSaved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		partner := w.another(domain.PartnerAdmin, w.approvedOrganization().ID, "")
		got := partner.sendSheet([]byte("Commitment id,R\xe9sum\xe9\n")).pointed(422).fault("/file", "unreadable")
		if detail := got.faults()["/file"][0].Detail; !strings.Contains(detail, "save the file as UTF-8") {
			t.Errorf("%s", detail)
		}
	})
}
