package repository

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"gorm.io/gorm"

	"accord/domain"
)

// Contributions is the table of contributions.
type Contributions struct {
	table[domain.Contribution, *domain.Contribution]
}

func contributions(s *Session) Contributions {
	t := newTable[domain.Contribution](s, domain.ReadContribution, contributionReach, nil)
	t.fill = fillSums
	return Contributions{t}
}

// contributionReach shows an organization what it gives itself, alone or in a
// partnership that it sees.
func contributionReach(a domain.Actor) []relation {
	return []relation{{domain.Own, `r.organization IN ` + survivorOf + ` AND (r.partnership = '' OR r.partnership IN (SELECT m.partnership FROM partnership_members m, partnerships p
		WHERE m.organization = ? AND p.id = m.partnership AND p.stage NOT IN ('concept', 'due_diligence')))`, []any{a.Organization, a.Organization, a.Organization}}}
}

// ContributionFilter narrows a list or a total; an empty field does not.
type ContributionFilter struct {
	Organization domain.OrganizationID
	// ByOffice keeps what the office gives.
	ByOffice       bool
	Partnership    domain.PartnershipID
	Commitment     domain.CommitmentID
	Kind, Currency string
	// FiscalYear and Quarter are of totals alone.
	FiscalYear, Quarter int
}

func (f ContributionFilter) narrow(q *gorm.DB) *gorm.DB {
	q = equal(q, "kind", f.Kind, "currency", f.Currency)
	if f.Organization != "" {
		q = q.Where("organization IN "+survivorOf, f.Organization, f.Organization)
	}
	if f.ByOffice {
		q = q.Where("organization = ''")
	}
	if f.Partnership != "" { // the indexes hold only those that are in one
		q = q.Where("partnership = ? AND partnership <> ''", f.Partnership)
	}
	if f.Commitment != "" {
		q = q.Where("commitment = ? AND commitment <> ''", f.Commitment)
	}
	if f.FiscalYear != 0 {
		q = q.Where("fiscal_year = ?", f.FiscalYear)
	}
	if f.Quarter != 0 {
		q = q.Where("quarter = ?", f.Quarter)
	}
	return q
}

// List returns a page of contributions, newest first.
func (t Contributions) List(ctx context.Context, f ContributionFilter, p Page) (Rows[domain.Contribution], error) {
	return t.list(f.narrow(t.within(ctx, t.read)), p)
}

// fillSums reads what the ledgers come to.
func fillSums(ctx context.Context, s *Session, rows []*domain.Contribution) error {
	var sums []struct {
		Contribution domain.ContributionID
		Measure      domain.EntryMeasure
		Sum          int64
		Entered      domain.OrganizationID
	}
	err := s.mechanism(ctx).Table("contribution_entries").Select("contribution, measure, CAST(SUM(amount_minor) AS BIGINT) AS sum, MIN(organization) AS entered").
		Where("contribution IN ?", idsOf(rows)).Group("contribution, measure").Find(&sums).Error
	byID, entered := map[domain.ContributionID]map[domain.EntryMeasure]int64{}, map[domain.ContributionID]domain.OrganizationID{}
	for _, r := range sums {
		if byID[r.Contribution] == nil {
			byID[r.Contribution] = map[domain.EntryMeasure]int64{}
		}
		byID[r.Contribution][r.Measure], entered[r.Contribution] = r.Sum, r.Entered
	}
	for _, k := range rows {
		of := byID[k.ID]
		k.Tell(of[domain.MeasurePledged], of[domain.MeasureDelivered], of[domain.MeasureVerified], entered[k.ID])
	}
	return err
}

// LedgerEntries is the ledger of contributions.
type LedgerEntries struct {
	table[domain.ContributionEntry, *domain.ContributionEntry]
}

func ledgerEntries(s *Session) LedgerEntries {
	t := newTable[domain.ContributionEntry](s, domain.ReadLedgerEntry, contributionReach, nil)
	t.index = countOnce
	return LedgerEntries{t}
}

