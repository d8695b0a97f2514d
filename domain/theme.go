package domain

import (
	"slices"
	"strings"
)

// ThemeID names a theme.
type ThemeID = ID[Theme]

// ThemeStage is whether answers can be coded to a theme.
type ThemeStage string

// A theme is in use, or was taken out of the codebook.
const (
	ThemeActive  ThemeStage = "active"
	ThemeRetired ThemeStage = "retired"
)

var themeLife = lifeCycle[ThemeStage]{
	RetireTheme: {[]ThemeStage{ThemeActive}, ThemeRetired},
}

// Theme is one thing that answers to a consultation say, and that the office
// responds to. The themes of a consultation are its codebook.
type Theme struct {
	Record[Theme]
	Consultation ConsultationID
	Title        string
	// Definition says which answers belong to it.
	Definition string
	Stage      Stage[ThemeStage]
}

// ThemeDraft is what staff write.
type ThemeDraft struct{ Title, Definition string }

// codable refuses changes of themes and codings once the responses are out.
func (c *Consultation) codable() error {
	if c.Answered() {
		return Refuse(Conflict, "the responses are published; the codebook stays as it is")
	}
	return nil
}

// NewTheme adds a theme to the codebook, until the responses are published.
func NewTheme(c *Consultation, d ThemeDraft) (*Theme, error) {
	t := &Theme{Consultation: c.ID, Stage: Stage[ThemeStage]{ThemeActive}}
	if err := t.write(c, d); err != nil {
		return nil, err
	}
	t.record("theme.created", "")
	return t, nil
}

// Edit replaces what was written.
func (t *Theme) Edit(c *Consultation, d ThemeDraft) error {
	if !t.Active() {
		return Refuse(Conflict, "the theme is retired and stays as it is")
	}
	if err := t.write(c, d); err != nil {
		return err
	}
	t.record("theme.edited", "")
	return nil
}

// Draft is what would be written to get this theme.
func (t *Theme) Draft() ThemeDraft { return ThemeDraft{t.Title, t.Definition} }

func (t *Theme) write(c *Consultation, d ThemeDraft) error {
	if err := c.codable(); err != nil {
		return err
	}
	if d.Title = strings.TrimSpace(d.Title); d.Title == "" {
		return (Faults{{Pointer: "/title", Code: "required", Detail: "a title is not empty"}}).Err()
	}
	t.Title, t.Definition = d.Title, d.Definition
	return nil
}

// Retire takes the theme out of the codebook. It is refused while answers are
// coded to it or it has a response: their authors would be left without one.
func (t *Theme) Retire(c *Consultation, codings int, answered bool) error {
	if err := c.codable(); err != nil {
		return err
	}
	if codings > 0 || answered {
		return Refuse(Conflict, "%d answers are coded to it, or it has a response; code them anew first", codings)
	}
	if err := themeLife.take(&t.Stage, RetireTheme); err != nil {
		return err
	}
	t.record("theme.retired", "")
	return nil
}

// Active reports whether it is in the codebook.
func (t *Theme) Active() bool { return t.Stage.Is(ThemeActive) }

// Next lists what the stage allows.
func (t *Theme) Next() []Action {
	if !t.Active() {
		return nil
	}
	return append(themeLife.next(t.Stage), EditTheme)
}

// CodebookEntry is a theme as it stood in one version of the codebook.
type CodebookEntry struct {
	Theme      ThemeID `json:"theme"`
	Title      string  `json:"title"`
	Definition string  `json:"definition"`
}

// Codebook is one version of a consultation's codebook. Every change of a theme
// makes the next; a version once made stays.
type Codebook struct {
	Record[Codebook]
	Consultation ConsultationID
	// Number counts the versions from 1.
	Number int
	Themes List[CodebookEntry]
}

// NextCodebook is the version after the last, of the themes as they are now.
func NextCodebook(c ConsultationID, last int, themes []Theme) *Codebook {
	b := &Codebook{Consultation: c, Number: last + 1}
	for _, t := range themes {
		if t.Active() {
			b.Themes = append(b.Themes, CodebookEntry{t.ID, t.Title, t.Definition})
		}
	}
	b.record("codebook.versioned", "")
	return b
}

// CodingID names a coding.
type CodingID = ID[Coding]

// Coding says that one answer of a submission belongs to a theme. An answer can
// have many.
type Coding struct {
	Record[Coding]
	Consultation ConsultationID
	Submission   SubmissionID
	Question     string
	Theme        ThemeID
	// Number is the version of the submission, Codebook that of the codebook,
	// as they were when it was coded.
	Number   int
	Codebook int
	CodedBy  AccountID
}

