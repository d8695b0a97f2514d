package domain

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// Stage is where a record is in its life. Outside this package it can be read
// and stored but not set: only the record's own methods move it.
type Stage[S ~string] struct{ now S }

// Is reports whether the stage is one of those given.
func (s Stage[S]) Is(any ...S) bool { return slices.Contains(any, s.now) }

// String is the stage's name, as stored and as shown.
func (s Stage[S]) String() string { return string(s.now) }

// Now is the stage as a value of its own type.
func (s Stage[S]) Now() S { return s.now }

// Value stores a Stage as its name.
func (s Stage[S]) Value() (driver.Value, error) { return string(s.now), nil }

// Scan reads a stored Stage.
func (s *Stage[S]) Scan(v any) error {
	switch v := v.(type) {
	case string:
		s.now = S(v)
	case []byte:
		s.now = S(v)
	default:
		return fmt.Errorf("stage from %T", v)
	}
	return nil
}

// GormDataType lets the schema parser treat a Stage as one text column.
func (Stage[S]) GormDataType() string { return "text" }

// move is one step of a life cycle: from any of these stages to that one.
type move[S ~string] struct {
	from []S
	to   S
}

// lifeCycle is every step that a kind of record can take, by the action that
// takes it. It is data, so that a record can say what may happen next and a
// test can walk all of it.
type lifeCycle[S ~string] map[Action]move[S]

// take moves a stage by an action, or refuses with Conflict and says from where
// the action would be possible.
func (l lifeCycle[S]) take(st *Stage[S], act Action) error {
	m, ok := l[act]
	if !ok {
		return fmt.Errorf("no move for %s", act)
	}
	if !st.Is(m.from...) {
		return Refuse(Conflict, "%s is possible from %s; this is %s", act.Verb(), orList(m.from), st)
	}
	st.now = m.to
	return nil
}

// next lists the actions that the stage allows, in a stable order.
func (l lifeCycle[S]) next(st Stage[S]) []Action {
	var out []Action
	for act, m := range l {
		if st.Is(m.from...) {
			out = append(out, act)
		}
	}
	slices.Sort(out)
	return out
}

func orList[S ~string](in []S) string {
	words := make([]string, len(in))
	for i, s := range in {
		words[i] = string(s)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
