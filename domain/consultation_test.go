package domain

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func inquiry() ConsultationDraft {
	return ConsultationDraft{
		Marking: marked, Audience: Audience{ForPublic: true},
		Title: "Recruitment fees", Purpose: "How fees are charged.", UseOfAnswers: "To write the guidance.",
		Questions: questionnaire(), OpensAt: noon.Add(-time.Hour), ClosesAt: noon.Add(24 * time.Hour), TimeZone: "America/New_York",
	}
}

func questionnaire() []Question {
	return []Question{
		{Key: "why", Kind: TextQuestion, Prompt: "Why?", ContentWarning: "Asks about debt.", Required: true},
		{Key: "who", Kind: SingleChoiceQuestion, Prompt: "Who paid?", Options: []Option{{"worker", "The worker"}, {"employer", "The employer"}}},
		{Key: "what", Kind: MultipleChoiceQuestion, Prompt: "What for?", Options: []Option{{"visa", "Visa"}, {"travel", "Travel"}, {"other", "Other"}}},
		{Key: "how", Kind: ScaleQuestion, Prompt: "How often?", Scale: &Scale{Min: 1, Max: 5}},
		{Key: "order", Kind: RankingQuestion, Prompt: "What first?", Options: []Option{{"visa", "Visa"}, {"travel", "Travel"}, {"other", "Other"}}},
		{Key: "many", Kind: NumberQuestion, Prompt: "How many?", Range: &Range{Min: "0", Max: "99.5"}},
		{Key: "since", Kind: DateQuestion, Prompt: "Since when?"},
	}
}

// steps are every transition of a consultation with what it needs.
func (c *Consultation) steps() map[Action]func() error {
	return map[Action]func() error{
		RequestClearance:    func() error { return c.RequestClearance(officer, noon) },
		ReturnConsultation:  func() error { return c.Return("say more") },
		ClearConsultation:   func() error { return c.Clear(director, noon) },
		OpenConsultation:    func() error { return c.Open(noon) },
		PauseConsultation:   func() error { return c.Pause("a mistake in question 2") },
		ResumeConsultation:  func() error { return c.Resume(noon) },
		CloseConsultation:   func() error { return c.Close(noon) },
		BeginAnalysis:       c.BeginAnalysis,
		BeginResponse:       c.BeginResponse,
		PublishConsultation: func() error { return c.Publish(nil, nil, noon) },
		ArchiveConsultation: c.Archive,
	}
}

var (
	toOpen     = []Action{RequestClearance, ClearConsultation, OpenConsultation}
	toClosed   = append(slices.Clone(toOpen), CloseConsultation)
	toDrafting = append(slices.Clone(toClosed), BeginAnalysis, BeginResponse)
)

func consultationAt(t testing.TB, acts ...Action) *Consultation {
	t.Helper()
	c, err := NewConsultation(inquiry())
	if err != nil {
		t.Fatal(err)
	}
	c.ID = "c"
	for _, act := range acts {
		if err := c.steps()[act](); err != nil {
			t.Fatal(act, err)
		}
	}
	return c
}

// faulty fails the test unless err is a refusal that names a fault there.
func faulty(t testing.TB, err error, pointer string) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) || !slices.ContainsFunc(refused.Faults, func(f Fault) bool { return f.Pointer == pointer }) {
		t.Errorf("no fault at %s: %v", pointer, err)
	}
}

