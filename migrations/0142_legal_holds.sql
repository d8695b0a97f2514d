-- +goose Up
CREATE TABLE legal_holds (
	id            {{.text}} PRIMARY KEY,
	version       INTEGER NOT NULL,
	created_at    {{.time}} NOT NULL,
	updated_at    {{.time}} NOT NULL,
	advisor       {{.text}} NOT NULL REFERENCES advisors (id),
	kind          {{.text}} NOT NULL CHECK (kind IN ('order', 'proceedings', 'request')),
	reference     {{.text}} NOT NULL,
	ends_on       {{.text}} NOT NULL,
	proposed_by   {{.text}} NOT NULL,
	decided_by    {{.text}} NOT NULL DEFAULT '',
	confirmed_on  {{.text}} NOT NULL DEFAULT '',
	lifted_by     {{.text}} NOT NULL DEFAULT '',
	stage         {{.text}} NOT NULL CHECK (stage IN ('proposed', 'confirmed', 'declined', 'lifted', 'ended')),
	-- It takes two, and has an end.
	CHECK (stage IN ('proposed', 'declined') OR decided_by <> '' AND decided_by <> proposed_by),
	CHECK (confirmed_on = '' OR confirmed_on < ends_on)
);
CREATE INDEX legal_holds_created ON legal_holds (created_at, id);
CREATE INDEX legal_holds_advisor ON legal_holds (advisor, stage, ends_on);
CREATE INDEX legal_holds_ends ON legal_holds (ends_on) WHERE stage = 'confirmed';

-- What was erased or replaced while a hold worked. It lies apart from what opens the vault,
-- so that nothing which looks there finds it.
CREATE TABLE held_keys (
	mark    {{.text}} PRIMARY KEY,
	advisor {{.text}} NOT NULL REFERENCES advisors (id),
	wrapped {{.bytes}} NOT NULL,
	until   {{.text}} NOT NULL DEFAULT '' -- set after a restore, where the hold may be lost
);
CREATE INDEX held_keys_advisor ON held_keys (advisor);

CREATE TABLE held_fields (
	id      {{.text}} PRIMARY KEY,
	advisor {{.text}} NOT NULL REFERENCES advisors (id),
	field   {{.text}} NOT NULL,
	sealed  {{.bytes}} NOT NULL
);
CREATE INDEX held_fields_advisor ON held_fields (advisor);
