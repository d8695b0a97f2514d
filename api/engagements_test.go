package api_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

func engagementPath(e *domain.Engagement) string { return "/v1/engagements/" + string(e.ID) }

// engagement seeds an engagement that began an hour ago, with those who take
// part, at a stage.
func (w *world) engagement(on domain.InitiativeID, stage domain.EngagementStage, people ...domain.ParticipantDraft) *domain.Engagement {
	w.Helper()
	began := w.clock.Now().Add(-time.Hour)
	e, err := domain.NewEngagement(domain.EngagementDraft{
		Marking: toObjective43, Initiative: on, Kind: domain.EngagementRoundtable, Title: "Recruitment fees", StartsAt: began, EndsAt: began.Add(time.Hour),
		TimeZone: "America/New_York", Location: "Room 3", Agenda: []string{"Fees"}, PrivateNotes: "between ourselves", SharedNotes: "for all",
	}, w.clock.Now())
	must(w, err)
	must(w, w.system().Engagements.Create(w.Context(), domain.CreateEngagement, e))
	for _, d := range people {
		_, err := w.system().Participants.Add(w.Context(), e.ID, d)
		must(w, err)
	}
	for _, act := range engagementSteps[stage] {
		e, err = w.system().Engagements.Update(w.Context(), act, e.ID, nil, func(tx *repository.Session, e *domain.Engagement) error { return w.step(tx, e, act) })
		must(w, err)
	}
	return e
}

// engagementSteps lead to each stage.
var engagementSteps = map[domain.EngagementStage][]domain.Action{
	domain.EngagementPlanned:         {},
	domain.EngagementInvited:         {domain.InviteEngagement},
	domain.EngagementConfirmed:       {domain.InviteEngagement, domain.ConfirmEngagement},
	domain.EngagementHeld:            {domain.InviteEngagement, domain.ConfirmEngagement, domain.HoldEngagement},
	domain.EngagementOutcomeRecorded: {domain.InviteEngagement, domain.ConfirmEngagement, domain.HoldEngagement, domain.RecordOutcome},
	domain.EngagementClosed:          {domain.InviteEngagement, domain.ConfirmEngagement, domain.HoldEngagement, domain.RecordOutcome, domain.CloseEngagement},
	domain.EngagementPostponed:       {domain.InviteEngagement, domain.PostponeEngagement},
}

func (w *world) step(tx *repository.Session, e *domain.Engagement, act domain.Action) error {
	now := w.clock.Now()
	switch act {
	case domain.InviteEngagement:
		return e.Invite(now)
	case domain.ConfirmEngagement:
		return e.Confirm(now)
	case domain.HoldEngagement:
		if err := e.Hold(now); err != nil {
			return err
		}
		return tx.NoteHearing(w.Context(), e)
	case domain.RecordOutcome:
		return e.RecordOutcome([]string{"Publish it"}, now)
	case domain.CloseEngagement:
		return e.Close(now)
	}
	return e.End(act, "the speaker is ill", now)
}

// partOf makes the caller take part, if it is one who can.
func (w *world) partOf(by *client) []domain.ParticipantDraft {
	switch {
	case by.actor.Organization != "":
		return []domain.ParticipantDraft{{Organization: by.actor.Organization}}
	case by.actor.Advisor != "":
		return []domain.ParticipantDraft{{Advisor: by.actor.Advisor}}
	}
	return nil
}

// rowOf is the path of a participant's row.
func (w *world) rowOf(e *domain.Engagement, is func(domain.Participant) bool) string {
	w.Helper()
	people, err := w.system().Participants.Of(w.Context(), e.ID)
	must(w, err)
	return "/v1/participants/" + string(people[slices.IndexFunc(people, is)].ID)
}

// participantOf is the path of an organization's row.
func (w *world) participantOf(e *domain.Engagement, org domain.OrganizationID) string {
	w.Helper()
	return w.rowOf(e, func(p domain.Participant) bool { return p.Organization == org })
}

// participantFor is the caller's row in an engagement at a stage, or somebody's.
func (w *world) participantFor(by *client, stage domain.EngagementStage) string {
	w.Helper()
	part := w.partOf(by)
	if part == nil {
		part = []domain.ParticipantDraft{{Organization: w.approvedOrganization().ID}}
	}
	return w.rowOf(w.engagement("", stage, part...), func(domain.Participant) bool { return true })
}

