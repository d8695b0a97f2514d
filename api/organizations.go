package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListOrganizations answers with the organizations within reach.
func (s *Server) ListOrganizations(c echo.Context, p openapi.ListOrganizationsParams) error {
	f := repository.OrganizationFilter{Type: p.Type, Stage: p.Stage, Country: p.Country}
	if c.QueryParam("survivor_led") != "" {
		f.SurvivorLed = &p.SurvivorLed
	}
	rows, err := s.as(c).Organizations.List(ctx(c), f, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, organizationJSON)
}

// GetOrganization answers with one organization.
func (s *Server) GetOrganization(c echo.Context, id openapi.ID) error {
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, o, organizationJSON)
}

// CreateOrganization starts an organization's file.
func (s *Server) CreateOrganization(c echo.Context) error {
	in, err := bind[openapi.OrganizationDraft](c)
	if err != nil {
		return err
	}
	o, err := domain.NewOrganization(organizationDraft(in))
	if err != nil {
		return err
	}
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		if err := s.permitted(c, domain.CreateOrganization); err != nil {
			return err
		}
		if err := tx.Organizations.Under(ctx(c), o.ID, o.Parent); err != nil {
			return err
		}
		return tx.Organizations.Create(ctx(c), domain.CreateOrganization, o)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, o, organizationJSON)
}

// EditOrganization changes what was written of an organization.
func (s *Server) EditOrganization(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Organizations, domain.EditOrganization, id, organizationJSON, organizationDraftJSON,
		func(tx *repository.Session, o *domain.Organization, in openapi.OrganizationDraft) error {
			was := o.Parent
			if err := o.EditBy(actor(c), organizationDraft(in)); err != nil || o.Parent == was {
				return err
			}
			return tx.Organizations.Under(ctx(c), o.ID, o.Parent)
		})
}

// SubmitOrganization asks for vetting.
func (s *Server) SubmitOrganization(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Organizations, domain.SubmitOrganization, id, organizationJSON,
		func(_ *repository.Session, o *domain.Organization) error { return o.Submit(actor(c)) })
}

// ScreenOrganization takes an intake into screening.
func (s *Server) ScreenOrganization(c echo.Context, id openapi.ID) error {
	return s.advanceOrganization(c, id, domain.ScreenOrganization)
}

// BeginDueDiligence begins due diligence.
func (s *Server) BeginDueDiligence(c echo.Context, id openapi.ID) error {
	return s.advanceOrganization(c, id, domain.DiligenceOrg)
}

// BeginLegalEthicsReview begins the legal and ethics review.
func (s *Server) BeginLegalEthicsReview(c echo.Context, id openapi.ID) error {
	return s.advanceOrganization(c, id, domain.ReviewOrganization)
}

func (s *Server) advanceOrganization(c echo.Context, id openapi.ID, act domain.Action) error {
	return change(c, s.as(c).Organizations, act, id, organizationJSON,
		func(_ *repository.Session, o *domain.Organization) error { return o.Advance(act) })
}

// ApproveOrganization admits an organization.
func (s *Server) ApproveOrganization(c echo.Context, id openapi.ID) error {
	return s.approveOrganization(c, id, domain.ApproveOrganization, nil)
}

// ApproveOrganizationWithConditions admits an organization under conditions.
func (s *Server) ApproveOrganizationWithConditions(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Conditions](c)
	if err != nil {
		return err
	}
	conditions, err := domain.NewConditions(conditionsOf(in), s.today())
	if err != nil {
		return err
	}
	return s.approveOrganization(c, id, domain.ConditionOrg, conditions)
}

func (s *Server) approveOrganization(c echo.Context, id openapi.ID, act domain.Action, conditions []domain.Condition) error {
	return change(c, s.as(c).Organizations, act, id, organizationJSON, func(tx *repository.Session, o *domain.Organization) error {
		if err := tx.Organizations.Vetted(ctx(c), o); err != nil {
			return err
		}
		return o.Approve(actor(c), conditions, *o.Vetting, s.today())
	})
}

