package api_test

import (
	"net/http"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"accord/domain"
)

// known is a text that stands in one record, and who may come across it.
type known struct {
	text string
	by   func(asker) bool
}

func newSequence(w *world, r *rapid.T, elsewhere http.Handler, met map[string]int) *sequence {
	m := &sequence{r: r, elsewhere: elsewhere, met: met}
	m.world = &world{TB: drawn{w.TB, r}, store: w.store, server: w.server, handler: w.handler, url: w.url, dsn: w.dsn, clock: w.clock, log: w.log, clients: map[string]*client{}}
	staff := m.as(domain.Staff)
	for i := range m.orgs {
		o := m.approvedOrganization()
		m.orgs[i] = &partner{id: o.ID}
		site := m.text("organization", &thing{org: m.orgs[i], path: m.path(o.ID)})
		staff.patch(m.path(o.ID), map[string]string{"website": "https://" + strings.ToLower(site) + ".example"}).want(200)
	}
	m.relationship = m.add(&thing{kind: "relationship", path: m.related(m.orgs[0].id, "member_of", m.orgs[1].id), org: m.orgs[0], other: m.orgs[1]})
	for i := range m.voices {
		v := &voice{alias: "Alias" + m.NewID()}
		v.id, m.voices[i] = m.advisorCalled(v.alias), v
		m.texts = append(m.texts, known{v.alias, func(a asker) bool { return m.meetsAlias(a, v) }})
	}
	for _, p := range []*person{
		{label: "first admin", role: "admin"}, {label: "second admin", role: "admin"}, {label: "officer", role: "staff"}, {label: "clerk", role: "staff"},
		{label: "carer", role: "liaison"}, {label: "second carer", role: "liaison"}, {label: "keeper", role: "custodian"}, {label: "inspector", role: "auditor"},
		{label: "first head", role: "partner_admin", org: m.orgs[0]}, {label: "first desk", role: "partner", org: m.orgs[0]},
		{label: "second head", role: "partner_admin", org: m.orgs[1]}, {label: "second desk", role: "partner", org: m.orgs[1]},
		{label: "first voice", role: "advisor", voice: m.voices[0]}, {label: "second voice", role: "advisor", voice: m.voices[1]}, {label: "third voice", role: "advisor", voice: m.voices[2]},
	} {
		var org domain.OrganizationID
		var advisor domain.AdvisorID
		if p.org != nil {
			org = p.org.id
		}
		if p.voice != nil {
			advisor = p.voice.id
		}
		m.enters(p, m.signIn(domain.Role(p.role), org, advisor, map[string]string{"officer": "Legal Adviser"}[p.label]))
	}
	m.fill()
	for i, label := range []string{"carer", "carer", "second carer"} { // two look after the second voice, and nobody after the third
		of, by := m.voices[(i+1)/2], m.called(label)
		m.cares(of, by, m.lookAfter(of.id, by.open[0].client))
	}
	must(m, m.system().Assignments.EndAllOf(m.Context(), m.as(domain.Liaison).actor.Account))
	return m
}

// NewID is a new random word.
func (m *sequence) NewID() string { return strings.ReplaceAll(m.system().NewID(), "-", "")[:12] }

// add makes a thing one that is asked for.
func (m *sequence) add(t *thing) *thing { m.things = append(m.things, t); return t }

// text is a word that stands in a thing of a kind and nowhere else.
func (m *sequence) text(kind string, t *thing) string {
	t.kind = kind
	m.add(t)
	word := "canary" + m.NewID()
	m.texts = append(m.texts, known{word, func(a asker) bool { return a.reads(t) }})
	return word
}

// enters lets somebody in, with a session.
func (m *sequence) enters(p *person, c *client) {
	p.id, p.app = c.actor.Account, p.office()
	m.people = append(m.people, p)
	m.add(&thing{kind: "account", path: "/v1/accounts/" + string(p.id), of: p})
	m.opens(p, c)
}

func (m *sequence) opens(p *person, c *client) {
	p.open = append(p.open, &door{client: c})
	p.open = p.open[max(0, len(p.open)-2):]
}

func (m *sequence) called(label string) *person {
	return m.people[slices.IndexFunc(m.people, func(p *person) bool { return p.label == label })]
}

// fill makes what there is to read.
func (m *sequence) fill() {
	staff, liaison := m.as(domain.Staff), m.as(domain.Liaison)
	for _, o := range m.orgs {
		t := &thing{org: o}
		d := promise()
		d.Terms.Text = m.text("commitment", t)
		t.path = "/v1/commitments/" + string(m.seedCommitment(o.id, d, domain.CommitmentActive).ID)
	}
	m.engagement = &thing{}
	e := m.world.engagement("", domain.EngagementInvited)
	m.engagement.path = engagementPath(e)
	note := "canary" + m.NewID()
	m.texts = append(m.texts, known{note, asker.officer})
	staff.patch(m.engagement.path, map[string]string{"title": m.text("engagement", m.engagement), "private_notes": note}).want(200)

	all := m.opensConsultation(&thing{public: true})
	for _, by := range []*person{m.called("first desk"), m.called("first voice")} {
		t := &thing{org: by.org, voice: by.voice}
		t.path = m.world.draft(by.open[0].client, all.path, m.text("submission", t))
		m.submissions = append(m.submissions, t)
	}
	m.council = m.world.council().ID
	for i, v := range m.voices {
		self := m.called([]string{"first voice", "second voice", "third voice"}[i]).open[0].client
		if i < 2 {
			m.seats(v, m.seat(m.council, v.id, "2026-01-01"), "2026-01-01")
		}
		at := advisorPath(v.id)
		m.add(&thing{kind: "advisor", path: at, voice: v})
		m.add(&thing{kind: "access log", path: at + "/access-log", voice: v})
		liaison.patch(at+"/safe-contact", map[string]string{"code_word": m.text("safe contact", &thing{path: at + "/safe-contact?reason=recheck", voice: v})}).want(200)
		m.add(&thing{kind: "vault entry", path: at + "/vault-entry", voice: v})
		name := "canary" + m.NewID()
		m.texts = append(m.texts, known{name, func(asker) bool { return false }})
		self.do(http.MethodPut, at+"/vault-entry", map[string]string{"legal_name": name}, "If-Match", self.get(at+"/vault-entry").tag()).want(200)
	}
	t := &thing{}
	t.path = m.recommendation(m.council, 2027, m.text("recommendation", t))
}

func (m *sequence) opensConsultation(t *thing) *thing {
	a := domain.Audience{ForPublic: t.public, ForAdvisors: t.forAdvisors}
	for _, o := range t.named {
		a.Organizations = append(a.Organizations, o.id)
	}
	for _, o := range t.excluded {
		a.Excluded = append(a.Excluded, o.id)
	}
	if t.forCouncil {
		a.Council = m.council
	}
	d := m.inquiry(a)
	d.Purpose = m.text("consultation", t)
	t.path = consultationPath(m.consultationOf(domain.ConsultationOpen, d).ID)
	return t
}

func (m *sequence) seats(v *voice, path string, from domain.Date) {
	tm := &term{path: path, from: from, last: from.AddDays(700)}
	v.terms = append(v.terms, tm)
	m.add(&thing{kind: "term", path: path, voice: v, term: tm})
}

// meetsAlias tells who comes across the name by which an advisor is known.
func (m *sequence) meetsAlias(a asker, v *voice) bool {
	return a.officer() || v == a.voice || !a.acts && a.comes(m.engagement) && slices.ContainsFunc(m.engagement.people, func(p *attendance) bool {
		return p.voice == v && p.shown() && p.presence == "alias"
	})
}