// organizationOf seeds an approved organization of a type.
func (w *world) organizationOf(kind domain.OrganizationType) domain.OrganizationID {
	w.Helper()
	o := w.approvedOrganization()
	w.exec(fmt.Sprintf("UPDATE organizations SET type = '%s' WHERE id = '%s'", kind, o.ID)) // as if it had been vetted as one
	return o.ID
}

// taskFor is an open task, the caller's own if it can have one.
func (w *world) taskFor(by *client) string {
	w.Helper()
	owner := by.actor
	if !owner.May(domain.ReadTask) {
		owner = w.as(domain.Staff).actor
	}
	return "/v1/tasks/" + w.as(domain.Staff).post("/v1/tasks", w.taskBody(owner.Account)).want(201).str("id")
}

func (w *world) taskBody(owner domain.AccountID) map[string]any {
	w.Helper()
	e := w.engagement("", domain.EngagementPlanned)
	return map[string]any{"title": "Send the clause", "owner_id": owner, "due_on": "2026-04-01", "source_kind": "engagement", "source_id": e.ID}
}

func init() {
	at := func(stage domain.EngagementStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: engagementPath(w.engagement("", stage, w.partOf(by)...)) + suffix}
		}
	}
	walk["listEngagements"] = func(*world, *client) call { return call{path: "/v1/engagements"} }
	walk["createEngagement"] = func(*world, *client) call { return call{path: "/v1/engagements"} }
	walk["getEngagement"] = at(domain.EngagementInvited, "")
	walk["editEngagement"] = at(domain.EngagementInvited, "")
	walk["confirmEngagement"] = at(domain.EngagementInvited, "/confirm")
	walk["holdEngagement"] = at(domain.EngagementConfirmed, "/hold")
	walk["recordEngagementOutcome"] = at(domain.EngagementHeld, "/record_outcome")
	walk["closeEngagement"] = at(domain.EngagementOutcomeRecorded, "/close")
	walk["cancelEngagement"] = at(domain.EngagementInvited, "/cancel")
	walk["postponeEngagement"] = at(domain.EngagementConfirmed, "/postpone")
	walk["rescheduleEngagement"] = at(domain.EngagementPostponed, "/reschedule")
	walk["declineEngagement"] = at(domain.EngagementInvited, "/decline")
	// Rescheduled, it is planned again and yet seen by those who were invited.
	walk["inviteToEngagement"] = func(w *world, by *client) call {
		path := engagementPath(w.engagement("", domain.EngagementPostponed, w.partOf(by)...))
		w.as(domain.Staff).move(path, "reschedule", example("rescheduleEngagement")).want(200)
		return call{path: path + "/invite"}
	}
	walk["listParticipants"] = at(domain.EngagementInvited, "/participants")
	walk["addParticipant"] = func(w *world, by *client) call {
		k := at(domain.EngagementInvited, "/participants")(w, by)
		k.body = map[string]any{"advisor_id": w.advisor(), "paid": true, "session_minutes": 90}
		return k
	}
	part := func(stage domain.EngagementStage, suffix string, body any) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.participantFor(by, stage) + suffix, body: body} }
	}
	walk["getParticipant"] = part(domain.EngagementInvited, "", nil)
	walk["editParticipant"] = part(domain.EngagementInvited, "", `{"contact_id":null}`)
	walk["removeParticipant"] = part(domain.EngagementInvited, "", nil)
	walk["acceptParticipation"] = part(domain.EngagementInvited, "/accept", nil)
	walk["declineParticipation"] = part(domain.EngagementInvited, "/decline", nil)
	walk["hideParticipation"] = func(w *world, by *client) call {
		if by.actor.Advisor == "" {
			return call{path: w.participantFor(by, domain.EngagementInvited) + "/hide"}
		}
		shown := domain.ParticipantDraft{Advisor: by.actor.Advisor, ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceAlias}}
		e := w.engagement("", domain.EngagementInvited, shown)
		return call{path: w.rowOf(e, func(domain.Participant) bool { return true }) + "/hide"}
	}
	walk["listTasks"] = func(*world, *client) call { return call{path: "/v1/tasks"} }
	walk["createTask"] = func(w *world, _ *client) call {
		return call{path: "/v1/tasks", body: w.taskBody(w.as(domain.Staff).actor.Account)}
	}
	task := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.taskFor(by) + suffix} }
	}
	walk["getTask"], walk["editTask"] = task(""), task("")
	walk["finishTask"], walk["dropTask"] = task("/finish"), task("/drop")

	office := []domain.Role{domain.Staff, domain.Liaison, domain.Auditor}
	secrets = append(secrets,
		secret{name: "an advisor hidden in an engagement that is ahead", story: premiere, happens: hideAdvisor, may: office},
		secret{name: "an advisor hidden in an engagement that took place", story: andAKey(premiere), happens: hideAdvisor, may: office, after: func(w *world) {
			staff, e := w.as(domain.Staff), engagementPath(w.engagementNow(domain.EngagementInvited))
			staff.move(engagementPath(w.engagementNow(domain.EngagementPostponed)), "reschedule", example("rescheduleEngagement")).want(200)
			staff.move(e, "confirm", nil).want(200)
			staff.move(e, "hold", nil).want(200)
			staff.move(e, "record_outcome", `{"decisions":["Publish it"]}`).want(200)
		}})
}

