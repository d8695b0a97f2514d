package repository

import (
	"context"

	"gorm.io/gorm"

	"accord/domain"
)

// Commitments is the table of commitments.
type Commitments struct {
	table[domain.Commitment, *domain.Commitment]
}

func commitments(s *Session) Commitments {
	t := newTable[domain.Commitment](s, domain.ReadCommitment, ofOrganization, sorts{"due_on": "due_on", "title": "title", "created_at": "created_at"})
	t.fill = fillPlans
	return Commitments{t}
}

// CommitmentFilter narrows a list; an empty field does not.
type CommitmentFilter struct {
	Stage        string
	Organization domain.OrganizationID
	Partnership  domain.PartnershipID
	// DueFrom and DueUntil are the first and the last due date.
	DueFrom, DueUntil domain.Date
	MarkFilter
}

// List returns a page of commitments.
func (t Commitments) List(ctx context.Context, f CommitmentFilter, p Page) (Rows[domain.Commitment], error) {
	q := t.within(ctx, t.read)
	q = equal(q, "stage", f.Stage, "organization", string(f.Organization))
	if f.Partnership != "" {
		// The index holds only those that are inside one.
		q = q.Where("partnership = ? AND partnership <> ''", f.Partnership)
	}
	if f.DueFrom != "" {
		q = q.Where("due_on >= ?", f.DueFrom)
	}
	if f.DueUntil != "" {
		q = q.Where("due_on <= ? AND due_on > ''", f.DueUntil)
	}
	return t.list(f.narrow(t.s, q, t.name), p)
}

// OfOrganization returns the commitments of an organization on which the actor may
// report, of any stage, the oldest first; within a transaction they stay as they
// are until it ends.
func (t Commitments) OfOrganization(ctx context.Context, org domain.OrganizationID) ([]*domain.Commitment, error) {
	var rows []*domain.Commitment
	q := t.s.steady(t.within(ctx, domain.CreateProgressReport)).Where("organization = ?", org)
	if err := q.Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return rows, t.filled(ctx, rows...)
}

