package domain

import (
	"path"
	"slices"
	"strings"
	"time"
)

const (
	// MaxAnswerFiles is how many files answer one question at most.
	MaxAnswerFiles = 5
	// TicketLife is for how long a file that was sent waits for its answer.
	TicketLife = 24 * time.Hour
)

// AnswerFile is a file that answers a question. It stands among the answers, so
// that what a receipt is signed over covers the file's digest; the file itself is
// a document of the submission.
type AnswerFile struct {
	ID DocumentID `json:"id"`
	// Name says which question it answers, and of the author nothing.
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	// Size is in bytes, SHA256 in hexadecimal, of the file as it is kept.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`

	// Ticket is that of a file which is sent with these answers for the first time.
	Ticket *Ticket `json:"-"`
}

// Ticket stands for a file that was sent ahead of its answer. It is all that is
// kept of it beside the sealed content: until somebody answers with it, nothing
// leads to the file but what its sender was given.
type Ticket struct {
	Document     DocumentID     `json:"d"`
	Consultation ConsultationID `json:"c"`
	// Author is the organization or the advisor who sent it; empty for nobody.
	Author  string    `json:"a"`
	File    File      `json:"f"`
	Expires time.Time `json:"e"`
	// Scans says whether there is a scanner that the file must pass.
	Scans bool `json:"-"`
}

// Author is whose answers the actor writes: an organization's, an advisor's, or,
// where it is empty, nobody's.
func (a Actor) Author() string {
	if a.Organization != "" {
		return string(a.Organization)
	}
	return string(a.Advisor)
}

// AsksForFile refuses a file for a consultation that takes no answers now or has
// no question for one.
func (c *Consultation) AsksForFile(now time.Time) error {
	if err := c.Accepting(now); err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Questions, func(q Question) bool { return q.Kind == FileQuestion }) {
		return Refuse(Conflict, "none of its questions is answered with a file")
	}
	return nil
}

// withFiles returns answers in which every file is known: one that answers the
// same question as things stand, or one with a ticket for the consultation.
func (s *Submission) withFiles(f *Faults, c *Consultation, answers []Answer) []Answer {
	out, used := slices.Clone(answers), map[DocumentID]bool{}
	for i, a := range out {
		out[i].Files = slices.Clone(a.Files)
		for k, file := range a.Files {
			known := s.Content.file(a.Question, file.ID)
			if known == nil {
				known = file.Ticket.file(c.ID, a.Question)
			}
			at := at(at("/answers", i)+"/files", k)
			switch {
			case known == nil:
				f.Add(at, "unknown_value", "must be the ticket of a file that was sent for this consultation in the last day, or the id of one that answers this question already; send it again")
			case used[known.ID]:
				f.Add(at, "duplicate", "answers twice")
			default:
				out[i].Files[k], used[known.ID] = *known, true
			}
		}
	}
	return out
}

// file is one of the files that answer a question; nil if there is none.
func (c *Content) file(question string, id DocumentID) *AnswerFile {
	if c == nil || id == "" {
		return nil
	}
	for _, file := range c.answer(question).Files {
		if file.ID == id {
			return &file
		}
	}
	return nil
}

// Files are all that answer a question.
func (c *Content) Files() []AnswerFile {
	var out []AnswerFile
	for _, a := range c.Answers {
		out = append(out, a.Files...)
	}
	return out
}

// file is what a ticket stands for in an answer; nil if it is none for it.
func (t *Ticket) file(c ConsultationID, question string) *AnswerFile {
	if t == nil || t.Consultation != c {
		return nil
	}
	name := question + "-" + t.File.SHA256[:8] + strings.ToLower(path.Ext(t.File.Name))
	return &AnswerFile{ID: t.Document, Name: name, MediaType: t.File.MediaType, Size: t.File.Size, SHA256: t.File.SHA256, Ticket: t}
}

// AnswerDocument is the document of a file that answers a question for the first
// time. Whoever sent it is not to be known by it: one may not know who is a
// survivor.
func (s *Submission) AnswerDocument(question string, file AnswerFile, today Date) *Document {
	d := &Document{
		ParentKind: OfSubmission, Parent: string(s.ID), Protected: true, Title: file.Name, Question: question,
		Stage: Stage[DocumentStage]{DocumentKept}, Organization: s.Organization,
	}
	d.ID = file.ID
	d.add(Actor{}, file.Ticket.File, file.Ticket.Scans, today)
	d.Versions[0].FileName = file.Name
	d.note("document.created")
	return d
}

var errAnswers = Refuse(Conflict, "the file answers a question; edit or amend the answer instead")
