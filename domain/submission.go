package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// SubmissionID names a submission.
type SubmissionID = ID[Submission]

// SubmissionStage is where a submission is in its life.
type SubmissionStage string

// The stages of a submission.
const (
	SubmissionDrafted   SubmissionStage = "draft"
	SubmissionSubmitted SubmissionStage = "submitted"
	SubmissionAccepted  SubmissionStage = "accepted"
	SubmissionWithheld  SubmissionStage = "withheld"
	SubmissionWithdrawn SubmissionStage = "withdrawn"
)

// StandingStages lists those in which the office has a submission before it.
func StandingStages() []SubmissionStage {
	return []SubmissionStage{SubmissionSubmitted, SubmissionAccepted, SubmissionWithheld}
}

// CountedStages lists those in which a submission counts in results.
func CountedStages() []SubmissionStage {
	return []SubmissionStage{SubmissionSubmitted, SubmissionAccepted}
}

var submissionLife = lifeCycle[SubmissionStage]{
	SubmitSubmission:   {[]SubmissionStage{SubmissionDrafted}, SubmissionSubmitted},
	AmendSubmission:    {StandingStages(), SubmissionSubmitted},
	AcceptSubmission:   {[]SubmissionStage{SubmissionSubmitted, SubmissionWithheld}, SubmissionAccepted},
	WithholdSubmission: {[]SubmissionStage{SubmissionSubmitted, SubmissionAccepted}, SubmissionWithheld},
	WithdrawSubmission: {append(StandingStages(), SubmissionDrafted), SubmissionWithdrawn},
	LapseSubmission:    {[]SubmissionStage{SubmissionDrafted}, SubmissionWithdrawn},
}

// Attribution is what staff, and whoever reads it after them, are told of who
// wrote a submission.
type Attribution string

// The attributions. A partner writes under the organization's name, alone or
// with a name of the author's choice; an advisor under an alias of that
// consultation alone, or none.
const (
	Attributed     Attribution = "attributed"
	ByOrganization Attribution = "organization"
	Pseudonymous   Attribution = "pseudonymous"
	Anonymous      Attribution = "anonymous"
)

// Category is how results sort those who answered.
type Category string

// The categories. What is anonymous counts as public, whoever wrote it.
const (
	CategoryPrivateSector Category = "private_sector"
	CategoryCivilSociety  Category = "civil_society"
	CategoryPublicBodies  Category = "public_bodies"
	CategoryAdvisors      Category = "advisors"
	CategoryPublic        Category = "public"
)

// Categories lists every category, in the order of results.
func Categories() []Category {
	return []Category{CategoryPrivateSector, CategoryCivilSociety, CategoryPublicBodies, CategoryAdvisors, CategoryPublic}
}

// CategoryOf is the category of an organization's submissions.
func CategoryOf(t OrganizationType) Category {
	switch t {
	case OrganizationBusiness, OrganizationBusinessAssociation:
		return CategoryPrivateSector
	case OrganizationGovernment, OrganizationInternational:
		return CategoryPublicBodies
	}
	return CategoryCivilSociety
}

// Content is what an author writes. It is stored only sealed under a key of the
// submission's own.
type Content struct {
	// Salt is random, so that the content's digest can't be found by trying.
	Salt string `json:"salt"`
	// AttributedTo is the name that the author chose, if attributed.
	AttributedTo string   `json:"attributed_to,omitempty"`
	Answers      []Answer `json:"answers"`

	text []byte
}

// ReadContent reads a content as it was sealed.
func ReadContent(text []byte) (*Content, error) {
	c := &Content{text: text}
	return c, json.Unmarshal(text, c)
}

// Text is the content to the letter: what is hashed, sealed and given to its
// author. Of a new content there is none before it is salted.
func (c *Content) Text() []byte { return c.text }

// Submission is what one author answers to a consultation. Who the author is
// stands apart from it, where only the author is led to it; a submission without
// an account has no such place and is led to by its receipt.
type Submission struct {
	Record[Submission]
	Consultation ConsultationID
	Stage        Stage[SubmissionStage]
	// Received says that it was handed in once: only then do staff see it.
	Received    bool
	ReceivedOn  Date
	Attribution Attribution
	Category    Category
	// Organization is a partner's, whose name the submission carries.
	Organization OrganizationID
	// Alias is the pseudonym, of this consultation alone.
	Alias string
	// Receipt is the keyed hash of the receipt code; empty for one with an account.
	Receipt string
	// Number counts what was handed in: 1, and one more with each amendment.
	Number int
	// Digest is the hash of the salted content.
	Digest string
	// WithheldReason is why it is not taken into account. The author sees it.
	WithheldReason string

	// Content is there only where it was opened.
	Content *Content `gorm:"-"`
}

// SubmissionDraft is what an author writes.
type SubmissionDraft struct {
	// Attribution is the author's usual one if empty.
	Attribution  Attribution
	AttributedTo string
	Answers      []Answer
}

