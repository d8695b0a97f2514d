package domain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RetentionKept is the event that something went by the schedule.
const RetentionKept = "retention.kept"

// RetentionLine says of some rows of a table when they go by themselves, and why
// (ASVS 5.0, 14.2.7). What goes so is told of in the trail by its number alone.
type RetentionLine struct {
	// Name is by what a setting, the trail and the metrics call it: the table, and
	// after a dot which of its rows.
	Name string
	// What goes, and After what.
	What, After string
	// Days are for how many it stays after that, between Least and Most: an office
	// may set another number. Where these are the same it can't.
	Days, Least, Most int
	// Hourly is for what lives for hours. It is no record, and the trail doesn't tell
	// of it: how much went in an hour would tell when somebody was here whose time is
	// nobody's to know. All else goes once a day, by whole days of UTC.
	Hourly bool
	Why    string
}

// Table is the one that holds the rows.
func (l RetentionLine) Table() string {
	table, _, _ := strings.Cut(l.Name, ".")
	return table
}

// Before is until when something must have happened for its rows to go now.
func (l RetentionLine) Before(now time.Time) time.Time {
	if !l.Hourly {
		now = now.UTC().Truncate(24 * time.Hour)
	}
	return now.Add(-time.Duration(l.Days) * 24 * time.Hour)
}

// Lasting is a table of which nothing goes by a schedule, and why.
type Lasting struct {
	Table, Why string
}

// Schedule is all that goes by itself.
type Schedule []RetentionLine

// StandardSchedule is the schedule of an office that sets nothing.
func StandardSchedule() Schedule { return slices.Clone(schedule) }

// LastingTables are those of which nothing goes by a schedule. Each table of the
// database is there or in the schedule.
func LastingTables() []Lasting { return slices.Clone(lasting) }

// With is the schedule with other spans, as a setting has them:
// "sessions=14,invitations=60", in days. It refuses a line that is none or that
// nobody may set, and a number that is out of bounds.
func (s Schedule) With(spans string) (Schedule, error) {
	out := slices.Clone(s)
	set := map[string]bool{}
	for span := range strings.SplitSeq(spans, ",") {
		if span = strings.TrimSpace(span); span == "" {
			continue
		}
		name, number, _ := strings.Cut(span, "=")
		i := slices.IndexFunc(out, func(l RetentionLine) bool { return l.Name == name && l.Least < l.Most })
		if i < 0 {
			return nil, fmt.Errorf("%q is no span that can be set; take one of %s", name, out.settable())
		}
		if set[name] {
			return nil, fmt.Errorf("%s is set twice", name)
		}
		days, err := strconv.Atoi(number)
		if l := out[i]; err != nil || days < l.Least || days > l.Most {
			return nil, fmt.Errorf("%s takes from %d to %d days: write %s=%d", name, l.Least, l.Most, name, l.Days)
		}
		out[i].Days, set[name] = days, true
	}
	return out, nil
}

func (s Schedule) settable() string {
	var names []string
	for _, l := range s {
		if l.Least < l.Most {
			names = append(names, l.Name)
		}
	}
	return strings.Join(names, ", ")
}

