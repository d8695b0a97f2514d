package repository

import (
	"context"
	"iter"

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
	// Trail is what its history is told from; read with a single record.
	Trail []domain.Trailed
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
	return &told[0], g.tellAll(ctx, told)
}

// tellAll reads the rest of what the register tells of commitments, in one query
// a relation.
func (g Register) tellAll(ctx context.Context, told []PublishedCommitment) error {
	if len(told) == 0 {
		return nil
	}
	s, at, plans := g.system(), map[domain.CommitmentID]*PublishedCommitment{}, map[domain.CommitmentID]*domain.Plan{}
	var ids []domain.CommitmentID
	for i := range told {
		p := &told[i]
		p.Plan = domain.Plan{}
		ids, at[p.ID], plans[p.ID] = append(ids, p.ID), p, &p.Plan
	}
	if err := s.readPlans(ctx, ids, plans); err != nil {
		return err
	}
	amendments, err := belonging[domain.Amendment](s.Amendments.within(ctx, domain.ReadAmendment), ids)
	if err != nil {
		return err
	}
	for _, a := range amendments {
		at[a.Commitment].Amendments = append(at[a.Commitment].Amendments, a)
	}
	verifications, err := belonging[domain.Verification](s.Verifications.within(ctx, domain.ReadVerification).Select(ofVerifications), ids)
	if err != nil {
		return err
	}
	for _, v := range verifications {
		at[v.Commitment].Verifications = append(at[v.Commitment].Verifications, v)
	}
	for _, p := range at {
		for i := range p.Plan.Indicators {
			p.Plan.Indicators[i].Tell(p.Plan.Reports, p.Verifications)
		}
	}
	return nil
}

// atOnce is how many records of a whole list are read in one go.
const atOnce = 100

// EveryCommitment yields the published commitments, each with all that is told
// of it, the latest accepted first. An error is the last that is yielded.
func (g Register) EveryCommitment(ctx context.Context, f PublishedFilter, search string) iter.Seq2[*PublishedCommitment, error] {
	return every(search, func(p Page) (Rows[PublishedCommitment], error) {
		rows, err := g.Commitments(ctx, f, p)
		if err == nil {
			err = g.tellAll(ctx, rows.Items)
		}
		return rows, err
	})
}

// EveryPartnership yields the published partnerships, each with its trail, the
// latest approved first. An error is the last that is yielded.
func (g Register) EveryPartnership(ctx context.Context, f PublishedFilter, search string) iter.Seq2[*PublishedPartnership, error] {
	return every(search, func(p Page) (Rows[PublishedPartnership], error) {
		rows, err := g.Partnerships(ctx, f, p)
		if err == nil {
			err = g.trails(ctx, rows.Items)
		}
		return rows, err
	})
}

func every[T any](search string, read func(Page) (Rows[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		p := Page{Limit: atOnce, Query: search}
		for {
			rows, err := read(p)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range rows.Items {
				if !yield(&rows.Items[i], nil) {
					return
				}
			}
			if rows.Next == "" {
				return
			}
			p.Cursor = rows.Next
		}
	}
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

// Partnership returns a published partnership with its trail.
func (g Register) Partnership(ctx context.Context, id domain.PartnershipID) (*PublishedPartnership, error) {
	p, err := g.partnerships.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := g.members(ctx, []domain.Partnership{*p})
	if err != nil {
		return nil, err
	}
	return &out[0], g.trails(ctx, out)
}

// trails reads what the partnerships' histories are told from.
func (g Register) trails(ctx context.Context, told []PublishedPartnership) error {
	ids := make([]string, len(told))
	for i, p := range told {
		ids[i] = string(p.ID)
	}
	of, err := g.system().trails(ctx, domain.PartnershipMoments(), ids...)
	for i := range told {
		told[i].Trail = of[ids[i]]
	}
	return err
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
		out[i] = PublishedPartnership{Partnership: p, By: by}
	}
	return out, nil
}
