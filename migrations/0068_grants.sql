-- +goose Up
CREATE TABLE role_grants (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	account     {{.text}} NOT NULL REFERENCES accounts (id),
	was         {{.text}} NOT NULL,
	role        {{.text}} NOT NULL CHECK (role IN ('admin', 'staff', 'liaison', 'custodian', 'auditor')),
	office      {{.text}} NOT NULL,
	reason      {{.text}} NOT NULL,
	proposed_by {{.text}} NOT NULL,
	decided_by  {{.text}} NOT NULL DEFAULT '',
	stage       {{.text}} NOT NULL CHECK (stage IN ('proposed', 'approved', 'declined')),
	-- Nobody gives a role to themselves, and none of these alone.
	CHECK (proposed_by <> account AND decided_by <> account),
	CHECK (stage <> 'approved' OR role NOT IN ('admin', 'liaison', 'custodian') OR decided_by <> proposed_by)
);
CREATE INDEX role_grants_created ON role_grants (created_at, id);

ALTER TABLE accounts ADD COLUMN brought_by {{.text}} NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN brought_at {{.time}};

-- An invitation that one admin made to a role that takes two waits from now on.
ALTER TABLE invitations ADD COLUMN awaits BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE invitations SET awaits = TRUE WHERE stage = 'pending' AND invited_by <> '' AND role IN ('admin', 'liaison', 'custodian');
