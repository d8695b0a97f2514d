package accord_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"accord/internal/token/forge"
)

const assessment = "docs/security.md"

// asvs is, of each section of OWASP ASVS 5.0.0, up to which number all of its
// requirements are asked for, and after a plus which others: all of levels 1 and
// 2, and some of level 3.
const asvs = `1.1:2 1.2:9 1.3:11 1.4:3 1.5:2
2.1:3 2.2:3 2.3:4+5 2.4:1
3.2:2 3.3:4 3.4:6 3.5:5 3.7:2
4.1:3 4.2:1 4.3:2 4.4:4
5.1:1 5.2:3 5.3:2 5.4:3
6.1:3 6.2:12 6.3:4+6+7+8 6.4:4 6.5:5 6.6:3 6.8:4
7.1:3 7.2:4 7.3:2 7.4:5 7.5:2+3 7.6:2
8.1:2 8.2:3 8.3:1+2 8.4:1
9.1:3 9.2:4
10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3
11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1
12.1:3 12.2:2 12.3:4
13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4+6+7+8 14.3:3
15.1:3 15.2:3 15.3:7 15.4:0+1+2+3+4
16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
17.1:1 17.2:4 17.3:2`

var (
	sectionOf   = regexp.MustCompile(`(\d+\.\d+):(\d+)((?:\+\d+)*)`)
	requirement = regexp.MustCompile(`\b\d+\.\d+\.\d+\b`)
	testName    = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`")
)

// asked are the numbers of all requirements that the page must speak of.
func asked() (out []string) {
	for _, m := range sectionOf.FindAllStringSubmatch(asvs, -1) {
		var n int
		fmt.Sscan(m[2], &n)
		for i := range n {
			out = append(out, fmt.Sprintf("%s.%d", m[1], i+1))
		}
		for _, more := range strings.FieldsFunc(m[3], func(r rune) bool { return r == '+' }) {
			out = append(out, m[1]+"."+more)
		}
	}
	return out
}

func TestTheAssessmentMissesNoRequirement(t *testing.T) {
	page, err := os.ReadFile(assessment)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.SplitSeq(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !requirement.MatchString(cells[1]) {
			continue
		}
		told = append(told, requirement.FindAllString(cells[1], -1)...)
		if !regexp.MustCompile(`^ \*\*(met|partly|not met|none)\*\*`).MatchString(cells[3]) {
			t.Errorf("%s: it does not say how it stands", strings.TrimSpace(cells[1]))
		}
		if strings.HasPrefix(cells[3], " **met**") && !strings.ContainsAny(cells[3], "`:") {
			t.Errorf("%s: nothing shows that it is met", strings.TrimSpace(cells[1]))
		}
	}
	for _, id := range asked() {
		if n := len(slices.DeleteFunc(slices.Clone(told), func(s string) bool { return s != id })); n != 1 {
			t.Errorf("%s is told %d times", id, n)
		}
	}
	for _, id := range told {
		if !slices.Contains(asked(), id) {
			t.Errorf("%s is not asked", id)
		}
	}
}

func TestTheAssessmentNamesTestsThatThereAre(t *testing.T) {
	page, err := os.ReadFile(assessment)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				there[fn.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	names := testName.FindAllStringSubmatch(string(page), -1)
	for _, m := range names {
		if !there[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
	if len(names) < 100 {
		t.Errorf("it names %d tests", len(names))
	}
}

// TestTheAssessmentHasEverySectionOfRFC8725 holds the page to what is forged.
func TestTheAssessmentHasEverySectionOfRFC8725(t *testing.T) {
	page, err := os.ReadFile(assessment)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range append(slices.Clone(forge.Sections), "4") {
		if n := strings.Count(string(page), "\n| "+section+" | "); n != 1 {
			t.Errorf("section %s is told %d times", section, n)
		}
	}
}
