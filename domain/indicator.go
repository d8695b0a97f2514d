package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// IndicatorID names an indicator.
type IndicatorID = ID[Indicator]

// Period is a span of days, both included.
type Period struct {
	From  Date `json:"from"`
	Until Date `json:"until"`
}

func (p Period) check(f *Faults, at string) {
	for pointer, d := range map[string]Date{at + "/from": p.From, at + "/until": p.Until} {
		if _, err := ParseDate(string(d)); err != nil {
			f.Add(pointer, "invalid", "is written YYYY-MM-DD and must exist")
		}
	}
	if p.Until.Before(p.From) {
		f.Add(at+"/until", "invalid", "is not before the period's first day")
	}
}

// Overlaps reports whether a day lies in both periods.
func (p Period) Overlaps(o Period) bool { return p.From <= o.Until && o.From <= p.Until }

// String writes the period in words.
func (p Period) String() string { return string(p.From) + " to " + string(p.Until) }

// Target is what an indicator should show for a period.
type Target struct {
	Period
	Value Decimal `json:"value"`
}

// Baseline is an indicator's value before the commitment; the zero Baseline is
// none.
type Baseline struct {
	Year  int     `json:"year"`
	Value Decimal `json:"value"`
}

// IndicatorMeasure is what kind of number an indicator's figures are (IATI code list
// IndicatorMeasure).
type IndicatorMeasure string

// The measures; figures of a unit alone can be added up.
const (
	MeasureUnit        IndicatorMeasure = "unit"
	MeasurePercentage  IndicatorMeasure = "percentage"
	MeasureNominal     IndicatorMeasure = "nominal"
	MeasureOrdinal     IndicatorMeasure = "ordinal"
	MeasureQualitative IndicatorMeasure = "qualitative"
)

// IndicatorMeasures lists the measures in the code list's order.
func IndicatorMeasures() []IndicatorMeasure {
	return []IndicatorMeasure{MeasureUnit, MeasurePercentage, MeasureNominal, MeasureOrdinal, MeasureQualitative}
}

// Indicator measures a commitment, as in the IATI standard 2.03.
type Indicator struct {
	Record[Indicator]
	Commitment          CommitmentID
	Organization        OrganizationID
	Title               string
	Definition          string
	Unit                string
	MeansOfVerification string
	// Measure is what kind of number its figures are.
	Measure IndicatorMeasure
	// Ascending says that more is better.
	Ascending bool
	// Cumulative says that a period's value contains those of the periods before.
	Cumulative bool
	Baseline   Baseline `gorm:"embedded;embeddedPrefix:baseline_"`
	Targets    List[Target]
	// Disaggregation names the dimensions by which figures may be broken down.
	Disaggregation List[string]

	// CommitmentStage is where its commitment is, Actuals what was reported and
	// verified; read with the indicator.
	CommitmentStage Stage[CommitmentStage] `gorm:"->"`
	Actuals         []Actual               `gorm:"-"`
}

// IndicatorDraft is what is planned.
type IndicatorDraft struct {
	Title               string `json:"title"`
	Definition          string `json:"definition,omitempty"`
	Unit                string `json:"unit"`
	MeansOfVerification string `json:"means_of_verification,omitempty"`
	// Measure is MeasureUnit if empty.
	Measure        IndicatorMeasure `json:"measure,omitempty"`
	Ascending      bool             `json:"ascending"`
	Cumulative     bool             `json:"cumulative"`
	Baseline       Baseline         `json:"baseline,omitzero"`
	Targets        []Target         `json:"targets,omitempty"`
	Disaggregation []string         `json:"disaggregation,omitempty"`
}

// NewIndicator adds an indicator to a commitment that is being written. To an
// accepted one an amendment does.
func NewIndicator(c *Commitment, d IndicatorDraft) (*Indicator, error) {
	if err := c.mayPlan("an indicator"); err != nil {
		return nil, err
	}
	return newIndicator(c, d)
}

func newIndicator(c *Commitment, d IndicatorDraft) (*Indicator, error) {
	i := &Indicator{Commitment: c.ID, Organization: c.Organization, CommitmentStage: c.Stage}
	if err := i.write(d); err != nil {
		return nil, err
	}
	i.record("indicator.created", "")
	return i, nil
}

// Edit replaces what was planned, while the commitment is being written.
func (i *Indicator) Edit(c *Commitment, d IndicatorDraft) error {
	if err := c.mustBeWritten("changing an indicator"); err != nil {
		return err
	}
	if err := i.write(d); err != nil {
		return err
	}
	i.record("indicator.edited", "")
	return nil
}

// Remove takes the indicator out, while the commitment is being written.
func (i *Indicator) Remove(c *Commitment) error {
	if err := c.mustBeWritten("removing an indicator"); err != nil {
		return err
	}
	i.record("indicator.removed", "")
	return nil
}

