package domain

import "time"

// AssignmentID names an assignment.
type AssignmentID = ID[Assignment]

// Assignment is that a liaison looks after an advisor, from CreatedAt until it ends.
// Nobody else of the office reads how to reach the advisor. What ended stays as it was.
type Assignment struct {
	Record[Assignment]
	Advisor AdvisorID
	Liaison AccountID
	// AssignedBy is who said so, and EndedBy who ended it; empty is the server, where the
	// account is no liaison any more.
	AssignedBy AccountID
	EndedBy    AccountID
	EndedAt    *time.Time
	// Active says that it goes on and the account can act; read with it.
	Active bool `gorm:"->"`
}

// NewAssignment has an account look after an advisor, nil if there is none: it is an
// active liaison's.
func NewAssignment(by Actor, of AdvisorID, a *Account) (*Assignment, error) {
	if a == nil || a.Role != Liaison || !a.Stage.Is(AccountActive) {
		return nil, (Faults{{Pointer: "/account_id", Code: "not_found", Detail: "names no liaison who can look after an advisor"}}).Err()
	}
	return assignment(by, of, a.ID), nil
}

// FirstAssignment has whoever adds an advisor look after them.
func FirstAssignment(by Actor, of AdvisorID) *Assignment { return assignment(by, of, by.Account) }

func assignment(by Actor, of AdvisorID, liaison AccountID) *Assignment {
	v := &Assignment{Advisor: of, Liaison: liaison, AssignedBy: by.Account, Active: true}
	v.record("assignment.created", "")
	return v
}

// End ends it. others is how many who can act look after the advisor besides: a liaison
// leaves nobody without one, and only a custodian does.
func (v *Assignment) End(by Actor, others int, now time.Time) error {
	if v.EndedAt != nil {
		return Refuse(Conflict, "it has ended already")
	}
	if by.Role == Liaison && others == 0 {
		return Refuse(Conflict, "nobody else looks after the advisor; assign another liaison first, or ask a custodian to end this")
	}
	v.EndedBy, v.EndedAt, v.Active = by.Account, &now, false
	v.record("assignment.ended", "")
	return nil
}

// Next lists what may be done with it.
func (v *Assignment) Next() []Action {
	if v.EndedAt != nil {
		return nil
	}
	return []Action{EndAssignment}
}
