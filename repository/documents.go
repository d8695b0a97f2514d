package repository

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/vault"
)

// Documents is the table of documents. How somebody stands to one follows from
// how that person stands to the record that it belongs to.
type Documents struct {
	table[domain.Document, *domain.Document]
}

func documents(s *Session) Documents {
	t := newTable[domain.Document](s, domain.ReadDocument, func(domain.Actor) []relation { return s.documentReach() }, sorts{"created_at": "created_at"})
	t.fill, t.index = fillVersions, keepVersions
	t.computed = []string{parentStages}
	return Documents{t}
}

// parent is one kind of record that has documents, as a session reaches it.
type parent interface {
	// those is the condition under which a row r is one on which the actor may do
	// act: empty for every one.
	those(act domain.Action) (string, []any)
	// hold keeps the record from being changed while something is added to it.
	hold(ctx context.Context, act domain.Action, id string) error
	// called is the table's name.
	called() string
}

func (t table[T, R]) called() string { return t.name }

func (t table[T, R]) hold(ctx context.Context, act domain.Action, id string) error {
	_, err := t.lock(ctx, act, domain.ID[T](id), nil)
	return err
}

// parents are the kinds of record that have documents.
func (s *Session) parents() map[domain.DocumentParent]parent {
	submissions := parent(s.Submissions)
	if s.actor.Receipt != "" {
		submissions = s.Receipts
	}
	return map[domain.DocumentParent]parent{
		domain.OfOrganization: s.Organizations, domain.OfCheck: s.Checks, domain.OfPartnership: s.Partnerships, domain.OfCommitment: s.Commitments,
		domain.OfMilestone: s.Milestones, domain.OfProgressReport: s.ProgressReports, domain.OfVerification: s.Verifications,
		domain.OfEngagement: s.Engagements, domain.OfConsultation: s.Consultations, domain.OfSubmission: submissions,
	}
}

// stageColumns are where a kind of record keeps what it has come to, if that is
// not its stage.
var stageColumns = map[domain.DocumentParent]string{domain.OfCheck: "p.result", domain.OfVerification: "''"}

// parentStages reads where the record of a document is.
var parentStages = func() string {
	b := &strings.Builder{}
	b.WriteString("(CASE r.parent_kind")
	for _, kind := range domain.DocumentParents() {
		fmt.Fprintf(b, " WHEN '%s' THEN (%s)", kind, stageOf(kind, "r.parent"))
	}
	b.WriteString(" END) AS parent_stage")
	return b.String()
}()

// stageOf reads where one record is. A kind of record is called as its table, of
// which it is one.
func stageOf(kind domain.DocumentParent, id string) string {
	column := cmp.Or(stageColumns[kind], "p.stage")
	return fmt.Sprintf("SELECT %s FROM %ss p WHERE p.id = %s", column, kind, id)
}

// documentReach is how the actor stands to documents: entrusted for the office,
// shared for partners and self for advisors is what belongs to a record that the
// actor can read, own what belongs to one that the actor may add to. An internal
// document is no one's but the office's.
func (s *Session) documentReach() []relation {
	shown := " AND NOT r.internal"
	read := domain.Shared
	if s.actor.Internal() {
		shown, read = "", domain.Entrusted
	}
	if s.actor.Role == domain.Advising { // nothing is shared with a council
		read = domain.Self
	}
	var out []relation
	for kind, p := range s.parents() {
		for bit, act := range map[domain.Reach]domain.Action{read: kind.Read(), domain.Own: kind.Write()} {
			if s.actor.Receipt != "" && kind == domain.OfSubmission {
				act = domain.ReadReceipt
			}
			sql, vars := p.those(act)
			if sql == nothing {
				continue
			}
			of := fmt.Sprintf("r.parent_kind = '%s'%s", kind, shown)
			if sql != "" {
				of += fmt.Sprintf(" AND r.parent IN (SELECT r.id FROM %s AS r WHERE %s)", p.called(), sql)
			}
			out = append(out, relation{bit, of, vars})
		}
	}
	slices.SortFunc(out, func(a, b relation) int { return strings.Compare(fmt.Sprint(a.bit, a.sql), fmt.Sprint(b.bit, b.sql)) })
	return out
}

// DocumentFilter narrows a list; an empty field does not.
type DocumentFilter struct{ ParentKind, Parent string }

