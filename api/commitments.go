package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListCommitments answers with the commitments within reach.
func (s *Server) ListCommitments(c echo.Context, p openapi.ListCommitmentsParams) error {
	rows, err := s.as(c).Commitments.List(ctx(c), repository.CommitmentFilter{
		Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID), Partnership: domain.PartnershipID(p.PartnershipID),
		DueFrom: domain.Date(p.DueFrom), DueUntil: domain.Date(p.DueUntil),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, s.commitmentJSON)
}

// GetCommitment answers with one commitment and its health as of now.
func (s *Server) GetCommitment(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Commitments.Get(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, s.commitmentJSON)
}

// CreateCommitment drafts a commitment: a partner for its own organization,
// staff for any.
func (s *Server) CreateCommitment(c echo.Context) error {
	in, err := bind[openapi.CommitmentDraft](c)
	if err != nil {
		return err
	}
	d, err := commitmentDraft(in)
	if err != nil {
		return err
	}
	var v *domain.Commitment
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		org, err := promiser(c, tx, in.OrganizationID)
		if err != nil {
			return err
		}
		inside, err := partnershipOf(c, tx, d)
		if err != nil {
			return err
		}
		if v, err = domain.NewCommitment(org, d, inside); err != nil {
			return err
		}
		return tx.Commitments.Create(ctx(c), domain.CreateCommitment, v)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, s.commitmentJSON)
}

// promiser is the organization that a new commitment is by.
func promiser(c echo.Context, tx *repository.Session, given string) (domain.OrganizationID, error) {
	own := actor(c).Organization
	switch {
	case own != "" && given != "" && given != string(own):
		return "", domain.Refuse(domain.Forbidden, "a partner promises for its own organization")
	case own != "":
		return own, nil
	case given == "":
		return "", (domain.Faults{{Pointer: "/organization_id", Code: "required", Detail: "say which organization promises"}}).Err()
	}
	org, err := found(tx.Organizations.Get(ctx(c), domain.OrganizationID(given)))
	if err == nil && org == nil {
		err = (domain.Faults{{Pointer: "/organization_id", Code: "unknown_value", Detail: "must be an organization that there is"}}).Err()
	}
	return domain.OrganizationID(given), err
}

// partnershipOf is the partnership inside which a commitment is to be; nil if it
// stands alone, or if the caller can't see such a partnership.
func partnershipOf(c echo.Context, tx *repository.Session, d domain.CommitmentDraft) (*domain.Partnership, error) {
	if d.Partnership == "" {
		return nil, nil
	}
	return found(tx.Partnerships.Steady(ctx(c), d.Partnership))
}

// EditCommitment changes a draft or a returned commitment.
func (s *Server) EditCommitment(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Commitments, domain.EditCommitment, id, s.commitmentJSON, commitmentDraftJSON,
		func(tx *repository.Session, v *domain.Commitment, in openapi.CommitmentDraft) error {
			if in.OrganizationID != string(v.Organization) {
				return (domain.Faults{{Pointer: "/organization_id", Code: "unknown_field", Detail: "who promises is not changed"}}).Err()
			}
			d, err := commitmentDraft(in)
			if err != nil {
				return err
			}
			inside, err := partnershipOf(c, tx, d)
			if err != nil {
				return err
			}
			return v.Edit(actor(c), d, inside)
		})
}

// moveCommitment takes a commitment through a transition that needs no more.
func (s *Server) moveCommitment(c echo.Context, id openapi.ID, act domain.Action, do func(*domain.Commitment) error) error {
	return change(c, s.as(c).Commitments, act, id, s.commitmentJSON, func(_ *repository.Session, v *domain.Commitment) error { return do(v) })
}

// agreeCommitment takes a commitment through a transition by which something new
// is agreed with its organization, as that stands.
func (s *Server) agreeCommitment(c echo.Context, id openapi.ID, act domain.Action, do func(*domain.Commitment, domain.Organization) error) error {
	return change(c, s.as(c).Commitments, act, id, s.commitmentJSON, func(tx *repository.Session, v *domain.Commitment) error {
		org, err := tx.Organizations.Steady(ctx(c), v.Organization)
		if err != nil {
			return err
		}
		return do(v, *org)
	})
}

// SubmitCommitment asks the office to accept.
func (s *Server) SubmitCommitment(c echo.Context, id openapi.ID) error {
	return s.agreeCommitment(c, id, domain.SubmitCommitment, func(v *domain.Commitment, org domain.Organization) error {
		return v.Submit(actor(c), org, s.today())
	})
}