// premiere is an office with two engagements, one of them postponed, and those
// who may not know who else takes part.
func premiere(w *world) map[string]*client {
	org, known := w.approvedOrganization().ID, w.advisorCalled("Birch")
	i := w.initiative("Guidance", domain.InitiativeAgenda)
	cast := []domain.ParticipantDraft{{Organization: org}, {Account: w.as(domain.Staff).actor.Account},
		{Advisor: known, ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceCounted}}}
	w.engagement(i.ID, domain.EngagementInvited, cast...)
	w.engagement(i.ID, domain.EngagementPostponed, cast...)
	w.keep("hidden", func() *client { return w.speaker(w.advisor()) })
	return map[string]*client{"a partner": w.member(domain.Partner, org), "a partner's admin": w.member(domain.PartnerAdmin, org), "another advisor": w.speaker(known)}
}

// andAKey has an officer's program look on, which is shown less than the officer.
func andAKey(story func(*world) map[string]*client) func(*world) map[string]*client {
	return func(w *world) map[string]*client {
		viewers, officer := story(w), w.as(domain.Staff)
		_, viewers["an officer's key"] = w.apiKey(officer, w.delegable(officer)...)
		return viewers
	}
}

// hideAdvisor lets an advisor take part of whom the others may not know.
func hideAdvisor(w *world) {
	hidden, staff := w.keep("hidden", nil).actor.Advisor, w.as(domain.Staff)
	for _, stage := range []domain.EngagementStage{domain.EngagementInvited, domain.EngagementPostponed} {
		staff.post(engagementPath(w.engagementNow(stage))+"/participants", map[string]any{"advisor_id": hidden, "paid": true}).want(201)
	}
	row := w.rowOf(w.engagementNow(domain.EngagementInvited), func(p domain.Participant) bool { return p.Advisor == hidden })
	w.speaker(hidden).move(row, "accept", nil).want(200)
	staff.patch(row, `{"session_minutes":90}`).want(200)
}

// engagementNow is the one engagement that is at a stage.
func (w *world) engagementNow(stage domain.EngagementStage) *domain.Engagement {
	w.Helper()
	rows, err := w.system().Engagements.List(w.Context(), repository.EngagementFilter{Stage: string(stage)}, repository.Page{Limit: 2})
	must(w, err)
	if len(rows.Items) != 1 {
		w.Fatalf("%d engagements are %s", len(rows.Items), stage)
	}
	return &rows.Items[0]
}

// example is the contract's example of an operation's body.
func example(id string) string { return operation(id).Example }

func operation(id string) openapi.Operation {
	return openapi.Operations[slices.IndexFunc(openapi.Operations, func(op openapi.Operation) bool { return op.ID == id })]
}

