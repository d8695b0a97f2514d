package api

import (
	"context"
	"time"

	"accord/repository"
)

// Jobs is what the server does by itself, by the kind of job.
func (s *Server) Jobs() map[string]repository.JobHandler {
	return map[string]repository.JobHandler{
		"house.keep": s.keepHouse,
		"import.run": s.runImport,
	}
}

// Periodic is what falls due by the clock alone.
func Periodic() []repository.Periodic {
	return []repository.Periodic{{Kind: "house.keep", Every: time.Hour}}
}

// keepHouse drops what has outlived its use.
func (s *Server) keepHouse(ctx context.Context, _ *repository.Session, _ []byte) error {
	if err := s.store.ForgetAnswers(ctx); err != nil {
		return err
	}
	return s.store.ForgetJobs(ctx)
}
