package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// SafeContact is how an advisor can be reached without danger. Only the advisor
// and the liaisons who are assigned see it. It names ways, never an address or a number: those are
// in the vault. It has the advisor's ID, and is stored sealed under the advisor's
// own key.
type SafeContact struct {
	Record[SafeContact]
	// Sealed is Details, encrypted; empty before anything was written.
	Sealed  []byte
	Details SafeContactDraft `gorm:"-"`

	// Waiting is a change that does not hold yet, or nil; WaitingSealed is it, encrypted.
	WaitingSealed []byte
	Waiting       *SafeContactDraft `gorm:"-"`
	// TakesEffectAt is from when Waiting holds, whoever looks and whether or not it
	// has been moved into its place by then.
	TakesEffectAt *time.Time
	// TokenHash finds what waits by the token with which it can be stopped; empty if
	// none was issued.
	TokenHash string

	tookEffect bool
}

// ContactHold is how long a change of how an advisor is reached waits, so that whoever
// has the advisor's telephone or session can't lead the office to themselves unseen.
const ContactHold = 72 * time.Hour

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

// Edit replaces what holds. The first that is ever written holds at once. Of a change
// holds at once what keeps the office silent, and the day to ask again; if there
// is more, all of it waits for ContactHold, in the place of what waited before.
func (s *SafeContact) Edit(d SafeContactDraft, now time.Time) error {
	d.CodeWord, d.SenderName, d.Accommodations = strings.TrimSpace(d.CodeWord), strings.TrimSpace(d.SenderName), strings.TrimSpace(d.Accommodations)
	if err := d.check(); err != nil {
		return err
	}
	d.QuietPeriods = inOrder(d.QuietPeriods)
	was := s.Details
	if s.Version > 1 { // the first is that of its creation
		s.Details = was.atOnce(was, d)
	} else {
		s.Details = d
	}
	if s.Details.same(d) {
		s.record("safe_contact.edited", "")
		if s.Waiting != nil {
			next := s.Waiting.atOnce(was, d)
			s.Waiting = &next
		}
		return s.quietEnough()
	}
	if !s.Details.same(was) {
		s.record("safe_contact.edited", "")
	}
	at := now.Add(ContactHold)
	s.Waiting, s.TakesEffectAt = &d, &at // a token goes on to stop what waits, or to write anew would take it away
	s.record("safe_contact.change_proposed", "")
	return s.quietEnough()
}

// maxQuietPeriods bounds the quiet periods, those that still hold and those that
// were added together.
const maxQuietPeriods = 50

func (s *SafeContact) quietEnough() error {
	if len(s.Details.QuietPeriods) > maxQuietPeriods || s.Waiting != nil && len(s.Waiting.QuietPeriods) > maxQuietPeriods {
		return (Faults{{Pointer: "/quiet_periods", Code: "too_many", Detail: fmt.Sprintf("there are %d at most, together with those that hold until a change does", maxQuietPeriods)}}).Err()
	}
	return nil
}

// atOnce is what becomes of d at once when next is written over was: it takes on no way,
// no hour and no word by which somebody else could be met, for all that it may be
// silent sooner. Of several ways to take some away would leave whichever is in
// another's hands, so only all together go at once.
func (d SafeContactDraft) atOnce(was, next SafeContactDraft) SafeContactDraft {
	if len(next.Channels) == 0 && len(was.Channels) > 0 {
		d.Channels = next.Channels
	}
	if len(next.Hours) == 0 && len(was.Hours) > 0 {
		d.Hours = next.Hours
	}
	if next.NeverLeaveMessage && !was.NeverLeaveMessage {
		d.NeverLeaveMessage = true
	}
	if next.RecheckOn != was.RecheckOn {
		d.RecheckOn = next.RecheckOn
	}
	quiet := slices.Clone(d.QuietPeriods)
	for _, p := range next.QuietPeriods {
		if !slices.Contains(was.QuietPeriods, p) {
			quiet = append(quiet, p)
		}
	}
	d.QuietPeriods = inOrder(quiet)
	return d
}

// inOrder is these periods by their days, each once.
func inOrder(periods []QuietPeriod) []QuietPeriod {
	out := slices.Clone(periods)
	slices.SortFunc(out, func(a, b QuietPeriod) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until))
	})
	return slices.Compact(out)
}

