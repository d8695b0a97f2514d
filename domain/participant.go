package domain

import "slices"

// ParticipantID names a participant.
type ParticipantID = ID[Participant]

// ParticipantKind is who takes part.
type ParticipantKind string

// The kinds of participant.
const (
	OrganizationParticipant ParticipantKind = "organization"
	StaffParticipant        ParticipantKind = "staff"
	AdvisorParticipant      ParticipantKind = "advisor"
)

// Presence is how far the others learn of an advisor who takes part.
type Presence string

// The presences. Hidden is the default: no list, count or order tells of the
// advisor. Counted shows a survivor advisor and no more.
const (
	PresenceHidden  Presence = "hidden"
	PresenceCounted Presence = "counted"
	PresenceAlias   Presence = "alias"
)

// Presences lists every presence, the most discreet first.
func Presences() []Presence { return []Presence{PresenceHidden, PresenceCounted, PresenceAlias} }

// CountedAdvisor is all that others learn of an advisor whose presence is counted.
const CountedAdvisor = "a survivor advisor"

// ParticipantResponse is a participant's answer to the invitation.
type ParticipantResponse string

// The answers.
const (
	ResponsePending  ParticipantResponse = "pending"
	ResponseAccepted ParticipantResponse = "accepted"
	ResponseDeclined ParticipantResponse = "declined"
)

// Responses lists the answers, the weakest first. Of two that turn out to be one
// organization's the stronger holds: who came was there, whoever else declined.
func Responses() []ParticipantResponse {
	return []ParticipantResponse{ResponseDeclined, ResponsePending, ResponseAccepted}
}

// participantLife lets a participant think again.
var participantLife = lifeCycle[ParticipantResponse]{
	AcceptParticipation:  {[]ParticipantResponse{ResponsePending, ResponseDeclined}, ResponseAccepted},
	DeclineParticipation: {[]ParticipantResponse{ResponsePending, ResponseAccepted}, ResponseDeclined},
}

// Participant is one who takes part in an engagement: an organization with the
// contact who comes, a member of staff, or an advisor.
type Participant struct {
	Record[Participant]
	Engagement   EngagementID
	Kind         ParticipantKind
	Organization OrganizationID
	Contact      ContactID
	Account      AccountID
	Advisor      AdvisorID
	// Presence, Paid and the minutes are of advisors alone. A presence other
	// than hidden holds only while the advisor's own acceptance does.
	Presence           Presence
	Paid               bool
	SessionMinutes     int
	PreparationMinutes int
	DebriefingMinutes  int
	Response           Stage[ParticipantResponse]

	// Name is the organization's or account's name or the advisor's alias. It
	// and the engagement's stage are computed by the read and never stored.
	Name            string          `gorm:"->"`
	EngagementStage EngagementStage `gorm:"->"`
}

// ParticipantDraft is what staff write. Exactly one of Organization, Account
// and Advisor is given.
type ParticipantDraft struct {
	Organization OrganizationID
	Account      AccountID
	Advisor      AdvisorID
	ParticipantTerms
}

// ParticipantTerms are how a participant takes part, which may change.
type ParticipantTerms struct {
	Contact                                               ContactID
	Presence                                              Presence
	Paid                                                  bool
	SessionMinutes, PreparationMinutes, DebriefingMinutes int
}

// Invitee holds the records that a draft names, as far as there are such.
type Invitee struct {
	Organization *Organization
	Contact      *Contact
	Account      *Account
	Advisor      *Advisor
	// Today is the day on which the organization's standing is asked.
	Today Date
}

