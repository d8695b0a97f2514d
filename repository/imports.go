package repository

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"accord/domain"
)

// Imports is the table of imports.
type Imports struct {
	table[domain.Import, *domain.Import]
}

func imports(s *Session) Imports {
	return Imports{newTable[domain.Import](s, domain.ReadImport, nil, nil)}
}

// List returns a page of imports, newest first.
func (t Imports) List(ctx context.Context, p Page) (Rows[domain.Import], error) {
	return t.list(t.within(ctx, t.read), p)
}

type importFile struct {
	Import  domain.ImportID
	Content []byte
}

// KeepFile keeps the file of a new import until it is loaded.
func (t Imports) KeepFile(ctx context.Context, id domain.ImportID, content []byte) error {
	return t.s.mechanism(ctx).Create(&importFile{id, content}).Error
}

// File returns the file of an import that is not loaded yet.
func (t Imports) File(ctx context.Context, id domain.ImportID) ([]byte, error) {
	var f importFile
	err := t.s.mechanism(ctx).Where("import = ?", id).Take(&f).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, domain.Refuse(domain.NotFound, "the file of this import is gone")
	}
	return f.Content, err
}

// DropFile forgets the file of an import that is over.
func (t Imports) DropFile(ctx context.Context, id domain.ImportID) error {
	return t.s.mechanism(ctx).Where("import = ?", id).Delete(&importFile{}).Error
}

// Progress shows how far an import is. It is no change of the record, so it
// leaves no audit entry.
func (t Imports) Progress(ctx context.Context, id domain.ImportID, total int, f domain.ImportFigures) error {
	return t.s.Tx(ctx, func(tx *Session) error {
		return tx.mechanism(ctx).Model(&domain.Import{}).Where("id = ?", id).UpdateColumns(map[string]any{
			"total": total, "read": f.Read, "created": f.Created, "matched": f.Matched,
			"skipped": f.Skipped, "refused": f.Refused, "organizations": f.Organizations,
		}).Error
	})
}

// ImportRefusal is one thing that was wrong in a file, and where.
type ImportRefusal struct {
	ID     string
	Import domain.ImportID
	Row    int
	Field  string
	// Header names the column as the mapping addresses it.
	Header string
	Cell   string
	Value  string
	Reason string
}

// Refuse keeps what was wrong, in the transaction of the records beside it.
func (t Imports) Refuse(ctx context.Context, rows []ImportRefusal) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].ID = t.s.NewID()
	}
	return t.s.mechanism(ctx).CreateInBatches(&rows, 200).Error
}

// ForgetRefusals drops what an earlier, broken-off run found.
func (t Imports) ForgetRefusals(ctx context.Context, id domain.ImportID) error {
	return t.s.mechanism(ctx).Where("import = ?", id).Delete(&ImportRefusal{}).Error
}

// Refusals returns a page of what was wrong in the file of an import that the
// actor may read.
func (t Imports) Refusals(ctx context.Context, id domain.ImportID, p Page) (Rows[ImportRefusal], error) {
	if _, err := t.Get(ctx, id); err != nil {
		return Rows[ImportRefusal]{}, err
	}
	q := t.s.mechanism(ctx).Model(&ImportRefusal{}).Where("import = ?", id)
	return listRows[ImportRefusal](t.s.store, q, "import refusals|"+string(id), []sortKey{{column: "row"}, {column: "id"}}, p)
}

type importKey struct{ Register, Key, Record string }

// ImportedAs returns which records the keys of a register became before.
func (s *Session) ImportedAs(ctx context.Context, register string, keys []string) (map[string]string, error) {
	var rows []importKey
	if err := s.mechanism(ctx).Where("register = ? AND key IN ?", register, keys).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.Key] = r.Record
	}
	return out, nil
}

// KeepImported remembers which record a key became.
func (s *Session) KeepImported(ctx context.Context, register, key, record string) error {
	return s.mechanism(ctx).Create(&importKey{register, key, record}).Error
}

// ByIdentifier finds the organization that has one of these identifiers, or
// NotFound.
func (t Organizations) ByIdentifier(ctx context.Context, ids []domain.Identifier) (*domain.Organization, error) {
	if len(ids) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such record")
	}
	conditions := make([]string, len(ids))
	var vars []any
	for i, id := range ids {
		conditions[i] = "(scheme = ? AND value = ?)"
		vars = append(vars, id.Scheme, id.Value)
	}
	return one[domain.Organization, *domain.Organization](t.within(ctx, t.read).
		Where("id IN (SELECT organization FROM organization_identifiers WHERE "+strings.Join(conditions, " OR ")+")", vars...))
}

// Named finds organizations by their folded legal names, one for each name.
func (t Organizations) Named(ctx context.Context, keys []string) (map[string]*domain.Organization, error) {
	var rows []domain.Organization
	if err := t.within(ctx, t.read).Where("name_key IN ?", keys).Order("created_at DESC, id DESC").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]*domain.Organization{}
	for i := range rows {
		out[rows[i].NameKey] = &rows[i] // the oldest comes last and stays
	}
	return out, nil
}
