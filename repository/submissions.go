package repository

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"accord/domain"
	"accord/internal/receipt"
	"accord/internal/vault"
)

// Submissions is the table of submissions. Contents are opened where one
// submission is read, and only there.
type Submissions struct {
	table[domain.Submission, *domain.Submission]
}

func submissions(s *Session) Submissions {
	t := newTable[domain.Submission](s, domain.ReadSubmission, submissionReach, sorts{"received_on": "received_on"})
	t.fill, t.index = openContents, keepContent
	return Submissions{t}
}

func submissionReach(a domain.Actor) []relation {
	return []relation{
		{domain.Entrusted, "r.received", nil},
		{domain.Own, "EXISTS (SELECT 1 FROM submission_authors x WHERE x.submission = r.id AND x.organization IN " + survivorOf + ")", []any{a.Organization, a.Organization}},
		{domain.Self, "EXISTS (SELECT 1 FROM submission_authors x WHERE x.submission = r.id AND x.advisor = ?)", []any{a.Advisor}},
	}
}

// receipts are the same rows, each open to whoever holds its code.
func receipts(s *Session) Submissions {
	t := submissions(s)
	t.read = domain.ReadReceipt
	t.reach = func(a domain.Actor) []relation {
		return []relation{{domain.Published, "r.receipt = ?", []any{a.Receipt}}}
	}
	return t
}

// SubmissionFilter narrows a list; an empty field does not.
type SubmissionFilter struct {
	Consultation    domain.ConsultationID
	Stage, Category string
	// Theme is known to the office alone: whoever else asks finds nothing.
	Theme domain.ThemeID
}

// List returns a page of submissions, their contents closed. To the office they
// come by the day on which they were handed in: when one was begun would tell one
// with an account from one with a receipt.
func (t Submissions) List(ctx context.Context, f SubmissionFilter, p Page) (Rows[domain.Submission], error) {
	q := t.within(ctx, t.read)
	q = equal(q, "consultation", string(f.Consultation), "stage", f.Stage, "category", f.Category)
	if f.Theme != "" {
		q = q.Where("? AND EXISTS (SELECT 1 FROM codings g WHERE g.submission = submissions.id AND g.theme = ?)", t.s.actor.Sees(domain.SubmissionCodings, 0), f.Theme)
	}
	if t.s.actor.Internal() {
		p.Sort = "-received_on"
	}
	return t.closed().list(q, p)
}

// Seen refuses a submission that the actor can't see. Nothing is opened.
func (t Submissions) Seen(ctx context.Context, id domain.SubmissionID) error {
	_, err := one[domain.Submission](t.within(ctx, t.read).Where("id = ?", id))
	return err
}

// ByReceipt returns the submission that the actor's receipt opens.
func (t Submissions) ByReceipt(ctx context.Context) (*domain.Submission, error) {
	v, err := one[domain.Submission](t.within(ctx, t.read))
	if err != nil {
		return nil, err
	}
	return v, t.filled(ctx, v)
}

// author leads an author, and nobody else, to a submission.
type author struct {
	Submission   domain.SubmissionID
	Consultation domain.ConsultationID
	Organization domain.OrganizationID
	Advisor      domain.AdvisorID
}

func (author) TableName() string { return "submission_authors" }

// Create stores the actor's own submission. An author has one for each
// consultation; a second is refused as a conflict.
func (t Submissions) Create(ctx context.Context, act domain.Action, v *domain.Submission) error {
	return t.s.Tx(ctx, func(s *Session) error {
		v.Begin(s.NewID())
		if err := v.Salt(s.NewID()); err != nil {
			return err
		}
		if v.Receipt == "" {
			if err := s.wroteBefore(ctx, v.Consultation); err != nil {
				return err
			}
			row := author{v.ID, v.Consultation, s.actor.Organization, s.actor.Advisor}
			if err := refusal(s.mechanism(ctx).Create(&row).Error); errors.Is(err, domain.Conflict) {
				return errWroteBefore
			} else if err != nil {
				return err
			}
		}
		return Submissions{t.in(s)}.table.Create(ctx, act, v)
	})
}

// wroteBefore refuses a second submission of an organization that wrote one before
// it was merged into the actor's.
func (s *Session) wroteBefore(ctx context.Context, c domain.ConsultationID) error {
	var n int64
	err := s.mechanism(ctx).Model(&author{}).Where("consultation = ? AND organization IN (SELECT o.id FROM organizations o WHERE o.merged_into <> '' AND o.merged_into = ?)", c, s.actor.Organization).Count(&n).Error
	if err == nil && n > 0 {
		return errWroteBefore
	}
	return err
}

var errWroteBefore = domain.Refuse(domain.Conflict, "there is a submission already; edit or amend it")

// Update changes a submission and seals what its author wrote anew.
func (t Submissions) Update(ctx context.Context, act domain.Action, id domain.SubmissionID, match Match[*domain.Submission], change func(*Session, *domain.Submission) error) (*domain.Submission, error) {
	return t.table.Update(ctx, act, id, match, func(s *Session, v *domain.Submission) error {
		if err := change(s, v); err != nil {
			return err
		}
		return v.Salt(s.NewID())
	})
}

