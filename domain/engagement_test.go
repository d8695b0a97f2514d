package domain

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func meeting() EngagementDraft {
	return EngagementDraft{
		Marking: marked, Kind: EngagementRoundtable, Title: "Recruitment fees", TimeZone: "America/New_York",
		StartsAt: spring.AddDate(0, 0, -1), EndsAt: spring.AddDate(0, 0, -1).Add(time.Hour),
	}
}

// steps are every transition of an engagement with what it needs.
func (e *Engagement) steps() map[Action]func() error {
	return map[Action]func() error{
		InviteEngagement:     func() error { return e.Invite(spring) },
		ConfirmEngagement:    func() error { return e.Confirm(spring) },
		HoldEngagement:       func() error { return e.Hold(spring) },
		RecordOutcome:        func() error { return e.RecordOutcome([]string{"Publish the guidance"}, spring) },
		CloseEngagement:      func() error { return e.Close(spring) },
		CancelEngagement:     func() error { return e.End(CancelEngagement, "storm", spring) },
		PostponeEngagement:   func() error { return e.End(PostponeEngagement, "storm", spring) },
		DeclineEngagement:    func() error { return e.End(DeclineEngagement, "no time", spring) },
		RescheduleEngagement: func() error { return e.Reschedule(spring.Add(-time.Hour), spring, "UTC", spring) },
	}
}

func engagementAt(t testing.TB, acts ...Action) *Engagement {
	t.Helper()
	e, err := NewEngagement(meeting(), spring)
	if err != nil {
		t.Fatal(err)
	}
	e.ID, e.Initiative = "e", "i"
	for _, act := range acts {
		if err := e.steps()[act](); err != nil {
			t.Fatal(act, err)
		}
	}
	return e
}

var toHeld = []Action{InviteEngagement, ConfirmEngagement, HoldEngagement}

func TestAnEngagementMustMakeSense(t *testing.T) {
	for _, tt := range []struct {
		name, pointer string
		spoil         func(*EngagementDraft)
	}{
		{"a title", "/title", func(d *EngagementDraft) { d.Title = " " }},
		{"a known kind", "/kind", func(d *EngagementDraft) { d.Kind = "party" }},
		{"an end after the start", "/ends_at", func(d *EngagementDraft) { d.EndsAt = d.StartsAt.Add(-time.Second) }},
		{"an end within a year", "/ends_at", func(d *EngagementDraft) { d.EndsAt = d.StartsAt.AddDate(1, 1, 0) }},
		{"a start in a year that is meant", "/starts_at", func(d *EngagementDraft) { d.StartsAt = time.Time{} }},
		{"a time zone", "/time_zone", func(d *EngagementDraft) { d.TimeZone = "" }},
		{"a time zone that is one place's", "/time_zone", func(d *EngagementDraft) { d.TimeZone = "Local" }},
		{"a time zone that every machine has", "/time_zone", func(d *EngagementDraft) { d.TimeZone = "right/UTC" }},
		{"a time zone and no path", "/time_zone", func(d *EngagementDraft) { d.TimeZone = "A/../../etc/passwd" }},
		{"agenda items that say something", "/agenda/1", func(d *EngagementDraft) { d.Agenda = []string{"Fees", " "} }},
		{"an objective", "/objectives", func(d *EngagementDraft) { d.Objectives = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := meeting()
			tt.spoil(&d)
			_, err := NewEngagement(d, spring)
			checkKind(t, err, Invalid)
			if err != nil && !strings.Contains(err.Error(), tt.pointer) {
				t.Errorf("%v does not point to %s", err, tt.pointer)
			}
		})
	}
}

func TestTimesAreKeptInUTCToTheMicrosecond(t *testing.T) {
	d := meeting()
	d.StartsAt = time.Date(2026, 3, 1, 9, 0, 0, 1999, time.FixedZone("", -5*3600))
	d.EndsAt = d.StartsAt
	e, err := NewEngagement(d, spring)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 3, 1, 14, 0, 0, 1000, time.UTC); e.StartsAt != want || e.EndsAt != want {
		t.Errorf("%v to %v, want %v", e.StartsAt, e.EndsAt, want)
	}
}

