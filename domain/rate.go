package domain

import (
	"math/big"
	"slices"
)

// RateID names an exchange rate.
type RateID = ID[ExchangeRate]

// ExchangeRate is what one unit of a currency was worth in another, on a day and
// according to somebody. It never changes; another day's is another rate.
type ExchangeRate struct {
	Record[ExchangeRate]
	Base, Quote string
	// Rate is how many of Quote one of Base is worth, exactly as the source says.
	Rate Decimal
	AsOf Date
	// Source is who says so, such as the Treasury Reporting Rates of Exchange.
	Source     string
	RecordedBy AccountID
}

// RateDraft is what is written of a rate.
type RateDraft struct {
	Base, Quote string
	Rate        Decimal
	AsOf        Date
	Source      string
}

// NewExchangeRate keeps a rate.
func NewExchangeRate(by Actor, d RateDraft, today Date) (*ExchangeRate, error) {
	var f Faults
	for _, c := range [][2]string{{"/base", d.Base}, {"/quote", d.Quote}} {
		if _, ok := CurrencyByCode(c[1]); !ok {
			f.Add(c[0], "unknown_value", "must be a current ISO 4217 code")
		}
	}
	if d.Base == d.Quote {
		f.Add("/quote", "invalid", "is another currency than base")
	}
	if _, err := ParseDecimal(string(d.Rate)); err != nil || d.Rate.Cmp("0") <= 0 {
		f.Add("/rate", "invalid", "is a decimal number above zero, such as 1.0842")
	}
	if _, err := ParseDate(string(d.AsOf)); err != nil || today.Before(d.AsOf) {
		f.Add("/as_of", "invalid", "is a day that is not in the future")
	}
	if blank(d.Source) {
		f.Add("/source", "required", "say whose rate it is")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	r := &ExchangeRate{Base: d.Base, Quote: d.Quote, Rate: d.Rate, AsOf: d.AsOf, Source: d.Source, RecordedBy: by.Account}
	r.record("exchange_rate.recorded", d.Base+" "+d.Quote)
	return r, nil
}

// Convert is an amount of Base, in minor units, in Quote: written with Quote's
// decimals, a half rounded to the even neighbor.
func (r *ExchangeRate) Convert(minor *big.Int) string {
	base, _ := CurrencyByCode(r.Base)
	quote, _ := CurrencyByCode(r.Quote)
	exact := new(big.Rat).SetFrac(minor, tenTo(base.MinorUnits))
	exact.Mul(exact, r.Rate.rat())
	return WriteMinor(roundHalfEven(exact.Mul(exact, new(big.Rat).SetInt(tenTo(quote.MinorUnits)))), r.Quote)
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func roundHalfEven(x *big.Rat) *big.Int {
	whole, rest := new(big.Int), new(big.Int)
	whole.DivMod(x.Num(), x.Denom(), rest) // rest is never below zero
	switch rest.Lsh(rest, 1).Cmp(x.Denom()) {
	case 1:
		whole.Add(whole, big.NewInt(1))
	case 0:
		whole.Add(whole, big.NewInt(int64(whole.Bit(0))))
	}
	return whole
}

// WriteMinor writes a sum of any size, in minor units, with the currency's
// decimals; empty for a currency that is not known.
func WriteMinor(minor *big.Int, currency string) string {
	c, ok := CurrencyByCode(currency)
	if !ok {
		return ""
	}
	return new(big.Rat).SetFrac(minor, tenTo(c.MinorUnits)).FloatString(c.MinorUnits)
}

// ContributionTotal is what a cut of the ledger comes to in one currency, the
// self-reported and the verified side by side. Its key is empty where the cut
// doesn't tell it apart.
type ContributionTotal struct {
	Organization OrganizationID
	// ByOffice says that the office gave it.
	ByOffice   bool
	Kind       ContributionKind
	FiscalYear int
	Quarter    int
	Currency   string
	// Sums are in minor units, by measure.
	Sums map[EntryMeasure]*big.Int
	// Entries is how many lines it is made of.
	Entries int64
}

// RateFor is the rate that converts a total, or nil: nothing is converted without
// one.
func RateFor(rates []ExchangeRate, currency string) *ExchangeRate {
	if i := slices.IndexFunc(rates, func(r ExchangeRate) bool { return r.Base == currency }); i >= 0 {
		return &rates[i]
	}
	return nil
}
