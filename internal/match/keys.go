package match

import (
	"slices"
	"strings"
)

// Keys are what a name is looked up by: two names that may be of one
// organization share a key, and few others do. A key that very many names share
// tells nothing, and whoever looks up may leave it out.
func (n Name) Keys() []string {
	var out []string
	add := func(k string) {
		if k != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	add("c:" + clip(skeleton(n.compact)))
	add("c:" + clip(skeleton(n.letters)))
	order := slices.Clone(n.words)
	slices.Sort(order)
	order = slices.Compact(order)
	add("s:" + clip(skeleton(strings.Join(order, ""))))
	telling := slices.DeleteFunc(slices.Clone(order), func(w string) bool { return common[w] || len(w) < 3 })
	for _, w := range telling {
		add("w:" + clip(skeleton(w)))
	}
	if len(telling) == 1 { // a slip in the one word that tells
		for k, i := skeleton(telling[0]), 0; i < len(k) && len(k) > 3; i++ {
			add("d:" + clip(k[:i]+k[i+1:]))
		}
	}
	if len(telling) < 2 { // names of common words are told by two together
		for i := range order {
			for j := i + 1; j < min(len(order), i+4); j++ {
				add("p:" + clip(order[i]+" "+order[j]))
			}
		}
	}
	if len(n.compact) >= 8 { // a slip at one end leaves the other
		add("b:" + n.compact[:6])
	}
	if words := significant(n.Text); len(words) >= 3 {
		add("a:" + clip(initials(words)))
		add("a:" + clip(initials(n.words)))
	} else if len(words) == 1 && len(words[0]) >= 3 && len(words[0]) <= 8 {
		add("a:" + words[0])
	}
	if len(n.words) > 1 && len(n.words[0]) <= 5 { // perhaps initials itself, as in "AI Group"
		add("a:" + clip(n.words[0]+initials(n.words[1:])))
	}
	return out
}

// skeleton is a word by its consonants as they sound, each once in a row: what is
// left of "Patterson", "Paterson" and "Pattersen".
func skeleton(w string) string {
	b := &strings.Builder{}
	var last byte
	for i := range len(w) {
		c := w[i]
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'h', 'w':
			if i > 0 {
				continue
			}
		case 'z':
			c = 's'
		case 'q', 'c':
			c = 'k'
		case 'v':
			c = 'f'
		}
		if c != last {
			b.WriteByte(c)
		}
		last = c
	}
	return b.String()
}

// clip bounds a key's length.
func clip(s string) string { return s[:min(len(s), 60)] }
