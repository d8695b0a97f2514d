package domain

// disclosures are the reads that are entries of the audit trail themselves: what
// an actor of the office learns by them was entrusted to it. The repository notes
// the event for each record that is shown, or shows nothing.
var disclosures = map[Action]string{
	ReadSubmission:  "submission.opened",
	ReadMessage:     "message.opened",
	ReadSafeContact: "safe_contact.opened",
	ReadVaultEntry:  "vault_entry.opened",
	ReadAuditTrail:  "audit_trail.opened",
	ReadBundle:      "partnership_bundle.opened",
	ReadReportSheet: "report_sheet.opened",
	ReadApplication: "application.opened",
	ReadFile:        "document.opened", // the file; that there is one is no secret of whoever sent it
}

// Discloses returns the event that it is when the actor reads under act, or
// nothing: what is one's own to read, and what the server does, is no event.
func (a Actor) Discloses(act Action) string {
	if !a.Internal() || a.Role == System {
		return ""
	}
	return disclosures[act]
}
