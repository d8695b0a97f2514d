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
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"accord/api"
	"accord/domain"
	"accord/internal/clamd"
	"accord/internal/vault"
	"accord/repository"
)

// config is every setting, by flag or by the environment variable in its var
// tag. README.md has it as a table, which a test holds against it.
type config struct {
	Listen        string        `var:"ACCORD_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	BaseURL       string        `var:"ACCORD_BASE_URL" name:"base-url" help:"Where clients reach the server: the issuer of its tokens. Without it, the address that it listens on."`
	PasskeyDomain string        `var:"ACCORD_PASSKEY_DOMAIN" name:"passkey-domain" help:"Domain to which passkeys are bound. Without it, the host of the base URL."`
	Data          string        `var:"ACCORD_DATA" default:"./data" help:"Folder of the embedded database, and of the master key until you move it."`
	DatabaseURL   string        `var:"DATABASE_URL" name:"database-url" help:"A postgres:// address, to keep the records in PostgreSQL instead of the data folder. A host other than this one must speak TLS with a certificate that is good for it, unless the address names another sslmode."`
	NoMigrate     bool          `var:"ACCORD_NO_MIGRATE" name:"no-migrate" help:"Leave the schema of PostgreSQL to accord migrate up, and serve only if it is up to date: for a database's user that is not its owner. docs/grants.sql has what it needs."`
	MasterKeyFile string        `var:"ACCORD_MASTER_KEY_FILE" name:"master-key-file" help:"File of the key that wraps every other. The embedded database makes one in the data folder at its first start; PostgreSQL needs it named."`
	MasterKey     string        `kong:"-" var:"ACCORD_MASTER_KEY" help:"The contents of that file in base64, instead of it. There is no flag: others could read it."`
	KeyRotation   time.Duration `var:"ACCORD_KEY_ROTATION" name:"key-rotation" default:"720h" help:"For how long one key signs access tokens before the next does."`
	MetricsListen string        `var:"ACCORD_METRICS_LISTEN" name:"metrics-listen" help:"Address of a listener of its own that serves /metrics to Prometheus. Without it there is none."`
	CheckpointDir string        `var:"ACCORD_CHECKPOINT_DIR" name:"checkpoint-dir" help:"Folder, best mounted from another machine, to which every signed checkpoint of the audit log is written. Without it they are in the database alone."`
	ErasureDir    string        `var:"ACCORD_ERASURE_DIR" name:"erasure-dir" help:"Folder, best mounted from another machine, to which a mark of every erasure is written, so that a server whose database comes from an older backup erases again what was erased since. Without it that is yours to do."`
	LogLevel      string        `var:"ACCORD_LOG_LEVEL" name:"log-level" default:"info" help:"What is logged: debug, info, warn or error."`

	DatabaseURLFile string `var:"ACCORD_DATABASE_URL_FILE" name:"database-url-file" help:"A file that holds that address, instead of it: for one with a password."`
	TLSCert         string `var:"ACCORD_TLS_CERT" name:"tls-cert" help:"File of the certificate, with those between it and the root, to serve TLS without a proxy. It may be replaced at any time."`
	TLSKey          string `var:"ACCORD_TLS_KEY" name:"tls-key" help:"File of the certificate's private key."`
	TLSMin          string `var:"ACCORD_TLS_MIN" name:"tls-min" default:"1.3" help:"The oldest TLS that is spoken: 1.3, or 1.2 for clients that can't."`
	TrustedProxies  string `var:"ACCORD_TRUSTED_PROXIES" name:"trusted-proxies" help:"Addresses or ranges, with commas between, of the proxies that may tell for whom they ask. Without it nobody is believed."`
	ProxyHeader     string `var:"ACCORD_PROXY_HEADER" name:"proxy-header" default:"X-Forwarded-For" help:"The header in which they tell it: X-Forwarded-For or Forwarded. The other one is not read."`
	OfficeName      string `var:"ACCORD_OFFICE_NAME" name:"office-name" default:"The office" help:"What the office is called in what it publishes."`
	OfficeID        string `var:"ACCORD_OFFICE_ID" name:"office-id" help:"The office's organization identifier by org-id.guide, such as US-GOV-11. Without it there is no IATI download."`
	Origins         string `var:"ACCORD_ORIGINS" name:"origins" help:"Origins, with commas between, of other web pages whose scripts may call the API, such as https://app.example.org."`
	PasswordScheme  string `var:"ACCORD_PASSWORD_SCHEME" name:"password-scheme" default:"argon2id" help:"How passwords are hashed: argon2id, or pbkdf2-sha256 where FIPS 140 binds. Others are hashed anew as people sign in."`
	LimitActor      string `var:"ACCORD_LIMIT_ACTOR" name:"limit-actor" default:"1200/1m" help:"How often somebody who is signed in may ask."`
	LimitAddress    string `var:"ACCORD_LIMIT_ADDRESS" name:"limit-address" default:"600/1m" help:"How often one address (of IPv6 one /64) may ask without being signed in."`
	LimitExpensive  string `var:"ACCORD_LIMIT_EXPENSIVE" name:"limit-expensive" default:"120/1m" help:"How many of these may be imports, reports, searches, or sign-ins."`
	LimitInFlight   int    `var:"ACCORD_LIMIT_IN_FLIGHT" name:"limit-in-flight" default:"512" help:"How many requests one instance is at, at one time. Half of them are for all who are not signed in."`
	LimitEach       int    `var:"ACCORD_LIMIT_EACH" name:"limit-each" default:"64" help:"How many of these may be one caller's."`

	Retention string `var:"ACCORD_RETENTION" help:"Days, with commas between, for which this office keeps what goes by itself, where they are others than docs/retention.md has: sessions=14,invitations=60."`

	IssuersFile string `var:"ACCORD_ISSUERS_FILE" name:"issuers-file" help:"File that says by which OpenID providers people sign in, and for which roles; docs/oidc.md says how. Without it there are none."`

	S3Endpoint   string `var:"ACCORD_S3_ENDPOINT" name:"s3-endpoint" help:"Address of a service that speaks S3, to keep documents there instead of in the data folder: https://s3.example.org. Instances that share a PostgreSQL need it, or one folder."`
	S3Bucket     string `var:"ACCORD_S3_BUCKET" name:"s3-bucket" help:"The bucket, which must be there."`
	S3Region     string `var:"ACCORD_S3_REGION" name:"s3-region" help:"The bucket's region, if the service has any."`
	S3KeyIDFile  string `var:"ACCORD_S3_KEY_ID_FILE" name:"s3-key-id-file" help:"File of the access key's id."`
	S3SecretFile string `var:"ACCORD_S3_SECRET_FILE" name:"s3-secret-file" help:"File of the access key's secret."`
	S3PathStyle  bool   `var:"ACCORD_S3_PATH_STYLE" name:"s3-path-style" help:"Put the bucket into the path instead of the host's name."`
	S3Private    string `var:"ACCORD_S3_PRIVATE" name:"s3-private" help:"Ranges, with commas between, of private addresses at which the service may be. Without it only public ones are connected to."`
	ClamAV       string `var:"ACCORD_CLAMAV" name:"clamav" help:"A ClamAV daemon that files must pass: unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310. Without it they are not scanned, and say so."`
	RequireScan  bool   `var:"ACCORD_REQUIRE_SCAN" name:"require-scan" help:"Hand out no file that the scanner has not passed, those from before it was named included."`
	Cleartext    bool   `var:"ACCORD_ALLOW_CLEARTEXT" name:"allow-cleartext" help:"Let files go to a scanner by tcp, and to S3 by http, on another machine: unencrypted, so over a network that nobody else is on."`
}

// check names the setting that is wrong and what would be right. It never shows
// a value that may hold a secret.
func (c *config) check() error {
	if err := checkAddress("ACCORD_LISTEN", c.Listen); err != nil {
		return err
	}
	if c.MetricsListen != "" {
		if err := checkAddress("ACCORD_METRICS_LISTEN", c.MetricsListen); err != nil {
			return err
		}
	}
	if err := c.checkDatabaseURL(); err != nil {
		return err
	}
	if err := c.checkBaseURL(); err != nil {
		return err
	}
	if c.MasterKey != "" && c.MasterKeyFile != "" {
		return errors.New("ACCORD_MASTER_KEY and ACCORD_MASTER_KEY_FILE are both set; keep the one that is meant")
	}
	if err := errors.Join(checkFolder("ACCORD_CHECKPOINT_DIR", c.CheckpointDir), checkFolder("ACCORD_ERASURE_DIR", c.ErasureDir)); err != nil {
		return err
	}
	if err := c.checkDoor(); err != nil {
		return err
	}
	if err := c.checkDocuments(); err != nil {
		return err
	}
	if _, err := c.issuersConfig(); err != nil {
		return err
	}
	if c.KeyRotation < time.Hour {
		return fmt.Errorf("ACCORD_KEY_ROTATION is %s; write an hour or more, such as 720h", c.KeyRotation)
	}
	if err := errors.Join(c.checkPasskeyDomain(), c.checkOffice()); err != nil {
		return err
	}
	if _, err := c.retention(); err != nil {
		return err
	}
	if _, err := c.level(); err != nil {
		return fmt.Errorf("ACCORD_LOG_LEVEL is %q; write debug, info, warn or error", c.LogLevel)
	}
	return nil
}

// officeID is an identifier as org-id.guide makes them: the code of a list, which
// begins with a country or with XI, XM or XR, and what the list has.
var officeID = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]+-[^\s/&|?]+$`)

