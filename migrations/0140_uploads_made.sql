-- +goose Up
-- The document that an upload became, for a sender to whom the last answer never came.
ALTER TABLE uploads ADD COLUMN made {{.text}} NOT NULL DEFAULT '';
