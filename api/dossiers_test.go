package api_test

import (
	"time"

	"accord/domain"
	"accord/repository"
)

// rules are the requirements in force for a partnership.
func (w *world) rules(p *domain.Partnership) *domain.Requirements {
	w.Helper()
	r, err := w.system().Requirements.Newest(w.Context(), p.Kind)
	must(w, err)
	return r
}

// dossier is a complete one, with the members as they stand.
func (w *world) dossier(p *domain.Partnership) domain.Dossier {
	w.Helper()
	d := domain.Dossier{Rules: w.rules(p), Newest: w.rules(p)}
	for _, m := range p.Members {
		o, err := w.system().Organizations.Steady(w.Context(), m.Organization)
		must(w, err)
		d.Members = append(d.Members, *o)
	}
	return d
}

// fillIn writes every element that the requirements name.
func (w *world) fillIn(p *domain.Partnership, by domain.Actor, today domain.Date) {
	w.Helper()
	rules := w.rules(p)
	for _, e := range rules.Elements {
		must(w, p.WriteElement(by, rules, e.Key, domain.ElementDraft{State: domain.ElementProvided, Text: "Said of " + e.Key + "."}, today))
	}
}

// clearAll lets every office clear that was asked and has not decided.
func (w *world) clearAll(p *domain.Partnership, at time.Time) {
	w.Helper()
	for i, c := range p.Clearances {
		if p.Counts(i) && c.Decision == "" {
			clerk := domain.Actor{Account: domain.AccountID(w.system().NewID()), Role: domain.Staff, Office: c.OfficeName}
			must(w, p.DecideClearance(clerk, c.Office, domain.Cleared, "", at))
		}
	}
}

// clerk is somebody of the staff who works in an office.
func (w *world) clerk(office string) *client {
	w.Helper()
	return w.keep("clerk of "+office, func() *client { return w.signIn(domain.Staff, "", "", office) })
}

// reapproval is a partnership whose renewal was asked for and cleared, with the
// caller's organization as a member if it has one.
func (w *world) reapproval(by *client) string {
	w.Helper()
	p := w.seedPartnership(partnershipDraft(w.orgOf(by)), domain.PartnershipReapprovalDue)
	_, err := w.system().Partnerships.Update(w.Context(), domain.EditPartnership, p.ID, nil, func(_ *repository.Session, p *domain.Partnership) error {
		must(w, p.RequestReapproval(w.as(domain.Staff).actor, w.rules(p), w.clock.Now()))
		w.clearAll(p, w.clock.Now())
		return nil
	})
	must(w, err)
	return "/v1/partnerships/" + string(p.ID)
}

// writeMemorandum says something to every element, over HTTP.
func (c *client) writeMemorandum(path string) {
	c.w.Helper()
	for _, key := range c.get(path + "/elements").want(200).column("key") {
		c.write(path, key, map[string]string{"state": "provided", "text": "Said of " + key + "."}).want(200)
	}
}

// write keeps what a partnership's memorandum says to an element.
func (c *client) write(path, key string, body any) *result {
	c.w.Helper()
	return c.do("PUT", path+"/elements/"+key, body, "If-Match", c.seen(path))
}

// clearEach lets somebody of every office that was asked clear, over HTTP.
func (w *world) clearEach(path string) {
	w.Helper()
	for _, c := range w.as(domain.Staff).get(path + "/clearances").want(200).items() {
		if c["current"] == true && c["decision"] == nil {
			w.clerk(c["office"].(string)).decide(path, c["key"].(string), "cleared", "").want(200)
		}
	}
}

// decide keeps an office's decision.
func (c *client) decide(path, key, decision, comment string) *result {
	c.w.Helper()
	body := map[string]string{"decision": decision}
	if comment != "" {
		body["comment"] = comment
	}
	return c.post(path+"/clearances/"+key+"/decide", body, "If-Match", c.seen(path))
}

// legal lets the caller work in the office that clears the law of it, whatever
// else the caller is.
func legal(w *world, by *client) {
	w.Helper()
	_, err := w.system().Accounts.Update(w.Context(), domain.EditAccount, by.actor.Account, nil, func(_ *repository.Session, a *domain.Account) error {
		a.Office = "Legal Adviser"
		return a.Rename(a.Name)
	})
	must(w, err)
}

