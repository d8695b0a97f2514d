package domain

// Compiles returns the actor as whom a partnership's bundle is put together for
// a, who may read it: it holds what staff may read of the partnership and nothing
// else, whatever else a may read, so that what is handed on was never more than
// the office's own work.
func (a Actor) Compiles() Actor { return Actor{Account: a.Account, Role: Staff} }

// BundleReader is to whom a bundle tells names and what the ledger and the story
// rest on, whoever takes it: an auditor, since it is made to be handed on to one.
func BundleReader() Actor { return Actor{Role: Auditor} }

// Bundled are the kinds of record whose documents a partnership's bundle holds.
// Those of verifications are not among them: they may tell who spoke.
func Bundled() []DocumentParent {
	return []DocumentParent{OfPartnership, OfCommitment, OfMilestone, OfProgressReport}
}