func (c *config) checkOffice() error {
	if strings.TrimSpace(c.OfficeName) == "" {
		return errors.New("ACCORD_OFFICE_NAME is blank; write what the office is called, or leave it out")
	}
	if c.OfficeID != "" && !officeID.MatchString(c.OfficeID) {
		return fmt.Errorf("ACCORD_OFFICE_ID is %q; write an identifier by org-id.guide, such as US-GOV-11", c.OfficeID)
	}
	return nil
}

func checkAddress(name, value string) error {
	if _, err := net.ResolveTCPAddr("tcp", value); err != nil {
		return fmt.Errorf("%s is %q; write host:port, such as 127.0.0.1:8080", name, value)
	}
	return nil
}

func (c *config) checkDatabaseURL() error {
	if c.DatabaseURL == "" {
		return nil
	}
	u, err := url.Parse(c.DatabaseURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return errors.New("DATABASE_URL is no postgres:// address; write postgres://user:password@host:5432/name, with what is special in the password percent-encoded")
	}
	return nil
}

// secured makes the address of a database on another machine ask for TLS and for
// a certificate that is good for the host, unless it says by an sslmode of its own
// how the two are kept apart from others. The driver alone takes what it is offered.
// Where the database is, the driver says too: it may know from a service file.
func secured(address string) string {
	u, err := url.Parse(address)
	parsed, err2 := pgx.ParseConfig(address)
	if err != nil || err2 != nil {
		return address // opening it says what is wrong
	}
	q := u.Query()
	elsewhere := !isHere(parsed.Host) || slices.ContainsFunc(parsed.Fallbacks, func(f *pgconn.FallbackConfig) bool { return !isHere(f.Host) })
	if !elsewhere || q.Get("sslmode") != "" {
		return address
	}
	q.Set("sslmode", "verify-full")
	u.RawQuery = q.Encode()
	return u.String()
}

