package repository

import (
	"context"
	"errors"
	"slices"

	"accord/domain"
	"accord/internal/suppress"
)

// Results is the table of what may be published of answers.
type Results struct {
	table[domain.Results, *domain.Results]
}

func results(s *Session) Results {
	return Results{newTable[domain.Results](s, domain.ReadResults, ofConsultation(s, "r.results_published"), nil)}
}

// Of returns the results of a consultation.
func (t Results) Of(ctx context.Context, id domain.ConsultationID) (*domain.Results, error) {
	return one[domain.Results](t.within(ctx, t.read).Where("consultation = ?", id))
}

// Count counts a consultation's answers, hides what is too small, and keeps the
// rest. It does so once: what was counted stays.
func (t Results) Count(ctx context.Context, c *domain.Consultation) error {
	return t.s.Tx(ctx, func(s *Session) error {
		system := s.system()
		_, err := system.Results.Of(ctx, c.ID)
		if !errors.Is(err, domain.NotFound) {
			return err
		}
		tally, err := system.tally(ctx, c)
		if err != nil {
			return err
		}
		r, err := publishable(c, tally, domain.DateOf(s.Now()))
		if err != nil {
			return err
		}
		return system.Results.Create(ctx, domain.BeginAnalysis, r)
	})
}

// echoes are, of what organizations that are one now wrote, all but the survivor's own,
// or else the first by id: a count of two that are one could pass the threshold that is
// for two. It takes the consultation and the stages.
const echoes = `SELECT v.id FROM (SELECT x.id, ROW_NUMBER() OVER (PARTITION BY x.organization ORDER BY CASE WHEN a.organization = x.organization THEN 0 ELSE 1 END, x.id) AS n
	FROM submissions x JOIN submission_authors a ON a.submission = x.id WHERE x.consultation = ? AND x.stage IN ? AND x.organization <> '') v WHERE v.n > 1`

// tally counts what was handed in and is neither withheld nor withdrawn.
func (s *Session) tally(ctx context.Context, c *domain.Consultation) (*domain.Tally, error) {
	tally, last := domain.NewTally(c), domain.SubmissionID("")
	var uncounted []domain.SubmissionID
	if err := s.mechanism(ctx).Raw(echoes, c.ID, domain.CountedStages()).Scan(&uncounted).Error; err != nil {
		return nil, err
	}
	for {
		var rows []domain.Submission
		err := s.Submissions.within(ctx, domain.ReadSubmission).
			Where("consultation = ? AND stage IN ? AND id > ?", c.ID, domain.CountedStages(), last).
			Order("id").Limit(100).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return tally, err
		}
		for i := range rows {
			if slices.Contains(uncounted, rows[i].ID) {
				continue
			}
			if err := s.Submissions.filled(ctx, &rows[i]); err != nil {
				return nil, err
			}
			tally.Count(&rows[i])
		}
		last = rows[len(rows)-1].ID
	}
}

// publishable is what may be published of a tally.
func publishable(c *domain.Consultation, tally *domain.Tally, today domain.Date) (*domain.Results, error) {
	groups, ok := suppress.Merge(tally.People(), c.Threshold)
	if !ok {
		return domain.NewResults(c, today, true, nil, nil), nil
	}
	var columns []domain.ResultColumn
	for _, g := range groups {
		column := domain.ResultColumn{}
		for _, i := range g {
			column.Categories = append(column.Categories, domain.Categories()[i])
			column.Count += tally.People()[i]
		}
		columns = append(columns, column)
	}
	var rows []domain.ResultRow
	for _, table := range tally.Tables() {
		published, err := suppress.Protect(merged(table.Counts, groups), c.Threshold)
		if err != nil {
			return nil, err
		}
		for i, answer := range table.Answers {
			rows = append(rows, domain.ResultRow{
				Question: table.Question, Answer: answer,
				Counts: cells(published.Cells[i]), Total: domain.ResultCell(published.Rows[i]),
			})
		}
	}
	return domain.NewResults(c, today, false, columns, rows), nil
}

// merged adds up the columns of each group.
func merged(counts [][]int, groups [][]int) [][]int {
	out := make([][]int, len(counts))
	for r, row := range counts {
		for _, g := range groups {
			n := 0
			for _, i := range g {
				n += row[i]
			}
			out[r] = append(out[r], n)
		}
	}
	return out
}

func cells(in []suppress.Cell) []domain.ResultCell {
	out := make([]domain.ResultCell, len(in))
	for i, c := range in {
		out[i] = domain.ResultCell(c)
	}
	return out
}
