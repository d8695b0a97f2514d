package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"accord/api"
	"accord/repository"
)

// serveCmd serves the API until it is told to stop, then finishes what it is at.
type serveCmd struct {
	Demo bool `help:"First load a demonstration office, as accord demo does, and print its sign-ins."`
}

// Help is the long form of the command's help.
func (*serveCmd) Help() string {
	return `The schema is brought up to date first, unless ACCORD_NO_MIGRATE says not to; of many instances that start at once one does it. The very first start makes the data folder and the master key and prints a token with which the first admin's account is claimed; so does every start until there is an account, and then only the last token is good.

A SIGTERM or an interrupt stops the server once the requests and the job under way are finished, within 30 seconds.

  accord                                         everything in ./data
  accord serve --listen 127.0.0.1:9000
  accord serve --demo                            a demonstration office, with sign-ins
  DATABASE_URL=postgres://accord@db/accord ACCORD_MASTER_KEY_FILE=/keys/master.key accord serve`
}

const (
	// drain is how long requests and jobs may take to finish at a shutdown.
	drain = 30 * time.Second
	// jobPause is how long the job runner waits when nothing is due.
	jobPause = time.Second
	// sequencePause is how long audit entries wait at most for their place in the
	// log, unless the end of their day is what they wait for.
	sequencePause = 10 * time.Second
	// issuersPause is how long it takes at most until an issuer is asked again whose
	// endpoints and keys are no longer fresh.
	issuersPause = time.Minute
	// refusalsPause is how long refused sign-ins and API keys are known to this server
	// alone.
	refusalsPause = 10 * time.Second
	// erasuresPause is for how long at most an erasure is known to the database alone.
	erasuresPause = 10 * time.Second
	// lastWords is how long the last of them may take to be kept.
	lastWords = 5 * time.Second
)

// Run serves until the surroundings' context ends.
func (cmd *serveCmd) Run(s surroundings, c *config) error {
	if cmd.Demo {
		if err := demonstrate(s, c); err != nil {
			return err
		}
	}
	store, err := c.open(s)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := c.migrate(s, store); err != nil {
		return err
	}
	if err := c.redoErasures(s, store); err != nil {
		return err
	}
	listener, err := listen("ACCORD_LISTEN", c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	options := c.options(s, store, listener.Addr())
	if options.Issuers, err = c.issuers(options.Log); err != nil {
		return err
	}
	blobs, err := c.blobs(s.ctx)
	if err != nil {
		return err
	}
	options.Blobs = blobs
	server, err := api.New(s.ctx, options)
	if err != nil {
		return err
	}
	secured, err := c.tls(c.logger(s))
	if err != nil {
		return err
	}
	sites := []site{{listener, server.Handler(), secured}}
	if c.MetricsListen != "" {
		metrics, err := listen("ACCORD_METRICS_LISTEN", c.MetricsListen)
		if err != nil {
			return err
		}
		defer metrics.Close()
		sites = append(sites, site{metrics, server.Metrics(), nil})
	}
	if err := greet(s, c, store, sites); err != nil {
		return err
	}
	work := func(ctx context.Context) {
		var group sync.WaitGroup
		for _, t := range []turn{
			{"jobs", jobPause, func(ctx context.Context) error { return store.Work(ctx, server.Jobs(), api.Periodic()...) }},
			{"audit log", sequencePause, func(ctx context.Context) error { return server.KeepLog(ctx, c.keepCheckpoint) }},
			{"erasures", erasuresPause, func(ctx context.Context) error { return c.keepErasures(ctx, store) }},
			{"refused sign-ins", refusalsPause, store.KeepRefusedSignIns},
			{"refused API keys", refusalsPause, server.TellOfRefusals},
			{"issuers", issuersPause, func(ctx context.Context) error { server.AskIssuers(ctx); return nil }},
		} {
			group.Go(func() { t.again(ctx, options.Log) })
		}
		group.Wait()
	}
	err = serve(s.ctx, drain, work, sites...)
	last, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), lastWords)
	defer cancel()
	return errors.Join(err, store.KeepRefusedSignIns(last), server.TellOfRefusals(last), c.keepErasures(last, store))
}

// turn is work that is done again and again.
type turn struct {
	name  string
	pause time.Duration
	do    func(context.Context) error
}

// again takes turns until ctx ends. What failed is told, and left to the next.
func (t turn) again(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(t.pause)
	defer tick.Stop()
	for {
		if err := t.do(ctx); err != nil && ctx.Err() == nil {
			log.Error(t.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s is %q, where nothing can listen now; stop what does or take another address: %w", setting, address, err)
	}
	return l, nil
}

// site is a listener and what it answers with, under TLS if tls says how.
type site struct {
	listener net.Listener
	handler  http.Handler
	tls      *tls.Config
}

func (at site) serve(web *http.Server) error {
	if at.tls == nil {
		return web.Serve(at.listener)
	}
	return web.ServeTLS(at.listener, "", "")
}

// serve answers on every site and does work until ctx ends or a site fails. Then
// it takes on nothing more and finishes what is under way; what is not finished
// within grace is an error.
func serve(ctx context.Context, grace time.Duration, work func(context.Context), sites ...site) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, at := range sites {
		web := web(at)
		group.Go(func() error { return unlessClosed(at.serve(web)) })
		group.Go(func() error {
			<-ctx.Done()
			return web.Shutdown(context.WithoutCancel(ctx))
		})
	}
	group.Go(func() error { work(ctx); return nil })

	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	<-ctx.Done()
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return fmt.Errorf("a request or a job was not finished within %s", grace)
	}
}

func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// greet says where everything is and, while nobody has an account, how to claim
// the first.
func greet(s surroundings, c *config, store *repository.Store, sites []site) error {
	origin, data := c.origin(sites[0].listener.Addr()), c.Data
	if c.DatabaseURL != "" {
		data = "PostgreSQL"
	}
	fmt.Fprintf(s.stdout, "Accord listens on %s://%s\n  data       %s\n  reference  %s/docs\n", c.scheme(), sites[0].listener.Addr(), data, origin)
	for _, metrics := range sites[1:] {
		fmt.Fprintf(s.stdout, "  metrics    http://%s/metrics\n", metrics.listener.Addr())
	}
	token, err := firstToken(s.ctx, store)
	if err != nil || token == "" {
		return err
	}
	fmt.Fprintf(s.stdout, `
Nobody has an account yet. Claim the first admin's with this token, which is good once and for seven days:

  curl -X POST %s/v1/invitations/accept -H 'Content-Type: application/json' \
    -d '{"token":"%s","login":"you@example.org","name":"Your name","password":"fifteen characters or more"}'

`, origin, token)
	return nil
}
