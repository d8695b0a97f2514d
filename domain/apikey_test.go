package domain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// keyFrom is a key that may be used from these ranges.
func keyFrom(ranges ...string) (*APIKey, error) {
	d := APIKeyDraft{Name: "A program", Actions: []Action{ReadReference}, Ranges: ranges, ExpiresAt: noon.Add(time.Hour)}
	return NewAPIKey(Actor{Account: "a", Role: Staff}, d, "now", noon)
}

// TestWhatTakesAPersonCanBeGivenToNoKey holds the list of what can be given
// against the kinds and the deeds that it must leave out.
func TestWhatTakesAPersonCanBeGivenToNoKey(t *testing.T) {
	near := []string{"access_log", "advisor", "agency_response", "assignment", "calendar", "coding", "consultation", "council", "document", "feed", "file", "hearing",
		"legal_hold", "message", "participant", "receipt", "recommendation", "response", "results", "safe_contact", "submission", "task", "term", "theme", "upload", "vault_entry"}
	ways := []string{"account", "api_key", "audit", "factor", "grant", "import", "invitation", "notice", "reset", "session", "signing_key"}
	deeds := []string{"accept", "activate", "adopt", "approve", "attest", "claim_completion", "clear", "close", "consent", "decide_clearance", "decline", "evaluate",
		"hand_over", "issue", "lapse", "propose", "publish", "reject", "remove", "return", "screen", "sign", "suspend", "verify", "withdraw"}
	given := 0
	for _, act := range Actions() {
		if !act.Delegable() {
			continue
		}
		given++
		if slices.Contains(near, act.Kind()) || slices.Contains(ways, act.Kind()) || slices.Contains(deeds, act.Verb()) {
			t.Errorf("a key can be given %s", act)
		}
	}
	if given != len(delegable) {
		t.Errorf("%d of the %d are actions", given, len(delegable))
	}
}

func TestAKeyReachesNoMoreThanItsCreator(t *testing.T) {
	everything := &Delegation{Key: "k", Actions: Actions()}
	for _, role := range append(Roles(), System, "") {
		for _, stage := range append(OrganizationStages(), "") {
			a := Actor{Account: "a", Role: role}
			if role == Partner || role == PartnerAdmin {
				a.Organization, a.Vetting = "o", stage
			}
			if a.Through(everything).Role == Liaison {
				t.Error("a liaison's key comes as a liaison")
			}
			for _, act := range Actions() {
				got := a.Through(everything).Reach(act)
				if got&^a.Reach(act) != 0 || got != 0 && !act.Delegable() {
					t.Errorf("%s, by a key, reaches %s by %s", role, got, act)
				}
				if role == Liaison && got&^(Actor{Role: Staff}).Reach(act) != 0 {
					t.Errorf("a liaison's key reaches more than staff by %s", act)
				}
				if a.Through(&Delegation{Key: "k"}).May(act) {
					t.Errorf("a key that names nothing may %s", act)
				}
			}
		}
	}
}

func TestEverythingThatCanBeGivenIsSomebodysToGive(t *testing.T) {
	for _, act := range delegable {
		if !slices.ContainsFunc(Roles(), func(r Role) bool { a := Actor{Role: r}; return a.May(act) && a.May(CreateAPIKey) }) {
			t.Errorf("nobody gives a key %s", act)
		}
	}
}

