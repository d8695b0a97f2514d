-- +goose Up
-- Who hands in an organization's reports on a commitment; empty where anyone of it may.
ALTER TABLE commitments ADD COLUMN reporting_lead {{.text}} NOT NULL DEFAULT '';
ALTER TABLE commitments ADD COLUMN delegates {{.text}} NOT NULL DEFAULT '[]';
-- The SMART score that the text had when it was accepted, and the version of the rules; null where nobody accepted it here.
ALTER TABLE commitments ADD COLUMN smart_score INTEGER CHECK (smart_score BETWEEN 0 AND 100);
ALTER TABLE commitments ADD COLUMN smart_rules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE progress_reports ADD COLUMN omissions {{.text}} NOT NULL DEFAULT '[]';
ALTER TABLE indicators ADD COLUMN measure {{.text}} NOT NULL DEFAULT 'unit' CHECK (measure IN ('unit', 'percentage', 'nominal', 'ordinal', 'qualitative'));
