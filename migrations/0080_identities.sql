-- +goose Up
-- Who signs in to which account by the word of an OpenID provider.
CREATE TABLE identities (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL,
	account    {{.text}} NOT NULL REFERENCES accounts (id),
	-- The provider's address, and a keyed hash of whom it means.
	issuer     {{.text}} NOT NULL,
	subject    {{.text}} NOT NULL
);
CREATE UNIQUE INDEX identities_subject ON identities (issuer, subject);
CREATE UNIQUE INDEX identities_account ON identities (account, issuer);
