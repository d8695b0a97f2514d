package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/blob"
	"accord/internal/media"
	"accord/repository"
)

// received is a file that arrived, was looked into and is kept sealed, before it
// belongs to a record. Until then nothing can open it but this request.
type received struct {
	draft    domain.DocumentDraft
	document domain.DocumentID // empty for a new one
	file     domain.File
	// digest is what the sender says that the file is; empty for nothing.
	digest string
	// upload is the one that it arrived by; empty for a single request.
	upload domain.UploadID
}

// fingerprint tells one file from another, for an idempotency key.
func (r *received) fingerprint(sent string) string {
	return fmt.Sprintf("%q %q %q %t %q %q %s", r.document, r.draft.ParentKind, r.draft.Parent, r.draft.Internal, r.draft.Title, r.file.Name, sent)
}

var errNoStore = domain.Refuse(domain.Conflict, "this office keeps no documents")

// received is the file of this request, read now unless the idempotency key had
// it read before.
func (s *Server) received(c echo.Context, document domain.DocumentID) (*received, error) {
	if got, ok := c.Get("received").(*received); ok {
		return got, nil
	}
	got, _, err := s.receive(c, document)
	return got, err
}

// receive reads a form as it arrives: what is said of the file, and then, if the
// caller may add it there, the file. Sent is the digest of what was sent.
func (s *Server) receive(c echo.Context, document domain.DocumentID) (got *received, sent string, err error) {
	if s.box.Store == nil {
		return nil, "", errNoStore
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, largestForm())
	form, err := r.MultipartReader()
	if err != nil {
		return nil, "", domain.Refuse(domain.Malformed, "the form can't be read")
	}
	got, part, err := readDraft(c, form, document)
	if err != nil {
		return nil, "", err
	}
	if err := s.naming(c, []idAt{{"/parent_id", got.draft.Parent}}); err != nil {
		return nil, "", err
	}
	if err := s.mayReceive(c, got); err != nil {
		return nil, "", err
	}
	got.file.Name = part.FileName()
	if sent, err = s.takeFile(c, got, part); err != nil {
		return nil, "", err
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		s.discard(c, got)
		if err != nil {
			return nil, "", cutShort(err, "form")
		}
		return nil, "", domain.Refuse(domain.Malformed, "a part of the form stands after the file: send the part called file once, and as the last one, since what is said of a file is read before it (with curl, -F file=@… at the end)")
	}
	return got, sent, nil
}

// maxFields is how long what is said of a file may be, in bytes.
const maxFields = 4 << 10

// formFields are the fields of all forms with a file. Another one is refused as it
// comes, or a form without an end would be kept whole.
var formFields = []string{"parent_kind", "parent_id", "title", "internal", "sha256"}

// largestForm is how long a form with a file may be, in bytes.
func largestForm() int64 {
	var size int64
	for _, p := range domain.DocumentParents() {
		size = max(size, p.MaxSize())
	}
	return size + 64<<10
}

// cutShort tells a form that is too long from one whose line broke.
func cutShort(err error, what string) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return domain.Refuse(domain.TooLarge, "a form with a file has at most %d bytes", tooLarge.Limit)
	}
	return domain.Refuse(domain.Malformed, "the %s did not arrive whole", what)
}

// readDraft reads the parts of a form up to the file.
func readDraft(c echo.Context, form *multipart.Reader, document domain.DocumentID) (*received, *multipart.Part, error) {
	fields := map[string]string{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil, (domain.Faults{{Pointer: "/file", Code: "required", Detail: "is required"}}).Err()
		}
		if err != nil {
			return nil, nil, cutShort(err, "form")
		}
		name := part.FormName()
		if _, twice := fields[name]; twice {
			return nil, nil, domain.Refuse(domain.Malformed, "a part of the form comes twice")
		}
		if name == "file" {
			got, err := draftOf(c, fields, document)
			return got, part, err
		}
		if !contains(formFields, name) {
			return nil, nil, (domain.Faults{{Pointer: "/" + clip(name), Code: "unknown_field", Detail: "is no part of this form"}}).Err()
		}
		text, err := io.ReadAll(io.LimitReader(part, maxFields+1))
		if err != nil {
			return nil, nil, cutShort(err, "form")
		}
		if len(text) > maxFields {
			return nil, nil, (domain.Faults{{Pointer: "/" + name, Code: "too_large", Detail: fmt.Sprintf("must be at most %d bytes", maxFields)}}).Err()
		}
		if err := legibleField(name, string(text), oneLine); err != nil {
			return nil, nil, err
		}
		fields[name] = string(text)
	}
}

