-- What the database's user may do that ACCORD_NO_MIGRATE=true serves as, run by
-- the owner of the database after each `accord migrate up`. First make the user:
--   CREATE ROLE accord_server LOGIN PASSWORD '…';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO accord_server;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO accord_server;
-- The schema is the owner's, and the trail only grows: besides the triggers, which
-- nobody but the owner can take away, there is no right to do else.
REVOKE INSERT, UPDATE, DELETE ON goose_db_version FROM accord_server;
REVOKE UPDATE, DELETE ON audit_entries, ledger_leaves, ledger_refusals, ledger_checkpoints FROM accord_server;
REVOKE UPDATE ON ledger_pending FROM accord_server;
