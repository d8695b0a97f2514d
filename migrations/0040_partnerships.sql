-- +goose Up
CREATE TABLE partnerships (
	id                   {{.text}} PRIMARY KEY,
	version              INTEGER NOT NULL,
	created_at           {{.time}} NOT NULL,
	updated_at           {{.time}} NOT NULL,
	title                {{.text}} NOT NULL,
	kind                 {{.text}} NOT NULL CHECK (kind IN ('long_term', 'short_term_cohosted')),
	purpose              {{.text}} NOT NULL,
	members              {{.text}} NOT NULL,
	starts_on            {{.text}} NOT NULL,
	ends_on              {{.text}} NOT NULL,
	monitoring_plan      {{.text}} NOT NULL,
	memorandum           {{.text}} NOT NULL CHECK (memorandum IN ('', 'required', 'not_required')),
	memorandum_reason    {{.text}} NOT NULL,
	memorandum_reference {{.text}} NOT NULL,
	objectives           {{.text}} NOT NULL,
	contributes_to       {{.text}} NOT NULL,
	pillars              {{.text}} NOT NULL,
	trafficking_types    {{.text}} NOT NULL,
	topics               {{.text}} NOT NULL,
	countries            {{.text}} NOT NULL,
	stage                {{.text}} NOT NULL CHECK (stage IN ('concept', 'due_diligence', 'memo_draft', 'clearances', 'approved', 'signed',
		'active', 'reapproval_due', 'renewed', 'expired', 'terminated', 'closed_out', 'evaluated')),
	stage_reason         {{.text}} NOT NULL,
	not_procurement      {{.text}} NOT NULL,
	attested_by          {{.text}} NOT NULL,
	attested_on          {{.text}} NOT NULL,
	requested_by         {{.text}} NOT NULL,
	approved_by          {{.text}} NOT NULL,
	approved_on          {{.text}} NOT NULL,
	signed_on            {{.text}} NOT NULL,
	activated_on         {{.text}} NOT NULL,
	reapproval_due_on    {{.text}} NOT NULL,
	renewed_on           {{.text}} NOT NULL,
	ended_on             {{.text}} NOT NULL,
	closed_out_on        {{.text}} NOT NULL,
	evaluated_on         {{.text}} NOT NULL,
	evaluation           {{.text}} NOT NULL,
	released_by          {{.text}} NOT NULL,
	released_at          {{.time}},
	published            BOOLEAN NOT NULL,
	-- Nothing is approved without its dates, or by who asked for it.
	CHECK (approved_on = '' OR (starts_on <> '' AND ends_on <> '')),
	CHECK (approved_by = '' OR approved_by <> requested_by),
	CHECK (NOT published OR (approved_on <> '' AND released_at IS NOT NULL))
);
CREATE INDEX partnerships_created ON partnerships (created_at, id);
CREATE INDEX partnerships_title ON partnerships (title, id);
CREATE INDEX partnerships_starts ON partnerships (starts_on, id);
CREATE INDEX partnerships_ends ON partnerships (ends_on, id);
CREATE INDEX partnerships_reapproval ON partnerships (reapproval_due_on, id);
CREATE INDEX partnerships_stage ON partnerships (stage, created_at, id);
CREATE INDEX partnerships_published ON partnerships (approved_on, id) WHERE published;

-- The members again, one a row, to be found by.
CREATE TABLE partnership_members (
	partnership  {{.text}} NOT NULL REFERENCES partnerships (id),
	organization {{.text}} NOT NULL REFERENCES organizations (id),
	PRIMARY KEY (organization, partnership)
);
CREATE INDEX partnership_members_partnership ON partnership_members (partnership);

