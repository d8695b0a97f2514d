package repository

import (
	"fmt"
	"maps"
	"strings"
)

// syntax writes the little in which the databases differ; true is PostgreSQL.
type syntax bool

// day is the calendar day, in UTC, of a column with an instant.
func (pg syntax) day(column string) string {
	if pg {
		return "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE \"C\""
	}
	return "substr(" + column + ", 1, 10)"
}

// days is the number of days from one day to another.
func (pg syntax) days(from, until string) string {
	if pg {
		return "(CAST(NULLIF(" + until + ", '') AS DATE) - CAST(NULLIF(" + from + ", '') AS DATE))"
	}
	return "CAST(julianday(" + until + ") - julianday(" + from + ") AS INTEGER)"
}

// sum adds a column up exactly, beyond 64 bits, as high billions and the low rest.
// PostgreSQL's own sum is exact; SQLite's would overflow.
func (pg syntax) sum(column string) string {
	if pg {
		return fmt.Sprintf("CAST(DIV(SUM(%[1]s), %[2]d) AS BIGINT) AS high, CAST(MOD(SUM(%[1]s), %[2]d) AS BIGINT) AS low", column, billion)
	}
	return fmt.Sprintf("CAST(SUM(%[1]s / %[2]d) AS BIGINT) AS high, CAST(SUM(%[1]s %% %[2]d) AS BIGINT) AS low", column, billion)
}

// each is a row source of the objects in a column with a JSON list; a row's
// object is AS.value.
func (pg syntax) each(column, as string) string {
	if pg {
		return "jsonb_array_elements(CAST(" + column + " AS JSONB)) AS " + as + "(value)"
	}
	return "json_each(" + column + ") AS " + as
}

// texts is a row source of the texts in a column with a JSON list.
func (pg syntax) texts(column, as string) string {
	if pg {
		return "jsonb_array_elements_text(CAST(" + column + " AS JSONB)) AS " + as + "(value)"
	}
	return "json_each(" + column + ") AS " + as
}

// joined writes a JSON list of words as "a+b".
func joined(list string) string {
	for _, r := range [][2]string{{`[`, ``}, {`]`, ``}, {`"`, ``}, {` `, ``}, {`,`, `+`}} {
		list = fmt.Sprintf("replace(%s, '%s', '%s')", list, r[0], r[1])
	}
	return list
}

// where joins conditions.
func where(conditions ...string) string { return " WHERE " + strings.Join(conditions, " AND ") }

// serves keeps records that name the report's objective.
func serves(record string) string {
	return "EXISTS (SELECT 1 FROM marks o WHERE o.facet = 'objective' AND o.value = @objective AND o.record = " + record + ")"
}

// during keeps days of the year. No day, which is empty, is in none.
func during(day string) string { return "(" + day + " >= @from AND " + day + " < @until)" }

func duringAt(instant string) string {
	return "(" + instant + " >= @from_at AND " + instant + " < @until_at)"
}

const (
	// held keeps engagements that took place.
	held = "e.stage IN ('held', 'outcome_recorded', 'closed')"
	// came keeps participants who did not decline.
	came = "p.response <> 'declined'"
)

// sources are the rows behind each indicator, by its code: what counts, since
// when, under which key and with which amount. Every figure is made of these
// very rows, so that it can't differ from the list of them.
func sources(as syntax) map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{
		as.partnerships(), as.commitments(), as.contributions(), as.milestones(), as.initiatives(), as.engagements(), as.organizations(),
		as.consultations(), as.recommendations(), as.advisors(),
	} {
		maps.Copy(all, some)
	}
	return all
}

