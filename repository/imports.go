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

// errOvertaken is for a runner that was taken for dead while it was not.
var errOvertaken = errors.New("repository: another runner has gone on with this import")

// Progress keeps how far an import is, in the transaction of what it took over.
// It fails if the import is not where was says, which is where this runner left
// it. It is no change of the record, so it leaves no audit entry.
func (t Imports) Progress(ctx context.Context, id domain.ImportID, total int, was, f domain.ImportFigures) error {
	return t.s.Tx(ctx, func(tx *Session) error {
		res := tx.mechanism(ctx).Model(&domain.Import{}).Where("id = ? AND read = ?", id, was.Read).UpdateColumns(map[string]any{
			"total": total, "read": f.Read, "created": f.Created, "matched": f.Matched,
			"skipped": f.Skipped, "refused": f.Refused, "organizations": f.Organizations,
		})
		if res.Error == nil && res.RowsAffected != 1 {
			return errOvertaken
		}
		return res.Error
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

// KeepImported remembers which record each key became.
func (s *Session) KeepImported(ctx context.Context, register string, records map[string]string) error {
	var rows []importKey
	for key, record := range records {
		rows = append(rows, importKey{register, key, record})
	}
	if len(rows) == 0 {
		return nil
	}
	return refusal(s.mechanism(ctx).Create(&rows).Error)
}

// Bearing returns the organizations that bear one of these names, as NameKey
// folds them, or one of these identifiers; the oldest first.
func (t Organizations) Bearing(ctx context.Context, names []string, ids []domain.Identifier) ([]domain.Organization, error) {
	var named, numbered []domain.Organization
	const oldest = "created_at, id"
	if len(names) > 0 {
		if err := t.within(ctx, t.read).Where("name_key IN ?", names).Order(oldest).Find(&named).Error; err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return named, nil
	}
	pairs := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(ids)), ", ")
	var vars []any
	for _, id := range ids {
		vars = append(vars, id.Scheme, id.Value)
	}
	err := t.within(ctx, t.read).
		Where("id IN (SELECT organization FROM organization_identifiers WHERE (scheme, value) IN (VALUES "+pairs+"))", vars...).
		Order(oldest).Find(&numbered).Error
	return append(named, numbered...), err
}

// Called returns the oldest council of that name, or NotFound.
func (t Councils) Called(ctx context.Context, name string) (*domain.AdvisoryCouncil, error) {
	return one[domain.AdvisoryCouncil, *domain.AdvisoryCouncil](t.within(ctx, t.read).Where("name = ?", name).Order("created_at, id"))
}
