package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"reflect"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
	"accord/repository"
)

const (
	// maxImport is the largest file that is taken over HTTP.
	maxImport = 32 << 20
	// maxForm is the largest form: a file and what is said of it.
	maxForm = maxImport + 1<<20
)

// ListImports answers with the imports, newest first.
func (s *Server) ListImports(c echo.Context) error {
	rows, err := s.as(c).Imports.List(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, importJSON)
}

// GetImport answers with one import and how far it is.
func (s *Server) GetImport(c echo.Context, id openapi.ID) error {
	i, err := s.as(c).Imports.Get(ctx(c), domain.ImportID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, i, importJSON)
}

// ListImportRefusals answers with what was refused, row by row.
func (s *Server) ListImportRefusals(c echo.Context, id openapi.ID) error {
	rows, err := s.as(c).Imports.Refusals(ctx(c), domain.ImportID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, func(_ domain.Actor, r *repository.ImportRefusal) openapi.ImportRefusal {
		return openapi.ImportRefusal{Row: r.Row, Field: r.Field, Column: r.Header, Cell: r.Cell, Value: r.Value, Reason: r.Reason}
	})
}

// CreateImport keeps a file and asks for it to be loaded.
func (s *Server) CreateImport(c echo.Context) error {
	up, err := readUpload(c)
	if err != nil {
		return err
	}
	mapping, err := parseMapping(up.mapping, ImportEntities())
	if err != nil {
		return err
	}
	i, err := domain.NewImport(actor(c), up.register, mapping.Entity, up.name, up.mapping, up.dryRun)
	if err != nil {
		return err
	}
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		if err := tx.Imports.Create(ctx(c), domain.CreateImport, i); err != nil {
			return err
		}
		if err := tx.Imports.KeepFile(ctx(c), i.ID, up.file); err != nil {
			return err
		}
		return tx.Enqueue(ctx(c), "import.run", i.ID, s.store.Now())
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusAccepted, i, importJSON)
}

type upload struct {
	register, mapping, name string
	dryRun                  bool
	file                    []byte
}

func readUpload(c echo.Context) (up upload, err error) {
	texts := map[string]*string{"register": &up.register, "mapping": &up.mapping}
	up.name, up.file, err = readForm(c, maxImport, texts, map[string]*bool{"dry_run": &up.dryRun}, "register", "mapping", "file")
	return up, err
}

// readForm reads a form with a file of at most so many bytes, and what is said of
// it. A part that is unknown or comes twice is refused, or one that is required
// and missing.
func readForm(c echo.Context, limit int64, texts map[string]*string, switches map[string]*bool, required ...string) (name string, file []byte, err error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
	form, err := r.MultipartReader()
	if err != nil {
		return "", nil, domain.Refuse(domain.Malformed, "the form can't be read")
	}
	seen := map[string]bool{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, unreadable(err)
		}
		if seen[part.FormName()] {
			return "", nil, domain.Refuse(domain.Malformed, "a part of the form comes twice")
		}
		seen[part.FormName()] = true
		if part.FormName() == "file" {
			name = filepath.Base(part.FileName())
			file, err = ReadImport(part, limit)
		} else {
			err = readPart(part, texts, switches)
		}
		if err != nil {
			return "", nil, unreadable(err)
		}
	}
	var f domain.Faults
	for _, name := range required {
		if !seen[name] {
			f.Add("/"+name, "required", "is required")
		}
	}
	return name, file, f.Err()
}

func readPart(part *multipart.Part, texts map[string]*string, switches map[string]*bool) error {
	b, err := ReadImport(part, 256<<10)
	if err != nil {
		return err
	}
	name, text := part.FormName(), string(b)
	if err := legibleField(name, text, longText); err != nil {
		return err
	}
	if to, ok := texts[name]; ok {
		*to = text
		return nil
	}
	to, ok := switches[name]
	if !ok {
		return (domain.Faults{{Pointer: "/" + clip(name), Code: "unknown_field", Detail: "is no part of this form"}}).Err()
	}
	if text != "true" && text != "false" {
		return (domain.Faults{{Pointer: "/" + name, Code: "invalid", Detail: "must be true or false"}}).Err()
	}
	*to = text == "true"
	return nil
}

// legibleField refuses a part of a form that is not text, or holds what no text may.
func legibleField(name, text string, limit int) error {
	var f domain.Faults
	if at := notUTF8([]byte(text)); at >= 0 {
		f.Add("/"+clip(name), "invalid_utf8", "byte %d is not UTF-8; send the form's texts in UTF-8", at)
		return f.Err()
	}
	illegible(&f, reflect.ValueOf(text), "/"+clip(name), limit)
	return f.Err()
}

// unreadable tells a body that is too large from one that did not arrive.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	var refused *domain.Error
	switch {
	case err == nil, errors.As(err, &refused):
		return err
	case errors.As(err, &tooLarge):
		return domain.Refuse(domain.TooLarge, "a file to import has at most %d bytes", maxImport)
	}
	return domain.Refuse(domain.Malformed, "the form did not arrive whole")
}

