package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// EntryMeasure is how far a contribution has come: its giver's word, its giver's
// report, or what somebody else found.
type EntryMeasure string

// The measures. Pledged and delivered are self-reported.
const (
	MeasurePledged   EntryMeasure = "pledged"
	MeasureDelivered EntryMeasure = "delivered"
	MeasureVerified  EntryMeasure = "verified"
)

// Measures lists the measures in order.
func Measures() []EntryMeasure {
	return []EntryMeasure{MeasurePledged, MeasureDelivered, MeasureVerified}
}

// EntryID names an entry of the ledger.
type EntryID = ID[ContributionEntry]

// ContributionEntry is one line of the ledger. It never changes and is never
// taken out: a mistake is corrected by an entry that reverses it.
type ContributionEntry struct {
	Record[ContributionEntry]
	Contribution ContributionID
	// Organization, Partnership, Commitment, Kind and Currency are the
	// contribution's, which has them for good.
	Organization OrganizationID
	Partnership  PartnershipID
	Commitment   CommitmentID
	Kind         ContributionKind
	Measure      EntryMeasure
	// AmountMinor is in minor units of the currency; below zero only to reverse.
	AmountMinor int64
	Currency    string
	// On is the day of the pledge, the delivery or the verification; a reversal
	// counts on the day that it is made, so that a year that is over stays as it was.
	On         Date `gorm:"column:happened_on"`
	FiscalYear int
	Quarter    int
	// Reference is the number of an agreement, a receipt or a transfer.
	Reference string
	Evidence  string
	// Reverses is the entry that this one takes back, Reason why.
	Reverses   EntryID
	Reason     string
	RecordedBy AccountID
}

// Amount is the entry's amount.
func (e *ContributionEntry) Amount() Money { return Money{e.AmountMinor, e.Currency} }

// EntryDraft is what is written of an entry.
type EntryDraft struct {
	Amount              Money
	On                  Date
	Reference, Evidence string
}

// ReferenceKey folds a number by which something is known elsewhere, so that it
// is found however it is typed.
func ReferenceKey(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./#_", r) {
			return -1
		}
		return r
	}, NameKey(s))
}

// FiscalQuarter is the quarter of the US fiscal year: the first begins on 1
// October.
func (d Date) FiscalQuarter() int { return (int(d.Time().Month())+2)%12/3 + 1 }

// Ledger is every entry of one contribution.
type Ledger []ContributionEntry

// net is what the entries of a measure come to.
func (l Ledger) net(m EntryMeasure) int64 {
	var sum int64
	for _, e := range l {
		if e.Measure == m {
			sum += e.AmountMinor
		}
	}
	return sum
}

// reporters are all who reported a delivery, also one that was reversed.
func (l Ledger) reporters() []AccountID {
	var who []AccountID
	for _, e := range l {
		if e.Measure == MeasureDelivered {
			who = append(who, e.RecordedBy)
		}
	}
	return who
}

// Add enters a further pledge, or a delivery. Nothing is pledged once the approval
// of the partnership has run out, and nothing is delivered before it was approved
// or after it was closed out; neither by an organization that is not in good
// standing, nor by the office while a member is not. The office's cash is pledged
// first, then attested, and then delivered (31 U.S.C. 6303).
func (k *Contribution) Add(by Actor, m EntryMeasure, d EntryDraft, in Place, giver *Organization, today Date) (*ContributionEntry, error) {
	if by.Organization != "" && by.Organization != k.Organization {
		return nil, Refuse(Forbidden, "a partner enters what its own organization gives")
	}
	if m == MeasureVerified {
		return nil, Refuse(Forbidden, "what is verified is entered by who verifies it")
	}
	if err := in.takes(m, today); err != nil {
		return nil, err
	}
	if err := k.admitted(by, in, giver, today); err != nil {
		return nil, err
	}
	if m == MeasureDelivered {
		if err := k.covered(d, in, today); err != nil {
			return nil, err
		}
	}
	return k.enter(by, m, d, today)
}

