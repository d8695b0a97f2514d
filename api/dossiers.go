package api

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// file reads a partnership and what decisions about it rest on, for those who may
// read its dossier.
func (s *Server) file(c echo.Context, id openapi.ID) (*domain.Partnership, domain.Dossier, error) {
	t := s.as(c).Partnerships
	p, err := t.ReadFor(ctx(c), domain.ReadDossier, domain.PartnershipID(id))
	if err != nil {
		return nil, domain.Dossier{}, err
	}
	d, err := t.Dossier(ctx(c), p)
	return p, d, err
}

// GetPartnershipReadiness answers with what a decision still needs.
func (s *Server) GetPartnershipReadiness(c echo.Context, id openapi.ID, in openapi.GetPartnershipReadinessParams) error {
	p, d, err := s.file(c, id)
	if err != nil {
		return err
	}
	decision := domain.Decision(in.For)
	if decision == "" {
		decision = p.Upcoming()
	}
	return answerJSON(c, http.StatusOK, readinessJSON(p, decision, d, s.today()))
}

func readinessJSON(p *domain.Partnership, decision domain.Decision, d domain.Dossier, today domain.Date) openapi.Readiness {
	out := openapi.Readiness{For: string(decision), Needs: []openapi.Need{}, Changes: []openapi.RequirementsChange{}}
	for _, n := range p.Checklist(decision, d, today) {
		if n.State != domain.NeedMet {
			out.Gaps++
		}
		out.Needs = append(out.Needs, openapi.Need{
			Pointer: n.Pointer, Title: n.Title, State: string(n.State), Needed: n.Detail, Who: n.Who, Citation: n.Citation,
		})
	}
	out.Ready = out.Gaps == 0
	if d.Rules != nil {
		out.RequirementsID, out.RequirementsNumber = string(d.Rules.ID), d.Rules.Number
	}
	if d.Newest != nil {
		out.NewestNumber = d.Newest.Number
		for _, ch := range d.Newest.Since(d.Rules) {
			out.Changes = append(out.Changes, openapi.RequirementsChange{Pointer: ch.Pointer, Change: ch.Change, Title: ch.Title})
		}
	}
	return out
}

// ListPartnershipElements answers with what the memorandum says to each element.
func (s *Server) ListPartnershipElements(c echo.Context, id openapi.ID) error {
	p, d, err := s.file(c, id)
	if err != nil {
		return err
	}
	out := openapi.Elements{Items: []openapi.Element{}}
	if d.Rules != nil {
		for _, r := range d.Rules.Elements {
			out.Items = append(out.Items, elementJSON(r, p.Element(r.Key)))
		}
	}
	return answerJSON(c, http.StatusOK, out)
}

func elementJSON(r domain.ElementRule, e *domain.Element) openapi.Element {
	out := openapi.Element{Key: r.Key, Title: r.Title, Guidance: r.Guidance, Citation: r.Citation, Always: r.Always}
	if e != nil {
		out.State, out.Text, out.Reference, out.Reason = string(e.State), e.Text, e.Reference, e.Reason
		out.DocumentIds = texts(e.Documents)
		out.WrittenBy, out.WrittenOn = string(e.By), string(e.On)
	}
	return out
}

// WritePartnershipElement keeps what the memorandum says to one element.
func (s *Server) WritePartnershipElement(c echo.Context, id openapi.ID, key string) error {
	in, err := bind[openapi.ElementDraft](c)
	if err != nil {
		return err
	}
	draft := domain.ElementDraft{
		State: domain.ElementState(in.State), Text: in.Text, Reference: in.Reference, Reason: in.Reason, Documents: named[domain.DocumentID](in.DocumentIds),
	}
	return change(c, s.as(c).Partnerships, domain.WriteElement, id, partnershipJSON, func(tx *repository.Session, p *domain.Partnership) error {
		newest, err := asServer(tx).Requirements.Newest(ctx(c), p.Kind)
		if err != nil {
			return err
		}
		at := func(i int) string { return fmt.Sprintf("/document_ids/%d", i) }
		if err := tx.Documents.Belongs(ctx(c), domain.OfPartnership, id, at, draft.Documents...); err != nil {
			return err
		}
		return p.WriteElement(actor(c), newest, key, draft, s.today())
	})
}

// ListPartnershipClearances answers with every request to an office.
func (s *Server) ListPartnershipClearances(c echo.Context, id openapi.ID) error {
	p, _, err := s.file(c, id)
	if err != nil {
		return err
	}
	out := openapi.Clearances{Items: make([]openapi.Clearance, len(p.Clearances))}
	for i, r := range p.Clearances {
		out.Items[i] = openapi.Clearance{
			Key: r.Office, Office: r.OfficeName, Round: r.Round, Current: p.Counts(i), RequestedBy: string(r.RequestedBy), RequestedAt: r.RequestedAt,
			Reason: r.Reason, Decision: string(r.Decision), Comment: r.Comment, DecidedBy: string(r.DecidedBy), DecidedAt: r.DecidedAt,
		}
	}
	return answerJSON(c, http.StatusOK, out)
}

