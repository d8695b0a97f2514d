package onetime

import (
	"testing"
	"time"
)

// The secret and times of RFC 6238, appendix B, to six digits.
const ofTheRFC = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestCodesAreThoseOfTheRFC(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := Code(ofTheRFC, time.Unix(at, 0)); err != nil || got != want {
			t.Errorf("at %d: %s %v, want %s", at, got, err, want)
		}
	}
	if _, err := Code("not base 32!", time.Unix(59, 0)); err == nil {
		t.Error("a secret that is none has a code")
	}
}

func TestACodeIsGoodOnceAndOneStepAround(t *testing.T) {
	now := time.Unix(1111111111, 0)
	for name, tt := range map[string]struct {
		off  time.Duration
		last int64
		want bool
	}{
		"now":                 {0, 0, true},
		"a step late":         {-Period, 0, true},
		"a step early":        {Period, 0, true},
		"two steps late":      {-2 * Period, 0, false},
		"two steps early":     {2 * Period, 0, false},
		"used before":         {0, step(now), false},
		"older than used":     {-Period, step(now), false},
		"newer than the last": {Period, step(now), true},
	} {
		t.Run(name, func(t *testing.T) {
			code, err := Code(ofTheRFC, now.Add(tt.off))
			if err != nil {
				t.Fatal(err)
			}
			used, ok := Check(ofTheRFC, code[:3]+" "+code[3:], now, tt.last)
			if ok != tt.want || ok && used != step(now.Add(tt.off)) {
				t.Errorf("got %t, step %d", ok, used)
			}
		})
	}
	for _, typed := range []string{"", "1", "0000000", "+50471", "abcdef"} {
		if _, ok := Check(ofTheRFC, typed, now, 0); ok {
			t.Errorf("%q is taken for a code", typed)
		}
	}
}

func TestAnAppCanReadTheURI(t *testing.T) {
	got := URI("ABCD", "Accord", "officer@example.org")
	if want := "otpauth://totp/Accord:officer@example.org?secret=ABCD&issuer=Accord"; got != want {
		t.Errorf("got %s", got)
	}
	if a, b := NewSecret(), NewSecret(); a == b || len(a) != 32 {
		t.Errorf("secrets %d characters long, equal: %t", len(a), a == b)
	}
}
