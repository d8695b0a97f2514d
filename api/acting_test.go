package api_test

import (
	"strings"

	"accord/domain"
)

// actingFor is the client as one who acts for a member of its association, by
// powers that a mandate names.
func (c *client) actingFor(member domain.OrganizationID, powers ...domain.Power) *client {
	actor := c.actor
	actor.For, actor.Organization, actor.Powers = member, member, strings.Join(words(powers), " ")
	return &client{w: c.w, actor: actor, sid: c.sid, acting: member}
}

// agent is somebody of an association of by's organization, in by's role, who acts
// for it by a mandate.
func (w *world) agent(by *client, powers ...domain.Power) *client {
	w.Helper()
	desk := w.agentsDesk(by)
	r, err := domain.NewRelationship(w.as(domain.Staff).actor, by.actor.Organization, domain.MemberOf, desk.actor.Organization,
		domain.RelationshipTerms{StartsOn: "2024-01-01", Evidence: "Its list of members."})
	must(w, err)
	must(w, w.store.As(w.as(domain.Staff).actor).Relationships.Create(w.Context(), domain.CreateRelationship, r))
	granting := by.actor
	granting.Role = domain.PartnerAdmin
	today := domain.DateOf(w.clock.Now())
	m, err := domain.NewMandate(granting, r, domain.MandateDraft{Powers: powers, StartsOn: today, EndsOn: today.AddDays(domain.MandateLife)}, today)
	must(w, err)
	must(w, w.store.As(granting).Mandates.Create(w.Context(), domain.GrantMandate, m))
	return desk.actingFor(by.actor.Organization, powers...)
}

func words[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// agentsDesk is somebody of the association, in by's role.
func (w *world) agentsDesk(by *client) *client {
	w.Helper()
	return w.keep("association's "+string(by.actor.Role), func() *client { return w.caller(by.actor.Role) })
}

// contact is the id of somebody to turn to at an organization.
func (w *world) contact(org domain.OrganizationID) string {
	w.Helper()
	return w.as(domain.Staff).post("/v1/organizations/"+string(org)+"/contacts", map[string]string{"name": w.name("Contact")}).want(201).str("id")
}

// called is the organization of a name.
func (w *world) called(name string) domain.OrganizationID {
	w.Helper()
	return domain.OrganizationID(w.column("SELECT id FROM organizations WHERE legal_name = '" + name + "'")[0])
}

func init() {
	// A member with a commitment, an engagement and a consultation, and two
	// associations, to each of which it gave one power.
	story := func(w *world) map[string]*client {
		member := w.organization("Member", domain.OrganizationApproved).ID
		lead, clerk := w.member(domain.PartnerAdmin, member), w.member(domain.Partner, member)
		w.milestoneFor(lead, domain.CommitmentActive, false)
		w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: member})
		w.consultationFor(lead, domain.ConsultationOpen)
		return map[string]*client{
			"who reports for it": w.agent(lead, domain.ReportOnCommitments), "who joins for it": w.agent(clerk, domain.JoinEngagements),
		}
	}
	only := func(w *world, kind string) string { return "/v1/" + kind + "/" + w.column("SELECT id FROM " + kind)[0] }
	people := func(w *world) (lead, clerk *client) {
		return w.member(domain.PartnerAdmin, w.called("Member")), w.member(domain.Partner, w.called("Member"))
	}
	promises := func(w *world, one, other *client) {
		lead, _ := people(w)
		lead.move(only(w, "commitments"), "hand_over", map[string]any{"lead_id": one.actor.Account, "delegate_ids": []any{other.actor.Account}}).want(200)
		one.move(only(w, "commitments"), "consent", nil).want(200)
		one.move(only(w, "milestones"), "report", map[string]string{"evidence": "21 reports."}).want(200)
	}
	joins := func(w *world, one *client, sends string) {
		w.as(domain.Staff).patch(only(w, "participants"), map[string]string{"contact_id": sends}).want(200)
		one.move(only(w, "participants"), "accept", nil).want(200)
	}
	const who = "who at a member does what"
	instead[who] = func(w *world) {
		lead, clerk := people(w)
		promises(w, clerk, lead)
		w.contact(w.called("Member"))
		joins(w, clerk, w.contact(w.called("Member")))
	}
	// What nothing lets an association know of.
	privately := func(w *world) {
		lead, clerk := people(w)
		lead.evidence("commitment", only(w, "commitments")).want(201)
		w.contact(w.called("Member"))
		w.submitted(clerk, only(w, "consultations"))
		w.seedPartnership(partnershipDraft(w.called("Member")), domain.PartnershipActive)
		w.apiKey(lead, domain.ReadCommitment)
		w.another(domain.Partner, w.called("Member"), "")
	}
	without := func(name string) func(*world) map[string]*client {
		return func(w *world) map[string]*client {
			viewers := story(w)
			delete(viewers, name)
			return viewers
		}
	}
	secrets = append(secrets,
		secret{name: who, story: story, happens: func(w *world) {
			lead, clerk := people(w)
			promises(w, lead, clerk)
			joins(w, lead, w.contact(w.called("Member")))
			w.contact(w.called("Member"))
		}},
		secret{name: "what a member promises, to who joins for it", story: without("who reports for it"), happens: func(w *world) {
			lead, clerk := people(w)
			w.reportFor(lead, domain.ProgressReportAccepted)
			promises(w, lead, clerk)
			privately(w)
		}},
		secret{name: "what a member joins, to who reports for it", story: without("who joins for it"), happens: func(w *world) {
			lead, _ := people(w)
			joins(w, lead, w.contact(lead.actor.Organization))
			e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: lead.actor.Organization}, domain.ParticipantDraft{Advisor: w.advisor()})
			lead.move(w.participantOf(e, lead.actor.Organization), "accept", nil).want(200)
			privately(w)
		}},
	)
}
