-- +goose Up
-- The question that a submission's document answers; empty for one that belongs to the submission as a whole.
ALTER TABLE documents ADD COLUMN question {{.text}} NOT NULL DEFAULT '';
-- A file of an earlier version of a submission alone, which is its author's, as that version is.
ALTER TABLE documents ADD COLUMN superseded BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX document_versions_pending ON document_versions (document) WHERE scan = 'pending';
