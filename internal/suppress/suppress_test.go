package suppress

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// solutions is every table that agrees with all that is shown, found by trying:
// an exact solver that shares no line with the package. It returns, for each
// cell and for each row's total (the last in a row), the values that it takes.
func solutions(t Table) [][]map[int]bool {
	rows, columns := len(t.Cells), len(t.Columns)
	taken := make([][]map[int]bool, rows)
	for r := range taken {
		taken[r] = make([]map[int]bool, columns+1)
		for c := range taken[r] {
			taken[r][c] = map[int]bool{}
		}
	}
	// Column by column, what a column can hold depends on the others only by the
	// sums of rows so far, so equal sums are followed once; ahead[c] remembers
	// which sums can still be completed from column c on.
	ahead := make([]map[string]bool, columns+1)
	for c := range ahead {
		ahead[c] = map[string]bool{}
	}
	var possible func(c int, sums []int) bool
	possible = func(c int, sums []int) bool {
		key := fmt.Sprint(sums)
		if known, ok := ahead[c][key]; ok {
			return known
		}
		found := false
		if c == columns {
			found = true
			for r, total := range t.Rows {
				if !total.Hidden && total.Count != sums[r] {
					found = false
				}
			}
			if found {
				for r := range rows {
					taken[r][columns][sums[r]] = true
				}
			}
		} else {
			fill(t, c, func(column []int) {
				next := slices.Clone(sums)
				for r, n := range column {
					next[r] += n
				}
				if possible(c+1, next) {
					found = true
					for r, n := range column {
						taken[r][c][n] = true
					}
				}
			})
		}
		ahead[c][key] = found
		return found
	}
	possible(0, make([]int, rows))
	return taken
}

// fill calls with every column c that has the shown cells and the right total.
func fill(t Table, c int, with func([]int)) {
	column := make([]int, len(t.Cells))
	var next func(r, left int)
	next = func(r, left int) {
		if r == len(column) {
			if left == 0 {
				with(column)
			}
			return
		}
		cell := t.Cells[r][c]
		if !cell.Hidden {
			if cell.Count <= left {
				column[r] = cell.Count
				next(r+1, left-cell.Count)
			}
			return
		}
		for n := 0; n <= left; n++ {
			column[r] = n
			next(r+1, left-n)
		}
	}
	next(0, t.Columns[c])
}

func drawCounts(t *rapid.T, threshold int) [][]int {
	rows, columns := rapid.IntRange(1, 4).Draw(t, "rows"), rapid.IntRange(1, 3).Draw(t, "columns")
	counts := make([][]int, rows)
	for r := range counts {
		counts[r] = rapid.SliceOfN(rapid.IntRange(0, threshold+2), columns, columns).Draw(t, "row")
	}
	for c := range columns {
		n := 0
		for r := range counts {
			n += counts[r][c]
		}
		if small(n, threshold) {
			counts[rows-1][c] += threshold + 1 - n
		}
	}
	return counts
}

func TestNoHiddenCountCanBeWorkedOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(1, 3).Draw(t, "threshold")
		counts := drawCounts(t, threshold)
		published, err := Protect(counts, threshold)
		if err != nil {
			t.Fatal(err)
		}
		taken := solutions(published)
		for r := range counts {
			total := 0
			for c, n := range counts[r] {
				total += n
				checkCell(t, fmt.Sprintf("cell %d,%d", r, c), n, threshold, published.Cells[r][c], taken[r][c])
			}
			checkCell(t, fmt.Sprintf("total of row %d", r), total, threshold, published.Rows[r], taken[r][len(counts[r])])
		}
	})
}

func checkCell(t *rapid.T, name string, n, threshold int, got Cell, taken map[int]bool) {
	if !taken[n] {
		t.Fatalf("%s: the solver doesn't find the truth, %d", name, n)
	}
	if !got.Hidden {
		if got.Count != n || small(n, threshold) {
			t.Fatalf("%s: %d is shown as %d", name, n, got.Count)
		}
		return
	}
	if got.Count != 0 {
		t.Fatalf("%s is hidden, but carries %d", name, got.Count)
	}
	if len(taken) < 2 {
		t.Fatalf("%s: hidden, but can only be %d", name, n)
	}
	if !small(n, threshold) {
		return
	}
	for want := 1; want <= threshold+1; want++ {
		if !taken[want] {
			t.Fatalf("%s: hidden, but can't be %d; it can be %v", name, want, taken)
		}
	}
}

func TestNothingIsHiddenWithoutNeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(1, 12).Draw(t, "threshold")
		counts := drawCounts(t, threshold)
		published, err := Protect(counts, threshold)
		if err != nil {
			t.Fatal(err)
		}
		g := newGrid(counts, threshold)
		for p := range g.places {
			g.hidden[p.row][p.column] = slices.Concat(published.Cells[p.row], []Cell{published.Rows[p.row]})[p.column].Hidden
		}
		for p := range g.places {
			if !g.hidden[p.row][p.column] || g.sensitive(p) {
				continue
			}
			g.hidden[p.row][p.column] = false
			if _, found := g.exposed(); !found {
				t.Fatalf("cell %v could be shown", p)
			}
			g.hidden[p.row][p.column] = true
		}
	})
}

