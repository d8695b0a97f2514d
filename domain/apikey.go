package domain

import (
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// APIKeyID names an API key.
type APIKeyID = ID[APIKey]

// APIKey lets a program act for the account that made it: the actions that it
// names, as far as its creator may do them at that moment, until it runs out and
// from where it may be used. It is never a session, and nothing that takes a
// person can be done by it.
type APIKey struct {
	Record[APIKey]
	// Account made the key, and what the key does is done in its place;
	// Organization is that account's.
	Account      AccountID
	Organization OrganizationID
	// Name is what its creator calls it.
	Name    string
	Actions List[Action]
	// Ranges are where it may be used from; anywhere if there are none.
	Ranges    List[netip.Prefix]
	ExpiresAt time.Time
	// Secret is the hash of what the program sends; that itself is shown once and
	// not kept. Former is the one before, which is good until FormerUntil.
	Secret      string
	Former      string
	FormerUntil *time.Time
	// LastUsedOn is told to the day: no request waits for it to be written.
	LastUsedOn Date
	// RefusedOn is the day on which it was last sent from where it may not be used.
	RefusedOn Date
	RevokedAt *time.Time
}

// APIKeyStage is where an API key is in its life. It follows from the time.
type APIKeyStage string

// A key works until it runs out or is revoked.
const (
	APIKeyActive  APIKeyStage = "active"
	APIKeyExpired APIKeyStage = "expired"
	APIKeyRevoked APIKeyStage = "revoked"
)

const (
	// APIKeyLife is how long a key works at most: a year, be it a leap year.
	APIKeyLife = 366 * 24 * time.Hour
	// APIKeyOverlap is how long a key's former secret works at most beside the new.
	APIKeyOverlap = 7 * 24 * time.Hour
	// APIKeysOfAccount is how many keys of an account work at one time.
	APIKeysOfAccount = 20
)

// delegable is all that a key can be given. To decide, clear, verify, attest,
// promise, consent, publish or remove takes a person, and so does everything by
// which one gets in or gives rights away. Nothing near advisors is here: no
// participant, council, consultation, submission or document, which may tell who
// spoke, and no row behind a report's figure, which may tell that nobody did. What is missing because nobody thought of it is missing.
var delegable = []Action{
	ReadReference, ReadRegister,
	ReadOrganization, ReadStanding, ReadContact, CreateContact, EditContact,
	ReadInitiative, ReadEngagement, CreateEngagement, EditEngagement,
	ReadPartnership,
	ReadContribution, ReadContributionSums, ReadLedgerEntry, PledgeNew, PledgeContribution, DeliverContribution, ReverseContribution,
	ReadExchangeRate, RecordExchangeRate,
	ReadCommitment, CreateCommitment, EditCommitment, ReadAmendment, ReadVerification,
	ReadMilestone, CreateMilestone, EditMilestone, ReportMilestone,
	ReadIndicator, CreateIndicator, EditIndicator,
	ReadProgressReport, ReadReportSheet, CreateProgressReport, EditProgressReport, SubmitProgressReport,
	ReadReport,
}

// Delegable reports whether an API key can be given the action at all.
func (a Action) Delegable() bool { return slices.Contains(delegable, a) }

// partOf is by what one reads the records of which those of a kind are part.
var partOf = map[string]Action{
	"contact": ReadOrganization, "amendment": ReadCommitment, "milestone": ReadCommitment, "indicator": ReadCommitment,
	"progress_report": ReadCommitment, "report_sheet": ReadCommitment, "verification": ReadCommitment,
}

// Delegation is what an API key leaves of its creator's permissions.
type Delegation struct {
	Key     APIKeyID
	Actions []Action
}

// covers reports whether the key names act and may still be given it: what is no
// longer delegable is out of the reach of keys that were made before.
func (d *Delegation) covers(act Action) bool {
	names := func(act Action) bool { return slices.Contains(d.Actions, act) }
	return act.Delegable() && names(act) && !slices.ContainsFunc(act.needs(), func(read Action) bool { return !names(read) })
}

// needs lists the readings without which a key does nothing by the action: by which
// it finds its record and may show it, and all that the record is judged by. A
// report would else be complete to whom what is missing is not shown.
func (a Action) needs() (reads []Action) {
	if part := partOf[a.Kind()]; part != "" {
		reads = append(reads, part)
	}
	if !strings.HasPrefix(a.Verb(), "read") {
		reads = append(reads, Action(a.Kind()+".read"))
		if a.Kind() == ReadProgressReport.Kind() {
			reads = append(reads, ReadMilestone, ReadIndicator)
		}
	}
	return reads
}

// Through is the actor as it comes by an API key. One near advisors comes as
// somebody who is not.
func (a Actor) Through(d *Delegation) Actor {
	if a.Role == Liaison {
		a.Role = Staff
	}
	a.Key = d
	return a
}

// Delegates reports whether keys of the actor work: whoever could not make one
// now has none.
func (a Actor) Delegates() bool { return a.May(CreateAPIKey) && !a.Enrolling }

// APIKeyDraft is what an API key is made from.
type APIKeyDraft struct {
	Name      string
	Actions   []Action
	Ranges    []string
	ExpiresAt time.Time
}

// NewAPIKey makes a key of the actor's own, for what the actor may do and no more.
// secret is a hash.
func NewAPIKey(by Actor, d APIKeyDraft, secret string, now time.Time) (*APIKey, error) {
	var f Faults
	k := &APIKey{Account: by.Account, Organization: by.Organization, Name: strings.TrimSpace(d.Name), Actions: d.Actions, ExpiresAt: d.ExpiresAt.UTC(), Secret: secret}
	if k.Name == "" {
		f.Add("/name", "required", "say what the key is for")
	}
	k.checkActions(&f, by)
	k.checkRanges(&f, d.Ranges)
	checkExpiry(&f, d.ExpiresAt, now)
	if err := f.Err(); err != nil {
		return nil, err
	}
	k.record("api_key.created", "")
	return k, nil
}

func (k *APIKey) checkActions(f *Faults, by Actor) {
	if len(k.Actions) == 0 {
		f.Add("/actions", "required", "name at least one action")
	}
	own := by.Through(&Delegation{Actions: delegable})
	for i, act := range k.Actions {
		at := fmt.Sprintf("/actions/%d", i)
		switch {
		case policy[act] == nil:
			f.Add(at, "unknown_value", "is no action; they are named as commitment.read is")
		case !act.Delegable():
			f.Add(at, "not_delegable", "no key can do this: it takes somebody who is signed in")
		case !own.May(act):
			f.Add(at, "not_yours", "a key does no more than who makes it, and you may not do this")
		case slices.Index(k.Actions, act) < i:
			f.Add(at, "repeated", "is named before")
		default:
			k.checkReading(f, at, act)
		}
	}
}

// checkReading refuses an action without the readings that it needs.
func (k *APIKey) checkReading(f *Faults, at string, act Action) {
	for _, read := range act.needs() {
		if !slices.Contains(k.Actions, read) {
			f.Add(at, "needs_read", "name %s too: by it the record is found, shown or judged", read)
		}
	}
}

// checkRanges reads addresses and ranges (RFC 4632). One whose last bits are not
// zero may be a mistyped one.
func (k *APIKey) checkRanges(f *Faults, ranges []string) {
	for i, text := range ranges {
		p, err := netip.ParsePrefix(text)
		if a, single := netip.ParseAddr(text); single == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		switch at := fmt.Sprintf("/address_ranges/%d", i); {
		case err != nil:
			f.Add(at, "invalid", "is no address and no range such as 198.51.100.0/24 or 2001:db8::/32")
		case p.Addr().Is4In6():
			f.Add(at, "invalid", "write an IPv4 address as one, such as 198.51.100.7")
		case p != p.Masked():
			f.Add(at, "invalid", "has bits beyond its length; did you mean %s?", p.Masked())
		default:
			k.Ranges = append(k.Ranges, p)
		}
	}
}

func checkExpiry(f *Faults, at, now time.Time) {
	if !at.After(now) || at.After(now.Add(APIKeyLife)) {
		f.Add("/expires_at", "invalid", "lies ahead, at most a year")
	}
}

// Stage is where the key is in its life.
func (k *APIKey) Stage(now time.Time) APIKeyStage {
	switch {
	case k.RevokedAt != nil:
		return APIKeyRevoked
	case !now.Before(k.ExpiresAt):
		return APIKeyExpired
	}
	return APIKeyActive
}

// Admits reports whether what was sent, known by its hash, lets in from an address
// now.
func (k *APIKey) Admits(secret string, from netip.Addr, now time.Time) bool {
	return k.good(secret, now) && k.usableFrom(from)
}

// Elsewhere reports whether what was sent would let in from another address: then
// somebody may have it who should not.
func (k *APIKey) Elsewhere(secret string, from netip.Addr, now time.Time) bool {
	return k.good(secret, now) && !k.usableFrom(from)
}

func (k *APIKey) good(secret string, now time.Time) bool {
	current := same(secret, k.Secret) || same(secret, k.Former) && k.FormerUntil != nil && now.Before(*k.FormerUntil)
	return current && k.Stage(now) == APIKeyActive
}

// Misplaced keeps that the key was refused on a day because of the address; once a
// day.
func (k *APIKey) Misplaced(on Date) error {
	if k.RefusedOn >= on {
		return Refuse(Conflict, "this is kept already")
	}
	k.RefusedOn = on
	k.record("api_key.misplaced", "")
	return nil
}

// apiKeyReminders are how many days before a key runs out its creator is told,
// the nearest first.
var apiKeyReminders = []int{1, 14}

// APIKeyHorizon is how far ahead a key's end is told of.
const APIKeyHorizon = 14 * 24 * time.Hour

// Reminder is how many days before its end the creator is told of it now, if that
// is to be told: of what would have been due before the key was made, nothing is.
func (k *APIKey) Reminder(now time.Time) (days int, due bool) {
	for _, days := range apiKeyReminders {
		at := k.ExpiresAt.Add(-time.Duration(days) * 24 * time.Hour)
		if !now.Before(at) {
			return days, k.Stage(now) == APIKeyActive && at.After(k.CreatedAt)
		}
	}
	return 0, false
}

// same compares hashes in a time that tells nothing of them.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (k *APIKey) usableFrom(a netip.Addr) bool {
	return len(k.Ranges) == 0 || slices.ContainsFunc(k.Ranges, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Rotate gives the key another secret and expiry. The one before goes on working
// for overlap, and no longer than it would have; the one before that ends.
func (k *APIKey) Rotate(secret string, expires time.Time, overlap time.Duration, now time.Time) error {
	if stage := k.Stage(now); stage != APIKeyActive {
		return Refuse(Conflict, "the key is %s; make another", stage)
	}
	var f Faults
	checkExpiry(&f, expires, now)
	if overlap < 0 || overlap > APIKeyOverlap {
		f.Add("/overlap_hours", "invalid", "at most %d hours", int(APIKeyOverlap.Hours()))
	}
	if err := f.Err(); err != nil {
		return err
	}
	until := now.Add(overlap)
	if k.ExpiresAt.Before(until) {
		until = k.ExpiresAt
	}
	k.Former, k.FormerUntil, k.Secret, k.ExpiresAt = k.Secret, &until, secret, expires.UTC()
	k.record("api_key.rotated", "")
	return nil
}

// Revoke ends the key at once.
func (k *APIKey) Revoke(now time.Time) error {
	if stage := k.Stage(now); stage != APIKeyActive {
		return Refuse(Conflict, "the key is %s already", stage)
	}
	k.RevokedAt = &now
	k.record("api_key.revoked", "")
	return nil
}

// Next lists what may be done with the key now.
func (k *APIKey) Next(now time.Time) []Action {
	if k.Stage(now) != APIKeyActive {
		return nil
	}
	return []Action{RotateAPIKey, RevokeAPIKey}
}