// Whatever is tried in whatever order: what Next offers is what succeeds, a
// refusal changes nothing, and nothing is held that was not invited and confirmed.
func TestEveryPathThroughAnEngagementKeepsToItsLifeCycle(t *testing.T) {
	tried := slices.Sorted(maps.Keys(engagementLife))
	rapid.Check(t, func(rt *rapid.T) {
		e := engagementAt(t)
		passed := map[EngagementStage]bool{EngagementPlanned: true}
		for _, act := range rapid.SliceOfN(rapid.SampledFrom(tried), 1, 25).Draw(rt, "acts") {
			was := *e
			err := e.steps()[act]()
			if offered := slices.Contains(was.Next(), act); offered != (err == nil) {
				rt.Fatalf("%s from %s: offered %t, got %v", act, was.Stage, offered, err)
			}
			if err != nil {
				checkUnchanged(rt, was, *e, err)
				continue
			}
			if !e.Stage.Is(engagementLife[act].to) || e.Revision != was.Revision+1 {
				rt.Fatalf("%s led from %s to %s, revision %d to %d", act, was.Stage, e.Stage, was.Revision, e.Revision)
			}
			if act == RescheduleEngagement {
				passed = map[EngagementStage]bool{}
			}
			passed[e.Stage.Now()] = true
			if e.TookPlace() && !(passed[EngagementInvited] && passed[EngagementConfirmed]) {
				rt.Fatalf("%s without an invitation and a confirmation", e.Stage)
			}
			if (e.StageReason != "") != e.Stage.Is(EngagementCancelled, EngagementPostponed, EngagementDeclined) {
				rt.Fatalf("%s with the reason %q", e.Stage, e.StageReason)
			}
			if ev := e.Drain(); len(ev) == 0 {
				rt.Fatalf("%s left no event", act)
			}
		}
	})
}

func checkUnchanged(t *rapid.T, was, now Engagement, err error) {
	if !errors.Is(err, Conflict) {
		t.Fatalf("refused with %v", err)
	}
	if was.Stage != now.Stage || was.Revision != now.Revision || was.StageReason != now.StageReason || was.Announced != now.Announced || len(was.events) != len(now.events) {
		t.Fatalf("a refusal changed %+v to %+v", was, now)
	}
}

func TestAnEngagementIsNotHeldBeforeItBegins(t *testing.T) {
	e := engagementAt(t, InviteEngagement, ConfirmEngagement)
	checkKind(t, e.Hold(e.StartsAt.Add(-time.Microsecond)), Conflict)
	if err := e.Hold(e.StartsAt); err != nil {
		t.Error(err)
	}
}

func TestALeavingNeedsAReason(t *testing.T) {
	for _, act := range []Action{CancelEngagement, PostponeEngagement, DeclineEngagement} {
		e := engagementAt(t, InviteEngagement)
		checkKind(t, e.End(act, " ", spring), Invalid)
		if !e.Stage.Is(EngagementInvited) {
			t.Errorf("%s without a reason moved to %s", act, e.Stage)
		}
	}
}

func TestWhatACalendarShowsIsRevised(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*EngagementDraft)
		want int
	}{
		{"nothing", func(*EngagementDraft) {}, 0},
		{"private notes", func(d *EngagementDraft) { d.PrivateNotes = "x" }, 0},
		{"shared notes", func(d *EngagementDraft) { d.SharedNotes = "x" }, 0},
		{"title", func(d *EngagementDraft) { d.Title = "x" }, 1},
		{"location", func(d *EngagementDraft) { d.Location = "x" }, 1},
		{"agenda", func(d *EngagementDraft) { d.Agenda = []string{"x"} }, 1},
		{"start", func(d *EngagementDraft) { d.StartsAt = d.StartsAt.Add(time.Minute) }, 1},
	} {
		e := engagementAt(t)
		d := e.Draft()
		tt.edit(&d)
		later := spring.Add(time.Hour)
		if err := e.Edit(d, later); err != nil || e.Revision != tt.want || e.RevisedAt.Equal(later) != (tt.want == 1) {
			t.Errorf("%s: revision %d at %v, %v", tt.name, e.Revision, e.RevisedAt, err)
		}
	}
}

