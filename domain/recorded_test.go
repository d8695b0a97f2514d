package domain

import (
	"fmt"
	"slices"
	"testing"
)

// What another register tells of the past comes in as it stands there.

func TestADateKnownToAMonthOrYearIsItsLastDay(t *testing.T) {
	for _, c := range []struct {
		precision Precision
		due       Date
		refused   bool
	}{
		{"", "2030-05-07", false}, {ToTheDay, "2030-05-07", false}, {"", "", false},
		{ToTheMonth, "2028-02-29", false}, {ToTheMonth, "2028-02-28", true}, {ToTheMonth, "", true},
		{ToTheYear, "2030-12-31", false}, {ToTheYear, "2030-11-30", true}, {ToTheYear, "", true},
		{"week", "2030-12-31", true},
	} {
		d := promise()
		d.Terms.DueOn, d.Terms.DuePrecision = c.due, c.precision
		_, err := NewCommitment(harbor, d, nil)
		if refused := slices.Contains(pointers(err), "/due_precision"); refused != c.refused || refused != (err != nil) {
			t.Errorf("%q %s: %v", c.precision, c.due, err)
		}
	}
}

func TestAnAmendmentShowsTheDueDateAsItIsKnown(t *testing.T) {
	year := Terms{Title: "x", DueOn: "2030-12-31", DuePrecision: ToTheYear}
	month := Terms{Title: "x", DueOn: "2030-06-30", DuePrecision: ToTheMonth}
	a := Amendment{Before: year, After: month}
	if got := fmt.Sprint(a.Changes()); got != "[{due_on 2030 2030-06}]" {
		t.Error(got)
	}
	a.After = year
	a.After.DuePrecision = ""
	if got := fmt.Sprint(a.Changes()); got != "[{due_on 2030 2030-12-31}]" {
		t.Error(got)
	}
}

func TestACommitmentIsRecordedAsItStandsElsewhere(t *testing.T) {
	for _, st := range CommitmentStages() {
		c, err := NewCommitment(harbor, promise(), nil)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Recorded(st, "2022-05-28")
		if want := slices.Contains([]CommitmentStage{CommitmentSubmitted, CommitmentReturned, CommitmentAccepted}, st); (err != nil) != want {
			t.Errorf("%s: %v", st, err)
			continue
		}
		if err != nil {
			if !c.Stage.Is(CommitmentDrafted) || fmt.Sprint(pointers(err)) != "[/stage]" {
				t.Errorf("%s: a refusal left %s: %v", st, c.Stage, err)
			}
			continue
		}
		if !c.Stage.Is(st) || c.AcceptedOn+c.ActivatedOn+c.CompletedOn+c.VerifiedOn+c.EndedOn != "" {
			t.Errorf("%s: dates that nobody told: %+v", st, c)
		}
		if _, ok := c.Health(spring); ok {
			t.Errorf("%s: health without an acceptance or a report", st)
		}
		if ev := c.Drain(); ev[len(ev)-1] != (Event{Name: "commitment.recorded", Note: string(st) + " as of 2022-05-28"}) {
			t.Errorf("%s: %v", st, ev)
		}
	}
}

func TestOnlyANewCommitmentIsRecorded(t *testing.T) {
	c := commitmentAt(t, CommitmentDrafted)
	c.Version = 1
	checkKind(t, c.Recorded(CommitmentActive, ""), Conflict)
	if !c.Stage.Is(CommitmentDrafted) {
		t.Error(c.Stage)
	}
}

func recordedRecommendation(t *testing.T, was IssuedElsewhere) (*Recommendation, error) {
	t.Helper()
	d := newRecommendation(t).Draft()
	return NewIssuedRecommendation("council", d, was, "2026-03-02")
}

func TestARecommendationIsRecordedAsIssued(t *testing.T) {
	r, err := recordedRecommendation(t, IssuedElsewhere{"2008-04-30", ToTheMonth, " Austria, in session 1 "})
	if err != nil || !r.Stage.Is(RecommendationIssued) || r.IssuedOn != "2008-04-30" || r.Source != "Austria, in session 1" || len(r.Next()) != 0 {
		t.Fatal(r, err)
	}
	if ev := r.Drain(); len(ev) != 1 || ev[0].Name != "recommendation.recorded" {
		t.Error(ev)
	}
	for want, was := range map[string]IssuedElsewhere{
		"[/issued_on]":        {"2026-03-03", "", ""},
		"[/issued_precision]": {"2008-04-29", ToTheMonth, ""},
	} {
		if _, err := recordedRecommendation(t, was); fmt.Sprint(pointers(err)) != want {
			t.Errorf("%+v: %v", was, err)
		}
	}
	if _, err := recordedRecommendation(t, IssuedElsewhere{}); fmt.Sprint(pointers(err)) != "[/issued_on]" {
		t.Error(err)
	}
}

