-- +goose Up
-- A correction may correct a correction: who wrote any of them verifies none. What 0115 found of the trail is one step of it; a milestone takes over
-- whoever wrote the reports that say it was reached, with all that those correct.
WITH RECURSIVE chain (report, earlier) AS (
	SELECT id, supersedes FROM progress_reports WHERE supersedes <> ''
	UNION SELECT c.report, p.supersedes FROM chain c JOIN progress_reports p ON p.id = c.earlier WHERE p.supersedes <> ''
)
UPDATE progress_reports SET reporters = (SELECT COALESCE('["' || string_agg(w.who, '","') || '"]', '[]') FROM (
	SELECT DISTINCT x.value AS who FROM progress_reports q, {{if .postgres}}json_array_elements_text(q.reporters::json){{else}}json_each(q.reporters){{end}} AS x
		WHERE q.id = progress_reports.id OR q.id IN (SELECT earlier FROM chain WHERE report = progress_reports.id)
) w) WHERE supersedes <> '';

UPDATE milestones SET reporters = (SELECT COALESCE('["' || string_agg(w.who, '","') || '"]', '[]') FROM (
	SELECT x.value AS who FROM milestones m, {{if .postgres}}json_array_elements_text(m.reporters::json){{else}}json_each(m.reporters){{end}} AS x WHERE m.id = milestones.id
	UNION SELECT x.value FROM progress_reports q, {{if .postgres}}json_array_elements_text(q.reporters::json){{else}}json_each(q.reporters){{end}} AS x
		WHERE q.commitment = milestones.commitment AND q.stage <> 'draft' AND q.deliveries LIKE '%' || milestones.id || '%'
) w) WHERE reported_by <> '';
