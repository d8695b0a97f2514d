package repository

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"accord/domain"
)

// LegalHolds is the table of what keeps an advisor's identity from being destroyed.
type LegalHolds struct {
	table[domain.LegalHold, *domain.LegalHold]
}

func legalHolds(s *Session) LegalHolds {
	return LegalHolds{newTable[domain.LegalHold](s, domain.ReadLegalHold, nil, sorts{"created_at": "created_at"})}
}

// LegalHoldFilter narrows a list; an empty field does not.
type LegalHoldFilter struct {
	Advisor domain.AdvisorID
	Stage   string
}

// List returns a page of holds.
func (t LegalHolds) List(ctx context.Context, f LegalHoldFilter, p Page) (Rows[domain.LegalHold], error) {
	return t.list(equal(equal(t.within(ctx, t.read), "stage", f.Stage), "advisor", string(f.Advisor)), p)
}

// Propose stores a hold of an advisor's identity, which works once it is confirmed.
func (t LegalHolds) Propose(ctx context.Context, of domain.AdvisorID, d domain.LegalHoldDraft) (h *domain.LegalHold, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		if !s.actor.May(domain.ProposeLegalHold) { // before it is looked for whom it names
			return forbidden(domain.ProposeLegalHold)
		}
		var f domain.Faults
		if err := s.system().Advisors.named(ctx, &f, "advisor", "/advisor_id", of); err != nil {
			return err
		}
		if h, err = domain.NewLegalHold(s.actor, of, d, f, domain.DateOf(s.Now())); err != nil {
			return err
		}
		return s.LegalHolds.Create(ctx, domain.ProposeLegalHold, h)
	})
	return h, err
}

// Confirm has a hold work, the actor being the second person. What is sealed already is
// kept by it as well.
func (t LegalHolds) Confirm(ctx context.Context, id domain.LegalHoldID, match Match[*domain.LegalHold]) (*domain.LegalHold, error) {
	return t.Update(ctx, domain.ConfirmLegalHold, id, match, func(s *Session, h *domain.LegalHold) error {
		// Whoever erases at this moment goes first, or finds the hold.
		if _, err := s.system().VaultEntries.Hold(ctx, domain.CarryOutErasure, domain.ID[domain.VaultEntry](h.Advisor)); err != nil {
			return err
		}
		by, proposer, err := s.Two(ctx, h.ProposedBy)
		if err != nil {
			return err
		}
		if err := h.Confirm(by, proposer, s.Now()); err != nil {
			return err
		}
		keys, err := s.ownKeys(ctx, "held_keys", "advisor = ?", h.Advisor)
		for _, k := range keys {
			err = errors.Join(err, s.markErased(ctx, sealedMark(k.Mark, h.EndsOn)))
		}
		return err
	})
}

// Lift ends a hold, and destroys at once what no other keeps.
func (t LegalHolds) Lift(ctx context.Context, id domain.LegalHoldID, match Match[*domain.LegalHold]) (h *domain.LegalHold, err error) {
	err = t.s.Tx(ctx, func(s *Session) error {
		h, err = s.LegalHolds.Update(ctx, domain.LiftLegalHold, id, match, func(s *Session, h *domain.LegalHold) error {
			return h.Lift(s.actor)
		})
		if err != nil {
			return err
		}
		return s.release(ctx, h.Advisor, true)
	})
	return h, err
}

// EndHolds notes the end of the holds whose day has come, and destroys what none keeps
// any more, which goes by the day and not by what is noted. Each advisor's is one
// transaction; it can be broken off and repeated, and what fails for one keeps no other's.
func (s *Store) EndHolds(ctx context.Context) error {
	system, today := s.As(domain.Actor{Role: domain.System}), domain.DateOf(s.now())
	err := system.LegalHolds.endAll(ctx, domain.EndLegalHold, func(h *domain.LegalHold) error { return h.End(today) },
		"stage = ? AND ends_on <= ?", domain.LegalHoldConfirmed, today)
	var sealed []domain.AdvisorID
	err = errors.Join(err, system.mechanism(ctx).Model(&heldField{}).Distinct("advisor").
		Where("advisor NOT IN (SELECT h.advisor FROM legal_holds h WHERE h.stage = ? AND h.ends_on > ?)", domain.LegalHoldConfirmed, today).Pluck("advisor", &sealed).Error)
	for _, of := range sealed {
		err = errors.Join(err, system.Tx(ctx, func(tx *Session) error { return tx.release(ctx, of, false) }))
	}
	return err
}

