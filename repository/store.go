package repository

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"accord/domain"
)

// As returns the records as actor may see and change them.
func (s *Store) As(actor domain.Actor) *Session { return session(s, actor, nil) }

// bare is the server's own view without any table, for what is asked at every
// request: to make them all takes longer than the question.
func (s *Store) bare() *Session { return &Session{store: s, actor: domain.Actor{Role: domain.System}} }

// Session is one actor's view of the store.
type Session struct {
	store *Store
	actor domain.Actor
	unit  *unit // nil outside of any

	Accounts      Accounts
	Sessions      Sessions
	Invitations   Invitations
	Factors       Factors
	Identities    Identities
	Resets        Resets
	Grants        Grants
	APIKeys       APIKeys
	SigningKeys   SigningKeys
	Organizations Organizations
	Contacts      Contacts
	Checks        Checks
	Waivers       Waivers
	Merges        Merges
	VettingRules  VettingRules
	Imports       Imports

	Applications    Applications
	OwnApplications Applications
	Relationships   Relationships
	Mandates        Mandates

	Advisors        Advisors
	Assignments     Assignments
	SafeContacts    SafeContacts
	VaultEntries    VaultEntries
	LegalHolds      LegalHolds
	Councils        Councils
	Terms           Terms
	Recommendations Recommendations
	AgencyResponses AgencyResponses

	Initiatives  Initiatives
	Engagements  Engagements
	Participants Participants
	Tasks        Tasks
	Feeds        Feeds
	Notices      Notices

	Partnerships    Partnerships
	Requirements    RequirementsTable
	Contributions   Contributions
	LedgerEntries   LedgerEntries
	ExchangeRates   ExchangeRates
	Commitments     Commitments
	Amendments      Amendments
	Milestones      Milestones
	Indicators      Indicators
	ProgressReports ProgressReports
	Verifications   Verifications
	Register        Register
	Consultations   Consultations
	Results         Results
	Submissions     Submissions
	Receipts        Submissions
	Messages        Messages
	ReceiptMessages Messages
	Themes          Themes
	Codebooks       Codebooks
	Codings         Codings
	Responses       Responses

	Documents Documents
	Uploads   Uploads
	Trail     Trail
}

// unit is work that is kept whole or not at all. The sessions in it share its
// transaction, once it has begun.
type unit struct {
	tx *gorm.DB
	// still says that the transaction sees one moment and writes nothing.
	still bool
}

// run does fn in the unit's transaction and begins it if need be; if fn fails,
// what it began is undone.
func (u *unit) run(begin func() *gorm.DB, fn func() error) error {
	if u.tx != nil {
		return fn()
	}
	tx := begin()
	if tx.Error != nil {
		return tx.Error
	}
	u.tx = tx
	err := fn()
	if err != nil {
		u.rollback()
	}
	return err
}

func (u *unit) commit() error {
	tx := u.tx
	u.tx = nil
	return tx.Commit().Error
}

// rollback undoes what was not committed; where nothing was begun it does
// nothing.
func (u *unit) rollback() {
	if u.tx != nil {
		u.tx.Rollback()
		u.tx = nil
	}
}

