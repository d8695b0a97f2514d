package repository

import (
	"context"
	"errors"

	"accord/domain"
)

// Feeds is the table of calendar feeds.
type Feeds struct {
	table[domain.Feed, *domain.Feed]
}

func feeds(s *Session) Feeds {
	return Feeds{newTable[domain.Feed](s, domain.ReadFeed, feedReach, nil)}
}

func feedReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
}

// Issue gives the actor's feed an address, known by its hash. The former stops. The
// caller holds the account, or two requests at once would open two feeds.
func (t Feeds) Issue(ctx context.Context, tokenHash string) error {
	f, err := t.own(ctx)
	if errors.Is(err, domain.NotFound) {
		return t.Create(ctx, domain.IssueFeed, domain.NewFeed(t.s.actor, tokenHash))
	}
	if err != nil {
		return err
	}
	_, err = t.Update(ctx, domain.IssueFeed, f.ID, nil, func(_ *Session, f *domain.Feed) error { return f.Reissue(tokenHash) })
	return err
}

// Stop ends the address of the actor's feed; without a feed it does nothing.
func (t Feeds) Stop(ctx context.Context) error {
	f, err := t.own(ctx)
	if errors.Is(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = t.Update(ctx, domain.StopFeed, f.ID, nil, func(_ *Session, f *domain.Feed) error { return f.Stop() })
	return err
}

// StopOf ends the address of an account's feed, whoever asks: the caller has been
// allowed to sever what the account has open.
func (t Feeds) StopOf(ctx context.Context, account domain.AccountID) error {
	system := t.s.system()
	f, err := one[domain.Feed, *domain.Feed](system.Feeds.within(ctx, t.read).Where("account = ? AND token_hash <> ''", account))
	if errors.Is(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = system.Feeds.Update(ctx, domain.StopFeed, f.ID, nil, func(_ *Session, f *domain.Feed) error { return f.Stop() })
	return err
}

func (t Feeds) own(ctx context.Context) (*domain.Feed, error) {
	return one[domain.Feed, *domain.Feed](t.within(ctx, t.read).Where("account = ?", t.s.actor.Account))
}

// Reader returns the feed of an address, by its hash, and who reads through it:
// the feed's owner as the owner stands now. A suspended owner's feed is not there.
func (t Feeds) Reader(ctx context.Context, tokenHash string) (*domain.Feed, *Session, error) {
	system := t.s.system()
	f, err := one[domain.Feed, *domain.Feed](system.Feeds.within(ctx, t.read).Where("token_hash = ?", tokenHash))
	if err != nil {
		return nil, nil, err
	}
	owner, err := one[domain.Account, *domain.Account](system.Accounts.within(ctx, domain.ReadAccount).
		Where("id = ? AND stage = ?", f.Account, domain.AccountActive))
	if err != nil {
		return nil, nil, err
	}
	actor, err := system.actorOf(ctx, owner)
	if err != nil {
		return nil, nil, err
	}
	return f, t.s.As(actor), nil
}
