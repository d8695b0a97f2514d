package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListAmendments answers with a commitment's amendments.
func (s *Server) ListAmendments(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Amendments.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, amendmentJSON)
}

// GetAmendment answers with one amendment.
func (s *Server) GetAmendment(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Amendments.Get(ctx(c), domain.AmendmentID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, amendmentJSON)
}

// ProposeAmendment proposes to change what an accepted commitment promises.
func (s *Server) ProposeAmendment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AmendmentDraft](c)
	if err != nil {
		return err
	}
	var a *domain.Amendment
	_, err = s.as(c).Commitments.Update(ctx(c), domain.ProposeAmendment, domain.CommitmentID(id), nil, func(tx *repository.Session, v *domain.Commitment) error {
		terms, err := amended(v.Terms, in)
		if err != nil {
			return err
		}
		if a, err = v.Propose(actor(c), terms, additions(in), in.Reason, s.today()); err != nil {
			return err
		}
		return tx.Amendments.Create(ctx(c), domain.ProposeAmendment, a)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, a, amendmentJSON)
}

// amended are the terms with what the draft gives.
func amended(t domain.Terms, in openapi.AmendmentDraft) (domain.Terms, error) {
	if in.Title != "" {
		t.Title = in.Title
	}
	if in.Text != "" {
		t.Text = in.Text
	}
	if in.DueOn != "" {
		t.DueOn, t.DuePrecision, t.DueText = domain.Date(in.DueOn), "", ""
	}
	if in.Amount == nil {
		return t, nil
	}
	var err error
	t.Amount, err = money(in.Amount)
	return t, err
}

func additions(in openapi.AmendmentDraft) (out domain.Additions) {
	for _, m := range in.Milestones {
		out.Milestones = append(out.Milestones, milestoneDraft(m))
	}
	for _, i := range in.Indicators {
		out.Indicators = append(out.Indicators, indicatorDraft(i))
	}
	return out
}

// ApproveAmendment approves an amendment, changes the commitment by it and adds to
// its plan.
func (s *Server) ApproveAmendment(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Amendments, domain.ApproveAmendment, id, amendmentJSON, func(tx *repository.Session, a *domain.Amendment) error {
		_, err := tx.Commitments.Update(ctx(c), domain.ApproveAmendment, a.Commitment, nil, func(tx *repository.Session, v *domain.Commitment) error {
			org, err := tx.Organizations.Steady(ctx(c), v.Organization)
			if err != nil {
				return err
			}
			added, err := v.Amend(actor(c), a, *org, s.today())
			if err != nil {
				return err
			}
			for i := range added.Milestones {
				if err := tx.Milestones.Create(ctx(c), domain.ApproveAmendment, &added.Milestones[i]); err != nil {
					return err
				}
			}
			for i := range added.Indicators {
				if err := tx.Indicators.Create(ctx(c), domain.ApproveAmendment, &added.Indicators[i]); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	})
}

// DeclineAmendment declines an amendment.
func (s *Server) DeclineAmendment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Amendments, domain.DeclineAmendment, id, amendmentJSON, func(_ *repository.Session, a *domain.Amendment) error {
		return a.Decline(actor(c), in.Reason, s.today())
	})
}

func amendmentJSON(by domain.Actor, a *domain.Amendment) openapi.Amendment {
	out := openapi.Amendment{
		ID: string(a.ID), CommitmentID: string(a.Commitment), Number: a.Number, Changes: []openapi.Change{}, Reason: a.Reason,
		Stage: a.Stage.String(), DeclineReason: a.DeclineReason, ProposedOn: string(a.ProposedOn), DecidedOn: string(a.DecidedOn),
		Next: next(by, a.Relation, a.Next(by)),
	}
	for _, ch := range a.Changes() {
		out.Changes = append(out.Changes, openapi.Change{Field: ch.Field, Old: ch.Old, New: ch.New})
	}
	for _, d := range a.Adds.Milestones {
		out.Milestones = append(out.Milestones, milestonePlanJSON(d))
	}
	for _, d := range a.Adds.Indicators {
		out.Indicators = append(out.Indicators, indicatorPlanJSON(d))
	}
	if by.Sees(domain.AmendmentInside, a.Relation) {
		out.ProposedBy, out.DecidedBy = string(a.ProposedBy), string(a.DecidedBy)
	}
	return out
}
