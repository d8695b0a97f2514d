package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// grown is a log of some leaves as it is stored, with its roots by size.
func grown(t *testing.T, leaves int) (Log, []Hash) {
	t.Helper()
	stored, tree, roots := map[int64][]byte{}, NewTree(), []Hash{{}}
	for i := range leaves {
		hashes, err := tree.Append(Leaf(fmt.Append(nil, i)))
		must(t, err)
		var row []byte
		for _, h := range hashes {
			row = append(row, h[:]...)
		}
		stored[int64(i)] = row
		root, err := tree.Root()
		must(t, err)
		roots = append(roots, root)
		if len(tree.peaks) > 7 {
			t.Fatalf("a tree of %d remembers %d hashes", tree.Size(), len(tree.peaks))
		}
	}
	return func(leaves []int64) (map[int64][]byte, error) { return stored, nil }, roots
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryProofHolds proves every leaf at every size, and every size by every
// smaller one.
func TestEveryProofHolds(t *testing.T) {
	const leaves = 70
	log, roots := grown(t, leaves)
	for size := int64(1); size <= leaves; size++ {
		root, err := log.Root(size)
		must(t, err)
		if root != roots[size] {
			t.Fatalf("another root at %d", size)
		}
		tree, err := log.Tree(size)
		must(t, err)
		if root, err := tree.Root(); err != nil || root != roots[size] || tree.Size() != size {
			t.Fatalf("a tree taken up at %d: %v", size, err)
		}
		for i := range size {
			path, err := log.Include(size, i)
			must(t, err)
			must(t, CheckInclusion(path, size, root, i, Leaf(fmt.Append(nil, i))))
			if CheckInclusion(path, size, root, i, Leaf([]byte("another"))) == nil {
				t.Fatal("another leaf is proved")
			}
			path, err = log.Extend(i+1, size)
			must(t, err)
			must(t, CheckConsistency(path, Checkpoint{Size: i + 1, Root: roots[i+1]}, Checkpoint{Size: size, Root: root}))
		}
	}
	if _, err := Log(func([]int64) (map[int64][]byte, error) { return nil, nil }).Tree(5); err == nil {
		t.Error("a tree of nothing")
	}
}

// TestTheTreeIsThatOfTheRFC compares with the roots of RFC 6962's own test vectors.
func TestTheTreeIsThatOfTheRFC(t *testing.T) {
	tree := NewTree()
	for i, leaf := range [][]byte{{}, {0x00}, {0x10}, {0x20, 0x21}} {
		_, err := tree.Append(Leaf(leaf))
		must(t, err)
		root, err := tree.Root()
		must(t, err)
		want := []string{
			"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
			"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		}[i]
		if fmt.Sprintf("%x", root[:]) != want {
			t.Errorf("the root of %d is %x", i+1, root[:])
		}
	}
}

func TestOnlyItsOwnCheckpointsVerify(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, 32)
	signer, err := NewSigner("accord.example/audit", seed)
	must(t, err)
	signed, err := signer.Sign(3, Leaf(nil))
	must(t, err)
	c, err := Verify(signer.Key(), signed)
	if err != nil || c != (Checkpoint{"accord.example/audit", 3, Leaf(nil)}) {
		t.Fatalf("%+v, %v", c, err)
	}
	again, err := signer.Sign(3, Leaf(nil))
	if must(t, err); again != signed {
		t.Error("the same checkpoint is signed in two ways")
	}
	other, err := NewSigner("accord.example/audit", bytes.Repeat([]byte{8}, 32))
	must(t, err)
	elsewhere, err := NewSigner("other.example/audit", seed)
	must(t, err)
	byOther, err := other.Sign(3, Leaf(nil))
	must(t, err)
	byElsewhere, err := elsewhere.Sign(3, Leaf(nil))
	must(t, err)
	for name, text := range map[string]string{
		"another key": byOther, "another origin": byElsewhere, "another size": strings.Replace(signed, "\n3\n", "\n4\n", 1),
		"nothing": "", "no signature": signed[:strings.Index(signed, "—")], "cut": signed[:len(signed)-9], "a line more": "x\n" + signed,
	} {
		if c, err := Verify(signer.Key(), text); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, err := NewSigner("a name with spaces", seed); err == nil {
		t.Error("an origin with spaces signs")
	}
	if _, err := NewSigner("accord.example/audit", seed[:31]); err == nil {
		t.Error("a short seed signs")
	}
	if _, err := Verify("no key", signed); err == nil {
		t.Error("no key verifies")
	}
}

func TestOnlyItsOwnManifestsVerify(t *testing.T) {
	seed, manifest := bytes.Repeat([]byte{7}, 32), sha256.Sum256([]byte("a manifest"))
	signer, err := NewSigner("accord.example/audit", seed)
	must(t, err)
	signed, err := signer.SignManifest(manifest)
	must(t, err)
	must(t, VerifyManifest(signer.Key(), signed, manifest))
	if again, err := signer.SignManifest(manifest); err != nil || again != signed {
		t.Error("the same manifest is signed in two ways")
	}
	if want := fmt.Sprintf("accord.example/audit\naccord bundle manifest v1\n%x\n\n— accord.example/audit ", manifest); !strings.HasPrefix(signed, want) {
		t.Errorf("it signs\n%s", signed)
	}
	other, err := NewSigner("accord.example/audit", bytes.Repeat([]byte{8}, 32))
	must(t, err)
	elsewhere, err := NewSigner("other.example/audit", seed)
	must(t, err)
	byOther, err := other.SignManifest(manifest)
	must(t, err)
	byElsewhere, err := elsewhere.SignManifest(manifest)
	must(t, err)
	checkpoint, err := signer.Sign(3, Hash(manifest))
	must(t, err)
	for text, why := range map[string]string{
		byOther: "no signature by the key of", byElsewhere: "no signature by the key of", checkpoint: "altered", "": "malformed", signed[:len(signed)-9]: "malformed",
		strings.Replace(signed, "v1", "v2", 1): "invalid signature", strings.TrimSuffix(signed, "\n") + "A\n": "malformed",
	} {
		if err := VerifyManifest(signer.Key(), text, manifest); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %s", text, err, why)
		}
	}
	if err := VerifyManifest(signer.Key(), signed, sha256.Sum256([]byte("another"))); !errors.Is(err, ErrManifest) {
		t.Errorf("another manifest: %v", err)
	}
	if c, err := Verify(signer.Key(), signed); err == nil {
		t.Errorf("a manifest passes for the checkpoint %+v", c)
	}
	if err := VerifyManifest("no key", signed, manifest); err == nil {
		t.Error("no key verifies")
	}
}

func FuzzVerify(f *testing.F) {
	signer, err := NewSigner("accord.example/audit", bytes.Repeat([]byte{7}, 32))
	if err != nil {
		f.Fatal(err)
	}
	signed, err := signer.Sign(3, Leaf(nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add("accord.example/audit\n01\nAAAA\n\n— accord.example/audit AAAA\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := Verify(signer.Key(), text); err == nil && (c.Size != 3 || c.Root != Leaf(nil)) {
			t.Errorf("forged: %+v", c)
		}
	})
}

func TestAFolderKeepsEachCheckpointOnce(t *testing.T) {
	folder := t.TempDir()
	at := time.Date(2026, time.March, 2, 23, 59, 0, 0, time.UTC)
	must(t, Folder(folder).Keep(3, at, "three"))
	must(t, Folder(folder).Keep(3, at, "another three"))
	must(t, Folder(folder).Keep(4, at.Add(time.Hour), "four"))
	must(t, os.WriteFile(filepath.Join(folder, "readme.txt"), nil, 0o600))
	found := map[string]string{}
	must(t, ReadNotes(folder, func(name, signed string) error {
		found[strings.TrimPrefix(name, folder)] = signed
		return nil
	}))
	text, err := json.Marshal(found)
	must(t, err)
	if string(text) != `{"/2026-03-02/000000000003.checkpoint":"three","/2026-03-03/000000000004.checkpoint":"four"}` {
		t.Errorf("%s", text)
	}
	if err := Folder(filepath.Join(folder, "readme.txt")).Keep(5, at, "five"); err == nil {
		t.Error("kept in a file")
	}
	if err := ReadNotes(filepath.Join(folder, "nothing"), nil); err == nil {
		t.Error("read from nowhere")
	}
	if err := ReadNotes(t.TempDir(), nil); err == nil {
		t.Error("nothing was read, and nothing said")
	}
}
