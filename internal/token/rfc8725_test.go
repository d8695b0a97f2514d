package token

import (
	"maps"
	"slices"
	"testing"

	"accord/internal/token/forge"
)

// TestRFC8725 holds the issuer against every section of the best current
// practices: each forgery is good in all but the one thing that it is named for.
func TestRFC8725(t *testing.T) {
	i := newTestIssuer(t)
	m := forge.Mint{
		Signer: signer, KeyID: kid, Issuer: i.Issuer, Audience: i.Audience, Subject: "account-1", Session: "session-1", Client: "portal",
		At: noon, TTL: DefaultTTL,
	}
	if _, err := i.Verify(m.Good()); err != nil {
		t.Fatalf("what the forgeries began as is refused: %s", Reason(err))
	}
	tried := map[string]int{}
	for _, f := range m.Forgeries() {
		tried[f.Section]++
		t.Run(f.Section+"/"+f.Name, func(t *testing.T) { checkRefused(t, i, f.Token) })
	}
	if got := slices.Sorted(maps.Keys(tried)); !slices.Equal(got, slices.Sorted(slices.Values(forge.Sections))) {
		t.Errorf("sections tried: %v", got)
	}
}
