package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"accord/internal/onetime"
)

func TestAnOperatorMakesAnAccount(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		printed := env.run(t, password+"\n", "user", "create", "Officer@Example.org", "--role=auditor", "--name=The auditor").ok()
		token := o.signedIn("officer@example.org", password).want(http.StatusCreated).str("access_token")
		me := o.call("GET", "/v1/me", token, "").want(http.StatusOK)
		if me.str("role") != "auditor" || me.str("name") != "The auditor" || printed != me.str("id")+" officer@example.org\n" {
			t.Errorf("printed %q, made %s", printed, me.body)
		}
	})
}

func TestAnAccountThatCannotBeMade(t *testing.T) {
	t.Parallel()
	env := migrated(t)
	env.run(t, password, "user", "create", "someone").ok() // a last line needs no end
	for _, tt := range []struct {
		name, stdin string
		args        []string
		says        []string
	}{
		{"its name is taken", password, []string{"someone"}, []string{"someone signs in as someone already", "another name"}},
		{"its name has a space", password, []string{"some one"}, []string{"login", "no spaces"}},
		{"it has no name", password, nil, []string{"<login>"}},
		{"its password is short", "short", []string{"other"}, []string{"password", "15 characters"}},
		{"it has no password", "", []string{"other"}, []string{"password", "15 characters"}},
		{"its password is its name", "", []string{"other"}, []string{"password"}},
		{"its role is none", password, []string{"other", "--role=king"}, []string{"--role", "auditor", "king"}},
		{"a partner without an organization", password, []string{"other", "--role=partner"}, []string{"organization_id", "partner_admin"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env.run(t, tt.stdin, append([]string{"user", "create"}, tt.args...)...).says(tt.says...)
		})
	}
}

func TestAResetPasswordEndsWhatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		env.run(t, password, "user", "create", "officer@example.org").ok()
		tokens := o.signedIn("officer@example.org", password).want(http.StatusCreated)
		const changed = "other words that nobody guesses"
		env.run(t, changed+"\r\n", "user", "reset", "OFFICER@example.org").ok()
		o.signedIn("officer@example.org", password).want(http.StatusUnauthorized)
		o.signedIn("officer@example.org", changed).want(http.StatusCreated)
		o.call("POST", "/v1/sessions/refresh", "", `{"refresh_token":"`+tokens.str("refresh_token")+`"}`).want(http.StatusUnauthorized)
	})
}

func TestAnOperatorTakesALostSecondFactorAway(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		env.run(t, password, "user", "create", "officer@example.org", "--role", "custodian").ok()
		access := o.signedIn("officer@example.org", password).want(http.StatusCreated).str("access_token")
		secret := o.call("POST", "/v1/me/factors/totp", access, "").want(http.StatusCreated).str("secret")
		code, err := onetime.Code(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		o.call("POST", "/v1/me/factors/totp/confirm", access, `{"code":"`+code+`"}`).want(http.StatusCreated)
		o.signedIn("officer@example.org", password).want(http.StatusUnauthorized)
		env.run(t, "", "user", "reset", "officer@example.org", "--second-factor").ok()
		if in := o.signedIn("officer@example.org", password).want(http.StatusCreated); !strings.Contains(string(in.body), `"must_enroll":true`) {
			t.Errorf("is not told to enroll: %s", in.body)
		}
	})
}

func TestAPasswordThatCannotBeReset(t *testing.T) {
	t.Parallel()
	env := migrated(t)
	env.run(t, password, "user", "create", "someone").ok()
	env.run(t, password, "user", "reset", "nobody").says("nobody signs in as nobody")
	env.run(t, "short", "user", "reset", "someone").says("password", "15 characters")
}

func TestACommandInPassingChangesNoSchemaOnPostgreSQL(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		if env["DATABASE_URL"] == "" {
			env.run(t, password, "user", "create", "someone").ok()
			return
		}
		for _, verb := range []string{"create", "reset"} {
			env.run(t, password, "user", verb, "someone").says("schema is not up to date", "accord migrate up")
		}
		if got := env.run(t, "", "migrate", "status").ok(); strings.Contains(got, "taken") {
			t.Errorf("a step was taken:\n%s", got)
		}
	})
}
