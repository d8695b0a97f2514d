package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListConsultations answers with the consultations within reach.
func (s *Server) ListConsultations(c echo.Context, p openapi.ListConsultationsParams) error {
	rows, err := s.as(c).Consultations.List(ctx(c), repository.ConsultationFilter{
		Stage: p.Stage, Initiative: domain.InitiativeID(p.InitiativeID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, consultationJSON)
}

// GetConsultation answers with one consultation.
func (s *Server) GetConsultation(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Consultations.Get(ctx(c), domain.ConsultationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, consultationJSON)
}

// CreateConsultation drafts a consultation.
func (s *Server) CreateConsultation(c echo.Context) error {
	in, err := bind[openapi.ConsultationDraft](c)
	if err != nil {
		return err
	}
	v, err := domain.NewConsultation(consultationDraft(in))
	if err != nil {
		return err
	}
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		if err := s.permitted(c, domain.CreateConsultation); err != nil {
			return err
		}
		if err := tx.Consultations.Asks(ctx(c), v); err != nil {
			return err
		}
		return tx.Consultations.Create(ctx(c), domain.CreateConsultation, v)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, consultationJSON)
}

// EditConsultation changes a draft.
func (s *Server) EditConsultation(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Consultations, domain.EditConsultation, id, consultationJSON, consultationDraftJSON,
		func(tx *repository.Session, v *domain.Consultation, in openapi.ConsultationDraft) error {
			if err := v.Edit(consultationDraft(in)); err != nil {
				return err
			}
			return tx.Consultations.Asks(ctx(c), v)
		})
}

// moveConsultation takes a consultation through a transition.
func (s *Server) moveConsultation(c echo.Context, id openapi.ID, act domain.Action, do func(*repository.Session, *domain.Consultation) error) error {
	return change(c, s.as(c).Consultations, act, id, consultationJSON, do)
}

// RequestConsultationClearance gives a draft to clearance.
func (s *Server) RequestConsultationClearance(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.RequestClearance, func(tx *repository.Session, v *domain.Consultation) error {
		return v.RequestClearance(actor(c), tx.Now())
	})
}

// ReturnConsultation sends a consultation back to be written again.
func (s *Server) ReturnConsultation(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveConsultation(c, id, domain.ReturnConsultation, func(_ *repository.Session, v *domain.Consultation) error {
		return v.Return(in.Reason)
	})
}

// ClearConsultation lets a consultation open, and later close, by itself.
func (s *Server) ClearConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.ClearConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.Clear(actor(c), tx.Now()); err != nil {
			return err
		}
		return tx.Consultations.Schedule(ctx(c), v)
	})
}

// RescheduleConsultation moves its times.
func (s *Server) RescheduleConsultation(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Schedule](c)
	if err != nil {
		return err
	}
	return s.moveConsultation(c, id, domain.RescheduleConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.Reschedule(in.OpensAt, in.ClosesAt, tx.Now()); err != nil {
			return err
		}
		return tx.Consultations.Schedule(ctx(c), v)
	})
}

// openScheduled and closeScheduled do the jobs of a schedule.
func openScheduled(ctx context.Context, s *repository.Session, payload []byte) error {
	var id domain.ConsultationID
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	return s.Consultations.OpenIfDue(ctx, id)
}

func closeScheduled(ctx context.Context, s *repository.Session, payload []byte) error {
	var id domain.ConsultationID
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	return s.Consultations.CloseIfDue(ctx, id)
}

// OpenConsultation begins to take submissions.
func (s *Server) OpenConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.OpenConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		return v.Open(tx.Now())
	})
}

// PauseConsultation stops taking submissions for a while.
func (s *Server) PauseConsultation(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveConsultation(c, id, domain.PauseConsultation, func(_ *repository.Session, v *domain.Consultation) error {
		return v.Pause(in.Reason)
	})
}

// ResumeConsultation takes submissions again.
func (s *Server) ResumeConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.ResumeConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		return v.Resume(tx.Now())
	})
}

// CloseConsultation ends the taking of submissions.
func (s *Server) CloseConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.CloseConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		return v.Close(tx.Now())
	})
}

