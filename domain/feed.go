package domain

// FeedID names a calendar feed. It is never shown: events are named after it.
type FeedID = ID[Feed]

// Feed is an account's calendar, read by whoever holds its secret address. An
// account has one at most.
type Feed struct {
	Record[Feed]
	Account AccountID
	// TokenHash finds the feed by its token; the token itself is shown once and
	// not kept. It is empty once the feed was stopped.
	TokenHash string
}

// NewFeed opens the caller's calendar feed.
func NewFeed(by Actor, tokenHash string) *Feed {
	f := &Feed{Account: by.Account, TokenHash: tokenHash}
	f.record("feed.created", "")
	return f
}

// Reissue gives the feed a new address; the former stops.
func (f *Feed) Reissue(tokenHash string) error {
	f.TokenHash = tokenHash
	f.record("feed.reissued", "")
	return nil
}

// Stop ends the feed's address until another is issued.
func (f *Feed) Stop() error {
	f.TokenHash = ""
	f.record("feed.stopped", "")
	return nil
}

// Next lists what may be done with a feed.
func (f *Feed) Next() []Action { return []Action{IssueFeed, StopFeed} }
