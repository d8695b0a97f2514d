package domain

import (
	"cmp"
	"slices"
	"time"
)

// SigningKeyID names a key that signs access tokens.
type SigningKeyID = ID[SigningKey]

// SigningKeyStage is where a signing key is in its life.
type SigningKeyStage string

// A key is published before it signs, so that everyone knows it by then; the
// next key's turn ends its own, and it verifies on until the last session that it
// signed for has ended. What is retired verifies nothing.
const (
	KeyPublished SigningKeyStage = "published"
	KeySigns     SigningKeyStage = "signs"
	KeyVerifies  SigningKeyStage = "verifies"
	KeyOver      SigningKeyStage = "over"
	KeyRetired   SigningKeyStage = "retired"
)

const (
	// KeyLead is for how long a key is published before it signs: twice as long
	// as anyone may keep the set of keys.
	KeyLead = 10 * time.Minute
	// KeyAfterlife is for how long a key verifies once another signs: the life of
	// a session, which an expired token can still end by a quick exit, and some
	// for clocks that differ.
	KeyAfterlife = SessionLife + KeyLead
)

// SigningKey is a key that signs access tokens. Where it stands follows from the
// time and from the keys beside it, so every instance that reads the same rows
// knows the same, with no message between them.
type SigningKey struct {
	Record[SigningKey]
	// KID is the key's thumbprint.
	KID string `gorm:"column:k_id"`
	// Sealed is the private half under the master key; empty once retired.
	Sealed    []byte
	SignsFrom time.Time
	RetiredAt *time.Time
}

// NewSigningKey publishes a key that signs from a time on.
func NewSigningKey(kid string, sealed []byte, signsFrom time.Time) *SigningKey {
	k := &SigningKey{KID: kid, Sealed: sealed, SignsFrom: signsFrom}
	k.record("signing_key.published", "")
	return k
}

// Hasten makes a published key sign now, because the one before it is no more.
func (k *SigningKey) Hasten(now time.Time) {
	k.SignsFrom = now
	k.record("signing_key.hastened", "")
}

// Retire makes the key verify nothing from now on and forgets its private half.
func (k *SigningKey) Retire(now time.Time) error {
	if k.RetiredAt != nil {
		return Refuse(Conflict, "the key is retired")
	}
	k.RetiredAt, k.Sealed = &now, []byte{}
	k.record("signing_key.retired", "")
	return nil
}

// SigningKeys are all keys that there are.
type SigningKeys []*SigningKey

// Stages says where each key stands now.
func (keys SigningKeys) Stages(now time.Time) map[SigningKeyID]SigningKeyStage {
	out := map[SigningKeyID]SigningKeyStage{}
	var first *SigningKey
	var next *time.Time // from when a later key signs
	for _, k := range keys.newestFirst() {
		switch {
		case k.RetiredAt != nil:
			out[k.ID] = KeyRetired
			continue
		case now.Before(k.SignsFrom):
			out[k.ID], first = KeyPublished, k
			continue
		case next == nil:
			out[k.ID] = KeySigns
		case now.Before(next.Add(KeyAfterlife)):
			out[k.ID] = KeyVerifies
		default:
			out[k.ID] = KeyOver
		}
		next = &k.SignsFrom
	}
	if next == nil && first != nil {
		out[first.ID] = KeySigns // this clock is behind the one by which it was made
	}
	return out
}

// Due reports whether the key that signs has done so for as long as a key may,
// and none is published to follow it.
func (keys SigningKeys) Due(every time.Duration, now time.Time) bool {
	for id, stage := range keys.Stages(now) {
		if stage == KeyPublished {
			return false
		}
		if stage == KeySigns && now.Before(keys.find(id).SignsFrom.Add(every-KeyLead)) {
			return false
		}
	}
	return true
}

func (keys SigningKeys) find(id SigningKeyID) *SigningKey {
	return keys[slices.IndexFunc(keys, func(k *SigningKey) bool { return k.ID == id })]
}

func (keys SigningKeys) newestFirst() SigningKeys {
	return slices.SortedFunc(slices.Values(keys), func(a, b *SigningKey) int {
		return cmp.Or(b.SignsFrom.Compare(a.SignsFrom), cmp.Compare(a.ID, b.ID))
	})
}
