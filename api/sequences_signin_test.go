package api_test

import (
	"slices"
	"time"

	"accord/domain"
)

// signInSteps are how people and programs come in, and no longer do.
func (m *sequence) signInSteps() []step {
	return []step{
		{2, "somebody signs out", m.signOut}, {2, "a quick exit", m.quickExit}, {2, "other sessions are ended", m.endOthers}, {4, "somebody signs in", m.signInAgain},
		{3, "a key is made", m.makeKey}, {2, "a key is revoked", m.revokeKey},
	}
}

// whose is the session by which somebody asks.
func (a asker) whose() *door {
	return a.who.open[slices.IndexFunc(a.who.open, func(d *door) bool { return d.client == a.via })]
}

// whileIn is the status of what everybody may do who is signed in.
func whileIn(a asker, then int) int {
	if !a.in {
		return 401
	}
	return then
}

func (m *sequence) signOut(what string) {
	m.tries(what, func(a asker) int { return whileIn(a, 204) }, func(a asker) *result { return a.via.do("DELETE", "/v1/sessions/current", nil) }, func(a asker, _ *result) { a.whose().ended = true })
}

// quickExit works for whoever asks; it leaves if there is somewhere to leave.
func (m *sequence) quickExit(what string) {
	m.tries(what, func(asker) int { return 204 }, func(a asker) *result { return a.via.post("/v1/sessions/quick-exit", nil) }, func(a asker, _ *result) {
		if a.in {
			a.who.closes()
		}
	})
}

func (m *sequence) endOthers(what string) {
	m.tries(what, func(a asker) int { return whileIn(a, 204) }, func(a asker) *result { return a.via.post("/v1/sessions/end_others", nil) }, func(a asker, _ *result) {
		here := a.whose()
		a.who.closes()
		here.ended = false
	})
}

func (m *sequence) signInAgain(what string) {
	p, ok := pick(m, "who", m.people, func(p *person) bool { return !p.suspended })
	if !ok {
		return
	}
	m.happens(what, func() { m.opens(p, (&client{w: m.world, actor: domain.Actor{Account: p.id}}).again()) })
}

// forKeys is what a key can be given of this, by who makes it.
var forKeys = map[string][]string{
	"admin": {"organization"}, "staff": {"organization", "commitment", "engagement", "report"}, "liaison": {"organization", "commitment", "report"},
	"auditor": {"report"}, "partner_admin": {"organization", "commitment", "engagement"},
}

func (m *sequence) makeKey(what string) {
	kind := even([]string{"organization", "commitment", "engagement", "report"}).Draw(m.r, "of what")
	body := map[string]any{"name": "A program", "actions": []string{kind + ".read"}, "expires_at": m.clock.Now().Add(300 * 24 * time.Hour)}
	want := func(a asker) int {
		switch {
		case !a.in:
			return 401
		case a.enrolls, !a.keeps() || a.org != nil && !a.works():
			return 403
		case !slices.Contains(forKeys[a.role], kind) && (a.role != "liaison" || kind != "engagement"):
			return 422
		}
		return 201
	}
	m.tries(what, want, func(a asker) *result { return a.via.post("/v1/api-keys", body) }, func(a asker, r *result) {
		k := &program{client: &client{w: m.world, key: r.str("key")}, of: a.who, path: "/v1/api-keys/" + r.str("id"), names: []string{kind}}
		m.keys = append(m.keys, k)
		m.add(&thing{kind: "api key", path: k.path, of: a.who})
	})
}

// endsKeys ends all that somebody made.
func (m *sequence) endsKeys(p *person) {
	for _, k := range m.keys {
		k.revoked = k.revoked || k.of == p
	}
}

func (m *sequence) revokeKey(what string) {
	k, ok := pick(m, "key", m.keys, func(k *program) bool { return !k.revoked })
	if !ok {
		return
	}
	// Whoever sees a key may end it.
	m.tries(what, func(a asker) int { return a.does(&thing{kind: "api key", of: k.of}, true, 200) },
		func(a asker) *result { return a.via.post(k.path+"/revoke", nil) }, func(asker, *result) { k.revoked = true })
}
