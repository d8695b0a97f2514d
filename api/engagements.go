package api

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListEngagements answers with the engagements within reach.
func (s *Server) ListEngagements(c echo.Context, p openapi.ListEngagementsParams) error {
	rows, err := s.as(c).Engagements.List(ctx(c), repository.EngagementFilter{
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
		Kind:       p.Kind, Stage: p.Stage, Initiative: domain.InitiativeID(p.InitiativeID), Organization: domain.OrganizationID(p.OrganizationID),
		From: domain.Date(p.From), Until: domain.Date(p.Until),
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, engagementJSON)
}

// GetEngagement answers with one engagement.
func (s *Server) GetEngagement(c echo.Context, id openapi.ID) error {
	e, err := s.as(c).Engagements.Get(ctx(c), domain.EngagementID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, e, engagementJSON)
}

// CreateEngagement plans an engagement.
func (s *Server) CreateEngagement(c echo.Context) error {
	in, err := bind[openapi.EngagementDraft](c)
	if err != nil {
		return err
	}
	if err := initiativeExists(c, s.as(c), in.InitiativeID); err != nil {
		return err
	}
	e, err := domain.NewEngagement(engagementDraft(in), s.store.Now())
	if err != nil {
		return err
	}
	if err := s.as(c).Engagements.Create(ctx(c), domain.CreateEngagement, e); err != nil {
		return err
	}
	return show(c, http.StatusCreated, e, engagementJSON)
}

// EditEngagement changes what was written of an engagement.
func (s *Server) EditEngagement(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Engagements, domain.EditEngagement, id, engagementJSON, engagementDraftJSON,
		func(tx *repository.Session, e *domain.Engagement, in openapi.EngagementDraft) error {
			if err := initiativeExists(c, tx, in.InitiativeID); err != nil {
				return err
			}
			return e.EditBy(actor(c), engagementDraft(in), s.store.Now())
		})
}

func initiativeExists(c echo.Context, tx *repository.Session, id string) error {
	if id == "" {
		return nil
	}
	_, err := tx.Initiatives.Get(ctx(c), domain.InitiativeID(id))
	return named404(err, "/initiative_id", "initiative")
}

// InviteToEngagement announces an engagement to those who may take part.
func (s *Server) InviteToEngagement(c echo.Context, id openapi.ID) error {
	return s.moveEngagement(c, id, domain.InviteEngagement, func(tx *repository.Session, e *domain.Engagement) error {
		if err := e.Invite(s.store.Now()); err != nil {
			return err
		}
		return tx.Participants.Admitted(ctx(c), e.ID)
	})
}

// ConfirmEngagement says that an engagement will take place.
func (s *Server) ConfirmEngagement(c echo.Context, id openapi.ID) error {
	return s.moveEngagement(c, id, domain.ConfirmEngagement, func(tx *repository.Session, e *domain.Engagement) error {
		if err := e.Confirm(s.store.Now()); err != nil {
			return err
		}
		return tx.Participants.Admitted(ctx(c), e.ID)
	})
}

// HoldEngagement says that an engagement took place, and notes who was heard.
func (s *Server) HoldEngagement(c echo.Context, id openapi.ID) error {
	return s.moveEngagement(c, id, domain.HoldEngagement, func(tx *repository.Session, e *domain.Engagement) error {
		if err := e.Hold(s.store.Now()); err != nil {
			return err
		}
		return tx.NoteHearing(ctx(c), e)
	})
}

// RecordEngagementOutcome records what was decided.
func (s *Server) RecordEngagementOutcome(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Outcome](c)
	if err != nil {
		return err
	}
	return s.moveEngagement(c, id, domain.RecordOutcome, func(_ *repository.Session, e *domain.Engagement) error {
		return e.RecordOutcome(in.Decisions, s.store.Now())
	})
}

// CloseEngagement ends the work on an engagement.
func (s *Server) CloseEngagement(c echo.Context, id openapi.ID) error {
	return s.moveEngagement(c, id, domain.CloseEngagement, func(_ *repository.Session, e *domain.Engagement) error {
		return e.Close(s.store.Now())
	})
}

// CancelEngagement cancels an engagement.
func (s *Server) CancelEngagement(c echo.Context, id openapi.ID) error {
	return s.endEngagement(c, id, domain.CancelEngagement)
}

// PostponeEngagement postpones an engagement.
func (s *Server) PostponeEngagement(c echo.Context, id openapi.ID) error {
	return s.endEngagement(c, id, domain.PostponeEngagement)
}

// DeclineEngagement records that the other side declined.
func (s *Server) DeclineEngagement(c echo.Context, id openapi.ID) error {
	return s.endEngagement(c, id, domain.DeclineEngagement)
}

