package repository

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// Initiatives is the table of initiatives.
type Initiatives struct {
	table[domain.Initiative, *domain.Initiative]
}

func initiatives(s *Session) Initiatives {
	return Initiatives{newTable[domain.Initiative](s, domain.ReadInitiative, initiativeReach, sorts{"title": "title", "created_at": "created_at"})}
}

func initiativeReach(a domain.Actor) []relation {
	return takesPart(a, "r.id", "SELECT e.initiative FROM participants p JOIN engagements e ON e.id = p.engagement AND e.announced")
}

// InitiativeFilter narrows a list; an empty field does not.
type InitiativeFilter struct{ Stage string }

// List returns a page of initiatives.
func (t Initiatives) List(ctx context.Context, f InitiativeFilter, p Page) (Rows[domain.Initiative], error) {
	q := t.within(ctx, t.read)
	if f.Stage != "" {
		q = q.Where("stage = ?", f.Stage)
	}
	return t.list(q, p)
}

// Measured returns an initiative with its from-the-outset meter, for those who
// may know of every hearing.
func (t Initiatives) Measured(ctx context.Context, id domain.InitiativeID) (*domain.Initiative, domain.Meter, error) {
	if !t.s.actor.May(domain.ReadHearing) {
		if _, err := t.Get(ctx, id); err != nil {
			return nil, domain.Meter{}, err
		}
		return nil, domain.Meter{}, forbidden(domain.ReadHearing)
	}
	i, err := t.s.system().Initiatives.Get(ctx, id)
	if err != nil {
		return nil, domain.Meter{}, err
	}
	var rows []domain.Hearing
	err = t.s.mechanism(ctx).Where("initiative = ?", id).Find(&rows).Error
	return i, domain.Measure(rows), err
}

// Hear notes that groups were heard on an initiative at a moment. Every source,
// a held engagement or a received submission, enters the meter here; naming it
// again changes nothing, and neither does naming no initiative.
func (s *Session) Hear(ctx context.Context, initiative domain.InitiativeID, at time.Time, from domain.Source, groups ...domain.Group) error {
	if initiative == "" || len(groups) == 0 {
		return nil
	}
	return s.Tx(ctx, func(s *Session) error {
		i, err := s.system().Initiatives.Get(ctx, initiative)
		if err != nil {
			return err
		}
		rows := i.Hear(at, from, groups...)
		return s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
	})
}
