package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Grants is the table of changes of role.
type Grants struct {
	table[domain.Grant, *domain.Grant]
}

func grants(s *Session) Grants {
	return Grants{newTable[domain.Grant](s, domain.ReadGrant, nil, sorts{"created_at": "created_at"})}
}

// List returns a page of grants, at a stage if one is given.
func (t Grants) List(ctx context.Context, stage string, p Page) (Rows[domain.Grant], error) {
	return t.list(equal(t.within(ctx, t.read), "stage", stage), p)
}

// Propose stores a grant for an account, and gives a role at once that takes one
// person only.
func (t Grants) Propose(ctx context.Context, id domain.AccountID, d domain.GrantDraft) (*domain.Grant, error) {
	var g *domain.Grant
	err := t.s.Tx(ctx, func(s *Session) error {
		a, err := s.Accounts.Get(ctx, id)
		if err != nil {
			return err
		}
		if g, err = domain.NewGrant(s.actor, a, d); err != nil {
			return err
		}
		if !g.Role.ByTwo() {
			err = s.give(ctx, id, func(a *domain.Account) error { return g.Settle(a, s.Now()) })
		}
		if err != nil {
			return err
		}
		return s.Grants.Create(ctx, domain.ProposeGrant, g)
	})
	return g, err
}

// Approve gives the role of a grant, the actor being the second person.
func (t Grants) Approve(ctx context.Context, id domain.GrantID, match Match[*domain.Grant]) (*domain.Grant, error) {
	return t.Update(ctx, domain.ApproveGrant, id, match, func(s *Session, g *domain.Grant) error {
		by, proposer, err := s.Two(ctx, g.ProposedBy)
		if err != nil {
			return err
		}
		return s.give(ctx, g.Account, func(a *domain.Account) error { return g.Approve(by, proposer, a, s.Now()) })
	})
}

// give changes an account's role and ends what the account has open, its sessions, whom
// it looks after and what it handed out that nobody has used: nothing goes on under the former role.
func (s *Session) give(ctx context.Context, id domain.AccountID, change func(*domain.Account) error) error {
	_, err := s.Accounts.Update(ctx, domain.EditAccount, id, nil, func(s *Session, a *domain.Account) error {
		if err := change(a); err != nil {
			return err
		}
		return errors.Join(s.Recall(ctx, a.ID), s.Assignments.EndAllOf(ctx, a.ID), s.Sessions.EndAll(ctx, a.ID, "role changed"))
	})
	return err
}

// Two are the actor's own account, nil for the server's operator, and that of who
// proposed what the actor decides, nil for none.
func (s *Session) Two(ctx context.Context, proposedBy domain.AccountID) (by, proposer *domain.Account, err error) {
	if s.actor.Role != domain.System {
		if by, err = s.system().Accounts.Get(ctx, s.actor.Account); err != nil {
			return nil, nil, err
		}
	}
	proposer, err = found(s.system().Accounts.Get(ctx, proposedBy))
	return by, proposer, err
}

// Awaiting lists the invitations that wait for a second person.
func (t Invitations) Awaiting(ctx context.Context) ([]domain.Invitation, error) {
	var out []domain.Invitation
	err := t.within(ctx, t.read).Where("awaits AND stage = ?", domain.InvitationPending).Order("created_at, id").Find(&out).Error
	return out, err
}

// Approve makes an invitation good to which it takes two, the actor being the
// second person.
func (t Invitations) Approve(ctx context.Context, id domain.InvitationID, match Match[*domain.Invitation]) (*domain.Invitation, error) {
	return t.Update(ctx, domain.ApproveInvite, id, match, func(s *Session, i *domain.Invitation) error {
		by, inviter, err := s.Two(ctx, i.InvitedBy)
		if err != nil {
			return err
		}
		return i.Approve(by, inviter, s.Now())
	})
}
