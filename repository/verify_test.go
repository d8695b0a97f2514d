package repository

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
)

func keptOutside(notes ...*Checkpoint) func(func(name, note string) error) error {
	return func(give func(name, note string) error) error {
		for _, c := range notes {
			if err := give(fmt.Sprintf("the note of %d", c.Size), c.Note); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *bench) verify(outside ...*Checkpoint) *Verification {
	b.Helper()
	v, err := b.VerifyLog(b.Context(), keptOutside(outside...))
	must(b, err)
	return v
}

// exec runs a statement as the database's owner would.
func (b *bench) exec(statement string, args ...any) {
	b.Helper()
	must(b, b.write.WithContext(b.Context()).Set(reachKey, true).Exec(statement, args...).Error)
}

// disarm takes away every trigger, as an owner can.
func (b *bench) disarm() {
	b.Helper()
	if b.onPostgres() {
		for _, table := range []string{"audit_entries", "ledger_leaves", "ledger_checkpoints", "ledger_pending", "ledger_refusals"} {
			b.exec("ALTER TABLE " + table + " DISABLE TRIGGER USER")
		}
		return
	}
	var names []string
	must(b, b.system().mechanism(b.Context()).Raw("SELECT name FROM sqlite_master WHERE type = 'trigger'").Scan(&names).Error)
	for _, name := range names {
		b.exec("DROP TRIGGER " + name)
	}
}

// logged is an office with twelve entries in its log, under three checkpoints, at
// known places.
func logged(b *bench) (ids []string, checkpoints []*Checkpoint) {
	b.Helper()
	for range 3 {
		for range 4 {
			b.organization("Logged")
			b.forward(time.Second)
		}
		checkpoints = append(checkpoints, b.sequence())
	}
	must(b, b.system().mechanism(b.Context()).Raw("SELECT entry FROM ledger_leaves ORDER BY leaf_index").Scan(&ids).Error)
	if len(ids) != 12 {
		b.Fatalf("%d entries", len(ids))
	}
	return ids, checkpoints
}

// tampering is a change behind Accord's back, and what the first finding says.
type tampering struct {
	statements []string // 3 and 6 stand for the entries at these indexes
	index      int64
	says       string
	outside    bool // found only with a checkpoint from elsewhere
}

var tamperings = map[string]tampering{
	"an id":        {[]string{"UPDATE audit_entries SET id = '00000000-0000-4000-8000-000000000000' WHERE id = {3}"}, 3, "missing", false},
	"a time":       {[]string{"UPDATE audit_entries SET at = {later} WHERE id = {3}"}, 3, "altered", false},
	"an actor":     {[]string{"UPDATE audit_entries SET actor = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a role":       {[]string{"UPDATE audit_entries SET role = 'admin' WHERE id = {3}"}, 3, "altered", false},
	"an event":     {[]string{"UPDATE audit_entries SET event = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a kind":       {[]string{"UPDATE audit_entries SET record_kind = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a record":     {[]string{"UPDATE audit_entries SET record = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a version":    {[]string{"UPDATE audit_entries SET record_version = 9 WHERE id = {3}"}, 3, "altered", false},
	"a note":       {[]string{"UPDATE audit_entries SET note = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a request":    {[]string{"UPDATE audit_entries SET request = 'x' WHERE id = {3}"}, 3, "altered", false},
	"a seal":       {[]string{"UPDATE audit_entries SET seal = {none} WHERE id = {3}"}, 3, "altered", false},
	"two columns":  {[]string{"UPDATE audit_entries SET record = record_kind, record_kind = record WHERE id = {3}"}, 3, "altered", false},
	"deleted":      {[]string{"DELETE FROM audit_entries WHERE id = {3}"}, 3, "missing", false},
	"all deleted":  {[]string{"DELETE FROM audit_entries"}, 0, "missing", false},
	"many altered": {[]string{"UPDATE audit_entries SET actor = 'x' WHERE id IN ({6}, {3})"}, 3, "altered", false},
	"inserted": {[]string{`INSERT INTO audit_entries (id, at, actor, role, event, record_kind, record, record_version, note, request)
		SELECT '00000000-0000-4000-8000-000000000000', at, actor, role, 'x', record_kind, record, 9, note, request FROM audit_entries WHERE id = {3}`},
		-1, "entry 00000000-0000-4000-8000-000000000000: x: inserted", false},
	"a place moved": {[]string{
		"UPDATE ledger_leaves SET entry = 'x' WHERE leaf_index = 3", "UPDATE ledger_leaves SET entry = {3} WHERE leaf_index = 6",
		"UPDATE ledger_leaves SET entry = {6} WHERE leaf_index = 3"}, 3, "reordered: its place is index 6", false},
	"two places moved whole": {[]string{
		"UPDATE ledger_leaves SET leaf_index = 100 WHERE leaf_index = 2", "UPDATE ledger_leaves SET leaf_index = 2 WHERE leaf_index = 6",
		"UPDATE ledger_leaves SET leaf_index = 6 WHERE leaf_index = 100"}, 2, "reordered or altered", false},
	"a leaf taken out": {[]string{"DELETE FROM ledger_leaves WHERE leaf_index = 3"}, 3, "missing: the log has nothing until index 4", false},
	"an entry taken out everywhere": {[]string{"DELETE FROM ledger_leaves WHERE leaf_index = 3", "DELETE FROM audit_entries WHERE id = {3}"},
		3, "missing", false},
	"a hash":              {[]string{"UPDATE ledger_leaves SET hashes = {zeros} WHERE leaf_index = 4"}, 4, "altered", false},
	"a cut hash":          {[]string{"UPDATE ledger_leaves SET hashes = {none} WHERE leaf_index = 4"}, 4, "cut short", false},
	"a subtree's hash":    {[]string{"UPDATE ledger_leaves SET hashes = substr(hashes, 1, 32) WHERE leaf_index = 7"}, 6, "to index 7", false},
	"a checkpoint":        {[]string{"UPDATE ledger_checkpoints SET note = replace(note, 'accord', 'record') WHERE size = 8"}, -1, "checkpoint of size 8", false},
	"a checkpoint moved":  {[]string{"UPDATE ledger_checkpoints SET size = 7 WHERE size = 8"}, -1, "checkpoint of size 7", false},
	"the last checkpoint": {[]string{"DELETE FROM ledger_checkpoints WHERE size = 12"}, 8, "under no checkpoint", false},
	"the tail's leaves":   {[]string{"DELETE FROM ledger_leaves WHERE leaf_index >= 10"}, 10, "missing: the log had 12 entries at a checkpoint", false},
	"the tail, log and checkpoints": {[]string{"DELETE FROM audit_entries WHERE id IN (SELECT entry FROM ledger_leaves WHERE leaf_index >= 8)",
		"DELETE FROM ledger_leaves WHERE leaf_index >= 8", "DELETE FROM ledger_checkpoints WHERE size > 8"}, 8, "missing: the log had 12 entries when the note of 12 was signed", true},
	"everything": {[]string{"DELETE FROM audit_entries", "DELETE FROM ledger_leaves", "DELETE FROM ledger_checkpoints"},
		0, "missing: the log had 12 entries", true},
}

func (b *bench) tamper(t tampering, ids []string) {
	b.Helper()
	b.disarm()
	later, none, zeros := "at + interval '1 microsecond'", "''", "decode(repeat('00', 32), 'hex')"
	if !b.onPostgres() {
		later, none, zeros = "'2026-03-02 09:00:03.000001+00:00'", "x''", "zeroblob(32)"
	}
	words := strings.NewReplacer("{3}", "'"+ids[3]+"'", "{6}", "'"+ids[6]+"'", "{later}", later, "{none}", none, "{zeros}", zeros)
	for _, s := range t.statements {
		b.exec(words.Replace(s))
	}
}

// TestTamperingIsFound changes the trail, its log and its checkpoints by SQL, in
// every way that a database's owner can who holds no key, and sees each found.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, do := range tamperings {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				ids, checkpoints := logged(b)
				if v := b.verify(checkpoints...); v.Found != 0 || v.Size != 12 || v.Checkpoints != 3 || v.Outside != 3 {
					t.Fatalf("found before anything was done: %+v", v)
				}
				b.tamper(do, ids)
				if v := b.verify(); do.outside && v.Found != 0 {
					t.Errorf("found without a checkpoint from elsewhere: %v", v.Findings[0])
				} else if do.outside {
					v = b.verify(checkpoints...)
					do.found(t, v, ids)
				} else {
					do.found(t, v, ids)
				}
			})
		})
	}
}

func (do tampering) found(t *testing.T, v *Verification, ids []string) {
	t.Helper()
	if v.Found == 0 {
		t.Fatal("nothing was found")
	}
	first := v.Findings[0]
	if first.Index != do.index || !strings.Contains(first.String(), do.says) {
		t.Errorf("found %v", v.Findings)
	}
	if first.Entry != "" && first.Index >= 0 && ids[first.Index] != first.Entry && !strings.HasPrefix(do.says, "reordered: its") {
		t.Errorf("%v names another entry than %s", first, ids[first.Index])
	}
}

// TestAForgedLogIsFoundOutside has an owner who holds the master key too, rewrites
// an entry and builds the whole log anew: only what is kept elsewhere shows it.
func TestAForgedLogIsFoundOutside(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ids, checkpoints := logged(b)
		b.disarm()
		var e AuditEntry
		must(t, b.system().mechanism(t.Context()).Where("id = ?", ids[5]).Take(&e).Error)
		e.Actor = "somebody else"
		b.exec("UPDATE audit_entries SET actor = ?, seal = ? WHERE id = ?", e.Actor, b.seal(&e), e.ID)
		b.exec("DELETE FROM ledger_leaves")
		b.exec("DELETE FROM ledger_checkpoints")
		b.exec("INSERT INTO ledger_pending (due, entry) SELECT at, id FROM audit_entries")
		b.sequence()
		if v := b.verify(); v.Found != 0 {
			t.Errorf("a log that is whole in itself: %v", v.Findings)
		}
		if v := b.verify(checkpoints...); v.Found != 1 || v.Findings[0].Index != 4 || v.Outside != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// TestWhatWaitsIsGuardedToo alters entries before they have their place.
func TestWhatWaitsIsGuardedToo(t *testing.T) {
	for name, statements := range map[string][]string{
		"altered":  {"UPDATE audit_entries SET actor = 'x' WHERE id = ?"},
		"unsealed": {"UPDATE audit_entries SET seal = '' WHERE id = ?"},
		"deleted":  {"DELETE FROM audit_entries WHERE id = ?"},
		"put in again": {`INSERT INTO audit_entries (id, at, actor, role, event, record_kind, record, record_version, note, request)
			SELECT '00000000-0000-4000-8000-000000000000', at, actor, role, 'x', record_kind, record, 9, note, request FROM audit_entries WHERE id = ?`},
		"put off": {"DELETE FROM ledger_pending WHERE entry = ?", "INSERT INTO ledger_pending (due, entry) VALUES ('2999-01-01 00:00:00+00:00', ?)"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				logged(b)
				b.organization("Waiting")
				b.organization("Waiting")
				var ids []string
				must(t, b.system().mechanism(t.Context()).Raw("SELECT entry FROM ledger_pending ORDER BY entry").Scan(&ids).Error)
				if !strings.HasPrefix(name, "put ") { // those leave the triggers where they are
					b.disarm()
				}
				for _, s := range statements {
					b.exec(s, ids[0])
				}
				before := b.verify()
				b.sequence()
				after := b.verify()
				for _, v := range []*Verification{before, after} {
					if v.Found != 1 || !strings.Contains(v.Findings[0].String(), "entry ") {
						t.Errorf("%+v", v)
					}
				}
				if after.Waiting != 0 || after.Size < 13 {
					t.Errorf("one bad entry kept the others waiting: %+v", after)
				}
			})
		})
	}
}

// TestNoEntryIsPassedOver takes entries out of those that wait, and lets them wait
// again as if nothing had been, some too early and some too late.
func TestNoEntryIsPassedOver(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.unattributed("s")
		b.forward(time.Minute)
		b.organization("Known")
		if v := b.verify(); v.Found != 0 || v.Waiting != 2 {
			t.Fatalf("%+v", v)
		}
		b.exec("CREATE TABLE aside AS SELECT due, entry FROM ledger_pending")
		b.exec("DELETE FROM ledger_pending")
		for range 2 {
			b.forward(48 * time.Hour)
			b.organization("Later")
			b.sequence()
		}
		b.exec("INSERT INTO ledger_pending (due, entry) SELECT due, entry FROM aside")
		if v := b.verify(); v.Found != 2 || !strings.Contains(v.Findings[1].Detail, "passed over") || v.Waiting != 0 {
			t.Errorf("%+v", v)
		}
		b.exec("DELETE FROM ledger_pending WHERE entry IN (SELECT id FROM audit_entries WHERE record = 's')")
		b.exec("INSERT INTO ledger_pending (due, entry) SELECT at, id FROM audit_entries WHERE record = 's'")
		if v := b.verify(); v.Found != 2 || !strings.Contains(v.Findings[0].Detail, "put off") {
			t.Errorf("%+v", v)
		}
		b.sequence()
		if v := b.verify(); v.Found != 0 || v.Waiting != 0 {
			t.Errorf("once they have their places: %+v", v)
		}
	})
}

// TestAnOldOfficeIsTakenIn lets the log begin over entries that are older than it
// and have no seals.
func TestAnOldOfficeIsTakenIn(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for range 3 {
			b.organization("Old")
		}
		b.disarm()
		b.exec("UPDATE audit_entries SET seal = ''")
		b.forward(time.Second)
		b.organization("New") // no trigger lets it wait
		b.exec("INSERT INTO ledger_pending (due, entry) SELECT at, id FROM audit_entries WHERE id NOT IN (SELECT entry FROM ledger_pending)")
		b.sequence()
		if v := b.verify(); v.Found != 0 || v.Size != 4 {
			t.Errorf("%+v", v)
		}
		b.exec("UPDATE audit_entries SET note = 'x' WHERE id = (SELECT entry FROM ledger_leaves WHERE leaf_index = 1)")
		if v := b.verify(); v.Found != 1 || v.Findings[0].Index != 1 {
			t.Errorf("%+v", v)
		}
	})
}

