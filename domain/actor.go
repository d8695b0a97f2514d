package domain

// Role is the one role that an account has.
type Role string

// The roles; product.md says what each is for.
const (
	Anyone       Role = "anyone" // nobody is signed in
	Admin        Role = "admin"
	Staff        Role = "staff"
	Liaison      Role = "liaison"
	Custodian    Role = "custodian"
	Auditor      Role = "auditor"
	PartnerAdmin Role = "partner_admin"
	Partner      Role = "partner"
	Advising     Role = "advisor"
	Service      Role = "service" // an API key, as the trail names it; no account has it

	// System is the server itself, at a scheduled moment. No account has it.
	System Role = "system"
)

// Roles lists every role that a caller can have, the most trusted first.
func Roles() []Role {
	return []Role{Admin, Staff, Liaison, Custodian, Auditor, PartnerAdmin, Partner, Advising, Service, Anyone}
}

// Actor is who asks. The zero Actor has no role and can do nothing.
type Actor struct {
	Account AccountID
	Role    Role
	// Organization is a partner's own; empty reaches no organization at all.
	Organization OrganizationID
	// Vetting is where that organization's file is. Unless it is approved, little
	// is left of what the role may; unknown is not approved.
	Vetting OrganizationStage
	// For is the organization for which the actor acts, if it is not the own one;
	// then Organization and Vetting are that one's, and of the role only what Powers,
	// with spaces between, let an association do is left.
	For    OrganizationID
	Powers string
	// Advisor is the advisor that this account speaks for, if any.
	Advisor AdvisorID
	// Receipt is the keyed hash of the receipt code that the caller has shown;
	// its holder is the author of what it opens. Empty opens nothing.
	Receipt string
	// Office is where a staff member decides clearances.
	Office string
	// Enrolling says that the account needs a second factor and has none yet: until
	// then it may enroll one and little else.
	Enrolling bool
	// Key is the API key by which the account's program comes; nil for a person.
	Key *Delegation
}

// Signature is by what and as what the actor is known to the trail, the limits and
// idempotency keys: its account and role, or the API key that it comes by.
func (a Actor) Signature() (id string, as Role) {
	if a.Key != nil {
		return string(a.Key.Key), Service
	}
	return string(a.Account), a.Role
}

// May reports whether the actor may ever do act, to any record at all.
func (a Actor) May(act Action) bool { return a.Reach(act) != 0 }

// Judges reports whether the actor is shown all that a commitment is judged by. A key
// that isn't would take each for one without milestones, indicators or reports.
func (a Actor) Judges() bool {
	return a.May(ReadMilestone) && a.May(ReadIndicator) && a.May(ReadProgressReport)
}

// Internal reports whether the actor works in the office.
func (a Actor) Internal() bool {
	switch a.Role {
	case Admin, Staff, Liaison, Custodian, Auditor, System:
		return true
	}
	return false
}
