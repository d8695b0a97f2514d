package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListAssignments answers with who looks after an advisor and did.
func (s *Server) ListAssignments(c echo.Context, id openapi.ID) error {
	rows, err := s.as(c).Assignments.List(ctx(c), domain.AdvisorID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, assignmentJSON)
}

// AssignLiaison has a liaison look after an advisor.
func (s *Server) AssignLiaison(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.AssignmentDraft](c)
	if err != nil {
		return err
	}
	v, err := s.as(c).Assignments.Assign(ctx(c), domain.AdvisorID(id), domain.AccountID(in.AccountID))
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, v, assignmentJSON)
}

// GetAssignment answers with one assignment.
func (s *Server) GetAssignment(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Assignments.Get(ctx(c), domain.AssignmentID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, assignmentJSON)
}

// EndAssignment ends that a liaison looks after an advisor.
func (s *Server) EndAssignment(c echo.Context, id openapi.ID) error {
	if err := conditional(c); err != nil {
		return err
	}
	v, err := s.as(c).Assignments.End(ctx(c), domain.AssignmentID(id), match(c, assignmentJSON))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, assignmentJSON)
}

func assignmentJSON(by domain.Actor, v *domain.Assignment) openapi.Assignment {
	return openapi.Assignment{
		ID: string(v.ID), AdvisorID: string(v.Advisor), AccountID: string(v.Liaison), Active: v.Active,
		AssignedBy: string(v.AssignedBy), AssignedAt: v.CreatedAt, EndedBy: string(v.EndedBy), EndedAt: v.EndedAt,
		Next: next(by, v.Relation, v.Next()),
	}
}

// attend tells of advisors whom nobody looks after.
func attend(ctx context.Context, s *repository.Session, _ []byte) error {
	return s.Assignments.TellOfUnattended(ctx)
}
