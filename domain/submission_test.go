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

var (
	speaker = Actor{Account: "s", Role: Advising, Advisor: "a"}
	company = &Organization{Type: OrganizationBusiness, Stage: Stage[OrganizationStage]{OrganizationApproved}, Vetting: cleared()}
)

func three() *int { n := 3; return &n }

func answers() []Answer {
	return []Answer{
		{Question: "why", Text: "Because nobody checks."},
		{Question: "who", Choice: "worker"},
		{Question: "what", Choices: []string{"visa", "other"}},
		{Question: "how", Scale: three()},
		{Question: "order", Ranking: []string{"travel", "visa"}},
		{Question: "many", Number: "99.5"},
		{Question: "since", Date: "2024-02-29"},
	}
}

func draftBy(t testing.TB, c *Consultation, by Actor, d SubmissionDraft) *Submission {
	t.Helper()
	org := company
	if by.Organization == "" {
		org = nil
	}
	s, err := NewSubmission(c, by, org, "Voice 7K2Q", d, noon)
	if err != nil {
		t.Fatal(err)
	}
	s.ID = "s"
	return s
}

func TestAnswersMustFitTheirQuestions(t *testing.T) {
	c := consultationAt(t, toOpen...)
	nine := 9
	for name, tt := range map[string]struct {
		pointer string
		answers []Answer
	}{
		"a required question is answered":        {"/answers", []Answer{{Question: "who", Choice: "worker"}}},
		"an unknown question":                    {"/answers/0/question", []Answer{{Question: "when", Text: "Now"}}},
		"one answer to a question":               {"/answers/1/question", []Answer{{Question: "why", Text: "A"}, {Question: "why", Text: "B"}}},
		"something said":                         {"/answers/0", []Answer{{Question: "why"}}},
		"one thing said":                         {"/answers/0", []Answer{{Question: "why", Text: "A", Choice: "worker"}}},
		"nothing beside prefer_not_to_answer":    {"/answers/0", []Answer{{Question: "why", Text: "A", PreferNotToAnswer: true}}},
		"a text of something":                    {"/answers/0/text", []Answer{{Question: "why", Text: " \n"}}},
		"a choice for a choice":                  {"/answers/1/text", []Answer{{Question: "why", Text: "A"}, {Question: "who", Text: "worker"}}},
		"a choice that is offered":               {"/answers/1/choice", []Answer{{Question: "why", Text: "A"}, {Question: "who", Choice: "agent"}}},
		"choices that are offered":               {"/answers/1/choices", []Answer{{Question: "why", Text: "A"}, {Question: "what", Choices: []string{"visa", "bribe"}}}},
		"each choice once":                       {"/answers/1/choices", []Answer{{Question: "why", Text: "A"}, {Question: "what", Choices: []string{"visa", "visa"}}}},
		"a number that is on the scale":          {"/answers/1/scale", []Answer{{Question: "why", Text: "A"}, {Question: "how", Scale: &nine}}},
		"a ranking of what is offered":           {"/answers/1/ranking", []Answer{{Question: "why", Text: "A"}, {Question: "order", Ranking: []string{"visa", "bribe"}}}},
		"each rank's own option":                 {"/answers/1/ranking", []Answer{{Question: "why", Text: "A"}, {Question: "order", Ranking: []string{"visa", "visa"}}}},
		"a number":                               {"/answers/1/number", []Answer{{Question: "why", Text: "A"}, {Question: "many", Number: "1e3"}}},
		"a number from the range's begin":        {"/answers/1/number", []Answer{{Question: "why", Text: "A"}, {Question: "many", Number: "-0.1"}}},
		"a number up to the range's end":         {"/answers/1/number", []Answer{{Question: "why", Text: "A"}, {Question: "many", Number: "99.51"}}},
		"a day that exists":                      {"/answers/1/date", []Answer{{Question: "why", Text: "A"}, {Question: "since", Date: "2023-02-29"}}},
		"a day for a day":                        {"/answers/1/text", []Answer{{Question: "why", Text: "A"}, {Question: "since", Text: "2024-02-29"}}},
		"no choices for a question with a scale": {"/answers/1/choices", []Answer{{Question: "why", Text: "A"}, {Question: "how", Choices: []string{"visa"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewAnonymousSubmission(c, "hash", tt.answers, noon)
			faulty(t, err, tt.pointer)
		})
	}
}

func TestEveryQuestionCanBeLeftUnsaid(t *testing.T) {
	c := consultationAt(t, toOpen...)
	var silent []Answer
	for _, q := range c.Questions {
		silent = append(silent, Answer{Question: q.Key, PreferNotToAnswer: true})
	}
	if _, err := NewAnonymousSubmission(c, "hash", silent, noon); err != nil {
		t.Error(err)
	}
}

func TestADraftMayBeIncompleteAndWhatIsHandedInMayNot(t *testing.T) {
	c := consultationAt(t, toOpen...)
	s := draftBy(t, c, harborMe, SubmissionDraft{})
	faulty(t, s.Submit(harborMe, c, company, noon), "/answers")
	if err := s.Edit(c, SubmissionDraft{Answers: answers()}, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Submit(harborMe, c, company, noon); err != nil || !s.Received || s.Number != 1 {
		t.Errorf("received %t, number %d: %v", s.Received, s.Number, err)
	}
	if err := s.Edit(c, s.Draft(), noon); !errors.Is(err, Conflict) {
		t.Errorf("edited what was handed in: %v", err)
	}
}

func TestAttribution(t *testing.T) {
	c := consultationAt(t, toOpen...)
	for name, tt := range map[string]struct {
		by       Actor
		d        SubmissionDraft
		pointer  string
		want     Attribution
		category Category
		alias    bool
	}{
		"a partner speaks for its organization":      {by: harborMe, want: ByOrganization, category: CategoryPrivateSector},
		"a partner can give a name":                  {by: harborMe, d: SubmissionDraft{Attribution: Attributed, AttributedTo: "Head of compliance"}, want: Attributed, category: CategoryPrivateSector},
		"a name is given if attributed":              {by: harborMe, d: SubmissionDraft{Attribution: Attributed}, pointer: "/attributed_to"},
		"and only then":                              {by: harborMe, d: SubmissionDraft{AttributedTo: "Head of compliance"}, pointer: "/attributed_to"},
		"a partner is not pseudonymous":              {by: harborMe, d: SubmissionDraft{Attribution: Pseudonymous}, pointer: "/attribution"},
		"an advisor is pseudonymous":                 {by: speaker, want: Pseudonymous, category: CategoryAdvisors, alias: true},
		"an advisor can be anonymous, and is public": {by: speaker, d: SubmissionDraft{Attribution: Anonymous}, want: Anonymous, category: CategoryPublic},
		"an advisor's name needs a consent":          {by: speaker, d: SubmissionDraft{Attribution: Attributed, AttributedTo: "Ana"}, pointer: "/attribution"},
	} {
		t.Run(name, func(t *testing.T) {
			org := company
			if tt.by.Organization == "" {
				org = nil
			}
			tt.d.Answers = answers()
			s, err := NewSubmission(c, tt.by, org, "Voice 7K2Q", tt.d, noon)
			if tt.pointer != "" {
				faulty(t, err, tt.pointer)
				return
			}
			if err == nil {
				err = s.Submit(harborMe, c, company, noon)
			}
			if err != nil || s.Attribution != tt.want || s.Category != tt.category || (s.Alias != "") != tt.alias {
				t.Errorf("got %s, %s, alias %q: %v", s.Attribution, s.Category, s.Alias, err)
			}
		})
	}
}

func TestNobodyAttributesWhatAnAdvisorOrNobodyDoes(t *testing.T) {
	c := consultationAt(t, toOpen...)
	for name, tt := range map[string]struct {
		by           Actor
		unattributed bool
	}{"a partner": {harborMe, false}, "an advisor": {speaker, true}} {
		s := draftBy(t, c, tt.by, SubmissionDraft{Answers: answers()})
		if err := errors.Join(s.Edit(c, s.Draft(), noon), s.Submit(harborMe, c, company, noon), s.Amend(c, answers(), noon), s.Withdraw()); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Drain() {
			if e.Unattributed != tt.unattributed || e.Note != "" {
				t.Errorf("%s: %s is unattributed: %t, with note %q", name, e.Name, e.Unattributed, e.Note)
			}
		}
	}
	s, err := NewAnonymousSubmission(c, "hash", answers(), noon)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMessage(s, Actor{Role: Anyone}, "A word more.", 0, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append(s.Drain(), m.Drain()...) {
		if !e.Unattributed {
			t.Errorf("%s by nobody is attributed", e.Name)
		}
	}
	s.Touch(noon)
	m.Touch(noon)
	if day := noon.Truncate(24 * time.Hour); !s.CreatedAt.Equal(day) || !s.UpdatedAt.Equal(day) || !m.CreatedAt.Equal(day) || s.Version != 1 {
		t.Errorf("kept finer than the day: %s", s.CreatedAt)
	}
}

func TestASubmissionMovesOnlyByItsLifeCycle(t *testing.T) {
	c := consultationAt(t, toOpen...)
	rapid.Check(t, func(t *rapid.T) {
		s, err := NewSubmission(c, harborMe, company, "", SubmissionDraft{Answers: answers()}, noon)
		if err != nil {
			t.Fatal(err)
		}
		steps := map[Action]func() error{
			SubmitSubmission:   func() error { return s.Submit(harborMe, c, company, noon) },
			AmendSubmission:    func() error { return s.Amend(c, answers(), noon) },
			AcceptSubmission:   s.Accept,
			WithholdSubmission: func() error { return s.Withhold("abuse") },
			WithdrawSubmission: s.Withdraw,
			EditSubmission:     func() error { return s.Edit(c, SubmissionDraft{Answers: answers()}, noon) },
		}
		handedIn := 0
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			act := rapid.SampledFrom(slices.Sorted(maps.Keys(steps))).Draw(t, "act")
			from, allowed := s.Stage.Now(), slices.Contains(s.Next(), act)
			err := steps[act]()
			if (err == nil) != allowed || err != nil && (!errors.Is(err, Conflict) || s.Stage.Now() != from) {
				t.Fatalf("%s from %s: %v, but _actions said %t", act, from, err, allowed)
			}
			if err == nil && (act == SubmitSubmission || act == AmendSubmission) {
				handedIn++
			}
			switch {
			case s.Stage.Is(SubmissionWithdrawn):
				if s.Content != nil || s.Organization != "" || s.Category != "" || s.Attribution != "" || s.ReceivedOn != "" || s.Number != 0 || s.Digest != "" {
					t.Fatalf("something of it stayed: %+v", *s)
				}
			case s.Number != handedIn || s.Received != (handedIn > 0):
				t.Fatalf("number %d after %d times", s.Number, handedIn)
			}
			if (s.WithheldReason != "") != s.Stage.Is(SubmissionWithheld) {
				t.Fatalf("reason %q in %s", s.WithheldReason, s.Stage)
			}
		}
	})
}

func TestNothingIsAmendedAfterTheClosing(t *testing.T) {
	c := consultationAt(t, toOpen...)
	s, err := NewAnonymousSubmission(c, "hash", answers(), noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Amend(c, answers(), c.ClosesAt); !errors.Is(err, Conflict) || s.Number != 1 {
		t.Errorf("got %v", err)
	}
	if err := s.Withdraw(); err != nil {
		t.Errorf("but it can be withdrawn: %v", err)
	}
}

func TestWhoWasHeard(t *testing.T) {
	c := consultationAt(t, toOpen...)
	ledBySurvivors := &Organization{Type: OrganizationNGO, SurvivorLed: true}
	for name, tt := range map[string]struct {
		by   Actor
		d    SubmissionDraft
		org  *Organization
		want []Group
	}{
		"a company is of the private sector": {harborMe, SubmissionDraft{}, company, []Group{PrivateSector}},
		"an organization led by survivors":   {harborMe, SubmissionDraft{}, ledBySurvivors, []Group{Survivors, CivilSociety}},
		"an advisor":                         {speaker, SubmissionDraft{}, nil, []Group{Survivors}},
		"nobody":                             {speaker, SubmissionDraft{Attribution: Anonymous}, nil, nil},
	} {
		if got := draftBy(t, c, tt.by, tt.d).Groups(tt.org); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestOnlyAnswersThatSaySomethingAreCoded(t *testing.T) {
	c := consultationAt(t, toClosed...)
	open := consultationAt(t, toOpen...)
	s, err := NewAnonymousSubmission(open, "hash", []Answer{{Question: "why", Text: "Fees."}, {Question: "who", PreferNotToAnswer: true}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	theme, err := NewTheme(c, ThemeDraft{Title: "Fees"})
	if err != nil {
		t.Fatal(err)
	}
	foreign := &Theme{Consultation: "another", Stage: theme.Stage}
	for question, pointer := range map[string]string{"why": "", "who": "/question", "how": "/question"} {
		_, err := NewCoding(c, s, theme, question, 1, officer)
		if pointer == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		faulty(t, err, pointer)
	}
	_, err = NewCoding(c, s, foreign, "why", 1, officer)
	faulty(t, err, "/theme_id")
	if err := theme.Retire(c, 1, false); !errors.Is(err, Conflict) {
		t.Errorf("a theme in use was retired: %v", err)
	}
	if err := theme.Retire(c, 0, true); !errors.Is(err, Conflict) {
		t.Errorf("a theme with a response was retired: %v", err)
	}
	if err := theme.Retire(c, 0, false); err != nil {
		t.Fatal(err)
	}
	_, err = NewCoding(c, s, theme, "why", 1, officer)
	faulty(t, err, "/theme_id")
	if err := s.Withdraw(); err != nil {
		t.Fatal(err)
	}
	if _, err := NewCoding(c, s, theme, "why", 1, officer); !errors.Is(err, Conflict) {
		t.Errorf("what was withdrawn was coded: %v", err)
	}
}

func TestACodebookKeepsItsVersions(t *testing.T) {
	c := consultationAt(t)
	fees, err := NewTheme(c, ThemeDraft{"Fees", "Who pays."})
	if err != nil {
		t.Fatal(err)
	}
	fees.ID = "fees"
	first := NextCodebook(c.ID, 0, []Theme{*fees})
	if err := fees.Edit(c, ThemeDraft{"Recruitment fees", "Who pays."}); err != nil {
		t.Fatal(err)
	}
	second := NextCodebook(c.ID, first.Number, []Theme{*fees})
	if first.Number != 1 || second.Number != 2 || first.Themes[0].Title != "Fees" || second.Themes[0].Title != "Recruitment fees" {
		t.Errorf("got %v, %v", first, second)
	}
}

// TestATallyHoldsEveryoneOnce holds the tables against counting by hand.
func TestATallyHoldsEveryoneOnce(t *testing.T) {
	c := consultationAt(t, toOpen...)
	rapid.Check(t, func(t *rapid.T) {
		tally, chose, total := NewTally(c), map[string]int{}, 0
		for range rapid.IntRange(0, 30).Draw(t, "people") {
			var given []Answer
			for _, a := range answers() {
				switch rapid.IntRange(0, 2).Draw(t, a.Question) {
				case 0:
					given = append(given, a)
					for _, option := range append(slices.Concat(a.Choices, a.Ranking[:min(1, len(a.Ranking))]), a.Choice) {
						chose[a.Question+option]++
					}
				case 1:
					given = append(given, Answer{Question: a.Question, PreferNotToAnswer: true})
				}
			}
			total++
			tally.Count(&Submission{Category: rapid.SampledFrom(Categories()).Draw(t, "category"), Content: &Content{Answers: given}})
		}
		sum := 0
		for _, n := range tally.People() {
			sum += n
		}
		if sum != total {
			t.Fatalf("%d people, not %d", sum, total)
		}
		for _, table := range tally.Tables() {
			for column, people := range tally.People() {
				n := 0
				for _, row := range table.Counts {
					n += row[column]
				}
				if n != people {
					t.Fatalf("%s %v: %d people in column %d, not %d", table.Question, table.Answers, n, column, people)
				}
			}
			for i, answer := range table.Answers {
				n := 0
				for _, count := range table.Counts[i] {
					n += count
				}
				if table.Question != "how" && !strings.HasSuffix(answer, "answer") && n != chose[table.Question+answer] {
					t.Fatalf("%s %s: %d, not %d", table.Question, answer, n, chose[table.Question+answer])
				}
			}
		}
	})
}
