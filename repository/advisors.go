package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Advisors is the table of advisors.
type Advisors struct {
	table[domain.Advisor, *domain.Advisor]
}

func advisors(s *Session) Advisors {
	return Advisors{newTable[domain.Advisor](s, domain.ReadAdvisor, ofAdvisor, sorts{"alias": "alias_key"})}
}

// ofAdvisor is the reach of what has an advisor's id.
func ofAdvisor(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.id = ?", []any{a.Advisor}}, lookingAfter(a, "r.id")}
}

// AdvisorFilter narrows a list; an empty field does not.
type AdvisorFilter struct{ Expertise, Language, Stage string }

// List returns a page of advisors, by alias unless the page says otherwise.
func (t Advisors) List(ctx context.Context, f AdvisorFilter, p Page) (Rows[domain.Advisor], error) {
	q := t.within(ctx, t.read)
	if f.Expertise != "" {
		q = t.s.holding(q, "expertise", f.Expertise)
	}
	if f.Language != "" {
		q = t.s.holding(q, "languages", f.Language)
	}
	if f.Stage != "" {
		q = q.Where("stage = ?", f.Stage)
	}
	if p.Sort == "" {
		p.Sort = "alias"
	}
	return t.list(q, p)
}

// Create stores a new advisor, with an empty vault entry and the safest contact, whom
// the actor looks after.
func (t Advisors) Create(ctx context.Context, act domain.Action, a *domain.Advisor) error {
	return t.s.Tx(ctx, func(s *Session) error {
		if err := s.Advisors.table.Create(ctx, act, a); err != nil {
			return err
		}
		if err := s.SafeContacts.table.Create(ctx, act, domain.NewSafeContact(a.ID)); err != nil {
			return err
		}
		if err := s.VaultEntries.Create(ctx, act, domain.NewVaultEntry(a.ID)); err != nil {
			return err
		}
		return s.Assignments.Create(ctx, act, domain.FirstAssignment(s.actor, a.ID))
	})
}

// AliasFree reports whether no advisor but the given one has the alias. The
// answer tells of advisors whom the caller may not see: it must not be shown to
// one who may not choose.
func (t Advisors) AliasFree(ctx context.Context, alias string, but domain.AdvisorID) (bool, error) {
	var n int64
	err := t.s.mechanism(ctx).Model(&domain.Advisor{}).Where("alias_key = ? AND id <> ?", domain.FoldAlias(alias), but).Count(&n).Error
	return n == 0, err
}

// DrawAlias draws until an alias is free. It gives up when nearly all are taken.
func (t Advisors) DrawAlias(ctx context.Context, draw func() string) (string, error) {
	for range 1000 {
		alias := draw()
		free, err := t.AliasFree(ctx, alias, "")
		if err != nil || free {
			return alias, err
		}
	}
	return "", errors.New("repository: hardly an alias is free; lengthen the word lists")
}
