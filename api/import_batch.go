package api

import (
	"context"
	"errors"
	"time"

	"accord/domain"
	"accord/internal/sheet"
	"accord/repository"
)

// batch is what one transaction takes over. It is worked out record by record,
// from what was read for all of them at once, and then stored in few statements.
// A record that is refused leaves nothing in it.
type batch struct {
	tx      *repository.Session
	figures domain.ImportFigures
	// known is which record a key of the register has become.
	known         map[string]string
	organizations directory
	councils      map[string]*domain.AdvisoryCouncil
	numbers       map[string]int
	new           stock
}

// stock is what a batch stores.
type stock struct {
	keys            map[string]string
	organizations   []*domain.Organization
	completed       []*domain.Organization
	engagements     []*domain.Engagement
	participants    []*domain.Participant
	partnerships    []*domain.Partnership
	commitments     []*domain.Commitment
	milestones      []*domain.Milestone
	indicators      []*domain.Indicator
	councils        []*domain.AdvisoryCouncil
	recommendations []*domain.Recommendation
	responses       []*domain.AgencyResponse
}

func newBatch(tx *repository.Session, f domain.ImportFigures) *batch {
	return &batch{
		tx: tx, figures: f, known: map[string]string{}, organizations: newDirectory(),
		councils: map[string]*domain.AdvisoryCouncil{}, numbers: map[string]int{},
	}
}

func (b *batch) now() time.Time { return b.tx.Now() }

func (b *batch) today() domain.Date { return domain.DateOf(b.now()) }

// prepare reads what the records may be, or may name.
func (b *batch) prepare(ctx context.Context, register string, t taker, records []sheet.Record) error {
	keys := make([]string, len(records))
	for i, record := range records {
		keys[i] = record.Key
	}
	known, err := b.tx.ImportedAs(ctx, register, keys)
	if err != nil {
		return err
	}
	var named []domain.OrganizationDraft
	for _, record := range records {
		if id, ok := known[record.Key]; ok {
			b.known[record.Key] = id
		} else {
			named = append(named, t.mentions(record.Fields)...)
		}
	}
	return b.organizations.read(ctx, b.tx, named)
}

// add takes one record over and counts it as what became of it.
func (b *batch) add(ctx context.Context, t taker, record sheet.Record) ([]sheet.Refusal, error) {
	b.figures.Read++
	if len(record.Refusals) > 0 {
		b.figures.Refused++
		return record.Refusals, nil
	}
	if record.Skipped {
		b.figures.Skipped++
		return nil, nil
	}
	if _, ok := b.known[record.Key]; ok {
		b.figures.Matched++
		return nil, nil
	}
	id, created, err := t.take(ctx, b, record.Fields)
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Kind == domain.Invalid {
		b.figures.Refused++
		return refusalsOf(record, refused), nil
	}
	if err != nil {
		return nil, err
	}
	if created {
		b.figures.Created++
	} else {
		b.figures.Matched++
	}
	b.remember(record.Key, id)
	return nil, nil
}

func (b *batch) remember(key, id string) {
	if b.new.keys == nil {
		b.new.keys = map[string]string{}
	}
	b.known[key], b.new.keys[key] = id, id
}

// store keeps what was added, each record after those that it names.
func (b *batch) store(ctx context.Context, register string) error {
	tx, n := b.tx, b.new
	for _, step := range []func() error{
		func() error { return tx.Organizations.CreateAll(ctx, domain.CreateOrganization, n.organizations) },
		func() error { return b.complete(ctx) },
		func() error { return tx.Engagements.CreateAll(ctx, domain.RecordEngagement, n.engagements) },
		func() error { return tx.Participants.CreateAll(ctx, domain.CreateParticipant, n.participants) },
		func() error { return tx.Partnerships.CreateAll(ctx, domain.RecordPartnership, n.partnerships) },
		func() error { return tx.Commitments.CreateAll(ctx, domain.RecordCommitment, n.commitments) },
		func() error { return tx.Milestones.CreateAll(ctx, domain.CreateMilestone, n.milestones) },
		func() error { return tx.Indicators.CreateAll(ctx, domain.CreateIndicator, n.indicators) },
		func() error { return tx.Councils.CreateAll(ctx, domain.CreateCouncil, n.councils) },
		func() error { return tx.Recommendations.CreateAll(ctx, domain.RecordRecommendation, n.recommendations) },
		func() error { return tx.AgencyResponses.CreateAll(ctx, domain.RecordRecommendation, n.responses) },
		func() error { return tx.KeepImported(ctx, register, n.keys) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// complete writes into the files of known organizations what the records add.
func (b *batch) complete(ctx context.Context) error {
	for _, o := range b.new.completed {
		_, err := b.tx.Organizations.Update(ctx, domain.EditOrganization, o.ID, nil, func(_ *repository.Session, was *domain.Organization) error {
			return was.Edit(o.Draft())
		})
		if err != nil {
			return err
		}
	}
	return nil
}
