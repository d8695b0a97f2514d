package domain

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// DocumentID names a document.
type DocumentID = ID[Document]

// DocumentParent is the kind of record that a document belongs to.
type DocumentParent string

// The kinds of record that have documents.
const (
	OfOrganization   DocumentParent = "organization"
	OfCheck          DocumentParent = "check"
	OfPartnership    DocumentParent = "partnership"
	OfCommitment     DocumentParent = "commitment"
	OfMilestone      DocumentParent = "milestone"
	OfProgressReport DocumentParent = "progress_report"
	OfVerification   DocumentParent = "verification"
	OfEngagement     DocumentParent = "engagement"
	OfConsultation   DocumentParent = "consultation"
	OfSubmission     DocumentParent = "submission"
)

// parentRule is how the documents of a kind of record are dealt with.
type parentRule struct {
	// read is what lets somebody read the record, and so its documents; write
	// what lets somebody add to it.
	read, write Action
	// internal says that its documents are the office's alone: evidence of
	// vetting and of verification may tell who spoke.
	internal bool
	// adds are the stages in which documents are added; empty for all.
	adds []string
	// settled are the stages from which on something rests on its documents: they
	// are superseded and no longer removed. always says that it ever does.
	settled []string
	always  bool
	// size is how large one file may be, in bytes.
	size int64
}

const (
	mebibyte = 1 << 20
	// DocumentsOfRecord is how many documents a record has at most.
	DocumentsOfRecord = 50
	// VersionsOfDocument is how many versions a document has at most.
	VersionsOfDocument = 50
	// documentQuota is how much the people of one organization may keep, in bytes,
	// and unvettedQuota how much before it was ever approved.
	documentQuota int64 = 5 << 30
	unvettedQuota int64 = 250 * mebibyte
)

// DocumentQuota is how much the actor's organization may keep, in bytes.
func (a Actor) DocumentQuota() int64 {
	if a.Vetting == OrganizationDrafted || slices.Contains(inVetting, a.Vetting) {
		return unvettedQuota
	}
	return documentQuota
}

// documentParents is who reads and who adds documents, by the kind of record.
// Where the record is read, there its documents are read.
var documentParents = map[DocumentParent]parentRule{
	OfOrganization: {read: ReadOrganization, write: EditOrganization, settled: []string{
		"due_diligence", "legal_ethics_review", "approved", "approved_with_conditions", "declined", "suspended", "expired", "debarred"}, size: 50 * mebibyte},
	OfCheck: {read: ReadCheck, write: RecordCheck, internal: true, settled: []string{"clear", "concern", "hit"}, size: 50 * mebibyte},
	OfPartnership: {read: ReadPartnership, write: EditPartnership, settled: []string{
		"approved", "signed", "active", "reapproval_due", "renewed", "expired", "terminated", "closed_out", "evaluated"}, size: 200 * mebibyte},
	OfCommitment: {read: ReadCommitment, write: EditCommitment, settled: []string{
		"accepted", "active", "completed_claimed", "verified_complete", "partly_met", "not_met", "lapsed", "withdrawn"}, size: 200 * mebibyte},
	OfMilestone: {read: ReadMilestone, write: ReportMilestone, settled: []string{"verified"}, size: 200 * mebibyte},
	OfProgressReport: {read: ReadProgressReport, write: EditProgressReport, adds: []string{"draft"},
		settled: []string{"submitted", "accepted", "returned"}, size: 200 * mebibyte},
	OfVerification: {read: ReadVerification, write: VerifyProgressReport, internal: true, always: true, size: 200 * mebibyte},
	OfEngagement:   {read: ReadEngagement, write: EditEngagement, size: 50 * mebibyte},
	OfConsultation: {read: ReadConsultation, write: EditConsultation, size: 50 * mebibyte},
	OfSubmission: {read: ReadSubmission, write: EditSubmission, adds: []string{"draft", "submitted", "accepted", "withheld"},
		size: 20 * mebibyte},
}

// DocumentParents lists the kinds of record that have documents.
func DocumentParents() []DocumentParent {
	return []DocumentParent{OfOrganization, OfCheck, OfPartnership, OfCommitment, OfMilestone, OfProgressReport,
		OfVerification, OfEngagement, OfConsultation, OfSubmission}
}

// Read is the action that lets somebody read the record and its documents.
func (p DocumentParent) Read() Action { return documentParents[p].read }

// Write is the action that lets somebody add documents to the record.
func (p DocumentParent) Write() Action { return documentParents[p].write }

// Internal says that the documents of the kind are the office's alone.
func (p DocumentParent) Internal() bool { return documentParents[p].internal }

// MaxSize is how large a file of such a record may be, in bytes.
func (p DocumentParent) MaxSize() int64 { return documentParents[p].size }

// ParseDocumentParent reads a kind as it is written on the wire.
func ParseDocumentParent(word string) (DocumentParent, error) {
	if p := DocumentParent(word); slices.Contains(DocumentParents(), p) {
		return p, nil
	}
	return "", (Faults{{Pointer: "/parent_kind", Code: "unknown_value", Detail: "must be " + orList(DocumentParents())}}).Err()
}

