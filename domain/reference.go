package domain

import (
	"cmp"
	"slices"
	"sync"
)

// Country is a country or territory with a current ISO 3166-1 code. Kosovo has
// none, and user-assigned, reserved and withdrawn codes are not here.
type Country struct {
	// Code is the alpha-2 code, in capitals.
	Code string
	// Alpha3 is the three-letter code, in capitals.
	Alpha3 string
	// Name is the short English name of Unicode CLDR.
	Name string
}

// Currency is a currency that is tender somewhere, by its current ISO 4217
// code. Withdrawn currencies, funds codes and metals are not here.
type Currency struct {
	Code string
	Name string
	// MinorUnits is the number of decimals that ISO 4217 gives an amount.
	MinorUnits int
}

// Language is a language by its BCP 47 primary subtag, in lower case: two
// letters where ISO 639-1 has them, else three of ISO 639-3.
type Language struct {
	Code string
	Name string
}

// Countries lists every country, sorted by code.
func Countries() []Country { return slices.Clone(countries) }

// Currencies lists every currency, sorted by code.
func Currencies() []Currency { return slices.Clone(currencies) }

// Languages lists every language, sorted by code.
func Languages() []Language { return slices.Clone(languages) }

// CountryByCode finds a country by its alpha-2 code, which is in capitals.
func CountryByCode(code string) (Country, bool) {
	return byCode(countries, code, func(c Country) string { return c.Code })
}

// CountryByAlpha3 finds a country by its alpha-3 code, which is in capitals.
func CountryByAlpha3(code string) (Country, bool) {
	c, ok := countriesByAlpha3()[code]
	return c, ok
}

// CurrencyByCode finds a currency by its code, which is in capitals.
func CurrencyByCode(code string) (Currency, bool) {
	return byCode(currencies, code, func(c Currency) string { return c.Code })
}

// LanguageByCode finds a language by its primary subtag, which is in lower case.
func LanguageByCode(code string) (Language, bool) {
	return byCode(languages, code, func(l Language) string { return l.Code })
}

var countriesByAlpha3 = sync.OnceValue(func() map[string]Country {
	m := make(map[string]Country, len(countries))
	for _, c := range countries {
		m[c.Alpha3] = c
	}
	return m
})

// byCode searches a table that is sorted by code.
func byCode[T any](table []T, code string, of func(T) string) (T, bool) {
	i, ok := slices.BinarySearchFunc(table, code, func(x T, code string) int { return cmp.Compare(of(x), code) })
	if !ok {
		var none T
		return none, false
	}
	return table[i], true
}
