package domain

import "testing"

func TestASectorIsOfTheIndustryClassification(t *testing.T) {
	for code, want := range map[string]bool{
		"48": true, "488": true, "4885": true, "48851": true, "488510": true, "31": true, "32": true, "33": true, "92": true,
		"513210": true, "516210": true, "449110": true, // as of 2022
		"": false, "4": false, "47": false, "10": false, "99": false, "489": false, "4880": false, "488_10": false, "4885100": false, "48 85": false,
	} {
		if validSector(code) != want {
			t.Errorf("%q: %v", code, !want)
		}
	}
	if _, err := NewOrganization(OrganizationDraft{LegalName: "X", Sector: "4880"}); err == nil {
		t.Error("an organization of no sector that there is")
	}
}