// Draft is what would be written to get this indicator.
func (i *Indicator) Draft() IndicatorDraft {
	return IndicatorDraft{
		i.Title, i.Definition, i.Unit, i.MeansOfVerification, i.Measure, i.Ascending, i.Cumulative, i.Baseline, i.Targets, i.Disaggregation,
	}
}

func (i *Indicator) write(d IndicatorDraft) error {
	var f Faults
	if d.check(&f, ""); len(f) > 0 {
		return f.Err()
	}
	i.Title, i.Definition, i.Unit, i.MeansOfVerification = strings.TrimSpace(d.Title), d.Definition, d.Unit, d.MeansOfVerification
	i.Measure = cmp.Or(d.Measure, MeasureUnit)
	i.Ascending, i.Cumulative, i.Baseline = d.Ascending, d.Cumulative, d.Baseline
	i.Targets, i.Disaggregation = d.Targets, d.Disaggregation
	slices.SortFunc(i.Targets, func(a, b Target) int { return strings.Compare(string(a.From), string(b.From)) })
	return nil
}

// check finds what is wrong with the draft; at is where it stands in the body.
func (d *IndicatorDraft) check(f *Faults, at string) {
	if strings.TrimSpace(d.Title) == "" {
		f.Add(at+"/title", "required", "a title is not empty")
	}
	if strings.TrimSpace(d.Unit) == "" {
		f.Add(at+"/unit", "required", "say what is counted: people, sites, percent")
	}
	if d.Measure != "" && !slices.Contains(IndicatorMeasures(), d.Measure) {
		f.Add(at+"/measure", "unknown_value", "must be %s", orList(IndicatorMeasures()))
	}
	if d.Baseline != (Baseline{}) {
		checkDecimal(f, at+"/baseline/value", d.Baseline.Value)
		if d.Baseline.Year < 1900 || d.Baseline.Year > 2200 {
			f.Add(at+"/baseline/year", "invalid", "is a year from 1900 to 2200")
		}
	}
	for i, t := range d.Targets {
		at := fmt.Sprintf("%s/targets/%d", at, i)
		t.check(f, at)
		checkDecimal(f, at+"/value", t.Value)
		if d.Ascending && d.counted() && t.Value.known() && t.Value.Cmp("0") <= 0 && (d.Baseline == (Baseline{}) || d.Baseline.Value.Cmp(t.Value) >= 0) {
			f.Add(at+"/value", "invalid", "is reached by doing nothing: say more than zero, or more than the baseline if that is below")
		}
		if slices.ContainsFunc(d.Targets[:i], func(o Target) bool { return o.Overlaps(t.Period) }) {
			f.Add(at, "duplicate", "overlaps the period of another target")
		}
	}
	each(f, at+"/disaggregation", d.Disaggregation, "the name of a dimension, not empty", func(s string) bool { return strings.TrimSpace(s) != "" })
}

// counted reports whether the figures are amounts of something, and no grades.
func (d *IndicatorDraft) counted() bool {
	return slices.Contains([]IndicatorMeasure{"", MeasureUnit, MeasurePercentage}, d.Measure)
}

// Figure is an indicator's value in a report or a verification.
type Figure struct {
	Indicator IndicatorID `json:"indicator"`
	Value     Decimal     `json:"value"`
	// Parts break the value down by dimension.
	Parts []Part `json:"parts,omitempty"`
}

func (f Figure) equal(o Figure) bool {
	return f.Indicator == o.Indicator && f.Value.Cmp(o.Value) == 0 && slices.EqualFunc(f.Parts, o.Parts, func(a, b Part) bool {
		return a.Dimension == b.Dimension && a.Category == b.Category && a.Value.Cmp(b.Value) == 0
	})
}

// TargetOf is the target for the period in which a day lies; false if there is
// none.
func (i *Indicator) TargetOf(day Date) (Target, bool) {
	n := slices.IndexFunc(i.Targets, func(t Target) bool { return t.Overlaps(Period{day, day}) })
	if n < 0 {
		return Target{}, false
	}
	return i.Targets[n], true
}

// Part is the share of a figure that falls in a category of a dimension.
type Part struct {
	Dimension string  `json:"dimension"`
	Category  string  `json:"category"`
	Value     Decimal `json:"value"`
}

// checkFigures finds figures of other indicators than these (among says which they
// are), of one that stands twice, and what is wrong with their parts.
func checkFigures(f *Faults, figures []Figure, indicators []Indicator, among string) {
	for i, fig := range figures {
		at := fmt.Sprintf("/figures/%d", i)
		checkDecimal(f, at+"/value", fig.Value)
		n := slices.IndexFunc(indicators, func(x Indicator) bool { return x.ID == fig.Indicator })
		switch {
		case n < 0:
			f.Add(at+"/indicator_id", "unknown_value", "%s", among)
			continue
		case slices.ContainsFunc(figures[:i], func(o Figure) bool { return o.Indicator == fig.Indicator }):
			f.Add(at+"/indicator_id", "duplicate", "the indicator stands in the list twice")
		}
		indicators[n].checkParts(f, at, fig)
	}
}

