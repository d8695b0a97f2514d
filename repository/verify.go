package repository

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accord/domain"
	"accord/internal/ledger"
)

// Finding is something of the audit trail or its log that is not as it was.
type Finding struct {
	// Index is the place in the log; -1 where there is none.
	Index int64
	// Entry and Event say which entry it is, as far as that is known.
	Entry, Event string
	Detail       string
}

// String is the finding in a line.
func (f Finding) String() string {
	b := &strings.Builder{}
	if f.Index >= 0 {
		fmt.Fprintf(b, "index %d: ", f.Index)
	}
	if f.Entry != "" {
		fmt.Fprintf(b, "entry %s: ", f.Entry)
	}
	if f.Event != "" {
		fmt.Fprintf(b, "%s: ", f.Event)
	}
	return b.String() + f.Detail
}

// Verification is what was found of a log.
type Verification struct {
	// Size and Root are the log's own.
	Size int64
	Root ledger.Hash
	// Waiting are the entries that are as they were written and have no place yet.
	Waiting int
	// Checkpoints and Outside count the checkpoints that hold: those in the
	// database, and those that were brought from elsewhere.
	Checkpoints, Outside int
	// Found is how many findings there are; the first of them are kept, in the
	// order of the log.
	Found    int
	Findings []Finding
}

const (
	findingsKept = 100
	verifyPage   = 500
)

// VerifyLog holds every audit entry against the log, and the log against every
// checkpoint that was signed: those in the database, and those that outside
// gives, which are best kept where the database's owner can't write. It reads
// one moment of the database and never holds more of it than a page.
func (s *Store) VerifyLog(ctx context.Context, outside func(func(name, note string) error) error) (*Verification, error) {
	var found *Verification
	err := s.As(domain.Actor{Role: domain.System}).Moment(ctx, func(at *Session) error {
		v := &verifier{s: at, tree: ledger.NewTree(), good: -1}
		found = &v.Verification
		return v.all(ctx, outside)
	})
	return found, err
}

// verifier goes once through the log, growing the tree anew.
type verifier struct {
	Verification
	s      *Session
	tree   *ledger.Tree
	broken bool      // the tree can't be grown any further
	sealed bool      // an entry with a seal was met
	latest time.Time // the last turn that came to an entry with a place

	outside []namedCheckpoint // by size
	inside  []Checkpoint      // a page of the database's
	last    int64             // the size of the last that was read

	good   int64        // the index up to which a checkpoint vouches
	since  *placedEntry // the first entry after that
	failed bool         // a checkpoint did not agree: no later one can
}

type namedCheckpoint struct {
	name string
	ledger.Checkpoint
}

// placedEntry is a place in the log with what the trail has of its entry.
type placedEntry struct {
	LeafIndex int64
	Placed    string
	Hashes    []byte
	AuditEntry
}

