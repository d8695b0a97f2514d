package repository

import (
	"context"
	"time"

	"accord/domain"
)

// ChronicleEntry is an entry of the audit trail beside who it was and what the
// record is called.
type ChronicleEntry struct {
	At           time.Time
	Event        string
	Record       string
	Subject      string
	Name         string
	Organization domain.OrganizationID
}

// Planned returns a commitment as Get does, with its plan even if it has ended.
func (t Commitments) Planned(ctx context.Context, id domain.CommitmentID) (*domain.Commitment, error) {
	c, err := t.Get(ctx, id)
	if err != nil || !c.Ended() {
		return c, err
	}
	return c, t.s.readPlans(ctx, []domain.CommitmentID{c.ID}, map[domain.CommitmentID]*domain.Plan{c.ID: &c.Plan})
}

// Chronicle returns what the audit trail holds of a commitment that the caller
// can read and of what belongs to it, the oldest first.
func (t Commitments) Chronicle(ctx context.Context, id domain.CommitmentID) ([]ChronicleEntry, error) {
	c, err := t.Planned(ctx, id)
	if err != nil {
		return nil, err
	}
	one := []domain.CommitmentID{c.ID}
	amendments, err := belonging[domain.Amendment](t.s.Amendments.within(ctx, domain.ReadAmendment), one)
	if err != nil {
		return nil, err
	}
	verifications, err := belonging[domain.Verification](t.s.Verifications.within(ctx, domain.ReadVerification).Select(ofVerifications), one)
	if err != nil {
		return nil, err
	}
	subjects := domain.Subjects(amendments, c.Plan)
	records := []string{string(c.ID)}
	for record := range subjects {
		records = append(records, record)
	}
	for _, v := range verifications {
		records = append(records, string(v.ID))
	}
	var out []ChronicleEntry
	err = t.s.mechanism(ctx).Raw(`SELECT e.at, e.event, e.record, COALESCE(a.organization, '') AS organization,
		COALESCE(a.name || CASE WHEN k.id IS NULL THEN '' ELSE ', by an API key' END, '') AS name
		FROM audit_entries e LEFT JOIN api_keys k ON k.id = e.actor LEFT JOIN accounts a ON a.id = COALESCE(k.account, e.actor) WHERE e.record IN ? ORDER BY e.at, e.record_version, e.id`, records).Scan(&out).Error
	for i := range out {
		out[i].Subject = subjects[out[i].Record]
	}
	return out, err
}

// Trail returns what a partnership's history is told from.
func (t Partnerships) Trail(ctx context.Context, p *domain.Partnership) ([]domain.Trailed, error) {
	of, err := t.s.trails(ctx, domain.PartnershipMoments(), string(p.ID))
	return of[string(p.ID)], err
}

// trails reads the entries of some events from the trails of records that the
// caller has before it, each the oldest first.
func (s *Session) trails(ctx context.Context, events []string, records ...string) (map[string][]domain.Trailed, error) {
	out := map[string][]domain.Trailed{}
	if len(records) == 0 {
		return out, nil
	}
	var rows []struct {
		Record string
		domain.Trailed
	}
	err := s.mechanism(ctx).Raw("SELECT record, at, event, note FROM audit_entries WHERE record IN ? AND event IN ? ORDER BY at, record_version, id",
		records, events).Scan(&rows).Error
	for _, r := range rows {
		out[r.Record] = append(out[r.Record], r.Trailed)
	}
	return out, err
}

// Silent returns a page of the running commitments that were accepted, and not
// reported on since, by the given day; after is the last id of the page before.
// Only the server itself asks so.
func (t Commitments) Silent(ctx context.Context, since domain.Date, after domain.CommitmentID, limit int) ([]*domain.Commitment, error) {
	var rows []*domain.Commitment
	err := t.within(ctx, t.read).
		Where("stage IN ?", []domain.CommitmentStage{domain.CommitmentAccepted, domain.CommitmentActive}).
		Where("accepted_on <> '' AND accepted_on <= ? AND id > ?", since, after).
		Where(`NOT EXISTS (SELECT 1 FROM progress_reports p WHERE p.commitment = commitments.id AND p.stage IN ? AND p.submitted_on > ?)`,
			[]domain.ProgressReportStage{domain.ProgressReportSubmitted, domain.ProgressReportAccepted}, since).
		Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, t.filled(ctx, rows...)
}
