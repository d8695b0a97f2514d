package api

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"accord/domain"
)

// forms says in words what each pattern of the contract asks for, and shows one.
var forms = map[string]string{
	`^-?[0-9]{1,18}(\.[0-9]{1,9})?$`:   `a decimal number as a string, with at most 18 digits before the point and 9 after, such as "12.5"`,
	`^-?[0-9]+(\.[0-9]+)?$`:            `a decimal number, such as 12.5`,
	`^[0-9]{1,15}(\.[0-9]{1,4})?$`:     `an amount as a string, with at most 15 digits before the point and 4 after, such as "1250.00"`,
	`^[0-2][0-9]:[0-5][0-9]$`:          `a time of day as HH:MM, such as 18:00`,
	`^[0-9]{2,6}$`:                     `a NAICS code of two to six digits, such as 5415`,
	`^[0-9a-fA-F]{64}$`:                `a SHA-256 in hexadecimal, which has 64 digits`,
	`^[1-9]\.[1-9]$`:                   `the number of an objective of the strategy, such as 4.1`,
	`^[A-Z]{2}$`:                       `the two capital letters of a country in ISO 3166-1, such as US`,
	`^[A-Z]{3}$`:                       `the three capital letters of a currency in ISO 4217, such as USD`,
	`^[A-Za-z][A-Za-z0-9-]*$`:          `a scheme's name of letters, digits and hyphens, such as LEI`,
	`^[A-Za-z0-9][A-Za-z0-9./:_-]*$`:   `a number without spaces, of letters, digits and ./:_-, such as LH-2026-014`,
	`^[a-z0-9][a-z0-9_]{0,39}$`:        `a key of up to 40 small letters, digits and underscores, such as who_pays`,
	`^[a-z][a-z0-9_]{0,39}$`:           `a key of up to 40 small letters, digits and underscores that begins with a letter, such as risks`,
	`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`: `a language in BCP 47, such as en or pt-BR`,
	`^[a-z_]+(,[a-z_]+)*$`:             `names of members, separated by commas, such as id,title`,
	`^[a-z_]+\.[a-z_]+$`:               `an event's name, such as session.refused`,
	`^[0-9a-f-]{36}(,[0-9a-f-]{36})*$`: `ids, separated by commas`,
}

// formText is a pattern in words. Sort orders and other lists of given words name
// these; nobody is told a regular expression.
func formText(pattern string) string {
	if words, ok := forms[pattern]; ok {
		return words
	}
	list := strings.TrimPrefix(pattern, "^")
	descending := strings.HasPrefix(list, "-?")
	list = strings.Trim(strings.TrimPrefix(list, "-?"), "()$")
	list, _, _ = strings.Cut(list, ")")
	list, _, _ = strings.Cut(list, "$")
	words := strings.ReplaceAll(list, "|", ", ")
	if descending {
		return "fields to sort by, separated by commas, of " + words + "; a - before one makes it descending"
	}
	return "words, separated by commas, of " + words
}

const (
	// longText is the limit of a text that may have lines, if the contract sets none.
	longText = 1 << 20
	// oneLine is how long a name or title may be in the contract; what may be longer
	// is a text, which has lines.
	oneLine = 500
)

// illegible adds a fault for every text of a value that holds what no text of a
// record may: what steers a screen, is no character, or makes what stands after it be read otherwise than
// it was written (Unicode TR 36, bidirectional text spoofing). Limit is what the
// contract says of v's own length.
func illegible(f *domain.Faults, v reflect.Value, at string, limit int) {
	if len(*f) > maxFaults {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if why := unfit(v.String(), limit); why != "" {
			f.Add(at, "invalid_text", "%s", why)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			illegible(f, v.Elem(), at, limit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			illegible(f, v.Index(i), at+"/"+strconv.Itoa(i), limit)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			// A password is nobody's to read, and one that was set opens the account.
			if field := v.Type().Field(i); !strings.HasSuffix(memberName(field), "password") {
				illegible(f, v.Field(i), at+"/"+memberName(field), longest(field.Tag.Get("validate")))
			}
		}
	}
}

// longest is how long a text may be by its rules, or each of a list's.
func longest(rules string) int {
	if _, each, list := strings.Cut(rules, "dive"); list {
		rules = each
	}
	for rule := range strings.SplitSeq(rules, ",") {
		if n, err := strconv.Atoi(strings.TrimPrefix(rule, "max=")); err == nil && strings.HasPrefix(rule, "max=") {
			return n
		}
	}
	return longText
}

// unfit says which character of a text doesn't belong there; nothing if all do.
func unfit(text string, limit int) string {
	for _, r := range text {
		switch {
		case strings.ContainsRune("\n\r\t", r):
			if limit <= oneLine {
				return fmt.Sprintf("holds %U, a tab or line break; write it on one line", r)
			}
		case unicode.IsControl(r):
			return fmt.Sprintf("holds the control character %U; leave it out", r)
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return fmt.Sprintf("holds %U, which turns the direction of what stands after it; leave it out", r)
		case r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
			return fmt.Sprintf("holds %U, which is no character; leave it out", r)
		}
	}
	return ""
}
