package password

import (
	"crypto/sha256"
	_ "embed"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonest holds the sorted first eight bytes of the SHA-256 of each of the
// commonest passwords of eight characters or more; see common_gen.go.
//
//go:embed common.bin
var commonest string

const entry = 8

// common tells whether s, in lower case, is one of the commonest passwords,
// alone or with digits and signs around it that are no more than it is long.
func common(s string) bool {
	core := strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	return listed(s) || 2*utf8.RuneCountInString(core) >= utf8.RuneCountInString(s) && listed(core)
}

func listed(s string) bool {
	sum := sha256.Sum256([]byte(s))
	want := string(sum[:entry])
	n := len(commonest) / entry
	i := sort.Search(n, func(i int) bool { return commonest[i*entry:(i+1)*entry] >= want })
	return i < n && commonest[i*entry:(i+1)*entry] == want
}
