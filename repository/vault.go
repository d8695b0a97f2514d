package repository

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/vault"
)

// VaultEntries is the table of what the vault holds of each advisor. It gives
// back no contents.
type VaultEntries struct {
	table[domain.VaultEntry, *domain.VaultEntry]
}

func vaultEntries(s *Session) VaultEntries {
	t := newTable[domain.VaultEntry](s, domain.ReadVaultEntry, ofAdvisor, nil)
	t.index, t.fill = sealFields, holdsOf
	return VaultEntries{t}
}

// EraseVault empties an advisor's entry, and how to reach them with it: both are
// sealed under the key that goes when it is saved. What is kept until a day is the entry
// alone.
func (s *Session) EraseVault(ctx context.Context, act domain.Action, e *domain.VaultEntry, until domain.Date) error {
	e.Erase(until)
	return s.SafeContacts.Erase(ctx, act, domain.AdvisorID(e.ID))
}

// vaultField is one field of one advisor, sealed under the advisor's key.
type vaultField struct {
	Advisor domain.AdvisorID
	Field   domain.VaultField
	Sealed  []byte
}

// sealFields keeps what was written into an entry, and of one that was erased destroys
// the advisor's key and all that is left. Where something is kept, it is set aside first.
func sealFields(ctx context.Context, s *Session, e *domain.VaultEntry) error {
	of := domain.AdvisorID(e.ID)
	written, erased, sealTo := e.Changed()
	if written == nil && !erased {
		return nil
	}
	if sealTo != "" {
		if err := s.setAside(ctx, of, erased, sealTo); err != nil {
			return err
		}
	}
	if err := s.mechanism(ctx).Where("advisor = ?", of).Delete(&vaultField{}).Error; err != nil {
		return err
	}
	if erased {
		return s.destroyKey(ctx, "advisor_keys", string(of))
	}
	key, err := s.advisorKey(ctx, of)
	if err != nil {
		return err
	}
	for field, text := range written {
		sealed, err := key.Seal([]byte(text.Reveal()), "vault_fields|"+string(field)+"|"+string(of))
		if err != nil {
			return err
		}
		if err := s.mechanism(ctx).Create(&vaultField{of, field, sealed}).Error; err != nil {
			return err
		}
	}
	return nil
}

// advisorKey is an advisor's data key, wrapped under the master key.
type advisorKey struct {
	Advisor domain.AdvisorID
	Wrapped []byte
	Mark    string
}

// advisorKey returns the advisor's key, and makes it if there is none.
func (s *Session) advisorKey(ctx context.Context, of domain.AdvisorID) (*vault.Key, error) {
	kept, err := s.keptKey(ctx, of)
	if err != nil || kept != nil {
		return kept, err
	}
	wrapped, _, err := s.store.master.NewKey(keyOwner(of))
	if err != nil {
		return nil, err
	}
	// Of two that are made at once one is kept.
	if err := s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&advisorKey{of, wrapped, newMark()}).Error; err != nil {
		return nil, err
	}
	return s.keptKey(ctx, of)
}

// keptKey returns the advisor's key, or nil if there is none.
func (s *Session) keptKey(ctx context.Context, of domain.AdvisorID) (*vault.Key, error) {
	var rows []advisorKey
	if err := s.mechanism(ctx).Where("advisor = ?", of).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return s.store.master.Unwrap(rows[0].Wrapped, keyOwner(of))
}

func keyOwner(of domain.AdvisorID) string { return "advisor|" + string(of) }

// AccessLog returns a page of who looked at or changed an advisor's vault entry or how to
// reach the advisor, or who looks after them, newest first, or NotFound if that is not the
// actor's to know.
func (s *Session) AccessLog(ctx context.Context, of domain.AdvisorID, p Page) (Rows[AuditEntry], error) {
	t := s.VaultEntries
	if _, err := one[domain.VaultEntry, *domain.VaultEntry](t.within(ctx, domain.ReadAccessLog).Where("id = ?", of)); err != nil {
		return Rows[AuditEntry]{}, err
	}
	var records []string
	if err := s.mechanism(ctx).Model(&domain.Assignment{}).Where("advisor = ?", of).Pluck("id", &records).Error; err != nil {
		return Rows[AuditEntry]{}, err
	}
	opened := domain.Actor{Role: domain.Liaison}.Discloses(domain.ReadSafeContact)
	q := s.mechanism(ctx).Model(&AuditEntry{}).Where("record IN ? AND (record_kind IN ? OR event IN ?)", append(records, string(of)),
		[]string{t.name, s.Assignments.name}, append(domain.SafeContactChanges(), opened))
	rows, err := listRows[AuditEntry](s.store, q, "access|"+string(of), []sortKey{{column: "at", desc: true}, {column: "id", desc: true}}, p)
	for i := range rows.Items { // the trail has another name for the advisor
		if rows.Items[i].Actor == s.attributed(string(of)) {
			rows.Items[i].Actor = s.actor.Account
		}
	}
	return rows, err
}

