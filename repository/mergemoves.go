package repository

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// reference is a column that names organizations, and so follows a merge.
type reference struct {
	table string
	// column is organization if empty.
	column string
	// key tells a row from the others; the id if empty.
	key string
	// where narrows a column that names other things too.
	where string
	// twin is a row x by which the survivor, whom it takes once or more, stands already
	// where the row r would put it; r stays, and is read as the survivor's or not at all.
	twin string
	// yields is that the survivor's row x gives way to a twin r, which says more: it
	// names itself until it is put back, since no two may name one.
	yields string
	// joins is that the survivor's rows take in the days of their twins.
	joins bool
	// steady is that the rows are written while their organization is held, so that
	// none comes too late; a sweep leaves alone what became of them since.
	steady bool
	// apart is a column of r that must not come to name the survivor as well: what the
	// two were to each other stays as it was.
	apart string
	// kind is what a preview calls the rows; empty for what it does not tell.
	kind string
	// list is that the column holds a list, of ids or of objects that name one.
	list bool
	// within is when a row r belongs to something that a merge, which it takes once,
	// moved: what was entered there since names the survivor, and goes back with it.
	within string
	// plain is that the rows are no records: they have no version and no trail.
	plain bool
	// carry and uncarry are further assignments, forth and back. Each takes the id of
	// the organization that goes.
	carry, uncarry string
}

// ofMoved are the rows that a merge, which it takes, moved of a table.
func ofMoved(table string) string {
	return "(SELECT m.row_key FROM organization_merge_moves m WHERE m.merge = ? AND m.reference = '" + table + ".organization')"
}

// inMoved is a row r of a commitment that a merge moved.
var inMoved = "r.commitment IN " + ofMoved("commitments")

const carried = "carried = CASE WHEN carried = '' AND %s THEN ? ELSE carried END"

// sameEngagement is a participant x of the same engagement, and answerOf how strong
// a participant's answer is.
const sameEngagement = "x.organization = ? AND x.engagement = r.engagement"

func answerOf(row string) string {
	rank := "CASE " + row + ".response"
	for i, response := range domain.Responses() {
		rank += fmt.Sprintf(" WHEN '%s' THEN %d", response, i)
	}
	return rank + " END"
}

// sameRelationship is a relationship x that says what r would, for some of its days:
// is is the column of r that is to name the survivor, and to the other.
func sameRelationship(is, to string) string {
	return fmt.Sprintf(`x.kind = r.kind AND (x.%[1]s = ? AND x.%[2]s = r.%[2]s OR x.kind = '%[3]s' AND x.%[2]s = ? AND x.%[1]s = r.%[2]s)
		AND (x.ends_on = '' OR x.ends_on >= r.starts_on) AND (r.ends_on = '' OR r.ends_on >= x.starts_on)`, is, to, domain.AffiliateOf)
}

// references are all that is pointed to the survivor. The test of every column of
// the schema fails for one that is neither here nor among those that stay.
var references = []reference{
	{table: "accounts", kind: "people"},
	{table: "resets"},
	{table: "api_keys", kind: "api_keys"},
	{table: "organizations", column: "parent", where: "merged_into = ''", kind: "subsidiaries"},
	{table: "organizations", column: "merged_into"},
	{table: "organizations", column: "distinctions", where: "merged_into = ''", list: true},
	{table: "contacts", kind: "contacts"},
	{table: "checks", kind: "checks", carry: fmt.Sprintf(carried, "result <> 'pending'"), uncarry: "carried = CASE WHEN carried = ? THEN '' ELSE carried END"},
	{table: "waivers", kind: "waivers", carry: fmt.Sprintf(carried, "stage <> 'requested'"), uncarry: "carried = CASE WHEN carried = ? THEN '' ELSE carried END"},
	{table: "participants", twin: sameEngagement, yields: answerOf("x") + " < " + answerOf("r"), steady: true},
	{table: "participants", kind: "engagements", twin: sameEngagement, steady: true},
	{table: "consultations", column: "organizations", list: true, kind: "consultations"},
	{table: "consultations", column: "excluded", list: true, kind: "exclusions"},
	{table: "partnerships", column: "members", list: true, kind: "partnerships"},
	{table: "relationships", column: "starts_on", joins: true, steady: true},
	{table: "relationships", column: "ends_on", joins: true, steady: true},
	{table: "relationships", apart: "other", twin: sameRelationship("organization", "other"), kind: "relationships", steady: true},
	{table: "relationships", column: "other", apart: "organization", twin: sameRelationship("other", "organization"), kind: "relationships_to_it", steady: true},
	{table: "commitments", kind: "commitments"},
	{table: "amendments", kind: "amendments", within: inMoved},
	{table: "milestones", kind: "milestones", within: inMoved},
	{table: "indicators", kind: "indicators", within: inMoved},
	{table: "progress_reports", kind: "progress_reports", within: inMoved},
	{table: "verifications", kind: "verifications", within: inMoved},
	{table: "contributions", kind: "contributions"},
	{table: "contribution_references", key: "entry", twin: "x.organization = ? AND x.measure = r.measure AND x.reference = r.reference", kind: "receipts", plain: true,
		within: "r.entry IN (SELECT e.id FROM contribution_entries e WHERE e.contribution IN " + ofMoved("contributions") + ")"},
	{table: "documents", within: "EXISTS (SELECT 1 FROM document_versions v WHERE v.document = r.id AND v.number = 1 AND v.sent_by IN " + ofMoved("accounts") + ")"},
	{table: "documents", column: "parent", where: "parent_kind = 'organization'", kind: "documents"},
	{table: "uploads", column: "parent", where: "parent_kind = 'organization'"},
	{table: "tasks", column: "source_id", where: "source_kind = 'organization'", kind: "tasks"},
	{table: "notices", column: "record_id", where: "record_kind = 'organization'"},
	{table: "import_keys", column: "record", key: "register || '/' || key", plain: true},
}

