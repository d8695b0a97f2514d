package api_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"accord/api"
	"accord/domain"
)

// A run tries the same few sequences each time; -rapid.checks tries more, and
// -rapid.seed others (0 any).
func init() {
	for name, value := range map[string]string{"rapid.checks": "12", "rapid.steps": "80", "rapid.seed": "1", "rapid.nofailfile": "true", "rapid.shrinktime": "15s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
}

// TestNoSequenceOpensADoor lets a small office do at random what changes who may
// do what, and holds every answer, to whoever asks for whatever, against the roles
// as roles_test.go tells them. What changes is so on a second instance within two
// seconds, and no answer holds a text of what its reader may not read.
func TestNoSequenceOpensADoor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		elsewhere, err := api.New(t.Context(), api.Options{Store: w.store, BaseURL: "http://accord.test", Limits: unlimited(), Freshness: 50 * time.Millisecond})
		must(t, err)
		met := map[string]int{}
		rapid.Check(t, func(r *rapid.T) {
			m := newSequence(w, r, elsewhere.Handler(), met)
			r.Repeat(map[string]func(*rapid.T){"": func(*rapid.T) { m.look() }, "something": func(*rapid.T) { m.step() }})
		})
		for _, s := range (&sequence{}).steps() {
			if met[s.what] == 0 {
				t.Errorf("no sequence ever did this: %s", s.what)
			}
		}
		t.Logf("%v", met)
	})
}

// drawn is the test of one sequence, which fails without ending those that look
// for a shorter one.
type drawn struct {
	testing.TB
	r *rapid.T
}

func (d drawn) Helper()                   { d.r.Helper() }
func (d drawn) Fatal(a ...any)            { d.r.Helper(); d.r.Fatal(a...) }
func (d drawn) Fatalf(f string, a ...any) { d.r.Helper(); d.r.Fatalf(f, a...) }
func (d drawn) Error(a ...any)            { d.r.Helper(); d.r.Error(a...) }
func (d drawn) Errorf(f string, a ...any) { d.r.Helper(); d.r.Errorf(f, a...) }

// sequence is an office of its own in which things happen, and what the model
// knows of it.
type sequence struct {
	*world
	r         *rapid.T
	elsewhere http.Handler
	met       map[string]int // how often each step was taken
	done      bool           // the step was one that could be taken

	people       []*person
	orgs         [2]*partner // the second is an association of which the first is a member
	voices       [3]*voice   // the first two sit on the council
	keys         []*program
	things       []*thing
	texts        []known
	invitations  []*invited
	grants       []*proposal
	mandates     []*mandate
	council      domain.CouncilID
	engagement   *thing
	relationship *thing
	submissions  []*thing
}

