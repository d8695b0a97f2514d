-- +goose Up
-- What organizations' names are looked up by, to find those that may be one.
CREATE TABLE organization_keys (
	name_key     {{.text}} NOT NULL,
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	PRIMARY KEY (name_key, organization)
);
CREATE INDEX organization_keys_organization ON organization_keys (organization);
-- From which others somebody has told it apart.
ALTER TABLE organizations ADD COLUMN distinctions {{.text}} NOT NULL DEFAULT '[]';
