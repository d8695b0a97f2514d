package domain

import (
	"fmt"
	"strings"
)

// A Kind is a class of refusal. Every error that is the caller's doing has one;
// an error without one is ours and is reported as internal, without detail.
type Kind string

// The kinds, each with the HTTP status that it becomes.
const (
	Malformed       Kind = "malformed"         // 400: can't be read
	Unauthenticated Kind = "unauthenticated"   // 401: nobody is signed in
	Forbidden       Kind = "forbidden"         // 403: seen, but not allowed
	NotFound        Kind = "not_found"         // 404: not there, or not to be seen
	Conflict        Kind = "conflict"          // 409: the record's state does not allow it
	Gone            Kind = "gone"              // 410: it was there once, or is another record now
	Stale           Kind = "stale"             // 412: changed since the caller read it
	TooLarge        Kind = "too_large"         // 413: more than is taken at once
	Unsupported     Kind = "unsupported_media" // 415: a content type that isn't read here
	Invalid         Kind = "invalid"           // 422: read, but wrong
	Unconditional   Kind = "unconditional"     // 428: If-Match is missing
	TooMany         Kind = "too_many"          // 429: too often
)

// Error makes errors.Is(err, domain.NotFound) compare kinds.
func (k Kind) Error() string { return string(k) }

// Fault is one thing that is wrong with an input, and where.
type Fault struct {
	// Pointer is a JSON pointer (RFC 6901) into the body; empty for the whole.
	Pointer string
	// Parameter names a query parameter or header instead.
	Parameter string
	// Code is a stable word for programs: required, too_long, unknown_field …
	Code string
	// Detail says in words what is wrong and what would be right.
	Detail string
}

// Error is a refusal that the caller may read.
type Error struct {
	Kind   Kind
	Detail string
	Faults []Fault
}

func (e *Error) Error() string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s: %s", e.Kind, e.Detail)
	for _, f := range e.Faults {
		fmt.Fprintf(b, "; %s%s: %s", f.Pointer, f.Parameter, f.Detail)
	}
	return b.String()
}

// Is compares kinds.
func (e *Error) Is(target error) bool { return target == e.Kind }

// Refuse builds a refusal of the given kind.
func Refuse(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

// Faults gathers what is wrong with an input, so that a caller is told
// everything at once.
type Faults []Fault

// Add notes a fault at a JSON pointer.
func (f *Faults) Add(pointer, code, format string, args ...any) {
	*f = append(*f, Fault{Pointer: pointer, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// Err is an Invalid refusal of all that was added, or nil.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Detail: "the input breaks a rule; errors says which", Faults: f}
}
