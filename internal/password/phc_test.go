package password

import (
	"strings"
	"testing"
)

const good = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestAMalformedHashIsAnErrorThatDoesNotQuoteIt(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	if _, err := parse(good); err != nil {
		t.Fatal(err)
	}
	for name, encoded := range map[string]string{
		"empty":                     "",
		"dollars":                   "$$$$$",
		"a password in the clear":   "canary",
		"bcrypt":                    "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":                   swap("argon2id", "argon2i"),
		"argon2d":                   swap("argon2id", "argon2d"),
		"in capitals":               swap("argon2id", "Argon2id"),
		"no version":                swap("$v=19", ""),
		"version 16":                swap("v=19", "v=16"),
		"an empty scheme":           swap("argon2id", ""),
		"something before it":       "x" + good,
		"a newline after it":        good + "\n",
		"a newline in the salt":     swap("$AAAA", "$AA\nAA"),
		"a field after it":          good + "$AAAA",
		"no hash":                   good[:strings.LastIndex(good, "$")],
		"an empty hash":             good[:strings.LastIndex(good, "$")+1],
		"no salt":                   swap("$AAAAAAAAAAAAAAAAAAAAAA$", "$$"),
		"padding":                   good + "=",
		"unused bits":               good[:len(good)-1] + "B",
		"base64url":                 good[:len(good)-2] + "-A",
		"4 GiB of memory":           swap("m=19456", "m=4194304"),
		"64 MiB and 1 KiB":          swap("m=19456", "m=65537"),
		"memory over 32 bits":       swap("m=19456", "m=4294986752"),
		"no memory":                 swap("m=19456", "m=0"),
		"less than 8 KiB a thread":  swap("m=19456", "m=7"),
		"negative memory":           swap("m=19456", "m=-19456"),
		"signed memory":             swap("m=19456", "m=+19456"),
		"a leading zero":            swap("m=19456", "m=019456"),
		"hexadecimal":               swap("m=19456", "m=0x4c00"),
		"an underscore":             swap("m=19456", "m=19_456"),
		"a space":                   swap("m=19456", "m= 19456"),
		"no passes":                 swap("t=2", "t=0"),
		"11 passes":                 swap("t=2", "t=11"),
		"many passes":               swap("t=2", "t=4294967295"),
		"no threads":                swap("p=1", "p=0"),
		"5 threads":                 swap("p=1", "p=5"),
		"257 threads":               swap("p=1", "p=257"),
		"another order":             swap("m=19456,t=2,p=1", "t=2,m=19456,p=1"),
		"a parameter more":          swap("p=1", "p=1,data=AAAA"),
		"a parameter less":          swap(",p=1", ""),
		"a parameter twice":         swap("p=1", "p=1,p=1"),
		"a salt of 7 bytes":         swap("$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAAAAAAAA$"),
		"a salt of 65 bytes":        swap("$AAAAAAAAAAAAAAAAAAAAAA$", "$"+encode(make([]byte, 65))+"$"),
		"a hash of 15 bytes":        good[:strings.LastIndex(good, "$")+1] + encode(make([]byte, 15)),
		"a hash of 65 bytes":        good[:strings.LastIndex(good, "$")+1] + encode(make([]byte, 65)),
		"too long":                  good + strings.Repeat("A", 256),
		"no rounds":                 "$pbkdf2-sha256$i=0,l=32$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"2,000,001 rounds":          "$pbkdf2-sha256$i=2000001,l=32$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"a length that is not so":   "$pbkdf2-sha256$i=600000,l=33$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"PBKDF2 with a version":     "$pbkdf2-sha256$v=19$i=600000,l=32$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"PBKDF2 with argon2's cost": swap("argon2id$v=19", "pbkdf2-sha256"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(encoded) // Verify's first step; what it lets through could take all memory
			if err == nil {
				t.Fatal("not refused")
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "AAAA") {
				t.Errorf("%q quotes the stored hash", err)
			}
		})
	}
}

func TestAMalformedHashNeverVerifies(t *testing.T) {
	ok, rehash, err := Argon2id.Verify(t.Context(), "canary", "canary")
	if ok || rehash || err != errMalformed {
		t.Errorf("got ok=%t rehash=%t %v, want %v", ok, rehash, err, errMalformed)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("$pbkdf2-sha256$i=600000,l=32$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4194304,t=2,p=1$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := parse(encoded)
		if err != nil {
			return
		}
		if got := h.String(); got != encoded {
			t.Errorf("read %q as %q", encoded, got)
		}
		if h.memory > 64<<10 || h.passes > 2_000_000 || h.scheme == Argon2id && h.passes > 10 || h.threads > 4 || len(h.salt) < 8 || len(h.hash) < 16 {
			t.Errorf("accepted %+v", h)
		}
	})
}
