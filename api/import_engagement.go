package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accord/domain"
	"accord/internal/sheet"
	"accord/openapi"
)

var engagementFields = withMarking(map[string]sheet.Type{
	"title": sheet.TextType, "kind": sheet.TextType, "starts_on": sheet.DateType, "starts_at": sheet.DateTimeType, "ends_at": sheet.DateTimeType,
	"time_zone": sheet.TextType, "location": sheet.TextType, "agenda": sheet.ListType, "private_notes": sheet.ListType,
	"shared_notes": sheet.ListType, "organizations": sheet.ListType,
})

func organizationsListed(f fields) []domain.OrganizationDraft {
	return namedAlone(f.list("organizations"))
}

// namedAlone are organizations of which only the names are told. What they are is
// not guessed: a type stays open until somebody says it.
func namedAlone(names []string) []domain.OrganizationDraft {
	out := make([]domain.OrganizationDraft, len(names))
	for i, name := range names {
		out[i].LegalName = name
	}
	return out
}

// takeEngagement writes down an engagement that was held, with the organizations
// that took part, whatever their vetting is now.
func takeEngagement(_ context.Context, b *batch, f fields) (string, bool, error) {
	in := engagementTold(f)
	e, err := domain.NewHeldEngagement(engagementDraft(in), b.now())
	if err == nil {
		err = within(in)
	}
	if err != nil {
		return "", false, relocated(err, startNamed(f))
	}
	e.Begin(b.tx.NewID())
	who, participants, err := b.participants(e, organizationsListed(f))
	if err != nil {
		return "", false, err
	}
	for i, o := range who {
		if b.enlist(o, domain.OrganizationDraft{}) {
			b.figures.Organizations++
		}
		b.new.participants = append(b.new.participants, participants[i])
	}
	b.new.engagements = append(b.new.engagements, e)
	return string(e.ID), true, nil
}

func engagementTold(f fields) openapi.EngagementDraft {
	in := openapi.EngagementDraft{
		Title: f.text("title"), Kind: f.text("kind"), TimeZone: f.text("time_zone"), Location: f.text("location"), Agenda: f.list("agenda"),
		PrivateNotes: strings.Join(f.list("private_notes"), "\n"), SharedNotes: strings.Join(f.list("shared_notes"), "\n"),
		Objectives: f.list("objectives"), ContributesTo: f.list("contributes_to"), Pillars: f.list("pillars"),
		TraffickingTypes: f.list("trafficking_types"), Topics: f.list("topics"), Countries: f.countries("countries"),
	}
	if in.TimeZone == "" {
		in.TimeZone = "UTC"
	}
	in.StartsAt, in.EndsAt = times(f, in.TimeZone)
	return in
}

// times are from starts_at to ends_at or, where only the day is told, from its
// beginning to its end where it was held.
func times(f fields, zone string) (from, until time.Time) {
	if day := domain.Date(f.date("starts_on")); day != "" {
		where, err := time.LoadLocation(zone)
		if err != nil {
			where = time.UTC // the engagement refuses the zone
		}
		y, m, d := day.Time().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, where), time.Date(y, m, d+1, 0, 0, 0, 0, where)
	}
	from, _ = f["starts_at"].(time.Time)
	if until, _ = f["ends_at"].(time.Time); until.IsZero() {
		until = from
	}
	return from, until
}

// startNamed is the field that tells the start.
func startNamed(f fields) map[string]string {
	if f.date("starts_on") != "" {
		return map[string]string{"starts_at": "starts_on", "ends_at": "starts_on"}
	}
	return nil
}

// participants are the organizations of an engagement, each once however its
// name is written. They are not yet part of the batch.
func (b *batch) participants(e *domain.Engagement, told []domain.OrganizationDraft) (who []*domain.Organization, as []*domain.Participant, err error) {
	seen := map[string]bool{}
	for i, d := range told {
		key := domain.NameKey(d.LegalName)
		if seen[key] {
			continue
		}
		seen[key] = true
		o, err := b.organization(d)
		if err != nil {
			return nil, nil, relocated(err, map[string]string{"": fmt.Sprintf("organizations/%d", i)})
		}
		p, err := domain.NewParticipant(b.tx.Actor(), e, domain.ParticipantDraft{Organization: o.ID}, domain.Invitee{Organization: o})
		if err != nil {
			return nil, nil, err
		}
		who, as = append(who, o), append(as, p)
	}
	return who, as, nil
}
