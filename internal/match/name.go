// Package match tells which names may be of one organization. It folds away what
// does not make a name another: case, accents, script, legal form, abbreviation,
// spelling; and scores what is left, with the reasons in words. It knows nothing
// of what the names are for.
package match

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// Name is a name made ready to be compared.
type Name struct {
	// Text is the name in Latin letters, lower case, words parted by one space;
	// nothing is left out.
	Text string
	// words are those that tell names apart: without legal forms, articles and
	// conjunctions, abbreviations written out, plurals as singulars.
	words []string
	// compact is the words as one, sorted the words in order of the alphabet.
	compact, sorted string
	// letters is the text without its spaces.
	letters string
	// legal are the legal forms that stood in the name.
	legal []string
	// foreign says that it was written in another script, so that its spelling
	// is one of several.
	foreign bool
}

// Parse folds a name.
func Parse(s string) Name {
	text, foreign := fold(s)
	n := Name{Text: text, foreign: foreign}
	raw := joined(strings.Fields(text))
	for _, w := range raw {
		if legalForms[w] {
			n.legal = append(n.legal, canonical(w))
			continue
		}
		if stop[w] {
			continue
		}
		n.words = append(n.words, strings.Fields(word(w))...)
	}
	if len(n.words) == 0 { // a name of such words alone, as "The And Ltd"
		n.words = raw
	}
	n.words = told(n.words, raw)
	n.compact, n.letters = strings.Join(n.words, ""), strings.Join(raw, "")
	order := slices.Clone(n.words)
	slices.Sort(order)
	n.sorted = strings.Join(order, " ")
	return n
}

// joined puts single letters that stand in a row into one word: "S A", "P T Y".
func joined(words []string) []string {
	var out []string
	single := false
	for _, w := range words {
		if len(w) == 1 && single {
			out[len(out)-1] += w
			continue
		}
		out = append(out, w)
		single = len(w) == 1
	}
	return out
}

// told leaves out what a name says twice: a word again, or the initials of the
// others behind them, as in "Australian Education Union (AEU)".
func told(words, raw []string) []string {
	var out []string
	for i, w := range words {
		others := slices.Concat(words[:i], words[i+1:])
		said := len(w) > 2 && len(words) > 2 && (w == initials(others) || w == initials(significant(strings.Join(without(raw, w), " "))))
		if !said && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func without(words []string, w string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(o string) bool { return o == w })
}

// fold brings a name into Latin letters, lower case and single spaces, and
// reports whether it was written in another script.
func fold(s string) (string, bool) {
	s = norm.NFKC.String(s)
	for from, to := range eastAsianForms {
		s = strings.ReplaceAll(s, from, " "+to+" ")
	}
	foreign := strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) })
	s = strings.ToLower(unidecode.Unidecode(s))
	b := &strings.Builder{}
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '\'' || r == '`' || r == '-' && strings.HasSuffix(" "+s[:i], " co"):
		case r == '&' || r == '+':
			b.WriteString(" and ")
		case r == '.' && initial(s, i):
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), foreign
}

// initial reports whether the full stop at i follows a single letter and goes
// on with another, as in "S.A." and "U.N.".
func initial(s string, i int) bool {
	alone := i >= 1 && letter(s[i-1]) && (i < 2 || !letter(s[i-2]))
	return alone && i+1 < len(s) && letter(s[i+1]) && (i+2 >= len(s) || !letter(s[i+2]))
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' }

// word is a word as it is compared: an abbreviation written out, a British
// spelling as the American, a plural as its singular.
func word(w string) string {
	long, ok := abbreviations[w]
	if !ok {
		return singular(american(w))
	}
	words := strings.Fields(long)
	for i := range words {
		words[i] = singular(american(words[i]))
	}
	return strings.Join(words, " ")
}

func american(w string) string {
	for _, e := range [...][2]string{{"isation", "ization"}, {"ise", "ize"}, {"our", "or"}, {"tre", "ter"}, {"programme", "program"}} {
		if strings.HasSuffix(w, e[0]) && len(w) > len(e[0])+2 {
			return strings.TrimSuffix(w, e[0]) + e[1]
		}
	}
	return w
}

func singular(w string) string {
	switch {
	case len(w) <= 3 || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return strings.TrimSuffix(w, "ies") + "y"
	}
	return strings.TrimSuffix(w, "s")
}

// canonical is one word for each kind of legal form, as far as forms of one
// country stand for each other.
func canonical(w string) string {
	if c, ok := sameForm[w]; ok {
		return c
	}
	return w
}