// staying are the columns that name organizations and are not pointed elsewhere,
// each with why.
var staying = map[string]string{
	"invitations.organization":              "lets people into that one, and into no other in its name",
	"applications.organization":             "was taken in for that one, and so its invitation is",
	"organizations.id":                      "it is the organization",
	"organization_identifiers.organization": "follows the organization's own list",
	"organization_keys.organization":        "is made from its names",
	"organization_pairs.first":              "is found anew",
	"organization_pairs.second":             "is found anew",
	"organization_changes.organization":     "is found anew",
	"partnership_members.organization":      "follows the partnership's own list",
	"vetting_reminders.organization":        "says who was reminded, of a lapse that counts no more",
	"submissions.organization":              "follows its author, see repointSubmissions",
	"submission_authors.organization":       "leads to the survivor by its id, so that nothing else tells who wrote",
	"contribution_entries.organization":     "the ledger is for good; it is read as the survivor's",
	"checks.carried":                        "says where a check comes from",
	"waivers.carried":                       "says where a waiver comes from",
	"organization_merges.survivor":          "is the merge",
	"organization_merges.absorbed":          "is the merge",
	"organization_merge_moves.was":          "is the merge",
	"organization_merge_moves.became":       "is the merge",
	"mandates.organization":                 "was given by the one that went; the survivor's people give their own",
	"mandates.holder":                       "was given to the one that went, and not to the survivor",
	"notices.occasion":                      "says once what its people of the office were told",
	"hearings.source_id":                    "names engagements and submissions alone",
	"responses.link_id":                     "names what a response led to, never an organization",
	"audit_entries.record":                  "the trail is for good",
	"search_documents.record":               "is the organization's own text",
	"search_rows.record":                    "is the organization's own text",
	"jobs.payload":                          "names merges and imports",
	"organization_merges.before":            "is the merge",
}

func (r reference) named() (column, key, name string) {
	column, key = r.column, r.key
	if column == "" {
		column = "organization"
	}
	if key == "" {
		key = "id"
	}
	name = r.table + "." + column
	if r.yields != "" {
		name += " yields"
	}
	return column, key, name
}

// of is the condition for the rows r that name the organization that goes.
func (r reference) of(g *domain.Merge) (string, []any) {
	sql, vars := r.naming("r", g.Absorbed)
	if r.where != "" {
		sql += " AND " + r.where
	}
	return sql, vars
}

// naming is the condition for a row that names an organization.
func (r reference) naming(row string, id domain.OrganizationID) (string, []any) {
	column, _, _ := r.named()
	if r.list {
		return row + "." + column + " LIKE ?", []any{fmt.Sprintf("%%%q%%", id)}
	}
	return row + "." + column + " = ?", []any{id}
}

// both is the condition for the rows r in which the survivor stands already; empty
// where that does not matter.
func (r reference) both(g *domain.Merge) (string, []any) {
	switch {
	case r.list:
		return r.naming("r", g.Survivor)
	case r.twin == "":
		return "", nil
	}
	return fmt.Sprintf("EXISTS (SELECT 1 FROM %s x WHERE %s)", r.table, r.twin), r.twins(g)
}

