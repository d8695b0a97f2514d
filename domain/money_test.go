package domain

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	for _, tt := range []struct {
		amount, currency string
		minor            int64
		written          string
	}{
		{"1250.00", "USD", 125000, "1250.00"},
		{"1250", "USD", 125000, "1250.00"},
		{"1250.5", "USD", 125050, "1250.50"},
		{"0.01", "USD", 1, "0.01"},
		{"-0.01", "USD", -1, "-0.01"},
		{"-0", "USD", 0, "0.00"},
		{"007", "USD", 700, "7.00"},
		{"1250", "JPY", 1250, "1250"},
		{"0", "JPY", 0, "0"},
		{"1.234", "KWD", 1234, "1.234"},
		{"92233720368547758.07", "USD", math.MaxInt64, "92233720368547758.07"},
		{"-92233720368547758.08", "USD", math.MinInt64, "-92233720368547758.08"},
	} {
		m, err := ParseMoney(tt.amount, tt.currency)
		if want := (Money{tt.minor, tt.currency}); err != nil || m != want {
			t.Errorf("%s %s is %+v, %v; want %+v", tt.amount, tt.currency, m, err, want)
		}
		if m.Amount() != tt.written || m.String() != tt.written+" "+tt.currency {
			t.Errorf("%s %s is written %q and %q", tt.amount, tt.currency, m.Amount(), m)
		}
	}
}

func TestParseMoneyRefuses(t *testing.T) {
	for name, in := range map[string][2]string{
		"more decimals than the currency has":   {"1.001", "USD"},
		"a zero beyond the currency's decimals": {"1.000", "USD"},
		"decimals where there are none":         {"1.0", "JPY"},
		"nothing":                               {"", "USD"},
		"a minus alone":                         {"-", "USD"},
		"a point alone":                         {".", "USD"},
		"no digit before the point":             {".5", "USD"},
		"no digit after the point":              {"5.", "USD"},
		"two points":                            {"1.2.3", "USD"},
		"an exponent":                           {"1e3", "USD"},
		"a plus":                                {"+1", "USD"},
		"two minuses":                           {"--1", "USD"},
		"a trailing minus":                      {"1-", "USD"},
		"a minus after the point":               {"1.-1", "USD"},
		"a thousands separator":                 {"1,250", "USD"},
		"a decimal comma":                       {"1250,00", "USD"},
		"an underscore":                         {"1_000", "USD"},
		"hexadecimal":                           {"0x10", "USD"},
		"a space":                               {" 1", "USD"},
		"a new line":                            {"1\n", "USD"},
		"a currency sign":                       {"$1", "USD"},
		"another script's digits":               {"١٢", "USD"},
		"not a number":                          {"NaN", "USD"},
		"infinity":                              {"Inf", "USD"},
		"one above the largest":                 {"92233720368547758.08", "USD"},
		"one below the least":                   {"-92233720368547758.09", "USD"},
		"an overflow by scaling":                {"9223372036854775807", "USD"},
		"very many digits":                      {strings.Repeat("9", 400), "USD"},
		"a currency in lower case":              {"1", "usd"},
		"a withdrawn currency":                  {"1", "ZWL"},
		"a metal":                               {"1", "XAU"},
		"no currency":                           {"1", ""},
	} {
		if m, err := ParseMoney(in[0], in[1]); !errors.Is(err, Invalid) || m != (Money{}) {
			t.Errorf("%s: %q %q gave %+v, %v", name, in[0], in[1], m, err)
		}
	}
}

func TestAmountOfAnUnknownCurrencyIsNotGuessed(t *testing.T) {
	m := Money{125000, "ZWL"}
	if m.Amount() != "" || m.String() != `125000 minor units of "ZWL"` {
		t.Errorf("written %q and %q", m.Amount(), m)
	}
}

func TestAddRefuses(t *testing.T) {
	for name, in := range map[string][2]Money{
		"two currencies":          {{1, "USD"}, {1, "EUR"}},
		"no currency to one":      {{1, "USD"}, {}},
		"a sum above the largest": {{math.MaxInt64, "USD"}, {1, "USD"}},
		"a sum below the least":   {{math.MinInt64, "USD"}, {-1, "USD"}},
		"the least, twice":        {{math.MinInt64, "USD"}, {math.MinInt64, "USD"}},
	} {
		if m, err := in[0].Add(in[1]); !errors.Is(err, Invalid) || m != (Money{}) {
			t.Errorf("%s gave %+v, %v", name, m, err)
		}
	}
}

func anyMoney(t *rapid.T) Money {
	return Money{rapid.Int64().Draw(t, "minor"), rapid.SampledFrom(currencies).Draw(t, "currency").Code}
}

func TestMoneyIsReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyMoney(t)
		if back, err := ParseMoney(m.Amount(), m.Currency); err != nil || back != m {
			t.Fatalf("%s was read back as %+v, %v", m, back, err)
		}
	})
}

func TestAddIsExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyMoney(t)
		b := Money{rapid.Int64().Draw(t, "other"), a.Currency}
		exact := new(big.Int).Add(big.NewInt(a.Minor), big.NewInt(b.Minor))
		sum, err := a.Add(b)
		if (err == nil) != exact.IsInt64() {
			t.Fatalf("%s + %s = %s, %v", a, b, sum, err)
		}
		if err == nil && sum.Minor != exact.Int64() {
			t.Fatalf("%s + %s = %s, want %s minor units", a, b, sum, exact)
		}
		if other, _ := b.Add(a); other != sum {
			t.Fatalf("%s + %s = %s, the other way %s", a, b, sum, other)
		}
	})
}

// ParseMoney agrees with exact arithmetic on everything that it takes.
func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"1250.00", "-0.01", "1e3", "", "-", "1.", "9223372036854775807", "0007.5", "+1", "١"} {
		for _, c := range []string{"USD", "JPY", "KWD", "XXX"} {
			f.Add(s, c)
		}
	}
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := ParseMoney(amount, currency)
		if err != nil {
			if !errors.Is(err, Invalid) {
				t.Fatalf("%q %q: an error without a kind: %v", amount, currency, err)
			}
			return
		}
		want, ok := new(big.Rat).SetString(amount)
		if !ok {
			t.Fatalf("%q was taken for a number", amount)
		}
		if got, _ := new(big.Rat).SetString(m.Amount()); got.Cmp(want) != 0 {
			t.Fatalf("%q %q was read as %s", amount, currency, m)
		}
	})
}
