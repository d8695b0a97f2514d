package sheet

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// A Type is what a field holds, and so the Go type of its value in a Record.
type Type string

const (
	TextType     Type = "text"     // string
	IntegerType  Type = "integer"  // int64
	DecimalType  Type = "decimal"  // Decimal
	BooleanType  Type = "boolean"  // bool
	DateType     Type = "date"     // Date
	DateTimeType Type = "datetime" // time.Time, in UTC
	ListType     Type = "list"     // []string, each item once
)

var types = []Type{TextType, IntegerType, DecimalType, BooleanType, DateType, DateTimeType, ListType}

// A Decimal is an exact number in plain notation, such as -12.5: no exponent,
// plus sign, leading or trailing zeros.
type Decimal string

// A Date is a calendar date, as YYYY-MM-DD.
type Date string

// space declares what becomes of white space in a text. Zero-width spaces,
// byte-order marks and soft hyphens are removed in all but keepSpace.
type space string

const (
	collapseSpace space = "collapse" // the default: one space for each run, line breaks included; none at the ends
	lineSpace     space = "lines"    // the same within each line; one blank line at most
	keepSpace     space = "keep"     // as it is
)

var invisible = strings.NewReplacer("\u200b", "", "\u2060", "", "\ufeff", "", "\u00ad", "")

func (s space) clean(text string) string {
	switch s {
	case keepSpace:
		return text
	case lineSpace:
		return collapseLines(text)
	}
	return collapse(text)
}

// collapse makes one space of each run of white space (no-break spaces too).
func collapse(text string) string {
	return strings.Join(strings.Fields(invisible.Replace(text)), " ")
}

var (
	lineBreak  = regexp.MustCompile(`\r\n|\r|\x{0085}|\x{2028}|\x{2029}`)
	blankLines = regexp.MustCompile(`\n{3,}`)
)

