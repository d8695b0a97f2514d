package sheet

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A split declares how one cell holds several items.
type split struct {
	// Separator stands between items.
	Separator string `yaml:"separator"`
	// KeepInBrackets leaves separators alone that stand in round brackets.
	KeepInBrackets bool `yaml:"keep_in_brackets"`
	// KeepWithPrevious lists what is no item of its own but ends the one before,
	// as "Inc." does in "Foo, Inc., Bar". It must be all of an item, or all before
	// a bracket, in any case.
	KeepWithPrevious []string `yaml:"keep_with_previous"`
	// PythonList reads a Python list literal of strings, such as ['ENVI', "LIBE"].
	PythonList bool `yaml:"python_list"`
}

func (s split) items(text string) ([]string, error) {
	switch {
	case s.PythonList && text != "":
		return parsePythonList(text)
	case s.Separator == "":
		return []string{text}, nil
	}
	var items []string
	for _, part := range s.cut(text) {
		if len(items) > 0 && s.belongsBefore(part) {
			items[len(items)-1] += s.Separator + part
			continue
		}
		items = append(items, part)
	}
	return items, nil
}

func (s split) cut(text string) []string {
	if !s.KeepInBrackets {
		return strings.Split(text, s.Separator)
	}
	var parts []string
	start := 0
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], s.Separator):
			parts = append(parts, text[start:i])
			i += len(s.Separator)
			start = i
		case text[i] == '(':
			i += bracketed(text[i:])
		default:
			i++
		}
	}
	return append(parts, text[start:])
}

// bracketed returns the length of the brackets that a text begins with, or of
// the opening one alone if it is never closed.
func bracketed(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return i + 1
		}
	}
	return 1
}

func (s split) belongsBefore(part string) bool {
	part, _, _ = strings.Cut(part, "(")
	part = collapse(part)
	return slices.ContainsFunc(s.KeepWithPrevious, func(k string) bool { return strings.EqualFold(k, part) })
}

// parsePythonList reads a Python list literal of strings.
func parsePythonList(text string) ([]string, error) {
	p := pythonList{strings.TrimSpace(text)}
	if !p.take("[") {
		return nil, errors.New("a list must begin with [")
	}
	items := []string{}
	for !p.take("]") {
		item, err := p.item()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if !p.take(",") && !strings.HasPrefix(p.rest, "]") {
			return nil, fmt.Errorf("after the item %q there must be a comma or ]", bounded(item, 40))
		}
	}
	if p.rest != "" {
		return nil, fmt.Errorf("after the list stands %q", bounded(p.rest, 40))
	}
	return items, nil
}

type pythonList struct{ rest string }

// take passes over a token and the space after it, if the token is next.
func (p *pythonList) take(token string) bool {
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = strings.TrimLeft(rest, " \t\r\n")
	}
	return ok
}

func (p *pythonList) item() (string, error) {
	if p.rest == "" {
		return "", errors.New("the list isn't closed with ]")
	}
	quote := p.rest[0]
	if quote != '\'' && quote != '"' {
		return "", fmt.Errorf("%q must be text in quotes", bounded(p.rest, 40))
	}
	var b strings.Builder
	for s := p.rest[1:]; s != ""; {
		if s[0] == quote {
			p.rest = strings.TrimLeft(s[1:], " \t\r\n")
			return b.String(), nil
		}
		c, rest, err := unquoteChar(s)
		if err != nil {
			return "", err
		}
		b.WriteString(c)
		s = rest
	}
	return "", fmt.Errorf("the text %s isn't closed with %c", bounded(p.rest, 40), quote)
}

var (
	escapes   = map[byte]string{'\\': `\`, '\'': "'", '"': `"`, 'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f"}
	hexDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}
)

// unquoteChar reads one character of a Python string literal, or one escape.
func unquoteChar(s string) (char, rest string, err error) {
	if s[0] != '\\' {
		_, n := utf8.DecodeRuneInString(s)
		return s[:n], s[n:], nil
	}
	unknown := fmt.Errorf("the escape in %q is unknown", bounded(s, 10))
	if len(s) == 1 {
		return "", "", unknown
	}
	if char, ok := escapes[s[1]]; ok {
		return char, s[2:], nil
	}
	end := 2 + hexDigits[s[1]]
	if end == 2 || end > len(s) {
		return "", "", unknown
	}
	n, err := strconv.ParseUint(s[2:end], 16, 31)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return "", "", unknown
	}
	return string(rune(n)), s[end:], nil
}
