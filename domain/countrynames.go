package domain

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// otherCountryNames are names that registers write where Unicode CLDR has
// another: the short names of the United Nations and of ISO 3166, and those of
// the Department of State. Word order, case, accents and "the" do not matter.
var otherCountryNames = map[string]string{
	"Bolivia (Plurinational State of)":               "BO",
	"Bonaire, Sint Eustatius and Saba":               "BQ",
	"Brunei Darussalam":                              "BN",
	"Burma":                                          "MM",
	"China, Hong Kong Special Administrative Region": "HK",
	"China, Macao Special Administrative Region":     "MO",
	"Congo":                                                "CG",
	"Congo, Republic of the":                               "CG",
	"Congo, Democratic Republic of the":                    "CD",
	"DPR Korea":                                            "KP",
	"Falkland Islands [Malvinas]":                          "FK",
	"Heard Island and McDonald Islands":                    "HM",
	"Holy See":                                             "VA",
	"Iran (Islamic Republic of)":                           "IR",
	"Korea, Democratic People's Republic of":               "KP",
	"Korea, Republic of":                                   "KR",
	"Kyrgyz Republic":                                      "KG",
	"Lao People's Democratic Republic":                     "LA",
	"Micronesia (Federated States of)":                     "FM",
	"Moldova, Republic of":                                 "MD",
	"Palestine, State of":                                  "PS",
	"Russian Federation":                                   "RU",
	"Saint Helena, Ascension and Tristan da Cunha":         "SH",
	"Saint Martin (French Part)":                           "MF",
	"Sint Maarten (Dutch part)":                            "SX",
	"Slovak Republic":                                      "SK",
	"Svalbard and Jan Mayen Islands":                       "SJ",
	"Syrian Arab Republic":                                 "SY",
	"Taiwan (Province of China)":                           "TW",
	"Tanzania, United Republic of":                         "TZ",
	"UAE":                                                  "AE",
	"United Kingdom of Great Britain and Northern Ireland": "GB",
	"Great Britain":                                        "GB",
	"United States Minor Outlying Islands":                 "UM",
	"United States Virgin Islands":                         "VI",
	"United States of America":                             "US",
	"USA":                                                  "US",
	"Venezuela (Bolivarian Republic of)":                   "VE",
	"Viet Nam":                                             "VN",
	"Wallis and Futuna Islands":                            "WF",
}

// CountryByName finds a country by an English name as registers write it,
// whatever the case, accents, punctuation and order of its words ("Korea,
// Republic of"). It takes no abbreviation and no near miss: a country guessed
// wrong is worse than one asked for.
func CountryByName(name string) (Country, bool) {
	code, ok := countryCodesByName()[countryKey(name)]
	if !ok {
		return Country{}, false
	}
	return CountryByCode(code)
}

var countryCodesByName = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, len(countries)+len(countryAlternates)+len(otherCountryNames))
	for _, names := range []map[string]string{countryAlternates, otherCountryNames} {
		for name, code := range names {
			m[countryKey(name)] = code
		}
	}
	for _, c := range countries {
		m[countryKey(c.Name)] = c.Code
	}
	return m
})

// unaccented spells the accented letters of the countries' English names without
// their accents.
var unaccented = strings.NewReplacer("á", "a", "ã", "a", "å", "a", "ç", "c", "é", "e", "í", "i", "ô", "o", "ü", "u")

// countryKey is the same for two spellings of one country's name.
func countryKey(name string) string {
	name = strings.Map(withoutMarks, unaccented.Replace(strings.ToLower(name)))
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	words = slices.DeleteFunc(words, func(w string) bool { return w == "the" || w == "and" || w == "of" })
	for i, w := range words {
		if w == "st" {
			words[i] = "saint"
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// withoutMarks drops the accents of decomposed letters.
func withoutMarks(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}