// BeginAnalysis begins to read and code what came in, and counts the results.
func (s *Server) BeginAnalysis(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.BeginAnalysis, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.BeginAnalysis(); err != nil {
			return err
		}
		return tx.Results.Count(ctx(c), v)
	})
}

// BeginResponse begins to answer the themes.
func (s *Server) BeginResponse(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.BeginResponse, func(_ *repository.Session, v *domain.Consultation) error {
		return v.BeginResponse()
	})
}

// PublishResults shows the results to the audience.
func (s *Server) PublishResults(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.PublishResults, func(tx *repository.Session, v *domain.Consultation) error {
		if err := v.PublishResults(); err != nil {
			return err
		}
		return tx.Results.Count(ctx(c), v)
	})
}

// PublishConsultation publishes the results and every response.
func (s *Server) PublishConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.PublishConsultation, func(tx *repository.Session, v *domain.Consultation) error {
		themes, err := tx.Themes.Of(ctx(c), v.ID)
		if err != nil {
			return err
		}
		responses, err := tx.Responses.Of(ctx(c), v.ID)
		if err != nil {
			return err
		}
		return v.Publish(themes, responses, tx.Now())
	})
}

// ArchiveConsultation puts a published consultation away.
func (s *Server) ArchiveConsultation(c echo.Context, id openapi.ID) error {
	return s.moveConsultation(c, id, domain.ArchiveConsultation, func(_ *repository.Session, v *domain.Consultation) error {
		return v.Archive()
	})
}

// GetResults answers with what may be published of the answers.
func (s *Server) GetResults(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Results.Of(ctx(c), domain.ConsultationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, resultsJSON)
}

func consultationDraft(in openapi.ConsultationDraft) domain.ConsultationDraft {
	d := domain.ConsultationDraft{
		Marking: marking(in.Objectives, in.ContributesTo, in.Pillars, in.TraffickingTypes, in.Topics, in.Countries),
		Audience: domain.Audience{
			ForPublic: in.Audience.Public, ForAdvisors: in.Audience.Advisors, Council: domain.CouncilID(in.Audience.CouncilID),
			Types:         named[domain.OrganizationType](in.Audience.OrganizationTypes),
			Organizations: named[domain.OrganizationID](in.Audience.OrganizationIds),
			Excluded:      named[domain.OrganizationID](in.ExcludedOrganizationIds),
		},
		Initiative: domain.InitiativeID(in.InitiativeID), Title: in.Title, Purpose: in.Purpose, Introduction: in.Introduction,
		UseOfAnswers: in.UseOfAnswers, OpensAt: in.OpensAt, ClosesAt: in.ClosesAt, TimeZone: in.TimeZone, Threshold: in.SmallCellThreshold,
	}
	for _, q := range in.Questions {
		d.Questions = append(d.Questions, question(q))
	}
	return d
}

func question(in openapi.Question) domain.Question {
	q := domain.Question{
		Key: in.Key, Kind: domain.QuestionKind(in.Kind), Prompt: in.Prompt, Help: in.Help,
		Required: in.Required, ContentWarning: in.ContentWarning,
	}
	for _, o := range in.Options {
		q.Options = append(q.Options, domain.Option{Key: o.Key, Label: o.Label})
	}
	if in.Scale != nil {
		q.Scale = &domain.Scale{Min: in.Scale.Min, Max: in.Scale.Max, MinLabel: in.Scale.MinLabel, MaxLabel: in.Scale.MaxLabel}
	}
	if in.Range != nil {
		q.Range = &domain.Range{Min: domain.Decimal(in.Range.Min), Max: domain.Decimal(in.Range.Max)}
	}
	return q
}

func consultationDraftJSON(v *domain.Consultation) openapi.ConsultationDraft {
	d := v.Draft()
	return openapi.ConsultationDraft{
		Objectives: d.Objectives, ContributesTo: d.ContributesTo, Pillars: texts(d.Pillars), TraffickingTypes: texts(d.TraffickingTypes),
		Topics: texts(d.Topics), Countries: d.Countries,
		Title: d.Title, Purpose: d.Purpose, Introduction: d.Introduction, UseOfAnswers: d.UseOfAnswers, InitiativeID: string(d.Initiative),
		Audience: audienceJSON(d.Audience), ExcludedOrganizationIds: texts(d.Excluded), Questions: questionsJSON(d.Questions),
		OpensAt: d.OpensAt, ClosesAt: d.ClosesAt, TimeZone: d.TimeZone, SmallCellThreshold: d.Threshold,
	}
}

