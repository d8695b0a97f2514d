package vault

import (
	"bytes"
	"crypto/fips140"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const (
	owner = "advisor|7"
	cell  = "advisors|legal_name|7"
)

func newTestMaster(t testing.TB) *Master {
	t.Helper()
	m, err := NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newTestKey(t testing.TB, m *Master, owner string) ([]byte, *Key) {
	t.Helper()
	wrapped, k, err := m.NewKey(owner)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped, k
}

// must returns v, for calls that can only fail by a defect.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWhatIsSealedOpensInItsPlace(t *testing.T) {
	m := newTestMaster(t)
	wrapped, k := newTestKey(t, m, owner)
	for name, plaintext := range map[string]string{
		"text":  "Ana María",
		"empty": "",
		"long":  strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			c := must(k.Seal([]byte(plaintext), cell))
			if got := must(k.Open(c, cell)); string(got) != plaintext {
				t.Errorf("opened %d bytes that are not what was sealed", len(got))
			}
			if got := must(must(m.Unwrap(wrapped, owner)).Open(c, cell)); string(got) != plaintext {
				t.Error("the unwrapped key does not open what the new key sealed")
			}
			c = must(m.Seal([]byte(plaintext), "signing_keys|private|1"))
			if got := must(m.Open(c, "signing_keys|private|1")); string(got) != plaintext {
				t.Error("the master does not open what it sealed")
			}
		})
	}
}

func TestAMovedCiphertextDoesNotOpen(t *testing.T) {
	m, other := newTestMaster(t), newTestMaster(t)
	wrapped, k := newTestKey(t, m, owner)
	_, k2 := newTestKey(t, m, "advisor|8")
	sealed := must(k.Seal([]byte("Ana"), cell))
	secret := must(m.Seal([]byte("seed"), owner))

	for name, open := range map[string]func() (any, error){
		"another column":                 func() (any, error) { return k.Open(sealed, "advisors|phone|7") },
		"another row":                    func() (any, error) { return k.Open(sealed, "advisors|legal_name|8") },
		"another table":                  func() (any, error) { return k.Open(sealed, "people|legal_name|7") },
		"another person":                 func() (any, error) { return k2.Open(sealed, cell) },
		"a field as the master's secret": func() (any, error) { return m.Open(sealed, cell) },
		"a secret in another place":      func() (any, error) { return m.Open(secret, "advisor|8") },
		"a secret under another master":  func() (any, error) { return other.Open(secret, owner) },
		"a secret as a data key":         func() (any, error) { return m.Unwrap(secret, owner) },
		"a data key for another owner":   func() (any, error) { return m.Unwrap(wrapped, "advisor|8") },
		"a data key to another master":   func() (any, error) { return other.Unwrap(wrapped, owner) },
		"rewrapping for another owner":   func() (any, error) { return m.Rewrap(wrapped, "advisor|8") },
		"nothing":                        func() (any, error) { return k.Open(nil, cell) },
		"nothing as a data key":          func() (any, error) { return m.Unwrap(nil, owner) },
	} {
		t.Run(name, func(t *testing.T) {
			if v, err := open(); !errors.Is(err, ErrOpen) {
				t.Errorf("got %v, %v; want ErrOpen", v, err)
			}
		})
	}
}

// The wrapped key is an envelope around a master ciphertext; taken out of the
// envelope it must not be a secret that Open reads.
func TestADataKeyCannotBeReadAsASecret(t *testing.T) {
	m := newTestMaster(t)
	wrapped, _ := newTestKey(t, m, owner)
	for i := range wrapped {
		for _, ad := range []string{owner, wrapping + owner} {
			if _, err := m.Open(wrapped[i:], ad); !errors.Is(err, ErrOpen) {
				t.Fatalf("opened from byte %d with %q: %v", i, ad, err)
			}
		}
	}
}

