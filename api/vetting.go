package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// FulfillCondition records that a condition of an approval is fulfilled.
func (s *Server) FulfillCondition(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ConditionFulfillment](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Organizations, domain.FulfillCondition, id, organizationJSON, func(_ *repository.Session, o *domain.Organization) error {
		return o.Fulfill(actor(c), in.Condition, in.Finding, s.today())
	})
}

// ExtendCondition gives a condition of an approval more time.
func (s *Server) ExtendCondition(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.ConditionExtension](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Organizations, domain.ExtendCondition, id, organizationJSON, func(_ *repository.Session, o *domain.Organization) error {
		return o.Extend(in.Condition, domain.Date(in.DueOn), in.Reason, s.today())
	})
}

func conditionsOf(in openapi.Conditions) []domain.Condition {
	out := make([]domain.Condition, len(in.Conditions))
	for i, x := range in.Conditions {
		out[i] = domain.Condition{Text: x.Text, DueOn: domain.Date(x.DueOn)}
	}
	return out
}

// conditionsJSON shows an organization what is asked of it, and not what the
// office thinks of the answer.
func conditionsJSON(by domain.Actor, o *domain.Organization) []openapi.Condition {
	out := make([]openapi.Condition, len(o.Conditions))
	for i, x := range o.Conditions {
		out[i] = openapi.Condition{Text: x.Text, DueOn: string(x.DueOn), FulfilledOn: string(x.FulfilledOn)}
		if by.Sees(domain.OrganizationInside, o.Relation) {
			out[i].FulfilledBy, out[i].Finding, out[i].ExtensionReason = string(x.FulfilledBy), x.Finding, x.Extended
		}
	}
	return out
}

// GetStanding answers whether anything new may be agreed with an organization.
func (s *Server) GetStanding(c echo.Context, id openapi.ID, p openapi.GetStandingParams) error {
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	if actor(c).Reach(domain.ReadStanding)&o.Relation == 0 {
		return errNoRecord
	}
	if err := s.as(c).Organizations.Vetted(ctx(c), o); err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, standingJSON(actor(c), o.Relation, o.Standing(s.today(), domain.PartnershipKind(p.PartnershipKind))))
}

func standingJSON(by domain.Actor, stands domain.Reach, gaps domain.Faults) openapi.Standing {
	out := openapi.Standing{Good: len(gaps) == 0}
	if !out.Good && by.Sees(domain.StandingAdvice, stands) {
		out.Advice = "your organization's vetting is not current; ask the office"
	}
	if !by.Sees(domain.StandingGaps, stands) {
		return out
	}
	for _, g := range gaps {
		out.Gaps = append(out.Gaps, openapi.VettingGap{Pointer: g.Pointer, Code: g.Code, Detail: g.Detail})
	}
	return out
}

// ListWaivers answers with the waivers of an organization's checks.
func (s *Server) ListWaivers(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).Waivers.List(ctx(c), domain.OrganizationID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, waiverJSON)
}

// GetWaiver answers with one waiver.
func (s *Server) GetWaiver(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Waivers.Get(ctx(c), domain.WaiverID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, waiverJSON)
}

// RequestWaiver asks that a required check be waived.
func (s *Server) RequestWaiver(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.WaiverRequest](c)
	if err != nil {
		return err
	}
	o, err := s.as(c).Organizations.Get(ctx(c), domain.OrganizationID(id))
	if err != nil {
		return err
	}
	rules, err := s.system(c).VettingRules.Current(ctx(c)) // who may not ask is refused where the waiver is kept
	if err != nil {
		return err
	}
	v, err := domain.RequestWaiverOf(o.ID, domain.CheckKind(in.Kind), in.Reason, domain.Date(in.ExpiresOn), actor(c), rules, s.today())
	if err != nil {
		return err
	}
	if err := s.as(c).Waivers.Create(ctx(c), domain.RequestWaiver, v); err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, waiverJSON)
}

// GrantWaiver lets a waiver stand.
func (s *Server) GrantWaiver(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Waivers, domain.GrantWaiver, id, waiverJSON, func(tx *repository.Session, v *domain.Waiver) error {
		rules, err := tx.VettingRules.Current(ctx(c))
		if err != nil {
			return err
		}
		return v.Grant(actor(c), rules, s.today())
	})
}

// DeclineWaiver refuses a waiver.
func (s *Server) DeclineWaiver(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Waivers, domain.DeclineWaiver, id, waiverJSON,
		func(_ *repository.Session, v *domain.Waiver) error { return v.Decline(actor(c), in.Reason, s.today()) })
}

// RevokeWaiver ends a granted waiver.
func (s *Server) RevokeWaiver(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Waivers, domain.RevokeWaiver, id, waiverJSON, func(tx *repository.Session, v *domain.Waiver) error {
		// Nothing is agreed on the strength of it while it ends.
		if _, err := tx.Organizations.Hold(ctx(c), domain.RevokeWaiver, v.Organization); err != nil {
			return err
		}
		return v.Revoke(in.Reason)
	})
}

func waiverJSON(by domain.Actor, v *domain.Waiver) openapi.Waiver {
	return openapi.Waiver{
		ID: string(v.ID), OrganizationID: string(v.Organization), Kind: string(v.Kind), Reason: v.Reason, ExpiresOn: string(v.ExpiresOn),
		Stage: v.Stage.String(), RequestedBy: string(v.RequestedBy), DecidedBy: string(v.DecidedBy), DecidedOn: string(v.DecidedOn),
		DecisionReason: v.DecisionReason, CarriedFrom: string(v.Carried), Next: next(by, v.Relation, v.Next(by)),
	}
}

