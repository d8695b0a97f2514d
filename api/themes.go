package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// withinConsultation reaches a record that belongs to a consultation only through the
// consultation: who can't see that finds nothing.
func (s *Server) withinConsultation(c echo.Context, id openapi.ID, act domain.Action) error {
	if _, err := s.as(c).Consultations.Get(ctx(c), domain.ConsultationID(id)); err != nil {
		return err
	}
	return s.permitted(c, act)
}

// permitted refuses who may not do act to any record, once it is settled that
// what it is about may be seen.
func (s *Server) permitted(c echo.Context, act domain.Action) error {
	if !actor(c).May(act) {
		return domain.Refuse(domain.Forbidden, "%s is not yours to do here", act)
	}
	return nil
}

// GetCodebook answers with a version of a consultation's codebook.
func (s *Server) GetCodebook(c echo.Context, id openapi.ID, p openapi.GetCodebookParams) error {
	if err := s.withinConsultation(c, id, domain.ReadTheme); err != nil {
		return err
	}
	v, err := s.as(c).Codebooks.Of(ctx(c), domain.ConsultationID(id), p.Version)
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, codebookJSON)
}

func codebookJSON(_ domain.Actor, v *domain.Codebook) openapi.Codebook {
	out := openapi.Codebook{ConsultationID: string(v.Consultation), Version: v.Number, Themes: make([]openapi.CodebookTheme, len(v.Themes))}
	for i, t := range v.Themes {
		out.Themes[i] = openapi.CodebookTheme{ThemeID: string(t.Theme), Title: t.Title, Definition: t.Definition}
	}
	return out
}

// ListThemes answers with a consultation's themes.
func (s *Server) ListThemes(c echo.Context, id openapi.ID) error {
	if err := s.withinConsultation(c, id, domain.ReadTheme); err != nil {
		return err
	}
	rows, err := s.as(c).Themes.List(ctx(c), domain.ConsultationID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, themeJSON)
}

// CreateTheme adds a theme to the codebook.
func (s *Server) CreateTheme(c echo.Context, id openapi.ID) error {
	if err := s.withinConsultation(c, id, domain.CreateTheme); err != nil {
		return err
	}
	in, err := bind[openapi.ThemeDraft](c)
	if err != nil {
		return err
	}
	var v *domain.Theme
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		held, err := tx.Consultations.Held(ctx(c), domain.ConsultationID(id))
		if err != nil {
			return err
		}
		if v, err = domain.NewTheme(held, themeDraft(in)); err != nil {
			return err
		}
		return tx.Themes.Create(ctx(c), domain.CreateTheme, v)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, themeJSON)
}

// GetTheme answers with one theme.
func (s *Server) GetTheme(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Themes.Get(ctx(c), domain.ThemeID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, themeJSON)
}

// EditTheme changes a theme.
func (s *Server) EditTheme(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Themes, domain.EditTheme, id, themeJSON, themeDraftJSON,
		func(tx *repository.Session, v *domain.Theme, in openapi.ThemeDraft) error {
			held, err := tx.Consultations.Held(ctx(c), v.Consultation)
			if err != nil {
				return err
			}
			return v.Edit(held, themeDraft(in))
		})
}

// RetireTheme takes a theme out of the codebook.
func (s *Server) RetireTheme(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Themes, domain.RetireTheme, id, themeJSON, func(tx *repository.Session, v *domain.Theme) error {
		held, err := tx.Consultations.Held(ctx(c), v.Consultation)
		if err != nil {
			return err
		}
		codings, answered, err := tx.Themes.Use(ctx(c), v.ID)
		if err != nil {
			return err
		}
		return v.Retire(held, codings, answered)
	})
}

func themeDraft(in openapi.ThemeDraft) domain.ThemeDraft {
	return domain.ThemeDraft{Title: in.Title, Definition: in.Definition}
}

func themeDraftJSON(v *domain.Theme) openapi.ThemeDraft {
	return openapi.ThemeDraft{Title: v.Title, Definition: v.Definition}
}

func themeJSON(by domain.Actor, v *domain.Theme) openapi.Theme {
	return openapi.Theme{
		ID: string(v.ID), ConsultationID: string(v.Consultation), Title: v.Title, Definition: v.Definition,
		Stage: v.Stage.String(), Next: next(by, v.Relation, v.Next()),
	}
}

// ListCodings answers with the themes of a submission.
func (s *Server) ListCodings(c echo.Context, id openapi.ID) error {
	if err := s.withinSubmission(c, id, domain.ReadCoding); err != nil {
		return err
	}
	rows, err := s.as(c).Codings.List(ctx(c), domain.SubmissionID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, codingJSON)
}