// DeclineOrganization declines an organization.
func (s *Server) DeclineOrganization(c echo.Context, id openapi.ID) error {
	return s.endOrganization(c, id, domain.DeclineOrganization)
}

// SuspendOrganization suspends an organization.
func (s *Server) SuspendOrganization(c echo.Context, id openapi.ID) error {
	return s.endOrganization(c, id, domain.SuspendOrganization)
}

// DebarOrganization debars an organization.
func (s *Server) DebarOrganization(c echo.Context, id openapi.ID) error {
	return s.endOrganization(c, id, domain.DebarOrganization)
}

func (s *Server) endOrganization(c echo.Context, id openapi.ID, act domain.Action) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	defer s.auth.forget()
	return change(c, s.as(c).Organizations, act, id, organizationJSON,
		func(_ *repository.Session, o *domain.Organization) error { return o.End(act, in.Reason) })
}

// RestoreOrganization brings a suspended or expired organization back into screening.
func (s *Server) RestoreOrganization(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Organizations, domain.RestoreOrganization, id, organizationJSON,
		func(_ *repository.Session, o *domain.Organization) error { return o.Restore(actor(c)) })
}

func organizationDraft(in openapi.OrganizationDraft) domain.OrganizationDraft {
	d := domain.OrganizationDraft{
		LegalName: in.LegalName, OtherNames: in.OtherNames, Type: domain.OrganizationType(in.Type), SurvivorLed: in.SurvivorLed,
		AttestedBy: in.AttestedBy, Parent: domain.OrganizationID(in.ParentID), Website: in.Website, Country: in.Country,
		Sector: in.Sector, Languages: in.Languages,
	}
	for _, i := range in.Identifiers {
		d.Identifiers = append(d.Identifiers, domain.Identifier{Scheme: i.Scheme, Value: i.Value})
	}
	return d
}

func organizationDraftJSON(o *domain.Organization) openapi.OrganizationDraft {
	d := o.Draft()
	return openapi.OrganizationDraft{
		LegalName: d.LegalName, OtherNames: d.OtherNames, Type: string(d.Type), SurvivorLed: d.SurvivorLed, AttestedBy: d.AttestedBy,
		Identifiers: identifiersJSON(d.Identifiers), ParentID: string(d.Parent), Website: d.Website, Country: d.Country,
		Sector: d.Sector, Languages: d.Languages,
	}
}

func identifiersJSON(in []domain.Identifier) []openapi.Identifier {
	out := make([]openapi.Identifier, len(in))
	for i, x := range in {
		out[i] = openapi.Identifier{Scheme: x.Scheme, Value: x.Value}
	}
	return out
}

// organizationJSON shows a partner its own file, without the office's reasons.
func organizationJSON(by domain.Actor, o *domain.Organization) openapi.Organization {
	out := openapi.Organization{
		ID: string(o.ID), LegalName: o.LegalName, OtherNames: orEmpty(o.OtherNames), Type: string(o.Type), SurvivorLed: o.SurvivorLed,
		AttestedBy: o.AttestedBy, Identifiers: identifiersJSON(o.Identifiers), ParentID: string(o.Parent), Website: o.Website,
		Country: o.Country, Sector: o.Sector, Languages: orEmpty(o.Languages), Stage: o.Stage.String(), Conditions: conditionsJSON(by, o),
		Next: next(by, o.Relation, o.Next(by)),
	}
	if by.Sees(domain.OrganizationInside, o.Relation) {
		out.StageReason, out.CreatedAt, out.UpdatedAt = o.StageReason, &o.CreatedAt, &o.UpdatedAt
		out.Requirements, out.ApprovedBy, out.ApprovedOn = o.VettingRules, string(o.ApprovedBy), string(o.ApprovedOn)
	}
	return out
}

// ListContacts answers with an organization's contacts.
func (s *Server) ListContacts(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).Contacts.List(ctx(c), domain.OrganizationID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, contactJSON)
}

