package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Themes is the table of themes.
type Themes struct {
	table[domain.Theme, *domain.Theme]
}

func themes(s *Session) Themes {
	t := newTable[domain.Theme](s, domain.ReadTheme, nil, nil)
	t.index = nextCodebook
	return Themes{t}
}

// List returns a page of a consultation's themes.
func (t Themes) List(ctx context.Context, id domain.ConsultationID, p Page) (Rows[domain.Theme], error) {
	return t.list(t.within(ctx, t.read).Where("consultation = ?", id), p)
}

// Of returns every theme of a consultation, the first first.
func (t Themes) Of(ctx context.Context, id domain.ConsultationID) ([]domain.Theme, error) {
	var out []domain.Theme
	err := t.within(ctx, t.read).Where("consultation = ?", id).Order("created_at, id").Find(&out).Error
	return out, err
}

// Use counts the codings to a theme, and tells whether it has a response.
func (t Themes) Use(ctx context.Context, id domain.ThemeID) (codings int, answered bool, err error) {
	var n, responses int64
	if err := t.s.mechanism(ctx).Model(&domain.Coding{}).Where("theme = ?", id).Count(&n).Error; err != nil {
		return 0, false, err
	}
	err = t.s.mechanism(ctx).Model(&domain.Response{}).Where("theme = ?", id).Count(&responses).Error
	return int(n), responses > 0, err
}

// Codebooks is the table of the versions of codebooks.
type Codebooks struct {
	table[domain.Codebook, *domain.Codebook]
}

func codebooks(s *Session) Codebooks {
	return Codebooks{newTable[domain.Codebook](s, domain.ReadTheme, nil, nil)}
}

// Of returns a version of a consultation's codebook; the latest for 0.
func (t Codebooks) Of(ctx context.Context, id domain.ConsultationID, number int) (*domain.Codebook, error) {
	q := t.within(ctx, t.read).Where("consultation = ?", id)
	if number > 0 {
		q = q.Where("number = ?", number)
	}
	return one[domain.Codebook](q.Order("number DESC"))
}

// nextCodebook keeps the codebook as it is after a change of a theme. Whoever
// changes one holds the consultation, so versions follow one another.
func nextCodebook(ctx context.Context, s *Session, t *domain.Theme) error {
	var last int
	err := s.mechanism(ctx).Model(&domain.Codebook{}).Where("consultation = ?", t.Consultation).
		Select("COALESCE(MAX(number), 0)").Scan(&last).Error
	if err != nil {
		return err
	}
	all, err := s.Themes.Of(ctx, t.Consultation)
	if err != nil {
		return err
	}
	return s.Codebooks.Create(ctx, domain.CreateTheme, domain.NextCodebook(t.Consultation, last, all))
}

// Codings is the table of codings.
type Codings struct {
	table[domain.Coding, *domain.Coding]
}

func codings(s *Session) Codings {
	return Codings{newTable[domain.Coding](s, domain.ReadCoding, nil, nil)}
}

// List returns a page of a submission's codings.
func (t Codings) List(ctx context.Context, id domain.SubmissionID, p Page) (Rows[domain.Coding], error) {
	return t.list(t.within(ctx, t.read).Where("submission = ?", id), p)
}

// Code codes an answer of a submission to a theme. Until it is done nobody
// publishes the consultation or withdraws the submission.
func (t Codings) Code(ctx context.Context, id domain.SubmissionID, question string, theme domain.ThemeID) (*domain.Coding, error) {
	var v *domain.Coding
	err := t.s.Tx(ctx, func(s *Session) error {
		// First, as whoever changes it does, so that they never wait for each other.
		rows := s.Submissions
		rows.unshown = true
		sub, err := rows.lock(ctx, domain.ReadSubmission, id, nil)
		if err != nil {
			return err
		}
		c, err := s.Consultations.Held(ctx, sub.Consultation)
		if err != nil {
			return err
		}
		th, err := s.Themes.Get(ctx, theme)
		if errors.Is(err, domain.NotFound) {
			return (domain.Faults{{Pointer: "/theme_id", Code: "unknown_value", Detail: "must be a theme of this consultation's codebook"}}).Err()
		} else if err != nil {
			return err
		}
		book, err := s.Codebooks.Of(ctx, c.ID, 0)
		if err != nil {
			return err
		}
		if v, err = domain.NewCoding(c, sub, th, question, book.Number, s.actor); err != nil {
			return err
		}
		return t.in(s).Create(ctx, domain.CreateCoding, v)
	})
	return v, err
}

// Responses is the table of responses to themes.
type Responses struct {
	table[domain.Response, *domain.Response]
}

func responses(s *Session) Responses {
	t := newTable[domain.Response](s, domain.ReadResponse, ofConsultation(s, "r.stage IN ("+quoted(domain.AnsweredStages())+")"), nil)
	t.computed = []string{"(SELECT x.title FROM themes x WHERE x.id = r.theme) AS theme_title"}
	return Responses{t}
}

// Leads refuses a link that leads to no record which the actor sees.
func (t Responses) Leads(ctx context.Context, l domain.Link) error {
	const at = "/link_id"
	switch l.LinkKind {
	case "initiative":
		return t.s.Initiatives.Named(ctx, l.LinkKind, at, domain.InitiativeID(l.LinkID))
	case "engagement":
		return t.s.Engagements.Named(ctx, l.LinkKind, at, domain.EngagementID(l.LinkID))
	case "consultation":
		return t.s.Consultations.Named(ctx, l.LinkKind, at, domain.ConsultationID(l.LinkID))
	case "recommendation":
		return t.s.Recommendations.Named(ctx, l.LinkKind, at, domain.RecommendationID(l.LinkID))
	case "partnership":
		return t.s.Partnerships.Named(ctx, l.LinkKind, at, domain.PartnershipID(l.LinkID))
	case "commitment":
		return t.s.Commitments.Named(ctx, l.LinkKind, at, domain.CommitmentID(l.LinkID))
	}
	return nil
}

// List returns a page of the responses of a consultation.
func (t Responses) List(ctx context.Context, id domain.ConsultationID, p Page) (Rows[domain.Response], error) {
	return t.list(t.within(ctx, t.read).Where("consultation = ?", id), p)
}

// Of returns every response of a consultation within reach.
func (t Responses) Of(ctx context.Context, id domain.ConsultationID) ([]domain.Response, error) {
	var out []domain.Response
	err := t.within(ctx, t.read).Where("consultation = ?", id).Find(&out).Error
	return out, err
}

// AnswerResponse is what the office answers to a theme of one answer.
type AnswerResponse struct {
	Question string
	domain.Response
}

// To returns the published responses to the themes of a submission that the
// actor can see. They are its author's to know even where the actor no longer
// sees the consultation.
func (t Responses) To(ctx context.Context, id domain.SubmissionID) ([]AnswerResponse, error) {
	var codings []domain.Coding
	system := t.s.system()
	if err := system.Codings.within(ctx, domain.ReadCoding).Where("submission = ?", id).Order("question, theme").Find(&codings).Error; err != nil || len(codings) == 0 {
		return nil, err
	}
	c, err := system.Consultations.Get(ctx, codings[0].Consultation)
	if err != nil || !c.Answered() {
		return nil, err
	}
	all, err := system.Responses.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var out []AnswerResponse
	for _, g := range codings {
		for _, r := range all {
			if r.Theme == g.Theme {
				out = append(out, AnswerResponse{g.Question, r})
			}
		}
	}
	return out, nil
}
