package domain

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestNoPathLeadsToAnApprovalWithAGap takes random steps by random people, in any
// order, and looks at the partnership after each: whenever it is approved or
// renewed it lacked nothing, by a list of needs that is written out here once more.
func TestNoPathLeadsToAnApprovalWithAGap(t *testing.T) {
	people := []Actor{officer, director, counsel, budget}
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		person := func() Actor { return rapid.SampledFrom(people).Draw(t, "by") }
		clock := noon
		d := fullPartnership()
		p, err := NewPartnership(d)
		if err != nil {
			t.Fatal(err)
		}
		p.ID = "partnership"
		file := whole()
		first := 0
		if rapid.Bool().Draw(t, "in order") { // by chance alone hardly any gets as far as an approval
			first = 16
		}
		step := func() error {
			today := DateOf(clock)
			by := person()
			switch rapid.IntRange(first, 24).Draw(t, "step") {
			case 0:
				return p.Advance(rapid.SampledFrom([]Action{DiligencePartnership, DraftPartnershipMemo}).Draw(t, "act"))
			case 1:
				return p.RequestClearances(by, file.Newest, clock)
			case 2:
				return p.SendBack("Again.")
			case 3:
				return p.Attest(by, rapid.SampledFrom([]string{"", "Nothing is acquired."}).Draw(t, "words"), clock)
			case 4, 5:
				e := ElementDraft{State: rapid.SampledFrom([]ElementState{ElementProvided, ElementNotApplicable}).Draw(t, "state"), Text: "x"}
				if e.State == ElementNotApplicable {
					e.Text, e.Reason = "", "x"
				}
				return p.WriteElement(by, file.Newest, rapid.SampledFrom([]string{"risks", "awards", "exit"}).Draw(t, "key"), e, today)
			case 6, 7, 8:
				decision := rapid.SampledFrom([]ClearanceDecision{Cleared, Cleared, ClearedWithComment, ClearanceRefused}).Draw(t, "decision")
				return p.DecideClearance(by, rapid.SampledFrom([]string{"legal", "budget"}).Draw(t, "office"), decision, "x", clock)
			case 9:
				return p.ReopenClearance(by, rapid.SampledFrom([]string{"legal", "budget"}).Draw(t, "office"), "x", clock)
			case 10:
				return p.Approve(by, file, today)
			case 11:
				return p.Sign(today, "MOU", file, today)
			case 12:
				draft := p.Draft()
				draft.MonitoringPlan = rapid.SampledFrom([]string{"", "Each quarter."}).Draw(t, "plan")
				if rapid.Bool().Draw(t, "dates") && p.Stage.Is(partnershipWritten...) {
					draft.EndsOn, draft.ReapprovalDueOn = rapid.SampledFrom([]Date{"", "2028-09-30"}).Draw(t, "end"), ""
				}
				return p.Edit(draft)
			case 13:
				clock = clock.AddDate(0, rapid.IntRange(1, 14).Draw(t, "months"), 0)
				return p.FallDue(DateOf(clock))
			case 14:
				return p.RequestReapproval(by, file.Newest, clock)
			case 15:
				return p.Renew(by, p.EndsOn.AddDays(365), file, today)
			case 16: // the world changes: vetting, the list, what is paid
				file.Members = rapid.SampledFrom([][]Organization{vetted(harbor, beacon), vetted(harbor, beacon), vetted(harbor)}).Draw(t, "vetted")
				if rapid.Bool().Draw(t, "pays") {
					file.Signs = append(file.Signs, ProcurementSign{clock, "the office pays"})
				}
			case 17:
				if rapid.IntRange(0, 5).Draw(t, "adopts") == 0 && file.Newest.element("exit") == nil {
					longer := someRules()
					longer.ID, longer.Number = "rules-2", 2
					longer.Elements = append(longer.Elements, ElementRule{Key: "exit", Title: "Exit", Guidance: "Say how it ends.", Always: true})
					file.Newest = longer
				}
			case 18, 19, 20: // an officer who goes on in order
				switch p.Stage.Now() {
				case PartnershipConcept:
					return p.Advance(DiligencePartnership)
				case PartnershipDueDiligence:
					return p.Advance(DraftPartnershipMemo)
				case PartnershipMemoDrafted:
					return p.RequestClearances(officer, file.Newest, clock)
				case PartnershipClearances:
					return p.Approve(director, file, today)
				case PartnershipApproved:
					return p.Sign(today, "MOU", file, today)
				case PartnershipSigned:
					return p.Activate(file, today)
				case PartnershipReapprovalDue:
					return p.RequestReapproval(officer, file.Newest, clock)
				}
			case 21, 22: // one who writes all that is asked
				for _, e := range file.Newest.Elements {
					if err := p.WriteElement(officer, file.Newest, e.Key, ElementDraft{State: ElementProvided, Text: "x"}, today); err != nil {
						return err
					}
				}
				clock = clock.Add(time.Hour)
				return p.Attest(officer, "Nothing is acquired.", clock)
			case 23, 24: // offices that clear
				for _, who := range []Actor{counsel, budget} {
					_ = p.DecideClearance(who, strings.ToLower(strings.Fields(who.Office)[0]), Cleared, "", clock)
				}
			}
			return nil
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			file.Rules = file.Newest
			if p.Requirements == "rules-1" {
				file.Rules = someRules()
			}
			before := *p
			was := p.Stage.Now()
			err := step()
			if err != nil && p.Stage.Now() != was {
				t.Fatalf("refused and moved: %v", err)
			}
			if is := p.Stage.Now(); is != was && (is == PartnershipApproved || is == PartnershipRenewed) {
				lacksNothing(t, &before, p, file, DateOf(clock))
				decided++
			}
		}
	})
	if decided == 0 {
		t.Error("no path leads to an approval")
	}
}