// List returns a page of documents.
func (t Documents) List(ctx context.Context, f DocumentFilter, p Page) (Rows[domain.Document], error) {
	return t.list(equal(t.within(ctx, t.read), "parent_kind", f.ParentKind, "parent", f.Parent), p)
}

// Writable keeps a record as it is and returns where it is in its life, or
// refuses: NotFound for one that the actor can't see, Forbidden for one to which
// the actor may not add.
func (s *Session) Writable(ctx context.Context, kind domain.DocumentParent, id string) (stage string, err error) {
	act := kind.Write()
	if s.actor.Receipt != "" {
		act = domain.AmendReceipt
	}
	of, ok := s.parents()[kind]
	if !ok {
		return "", domain.Refuse(domain.NotFound, "there is no such record")
	}
	if err := of.hold(ctx, act, id); err != nil {
		return "", err
	}
	var stages []string
	err = s.mechanism(ctx).Raw(stageOf(kind, "?"), id).Scan(&stages).Error
	return strings.Join(stages, ""), err
}

// Addable is Writable, and refuses as well where there is no room.
func (s *Session) Addable(ctx context.Context, kind domain.DocumentParent, id string) (stage string, err error) {
	if stage, err = s.Writable(ctx, kind, id); err != nil {
		return "", err
	}
	var n int64
	err = s.mechanism(ctx).Model(&domain.Document{}).Where("parent = ? AND parent_kind = ? AND stage = ?", id, kind, domain.DocumentKept).Count(&n).Error
	if err != nil {
		return "", err
	}
	if n >= domain.DocumentsOfRecord {
		return "", domain.Refuse(domain.Conflict, "a record has at most %d documents", domain.DocumentsOfRecord)
	}
	return stage, s.withinQuota(ctx)
}

// withinQuota refuses to keep more for an organization than it may keep.
func (s *Session) withinQuota(ctx context.Context) error {
	if s.actor.Organization == "" {
		return nil
	}
	var kept []int64
	err := s.mechanism(ctx).Raw(`SELECT COALESCE(SUM(v.size), 0) FROM document_versions v, documents d
		WHERE d.id = v.document AND d.organization = ? AND v.blob <> ''`, s.actor.Organization).Scan(&kept).Error
	if err != nil {
		return err
	}
	if quota := s.actor.DocumentQuota(); kept[0] >= quota {
		return domain.Refuse(domain.Conflict, "your organization keeps all that it may, %d bytes; remove what is no longer needed", quota)
	}
	return nil
}

// fillVersions reads the versions of documents, the latest first.
func fillVersions(ctx context.Context, s *Session, rows []*domain.Document) error {
	of := map[domain.DocumentID]*domain.Document{}
	ids := make([]domain.DocumentID, len(rows))
	for i, d := range rows {
		d.Versions, of[d.ID], ids[i] = nil, d, d.ID
	}
	var versions []domain.DocumentVersion
	if err := s.mechanism(ctx).Where("document IN ?", ids).Order("document, number DESC").Find(&versions).Error; err != nil {
		return err
	}
	for _, v := range versions {
		d := of[v.Document]
		d.Versions = append(d.Versions, v)
	}
	return nil
}

// keepVersions stores the versions of a document that was saved, the keys of new
// contents sealed. Once no content is left, the document's key is destroyed.
func keepVersions(ctx context.Context, s *Session, d *domain.Document) error {
	left := false
	for i := range d.Versions {
		v := &d.Versions[i]
		v.Document, left = d.ID, left || v.Blob != ""
		if err := s.sealContentKey(ctx, d, v); err != nil {
			return err
		}
		if err := s.mechanism(ctx).Save(v).Error; err != nil {
			return refusal(err)
		}
	}
	if left {
		return nil
	}
	return s.destroyKey(ctx, "document_keys", string(d.ID))
}

func (s *Session) sealContentKey(ctx context.Context, d *domain.Document, v *domain.DocumentVersion) error {
	if v.Key == nil {
		return nil
	}
	if _, version := d.Meta(); version == 1 && v.Number == 1 && d.ParentKind != domain.OfSubmission {
		if err := s.newDocumentKey(ctx, d.ID); err != nil {
			return err
		}
	}
	key, err := s.documentKey(ctx, d)
	if err != nil {
		return err
	}
	v.SealedKey, err = key.Seal(v.Key, contentPlace(v))
	return err
}

