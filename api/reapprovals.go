package api

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accord/domain"
	"accord/repository"
)

// fallDuePartnerships marks the partnerships whose approval has run out, and tells
// the office of these and of those that are about to.
func (s *Server) fallDuePartnerships(ctx context.Context, as *repository.Session, _ []byte) error {
	today := s.today()
	due, err := as.Partnerships.Due(ctx, today.AddDays(domain.ReapprovalHorizon))
	if err != nil {
		return err
	}
	for _, id := range due {
		err := as.Tx(ctx, func(tx *repository.Session) error {
			p, err := tx.Partnerships.Hold(ctx, domain.ReapprovalFallsDue, id)
			if err != nil {
				return err
			}
			if err := tellOfReapproval(ctx, tx, p, today); err != nil || !p.RanOut(today) {
				return err
			}
			_, err = tx.Partnerships.Update(ctx, domain.ReapprovalFallsDue, id, nil, func(_ *repository.Session, p *domain.Partnership) error {
				return p.FallDue(today)
			})
			return err
		})
		if err != nil && !errors.Is(err, domain.Conflict) { // somebody was faster
			return err
		}
	}
	return nil
}

// tellOfReapproval tells those who asked for an approval and gave it that it runs
// out, once for each reminder, and gives the first of them a task.
func tellOfReapproval(ctx context.Context, tx *repository.Session, p *domain.Partnership, today domain.Date) error {
	days, due := p.ReapprovalReminder(today)
	if !due {
		return nil
	}
	watch, err := watchers(ctx, tx, p)
	if err != nil || len(watch) == 0 {
		return err
	}
	err = tx.Notices.Tell(ctx, domain.NoticeDraft{
		Event: "partnership.reapproval_due", RecordKind: "partnership", RecordID: string(p.ID), DueOn: p.ReapprovalDueOn,
		Occasion: fmt.Sprintf("partnership.reapproval_due %s %s %d", p.ID, p.ReapprovalDueOn, days),
	}, watch...)
	if err != nil {
		return err
	}
	given, err := tx.Tasks.Given(ctx, p.Source(), watch[0], p.ReapprovalDueOn)
	if err != nil || given {
		return err
	}
	owner, err := tx.Tasks.Owner(ctx, watch[0])
	if err != nil {
		return err
	}
	t, err := domain.NewTask(domain.TaskDraft{
		Title: fmt.Sprintf("See to the reapproval of %s; its approval runs out on %s", p.Title, p.ReapprovalDueOn), Owner: owner.ID, DueOn: p.ReapprovalDueOn,
	}, p.Source(), owner)
	if err != nil {
		return err
	}
	return tx.Tasks.Create(ctx, domain.CreateTask, t)
}

// watchers are those of its stewards who still work in the office, or else everyone
// who does.
func watchers(ctx context.Context, tx *repository.Session, p *domain.Partnership) ([]domain.AccountID, error) {
	officers, err := tx.Accounts.Holding(ctx, domain.Staff, domain.Liaison)
	var out []domain.AccountID
	for _, id := range p.Stewards() {
		if slices.Contains(officers, id) {
			out = append(out, id)
		}
	}
	if len(out) == 0 {
		out = officers
	}
	return out, err
}
