package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

type kindOfProblem struct {
	status int
	title  string
}

var problems = map[domain.Kind]kindOfProblem{
	domain.Malformed:       {http.StatusBadRequest, "The request can't be read"},
	domain.Unauthenticated: {http.StatusUnauthorized, "Nobody is signed in"},
	domain.Forbidden:       {http.StatusForbidden, "The caller may not do this"},
	domain.NotFound:        {http.StatusNotFound, "It is not there"},
	domain.Conflict:        {http.StatusConflict, "The record's state does not allow it"},
	domain.Gone:            {http.StatusGone, "It is there no longer"},
	domain.Stale:           {http.StatusPreconditionFailed, "The record has changed"},
	domain.TooLarge:        {http.StatusRequestEntityTooLarge, "The body is too large"},
	domain.Unsupported:     {http.StatusUnsupportedMediaType, "The content type is not read here"},
	domain.Invalid:         {http.StatusUnprocessableEntity, "The input breaks a rule"},
	domain.Unconditional:   {http.StatusPreconditionRequired, "If-Match is missing"},
	domain.TooMany:         {http.StatusTooManyRequests, "Too many requests"},
}

// problem is the one place where an error becomes an answer (RFC 9457). An error
// that is not a refusal is ours: it is logged and answered without a word of it.
func (s *Server) problem(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := openapi.Problem{RequestID: c.Response().Header().Get(echo.HeaderXRequestID)}
	var refused *domain.Error
	var routed *echo.HTTPError
	switch {
	case errors.As(err, &refused):
		k := problems[refused.Kind]
		p.Type, p.Status, p.Title, p.Detail = "urn:accord:problem:"+string(refused.Kind), k.status, k.title, refused.Detail
		p.Errors = faults(refused.Faults)
	case errors.As(err, &routed) && routed.Code < http.StatusInternalServerError:
		p.Type, p.Status, p.Title = "about:blank", routed.Code, http.StatusText(routed.Code)
		p.Detail = unrouted(c, routed.Code)
	case errors.Is(err, errCrowded):
		p.Type, p.Status, p.Title = "about:blank", http.StatusServiceUnavailable, "The server is busy"
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p.Type, p.Status, p.Title = "about:blank", http.StatusServiceUnavailable, "The request took too long"
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	case repository.GaveWay(err):
		s.log.Warn("gave way", "request_id", p.RequestID, "route", c.Path(), "error", err)
		p.Type, p.Status, p.Title = "about:blank", http.StatusServiceUnavailable, "Another request went first"
		p.Detail = "two requests waited for each other, and the database undid this one; send it again, or of a file ask with HEAD where it goes on"
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	case repository.Unavailable(err):
		s.log.Error("database unavailable", "request_id", p.RequestID, "route", c.Path(), "error", err)
		p.Type, p.Status, p.Title = "about:blank", http.StatusServiceUnavailable, "The database is not available"
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	default:
		s.log.Error("internal", "request_id", p.RequestID, "route", c.Path(), "error", err)
		p.Type, p.Status, p.Title = "about:blank", http.StatusInternalServerError, "The server failed"
	}
	if p.Status == http.StatusUnauthorized {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="accord"`)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	if err := c.JSON(p.Status, p); err != nil {
		s.log.Error("answer not sent", "request_id", p.RequestID, "error", err)
	}
}

// unrouted says where to look for what no operation is at. It goes by the address's
// form alone, so it tells nothing of any record.
func unrouted(c echo.Context, status int) string {
	switch status {
	case http.StatusNotFound:
		return "there is no operation at this address; /docs shows every one that there is"
	case http.StatusMethodNotAllowed:
		return c.Request().Method + " is not offered at this address, but " + c.Response().Header().Get(echo.HeaderAllow) + "; /docs shows every operation"
	}
	return ""
}

func faults(in domain.Faults) []openapi.Fault {
	out := make([]openapi.Fault, len(in))
	for i, f := range in {
		out[i] = openapi.Fault{Pointer: f.Pointer, Parameter: f.Parameter, Code: f.Code, Detail: f.Detail}
	}
	return out
}
