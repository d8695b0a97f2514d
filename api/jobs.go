package api

import (
	"context"
	"errors"
	"time"

	"accord/domain"
	"accord/repository"
)

// Jobs is what the server does by itself, by the kind of job.
func (s *Server) Jobs() map[string]repository.JobHandler {
	return map[string]repository.JobHandler{
		"keys.rotate":                   s.rotateKeys,
		"house.keep":                    s.keepHouse,
		collectJob:                      s.collect,
		scanJob:                         s.scanDocument,
		"import.run":                    s.runImport,
		requestResetJob:                 s.keepRequest,
		repository.SettleContactJob:     settleContact,
		"partnerships.fall_due":         s.fallDuePartnerships,
		"duplicates.index":              indexNames,
		compareJob:                      compareChanged,
		repository.SweepMergeJob:        sweepMerge,
		"vetting.review":                s.reviewVetting,
		"commitments.remind":            s.remindReporters,
		"api_keys.remind":               remindOfKeys,
		"advisors.attend":               attend,
		repository.OpenConsultationJob:  openScheduled,
		repository.CloseConsultationJob: closeScheduled,
	}
}

// Periodic is what falls due by the clock alone.
func Periodic() []repository.Periodic {
	return []repository.Periodic{
		{Kind: "keys.rotate", Every: time.Hour},
		{Kind: "house.keep", Every: time.Hour},
		{Kind: collectJob, Every: 24 * time.Hour},
		{Kind: "partnerships.fall_due", Every: time.Hour},
		{Kind: "vetting.review", Every: time.Hour}, {Kind: "duplicates.index", Every: time.Hour}, {Kind: compareJob, Every: time.Minute},
		{Kind: "commitments.remind", Every: 24 * time.Hour}, {Kind: "api_keys.remind", Every: time.Hour},
		{Kind: "advisors.attend", Every: time.Hour},
	}
}

// decided writes the line of a decision that a job takes on what somebody asked for,
// as observe does of a request. who is empty, or of the office. What the server does
// by itself is an entry of the trail.
func (s *Server) decided(job string, act domain.Action, allowed bool, who domain.AccountID) {
	attrs := []any{"job", job, "action", act, "allowed", allowed}
	if who != "" {
		attrs = append(attrs, "actor_id", who)
	}
	s.log.Info("decision", attrs...)
}

// keepHouse lets go what has outlived its use, destroys what no legal hold keeps any more, and lets the database learn how its
// tables have grown.
func (s *Server) keepHouse(ctx context.Context, _ *repository.Session, _ []byte) error {
	gone, err := s.store.Sweep(ctx, s.retention)
	s.metrics.swept(gone)
	for _, l := range s.retention {
		if n := gone[l.Name]; n > 0 && !l.Hourly {
			s.log.Info("retention", "line", l.Name, "gone", n)
		}
	}
	return errors.Join(err, s.store.EndHolds(ctx), s.store.KeepStatistics(ctx))
}

// rotateKeys publishes the key that signs next, when its time has come, and
// retires those that are over.
func (s *Server) rotateKeys(ctx context.Context, _ *repository.Session, _ []byte) error {
	return s.store.RotateWhenDue(ctx, s.keyRotation)
}
