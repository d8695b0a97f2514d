package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/repository"
)

// toObjective43 is the least that a marking says.
var toObjective43 = domain.Marking{Objectives: domain.List[string]{"4.3"}}

// initiative seeds an initiative at a stage.
func (w *world) initiative(title string, stage domain.InitiativeStage) *domain.Initiative {
	w.Helper()
	i, err := domain.NewInitiative(domain.InitiativeDraft{Marking: toObjective43, Title: title, Summary: "About " + title, LeadOffice: "Public Engagement"}, w.clock.Now())
	must(w, err)
	must(w, w.system().Initiatives.Create(w.Context(), domain.CreateInitiative, i))
	for !i.Stage.Is(stage) {
		i, err = w.system().Initiatives.Update(w.Context(), domain.AdvanceInitiative, i.ID, nil, func(_ *repository.Session, i *domain.Initiative) error {
			return i.Advance(domain.Measure(nil), "a court set the date", w.clock.Now())
		})
		must(w, err)
	}
	return i
}

// initiativeFor is an initiative at a stage in which the caller takes part.
func (w *world) initiativeFor(by *client, stage domain.InitiativeStage) string {
	w.Helper()
	i := w.initiative("Of "+string(by.actor.Role), stage)
	w.engagement(i.ID, domain.EngagementInvited, w.partOf(by)...)
	return "/v1/initiatives/" + string(i.ID)
}

func init() {
	at := func(stage domain.InitiativeStage, suffix string, body any) func(*world, *client) call {
		return func(w *world, by *client) call { return call{path: w.initiativeFor(by, stage) + suffix, body: body} }
	}
	walk["listInitiatives"] = func(*world, *client) call { return call{path: "/v1/initiatives"} }
	walk["createInitiative"] = func(*world, *client) call { return call{path: "/v1/initiatives"} }
	walk["getInitiative"] = at(domain.InitiativeAgenda, "", nil)
	walk["editInitiative"] = at(domain.InitiativeAgenda, "", nil)
	walk["advanceInitiative"] = at(domain.InitiativeDrafting, "/advance", nil)
	walk["getInitiativeMeter"] = at(domain.InitiativeAgenda, "/meter", nil)
}

func TestWhoTakesPartSeesTitleSummaryAndStageOfAnInitiative(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i, org, advisor := w.initiative("Guidance", domain.InitiativeScoping), w.approvedOrganization().ID, w.advisor()
		w.initiative("Another", domain.InitiativeAgenda)
		path, partner, speaker := "/v1/initiatives/"+string(i.ID), w.member(domain.Partner, org), w.speaker(advisor)
		e := w.engagement(i.ID, domain.EngagementPlanned, domain.ParticipantDraft{Organization: org}, domain.ParticipantDraft{Advisor: advisor})
		for _, c := range []*client{partner, speaker} {
			c.get(path).want(404)
		}
		w.as(domain.Staff).move(engagementPath(e), "invite", nil).want(200)
		for _, c := range []*client{partner, speaker} {
			r := c.get(path).want(200)
			var got map[string]any
			r.into(&got)
			members := slices.Sorted(maps.Keys(got))
			if !slices.Equal(members, []string{"_actions", "id", "stage", "summary", "title"}) {
				t.Errorf("%s sees %v", c.actor.Role, members)
			}
			if titles := c.get("/v1/initiatives").want(200).column("title"); !slices.Equal(titles, []string{"Guidance"}) {
				t.Errorf("%s sees the initiatives %v", c.actor.Role, titles)
			}
			c.get(path + "/meter").want(403)
		}
	})
}

func TestInitiativeFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.initiative("Recruitment fees", domain.InitiativeAgenda)
		w.initiative("Supply chains", domain.InitiativeScoping)
		for query, want := range map[string]string{
			"sort=title": "Recruitment fees,Supply chains", "sort=-title": "Supply chains,Recruitment fees",
			"stage=scoping": "Supply chains", "q=recruiting": "Recruitment fees", "stage=final": "",
		} {
			if got := strings.Join(w.as(domain.Staff).get("/v1/initiatives?"+query).want(200).column("title"), ","); got != want {
				t.Errorf("?%s: %s, want %s", query, got, want)
			}
		}
	})
}

