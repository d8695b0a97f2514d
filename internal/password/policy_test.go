package password

import (
	"errors"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCheck(t *testing.T) {
	names := []string{"Jane Meadowlark", "jmeadow@example.org", "Accord", "Li Wu", "", "    ", "李小明子"}
	for name, tt := range map[string]struct {
		pw      string
		minimum int
		want    string // the refusal's code
	}{
		"a phrase":                           {phrase, MinAlone, ""},
		"15 characters":                      {"plum orbit cand", MinAlone, ""},
		"14 characters":                      {"plum orbit can", MinAlone, TooShort},
		"14 characters with a second factor": {"plum orbit can", MinWithSecondFactor, ""},
		"8 characters with a second factor":  {"plum orb", MinWithSecondFactor, ""},
		"7 characters with a second factor":  {"plum or", MinWithSecondFactor, TooShort},
		"7 characters whatever the minimum":  {"plum or", 0, TooShort},
		"nothing":                            {"", MinAlone, TooShort},
		"only small letters":                 {"plumorbitcandleseven", MinAlone, ""},
		"only digits":                        {"830275419264083157", MinAlone, ""},
		"only signs":                         {"{!#)^~?&-=+%@;:", MinAlone, ""},
		"emoji, each one character":          {"🍇🪐🕯🎈🌧🛶🎻🦉🧵🌵🍋🏔🪁🧭🥁", MinAlone, ""},
		"another script":                     {"слива орбита свеча", MinAlone, ""},
		"spaces at its ends":                 {"  plum orbit candle  ", MinAlone, ""},
		"256 characters":                     {long(256), MinAlone, ""},
		"257 characters":                     {long(257), MinAlone, TooLong},
		"1,024 bytes":                        {strings.Repeat("🍇🪐🕯🎈🌧🛶🎻🦉🧵🌵🍋🏔🪁🧭🥁🪻", 16), MinAlone, ""},
		"not UTF-8":                          {phrase + "\xff", MinAlone, NotText},
		"an unassigned character":            {phrase + "\u0378", MinAlone, NotText},
		"a line break after it":              {phrase + "\n", MinAlone, NotText},
		"a tab":                              {"plum\torbit candle", MinAlone, NotText},
		"a NUL":                              {phrase + "\x00", MinAlone, NotText},
		"one character that NFKC makes 18":   {"ﷺ", MinAlone, TooShort},
		"28 that NFKC makes 14":              {strings.Repeat("e\u0301", 14), MinAlone, TooShort},

		"one character":               {strings.Repeat("a", 20), MinAlone, Predictable},
		"a part over and over":        {"plumplumplumplum", MinAlone, Predictable},
		"a part over and over, cut":   {"plum7plum7plum7pl", MinAlone, Predictable},
		"a part twice":                {"plumorbitplumorbit", MinAlone, Predictable},
		"a part that is long enough":  {"plum orbit candle plum orbit candle ", MinAlone, ""},
		"a part in other case":        {"PlumplumPLUMpluM", MinAlone, Predictable},
		"digits in order":             {"123456789012345", MinAlone, Predictable},
		"letters in order":            {"abcdefghijklmnopqr", MinAlone, Predictable},
		"letters in reverse":          {"zyxwvutsrqponml", MinAlone, Predictable},
		"four runs":                   {"abcd1234efgh5678", MinAlone, Predictable},
		"five runs":                   {"abcd1234efgh5678xyz", MinAlone, ""},
		"runs of the same characters": {"aaaabbbbccccddddeeee", MinAlone, Predictable},

		"common":                            {"password", MinWithSecondFactor, Common},
		"common, in full width":             {"ｐａｓｓｗｏｒｄ", MinWithSecondFactor, Common},
		"common, in capitals":               {"PassWord", MinWithSecondFactor, Common},
		"common and long":                   {"1qaz2wsx3edc4rfv", MinAlone, Common},
		"common and a year":                 {"Princess2024", MinWithSecondFactor, Common},
		"common, digits, a sign":            {"password1938264!", MinAlone, Common},
		"common in signs":                   {"***password***", MinWithSecondFactor, Common},
		"common in a longer phrase":         {"my password is plum", MinAlone, ""},
		"common among many digits":          {"password 8302754192640831", MinAlone, ""},
		"the first of the list":             {"mailcreated5240", MinAlone, Common},
		"the account's name":                {"jmeadow orbit candle", MinAlone, ContainsName},
		"a word of a name":                  {"orbit-MEADOWLARK-7", MinAlone, ContainsName},
		"a name in full width":              {"orbit ｍｅａｄｏｗｌａｒｋ", MinAlone, ContainsName},
		"a name inside a word":              {"xxjmeadowxx orbit", MinAlone, ContainsName},
		"a name in another script":          {"plum orbit 李小明子 candle", MinAlone, ContainsName},
		"the service's name":                {"accord plum orbit", MinAlone, ContainsName},
		"a short name, whole":               {"plum orbit li wu 7", MinAlone, ContainsName},
		"a word too short to matter":        {"plum liquid orbit", MinAlone, ""},
		"the domain of the account's name":  {"an example of plums", MinAlone, ""},
		"spaces, as in a name of spaces":    {"plum    orbit candle", MinAlone, ""},
		"a name of another account":         {"plum orbit rosamund", MinAlone, ""},
		"a name, but too short comes first": {"meadowlark", MinAlone, TooShort},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(tt.pw, tt.minimum, names...)
			var r *Refusal
			if tt.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if !errors.As(err, &r) || r.Code != tt.want {
				t.Fatalf("got %#v, want %s", err, tt.want)
			}
			if r.Error() == "" || len(tt.pw) > len("password") && strings.Contains(r.Error(), tt.pw) {
				t.Errorf("says %q", r)
			}
		})
	}
}

