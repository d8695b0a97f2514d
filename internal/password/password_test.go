package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
)

const phrase = "plum orbit candle seven"

var schemes = []Scheme{Argon2id, PBKDF2}

func hash(t testing.TB, s Scheme, pw string) string {
	t.Helper()
	encoded, err := s.Hash(t.Context(), pw)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func checkVerify(t *testing.T, s Scheme, encoded, pw string, wantOK, wantRehash bool) {
	t.Helper()
	ok, rehash, err := s.Verify(t.Context(), encoded, pw)
	if err != nil || ok != wantOK || rehash != wantRehash {
		t.Errorf("got ok=%t rehash=%t %v, want ok=%t rehash=%t", ok, rehash, err, wantOK, wantRehash)
	}
}

func TestOnlyThePasswordItselfVerifies(t *testing.T) {
	encoded := hash(t, Argon2id, phrase)
	checkVerify(t, Argon2id, encoded, phrase, true, false)
	for _, other := range []string{"", "Plum orbit candle seven", phrase + " ", phrase[1:], phrase + "\x00"} {
		checkVerify(t, Argon2id, encoded, other, false, false)
	}
	encoded = hash(t, PBKDF2, phrase)
	checkVerify(t, PBKDF2, encoded, phrase, true, false)
	checkVerify(t, PBKDF2, encoded, phrase+"\x00", false, false)
}

func TestAllOfALongPasswordCounts(t *testing.T) {
	long := strings.Repeat("correct horse ", 18)
	encoded := hash(t, Argon2id, long)
	checkVerify(t, Argon2id, encoded, long, true, false)
	checkVerify(t, Argon2id, encoded, long[:len(long)-1], false, false)
}

func TestTheSameTextTypedOtherwiseVerifies(t *testing.T) {
	encoded := hash(t, Argon2id, "café Ålesund fünf")
	for _, typed := range []string{"cafe\u0301 A\u030alesund fu\u0308nf", "café Ålesund ｆünf", "café \u212blesund fünf"} {
		checkVerify(t, Argon2id, encoded, typed, true, false)
	}
}

func TestEqualPasswordsHaveUnequalHashesThatSayHowTheyWereMade(t *testing.T) {
	for s, prefix := range map[Scheme]string{
		Argon2id: "$argon2id$v=19$m=19456,t=2,p=1$",
		PBKDF2:   "$pbkdf2-sha256$i=600000,l=32$",
	} {
		one, two := hash(t, s, phrase), hash(t, s, phrase)
		if one == two {
			t.Errorf("%s twice", one)
		}
		if !strings.HasPrefix(one, prefix) {
			t.Errorf("%s, want %s…", one, prefix)
		}
	}
}

// Made by others: argon2's reference implementation (its test vectors), and
// OpenSSL's PBKDF2.
func TestHashesOfOtherImplementationsVerify(t *testing.T) {
	for encoded, pw := range map[string]string{
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc":        "password",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc":          "password",
		"$pbkdf2-sha256$i=4096,l=32$c29tZXNhbHRzb21lc2FsdA$qOY9ve77lXoLwqmkGyTuCgHArjfqy4647dfYa/UEZdw": "password",
	} {
		checkVerify(t, Argon2id, encoded, pw, true, true)
		checkVerify(t, Argon2id, encoded, "Password", false, false)
	}
}

func TestAWeakerHashIsToBeMadeAnew(t *testing.T) {
	for name, tt := range map[string]struct {
		now    Scheme
		stored stored
		want   bool
	}{
		"as strong":            {Argon2id, stored{scheme: Argon2id, cost: cost{19 << 10, 2, 1}, salt: make([]byte, 16), hash: make([]byte, 32)}, false},
		"stronger":             {Argon2id, stored{scheme: Argon2id, cost: cost{20 << 10, 3, 2}, salt: make([]byte, 32), hash: make([]byte, 64)}, false},
		"less memory":          {Argon2id, stored{scheme: Argon2id, cost: cost{19<<10 - 1, 2, 1}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
		"fewer passes":         {Argon2id, stored{scheme: Argon2id, cost: cost{19 << 10, 1, 1}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
		"a shorter salt":       {Argon2id, stored{scheme: Argon2id, cost: cost{19 << 10, 2, 1}, salt: make([]byte, 15), hash: make([]byte, 32)}, true},
		"a shorter hash":       {Argon2id, stored{scheme: Argon2id, cost: cost{19 << 10, 2, 1}, salt: make([]byte, 16), hash: make([]byte, 31)}, true},
		"another scheme":       {PBKDF2, stored{scheme: Argon2id, cost: cost{19 << 10, 2, 1}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
		"fewer rounds":         {PBKDF2, stored{scheme: PBKDF2, cost: cost{passes: 599_999}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
		"as many rounds":       {PBKDF2, stored{scheme: PBKDF2, cost: cost{passes: 600_000}, salt: make([]byte, 16), hash: make([]byte, 32)}, false},
		"PBKDF2 for argon2id":  {Argon2id, stored{scheme: PBKDF2, cost: cost{passes: 600_000}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
		"many rounds, another": {Argon2id, stored{scheme: PBKDF2, cost: cost{passes: 2_000_000}, salt: make([]byte, 16), hash: make([]byte, 32)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.stored.weakerThan(tt.now); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestWhatCannotBeAPasswordNeverVerifies(t *testing.T) {
	encoded := hash(t, Argon2id, phrase)
	for name, pw := range map[string]string{
		"not UTF-8":    phrase + "\xff",
		"too long":     strings.Repeat("a", 257),
		"unassigned":   phrase + "\u0378",
		"very long":    strings.Repeat("a", 1<<20),
		"no character": phrase + "\uffff",
	} {
		t.Run(name, func(t *testing.T) {
			checkVerify(t, Argon2id, encoded, pw, false, false)
			var r *Refusal
			if _, err := Argon2id.Hash(t.Context(), pw); !errors.As(err, &r) {
				t.Errorf("hashed: %v", err)
			}
			if err := Argon2id.VerifyNothing(t.Context(), pw); err != nil {
				t.Errorf("VerifyNothing tells it apart: %v", err)
			}
		})
	}
}

// What VerifyNothing verifies against costs what Hash makes.
func TestNobodysHashCostsWhatAnAccountsDoes(t *testing.T) {
	for s, encoded := range map[Scheme]string{
		Argon2id: hash(t, Argon2id, phrase),
		PBKDF2:   "$pbkdf2-sha256$i=600000,l=32$c29tZXNhbHRzb21lc2FsdA$qOY9ve77lXoLwqmkGyTuCgHArjfqy4647dfYa/UEZdw",
	} {
		account, err := parse(encoded)
		if err != nil {
			t.Fatal(err)
		}
		nobody, err := parse(s.nobody())
		if err != nil {
			t.Fatal(err)
		}
		if account.cost != nobody.cost || len(account.salt) != len(nobody.salt) || len(account.hash) != len(nobody.hash) {
			t.Errorf("%s: %+v for an account, %+v for none", s, account.cost, nobody.cost)
		}
	}
	if err := Argon2id.VerifyNothing(t.Context(), phrase); err != nil {
		t.Error(err)
	}
}

func TestAnUnknownSchemeHashesNothing(t *testing.T) {
	for _, s := range []Scheme{-1, 2} {
		if encoded, err := s.Hash(t.Context(), phrase); err == nil {
			t.Errorf("%d: hashed %s", int(s), encoded)
		}
		if _, _, err := s.Verify(t.Context(), Argon2id.nobody(), phrase); err == nil {
			t.Errorf("%d: verified", int(s))
		}
		if err := s.VerifyNothing(t.Context(), phrase); err == nil {
			t.Errorf("%d: verified nothing", int(s))
		}
	}
}

func TestASchemeIsReadFromItsName(t *testing.T) {
	for _, want := range schemes {
		var got Scheme
		if err := got.UnmarshalText([]byte(want.String())); err != nil || got != want {
			t.Errorf("%s: got %v, %v", want, got, err)
		}
	}
	var s Scheme
	if err := s.UnmarshalText([]byte("md5")); err == nil || !strings.Contains(err.Error(), "argon2id") {
		t.Errorf("md5: %v", err)
	}
}

func TestNoMoreAreHashedAtOnceThanThereAreProcessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := int64(runtime.GOMAXPROCS(0))
		if !slots.TryAcquire(all) {
			t.Fatal("fewer places than processors")
		}
		if slots.TryAcquire(1) {
			t.Fatal("more places than processors")
		}
		done := false
		go func() {
			if _, err := Argon2id.Hash(context.Background(), phrase); err != nil {
				t.Error(err)
			}
			done = true
		}()
		synctest.Wait()
		if done {
			t.Error("hashed without a place")
		}
		slots.Release(all)
		synctest.Wait()
		if !done {
			t.Error("not hashed though there was a place")
		}
		if !slots.TryAcquire(all) {
			t.Fatal("a place was not given back")
		}
		slots.Release(all)
	})
}

func TestWhoNoLongerWaitsIsNotHashed(t *testing.T) {
	gone := errors.New("the client has gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	for name, err := range map[string]error{
		"Hash":          func() error { _, err := Argon2id.Hash(ctx, phrase); return err }(),
		"Verify":        func() error { _, _, err := Argon2id.Verify(ctx, Argon2id.nobody(), phrase); return err }(),
		"VerifyNothing": Argon2id.VerifyNothing(ctx, phrase),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	for _, s := range schemes {
		b.Run(s.String(), func(b *testing.B) {
			for b.Loop() {
				hash(b, s, phrase)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, s := range schemes {
		encoded := hash(b, s, phrase)
		for name, verify := range map[string]func() error{
			"right":   func() error { _, _, err := s.Verify(b.Context(), encoded, phrase); return err },
			"wrong":   func() error { _, _, err := s.Verify(b.Context(), encoded, "x"); return err },
			"nothing": func() error { return s.VerifyNothing(b.Context(), phrase) },
		} {
			b.Run(fmt.Sprintf("%s/%s", s, name), func(b *testing.B) {
				for b.Loop() {
					if err := verify(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
