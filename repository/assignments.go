package repository

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accord/domain"
)

// Assignments is the table of which liaisons look after which advisors.
type Assignments struct {
	table[domain.Assignment, *domain.Assignment]
}

func assignments(s *Session) Assignments {
	t := newTable[domain.Assignment](s, domain.ReadAssignment, func(a domain.Actor) []relation {
		return []relation{{domain.Self, "r.advisor = ?", []any{a.Advisor}}, {domain.Self, "r.liaison = ?", []any{a.Account}}, lookingAfter(a, "r.advisor")}
	}, nil)
	t.computed = []string{"(r.ended_at IS NULL AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = r.liaison AND a.role = 'liaison' AND a.stage = 'active')) AS active"}
	return Assignments{t}
}

// lookingAfter relates a liaison to what belongs to an advisor, named by a column, whom
// that one is assigned to look after now.
func lookingAfter(a domain.Actor, advisor string) relation {
	if a.Role != domain.Liaison {
		a.Account = ""
	}
	return relation{
		domain.Assigned,
		"EXISTS (SELECT 1 FROM assignments s WHERE s.advisor = " + advisor + " AND s.liaison = ? AND s.ended_at IS NULL)",
		[]any{a.Account},
	}
}

// List returns a page of who looks after an advisor and did, the newest first: Forbidden
// if the actor sees the advisor and not this, NotFound if not even that.
func (t Assignments) List(ctx context.Context, of domain.AdvisorID, p Page) (Rows[domain.Assignment], error) {
	if _, err := t.s.Advisors.Permit(ctx, t.read, of); err != nil {
		return Rows[domain.Assignment]{}, err
	}
	return t.list(t.within(ctx, t.read).Where("advisor = ?", of), p)
}

// Assign has an account look after an advisor, and tells the advisor and all who do.
func (t Assignments) Assign(ctx context.Context, of domain.AdvisorID, liaison domain.AccountID) (v *domain.Assignment, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		if err := s.Alone(ctx, "assignments|"+string(of)); err != nil {
			return err
		}
		if _, err := s.Advisors.Permit(ctx, domain.AssignLiaison, of); err != nil {
			return err
		}
		by, err := s.system().Accounts.Steady(ctx, s.actor.Account)
		if err != nil {
			return err
		}
		if by.Role != s.actor.Role || !by.Stage.Is(domain.AccountActive) { // meanwhile
			return forbidden(domain.AssignLiaison)
		}
		a, err := found(s.system().Accounts.Steady(ctx, liaison))
		if err != nil {
			return err
		}
		if v, err = domain.NewAssignment(s.actor, of, a); err != nil {
			return err
		}
		var already int64
		if err := s.Assignments.within(ctx, t.read).Where("advisor = ? AND liaison = ? AND ended_at IS NULL", of, liaison).Count(&already).Error; err != nil {
			return err
		}
		if already > 0 {
			return domain.Refuse(domain.Conflict, "this liaison looks after the advisor already")
		}
		if err := s.Assignments.Create(ctx, domain.AssignLiaison, v); err != nil {
			return err
		}
		return errors.Join(s.tellOfCare(ctx, of, "advisor.liaison_assigned", string(v.ID)), s.tellOfWhatWaits(ctx, of, liaison))
	})
	return v, err
}

// tellOfCare tells an advisor, whoever looks after them and some others that this has
// changed.
func (s *Session) tellOfCare(ctx context.Context, of domain.AdvisorID, event, assignment string, others ...domain.AccountID) error {
	told, err := s.carers(ctx, of, "")
	if err != nil {
		return err
	}
	self, err := s.speakers(ctx, of)
	if err != nil {
		return err
	}
	return s.Notices.Tell(ctx, domain.NoticeDraft{
		Event: event, RecordKind: "advisor", RecordID: string(of), Occasion: event + "|" + assignment,
	}, slices.Concat(told, self, others)...)
}

