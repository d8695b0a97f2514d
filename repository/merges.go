package repository

import (
	"context"
	"errors"
	"slices"
	"time"

	"accord/domain"
)

// Merges is the table of merges of organizations.
type Merges struct {
	table[domain.Merge, *domain.Merge]
}

func merges(s *Session) Merges {
	return Merges{newTable[domain.Merge](s, domain.ReadMerge, nil, sorts{"created_at": "created_at"})}
}

// MergeFilter narrows a list; an empty field does not.
type MergeFilter struct {
	Stage string
	// Organization is either of the two.
	Organization domain.OrganizationID
}

// List returns a page of merges.
func (t Merges) List(ctx context.Context, f MergeFilter, p Page) (Rows[domain.Merge], error) {
	q := equal(t.within(ctx, t.read), "stage", f.Stage)
	if f.Organization != "" {
		q = q.Where("survivor = ? OR absorbed = ?", f.Organization, f.Organization)
	}
	return t.list(q, p)
}

// survivorOf is the organizations that an id stands for where what refers to one
// can't be changed: itself, and those that were merged into it. It takes the id
// twice.
const survivorOf = "(SELECT o.id FROM organizations o WHERE o.id = ? OR o.merged_into = ?)"

// mergedAway are those that are part of another now.
const mergedAway = "SELECT o.id FROM organizations o WHERE o.merged_into <> ''"

// MergedInto is the organization that another was merged into, if the actor sees
// it, or NotFound.
func (t Organizations) MergedInto(ctx context.Context, id domain.OrganizationID) (*domain.Organization, error) {
	return one[domain.Organization](t.within(ctx, t.read).Where("id IN (SELECT o.merged_into FROM organizations o WHERE o.id = ? AND o.merged_into <> '')", id))
}

// Survivors are, of organizations that are part of others now, those others that the
// actor sees, by the id of what is in them.
func (t Organizations) Survivors(ctx context.Context, ids []domain.OrganizationID) (map[domain.OrganizationID]*domain.Organization, error) {
	if len(ids) == 0 || !t.s.actor.May(t.read) {
		return nil, nil
	}
	var gone []domain.Organization
	err := t.s.mechanism(ctx).Select("id, merged_into").Where("merged_into <> '' AND id IN ?", ids).Find(&gone).Error
	out := map[domain.OrganizationID]*domain.Organization{}
	for _, o := range gone {
		if err != nil {
			break
		}
		if out[o.ID], err = found(t.Get(ctx, o.MergedInto)); out[o.ID] == nil {
			delete(out, o.ID)
		}
	}
	return out, err
}

// Formerly lists the organizations that are part of others now and bore one of these
// names, as NameKey folds them; the oldest first.
func (t Organizations) Formerly(ctx context.Context, names []string) (out []domain.Organization, err error) {
	err = t.withMerged().within(ctx, t.read).Where("merged_into <> '' AND name_key IN ?", names).Order("created_at, id").Find(&out).Error
	return out, err
}

// Open keeps an organization as it is while somebody is let into it, and refuses
// one that is part of another now. Only the server itself asks so.
func (t Organizations) Open(ctx context.Context, id domain.OrganizationID) error {
	if id == "" {
		return nil
	}
	_, err := t.Steady(ctx, id)
	if errors.Is(err, domain.NotFound) {
		return domain.Refuse(domain.Conflict, "the organization that it was for is not there, or part of another now; ask the office for an invitation")
	}
	return err
}

// withMerged is the same table, with those that were merged into others.
func (t Organizations) withMerged() Organizations {
	t.only = ""
	return t
}

// Propose stores a merge of two organizations that the actor sees.
func (t Merges) Propose(ctx context.Context, survivor, absorbed *domain.Organization, d domain.MergeDraft) (*domain.Merge, error) {
	g, err := domain.NewMerge(t.s.actor, survivor, absorbed, d)
	if err != nil {
		return nil, err
	}
	result, err := domain.MergeOf(survivor, absorbed, d.Take)
	if err != nil {
		return nil, err
	}
	circles, err := t.Circles(ctx, survivor, absorbed, result.Parent)
	if err != nil {
		return nil, err
	}
	for i := range circles {
		circles[i].Pointer = "/absorbed_id"
	}
	if err := circles.Err(); err != nil {
		return nil, err
	}
	return g, t.Create(ctx, domain.ProposeMerge, g)
}