func (pg syntax) partnerships() map[string]string {
	rows := func(key, day string, conditions ...string) string {
		return "SELECT 'partnership' AS kind, p.id, p.title, " + day + " AS day, " + key + " AS key, 0 AS amount FROM partnerships p" +
			where(append(conditions, serves("p.id"))...)
	}
	const onRecord = "(p.created_at < @until_at OR (p.approved_on <> '' AND p.approved_on < @until))"
	const notOver = "(p.ended_on = '' OR p.ended_on >= @from)"
	return map[string]string{
		"partnerships_by_state": rows("p.stage", pg.day("p.created_at"), onRecord, notOver),
		"partnerships_by_kind":  rows("p.kind", pg.day("p.created_at"), onRecord, notOver),
		"partnerships_new":      rows("''", "p.approved_on", during("p.approved_on")),
		"partnerships_renewed":  rows("''", "p.renewed_on", during("p.renewed_on")),
		"partnerships_closed":   rows("''", "p.ended_on", during("p.ended_on")),
		"reapprovals_overdue":   rows("''", "p.reapproval_due_on", "p.stage = 'reapproval_due'", "p.reapproval_due_on < @until"),
	}
}

// quarterOf names the quarter of 100 points in which a score lies.
func quarterOf(score string) string {
	return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN 'not_scored' WHEN %[1]s < 25 THEN '0_to_24' WHEN %[1]s < 50 THEN '25_to_49' "+
		"WHEN %[1]s < 75 THEN '50_to_74' ELSE '75_to_100' END", score)
}

func (pg syntax) commitments() map[string]string {
	rows := func(key, day, amount string, conditions ...string) string {
		return "SELECT 'commitment' AS kind, c.id, c.title, " + day + " AS day, " + key + " AS key, " + amount + " AS amount FROM commitments c" +
			where(append(conditions, during(day), serves("c.id"))...)
	}
	timely := "CASE WHEN " + pg.days("r.period_until", "r.submitted_on") + " <= 30 THEN 'on_time' ELSE 'late' END"
	return map[string]string{
		"commitments_accepted":       rows("''", "c.accepted_on", "0"),
		"commitments_by_smart_score": rows(quarterOf("c.smart_score"), "c.accepted_on", "0"),
		"commitments_completed": rows("'self_reported'", "c.completed_on", "0") + " UNION ALL " +
			rows("'verified'", "c.verified_on", "0", "c.stage = 'verified_complete'"),
		"commitments_ended":    rows("c.stage", "c.ended_on", "0", "c.accepted_on <> ''"),
		"commitments_promised": rows("c.amount_currency", "c.accepted_on", "c.amount_minor", "c.amount_minor > 0"),
		"progress_reports_on_time": "SELECT 'progress_report' AS kind, r.id, c.title || ', ' || r.period_from || ' to ' || r.period_until AS title, " +
			"r.submitted_on AS day, " + timely + " AS key, 0 AS amount FROM progress_reports r, commitments c" +
			where("c.id = r.commitment", "r.stage <> 'draft'", "r.supersedes = ''", during("r.submitted_on"), serves("c.id")),
	}
}

// contributions are the lines of the ledger. One counts by the partnership or the
// commitment that it is given to, of which the other is empty.
func (pg syntax) contributions() map[string]string {
	rows := func(measure string) string {
		return "SELECT 'contribution_entry' AS kind, e.id, k.description AS title, e.happened_on AS day, e.currency AS key, e.amount_minor AS amount " +
			"FROM contribution_entries e, contributions k" +
			where("k.id = e.contribution", "e.measure = '"+measure+"'", during("e.happened_on"), serves("e.partnership || e.commitment"))
	}
	return map[string]string{
		"resources_pledged": rows("pledged"), "resources_delivered": rows("delivered"), "resources_verified": rows("verified"),
	}
}

func (pg syntax) milestones() map[string]string {
	rows := func(key, day, amount string, conditions ...string) string {
		return "SELECT 'milestone' AS kind, m.id, m.title, " + day + " AS day, " + key + " AS key, " + amount + " AS amount FROM milestones m" +
			where(append(conditions, during(day), serves("m.commitment"))...)
	}
	const reported = "m.stage IN ('reported', 'verified')"
	return map[string]string{
		"milestones_met": rows("'self_reported'", "m.reported_on", "0", reported) + " UNION ALL " +
			rows("'verified'", "m.verified_on", "0", "m.stage = 'verified'"),
		"milestone_slip": rows("''", "m.reported_on", pg.days("m.due_on", "m.reported_on"), reported),
	}
}