// fillPlans reads the milestones, indicators and reports of the commitments that
// are planned, reported on or judged.
func fillPlans(ctx context.Context, s *Session, rows []*domain.Commitment) error {
	plans := map[domain.CommitmentID]*domain.Plan{}
	var ids []domain.CommitmentID
	for _, c := range rows {
		if !c.Ended() {
			c.Plan = domain.Plan{}
			plans[c.ID] = &c.Plan
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.readPlans(ctx, ids, plans)
}

// What a plan needs of its rows. Most of a list's cost is reading columns.
var (
	ofMilestones = []string{"id", "commitment", "title", "weight", "due_on", "stage", "reporters", "reported_on", "verified_on"}
	ofIndicators = []string{"id", "commitment", "title", "definition", "unit", "means_of_verification", "measure", "ascending", "cumulative", "baseline_year", "baseline_value", "targets", "disaggregation"}
	ofReports    = []string{"id", "commitment", "period_from", "period_until", "figures", "omissions", "supersedes", "superseded_by", "stage",
		"written_by", "reporters", "submitted_on", "accepted_on"}
	ofVerifications = []string{"id", "commitment", "report", "outcome", "confidence", "figures", "verified_on"}
)

// readPlans reads the plans of commitments, in one query a relation.
func (s *Session) readPlans(ctx context.Context, ids []domain.CommitmentID, plans map[domain.CommitmentID]*domain.Plan) error {
	milestones, err := belonging[domain.Milestone](s.Milestones.within(ctx, domain.ReadMilestone).Select(ofMilestones), ids)
	if err != nil {
		return err
	}
	for _, m := range milestones {
		plans[m.Commitment].Milestones = append(plans[m.Commitment].Milestones, m)
	}
	indicators, err := belonging[domain.Indicator](s.Indicators.within(ctx, domain.ReadIndicator).Select(ofIndicators), ids)
	if err != nil {
		return err
	}
	for _, i := range indicators {
		plans[i.Commitment].Indicators = append(plans[i.Commitment].Indicators, i)
	}
	reports, err := belonging[domain.ProgressReport](s.ProgressReports.within(ctx, domain.ReadProgressReport).Select(ofReports), ids)
	if err != nil {
		return err
	}
	for _, r := range reports {
		plans[r.Commitment].Reports = append(plans[r.Commitment].Reports, r)
	}
	return nil
}

// belonging returns what belongs to the commitments, of each the oldest first.
func belonging[T any](q *gorm.DB, ids []domain.CommitmentID) ([]T, error) {
	var out []T
	err := q.Where("commitment IN ?", ids).Order("commitment, created_at, id").Find(&out).Error
	return out, err
}

// stageOfCommitment is the stage of the commitment that a row r belongs to.
const stageOfCommitment = "(SELECT c.stage FROM commitments c WHERE c.id = r.commitment) AS commitment_stage"

// handsOfCommitment are the columns of domain.Hands for such a row.
var handsOfCommitment = []string{
	stageOfCommitment,
	"(SELECT c.reporting_lead FROM commitments c WHERE c.id = r.commitment) AS reporting_lead",
	"(SELECT c.delegates FROM commitments c WHERE c.id = r.commitment) AS delegates",
}

// Amendments is the table of amendments.
type Amendments struct {
	table[domain.Amendment, *domain.Amendment]
}

func amendments(s *Session) Amendments {
	return Amendments{newTable[domain.Amendment](s, domain.ReadAmendment, ofOrganization, sorts{"number": "number"})}
}

// List returns a page of a commitment's amendments, the last one first.
func (t Amendments) List(ctx context.Context, c domain.CommitmentID, p Page) (Rows[domain.Amendment], error) {
	p.Sort = "-number"
	return t.list(t.within(ctx, t.read).Where("commitment = ?", c), p)
}

// Milestones is the table of milestones.
type Milestones struct {
	table[domain.Milestone, *domain.Milestone]
}

func milestones(s *Session) Milestones {
	t := newTable[domain.Milestone](s, domain.ReadMilestone, ofOrganization, nil)
	t.computed = handsOfCommitment
	return Milestones{t}
}

// List returns a page of a commitment's milestones.
func (t Milestones) List(ctx context.Context, c domain.CommitmentID, p Page) (Rows[domain.Milestone], error) {
	return t.list(t.within(ctx, t.read).Where("commitment = ?", c), p)
}

// Indicators is the table of indicators.
type Indicators struct {
	table[domain.Indicator, *domain.Indicator]
}

func indicators(s *Session) Indicators {
	t := newTable[domain.Indicator](s, domain.ReadIndicator, ofOrganization, nil)
	t.computed, t.fill = []string{stageOfCommitment}, fillActuals
	return Indicators{t}
}

// List returns a page of a commitment's indicators.
func (t Indicators) List(ctx context.Context, c domain.CommitmentID, p Page) (Rows[domain.Indicator], error) {
	return t.list(t.within(ctx, t.read).Where("commitment = ?", c), p)
}

// fillActuals reads what was reported and verified of the indicators.
func fillActuals(ctx context.Context, s *Session, rows []*domain.Indicator) error {
	ids := make([]domain.CommitmentID, len(rows))
	for i, r := range rows {
		ids[i] = r.Commitment
	}
	reports, err := belonging[domain.ProgressReport](s.ProgressReports.within(ctx, domain.ReadProgressReport).Select(ofReports), ids)
	if err != nil {
		return err
	}
	verifications, err := belonging[domain.Verification](s.Verifications.within(ctx, domain.ReadVerification).Select(ofVerifications), ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		r.Tell(reports, verifications)
	}
	return nil
}

// ProgressReports is the table of progress reports.
type ProgressReports struct {
	table[domain.ProgressReport, *domain.ProgressReport]
}

func progressReports(s *Session) ProgressReports {
	t := newTable[domain.ProgressReport](s, domain.ReadProgressReport, ofOrganization, nil)
	t.computed = handsOfCommitment
	return ProgressReports{t}
}

// List returns a page of the reports on a commitment.
func (t ProgressReports) List(ctx context.Context, c domain.CommitmentID, p Page) (Rows[domain.ProgressReport], error) {
	return t.list(t.within(ctx, t.read).Where("commitment = ?", c), p)
}

// Verifications is the table of verifications.
type Verifications struct {
	table[domain.Verification, *domain.Verification]
}

func verifications(s *Session) Verifications {
	return Verifications{newTable[domain.Verification](s, domain.ReadVerification, ofOrganization, nil)}
}

// List returns a page of the verifications of a commitment and its reports.
func (t Verifications) List(ctx context.Context, c domain.CommitmentID, p Page) (Rows[domain.Verification], error) {
	return t.list(t.within(ctx, t.read).Where("commitment = ?", c), p)
}
