-- +goose Up
-- Everyone who ever wrote or sent a report, or a milestone's: none of them verifies it. Who did so far is in the trail, by an account or its key.
ALTER TABLE progress_reports ADD COLUMN reporters {{.text}} NOT NULL DEFAULT '[]';
ALTER TABLE milestones ADD COLUMN reporters {{.text}} NOT NULL DEFAULT '[]';

UPDATE progress_reports SET reporters = (SELECT COALESCE('["' || string_agg(w.who, '","') || '"]', '[]') FROM (
	SELECT progress_reports.written_by AS who UNION SELECT progress_reports.submitted_by
	UNION SELECT COALESCE(k.account, e.actor) FROM audit_entries e LEFT JOIN api_keys k ON k.id = e.actor
		WHERE e.record IN (progress_reports.id, progress_reports.supersedes) AND e.event IN ('progress_report.created', 'progress_report.edited', 'progress_report.submitted')
) w WHERE w.who <> '');

UPDATE milestones SET reporters = (SELECT COALESCE('["' || string_agg(w.who, '","') || '"]', '[]') FROM (
	SELECT milestones.reported_by AS who
	UNION SELECT COALESCE(k.account, e.actor) FROM audit_entries e LEFT JOIN api_keys k ON k.id = e.actor
		WHERE e.record = milestones.id AND e.event = 'milestone.reported'
	UNION SELECT COALESCE(k.account, e.actor) FROM progress_reports p JOIN audit_entries e ON e.record = p.id LEFT JOIN api_keys k ON k.id = e.actor
		WHERE p.commitment = milestones.commitment AND p.stage <> 'draft' AND p.deliveries LIKE '%' || milestones.id || '%'
		AND e.event IN ('progress_report.created', 'progress_report.edited', 'progress_report.submitted')
) w WHERE w.who <> '') WHERE reported_by <> '';
