package api_test

import (
	"fmt"
	"strings"
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
func (w *world) untilWaits(answer chan *result) { w.untilWait(1, answer) }

// untilWait returns when so many wait.
func (w *world) untilWait(n int64, answer chan *result) {
	const waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	for !w.onSQLite() && len(answer) == 0 && w.count(waiting) < n { // which asks the database, at its pace
	}
}

// TestTwoThatWaitForEachOtherAreBothDone lets a merge, and its undo, hold the
// organizations and wait for the rest, while somebody holds a commitment and waits for
// its organization.
func TestTwoThatWaitForEachOtherAreBothDone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, liaison := w.another(domain.Staff, "", ""), w.as(domain.Liaison)
		for _, key := range []string{"", someKey} {
			keep, goes := w.approvedOrganization().ID, w.approvedOrganization().ID
			contact := staff.post(w.path(goes)+"/contacts", map[string]any{"name": "The desk"}).want(201).str("id")
			promises := map[string]string{}
			for _, step := range []string{"approve", "undo"} {
				promises[step] = "/v1/commitments/" + string(w.seedCommitment(goes, promise(), domain.CommitmentSubmitted).ID)
			}
			merge := w.mergeOf(staff, keep, goes)
			for _, step := range []string{"approve", "undo"} {
				body := map[string]any{"approve": nil, "undo": map[string]any{"reason": "Two."}}[step]
				ask := func(by *client, path, verb string, body any) chan *result {
					answer, headers := make(chan *result, 1), []string{"If-Match", by.seen(path)}
					if key != "" {
						headers = append(headers, "Idempotency-Key", key+step)
					}
					go func() { answer <- by.post(path+"/"+verb, body, headers...) }()
					return answer
				}
				var merged, accepted chan *result
				must(t, w.store.As(staff.actor).Tx(t.Context(), func(tx *repository.Session) error {
					if _, err := tx.Contacts.Hold(t.Context(), domain.EditContact, domain.ContactID(contact)); err != nil {
						return err
					}
					merged = ask(liaison, merge, step, body)
					w.untilWait(1, merged)
					accepted = ask(staff, promises[step], "accept", nil)
					w.untilWait(2, accepted)
					return nil
				}))
				(<-merged).want(200)
				if got := <-accepted; got.Status != 200 && got.Status != 412 { // who came second saw what the merge left
					t.Errorf("%s: %d %s", step, got.Status, got.Body)
				}
			}
		}
	})
}

// TestWhatWasUndoneIsSentAgain has PostgreSQL undo whatever enters a contact, or takes a
// file, to let another go on. What can be read again is done again; a file that was
// streamed can't be, and whoever sends it is told that nothing was kept, and when to come
// back. SQLite has a single writer, which nobody undoes.
func TestWhatWasUndoneIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.onSQLite() {
			return
		}
		staff := w.as(domain.Staff)
		path := w.path(w.approvedOrganization().ID)
		w.undoes = true
		w.exec(`CREATE SEQUENCE undone; CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				IF nextval('undone') <= TG_ARGV[0]::bigint THEN RAISE EXCEPTION 'undone' USING ERRCODE = TG_ARGV[1]; END IF;
				RETURN NEW;
			END $$`)
		for _, code := range []string{"40P01", "40001"} {
			for _, tt := range []struct {
				table  string
				times  int
				status int
				tried  int64
				ask    func() *result
			}{
				{"contacts", 2, 201, 3, func() *result { return staff.post(path+"/contacts", map[string]any{"name": "The desk"}) }},
				{"contacts", 3, 503, 3, func() *result { return staff.post(path+"/contacts", map[string]any{"name": "The desk"}) }},
				{"documents", 1, 503, 1, func() *result { return staff.evidence("organization", path) }},
				{"documents", 0, 201, 1, func() *result { return staff.evidence("organization", path) }},
			} {
				before := w.count("SELECT count(*) FROM " + tt.table)
				w.exec("SELECT setval('undone', 1, false)")
				w.exec(fmt.Sprintf("CREATE TRIGGER undo BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION undo(%d, '%s')", tt.table, tt.times, code))
				r := tt.ask().want(tt.status)
				w.exec("DROP TRIGGER undo ON " + tt.table)
				if n := w.count("SELECT last_value FROM undone"); n != tt.tried {
					t.Errorf("%s %s: tried %d times, want %d", code, tt.table, n, tt.tried)
				}
				kept := w.count("SELECT count(*) FROM "+tt.table) - before
				if tt.status == 201 {
					if kept != 1 {
						t.Errorf("%s %s: %d are kept", code, tt.table, kept)
					}
					continue
				}
				if kept != 0 || r.Header.Get("Retry-After") != "1" || !strings.Contains(r.str("detail"), "send it again") || strings.Contains(string(r.Body), "undone") {
					t.Errorf("%s %s: %d are kept, Retry-After %q: %s", code, tt.table, kept, r.Header.Get("Retry-After"), r.Body)
				}
			}
		}
	})
}