func (s *Server) endEngagement(c echo.Context, id openapi.ID, act domain.Action) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveEngagement(c, id, act, func(_ *repository.Session, e *domain.Engagement) error {
		return e.End(act, in.Reason, s.store.Now())
	})
}

// RescheduleEngagement gives a postponed engagement new times, and asks those
// who take part again.
func (s *Server) RescheduleEngagement(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Times](c)
	if err != nil {
		return err
	}
	return s.moveEngagement(c, id, domain.RescheduleEngagement, func(tx *repository.Session, e *domain.Engagement) error {
		if err := e.Reschedule(in.StartsAt, in.EndsAt, in.TimeZone, s.store.Now()); err != nil {
			return err
		}
		if err := tx.Participants.Admitted(ctx(c), e.ID); err != nil {
			return err
		}
		return tx.Participants.AskAgain(ctx(c), e.ID)
	})
}

func (s *Server) moveEngagement(c echo.Context, id openapi.ID, act domain.Action, move func(*repository.Session, *domain.Engagement) error) error {
	return change(c, s.as(c).Engagements, act, id, engagementJSON, move)
}

func engagementDraft(in openapi.EngagementDraft) domain.EngagementDraft {
	return domain.EngagementDraft{
		Marking:    marking(in.Objectives, in.ContributesTo, in.Pillars, in.TraffickingTypes, in.Topics, in.Countries),
		Initiative: domain.InitiativeID(in.InitiativeID), Kind: domain.EngagementKind(in.Kind), Title: in.Title,
		StartsAt: in.StartsAt, EndsAt: in.EndsAt, TimeZone: in.TimeZone, Location: in.Location, Agenda: in.Agenda,
		PrivateNotes: in.PrivateNotes, SharedNotes: in.SharedNotes,
	}
}

func engagementDraftJSON(e *domain.Engagement) openapi.EngagementDraft {
	return openapi.EngagementDraft{
		Objectives: e.Objectives, ContributesTo: e.ContributesTo, Pillars: texts(e.Pillars),
		TraffickingTypes: texts(e.TraffickingTypes), Topics: texts(e.Topics), Countries: e.Countries,
		InitiativeID: string(e.Initiative), Kind: string(e.Kind), Title: e.Title, StartsAt: e.StartsAt, EndsAt: e.EndsAt,
		TimeZone: e.TimeZone, Location: e.Location, Agenda: e.Agenda, PrivateNotes: e.PrivateNotes, SharedNotes: e.SharedNotes,
	}
}

// engagementJSON shows those who take part what was meant for them.
func engagementJSON(by domain.Actor, e *domain.Engagement) openapi.Engagement {
	out := openapi.Engagement{
		ID: string(e.ID), InitiativeID: string(e.Initiative), Kind: string(e.Kind), Title: e.Title,
		StartsAt: e.StartsAt, EndsAt: e.EndsAt, TimeZone: e.TimeZone, Location: e.Location, Agenda: orEmpty(e.Agenda),
		Decisions: []string{}, Stage: e.Stage.String(),
		Objectives: e.Objectives, ContributesTo: e.ContributesTo, Pillars: texts(e.Pillars),
		TraffickingTypes: texts(e.TraffickingTypes), Topics: texts(e.Topics), Countries: e.Countries,
		Next: next(by, e.Relation, e.Next()),
	}
	if by.Sees(domain.EngagementOutcome, e.Relation) {
		out.SharedNotes, out.Decisions = e.SharedNotes, orEmpty(e.Decisions)
	}
	if by.Sees(domain.EngagementInside, e.Relation) {
		out.StageReason, out.CreatedAt, out.UpdatedAt = e.StageReason, &e.CreatedAt, &e.UpdatedAt
	}
	if by.Sees(domain.EngagementNotes, e.Relation) {
		out.PrivateNotes = e.PrivateNotes
	}
	return out
}

// ListParticipants answers with who takes part, all at once: pages would tell
// where a row that is not shown stands.
func (s *Server) ListParticipants(c echo.Context, id openapi.ID) error {
	e, err := s.as(c).Engagements.Get(ctx(c), domain.EngagementID(id))
	if err != nil {
		return err
	}
	people, err := s.as(c).Participants.Of(ctx(c), e.ID)
	if err != nil {
		return err
	}
	out := openapi.Participants{Items: make([]openapi.Participant, len(people))}
	for i := range people {
		out.Items[i] = participantJSON(actor(c), &people[i])
	}
	slices.SortFunc(out.Items, byName)
	return answerJSON(c, http.StatusOK, out)
}

// byName orders participants by what is shown of them and by nothing else.
func byName(a, b openapi.Participant) int {
	kinds := []string{string(domain.OrganizationParticipant), string(domain.StaffParticipant), string(domain.AdvisorParticipant)}
	return cmp.Or(
		cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.ID, b.ID),
	)
}

