package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListInitiatives answers with the initiatives within reach.
func (s *Server) ListInitiatives(c echo.Context, p openapi.ListInitiativesParams) error {
	rows, err := s.as(c).Initiatives.List(ctx(c), repository.InitiativeFilter{Stage: p.Stage}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, initiativeJSON)
}

// GetInitiative answers with one initiative.
func (s *Server) GetInitiative(c echo.Context, id openapi.ID) error {
	i, err := s.as(c).Initiatives.Get(ctx(c), domain.InitiativeID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, i, initiativeJSON)
}

// CreateInitiative puts an initiative on the agenda.
func (s *Server) CreateInitiative(c echo.Context) error {
	in, err := bind[openapi.InitiativeDraft](c)
	if err != nil {
		return err
	}
	i, err := domain.NewInitiative(initiativeDraft(in), s.store.Now())
	if err != nil {
		return err
	}
	if err := s.as(c).Initiatives.Create(ctx(c), domain.CreateInitiative, i); err != nil {
		return err
	}
	return show(c, http.StatusCreated, i, initiativeJSON)
}

// EditInitiative changes what was written of an initiative.
func (s *Server) EditInitiative(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Initiatives, domain.EditInitiative, id, initiativeJSON, initiativeDraftJSON,
		func(_ *repository.Session, i *domain.Initiative, in openapi.InitiativeDraft) error {
			return i.Edit(initiativeDraft(in))
		})
}

// AdvanceInitiative moves an initiative one stage on.
func (s *Server) AdvanceInitiative(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Advance](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Initiatives, domain.AdvanceInitiative, id, initiativeJSON, func(tx *repository.Session, i *domain.Initiative) error {
		_, meter, err := tx.Initiatives.Measured(ctx(c), i.ID)
		if err != nil {
			return err
		}
		return i.Advance(meter, in.Reason, s.store.Now())
	})
}

// GetInitiativeMeter answers with who was heard from the outset.
func (s *Server) GetInitiativeMeter(c echo.Context, id openapi.ID) error {
	i, meter, err := s.as(c).Initiatives.Measured(ctx(c), domain.InitiativeID(id))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, meterJSON(i, meter))
}

func initiativeDraft(in openapi.InitiativeDraft) domain.InitiativeDraft {
	return domain.InitiativeDraft{
		Marking: marking(in.Objectives, in.ContributesTo, in.Pillars, in.TraffickingTypes, in.Topics, in.Countries),
		Title:   in.Title, Summary: in.Summary, LeadOffice: in.LeadOffice,
	}
}

func initiativeDraftJSON(i *domain.Initiative) openapi.InitiativeDraft {
	return openapi.InitiativeDraft{
		Objectives: i.Objectives, ContributesTo: i.ContributesTo, Pillars: texts(i.Pillars),
		TraffickingTypes: texts(i.TraffickingTypes), Topics: texts(i.Topics), Countries: i.Countries,
		Title: i.Title, Summary: i.Summary, LeadOffice: i.LeadOffice,
	}
}

// initiativeJSON shows outsiders what is going on, and how far it has come.
func initiativeJSON(by domain.Actor, i *domain.Initiative) openapi.Initiative {
	out := openapi.Initiative{
		ID: string(i.ID), Title: i.Title, Summary: i.Summary, Stage: i.Stage.String(), Next: next(by, i.Relation, i.Next()),
	}
	if by.Sees(domain.InitiativeInside, i.Relation) {
		out.Objectives, out.ContributesTo, out.Pillars = i.Objectives, i.ContributesTo, texts(i.Pillars)
		out.TraffickingTypes, out.Topics, out.Countries = texts(i.TraffickingTypes), texts(i.Topics), i.Countries
		out.LeadOffice, out.CreatedAt, out.UpdatedAt = i.LeadOffice, &i.CreatedAt, &i.UpdatedAt
	}
	if by.Sees(domain.InitiativeUnheard, i.Relation) {
		out.Unheard, out.UnheardReason = texts(i.Unheard), i.UnheardReason
	}
	return out
}

func meterJSON(i *domain.Initiative, m domain.Meter) openapi.Meter {
	out := openapi.Meter{InitiativeID: string(i.ID), Stage: i.Stage.String(), Unheard: texts(i.Unheard), UnheardReason: i.UnheardReason}
	for _, g := range domain.Groups() {
		first, heard := m.First(g)
		out.Groups = append(out.Groups, openapi.GroupHeard{
			Group: string(g), Heard: heard, FromTheOutset: m.FromTheOutset(g),
			FirstStage: string(first.Stage), FirstOn: string(first.HeardOn), Sources: m.Sources(g),
		})
	}
	return out
}

// marking reads how a record is tied to the strategy.
func marking(objectives, contributesTo, pillars, traffickingTypes, topics, countries []string) domain.Marking {
	return domain.Marking{
		Objectives: objectives, ContributesTo: contributesTo, Pillars: named[domain.Pillar](pillars),
		TraffickingTypes: named[domain.TraffickingType](traffickingTypes), Topics: named[domain.Topic](topics), Countries: countries,
	}
}
