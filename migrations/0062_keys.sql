-- +goose Up
-- A key of before signs from the day on which it was made; its kid follows from its private half.
ALTER TABLE signing_keys RENAME TO signing_keys_before;
CREATE TABLE signing_keys (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	k_id        {{.text}} NOT NULL,
	-- The private half, sealed under the master key; empty once the key is retired.
	sealed      {{.bytes}} NOT NULL,
	signs_from  {{.time}} NOT NULL,
	retired_at  {{.time}}
);
INSERT INTO signing_keys (id, version, created_at, updated_at, k_id, sealed, signs_from, retired_at)
	SELECT id, 1, created_at, created_at, '', sealed, created_at, retired_at FROM signing_keys_before;
DROP TABLE signing_keys_before;
