package domain

import (
	"encoding/json"
	"slices"
	"strings"
)

// ApplicationID names an application.
type ApplicationID = ID[Application]

// ApplicationStage is where an application is in its life.
type ApplicationStage string

// The stages of an application.
const (
	ApplicationReceived  ApplicationStage = "received"
	ApplicationAccepted  ApplicationStage = "accepted"
	ApplicationDeclined  ApplicationStage = "declined"
	ApplicationWithdrawn ApplicationStage = "withdrawn"
	ApplicationLapsed    ApplicationStage = "lapsed"
)

var applicationLife = lifeCycle[ApplicationStage]{
	AcceptApplication:   {[]ApplicationStage{ApplicationReceived}, ApplicationAccepted},
	DeclineApplication:  {[]ApplicationStage{ApplicationReceived}, ApplicationDeclined},
	WithdrawApplication: {[]ApplicationStage{ApplicationReceived, ApplicationDeclined}, ApplicationWithdrawn},
	ClaimInvitation:     {[]ApplicationStage{ApplicationAccepted}, ApplicationAccepted},
}

// How long what was said in an application is kept: after it was decided, so that
// the applicant can read the answer and use the invitation; and, if nobody ever
// decides, after it was received.
const (
	ApplicationKept = 30
	ApplicationOpen = 180
)

// Application is what somebody says of an organization that asks to be vetted,
// before it has a file. It opens nothing by itself: the office takes it in, and
// its contact is invited then.
type Application struct {
	Record[Application]
	// Receipt is the keyed hash of the code with which the applicant, who has no
	// account, reads and withdraws it.
	Receipt    string
	Stage      Stage[ApplicationStage]
	ReceivedOn Date
	// Sealed is the file; empty once it is erased.
	Sealed []byte
	// Organization is the one that it led to, and Role what its contact was last
	// invited to there. Finding is how the office made sure of the contact.
	Organization OrganizationID
	Role         Role
	Finding      string
	// Invitation is the last one that the applicant was given.
	Invitation InvitationID
	DecidedBy  AccountID
	DecidedOn  Date

	// File is nil where it was erased or not read.
	File *ApplicationFile `gorm:"-"`
}

// ApplicationDraft is what an applicant says.
type ApplicationDraft struct {
	Organization OrganizationDraft
	Contact      ContactDraft
	// Why it wants to work with the office.
	Why string
}

// ApplicationFile is what is kept of an application under seal, for a while: it
// names a person, and says of an organization what nobody has looked into.
type ApplicationFile struct {
	ApplicationDraft
	// Reason is why it was declined, in words for the applicant.
	Reason string
}

// Text is the file as it is sealed.
func (f ApplicationFile) Text() ([]byte, error) { return json.Marshal(f) }

// ReadApplicationFile reads a file as it was sealed.
func ReadApplicationFile(text []byte) (*ApplicationFile, error) {
	f := &ApplicationFile{}
	return f, json.Unmarshal(text, f)
}

// EmailAtWebsite says that the contact's address is at the website's domain. It
// proves nothing, and that it isn't is worth a question.
func (f ApplicationFile) EmailAtWebsite() bool {
	host := (&Organization{Website: f.Organization.Website}).Host()
	_, at, _ := strings.Cut(strings.ToLower(f.Contact.Email), "@")
	return host != "" && (at == host || strings.HasSuffix(at, "."+host))
}

// NewApplication receives an application. Nothing is looked up for it, so that
// the answer tells nobody who is on file.
func NewApplication(receipt string, d ApplicationDraft, today Date) (*Application, error) {
	o, err := NewOrganization(d.Organization)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(d.Contact.Name) == "" {
		return nil, (Faults{{Pointer: "/contact/name", Code: "required", Detail: "a name is not empty"}}).Err()
	}
	d.Organization = o.Draft()
	a := &Application{Receipt: receipt, Stage: Stage[ApplicationStage]{ApplicationReceived}, ReceivedOn: today, File: &ApplicationFile{ApplicationDraft: d}}
	a.record("application.received", "")
	return a, nil
}

// Accept takes the application in for an organization, made for it or there
// already, and says how the office made sure that the contact speaks for it.
func (a *Application) Accept(by Actor, into *Organization, finding string, today Date) error {
	if strings.TrimSpace(finding) == "" {
		return (Faults{{Pointer: "/finding", Code: "required", Detail: "say how you made sure that the contact speaks for the organization"}}).Err()
	}
	if into.Stage.Is(OrganizationDeclined, OrganizationDebarred) {
		return Refuse(Conflict, "the organization's file is closed; it is %s", into.Stage)
	}
	if err := applicationLife.take(&a.Stage, AcceptApplication); err != nil {
		return err
	}
	a.Organization, a.Finding, a.DecidedBy, a.DecidedOn = into.ID, finding, by.Account, today
	a.record("application.accepted", "")
	return nil
}

// Decline refuses the application, and tells the applicant why.
func (a *Application) Decline(by Actor, reason string, today Date) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := applicationLife.take(&a.Stage, DeclineApplication); err != nil {
		return err
	}
	a.File.Reason, a.DecidedBy, a.DecidedOn = reason, by.Account, today
	a.record("application.declined", "")
	return nil
}

// Withdraw takes it back. What was said in it is erased at once.
func (a *Application) Withdraw() error {
	if err := applicationLife.take(&a.Stage, WithdrawApplication); err != nil {
		return err
	}
	a.erase()
	a.record("application.withdrawn", "")
	return nil
}

// Claim lets the applicant have the invitation, for as long as the file is kept.
func (a *Application) Claim() error {
	st := a.Stage
	if err := applicationLife.take(&st, ClaimInvitation); err != nil {
		return err
	}
	if a.File == nil {
		return Refuse(Conflict, "the time for it is over; ask the office for an invitation")
	}
	a.record("application.claimed", "")
	return nil
}

// InvitedTo is what the contact is invited to: where the organization has people, to
// be one of them, else its admin. It takes two, since nobody alone says who speaks
// for an organization; unless who took the application in asked for the vetting that
// goes on: another decides that, and is the second.
func (a *Application) InvitedTo(into *Organization, peopled bool) InvitationDraft {
	a.Role = PartnerAdmin
	if peopled {
		a.Role = Partner
	}
	return InvitationDraft{Role: a.Role, Organization: into.ID, ByTwo: into.ApprovedOn != "" || into.SubmittedBy != a.DecidedBy}
}

// Forget erases what was said in an application that was decided long enough ago;
// one that nobody decided lapses.
func (a *Application) Forget() {
	if a.Stage.Is(ApplicationReceived) {
		a.Stage = Stage[ApplicationStage]{ApplicationLapsed}
	}
	a.erase()
	a.record("application.erased", "")
}

func (a *Application) erase() { a.Sealed, a.File = nil, nil }

// Next lists what the application's stage allows the office.
func (a *Application) Next() []Action { return applicationLife.next(a.Stage) }

// NextByReceipt lists what its stage allows the applicant.
func (a *Application) NextByReceipt() []Action {
	next := slices.DeleteFunc(a.Next(), func(act Action) bool { return !(Actor{Role: Anyone}).May(act) })
	return unless(a.File == nil, next, ClaimInvitation)
}