func TestAConsultationMustMakeSense(t *testing.T) {
	for _, tt := range []struct {
		name, pointer string
		spoil         func(*ConsultationDraft)
	}{
		{"a title", "/title", func(d *ConsultationDraft) { d.Title = " " }},
		{"a purpose", "/purpose", func(d *ConsultationDraft) { d.Purpose = "" }},
		{"what will be done with the answers", "/use_of_answers", func(d *ConsultationDraft) { d.UseOfAnswers = "\n" }},
		{"an end after the beginning", "/closes_at", func(d *ConsultationDraft) { d.ClosesAt = d.OpensAt }},
		{"a beginning that a calendar has", "/opens_at", func(d *ConsultationDraft) { d.OpensAt = time.Time{} }},
		{"a time zone", "/time_zone", func(d *ConsultationDraft) { d.TimeZone = "Local" }},
		{"an objective", "/objectives", func(d *ConsultationDraft) { d.Objectives = nil }},
		{"a threshold that hides somebody", "/small_cell_threshold", func(d *ConsultationDraft) { d.Threshold = -1 }},
		{"known types of organization", "/audience/organization_types/0", func(d *ConsultationDraft) { d.Types = List[OrganizationType]{"club"} }},
		{"nobody both asked and excluded", "/audience/organization_ids/0", func(d *ConsultationDraft) {
			d.Organizations, d.Excluded = List[OrganizationID]{"o"}, List[OrganizationID]{"o"}
		}},
		{"nobody excluded twice", "/excluded_organization_ids/1", func(d *ConsultationDraft) { d.Excluded = List[OrganizationID]{"o", "o"} }},
		{"a question in every question", "/questions/0/prompt", func(d *ConsultationDraft) { d.Questions[0].Prompt = "" }},
		{"a key for every question", "/questions/1/key", func(d *ConsultationDraft) { d.Questions[1].Key = "why" }},
		{"a known kind of question", "/questions/0/kind", func(d *ConsultationDraft) { d.Questions[0].Kind = "essay" }},
		{"no options for a text", "/questions/0/options", func(d *ConsultationDraft) { d.Questions[0].Options = d.Questions[1].Options }},
		{"no scale for a text", "/questions/0/scale", func(d *ConsultationDraft) { d.Questions[0].Scale = &Scale{} }},
		{"options for a choice", "/questions/1/options", func(d *ConsultationDraft) { d.Questions[1].Options = nil }},
		{"a key for every option", "/questions/2/options/1/key", func(d *ConsultationDraft) { d.Questions[2].Options[1].Key = "visa" }},
		{"a label for every option", "/questions/2/options/0/label", func(d *ConsultationDraft) { d.Questions[2].Options[0].Label = " " }},
		{"keys that results don't use", "/questions/2/options/0/key", func(d *ConsultationDraft) { d.Questions[2].Options[0].Key = NoAnswer }},
		{"a scale for a scale", "/questions/3/scale", func(d *ConsultationDraft) { d.Questions[3].Scale = nil }},
		{"a scale that goes up", "/questions/3/scale/max", func(d *ConsultationDraft) { d.Questions[3].Scale = &Scale{Min: 5, Max: 1} }},
		{"a scale that people can survey", "/questions/3/scale/max", func(d *ConsultationDraft) { d.Questions[3].Scale = &Scale{Max: 100} }},
		{"options for a ranking", "/questions/4/options", func(d *ConsultationDraft) { d.Questions[4].Options = nil }},
		{"a range that goes up", "/questions/5/range/max", func(d *ConsultationDraft) { d.Questions[5].Range = &Range{Min: "2", Max: "1.5"} }},
		{"a range of numbers", "/questions/5/range/min", func(d *ConsultationDraft) { d.Questions[5].Range = &Range{Min: "1e3"} }},
		{"no range for a date", "/questions/6/range", func(d *ConsultationDraft) { d.Questions[6].Range = &Range{} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := inquiry()
			tt.spoil(&d)
			_, err := NewConsultation(d)
			faulty(t, err, tt.pointer)
		})
	}
}

func TestClearanceNamesEachGap(t *testing.T) {
	d := inquiry()
	d.Questions, d.Audience = nil, Audience{Excluded: List[OrganizationID]{"o"}}
	c, err := NewConsultation(d)
	if err != nil {
		t.Fatal(err)
	}
	err = c.RequestClearance(officer, c.ClosesAt)
	for _, pointer := range []string{"/questions", "/audience", "/closes_at"} {
		faulty(t, err, pointer)
	}
	if !c.Stage.Is(ConsultationDrafted) {
		t.Error("it moved all the same")
	}
}

func TestWhoAskedForClearanceMayNotGiveIt(t *testing.T) {
	c := consultationAt(t, RequestClearance)
	if err := c.Clear(officer, noon); !errors.Is(err, Forbidden) {
		t.Errorf("got %v", err)
	}
	if err := c.Clear(director, c.ClosesAt); !errors.Is(err, Invalid) {
		t.Errorf("cleared when its time was over: %v", err)
	}
	if err := c.Clear(director, noon); err != nil {
		t.Error(err)
	}
}

