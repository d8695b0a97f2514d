package domain

import (
	"slices"
	"strings"
)

// AdvisoryCouncilStatute establishes the United States Advisory Council on Human
// Trafficking. A new council follows it unless it says otherwise.
const AdvisoryCouncilStatute = "22 U.S.C. 7103b"

// CouncilID names a council.
type CouncilID = ID[AdvisoryCouncil]

// AdvisoryCouncil is a body of advisors. Its name and statute are public; who sits on it
// is known to a liaison, and to fellow members by alias if the council allows.
type AdvisoryCouncil struct {
	Record[AdvisoryCouncil]
	Name string
	// Statute is the law that its rules come from.
	Statute string
	// MinSeats and Seats are how many members it has at least and at most.
	MinSeats int
	Seats    int
	// TermYears is how long a term lasts at most.
	TermYears int
	// Renewals is how many further terms a member may serve.
	Renewals int
	// AssessmentDays is how long the council has to judge what an agency reports
	// as implemented; then it counts without its judgment.
	AssessmentDays int
	// MembersKnowEachOther lets members see each other's alias.
	MembersKnowEachOther bool
}

// CouncilDraft is what a liaison writes.
type CouncilDraft struct {
	Name, Statute                                        string
	MinSeats, Seats, TermYears, Renewals, AssessmentDays int
	MembersKnowEachOther                                 bool
}

// StatutoryCouncil is the draft of a council by the statute: 8 to 14 seats, and
// terms of two years with one renewal (22 U.S.C. 7103b(c)).
func StatutoryCouncil(name string) CouncilDraft {
	return CouncilDraft{
		Name: name, Statute: AdvisoryCouncilStatute,
		MinSeats: 8, Seats: 14, TermYears: 2, Renewals: 1, AssessmentDays: 180,
	}
}

// NewCouncil makes a council without members.
func NewCouncil(d CouncilDraft) (*AdvisoryCouncil, error) {
	c := &AdvisoryCouncil{}
	if err := c.write(d); err != nil {
		return nil, err
	}
	c.record("council.created", "")
	return c, nil
}

// Edit replaces what was written. Terms that run or are to come must fit into
// the seats that remain; no other term is touched.
func (c *AdvisoryCouncil) Edit(d CouncilDraft, terms []Term, today Date) error {
	if taken := mostSeated(terms, today, endOfTime); d.Seats < taken {
		return Refuse(Conflict, "%d members are appointed; end terms before taking seats away", taken)
	}
	if err := c.write(d); err != nil {
		return err
	}
	c.record("council.edited", "")
	return nil
}

// Draft is what would be written to get this council.
func (c *AdvisoryCouncil) Draft() CouncilDraft {
	return CouncilDraft{c.Name, c.Statute, c.MinSeats, c.Seats, c.TermYears, c.Renewals, c.AssessmentDays, c.MembersKnowEachOther}
}

func (c *AdvisoryCouncil) write(d CouncilDraft) error {
	d.Name, d.Statute = strings.TrimSpace(d.Name), strings.TrimSpace(d.Statute)
	var f Faults
	if d.Name == "" {
		f.Add("/name", "required", "a name is not empty")
	}
	if d.Statute == "" {
		f.Add("/statute", "required", "name the law or charter that the council's rules come from")
	}
	if d.MinSeats < 1 || d.Seats < d.MinSeats {
		f.Add("/seats", "invalid", "is not less than min_seats, which is at least 1")
	}
	if d.TermYears < 1 {
		f.Add("/term_years", "invalid", "is at least 1")
	}
	if d.Renewals < 0 || d.AssessmentDays < 0 {
		f.Add("", "invalid", "renewals and assessment_days are not below 0")
	}
	if err := f.Err(); err != nil {
		return err
	}
	c.Name, c.Statute, c.MinSeats, c.Seats = d.Name, d.Statute, d.MinSeats, d.Seats
	c.TermYears, c.Renewals, c.AssessmentDays, c.MembersKnowEachOther = d.TermYears, d.Renewals, d.AssessmentDays, d.MembersKnowEachOther
	return nil
}

// cite names the council's law, to the paragraph where that is known.
func (c *AdvisoryCouncil) cite(paragraph string) string {
	if c.Statute == AdvisoryCouncilStatute {
		return c.Statute + paragraph
	}
	return c.Statute
}

// Next lists what may be done with a council.
func (c *AdvisoryCouncil) Next() []Action { return []Action{EditCouncil} }

// TermID names a term.
type TermID = ID[Term]

// Term is one advisor's time on a council, first and last day included.
type Term struct {
	Record[Term]
	Council  CouncilID
	Advisor  AdvisorID
	BeginsOn Date
	EndsOn   Date
	// Renewal says that the advisor had served on the council before.
	Renewal bool
	// Alias is the advisor's. It is computed by the read and never stored.
	Alias string `gorm:"->"`
}

