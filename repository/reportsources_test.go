package repository

import (
	"regexp"
	"testing"

	"accord/domain"
)

// TestAKeyIsToldNoFigureThatIsMadeNearAdvisors looks at what every figure is made
// of: the tables that no API key is given to read, and what says who was unheard.
func TestAKeyIsToldNoFigureThatIsMadeNearAdvisors(t *testing.T) {
	near := regexp.MustCompile(`\b(participants|hearings|unheard|advisors|consultations|results|submissions|themes|responses|councils|recommendations|agency_responses)\b`)
	officer := domain.Actor{Role: domain.Staff}
	key := officer.Through(&domain.Delegation{Actions: domain.Actions()})
	made := sources(true)
	told := 0
	for _, objective := range []string{"4.1", "4.3"} {
		for _, ind := range domain.ReportIndicators(objective) {
			switch isNear := near.MatchString(made[ind.Code]); {
			case made[ind.Code] == "" || !ind.To(officer):
				t.Errorf("%s is told to nobody", ind.Code)
			case isNear == ind.To(key):
				t.Errorf("%s is made of %q, and told to a key: %v", ind.Code, near.FindString(made[ind.Code]), ind.To(key))
			case !isNear:
				told++
			}
			delete(made, ind.Code)
		}
	}
	for code := range made {
		t.Errorf("%s is no figure", code)
	}
	if told == 0 {
		t.Error("a key is told nothing")
	}
}
