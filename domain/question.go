package domain

import (
	"slices"
	"strings"
)

// QuestionKind is the form of a question and of its answers.
type QuestionKind string

// The kinds of question.
const (
	TextQuestion           QuestionKind = "text"
	SingleChoiceQuestion   QuestionKind = "single_choice"
	MultipleChoiceQuestion QuestionKind = "multiple_choice"
	ScaleQuestion          QuestionKind = "scale"
	RankingQuestion        QuestionKind = "ranking"
	NumberQuestion         QuestionKind = "number"
	DateQuestion           QuestionKind = "date"
)

// Option is one of the answers that a question offers.
type Option struct {
	// Key names the option in answers and results.
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Scale is a range of whole numbers, both ends included.
type Scale struct {
	Min      int    `json:"min"`
	Max      int    `json:"max"`
	MinLabel string `json:"min_label"`
	MaxLabel string `json:"max_label"`
}

// Range is where a number lies, both ends included. An end that is empty is open.
type Range struct {
	Min Decimal `json:"min"`
	Max Decimal `json:"max"`
}

// Question is one question of a consultation. Whatever it asks, and whether it
// is required or not, it can be answered with "prefer not to answer".
type Question struct {
	// Key names the question in answers, codings and results; unique within its
	// consultation.
	Key      string       `json:"key"`
	Kind     QuestionKind `json:"kind"`
	Prompt   string       `json:"prompt"`
	Help     string       `json:"help"`
	Required bool         `json:"required"`
	// ContentWarning is shown before the question; empty for none.
	ContentWarning string   `json:"content_warning"`
	Options        []Option `json:"options"`
	Scale          *Scale   `json:"scale"`
	// Range is of a number; nil if any will do.
	Range *Range `json:"range,omitempty"`
}

// Answer is what an author answers to one question: the member that belongs to
// the question's kind, or PreferNotToAnswer and nothing else.
type Answer struct {
	Question          string   `json:"question"`
	PreferNotToAnswer bool     `json:"prefer_not_to_answer,omitempty"`
	Text              string   `json:"text,omitempty"`
	Choice            string   `json:"choice,omitempty"`
	Choices           []string `json:"choices,omitempty"`
	Scale             *int     `json:"scale,omitempty"`
	// Ranking holds options' keys, the most preferred first. Those left out come
	// last, none before another.
	Ranking []string `json:"ranking,omitempty"`
	Number  Decimal  `json:"number,omitempty"`
	Date    Date     `json:"date,omitempty"`
}

// answerForm is what a kind of question is made of and how it is answered. A new
// kind of question is a new line of answerForms.
type answerForm struct {
	// member is the one member of an Answer that answers it.
	member string
	// options, scale and bounds are what the question says beside its prompt: the
	// first two must be there, and nothing that isn't named may.
	options, scale, bounds bool
	// accepts reports whether the member's value is one that the question
	// offers; want says in words which would be.
	accepts func(q Question, a Answer) bool
	want    string
}

var answerForms = map[QuestionKind]answerForm{
	TextQuestion: {
		member: "text", want: "must be text",
		accepts: func(_ Question, a Answer) bool { return strings.TrimSpace(a.Text) != "" },
	},
	SingleChoiceQuestion: {
		member: "choice", want: "must be the key of one of the question's options", options: true,
		accepts: func(q Question, a Answer) bool { return q.offers(a.Choice) },
	},
	MultipleChoiceQuestion: {
		member: "choices", want: "must be keys of the question's options, each once", options: true,
		accepts: func(q Question, a Answer) bool { return q.offersEach(a.Choices) },
	},
	ScaleQuestion: {
		member: "scale", want: "must be a number on the question's scale", scale: true,
		accepts: func(q Question, a Answer) bool { return q.Scale.Min <= *a.Scale && *a.Scale <= q.Scale.Max },
	},
	RankingQuestion: {
		member: "ranking", want: "must be keys of the question's options, the most preferred first, each once", options: true,
		accepts: func(q Question, a Answer) bool { return q.offersEach(a.Ranking) },
	},
	NumberQuestion: {
		member: "number", want: "must be a decimal number such as 12.5, and within the question's range", bounds: true,
		accepts: func(q Question, a Answer) bool {
			_, err := ParseDecimal(string(a.Number))
			return err == nil && (q.Range == nil || q.Range.holds(a.Number))
		},
	},
	DateQuestion: {
		member: "date", want: "must be a day that exists, written YYYY-MM-DD",
		accepts: func(_ Question, a Answer) bool { _, err := ParseDate(string(a.Date)); return err == nil },
	},
}

func (r Range) holds(n Decimal) bool {
	return (r.Min == "" || r.Min.Cmp(n) <= 0) && (r.Max == "" || n.Cmp(r.Max) <= 0)
}

// given lists the members of an answer that say something.
func (a Answer) given() []string {
	var out []string
	for _, m := range []struct {
		name string
		is   bool
	}{
		{"prefer_not_to_answer", a.PreferNotToAnswer},
		{"text", a.Text != ""},
		{"choice", a.Choice != ""},
		{"choices", len(a.Choices) > 0},
		{"scale", a.Scale != nil},
		{"ranking", len(a.Ranking) > 0},
		{"number", a.Number != ""},
		{"date", a.Date != ""},
	} {
		if m.is {
			out = append(out, m.name)
		}
	}
	return out
}

func (q Question) offers(key string) bool {
	return slices.ContainsFunc(q.Options, func(o Option) bool { return o.Key == key })
}

func (q Question) offersEach(keys []string) bool {
	for i, k := range keys {
		if !q.offers(k) || slices.Contains(keys[:i], k) {
			return false
		}
	}
	return true
}

const (
	// maxScale is how many steps a scale has at most.
	maxScale = 100
	// maxOptions is how many options a question has at most.
	maxOptions = 50
)

func (q Question) someOptions(f *Faults, pointer string) {
	pointer += "/options"
	if len(q.Options) < 2 || len(q.Options) > maxOptions {
		f.Add(pointer, "required", "a question of this kind offers from 2 to %d options", maxOptions)
	}
	for i, o := range q.Options {
		if strings.TrimSpace(o.Label) == "" {
			f.Add(at(pointer, i)+"/label", "required", "a label is not empty")
		}
		if o.Key == "" || slices.ContainsFunc(q.Options[:i], func(p Option) bool { return p.Key == o.Key }) {
			f.Add(at(pointer, i)+"/key", "duplicate", "each option has a key of its own")
		}
		if o.Key == PreferNotToAnswer || o.Key == NoAnswer {
			f.Add(at(pointer, i)+"/key", "invalid", "is offered with every question; take another key")
		}
	}
}

func (q Question) someScale(f *Faults, at string) {
	if q.Scale == nil {
		f.Add(at+"/scale", "required", "say where the scale begins and ends")
		return
	}
	if steps := q.Scale.Max - q.Scale.Min + 1; steps < 2 || steps > maxScale {
		f.Add(at+"/scale/max", "invalid", "a scale has from 2 to %d steps", maxScale)
	}
}

func (r Range) check(f *Faults, at string) {
	low, high := r.Min != "", r.Max != ""
	if low {
		checkDecimal(f, at+"/min", r.Min)
	}
	if high {
		checkDecimal(f, at+"/max", r.Max)
	}
	if low && high && r.Min.Cmp(r.Max) > 0 {
		f.Add(at+"/max", "invalid", "is not less than min")
	}
}

// check finds what a question says too little or too much for its kind.
func (form answerForm) check(f *Faults, at string, q Question) {
	if form.options {
		q.someOptions(f, at)
	} else if len(q.Options) > 0 {
		f.Add(at+"/options", "invalid", "a question of this kind has no options")
	}
	if form.scale {
		q.someScale(f, at)
	} else if q.Scale != nil {
		f.Add(at+"/scale", "invalid", "a question of this kind has no scale")
	}
	if q.Range == nil {
		return
	}
	if form.bounds {
		q.Range.check(f, at+"/range")
	} else {
		f.Add(at+"/range", "invalid", "a question of this kind has no range")
	}
}

// checkQuestions finds what is wrong with a questionnaire.
func checkQuestions(f *Faults, questions []Question) {
	for i, q := range questions {
		at := at("/questions", i)
		if strings.TrimSpace(q.Prompt) == "" {
			f.Add(at+"/prompt", "required", "a question asks something")
		}
		if q.Key == "" || slices.ContainsFunc(questions[:i], func(p Question) bool { return p.Key == q.Key }) {
			f.Add(at+"/key", "duplicate", "each question has a key of its own")
		}
		form, ok := answerForms[q.Kind]
		if !ok {
			f.Add(at+"/kind", "unknown_value", "must be text, single_choice, multiple_choice, scale, ranking, number or date")
			continue
		}
		form.check(f, at, q)
	}
}

// checkAnswers finds what is wrong with answers to a questionnaire. Of what is
// only saved for later, a required question may still be open.
func checkAnswers(f *Faults, questions []Question, answers []Answer, complete bool) {
	answered := map[string]bool{}
	for i, a := range answers {
		at := at("/answers", i)
		k := slices.IndexFunc(questions, func(q Question) bool { return q.Key == a.Question })
		switch {
		case k < 0:
			f.Add(at+"/question", "unknown_value", "must be the key of a question of this consultation")
		case answered[a.Question]:
			f.Add(at+"/question", "duplicate", "is answered twice")
		default:
			checkAnswer(f, at, questions[k], a)
		}
		answered[a.Question] = true
	}
	if !complete {
		return
	}
	for _, q := range questions {
		if q.Required && !answered[q.Key] {
			f.Add("/answers", "required", "question %s needs an answer, or prefer_not_to_answer", q.Key)
		}
	}
}

func checkAnswer(f *Faults, at string, q Question, a Answer) {
	form, given := answerForms[q.Kind], a.given()
	switch {
	case len(given) == 0:
		f.Add(at, "required", "give %s, or prefer_not_to_answer; leave the answer out if there is none", form.member)
	case len(given) > 1:
		f.Add(at, "invalid", "give one of %s", strings.Join(given, ", "))
	case given[0] == "prefer_not_to_answer":
	case given[0] != form.member:
		f.Add(at+"/"+given[0], "invalid", "this question is answered with %s", form.member)
	case !form.accepts(q, a):
		f.Add(at+"/"+form.member, "unknown_value", "%s", form.want)
	}
}
