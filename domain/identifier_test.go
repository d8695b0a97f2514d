package domain

import (
	"strings"
	"testing"
)

func TestIdentifiersAreCheckedByTheirCheckDigits(t *testing.T) {
	for _, tt := range []struct{ given, normal, wrong string }{
		{"lei:5493001KJTIIGC8Y1R12", "LEI:5493001KJTIIGC8Y1R12", ""},
		{"LEI:5493-001K JTIIGC8Y1R12", "LEI:5493001KJTIIGC8Y1R12", ""},
		{"LEI:5493001KJTIIGC8Y1R21", "LEI:5493001KJTIIGC8Y1R21", "they are 12"},
		{"LEI:5493001KJTIIGC8Y1R", "LEI:5493001KJTIIGC8Y1R", "18 letters"},
		{"ABN:51 824 753 556", "ABN:51824753556", ""},
		{"ABN:51 824 753 565", "ABN:51824753565", "they are"},
		{"ABN:824753556", "ABN:824753556", "11 digits"},
		{"EIN:53-0196605", "EIN:530196605", ""},
		{"EIN:07-0196605", "EIN:070196605", "IRS"},
		{"ROR:https://ror.org/05dxps055", "ROR:05dxps055", ""},
		{"ROR:05dxps056", "ROR:05dxps056", "they are 55"},
		{"UEI:zqgghjh74dw7", "UEI:ZQGGHJH74DW7", ""},
		{"UEI:0QGGHJH74DW7", "UEI:0QGGHJH74DW7", "12 letters"},
		{"GB-COH:8231834", "GB-COH:08231834", ""},
		{"GB-COH:SC123456", "GB-COH:SC123456", ""},
		{"GB-COH:SCX23456", "GB-COH:SCX23456", "8 digits"},
		{"CIK:320193", "CIK:0000320193", ""},
		{"DE-HRB:HRB 1234", "DE-HRB:HRB 1234", ""},
	} {
		id, err := ParseIdentifier(tt.given)
		if err != nil {
			t.Fatal(err)
		}
		if got := id.Scheme + ":" + id.Value; got != tt.normal {
			t.Errorf("%s becomes %s, want %s", tt.given, got, tt.normal)
		}
		if got := id.Wrong(); (got == "") != (tt.wrong == "") || !strings.Contains(got, tt.wrong) {
			t.Errorf("%s: %q, want %q", tt.given, got, tt.wrong)
		}
	}
}
