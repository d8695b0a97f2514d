// Package calendar writes calendars to be subscribed to (RFC 5545). It knows
// nothing of what the events are about. Whatever text it is given, a line of the
// calendar is one that this package meant, and the same events give the same bytes.
package calendar

import (
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// ContentType is the media type of a calendar.
const ContentType = "text/calendar; charset=utf-8"

// Status is how sure it is that an event takes place.
type Status string

// The statuses of an event (RFC 5545, section 3.8.1.11).
const (
	Tentative Status = "TENTATIVE"
	Confirmed Status = "CONFIRMED"
	Cancelled Status = "CANCELLED"
)

// Event is one entry of a calendar.
type Event struct {
	// UID names the event in this and every later copy of the calendar.
	UID string
	// Revision counts the changes of the event, and RevisedAt is when the last
	// was made; programs keep the copy of the higher one.
	Revision  int
	RevisedAt time.Time
	// Start and End are instants, written in UTC. An event may take no time.
	Start, End time.Time
	// Summary, Location and Description are left out when empty.
	Summary, Location, Description string
	Status                         Status
}

// Calendar is what a subscriber sees.
type Calendar struct {
	Name   string
	Events []Event
}

// Text is the calendar as it is sent. It names no product, since a calendar is
// looked at by others than its owner, and it asks to be read again every hour.
func (c Calendar) Text() string {
	cal := ics.NewCalendar()
	cal.SetProductId("-//calendar//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetName(plain(c.Name))
	cal.SetRefreshInterval("PT1H")
	for _, e := range c.Events {
		cal.AddVEvent(e.component())
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

func (e Event) component() *ics.VEvent {
	v := ics.NewEvent(plain(e.UID))
	v.SetDtStampTime(e.RevisedAt)
	v.SetSequence(e.Revision)
	v.SetStartAt(e.Start)
	if e.End.After(e.Start) { // an end at the start is none (section 3.8.2.2)
		v.SetEndAt(e.End)
	}
	v.SetStatus(ics.ObjectStatus(e.Status))
	v.SetClass(ics.ClassificationPrivate)
	describe(v, ics.ComponentPropertySummary, e.Summary)
	describe(v, ics.ComponentPropertyLocation, e.Location)
	describe(v, ics.ComponentPropertyDescription, e.Description)
	return v
}

func describe(v *ics.VEvent, property ics.ComponentProperty, text string) {
	if text = plain(text); text != "" {
		v.SetProperty(property, text)
	}
}

// plain is text without what the format can't hold: control characters, and
// line ends other than its own.
func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}
