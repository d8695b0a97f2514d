package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/openapi"
	"accord/repository"
)

// ListContributions answers with the contributions within reach.
func (s *Server) ListContributions(c echo.Context, p openapi.ListContributionsParams) error {
	rows, err := s.as(c).Contributions.List(ctx(c), repository.ContributionFilter{
		Organization: domain.OrganizationID(p.OrganizationID), ByOffice: p.ByOffice, Partnership: domain.PartnershipID(p.PartnershipID),
		Commitment: domain.CommitmentID(p.CommitmentID), Kind: p.Kind, Currency: p.Currency,
	}, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, contributionJSON)
}

// GetContribution answers with one contribution and what its ledger comes to.
func (s *Server) GetContribution(c echo.Context, id openapi.ID) error {
	k, err := s.as(c).Contributions.Get(ctx(c), domain.ContributionID(id))
	if err != nil {
		return err
	}
	return show(c, http.StatusOK, k, contributionJSON)
}

// CreateContribution pledges a contribution to a partnership or a commitment.
func (s *Server) CreateContribution(c echo.Context) error {
	in, err := bind[openapi.ContributionDraft](c)
	if err != nil {
		return err
	}
	d, err := contributionDraft(c, in)
	if err != nil {
		return err
	}
	var k *domain.Contribution
	err = s.as(c).Tx(ctx(c), func(tx *repository.Session) error {
		place, giver, err := placeAndGiver(c, tx, domain.PartnershipID(in.PartnershipID), domain.CommitmentID(in.CommitmentID), d.Organization)
		if err != nil {
			return err
		}
		var e *domain.ContributionEntry
		if k, e, err = domain.Pledge(domain.ContributionID(tx.NewID()), actor(c), d, place, giver, s.today()); err != nil {
			return err
		}
		if err := tx.Contributions.Create(ctx(c), domain.PledgeNew, k); err != nil {
			return err
		}
		return tx.LedgerEntries.Create(ctx(c), domain.PledgeNew, e)
	})
	if err != nil {
		return err
	}
	return show(c, http.StatusCreated, k, contributionJSON)
}

func contributionDraft(c echo.Context, in openapi.ContributionDraft) (domain.ContributionDraft, error) {
	first, err := entryDraft(openapi.EntryDraft{Amount: in.Amount, On: in.On, Reference: in.Reference, Evidence: in.Evidence})
	d := domain.ContributionDraft{
		Organization: domain.OrganizationID(in.OrganizationID), Kind: domain.ContributionKind(in.Kind), Description: in.Description,
		Valuation: domain.Valuation(in.Valuation), ValuationText: in.ValuationText, First: first,
	}
	own := actor(c).Organization
	switch {
	case err != nil:
		return d, err
	case own != "" && (in.ByOffice || (in.OrganizationID != "" && in.OrganizationID != string(own))):
		return d, domain.Refuse(domain.Forbidden, "a partner enters what its own organization gives")
	case own != "":
		d.Organization = own
	case in.ByOffice == (in.OrganizationID != ""):
		return d, (domain.Faults{{Pointer: "/organization_id", Code: "required", Detail: "say which organization gives, or that the office does"}}).Err()
	}
	return d, nil
}

func entryDraft(in openapi.EntryDraft) (domain.EntryDraft, error) {
	amount, err := money(&in.Amount)
	return domain.EntryDraft{Amount: amount, On: domain.Date(in.On), Reference: in.Reference, Evidence: in.Evidence}, err
}

// placeAndGiver are where a contribution counts and who gives it, as they stand
// and stay until the transaction ends; nil where the caller sees no such.
func placeAndGiver(c echo.Context, tx *repository.Session, p domain.PartnershipID, k domain.CommitmentID, org domain.OrganizationID) (place domain.Place, giver *domain.Organization, err error) {
	if p != "" {
		if place.Partnership, err = found(tx.Partnerships.Steady(ctx(c), p)); err != nil {
			return place, nil, err
		}
	}
	if place.Partnership != nil && org == "" {
		if place.File, err = tx.Partnerships.Dossier(ctx(c), place.Partnership); err != nil {
			return place, nil, err
		}
	}
	if k != "" {
		if place.Commitment, err = found(tx.Commitments.Steady(ctx(c), k)); err != nil {
			return place, nil, err
		}
	}
	if org != "" {
		giver, err = found(tx.Organizations.Steady(ctx(c), org))
	}
	return place, giver, err
}