func session(st *Store, a domain.Actor, u *unit) *Session {
	s := &Session{store: st, actor: a, unit: u}
	s.Accounts = accounts(s)
	s.Sessions = sessions(s)
	s.Invitations = invitations(s)
	s.Factors = factors(s)
	s.Identities = identities(s)
	s.Resets = resets(s)
	s.Grants = grants(s)
	s.APIKeys = apiKeys(s)
	s.SigningKeys = signingKeys(s)
	s.Organizations = organizations(s)
	s.Contacts = contacts(s)
	s.Checks = checks(s)
	s.Waivers = waivers(s)
	s.Merges = merges(s)
	s.VettingRules = vettingRules(s)
	s.Imports = imports(s)
	s.Applications = applications(s)
	s.OwnApplications = ownApplications(s)
	s.Relationships = relationships(s)
	s.Mandates = mandates(s)
	s.Advisors = advisors(s)
	s.Assignments = assignments(s)
	s.SafeContacts = safeContacts(s)
	s.VaultEntries = vaultEntries(s)
	s.LegalHolds = legalHolds(s)
	s.Councils = councils(s)
	s.Terms = terms(s)
	s.Recommendations = recommendations(s)
	s.AgencyResponses = agencyResponses(s)

	s.Initiatives = initiatives(s)
	s.Engagements = engagements(s)
	s.Participants = participants(s)
	s.Tasks = tasks(s)
	s.Feeds = feeds(s)
	s.Notices = notices(s)

	s.Partnerships = partnerships(s)
	s.Requirements = requirements(s)
	s.Contributions = contributions(s)
	s.LedgerEntries = ledgerEntries(s)
	s.ExchangeRates = exchangeRates(s)
	s.Commitments = commitments(s)
	s.Amendments = amendments(s)
	s.Milestones = milestones(s)
	s.Indicators = indicators(s)
	s.ProgressReports = progressReports(s)
	s.Verifications = verifications(s)
	s.Register = register(s)
	s.Consultations = consultations(s)
	s.Results = results(s)
	s.Submissions = submissions(s)
	s.Receipts = receipts(s)
	s.Messages = messages(s)
	s.ReceiptMessages = receiptMessages(s)
	s.Themes = themes(s)
	s.Codebooks = codebooks(s)
	s.Codings = codings(s)
	s.Responses = responses(s)
	s.Documents = documents(s)
	s.Uploads = uploads(s)
	s.Trail = Trail{s}
	return s
}

// As is the same store, and the same transaction, as another actor may see it.
// It is for what the server itself must know to serve a caller.
func (s *Session) As(a domain.Actor) *Session { return session(s.store, a, s.unit) }

// system is the same as the server itself sees it.
func (s *Session) system() *Session { return s.As(domain.Actor{Role: domain.System}) }

// Actor is whose view this is.
func (s *Session) Actor() domain.Actor { return s.actor }

// Now is the store's clock.
func (s *Session) Now() time.Time { return s.store.now() }

// NewID returns an id from the store's source.
func (s *Session) NewID() string { return s.store.newID() }

// Tx runs fn in one transaction: all of it is kept, or nothing. Calls inside a
// Tx join it.
func (s *Session) Tx(ctx context.Context, fn func(*Session) error) error {
	if s.unit != nil {
		begin := func() *gorm.DB { return s.store.write.WithContext(ctx).Begin() }
		return s.unit.run(begin, func() error { return fn(s) })
	}
	return s.store.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return fn(session(s.store, s.actor, &unit{tx: tx}))
	})
}

// Moment runs fn in one moment of the database: it sees nothing of what is written
// meanwhile, and can write nothing itself.
func (s *Session) Moment(ctx context.Context, fn func(*Session) error) error {
	if s.unit != nil {
		return errors.New("repository: a moment within a transaction")
	}
	o := &sql.TxOptions{ReadOnly: true}
	if s.store.postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	return s.store.read.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return fn(session(s.store, s.actor, &unit{tx: tx, still: true}))
	}, o)
}

// inTx reports whether a transaction has begun.
func (s *Session) inTx() bool { return s.unit != nil && s.unit.tx != nil }

func (s *Session) db() *gorm.DB {
	if s.inTx() {
		return s.unit.tx
	}
	return s.store.read
}

// Alone lets no two transactions of one name run at a time: it waits for the
// other to end. On SQLite any transaction that writes is alone.
func (s *Session) Alone(ctx context.Context, name string) error {
	if !s.inTx() {
		return errors.New("repository: alone outside a transaction")
	}
	if !s.store.postgres {
		return nil
	}
	return s.mechanism(ctx).Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", name).Error
}

// mechanism is a handle for the tables that belong to no actor: audit, jobs,
// search, keys. Nothing that a caller reads comes through it.
func (s *Session) mechanism(ctx context.Context) *gorm.DB {
	return s.db().WithContext(ctx).Set(reachKey, true)
}

type requestKey struct{}

