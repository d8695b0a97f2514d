-- +goose Up
-- A Merkle log over the audit trail. Entries get their place in it in batches,
-- off the way of whoever writes.

-- A keyed hash over the entry, under the master key: who can write the database
-- alone can't write an entry. What was written before has none.
ALTER TABLE audit_entries ADD COLUMN seal {{.bytes}} NOT NULL DEFAULT {{if .postgres}}''{{else}}x''{{end}};

-- The entries that wait for their place, each until it is due. What nobody may
-- know the time of waits for the end of its day, and an hour for what is still
-- being written: then all of a day's are taken together, in the order of their ids.
CREATE TABLE ledger_pending (
	due   {{.time}} NOT NULL,
	entry {{.text}} NOT NULL,
	PRIMARY KEY (due, entry)
){{if .sqlite}} WITHOUT ROWID{{end}};

-- The places. Hashes are the leaf's and those of the subtrees that it completes.
CREATE TABLE ledger_leaves (
	leaf_index {{if .postgres}}BIGINT{{else}}INTEGER{{end}} PRIMARY KEY,
	entry      {{.text}} NOT NULL UNIQUE,
	hashes     {{.bytes}} NOT NULL
);

-- What waited and could get none, since Accord did not write it so.
CREATE TABLE ledger_refusals (
	entry      {{.text}} PRIMARY KEY,
	reason     {{.text}} NOT NULL,
	refused_at {{.time}} NOT NULL
);

-- Signed notes: the log's size and root.
CREATE TABLE ledger_checkpoints (
	size       {{if .postgres}}BIGINT{{else}}INTEGER{{end}} PRIMARY KEY,
	note       {{.text}} NOT NULL,
	created_at {{.time}} NOT NULL
);
{{if .postgres}}
-- +goose StatementBegin
CREATE FUNCTION await_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO ledger_pending (due, entry)
		SELECT CASE WHEN actor = '' AND role = 'anyone' AND request = '' THEN at + interval '25 hours' ELSE at END, id FROM added;
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_await_place AFTER INSERT ON audit_entries
	REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION await_place();
CREATE TRIGGER ledger_leaves_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_leaves
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_refusals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_refusals
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoints
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_pending_stays BEFORE UPDATE OR TRUNCATE ON ledger_pending
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
INSERT INTO ledger_pending (due, entry)
	SELECT CASE WHEN actor = '' AND role = 'anyone' AND request = '' THEN at + interval '25 hours' ELSE at END, id FROM audit_entries;
{{else}}
-- +goose StatementBegin
CREATE TRIGGER audit_entries_await_place AFTER INSERT ON audit_entries BEGIN
	INSERT INTO ledger_pending (due, entry) VALUES (CASE WHEN NEW.actor = '' AND NEW.role = 'anyone' AND NEW.request = ''
		THEN strftime('%Y-%m-%d %H:%M:%S+00:00', NEW.at, '+25 hours') ELSE NEW.at END, NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_leaves_no_update BEFORE UPDATE ON ledger_leaves BEGIN
	SELECT RAISE(ABORT, 'ledger_leaves is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_leaves_no_delete BEFORE DELETE ON ledger_leaves BEGIN
	SELECT RAISE(ABORT, 'ledger_leaves is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_refusals_no_update BEFORE UPDATE ON ledger_refusals BEGIN
	SELECT RAISE(ABORT, 'ledger_refusals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_refusals_no_delete BEFORE DELETE ON ledger_refusals BEGIN
	SELECT RAISE(ABORT, 'ledger_refusals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_checkpoints_no_update BEFORE UPDATE ON ledger_checkpoints BEGIN
	SELECT RAISE(ABORT, 'ledger_checkpoints is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_checkpoints_no_delete BEFORE DELETE ON ledger_checkpoints BEGIN
	SELECT RAISE(ABORT, 'ledger_checkpoints is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_pending_no_update BEFORE UPDATE ON ledger_pending BEGIN
	SELECT RAISE(ABORT, 'ledger_pending is append-only');
END;
-- +goose StatementEnd
INSERT INTO ledger_pending (due, entry)
	SELECT CASE WHEN actor = '' AND role = 'anyone' AND request = '' THEN strftime('%Y-%m-%d %H:%M:%S+00:00', at, '+25 hours') ELSE at END, id FROM audit_entries;
{{end}}
