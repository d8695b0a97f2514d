package repository

import (
	"context"

	"gorm.io/gorm"

	"accord/domain"
)

// marked is a record that can be found by the words of its marking.
type marked interface{ Marks() []domain.Mark }

// mark is one word of one record. The record's own lists are the source.
type mark struct{ Facet, Value, Record string }

// indexMarks keeps the words of a record that has a marking.
func (s *Session) indexMarks(ctx context.Context, record string, version int, v any) error {
	m, ok := v.(marked)
	if !ok {
		return nil
	}
	if version > 1 {
		if err := s.dropMarks(ctx, record, v); err != nil {
			return err
		}
	}
	words := m.Marks()
	if len(words) == 0 {
		return nil
	}
	rows := make([]mark, len(words))
	for i, w := range words {
		rows[i] = mark{w.Facet, w.Value, record}
	}
	return s.mechanism(ctx).Create(&rows).Error
}

// dropMarks forgets the words of a record that has a marking.
func (s *Session) dropMarks(ctx context.Context, record string, v any) error {
	if _, ok := v.(marked); !ok {
		return nil
	}
	return s.mechanism(ctx).Where("record = ?", record).Delete(&mark{}).Error
}

// MarkFilter narrows a list to records marked so; an empty field does not.
type MarkFilter struct{ Objective, Pillar, Topic, Country string }

func (f MarkFilter) narrow(q *gorm.DB, table string) *gorm.DB {
	for _, m := range []domain.Mark{{Facet: "objective", Value: f.Objective}, {Facet: "pillar", Value: f.Pillar}, {Facet: "topic", Value: f.Topic}, {Facet: "country", Value: f.Country}} {
		if m.Value != "" {
			// EXISTS, not IN: the list's own order is kept and nothing is sorted.
			q = q.Where("EXISTS (SELECT 1 FROM marks m WHERE m.facet = ? AND m.value = ? AND m.record = "+table+".id)", m.Facet, m.Value)
		}
	}
	return q
}