// known is a text that stands in one record, and who may come across it.
type known struct {
	text string
	by   func(asker) bool
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

type mandate struct {
	*thing
	power       string
	from, until domain.Date
	revoked     bool
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
		{label: "carer", role: "liaison"}, {label: "keeper", role: "custodian"}, {label: "inspector", role: "auditor"},
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
	p.id = c.actor.Account
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
		liaison.patch(at+"/safe-contact", map[string]string{"code_word": m.text("safe contact", &thing{path: at + "/safe-contact", voice: v})}).want(200)
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

func (m *sequence) today() domain.Date { return domain.DateOf(m.clock.Now()) }

// meetsAlias tells who comes across the name by which an advisor is known.
func (m *sequence) meetsAlias(a asker, v *voice) bool {
	return a.officer() || v == a.voice || !a.acts && a.comes(m.engagement) && slices.ContainsFunc(m.engagement.people, func(p *attendance) bool {
		return p.voice == v && p.shown() && p.presence == "alias"
	})
}

// askers is everyone who might ask, by every way.
func (m *sequence) askers() []asker {
	out := []asker{{label: "anyone", via: m.anyone(), today: m.today()}}
	for _, p := range m.people {
		for i, d := range p.open {
			a := asker{who: p, role: p.role, org: p.org, voice: p.voice, via: d.client, in: !d.ended && !p.suspended, today: m.today(), label: fmt.Sprintf("%#v, session %d", p, i)}
			out = append(out, a)
			if p.org == m.orgs[1] && p.open[len(p.open)-1] == d {
				a.acts, a.org, a.powers = true, m.orgs[0], m.powers()
				a.label += ", for the member"
				out = append(out, a)
			}
		}
	}
	for i, k := range m.keys {
		a := asker{who: k.of, role: k.of.role, org: k.of.org, key: k, via: k.client, today: m.today(), label: fmt.Sprintf("key %d of %#v", i, k.of)}
		a.in = !k.revoked && !k.of.suspended && a.keeps() && (a.org == nil || a.works())
		if a.role == "liaison" {
			a.role = "staff" // a program is nowhere near advisors
		}
		out = append(out, a)
	}
	return out
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

// get asks for something, and looks at whether the answer tells too much.
func (m *sequence) get(a asker, path string, want int) {
	var headers []string
	if a.acts {
		headers = of(a.org.id)
	}
	r := a.via.get(path, headers...)
	if r.Status != want {
		m.Fatalf("%s: %s: %d, and by the roles %d: %s", a.label, r.request, r.Status, want, r.Body)
	}
	for _, k := range m.texts {
		if strings.Contains(string(r.Body), strings.ToLower(k.text)) || strings.Contains(string(r.Body), k.text) {
			m.met["a text of a record"]++
			if !k.by(a) {
				m.Fatalf("%s: %s tells %s: %s", a.label, r.request, k.text, r.Body)
			}
		}
	}
}

var listsOf = map[string]string{
	"organization": "/v1/organizations", "commitment": "/v1/commitments", "engagement": "/v1/engagements", "consultation": "/v1/consultations",
	"submission": "/v1/submissions", "advisor": "/v1/advisors", "account": "/v1/accounts", "api key": "/v1/api-keys", "grant": "/v1/grants",
	"invitation": "/v1/invitations", "audit": "/v1/audit", "report": "/v1/reports/objectives/4.1",
}

// look asks for a few things, and for lists.
func (m *sequence) look() {
	for range 3 {
		a := even(m.askers()).Draw(m.r, "who asks")
		if kind := even(slices.Sorted(maps.Keys(listsOf))).Draw(m.r, "list"); !a.acts || kind == "commitment" || kind == "engagement" {
			m.get(a, listsOf[kind], a.listed(kind))
		}
		t := even(slices.DeleteFunc(slices.Clone(m.things), func(t *thing) bool {
			return a.acts && !slices.Contains([]string{"commitment", "engagement", "attendance"}, t.kind)
		})).Draw(m.r, "thing")
		m.get(a, t.path, a.answer(t))
		if t.kind == "engagement" {
			want := a.answer(t)
			if a.in && a.key != nil {
				want = 403 // no key is near who takes part
			}
			m.get(a, t.path+"/participants", want)
		}
	}
}

// watched is what every asker is told on the second instance, of what tells most
// about who it is.
func (m *sequence) watched() map[string]func() bool {
	out := map[string]func() bool{}
	for _, a := range m.askers() {
		for _, kind := range []string{"account", "commitment", "grant"} {
			if a.acts && kind != "commitment" {
				continue
			}
			want := a.listed(kind)
			out[fmt.Sprintf("%s: %s: %d", a.label, kind, want)] = func() bool {
				r := httptest.NewRequest(http.MethodGet, listsOf[kind], nil)
				if t := a.via.bearer(); t != "" {
					r.Header.Set("Authorization", "Bearer "+t)
				}
				if a.acts {
					r.Header.Set("Acting-For", string(a.org.id))
				}
				rec := httptest.NewRecorder()
				m.elsewhere.ServeHTTP(rec, r)
				return rec.Code == want
			}
		}
	}
	return out
}

// settles waits until the second instance tells what has changed since before.
func (m *sequence) settles(before map[string]func() bool) {
	for what, is := range m.watched() {
		if before[what] != nil {
			continue
		}
		for began := time.Now(); !is(); {
			if time.Since(began) > 2*time.Second {
				m.Fatalf("two seconds later, the second instance doesn't say to %s", what)
			}
		}
	}
}

// tries lets somebody do something. want is the status that the roles foretell;
// mostly somebody does it who may.
func (m *sequence) tries(what string, want func(asker) int, ask func(asker) *result, learn func(asker, *result)) {
	all := slices.DeleteFunc(m.askers(), func(a asker) bool { return a.acts || a.key != nil })
	if even([]bool{true, true, true, false}).Draw(m.r, "who may") {
		if may := slices.DeleteFunc(slices.Clone(all), func(a asker) bool { return want(a) >= 300 }); len(may) > 0 {
			all = may
		}
	}
	a := even(all).Draw(m.r, "who does it")
	status, before := want(a), m.watched()
	r := ask(a)
	m.done = true
	if r.Status != status {
		m.Fatalf("%s: %s: %d, and by the roles %d: %s", a.label, what, r.Status, status, r.Body)
	}
	m.met[fmt.Sprintf("%s: %d", what, r.Status)]++
	if r.Status < 300 {
		m.met[what]++
		learn(a, r)
		m.settles(before)
	}
}

// happens is what nobody need be asked to do.
func (m *sequence) happens(what string, do func()) {
	before := m.watched()
	do()
	m.done = true
	m.met[what]++
	m.settles(before)
}

// pick draws one of those that are so, of all if nil, if there is one.
func pick[T any](m *sequence, what string, from []T, is func(T) bool) (one T, ok bool) {
	from = slices.DeleteFunc(slices.Clone(from), func(v T) bool { return is != nil && !is(v) })
	if len(from) == 0 {
		return one, false
	}
	return even(from).Draw(m.r, what), true
}

// closes ends every session.
func (p *person) closes() {
	for _, d := range p.open {
		d.ended = true
	}
}

func account(p *person) *thing { return &thing{kind: "account", of: p} }

// step is something that may happen, and how often for others.
type step struct {
	weight int
	what   string
	do     func(what string)
}

func (m *sequence) steps() []step {
	return []step{
		{3, "another role is proposed", m.propose}, {4, "a role is decided", m.decide},
		{3, "an account is suspended", m.suspend}, {4, "an account is restored", m.restore},
		{2, "an organization is stopped", m.stop}, {3, "an organization is approved again", m.readmit},
		{3, "somebody is invited", m.invite}, {3, "an invitation is approved", m.approveInvitation}, {3, "an invitation is accepted", m.accept},
		{2, "somebody signs out", m.signOut}, {2, "a quick exit", m.quickExit}, {2, "other sessions are ended", m.endOthers}, {4, "somebody signs in", m.signInAgain},
		{3, "a key is made", m.makeKey}, {2, "a key is revoked", m.revokeKey},
		{4, "somebody is asked to come", m.ask}, {1, "somebody is not to come", m.remove}, {6, "an invitation to come is answered", m.answer},
		{4, "a presence is changed", m.changePresence}, {3, "an advisor hides", m.hide},
		{2, "a consultation opens", m.consult}, {2, "a submission is handed in", m.submit},
		{2, "a term begins", m.appoint}, {2, "a term ends", m.endTerm},
		{4, "a mandate is granted", m.grant}, {2, "a mandate is revoked", m.revoke},
		{1, "a day passes", m.dayPasses},
	}
}

func (m *sequence) step() {
	var all []step
	for _, s := range m.steps() {
		all = append(all, slices.Repeat([]step{s}, s.weight)...)
	}
	for m.done = false; !m.done; {
		s := even(all).Draw(m.r, "step")
		s.do(s.what)
	}
}

func (s step) GoString() string { return s.what }

// even draws one of all, each as often as the others: rapid would prefer the first.
func even[T any](all []T) *rapid.Generator[T] {
	return rapid.Custom(func(r *rapid.T) T {
		n := 0
		for range 12 {
			n <<= 1
			if rapid.Bool().Draw(r, "") {
				n++
			}
		}
		return all[n%len(all)]
	})
}

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
	p.closes()
	m.disinvites(p)
}

// disinvites makes good for nothing the invitations of somebody that are still open.
func (m *sequence) disinvites(p *person) {
	for _, i := range m.invitations {
		i.out = i.out || i.by == p
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
		p.closes()
		m.disinvites(p)
		for _, k := range m.keys {
			k.revoked = k.revoked || k.of == p
		}
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
		return a.does(i.thing, a.is("admin") && a.who.second(i.by, m.clock.Now()) && !i.by.newBy(a.who, m.clock.Now()), 200)
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
		case !a.keeps() || a.org != nil && !a.works():
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

func (m *sequence) revokeKey(what string) {
	k, ok := pick(m, "key", m.keys, func(k *program) bool { return !k.revoked })
	if !ok {
		return
	}
	// Whoever sees a key may end it.
	m.tries(what, func(a asker) int { return a.does(&thing{kind: "api key", of: k.of}, true, 200) },
		func(a asker) *result { return a.via.post(k.path+"/revoke", nil) }, func(asker, *result) { k.revoked = true })
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
		case !a.is("liaison"):
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

// dayPasses: every session ends by itself, and the office signs in again.
func (m *sequence) dayPasses(what string) {
	m.happens(what, func() {
		m.later(24 * time.Hour)
		for _, p := range m.people {
			p.closes()
		}
		for _, p := range m.people {
			if !p.suspended {
				m.opens(p, (&client{w: m.world, actor: domain.Actor{Account: p.id}}).again())
			}
		}
	})
}
