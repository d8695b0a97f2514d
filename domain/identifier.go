package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Identifier is an organization's number in a register. A scheme and value
// together belong to one organization.
type Identifier struct {
	// Scheme is LEI (ISO 17442), UEI, EIN, ROR, CIK, ABN, GB-COH, org-id or a
	// national one.
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
}

// ParseIdentifier reads "scheme:value" and brings it to the form that is stored.
func ParseIdentifier(s string) (Identifier, error) {
	scheme, value, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || value == "" {
		return Identifier{}, Refuse(Invalid, "an identifier is written scheme:value")
	}
	return Identifier{Scheme: scheme, Value: value}.Normal(), nil
}

// registers are the schemes whose numbers can be told from slips. normal brings a
// number to its one form; wrong says what is wrong with it, and what would be
// right where that can be told.
var registers = map[string]struct {
	normal func(string) string
	wrong  func(string) string
}{
	"LEI":    {plain, wrongLEI},
	"ABN":    {plain, wrongABN},
	"EIN":    {plain, wrongEIN},
	"UEI":    {plain, wrongUEI},
	"ROR":    {func(s string) string { return strings.ToLower(s[strings.LastIndexByte(s, '/')+1:]) }, wrongROR},
	"CIK":    {func(s string) string { return padded(plain(s), 10) }, func(s string) string { return digitsOf(s, 10) }},
	"GB-COH": {func(s string) string { return padded(plain(s), 8) }, wrongCompaniesHouse},
}

// Normal is the identifier in the one form in which it is stored and compared. A
// register that is not known keeps its numbers as they were written.
func (i Identifier) Normal() Identifier {
	i.Value = strings.TrimSpace(i.Value)
	if r, ok := registers[strings.ToUpper(i.Scheme)]; ok {
		return Identifier{strings.ToUpper(i.Scheme), r.normal(i.Value)}
	}
	return i
}

// Wrong says what is wrong with an identifier in its normal form; empty if
// nothing can be told to be.
func (i Identifier) Wrong() string {
	if i.Scheme == "" || i.Value == "" {
		return "must be a scheme and a value, neither empty"
	}
	if r, ok := registers[i.Scheme]; ok {
		return r.wrong(i.Value)
	}
	return ""
}

// plain is a number without what people put between its digits.
func plain(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", ".", "", "\u00a0", "").Replace(s))
}

// padded gives back the zeros that a spreadsheet took.
func padded(s string, n int) string {
	if strings.Trim(s, "0123456789") == "" && len(s) > 0 && len(s) < n {
		return strings.Repeat("0", n-len(s)) + s
	}
	return s
}

func digitsOf(s string, n int) string {
	if len(s) != n || strings.Trim(s, "0123456789") != "" {
		return fmt.Sprintf("must be %d digits", n)
	}
	return ""
}

// mod97 is a text of digits and letters (A is 10) modulo 97, as ISO 7064 reads it.
func mod97(s string) int {
	n := 0
	for _, c := range s {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c-'A') + 10
			n = n*10 + v/10
			v %= 10
		}
		n = (n*10 + v) % 97
	}
	return n
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// wrongLEI checks the two digits at the end (ISO 17442, ISO 7064 MOD 97-10).
func wrongLEI(s string) string {
	if len(s) != 20 || strings.Trim(s, alphanumeric) != "" || strings.Trim(s[18:], "0123456789") != "" {
		return "must be 18 letters and digits, and two check digits"
	}
	if want := fmt.Sprintf("%02d", 98-mod97(s[:18]+"00")); s[18:] != want {
		return fmt.Sprintf("the check digits don't fit the number; for %s they are %s", s[:18], want)
	}
	return ""
}

// wrongABN checks the two digits at the front (Australian Business Register).
func wrongABN(s string) string {
	if wrong := digitsOf(s, 11); wrong != "" {
		return wrong
	}
	sum := 0
	for i, w := range [...]int{3, 5, 7, 9, 11, 13, 15, 17, 19} { // after 10 and 1
		sum += w * int(s[i+2]-'0')
	}
	if want := abnPrefix(sum); s[:2] != want {
		return fmt.Sprintf("the check digits don't fit the number; before %s they are %s", s[2:], want)
	}
	return ""
}

// abnPrefix is the two digits that make the weighted sum a multiple of 89: with
// weights 10 and 1, and one taken from the first.
func abnPrefix(sum int) string {
	for n := 10; n <= 99; n++ {
		if (10*(n/10-1)+n%10+sum)%89 == 0 {
			return fmt.Sprint(n)
		}
	}
	return ""
}

// noEINPrefix are those that the Internal Revenue Service has never given out.
var noEINPrefix = []string{"00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97"}

func wrongEIN(s string) string {
	if wrong := digitsOf(s, 9); wrong != "" {
		return wrong
	}
	if slices.Contains(noEINPrefix, s[:2]) {
		return "begins with two digits that the IRS does not give out"
	}
	return ""
}

// wrongUEI looks at the form alone: how its last character follows from the
// others is not published (SAM.gov).
func wrongUEI(s string) string {
	if len(s) != 12 || strings.Trim(s, "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") != "" || s[0] == '0' {
		return "must be 12 letters and digits, no O or I among them, and not begin with 0"
	}
	return ""
}

// wrongROR checks the two digits at the end (ROR: base 32 of Crockford, ISO 7064
// MOD 97-10).
func wrongROR(s string) string {
	const base32 = "0123456789abcdefghjkmnpqrstvwxyz"
	if len(s) != 9 || s[0] != '0' || strings.Trim(s[:7], base32) != "" || strings.Trim(s[7:], "0123456789") != "" {
		return "must be 0, six letters and digits, and two check digits, as in 05dxps055"
	}
	n := 0
	for i := range 7 {
		n = n*32 + strings.IndexByte(base32, s[i])
	}
	if want := fmt.Sprintf("%02d", 98-(n*100)%97); s[7:] != want {
		return fmt.Sprintf("the check digits don't fit the number; for %s they are %s", s[:7], want)
	}
	return ""
}

func wrongCompaniesHouse(s string) string {
	letters := strings.TrimRight(s, "0123456789")
	if len(s) != 8 || (letters != "" && len(letters) > 2) || strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "must be 8 digits, or two letters and 6 digits"
	}
	return ""
}
