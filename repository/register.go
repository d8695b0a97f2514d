package repository

import (
	"context"

	"gorm.io/gorm"

	"accord/domain"
)

// Register is what everyone may read: commitments and partnerships that both
// sides agreed to publish, and of the rest nothing.
type Register struct {
	commitments  table[domain.Commitment, *domain.Commitment]
	partnerships table[domain.Partnership, *domain.Partnership]
}

func register(s *Session) Register {
	return Register{
		newTable[domain.Commitment](s, domain.ReadRegister, isPublished, sorts{"due_on": "due_on", "accepted_on": "accepted_on", "title": "title"}),
		newTable[domain.Partnership](s, domain.ReadRegister, isPublished, sorts{"ends_on": "ends_on", "approved_on": "approved_on", "title": "title"}),
	}
}

func isPublished(domain.Actor) []relation {
	return []relation{{domain.Published, "r.published", nil}}
}

// PublishedCommitment is a commitment of the register with what is told of it.
type PublishedCommitment struct {
	domain.Commitment
	By domain.Organization
	// InPublished says that the partnership it is inside is published too.
	InPublished bool
	// Amendments and Verifications are read with a single record.
	Amendments    []domain.Amendment
	Verifications []domain.Verification
}

// PublishedPartnership is a partnership of the register with its members.
type PublishedPartnership struct {
	domain.Partnership
	By map[domain.OrganizationID]domain.Organization
}

// PublishedFilter narrows a list of the register; an empty field does not.
type PublishedFilter struct {
	Stage        string
	Organization domain.OrganizationID
	MarkFilter
}

// Commitments returns a page of published commitments, the latest accepted first
// unless the page asks for another order.
func (g Register) Commitments(ctx context.Context, f PublishedFilter, p Page) (Rows[PublishedCommitment], error) {
	q := byStage(g.commitments.within(ctx, domain.ReadRegister), f.Stage)
	if f.Organization != "" {
		q = q.Where("organization = ?", f.Organization)
	}
	if p.Sort == "" {
		p.Sort = "-accepted_on"
	}
	rows, err := g.commitments.list(f.narrow(g.commitments.s, q, g.commitments.name), p)
	if err != nil {
		return Rows[PublishedCommitment]{}, err
	}
	items, err := g.tell(ctx, rows.Items)
	return Rows[PublishedCommitment]{items, rows.Next, rows.Total}, err
}

func byStage(q *gorm.DB, stage string) *gorm.DB {
	if stage == "" {
		return q
	}
	return q.Where("stage = ?", stage)
}

// Commitment returns a published commitment with all that is told of it.
func (g Register) Commitment(ctx context.Context, id domain.CommitmentID) (*PublishedCommitment, error) {
	c, err := g.commitments.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	told, err := g.tell(ctx, []domain.Commitment{*c})
	if err != nil {
		return nil, err
	}
	p, s, ids := &told[0], g.system(), []domain.CommitmentID{id}
	p.Plan = domain.Plan{}
	if err := s.readPlans(ctx, ids, map[domain.CommitmentID]*domain.Plan{id: &p.Plan}); err != nil {
		return nil, err
	}
	if p.Amendments, err = belonging[domain.Amendment](s.Amendments.within(ctx, domain.ReadAmendment), ids); err != nil {
		return nil, err
	}
	if p.Verifications, err = belonging[domain.Verification](s.Verifications.within(ctx, domain.ReadVerification).Select(ofVerifications), ids); err != nil {
		return nil, err
	}
	for i := range p.Plan.Indicators {
		p.Plan.Indicators[i].Tell(p.Plan.Reports, p.Verifications)
	}
	return p, nil
}

// system reads what belongs to records that are published already.
func (g Register) system() *Session { return g.commitments.s.As(domain.Actor{Role: domain.System}) }

// tell reads what the register tells of commitments, in one query a relation.
func (g Register) tell(ctx context.Context, commitments []domain.Commitment) ([]PublishedCommitment, error) {
	rows := make([]*domain.Commitment, len(commitments))
	var orgs []domain.OrganizationID
	var inside []domain.PartnershipID
	for i := range commitments {
		rows[i] = &commitments[i]
		orgs = append(orgs, rows[i].Organization)
		if rows[i].Partnership != "" {
			inside = append(inside, rows[i].Partnership)
		}
	}
	s := g.system()
	if err := fillPlans(ctx, s, rows); err != nil {
		return nil, err
	}
	by, err := s.organizationsByID(ctx, orgs)
	if err != nil {
		return nil, err
	}
	published, err := g.published(ctx, inside)
	if err != nil {
		return nil, err
	}
	out := make([]PublishedCommitment, len(rows))
	for i, c := range rows {
		out[i] = PublishedCommitment{Commitment: *c, By: by[c.Organization], InPublished: published[c.Partnership]}
	}
	return out, nil
}

func (g Register) published(ctx context.Context, ids []domain.PartnershipID) (map[domain.PartnershipID]bool, error) {
	out := map[domain.PartnershipID]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	var found []domain.PartnershipID
	err := g.partnerships.within(ctx, domain.ReadRegister).Where("id IN ?", ids).Pluck("id", &found).Error
	for _, id := range found {
		out[id] = true
	}
	return out, err
}

func (s *Session) organizationsByID(ctx context.Context, ids []domain.OrganizationID) (map[domain.OrganizationID]domain.Organization, error) {
	out := map[domain.OrganizationID]domain.Organization{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []domain.Organization
	err := s.Organizations.within(ctx, domain.ReadOrganization).Where("id IN ?", ids).Find(&rows).Error
	for _, o := range rows {
		out[o.ID] = o
	}
	return out, err
}

// Partnerships returns a page of published partnerships, the latest approved
// first unless the page asks for another order.
func (g Register) Partnerships(ctx context.Context, f PublishedFilter, p Page) (Rows[PublishedPartnership], error) {
	q := byStage(g.partnerships.within(ctx, domain.ReadRegister), f.Stage)
	if f.Organization != "" {
		q = q.Where("id IN (SELECT partnership FROM partnership_members WHERE organization = ?)", f.Organization)
	}
	if p.Sort == "" {
		p.Sort = "-approved_on"
	}
	rows, err := g.partnerships.list(f.narrow(g.partnerships.s, q, g.partnerships.name), p)
	if err != nil {
		return Rows[PublishedPartnership]{}, err
	}
	items, err := g.members(ctx, rows.Items)
	return Rows[PublishedPartnership]{items, rows.Next, rows.Total}, err
}

// Partnership returns a published partnership.
func (g Register) Partnership(ctx context.Context, id domain.PartnershipID) (*PublishedPartnership, error) {
	p, err := g.partnerships.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := g.members(ctx, []domain.Partnership{*p})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

func (g Register) members(ctx context.Context, rows []domain.Partnership) ([]PublishedPartnership, error) {
	var ids []domain.OrganizationID
	for i := range rows {
		ids = append(ids, memberIDs(&rows[i])...)
	}
	by, err := g.system().organizationsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]PublishedPartnership, len(rows))
	for i, p := range rows {
		out[i] = PublishedPartnership{p, by}
	}
	return out, nil
}