// admitted refuses what a giver in no good standing gives, and what the office
// gives while a member of the partnership is in none: it goes to the members.
func (k *Contribution) admitted(by Actor, in Place, giver *Organization, today Date) error {
	if k.Organization == "" {
		return in.Partnership.admitsOffice(in.File, today)
	}
	if giver == nil || giver.ID != k.Organization {
		return Refuse(Conflict, "the giving organization was not looked at")
	}
	var kind PartnershipKind
	if in.Partnership != nil {
		kind = in.Partnership.Kind
	}
	return giver.AdmitTo(kind, by, today)
}

// admitsOffice says of which member which check stands against it.
func (p *Partnership) admitsOffice(file Dossier, today Date) error {
	var needs checklist
	p.vetting(&needs, file, today)
	f := needs.gaps()
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Conflict, Detail: "the office gives nothing to a partnership while a member is not in good standing; errors says which and why", Faults: f}
}

// covered refuses a delivery of the office's cash of which the attestation knows
// nothing: one that is newer than it, and one beyond what was pledged. Nor is more
// delivered than was pledged once the approval has run out.
func (k *Contribution) covered(d EntryDraft, in Place, today Date) error {
	if in.Partnership == nil {
		return nil
	}
	bought := k.Organization == "" && k.Kind == ContributesCash
	if bought {
		var needs checklist
		in.Partnership.attested(&needs, in.File)
		if f := needs.gaps(); len(f) > 0 {
			return &Error{Kind: Conflict, Detail: "cash of the office is delivered once it is attested that nothing is procured with it: " + f[0].Detail, Faults: f}
		}
	}
	if (bought || in.Partnership.RanOut(today)) && k.Delivered.Minor+d.Amount.Minor > k.Pledged.Minor {
		return (Faults{{Pointer: "/amount", Code: "too_large", Detail: fmt.Sprintf("no more of this is delivered than was pledged before: %s, of which %s is delivered", k.Pledged, k.Delivered)}}).Err()
	}
	return nil
}