func TestAnAlteredCiphertextDoesNotOpen(t *testing.T) {
	m := newTestMaster(t)
	_, k := newTestKey(t, m, owner)
	sealed := must(k.Seal([]byte("Ana"), cell))
	for i := range sealed {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		if _, err := k.Open(b, cell); !errors.Is(err, ErrOpen) {
			t.Errorf("byte %d altered: %v", i, err)
		}
		if _, err := k.Open(sealed[:i], cell); !errors.Is(err, ErrOpen) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}

func TestEqualPlaintextsHaveUnequalCiphertexts(t *testing.T) {
	m := newTestMaster(t)
	_, k := newTestKey(t, m, owner)
	a, b := must(k.Seal([]byte("Ana"), cell)), must(k.Seal([]byte("Ana"), cell))
	if bytes.Equal(a, b) {
		t.Error("two ciphertexts of one plaintext are equal")
	}
	if len(a) != len("Ana")+33 {
		t.Errorf("%d bytes of overhead, want 33", len(a)-len("Ana"))
	}
}

// It takes less when a key's random number is small, being written in as few bytes as it needs.
func TestAWrappedKeyTakesAtMost144Bytes(t *testing.T) {
	wrapped, _ := newTestKey(t, newTestMaster(t), owner)
	if len(wrapped) > 144 {
		t.Errorf("%d bytes", len(wrapped))
	}
}

func TestRotation(t *testing.T) {
	old := newTestMaster(t)
	wrapped, k := newTestKey(t, old, owner)
	field := must(k.Seal([]byte("Ana"), cell))
	secret := must(old.Seal([]byte("seed"), "s"))
	derived := must(old.Derive("receipts"))

	rotated := must(old.Rotate())
	dropped := must(rotated.DropOld())
	rewrapped := must(rotated.Rewrap(wrapped, owner))

	t.Run("old keys still decrypt", func(t *testing.T) {
		if got := must(must(rotated.Unwrap(wrapped, owner)).Open(field, cell)); string(got) != "Ana" {
			t.Errorf("got %q", got)
		}
		if got := must(rotated.Open(secret, "s")); string(got) != "seed" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("only the newest key encrypts", func(t *testing.T) {
		wrapped, _ := newTestKey(t, rotated, owner)
		if _, err := old.Unwrap(wrapped, owner); !errors.Is(err, ErrOpen) {
			t.Errorf("the old master unwraps a new key: %v", err)
		}
		if _, err := dropped.Unwrap(wrapped, owner); err != nil {
			t.Errorf("the newest key does not unwrap a new key: %v", err)
		}
	})
	t.Run("a rewrapped key opens the same fields without the old master key", func(t *testing.T) {
		if got := must(must(dropped.Unwrap(rewrapped, owner)).Open(field, cell)); string(got) != "Ana" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("what was not rewrapped is lost with the old key", func(t *testing.T) {
		if _, err := dropped.Unwrap(wrapped, owner); !errors.Is(err, ErrOpen) {
			t.Errorf("unwrapped: %v", err)
		}
		if _, err := dropped.Open(secret, "s"); !errors.Is(err, ErrOpen) {
			t.Errorf("opened: %v", err)
		}
	})
	t.Run("derived keys stay", func(t *testing.T) {
		for _, m := range []*Master{rotated, dropped, must(dropped.Rotate())} {
			if !bytes.Equal(must(m.Derive("receipts")), derived) {
				t.Error("a derived key changed")
			}
		}
	})
}

func TestDerivedKeysDifferByPurposeAndMaster(t *testing.T) {
	m := newTestMaster(t)
	seen := map[string]bool{}
	for _, k := range [][]byte{
		must(m.Derive("receipts")),
		must(m.Derive("receipt")),
		must(m.Derive("idempotency")),
		must(newTestMaster(t).Derive("receipts")),
	} {
		if len(k) != 32 {
			t.Errorf("%d bytes, want 32", len(k))
		}
		seen[string(k)] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d different keys, want 4", len(seen))
	}
}

func TestTheZeroValueRefusesEverything(t *testing.T) {
	for name, m := range map[string]*Master{"nil": nil, "zero": {}} {
		for use, err := range map[string]error{
			"Seal":     second(m.Seal([]byte("x"), "ad")),
			"Open":     second(m.Open([]byte("x"), "ad")),
			"Derive":   second(m.Derive("p")),
			"Rotate":   second(m.Rotate()),
			"DropOld":  second(m.DropOld()),
			"Unwrap":   second(m.Unwrap([]byte("x"), owner)),
			"Rewrap":   second(m.Rewrap([]byte("x"), owner)),
			"NewKey":   func() error { _, _, err := m.NewKey(owner); return err }(),
			"WriteNew": m.WriteNew(t.TempDir() + "/key"),
		} {
			if !errors.Is(err, ErrNoKey) {
				t.Errorf("%s Master.%s: %v, want ErrNoKey", name, use, err)
			}
		}
	}
	for name, k := range map[string]*Key{"nil": nil, "zero": {}} {
		for use, err := range map[string]error{
			"Seal": second(k.Seal([]byte("x"), "ad")),
			"Open": second(k.Open([]byte("x"), "ad")),
		} {
			if !errors.Is(err, ErrNoKey) {
				t.Errorf("%s Key.%s: %v, want ErrNoKey", name, use, err)
			}
		}
	}
}

func TestNothingIsSealedUnbound(t *testing.T) {
	m := newTestMaster(t)
	wrapped, k := newTestKey(t, m, owner)
	for use, err := range map[string]error{
		"Master.Seal":   second(m.Seal([]byte("x"), "")),
		"Master.Open":   second(m.Open([]byte("x"), "")),
		"Master.Derive": second(m.Derive("")),
		"Master.Unwrap": second(m.Unwrap(wrapped, "")),
		"Master.Rewrap": second(m.Rewrap(wrapped, "")),
		"Master.NewKey": func() error { _, _, err := m.NewKey(""); return err }(),
		"Key.Seal":      second(k.Seal([]byte("x"), "")),
		"Key.Open":      second(k.Open([]byte("x"), "")),
	} {
		if !errors.Is(err, ErrUnbound) {
			t.Errorf("%s: %v, want ErrUnbound", use, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestPrintingShowsNoKey(t *testing.T) {
	m := newTestMaster(t)
	_, k := newTestKey(t, m, owner)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("", "m", m, "k", k, "mv", *m, "kv", *k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("", "m", m, "k", k, "mv", *m, "kv", *k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb+verb+verb+verb, m, k, *m, *k)
	}
	log.Write(must(json.Marshal([]any{m, k, *m, *k})))

	text := log.String()
	for _, c := range []string{fmt.Sprintf("%x", m.secret), fmt.Sprint(m.secret), fmt.Sprintf("%q", m.secret), "0x", "aead", "primary"} {
		if strings.Contains(text, c) {
			t.Errorf("printed %s in %s", c, text)
		}
	}
}

func TestAKeyServesManyAtOnce(t *testing.T) {
	m := newTestMaster(t)
	_, k := newTestKey(t, m, owner)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ad := fmt.Sprintf("t|c|%d", i)
			for range 100 {
				c, err := k.Seal([]byte(ad), ad)
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := k.Open(c, ad); err != nil || string(got) != ad {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

// Stored rows outlive every release: these were written once and must open for good.
func TestWhatWasStoredLongAgoStillOpens(t *testing.T) {
	m := must(ParseMaster(golden.master))
	k := must(m.Unwrap(unhex(golden.wrapped), owner))
	if got := must(k.Open(unhex(golden.field), cell)); string(got) != "Ana" {
		t.Errorf("field: %q", got)
	}
	if got := must(m.Open(unhex(golden.secret), "signing_keys|private|1")); string(got) != "seed" {
		t.Errorf("secret: %q", got)
	}
	if got := fmt.Sprintf("%x", must(m.Derive("receipts"))); got != golden.derived {
		t.Errorf("derived key: %s", got)
	}
}

func unhex(s string) []byte {
	var b []byte
	must(fmt.Sscanf(s, "%x", &b))
	return b
}

func TestAllOfItRunsInFIPSMode(t *testing.T) {
	if os.Getenv("VAULT_TEST_FIPS") != "" {
		if !fips140.Enabled() {
			t.Fatal("GODEBUG=fips140=on has no effect")
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.count=1")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on", "VAULT_TEST_FIPS=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func BenchmarkSeal(b *testing.B) {
	_, k := newTestKey(b, newTestMaster(b), owner)
	plaintext := []byte("a name of some thirty characters")
	for b.Loop() {
		must(k.Seal(plaintext, cell))
	}
}

func BenchmarkOpen(b *testing.B) {
	_, k := newTestKey(b, newTestMaster(b), owner)
	c := must(k.Seal([]byte("a name of some thirty characters"), cell))
	for b.Loop() {
		must(k.Open(c, cell))
	}
}

func BenchmarkNewKey(b *testing.B) {
	m := newTestMaster(b)
	for b.Loop() {
		newTestKey(b, m, owner)
	}
}

func BenchmarkUnwrap(b *testing.B) {
	m := newTestMaster(b)
	wrapped, _ := newTestKey(b, m, owner)
	for b.Loop() {
		must(m.Unwrap(wrapped, owner))
	}
}