// isHere reports whether a host is this machine: a socket, or a loopback address.
func isHere(host string) bool {
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (c *config) checkBaseURL() error {
	if c.BaseURL == "" {
		return nil
	}
	u, err := url.Parse(c.BaseURL)
	if err == nil && u.User != nil {
		return errors.New("ACCORD_BASE_URL has a user or password in it; write http:// or https:// and a host")
	}
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.TrimRight(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("ACCORD_BASE_URL is %q; write http:// or https:// and a host, without a path", c.BaseURL)
	}
	return nil
}

// checkPasskeyDomain leaves to the library what a domain is beyond being no address.
func (c *config) checkPasskeyDomain() error {
	if strings.ContainsAny(c.PasskeyDomain, "/:@ ") {
		return fmt.Errorf("ACCORD_PASSKEY_DOMAIN is %q; write a host alone, such as accord.example.org", c.PasskeyDomain)
	}
	return nil
}

func checkFolder(name, folder string) error {
	if folder == "" {
		return nil
	}
	if at, err := os.Stat(folder); err != nil || !at.IsDir() {
		return fmt.Errorf("%s is %q, which is no folder now; make or mount it", name, folder)
	}
	return nil
}

// origin is where clients reach the server that listens at address.
func (c *config) origin(address net.Addr) string {
	if c.BaseURL != "" {
		return strings.TrimRight(c.BaseURL, "/")
	}
	return c.scheme() + "://" + address.String()
}

// options are what the server is made with, of settings that were checked.
func (c *config) options(s surroundings, store *repository.Store, at net.Addr) api.Options {
	o := api.Options{Store: store, BaseURL: c.origin(at), PasskeyDomain: c.PasskeyDomain, Log: c.logger(s), KeyRotation: c.KeyRotation,
		Scanner: clamd.Daemon(c.ClamAV), RequireScan: c.RequireScan}
	o.Limits, _ = c.limits()
	o.Proxies, _ = c.proxies()
	o.Origins, _ = c.origins()
	o.Retention, _ = c.retention()
	o.Publisher = api.Publisher{Name: c.OfficeName, ID: c.OfficeID}
	return o
}

// retention is the schedule by which what has outlived its use goes.
func (c *config) retention() (domain.Schedule, error) {
	schedule, err := domain.StandardSchedule().With(c.Retention)
	if err != nil {
		return nil, fmt.Errorf("ACCORD_RETENTION: %w", err)
	}
	return schedule, nil
}

func (c *config) level() (level slog.Level, err error) {
	return level, level.UnmarshalText([]byte(c.LogLevel))
}

func (c *config) logger(s surroundings) *slog.Logger {
	level, _ := c.level() // checked
	return slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: level}))
}

