-- +goose Up
-- Whether it was ever signed in to: by no row of a device or a session, since these go.
ALTER TABLE accounts ADD COLUMN signed_in BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE accounts SET signed_in = TRUE WHERE id IN (SELECT account FROM devices) OR id IN (SELECT account FROM sessions);