// documentKey is a document's own key under the master key.
type documentKey struct {
	Document domain.DocumentID `gorm:"primaryKey"`
	Wrapped  []byte
	Mark     string
}

func documentOwner(id domain.DocumentID) string { return "document|" + string(id) }

// documentKey is the key under which the keys of a document's contents are. Those of a submission are under the
// submission's own: who withdraws it destroys them.
func (s *Session) documentKey(ctx context.Context, d *domain.Document) (*vault.Key, error) {
	if d.ParentKind == domain.OfSubmission {
		return s.submissionKey(ctx, domain.SubmissionID(d.Parent))
	}
	var rows []documentKey
	if err := s.mechanism(ctx).Where("document = ?", d.ID).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such record")
	}
	return s.store.master.Unwrap(rows[0].Wrapped, documentOwner(d.ID))
}

// newDocumentKey gives a new document its key.
func (s *Session) newDocumentKey(ctx context.Context, id domain.DocumentID) error {
	wrapped, _, err := s.store.master.NewKey(documentOwner(id))
	if err != nil {
		return err
	}
	return s.mechanism(ctx).Create(&documentKey{id, wrapped, newMark()}).Error
}

// ContentKey opens the key of a version's content.
func (t Documents) ContentKey(ctx context.Context, d *domain.Document, v *domain.DocumentVersion) ([]byte, error) {
	key, err := t.s.documentKey(ctx, d)
	if err != nil {
		return nil, err
	}
	return key.Open(v.SealedKey, contentPlace(v))
}

func contentPlace(v *domain.DocumentVersion) string { return "document_versions|content|" + v.Blob }

// Opened returns a document whose version is about to be handed out. To the office
// that is noted, or nothing handed out.
func (t Documents) Opened(ctx context.Context, id domain.DocumentID, number int, scanned bool, link UsedLink) (*domain.Document, *domain.DocumentVersion, error) {
	var d *domain.Document
	var v *domain.DocumentVersion
	err := t.s.Tx(ctx, func(s *Session) (err error) {
		if d, err = s.Documents.Get(ctx, id); err != nil {
			return err
		}
		if v, err = d.Readable(number, scanned); err != nil {
			return err
		}
		if err := s.useLink(ctx, link); err != nil {
			return err
		}
		return s.Disclose(ctx, domain.ReadFile, t.name, string(d.ID))
	})
	return d, v, err
}

// UsedLink is a link to a file that was used: the SHA-256 of what it is made of, and
// when it would have run out.
type UsedLink struct {
	ID        string
	ExpiresAt time.Time
}

// useLink uses a link up, or returns Gone if it was used before.
func (s *Session) useLink(ctx context.Context, l UsedLink) error {
	l.ExpiresAt = l.ExpiresAt.UTC()
	res := s.mechanism(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&l)
	if res.Error == nil && res.RowsAffected == 0 {
		return domain.Refuse(domain.Gone, "the link was used; make another")
	}
	return res.Error
}

// Belongs refuses documents that the actor can't read, that are not of the
// record, or that nobody can read, removed or in quarantine: pointer says where
// each was named. It is for records that cite documents.
func (t Documents) Belongs(ctx context.Context, kind domain.DocumentParent, parent string, pointer func(int) string, ids ...domain.DocumentID) error {
	var f domain.Faults
	for i, id := range ids {
		d, err := found(t.Get(ctx, id))
		if err != nil {
			return err
		}
		if d == nil || d.ParentKind != kind || d.Parent != parent || !d.Stage.Is(domain.DocumentKept) {
			f.Add(pointer(i), "unknown_value", "must be a document of this record")
			continue
		}
		var refused *domain.Error
		if _, err := d.Readable(0, false); errors.As(err, &refused) {
			f.Add(pointer(i), "invalid", "%s", refused.Detail)
		}
	}
	return f.Err()
}

// dropDocuments forgets the documents of a submission that is withdrawn. What is
// left of their contents nobody can read, and is collected.
func (s *Session) dropDocuments(ctx context.Context, id domain.SubmissionID) error {
	const of = "SELECT id FROM documents WHERE parent_kind = 'submission' AND parent = ?"
	db := s.mechanism(ctx)
	return errors.Join(
		db.Where("document IN ("+of+")", id).Delete(&domain.DocumentVersion{}).Error,
		s.mechanism(ctx).Where("parent_kind = ? AND parent = ?", domain.OfSubmission, id).Delete(&domain.Document{}).Error,
	)
}