// Approve carries a merge out, the actor being the second person: both files and
// everything that refers to the one that goes, or nothing.
func (t Merges) Approve(ctx context.Context, id domain.MergeID, match Match[*domain.Merge]) (*domain.Merge, error) {
	return t.Update(ctx, domain.ApproveMerge, id, match, func(s *Session, g *domain.Merge) error {
		by, proposer, err := s.Two(ctx, g.ProposedBy)
		if err != nil {
			return err
		}
		survivor, absorbed, err := s.both(ctx, domain.ApproveMerge, s.Organizations, g)
		if err != nil {
			return err
		}
		if err := g.Approve(by, proposer, survivor, absorbed, s.Now()); err != nil {
			return err
		}
		if err := s.Relationships.still(ctx, g); err != nil {
			return err
		}
		circles, err := s.Merges.Circles(ctx, survivor, absorbed, survivor.Parent)
		if err != nil {
			return err
		}
		if err := domain.CircleOf(circles); err != nil {
			return err
		}
		// The one that goes lets go of its identifiers first.
		if err := s.saveBoth(ctx, domain.ApproveMerge, absorbed, survivor); err != nil {
			return err
		}
		if err := s.repoint(ctx, g, references); err != nil {
			return err
		}
		return s.Enqueue(ctx, SweepMergeJob, g.ID, s.Now().Add(SweepAfter))
	})
}

// both holds the two organizations of a merge, always in the same order, with
// their vetting.
func (s *Session) both(ctx context.Context, act domain.Action, all Organizations, g *domain.Merge) (survivor, absorbed *domain.Organization, err error) {
	held := map[domain.OrganizationID]*domain.Organization{}
	first, second := ordered(g.Survivor, g.Absorbed)
	for _, id := range []domain.OrganizationID{first, second} {
		o, err := all.in(s).Hold(ctx, act, id)
		if errors.Is(err, domain.NotFound) {
			return nil, nil, domain.Refuse(domain.Conflict, "one of the organizations was merged meanwhile")
		}
		if err != nil {
			return nil, nil, err
		}
		held[id] = o
	}
	survivor, absorbed = held[g.Survivor], held[g.Absorbed]
	return survivor, absorbed, s.vet(ctx, survivor, absorbed)
}

// SweepMergeJob points what was written during a merge, under the id of the one
// that went, to the survivor.
const SweepMergeJob = "merges.sweep"

const (
	// RequestTime is how long a request may take.
	RequestTime = 30 * time.Second
	// UploadTime is how long one may take whose body is a file: none that writes takes
	// longer.
	UploadTime = 5 * time.Minute
	// SweepAfter is how long after a merge it is swept: what began before it was kept has
	// ended by then. The minute is for clocks that differ.
	SweepAfter = RequestTime + UploadTime + time.Minute
)

// Sweep points what still refers to a merged organization to its survivor, and if that
// one was merged meanwhile on to whom it is part of, step by step: so each undo takes
// its own step back. Only the server itself asks so.
func (t Merges) Sweep(ctx context.Context, id domain.MergeID) error {
	late := slices.DeleteFunc(slices.Clone(references), func(r reference) bool { return r.steady })
	return t.s.Tx(ctx, func(s *Session) error {
		g, err := s.Merges.Steady(ctx, id)
		for err == nil && g != nil && g.Stage.Is(domain.MergeCarriedOut) {
			if err := s.repoint(ctx, g, late); err != nil {
				return err
			}
			g, err = found(one[domain.Merge](s.steady(s.Merges.within(ctx, domain.ReadMerge).Where("absorbed = ? AND stage = ?", g.Survivor, domain.MergeCarriedOut))))
		}
		return err
	})
}

// Circles names each relationship, and the parent that the survivor's file would
// have, by which the two as one would be a part of their own part.
func (t Merges) Circles(ctx context.Context, survivor, absorbed *domain.Organization, parent domain.OrganizationID) (domain.Faults, error) {
	two := asOne{survivor.ID, absorbed.ID, parent}
	up, err := t.s.Relationships.of(ctx, survivor.ID, absorbed.ID)
	if err != nil {
		return nil, err
	}
	up = slices.DeleteFunc(up, func(r domain.Relationship) bool {
		return r.Kind != domain.SubsidiaryOf || r.Other == survivor.ID || r.Other == absorbed.ID
	})
	if parent != "" {
		up = append(up, domain.Relationship{Other: parent, StartsOn: domain.DateOf(t.s.Now())})
	}
	var f domain.Faults
	for _, r := range up {
		above, err := t.s.above(ctx, &r, two)
		if err != nil {
			return nil, err
		}
		pointer, by := "/relationships/"+string(r.ID), "by relationship "+string(r.ID)+" "+r.OrganizationName+" is a part of "+r.OtherName
		if r.ID == "" {
			pointer, by = "/organizations/"+string(survivor.ID)+"/parent_id", "the survivor's file would name a parent"
		}
		if slices.Contains(above, survivor.ID) {
			f.Add(pointer, "cycle", "%s, which is a part of the other of the two, directly or through others", by)
		}
	}
	return f, nil
}

// of are what two organizations are to others and to each other, though one of them
// be merged.
func (t Relationships) of(ctx context.Context, one, other domain.OrganizationID) (out []domain.Relationship, err error) {
	t.only = ""
	two := []domain.OrganizationID{one, other}
	err = t.within(ctx, t.read).Where("organization IN ? OR other IN ?", two, two).Order("id").Find(&out).Error
	return out, err
}

