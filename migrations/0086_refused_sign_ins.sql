-- +goose Up
-- Refused sign-ins of the hour that is not over, counted for the trail's entries. The account is one of the office, or
-- empty.
CREATE TABLE refused_sign_ins (
	hour    {{.time}} NOT NULL,
	account {{.text}} NOT NULL,
	reason  {{.text}} NOT NULL,
	tries   INTEGER NOT NULL CHECK (tries > 0),
	PRIMARY KEY (hour, account, reason)
);

CREATE INDEX audit_entries_event ON audit_entries (event, at, id);
