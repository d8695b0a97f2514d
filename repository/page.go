package repository

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"accord/domain"
)

// Page asks for records after a cursor.
type Page struct {
	// Cursor is where the page begins: a Rows.Next, or empty for the first.
	Cursor string
	// Limit is how many records at most; 1 to 100.
	Limit int
	// Sort names the order: "-due_on,title". Empty is newest first.
	Sort string
	// Query is full text in which every word must occur.
	Query string
	// Count asks for Rows.Total.
	Count bool
}

// Rows is a page of records.
type Rows[T any] struct {
	Items []T
	// Next is the cursor of the next page; empty on the last.
	Next string
	// Total is how many records match within reach, if the page asked.
	Total *int64
}

// sorts is the allow-list of a resource: the name that callers use and the
// column, which must not be null.
type sorts map[string]string

type sortKey struct {
	column string
	desc   bool
}

// keys reads an order such as "-due_on,title" and makes it total by the id.
func (s sorts) keys(order string) ([]sortKey, error) {
	if order == "" {
		return []sortKey{{"created_at", true}, {"id", true}}, nil
	}
	var keys []sortKey
	for name := range strings.SplitSeq(order, ",") {
		name, desc := strings.CutPrefix(name, "-")
		column, ok := s[name]
		if !ok || slices.ContainsFunc(keys, func(k sortKey) bool { return k.column == column }) {
			return nil, parameterFault("sort", "must name fields of the list's own, each once")
		}
		keys = append(keys, sortKey{column, desc})
	}
	return append(keys, sortKey{"id", keys[len(keys)-1].desc}), nil
}

func parameterFault(name, detail string) error {
	return &domain.Error{Kind: domain.Malformed, Detail: "a parameter can't be read", Faults: domain.Faults{{Parameter: name, Code: "invalid", Detail: detail}}}
}

// list returns a page of q.
func (t table[T, R]) list(q *gorm.DB, p Page) (Rows[T], error) {
	if !t.s.actor.May(t.read) {
		return Rows[T]{}, forbidden(t.read)
	}
	keys, err := t.sorts.keys(p.Sort)
	if err != nil {
		return Rows[T]{}, err
	}
	if p.Query != "" {
		q = t.s.matching(q, p.Query)
	}
	rows, err := listRows[T](t.s.store, q, t.name+"|"+p.Sort, keys, p)
	if err != nil {
		return rows, err
	}
	items := make([]R, len(rows.Items))
	for i := range rows.Items {
		items[i] = &rows.Items[i]
	}
	return rows, t.filled(ctxOf(q), items...)
}

func ctxOf(q *gorm.DB) context.Context { return q.Statement.Context }

// listRows returns a page of q in the order of keys; list names what the cursor
// is good for.
func listRows[T any](st *Store, q *gorm.DB, list string, keys []sortKey, p Page) (Rows[T], error) {
	var out Rows[T]
	q = q.Session(&gorm.Session{})
	if p.Count {
		var n int64
		if err := q.Count(&n).Error; err != nil {
			return out, err
		}
		out.Total = &n
	}
	page := q
	if p.Cursor != "" {
		after, err := st.readCursor(q, list, keys, p.Cursor)
		if err != nil {
			return out, err
		}
		sql, vars := beyond(keys, after)
		page = page.Where(sql, vars...)
	}
	limit := min(max(p.Limit, 1), 100)
	if err := page.Order(orderBy(keys)).Limit(limit + 1).Find(&out.Items).Error; err != nil {
		return out, err
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		next, err := st.writeCursor(q, list, keys, &out.Items[limit-1])
		if err != nil {
			return out, err
		}
		out.Next = next
	}
	return out, nil
}

// equal narrows a query to the rows whose columns have these values, given in
// pairs; an empty value narrows nothing.
func equal(q *gorm.DB, pairs ...string) *gorm.DB {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q = q.Where(pairs[i]+" = ?", pairs[i+1])
		}
	}
	return q
}

func orderBy(keys []sortKey) string {
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = k.column
		if k.desc {
			words[i] += " DESC"
		}
	}
	return strings.Join(words, ", ")
}

