package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListPartnerships answers with the partnerships within reach.
func (s *Server) ListPartnerships(c echo.Context, p openapi.ListPartnershipsParams) error {
	rows, err := s.as(c).Partnerships.List(ctx(c), repository.PartnershipFilter{
		Stage: p.Stage, Kind: p.Kind, Organization: domain.OrganizationID(p.OrganizationID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, partnershipJSON)
}

// GetPartnership answers with one partnership.
func (s *Server) GetPartnership(c echo.Context, id openapi.ID) error {
	p, err := s.as(c).Partnerships.Get(ctx(c), domain.PartnershipID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, p, partnershipJSON)
}

// CreatePartnership starts a partnership as a concept.
func (s *Server) CreatePartnership(c echo.Context) error {
	in, err := bind[openapi.PartnershipDraft](c)
	if err != nil {
		return err
	}
	d, err := partnershipDraft(in)
	if err != nil {
		return err
	}
	p, err := domain.NewPartnership(d)
	if err != nil {
		return err
	}
	if err := s.as(c).Partnerships.Create(ctx(c), domain.CreatePartnership, p); err != nil {
		return err
	}
	return show(c, http.StatusCreated, p, partnershipJSON)
}

// EditPartnership changes what was written of a partnership.
func (s *Server) EditPartnership(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Partnerships, domain.EditPartnership, id, partnershipJSON, partnershipDraftJSON,
		func(_ *repository.Session, p *domain.Partnership, in openapi.PartnershipDraft) error {
			d, err := partnershipDraft(in)
			if err != nil {
				return err
			}
			return p.Edit(d)
		})
}

// movePartnership takes a partnership through a transition that needs no more.
func (s *Server) movePartnership(c echo.Context, id openapi.ID, act domain.Action, do func(*domain.Partnership) error) error {
	return change(c, s.as(c).Partnerships, act, id, partnershipJSON, func(_ *repository.Session, p *domain.Partnership) error { return do(p) })
}

// BeginPartnershipDueDiligence begins due diligence of a concept.
func (s *Server) BeginPartnershipDueDiligence(c echo.Context, id openapi.ID) error {
	return s.advancePartnership(c, id, domain.DiligencePartnership)
}

// DraftPartnershipMemo begins to draft the action memorandum.
func (s *Server) DraftPartnershipMemo(c echo.Context, id openapi.ID) error {
	return s.advancePartnership(c, id, domain.DraftPartnershipMemo)
}

// ActivatePartnership says that the work has begun.
func (s *Server) ActivatePartnership(c echo.Context, id openapi.ID) error {
	return s.decidePartnership(c, id, domain.ActivatePartnership, func(p *domain.Partnership, d domain.Dossier) error {
		return p.Activate(d, s.today())
	})
}

func (s *Server) advancePartnership(c echo.Context, id openapi.ID, act domain.Action) error {
	return s.movePartnership(c, id, act, func(p *domain.Partnership) error { return p.Advance(act) })
}

// decidePartnership takes a partnership through a step that rests on its dossier.
func (s *Server) decidePartnership(c echo.Context, id openapi.ID, act domain.Action, do func(*domain.Partnership, domain.Dossier) error) error {
	return change(c, s.as(c).Partnerships, act, id, partnershipJSON, func(tx *repository.Session, p *domain.Partnership) error {
		d, err := tx.Partnerships.Dossier(ctx(c), p)
		if err != nil {
			return err
		}
		return do(p, d)
	})
}

// RequestPartnershipClearances asks for the clearances and the approval.
func (s *Server) RequestPartnershipClearances(c echo.Context, id openapi.ID) error {
	return s.decidePartnership(c, id, domain.RequestClearances, func(p *domain.Partnership, d domain.Dossier) error {
		return p.RequestClearances(actor(c), d.Newest, s.store.Now())
	})
}

// SendBackPartnership gives the memorandum back to be drafted again.
func (s *Server) SendBackPartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.SendBackPartnership, func(p *domain.Partnership) error { return p.SendBack(in.Reason) })
}

// AttestPartnership keeps the attestation that this is not procurement.
func (s *Server) AttestPartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Attestation](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.AttestPartnership, func(p *domain.Partnership) error {
		return p.Attest(actor(c), in.Statement, s.store.Now())
	})
}

