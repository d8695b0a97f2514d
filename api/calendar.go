package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/calendar"
	"accord/openapi"
	"accord/repository"
)

const (
	// calendarPast is how far back a calendar goes.
	calendarPast = 90 * 24 * time.Hour
	// calendarLength is how many events a calendar has at most.
	calendarLength = 1000
)

// IssueCalendarFeed gives the caller's calendar a new address. It is in the
// answer and nowhere else.
func (s *Server) IssueCalendarFeed(c echo.Context) error {
	raw, hash := NewToken()
	err := s.held(c, func(tx *repository.Session, _ *domain.Account, _ *domain.Session) error {
		return tx.Feeds.Issue(ctx(c), hash)
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, openapi.CalendarFeed{URL: s.baseURL + "/v1/calendars/" + raw + ".ics"})
}

// StopCalendarFeed ends the address of the caller's calendar.
func (s *Server) StopCalendarFeed(c echo.Context) error {
	if err := s.as(c).Feeds.Stop(ctx(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// GetCalendar answers with the calendar of an address, as its owner may see it
// now.
func (s *Server) GetCalendar(c echo.Context, file string) error {
	raw, ok := strings.CutSuffix(file, ".ics")
	if !ok {
		raw = ""
	}
	feed, owner, err := s.as(c).Feeds.Reader(ctx(c), hashToken(raw))
	if err != nil {
		return err
	}
	engagements, err := owner.Engagements.Since(ctx(c), s.store.Now().Add(-calendarPast), calendarLength)
	if err != nil {
		return err
	}
	cal := calendar.Calendar{Name: "Meetings"}
	for i := range engagements {
		cal.Events = append(cal.Events, calendarEvent(owner.Actor(), feed, &engagements[i]))
	}
	return c.Blob(http.StatusOK, calendar.ContentType, []byte(cal.Text()))
}

// calendarEvent shows an engagement in a calendar. An advisor's calendar is seen
// by others on a shared screen or telephone, so it says only that there is a
// meeting. Events are named for one feed alone: two calendars share no name.
func calendarEvent(by domain.Actor, f *domain.Feed, e *domain.Engagement) calendar.Event {
	out := calendar.Event{
		UID:      uuid.NewSHA1(uuid.NameSpaceOID, []byte(string(f.ID)+string(e.ID))).String(),
		Revision: e.Revision, RevisedAt: e.RevisedAt, Start: e.StartsAt, End: e.EndsAt,
		Summary: "Meeting", Status: calendarStatus(e.Stage),
	}
	if by.Sees(domain.CalendarSubject, e.Relation) {
		out.Summary, out.Location, out.Description = e.Title, e.Location, strings.Join(e.Agenda, "\n")
	}
	return out
}

func calendarStatus(st domain.Stage[domain.EngagementStage]) calendar.Status {
	switch {
	case st.Is(domain.EngagementCancelled, domain.EngagementPostponed, domain.EngagementDeclined):
		return calendar.Cancelled
	case st.Is(domain.EngagementPlanned, domain.EngagementInvited):
		return calendar.Tentative
	}
	return calendar.Confirmed
}