func TestAConsultationMovesOnlyByItsLifeCycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := NewConsultation(inquiry())
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			// Most draws follow the life cycle, so that its far end is reached.
			acts := slices.Sorted(maps.Keys(consultationLife))
			if rapid.IntRange(0, 9).Draw(t, "stray") > 0 {
				acts = consultationLife.next(c.Stage)
			}
			if len(acts) == 0 {
				return
			}
			act := rapid.SampledFrom(acts).Draw(t, "act")
			from, allowed := c.Stage.Now(), slices.Contains(c.Next(director), act)
			if from == ConsultationScheduled || from == ConsultationPaused {
				c.OpensAt, c.ClosesAt = noon.Add(-time.Hour), noon.Add(time.Hour)
			}
			before := len(c.events)
			err := c.steps()[act]()
			switch {
			case (err == nil) != allowed:
				t.Fatalf("%s from %s: %v, but _actions said %t", act, from, err, allowed)
			case err != nil && (c.Stage.Now() != from || !errors.Is(err, Conflict) || len(c.events) != before):
				t.Fatalf("%s refused from %s left %s: %v", act, from, c.Stage, err)
			case err == nil && (c.Stage.Now() != consultationLife[act].to || len(c.events) != before+1):
				t.Fatalf("%s from %s led to %s with %d events", act, from, c.Stage, len(c.events)-before)
			}
			if open := c.Accepting(noon) == nil; open != c.Stage.Is(ConsultationOpen) {
				t.Fatalf("takes submissions in %s: %t", c.Stage, open)
			}
			if c.Answered() && (!c.ResultsPublished || c.PublishedAt == nil) {
				t.Fatalf("published without results")
			}
		}
	})
}

func TestTheClockDecidesWhatComesLate(t *testing.T) {
	c := consultationAt(t, toOpen...)
	for name, tt := range map[string]struct {
		at time.Time
		ok bool
	}{
		"in time":                       {c.ClosesAt.Add(-time.Microsecond), true},
		"at the stroke":                 {c.ClosesAt, false},
		"late, though not yet recorded": {c.ClosesAt.Add(time.Hour), false},
	} {
		if err := c.Accepting(tt.at); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		if due := c.DueToClose(tt.at); due == tt.ok {
			t.Errorf("%s: due to close is %t", name, due)
		}
	}
}

func TestItOpensAtItsTimeAndNotBefore(t *testing.T) {
	c := consultationAt(t, RequestClearance, ClearConsultation)
	early := c.OpensAt.Add(-time.Microsecond)
	if err := c.Open(early); !errors.Is(err, Conflict) || c.DueToOpen(early) {
		t.Errorf("opened early: %v", err)
	}
	if !c.DueToOpen(c.OpensAt) {
		t.Error("not due at its time")
	}
	if err := c.Open(c.OpensAt); err != nil {
		t.Error(err)
	}
	if c.DueToOpen(noon) {
		t.Error("due again")
	}
}

func TestReschedule(t *testing.T) {
	day := 24 * time.Hour
	for name, tt := range map[string]struct {
		acts          []Action
		opens, closes time.Time
		pointer       string
		kind          Kind
	}{
		"a scheduled one opens later":         {[]Action{RequestClearance, ClearConsultation}, noon.Add(day), noon.Add(2 * day), "", ""},
		"an open one closes later":            {toOpen, noon.Add(-time.Hour), noon.Add(9 * day), "", ""},
		"a paused one closes later":           {append(slices.Clone(toOpen), PauseConsultation), noon.Add(-time.Hour), noon.Add(9 * day), "", ""},
		"an open one has opened":              {toOpen, noon.Add(time.Hour), noon.Add(day), "/opens_at", ""},
		"it does not close in the past":       {toOpen, noon.Add(-time.Hour), noon, "/closes_at", ""},
		"it does not close before it opens":   {[]Action{RequestClearance, ClearConsultation}, noon.Add(day), noon.Add(time.Hour), "/closes_at", ""},
		"a draft is edited and a closed over": {toClosed, noon.Add(-time.Hour), noon.Add(day), "", Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			c := consultationAt(t, tt.acts...)
			err := c.Reschedule(tt.opens, tt.closes, noon)
			switch {
			case tt.pointer != "":
				faulty(t, err, tt.pointer)
			case tt.kind != "":
				if !errors.Is(err, tt.kind) {
					t.Errorf("got %v", err)
				}
			case err != nil || !c.OpensAt.Equal(tt.opens) || !c.ClosesAt.Equal(tt.closes):
				t.Errorf("got %v, %s to %s", err, c.OpensAt, c.ClosesAt)
			}
		})
	}
}

func TestAPausedConsultationWhoseTimeIsOverStaysPaused(t *testing.T) {
	c := consultationAt(t, append(slices.Clone(toOpen), PauseConsultation)...)
	if err := c.Resume(c.ClosesAt); !errors.Is(err, Conflict) {
		t.Errorf("got %v", err)
	}
	if !c.DueToClose(c.ClosesAt) {
		t.Error("not due to close")
	}
}

