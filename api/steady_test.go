package api_test

import (
	"testing"

	"accord/domain"
	"accord/repository"
)

// TestRulesHoldAgainstWhoeverChangesWhatTheyRestOn changes a record that a rule
// rests on, and asks for what the rule forbids before that is committed.
func TestRulesHoldAgainstWhoeverChangesWhatTheyRestOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.another(domain.Staff, "", ""), w.as(domain.Liaison)
		for name, race := range map[string]func() (change func(*repository.Session) error, ask func() *result){
			"an organization is suspended while its commitment is accepted": func() (func(*repository.Session) error, func() *result) {
				o := w.approvedOrganization()
				path := "/v1/commitments/" + string(w.seedCommitment(o.ID, promise(), domain.CommitmentSubmitted).ID)
				tag := staff.seen(path)
				return w.suspends(o.ID), func() *result { return staff.post(path+"/accept", nil, "If-Match", tag) }
			},
			"an organization is suspended while its partnership is approved": func() (func(*repository.Session) error, func() *result) {
				o := w.approvedOrganization()
				path := "/v1/partnerships/" + string(w.seedPartnership(partnershipDraft(o.ID), domain.PartnershipClearances).ID)
				tag := liaison.seen(path)
				return w.suspends(o.ID), func() *result { return liaison.post(path+"/approve", nil, "If-Match", tag) }
			},
			"a commitment is withdrawn while its milestone is reported": func() (func(*repository.Session) error, func() *result) {
				path := w.milestoneFor(staff, domain.CommitmentActive, false)
				got := staff.get(path)
				withdraw := func(tx *repository.Session) error {
					_, err := tx.Commitments.Update(w.Context(), domain.WithdrawCommitment, domain.CommitmentID(got.str("commitment_id")), nil,
						func(_ *repository.Session, v *domain.Commitment) error { return v.Withdraw("Closed.", "2026-03-02") })
					return err
				}
				return withdraw, func() *result {
					return staff.post(path+"/report", `{"evidence":"21 reports."}`, "If-Match", got.tag())
				}
			},
			"a consultation is closed while someone answers it": func() (func(*repository.Session) error, func() *result) {
				v := w.consultation(domain.ConsultationOpen, everybody)
				closes := func(tx *repository.Session) error {
					_, err := tx.Consultations.Update(w.Context(), domain.CloseConsultation, v.ID, nil,
						func(_ *repository.Session, v *domain.Consultation) error { return v.Close(w.clock.Now()) })
					return err
				}
				return closes, func() *result {
					return w.anyone().post("/v1/consultations/"+string(v.ID)+"/anonymous-submissions", map[string]any{"answers": []any{said("why", "Fear."), chose("worker")}})
				}
			},
		} {
			if got := w.during(race()); got.Status < 400 {
				t.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
		}
	})
}

// during is what is answered to somebody who asks while a change is not committed.
func (w *world) during(change func(*repository.Session) error, ask func() *result) *result {
	w.Helper()
	answer := make(chan *result, 1)
	must(w, w.store.As(w.as(domain.Liaison).actor).Tx(w.Context(), func(tx *repository.Session) error {
		if err := change(tx); err != nil {
			return err
		}
		go func() { answer <- ask() }()
		w.untilWaits(answer)
		return nil
	}))
	return <-answer
}

func (w *world) suspends(id domain.OrganizationID) func(*repository.Session) error {
	return func(tx *repository.Session) error {
		_, err := tx.Organizations.Update(w.Context(), domain.SuspendOrganization, id, nil,
			func(_ *repository.Session, o *domain.Organization) error {
				return o.End(domain.SuspendOrganization, "A new allegation.")
			})
		return err
	}
}

// untilWaits returns when somebody waits for a lock on PostgreSQL, or has
// answered. On SQLite whoever writes waits by itself.
func (w *world) untilWaits(answer chan *result) {
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	for !w.onSQLite() && len(answer) == 0 && w.count(waiting) == 0 { // which asks the database, at its pace
	}
}
