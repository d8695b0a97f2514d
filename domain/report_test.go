package domain

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
)

func TestEveryIndicatorHasAReferenceSheet(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range reportIndicators {
		if i.Objective != "4.1" && i.Objective != "4.3" {
			t.Errorf("%s is of objective %q", i.Code, i.Objective)
		}
		if i.Title == "" || i.Unit == "" || !strings.HasSuffix(i.Definition, ".") || i.Limits != "" && !strings.HasSuffix(i.Limits, ".") {
			t.Errorf("%s lacks a title, a unit, or sentences that end", i.Code)
		}
		if i.Code == "" || strings.Trim(i.Code, "abcdefghijklmnopqrstuvwxyz_") != "" || seen[i.Code] {
			t.Errorf("code %q is not one of its own", i.Code)
		}
		seen[i.Code] = true
		if found, ok := ReportIndicatorByCode(i.Objective, i.Code); !ok || found != i {
			t.Errorf("%s is not found by its code", i.Code)
		}
	}
	for _, objective := range []string{"", "4", "4.2", "4.4", "1.1"} {
		if got := ReportIndicators(objective); len(got) != 0 {
			t.Errorf("objective %q reports %d indicators", objective, len(got))
		}
	}
}

func TestAFigureIsMadeOfWhatItsRowsComeTo(t *testing.T) {
	sum := func(key string, rows, people, amount int64) ReportSum {
		return ReportSum{Key: key, Rows: rows, People: people, Amount: big.NewInt(amount)}
	}
	huge := ReportSum{Key: "USD", Rows: 2, Amount: new(big.Int).Mul(big.NewInt(1<<62), big.NewInt(10))}
	for name, tt := range map[string]struct {
		kind FigureKind
		sums []ReportSum
		want string
	}{
		"nothing counts none":                       {FigureCount, nil, "0 rows"},
		"a count is its rows":                       {FigureCount, []ReportSum{sum("", 3, 3, 0)}, "3 rows"},
		"a breakdown is in the order of its keys":   {FigureBreakdown, []ReportSum{sum("b", 2, 2, 0), sum("a", 1, 1, 0)}, "3 rows a=1 b=2"},
		"a pair has both sides":                     {FigurePair, []ReportSum{sum("self_reported", 5, 5, 0), sum("verified", 2, 2, 0)}, "7 rows 5/2"},
		"a pair may have one side":                  {FigurePair, []ReportSum{sum("verified", 2, 2, 0)}, "2 rows 0/2"},
		"a median may be whole":                     {FigureMedian, []ReportSum{sum("", 3, 0, 40)}, "3 rows 4"},
		"a median may lie between two":              {FigureMedian, []ReportSum{sum("", 2, 0, -35)}, "2 rows -3.5"},
		"there is no median of nothing":             {FigureMedian, nil, "0 rows"},
		"people are summed":                         {FigurePeople, []ReportSum{sum("a", 2, 2, 31), sum("b+c", 1, 1, 12)}, "3 rows a=31 b+c=12"},
		"money has its currency's decimals":         {FigureAmounts, []ReportSum{sum("USD", 2, 2, 125005), sum("JPY", 1, 1, 7000)}, "3 rows JPY=7000 USD=1250.05"},
		"money is exact beyond 64 bits":             {FigureAmounts, []ReportSum{huge}, "2 rows USD=461168601842738790.40"},
		"no advisor is not told":                    {FigureHours, nil, "0 rows suppressed"},
		"ten advisors are not told":                 {FigureHours, []ReportSum{sum("", 40, 10, 6000)}, "0 rows suppressed"},
		"eleven are, and not their rows":            {FigureHours, []ReportSum{sum("", 40, 11, 630)}, "0 rows 10.5"},
		"a share is of participations":              {FigureShare, []ReportSum{sum("paid", 12, 11, 0), sum("unpaid", 24, 12, 0)}, "0 rows 33.3"},
		"a share with a small side is not told":     {FigureShare, []ReportSum{sum("paid", 40, 30, 0), sum("unpaid", 12, 10, 0)}, "0 rows suppressed"},
		"a share may have one side":                 {FigureShare, []ReportSum{sum("unpaid", 40, 30, 0)}, "0 rows 0"},
		"a share with only a small side isn't told": {FigureShare, []ReportSum{sum("paid", 3, 3, 0)}, "0 rows suppressed"},
	} {
		if got := lineOf(ReportIndicator{Kind: tt.kind}.Figure(tt.sums)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// lineOf is a figure as one line.
func lineOf(f ReportFigure) string {
	words := []string{fmt.Sprintf("%d rows", f.Rows)}
	for _, c := range f.Cells {
		value := c.Number
		if value == "" {
			value = fmt.Sprint(c.Count)
		}
		words = append(words, c.Key+"="+value)
	}
	if f.Kind == FigurePair {
		words = append(words, fmt.Sprintf("%d/%d", f.SelfReported, f.Verified))
	}
	if f.Number != "" {
		words = append(words, f.Number)
	}
	if f.Suppressed {
		words = append(words, "suppressed")
	}
	return strings.Join(words, " ")
}
