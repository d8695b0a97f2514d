package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestAnOfficeRunsInFIPSMode serves, in a process that is in FIPS 140-3 mode from
// its start, what uses every kind of cryptography: TLS, passwords, tokens, the
// vault and sealed answers.
func TestAnOfficeRunsInFIPSMode(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		cert, key := certified(t, t.TempDir(), "accord.example")
		fips := env.with("GODEBUG", "fips140=on").with("ACCORD_PASSWORD_SCHEME", "pbkdf2-sha256").with("ACCORD_TLS_CERT", cert).with("ACCORD_TLS_KEY", key)
		version, err := fips.command(t, "version").Output()
		if err != nil || !strings.Contains(string(version), "FIPS 140-3") {
			t.Fatalf("%s, %v", version, err)
		}
		o := fips.launch(t)
		o.claim(o.token(), "first@example.org").want(http.StatusCreated)
		admin := o.signedIn("first@example.org", password).want(http.StatusCreated)
		invited := o.call("POST", "/v1/invitations", admin.str("access_token"), `{"role":"liaison"}`, "Idempotency-Key", "a key of sixteen characters").want(http.StatusCreated)
		o.claim(invited.str("token"), "liaison@example.org").want(http.StatusCreated)
		liaison := o.signedIn("liaison@example.org", password).want(http.StatusCreated).str("access_token")
		advisor := o.call("POST", "/v1/advisors", liaison, `{"expertise":["supply_chains"],"languages":["en"]}`).want(http.StatusCreated).str("id")
		invited = o.call("POST", "/v1/invitations", liaison, fmt.Sprintf(`{"role":"advisor","advisor_id":%q}`, advisor)).want(http.StatusCreated)
		o.claim(invited.str("token"), "quiet.harbor").want(http.StatusCreated)
		speaker := o.signedIn("quiet.harbor", password).want(http.StatusCreated).str("access_token")
		entry := "/v1/advisors/" + advisor + "/vault-entry"
		tag := o.call("GET", entry, speaker, "").want(http.StatusOK).header.Get("ETag")
		o.call("PUT", entry, speaker, `{"legal_name":"Jordan Example"}`, "If-Match", tag).want(http.StatusOK)
	})
}
