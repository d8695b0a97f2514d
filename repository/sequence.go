package repository

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"accord/domain"
	"accord/internal/ledger"
)

// embargo is for how long nobody can tell that something unattributed happened:
// its day, and an hour for what is still being written when the day ends. The
// trigger that fills ledger_pending has the same.
const embargo = 25 * time.Hour

// due is when an entry's turn in the log comes, to the second.
func (e *AuditEntry) due() time.Time {
	if e.Actor == "" && e.Role == domain.Anyone && e.Request == "" {
		return e.At.Add(embargo)
	}
	return e.At
}

// sequenceBatch is how many entries get their place in one transaction.
const sequenceBatch = 500

// canonical is the entry as it stands in the log: a line that says what it is,
// then each column as a netstring. Times are RFC 3339 in UTC without trailing
// zeros. docs/proof.md tells others how to make it.
func (e *AuditEntry) canonical() []byte {
	b := []byte("accord audit entry v1\n")
	for _, column := range []string{
		e.ID, e.At.UTC().Format(time.RFC3339Nano), string(e.Actor), string(e.Role), e.Event, e.RecordKind, e.Record,
		fmt.Sprint(e.RecordVersion), e.Note, e.Request,
	} {
		b = fmt.Appendf(b, "%d:%s,", len(column), column)
	}
	return b
}

// seal shows, to who holds the master key, that Accord wrote an entry so. It
// guards the entry until the log does, and keeps out what was never written here.
func (s *Store) seal(e *AuditEntry) []byte {
	h := hmac.New(sha256.New, s.sealKey)
	h.Write(e.canonical())
	return h.Sum(nil)
}

func (s *Store) sealed(e *AuditEntry) bool { return hmac.Equal(e.Seal, s.seal(e)) }

// LogSigner signs as the log that began, or as one of an origin that begins.
func (s *Session) LogSigner(ctx context.Context, origin string) (ledger.Signer, error) {
	last, err := s.newestCheckpoint(ctx)
	if err != nil {
		return ledger.Signer{}, err
	}
	return s.store.signerAfter(last, origin)
}

// signerAfter keeps to the origin of the last checkpoint, if there is one.
func (s *Store) signerAfter(last *Checkpoint, origin string) (ledger.Signer, error) {
	if last != nil {
		origin = ledger.OriginOf(last.Note)
	}
	return s.LogSigner(origin)
}

// LogSigner signs the checkpoints of the log of an origin. Its key follows from
// the master key and outlives its rotations, as that of receipts does.
func (s *Store) LogSigner(origin string) (ledger.Signer, error) {
	seed, err := s.master.Derive("audit log signature")
	if err != nil {
		return ledger.Signer{}, err
	}
	return ledger.NewSigner(origin, seed)
}

// ledgerLeaf is an entry's place in the log.
type ledgerLeaf struct {
	LeafIndex int64 `gorm:"primaryKey;autoIncrement:false"`
	Entry     string
	// Hashes are what ledger.Tree.Append returned.
	Hashes []byte
}

func (ledgerLeaf) TableName() string { return "ledger_leaves" }

// Checkpoint is a signed note of what the log was at one size.
type Checkpoint struct {
	Size      int64 `gorm:"primaryKey;autoIncrement:false"`
	Note      string
	CreatedAt time.Time
}

// TableName is where checkpoints are kept.
func (Checkpoint) TableName() string { return "ledger_checkpoints" }

// refusedEntry is one that waited for a place and could get none.
type refusedEntry struct {
	Entry     string `gorm:"primaryKey"`
	Reason    string
	RefusedAt time.Time
}

func (refusedEntry) TableName() string { return "ledger_refusals" }

// Why an entry gets no place.
const (
	refusedAbsent   = "it is not in the audit trail any more"
	refusedUnsealed = "it is not as Accord wrote it"
	refusedAgain    = "it has a place already"
)

// pendingEntry is an entry that waits, with what the trail has of it.
type pendingEntry struct {
	Waiting string
	Due     time.Time
	Taken   *int64
	AuditEntry
}

// Sequence gives every entry that is due its place in the log of an origin, some
// at a time, and signs a checkpoint with each batch. It returns the newest that it
// made, or nil. Any number of instances may run it at once, beside any number
// who write: it takes what waits, so it misses nothing that commits late, and a
// batch is kept whole or not at all. The log keeps the origin that it began with.
func (s *Store) Sequence(ctx context.Context, origin string) (*Checkpoint, error) {
	var newest *Checkpoint
	for ctx.Err() == nil {
		var due int64
		system := s.As(domain.Actor{Role: domain.System})
		// Looking first costs no write: most of the time nothing is due.
		err := system.mechanism(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM ledger_pending WHERE due <= ? LIMIT 1) AS one", s.now()).Scan(&due).Error
		if err != nil || due == 0 {
			return newest, err
		}
		var made *Checkpoint
		err = system.Tx(ctx, func(tx *Session) (err error) {
			made, err = tx.sequence(ctx, origin)
			return err
		})
		if err != nil {
			return newest, err
		}
		if made != nil {
			newest = made
		}
	}
	return newest, ctx.Err()
}