func TestAnEngagementFromPlanToClose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		i := w.initiative("Guidance", domain.InitiativeAgenda)
		r := staff.post("/v1/engagements", map[string]any{
			"kind": "roundtable", "title": " Fees ", "starts_at": "2026-03-02T08:00:00-05:00", "ends_at": "2026-03-02T10:00:00-05:00",
			"time_zone": "America/New_York", "objectives": []string{"4.3"}, "initiative_id": i.ID, "private_notes": "x",
		}).want(201)
		if r.str("title") != "Fees" || r.str("starts_at") != "2026-03-02T13:00:00Z" || r.str("stage") != "planned" {
			t.Errorf("planned %s", r.Body)
		}
		path := "/v1/engagements/" + r.str("id")
		staff.move(path, "confirm", nil).want(409)
		staff.move(path, "invite", nil).want(200)
		staff.move(path, "confirm", nil).want(200)
		staff.move(path, "hold", nil).want(409) // it begins at 13:00, and it is 9:00
		w.forward(4 * time.Hour)
		staff.move(path, "hold", nil).want(200)
		staff.patch(path, `{"ends_at":"2026-03-02T16:00:00Z"}`).want(409)
		staff.patch(path, `{"shared_notes":"We agreed.","private_notes":null}`).want(200)
		staff.move(path, "record_outcome", `{"decisions":[" "]}`).want(422).fault("/decisions/0", "required")
		staff.move(path, "record_outcome", `{"decisions":["Publish it"]}`).want(200)
		last := staff.move(path, "close", nil).want(200)
		if last.str("stage") != "closed" || last.str("shared_notes") != "We agreed." || fmt.Sprint(last.at("decisions")) != "[Publish it]" || fmt.Sprint(last.at("_actions")) != "[]" {
			t.Errorf("closed %s", last.Body)
		}
		for verb, body := range map[string]any{
			"invite": nil, "confirm": nil, "hold": nil, "record_outcome": `{"decisions":[]}`, "close": nil, "reschedule": example("rescheduleEngagement"),
			"cancel": `{"reason":"x"}`, "postpone": `{"reason":"x"}`, "decline": `{"reason":"x"}`,
		} {
			staff.move(path, verb, body).want(409)
		}
		staff.post(path+"/participants", map[string]any{"organization_id": w.approvedOrganization().ID}).want(409)
	})
}

func TestAnEngagementMustMakeSense(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		body := func(change string) string {
			return `{"kind":"meeting","title":"x","starts_at":"2026-03-02T08:00:00Z","ends_at":"2026-03-02T07:00:00Z","time_zone":"Mars/Base","objectives":["4.3"]` + change + `}`
		}
		staff.post("/v1/engagements", body("")).want(422).fault("/ends_at", "invalid").fault("/time_zone", "unknown_value")
		staff.post("/v1/engagements", body(`,"initiative_id":"6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"`)).want(422).fault("/initiative_id", "not_found")
		staff.post("/v1/engagements", body(`,"starts_at":"noon"`)).want(400)
		staff.post("/v1/engagements", strings.Replace(body(""), "2026-03-02T08:00:00Z", "noon", 1)).want(422).fault("/starts_at", "wrong_type")
	})
}

