package api

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
	"accord/repository"
)

// maxReportSheet is the largest report sheet that is taken.
const maxReportSheet = 4 << 20

// reportSheetLimits bound what reading one may cost.
var reportSheetLimits = sheet.Limits{Bytes: 16 << 20, Rows: 5_000, Columns: 200}

// reportColumn is a column of a report sheet.
type reportColumn struct {
	head string
	// field is what it fills; empty for one that only tells.
	field string
	// alike are other names by which the field is known in a sheet of an
	// organization's own.
	alike []string
}

var reportColumns = []reportColumn{
	{"Commitment id", "commitment_id", nil},
	{"Commitment", "commitment", []string{"Commitment title", "Promise"}},
	{"Report due", "", nil},
	{"Period from", "period_from", []string{"From", "Start", "Start date", "Period start", "Reporting period from"}},
	{"Period until", "period_until", []string{"Until", "To", "End", "End date", "Period end", "Period to", "Reporting period until", "Reporting period to"}},
	{"What was done", "narrative", []string{"Narrative", "Progress", "Summary"}},
	{"Indicator or milestone id", "item_id", []string{"Indicator id", "Milestone id"}},
	{"Indicator or milestone", "item", []string{"Indicator", "Milestone"}},
	{"Kind", "", nil},
	{"Unit", "", nil},
	{"Baseline", "", nil},
	{"Target", "", nil},
	{"Last reported", "", nil},
	{"Due", "", nil},
	{"Broken down by", "dimension", []string{"Dimension", "Disaggregation"}},
	{"Category", "category", nil},
	{"Value", "value", []string{"Figure", "Actual", "Result", "Reported value"}},
	{"Evidence", "evidence", nil},
	{"Evidence address", "evidence_url", []string{"Evidence URL", "Evidence link"}},
	{"Why there is none", "reason", []string{"Reason", "Why not", "Reason for omission"}},
	{"Corrects report", "supersedes_id", []string{"Supersedes", "Supersedes id"}},
}

// reportHeader is what stands above a report sheet.
func reportHeader() []string {
	out := make([]string, len(reportColumns))
	for i, col := range reportColumns {
		out[i] = col.head
	}
	return out
}

// reportingFor is the organization that is reported for. Who belongs to none says
// for which.
func reportingFor(by domain.Actor, named string, missing domain.Error) (domain.OrganizationID, error) {
	switch {
	case named != "":
		return domain.OrganizationID(named), nil
	case by.Organization != "":
		return by.Organization, nil
	}
	return "", &missing
}

