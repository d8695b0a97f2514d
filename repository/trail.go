package repository

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"accord/domain"
	"accord/internal/ledger"
)

// Trail is the audit trail and the log that proves it, as an actor may read them.
// How large the log is tells how much happens, so all of it is for who may read
// the trail.
type Trail struct{ s *Session }

// EntryFilter narrows the trail; an empty field does not.
type EntryFilter struct {
	Record string
	Actor  domain.AccountID
	Event  string
}

// Entries returns a page of the trail, newest first. That it was read is an entry
// too.
func (t Trail) Entries(ctx context.Context, f EntryFilter, p Page) (Rows[AuditEntry], error) {
	if err := t.opened(ctx); err != nil {
		return Rows[AuditEntry]{}, err
	}
	q := t.told(ctx)
	if f.Record != "" {
		q = q.Where("record = ?", f.Record)
	}
	if f.Actor != "" {
		q = q.Where("actor = ?", f.Actor)
	}
	if f.Event != "" {
		q = q.Where("event = ?", f.Event)
	}
	rows, err := listRows[AuditEntry](t.s.store, q, "audit", []sortKey{{column: "at", desc: true}, {column: "id", desc: true}}, p)
	if err != nil {
		return rows, err
	}
	return rows, t.s.leaves(ctx, rows.Items)
}

// told are the entries that may be told of. What is unattributed comes in once
// its day is over: who looks often would see when it happened.
func (t Trail) told(ctx context.Context) *gorm.DB {
	return t.s.mechanism(ctx).Model(&AuditEntry{}).
		Where("NOT (actor = '' AND role = ? AND request = '' AND at > ?)", domain.Anyone, t.s.store.now().Add(-embargo))
}

// opened notes that the actor reads the trail, or refuses it.
func (t Trail) opened(ctx context.Context) error {
	if err := t.permitted(); err != nil {
		return err
	}
	return t.s.Disclose(ctx, domain.ReadAuditTrail, "accounts", string(t.s.actor.Account))
}

func (t Trail) permitted() error {
	if !t.s.actor.May(domain.ReadAuditTrail) {
		return domain.Refuse(domain.Forbidden, "the audit trail is for auditors")
	}
	return nil
}

// leaves fills in where the entries stand in the log.
func (s *Session) leaves(ctx context.Context, entries []AuditEntry) error {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	var rows []ledgerLeaf
	if err := s.mechanism(ctx).Select("leaf_index", "entry").Where("entry IN ?", ids).Find(&rows).Error; err != nil {
		return err
	}
	at := map[string]int64{}
	for _, r := range rows {
		at[r.Entry] = r.LeafIndex
	}
	for i := range entries {
		if n, ok := at[entries[i].ID]; ok {
			entries[i].Leaf = &n
		}
	}
	return nil
}

// Checkpoints returns a page of what was signed, newest first.
func (t Trail) Checkpoints(ctx context.Context, p Page) (Rows[Checkpoint], error) {
	if err := t.permitted(); err != nil {
		return Rows[Checkpoint]{}, err
	}
	return listRows[Checkpoint](t.s.store, t.s.mechanism(ctx).Model(&Checkpoint{}), "checkpoints", []sortKey{{column: "size", desc: true}}, p)
}

// Checkpoint returns the newest, or NotFound before there is any.
func (t Trail) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	if err := t.permitted(); err != nil {
		return nil, err
	}
	c, err := t.s.newestCheckpoint(ctx)
	if err == nil && c == nil {
		err = domain.Refuse(domain.NotFound, "nothing has been signed yet; the first entries get their place within seconds")
	}
	return c, err
}

// VerifierKey returns the key by which every checkpoint can be checked, or
// NotFound before there is any.
func (t Trail) VerifierKey(ctx context.Context) (string, error) {
	c, err := t.Checkpoint(ctx)
	if err != nil {
		return "", err
	}
	signer, err := t.s.store.signerAfter(c, "")
	return signer.Key(), err
}

// Proof shows that the log of a size holds an entry (RFC 6962, section 2.1.1).
type Proof struct {
	Entry AuditEntry
	// LeafHash is of the entry, by which it stands at Entry.Leaf.
	LeafHash ledger.Hash
	Size     int64
	Root     ledger.Hash
	Path     []ledger.Hash
}