func TestWhoTakesPartSeesAnEngagementOnceInvited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, advisor := w.approvedOrganization().ID, w.advisor()
		partner, speaker, staff := w.member(domain.Partner, org), w.speaker(advisor), w.as(domain.Staff)
		e := w.engagement("", domain.EngagementPlanned, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: advisor})
		path := engagementPath(e)
		cancelled := w.engagement("", domain.EngagementPlanned, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: advisor})
		staff.move(engagementPath(cancelled), "cancel", `{"reason":"changed our minds"}`).want(200)
		outsiders := []*client{w.member(domain.Partner, w.approvedOrganization().ID), w.speaker(w.advisor()), w.as(domain.Custodian), w.as(domain.Admin), w.as(domain.Auditor)}
		for _, c := range []*client{partner, speaker} {
			c.get(path).want(404)
			c.get(path + "/participants").want(404)
			c.get(engagementPath(cancelled)).want(404) // never announced
		}
		staff.move(path, "invite", nil).want(200)
		for _, c := range []*client{partner, speaker} {
			r := c.get(path).want(200)
			for _, no := range []string{"between ourselves", "created_at", "updated_at", "private_notes", "stage_reason"} {
				if strings.Contains(string(r.Body), no) {
					t.Errorf("%s sees %s in %s", c.actor.Role, no, r.Body)
				}
			}
			if r.str("shared_notes") != "for all" || fmt.Sprint(r.at("_actions")) != "[]" {
				t.Errorf("%s sees %s", c.actor.Role, r.Body)
			}
			if n := len(c.get("/v1/engagements").want(200).items()); n != 1 {
				t.Errorf("%s sees %d engagements", c.actor.Role, n)
			}
		}
		for _, c := range outsiders {
			c.get(path).want(404)
			c.get(path + "/participants").want(404)
		}
		staff.move(path, "cancel", `{"reason":"a quarrel"}`).want(200)
		if r := partner.get(path).want(200); r.str("stage") != "cancelled" || strings.Contains(string(r.Body), "quarrel") {
			t.Errorf("a partner sees %s", r.Body)
		}
	})
}

func TestParticipantsAreShownAsFarAsTheyAgreed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, other := w.approvedOrganization(), w.approvedOrganization()
		hidden, counted, aliased := w.advisor(), w.advisor(), w.advisor()
		e := w.engagement("", domain.EngagementInvited,
			domain.ParticipantDraft{Organization: org.ID}, domain.ParticipantDraft{Organization: other.ID},
			domain.ParticipantDraft{Account: w.as(domain.Liaison).actor.Account},
			domain.ParticipantDraft{Advisor: hidden},
			domain.ParticipantDraft{Advisor: counted, ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceCounted}},
			domain.ParticipantDraft{Advisor: aliased, ParticipantTerms: domain.ParticipantTerms{Presence: domain.PresenceAlias}})
		for _, id := range []domain.AdvisorID{counted, aliased} {
			w.speaker(id).move(w.rowOf(e, func(p domain.Participant) bool { return p.Advisor == id }), "accept", nil).want(200)
		}
		liaison := w.as(domain.Staff).get(engagementPath(e) + "/participants").want(200)
		names := map[any]string{} // by the advisor's id
		var staffName string
		for _, p := range liaison.items() {
			names[p["advisor_id"]] = fmt.Sprint(p["name"])
			if p["kind"] == "staff" {
				staffName = fmt.Sprint(p["name"])
			}
		}
		if len(liaison.items()) != 6 {
			t.Errorf("staff see %s", liaison.Body)
		}
		common := []string{org.LegalName, other.LegalName, staffName, domain.CountedAdvisor, names[string(aliased)]}
		for _, tt := range []struct {
			name string
			by   *client
			want []string
			own  string
		}{
			{"a partner", w.member(domain.Partner, org.ID), common, org.LegalName},
			{"the hidden advisor", w.speaker(hidden), append(slices.Clone(common), names[string(hidden)]), names[string(hidden)]},
			{"the counted advisor", w.speaker(counted), append(slices.DeleteFunc(slices.Clone(common), func(s string) bool { return s == domain.CountedAdvisor }), names[string(counted)]), names[string(counted)]},
			{"the aliased advisor", w.speaker(aliased), common, names[string(aliased)]},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := tt.by.get(engagementPath(e) + "/participants").want(200)
				got := r.column("name")
				slices.Sort(got)
				want := slices.Clone(tt.want)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("sees %v, want %v", got, want)
				}
				for _, p := range r.items() {
					if own := p["name"] == tt.own; !own && (len(p) != 3 || p["id"] != nil) || own && p["response"] == nil {
						t.Errorf("a row is shown as %v", p)
					}
				}
			})
		}
	})
}

