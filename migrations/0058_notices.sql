-- +goose Up
CREATE TABLE notices (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	account     {{.text}} NOT NULL REFERENCES accounts (id),
	event       {{.text}} NOT NULL,
	record_kind {{.text}} NOT NULL,
	record_id   {{.text}} NOT NULL,
	due_on      {{.text}} NOT NULL,
	occasion    {{.text}} NOT NULL,
	read_at     {{.time}},
	-- One occasion is told once.
	UNIQUE (account, occasion)
);
CREATE INDEX notices_account ON notices (account, created_at, id);
CREATE INDEX notices_unread ON notices (account, created_at, id) WHERE read_at IS NULL;
