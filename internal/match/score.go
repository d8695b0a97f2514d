package match

import (
	"slices"
	"strings"
)

// Reason says, as a code word, why two names may be of one organization.
type Reason string

// The reasons, the strongest first.
const (
	SameName     Reason = "same_name"    // equal but for case, accents, script, punctuation
	SameLetters  Reason = "same_letters" // the same letters, parted into words otherwise
	SameWords    Reason = "same_words"   // the same words in another order
	OtherForm    Reason = "legal_form"   // they differ in the legal form alone
	Abbreviation Reason = "abbreviation" // one has a word that the other lacks
	Acronym      Reason = "acronym"      // one is made of the other's initials
	Spelling     Reason = "spelling"     // they differ by a letter or two
)

// Same is the score from which two names are taken for one organization's; what
// scores less and is listed at all is for somebody to look at. It is set on one
// half of the names in the measurement and proved on the other.
const Same = 0.9

// Possible is the least score that is worth somebody's look.
const Possible = 0.75

// Compare scores two names from 0 to 1, with the reason; the score of names that
// have nothing in common is 0. Names of which one has another legal form, or none,
// are never taken for the same without a look.
func Compare(a, b Name) (float64, Reason) {
	score, why := compare(a, b)
	if score > otherForm && !shareForm(a.legal, b.legal) {
		return otherForm, OtherForm
	}
	return score, why
}

// otherForm is the most for names that differ in legal form, or by a word that one
// of them lacks: likely, but not without a look.
const otherForm = 0.89

func compare(a, b Name) (float64, Reason) {
	switch {
	case a.Text == b.Text:
		return 1, SameName
	case len(a.compact) == 0 || len(b.compact) == 0:
		return 0, ""
	case a.compact == b.compact || a.letters == b.letters:
		return 0.98, SameLetters
	case a.sorted == b.sorted:
		return 0.96, SameWords
	}
	if s := acronym(a, b); s > 0 {
		return s, Acronym
	}
	return align(a, b)
}

// shareForm reports whether two names have a legal form in common, or neither has
// one.
func shareForm(a, b []string) bool {
	return len(a)+len(b) == 0 || slices.ContainsFunc(a, func(f string) bool { return slices.Contains(b, f) })
}

// acronym scores a name of which some words are the initials of the other's, and
// the rest are equal: "AI Group", "Australian Industry Group".
func acronym(a, b Name) float64 {
	if len(a.words) > len(b.words) {
		a, b = b, a
	}
	whole := strings.Fields(a.Text)
	if len(whole) == 1 && len(whole[0]) >= 3 && (initials(b.words) == whole[0] || initials(significant(b.Text)) == whole[0]) {
		return 0.8
	}
	for i, w := range a.words {
		k := len(w)
		if k < 2 || k > 6 || len(b.words) != len(a.words)+k-1 || len(a.words) < 2 {
			continue
		}
		if initials(b.words[i:i+k]) == w && equal(a.words[:i], b.words[:i]) && equal(a.words[i+1:], b.words[i+k:]) {
			return 0.85
		}
	}
	return 0
}

func significant(text string) []string {
	var out []string
	for w := range strings.FieldsSeq(text) {
		if !stop[w] && !legalForms[w] {
			out = append(out, w)
		}
	}
	return out
}

func initials(words []string) string {
	b := make([]byte, len(words))
	for i, w := range words {
		b[i] = w[0]
	}
	return string(b)
}

func equal(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") }

func weight(w string) float64 {
	if common[w] {
		return 0.35
	}
	return 1
}

// align pairs the words of two names, equal ones first and then those a letter or
// two apart, and scores what is paired against what is left.
func align(a, b Name) (float64, Reason) {
	// The whole as one word catches a slip at a word's edge.
	if n := len(a.compact); len(a.words) != len(b.words) && min(n, len(b.compact)) >= 12 && distance(a.compact, b.compact, 1) <= 1 && digits(a.compact) == digits(b.compact) {
		return 0.94, Spelling
	}
	used := make([]bool, len(b.words))
	var left []string
	var paired float64
	for _, w := range a.words {
		if j := find(b.words, used, func(o string) bool { return o == w }); j >= 0 {
			used[j] = true
			paired += weight(w)
			continue
		}
		left = append(left, w)
	}
	slips, lost := 0, 0.0
	for _, w := range left {
		j := find(b.words, used, func(o string) bool { return near(w, o) })
		if j < 0 {
			lost += weight(w)
			continue
		}
		used[j] = true
		paired += (weight(w) + weight(b.words[j])) / 2
		slips++
	}
	for j, u := range used {
		if !u {
			lost += weight(b.words[j])
		}
	}
	if paired == 0 {
		return 0, ""
	}
	score := 2 * paired / (2*paired + lost)
	if slips > 0 {
		score -= 0.05 * float64(slips)
		return score, Spelling
	}
	return min(score, otherForm), Abbreviation
}

func find(words []string, used []bool, ok func(string) bool) int {
	for j, w := range words {
		if !used[j] && ok(w) {
			return j
		}
	}
	return -1
}

// near reports whether two words are a slip apart: one edit in five letters or
// more, two in ten. Numbers are never near, nor is a common word near another.
func near(a, b string) bool {
	n := min(len(a), len(b))
	if n < 5 || digits(a) != digits(b) || (common[a] && common[b]) {
		return false
	}
	limit := 1
	if n >= 10 {
		limit = 2
	}
	return distance(a, b, limit) <= limit
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// distance is the optimal string alignment distance (edits and swaps of
// neighbors) of two ASCII words, or limit+1 if it is more than limit.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
			least = min(least, now[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
