package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/domain"
)

func init() {
	walk["listPossibleDuplicates"] = func(w *world, by *client) call {
		return call{path: w.organizationFor(by, domain.OrganizationApproved) + "/possible-duplicates"}
	}
	walk["distinguishOrganization"] = func(w *world, by *client) call {
		return call{path: w.organizationFor(by, domain.OrganizationApproved) + "/distinguish",
			body: map[string]any{"organization_id": w.approvedOrganization().ID, "reason": "Another of the same name."}}
	}
	walk["listDuplicatePairs"] = func(*world, *client) call { return call{path: "/v1/possible-duplicates"} }
	walk["previewDuplicates"] = func(*world, *client) call { return call{path: "/v1/duplicate-previews"} }
	secrets = append(secrets, secret{
		name: "a possible duplicate elsewhere, told apart",
		story: func(w *world) map[string]*client {
			o := w.organization("A partner", domain.OrganizationApproved)
			return map[string]*client{"its partner": w.member(domain.Partner, o.ID), "its admin": w.member(domain.PartnerAdmin, o.ID), "anyone": w.anyone()}
		},
		happens: func(w *world) {
			other := w.organization("A Partner Ltd", domain.OrganizationDrafted)
			w.as(domain.Staff).move("/v1/organizations/"+string(w.aPartner()), "distinguish", map[string]any{"organization_id": other.ID, "reason": "A namesake."}).want(200)
		},
	})
}

func TestPossibleDuplicatesAreRankedWithReasons(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		enter := func(body string) string {
			return "/v1/organizations/" + staff.post("/v1/organizations", body).want(201).str("id")
		}
		harbor := enter(`{"legal_name":"Harbor Logistics Pty Ltd","type":"business","website":"https://www.harbor.example/about"}`)
		enter(`{"legal_name":"Something else","type":"business","website":"https://harbor.example"}`)
		enter(`{"legal_name":"Газпром","type":"business"}`)
		enter(`{"legal_name":"Australian Industry Group","type":"business_association"}`)
		enter(`{"legal_name":"Unlike any","type":"ngo"}`)
		for _, tt := range []struct{ body, want string }{
			{`{"names":["HARBOUR LOGISTICS Pty. Limited"]}`, "[Harbor Logistics Pty Ltd [same_letters]]"},
			{`{"names":["Harbor Logistics"],"website":"https://harbor.example"}`, "[Harbor Logistics Pty Ltd [legal_form same_domain]][Something else [same_domain]]"},
			{`{"names":["Nothing","Gazprom"]}`, "[Газпром [same_name]]"},
			{`{"names":["AI Group"]}`, "[Australian Industry Group [acronym]]"},
			{`{"names":["Of no one"]}`, ""},
		} {
			got := ""
			for _, d := range staff.post("/v1/duplicate-previews", tt.body).want(200).items() {
				got += fmt.Sprintf("[%s %v]", d["legal_name"], d["reasons"])
			}
			if got != tt.want {
				t.Errorf("%s: %s, want %s", tt.body, got, tt.want)
			}
		}
		twin := enter(`{"legal_name":"Harbor Logistics Pty Limited","type":"business"}`)
		like := func(path string) string {
			return fmt.Sprint(staff.get(path + "/possible-duplicates").want(200).column("organization_id"))
		}
		if got := like(twin); got != "["+string(idIn(harbor))+"]" {
			t.Errorf("the twin is like %s", got)
		}
		apart := map[string]any{"organization_id": idIn(harbor), "reason": "A namesake in another port."}
		staff.move(twin, "distinguish", map[string]any{"organization_id": idIn(twin), "reason": "x"}).want(422).fault("/organization_id", "invalid")
		staff.move(twin, "distinguish", map[string]any{"organization_id": "00000000-0000-4000-8000-000000000000", "reason": "x"}).want(422).fault("/organization_id", "not_found")
		staff.move(twin, "distinguish", apart).want(200)
		staff.move(twin, "distinguish", apart).want(409)
		for _, path := range []string{twin, harbor} {
			if got := like(path); got != "[]" && path == twin || path == harbor && got == "["+string(idIn(twin))+"]" {
				t.Errorf("told apart, %s is still like %s", path, got)
			}
		}
		staff.patch(harbor, `{"legal_name":"Breakwater"}`).want(200)
		if n := len(staff.post("/v1/duplicate-previews", `{"names":["Breakwater"]}`).want(200).items()); n != 1 {
			t.Errorf("a new name is found %d times", n)
		}
		w.as(domain.Admin).get(twin + "/possible-duplicates").want(403)
	})
}