// ApprovePartnership approves a partnership that lacks nothing.
func (s *Server) ApprovePartnership(c echo.Context, id openapi.ID) error {
	return s.decidePartnership(c, id, domain.ApprovePartnership, func(p *domain.Partnership, d domain.Dossier) error {
		return p.Approve(actor(c), d, s.today())
	})
}

// SignPartnership records the signing.
func (s *Server) SignPartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Signing](c)
	if err != nil {
		return err
	}
	return s.decidePartnership(c, id, domain.SignPartnership, func(p *domain.Partnership, d domain.Dossier) error {
		return p.Sign(domain.Date(in.SignedOn), in.MemorandumReference, d, s.today())
	})
}

// FallDuePartnership marks that the approval has run out.
func (s *Server) FallDuePartnership(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Partnerships, domain.ReapprovalFallsDue, id, partnershipJSON, func(tx *repository.Session, p *domain.Partnership) error {
		if err := tellOfReapproval(ctx(c), asServer(tx), p, s.today()); err != nil {
			return err
		}
		return p.FallDue(s.today())
	})
}

// RenewPartnership approves a partnership anew until another day.
func (s *Server) RenewPartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Renewal](c)
	if err != nil {
		return err
	}
	return s.decidePartnership(c, id, domain.RenewPartnership, func(p *domain.Partnership, d domain.Dossier) error {
		return p.Renew(actor(c), domain.Date(in.EndsOn), d, s.today())
	})
}

// ExpirePartnership ends a partnership that was not renewed.
func (s *Server) ExpirePartnership(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.ExpirePartnership, func(p *domain.Partnership) error { return p.Expire(s.today()) })
}

// TerminatePartnership ends a partnership early.
func (s *Server) TerminatePartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.TerminatePartnership, func(p *domain.Partnership) error { return p.Terminate(in.Reason, s.today()) })
}

// CloseOutPartnership settles what is left of an ended partnership.
func (s *Server) CloseOutPartnership(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.CloseOutPartnership, func(p *domain.Partnership) error { return p.CloseOut(s.today()) })
}

// EvaluatePartnership keeps what a partnership came to.
func (s *Server) EvaluatePartnership(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Evaluation](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.EvaluatePartnership, func(p *domain.Partnership) error { return p.Evaluate(in.Evaluation, s.today()) })
}

// ConsentToPublishPartnership is a member's agreement to publication.
func (s *Server) ConsentToPublishPartnership(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.ConsentPartnership, func(p *domain.Partnership) error { return p.Consent(actor(c), s.store.Now()) })
}

// WithdrawPartnershipConsent takes a member's agreement back.
func (s *Server) WithdrawPartnershipConsent(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.UnconsentPartnership, func(p *domain.Partnership) error { return p.WithdrawConsent(actor(c)) })
}

// PublishPartnership is the office's agreement to publication.
func (s *Server) PublishPartnership(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.PublishPartnership, func(p *domain.Partnership) error {
		p.Publish(actor(c), s.store.Now())
		return nil
	})
}

// UnpublishPartnership takes the office's agreement back.
func (s *Server) UnpublishPartnership(c echo.Context, id openapi.ID) error {
	return s.movePartnership(c, id, domain.UnpublishPartnership, func(p *domain.Partnership) error {
		p.Unpublish()
		return nil
	})
}

func partnershipDraft(in openapi.PartnershipDraft) (domain.PartnershipDraft, error) {
	value, err := money(in.EstimatedValue)
	if err != nil {
		return domain.PartnershipDraft{}, at("/estimated_value", err)
	}
	d := domain.PartnershipDraft{
		Title: in.Title, Kind: domain.PartnershipKind(in.Kind), Purpose: in.Purpose, EstimatedValue: value, StartsOn: domain.Date(in.StartsOn),
		EndsOn: domain.Date(in.EndsOn), ReapprovalDueOn: domain.Date(in.ReapprovalDueOn), MonitoringPlan: in.MonitoringPlan,
		Memorandum: domain.Memorandum(in.Memorandum), MemorandumReason: in.MemorandumReason,
		Marking: marking(in.Objectives, in.ContributesTo, in.Pillars, in.TraffickingTypes, in.Topics, in.Countries),
	}
	for _, m := range in.Members {
		d.Members = append(d.Members, domain.Member{Organization: domain.OrganizationID(m.OrganizationID), Role: m.Role})
	}
	return d, nil
}