CREATE TABLE commitments (
	id                {{.text}} PRIMARY KEY,
	version           INTEGER NOT NULL,
	created_at        {{.time}} NOT NULL,
	updated_at        {{.time}} NOT NULL,
	organization      {{.text}} NOT NULL REFERENCES organizations (id),
	partnership       {{.text}} NOT NULL DEFAULT '',
	title             {{.text}} NOT NULL,
	text              {{.text}} NOT NULL,
	due_on            {{.text}} NOT NULL,
	amount_minor      BIGINT NOT NULL,
	amount_currency   {{.text}} NOT NULL,
	source_url        {{.text}} NOT NULL,
	objectives        {{.text}} NOT NULL,
	contributes_to    {{.text}} NOT NULL,
	pillars           {{.text}} NOT NULL,
	trafficking_types {{.text}} NOT NULL,
	topics            {{.text}} NOT NULL,
	countries         {{.text}} NOT NULL,
	stage             {{.text}} NOT NULL CHECK (stage IN ('draft', 'submitted', 'returned', 'accepted', 'active', 'completed_claimed',
		'verified_complete', 'partly_met', 'not_met', 'lapsed', 'withdrawn')),
	stage_reason      {{.text}} NOT NULL,
	submitted_by      {{.text}} NOT NULL,
	submitted_on      {{.text}} NOT NULL,
	accepted_by       {{.text}} NOT NULL,
	accepted_on       {{.text}} NOT NULL,
	activated_on      {{.text}} NOT NULL,
	claimed_by        {{.text}} NOT NULL,
	completed_on      {{.text}} NOT NULL,
	verified_on       {{.text}} NOT NULL,
	ended_on          {{.text}} NOT NULL,
	amendments        INTEGER NOT NULL,
	consented_by      {{.text}} NOT NULL,
	consented_at      {{.time}},
	released_by       {{.text}} NOT NULL,
	released_at       {{.time}},
	published         BOOLEAN NOT NULL,
	CHECK (amount_minor >= 0),
	CHECK (amount_currency <> '' OR amount_minor = 0),
	-- Nothing is accepted without a due date, or by who submitted it.
	CHECK (accepted_on = '' OR due_on <> ''),
	CHECK (accepted_by = '' OR accepted_by <> submitted_by),
	CHECK (NOT published OR (accepted_on <> '' AND consented_at IS NOT NULL AND released_at IS NOT NULL))
);
-- One for each filter with each order, so that a page costs the same among a thousand rows and half a million.
CREATE INDEX commitments_created ON commitments (created_at, id);
CREATE INDEX commitments_due ON commitments (due_on, id);
CREATE INDEX commitments_title ON commitments (title, id);
CREATE INDEX commitments_stage_created ON commitments (stage, created_at, id);
CREATE INDEX commitments_stage_due ON commitments (stage, due_on, id);
CREATE INDEX commitments_organization_created ON commitments (organization, created_at, id);
CREATE INDEX commitments_organization_due ON commitments (organization, due_on, id);
CREATE INDEX commitments_organization_stage_due ON commitments (organization, stage, due_on, id);
CREATE INDEX commitments_partnership ON commitments (partnership, created_at, id) WHERE partnership <> '';
CREATE INDEX commitments_published_accepted ON commitments (accepted_on, id) WHERE published;
CREATE INDEX commitments_published_due ON commitments (due_on, id) WHERE published;
CREATE INDEX commitments_published_organization ON commitments (organization, accepted_on, id) WHERE published;

CREATE TABLE amendments (
	id             {{.text}} PRIMARY KEY,
	version        INTEGER NOT NULL,
	created_at     {{.time}} NOT NULL,
	updated_at     {{.time}} NOT NULL,
	commitment     {{.text}} NOT NULL REFERENCES commitments (id),
	organization   {{.text}} NOT NULL,
	number         INTEGER NOT NULL,
	before         {{.text}} NOT NULL,
	after          {{.text}} NOT NULL,
	reason         {{.text}} NOT NULL CHECK (reason <> ''),
	stage          {{.text}} NOT NULL CHECK (stage IN ('proposed', 'approved', 'declined')),
	decline_reason {{.text}} NOT NULL,
	proposed_by    {{.text}} NOT NULL,
	proposed_on    {{.text}} NOT NULL,
	by_promiser    BOOLEAN NOT NULL,
	decided_by     {{.text}} NOT NULL,
	decided_on     {{.text}} NOT NULL,
	UNIQUE (commitment, number),
	CHECK (proposed_by <> decided_by)
);
CREATE INDEX amendments_commitment ON amendments (commitment, number, id);

