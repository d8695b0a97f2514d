package api_test

import (
	"slices"

	"pgregory.net/rapid"
)

// recordSteps change who takes part in what.
func (m *sequence) recordSteps() []step {
	return []step{
		{4, "somebody is asked to come", m.ask}, {1, "somebody is not to come", m.remove}, {6, "an invitation to come is answered", m.answer},
		{4, "a presence is changed", m.changePresence}, {3, "an advisor hides", m.hide},
		{2, "a consultation opens", m.consult}, {2, "a submission is handed in", m.submit},
		{2, "a term begins", m.appoint}, {2, "a term ends", m.endTerm},
		{3, "a liaison is assigned", m.assign}, {3, "an assignment ends", m.endAssignment},
	}
}

func (m *sequence) ask(what string) {
	row := &attendance{response: "pending"}
	body := map[string]any{}
	if i := even([]int{0, 1, 2, 3, 4}).Draw(m.r, "whom"); i < 2 {
		row.org = m.orgs[i]
		body["organization_id"] = row.org.id
	} else {
		row.voice, row.presence = m.voices[i-2], "hidden"
		body["advisor_id"] = row.voice.id
	}
	there := slices.ContainsFunc(m.engagement.people, func(p *attendance) bool { return p.org == row.org && p.voice == row.voice })
	want := func(a asker) int {
		status := a.does(m.engagement, a.officer(), 201)
		if status == 201 && (there || row.org != nil && row.org.stopped) {
			return 409
		}
		return status
	}
	m.tries(what, want, func(a asker) *result { return a.via.post(m.engagement.path+"/participants", body) }, func(_ asker, r *result) {
		m.engagement.people = append(m.engagement.people, row)
		m.add(&thing{kind: "attendance", path: "/v1/participants/" + r.str("id"), org: row.org, voice: row.voice, at: m.engagement, row: row})
	})
}

// coming draws one of those who are asked to the engagement.
func (m *sequence) coming(is func(*attendance) bool) (*thing, bool) {
	return pick(m, "who comes", m.things, func(t *thing) bool { return t.kind == "attendance" && (is == nil || is(t.row)) })
}

func (m *sequence) remove(what string) {
	t, ok := m.coming(nil)
	if !ok {
		return
	}
	m.tries(what, func(a asker) int { return a.does(t, a.officer(), 204) },
		func(a asker) *result { return a.via.do("DELETE", t.path, nil, "If-Match", a.via.seen(t.path)) },
		func(asker, *result) {
			m.engagement.people = slices.DeleteFunc(m.engagement.people, func(p *attendance) bool { return p == t.row })
			m.things = slices.DeleteFunc(m.things, func(o *thing) bool { return o == t })
		})
}

func (m *sequence) answer(what string) {
	t, ok := m.coming(nil)
	if !ok {
		return
	}
	verb := even([]string{"accept", "accept", "decline"}).Draw(m.r, "verb")
	said := map[string]string{"accept": "accepted", "decline": "declined"}[verb]
	want := func(a asker) int {
		own := a.voice != nil && a.voice == t.voice
		switch status := a.does(t, a.officer() || own || t.org != nil && a.org == t.org, 200); {
		case status != 200:
			return status
		case verb == "accept" && t.voice != nil && t.row.presence != "hidden" && !own:
			return 403
		case t.row.response == said, verb == "accept" && t.org != nil && t.org.stopped:
			return 409
		}
		return 200
	}
	m.tries(what, want, func(a asker) *result { return a.via.move(t.path, verb, nil) }, func(asker, *result) { t.row.response = said })
}

func (m *sequence) changePresence(what string) {
	t, ok := m.coming(func(p *attendance) bool { return p.voice != nil })
	if !ok {
		return
	}
	presences := []string{"hidden", "counted", "alias"}
	to := even(presences).Draw(m.r, "presence")
	m.tries(what, func(a asker) int { return a.does(t, a.officer(), 200) }, func(a asker) *result { return a.via.patch(t.path, map[string]string{"presence": to}) }, func(asker, *result) {
		if slices.Index(presences, to) > slices.Index(presences, t.row.presence) && t.row.response == "accepted" {
			t.row.response = "pending"
		}
		t.row.presence = to
	})
}

func (m *sequence) hide(what string) {
	t, ok := m.coming(func(p *attendance) bool { return p.voice != nil && p.presence != "hidden" })
	if !ok {
		return
	}
	m.tries(what, func(a asker) int { return a.does(t, a.voice != nil && a.voice == t.voice, 200) },
		func(a asker) *result { return a.via.move(t.path, "hide", nil) }, func(asker, *result) { t.row.presence = "hidden" })
}

