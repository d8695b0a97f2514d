package api

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"accord/domain"
	"accord/internal/bundle"
	"accord/internal/ledger"
	"accord/openapi"
	"accord/repository"
)

// VerifiedBundle says what of a bundle was found to be as it was made.
type VerifiedBundle struct {
	// Files is how many are as the manifest says.
	Files int
	// Proved is how many entries the checkpoint's log holds as they stand; Waiting
	// is how many had no place in it yet. A bundle without a log has no checkpoint.
	Checkpoint      *ledger.Checkpoint
	Proved, Waiting int
	// OwnKey says that the checkpoint was checked by the bundle's own key, for want
	// of another: then it shows only that the bundle agrees with itself.
	OwnKey bool
}

// VerifyBundle checks a bundle without the server that made it: each file against
// the manifest, the checkpoint against the verifier key, if one is given, and
// each entry of the audit trail against the checkpoint. A bundle of which anything
// is otherwise is refused, and one without a checkpoint where a key is given. The
// manifest is not signed: whoever alters a file can make it anew.
func VerifyBundle(r *zip.Reader, key string) (*VerifiedBundle, error) {
	files, err := bundle.Verify(r)
	if err != nil {
		return nil, err
	}
	v := &VerifiedBundle{Files: files}
	note, err := fs.ReadFile(r, "log/checkpoint.txt")
	if errors.Is(err, fs.ErrNotExist) {
		if key != "" {
			return nil, errors.New("the bundle holds no signed checkpoint, so the key shows nothing of it")
		}
		return v, nil
	}
	if err == nil && key == "" {
		var own []byte
		own, err = fs.ReadFile(r, "log/key.txt")
		key, v.OwnKey = string(own), true
	}
	if err != nil {
		return nil, err
	}
	c, err := ledger.Verify(strings.TrimSpace(key), string(note))
	if err != nil {
		return nil, err
	}
	v.Checkpoint = &c
	if v.Proved, err = eachLine(r, "log/proofs.jsonl", func(p openapi.InclusionProof) error { return checkProof(c, p) }); err != nil {
		return nil, err
	}
	v.Waiting, err = eachLine(r, "log/waiting.jsonl", func(openapi.AuditEntry) error { return nil })
	return v, err
}

func checkProof(c ledger.Checkpoint, p openapi.InclusionProof) error {
	path := make([]ledger.Hash, len(p.AuditPath))
	for i, text := range p.AuditPath {
		var err error
		if path[i], err = ledger.ParseHash(text); err != nil {
			return err
		}
	}
	e := auditEntry(p.Entry)
	if err := ledger.CheckInclusion(path, c.Size, c.Root, p.LeafIndex, e.LeafHash()); err != nil {
		return fmt.Errorf("entry %s is not in the log as it stands in the bundle: %w", e.ID, err)
	}
	return nil
}

// auditEntry is the entry that is shown so.
func auditEntry(j openapi.AuditEntry) repository.AuditEntry {
	return repository.AuditEntry{
		ID: j.ID, At: j.At, Actor: domain.AccountID(j.ActorID), Role: domain.Role(j.ActorRole), Event: j.Event, RecordKind: j.RecordKind,
		Record: j.RecordID, RecordVersion: j.RecordVersion, Note: j.Note, Request: j.RequestID,
	}
}

// eachLine calls do with what each line of a file says, and counts them.
func eachLine[T any](r *zip.Reader, name string, do func(T) error) (n int, err error) {
	f, err := r.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; n++ {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, fmt.Errorf("%s: %w", name, err)
		}
		if err := do(v); err != nil {
			return n, err
		}
	}
}