func TestProtect(t *testing.T) {
	tests := map[string]struct {
		counts [][]int
		want   string
	}{
		"a table without small counts is shown whole":         {[][]int{{20, 30}, {40, 0}}, "20 30 = 50\n40 0 = 40\n60 30 = 90\n"},
		"nobody at all is no secret":                          {[][]int{{0, 0}, {0, 0}}, "0 0 = 0\n0 0 = 0\n0 0 = 0\n"},
		"one small count takes three others with it":          {[][]int{{5, 30}, {40, 50}}, "? ? = 35\n? ? = 90\n45 80 = 125\n"},
		"what costs least is hidden beside it":                {[][]int{{5, 30, 90}, {40, 50, 90}, {12, 31, 90}}, "? ? 90 = 125\n40 50 90 = 180\n? ? 90 = 133\n57 111 270 = 438\n"},
		"with one column a row's total tells its cell":        {[][]int{{5}, {40}}, "? = ?\n? = ?\n45 = 45\n"},
		"two small counts hide each other only if they can":   {[][]int{{1, 30}, {1, 30}, {60, 30}}, "? ? = 31\n? ? = 31\n? ? = 90\n62 90 = 152\n"},
		"two small counts whose sum is large hide each other": {[][]int{{10, 10}, {10, 10}}, "? ? = 20\n? ? = 20\n20 20 = 40\n"},
		"an empty table stays empty":                          {nil, " = 0\n"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Protect(tc.counts, 10)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.text(); s != tc.want {
				t.Errorf("got\n%swant\n%s", s, tc.want)
			}
		})
	}
}

func (t Table) text() string {
	s := ""
	for r, row := range t.Cells {
		for _, c := range row {
			s += c.text() + " "
		}
		s += "= " + t.Rows[r].text() + "\n"
	}
	for _, n := range t.Columns {
		s += fmt.Sprint(n, " ")
	}
	if len(t.Columns) == 0 {
		s = " "
	}
	return s + fmt.Sprintf("= %d\n", t.Total)
}

func (c Cell) text() string {
	if c.Hidden {
		return "?"
	}
	return fmt.Sprint(c.Count)
}

func TestProtectRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		counts    [][]int
		threshold int
	}{
		"a column that Merge would not leave": {[][]int{{3, 30}, {4, 0}}, 10},
		"rows of unequal length":              {[][]int{{30, 30}, {40}}, 10},
		"a negative count":                    {[][]int{{-1, 30}, {40, 30}}, 10},
		"a threshold that hides nothing":      {[][]int{{30}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Protect(tc.counts, tc.threshold); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestMerge(t *testing.T) {
	tests := map[string]struct {
		totals []int
		want   string
		ok     bool
	}{
		"enough people stand alone":                          {[]int{20, 0, 30}, "[[0] [1] [2]]", true},
		"few people are put together":                        {[]int{6, 30, 7}, "[[1] [0 2]]", true},
		"too few together take the smallest group with them": {[]int{3, 30, 20, 2}, "[[1] [0 2 3]]", true},
		"a group of nobody hides nobody":                     {[]int{3, 0, 20}, "[[1] [0 2]]", true},
		"too few in all":                                     {[]int{3, 0, 2}, "[]", false},
		"nobody":                                             {[]int{0, 0}, "[[0] [1]]", true},
		"no columns":                                         {nil, "[]", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := Merge(tc.totals, 10)
			if fmt.Sprint(got) != tc.want || ok != tc.ok {
				t.Errorf("got %v %t, want %s %t", got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestMergedColumnsCanAlwaysBeProtected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(1, 12).Draw(t, "threshold")
		totals := rapid.SliceOfN(rapid.IntRange(0, 3*threshold), 1, 6).Draw(t, "totals")
		groups, ok := Merge(totals, threshold)
		all := 0
		for _, n := range totals {
			all += n
		}
		if ok == small(all, threshold) {
			t.Fatalf("ok is %t for %d people", ok, all)
		}
		for _, g := range groups {
			if small(sum(totals, g), threshold) {
				t.Fatalf("group %v of %v is small", g, totals)
			}
		}
		if seen := slices.Sorted(slices.Values(slices.Concat(groups...))); ok && len(seen) != len(totals) {
			t.Fatalf("groups %v don't hold every column of %v once", groups, totals)
		}
	})
}

func BenchmarkProtect(b *testing.B) {
	counts := make([][]int, 52)
	for r := range counts {
		counts[r] = []int{r * 7 % 23, r * 11 % 41, r * 5 % 90, r * 3 % 17, r % 13, 40}
	}
	for b.Loop() {
		if _, err := Protect(counts, 10); err != nil {
			b.Fatal(err)
		}
	}
}