// lacksNothing is what an inspector asks of an approval or a renewal.
func lacksNothing(t *rapid.T, before, p *Partnership, file Dossier, today Date) {
	for _, e := range file.Rules.Elements {
		said := p.Element(e.Key)
		if said == nil || (e.Always && said.State != ElementProvided) || (said.Text == "" && said.Reference == "" && said.Reason == "") {
			t.Fatalf("approved without %s", e.Key)
		}
	}
	for _, c := range file.Rules.Clearances {
		var last Clearance
		for _, asked := range before.Clearances {
			if asked.Office == c.Key && asked.Round == before.Round {
				last = asked
			}
		}
		if (last.Decision != Cleared && last.Decision != ClearedWithComment) || last.DecidedBy == last.RequestedBy {
			t.Fatalf("approved without a clearance of %s: %+v", c.Key, last)
		}
	}
	if len(file.Members) != 2 || p.MonitoringPlan == "" || p.StartsOn == "" || p.EndsOn == "" || p.EndsOn < today {
		t.Fatalf("approved with %d vetted members, %+v", len(file.Members), p)
	}
	for _, s := range file.Signs {
		if p.NotProcurement == "" || !s.At.Before(*p.AttestedAt) {
			t.Fatalf("approved though %s, by an attestation of %s", s.Words, p.AttestedAt)
		}
	}
	if p.ApprovedBy == "" || p.ApprovedBy == before.RequestedBy || p.ApprovedBy == before.RenewalRequestedBy || p.ApprovedUnder != file.Rules.ID {
		t.Fatalf("approved by %s, as asked for by %s and %s, under %s", p.ApprovedBy, before.RequestedBy, before.RenewalRequestedBy, p.ApprovedUnder)
	}
}

// TestTheLedgerIsWhatWasEntered takes random steps on a contribution, and after
// each adds up a ledger of its own.
func TestTheLedgerIsWhatWasEntered(t *testing.T) {
	people := []Actor{officer, director, counsel, harborMe, beaconMe}
	rapid.Check(t, func(t *rapid.T) {
		running := &Partnership{Members: []Member{{Organization: harbor}}, ApprovedOn: "2026-01-01", Stage: Stage[PartnershipStage]{PartnershipActive}}
		running.ID = "partnership"
		place := Place{Partnership: running}
		amount := func() EntryDraft {
			return EntryDraft{
				Amount: Money{int64(rapid.IntRange(-1, 50).Draw(t, "amount")), rapid.SampledFrom([]string{"USD", "USD", "USD", "EUR"}).Draw(t, "currency")},
				On:     today.AddDays(-rapid.IntRange(-1, 400).Draw(t, "ago")), Evidence: rapid.SampledFrom([]string{"", "Seen."}).Draw(t, "evidence"),
			}
		}
		giver := organization(harbor, OrganizationApproved)
		k, first, err := Pledge("contribution", officer, ContributionDraft{
			Organization: harbor, Kind: ContributesCash, Description: "A transfer", First: EntryDraft{Amount: Money{100, "USD"}, On: today},
		}, place, &giver, today)
		if err != nil {
			t.Fatal(err)
		}
		first.ID = "0"
		ledger := Ledger{*first}
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			by := rapid.SampledFrom(people).Draw(t, "by")
			var e *ContributionEntry
			var err error
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				e, err = k.Add(by, MeasurePledged, amount(), place, &giver, today)
			case 1:
				e, err = k.Add(by, MeasureDelivered, amount(), place, &giver, today)
			case 2:
				e, err = k.Verify(by, amount(), ledger, today)
			case 3:
				e, err = k.Reverse(by, rapid.SampledFrom(ledger).Draw(t, "entry").ID, "A mistake.", ledger, today)
			case 4:
				giver = organization(harbor, rapid.SampledFrom([]OrganizationStage{OrganizationApproved, OrganizationApproved, OrganizationSuspended}).Draw(t, "standing"))
				continue
			}
			if err == nil {
				e.ID = EntryID(rune('a' + n))
				believable(t, ledger, *e, giver)
				ledger = append(ledger, *e)
			}
			var sums [3]int64
			for _, e := range ledger {
				sums[slices.Index(Measures(), e.Measure)] += e.AmountMinor
			}
			if k.Pledged != (Money{sums[0], "USD"}) || k.Delivered != (Money{sums[1], "USD"}) || k.Verified != (Money{sums[2], "USD"}) {
				t.Fatalf("it shows %s, %s, %s; the ledger comes to %v", k.Pledged, k.Delivered, k.Verified, sums)
			}
			if sums[0] < 0 || sums[1] < 0 || sums[2] < 0 || sums[2] > sums[1] {
				t.Fatalf("the ledger comes to %v", sums)
			}
		}
	})
}

