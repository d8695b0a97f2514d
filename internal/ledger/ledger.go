// Package ledger is a tamper-evident log: a Merkle tree (RFC 6962, section 2.1)
// whose size and root are signed as checkpoints. Whoever holds one checkpoint can
// tell, of every later one, whether anything before it was altered, taken out,
// put in or moved. It knows nothing of what its entries are.
package ledger

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash of the tree; as JSON it is base64.
type Hash = tlog.Hash

// ParseHash reads a hash as its String writes it.
func ParseHash(s string) (Hash, error) { return tlog.ParseHash(s) }

// Leaf is the hash by which an entry stands in the tree: of a zero byte and the
// entry.
func Leaf(entry []byte) Hash { return tlog.RecordHash(entry) }

// Tree is a log that grows. It remembers no entries, only the roots of its
// largest complete subtrees: one for each bit of its size.
type Tree struct {
	size  int64
	peaks map[int64]Hash // by their stored index
}

// NewTree returns the empty log.
func NewTree() *Tree { return &Tree{peaks: map[int64]Hash{}} }

// Size is how many leaves the log has.
func (t *Tree) Size() int64 { return t.size }

// Append adds a leaf and returns what must be stored with it: the leaf's own
// hash, then those of the subtrees that it completes, the smallest first.
func (t *Tree) Append(leaf Hash) ([]Hash, error) {
	var joined []int64
	stored, err := tlog.StoredHashesForRecordHash(t.size, leaf, tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		joined = slices.Clone(indexes)
		return t.read(indexes)
	}))
	if err != nil {
		return nil, err
	}
	for _, i := range joined {
		delete(t.peaks, i)
	}
	t.peaks[tlog.StoredHashIndex(0, t.size)+int64(len(stored)-1)] = stored[len(stored)-1]
	t.size++
	return stored, nil
}

// Root is the hash of the whole tree.
func (t *Tree) Root() (Hash, error) { return tlog.TreeHash(t.size, tlog.HashReaderFunc(t.read)) }

func (t *Tree) read(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, at := range indexes {
		h, ok := t.peaks[at]
		if !ok {
			return nil, errors.New("ledger: a subtree of the tree is not there")
		}
		out[i] = h
	}
	return out, nil
}

// Log is a stored log. Given the indexes of leaves it returns what Append
// returned for each, one hash after another.
type Log func(leaves []int64) (map[int64][]byte, error)

// Tree returns the log as it was at a size, ready to grow.
func (l Log) Tree(size int64) (*Tree, error) {
	t := &Tree{size: size, peaks: map[int64]Hash{}}
	_, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]Hash, error) {
		hashes, err := l.read(indexes)
		for i, h := range hashes {
			t.peaks[indexes[i]] = h
		}
		return hashes, err
	}))
	return t, err
}

// Root is the hash of the tree as it was at a size.
func (l Log) Root(size int64) (Hash, error) { return tlog.TreeHash(size, tlog.HashReaderFunc(l.read)) }

// Include proves that the tree of a size has the leaf with an index: an audit
// path (RFC 6962, section 2.1.1).
func (l Log) Include(size, index int64) ([]Hash, error) {
	return tlog.ProveRecord(size, index, tlog.HashReaderFunc(l.read))
}

// Extend proves that the tree of the second size begins with that of the first
// (RFC 6962, section 2.1.2).
func (l Log) Extend(first, second int64) ([]Hash, error) {
	return tlog.ProveTree(second, first, tlog.HashReaderFunc(l.read))
}

// read finds each hash with the leaf that completed its subtree.
func (l Log) read(indexes []int64) ([]Hash, error) {
	leaves := make([]int64, len(indexes))
	levels := make([]int, len(indexes))
	for i, at := range indexes {
		level, n := tlog.SplitStoredHashIndex(at)
		leaves[i], levels[i] = (n+1)<<level-1, level
	}
	rows, err := l(leaves)
	if err != nil {
		return nil, err
	}
	out := make([]Hash, len(indexes))
	for i, leaf := range leaves {
		row := rows[leaf]
		if len(row) < (levels[i]+1)*tlog.HashSize {
			return nil, fmt.Errorf("ledger: leaf %d lacks a hash", leaf)
		}
		copy(out[i][:], row[levels[i]*tlog.HashSize:])
	}
	return out, nil
}

// CheckInclusion refuses a proof that does not show that the tree of a size and
// root has the leaf at an index.
func CheckInclusion(proof []Hash, size int64, root Hash, index int64, leaf Hash) error {
	return tlog.CheckRecord(proof, size, root, index, leaf)
}

// CheckConsistency refuses a proof that does not show that the tree of the second
// checkpoint begins with that of the first.
func CheckConsistency(proof []Hash, first, second Checkpoint) error {
	return tlog.CheckTree(proof, second.Size, second.Root, first.Size, first.Root)
}
