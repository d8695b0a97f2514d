package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListRecommendations answers with the recommendations within reach.
func (s *Server) ListRecommendations(c echo.Context, p openapi.ListRecommendationsParams) error {
	f := repository.RecommendationFilter{
		Council: p.CouncilID, Stage: p.Stage, Agency: p.Agency, ResponseStage: p.ResponseStage, Topic: p.Topic, ReportYear: p.ReportYear,
	}
	rows, err := s.as(c).Recommendations.List(ctx(c), f, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, recommendationJSON)
}

// GetRecommendation answers with one recommendation.
func (s *Server) GetRecommendation(c echo.Context, id openapi.ID) error {
	r, err := s.as(c).Recommendations.Get(ctx(c), domain.RecommendationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, r, recommendationJSON)
}

// CreateRecommendation drafts a recommendation of a council.
func (s *Server) CreateRecommendation(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.RecommendationDraft](c)
	if err != nil {
		return err
	}
	council, err := s.as(c).Councils.Permit(ctx(c), domain.CreateRecommendation, domain.CouncilID(id))
	if err != nil {
		return err
	}
	r, err := domain.NewRecommendation(council.ID, recommendationDraft(openapi.RecommendationPatch(in)))
	if err != nil {
		return err
	}
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		if err := tx.Recommendations.Named(ctx(c), "recommendation", "/supersedes_id", r.Supersedes); err != nil {
			return err
		}
		return tx.Recommendations.Create(ctx(c), domain.CreateRecommendation, r)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, r, recommendationJSON)
}

// EditRecommendation changes a draft.
func (s *Server) EditRecommendation(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Recommendations, domain.EditRecommendation, id, recommendationJSON, recommendationPatch,
		func(tx *repository.Session, r *domain.Recommendation, in openapi.RecommendationPatch) error {
			was := r.Supersedes
			if err := r.Edit(recommendationDraft(in)); err != nil || r.Supersedes == was {
				return err
			}
			return tx.Recommendations.Named(ctx(c), "recommendation", "/supersedes_id", r.Supersedes)
		})
}

// RemoveRecommendation discards a draft.
func (s *Server) RemoveRecommendation(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Recommendations, domain.RemoveRecommendation, id, recommendationJSON,
		func(_ *repository.Session, r *domain.Recommendation) error { return r.Remove() })
}

// IssueRecommendation publishes a recommendation and puts it to its agencies.
func (s *Server) IssueRecommendation(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.RecommendationIssue](c)
	if err != nil {
		return err
	}
	on := s.dayOr(in.IssuedOn)
	return change(c, s.as(c).Recommendations, domain.IssueRecommendation, id, recommendationJSON, func(tx *repository.Session, r *domain.Recommendation) error {
		council, err := tx.Councils.Hold(ctx(c), domain.IssueRecommendation, r.Council)
		if err != nil {
			return err
		}
		if err := tx.Recommendations.Number(ctx(c), r); err != nil {
			return err
		}
		earlier, err := tx.Recommendations.Get(ctx(c), r.Supersedes)
		if err != nil && !errors.Is(err, domain.NotFound) {
			return err
		}
		responses, err := r.Issue(council, earlier, on, s.today())
		if err != nil {
			return err
		}
		for _, a := range responses {
			if err := tx.AgencyResponses.Create(ctx(c), domain.IssueRecommendation, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// dayOr is the day given, or today.
func (s *Server) dayOr(given string) domain.Date {
	if given == "" {
		return s.today()
	}
	return domain.Date(given)
}

func recommendationDraft(in openapi.RecommendationPatch) domain.RecommendationDraft {
	return domain.RecommendationDraft{
		ReportYear: in.ReportYear, Number: in.Number, Text: in.Text, Agencies: in.Agencies,
		Topics: named[domain.Topic](in.Topics), Supersedes: domain.RecommendationID(in.SupersedesID),
	}
}

func recommendationPatch(r *domain.Recommendation) openapi.RecommendationPatch {
	d := r.Draft()
	return openapi.RecommendationPatch{
		ReportYear: d.ReportYear, Number: d.Number, Text: d.Text, Agencies: d.Agencies, Topics: texts(d.Topics), SupersedesID: string(d.Supersedes),
	}
}

// recommendationJSON shows the same to everyone who sees the recommendation.
func recommendationJSON(by domain.Actor, r *domain.Recommendation) openapi.Recommendation {
	out := openapi.Recommendation{
		ID: string(r.ID), CouncilID: string(r.Council), ReportYear: r.ReportYear, Number: r.Number, Text: r.Text,
		Agencies: orEmpty(r.Agencies), Topics: texts(r.Topics), SupersedesID: string(r.Supersedes), IssuedOn: string(r.IssuedOn),
		IssuedPrecision: string(r.IssuedPrecision), Source: r.Source,
		Stage: r.Stage.String(), Next: next(by, r.Relation, r.Next()),
	}
	if r.Stage.Is(domain.RecommendationIssued) {
		out.AgenciesAnswered, out.AgenciesReportingImplemented, out.CountedAsImplemented = &r.Answers.Answered, &r.Answers.Implemented, &r.Answers.Counted
	}
	return out
}

// ListAgencyResponses answers with what each agency answers.
func (s *Server) ListAgencyResponses(c echo.Context, id openapi.ID) error {
	r, err := s.as(c).Recommendations.Get(ctx(c), domain.RecommendationID(id))
	if err != nil {
		return err
	}
	rows, err := s.as(c).AgencyResponses.List(ctx(c), r.ID, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, s.agencyResponseJSON)
}

// GetAgencyResponse answers with what one agency answers.
func (s *Server) GetAgencyResponse(c echo.Context, id openapi.ID) error {
	a, err := s.as(c).AgencyResponses.Get(ctx(c), domain.AgencyResponseID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, a, s.agencyResponseJSON)
}

// ReviewAgencyResponse notes that an agency is looking into a recommendation.
func (s *Server) ReviewAgencyResponse(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AgencyReview](c)
	if err != nil {
		return err
	}
	return s.moveAgencyResponse(c, id, domain.ReviewAgencyResponse, in.Text, in.On)
}

// AcceptAgencyResponse records that an agency accepts.
func (s *Server) AcceptAgencyResponse(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.AcceptAgencyResponse)
}

// AcceptAgencyResponseInPart records that an agency accepts a part.
func (s *Server) AcceptAgencyResponseInPart(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.AcceptAgencyResponseInPart)
}

// DeclineAgencyResponse records that an agency declines, and its reason.
func (s *Server) DeclineAgencyResponse(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.DeclineAgencyResponse)
}

