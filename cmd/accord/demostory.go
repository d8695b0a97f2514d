package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accord/domain"
	"accord/repository"
)

// storyClock is the time in which the demonstration office lives while its story
// is told.
type storyClock struct{ now time.Time }

// Now is that time.
func (c *storyClock) Now() time.Time { return c.now }

// story makes the demonstration office: everything in it happens through the
// domain's own steps, by the one who may take them, on a day of its own.
type story struct {
	ctx     context.Context
	store   *repository.Store
	tx      *repository.Session
	clock   *storyClock
	present time.Time
	// known is the hash of the password that is printed, locked that of one that
	// nobody knows.
	known, locked string
	// secret is what the second factors make their codes from.
	secret  string
	moments []moment

	staff, reviewer, liaison, advisor domain.Actor
	// Those that later moments name, by the name that the tables give them.
	organizations map[string]*domain.Organization
	partners      map[string]domain.Actor
	advisors      []*domain.Advisor
	initiatives   map[string]domain.InitiativeID
	partnerships  map[string]domain.PartnershipID
	clerks        map[string]domain.Actor
	memberships   map[string]*domain.Relationship
	council       *domain.AdvisoryCouncil
}

// moment is something that happens at a time.
type moment struct {
	at time.Time
	do func() error
}

func newStory(ctx context.Context, store *repository.Store, tx *repository.Session, clock *storyClock, known, locked, secret string) *story {
	return &story{
		ctx: ctx, store: store, tx: tx, clock: clock, present: clock.now, known: known, locked: locked, secret: secret,
		organizations: map[string]*domain.Organization{}, memberships: map[string]*domain.Relationship{}, partners: map[string]domain.Actor{},
		initiatives: map[string]domain.InitiativeID{}, partnerships: map[string]domain.PartnershipID{}, clerks: map[string]domain.Actor{},
	}
}

