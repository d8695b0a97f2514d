-- +goose Up
-- What an organization is to another, and what a member lets its association do.
CREATE TABLE relationships (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	kind         {{.text}} NOT NULL CHECK (kind IN ('member_of', 'subsidiary_of', 'affiliate_of', 'fiscally_sponsored_by')),
	other        {{.text}} NOT NULL REFERENCES organizations (id),
	starts_on    {{.text}} NOT NULL,
	ends_on      {{.text}} NOT NULL,
	evidence     {{.text}} NOT NULL,
	recorded_by  {{.text}} NOT NULL,
	CHECK (organization <> other)
);
CREATE INDEX relationships_organization ON relationships (organization, created_at, id);
CREATE INDEX relationships_other ON relationships (other, created_at, id);

CREATE TABLE mandates (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	relationship {{.text}} NOT NULL REFERENCES relationships (id),
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	holder       {{.text}} NOT NULL REFERENCES organizations (id),
	powers       {{.text}} NOT NULL,
	starts_on    {{.text}} NOT NULL,
	ends_on      {{.text}} NOT NULL,
	stage        {{.text}} NOT NULL CHECK (stage IN ('granted', 'revoked')),
	granted_by   {{.text}} NOT NULL,
	revoked_by   {{.text}} NOT NULL DEFAULT '',
	revoked_on   {{.text}} NOT NULL DEFAULT ''
);
CREATE INDEX mandates_relationship ON mandates (relationship, created_at, id);
CREATE INDEX mandates_standing ON mandates (holder, organization, stage);
