-- +goose Up
-- Which liaisons look after an advisor: they alone read how to reach one.
CREATE TABLE assignments (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	advisor     {{.text}} NOT NULL REFERENCES advisors (id),
	liaison     {{.text}} NOT NULL REFERENCES accounts (id),
	assigned_by {{.text}} NOT NULL,
	ended_by    {{.text}} NOT NULL DEFAULT '',
	ended_at    {{.time}},
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL
);
CREATE UNIQUE INDEX assignments_now ON assignments (advisor, liaison) WHERE ended_at IS NULL;
CREATE INDEX assignments_of ON assignments (liaison) WHERE ended_at IS NULL;
CREATE INDEX assignments_newest ON assignments (advisor, created_at, id);

-- Whoever added an advisor knows them. Where that is no liaison any more, a custodian
-- assigns one.
INSERT INTO assignments (id, version, advisor, liaison, assigned_by, created_at, updated_at)
SELECT e.id, 1, a.id, l.id, l.id, e.at, e.at FROM audit_entries e
JOIN advisors a ON a.id = e.record JOIN accounts l ON l.id = e.actor AND l.role = 'liaison'
WHERE e.record_kind = 'advisors' AND e.event = 'advisor.created';
