package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SafeContact is how an advisor can be reached without danger. Only the advisor
// and a liaison see it. It names ways, never an address or a number: those are
// in the vault. It has the advisor's ID, and is stored sealed under the advisor's
// own key.
type SafeContact struct {
	Record[SafeContact]
	// Sealed is Details, encrypted; empty before anything was written.
	Sealed  []byte
	Details SafeContactDraft `gorm:"-"`
}

// SafeContactDraft is what the advisor or a liaison writes. Its JSON is what is
// sealed.
type SafeContactDraft struct {
	// Channels are the ways that are safe, the best first.
	Channels []ContactChannel `json:"channels"`
	// Hours are when a call or message is safe, in TimeZone; none means never
	// outside the platform.
	Hours []ContactHours `json:"hours"`
	// TimeZone is an IANA name.
	TimeZone string `json:"time_zone"`
	// CodeWord is said first by who calls, so that the advisor knows the caller.
	CodeWord string `json:"code_word"`
	// NeverLeaveMessage forbids leaving word with anyone or on any device.
	NeverLeaveMessage bool `json:"never_leave_message"`
	// SenderName is what a message shows instead of the office's name.
	SenderName string `json:"sender_name"`
	// QuietPeriods are days on which nobody is to write or call.
	QuietPeriods []QuietPeriod `json:"quiet_periods"`
	// RecheckOn is when to ask the advisor whether all this still holds.
	RecheckOn Date `json:"recheck_on"`
	// Accommodations are what helps the advisor take part; never the story.
	Accommodations string `json:"accommodations"`
}

// ContactChannel is a way to reach an advisor.
type ContactChannel string

// The channels.
const (
	ChannelPlatform ContactChannel = "platform"
	ChannelEmail    ContactChannel = "email"
	ChannelText     ContactChannel = "text_message"
	ChannelCall     ContactChannel = "call"
	ChannelPost     ContactChannel = "post"
	ChannelInPerson ContactChannel = "in_person"
)

// ContactChannels lists every channel.
func ContactChannels() []ContactChannel {
	return []ContactChannel{ChannelPlatform, ChannelEmail, ChannelText, ChannelCall, ChannelPost, ChannelInPerson}
}

// ContactHours is a span of one day of the week, as "15:04"; it ends before
// midnight.
type ContactHours struct {
	Day   ContactDay `json:"day"`
	From  string     `json:"from"`
	Until string     `json:"until"`
}

// ContactDay is a day of the week, as "monday".
type ContactDay string

// ContactDays lists the days of the week from Monday (ISO 8601).
func ContactDays() []ContactDay {
	return []ContactDay{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
}

// QuietPeriod is a span of days, first and last included.
type QuietPeriod struct {
	From  Date `json:"from"`
	Until Date `json:"until"`
}

// NewSafeContact is what holds for an advisor of whom nothing is known yet: the
// platform alone, and no message anywhere else.
func NewSafeContact(of AdvisorID) *SafeContact {
	s := &SafeContact{Record: Record[SafeContact]{ID: ID[SafeContact](of)}}
	s.Clear()
	s.record("safe_contact.created", "")
	return s
}

// Edit replaces what was written.
func (s *SafeContact) Edit(d SafeContactDraft) error {
	d.CodeWord, d.SenderName, d.Accommodations = strings.TrimSpace(d.CodeWord), strings.TrimSpace(d.SenderName), strings.TrimSpace(d.Accommodations)
	if err := d.check(); err != nil {
		return err
	}
	s.Details = d
	s.record("safe_contact.edited", "")
	return nil
}

// Draft is what would be written to get this.
func (s *SafeContact) Draft() SafeContactDraft { return s.Details }

// Clear goes back to what holds when nothing is known.
func (s *SafeContact) Clear() {
	s.Sealed = []byte{}
	s.Details = SafeContactDraft{Channels: []ContactChannel{ChannelPlatform}, NeverLeaveMessage: true}
}

// Erase clears it for good, together with the vault entry.
func (s *SafeContact) Erase() {
	s.Clear()
	s.record("safe_contact.erased", "")
}

func (d SafeContactDraft) check() error {
	var f Faults
	each(&f, "/channels", d.Channels, "a channel of the list", func(c ContactChannel) bool { return slices.Contains(ContactChannels(), c) })
	if _, err := time.LoadLocation(d.TimeZone); d.TimeZone == "Local" || err != nil {
		f.Add("/time_zone", "unknown_value", "must be an IANA time zone, such as America/New_York")
	}
	if len(d.Hours) > 0 && d.TimeZone == "" {
		f.Add("/time_zone", "required", "hours need the time zone that they are in")
	}
	for i, h := range d.Hours {
		h.check(&f, fmt.Sprintf("/hours/%d", i))
	}
	for i, p := range d.QuietPeriods {
		if p.From == "" || p.Until == "" || p.Until.Before(p.From) {
			f.Add(fmt.Sprintf("/quiet_periods/%d", i), "invalid", "has a first and a last day, in this order")
		}
	}
	return f.Err()
}

func (h ContactHours) check(f *Faults, at string) {
	if !slices.Contains(ContactDays(), h.Day) {
		f.Add(at+"/day", "unknown_value", "must be a day of the week, such as monday")
	}
	from, err1 := time.Parse("15:04", h.From)
	until, err2 := time.Parse("15:04", h.Until)
	if err1 != nil || err2 != nil || !from.Before(until) {
		f.Add(at, "invalid", "from and until are times such as 09:00, in this order")
	}
}

// Next lists what may be done with it.
func (s *SafeContact) Next() []Action { return []Action{EditSafeContact} }
