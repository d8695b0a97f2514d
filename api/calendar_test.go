package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"

	"accord/domain"
)

// calendar issues the caller's feed and returns its path.
func (c *client) calendar() string {
	c.w.Helper()
	return strings.TrimPrefix(c.post("/v1/calendar-feed", nil).want(201).str("url"), "http://accord.test")
}

func init() {
	openapi3filter.RegisterBodyDecoder("text/calendar", openapi3filter.FileBodyDecoder)
	walk["issueCalendarFeed"] = func(*world, *client) call { return call{path: "/v1/calendar-feed"} }
	walk["stopCalendarFeed"] = func(*world, *client) call { return call{path: "/v1/calendar-feed"} }
	walk["getCalendar"] = func(w *world, _ *client) call { return call{path: w.as(domain.Staff).calendar()} }
}

// lines are a calendar's lines of one property.
func lines(text, property string) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\r\n") {
		if v, ok := strings.CutPrefix(line, property+":"); ok {
			out = append(out, v)
		}
	}
	return out
}

func TestACalendarShowsWhatItsOwnerMaySee(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org, advisor := w.approvedOrganization().ID, w.advisor()
		part := []domain.ParticipantDraft{{Organization: org}, {Advisor: advisor}}
		e := w.engagement("", domain.EngagementInvited, part...)
		w.engagement("", domain.EngagementPlanned, part...) // not announced
		w.engagement("", domain.EngagementInvited)          // without them
		partner, speaker, staff := w.member(domain.Partner, org).calendar(), w.speaker(advisor).calendar(), w.as(domain.Staff).calendar()

		r := w.anyone().get(partner).want(200)
		if r.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.HasPrefix(string(r.Body), "BEGIN:VCALENDAR\r\n") {
			t.Errorf("%s %s", r.Header, r.Body)
		}
		text := string(r.Body)
		for property, want := range map[string]string{
			"SUMMARY": "Recruitment fees", "LOCATION": "Room 3", "DTSTART": "20260302T080000Z", "DTEND": "20260302T090000Z",
			"DTSTAMP": "20260302T090000Z", "SEQUENCE": "1", "STATUS": "TENTATIVE", "DESCRIPTION": "Fees",
		} {
			if got := strings.Join(lines(text, property), "|"); got != want {
				t.Errorf("%s: %s, want %s", property, got, want)
			}
		}
		for _, no := range []string{string(e.ID), "between ourselves", "for all"} {
			if strings.Contains(text, no) {
				t.Errorf("%q is in\n%s", no, text)
			}
		}
		advisors := string(w.anyone().get(speaker).want(200).Body)
		if got := lines(advisors, "SUMMARY"); len(got) != 1 || got[0] != "Meeting" {
			t.Errorf("an advisor's calendar says %v", got)
		}
		for _, no := range []string{"Recruitment", "Room 3", "LOCATION", "DESCRIPTION", "ccord", "Fees", "traffic", "dvisor", "urvivor"} {
			if strings.Contains(advisors, no) {
				t.Errorf("%q is in an advisor's\n%s", no, advisors)
			}
		}
		if n := len(lines(string(w.anyone().get(staff).want(200).Body), "UID")); n != 3 {
			t.Errorf("staff have %d events", n)
		}
		if a, b := lines(text, "UID")[0], lines(advisors, "UID")[0]; a == b {
			t.Errorf("the partner's and the advisor's calendars share %s", a)
		}
	})
}

func TestACalendarTellsOfChangesAndCancellations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		e := w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org})
		feed, staff := w.member(domain.Partner, org).calendar(), w.as(domain.Staff)
		read := func() string { return string(w.anyone().get(feed).want(200).Body) }
		first := read()
		w.forward(time.Minute)
		staff.patch(engagementPath(e), `{"private_notes":"nobody else's business"}`).want(200)
		staff.post(engagementPath(e)+"/participants", map[string]any{"advisor_id": w.advisor()}).want(201)
		if again := read(); again != first {
			t.Errorf("private notes or a hidden advisor changed the calendar:\n%s", again)
		}
		staff.patch(engagementPath(e), `{"location":"Room 7"}`).want(200)
		moved := read()
		if lines(moved, "LOCATION")[0] != "Room 7" || lines(moved, "SEQUENCE")[0] != "2" || lines(moved, "DTSTAMP")[0] != "20260302T090100Z" {
			t.Errorf("moved:\n%s", moved)
		}
		staff.move(engagementPath(e), "cancel", `{"reason":"a quarrel"}`).want(200)
		cancelled := read()
		if lines(cancelled, "STATUS")[0] != "CANCELLED" || lines(cancelled, "UID")[0] != lines(first, "UID")[0] || lines(cancelled, "SEQUENCE")[0] != "3" {
			t.Errorf("cancelled:\n%s", cancelled)
		}
		w.forward(91 * 24 * time.Hour)
		if old := read(); strings.Contains(old, "VEVENT") {
			t.Errorf("after 90 days:\n%s", old)
		}
	})
}

func TestACalendarsAddressIsASecretThatCanBeTakenBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		org := w.approvedOrganization().ID
		w.engagement("", domain.EngagementInvited, domain.ParticipantDraft{Organization: org})
		partner := w.another(domain.Partner, org, "")
		unknown := withoutRequestID(w.anyone().get("/v1/calendars/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics").want(404))
		gone := func(name, path string) {
			t.Helper()
			if got := withoutRequestID(w.anyone().get(path).want(404)); got != unknown {
				t.Errorf("%s differs from one that never was:\n%s\n%s", name, got, unknown)
			}
		}
		first := partner.calendar()
		uid := lines(string(w.anyone().get(first).want(200).Body), "UID")[0]
		second := partner.calendar()
		gone("a former address", first)
		if got := lines(string(w.anyone().get(second).want(200).Body), "UID")[0]; got != uid {
			t.Errorf("a new address renamed the event %s to %s", uid, got)
		}
		gone("an address without .ics", strings.TrimSuffix(second, ".ics"))
		gone("no secret at all", "/v1/calendars/.ics")
		account := ownAccount(partner)
		w.as(domain.Admin).move(account, "suspend", `{"reason":"left"}`).want(200)
		gone("a suspended owner's", second)
		w.as(domain.Admin).move(account, "restore", nil).want(200)
		w.anyone().get(second).want(200)
		partner = w.another(domain.Partner, org, "")
		third := partner.calendar()
		partner.do("DELETE", "/v1/calendar-feed", nil).want(204)
		gone("a stopped address", third)
		partner.do("DELETE", "/v1/calendar-feed", nil).want(204)
		if strings.Contains(w.log.String(), strings.TrimSuffix(strings.TrimPrefix(second, "/v1/calendars/"), ".ics")) {
			t.Error("the log holds an address")
		}
	})
}
