-- +goose Up
-- Of an organization that was merged into another remains this row, which says into which.
ALTER TABLE organizations ADD COLUMN merged_into {{.text}} NOT NULL DEFAULT '';
CREATE INDEX organizations_merged ON organizations (merged_into) WHERE merged_into <> '';
-- What was found of, or waived for, an organization that was merged into this one.
ALTER TABLE checks ADD COLUMN carried {{.text}} NOT NULL DEFAULT '';
ALTER TABLE waivers ADD COLUMN carried {{.text}} NOT NULL DEFAULT '';

CREATE TABLE organization_merges (
	id               {{.text}} PRIMARY KEY,
	version          INTEGER NOT NULL,
	created_at       {{.time}} NOT NULL,
	updated_at       {{.time}} NOT NULL,
	survivor         {{.text}} NOT NULL REFERENCES organizations (id),
	absorbed         {{.text}} NOT NULL REFERENCES organizations (id),
	take             {{.text}} NOT NULL,
	reason           {{.text}} NOT NULL,
	survivor_version INTEGER NOT NULL,
	absorbed_version INTEGER NOT NULL,
	proposed_by      {{.text}} NOT NULL,
	decided_by       {{.text}} NOT NULL,
	merged_at        {{.time}},
	undone_by        {{.text}} NOT NULL,
	undo_reason      {{.text}} NOT NULL,
	stage            {{.text}} NOT NULL CHECK (stage IN ('proposed', 'merged', 'declined', 'undone')),
	before           {{.text}} NOT NULL,
	CHECK (survivor <> absorbed),
	CHECK (merged_at IS NULL OR decided_by <> proposed_by)
);
CREATE INDEX organization_merges_created ON organization_merges (created_at, id);
CREATE INDEX organization_merges_stage ON organization_merges (stage, created_at, id);

-- Every value that a merge changed elsewhere, to be put back. Who wrote a submission is not among them.
CREATE TABLE organization_merge_moves (
	merge     {{.text}} NOT NULL REFERENCES organization_merges (id),
	reference {{.text}} NOT NULL,
	row_key   {{.text}} NOT NULL,
	was       {{.text}} NOT NULL,
	became    {{.text}} NOT NULL,
	PRIMARY KEY (merge, reference, row_key)
);

-- A contribution keeps its giver, or who that turned out to be.
{{if .postgres}}
DROP TRIGGER contributions_fixed ON contributions;
CREATE TRIGGER contributions_fixed BEFORE UPDATE OF partnership, commitment, kind, currency ON contributions
	FOR EACH ROW WHEN ((OLD.partnership, OLD.commitment, OLD.kind, OLD.currency)
		IS DISTINCT FROM (NEW.partnership, NEW.commitment, NEW.kind, NEW.currency))
	EXECUTE FUNCTION refuse_change();
-- +goose StatementBegin
CREATE FUNCTION keep_giver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM organizations o WHERE (o.id = OLD.organization AND o.merged_into = NEW.organization)
		OR (o.id = NEW.organization AND o.merged_into = OLD.organization)) THEN
		RAISE EXCEPTION 'a contribution keeps its giver';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER contributions_giver BEFORE UPDATE OF organization ON contributions
	FOR EACH ROW WHEN (OLD.organization <> NEW.organization) EXECUTE FUNCTION keep_giver();
{{else}}
DROP TRIGGER contributions_fixed;
-- +goose StatementBegin
CREATE TRIGGER contributions_fixed BEFORE UPDATE ON contributions
WHEN OLD.partnership <> NEW.partnership OR OLD.commitment <> NEW.commitment OR OLD.kind <> NEW.kind OR OLD.currency <> NEW.currency BEGIN
	SELECT RAISE(ABORT, 'a contribution keeps its party, place, kind and currency');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER contributions_giver BEFORE UPDATE OF organization ON contributions
WHEN OLD.organization <> NEW.organization AND NOT EXISTS (SELECT 1 FROM organizations o
	WHERE (o.id = OLD.organization AND o.merged_into = NEW.organization) OR (o.id = NEW.organization AND o.merged_into = OLD.organization)) BEGIN
	SELECT RAISE(ABORT, 'a contribution keeps its giver');
END;
-- +goose StatementEnd
{{end}}
