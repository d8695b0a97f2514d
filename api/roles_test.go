package api_test

import (
	"slices"
	"time"

	"accord/domain"
)

// What follows is the table of roles of the product's description, said again by
// hand. It knows nothing of the policy in package domain, so that a mistake there
// is not made here too.

// partner is an organization that works with the office.
type partner struct {
	id      domain.OrganizationID
	stopped bool
}

func (p *partner) GoString() string { return "organization " + string(p.id) }

// voice is a survivor who advises.
type voice struct {
	id    domain.AdvisorID
	alias string
	terms []*term
	cares []*assignment
}

type term struct {
	path       string
	from, last domain.Date
}

// sits tells whether the voice is a member of the council on a day.
func (v *voice) sits(on domain.Date) bool {
	return v != nil && slices.ContainsFunc(v.terms, func(t *term) bool { return t.from <= on && on <= t.last })
}

// assignment is that a liaison looks after a voice, until it ends.
type assignment struct {
	*thing
	ended bool
}

// caredBy tells whether somebody looks after the voice now.
func (v *voice) caredBy(p *person) bool {
	return slices.ContainsFunc(v.cares, func(c *assignment) bool { return !c.ended && c.of == p })
}

// person is somebody with an account.
type person struct {
	id          domain.AccountID
	label, role string
	org         *partner
	voice       *voice
	suspended   bool
	suspendedBy string // the role of who did it
	open        []*door
	app         bool // an authenticator app is enrolled
	keys        []*device
	broughtBy   *person
	broughtAt   time.Time
}

// door is a session of somebody's, until it ends.
type door struct {
	*client
	ended bool
}

func (p *person) GoString() string { return p.label + " (" + p.role + ")" }

// program is an API key and who made it.
type program struct {
	*client
	of      *person
	path    string
	names   []string
	revoked bool
}

// thing is a record that somebody might read, or not.
type thing struct {
	kind, path string
	org        *partner
	voice      *voice
	of         *person // whose account, key or invitation it is

	handedIn bool // a submission

	public, forAdvisors, forCouncil bool // a consultation
	named, excluded                 []*partner

	people []*attendance // an engagement
	at     *thing        // the engagement of an attendance
	row    *attendance

	other *partner // whom a relationship is to, or who holds a mandate
	term  *term
}

func (t *thing) GoString() string { return t.kind + " " + t.path }

// attendance is who takes part in an engagement, and how.
type attendance struct {
	org                *partner
	voice              *voice
	response, presence string
}

// shown tells whether the others learn of it: of a survivor only as that one agreed.
func (a *attendance) shown() bool {
	return a.response != "declined" && (a.voice == nil || a.response == "accepted" && a.presence != "hidden")
}

// asker is somebody who asks, by whatever way.
type asker struct {
	who   *person // nil for anyone
	role  string
	org   *partner
	voice *voice
	key   *program
	via   *client
	in    bool // what is sent opens the door

	enrolls bool // a second factor is needed and not there

	today domain.Date
	label string

	acts   bool // for a member of the own association, which let it do this
	powers []string
}

func (a asker) GoString() string { return a.label }

func (a asker) is(roles ...string) bool { return slices.Contains(roles, a.role) }

// officer: a liaison may what staff may.
func (a asker) officer() bool { return a.is("staff", "liaison") }

// may: who acts for another does only what that one let it do.
func (a asker) may(power string) bool { return !a.acts || slices.Contains(a.powers, power) }

// works: who belongs to a stopped organization does nothing with the office.
func (a asker) works() bool { return a.org != nil && !a.org.stopped }

// comes tells whether the asker takes part in an engagement.
func (a asker) comes(t *thing) bool {
	return slices.ContainsFunc(t.people, func(p *attendance) bool {
		return p.response != "declined" && (a.works() && p.org == a.org || a.voice != nil && p.voice == a.voice)
	})
}

