package repository

import (
	"context"

	"accord/domain"
	"accord/internal/receipt"
)

// Applications is the table of organizations' applications.
type Applications struct {
	table[domain.Application, *domain.Application]
}

func applications(s *Session) Applications {
	t := newTable[domain.Application](s, domain.ReadApplication, func(a domain.Actor) []relation {
		return []relation{{domain.Published, "r.receipt = ?", []any{a.Receipt}}}
	}, nil)
	t.fill = openFiles
	return Applications{t}
}

// ownApplications are the same rows, each open to whoever holds its code.
func ownApplications(s *Session) Applications {
	t := applications(s)
	t.read = domain.OpenApplication
	return t
}

// List returns a page of applications. Who opens one is noted, who lists them is not.
func (t Applications) List(ctx context.Context, stage string, p Page) (Rows[domain.Application], error) {
	t.unshown = true
	return t.list(equal(t.within(ctx, t.read), "stage", stage), p)
}

// Compared returns an application to be compared with what is on file. It is not
// shown, so that no read is noted.
func (t Applications) Compared(ctx context.Context, id domain.ApplicationID) (*domain.Application, error) {
	t.unshown = true
	return t.Get(ctx, id)
}

// ByReceipt returns the application that the actor's code opens.
func (t Applications) ByReceipt(ctx context.Context) (*domain.Application, error) {
	v, err := one[domain.Application](t.within(ctx, t.read))
	if err != nil {
		return nil, err
	}
	return v, t.filled(ctx, v)
}

// Create stores an application, sealed.
func (t Applications) Create(ctx context.Context, act domain.Action, v *domain.Application) error {
	v.Begin(t.s.NewID())
	if err := t.s.sealFile(v); err != nil {
		return err
	}
	return t.table.Create(ctx, act, v)
}

// Update changes an application and seals it anew.
func (t Applications) Update(ctx context.Context, act domain.Action, id domain.ApplicationID, match Match[*domain.Application], change func(*Session, *domain.Application) error) (*domain.Application, error) {
	return t.table.Update(ctx, act, id, match, func(s *Session, v *domain.Application) error {
		if err := change(s, v); err != nil {
			return err
		}
		return s.sealFile(v)
	})
}

func (s *Session) sealFile(v *domain.Application) error {
	if v.File == nil {
		return nil
	}
	text, err := v.File.Text()
	if err != nil {
		return err
	}
	v.Sealed, err = s.store.master.Seal(text, applicationPlace(string(v.ID)))
	return err
}

func applicationPlace(id string) string { return "applications|sealed|" + id }

func openFiles(_ context.Context, s *Session, rows []*domain.Application) error {
	for _, v := range rows {
		if len(v.Sealed) == 0 {
			continue
		}
		text, err := s.store.master.Open(v.Sealed, applicationPlace(string(v.ID)))
		if err != nil {
			return err
		}
		if v.File, err = domain.ReadApplicationFile(text); err != nil {
			return err
		}
	}
	return nil
}

// ApplicationHash is what is stored of an application's code. Neither code opens
// what the other is for.
func (s *Store) ApplicationHash(c receipt.Code) (string, error) {
	key, err := s.master.Derive("application receipt code")
	if err != nil {
		return "", err
	}
	return c.Hash(key), nil
}
