package api_test

import (
	"strings"
	"testing"

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

// filled is what somebody is given to report on one commitment, filled in.
func (c *client) filled(value string) []byte {
	c.w.Helper()
	header, rows := c.w.rows(c.get(reportSheet+"?format=csv").want(200).Body, "csv")
	if len(rows) != 2 {
		c.w.Fatalf("is given %v", rows)
	}
	rows[0]["What was done"], rows[0]["Value"], rows[1]["Evidence"] = "Audits began.", value, "21 reports."
	return c.w.written("csv", header, rows)
}

func TestAnAssociationSendsTheReportSheetOfAMemberThatLetsItReport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		org, lead := a.of.Organization, w.member(domain.PartnerAdmin, a.of.Organization)
		lead.move("/v1/commitments/"+string(a.of.ID), "hand_over", map[string]any{"lead_id": lead.actor.Account, "delegate_ids": []any{}}).want(200)
		agent, itself := w.agent(lead, domain.ReportOnCommitments), w.agentsDesk(lead)
		file := agent.filled("11")
		for name, c := range map[string]*client{
			"for who lets nobody act": itself.actingFor(w.approvedOrganization().ID), "for who lets it join": w.agent(a.partner, domain.JoinEngagements),
		} {
			w.writesNothing(name, func() {
				c.get(reportSheet).want(403)
				c.sendSheet(file).want(403)
			})
		}
		w.writesNothing("as itself", func() {
			if _, rows := w.rows(itself.get(reportSheet+"?format=csv&organization_id="+string(org)).want(200).Body, "csv"); len(rows) != 0 {
				t.Errorf("as itself it is given %v", rows)
			}
			itself.sendSheet(file, "organization_id", string(org)).want(422).fault("/file/A2", "invalid")
			a.partner.sendSheet(file).want(422).fault("/file/A2", "invalid") // whose hands it isn't in
		})
		made := agent.sendSheet(file, "submit", "true").want(200)
		if got := became(made); got != "created submitted [2 3]" {
			t.Errorf("for the member: %s", got)
		}
		report := agent.reportOf(made).ID
		if got := w.as(domain.Staff).get("/v1/progress_reports/" + report).want(200); got.str("submitted_by") != string(itself.actor.Account) {
			t.Errorf("the report is %s", got.Body)
		}
		notes := w.as(domain.Auditor).get("/v1/audit?record_id=" + report).want(200).column("note")
		if len(notes) != 2 || notes[0] != "for "+string(org) || notes[1] != notes[0] {
			t.Errorf("the trail notes %v", notes)
		}
		agent.post("/v1/sessions/quick-exit", nil).want(204) // nothing keeps anybody from leaving
	})
}

func TestAKeySendsAReportSheetIfItNamesAllThatBecomesOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.awaited()
		lead := w.member(domain.PartnerAdmin, a.of.Organization)
		key := func(actions ...domain.Action) *client {
			_, program := w.apiKey(lead, append(actions, domain.ReadCommitment, domain.ReadMilestone, domain.ReadIndicator, domain.ReadProgressReport)...)
			return program
		}
		_, looks := w.apiKey(lead, domain.ReadCommitment, domain.ReadProgressReport)
		if at := "/v1/commitments/" + string(a.of.ID); looks.get(at).want(200).at("health") != nil || key().get(at).want(200).at("health") == nil {
			t.Error("health is told to who isn't shown what it is made of, or not to who is")
		}
		looks.get("/v1/commitments/" + string(a.of.ID) + "/smart").want(403)
		key().get("/v1/commitments/" + string(a.of.ID) + "/smart").want(200)
		drafts := key(domain.CreateProgressReport, domain.ReadReportSheet)
		file := drafts.filled("11")
		for name, c := range map[string]*client{"reading": key(), "editing": key(domain.EditProgressReport, domain.SubmitProgressReport)} {
			w.writesNothing(name, func() {
				c.get(reportSheet).want(403)
				c.sendSheet(file).want(403)
			})
		}
		// Who drafts doesn't hand in, nor change what was drafted; a dry run says so.
		w.writesNothing("handing in", func() {
			drafts.sendSheet(file, "submit", "true").want(403)
			drafts.sendSheet(file, "submit", "true", "dry_run", "true").want(403)
		})
		if got := became(drafts.sendSheet(file).want(200)); got != "created draft [2 3]" {
			t.Errorf("a key's draft: %s", got)
		}
		file = drafts.filled("12")
		w.writesNothing("another figure", func() {
			drafts.sendSheet(file).want(403)
			drafts.sendSheet(file, "dry_run", "true").want(403)
		})
		most := []domain.Action{domain.ReadReportSheet, domain.CreateProgressReport, domain.EditProgressReport, domain.SubmitProgressReport}
		figures, all := key(most...), key(append(most, domain.ReportMilestone)...)
		w.writesNothing("a milestone", func() { figures.sendSheet(file, "submit", "true", "dry_run", "true").want(403) })
		if got := became(all.sendSheet(file, "submit", "true").want(200)); got != "changed submitted [2 3]" {
			t.Errorf("a key's report: %s", got)
		}
		all.acting = a.of.Organization // no key acts for another
		all.get(reportSheet).want(403)
	})
}
