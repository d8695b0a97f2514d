package api

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListAdvisors answers with the advisors within reach.
func (s *Server) ListAdvisors(c echo.Context, p openapi.ListAdvisorsParams) error {
	// A filter by what is not shown would show it.
	if p.Stage != "" && !actor(c).May(domain.ReadSafeContact) {
		return domain.Refuse(domain.Forbidden, "only a liaison asks by stage")
	}
	f := repository.AdvisorFilter{Expertise: p.Expertise, Language: p.Language, Stage: p.Stage}
	rows, err := s.as(c).Advisors.List(ctx(c), f, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, advisorJSON)
}

// GetAdvisor answers with one advisor, by alias.
func (s *Server) GetAdvisor(c echo.Context, id openapi.ID) error {
	a, err := s.as(c).Advisors.Get(ctx(c), domain.AdvisorID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, a, advisorJSON)
}

// CreateAdvisor adds an advisor.
func (s *Server) CreateAdvisor(c echo.Context) error {
	in, err := bind[openapi.AdvisorDraft](c)
	if err != nil {
		return err
	}
	var a *domain.Advisor
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		alias, err := s.alias(c, tx, in.Alias, "")
		if err != nil {
			return err
		}
		if a, err = domain.NewAdvisor(alias, domain.AdvisorDraft{Expertise: named[domain.Topic](in.Expertise), Languages: in.Languages}); err != nil {
			return err
		}
		return tx.Advisors.Create(ctx(c), domain.CreateAdvisor, a)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, a, advisorJSON)
}

// alias is the chosen one, or a drawn one if none is chosen. Only one who may
// see every advisor learns that an alias is taken.
func (s *Server) alias(c echo.Context, tx *repository.Session, chosen string, of domain.AdvisorID) (string, error) {
	if chosen == "" {
		return tx.Advisors.DrawAlias(ctx(c), func() string { return domain.RandomAlias(rand.IntN) })
	}
	if !actor(c).May(domain.ChooseAlias) {
		return "", domain.Refuse(domain.Forbidden, "ask your liaison to set an alias of your choice, or leave it out to be given one")
	}
	free, err := tx.Advisors.AliasFree(ctx(c), chosen, of)
	if err == nil && !free {
		err = &domain.Error{Kind: domain.Conflict, Detail: "choose another alias", Faults: domain.Faults{
			{Pointer: "/alias", Code: "taken", Detail: "another advisor has this alias"}}}
	}
	return chosen, err
}

// EditAdvisor changes an advisor's expertise or languages.
func (s *Server) EditAdvisor(c echo.Context, id openapi.ID) error {
	draft := func(a *domain.Advisor) openapi.AdvisorPatch {
		return openapi.AdvisorPatch{Expertise: texts(a.Expertise), Languages: a.Languages}
	}
	return edit(c, s.as(c).Advisors, domain.EditAdvisor, id, advisorJSON, draft,
		func(_ *repository.Session, a *domain.Advisor, in openapi.AdvisorPatch) error {
			return a.Edit(domain.AdvisorDraft{Expertise: named[domain.Topic](in.Expertise), Languages: in.Languages})
		})
}

// RenameAdvisor gives an advisor another alias.
func (s *Server) RenameAdvisor(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AliasChoice](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Advisors, domain.RenameAdvisor, id, advisorJSON, func(tx *repository.Session, a *domain.Advisor) error {
		alias, err := s.alias(c, tx, in.Alias, a.ID)
		if err != nil {
			return err
		}
		return a.Rename(alias)
	})
}

// PauseAdvisor asks nothing of an advisor for now.
func (s *Server) PauseAdvisor(c echo.Context, id openapi.ID) error {
	return s.moveAdvisor(c, id, domain.PauseAdvisor)
}

// ResumeAdvisor lets a paused advisor be asked again.
func (s *Server) ResumeAdvisor(c echo.Context, id openapi.ID) error {
	return s.moveAdvisor(c, id, domain.ResumeAdvisor)
}

// RetireAdvisor asks nothing of an advisor any more.
func (s *Server) RetireAdvisor(c echo.Context, id openapi.ID) error {
	return s.moveAdvisor(c, id, domain.RetireAdvisor)
}

func (s *Server) moveAdvisor(c echo.Context, id openapi.ID, act domain.Action) error {
	return change(c, s.as(c).Advisors, act, id, advisorJSON,
		func(_ *repository.Session, a *domain.Advisor) error { return a.Move(act) })
}

