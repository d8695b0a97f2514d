// Package suppress decides which counts of people may be published. It hides
// every count from 1 to a threshold, and as many others as it takes that nobody
// can work a hidden one out of what is shown: whatever is published agrees with
// a table in which that count is 1 or none, and with one in which it is above
// the threshold.
package suppress

import (
	"cmp"
	"fmt"
	"slices"
)

// Cell is one count as it may be published.
type Cell struct {
	// Count is zero where the cell is hidden.
	Count  int
	Hidden bool
}

// Table is a table as it may be published: answers down, categories of people
// across. The totals of the columns are always shown, so that several tables
// about the same people have nothing but these in common, and reading them side
// by side gives no more than reading each alone.
type Table struct {
	Cells   [][]Cell
	Rows    []Cell
	Columns []int
	Total   int
}

// Merge sorts columns into groups, each of which has a total that may be shown:
// zero, or above the threshold. Columns that may be shown alone stay alone, in
// their order; the rest form the last group, and take the smallest of the others
// with them if they are too few together. ok is false when all people together
// are too few, and then nothing about them may be shown.
func Merge(totals []int, threshold int) (groups [][]int, ok bool) {
	var rest []int
	for i, n := range totals {
		if small(n, threshold) {
			rest = append(rest, i)
			continue
		}
		groups = append(groups, []int{i})
	}
	for small(sum(totals, rest), threshold) {
		i := smallest(totals, groups)
		if i < 0 {
			return nil, false
		}
		rest = append(rest, groups[i]...)
		groups = slices.Delete(groups, i, i+1)
	}
	if len(rest) > 0 {
		slices.Sort(rest)
		groups = append(groups, rest)
	}
	return groups, true
}

// smallest is the group with the fewest people, but not none: adding nobody
// hides nobody. It is -1 if there is no such group.
func smallest(totals []int, groups [][]int) int {
	at := -1
	for i, g := range groups {
		if n := sum(totals, g); n > 0 && (at < 0 || n < sum(totals, groups[at])) {
			at = i
		}
	}
	return at
}

func sum(totals, group []int) int {
	n := 0
	for _, i := range group {
		n += totals[i]
	}
	return n
}

func small(n, threshold int) bool { return 1 <= n && n <= threshold }

// Protect returns the counts as they may be published. Counts are by row, then
// by column; every person is in one cell. It refuses a threshold below 1, rows of
// unequal length, negative counts, and a column with a total from 1 to the
// threshold: Merge such columns first.
func Protect(counts [][]int, threshold int) (Table, error) {
	if err := check(counts, threshold); err != nil {
		return Table{}, err
	}
	g := newGrid(counts, threshold)
	g.hideSmall()
	for {
		p, found := g.exposed()
		if !found {
			break
		}
		g.cover(p)
	}
	g.showNeedless()
	return g.table(), nil
}

func check(counts [][]int, threshold int) error {
	if threshold < 1 {
		return fmt.Errorf("suppress: a threshold is 1 or more, not %d", threshold)
	}
	if len(counts) == 0 {
		return nil
	}
	columns := make([]int, len(counts[0]))
	for _, row := range counts {
		if len(row) != len(columns) {
			return fmt.Errorf("suppress: a row has %d cells, the first has %d", len(row), len(columns))
		}
		for c, n := range row {
			if n < 0 {
				return fmt.Errorf("suppress: a count is not negative: %d", n)
			}
			columns[c] += n
		}
	}
	for _, n := range columns {
		if small(n, threshold) {
			return fmt.Errorf("suppress: a column with a total of 1 to %d can't be shown", threshold)
		}
	}
	return nil
}

// place is a cell of the grid.
type place struct{ row, column int }

// grid is the table with its row totals as one column more, since they can be
// hidden like any cell. total is the index of that column.
type grid struct {
	threshold int
	total     int
	count     [][]int
	hidden    [][]bool
}

func newGrid(counts [][]int, threshold int) *grid {
	g := &grid{threshold: threshold}
	for _, row := range counts {
		n := 0
		for _, x := range row {
			n += x
		}
		g.total = len(row)
		g.count = append(g.count, append(slices.Clone(row), n))
		g.hidden = append(g.hidden, make([]bool, len(row)+1))
	}
	return g
}

func (g *grid) places(yield func(place) bool) {
	for r := range g.count {
		for c := range g.count[r] {
			if !yield(place{r, c}) {
				return
			}
		}
	}
}

func (g *grid) sensitive(p place) bool { return small(g.count[p.row][p.column], g.threshold) }

func (g *grid) hideSmall() {
	for p := range g.places {
		g.hidden[p.row][p.column] = g.sensitive(p)
	}
}

// exposed finds a sensitive cell that what is shown says too much about.
func (g *grid) exposed() (place, bool) {
	for p := range g.places {
		if g.sensitive(p) && g.missing(p) > 0 {
			return p, true
		}
	}
	return place{}, false
}

// missing is how far the range of values that a reader must think possible falls
// short of reaching from 1 to above the threshold.
func (g *grid) missing(p place) int {
	n := g.count[p.row][p.column]
	up, down := g.threshold+1-n, n-1
	return up - g.slack(p, true, up) + down - g.slack(p, false, down)
}

// cover hides what it takes to mend the exposed cell p, or some of it: the cells
// of a rectangle with a corner at p, within which people can be thought moved
// without any shown number changing. Where no rectangle helps it hides all but
// the columns' totals, which always does.
func (g *grid) cover(p place) {
	var best []place
	least, cost := g.missing(p), 0
	for _, corners := range g.rectangles(p) {
		g.set(corners, true)
		missing := g.missing(p)
		g.set(corners, false)
		if c := g.cost(corners); missing < least || missing == least && best != nil && c < cost {
			best, least, cost = corners, missing, c
		}
	}
	if best == nil {
		best = slices.Collect(g.places)
	}
	g.set(best, true)
}

