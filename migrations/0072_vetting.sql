-- +goose Up
-- What vetting asks for, version by version. The first is the one shipped.
CREATE TABLE vetting_rules (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL,
	number     INTEGER NOT NULL UNIQUE,
	rules      {{.text}} NOT NULL,
	reminders  {{.text}} NOT NULL,
	written_by {{.text}} NOT NULL
);
INSERT INTO vetting_rules (id, version, created_at, updated_at, number, rules, reminders, written_by) VALUES (
	'6f1f0f0e-5a86-4a55-9c52-0c8f6d1b7a11', 1, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', 1,
	'[{"checks":["sanctions","debarment","conflict_of_interest"]},{"types":["business","business_association"],"checks":["own_forced_labor_allegation"]},{"kinds":["long_term"],"checks":["reputation"]}]',
	'[60,30,7]', '');
CREATE INDEX vetting_rules_created ON vetting_rules (created_at, id);

CREATE TABLE waivers (
	id              {{.text}} PRIMARY KEY,
	version         INTEGER NOT NULL,
	created_at      {{.time}} NOT NULL,
	updated_at      {{.time}} NOT NULL,
	organization    {{.text}} NOT NULL REFERENCES organizations (id),
	kind            {{.text}} NOT NULL,
	reason          {{.text}} NOT NULL,
	expires_on      {{.text}} NOT NULL,
	stage           {{.text}} NOT NULL CHECK (stage IN ('requested', 'granted', 'declined', 'revoked')),
	requested_by    {{.text}} NOT NULL,
	decided_by      {{.text}} NOT NULL,
	decided_on      {{.text}} NOT NULL,
	decision_reason {{.text}} NOT NULL,
	CHECK (decided_by <> requested_by)
);
CREATE INDEX waivers_organization ON waivers (organization, created_at, id);
CREATE INDEX checks_expires ON checks (expires_on, organization) WHERE expires_on <> '';

-- A condition now has a due date and is found fulfilled; what stood as one text becomes one without a date.
UPDATE organizations SET conditions = CASE WHEN conditions = '' THEN '[]'
{{if .postgres}}	ELSE json_build_array(json_build_object('text', conditions))::text END;
{{else}}	ELSE json_array(json_object('text', conditions)) END;
{{end}}
ALTER TABLE organizations ADD COLUMN vetting_rules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN approved_by {{.text}} NOT NULL DEFAULT '';
ALTER TABLE organizations ADD COLUMN approved_on {{.text}} NOT NULL DEFAULT '';
UPDATE organizations SET vetting_rules = 1 WHERE stage IN ('approved', 'approved_with_conditions', 'suspended', 'expired', 'debarred');

-- For which lapse to come a task was opened, so that it is opened once.
CREATE TABLE vetting_reminders (
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	kind         {{.text}} NOT NULL,
	lapses_on    {{.text}} NOT NULL,
	PRIMARY KEY (organization, kind, lapses_on)
);
