package api

import (
	"bytes"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/feeds"
	"github.com/labstack/echo/v4"

	"accord/domain"
	"accord/internal/iati"
	"accord/internal/sheet"
	"accord/openapi"
	"accord/repository"
)

// Publisher is the office as what it publishes names it.
type Publisher struct {
	Name string
	// ID is its organization identifier by org-id.guide. Without one there is no
	// IATI file.
	ID string
}

// download answers with a file of the register, under a name to be saved by.
func download(c echo.Context, kind, name string, body []byte) error {
	cacheable(c)
	c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return answerBody(c, http.StatusOK, kind, body)
}

// DownloadPublishedCommitments answers with the published commitments as CSV.
func (s *Server) DownloadPublishedCommitments(c echo.Context, p openapi.DownloadPublishedCommitmentsParams) error {
	all := s.as(c).Register.EveryCommitment(ctx(c), repository.PublishedFilter{
		Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, c.QueryParam("q"))
	header := []string{"id", "address", "organization", "organization_type", "organization_country", "partnership_id", "title", "text", "due_on", "due_precision",
		"due_text", "amount", "currency", "stage", "health", "accepted_on", "completed_on", "verified_on", "ended_on", "source_url",
		"objectives", "pillars", "trafficking_types", "topics", "countries", "milestones", "milestones_reported", "milestones_verified"}
	body := &bytes.Buffer{}
	err := sheet.WriteCSV(body, header, rowsOf(all, func(v *repository.PublishedCommitment) []any {
		j, health := s.publishedCommitmentJSON(actor(c), v), ""
		if j.Health != nil {
			health = j.Health.Status
		}
		var amount, currency any
		if j.Amount != nil {
			amount, currency = sheet.Decimal(j.Amount.Amount), j.Amount.Currency
		}
		reported, verified := reachedMilestones(v.Plan.Milestones)
		return []any{j.ID, s.addressOf("commitments", j.ID), j.Organization.Name, j.Organization.Type, j.Organization.Country, j.PartnershipID, j.Title, j.Text,
			dateCell(j.DueOn), j.DuePrecision, j.DueText, amount, currency, j.Stage, health, dateCell(j.AcceptedOn), dateCell(j.CompletedOn), dateCell(j.VerifiedOn), dateCell(j.EndedOn),
			j.SourceURL, j.Objectives, j.Pillars, j.TraffickingTypes, j.Topics, j.Countries, len(v.Plan.Milestones), reported, verified}
	}))
	if err != nil {
		return err
	}
	return download(c, "text/csv; charset=utf-8", "commitments.csv", body.Bytes())
}

// DownloadPublishedPartnerships answers with the published partnerships as CSV.
func (s *Server) DownloadPublishedPartnerships(c echo.Context, p openapi.DownloadPublishedPartnershipsParams) error {
	all := s.as(c).Register.EveryPartnership(ctx(c), repository.PublishedFilter{
		Stage: p.Stage, Organization: domain.OrganizationID(p.OrganizationID),
		MarkFilter: repository.MarkFilter{Objective: p.Objective, Pillar: p.Pillar, Topic: p.Topic, Country: p.Country},
	}, c.QueryParam("q"))
	header := []string{"id", "address", "title", "kind", "purpose", "members", "starts_on", "ends_on", "stage", "approved_on", "signed_on",
		"objectives", "pillars", "trafficking_types", "topics", "countries"}
	body := &bytes.Buffer{}
	err := sheet.WriteCSV(body, header, rowsOf(all, func(v *repository.PublishedPartnership) []any {
		j := publishedPartnershipJSON(actor(c), v)
		members := make([]string, len(j.Members))
		for i, m := range j.Members {
			members[i] = m.Organization.Name
		}
		return []any{j.ID, s.addressOf("partnerships", j.ID), j.Title, j.Kind, j.Purpose, members, dateCell(j.StartsOn), dateCell(j.EndsOn), j.Stage,
			dateCell(j.ApprovedOn), dateCell(j.SignedOn), j.Objectives, j.Pillars, j.TraffickingTypes, j.Topics, j.Countries}
	}))
	if err != nil {
		return err
	}
	return download(c, "text/csv; charset=utf-8", "partnerships.csv", body.Bytes())
}

func rowsOf[T any](all iter.Seq2[*T, error], row func(*T) []any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for v, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row(v), nil) {
				return
			}
		}
	}
}

// dateCell is a cell with a date, or a blank one.
func dateCell(s string) any {
	if s == "" {
		return nil
	}
	return sheet.Date(s)
}

func timeCell(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UTC()
}

func reachedMilestones(all []domain.Milestone) (reported, verified int) {
	for _, m := range all {
		if m.Stage.Is(domain.MilestoneReported, domain.MilestoneVerified) {
			reported++
		}
		if m.Stage.Is(domain.MilestoneVerified) {
			verified++
		}
	}
	return reported, verified
}