// WithRequest names the request that ctx serves, for the audit trail.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// AuditEntry is one thing that happened: who, what, to which version of which
// record. An API key stands for its creator, whom its own entries name. An advisor stands in it by a name of that record alone. It holds no contents, so erasing contents never breaks it.
type AuditEntry struct {
	ID            string
	At            time.Time
	Actor         domain.AccountID
	Role          domain.Role
	Event         string
	RecordKind    string
	Record        string
	RecordVersion int
	Note          string
	Request       string
	// Seal shows that Accord wrote the entry so.
	Seal []byte
	// Leaf is the entry's index in the log; nil while it waits for one.
	Leaf *int64 `gorm:"-"`
}

// publish writes the records' events to the audit trail.
func publish[T any, R record[T]](ctx context.Context, s *Session, kind string, records ...R) error {
	var rows []AuditEntry
	for _, v := range records {
		id, version := v.Meta()
		events := v.Drain()
		if len(events) == 0 {
			return errors.New("repository: a change of " + kind + " without an event")
		}
		for _, e := range events {
			rows = append(rows, s.entry(ctx, e, kind, id, version))
		}
	}
	return s.mechanism(ctx).Create(&rows).Error
}

// attributed is whom the trail names for what the actor did to a record: the
// account, the API key, or for an advisor a name that is the same for this record alone. What
// one advisor does to two records can't be joined, while two deeds to one record
// can be told to be one person's.
func (s *Session) attributed(record string) domain.AccountID {
	if s.actor.Role != domain.Advising {
		id, _ := s.actor.Signature()
		return domain.AccountID(id)
	}
	mac := hmac.New(sha256.New, s.store.veil)
	mac.Write([]byte(string(s.actor.Account) + "/" + record))
	name := uuid.UUID(mac.Sum(nil)[:16])
	name[6], name[8] = name[6]&0x0f|0x80, name[8]&0x3f|0x80 // RFC 9562, version 8
	return domain.AccountID(name.String())
}

// entry is what the audit trail says of an event.
func (s *Session) entry(ctx context.Context, e domain.Event, kind, id string, version int) AuditEntry {
	request, _ := ctx.Value(requestKey{}).(string)
	_, role := s.actor.Signature()
	entry := AuditEntry{
		ID: s.store.newID(), At: s.store.now(), Actor: s.attributed(id), Role: role, Event: e.Name,
		RecordKind: kind, Record: id, RecordVersion: version, Note: e.Note, Request: request,
	}
	if s.actor.For != "" {
		entry.Note = strings.TrimSpace(entry.Note + " for " + string(s.actor.For))
	}
	if e.Unattributed {
		entry.At, entry.Actor, entry.Role, entry.Request = entry.At.Truncate(24*time.Hour), "", domain.Anyone, ""
	}
	entry.Seal = s.store.seal(&entry)
	return entry
}

// reachKey marks a statement that carries the actor's reach.
const reachKey = "accord:reach"

var errNoReach = errors.New("repository: a statement without a reach")

// guard refuses every statement that did not pass through within or mechanism:
// code that forgets the policy fails instead of leaking. It looks at no table
// names, so nothing can be forgotten in a list.
func guard(db *gorm.DB) {
	check := func(tx *gorm.DB) {
		_, ok := tx.Get(reachKey)
		if !ok || len(tx.Statement.Preloads) > 0 || len(tx.Statement.Joins) > 0 {
			_ = tx.AddError(errNoReach)
		}
	}
	cb := db.Callback()
	for _, register := range []func(string, func(*gorm.DB)) error{
		cb.Create().Before("*").Register, cb.Query().Before("*").Register, cb.Row().Before("*").Register,
		cb.Update().Before("*").Register, cb.Delete().Before("*").Register, cb.Raw().Before("*").Register,
	} {
		if err := register("accord:guard", check); err != nil {
			panic(err)
		}
	}
}

// refusal turns a constraint's violation into one that the caller may read.
func refusal(err error) error {
	switch {
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return domain.Refuse(domain.Conflict, "another record has the same key")
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return domain.Refuse(domain.Conflict, "a record that this one names is not there, or still needs it")
	}
	return err
}

// fold brings text to the form in which it is searched: lower case, no accents.
func fold(s string) string { return strings.ToLower(unaccent(s)) }