func (pg syntax) initiatives() map[string]string {
	cleared := "substr(s.value->>'at', 1, 10)"
	return map[string]string{
		"initiatives_by_stage": "SELECT 'initiative' AS kind, i.id, i.title, " + pg.day("i.created_at") + " AS day, i.stage AS key, 0 AS amount FROM initiatives i" +
			where("i.created_at < @until_at", serves("i.id")),
		// The first hearing of a day is the one at the earliest stage, as the meter has it.
		"initiatives_heard_from_the_outset": `SELECT 'initiative' AS kind, i.id, i.title, f.day, f.heard_group AS key, 0 AS amount FROM initiatives i,
			(SELECT initiative, heard_group, MIN(heard_on) AS day FROM hearings GROUP BY initiative, heard_group) AS f` +
			where("f.initiative = i.id", during("f.day"), serves("i.id"), `EXISTS (SELECT 1 FROM hearings h WHERE h.initiative = i.id
			AND h.heard_group = f.heard_group AND h.heard_on = f.day AND h.stage IN ('agenda', 'scoping'))`),
		"initiatives_cleared_unheard": "SELECT 'initiative' AS kind, i.id, i.title, " + cleared + " AS day, u.value AS key, 0 AS amount FROM initiatives i, " +
			pg.texts("i.unheard", "u") + ", " + pg.each("i.entered", "s") +
			where("s.value->>'stage' = 'clearance'", during(cleared), serves("i.id")),
	}
}

func (pg syntax) engagements() map[string]string {
	rows := func(key, with string, conditions ...string) string {
		return "SELECT 'engagement' AS kind, e.id, e.title, " + pg.day("e.starts_at") + " AS day, " + key + " AS key, 0 AS amount FROM engagements e" + with +
			where(append(conditions, held, duringAt("e.starts_at"), serves("e.id"))...)
	}
	const multilateral = "e.kind = 'multilateral_session'"
	return map[string]string{
		"engagements_held":         rows("e.kind", ""),
		"multilateral_engagements": rows("''", "", multilateral),
		"multilateral_engagements_by_organization": rows("o.legal_name", ", participants p, organizations o", multilateral,
			"p.engagement = e.id", came, "o.id = p.organization", "o.merged_into = ''", "o.type = 'international_organization'"),
		"countries_reached": pg.reached("country"),
		"pillars_reached":   pg.reached("pillar"),
	}
}

// reached are the records at work in the year, once for each word of a facet.
func (pg syntax) reached(facet string) string {
	return `SELECT x.kind, x.id, x.title, x.day, f.value AS key, 0 AS amount FROM marks f, (
		SELECT 'partnership' AS kind, p.id, p.title, p.activated_on AS day FROM partnerships p` +
		where("p.activated_on <> ''", "p.activated_on < @until", "(p.ended_on = '' OR p.ended_on >= @from)") + `
		UNION ALL SELECT 'commitment', c.id, c.title, c.accepted_on FROM commitments c` +
		where("c.accepted_on <> ''", "c.accepted_on < @until", "(c.ended_on = '' OR c.ended_on >= @from)") + `
		UNION ALL SELECT 'engagement', e.id, e.title, ` + pg.day("e.starts_at") + ` FROM engagements e` + where(held, duringAt("e.starts_at")) + `
		) AS x` + where("f.record = x.id", "f.facet = '"+facet+"'", serves("x.id"))
}

func (pg syntax) organizations() map[string]string {
	rows := func(key, having string, conditions ...string) string {
		return "SELECT 'organization' AS kind, o.id, o.legal_name AS title, MIN(" + pg.day("e.starts_at") + ") AS day, " + key + " AS key, 0 AS amount " +
			"FROM organizations o, participants p, engagements e" +
			where(append(conditions, "p.organization = o.id", "o.merged_into = ''", came, "e.id = p.engagement", held, duringAt("e.starts_at"), serves("e.id"))...) +
			" GROUP BY o.id, o.legal_name, o.type" + having
	}
	return map[string]string{
		"organizations_engaged":              rows("''", ""),
		"organizations_engaged_by_type":      rows("o.type", ""),
		"organizations_engaged_repeatedly":   rows("''", " HAVING COUNT(DISTINCT e.id) > 1"),
		"organizations_engaged_survivor_led": rows("''", "", "(o.survivor_led OR o.type = 'survivor_led')"),
		"organizations_engaged_first": rows("''", "", `NOT EXISTS (SELECT 1 FROM participants p, engagements e`+
			where("p.organization = o.id", came, "e.id = p.engagement", held, "e.starts_at < @from_at")+")"),
	}
}

