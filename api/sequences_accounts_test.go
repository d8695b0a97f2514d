package api_test

import (
	"time"
)

// accountSteps give people roles, take them, and let in.
func (m *sequence) accountSteps() []step {
	return []step{
		{3, "another role is proposed", m.propose}, {4, "a role is decided", m.decide},
		{3, "an account is suspended", m.suspend}, {4, "an account is restored", m.restore},
		{3, "somebody is invited", m.invite}, {3, "an invitation is approved", m.approveInvitation}, {3, "an invitation is accepted", m.accept},
	}
}

type invited struct {
	*thing
	token, role       string
	until             time.Time
	by                *person
	awaits, used, out bool
}

type proposal struct {
	*thing
	of, by    *person
	was, role string
	decided   bool
}

// closes ends every session.
func (p *person) closes() {
	for _, d := range p.open {
		d.ended = true
	}
}

func account(p *person) *thing { return &thing{kind: "account", of: p} }

func (m *sequence) propose(what string) {
	p := even(m.people).Draw(m.r, "of whom")
	role := even([]string{"admin", "staff", "liaison", "custodian", "auditor"}).Draw(m.r, "role")
	want := func(a asker) int {
		switch status := a.does(account(p), a.is("admin"), 201); {
		case status != 201:
			return status
		case a.who == p:
			return 403
		case p.org != nil || p.role == role:
			return 422
		}
		return 201
	}
	m.tries(what, want, func(a asker) *result {
		return a.via.post("/v1/accounts/"+string(p.id)+"/grants", map[string]string{"role": role, "reason": "Is needed there."})
	}, func(a asker, r *result) {
		g := &proposal{thing: &thing{kind: "grant", path: "/v1/grants/" + r.str("id")}, of: p, by: a.who, was: p.role, role: role, decided: !byTwo(role)}
		m.add(g.thing)
		m.grants = append(m.grants, g)
		if g.decided {
			m.takes(p, role)
		}
	})
}

// takes gives somebody a role: nothing goes on under the former one.
func (m *sequence) takes(p *person, role string) {
	p.role = role
	for _, v := range m.voices {
		for _, c := range v.cares {
			c.ended = c.ended || c.of == p
		}
	}
	p.closes()
	m.recalls(p)
}

// recalls makes good for nothing what somebody handed out that nobody has used, and
// proposed that nobody has decided.
func (m *sequence) recalls(p *person) {
	for _, i := range m.invitations {
		i.out = i.out || i.by == p
	}
	for _, r := range m.resets {
		r.over = r.over || r.by == p
	}
	for _, g := range m.grants {
		g.decided = g.decided || g.by == p
	}
}

func (m *sequence) decide(what string) {
	g, ok := pick(m, "proposal", m.grants, func(g *proposal) bool { return !g.decided })
	if !ok {
		return
	}
	verb := even([]string{"approve", "approve", "approve", "decline"}).Draw(m.r, "verb")
	want := func(a asker) int {
		switch status := a.does(g.thing, a.is("admin"), 200); {
		case status != 200:
			return status
		case a.who == g.of:
			return 403
		case verb == "decline":
			return 200
		case !a.who.second(g.by, m.clock.Now()) || g.of.broughtBy == a.who:
			return 403
		case g.of.role != g.was:
			return 409
		}
		return 200
	}
	m.tries(what, want, func(a asker) *result { return a.via.move(g.path, verb, nil) }, func(asker, *result) {
		g.decided = true
		if verb == "approve" {
			m.takes(g.of, g.role)
			g.of.broughtBy, g.of.broughtAt = g.by, m.clock.Now()
		}
	})
}

func (m *sequence) suspend(what string) {
	p := even(m.people).Draw(m.r, "whom")
	want := func(a asker) int {
		if status := a.does(account(p), a.manages(p), 200); status != 200 || !p.suspended {
			return status
		}
		return 409
	}
	m.tries(what, want, func(a asker) *result {
		return a.via.move("/v1/accounts/"+string(p.id), "suspend", map[string]string{"reason": "Left."})
	}, func(a asker, _ *result) {
		p.suspended, p.suspendedBy = true, a.role
		m.shutOut(p)
	})
}

func (m *sequence) restore(what string) {
	p, ok := pick(m, "whom", m.people, func(p *person) bool { return p.suspended })
	if !ok {
		return
	}
	want := func(a asker) int {
		return a.does(account(p), a.manages(p) && (a.role != "partner_admin" || p.suspendedBy == "partner_admin"), 200)
	}
	m.tries(what, want, func(a asker) *result { return a.via.move("/v1/accounts/"+string(p.id), "restore", nil) }, func(asker, *result) { p.suspended = false })
}

func (m *sequence) invite(what string) {
	role := even([]string{"staff", "custodian", "partner"}).Draw(m.r, "role")
	o, body := (*partner)(nil), map[string]any{"role": role}
	if role == "partner" {
		o = even(m.orgs[:]).Draw(m.r, "organization")
		body["organization_id"] = o.id
	}
	want := func(a asker) int {
		switch {
		case !a.in:
			return 401
		case a.enrolls:
			return 403
		case a.is("admin"), a.is("partner_admin") && a.works() && o == a.org:
			return 201
		}
		return 403
	}
	m.tries(what, want, func(a asker) *result { return a.via.post("/v1/invitations", body) }, func(a asker, r *result) {
		i := &invited{
			thing: &thing{kind: "invitation", path: "/v1/invitations/" + r.str("id"), org: o, of: a.who},
			token: r.str("token"), role: role, until: m.clock.Now().Add(7 * 24 * time.Hour), by: a.who, awaits: byTwo(role) || a.is("admin") && o != nil,
		}
		m.add(i.thing)
		m.invitations = append(m.invitations, i)
	})
}

func (i *invited) good(now time.Time) bool {
	return !i.used && !i.out && now.Before(i.until)
}

func (m *sequence) approveInvitation(what string) {
	i, ok := pick(m, "invitation", m.invitations, func(i *invited) bool { return i.awaits && i.good(m.clock.Now()) })
	if !ok {
		return
	}
	m.tries(what, func(a asker) int {
		return a.does(i.thing, a.is("admin") && a.who.second(i.by, m.clock.Now()), 200)
	}, func(a asker) *result { return a.via.move(i.path, "approve", nil) }, func(asker, *result) { i.awaits = false })
}

func (m *sequence) accept(what string) {
	i, ok := pick(m, "invitation", m.invitations, nil)
	if !ok {
		return
	}
	login := "entered-" + m.NewID() + "@example.org"
	want := 409
	if i.good(m.clock.Now()) && !i.awaits {
		want = 201
	}
	m.tries(what, func(asker) int { return want }, func(asker) *result {
		return m.anyone().post("/v1/invitations/accept", map[string]string{"token": i.token, "login": login, "name": "N", "password": goodPassword})
	}, func(asker, *result) {
		i.used = true
		a, err := m.system().Accounts.ByLogin(m.Context(), login)
		must(m, err)
		giveFactor(m, m.system(), a)
		m.enters(&person{label: "newcomer", role: i.role, org: i.org, broughtBy: i.by, broughtAt: m.clock.Now()}, m.signed(a))
	})
}