func TestWhatWasHeldKeepsItsTimesAndInitiative(t *testing.T) {
	e := engagementAt(t, toHeld...)
	for name, edit := range map[string]func(*EngagementDraft){
		"start":      func(d *EngagementDraft) { d.StartsAt = d.StartsAt.Add(-time.Hour) },
		"end":        func(d *EngagementDraft) { d.EndsAt = d.EndsAt.Add(time.Hour) },
		"initiative": func(d *EngagementDraft) { d.Initiative = "other" },
	} {
		d, was := e.Draft(), *e
		edit(&d)
		checkKind(t, e.Edit(d, spring), Conflict)
		if !e.StartsAt.Equal(was.StartsAt) || !e.EndsAt.Equal(was.EndsAt) || e.Initiative != was.Initiative {
			t.Errorf("a refused edit changed the %s", name)
		}
	}
	d := e.Draft()
	d.SharedNotes = "We agreed to meet again."
	if err := e.Edit(d, spring); err != nil {
		t.Error(err)
	}
	closed := engagementAt(t, append(slices.Clone(toHeld), RecordOutcome, CloseEngagement)...)
	checkKind(t, closed.Edit(d, spring), Conflict)
}

func TestAPastEngagementCanBeWrittenDown(t *testing.T) {
	e, err := NewHeldEngagement(meeting(), spring)
	if err != nil || !e.Stage.Is(EngagementHeld) || !e.Announced {
		t.Fatal(e, err)
	}
	d := meeting()
	d.StartsAt, d.EndsAt = spring.Add(time.Hour), spring.Add(2*time.Hour)
	_, err = NewHeldEngagement(d, spring)
	if got := pointers(err); !slices.Equal(got, []string{"/starts_at"}) {
		t.Error(got, err)
	}
}

func TestParticipants(t *testing.T) {
	approved := &Organization{Type: OrganizationNGO, Stage: Stage[OrganizationStage]{OrganizationApproved}, Vetting: cleared()}
	suspended := &Organization{Type: OrganizationBusiness, Stage: Stage[OrganizationStage]{OrganizationSuspended}}
	contact := &Contact{Organization: "o"}
	ahead, held, cancelled := engagementAt(t), engagementAt(t, toHeld...), engagementAt(t, CancelEngagement)
	terms := func(p ParticipantTerms) ParticipantDraft {
		return ParticipantDraft{Organization: "o", ParticipantTerms: p}
	}
	someone := Invitee{Advisor: &Advisor{Stage: Stage[AdvisorStage]{AdvisorActive}}}
	paused := Invitee{Advisor: &Advisor{Stage: Stage[AdvisorStage]{AdvisorPaused}}}
	advisor := func(p ParticipantTerms) ParticipantDraft { return ParticipantDraft{Advisor: "a", ParticipantTerms: p} }
	for _, tt := range []struct {
		name string
		e    *Engagement
		d    ParticipantDraft
		who  Invitee
		want error
	}{
		{"an approved organization", ahead, terms(ParticipantTerms{}), Invitee{Organization: approved}, nil},
		{"a suspended organization", ahead, terms(ParticipantTerms{}), Invitee{Organization: suspended}, Conflict},
		{"a suspended organization that had been there", held, terms(ParticipantTerms{}), Invitee{Organization: suspended}, nil},
		{"to a cancelled engagement", cancelled, terms(ParticipantTerms{}), Invitee{Organization: approved}, Conflict},
		{"its contact", ahead, terms(ParticipantTerms{Contact: "c"}), Invitee{Organization: approved, Contact: contact}, nil},
		{"another's contact", ahead, terms(ParticipantTerms{Contact: "c"}), Invitee{Organization: approved, Contact: &Contact{Organization: "x"}}, Invalid},
		{"a contact that is not there", ahead, terms(ParticipantTerms{Contact: "c"}), Invitee{Organization: approved}, Invalid},
		{"an organization with a presence", ahead, terms(ParticipantTerms{Presence: PresenceAlias}), Invitee{Organization: approved}, Invalid},
		{"a paid organization", ahead, terms(ParticipantTerms{Paid: true}), Invitee{Organization: approved}, Invalid},
		{"staff", ahead, ParticipantDraft{Account: "s"}, Invitee{Account: &Account{Role: Liaison}}, nil},
		{"a partner's account", ahead, ParticipantDraft{Account: "s"}, Invitee{Account: &Account{Role: Partner}}, Invalid},
		{"an advisor", ahead, advisor(ParticipantTerms{Paid: true, SessionMinutes: 90, PreparationMinutes: 45}), someone, nil},
		{"an advisor with less than no time", ahead, advisor(ParticipantTerms{SessionMinutes: -1}), someone, Invalid},
		{"an unknown presence", ahead, advisor(ParticipantTerms{Presence: "named"}), someone, Invalid},
		{"an organization that is not there", ahead, terms(ParticipantTerms{}), Invitee{}, Invalid},
		{"staff who are not there", ahead, ParticipantDraft{Account: "s"}, Invitee{}, Invalid},
		{"an advisor who wants a pause", ahead, advisor(ParticipantTerms{}), paused, Conflict},
		{"an advisor who had been there", held, advisor(ParticipantTerms{}), paused, nil},
		{"an advisor who is not there", ahead, advisor(ParticipantTerms{}), Invitee{}, Invalid},
		{"nobody", ahead, ParticipantDraft{}, Invitee{}, Invalid},
		{"two at once", ahead, ParticipantDraft{Advisor: "a", Account: "s"}, Invitee{}, Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.who.Today = today
			p, err := NewParticipant(officer, tt.e, tt.d, tt.who)
			checkKind(t, err, tt.want)
			if err == nil && p.Kind == AdvisorParticipant && p.Presence != PresenceHidden {
				t.Errorf("an advisor's presence is %s at first", p.Presence)
			}
		})
	}
}

