-- +goose Up
-- The day on which a key was last refused because of the address that it was used from.
ALTER TABLE api_keys ADD COLUMN refused_on {{.text}} NOT NULL DEFAULT '';
CREATE INDEX api_keys_expires ON api_keys (expires_at) WHERE revoked_at IS NULL;
