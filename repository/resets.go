package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Resets is the table of ways back in.
type Resets struct {
	table[domain.Reset, *domain.Reset]
}

func resets(s *Session) Resets {
	return Resets{newTable[domain.Reset](s, domain.ReadReset, resetReach, sorts{"created_at": "created_at"})}
}

func resetReach(a domain.Actor) []relation {
	return []relation{{domain.Own, ofColleague, []any{a.Organization}}, lookedAfter(a)}
}

// List returns a page of resets, those at a stage or all.
func (t Resets) List(ctx context.Context, stage string, p Page) (Rows[domain.Reset], error) {
	q := t.within(ctx, t.read)
	if stage != "" {
		q = q.Where("stage = ?", stage)
	}
	return t.list(q, p)
}

// ByToken finds a reset by the hash of its token. Only the server itself asks so.
func (t Resets) ByToken(ctx context.Context, hash string) (*domain.Reset, error) {
	return one[domain.Reset, *domain.Reset](t.within(ctx, t.read).Where("token_hash <> '' AND token_hash = ?", hash))
}

// Request keeps that somebody asks for a new password of an account, once while
// it waits for an answer, and reports whether one waits now. Only the server itself
// does so.
func (t Resets) Request(ctx context.Context, of domain.AccountID) (waits bool, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		a, err := s.Accounts.Hold(ctx, of)
		if err != nil {
			return err
		}
		var n int64
		err = s.Resets.within(ctx, t.read).Where("account = ? AND stage = ?", of, domain.ResetRequested).Count(&n).Error
		if waits = a.Stage.Is(domain.AccountActive); err != nil || n > 0 || !waits {
			return err
		}
		return s.Resets.Create(ctx, domain.RequestReset, domain.NewResetRequest(a))
	})
	return waits, err
}

// WithdrawOthers makes what else waits for an account useless, once it has what
// it asked for. Only the server itself does so.
func (t Resets) WithdrawOthers(ctx context.Context, than *domain.Reset) error {
	return t.withdraw(ctx, "account = ? AND kind = ? AND id <> ?", than.Account, than.Kind, than.ID)
}

// WithdrawAll makes all that waits for an account useless, once whoever operates the
// server has reset it, or its holder, who fears somebody else. Only the server itself
// does so.
func (t Resets) WithdrawAll(ctx context.Context, account domain.AccountID) error {
	return t.withdraw(ctx, "account = ?", account)
}

// WithdrawKind makes what waits for an account of one kind useless, which its holder no
// longer needs. Only the server itself does so.
func (t Resets) WithdrawKind(ctx context.Context, account domain.AccountID, kind domain.ResetKind) error {
	return t.withdraw(ctx, "account = ? AND kind = ?", account, kind)
}

// Recall makes useless what an account handed out that nobody has used yet and what it
// proposed that nobody has decided: its invitations, the resets that it set going, its
// changes of role, merges and legal holds. They would outlast it. The caller has been allowed to stop
// the account, or to change what it may.
func (s *Session) Recall(ctx context.Context, account domain.AccountID) error {
	server := s.system()
	return errors.Join(
		s.Invitations.RevokeAllBy(ctx, account),
		server.Resets.withdraw(ctx, "proposed_by = ?", account),
		server.Grants.endAll(ctx, domain.DeclineGrant, func(g *domain.Grant) error { return g.Decline(server.actor) },
			"proposed_by = ? AND stage = ?", account, domain.GrantProposed),
		server.Merges.endAll(ctx, domain.DeclineMerge, func(g *domain.Merge) error { return g.Decline(server.actor) },
			"proposed_by = ? AND stage = ?", account, domain.MergeProposed),
		server.LegalHolds.endAll(ctx, domain.DeclineLegalHold, func(h *domain.LegalHold) error { return h.Decline(server.actor) },
			"proposed_by = ? AND stage = ?", account, domain.LegalHoldProposed),
	)
}

func (t Resets) withdraw(ctx context.Context, which string, vars ...any) error {
	open := []domain.ResetStage{domain.ResetRequested, domain.ResetIssued, domain.ResetProposed}
	return t.endAll(ctx, domain.WithdrawReset, (*domain.Reset).Withdraw, "("+which+") AND stage IN ?", append(vars, open)...)
}

// Settle does what a reset stands for, once it is issued, used or confirmed, and
// makes others of the account useless. Only the server itself does so.
func (t Resets) Settle(ctx context.Context, r *domain.Reset) error {
	if !r.Stage.Is(domain.ResetProposed, domain.ResetRequested) {
		if err := t.WithdrawOthers(ctx, r); err != nil {
			return err
		}
	}
	if !r.Stage.Is(domain.ResetConfirmed, domain.ResetUsed) {
		return nil
	}
	if r.Stage.Is(domain.ResetConfirmed) {
		if err := t.s.Factors.RemoveAll(ctx, r.Account); err != nil {
			return err
		}
	}
	return t.ShutOut(ctx, r.Account, r.Kind, string(r.ID))
}

// ShutOut ends all by which somebody may be in who no longer should, or come back,
// as part of a reset that has been allowed, and tells whose account it is. The
// reset's id tells one from another.
func (t Resets) ShutOut(ctx context.Context, account domain.AccountID, kind domain.ResetKind, id string) error {
	return errors.Join(
		t.s.Sever(ctx, account, string(kind)+" reset"),
		t.s.Notices.Tell(ctx, domain.NoticeDraft{Event: "account." + string(kind) + "_reset", Occasion: "reset|" + id}, account),
	)
}

// Sever ends all but the password and the second factors by which somebody may be in
// as an account or come back, since somebody else may have begun or made it: its
// sessions, its devices, identities, API keys, the address of
// its calendar, and what it handed out that nobody has used. The caller has been allowed to.
func (s *Session) Sever(ctx context.Context, account domain.AccountID, reason string) error {
	return errors.Join(
		s.Identities.RemoveAll(ctx, account),
		s.ForgetDevices(ctx, account),
		s.Sessions.EndAll(ctx, account, reason),
		s.APIKeys.RevokeAll(ctx, account),
		s.Feeds.StopOf(ctx, account),
		s.Recall(ctx, account),
	)
}