func TestAnAnswerIsRecordedWithWhatIsKnownOfItsDay(t *testing.T) {
	for name, c := range map[string]struct {
		issued Precision
		was    RecordedAnswer
		want   string
	}{
		"no answer yet":              {"", RecordedAnswer{Stage: AgencyResponseReceived}, "received 1  false"},
		"on a day":                   {"", RecordedAnswer{AgencyResponseAccepted, "Yes.", "2008-12-31"}, "accepted 2 2008-12-31 true"},
		"on a day nobody knows":      {"", RecordedAnswer{AgencyResponseDeclined, "Too dear.", ""}, "declined 2  false"},
		"to one of a month":          {ToTheMonth, RecordedAnswer{AgencyResponseAccepted, "Yes.", "2008-12-31"}, "accepted 2  false"},
		"before that month was over": {ToTheMonth, RecordedAnswer{AgencyResponseAccepted, "Yes.", "2008-04-15"}, "accepted 2  false"},
		"without words":              {"", RecordedAnswer{Stage: AgencyResponseDeclined}, "[/text]"},
		"to come":                    {"", RecordedAnswer{AgencyResponseAccepted, "Yes.", "2026-03-03"}, "[/on]"},
		"before it was asked":        {"", RecordedAnswer{AgencyResponseAccepted, "Yes.", "2008-04-29"}, "[/on]"},
		"done on no day":             {"", RecordedAnswer{AgencyResponseImplemented, "Done.", ""}, "[/on]"},
		"a stage of our procedure":   {"", RecordedAnswer{AgencyResponseUnderReview, "Soon.", ""}, "[/stage]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := recordedRecommendation(t, IssuedElsewhere{"2008-04-30", c.issued, ""})
			if err != nil {
				t.Fatal(err)
			}
			a, err := r.RecordAnswer(newCouncil(t), "DOJ", c.was, "2026-03-02")
			if err != nil {
				if got := fmt.Sprint(pointers(err)); got != c.want {
					t.Errorf("%s, want %s: %v", got, c.want, err)
				}
				return
			}
			_, counted := a.DaysToFirstAnswer()
			if got := fmt.Sprint(a.Stage, " ", len(a.Steps), " ", a.FirstAnsweredOn, " ", counted); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestAStepAfterARecordedAnswerIsNoFirstAnswer(t *testing.T) {
	r, err := recordedRecommendation(t, IssuedElsewhere{"2008-04-30", "", ""})
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.RecordAnswer(newCouncil(t), "DOJ", RecordedAnswer{AgencyResponseAccepted, "Yes.", ""}, "2026-03-02")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Move(BeginAgencyResponse, "We began.", "2026-03-01", "2026-03-02"); err != nil || a.FirstAnsweredOn != "" {
		t.Error(a.FirstAnsweredOn, err)
	}
	r.Count([]AgencyResponse{*a}, "2026-03-02")
	if r.Answers.Answered != 1 {
		t.Error("an answer of an unknown day is none")
	}
}

func TestNamesAreFoundAgainWhateverTheirTypography(t *testing.T) {
	for _, same := range [][]string{
		{"NSW Farmers’ Association", "nsw  farmers' association", "NSW\u00a0Farmers‘ Association"},
		{"Coca‑Cola", "Coca-Cola", "COCA–COLA", "Coca\u200b-Cola"},
		{"Clean “Air” Fund", `clean "air" fund`},
	} {
		for _, name := range same {
			if NameKey(name) != NameKey(same[0]) {
				t.Errorf("%q is not %q", name, same[0])
			}
		}
	}
	for _, other := range [][2]string{{"Pêche", "Peche"}, {"Foo Ltd", "Foo Inc"}, {"A&B", "A and B"}, {"AB", "A B"}, {"Foo (UK)", "Foo"}} {
		if NameKey(other[0]) == NameKey(other[1]) {
			t.Errorf("%q is taken for %q", other[0], other[1])
		}
	}
}
