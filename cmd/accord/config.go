package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"accord/internal/vault"
	"accord/repository"
)

// config is every setting, by flag or by the environment variable in its var
// tag. README.md has it as a table.
type config struct {
	Listen        string `var:"ACCORD_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on ($ACCORD_LISTEN)."`
	Data          string `var:"ACCORD_DATA" default:"./data" help:"Folder of the embedded database and of the master key's first home ($ACCORD_DATA)."`
	DatabaseURL   string `var:"DATABASE_URL" name:"database-url" help:"postgres://… to keep records in PostgreSQL instead of the data folder ($DATABASE_URL)."`
	MasterKeyFile string `var:"ACCORD_MASTER_KEY_FILE" name:"master-key-file" help:"File of the key that wraps every other; made in the data folder on the first start of the embedded default ($ACCORD_MASTER_KEY_FILE)."`
	BaseURL       string `var:"ACCORD_BASE_URL" name:"base-url" help:"Where clients reach the server; http://LISTEN if empty ($ACCORD_BASE_URL)."`
	LogLevel      string `var:"ACCORD_LOG_LEVEL" name:"log-level" default:"info" help:"debug, info, warn or error ($ACCORD_LOG_LEVEL)."`
}

// check names the setting that is wrong and what would be right.
func (c *config) check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("ACCORD_LISTEN is %q; write host:port, such as 127.0.0.1:8080", c.Listen)
	}
	if c.DatabaseURL != "" {
		// The value may hold a password: it is never shown.
		if u, err := url.Parse(c.DatabaseURL); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return errors.New("DATABASE_URL is no postgres:// address; write postgres://user:password@host:5432/name")
		}
	}
	if c.BaseURL == "" {
		c.BaseURL = "http://" + c.Listen
	}
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.TrimRight(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("ACCORD_BASE_URL is %q; write http:// or https:// and a host, without a path", c.BaseURL)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("ACCORD_LOG_LEVEL is %q; write debug, info, warn or error", c.LogLevel)
	}
	return nil
}

func (c *config) logger(s surroundings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked
	return slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: level}))
}

// dsn is where the records are.
func (c *config) dsn() string {
	if c.DatabaseURL != "" {
		return c.DatabaseURL
	}
	return "sqlite:" + filepath.Join(c.Data, "accord.db")
}

// open checks the settings and opens the store. The embedded default makes its
// folder and its master key; on PostgreSQL the key must be given, because
// instances that each made their own could not read one another's records.
func (c *config) open(s surroundings) (*repository.Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.DatabaseURL == "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("ACCORD_DATA is %q, where no folder can be made: %w", c.Data, err)
		}
	}
	master, err := c.master(s)
	if err != nil {
		return nil, err
	}
	return repository.Open(c.dsn(), repository.Options{Master: master, Log: c.logger(s)})
}

func (c *config) master(s surroundings) (*vault.Master, error) {
	if encoded := s.getenv("ACCORD_MASTER_KEY"); encoded != "" {
		m, err := vault.ParseMaster(encoded)
		if err != nil {
			return nil, fmt.Errorf("ACCORD_MASTER_KEY can't be read: %w", err)
		}
		return m, nil
	}
	path := c.MasterKeyFile
	if path == "" {
		path = filepath.Join(c.Data, "master.key")
	}
	m, err := vault.LoadMaster(path)
	if !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return nil, fmt.Errorf("ACCORD_MASTER_KEY_FILE is %q: %w", path, err)
		}
		return m, nil
	}
	if c.MasterKeyFile != "" || c.DatabaseURL != "" {
		return nil, fmt.Errorf("ACCORD_MASTER_KEY_FILE is %q, which is not there; name the master key's file, or run `accord migrate key FILE` to make one", path)
	}
	return c.newMaster(s, path)
}

// newMaster makes the first master key. An existing database without its key is
// not given another: that would hide that the key is lost.
func (c *config) newMaster(s surroundings, path string) (*vault.Master, error) {
	if _, err := os.Stat(filepath.Join(c.Data, "accord.db")); err == nil {
		return nil, fmt.Errorf("the database in %s is there, but its master key %s is not; put the key back or name it with ACCORD_MASTER_KEY_FILE", c.Data, path)
	}
	m, err := vault.NewMaster()
	if err != nil {
		return nil, err
	}
	if err := m.WriteNew(path); err != nil {
		return nil, err
	}
	fmt.Fprintf(s.stdout, "Made the master key %s. Move it away from the data, keep a copy, and name it with ACCORD_MASTER_KEY_FILE:\nwho has both can read everything, and without it nobody can.\n", path)
	return m, nil
}