CREATE TABLE milestones (
	id            {{.text}} PRIMARY KEY,
	version       INTEGER NOT NULL,
	created_at    {{.time}} NOT NULL,
	updated_at    {{.time}} NOT NULL,
	commitment    {{.text}} NOT NULL REFERENCES commitments (id),
	organization  {{.text}} NOT NULL,
	title         {{.text}} NOT NULL,
	weight        INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 100),
	due_on        {{.text}} NOT NULL CHECK (due_on <> ''),
	stage         {{.text}} NOT NULL CHECK (stage IN ('pending', 'reported', 'verified', 'rejected')),
	evidence      {{.text}} NOT NULL,
	evidence_url  {{.text}} NOT NULL,
	reported_by   {{.text}} NOT NULL,
	reported_on   {{.text}} NOT NULL,
	verified_by   {{.text}} NOT NULL,
	verified_on   {{.text}} NOT NULL,
	reject_reason {{.text}} NOT NULL,
	CHECK (verified_by = '' OR verified_by <> reported_by)
);
CREATE INDEX milestones_commitment ON milestones (commitment, created_at, id);

CREATE TABLE indicators (
	id                    {{.text}} PRIMARY KEY,
	version               INTEGER NOT NULL,
	created_at            {{.time}} NOT NULL,
	updated_at            {{.time}} NOT NULL,
	commitment            {{.text}} NOT NULL REFERENCES commitments (id),
	organization          {{.text}} NOT NULL,
	title                 {{.text}} NOT NULL,
	definition            {{.text}} NOT NULL,
	unit                  {{.text}} NOT NULL,
	means_of_verification {{.text}} NOT NULL,
	ascending             BOOLEAN NOT NULL,
	cumulative            BOOLEAN NOT NULL,
	baseline_year         INTEGER NOT NULL,
	baseline_value        {{.text}} NOT NULL,
	targets               {{.text}} NOT NULL,
	disaggregation        {{.text}} NOT NULL
);
CREATE INDEX indicators_commitment ON indicators (commitment, created_at, id);

CREATE TABLE progress_reports (
	id            {{.text}} PRIMARY KEY,
	version       INTEGER NOT NULL,
	created_at    {{.time}} NOT NULL,
	updated_at    {{.time}} NOT NULL,
	commitment    {{.text}} NOT NULL REFERENCES commitments (id),
	organization  {{.text}} NOT NULL,
	period_from   {{.text}} NOT NULL CHECK (period_from <> ''),
	period_until  {{.text}} NOT NULL CHECK (period_from <= period_until),
	narrative     {{.text}} NOT NULL,
	figures       {{.text}} NOT NULL,
	deliveries    {{.text}} NOT NULL,
	supersedes    {{.text}} NOT NULL DEFAULT '',
	superseded_by {{.text}} NOT NULL DEFAULT '',
	stage         {{.text}} NOT NULL CHECK (stage IN ('draft', 'submitted', 'accepted', 'returned')),
	return_reason {{.text}} NOT NULL,
	written_by    {{.text}} NOT NULL,
	submitted_by  {{.text}} NOT NULL,
	submitted_on  {{.text}} NOT NULL,
	reviewed_by   {{.text}} NOT NULL,
	accepted_on   {{.text}} NOT NULL,
	CHECK (stage <> 'accepted' OR reviewed_by <> submitted_by)
);
CREATE INDEX progress_reports_commitment ON progress_reports (commitment, created_at, id);

CREATE TABLE verifications (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL,
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	commitment   {{.text}} NOT NULL REFERENCES commitments (id),
	organization {{.text}} NOT NULL,
	report       {{.text}} NOT NULL DEFAULT '',
	outcome      {{.text}} NOT NULL CHECK (outcome IN ('', 'verified_complete', 'partly_met', 'not_met')),
	method       {{.text}} NOT NULL CHECK (method IN ('document_review', 'site_visit', 'interviews', 'third_party_audit', 'data_check')),
	evidence     {{.text}} NOT NULL CHECK (evidence <> ''),
	evidence_url {{.text}} NOT NULL,
	confidence   {{.text}} NOT NULL CHECK (confidence IN ('low', 'medium', 'high')),
	figures      {{.text}} NOT NULL,
	verified_by  {{.text}} NOT NULL CHECK (verified_by <> ''),
	verified_on  {{.text}} NOT NULL,
	CHECK ((report = '') = (outcome <> ''))
);
CREATE INDEX verifications_commitment ON verifications (commitment, created_at, id);

-- What a record is about, one word a row, to be found by. The record's own lists are the source.
CREATE TABLE marks (
	facet  {{.text}} NOT NULL CHECK (facet IN ('objective', 'pillar', 'trafficking_type', 'topic', 'country')),
	value  {{.text}} NOT NULL,
	record {{.text}} NOT NULL,
	PRIMARY KEY (facet, value, record)
);
CREATE INDEX marks_record ON marks (record);
