package domain

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newRecommendation(t testing.TB) *Recommendation {
	t.Helper()
	r, err := NewRecommendation("council", RecommendationDraft{
		ReportYear: 2025, Number: 3, Text: "Pay advisors for preparation.", Agencies: []string{"DOJ", " Department  of Labor "}, Topics: []Topic{TopicFinance},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.ID = "rec"
	return r
}

func issued(t testing.TB) (*Recommendation, []*AgencyResponse) {
	t.Helper()
	r := newRecommendation(t)
	responses, err := r.Issue(newCouncil(t), nil, "2025-03-01", "2025-03-02")
	if err != nil {
		t.Fatal(err)
	}
	return r, responses
}

func TestIssuingPutsARecommendationToEachAgency(t *testing.T) {
	r, responses := issued(t)
	var got []string
	for _, a := range responses {
		got = append(got, fmt.Sprint(a.Agency, " ", a.Stage, " ", a.IssuedOn, " ", a.Recommendation, " ", a.Council))
	}
	if want := "DOJ received 2025-03-01 rec council, Department of Labor received 2025-03-01 rec council"; strings.Join(got, ", ") != want {
		t.Errorf("got %v", got)
	}
	if !r.Stage.Is(RecommendationIssued) || r.IssuedOn != "2025-03-01" || len(r.Next()) != 0 {
		t.Errorf("%s on %s, next %v", r.Stage, r.IssuedOn, r.Next())
	}
}

func TestAnIssuedRecommendationStands(t *testing.T) {
	r, _ := issued(t)
	_, again := r.Issue(newCouncil(t), nil, "2025-03-01", "2025-03-02")
	for name, err := range map[string]error{"edit": r.Edit(r.Draft()), "issue": again, "remove": r.Remove()} {
		if !errors.Is(err, Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	earlier, _ := issued(t)
	earlier.ID = "earlier"
	other := *earlier
	other.Council = "another"
	draft := newRecommendation(t)
	draft.ID = "earlier"
	for _, tt := range []struct {
		name       string
		agencies   []string
		supersedes *Recommendation
		on, at     Date
		want       string
	}{
		{"no agency", nil, earlier, "2025-03-01", "2025-03-01", "/agencies"},
		{"tomorrow", []string{"DOJ"}, earlier, "2025-03-02", "2025-03-01", "/issued_on"},
		{"superseding what is not there", []string{"DOJ"}, nil, "2025-03-01", "2025-03-01", "/supersedes_id"},
		{"superseding a draft", []string{"DOJ"}, draft, "2025-03-01", "2025-03-01", "/supersedes_id"},
		{"superseding another council's", []string{"DOJ"}, &other, "2025-03-01", "2025-03-01", "/supersedes_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRecommendation(t)
			r.Agencies, r.Supersedes = tt.agencies, "earlier"
			_, err := r.Issue(newCouncil(t), tt.supersedes, tt.on, tt.at)
			var refused *Error
			if !errors.As(err, &refused) || len(refused.Faults) != 1 || refused.Faults[0].Pointer != tt.want || !r.Stage.Is(RecommendationDrafted) {
				t.Errorf("got %v, want a fault at %s", err, tt.want)
			}
		})
	}
}

func TestADraftNeedsNoNumberAndAnIssueDoes(t *testing.T) {
	r, err := NewRecommendation("council", RecommendationDraft{ReportYear: 2025, Text: "Pay advisors.", Agencies: []string{"DOJ"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Issue(newCouncil(t), nil, "2025-03-01", "2025-03-01")
	var refused *Error
	if !errors.As(err, &refused) || len(refused.Faults) != 1 || refused.Faults[0].Pointer != "/number" {
		t.Errorf("got %v, want a fault at /number", err)
	}
}

func TestARecommendationNamesEveryFault(t *testing.T) {
	_, err := NewRecommendation("council", RecommendationDraft{ReportYear: 25, Number: -1, Text: " ", Agencies: []string{"DOJ", " ", "DOJ"}, Topics: []Topic{"x"}})
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	var at []string
	for _, f := range refused.Faults {
		at = append(at, f.Pointer+" "+f.Code)
	}
	if got := strings.Join(at, ", "); got != "/report_year invalid, /number invalid, /text required, /agencies/1 unknown_value, /agencies/2 duplicate, /topics/0 unknown_value" {
		t.Error(got)
	}
}

// moveAll takes a response through steps on the days given, or fails.
func moveAll(t testing.TB, a *AgencyResponse, on Date, acts ...Action) {
	t.Helper()
	for _, act := range acts {
		if err := a.Move(act, "Words of the agency.", on, on); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheClockStopsAtTheFirstAnswer(t *testing.T) {
	_, responses := issued(t)
	a := responses[0]
	moveAll(t, a, "2025-03-11", ReviewAgencyResponse)
	if days, ok := a.DaysToFirstAnswer(); ok {
		t.Errorf("%d days without an answer", days)
	}
	moveAll(t, a, "2025-04-01", AcceptAgencyResponse)
	moveAll(t, a, "2025-05-01", BeginAgencyResponse, ImplementAgencyResponse)
	if days, ok := a.DaysToFirstAnswer(); days != 31 || !ok {
		t.Errorf("%d days, %t", days, ok)
	}
}

func TestAnAgencyMoveRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		act   Action
		text  string
		on    Date
		kind  Kind
		fault string
	}{
		{"a declined recommendation without a reason", DeclineAgencyResponse, " ", "2025-03-20", Invalid, "/text"},
		{"an accepted one without words", AcceptAgencyResponse, "", "2025-03-20", Invalid, "/text"},
		{"before the last step", AcceptAgencyResponse, "x", "2025-03-09", Invalid, "/on"},
		{"tomorrow", AcceptAgencyResponse, "x", "2025-03-21", Invalid, "/on"},
		{"work before an answer", BeginAgencyResponse, "x", "2025-03-20", Conflict, ""},
		{"a result before work", ImplementAgencyResponse, "x", "2025-03-20", Conflict, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, responses := issued(t)
			a := responses[0]
			moveAll(t, a, "2025-03-10", ReviewAgencyResponse)
			err := a.Move(tt.act, tt.text, tt.on, "2025-03-20")
			var refused *Error
			if !errors.As(err, &refused) || refused.Kind != tt.kind || (tt.fault != "" && refused.Faults[0].Pointer != tt.fault) {
				t.Errorf("got %v, want %s %s", err, tt.kind, tt.fault)
			}
			if !a.Stage.Is(AgencyResponseUnderReview) || len(a.Steps) != 2 {
				t.Errorf("a refused move left %s and %d steps", a.Stage, len(a.Steps))
			}
		})
	}
}

func TestImplementedCountsWhenTheCouncilHasJudgedOrLetItsTimeLapse(t *testing.T) {
	for _, tt := range []struct {
		verdict Verdict
		on      Date
		counts  bool
	}{
		{"", "2025-06-01", false},
		{"", "2025-11-27", false}, // 179 days
		{"", "2025-11-28", true},  // 180 days
		{VerdictSatisfied, "2025-06-01", true},
		{VerdictPartly, "2025-06-01", true},
		{VerdictNotSatisfied, "2025-06-01", false},
		{VerdictNotSatisfied, "2030-01-01", false},
	} {
		_, responses := issued(t)
		a := responses[0]
		moveAll(t, a, "2025-06-01", ReviewAgencyResponse, AcceptAgencyResponse)
		if err := a.Assess(VerdictSatisfied, "A good promise.", "2025-06-01"); err != nil {
			t.Fatal(err)
		}
		moveAll(t, a, "2025-06-01", BeginAgencyResponse, ImplementAgencyResponse)
		if tt.verdict != "" {
			if err := a.Assess(tt.verdict, "Our words.", "2025-06-01"); err != nil {
				t.Fatal(err)
			}
		}
		if got := a.CountsAsImplemented(tt.on); got != tt.counts {
			t.Errorf("%q on %s counts: %t", tt.verdict, tt.on, got)
		}
	}
}

func TestOnlyAnAnswerCanBeAssessed(t *testing.T) {
	_, responses := issued(t)
	a := responses[0]
	if err := a.Assess(VerdictSatisfied, "x", "2025-03-03"); !errors.Is(err, Conflict) {
		t.Errorf("received: %v", err)
	}
	moveAll(t, a, "2025-03-10", ReviewAgencyResponse)
	if err := a.Assess(VerdictSatisfied, "x", "2025-03-10"); !errors.Is(err, Conflict) {
		t.Errorf("under review: %v", err)
	}
	moveAll(t, a, "2025-03-10", DeclineAgencyResponse)
	for _, err := range []error{a.Assess("delighted", "x", "2025-03-10"), a.Assess(VerdictPartly, " ", "2025-03-10")} {
		if !errors.Is(err, Invalid) {
			t.Error(err)
		}
	}
	if err := a.Assess(VerdictNotSatisfied, "It says no without saying why.", "2025-03-10"); err != nil {
		t.Error(err)
	}
}

// Whatever is tried, in whatever order, a response moves only as its life
// allows; its steps tell that life without a gap, its first answer's day never
// changes, and it counts as implemented only if it says that it is.
func TestAnAgencyResponsesLife(t *testing.T) {
	allowed := map[AgencyResponseStage]string{
		AgencyResponseReceived:       "review",
		AgencyResponseUnderReview:    "accept accept_in_part decline",
		AgencyResponseAccepted:       "begin overtake assess",
		AgencyResponseAcceptedInPart: "begin overtake assess",
		AgencyResponseDeclined:       "assess",
		AgencyResponseInProgress:     "implement overtake assess",
		AgencyResponseImplemented:    "assess",
		AgencyResponseOvertaken:      "assess",
	}
	acts := []Action{
		ReviewAgencyResponse, AcceptAgencyResponse, AcceptAgencyResponseInPart, DeclineAgencyResponse,
		BeginAgencyResponse, ImplementAgencyResponse, OvertakeAgencyResponse, AssessAgencyResponse,
	}
	rapid.Check(t, func(t *rapid.T) {
		r, _ := NewRecommendation("council", RecommendationDraft{ReportYear: 2025, Number: 1, Text: "x", Agencies: []string{"DOJ"}})
		c, _ := NewCouncil(StatutoryCouncil("Council"))
		responses, err := r.Issue(c, nil, "2025-01-01", "2025-01-01")
		if err != nil {
			t.Fatal(err)
		}
		a, today, first := responses[0], Date("2025-01-01"), Date("")
		for _, act := range rapid.SliceOfN(rapid.SampledFrom(acts), 0, 20).Draw(t, "acts") {
			today = today.AddDays(rapid.IntRange(0, 200).Draw(t, "days"))
			want := slices.Contains(strings.Fields(allowed[a.Stage.Now()]), act.Verb())
			if promised := slices.Contains(a.Next(), act); promised != want {
				t.Fatalf("%s promises %s: %t", a.Stage, act, promised)
			}
			steps, judged := len(a.Steps), len(a.Assessments)
			if act == AssessAgencyResponse {
				err = a.Assess(rapid.SampledFrom([]Verdict{VerdictSatisfied, VerdictPartly, VerdictNotSatisfied}).Draw(t, "verdict"), "w", today)
				judged++
			} else {
				err = a.Move(act, "w", today, today)
				steps++
			}
			if want != (err == nil) {
				t.Fatalf("%s: %v", act, err)
			}
			if err == nil && (len(a.Steps) != steps || len(a.Assessments) != judged) {
				t.Fatalf("%s left %d steps and %d assessments", act, len(a.Steps), len(a.Assessments))
			}
			if first != "" && a.FirstAnsweredOn != first {
				t.Fatal("the first answer's day changed")
			}
			first = a.FirstAnsweredOn
			if last := a.Steps[len(a.Steps)-1]; last.Stage != a.Stage.Now() {
				t.Fatalf("the last step is %s, the stage %s", last.Stage, a.Stage)
			}
			if a.CountsAsImplemented(today) && (!a.Stage.Is(AgencyResponseImplemented) || a.Verdict == VerdictNotSatisfied) {
				t.Fatalf("%s counts, assessed %q", a.Stage, a.Verdict)
			}
		}
	})
}
