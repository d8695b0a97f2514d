-- +goose Up
-- What another register tells: dates that it does not know to the day, and where a recommendation comes from.
ALTER TABLE commitments ADD COLUMN due_precision {{.text}} NOT NULL DEFAULT '' CHECK (due_precision IN ('', 'day', 'month', 'year'));
ALTER TABLE commitments ADD COLUMN due_text {{.text}} NOT NULL DEFAULT '';
ALTER TABLE milestones ADD COLUMN due_precision {{.text}} NOT NULL DEFAULT '' CHECK (due_precision IN ('', 'day', 'month', 'year'));
ALTER TABLE milestones ADD COLUMN due_text {{.text}} NOT NULL DEFAULT '';
ALTER TABLE recommendations ADD COLUMN issued_precision {{.text}} NOT NULL DEFAULT '' CHECK (issued_precision IN ('', 'day', 'month', 'year'));
ALTER TABLE recommendations ADD COLUMN source {{.text}} NOT NULL DEFAULT '';
ALTER TABLE agency_responses ADD COLUMN issued_precision {{.text}} NOT NULL DEFAULT '' CHECK (issued_precision IN ('', 'day', 'month', 'year'));
