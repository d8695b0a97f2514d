-- +goose Up
{{if .sqlite}}
-- A row that REPLACE takes away is deleted without a trigger for DELETE, by its
-- key, by any other that is unique, and by its rowid (-1 here where none is given).
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM audit_entries WHERE rowid = NEW.rowid) BEGIN
	SELECT RAISE(ABORT, 'audit_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_leaves_no_replace BEFORE INSERT ON ledger_leaves
WHEN EXISTS (SELECT 1 FROM ledger_leaves WHERE leaf_index = NEW.leaf_index) OR EXISTS (SELECT 1 FROM ledger_leaves WHERE entry = NEW.entry) BEGIN
	SELECT RAISE(ABORT, 'ledger_leaves is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_refusals_no_replace BEFORE INSERT ON ledger_refusals
WHEN EXISTS (SELECT 1 FROM ledger_refusals WHERE entry = NEW.entry OR rowid = NEW.rowid) BEGIN
	SELECT RAISE(ABORT, 'ledger_refusals is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER ledger_checkpoints_no_replace BEFORE INSERT ON ledger_checkpoints
WHEN EXISTS (SELECT 1 FROM ledger_checkpoints WHERE size = NEW.size) BEGIN
	SELECT RAISE(ABORT, 'ledger_checkpoints is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contribution_entries_no_replace BEFORE INSERT ON contribution_entries
WHEN EXISTS (SELECT 1 FROM contribution_entries WHERE id = NEW.id OR rowid = NEW.rowid)
	OR NEW.reverses <> '' AND EXISTS (SELECT 1 FROM contribution_entries WHERE reverses = NEW.reverses AND reverses <> '') BEGIN
	SELECT RAISE(ABORT, 'contribution_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contributions_no_replace BEFORE INSERT ON contributions
WHEN EXISTS (SELECT 1 FROM contributions WHERE id = NEW.id OR rowid = NEW.rowid) BEGIN
	SELECT RAISE(ABORT, 'contributions is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contributions_no_other BEFORE UPDATE ON contributions
WHEN OLD.id <> NEW.id OR OLD.rowid <> NEW.rowid BEGIN
	SELECT RAISE(ABORT, 'contributions is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER exchange_rates_no_replace BEFORE INSERT ON exchange_rates
WHEN EXISTS (SELECT 1 FROM exchange_rates WHERE id = NEW.id OR rowid = NEW.rowid) BEGIN
	SELECT RAISE(ABORT, 'exchange_rates is append-only');
END;
-- +goose StatementEnd
{{end}}