// BeginAgencyResponse records that an agency is at work.
func (s *Server) BeginAgencyResponse(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.BeginAgencyResponse)
}

// ImplementAgencyResponse records that an agency reports it done.
func (s *Server) ImplementAgencyResponse(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.ImplementAgencyResponse)
}

// OvertakeAgencyResponse records that events have overtaken the recommendation.
func (s *Server) OvertakeAgencyResponse(c echo.Context, id openapi.ID) error {
	return s.answerAgency(c, id, domain.OvertakeAgencyResponse)
}

func (s *Server) answerAgency(c echo.Context, id openapi.ID, act domain.Action) error {
	in, err := bind[openapi.AgencyMove](c)
	if err != nil {
		return err
	}
	return s.moveAgencyResponse(c, id, act, in.Text, in.On)
}

func (s *Server) moveAgencyResponse(c echo.Context, id openapi.ID, act domain.Action, text, on string) error {
	return change(c, s.as(c).AgencyResponses, act, id, s.agencyResponseJSON,
		func(_ *repository.Session, a *domain.AgencyResponse) error {
			return a.Move(act, text, s.dayOr(on), s.today())
		})
}

// AssessAgencyResponse judges an agency's answer as the council.
func (s *Server) AssessAgencyResponse(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AssessmentDraft](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).AgencyResponses, domain.AssessAgencyResponse, id, s.agencyResponseJSON,
		func(_ *repository.Session, a *domain.AgencyResponse) error {
			return a.Assess(domain.Verdict(in.Verdict), in.Words, s.today())
		})
}

// agencyResponseJSON shows the same to everyone: answers and assessments are
// published, and no assessment says which member wrote it down.
func (s *Server) agencyResponseJSON(by domain.Actor, a *domain.AgencyResponse) openapi.AgencyResponse {
	out := openapi.AgencyResponse{
		ID: string(a.ID), RecommendationID: string(a.Recommendation), Agency: a.Agency, Stage: a.Stage.String(),
		Steps: make([]openapi.AgencyStep, len(a.Steps)), IssuedOn: string(a.IssuedOn), IssuedPrecision: string(a.IssuedPrecision), FirstAnsweredOn: string(a.FirstAnsweredOn),
		ImplementedOn: string(a.ImplementedOn), AssessmentDueOn: string(a.AssessmentDueOn), Verdict: string(a.Verdict),
		Assessments: make([]openapi.Assessment, len(a.Assessments)), CountsAsImplemented: a.CountsAsImplemented(s.today()),
		Next: next(by, a.Relation, a.Next()),
	}
	if days, ok := a.DaysToFirstAnswer(); ok {
		out.DaysToFirstAnswer = &days
	}
	for i, st := range a.Steps {
		out.Steps[i] = openapi.AgencyStep{Stage: string(st.Stage), On: string(st.On), Text: st.Text}
	}
	for i, x := range a.Assessments {
		out.Assessments[i] = openapi.Assessment{Verdict: string(x.Verdict), Words: x.Words, Stage: string(x.Stage), On: string(x.On)}
	}
	return out
}