// Appoint gives an advisor a term that begins on a day and lasts as long as the
// council's terms do, or to an earlier last day if one is given. terms are all
// terms of the council, whoever's. It is refused, citing the rule, when every
// seat is taken on some day of it, when the advisor has a term on one of its
// days, and when the advisor has served all renewals; and for an advisor who is
// not to be asked.
func (c *AdvisoryCouncil) Appoint(a *Advisor, begins, ends Date, terms []Term) (*Term, error) {
	t := &Term{Council: c.ID, Advisor: a.ID, Alias: a.Alias, BeginsOn: begins, EndsOn: ends}
	full := DateOf(begins.Time().AddDate(c.TermYears, 0, -1))
	if t.EndsOn == "" {
		t.EndsOn = full
	}
	var f Faults
	if t.EndsOn.Before(begins) {
		f.Add("/ends_on", "invalid", "is not before begins_on")
	}
	if full.Before(t.EndsOn) {
		f.Add("/ends_on", "invalid", "a term lasts %d years, here until %s at the latest (%s)", c.TermYears, full, c.cite("(c)(4)"))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if !a.Askable() {
		return nil, Refuse(Conflict, "the advisor is %s and can't be appointed", a.Stage)
	}
	if err := c.admit(t, terms); err != nil {
		return nil, err
	}
	t.record("term.created", "")
	return t, nil
}

func (c *AdvisoryCouncil) admit(t *Term, terms []Term) error {
	own := slices.DeleteFunc(slices.Clone(terms), func(x Term) bool { return x.Advisor != t.Advisor })
	if slices.ContainsFunc(own, t.overlaps) {
		return Refuse(Conflict, "the advisor has a term on some of these days; a member holds one seat (%s)", c.cite("(c)(1)"))
	}
	if len(own) > c.Renewals {
		return Refuse(Conflict, "the advisor has served %d terms, and may be reappointed %d times (%s)", len(own), c.Renewals, c.cite("(c)(4)"))
	}
	if mostSeated(terms, t.BeginsOn, t.EndsOn) >= c.Seats {
		return Refuse(Conflict, "all %d seats are taken on some of these days (%s)", c.Seats, c.cite("(c)(1)"))
	}
	t.Renewal = len(own) > 0
	return nil
}

func (t *Term) overlaps(other Term) bool {
	return t.BeginsOn <= other.EndsOn && other.BeginsOn <= t.EndsOn
}

// Runs reports whether the advisor sits on the council on the day.
func (t *Term) Runs(on Date) bool { return t.BeginsOn <= on && on <= t.EndsOn }

// endOfTime is after every term.
const endOfTime Date = "9999-12-31"

// mostSeated is the number of members on the fullest day of a span.
func mostSeated(terms []Term, from, until Date) int {
	most := 0
	for _, day := range append(beginnings(terms, from, until), from) {
		seated := 0
		for _, t := range terms {
			if t.Runs(day) {
				seated++
			}
		}
		most = max(most, seated)
	}
	return most
}

// beginnings are the only days within a span on which a council can get fuller.
func beginnings(terms []Term, from, until Date) []Date {
	var days []Date
	for _, t := range terms {
		if from < t.BeginsOn && t.BeginsOn <= until {
			days = append(days, t.BeginsOn)
		}
	}
	return days
}

// End makes a day the term's last. A term can be cut short, not drawn out.
func (t *Term) End(on Date) error {
	if on < t.BeginsOn || t.EndsOn < on {
		return (Faults{{Pointer: "/ends_on", Code: "invalid", Detail: "is a day of the term, " + string(t.BeginsOn) + " to " + string(t.EndsOn)}}).Err()
	}
	t.EndsOn = on
	t.record("term.ended", "")
	return nil
}

// Remove takes out a term that was entered by mistake. One that has begun is
// ended instead.
func (t *Term) Remove(today Date) error {
	if t.BeginsOn <= today {
		return Refuse(Conflict, "the term has begun; end it")
	}
	t.record("term.removed", "")
	return nil
}

// Next lists what may be done with a term.
func (t *Term) Next() []Action { return []Action{EndTerm, RemoveTerm} }

// SmallCouncilCell is the number of members below which a figure of a council's
// composition is not told: with 8 to 14 members one or two stand out.
const SmallCouncilCell = 3

// CouncilComposition is what may be told of a council's members: figures alone. A
// figure is told only if neither the members that it counts nor those that it
// does not are fewer than SmallCouncilCell, unless they are none.
type CouncilComposition struct {
	// Sitting is how many members there are; zero if it is not told.
	Sitting int
	// Renewed is how many of them serve a further term; zero if it is not told.
	Renewed   int
	Expertise []CouncilCell[Topic]
	Languages []CouncilCell[string]
}

// CouncilCell is how many members share something.
type CouncilCell[T ~string] struct {
	Value   T
	Members int
}

// CouncilMember is what a composition is made from.
type CouncilMember struct {
	Renewal   bool
	Expertise List[Topic]
	Languages List[string]
}

// ComposeCouncil sums members up.
func ComposeCouncil(members []CouncilMember) CouncilComposition {
	if len(members) < SmallCouncilCell {
		return CouncilComposition{}
	}
	expertise, languages, renewed := map[Topic]int{}, map[string]int{}, 0
	for _, m := range members {
		for _, t := range m.Expertise {
			expertise[t]++
		}
		for _, l := range m.Languages {
			languages[l]++
		}
		if m.Renewal {
			renewed++
		}
	}
	out := CouncilComposition{Sitting: len(members), Expertise: cells(expertise, len(members)), Languages: cells(languages, len(members))}
	if tellable(renewed, len(members)) {
		out.Renewed = renewed
	}
	return out
}

func cells[T ~string](counts map[T]int, of int) []CouncilCell[T] {
	out := []CouncilCell[T]{}
	for value, n := range counts {
		if tellable(n, of) {
			out = append(out, CouncilCell[T]{value, n})
		}
	}
	slices.SortFunc(out, func(a, b CouncilCell[T]) int { return strings.Compare(string(a.Value), string(b.Value)) })
	return out
}

func tellable(n, of int) bool {
	rest := of - n
	return n >= SmallCouncilCell && (rest == 0 || rest >= SmallCouncilCell)
}
