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
		{"its organization is none", password, []string{"other", "--role=partner", "--organization=6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"}, []string{"organization_id names no organization"}},
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
		if said := env.run(t, changed+"\r\n", "user", "reset", "OFFICER@example.org").ok(); !strings.Contains(said, "officer@example.org has a new password") {
			t.Errorf("it says %q", said)
		}
		o.signedIn("officer@example.org", password).want(http.StatusUnauthorized)
		o.signedIn("officer@example.org", changed).want(http.StatusCreated)
		o.call("POST", "/v1/sessions/refresh", "", `{"refresh_token":"`+tokens.str("refresh_token")+`"}`).want(http.StatusUnauthorized)
	})
}

// enrolled signs somebody in who has no second factor yet, and enrolls one.
func (o *office) enrolled(t *testing.T, login, password string) (access string) {
	t.Helper()
	access = o.signedIn(login, password).want(http.StatusCreated).str("access_token")
	secret := o.call("POST", "/v1/me/factors/totp", access, "").want(http.StatusCreated).str("secret")
	code, err := onetime.Code(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o.call("POST", "/v1/me/factors/totp/confirm", access, `{"code":"`+code+`"}`).want(http.StatusCreated)
	return access
}

// TestAnOperatorsResetLeavesNobodysTokenGood resets whom an admin could have reset.
func TestAnOperatorsResetLeavesNobodysTokenGood(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		env.run(t, password, "user", "create", "admin@example.org", "--role", "admin").ok()
		env.run(t, password, "user", "create", "auditor@example.org", "--role", "auditor").ok()
		admin := o.enrolled(t, "admin@example.org", password)
		id := o.call("GET", "/v1/me", o.signedIn("auditor@example.org", password).want(http.StatusCreated).str("access_token"), "").str("id")
		token := o.call("POST", "/v1/resets", admin, `{"account_id":"`+id+`","kind":"password"}`).want(http.StatusCreated).str("token")
		const changed = "other words that nobody guesses"
		env.run(t, changed, "user", "reset", "auditor@example.org").ok()
		o.call("POST", "/v1/resets/use", "", `{"token":"`+token+`","password":"entirely new words for it"}`).want(http.StatusConflict)
		auditor := o.enrolled(t, "auditor@example.org", changed)
		if told := o.call("GET", "/v1/notices", auditor, "").want(http.StatusOK); !strings.Contains(string(told.body), "account.password_reset") {
			t.Errorf("is not told: %s", told.body)
		}
	})
}

func TestAnOperatorTakesALostSecondFactorAway(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		env.run(t, password, "user", "create", "officer@example.org", "--role", "custodian").ok()
		o.enrolled(t, "officer@example.org", password)
		o.signedIn("officer@example.org", password).want(http.StatusUnauthorized)
		if said := env.run(t, "", "user", "reset", "officer@example.org", "--second-factor").ok(); !strings.Contains(said, "the second factors of officer@example.org are gone") {
			t.Errorf("it says %q", said)
		}
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