// ListVettingRequirements answers with every version of the requirements.
func (s *Server) ListVettingRequirements(c echo.Context) error {
	rows, err := s.as(c).VettingRules.List(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, vettingRulesJSON)
}

// GetVettingRequirements answers with one version of the requirements.
func (s *Server) GetVettingRequirements(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).VettingRules.Get(ctx(c), domain.VettingRulesID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, vettingRulesJSON)
}

// WriteVettingRequirements writes the next version of the requirements.
func (s *Server) WriteVettingRequirements(c echo.Context) error {
	in, err := bind[openapi.VettingRequirementsDraft](c)
	if err != nil {
		return err
	}
	d := domain.VettingRulesDraft{Reminders: in.Reminders, WaiverMonths: in.WaiverMonths}
	for _, l := range in.Longest {
		d.Spans = append(d.Spans, domain.CheckSpan{Check: domain.CheckKind(l.Check), Months: l.Months})
	}
	for _, r := range in.Rules {
		d.Rules = append(d.Rules, domain.VettingRule{
			Types: named[domain.OrganizationType](r.Types), Kinds: named[domain.PartnershipKind](r.Kinds), Checks: named[domain.CheckKind](r.Checks),
		})
	}
	v, err := s.as(c).VettingRules.Write(ctx(c), d)
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, vettingRulesJSON)
}

func vettingRulesJSON(_ domain.Actor, v *domain.VettingRules) openapi.VettingRequirements {
	out := openapi.VettingRequirements{
		ID: string(v.ID), Number: v.Number, Reminders: orEmpty(v.Reminders), WrittenBy: string(v.WrittenBy), CreatedAt: v.CreatedAt,
		Rules: make([]openapi.VettingRule, len(v.Rules)), Longest: make([]openapi.CheckSpan, len(v.Spans)), WaiverMonths: v.WaiverMonths,
	}
	for i, l := range v.Spans {
		out.Longest[i] = openapi.CheckSpan{Check: string(l.Check), Months: l.Months}
	}
	for i, r := range v.Rules {
		out.Rules[i] = openapi.VettingRule{Types: texts(r.Types), Kinds: texts(r.Kinds), Checks: texts(r.Checks)}
	}
	return out
}

// reviewVetting ends the approvals of which a required check has lapsed, and
// reminds the office of those to come. What is done already is not done again.
func (s *Server) reviewVetting(ctx context.Context, system *repository.Session, _ []byte) error {
	today := domain.DateOf(system.Now())
	current, err := system.VettingRules.Current(ctx)
	if err != nil {
		return err
	}
	horizon := today
	if len(current.Reminders) > 0 {
		horizon = today.AddDays(current.Reminders[0])
	}
	return system.Organizations.Ending(ctx, horizon, func(o *domain.Organization) error {
		for _, l := range o.Lapses(today) {
			if err := remind(ctx, system, o, l); err != nil {
				return err
			}
		}
		if trial := *o; trial.Expire(today) != nil {
			return nil
		}
		_, err := system.Organizations.Update(ctx, domain.ExpireOrganization, o.ID, nil, func(tx *repository.Session, o *domain.Organization) error {
			if err := tx.Organizations.Vetted(ctx, o); err != nil {
				return err
			}
			return o.Expire(today)
		})
		if errors.Is(err, domain.Conflict) { // somebody was faster
			return nil
		}
		return err
	})
}

// remind tells whoever looks after what is about to lapse, and of a condition the
// organization too, once for each reminder, and opens a task for it the first time.
func remind(ctx context.Context, system *repository.Session, o *domain.Organization, l domain.Lapse) error {
	return system.Tx(ctx, func(tx *repository.Session) error {
		owners, err := stewards(ctx, tx, o, l.Kind)
		if err != nil || len(owners) == 0 {
			return err
		}
		event, title := "check.expiring", fmt.Sprintf("Renew the %s check of %s; it lapses on %s", l.Kind, o.LegalName, l.On)
		told := owners
		if l.Kind == "" {
			event, title = "condition.due", fmt.Sprintf("Settle a condition of the approval of %s, due on %s: %s", o.LegalName, l.On, l.Condition)
			members, err := tx.Accounts.Members(ctx, o.ID)
			if err != nil {
				return err
			}
			told = append(members, owners...)
		}
		err = tx.Notices.Tell(ctx, domain.NoticeDraft{
			Event: event, RecordKind: "organization", RecordID: string(o.ID), DueOn: l.On,
			Occasion: fmt.Sprintf("%s %s %s %s %d", event, o.ID, l.Key, l.On, l.Days),
		}, told...)
		if err != nil {
			return err
		}
		first, err := tx.Organizations.Remind(ctx, l)
		if err != nil || !first {
			return err
		}
		owner, err := tx.Tasks.Owner(ctx, owners[0])
		if err != nil {
			return err
		}
		t, err := domain.NewTask(domain.TaskDraft{Title: title, Owner: owners[0], DueOn: l.On},
			domain.Source{SourceKind: domain.FromOrganization, SourceID: string(o.ID)}, owner)
		if err != nil {
			return err
		}
		return tx.Tasks.Create(ctx, domain.CreateTask, t)
	})
}

// stewards are who is reminded: the first of those who had to do with it who still
// works in the office, or else everyone who does.
func stewards(ctx context.Context, tx *repository.Session, o *domain.Organization, k domain.CheckKind) ([]domain.AccountID, error) {
	officers, err := tx.Accounts.Holding(ctx, domain.Staff, domain.Liaison)
	if err != nil {
		return nil, err
	}
	for _, id := range o.Stewards(k) {
		if slices.Contains(officers, id) {
			return []domain.AccountID{id}, nil
		}
	}
	return officers, nil
}
