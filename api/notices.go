package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListNotices answers with what the caller was told.
func (s *Server) ListNotices(c echo.Context, p openapi.ListNoticesParams) error {
	rows, err := s.as(c).Notices.List(ctx(c), p.Unread, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, noticeJSON)
}

// GetNotice answers with one notice.
func (s *Server) GetNotice(c echo.Context, id openapi.ID) error {
	n, err := s.as(c).Notices.Get(ctx(c), domain.NoticeID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, n, noticeJSON)
}

// MarkNotice says that the caller has seen a notice.
func (s *Server) MarkNotice(c echo.Context, id openapi.ID) error {
	return change(c, s.as(c).Notices, domain.MarkNotice, id, noticeJSON,
		func(_ *repository.Session, n *domain.Notice) error { return n.MarkRead(s.store.Now()) })
}

// MarkNotices says that the caller has seen all of them.
func (s *Server) MarkNotices(c echo.Context) error {
	if err := s.as(c).Notices.ReadAll(ctx(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func noticeJSON(by domain.Actor, n *domain.Notice) openapi.Notice {
	return openapi.Notice{
		ID: string(n.ID), Event: n.Event, RecordKind: n.RecordKind, RecordID: n.RecordID, DueOn: string(n.DueOn),
		CreatedAt: n.CreatedAt, Read: n.ReadAt != nil, Next: next(by, n.Relation, n.Next()),
	}
}
