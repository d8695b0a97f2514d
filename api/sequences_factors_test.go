package api_test

import (
	"net/http"
	"slices"
	"time"

	"accord/domain"
)

// factorSteps are the other ways in: passkeys, and what lets somebody back in.
func (m *sequence) factorSteps() []step {
	return []step{
		{4, "a reset is begun", m.reset}, {5, "a reset is confirmed", m.confirmReset}, {2, "a reset is withdrawn", m.withdrawReset}, {4, "a password is reset", m.useReset},
		{3, "a passkey is enrolled", m.enrollKey}, {3, "a passkey is removed", m.removeKey}, {4, "a passkey signs in", m.keySignsIn},
	}
}

// device keeps a passkey of somebody.
type device struct {
	*authenticator
	path string
	gone bool
}

// resetting is a way back in, which may wait for a second person.
type resetting struct {
	*thing
	kind, role, token string
	by                *person
	until             time.Time
	waits, over       bool
}

// factored tells whether something beside the password is asked for.
func (p *person) factored() bool {
	return p.app || slices.ContainsFunc(p.keys, func(d *device) bool { return !d.gone })
}

// office: whoever works in it does nothing without a second factor.
func (p *person) office() bool { return p.org == nil && p.voice == nil }

// shutOut ends all by which somebody may be in, and what that one handed out.
func (m *sequence) shutOut(p *person) {
	p.closes()
	m.recalls(p)
	m.endsKeys(p)
}

// settled makes other resets of the same kind good for nothing, and of a factor's
// does what it stands for.
func (m *sequence) settled(r *resetting) {
	r.waits = false
	for _, o := range m.resets {
		o.over = o.over || o != r && o.of == r.of && o.kind == r.kind
	}
	if r.kind == "password" {
		r.until = m.clock.Now().Add(30 * time.Minute)
		return
	}
	r.over, r.of.app = true, false
	for _, d := range r.of.keys {
		d.gone = true
	}
	m.shutOut(r.of)
}

func (m *sequence) reset(what string) {
	p, kind := even(m.people).Draw(m.r, "of whom"), even([]string{"password", "second_factor"}).Draw(m.r, "kind")
	want := func(a asker) int {
		switch {
		case !a.in:
			return 401
		case a.enrolls, !a.is("admin", "liaison") && !(a.is("partner_admin") && a.works()):
			return 403
		case !a.reads(account(p)):
			return 422
		case !a.manages(p), kind == "second_factor" && a.who == p:
			return 403
		}
		return 201
	}
	m.tries(what, want, func(a asker) *result {
		return a.via.post("/v1/resets", map[string]string{"account_id": string(p.id), "kind": kind})
	}, func(a asker, got *result) {
		r := &resetting{thing: &thing{kind: "reset", path: "/v1/resets/" + got.str("id"), of: p}, kind: kind, role: p.role, token: got.str("token"), by: a.who}
		m.add(r.thing)
		m.resets = append(m.resets, r)
		// Nobody alone comes in as a partner, as an advisor, or past a factor of the office's.
		if r.waits = p.org != nil && a.org != p.org || p.voice != nil || p.office() && kind == "second_factor"; !r.waits {
			m.settled(r)
		}
	})
}

func (m *sequence) confirmReset(what string) {
	r, ok := pick(m, "reset", m.resets, func(r *resetting) bool { return r.waits && !r.over })
	if !ok {
		return
	}
	want := func(a asker) int {
		return a.does(r.thing, a.who != nil && a.who != r.of && a.who.second(r.by, m.clock.Now()), 200)
	}
	m.tries(what, want, func(a asker) *result { return a.via.move(r.path, "confirm", nil) }, func(asker, *result) { m.settled(r) })
}

// withdrawReset lets somebody take a reset back, whoever began it, while it is good for
// something or would be.
func (m *sequence) withdrawReset(what string) {
	r, ok := pick(m, "reset", m.resets, nil)
	if !ok {
		return
	}
	then := 200
	if r.over {
		then = 409
	}
	want := func(a asker) int { return a.does(r.thing, true, then) }
	m.tries(what, want, func(a asker) *result { return a.via.move(r.path, "withdraw", nil) }, func(asker, *result) { r.over = true })
}

func (m *sequence) useReset(what string) {
	r, ok := pick(m, "reset", m.resets, func(r *resetting) bool { return r.token != "" })
	if !ok {
		return
	}
	want := 409
	if !r.waits && !r.over && m.clock.Now().Before(r.until) && (!slices.Contains([]string{"admin", "liaison", "custodian", "staff", "auditor"}, r.of.role) || r.of.factored()) {
		want = 204
	}
	m.tries(what, func(asker) int { return want }, func(asker) *result {
		return m.anyone().post("/v1/resets/use", map[string]string{"token": r.token, "password": goodPassword})
	}, func(asker, *result) {
		m.settled(r)
		r.over = true
		m.shutOut(r.of)
	})
}

func (m *sequence) enrollKey(what string) {
	d := &device{authenticator: newAuthenticator(m)}
	m.tries(what, func(a asker) int { return whileIn(a, 201) }, func(a asker) *result {
		asked := a.via.post("/v1/me/factors/passkey-options", nil)
		if asked.Status != 201 {
			return asked
		}
		return a.via.post("/v1/me/factors/passkey", d.enroll(m, asked))
	}, func(a asker, r *result) {
		d.path = "/v1/me/factors/" + r.str("factor", "id")
		a.who.keys = append(a.who.keys, d)
	})
}

// pickKey draws a passkey of somebody.
func (m *sequence) pickKey(is func(*device) bool) (p *person, d *device, ok bool) {
	has := func(p *person) bool { return slices.ContainsFunc(p.keys, is) }
	if p, ok = pick(m, "whose", m.people, has); ok {
		d, _ = pick(m, "passkey", p.keys, is)
	}
	return p, d, ok
}

func (m *sequence) removeKey(what string) {
	p, d, ok := m.pickKey(func(d *device) bool { return !d.gone })
	if !ok {
		return
	}
	left := slices.ContainsFunc(p.keys, func(o *device) bool { return o != d && !o.gone }) || p.app
	want := func(a asker) int {
		switch {
		case a.in && a.enrolls:
			return 403
		case a.in && a.who != p:
			return 404
		case p.office() && !left:
			return whileIn(a, 409)
		}
		return whileIn(a, 204)
	}
	m.tries(what, want, func(a asker) *result { return a.via.do(http.MethodDelete, d.path, nil) }, func(asker, *result) { d.gone = true })
}

func (m *sequence) keySignsIn(what string) {
	p, d, ok := m.pickKey(func(*device) bool { return true })
	if !ok {
		return
	}
	want := 201
	if d.gone || p.suspended {
		want = 401
	}
	m.tries(what, func(asker) int { return want }, func(asker) *result { return m.signInWith(d.authenticator) }, func(_ asker, r *result) {
		m.opens(p, &client{w: m.world, actor: domain.Actor{Account: p.id}, key: r.str("access_token")})
	})
}