// long returns n characters without a pattern.
func long(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte(byte('!' + i*i*7%90))
	}
	return b.String()
}

func TestARefusalForLengthNamesTheLength(t *testing.T) {
	if err := Check("plum", MinAlone); !strings.Contains(err.Error(), "15") {
		t.Errorf("says %q", err)
	}
	if err := Check("plum", MinWithSecondFactor); !strings.Contains(err.Error(), "8") {
		t.Errorf("says %q", err)
	}
}

func TestTheListOfCommonPasswordsIsWholeAndInOrder(t *testing.T) {
	n := len(commonest) / entry
	if n < 10_000 || len(commonest)%entry != 0 {
		t.Fatalf("%d bytes", len(commonest))
	}
	at := func(i int) string { return commonest[i*entry : (i+1)*entry] }
	if !sort.SliceIsSorted(make([]struct{}, n), func(i, j int) bool { return at(i) < at(j) }) {
		t.Error("not sorted")
	}
	for _, s := range []string{"password", "12345678", "baseball", "football", "qwertyuiop", "iloveyou", "trustno1", "sunshine", "princess"} {
		if !listed(s) {
			t.Errorf("%q is not listed", s)
		}
	}
	for _, s := range []string{"", phrase, "plumorbit"} {
		if listed(s) {
			t.Errorf("%q is listed", s)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(phrase, 15, "Jane")
	f.Add("ﷺ", 8, "")
	f.Add("passwordpassword", 15, "@")
	f.Add("\xff", 0, "\xff")
	f.Fuzz(func(t *testing.T, pw string, minimum int, name string) {
		err := Check(pw, minimum, name)
		var r *Refusal
		switch {
		case err == nil && (strings.ContainsRune(pw, 0) || utf8.RuneCountInString(pw) < MinWithSecondFactor || len(pw) > 1024 || !utf8.ValidString(pw)):
			t.Errorf("accepted %q", pw)
		case err != nil && !errors.As(err, &r):
			t.Errorf("refused by %T", err)
		}
		text, err := normalize(pw)
		if err != nil {
			return
		}
		again, err := normalize(text)
		if err == nil && again != text {
			t.Errorf("%q is normalized to %q, and that to %q", pw, text, again)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	for b.Loop() {
		if err := Check(phrase, MinAlone, "Jane Meadowlark", "jmeadow@example.org", "Accord"); err != nil {
			b.Fatal(err)
		}
	}
}
