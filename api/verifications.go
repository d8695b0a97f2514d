package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
)

// ListVerifications answers with the verifications of a commitment and its reports.
func (s *Server) ListVerifications(c echo.Context, id openapi.ID) error {
	of, err := s.seesCommitment(c, id)
	if err != nil {
		return err
	}
	rows, err := s.as(c).Verifications.List(ctx(c), of, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, verificationJSON)
}

// GetVerification answers with one verification.
func (s *Server) GetVerification(c echo.Context, id openapi.ID) error {
	v, err := s.as(c).Verifications.Get(ctx(c), domain.VerificationID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, v, verificationJSON)
}

func verificationDraft(in openapi.VerificationDraft) domain.VerificationDraft {
	return domain.VerificationDraft{
		Method: domain.VerificationMethod(in.Method), Evidence: in.Evidence, EvidenceURL: in.EvidenceURL,
		Confidence: domain.Confidence(in.Confidence), Figures: reportedFigures(in.Figures),
	}
}

// verificationJSON keeps the evidence with the office: it may tell who spoke
// about the organization that it is shown to.
func verificationJSON(by domain.Actor, v *domain.Verification) openapi.Verification {
	out := openapi.Verification{
		ID: string(v.ID), CommitmentID: string(v.Commitment), ReportID: string(v.Report), Outcome: string(v.Outcome), Method: string(v.Method),
		Confidence: string(v.Confidence), Figures: figuresJSON(v.Figures),
		VerifiedOn: string(v.VerifiedOn), Next: []string{},
	}
	if by.Sees(domain.VerificationInside, v.Relation) {
		out.VerifiedBy, out.Evidence, out.EvidenceURL = string(v.VerifiedBy), v.Evidence, v.EvidenceURL
	}
	return out
}