// advisorJSON shows staff an alias, expertise and languages, and no more.
func advisorJSON(by domain.Actor, a *domain.Advisor) openapi.Advisor {
	out := openapi.Advisor{
		ID: string(a.ID), Alias: a.Alias, Expertise: texts(a.Expertise), Languages: orEmpty(a.Languages),
		Next: next(by, a.Relation, a.Next()),
	}
	if by.Sees(domain.AdvisorInside, a.Relation) {
		out.Stage = a.Stage.String()
	}
	return out
}

// GetSafeContact answers with how an advisor can be reached.
func (s *Server) GetSafeContact(c echo.Context, id openapi.ID, p openapi.GetSafeContactParams) error {
	v, err := s.as(c).SafeContacts.Get(ctx(c), domain.ID[domain.SafeContact](id), domain.ContactReason(p.Reason))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, safeContactJSON)
}

// EditSafeContact changes how an advisor can be reached.
func (s *Server) EditSafeContact(c echo.Context, id openapi.ID) error {
	return edit(c, s.as(c).SafeContacts, domain.EditSafeContact, id, safeContactJSON, safeContactPatch,
		func(_ *repository.Session, v *domain.SafeContact, in openapi.SafeContactPatch) error {
			return v.Edit(safeContactDraft(in), s.store.Now())
		})
}

// CancelSafeContact drops a change that waits.
func (s *Server) CancelSafeContact(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).SafeContacts, domain.CancelSafeContact, id, safeContactJSON,
		func(_ *repository.Session, v *domain.SafeContact) error { return v.Cancel() })
}

// IssueSafeContactToken answers with the token that stops a change, for who is reached
// by what still holds. It is in the answer and nowhere else.
func (s *Server) IssueSafeContactToken(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	raw, hash := NewToken()
	v, err := s.as(c).SafeContacts.Update(ctx(c), domain.IssueSafeContactToken, domain.ID[domain.SafeContact](id), match(c, safeContactJSON),
		func(_ *repository.Session, v *domain.SafeContact) error { return v.IssueToken(hash) })
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.SafeContactToken{Token: raw, ExpiresAt: *v.TakesEffectAt})
}

