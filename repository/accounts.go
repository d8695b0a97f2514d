package repository

import (
	"context"
	"errors"
	"slices"

	"accord/domain"
)

// Accounts is the table of accounts.
type Accounts struct {
	table[domain.Account, *domain.Account]
}

func accounts(s *Session) Accounts {
	return Accounts{newTable[domain.Account](s, domain.ReadAccount, accountReach, sorts{"name": "name", "created_at": "created_at"})}
}

func accountReach(a domain.Actor) []relation {
	return []relation{
		{domain.Self, "r.id = ?", []any{a.Account}},
		{domain.Own, "r.organization = ?", []any{a.Organization}},
		lookedAfter(a),
	}
}

// ofColleague is what belongs to an account of an organization, wherever the account was
// when it was made: a merge that is undone gives people back.
const ofColleague = "r.account IN (SELECT a.id FROM accounts a WHERE a.organization = ?)"

// noAdvisors are the accounts and invitations that an admin looks after: who is
// an advisor is not an admin's to know.
var noAdvisors = relation{domain.Entrusted, "r.role <> 'advisor'", nil}

// lookedAfter are the accounts entrusted to an actor: a liaison's are those of
// advisors, an admin's all others.
func lookedAfter(a domain.Actor) relation {
	if a.Role == domain.Liaison {
		return relation{domain.Entrusted, "r.role = 'advisor'", nil}
	}
	return noAdvisors
}

// AccountFilter narrows a list; an empty field does not.
type AccountFilter struct{ Role, Stage string }

// List returns a page of accounts.
func (t Accounts) List(ctx context.Context, f AccountFilter, p Page) (Rows[domain.Account], error) {
	q := t.within(ctx, t.read)
	if f.Role != "" {
		q = q.Where("role = ?", f.Role)
	}
	if f.Stage != "" {
		q = q.Where("stage = ?", f.Stage)
	}
	return t.list(q, p)
}

// ByLogin finds the account of a sign-in name. Only the server itself asks so.
func (t Accounts) ByLogin(ctx context.Context, login string) (*domain.Account, error) {
	return one[domain.Account, *domain.Account](t.within(ctx, t.read).Where("login = ?", domain.FoldLogin(login)))
}

// Nobody is the id of no account, as long as any.
const Nobody domain.AccountID = "00000000-0000-0000-0000-000000000000"

// IDByLogin is the id of whoever has a sign-in name, or Nobody, at the same cost.
// Only the server itself asks so.
func (t Accounts) IDByLogin(ctx context.Context, login string) (id domain.AccountID, err error) {
	err = t.s.mechanism(ctx).Raw("SELECT COALESCE((SELECT id FROM accounts WHERE login = ?), ?)", domain.FoldLogin(login), Nobody).Scan(&id).Error
	return id, err
}

// Unspoken refuses an advisor for whom an account speaks: a second one would be
// someone else's view of what is the advisor's own. Only the server itself asks so.
func (t Accounts) Unspoken(ctx context.Context, advisor domain.AdvisorID) error {
	var n int64
	err := t.within(ctx, t.read).Where("advisor <> '' AND advisor = ?", advisor).Count(&n).Error
	if err == nil && n > 0 {
		return domain.Refuse(domain.Conflict, "the advisor has an account")
	}
	return err
}

// actorOf is an account as one who asks now.
func (s *Session) actorOf(ctx context.Context, a *domain.Account) (domain.Actor, error) {
	actor := a.Actor()
	if a.Organization == "" {
		return actor, nil
	}
	o, err := s.system().Organizations.Get(ctx, a.Organization)
	if err != nil {
		return domain.Actor{}, err
	}
	actor.Vetting = o.Stage.Now()
	return actor, nil
}

// RevokeAllBy makes every pending invitation by an account useless, whoever asks:
// the caller has been allowed to stop the account, or to change its role.
func (t Invitations) RevokeAllBy(ctx context.Context, account domain.AccountID) error {
	system := t.s.system()
	var pending []domain.Invitation
	err := system.Invitations.within(ctx, domain.RevokeInvite).Where("invited_by = ? AND stage = ?", account, domain.InvitationPending).Order("id").Find(&pending).Error
	if err != nil {
		return err
	}
	return system.Invitations.revokeAll(ctx, pending)
}

