-- +goose Up
CREATE TABLE organizations (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	legal_name   {{.text}} NOT NULL,
	name_key     {{.text}} NOT NULL,
	other_names  {{.text}} NOT NULL,
	type         {{.text}} NOT NULL,
	survivor_led BOOLEAN NOT NULL,
	attested_by  {{.text}} NOT NULL,
	identifiers  {{.text}} NOT NULL,
	parent       {{.text}} NOT NULL DEFAULT '',
	website      {{.text}} NOT NULL,
	country      {{.text}} NOT NULL,
	sector       {{.text}} NOT NULL,
	languages    {{.text}} NOT NULL,
	stage        {{.text}} NOT NULL CHECK (stage IN ('draft', 'intake', 'screening', 'due_diligence', 'legal_ethics_review',
		'approved', 'approved_with_conditions', 'declined', 'suspended', 'expired', 'debarred')),
	conditions   {{.text}} NOT NULL,
	stage_reason {{.text}} NOT NULL,
	submitted_by {{.text}} NOT NULL DEFAULT ''
);
CREATE INDEX organizations_created ON organizations (created_at, id);
CREATE INDEX organizations_name ON organizations (name_key, id);
CREATE INDEX organizations_stage ON organizations (stage, created_at, id);

CREATE TABLE organization_identifiers (
	scheme       {{.text}} NOT NULL,
	value        {{.text}} NOT NULL,
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	PRIMARY KEY (scheme, value)
);
CREATE INDEX organization_identifiers_organization ON organization_identifiers (organization);

CREATE TABLE contacts (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	name         {{.text}} NOT NULL,
	title        {{.text}} NOT NULL,
	email        {{.text}} NOT NULL,
	phone        {{.text}} NOT NULL
);
CREATE INDEX contacts_organization ON contacts (organization, created_at, id);

CREATE TABLE checks (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	kind         {{.text}} NOT NULL,
	result       {{.text}} NOT NULL CHECK (result IN ('pending', 'clear', 'concern', 'hit')),
	requested_by {{.text}} NOT NULL,
	reviewer     {{.text}} NOT NULL,
	source       {{.text}} NOT NULL,
	evidence     {{.text}} NOT NULL,
	checked_on   {{.text}} NOT NULL,
	expires_on   {{.text}} NOT NULL
);
CREATE INDEX checks_organization ON checks (organization, created_at, id);