// CreateCoding codes an answer to a theme.
func (s *Server) CreateCoding(c echo.Context, id openapi.ID) error {
	if err := s.withinSubmission(c, id, domain.CreateCoding); err != nil {
		return err
	}
	in, err := bind[openapi.CodingDraft](c)
	if err != nil {
		return err
	}
	v, err := s.as(c).Codings.Code(ctx(c), domain.SubmissionID(id), in.Question, domain.ThemeID(in.ThemeID))
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, codingJSON)
}

// GetCoding answers with one coding.
func (s *Server) GetCoding(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Codings.Get(ctx(c), domain.CodingID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, codingJSON)
}

// RemoveCoding takes a coding back.
func (s *Server) RemoveCoding(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Codings, domain.RemoveCoding, id, codingJSON, func(tx *repository.Session, v *domain.Coding) error {
		held, err := tx.Consultations.Held(ctx(c), v.Consultation)
		if err != nil {
			return err
		}
		return v.Remove(held)
	})
}

func codingJSON(by domain.Actor, v *domain.Coding) openapi.Coding {
	return openapi.Coding{
		ID: string(v.ID), SubmissionID: string(v.Submission), Question: v.Question, ThemeID: string(v.Theme),
		SubmissionNumber: v.Number, CodebookVersion: v.Codebook, CodedBy: string(v.CodedBy), Next: next(by, v.Relation, v.Next()),
	}
}

// ListResponses answers with the responses of a consultation that the caller
// may see: drafts are for staff.
func (s *Server) ListResponses(c echo.Context, id openapi.ID) error {
	if err := s.withinConsultation(c, id, domain.ReadResponse); err != nil {
		return err
	}
	rows, err := s.as(c).Responses.List(ctx(c), domain.ConsultationID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, responseJSON)
}

// GetResponse answers with one response.
func (s *Server) GetResponse(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Responses.Get(ctx(c), domain.ResponseID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, responseJSON)
}

// CreateResponse drafts the response to a theme.
func (s *Server) CreateResponse(c echo.Context, id openapi.ID) error {
	theme, err := s.as(c).Themes.Get(ctx(c), domain.ThemeID(id))
	if err != nil {
		return err
	}
	in, err := bind[openapi.ThemeResponseDraft](c)
	if err != nil {
		return err
	}
	var v *domain.Response
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		held, err := tx.Consultations.Held(ctx(c), theme.Consultation)
		if err != nil {
			return err
		}
		if v, err = domain.NewResponse(held, theme, responseDraft(in)); err != nil {
			return err
		}
		if err := tx.Responses.Leads(ctx(c), v.Link); err != nil {
			return err
		}
		return tx.Responses.Create(ctx(c), domain.CreateResponse, v)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, responseJSON)
}

// EditResponse changes a response that is not published.
func (s *Server) EditResponse(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Responses, domain.EditResponse, id, responseJSON, responseDraftJSON,
		func(tx *repository.Session, v *domain.Response, in openapi.ThemeResponseDraft) error {
			held, err := tx.Consultations.Held(ctx(c), v.Consultation)
			if err != nil {
				return err
			}
			was := v.Link
			if err := v.Edit(held, responseDraft(in)); err != nil || v.Link == was {
				return err
			}
			return tx.Responses.Leads(ctx(c), v.Link)
		})
}

func responseDraft(in openapi.ThemeResponseDraft) domain.ResponseDraft {
	return domain.ResponseDraft{
		Outcome: domain.Outcome(in.Outcome), Reason: in.Reason, Link: domain.Link{LinkKind: in.LinkKind, LinkID: in.LinkID},
	}
}

func responseDraftJSON(v *domain.Response) openapi.ThemeResponseDraft {
	return openapi.ThemeResponseDraft{Outcome: string(v.Outcome), Reason: v.Reason, LinkKind: v.LinkKind, LinkID: v.LinkID}
}

func responseJSON(by domain.Actor, v *domain.Response) openapi.ThemeResponse {
	return openapi.ThemeResponse{
		ID: string(v.ID), ConsultationID: string(v.Consultation), ThemeID: string(v.Theme), ThemeTitle: v.ThemeTitle,
		Outcome: string(v.Outcome), Reason: v.Reason, LinkKind: v.LinkKind, LinkID: v.LinkID, Next: next(by, v.Relation, v.Next()),
	}
}
