-- +goose Up
-- For how long a check or a waiver stands at most, and a partnership without being approved anew, in months.
ALTER TABLE vetting_rules ADD COLUMN spans {{.text}} NOT NULL DEFAULT '[]';
ALTER TABLE vetting_rules ADD COLUMN waiver_months INTEGER NOT NULL DEFAULT 12;
ALTER TABLE requirements ADD COLUMN term_months INTEGER NOT NULL DEFAULT 36;
UPDATE requirements SET term_months = 12 WHERE kind = 'short_term_cohosted';
