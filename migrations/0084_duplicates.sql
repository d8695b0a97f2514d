-- +goose Up
-- Which organizations may be one, over the whole register: each pair once, first before second. Scores are in thousandths.
CREATE TABLE organization_pairs (
	id      {{.text}} PRIMARY KEY,
	first   {{.text}} NOT NULL REFERENCES organizations (id),
	second  {{.text}} NOT NULL REFERENCES organizations (id),
	score   INTEGER NOT NULL CHECK (score BETWEEN 0 AND 1000),
	reasons {{.text}} NOT NULL,
	UNIQUE (first, second),
	CHECK (first < second)
);
CREATE INDEX organization_pairs_second ON organization_pairs (second);
CREATE INDEX organization_pairs_score ON organization_pairs (score, id);

-- The organizations that have changed since they were last compared with the others.
CREATE TABLE organization_changes (
	organization {{.text}} PRIMARY KEY REFERENCES organizations (id)
);
INSERT INTO organization_changes (organization) SELECT id FROM organizations;