// NewParticipant adds someone to an engagement. To one that is still ahead an
// organization is added only in good standing; who took part in one that was
// held is written down as it was.
func NewParticipant(by Actor, e *Engagement, d ParticipantDraft, who Invitee) (*Participant, error) {
	if e.Stage.Is(engagementFinished...) {
		return nil, Refuse(Conflict, "nobody is added to an engagement that is %s", e.Stage)
	}
	kind, err := d.kind()
	if err != nil {
		return nil, err
	}
	p := &Participant{
		Engagement: e.ID, Kind: kind, Organization: d.Organization, Account: d.Account, Advisor: d.Advisor,
		Response: Stage[ParticipantResponse]{ResponsePending}, EngagementStage: e.Stage.Now(),
	}
	if e.TookPlace() {
		p.Response.now = ResponseAccepted
	}
	if err := p.admit(by, e, who); err != nil {
		return nil, err
	}
	if err := p.write(d.ParticipantTerms, who.Contact); err != nil {
		return nil, err
	}
	if p.shown() && e.TookPlace() {
		return nil, Refuse(Conflict, "the advisor can no longer be asked; the presence is hidden")
	}
	p.record("participant.created", "")
	return p, nil
}

func (d ParticipantDraft) kind() (ParticipantKind, error) {
	switch {
	case d.Organization != "" && d.Account == "" && d.Advisor == "":
		return OrganizationParticipant, nil
	case d.Account != "" && d.Organization == "" && d.Advisor == "":
		return StaffParticipant, nil
	case d.Advisor != "" && d.Organization == "" && d.Account == "":
		return AdvisorParticipant, nil
	}
	return "", (Faults{{Code: "invalid", Detail: "give exactly one of organization_id, account_id and advisor_id"}}).Err()
}

// admit refuses who is not there or may not take part.
func (p *Participant) admit(by Actor, e *Engagement, who Invitee) error {
	var f Faults
	switch {
	case p.Kind == OrganizationParticipant && who.Organization == nil:
		f.Add("/organization_id", "unknown_value", "must be an organization that there is")
	case p.Kind == OrganizationParticipant && !e.TookPlace():
		return who.Organization.Admit(by, who.Today)
	case p.Kind == StaffParticipant && (who.Account == nil || !slices.Contains([]Role{Staff, Liaison}, who.Account.Role)):
		f.Add("/account_id", "unknown_value", "must be an account of staff")
	case p.Kind == AdvisorParticipant && who.Advisor == nil:
		f.Add("/advisor_id", "unknown_value", "must be an advisor that there is")
	case p.Kind == AdvisorParticipant && !e.TookPlace() && !who.Advisor.Stage.Is(AdvisorActive):
		return Refuse(Conflict, "the advisor is %s and is not asked", who.Advisor.Stage)
	}
	return f.Err()
}

// Edit changes how the participant takes part. The contact, if one is named,
// must be of the organization. A presence that tells more is for the advisor to
// accept, again if need be; it is refused once nobody can ask.
func (p *Participant) Edit(t ParticipantTerms, contact *Contact) error {
	was := p.Presence
	if err := p.write(t, contact); err != nil {
		return err
	}
	p.record("participant.edited", "")
	if slices.Index(Presences(), p.Presence) <= slices.Index(Presences(), was) {
		return nil
	}
	if !slices.Contains(engagementAhead, p.EngagementStage) {
		return Refuse(Conflict, "the engagement is %s; the advisor can no longer be asked for more presence", p.EngagementStage)
	}
	if p.Response.Is(ResponseAccepted) {
		p.AskAgain()
	}
	return nil
}

// Hide takes an advisor's presence back, whenever the advisor wants.
func (p *Participant) Hide() error {
	if !p.shown() {
		return Refuse(Conflict, "nothing is shown that could be hidden")
	}
	p.Presence = PresenceHidden
	p.record("participant.hidden", "")
	return nil
}

// shown tells whether others are to learn of the advisor.
func (p *Participant) shown() bool {
	return p.Kind == AdvisorParticipant && p.Presence != PresenceHidden
}

// mayAccept tells whether the reader may accept: what shows an advisor is for the
// advisor alone.
func (p *Participant) mayAccept() bool { return !p.shown() || p.Related()&Self != 0 }

