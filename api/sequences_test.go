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
	resets       []*resetting
	mandates     []*mandate
	council      domain.CouncilID
	engagement   *thing
	relationship *thing
	submissions  []*thing
}

func (m *sequence) today() domain.Date { return domain.DateOf(m.clock.Now()) }

// askers is everyone who might ask, by every way.
func (m *sequence) askers() []asker {
	out := []asker{{label: "anyone", via: m.anyone(), today: m.today()}}
	for _, p := range m.people {
		for i, d := range p.open {
			a := asker{who: p, role: p.role, org: p.org, voice: p.voice, via: d.client, in: !d.ended && !p.suspended, enrolls: p.office() && !p.factored(), today: m.today(), label: fmt.Sprintf("%#v, session %d", p, i)}
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
			if !k.by(a.shown()) {
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

// step is something that may happen, and how often for others.
type step struct {
	weight int
	what   string
	do     func(what string)
}

func (m *sequence) steps() []step {
	return slices.Concat(m.accountSteps(), m.signInSteps(), m.factorSteps(), m.partnerSteps(), m.recordSteps(), []step{{1, "a day passes", m.dayPasses}})
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