func (v *verifier) find(index int64, entry, event, format string, args ...any) {
	v.Found++
	if len(v.Findings) < findingsKept {
		v.Findings = append(v.Findings, Finding{index, entry, event, fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) all(ctx context.Context, outside func(func(name, note string) error) error) error {
	if err := outside(v.bring); err != nil {
		return err
	}
	slices.SortStableFunc(v.outside, func(a, b namedCheckpoint) int { return cmp.Compare(a.Size, b.Size) })
	for after := int64(-1); ; {
		rows, err := v.page(ctx, after)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for i := range rows {
			if err := v.leaf(ctx, &rows[i]); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].LeafIndex
	}
	if err := v.end(ctx); err != nil {
		return err
	}
	if err := v.unplaced(ctx); err != nil {
		return err
	}
	if err := v.refused(ctx); err != nil {
		return err
	}
	return v.waiting(ctx)
}

// bring takes a checkpoint from elsewhere. Whatever its origin, it was signed with
// this office's key or proves nothing.
func (v *verifier) bring(name, note string) error {
	c, err := v.check(note)
	if err != nil {
		v.find(-1, "", "", "%s is no checkpoint that this log signed", name)
		return nil
	}
	v.outside = append(v.outside, namedCheckpoint{name, c})
	return nil
}

func (v *verifier) check(note string) (ledger.Checkpoint, error) {
	signer, err := v.s.store.LogSigner(ledger.OriginOf(note))
	if err != nil {
		return ledger.Checkpoint{}, ledger.ErrCheckpoint
	}
	return ledger.Verify(signer.Key(), note)
}

const placedEntries = `SELECT l.leaf_index, l.entry AS placed, l.hashes, a.* FROM ledger_leaves l LEFT JOIN audit_entries a ON a.id = l.entry
	WHERE l.leaf_index > ? ORDER BY l.leaf_index LIMIT ?`

// page reads the places after an index. SQLite may have been given a value that
// is none of its column's: then the page is read by single rows.
func (v *verifier) page(ctx context.Context, after int64) (rows []placedEntry, err error) {
	if err = v.s.mechanism(ctx).Raw(placedEntries, after, verifyPage).Scan(&rows).Error; err == nil || v.s.store.postgres {
		return rows, err
	}
	if err = v.s.mechanism(ctx).Raw(placedEntries, after, 1).Scan(&rows).Error; err == nil {
		return rows, nil
	}
	var bare []placedEntry
	err = v.s.mechanism(ctx).Raw("SELECT leaf_index, entry AS placed, hashes FROM ledger_leaves WHERE leaf_index > ? ORDER BY leaf_index LIMIT 1", after).Scan(&bare).Error
	if err == nil && len(bare) > 0 {
		bare[0].ID = bare[0].Placed // so it is altered, not missing
	}
	return bare, err
}

// leaf holds one entry against its place.
func (v *verifier) leaf(ctx context.Context, e *placedEntry) error {
	if e.LeafIndex != v.tree.Size() && !v.broken {
		v.find(v.tree.Size(), "", "", "missing: the log has nothing until index %d", e.LeafIndex)
		v.broken = true
	}
	var stands ledger.Hash
	if copy(stands[:], e.Hashes) < len(stands) {
		v.find(e.LeafIndex, e.Placed, e.Event, "altered: its hash is cut short")
		v.broken = true
	}
	if err := v.entry(ctx, e, stands); err != nil {
		return err
	}
	if v.broken {
		return nil
	}
	if v.since == nil {
		v.since = e
	}
	hashes, err := v.tree.Append(stands)
	if err != nil {
		return err
	}
	if grown := concat(hashes); !bytes.Equal(grown, e.Hashes) {
		v.subtree(e, grown)
	}
	return v.checkpoints(ctx)
}

func (v *verifier) entry(ctx context.Context, e *placedEntry, stands ledger.Hash) error {
	if e.ID == "" {
		v.find(e.LeafIndex, e.Placed, "", "missing: it is not in the audit trail any more")
		return nil
	}
	leaf := ledger.Leaf(e.canonical())
	switch {
	case leaf == stands:
		v.seal(e)
		if e.due().After(v.latest) {
			v.latest = e.due()
		}
		return nil
	case v.broken:
		v.find(e.LeafIndex, e.Placed, e.Event, "altered: it is not what has this place in the log")
		return nil
	}
	var elsewhere []int64
	err := v.s.mechanism(ctx).Raw("SELECT leaf_index FROM ledger_leaves WHERE substr(hashes, 1, 32) = ? LIMIT 1", leaf[:]).Scan(&elsewhere).Error
	if len(elsewhere) > 0 {
		v.find(e.LeafIndex, e.Placed, e.Event, "reordered: its place is index %d", elsewhere[0])
	} else {
		v.find(e.LeafIndex, e.Placed, e.Event, "altered: it is not what has this place in the log")
	}
	return err
}

// seal holds an entry against its seal. The first entries of an office that is
// older than the log have none.
func (v *verifier) seal(e *placedEntry) {
	if v.sealed = v.sealed || len(e.Seal) > 0; v.sealed && !v.s.store.sealed(&e.AuditEntry) {
		v.find(e.LeafIndex, e.ID, e.Event, "altered: its seal is not what Accord wrote")
	}
}

// subtree names the first entry under the smallest stored hash that does not fit.
func (v *verifier) subtree(e *placedEntry, grown []byte) {
	level := len(grown)/len(ledger.Hash{}) - 1
	for l := 0; l <= level; l++ {
		at := l * len(ledger.Hash{})
		if len(e.Hashes) < at+len(ledger.Hash{}) || !bytes.Equal(grown[at:at+len(ledger.Hash{})], e.Hashes[at:at+len(ledger.Hash{})]) {
			level = l
			break
		}
	}
	first := e.LeafIndex + 1 - 1<<level
	v.find(first, "", "", "reordered or altered: the entries from here to index %d are not those over which the log was built", e.LeafIndex)
}

// checkpoints holds the tree against all that were signed at its size.
func (v *verifier) checkpoints(ctx context.Context) error {
	size := v.tree.Size()
	for len(v.outside) > 0 && v.outside[0].Size <= size {
		c := v.outside[0]
		v.outside = v.outside[1:]
		if err := v.hold(c.Checkpoint, c.name, &v.Outside); err != nil {
			return err
		}
	}
	for {
		c, err := v.next(ctx)
		if err != nil || c == nil || c.Size > size {
			return err
		}
		v.inside = v.inside[1:]
		signed, err := v.check(c.Note)
		if err != nil || signed.Size != c.Size {
			v.find(-1, "", "", "altered: the checkpoint of size %d is not as this log signed it", c.Size)
			continue
		}
		if err := v.hold(signed, fmt.Sprintf("the checkpoint of size %d", c.Size), &v.Checkpoints); err != nil {
			return err
		}
	}
}

// next is the database's next checkpoint, or nil.
func (v *verifier) next(ctx context.Context) (*Checkpoint, error) {
	if len(v.inside) == 0 {
		err := v.s.mechanism(ctx).Where("size > ?", v.last).Order("size").Limit(verifyPage).Find(&v.inside).Error
		if err != nil || len(v.inside) == 0 {
			return nil, err
		}
		v.last = v.inside[len(v.inside)-1].Size
	}
	return &v.inside[0], nil
}

// hold compares one checkpoint with the tree.
func (v *verifier) hold(c ledger.Checkpoint, name string, holds *int) error {
	root, err := v.tree.Root()
	if err != nil {
		return err
	}
	switch {
	case c.Size == v.tree.Size() && c.Root == root:
		*holds++
		v.good, v.since = c.Size-1, nil
	case !v.failed:
		v.failed = true
		first := placedEntry{LeafIndex: v.good + 1}
		if v.since != nil {
			first = *v.since
		}
		v.find(first.LeafIndex, first.Placed, first.Event, "altered: the entries from here to index %d are not those over which %s was signed", c.Size-1, name)
	}
	return nil
}

// end looks for what is missing at the end of the log, and for what stands there
// without having been signed.
func (v *verifier) end(ctx context.Context) (err error) {
	if v.Size = v.tree.Size(); v.broken {
		return nil
	}
	if v.Root, err = v.tree.Root(); err != nil {
		return err
	}
	if len(v.outside) > 0 {
		longest := v.outside[len(v.outside)-1]
		v.find(v.Size, "", "", "missing: the log had %d entries when %s was signed, and from here on they are gone", longest.Size, longest.name)
	}
	c, err := v.next(ctx)
	if err != nil {
		return err
	}
	if c != nil {
		v.find(v.Size, "", "", "missing: the log had %d entries at a checkpoint, and from here on they are gone", c.Size)
	} else if v.since != nil && !v.failed {
		v.find(v.since.LeafIndex, v.since.Placed, v.since.Event, "inserted: from here on the log is under no checkpoint")
	}
	return nil
}

// unplaced finds the entries that neither have a place nor wait for one.
func (v *verifier) unplaced(ctx context.Context) error {
	for after := ""; ; {
		var rows []AuditEntry
		err := v.s.mechanism(ctx).Raw(`SELECT a.* FROM audit_entries a WHERE a.id > ? AND NOT EXISTS (SELECT 1 FROM ledger_leaves l WHERE l.entry = a.id)
			AND a.id NOT IN (SELECT entry FROM ledger_pending) ORDER BY a.id LIMIT ?`, after, verifyPage).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, e := range rows {
			if v.s.store.sealed(&e) {
				v.find(-1, e.ID, e.Event, "missing: its place was taken out of the log")
			} else {
				v.find(-1, e.ID, e.Event, "inserted: Accord did not write it")
			}
		}
		after = rows[len(rows)-1].ID
	}
}

// refused finds what was taken away, or put in again, before it had its place.
func (v *verifier) refused(ctx context.Context) error {
	var rows []refusedEntry
	err := v.s.mechanism(ctx).Where("reason <> ?", refusedUnsealed).Order("refused_at, entry").Limit(findingsKept).Find(&rows).Error
	for _, r := range rows {
		v.find(-1, r.Entry, "", "missing or inserted: it waited for a place in the log, but %s", r.Reason)
	}
	return err
}

// lateness is for how long at most a write is under way: what commits late gets its
// place after entries whose turn came later.
const lateness = time.Hour

// waiting holds the entries that have no place yet against their seals, and the
// turn of each against when it came to be: one that is put off, or passed over,
// would never have a place.
func (v *verifier) waiting(ctx context.Context) error {
	rows, err := v.s.mechanism(ctx).Raw(`SELECT p.entry AS waiting, p.due, l.leaf_index AS taken, a.*
		FROM ledger_pending p LEFT JOIN audit_entries a ON a.id = p.entry LEFT JOIN ledger_leaves l ON l.entry = p.entry ORDER BY p.due, p.entry`).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var w pendingEntry
		if err := v.s.mechanism(ctx).ScanRows(rows, &w); err != nil {
			return err
		}
		v.sealed = v.sealed || len(w.Seal) > 0
		if reason := v.s.unfit(&w, v.sealed); reason != "" {
			v.find(-1, w.Waiting, w.Event, "altered, missing or inserted: it waits for a place in the log, but %s", reason)
			continue
		}
		if off := w.Due.Sub(w.due()).Abs(); off >= time.Second {
			v.find(-1, w.Waiting, w.Event, "put off: its turn in the log was moved from %s to %s", stamp(w.due()), stamp(w.Due))
			continue
		}
		if w.Due.Add(lateness).Before(v.latest) {
			v.find(-1, w.Waiting, w.Event, "passed over: its turn in the log was %s, and entries have their places whose turn came later", stamp(w.Due))
			continue
		}
		v.Waiting++
	}
	return rows.Err()
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
