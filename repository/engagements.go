package repository

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"accord/domain"
)

// Engagements is the table of engagements.
type Engagements struct {
	table[domain.Engagement, *domain.Engagement]
}

func engagements(s *Session) Engagements {
	return Engagements{newTable[domain.Engagement](s, domain.ReadEngagement, engagementReach, sorts{"starts_at": "starts_at", "created_at": "created_at"})}
}

func engagementReach(a domain.Actor) []relation {
	return takesPart(a, "r.announced AND r.id", "SELECT p.engagement FROM participants p")
}

// takesPart is the relation to what the actor's organization, or the actor as an
// advisor, takes part in: the column is among what sql selects by participants p.
func takesPart(a domain.Actor, column, sql string) []relation {
	coming := column + " IN (" + sql + " WHERE p.response <> 'declined' AND "
	return []relation{
		{domain.Shared, coming + "p.organization = ?)", []any{a.Organization}},
		{domain.Shared, coming + "p.advisor = ?)", []any{a.Advisor}},
	}
}

// EngagementFilter narrows a list; an empty field does not.
type EngagementFilter struct {
	MarkFilter
	Kind, Stage  string
	Initiative   domain.InitiativeID
	Organization domain.OrganizationID
	// From and Until are the days, in UTC, from and before which it starts.
	From, Until domain.Date
}

// List returns a page of engagements.
func (t Engagements) List(ctx context.Context, f EngagementFilter, p Page) (Rows[domain.Engagement], error) {
	q := f.narrow(t.s, t.within(ctx, t.read), t.name)
	q = equal(q, "kind", f.Kind, "stage", f.Stage, "initiative", string(f.Initiative))
	if f.Organization != "" {
		part := t.s.Participants.within(ctx, domain.ReadParticipant).Where("organization = ? AND response <> 'declined'", f.Organization)
		q = q.Where("id IN (?)", part.Select("engagement")) // among whom the actor sees, else the filter tells of the others
	}
	if f.From != "" {
		q = q.Where("starts_at >= ?", f.From.Time())
	}
	if f.Until != "" {
		q = q.Where("starts_at < ?", f.Until.Time())
	}
	return t.list(q, p)
}

// Since returns the engagements that start at a moment or later, the soonest
// first and so many at most.
func (t Engagements) Since(ctx context.Context, from time.Time, limit int) ([]domain.Engagement, error) {
	var out []domain.Engagement
	err := t.within(ctx, t.read).Where("starts_at >= ?", from).Order("starts_at, id").Limit(limit).Find(&out).Error
	return out, err
}

// NoteHearing notes on an engagement's initiative whom it heard.
func (s *Session) NoteHearing(ctx context.Context, e *domain.Engagement) error {
	if e.Initiative == "" {
		return nil
	}
	people, err := s.Participants.Of(ctx, e.ID)
	if err != nil {
		return err
	}
	var groups []domain.Group
	for _, p := range people {
		org, err := found(s.Organizations.Get(ctx, p.Organization))
		if err != nil {
			return err
		}
		groups = append(groups, p.Groups(org)...)
	}
	return s.Hear(ctx, e.Initiative, e.StartsAt, e.Source(), groups...)
}

// Participants is the table of who takes part in engagements.
type Participants struct {
	table[domain.Participant, *domain.Participant]
}

func participants(s *Session) Participants {
	t := newTable[domain.Participant](s, domain.ReadParticipant, participantReach, nil)
	t.computed = []string{
		`CASE r.kind
			WHEN 'organization' THEN (SELECT o.legal_name FROM organizations o WHERE o.id = r.organization)
			WHEN 'staff' THEN (SELECT a.name FROM accounts a WHERE a.id = r.account)
			ELSE (SELECT v.alias FROM advisors v WHERE v.id = r.advisor) END AS name`,
		`(SELECT e.stage FROM engagements e WHERE e.id = r.engagement) AS engagement_stage`,
	}
	// Of two that turned out to be one, the survivor takes part, by the stronger answer.
	t.only = "r.organization NOT IN (" + mergedAway + ") AND r.organization <> r.id"
	return Participants{t}
}

// participantReach shows one's own row from the invitation on, and of the others
// those who come, an advisor only with a presence that the advisor accepted.
func participantReach(a domain.Actor) []relation {
	const announced = " AND EXISTS (SELECT 1 FROM engagements e WHERE e.id = r.engagement AND e.announced)"
	return append(
		takesPart(a, "(r.kind <> 'advisor' OR r.presence <> 'hidden' AND r.response = 'accepted') AND r.response <> 'declined' AND r.engagement",
			"SELECT e.id FROM participants p JOIN engagements e ON e.id = p.engagement AND e.announced"),
		relation{domain.Own, "r.organization = ?" + announced, []any{a.Organization}},
		relation{domain.Self, "r.advisor = ?" + announced, []any{a.Advisor}},
	)
}

