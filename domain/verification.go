package domain

import (
	"slices"
	"strings"
)

// VerificationID names a verification.
type VerificationID = ID[Verification]

// Confidence is how sure a verifier is.
type Confidence string

// The degrees of confidence.
const (
	ConfidenceLow    Confidence = "low"
	ConfidenceMedium Confidence = "medium"
	ConfidenceHigh   Confidence = "high"
)

// VerificationMethod is how something was verified.
type VerificationMethod string

// The methods of verification.
const (
	VerifiedByDocuments  VerificationMethod = "document_review"
	VerifiedBySiteVisit  VerificationMethod = "site_visit"
	VerifiedByInterviews VerificationMethod = "interviews"
	VerifiedByThirdParty VerificationMethod = "third_party_audit"
	VerifiedByData       VerificationMethod = "data_check"
)

// Verification is what somebody who neither reported nor belongs to the
// committing organization found: of one report, or of the whole commitment. It
// never changes; a new look is a new verification.
type Verification struct {
	Record[Verification]
	Commitment   CommitmentID
	Organization OrganizationID
	// Report is what was verified; empty for the commitment's completion.
	Report ProgressReportID
	// Outcome is the end that the commitment came to; empty for a report.
	Outcome     CommitmentStage
	Method      VerificationMethod
	Evidence    string
	EvidenceURL string
	Confidence  Confidence
	// Figures are the verified values, beside the report's own.
	Figures    List[Figure]
	VerifiedBy AccountID
	VerifiedOn Date
}

// VerificationDraft is what a verifier records.
type VerificationDraft struct {
	Method                VerificationMethod
	Evidence, EvidenceURL string
	Confidence            Confidence
	Figures               []Figure
}

func newVerification(by Actor, c *Commitment, d VerificationDraft, today Date) *Verification {
	v := &Verification{
		Commitment: c.ID, Organization: c.Organization, Method: d.Method, Evidence: d.Evidence, EvidenceURL: d.EvidenceURL,
		Confidence: d.Confidence, Figures: d.Figures, VerifiedBy: by.Account, VerifiedOn: today,
	}
	v.record("verification.recorded", "")
	return v
}

func (d VerificationDraft) check(f *Faults) {
	methods := []VerificationMethod{VerifiedByDocuments, VerifiedBySiteVisit, VerifiedByInterviews, VerifiedByThirdParty, VerifiedByData}
	if !slices.Contains(methods, d.Method) {
		f.Add("/method", "unknown_value", "must be %s", orList(methods))
	}
	if degrees := []Confidence{ConfidenceLow, ConfidenceMedium, ConfidenceHigh}; !slices.Contains(degrees, d.Confidence) {
		f.Add("/confidence", "unknown_value", "must be %s", orList(degrees))
	}
	if strings.TrimSpace(d.Evidence) == "" {
		f.Add("/evidence", "required", "say what the verification rests on")
	}
	webAddress(f, "/evidence_url", d.EvidenceURL)
}

// mayVerify refuses the reporters of a figure and the people of the committing
// organization: a verified figure is never by who reported it.
func mayVerify(by Actor, committing OrganizationID, reporters ...AccountID) error {
	if by.Account == "" || slices.Contains(reporters, by.Account) {
		return Refuse(Forbidden, "the verifier is not the reporter")
	}
	if by.Organization == committing {
		return Refuse(Forbidden, "the verifier is not of the committing organization")
	}
	return nil
}

// reporting adds to those who reported who does so now.
func reporting(before List[AccountID], now ...AccountID) List[AccountID] {
	for _, a := range now {
		if !slices.Contains(before, a) {
			before = append(before, a)
		}
	}
	return before
}

// unless leaves out the actions that this very person is refused.
func unless(refused bool, next []Action, acts ...Action) []Action {
	if !refused {
		return next
	}
	return slices.DeleteFunc(next, func(a Action) bool { return slices.Contains(acts, a) })
}