func TestNothingIsBuiltOnATamperedLog(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		logged(b)
		b.disarm()
		b.exec("UPDATE ledger_leaves SET hashes = (SELECT hashes FROM ledger_leaves WHERE leaf_index = 5) WHERE leaf_index = 11")
		b.organization("Later")
		b.exec("INSERT INTO ledger_pending (due, entry) SELECT at, id FROM audit_entries WHERE id NOT IN (SELECT entry FROM ledger_leaves)")
		if _, err := b.Sequence(t.Context(), origin); err == nil {
			t.Error("a checkpoint was signed")
		}
	})
}

// TestTheLogIsAppendOnly tries what the triggers are there to refuse.
func TestTheLogIsAppendOnly(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		logged(b)
		for range 2 { // what was refused waits again
			b.exec("INSERT INTO ledger_pending (due, entry) VALUES (?, 'nobody''s')", b.clock())
			b.sequence()
		}
		b.organization("Waiting")
		b.refuses("UPDATE ledger_pending SET entry = 'x'")
		for table, columns := range map[string][2]string{
			"ledger_leaves": {"leaf_index", "entry, hashes"}, "ledger_checkpoints": {"size", "note, created_at"}, "ledger_refusals": {"entry", "reason, refused_at"},
		} {
			b.refuses("UPDATE "+table+" SET "+columns[0]+" = "+columns[0], "DELETE FROM "+table)
			b.refuses(dbtest.Overwriting(b.dsn, table, columns[0], columns[1])...)
		}
		if b.onPostgres() {
			b.refuses("TRUNCATE ledger_pending")
		} else {
			b.refuses("REPLACE INTO ledger_leaves SELECT leaf_index + 100, entry, hashes FROM ledger_leaves", "REPLACE INTO ledger_leaves SELECT leaf_index, 'x', hashes FROM ledger_leaves LIMIT 1")
		}
		if v := b.verify(); v.Found != 1 || v.Findings[0].Entry != "nobody's" || v.Waiting != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// TestManyInstancesSequenceAtOnce has writers and sequencers on several instances:
// every entry gets one place, and the log is whole.
func TestManyInstancesSequenceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		const writers, entries = 4, 25
		errs := make(chan error, 2*writers)
		work := func(fn func(*Store) error) {
			st := b.instance()
			go func() { errs <- fn(st) }()
		}
		for range writers {
			work(func(st *Store) error {
				for range entries {
					o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Busy", Type: domain.OrganizationNGO})
					if err != nil {
						return err
					}
					if err := st.As(domain.Actor{Role: domain.System}).Organizations.Create(context.Background(), domain.CreateOrganization, o); err != nil {
						return err
					}
				}
				return nil
			})
			work(func(st *Store) error {
				for range 10 {
					if _, err := st.Sequence(context.Background(), origin); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for range 2 * writers {
			must(t, <-errs)
		}
		b.sequence()
		if v := b.verify(); v.Found != 0 || v.Size != writers*entries || v.Waiting != 0 {
			t.Errorf("%+v", v)
		}
	})
}

// TestWhatCommitsLateIsNotMissed holds a transaction open while later entries get
// their places.
func TestWhatCommitsLateIsNotMissed(t *testing.T) {
	dbtest.Each(t, migrate, func(t *testing.T, dsn string) {
		if !strings.HasPrefix(dsn, "postgres") {
			return // its one writer commits in order
		}
		b := &bench{T: t, dsn: dsn, now: time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)}
		b.Store = b.instance()
		must(t, b.system().Tx(t.Context(), func(tx *Session) error {
			o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Early", Type: domain.OrganizationNGO})
			must(t, err)
			must(t, tx.Organizations.Create(t.Context(), domain.CreateOrganization, o))
			b.forward(time.Minute)
			b.organization("Late")
			if c := b.sequence(); c.Size != 1 {
				t.Errorf("%+v", c)
			}
			return nil
		}))
		if c := b.sequence(); c == nil || c.Size != 2 {
			t.Errorf("%+v", c)
		}
		if v := b.verify(); v.Found != 0 {
			t.Errorf("%+v", v)
		}
	})
}
