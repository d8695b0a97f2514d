package api_test

import (
	"net/http"
	"slices"
	"testing"

	"accord/domain"
)

// TestNobodyIsOfferedWhatTakesSomebodyElse reads what _actions offers to who asked for
// a decision and to somebody else: the one it is refused, as the other is not.
func TestNobodyIsOfferedWhatTakesSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, admin := w.as(domain.Staff), w.as(domain.Admin)
		reviewed := w.path(w.organization(w.name("Partner"), domain.OrganizationLegalEthicsReview).ID)
		check := "/v1/checks/" + staff.post(reviewed+"/checks", map[string]any{"kind": "sanctions"}).want(201).str("id")
		invitation := "/v1/invitations/" + admin.post("/v1/invitations", map[string]any{"role": "admin"}).want(201).str("id")
		waiting := consultationPath(w.consultation(domain.ConsultationClearance, everybody).ID)
		of := w.another(domain.Auditor, "", "")
		grant := "/v1/grants/" + admin.post("/v1/accounts/"+string(of.actor.Account)+"/grants", map[string]any{"role": "admin", "reason": "Runs the office."}).want(201).str("id")
		reset := "/v1/resets/" + admin.post("/v1/resets", map[string]any{"account_id": of.actor.Account, "kind": "second_factor"}).want(201).str("id")
		for _, tt := range []struct {
			path, verb     string
			asked, another *client
			body           any
		}{
			{reviewed, "approve", staff, w.as(domain.Liaison), nil},
			{reviewed, "approve_with_conditions", staff, w.as(domain.Liaison), map[string]any{"conditions": []any{map[string]any{"text": "Report yearly.", "due_on": "2027-01-01"}}}},
			{check, "record", staff, w.as(domain.Liaison), w.finding("clear")},
			{invitation, "approve", admin, w.another(domain.Admin, "", ""), nil},
			{waiting, "clear", staff, w.as(domain.Liaison), nil},
			{grant, "approve", admin, w.another(domain.Admin, "", ""), nil},
			{reset, "confirm", admin, w.another(domain.Admin, "", ""), nil},
		} {
			for by, offered := range map[*client]bool{tt.asked: false, tt.another: true} {
				if got := by.get(tt.path).want(200).at("_actions").([]any); slices.Contains(got, any(tt.verb)) != offered {
					t.Errorf("%s offers %v to %s, want %s %t", tt.path, got, by.actor.Role, tt.verb, offered)
				}
			}
			tt.asked.move(tt.path, tt.verb, tt.body).want(http.StatusForbidden)
		}
	})
}
