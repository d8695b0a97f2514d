-- +goose Up
CREATE TABLE contributions (
	id             {{.text}} PRIMARY KEY,
	version        INTEGER NOT NULL,
	created_at     {{.time}} NOT NULL,
	updated_at     {{.time}} NOT NULL,
	organization   {{.text}} NOT NULL,
	partnership    {{.text}} NOT NULL,
	commitment     {{.text}} NOT NULL,
	kind           {{.text}} NOT NULL CHECK (kind IN ('cash', 'in_kind', 'expertise', 'data', 'reach')),
	currency       {{.text}} NOT NULL CHECK (currency <> ''),
	description    {{.text}} NOT NULL,
	valuation      {{.text}} NOT NULL,
	valuation_text {{.text}} NOT NULL,
	-- It counts in one place, and what is not cash says how it was valued.
	CHECK ((partnership = '') <> (commitment = '')),
	CHECK ((kind = 'cash') = (valuation = ''))
);
CREATE INDEX contributions_created ON contributions (created_at, id);
CREATE INDEX contributions_organization ON contributions (organization, created_at, id);
CREATE INDEX contributions_partnership ON contributions (partnership, created_at, id) WHERE partnership <> '';
CREATE INDEX contributions_commitment ON contributions (commitment, created_at, id) WHERE commitment <> '';

-- The ledger: every line as it was entered, for good.
CREATE TABLE contribution_entries (
	id           {{.text}} PRIMARY KEY,
	version      INTEGER NOT NULL CHECK (version = 1),
	created_at   {{.time}} NOT NULL,
	updated_at   {{.time}} NOT NULL,
	contribution {{.text}} NOT NULL REFERENCES contributions (id),
	organization {{.text}} NOT NULL,
	partnership  {{.text}} NOT NULL,
	commitment   {{.text}} NOT NULL,
	kind         {{.text}} NOT NULL,
	measure      {{.text}} NOT NULL CHECK (measure IN ('pledged', 'delivered', 'verified')),
	amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
	currency     {{.text}} NOT NULL,
	happened_on  {{.text}} NOT NULL CHECK (happened_on <> ''),
	fiscal_year  INTEGER NOT NULL,
	quarter      INTEGER NOT NULL CHECK (quarter BETWEEN 1 AND 4),
	reference    {{.text}} NOT NULL,
	evidence     {{.text}} NOT NULL,
	reverses     {{.text}} NOT NULL,
	reason       {{.text}} NOT NULL,
	recorded_by  {{.text}} NOT NULL,
	CHECK ((reverses = '') = (amount_minor > 0)),
	CHECK ((reverses = '') = (reason = ''))
);
CREATE INDEX contribution_entries_contribution ON contribution_entries (contribution, created_at, id);
CREATE UNIQUE INDEX contribution_entries_reversed ON contribution_entries (reverses) WHERE reverses <> '';
CREATE INDEX contribution_entries_day ON contribution_entries (measure, happened_on, currency, partnership, commitment, amount_minor);
-- Totals read an index alone: by party, and by place.
CREATE INDEX contribution_entries_totals ON contribution_entries (organization, kind, currency, fiscal_year, quarter, measure, amount_minor, partnership, commitment);
CREATE INDEX contribution_entries_partnership ON contribution_entries (partnership, organization, kind, currency, fiscal_year, quarter, measure, amount_minor) WHERE partnership <> '';
CREATE INDEX contribution_entries_commitment ON contribution_entries (commitment, organization, kind, currency, fiscal_year, quarter, measure, amount_minor) WHERE commitment <> '';
{{if .postgres}}
CREATE TRIGGER contribution_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contribution_entries
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contributions_fixed BEFORE UPDATE OF organization, partnership, commitment, kind, currency ON contributions
	FOR EACH ROW WHEN ((OLD.organization, OLD.partnership, OLD.commitment, OLD.kind, OLD.currency)
		IS DISTINCT FROM (NEW.organization, NEW.partnership, NEW.commitment, NEW.kind, NEW.currency))
	EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contributions_kept BEFORE DELETE OR TRUNCATE ON contributions
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER contribution_entries_no_update BEFORE UPDATE ON contribution_entries BEGIN
	SELECT RAISE(ABORT, 'contribution_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contribution_entries_no_delete BEFORE DELETE ON contribution_entries BEGIN
	SELECT RAISE(ABORT, 'contribution_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contributions_fixed BEFORE UPDATE ON contributions
WHEN OLD.organization <> NEW.organization OR OLD.partnership <> NEW.partnership OR OLD.commitment <> NEW.commitment
	OR OLD.kind <> NEW.kind OR OLD.currency <> NEW.currency BEGIN
	SELECT RAISE(ABORT, 'a contribution keeps its party, place, kind and currency');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contributions_kept BEFORE DELETE ON contributions BEGIN
	SELECT RAISE(ABORT, 'contributions is append-only');
END;
-- +goose StatementEnd
{{end}}
-- The numbers by which entries that stand are known elsewhere: each counts once for its giver and measure.
CREATE TABLE contribution_references (
	organization {{.text}} NOT NULL,
	measure      {{.text}} NOT NULL,
	reference    {{.text}} NOT NULL,
	entry        {{.text}} NOT NULL,
	PRIMARY KEY (organization, measure, reference)
);
CREATE INDEX contribution_references_entry ON contribution_references (entry);

CREATE TABLE exchange_rates (
	id          {{.text}} PRIMARY KEY,
	version     INTEGER NOT NULL CHECK (version = 1),
	created_at  {{.time}} NOT NULL,
	updated_at  {{.time}} NOT NULL,
	base        {{.text}} NOT NULL,
	quote       {{.text}} NOT NULL CHECK (quote <> base),
	rate        {{.text}} NOT NULL,
	as_of       {{.text}} NOT NULL,
	source      {{.text}} NOT NULL CHECK (source <> ''),
	recorded_by {{.text}} NOT NULL
);
CREATE INDEX exchange_rates_as_of ON exchange_rates (as_of, id);
{{if .postgres}}
CREATE TRIGGER exchange_rates_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exchange_rates
	FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
{{else}}
-- +goose StatementBegin
CREATE TRIGGER exchange_rates_no_update BEFORE UPDATE ON exchange_rates BEGIN
	SELECT RAISE(ABORT, 'exchange_rates is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER exchange_rates_no_delete BEFORE DELETE ON exchange_rates BEGIN
	SELECT RAISE(ABORT, 'exchange_rates is append-only');
END;
-- +goose StatementEnd
{{end}}