func (t Invitations) revokeAll(ctx context.Context, pending []domain.Invitation) error {
	for _, p := range pending {
		_, err := t.Update(ctx, domain.RevokeInvite, p.ID, nil, func(_ *Session, i *domain.Invitation) error { return i.Revoke() })
		if err != nil && !errors.Is(err, domain.Conflict) { // accepted or revoked meanwhile
			return err
		}
	}
	return nil
}

// Hold is the account under lock, so that what rests on its password, its stage
// or its factors can be done. Only the server itself asks so.
func (t Accounts) Hold(ctx context.Context, id domain.AccountID) (*domain.Account, error) {
	return t.lock(ctx, domain.ReadAccount, id, nil)
}

// Sessions is the table of sign-ins.
type Sessions struct {
	table[domain.Session, *domain.Session]
}

func sessions(s *Session) Sessions {
	return Sessions{newTable[domain.Session](s, domain.ReadSession, sessionReach, sorts{"created_at": "created_at"})}
}

func sessionReach(a domain.Actor) []relation {
	return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
}

// Open returns a page of the actor's sessions that can be refreshed, the newest first.
func (t Sessions) Open(ctx context.Context, p Page) (Rows[domain.Session], error) {
	if p.Sort == "" {
		p.Sort = "-created_at"
	}
	now := t.s.Now()
	return t.list(t.within(ctx, t.read).Where("ended_at IS NULL AND expires_at > ? AND updated_at >= ?", now, now.Add(-domain.SessionIdle)), p)
}

// CreateAs stores a session that an account begins, as its own doing. The server
// has let it in.
func (t Sessions) CreateAs(ctx context.Context, a *domain.Account, v *domain.Session) error {
	as, err := t.s.actorOf(ctx, a)
	if err != nil {
		return err
	}
	return t.s.As(as).Sessions.Create(ctx, domain.EndSession, v)
}

// EndAll ends every session of an account, whoever started it, but for those
// that are spared. The caller has been allowed to suspend the account, or is it.
func (t Sessions) EndAll(ctx context.Context, account domain.AccountID, reason string, spared ...domain.ID[domain.Session]) error {
	system := t.s.As(domain.Actor{Role: domain.System})
	var open []domain.Session
	if err := system.Sessions.within(ctx, domain.EndSession).Where("account = ? AND ended_at IS NULL", account).Order("id").Find(&open).Error; err != nil {
		return err
	}
	for _, o := range open {
		if slices.Contains(spared, o.ID) {
			continue
		}
		_, err := system.Sessions.Update(ctx, domain.EndSession, o.ID, nil, func(s *Session, v *domain.Session) error {
			return v.End(reason, s.Now())
		})
		if err != nil && !errors.Is(err, domain.Unauthenticated) { // it ended by itself meanwhile
			return err
		}
	}
	return nil
}

// Standing is what an access token's session, or an account, is worth now. Nobody
// stands for one that is not live.
type Standing struct {
	Actor domain.Actor
	Live  bool
}

// Standing reads whether a session still stands and who it speaks for.
func (s *Store) Standing(ctx context.Context, id domain.ID[domain.Session]) (Standing, error) {
	return s.standing(ctx, "SELECT account, method FROM sessions WHERE id = ? AND ended_at IS NULL AND expires_at > ?", id, s.now())
}

// StandingOf reads who an account is now, for what is done in its name when nobody is
// there.
func (s *Store) StandingOf(ctx context.Context, id domain.AccountID) (Standing, error) {
	return s.standing(ctx, "SELECT id AS account, '' AS method FROM accounts WHERE id = ?", id)
}

// standing reads, in one query, who speaks for the account that a query names with
// the method by which it came. Role and organization, and whether that is approved,
// come from here and never from a token or a key.
func (s *Store) standing(ctx context.Context, who string, vars ...any) (Standing, error) {
	var rows []struct {
		ID, Role, Organization, Vetting, Advisor, Office string
		Factored                                         bool
		Method                                           domain.SignInMethod
	}
	err := s.bare().mechanism(ctx).Raw(`SELECT a.id, a.role, COALESCE(NULLIF(was.merged_into, ''), a.organization) AS organization,
		COALESCE(o.stage, '') AS vetting, a.advisor, a.office, come.method,
		EXISTS (SELECT 1 FROM factors f WHERE f.account = a.id AND f.stage = 'active') AS factored
		FROM (`+who+`) AS come JOIN accounts a ON a.id = come.account LEFT JOIN organizations was ON was.id = a.organization
		LEFT JOIN organizations o ON o.id = COALESCE(NULLIF(was.merged_into, ''), a.organization)
		WHERE a.stage = 'active'`, vars...).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return Standing{}, err
	}
	r := rows[0]
	return Standing{Live: true, Actor: domain.Actor{
		Account: domain.AccountID(r.ID), Role: domain.Role(r.Role), Organization: domain.OrganizationID(r.Organization),
		Vetting: domain.OrganizationStage(r.Vetting), Advisor: domain.AdvisorID(r.Advisor), Office: r.Office,
		Enrolling: domain.Role(r.Role).MustEnroll(r.Method, r.Factored),
	}}, nil
}