// takingPart is an advisor in an engagement at the stage to which the acts lead.
func takingPart(t *testing.T, acts ...Action) *Participant {
	t.Helper()
	p, err := NewParticipant(officer, engagementAt(t), ParticipantDraft{Advisor: "a"}, Invitee{Advisor: &Advisor{Stage: Stage[AdvisorStage]{AdvisorActive}}})
	if err != nil {
		t.Fatal(err)
	}
	p.EngagementStage = engagementAt(t, acts...).Stage.Now()
	return p
}

func TestAnInvitationIsAnsweredWhileItStands(t *testing.T) {
	p := takingPart(t, InviteEngagement)
	for _, tt := range []struct {
		act  Action
		want error
	}{{AcceptParticipation, nil}, {AcceptParticipation, Conflict}, {DeclineParticipation, nil}, {DeclineParticipation, Conflict}, {AcceptParticipation, nil}} {
		if offered := slices.Contains(p.Next(), tt.act); offered != (tt.want == nil) {
			t.Errorf("%s is offered: %t", tt.act, offered)
		}
		checkKind(t, p.Answer(officer, tt.act, nil, today), tt.want)
	}
	if p.AskAgain(); !p.Response.Is(ResponsePending) {
		t.Errorf("asked again, the answer is %s", p.Response)
	}
	if err := p.Remove(); err != nil {
		t.Error(err)
	}
	checkKind(t, takingPart(t).Answer(officer, AcceptParticipation, nil, today), Conflict)
	held := takingPart(t, toHeld...)
	checkKind(t, held.Answer(officer, DeclineParticipation, nil, today), Conflict)
	checkKind(t, held.Remove(), Conflict)
	if got := held.Next(); !slices.Equal(got, []Action{EditParticipant}) {
		t.Errorf("once held, %v are offered", got)
	}
}

func TestWhoDeclinedWasNotHeard(t *testing.T) {
	p := takingPart(t, InviteEngagement)
	if got := p.Groups(nil); !slices.Equal(got, []Group{Survivors}) {
		t.Errorf("an advisor speaks for %v", got)
	}
	if err := p.Answer(officer, DeclineParticipation, nil, today); err != nil {
		t.Fatal(err)
	}
	if got := p.Groups(nil); got != nil {
		t.Errorf("who declined speaks for %v", got)
	}
}

func TestATaskIsOpenUntilDoneOrDropped(t *testing.T) {
	owner := &Account{Role: Staff}
	draft := TaskDraft{Title: "Send the guidance", Owner: "s", DueOn: "2026-04-01"}
	if _, err := NewTask(TaskDraft{}, Source{}, &Account{Role: Advising}); err == nil || len(err.(*Error).Faults) != 3 {
		t.Errorf("a task without a title, a day or an owner of the office: %v", err)
	}
	for _, end := range []func(*Task) error{(*Task).Finish, func(k *Task) error { return k.Drop("overtaken") }} {
		k, err := NewTask(draft, Source{FromEngagement, "e"}, owner)
		if err != nil {
			t.Fatal(err)
		}
		checkKind(t, k.Drop(" "), Invalid)
		if err := end(k); err != nil {
			t.Fatal(err)
		}
		checkKind(t, k.Finish(), Conflict)
		checkKind(t, k.Drop("x"), Conflict)
		checkKind(t, k.Edit(draft, owner), Conflict)
		if len(k.Next()) != 0 {
			t.Errorf("a %s task offers %v", k.Stage, k.Next())
		}
	}
}
