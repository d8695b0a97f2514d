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

// indexMarks keeps the words of records that have a marking.
func indexMarks[T any, R record[T]](ctx context.Context, s *Session, records []R) error {
	var rows []mark
	for _, v := range records {
		m, ok := any(v).(marked)
		if !ok {
			return nil
		}
		id, version := v.Meta()
		if version > 1 {
			if err := s.dropMarks(ctx, id); err != nil {
				return err
			}
		}
		for _, w := range m.Marks() {
			rows = append(rows, mark{w.Facet, w.Value, id})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return s.mechanism(ctx).CreateInBatches(&rows, 1000).Error
}

// dropMarks forgets the words of a record.
func (s *Session) dropMarks(ctx context.Context, record string) error {
	return s.mechanism(ctx).Where("record = ?", record).Delete(&mark{}).Error
}

// MarkFilter narrows a list to records marked so; an empty field does not.
type MarkFilter struct{ Objective, Pillar, Topic, Country string }

// rareMark is how many records a word may mark for the records to be looked up
// by it. To find a rare word in a list's order would be to read the whole list.
const rareMark = 1000

func (f MarkFilter) narrow(s *Session, q *gorm.DB, table string) *gorm.DB {
	for _, m := range []domain.Mark{{Facet: "objective", Value: f.Objective}, {Facet: "pillar", Value: f.Pillar}, {Facet: "topic", Value: f.Topic}, {Facet: "country", Value: f.Country}} {
		if m.Value == "" {
			continue
		}
		var ids []string
		err := s.mechanism(ctxOf(q)).Model(&mark{}).Where("facet = ? AND value = ?", m.Facet, m.Value).Limit(rareMark+1).Pluck("record", &ids).Error
		switch {
		case err != nil:
			_ = q.AddError(err)
		case len(ids) <= rareMark:
			q = q.Where("id IN ?", ids)
		default:
			// EXISTS, not IN: the list's own order is kept and nothing is sorted.
			q = q.Where("EXISTS (SELECT 1 FROM marks m WHERE m.facet = ? AND m.value = ? AND m.record = "+table+".id)", m.Facet, m.Value)
		}
	}
	return q
}
