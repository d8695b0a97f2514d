package sheet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPythonListsAreReadAsPythonDoes(t *testing.T) {
	for text, want := range map[string][]string{
		`[]`:                         {},
		` [ ] `:                      {},
		`['']`:                       {""},
		`['ENVI']`:                   {"ENVI"},
		`['EMPL', 'BECA',]`:          {"EMPL", "BECA"},
		`["it's", 'a "b"']`:          {"it's", `a "b"`},
		`['a, b', '[c]']`:            {"a, b", "[c]"},
		`['\'', "\"", '\\', '\n\t']`: {"'", `"`, `\`, "\n\t"},
		`['\xe9', '\u20ac', 'é']`:    {"é", "€", "é"},
		`['\U0001F600']`:             {"😀"},
	} {
		if got, err := parsePythonList(text); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
}

func TestWhatIsNoPythonListIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		``:               "must begin with [",
		`ENVI`:           "must begin with [",
		`[`:              "isn't closed with ]",
		`['a'`:           `after the item "a" there must be a comma or ]`,
		`['a',`:          "isn't closed with ]",
		`['a' 'b']`:      `after the item "a"`,
		`[,]`:            "must be text in quotes",
		`[None]`:         `"None]" must be text in quotes`,
		`[['a']]`:        "must be text in quotes",
		`['a]`:           "isn't closed with '",
		`['a'] or`:       `after the list stands "or"`,
		`['\q']`:         `the escape in "\\q']" is unknown`,
		`['\x9']`:        "the escape in",
		`['\ud83d']`:     "the escape in",
		`['\U00110000']`: "the escape in",
		`['\`:            "the escape in",
	} {
		if got, err := parsePythonList(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
}
