package domain

import (
	"strconv"
	"strings"
)

// Money is an exact amount: a number of the currency's minor units (cents,
// fils), never a fraction of one. The zero Money is in no currency, and adds to
// no other.
type Money struct {
	Minor int64
	// Currency is an ISO 4217 code, see CurrencyByCode.
	Currency string
}

// ParseMoney reads a decimal amount such as "1250.00" in a currency. It refuses
// with Invalid a currency that is not current, anything but digits with one
// decimal point and a leading minus, more decimals than the currency has, and
// an amount beyond 64 bits of minor units. It never rounds.
func ParseMoney(amount, currency string) (Money, error) {
	c, ok := CurrencyByCode(currency)
	if !ok {
		return Money{}, Refuse(Invalid, "the currency must be a current ISO 4217 code in capitals, such as USD")
	}
	digits, negative := strings.CutPrefix(amount, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	switch {
	case !allDigits(whole), pointed && !allDigits(fraction):
		return Money{}, Refuse(Invalid, "an amount is written with digits, a decimal point and, if below zero, a leading minus, such as 1250.00")
	case len(fraction) > c.MinorUnits:
		return Money{}, Refuse(Invalid, "an amount in %s has at most %d decimals, not %d", currency, c.MinorUnits, len(fraction))
	}
	digits = whole + fraction + strings.Repeat("0", c.MinorUnits-len(fraction))
	if negative {
		digits = "-" + digits
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Money{}, Refuse(Invalid, "the amount is too large to be kept exactly")
	}
	return Money{minor, currency}, nil
}

// Amount writes the number alone, with all the decimals of the currency, so
// that ParseMoney reads it back. It is empty for a currency that is not known:
// without the number of decimals any figure would be a guess.
func (m Money) Amount() string {
	c, ok := CurrencyByCode(m.Currency)
	if !ok {
		return ""
	}
	digits, negative := strings.CutPrefix(strconv.FormatInt(m.Minor, 10), "-")
	if missing := c.MinorUnits + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if c.MinorUnits > 0 {
		point := len(digits) - c.MinorUnits
		digits = digits[:point] + "." + digits[point:]
	}
	if negative {
		return "-" + digits
	}
	return digits
}

// String writes the amount with its currency: "1250.00 USD".
func (m Money) String() string {
	if amount := m.Amount(); amount != "" {
		return amount + " " + m.Currency
	}
	return strconv.FormatInt(m.Minor, 10) + " minor units of " + strconv.Quote(m.Currency)
}

// Add is the exact sum. It refuses with Invalid two currencies, for there is no
// rate here, and a sum beyond 64 bits of minor units.
func (m Money) Add(other Money) (Money, error) {
	if m.Currency != other.Currency {
		return Money{}, Refuse(Invalid, "%s and %s can't be added: they are different currencies", m.Currency, other.Currency)
	}
	sum := m.Minor + other.Minor
	if (sum > m.Minor) != (other.Minor > 0) {
		return Money{}, Refuse(Invalid, "the sum is too large to be kept exactly")
	}
	return Money{sum, m.Currency}, nil
}

// checkMoney finds what is wrong with an amount that is given: a currency that is
// not current, or less than nothing.
func checkMoney(f *Faults, at string, m Money) {
	if _, ok := CurrencyByCode(m.Currency); m != (Money{}) && !ok {
		f.Add(at+"/currency", "unknown_value", "must be a current ISO 4217 code")
	}
	if m.Minor < 0 {
		f.Add(at+"/amount", "invalid", "is not below zero")
	}
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
