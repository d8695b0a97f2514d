-- +goose Up
-- A password of fewer than 15 characters is good only beside a second factor.
ALTER TABLE accounts ADD COLUMN short_password BOOLEAN NOT NULL DEFAULT FALSE;
-- The role of who suspended the account: a partner's admin undoes no admin's doing.
ALTER TABLE accounts ADD COLUMN suspended_by {{.text}} NOT NULL DEFAULT '';

-- When the session's holder last proved who it is, and how it was begun.
ALTER TABLE sessions ADD COLUMN proved_at {{.time}};
ALTER TABLE sessions ADD COLUMN method {{.text}} NOT NULL DEFAULT 'password';

-- Second factors. The secret of an authenticator app and the credential of a passkey are sealed under the master key.
CREATE TABLE factors (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL,
	account    {{.text}} NOT NULL REFERENCES accounts (id),
	kind       {{.text}} NOT NULL CHECK (kind IN ('totp', 'passkey')),
	label      {{.text}} NOT NULL,
	-- The id by which a passkey is found; empty for an authenticator app.
	credential {{.text}} NOT NULL DEFAULT '',
	sealed     {{.bytes}} NOT NULL,
	-- The last time step of an authenticator app's code that was used.
	step       BIGINT NOT NULL DEFAULT 0,
	stage      {{.text}} NOT NULL CHECK (stage IN ('pending', 'active'))
);
CREATE INDEX factors_account ON factors (account, stage);
CREATE UNIQUE INDEX factors_totp ON factors (account) WHERE kind = 'totp';
CREATE UNIQUE INDEX factors_credential ON factors (credential) WHERE credential <> '';

-- Keyed hashes of recovery codes. Using one deletes it.
CREATE TABLE recovery_codes (
	account {{.text}} NOT NULL REFERENCES accounts (id),
	hash    {{.text}} NOT NULL,
	PRIMARY KEY (account, hash)
);

-- What a passkey calls its account: random, and not the account's id.
CREATE TABLE passkey_handles (
	account {{.text}} PRIMARY KEY REFERENCES accounts (id),
	handle  {{.text}} NOT NULL UNIQUE
);

-- Challenges that wait for a passkey's answer, found by their hash. An answer, or another instance, takes it once.
CREATE TABLE ceremonies (
	id         {{.text}} PRIMARY KEY,
	sealed     {{.bytes}} NOT NULL,
	expires_at {{.time}} NOT NULL
);
CREATE INDEX ceremonies_expires ON ceremonies (expires_at);

-- Devices from which an account was signed in, by the hash of a token that each keeps. No address stands here.
CREATE TABLE devices (
	hash       {{.text}} PRIMARY KEY,
	account    {{.text}} NOT NULL REFERENCES accounts (id),
	created_at {{.time}} NOT NULL
);
CREATE INDEX devices_account ON devices (account);

-- Ways back in for who lost a password or a second factor.
CREATE TABLE resets (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	account      {{.text}} NOT NULL REFERENCES accounts (id),
	role         {{.text}} NOT NULL,
	organization {{.text}} NOT NULL DEFAULT '',
	kind         {{.text}} NOT NULL CHECK (kind IN ('password', 'second_factor')),
	stage        {{.text}} NOT NULL CHECK (stage IN ('requested', 'issued', 'used', 'proposed', 'confirmed', 'withdrawn')),
	token_hash   {{.text}} NOT NULL DEFAULT '',
	expires_at   {{.time}},
	proposed_by  {{.text}} NOT NULL DEFAULT ''
);
CREATE INDEX resets_created ON resets (created_at, id);
CREATE INDEX resets_account ON resets (account, stage);
CREATE UNIQUE INDEX resets_token ON resets (token_hash) WHERE token_hash <> '';