func (d SafeContactDraft) same(e SafeContactDraft) bool {
	return slices.Equal(d.Channels, e.Channels) && slices.Equal(d.Hours, e.Hours) && slices.Equal(d.QuietPeriods, e.QuietPeriods) &&
		d.TimeZone == e.TimeZone && d.CodeWord == e.CodeWord && d.NeverLeaveMessage == e.NeverLeaveMessage &&
		d.SenderName == e.SenderName && d.RecheckOn == e.RecheckOn && d.Accommodations == e.Accommodations
}

// Settle puts what waited in its place once its time has come.
func (s *SafeContact) Settle(now time.Time) {
	if s.Waiting == nil || now.Before(*s.TakesEffectAt) {
		return
	}
	s.Details, s.tookEffect = *s.Waiting, true
	s.drop()
	s.record("safe_contact.changed", "")
}

// TookEffect reports whether Settle has put something in its place since this was read.
func (s *SafeContact) TookEffect() bool { return s.tookEffect }

// Cancel drops what waits: what holds goes on to hold.
func (s *SafeContact) Cancel() error {
	if s.Waiting == nil {
		return Refuse(Conflict, "no change waits")
	}
	s.drop()
	s.record("safe_contact.change_cancelled", "")
	return nil
}

// IssueToken keeps the hash of a token with which what waits can be stopped. One
// that was issued before is useless from then on.
func (s *SafeContact) IssueToken(hash string) error {
	if s.Waiting == nil {
		return Refuse(Conflict, "no change waits")
	}
	s.TokenHash = hash
	s.record("safe_contact.token_issued", "")
	return nil
}

// ForgetToken makes a token that was issued useless, and reports whether there was one.
func (s *SafeContact) ForgetToken() bool {
	if s.TokenHash == "" {
		return false
	}
	s.TokenHash = ""
	s.record("safe_contact.token_withdrawn", "")
	return true
}

// UseToken is Cancel by who holds the token and may be nobody here. A token that is
// not that of what waits is none.
func (s *SafeContact) UseToken(hash string) error {
	if s.TokenHash == "" || s.TokenHash != hash {
		return Refuse(NotFound, "there is no such record") // as of one that never was
	}
	return s.Cancel()
}

func (s *SafeContact) drop() {
	s.Waiting, s.WaitingSealed, s.TakesEffectAt, s.TokenHash = nil, nil, nil, ""
}

// ContactReason is why somebody of the office reads how an advisor is reached. It is a
// code word, since the trail holds nothing that somebody wrote, and the advisor reads it.
type ContactReason string

// The reasons.
const (
	ContactToArrange  ContactReason = "arrange"   // something that the advisor takes part in
	ContactToAnswer   ContactReason = "answer"    // what the advisor asked
	ContactToPay      ContactReason = "pay"       // or to settle what is paid
	ContactToRecheck  ContactReason = "recheck"   // whether it still holds
	ContactForSafety  ContactReason = "safety"    // the advisor may be in danger
	ContactToHandOver ContactReason = "hand_over" // a token, in person or by a way that is safe
	ContactToChange   ContactReason = "change"    // it, on the advisor's word
)

// ContactReasons lists every reason.
func ContactReasons() []ContactReason {
	return []ContactReason{ContactToArrange, ContactToAnswer, ContactToPay, ContactToRecheck, ContactForSafety, ContactToHandOver, ContactToChange}
}

// MayReadContact refuses somebody of the office who doesn't say why.
func (a Actor) MayReadContact(why ContactReason) error {
	if a.Discloses(ReadSafeContact) == "" || slices.Contains(ContactReasons(), why) {
		return nil
	}
	return &Error{Kind: Malformed, Detail: "say why you read this", Faults: Faults{
		{Parameter: "reason", Code: "required", Detail: "is required of the office; the advisor is shown it"}}}
}

// SafeContactChanges are the events of which an advisor's access log tells beside
// those of the vault: every change of how the office reaches the advisor.
func SafeContactChanges() []string {
	return []string{"safe_contact.edited", "safe_contact.change_proposed", "safe_contact.change_cancelled", "safe_contact.token_issued", "safe_contact.token_withdrawn", "safe_contact.changed"}
}

// Draft is what would be written to get this.
func (s *SafeContact) Draft() SafeContactDraft { return s.Details }

// Clear goes back to what holds when nothing is known, and forgets what waits.
func (s *SafeContact) Clear() {
	s.drop()
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
func (s *SafeContact) Next() []Action {
	if s.Waiting == nil {
		return []Action{EditSafeContact}
	}
	return []Action{CancelSafeContact, EditSafeContact, IssueSafeContactToken}
}
