package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The least characters of a password, by NIST SP 800-63B-4, section 3.1.1.2.
const (
	MinAlone            = 15 // where it is all that is asked for
	MinWithSecondFactor = 8  // where it is never enough by itself
)

// The longest password, which is at most 1,024 bytes. All of it counts: nothing
// is cut off.
const maxCharacters = 256

// The codes of a Refusal.
const (
	NotText      = "not_text"
	TooLong      = "too_long"
	TooShort     = "too_short"
	Predictable  = "predictable"
	Common       = "common"
	ContainsName = "contains_name"
)

// Refusal says why a password can't be chosen. Neither part quotes it.
type Refusal struct {
	Code   string // for programs
	Detail string // for the person, with what would be right
}

func (r *Refusal) Error() string { return r.Detail }

// Check refuses with a *Refusal a password that should not be chosen: shorter
// than minimum (MinWithSecondFactor at the least) or over 256 characters; one
// part over and over, or running sequences; among the commonest; or containing
// one of names, which are the account's and the service's own, or a word of it
// (of an address, the part before the @). It asks for no mixture of kinds of
// characters: the standard forbids that.
func Check(pw string, minimum int, names ...string) error {
	text, err := normalize(pw)
	if err != nil {
		return err
	}
	minimum = max(minimum, MinWithSecondFactor)
	// NFKC can turn one character into eighteen, or two into one.
	if min(utf8.RuneCountInString(pw), utf8.RuneCountInString(text)) < minimum {
		return &Refusal{TooShort, fmt.Sprintf("a password needs at least %d characters", minimum)}
	}
	text = strings.ToLower(text)
	switch {
	case repeats(text, minimum):
		return &Refusal{Predictable, "a password must not be the same few characters over and over"}
	case sequential(text):
		return &Refusal{Predictable, "a password must not be a sequence of letters or digits, such as abcd1234"}
	case common(text):
		return &Refusal{Common, "this password, or nearly this, is among those most often used and first guessed; choose another"}
	case containsName(text, names):
		return &Refusal{ContainsName, "a password must not contain your name, your account's or this service's"}
	}
	return nil
}

// normalize returns what is hashed, by the process for stabilized strings
// (UAX #15, section 12.1): a character that Unicode hasn't assigned yet could be
// normalized otherwise tomorrow, and the password would no longer match. Control
// characters can't be typed, and PBKDF2 takes a password and the same with NULs
// after it for one.
func normalize(pw string) (string, error) {
	if utf8.RuneCountInString(pw) > maxCharacters {
		return "", &Refusal{TooLong, fmt.Sprintf("a password may have up to %d characters", maxCharacters)}
	}
	if !utf8.ValidString(pw) {
		return "", &Refusal{NotText, "a password must be text in UTF-8"}
	}
	for _, r := range pw {
		if unicode.IsControl(r) {
			return "", &Refusal{NotText, "a password must not hold control characters, such as a tab or a line break"}
		}
		if unicode.Is(unicode.Cn, r) {
			return "", &Refusal{NotText, fmt.Sprintf("a password may hold characters of Unicode %s; one of these is newer, or none at all", unicode.Version)}
		}
	}
	return norm.NFKC.String(pw), nil
}

// repeats tells whether s is one part, shorter than minimum, at least twice, the
// last time perhaps cut.
func repeats(s string, minimum int) bool {
	for p := 1; p <= len(s)/2; p++ {
		if strings.HasPrefix(s, s[p:]) {
			return utf8.RuneCountInString(s[:p]) < minimum
		}
	}
	return false
}

// sequential tells whether s is at most four runs of characters that stay, rise
// or fall by one.
func sequential(s string) bool {
	runs, last := 0, rune(-9)
	for _, r := range s {
		if d := r - last; d < -1 || d > 1 {
			runs++
		}
		last = r
	}
	return runs <= 4
}

// A shorter word is in too many others.
const minWord = 4

func containsName(s string, names []string) bool {
	for _, name := range names {
		name, _, _ = strings.Cut(strings.ToLower(norm.NFKC.String(name)), "@")
		words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) })
		for _, w := range append(words, strings.TrimSpace(name)) {
			if utf8.RuneCountInString(w) >= minWord && strings.Contains(s, w) {
				return true
			}
		}
	}
	return false
}
