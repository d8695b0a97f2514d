package domain

import "time"

// VaultEntry says which of an advisor's identifying fields are in the vault, and
// since when. What they hold can be written here and never read: each is sealed
// under the advisor's own key when the entry is saved. It has the advisor's ID.
type VaultEntry struct {
	Record[VaultEntry]
	Fields List[SealedField]

	unsealed map[VaultField]Secret
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

// Write replaces the whole entry: a field that is not given, or is empty, is
// erased. It refuses to replace an entry with nothing, which is Erase.
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
	e.Fields, e.unsealed = set, unsealed
	e.record("vault_entry.written", "")
	return nil
}

// Erase empties the entry. Whoever saves it destroys the advisor's key with it.
func (e *VaultEntry) Erase() {
	e.Fields, e.unsealed = nil, nil
	e.record("vault_entry.erased", "")
}

// Unsealed hands over what was written, once, to be sealed.
func (e *VaultEntry) Unsealed() map[VaultField]Secret {
	u := e.unsealed
	e.unsealed = nil
	return u
}

// Next lists what may be done with the entry.
func (e *VaultEntry) Next() []Action { return []Action{EraseVaultEntry, WriteVaultEntry} }
