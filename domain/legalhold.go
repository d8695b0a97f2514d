package domain

import (
	"slices"
	"strings"
	"time"
)

// LegalHoldID names a legal hold.
type LegalHoldID = ID[LegalHold]

// LegalHoldKind is what asks for a hold. The words are plain, since the advisor reads
// them and may be watched: none says court, police or crime.
type LegalHoldKind string

// The kinds.
const (
	HoldByOrder        LegalHoldKind = "order"       // a court's
	HoldForProceedings LegalHoldKind = "proceedings" // that are pending, or to be expected
	HoldByRequest      LegalHoldKind = "request"     // of an authority, to preserve what there is
)

// LegalHoldKinds lists every kind.
func LegalHoldKinds() []LegalHoldKind {
	return []LegalHoldKind{HoldByOrder, HoldForProceedings, HoldByRequest}
}

// LegalHoldStage is where a hold is in its life.
type LegalHoldStage string

// A hold is proposed by one person and works once another has confirmed it, until its
// day or until it is lifted.
const (
	LegalHoldProposed  LegalHoldStage = "proposed"
	LegalHoldConfirmed LegalHoldStage = "confirmed"
	LegalHoldDeclined  LegalHoldStage = "declined"
	LegalHoldLifted    LegalHoldStage = "lifted"
	LegalHoldEnded     LegalHoldStage = "ended"
)

var legalHoldLife = lifeCycle[LegalHoldStage]{
	ConfirmLegalHold: {[]LegalHoldStage{LegalHoldProposed}, LegalHoldConfirmed},
	DeclineLegalHold: {[]LegalHoldStage{LegalHoldProposed}, LegalHoldDeclined},
	LiftLegalHold:    {[]LegalHoldStage{LegalHoldConfirmed}, LegalHoldLifted},
	EndLegalHold:     {[]LegalHoldStage{LegalHoldConfirmed}, LegalHoldEnded},
}

// LegalHoldDays is for how many days at most a hold is made; to go on is another one,
// by two persons again. The span is ours.
const LegalHoldDays = 365

// LegalHold keeps what the vault has of an advisor from being destroyed before a day.
// It lets nobody read anything: while it works, what the advisor erases is sealed from
// everybody instead, and destroyed when no hold works any more. Nothing is extended:
// an order that lasts is another hold.
type LegalHold struct {
	Record[LegalHold]
	Advisor AdvisorID
	Kind    LegalHoldKind
	// Reference is the number under which the office's counsel keeps the order. What the
	// order says, and its own number, which may be public, would tell who the advisor is.
	Reference string
	// EndsOn is the first day on which it works no more, in UTC, whether or not its
	// end has been noted by then.
	EndsOn     Date
	ProposedBy AccountID
	// DecidedBy confirmed or declined it; empty where its proposer was stopped.
	DecidedBy   AccountID
	ConfirmedOn Date
	LiftedBy    AccountID
	Stage       Stage[LegalHoldStage]
}

// LegalHoldDraft is what a custodian proposes.
type LegalHoldDraft struct {
	Kind      LegalHoldKind
	Reference string
	EndsOn    Date
}

// NewLegalHold proposes a hold of an advisor's identity. It refuses a day that is not
// to come, or is more than LegalHoldDays away, and tells it with what was found wrong
// before.
func NewLegalHold(by Actor, of AdvisorID, d LegalHoldDraft, f Faults, today Date) (*LegalHold, error) {
	if !slices.Contains(LegalHoldKinds(), d.Kind) {
		f.Add("/kind", "unknown_value", "must be order, proceedings or request")
	}
	if strings.TrimSpace(d.Reference) == "" {
		f.Add("/reference", "required", "say under what number the office's counsel keeps the order")
	}
	if last := today.AddDays(LegalHoldDays); !today.Before(d.EndsOn) || last.Before(d.EndsOn) {
		f.Add("/ends_on", "out_of_range", "must be after today, %s, and at the latest %s; what lasts longer is another hold then", today, last)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	h := &LegalHold{
		Advisor: of, Kind: d.Kind, Reference: d.Reference, EndsOn: d.EndsOn,
		ProposedBy: by.Account, Stage: Stage[LegalHoldStage]{LegalHoldProposed},
	}
	h.record("legal_hold.proposed", string(d.Kind))
	return h, nil
}

// Confirm has the hold work from now on. by is the second person: another than the one
// who proposed it, and of these two none whom the other brought in lately.
func (h *LegalHold) Confirm(by, proposer *Account, now time.Time) error {
	if err := second(by, proposer, nobodyElse, now); err != nil {
		return err
	}
	today := DateOf(now)
	if !today.Before(h.EndsOn) {
		return Refuse(Conflict, "its day has come; propose another")
	}
	if err := legalHoldLife.take(&h.Stage, ConfirmLegalHold); err != nil {
		return err
	}
	h.DecidedBy, h.ConfirmedOn = by.ID, today
	h.record("legal_hold.confirmed", string(h.Kind))
	return nil
}

// Decline ends a proposal; who proposed it takes it back so.
func (h *LegalHold) Decline(by Actor) error {
	if err := legalHoldLife.take(&h.Stage, DeclineLegalHold); err != nil {
		return err
	}
	h.DecidedBy = by.Account
	h.record("legal_hold.declined", string(h.Kind))
	return nil
}

// Lift ends a hold before its day.
func (h *LegalHold) Lift(by Actor) error {
	if err := legalHoldLife.take(&h.Stage, LiftLegalHold); err != nil {
		return err
	}
	h.LiftedBy = by.Account
	h.record("legal_hold.lifted", string(h.Kind))
	return nil
}

// End notes that the hold's day has come, or refuses with Conflict.
func (h *LegalHold) End(today Date) error {
	if today.Before(h.EndsOn) {
		return Refuse(Conflict, "it works until %s", h.EndsOn)
	}
	if err := legalHoldLife.take(&h.Stage, EndLegalHold); err != nil {
		return err
	}
	h.record("legal_hold.ended", string(h.Kind))
	return nil
}

// Works reports whether the hold keeps anything on a day.
func (h *LegalHold) Works(on Date) bool {
	return h.Stage.Is(LegalHoldConfirmed) && on.Before(h.EndsOn)
}

// Next lists what the hold's stage allows.
func (h *LegalHold) Next(by Actor) []Action {
	return unless(by.Account == h.ProposedBy, legalHoldLife.next(h.Stage), ConfirmLegalHold)
}
