-- +goose Up
-- How much went by itself that the trail is not told of yet: a run that dies loses no number, and tells none twice.
CREATE TABLE retention_counts (
	line {{.text}} PRIMARY KEY,
	gone BIGINT NOT NULL CHECK (gone > 0)
);

-- What goes is found without looking at what stays.
CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX devices_created ON devices (created_at);
CREATE INDEX factors_pending ON factors (updated_at) WHERE stage = 'pending';
CREATE INDEX invitations_expires ON invitations (expires_at);
CREATE INDEX resets_updated ON resets (updated_at);
CREATE INDEX api_keys_ended ON api_keys (COALESCE(revoked_at, expires_at)) WHERE secret <> id;
CREATE INDEX notices_read ON notices (read_at) WHERE read_at IS NOT NULL;
CREATE INDEX notices_waiting ON notices (created_at) WHERE read_at IS NULL;
CREATE INDEX feeds_stopped ON feeds (updated_at) WHERE token_hash = '';
CREATE INDEX imports_finished ON imports (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX applications_sealed ON applications (id) WHERE sealed IS NOT NULL;
CREATE INDEX submissions_drafts ON submissions (consultation) WHERE stage = 'draft';
CREATE INDEX organization_merges_merged ON organization_merges (merged_at) WHERE merged_at IS NOT NULL;

-- It is done with the rest now.
DELETE FROM jobs WHERE kind IN ('applications.forget', 'sign_ins.tell') AND state <> 'done';
