package domain

import (
	"encoding/hex"
	"strings"
	"time"
)

// UploadID names an upload.
type UploadID = ID[Upload]

// Upload is a file that arrives piece by piece, so that a line that breaks loses
// nothing. It is its sender's alone, becomes a document once it is whole, and
// ends by itself when its time is over.
type Upload struct {
	Record[Upload]
	Account AccountID
	// Document is the one that the file supersedes; empty for a new one.
	Document   DocumentID
	ParentKind DocumentParent
	Parent     string
	Title      string
	Internal   bool
	FileName   string
	// SHA256 is what the sender says the whole will be; empty for nothing.
	SHA256 string `gorm:"column:sha256"`
	Size   int64
	// Arrived is how much is there already.
	Arrived   int64
	Parts     int
	ExpiresAt time.Time
	SealedKey []byte
	// Made is the document that it became; empty until then.
	Made DocumentID
}

const (
	// UploadLife is for how long an upload may take.
	UploadLife = 24 * time.Hour
	// maxUploadParts keeps a file from coming in crumbs.
	maxUploadParts = 1000
)

// NewUpload begins an upload to a record that the actor was allowed to add to.
func NewUpload(by Actor, d DocumentDraft, document DocumentID, name string, size int64, digest string, now time.Time) (*Upload, error) {
	var f Faults
	if size < 1 || size > d.ParentKind.MaxSize() {
		f.Add("/size", "too_large", "a file for a record of this kind has from 1 to %d bytes", d.ParentKind.MaxSize())
	}
	if !validDigest(digest) {
		f.Add("/sha256", "invalid", "is a SHA-256 in hexadecimal")
	}
	if d.Internal && !by.Writes(DocumentInternal, 0) {
		f.Add("/internal", "invalid", "only the office keeps internal documents")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	u := &Upload{
		Account: by.Account, Document: document, ParentKind: d.ParentKind, Parent: d.Parent, Title: d.Title, Internal: d.Internal,
		FileName: FileName(name), Size: size, SHA256: strings.ToLower(digest), ExpiresAt: now.Add(UploadLife),
	}
	u.recordAs(by, "upload.created")
	return u, nil
}

// recordAs records an event; what a survivor does, without who and when.
func (u *Upload) recordAs(by Actor, name string) {
	if by.Survivor() {
		u.recordUnattributed(name)
		return
	}
	u.record(name, "")
}

// Touch stamps a save.
func (u *Upload) Touch(now time.Time) { u.Record.Touch(now) }

func validDigest(digest string) bool {
	b, err := hex.DecodeString(digest)
	return digest == "" || err == nil && len(b) == 32
}

// Expect refuses a piece that does not begin where the last one ended.
func (u *Upload) Expect(offset int64) error {
	if offset != u.Arrived {
		return Refuse(Conflict, "the upload goes on at byte %d", u.Arrived)
	}
	if u.Parts >= maxUploadParts && !u.Whole() {
		return Refuse(Conflict, "an upload has at most %d pieces; begin again with larger ones", maxUploadParts)
	}
	return nil
}

// Take notes a piece that arrived.
func (u *Upload) Take(by Actor, offset, size int64) error {
	if err := u.Expect(offset); err != nil {
		return err
	}
	u.Arrived, u.Parts = u.Arrived+size, u.Parts+1
	u.recordAs(by, "upload.continued")
	return nil
}

// Whole says that all of it has arrived.
func (u *Upload) Whole() bool { return u.Arrived == u.Size }

// Become notes the document that was made of the upload. Nothing else of it is
// kept, and it only is so that a sender who lost the answer learns what it was.
func (u *Upload) Become(by Actor, d DocumentID) error {
	if u.Made != "" {
		return Refuse(Conflict, "the upload is a document already")
	}
	u.Made, u.Title, u.FileName, u.SHA256, u.SealedKey = d, "", "", "", []byte{}
	u.recordAs(by, "upload.finished")
	return nil
}

// End notes that the upload is forgotten: it was given up or refused, or its time
// is over.
func (u *Upload) End(by Actor) { u.recordAs(by, "upload.ended") }

// Draft is what the upload is to become.
func (u *Upload) Draft() DocumentDraft {
	return DocumentDraft{u.ParentKind, u.Parent, u.Title, u.Internal}
}
