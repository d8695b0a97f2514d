-- +goose Up
-- How many codes of a second factor were tried since one was right, and whether the account was told of a wrong one.
ALTER TABLE accounts ADD COLUMN codes_tried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN wrong_code_told BOOLEAN NOT NULL DEFAULT FALSE;
