package domain

import (
	"math/big"
	"strings"
)

// Decimal is an exact decimal number as it was written: "12", "-0.50". It is
// never a float. The empty Decimal is no number.
type Decimal string

// The longest whole and fractional parts that a Decimal has.
const (
	decimalWhole    = 18
	decimalFraction = 9
)

// ParseDecimal reads digits with at most one decimal point and a leading minus.
// It refuses with Invalid anything else: exponents, separators, more than 18
// digits before the point or 9 after it.
func ParseDecimal(s string) (Decimal, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	switch {
	case !allDigits(whole), pointed && !allDigits(fraction):
		return "", Refuse(Invalid, "a number is written with digits, a decimal point and, if below zero, a leading minus, such as 12.5")
	case len(whole) > decimalWhole, len(fraction) > decimalFraction:
		return "", Refuse(Invalid, "a number has at most %d digits before the point and %d after it", decimalWhole, decimalFraction)
	}
	return Decimal(s), nil
}

// Cmp compares two numbers exactly: -1, 0 or 1 as d is less than, equal to or
// more than other. No number counts as zero.
func (d Decimal) Cmp(other Decimal) int { return d.rat().Cmp(other.rat()) }

// sum adds numbers up, exactly. No number counts as zero.
func sum(of []Decimal) Decimal {
	total := new(big.Rat)
	for _, d := range of {
		total.Add(total, d.rat())
	}
	s := total.FloatString(decimalFraction)
	return Decimal(strings.TrimSuffix(strings.TrimRight(s, "0"), "."))
}

func (d Decimal) known() bool {
	_, err := ParseDecimal(string(d))
	return err == nil
}

func (d Decimal) rat() *big.Rat {
	r := new(big.Rat)
	if d.known() {
		r.SetString(string(d))
	}
	return r
}

// checkDecimal finds what is wrong with a number that is given.
func checkDecimal(f *Faults, pointer string, d Decimal) {
	if !d.known() {
		f.Add(pointer, "invalid", "is written with digits, a decimal point and, if below zero, a leading minus, such as 12.5")
	}
}