// AddParticipant adds someone to an engagement.
func (s *Server) AddParticipant(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ParticipantDraft](c)
	if err != nil {
		return err
	}
	p, err := s.as(c).Participants.Add(ctx(c), domain.EngagementID(id), domain.ParticipantDraft{
		Organization: domain.OrganizationID(in.OrganizationID), Account: domain.AccountID(in.AccountID), Advisor: domain.AdvisorID(in.AdvisorID),
		ParticipantTerms: domain.ParticipantTerms{
			Contact: domain.ContactID(in.ContactID), Presence: domain.Presence(in.Presence), Paid: in.Paid,
			SessionMinutes: in.SessionMinutes, PreparationMinutes: in.PreparationMinutes, DebriefingMinutes: in.DebriefingMinutes,
		},
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, p, participantJSON)
}

// GetParticipant answers with one participant.
func (s *Server) GetParticipant(c echo.Context, id openapi.ID) error {
	p, err := s.as(c).Participants.Get(ctx(c), domain.ParticipantID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, p, participantJSON)
}

// EditParticipant changes how someone takes part.
func (s *Server) EditParticipant(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Participants, domain.EditParticipant, id, participantJSON, participantPatchJSON,
		func(tx *repository.Session, p *domain.Participant, in openapi.ParticipantPatch) error {
			terms := domain.ParticipantTerms{
				Contact: domain.ContactID(in.ContactID), Presence: domain.Presence(in.Presence), Paid: in.Paid,
				SessionMinutes: in.SessionMinutes, PreparationMinutes: in.PreparationMinutes, DebriefingMinutes: in.DebriefingMinutes,
			}
			contact, err := tx.Participants.Contact(ctx(c), terms.Contact)
			if err != nil {
				return err
			}
			return p.Edit(terms, contact)
		})
}

// RemoveParticipant takes someone out of an engagement that is still ahead.
func (s *Server) RemoveParticipant(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Participants, domain.RemoveParticipant, id, participantJSON,
		func(_ *repository.Session, p *domain.Participant) error { return p.Remove() })
}

// AcceptParticipation accepts an invitation.
func (s *Server) AcceptParticipation(c echo.Context, id openapi.ID) error {
	return s.answerInvitation(c, id, domain.AcceptParticipation)
}

// DeclineParticipation declines an invitation.
func (s *Server) DeclineParticipation(c echo.Context, id openapi.ID) error {
	return s.answerInvitation(c, id, domain.DeclineParticipation)
}

// HideParticipation hides an advisor from the others who take part.
func (s *Server) HideParticipation(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Participants, domain.HideParticipation, id, participantJSON,
		func(_ *repository.Session, p *domain.Participant) error { return p.Hide() })
}

func (s *Server) answerInvitation(c echo.Context, id openapi.ID, act domain.Action) error {
	return change(c, s.as(c).Participants, act, id, participantJSON,
		func(tx *repository.Session, p *domain.Participant) error {
			// Whoever answers for a member need not see its file.
			org, err := ownOrganization(ctx(c), asServer(tx), p.Organization)
			if err != nil {
				return err
			}
			return p.Answer(actor(c), act, org, s.today())
		})
}

func participantPatchJSON(p *domain.Participant) openapi.ParticipantPatch {
	return openapi.ParticipantPatch{
		ContactID: string(p.Contact), Presence: string(p.Presence), Paid: p.Paid,
		SessionMinutes: p.SessionMinutes, PreparationMinutes: p.PreparationMinutes, DebriefingMinutes: p.DebriefingMinutes,
	}
}

// participantJSON shows a row whole to staff and to whom it is about. Others
// learn who comes, and of an advisor as much as the presence says.
func participantJSON(by domain.Actor, p *domain.Participant) openapi.Participant {
	out := openapi.Participant{Kind: string(p.Kind), Name: p.Name, Next: next(by, p.Relation, p.Next())}
	if p.Presence == domain.PresenceCounted && !by.Sees(domain.ParticipantName, p.Relation) {
		out.Name = domain.CountedAdvisor
	}
	if !by.Sees(domain.ParticipantDetails, p.Relation) {
		return out
	}
	out.ID, out.EngagementID, out.Response = string(p.ID), string(p.Engagement), p.Response.String()
	out.OrganizationID, out.AccountID, out.AdvisorID = string(p.Organization), string(p.Account), string(p.Advisor)
	if by.Sees(domain.ParticipantContact, p.Relation) {
		out.ContactID = string(p.Contact)
	}
	if p.Kind == domain.AdvisorParticipant {
		out.Presence, out.Paid = string(p.Presence), &p.Paid
		out.SessionMinutes, out.PreparationMinutes, out.DebriefingMinutes = &p.SessionMinutes, &p.PreparationMinutes, &p.DebriefingMinutes
	}
	return out
}