func TestOnlyTheAdvisorAcceptsToBeShown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, id, staff := w.approvedOrganization().ID, w.advisor(), w.as(domain.Staff)
		e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: id})
		path, self, partner := w.rowOf(e, func(p domain.Participant) bool { return p.Advisor == id }), w.speaker(id), w.member(domain.Partner, org)
		seen := func(want int) {
			t.Helper()
			if r := partner.get(engagementPath(e) + "/participants").want(200); len(r.items()) != want {
				t.Errorf("a partner sees %s, want %d", r.Body, want)
			}
		}
		self.move(path, "accept", nil).want(200)
		self.move(path, "hide", nil).want(409)
		if r := staff.patch(path, `{"presence":"alias"}`).want(200); r.str("response") != "pending" {
			t.Errorf("the acceptance of less stands: %s", r.Body)
		}
		seen(1)
		staff.move(path, "accept", nil).want(403)
		seen(1)
		self.move(path, "accept", nil).want(200)
		seen(2)
		self.move(path, "hide", nil).want(200)
		seen(1)
		w.as(domain.Staff).move(engagementPath(e), "confirm", nil).want(200)
		w.as(domain.Staff).move(engagementPath(e), "hold", nil).want(200)
		staff.patch(path, `{"presence":"counted"}`).want(409)
		staff.post(engagementPath(e)+"/participants", map[string]any{"advisor_id": w.advisor(), "presence": "alias"}).want(409)
	})
}

func TestAPartnerAnswersForItsOrganization(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, other := w.approvedOrganization().ID, w.approvedOrganization().ID
		e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Organization: other})
		partner, path := w.member(domain.Partner, org), w.participantOf(e, org)
		if r := partner.move(path, "accept", nil).want(200); r.str("response") != "accepted" || fmt.Sprint(r.at("_actions")) != "[decline]" {
			t.Errorf("accepted: %s", r.Body)
		}
		partner.move(path, "accept", nil).want(409)
		// Its id is not told; who guesses it may still not answer for another.
		theirs := w.participantOf(e, other)
		for _, verb := range []string{"accept", "decline"} {
			partner.post(theirs+"/"+verb, nil, "If-Match", partner.get(theirs).tag()).want(403)
		}
		partner.move(path, "decline", nil).want(200)
		partner.get(engagementPath(e)).want(404)
		partner.get(engagementPath(e) + "/participants").want(404)
		if r := w.member(domain.Partner, other).get(engagementPath(e) + "/participants").want(200); len(r.items()) != 1 {
			t.Errorf("who declined is still shown: %s", r.Body)
		}
		partner.move(path, "accept", nil).want(200)
		partner.get(engagementPath(e)).want(200)
		w.as(domain.Staff).move(engagementPath(e), "confirm", nil).want(200)
		w.as(domain.Staff).move(engagementPath(e), "hold", nil).want(200)
		partner.move(path, "decline", nil).want(409)
		w.as(domain.Staff).do("DELETE", path, nil, "If-Match", w.as(domain.Staff).get(path).tag()).want(409)
	})
}

func TestOnlyAnApprovedOrganizationTakesPartInANewEngagement(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		ahead, held := w.engagement("", domain.EngagementPlanned), w.engagement("", domain.EngagementHeld)
		for _, stage := range []domain.OrganizationStage{domain.OrganizationDrafted, domain.OrganizationScreening, domain.OrganizationSuspended} {
			o := w.organization("Of "+string(stage), stage)
			body := map[string]any{"organization_id": o.ID}
			if r := staff.post(engagementPath(ahead)+"/participants", body).want(409); !strings.Contains(r.str("detail"), string(stage)) {
				t.Errorf("the refusal does not say why: %s", r.Body)
			}
			staff.post(engagementPath(held)+"/participants", body).want(201) // it was there
		}
		o := w.approvedOrganization()
		staff.post(engagementPath(ahead)+"/participants", map[string]any{"organization_id": o.ID}).want(201)
		if r := staff.post(engagementPath(ahead)+"/participants", map[string]any{"organization_id": o.ID}).want(409); !strings.Contains(r.str("detail"), "already") {
			t.Errorf("a second time: %s", r.Body)
		}
	})
}