// NewAlias draws a pseudonym. It rests on nothing of its bearer.
func (s *Session) NewAlias() string {
	id := uuid.MustParse(s.NewID())
	return "Voice " + base32.StdEncoding.EncodeToString(id[:5])
}

// sealedVersion is one version of a submission's content under its key. Number
// is 0 for a draft.
type sealedVersion struct {
	Submission domain.SubmissionID `gorm:"primaryKey"`
	Number     int                 `gorm:"primaryKey;autoIncrement:false"`
	ReceivedOn domain.Date
	Digest     string
	Sealed     []byte
}

func (sealedVersion) TableName() string { return "submission_versions" }

func (v sealedVersion) place() string {
	return fmt.Sprintf("submission_versions|sealed|%s|%d", v.Submission, v.Number)
}

func (v sealedVersion) open(key *vault.Key) (*domain.Content, error) {
	plain, err := key.Open(v.Sealed, v.place())
	if err != nil {
		return nil, err
	}
	return domain.ReadContent(plain)
}

// openContents opens the latest version of each submission.
func openContents(ctx context.Context, s *Session, rows []*domain.Submission) error {
	for _, v := range rows {
		if v.Stage.Is(domain.SubmissionWithdrawn) {
			continue
		}
		key, err := s.submissionKey(ctx, v.ID)
		if err != nil {
			return err
		}
		var sealed sealedVersion
		err = s.mechanism(ctx).Where("submission = ? AND number = ?", v.ID, v.Number).Take(&sealed).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return domain.Refuse(domain.NotFound, "there is no such record") // withdrawn this very moment
		}
		if err != nil {
			return err
		}
		if v.Content, err = sealed.open(key); err != nil {
			return err
		}
	}
	return nil
}

// keepContent seals the content of a submission that was saved. Of one that was
// withdrawn it destroys the key, and with it all that was sealed.
func keepContent(ctx context.Context, s *Session, v *domain.Submission) error {
	if v.Stage.Is(domain.SubmissionWithdrawn) {
		return s.destroy(ctx, v.ID)
	}
	key, err := s.keyFor(ctx, v)
	if err != nil {
		return err
	}
	row := sealedVersion{Submission: v.ID, Number: v.Number, ReceivedOn: v.ReceivedOn, Digest: v.Digest}
	if row.Sealed, err = key.Seal(v.Content.Text(), row.place()); err != nil {
		return err
	}
	if v.Number > 0 { // what was a draft is none any more
		if err := s.mechanism(ctx).Where("submission = ? AND number = 0", v.ID).Delete(&sealedVersion{}).Error; err != nil {
			return err
		}
	}
	return s.mechanism(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
}

// keyFor is the key to seal with: a submission's first save makes it.
func (s *Session) keyFor(ctx context.Context, v *domain.Submission) (*vault.Key, error) {
	if _, version := v.Meta(); version == 1 {
		return s.newSubmissionKey(ctx, v.ID)
	}
	return s.submissionKey(ctx, v.ID)
}

// wrappedKey is a submission's own key under the master key.
type wrappedKey struct {
	Submission domain.SubmissionID
	Wrapped    []byte
	Mark       string
}

func (wrappedKey) TableName() string { return "submission_keys" }

// submissionKey is the key of a submission's contents and messages. Where there
// is none the submission was withdrawn, perhaps this very moment: NotFound.
func (s *Session) submissionKey(ctx context.Context, id domain.SubmissionID) (*vault.Key, error) {
	var rows []wrappedKey
	if err := s.mechanism(ctx).Where("submission = ?", id).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no such record")
	}
	return s.store.master.Unwrap(rows[0].Wrapped, submissionOwner(id))
}

// newSubmissionKey gives a new submission its key.
func (s *Session) newSubmissionKey(ctx context.Context, id domain.SubmissionID) (*vault.Key, error) {
	wrapped, key, err := s.store.master.NewKey(submissionOwner(id))
	if err != nil {
		return nil, err
	}
	return key, s.mechanism(ctx).Create(&wrappedKey{id, wrapped, newMark()}).Error
}

func submissionOwner(id domain.SubmissionID) string { return "submission|" + string(id) }

// destroy forgets everything of a submission but that there was one.
func (s *Session) destroy(ctx context.Context, id domain.SubmissionID) error {
	if err := s.destroyKey(ctx, "submission_keys", string(id)); err != nil {
		return err
	}
	for _, what := range []any{&sealedVersion{}, &author{}, &domain.Message{}, &domain.Coding{}} {
		if err := s.mechanism(ctx).Where("submission = ?", id).Delete(what).Error; err != nil {
			return err
		}
	}
	if err := s.dropDocuments(ctx, id); err != nil {
		return err
	}
	return s.mechanism(ctx).Where("source_kind = ? AND source_id = ?", domain.FromSubmission, id).Delete(&domain.Hearing{}).Error
}