// twins is what the condition for a twin takes.
func (r reference) twins(g *domain.Merge) []any {
	return slices.Repeat([]any{g.Survivor}, strings.Count(r.twin, "?"))
}

// move is one value that a merge changed.
type move struct {
	Merge                          domain.MergeID
	Reference, RowKey, Was, Became string
}

func (move) TableName() string { return "organization_merge_moves" }

// repoint points everything that refers to the absorbed organization to the
// survivor, by these references. To do it again moves what has come since.
func (s *Session) repoint(ctx context.Context, g *domain.Merge, by []reference) error {
	for _, r := range by {
		moves, err := s.movesOf(ctx, g, r)
		if err != nil {
			return err
		}
		if err := s.moveAll(ctx, g, r, moves); err != nil {
			return err
		}
	}
	return s.repointSubmissions(ctx, g.Absorbed, g.Survivor)
}

// held ends a query of rows that a merge is about to change: it waits for whoever
// edits one, reads it as they leave it, and keeps it so until the transaction ends.
// SQLite has a single writer.
func (s *Session) held() string {
	if s.store.postgres {
		return " ORDER BY 1 FOR UPDATE"
	}
	return " ORDER BY 1"
}

// movesOf lists what is to be changed of a reference.
func (s *Session) movesOf(ctx context.Context, g *domain.Merge, r reference) (moves []move, err error) {
	switch {
	case r.joins:
		moves, err = s.joined(ctx, g, r)
	case r.yields != "":
		moves, err = s.yielding(ctx, g, r)
	default:
		moves, err = s.naming(ctx, g, r)
	}
	_, _, name := r.named()
	for i := range moves {
		moves[i].Merge, moves[i].Reference = g.ID, name
	}
	return moves, err
}

// naming lists the rows that name the one that goes, and shall name the survivor.
func (s *Session) naming(ctx context.Context, g *domain.Merge, r reference) (moves []move, err error) {
	column, key, _ := r.named()
	sql, vars := r.of(g)
	if r.apart != "" {
		sql, vars = sql+" AND r."+r.apart+" <> ?", append(vars, g.Survivor)
	}
	if r.twin != "" {
		twin, more := r.both(g)
		sql, vars = sql+" AND NOT "+twin, append(vars, more...)
	}
	err = s.mechanism(ctx).Raw(fmt.Sprintf("SELECT %s AS row_key, %s AS was FROM %s r WHERE %s%s", key, column, r.table, sql, s.held()), vars...).Scan(&moves).Error
	for i := range moves {
		m := &moves[i]
		if m.Became = string(g.Survivor); r.list && err == nil {
			m.Became, err = renamed(m.Was, g.Absorbed, g.Survivor)
		}
	}
	return moves, err
}

// yielding lists the survivor's rows that give way to what the other's say.
func (s *Session) yielding(ctx context.Context, g *domain.Merge, r reference) (moves []move, err error) {
	column, key, _ := r.named()
	of, vars := r.of(g)
	err = s.mechanism(ctx).Raw(fmt.Sprintf("SELECT x.%[1]s AS row_key, x.%[2]s AS was, x.%[1]s AS became FROM %[3]s x, %[3]s r WHERE %[4]s AND %[5]s AND %[6]s%[7]s",
		key, column, r.table, of, r.twin, r.yields, s.held()), append(vars, r.twins(g)...)...).Scan(&moves).Error
	return moves, err
}

// joined lists what becomes of the first or the last days of the survivor's
// relationships.
func (s *Session) joined(ctx context.Context, g *domain.Merge, r reference) (moves []move, err error) {
	rows, err := s.system().Relationships.of(ctx, g.Survivor, g.Absorbed)
	if err != nil {
		return nil, err
	}
	type what struct {
		kind  domain.RelationshipKind
		to    domain.OrganizationID
		under bool
	}
	own, same := map[what][]domain.Relationship{}, map[what][]domain.Relationship{}
	for _, r := range rows {
		k, to := r.Organization, what{r.Kind, r.Other, !r.Kind.Mutual()}
		if k != g.Survivor && k != g.Absorbed {
			k, to = r.Other, what{r.Kind, r.Organization, false}
		}
		if k == g.Survivor {
			own[to] = append(own[to], r)
		} else {
			same[to] = append(same[to], r)
		}
	}
	column, _, _ := r.named()
	day := func(r *domain.Relationship) string {
		if column == "starts_on" {
			return string(r.StartsOn)
		}
		return string(r.EndsOn)
	}
	for to, mine := range own {
		for _, after := range domain.Joined(mine, same[to]) {
			i := slices.IndexFunc(mine, func(r domain.Relationship) bool { return r.ID == after.ID })
			if was, becomes := day(&mine[i]), day(&after); was != becomes {
				moves = append(moves, move{RowKey: string(after.ID), Was: was, Became: becomes})
			}
		}
	}
	return moves, nil
}

