package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/blob"
	"accord/openapi"
	"accord/repository"
)

// tusVersion is the protocol by which a file arrives piece by piece: tus 1.0.0,
// its core with expiration and termination.
const tusVersion = "1.0.0"

// BeginUpload makes room for a file that arrives piece by piece.
func (s *Server) BeginUpload(c echo.Context) error {
	in, err := bind[openapi.UploadDraft](c)
	if err != nil {
		return err
	}
	if s.box.Store == nil {
		return errNoStore
	}
	got := &received{document: domain.DocumentID(in.DocumentID)}
	if got.document == "" {
		kind, err := domain.ParseDocumentParent(string(in.ParentKind))
		if err != nil {
			return err
		}
		got.draft = domain.DocumentDraft{ParentKind: kind, Parent: in.ParentID, Title: in.Title, Internal: in.Internal}
	}
	if err := s.mayReceive(c, got); err != nil {
		return err
	}
	u, err := domain.NewUpload(actor(c), got.draft, got.document, in.FileName, int64(in.Size), in.Sha256, s.store.Now())
	if err != nil {
		return err
	}
	if err := s.as(c).Uploads.Create(ctx(c), domain.BeginUpload, u, blob.NewKey()); err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/v1/uploads/"+string(u.ID))
	tell(c, u)
	return c.JSON(http.StatusCreated, openapi.Upload{ID: string(u.ID), Size: int(u.Size), Arrived: int(u.Arrived), ExpiresAt: u.ExpiresAt})
}

// tell puts where an upload is into the headers.
func tell(c echo.Context, u *domain.Upload) {
	h := c.Response().Header()
	h.Set("Tus-Resumable", tusVersion)
	h.Set("Upload-Offset", strconv.FormatInt(u.Arrived, 10))
	h.Set("Upload-Length", strconv.FormatInt(u.Size, 10))
	h.Set("Upload-Expires", u.ExpiresAt.UTC().Format(http.TimeFormat))
	if u.Made != "" {
		h.Set("Content-Location", "/v1/documents/"+string(u.Made))
	}
}

var errNoRecord = domain.Refuse(domain.NotFound, "there is no such record")

// ongoing is an upload of the caller's that has not run out.
func (s *Server) ongoing(c echo.Context, id openapi.ID) (*domain.Upload, error) {
	u, err := s.as(c).Uploads.Get(ctx(c), domain.UploadID(id))
	if err == nil && !s.store.Now().Before(u.ExpiresAt) {
		err = errNoRecord
	}
	return u, err
}

// HeadUpload answers with how much has arrived. Who reads that all has takes the
// document for made: if the server stopped before it was, it is made now.
func (s *Server) HeadUpload(c echo.Context, id openapi.ID) error {
	u, err := s.ongoing(c, id)
	if err == nil && u.Whole() {
		u, err = s.finishUpload(c, u)
	}
	if errors.As(err, new(*domain.Error)) {
		err = errNoRecord // a HEAD can't say why; who sends the end of it again learns
	}
	if err != nil {
		return err
	}
	tell(c, u)
	return c.NoContent(http.StatusOK)
}

// EndUpload gives an upload up.
func (s *Server) EndUpload(c echo.Context, id openapi.ID) error {
	if _, err := s.ongoing(c, id); err != nil {
		return err
	}
	if err := s.as(c).Uploads.End(ctx(c), domain.UploadID(id)); err != nil {
		return err
	}
	c.Response().Header().Set("Tus-Resumable", tusVersion)
	return c.NoContent(http.StatusNoContent)
}