func (pg syntax) consultations() map[string]string {
	rows := func(at, amount string) string {
		return "SELECT 'consultation' AS kind, c.id, c.title, " + pg.day(at) + " AS day, '' AS key, " + amount + " AS amount FROM consultations c" +
			where(duringAt(at), serves("c.id"))
	}
	const people = "CAST(g.value->>'count' AS BIGINT)"
	return map[string]string{
		"consultations_held":  rows("c.closed_at", "0"),
		"responses_published": rows("c.published_at", "0"),
		"days_to_publication": rows("c.published_at", pg.days(pg.day("c.closed_at"), pg.day("c.published_at"))),
		"themes_answered": "SELECT 'theme' AS kind, t.id, t.title, " + pg.day("c.published_at") + " AS day, a.outcome AS key, 0 AS amount " +
			"FROM themes t, responses a, consultations c" +
			where("a.theme = t.id", "c.id = t.consultation", duringAt("c.published_at"), serves("c.id")),
		// Sums of what the results tell can't tell more than they do.
		"consultation_submissions": "SELECT 'consultation' AS kind, c.id, c.title, r.counted_on AS day, " + joined("(g.value->>'categories')") + " AS key, " +
			people + " AS amount FROM consultations c, results r, " + pg.each("r.columns", "g") +
			where("r.consultation = c.id", people+" > 0", during("r.counted_on"), serves("c.id")),
	}
}

func (pg syntax) recommendations() map[string]string {
	rows := func(key, day, amount string, conditions ...string) string {
		return "SELECT 'agency_response' AS kind, a.id, a.agency || ', recommendation ' || r.report_year || '-' || r.number AS title, " +
			day + " AS day, " + key + " AS key, " + amount + " AS amount FROM agency_responses a, recommendations r" +
			where(append(conditions, "r.id = a.recommendation")...)
	}
	judged := "(SELECT MAX(j.value->>'on') FROM " + pg.each("a.assessments", "j") + ")"
	implemented := func(key string, conditions ...string) string {
		return rows(key, "a.implemented_on", "0", append(conditions, "a.stage = 'implemented'", during("a.implemented_on"))...)
	}
	return map[string]string{
		"recommendations_by_agency": rows("a.agency", "a.issued_on", "0", during("a.issued_on")),
		"recommendations_by_state":  rows("a.stage", "a.issued_on", "0", "a.issued_on < @until"),
		"recommendations_assessed":  rows("a.verdict", judged, "0", "a.verdict <> ''", during(judged)),
		"recommendations_implemented": implemented("'self_reported'") + " UNION ALL " +
			implemented("'verified'", "(a.verdict IN ('satisfied', 'partly') OR (a.verdict = '' AND a.assessment_due_on <= @today))"),
		"days_to_first_answer": rows("''", "a.first_answered_on", pg.days("a.issued_on", "a.first_answered_on"), during("a.first_answered_on")),
	}
}

// advisors are the rows of sums alone: they are never listed.
func (pg syntax) advisors() map[string]string {
	rows := func(key string) string {
		return "SELECT 'advisor' AS kind, p.advisor AS id, '' AS title, " + pg.day("e.starts_at") + " AS day, " + key + " AS key, " +
			"p.session_minutes + p.preparation_minutes + p.debriefing_minutes AS amount FROM participants p, engagements e" +
			where("p.kind = 'advisor'", came, "e.id = p.engagement", held, duringAt("e.starts_at"), serves("e.id"))
	}
	return map[string]string{
		"advisor_hours":        rows("''"),
		"advisors_compensated": rows("CASE WHEN p.paid THEN 'paid' ELSE 'unpaid' END"),
	}
}
