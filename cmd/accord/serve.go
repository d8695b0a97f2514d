package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

// serveCmd serves the API until it is told to stop, then finishes what it is at.
type serveCmd struct {
	config
}

const (
	// drain is how long requests and jobs may take to finish at a shutdown.
	drain = 30 * time.Second
	// jobPause is how long the job runner waits when nothing is due.
	jobPause = time.Second
)

func (cmd *serveCmd) Run(s surroundings) error {
	store, err := cmd.open(s)
	if err != nil {
		return err
	}
	defer store.Close()
	if _, err := store.Migrate(s.ctx); err != nil {
		return err
	}
	log := cmd.logger(s)
	server, err := api.New(s.ctx, api.Options{Store: store, BaseURL: cmd.BaseURL, Log: log})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cmd.Listen)
	if err != nil {
		return fmt.Errorf("ACCORD_LISTEN is %q: %w", cmd.Listen, err)
	}
	if err := cmd.greet(s, store, listener.Addr()); err != nil {
		return err
	}

	work, stop := context.WithCancel(s.ctx)
	defer stop()
	var jobs sync.WaitGroup
	jobs.Go(func() { store.Work(work, jobPause, server.Jobs(), api.Periodic()...) })

	web := &http.Server{
		Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-s.ctx.Done():
	}
	log.Info("stopping")
	within, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), drain)
	defer cancel()
	err = web.Shutdown(within)
	jobs.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("requests were still open after %s", drain)
	}
	return err
}

// greet says where everything is, and on the very first start how to claim the
// first account.
func (cmd *serveCmd) greet(s surroundings, store *repository.Store, at net.Addr) error {
	where := cmd.Data
	if cmd.DatabaseURL != "" {
		where = "PostgreSQL"
	}
	fmt.Fprintf(s.stdout, "Accord listens on http://%s\n  data       %s\n  reference  %s/docs\n", at, where, cmd.BaseURL)
	empty, err := store.Empty(s.ctx)
	if err != nil || !empty {
		return err
	}
	raw, hash := api.NewToken()
	system := domain.Actor{Role: domain.System}
	i, err := domain.NewInvitation(system, domain.InvitationDraft{Role: domain.Admin}, hash, store.Now())
	if err != nil {
		return err
	}
	if err := store.As(system).Invitations.Create(s.ctx, domain.Invite, i); err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, `
Nobody has an account yet. Claim the first admin's with this token, which is good once and for seven days:

  curl -X POST %s/v1/invitations/accept -H 'Content-Type: application/json' \
    -d '{"token":"%s","login":"you@example.org","name":"Your name","password":"fifteen characters or more"}'

`, cmd.BaseURL, raw)
	return nil
}