func init() {
	at := func(stage domain.PartnershipStage, suffix string) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.partnershipFor(by, stage) + suffix} }
	}
	walk["getPartnershipReadiness"] = at(domain.PartnershipMemoDrafted, "/readiness?for=approval")
	walk["listPartnershipElements"] = at(domain.PartnershipMemoDrafted, "/elements")
	walk["listPartnershipClearances"] = at(domain.PartnershipApproved, "/clearances")
	walk["writePartnershipElement"] = at(domain.PartnershipMemoDrafted, "/elements/risks")
	walk["decidePartnershipClearance"] = func(w *world, by *client) call {
		if by.actor.Role != domain.Anyone { // an office decides, so it is also the one to whom the record is nothing who works there
			legal(w, by)
			legal(w, w.stranger(by.actor.Role))
		}
		return call{path: w.asked(by) + "/clearances/legal/decide"}
	}
	walk["reopenPartnershipClearance"] = func(w *world, by *client) call {
		return call{path: w.partnershipFor(by, domain.PartnershipClearances) + "/clearances/legal/reopen"}
	}
	walk["requestPartnershipReapproval"] = at(domain.PartnershipReapprovalDue, "/request_reapproval")
	walk["recordLegacyPartnership"] = func(*world, *client) call { return call{path: "/v1/legacy_partnerships"} }
	walk["getPartnershipRemediation"] = func(w *world, by *client) call { return call{path: w.legacy(by) + "/remediation"} }
	walk["assignPartnershipRemedy"] = func(w *world, by *client) call {
		return call{path: w.legacy(by) + "/assign_remedy", body: map[string]any{"item": "/starts_on", "owner_id": w.as(domain.Staff).actor.Account, "due_on": "2026-06-01"}}
	}
	walk["resolvePartnershipRemedy"] = func(w *world, by *client) call {
		return call{path: w.legacy(by) + "/resolve_remedy", body: map[string]any{"item": "/purpose", "outcome": "mended", "how": "It was in the old file."}}
	}
	walk["listPartnershipRequirements"] = func(*world, *client) call { return call{path: "/v1/partnership_requirements"} }
	walk["proposePartnershipRequirements"] = func(*world, *client) call { return call{path: "/v1/partnership_requirements"} }
	walk["getPartnershipRequirements"] = func(*world, *client) call {
		return call{path: "/v1/partnership_requirements/" + shippedLongTerm}
	}
	walk["adoptPartnershipRequirements"] = func(w *world, _ *client) call { return call{path: w.proposal() + "/adopt"} }

	outOfOrder["writePartnershipElement"] = at(domain.PartnershipApproved, "/elements/risks")
	outOfOrder["decidePartnershipClearance"] = at(domain.PartnershipApproved, "/clearances/legal/decide")
	outOfOrder["reopenPartnershipClearance"] = at(domain.PartnershipApproved, "/clearances/legal/reopen")
	outOfOrder["requestPartnershipReapproval"] = at(domain.PartnershipActive, "/request_reapproval")
	outOfOrder["assignPartnershipRemedy"] = func(w *world, by *client) call {
		k := walk["assignPartnershipRemedy"](w, by)
		k.path = w.settled(by) + "/assign_remedy"
		return k
	}
	outOfOrder["resolvePartnershipRemedy"] = func(w *world, by *client) call {
		return call{path: w.legacy(by) + "/resolve_remedy", body: map[string]any{"item": "/starts_on", "outcome": "mended", "how": "It is not."}}
	}
	outOfOrder["adoptPartnershipRequirements"] = func(*world, *client) call {
		return call{path: "/v1/partnership_requirements/" + shippedLongTerm + "/adopt"}
	}
}

// shippedLongTerm is the version for long-term partnerships that Accord comes
// with.
const shippedLongTerm = "2fa09700-0000-4000-8000-000000000001"

// asked is a partnership whose offices were asked and have not decided.
func (w *world) asked(by *client) string {
	w.Helper()
	path := w.partnershipFor(by, domain.PartnershipMemoDrafted)
	w.as(domain.Staff).writeMemorandum(path)
	w.as(domain.Staff).move(path, "request_clearances", nil).want(200)
	return path
}

// legacy is a partnership that an older register knew little of; its purpose was
// found since.
func (w *world) legacy(by *client) string {
	w.Helper()
	staff := w.as(domain.Staff)
	path := "/v1/partnerships/" + staff.post("/v1/legacy_partnerships", map[string]any{
		"source": "Partnership database, 2013", "stage": "reapproval_due", "partnership": map[string]any{
			"title": "Hotel staff training", "kind": "long_term", "objectives": []string{"4.1"},
			"members": []map[string]any{{"organization_id": w.orgOf(by), "role": "trains"}},
		},
	}).want(201).str("id")
	staff.patch(path, `{"purpose":"Staff recognize victims."}`).want(200)
	return path
}

// settled is a legacy partnership with an item settled.
func (w *world) settled(by *client) string {
	w.Helper()
	path := w.legacy(by)
	w.as(domain.Staff).move(path, "assign_remedy", map[string]any{"item": "/starts_on", "owner_id": w.as(domain.Staff).actor.Account, "due_on": "2026-06-01"}).want(200)
	w.as(domain.Liaison).move(path, "resolve_remedy", map[string]any{"item": "/starts_on", "outcome": "accepted", "how": "The papers are lost."}).want(200)
	return path
}

// proposal is a version of the requirements that waits to be adopted.
func (w *world) proposal() string {
	w.Helper()
	return "/v1/partnership_requirements/" + w.as(domain.Staff).post("/v1/partnership_requirements", map[string]any{
		"kind": "long_term", "note": "One element is enough.", "elements": []map[string]any{{"key": "risks", "title": "Risks", "guidance": "Name them.", "always": true}},
		"clearances": []map[string]any{{"key": "legal", "office": "Legal Adviser"}},
	}).want(201).str("id")
}

func init() {
	var asked, drafted string
	secrets = append(secrets, secret{
		name: "what the office deliberates on a partnership",
		story: func(w *world) map[string]*client {
			member := w.caller(domain.Partner)
			asked, drafted = w.asked(member), w.partnershipFor(member, domain.PartnershipMemoDrafted)
			w.clerk("Legal Adviser")
			return map[string]*client{
				"a member": member, "a member's admin": w.member(domain.PartnerAdmin, member.actor.Organization),
				"another partner": w.caller(domain.Partner), "an advisor": w.caller(domain.Advising), "anyone": w.anyone(),
			}
		},
		happens: func(w *world) {
			staff := w.as(domain.Staff)
			w.clerk("Legal Adviser").decide(asked, "legal", "refused", "They lied to us.").want(200)
			staff.post(asked+"/clearances/legal/reopen", map[string]string{"reason": "It is explained."}, "If-Match", staff.seen(asked)).want(200)
			staff.write(drafted, "risks", map[string]string{"state": "provided", "text": "The partner is close to a suspect."}).want(200)
			w.proposal()
		},
	})
}
