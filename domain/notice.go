package domain

import "time"

// NoticeID names a notice.
type NoticeID = ID[Notice]

// Notice tells one account that something waits for it. It says what happened
// in a code word and on which record, never what the record says: whoever reads
// it reads the record as the policy allows at that moment.
type Notice struct {
	Record[Notice]
	NoticeDraft
	// Account is who is told, and nobody else.
	Account AccountID
	ReadAt  *time.Time
}

// NoticeDraft is what an account is told.
type NoticeDraft struct {
	// Event is the code word, such as "check.expiring".
	Event string
	// RecordKind and RecordID say where to look; both are empty where there is
	// nothing to look at.
	RecordKind, RecordID string
	// DueOn is the day by which something is to be done, if any.
	DueOn Date
	// Occasion is what the account is told of once: telling it again changes
	// nothing. It is never shown.
	Occasion string
}

// NewNotice tells an account.
func NewNotice(account AccountID, d NoticeDraft) *Notice {
	n := &Notice{NoticeDraft: d, Account: account}
	n.record("notice.created", "")
	return n
}

// MarkRead says that the account has seen it; again changes nothing.
func (n *Notice) MarkRead(now time.Time) error {
	if n.ReadAt == nil {
		n.ReadAt = &now
	}
	n.record("notice.read", "")
	return nil
}

// Next lists what may be done with a notice.
func (n *Notice) Next() []Action {
	if n.ReadAt != nil {
		return nil
	}
	return []Action{MarkNotice}
}