// Terms are what would be written to get this participant.
func (p *Participant) Terms() ParticipantTerms {
	return ParticipantTerms{p.Contact, p.Presence, p.Paid, p.SessionMinutes, p.PreparationMinutes, p.DebriefingMinutes}
}

func (p *Participant) write(t ParticipantTerms, contact *Contact) error {
	if t.Presence == "" && p.Kind == AdvisorParticipant {
		t.Presence = PresenceHidden
	}
	if err := p.check(t, contact); err != nil {
		return err
	}
	p.Contact, p.Presence, p.Paid = t.Contact, t.Presence, t.Paid
	p.SessionMinutes, p.PreparationMinutes, p.DebriefingMinutes = t.SessionMinutes, t.PreparationMinutes, t.DebriefingMinutes
	return nil
}

func (p *Participant) check(t ParticipantTerms, contact *Contact) error {
	var f Faults
	if t.Contact != "" && (contact == nil || contact.Organization != p.Organization) {
		f.Add("/contact_id", "invalid", "must be a contact of the organization that takes part")
	}
	if p.Kind == AdvisorParticipant && !slices.Contains(Presences(), t.Presence) {
		f.Add("/presence", "unknown_value", "must be hidden, counted or alias")
	}
	if p.Kind != AdvisorParticipant && (t.Presence != "" || t.Paid || t.SessionMinutes+t.PreparationMinutes+t.DebriefingMinutes != 0) {
		f.Add("/presence", "invalid", "presence, payment and hours are kept of advisors alone")
	}
	if min(t.SessionMinutes, t.PreparationMinutes, t.DebriefingMinutes) < 0 {
		f.Add("", "invalid", "minutes are not negative")
	}
	return f.Err()
}

// Answer accepts or declines the invitation, while it stands. An organization,
// nil for others, accepts only in good standing.
func (p *Participant) Answer(by Actor, act Action, org *Organization, today Date) error {
	if !slices.Contains(engagementAnswers, p.EngagementStage) {
		return Refuse(Conflict, "an invitation is answered while the engagement is invited or confirmed; it is %s", p.EngagementStage)
	}
	if act == AcceptParticipation && !p.mayAccept() {
		return Refuse(Forbidden, "only the advisor accepts a presence that others learn of")
	}
	if act == AcceptParticipation && p.Kind == OrganizationParticipant {
		if err := org.Admit(by, today); err != nil {
			return err
		}
	}
	if err := participantLife.take(&p.Response, act); err != nil {
		return err
	}
	p.record("participant."+p.Response.String(), "")
	return nil
}

// AskAgain puts the answer back, because what it was given for has changed.
func (p *Participant) AskAgain() {
	p.Response.now = ResponsePending
	p.record("participant.asked_again", "")
}

// Remove notes that the participant is taken out, which is refused once the
// engagement was held: who took part stands.
func (p *Participant) Remove() error {
	if !slices.Contains(engagementAhead, p.EngagementStage) {
		return Refuse(Conflict, "the engagement is %s; who was to take part stands", p.EngagementStage)
	}
	p.record("participant.removed", "")
	return nil
}

// Groups lists the groups for which the participant speaks. Who declined was
// not there.
func (p *Participant) Groups(org *Organization) []Group {
	switch {
	case p.Response.Is(ResponseDeclined):
		return nil
	case p.Kind == AdvisorParticipant:
		return []Group{Survivors}
	case p.Kind == OrganizationParticipant:
		return org.Groups()
	}
	return nil
}

// Next lists what the answer and the engagement's stage allow.
func (p *Participant) Next() []Action {
	next := []Action{EditParticipant}
	if slices.Contains(engagementAnswers, p.EngagementStage) {
		next = append(next, participantLife.next(p.Response)...)
	}
	if !p.mayAccept() {
		next = slices.DeleteFunc(next, func(a Action) bool { return a == AcceptParticipation })
	}
	if p.shown() {
		next = append(next, HideParticipation)
	}
	if slices.Contains(engagementAhead, p.EngagementStage) {
		next = append(next, RemoveParticipant)
	}
	return next
}
