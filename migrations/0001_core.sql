-- +goose Up
CREATE TABLE accounts (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	login        {{.text}} NOT NULL UNIQUE,
	name         {{.text}} NOT NULL,
	role         {{.text}} NOT NULL CHECK (role IN ('admin', 'staff', 'liaison', 'custodian', 'auditor', 'partner_admin', 'partner', 'advisor')),
	organization {{.text}} NOT NULL DEFAULT '',
	advisor      {{.text}} NOT NULL DEFAULT '',
	office       {{.text}} NOT NULL DEFAULT '',
	password     {{.text}} NOT NULL,
	stage        {{.text}} NOT NULL CHECK (stage IN ('active', 'suspended')),
	stage_reason {{.text}} NOT NULL DEFAULT '',
	-- A partner belongs to one organization, an advisor's account to one advisor, nobody else to either.
	CHECK ((role IN ('partner', 'partner_admin')) = (organization <> '')),
	CHECK ((role = 'advisor') = (advisor <> ''))
);
CREATE INDEX accounts_created ON accounts (created_at, id);
CREATE INDEX accounts_name ON accounts (name, id);
CREATE INDEX accounts_organization ON accounts (organization);

CREATE TABLE sessions (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL,
	account    {{.text}} NOT NULL REFERENCES accounts (id),
	generation INTEGER NOT NULL,
	expires_at {{.time}} NOT NULL,
	ended_at   {{.time}},
	end_reason {{.text}} NOT NULL DEFAULT ''
);
CREATE INDEX sessions_account ON sessions (account);

CREATE TABLE invitations (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	token_hash   {{.text}} NOT NULL UNIQUE,
	role         {{.text}} NOT NULL,
	organization {{.text}} NOT NULL DEFAULT '',
	advisor      {{.text}} NOT NULL DEFAULT '',
	office       {{.text}} NOT NULL DEFAULT '',
	invited_by   {{.text}} NOT NULL DEFAULT '',
	expires_at   {{.time}} NOT NULL,
	account      {{.text}} NOT NULL DEFAULT '',
	stage        {{.text}} NOT NULL CHECK (stage IN ('pending', 'accepted', 'revoked'))
);
CREATE INDEX invitations_created ON invitations (created_at, id);

-- Private halves are sealed under the master key.
CREATE TABLE signing_keys (
	id         {{.text}} PRIMARY KEY,
	created_at {{.time}} NOT NULL,
	sealed     {{.bytes}} NOT NULL,
	retired_at {{.time}}
);

CREATE TABLE audit_entries (
	id             {{.text}} PRIMARY KEY,
	at             {{.time}} NOT NULL,
	actor          {{.text}} NOT NULL,
	role           {{.text}} NOT NULL,
	event          {{.text}} NOT NULL,
	record_kind    {{.text}} NOT NULL,
	record         {{.text}} NOT NULL,
	record_version INTEGER NOT NULL,
	note           {{.text}} NOT NULL,
	request        {{.text}} NOT NULL
);
CREATE INDEX audit_entries_at ON audit_entries (at, id);
CREATE INDEX audit_entries_record ON audit_entries (record, at, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor, at, id);
{{if .postgres}}
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN
	SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN
	SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
-- +goose StatementEnd
{{end}}
CREATE TABLE jobs (
	id         {{.text}} PRIMARY KEY,
	kind       {{.text}} NOT NULL,
	payload    {{.text}} NOT NULL,
	run_at     {{.time}} NOT NULL,
	attempts   INTEGER NOT NULL DEFAULT 0,
	claimed_at {{.time}},
	last_error {{.text}} NOT NULL DEFAULT '',
	state      {{.text}} NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead')),
	created_at {{.time}} NOT NULL
);
CREATE INDEX jobs_due ON jobs (state, run_at, id);

CREATE TABLE idempotency_keys (
	id          {{.text}} PRIMARY KEY,
	fingerprint {{.text}} NOT NULL,
	answered_at {{.time}} NOT NULL,
	answer      {{.bytes}} NOT NULL
);
CREATE INDEX idempotency_keys_answered ON idempotency_keys (answered_at);
{{if .postgres}}
-- English endings, but no stop words: in names they count ("The Who", "IT").
CREATE TEXT SEARCH DICTIONARY accord_stem (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION accord (COPY = english);
ALTER TEXT SEARCH CONFIGURATION accord ALTER MAPPING REPLACE english_stem WITH accord_stem;
CREATE TABLE search_documents (
	record {{.text}} PRIMARY KEY,
	body   TEXT NOT NULL,
	words  TSVECTOR NOT NULL GENERATED ALWAYS AS (to_tsvector('accord', body)) STORED
);
CREATE INDEX search_documents_words ON search_documents USING gin (words);
{{else}}
CREATE VIRTUAL TABLE search_documents USING fts5 (record UNINDEXED, body, tokenize = 'porter unicode61');
CREATE TABLE search_rows (record TEXT PRIMARY KEY, row INTEGER NOT NULL);
{{end}}