// sequence is one batch.
func (s *Session) sequence(ctx context.Context, origin string) (*Checkpoint, error) {
	if err := s.Alone(ctx, "ledger"); err != nil {
		return nil, err
	}
	last, err := s.newestCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	signer, err := s.store.signerAfter(last, origin)
	if err != nil {
		return nil, err
	}
	tree, err := s.tree(ctx, signer, last)
	if err != nil {
		return nil, err
	}
	waiting, err := s.waiting(ctx)
	if err != nil || len(waiting) == 0 {
		return nil, err // another instance was faster
	}
	began := tree.Size()
	leaves, refused, err := s.place(ctx, tree, waiting)
	if err != nil {
		return nil, err
	}
	if err := s.keepPlaces(ctx, leaves, refused); err != nil {
		return nil, err
	}
	if err := s.mechanism(ctx).Exec(`DELETE FROM ledger_pending WHERE due <= ? AND (
		entry IN (SELECT entry FROM ledger_leaves WHERE leaf_index >= ?) OR entry IN (SELECT entry FROM ledger_refusals))`,
		waiting[len(waiting)-1].Due, began).Error; err != nil {
		return nil, err
	}
	if len(leaves) == 0 {
		return nil, nil
	}
	return s.sign(ctx, signer, tree)
}

func (s *Session) sign(ctx context.Context, signer ledger.Signer, tree *ledger.Tree) (*Checkpoint, error) {
	root, err := tree.Root()
	if err != nil {
		return nil, err
	}
	text, err := signer.Sign(tree.Size(), root)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Size: tree.Size(), Note: text, CreatedAt: s.store.now()}
	return c, s.mechanism(ctx).Create(c).Error
}

// newestCheckpoint is the last that was signed, or nil.
func (s *Session) newestCheckpoint(ctx context.Context) (*Checkpoint, error) {
	var rows []Checkpoint
	if err := s.mechanism(ctx).Order("size DESC").Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// tree is the log as its last checkpoint has it. Nothing is built on a log that
// does not agree with that.
func (s *Session) tree(ctx context.Context, signer ledger.Signer, last *Checkpoint) (*ledger.Tree, error) {
	if last == nil {
		return ledger.NewTree(), nil
	}
	signed, err := ledger.Verify(signer.Key(), last.Note)
	if err != nil {
		return nil, err
	}
	tree, err := s.stored(ctx).Tree(signed.Size)
	if err != nil {
		return nil, err
	}
	if root, err := tree.Root(); err != nil || root != signed.Root || signed.Size != last.Size {
		return nil, errors.New("repository: the audit log does not agree with its last checkpoint; run accord audit verify")
	}
	return tree, nil
}

// stored is the log as the database has it.
func (s *Session) stored(ctx context.Context) ledger.Log {
	return func(leaves []int64) (map[int64][]byte, error) {
		var rows []ledgerLeaf
		err := s.mechanism(ctx).Where("leaf_index IN ?", leaves).Find(&rows).Error
		out := make(map[int64][]byte, len(rows))
		for _, r := range rows {
			out[r.LeafIndex] = r.Hashes
		}
		return out, err
	}
}

// waiting are the entries whose turn it is. What is due at one time goes by id,
// which is random: no place tells when, within its day, something unattributed
// happened.
func (s *Session) waiting(ctx context.Context) (rows []pendingEntry, err error) {
	err = s.mechanism(ctx).Raw(`SELECT p.entry AS waiting, p.due, l.leaf_index AS taken, a.*
		FROM ledger_pending p LEFT JOIN audit_entries a ON a.id = p.entry LEFT JOIN ledger_leaves l ON l.entry = p.entry
		WHERE p.due <= ? ORDER BY p.due, p.entry LIMIT ?`, s.store.now(), sequenceBatch).Scan(&rows).Error
	return rows, err
}

// place appends what waits to the tree, but for what Accord did not write so.
// What was written before there were seals comes first; later, none comes without.
func (s *Session) place(ctx context.Context, tree *ledger.Tree, waiting []pendingEntry) (leaves []ledgerLeaf, refused []refusedEntry, err error) {
	sealing, err := s.sealing(ctx, tree.Size())
	if err != nil {
		return nil, nil, err
	}
	for i := range waiting {
		w := &waiting[i]
		sealing = sealing || len(w.Seal) > 0
		if reason := s.unfit(w, sealing); reason != "" {
			s.store.log.Error("an audit entry gets no place in the log; run accord audit verify", "entry", w.Waiting, "reason", reason)
			refused = append(refused, refusedEntry{w.Waiting, reason, s.store.now()})
			continue
		}
		index := tree.Size()
		hashes, err := tree.Append(ledger.Leaf(w.canonical()))
		if err != nil {
			return nil, nil, err
		}
		leaves = append(leaves, ledgerLeaf{index, w.ID, concat(hashes)})
	}
	return leaves, refused, nil
}

func (s *Session) unfit(w *pendingEntry, sealing bool) string {
	switch {
	case w.Taken != nil:
		return refusedAgain
	case w.ID == "":
		return refusedAbsent
	case sealing && !s.store.sealed(&w.AuditEntry):
		return refusedUnsealed
	}
	return ""
}

// sealing reports whether the log already has an entry with a seal.
func (s *Session) sealing(ctx context.Context, size int64) (bool, error) {
	var rows []AuditEntry
	err := s.mechanism(ctx).Where("id = (SELECT entry FROM ledger_leaves WHERE leaf_index = ?)", size-1).Find(&rows).Error
	return size > 0 && (len(rows) == 0 || len(rows[0].Seal) > 0), err
}

func (s *Session) keepPlaces(ctx context.Context, leaves []ledgerLeaf, refused []refusedEntry) error {
	if len(leaves) > 0 {
		if err := s.mechanism(ctx).CreateInBatches(leaves, createBatch).Error; err != nil {
			return err
		}
	}
	for _, r := range refused {
		if err := s.mechanism(ctx).Exec(`INSERT INTO ledger_refusals (entry, reason, refused_at) SELECT ?, ?, ?
			WHERE NOT EXISTS (SELECT 1 FROM ledger_refusals WHERE entry = ?)`, r.Entry, r.Reason, r.RefusedAt, r.Entry).Error; err != nil {
			return err
		}
	}
	return nil
}

func concat(hashes []ledger.Hash) []byte {
	var b []byte
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}
