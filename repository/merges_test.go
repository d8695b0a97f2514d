package repository

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"accord/domain"
)

// TestEveryColumnThatNamesAnOrganizationFollowsAMerge holds the merge's lists
// against the schema: what is called so, what the database or the entity says is
// one, and what names records of several kinds.
func TestEveryColumnThatNamesAnOrganizationFollowsAMerge(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		columns := b.columns()
		suspects := b.foreignKeys()
		for name := range columns {
			table, column, _ := strings.Cut(name, ".")
			if strings.Contains(column, "organization") && columns[name] == "text" {
				suspects[name] = "its name"
			}
			if of, ok := strings.CutSuffix(column, "_kind"); ok {
				for _, one := range []string{of, of + "_id"} {
					if columns[table+"."+one] != "" {
						suspects[table+"."+one] = "its kind beside it"
					}
				}
			}
		}
		maps.Copy(suspects, b.typedColumns())
		known := MergeColumns()
		for name, why := range suspects {
			if _, ok := known[name]; !ok {
				t.Errorf("%s names an organization by %s: say in mergemoves.go that it follows a merge, or why it stays", name, why)
			}
		}
		for name := range known {
			if columns[name] == "" && !strings.HasPrefix(name, "search_") { // which each database has in its own way
				t.Errorf("mergemoves.go lists %s, which is no column", name)
			}
		}
		if len(suspects) < 40 {
			t.Errorf("only %d columns were found", len(suspects))
		}
	})
}

// columns are all of the schema, each with text or another word for its type.
func (b *bench) columns() map[string]string {
	query := `SELECT m.name || '.' || p.name AS name, lower(p.type) AS type FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'`
	if b.onPostgres() {
		query = `SELECT table_name || '.' || column_name AS name, data_type AS type FROM information_schema.columns WHERE table_schema = current_schema()`
	}
	return b.namesOf(query)
}

// foreignKeys are the columns that the database holds to be organizations.
func (b *bench) foreignKeys() map[string]string {
	query := `SELECT m.name || '.' || f."from" AS name, 'a foreign key' AS type FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE f."table" = 'organizations'`
	if b.onPostgres() {
		query = `SELECT c.conrelid::regclass || '.' || a.attname AS name, 'a foreign key' AS type FROM pg_constraint c
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey) WHERE c.contype = 'f' AND c.confrelid = 'organizations'::regclass`
	}
	return b.namesOf(query)
}

func (b *bench) namesOf(query string) map[string]string {
	b.Helper()
	var rows []struct{ Name, Type string }
	must(b, b.system().mechanism(b.Context()).Raw(query).Scan(&rows).Error)
	out := map[string]string{}
	for _, r := range rows {
		out[r.Name] = r.Type
	}
	return out
}

// typedColumns are those of entities whose Go type holds an organization's id,
// however deep.
func (b *bench) typedColumns() map[string]string {
	out := map[string]string{}
	session := reflect.TypeFor[Session]()
	for i := range session.NumField() {
		get, ok := session.Field(i).Type.MethodByName("Get")
		if !ok || get.Type.NumOut() != 2 {
			continue
		}
		sch, err := schemaOf(b.read, reflect.New(get.Type.Out(0).Elem()).Interface())
		must(b, err)
		for _, f := range sch.Fields {
			if f.DBName != "" && holdsOrganization(f.FieldType, 0) && f.Name != "ID" {
				out[sch.Table+"."+f.DBName] = "its type"
			}
		}
	}
	return out
}

func holdsOrganization(t reflect.Type, depth int) bool {
	switch {
	case t == reflect.TypeFor[domain.OrganizationID]():
		return true
	case depth > 6:
		return false
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer, reflect.Array, reflect.Map:
		return holdsOrganization(t.Elem(), depth+1)
	case reflect.Struct:
		return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return holdsOrganization(f.Type, depth+1) })
	}
	return false
}

func TestARenamedListNamesEachOnce(t *testing.T) {
	const a, b = "0aaa0000-0000-4000-8000-000000000000", "0bbb0000-0000-4000-8000-000000000000"
	for in, want := range map[string]string{
		`[]`:                             `[]`,
		fmt.Sprintf(`[%q,"x"]`, a):       fmt.Sprintf(`[%q,"x"]`, b),
		fmt.Sprintf(`[%q,"x",%q]`, a, b): fmt.Sprintf(`["x",%q]`, b),
		fmt.Sprintf(`[{"organization":%q,"role":%q}]`, a, a+" in words"):                            fmt.Sprintf(`[{"organization":%q,"role":%q}]`, b, a+" in words"),
		fmt.Sprintf(`[{"organization":%q,"role":"host"},{"organization":%q,"role":"guest"}]`, a, b): fmt.Sprintf(`[{"organization":%q,"role":"guest"}]`, b),
		fmt.Sprintf(`[{"by":"y","from":%q,"on":"2026-01-01","reason":"Another."}]`, a):              fmt.Sprintf(`[{"by":"y","from":%q,"on":"2026-01-01","reason":"Another."}]`, b),
	} {
		if got, err := renamed(in, a, b); err != nil || got != want {
			t.Errorf("%s becomes %s, %v; want %s", in, got, err, want)
		}
	}
}
