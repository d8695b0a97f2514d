package domain

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newAdvisor(t testing.TB, alias string) *Advisor {
	t.Helper()
	a, err := NewAdvisor(alias, AdvisorDraft{Expertise: []Topic{TopicData}, Languages: []string{"en", "es"}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestARandomAliasIsTwoNeutralWords(t *testing.T) {
	word := regexp.MustCompile(`^[A-Z][a-z]{1,10}$`)
	for _, list := range [][]string{aliasQualities, aliasThings} {
		for i, w := range list {
			if !word.MatchString(w) || slices.Contains(list[:i], w) {
				t.Errorf("%q is not a word, or stands twice", w)
			}
		}
	}
	if n := len(aliasQualities) * len(aliasThings); n < 10_000 {
		t.Errorf("%d aliases are too few to be told apart", n)
	}
	if _, err := NewAdvisor(RandomAlias(rand.IntN), AdvisorDraft{}); err != nil {
		t.Error(err)
	}
	if got := RandomAlias(func(n int) int { return n - 1 }); got != "Zesty Wheat" {
		t.Errorf("the last alias is %q", got)
	}
}

func TestAnAliasIsNoAddressAndNoNumber(t *testing.T) {
	for alias, want := range map[string]string{
		"Steady Heron":        "steady heron",
		"  Steady \t Heron  ": "steady heron",
		"Zoë-Anne 2":          "zoë-anne 2",
		"O'Malley":            "o'malley",
		"Журавль":             "журавль",
		"":                    "",
		"202 555 0100":        "",
		"ana@example.org":     "",
		"+1 202":              "",
		"a\x00b":              "",
		"a\u202eb":            "",
	} {
		a, err := NewAdvisor(alias, AdvisorDraft{})
		switch {
		case want == "" && !errors.Is(err, Invalid):
			t.Errorf("%q: %v", alias, err)
		case want != "" && (err != nil || a.AliasKey != want):
			t.Errorf("%q: %v", alias, err)
		}
	}
}

func TestAnAdvisorsProfileIsOfTheReferenceLists(t *testing.T) {
	_, err := NewAdvisor("Calm Lake", AdvisorDraft{Expertise: []Topic{"data", "cooking", "data"}, Languages: []string{"en", "klingon"}})
	if want := "invalid: the input breaks a rule; errors says which" +
		"; /expertise/1: must be a topic of the reference list; /expertise/2: stands in the list twice" +
		"; /languages/1: must be a BCP 47 language code"; fmt.Sprint(err) != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestTheTrailHoldsNoAlias(t *testing.T) {
	a := newAdvisor(t, "Quiet Canary")
	for _, err := range []error{a.Rename("Loud Canary"), a.Edit(AdvisorDraft{}), a.Move(PauseAdvisor), a.Move(ResumeAdvisor), a.Move(RetireAdvisor)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, e := range a.Drain() {
		names = append(names, e.Name)
		if e.Note != "" {
			t.Errorf("%s has the note %q", e.Name, e.Note)
		}
	}
	if got := strings.Join(names, " "); got != "advisor.created advisor.renamed advisor.edited advisor.paused advisor.active advisor.retired" {
		t.Error(got)
	}
}

func TestARetiredAdvisorsProfileIsClosed(t *testing.T) {
	a := newAdvisor(t, "Calm Lake")
	if err := a.Move(RetireAdvisor); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"edit": a.Edit(AdvisorDraft{}), "rename": a.Rename("Calm Oak"), "resume": a.Move(ResumeAdvisor), "pause": a.Move(PauseAdvisor),
	} {
		if !errors.Is(err, Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.Askable() || !slices.Equal(a.Next(), []Action{AssignLiaison}) { // somebody looks after the advisor still
		t.Errorf("askable %t, next %v", a.Askable(), a.Next())
	}
}

// Whatever is tried, an advisor moves only as its life allows, and Next tells
// beforehand what will be allowed.
func TestAnAdvisorsLife(t *testing.T) {
	acts := []Action{PauseAdvisor, ResumeAdvisor, RetireAdvisor}
	rapid.Check(t, func(t *rapid.T) {
		a, _ := NewAdvisor("Calm Lake", AdvisorDraft{})
		retired := false
		for _, act := range rapid.SliceOfN(rapid.SampledFrom(acts), 0, 12).Draw(t, "acts") {
			promised := slices.Contains(a.Next(), act)
			before := a.Stage
			err := a.Move(act)
			if promised != (err == nil) {
				t.Fatalf("%s from %s: promised %t, got %v", act, before, promised, err)
			}
			if err != nil && (a.Stage != before || !errors.Is(err, Conflict)) {
				t.Fatalf("%s from %s: %v, now %s", act, before, err, a.Stage)
			}
			if retired && err == nil {
				t.Fatalf("%s after retiring", act)
			}
			retired = retired || a.Stage.Is(AdvisorRetired)
		}
	})
}

func TestSafeContactStartsSafe(t *testing.T) {
	s := NewSafeContact("a")
	if d := s.Draft(); !d.NeverLeaveMessage || !slices.Equal(d.Channels, []ContactChannel{ChannelPlatform}) || len(d.Hours) != 0 {
		t.Errorf("%+v", d)
	}
	if s.ID != "a" {
		t.Errorf("its id is %q, not the advisor's", s.ID)
	}
}

func TestSafeContactRefuses(t *testing.T) {
	hours := func(day ContactDay, from, until string) SafeContactDraft {
		return SafeContactDraft{TimeZone: "America/New_York", Hours: []ContactHours{{day, from, until}}}
	}
	for name, tt := range map[string]struct {
		draft SafeContactDraft
		at    string
	}{
		"an unknown channel":           {SafeContactDraft{Channels: []ContactChannel{"pigeon"}}, "/channels/0"},
		"a channel twice":              {SafeContactDraft{Channels: []ContactChannel{"call", "call"}}, "/channels/1"},
		"an unknown time zone":         {SafeContactDraft{TimeZone: "Atlantis/Poseidonis"}, "/time_zone"},
		"the server's own time zone":   {SafeContactDraft{TimeZone: "Local"}, "/time_zone"},
		"hours without a time zone":    {SafeContactDraft{Hours: []ContactHours{{"monday", "09:00", "10:00"}}}, "/time_zone"},
		"hours on no day":              {hours("someday", "09:00", "10:00"), "/hours/0/day"},
		"hours that end as they begin": {hours("monday", "09:00", "09:00"), "/hours/0"},
		"hours that are no time":       {hours("monday", "9", "25:00"), "/hours/0"},
		"a period that ends first":     {SafeContactDraft{QuietPeriods: []QuietPeriod{{"2026-02-02", "2026-02-01"}}}, "/quiet_periods/0"},
		"a period without an end":      {SafeContactDraft{QuietPeriods: []QuietPeriod{{"2026-02-02", ""}}}, "/quiet_periods/0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewSafeContact("a")
			err := s.Edit(tt.draft, noon)
			var refused *Error
			if !errors.As(err, &refused) || refused.Kind != Invalid || len(refused.Faults) != 1 || refused.Faults[0].Pointer != tt.at {
				t.Errorf("got %v, want a fault at %s", err, tt.at)
			}
		})
	}
}

// TestWhatOfAChangeOfContactHoldsAtOnce changes each thing that was written.
func TestWhatOfAChangeOfContactHoldsAtOnce(t *testing.T) {
	was := SafeContactDraft{
		Channels: []ContactChannel{ChannelCall, ChannelPlatform}, TimeZone: "America/New_York", CodeWord: "paper boat",
		Hours:        []ContactHours{{"monday", "09:00", "10:00"}, {"friday", "18:00", "19:00"}},
		QuietPeriods: []QuietPeriod{{"2026-05-01", "2026-05-03"}},
	}
	for name, tt := range map[string]struct {
		change func(*SafeContactDraft)
		waits  bool
	}{
		"nothing": {func(*SafeContactDraft) {}, false},
		"another quiet period": {func(d *SafeContactDraft) {
			d.QuietPeriods = append(d.QuietPeriods, QuietPeriod{"2026-04-01", "2026-04-02"})
		}, false},
		"a quiet period twice":        {func(d *SafeContactDraft) { d.QuietPeriods = append(d.QuietPeriods, d.QuietPeriods[0]) }, false},
		"no message":                  {func(d *SafeContactDraft) { d.NeverLeaveMessage = true }, false},
		"no channel":                  {func(d *SafeContactDraft) { d.Channels = nil }, false},
		"no hour":                     {func(d *SafeContactDraft) { d.Hours = nil }, false},
		"accommodations":              {func(d *SafeContactDraft) { d.Accommodations = "breaks" }, true},
		"a day to ask again":          {func(d *SafeContactDraft) { d.RecheckOn = "2026-09-01" }, false},
		"a quiet period less":         {func(d *SafeContactDraft) { d.QuietPeriods = nil }, true},
		"another channel":             {func(d *SafeContactDraft) { d.Channels = append(d.Channels, ChannelEmail) }, true},
		"a channel less":              {func(d *SafeContactDraft) { d.Channels = d.Channels[:1] }, true},
		"channels in another order":   {func(d *SafeContactDraft) { d.Channels = []ContactChannel{ChannelPlatform, ChannelCall} }, true},
		"an hour less":                {func(d *SafeContactDraft) { d.Hours = d.Hours[:1] }, true},
		"other hours":                 {func(d *SafeContactDraft) { d.Hours = []ContactHours{{"monday", "09:00", "11:00"}} }, true},
		"another time zone":           {func(d *SafeContactDraft) { d.TimeZone = "Asia/Manila" }, true},
		"another word":                {func(d *SafeContactDraft) { d.CodeWord = "stone" }, true},
		"another sender":              {func(d *SafeContactDraft) { d.SenderName = "Library" }, true},
		"no message but another word": {func(d *SafeContactDraft) { d.NeverLeaveMessage, d.CodeWord = true, "stone" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &SafeContact{Record: Record[SafeContact]{Version: 2}, Details: was}
			d := was
			d.QuietPeriods = slices.Clone(was.QuietPeriods)
			tt.change(&d)
			if err := s.Edit(d, noon); err != nil {
				t.Fatal(err)
			}
			if (s.Waiting != nil) != tt.waits || !tt.waits && !s.Details.same(SafeContactDraft{
				d.Channels, d.Hours, d.TimeZone, d.CodeWord, d.NeverLeaveMessage, d.SenderName, inOrder(d.QuietPeriods), d.RecheckOn, d.Accommodations}) {
				t.Errorf("waits %v, holds %+v", s.Waiting, s.Details)
			}
			if tt.waits && (s.Details.NeverLeaveMessage != d.NeverLeaveMessage || s.Details.CodeWord != was.CodeWord || !slices.Equal(s.Details.Channels, was.Channels)) {
				t.Errorf("holds %+v", s.Details)
			}
		})
	}
	s := &SafeContact{Record: Record[SafeContact]{Version: 2}, Details: was}
	d := was
	d.CodeWord = "stone"
	if err := s.Edit(d, noon); err != nil {
		t.Fatal(err)
	}
	quiet := was
	quiet.Channels, quiet.QuietPeriods = nil, []QuietPeriod{{"2026-05-01", "2026-05-03"}, {"2026-06-01", "2026-06-02"}}
	if err := s.Edit(quiet, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if w := s.Waiting; w == nil || w.CodeWord != "stone" || len(w.Channels) != 0 || len(w.QuietPeriods) != 2 || !s.TakesEffectAt.Equal(noon.Add(ContactHold)) {
		t.Errorf("what silences doesn't silence what waits, or moves its time: %+v at %s", w, s.TakesEffectAt)
	}
	s.Settle(noon.Add(ContactHold - time.Microsecond))
	if s.TookEffect() {
		t.Error("it holds before its time")
	}
	s.Settle(noon.Add(ContactHold))
	if !s.TookEffect() || s.Details.CodeWord != "stone" || s.Waiting != nil || s.TakesEffectAt != nil {
		t.Errorf("%+v", s)
	}
	many := was
	for i := range maxQuietPeriods {
		day := Date("2026-07-01").AddDays(i)
		many.QuietPeriods = append(many.QuietPeriods, QuietPeriod{day, day})
	}
	if err := s.Edit(many, noon); fmt.Sprint(pointers(err)) != "[/quiet_periods]" {
		t.Errorf("%d periods: %v", len(many.QuietPeriods), err)
	}
	full, other := was, was
	full.QuietPeriods, other.QuietPeriods = many.QuietPeriods[:maxQuietPeriods], many.QuietPeriods[maxQuietPeriods:]
	s = &SafeContact{Record: Record[SafeContact]{Version: 2}, Details: full}
	if err := s.Edit(other, noon); fmt.Sprint(pointers(err)) != "[/quiet_periods]" {
		t.Errorf("one in the place of %d, which hold until it does: %v", maxQuietPeriods, err)
	}
}

func TestTheOfficeSaysWhyItReadsHowAnAdvisorIsReached(t *testing.T) {
	for why, taken := range map[ContactReason]bool{"": false, "curiosity": false, ContactForSafety: true} {
		err := Actor{Account: "l", Role: Liaison}.MayReadContact(why)
		if (err == nil) != taken || !taken && !errors.Is(err, Malformed) {
			t.Errorf("%q: %v", why, err)
		}
		if err := (Actor{Account: "a", Role: Advising, Advisor: "a"}).MayReadContact(why); err != nil {
			t.Errorf("the advisor, %q: %v", why, err)
		}
	}
}

func TestTheTrailHoldsNothingOfSafeContactOrVault(t *testing.T) {
	s := NewSafeContact("a")
	if err := s.Edit(SafeContactDraft{CodeWord: "canary", SenderName: "canary", Accommodations: "canary"}, noon); err != nil {
		t.Fatal(err)
	}
	e := NewVaultEntry("a")
	if err := e.Write(map[VaultField]Secret{VaultLegalName: NewSecret("canary")}, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	s.Version = 2
	if err := errors.Join(s.Edit(SafeContactDraft{CodeWord: "canary too"}, noon), s.IssueToken("canary"), s.Cancel()); err != nil {
		t.Fatal(err)
	}
	s.Erase()
	e.Erase("")
	for _, ev := range append(s.Drain(), e.Drain()...) {
		if ev.Note != "" {
			t.Errorf("%s has the note %q", ev.Name, ev.Note)
		}
	}
	if fmt.Sprintf("%+v %#v", e, e) == "" || strings.Contains(fmt.Sprintf("%+v %#v", e, e), "canary") {
		t.Error("printing an entry prints what is in it")
	}
}

func TestAVaultEntryIsReplacedWhole(t *testing.T) {
	e := NewVaultEntry("a")
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := e.Write(map[VaultField]Secret{VaultLegalName: NewSecret("n"), VaultEmail: NewSecret("m")}, day); err != nil {
		t.Fatal(err)
	}
	if err := e.Write(map[VaultField]Secret{VaultPhone: NewSecret("p"), VaultEmail: NewSecret("")}, day.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(e.Fields) != 1 || e.Fields[0] != (SealedField{VaultPhone, day.Add(time.Hour)}) {
		t.Errorf("fields %v", e.Fields)
	}
	u, erased, _ := e.Changed()
	again, _, _ := e.Changed()
	if len(u) != 1 || u[VaultPhone].Reveal() != "p" || erased || again != nil {
		t.Errorf("what was written is handed over once, whole: %v", u)
	}
	if err := e.Write(map[VaultField]Secret{VaultPhone: NewSecret("")}, day); !errors.Is(err, Invalid) || len(e.Fields) != 1 {
		t.Errorf("writing nothing: %v, fields %v", err, e.Fields)
	}
	e.Erase("")
	if u, erased, _ := e.Changed(); len(e.Fields) != 0 || u != nil || !erased {
		t.Errorf("after erasing: %v", e.Fields)
	}
}
