package domain

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestCountriesAreTheCurrentOnesOfISO3166(t *testing.T) {
	if n := len(Countries()); n != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", n)
	}
	for code, alpha3 := range map[string]string{"US": "USA", "GB": "GBR", "NA": "NAM", "SS": "SSD", "CW": "CUW", "AX": "ALA"} {
		c, ok := CountryByCode(code)
		if !ok || c.Alpha3 != alpha3 || c.Name == "" {
			t.Errorf("%s is %+v", code, c)
		}
		if same, _ := CountryByAlpha3(alpha3); same != c {
			t.Errorf("%s is %+v", alpha3, same)
		}
	}
	for _, code := range []string{"", "us", "USA", "XK", "AN", "YU", "SU", "EU", "UK", "AA", "ZZ", "U", "US "} {
		if c, ok := CountryByCode(code); ok {
			t.Errorf("%q is not a current code, found %+v", code, c)
		}
	}
	for _, code := range []string{"", "usa", "US", "XKX", "ANT"} {
		if c, ok := CountryByAlpha3(code); ok {
			t.Errorf("%q is not a current code, found %+v", code, c)
		}
	}
}

func TestCurrenciesAreTheCurrentOnesOfISO4217(t *testing.T) {
	for code, minor := range map[string]int{
		"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3, "IQD": 3, "HUF": 2, "XOF": 0, "ZWG": 2, "XCG": 2, "SLE": 2, "VED": 2, "SVC": 2,
	} {
		if c, ok := CurrencyByCode(code); !ok || c.MinorUnits != minor || c.Name == "" {
			t.Errorf("%s is %+v, want %d minor units", code, c, minor)
		}
	}
	for _, code := range []string{"", "usd", "ZWL", "SLL", "ANG", "HRK", "BGN", "CUC", "DEM", "CHE", "CLF", "USN", "XAU", "XDR", "XTS", "XXX", "CNH"} {
		if c, ok := CurrencyByCode(code); ok {
			t.Errorf("%q is no tender, found %+v", code, c)
		}
	}
}

func TestLanguagesArePrimarySubtags(t *testing.T) {
	for code, name := range map[string]string{"en": "English", "es": "Spanish", "tl": "Tagalog", "fil": "Filipino", "prs": "Dari", "yue": "Cantonese", "ase": "American Sign Language"} {
		if l, _ := LanguageByCode(code); l.Name != name {
			t.Errorf("%s is %+v, want %s", code, l, name)
		}
	}
	for _, code := range []string{"", "EN", "en-US", "und", "mul", "zxx", "sh", "root"} {
		if l, ok := LanguageByCode(code); ok {
			t.Errorf("%q is no primary subtag of a language, found %+v", code, l)
		}
	}
	two := 0
	for _, l := range Languages() {
		if len(l.Code) == 2 {
			two++
		}
	}
	if two != 183 {
		t.Errorf("%d languages of two letters, ISO 639-1 has 183", two)
	}
}

func TestTablesAreSortedByCode(t *testing.T) {
	var c, m, l []string
	for _, x := range Countries() {
		c = append(c, x.Code)
	}
	for _, x := range Currencies() {
		m = append(m, x.Code)
	}
	for _, x := range Languages() {
		l = append(l, x.Code)
	}
	for _, codes := range [][]string{c, m, l} {
		if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
			t.Errorf("not sorted, or a code twice: %v", codes)
		}
	}
}

func TestAListCannotBeChangedByItsReader(t *testing.T) {
	Countries()[0].Name = "changed"
	Currencies()[0].MinorUnits = 9
	Languages()[0].Name = "changed"
	if Countries()[0].Name == "changed" || Currencies()[0].MinorUnits == 9 || Languages()[0].Name == "changed" {
		t.Error("a reader changed the reference data")
	}
}

func TestCountryByName(t *testing.T) {
	for name, want := range map[string]string{
		"Kenya":                    "KE",
		"  united   STATES ":       "US",
		"the United Kingdom":       "GB",
		"UK":                       "GB",
		"Côte d’Ivoire":            "CI",
		"Cote d'Ivoire":            "CI",
		"Co\u0302te d'Ivoire":      "CI",
		"Ivory Coast":              "CI",
		"Saint Lucia":              "LC",
		"Trinidad and Tobago":      "TT",
		"Korea, Republic of":       "KR",
		"Republic of Korea":        "KR",
		"Korea (the Republic of)":  "KR",
		"North Korea":              "KP",
		"Republic of the Congo":    "CG",
		"Virgin Islands (U.S.)":    "VI",
		"British Virgin Islands":   "VG",
		"Guinea":                   "GN",
		"Guinea-Bissau":            "GW",
		"Guinea, Equatorial":       "GQ",
		"Niger":                    "NE",
		"Nigeria":                  "NG",
		"Dominica":                 "DM",
		"Dominican Republic":       "DO",
		"TÜRKİYE":                  "TR",
		"Burma":                    "MM",
		"":                         "",
		"the":                      "",
		"Global":                   "",
		"Korea":                    "",
		"Kosovo":                   "",
		"Yugoslavia":               "",
		"Africa":                   "",
		"Congo-Brazzaville, maybe": "",
	} {
		if c, ok := CountryByName(name); c.Code != want || ok != (want != "") {
			t.Errorf("%q is %+v, want %q", name, c, want)
		}
	}
}

