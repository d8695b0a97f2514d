package domain

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
)

// List is a set of short words stored in one column as JSON. A nil List is
// stored and shown as an empty one.
type List[T any] []T

// Value stores the list as JSON text.
func (l List[T]) Value() (driver.Value, error) {
	if l == nil {
		return "[]", nil
	}
	b, err := json.Marshal([]T(l))
	return string(b), err
}

// Scan reads a stored list.
func (l *List[T]) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return l.read([]byte(v))
	case []byte:
		return l.read(v)
	}
	return fmt.Errorf("list from %T", v)
}

// read spares the many empty lists their parsing.
func (l *List[T]) read(b []byte) error {
	if string(b) == "[]" {
		*l = nil
		return nil
	}
	return json.Unmarshal(b, (*[]T)(l))
}

// GormDataType lets the schema parser treat a List as one text column.
func (List[T]) GormDataType() string { return "text" }

// Marking is how every organization-facing record is tied to the strategy and
// to the field's own words. Embed it.
type Marking struct {
	// Objectives are those of Goal 4 that the record serves: 4.1, 4.3 or both.
	Objectives List[string]
	// ContributesTo are other objectives of the strategy.
	ContributesTo    List[string]
	Pillars          List[Pillar]
	TraffickingTypes List[TraffickingType]
	Topics           List[Topic]
	// Countries are ISO 3166-1 alpha-2 codes.
	Countries List[string]
}

// Mark is one word of a marking, by which a record is found.
type Mark struct{ Facet, Value string }

// Marks lists every word that records are found by.
func (m Marking) Marks() []Mark {
	var out []Mark
	for _, o := range m.Objectives {
		out = append(out, Mark{"objective", o})
	}
	for _, p := range m.Pillars {
		out = append(out, Mark{"pillar", string(p)})
	}
	for _, t := range m.TraffickingTypes {
		out = append(out, Mark{"trafficking_type", string(t)})
	}
	for _, t := range m.Topics {
		out = append(out, Mark{"topic", string(t)})
	}
	for _, c := range m.Countries {
		out = append(out, Mark{"country", c})
	}
	return out
}

// check finds what is wrong with a marking.
func (m Marking) check(f *Faults) {
	if len(m.Objectives) == 0 {
		f.Add("/objectives", "required", "name at least one of 4.1 and 4.3")
	}
	each(f, "/objectives", m.Objectives, "4.1 or 4.3", func(s string) bool { return s == "4.1" || s == "4.3" })
	each(f, "/contributes_to", m.ContributesTo, "an objective of the strategy other than 4.1 and 4.3", func(s string) bool {
		_, ok := ObjectiveByCode(s)
		return ok && s != "4.1" && s != "4.3"
	})
	each(f, "/pillars", m.Pillars, "a pillar", func(p Pillar) bool { return slices.Contains(Pillars(), p) })
	each(f, "/trafficking_types", m.TraffickingTypes, "labor or sex", func(t TraffickingType) bool { return slices.Contains(TraffickingTypes(), t) })
	each(f, "/topics", m.Topics, "a topic of the reference list", func(t Topic) bool { return slices.Contains(Topics(), t) })
	each(f, "/countries", m.Countries, "an ISO 3166-1 alpha-2 code", func(c string) bool { _, ok := CountryByCode(c); return ok })
}

// each adds a fault for every element that is not ok or stands twice.
func each[T comparable](f *Faults, pointer string, in []T, want string, ok func(T) bool) {
	for i, x := range in {
		switch {
		case !ok(x):
			f.Add(at(pointer, i), "unknown_value", "must be %s", want)
		case slices.Contains(in[:i], x):
			f.Add(at(pointer, i), "duplicate", "stands in the list twice")
		}
	}
}

// at points to an element of a list.
func at(pointer string, i int) string { return fmt.Sprintf("%s/%d", pointer, i) }
