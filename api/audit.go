package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/ledger"
	"accord/openapi"
	"accord/repository"
)

// ListAuditEntries answers with who did what, newest first.
func (s *Server) ListAuditEntries(c echo.Context, p openapi.ListAuditEntriesParams) error {
	rows, err := s.as(c).Trail.Entries(ctx(c), repository.EntryFilter{Record: p.RecordID, Actor: domain.AccountID(p.ActorID), Event: p.Event}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, auditJSON)
}

func auditJSON(_ domain.Actor, e *repository.AuditEntry) openapi.AuditEntry {
	return openapi.AuditEntry{
		ID: e.ID, At: e.At.UTC(), ActorID: string(e.Actor), ActorRole: string(e.Role), Event: e.Event, RecordKind: e.RecordKind,
		RecordID: e.Record, RecordVersion: e.RecordVersion, Note: e.Note, RequestID: e.Request, LeafIndex: e.Leaf,
	}
}

// GetAuditProof answers with the proof that the log holds an entry.
func (s *Server) GetAuditProof(c echo.Context, id openapi.ID, p openapi.GetAuditProofParams) error {
	proof, err := s.as(c).Trail.Prove(ctx(c), id, p.TreeSize)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, proofJSON(proof))
}

func proofJSON(p *repository.Proof) openapi.InclusionProof {
	return openapi.InclusionProof{
		Entry: auditJSON(domain.Actor{}, &p.Entry), LeafIndex: *p.Entry.Leaf, LeafHash: p.LeafHash.String(),
		TreeSize: p.Size, RootHash: p.Root.String(), AuditPath: hashes(p.Path),
	}
}

// GetAuditConsistency answers with the proof that the log only grew.
func (s *Server) GetAuditConsistency(c echo.Context, p openapi.GetAuditConsistencyParams) error {
	path, second, err := s.as(c).Trail.ProveGrowth(ctx(c), p.First, p.Second)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, openapi.ConsistencyProof{First: p.First, Second: second, Consistency: hashes(path)})
}

func hashes(in []ledger.Hash) []string {
	out := make([]string, len(in))
	for i, h := range in {
		out[i] = h.String()
	}
	return out
}

// GetAuditCheckpoint answers with the newest checkpoint.
func (s *Server) GetAuditCheckpoint(c echo.Context) error {
	v, err := s.as(c).Trail.Checkpoint(ctx(c))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, checkpointJSON)
}

// ListAuditCheckpoints answers with every checkpoint, newest first.
func (s *Server) ListAuditCheckpoints(c echo.Context) error {
	rows, err := s.as(c).Trail.Checkpoints(ctx(c), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, checkpointJSON)
}

func checkpointJSON(_ domain.Actor, v *repository.Checkpoint) openapi.Checkpoint {
	return openapi.Checkpoint{TreeSize: v.Size, SignedAt: v.CreatedAt.UTC(), Note: v.Note}
}

// GetAuditKey answers with the key that checks the checkpoints.
func (s *Server) GetAuditKey(c echo.Context) error {
	key, err := s.as(c).Trail.VerifierKey(ctx(c))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, openapi.VerifierKey{Key: key})
}

// Sequence gives the audit entries that are due their place in the log, which is
// named for the server's address, and returns the checkpoint that it signed, if
// any.
func (s *Server) Sequence(ctx context.Context) (*repository.Checkpoint, error) {
	return s.store.Sequence(ctx, s.logOrigin())
}

func (s *Server) logOrigin() string {
	_, host, _ := strings.Cut(s.baseURL, "://")
	return host + "/audit"
}

// KeepLog sequences, and hands the checkpoint to keep, if one was made, which puts it
// where this server can't change it. What keep failed at is covered by the next.
func (s *Server) KeepLog(ctx context.Context, keep func(repository.Checkpoint) error) error {
	made, err := s.Sequence(ctx)
	if made != nil {
		err = errors.Join(err, keep(*made))
	}
	return err
}
