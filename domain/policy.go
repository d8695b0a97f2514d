package domain

import (
	"maps"
	"slices"
	"strings"
)

// Reach says which records a permission covers, as the union of relations
// between the actor and the record. The zero Reach covers none.
type Reach uint8

// The relations. What each means for a kind of record is written once, as SQL,
// beside that kind's table in package repository.
const (
	Self      Reach = 1 << iota // it is the actor's own: account, alias, submission, task
	Own                         // it belongs to the actor's organization
	Shared                      // the actor, or the actor's organization, takes part in it
	Council                     // it belongs to a council on which the actor sits
	Published                   // it is open to everyone
	All                         // every record of its kind
)

// String names the relations, as the policy matrix shows them.
func (r Reach) String() string {
	var names []string
	for i, name := range []string{"self", "own", "shared", "council", "published", "all"} {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " + ")
}

// Action is something that an actor does to a kind of record: "engagement.hold".
type Action string

// Verb is the action without its kind, as it stands in a path and in _actions.
func (a Action) Verb() string { return string(a)[strings.IndexByte(string(a), '.')+1:] }

// Kind is the kind of record that the action is about.
func (a Action) Kind() string { k, _, _ := strings.Cut(string(a), "."); return k }

type grants map[Role]Reach

// inherits names the role that another builds on: a liaison may what staff may,
// a partner's admin what a partner may.
var inherits = map[Role]Role{Liaison: Staff, PartnerAdmin: Partner}

// Reach returns the records on which the actor may do act. What anyone may,
// every role may.
func (a Actor) Reach(act Action) Reach {
	g := policy[act]
	if a.Role == "" {
		return 0
	}
	return g[a.Role] | g[inherits[a.Role]] | g[Anyone]
}

// Actions lists every action of the policy, in order.
func Actions() []Action { return slices.Sorted(maps.Keys(policy)) }

// Permitted lists the roles that may ever do act.
func Permitted(act Action) []Role {
	var out []Role
	for _, r := range Roles() {
		if (Actor{Role: r}).May(act) {
			out = append(out, r)
		}
	}
	return out
}

// The actions, by kind of record. A transition's action has the verb of its path.
const (
	ReadReference Action = "reference.read"

	ReadAccount    Action = "account.read"
	EditAccount    Action = "account.edit"
	SuspendAccount Action = "account.suspend"
	RestoreAccount Action = "account.restore"
	ReadInvitation Action = "invitation.read"
	Invite         Action = "invitation.create"
	RevokeInvite   Action = "invitation.revoke"
	AcceptInvite   Action = "invitation.accept"
	SignIn         Action = "session.create"
	RefreshSession Action = "session.refresh"
	EndSession     Action = "session.end"
	ReadSession    Action = "session.read"
	ReadAuditTrail Action = "audit.read"

	ReadOrganization    Action = "organization.read"
	CreateOrganization  Action = "organization.create"
	EditOrganization    Action = "organization.edit"
	SubmitOrganization  Action = "organization.submit"
	ScreenOrganization  Action = "organization.screen"
	DiligenceOrg        Action = "organization.begin_due_diligence"
	ReviewOrganization  Action = "organization.begin_legal_ethics_review"
	ApproveOrganization Action = "organization.approve"
	ConditionOrg        Action = "organization.approve_with_conditions"
	DeclineOrganization Action = "organization.decline"
	SuspendOrganization Action = "organization.suspend"
	RestoreOrganization Action = "organization.restore"
	DebarOrganization   Action = "organization.debar"
	ReadContact         Action = "contact.read"
	CreateContact       Action = "contact.create"
	EditContact         Action = "contact.edit"
	RemoveContact       Action = "contact.remove"
	ReadCheck           Action = "check.read"
	RequestCheck        Action = "check.create"
	RecordCheck         Action = "check.record"
)

// policy is the whole of who may do what. What is not here is refused.
var policy = map[Action]grants{
	ReadReference: {Anyone: Published},

	// Accounts. Nobody reads another's sessions or credentials.
	ReadAccount:    {Admin: All, PartnerAdmin: Own | Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	EditAccount:    {Admin: All, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, System: All},
	SuspendAccount: {Admin: All, PartnerAdmin: Own},
	RestoreAccount: {Admin: All, PartnerAdmin: Own},
	ReadInvitation: {Admin: All, PartnerAdmin: Own, Liaison: Self, System: All},
	Invite:         {Admin: All, PartnerAdmin: Own, Liaison: Self, System: All},
	RevokeInvite:   {Admin: All, PartnerAdmin: Own, Liaison: Self},
	AcceptInvite:   {Anyone: Published, System: All},
	SignIn:         {Anyone: Published},
	RefreshSession: {Anyone: Published},
	EndSession:     {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, Service: Self, System: All},
	ReadSession:    {Admin: Self, Staff: Self, Custodian: Self, Auditor: Self, Partner: Self, Advising: Self, Service: Self, System: All},
	ReadAuditTrail: {Auditor: All},

	// Organizations. A partner sees its own file; what is published of others
	// is on the public register and nowhere else.
	ReadOrganization:    {Admin: All, Staff: All, Partner: Own, System: All},
	CreateOrganization:  {Staff: All, System: All},
	EditOrganization:    {Staff: All, PartnerAdmin: Own, System: All},
	SubmitOrganization:  {Staff: All, PartnerAdmin: Own},
	ScreenOrganization:  {Staff: All},
	DiligenceOrg:        {Staff: All},
	ReviewOrganization:  {Staff: All},
	ApproveOrganization: {Staff: All},
	ConditionOrg:        {Staff: All},
	DeclineOrganization: {Staff: All},
	SuspendOrganization: {Staff: All},
	RestoreOrganization: {Staff: All},
	DebarOrganization:   {Staff: All},
	ReadContact:         {Staff: All, Partner: Own},
	CreateContact:       {Staff: All, PartnerAdmin: Own},
	EditContact:         {Staff: All, PartnerAdmin: Own},
	RemoveContact:       {Staff: All, PartnerAdmin: Own},
	ReadCheck:           {Staff: All},
	RequestCheck:        {Staff: All},
	RecordCheck:         {Staff: All},
}