// List returns a page of a contribution's ledger, newest first.
func (t LedgerEntries) List(ctx context.Context, k domain.ContributionID, p Page) (Rows[domain.ContributionEntry], error) {
	return t.list(t.within(ctx, t.read).Where("contribution = ?", k), p)
}

// Of returns the whole ledger of a contribution, for a decision about it.
func (t LedgerEntries) Of(ctx context.Context, k domain.ContributionID) (domain.Ledger, error) {
	var out domain.Ledger
	err := t.within(ctx, t.read).Where("contribution = ?", k).Order("created_at, id").Find(&out).Error
	return out, err
}

type contributionReference struct {
	Organization domain.OrganizationID
	Measure      domain.EntryMeasure
	Reference    string
	Entry        domain.EntryID
}

// countOnce lets what somebody gives count once, whom it was given under before a
// merge too. The number of an agreement or a receipt belongs to one contribution,
// and to one entry of each measure there; an entry that is reversed gives it free.
func countOnce(ctx context.Context, s *Session, e *domain.ContributionEntry) error {
	db := s.mechanism(ctx)
	if e.Reverses != "" {
		return db.Where("entry = ?", e.Reverses).Delete(&contributionReference{}).Error
	}
	var k domain.Contribution
	if err := s.mechanism(ctx).Select("organization, description").Where("id = ?", e.Contribution).Take(&k).Error; err != nil {
		return err
	}
	// Neither of two at a time may overlook the other.
	if err := s.Alone(ctx, "contributions of "+string(k.Organization)); err != nil {
		return err
	}
	key := domain.ReferenceKey(e.Reference)
	if err := s.sameElsewhere(ctx, e, &k, key); err != nil || key == "" {
		return err
	}
	var there []contributionReference
	err := db.Where("organization = ? OR organization IN ("+mergedAway+" AND o.merged_into = ?)", k.Organization, k.Organization).
		Where("reference = ?", key).
		Where("measure = ? OR entry NOT IN (SELECT x.id FROM contribution_entries x WHERE x.contribution = ?)", e.Measure, e.Contribution).
		Limit(1).Find(&there).Error
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return countedAlready("taken", "the giver has an entry with this number"+s.whereIs(ctx, there[0].Entry))
	}
	return refusal(s.mechanism(ctx).Create(&contributionReference{Organization: k.Organization, Measure: e.Measure, Reference: key, Entry: e.ID}).Error)
}

// sameElsewhere refuses what reads like an entry of the giver's in another place,
// unless each bears a number: nothing else tells two gifts from one.
func (s *Session) sameElsewhere(ctx context.Context, e *domain.ContributionEntry, k *domain.Contribution, key string) error {
	if e.Measure == domain.MeasureVerified {
		return nil
	}
	var alike []struct {
		ID                     domain.EntryID
		Description, Reference string
	}
	err := s.mechanism(ctx).Table("contribution_entries e, contributions k").Select("e.id, k.description, e.reference").Where("k.id = e.contribution").
		Where("k.organization = ? OR k.organization IN ("+mergedAway+" AND o.merged_into = ?)", k.Organization, k.Organization).
		Where("e.measure IN ? AND e.happened_on = ? AND e.currency = ? AND e.amount_minor = ? AND e.kind = ? AND e.reverses = ''",
			[]domain.EntryMeasure{domain.MeasurePledged, domain.MeasureDelivered}, e.On, e.Currency, e.AmountMinor, e.Kind).
		Where("e.partnership <> ? OR e.commitment <> ?", e.Partnership, e.Commitment).
		Where("NOT EXISTS (SELECT 1 FROM contribution_entries x WHERE x.reverses = e.id)").Order("e.id").Scan(&alike).Error
	for _, a := range alike {
		if domain.NameKey(a.Description) == domain.NameKey(k.Description) && (key == "" || domain.ReferenceKey(a.Reference) == "") {
			return countedAlready("required", "the giver has an entry of the same day, kind, amount and words elsewhere"+s.whereIs(ctx, a.ID)+
				"; if they are two, each bears a number of its own: reverse the one that has none, and enter it anew with it")
		}
	}
	return err
}

