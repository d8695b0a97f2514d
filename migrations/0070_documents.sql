-- +goose Up
-- A document belongs to one record, of whatever kind; its contents lie elsewhere, sealed.
CREATE TABLE documents (
	id            {{.text}} PRIMARY KEY,
	version       INTEGER NOT NULL,
	created_at    {{.time}} NOT NULL,
	updated_at    {{.time}} NOT NULL,
	parent_kind   {{.text}} NOT NULL CHECK (parent_kind IN ('organization', 'check', 'partnership', 'commitment', 'milestone',
		'progress_report', 'verification', 'engagement', 'consultation', 'submission')),
	parent        {{.text}} NOT NULL,
	internal      BOOLEAN NOT NULL,
	protected     BOOLEAN NOT NULL,
	title         {{.text}} NOT NULL,
	stage         {{.text}} NOT NULL CHECK (stage IN ('kept', 'removed')),
	organization  {{.text}} NOT NULL DEFAULT '',
	number        INTEGER NOT NULL CHECK (number > 0),
	remove_reason {{.text}} NOT NULL DEFAULT ''
);
CREATE INDEX documents_parent ON documents (parent, parent_kind, created_at, id);
CREATE INDEX documents_created ON documents (created_at, id);
CREATE INDEX documents_organization ON documents (organization) WHERE organization <> '';

CREATE TABLE document_versions (
	document   {{.text}} NOT NULL REFERENCES documents (id),
	number     INTEGER NOT NULL,
	file_name  {{.text}} NOT NULL,
	media_type {{.text}} NOT NULL,
	size       BIGINT NOT NULL,
	sha256     {{.text}} NOT NULL,
	scan       {{.text}} NOT NULL CHECK (scan IN ('not_scanned', 'pending', 'clean', 'infected', 'failed')),
	scanned_on {{.text}} NOT NULL DEFAULT '',
	sent_by    {{.text}} NOT NULL DEFAULT '',
	sent_on    {{.text}} NOT NULL,
	-- Both are empty once the content is destroyed.
	blob       {{.text}} NOT NULL DEFAULT '',
	sealed_key {{.bytes}},
	PRIMARY KEY (document, number)
);
CREATE UNIQUE INDEX document_versions_blob ON document_versions (blob) WHERE blob <> '';

-- The key under which the keys of a document's contents are sealed, under the master key. A submission's documents
-- have none: theirs are sealed under the submission's own, and go with it.
CREATE TABLE document_keys (
	document {{.text}} PRIMARY KEY REFERENCES documents (id),
	wrapped  {{.bytes}} NOT NULL
);

-- A file that arrives piece by piece.
CREATE TABLE uploads (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	account     {{.text}} NOT NULL,
	document    {{.text}} NOT NULL DEFAULT '',
	parent_kind {{.text}} NOT NULL,
	parent      {{.text}} NOT NULL,
	title       {{.text}} NOT NULL DEFAULT '',
	internal    BOOLEAN NOT NULL,
	file_name   {{.text}} NOT NULL,
	sha256      {{.text}} NOT NULL DEFAULT '',
	size        BIGINT NOT NULL,
	arrived     BIGINT NOT NULL,
	parts       INTEGER NOT NULL,
	expires_at  {{.time}} NOT NULL,
	sealed_key  {{.bytes}} NOT NULL
);
CREATE INDEX uploads_account ON uploads (account);
CREATE INDEX uploads_expires ON uploads (expires_at);

CREATE TABLE upload_parts (
	upload {{.text}} NOT NULL REFERENCES uploads (id),
	number INTEGER NOT NULL,
	blob   {{.text}} NOT NULL UNIQUE,
	size   BIGINT NOT NULL,
	PRIMARY KEY (upload, number)
);
