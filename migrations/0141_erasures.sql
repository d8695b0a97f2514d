-- +goose Up
-- A key is known by a mark that says nothing of its owner, so that what was erased
-- can be told apart from what came back with a backup. Of an older key it follows
-- from what is stored of it, as it does of one in a backup from before.
ALTER TABLE advisor_keys ADD COLUMN mark {{.text}} NOT NULL DEFAULT '';
ALTER TABLE submission_keys ADD COLUMN mark {{.text}} NOT NULL DEFAULT '';
ALTER TABLE document_keys ADD COLUMN mark {{.text}} NOT NULL DEFAULT '';
CREATE INDEX advisor_keys_mark ON advisor_keys (mark);
CREATE INDEX submission_keys_mark ON submission_keys (mark);
CREATE INDEX document_keys_mark ON document_keys (mark);

CREATE TABLE erasures (
	mark {{.text}} PRIMARY KEY,
	kept BOOLEAN NOT NULL -- outside the database as well
);
CREATE INDEX erasures_kept ON erasures (kept) WHERE NOT kept;