var schedule = Schedule{
	{Name: "sessions", What: "sign-ins", After: "they ran out", Days: 30, Least: 1, Most: 365,
		Why: "Who was signed in when is in the trail. A token of one that is gone is refused as of one that has ended, a copied one too."},
	{Name: "devices", What: "devices by which an account is known, but for its newest", After: "their first sign-in", Days: 365, Least: 30, Most: 730,
		Why: "One that signs in again is told of as new, and known again."},
	{Name: "factors", What: "authenticator apps that were begun and never confirmed", After: "they were begun", Days: 1, Least: 1, Most: 30,
		Why: "They are a secret that nobody uses."},
	{Name: "ceremonies", What: "challenges to passkeys", After: "they ran out", Hourly: true,
		Why: "They are good for minutes."},
	{Name: "used_links", What: "marks of links to files that were used", After: "the links ran out", Hourly: true,
		Why: "A link that has run out opens nothing."},
	{Name: "invitations", What: "invitations, whatever became of them", After: "they ran out", Days: 90, Least: 30, Most: 365,
		Why: "Who was brought in by whom stands on the account. One whose applicant can still ask for another stays till then."},
	{Name: "resets", What: "resets, whatever became of them", After: "their last step", Days: 90, Least: 7, Most: 365,
		Why: "A request that nobody answered says that somebody lost a password, and a proposal must not be confirmed from oblivion."},
	{Name: "api_keys", What: "of keys that ended the hashes and the addresses from which they worked; the row stays, since histories tell by it who acted",
		After: "they ran out or were revoked", Days: 90, Least: 7, Most: 730,
		Why: "The addresses tell where a partner's servers are."},
	{Name: "signing_keys", What: "retired keys, of which no more than the name was left", After: "they were retired", Days: 90, Least: 30, Most: 3650,
		Why: "They verify nothing."},
	{Name: "notices.read", What: "notices that were read", After: "they were read, or the day that they name", Days: 90, Least: 30, Most: 730,
		Why: "They tell what waits for somebody and when. One of a report that is still owed stays, since it keeps it from being told again."},
	{Name: "notices.unread", What: "notices that nobody read", After: "they were written, or the day that they name", Days: 365, Least: 90, Most: 1825,
		Why: "As those that were read, and their reader may be away for long."},
	{Name: "feeds", What: "calendars whose address was stopped", After: "it was stopped", Days: 90, Least: 1, Most: 365,
		Why: "Nobody reads them. Until then one that is opened again keeps its events' names."},
	{Name: "jobs.done", What: "jobs that were done", After: "they were due", Days: 7, Least: 2, Most: 90,
		Why: "They name accounts, such as of who asked for a reset."},
	{Name: "jobs.dead", What: "jobs that failed at every attempt", After: "their last attempt was due", Days: 180, Least: 30, Most: 730,
		Why: "By then somebody has looked, or nobody will."},
	{Name: "idempotency_keys", What: "answers that are kept for a repeated request, sealed", After: "they were given", Days: 1, Least: 1, Most: 1, Hourly: true,
		Why: "The contract promises a day."},
	{Name: "rate_limits", What: "allowances that are whole again", After: "that", Hourly: true,
		Why: "They say nothing any more."},
	{Name: "refused_sign_ins", What: "counts of refused sign-ins", After: "their hour", Hourly: true,
		Why: "The trail has them from then on."},
	{Name: "import_files", What: "files that wait to be loaded, whose import fails by it", After: "they were sent", Days: 30, Least: 2, Most: 90,
		Why: "A file goes when it is loaded. What is left is one of which no attempt came to an end."},
	{Name: "import_refusals", What: "what was wrong in a file, cell by cell", After: "its import ended", Days: 90, Least: 7, Most: 365,
		Why: "It repeats what a file said of people, to whoever mends the file. How many rows were refused stays with the import."},
	{Name: "uploads", What: "files that arrived piece by piece: their pieces, if they never became whole, and else which document they became", After: "their day was over",
		Why: "Nobody waits for them. Their bytes go within three days more."},
	{Name: "applications.decided", What: "what applicants said; that one applied and what became of it stays", After: "it was decided", Days: ApplicationKept, Least: ApplicationKept, Most: ApplicationKept,
		Why: "By then the answer was read and the invitation used. The contract promises it."},
	{Name: "applications.undecided", What: "what applicants said whom nobody answered", After: "it was received", Days: ApplicationOpen, Least: ApplicationOpen, Most: ApplicationOpen,
		Why: "It names a person whom nobody has vetted. The contract promises it."},
	{Name: "submissions", What: "drafts that were never handed in: their key is destroyed, as by a withdrawal", After: "their consultation closed", Days: 90, Least: 30, Most: 365,
		Why: "Nobody can hand them in any more, and they may say more than their author wanted to."},
	{Name: "organization_merge_moves", What: "what a merge moved", After: "it was carried out", Days: 60, Least: 31, Most: 365,
		Why: "A merge can be undone for 30 days."},
}