func TestWhatIsClearedIsNotEdited(t *testing.T) {
	c := consultationAt(t, RequestClearance)
	if err := c.Edit(c.Draft()); !errors.Is(err, Conflict) {
		t.Errorf("got %v", err)
	}
	if err := c.Return(" "); !errors.Is(err, Invalid) {
		t.Errorf("returned without a reason: %v", err)
	}
	if err := c.Return("ask in Spanish, too"); err != nil {
		t.Fatal(err)
	}
	if err := c.Edit(c.Draft()); err != nil || c.Threshold != DefaultThreshold {
		t.Errorf("threshold %d: %v", c.Threshold, err)
	}
}

func TestNothingIsPublishedWhileAThemeLacksAResponse(t *testing.T) {
	c := consultationAt(t, toDrafting...)
	theme := func(id ThemeID, title string) Theme {
		v, err := NewTheme(c, ThemeDraft{Title: title})
		if err != nil {
			t.Fatal(err)
		}
		v.ID = id
		return *v
	}
	fees, debt, retired := theme("fees", "Fees"), theme("debt", "Debt"), theme("old", "Old")
	if err := retired.Retire(c, 0, false); err != nil {
		t.Fatal(err)
	}
	r, err := NewResponse(c, &fees, ResponseDraft{Outcome: OutcomeAdopted, Reason: "The guidance now says so."})
	if err != nil {
		t.Fatal(err)
	}
	themes := []Theme{fees, debt, retired}
	err = c.Publish(themes, []Response{*r}, noon)
	faulty(t, err, "/themes/debt")
	if err == nil || strings.Contains(err.Error(), `"Fees"`) || strings.Contains(err.Error(), `"Old"`) || !strings.Contains(err.Error(), `"Debt"`) {
		t.Errorf("names other than what is missing: %v", err)
	}
	other, err := NewResponse(c, &debt, ResponseDraft{Outcome: OutcomeOutOfScope, Reason: "Another office's.", Link: Link{"commitment", "k"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Publish(themes, []Response{*r, *other}, noon); err != nil || !c.ResultsPublished {
		t.Errorf("results published is %t: %v", c.ResultsPublished, err)
	}
	if _, err := NewTheme(c, ThemeDraft{Title: "Late"}); !errors.Is(err, Conflict) {
		t.Errorf("a theme after the publication: %v", err)
	}
	if err := r.Edit(c, r.Draft()); !errors.Is(err, Conflict) {
		t.Errorf("a response changed after the publication: %v", err)
	}
}

func TestAResponseMustSayWhatAndWhy(t *testing.T) {
	c := consultationAt(t, toDrafting...)
	theme, err := NewTheme(c, ThemeDraft{Title: "Fees"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		pointer string
		d       ResponseDraft
	}{
		"an outcome":            {"/outcome", ResponseDraft{Outcome: "noted", Reason: "Thanks."}},
		"a reason":              {"/reason", ResponseDraft{Outcome: OutcomeDeferred, Reason: " "}},
		"a whole link":          {"/link_id", ResponseDraft{Outcome: OutcomeAdopted, Reason: "Done.", Link: Link{"commitment", ""}}},
		"a known kind of link":  {"/link_kind", ResponseDraft{Outcome: OutcomeAdopted, Reason: "Done.", Link: Link{"account", "a"}}},
		"a kind with the id":    {"/link_id", ResponseDraft{Outcome: OutcomeAdopted, Reason: "Done.", Link: Link{"", "a"}}},
		"an outcome of the law": {"/outcome", ResponseDraft{Reason: "Done."}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewResponse(c, theme, tt.d)
			faulty(t, err, tt.pointer)
		})
	}
	if _, err := NewResponse(consultationAt(t, toClosed...), theme, ResponseDraft{Outcome: OutcomeAdopted, Reason: "Done."}); !errors.Is(err, Conflict) {
		t.Errorf("a response before its time: %v", err)
	}
}

func TestResultsArePublishedOnceFromClosingOn(t *testing.T) {
	if err := consultationAt(t, toOpen...).PublishResults(); !errors.Is(err, Conflict) {
		t.Errorf("while open: %v", err)
	}
	c := consultationAt(t, toClosed...)
	if err := c.PublishResults(); err != nil {
		t.Error(err)
	}
	if err := c.PublishResults(); !errors.Is(err, Conflict) {
		t.Errorf("twice: %v", err)
	}
}
