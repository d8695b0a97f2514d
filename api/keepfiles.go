package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"accord/domain"
	"accord/internal/blob"
	"accord/internal/clamd"
	"accord/repository"
)

const (
	scanJob    = "document.scan"
	collectJob = "documents.collect"
	// collectGrace is how old a content is before it is taken for an orphan: longer
	// than any request that may still give it a place.
	collectGrace = 48 * time.Hour
)

// scan names a version that waits for the scanner.
type scan struct {
	Document domain.DocumentID `json:"document"`
	Number   int               `json:"number"`
}

// scanDocument is the job that has a file scanned and keeps what was found. A
// scanner that can't be reached is tried again; what it can't scan stays shut.
func (s *Server) scanDocument(ctx context.Context, system *repository.Session, payload []byte) error {
	var job scan
	if err := json.Unmarshal(payload, &job); err != nil {
		return err
	}
	d, err := system.Documents.Get(ctx, job.Document)
	if errors.Is(err, domain.NotFound) { // withdrawn meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	v, err := d.Version(job.Number)
	if err != nil || v.Scan != domain.ScanPending || v.Blob == "" {
		return err
	}
	found, err := s.scanned(ctx, system, d, v)
	if err != nil {
		return err
	}
	was := v.Blob
	_, err = system.Documents.Update(ctx, domain.ScanDocument, d.ID, nil, func(_ *repository.Session, d *domain.Document) error {
		return d.Scanned(job.Number, found, s.today())
	})
	if errors.Is(err, domain.Conflict) { // removed meanwhile
		return nil
	}
	if err == nil && found == domain.ScanInfected {
		return s.box.Store.Delete(ctx, was)
	}
	return err
}

func (s *Server) scanned(ctx context.Context, system *repository.Session, d *domain.Document, v *domain.DocumentVersion) (domain.ScanState, error) {
	key, err := system.Documents.ContentKey(ctx, d, v)
	if err != nil {
		return "", err
	}
	content, err := s.box.Open(ctx, key, v.Blob, v.Size)
	if err != nil {
		return "", err
	}
	r, err := content.Section(0, v.Size)
	if err != nil {
		return "", err
	}
	defer r.Close()
	infected, err := s.scanner.Scan(ctx, r)
	switch {
	case errors.Is(err, clamd.ErrTooLarge), errors.Is(err, blob.ErrSealed):
		return domain.ScanFailed, nil
	case err != nil:
		return "", err
	case infected:
		return domain.ScanInfected, nil
	}
	return domain.ScanClean, nil
}

// collect destroys contents that nothing rests on, and tells the log of versions
// whose content is gone.
func (s *Server) collect(ctx context.Context, system *repository.Session, _ []byte) error {
	if s.box.Store == nil {
		return nil
	}
	there, err := s.collectOrphans(ctx, system)
	if err != nil {
		return err
	}
	return system.Documents.Contents(ctx, func(v domain.DocumentVersion) error {
		if there[v.Blob] {
			return nil
		}
		return s.tellMissing(ctx, v)
	})
}

// collectOrphans returns the old contents that are rightly there.
func (s *Server) collectOrphans(ctx context.Context, system *repository.Session) (map[string]bool, error) {
	there := map[string]bool{}
	var batch []string
	sweep := func() error {
		named, err := system.Documents.Named(ctx, batch)
		if err != nil {
			return err
		}
		for _, name := range batch {
			if there[name] = named[name]; named[name] {
				continue
			}
			if err := s.box.Store.Delete(ctx, name); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}
	// The keeper's clock is the machine's, not the office's.
	err := s.box.Store.Old(ctx, time.Now().Add(-s.collectAfter), func(name string) error {
		if batch = append(batch, name); len(batch) < 200 {
			return nil
		}
		return sweep()
	})
	if err == nil && len(batch) > 0 {
		err = sweep()
	}
	return there, err
}

// tellMissing looks for a content that was not among the old ones.
func (s *Server) tellMissing(ctx context.Context, v domain.DocumentVersion) error {
	r, err := s.box.Store.Get(ctx, v.Blob, 0, 1)
	if errors.Is(err, blob.ErrNotFound) {
		s.log.Error("a document's content is gone; restore it from a backup", "document", v.Document, "number", v.Number)
		return nil
	}
	if err != nil {
		return err
	}
	return r.Close()
}