// NewSubmission begins a partner's or an advisor's submission. The draft is the
// author's alone. org is the partner's organization and nil for an advisor.
func NewSubmission(c *Consultation, by Actor, org *Organization, alias string, d SubmissionDraft, now time.Time) (*Submission, error) {
	if err := c.Accepting(now); err != nil {
		return nil, err
	}
	s := &Submission{Consultation: c.ID, Stage: Stage[SubmissionStage]{SubmissionDrafted}, Category: CategoryAdvisors, Alias: alias}
	if org != nil {
		s.Category, s.Organization, s.Alias = CategoryOf(org.Type), by.Organization, ""
	}
	if err := s.write(c, d, false); err != nil {
		return nil, err
	}
	s.note("submission.created")
	return s, nil
}

// NewAnonymousSubmission takes a submission from nobody, known by its receipt
// alone. It is handed in at once.
func NewAnonymousSubmission(c *Consultation, receipt string, answers []Answer, now time.Time) (*Submission, error) {
	if err := c.Accepting(now); err != nil {
		return nil, err
	}
	s := &Submission{
		Consultation: c.ID, Stage: Stage[SubmissionStage]{SubmissionSubmitted}, Category: CategoryPublic,
		Receipt: receipt, Received: true, ReceivedOn: DateOf(now), Number: 1,
	}
	if err := s.write(c, SubmissionDraft{Attribution: Anonymous, Answers: answers}, true); err != nil {
		return nil, err
	}
	s.note("submission.submitted")
	return s, nil
}

// note records an event. What an advisor or nobody does is audited without an
// actor: the trail must not join what the submission keeps apart.
func (s *Submission) note(name string) {
	if s.Organization == "" {
		s.recordUnattributed(name)
		return
	}
	s.record(name, "")
}

// Touch stamps a save with its day: a finer time could be matched to who was
// there at that moment.
func (s *Submission) Touch(now time.Time) { s.Record.Touch(now.UTC().Truncate(24 * time.Hour)) }

// Edit saves a draft. It may still be incomplete.
func (s *Submission) Edit(c *Consultation, d SubmissionDraft, now time.Time) error {
	if !s.Stage.Is(SubmissionDrafted) {
		return Refuse(Conflict, "only a draft can be edited, what was handed in is amended; this is %s", s.Stage)
	}
	if err := c.Accepting(now); err != nil {
		return err
	}
	if err := s.write(c, d, false); err != nil {
		return err
	}
	s.note("submission.edited")
	return nil
}

// Draft is what would be written to get this submission. Its content must be
// open.
func (s *Submission) Draft() SubmissionDraft {
	return SubmissionDraft{s.Attribution, s.Content.AttributedTo, s.Content.Answers}
}

func (s *Submission) write(c *Consultation, d SubmissionDraft, complete bool) error {
	d.AttributedTo = strings.TrimSpace(d.AttributedTo)
	if d.Attribution == "" {
		d.Attribution = s.attributions()[0]
	}
	var f Faults
	if !slices.Contains(s.attributions(), d.Attribution) {
		f.Add("/attribution", "invalid", "must be %s here", orList(s.attributions()))
	}
	if (d.Attribution == Attributed) != (d.AttributedTo != "") {
		f.Add("/attributed_to", "invalid", "is the name to be shown if attributed, and only then")
	}
	checkAnswers(&f, c.Questions, d.Answers, complete)
	if err := f.Err(); err != nil {
		return err
	}
	s.Attribution, s.Content = d.Attribution, &Content{AttributedTo: d.AttributedTo, Answers: d.Answers}
	return nil
}

// Salt fixes the text of new content, and gives the submission its digest. It
// precedes every save; content that was read stays as it is.
func (s *Submission) Salt(salt string) error {
	if s.Content == nil || s.Content.text != nil {
		return nil
	}
	s.Content.Salt = salt
	text, err := json.Marshal(s.Content)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	s.Content.text, s.Digest = text, hex.EncodeToString(sum[:])
	return nil
}

// attributions lists those that the author can choose, the usual one first.
func (s *Submission) attributions() []Attribution {
	switch {
	case s.Organization != "":
		return []Attribution{ByOrganization, Attributed}
	case s.Receipt != "":
		return []Attribution{Anonymous}
	}
	return []Attribution{Pseudonymous, Anonymous}
}

// Submit hands the draft in; org is the partner's, nil for an advisor. Its
// content must be open. It is refused to an organization that has lost its good
// standing meanwhile. An advisor who chose to be anonymous counts as public from
// then on, and the alias is gone.
func (s *Submission) Submit(by Actor, c *Consultation, org *Organization, now time.Time) error {
	st := s.Stage
	if err := submissionLife.take(&st, SubmitSubmission); err != nil {
		return err
	}
	if err := c.Accepting(now); err != nil {
		return err
	}
	if org != nil {
		if err := org.Admit(by, DateOf(now)); err != nil {
			return err
		}
	}
	var f Faults
	checkAnswers(&f, c.Questions, s.Content.Answers, true)
	if err := f.Err(); err != nil {
		return err
	}
	if s.Attribution == Anonymous {
		s.Category, s.Alias = CategoryPublic, ""
	}
	s.Stage, s.Received, s.ReceivedOn, s.Number = st, true, DateOf(now), 1
	s.note("submission.submitted")
	return nil
}

