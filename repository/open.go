// Package repository keeps the domain's records in SQLite or PostgreSQL. The
// only way in is Store.As: every read and write is done as some actor and
// reaches no further than the policy lets that actor reach. Every change is one
// transaction with its audit entry and its jobs.
package repository

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the embedded database, without cgo
	sqlitelib "modernc.org/sqlite/lib"

	"accord/internal/vault"
	"accord/migrations"
)

// Options are what a Store is opened with.
type Options struct {
	// Master wraps every key that the database holds. It is required.
	Master *vault.Master
	// Now is the clock; time.Now if nil. Times are kept in UTC to the
	// microsecond, as both databases can.
	Now func() time.Time
	// NewID is the source of ids; random UUIDs (RFC 9562, version 4) if nil.
	NewID func() string
	// Price is what a taking of a blurred limit costs, one on average. If nil it is as
	// random as the wait for what comes at random: what was drawn tells nothing of what
	// is to come. It may be called by many at once.
	Price func() float64
	// Log is told of failures in the background; discarded if nil.
	Log *slog.Logger
}

// Store is one database.
type Store struct {
	// SQLite has one connection that writes and several that read; on
	// PostgreSQL both are the same pool.
	write, read *gorm.DB
	postgres    bool
	master      *vault.Master
	cursorBox   cipher.AEAD
	cursorMAC   []byte
	veil        []byte // keys the names by which the audit trail calls advisors
	sealKey     []byte // keys the seals of audit entries
	now         func() time.Time
	newID       func() string
	price       func() float64
	log         *slog.Logger
	current     atomic.Bool // the schema was found up to date
	underWay    sync.Map    // the idempotency keys of requests that this instance is at
	tallies     *tallies
	refused     refusedTries
	tellTime    time.Duration // how long a request waits to tell the other instances of its takings
}

