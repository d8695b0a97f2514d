package api

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListCouncils answers with the councils.
func (s *Server) ListCouncils(c echo.Context) error {
	rows, err := s.as(c).Councils.List(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, councilJSON)
}

// GetCouncil answers with one council.
func (s *Server) GetCouncil(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Councils.Get(ctx(c), domain.CouncilID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, councilJSON)
}

// CreateCouncil sets a council up.
func (s *Server) CreateCouncil(c echo.Context) error {
	in, err := bind[openapi.CouncilDraft](c)
	if err != nil {
		return err
	}
	v, err := domain.NewCouncil(councilDraft(in))
	if err != nil {
		return err
	}
	if err := s.as(c).Councils.Create(ctx(c), domain.CreateCouncil, v); err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, councilJSON)
}

// EditCouncil changes a council's rules.
func (s *Server) EditCouncil(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Councils, domain.EditCouncil, id, councilJSON, councilDraftJSON,
		func(tx *repository.Session, v *domain.AdvisoryCouncil, in openapi.CouncilDraft) error {
			terms, err := tx.Terms.Of(ctx(c), v.ID)
			if err != nil {
				return err
			}
			return v.Edit(councilDraft(in), terms, s.today())
		})
}

// today is the day on the store's clock.
func (s *Server) today() domain.Date { return domain.DateOf(s.store.Now()) }

// councilDraft follows the statute in what is left out.
func councilDraft(in openapi.CouncilDraft) domain.CouncilDraft {
	d := domain.StatutoryCouncil(in.Name)
	d.MembersKnowEachOther = in.MembersKnowEachOther
	if in.Statute != "" {
		d.Statute = in.Statute
	}
	for field, given := range map[*int]int{&d.MinSeats: in.MinSeats, &d.Seats: in.Seats, &d.TermYears: in.TermYears} {
		if given != 0 {
			*field = given
		}
	}
	if in.Renewals != nil {
		d.Renewals = *in.Renewals
	}
	if in.AssessmentDays != nil {
		d.AssessmentDays = *in.AssessmentDays
	}
	return d
}

func councilDraftJSON(v *domain.AdvisoryCouncil) openapi.CouncilDraft {
	return openapi.CouncilDraft{
		Name: v.Name, Statute: v.Statute, MinSeats: v.MinSeats, Seats: v.Seats, TermYears: v.TermYears,
		Renewals: &v.Renewals, AssessmentDays: &v.AssessmentDays, MembersKnowEachOther: v.MembersKnowEachOther,
	}
}

// councilJSON shows everyone a name and a statute, and the rules to staff and
// members.
func councilJSON(by domain.Actor, v *domain.AdvisoryCouncil) openapi.Council {
	out := openapi.Council{ID: string(v.ID), Name: v.Name, Statute: v.Statute, Next: next(by, v.Relation, v.Next())}
	if by.Sees(domain.CouncilRules, v.Relation) {
		out.MinSeats, out.Seats, out.TermYears = v.MinSeats, v.Seats, v.TermYears
		out.Renewals, out.AssessmentDays, out.MembersKnowEachOther = &v.Renewals, &v.AssessmentDays, &v.MembersKnowEachOther
	}
	return out
}

// GetComposition answers with a council's members in figures.
func (s *Server) GetComposition(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Councils.Composition(ctx(c), domain.CouncilID(id))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, compositionJSON(v))
}

func compositionJSON(v domain.CouncilComposition) openapi.Composition {
	return openapi.Composition{Sitting: v.Sitting, Renewed: v.Renewed, Expertise: figures(v.Expertise), Languages: figures(v.Languages)}
}

func figures[T ~string](in []domain.CouncilCell[T]) []openapi.CompositionFigure {
	out := make([]openapi.CompositionFigure, len(in))
	for i, f := range in {
		out[i] = openapi.CompositionFigure{Value: string(f.Value), Members: f.Members}
	}
	return out
}

// ListTerms answers with a council's terms within reach.
func (s *Server) ListTerms(c echo.Context, id openapi.ID) error {
	council, err := s.as(c).Councils.Permit(ctx(c), domain.ReadTerm, domain.CouncilID(id))
	if err != nil {
		return err
	}
	rows, err := s.as(c).Terms.List(ctx(c), council.ID, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, termJSON)
}

// GetTerm answers with one term.
func (s *Server) GetTerm(c echo.Context, id openapi.ID) error {
	t, err := s.as(c).Terms.Get(ctx(c), domain.TermID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, t, termJSON)
}

// CreateTerm appoints an advisor to a council.
func (s *Server) CreateTerm(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.TermDraft](c)
	if err != nil {
		return err
	}
	var t *domain.Term
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		council, err := tx.Councils.Hold(ctx(c), domain.CreateTerm, domain.CouncilID(id))
		if err != nil {
			return err
		}
		advisor, err := tx.Advisors.Steady(ctx(c), domain.AdvisorID(in.AdvisorID))
		if err != nil {
			return named404(err, "/advisor_id", "advisor")
		}
		terms, err := tx.Terms.Of(ctx(c), council.ID)
		if err != nil {
			return err
		}
		if t, err = council.Appoint(advisor, domain.Date(in.BeginsOn), domain.Date(in.EndsOn), terms); err != nil {
			return err
		}
		return tx.Terms.Create(ctx(c), domain.CreateTerm, t)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, t, termJSON)
}

// named404 turns NotFound of a record that the body names into a fault there.
func named404(err error, pointer, kind string) error {
	if !errors.Is(err, domain.NotFound) {
		return err
	}
	return (domain.Faults{{Pointer: pointer, Code: "not_found", Detail: "names no " + kind + " that you can see"}}).Err()
}

// EndTerm ends a term early.
func (s *Server) EndTerm(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.TermEnd](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Terms, domain.EndTerm, id, termJSON,
		func(_ *repository.Session, t *domain.Term) error { return t.End(domain.Date(in.EndsOn)) })
}

// RemoveTerm takes out a term that has not begun.
func (s *Server) RemoveTerm(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Terms, domain.RemoveTerm, id, termJSON,
		func(_ *repository.Session, t *domain.Term) error { return t.Remove(s.today()) })
}

// termJSON shows a fellow member an alias and no more.
func termJSON(by domain.Actor, t *domain.Term) openapi.Term {
	out := openapi.Term{ID: string(t.ID), CouncilID: string(t.Council), Alias: t.Alias, Next: next(by, t.Relation, t.Next())}
	if by.Sees(domain.TermDates, t.Relation) {
		out.AdvisorID, out.BeginsOn, out.EndsOn, out.Renewal = string(t.Advisor), string(t.BeginsOn), string(t.EndsOn), &t.Renewal
	}
	return out
}