// ListContributionEntries answers with a contribution's ledger.
func (s *Server) ListContributionEntries(c echo.Context, id openapi.ID) error {
	if _, err := s.as(c).Contributions.Get(ctx(c), domain.ContributionID(id)); err != nil {
		return err
	}
	rows, err := s.as(c).LedgerEntries.List(ctx(c), domain.ContributionID(id), page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, entryJSON)
}

// book adds to a contribution's ledger what do makes of it.
func (s *Server) book(c echo.Context, id openapi.ID, act domain.Action, do func(*repository.Session, *domain.Contribution) (*domain.ContributionEntry, error)) error {
	return change(c, s.as(c).Contributions, act, id, contributionJSON, func(tx *repository.Session, k *domain.Contribution) error {
		e, err := do(tx, k)
		if err != nil {
			return err
		}
		return tx.LedgerEntries.Create(ctx(c), act, e)
	})
}

// addEntry enters what a giver says of a contribution.
func (s *Server) addEntry(c echo.Context, id openapi.ID, act domain.Action, m domain.EntryMeasure) error {
	in, err := bind[openapi.EntryDraft](c)
	if err != nil {
		return err
	}
	d, err := entryDraft(in)
	if err != nil {
		return err
	}
	return s.book(c, id, act, func(tx *repository.Session, k *domain.Contribution) (*domain.ContributionEntry, error) {
		place, giver, err := placeAndGiver(c, tx, k.Partnership, k.Commitment, k.Organization)
		if err != nil {
			return nil, err
		}
		return k.Add(actor(c), m, d, place, giver, s.today())
	})
}

// PledgeContribution enters a further pledge.
func (s *Server) PledgeContribution(c echo.Context, id openapi.ID) error {
	return s.addEntry(c, id, domain.PledgeContribution, domain.MeasurePledged)
}

// DeliverContribution enters a delivery.
func (s *Server) DeliverContribution(c echo.Context, id openapi.ID) error {
	return s.addEntry(c, id, domain.DeliverContribution, domain.MeasureDelivered)
}

// VerifyContribution enters what of the deliveries was verified.
func (s *Server) VerifyContribution(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.EntryDraft](c)
	if err != nil {
		return err
	}
	d, err := entryDraft(in)
	if err != nil {
		return err
	}
	return s.book(c, id, domain.VerifyContribution, func(tx *repository.Session, k *domain.Contribution) (*domain.ContributionEntry, error) {
		ledger, err := tx.LedgerEntries.Of(ctx(c), k.ID)
		if err != nil {
			return nil, err
		}
		return k.Verify(actor(c), d, ledger, s.today())
	})
}

// ReverseContributionEntry takes an entry back.
func (s *Server) ReverseContributionEntry(c echo.Context, id openapi.ID) error {
	in, err := bind[openapi.Reversal](c)
	if err != nil {
		return err
	}
	return s.book(c, id, domain.ReverseContribution, func(tx *repository.Session, k *domain.Contribution) (*domain.ContributionEntry, error) {
		ledger, err := tx.LedgerEntries.Of(ctx(c), k.ID)
		if err != nil {
			return nil, err
		}
		return k.Reverse(actor(c), domain.EntryID(in.EntryID), in.Reason, ledger, s.today())
	})
}

// GetContributionTotals answers with what contributions within reach come to.
func (s *Server) GetContributionTotals(c echo.Context, p openapi.GetContributionTotalsParams) error {
	var cuts []repository.Cut
	for by := range strings.FieldsFuncSeq(p.By, func(r rune) bool { return r == ',' }) {
		cuts = append(cuts, repository.Cut(by))
	}
	ids := strings.FieldsFunc(p.Rates, func(r rune) bool { return r == ',' })
	rates, err := s.as(c).ExchangeRates.Named(ctx(c), ids)
	if err != nil {
		return err
	}
	rows, err := s.as(c).LedgerEntries.Totals(ctx(c), repository.ContributionFilter{
		Organization: domain.OrganizationID(p.OrganizationID), ByOffice: p.ByOffice, Partnership: domain.PartnershipID(p.PartnershipID),
		Commitment: domain.CommitmentID(p.CommitmentID), Kind: p.Kind, Currency: p.Currency, FiscalYear: p.FiscalYear, Quarter: p.Quarter,
	}, cuts...)
	if err != nil {
		return err
	}
	out := openapi.ContributionTotals{Items: make([]openapi.ContributionTotal, len(rows))}
	for i, t := range rows {
		out.Items[i] = totalJSON(t, domain.RateFor(rates, t.Currency))
	}
	return answerJSON(c, http.StatusOK, out)
}

