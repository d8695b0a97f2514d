package domain

import (
	"slices"
	"strings"
)

// ContributionID names a contribution.
type ContributionID = ID[Contribution]

// ContributionKind is what is contributed.
type ContributionKind string

// The kinds of contribution.
const (
	ContributesCash      ContributionKind = "cash"
	ContributesInKind    ContributionKind = "in_kind"
	ContributesExpertise ContributionKind = "expertise"
	ContributesData      ContributionKind = "data"
	ContributesReach     ContributionKind = "reach"
)

// ContributionKinds lists the kinds of contribution.
func ContributionKinds() []ContributionKind {
	return []ContributionKind{ContributesCash, ContributesInKind, ContributesExpertise, ContributesData, ContributesReach}
}

// Valuation is how what is not cash was valued.
type Valuation string

// The methods of valuation.
const (
	ValuedByMarket      Valuation = "market_price"
	ValuedByInvoice     Valuation = "invoice"
	ValuedByReplacement Valuation = "replacement_cost"
	ValuedByStaffTime   Valuation = "staff_time_rate"
	ValuedByRateCard    Valuation = "published_rate"
	ValuedByAppraisal   Valuation = "independent_appraisal"
	ValuedByGiver       Valuation = "giver_estimate"
)

// Valuations lists the methods of valuation.
func Valuations() []Valuation {
	return []Valuation{ValuedByMarket, ValuedByInvoice, ValuedByReplacement, ValuedByStaffTime, ValuedByRateCard, ValuedByAppraisal, ValuedByGiver}
}

// Contribution is what one party puts into one partnership, or into one
// commitment. What of it was pledged, delivered and verified stands in its ledger
// alone, and it never changes hands, place, kind or currency.
type Contribution struct {
	Record[Contribution]
	// Organization gives it; empty for the office.
	Organization OrganizationID
	// Partnership or Commitment is where it counts, and nowhere else.
	Partnership PartnershipID
	Commitment  CommitmentID
	Kind        ContributionKind
	Currency    string
	Description string
	// Valuation and ValuationText say how its worth was found; cash has none.
	Valuation     Valuation
	ValuationText string

	// Pledged, Delivered and Verified are what the ledger comes to; read with the
	// contribution, and stored nowhere else.
	Pledged   Money `gorm:"-"`
	Delivered Money `gorm:"-"`
	Verified  Money `gorm:"-"`

	// entered is the organization under which its ledger began, and goes on: it is what
	// the giver was part of a merge ago, so that the undo of one leaves no line behind.
	entered OrganizationID
}

// ContributionDraft is what is written of a contribution when it is pledged.
type ContributionDraft struct {
	Organization  OrganizationID
	Kind          ContributionKind
	Description   string
	Valuation     Valuation
	ValuationText string
	First         EntryDraft
}

// Place is the one record in which a contribution counts.
type Place struct {
	Partnership *Partnership
	Commitment  *Commitment
	// File is the partnership's, on which it rests whether the office may give.
	File Dossier
}

// Pledge begins a contribution by what is pledged. The giver is a member of the
// partnership, the committing organization, or the office; and in good standing,
// for nothing new is taken from others.
func Pledge(id ContributionID, by Actor, d ContributionDraft, in Place, giver *Organization, today Date) (*Contribution, *ContributionEntry, error) {
	if err := d.check(in); err != nil {
		return nil, nil, err
	}
	k := &Contribution{
		Organization: d.Organization, Kind: d.Kind, Currency: d.First.Amount.Currency, Description: d.Description,
		Valuation: d.Valuation, ValuationText: d.ValuationText,
	}
	k.ID = id
	if in.Partnership != nil {
		k.Partnership = in.Partnership.ID
	} else {
		k.Commitment = in.Commitment.ID
	}
	k.empty()
	e, err := k.Add(by, MeasurePledged, d.First, in, giver, today)
	if err != nil {
		return nil, nil, err
	}
	k.Drain()
	k.record("contribution.created", "")
	return k, e, nil
}

func (d *ContributionDraft) check(in Place) error {
	var f Faults
	d.Description = strings.TrimSpace(d.Description)
	if d.Description == "" {
		f.Add("/description", "required", "say what is contributed")
	}
	if !slices.Contains(ContributionKinds(), d.Kind) {
		f.Add("/kind", "unknown_value", "must be %s", orList(ContributionKinds()))
	}
	if cash := d.Kind == ContributesCash; !cash && !slices.Contains(Valuations(), d.Valuation) {
		f.Add("/valuation", "required", "say how it was valued: %s", orList(Valuations()))
	} else if !cash && blank(d.ValuationText) {
		f.Add("/valuation_text", "required", "say what the value rests on")
	} else if cash && (d.Valuation != "" || d.ValuationText != "") {
		f.Add("/valuation", "invalid", "cash is what it is, and not valued")
	}
	switch {
	case (in.Partnership == nil) == (in.Commitment == nil):
		f.Add("/partnership_id", "invalid", "name the one partnership, or the one commitment, in which it counts")
	case in.Partnership != nil && d.Organization != "" && in.Partnership.member(d.Organization).Organization == "":
		f.Add("/organization_id", "invalid", "must be a member of the partnership")
	case in.Commitment != nil && d.Organization != in.Commitment.Organization:
		f.Add("/organization_id", "invalid", "must be the committing organization")
	}
	return f.Err()
}

// empty is a contribution without entries.
func (k *Contribution) empty() {
	none := Money{0, k.Currency}
	k.Pledged, k.Delivered, k.Verified = none, none, none
}

// Tell keeps what the ledger comes to, by measure, in minor units, and under which
// organization it began.
func (k *Contribution) Tell(pledged, delivered, verified int64, entered OrganizationID) {
	k.entered = entered
	k.Pledged, k.Delivered, k.Verified = Money{pledged, k.Currency}, Money{delivered, k.Currency}, Money{verified, k.Currency}
}

// sum is what the ledger comes to of a measure.
func (k *Contribution) sum(m EntryMeasure) *Money {
	switch m {
	case MeasureDelivered:
		return &k.Delivered
	case MeasureVerified:
		return &k.Verified
	}
	return &k.Pledged
}

// Exceeded reports whether more was delivered than pledged. That is no fault, and
// it is shown.
func (k *Contribution) Exceeded() bool { return k.Delivered.Minor > k.Pledged.Minor }

// Next lists what may be done with the contribution.
func (k *Contribution) Next() []Action {
	return []Action{PledgeContribution, DeliverContribution, VerifyContribution, ReverseContribution}
}
