package domain

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// FigureKind is how an indicator's figure is made of its rows.
type FigureKind string

// The kinds of figure.
const (
	// FigureCount is the number of rows.
	FigureCount FigureKind = "count"
	// FigureBreakdown is the number of rows of each key.
	FigureBreakdown FigureKind = "breakdown"
	// FigurePair is the number of rows that were reported and, beside it, of
	// those that somebody else has verified.
	FigurePair FigureKind = "pair"
	// FigureMedian is the median of the rows' days.
	FigureMedian FigureKind = "median"
	// FigureAmounts is the sum of the rows' money, by currency.
	FigureAmounts FigureKind = "amounts"
	// FigurePeople is the number of people whom the rows count, by key.
	FigurePeople FigureKind = "people"
	// FigureHours is the sum of the rows' minutes, in hours.
	FigureHours FigureKind = "hours"
	// FigureShare is the percentage of the rows that are paid.
	FigureShare FigureKind = "share"
)

// ReportIndicator is one figure's reference sheet: what is counted, from what,
// and what the figure does not say.
type ReportIndicator struct {
	Objective string
	// Code is stable: front ends and later years name the figure by it.
	Code  string
	Kind  FigureKind
	Title string
	Unit  string
	// Definition says which rows count, Limits what the figure does not show.
	Definition string
	Limits     string
}

// Personal reports whether the figure counts advisors. It is told only of more
// than DefaultThreshold of them, and its rows are never listed: they would show
// an advisor whose presence is hidden.
func (i ReportIndicator) Personal() bool {
	return i.Kind == FigureHours || i.Kind == FigureShare
}

// To reports whether the indicator's figure is told to an actor who may read
// reports: to everyone but an API key, and to that unless the figure is near advisors.
func (i ReportIndicator) To(a Actor) bool {
	return !slices.Contains(ReportNearAdvisors.Limit().Members, i.Code) || a.Sees(ReportNearAdvisors, All)
}

// ReportIndicators lists an objective's indicators in order; none if nothing is
// reported on it.
func ReportIndicators(objective string) []ReportIndicator {
	return slices.DeleteFunc(slices.Clone(reportIndicators), func(i ReportIndicator) bool { return i.Objective != objective })
}

// ReportIndicatorByCode finds an objective's indicator by its code.
func ReportIndicatorByCode(objective, code string) (ReportIndicator, bool) {
	all := ReportIndicators(objective)
	i := slices.IndexFunc(all, func(i ReportIndicator) bool { return i.Code == code })
	if i < 0 {
		return ReportIndicator{}, false
	}
	return all[i], true
}

// Keys of the rows that a kind of figure tells apart.
const (
	SelfReportedRow = "self_reported"
	VerifiedRow     = "verified"
	PaidRow         = "paid"
	UnpaidRow       = "unpaid"
)

// ReportRow is one row behind a figure: a record and, where it can count in
// several parts of the figure, the key of the part in which it counts here.
type ReportRow struct {
	Kind  string
	ID    string
	Title string
	// Day is when it came to count.
	Day Date
	Key string
	// Amount is the row's days, minutes, people or minor units of the currency
	// that Key names, by the kind of the indicator.
	Amount int64
}

// Readable is the action of reading the record itself.
func (r ReportRow) Readable() Action { return Action(r.Kind + ".read") }

// Value is what the row adds to the indicator's figure; empty where that is
// itself and no more.
func (i ReportIndicator) Value(r ReportRow) string {
	switch i.Kind {
	case FigureMedian, FigurePeople:
		return strconv.FormatInt(r.Amount, 10)
	case FigureAmounts:
		return Money{r.Amount, r.Key}.Amount()
	}
	return ""
}

// ReportSum is what the rows of one key come to.
type ReportSum struct {
	Key    string
	Rows   int64
	People int64
	// Amount is the sum of the rows' amounts or, of a median, ten times that.
	Amount *big.Int
}

// ReportCell is one part of a figure. Its value is Number where it has one, else
// Count.
type ReportCell struct {
	Key    string
	Count  int64
	Number string
}

// ReportFigure is what an indicator shows for a year.
type ReportFigure struct {
	ReportIndicator
	// Rows is the number of rows behind it, not told of a personal figure.
	Rows int64
	// Cells are the parts of a breakdown, by key.
	Cells []ReportCell
	// Number is a median, hours or a share as a decimal; empty if there is none.
	Number string
	// SelfReported and Verified are the sides of a pair.
	SelfReported, Verified int64
	// Suppressed says that too few people are counted to tell of them.
	Suppressed bool
}

// Figure makes the indicator's figure of what its rows come to.
func (i ReportIndicator) Figure(sums []ReportSum) ReportFigure {
	f := ReportFigure{ReportIndicator: i}
	if i.Personal() {
		f.tellOfPeople(sums)
		return f
	}
	slices.SortFunc(sums, func(a, b ReportSum) int { return strings.Compare(a.Key, b.Key) })
	for _, s := range sums {
		f.Rows += s.Rows
		f.add(s)
	}
	return f
}

func (f *ReportFigure) add(s ReportSum) {
	switch f.Kind {
	case FigureBreakdown:
		f.Cells = append(f.Cells, ReportCell{Key: s.Key, Count: s.Rows})
	case FigurePeople:
		f.Cells = append(f.Cells, ReportCell{Key: s.Key, Count: s.Amount.Int64()})
	case FigureAmounts:
		c, _ := CurrencyByCode(s.Key)
		units := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.MinorUnits)), nil)
		f.Cells = append(f.Cells, ReportCell{Key: s.Key, Number: new(big.Rat).SetFrac(s.Amount, units).FloatString(c.MinorUnits)})
	case FigureMedian:
		f.Number = oneDecimal(s.Amount, 10)
	case FigurePair:
		if s.Key == VerifiedRow {
			f.Verified = s.Rows
		} else {
			f.SelfReported = s.Rows
		}
	}
}

// tellOfPeople tells a figure about advisors if there are enough of them. None
// is as little told as one, else the first of them would show; a share needs
// enough on each of its sides that has any.
func (f *ReportFigure) tellOfPeople(sums []ReportSum) {
	few := func(s ReportSum) bool { return s.People <= DefaultThreshold }
	if f.Suppressed = len(sums) == 0 || slices.ContainsFunc(sums, few); f.Suppressed {
		return
	}
	var rows, paid int64
	minutes := new(big.Int)
	for _, s := range sums {
		rows += s.Rows
		minutes.Add(minutes, s.Amount)
		if s.Key == PaidRow {
			paid = s.Rows
		}
	}
	f.Number = oneDecimal(minutes, 60)
	if f.Kind == FigureShare {
		f.Number = oneDecimal(big.NewInt(100*paid), rows)
	}
}

// oneDecimal is a fraction with one decimal place, or none if it is whole.
func oneDecimal(n *big.Int, of int64) string {
	return strings.TrimSuffix(new(big.Rat).SetFrac(n, big.NewInt(of)).FloatString(1), ".0")
}