// Verify enters what somebody found of the deliveries, who reported none of them
// and is not of the giving organization. No more can be verified than was
// delivered.
func (k *Contribution) Verify(by Actor, d EntryDraft, ledger Ledger, today Date) (*ContributionEntry, error) {
	if err := k.mayVerify(by, ledger); err != nil {
		return nil, err
	}
	var f Faults
	if blank(d.Evidence) {
		f.Add("/evidence", "required", "say what the verification rests on")
	}
	if d.Amount.Currency == k.Currency && ledger.net(MeasureVerified)+d.Amount.Minor > ledger.net(MeasureDelivered) {
		f.Add("/amount", "too_large", "no more can be verified than was delivered: %s, of which %s is verified", k.Delivered, k.Verified)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return k.enter(by, MeasureVerified, d, today)
}

// mayVerify refuses the reporters and the giver's own people. What the office
// gives is verified by another of its people than who reported it.
func (k *Contribution) mayVerify(by Actor, ledger Ledger) error {
	giver := k.Organization
	if giver == "" {
		giver = "the office" // is nobody's organization
	}
	return mayVerify(by, giver, ledger.reporters()...)
}

// Reverse takes an entry of the ledger back, whole and once. A delivery that
// somebody has verified is taken back after its verification; and a verification
// by one who could have given it.
func (k *Contribution) Reverse(by Actor, entry EntryID, reason string, ledger Ledger, today Date) (*ContributionEntry, error) {
	i := slices.IndexFunc(ledger, func(e ContributionEntry) bool { return e.ID == entry })
	if i < 0 {
		return nil, (Faults{{Pointer: "/entry_id", Code: "unknown_value", Detail: "must be an entry of this contribution"}}).Err()
	}
	if blank(reason) {
		return nil, reasonRequired()
	}
	was := ledger[i]
	switch {
	case was.Reverses != "":
		return nil, Refuse(Conflict, "a reversal is not reversed; enter what is right anew")
	case slices.ContainsFunc(ledger, func(e ContributionEntry) bool { return e.Reverses == entry }):
		return nil, Refuse(Conflict, "the entry is reversed already")
	case was.Measure == MeasureVerified && k.mayVerify(by, ledger) != nil:
		return nil, k.mayVerify(by, ledger)
	case was.Measure == MeasureDelivered && ledger.net(MeasureDelivered)-was.AmountMinor < ledger.net(MeasureVerified):
		return nil, Refuse(Conflict, "more of it is verified than would stay delivered; reverse the verification first")
	}
	e := k.line(by, was.Measure, -was.AmountMinor, today)
	e.Reverses, e.Reason = entry, reason
	return e, k.book(e, "contribution.reversed")
}

// enter makes an entry of an amount above zero.
func (k *Contribution) enter(by Actor, m EntryMeasure, d EntryDraft, today Date) (*ContributionEntry, error) {
	var f Faults
	if _, ok := CurrencyByCode(k.Currency); !ok {
		f.Add("/amount/currency", "unknown_value", "must be a current ISO 4217 code")
	}
	if d.Amount.Currency != k.Currency {
		f.Add("/amount/currency", "invalid", "stays %s, in which the contribution is counted", k.Currency)
	}
	if d.Amount.Minor <= 0 {
		f.Add("/amount/amount", "invalid", "is above zero; a mistake is corrected by reversing its entry")
	}
	if _, err := ParseDate(string(d.On)); err != nil || today.Before(d.On) {
		f.Add("/on", "invalid", "is a day that is not in the future")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	e := k.line(by, m, d.Amount.Minor, d.On)
	e.Reference, e.Evidence = strings.TrimSpace(d.Reference), d.Evidence
	return e, k.book(e, "contribution."+string(m))
}

func (k *Contribution) line(by Actor, m EntryMeasure, minor int64, on Date) *ContributionEntry {
	return &ContributionEntry{
		Contribution: k.ID, Organization: cmp.Or(k.entered, k.Organization), Partnership: k.Partnership, Commitment: k.Commitment, Kind: k.Kind,
		Measure: m, AmountMinor: minor, Currency: k.Currency, On: on, FiscalYear: on.FiscalYear(), Quarter: on.FiscalQuarter(),
		RecordedBy: by.Account,
	}
}

// book adds the entry to what the ledger comes to.
func (k *Contribution) book(e *ContributionEntry, event string) error {
	sum, err := k.sum(e.Measure).Add(e.Amount())
	if err != nil {
		return err
	}
	*k.sum(e.Measure) = sum
	e.record("contribution_entry.recorded", string(e.Measure))
	k.record(event, "")
	return nil
}

// takes refuses what the place doesn't take at its stage.
func (in Place) takes(m EntryMeasure, today Date) error {
	switch {
	case in.Partnership != nil:
		p := in.Partnership
		if p.RanOut(today) && m == MeasurePledged {
			return Refuse(Conflict, "the reapproval of the partnership is due; nothing new is pledged before it is renewed")
		}
		if m == MeasurePledged && !p.Stage.Is(partnershipOpen...) {
			return Refuse(Conflict, "nothing is pledged to a partnership that has ended; this is %s", p.Stage)
		}
		if m == MeasureDelivered && (p.ApprovedOn == "" || p.Stage.Is(PartnershipClosedOut, PartnershipEvaluated)) {
			return Refuse(Conflict, "what is given to a partnership is delivered after its approval and before it is closed out; this is %s", p.Stage)
		}
	case in.Commitment != nil:
		c := in.Commitment
		if m == MeasurePledged && !c.Stage.Is(commitmentOpen...) {
			return Refuse(Conflict, "nothing is pledged to a commitment that has ended; this is %s", c.Stage)
		}
		if m == MeasureDelivered && c.AcceptedOn == "" {
			return Refuse(Conflict, "what is given to a commitment is delivered after it was accepted; this is %s", c.Stage)
		}
	}
	return nil
}

// OfficePays is the sign that a pledge of cash by the office gives: money may buy.
func (p *Partnership) OfficePays(e ContributionEntry) ProcurementSign {
	return ProcurementSign{e.CreatedAt, fmt.Sprintf("the office pays %s into it, as pledged on %s", e.Amount(), e.On)}
}