// checkParts finds parts by a dimension that the indicator doesn't have, of a
// category that stands in it twice and, of a count, those that are below zero or
// together more than the whole. They may be less: not everyone is known by everything.
func (i *Indicator) checkParts(f *Faults, at string, fig Figure) {
	counts := i.Measure == MeasureUnit && fig.Value.known() && fig.Value.Cmp("0") >= 0
	told := map[string][]Decimal{}
	for j, p := range fig.Parts {
		at := fmt.Sprintf("%s/parts/%d", at, j)
		checkDecimal(f, at+"/value", p.Value)
		if !slices.Contains(i.Disaggregation, p.Dimension) {
			f.Add(at+"/dimension", "unknown_value", "must be a dimension by which the indicator is broken down")
		}
		if slices.ContainsFunc(fig.Parts[:j], func(o Part) bool { return o.Dimension == p.Dimension && strings.EqualFold(o.Category, p.Category) }) {
			f.Add(at+"/category", "duplicate", "the category stands in the dimension twice")
			continue
		}
		told[p.Dimension] = append(told[p.Dimension], p.Value)
		if total := sum(told[p.Dimension]); counts && (p.Value.Cmp("0") < 0 || total.Cmp(fig.Value) > 0) {
			f.Add(at+"/value", "invalid", "a part is not below zero, and the parts of a dimension come to no more than the whole")
		}
	}
}

// Actual is what was reported for an indicator in a period and, beside it, what
// was verified. Verified is empty until somebody did.
type Actual struct {
	Period
	Report     ProgressReportID
	Reported   Decimal
	Parts      []Part
	Verified   Decimal
	Confidence Confidence
}

// Tell fills in the indicator's actual figures by period: of every report
// that stands, each beside its last verification. reports are the commitment's,
// verifications in the order in which they were made.
func (i *Indicator) Tell(reports []ProgressReport, verifications []Verification) {
	i.Actuals = nil
	for _, r := range reports {
		fig, ok := figureOf(i.ID, r.Figures)
		if !ok || !r.Stands() {
			continue
		}
		a := Actual{Period: r.Period, Report: r.ID, Reported: fig.Value, Parts: fig.Parts}
		for _, v := range verifications {
			if checked, ok := figureOf(i.ID, v.Figures); ok && v.Report == r.ID {
				a.Verified, a.Confidence = checked.Value, v.Confidence
			}
		}
		i.Actuals = append(i.Actuals, a)
	}
	slices.SortFunc(i.Actuals, func(a, b Actual) int { return strings.Compare(string(a.From), string(b.From)) })
}

func figureOf(i IndicatorID, figures []Figure) (Figure, bool) {
	n := slices.IndexFunc(figures, func(f Figure) bool { return f.Indicator == i })
	if n < 0 {
		return Figure{}, false
	}
	return figures[n], true
}

// lateDays after a target's period, what is reported of it by then is judged.
const lateDays = 30

// missed is the last target whose period is over, if what was reported falls short
// of it, and what that comes to: nothing, where no report told of it. It waits for a
// report that came in from the period's last day on, or a month. Counts of parts of the period are
// added up, unless each contains those before; the last of any other figures holds.
// told is when the last report that stands came in; empty if none did.
func (i *Indicator) missed(today, told Date) (t Target, reached Decimal, missed bool) {
	for _, t := range slices.Backward(i.Targets) {
		if !t.Until.Before(today) || told < t.Until && !t.Until.AddDays(lateDays).Before(today) {
			continue
		}
		reached := i.reached(t.Period)
		short := reached.Cmp(t.Value)
		return t, reached, reached == "" || i.Ascending && short < 0 || !i.Ascending && short > 0
	}
	return Target{}, "", false
}

// reached is what the actual figures of a period come to; empty for none.
func (i *Indicator) reached(p Period) Decimal {
	var of []Decimal
	adds := i.Measure == MeasureUnit && !i.Cumulative
	for _, a := range i.Actuals {
		if p.From <= a.Until && a.Until <= p.Until && (!adds || p.From <= a.From) {
			of = append(of, a.Reported)
		}
	}
	switch {
	case len(of) == 0:
		return ""
	case adds:
		return sum(of)
	}
	return of[len(of)-1]
}

// Next lists what may be done with the indicator, by its commitment's stage.
func (i *Indicator) Next() []Action {
	if i.CommitmentStage.Is(commitmentWritten...) {
		return []Action{EditIndicator, RemoveIndicator}
	}
	return nil
}