// End ends an assignment, unless nobody else would look after the advisor whom it is not
// the actor's to leave so.
func (t Assignments) End(ctx context.Context, id domain.AssignmentID, match Match[*domain.Assignment]) (v *domain.Assignment, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		if v, err = s.Assignments.Get(ctx, id); err != nil {
			return err
		}
		if err := s.Alone(ctx, "assignments|"+string(v.Advisor)); err != nil {
			return err
		}
		others, err := s.carers(ctx, v.Advisor, v.Liaison)
		if err != nil {
			return err
		}
		v, err = s.Assignments.Update(ctx, domain.EndAssignment, id, match, func(s *Session, v *domain.Assignment) error {
			return v.End(s.actor, len(others), s.Now())
		})
		if err != nil {
			return err
		}
		return errors.Join(s.Assignments.over(ctx, v), s.tellOfCare(ctx, v.Advisor, "advisor.liaison_left", string(v.ID), v.Liaison))
	})
	return v, err
}

// over takes away what a liaison who looks after an advisor no more could still come to
// know or stop: resets of the advisor's account, and the token of a change that waits,
// whoever issued it. Invitations are refused when they are accepted.
func (t Assignments) over(ctx context.Context, v *domain.Assignment) error {
	system := t.s.system()
	return errors.Join(
		system.Resets.withdraw(ctx, "proposed_by = ? AND account IN (SELECT id FROM accounts WHERE advisor = ?)", v.Liaison, v.Advisor),
		system.SafeContacts.ForgetToken(ctx, domain.ID[domain.SafeContact](v.Advisor)),
	)
}

// EndAllOf ends whatever an account is assigned to, which is no liaison any more. The
// caller has been allowed to change its role.
func (t Assignments) EndAllOf(ctx context.Context, account domain.AccountID) error {
	system := t.s.system()
	var ended []*domain.Assignment
	err := system.Assignments.endAll(ctx, domain.EndAssignment, func(v *domain.Assignment) error {
		ended = append(ended, v)
		return v.End(system.actor, 0, system.Now())
	}, "liaison = ? AND ended_at IS NULL", account)
	for _, v := range ended {
		err = errors.Join(err, system.Assignments.over(ctx, v), system.tellOfCare(ctx, v.Advisor, "advisor.liaison_left", string(v.ID)))
	}
	return err
}

// TellOfUnattended tells liaisons and custodians, once a week, of each advisor whom nobody
// looks after who can act: a custodian assigns one of them. Only the server itself does so.
func (t Assignments) TellOfUnattended(ctx context.Context) error {
	var ids []domain.AdvisorID
	err := t.s.mechanism(ctx).Raw(`SELECT a.id FROM advisors a WHERE a.stage <> ? AND NOT EXISTS (SELECT 1 FROM assignments s JOIN accounts l ON l.id = s.liaison
		WHERE s.advisor = a.id AND s.ended_at IS NULL AND l.role = ? AND l.stage = ?) ORDER BY a.id`, domain.AdvisorRetired, domain.Liaison, domain.AccountActive).Scan(&ids).Error
	if err != nil {
		return err
	}
	told, err := t.s.Accounts.Holding(ctx, domain.Liaison, domain.Custodian)
	year, week := t.s.Now().ISOWeek()
	for _, of := range ids {
		err = errors.Join(err, t.s.Notices.Tell(ctx, domain.NoticeDraft{
			Event: "advisor.unattended", RecordKind: "advisor", RecordID: string(of), Occasion: fmt.Sprintf("unattended|%s|%d-%d", of, year, week),
		}, told...))
	}
	return err
}

// carers are the active accounts of those who look after an advisor, but for one.
func (s *Session) carers(ctx context.Context, of domain.AdvisorID, but domain.AccountID) ([]domain.AccountID, error) {
	return s.system().Accounts.active(ctx, "role = ? AND id <> ? AND id IN (SELECT liaison FROM assignments WHERE advisor = ? AND ended_at IS NULL)",
		domain.Liaison, but, of)
}

// speakers are the active accounts of an advisor.
func (s *Session) speakers(ctx context.Context, of domain.AdvisorID) ([]domain.AccountID, error) {
	return s.system().Accounts.active(ctx, "advisor <> '' AND advisor = ?", of)
}
