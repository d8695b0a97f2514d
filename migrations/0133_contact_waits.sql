-- +goose Up
-- A change of how an advisor is reached waits beside what holds, sealed under the same key.
ALTER TABLE safe_contacts ADD COLUMN waiting_sealed {{.bytes}};
ALTER TABLE safe_contacts ADD COLUMN takes_effect_at {{.time}};
ALTER TABLE safe_contacts ADD COLUMN token_hash {{.text}} NOT NULL DEFAULT '';
CREATE UNIQUE INDEX safe_contacts_token ON safe_contacts (token_hash) WHERE token_hash <> '';
