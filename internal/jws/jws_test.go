package jws

import "testing"

func TestATokenIsTakenApartToTheLetter(t *testing.T) {
	parts, err := Split("e30.YQ.", 7)
	if err != nil || string(parts[0]) != "{}" || string(parts[1]) != "a" || len(parts[2]) != 0 {
		t.Fatalf("%q: %v", parts, err)
	}
	for raw, want := range map[string]string{
		"e30.YQ.YQ":  "too long",
		"":           "not three segments",
		"e30.YQ":     "not three segments",
		"e30.Y.Q.":   "too long",
		"e.Y.Q.":     "not three segments",
		"e30.YQ\n":   "not three segments",
		"e30.\nQ.":   "a line break",
		"e30.YQ=":    "not three segments",
		"e30.Y=.":    "not canonical base64url without padding",
		"e30.YR.":    "not canonical base64url without padding", // bits that nobody reads
		"e3+.YQ.":    "not canonical base64url without padding",
		"e30.YQ.Y\r": "too long",
		".YQ.\r":     "a line break",
	} {
		if _, err := Split(raw, 7); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", raw, err, want)
		}
	}
}