// UseSafeContactToken stops a change by its token. It tells nothing of whose it was.
func (s *Server) UseSafeContactToken(c echo.Context) error {
	in, err := bind[openapi.SafeContactTokenUse](c)
	if err != nil {
		return err
	}
	if err := s.system(c).SafeContacts.UseToken(ctx(c), hashToken(in.Token)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// settleContact does the job of a change that waited.
func settleContact(ctx context.Context, s *repository.Session, payload []byte) error {
	var id domain.ID[domain.SafeContact]
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	return s.SafeContacts.SettleIfDue(ctx, id)
}

func safeContactPatch(v *domain.SafeContact) openapi.SafeContactPatch {
	d := v.Draft()
	return openapi.SafeContactPatch{
		Channels: texts(d.Channels), Hours: hoursJSON(d.Hours), TimeZone: d.TimeZone, CodeWord: d.CodeWord,
		NeverLeaveMessage: &d.NeverLeaveMessage, SenderName: d.SenderName, QuietPeriods: quietPeriodsJSON(d.QuietPeriods),
		RecheckOn: string(d.RecheckOn), Accommodations: d.Accommodations,
	}
}

// safeContactDraft takes silence about messages for never.
func safeContactDraft(in openapi.SafeContactPatch) domain.SafeContactDraft {
	d := domain.SafeContactDraft{
		Channels: named[domain.ContactChannel](in.Channels), TimeZone: in.TimeZone, CodeWord: in.CodeWord,
		NeverLeaveMessage: in.NeverLeaveMessage == nil || *in.NeverLeaveMessage, SenderName: in.SenderName,
		RecheckOn: domain.Date(in.RecheckOn), Accommodations: in.Accommodations,
	}
	for _, h := range in.Hours {
		d.Hours = append(d.Hours, domain.ContactHours{Day: domain.ContactDay(h.Day), From: h.From, Until: h.Until})
	}
	for _, p := range in.QuietPeriods {
		d.QuietPeriods = append(d.QuietPeriods, domain.QuietPeriod{From: domain.Date(p.From), Until: domain.Date(p.Until)})
	}
	return d
}

func hoursJSON(in []domain.ContactHours) []openapi.ContactHours {
	out := make([]openapi.ContactHours, len(in))
	for i, h := range in {
		out[i] = openapi.ContactHours{Day: string(h.Day), From: h.From, Until: h.Until}
	}
	return out
}

func quietPeriodsJSON(in []domain.QuietPeriod) []openapi.QuietPeriod {
	out := make([]openapi.QuietPeriod, len(in))
	for i, p := range in {
		out[i] = openapi.QuietPeriod{From: string(p.From), Until: string(p.Until)}
	}
	return out
}

func safeContactJSON(by domain.Actor, v *domain.SafeContact) openapi.SafeContact {
	d := v.Details
	out := openapi.SafeContact{
		Channels: texts(d.Channels), Hours: hoursJSON(d.Hours), TimeZone: d.TimeZone, CodeWord: d.CodeWord,
		NeverLeaveMessage: d.NeverLeaveMessage, SenderName: d.SenderName, QuietPeriods: quietPeriodsJSON(d.QuietPeriods),
		RecheckOn: string(d.RecheckOn), Accommodations: d.Accommodations, Next: next(by, v.Relation, v.Next()),
	}
	if w := v.Waiting; w != nil {
		out.Waiting = &openapi.SafeContactChange{
			TakesEffectAt: *v.TakesEffectAt,
			Channels:      texts(w.Channels), Hours: hoursJSON(w.Hours), TimeZone: w.TimeZone, CodeWord: w.CodeWord,
			NeverLeaveMessage: w.NeverLeaveMessage, SenderName: w.SenderName, QuietPeriods: quietPeriodsJSON(w.QuietPeriods),
			RecheckOn: string(w.RecheckOn), Accommodations: w.Accommodations,
		}
	}
	return out
}

// GetVaultEntry answers with which fields the vault holds, never with what is in
// them.
func (s *Server) GetVaultEntry(c echo.Context, id openapi.ID) error {
	e, err := s.as(c).VaultEntries.Get(ctx(c), domain.ID[domain.VaultEntry](id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, e, vaultEntryJSON)
}

// WriteVaultEntry puts the advisor's own identity into the vault.
func (s *Server) WriteVaultEntry(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.VaultEntryDraft](c)
	if err != nil {
		return err
	}
	fields := map[domain.VaultField]domain.Secret{
		domain.VaultLegalName: domain.NewSecret(in.LegalName), domain.VaultEmail: domain.NewSecret(in.Email),
		domain.VaultPhone: domain.NewSecret(in.Phone), domain.VaultAddress: domain.NewSecret(in.Address),
		domain.VaultOther: domain.NewSecret(in.Other),
	}
	return change(c, s.as(c).VaultEntries, domain.WriteVaultEntry, id, vaultEntryJSON,
		func(_ *repository.Session, e *domain.VaultEntry) error { return e.Write(fields, s.store.Now()) })
}

// EraseVaultEntry destroys the advisor's key and all that was encrypted under it, or
// under a legal hold seals the entry from everybody.
func (s *Server) EraseVaultEntry(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).VaultEntries, domain.EraseVaultEntry, id, vaultEntryJSON, func(tx *repository.Session, e *domain.VaultEntry) error {
		return tx.EraseVault(ctx(c), domain.EraseVaultEntry, e, e.HeldUntil())
	})
}

func vaultEntryJSON(by domain.Actor, e *domain.VaultEntry) openapi.VaultEntry {
	out := openapi.VaultEntry{
		Fields: make([]openapi.SealedField, len(e.Fields)), Retentions: make([]openapi.Retention, len(e.Holds)),
		SealedUntil: string(e.SealedUntil), Next: next(by, e.Relation, e.Next()),
	}
	for i, h := range e.Holds {
		out.Retentions[i] = openapi.Retention{Kind: string(h.Kind), Since: string(h.ConfirmedOn), Until: string(h.EndsOn)}
	}
	for i, f := range e.Fields {
		out.Fields[i] = openapi.SealedField{Field: string(f.Field), SetAt: f.SetAt}
	}
	return out
}

// ListAccess answers with who looked at or changed the advisor's own vault entry.
func (s *Server) ListAccess(c echo.Context, id openapi.ID) error {
	rows, err := s.as(c).AccessLog(ctx(c), domain.AdvisorID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, accessJSON)
}

func accessJSON(by domain.Actor, e *repository.AuditEntry) openapi.Access {
	return openapi.Access{
		ID: e.ID, At: e.At, Event: e.Event, BySelf: e.Actor == by.Account,
		ActorID: string(e.Actor), ActorRole: string(e.Role), Note: e.Note,
	}
}