// DownloadReportSheet answers with what an organization has to report on.
func (s *Server) DownloadReportSheet(c echo.Context, p openapi.DownloadReportSheetParams) error {
	org, err := reportingFor(actor(c), p.OrganizationID, domain.Error{Kind: domain.Malformed, Detail: "say whose sheet it is", Faults: domain.Faults{
		{Parameter: "organization_id", Code: "required", Detail: "is required of who belongs to no organization"}}})
	if err != nil {
		return err
	}
	if actor(c).Organization == "" { // who has one has nothing to report for another, whichever that is
		if _, err := s.as(c).Organizations.Get(ctx(c), org); err != nil {
			return err
		}
	}
	all, err := s.as(c).Commitments.OfOrganization(ctx(c), org)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, v := range all {
		period, open := v.Unreported(s.today())
		if !open || v.Reportable(actor(c)) != nil {
			continue
		}
		begun := &domain.ProgressReport{Period: period}
		if id := v.Begun(actor(c), period); id != "" {
			if begun, err = s.as(c).ProgressReports.Get(ctx(c), id); err != nil {
				return err
			}
		}
		rows = append(rows, rowsToReport(v, begun)...)
	}
	body := &bytes.Buffer{}
	each := func(yield func([]any, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
	kind, name := "text/csv; charset=utf-8", "report-sheet.csv"
	if p.Format == "csv" {
		err = sheet.WriteCSV(body, reportHeader(), each)
	} else {
		kind, name = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "report-sheet.xlsx"
		err = sheet.WriteXLSX(body, "Report", reportHeader(), each)
	}
	if err == nil && len(rows) > 0 {
		err = s.as(c).Disclose(ctx(c), domain.ReadReportSheet, "organizations", string(org))
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return answerBody(c, http.StatusOK, kind, body.Bytes())
}

// rowsToReport are the rows of one commitment, at least one, with what a report that
// was begun says already; the rest that is to be filled in is blank.
func rowsToReport(v *domain.Commitment, begun *domain.ProgressReport) [][]any {
	about := map[string]any{
		"Commitment id": string(v.ID), "Commitment": legible(v.Title), "Report due": dateCell(string(v.ReportDue())),
		"Period from": dateCell(string(begun.Period.From)), "Period until": dateCell(string(begun.Period.Until)),
		"What was done": textCell(begun.Narrative),
	}
	var rows [][]any
	add := func(item map[string]any) {
		row := make([]any, len(reportColumns))
		for i, col := range reportColumns {
			row[i] = about[col.head]
			if cell, ok := item[col.head]; ok {
				row[i] = cell
			}
		}
		rows = append(rows, row)
		delete(about, "What was done") // once is enough
	}
	for _, i := range v.Plan.Indicators {
		target, _ := i.TargetOf(begun.Period.Until)
		figure, why := begun.OfIndicator(i.ID)
		which := map[string]any{
			"Kind": "indicator", "Indicator or milestone id": string(i.ID), "Indicator or milestone": legible(i.Title), "Unit": legible(i.Unit),
		}
		of := maps.Clone(which)
		maps.Copy(of, map[string]any{
			"Baseline": decimalCell(i.Baseline.Value), "Target": decimalCell(target.Value), "Last reported": decimalCell(v.Plan.LastFigure(i.ID)),
			"Due": dateCell(string(target.Until)), "Value": decimalCell(figure.Value), "Why there is none": textCell(why),
		})
		add(of)
		for _, p := range figure.Parts {
			part := maps.Clone(which)
			maps.Copy(part, map[string]any{"Broken down by": textCell(p.Dimension), "Category": textCell(p.Category), "Value": decimalCell(p.Value)})
			add(part)
		}
	}
	for _, m := range v.Plan.Milestones {
		if m.Outstanding() {
			delivery, why := begun.OfMilestone(m.ID)
			add(map[string]any{
				"Kind": "milestone", "Indicator or milestone id": string(m.ID), "Indicator or milestone": legible(m.Title), "Due": dateCell(string(m.DueOn)),
				"Evidence": textCell(delivery.Evidence), "Evidence address": textCell(delivery.EvidenceURL), "Why there is none": textCell(why),
			})
		}
	}
	if rows == nil {
		add(nil)
	}
	return rows
}

// decimalCell is a cell with a number, or a blank one.
func decimalCell(d domain.Decimal) any {
	if d == "" {
		return nil
	}
	return sheet.Decimal(d)
}

// textCell is a cell with what somebody wrote, in its lines, or a blank one.
func textCell(s string) any {
	if s == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = legible(strings.TrimSuffix(lines[i], "\r"))
	}
	return strings.Join(lines, "\n")
}

// legible leaves out the control characters that no spreadsheet holds.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return ' '
		}
		return r
	}, s)
}

// UploadReportSheet makes the reports that a sheet tells of: all, or none.
func (s *Server) UploadReportSheet(c echo.Context) error {
	up, err := readReportUpload(c)
	if err != nil {
		return err
	}
	if err := s.naming(c, []idAt{{"/organization_id", string(up.organization)}}); err != nil {
		return err
	}
	if actor(c).Organization == "" {
		if _, err := s.as(c).Organizations.Get(ctx(c), up.organization); err != nil {
			return named404(err, "/organization_id", "organization")
		}
	}
	rows, unread, err := up.read()
	if err != nil {
		return err
	}
	out := openapi.ReportSheetResult{DryRun: up.dryRun, Reports: []openapi.SheetReport{}, UnreadColumns: orEmpty(unread)}
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		b, err := s.bookReports(c, tx, up, rows)
		if err != nil {
			return err
		}
		out.BlankRows = b.blank
		for _, r := range b.reports {
			if err := s.keeps(c, r, up.submit); err != nil {
				return err
			}
			if !up.dryRun {
				if err := s.keepReport(c, tx, r, up.submit); err != nil {
					return err
				}
			}
			out.Reports = append(out.Reports, sheetReportJSON(r))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, out)
}

func readReportUpload(c echo.Context) (*reportUpload, error) {
	up := &reportUpload{}
	var named string
	var err error
	up.name, up.file, err = readForm(c, maxReportSheet, map[string]*string{"organization_id": &named, "mapping": &up.mapping},
		map[string]*bool{"dry_run": &up.dryRun, "submit": &up.submit}, "file")
	if err != nil {
		return nil, err
	}
	up.organization, err = reportingFor(actor(c), named, domain.Error{Kind: domain.Invalid, Detail: "say whose sheet it is", Faults: domain.Faults{
		{Pointer: "/organization_id", Code: "required", Detail: "is required of who belongs to no organization"}}})
	return up, err
}

// bookReports works out everything that the sheet tells, before any of it is kept.
func (s *Server) bookReports(c echo.Context, tx *repository.Session, up *reportUpload, rows []sheet.Record) (*reportBook, error) {
	// Two that send the same sheet at once would each make its reports.
	if err := tx.Alone(ctx(c), "report sheet of "+string(up.organization)); err != nil {
		return nil, err
	}
	all, err := tx.Commitments.OfOrganization(ctx(c), up.organization)
	if err != nil {
		return nil, err
	}
	b := newReportBook(actor(c), all, up.commas, rows)
	for _, r := range b.reports {
		if err := s.workOut(c, tx, b, r, up.submit); err != nil {
			return nil, err
		}
	}
	return b, b.err()
}