// tell lets everything happen in the order of its days, and of one day in the
// order in which it was planned.
func (s *story) tell() error {
	for _, chapter := range []func(){
		s.planPeople, s.planOrganizations, s.planTies, s.planAdvisors, s.planCouncil, s.planRecommendations, s.planInitiatives,
		s.planEngagements, s.planConsultations, s.planPartnerships, s.planCommitments,
	} {
		chapter()
	}
	slices.SortStableFunc(s.moments, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range s.moments {
		s.clock.now = m.at
		if err := m.do(); err != nil {
			return fmt.Errorf("the demonstration office, %s: %w", domain.DateOf(m.at), err)
		}
	}
	s.clock.now = s.present
	return nil
}

// ago is a moment on a day before the present one, in working hours; zero is
// now. Below zero it lies ahead.
func (s *story) ago(days int) time.Time {
	if days == 0 {
		return s.present
	}
	y, m, d := s.present.UTC().AddDate(0, 0, -days).Date()
	return time.Date(y, m, d, 15, 0, 0, 0, time.UTC)
}

// day is the day of ago.
func (s *story) day(ago int) domain.Date { return domain.DateOf(s.ago(ago)) }

// plan lets something happen so many days ago. What would lie ahead of the
// present does not happen.
func (s *story) plan(ago int, do ...func() error) {
	for _, step := range do {
		if ago >= 0 {
			s.moments = append(s.moments, moment{s.ago(ago), step})
		}
	}
}

func (s *story) now() time.Time     { return s.clock.now }
func (s *story) today() domain.Date { return domain.DateOf(s.clock.now) }

// as is the office as somebody reaches it.
func (s *story) as(a domain.Actor) *repository.Session { return s.tx.As(a) }

// changing is a table whose records change.
type changing[T any] interface {
	Update(context.Context, domain.Action, domain.ID[T], repository.Match[*T], func(*repository.Session, *T) error) (*T, error)
}

// change alters a record by one of its own steps.
func change[T any](s *story, t changing[T], act domain.Action, id domain.ID[T], do func(*T) error) error {
	_, err := t.Update(s.ctx, act, id, nil, func(_ *repository.Session, v *T) error { return do(v) })
	return err
}

// planPeople makes the accounts of the office. Those of partners and of the
// advisor follow when there is what they belong to.
func (s *story) planPeople() {
	for _, a := range signIns {
		switch a.role {
		case domain.PartnerAdmin, domain.Partner, domain.Advising:
			continue
		}
		s.plan(firstDay, func() error {
			actor, err := s.account(a.login, a.role, "", "", s.known)
			switch {
			case a.role == domain.Liaison:
				s.liaison = actor
			case a.role == domain.Staff && s.staff.Account == "":
				s.staff = actor
			case a.role == domain.Staff:
				s.reviewer = actor
			}
			return err
		})
	}
	s.plan(firstDay, func() error { return s.tx.Invitations.RevokeFirst(s.ctx) }, s.aFormerColleague)
	s.plan(3, s.invitations)
}

// account makes an account with a hashed password.
func (s *story) account(login string, role domain.Role, org domain.OrganizationID, advisor domain.AdvisorID, password string) (domain.Actor, error) {
	a, err := domain.NewAccount(domain.AccountDraft{
		Login: login, Name: accountName(role), Role: role, Organization: org, Advisor: advisor, Office: offices[role], Password: password,
	})
	if err != nil {
		return domain.Actor{}, err
	}
	if err := s.tx.Accounts.Create(s.ctx, domain.EditAccount, a); err != nil {
		return domain.Actor{}, err
	}
	return a.Actor(), s.secondFactor(a)
}

// secondFactor enrolls an authenticator app where the role needs one.
func (s *story) secondFactor(a *domain.Account) error {
	if !a.Role.NeedsFactor() || a.Password != s.known {
		return nil
	}
	f := domain.NewTOTP(a.ID, domain.NewSecret(s.secret))
	if err := f.Confirm(0); err != nil {
		return err
	}
	return s.tx.Factors.Create(s.ctx, domain.EnrollFactor, f)
}

func (s *story) aFormerColleague() error {
	former, err := s.account("former-staff@demo.example", domain.Staff, "", "", s.locked)
	if err != nil {
		return err
	}
	admin, err := s.tx.Accounts.ByLogin(s.ctx, signIns[0].login)
	if err != nil {
		return err
	}
	return change(s, s.as(admin.Actor()).Accounts, domain.SuspendAccount, former.Account, func(a *domain.Account) error { return a.Suspend(admin.Actor(), "Left the office.") })
}

// invitations are one that waits, one that is used and one that is taken back.
func (s *story) invitations() error {
	by := s.partners[partnerKey]
	by.Role = domain.PartnerAdmin
	for _, then := range []func(*domain.Invitation) error{
		func(*domain.Invitation) error { return nil },
		func(i *domain.Invitation) error {
			a, err := i.Accept("joined@harborlight.example", "Harborlight Freight, a new colleague", s.locked, s.now())
			if err != nil {
				return err
			}
			return s.tx.Accounts.Create(s.ctx, domain.EditAccount, a)
		},
		func(i *domain.Invitation) error { return i.Revoke() },
	} {
		i, err := domain.NewInvitation(by, domain.InvitationDraft{Role: domain.Partner, Organization: by.Organization}, s.tx.NewID(), s.now())
		if err != nil {
			return err
		}
		if err := then(i); err != nil {
			return err
		}
		if err := s.tx.Invitations.Create(s.ctx, domain.Invite, i); err != nil {
			return err
		}
	}
	return nil
}

// planOrganizations takes every organization of the table as far in vetting as
// it says.
func (s *story) planOrganizations() {
	for i, d := range demoOrganizations {
		s.plan(d.since, func() error { return s.newOrganization(i, d) })
		for step, walk := range s.vetting(d) {
			s.plan(d.since-4*(step+1), walk)
		}
	}
}

func (s *story) newOrganization(i int, d demoOrganization) error {
	o, err := domain.NewOrganization(domain.OrganizationDraft{
		LegalName: d.name, OtherNames: d.otherNames, Type: d.kind, SurvivorLed: d.attestedBy != "", AttestedBy: d.attestedBy,
		Identifiers: []domain.Identifier{{Scheme: "org-id", Value: fmt.Sprintf("XX-DEMO-%04d", i+1)}},
		Website:     "https://" + d.key + ".example", Country: d.country, Sector: d.sector, Languages: []string{"en"},
	})
	if err != nil {
		return err
	}
	if err := s.as(s.staff).Organizations.Create(s.ctx, domain.CreateOrganization, o); err != nil {
		return err
	}
	s.organizations[d.key] = o
	c, err := domain.NewContact(o.ID, domain.ContactDraft{Name: "Partnership desk", Title: "Shared mailbox", Email: "partnerships@" + d.key + ".example"})
	if err != nil {
		return err
	}
	return s.as(s.staff).Contacts.Create(s.ctx, domain.CreateContact, c)
}

// vetting are the steps by which an organization comes to its stage.
func (s *story) vetting(d demoOrganization) []func() error {
	step := func(by *domain.Actor, act domain.Action, do func(*domain.Organization) error) func() error {
		return func() error {
			return change(s, s.as(*by).Organizations, act, s.organizations[d.key].ID, func(o *domain.Organization) error {
				if err := do(o); err != nil {
					return err
				}
				s.organizations[d.key] = o
				return nil
			})
		}
	}
	advance := func(act domain.Action) func() error {
		return step(&s.staff, act, func(o *domain.Organization) error { return o.Advance(act) })
	}
	end := func(act domain.Action, reason string) func() error {
		return step(&s.reviewer, act, func(o *domain.Organization) error { return o.End(act, reason) })
	}
	path := []func() error{
		step(&s.staff, domain.SubmitOrganization, func(o *domain.Organization) error { return o.Submit(s.staff) }),
		advance(domain.ScreenOrganization), advance(domain.DiligenceOrg), func() error { return s.checks(d, domain.CheckClear) }, advance(domain.ReviewOrganization),
		func() error { return s.approve(d) }, func() error { return s.partner(d) },
	}
	switch d.stage {
	case domain.OrganizationDrafted:
		return nil
	case domain.OrganizationIntake:
		return path[:1]
	case domain.OrganizationScreening:
		return path[:2]
	case domain.OrganizationDueDiligence:
		return append(path[:3], func() error { return s.checks(d, domain.CheckPending) })
	case domain.OrganizationLegalEthicsReview:
		return path[:5]
	case domain.OrganizationDeclined:
		return append(path[:3], func() error { return s.checks(d, domain.CheckHit) }, end(domain.DeclineOrganization, "A list names the owner."))
	case domain.OrganizationSuspended:
		return append(path, end(domain.SuspendOrganization, "An allegation is being looked into."))
	case domain.OrganizationDebarred:
		return append(path, end(domain.DebarOrganization, "The allegation was found true."))
	}
	return path
}

// checks are asked for by one and concluded by another; one of them as found
// says.
func (s *story) checks(d demoOrganization, found domain.CheckResult) error {
	rules, err := s.as(s.reviewer).VettingRules.Current(s.ctx)
	if err != nil {
		return err
	}
	for i, kind := range domain.CheckKinds() {
		v := domain.RequestCheckOf(s.organizations[d.key].ID, kind, s.staff)
		if err := s.as(s.staff).Checks.Create(s.ctx, domain.RequestCheck, v); err != nil {
			return err
		}
		result := domain.CheckClear
		if i == 0 {
			result = found
		}
		if kind == domain.CheckForeignInfluence && found == domain.CheckClear && d.stage == domain.OrganizationApprovedConditions {
			result = domain.CheckConcern
		}
		if result == domain.CheckPending {
			continue
		}
		err := change(s, s.as(s.reviewer).Checks, domain.RecordCheck, v.ID, func(c *domain.Check) error {
			return c.Conclude(s.reviewer, domain.CheckFinding{
				Result: result, Source: "Example screening list", Evidence: "Searched by name and identifier.",
				CheckedOn: s.today(), ExpiresOn: s.day(-400),
			}, rules, s.now())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *story) approve(d demoOrganization) error {
	act, conditions := domain.ApproveOrganization, []domain.Condition(nil)
	if d.stage == domain.OrganizationApprovedConditions {
		act, conditions = domain.ConditionOrg, []domain.Condition{{Text: "No public event together before the audit is done.", DueOn: s.day(-30)}}
	}
	org := s.as(s.reviewer).Organizations
	_, err := org.Update(s.ctx, act, s.organizations[d.key].ID, nil, func(tx *repository.Session, o *domain.Organization) error {
		if err := tx.Organizations.Vetted(s.ctx, o); err != nil {
			return err
		}
		s.organizations[d.key] = o
		return o.Approve(s.reviewer, conditions, *o.Vetting, s.today())
	})
	return err
}

// partner is the account by which an approved organization acts.
func (s *story) partner(d demoOrganization) error {
	org := s.organizations[d.key].ID
	if d.key != partnerKey {
		actor, err := s.account("desk@"+d.key+".example", domain.Partner, org, "", s.locked)
		actor.Vetting = s.organizations[d.key].Stage.Now()
		s.partners[d.key] = actor
		return err
	}
	for _, a := range signIns {
		if a.role != domain.Partner && a.role != domain.PartnerAdmin {
			continue
		}
		actor, err := s.account(a.login, a.role, org, "", s.known)
		if err != nil {
			return err
		}
		actor.Vetting = s.organizations[d.key].Stage.Now()
		s.partners[d.key] = actor
	}
	return nil
}

// organizationIDs are those of organizations by their names in the table.
func (s *story) organizationIDs(keys []string) []domain.OrganizationID {
	out := make([]domain.OrganizationID, len(keys))
	for i, k := range keys {
		out[i] = s.organizations[k].ID
	}
	return out
}

// planAdvisors adds the advisors. The first one signs in; the last two are
// paused and retired when the story is over.
func (s *story) planAdvisors() {
	for i, alias := range demoAliases {
		s.plan(firstDay-5-i, func() error { return s.newAdvisor(i, alias) })
	}
	s.plan(firstDay-30, s.advisorSignsIn)
	last := len(demoAliases) - 1
	move := func(i int, act domain.Action) func() error {
		return func() error {
			return change(s, s.as(s.liaison).Advisors, act, s.advisors[i].ID, func(a *domain.Advisor) error { return a.Move(act) })
		}
	}
	s.plan(20, move(last-1, domain.PauseAdvisor), move(last, domain.RetireAdvisor))
}

func (s *story) newAdvisor(i int, alias string) error {
	topics := domain.Topics()
	a, err := domain.NewAdvisor(alias, domain.AdvisorDraft{
		Expertise: []domain.Topic{topics[i%3], topics[3+i%4]}, Languages: [][]string{{"en"}, {"en", "es"}, {"en", "fr"}}[i%3],
	})
	if err != nil {
		return err
	}
	s.advisors = append(s.advisors, a)
	return s.as(s.liaison).Advisors.Create(s.ctx, domain.CreateAdvisor, a)
}

// advisorSignsIn gives an advisor an account, a vault entry and a way to be
// reached.
func (s *story) advisorSignsIn() (err error) {
	first := s.advisors[0].ID
	if s.advisor, err = s.account("demo-advisor", domain.Advising, "", first, s.known); err != nil {
		return err
	}
	err = change(s, s.as(s.advisor).VaultEntries, domain.WriteVaultEntry, domain.ID[domain.VaultEntry](first), func(e *domain.VaultEntry) error {
		return e.Write(map[domain.VaultField]domain.Secret{
			domain.VaultLegalName: domain.NewSecret("Nobody, for demonstration"), domain.VaultEmail: domain.NewSecret("nobody@demo.example"),
		}, s.now())
	})
	if err != nil {
		return err
	}
	return change(s, s.as(s.liaison).SafeContacts, domain.EditSafeContact, domain.ID[domain.SafeContact](first), func(c *domain.SafeContact) error {
		return c.Edit(domain.SafeContactDraft{
			Channels: []domain.ContactChannel{domain.ChannelPlatform, domain.ChannelEmail}, TimeZone: "America/New_York",
			Hours: []domain.ContactHours{{Day: "tuesday", From: "10:00", Until: "12:00"}}, CodeWord: "paper boat",
			NeverLeaveMessage: true, SenderName: "The Book Club", RecheckOn: s.day(-90), Accommodations: "Questions in writing a week ahead.",
		}, s.now())
	})
}
