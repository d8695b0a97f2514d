package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"accord/domain"
)

// record is what a table stores: a pointer to a T that embeds domain.Record.
type record[T any] interface {
	*T
	Meta() (id string, version int)
	Begin(id string)
	Touch(now time.Time)
	Drain() []domain.Event
	Related() domain.Reach
	Relate(domain.Reach)
}

// relation spells out one way in which a row, called r, may stand to an actor.
type relation struct {
	bit  domain.Reach
	sql  string
	vars []any
}

// table is one kind of record as one actor reaches it. Reading is always under
// the action read.
type table[T any, R record[T]] struct {
	s     *Session
	name  string
	read  domain.Action
	reach func(domain.Actor) []relation
	sorts sorts
	// computed are further columns of a row r that is read: "(SELECT …) AS name".
	computed []string
	// fill reads what belongs to the rows, in one query a relation.
	fill func(context.Context, *Session, []R) error
	// only is the condition that a row r meets as long as it is there; empty for all.
	only string
	// why is said of each read that is noted: a code word, or nothing.
	why string
	// unshown says that rows are read for a rule and not to be shown, so that no
	// read is to be noted; see filled.
	unshown bool
	// index keeps what is stored beside the row and must agree with it, such as
	// unique keys; it runs in the transaction of every save.
	index func(context.Context, *Session, R) error
}

// newTable is the table in which GORM's naming keeps T.
func newTable[T any, R record[T]](s *Session, read domain.Action, reach func(domain.Actor) []relation, order sorts) table[T, R] {
	sch, err := schemaOf(s.store.read, (*T)(nil)) // at every request, so without making one
	if err != nil {
		panic(fmt.Sprintf("repository: %T can't be stored: %v", (*T)(nil), err))
	}
	return table[T, R]{s: s, name: sch.Table, read: read, reach: reach, sorts: order}
}

// in is the same table within another session, such as a transaction's.
func (t table[T, R]) in(s *Session) table[T, R] {
	t.s = s
	return t
}

// related lists the relations that this actor can stand in at all. One that
// rests on an organization or advisor that the actor doesn't have is none:
// empty must reach nothing, not every row with an empty column.
func (t table[T, R]) related() []relation {
	if t.reach == nil {
		return nil
	}
	var out []relation
	for _, r := range t.reach(t.s.actor) {
		if !hasEmpty(r.vars) {
			out = append(out, r)
		}
	}
	return out
}

func hasEmpty(vars []any) bool {
	for _, v := range vars {
		if fmt.Sprint(v) == "" {
			return true
		}
	}
	return false
}

// within returns a query over the rows on which the actor may do act. They are
// a derived table, so no condition that is added can reach past them. Each row
// carries how the actor stands to it.
func (t table[T, R]) within(ctx context.Context, act domain.Action) *gorm.DB {
	sql, vars := t.reachable(act)
	return t.s.db().WithContext(ctx).Set(reachKey, true).Model(new(T)).Table("("+sql+") AS "+t.name, vars...)
}

func (t table[T, R]) reachable(act domain.Action) (string, []any) {
	var vars []any
	related := t.related()
	b := &strings.Builder{}
	b.WriteString("SELECT r.*, ")
	for _, c := range t.computed {
		b.WriteString(c + ", ")
	}
	fmt.Fprintf(b, "%d", domain.All)
	for _, r := range related {
		fmt.Fprintf(b, " + CASE WHEN %s THEN %d ELSE 0 END", r.sql, r.bit)
		vars = append(vars, r.vars...)
	}
	fmt.Fprintf(b, " AS relation FROM %s AS r", t.name)
	where, more := t.those(act)
	if t.only != "" && where != "" {
		where = t.only + " AND " + where
	} else {
		where += t.only
	}
	if where == "" {
		return b.String(), vars
	}
	return b.String() + " WHERE " + where, append(vars, more...)
}

// those is the condition under which a row r is one on which the actor may do
// act: empty for every one.
func (t table[T, R]) those(act domain.Action) (string, []any) {
	reach := t.s.actor.Reach(act)
	if reach&domain.All != 0 {
		return "", nil
	}
	var either []string
	var vars []any
	for _, r := range t.related() {
		if reach&r.bit != 0 {
			either = append(either, "("+r.sql+")")
			vars = append(vars, r.vars...)
		}
	}
	if len(either) == 0 {
		return nothing, nil
	}
	// No constant stands among them: it would keep SQLite from the index.
	return "(" + strings.Join(either, " OR ") + ")", vars
}

// nothing is the condition that no row meets.
const nothing = "1 = 0"

// Get returns the record, or NotFound if the actor may not read it.
func (t table[T, R]) Get(ctx context.Context, id domain.ID[T]) (R, error) {
	v, err := one[T, R](t.within(ctx, t.read).Where("id = ?", id))
	if err != nil {
		return nil, err
	}
	return v, t.filled(ctx, v)
}

// filled reads what belongs to the rows, if anything does. Every row that is
// shown comes through here, so this is where a read that must be known is noted
// (domain.Actor.Discloses): if it can't be, nothing is read.
func (t table[T, R]) filled(ctx context.Context, rows ...R) error {
	if len(rows) == 0 {
		return nil
	}
	if t.fill != nil {
		if err := t.fill(ctx, t.s, rows); err != nil {
			return err
		}
	}
	return t.disclose(ctx, rows)
}

