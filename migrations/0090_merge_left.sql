-- +goose Up
-- The survivor's file as a merge left it, folded: empty for one of before this was kept, which goes by versions.
ALTER TABLE organization_merges ADD COLUMN left_as {{.text}} NOT NULL DEFAULT '';