// addressOf is where a record of the register stays.
func (s *Server) addressOf(kind, id string) string {
	return s.baseURL + "/v1/register/" + kind + "/" + id
}

// feedLength is how many records a feed tells of.
const feedLength = 100

// GetRegisterFeed answers with what changed in the register last, as Atom.
func (s *Server) GetRegisterFeed(c echo.Context) error {
	var entries []*feeds.AtomEntry
	for v, err := range s.as(c).Register.EveryCommitment(ctx(c), repository.PublishedFilter{}, "") {
		if err != nil {
			return err
		}
		entries = append(entries, s.feedEntry("commitments", string(v.ID), v.Title, v.By.LegalName, v.History(v.Amendments, v.Verifications), v.Consent, v.Release))
	}
	for v, err := range s.as(c).Register.EveryPartnership(ctx(c), repository.PublishedFilter{}, "") {
		if err != nil {
			return err
		}
		entries = append(entries, s.feedEntry("partnerships", string(v.ID), v.Title, s.publisher.Name, v.History(v.Trail), v.Agreements()...))
	}
	slices.SortStableFunc(entries, func(a, b *feeds.AtomEntry) int { return strings.Compare(b.Updated, a.Updated) })
	entries = entries[:min(len(entries), feedLength)]
	self := s.baseURL + "/v1/register/feed.atom"
	feed := &feeds.AtomFeed{
		Xmlns: "http://www.w3.org/2005/Atom", Title: "Commitments and partnerships against trafficking in persons", Id: self,
		Updated: time.Unix(0, 0).UTC().Format(time.RFC3339), Link: &feeds.AtomLink{Href: self, Rel: "self", Type: "application/atom+xml"},
		Author: &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: s.publisher.Name}}, Entries: entries,
	}
	if len(entries) > 0 {
		feed.Updated = entries[0].Updated
	}
	body, err := feeds.ToXML(feed)
	if err != nil {
		return err
	}
	cacheable(c)
	return answerBody(c, http.StatusOK, "application/atom+xml", []byte(body))
}

// feedEntry tells of a record what happened to it last, and before. It is new
// again when it was published, however long ago its last step was.
func (s *Server) feedEntry(kind, id, title, author string, history []domain.Moment, agreed ...domain.Agreement) *feeds.AtomEntry {
	words := make([]string, len(history))
	for i, m := range history {
		words[len(words)-1-i] = fmt.Sprintf("%s: %s", m.On, m.Words)
	}
	return &feeds.AtomEntry{
		Title: title, Id: "urn:uuid:" + id, Updated: lastChange(history, agreed...).Format(time.RFC3339),
		Links:   []feeds.AtomLink{{Href: s.addressOf(kind, id), Rel: "alternate", Type: "application/json"}},
		Author:  &feeds.AtomAuthor{AtomPerson: feeds.AtomPerson{Name: author}},
		Content: &feeds.AtomContent{Type: "text", Content: strings.Join(words, "\n")},
	}
}

// lastChange is when something of a published record changed last: when a day on
// which something happened to it began, or when somebody agreed to publication, to
// the second.
func lastChange(history []domain.Moment, agreed ...domain.Agreement) time.Time {
	last := time.Unix(0, 0).UTC()
	if n := len(history); n > 0 {
		last = history[n-1].On.Time()
	}
	for _, a := range agreed {
		if a.At != nil && a.At.After(last) {
			last = a.At.UTC().Truncate(time.Second)
		}
	}
	return last
}

// DownloadActivities answers with the register as IATI activities.
func (s *Server) DownloadActivities(c echo.Context) error {
	if s.publisher.ID == "" {
		return domain.Refuse(domain.NotFound, "the office has no organization identifier, under which it could publish")
	}
	body, latest := &bytes.Buffer{}, time.Time{}
	changed := func(at time.Time) {
		if at.After(latest) {
			latest = at
		}
	}
	var all []*iati.Activity
	for v, err := range s.as(c).Register.EveryPartnership(ctx(c), repository.PublishedFilter{}, "") {
		if err != nil {
			return err
		}
		all = append(all, s.partnershipActivity(v))
		changed(lastChange(v.History(v.Trail), v.Agreements()...))
	}
	for v, err := range s.as(c).Register.EveryCommitment(ctx(c), repository.PublishedFilter{}, "") {
		if err != nil {
			return err
		}
		all = append(all, s.commitmentActivity(v))
		changed(lastChange(v.History(v.Amendments, v.Verifications), v.Consent, v.Release))
	}
	if len(all) == 0 {
		return domain.Refuse(domain.NotFound, "nothing is published yet")
	}
	// As of the last change, so that the same register is the same file.
	w, err := iati.NewWriter(body, latest)
	for _, a := range all {
		if err == nil {
			err = w.Write(a)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	return download(c, "application/xml", "activities.xml", body.Bytes())
}
