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
	scanJob          = "document.scan"
	scanProtectedJob = "documents.scan"
	collectJob       = "documents.collect"
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

// scanProtected is the job that has files scanned whose senders must not be known
// by them. A job of each one's own would keep the moment at which it was sent.
func (s *Server) scanProtected(ctx context.Context, system *repository.Session, _ []byte) error {
	if s.scanner == "" {
		return nil
	}
	waiting, err := system.Documents.Unscanned(ctx)
	if err != nil {
		return err
	}
	for _, v := range waiting {
		job, err := json.Marshal(scan{v.Document, v.Number})
		if err != nil {
			return err
		}
		if err := s.scanDocument(ctx, system, job); err != nil { // one that can't be scanned keeps none of the others waiting
			s.log.Error("a file is not scanned; it is tried again in a minute", "document", v.Document, "error", err)
		}
	}
	return nil
}

// dropContents is the job that deletes contents whose keys were destroyed.
func (s *Server) dropContents(ctx context.Context, system *repository.Session, payload []byte) error {
	var blobs []string
	if err := json.Unmarshal(payload, &blobs); err != nil || s.box.Store == nil {
		return err
	}
	named, err := system.Documents.Named(ctx, blobs)
	if err != nil {
		return err
	}
	for _, name := range blobs {
		if named[name] {
			continue
		}
		if err := s.box.Store.Delete(ctx, name); err != nil {
			return err
		}
	}
	return nil
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