// Prove proves that the log of a size, the newest checkpoint's if 0, holds an
// entry. An entry that still waits for its place is a Conflict.
func (t Trail) Prove(ctx context.Context, entry string, size int64) (*Proof, error) {
	if t.permitted() != nil {
		return nil, noEntry()
	}
	newest, err := t.size(ctx)
	if err != nil {
		return nil, err
	}
	var rows []AuditEntry
	err = t.told(ctx).Where("id = ?", entry).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = noEntry()
	}
	if err == nil {
		err = t.s.leaves(ctx, rows)
	}
	if err != nil {
		return nil, err
	}
	if size == 0 {
		size = newest
	}
	if size > newest {
		return nil, parameterFault("tree_size", fmt.Sprintf("the log has %d entries", newest))
	}
	e := rows[0]
	if e.Leaf == nil {
		return nil, domain.Refuse(domain.Conflict, "the entry waits for its place in the log; ask again in some seconds")
	}
	if *e.Leaf >= size {
		return nil, parameterFault("tree_size", fmt.Sprintf("the entry has the index %d, so the log must be larger", *e.Leaf))
	}
	if err := t.opened(ctx); err != nil {
		return nil, err
	}
	return t.s.prove(ctx, e, size)
}

func noEntry() error { return domain.Refuse(domain.NotFound, "there is no such record") }

func (s *Session) prove(ctx context.Context, e AuditEntry, size int64) (*Proof, error) {
	root, err := s.stored(ctx).Root(size)
	if err != nil {
		return nil, err
	}
	return s.proveIn(ctx, e, size, root)
}

func (s *Session) proveIn(ctx context.Context, e AuditEntry, size int64, root ledger.Hash) (*Proof, error) {
	path, err := s.stored(ctx).Include(size, *e.Leaf)
	return &Proof{e, e.LeafHash(), size, root, path}, err
}

// LeafHash is the hash by which the entry stands in the log.
func (e *AuditEntry) LeafHash() ledger.Hash { return ledger.Leaf(e.canonical()) }

// size is how many entries the newest checkpoint covers; 0 before there is any.
func (t Trail) size(ctx context.Context) (int64, error) {
	c, err := t.s.newestCheckpoint(ctx)
	if err != nil || c == nil {
		return 0, err
	}
	return c.Size, nil
}

// ProveGrowth proves that the log of the second size, the newest checkpoint's if
// 0, begins with that of the first (RFC 6962, section 2.1.2).
func (t Trail) ProveGrowth(ctx context.Context, first, second int64) (path []ledger.Hash, of int64, err error) {
	if err := t.permitted(); err != nil {
		return nil, 0, err
	}
	newest, err := t.size(ctx)
	if err != nil {
		return nil, 0, err
	}
	if second == 0 {
		second = newest
	}
	if second > newest {
		return nil, 0, parameterFault("second", fmt.Sprintf("the log has %d entries", newest))
	}
	if first > second {
		return nil, 0, parameterFault("first", "must not be larger than the second size")
	}
	path, err = t.s.stored(ctx).Extend(first, second)
	return path, second, err
}

// Proofs are the entries about some records, each with its proof at one checkpoint.
type Proofs struct {
	// Checkpoint covers every proof.
	Checkpoint Checkpoint
	// Entries are in the order in which they happened.
	Entries []*Proof
	// Waiting are those that have no place in the log yet, so no proof.
	Waiting []AuditEntry
}

// ProofsOf returns all that the trail has about some records, with proofs at the
// newest checkpoint, or NotFound before there is any. It is for who may read the
// trail.
func (t Trail) ProofsOf(ctx context.Context, records ...string) (*Proofs, error) {
	c, err := t.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	out := &Proofs{Checkpoint: *c}
	root, err := t.s.stored(ctx).Root(c.Size)
	if err != nil {
		return nil, err
	}
	entries, err := t.about(ctx, records)
	if err == nil {
		err = t.opened(ctx)
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Leaf == nil || *e.Leaf >= c.Size {
			out.Waiting = append(out.Waiting, e)
			continue
		}
		p, err := t.s.proveIn(ctx, e, c.Size, root)
		if err != nil {
			return nil, err
		}
		out.Entries = append(out.Entries, p)
	}
	return out, nil
}

// about are the entries of some records, in the order in which they happened.
func (t Trail) about(ctx context.Context, records []string) ([]AuditEntry, error) {
	var out []AuditEntry
	for some := range slices.Chunk(records, idsAtOnce) {
		var rows []AuditEntry
		if err := t.told(ctx).Where("record IN ?", some).Find(&rows).Error; err != nil {
			return nil, err
		}
		for part := range slices.Chunk(rows, idsAtOnce) {
			if err := t.s.leaves(ctx, part); err != nil {
				return nil, err
			}
		}
		out = append(out, rows...)
	}
	slices.SortFunc(out, func(a, b AuditEntry) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}
