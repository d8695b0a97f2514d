package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheOperatorIsASecondPerson lets the only admin of an office invite a
// liaison, which nobody accepts before the operator approves.
func TestTheOperatorIsASecondPerson(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		admin := o.signedUp(env, "first@example.org", "admin")
		if got := env.run(t, "", "grant", "list").ok(); got != "nothing waits for a second person\n" {
			t.Errorf("nothing waits: %q", got)
		}
		made := o.call("POST", "/v1/invitations", admin, `{"role":"liaison"}`).want(201)
		accept := fmt.Sprintf(`{"token":%q,"login":"liaison@example.org","name":"L","password":%q}`, made.str("token"), password)
		o.call("POST", "/v1/invitations/accept", "", accept).want(409)
		if got := env.run(t, "", "grant", "list").ok(); !strings.HasPrefix(got, made.str("id")) {
			t.Errorf("waiting: %s", got)
		}
		env.run(t, "", "grant", "approve", "no-such-id").says("nothing with the id")
		env.run(t, "", "grant", "approve", made.str("id")).ok()
		env.run(t, "", "grant", "approve", made.str("id")).says("waits for nobody")
		officer := o.call("POST", "/v1/invitations/accept", "", accept).want(201)

		proposed := o.call("POST", "/v1/accounts/"+officer.str("id")+"/grants", admin, `{"role":"custodian","reason":"Decides requests."}`).want(201)
		if got := env.run(t, "", "grant", "approve", proposed.str("id")).ok(); !strings.Contains(got, "custodian") {
			t.Errorf("it says %s", got)
		}
	})
}
