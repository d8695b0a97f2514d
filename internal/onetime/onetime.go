// Package onetime makes and checks the codes of authenticator apps (TOTP, RFC
// 6238): six digits for each half minute, as every such app makes them. A code is
// good for one step, and a step once.
package onetime

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// Period is how long a code is shown.
const Period = 30 * time.Second

// skew is how many steps a clock may be off, either way.
const skew = 1

// secretSize is that of the hash, as RFC 4226 recommends.
const secretSize = 20

var options = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// NewSecret draws a secret at random, in the base 32 that people type.
func NewSecret() string {
	b := make([]byte, secretSize)
	rand.Read(b)
	return Secret(b)
}

// Secret is these bytes as a secret.
func Secret(b []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// URI is what an authenticator app reads from a QR code. issuer and account are
// what it shows.
func URI(secret, issuer, account string) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + account}
	u.RawQuery = "secret=" + secret + "&issuer=" + url.PathEscape(issuer)
	return u.String()
}

// Code is the code of a secret at a time. It fails for a secret that isn't base 32.
func Code(secret string, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(step(at)), options)
}

// Check returns the step of which code is the code, if it is of this step or one
// beside it, and later than last, the one that was used before.
func Check(secret, code string, at time.Time, last int64) (used int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	for n := step(at) - skew; n <= step(at)+skew; n++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(n), options)
		if err == nil && n > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			used, ok = n, true
		}
	}
	return used, ok
}

func step(at time.Time) int64 { return at.Unix() / int64(Period/time.Second) }
