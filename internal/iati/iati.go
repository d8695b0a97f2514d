// Package iati writes activities as the IATI standard 2.03 has them, in the
// order of its schema. It knows the standard's words and codes, and nothing of
// what the activities are.
package iati

import (
	"encoding/xml"
	"io"
	"time"
)

// Version is the version of the standard.
const Version = "2.03"

// Org is an organization in one of its parts. Type is of the code list
// OrganisationType; Role, of OrganisationRole, stands with a participating one.
type Org struct {
	Ref       string      `xml:"ref,attr,omitempty"`
	Type      string      `xml:"type,attr,omitempty"`
	Role      string      `xml:"role,attr,omitempty"`
	Narrative []Narrative `xml:"narrative"`
}

// Narrative is text in the activity's language.
type Narrative string

// Text is an element that holds a narrative.
type Text struct {
	Narrative Narrative `xml:"narrative"`
}

// TextOf is an element that says s.
func TextOf(s string) Text { return Text{Narrative(s)} }

// Coded is an element that is a code.
type Coded struct {
	Code string `xml:"code,attr"`
}

// Dated is a day, as YYYY-MM-DD; Type, of ActivityDateType, stands with one of
// an activity.
type Dated struct {
	On   string `xml:"iso-date,attr"`
	Type string `xml:"type,attr,omitempty"`
}

// Classified is a code of a vocabulary; 99 is the reporting organization's own.
type Classified struct {
	Vocabulary string    `xml:"vocabulary,attr"`
	Code       string    `xml:"code,attr"`
	Narrative  Narrative `xml:"narrative"`
}

// Budget is an amount planned for a period. Status 1 is indicative.
type Budget struct {
	Type        string `xml:"type,attr"`
	Status      string `xml:"status,attr"`
	PeriodStart Dated  `xml:"period-start"`
	PeriodEnd   Dated  `xml:"period-end"`
	Value       Value  `xml:"value"`
}

// Value is an exact amount; On is the day that its currency is valued on.
type Value struct {
	Currency string `xml:"currency,attr"`
	On       string `xml:"value-date,attr"`
	Amount   string `xml:",chardata"`
}

// Related is another activity; type 1 is the parent.
type Related struct {
	Ref  string `xml:"ref,attr"`
	Type string `xml:"type,attr"`
}

// Result is what an activity is to bring about; type 1 is an output.
type Result struct {
	Type       string      `xml:"type,attr"`
	Aggregates bool        `xml:"aggregation-status,attr"`
	Title      Text        `xml:"title"`
	Indicators []Indicator `xml:"indicator"`
}

// Indicator measures a result. Measure is of the code list IndicatorMeasure.
type Indicator struct {
	Measure     string    `xml:"measure,attr"`
	Ascending   bool      `xml:"ascending,attr"`
	Aggregates  bool      `xml:"aggregation-status,attr"`
	Title       Text      `xml:"title"`
	Description *Text     `xml:"description,omitempty"`
	Baseline    *Baseline `xml:"baseline,omitempty"`
	Periods     []Period  `xml:"period"`
}

// Baseline is an indicator's value before the activity.
type Baseline struct {
	Year  int    `xml:"year,attr"`
	Value string `xml:"value,attr"`
}

// Period is what an indicator should show and did.
type Period struct {
	Start  Dated   `xml:"period-start"`
	End    Dated   `xml:"period-end"`
	Target *Figure `xml:"target,omitempty"`
	Actual *Figure `xml:"actual,omitempty"`
}

// Figure is a value, with a comment if there is more to say of it.
type Figure struct {
	Value   string `xml:"value,attr"`
	Comment *Text  `xml:"comment,omitempty"`
}

// Activity is one activity. The schema asks for its identifier, reporting
// organization, title, description, a participating organization, a status (of
// ActivityStatus) and a date; and for this order.
type Activity struct {
	XMLName       xml.Name     `xml:"iati-activity"`
	Language      string       `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
	Identifier    string       `xml:"iati-identifier"`
	Reporting     Org          `xml:"reporting-org"`
	Title         Text         `xml:"title"`
	Description   Text         `xml:"description"`
	Participating []Org        `xml:"participating-org"`
	Status        Coded        `xml:"activity-status"`
	Dates         []Dated      `xml:"activity-date"`
	Countries     []Coded      `xml:"recipient-country"`
	Sectors       []Classified `xml:"sector"`
	Tags          []Classified `xml:"tag"`
	Budget        *Budget      `xml:"budget,omitempty"`
	Related       []Related    `xml:"related-activity"`
	Results       []Result     `xml:"result"`
}

// Writer writes a file of activities, one at a time.
type Writer struct {
	w       io.Writer
	encoder *xml.Encoder
}

// NewWriter begins a file. The schema asks for at least one activity in it.
func NewWriter(w io.Writer, generated time.Time) (*Writer, error) {
	_, err := io.WriteString(w, xml.Header+`<iati-activities version="`+Version+`" generated-datetime="`+generated.UTC().Format(time.RFC3339)+`">`+"\n")
	return &Writer{w, xml.NewEncoder(w)}, err
}

// Write writes an activity.
func (w *Writer) Write(a *Activity) error {
	a.Language = "en"
	return w.encoder.Encode(a)
}

// Close ends the file.
func (w *Writer) Close() error {
	_, err := io.WriteString(w.w, "\n</iati-activities>\n")
	return err
}