func parseMapping(text string, entities sheet.Entities) (*sheet.Mapping, error) {
	m, err := sheet.ParseMapping([]byte(text), entities)
	var wrong sheet.Faults
	if !errors.As(err, &wrong) {
		return m, err
	}
	var f domain.Faults
	for _, w := range wrong {
		f.Add("/mapping", "invalid", "%s", w.String())
	}
	return nil, f.Err()
}

func importJSON(by domain.Actor, i *domain.Import) openapi.Import {
	return openapi.Import{
		ID: string(i.ID), Register: i.Register, Entity: i.Entity, FileName: i.FileName, DryRun: i.DryRun, Stage: i.Stage.String(),
		Done: i.Done(), Total: i.Total, Read: i.Read, Created: i.Created, Matched: i.Matched, Skipped: i.Skipped, Refused: i.Refused,
		OrganizationsCreated: i.Organizations, Failure: i.Failure, StartedAt: i.StartedAt, FinishedAt: i.FinishedAt,
		Next: next(by, i.Relation, i.Next()),
	}
}

// runImport is the job that loads a kept file, as whoever asked for it.
func (s *Server) runImport(ctx context.Context, system *repository.Session, payload []byte) error {
	var id domain.ImportID
	if err := json.Unmarshal(payload, &id); err != nil {
		return err
	}
	was, err := system.Imports.Get(ctx, id)
	if err != nil {
		return err
	}
	if was.Stage.Is(domain.ImportDone, domain.ImportFailed) {
		return nil // a repeat of a job that was done
	}
	who, refused := s.importer(ctx, was.RequestedBy)
	if refused == nil || errors.Is(refused, domain.Forbidden) {
		s.decided("import.run", domain.CreateImport, refused == nil, was.RequestedBy)
	}
	if refused != nil {
		return s.endImport(ctx, system, id, was.ImportFigures, refused)
	}
	file, err := system.Imports.File(ctx, id)
	if err != nil {
		return err
	}
	mapping, err := parseMapping(was.Mapping, ImportEntities())
	if err != nil {
		return err
	}
	i, err := system.Imports.Update(ctx, domain.StartImport, id, nil, func(tx *repository.Session, i *domain.Import) error {
		if err := i.Start(s.store.Now()); err != nil || i.Read > 0 {
			return err
		}
		return tx.Imports.ForgetRefusals(ctx, id)
	})
	if err != nil {
		return err
	}
	at := i.ImportFigures
	run := Importing{
		As: s.store.As(who), Register: i.Register, Mapping: mapping, FileName: i.FileName, File: file, DryRun: i.DryRun, From: at,
		Keep: func(tx *repository.Session, total int, f domain.ImportFigures, refused []sheet.Refusal) error {
			// Who is stopped while a file is loaded is stopped with the batch.
			if _, err := s.importer(ctx, i.RequestedBy); err != nil {
				return err
			}
			was := at
			at = f
			return tx.As(system.Actor()).Tx(ctx, func(tx *repository.Session) error {
				if err := tx.Imports.Progress(ctx, id, total, was, f); err != nil {
					return err
				}
				return tx.Imports.Refuse(ctx, refusalRows(id, refused))
			})
		},
	}
	figures, failure := run.Run(ctx)
	return s.endImport(ctx, system, id, figures, failure)
}

// importer is whoever asked for an import, as one who may still do so.
func (s *Server) importer(ctx context.Context, id domain.AccountID) (domain.Actor, error) {
	now, err := s.store.StandingOf(ctx, id)
	if err == nil && !now.Actor.May(domain.CreateImport) {
		err = domain.Refuse(domain.Forbidden, "who asked for this import may do so no more; what was taken over before stays")
	}
	return now.Actor, err
}

func refusalRows(id domain.ImportID, in []sheet.Refusal) []repository.ImportRefusal {
	out := make([]repository.ImportRefusal, len(in))
	for i, r := range in {
		out[i] = repository.ImportRefusal{Import: id, Row: r.Row, Field: r.Field, Header: r.Column, Cell: r.Cell, Value: r.Value, Reason: r.Reason}
	}
	return out
}

// endImport keeps how an import ended. A file that can't be read fails for good;
// what is our own failure is tried again.
func (s *Server) endImport(ctx context.Context, system *repository.Session, id domain.ImportID, figures domain.ImportFigures, failure error) error {
	var file *sheet.Error
	var refused *domain.Error
	if failure != nil && !errors.As(failure, &file) && !errors.As(failure, &refused) {
		return fmt.Errorf("import %s: %w", id, failure)
	}
	_, err := system.Imports.Update(ctx, domain.FinishImport, id, nil, func(tx *repository.Session, i *domain.Import) error {
		if err := tx.Imports.DropFile(ctx, id); err != nil {
			return err
		}
		if failure != nil {
			return i.Fail(figures, failure.Error(), s.store.Now())
		}
		return i.Finish(figures, s.store.Now())
	})
	return err
}
