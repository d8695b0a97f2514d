package domain

import "time"

// VaultEntry says which of an advisor's identifying fields are in the vault, and
// since when. What they hold can be written here and never read: each is sealed
// under the advisor's own key when the entry is saved. It has the advisor's ID.
type VaultEntry struct {
	Record[VaultEntry]
	Fields List[SealedField]

	// Holds are those legal holds that work.
	Holds []LegalHold `gorm:"-"`
	// SealedUntil is when, at the latest, what was erased or replaced under holds is
	// destroyed, by the holds that work; empty if there is nothing of that.
	SealedUntil Date `gorm:"-"`

	unsealed map[VaultField]Secret
	erased   bool
	sealTo   Date
}

// VaultField is one thing that identifies an advisor.
type VaultField string

// The fields of the vault.
const (
	VaultLegalName VaultField = "legal_name"
	VaultEmail     VaultField = "email"
	VaultPhone     VaultField = "phone"
	VaultAddress   VaultField = "address"
	VaultOther     VaultField = "other"
)

// VaultFields lists every field of the vault.
func VaultFields() []VaultField {
	return []VaultField{VaultLegalName, VaultEmail, VaultPhone, VaultAddress, VaultOther}
}

// SealedField is a field that is set, and since when it holds what it holds.
type SealedField struct {
	Field VaultField `json:"field"`
	SetAt time.Time  `json:"set_at"`
}

// NewVaultEntry is the empty entry of a new advisor.
func NewVaultEntry(of AdvisorID) *VaultEntry {
	e := &VaultEntry{Record: Record[VaultEntry]{ID: ID[VaultEntry](of)}}
	e.record("vault_entry.created", "")
	return e
}

// HeldUntil is the day on which the last of the holds ends; empty if none works.
func (e *VaultEntry) HeldUntil() (last Date) {
	for _, h := range e.Holds {
		last = max(last, h.EndsOn)
	}
	return last
}

// Write replaces the whole entry: a field that is not given, or is empty, is
// erased. It refuses to replace an entry with nothing, which is Erase. What is
// replaced under a hold is sealed, or to write would be the way around.
func (e *VaultEntry) Write(values map[VaultField]Secret, now time.Time) error {
	var set List[SealedField]
	unsealed := map[VaultField]Secret{}
	for _, field := range VaultFields() {
		if v := values[field]; !v.Empty() {
			set = append(set, SealedField{field, now})
			unsealed[field] = v
		}
	}
	if len(set) == 0 {
		return (Faults{{Code: "required", Detail: "give at least one field; to erase the entry, delete it"}}).Err()
	}
	e.seal(e.HeldUntil())
	e.Fields, e.unsealed = set, unsealed
	e.record("vault_entry.written", "")
	return nil
}

// Erase empties the entry. Whoever saves it destroys the advisor's key with it, or,
// where something is kept until a day, seals it from everybody. Of an empty entry
// there is nothing to keep.
func (e *VaultEntry) Erase(until Date) {
	e.seal(until)
	e.Fields, e.unsealed, e.erased = nil, nil, true
	if e.sealTo != "" {
		e.record("vault_entry.sealed", "")
	} else {
		e.record("vault_entry.erased", "")
	}
}

func (e *VaultEntry) seal(until Date) {
	if until != "" && len(e.Fields) > 0 {
		e.sealTo, e.SealedUntil = until, max(until, e.SealedUntil)
	}
}

// Destroyed notes that what was sealed of it is gone.
func (e *VaultEntry) Destroyed() {
	e.SealedUntil = ""
	e.record("vault_entry.erased", "")
}

// Changed hands over, once, what is to become of the contents: what was written, to be
// sealed, or that all is erased; and until when what was there is kept, if it is.
func (e *VaultEntry) Changed() (written map[VaultField]Secret, erased bool, sealTo Date) {
	written, erased, sealTo = e.unsealed, e.erased, e.sealTo
	e.unsealed, e.erased, e.sealTo = nil, false, ""
	return written, erased, sealTo
}

// Next lists what may be done with the entry.
func (e *VaultEntry) Next() []Action { return []Action{EraseVaultEntry, WriteVaultEntry} }