// believable is what may stand in a ledger, after what stands there.
func believable(t *rapid.T, before Ledger, e ContributionEntry, giver Organization) {
	if e.Currency != "USD" || (e.Reverses == "") != (e.AmountMinor > 0) || today < e.On {
		t.Fatalf("entered %+v", e)
	}
	if e.Measure != MeasureVerified && e.Reverses == "" && len(giver.Standing(today, "")) > 0 {
		t.Fatalf("new money from an organization that is %s", giver.Stage)
	}
	for _, was := range before {
		if e.Measure == MeasureVerified && (e.RecordedBy == harborMe.Account || was.Measure == MeasureDelivered && was.RecordedBy == e.RecordedBy) {
			t.Fatalf("verified by a reporter or the giver: %+v after %+v", e, was)
		}
		if e.Reverses != "" && was.Reverses == e.Reverses {
			t.Fatalf("%s is reversed twice", e.Reverses)
		}
		if was.ID == e.Reverses && (was.AmountMinor != -e.AmountMinor || was.Measure != e.Measure) {
			t.Fatalf("%+v reverses %+v", e, was)
		}
	}
}

func TestRatesRoundAHalfToTheEvenNeighbor(t *testing.T) {
	for _, tt := range []struct {
		base, quote, rate string
		minor             int64
		want              string
	}{
		{"EUR", "USD", "1.5", 1, "0.02"}, {"EUR", "USD", "2.5", 1, "0.02"}, {"EUR", "USD", "3.5", 1, "0.04"}, {"EUR", "USD", "-0", 0, "0.00"},
		{"EUR", "USD", "1.5", -1, "-0.02"}, {"EUR", "USD", "2.5", -1, "-0.02"}, {"USD", "JPY", "150.25", 200, "300"}, {"JPY", "USD", "0.006655", 3000, "19.96"},
		{"USD", "KWD", "0.3071", 100, "0.307"},
	} {
		r := ExchangeRate{Base: tt.base, Quote: tt.quote, Rate: Decimal(tt.rate)}
		if got := r.Convert(big.NewInt(tt.minor)); got != tt.want {
			t.Errorf("%d minor units of %s by %s: %s, want %s", tt.minor, tt.base, tt.rate, got, tt.want)
		}
	}
}

func TestFiscalQuartersBeginInOctober(t *testing.T) {
	for day, want := range map[Date][2]int{
		"2025-09-30": {2025, 4}, "2025-10-01": {2026, 1}, "2025-12-31": {2026, 1}, "2026-01-01": {2026, 2}, "2026-04-01": {2026, 3}, "2026-07-01": {2026, 4},
	} {
		if got := [2]int{day.FiscalYear(), day.FiscalQuarter()}; got != want {
			t.Errorf("%s lies in %v, want %v", day, got, want)
		}
	}
}

func TestRequirementsAreChecked(t *testing.T) {
	full := func() RequirementsDraft {
		r := someRules()
		return RequirementsDraft{r.Kind, slices.Clone(r.Elements), slices.Clone(r.Clearances), "Why.", r.TermMonths}
	}
	for pointer, spoil := range map[string]func(*RequirementsDraft){
		"/kind":                func(d *RequirementsDraft) { d.Kind = "secret" },
		"/note":                func(d *RequirementsDraft) { d.Note = " " },
		"/elements":            func(d *RequirementsDraft) { d.Elements = nil },
		"/clearances":          func(d *RequirementsDraft) { d.Clearances = nil },
		"/elements/1/key":      func(d *RequirementsDraft) { d.Elements[1].Key = "risks" },
		"/elements/0/key":      func(d *RequirementsDraft) { d.Elements[0].Key = "Risks!" },
		"/elements/0":          func(d *RequirementsDraft) { d.Elements[0].Guidance = "" },
		"/clearances/0/office": func(d *RequirementsDraft) { d.Clearances[0].Office = "" },
		"/clearances/1/from":   func(d *RequirementsDraft) { d.Clearances[1].From = Money{-1, "USD"} },
	} {
		d := full()
		spoil(&d)
		if _, err := ProposeRequirements(officer, d); !slices.Equal(pointers(err), []string{pointer}) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
	r, err := ProposeRequirements(officer, full())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Adopt(officer, 1, today); !errors.Is(err, Forbidden) {
		t.Errorf("adopted by who proposed: %v", err)
	}
	if err := r.Adopt(director, 1, today); err != nil || r.Number != 2 {
		t.Errorf("adopted as %d: %v", r.Number, err)
	}
}
