package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/receipt"
	"accord/openapi"
	"accord/repository"
)

// Apply takes an organization's application from whoever sends it. Nothing is
// looked up: the answer can't tell who is on file, or who has an account.
func (s *Server) Apply(c echo.Context) error {
	in, err := bind[openapi.ApplicationDraft](c)
	if err != nil {
		return err
	}
	code := receipt.NewCode()
	applicant, err := s.applicant(c, code)
	if err != nil {
		return err
	}
	v, err := domain.NewApplication(applicant.Actor().Receipt, applicationDraft(in), s.today())
	if err != nil {
		return err
	}
	if err := s.mayApply(c); err != nil {
		return err
	}
	if err := applicant.OwnApplications.Create(ctx(c), domain.Apply, v); err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, openapi.ReceivedApplication{Code: code.Reveal(), ReceivedOn: string(v.ReceivedOn)})
}

// mayApply refuses the many applications of one place. Who applies from there must not
// be counted by others there: a refusal comes by chance and is always the same.
func (s *Server) mayApply(c echo.Context) error {
	a, err := s.store.Take(ctx(c), "application of place", s.clientNetwork(c), s.usher.Applications)
	if err != nil || a.Granted {
		return err
	}
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(a.Next/time.Second)+1))
	return domain.Refuse(domain.TooMany, "many applications came from here; send it again later, as Retry-After says")
}

// applicant is the store as the holder of an application's code reaches it: nobody
// else's account, whoever is signed in.
func (s *Server) applicant(c echo.Context, code receipt.Code) (*repository.Session, error) {
	hash, err := s.store.ApplicationHash(code)
	if err != nil {
		return nil, err
	}
	return s.as(c).As(domain.Actor{Role: domain.Anyone, Receipt: hash}), nil
}

// applied is what the code in the body opens, and the store as its holder reaches it.
func (s *Server) applied(c echo.Context) (*repository.Session, *domain.Application, error) {
	in, err := bind[openapi.ReceiptCode](c)
	if err != nil {
		return nil, nil, err
	}
	code, err := receipt.ParseCode(in.Code)
	if err != nil {
		return nil, nil, (domain.Faults{{Pointer: "/code", Code: "invalid", Detail: err.Error()}}).Err()
	}
	applicant, err := s.applicant(c, code)
	if err != nil {
		return nil, nil, err
	}
	v, err := applicant.OwnApplications.ByReceipt(ctx(c))
	return applicant, v, err
}

// ReadOwnApplication answers with an application as its applicant sees it.
func (s *Server) ReadOwnApplication(c echo.Context) error {
	_, v, err := s.applied(c)
	if err != nil {
		return err
	}
	out := ownApplicationJSON(v)
	if err := s.system(c).Organizations.Open(ctx(c), v.Organization); errors.Is(err, domain.Conflict) {
		out.Next = slices.DeleteFunc(out.Next, func(verb string) bool { return verb == domain.ClaimInvitation.Verb() })
	} else if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, out)
}

// WithdrawApplication takes an application back.
func (s *Server) WithdrawApplication(c echo.Context) error {
	applicant, v, err := s.applied(c)
	if err != nil {
		return err
	}
	v, err = applicant.OwnApplications.Update(ctx(c), domain.WithdrawApplication, v.ID, nil,
		func(_ *repository.Session, v *domain.Application) error { return v.Withdraw() })
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, ownApplicationJSON(v))
}

// ClaimInvitation gives an accepted applicant the invitation. Asked for again it is
// another, and the one before is good for nothing; what was approved stays so until
// its last day. It is shown to its holder alone;
// that one may be of the office too, so where nobody else decides about the
// organization a second person approves it.
func (s *Server) ClaimInvitation(c echo.Context) error {
	applicant, v, err := s.applied(c)
	if err != nil {
		return err
	}
	raw, hash := NewToken()
	var i *domain.Invitation
	_, err = applicant.OwnApplications.Update(ctx(c), domain.ClaimInvitation, v.ID, nil, func(tx *repository.Session, v *domain.Application) error {
		if err := v.Claim(); err != nil {
			return err
		}
		if err := asServer(tx).Organizations.Open(ctx(c), v.Organization); err != nil {
			return err
		}
		if i, err = inviteInstead(ctx(c), asServer(tx), v, hash); err != nil {
			return err
		}
		v.Invitation = i.ID
		return nil
	})
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, openapi.ClaimedInvitation{Token: raw, Role: string(i.Role), AwaitsApproval: i.Awaits, ExpiresAt: i.ExpiresAt})
}

// inviteInstead makes an applicant's invitation, in the place of the one before. The
// organization is held meanwhile: of two applicants one is the first.
func inviteInstead(ctx context.Context, tx *repository.Session, v *domain.Application, hash string) (*domain.Invitation, error) {
	into, err := tx.Organizations.Hold(ctx, domain.ReadOrganization, v.Organization)
	if err != nil {
		return nil, err
	}
	peopled, err := tx.Invitations.Peopled(ctx, into.ID, v.Invitation)
	if err != nil {
		return nil, err
	}
	by := domain.Actor{Role: domain.System, Account: v.DecidedBy}
	i, err := domain.NewInvitation(by, v.InvitedTo(into, peopled), hash, tx.Now())
	if err != nil {
		return nil, err
	}
	if v.Invitation != "" {
		_, err := tx.Invitations.Update(ctx, domain.RevokeInvite, v.Invitation, nil, func(_ *repository.Session, was *domain.Invitation) error { return was.Replace(i, tx.Now()) })
		if err != nil {
			return nil, err
		}
	}
	return i, tx.Invitations.Create(ctx, domain.Invite, i)
}

