package domain

import (
	"slices"
	"strconv"
)

// Rows of a result that are no option of the question.
const (
	PreferNotToAnswer = "prefer_not_to_answer"
	NoAnswer          = "no_answer"
)

// Tally counts answers by the category of those who gave them. It holds true
// counts, small ones too: what is published is made of it by suppression.
type Tally struct {
	consultation *Consultation
	people       []int
	tables       []CountTable
}

// CountTable is a table of counts in which every person stands in exactly one
// row: answers down, categories across, in the order of Categories.
type CountTable struct {
	Question string
	// Answers name the rows that are of interest; a last row beyond them holds
	// everybody else.
	Answers []string
	Counts  [][]int
}

// NewTally begins a count of the consultation's choices, scales and, of rankings,
// what came first: who counted each rank of each option could subtract one from another
// what is hidden. Texts, numbers and days are not counted: they are coded into themes.
func NewTally(c *Consultation) *Tally {
	t := &Tally{consultation: c, people: make([]int, len(Categories()))}
	for _, q := range c.Questions {
		switch q.Kind {
		case SingleChoiceQuestion, ScaleQuestion, RankingQuestion:
			t.add(q.Key, 0, q.rows()...)
		case MultipleChoiceQuestion:
			// Who can choose several is in several rows, so each option is a
			// table of its own: chosen, and not.
			for _, o := range q.Options {
				t.add(q.Key, 1, o.Key)
			}
		}
	}
	return t
}

func (t *Tally) add(question string, others int, answers ...string) {
	table := CountTable{Question: question, Answers: answers}
	for range len(answers) + others {
		table.Counts = append(table.Counts, make([]int, len(Categories())))
	}
	t.tables = append(t.tables, table)
}

// rows are the answers to a question of which people give exactly one.
func (q Question) rows() []string {
	var out []string
	for _, o := range q.Options {
		out = append(out, o.Key)
	}
	if q.Scale != nil {
		for n := q.Scale.Min; n <= q.Scale.Max; n++ {
			out = append(out, strconv.Itoa(n))
		}
	}
	return append(out, PreferNotToAnswer, NoAnswer)
}

// Count adds one submission, whose content must be open.
func (t *Tally) Count(s *Submission) {
	column := slices.Index(Categories(), s.Category)
	t.people[column]++
	for _, table := range t.tables {
		a := s.Content.answer(table.Question)
		table.Counts[table.row(a)][column]++
	}
}

func (c *Content) answer(question string) Answer {
	i := slices.IndexFunc(c.Answers, func(a Answer) bool { return a.Question == question })
	if i < 0 {
		return Answer{}
	}
	return c.Answers[i]
}

// row is where an answer is counted.
func (t CountTable) row(a Answer) int {
	said := append(slices.Clone(a.Choices), a.Choice)
	switch {
	case a.PreferNotToAnswer:
		said = []string{PreferNotToAnswer}
	case a.Scale != nil:
		said = []string{strconv.Itoa(*a.Scale)}
	case len(a.Ranking) > 0:
		said = a.Ranking[:1]
	case a.Question == "":
		said = []string{NoAnswer}
	}
	for i, answer := range t.Answers {
		if slices.Contains(said, answer) {
			return i
		}
	}
	return len(t.Answers)
}

// People counts those who took part, by category.
func (t *Tally) People() []int { return t.people }

// Tables are the counts, question by question.
func (t *Tally) Tables() []CountTable { return t.tables }

// ResultCell is a count that is published, or hidden.
type ResultCell struct {
	Count  int  `json:"count"`
	Hidden bool `json:"hidden"`
}

// ResultColumn is a group of categories that are counted together because some
// of them are too few to be counted alone.
type ResultColumn struct {
	Categories []Category `json:"categories"`
	Count      int        `json:"count"`
}

// ResultRow is how often an answer was given, by column and in all.
type ResultRow struct {
	Question string       `json:"question"`
	Answer   string       `json:"answer"`
	Counts   []ResultCell `json:"counts"`
	Total    ResultCell   `json:"total"`
}

// Results are what may be published of a consultation's answers. They are counted
// once and stay: a later withdrawal changes nothing here, so that comparing two
// moments tells of nobody.
type Results struct {
	Record[Results]
	Consultation ConsultationID
	CountedOn    Date
	// Threshold is the largest count of people that is hidden.
	Threshold int
	// TooFew says that all who took part are too few to tell anything of; then
	// there is nothing else.
	TooFew  bool
	Total   int
	Columns List[ResultColumn]
	Rows    List[ResultRow]
}

// NewResults keeps what may be published.
func NewResults(c *Consultation, counted Date, tooFew bool, columns []ResultColumn, rows []ResultRow) *Results {
	r := &Results{Consultation: c.ID, CountedOn: counted, Threshold: c.Threshold, TooFew: tooFew, Columns: columns, Rows: rows}
	for _, column := range columns {
		r.Total += column.Count
	}
	r.record("results.counted", "")
	return r
}