// rectangles lists, for each rectangle with a corner at p, its cells that are
// still shown.
func (g *grid) rectangles(p place) [][]place {
	var out [][]place
	for r := range g.count {
		for c := range g.count[r] {
			if r == p.row || c == p.column {
				continue
			}
			corners := []place{{p.row, c}, {r, p.column}, {r, c}}
			corners = slices.DeleteFunc(corners, func(q place) bool { return g.hidden[q.row][q.column] })
			if len(corners) > 0 {
				out = append(out, corners)
			}
		}
	}
	return out
}

// cost is what a reader loses: each cell hidden and the people counted in it. A
// row's total is worth more than its parts.
func (g *grid) cost(cells []place) int {
	n := 0
	for _, p := range cells {
		worth := 1 + g.count[p.row][p.column]
		if p.column == g.total {
			worth *= 2
		}
		n += worth
	}
	return n
}

func (g *grid) set(cells []place, hidden bool) {
	for _, p := range cells {
		g.hidden[p.row][p.column] = hidden
	}
}

// showNeedless shows again what was hidden on the way and turned out not to
// matter, the largest first.
func (g *grid) showNeedless() {
	extra := slices.DeleteFunc(slices.Collect(g.places), func(p place) bool {
		return g.sensitive(p) || !g.hidden[p.row][p.column]
	})
	slices.SortStableFunc(extra, func(a, b place) int {
		return cmp.Compare(g.cost([]place{b}), g.cost([]place{a}))
	})
	for _, p := range extra {
		g.hidden[p.row][p.column] = false
		if _, found := g.exposed(); found {
			g.hidden[p.row][p.column] = true
		}
	}
}

// slack is how much the hidden count at p could be higher (or lower) in a table
// that agrees with all that is shown; at most limit. A change at p must be
// evened out along hidden cells, in turn across its row and down its column, so
// that this is a maximum flow from p's column back to p's row. Since flows
// are whole numbers, it is exact.
func (g *grid) slack(p place, up bool, limit int) int {
	was := g.count
	g.count = make([][]int, len(was))
	for r := range was {
		g.count[r] = slices.Clone(was[r])
	}
	defer func() { g.count = was }()

	found := 0
	for found < limit {
		path := g.path(p, up)
		if path == nil {
			break
		}
		found += g.push(path, limit-found)
	}
	return found
}

// step is a change of one hidden cell on a path.
type step struct {
	place
	up bool
}

// push moves as many people as the path bears, at most limit, and says how many.
func (g *grid) push(path []step, limit int) int {
	n := limit
	for _, s := range path {
		if !s.up {
			n = min(n, g.count[s.row][s.column])
		}
	}
	for _, s := range path {
		if s.up {
			g.count[s.row][s.column] += n
		} else {
			g.count[s.row][s.column] -= n
		}
	}
	return n
}

// path finds, breadth first, the shortest chain of changes that evens out a
// change at p. Lines are numbered rows first, then columns.
func (g *grid) path(p place, up bool) []step {
	rows := len(g.count)
	from, to := rows+p.column, p.row
	// A line has one too many after p goes up, or one too few after it goes
	// down; the row's total goes the other way as it stands on the other side.
	surplus := up != (p.column == g.total)
	if !surplus {
		from, to = to, from
	}
	by := make([]step, rows+g.total+1)
	reached := make([]bool, len(by))
	reached[from] = true
	for queue := []int{from}; len(queue) > 0 && !reached[to]; queue = queue[1:] {
		for s := range g.from(queue[0], p) {
			if next := g.across(s.place, queue[0]); !reached[next] {
				by[next], reached[next] = s, true
				queue = append(queue, next)
			}
		}
	}
	if !reached[to] {
		return nil
	}
	var path []step
	for line := to; line != from; line = g.across(by[line].place, line) {
		path = append(path, by[line])
	}
	return path
}

// across is the other line through a cell.
func (g *grid) across(p place, line int) int {
	if line < len(g.count) {
		return len(g.count) + p.column
	}
	return p.row
}

// from yields the changes that a line can pass its surplus on by: along a column
// a cell goes down, along a row up; a row's total the other way round. A count
// goes down to zero at most.
func (g *grid) from(line int, not place) func(func(step) bool) {
	return func(yield func(step) bool) {
		for p := range g.line(line) {
			if p == not || !g.hidden[p.row][p.column] {
				continue
			}
			s := step{p, (line == p.row) != (p.column == g.total)}
			if (s.up || g.count[p.row][p.column] > 0) && !yield(s) {
				return
			}
		}
	}
}

// line yields the cells of a row or a column.
func (g *grid) line(n int) func(func(place) bool) {
	return func(yield func(place) bool) {
		if n < len(g.count) {
			for c := range g.count[n] {
				if !yield(place{n, c}) {
					return
				}
			}
			return
		}
		for r := range g.count {
			if !yield(place{r, n - len(g.count)}) {
				return
			}
		}
	}
}

func (g *grid) table() Table {
	t := Table{Columns: make([]int, g.total)}
	for r, row := range g.count {
		cells := make([]Cell, len(row))
		for c, n := range row {
			if cells[c].Hidden = g.hidden[r][c]; !cells[c].Hidden {
				cells[c].Count = n
			}
		}
		t.Cells = append(t.Cells, cells[:g.total])
		t.Rows = append(t.Rows, cells[g.total])
		for c := range g.total {
			t.Columns[c] += row[c]
		}
		t.Total += row[g.total]
	}
	return t
}
