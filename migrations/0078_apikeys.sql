-- +goose Up
-- Keys by which programs act for accounts. Of a key only the hashes of its secret, and of the one before, are here.
CREATE TABLE api_keys (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	account      {{.text}} NOT NULL REFERENCES accounts (id),
	organization {{.text}} NOT NULL DEFAULT '',
	name         {{.text}} NOT NULL,
	actions      {{.text}} NOT NULL,
	ranges       {{.text}} NOT NULL,
	expires_at   {{.time}} NOT NULL,
	secret       {{.text}} NOT NULL UNIQUE,
	former       {{.text}} NOT NULL DEFAULT '',
	former_until {{.time}},
	last_used_on {{.text}} NOT NULL DEFAULT '',
	revoked_at   {{.time}}
);
CREATE INDEX api_keys_created ON api_keys (created_at, id);
CREATE INDEX api_keys_account ON api_keys (account, created_at, id);
CREATE INDEX api_keys_organization ON api_keys (organization, created_at, id) WHERE organization <> '';
CREATE UNIQUE INDEX api_keys_former ON api_keys (former) WHERE former <> '';
