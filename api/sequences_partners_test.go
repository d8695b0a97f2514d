package api_test

import (
	"accord/domain"
)

// partnerSteps change what an organization is to the office, and to another.
func (m *sequence) partnerSteps() []step {
	return []step{
		{2, "an organization is stopped", m.stop}, {3, "an organization is approved again", m.readmit},
		{4, "a mandate is granted", m.grant}, {2, "a mandate is revoked", m.revoke},
	}
}

type mandate struct {
	*thing
	power       string
	from, until domain.Date
	revoked     bool
}

// powers is what the association may do for its member today.
func (m *sequence) powers() (out []string) {
	for _, v := range m.mandates {
		if !v.revoked && v.from <= m.today() && m.today() <= v.until && !m.orgs[0].stopped && !m.orgs[1].stopped {
			out = append(out, v.power)
		}
	}
	return out
}

func (m *sequence) stop(what string) {
	o, ok := pick(m, "organization", m.orgs[:], func(o *partner) bool { return !o.stopped })
	if !ok {
		return
	}
	m.tries(what, func(a asker) int { return a.does(&thing{kind: "organization", org: o}, a.officer(), 200) },
		func(a asker) *result {
			return a.via.move(m.path(o.id), "suspend", map[string]string{"reason": "An allegation."})
		},
		func(asker, *result) { o.stopped = true })
}

// readmit vets a stopped organization anew.
func (m *sequence) readmit(what string) {
	o, ok := pick(m, "organization", m.orgs[:], func(o *partner) bool { return o.stopped })
	if !ok {
		return
	}
	m.happens(what, func() {
		m.as(domain.Staff).move(m.path(o.id), "restore", nil).want(200)
		m.forward(1)
		m.clearChecks(o.id)
		m.as(domain.Staff).move(m.path(o.id), "begin_due_diligence", nil).want(200)
		m.as(domain.Staff).move(m.path(o.id), "begin_legal_ethics_review", nil).want(200)
		m.as(domain.Liaison).move(m.path(o.id), "approve", nil).want(200)
		o.stopped = false
	})
}

func (m *sequence) grant(what string) {
	power := even([]string{"report_on_commitments", "join_engagements"}).Draw(m.r, "power")
	from, until := m.today(), m.today().AddDays(2)
	m.tries(what, func(a asker) int {
		return a.does(m.relationship, a.is("partner_admin") && a.works() && a.org == m.orgs[0], 201)
	}, func(a asker) *result {
		return a.via.post(m.relationship.path+"/mandates", map[string]any{"powers": []string{power}, "starts_on": from, "ends_on": until})
	}, func(_ asker, r *result) {
		v := &mandate{thing: &thing{kind: "mandate", path: "/v1/mandates/" + r.str("id"), org: m.orgs[0], other: m.orgs[1]}, power: power, from: from, until: until}
		m.add(v.thing)
		m.mandates = append(m.mandates, v)
	})
}

func (m *sequence) revoke(what string) {
	v, ok := pick(m, "mandate", m.mandates, func(v *mandate) bool { return !v.revoked })
	if !ok {
		return
	}
	m.tries(what, func(a asker) int { return a.does(v.thing, a.officer() || a.org == m.orgs[0], 200) },
		func(a asker) *result { return a.via.move(v.path, "revoke", nil) }, func(asker, *result) { v.revoked = true })
}