// countedAlready refuses an entry that would count twice.
func countedAlready(code, detail string) error {
	return &domain.Error{Kind: domain.Conflict, Detail: "this is entered already; the same contribution does not count twice", Faults: domain.Faults{
		{Pointer: "/reference", Code: code, Detail: detail}}}
}

// whereIs says where an entry stands, to who may see it.
func (s *Session) whereIs(ctx context.Context, id domain.EntryID) string {
	e, err := s.LedgerEntries.Get(ctx, id)
	if err != nil {
		return "; ask the office where"
	}
	return fmt.Sprintf(", in contribution %s to %s", e.Contribution, placeOf(e))
}

func placeOf(e *domain.ContributionEntry) string {
	if e.Partnership != "" {
		return "partnership " + string(e.Partnership)
	}
	return "commitment " + string(e.Commitment)
}

// A Cut is a way to tell totals apart.
type Cut string

// The cuts. Currencies are always told apart.
const (
	ByParty   Cut = "party"
	ByKind    Cut = "kind"
	ByYear    Cut = "fiscal_year"
	ByQuarter Cut = "quarter"
)

// cutColumns are what a cut is grouped by.
var cutColumns = map[Cut][]string{ByParty: {"organization"}, ByKind: {"kind"}, ByYear: {"fiscal_year"}, ByQuarter: {"fiscal_year", "quarter"}}

