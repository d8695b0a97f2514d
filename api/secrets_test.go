package api_test

import (
	"net/http"

	"accord/domain"
)

// outsiders are those to whom an advisor is nobody's business, by what they are. A
// custodian, who assigns a liaison, knows advisors by their ids.
func outsiders(w *world) map[string]*client {
	w.Helper()
	org := w.approvedOrganization().ID
	return map[string]*client{
		"anyone": w.anyone(), "another advisor": w.speaker(w.advisor()), "a partner": w.member(domain.Partner, org),
		"a partner's admin": w.member(domain.PartnerAdmin, org), "an admin": w.as(domain.Admin),
	}
}

// office are those who know that there are advisors, and not who.
func office(w *world) map[string]*client {
	return map[string]*client{
		"staff": w.as(domain.Staff), "a liaison": w.as(domain.Liaison), "an auditor": w.as(domain.Auditor), "an admin": w.as(domain.Admin),
	}
}

// fill puts a legal name into the vault, as the one advisor that there is.
func (w *world) fill(name string) {
	w.Helper()
	id := domain.AdvisorID(w.column("SELECT id FROM advisors")[0])
	self, path := w.speaker(id), advisorPath(id)+"/vault-entry"
	self.do(http.MethodPut, path, map[string]string{"legal_name": name}, "If-Match", self.get(path).tag()).want(200)
	self.patch(advisorPath(id)+"/safe-contact", map[string]string{"code_word": name}).want(200)
}

// speakTwice has two advisors, by the order of their aliases, answer one of two
// consultations each, or one of them both.
func speakTwice(who ...int) func(w *world) {
	return func(w *world) {
		advisors := w.column("SELECT id FROM advisors ORDER BY alias")
		for i, path := range w.column("SELECT '/v1/consultations/' || id FROM consultations ORDER BY title") {
			author := w.speaker(domain.AdvisorID(advisors[who[i]]))
			w.submitted(author, path)
		}
	}
}

func init() {
	secrets = append(secrets,
		secret{
			name:  "an advisor's existence",
			story: outsiders,
			happens: func(w *world) {
				id := w.advisorCalled("Marigold")
				self, path := w.speaker(id), advisorPath(id)
				self.patch(path+"/safe-contact", `{"code_word":"paper boat"}`).want(200)
				self.do(http.MethodPut, path+"/vault-entry", canaries, "If-Match", self.get(path+"/vault-entry").tag()).want(200)
				self.calendar()
				self.move(path, "retire", nil).want(200)
			},
		},
		secret{
			name: "a name in the vault",
			story: func(w *world) map[string]*client {
				w.speaker(w.advisorCalled("Marigold"))
				viewers := office(w)
				delete(viewers, "a liaison") // may read the code word
				viewers["a custodian"] = w.as(domain.Custodian)
				return viewers
			},
			happens: func(w *world) { w.fill(canaries["legal_name"]) },
		},
		secret{
			name: "a pseudonymous author across two consultations",
			story: func(w *world) map[string]*client {
				for _, name := range []string{"Aster", "Birch"} {
					w.speaker(w.advisorCalled(name))
				}
				for range 2 {
					w.consultation(domain.ConsultationOpen, domain.Audience{ForAdvisors: true})
				}
				viewers := office(w)
				viewers["a partner"] = w.member(domain.Partner, w.approvedOrganization().ID)
				viewers["a third advisor"] = w.speaker(w.advisorCalled("Cedar"))
				return viewers
			},
			happens: speakTwice(0, 0),
		},
		secret{
			name: "a private note",
			story: func(w *world) map[string]*client {
				org, known := w.approvedOrganization().ID, w.advisor()
				w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: known})
				return map[string]*client{"a partner": w.member(domain.Partner, org), "a partner's admin": w.member(domain.PartnerAdmin, org), "an advisor": w.speaker(known)}
			},
			may: []domain.Role{domain.Staff, domain.Liaison, domain.Auditor}, // the trail tells an auditor that it was written
			happens: func(w *world) {
				w.as(domain.Staff).patch(engagementPath(w.engagementNow(domain.EngagementInvited)), `{"private_notes":"They were afraid of the driver."}`).want(200)
			},
		},
		secret{
			name: "a declined due-diligence check",
			story: func(w *world) map[string]*client {
				w.organization("Looked into", domain.OrganizationApproved)
				other := w.approvedOrganization().ID
				return map[string]*client{
					"another partner": w.member(domain.PartnerAdmin, other), "an advisor": w.speaker(w.advisor()),
					"an admin": w.as(domain.Admin), "anyone": w.anyone(),
				}
			},
			happens: looksInto("reputation"),
		},
		secret{
			name: "which check found something",
			story: func(w *world) map[string]*client {
				own := w.organization("Looked into", domain.OrganizationApproved).ID
				return map[string]*client{"its own clerk": w.member(domain.Partner, own), "its own admin": w.member(domain.PartnerAdmin, own)}
			},
			happens: looksInto("reputation"),
		})
	// Its own people are told that its vetting is not current, and no more.
	instead["which check found something"] = looksInto("sanctions")
	instead["a name in the vault"] = func(w *world) { w.fill("Somebody Quite Other") }
	instead["a pseudonymous author across two consultations"] = speakTwice(0, 1)
}

// looksInto has a check of a kind find something at an organization.
func looksInto(kind string) func(*world) {
	return func(w *world) {
		path := "/v1/organizations/" + w.column("SELECT id FROM organizations WHERE legal_name = 'Looked into'")[0]
		check := "/v1/checks/" + w.as(domain.Staff).post(path+"/checks", map[string]string{"kind": kind}).want(201).str("id")
		w.as(domain.Liaison).move(check, "record", w.finding("hit")).want(200)
	}
}
