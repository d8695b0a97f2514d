package main

import (
	"accord/domain"
	"accord/internal/receipt"
	"accord/repository"
)

// planTies tells what organizations are to each other, for whom an association
// acts, and who applied without being asked. There is no API key among it: one is
// shown once, and a secret that lies about is none.
func (s *story) planTies() {
	for i, r := range demoRelationships {
		s.plan(400-i, func() error { return s.relationship(r) })
	}
	s.plan(100, func() error { return s.mandate("harborlight", false) })
	s.plan(90, func() error { return s.mandate("quietstay", true) })
	for _, a := range demoApplications {
		s.plan(a.ago, func() error { return s.application(a) })
	}
}

func (s *story) relationship(d demoRelationship) error {
	r, err := domain.NewRelationship(s.staff, s.organizations[d.of].ID, d.kind, s.organizations[d.to].ID, domain.RelationshipTerms{
		StartsOn: s.day(d.since), Evidence: d.evidence,
	})
	if err != nil {
		return err
	}
	if d.kind == domain.MemberOf {
		s.memberships[d.of] = r
	}
	return s.as(s.staff).Relationships.Create(s.ctx, domain.CreateRelationship, r)
}

// mandate lets a member's association act for it, for as long as it may, unless the
// member has thought better of it.
func (s *story) mandate(member string, revoked bool) error {
	by := s.partners[member]
	by.Role = domain.PartnerAdmin
	m, err := domain.NewMandate(by, s.memberships[member], domain.MandateDraft{
		Powers: domain.Powers(), StartsOn: s.today(), EndsOn: s.today().AddDays(domain.MandateLife - 1),
	}, s.today())
	if err != nil {
		return err
	}
	if revoked {
		if err := m.Revoke(by, s.today()); err != nil {
			return err
		}
	}
	return s.as(by).Mandates.Create(s.ctx, domain.GrantMandate, m)
}

func (s *story) application(d demoApplication) error {
	hash, err := s.store.ApplicationHash(receipt.NewCode())
	if err != nil {
		return err
	}
	a, err := domain.NewApplication(hash, domain.ApplicationDraft{
		Organization: domain.OrganizationDraft{LegalName: d.name, Type: d.kind, Website: d.website, Country: d.country, Languages: []string{"en"}},
		Contact:      domain.ContactDraft{Name: "Partnership desk", Title: "Shared mailbox", Email: d.email},
		Why:          d.why,
	}, s.today())
	if err != nil {
		return err
	}
	applicant := s.as(domain.Actor{Role: domain.Anyone, Receipt: hash})
	if err := applicant.OwnApplications.Create(s.ctx, domain.Apply, a); err != nil || d.declined == "" {
		return err
	}
	_, err = s.as(s.reviewer).Applications.Update(s.ctx, domain.DeclineApplication, a.ID, nil, func(_ *repository.Session, a *domain.Application) error {
		return a.Decline(s.reviewer, d.declined, s.today())
	})
	return err
}
