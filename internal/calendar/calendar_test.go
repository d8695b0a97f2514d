package calendar

import (
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
)

var began = time.Date(2026, 5, 12, 13, 0, 0, 0, time.UTC)

func event(summary, location, description string) Event {
	return Event{
		UID: "8f14", Revision: 2, RevisedAt: began.AddDate(0, 0, -7), Start: began, End: began.Add(2 * time.Hour),
		Summary: summary, Location: location, Description: description, Status: Confirmed,
	}
}

func TestACalendarIsWhatRFC5545Asks(t *testing.T) {
	berlin := time.FixedZone("", 2*3600)
	e := event("Recruitment fees", "Room 3, main building", "Fees\nModel clause; next steps")
	e.Start = e.Start.In(berlin)
	const want = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//calendar//EN
CALSCALE:GREGORIAN
NAME:Meetings
X-WR-CALNAME:Meetings
REFRESH-INTERVAL;VALUE=DURATION:PT1H
BEGIN:VEVENT
UID:8f14
DTSTAMP:20260505T130000Z
SEQUENCE:2
DTSTART:20260512T130000Z
DTEND:20260512T150000Z
STATUS:CONFIRMED
CLASS:PRIVATE
SUMMARY:Recruitment fees
LOCATION:Room 3\, main building
DESCRIPTION:Fees\nModel clause\; next steps
END:VEVENT
END:VCALENDAR
`
	got := Calendar{"Meetings", []Event{e}}.Text()
	if got != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestAnEventThatTakesNoTimeHasNoEnd(t *testing.T) {
	e := event("Letter", "", "")
	e.End = e.Start
	for _, no := range []string{"DTEND", "LOCATION", "DESCRIPTION"} {
		if got := (Calendar{"", []Event{e}}).Text(); strings.Contains(got, no) {
			t.Errorf("%s in\n%s", no, got)
		}
	}
}

func TestTheSameEventsGiveTheSameBytes(t *testing.T) {
	c := Calendar{"Meetings", []Event{event("a", "b", "c"), event("d", "e", "f")}}
	first := c.Text()
	for range 20 {
		if again := c.Text(); again != first {
			t.Fatalf("%s\nand\n%s", first, again)
		}
	}
}

// readBack parses a calendar with another reader than the writer's caller has,
// and holds every line against the format.
func readBack(t *testing.T, text string) *ics.VEvent {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n\x00\x1b\u2028") {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
	cal, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("%d events, %v, in\n%s", len(cal.Events()), err, text)
	}
	return cal.Events()[0]
}

func value(e *ics.VEvent, p ics.ComponentProperty) string {
	if v := e.GetProperty(p); v != nil {
		return v.Value
	}
	return ""
}

func FuzzText(f *testing.F) {
	f.Add("Meeting", "Room 3; wing B, floor 2", "Fees\nClause")
	f.Add("x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:injected", `back\slash \n`, "")
	f.Add(strings.Repeat("Ω", 200), strings.Repeat("word ", 60), strings.Repeat("x", 500))
	f.Add("\x00\x07\x1b[31m", "a\u2028b\u2029c\u0085d", "\xff\xfe")
	f.Fuzz(func(t *testing.T, summary, location, description string) {
		e := readBack(t, Calendar{summary, []Event{event(summary, location, description)}}.Text())
		for p, want := range map[ics.ComponentProperty]string{
			ics.ComponentPropertyUniqueId: "8f14", ics.ComponentPropertySummary: summary,
			ics.ComponentPropertyLocation: location, ics.ComponentPropertyDescription: description,
		} {
			if got := value(e, p); got != plain(want) {
				t.Errorf("%s is read back as %q, want %q", p, got, plain(want))
			}
		}
	})
}
