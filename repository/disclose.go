package repository

import (
	"context"

	"accord/domain"
)

// Disclose notes that the actor reads, under act, what was entrusted to the
// office: one entry for each record. It is for what is read past a table's rows,
// such as a file; rows are noted by themselves. When it returns the entries are
// kept, or will be with the transaction that the caller is in: only then may
// anything be shown. For who reads what is their own it does nothing.
func (s *Session) Disclose(ctx context.Context, act domain.Action, kind string, records ...string) error {
	event := s.actor.Discloses(act)
	if event == "" || len(records) == 0 {
		return nil
	}
	entries := make([]AuditEntry, len(records))
	for i, id := range records {
		entries[i] = s.entry(ctx, domain.Event{Name: event}, kind, id, 0)
	}
	return s.note(ctx, entries)
}

// note keeps entries of reads. A read outside of a transaction has one of its own
// for them: on SQLite it was made on a connection that can't write.
func (s *Session) note(ctx context.Context, entries []AuditEntry) error {
	return s.Tx(ctx, func(tx *Session) error { return tx.mechanism(ctx).Create(&entries).Error })
}
