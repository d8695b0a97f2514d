package repository

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"accord/domain"
)

// Consultations is the table of consultations.
type Consultations struct {
	table[domain.Consultation, *domain.Consultation]
}

func consultations(s *Session) Consultations {
	return Consultations{newTable[domain.Consultation](s, domain.ReadConsultation, audience(s),
		sorts{"title": "title", "closes_at": "closes_at", "created_at": "created_at"})}
}

// Asks refuses a consultation that names whom it asks, or whom it excludes, or its
// initiative, by an id of nobody: a firewall with a mistyped id would keep nobody out.
func (t Consultations) Asks(ctx context.Context, v *domain.Consultation) error {
	var f domain.Faults
	err := errors.Join(
		t.s.Initiatives.named(ctx, &f, "initiative", "/initiative_id", v.Initiative),
		t.s.Councils.named(ctx, &f, "council", "/audience/council_id", v.Council),
		t.s.Organizations.named(ctx, &f, "organization", "/audience/organization_ids/#", v.Organizations...),
		t.s.Organizations.named(ctx, &f, "organization", "/excluded_organization_ids/#", v.Excluded...),
	)
	if err != nil {
		return err
	}
	return f.Err()
}

// audience spells out how an actor may stand to a consultation, once it was
// announced. What is named in a list is an id or a word in JSON's quotation
// marks, so LIKE finds it exactly.
func audience(s *Session) func(domain.Actor) []relation {
	today := domain.DateOf(s.store.now())
	return func(a domain.Actor) []relation {
		if a.Organization == "" {
			return []relation{
				{domain.Published, announced + " AND r.for_public", nil},
				{domain.Shared, announced + " AND (r.for_public OR r.for_advisors) AND ? <> ''", []any{a.Advisor}},
				{domain.Council, announced + ` AND EXISTS (SELECT 1 FROM terms t WHERE t.council = r.council AND t.advisor = ?
					AND t.begins_on <= ? AND t.ends_on >= ?)`, []any{a.Advisor, today, today}},
			}
		}
		named := fmt.Sprintf("%%%q%%", a.Organization)
		return []relation{
			{domain.Published, announced + " AND r.for_public AND r.excluded NOT LIKE ?", []any{named}},
			{domain.Shared, announced + ` AND r.excluded NOT LIKE ? AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = ?
				AND o.stage IN ('approved', 'approved_with_conditions')
				AND (r.for_public OR r.organizations LIKE ? OR r.types LIKE '%"' || o.type || '"%'))`, []any{named, a.Organization, named}},
		}
	}
}

var announced = "r.stage IN (" + quoted(domain.AnnouncedStages()) + ")"

// quoted lists the words of a code list in SQL.
func quoted[S ~string](in []S) string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = "'" + string(s) + "'"
	}
	return strings.Join(out, ", ")
}

// ofConsultation is the reach of what belongs to a consultation r, where r is as
// the condition says.
func ofConsultation(s *Session, condition string) func(domain.Actor) []relation {
	return func(a domain.Actor) []relation {
		relations := audience(s)(a)
		for i, r := range relations {
			relations[i].sql = "r.consultation IN (SELECT r.id FROM consultations r WHERE " + condition + " AND " + r.sql + ")"
		}
		return relations
	}
}

// ConsultationFilter narrows a list; an empty field does not.
type ConsultationFilter struct {
	Stage string
	// Initiative is known to the office alone: whoever else asks finds nothing.
	Initiative domain.InitiativeID
	MarkFilter
}

// List returns a page of consultations.
func (t Consultations) List(ctx context.Context, f ConsultationFilter, p Page) (Rows[domain.Consultation], error) {
	q := f.narrow(t.s, t.within(ctx, t.read), t.name)
	if f.Stage != "" {
		q = q.Where("stage = ?", f.Stage)
	}
	if f.Initiative != "" {
		q = q.Where("initiative = ? AND ?", f.Initiative, t.s.actor.Sees(domain.ConsultationInside, 0))
	}
	return t.list(q, p)
}

// Joinable returns a consultation in which the actor may take part as act says.
// Within a transaction it stays so until the end.
func (t Consultations) Joinable(ctx context.Context, act domain.Action, id domain.ConsultationID) (*domain.Consultation, error) {
	c, err := one[domain.Consultation](t.s.steady(t.within(ctx, act).Where("id = ?", id)))
	if !errors.Is(err, domain.NotFound) {
		return c, err
	}
	if _, err := t.Get(ctx, id); err != nil {
		return nil, err
	}
	return nil, forbidden(act)
}

// Held returns a consultation that nobody else changes until the transaction
// ends.
func (t Consultations) Held(ctx context.Context, id domain.ConsultationID) (*domain.Consultation, error) {
	return t.lock(ctx, t.read, id, nil)
}

// Of returns the consultation of something that the actor can see, whether or
// not the actor can see the consultation still. Within a transaction it stays as
// it is until the end.
func (t Consultations) Of(ctx context.Context, id domain.ConsultationID) (*domain.Consultation, error) {
	return t.s.system().Consultations.Steady(ctx, id)
}

// The jobs by which a consultation opens and closes.
const (
	OpenConsultationJob  = "consultation.open"
	CloseConsultationJob = "consultation.close"
)

// Schedule asks for a consultation to be opened and closed at its times. A job
// of earlier times finds, when it runs, that it is not due.
func (t Consultations) Schedule(ctx context.Context, v *domain.Consultation) error {
	if err := t.s.Enqueue(ctx, OpenConsultationJob, v.ID, v.OpensAt); err != nil {
		return err
	}
	return t.s.Enqueue(ctx, CloseConsultationJob, v.ID, v.ClosesAt)
}

// errNotDue ends a job that came early, late or again.
var errNotDue = errors.New("not due")

// OpenIfDue opens a scheduled consultation whose time has come. Doing it again
// changes nothing.
func (t Consultations) OpenIfDue(ctx context.Context, id domain.ConsultationID) error {
	return t.ifDue(ctx, domain.OpenConsultation, id, func(s *Session, c *domain.Consultation) error {
		if !c.DueToOpen(s.Now()) {
			return errNotDue
		}
		return c.Open(s.Now())
	})
}

// CloseIfDue closes a consultation whose time is over. Doing it again changes
// nothing.
func (t Consultations) CloseIfDue(ctx context.Context, id domain.ConsultationID) error {
	return t.ifDue(ctx, domain.CloseConsultation, id, func(s *Session, c *domain.Consultation) error {
		if !c.DueToClose(s.Now()) {
			return errNotDue
		}
		return c.Close(s.Now())
	})
}

func (t Consultations) ifDue(ctx context.Context, act domain.Action, id domain.ConsultationID, do func(*Session, *domain.Consultation) error) error {
	_, err := t.Update(ctx, act, id, nil, do)
	if errors.Is(err, errNotDue) || errors.Is(err, domain.NotFound) {
		return nil
	}
	return err
}