// ContinueUpload takes the next piece. What arrived before a line broke is kept.
// The last piece makes the document. A file that is not taken ends the upload.
func (s *Server) ContinueUpload(c echo.Context, id openapi.ID) error {
	u, err := s.ongoing(c, id)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseInt(c.Request().Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		return domain.Refuse(domain.Malformed, "say with Upload-Offset where the piece begins")
	}
	if err := u.Expect(offset); err != nil {
		return err
	}
	if !u.Whole() {
		if u, err = s.takePiece(c, u); err != nil {
			return err
		}
	}
	if u.Whole() {
		if u, err = s.finishUpload(c, u); errors.As(err, new(*domain.Error)) {
			return errors.Join(err, s.as(c).Uploads.End(ctx(c), domain.UploadID(id)))
		} else if err != nil {
			return err // ours; the last piece can be sent again
		}
	}
	tell(c, u)
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) takePiece(c echo.Context, u *domain.Upload) (*domain.Upload, error) {
	key, err := s.as(c).Uploads.Key(u)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	broken := &arrived{r: c.Request().Body}
	left := u.Size - u.Arrived
	// The caller may be gone by the time that what arrived is kept.
	kept := context.WithoutCancel(ctx(c))
	name, size, err := s.box.Put(kept, key, io.TeeReader(&upTo{r: broken, left: left, limit: u.Size}, sum))
	if err != nil {
		return nil, err
	}
	err = digested(c, sum.Sum(nil))
	if err == nil && size > 0 {
		u, err = s.as(c).Uploads.Take(kept, u.ID, u.Arrived, size, name)
	}
	if err != nil || size == 0 {
		return u, errors.Join(err, s.box.Store.Delete(kept, name))
	}
	return u, broken.err
}

// digested refuses a piece that is not what its Content-Digest says (RFC 9530).
func digested(c echo.Context, sum []byte) error {
	said := c.Request().Header.Get("Content-Digest")
	if said == "" || said == "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":" {
		return nil
	}
	return &domain.Error{Kind: domain.Invalid, Detail: "the piece is not what was sent", Faults: domain.Faults{
		{Parameter: "Content-Digest", Code: "mismatch", Detail: "must be sha-256=:…: of the piece; send it again"}}}
}

// arrived ends where the line broke, and remembers that it did.
type arrived struct {
	r   io.Reader
	err error
}

func (a *arrived) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err, err = domain.Refuse(domain.Malformed, "the piece did not arrive whole; what did is kept"), io.EOF
	}
	return n, err
}

// finishUpload makes a document of an upload that is whole, once.
func (s *Server) finishUpload(c echo.Context, u *domain.Upload) (*domain.Upload, error) {
	if u.Made != "" {
		return u, nil
	}
	pieces, err := s.pieces(c, u)
	if err != nil {
		return nil, err
	}
	got := &received{draft: u.Draft(), document: u.Document, file: domain.File{Name: u.FileName}, digest: u.SHA256, upload: u.ID}
	if _, err = s.takeFile(c, got, pieces); err == nil {
		var d *domain.Document
		if d, err = s.keepDocument(c, got); err == nil {
			u.Made = d.ID
			return u, nil
		}
	}
	if now, gone := s.ongoing(c, openapi.ID(u.ID)); gone != nil || now.Made != "" {
		return now, gone // another request has finished it meanwhile
	}
	return nil, err
}

// pieces reads what arrived, one piece after the other.
func (s *Server) pieces(c echo.Context, u *domain.Upload) (io.Reader, error) {
	key, err := s.as(c).Uploads.Key(u)
	if err != nil {
		return nil, err
	}
	parts, err := s.as(c).Uploads.Pieces(ctx(c), u.ID)
	return &sequence{open: func(p repository.Piece) (io.ReadCloser, error) {
		content, err := s.box.Open(ctx(c), key, p.Blob, p.Size)
		if err != nil {
			return nil, err
		}
		return content.Section(0, p.Size)
	}, rest: parts}, err
}

// sequence opens each piece when the one before has ended.
type sequence struct {
	open func(repository.Piece) (io.ReadCloser, error)
	rest []repository.Piece
	now  io.ReadCloser
}

func (q *sequence) Read(p []byte) (int, error) {
	for {
		if q.now == nil {
			if len(q.rest) == 0 {
				return 0, io.EOF
			}
			var err error
			if q.now, err = q.open(q.rest[0]); err != nil {
				return 0, err
			}
			q.rest = q.rest[1:]
		}
		n, err := q.now.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := q.now.Close(); err != nil {
			return n, err
		}
		if q.now = nil; n > 0 {
			return n, nil
		}
	}
}