// workOut finds what becomes of a report, on copies that are not kept, and notes
// in the book what is wrong with it.
func (s *Server) workOut(c echo.Context, tx *repository.Session, b *reportBook, r *bookedReport, submit bool) error {
	if r.broken {
		return nil
	}
	if err := within(r.in); err != nil {
		return b.refuse(r, err)
	}
	r.draft = progressReportDraft(r.in)
	id, err := r.of.Resumed(r.draft)
	if err != nil {
		return b.refuse(r, err)
	}
	if id == "" {
		r.outcome = "created"
		r.report, err = domain.NewProgressReport(b.by, r.of, r.draft)
	} else {
		err = s.resend(c, tx, b, r, id)
	}
	if err != nil {
		return b.refuse(r, err)
	}
	if !submit || !r.report.Stage.Is(domain.ProgressReportDrafted) {
		r.stage = r.report.Stage.String()
		return nil
	}
	tried := *r.report
	if err := tried.Submit(b.by, r.of, s.today()); err != nil {
		return b.refuse(r, err)
	}
	r.stage = tried.Stage.String()
	return nil
}

// resend finds what a sheet that was sent once more changes of a report.
func (s *Server) resend(c echo.Context, tx *repository.Session, b *reportBook, r *bookedReport, id domain.ProgressReportID) (err error) {
	if r.report, err = tx.ProgressReports.Get(ctx(c), id); err != nil {
		return err
	}
	r.was, r.outcome = r.report.Version, "unchanged"
	changed, err := r.report.Resend(b.by, r.of, r.draft)
	if changed {
		r.outcome = "changed"
	}
	return err
}

// keeps refuses who may not do all that becomes of a report, such as a key that
// only drafts. A dry run says so, too.
func (s *Server) keeps(c echo.Context, r *bookedReport, submit bool) error {
	var takes []domain.Action
	if r.outcome == "changed" {
		takes = append(takes, domain.EditProgressReport)
	}
	if submit && r.report.Stage.Is(domain.ProgressReportDrafted) {
		takes = append(takes, domain.SubmitProgressReport)
		if len(r.draft.Deliveries) > 0 {
			takes = append(takes, domain.ReportMilestone)
		}
	}
	for _, act := range takes {
		if err := s.permitted(c, act); err != nil {
			return err
		}
	}
	return nil
}

// keepReport makes or changes a report as a single one would be, and submits it
// if so asked.
func (s *Server) keepReport(c echo.Context, tx *repository.Session, r *bookedReport, submit bool) error {
	as := func(v *domain.ProgressReport) error {
		if r.was != 0 && v.Version != r.was {
			return domain.Refuse(domain.Conflict, "a draft was changed meanwhile; send the sheet again")
		}
		return nil
	}
	var err error
	switch r.outcome {
	case "created":
		err = tx.ProgressReports.Create(ctx(c), domain.CreateProgressReport, r.report)
	case "changed":
		r.report, err = tx.ProgressReports.Update(ctx(c), domain.EditProgressReport, r.report.ID, as, func(_ *repository.Session, v *domain.ProgressReport) error {
			_, err := v.Resend(actor(c), r.of, r.draft)
			return err
		})
		r.was = 0
	}
	if err != nil || !submit || !r.report.Stage.Is(domain.ProgressReportDrafted) {
		return err
	}
	r.report, err = tx.ProgressReports.Update(ctx(c), domain.SubmitProgressReport, r.report.ID, as, func(tx *repository.Session, v *domain.ProgressReport) error {
		return s.submitReport(c, tx, v)
	})
	return err
}

func sheetReportJSON(r *bookedReport) openapi.SheetReport {
	return openapi.SheetReport{
		ID: string(r.report.ID), CommitmentID: string(r.of.ID), Period: r.in.Period, Rows: r.rows, Outcome: r.outcome, Stage: r.stage,
		Figures: len(r.in.Figures), Milestones: len(r.in.Milestones), Omissions: len(r.in.Omissions),
	}
}

// maxFaults is how many faults of a sheet are told at once.
const maxFaults = 200

// err is what is wrong with the whole sheet, cell by cell.
func (b *reportBook) err() error {
	f := b.faults
	slices.SortStableFunc(f, func(a, b cellFault) int { return cmp.Or(a.row-b.row, strings.Compare(a.Pointer, b.Pointer)) })
	out := make(domain.Faults, 0, len(f))
	for _, x := range f {
		out = append(out, x.Fault)
	}
	if more := len(out) - maxFaults; more > 0 {
		out = out[:maxFaults]
		out.Add("/file", "more", "and %s; put these right first", plural(more, "further fault"))
	}
	return out.Err()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