// Open connects to a postgres:// address or a sqlite:path file, which is made if
// it isn't there. It does not migrate.
func Open(dsn string, o Options) (*Store, error) {
	if o.Master == nil {
		return nil, fmt.Errorf("repository: a master key is required")
	}
	s := &Store{master: o.Master, newID: o.NewID, price: o.Price, log: o.Log, postgres: !strings.HasPrefix(dsn, "sqlite:"), tallies: newTallies(), tellTime: 100 * time.Millisecond}
	if s.newID == nil {
		s.newID = uuid.NewString
	}
	if s.price == nil {
		s.price = rand.ExpFloat64 // of math/rand/v2, which nobody can foretell (ChaCha8)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	clock := o.Now
	if clock == nil {
		clock = time.Now
	}
	s.now = func() time.Time { return clock().UTC().Truncate(time.Microsecond) }
	if err := s.deriveKeys(); err != nil {
		return nil, err
	}
	if s.postgres {
		return s, s.openPostgres(dsn)
	}
	return s, s.openSQLite(strings.TrimPrefix(dsn, "sqlite:"))
}

func (s *Store) deriveKeys() error {
	key, err := s.master.Derive("cursor")
	if err != nil {
		return err
	}
	if s.cursorMAC, err = s.master.Derive("cursor nonce"); err != nil {
		return err
	}
	if s.veil, err = s.master.Derive("audit veil"); err != nil {
		return err
	}
	if s.sealKey, err = s.master.Derive("audit entry seal"); err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	s.cursorBox, err = cipher.NewGCM(block)
	return err
}

func (s *Store) config() *gorm.Config {
	return &gorm.Config{
		Logger:                 teller{logger.Discard},
		TranslateError:         true,
		SkipDefaultTransaction: true,
		NowFunc:                s.now,
	}
}

func (s *Store) openPostgres(dsn string) error {
	db, err := gorm.Open(postgres.Open(dsn), s.config()) // pgx prepares by itself
	if err != nil {
		return err
	}
	pool(db, 32)
	guard(db)
	s.write, s.read = db, db
	return nil
}

// The synchronous mode is FULL: an acknowledged write survives loss of power.
// What is deleted is overwritten: an erased key must not lie on in a free page.
const sqliteOptions = "_busy_timeout=10000&_foreign_keys=1&_time_format=sqlite&_timezone=UTC&_texttotime=1&_dqs=0"

func (s *Store) openSQLite(path string) error {
	// SQLite would make the file readable by all; what it makes beside it has the
	// file's own mode.
	made, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := made.Close(); err != nil {
		return err
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	s.write, err = s.sqlite(file+"?"+sqliteOptions+"&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_pragma=secure_delete(1)", 1, s.config())
	if err != nil {
		return err
	}
	// Only what reads keeps its statements prepared: whoever prepares waits for a
	// connection, others wait for what is being prepared, and the transaction that
	// has the only connection to write would wait for these.
	reading := s.config()
	reading.PrepareStmt, reading.PrepareStmtMaxSize = true, 500
	s.read, err = s.sqlite(file+"?"+sqliteOptions+"&mode=ro&_query_only=1", 8, reading)
	return err
}

func (s *Store) sqlite(dsn string, conns int, c *gorm.Config) (*gorm.DB, error) {
	db, err := gorm.Open(dialect{&sqlite.Dialector{DriverName: "sqlite", DSN: dsn}}, c)
	if err != nil {
		return nil, err
	}
	pool(db, conns)
	guard(db)
	return db, nil
}

func pool(db *gorm.DB, conns int) {
	if p, err := db.DB(); err == nil {
		p.SetMaxOpenConns(conns)
		p.SetMaxIdleConns(conns)
	}
}

// dialect is the stock SQLite dialect with the pure Go driver's error codes.
type dialect struct{ *sqlite.Dialector }

// Translate tells constraint violations apart, as GORM names them.
func (d dialect) Translate(err error) error {
	coded, ok := err.(interface{ Code() int })
	if !ok {
		return err
	}
	switch coded.Code() {
	case sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY, sqlitelib.SQLITE_CONSTRAINT_UNIQUE, sqlitelib.SQLITE_CONSTRAINT_ROWID:
		return gorm.ErrDuplicatedKey
	case sqlitelib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return gorm.ErrForeignKeyViolated
	case sqlitelib.SQLITE_CONSTRAINT_CHECK:
		return gorm.ErrCheckConstraintViolated
	}
	return err
}

// Unavailable reports whether an error is the database's trouble and may be gone
// at the next try: lost connections, a shutdown, a failover, a deadlock that
// another transaction won, a writer that took too long.
func Unavailable(err error) bool {
	var pg *pgconn.PgError
	var network *net.OpError
	var coded interface{ Code() int }
	switch {
	case errors.As(err, &pg):
		return slices.ContainsFunc([]string{"08", "57", "53", "40"}, func(class string) bool { return strings.HasPrefix(pg.Code, class) })
	case errors.As(err, &coded):
		return coded.Code()&0xff == sqlitelib.SQLITE_BUSY || coded.Code() == sqlitelib.SQLITE_INTERRUPT
	}
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err)
}

// GaveWay reports whether PostgreSQL undid a transaction to let another go on, which
// is certain: nothing of it was kept, and it can be done anew at once. SQLite has a
// single writer, and never does.
func GaveWay(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001") // a deadlock; no order could be found
}

// Close ends every connection.
func (s *Store) Close() error {
	for _, db := range []*gorm.DB{s.read, s.write} {
		if p, err := db.DB(); err == nil {
			_ = p.Close()
		}
	}
	return nil
}

// ErrSchema says that the database lacks steps that this program relies on.
var ErrSchema = errors.New("repository: the schema is not up to date")

// KeepStatistics lets SQLite look at tables that have grown, so that it chooses
// well among their indexes. PostgreSQL does so by itself.
func (s *Store) KeepStatistics(ctx context.Context) error {
	if s.postgres {
		return nil
	}
	p, err := s.write.DB()
	if err != nil {
		return err
	}
	// 0x10000: all tables, not only those that this connection has queried.
	_, err = p.ExecContext(ctx, "PRAGMA optimize = 0x10002")
	return err
}

// Ready reports whether the database answers and its schema is current.
func (s *Store) Ready(ctx context.Context) error {
	if s.current.Load() { // a schema never goes back
		p, err := s.read.DB()
		if err != nil {
			return err
		}
		return p.PingContext(ctx)
	}
	if there, err := s.begun(ctx); err != nil {
		return err
	} else if !there {
		return ErrSchema
	}
	steps, err := s.Migrations(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(m Migration) bool { return !m.Applied }) {
		return ErrSchema
	}
	s.current.Store(true)
	return nil
}

// begun reports whether the schema has a list of its steps. Whoever asks for them would
// make it, which is not for a user that doesn't own the database.
func (s *Store) begun(ctx context.Context) (there bool, err error) {
	ask := "SELECT to_regclass('goose_db_version') IS NOT NULL"
	if !s.postgres {
		ask = "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'goose_db_version'"
	}
	err = s.bare().mechanism(ctx).Raw(ask).Scan(&there).Error
	return there, err
}

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// Migrate brings the schema up to date and returns the steps it took. Of many
// instances that start at once one migrates and the others wait.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	p, err := s.migrator()
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, len(results))
	for i, r := range results {
		out[i] = Migration{r.Source.Version, r.Source.Path, true}
	}
	return out, nil
}

// Migrations lists every step and whether it was taken.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.migrator()
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, len(status))
	for i, m := range status {
		out[i] = Migration{m.Source.Version, m.Source.Path, m.State == goose.StateApplied}
	}
	return out, nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	db, err := s.write.DB()
	if err != nil {
		return nil, err
	}
	if !s.postgres {
		files, err := migrations.For("sqlite")
		if err != nil {
			return nil, err
		}
		return goose.NewProvider(goose.DialectSQLite3, db, files)
	}
	files, err := migrations.For("postgres")
	if err != nil {
		return nil, err
	}
	// The default polls every five seconds.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
}

// SQL is the pool under the store, for measuring what Accord adds to plain SQL.
func (s *Store) SQL() (*sql.DB, error) { return s.read.DB() }

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.now() }

// Master wraps what the database may not read.
func (s *Store) Master() *vault.Master { return s.master }