func (t table[T, R]) disclose(ctx context.Context, rows []R) error {
	event := t.s.actor.Discloses(t.read)
	if event == "" || t.unshown {
		return nil
	}
	entries := make([]AuditEntry, len(rows))
	for i, v := range rows {
		id, version := v.Meta()
		entries[i] = t.s.entry(ctx, domain.Event{Name: event, Note: t.why}, t.name, id, version)
	}
	return t.s.note(ctx, entries)
}

// closed is the same table, of whose rows nothing is opened and so nothing noted.
func (t table[T, R]) closed() table[T, R] {
	t.fill, t.unshown = nil, true
	return t
}

// one returns the first row of q, or NotFound.
func one[T any, R record[T]](q *gorm.DB) (R, error) {
	var rows []T
	if err := q.Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such record")
	}
	return &rows[0], nil
}

// Create stores a new record, if it lies where the actor may do act.
func (t table[T, R]) Create(ctx context.Context, act domain.Action, v R) error {
	return t.CreateAll(ctx, act, []R{v})
}

// createBatch is how many rows one statement stores: many enough to share its
// cost, few enough for the parameters that a database takes.
const createBatch = 100

// CreateAll stores new records as Create stores one: all of them, or none.
func (t table[T, R]) CreateAll(ctx context.Context, act domain.Action, all []R) error {
	if len(all) == 0 {
		return nil
	}
	if !t.s.actor.May(act) {
		return forbidden(act)
	}
	return t.s.Tx(ctx, func(s *Session) error {
		for rows := range slices.Chunk(all, createBatch) {
			for _, v := range rows {
				v.Begin(s.store.newID())
				v.Touch(s.store.now())
			}
			if err := s.mechanism(ctx).Create(rows).Error; err != nil {
				return refusal(err)
			}
			if err := t.in(s).settle(ctx, act, rows...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Match refuses a record that is not as the caller last saw it. It is given the
// record as it is, under lock.
type Match[R any] func(R) error

// Update loads the record for change, lets change alter it and saves it, all in
// one transaction. The actor must be able to do act both before and after.
func (t table[T, R]) Update(ctx context.Context, act domain.Action, id domain.ID[T], match Match[R], change func(*Session, R) error) (R, error) {
	var v R
	err := t.s.Tx(ctx, func(s *Session) error {
		t := t.in(s)
		var err error
		if v, err = t.lock(ctx, act, id, match); err != nil {
			return err
		}
		if err := change(s, v); err != nil {
			return err
		}
		return t.save(ctx, act, v)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// endAll ends those of the rows that meet a condition, each unless it was decided
// meanwhile.
func (t table[T, R]) endAll(ctx context.Context, act domain.Action, end func(R) error, where string, vars ...any) error {
	var open []T
	if err := t.within(ctx, act).Where(where, vars...).Order("id").Find(&open).Error; err != nil {
		return err
	}
	for i := range open {
		id, _ := R(&open[i]).Meta()
		_, err := t.Update(ctx, act, domain.ID[T](id), nil, func(_ *Session, v R) error { return end(v) })
		if err != nil && !errors.Is(err, domain.Conflict) {
			return err
		}
	}
	return nil
}

// Delete removes the record after before has noted why. What happened to it
// stays in the audit trail.
func (t table[T, R]) Delete(ctx context.Context, act domain.Action, id domain.ID[T], match Match[R], before func(*Session, R) error) error {
	return t.s.Tx(ctx, func(s *Session) error {
		t := t.in(s)
		v, err := t.lock(ctx, act, id, match)
		if err != nil {
			return err
		}
		if err := before(s, v); err != nil {
			return err
		}
		if err := errors.Join(s.dropText(ctx, string(id)), s.dropMarks(ctx, string(id))); err != nil {
			return err
		}
		if err := s.mechanism(ctx).Where("id = ?", id).Delete(new(T)).Error; err != nil {
			return refusal(err)
		}
		return publish(ctx, s, t.name, v)
	})
}

// Hold returns the record and keeps others from changing it until the
// transaction ends, so that what rests on its state can be done.
func (t table[T, R]) Hold(ctx context.Context, act domain.Action, id domain.ID[T]) (R, error) {
	return t.lock(ctx, act, id, nil)
}

// Steady returns the record as Get does and keeps it as it is until the
// transaction ends, for a rule that rests on it. Others may rest on it meanwhile.
func (t table[T, R]) Steady(ctx context.Context, id domain.ID[T]) (R, error) {
	v, err := one[T, R](t.s.steady(t.within(ctx, t.read).Where("id = ?", id)))
	if err != nil {
		return nil, err
	}
	return v, t.filled(ctx, v)
}

// Named refuses ids that name no record which the actor sees, each where it stands:
// at pointer, in which # is its place in the list. Those that are there stay as they are
// until the transaction ends. An empty id names nothing and is let pass.
func (t table[T, R]) Named(ctx context.Context, kind, pointer string, ids ...domain.ID[T]) error {
	var f domain.Faults
	if err := t.named(ctx, &f, kind, pointer, ids...); err != nil {
		return err
	}
	return f.Err()
}

func (t table[T, R]) named(ctx context.Context, f *domain.Faults, kind, pointer string, ids ...domain.ID[T]) error {
	if len(ids) == 0 || len(ids) == 1 && ids[0] == "" {
		return nil
	}
	var there []domain.ID[T]
	if err := t.s.steady(t.within(ctx, t.read).Where("id IN ?", ids).Order("id")).Pluck("id", &there).Error; err != nil {
		return err
	}
	for i, id := range ids {
		if id != "" && !slices.Contains(there, id) {
			f.Add(strings.ReplaceAll(pointer, "#", strconv.Itoa(i)), "not_found", "names no %s that you can see", kind)
		}
	}
	return nil
}

// steady makes q keep its rows from being changed until the transaction ends,
// if one has begun. SQLite has a single writer, so nothing changes them; and in a
// moment nothing does.
func (s *Session) steady(q *gorm.DB) *gorm.DB {
	if s.store.postgres && s.inTx() && !s.unit.still {
		return q.Clauses(clause.Locking{Strength: "SHARE"})
	}
	return q
}

// lock reads a record for change. What the actor can't see is NotFound, what it
// sees but may not change so is Forbidden.
func (t table[T, R]) lock(ctx context.Context, act domain.Action, id domain.ID[T], match Match[R]) (R, error) {
	q := t.within(ctx, act).Where("id = ?", id)
	if t.s.store.postgres {
		q = q.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	v, err := t.permitted(ctx, act, id, q)
	if err != nil {
		return nil, err
	}
	if err := t.filled(ctx, v); err != nil || match == nil {
		return v, err
	}
	return v, match(v)
}

// Permit returns the record if the actor may do act with it: Forbidden if the actor
// sees it and may not, NotFound if not even that. Nothing of it is opened.
func (t table[T, R]) Permit(ctx context.Context, act domain.Action, id domain.ID[T]) (R, error) {
	return t.permitted(ctx, act, id, t.within(ctx, act).Where("id = ?", id))
}

func (t table[T, R]) permitted(ctx context.Context, act domain.Action, id domain.ID[T], q *gorm.DB) (R, error) {
	v, err := one[T, R](q)
	if !errors.Is(err, domain.NotFound) {
		return v, err
	}
	if _, err := t.closed().Get(ctx, id); err != nil {
		return nil, err
	}
	return nil, forbidden(act)
}

// save writes every column of v over the version that it was read at.
func (t table[T, R]) save(ctx context.Context, act domain.Action, v R) error {
	_, was := v.Meta()
	v.Touch(t.s.store.now())
	res := t.s.mechanism(ctx).Model(v).Where("version = ?", was).Select("*").Updates(v)
	if res.Error != nil {
		return refusal(res.Error)
	}
	if res.RowsAffected != 1 {
		return domain.Refuse(domain.Stale, "the record was changed meanwhile; read it again")
	}
	return t.settle(ctx, act, v)
}

// settle ends a save: the rows must still be within the actor's reach, what
// stands beside them follows, and what happened to them is in the audit trail.
func (t table[T, R]) settle(ctx context.Context, act domain.Action, rows ...R) error {
	if err := t.stillWithin(ctx, act, rows); err != nil {
		return err
	}
	for _, v := range rows {
		if t.index == nil {
			break
		}
		if err := t.index(ctx, t.s, v); err != nil {
			return err
		}
	}
	if err := indexMarks(ctx, t.s, rows); err != nil {
		return err
	}
	if err := indexText(ctx, t.s, rows); err != nil {
		return err
	}
	return publish(ctx, t.s, t.name, rows...)
}

// stillWithin reads how the actor stands to the rows as they are now.
func (t table[T, R]) stillWithin(ctx context.Context, act domain.Action, rows []R) error {
	if t.s.actor.Reach(act)&domain.All != 0 && len(t.related()) == 0 {
		for _, v := range rows {
			v.Relate(domain.All)
		}
		return nil
	}
	var now []T
	if err := t.within(ctx, act).Where("id IN ?", idsOf(rows)).Find(&now).Error; err != nil {
		return err
	}
	relation := map[string]domain.Reach{}
	for i := range now {
		id, _ := R(&now[i]).Meta()
		relation[id] = R(&now[i]).Related()
	}
	for _, v := range rows {
		id, _ := v.Meta()
		if relation[id] == 0 {
			return forbidden(act)
		}
		v.Relate(relation[id])
	}
	return nil
}

func idsOf[T any, R record[T]](rows []R) []string {
	ids := make([]string, len(rows))
	for i, v := range rows {
		ids[i], _ = v.Meta()
	}
	return ids
}

func forbidden(act domain.Action) error {
	if act.ByAssignment() {
		return domain.Refuse(domain.Forbidden, "%s is for the liaisons who are assigned to look after the advisor; one of them, or a custodian, assigns another", act)
	}
	return domain.Refuse(domain.Forbidden, "%s is not yours to do here", act)
}
