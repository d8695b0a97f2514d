package repository

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"gorm.io/gorm"
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

// indexText keeps the text by which a record is found.
func (s *Session) indexText(ctx context.Context, record, text string) error {
	text = fold(text)
	db := s.mechanism(ctx)
	if s.store.postgres {
		return db.Exec(`INSERT INTO search_documents (record, body) VALUES (?, ?)
			ON CONFLICT (record) DO UPDATE SET body = excluded.body`, record, text).Error
	}
	if err := s.dropText(ctx, record); err != nil {
		return err
	}
	if err := db.Exec("INSERT INTO search_documents (record, body) VALUES (?, ?)", record, text).Error; err != nil {
		return err
	}
	return db.Exec("INSERT INTO search_rows (record, row) VALUES (?, last_insert_rowid())", record).Error
}

// dropText forgets a record's text.
func (s *Session) dropText(ctx context.Context, record string) error {
	db := s.mechanism(ctx)
	if s.store.postgres {
		return db.Exec("DELETE FROM search_documents WHERE record = ?", record).Error
	}
	// FTS5 finds a row quickly by rowid only.
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
