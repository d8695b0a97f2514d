package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds each statement on the server; a healthy one takes milliseconds.
const patience = time.Minute

// server is a PostgreSQL server where databases may be created and dropped.
type server struct {
	admin *url.URL     // a database that is always there
	stop  func() error // nil: the server isn't ours to stop
}

var (
	theServer         = sync.OnceValues(findServer)
	serverUsed        bool
	postgresTemplates templates[string]
)

// findServer returns the server that TEST_POSTGRES names, or starts a private one.
func findServer() (*server, error) {
	serverUsed = true
	named := os.Getenv("TEST_POSTGRES")
	if named == "" {
		return startCluster()
	}
	admin, err := url.Parse(named)
	if err != nil || (admin.Scheme != "postgres" && admin.Scheme != "postgresql") {
		return nil, errors.New("TEST_POSTGRES must be a URL like postgres://user:password@host:5432/postgres")
	}
	return &server{admin: admin}, nil
}

// stopServer drops the templates and ends the private cluster, if a test asked for a server at all.
func stopServer() error {
	if !serverUsed {
		return nil
	}
	s, err := theServer()
	if err != nil {
		return nil // the tests have said so
	}
	if s.stop != nil {
		return s.stop() // and its files go with it
	}
	return s.dropTemplates()
}

func (s *server) dropTemplates() error {
	var errs []error
	for _, template := range postgresTemplates.all() {
		errs = append(errs, s.drop(template))
	}
	return errors.Join(errs...)
}

func openPostgres(tb testing.TB, migrate func(dsn string) error) (dsn string, err error) {
	s, err := theServer()
	if err != nil {
		return "", err
	}
	template, err := postgresTemplates.of(migrate, func() (string, error) { return s.template(migrate) })
	if err != nil {
		return "", err
	}
	name, err := s.create(template)
	if err != nil {
		return "", err
	}
	tb.Cleanup(func() {
		if err := s.drop(name); err != nil {
			tb.Errorf("dbtest: %v", err)
		}
	})
	return s.dsn(name), nil
}

// template makes the database that tests are copied from. template0 and not the usual template1,
// in which a server's owner may have put things of their own.
func (s *server) template(migrate func(dsn string) error) (name string, err error) {
	name, err = s.create("template0")
	if err != nil || migrate == nil {
		return name, err
	}
	if err := migrate(s.dsn(name)); err != nil {
		return "", errors.Join(fmt.Errorf("migrate the PostgreSQL template: %w", err), s.drop(name))
	}
	return name, nil
}

// create copies a database under a name that no other process on the server will choose.
func (s *server) create(template string) (name string, err error) {
	name = "accord_test_" + strings.ToLower(rand.Text())
	return name, s.exec(fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, template))
}

func (s *server) drop(name string) error {
	return s.exec(fmt.Sprintf(`DROP DATABASE IF EXISTS %s WITH (FORCE)`, name))
}

func (s *server) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

func (s *server) dsn(database string) string {
	u := *s.admin
	u.Path = "/" + database
	return u.String()
}
