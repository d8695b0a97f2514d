package repository

import (
	"context"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// Requirements is the table of the versions of the vetting requirements.
type VettingRules struct {
	table[domain.VettingRules, *domain.VettingRules]
}

func vettingRules(s *Session) VettingRules {
	return VettingRules{newTable[domain.VettingRules](s, domain.ReadVettingRules, nil, sorts{"number": "number"})}
}

// List returns a page of versions, the newest first.
func (t VettingRules) List(ctx context.Context, p Page) (Rows[domain.VettingRules], error) {
	p.Sort = "-number"
	return t.list(t.within(ctx, t.read), p)
}

// Current returns the newest version. The first is shipped, so there is one.
func (t VettingRules) Current(ctx context.Context) (*domain.VettingRules, error) {
	return one[domain.VettingRules, *domain.VettingRules](t.within(ctx, t.read).Order("number DESC"))
}

// Write stores the version that follows the newest; of two at a time the other
// is a version later.
func (t VettingRules) Write(ctx context.Context, d domain.VettingRulesDraft) (*domain.VettingRules, error) {
	var v *domain.VettingRules
	err := t.s.Tx(ctx, func(s *Session) error {
		if err := s.Alone(ctx, "vetting requirements"); err != nil {
			return err
		}
		last, err := s.VettingRules.Current(ctx)
		if err != nil {
			return err
		}
		if v, err = domain.NewVettingRules(s.actor, d, last.Number); err != nil {
			return err
		}
		return s.VettingRules.Create(ctx, domain.WriteVettingRules, v)
	})
	return v, err
}

// Waivers is the table of waivers.
type Waivers struct {
	table[domain.Waiver, *domain.Waiver]
}

func waivers(s *Session) Waivers {
	return Waivers{newTable[domain.Waiver](s, domain.ReadWaiver, nil, nil)}
}

// List returns a page of an organization's waivers.
func (t Waivers) List(ctx context.Context, org domain.OrganizationID, p Page) (Rows[domain.Waiver], error) {
	return t.list(t.within(ctx, t.read).Where("organization = ?", org), p)
}

// Steady returns the organization as table.Steady does, with its vetting: nobody
// concludes a check of it before the transaction ends.
func (t Organizations) Steady(ctx context.Context, id domain.OrganizationID) (*domain.Organization, error) {
	o, err := t.table.Steady(ctx, id)
	if err != nil {
		return nil, err
	}
	return o, t.s.vet(ctx, o)
}

// Vetted reads the vetting of an organization that the caller has before it.
func (t Organizations) Vetted(ctx context.Context, o *domain.Organization) error {
	return t.s.vet(ctx, o)
}

// vet reads what the organizations' standing rests on, for a rule: the caller
// need not be one who may read checks.
func (s *Session) vet(ctx context.Context, rows ...*domain.Organization) error {
	ids := make([]domain.OrganizationID, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	system := s.system()
	var versions []domain.VettingRules
	if err := system.VettingRules.within(ctx, domain.ReadVettingRules).Order("number").Find(&versions).Error; err != nil {
		return err
	}
	under := map[int]domain.VettingRules{0: versions[0]}
	for _, v := range versions {
		under[v.Number] = v
	}
	of := map[domain.OrganizationID]*domain.Vetting{}
	for _, o := range rows {
		o.Vetting = &domain.Vetting{Under: under[o.VettingRules], Current: versions[len(versions)-1]}
		of[o.ID] = o.Vetting
	}
	var checks []domain.Check
	if err := system.Checks.within(ctx, domain.ReadCheck).Where("organization IN ?", ids).Order("created_at, id").Find(&checks).Error; err != nil {
		return err
	}
	for _, c := range checks {
		of[c.Organization].Checks = append(of[c.Organization].Checks, c)
	}
	var waivers []domain.Waiver
	if err := system.Waivers.within(ctx, domain.ReadWaiver).Where("organization IN ?", ids).Order("created_at, id").Find(&waivers).Error; err != nil {
		return err
	}
	for _, w := range waivers {
		of[w.Organization].Waivers = append(of[w.Organization].Waivers, w)
	}
	return nil
}

// vettingBatch is how many organizations are looked at in one go.
const vettingBatch = 500

// Ending calls do with the approved organizations of which a check or waiver
// ends until a day, and with those approved with conditions, each with its vetting
// and the kinds of its partnerships. Only the server itself asks so.
func (t Organizations) Ending(ctx context.Context, until domain.Date, do func(*domain.Organization) error) error {
	last := ""
	for {
		var rows []domain.Organization
		err := t.within(ctx, t.read).Where("id > ?", last).
			Where(`stage = ? OR stage = ? AND id IN (SELECT organization FROM checks WHERE expires_on <> '' AND expires_on <= ?
				UNION SELECT organization FROM waivers WHERE expires_on <= ?)`,
				domain.OrganizationApprovedConditions, domain.OrganizationApproved, until, until).
			Order("id").Limit(vettingBatch).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		all := make([]*domain.Organization, len(rows))
		for i := range rows {
			all[i] = &rows[i]
		}
		if err := t.s.vet(ctx, all...); err != nil {
			return err
		}
		if err := t.s.partnered(ctx, all); err != nil {
			return err
		}
		for _, o := range all {
			if err := do(o); err != nil {
				return err
			}
		}
		last = string(rows[len(rows)-1].ID)
	}
}

// partnered reads of which kinds the partnerships are that the organizations,
// whose vetting was read, are in.
func (s *Session) partnered(ctx context.Context, rows []*domain.Organization) error {
	of, ids := map[domain.OrganizationID]*domain.Vetting{}, make([]domain.OrganizationID, len(rows))
	for i, o := range rows {
		of[o.ID], ids[i] = o.Vetting, o.ID
	}
	var found []struct {
		Organization domain.OrganizationID
		Kind         domain.PartnershipKind
	}
	err := s.mechanism(ctx).Raw(`SELECT DISTINCT m.organization, p.kind FROM partnership_members m JOIN partnerships p ON p.id = m.partnership
		WHERE m.organization IN ? AND p.stage IN ? ORDER BY m.organization, p.kind`, ids, domain.RunningStages()).Scan(&found).Error
	for _, f := range found {
		of[f.Organization].Partnered = append(of[f.Organization].Partnered, f.Kind)
	}
	return err
}

type vettingReminder struct {
	Organization domain.OrganizationID
	Kind         string
	LapsesOn     domain.Date
}

// Remind notes that somebody is reminded of a lapse, and reports whether nobody
// was before.
func (t Organizations) Remind(ctx context.Context, l domain.Lapse) (first bool, err error) {
	res := t.s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&vettingReminder{l.Organization, l.Key, l.On})
	return res.RowsAffected == 1, res.Error
}
