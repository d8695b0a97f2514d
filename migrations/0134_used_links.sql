-- +goose Up
-- Links to files that were used, by their SHA-256, until they would have run out: each is good once, on every instance.
CREATE TABLE used_links (
	id         {{.text}} PRIMARY KEY,
	expires_at {{.time}} NOT NULL
);
CREATE INDEX used_links_expires ON used_links (expires_at);