func collapseLines(text string) string {
	lines := strings.Split(lineBreak.ReplaceAllString(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = collapse(l)
	}
	return strings.Trim(blankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"), "\n")
}

// longer tells whether a text has more than n UTF-16 units, in which spreadsheet
// programs count.
func longer(text string, n int) bool {
	if len(text) <= n || len(text) > 3*n { // a unit takes one to three bytes
		return len(text) > n
	}
	return len(utf16.Encode([]rune(text))) > n
}

// unwritable tells characters that XML lacks.
func unwritable(r rune) bool { return isControl(r) || r == 0xFFFE || r == 0xFFFF }

// isControl tells control characters other than tab and line breaks.
func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }

var (
	integer = regexp.MustCompile(`^[+-]?\d+$`)
	decimal = regexp.MustCompile(`^([+-]?)0*(\d+?)(?:\.(\d*?)0*)?$`)
)

func isNumber(text string) bool {
	return decimal.MatchString(text) && !strings.HasSuffix(text, ".")
}

func parseInteger(text string) (any, error) {
	if !integer.MatchString(text) {
		return nil, errors.New("is not a whole number; write 1234, without separators")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errors.New("is too large a whole number")
	}
	return n, nil
}

func parseDecimal(text string) (any, error) {
	if !isNumber(text) {
		return nil, errors.New("is not a number; write 1234.5, without separators or a unit")
	}
	m := decimal.FindStringSubmatch(text)
	sign, whole, fraction := m[1], m[2], m[3]
	if fraction != "" {
		whole += "." + fraction
	}
	if sign == "-" && whole != "0" {
		return Decimal("-" + whole), nil
	}
	return Decimal(whole), nil
}

func parseBoolean(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, errors.New(`is neither true nor false; declare the words that are used under "map"`)
}

// dates declares how dates are written.
type dates struct {
	// Formats are all tried: a value that two of them read differently is refused.
	Formats words `yaml:"date_format"`
	// Partial says which day a format without a day or month stands for: first or last.
	Partial string `yaml:"partial"`
	// TimeZone is an IANA name, for times that are written without an offset.
	TimeZone string `yaml:"time_zone"`

	zone *time.Location
}

// excelFormat reads the number by which spreadsheets store a date.
const excelFormat = "excel"

var dateTokens = []struct{ token, layout string }{
	{"YYYY", "2006"},
	{"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"},
	{"hh", "15"}, {"mm", "04"}, {"ss", "05"},
	{"Z", "Z07:00"},
	{"T", "T"}, {"-", "-"}, {"/", "/"}, {".", "."}, {":", ":"}, {",", ","}, {" ", " "},
}

// layout translates a declared format to one of package time.
func layout(format string) (string, error) {
	var b strings.Builder
	for rest := format; rest != ""; {
		i := slices.IndexFunc(dateTokens, func(t struct{ token, layout string }) bool { return strings.HasPrefix(rest, t.token) })
		if i < 0 {
			return "", fmt.Errorf("%q can't be read from %q on; use YYYY, MM or M or MMM or MMMM, DD or D, hh, mm, ss, Z, the separators - / . : , T and space, or the word excel", format, rest)
		}
		b.WriteString(dateTokens[i].layout)
		rest = rest[len(dateTokens[i].token):]
	}
	if !strings.Contains(format, "YYYY") {
		return "", fmt.Errorf("%q has no year; write it as YYYY", format)
	}
	if hasDay(format) && !hasMonth(format) {
		return "", fmt.Errorf("%q has a day but no month", format)
	}
	return b.String(), nil
}

func hasClock(format string) bool { return strings.Contains(format, "hh") }
func hasDay(format string) bool   { return strings.Contains(format, "D") || format == excelFormat }
func hasMonth(format string) bool { return strings.Contains(format, "M") }

// errNotSo is the error of a text that isn't in a format, but may be in another.
var errNotSo = errors.New("is not in the format")

// parse reads a Date or, for DateTimeType, a time.Time.
func (d dates) parse(text string, t Type, date1904 bool) (any, error) {
	var found any
	for _, format := range d.Formats {
		v, err := d.parseAs(format, text, t, date1904)
		if err == errNotSo {
			continue
		}
		if err != nil {
			return nil, err
		}
		if found != nil && found != v {
			return nil, fmt.Errorf("is ambiguous: by the formats %s it is %v or %v", quoteAll(d.Formats), found, v)
		}
		found = v
	}
	if found == nil {
		return nil, fmt.Errorf("is not a %s in the format %s", t, strings.Join(d.Formats, " or "))
	}
	return found, nil
}

func (d dates) parseAs(format, text string, t Type, date1904 bool) (any, error) {
	wall, err := wallTime(format, text, date1904)
	if err != nil {
		return nil, err
	}
	if t == DateTimeType {
		return d.instant(format, wall)
	}
	if wall.Hour()+wall.Minute()+wall.Second() != 0 {
		return nil, errors.New(`has a time of day as well; declare the type as "datetime"`)
	}
	if d.Partial == "last" && !hasDay(format) {
		wall = endOf(format, wall)
	}
	return Date(wall.Format(time.DateOnly)), nil
}

// wallTime reads a time as it stands, in UTC unless it has an offset.
func wallTime(format, text string, date1904 bool) (time.Time, error) {
	if format == excelFormat {
		return serial(text, date1904)
	}
	l, err := layout(format)
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(l, text)
	if err != nil {
		return time.Time{}, errNotSo
	}
	return at, nil
}

// serial reads a spreadsheet's date number. Below 61 (1 March 1900) programs
// disagree, since Excel counts a 29 February 1900 that never was.
func serial(text string, date1904 bool) (time.Time, error) {
	if !isNumber(text) {
		return time.Time{}, errNotSo
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 61 || n >= 2958466 {
		return time.Time{}, errors.New("is not a spreadsheet's date number, from 61 (1900-03-01) to 2958465 (9999-12-31)")
	}
	return excelize.ExcelDateToTime(n, date1904)
}

// endOf returns the last day of the month or year that a format tells.
func endOf(format string, start time.Time) time.Time {
	if hasMonth(format) {
		return start.AddDate(0, 1, -1)
	}
	return start.AddDate(1, 0, -1)
}

// instant places a wall time in the declared zone, where it must have been
// exactly once: clocks that are put forward or back make it none or two.
func (d dates) instant(format string, wall time.Time) (any, error) {
	if strings.Contains(format, "Z") {
		return wall.UTC(), nil
	}
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), d.zone)
	if !sameWall(at, wall) {
		return nil, fmt.Errorf("never was in %s, where the clocks were put forward", d.TimeZone)
	}
	for _, shift := range []time.Duration{-time.Hour, -time.Hour / 2, time.Hour / 2, time.Hour} {
		if sameWall(at.Add(shift), wall) {
			return nil, fmt.Errorf("was twice in %s, where the clocks were put back; write it with its offset", d.TimeZone)
		}
	}
	return at.UTC(), nil
}

func sameWall(a, b time.Time) bool {
	return a.Format(time.DateTime) == b.Format(time.DateTime)
}
