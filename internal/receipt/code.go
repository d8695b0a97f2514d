// Package receipt makes what the author of an anonymous submission keeps: a code
// that opens it, and a signed statement that it was received. A code is known to
// its holder alone: only its keyed hash may be stored, and nothing prints it. A
// statement names nobody.
package receipt

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// alphabet is Crockford's base 32, which leaves out I, L, O and U.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	symbols = 25 // 24 random ones, 120 bits, and one to check
	group   = 5
)

// ErrCode refuses what can't be a code. Its text says what a code looks like and
// quotes nothing.
var ErrCode = errors.New("a receipt code has 25 letters and digits in groups of five; one of them may be mistyped")

// Code opens one anonymous submission. The zero Code opens none.
type Code struct{ text string }

// NewCode draws a code at random.
func NewCode() Code {
	random := make([]byte, symbols-1)
	rand.Read(random)
	b := make([]byte, 0, symbols)
	for _, r := range random {
		b = append(b, alphabet[r%32])
	}
	return Code{string(append(b, checkSymbol(b)))}
}

// ParseCode reads a code as people type it: in any case, with any spaces and
// hyphens, O for 0, I and L for 1. It notices every single wrong symbol, and
// neighbors exchanged except 0 with Z.
func ParseCode(typed string) (Code, error) {
	b := make([]byte, 0, symbols)
	for i := range len(typed) {
		c := typed[i]
		switch {
		case c == '-' || c == ' ':
			continue
		case len(b) == symbols:
			return Code{}, ErrCode
		}
		s, ok := symbol(c)
		if !ok {
			return Code{}, ErrCode
		}
		b = append(b, s)
	}
	if len(b) != symbols || checkSymbol(b[:symbols-1]) != b[symbols-1] {
		return Code{}, ErrCode
	}
	return Code{string(b)}, nil
}

// symbol is the symbol that a typed character means.
func symbol(c byte) (byte, bool) {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'O':
		c = '0'
	case 'I', 'L':
		c = '1'
	}
	return c, strings.IndexByte(alphabet, c) >= 0
}

// checkSymbol is the Luhn check symbol, modulo 32, of the symbols before it.
func checkSymbol(b []byte) byte {
	sum := 0
	for i, c := range b {
		n := strings.IndexByte(alphabet, c)
		if (len(b)-i)%2 == 1 {
			n = 2*n/32 + 2*n%32
		}
		sum += n
	}
	return alphabet[(32-sum%32)%32]
}

// Reveal is the code as it is shown to its holder, once.
func (c Code) Reveal() string {
	var groups []string
	for t := c.text; t != ""; t = t[group:] {
		groups = append(groups, t[:group])
	}
	return strings.Join(groups, "-")
}

// Hash is what may be stored of the code: HMAC-SHA256 under a key that is not in
// the database, in hex.
func (c Code) Hash(key []byte) string {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, c.text)
	return hex.EncodeToString(h.Sum(nil))
}

// Format keeps the code out of logs and error texts, whatever the verb.
func (Code) Format(f fmt.State, _ rune) { io.WriteString(f, "receipt.Code") }
