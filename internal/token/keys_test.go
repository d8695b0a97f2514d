package token

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	stdjson "encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accord/internal/jws"
)

func newTestKey(t testing.TB) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}

func TestAKeyIDIsTheThumbprintOfRFC8037(t *testing.T) {
	x, err := jws.Decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got := KeyID(x); got != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("got %s", got)
	}
}

func TestAddedKeysVerifyUntilRetired(t *testing.T) {
	i := newTestIssuer(t)
	public, private := newTestKey(t)
	other := i
	other.Keys = &KeySet{}
	if err := other.Keys.Replace(private); err != nil {
		t.Fatal(err)
	}
	raw := issue(t, other, grant)

	checkRefused(t, i, raw)
	added, err := i.Keys.Add(public)
	if err != nil {
		t.Fatal(err)
	}
	if added != KeyID(public) {
		t.Errorf("kid %s, want %s", added, KeyID(public))
	}
	if _, err := i.Verify(raw); err != nil {
		t.Errorf("%v: %s", err, Reason(err))
	}
	if err := i.Keys.Retire(added); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, i, raw)
	if _, err := i.Verify(issue(t, i, grant)); err != nil {
		t.Errorf("the signer's own tokens: %v: %s", err, Reason(err))
	}
}

func TestATokenUnderAnotherKeysKidIsRefused(t *testing.T) {
	i := newTestIssuer(t)
	public, _ := newTestKey(t)
	other, err := i.Keys.Add(public)
	if err != nil {
		t.Fatal(err)
	}
	checkRefused(t, i, sign(swap(t, goodHeader, kid, other), goodClaims))
}

func TestReplaceLeavesNoOldKey(t *testing.T) {
	i := newTestIssuer(t)
	old := issue(t, i, grant)
	_, private := newTestKey(t)
	if err := i.Keys.Replace(private); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, i, old)
	if _, err := i.Verify(issue(t, i, grant)); err != nil {
		t.Errorf("%v: %s", err, Reason(err))
	}
}

func TestASetThatOnlyVerifiesSignsNothing(t *testing.T) {
	i := newTestIssuer(t)
	raw := issue(t, i, grant)
	i.Keys = &KeySet{}
	if _, err := i.Keys.Add(signer.Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Verify(raw); err != nil {
		t.Errorf("%v: %s", err, Reason(err))
	}
	if raw, err := i.Issue(grant); err == nil {
		t.Errorf("issued %s", raw)
	}
}

func TestARefusedChangeChangesNothing(t *testing.T) {
	i := newTestIssuer(t)
	_, private := newTestKey(t)
	mismatched := ed25519.PrivateKey(slices.Concat(private.Seed(), signer.Public().(ed25519.PublicKey)))
	for name, change := range map[string]func() error{
		"no signer":                func() error { return i.Keys.Replace(nil) },
		"a short signer":           func() error { return i.Keys.Replace(private[:63]) },
		"halves of two keys":       func() error { return i.Keys.Replace(mismatched) },
		"a short other":            func() error { return i.Keys.Replace(private, make([]byte, 31)) },
		"adding a short key":       func() error { _, err := i.Keys.Add(make([]byte, 31)); return err },
		"retiring the signer":      func() error { return i.Keys.Retire(kid) },
		"retiring no key":          func() error { return i.Keys.Retire("") },
		"retiring from a zero set": func() error { return (&KeySet{}).Retire(kid) },
	} {
		t.Run(name, func(t *testing.T) {
			if change() == nil {
				t.Error("not refused")
			}
			if _, err := i.Verify(sign(goodHeader, goodClaims)); err != nil {
				t.Errorf("%v: %s", err, Reason(err))
			}
		})
	}
}

func TestTheSetKeepsItsOwnCopies(t *testing.T) {
	i := newTestIssuer(t)
	public, private := newTestKey(t)
	mine := bytes.Clone(private)
	if err := i.Keys.Replace(mine, public); err != nil {
		t.Fatal(err)
	}
	raw := issue(t, i, grant)
	clear(mine)
	clear(public)
	if _, err := i.Verify(raw); err != nil {
		t.Errorf("%v: %s", err, Reason(err))
	}
	if _, err := i.Verify(issue(t, i, grant)); err != nil {
		t.Errorf("%v: %s", err, Reason(err))
	}
}

func TestJWKSHoldsThePublicKeysInOrder(t *testing.T) {
	keys := &KeySet{}
	if got := jwks(t, keys); got != `{"keys":[]}` {
		t.Errorf("a zero set: %s", got)
	}
	if err := keys.Replace(signer); err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{jwkOf(signer.Public().(ed25519.PublicKey))}
	for range 5 {
		public, _ := newTestKey(t)
		if _, err := keys.Add(public); err != nil {
			t.Fatal(err)
		}
		want = append(want, jwkOf(public))
	}
	slices.SortFunc(want, func(a, b map[string]string) int { return strings.Compare(a["kid"], b["kid"]) })

	text := jwks(t, keys)
	var got struct{ Keys []map[string]string }
	if err := stdjson.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Keys); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(text, encode(signer.Seed())) || strings.Contains(text, `"d"`) {
		t.Error("the set shows a private key")
	}
}

func jwks(t *testing.T, keys *KeySet) string {
	t.Helper()
	b, err := keys.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func jwkOf(k ed25519.PublicKey) map[string]string {
	return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encode(k), "kid": KeyID(k), "use": "sig", "alg": "EdDSA"}
}

func TestPrintingAnIssuerShowsNoKey(t *testing.T) {
	i := newTestIssuer(t)
	text := fmt.Sprintf("%v %+v %#v %v %+v", i, i, i, i.Keys, i.Keys)
	for _, c := range []string{fmt.Sprint(signer.Seed()), hex.EncodeToString(signer.Seed()), string(signer.Seed())} {
		if strings.Contains(text, c) {
			t.Errorf("printed the private key: %s", text)
		}
	}
}