const (
	ofTheOffice  = "A record that the office answers for. It ends by a step of its life, and its history stays."
	removed      = "Stays until the office or its organization removes it, of one that was declined too: who comes again under another organization's name is known by it."
	people       = "Accounts are suspended and never deleted, so that what they did stays attributed. A suspended one keeps its password and second factors: it may be restored, which is no reset, and till then neither lets anybody in."
	appendOnly   = "The database lets nobody change or delete it: figures and proofs are made of it."
	withAnother  = "Goes and changes with the record that it is made from."
	withFactors  = "Goes when it is used, made anew, or taken away with the factors."
	advisorsOwn  = "The advisor's own to erase, which destroys its key at once, or seals it under a legal hold. One who has retired keeps it: money may be owed, and no clock can tell when somebody no longer needs to be reached."
	held         = "What an advisor erased or replaced while a legal hold worked, sealed from everybody. It is destroyed when the last hold is lifted, and within the hour after the last one's day."
	withDraft    = "Goes with the submission: when it is withdrawn its key is destroyed at once, and so when its draft lapses."
	shortlyTaken = "Goes as soon as it was dealt with."
)

var lasting = []Lasting{
	{"accounts", people},
	{"identities", "Goes when it is unlinked."},
	{"recovery_codes", withFactors},
	{"passkey_handles", "One for each account that ever had a passkey; random, and names nobody elsewhere."},
	{"role_grants", ofTheOffice},
	{"audit_entries", appendOnly},
	{"ledger_leaves", appendOnly}, {"ledger_checkpoints", appendOnly}, {"ledger_refusals", appendOnly},
	{"ledger_pending", shortlyTaken},
	{"erasures", "That something was erased, by a mark of nobody, so that it is erased again where a backup brings it back."},
	{"retention_counts", "Goes when the trail is told of it, at the end of each run."},
	{"goose_db_version", "Which steps the schema has taken."},
	{"search_documents", withAnother}, {"search_rows", withAnother}, {"marks", withAnother},

	{"organizations", ofTheOffice}, {"contacts", removed}, {"checks", ofTheOffice}, {"waivers", ofTheOffice},
	{"vetting_rules", ofTheOffice}, {"relationships", ofTheOffice}, {"mandates", ofTheOffice}, {"organization_merges", ofTheOffice},
	{"vetting_reminders", "Keeps a task from being opened twice; names no person."},
	{"organization_identifiers", withAnother}, {"organization_keys", withAnother}, {"organization_pairs", withAnother},
	{"organization_changes", shortlyTaken},
	{"imports", ofTheOffice}, {"import_keys", "Keeps a file that is read again from making its records twice."},

	{"initiatives", ofTheOffice}, {"engagements", ofTheOffice}, {"participants", ofTheOffice}, {"hearings", ofTheOffice}, {"tasks", ofTheOffice},
	{"consultations", ofTheOffice}, {"themes", ofTheOffice}, {"codebooks", ofTheOffice}, {"responses", ofTheOffice}, {"results", ofTheOffice},
	{"codings", withDraft}, {"submission_authors", withDraft}, {"submission_keys", withDraft}, {"submission_versions", withDraft}, {"messages", withDraft},

	{"legal_holds", ofTheOffice}, {"held_keys", held}, {"held_fields", held},
	{"advisors", ofTheOffice}, {"assignments", ofTheOffice}, {"terms", ofTheOffice}, {"advisory_councils", ofTheOffice}, {"recommendations", ofTheOffice}, {"agency_responses", ofTheOffice},
	{"safe_contacts", advisorsOwn}, {"vault_entries", advisorsOwn}, {"vault_fields", advisorsOwn}, {"advisor_keys", advisorsOwn},

	{"requirements", ofTheOffice}, {"partnerships", ofTheOffice}, {"partnership_members", withAnother},
	{"commitments", ofTheOffice}, {"amendments", ofTheOffice}, {"milestones", ofTheOffice}, {"indicators", ofTheOffice},
	{"progress_reports", ofTheOffice}, {"verifications", ofTheOffice},
	{"contributions", appendOnly}, {"contribution_entries", appendOnly}, {"exchange_rates", appendOnly},
	{"contribution_references", withAnother},

	{"documents", ofTheOffice}, {"document_versions", "A row says what there was. The content is destroyed when its document is removed or its submission withdrawn, and at once where malware is found."},
	{"document_keys", "Goes when its document is removed."},
	{"upload_parts", "Go with their upload."},
}
