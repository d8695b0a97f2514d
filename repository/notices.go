package repository

import (
	"context"
	"slices"

	"accord/domain"
)

// Notices is the table of notices.
type Notices struct {
	table[domain.Notice, *domain.Notice]
}

func notices(s *Session) Notices {
	return Notices{newTable[domain.Notice](s, domain.ReadNotice, noticeReach, sorts{"created_at": "created_at"})}
}

func noticeReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
}

// List returns a page of the caller's notices, all or the unread ones.
func (t Notices) List(ctx context.Context, unread bool, p Page) (Rows[domain.Notice], error) {
	q := t.within(ctx, t.read)
	if unread {
		q = q.Where("read_at IS NULL")
	}
	return t.list(q, p)
}

// ReadAll marks every notice of the caller as read.
func (t Notices) ReadAll(ctx context.Context) error {
	return t.s.Tx(ctx, func(s *Session) error {
		t := t.in(s)
		var unread []domain.Notice
		if err := t.within(ctx, domain.MarkNotice).Where("read_at IS NULL").Order("id").Find(&unread).Error; err != nil {
			return err
		}
		for _, n := range unread {
			_, err := t.Update(ctx, domain.MarkNotice, n.ID, nil, func(s *Session, n *domain.Notice) error { return n.MarkRead(s.Now()) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Told reports whether the account was told of the occasion. Only the server
// itself asks so.
func (t Notices) Told(ctx context.Context, occasion string, account domain.AccountID) (bool, error) {
	var n int64
	err := t.within(ctx, t.read).Where("occasion = ? AND account = ?", occasion, account).Count(&n).Error
	return n > 0, err
}

// Tell tells each account, unless it was told of the occasion before. It is the
// server's own doing: whoever sets it going needs no permission for it, and
// learns nothing of who was told.
func (t Notices) Tell(ctx context.Context, d domain.NoticeDraft, accounts ...domain.AccountID) error {
	return t.s.system().Tx(ctx, func(s *Session) error {
		var told []domain.AccountID
		err := s.Notices.within(ctx, domain.ReadNotice).Where("occasion = ? AND account IN ?", d.Occasion, accounts).Pluck("account", &told).Error
		if err != nil {
			return err
		}
		var all []*domain.Notice
		for _, a := range accounts {
			if !slices.Contains(told, a) {
				told = append(told, a)
				all = append(all, domain.NewNotice(a, d))
			}
		}
		return s.Notices.CreateAll(ctx, domain.Tell, all)
	})
}

// Members are the active accounts of an organization. Only the server itself
// asks so.
func (t Accounts) Members(ctx context.Context, org domain.OrganizationID) ([]domain.AccountID, error) {
	return t.active(ctx, "organization <> '' AND organization = ?", org)
}

// Holding are the active accounts of these roles. Only the server itself asks so.
func (t Accounts) Holding(ctx context.Context, roles ...domain.Role) ([]domain.AccountID, error) {
	return t.active(ctx, "role IN ?", roles)
}

// Reporters are the active accounts that hand in the reports on a commitment:
// its lead and delegates, or else everyone of the organization. An admin of it
// is always among them. Only the server itself asks so.
func (t Accounts) Reporters(ctx context.Context, c *domain.Commitment) ([]domain.AccountID, error) {
	if c.ReportingLead == "" {
		return t.Members(ctx, c.Organization)
	}
	return t.active(ctx, "organization <> '' AND organization = ? AND (role = ? OR id IN ?)",
		c.Organization, domain.PartnerAdmin, append(c.Delegates, c.ReportingLead))
}

func (t Accounts) active(ctx context.Context, where string, vars ...any) (ids []domain.AccountID, err error) {
	err = t.within(ctx, t.read).Where("stage = ?", domain.AccountActive).Where(where, vars...).Order("id").Pluck("id", &ids).Error
	return ids, err
}
