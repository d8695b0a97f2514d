-- +goose Up
-- An advisor, its safe contact and its vault entry share one id.
CREATE TABLE advisors (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	alias      {{.text}} NOT NULL,
	alias_key  {{.text}} NOT NULL,
	expertise  {{.text}} NOT NULL,
	languages  {{.text}} NOT NULL,
	stage      {{.text}} NOT NULL CHECK (stage IN ('active', 'paused', 'retired')),
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL
);
CREATE UNIQUE INDEX advisors_alias ON advisors (alias_key);
CREATE INDEX advisors_newest ON advisors (created_at, id);

-- One account speaks for an advisor.
CREATE UNIQUE INDEX accounts_advisor ON accounts (advisor) WHERE advisor <> '';

CREATE TABLE safe_contacts (
	id         {{.text}} PRIMARY KEY REFERENCES advisors (id),
	version    INTEGER NOT NULL,
	sealed     {{.bytes}} NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL
);

CREATE TABLE vault_entries (
	id         {{.text}} PRIMARY KEY REFERENCES advisors (id),
	version    INTEGER NOT NULL,
	fields     {{.text}} NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL
);

-- Keys stand alone, so that they can be kept out of backups: a backup without
-- them tells nothing, and an erased advisor does not come back with a restored one.
CREATE TABLE advisor_keys (
	advisor {{.text}} PRIMARY KEY REFERENCES advisors (id),
	wrapped {{.bytes}} NOT NULL
);

CREATE TABLE vault_fields (
	advisor {{.text}} NOT NULL REFERENCES advisors (id),
	field   {{.text}} NOT NULL CHECK (field IN ('legal_name', 'email', 'phone', 'address', 'other')),
	sealed  {{.bytes}} NOT NULL,
	PRIMARY KEY (advisor, field)
);

CREATE TABLE advisory_councils (
	id                      {{.text}} PRIMARY KEY,
	version                 INTEGER NOT NULL,
	name                    {{.text}} NOT NULL,
	statute                 {{.text}} NOT NULL,
	min_seats               INTEGER NOT NULL CHECK (min_seats >= 1),
	seats                   INTEGER NOT NULL CHECK (seats >= min_seats),
	term_years              INTEGER NOT NULL CHECK (term_years >= 1),
	renewals                INTEGER NOT NULL CHECK (renewals >= 0),
	assessment_days         INTEGER NOT NULL CHECK (assessment_days >= 0),
	members_know_each_other BOOLEAN NOT NULL,
	created_at              {{.time}} NOT NULL,
	updated_at              {{.time}} NOT NULL
);
CREATE INDEX advisory_councils_name ON advisory_councils (name, id);

CREATE TABLE terms (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	council    {{.text}} NOT NULL REFERENCES advisory_councils (id),
	advisor    {{.text}} NOT NULL REFERENCES advisors (id),
	begins_on  {{.text}} NOT NULL,
	ends_on    {{.text}} NOT NULL CHECK (ends_on >= begins_on),
	renewal    BOOLEAN NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL
);
CREATE INDEX terms_council ON terms (council, begins_on, id);
CREATE INDEX terms_advisor ON terms (advisor, council, begins_on, ends_on);

CREATE TABLE recommendations (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	council     {{.text}} NOT NULL REFERENCES advisory_councils (id),
	report_year INTEGER NOT NULL,
	number      INTEGER NOT NULL, -- 0 in a draft for which none was chosen
	text        {{.text}} NOT NULL,
	agencies    {{.text}} NOT NULL,
	topics      {{.text}} NOT NULL,
	supersedes  {{.text}} NOT NULL DEFAULT '',
	issued_on   {{.text}} NOT NULL,
	stage       {{.text}} NOT NULL CHECK (stage IN ('draft', 'issued')),
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	CHECK (number >= 1 OR number = 0 AND stage = 'draft')
);
-- Only of what is issued: a number that a draft held would tell of it.
CREATE UNIQUE INDEX recommendations_number ON recommendations (council, report_year, number) WHERE stage = 'issued';
CREATE INDEX recommendations_year ON recommendations (report_year, number, id);

CREATE TABLE agency_responses (
	id                {{.text}} PRIMARY KEY,
	version           INTEGER NOT NULL,
	recommendation    {{.text}} NOT NULL REFERENCES recommendations (id),
	council           {{.text}} NOT NULL REFERENCES advisory_councils (id),
	agency            {{.text}} NOT NULL,
	stage             {{.text}} NOT NULL CHECK (stage IN ('received', 'under_review', 'accepted', 'accepted_in_part', 'declined', 'in_progress', 'implemented', 'overtaken')),
	steps             {{.text}} NOT NULL,
	issued_on         {{.text}} NOT NULL,
	first_answered_on {{.text}} NOT NULL,
	implemented_on    {{.text}} NOT NULL,
	assessment_due_on {{.text}} NOT NULL,
	assessment_days   INTEGER NOT NULL,
	verdict           {{.text}} NOT NULL CHECK (verdict IN ('', 'satisfied', 'partly', 'not_satisfied')),
	assessments       {{.text}} NOT NULL,
	created_at        {{.time}} NOT NULL,
	updated_at        {{.time}} NOT NULL
);
CREATE UNIQUE INDEX agency_responses_agency ON agency_responses (recommendation, agency);
CREATE INDEX agency_responses_stage ON agency_responses (agency, stage, recommendation);
