package match

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestNamesOfOneOrganization(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want Reason
		same bool
	}{
		{"CAFÉ MONTRÉAL", "Cafe Montreal", SameName, true},
		{"Tenants’ Union", "Tenants' Union", SameName, true},
		{"Harbor & Sons", "Harbor and Sons", SameName, true},
		{"Газпром", "Gazprom", SameName, true},
		{"Ελλάδα", "Ellada", SameName, true},
		{"ООО Ромашка", "Romashka OOO", SameLetters, true},
		{"株式会社 Toyota", "Toyota K.K.", SameLetters, true},
		{"Müller Straße GmbH", "Muller Strasse GmbH", SameName, true},
		{"Harbor Logistics Pty Limited", "Harbor Logistics Pty. Ltd.", SameLetters, true},
		{"Harbor S.A.", "Harbor SA", SameName, true},
		{"World Skills Australia", "WorldSkills Australia", SameLetters, true},
		{"Federation of Housing Associations", "Housing Associations Federation", SameWords, true},
		{"NSW Farmers Assoc.", "New South Wales Farmers' Association", SameLetters, true},
		{"Labour Organisation Centre", "Labor Organization Center", SameLetters, true},
		{"Australian Education Union (AEU)", "Australian Education Union", SameLetters, true},
		{"Gwydir Valley Irrigators", "Gwidir Valley Irrigators", Spelling, true},
		{"Harbor Logistics Ltd", "Harbor Logistics GmbH", OtherForm, false},
		{"Harbor Logistics Ltd", "Harbor Logistics", OtherForm, false},
		{"AI Group", "Australian Industry Group", Acronym, false},
		{"UNICEF", "United Nations International Children's Emergency Fund", Acronym, false},
		{"Channel 7", "Channel 9", "", false},
		{"Bland Shire Council", "Blayney Shire Council", Abbreviation, false},
		{"Red Cross", "Blue Shield", "", false},
	} {
		a, b := Parse(tt.a), Parse(tt.b)
		score, why := Compare(a, b)
		if why != tt.want && tt.want != "" || score >= Same != tt.same {
			t.Errorf("%q and %q: %.2f %s", tt.a, tt.b, score, why)
		}
		if back, _ := Compare(b, a); back != score {
			t.Errorf("%q and %q: %.2f one way, %.2f the other", tt.a, tt.b, score, back)
		}
		if score >= Possible && !slices.ContainsFunc(a.Keys(), func(k string) bool { return slices.Contains(b.Keys(), k) }) {
			t.Errorf("%q and %q share no key: %v %v", tt.a, tt.b, a.Keys(), b.Keys())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a", "The And Ltd", "株式会社", "S. A.", "'", "\x00", "ﷺ", "co-op", "9 to 5", "....", "Ⅷ LLC"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := Parse(s)
		if score, why := Compare(n, Parse(s)); score != 1 || why != SameName {
			t.Errorf("%q is not its own: %v %s", s, score, why)
		}
		for _, k := range n.Keys() {
			if !utf8.ValidString(k) || len(k) > 62 {
				t.Errorf("a key %q of %q", k, s)
			}
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	x, y := Parse("Northern Rivers Regional Organisation of Councils Inc."), Parse("Northern River Organization of Councils")
	for b.Loop() {
		Compare(x, y)
	}
}
