package main

import (
	"fmt"
	"net/http"
	"path/filepath"
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
		admin := o.entered("first@example.org")
		invited := o.call("POST", "/v1/invitations", admin, `{"role":"liaison"}`, "Idempotency-Key", "a key of sixteen characters").want(http.StatusCreated)
		env.run(t, "", "grant", "approve", invited.str("id")).ok()
		o.claim(invited.str("token"), "liaison@example.org").want(http.StatusCreated)
		liaison := o.entered("liaison@example.org")
		advisor := o.call("POST", "/v1/advisors", liaison, `{"expertise":["supply_chains"],"languages":["en"]}`).want(http.StatusCreated).str("id")
		invited = o.call("POST", "/v1/invitations", liaison, fmt.Sprintf(`{"role":"advisor","advisor_id":%q}`, advisor)).want(http.StatusCreated)
		o.claim(invited.str("token"), "quiet.harbor").want(http.StatusCreated)
		speaker := o.signedIn("quiet.harbor", password).want(http.StatusCreated).str("access_token")
		entry := "/v1/advisors/" + advisor + "/vault-entry"
		tag := o.call("GET", entry, speaker, "").want(http.StatusOK).header.Get("ETag")
		o.call("PUT", entry, speaker, `{"legal_name":"Jordan Example"}`, "If-Match", tag).want(http.StatusOK)
		if err := o.stop(); err != nil {
			t.Fatal(err)
		}
		for _, hash := range env.hashes(t) {
			if !strings.HasPrefix(hash, "$pbkdf2-sha256$") {
				t.Errorf("a password is hashed as %.12s", hash)
			}
		}
	})
}

// hashes are how the passwords of all accounts are stored.
func (env settings) hashes(t *testing.T) (out []string) {
	t.Helper()
	dsn := env["DATABASE_URL"]
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(env["ACCORD_DATA"], databaseFile)
	}
	pool, err := openStore(t, dsn).SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := pool.QueryContext(t.Context(), "SELECT password FROM accounts")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var hash string
		if err := rows.Scan(&hash); err != nil {
			t.Fatal(err)
		}
		out = append(out, hash)
	}
	if rows.Err() != nil || len(out) != 3 {
		t.Fatalf("%d accounts, %v", len(out), rows.Err())
	}
	return out
}
