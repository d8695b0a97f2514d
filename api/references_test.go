package api_test

import (
	"encoding/json"
	"testing"

	"accord/domain"
)

// TestWhatNamesNothingIsRefused writes an id that is nobody's wherever one is kept: it
// is refused where it stands, and nothing of the rest is kept.
func TestWhatNamesNothingIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		nobody, there := w.system().NewID(), string(w.approvedOrganization().ID)
		with := func(op string, more map[string]any) map[string]any {
			var v map[string]any
			must(t, json.Unmarshal([]byte(example(op)), &v))
			for name, value := range more {
				v[name] = value
			}
			return v
		}
		council := w.council()
		recommendation := w.recommendation(council.ID, 2026, "Pay advisors.", "DOJ")
		draft := consultationPath(w.consultation(domain.ConsultationDrafted, everybody).ID)
		drafting := w.consultationFor(w.anyone(), domain.ConsultationClosed)
		w.bring(drafting, "begin_analysis", "begin_response")
		response, theme := w.respond(w.theme(drafting), "adopted"), w.theme(drafting)
		for name, tt := range map[string]struct {
			by   *client
			path string
			body map[string]any
			at   []string
		}{
			"an organization's parent": {staff, "/v1/organizations", with("createOrganization", map[string]any{"parent_id": nobody}), []string{"/parent_id"}},
			"a consultation": {staff, "/v1/consultations", with("createConsultation", map[string]any{
				"initiative_id": nobody, "audience": map[string]any{"organization_ids": []string{there, nobody}, "council_id": nobody},
				"excluded_organization_ids": []string{w.system().NewID()},
			}), []string{"/initiative_id", "/audience/organization_ids/1", "/audience/council_id", "/excluded_organization_ids/0"}},
			"an invitation":    {w.as(domain.Admin), "/v1/invitations", map[string]any{"role": "partner", "organization_id": nobody}, []string{"/organization_id"}},
			"what it replaces": {staff, "/v1/councils/" + string(council.ID) + "/recommendations", with("createRecommendation", map[string]any{"supersedes_id": nobody}), []string{"/supersedes_id"}},
			"where it led":     {staff, theme + "/response", map[string]any{"outcome": "adopted", "reason": "Done.", "link_kind": "commitment", "link_id": nobody}, []string{"/link_id"}},
		} {
			r := tt.by.post(tt.path, tt.body).want(422)
			for _, at := range tt.at {
				r.fault(at, "not_found")
			}
			if n := len(tt.at); len(r.at("errors").([]any)) != n {
				t.Errorf("%s: not %d faults: %s", name, n, r.Body)
			}
		}
		for _, tt := range []struct {
			path string
			body map[string]any
			at   string
		}{
			{w.path(w.approvedOrganization().ID), map[string]any{"parent_id": nobody}, "/parent_id"},
			{draft, map[string]any{"excluded_organization_ids": []string{there, nobody}}, "/excluded_organization_ids/1"},
			{draft, map[string]any{"initiative_id": nobody}, "/initiative_id"},
			{recommendation, map[string]any{"supersedes_id": nobody}, "/supersedes_id"},
			{response, map[string]any{"link_kind": "initiative", "link_id": nobody}, "/link_id"},
			{response, map[string]any{"link_kind": "engagement", "link_id": nobody}, "/link_id"},
			{response, map[string]any{"link_kind": "recommendation", "link_id": nobody}, "/link_id"},
			{response, map[string]any{"link_kind": "partnership", "link_id": nobody}, "/link_id"},
		} {
			was := staff.seen(tt.path)
			staff.patch(tt.path, tt.body).want(422).fault(tt.at, "not_found")
			if staff.seen(tt.path) != was {
				t.Errorf("%s keeps %s", tt.path, tt.at)
			}
		}
		staff.patch(draft, map[string]any{"excluded_organization_ids": []string{there}}).want(200)

		// A partner's file names no organization that the partner doesn't see.
		own := w.organization(w.name("Partner"), domain.OrganizationDrafted).ID
		w.member(domain.PartnerAdmin, own).patch(w.path(own), map[string]any{"parent_id": there}).want(422).fault("/parent_id", "not_found")
	})
}