// Of returns who takes part in an engagement, in no order: any that the database
// could give would tell of what the caller may not see.
func (t Participants) Of(ctx context.Context, id domain.EngagementID) ([]domain.Participant, error) {
	var out []domain.Participant
	err := t.within(ctx, t.read).Where("engagement = ?", id).Find(&out).Error
	return out, err
}

// Add adds someone to an engagement, each once. Who is added to one that was
// held was heard there.
func (t Participants) Add(ctx context.Context, id domain.EngagementID, d domain.ParticipantDraft) (*domain.Participant, error) {
	var p *domain.Participant
	err := t.s.Tx(ctx, func(s *Session) error {
		e, err := s.Engagements.lock(ctx, domain.ReadEngagement, id, nil)
		if err != nil {
			return err
		}
		if !s.actor.May(domain.CreateParticipant) { // before anything that names is looked up
			return forbidden(domain.CreateParticipant)
		}
		who, err := s.invitee(ctx, d)
		if err != nil {
			return err
		}
		if p, err = domain.NewParticipant(s.actor, e, d, who); err != nil {
			return err
		}
		if err := s.Participants.create(ctx, p); err != nil {
			return err
		}
		if e.TookPlace() {
			if err := s.NoteHearing(ctx, e); err != nil {
				return err
			}
		}
		p, err = s.Participants.Get(ctx, p.ID)
		return err
	})
	return p, err
}

func (t Participants) create(ctx context.Context, p *domain.Participant) error {
	err := t.Create(ctx, domain.CreateParticipant, p)
	if errors.Is(err, domain.Conflict) {
		return domain.Refuse(domain.Conflict, "it takes part already")
	}
	return err
}

// invitee reads the records that a draft names; one that is not there is nil.
// Those on whose standing it depends stay as they are.
func (s *Session) invitee(ctx context.Context, d domain.ParticipantDraft) (who domain.Invitee, err error) {
	who.Today = domain.DateOf(s.Now())
	if who.Organization, err = found(s.Organizations.Steady(ctx, d.Organization)); err != nil {
		return who, err
	}
	if who.Contact, err = s.Participants.Contact(ctx, d.Contact); err != nil {
		return who, err
	}
	// Staff may not read accounts, only be told whether one is of staff.
	if who.Account, err = found(s.system().Accounts.Get(ctx, d.Account)); err != nil {
		return who, err
	}
	who.Advisor, err = found(s.Advisors.Steady(ctx, d.Advisor))
	return who, err
}

// Contact returns the contact that is to come, or nil if there is none.
func (t Participants) Contact(ctx context.Context, id domain.ContactID) (*domain.Contact, error) {
	return found(t.s.Contacts.Get(ctx, id))
}

// Admitted refuses to announce an engagement to an organization that is not in
// good standing, and names each.
func (t Participants) Admitted(ctx context.Context, id domain.EngagementID) error {
	people, err := t.Of(ctx, id)
	if err != nil {
		return err
	}
	slices.SortFunc(people, func(a, b domain.Participant) int { return strings.Compare(a.Name, b.Name) })
	var f domain.Faults
	for _, p := range people {
		if p.Organization == "" || p.Response.Is(domain.ResponseDeclined) {
			continue
		}
		o, err := t.s.Organizations.Steady(ctx, p.Organization)
		if err != nil {
			return err
		}
		for _, gap := range o.Standing(domain.DateOf(t.s.Now()), "") {
			f.Add("/participants/"+string(p.ID), gap.Code, "%s: %s", o.LegalName, gap.Detail)
		}
	}
	if len(f) > 0 {
		return &domain.Error{Kind: domain.Conflict, Detail: "an organization that takes part is not in good standing; errors says which and why", Faults: f}
	}
	return nil
}

// AskAgain puts back every answer to an engagement's invitation.
func (t Participants) AskAgain(ctx context.Context, id domain.EngagementID) error {
	people, err := t.Of(ctx, id)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.Response.Is(domain.ResponsePending) {
			continue
		}
		_, err := t.Update(ctx, domain.EditParticipant, p.ID, nil, func(_ *Session, p *domain.Participant) error {
			p.AskAgain()
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// found turns NotFound into nil.
func found[T any](v *T, err error) (*T, error) {
	if errors.Is(err, domain.NotFound) {
		return nil, nil
	}
	return v, err
}