// moveAll changes them and remembers how it was, last: a list that was moved may name
// the organization again when it is swept.
func (s *Session) moveAll(ctx context.Context, g *domain.Merge, r reference, moves []move) error {
	if len(moves) == 0 {
		return nil
	}
	again := clause.OnConflict{Columns: []clause.Column{{Name: "merge"}, {Name: "reference"}, {Name: "row_key"}}, DoUpdates: clause.AssignmentColumns([]string{"was", "became"})}
	if err := s.mechanism(ctx).Clauses(again).CreateInBatches(&moves, createBatch).Error; err != nil {
		return err
	}
	return s.setAll(ctx, g, r, false)
}

// setAll gives the rows of a merge's moves what they became, or back what they were.
// What a sweep finds already moved is left as it is.
func (s *Session) setAll(ctx context.Context, g *domain.Merge, r reference, back bool) error {
	from, to, also, event := "was", "became", r.carry, "merge.moved"
	if back {
		from, to, also, event = "became", "was", r.uncarry, "merge.moved_back"
	}
	column, key, name := r.named()
	of := " FROM organization_merge_moves m WHERE m.merge = ? AND m.reference = ?"
	set, returning := fmt.Sprintf("%s = (SELECT m.%s%s AND m.row_key = %s)", column, to, of, key), key+" AS id"
	vars := []any{g.ID, name}
	if also != "" {
		set += ", " + also
		vars = append(vars, g.Absorbed)
	}
	if !r.plain {
		set, returning = set+", version = version + 1, updated_at = ?", returning+", version"
		vars = append(vars, s.Now())
	}
	sql := fmt.Sprintf("UPDATE %s SET %s WHERE %s IN (SELECT m.row_key%s AND m.%s = %s) RETURNING %s", r.table, set, key, of, from, column, returning)
	var rows []struct {
		ID      string
		Version int
	}
	if err := s.mechanism(ctx).Raw(sql, append(vars, g.ID, name)...).Scan(&rows).Error; err != nil || r.plain || len(rows) == 0 {
		return refusal(err)
	}
	entries := make([]AuditEntry, len(rows))
	for i, row := range rows {
		entries[i] = s.entry(ctx, domain.Event{Name: event}, r.table, row.ID, row.Version)
		if r.table == "partnerships" {
			if err := s.reindexMembers(ctx, domain.PartnershipID(row.ID)); err != nil {
				return err
			}
		}
	}
	return s.mechanism(ctx).CreateInBatches(&entries, createBatch).Error
}

// renamed is a list in which one organization has taken the place of another, once.
func renamed(list string, from, to domain.OrganizationID) (string, error) {
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(list), &all); err != nil {
		return "", err
	}
	has := slices.ContainsFunc(all, func(e json.RawMessage) bool { return names(e, to) })
	out := []json.RawMessage{}
	for _, e := range all {
		switch {
		case !names(e, from):
			out = append(out, e)
		case !has:
			out = append(out, replaced(e, from, to))
		}
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// names reports whether an element is an organization's id, or an object of which
// a member is.
func names(element json.RawMessage, id domain.OrganizationID) bool {
	var text string
	if json.Unmarshal(element, &text) == nil {
		return text == string(id)
	}
	var object map[string]any
	return json.Unmarshal(element, &object) == nil && (object["organization"] == string(id) || object["from"] == string(id))
}

func replaced(element json.RawMessage, from, to domain.OrganizationID) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(element, &object) != nil {
		return json.RawMessage(fmt.Sprintf("%q", to))
	}
	for name, v := range object {
		if names(v, from) {
			object[name] = json.RawMessage(fmt.Sprintf("%q", to))
		}
	}
	out, _ := json.Marshal(object)
	return out
}

// reindexMembers keeps the members of a partnership to be found by.
func (s *Session) reindexMembers(ctx context.Context, id domain.PartnershipID) error {
	p, err := one[domain.Partnership](s.system().Partnerships.within(ctx, domain.ReadPartnership).Where("id = ?", id))
	if err != nil {
		return err
	}
	return indexMembers(ctx, s, p)
}

// repointSubmissions lets what was handed in under an organization's name show
// another.
func (s *Session) repointSubmissions(ctx context.Context, from, to domain.OrganizationID) error {
	return s.mechanism(ctx).Exec("UPDATE submissions SET organization = ? WHERE organization = ?", to, from).Error
}

