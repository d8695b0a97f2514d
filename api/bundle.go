package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/bundle"
	"accord/internal/ledger"
	"accord/internal/sheet"
	"accord/openapi"
	"accord/repository"
)

// GetPartnershipBundle hands out all that an audit of one partnership needs. What
// is written in it is of one moment and is put together, packed, before the first
// byte leaves; files follow as they are read. One that can't be read ends the
// answer in its middle, so that it is no bundle and nobody takes it for one.
func (s *Server) GetPartnershipBundle(c echo.Context, id openapi.ID) error {
	out := &held{}
	b := &bundled{s: s, c: c, zip: bundle.NewWriter(out, s.store.Now())}
	err := s.as(c).Moment(ctx(c), func(at *repository.Session) error { return b.write(at, domain.PartnershipID(id)) })
	if err != nil {
		return err
	}
	if err := b.disclose(); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", disposition(fmt.Sprintf("partnership-%s-%s.zip", id, s.today())))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
	c.Response().WriteHeader(http.StatusOK)
	if err := b.deliver(out); err != nil {
		s.log.Error("bundle broken off", "request_id", h.Get(echo.HeaderXRequestID), "partnership", id, "error", err)
		panic(http.ErrAbortHandler) // the client sees that the answer did not end
	}
	return nil
}

// held keeps what is written until it is let out.
type held struct {
	kept bytes.Buffer
	out  io.Writer
}

func (h *held) Write(p []byte) (int, error) {
	if h.out == nil {
		return h.kept.Write(p)
	}
	return h.out.Write(p)
}

func (h *held) letOut(w io.Writer) error {
	h.out = w
	_, err := h.kept.WriteTo(w)
	h.kept = bytes.Buffer{}
	return err
}

// bundleTime is how long a bundle may take.
const bundleTime = 30 * time.Minute

// bundled is a bundle in the making.
type bundled struct {
	s   *Server
	c   echo.Context
	zip *bundle.Writer

	partnership string
	files       []bundledFile
	signer      ledger.Signer
	proved      bool
}

// bundledFile is a file that follows what is written.
type bundledFile struct {
	path    string
	key     []byte
	version *domain.DocumentVersion
}

// write puts together all but the files.
func (b *bundled) write(at *repository.Session, id domain.PartnershipID) error {
	p, err := at.Partnerships.ReadFor(ctx(b.c), domain.ReadBundle, id)
	if err != nil {
		return err
	}
	b.partnership = string(p.ID)
	as := at.As(actor(b.c).Compiles())
	v, err := b.view(as, p)
	if err != nil {
		return err
	}
	if actor(b.c).May(domain.ReadAuditTrail) {
		if v.Log, err = b.log(at, v.records); err != nil {
			return err
		}
	}
	if b.signer, err = at.LogSigner(ctx(b.c), b.s.logOrigin()); err != nil {
		return err
	}
	if _, err := b.zip.Add("key.txt", text(b.signer.Key()+"\n")); err != nil {
		return err
	}
	about, err := json.Marshal(BundleAbout{Partnership: p.ID, Title: p.Title, AsOf: v.AsOf})
	if err != nil {
		return err
	}
	if _, err := b.zip.Add(bundleAbout, text(string(about)+"\n")); err != nil {
		return err
	}
	if _, err := b.zip.Add("summary.html", v.html); err != nil {
		return err
	}
	return b.ledgers(as, v.in)
}

// disclose notes that the bundle, its files and its log were read.
func (b *bundled) disclose() error {
	return b.s.as(b.c).Tx(ctx(b.c), func(tx *repository.Session) error {
		documents := []string{}
		for _, f := range b.files {
			if id := string(f.version.Document); len(documents) == 0 || documents[len(documents)-1] != id {
				documents = append(documents, id)
			}
		}
		err := errors.Join(
			tx.Disclose(ctx(b.c), domain.ReadBundle, "partnerships", b.partnership),
			tx.Disclose(ctx(b.c), domain.ReadFile, "documents", documents...))
		if !b.proved || err != nil {
			return err
		}
		return tx.Disclose(ctx(b.c), domain.ReadAuditTrail, "accounts", string(actor(b.c).Account))
	})
}