func (m *sequence) consult(what string) {
	t := &thing{}
	switch even([]string{"public", "named", "advisors", "council"}).Draw(m.r, "audience") {
	case "public":
		t.public = true
	case "named":
		t.named = append(t.named, m.orgs[0])
	case "advisors":
		t.forAdvisors = true
	case "council":
		t.forCouncil = true
	}
	if rapid.Bool().Draw(m.r, "keeps one out") {
		t.excluded = append(t.excluded, m.orgs[1])
	}
	m.happens(what, func() { m.opensConsultation(t) })
}

func (m *sequence) submit(what string) {
	t, ok := pick(m, "submission", m.submissions, func(t *thing) bool { return !t.handedIn })
	if !ok {
		return
	}
	m.tries(what, func(a asker) int {
		return a.does(t, a.voice != nil && a.voice == t.voice || a.works() && a.org == t.org, 200)
	}, func(a asker) *result { return a.via.move(t.path, "submit", nil) }, func(asker, *result) { t.handedIn = true })
}

func (m *sequence) appoint(what string) {
	v, ok := pick(m, "whom", m.voices[:], func(v *voice) bool { return len(v.terms) < 2 })
	if !ok {
		return
	}
	want := func(a asker) int {
		switch {
		case !a.in:
			return 401
		case a.enrolls, !a.is("liaison"):
			return 403
		case slices.ContainsFunc(v.terms, func(t *term) bool { return m.today() <= t.last }):
			return 409
		}
		return 201
	}
	m.tries(what, want, func(a asker) *result {
		return a.via.post(councilPath(m.council)+"/terms", map[string]any{"advisor_id": v.id, "begins_on": m.today()})
	}, func(_ asker, r *result) { m.seats(v, "/v1/terms/"+r.str("id"), m.today()) })
}

func (m *sequence) endTerm(what string) {
	t, ok := pick(m, "term", m.things, func(t *thing) bool { return t.term != nil && t.term.last >= m.today() })
	if !ok {
		return
	}
	last := max(t.term.from, m.today().AddDays(-1))
	m.tries(what, func(a asker) int { return a.does(t, true, 200) }, func(a asker) *result { return a.via.move(t.path, "end", map[string]any{"ends_on": last}) }, func(asker, *result) { t.term.last = last })
}

// cares has somebody look after a voice.
func (m *sequence) cares(v *voice, p *person, path string) {
	c := &assignment{thing: m.add(&thing{kind: "assignment", path: path, voice: v, of: p})}
	v.cares = append(v.cares, c)
}

// assign: who looks after a voice finds another, and the custodian does for any.
func (m *sequence) assign(what string) {
	v := even(m.voices[:]).Draw(m.r, "of whom")
	p := even(m.people).Draw(m.r, "whom")
	if one, ok := pick(m, "liaison", m.people, func(p *person) bool { return p.role == "liaison" }); ok {
		p = even([]*person{one, one, one, p}).Draw(m.r, "whom of these")
	}
	want := func(a asker) int {
		status := a.does(&thing{kind: "advisor", voice: v}, a.is("liaison") && v.caredBy(a.who), 201)
		if a.in && !a.enrolls && a.is("custodian") {
			status = 201
		}
		switch {
		case status == 201 && (p.role != "liaison" || p.suspended):
			return 422
		case status == 201 && v.caredBy(p):
			return 409
		}
		return status
	}
	m.tries(what, want, func(a asker) *result {
		return a.via.post(advisorPath(v.id)+"/assignments", map[string]any{"account_id": p.id})
	}, func(_ asker, r *result) { m.cares(v, p, "/v1/assignments/"+r.str("id")) })
}

// endAssignment: a liaison leaves nobody without one who can act.
func (m *sequence) endAssignment(what string) {
	v := even(m.voices[:]).Draw(m.r, "of whom")
	c, ok := pick(m, "assignment", v.cares, nil)
	if !ok {
		return
	}
	others := slices.ContainsFunc(v.cares, func(o *assignment) bool { return !o.ended && o.of != c.of && !o.of.suspended })
	want := func(a asker) int {
		mine := a.is("liaison") && (v.caredBy(a.who) || c.of == a.who)
		switch status := a.does(c.thing, mine || a.is("custodian"), 200); {
		case status == 200 && (c.ended || a.is("liaison") && !others):
			return 409
		default:
			return status
		}
	}
	m.tries(what, want, func(a asker) *result { return a.via.move(c.path, "end", nil) }, func(asker, *result) {
		c.ended = true
		for _, r := range m.resets {
			r.over = r.over || r.by == c.of && r.of.voice == v
		}
	})
}
