-- +goose Up
-- How many names were chosen for an invitation's account that somebody signs in with.
ALTER TABLE invitations ADD COLUMN taken_names INTEGER NOT NULL DEFAULT 0;
