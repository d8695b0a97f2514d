package main

import (
	"slices"
	"time"

	"accord/domain"
	"accord/repository"
)

// planCouncil appoints the first nine advisors.
func (s *story) planCouncil() {
	s.plan(firstDay-40, func() error {
		d := domain.StatutoryCouncil("Advisory Council of Lived Experience (demonstration)")
		d.AssessmentDays, d.MembersKnowEachOther = 90, true
		c, err := domain.NewCouncil(d)
		if err != nil {
			return err
		}
		s.council = c
		return s.as(s.liaison).Councils.Create(s.ctx, domain.CreateCouncil, c)
	})
	s.plan(firstDay-45, func() error {
		for _, a := range s.advisors[:9] {
			if err := s.appoint(a); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *story) appoint(a *domain.Advisor) error {
	as := s.as(s.liaison)
	terms, err := as.Terms.Of(s.ctx, s.council.ID)
	if err != nil {
		return err
	}
	t, err := s.council.Appoint(a, s.today(), "", terms)
	if err != nil {
		return err
	}
	return as.Terms.Create(s.ctx, domain.CreateTerm, t)
}

// planRecommendations lets the council recommend and the agencies answer.
func (s *story) planRecommendations() {
	for i, d := range demoRecommendations {
		var r *domain.Recommendation
		s.plan(d.ago+20, func() (err error) {
			r, err = domain.NewRecommendation(s.council.ID, domain.RecommendationDraft{
				ReportYear: s.day(d.ago).FiscalYear(), Number: i + 1, Text: d.text, Agencies: d.agencies(), Topics: d.topics,
			})
			if err != nil {
				return err
			}
			return s.as(s.advisor).Recommendations.Create(s.ctx, domain.CreateRecommendation, r)
		})
		answers := map[string]domain.AgencyResponseID{}
		s.plan(d.ago, func() error { return s.issue(r.ID, answers) })
		for _, a := range d.answers {
			for _, step := range a.steps {
				s.plan(step.ago, func() error {
					return change(s, s.as(s.staff).AgencyResponses, step.act, answers[a.agency], func(v *domain.AgencyResponse) error {
						return v.Move(step.act, step.words, s.today(), s.today())
					})
				})
			}
			for _, judged := range a.assessed {
				s.plan(judged.ago, func() error {
					return change(s, s.as(s.advisor).AgencyResponses, domain.AssessAgencyResponse, answers[a.agency], func(v *domain.AgencyResponse) error {
						return v.Assess(judged.verdict, judged.words, s.today())
					})
				})
			}
		}
	}
}

// issue puts a recommendation to its agencies and notes what each is to answer.
func (s *story) issue(id domain.RecommendationID, answers map[string]domain.AgencyResponseID) error {
	as := s.as(s.staff)
	_, err := as.Recommendations.Update(s.ctx, domain.IssueRecommendation, id, nil, func(tx *repository.Session, r *domain.Recommendation) error {
		put, err := r.Issue(s.council, nil, s.today(), s.today())
		if err != nil {
			return err
		}
		for _, a := range put {
			if err := tx.AgencyResponses.Create(s.ctx, domain.IssueRecommendation, a); err != nil {
				return err
			}
			answers[a.Agency] = a.ID
		}
		return nil
	})
	return err
}

// planInitiatives puts initiatives on the agenda and moves them on.
func (s *story) planInitiatives() {
	for _, d := range demoInitiatives {
		s.plan(d.ago, func() error {
			i, err := domain.NewInitiative(domain.InitiativeDraft{
				Marking: d.marking, Title: d.title, Summary: d.summary, LeadOffice: "Public Engagement",
			}, s.now())
			if err != nil {
				return err
			}
			if err := s.as(s.staff).Initiatives.Create(s.ctx, domain.CreateInitiative, i); err != nil {
				return err
			}
			s.initiatives[d.key] = i.ID
			return nil
		})
		for _, ago := range d.advances {
			s.plan(ago, func() error { return s.advance(s.initiatives[d.key], d.reason) })
		}
	}
}

func (s *story) advance(id domain.InitiativeID, reason string) error {
	as := s.as(s.staff)
	_, meter, err := as.Initiatives.Measured(s.ctx, id)
	if err != nil {
		return err
	}
	return change(s, as.Initiatives, domain.AdvanceInitiative, id, func(i *domain.Initiative) error { return i.Advance(meter, reason, s.now()) })
}

// engagementSteps lead to each stage, and on how many days before or after the
// engagement they are taken.
var engagementSteps = []struct {
	act domain.Action
	ago int
}{
	{domain.InviteEngagement, 21}, {domain.ConfirmEngagement, 7}, {domain.HoldEngagement, 0}, {domain.RecordOutcome, -2}, {domain.CloseEngagement, -20},
}

// stepsTo are the steps that the engagement takes before it stays at its stage.
func stepsTo(stage domain.EngagementStage) int {
	switch stage {
	case domain.EngagementPlanned:
		return 0
	case domain.EngagementInvited, domain.EngagementPostponed, domain.EngagementDeclined:
		return 1
	case domain.EngagementConfirmed, domain.EngagementCancelled:
		return 2
	case domain.EngagementHeld:
		return 3
	case domain.EngagementOutcomeRecorded:
		return 4
	}
	return len(engagementSteps)
}

// planEngagements plans, holds and closes engagements, or lets them come to
// nothing.
func (s *story) planEngagements() {
	for _, d := range demoEngagements {
		var id domain.EngagementID
		s.plan(d.ago+30, func() (err error) { id, err = s.newEngagement(d); return err })
		for _, step := range engagementSteps[:stepsTo(d.stage)] {
			s.plan(d.ago+step.ago, func() error { return s.takeStep(id, step.act, d) })
		}
		s.plan(d.ago+14, func() error { return s.replies(id, d) })
		switch d.stage {
		case domain.EngagementCancelled:
			s.plan(d.ago+2, func() error { return s.endEngagement(id, domain.CancelEngagement, "The speaker could not come.") })
		case domain.EngagementPostponed:
			s.plan(d.ago+5, func() error { return s.endEngagement(id, domain.PostponeEngagement, "The venue is closed.") })
		case domain.EngagementDeclined:
			s.plan(d.ago+12, func() error {
				return s.endEngagement(id, domain.DeclineEngagement, "They will come when the audit is done.")
			})
		}
		for _, task := range d.tasks {
			s.plan(d.ago-2, func() error { return s.task(id, task) })
		}
	}
}

func (s *story) newEngagement(d demoEngagement) (domain.EngagementID, error) {
	begins := s.ago(d.ago)
	e, err := domain.NewEngagement(domain.EngagementDraft{
		Marking: d.marking, Initiative: s.initiatives[d.initiative], Kind: d.kind, Title: d.title, StartsAt: begins, EndsAt: begins.Add(90 * time.Minute),
		TimeZone: "America/New_York", Location: d.location, Agenda: []string{"Welcome", d.title, "What comes next"},
		PrivateNotes: "Ask who else should be heard.", SharedNotes: "Slides are sent to all.",
	}, s.now())
	if err != nil {
		return "", err
	}
	as := s.as(s.staff)
	if err := as.Engagements.Create(s.ctx, domain.CreateEngagement, e); err != nil {
		return "", err
	}
	for _, draft := range s.participants(d) {
		if _, err := as.Participants.Add(s.ctx, e.ID, draft); err != nil {
			return "", err
		}
	}
	return e.ID, nil
}

// participants are the organizations, a colleague and the advisors, each of
// these with another presence than the next.
func (s *story) participants(d demoEngagement) []domain.ParticipantDraft {
	out := []domain.ParticipantDraft{{Account: s.staff.Account}}
	for _, id := range s.organizationIDs(d.organizations) {
		out = append(out, domain.ParticipantDraft{Organization: id})
	}
	for i, a := range s.advisors[:d.advisors] {
		out = append(out, domain.ParticipantDraft{Advisor: a.ID, ParticipantTerms: domain.ParticipantTerms{
			Presence: domain.Presences()[i%3], Paid: !d.unpaid, SessionMinutes: 90, PreparationMinutes: 45, DebriefingMinutes: 20,
		}})
	}
	return out
}

// replies lets most of the organizations accept, the last of three or more
// decline, and leaves one that was asked for nothing yet without an answer.
func (s *story) replies(id domain.EngagementID, d demoEngagement) error {
	if d.stage == domain.EngagementPlanned || d.waiting {
		return nil
	}
	people, err := s.tx.Participants.Of(s.ctx, id)
	if err != nil {
		return err
	}
	for i, key := range d.organizations {
		n := slices.IndexFunc(people, func(p domain.Participant) bool { return p.Organization == s.organizations[key].ID })
		act := domain.AcceptParticipation
		if i > 2 && i == len(d.organizations)-1 {
			act = domain.DeclineParticipation
		}
		by := s.partners[key]
		_, err := s.as(by).Participants.Update(s.ctx, act, people[n].ID, nil, func(tx *repository.Session, p *domain.Participant) error {
			org, err := tx.Organizations.Steady(s.ctx, p.Organization)
			if err != nil {
				return err
			}
			return p.Answer(by, act, org, s.today())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *story) takeStep(id domain.EngagementID, act domain.Action, d demoEngagement) error {
	_, err := s.as(s.staff).Engagements.Update(s.ctx, act, id, nil, func(tx *repository.Session, e *domain.Engagement) error {
		switch act {
		case domain.InviteEngagement:
			return e.Invite(s.now())
		case domain.ConfirmEngagement:
			return e.Confirm(s.now())
		case domain.RecordOutcome:
			return e.RecordOutcome(d.decisions, s.now())
		case domain.CloseEngagement:
			return e.Close(s.now())
		}
		if err := e.Hold(s.now()); err != nil {
			return err
		}
		return tx.NoteHearing(s.ctx, e)
	})
	return err
}

func (s *story) endEngagement(id domain.EngagementID, act domain.Action, reason string) error {
	return change(s, s.as(s.staff).Engagements, act, id, func(e *domain.Engagement) error { return e.End(act, reason, s.now()) })
}

// task opens a task of the staff's and brings it where the table says.
func (s *story) task(id domain.EngagementID, d demoTask) error {
	as := s.as(s.staff)
	owner, err := as.Tasks.Owner(s.ctx, s.staff.Account)
	if err != nil {
		return err
	}
	from := domain.Source{SourceKind: domain.FromEngagement, SourceID: string(id)}
	t, err := domain.NewTask(domain.TaskDraft{Title: d.title, Owner: s.staff.Account, DueOn: s.today().AddDays(21)}, from, owner)
	if err != nil {
		return err
	}
	if err := as.Tasks.Create(s.ctx, domain.CreateTask, t); err != nil {
		return err
	}
	switch d.stage {
	case domain.TaskDone:
		return change(s, as.Tasks, domain.FinishTask, t.ID, func(t *domain.Task) error { return t.Finish() })
	case domain.TaskDropped:
		return change(s, as.Tasks, domain.DropTask, t.ID, func(t *domain.Task) error { return t.Drop("The other side does it.") })
	}
	return nil
}
