package api

import (
	"context"

	"accord/repository"
)

// Jobs is what the server does by itself, by the kind of job.
func (s *Server) Jobs() map[string]repository.JobHandler {
	return map[string]repository.JobHandler{
		"idempotency.forget": func(ctx context.Context, _ *repository.Session, _ []byte) error { return s.store.ForgetAnswers(ctx) },
	}
}
