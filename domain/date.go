package domain

import "time"

// Date is a calendar day, as "2006-01-02"; empty when there is none. A day has
// no time zone, so it is never stored as an instant.
type Date string

// DateOf is the day that t falls on in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// ParseDate reads an ISO 8601 calendar day.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", Refuse(Invalid, "a date is written YYYY-MM-DD and must exist")
	}
	return Date(s), nil
}

// Time is midnight UTC at the start of the day; the zero time for no date.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// Before reports whether d is an earlier day than other. No date is before none.
func (d Date) Before(other Date) bool { return d != "" && other != "" && d < other }

// AddDays is the day n days later.
func (d Date) AddDays(n int) Date {
	if d == "" {
		return ""
	}
	return DateOf(d.Time().AddDate(0, 0, n))
}

// AddMonths is the same day n months later, or the last of a month that is too
// short to have it.
func (d Date) AddMonths(n int) Date {
	if d == "" {
		return ""
	}
	y, m, day := d.Time().Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return DateOf(time.Date(y, m+time.Month(n), min(day, last.Day()), 0, 0, 0, 0, time.UTC))
}

// ahead finds a day by which nothing can be done any more: one that is over. What is
// taken over from a register may be, so its importer doesn't ask.
func (d Date) ahead(f *Faults, at string, today Date) {
	if d != "" && d.Before(today) {
		f.Add(at, "past", "is over: today is %s; give that day or one to come", today)
	}
}

// Precision is how exactly a date is known: to the day, unless it says otherwise.
// A date that is known to a month or a year is kept as the last day of it.
type Precision string

// The precisions. The empty one is to the day.
const (
	ToTheDay   Precision = "day"
	ToTheMonth Precision = "month"
	ToTheYear  Precision = "year"
)

// Exact reports whether the very day is known.
func (p Precision) Exact() bool { return p == "" || p == ToTheDay }

// check finds a date that its precision does not allow; at is where the
// precision stands in the body.
func (p Precision) check(f *Faults, at string, d Date) {
	next := d.Time().AddDate(0, 0, 1)
	switch {
	case p.Exact(), p == ToTheMonth && d != "" && next.Day() == 1, p == ToTheYear && d != "" && next.YearDay() == 1:
	case p == ToTheMonth, p == ToTheYear:
		f.Add(at, "invalid", "needs a date that is the last day of its %s", p)
	default:
		f.Add(at, "unknown_value", "must be day, month or year")
	}
}

// FiscalYear is the US federal fiscal year of the day: it begins on 1 October
// of the year before (31 U.S.C. 1102).
func (d Date) FiscalYear() int {
	t := d.Time()
	if t.Month() >= time.October {
		return t.Year() + 1
	}
	return t.Year()
}

// FiscalYearSpan is the first day of a US fiscal year and of the next.
func FiscalYearSpan(year int) (from, until Date) {
	return DateOf(time.Date(year-1, time.October, 1, 0, 0, 0, 0, time.UTC)),
		DateOf(time.Date(year, time.October, 1, 0, 0, 0, 0, time.UTC))
}
