package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	c := NewCode()
	shown := c.Reveal()
	if len(shown) != 29 || strings.Count(shown, "-") != 4 {
		t.Fatalf("shown as %q", shown)
	}
	for name, typed := range map[string]string{
		"as shown":                shown,
		"in small letters":        strings.ToLower(shown),
		"without hyphens":         strings.ReplaceAll(shown, "-", ""),
		"with spaces":             " " + strings.ReplaceAll(shown, "-", "  ") + " ",
		"with letters for digits": strings.NewReplacer("0", "O", "1", "l").Replace(shown),
		"with I for 1":            strings.NewReplacer("0", "o", "1", "I").Replace(shown),
	} {
		if got, err := ParseCode(typed); err != nil || got != c {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNotACodeIsRefused(t *testing.T) {
	good := NewCode().Reveal()
	for name, typed := range map[string]string{
		"empty":             "",
		"one short":         good[:28],
		"one long":          good + "0",
		"a letter left out": strings.Replace(good, good[:1], "U", 1),
		"not ASCII":         "é" + good[1:],
		"a NUL":             "\x00" + good,
		"full-width":        "０" + good[1:],
	} {
		if _, err := ParseCode(typed); !errors.Is(err, ErrCode) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestASlipOfTheFingerIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(NewCode().text)
		i := rapid.IntRange(0, symbols-1).Draw(t, "at")
		other := rapid.SampledFrom([]byte(alphabet)).Draw(t, "typed")
		was := b[i]
		b[i] = other
		if _, err := ParseCode(string(b)); (err == nil) != (was == other) {
			t.Fatalf("%c for %c at %d: %v", other, was, i, err)
		}
		b[i] = was
		if i == 0 || b[i] == b[i-1] || strings.Contains("0Z0", string(b[i-1:i+1])) {
			return
		}
		b[i-1], b[i] = b[i], b[i-1]
		if _, err := ParseCode(string(b)); err == nil {
			t.Fatalf("%c and %c exchanged at %d", b[i-1], b[i], i)
		}
	})
}

func TestEverySymbolOccursAndNoCodeTwice(t *testing.T) {
	seen, codes := map[byte]bool{}, map[Code]bool{}
	for range 2000 {
		c := NewCode()
		if codes[c] {
			t.Fatal("a code came twice")
		}
		codes[c] = true
		for _, s := range []byte(c.text) {
			seen[s] = true
		}
	}
	if len(seen) != len(alphabet) {
		t.Errorf("%d of %d symbols occur", len(seen), len(alphabet))
	}
}

func TestAHashDependsOnTheKeyAndTheCode(t *testing.T) {
	c, key := NewCode(), bytes.Repeat([]byte{1}, 32)
	typed, err := ParseCode(strings.ToLower(c.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	if c.Hash(key) != typed.Hash(key) {
		t.Error("the same code has two hashes")
	}
	if c.Hash(key) == c.Hash(bytes.Repeat([]byte{2}, 32)) || c.Hash(key) == NewCode().Hash(key) {
		t.Error("two keys or codes have one hash")
	}
}

func TestACodeIsNotPrinted(t *testing.T) {
	c := NewCode()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if s := fmt.Sprintf(verb, c); strings.Contains(s, c.text[:group]) {
			t.Errorf("%s prints %s", verb, s)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("00000-00000-00000-00000-00000")
	f.Add("7zk4m-q2xtb-oil0o-zzzzz-11111")
	f.Add(NewCode().Reveal())
	f.Add("")
	f.Add(strings.Repeat("-", 1000))
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := ParseCode(typed)
		if err != nil {
			if c != (Code{}) {
				t.Error("a refused code is not empty")
			}
			return
		}
		again, err := ParseCode(c.Reveal())
		if err != nil || again != c {
			t.Errorf("what was accepted is not read again: %v", err)
		}
	})
}

func newTestSigner(t testing.TB, seed byte) Signer {
	t.Helper()
	s, err := NewSigner(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var statement = Statement{
	Consultation: "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11", Number: 2,
	ReceivedOn: "2026-03-31", SHA256: Digest([]byte("content")),
}

func TestAStatementIsCheckedByWhoeverHasTheSeed(t *testing.T) {
	raw := newTestSigner(t, 1).Sign(statement)
	if got, err := newTestSigner(t, 1).Verify(raw); err != nil || got != statement {
		t.Errorf("got %v, %v", got, err)
	}
	if newTestSigner(t, 1).Sign(statement) != raw {
		t.Error("signed again it differs")
	}
}

func TestAnyoneCanCheckAStatementByThePublicKey(t *testing.T) {
	s := newTestSigner(t, 1)
	raw := s.Sign(statement)
	key := s.PublicKey()
	x, err := base64.RawURLEncoding.DecodeString(key.X)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndexByte(raw, '.')
	signature, err := base64.RawURLEncoding.DecodeString(raw[at+1:])
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(x, []byte(raw[:at]), signature) {
		t.Error("the published key doesn't fit")
	}
	if key.ID == "" || key.Type != "OKP" || key.Curve != "Ed25519" {
		t.Errorf("got %v", key)
	}
}

func TestWhatWasNotSignedHereIsRefused(t *testing.T) {
	s := newTestSigner(t, 1)
	raw := s.Sign(statement)
	parts := strings.Split(raw, ".")
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	other := newTestSigner(t, 2).Sign(statement)
	forged := encode([]byte(`{"consultation":"x","number":1}`))
	for name, raw := range map[string]string{
		"empty":                       "",
		"another server's":            other,
		"another payload":             join(parts[0], forged, parts[2]),
		"no signature":                join(parts[0], parts[1], ""),
		"two parts":                   join(parts[0], parts[1]),
		"four parts":                  join(parts[0], parts[1], parts[2], ""),
		"no algorithm":                join(encode([]byte(`{"alg":"none"}`)), parts[1], ""),
		"the type of an access token": join(encode([]byte(`{"alg":"EdDSA","kid":"`+s.PublicKey().ID+`","typ":"at+jwt"}`)), parts[1], parts[2]),
		"a line end after it":         raw + "\n",
		"a line end within":           join(parts[0], parts[1], parts[2][:10]+"\n"+parts[2][10:]),
		"padded":                      raw + "==",
		"far too long":                raw + strings.Repeat("A", maxStatement),
	} {
		if _, err := s.Verify(raw); !errors.Is(err, ErrStatement) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := (Signer{}).Verify(raw); !errors.Is(err, ErrStatement) {
		t.Errorf("a zero signer: got %v", err)
	}
	if (Signer{}).Sign(statement) != "" {
		t.Error("a zero signer signs")
	}
	if _, err := NewSigner(make([]byte, 31)); err == nil {
		t.Error("a short seed is accepted")
	}
}

func FuzzVerify(f *testing.F) {
	s := newTestSigner(f, 1)
	raw := s.Sign(statement)
	f.Add(raw)
	f.Add("")
	f.Add("..")
	f.Add(s.header + ".e30.")
	f.Fuzz(func(t *testing.T, raw string) {
		st, err := s.Verify(raw)
		if err != nil {
			return
		}
		if s.Sign(st) != raw {
			t.Errorf("accepted what would not be signed so: %q", raw)
		}
	})
}
