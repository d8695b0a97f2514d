// Package accord_test holds the checks of the house as a whole.
package accord_test

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule forbids the packages under from to import what refused says.
type rule struct {
	from    string // a folder of this module
	refused func(imported string) bool
	why     string
	tests   bool // whether the rule binds test files as well
}

var rules = []rule{
	{
		from: "api", refused: under("accord/cmd"), tests: true,
		why: "imports run one way, cmd → api → repository → domain",
	},
	{
		from: "repository", refused: under("accord/cmd", "accord/api"), tests: true,
		why: "imports run one way, cmd → api → repository → domain",
	},
	{
		from: "domain", refused: under("accord"), tests: true,
		why: "domain is the end of the way cmd → api → repository → domain: its rules can be read, and tested, alone",
	},
	{
		from: "domain", refused: foreign,
		why: "domain imports the standard library and github.com/google/uuid and nothing else: the office's rules depend on no framework",
	},
	{
		from: "openapi", refused: under("accord"), tests: true,
		why: "openapi is a leaf of types: the contract comes first and knows nothing of who fulfills it",
	},
	{
		from: "api", refused: under("gorm.io"),
		why: "api never imports GORM: Session, which asks the policy, is the only door to the records",
	},
	{
		from: "internal", refused: under("accord/cmd", "accord/api", "accord/repository", "accord/domain"), tests: true,
		why: "internal holds mechanisms that know nothing of the domain",
	},
}

// nameless are package names that say nothing of what is inside.
var nameless = []string{"base", "common", "helper", "helpers", "misc", "shared", "util", "utils"}

func under(roots ...string) func(string) bool {
	return func(imported string) bool {
		return slices.ContainsFunc(roots, func(root string) bool {
			return imported == root || strings.HasPrefix(imported, root+"/")
		})
	}
}

// standard tells the standard library by its first path element, which has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != "accord"
}

func foreign(imported string) bool {
	return !standard(imported) && !under("accord", "github.com/google/uuid")(imported)
}

// breaches returns what is wrong with a file, its path being relative to the module's root.
func breaches(file, packageName string, imports []string) []string {
	var found []string
	if slices.Contains(nameless, strings.TrimSuffix(packageName, "_test")) {
		found = append(found, fmt.Sprintf(
			"%s: package %s: name a package for what it provides, not for holding leftovers", file, packageName))
	}
	for _, r := range rules {
		if !under(r.from)(path.Dir(file)) || strings.HasSuffix(file, "_test.go") && !r.tests {
			continue
		}
		for _, imported := range imports {
			own := under("accord/" + r.from)
			if r.refused(imported) && !own(imported) {
				found = append(found, fmt.Sprintf("%s imports %s, but %s", file, imported, r.why))
			}
		}
	}
	return found
}

func TestArchitecture(t *testing.T) {
	// The sources are parsed here rather than asked of "go list", so that Go's test cache sees what was read.
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipForeign(file, entry.Name())
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imports := map[string]bool{}
		for _, spec := range source.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[imported] = true
		}
		for _, breach := range breaches(filepath.ToSlash(file), source.Name.Name, slices.Sorted(maps.Keys(imports))) {
			t.Error(breach)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// skipForeign skips the folders that "./..." skips: hidden ones, test data and other modules.
func skipForeign(dir, name string) error {
	if dir == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); !errors.Is(err, fs.ErrNotExist) {
		return filepath.SkipDir
	}
	return nil
}

func TestArchitectureRulesBite(t *testing.T) {
	for _, c := range []struct {
		file, name, imported string
		want                 string // in the message; empty: allowed
	}{
		{file: "cmd/accord/main.go", imported: "accord/api"},
		{file: "api/server.go", imported: "accord/repository"},
		{file: "api/server.go", imported: "accord/openapi"},
		{file: "api/server.go", imported: "accord/api/docs"},
		{file: "api/server.go", imported: "accord/cmd/accord", want: "one way"},
		{file: "api/server.go", imported: "gorm.io/gorm/clause", want: "never imports GORM"},
		{file: "api/bench_test.go", imported: "gorm.io/gorm"},
		{file: "repository/store.go", imported: "accord/domain"},
		{file: "repository/store.go", imported: "gorm.io/gorm"},
		{file: "repository/store.go", imported: "accord/api", want: "one way"},
		{file: "repository/store_test.go", imported: "accord/api", want: "one way"},
		{file: "domain/policy.go", imported: "net/netip"},
		{file: "domain/policy.go", imported: "github.com/google/uuid"},
		{file: "domain/policy.go", imported: "accord/repository", want: "end of the way"},
		{file: "domain/policy.go", imported: "accord/internal/vault", want: "end of the way"},
		{file: "domain/policy_test.go", imported: "accord/api", want: "end of the way"},
		{file: "domain/policy.go", imported: "github.com/google/uuidx", want: "nothing else"},
		{file: "domain/policy.go", imported: "golang.org/x/text/language", want: "nothing else"},
		{file: "domain/policy_test.go", imported: "pgregory.net/rapid"},
		{file: "openapi/openapi.go", imported: "github.com/labstack/echo/v4"},
		{file: "openapi/openapi.go", imported: "accord/domain", want: "leaf"},
		{file: "internal/vault/vault.go", imported: "accord/internal/token"},
		{file: "internal/vault/vault.go", imported: "accord/domain", want: "know nothing of the domain"},
		{file: "internal/vault/vault_test.go", imported: "accord/repository", want: "know nothing of the domain"},
		{file: "internal/utils/strings.go", name: "utils", imported: "strings", want: "package utils"},
		{file: "internal/utils/strings_test.go", name: "utils_test", imported: "strings", want: "package utils"},
		{file: "apis/x.go", imported: "gorm.io/gorm"},
	} {
		got := strings.Join(breaches(c.file, c.name, []string{c.imported}), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s importing %s: got %q, want %q", c.file, c.imported, got, c.want)
		}
	}
}