// beyond is the condition for rows after the given values. In one direction it
// is a row comparison, which an index answers; in mixed directions it begins
// with a bound on the first key, so that an index still helps.
func beyond(keys []sortKey, after []any) (string, []any) {
	uniform := !slices.ContainsFunc(keys, func(k sortKey) bool { return k.desc != keys[0].desc })
	if uniform {
		columns := make([]string, len(keys))
		for i, k := range keys {
			columns[i] = k.column
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(keys)), ", ")
		return fmt.Sprintf("(%s) %s (%s)", strings.Join(columns, ", "), past(keys[0]), marks), after
	}
	k, v := keys[0], after[0]
	if len(keys) == 1 {
		return k.column + " " + past(k) + " ?", []any{v}
	}
	rest, vars := beyond(keys[1:], after[1:])
	sql := fmt.Sprintf("%s %s= ? AND (%s %s ? OR (%s = ? AND %s))", k.column, past(k), k.column, past(k), k.column, rest)
	return sql, append([]any{v, v, v}, vars...)
}

func past(k sortKey) string {
	if k.desc {
		return "<"
	}
	return ">"
}

var schemas sync.Map

func schemaOf(q *gorm.DB, model any) (*schema.Schema, error) {
	return schema.Parse(model, &schemas, q.NamingStrategy)
}

func cursorFields(q *gorm.DB, model any, keys []sortKey) ([]*schema.Field, error) {
	sch, err := schemaOf(q, model)
	if err != nil {
		return nil, err
	}
	fields := make([]*schema.Field, len(keys))
	for i, k := range keys {
		if fields[i] = sch.LookUpField(k.column); fields[i] == nil {
			return nil, fmt.Errorf("repository: no column %s to sort by", k.column)
		}
	}
	return fields, nil
}

// writeCursor makes the cursor of the page after row. It is encrypted and bound
// to its list: it would tell times and values that the caller may not see.
func (s *Store) writeCursor(q *gorm.DB, list string, keys []sortKey, row any) (string, error) {
	fields, err := cursorFields(q, row, keys)
	if err != nil {
		return "", err
	}
	values := make([]any, len(fields))
	for i, f := range fields {
		values[i], _ = f.ValueOf(context.Background(), reflect.ValueOf(row).Elem())
		if s, ok := values[i].(fmt.Stringer); ok && f.FieldType.Kind() == reflect.Struct && f.FieldType != reflect.TypeFor[time.Time]() {
			values[i] = s.String()
		}
	}
	plain, err := json.Marshal(values)
	if err != nil {
		return "", err
	}
	// The nonce follows from the content, so that the same page has the same
	// cursor: a random one would be the only byte in which two answers differ.
	h := hmac.New(sha256.New, s.cursorMAC)
	h.Write([]byte(list + "\x00"))
	h.Write(plain)
	nonce := h.Sum(nil)[:s.cursorBox.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.cursorBox.Seal(nonce, nonce, plain, []byte(list))), nil
}

func (s *Store) readCursor(q *gorm.DB, list string, keys []sortKey, cursor string) ([]any, error) {
	refused := parameterFault("cursor", "is not a cursor of this list and order; begin again without one")
	box := s.cursorBox
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < box.NonceSize() {
		return nil, refused
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(list))
	if err != nil {
		return nil, refused
	}
	fields, err := cursorFields(q, q.Statement.Model, keys)
	if err != nil {
		return nil, err
	}
	var values []json.RawMessage
	if err := json.Unmarshal(plain, &values); err != nil || len(values) != len(fields) {
		return nil, refused
	}
	out := make([]any, len(fields))
	for i, f := range fields {
		if out[i], err = cursorValue(f, values[i]); err != nil {
			return nil, refused
		}
	}
	return out, nil
}

func cursorValue(f *schema.Field, raw json.RawMessage) (any, error) {
	switch {
	case f.FieldType == reflect.TypeFor[time.Time]():
		var v time.Time
		err := json.Unmarshal(raw, &v)
		return v, err
	case f.FieldType.Kind() >= reflect.Int && f.FieldType.Kind() <= reflect.Int64:
		var v int64
		err := json.Unmarshal(raw, &v)
		return v, err
	default:
		var v string
		err := json.Unmarshal(raw, &v)
		return v, err
	}
}
