package domain

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func holdDraft(ends Date) LegalHoldDraft {
	return LegalHoldDraft{Kind: HoldByOrder, Reference: "LH-2026-014", EndsOn: ends}
}

func TestWhatALegalHoldCanNotBe(t *testing.T) {
	today := DateOf(noon)
	for name, tt := range map[string]struct {
		change func(*LegalHoldDraft)
		at     string
	}{
		"an unknown kind":        {func(d *LegalHoldDraft) { d.Kind = "favor" }, "[/kind]"},
		"no reference":           {func(d *LegalHoldDraft) { d.Reference = " " }, "[/reference]"},
		"no end":                 {func(d *LegalHoldDraft) { d.EndsOn = "" }, "[/ends_on]"},
		"over today":             {func(d *LegalHoldDraft) { d.EndsOn = today }, "[/ends_on]"},
		"longer than a year":     {func(d *LegalHoldDraft) { d.EndsOn = today.AddDays(LegalHoldDays + 1) }, "[/ends_on]"},
		"the longest that it is": {func(d *LegalHoldDraft) { d.EndsOn = today.AddDays(LegalHoldDays) }, "[]"},
		"the shortest":           {func(d *LegalHoldDraft) { d.EndsOn = today.AddDays(1) }, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			d := holdDraft(today.AddDays(30))
			tt.change(&d)
			_, err := NewLegalHold(Actor{Account: "one", Role: Custodian}, "a", d, nil, today)
			if got := fmt.Sprint(pointers(err)); got != tt.at {
				t.Errorf("faults at %s, want %s", got, tt.at)
			}
		})
	}
}

// TestALegalHoldWorksByTwoAndUntilItsDay takes steps in any order, by anybody, on any
// day: a hold keeps something only between another's word and its day.
func TestALegalHoldWorksByTwoAndUntilItsDay(t *testing.T) {
	people := map[AccountID]*Account{}
	for _, id := range []AccountID{"one", "two", "three"} {
		people[id] = &Account{Record: Record[Account]{ID: ID[Account](id)}, Role: Custodian, Stage: Stage[AccountStage]{AccountActive}}
	}
	people["three"].BroughtBy, people["three"].BroughtAt = "one", &noon
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		h, err := NewLegalHold(Actor{Account: "one", Role: Custodian}, "a", holdDraft(DateOf(now).AddDays(rapid.IntRange(1, 60).Draw(t, "days"))), nil, DateOf(now))
		if err != nil {
			t.Fatal(err)
		}
		confirmed, over := false, false
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
			id := rapid.SampledFrom([]AccountID{"one", "two", "three"}).Draw(t, "who")
			switch rapid.SampledFrom([]string{"confirm", "decline", "lift", "end"}).Draw(t, "step") {
			case "confirm":
				err = h.Confirm(people[id], people["one"], now)
				may := id == "two" || id == "three" && !now.Before(noon.Add(Vouching))
				if want := may && !confirmed && !over && DateOf(now) < h.EndsOn; (err == nil) != want {
					t.Fatalf("%s confirms on %s: %v", id, DateOf(now), err)
				}
				confirmed = confirmed || err == nil
			case "decline":
				if err = h.Decline(Actor{Account: id}); err == nil {
					over = true
				}
			case "lift":
				if err = h.Lift(Actor{Account: id}); err == nil {
					over = true
				}
			case "end":
				if err = h.End(DateOf(now)); err == nil && DateOf(now) < h.EndsOn {
					t.Fatal("it ended before its day")
				}
				over = over || err == nil
			}
			if err != nil && !errors.Is(err, Conflict) && !errors.Is(err, Forbidden) {
				t.Fatal(err)
			}
			if want := confirmed && !over && DateOf(now) < h.EndsOn; h.Works(DateOf(now)) != want {
				t.Fatalf("%s works on %s: %v, want %v", h.Stage, DateOf(now), !want, want)
			}
		}
		for _, e := range h.Drain() {
			if e.Note != string(HoldByOrder) {
				t.Fatalf("%s has the note %q", e.Name, e.Note)
			}
		}
	})
}

func TestWhatAHoldKeepsOfAnEntry(t *testing.T) {
	holds := []LegalHold{{EndsOn: "2026-05-01"}, {EndsOn: "2026-04-01"}}
	for name, tt := range map[string]struct {
		holds []LegalHold
		full  bool
		event string
		until Date
	}{
		"an entry under two holds":  {holds, true, "vault_entry.sealed", "2026-05-01"},
		"an entry under none":       {nil, true, "vault_entry.erased", ""},
		"an empty one under a hold": {holds, false, "vault_entry.erased", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := &VaultEntry{Holds: tt.holds}
			if tt.full {
				e.Fields = List[SealedField]{{Field: VaultEmail}}
			}
			e.Erase(e.HeldUntil())
			_, erased, until := e.Changed()
			if ev := e.Drain(); !erased || until != tt.until || e.SealedUntil != tt.until || len(e.Fields) != 0 || len(ev) != 1 || ev[0].Name != tt.event {
				t.Errorf("erased %v, until %q, %+v, %v", erased, until, e, ev)
			}
		})
	}
}
