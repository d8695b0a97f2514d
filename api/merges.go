package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListMerges answers with the merges of organizations.
func (s *Server) ListMerges(c echo.Context, p openapi.ListMergesParams) error {
	rows, err := s.as(c).Merges.List(ctx(c), repository.MergeFilter{Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID)}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, mergeJSON)
}

// GetMerge answers with one merge.
func (s *Server) GetMerge(c echo.Context, id openapi.ID) error {
	g, err := s.as(c).Merges.Get(ctx(c), domain.MergeID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, g, mergeJSON)
}

// PreviewMerge answers with what would become of two organizations.
func (s *Server) PreviewMerge(c echo.Context) error {
	in, err := bind[openapi.MergePreviewDraft](c)
	if err != nil {
		return err
	}
	survivor, absorbed, err := s.mergeable(c, in.SurvivorID, in.AbsorbedID)
	if err != nil {
		return err
	}
	result, err := domain.MergeOf(survivor, absorbed, in.Take)
	if err != nil {
		return err
	}
	tallies, err := s.as(c).Merges.Tally(ctx(c), survivor.ID, absorbed.ID)
	if err != nil {
		return err
	}
	circles, err := s.as(c).Merges.Circles(ctx(c), survivor, absorbed, result.Parent)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, mergePreviewJSON(survivor, absorbed, result, domain.MergeConcerns(survivor, absorbed, result, tallies, circles), tallies))
}

// mergeable are two organizations that the caller sees, with their vetting.
func (s *Server) mergeable(c echo.Context, survivor, absorbed string) (a, b *domain.Organization, err error) {
	as := s.as(c).Organizations
	if a, err = as.Get(ctx(c), domain.OrganizationID(survivor)); err != nil {
		return nil, nil, named404(err, "/survivor_id", "organization")
	}
	if b, err = as.Get(ctx(c), domain.OrganizationID(absorbed)); err != nil {
		return nil, nil, named404(err, "/absorbed_id", "organization")
	}
	if err := as.Vetted(ctx(c), a); err != nil {
		return nil, nil, err
	}
	return a, b, as.Vetted(ctx(c), b)
}

func mergePreviewJSON(survivor, absorbed, result *domain.Organization, concerns []domain.MergeConcern, tallies []domain.MergeTally) openapi.MergePreview {
	out := openapi.MergePreview{
		LegalName: result.LegalName, OtherNames: orEmpty(result.OtherNames), Identifiers: identifiersJSON(result.Identifiers),
		Languages: orEmpty(result.Languages), Stage: result.Stage.String(),
		Fields: []openapi.MergedField{}, References: []openapi.MergeReference{}, Concerns: []openapi.MergeConcern{},
	}
	for _, f := range domain.MergeFieldsOf(survivor, absorbed, result) {
		out.Fields = append(out.Fields, openapi.MergedField{Field: f.Name, Survivor: f.Survivor, Absorbed: f.Absorbed, Result: f.Result})
	}
	for _, t := range tallies {
		out.References = append(out.References, openapi.MergeReference{Kind: t.Kind, Count: t.Count, Both: t.Both})
	}
	for _, k := range concerns {
		out.Concerns = append(out.Concerns, openapi.MergeConcern{Code: k.Code, Detail: k.Detail})
	}
	return out
}

// ProposeMerge proposes that two organizations become one.
func (s *Server) ProposeMerge(c echo.Context) error {
	in, err := bind[openapi.MergeDraft](c)
	if err != nil {
		return err
	}
	survivor, absorbed, err := s.mergeable(c, in.SurvivorID, in.AbsorbedID)
	if err != nil {
		return err
	}
	g, err := s.as(c).Merges.Propose(ctx(c), survivor, absorbed, domain.MergeDraft{Take: in.Take, Reason: in.Reason})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, g, mergeJSON)
}

// ApproveMerge carries a merge out, by a second person.
func (s *Server) ApproveMerge(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	defer s.auth.forget()
	g, err := s.as(c).Merges.Approve(ctx(c), domain.MergeID(id), match(c, mergeJSON))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, g, mergeJSON)
}