// ReturnCommitment gives a submitted commitment back.
func (s *Server) ReturnCommitment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveCommitment(c, id, domain.ReturnCommitment, func(v *domain.Commitment) error { return v.Return(in.Reason) })
}

// AcceptCommitment accepts a submitted commitment, which fixes its terms.
func (s *Server) AcceptCommitment(c echo.Context, id openapi.ID) error {
	return s.agreeCommitment(c, id, domain.AcceptCommitment, func(v *domain.Commitment, org domain.Organization) error {
		return v.Accept(actor(c), org, s.today())
	})
}

// ActivateCommitment says that the work has begun.
func (s *Server) ActivateCommitment(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.ActivateCommitment, func(v *domain.Commitment) error { return v.Activate(s.today()) })
}

// ClaimCommitmentCompletion reports that a commitment is completed.
func (s *Server) ClaimCommitmentCompletion(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.ClaimCommitment, func(v *domain.Commitment) error { return v.Claim(actor(c), s.today()) })
}

// VerifyCommitment verifies what became of a commitment.
func (s *Server) VerifyCommitment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.CommitmentVerification](c)
	if err != nil {
		return err
	}
	d := domain.VerificationDraft{
		Method: domain.VerificationMethod(in.Method), Evidence: in.Evidence, EvidenceURL: in.EvidenceURL, Confidence: domain.Confidence(in.Confidence),
	}
	return change(c, s.as(c).Commitments, domain.VerifyCommitment, id, s.commitmentJSON, func(tx *repository.Session, v *domain.Commitment) error {
		found, err := v.Verify(actor(c), domain.CommitmentStage(in.Outcome), d, s.today())
		if err != nil {
			return err
		}
		return tx.Verifications.Create(ctx(c), domain.VerifyCommitment, found)
	})
}

// LapseCommitment ends a commitment whose due date has passed.
func (s *Server) LapseCommitment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveCommitment(c, id, domain.LapseCommitment, func(v *domain.Commitment) error { return v.Lapse(in.Reason, s.today()) })
}

// WithdrawCommitment ends a commitment that has no outcome yet.
func (s *Server) WithdrawCommitment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.moveCommitment(c, id, domain.WithdrawCommitment, func(v *domain.Commitment) error { return v.Withdraw(in.Reason, s.today()) })
}

// ConsentToPublishCommitment is the organization's agreement to publication.
func (s *Server) ConsentToPublishCommitment(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.ConsentCommitment, func(v *domain.Commitment) error {
		return v.ConsentToPublication(actor(c), s.store.Now())
	})
}

// WithdrawCommitmentConsent takes the organization's agreement back.
func (s *Server) WithdrawCommitmentConsent(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.UnconsentCommitment, func(v *domain.Commitment) error { return v.WithdrawConsent(actor(c)) })
}

// PublishCommitment is the office's agreement to publication.
func (s *Server) PublishCommitment(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.PublishCommitment, func(v *domain.Commitment) error {
		v.Publish(actor(c), s.store.Now())
		return nil
	})
}

// UnpublishCommitment takes the office's agreement back.
func (s *Server) UnpublishCommitment(c echo.Context, id openapi.ID) error {
	return s.moveCommitment(c, id, domain.UnpublishCommitment, func(v *domain.Commitment) error {
		v.Unpublish()
		return nil
	})
}

func commitmentDraft(in openapi.CommitmentDraft) (domain.CommitmentDraft, error) {
	amount, err := money(in.Amount)
	return domain.CommitmentDraft{
		Partnership: domain.PartnershipID(in.PartnershipID),
		Terms:       domain.Terms{Title: in.Title, Text: in.Text, DueOn: domain.Date(in.DueOn), DuePrecision: domain.Precision(in.DuePrecision), DueText: in.DueText, Amount: amount},
		SourceURL:   in.SourceURL,
		Marking:     marking(in.Objectives, in.ContributesTo, in.Pillars, in.TraffickingTypes, in.Topics, in.Countries),
	}, err
}

func commitmentDraftJSON(v *domain.Commitment) openapi.CommitmentDraft {
	d := v.Draft()
	return openapi.CommitmentDraft{
		OrganizationID: string(v.Organization), PartnershipID: string(d.Partnership), Title: d.Terms.Title, Text: d.Terms.Text,
		DueOn: string(d.Terms.DueOn), DuePrecision: string(d.Terms.DuePrecision), DueText: d.Terms.DueText,
		Amount: moneyJSON(d.Terms.Amount), SourceURL: d.SourceURL,
		Objectives: d.Marking.Objectives, ContributesTo: d.Marking.ContributesTo, Pillars: texts(d.Marking.Pillars),
		TraffickingTypes: texts(d.Marking.TraffickingTypes), Topics: texts(d.Marking.Topics), Countries: d.Marking.Countries,
	}
}