// DocumentStage is where a document is in its life.
type DocumentStage string

// A document is kept until it is removed. Of a removed one the row stays and the
// contents' key is destroyed.
const (
	DocumentKept    DocumentStage = "kept"
	DocumentRemoved DocumentStage = "removed"
)

var documentLife = lifeCycle[DocumentStage]{
	AddDocumentVersion: {[]DocumentStage{DocumentKept}, DocumentKept},
	ReadFile:           {[]DocumentStage{DocumentKept}, DocumentKept},
	ScanDocument:       {[]DocumentStage{DocumentKept}, DocumentKept},
	RemoveDocument:     {[]DocumentStage{DocumentKept}, DocumentRemoved},
}

// ScanState is what is known of a file from a scanner for malware.
type ScanState string

// The states. Without a scanner a file is not_scanned, and says so.
const (
	NotScanned   ScanState = "not_scanned"
	ScanPending  ScanState = "pending"
	ScanClean    ScanState = "clean"
	ScanInfected ScanState = "infected"
	ScanFailed   ScanState = "failed"
)

// Document is evidence: a file, in versions, that belongs to exactly one record.
// Who can read the record can read it; an internal one, the office alone.
type Document struct {
	Record[Document]
	ParentKind DocumentParent
	Parent     string
	Internal   bool
	// Protected says that whoever sent it must not be known by it: a survivor.
	Protected bool
	Title     string
	Stage     Stage[DocumentStage]
	// Organization is whose people sent it; empty for the office and survivors.
	Organization OrganizationID
	// Number is the latest version's.
	Number       int
	RemoveReason string

	// Versions are all of them, the latest first.
	Versions []DocumentVersion `gorm:"-"`
	// ParentStage is where the record is; read with the document.
	ParentStage string `gorm:"->"`
}

// DocumentVersion is one file of a document. It never changes but for what a
// scanner finds.
type DocumentVersion struct {
	Document  DocumentID `gorm:"primaryKey"`
	Number    int        `gorm:"primaryKey;autoIncrement:false"`
	FileName  string
	MediaType string
	Size      int64
	// SHA256 is the digest of the file as it is kept, in hexadecimal.
	SHA256    string `gorm:"column:sha256"`
	Scan      ScanState
	ScannedOn Date
	SentBy    AccountID
	SentOn    Date
	// Blob names the content; empty once it is destroyed. SealedKey opens it.
	Blob      string
	SealedKey []byte
	// Key is a new content's, before it is sealed.
	Key []byte `gorm:"-"`
}

// File is what arrived: checked, cleaned and kept, before it belongs anywhere.
type File struct {
	Name      string
	MediaType string
	Size      int64
	SHA256    string
	Blob      string
	Key       []byte
}

// DocumentDraft is what is said of a new document.
type DocumentDraft struct {
	ParentKind DocumentParent
	Parent     string
	Title      string
	Internal   bool
}

// Takes refuses documents for a record of the kind at a stage that takes no more.
func (k DocumentParent) Takes(stage string) error {
	adds := documentParents[k].adds
	if len(adds) == 0 || slices.Contains(adds, stage) {
		return nil
	}
	return Refuse(Conflict, "documents are added to a %s that is %s; this is %s", strings.ReplaceAll(string(k), "_", " "), orList(adds), stage)
}

// NewDocument adds a document to a record at a stage, which the actor was allowed
// to add to. Scans says whether there is a scanner that it must pass.
func NewDocument(by Actor, d DocumentDraft, parentStage string, f File, scans bool, today Date) (*Document, error) {
	if err := d.ParentKind.Takes(parentStage); err != nil {
		return nil, err
	}
	v := &Document{
		ParentKind: d.ParentKind, Parent: d.Parent, Internal: d.Internal || documentParents[d.ParentKind].internal, Protected: by.Survivor(),
		Stage: Stage[DocumentStage]{DocumentKept}, Organization: by.Organization, ParentStage: parentStage,
	}
	if v.Internal && !by.Writes(DocumentInternal, 0) {
		return nil, (Faults{{Pointer: "/internal", Code: "invalid", Detail: "only the office keeps internal documents"}}).Err()
	}
	v.Title = strings.TrimSpace(d.Title)
	v.add(by, f, scans, today)
	if v.Title == "" {
		v.Title = v.Versions[0].FileName
	}
	v.note("document.created")
	return v, nil
}

// Survivor says that the actor may be a survivor: an advisor, or whoever is known
// by a receipt or not at all.
func (a Actor) Survivor() bool { return a.Role == Advising || a.Role == Anyone }

// note records an event; what a survivor did, without who and when.
func (d *Document) note(name string) {
	if d.Protected {
		d.recordUnattributed(name)
		return
	}
	d.record(name, string(d.ParentKind))
}

// Touch stamps a save; of a survivor's document, with the day.
func (d *Document) Touch(now time.Time) {
	if d.Protected {
		now = now.UTC().Truncate(24 * time.Hour)
	}
	d.Record.Touch(now)
}