// DeclineMerge ends a proposal.
func (s *Server) DeclineMerge(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Merges, domain.DeclineMerge, id, mergeJSON,
		func(_ *repository.Session, g *domain.Merge) error { return g.Decline(actor(c)) })
}

// UndoMerge makes two organizations of one again.
func (s *Server) UndoMerge(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	if err := conditional(c); err != nil {
		return err
	}
	defer s.auth.forget()
	g, err := s.as(c).Merges.Undo(ctx(c), domain.MergeID(id), match(c, mergeJSON), in.Reason)
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, g, mergeJSON)
}

func mergeJSON(by domain.Actor, g *domain.Merge) openapi.Merge {
	out := openapi.Merge{
		ID: string(g.ID), SurvivorID: string(g.Survivor), AbsorbedID: string(g.Absorbed), Take: orEmpty(g.Take), Reason: g.Reason,
		ProposedBy: string(g.ProposedBy), DecidedBy: string(g.DecidedBy), MergedAt: g.MergedAt, UndoneBy: string(g.UndoneBy), UndoReason: g.UndoReason,
		Stage: g.Stage.String(), Next: next(by, g.Relation, g.Next(by)),
	}
	if g.Stage.Is(domain.MergeCarriedOut) {
		until := g.MergedAt.Add(domain.UndoMergeWithin)
		out.UndoUntil = &until
	}
	return out
}

// sweepMerge points what was written while a merge was under way to the survivor.
func sweepMerge(ctx context.Context, system *repository.Session, payload []byte) error {
	var id domain.MergeID
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	return system.Merges.Sweep(ctx, id)
}

// current tells who may do an operation, and names an organization that is part of
// another now, of which: in the body wherever one is named, by a member called
// something_id or a list of something_ids, and in the path. Who doesn't see the survivor
// is told nothing here.
func (s *Server) current(op openapi.Operation, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if body, _ := c.Get("body").([]byte); actor(c).May(domain.Action(op.Action)) {
			if err := s.naming(c, idsIn(body)); err != nil {
				return err
			}
		}
		err := next(c)
		if strings.HasPrefix(op.Path, "/v1/organizations/{id}") && errors.Is(err, domain.NotFound) {
			return s.merged(c, domain.OrganizationID(c.Param("id")), err)
		}
		return err
	}
}

// naming refuses to name organizations that are part of others now.
func (s *Server) naming(c echo.Context, names []idAt) error {
	if len(names) == 0 {
		return nil
	}
	var ids []domain.OrganizationID
	for _, n := range names {
		ids = append(ids, domain.OrganizationID(n.id))
	}
	survivors, err := s.as(c).Organizations.Survivors(ctx(c), ids)
	if err != nil {
		return err
	}
	var f domain.Faults
	for _, n := range names {
		if o := survivors[domain.OrganizationID(n.id)]; o != nil {
			f.Add(n.pointer, "merged", "was a duplicate and is part of %s now: name %s", o.LegalName, o.ID)
		}
	}
	return f.Err()
}

// idAt is an id in a body, and where it stands.
type idAt struct{ pointer, id string }

// idsIn are the UUIDs by which a JSON body names records.
func idsIn(body []byte) (out []idAt) {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := dec.ReadToken()
		if err != nil { // the end, or what the handler refuses
			return out
		}
		if tok.Kind() != '"' {
			continue
		}
		pointer := string(dec.StackPointer())
		member := strings.TrimRight(strings.TrimRight(pointer, "0123456789"), "/")
		if names := strings.HasSuffix(member, "_id") || strings.HasSuffix(member, "_ids"); names && uuid.Validate(tok.String()) == nil {
			out = append(out, idAt{pointer, tok.String()})
		}
	}
}

// merged tells who sees the survivor what became of an organization that is not
// there any more. To everybody else it is not there.
func (s *Server) merged(c echo.Context, id domain.OrganizationID, absent error) error {
	survivor, err := s.as(c).Organizations.MergedInto(ctx(c), id)
	if err != nil {
		return absent
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/organizations/"+string(survivor.ID))
	return &domain.Error{Kind: domain.Gone, Detail: "it was a duplicate and is part of another organization now", Faults: domain.Faults{
		{Code: "merged", Detail: string(survivor.ID)}}}
}
