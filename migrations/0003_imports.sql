-- +goose Up
CREATE TABLE imports (
	id            {{.text}} PRIMARY KEY,
	version       INTEGER NOT NULL,
	created_at    {{.time}} NOT NULL,
	updated_at    {{.time}} NOT NULL,
	register      {{.text}} NOT NULL,
	entity        {{.text}} NOT NULL,
	file_name     {{.text}} NOT NULL,
	mapping       {{.text}} NOT NULL,
	dry_run       BOOLEAN NOT NULL,
	requested_by  {{.text}} NOT NULL,
	stage         {{.text}} NOT NULL CHECK (stage IN ('queued', 'running', 'done', 'failed')),
	total         INTEGER NOT NULL,
	read          INTEGER NOT NULL,
	created       INTEGER NOT NULL,
	matched       INTEGER NOT NULL,
	skipped       INTEGER NOT NULL,
	refused       INTEGER NOT NULL,
	organizations INTEGER NOT NULL,
	started_at    {{.time}},
	finished_at   {{.time}},
	failure       {{.text}} NOT NULL
);
CREATE INDEX imports_created ON imports (created_at, id);

-- A file waits here for its runner and goes when it is loaded.
CREATE TABLE import_files (
	import  {{.text}} PRIMARY KEY REFERENCES imports (id),
	content {{.bytes}} NOT NULL
);

CREATE TABLE import_refusals (
	id     {{.text}} PRIMARY KEY,
	import {{.text}} NOT NULL REFERENCES imports (id),
	row    INTEGER NOT NULL,
	field  {{.text}} NOT NULL,
	header {{.text}} NOT NULL,
	cell   {{.text}} NOT NULL,
	value  {{.text}} NOT NULL,
	reason {{.text}} NOT NULL
);
CREATE INDEX import_refusals_row ON import_refusals (import, row, id);

-- Which record a register's key became, so that a file read again changes nothing.
CREATE TABLE import_keys (
	register {{.text}} NOT NULL,
	key      {{.text}} NOT NULL,
	record   {{.text}} NOT NULL,
	PRIMARY KEY (register, key)
);
