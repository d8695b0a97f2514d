package domain

import (
	"strings"
	"testing"
)

func TestSmartRulesAddUpToAHundredAndTwentyEach(t *testing.T) {
	s := (&Commitment{}).Smart()
	of := 0
	for _, p := range s.Criteria {
		if p.Of != 20 {
			t.Errorf("%s counts %d", p.Criterion, p.Of)
		}
		of += p.Of
	}
	if of != 100 || len(s.Criteria) != 5 {
		t.Errorf("%d criteria count %d", len(s.Criteria), of)
	}
}

func smartest() *Commitment {
	c := &Commitment{
		Terms: Terms{
			Title: "Audit 41 agencies", Text: strings.Repeat("We audit each of the 41 agencies that recruit for us. ", 2),
			DueOn: "2027-12-31", Amount: Money{Minor: 100, Currency: "USD"},
		},
		Marking: Marking{
			Objectives: List[string]{"4.1"}, Pillars: List[Pillar]{PillarPrevention}, Topics: List[Topic]{TopicResponsibleRecruitment},
			Countries: List[string]{"MY"}, TraffickingTypes: List[TraffickingType]{"labor"},
		},
	}
	c.Plan.Milestones = []Milestone{{Weight: 50, DueOn: "2026-12-31"}, {Weight: 50, DueOn: "2027-12-31"}}
	c.Plan.Indicators = []Indicator{{
		Title: "Agencies audited", Unit: "agencies", MeansOfVerification: "Audit reports", Baseline: Baseline{2025, "0"},
		Targets: []Target{{Period{"2026-01-01", "2026-12-31"}, "20"}},
	}}
	return c
}

// Each ingredient that is taken away costs exactly the rules that ask for it,
// and each of these says what is missing.
func TestASmartScoreFallsByWhatIsMissingAndSaysIt(t *testing.T) {
	if got := smartest().Smart(); got.Score != 100 {
		t.Fatalf("all ingredients score %d: %+v", got.Score, got)
	}
	for name, tt := range map[string]struct {
		take func(*Commitment)
		lost []string
	}{
		"a short text":                     {func(c *Commitment) { c.Text = "We audit 41." }, []string{"text"}},
		"no number":                        {func(c *Commitment) { c.Title, c.Text = "Audit", strings.Repeat("We audit all of them. ", 6) }, []string{"number"}},
		"no country":                       {func(c *Commitment) { c.Countries = nil }, []string{"countries"}},
		"no type of trafficking":           {func(c *Commitment) { c.TraffickingTypes = nil }, []string{"trafficking_types"}},
		"no indicator":                     {func(c *Commitment) { c.Plan.Indicators = nil }, []string{"indicator", "target", "baseline", "means_of_verification", "targets_in_time"}},
		"an indicator without target":      {func(c *Commitment) { c.Plan.Indicators[0].Targets = nil }, []string{"target", "targets_in_time"}},
		"no baseline":                      {func(c *Commitment) { c.Plan.Indicators[0].Baseline = Baseline{} }, []string{"baseline"}},
		"no means of verification":         {func(c *Commitment) { c.Plan.Indicators[0].MeansOfVerification = " " }, []string{"means_of_verification"}},
		"no milestone":                     {func(c *Commitment) { c.Plan.Milestones = nil }, []string{"milestones", "steps", "milestones_in_time"}},
		"one milestone":                    {func(c *Commitment) { c.Plan.Milestones = c.Plan.Milestones[:1] }, []string{"milestones"}},
		"one milestone that is nearly all": {func(c *Commitment) { c.Plan.Milestones[0].Weight = 60 }, []string{"steps"}},
		"no resources":                     {func(c *Commitment) { c.Amount = Money{} }, []string{"resources"}},
		"no objective":                     {func(c *Commitment) { c.Objectives = nil }, []string{"objectives"}},
		"no pillar":                        {func(c *Commitment) { c.Pillars = nil }, []string{"pillars"}},
		"no topic":                         {func(c *Commitment) { c.Topics = nil }, []string{"topics"}},
		"a due year":                       {func(c *Commitment) { c.DuePrecision = ToTheYear }, []string{"due_on"}},
		"a milestone after the end":        {func(c *Commitment) { c.Plan.Milestones[1].DueOn = "2028-01-01" }, []string{"milestones_in_time"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := smartest()
			tt.take(c)
			got, lost, points := c.Smart(), []string{}, 0
			for _, p := range got.Criteria {
				for _, r := range p.Rules {
					if r.Met != (r.Advice == "") {
						t.Errorf("%s: met is %v, advice is %q", r.Key, r.Met, r.Advice)
					}
					if !r.Met {
						lost, points = append(lost, r.Key), points+r.Points
					}
				}
			}
			if strings.Join(lost, ",") != strings.Join(tt.lost, ",") || got.Score != 100-points {
				t.Errorf("lost %v with a score of %d", lost, got.Score)
			}
		})
	}
}