func TestWhereAKeyMayBeUsed(t *testing.T) {
	for _, c := range []struct {
		ranges, in, out string
	}{
		{"", "198.51.100.7 2001:db8::1 ::1 127.0.0.1", ""},
		{"198.51.100.0/24", "198.51.100.0 198.51.100.255", "198.51.99.255 198.51.101.0 2001:db8::1 ::ffff:198.51.100.1"},
		{"198.51.100.7", "198.51.100.7", "198.51.100.6 198.51.100.8"},
		{"2001:db8::/32 10.0.0.0/8", "2001:db8:ffff::1 10.9.9.9", "2001:db9:: 11.0.0.0"},
		{"0.0.0.0/0", "8.8.8.8", "::1"},
	} {
		k, err := keyFrom(strings.Fields(c.ranges)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range strings.Fields(c.in + " " + c.out) {
			if k.Elsewhere("now", netip.MustParseAddr(a), noon) == k.Admits("now", netip.MustParseAddr(a), noon) || k.Elsewhere("not now", netip.MustParseAddr(a), noon) {
				t.Errorf("from %s in %q it is, or isn't, elsewhere", a, c.ranges)
			}
			if got := k.Admits("now", netip.MustParseAddr(a), noon); got != slices.Contains(strings.Fields(c.in), a) {
				t.Errorf("%q, from %s: %t", c.ranges, a, got)
			}
		}
		if k.Admits("now", netip.Addr{}, noon) != (c.ranges == "") {
			t.Errorf("%q, from nowhere", c.ranges)
		}
	}
	for _, wrong := range []string{"", "x", "198.51.100.0/33", "198.51.100.7/24", "198.51.100.0/", "198.51.100", "fe80::1%eth0", "fe80::%eth0/64",
		"::ffff:198.51.100.7", "::ffff:198.51.100.0/120", "2001:db8::1/32", "198.51.100.0-198.51.100.9", " 198.51.100.7"} {
		if _, err := keyFrom("10.0.0.0/8", wrong); fmt.Sprint(pointers(err)) != "[/address_ranges/1]" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestNothingOldOrOtherLetsAKeyIn(t *testing.T) {
	k, err := keyFrom()
	if err != nil {
		t.Fatal(err)
	}
	from := netip.MustParseAddr("198.51.100.7")
	for secret, want := range map[string]bool{"now": true, "": false, "no": false, "now ": false} {
		if k.Admits(secret, from, noon) != want {
			t.Errorf("%q: %t", secret, !want)
		}
	}
	if k.Former = "then"; k.Admits("then", from, noon) {
		t.Error("a former secret without an end lets in")
	}
}

// TestAKeySeesNothingThatTellsWhoSpoke compares an officer with the officer's key.
func TestAKeySeesNothingThatTellsWhoSpoke(t *testing.T) {
	officer := Actor{Role: Staff}
	key := officer.Through(&Delegation{Actions: delegable})
	for _, f := range []Fields{VerificationInside, EntryEvidence, InitiativeUnheard, EngagementNotes, ReportNearAdvisors} {
		if !officer.Sees(f, All) || key.Sees(f, All) {
			t.Errorf("%s: the officer %v, the key %v", f, officer.Sees(f, All), key.Sees(f, All))
		}
	}
}

func TestACreatorIsToldBeforeAKeyRunsOut(t *testing.T) {
	const day = 24 * time.Hour
	noon := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		life, left time.Duration
		days       int
		due        bool
	}{
		{100 * day, 14*day + 1, 0, false}, {100 * day, 14 * day, 14, true}, {100 * day, day + 1, 14, true}, {100 * day, day, 1, true}, {100 * day, 1, 1, true},
		{100 * day, 0, 1, false}, {100 * day, -day, 1, false}, // it has run out
		{3 * day, 2 * day, 14, false}, {3 * day, day, 1, true}, {day, day, 1, false}, {time.Hour, time.Hour, 1, false}, // whoever makes a short one knows
	} {
		k := &APIKey{ExpiresAt: noon.Add(c.left)}
		k.CreatedAt = k.ExpiresAt.Add(-c.life)
		if days, due := k.Reminder(noon); due != c.due || due && days != c.days {
			t.Errorf("of %v with %v left: %d, %v", c.life, c.left, days, due)
		}
	}
	k := &APIKey{ExpiresAt: noon.Add(day / 2), RevokedAt: &noon}
	if _, due := k.Reminder(noon); due {
		t.Error("of one that was revoked its creator is told")
	}
	if APIKeyHorizon != time.Duration(apiKeyReminders[len(apiKeyReminders)-1])*day {
		t.Error("the horizon is not the longest reminder")
	}
}

// TestAKeyDoesNothingWithoutTheReadingsThatItNeeds takes one reading after another
// from a key that was given all.
func TestAKeyDoesNothingWithoutTheReadingsThatItNeeds(t *testing.T) {
	for _, act := range delegable {
		for _, read := range act.needs() {
			less := slices.DeleteFunc(slices.Clone(delegable), func(a Action) bool { return a == read })
			if read != act && (&Delegation{Actions: less}).covers(act) {
				t.Errorf("without %s a key may %s", read, act)
			}
		}
		if !(&Delegation{Actions: delegable}).covers(act) {
			t.Errorf("a key that names all may not %s", act)
		}
	}
	if needs := SubmitProgressReport.needs(); !slices.Contains(needs, ReadMilestone) || !slices.Contains(needs, ReadIndicator) {
		t.Errorf("a report is handed in by %v, whatever is missing", needs)
	}
}
