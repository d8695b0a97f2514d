package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"accord/domain"
	"accord/openapi"
)

// TestWhatIsMadeSaysWhereItIs walks every 201 and 202 of the contract.
func TestWhatIsMadeSaysWhereItIs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, op := range openapi.Operations {
			if op.Method != http.MethodPost || !slices.Contains(op.Statuses, 201) && !slices.Contains(op.Statuses, 202) {
				continue
			}
			var got *result
			var by *client
			for _, role := range append(signedIn(), domain.Anyone) {
				if by = w.caller(role); !by.actor.May(domain.Action(op.Action)) {
					continue
				}
				if got = walk[op.ID](w, by).try(by, op); got.Status == 201 || got.Status == 202 {
					break
				}
			}
			if got == nil || got.Status != 201 && got.Status != 202 {
				t.Errorf("%s: nobody did it: %v", op.ID, got)
				continue
			}
			at := got.Header.Get("Location")
			if op.Makes == "" {
				if at != "" && op.ID != "beginUpload" {
					t.Errorf("%s: at %s, of which the contract says nothing", op.ID, at)
				}
				continue
			}
			if want := strings.Replace(op.Makes, "{id}", got.str("id"), 1); at != want {
				t.Errorf("%s: at %q, want %q", op.ID, at, want)
			} else if by.get(at).Status != 200 && w.as(domain.Admin).get(at).Status != 200 {
				t.Errorf("%s: %s isn't there", op.ID, at)
			}
		}
	})
}

func TestEachEncodingHasATagOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		long := make([]string, 20)
		for i := range long {
			long[i] = fmt.Sprint("Another name of a long organization, number ", i, strings.Repeat(".", 50))
		}
		staff.patch(path, map[string]any{"other_names": long}).want(200)
		tags, bearer := map[string]string{}, "Bearer "+staff.bearer()
		for _, encoding := range []string{"identity", "gzip", "zstd"} {
			got := w.raw(http.MethodGet, path, "Authorization", bearer, "Accept-Encoding", encoding)
			tags[encoding] = got.Header.Get("ETag")
			if sent := got.Header.Get("Content-Encoding"); encoding != "identity" && sent != encoding {
				t.Fatalf("asked for %s, got %q", encoding, sent)
			}
			again := w.raw(http.MethodGet, path, "Authorization", bearer, "Accept-Encoding", encoding, "If-None-Match", tags[encoding])
			if again.StatusCode != 304 || again.Header.Get("ETag") != tags[encoding] {
				t.Errorf("%s again: %d with %s, want 304 with %s", encoding, again.StatusCode, again.Header.Get("ETag"), tags[encoding])
			}
		}
		if tags["identity"] == tags["gzip"] || tags["gzip"] == tags["zstd"] || strings.Trim(tags["gzip"], `"`) != strings.Trim(tags["identity"], `"`)+"-gzip" {
			t.Errorf("tags: %v", tags)
		}
		for _, encoding := range []string{"zstd", "gzip", "identity"} { // any of them names the version
			staff.do(http.MethodPatch, path, map[string]any{}, "If-Match", `"0", `+tags[encoding]).want(200)
		}
		staff.patch(path, map[string]any{"website": "https://target.example"}).want(200)
		for encoding, tag := range tags {
			if got := staff.do(http.MethodPatch, path, map[string]any{}, "If-Match", tag); got.Status != 412 {
				t.Errorf("a stale %s tag: %d", encoding, got.Status)
			}
		}
	})
}

func TestIfMatchComparesStrongly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		path := "/v1/organizations/" + string(w.organization("Target", domain.OrganizationDrafted).ID)
		tag := staff.seen(path)
		absent := "/v1/organizations/6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11"
		for _, tt := range []struct {
			sent, words string
			status      int
		}{
			{"W/" + tag, "a weak tag", 412}, {"W/" + tag + `, W/"x"`, "a weak tag", 412}, {"", "send the record's ETag", 428}, {"*", "* is any version", 428},
			{strings.Trim(tag, `"`), "with its quotes", 400}, {`"x`, "with its quotes", 400}, {tag + `, x`, "with its quotes", 400}, {`"another"`, "has changed", 412},
		} {
			for _, at := range []string{path, absent} { // which one there is is told by neither
				got := staff.do(http.MethodPatch, at, map[string]any{"website": "https://a.example"}, "If-Match", tt.sent)
				if at == absent && tt.words == "has changed" {
					got.want(404)
					continue
				}
				if got.told(tt.status); !strings.Contains(string(got.Body), tt.words) {
					t.Errorf("If-Match %s: %s, want %q", tt.sent, got.Body, tt.words)
				}
			}
		}
		staff.do(http.MethodPatch, path, map[string]any{"website": "https://a.example"}, "If-Match", `W/"x", `+tag).want(200)
	})
}

func TestWhoGoesAstrayIsShownTheWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		const words = "there is no operation at this address; /docs shows every one that there is"
		for _, path := range []string{"/v1", "/v1/no_such_thing", "/v2/organizations", "/organizations"} {
			staff.get(path).told(404).is("detail", words)
			w.anyone().get(path).told(404).is("detail", words)
		}
		// What is at an address that an operation has is another matter.
		absent := staff.get("/v1/organizations/6f1c2a40-8a52-4c3e-9d51-0f0a3f1f8a11").told(404)
		if absent.at("detail") == words {
			t.Errorf("%s", absent.Body)
		}
		got := staff.do("PUT", "/v1/organizations", nil).told(405)
		if allow := got.Header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") || !strings.Contains(string(got.Body), "PUT is not offered") {
			t.Errorf("Allow %q: %s", allow, got.Body)
		}
		if got := w.raw(http.MethodGet, "/"); got.StatusCode != 200 || got.Request.URL.Path != "/docs/" {
			t.Errorf("/: %d at %s", got.StatusCode, got.Request.URL)
		}
	})
}

func TestAFieldThatNoRecordHasIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		id := w.organization("Target", domain.OrganizationDrafted).ID
		for _, path := range []string{"/v1/organizations", "/v1/organizations/" + string(id), "/v1/me"} {
			got := staff.get(path+"?fields=id,colour").pointed(400).fault("fields", "unknown_value")
			if detail := got.faults()["fields"][0].Detail; !strings.Contains(detail, "colour") || !strings.Contains(detail, "stage") {
				t.Errorf("%s: %s", path, detail)
			}
		}
		// One that this record lacks, or that this caller may not see, is no mistake.
		staff.get("/v1/organizations/" + string(id) + "?fields=website,approved_by").want(200)
		w.another(domain.PartnerAdmin, id, "").get("/v1/organizations/" + string(id) + "?fields=id,stage_reason").want(200)
	})
}