func TestAParticipantMustBeSomebody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, o := w.as(domain.Staff), w.approvedOrganization()
		e := w.engagement("", domain.EngagementPlanned)
		contact := staff.post("/v1/organizations/"+string(o.ID)+"/contacts", `{"name":"Desk"}`).want(201).str("id")
		const nobody = "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"
		for at, body := range map[string]map[string]any{
			"":                 {"organization_id": o.ID, "advisor_id": w.advisor()},
			"/organization_id": {"organization_id": nobody},
			"/account_id":      {"account_id": w.member(domain.Partner, o.ID).actor.Account},
			"/advisor_id":      {"advisor_id": nobody},
			"/contact_id":      {"organization_id": w.approvedOrganization().ID, "contact_id": contact},
			"/presence":        {"organization_id": o.ID, "presence": "alias"},
			"/session_minutes": {"advisor_id": w.advisor(), "session_minutes": -5},
		} {
			r := staff.post(engagementPath(e)+"/participants", body).want(422)
			if !strings.Contains(string(r.Body), `"pointer":"`+at+`"`) && at != "" {
				t.Errorf("no fault at %q: %s", at, r.Body)
			}
		}
		p := staff.post(engagementPath(e)+"/participants", map[string]any{"organization_id": o.ID, "contact_id": contact}).want(201)
		path := "/v1/participants/" + p.str("id")
		staff.patch(path, `{"contact_id":null}`).want(200)
		staff.patch(path, `{"contact_id":"`+nobody+`"}`).want(422).fault("/contact_id", "invalid")
		advisor := staff.post(engagementPath(e)+"/participants", map[string]any{"advisor_id": w.advisor(), "paid": true, "session_minutes": 120, "preparation_minutes": 45, "debriefing_minutes": 30}).want(201)
		if advisor.str("presence") != "hidden" || advisor.at("preparation_minutes") != float64(45) || advisor.at("paid") != true {
			t.Errorf("an advisor takes part as %s", advisor.Body)
		}
		if r := staff.patch("/v1/participants/"+advisor.str("id"), `{"presence":"counted","paid":false}`).want(200); r.str("presence") != "counted" || r.at("paid") != false || r.at("session_minutes") != float64(120) {
			t.Errorf("changed to %s", r.Body)
		}
		// A partner that takes part learns nothing by adding.
		invited := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: o.ID})
		for _, id := range []any{nobody, w.advisor()} {
			w.member(domain.Partner, o.ID).post(engagementPath(invited)+"/participants", map[string]any{"advisor_id": id}).want(403)
		}
	})
}

func TestAPostponedEngagementIsAskedForAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: w.advisor()})
		path, partner, staff := w.participantOf(e, org), w.member(domain.Partner, org), w.as(domain.Staff)
		partner.move(path, "decline", nil).want(200)
		staff.move(engagementPath(e), "postpone", `{"reason":"nobody came"}`).want(200)
		staff.move(engagementPath(e), "reschedule", `{"starts_at":"2026-06-09T13:00:00Z","ends_at":"2026-06-09T12:00:00Z","time_zone":"UTC"}`).want(422).fault("/ends_at", "invalid")
		staff.move(engagementPath(e), "reschedule", example("rescheduleEngagement")).want(200)
		if r := partner.get(path).want(200); r.str("response") != "pending" {
			t.Errorf("the answer to the old date stands: %s", r.Body)
		}
		if r := partner.get(engagementPath(e)).want(200); r.str("stage") != "planned" || r.str("starts_at") != "2026-06-09T13:00:00Z" {
			t.Errorf("rescheduled to %s", r.Body)
		}
	})
}

func TestEngagementFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, org := w.as(domain.Staff), w.approvedOrganization().ID
		i := w.initiative("Guidance", domain.InitiativeAgenda)
		add := func(title, kind, day string, more string) string {
			return staff.post("/v1/engagements", fmt.Sprintf(`{"kind":%q,"title":%q,"starts_at":"%sT10:00:00Z","ends_at":"%sT11:00:00Z","time_zone":"UTC","objectives":["4.1"]%s}`, kind, title, day, day, more)).want(201).str("id")
		}
		one := add("Visit to the docks", "site_visit", "2026-01-10", "")
		add("Fee workshop", "training", "2026-02-10", `,"initiative_id":"`+string(i.ID)+`","agenda":["Bonded labor"],"topics":["finance"],"countries":["TH"]`)
		staff.post("/v1/engagements/"+one+"/participants", map[string]any{"organization_id": org}).want(201)
		staff.move("/v1/engagements/"+one, "invite", nil).want(200)
		for query, want := range map[string]string{
			"sort=starts_at":                         "Visit to the docks,Fee workshop",
			"sort=-starts_at":                        "Fee workshop,Visit to the docks",
			"topic=finance&country=TH&objective=4.1": "Fee workshop",
			"topic=data":                             "",
			"kind=training":                          "Fee workshop",
			"stage=invited":                          "Visit to the docks",
			"initiative_id=" + string(i.ID):          "Fee workshop",
			"organization_id=" + string(org):         "Visit to the docks",
			"from=2026-02-10":                        "Fee workshop",
			"until=2026-02-10":                       "Visit to the docks",
			"from=2026-01-11&until=2026-02-10":       "",
			"q=bonded":                               "Fee workshop",
			"q=visiting+dock":                        "Visit to the docks",
			"q=workshops&organization_id=" + one:     "",
		} {
			if got := strings.Join(staff.get("/v1/engagements?"+query).want(200).column("title"), ","); got != want {
				t.Errorf("?%s: %s, want %s", query, got, want)
			}
		}
		staff.get("/v1/engagements?from=tomorrow").want(400).fault("from", "invalid")
	})
}

func TestOneOfTwentyHolds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i := w.initiative("Guidance", domain.InitiativeAgenda)
		path := engagementPath(w.engagement(i.ID, domain.EngagementConfirmed, domain.ParticipantDraft{Advisor: w.advisor()}))
		staff := w.as(domain.Staff)
		tag := staff.get(path).tag()
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				r := staff.post(path+"/hold", nil, "If-Match", tag)
				mu.Lock()
				defer mu.Unlock()
				got[r.Status]++
			})
		}
		wg.Wait()
		if got[200] != 1 || got[200]+got[412] != 20 {
			t.Errorf("statuses %v", got)
		}
		if g := staff.get("/v1/initiatives/" + string(i.ID) + "/meter").want(200).group("survivors"); g["sources"] != float64(1) {
			t.Errorf("heard %v times", g["sources"])
		}
	})
}

func TestATaskIsForItsOwnerAndStaff(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, partner := w.as(domain.Staff), w.member(domain.Partner, w.approvedOrganization().ID)
		body := w.taskBody(partner.actor.Account)
		path := "/v1/tasks/" + staff.post("/v1/tasks", body).want(201).str("id")
		w.taskFor(staff)
		if r := partner.get(path).want(200); r.str("source_id") != "" || fmt.Sprint(r.at("_actions")) != "[finish]" {
			t.Errorf("the owner sees %s", r.Body)
		}
		if n := len(partner.get("/v1/tasks").want(200).items()); n != 1 {
			t.Errorf("the owner sees %d tasks", n)
		}
		w.member(domain.Partner, w.approvedOrganization().ID).get(path).want(404)
		for query, n := range map[string]int{
			"owner_id=" + string(partner.actor.Account): 1, "source_id=" + fmt.Sprint(body["source_id"]): 1, "stage=open": 2, "stage=done": 0,
			"due_before=2026-04-01": 0, "due_before=2026-04-02": 2, "sort=-due_on": 2,
		} {
			if got := len(staff.get("/v1/tasks?" + query).want(200).items()); got != n {
				t.Errorf("?%s: %d tasks, want %d", query, got, n)
			}
		}
		staff.patch(path, `{"due_on":"2026-05-01","title":"Send it"}`).want(200)
		staff.patch(path, `{"owner_id":"`+string(w.speaker(w.advisor()).actor.Account)+`"}`).want(422).fault("/owner_id", "invalid")
		partner.move(path, "finish", nil).want(200)
		staff.move(path, "finish", nil).want(409)
		staff.move(path, "drop", `{"reason":"x"}`).want(409)
		staff.patch(path, `{"title":"x"}`).want(409)
		dropped := w.taskFor(staff)
		if r := staff.move(dropped, "drop", `{"reason":"overtaken"}`).want(200); r.str("stage_reason") != "overtaken" {
			t.Errorf("dropped: %s", r.Body)
		}
		body["source_id"] = "6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"
		staff.post("/v1/tasks", body).want(422).fault("/source_id", "not_found")
	})
}