// Invitations is the table of invitations.
type Invitations struct {
	table[domain.Invitation, *domain.Invitation]
}

func invitations(s *Session) Invitations {
	return Invitations{newTable[domain.Invitation](s, domain.ReadInvitation, invitationReach, sorts{"created_at": "created_at"})}
}

func invitationReach(a domain.Actor) []relation {
	return []relation{
		{domain.Self, "r.invited_by = ?", []any{a.Account}},
		{domain.Own, "r.organization = ?", []any{a.Organization}},
		noAdvisors,
	}
}

// List returns a page of invitations.
func (t Invitations) List(ctx context.Context, p Page) (Rows[domain.Invitation], error) {
	return t.list(t.within(ctx, t.read), p)
}

// ByToken finds an invitation by the hash of its token. Only the server itself
// asks so.
func (t Invitations) ByToken(ctx context.Context, hash string) (*domain.Invitation, error) {
	return one[domain.Invitation, *domain.Invitation](t.within(ctx, t.read).Where("token_hash = ?", hash))
}

// Vouched refuses an invitation to an advisor's account by who doesn't look after the
// advisor any more: whoever holds its token would come to read as the advisor. It asks
// for every invitation, so that none takes longer. Only the server itself asks so.
func (t Invitations) Vouched(ctx context.Context, i *domain.Invitation) error {
	var n int64
	err := t.s.mechanism(ctx).Raw("SELECT count(*) FROM assignments WHERE advisor = ? AND liaison = ? AND ended_at IS NULL", i.Advisor, i.InvitedBy).Scan(&n).Error
	if err == nil && i.Advisor != "" && n == 0 {
		return domain.Refuse(domain.Conflict, "whoever invited you can't any more; ask for another invitation")
	}
	return err
}

// Peopled reports whether an organization has people, or an admin who is still to
// come, by another invitation than this. Only the server itself asks so.
func (t Invitations) Peopled(ctx context.Context, org domain.OrganizationID, but domain.InvitationID) (bool, error) {
	people, err := t.s.Accounts.Members(ctx, org)
	if err != nil || len(people) > 0 {
		return true, err
	}
	var n int64
	err = t.within(ctx, t.read).Where("organization = ? AND role = ? AND stage = ? AND expires_at > ? AND id <> ?",
		org, domain.PartnerAdmin, domain.InvitationPending, t.s.Now(), but).Count(&n).Error
	return n > 0, err
}

// RevokeFirst makes every pending invitation of a first admin useless.
func (t Invitations) RevokeFirst(ctx context.Context) error {
	var pending []domain.Invitation
	err := t.within(ctx, domain.RevokeInvite).
		Where("invited_by = '' AND role = ? AND stage = ?", domain.Admin, domain.InvitationPending).Find(&pending).Error
	if err != nil {
		return err
	}
	return t.revokeAll(ctx, pending)
}

// Unclaimed reports whether nobody has an account yet, as on the first start.
func (s *Session) Unclaimed(ctx context.Context) (bool, error) {
	var n int64
	err := s.mechanism(ctx).Model(&domain.Account{}).Limit(1).Count(&n).Error
	return n == 0, err
}

// Untouched reports whether nothing was ever recorded but invitations to the
// first account and the server's own keys.
func (s *Session) Untouched(ctx context.Context) (bool, error) {
	var any []string
	err := s.mechanism(ctx).Model(&AuditEntry{}).Where("record_kind NOT IN ('invitations', 'signing_keys', 'retention')").Limit(1).Pluck("id", &any).Error
	return len(any) == 0, err
}
