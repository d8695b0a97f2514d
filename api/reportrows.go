package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

// reportFields are what a mapping of a report sheet may fill: a record is a row.
// A value is text, so that a decimal comma can be told from a separator.
var reportFields = func() map[string]sheet.Type {
	out := map[string]sheet.Type{}
	for _, col := range reportColumns {
		if col.field != "" {
			out[col.field] = sheet.TextType
		}
	}
	out["period_from"], out["period_until"] = sheet.DateType, sheet.DateType
	return out
}()

// reportDates are the ways in which a date may be written where no mapping says
// how. One that two of them read differently is refused.
var reportDates = []string{"YYYY-MM-DD", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY"}

// reportUpload is a report sheet as it was sent.
type reportUpload struct {
	organization   domain.OrganizationID
	mapping, name  string
	file           []byte
	dryRun, submit bool
	// commas says that its numbers may have decimal commas: a semicolon stands
	// between its cells.
	commas bool
}

// read returns the rows of the sheet, and the columns that nothing reads.
func (up *reportUpload) read() (rows []sheet.Record, unread []string, err error) {
	var m *sheet.Mapping
	if up.mapping != "" {
		m, err = parseMapping(up.mapping, sheet.Entities{"progress_report": reportFields})
	} else {
		m, unread, err = up.recognize()
	}
	if err != nil {
		return nil, nil, err
	}
	up.commas = m.Source.Delimiter == ";"
	for record, err := range m.Read(bytes.NewReader(up.file), up.name, reportSheetLimits) {
		if err != nil {
			return nil, nil, unreadableSheet(err)
		}
		if !record.Skipped {
			rows = append(rows, record)
		}
	}
	return rows, unread, nil
}

// unreadableSheet words why a file can't be read on.
func unreadableSheet(err error) error {
	var e *sheet.Error
	switch {
	case errors.Is(err, sheet.ErrTooLarge):
		return domain.Refuse(domain.TooLarge, "%s", err.Error())
	case errors.As(err, &e):
		return (domain.Faults{{Pointer: "/file", Code: "unreadable", Detail: err.Error()}}).Err()
	}
	return err
}

// recognize makes a mapping of the columns whose names are known. What stands
// between a CSV file's cells is whatever its names are found by.
func (up *reportUpload) recognize() (*sheet.Mapping, []string, error) {
	var best *recognized
	var failed error
	for _, src := range up.sources() {
		s, err := sheet.Open(bytes.NewReader(up.file), up.name, src, reportSheetLimits)
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		if r := recognizeColumns(src, s.Header()); best == nil || len(r.columns) > len(best.columns) {
			best = r
		}
	}
	if best == nil {
		return nil, nil, unreadableSheet(failed)
	}
	if err := best.check(); err != nil {
		return nil, nil, err
	}
	m, err := best.mapping()
	return m, best.unread, err
}

// sources are the ways in which the file may be read by what it begins with.
func (up *reportUpload) sources() []sheet.Source {
	if bytes.HasPrefix(up.file, []byte("PK\x03\x04")) {
		return []sheet.Source{{Format: "xlsx"}}
	}
	encoding := ""
	if bytes.HasPrefix(up.file, []byte("\xFF\xFE")) || bytes.HasPrefix(up.file, []byte("\xFE\xFF")) {
		encoding = "utf-16"
	}
	var out []sheet.Source
	for _, delimiter := range []string{",", ";", "\t"} {
		out = append(out, sheet.Source{Format: "csv", Encoding: encoding, Delimiter: delimiter})
	}
	return out
}

// recognized are the columns of a sheet, by position, that fill a field each.
type recognized struct {
	source  sheet.Source
	header  []string
	columns map[string][]int
	unread  []string
}

func recognizeColumns(src sheet.Source, header []string) *recognized {
	r := &recognized{source: src, header: header, columns: map[string][]int{}}
	r.source.UnquoteFormulas = src.Format == "csv" && slices.Equal(header, reportHeader()) // it was written here
	for i, name := range header {
		n := slices.IndexFunc(reportColumns, func(col reportColumn) bool { return col.bears(name) })
		switch {
		case name == "":
		case n < 0:
			r.unread = append(r.unread, clip(name))
		case reportColumns[n].field != "":
			r.columns[reportColumns[n].field] = append(r.columns[reportColumns[n].field], i)
		}
	}
	return r
}

func (col reportColumn) bears(name string) bool {
	name = strings.ReplaceAll(name, "_", " ")
	return strings.EqualFold(name, col.head) || slices.ContainsFunc(col.alike, func(s string) bool { return strings.EqualFold(name, s) })
}

// check finds columns that are missing, or of which two would fill one field. An
// indicator and a milestone may have a column each.
func (r *recognized) check() error {
	var f domain.Faults
	missing := func(head string) {
		f.Add("/file", "missing_column", "there is no column “%s”: name it so, or send a mapping that says which it is; the columns are %s", head, clipped(r.header))
	}
	if len(r.columns["commitment_id"])+len(r.columns["commitment"]) == 0 {
		missing("Commitment")
	}
	for _, col := range reportColumns {
		fills := r.columns[col.field]
		switch {
		case len(fills) == 0 && slices.Contains([]string{"period_from", "period_until", "narrative"}, col.field):
			missing(col.head)
		case len(fills) > 1 && col.field != "item" && col.field != "item_id":
			f.Add("/file", "duplicate_column", "“%s” and “%s” could both be the column “%s”: rename one, or send a mapping", r.header[fills[0]], r.header[fills[1]], col.head)
		}
	}
	return f.Err()
}

func clipped(names []string) string {
	var out []string
	for _, n := range names {
		if n != "" && len(out) < 30 {
			out = append(out, "“"+clip(n)+"”")
		}
	}
	return strings.Join(out, ", ")
}

// mapping is what somebody would have written for these columns.
func (r *recognized) mapping() (*sheet.Mapping, error) {
	doc := map[string]any{"entity": "progress_report", "format": r.source.Format, "key": "row"}
	if r.source.Format == "csv" {
		doc["encoding"], doc["delimiter"], doc["unquote_formulas"] = cmp.Or(r.source.Encoding, "utf-8"), r.source.Delimiter, r.source.UnquoteFormulas
	}
	all := map[string]any{}
	for field, at := range r.columns {
		refs := make([]string, len(at))
		for i, n := range at {
			refs[i] = r.ref(n)
		}
		f := map[string]any{"type": reportFields[field], "columns": refs, "join": " "}
		switch {
		case reportFields[field] == sheet.DateType && r.source.Format == "xlsx":
			f["date_format"] = append([]string{"excel"}, reportDates...)
		case reportFields[field] == sheet.DateType:
			f["date_format"] = reportDates
		case slices.Contains([]string{"narrative", "evidence", "reason"}, field):
			f["space"] = "lines"
		}
		all[field] = f
	}
	doc["fields"] = all
	text, err := json.Marshal(doc) // JSON is YAML
	if err != nil {
		return nil, err
	}
	return parseMapping(string(text), sheet.Entities{"progress_report": reportFields})
}

// ref addresses a column by its name or, where another bears the same, by its
// position.
func (r *recognized) ref(n int) string {
	name := r.header[n]
	if slices.Index(r.header, name) == n && !slices.Contains(r.header[n+1:], name) && !strings.HasPrefix(name, "#") {
		return name
	}
	return "#" + strings.TrimRight(sheet.Address(n, 1), "0123456789")
}

// reportBook is what a report sheet tells, as far as its rows are read.
type reportBook struct {
	by      domain.Actor
	commas  bool
	byID    map[string]*domain.Commitment
	byTitle map[string][]*domain.Commitment // those on which by may report
	reports []*bookedReport
	blank   int
	faults  []cellFault
}

// newReportBook reads the rows: what they tell of which commitment.
func newReportBook(by domain.Actor, all []*domain.Commitment, commas bool, rows []sheet.Record) *reportBook {
	b := &reportBook{by: by, commas: commas, byID: map[string]*domain.Commitment{}, byTitle: map[string][]*domain.Commitment{}}
	for _, v := range all {
		b.byID[string(v.ID)] = v
		if v.Reportable(by) == nil {
			b.byTitle[folded(v.Title)] = append(b.byTitle[folded(v.Title)], v)
		}
	}
	for _, row := range rows {
		b.add(row)
	}
	b.reports = slices.DeleteFunc(b.reports, func(r *bookedReport) bool { return len(r.rows) == 0 })
	return b
}

// folded is a title but for case and spaces.
func folded(title string) string { return strings.ToLower(strings.Join(strings.Fields(title), " ")) }

// bookedReport is one report: what the rows of one commitment and period tell.
type bookedReport struct {
	of    *domain.Commitment
	in    openapi.ProgressReportDraft
	rows  []int
	first sheet.Record
	// cells are where each part of the draft comes from, by its JSON pointer, and
	// what was left blank, by the id of its indicator or milestone.
	cells map[string]cell
	// broken says that a row could not be read, so that nothing more is looked for.
	broken bool

	draft domain.ProgressReportDraft
	// report is what becomes of it, outcome and stage in words; was is the version
	// of one that is there already.
	report         *domain.ProgressReport
	was            int
	outcome, stage string
}

// cell is where something stands in the sheet: a row, and the field that its
// column fills.
type cell struct {
	record sheet.Record
	field  string
}

// cellFault is a fault with the row that it is in.
type cellFault struct {
	row int
	domain.Fault
}

// note keeps what is wrong with a cell.
func (b *reportBook) note(why sheet.Refusal) {
	at, where := why.Cell, fmt.Sprintf("row %d", why.Row)
	if at == "" {
		at = fmt.Sprint(why.Row)
	}
	if why.Column != "" {
		where += ", column " + clip(why.Column)
	}
	b.faults = append(b.faults, cellFault{why.Row, domain.Fault{Pointer: "/file/" + at, Code: "invalid", Detail: where + ": " + why.Reason}})
}

func (b *reportBook) wrong(at cell, format string, args ...any) {
	b.note(at.record.Refusal(at.field, -1, fmt.Sprintf(format, args...)))
}

// refuse notes what the rules refuse of a report, each fault where it comes from.
// Any other error is returned.
func (b *reportBook) refuse(r *bookedReport, err error) error {
	var e *domain.Error
	if !errors.As(err, &e) {
		return err
	}
	if len(e.Faults) == 0 {
		b.wrong(naming(r.first), "%s", e.Detail)
	}
	untold := r.untold()
	for _, f := range e.Faults {
		at := r.at(f.Pointer)
		if f.Code == "missing" && len(untold) > 0 {
			at, untold = untold[0], untold[1:]
		}
		b.wrong(at, "%s", f.Detail)
	}
	return nil
}

// at is the cell that the part of the draft at a pointer comes from, or that it
// is a part of.
func (r *bookedReport) at(pointer string) cell {
	for p := pointer; strings.Contains(p, "/"); p = p[:strings.LastIndex(p, "/")] {
		if at, ok := r.cells[p]; ok {
			return at
		}
	}
	return naming(r.first)
}

// naming is the cell by which a row names its commitment.
func naming(row sheet.Record) cell {
	if f := fields(row.Fields); f.text("commitment_id") == "" && f.text("commitment") != "" {
		return cell{row, "commitment"}
	}
	return cell{row, "commitment_id"}
}

// untold are the cells that would be filled in, of each gap of the report.
func (r *bookedReport) untold() (out []cell) {
	if r.report == nil {
		return nil
	}
	indicators, milestones := r.report.Untold(r.of.Plan)
	for _, i := range indicators {
		out = append(out, r.blank(string(i.ID), "value"))
	}
	for _, m := range milestones {
		out = append(out, r.blank(string(m.ID), "evidence"))
	}
	return out
}

func (r *bookedReport) blank(id, field string) cell {
	if at, ok := r.cells[id]; ok {
		return cell{at.record, field}
	}
	return cell{r.first, "item"}
}

// ofItems are the fields that tell of an indicator or a milestone.
var ofItems = []string{"value", "dimension", "category", "evidence", "evidence_url", "reason"}

// add reads a row.
func (b *reportBook) add(row sheet.Record) {
	for _, why := range row.Refusals {
		b.note(why)
	}
	if len(row.Refusals) > 0 {
		return
	}
	f := fields(row.Fields)
	tells := slices.ContainsFunc(append([]string{"narrative", "supersedes_id"}, ofItems...), func(name string) bool { return f.text(name) != "" })
	if !tells {
		b.blank++
	}
	r := b.report(row, f, tells)
	if r == nil {
		return
	}
	id, i, m := b.item(r, row, f, tells)
	if _, ok := r.cells[id]; !ok {
		r.cells[id] = cell{record: row}
	}
	if !tells {
		return
	}
	b.begin(r, row)
	b.once(r, &r.in.Narrative, row, "narrative", "/narrative")
	b.once(r, &r.in.SupersedesID, row, "supersedes_id", "/supersedes_id")
	switch {
	case i != nil:
		b.figure(r, i.ID, row, f)
	case m != nil:
		b.delivery(r, m.ID, row, f)
	}
}

// report finds the report that a row belongs to, or begins it; nil if there is
// none. A row that tells nothing begins none.
func (b *reportBook) report(row sheet.Record, f fields, tells bool) *bookedReport {
	v, err := b.commitment(f)
	if err == nil {
		err = v.Reportable(b.by)
	}
	var e *domain.Error
	if errors.As(err, &e) {
		if tells {
			b.wrong(naming(row), "%s", e.Detail)
		}
		return nil
	}
	p := openapi.Period{From: f.date("period_from"), Until: f.date("period_until")}
	for name, day := range map[string]string{"period_from": p.From, "period_until": p.Until} {
		if day == "" && tells {
			b.wrong(cell{row, name}, "is required; write the day as YYYY-MM-DD")
		}
	}
	if p.From == "" || p.Until == "" {
		return nil
	}
	return b.begun(v, p)
}

// begun is the report on a commitment and period, which need not tell anything yet.
func (b *reportBook) begun(v *domain.Commitment, p openapi.Period) *bookedReport {
	i := slices.IndexFunc(b.reports, func(r *bookedReport) bool { return r.of.ID == v.ID && r.in.Period == p })
	if i >= 0 {
		return b.reports[i]
	}
	r := &bookedReport{of: v, in: openapi.ProgressReportDraft{Period: p}, cells: map[string]cell{}}
	b.reports = append(b.reports, r)
	return r
}

// begin takes a row that tells something. The first one is refused where another
// report of the sheet is of the same days.
func (b *reportBook) begin(r *bookedReport, row sheet.Record) {
	r.rows = append(r.rows, row.Rows...)
	if len(r.rows) > 1 {
		return
	}
	r.first = row
	r.cells["/period/from"], r.cells["/period/until"] = cell{row, "period_from"}, cell{row, "period_until"}
	for _, o := range b.reports {
		if o != r && len(o.rows) > 0 && o.of.ID == r.of.ID && o.in.Period.From <= r.in.Period.Until && r.in.Period.From <= o.in.Period.Until {
			b.broken(r, cell{row, "period_from"}, "overlaps the period of row %d, for the same commitment", o.rows[0])
		}
	}
}

// commitment is the one that a row names, by its id or else by its title.
func (b *reportBook) commitment(f fields) (*domain.Commitment, error) {
	id, title := f.text("commitment_id"), f.text("commitment")
	found := b.byTitle[folded(title)]
	if v := b.byID[strings.ToLower(id)]; id != "" {
		found = slices.DeleteFunc([]*domain.Commitment{v}, func(v *domain.Commitment) bool { return v == nil })
	}
	switch {
	case id == "" && title == "":
		return nil, domain.Refuse(domain.Invalid, "names no commitment; write its id or its title")
	case len(found) == 0:
		return nil, domain.Refuse(domain.Invalid, "is none of the commitments on which you may report; copy its id from the report sheet")
	case len(found) > 1:
		return nil, domain.Refuse(domain.Invalid, "is the title of %d commitments; write the id: %s or %s", len(found), found[0].ID, found[1].ID)
	}
	return found[0], nil
}

// item is the indicator or milestone that a row names by its id or else by its
// title, neither if it names none. What is wrong with it is noted of a row that
// tells something.
func (b *reportBook) item(r *bookedReport, row sheet.Record, f fields, tells bool) (id string, i *domain.Indicator, m *domain.Milestone) {
	key, title, field := strings.ToLower(f.text("item_id")), folded(f.text("item")), "item"
	if key != "" {
		field = "item_id"
	}
	found := 0
	is := func(its, called string) bool {
		ok := its == key || key == "" && title != "" && folded(called) == title
		if ok {
			found, id = found+1, its
		}
		return ok
	}
	for n := range r.of.Plan.Indicators {
		if x := &r.of.Plan.Indicators[n]; is(string(x.ID), x.Title) {
			i = x
		}
	}
	for n := range r.of.Plan.Milestones {
		if x := &r.of.Plan.Milestones[n]; is(string(x.ID), x.Title) {
			m = x
		}
	}
	at, wrong := cell{row, field}, ""
	switch {
	case key == "" && title == "":
		if n := slices.IndexFunc(ofItems, func(name string) bool { return f.text(name) != "" }); n >= 0 {
			at.field, wrong = ofItems[n], "belongs to an indicator or a milestone; write its id or its title in this row"
		}
	case found == 0:
		wrong = "is no indicator or milestone of this commitment; copy its id from the report sheet"
	case found > 1:
		wrong = "is the title of several indicators or milestones of this commitment; write the id"
	}
	if wrong == "" {
		return id, i, m
	}
	if tells {
		b.broken(r, at, "%s", wrong)
	}
	return "", nil, nil
}

func (b *reportBook) broken(r *bookedReport, at cell, format string, args ...any) {
	r.broken = true
	b.wrong(at, format, args...)
}

// once takes what is said of a report as a whole: once, or the same in each row.
func (b *reportBook) once(r *bookedReport, to *string, row sheet.Record, field, pointer string) {
	said := fields(row.Fields).text(field)
	switch {
	case said == "":
	case *to == "":
		*to, r.cells[pointer] = said, cell{row, field}
	case *to != said:
		b.broken(r, cell{row, field}, "differs from row %d; say it once for a commitment and period", r.cells[pointer].record.Rows[0])
	}
	if r.cells[pointer].field == "" {
		r.cells[pointer] = cell{r.first, field} // where it is missing
	}
}

// figure takes the value of an indicator, a part of it, or why there is none.
func (b *reportBook) figure(r *bookedReport, id domain.IndicatorID, row sheet.Record, f fields) {
	r.cells[string(id)] = cell{row, "value"}
	for _, name := range []string{"evidence", "evidence_url"} {
		if f.text(name) != "" {
			b.broken(r, cell{row, name}, "belongs to a milestone; of an indicator, say it under what was done")
			return
		}
	}
	value, err := reportedNumber(f.text("value"), b.commas)
	if err != nil {
		b.broken(r, cell{row, "value"}, "%s", err.Error())
		return
	}
	if reason := f.text("reason"); reason != "" {
		r.omit(openapi.Omission{IndicatorID: string(id), Reason: reason}, row)
	}
	if dimension, category := f.text("dimension"), f.text("category"); dimension != "" || category != "" {
		r.part(id, openapi.Part{Dimension: dimension, Category: category, Value: value}, row)
		return
	}
	if value == "" {
		return
	}
	n := slices.IndexFunc(r.in.Figures, func(fig openapi.Figure) bool { return fig.IndicatorID == string(id) && fig.Value == "" })
	if n < 0 {
		n = len(r.in.Figures)
		r.in.Figures = append(r.in.Figures, openapi.Figure{IndicatorID: string(id)})
	}
	r.in.Figures[n].Value = value
	r.cells[fmt.Sprintf("/figures/%d", n)] = cell{row, "value"}
}

// part takes a part of an indicator's value, which may come before the whole.
func (r *bookedReport) part(id domain.IndicatorID, p openapi.Part, row sheet.Record) {
	n := slices.IndexFunc(r.in.Figures, func(fig openapi.Figure) bool { return fig.IndicatorID == string(id) })
	if n < 0 {
		n = len(r.in.Figures)
		r.in.Figures = append(r.in.Figures, openapi.Figure{IndicatorID: string(id)})
		r.cells[fmt.Sprintf("/figures/%d", n)] = cell{row, "value"}
	}
	fig := &r.in.Figures[n]
	at := fmt.Sprintf("/figures/%d/parts/%d", n, len(fig.Parts))
	fig.Parts = append(fig.Parts, p)
	r.cells[at], r.cells[at+"/dimension"], r.cells[at+"/category"] = cell{row, "value"}, cell{row, "dimension"}, cell{row, "category"}
}

func (r *bookedReport) omit(o openapi.Omission, row sheet.Record) {
	r.cells[fmt.Sprintf("/omissions/%d", len(r.in.Omissions))] = cell{row, "reason"}
	r.in.Omissions = append(r.in.Omissions, o)
}

// delivery takes what shows that a milestone was reached, or why it was not.
func (b *reportBook) delivery(r *bookedReport, id domain.MilestoneID, row sheet.Record, f fields) {
	r.cells[string(id)] = cell{row, "evidence"}
	for _, name := range []string{"value", "dimension", "category"} {
		if f.text(name) != "" {
			b.broken(r, cell{row, name}, "belongs to an indicator; of a milestone, say under evidence what shows that it was reached")
			return
		}
	}
	if reason := f.text("reason"); reason != "" {
		r.omit(openapi.Omission{MilestoneID: string(id), Reason: reason}, row)
	}
	evidence, address := f.text("evidence"), f.text("evidence_url")
	if evidence == "" && address == "" {
		return
	}
	at := fmt.Sprintf("/milestones/%d", len(r.in.Milestones))
	r.cells[at], r.cells[at+"/evidence_url"] = cell{row, "evidence"}, cell{row, "evidence_url"}
	r.in.Milestones = append(r.in.Milestones, openapi.Delivery{MilestoneID: string(id), Evidence: evidence, EvidenceURL: address})
}

var (
	plainNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	commaNumber = regexp.MustCompile(`^-?\d+,\d+$`)
	// thousands is what reads as a separator before the last three digits, too.
	thousands = regexp.MustCompile(`^-?[1-9]\d{0,2}[.,]\d{3}$`)
)

// reportedNumber reads a number with a decimal point or comma. One that could be
// read with a separator of thousands instead is refused; where a comma is the
// decimal mark by custom, a point is that as well.
func reportedNumber(text string, commas bool) (string, error) {
	text = strings.ReplaceAll(text, "\u2212", "-") // the minus sign
	switch {
	case text == "":
		return "", nil
	case thousands.MatchString(text) && (commas || strings.Contains(text, ",")):
		return "", fmt.Errorf("“%s” could be thousands or a fraction; write it without a separator, as %s or %s", text,
			strings.NewReplacer(",", "", ".", "").Replace(text), strings.Replace(text, ",", ".", 1)+"0")
	case plainNumber.MatchString(text):
		return text, nil
	case commaNumber.MatchString(text):
		return strings.Replace(text, ",", ".", 1), nil
	}
	return "", errors.New("is not a number; write 1234.5, without separators or a unit")
}