// still keeps what the two of a merge are to others as it is until the transaction
// ends, and everybody else from recording anything: in the order in which one that
// is edited is locked.
func (t Relationships) still(ctx context.Context, g *domain.Merge) error {
	rows, err := t.of(ctx, g.Survivor, g.Absorbed)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := t.s.Relationships.Hold(ctx, domain.ReadRelationship, r.ID); err != nil && !errors.Is(err, domain.NotFound) {
			return err
		}
	}
	return t.s.Alone(ctx, "relationships")
}

// Undo puts back both organizations and everything that the merge pointed
// elsewhere. If any of it was changed since, all is refused and each named.
func (t Merges) Undo(ctx context.Context, id domain.MergeID, match Match[*domain.Merge], reason string) (*domain.Merge, error) {
	return t.Update(ctx, domain.UndoMerge, id, match, func(s *Session, g *domain.Merge) error {
		survivor, absorbed, err := s.both(ctx, domain.UndoMerge, s.Organizations.withMerged(), g)
		if err != nil {
			return err
		}
		if err := g.Undo(s.actor, reason, survivor, absorbed, s.Now()); err != nil {
			return err
		}
		if err := s.pointBack(ctx, g); err != nil {
			return err
		}
		// Of what was approved before the merge some may have lapsed since.
		if err := s.vet(ctx, survivor, absorbed); err != nil {
			return err
		}
		for _, o := range []*domain.Organization{survivor, absorbed} {
			if err := o.Expire(domain.DateOf(s.Now())); err != nil && !errors.Is(err, domain.Conflict) {
				return err
			}
		}
		// What was set going meanwhile may be of somebody who is a stranger again.
		const since = "organization = ? AND account IN (SELECT id FROM accounts WHERE organization = ?)"
		if err := s.system().Resets.withdraw(ctx, since, survivor.ID, absorbed.ID); err != nil {
			return err
		}
		return s.saveBoth(ctx, domain.UndoMerge, survivor, absorbed)
	})
}

func (s *Session) saveBoth(ctx context.Context, act domain.Action, first, second *domain.Organization) error {
	if err := s.Organizations.save(ctx, act, first); err != nil {
		return err
	}
	return s.Organizations.save(ctx, act, second)
}

// broughtIn are the people who moved, and all whom they have brought in since,
// directly or through others. It takes the merge.
const broughtIn = `WITH RECURSIVE brought (id) AS (
	SELECT m.row_key FROM organization_merge_moves m WHERE m.merge = ? AND m.reference = 'accounts.organization'
	UNION SELECT a.id FROM accounts a JOIN brought b ON a.brought_by = b.id
) `

// brought lists who acts for the survivor because people of the one that went
// invited them: an undo would leave them inside.
func (s *Session) brought(ctx context.Context, g *domain.Merge) (out []string, err error) {
	err = s.mechanism(ctx).Raw(broughtIn+`SELECT a.id FROM accounts a JOIN brought b ON b.id = a.id WHERE a.organization = ? AND a.stage = ?
		AND a.id NOT IN (SELECT m.row_key FROM organization_merge_moves m WHERE m.merge = ? AND m.reference = 'accounts.organization') ORDER BY a.id`,
		g.ID, g.Survivor, domain.AccountActive, g.ID).Scan(&out).Error
	return out, err
}

// disinvite makes useless what they invited to the survivor and nobody accepted.
func (s *Session) disinvite(ctx context.Context, g *domain.Merge) error {
	var pending []domain.Invitation
	err := s.mechanism(ctx).Raw(broughtIn+"SELECT i.* FROM invitations i JOIN brought b ON b.id = i.invited_by WHERE i.organization = ? AND i.stage = ? ORDER BY i.id",
		g.ID, g.Survivor, domain.InvitationPending).Scan(&pending).Error
	if err != nil {
		return err
	}
	return s.system().Invitations.revokeAll(ctx, pending)
}

// Tally counts what the one that would go is named in, by kind, and in how many of
// these the survivor is named too. What somebody wrote without being seen is not
// counted.
func (t Merges) Tally(ctx context.Context, survivor, absorbed domain.OrganizationID) ([]domain.MergeTally, error) {
	g := &domain.Merge{Survivor: survivor, Absorbed: absorbed}
	var out []domain.MergeTally
	for _, r := range references {
		if r.kind == "" {
			continue
		}
		tally := domain.MergeTally{Kind: r.kind}
		sql, vars := r.of(g)
		from := "SELECT count(*) FROM " + r.table + " r WHERE " + sql
		if err := t.s.mechanism(ctx).Raw(from, vars...).Scan(&tally.Count).Error; err != nil {
			return nil, err
		}
		if both, more := r.both(g); both != "" {
			if err := t.s.mechanism(ctx).Raw(from+" AND "+both, append(vars, more...)...).Scan(&tally.Both).Error; err != nil {
				return nil, err
			}
		}
		out = append(out, tally)
	}
	return out, nil
}
