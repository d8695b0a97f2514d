package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListDocuments answers with documents, newest first.
func (s *Server) ListDocuments(c echo.Context, params openapi.ListDocumentsParams) error {
	rows, err := s.as(c).Documents.List(ctx(c), repository.DocumentFilter{ParentKind: string(params.ParentKind), Parent: string(params.ParentID)}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, documentJSON)
}

// GetDocument answers with one document and its versions.
func (s *Server) GetDocument(c echo.Context, id openapi.ID) error {
	d, err := s.as(c).Documents.Get(ctx(c), domain.DocumentID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, d, documentJSON)
}

// CreateDocument takes a file for a record.
func (s *Server) CreateDocument(c echo.Context) error {
	got, err := s.received(c, "")
	if err != nil {
		return err
	}
	d, err := s.keepDocument(c, got)
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, d, documentJSON)
}

// AddDocumentVersion takes a file that supersedes what a document holds.
func (s *Server) AddDocumentVersion(c echo.Context, id openapi.ID) error {
	got, err := s.received(c, domain.DocumentID(id))
	if err != nil {
		return err
	}
	d, err := s.keepDocument(c, got)
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, d, documentJSON)
}

// keepDocument gives what was received its place; what finds none is destroyed.
func (s *Server) keepDocument(c echo.Context, got *received) (d *domain.Document, err error) {
	defer func() {
		if err != nil {
			s.discard(c, got)
		}
	}()
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		stage, err := tx.Addable(ctx(c), got.draft.ParentKind, got.draft.Parent)
		if err != nil {
			return err
		}
		if got.document == "" {
			if d, err = domain.NewDocument(actor(c), got.draft, stage, got.file, s.scanner != "", s.today()); err != nil {
				return err
			}
			err = tx.Documents.Create(ctx(c), domain.CreateDocument, d)
		} else {
			d, err = tx.Documents.Update(ctx(c), domain.AddDocumentVersion, got.document, nil, func(_ *repository.Session, d *domain.Document) error {
				return d.AddVersion(actor(c), got.file, s.scanner != "", s.today())
			})
		}
		if err == nil && got.upload != "" {
			err = tx.Uploads.Become(ctx(c), got.upload, d.ID)
		}
		if err != nil || s.scanner == "" {
			return err
		}
		return tx.Enqueue(ctx(c), scanJob, scan{d.ID, d.Number}, s.store.Now())
	})
	return d, err
}

// RemoveDocument destroys what a document holds.
func (s *Server) RemoveDocument(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reason](c)
	if err != nil {
		return err
	}
	return change(c, s.as(c).Documents, domain.RemoveDocument, id, documentJSON, func(tx *repository.Session, d *domain.Document) error {
		if _, err := tx.Writable(ctx(c), d.ParentKind, d.Parent); err != nil {
			return err
		}
		return d.Remove(in.Reason)
	})
}

func documentJSON(by domain.Actor, d *domain.Document) openapi.Document {
	out := openapi.Document{
		ID: string(d.ID), ParentKind: string(d.ParentKind), ParentID: d.Parent, Title: d.Title, Internal: d.Internal,
		Stage: d.Stage.String(), RemoveReason: d.RemoveReason, Number: d.Number, Versions: make([]openapi.DocumentVersion, len(d.Versions)),
		Next: next(by, d.Relation, d.Next()),
	}
	for i, v := range d.Versions {
		out.Versions[i] = openapi.DocumentVersion{
			Number: v.Number, FileName: v.FileName, MediaType: v.MediaType, Size: int(v.Size), Sha256: v.SHA256,
			Scan: string(v.Scan), ScannedOn: string(v.ScannedOn), SentOn: string(v.SentOn),
		}
		if by.Sees(domain.DocumentInside, d.Relation) {
			out.Versions[i].SentBy = string(v.SentBy)
		}
	}
	return out
}
