package apikey

import (
	"regexp"
	"strings"
	"testing"
)

// shape is what a scanner for leaked keys looks for.
var shape = regexp.MustCompile(`^acd_[a-z2-7]{56}$`)

func TestAKeyIsFoundByItsShapeAndHash(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		raw, hash := New()
		if got, err := Parse(raw); err != nil || got != hash || !shape.MatchString(raw) || !Is(raw) {
			t.Fatalf("%s: %s, %v", raw, got, err)
		}
		if seen[raw] || seen[hash] || strings.Contains(hash, raw[len(Prefix):]) {
			t.Fatal("a key is drawn twice, or told by its hash")
		}
		seen[raw], seen[hash] = true, true
	}
}

// TestATypingErrorIsNoKey tries every other letter at every place, every pair
// exchanged, and what is cut, longer, or written in another way.
func TestATypingErrorIsNoKey(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	raw, _ := New()
	refused := func(s string) {
		t.Helper()
		if _, err := Parse(s); err == nil && s != raw {
			t.Errorf("%q is taken for a key", s)
		}
	}
	for i := len(Prefix); i < len(raw); i++ {
		for _, l := range letters {
			refused(raw[:i] + string(l) + raw[i+1:])
		}
		refused(raw[:i])
		if i+1 < len(raw) {
			refused(raw[:i] + string(raw[i+1]) + string(raw[i]) + raw[i+2:])
		}
	}
	body := raw[len(Prefix):]
	for _, s := range []string{
		"", Prefix, body, raw + "a", raw + "=", raw + "\n", " " + raw, raw[:30] + "\n" + raw[30:], strings.ToUpper(raw), Prefix + strings.ToUpper(body),
		"acx_" + body, "acd-" + body, Prefix + strings.Repeat("a", 55) + "\xff", Prefix + body[:55] + "1", Prefix + strings.Repeat("a", 1<<20),
	} {
		refused(s)
	}
}

func FuzzParse(f *testing.F) {
	raw, _ := New()
	for _, s := range []string{raw, raw[:len(raw)-1], strings.ToUpper(raw), "acd_", "", Prefix + strings.Repeat("a", 56), raw[:20] + "\r\n" + raw[20:]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if hash, err := Parse(s); err == nil && (!shape.MatchString(s) || len(hash) != 64) {
			t.Errorf("%q is taken for a key", s)
		}
	})
}