// deliver lets out what was written, and the files after it.
func (b *bundled) deliver(out *held) error {
	if err := out.letOut(b.c.Response()); err != nil {
		return err
	}
	for _, f := range b.files {
		if err := b.file(f); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return b.zip.Close(b.signer.SignManifest)
}

func (b *bundled) file(f bundledFile) error {
	content, err := b.s.box.Open(ctx(b.c), f.key, f.version.Blob, f.version.Size)
	if err != nil {
		return err
	}
	digest, err := b.zip.Add(f.path, func(w io.Writer) error {
		_, err := io.Copy(w, &seeker{content: content})
		return err
	})
	if err == nil && digest != f.version.SHA256 {
		err = errors.New("the content has another digest than was noted")
	}
	return err
}

// ledgers writes every contribution, every entry and what they come to.
func (b *bundled) ledgers(as *repository.Session, in repository.In) error {
	place := func(p domain.PartnershipID, k domain.CommitmentID) (kind, id string) {
		if p != "" {
			return "partnership", string(p)
		}
		return "commitment", string(k)
	}
	contributions := rowsOf(as.Contributions.EveryIn(ctx(b.c), in), func(k *domain.Contribution) []any {
		kind, id := place(k.Partnership, k.Commitment)
		return []any{string(k.ID), kind, id, string(k.Organization), k.Organization == "", string(k.Kind), k.Description, string(k.Valuation), k.ValuationText,
			k.Currency, sheet.Decimal(k.Pledged.Amount()), sheet.Decimal(k.Delivered.Amount()), sheet.Decimal(k.Verified.Amount())}
	})
	entries := rowsOf(as.LedgerEntries.EveryIn(ctx(b.c), in), func(e *domain.ContributionEntry) []any {
		shown := entryJSON(domain.BundleReader(), e)
		return []any{shown.ID, string(e.Contribution), shown.Measure, sheet.Decimal(shown.Amount), shown.Currency, dateCell(shown.On), shown.FiscalYear,
			shown.Quarter, shown.Reference, shown.Evidence, shown.ReversesID, shown.Reason, shown.RecordedBy, timeCell(shown.RecordedAt)}
	})
	totals := func(yield func([]any, error) bool) {
		filters := []repository.ContributionFilter{{Partnership: in.Partnership}}
		for _, k := range in.Commitments {
			filters = append(filters, repository.ContributionFilter{Commitment: k})
		}
		for _, f := range filters {
			kind, id := place(f.Partnership, f.Commitment)
			rows, err := as.LedgerEntries.Totals(ctx(b.c), f, repository.ByParty, repository.ByKind, repository.ByQuarter)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, r := range rows {
				t := totalJSON(r, nil)
				if !yield([]any{kind, id, t.OrganizationID, t.ByOffice, t.Kind, t.FiscalYear, t.Quarter, t.Currency,
					sheet.Decimal(t.Pledged), sheet.Decimal(t.Delivered), sheet.Decimal(t.Verified), t.Entries}, nil) {
					return
				}
			}
		}
	}
	for _, t := range []struct {
		name   string
		header []string
		rows   func(func([]any, error) bool)
	}{
		{"contributions.csv", []string{"id", "place", "place_id", "organization_id", "by_office", "kind", "description", "valuation", "valuation_text",
			"currency", "pledged", "delivered", "verified"}, contributions},
		{"ledger.csv", []string{"id", "contribution_id", "measure", "amount", "currency", "on", "fiscal_year", "quarter", "reference", "evidence",
			"reverses_id", "reason", "recorded_by", "recorded_at"}, entries},
		{"totals.csv", []string{"place", "place_id", "organization_id", "by_office", "kind", "fiscal_year", "quarter", "currency",
			"pledged", "delivered", "verified", "entries"}, totals},
	} {
		if _, err := b.zip.Add("contributions/"+t.name, func(w io.Writer) error { return sheet.WriteCSV(w, t.header, t.rows) }); err != nil {
			return err
		}
	}
	return nil
}

// bundledLog is what the summary says of the log.
type bundledLog struct {
	Signed           bool
	Entries, Waiting int
	Size             int64
}

// log writes what the audit trail has about the records, with proofs at one
// checkpoint. Before anything was signed there is nothing to prove.
func (b *bundled) log(at *repository.Session, records []string) (*bundledLog, error) {
	b.proved = true
	proofs, err := asServer(at).Trail.ProofsOf(ctx(b.c), records...)
	if errors.Is(err, domain.NotFound) {
		return &bundledLog{}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		name string
		give func(io.Writer) error
	}{
		{"checkpoint.txt", text(proofs.Checkpoint.Note)},
		{"proofs.jsonl", lines(proofs.Entries, proofJSON)},
		{"waiting.jsonl", lines(proofs.Waiting, func(e repository.AuditEntry) openapi.AuditEntry { return auditJSON(domain.Actor{}, &e) })},
	} {
		if _, err := b.zip.Add("log/"+f.name, f.give); err != nil {
			return nil, err
		}
	}
	return &bundledLog{true, len(proofs.Entries), len(proofs.Waiting), proofs.Checkpoint.Size}, nil
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// lines writes each as JSON on a line of its own.
func lines[T, J any](all []T, as func(T) J) func(io.Writer) error {
	return func(w io.Writer) error {
		e := json.NewEncoder(w)
		for _, v := range all {
			if err := e.Encode(as(v)); err != nil {
				return err
			}
		}
		return nil
	}
}

// documents lists every version of every document, and takes the files of those
// that are handed out.
func (b *bundled) documents(ctx context.Context, as *repository.Session, parents []string) ([]bundledDocument, error) {
	all, err := as.Documents.Of(ctx, domain.Bundled(), parents)
	if err != nil {
		return nil, err
	}
	out := make([]bundledDocument, len(all))
	for i, d := range all {
		out[i] = bundledDocument{Document: d, Of: strings.ReplaceAll(string(d.ParentKind), "_", " ")}
		for n := range d.Versions {
			v := &d.Versions[len(d.Versions)-1-n]
			line := bundledVersion{DocumentVersion: v}
			var refused *domain.Error
			if _, err := d.Readable(v.Number, b.s.requireScan); errors.As(err, &refused) {
				line.Withheld = refused.Detail
			} else if line.Path, err = b.take(ctx, as, d, v); err != nil {
				return nil, err
			}
			out[i].Lines = append(out[i].Lines, line)
		}
	}
	return out, nil
}

// take lets a version's file follow what is written, and returns where.
func (b *bundled) take(ctx context.Context, as *repository.Session, d *domain.Document, v *domain.DocumentVersion) (path string, err error) {
	key, err := as.Documents.ContentKey(ctx, d, v)
	path = fmt.Sprintf("documents/%s/%s", d.ID, bundle.FileName(fmt.Sprintf("v%d-%s", v.Number, v.FileName)))
	b.files = append(b.files, bundledFile{path, key, v})
	return path, err
}