// Sorting a name's words must not make two countries one.
func TestNoNameMeansTwoCountries(t *testing.T) {
	seen := map[string]string{}
	meet := func(name, code string) {
		key := countryKey(name)
		if other := seen[key]; other != "" && other != code {
			t.Errorf("%q is both %s and %s", name, other, code)
		}
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyz ") != "" {
			t.Errorf("%q keeps an accent: %q", name, key)
		}
		if _, ok := CountryByCode(code); !ok {
			t.Errorf("%q means %q, which is no country", name, code)
		}
		seen[key] = code
	}
	for _, c := range Countries() {
		meet(c.Name, c.Code)
	}
	for _, names := range []map[string]string{countryAlternates, otherCountryNames} {
		for name, code := range names {
			meet(name, code)
		}
	}
}

func FuzzCountryByName(f *testing.F) {
	for _, s := range []string{"Kenya", "Korea, Republic of", "Côte d’Ivoire", "\xff", "St. Kitts & Nevis", "İ", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		c, ok := CountryByName(name)
		if _, is := CountryByCode(c.Code); is != ok {
			t.Errorf("%q found %+v, %v", name, c, ok)
		}
		if again, _ := CountryByName(strings.ToUpper(name)); ok && isASCII(name) && again != c {
			t.Errorf("%q in capitals is %+v, not %+v", name, again, c)
		}
	})
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0 }

// published reads a file of the folder that lies beside the repository on some
// machines. Where there is no such folder it is nil; in one that is there a file that
// is missing fails the test. It is internal/publicdata for a package that imports nothing.
func published(t *testing.T, name string) []byte {
	t.Helper()
	const folder = "../../shared/"
	if _, err := os.Stat(folder); os.IsNotExist(err) {
		t.Logf("nothing is held against %s: it is not here", name)
		return nil
	}
	data, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// publishedRows are the rows of a published register; none where it is not at hand.
func publishedRows(t *testing.T, name string) []map[string]string {
	t.Helper()
	data := published(t, "data/"+name)
	if data == nil {
		return nil
	}
	r := csv.NewReader(bytes.NewReader(data))
	head, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	var rows []map[string]string
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, name := range head {
			row[name] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, row)
	}
}

func TestCountriesAgreeWithPublishedTables(t *testing.T) {
	for _, row := range publishedRows(t, "ref-countries/UNSD-en.csv") {
		c, ok := CountryByCode(row["ISO-alpha2 Code"])
		if !ok || c.Alpha3 != row["ISO-alpha3 Code"] {
			t.Errorf("%v is %+v", row, c)
		}
		if named, _ := CountryByName(row["Country or Area"]); named != c {
			t.Errorf("%q is %+v, want %+v", row["Country or Area"], named, c)
		}
	}
	rows := publishedRows(t, "ref-countries/country-codes.csv")
	if rows != nil && len(rows) != len(Countries()) {
		t.Errorf("%d countries, published are %d", len(Countries()), len(rows))
	}
	for _, row := range rows {
		c, _ := CountryByCode(row["ISO3166-1-Alpha-2"])
		if c.Alpha3 != row["ISO3166-1-Alpha-3"] {
			t.Errorf("%s is %+v", row["ISO3166-1-Alpha-3"], c)
		}
		for _, column := range []string{"CLDR display name", "official_name_en", "ISO4217-currency_country_name", "UNTERM English Short"} {
			if named, _ := CountryByName(row[column]); row[column] != "" && named != c {
				t.Errorf("%s %q is %+v, want %+v", column, row[column], named, c)
			}
		}
	}
}

func TestCurrenciesAgreeWithPublishedTables(t *testing.T) {
	notTender := []string{"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "XAD", "XUA", "XSU"}
	published := map[string]bool{}
	for _, row := range publishedRows(t, "ref-currencies/codes-all.csv") {
		code, minor := row["AlphabeticCode"], row["MinorUnit"]
		if code == "" || row["WithdrawalDate"] != "" || minor == "-" || slices.Contains(notTender, code) {
			continue
		}
		published[code] = true
		if c, ok := CurrencyByCode(code); !ok || minor != string(rune('0'+c.MinorUnits)) {
			t.Errorf("%s with %s minor units is %+v", code, minor, c)
		}
	}
	for _, c := range Currencies() {
		if len(published) > 0 && !published[c.Code] {
			t.Errorf("%+v is not published as current", c)
		}
	}
}