// open is openAt by the machine's clock.
func (c *config) open(s surroundings) (*repository.Store, error) { return c.openAt(s, time.Now) }

// openAt checks the settings and opens the store, to which now is the time. The
// embedded default makes its folder and its master key; on PostgreSQL the key
// must be given, because instances that each made their own could not read one
// another's records.
func (c *config) openAt(s surroundings, now func() time.Time) (*repository.Store, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.DatabaseURL == "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return nil, fmt.Errorf("ACCORD_DATA is %q, where no folder can be made; name one that can be written: %w", c.Data, err)
		}
	}
	master, err := c.master(s)
	if err != nil {
		return nil, err
	}
	o := repository.Options{Master: master, Log: c.logger(s), Now: now}
	if c.DatabaseURL != "" {
		store, err := repository.Open(secured(c.DatabaseURL), o)
		if err != nil {
			return nil, fmt.Errorf("DATABASE_URL names a database that can't be used; mend the address or start it: %w", err)
		}
		return store, nil
	}
	store, err := repository.Open("sqlite:"+c.database(), o)
	if err != nil {
		return nil, fmt.Errorf("ACCORD_DATA is %q, where %s can't be opened; name a folder that can be written: %w", c.Data, databaseFile, err)
	}
	return store, nil
}

// migrate brings a store's schema up to date, or sees that it is.
func (c *config) migrate(s surroundings, store *repository.Store) error {
	if !c.NoMigrate || c.DatabaseURL == "" {
		_, err := store.Migrate(s.ctx)
		return err
	}
	err := store.Ready(s.ctx)
	if errors.Is(err, repository.ErrSchema) {
		err = errors.New("the schema is not up to date, and ACCORD_NO_MIGRATE leaves it so; run `accord migrate up` and docs/grants.sql as the database's owner first")
	}
	return err
}

// openCurrent opens a store whose schema is up to date. The embedded database is
// brought there; that of an office which may be running on PostgreSQL is not for
// a command in passing to change.
func openCurrent(s surroundings, c *config) (*repository.Store, error) {
	store, err := c.open(s)
	if err != nil {
		return nil, err
	}
	if c.DatabaseURL == "" {
		_, err = store.Migrate(s.ctx)
	} else {
		err = store.Ready(s.ctx)
	}
	if errors.Is(err, repository.ErrSchema) {
		err = errors.New("DATABASE_URL names a database whose schema is not up to date; run `accord migrate up`, or start the server, first")
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

const databaseFile = "accord.db"

// database is the file of the embedded database.
func (c *config) database() string { return filepath.Join(c.Data, databaseFile) }

func (c *config) master(s surroundings) (*vault.Master, error) {
	if c.MasterKey != "" {
		m, err := vault.ParseMaster(c.MasterKey)
		if err != nil {
			return nil, fmt.Errorf("ACCORD_MASTER_KEY can't be read; give it what `base64 -w0 FILE` prints of a master key's file: %w", err)
		}
		return m, nil
	}
	path := c.MasterKeyFile
	if path == "" && c.DatabaseURL != "" {
		return nil, errors.New("ACCORD_MASTER_KEY_FILE is not set, which PostgreSQL needs; make a key with `accord migrate key FILE` and name it")
	}
	if path == "" {
		path = filepath.Join(c.Data, "master.key")
	}
	m, err := vault.LoadMaster(path)
	if errors.Is(err, fs.ErrNotExist) && c.MasterKeyFile == "" {
		return c.newMaster(s, path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("ACCORD_MASTER_KEY_FILE is %q, which is not there; name the master key's file, or make one with `accord migrate key FILE`", path)
	}
	if err != nil {
		return nil, fmt.Errorf("ACCORD_MASTER_KEY_FILE is %q, which can't be used: %w", path, err)
	}
	return m, nil
}

// newMaster makes the first master key. An existing database without its key is
// not given another: that would hide that the key is lost.
func (c *config) newMaster(s surroundings, path string) (*vault.Master, error) {
	if _, err := os.Stat(c.database()); err == nil {
		return nil, fmt.Errorf("ACCORD_DATA is %q, where a database is but not its master key %s; put the key back, or name it with ACCORD_MASTER_KEY_FILE", c.Data, path)
	}
	m, err := vault.NewMaster()
	if err != nil {
		return nil, err
	}
	if err := m.WriteNew(path); err != nil {
		return nil, fmt.Errorf("ACCORD_DATA is %q, where the master key can't be written; name a folder that can: %w", c.Data, err)
	}
	fmt.Fprintf(s.stdout, "Made the master key %s. Move it away from the data, keep a copy, and name it with ACCORD_MASTER_KEY_FILE:\nwho has both can read everything, and without it nobody can.\n", path)
	return m, nil
}
