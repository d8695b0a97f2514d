package repository

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// searchable is a record that everyone who sees it can find by its text.
type searchable interface{ Searchable() string }

// unaccent drops combining marks, so that both databases fold accents alike.
func unaccent(s string) string {
	t := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	if out, _, err := transform.String(t, s); err == nil {
		return out
	}
	return s
}

// document is the text by which a record is found.
type document struct {
	Record string
	Body   string
}

// indexText keeps the text of records that can be found by it.
func indexText[T any, R record[T]](ctx context.Context, s *Session, records []R) error {
	var docs []document
	for _, v := range records {
		text, ok := any(v).(searchable)
		if !ok {
			return nil
		}
		id, version := v.Meta()
		if version > 1 && !s.store.postgres {
			if err := s.dropText(ctx, id); err != nil {
				return err
			}
		}
		docs = append(docs, document{id, bounded(fold(text.Searchable()))})
	}
	return s.keepText(ctx, docs)
}

func (s *Session) keepText(ctx context.Context, docs []document) error {
	db := s.mechanism(ctx)
	if s.store.postgres {
		again := clause.OnConflict{Columns: []clause.Column{{Name: "record"}}, DoUpdates: clause.AssignmentColumns([]string{"body"})}
		return db.Table("search_documents").Clauses(again).Create(&docs).Error
	}
	// FTS5 finds a row quickly by rowid only, so each record's is kept. Nobody
	// else writes meanwhile: the next ones are free.
	var last int64
	if err := db.Raw("SELECT rowid FROM search_documents ORDER BY rowid DESC LIMIT 1").Scan(&last).Error; err != nil {
		return err
	}
	texts, rows := make([]map[string]any, len(docs)), make([]map[string]any, len(docs))
	for i, d := range docs {
		row := last + 1 + int64(i)
		texts[i] = map[string]any{"rowid": row, "record": d.Record, "body": d.Body}
		rows[i] = map[string]any{"record": d.Record, "row": row}
	}
	if err := db.Table("search_documents").Create(&texts).Error; err != nil {
		return err
	}
	return db.Table("search_rows").Create(&rows).Error
}

// dropText forgets a record's text.
func (s *Session) dropText(ctx context.Context, record string) error {
	db := s.mechanism(ctx)
	if s.store.postgres {
		return db.Exec("DELETE FROM search_documents WHERE record = ?", record).Error
	}
	if err := db.Exec("DELETE FROM search_documents WHERE rowid = (SELECT row FROM search_rows WHERE record = ?)", record).Error; err != nil {
		return err
	}
	return db.Exec("DELETE FROM search_rows WHERE record = ?", record).Error
}

// matching narrows a query to the records in which every word occurs.
func (s *Session) matching(q *gorm.DB, text string) *gorm.DB {
	words := strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if len(words) == 0 {
		return q.Where("1 = 0")
	}
	if s.store.postgres {
		return q.Where("id IN (SELECT record FROM search_documents WHERE words @@ plainto_tsquery('accord', ?))", strings.Join(words, " "))
	}
	// Quoted, a word is never an operator of FTS5's own.
	return q.Where("id IN (SELECT record FROM search_documents WHERE search_documents MATCH ?)", `"`+strings.Join(words, `" "`)+`"`)
}

// maxText is how much of a record's text is searched, in bytes. PostgreSQL keeps
// no more than 1 MB of distinct words.
const maxText = 100_000

func bounded(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "")
}
