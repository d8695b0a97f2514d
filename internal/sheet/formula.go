package sheet

import "strings"

// A spreadsheet program takes a CSV cell for a formula when it begins with one of
// these characters (OWASP, "CSV Injection"), or with its full-width form.
const formulaStarts = "=+-@\t＝＋－＠"

// quoteFormula puts an apostrophe before text that a spreadsheet program could
// run, so that it is shown instead. Text is also guarded after each semicolon
// and line break, where a program whose list separator is the semicolon would
// begin another cell. Plain numbers and a lone hyphen are left as they are.
//
// A text that already has an apostrophe before such a character gets another,
// so that unquoteFormula gives back every text exactly.
func quoteFormula(text string) string {
	if isNumber(text) || text == "-" {
		return text
	}
	return eachSegment(text, func(s string, starts string) string {
		if runs(s, starts) || quoted(s, starts) {
			return "'" + s
		}
		return s
	})
}

// unquoteFormula takes off what quoteFormula put on.
func unquoteFormula(text string) string {
	return eachSegment(text, func(s string, starts string) string {
		if quoted(s, starts) {
			return s[1:]
		}
		return s
	})
}

// eachSegment applies f to the parts of a text that could become cells of their
// own. The whole text may also begin with a line break.
func eachSegment(text string, f func(segment, starts string) string) string {
	var b strings.Builder
	starts := formulaStarts + "\r\n"
	for text != "" {
		end := strings.IndexAny(text, ";\r\n") + 1
		if end == 0 {
			end = len(text)
		}
		b.WriteString(f(text[:end], starts))
		text, starts = text[end:], formulaStarts
	}
	return b.String()
}

// runs tells whether a segment begins, after spaces, like a formula.
func runs(s, starts string) bool {
	s = strings.TrimLeft(s, " \u00a0\u3000")
	return s != "" && strings.ContainsAny(firstRune(s), starts)
}

// quoted tells whether a segment begins with apostrophes that stand before a
// formula.
func quoted(s, starts string) bool {
	rest := strings.TrimLeft(s, "'")
	return len(rest) < len(s) && runs(rest, starts)
}

func firstRune(s string) string {
	for i := range s {
		if i > 0 {
			return s[:i]
		}
	}
	return s
}