// SafeContacts is the table of how advisors can be reached. What it holds is
// sealed when it is saved and opened when it is read.
type SafeContacts struct {
	table[domain.SafeContact, *domain.SafeContact]
}

func safeContacts(s *Session) SafeContacts {
	t := newTable[domain.SafeContact](s, domain.ReadSafeContact, ofAdvisor, nil)
	t.fill = openContacts
	return SafeContacts{t}
}

// Get returns how an advisor is reached, or NotFound. Who reads it for the office says
// why, or is refused.
func (t SafeContacts) Get(ctx context.Context, id domain.ID[domain.SafeContact], why domain.ContactReason) (*domain.SafeContact, error) {
	v, err := one[domain.SafeContact](t.within(ctx, t.read).Where("id = ?", id))
	if err != nil {
		return nil, t.unassigned(ctx, t.read, id, err)
	}
	if err := t.s.actor.MayReadContact(why); err != nil {
		return nil, err
	}
	t.why = string(why)
	return v, t.filled(ctx, v)
}

// unassigned is Forbidden in the place of NotFound for a liaison who is not assigned to
// the advisor: every liaison sees that there is one.
func (t SafeContacts) unassigned(ctx context.Context, act domain.Action, id domain.ID[domain.SafeContact], err error) error {
	if !errors.Is(err, domain.NotFound) || !act.ByAssignment() || !t.s.actor.May(act) {
		return err
	}
	if _, err := t.s.Advisors.Get(ctx, domain.AdvisorID(id)); err != nil {
		return err
	}
	return forbidden(act)
}

// SettleContactJob puts a change of an advisor's safe contact in its place when its
// time has come.
const SettleContactJob = "safe_contact.settle"

// Update is the table's, and seals what was changed. Of a change that waits from now on
// the job is asked for that puts it in its place, and all are told who can stop it:
// the advisor and whoever looks after the advisor, who reaches them by what holds till then.
func (t SafeContacts) Update(ctx context.Context, act domain.Action, id domain.ID[domain.SafeContact], match Match[*domain.SafeContact], change func(*Session, *domain.SafeContact) error) (*domain.SafeContact, error) {
	t.why = act.Verb()
	v, err := t.table.Update(ctx, act, id, match, func(s *Session, v *domain.SafeContact) error {
		waited := v.TakesEffectAt
		if err := change(s, v); err != nil {
			return err
		}
		if v.TakesEffectAt != waited && v.TakesEffectAt != nil {
			if err := s.tellOfWaiting(ctx, v); err != nil {
				return err
			}
		}
		return s.sealContact(ctx, v)
	})
	if err != nil {
		return nil, t.unassigned(ctx, act, id, err)
	}
	return v, nil
}

// tellOfWaiting tells every liaison where nobody who can act looks after the advisor, and
// the custodians, who assign somebody: who is in danger waits for nobody's leave.
func (s *Session) tellOfWaiting(ctx context.Context, v *domain.SafeContact) error {
	of := domain.AdvisorID(v.ID)
	told, err := s.carers(ctx, of, "")
	if err == nil && len(told) == 0 {
		told, err = s.system().Accounts.Holding(ctx, domain.Liaison, domain.Custodian)
	}
	if err != nil {
		return err
	}
	self, err := s.speakers(ctx, of)
	if err != nil {
		return err
	}
	return errors.Join(
		s.Enqueue(ctx, SettleContactJob, v.ID, *v.TakesEffectAt),
		s.Notices.Tell(ctx, ofWaiting(v.ID, *v.TakesEffectAt), append(told, self...)...),
	)
}

// tellOfWhatWaits tells one who looks after an advisor from now on of a change that waits.
func (s *Session) tellOfWhatWaits(ctx context.Context, of domain.AdvisorID, who domain.AccountID) error {
	var at []time.Time
	err := s.system().SafeContacts.within(ctx, domain.SettleSafeContact).Where("id = ? AND takes_effect_at IS NOT NULL", of).Pluck("takes_effect_at", &at).Error
	if err != nil || len(at) == 0 {
		return err
	}
	return s.Notices.Tell(ctx, ofWaiting(domain.ID[domain.SafeContact](of), at[0]), who)
}

