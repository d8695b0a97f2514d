package domain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newCouncil(t testing.TB) *AdvisoryCouncil {
	t.Helper()
	c, err := NewCouncil(StatutoryCouncil("Advisory Council"))
	if err != nil {
		t.Fatal(err)
	}
	c.ID = "council"
	return c
}

// seated are terms of n members that all begin on a day.
func seated(n int, begins, ends Date) []Term {
	terms := make([]Term, n)
	for i := range terms {
		terms[i] = Term{Council: "council", Advisor: AdvisorID(fmt.Sprint("m", i)), BeginsOn: begins, EndsOn: ends}
	}
	return terms
}

func TestACouncilFollowsTheStatute(t *testing.T) {
	c := newCouncil(t)
	if c.MinSeats != 8 || c.Seats != 14 || c.TermYears != 2 || c.Renewals != 1 || c.Statute != "22 U.S.C. 7103b" || c.MembersKnowEachOther {
		t.Errorf("%+v", c)
	}
}

func TestAppoint(t *testing.T) {
	served := func(spans ...Date) (terms []Term) {
		for i := 0; i < len(spans); i += 2 {
			terms = append(terms, Term{Advisor: "a", BeginsOn: spans[i], EndsOn: spans[i+1]})
		}
		return terms
	}
	for _, tt := range []struct {
		name         string
		begins, ends Date
		terms        []Term
		want         string // the last day, or what the refusal says
	}{
		{"a term lasts two years", "2026-01-01", "", nil, "2027-12-31"},
		{"a term that begins on a leap day ends before March", "2024-02-29", "", nil, "2026-02-28"},
		{"a term may be shorter", "2026-01-01", "2026-06-30", nil, "2026-06-30"},
		{"not longer", "2026-01-01", "2028-01-01", nil, "a term lasts 2 years, here until 2027-12-31 at the latest (22 U.S.C. 7103b(c)(4))"},
		{"not backwards", "2026-01-01", "2025-12-31", nil, "is not before begins_on"},
		{"the fourteenth seat", "2026-01-01", "", seated(13, "2025-01-01", "2026-12-31"), "2027-12-31"},
		{"no fifteenth", "2026-01-01", "", seated(14, "2025-01-01", "2026-12-31"), "all 14 seats are taken on some of these days (22 U.S.C. 7103b(c)(1))"},
		{"a seat that becomes free", "2027-01-01", "", seated(14, "2025-01-01", "2026-12-31"), "2028-12-31"},
		{"a seat that is free for a while", "2024-01-01", "2024-12-31", seated(14, "2025-01-01", "2026-12-31"), "2024-12-31"},
		{"not one that will be taken on the last day", "2024-01-02", "2025-01-01", seated(14, "2025-01-01", "2026-12-31"), "all 14 seats"},
		{"a renewal", "2026-01-01", "", served("2024-01-01", "2025-12-31"), "2027-12-31 renewal"},
		{"no second renewal", "2026-01-01", "", served("2020-01-01", "2021-12-31", "2022-01-01", "2023-12-31"), "has served 2 terms, and may be reappointed 1 times (22 U.S.C. 7103b(c)(4))"},
		{"not twice at once", "2025-12-31", "", served("2024-01-01", "2025-12-31"), "a member holds one seat (22 U.S.C. 7103b(c)(1))"},
		{"not around a term of one's own", "2024-01-01", "", served("2024-06-01", "2024-06-02"), "a member holds one seat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAdvisor(t, "Calm Lake")
			a.ID = "a"
			term, err := newCouncil(t).Appoint(a, tt.begins, tt.ends, tt.terms)
			got := fmt.Sprint(err)
			if err == nil {
				got = string(term.EndsOn)
				if term.Renewal {
					got += " renewal"
				}
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOnlyAnAdvisorWhoCanBeAskedIsAppointed(t *testing.T) {
	a := newAdvisor(t, "Calm Lake")
	if err := a.Move(PauseAdvisor); err != nil {
		t.Fatal(err)
	}
	if _, err := newCouncil(t).Appoint(a, "2026-01-01", "", nil); !errors.Is(err, Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestARuleOfAnotherCouncilIsCitedAsThatCouncilHasIt(t *testing.T) {
	d := StatutoryCouncil("Youth panel")
	d.Statute, d.MinSeats, d.Seats, d.Renewals = "Charter of 2026", 1, 1, 0
	c, err := NewCouncil(d)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Appoint(newAdvisor(t, "Calm Lake"), "2026-01-01", "", seated(1, "2026-01-01", "2026-12-31"))
	if !strings.Contains(fmt.Sprint(err), "all 1 seats are taken on some of these days (Charter of 2026)") {
		t.Error(err)
	}
}

func TestSeatsThatAreTakenStay(t *testing.T) {
	c, terms := newCouncil(t), seated(10, "2025-01-01", "2026-12-31")
	d := c.Draft()
	d.Seats = 9
	if err := c.Edit(d, terms, "2026-06-01"); !errors.Is(err, Conflict) {
		t.Errorf("nine seats for ten members: %v", err)
	}
	if err := c.Edit(d, terms, "2027-01-01"); err != nil || c.Seats != 9 {
		t.Errorf("after their terms: %v", err)
	}
	d.Seats = 7
	if err := c.Edit(d, nil, "2027-01-01"); !errors.Is(err, Invalid) {
		t.Errorf("fewer seats than the least: %v", err)
	}
}

func TestATermIsCutShortAndNotDrawnOut(t *testing.T) {
	for on, ok := range map[Date]bool{"2025-12-31": false, "2026-01-01": true, "2026-05-05": true, "2026-12-31": true, "2027-01-01": false} {
		term := Term{BeginsOn: "2026-01-01", EndsOn: "2026-12-31"}
		if err := term.End(on); (err == nil) != ok || ok != (term.EndsOn == on || on == "2026-12-31") {
			t.Errorf("%s: %v, ends %s", on, err, term.EndsOn)
		}
	}
	term := Term{BeginsOn: "2026-01-01", EndsOn: "2026-12-31"}
	if err := term.Remove("2026-01-01"); !errors.Is(err, Conflict) {
		t.Errorf("removing a term that runs: %v", err)
	}
	if err := term.Remove("2025-12-31"); err != nil {
		t.Errorf("removing one to come: %v", err)
	}
}

// However members are appointed, and terms ended, no day sees more members than
// seats, no member two terms at once, and none more terms than allowed.
func TestACouncilIsNeverOverfull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := StatutoryCouncil("Council")
		d.MinSeats, d.Seats = 1, rapid.IntRange(1, 4).Draw(t, "seats")
		d.TermYears, d.Renewals = rapid.IntRange(1, 3).Draw(t, "years"), rapid.IntRange(0, 2).Draw(t, "renewals")
		c, _ := NewCouncil(d)
		var terms []Term
		for range rapid.IntRange(0, 30).Draw(t, "tries") {
			a := newAdvisorOf(rapid.StringMatching(`[a-f]`).Draw(t, "advisor"))
			begins := Date("2020-01-01").AddDays(rapid.IntRange(0, 2500).Draw(t, "begins"))
			if term, err := c.Appoint(a, begins, "", terms); err == nil {
				terms = append(terms, *term)
			} else if !errors.Is(err, Conflict) {
				t.Fatal(err)
			}
			if len(terms) > 0 && rapid.Bool().Draw(t, "end one") {
				i := rapid.IntRange(0, len(terms)-1).Draw(t, "which")
				_ = terms[i].End(terms[i].BeginsOn.AddDays(rapid.IntRange(0, 100).Draw(t, "after")))
			}
		}
		for day := Date("2020-01-01"); day < "2031-01-01"; day = day.AddDays(13) {
			sitting := map[AdvisorID]int{}
			for _, term := range terms {
				if term.Runs(day) {
					sitting[term.Advisor]++
				}
			}
			if len(sitting) > c.Seats {
				t.Fatalf("%d members on %s", len(sitting), day)
			}
			for a, n := range sitting {
				if n > 1 {
					t.Fatalf("%s sits %d times on %s", a, n, day)
				}
			}
		}
		served := map[AdvisorID]int{}
		for _, term := range terms {
			if term.Renewal != (served[term.Advisor] > 0) {
				t.Fatalf("renewal is %t after %d terms", term.Renewal, served[term.Advisor])
			}
			if served[term.Advisor]++; served[term.Advisor] > c.Renewals+1 {
				t.Fatalf("%s served %d terms", term.Advisor, served[term.Advisor])
			}
		}
	})
}

func newAdvisorOf(id string) *Advisor {
	a, _ := NewAdvisor("Calm Lake", AdvisorDraft{})
	a.ID = AdvisorID(id)
	return a
}

func TestACompositionTellsNothingOfOneOrTwo(t *testing.T) {
	with := func(n int, m CouncilMember) []CouncilMember { return slices.Repeat([]CouncilMember{m}, n) }
	english := CouncilMember{Languages: List[string]{"en"}, Expertise: List[Topic]{TopicData}}
	spanish := CouncilMember{Languages: List[string]{"es"}, Expertise: List[Topic]{TopicData}, Renewal: true}
	for _, tt := range []struct {
		name    string
		members []CouncilMember
		want    string
	}{
		{"nobody", nil, "0 0 [] []"},
		{"two", with(2, english), "0 0 [] []"},
		{"all alike", with(8, english), "8 0 [{data 8}] [{en 8}]"},
		{"two who differ", append(with(8, english), with(2, spanish)...), "10 0 [{data 10}] []"},
		{"enough who differ", append(with(8, english), with(3, spanish)...), "11 3 [{data 11}] [{en 8} {es 3}]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := ComposeCouncil(tt.members)
			if got := fmt.Sprint(c.Sitting, c.Renewed, c.Expertise, c.Languages); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