// money reads an amount; none is the zero Money.
func money(in *openapi.Money) (domain.Money, error) {
	if in == nil {
		return domain.Money{}, nil
	}
	m, err := domain.ParseMoney(in.Amount, in.Currency)
	return m, at("/amount", err)
}

// at says where in the body a refused value stands.
func at(pointer string, err error) error {
	var refused *domain.Error
	if !errors.As(err, &refused) {
		return err
	}
	if len(refused.Faults) == 0 {
		return (domain.Faults{{Pointer: pointer, Code: "invalid", Detail: refused.Detail}}).Err()
	}
	moved := domain.Faults(slices.Clone(refused.Faults))
	for i := range moved {
		moved[i].Pointer = pointer + moved[i].Pointer
	}
	return moved.Err()
}

func moneyJSON(m domain.Money) *openapi.Money {
	if m == (domain.Money{}) {
		return nil
	}
	return &openapi.Money{Amount: m.Amount(), Currency: m.Currency}
}

// commitmentJSON shows an organization all of its own commitment but who in the
// office did what.
func (s *Server) commitmentJSON(by domain.Actor, v *domain.Commitment) openapi.Commitment {
	out := openapi.Commitment{
		ID: string(v.ID), OrganizationID: string(v.Organization), PartnershipID: string(v.Partnership), Title: v.Title, Text: v.Text,
		DueOn: string(v.DueOn), DuePrecision: string(v.DuePrecision), DueText: v.DueText,
		Amount: moneyJSON(v.Amount), SourceURL: v.SourceURL, Stage: v.Stage.String(), StageReason: v.StageReason,
		SubmittedOn: string(v.SubmittedOn), AcceptedOn: string(v.AcceptedOn), ActivatedOn: string(v.ActivatedOn),
		CompletedOn: string(v.CompletedOn), VerifiedOn: string(v.VerifiedOn), EndedOn: string(v.EndedOn), Amendments: v.Amendments,
		ConsentedAt: v.Consent.At, Published: v.Published,
		Objectives: orEmpty(v.Objectives), ContributesTo: orEmpty(v.ContributesTo), Pillars: texts(v.Pillars),
		TraffickingTypes: texts(v.TraffickingTypes), Topics: texts(v.Topics), Countries: orEmpty(v.Countries),
		SmartScore: v.SmartScore, Next: next(by, v.Relation, v.Next(by)),
	}
	if by.Judges() {
		out.Health = s.healthJSON(v)
	}
	if by.Sees(domain.CommitmentPeople, v.Relation) {
		out.ConsentedBy, out.Reporting = string(v.Consent.By), reportingJSON(v)
	}
	if by.Sees(domain.CommitmentInside, v.Relation) {
		out.SubmittedBy, out.AcceptedBy = string(v.SubmittedBy), string(v.AcceptedBy)
		out.ReleasedAt, out.ReleasedBy = v.Release.At, string(v.Release.By)
		out.CreatedAt, out.UpdatedAt = &v.CreatedAt, &v.UpdatedAt
	}
	return out
}

func (s *Server) healthJSON(v *domain.Commitment) *openapi.Health {
	h, ok := v.Health(s.store.Now())
	if !ok {
		return nil
	}
	return &openapi.Health{Status: string(h.Status), Reason: h.Reason, ReportAge: string(h.ReportAge), ReportedOn: string(h.ReportedOn)}
}

// seesCommitment refuses a list of what belongs to a commitment that the caller
// can't see.
func (s *Server) seesCommitment(c echo.Context, id openapi.ID) (domain.CommitmentID, error) {
	v, err := s.as(c).Commitments.Get(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return "", err
	}
	return v.ID, nil
}

// underCommitment does something that rests on a commitment's state, while the
// commitment is held still.
func (s *Server) underCommitment(c echo.Context, act domain.Action, id openapi.ID, do func(*repository.Session, *domain.Commitment) error) error {
	return s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		v, err := tx.Commitments.Hold(ctx(c), act, domain.CommitmentID(id))
		if err != nil {
			return err
		}
		return do(tx, v)
	})
}

// found is a record, or nil if it isn't there or can't be seen.
func found[T any](v *T, err error) (*T, error) {
	if errors.Is(err, domain.NotFound) {
		return nil, nil
	}
	return v, err
}