// ListApplications answers with the applications, the newest first.
func (s *Server) ListApplications(c echo.Context, p openapi.ListApplicationsParams) error {
	rows, err := s.as(c).Applications.List(ctx(c), p.Stage, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, applicationLineJSON)
}

// GetApplication answers with one application.
func (s *Server) GetApplication(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Applications.Get(ctx(c), domain.ApplicationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, applicationJSON)
}

// ListApplicationDuplicates answers with the organizations on file that the
// applicant may be.
func (s *Server) ListApplicationDuplicates(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Applications.Compared(ctx(c), domain.ApplicationID(id))
	if err != nil {
		return err
	}
	if v.File == nil {
		return s.showDuplicates(c, &domain.Organization{})
	}
	o, err := domain.NewOrganization(v.File.Organization)
	if err != nil {
		return err
	}
	return s.showDuplicates(c, o)
}

// AcceptApplication takes an application in.
func (s *Server) AcceptApplication(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ApplicationAcceptance](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Applications, domain.AcceptApplication, id, applicationJSON, func(tx *repository.Session, v *domain.Application) error {
		o, err := s.takeIn(c, tx, v, domain.OrganizationID(in.OrganizationID))
		if err != nil {
			return err
		}
		if err := v.Accept(actor(c), o, in.Finding, s.today()); err != nil {
			return err
		}
		contact, err := domain.NewContact(o.ID, v.File.Contact)
		if err != nil {
			return err
		}
		return tx.Contacts.Create(ctx(c), domain.CreateContact, contact)
	})
}

// takeIn is the organization that an application is for: one that is on file, or
// a new one in intake. Who takes it in asks for its vetting, and so won't decide it.
func (s *Server) takeIn(c echo.Context, tx *repository.Session, v *domain.Application, id domain.OrganizationID) (*domain.Organization, error) {
	if id != "" {
		o, err := tx.Organizations.Steady(ctx(c), id)
		return o, named404(err, "/organization_id", "organization")
	}
	if v.File == nil || !v.Stage.Is(domain.ApplicationReceived) {
		return nil, domain.Refuse(domain.Conflict, "an application is taken in once, while it stands; this is %s", v.Stage)
	}
	o, err := domain.NewOrganization(v.File.Organization)
	if err != nil {
		return nil, err
	}
	if err := o.Submit(actor(c)); err != nil {
		return nil, err
	}
	return o, tx.Organizations.Create(ctx(c), domain.CreateOrganization, o)
}

// DeclineApplication refuses an application.
func (s *Server) DeclineApplication(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Applications, domain.DeclineApplication, id, applicationJSON,
		func(_ *repository.Session, v *domain.Application) error {
			return v.Decline(actor(c), in.Reason, s.today())
		})
}

func applicationDraft(in openapi.ApplicationDraft) domain.ApplicationDraft {
	d := domain.ApplicationDraft{
		Organization: organizationDraft(openapi.OrganizationDraft{
			LegalName: in.LegalName, OtherNames: in.OtherNames, Type: in.Type, Country: in.Country, Website: in.Website, Identifiers: in.Identifiers,
		}),
		Why: in.Why,
	}
	d.Contact = domain.ContactDraft{Name: in.Contact.Name, Title: in.Contact.Title, Email: in.Contact.Email, Phone: in.Contact.Phone}
	return d
}

func applicationDraftJSON(f *domain.ApplicationFile) *openapi.ApplicationDraft {
	if f == nil {
		return nil
	}
	o, p := f.Organization, f.Contact
	return &openapi.ApplicationDraft{
		LegalName: o.LegalName, OtherNames: o.OtherNames, Type: string(o.Type), Country: o.Country, Website: o.Website, Identifiers: identifiersJSON(o.Identifiers),
		Contact: openapi.Applicant{Name: p.Name, Title: p.Title, Email: p.Email, Phone: p.Phone}, Why: f.Why,
	}
}

// applicationLineJSON is what a list tells: not who the contact is, nor why.
func applicationLineJSON(by domain.Actor, v *domain.Application) openapi.Application {
	out := openapi.Application{
		ID: string(v.ID), Stage: v.Stage.String(), ReceivedOn: string(v.ReceivedOn), OrganizationID: string(v.Organization), Role: string(v.Role),
		Finding: v.Finding, DecidedBy: string(v.DecidedBy), DecidedOn: string(v.DecidedOn), Next: next(by, v.Relation, v.Next()),
	}
	if v.File != nil {
		out.LegalName = v.File.Organization.LegalName
	}
	return out
}

func applicationJSON(by domain.Actor, v *domain.Application) openapi.Application {
	out := applicationLineJSON(by, v)
	if v.File != nil {
		at := v.File.EmailAtWebsite()
		out.Said, out.EmailAtWebsite, out.Reason = applicationDraftJSON(v.File), &at, v.File.Reason
	}
	return out
}

// ownApplicationJSON says what became of an application, and not who decided or
// whether the organization was on file.
func ownApplicationJSON(v *domain.Application) openapi.OwnApplication {
	out := openapi.OwnApplication{Stage: v.Stage.String(), ReceivedOn: string(v.ReceivedOn), DecidedOn: string(v.DecidedOn), Said: applicationDraftJSON(v.File), Next: []string{}}
	if v.File != nil {
		out.Reason = v.File.Reason
	}
	for _, act := range v.NextByReceipt() {
		out.Next = append(out.Next, act.Verb())
	}
	slices.Sort(out.Next)
	return out
}