func ofWaiting(of domain.ID[domain.SafeContact], at time.Time) domain.NoticeDraft {
	return domain.NoticeDraft{
		Event: "safe_contact.change_waits", RecordKind: "advisor", RecordID: string(of), DueOn: domain.DateOf(at),
		Occasion: "safe_contact|" + string(of) + "|" + at.UTC().Format(time.RFC3339Nano),
	}
}

// SettleIfDue puts a change in its place whose time has come. Doing it again changes
// nothing. Only the server itself does so.
func (t SafeContacts) SettleIfDue(ctx context.Context, id domain.ID[domain.SafeContact]) error {
	return t.updateIf(ctx, domain.SettleSafeContact, id, (*domain.SafeContact).TookEffect)
}

// ForgetToken makes the token of a change that waits useless, if one was issued. Only
// the server itself does so.
func (t SafeContacts) ForgetToken(ctx context.Context, id domain.ID[domain.SafeContact]) error {
	return t.updateIf(ctx, domain.UseSafeContactToken, id, (*domain.SafeContact).ForgetToken)
}

// updateIf changes nothing where changed says that there is nothing to change.
func (t SafeContacts) updateIf(ctx context.Context, act domain.Action, id domain.ID[domain.SafeContact], changed func(*domain.SafeContact) bool) error {
	_, err := t.Update(ctx, act, id, nil, func(_ *Session, v *domain.SafeContact) error {
		if !changed(v) {
			return errNotDue
		}
		return nil
	})
	if errors.Is(err, errNotDue) {
		return nil
	}
	return err
}

// UseToken stops the change for which a token was issued, or returns NotFound. Only the
// server itself does so.
func (t SafeContacts) UseToken(ctx context.Context, hash string) error {
	return t.s.Tx(ctx, func(s *Session) error {
		v, err := one[domain.SafeContact](s.SafeContacts.within(ctx, domain.UseSafeContactToken).Where("token_hash <> '' AND token_hash = ?", hash))
		if err != nil {
			return err
		}
		_, err = s.SafeContacts.Update(ctx, domain.UseSafeContactToken, v.ID, nil, func(_ *Session, v *domain.SafeContact) error {
			return v.UseToken(hash)
		})
		return err
	})
}

// Erase clears how an advisor can be reached, as part of erasing its vault entry.
func (t SafeContacts) Erase(ctx context.Context, act domain.Action, of domain.AdvisorID) error {
	_, err := t.table.Update(ctx, act, domain.ID[domain.SafeContact](of), nil, func(_ *Session, v *domain.SafeContact) error {
		v.Erase()
		return nil
	})
	return err
}

// openContacts reads what is sealed. Without a key, as after a restore that left
// keys out, nothing is known and the safest holds.
func openContacts(ctx context.Context, s *Session, rows []*domain.SafeContact) error {
	for _, v := range rows {
		if err := s.openContact(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) openContact(ctx context.Context, v *domain.SafeContact) error {
	key, err := s.keptKey(ctx, domain.AdvisorID(v.ID))
	if err != nil {
		return err
	}
	if key == nil || len(v.Sealed) == 0 {
		v.Clear()
		return nil
	}
	if err := openContactPart(key, v.Sealed, contactPlace(v), &v.Details); err != nil {
		return err
	}
	if v.TakesEffectAt == nil {
		return nil
	}
	if err := openContactPart(key, v.WaitingSealed, waitingPlace(v), &v.Waiting); err != nil {
		return err
	}
	v.Settle(s.store.now())
	return nil
}

func openContactPart(key *vault.Key, sealed []byte, place string, into any) error {
	plain, err := key.Open(sealed, place)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, into)
}

func (s *Session) sealContact(ctx context.Context, v *domain.SafeContact) error {
	key, err := s.advisorKey(ctx, domain.AdvisorID(v.ID))
	if err != nil {
		return err
	}
	if v.Sealed, err = sealContactPart(key, v.Details, contactPlace(v)); err != nil || v.Waiting == nil {
		return err
	}
	v.WaitingSealed, err = sealContactPart(key, v.Waiting, waitingPlace(v))
	return err
}

func sealContactPart(key *vault.Key, d any, place string) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return key.Seal(plain, place)
}

func contactPlace(v *domain.SafeContact) string { return "safe_contacts|sealed|" + string(v.ID) }

func waitingPlace(v *domain.SafeContact) string {
	return "safe_contacts|waiting_sealed|" + string(v.ID)
}