func audienceJSON(a domain.Audience) openapi.Audience {
	return openapi.Audience{
		Public: a.ForPublic, Advisors: a.ForAdvisors, OrganizationTypes: texts(a.Types),
		OrganizationIds: texts(a.Organizations), CouncilID: string(a.Council),
	}
}

func questionsJSON(in []domain.Question) []openapi.Question {
	out := make([]openapi.Question, len(in))
	for i, q := range in {
		out[i] = openapi.Question{
			Key: q.Key, Kind: string(q.Kind), Prompt: q.Prompt, Help: q.Help, Required: q.Required, ContentWarning: q.ContentWarning,
		}
		for _, o := range q.Options {
			out[i].Options = append(out[i].Options, openapi.Option{Key: o.Key, Label: o.Label})
		}
		if q.Scale != nil {
			out[i].Scale = &openapi.Scale{Min: q.Scale.Min, Max: q.Scale.Max, MinLabel: q.Scale.MinLabel, MaxLabel: q.Scale.MaxLabel}
		}
		if q.Range != nil {
			out[i].Range = &openapi.Range{Min: string(q.Range.Min), Max: string(q.Range.Max)}
		}
	}
	return out
}

// consultationJSON shows its audience what is asked and when; who else is asked
// or excluded, and for which initiative, is the office's to know.
func consultationJSON(by domain.Actor, v *domain.Consultation) openapi.Consultation {
	zone := v.Zone()
	out := openapi.Consultation{
		ID: string(v.ID), Title: v.Title, Purpose: v.Purpose, Introduction: v.Introduction, UseOfAnswers: v.UseOfAnswers,
		Questions: questionsJSON(v.Questions), OpensAt: v.OpensAt.In(zone), ClosesAt: v.ClosesAt.In(zone), TimeZone: v.TimeZone,
		SmallCellThreshold: v.Threshold, Stage: v.Stage.String(), ResultsPublished: v.ResultsPublished, PublishedAt: v.PublishedAt,
		Objectives: orEmpty(v.Objectives), ContributesTo: orEmpty(v.ContributesTo), Pillars: texts(v.Pillars),
		TraffickingTypes: texts(v.TraffickingTypes), Topics: texts(v.Topics), Countries: orEmpty(v.Countries),
		Next: next(by, v.Relation, v.Next(by)),
	}
	if by.Sees(domain.ConsultationInside, v.Relation) {
		audience := audienceJSON(v.Audience)
		out.Audience, out.ExcludedOrganizationIds = &audience, texts(v.Excluded)
		out.InitiativeID, out.StageReason, out.RequestedBy = string(v.Initiative), v.StageReason, string(v.RequestedBy)
		out.ClosedAt, out.CreatedAt, out.UpdatedAt = v.ClosedAt, &v.CreatedAt, &v.UpdatedAt
	}
	return out
}

// resultsJSON is the same for everyone.
func resultsJSON(_ domain.Actor, v *domain.Results) openapi.Results {
	out := openapi.Results{
		ConsultationID: string(v.Consultation), CountedOn: string(v.CountedOn), SmallCellThreshold: v.Threshold, TooFew: v.TooFew,
		Columns: make([]openapi.ResultColumn, len(v.Columns)), Rows: make([]openapi.ResultRow, len(v.Rows)),
	}
	if !v.TooFew {
		out.Total = &v.Total
	}
	for i, column := range v.Columns {
		out.Columns[i] = openapi.ResultColumn{Categories: texts(column.Categories), Count: column.Count}
	}
	for i, row := range v.Rows {
		out.Rows[i] = openapi.ResultRow{Question: row.Question, Answer: row.Answer, Total: cellJSON(row.Total)}
		for _, cell := range row.Counts {
			out.Rows[i].Counts = append(out.Rows[i].Counts, cellJSON(cell))
		}
	}
	return out
}

func cellJSON(c domain.ResultCell) openapi.ResultCell {
	if c.Hidden {
		return openapi.ResultCell{Hidden: true}
	}
	return openapi.ResultCell{Count: &c.Count}
}