// reads tells whether somebody who is let in may read a thing.
func (a asker) reads(t *thing) bool {
	own := a.org != nil && a.org == t.org
	switch t.kind {
	case "organization": // also while it is stopped: where the own file stands
		return a.officer() || a.is("admin") || own
	case "commitment":
		return a.officer() || own && a.works() && a.may("report_on_commitments")
	case "engagement":
		return a.officer() || a.comes(t) && a.may("join_engagements")
	case "attendance":
		self := a.works() && a.org == t.row.org || a.voice != nil && a.voice == t.row.voice
		return a.officer() || self && a.may("join_engagements") || !a.acts && a.comes(t.at) && t.row.shown()
	case "consultation": // of the audience, and not kept out
		switch {
		case a.officer():
			return true
		case a.org != nil:
			return !slices.Contains(t.excluded, a.org) && (t.public || a.works() && slices.Contains(t.named, a.org))
		}
		return t.public || a.voice != nil && t.forAdvisors || t.forCouncil && a.voice.sits(a.today)
	case "submission": // a draft is its author's alone
		return own || a.voice != nil && a.voice == t.voice || a.officer() && t.handedIn
	case "recommendation": // of the council, not issued
		return a.officer() || a.voice.sits(a.today)
	case "term": // this council's members don't know each other
		return a.is("liaison") || a.voice != nil && a.voice == t.voice
	case "advisor":
		return a.officer() || a.voice != nil && a.voice == t.voice
	case "safe contact": // of liaisons for who looks after the voice
		return a.is("liaison") && t.voice.caredBy(a.who) || a.voice != nil && a.voice == t.voice
	case "assignment":
		return a.is("liaison", "custodian") || a.voice != nil && a.voice == t.voice
	case "vault entry", "access log":
		return a.voice != nil && a.voice == t.voice
	case "account": // an admin looks after all but advisors', a liaison after those
		return a.who == t.of || a.is("admin") && t.of.voice == nil || a.is("liaison") && t.of.voice != nil ||
			a.is("partner_admin") && a.org == t.of.org
	case "api key":
		return a.is("admin") || a.who == t.of && a.keeps() || a.is("partner_admin") && a.org == t.of.org
	case "invitation": // none here is an advisor's
		return a.is("admin") || a.is("partner_admin") && own && a.works() || a.is("liaison") && a.who == t.of
	case "reset":
		return a.manages(t.of)
	case "grant":
		return a.is("admin")
	case "relationship", "mandate":
		return a.officer() || own || a.org != nil && a.org == t.other
	}
	a.via.w.Fatalf("nobody said who reads a %s", t.kind)
	return false
}

// keeps: who may have API keys.
func (a asker) keeps() bool { return a.is("admin", "staff", "liaison", "auditor", "partner_admin") }

// lists tells whether somebody who is let in may ask for a list.
func (a asker) lists(kind string) bool {
	switch kind {
	case "organization":
		return a.officer() || a.is("admin") || a.org != nil
	case "commitment":
		return a.officer() || a.works() && a.may("report_on_commitments")
	case "engagement":
		return a.officer() || a.works() && a.may("join_engagements") || a.voice != nil
	case "submission":
		return a.officer() || a.org != nil || a.voice != nil
	case "advisor":
		return a.officer() || a.voice != nil
	case "api key":
		return a.keeps()
	case "grant":
		return a.is("admin")
	case "invitation":
		return a.is("admin", "liaison") || a.is("partner_admin") && a.works()
	case "audit":
		return a.is("auditor")
	case "report":
		return a.officer() || a.is("auditor")
	}
	return true // accounts, consultations, and what anyone may read
}

// door is what is told at the door, before anything is looked at: 0 lets in.
func (a asker) door(kind string, public bool) int {
	switch {
	case !a.in && (a.who != nil || !public):
		return 401
	case a.acts && len(a.powers) == 0, a.enrolls && !public:
		return 403
	case a.key != nil && (!slices.Contains(a.key.names, kind) || !a.lists(kind)):
		return 403
	}
	return 0
}

// public tells of what kinds anyone may read something.
func public(kind string) bool { return kind == "consultation" || kind == "recommendation" }

// shown is as whom somebody is: who has yet to enroll a second factor is anyone.
func (a asker) shown() asker {
	if a.enrolls {
		return asker{via: a.via, today: a.today, label: a.label}
	}
	return a
}

// answer is the status of reading a thing.
func (a asker) answer(t *thing) int {
	if status := a.door(t.kind, public(t.kind)); status != 0 {
		return status
	}
	if a.shown().reads(t) {
		return 200
	}
	if t.kind == "safe contact" && a.shown().is("liaison") {
		return 403 // every liaison knows of every voice
	}
	return 404
}

// listed is the status of asking for a list.
func (a asker) listed(kind string) int {
	if status := a.door(kind, public(kind)); status != 0 {
		return status
	}
	if a.shown().lists(kind) {
		return 200
	}
	return 403
}

// does is the status of changing a thing: one that is not seen is not there, one
// that is seen and is not for the asker to change is forbidden.
func (a asker) does(t *thing, may bool, then int) int {
	switch status := a.answer(t); {
	case status != 200:
		return status
	case !may:
		return 403
	}
	return then
}

// manages: whose account it is to suspend, and to let in again.
func (a asker) manages(p *person) bool {
	return a.is("admin") && p.voice == nil || a.is("liaison") && p.voice != nil || a.is("partner_admin") && a.works() && a.org == p.org
}

// byTwo tells of the roles that nobody gives alone.
func byTwo(role string) bool { return slices.Contains([]string{"admin", "liaison", "custodian"}, role) }

// newBy tells whether somebody brought the person in less than thirty days ago.
func (p *person) newBy(other *person, now time.Time) bool {
	return p.broughtBy == other && now.Before(p.broughtAt.Add(30*24*time.Hour))
}

// second: nobody agrees to what they themselves proposed, and no two do of whom one
// brought in the other a short while ago, or one person both, alone.
func (p *person) second(proposer *person, now time.Time) bool {
	return p != proposer && !p.newBy(proposer, now) && !proposer.newBy(p, now) && !(p.newBy(proposer.broughtBy, now) && proposer.newBy(p.broughtBy, now) && !byTwo(p.role) && !byTwo(proposer.role))
}
