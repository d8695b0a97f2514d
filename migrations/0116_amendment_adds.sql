-- +goose Up
-- The milestones and indicators that an amendment adds to an accepted commitment's plan.
ALTER TABLE amendments ADD COLUMN adds {{.text}} NOT NULL DEFAULT '{}';
