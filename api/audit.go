package api

import (
	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListAuditEntries answers with who did what, newest first.
func (s *Server) ListAuditEntries(c echo.Context, p openapi.ListAuditEntriesParams) error {
	rows, err := s.as(c).Audit(ctx(c), p.RecordID, domain.AccountID(p.ActorID), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, auditJSON)
}

func auditJSON(_ domain.Actor, e *repository.AuditEntry) openapi.AuditEntry {
	return openapi.AuditEntry{
		ID: e.ID, At: e.At, ActorID: string(e.Actor), ActorRole: string(e.Role), Event: e.Event, RecordKind: e.RecordKind,
		RecordID: e.Record, RecordVersion: e.RecordVersion, Note: e.Note, RequestID: e.Request,
	}
}
