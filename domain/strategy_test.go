package domain

import (
	"fmt"
	"strings"
	"testing"
)

func TestStrategyHasItsGoalsAndObjectives(t *testing.T) {
	var codes []string
	for i, g := range Goals() {
		if g.Number != i+1 || g.Title == "" || g.Description == "" {
			t.Errorf("goal %d is %+v", i+1, g)
		}
		for j, o := range g.Objectives {
			if o.Goal != g.Number || o.Code != fmt.Sprintf("%d.%d", g.Number, j+1) || o.Title == "" || o.Justification == "" {
				t.Errorf("objective %d of goal %d is %+v", j+1, g.Number, o)
			}
			if found, ok := ObjectiveByCode(o.Code); !ok || found != o {
				t.Errorf("%s is %+v", o.Code, found)
			}
			codes = append(codes, o.Code)
		}
	}
	if got, want := strings.Join(codes, " "), "1.1 1.2 2.1 2.2 3.1 3.2 4.1 4.2 4.3 5.1 5.2"; got != want {
		t.Errorf("objectives %s, want %s", got, want)
	}
	for _, code := range []string{"", "4", "4.4", "6.1", "04.1", "4.1 "} {
		if o, ok := ObjectiveByCode(code); ok {
			t.Errorf("%q found %+v", code, o)
		}
	}
}

func TestGoalsCannotBeChangedByTheirReader(t *testing.T) {
	Goals()[3].Objectives[0].Title = "changed"
	if o, _ := ObjectiveByCode("4.1"); o.Title == "changed" {
		t.Error("a reader changed the strategy")
	}
}

func TestStrategyIsWordForWord(t *testing.T) {
	b := published(t, "strategy/strategy.txt")
	if b == nil {
		return
	}
	text := strings.ReplaceAll(string(b), "**", "")
	s := OfficeStrategy()
	want := []string{
		"\n" + s.Title + "\n", "\n" + s.Office + "\n",
		"\nApproved: " + s.Approved.Time().Format("January 2, 2006") + "\n",
		"\nLast Updated: " + s.Updated.Time().Format("January 2, 2006") + "\n",
	}
	for _, g := range s.Goals {
		want = append(want, ": "+g.Title+"\n", "\n"+g.Description+"\n")
		for _, o := range g.Objectives {
			want = append(want, "\nObjective "+o.Code+": "+o.Title+"\n", "\n"+o.Justification+"\n")
		}
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("not in the strategy: %q", w)
		}
	}
}
