package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// cacheable lets anyone between keep an answer of the register and ask each time
// whether it is still so: what is withdrawn from publication is gone at once.
func cacheable(c echo.Context) { c.Response().Header().Set("Cache-Control", "public, no-cache") }

// ListPublishedCommitments answers with the commitments of the public register.
func (s *Server) ListPublishedCommitments(c echo.Context, p openapi.ListPublishedCommitmentsParams) error {
	rows, err := s.as(c).Register.Commitments(ctx(c), repository.PublishedFilter{
		Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, page(c))
	if err != nil {
		return err
	}
	cacheable(c)
	return showPage(c, rows, s.publishedCommitmentJSON)
}

// GetPublishedCommitment answers with one commitment of the public register and
// its history.
func (s *Server) GetPublishedCommitment(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Register.Commitment(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return err
	}
	cacheable(c)
	return show(c, http.StatusOK, v, s.publishedCommitmentWhole)
}

// ListPublishedPartnerships answers with the partnerships of the public register.
func (s *Server) ListPublishedPartnerships(c echo.Context, p openapi.ListPublishedPartnershipsParams) error {
	rows, err := s.as(c).Register.Partnerships(ctx(c), repository.PublishedFilter{
		Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, page(c))
	if err != nil {
		return err
	}
	cacheable(c)
	return showPage(c, rows, publishedPartnershipJSON)
}

// GetPublishedPartnership answers with one partnership of the public register
// and its history.
func (s *Server) GetPublishedPartnership(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Register.Partnership(ctx(c), domain.PartnershipID(id))
	if err != nil {
		return err
	}
	cacheable(c)
	return show(c, http.StatusOK, v, publishedPartnershipWhole)
}

// publishedCommitmentJSON is all that the register tells of a commitment in a
// list, to whoever asks: no account, no reason, no note.
func (s *Server) publishedCommitmentJSON(_ domain.Actor, v *repository.PublishedCommitment) openapi.PublishedCommitment {
	out := openapi.PublishedCommitment{
		ID: string(v.ID), Organization: publishedOrganization(v.By), Title: v.Title, Text: v.Text,
		DueOn: string(v.DueOn), DuePrecision: string(v.DuePrecision), DueText: v.DueText, Amount: moneyJSON(v.Amount), SourceURL: v.SourceURL, Stage: v.Stage.String(), AcceptedOn: string(v.AcceptedOn),
		CompletedOn: string(v.CompletedOn), VerifiedOn: string(v.VerifiedOn), EndedOn: string(v.EndedOn), Health: s.healthJSON(&v.Commitment),
		Objectives: orEmpty(v.Objectives), ContributesTo: orEmpty(v.ContributesTo), Pillars: texts(v.Pillars),
		TraffickingTypes: texts(v.TraffickingTypes), Topics: texts(v.Topics), Countries: orEmpty(v.Countries),
	}
	if v.InPublished {
		out.PartnershipID = string(v.Partnership)
	}
	return out
}

// publishedCommitmentWhole adds what a single record of the register tells.
func (s *Server) publishedCommitmentWhole(by domain.Actor, v *repository.PublishedCommitment) openapi.PublishedCommitment {
	out := s.publishedCommitmentJSON(by, v)
	for _, m := range v.Plan.Milestones {
		out.Milestones = append(out.Milestones, openapi.PublishedMilestone{
			Title: m.Title, Weight: m.Weight, DueOn: string(m.DueOn), DuePrecision: string(m.DuePrecision), DueText: m.DueText, Stage: m.Stage.String(),
			ReportedOn: string(m.ReportedOn), VerifiedOn: string(m.VerifiedOn),
		})
	}
	for _, i := range v.Plan.Indicators {
		out.Indicators = append(out.Indicators, publishedIndicator(i))
	}
	out.History = historyJSON(v.History(v.Amendments, v.Verifications))
	return out
}

// publishedIndicator shows reported and verified figures side by side, and no
// breakdown: a small part of a figure could tell of a person.
func publishedIndicator(i domain.Indicator) openapi.PublishedIndicator {
	out := openapi.PublishedIndicator{
		Title: i.Title, Definition: i.Definition, Unit: i.Unit, Ascending: i.Ascending, Cumulative: i.Cumulative,
		Baseline: baselineJSON(i.Baseline), Targets: targetsJSON(i.Targets), Actuals: make([]openapi.PublishedActual, len(i.Actuals)),
	}
	for n, a := range i.Actuals {
		out.Actuals[n] = openapi.PublishedActual{
			From: string(a.From), Until: string(a.Until), Reported: string(a.Reported), Verified: string(a.Verified), Confidence: string(a.Confidence),
		}
	}
	return out
}

func publishedOrganization(o domain.Organization) openapi.PublishedOrganization {
	return openapi.PublishedOrganization{ID: string(o.ID), Name: o.LegalName, Type: string(o.Type), Country: o.Country}
}

// publishedPartnershipJSON is all that the register tells of a partnership in a
// list.
func publishedPartnershipJSON(_ domain.Actor, v *repository.PublishedPartnership) openapi.PublishedPartnership {
	out := openapi.PublishedPartnership{
		ID: string(v.ID), Title: v.Title, Kind: string(v.Kind), Purpose: v.Purpose, Members: make([]openapi.PublishedMember, len(v.Members)),
		StartsOn: string(v.StartsOn), EndsOn: string(v.EndsOn), Stage: v.Stage.String(), ApprovedOn: string(v.ApprovedOn), SignedOn: string(v.SignedOn),
		Objectives: orEmpty(v.Objectives), ContributesTo: orEmpty(v.ContributesTo), Pillars: texts(v.Pillars),
		TraffickingTypes: texts(v.TraffickingTypes), Topics: texts(v.Topics), Countries: orEmpty(v.Countries),
	}
	for i, m := range v.Members {
		out.Members[i] = openapi.PublishedMember{Organization: publishedOrganization(v.By[m.Organization]), Role: m.Role}
	}
	return out
}

// publishedPartnershipWhole adds what a single record of the register tells.
func publishedPartnershipWhole(by domain.Actor, v *repository.PublishedPartnership) openapi.PublishedPartnership {
	out := publishedPartnershipJSON(by, v)
	out.History = historyJSON(v.History(v.Trail))
	return out
}

func historyJSON(in []domain.Moment) []openapi.Moment {
	out := make([]openapi.Moment, len(in))
	for i, m := range in {
		out[i] = openapi.Moment{Date: string(m.On), Event: m.Words}
	}
	return out
}
