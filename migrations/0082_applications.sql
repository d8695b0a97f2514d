-- +goose Up
-- What organizations say that ask to be vetted. What was said lies sealed, and is erased in time.
CREATE TABLE applications (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	receipt      {{.text}} NOT NULL UNIQUE,
	stage        {{.text}} NOT NULL CHECK (stage IN ('received', 'accepted', 'declined', 'withdrawn', 'lapsed')),
	received_on  {{.text}} NOT NULL,
	-- Empty once it is erased.
	sealed       {{.bytes}},
	organization {{.text}} NOT NULL DEFAULT '',
	role         {{.text}} NOT NULL DEFAULT '',
	finding      {{.text}} NOT NULL DEFAULT '',
	invitation   {{.text}} NOT NULL DEFAULT '',
	decided_by   {{.text}} NOT NULL DEFAULT '',
	decided_on   {{.text}} NOT NULL DEFAULT '',
	CHECK ((stage = 'accepted') = (organization <> ''))
);
CREATE INDEX applications_created ON applications (created_at, id);
CREATE INDEX applications_stage ON applications (stage, created_at, id);

-- An identifier is looked up as a name is, for what is not on file yet. What has no keys yet gets all of them later.
INSERT INTO organization_keys (name_key, organization)
	SELECT DISTINCT 'i:' || scheme || ':' || value, organization FROM organization_identifiers
	WHERE organization IN (SELECT organization FROM organization_keys);