// DecidePartnershipClearance keeps what an office decides.
func (s *Server) DecidePartnershipClearance(c echo.Context, id openapi.ID, key string) error {
	in, err := bind[openapi.ClearanceDecision](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.DecideClearance, func(p *domain.Partnership) error {
		return p.DecideClearance(actor(c), key, domain.ClearanceDecision(in.Decision), in.Comment, s.store.Now())
	})
}

// ReopenPartnershipClearance asks an office again that has decided.
func (s *Server) ReopenPartnershipClearance(c echo.Context, id openapi.ID, key string) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return s.movePartnership(c, id, domain.ReopenClearance, func(p *domain.Partnership) error {
		return p.ReopenClearance(actor(c), key, in.Reason, s.store.Now())
	})
}

// RequestPartnershipReapproval asks for the renewal of a partnership.
func (s *Server) RequestPartnershipReapproval(c echo.Context, id openapi.ID) error {
	return s.decidePartnership(c, id, domain.RequestReapproval, func(p *domain.Partnership, d domain.Dossier) error {
		return p.RequestReapproval(actor(c), d.Newest, s.store.Now())
	})
}

// RecordLegacyPartnership takes a partnership over from an older register.
func (s *Server) RecordLegacyPartnership(c echo.Context) error {
	in, err := bind[openapi.LegacyPartnership](c)
	if err != nil {
		return err
	}
	draft, facts, err := legacyPartnership(in)
	if err != nil {
		return err
	}
	var p *domain.Partnership
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		d, err := tx.Partnerships.Dossier(ctx(c), &domain.Partnership{Kind: draft.Kind, Members: draft.Members})
		if err != nil {
			return err
		}
		if p, err = domain.TakeOver(draft, facts, d, s.today()); err != nil {
			return err
		}
		return tx.Partnerships.Create(ctx(c), domain.RecordPartnership, p)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, p, partnershipJSON)
}

func legacyPartnership(in openapi.LegacyPartnership) (domain.PartnershipDraft, domain.LegacyFacts, error) {
	draft, err := partnershipDraft(in.Partnership)
	return draft, domain.LegacyFacts{
		Source: in.Source, Stage: domain.PartnershipStage(in.Stage), ApprovedOn: domain.Date(in.ApprovedOn), SignedOn: domain.Date(in.SignedOn),
		EndedOn: domain.Date(in.EndedOn), MemorandumReference: in.MemorandumReference,
	}, err
}

// GetPartnershipRemediation answers with what a legacy partnership lacked.
func (s *Server) GetPartnershipRemediation(c echo.Context, id openapi.ID) error {
	p, _, err := s.file(c, id)
	if err != nil {
		return err
	}
	out := openapi.Remediation{Items: make([]openapi.Remedy, len(p.Remediation))}
	for i, r := range p.Remediation {
		state := string(r.Outcome)
		switch {
		case r.Overdue(s.today()):
			state = "overdue"
			out.Open++
			out.Overdue++
		case r.Open():
			state = "open"
			out.Open++
		default:
			out.Resolved++
		}
		out.Items[i] = openapi.Remedy{
			Item: r.Pointer, Title: r.Title, Lacked: r.Lacked, State: state, OwnerID: string(r.Owner), DueOn: string(r.DueOn),
			How: r.How, ResolvedBy: string(r.ResolvedBy), ResolvedOn: string(r.ResolvedOn),
		}
	}
	return answerJSON(c, http.StatusOK, out)
}

// AssignPartnershipRemedy says who sees to an item of the list.
func (s *Server) AssignPartnershipRemedy(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.RemedyAssignment](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Partnerships, domain.AssignRemedy, id, partnershipJSON, func(tx *repository.Session, p *domain.Partnership) error {
		owner, err := found(tx.As(domain.Actor{Role: domain.System}).Accounts.Get(ctx(c), domain.AccountID(in.OwnerID)))
		if err != nil {
			return err
		}
		if owner == nil || !owner.Actor().May(domain.ResolveRemedy) {
			return (domain.Faults{{Pointer: "/owner_id", Code: "unknown_value", Detail: "must be the account of somebody of the office's staff"}}).Err()
		}
		return p.AssignRemedy(in.Item, owner.ID, domain.Date(in.DueOn))
	})
}

// ResolvePartnershipRemedy settles an item of the list.
func (s *Server) ResolvePartnershipRemedy(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.RemedyResolution](c)
	if err != nil {
		return err
	}
	return s.decidePartnership(c, id, domain.ResolveRemedy, func(p *domain.Partnership, d domain.Dossier) error {
		return p.ResolveRemedy(actor(c), in.Item, domain.RemedyOutcome(in.Outcome), in.How, d, s.today())
	})
}
