-- +goose Up
CREATE TABLE initiatives (
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
	title             {{.text}} NOT NULL,
	summary           {{.text}} NOT NULL,
	lead_office       {{.text}} NOT NULL,
	stage             {{.text}} NOT NULL CHECK (stage IN ('agenda', 'scoping', 'drafting', 'clearance', 'final', 'implementation', 'evaluation')),
	entered           {{.text}} NOT NULL,
	unheard           {{.text}} NOT NULL,
	unheard_reason    {{.text}} NOT NULL,
	-- Clearance began with a group unheard only for a reason.
	CHECK ((unheard = '[]') = (unheard_reason = ''))
);
CREATE INDEX initiatives_created ON initiatives (created_at, id);
CREATE INDEX initiatives_title ON initiatives (title, id);
CREATE INDEX initiatives_stage ON initiatives (stage, created_at, id);

CREATE TABLE engagements (
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
	initiative        {{.text}} NOT NULL DEFAULT '',
	kind              {{.text}} NOT NULL CHECK (kind IN ('meeting', 'roundtable', 'briefing', 'training', 'site_visit',
		'multilateral_session', 'consultation_session', 'cohosted_event', 'correspondence')),
	title             {{.text}} NOT NULL,
	starts_at         {{.time}} NOT NULL,
	ends_at           {{.time}} NOT NULL,
	time_zone         {{.text}} NOT NULL,
	location          {{.text}} NOT NULL,
	agenda            {{.text}} NOT NULL,
	private_notes     {{.text}} NOT NULL,
	shared_notes      {{.text}} NOT NULL,
	decisions         {{.text}} NOT NULL,
	stage             {{.text}} NOT NULL CHECK (stage IN ('planned', 'invited', 'confirmed', 'held', 'outcome_recorded', 'closed',
		'cancelled', 'postponed', 'declined')),
	stage_reason      {{.text}} NOT NULL,
	announced         BOOLEAN NOT NULL,
	revision          INTEGER NOT NULL,
	revised_at        {{.time}} NOT NULL,
	CHECK (starts_at <= ends_at)
);
CREATE INDEX engagements_created ON engagements (created_at, id);
CREATE INDEX engagements_starts ON engagements (starts_at, id);
CREATE INDEX engagements_stage ON engagements (stage, created_at, id);
CREATE INDEX engagements_initiative ON engagements (initiative, created_at, id);

CREATE TABLE participants (
	id                  {{.text}} PRIMARY KEY,
	version             INTEGER NOT NULL,
	created_at          {{.time}} NOT NULL,
	updated_at          {{.time}} NOT NULL,
	engagement          {{.text}} NOT NULL REFERENCES engagements (id),
	kind                {{.text}} NOT NULL,
	organization        {{.text}} NOT NULL DEFAULT '',
	contact             {{.text}} NOT NULL DEFAULT '',
	account             {{.text}} NOT NULL DEFAULT '',
	advisor             {{.text}} NOT NULL DEFAULT '',
	presence            {{.text}} NOT NULL,
	paid                BOOLEAN NOT NULL,
	session_minutes     INTEGER NOT NULL,
	preparation_minutes INTEGER NOT NULL,
	debriefing_minutes  INTEGER NOT NULL,
	response            {{.text}} NOT NULL CHECK (response IN ('pending', 'accepted', 'declined')),
	-- One of an organization, a member of staff and an advisor, and only an advisor has a presence.
	CHECK ((kind = 'organization') = (organization <> '')),
	CHECK ((kind = 'staff') = (account <> '')),
	CHECK ((kind = 'advisor') = (advisor <> '')),
	CHECK ((kind = 'advisor') = (presence IN ('hidden', 'counted', 'alias'))),
	UNIQUE (engagement, organization, account, advisor)
);
CREATE INDEX participants_organization ON participants (organization, engagement);
CREATE INDEX participants_advisor ON participants (advisor, engagement);

-- Who was heard on an initiative, once for each source.
CREATE TABLE hearings (
	initiative  {{.text}} NOT NULL REFERENCES initiatives (id),
	heard_group {{.text}} NOT NULL CHECK (heard_group IN ('survivors', 'civil_society', 'private_sector')),
	stage       {{.text}} NOT NULL,
	heard_on    {{.text}} NOT NULL,
	source_kind {{.text}} NOT NULL CHECK (source_kind IN ('engagement', 'submission')),
	source_id   {{.text}} NOT NULL,
	PRIMARY KEY (initiative, heard_group, source_kind, source_id)
);

CREATE TABLE tasks (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	source_kind  {{.text}} NOT NULL,
	source_id    {{.text}} NOT NULL,
	title        {{.text}} NOT NULL,
	owner        {{.text}} NOT NULL REFERENCES accounts (id),
	due_on       {{.text}} NOT NULL,
	stage        {{.text}} NOT NULL CHECK (stage IN ('open', 'done', 'dropped')),
	stage_reason {{.text}} NOT NULL
);
CREATE INDEX tasks_created ON tasks (created_at, id);
CREATE INDEX tasks_due ON tasks (due_on, id);
CREATE INDEX tasks_owner ON tasks (owner, created_at, id);
CREATE INDEX tasks_source ON tasks (source_id, created_at, id);

CREATE TABLE feeds (
	id         {{.text}} PRIMARY KEY,
	version    INTEGER NOT NULL,
	created_at {{.time}} NOT NULL,
	updated_at {{.time}} NOT NULL,
	account    {{.text}} NOT NULL UNIQUE REFERENCES accounts (id),
	token_hash {{.text}} NOT NULL
);
CREATE INDEX feeds_token ON feeds (token_hash);