// NewCoding codes an answer. The submission's content must be open.
func NewCoding(c *Consultation, s *Submission, t *Theme, question string, codebook int, by Actor) (*Coding, error) {
	if err := c.codable(); err != nil {
		return nil, err
	}
	if !s.Standing() {
		return nil, Refuse(Conflict, "there is nothing to code; the submission is %s", s.Stage)
	}
	var f Faults
	if !slices.ContainsFunc(s.Content.Answers, func(a Answer) bool { return a.Question == question && !a.PreferNotToAnswer }) {
		f.Add("/question", "unknown_value", "must be the key of a question that the submission answers")
	}
	if t.Consultation != c.ID || !t.Active() {
		f.Add("/theme_id", "unknown_value", "must be a theme of this consultation's codebook")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	v := &Coding{
		Consultation: c.ID, Submission: s.ID, Question: question, Theme: t.ID,
		Number: s.Number, Codebook: codebook, CodedBy: by.Account,
	}
	v.record("coding.created", "")
	return v, nil
}

// Remove notes that the coding is taken back.
func (v *Coding) Remove(c *Consultation) error {
	if err := c.codable(); err != nil {
		return err
	}
	v.record("coding.removed", "")
	return nil
}

// Next lists what may be done with a coding.
func (v *Coding) Next() []Action { return []Action{RemoveCoding} }

// Outcome is what became of a theme.
type Outcome string

// The outcomes.
const (
	OutcomeAdopted       Outcome = "adopted"
	OutcomeAdoptedInPart Outcome = "adopted_in_part"
	OutcomeDeferred      Outcome = "deferred"
	OutcomeDeclined      Outcome = "declined"
	OutcomeOutOfScope    Outcome = "out_of_scope"
)

// Outcomes lists every outcome.
func Outcomes() []Outcome {
	return []Outcome{OutcomeAdopted, OutcomeAdoptedInPart, OutcomeDeferred, OutcomeDeclined, OutcomeOutOfScope}
}

// Link leads to the record in which an answer took effect.
type Link struct {
	// LinkKind is the kind of record; empty for no link.
	LinkKind string
	LinkID   string
}

// LinkKinds lists what a response can lead to.
func LinkKinds() []string {
	return []string{"initiative", "engagement", "consultation", "recommendation", "partnership", "commitment"}
}

// ResponseID names a response.
type ResponseID = ID[Response]

// Response is the office's answer to one theme: "we asked, you said, we did". It
// is a draft for staff alone until its consultation is published, which
// publishes all of them at one moment.
type Response struct {
	Record[Response]
	Consultation ConsultationID
	Theme        ThemeID
	Outcome      Outcome
	Reason       string
	Link
	// ThemeTitle is the theme's. It is computed by the read and never stored.
	ThemeTitle string `gorm:"->"`
}

// ResponseDraft is what staff write.
type ResponseDraft struct {
	Outcome Outcome
	Reason  string
	Link
}

// NewResponse drafts the response to a theme.
func NewResponse(c *Consultation, t *Theme, d ResponseDraft) (*Response, error) {
	if !t.Active() {
		return nil, Refuse(Conflict, "the theme is retired")
	}
	r := &Response{Consultation: c.ID, Theme: t.ID, ThemeTitle: t.Title}
	if err := r.write(c, d); err != nil {
		return nil, err
	}
	r.record("response.created", "")
	return r, nil
}

// Edit replaces what was written, until it is published.
func (r *Response) Edit(c *Consultation, d ResponseDraft) error {
	if err := r.write(c, d); err != nil {
		return err
	}
	r.record("response.edited", "")
	return nil
}

// Draft is what would be written to get this response.
func (r *Response) Draft() ResponseDraft { return ResponseDraft{r.Outcome, r.Reason, r.Link} }

func (r *Response) write(c *Consultation, d ResponseDraft) error {
	if !c.Stage.Is(ConsultationResponseDrafting) {
		return Refuse(Conflict, "responses are written in response_drafting; the consultation is %s", c.Stage)
	}
	var f Faults
	if !slices.Contains(Outcomes(), d.Outcome) {
		f.Add("/outcome", "unknown_value", "must be adopted, adopted_in_part, deferred, declined or out_of_scope")
	}
	if strings.TrimSpace(d.Reason) == "" {
		f.Add("/reason", "required", "say why, to those who took part")
	}
	if (d.LinkKind == "") != (d.LinkID == "") {
		f.Add("/link_id", "invalid", "has a kind and an id, or is left out")
	}
	if d.LinkKind != "" && !slices.Contains(LinkKinds(), d.LinkKind) {
		f.Add("/link_kind", "unknown_value", "must be %s", orList(LinkKinds()))
	}
	if err := f.Err(); err != nil {
		return err
	}
	r.Outcome, r.Reason, r.Link = d.Outcome, d.Reason, d.Link
	return nil
}

// Next lists what may be done with a response while it is a draft.
func (r *Response) Next() []Action { return []Action{EditResponse} }