// CreateContact adds a contact to an organization.
func (s *Server) CreateContact(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ContactDraft](c)
	if err != nil {
		return err
	}
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	v, err := domain.NewContact(o.ID, contactDraft(in))
	if err != nil {
		return err
	}
	if err := s.as(c).Contacts.Create(ctx(c), domain.CreateContact, v); err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, contactJSON)
}

// GetContact answers with one contact.
func (s *Server) GetContact(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Contacts.Get(ctx(c), domain.ContactID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, contactJSON)
}

// EditContact changes a contact.
func (s *Server) EditContact(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).Contacts, domain.EditContact, id, contactJSON, contactDraftJSON,
		func(_ *repository.Session, v *domain.Contact, in openapi.ContactDraft) error {
			return v.Edit(contactDraft(in))
		})
}

// RemoveContact takes a contact out.
func (s *Server) RemoveContact(c echo.Context, id openapi.ID) error {
	return remove(c, s.as(c).Contacts, domain.RemoveContact, id, contactJSON,
		func(_ *repository.Session, v *domain.Contact) error { v.Remove(); return nil })
}

func contactDraft(in openapi.ContactDraft) domain.ContactDraft {
	return domain.ContactDraft{Name: in.Name, Title: in.Title, Email: in.Email, Phone: in.Phone}
}

func contactDraftJSON(v *domain.Contact) openapi.ContactDraft {
	return openapi.ContactDraft{Name: v.Name, Title: v.Title, Email: v.Email, Phone: v.Phone}
}

func contactJSON(by domain.Actor, v *domain.Contact) openapi.Contact {
	return openapi.Contact{
		ID: string(v.ID), OrganizationID: string(v.Organization), Name: v.Name, Title: v.Title, Email: v.Email, Phone: v.Phone,
		Next: next(by, v.Relation, v.Next()),
	}
}

// ListChecks answers with an organization's vetting checks.
func (s *Server) ListChecks(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).Checks.List(ctx(c), domain.OrganizationID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, checkJSON)
}

// GetCheck answers with one check.
func (s *Server) GetCheck(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Checks.Get(ctx(c), domain.CheckID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, checkJSON)
}

// RequestCheck asks for a check of an organization.
func (s *Server) RequestCheck(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.CheckRequest](c)
	if err != nil {
		return err
	}
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	v := domain.RequestCheckOf(o.ID, domain.CheckKind(in.Kind), actor(c))
	if err := s.as(c).Checks.Create(ctx(c), domain.RequestCheck, v); err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, checkJSON)
}

// RecordCheck records what a check found.
func (s *Server) RecordCheck(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.CheckFinding](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Checks, domain.RecordCheck, id, checkJSON, func(tx *repository.Session, v *domain.Check) error {
		// Nothing is agreed on what was found before while this is being found.
		if _, err := tx.Organizations.Hold(ctx(c), domain.RecordCheck, v.Organization); err != nil {
			return err
		}
		rules, err := tx.VettingRules.Current(ctx(c))
		if err != nil {
			return err
		}
		return v.Conclude(actor(c), domain.CheckFinding{
			Result: domain.CheckResult(in.Result), Source: in.Source, Evidence: in.Evidence,
			CheckedOn: domain.Date(in.CheckedOn), ExpiresOn: domain.Date(in.ExpiresOn),
		}, rules, s.store.Now())
	})
}

func checkJSON(by domain.Actor, v *domain.Check) openapi.Check {
	return openapi.Check{
		ID: string(v.ID), OrganizationID: string(v.Organization), Kind: string(v.Kind), Result: string(v.Result),
		RequestedBy: string(v.RequestedBy), Reviewer: string(v.Reviewer), Source: v.Source, Evidence: v.Evidence,
		CheckedOn: string(v.CheckedOn), ExpiresOn: string(v.ExpiresOn), CarriedFrom: string(v.Carried), Next: next(by, v.Relation, v.Next(by)),
	}
}
