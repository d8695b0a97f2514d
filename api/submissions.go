package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/receipt"
	"accord/openapi"
	"accord/repository"
)

// withinSubmission reaches what belongs to a submission only through the
// submission: who can't see that finds nothing.
func (s *Server) withinSubmission(c echo.Context, id openapi.ID, act domain.Action) error {
	if err := s.as(c).Submissions.Seen(ctx(c), domain.SubmissionID(id)); err != nil {
		return err
	}
	return s.permitted(c, act)
}

// ListSubmissions answers with the submissions within reach, without answers.
func (s *Server) ListSubmissions(c echo.Context, p openapi.ListSubmissionsParams) error {
	rows, err := s.as(c).Submissions.List(ctx(c), repository.SubmissionFilter{
		Consultation: domain.ConsultationID(p.ConsultationID), Stage: p.Stage, Category: p.Category, Theme: domain.ThemeID(p.ThemeID),
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, s.submissionJSON)
}

// GetSubmission answers with one submission.
func (s *Server) GetSubmission(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Submissions.Get(ctx(c), domain.SubmissionID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, s.submissionJSON)
}

// CreateSubmission begins a partner's or an advisor's submission.
func (s *Server) CreateSubmission(c echo.Context, id openapi.ID) error {
	of := domain.ConsultationID(id)
	if _, err := s.as(c).Consultations.Joinable(ctx(c), domain.JoinConsultation, of); err != nil {
		return err
	}
	in, err := bind[openapi.SubmissionDraft](c)
	if err != nil {
		return err
	}
	var v *domain.Submission
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		org, err := ownOrganization(ctx(c), tx, actor(c).Organization)
		if err != nil {
			return err
		}
		consultation, err := tx.Consultations.Joinable(ctx(c), domain.JoinConsultation, of)
		if err != nil {
			return err
		}
		if v, err = domain.NewSubmission(consultation, actor(c), org, tx.NewAlias(), submissionDraft(in), tx.Now()); err != nil {
			return err
		}
		return tx.Submissions.Create(ctx(c), domain.CreateSubmission, v)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, s.submissionJSON)
}

// ownOrganization is an author's organization as it stands, nil for an advisor.
func ownOrganization(ctx context.Context, tx *repository.Session, id domain.OrganizationID) (*domain.Organization, error) {
	if id == "" {
		return nil, nil
	}
	return tx.Organizations.Steady(ctx, id)
}

// EditSubmission saves a draft.
func (s *Server) EditSubmission(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Submissions, domain.EditSubmission, id, s.submissionJSON, submissionDraftJSON,
		func(tx *repository.Session, v *domain.Submission, in openapi.SubmissionDraft) error {
			consultation, err := tx.Consultations.Of(ctx(c), v.Consultation)
			if err != nil {
				return err
			}
			return v.Edit(consultation, submissionDraft(in), tx.Now())
		})
}

// SubmitSubmission hands a draft in.
func (s *Server) SubmitSubmission(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Submissions, domain.SubmitSubmission, id, s.submissionJSON, func(tx *repository.Session, v *domain.Submission) error {
		consultation, err := tx.Consultations.Of(ctx(c), v.Consultation)
		if err != nil {
			return err
		}
		org, err := ownOrganization(ctx(c), tx, v.Organization)
		if err != nil {
			return err
		}
		if err := v.Submit(actor(c), consultation, org, tx.Now()); err != nil {
			return err
		}
		from := domain.Source{SourceKind: domain.FromSubmission, SourceID: string(v.ID)}
		return tx.Hear(ctx(c), consultation.Initiative, tx.Now(), from, v.Groups(org)...)
	})
}

// AmendSubmission replaces the answers of what was handed in.
func (s *Server) AmendSubmission(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.SubmissionAmendment](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Submissions, domain.AmendSubmission, id, s.submissionJSON, func(tx *repository.Session, v *domain.Submission) error {
		consultation, err := tx.Consultations.Of(ctx(c), v.Consultation)
		if err != nil {
			return err
		}
		return v.Amend(consultation, answers(in.Answers), tx.Now())
	})
}

// WithdrawSubmission takes a submission back.
func (s *Server) WithdrawSubmission(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Submissions, domain.WithdrawSubmission, id, s.submissionJSON,
		func(_ *repository.Session, v *domain.Submission) error { return v.Withdraw() })
}

// AcceptSubmission takes a submission into account.
func (s *Server) AcceptSubmission(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Submissions, domain.AcceptSubmission, id, s.submissionJSON,
		func(_ *repository.Session, v *domain.Submission) error { return v.Accept() })
}

// WithholdSubmission leaves a submission out of account.
func (s *Server) WithholdSubmission(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Submissions, domain.WithholdSubmission, id, s.submissionJSON,
		func(_ *repository.Session, v *domain.Submission) error { return v.Withhold(in.Reason) })
}

// ListSubmissionVersions answers with what the author handed in.
func (s *Server) ListSubmissionVersions(c echo.Context, id openapi.ID) error {
	versions, err := s.as(c).Submissions.Versions(ctx(c), domain.SubmissionID(id))
	if err != nil {
		return err
	}
	v, err := s.as(c).Submissions.Get(ctx(c), domain.SubmissionID(id))
	if err != nil {
		return err
	}
	out := pageJSON[openapi.SubmissionVersion]{Items: make([]openapi.SubmissionVersion, len(versions))}
	for i, x := range versions {
		out.Items[i] = openapi.SubmissionVersion{
			Number: x.Number, ReceivedOn: string(x.ReceivedOn), Answers: answersJSON(x.Content.Answers),
			Receipt: s.receiptJSON(v.Consultation, x.Number, x.ReceivedOn, x.Content),
		}
	}
	return answerJSON(c, http.StatusOK, out)
}

