-- +goose Up
CREATE TABLE consultations (
	id                {{.text}} PRIMARY KEY,
	version           INTEGER NOT NULL,
	created_at        {{.time}} NOT NULL,
	updated_at        {{.time}} NOT NULL,
	objectives        {{.text}} NOT NULL,
	contributes_to    {{.text}} NOT NULL,
	pillars           {{.text}} NOT NULL,
	trafficking_types {{.text}} NOT NULL,
	topics            {{.text}} NOT NULL,
	countries         {{.text}} NOT NULL,
	for_public        BOOLEAN NOT NULL,
	for_advisors      BOOLEAN NOT NULL,
	types             {{.text}} NOT NULL,
	organizations     {{.text}} NOT NULL,
	council           {{.text}} NOT NULL DEFAULT '',
	excluded          {{.text}} NOT NULL,
	initiative        {{.text}} NOT NULL DEFAULT '',
	title             {{.text}} NOT NULL,
	purpose           {{.text}} NOT NULL,
	introduction      {{.text}} NOT NULL,
	use_of_answers    {{.text}} NOT NULL,
	questions         {{.text}} NOT NULL,
	opens_at          {{.time}} NOT NULL,
	closes_at         {{.time}} NOT NULL,
	time_zone         {{.text}} NOT NULL,
	threshold         INTEGER NOT NULL CHECK (threshold >= 1),
	stage             {{.text}} NOT NULL CHECK (stage IN ('draft', 'clearance', 'scheduled', 'open', 'paused', 'closed', 'analysis',
		'response_drafting', 'response_published', 'archived')),
	stage_reason      {{.text}} NOT NULL,
	requested_by      {{.text}} NOT NULL DEFAULT '',
	results_published BOOLEAN NOT NULL,
	closed_at         {{.time}},
	published_at      {{.time}},
	CHECK (opens_at < closes_at)
);
CREATE INDEX consultations_created ON consultations (created_at, id);
CREATE INDEX consultations_closes ON consultations (closes_at, id);
CREATE INDEX consultations_title ON consultations (title, id);
CREATE INDEX consultations_stage ON consultations (stage, created_at, id);
CREATE INDEX consultations_initiative ON consultations (initiative, created_at, id);

CREATE TABLE submissions (
	id              {{.text}} PRIMARY KEY,
	version         INTEGER NOT NULL,
	created_at      {{.time}} NOT NULL,
	updated_at      {{.time}} NOT NULL,
	consultation    {{.text}} NOT NULL REFERENCES consultations (id),
	stage           {{.text}} NOT NULL CHECK (stage IN ('draft', 'submitted', 'accepted', 'withheld', 'withdrawn')),
	received        BOOLEAN NOT NULL,
	received_on     {{.text}} NOT NULL,
	attribution     {{.text}} NOT NULL,
	category        {{.text}} NOT NULL,
	organization    {{.text}} NOT NULL DEFAULT '',
	alias           {{.text}} NOT NULL,
	receipt         {{.text}} NOT NULL,
	number          INTEGER NOT NULL,
	digest          {{.text}} NOT NULL,
	withheld_reason {{.text}} NOT NULL,
	-- Of what was withdrawn nothing is kept.
	CHECK (stage <> 'withdrawn' OR (received_on = '' AND attribution = '' AND category = '' AND organization = ''
		AND alias = '' AND number = 0 AND digest = '' AND withheld_reason = '')),
	CHECK (stage = 'withdrawn' OR attribution IN ('attributed', 'organization', 'pseudonymous', 'anonymous'))
);
CREATE INDEX submissions_created ON submissions (created_at, id);
CREATE INDEX submissions_consultation ON submissions (consultation, stage, created_at, id);
CREATE UNIQUE INDEX submissions_receipt ON submissions (receipt) WHERE receipt <> '';
CREATE UNIQUE INDEX submissions_alias ON submissions (consultation, alias) WHERE alias <> '';

-- Who wrote a submission: only the author is led to it from here, and only
-- while it is not withdrawn.
CREATE TABLE submission_authors (
	submission   {{.text}} PRIMARY KEY,
	consultation {{.text}} NOT NULL,
	organization {{.text}} NOT NULL DEFAULT '',
	advisor      {{.text}} NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX submission_authors_organization ON submission_authors (organization, consultation) WHERE organization <> '';
CREATE UNIQUE INDEX submission_authors_advisor ON submission_authors (advisor, consultation) WHERE advisor <> '';

-- The key of each submission's contents and messages, wrapped by the master
-- key. Deleting the row destroys them.
CREATE TABLE submission_keys (
	submission {{.text}} PRIMARY KEY,
	wrapped    {{.bytes}} NOT NULL
);

CREATE TABLE submission_versions (
	submission  {{.text}} NOT NULL REFERENCES submissions (id),
	number      INTEGER NOT NULL,
	received_on {{.text}} NOT NULL,
	digest      {{.text}} NOT NULL,
	sealed      {{.bytes}} NOT NULL,
	PRIMARY KEY (submission, number)
);

CREATE TABLE messages (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL,
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	submission  {{.text}} NOT NULL REFERENCES submissions (id),
	number      INTEGER NOT NULL,
	from_office BOOLEAN NOT NULL,
	sent_on     {{.text}} NOT NULL,
	sealed      {{.bytes}} NOT NULL,
	UNIQUE (submission, number)
);

CREATE TABLE themes (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	consultation {{.text}} NOT NULL REFERENCES consultations (id),
	title        {{.text}} NOT NULL,
	definition   {{.text}} NOT NULL,
	stage        {{.text}} NOT NULL CHECK (stage IN ('active', 'retired'))
);
CREATE INDEX themes_consultation ON themes (consultation, created_at, id);

CREATE TABLE codebooks (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	consultation {{.text}} NOT NULL REFERENCES consultations (id),
	number       INTEGER NOT NULL,
	themes       {{.text}} NOT NULL,
	UNIQUE (consultation, number)
);

CREATE TABLE codings (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	consultation {{.text}} NOT NULL REFERENCES consultations (id),
	submission   {{.text}} NOT NULL REFERENCES submissions (id),
	question     {{.text}} NOT NULL,
	theme        {{.text}} NOT NULL REFERENCES themes (id),
	number       INTEGER NOT NULL,
	codebook     INTEGER NOT NULL,
	coded_by     {{.text}} NOT NULL,
	UNIQUE (submission, question, theme)
);
CREATE INDEX codings_theme ON codings (theme);
CREATE INDEX codings_submission ON codings (submission, created_at, id);

CREATE TABLE responses (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	consultation {{.text}} NOT NULL REFERENCES consultations (id),
	theme        {{.text}} NOT NULL UNIQUE REFERENCES themes (id),
	outcome      {{.text}} NOT NULL CHECK (outcome IN ('adopted', 'adopted_in_part', 'deferred', 'declined', 'out_of_scope')),
	reason       {{.text}} NOT NULL CHECK (reason <> ''),
	link_kind    {{.text}} NOT NULL,
	link_id      {{.text}} NOT NULL
);
CREATE INDEX responses_consultation ON responses (consultation, created_at, id);

CREATE TABLE results (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	consultation {{.text}} NOT NULL UNIQUE REFERENCES consultations (id),
	counted_on   {{.text}} NOT NULL,
	threshold    INTEGER NOT NULL,
	too_few      BOOLEAN NOT NULL,
	total        INTEGER NOT NULL,
	columns      {{.text}} NOT NULL,
	rows         {{.text}} NOT NULL
);