// Version is what an author handed in at one time.
type Version struct {
	Number     int
	ReceivedOn domain.Date
	Content    *domain.Content
}

// Versions returns all that an author handed in, the first first. They are the
// author's alone.
func (t Submissions) Versions(ctx context.Context, id domain.SubmissionID) ([]Version, error) {
	if _, err := one[domain.Submission](t.within(ctx, domain.ReadSubmissionVersions).Where("id = ?", id)); errors.Is(err, domain.NotFound) {
		if err := t.Seen(ctx, id); err != nil {
			return nil, err
		}
		return nil, forbidden(domain.ReadSubmissionVersions)
	} else if err != nil {
		return nil, err
	}
	key, err := t.s.submissionKey(ctx, id)
	if err != nil {
		return nil, err
	}
	var rows []sealedVersion
	if err := t.s.mechanism(ctx).Where("submission = ? AND number > 0", id).Order("number").Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Version, len(rows))
	for i, r := range rows {
		if out[i].Content, err = r.open(key); err != nil {
			return nil, err
		}
		out[i].Number, out[i].ReceivedOn = r.Number, r.ReceivedOn
	}
	return out, nil
}

// ReceiptHash is what is stored of a receipt code.
func (s *Store) ReceiptHash(c receipt.Code) (string, error) {
	key, err := s.master.Derive("submission receipt code")
	if err != nil {
		return "", err
	}
	return c.Hash(key), nil
}

// ReceiptSigner signs what was received. It stays the same for as long as the
// master key file lives, through every rotation, so that a receipt can always
// be checked.
func (s *Store) ReceiptSigner() (receipt.Signer, error) {
	seed, err := s.master.Derive("submission receipt signature")
	if err != nil {
		return receipt.Signer{}, err
	}
	return receipt.NewSigner(seed)
}

// Messages is the table of what authors and the office say to each other.
type Messages struct {
	table[domain.Message, *domain.Message]
}

func messages(s *Session) Messages {
	t := newTable[domain.Message](s, domain.ReadMessage, ofSubmission(submissionReach), sorts{"number": "number"})
	t.fill = openMessages
	return Messages{t}
}

func receiptMessages(s *Session) Messages {
	t := messages(s)
	t.read, t.reach = domain.ReadReceipt, ofSubmission(receipts(s).reach)
	return t
}

// ofSubmission is the reach of what belongs to a submission.
func ofSubmission(reach func(domain.Actor) []relation) func(domain.Actor) []relation {
	return func(a domain.Actor) []relation {
		relations := reach(a)
		for i, r := range relations {
			relations[i].sql = "r.submission IN (SELECT r.id FROM submissions r WHERE " + r.sql + ")"
		}
		return relations
	}
}

// List returns a page of a submission's messages, the first first.
func (t Messages) List(ctx context.Context, id domain.SubmissionID, p Page) (Rows[domain.Message], error) {
	p.Sort = "number"
	return t.list(t.within(ctx, t.read).Where("submission = ?", id), p)
}

// Of returns every message of a submission, the first first.
func (t Messages) Of(ctx context.Context, id domain.SubmissionID) ([]domain.Message, error) {
	var rows []domain.Message
	if err := t.within(ctx, t.read).Where("submission = ?", id).Order("number").Find(&rows).Error; err != nil {
		return nil, err
	}
	items := make([]*domain.Message, len(rows))
	for i := range rows {
		items[i] = &rows[i]
	}
	return rows, t.filled(ctx, items...)
}

// Send adds a message to a submission that the actor sees through rows.
func (t Messages) Send(ctx context.Context, act domain.Action, rows Submissions, id domain.SubmissionID, text string) (*domain.Message, error) {
	var m *domain.Message
	err := t.s.Tx(ctx, func(s *Session) error {
		v, err := rows.in(s).closed().lock(ctx, act, id, nil)
		if err != nil {
			return err
		}
		var earlier int64
		if err := s.mechanism(ctx).Model(&domain.Message{}).Where("submission = ?", id).Count(&earlier).Error; err != nil {
			return err
		}
		if m, err = domain.NewMessage(v, s.actor, text, int(earlier), s.Now()); err != nil {
			return err
		}
		key, err := s.submissionKey(ctx, id)
		if err != nil {
			return err
		}
		m.Begin(s.NewID())
		if m.Sealed, err = key.Seal([]byte(m.Text), messagePlace(m)); err != nil {
			return err
		}
		return t.in(s).Create(ctx, act, m)
	})
	return m, err
}

func messagePlace(m *domain.Message) string { return "messages|sealed|" + string(m.ID) }

func openMessages(ctx context.Context, s *Session, rows []*domain.Message) error {
	if len(rows) == 0 {
		return nil
	}
	key, err := s.submissionKey(ctx, rows[0].Submission)
	if err != nil {
		return err
	}
	for _, m := range rows {
		text, err := key.Open(m.Sealed, messagePlace(m))
		if err != nil {
			return err
		}
		m.Text = string(text)
	}
	return nil
}