func (d *Document) add(by Actor, f File, scans bool, today Date) {
	d.Number++
	v := DocumentVersion{
		Number: d.Number, FileName: FileName(f.Name), MediaType: f.MediaType, Size: f.Size, SHA256: f.SHA256,
		Scan: NotScanned, SentBy: by.Account, SentOn: today, Blob: f.Blob, Key: f.Key,
	}
	if scans {
		v.Scan = ScanPending
	}
	if d.Protected {
		// A name can tell who made the file, as its properties can.
		v.SentBy, v.FileName = "", fmt.Sprintf("document-%d%s", d.Number, strings.ToLower(path.Ext(v.FileName)))
	}
	d.Versions = slices.Insert(d.Versions, 0, v)
}

// AddVersion supersedes what was there, which stays.
func (d *Document) AddVersion(by Actor, f File, scans bool, today Date) error {
	if err := documentLife.take(&d.Stage, AddDocumentVersion); err != nil {
		return err
	}
	if d.Number >= VersionsOfDocument {
		return Refuse(Conflict, "a document has at most %d versions", VersionsOfDocument)
	}
	if d.Protected != by.Survivor() {
		return Refuse(Forbidden, "a survivor's document is the survivor's to supersede")
	}
	d.add(by, f, scans, today)
	d.note("document.superseded")
	return nil
}

// Settled says that something rests on the document: it can be superseded and
// not removed.
func (d *Document) Settled() bool {
	rule := documentParents[d.ParentKind]
	return rule.always || slices.Contains(rule.settled, d.ParentStage)
}

// Remove destroys the contents of every version, for a reason that stays.
func (d *Document) Remove(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return reasonRequired()
	}
	if d.Settled() {
		return Refuse(Conflict, "a decision rests on this document; add a version that supersedes it instead")
	}
	return d.remove(reason)
}

// RemoveAgain removes what was removed before a backup brought it back, whatever
// rests on it in the state of then.
func (d *Document) RemoveAgain() error { return d.remove("Removed before a backup was restored.") }

func (d *Document) remove(reason string) error {
	if err := documentLife.take(&d.Stage, RemoveDocument); err != nil {
		return err
	}
	for i := range d.Versions {
		d.Versions[i].destroy()
	}
	d.RemoveReason = reason
	d.note("document.removed")
	return nil
}

func (v *DocumentVersion) destroy() { v.Blob, v.SealedKey = "", nil }

// Version is the one of a number, or the latest for 0; NotFound if there is none.
func (d *Document) Version(number int) (*DocumentVersion, error) {
	if number == 0 {
		number = d.Number
	}
	i := slices.IndexFunc(d.Versions, func(v DocumentVersion) bool { return v.Number == number })
	if i < 0 {
		return nil, Refuse(NotFound, "there is no such record")
	}
	return &d.Versions[i], nil
}

// Readable returns a version whose file may be handed out. Scanned says that
// nothing is handed out which no scanner has passed.
func (d *Document) Readable(number int, scanned bool) (*DocumentVersion, error) {
	v, err := d.Version(number)
	if err != nil {
		return nil, err
	}
	switch {
	case !d.Stage.Is(DocumentKept):
		return nil, Refuse(Conflict, "the document was removed")
	case v.Scan == ScanPending:
		return nil, Refuse(Conflict, "the file waits for the scanner; try again in a minute")
	case v.Scan == ScanInfected:
		return nil, Refuse(Conflict, "the scanner found malware in the file; it is not handed out")
	case v.Scan == ScanFailed:
		return nil, Refuse(Conflict, "the file could not be scanned; it is not handed out")
	case v.Scan == NotScanned && scanned:
		return nil, Refuse(Conflict, "the file was never scanned; it is not handed out")
	}
	return v, nil
}

// Scanned keeps what the scanner found in a version. The content of an infected
// one is destroyed.
func (d *Document) Scanned(number int, found ScanState, today Date) error {
	if err := documentLife.take(&d.Stage, ScanDocument); err != nil {
		return err
	}
	v, err := d.Version(number)
	if err != nil {
		return err
	}
	v.Scan, v.ScannedOn = found, today
	if found == ScanInfected {
		v.destroy()
	}
	d.record("document.scanned", string(found))
	return nil
}

// Next lists what the document's stage allows.
func (d *Document) Next() []Action {
	if !d.Stage.Is(DocumentKept) {
		return nil
	}
	return unless(d.Settled(), []Action{AddDocumentVersion, ReadFile, RemoveDocument}, RemoveDocument)
}

// maxFileName is how long a file's name may be, in bytes.
const maxFileName = 150

// FileName makes of whatever a client calls its file a name that can be shown and
// saved: no folder, no control or direction marks, not too long. It is never
// used as a path.
func FileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		case strings.ContainsRune(`<>:"|?*;%`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	stem := strings.TrimSuffix(name, ext)
	for len(stem)+len(ext) > maxFileName {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	if stem == "" {
		stem = "document"
	}
	return stem + ext
}
