package repository

import (
	"context"

	"accord/domain"
)

// Dossier reads what a decision about the partnership rests on, as it stands and
// stays until the transaction ends. The caller has been allowed to decide it.
func (t Partnerships) Dossier(ctx context.Context, p *domain.Partnership) (domain.Dossier, error) {
	var d domain.Dossier
	var err error
	system := t.s.system()
	if d.Newest, err = system.Requirements.Newest(ctx, p.Kind); err != nil {
		return d, err
	}
	d.Rules = d.Newest
	if p.Requirements != "" {
		if d.Rules, err = system.Requirements.Get(ctx, p.Requirements); err != nil {
			return d, err
		}
	}
	if d.Members, err = t.Members(ctx, p); err != nil {
		return d, err
	}
	if d.Signs, err = t.procurementSigns(ctx, p); err != nil {
		return d, err
	}
	d.Cited, err = t.cited(ctx, p)
	return d, err
}

// cited are the documents of the partnership that its elements cite, as far as
// they are there.
func (t Partnerships) cited(ctx context.Context, p *domain.Partnership) ([]*domain.Document, error) {
	ids := p.Cites()
	if len(ids) == 0 {
		return nil, nil
	}
	documents := t.s.system().Documents
	var rows []*domain.Document
	q := documents.within(ctx, domain.ReadDocument).Where("parent_kind = ? AND parent = ? AND id IN ?", domain.OfPartnership, p.ID, ids)
	if err := t.s.steady(q).Find(&rows).Error; err != nil {
		return nil, err
	}
	return rows, documents.filled(ctx, rows...)
}

// procurementSigns are what an attestation that nothing is procured has to take
// account of: cash from the office, a member that was found to sell to the
// government.
func (t Partnerships) procurementSigns(ctx context.Context, p *domain.Partnership) ([]domain.ProcurementSign, error) {
	var out []domain.ProcurementSign
	if p.ID != "" {
		paid, err := t.s.system().LedgerEntries.OfficePayments(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range paid {
			out = append(out, p.OfficePays(e))
		}
	}
	if len(p.Members) == 0 {
		return out, nil
	}
	var found []domain.Check
	err := t.s.system().Checks.within(ctx, domain.ReadCheck).
		Where("organization IN ? AND kind = ? AND result IN ?", memberIDs(p), domain.CheckActiveProcurement,
			[]domain.CheckResult{domain.CheckHit, domain.CheckConcern}).
		Order("updated_at, id").Find(&found).Error
	for _, c := range found {
		out = append(out, p.SellsToGovernment(c))
	}
	return out, err
}

// ReadFor returns a partnership on which the caller may do act. What it can't see
// is NotFound, what it sees but may not read so is Forbidden.
func (t Partnerships) ReadFor(ctx context.Context, act domain.Action, id domain.PartnershipID) (*domain.Partnership, error) {
	p, err := one[domain.Partnership](t.within(ctx, act).Where("id = ?", id))
	if err == nil {
		return p, t.filled(ctx, p)
	}
	if _, seen := t.Get(ctx, id); seen != nil {
		return nil, err
	}
	return nil, forbidden(act)
}