// release destroys what is sealed of an advisor if no hold keeps it. lifted says that
// somebody decided so, against which no day stands that came with a restored database.
func (s *Session) release(ctx context.Context, of domain.AdvisorID, lifted bool) error {
	id := domain.ID[domain.VaultEntry](of)
	e, err := s.system().VaultEntries.Hold(ctx, domain.CarryOutErasure, id)
	if err != nil || e.SealedUntil == "" || len(e.Holds) > 0 || !lifted && domain.DateOf(s.Now()).Before(e.SealedUntil) {
		return err
	}
	_, err = s.system().VaultEntries.Update(ctx, domain.CarryOutErasure, id, nil, func(tx *Session, e *domain.VaultEntry) error { return tx.destroyHeld(ctx, e) })
	return err
}

// heldKey is an advisor's key that was taken away from what opens the vault, until it
// is destroyed. Nothing reads what it opens.
type heldKey struct {
	Mark    string `gorm:"primaryKey"`
	Advisor domain.AdvisorID
	Wrapped []byte
	// Until is set where the holds may not be known, after a restore: it isn't
	// destroyed by itself before this day.
	Until domain.Date
}

// heldField is a field that was erased or replaced, as it was sealed.
type heldField struct {
	ID      string
	Advisor domain.AdvisorID
	Field   domain.VaultField
	Sealed  []byte
}

func sealedMark(mark string, until domain.Date) string { return mark + "." + string(until) }

// holdsOf finds what keeps an entry, and until when what was erased of it is sealed.
func holdsOf(ctx context.Context, s *Session, rows []*domain.VaultEntry) error {
	today := domain.DateOf(s.store.now())
	for _, e := range rows {
		if err := s.mechanism(ctx).Where("advisor = ? AND stage = ? AND ends_on > ?", e.ID, domain.LegalHoldConfirmed, today).
			Order("confirmed_on, id").Find(&e.Holds).Error; err != nil {
			return err
		}
		var fields []heldField
		var keys []heldKey
		sealed := s.mechanism(ctx).Where("advisor = ?", e.ID).Session(&gorm.Session{})
		if err := errors.Join(sealed.Limit(1).Find(&fields).Error, sealed.Find(&keys).Error); err != nil {
			return err
		}
		if len(fields) > 0 {
			e.SealedUntil = max(e.HeldUntil(), today)
		}
		for _, k := range keys {
			e.SealedUntil = max(e.SealedUntil, k.Until)
		}
	}
	return nil
}

// setAside keeps what an entry holds where nothing that opens the vault looks. Of an
// entry that is erased the key goes there too, and its mark outside says so.
func (s *Session) setAside(ctx context.Context, of domain.AdvisorID, erased bool, until domain.Date) error {
	var fields []vaultField
	if err := s.mechanism(ctx).Where("advisor = ?", of).Find(&fields).Error; err != nil {
		return err
	}
	for _, f := range fields {
		if err := s.mechanism(ctx).Create(&heldField{s.NewID(), of, f.Field, f.Sealed}).Error; err != nil {
			return err
		}
	}
	if !erased {
		return nil
	}
	keys, err := s.ownKeys(ctx, "advisor_keys", "advisor = ?", of)
	for _, k := range keys {
		err = errors.Join(err, s.mechanism(ctx).Create(&heldKey{Mark: k.mark(), Advisor: of, Wrapped: k.Wrapped}).Error, s.markErased(ctx, sealedMark(k.mark(), until)))
	}
	if err != nil {
		return err
	}
	return s.mechanism(ctx).Exec("DELETE FROM advisor_keys WHERE advisor = ?", of).Error
}

// destroyHeld destroys all that is sealed of an advisor.
func (s *Session) destroyHeld(ctx context.Context, e *domain.VaultEntry) error {
	e.Destroyed()
	return errors.Join(s.destroyKey(ctx, "held_keys", string(e.ID)), s.mechanism(ctx).Where("advisor = ?", e.ID).Delete(&heldField{}).Error)
}

// markErased notes a mark of an erasure, to be kept outside the database.
func (s *Session) markErased(ctx context.Context, mark string) error {
	return s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&erasure{mark, false}).Error
}
