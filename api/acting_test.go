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
