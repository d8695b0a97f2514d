package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// GetSmartScore answers with how well a commitment is put, rule by rule.
func (s *Server) GetSmartScore(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Commitments.Planned(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return err
	}
	if !actor(c).Judges() {
		return domain.Refuse(domain.Forbidden, "a score is made of the plan and the reports; this key needs milestone.read, indicator.read and progress_report.read too")
	}
	return answerJSON(c, http.StatusOK, smartJSON(v.Smart()))
}

func smartJSON(v domain.Smart) openapi.Smart {
	out := openapi.Smart{Score: v.Score, RulesVersion: domain.SmartRulesVersion, Criteria: make([]openapi.SmartCriterion, len(v.Criteria))}
	for i, p := range v.Criteria {
		part := openapi.SmartCriterion{Criterion: string(p.Criterion), Score: p.Score, Of: p.Of, Rules: make([]openapi.SmartRule, len(p.Rules))}
		for n, r := range p.Rules {
			part.Rules[n] = openapi.SmartRule{Key: r.Key, Pointer: r.Pointer, Points: r.Points, Met: r.Met, Advice: r.Advice}
		}
		out.Criteria[i] = part
	}
	return out
}

// GetCommitmentHistory answers with what happened to a commitment, in words.
func (s *Server) GetCommitmentHistory(c echo.Context, id openapi.ID) error {
	entries, err := s.as(c).Commitments.Chronicle(ctx(c), domain.CommitmentID(id))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, openapi.History{Items: chronicleJSON(actor(c), entries)})
}

func chronicleJSON(by domain.Actor, entries []repository.ChronicleEntry) []openapi.HistoryEntry {
	out := []openapi.HistoryEntry{}
	for _, e := range entries {
		words, ok := domain.Chronicle(e.Event)
		if !ok {
			continue
		}
		if e.Subject != "" {
			words += ": " + e.Subject
		}
		out = append(out, openapi.HistoryEntry{Date: string(domain.DateOf(e.At)), Event: words + ".", By: doer(by, e)})
	}
	return out
}

// doer names who did something: to an organization its own people alone, and not
// to who acts for it.
func doer(by domain.Actor, e repository.ChronicleEntry) string {
	switch {
	case e.Name != "" && by.Sees(domain.HistoryNames, by.StandsTo(e.Organization)):
		return e.Name
	case e.Organization == "":
		return "the office"
	case e.Organization == by.Organization:
		return "the organization"
	}
	return "who acts for the organization"
}

// HandOverCommitment puts an organization's reporting into other hands, and
// tells whoever it is put into.
func (s *Server) HandOverCommitment(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reporting](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Commitments, domain.HandOverCommitment, id, s.commitmentJSON, func(tx *repository.Session, v *domain.Commitment) error {
		lead, err := tx.Tasks.Owner(ctx(c), domain.AccountID(in.LeadID))
		if err != nil {
			return err
		}
		if lead == nil && in.LeadID != "" {
			lead = &domain.Account{} // as one of elsewhere
		}
		delegates := make([]*domain.Account, len(in.DelegateIds))
		for i, id := range in.DelegateIds {
			if delegates[i], err = tx.Tasks.Owner(ctx(c), domain.AccountID(id)); err != nil {
				return err
			}
		}
		if err := v.HandOver(lead, delegates); err != nil {
			return err
		}
		if v.ReportingLead == "" {
			return nil
		}
		d := notice("commitment.reporting_handed_over", v)
		d.Occasion += fmt.Sprintf(" %d", v.Version)
		return tx.Notices.Tell(ctx(c), d, append(v.Delegates, v.ReportingLead)...)
	})
}

// notice is about a commitment, and the same occasion each time.
func notice(event string, v *domain.Commitment) domain.NoticeDraft {
	return domain.NoticeDraft{Event: event, RecordKind: "commitment", RecordID: string(v.ID), Occasion: event + " " + string(v.ID)}
}

func reportingJSON(v *domain.Commitment) *openapi.Reporting {
	if v.ReportingLead == "" {
		return nil
	}
	return &openapi.Reporting{LeadID: string(v.ReportingLead), DelegateIds: texts(v.Delegates)}
}

// silentAtOnce is how many commitments are looked at in one go.
const silentAtOnce = 500

// remindReporters tells of every progress report that falls due or is overdue:
// the organization's reporters, and in the end the officer who accepted the
// commitment, who is given a task; every officer, if that one is here no more.
func (s *Server) remindReporters(ctx context.Context, as *repository.Session, _ []byte) error {
	after := domain.CommitmentID("")
	for {
		silent, err := as.Commitments.Silent(ctx, domain.SilentSince(s.today()), after, silentAtOnce)
		if err != nil || len(silent) == 0 {
			return err
		}
		for _, v := range silent {
			if err := s.remind(ctx, as, v); err != nil {
				return err
			}
		}
		after = silent[len(silent)-1].ID
	}
}

func (s *Server) remind(ctx context.Context, as *repository.Session, v *domain.Commitment) error {
	r, ok := v.Reminder(s.today())
	if !ok {
		return nil
	}
	return as.Tx(ctx, func(tx *repository.Session) error {
		reporters, err := tx.Accounts.Reporters(ctx, v)
		if err != nil {
			return err
		}
		d := notice(r.Event, v)
		d.DueOn, d.Occasion = r.DueOn, d.Occasion+" "+string(r.DueOn)
		if r.Escalated() {
			officers, err := tx.Accounts.Holding(ctx, domain.Staff, domain.Liaison)
			if err != nil {
				return err
			}
			if slices.Contains(officers, v.AcceptedBy) {
				officers = []domain.AccountID{v.AcceptedBy}
			}
			for _, officer := range officers {
				if err := s.escalate(ctx, tx, v, d, officer); err != nil {
					return err
				}
			}
			reporters = append(reporters, officers...)
		}
		return tx.Notices.Tell(ctx, d, reporters...)
	})
}

// escalate gives an officer a task, once.
func (s *Server) escalate(ctx context.Context, tx *repository.Session, v *domain.Commitment, d domain.NoticeDraft, officer domain.AccountID) error {
	told, err := tx.Notices.Told(ctx, d.Occasion, officer)
	if err != nil || told {
		return err
	}
	owner, err := tx.Accounts.Get(ctx, officer)
	if err != nil {
		return err
	}
	t, err := domain.NewTask(domain.TaskDraft{
		Title: fmt.Sprintf("Ask for the report that was due on %s: %s", d.DueOn, v.Title), Owner: officer, DueOn: s.today().AddDays(14),
	}, v.Source(), owner)
	if err != nil {
		return err
	}
	return tx.Tasks.Create(ctx, domain.CreateTask, t)
}