// pointSubmissionsBack undoes it. Which they are follows from who wrote them, or
// into which these were merged before, and is written down nowhere.
func (s *Session) pointSubmissionsBack(ctx context.Context, g *domain.Merge) error {
	return s.mechanism(ctx).Exec(`UPDATE submissions SET organization = ? WHERE organization = ?
		AND id IN (SELECT x.submission FROM submission_authors x WHERE x.organization IN `+survivorOf+")", g.Absorbed, g.Survivor, g.Absorbed, g.Absorbed).Error
}

// pointBack undoes repoint, or refuses and names all that is in the way.
func (s *Session) pointBack(ctx context.Context, g *domain.Merge) error {
	f, err := s.changedSince(ctx, g)
	if err != nil {
		return err
	}
	brought, err := s.brought(ctx, g)
	if err != nil {
		return err
	}
	for _, id := range brought {
		f.Add("/accounts/"+id, "brought", "was brought into the survivor by people of the one that went; suspend it first")
	}
	if len(f) > 0 {
		return &domain.Error{Kind: domain.Conflict, Detail: "what was changed since can't be undone, and so nothing is; errors names each", Faults: f[:min(len(f), 100)]}
	}
	if err := s.disinvite(ctx, g); err != nil {
		return err
	}
	for _, r := range references {
		if err := s.since(ctx, g, r); err != nil {
			return err
		}
	}
	for _, r := range slices.Backward(references) { // who gave way comes back last
		if err := s.setAll(ctx, g, r, true); err != nil {
			return err
		}
	}
	return s.pointSubmissionsBack(ctx, g)
}

// since takes up among a merge's moves what names the survivor because it was entered
// in what the merge had moved.
func (s *Session) since(ctx context.Context, g *domain.Merge, r reference) error {
	if r.within == "" {
		return nil
	}
	column, key, name := r.named()
	var moves []move
	err := s.mechanism(ctx).Raw(fmt.Sprintf("SELECT %s AS row_key, %s AS was FROM %s r WHERE r.%s = ? AND %s%s", key, column, r.table, column, r.within, s.held()), g.Survivor, g.ID).Scan(&moves).Error
	if err != nil || len(moves) == 0 {
		return err
	}
	for i, m := range moves {
		moves[i] = move{g.ID, name, m.RowKey, string(g.Absorbed), m.Was}
	}
	return s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&moves, createBatch).Error
}

// changedSince names each value that is not as the merge left it. What is gone since
// stays gone: there is nothing to write.
func (s *Session) changedSince(ctx context.Context, g *domain.Merge) (f domain.Faults, err error) {
	for _, r := range references {
		column, key, name := r.named()
		var now []move
		err := s.mechanism(ctx).Raw(fmt.Sprintf(`SELECT m.row_key, r.%s AS was, m.became FROM organization_merge_moves m JOIN %s r ON %s = m.row_key
			WHERE m.merge = ? AND m.reference = ?%s`, column, r.table, key, s.held()), g.ID, name).Scan(&now).Error
		if err != nil {
			return nil, err
		}
		for _, m := range now {
			if m.Was != m.Became {
				f.Add("/"+r.table+"/"+m.RowKey, "changed", "its %s was changed since the merge", column)
			}
		}
		if r.yields == "" {
			continue
		}
		var anew []string
		err = s.mechanism(ctx).Raw(fmt.Sprintf(`SELECT x.%[1]s FROM organization_merge_moves m JOIN %[2]s r ON r.%[1]s = m.row_key JOIN %[2]s x ON %[3]s
			WHERE m.merge = ? AND m.reference = ? AND x.%[1]s NOT IN %[4]s ORDER BY 1`, key, r.table, r.twin, ofMoved(r.table)), append(r.twins(g), g.ID, name, g.ID)...).Scan(&anew).Error
		if err != nil {
			return nil, err
		}
		for _, id := range anew {
			f.Add("/"+r.table+"/"+id, "changed", "the survivor was entered there anew since the merge, where it stood before; remove this first")
		}
	}
	return f, nil
}

// MergeColumns are the columns, as table.column, that name organizations, and
// whether each is pointed to the survivor; those that are not stay for a reason.
func MergeColumns() map[string]bool {
	out := map[string]bool{}
	for name := range staying {
		out[name] = false
	}
	for _, r := range references {
		if _, _, name := r.named(); !r.joins && r.yields == "" {
			out[name] = true
		}
	}
	return out
}