func draftOf(_ echo.Context, fields map[string]string, document domain.DocumentID) (*received, error) {
	got := &received{document: document, digest: strings.ToLower(fields["sha256"])}
	known := []string{"sha256"}
	if document == "" {
		known = append(known, "parent_kind", "parent_id", "title", "internal")
		var f domain.Faults
		for _, name := range []string{"parent_kind", "parent_id"} {
			if fields[name] == "" {
				f.Add("/"+name, "required", "is required, before the file: the part called file is the last one")
			}
		}
		if err := f.Err(); err != nil {
			return nil, err
		}
		kind, err := domain.ParseDocumentParent(fields["parent_kind"])
		if err != nil {
			return nil, err
		}
		got.draft = domain.DocumentDraft{ParentKind: kind, Parent: fields["parent_id"], Title: fields["title"], Internal: fields["internal"] == "true"}
	}
	var f domain.Faults
	for name := range fields {
		if !contains(known, name) {
			f.Add("/"+clip(name), "unknown_field", "is no part of this form")
		}
	}
	if word, given := fields["internal"]; given && word != "true" && word != "false" {
		f.Add("/internal", "invalid", "must be true or false")
	}
	if utf8.RuneCountInString(got.draft.Title) > 200 {
		f.Add("/title", "too_large", "must be at most 200 characters")
	}
	if b, err := hex.DecodeString(got.digest); err != nil || len(b) != 0 && len(b) != sha256.Size {
		f.Add("/sha256", "invalid", "is a SHA-256 in hexadecimal")
	}
	return got, f.Err()
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// mayReceive refuses a file before it is read: whoever may not add it there, or not
// any more, has nothing kept.
func (s *Server) mayReceive(c echo.Context, got *received) error {
	as := s.as(c)
	if got.document != "" {
		d, err := as.Documents.Get(ctx(c), got.document)
		if err != nil {
			return err
		}
		got.draft = domain.DocumentDraft{ParentKind: d.ParentKind, Parent: d.Parent, Internal: d.Internal}
	}
	return as.Tx(ctx(c), func(tx *repository.Session) error {
		stage, err := tx.Addable(ctx(c), got.draft.ParentKind, got.draft.Parent)
		if err != nil || got.document != "" {
			return err
		}
		return got.draft.ParentKind.Takes(stage)
	})
}

// takeFile keeps a file, looks into it and cleans it where its sender must not be
// known by it. If it is not taken nothing of it stays. Sent is its digest.
func (s *Server) takeFile(c echo.Context, got *received, r io.Reader) (sent string, err error) {
	limit := got.draft.ParentKind.MaxSize()
	sum := sha256.New()
	got.file.Key = blob.NewKey()
	got.file.Blob, got.file.Size, err = s.box.Put(ctx(c), got.file.Key, io.TeeReader(&upTo{r: arriving{r}, left: limit, limit: limit}, sum))
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			s.discard(c, got)
		}
	}()
	sent = hex.EncodeToString(sum.Sum(nil))
	got.file.SHA256 = sent
	if got.digest != "" && got.digest != sent {
		return "", (domain.Faults{{Pointer: "/sha256", Code: "mismatch", Detail: "the file that arrived is not the one that was sent; send it again"}}).Err()
	}
	return sent, s.lookInto(c, got)
}

// lookInto identifies a kept file, and replaces it by a cleaned one where a
// survivor sends it.
func (s *Server) lookInto(c echo.Context, got *received) error {
	f := &got.file
	if f.Size == 0 {
		return (domain.Faults{{Pointer: "/file", Code: "empty", Detail: "the file is empty"}}).Err()
	}
	content, err := s.box.Open(ctx(c), f.Key, f.Blob, f.Size)
	if err != nil {
		return err
	}
	kind, err := media.Identify(domain.FileName(f.Name), content, f.Size)
	if err != nil {
		return mediaFault(err)
	}
	f.MediaType = kind.Type
	if !actor(c).Survivor() {
		return nil
	}
	return s.clean(c, got, kind, content)
}

// clean keeps a file anew without what tells of its maker.
func (s *Server) clean(c echo.Context, got *received, kind media.Kind, content *blob.Content) error {
	f := &got.file
	sum := sha256.New()
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(media.Clean(kind, content, f.Size, w)) }()
	key := blob.NewKey()
	name, size, err := s.box.Put(ctx(c), key, io.TeeReader(r, sum))
	_ = r.CloseWithError(context.Canceled)
	if err != nil {
		return mediaFault(err)
	}
	s.discard(c, got)
	f.Blob, f.Key, f.Size, f.SHA256 = name, key, size, hex.EncodeToString(sum.Sum(nil))
	return nil
}

func mediaFault(err error) error {
	var refused *media.Refusal
	if errors.As(err, &refused) {
		return (domain.Faults{{Pointer: "/file", Code: refused.Code, Detail: refused.Detail}}).Err()
	}
	return err
}

// discard destroys what was kept of a file that found no place. What can't be
// deleted now is collected later.
func (s *Server) discard(c echo.Context, got *received) {
	if got.file.Blob == "" {
		return
	}
	if err := s.box.Store.Delete(context.WithoutCancel(ctx(c)), got.file.Blob); err != nil {
		s.log.Error("content not deleted", "request_id", c.Response().Header().Get(echo.HeaderXRequestID), "error", err)
	}
	got.file.Blob = ""
}

// arriving turns a broken line into a refusal.
type arriving struct{ r io.Reader }

func (a arriving) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, cutShort(err, "file")
	}
	return n, err
}

// upTo refuses what is longer than the limit.
type upTo struct {
	r           io.Reader
	left, limit int64
}

func (b *upTo) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, domain.Refuse(domain.TooLarge, "a file for a record of this kind has at most %d bytes", b.limit)
	}
	return n, err
}
