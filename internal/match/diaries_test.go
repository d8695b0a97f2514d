package match

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"hash/fnv"
	"os"
	"strings"
	"testing"

	"accord/internal/publicdata"
)

// diary is a name as it stands in the diaries, and the one that a person gave it.
type diary struct{ original, cleaned string }

func diaries(t *testing.T) []diary {
	t.Helper()
	data, ok := publicdata.File(t, "../..", "eng-nsw-diaries/diaries-tidied.csv.gz")
	if !ok {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var out []diary
	for _, r := range rows[1:] {
		if !seen[r[2]] {
			seen[r[2]] = true
			out = append(out, diary{r[2], r[1]})
		}
	}
	return out
}

// half puts a name, with all that a person took for the same, into one of two
// halves.
func (d diary) half() uint32 {
	h := fnv.New32a()
	h.Write([]byte(d.cleaned))
	return h.Sum32() % 2
}

type pair struct{ a, b int }

// most is how many names may share a key that is looked at.
const most = 400

func pairsOf(names []Name) map[pair]bool {
	blocks := map[string][]int{}
	for i, n := range names {
		for _, k := range n.Keys() {
			blocks[k] = append(blocks[k], i)
		}
	}
	out := map[pair]bool{}
	for _, block := range blocks {
		if len(block) > most {
			continue
		}
		for x, i := range block {
			for _, j := range block[x+1:] {
				out[pair{min(i, j), max(i, j)}] = true
			}
		}
	}
	return out
}

// tally counts pairs: taken for the same rightly, wrongly, and missed.
type tally struct{ right, wrong, missed int }

func (y tally) precision() float64 { return float64(y.right) / float64(y.right+y.wrong) }
func (y tally) recall() float64    { return float64(y.right) / float64(y.right+y.missed) }

// measure takes every pair of names for a decision: all of them, or only names
// that the clean-up merged with some other, for of these we know that a person
// looked. group says which names are of one organization.
func measure(all []diary, taken []pair, in func(diary) bool, group func(diary) string) tally {
	var y tally
	size := map[string]int{}
	for _, d := range all {
		if in(d) {
			size[group(d)]++
		}
	}
	pairs := 0
	for _, n := range size {
		pairs += n * (n - 1) / 2
	}
	for _, p := range taken {
		if !in(all[p.a]) || !in(all[p.b]) {
			continue
		}
		if group(all[p.a]) == group(all[p.b]) {
			y.right++
		} else {
			y.wrong++
		}
	}
	y.missed = pairs - y.right
	return y
}

// leftApart leads from a cleaned name to the group that it was read to be of.
func leftApart(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/left_apart.txt")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Split(line, " = ")
		for _, w := range words {
			of[same(w)] = words[0]
		}
	}
	return of
}

// same brings a cleaned name to the form in which the list has it.
func same(s string) string { return Parse(s).Text }

// TestTheDiaries measures on names that a person has cleaned up; how, and what
// the figures mean, is in docs/duplicates.md. The bar is on the half that nothing
// was tuned on.
func TestTheDiaries(t *testing.T) {
	all := diaries(t)
	if all == nil {
		return
	}
	names := make([]Name, len(all))
	merged := map[string]int{}
	for i, d := range all {
		names[i] = Parse(d.original)
		merged[d.cleaned]++
	}
	candidates := pairsOf(names)
	var taken []pair
	for p := range candidates {
		if score, _ := Compare(names[p.a], names[p.b]); score >= Same {
			taken = append(taken, p)
		}
	}
	read := leftApart(t)
	literal := func(d diary) string { return d.cleaned }
	reading := func(d diary) string { return cmp.Or(read[same(d.cleaned)], d.cleaned) }
	looked := func(d diary) bool { return merged[d.cleaned] > 1 }
	held := func(d diary) bool { return looked(d) && d.half() == 1 }
	show := func(name string, in func(diary) bool, group func(diary) string) tally {
		y := measure(all, taken, in, group)
		t.Logf("%-44s precision %.3f recall %.3f (%d right, %d wrong, %d missed)", name, y.precision(), y.recall(), y.right, y.wrong, y.missed)
		return y
	}
	t.Logf("%d names, %d pairs looked at of %d", len(all), len(candidates), len(all)*(len(all)-1)/2)
	show("all names, the truth to the letter", func(diary) bool { return true }, literal)
	show("merged names, the truth to the letter", looked, literal)
	show("merged names, as read", looked, reading)
	show("merged names of the tuning half, as read", func(d diary) bool { return looked(d) && d.half() == 0 }, reading)
	bar := show("merged names of the other half, as read", held, reading)
	if bar.precision() < 0.95 || bar.recall() < 0.85 {
		t.Error("below the bar of 0.95 precision and 0.85 recall")
	}
	if y := measure(all, taken, held, literal); y.recall() < 0.85 {
		t.Errorf("recall to the letter %.3f", y.recall())
	}
}