// ListSubmissionResponses answers with what became of a submission.
func (s *Server) ListSubmissionResponses(c echo.Context, id openapi.ID) error {
	if err := s.withinSubmission(c, id, domain.ReadSubmission); err != nil {
		return err
	}
	rows, err := s.as(c).Responses.To(ctx(c), domain.SubmissionID(id))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, pageJSON[openapi.AnswerResponse]{Items: answerResponsesJSON(rows)})
}

func answerResponsesJSON(rows []repository.AnswerResponse) []openapi.AnswerResponse {
	out := make([]openapi.AnswerResponse, len(rows))
	for i, r := range rows {
		out[i] = openapi.AnswerResponse{
			Question: r.Question, ThemeTitle: r.ThemeTitle, Outcome: string(r.Outcome), Reason: r.Reason,
			LinkKind: r.LinkKind, LinkID: r.LinkID,
		}
	}
	return out
}

// ListMessages answers with what author and office said to each other.
func (s *Server) ListMessages(c echo.Context, id openapi.ID) error {
	if err := s.withinSubmission(c, id, domain.ReadMessage); err != nil {
		return err
	}
	rows, err := s.as(c).Messages.List(ctx(c), domain.SubmissionID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, messageJSON)
}

// CreateMessage says something about a submission.
func (s *Server) CreateMessage(c echo.Context, id openapi.ID) error {
	if err := s.withinSubmission(c, id, domain.CreateMessage); err != nil {
		return err
	}
	in, err := bind[openapi.MessageDraft](c)
	if err != nil {
		return err
	}
	tx := s.as(c)
	m, err := tx.Messages.Send(ctx(c), domain.CreateMessage, tx.Submissions, domain.SubmissionID(id), in.Text)
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, m, messageJSON)
}

// messageJSON says which side spoke, and not who.
func messageJSON(_ domain.Actor, m *domain.Message) openapi.Message {
	out := openapi.Message{Number: m.Number, From: "author", Text: m.Text, SentOn: string(m.SentOn)}
	if m.FromOffice {
		out.From = "office"
	}
	return out
}

func submissionDraft(in openapi.SubmissionDraft) domain.SubmissionDraft {
	return domain.SubmissionDraft{
		Attribution: domain.Attribution(in.Attribution), AttributedTo: in.AttributedTo, Answers: answers(in.Answers),
	}
}

func submissionDraftJSON(v *domain.Submission) openapi.SubmissionDraft {
	d := v.Draft()
	return openapi.SubmissionDraft{Attribution: string(d.Attribution), AttributedTo: d.AttributedTo, Answers: answersJSON(d.Answers)}
}

func answers(in []openapi.Answer) []domain.Answer {
	out := make([]domain.Answer, len(in))
	for i, a := range in {
		out[i] = domain.Answer{
			Question: a.Question, PreferNotToAnswer: a.PreferNotToAnswer, Text: a.Text, Choice: a.Choice, Choices: a.Choices, Scale: a.Scale,
			Ranking: a.Ranking, Number: domain.Decimal(a.Number), Date: domain.Date(a.Date),
		}
	}
	return out
}

func answersJSON(in []domain.Answer) []openapi.Answer {
	out := make([]openapi.Answer, len(in))
	for i, a := range in {
		out[i] = openapi.Answer{
			Question: a.Question, PreferNotToAnswer: a.PreferNotToAnswer, Text: a.Text, Choice: a.Choice, Choices: a.Choices, Scale: a.Scale,
			Ranking: a.Ranking, Number: string(a.Number), Date: string(a.Date),
		}
	}
	return out
}

// submissionJSON shows staff an advisor by the pseudonym alone. The receipt is
// the author's. Of what was withdrawn there is nothing to show.
func (s *Server) submissionJSON(by domain.Actor, v *domain.Submission) openapi.Submission {
	out := openapi.Submission{
		ID: string(v.ID), ConsultationID: string(v.Consultation), Stage: v.Stage.String(), Number: v.Number,
		ReceivedOn: string(v.ReceivedOn), Attribution: string(v.Attribution), Category: string(v.Category),
		OrganizationID: string(v.Organization), Alias: v.Alias, WithheldReason: v.WithheldReason, Next: next(by, v.Relation, v.Next()),
	}
	if v.Content == nil {
		return out
	}
	out.AttributedTo, out.Answers = v.Content.AttributedTo, answersJSON(v.Content.Answers)
	if by.Sees(domain.SubmissionReceipt, v.Relation) && v.Number > 0 {
		r := s.receiptJSON(v.Consultation, v.Number, v.ReceivedOn, v.Content)
		out.Receipt = &r
	}
	return out
}

// receiptJSON is a signed receipt of one version of a submission.
func (s *Server) receiptJSON(c domain.ConsultationID, number int, received domain.Date, content *domain.Content) openapi.Receipt {
	statement := s.receipts.Sign(receipt.Statement{
		Consultation: string(c), Number: number, ReceivedOn: string(received), SHA256: receipt.Digest(content.Text()),
	})
	return openapi.Receipt{Statement: statement, Content: string(content.Text())}
}