func TestAnInitiativeMustMakeSense(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		staff.post("/v1/initiatives", `{"title":" ","objectives":["4.1"],"contributes_to":["4.1"],"topics":["data","data"]}`).want(422).
			fault("/title", "required").fault("/contributes_to/0", "unknown_value").fault("/topics/1", "duplicate")
		staff.post("/v1/initiatives", `{"title":"x","objectives":["4.2"]}`).want(422).fault("/objectives/0", "unknown_value")
		staff.post("/v1/initiatives", `{"title":"x"}`).want(422).fault("/objectives", "required")
		path := "/v1/initiatives/" + string(w.initiative("Guidance", domain.InitiativeEvaluation).ID)
		staff.move(path, "advance", `{}`).want(409)
		if got := staff.patch(path, `{"title":" New ","summary":null}`).want(200); got.str("title") != "New" || got.str("summary") != "" {
			t.Errorf("patched to %s", got.Body)
		}
	})
}

// group is what the meter says of one group.
func (r *result) group(name string) map[string]any {
	r.w.Helper()
	groups, _ := r.at("groups").([]any)
	for _, g := range groups {
		if m, _ := g.(map[string]any); m["group"] == name {
			return m
		}
	}
	r.w.Fatalf("no group %s in %s", name, r.Body)
	return nil
}

func TestTheMeterTellsWhoWasHeardFromTheOutset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff, business, ngo := w.as(domain.Staff), w.approvedOrganization().ID, w.organizationOf(domain.OrganizationNGO)
		i := w.initiative("Guidance", domain.InitiativeAgenda)
		path := "/v1/initiatives/" + string(i.ID)
		meter := func() *result { return w.as(domain.Auditor).get(path + "/meter").want(200) }

		early := w.engagement(i.ID, domain.EngagementConfirmed, domain.ParticipantDraft{Advisor: w.advisor()}, domain.ParticipantDraft{Organization: ngo})
		declined := w.participantOf(early, ngo)
		staff.move(declined, "decline", nil).want(200)
		if g := meter().group("survivors"); g["heard"] != false {
			t.Errorf("heard before anything was held: %v", g)
		}
		staff.move(engagementPath(early), "hold", nil).want(200)
		if g := meter().group("survivors"); g["heard"] != true || g["from_the_outset"] != true || g["first_stage"] != "agenda" || g["sources"] != float64(1) {
			t.Errorf("survivors: %v", g)
		}
		if g := meter().group("civil_society"); g["heard"] != false {
			t.Errorf("who declined was heard: %v", g)
		}

		w.forward(2 * time.Hour)
		for range 2 {
			staff.move(path, "advance", `{}`).want(200)
		}
		r := staff.move(path, "advance", `{}`).want(422).fault("/reason", "required")
		if detail := string(r.Body); !strings.Contains(detail, "civil society, private sector") || strings.Contains(detail, "survivors") {
			t.Errorf("the refusal names others than the unheard: %s", detail)
		}
		w.forward(2 * time.Hour)
		late := w.engagement(i.ID, domain.EngagementHeld, domain.ParticipantDraft{Organization: business})
		if g := meter().group("private_sector"); g["from_the_outset"] != false || g["first_stage"] != "drafting" {
			t.Errorf("private sector: %v", g)
		}
		r = staff.move(path, "advance", map[string]string{"reason": "a court set the date"}).want(200)
		if r.str("unheard_reason") != "a court set the date" || !slices.Equal(r.at("unheard").([]any), []any{"civil_society"}) {
			t.Errorf("kept %s", r.Body)
		}
		if m := meter(); m.str("unheard_reason") == "" || m.str("stage") != "clearance" {
			t.Errorf("the meter keeps no reason: %s", m.Body)
		}
		staff.post(engagementPath(late)+"/participants", map[string]any{"organization_id": ngo}).want(201)
		if g := meter().group("civil_society"); g["first_stage"] != "drafting" {
			t.Errorf("who is added to a held engagement was heard there: %v", g)
		}
		w.as(domain.Admin).get(path + "/meter").want(404)
	})
}