// Totals are what the ledger comes to within reach, by the cuts and always by
// currency, straight from its entries.
func (t LedgerEntries) Totals(ctx context.Context, f ContributionFilter, cuts ...Cut) ([]domain.ContributionTotal, error) {
	if !t.s.actor.May(domain.ReadContributionSums) {
		return nil, forbidden(domain.ReadContributionSums)
	}
	columns := []string{"currency"}
	for _, c := range cuts {
		for _, name := range cutColumns[c] {
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	keys := strings.Join(columns, ", ") + ", measure"
	rows, err := totalRows(f.narrow(t.within(ctx, domain.ReadContributionSums)).Group(keys).
		Select(keys+", COUNT(*) AS entries, "+syntax(t.s.store.postgres).sum("amount_minor")), columns)
	if err == nil && slices.Contains(cuts, ByParty) {
		err = t.s.asSurvivors(ctx, rows)
	}
	return pivot(rows, slices.Contains(cuts, ByParty)), err
}

// asSurvivors counts what an organization gave that was merged into another as the
// survivor's.
func (s *Session) asSurvivors(ctx context.Context, rows []totalRow) error {
	var merged []domain.Organization
	err := s.mechanism(ctx).Select("id, merged_into").Where("merged_into <> ''").Find(&merged).Error
	into := map[domain.OrganizationID]domain.OrganizationID{}
	for _, o := range merged {
		into[o.ID] = o.MergedInto
	}
	for i, r := range rows {
		if survivor, ok := into[r.Organization]; ok {
			rows[i].Organization = survivor
		}
	}
	return err
}

// totalRow is the sum of one measure of a total.
type totalRow struct {
	Organization        domain.OrganizationID
	Kind                domain.ContributionKind
	FiscalYear, Quarter int
	Currency            string
	Measure             domain.EntryMeasure
	Entries, High, Low  int64
}

// totalRows reads rows of the columns, and of what each is a sum of. There can be
// many, of which a scan by reflection would take longer than the sums do.
func totalRows(q *gorm.DB, columns []string) (out []totalRow, err error) {
	rows, err := q.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var r totalRow
	to := map[string]any{"organization": &r.Organization, "kind": &r.Kind, "fiscal_year": &r.FiscalYear, "quarter": &r.Quarter, "currency": &r.Currency}
	var into []any
	for _, c := range columns {
		into = append(into, to[c])
	}
	into = append(into, &r.Measure, &r.Entries, &r.High, &r.Low)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// pivot puts the measures of one key side by side, and the rows of one key and
// measure into one; by currency, party, kind and time.
func pivot(rows []totalRow, byParty bool) []domain.ContributionTotal {
	var out []domain.ContributionTotal
	at := map[totalRow]int{}
	for _, r := range rows {
		sum := new(big.Int).Add(new(big.Int).Mul(big.NewInt(r.High), big.NewInt(billion)), big.NewInt(r.Low))
		key := totalRow{Organization: r.Organization, Kind: r.Kind, FiscalYear: r.FiscalYear, Quarter: r.Quarter, Currency: r.Currency}
		i, there := at[key]
		if !there {
			total := domain.ContributionTotal{
				Organization: r.Organization, ByOffice: byParty && r.Organization == "", Kind: r.Kind, FiscalYear: r.FiscalYear, Quarter: r.Quarter,
				Currency: r.Currency, Sums: map[domain.EntryMeasure]*big.Int{},
			}
			for _, m := range domain.Measures() {
				total.Sums[m] = new(big.Int)
			}
			i, at[key] = len(out), len(out)
			out = append(out, total)
		}
		total := &out[i]
		total.Sums[r.Measure].Add(total.Sums[r.Measure], sum)
		total.Entries += r.Entries
	}
	slices.SortFunc(out, func(a, b domain.ContributionTotal) int {
		return cmp.Or(strings.Compare(a.Currency, b.Currency), strings.Compare(string(a.Organization), string(b.Organization)),
			strings.Compare(string(a.Kind), string(b.Kind)), cmp.Compare(a.FiscalYear, b.FiscalYear), cmp.Compare(a.Quarter, b.Quarter))
	})
	return out
}

// ExchangeRates is the table of exchange rates.
type ExchangeRates struct {
	table[domain.ExchangeRate, *domain.ExchangeRate]
}

func exchangeRates(s *Session) ExchangeRates {
	return ExchangeRates{newTable[domain.ExchangeRate](s, domain.ReadExchangeRate, nil, sorts{"as_of": "as_of"})}
}

// List returns a page of rates, the latest day first; of currencies if given.
func (t ExchangeRates) List(ctx context.Context, base, quote string, p Page) (Rows[domain.ExchangeRate], error) {
	p.Sort = "-as_of"
	return t.list(equal(t.within(ctx, t.read), "base", base, "quote", quote), p)
}

// Named returns the rates with these ids, and refuses any that is not there.
func (t ExchangeRates) Named(ctx context.Context, ids []string) ([]domain.ExchangeRate, error) {
	var out []domain.ExchangeRate
	if len(ids) == 0 {
		return nil, nil
	}
	if err := t.within(ctx, t.read).Where("id IN ?", ids).Order("id").Find(&out).Error; err != nil {
		return nil, err
	}
	if len(out) != len(ids) {
		return nil, parameterFault("rates", "must name exchange rates that there are, each once")
	}
	for i, r := range out {
		if domain.RateFor(out[:i], r.Base) != nil {
			return nil, parameterFault("rates", "must name one rate for a base currency, and not two of "+r.Base)
		}
	}
	return out, nil
}

// OfficePayments are the pledges of cash by the office to a partnership that
// stand.
func (t LedgerEntries) OfficePayments(ctx context.Context, p domain.PartnershipID) ([]domain.ContributionEntry, error) {
	var out []domain.ContributionEntry
	err := t.within(ctx, t.read).Where("partnership = ? AND partnership <> '' AND organization = '' AND kind = ? AND measure = ? AND reverses = ''",
		p, domain.ContributesCash, domain.MeasurePledged).
		Where("id NOT IN (SELECT x.reverses FROM contribution_entries x WHERE x.reverses <> '')").Order("created_at, id").Find(&out).Error
	return out, err
}