func partnershipDraftJSON(p *domain.Partnership) openapi.PartnershipDraft {
	d := p.Draft()
	out := openapi.PartnershipDraft{
		Title: d.Title, Kind: string(d.Kind), Purpose: d.Purpose, EstimatedValue: moneyJSON(d.EstimatedValue), StartsOn: string(d.StartsOn), EndsOn: string(d.EndsOn),
		ReapprovalDueOn: string(d.ReapprovalDueOn), MonitoringPlan: d.MonitoringPlan, Memorandum: string(d.Memorandum),
		MemorandumReason: d.MemorandumReason, Objectives: d.Marking.Objectives, ContributesTo: d.Marking.ContributesTo,
		Pillars: texts(d.Marking.Pillars), TraffickingTypes: texts(d.Marking.TraffickingTypes), Topics: texts(d.Marking.Topics),
		Countries: d.Marking.Countries,
	}
	for _, m := range d.Members {
		out.Members = append(out.Members, openapi.MemberDraft{OrganizationID: string(m.Organization), Role: m.Role})
	}
	return out
}

// partnershipJSON shows a member what was agreed and who takes part, and of the
// consents its own; the office's deliberations stay with the office.
func partnershipJSON(by domain.Actor, p *domain.Partnership) openapi.Partnership {
	out := openapi.Partnership{
		ID: string(p.ID), Title: p.Title, Kind: string(p.Kind), Purpose: p.Purpose, Members: membersJSON(by, p),
		StartsOn: string(p.StartsOn), EndsOn: string(p.EndsOn), ReapprovalDueOn: string(p.ReapprovalDueOn),
		MonitoringPlan: p.MonitoringPlan, Memorandum: string(p.Memorandum), MemorandumReason: p.MemorandumReason,
		MemorandumReference: p.MemorandumReference, Stage: p.Stage.String(), ApprovedOn: string(p.ApprovedOn), SignedOn: string(p.SignedOn),
		ActivatedOn: string(p.ActivatedOn), RenewedOn: string(p.RenewedOn), EndedOn: string(p.EndedOn), ClosedOutOn: string(p.ClosedOutOn),
		EvaluatedOn: string(p.EvaluatedOn), Published: p.Published, Objectives: orEmpty(p.Objectives), ContributesTo: orEmpty(p.ContributesTo),
		Pillars: texts(p.Pillars), TraffickingTypes: texts(p.TraffickingTypes), Topics: texts(p.Topics), Countries: orEmpty(p.Countries),
		Next: next(by, p.Relation, p.Next(by)),
	}
	if by.Sees(domain.PartnershipInside, p.Relation) {
		out.StageReason, out.NotProcurement, out.AttestedBy, out.AttestedOn = p.StageReason, p.NotProcurement, string(p.AttestedBy), string(p.AttestedOn)
		out.EstimatedValue, out.LegacySource, out.RenewalRequestedBy = moneyJSON(p.EstimatedValue), p.LegacySource, string(p.RenewalRequestedBy)
		out.RequirementsID, out.ApprovedUnderID = string(p.Requirements), string(p.ApprovedUnder)
		out.RequestedBy, out.ApprovedBy, out.Evaluation = string(p.RequestedBy), string(p.ApprovedBy), p.Evaluation
		out.ReleasedAt, out.ReleasedBy = p.Release.At, string(p.Release.By)
		out.CreatedAt, out.UpdatedAt = &p.CreatedAt, &p.UpdatedAt
	}
	return out
}

func membersJSON(by domain.Actor, p *domain.Partnership) []openapi.Member {
	out := make([]openapi.Member, len(p.Members))
	for i, m := range p.Members {
		out[i] = openapi.Member{OrganizationID: string(m.Organization), Name: m.Name, Role: m.Role}
		if by.Sees(domain.PartnershipConsent, by.StandsTo(m.Organization)) {
			out[i].ConsentedAt, out[i].ConsentedBy = m.Consent.At, string(m.Consent.By)
		}
	}
	return out
}