// Amend replaces the answers of what was handed in, until the consultation
// closes. Attribution stays. What was decided about the earlier version no
// longer holds.
func (s *Submission) Amend(c *Consultation, answers []Answer, now time.Time) error {
	st := s.Stage
	if err := submissionLife.take(&st, AmendSubmission); err != nil {
		return err
	}
	if err := c.Accepting(now); err != nil {
		return err
	}
	if err := s.write(c, SubmissionDraft{s.Attribution, s.Content.AttributedTo, answers}, true); err != nil {
		return err
	}
	s.Stage, s.ReceivedOn, s.WithheldReason = st, DateOf(now), ""
	s.Number++
	s.note("submission.amended")
	return nil
}

// Withdraw takes the submission back, at any time. What stays says only that
// something was withdrawn; the content's key is destroyed with the save.
func (s *Submission) Withdraw() error { return s.takeBack(WithdrawSubmission, "submission.withdrawn") }

// Lapse does so to a draft that was not handed in while there was time.
func (s *Submission) Lapse() error { return s.takeBack(LapseSubmission, "submission.lapsed") }

func (s *Submission) takeBack(act Action, event string) error {
	if err := submissionLife.take(&s.Stage, act); err != nil {
		return err
	}
	s.note(event)
	s.ReceivedOn, s.Attribution, s.Category, s.Organization, s.Alias = "", "", "", "", ""
	s.Number, s.Digest, s.WithheldReason, s.Content = 0, "", "", nil
	return nil
}

// Accept takes it into account.
func (s *Submission) Accept() error {
	if err := submissionLife.take(&s.Stage, AcceptSubmission); err != nil {
		return err
	}
	s.WithheldReason = ""
	s.record("submission.accepted", "")
	return nil
}

// Withhold leaves it out of account, for a reason that the author sees.
func (s *Submission) Withhold(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if err := submissionLife.take(&s.Stage, WithholdSubmission); err != nil {
		return err
	}
	s.WithheldReason = reason
	s.record("submission.withheld", "")
	return nil
}

// Standing reports whether the office has it before it.
func (s *Submission) Standing() bool { return s.Stage.Is(StandingStages()...) }

// Groups lists those who were heard by it on an initiative. What is anonymous
// was said by nobody.
func (s *Submission) Groups(org *Organization) []Group {
	switch s.Attribution {
	case Pseudonymous:
		return []Group{Survivors}
	case Attributed, ByOrganization:
		return org.Groups()
	}
	return nil
}

// Next lists what the stage allows.
func (s *Submission) Next() []Action {
	next := submissionLife.next(s.Stage)
	if s.Stage.Is(SubmissionDrafted) {
		next = append(next, EditSubmission)
	}
	return next
}

// NextByReceipt lists what the stage allows the holder of its receipt.
func (s *Submission) NextByReceipt() []Action {
	if !s.Standing() {
		return nil
	}
	return []Action{AmendReceipt, WithdrawReceipt, WriteReceipt}
}

// MessageID names a message.
type MessageID = ID[Message]

// Message is one turn of the talk between the author of a submission and the
// office. Its text is stored only sealed under the submission's key.
type Message struct {
	Record[Message]
	Submission SubmissionID
	// Number orders the messages of a submission, from 1.
	Number     int
	FromOffice bool
	SentOn     Date
	// Sealed is Text, encrypted.
	Sealed []byte
	// Text is there only where it was opened.
	Text string `gorm:"-"`
}

// NewMessage says something about a submission that stands; whether by the
// office or by the author follows from who says it. earlier counts the messages
// before it.
func NewMessage(s *Submission, by Actor, text string, earlier int, now time.Time) (*Message, error) {
	if !s.Standing() {
		return nil, Refuse(Conflict, "there is nothing to talk about; the submission is %s", s.Stage)
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil, (Faults{{Pointer: "/text", Code: "required", Detail: "a message is not empty"}}).Err()
	}
	m := &Message{Submission: s.ID, Number: earlier + 1, FromOffice: by.Internal(), SentOn: DateOf(now), Text: text}
	if m.FromOffice || s.Organization != "" {
		m.record("message.sent", "")
	} else {
		m.recordUnattributed("message.sent")
	}
	return m, nil
}

// Touch stamps a save with its day, as with a submission.
func (m *Message) Touch(now time.Time) { m.Record.Touch(now.UTC().Truncate(24 * time.Hour)) }
