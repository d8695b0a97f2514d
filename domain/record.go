// Package domain holds what the office works with: organizations, engagements,
// consultations, commitments, the people in them, what may happen to each and
// who may do it. It does no I/O and knows neither HTTP nor SQL; a rule that is
// not here, or in policy.go, does not exist.
package domain

import "time"

// ID names a stored T, so that an engagement's ID can't be passed for an
// advisor's. It is a random UUID and tells nothing, not even an order.
type ID[T any] string

// Record is what every stored thing carries. The repository gives it its ID and
// times when it is first saved.
type Record[T any] struct {
	ID        ID[T] `gorm:"primaryKey"`
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time `gorm:"autoUpdateTime:false"` // Touch decides, not the clock

	// Relation is how the actor who read this record stands to it; zero on a
	// record that was not read. It is computed by the read and never stored.
	Relation Reach `gorm:"->"`

	events []Event
}

// Event is something that happened to a record. The repository writes every
// event to the audit trail in the transaction that saves the record.
type Event struct {
	// Name is the action in the past, such as "engagement.held".
	Name string
	// Note is a code word at most, such as a role or a stage. It never holds
	// words that somebody wrote, a reason least of all: the audit trail can't be
	// erased. The reason stands on the record. In the trail the organization for
	// which it was done follows, if it was another than the actor's own.
	Note string
	// Unattributed says that nobody may learn who did it or when, but for the
	// day: the audit trail names neither actor nor request.
	Unattributed bool
}

func (r *Record[T]) record(name, note string) {
	r.events = append(r.events, Event{Name: name, Note: note})
}

func (r *Record[T]) recordUnattributed(name string) {
	r.events = append(r.events, Event{Name: name, Unattributed: true})
}

// Meta gives the repository the record's key and version.
func (r *Record[T]) Meta() (id string, version int) { return string(r.ID), r.Version }

// Begin gives a new record its identity; a record that has one keeps it.
func (r *Record[T]) Begin(id string) {
	if r.ID == "" {
		r.ID = ID[T](id)
	}
}

// Touch stamps a save and raises the version.
func (r *Record[T]) Touch(now time.Time) {
	if r.Version == 0 {
		r.CreatedAt = now
	}
	r.UpdatedAt, r.Version = now, r.Version+1
}

// Drain returns the events since the last save and forgets them.
func (r *Record[T]) Drain() []Event {
	ev := r.events
	r.events = nil
	return ev
}

// Related returns how the reader stands to the record.
func (r *Record[T]) Related() Reach { return r.Relation }

// Relate keeps how the reader stands to the record.
func (r *Record[T]) Relate(to Reach) { r.Relation = to }
