package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"accord/domain"
)

// setAside keeps the rows of tables as they are, as a backup does; what it answers
// with puts them back.
func (w *world) setAside(tables ...string) (restore func()) {
	w.Helper()
	for _, t := range tables {
		w.exec("CREATE TABLE aside_" + t + " AS SELECT * FROM " + t)
	}
	return func() {
		w.Helper()
		for _, t := range slices.Backward(tables) {
			w.exec("DELETE FROM " + t)
		}
		for _, t := range tables {
			w.exec("INSERT INTO " + t + " SELECT * FROM aside_" + t)
		}
	}
}

func TestWhatWasErasedStaysErasedAfterARestore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.advisor()
		self, vault := w.speaker(id), advisorPath(id)+"/vault-entry"
		write := func() {
			self.do(http.MethodPut, vault, canaries, "If-Match", self.get(vault).tag()).want(200)
		}
		write()
		consultation := consultationPath(w.consultation(domain.ConsultationOpen, everybody).ID)
		other := w.caller(domain.Advising)
		said, stays := w.submitted(self, consultation), w.submitted(other, consultation)
		code := w.anonymous(consultation)
		read := func() *result { return w.anyone().post("/v1/receipts/read", map[string]string{"code": code}) }
		partner := w.member(domain.Partner, w.approvedOrganization().ID)
		document := "/v1/documents/" + partner.evidence("progress_report", w.reportFor(partner, domain.ProgressReportDrafted)).want(201).str("id")
		restore := w.setAside("advisor_keys", "vault_entries", "vault_fields", "safe_contacts", "submissions", "submission_keys", "submission_versions",
			"submission_authors", "documents", "document_keys", "document_versions", "erasures")

		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).tag()).want(200)
		self.move(said, "withdraw", nil).want(200)
		w.anyone().post("/v1/receipts/withdraw", map[string]string{"code": code}).want(200)
		partner.move(document, "remove", map[string]string{"reason": "Sent by mistake."}).want(200)
		marks := map[string]bool{}
		keep := func(mark string) error { marks[mark] = true; return nil }
		must(t, w.store.KeepErasures(t.Context(), keep))
		if len(marks) != 4 {
			t.Fatalf("%d marks were kept of four erasures", len(marks))
		}
		for m := range marks {
			for _, owner := range []string{string(id), idOf(said), idOf(document)} {
				if strings.Contains(m, owner) {
					t.Errorf("the mark %s names its owner", m)
				}
			}
		}
		redone := func(want int) {
			t.Helper()
			if n, err := w.store.RedoErasures(t.Context(), marks); err != nil || n != want {
				t.Errorf("%d erasures were done again, of %d: %v", n, want, err)
			}
		}
		redone(0)

		restore()
		if len(w.opened(id)) != len(canaries) || read().want(200).str("stage") != "submitted" || partner.get(document).str("stage") != "kept" {
			t.Fatal("the backup brought nothing back")
		}
		w.exec("UPDATE progress_reports SET stage = 'accepted', submitted_by = 'one', reviewed_by = 'another'") // by then a decision rested on it
		redone(4)
		if got := self.get(vault).want(200); len(got.at("fields").([]any)) != 0 {
			t.Errorf("the vault holds %s", got.Body)
		}
		self.get(said).want(404) // nothing leads from its author to it
		if got := partner.get(document).want(200); got.str("stage") != "removed" {
			t.Errorf("%s", got.Body)
		}
		if got := read().want(200); got.str("stage") != "withdrawn" || got.at("answers") != nil {
			t.Errorf("%s", got.Body)
		}
		for query, want := range map[string]int64{"SELECT count(*) FROM advisor_keys": 0, "SELECT count(*) FROM submission_keys": 1, "SELECT count(*) FROM document_keys": 0,
			"SELECT count(*) FROM vault_fields": 0, "SELECT count(*) FROM submissions WHERE stage = 'withdrawn'": 2} {
			if n := w.count(query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		if got := other.get(stays).want(200); got.str("stage") != "submitted" {
			t.Errorf("another's was taken back: %s", got.Body)
		}

		// What is written anew is under another key, and nothing of what was.
		redone(0)
		write()
		redone(0)
		if len(w.opened(id)) != len(canaries) {
			t.Error("what was written since is gone")
		}
	})
}

// TestMarksOutliveTheFolderAndAreThereOfOlderKeys loses the folder, and erases what
// was written before keys had marks, under a master key that changed meanwhile, and
// nothing else of that time.
func TestMarksOutliveTheFolderAndAreThereOfOlderKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id, other := w.advisor(), w.advisor()
		self, vault := w.speaker(id), advisorPath(id)+"/vault-entry"
		for _, of := range []domain.AdvisorID{other, id} {
			by, at := w.speaker(of), advisorPath(of)+"/vault-entry"
			by.do(http.MethodPut, at, canaries, "If-Match", by.get(at).tag()).want(200)
		}
		w.exec("UPDATE advisor_keys SET mark = ''")
		restore := w.setAside("advisor_keys", "vault_entries", "vault_fields", "safe_contacts", "erasures")
		_, err := w.store.Rewrap(t.Context())
		must(t, err)
		self.do(http.MethodDelete, vault, nil, "If-Match", self.get(vault).tag()).want(200)
		keep := func() map[string]bool {
			t.Helper()
			marks := map[string]bool{}
			must(t, w.store.KeepErasures(t.Context(), func(mark string) error { marks[mark] = true; return nil }))
			return marks
		}
		marks := keep()
		if again := keep(); len(marks) != 1 || len(again) != 0 {
			t.Fatalf("%v, then %v", marks, again)
		}
		if n, err := w.store.LostErasures(t.Context(), marks); n != 0 || err != nil {
			t.Errorf("%d are lost of none: %v", n, err)
		}
		if n, err := w.store.LostErasures(t.Context(), nil); n != 1 || err != nil || !maps.Equal(keep(), marks) {
			t.Errorf("a mark that was lost is not kept again: %d, %v", n, err)
		}
		restore()
		if len(w.opened(id)) != len(canaries) {
			t.Fatal("the backup brought nothing back")
		}
		if n, err := w.store.RedoErasures(t.Context(), marks); n != 1 || err != nil {
			t.Fatalf("%d erasures were done again: %v", n, err)
		}
		if got := self.get(vault).want(200); len(got.at("fields").([]any)) != 0 || len(w.opened(other)) != len(canaries) {
			t.Errorf("the vault holds %s, and another's %v", got.Body, w.opened(other))
		}
	})
}