func TestTheWholeRegisterIsLookedOverForDuplicates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		enter := func(body string) string {
			return "/v1/organizations/" + staff.post("/v1/organizations", body).want(201).str("id")
		}
		pairs := func(query string) (out []string) {
			w.forward(time.Minute)
			w.lookOver()
			for query != "done" {
				r := staff.get("/v1/possible-duplicates?limit=1" + query).want(200)
				for _, p := range r.items() {
					both := p["organizations"].([]any)
					names := []string{both[0].(map[string]any)["legal_name"].(string), both[1].(map[string]any)["legal_name"].(string)}
					slices.Sort(names)
					out = append(out, fmt.Sprint(p["score"], names, p["reasons"]))
				}
				cursor := r.str("next_cursor")
				if query, _, _ = strings.Cut(query, "&cursor="); cursor == "" {
					query = "done"
				} else {
					query += "&cursor=" + cursor
				}
			}
			return out
		}
		twin := enter(`{"legal_name":"Harbor Logistics Pty Limited","type":"business","country":"AU"}`)
		harbor := enter(`{"legal_name":"HARBOUR LOGISTICS Pty Ltd","type":"business","website":"https://www.harbor.example"}`)
		enter(`{"legal_name":"Harbor Logistics","type":"ngo"}`)
		enter(`{"legal_name":"Of the same house","type":"business","website":"https://harbor.example"}`)
		enter(`{"legal_name":"Unlike any","type":"ngo"}`)
		same := "0.98 [HARBOUR LOGISTICS Pty Ltd Harbor Logistics Pty Limited] [same_letters]"
		other := "0.89 [HARBOUR LOGISTICS Pty Ltd Harbor Logistics] [legal_form]"
		also := "0.89 [Harbor Logistics Harbor Logistics Pty Limited] [legal_form]"
		house := "0.8 [HARBOUR LOGISTICS Pty Ltd Of the same house] [same_domain]"
		for query, want := range map[string][]string{
			"": {same, other, also, house}, "&min_score=85": {same, other, also}, "&min_score=98": {same}, "&type=ngo": {other, also},
			"&country=AU": {same, also}, "&country=AU&type=ngo": {also}, "&country=FR": nil,
		} {
			got := pairs(query)
			if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
				t.Errorf("%q: %q, want %q", query, got, want)
			}
		}
		if all := pairs(""); all[0] != same || all[3] != house {
			t.Errorf("not by score: %q", all)
		}
		if n := staff.get("/v1/possible-duplicates?count=exact").want(200).at("total"); n != 4.0 {
			t.Errorf("%v in all", n)
		}
		staff.move(twin, "distinguish", map[string]any{"organization_id": idIn(harbor), "reason": "A namesake."}).want(200)
		if n := staff.get("/v1/possible-duplicates?count=exact").want(200).at("total"); n != 3.0 {
			t.Errorf("told apart, there are still %v", n)
		}
		if got := pairs("&min_score=98"); got != nil {
			t.Errorf("told apart and compared anew: %q", got)
		}
		staff.patch(harbor, `{"legal_name":"Breakwater Group"}`).want(200)
		enter(`{"legal_name":"Break Water Group","type":"ngo"}`)
		if got := pairs("&min_score=90"); len(got) != 1 || !strings.Contains(got[0], "Break Water Group Breakwater Group") {
			t.Errorf("under a new name: %q", got)
		}
		for _, role := range []domain.Role{domain.Admin, domain.Auditor, domain.Custodian} {
			w.as(role).get("/v1/possible-duplicates").want(403)
		}
		w.member(domain.PartnerAdmin, idIn(harbor)).get("/v1/possible-duplicates").want(403)
	})
}

// lookOver does at once what the server does every minute.
func (w *world) lookOver() {
	w.Helper()
	must(w, w.server.Jobs()["duplicates.compare"](w.Context(), w.system(), nil))
}
