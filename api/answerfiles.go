package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/blob"
	"accord/openapi"
)

// AttachFile takes a file ahead of the answer of a partner or an advisor.
func (s *Server) AttachFile(c echo.Context, id openapi.ID) error {
	return s.attach(c, id, domain.JoinConsultation)
}

// AttachAnonymously takes a file ahead of the answer of nobody, as which whoever is
// signed in counts.
func (s *Server) AttachAnonymously(c echo.Context, id openapi.ID) error {
	return s.attach(c, id, domain.JoinAnonymously)
}

// receiver is how an operation reads a file that can't wait for its handler: before
// any transaction, as it arrives. It is nil for one that takes no file so.
func (s *Server) receiver(op openapi.Operation) func(echo.Context, string) (*received, string, error) {
	switch op.ID {
	case "createDocument", "addDocumentVersion":
		return func(c echo.Context, id string) (*received, string, error) { return s.receive(c, domain.DocumentID(id)) }
	case "attachFile":
		return func(c echo.Context, id string) (*received, string, error) {
			return s.receiveAhead(c, id, domain.JoinConsultation)
		}
	case "attachAnonymously":
		return func(c echo.Context, id string) (*received, string, error) {
			return s.receiveAhead(c, id, domain.JoinAnonymously)
		}
	}
	return nil
}

// attach answers with a ticket. Nothing is written: until somebody answers with it,
// the ticket alone leads to the file and has its key.
func (s *Server) attach(c echo.Context, id string, act domain.Action) error {
	got, ok := c.Get("received").(*received)
	if !ok {
		var err error
		if got, _, err = s.receiveAhead(c, id, act); err != nil {
			return err
		}
	}
	t := domain.Ticket{
		Document: domain.DocumentID(s.as(c).NewID()), Consultation: domain.ConsultationID(id), File: got.file,
		Expires: s.store.Now().Add(domain.TicketLife),
	}
	if act == domain.JoinConsultation {
		t.Author = actor(c).Author()
	}
	sealed, err := seal(s.tickets, t)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, openapi.FileTicket{
		Ticket: sealed, MediaType: t.File.MediaType, Size: int(t.File.Size), Sha256: t.File.SHA256, ExpiresAt: t.Expires,
	})
}

// receiveAhead reads a file from whoever may answer a consultation as act says. Of
// its name the ending alone is kept, by what the file is.
func (s *Server) receiveAhead(c echo.Context, id string, act domain.Action) (*received, string, error) {
	if s.box.Store == nil {
		return nil, "", errNoStore
	}
	consultation, err := s.as(c).Consultations.Joinable(ctx(c), act, domain.ConsultationID(id))
	if err != nil {
		return nil, "", err
	}
	if err := consultation.AsksForFile(s.store.Now()); err != nil {
		return nil, "", err
	}
	if err := s.mayAttach(c, act); err != nil {
		return nil, "", err
	}
	form, err := c.Request().MultipartReader()
	if err != nil {
		return nil, "", domain.Refuse(domain.Malformed, "the form can't be read")
	}
	fields, part, err := readFields(form)
	if err != nil {
		return nil, "", err
	}
	var f domain.Faults
	for name := range fields {
		f.Add("/"+clip(name), "unknown_field", "is no part of this form")
	}
	if err := f.Err(); err != nil {
		return nil, "", err
	}
	got := &received{draft: domain.DocumentDraft{ParentKind: domain.OfSubmission, Parent: id}}
	sent, err := s.takePart(c, got, form, part)
	return got, sent, err
}

// mayAttach refuses too many files: what is sent and never answered with lies
// around for two days.
func (s *Server) mayAttach(c echo.Context, act domain.Action) error {
	class, who := "file of place", s.clientNetwork(c)
	if act == domain.JoinConsultation {
		id, _ := actor(c).Signature()
		class, who = "file of actor", id
	}
	a, err := s.store.Take(ctx(c), class, who, s.usher.Files)
	if err != nil || a.Granted {
		return err
	}
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(a.Next/time.Second)+1))
	return domain.Refuse(domain.TooMany, "many files came from here; send it again later, as Retry-After says")
}

// sentAhead is the file that a word in an answer stands for: one that author was given
// a ticket for and that is there still, or one by its id.
func (s *Server) sentAhead(c echo.Context, author, word string) (domain.AnswerFile, error) {
	t := &domain.Ticket{Scans: s.scanner != ""}
	if !unseal(s.tickets, word, t) || t.Author != author || !s.store.Now().Before(t.Expires) {
		return domain.AnswerFile{ID: domain.DocumentID(word)}, nil
	}
	file := domain.AnswerFile{ID: t.Document}
	there, err := s.box.Store.Get(ctx(c), t.File.Blob, 0, 1)
	if errors.Is(err, blob.ErrNotFound) {
		return file, nil
	}
	if err != nil {
		return file, err
	}
	file.Ticket = t
	return file, there.Close()
}

// answersWith reports whether a submission's answers, as they stand, hold a file.
func answersWith(v *domain.Submission, file domain.DocumentID) bool {
	return v.Content != nil && slices.ContainsFunc(v.Content.Files(), func(f domain.AnswerFile) bool { return f.ID == file })
}

// LinkReceiptFile makes an address at which a receipt's holder can take a file that
// the submission answers with.
func (s *Server) LinkReceiptFile(c echo.Context) error {
	in, err := bind[openapi.ReceiptFile](c)
	if err != nil {
		return err
	}
	holder, v, err := s.opened(c, in.Code)
	if err != nil {
		return err
	}
	id := domain.DocumentID(in.FileID)
	if !answersWith(v, id) {
		return domain.Refuse(domain.NotFound, "there is no such record")
	}
	d, err := s.system(c).Documents.Get(ctx(c), id)
	if err != nil {
		return err
	}
	if _, err := d.Readable(0, s.requireScan); err != nil {
		return err
	}
	return s.showLink(c, link{Document: id, Number: d.Number, Receipt: holder.Actor().Receipt})
}

// receiptFilesJSON tells a receipt's holder, who sees no document, what the scanner
// found as well.
func (s *Server) receiptFilesJSON(c echo.Context, content *domain.Content) ([]openapi.AnswerFile, error) {
	out := answerFilesJSON(content)
	if len(out) == 0 {
		return nil, nil
	}
	ids := make([]domain.DocumentID, len(out))
	for i, f := range out {
		ids[i] = domain.DocumentID(f.ID)
	}
	found, err := s.system(c).Documents.Scans(ctx(c), ids)
	for i := range out {
		out[i].Scan = string(found[ids[i]])
	}
	return out, err
}

func answerFilesJSON(content *domain.Content) []openapi.AnswerFile {
	files := content.Files()
	out := make([]openapi.AnswerFile, len(files))
	for i, f := range files {
		out[i] = openapi.AnswerFile{ID: string(f.ID), FileName: f.Name, MediaType: f.MediaType, Size: int(f.Size), Sha256: f.SHA256}
	}
	return out
}