// Named reports which of the names of contents something still rests on.
func (t Documents) Named(ctx context.Context, names []string) (map[string]bool, error) {
	var found []string
	err := t.s.mechanism(ctx).Raw("SELECT blob FROM document_versions WHERE blob IN ? UNION SELECT blob FROM upload_parts WHERE blob IN ?", names, names).Scan(&found).Error
	out := map[string]bool{}
	for _, name := range found {
		out[name] = true
	}
	return out, err
}

// Contents calls fn with every version that has a content, by its name.
func (t Documents) Contents(ctx context.Context, fn func(domain.DocumentVersion) error) error {
	for after := ""; ; {
		var rows []domain.DocumentVersion
		if err := t.s.mechanism(ctx).Where("blob > ?", after).Order("blob").Limit(500).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		for _, v := range rows {
			if err := fn(v); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].Blob
	}
}

// Uploads is the table of files that arrive piece by piece.
type Uploads struct {
	table[domain.Upload, *domain.Upload]
}

func uploads(s *Session) Uploads {
	return Uploads{newTable[domain.Upload](s, domain.ReadUpload, func(a domain.Actor) []relation {
		return []relation{{domain.Self, "r.account = ?", []any{a.Account}}}
	}, nil)}
}

// uploadPart is one piece of an upload.
type uploadPart struct {
	Upload domain.UploadID `gorm:"primaryKey"`
	Number int             `gorm:"primaryKey;autoIncrement:false"`
	Blob   string
	Size   int64
}

// Create stores an upload with the key of its pieces, sealed.
func (t Uploads) Create(ctx context.Context, act domain.Action, u *domain.Upload, key []byte) (err error) {
	u.Begin(t.s.NewID())
	if u.SealedKey, err = t.s.store.master.Seal(key, uploadPlace(u.ID)); err != nil {
		return err
	}
	return t.table.Create(ctx, act, u)
}

func uploadPlace(id domain.UploadID) string { return "uploads|content|" + string(id) }

// Key opens the key of an upload's pieces.
func (t Uploads) Key(u *domain.Upload) ([]byte, error) {
	return t.s.store.master.Open(u.SealedKey, uploadPlace(u.ID))
}

// Take notes a piece that was kept under a name, if it is the next.
func (t Uploads) Take(ctx context.Context, id domain.UploadID, offset, size int64, blob string) (*domain.Upload, error) {
	return t.Update(ctx, domain.ContinueUpload, id, nil, func(s *Session, u *domain.Upload) error {
		if err := u.Take(s.actor, offset, size); err != nil {
			return err
		}
		return s.mechanism(ctx).Create(&uploadPart{u.ID, u.Parts, blob, size}).Error
	})
}

// Piece is a part of an upload that lies under a name.
type Piece struct {
	Blob string
	Size int64
}

// Pieces are the parts of an upload, in order.
func (t Uploads) Pieces(ctx context.Context, id domain.UploadID) ([]Piece, error) {
	var rows []Piece
	err := t.s.mechanism(ctx).Model(&uploadPart{}).Where("upload = ?", id).Order("number").Find(&rows).Error
	return rows, err
}

// Become notes what was made of an upload. Its pieces are collected, and a
// survivor's is forgotten at once: nothing else leads from an account to what it sent.
func (t Uploads) Become(ctx context.Context, id domain.UploadID, d domain.DocumentID) error {
	_, err := t.Update(ctx, domain.ContinueUpload, id, nil, func(s *Session, u *domain.Upload) error {
		if err := u.Become(s.actor, d); err != nil {
			return err
		}
		return s.dropPieces(ctx, id)
	})
	if err == nil && t.s.actor.Survivor() {
		err = t.End(ctx, id)
	}
	return err
}

func (s *Session) dropPieces(ctx context.Context, id domain.UploadID) error {
	return s.mechanism(ctx).Where("upload = ?", id).Delete(&uploadPart{}).Error
}

// End forgets an upload, whole or not. Its pieces are collected.
func (t Uploads) End(ctx context.Context, id domain.UploadID) error {
	return t.Delete(ctx, domain.EndUpload, id, nil, func(s *Session, u *domain.Upload) error {
		u.End(s.actor)
		return s.dropPieces(ctx, id)
	})
}
