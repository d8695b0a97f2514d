package api_test

import (
	"testing"
	"time"

	"accord/domain"
)

func init() {
	told := func(suffix string) func(*world, *client) call {
		return func(w *world, by *client) call {
			return call{path: "/v1/notices/" + w.told(by, w.name("occasion")) + suffix}
		}
	}
	walk["listNotices"] = func(*world, *client) call { return call{path: "/v1/notices"} }
	walk["markNotices"] = func(*world, *client) call { return call{path: "/v1/notices/read"} }
	walk["getNotice"], walk["markNotice"] = told(""), told("/mark")
	secrets = append(secrets, secret{
		name: "what another was told",
		story: func(w *world) map[string]*client {
			w.as(domain.Custodian)
			return map[string]*client{"staff": w.as(domain.Staff), "an admin": w.as(domain.Admin), "a partner": w.member(domain.Partner, w.approvedOrganization().ID)}
		},
		happens: func(w *world) { w.told(w.as(domain.Custodian), "a request") },
	})
}

// told tells a caller of an occasion and returns the notice's id. Who has no
// account is told nothing.
func (w *world) told(by *client, occasion string) string {
	w.Helper()
	to := by
	if by.actor.Account == "" {
		to = w.as(domain.Staff)
	}
	must(w, w.system().Notices.Tell(w.Context(), domain.NoticeDraft{Event: "check.expiring", RecordKind: "organization", RecordID: "1", Occasion: occasion}, to.actor.Account))
	return to.get("/v1/notices?limit=1").want(200).column("id")[0]
}

func TestAnOccasionIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer, other := w.as(domain.Staff), w.as(domain.Liaison)
		d := domain.NoticeDraft{Event: "check.expiring", RecordKind: "organization", RecordID: "1", DueOn: "2026-05-01", Occasion: "check 1, 30 days"}
		for range 2 {
			must(t, officer.w.store.As(officer.actor).Notices.Tell(t.Context(), d, officer.actor.Account, officer.actor.Account, other.actor.Account))
		}
		for _, c := range []*client{officer, other} {
			items := c.get("/v1/notices").want(200).items()
			if len(items) != 1 || items[0]["event"] != "check.expiring" || items[0]["due_on"] != "2026-05-01" || items[0]["occasion"] != nil {
				t.Errorf("%s was told %v", c.actor.Role, items)
			}
		}
	})
}

func TestANoticeIsUnreadUntilItsReaderSaysOtherwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer, other := w.as(domain.Staff), w.as(domain.Liaison)
		unread := func(c *client) int {
			t.Helper()
			return len(c.get("/v1/notices?unread=true").want(200).items())
		}
		w.told(other, "theirs")
		first := w.told(officer, "one")
		w.forward(time.Minute)
		w.told(officer, "two")
		other.move("/v1/notices/"+first, "mark", nil).want(404)
		officer.move("/v1/notices/"+first, "mark", nil).want(200)
		if n := unread(officer); n != 1 {
			t.Errorf("%d unread after one of two was read", n)
		}
		officer.post("/v1/notices/read", nil).want(204)
		if n := unread(officer); n != 0 {
			t.Errorf("%d unread after all were read", n)
		}
		if n := unread(other); n != 1 {
			t.Errorf("another's notices changed: %d unread", n)
		}
	})
}
