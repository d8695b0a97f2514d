package api

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"accord/domain"
	"accord/internal/bundle"
	"accord/internal/ledger"
	"accord/openapi"
	"accord/repository"
)

// VerifiedBundle says what of a bundle was found to be as it was made.
type VerifiedBundle struct {
	// About says of what the bundle is, and of when.
	About BundleAbout
	// Files is how many are as the manifest says.
	Files int
	// Proved is how many entries the checkpoint's log holds as they stand; Waiting
	// is how many had no place in it yet. A bundle without a log has no checkpoint.
	Checkpoint      *ledger.Checkpoint
	Proved, Waiting int
	// OwnKey says that what is signed was checked by the bundle's own key, for want
	// of another: then it shows only that the bundle agrees with itself.
	OwnKey bool
}

// BundleAbout is what a bundle says of itself.
type BundleAbout struct {
	Partnership domain.PartnershipID `json:"partnership_id"`
	Title       string               `json:"title"`
	// AsOf is the moment that all in it is of, in UTC.
	AsOf time.Time `json:"as_of"`
}

// bundleAbout is the file that holds it.
const bundleAbout = "about.json"

// VerifyBundle checks a bundle, as bundle.Open opened it, without the server that made it: the manifest's
// signature and the checkpoint's by the verifier key, or the bundle's own if none
// is given, each file against the manifest, and each entry of the audit trail
// against the checkpoint. A bundle of which anything is otherwise is refused.
func VerifyBundle(r *zip.Reader, key string) (*VerifiedBundle, error) {
	v := &VerifiedBundle{OwnKey: key == ""}
	if v.OwnKey {
		own, err := fs.ReadFile(r, "key.txt")
		if err != nil {
			return nil, fmt.Errorf("the bundle's own key: %w", err)
		}
		key = string(own)
	}
	key = strings.TrimSpace(key)
	var err error
	if v.Files, err = bundle.Verify(r, func(manifest [sha256.Size]byte, signature string) error {
		return ledger.VerifyManifest(key, signature, manifest)
	}); err != nil {
		return nil, err
	}
	about, err := fs.ReadFile(r, bundleAbout)
	if err != nil {
		return nil, fmt.Errorf("the bundle does not say of what it is: %w", err)
	}
	if err := json.Unmarshal(about, &v.About); err != nil {
		return nil, fmt.Errorf("%s: %w", bundleAbout, err)
	}
	note, err := fs.ReadFile(r, "log/checkpoint.txt")
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := ledger.Verify(key, string(note))
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
