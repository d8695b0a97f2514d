package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"accord/domain"
)

// authenticator is a device that keeps one passkey, as WebAuthn 3 describes it.
type authenticator struct {
	key     *ecdsa.PrivateKey
	id      []byte
	handle  string
	counter uint32
	// unverified leaves out that the device verified its user; elsewhere answers
	// for another site.
	unverified bool
	elsewhere  string
}

var b64 = base64.RawURLEncoding

func newAuthenticator(t testing.TB) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	id := make([]byte, 16)
	rand.Read(id)
	return &authenticator{key: key, id: id}
}

func (a *authenticator) clientData(kind string, challenge any) []byte {
	origin := "http://accord.test"
	if a.elsewhere != "" {
		origin = a.elsewhere
	}
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false})
	return b
}

func (a *authenticator) data(flags byte, more ...byte) []byte {
	a.counter++
	if !a.unverified {
		flags |= 0x04
	}
	site := sha256.Sum256([]byte("accord.test"))
	b := append(site[:], flags|0x01)
	return append(binary.BigEndian.AppendUint32(b, a.counter), more...)
}

// enroll is the device's answer to navigator.credentials.create.
func (a *authenticator) enroll(t testing.TB, options *result) map[string]any {
	t.Helper()
	a.handle = options.str("publicKey", "user", "id")
	point, err := a.key.PublicKey.Bytes()
	must(t, err)
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	must(t, err)
	attested := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(a.id)))
	attested = append(append(attested, a.id...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(0x40, attested...)})
	must(t, err)
	return a.answer(map[string]any{
		"clientDataJSON":    b64.EncodeToString(a.clientData("webauthn.create", options.at("publicKey", "challenge"))),
		"attestationObject": b64.EncodeToString(object),
	})
}

// signIn is the device's answer to navigator.credentials.get.
func (a *authenticator) signIn(t testing.TB, options *result) map[string]any {
	t.Helper()
	said, data := a.clientData("webauthn.get", options.at("publicKey", "challenge")), a.data(0)
	hash := sha256.Sum256(said)
	digest := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	must(t, err)
	return a.answer(map[string]any{
		"clientDataJSON": b64.EncodeToString(said), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": a.handle,
	})
}

func (a *authenticator) answer(response map[string]any) map[string]any {
	id := b64.EncodeToString(a.id)
	return map[string]any{"credential": map[string]any{
		"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}}}
}

// passkeyOf enrolls a passkey for somebody.
func (w *world) passkeyOf(c *client) *authenticator {
	w.Helper()
	a := newAuthenticator(w)
	c.post("/v1/me/factors/passkey", a.enroll(w, c.post("/v1/me/factors/passkey-options", nil).want(201))).want(201)
	return a
}

func (w *world) signInWith(a *authenticator) *result {
	w.Helper()
	return w.anyone().post("/v1/sessions/passkey", a.signIn(w, w.anyone().post("/v1/sessions/passkey-options", nil).want(201)))
}

func init() {
	walk["beginPasskey"] = func(*world, *client) call { return call{path: "/v1/me/factors/passkey-options"} }
	walk["enrollPasskey"] = func(w *world, by *client) call {
		body := map[string]any{"credential": map[string]any{}}
		if by.actor.Account != "" {
			body = newAuthenticator(w).enroll(w, by.post("/v1/me/factors/passkey-options", nil).want(201))
		}
		return call{path: "/v1/me/factors/passkey", body: body}
	}
	walk["beginPasskeySignIn"] = func(*world, *client) call { return call{path: "/v1/sessions/passkey-options"} }
	walk["signInWithPasskey"] = func(w *world, _ *client) call {
		a := w.passkeyOf(w.another(domain.Staff, "", ""))
		return call{path: "/v1/sessions/passkey", body: a.signIn(w, w.anyone().post("/v1/sessions/passkey-options", nil).want(201))}
	}
}

func TestAPasskeySignsInAloneAndNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.speaker(w.advisor())
		a := w.passkeyOf(c)
		if a.handle == string(c.actor.Account) || a.handle == "" {
			t.Errorf("the passkey calls the account %q", a.handle)
		}
		in := w.signInWith(a).want(201)
		if me := w.anyone().get("/v1/me", w.signedInAs(in)...).want(200); me.str("id") != string(c.actor.Account) {
			t.Errorf("signed in as %s", me.Body)
		}
		login := w.setPassword(c)
		w.anyone().signIn(map[string]string{"login": login, "password": goodPassword}).want(401).fault("/code", "second_factor_required")
	})
}

func TestAPasskeyIsASecondFactorOfTheOffice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.enrolling(domain.Liaison)
		c.get("/v1/advisors").want(403).fault("", "must_enroll")
		a := w.passkeyOf(c)
		c.get("/v1/advisors").want(200)
		if w.signInWith(a).want(201).at("must_enroll") != nil {
			t.Error("is told to enroll again")
		}
	})
}

func TestAPasskeysAnswerIsGoodOnceHereAndFromAVerifiedUser(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.as(domain.Staff)
		a := w.passkeyOf(c)
		asked := w.anyone().post("/v1/sessions/passkey-options", nil).want(201)
		in := a.signIn(w, asked)
		w.anyone().post("/v1/sessions/passkey", in).want(201)
		w.anyone().post("/v1/sessions/passkey", in).want(409) // once

		late := a.signIn(w, w.anyone().post("/v1/sessions/passkey-options", nil).want(201))
		w.forward(domain.ProofLife)
		w.anyone().post("/v1/sessions/passkey", late).want(409)
		w.anyone().post("/v1/sessions/passkey", map[string]any{"credential": map[string]any{"id": "x"}}).want(422).fault("/credential", "invalid")

		a.unverified = true
		w.signInWith(a).want(401)
		a.unverified, a.elsewhere = false, "https://accord.example"
		w.signInWith(a).want(401)
		a.elsewhere = ""
		w.signInWith(a).want(201)
		a.counter -= 2 // a copy of the device
		w.signInWith(a).want(401)
		w.signInWith(newAuthenticator(w)).want(401)
	})
}

func TestAPasskeyIsEnrolledByWhoWasAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one, other := w.another(domain.Staff, "", ""), w.another(domain.Staff, "", "")
		a := newAuthenticator(w)
		asked := one.post("/v1/me/factors/passkey-options", nil).want(201)
		other.post("/v1/me/factors/passkey", a.enroll(w, asked)).want(422)
		one.post("/v1/me/factors/passkey", a.enroll(w, asked)).want(409) // the challenge is used up
		key := w.passkeyOf(one)
		one.post("/v1/me/factors/passkey", key.enroll(w, one.post("/v1/me/factors/passkey-options", nil).want(201))).want(409)
		for _, f := range one.get("/v1/me/factors").want(200).items() {
			if f["kind"] == "passkey" {
				one.do(http.MethodDelete, "/v1/me/factors/"+f["id"].(string), nil).want(204)
			}
		}
		w.signInWith(key).want(401)
		w.forward(domain.ProofLife)
		one.post("/v1/me/factors/passkey-options", nil).want(403)
		one.post("/v1/me/factors/passkey", map[string]any{"credential": map[string]any{}}).want(422)
	})
}