func totalJSON(t domain.ContributionTotal, rate *domain.ExchangeRate) openapi.ContributionTotal {
	in := func(m domain.EntryMeasure) string { return domain.WriteMinor(t.Sums[m], t.Currency) }
	out := openapi.ContributionTotal{
		OrganizationID: string(t.Organization), ByOffice: t.ByOffice, Kind: string(t.Kind), FiscalYear: t.FiscalYear, Quarter: t.Quarter, Currency: t.Currency,
		Pledged: in(domain.MeasurePledged), Delivered: in(domain.MeasureDelivered), Verified: in(domain.MeasureVerified), Entries: int(t.Entries),
	}
	if rate != nil {
		worth := func(m domain.EntryMeasure) string { return rate.Convert(t.Sums[m]) }
		out.Converted = &openapi.ConvertedTotal{
			RateID: string(rate.ID), Rate: string(rate.Rate), AsOf: string(rate.AsOf), Source: rate.Source, Currency: rate.Quote,
			Pledged: worth(domain.MeasurePledged), Delivered: worth(domain.MeasureDelivered), Verified: worth(domain.MeasureVerified),
		}
	}
	return out
}

// contributionJSON shows the giver and the office the same: what the giver says
// beside what was verified.
func contributionJSON(by domain.Actor, k *domain.Contribution) openapi.Contribution {
	return openapi.Contribution{
		ID: string(k.ID), OrganizationID: string(k.Organization), PartnershipID: string(k.Partnership), CommitmentID: string(k.Commitment),
		Kind: string(k.Kind), Description: k.Description, Valuation: string(k.Valuation), ValuationText: k.ValuationText, Currency: k.Currency,
		Pledged: k.Pledged.Amount(), Delivered: k.Delivered.Amount(), Verified: k.Verified.Amount(), Exceeded: k.Exceeded(),
		Next: next(by, k.Relation, k.Next()),
	}
}

// entryJSON shows a giver the ledger without who entered what, and without what
// the office's verification rests on: it may tell who spoke.
func entryJSON(by domain.Actor, e *domain.ContributionEntry) openapi.ContributionEntry {
	out := openapi.ContributionEntry{
		ID: string(e.ID), Measure: string(e.Measure), Amount: e.Amount().Amount(), Currency: e.Currency, On: string(e.On), FiscalYear: e.FiscalYear,
		Quarter: e.Quarter, ReversesID: string(e.Reverses),
	}
	if e.Measure != domain.MeasureVerified || by.Sees(domain.EntryEvidence, e.Relation) {
		out.Reference, out.Evidence, out.Reason = e.Reference, e.Evidence, e.Reason
	}
	if by.Sees(domain.EntryInside, e.Relation) {
		out.RecordedBy, out.RecordedAt = string(e.RecordedBy), &e.CreatedAt
	}
	return out
}

// ListExchangeRates answers with the rates that are kept.
func (s *Server) ListExchangeRates(c echo.Context, p openapi.ListExchangeRatesParams) error {
	rows, err := s.as(c).ExchangeRates.List(ctx(c), p.Base, p.Quote, page(c))
	if err != nil {
		return err
	}
	return showPage(c, rows, exchangeRateJSON)
}

// RecordExchangeRate keeps a rate.
func (s *Server) RecordExchangeRate(c echo.Context) error {
	in, err := bind[openapi.ExchangeRateDraft](c)
	if err != nil {
		return err
	}
	r, err := domain.NewExchangeRate(actor(c), domain.RateDraft{
		Base: in.Base, Quote: in.Quote, Rate: domain.Decimal(in.Rate), AsOf: domain.Date(in.AsOf), Source: in.Source,
	}, s.today())
	if err != nil {
		return err
	}
	if err := s.as(c).ExchangeRates.Create(ctx(c), domain.RecordExchangeRate, r); err != nil {
		return err
	}
	return show(c, http.StatusCreated, r, exchangeRateJSON)
}

func exchangeRateJSON(by domain.Actor, r *domain.ExchangeRate) openapi.ExchangeRate {
	out := openapi.ExchangeRate{ID: string(r.ID), Base: r.Base, Quote: r.Quote, Rate: string(r.Rate), AsOf: string(r.AsOf), Source: r.Source}
	if by.Sees(domain.ExchangeRateInside, r.Relation) {
		out.RecordedBy = string(r.RecordedBy)
	}
	return out
}
