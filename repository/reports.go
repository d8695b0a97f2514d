package repository

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"gorm.io/gorm/clause"

	"accord/domain"
)

// Report returns the figures of an objective for a US fiscal year. Whoever may
// read reports reads the same figures: they are made of all records, whatever
// else the reader reaches. An API key is told fewer of them.
func (s *Session) Report(ctx context.Context, objective string, year int) ([]domain.ReportFigure, error) {
	if !s.actor.May(domain.ReadReport) {
		return nil, forbidden(domain.ReadReport)
	}
	indicators := domain.ReportIndicators(objective)
	if len(indicators) == 0 {
		return nil, domain.Refuse(domain.NotFound, "there is no report on this objective")
	}
	var out []domain.ReportFigure
	for _, ind := range indicators {
		if !ind.To(s.actor) {
			continue
		}
		sums, err := s.sums(ctx, ind, year)
		if err != nil {
			return nil, fmt.Errorf("indicator %s: %w", ind.Code, err)
		}
		out = append(out, ind.Figure(sums))
	}
	return out, nil
}

// ReportRows returns a page of the rows behind a figure, oldest first; of one
// key if key is not empty. A figure about advisors has no rows to be listed.
func (s *Session) ReportRows(ctx context.Context, objective, code string, year int, key string, p Page) (Rows[domain.ReportRow], error) {
	if !s.actor.May(domain.ReadReportRows) {
		return Rows[domain.ReportRow]{}, forbidden(domain.ReadReportRows)
	}
	ind, ok := domain.ReportIndicatorByCode(objective, code)
	if !ok || ind.Personal() {
		return Rows[domain.ReportRow]{}, domain.Refuse(domain.NotFound, "there is no such indicator, or its rows are not listed")
	}
	q := s.mechanism(ctx).Model(&reportRow{}).Table("(?) AS report_rows", s.source(ind, year))
	if key != "" {
		q = q.Where("key = ?", key)
	}
	list := fmt.Sprintf("report|%s|%s|%d|%s", objective, code, year, key)
	rows, err := listRows[reportRow](s.store, q, list, []sortKey{{column: "day"}, {column: "kind"}, {column: "id"}, {column: "key"}}, p)
	out := Rows[domain.ReportRow]{Next: rows.Next, Total: rows.Total}
	for _, r := range rows.Items {
		out.Items = append(out.Items, domain.ReportRow{Kind: r.Kind, ID: r.ID, Title: r.Title, Day: domain.Date(r.Day), Key: r.Key, Amount: r.Amount})
	}
	return out, err
}

// reportRow is a row as its source gives it.
type reportRow struct {
	Kind, ID, Title, Key string
	Day                  computedDay
	Amount               int64
}

// computedDay is a calendar day that a query computes. SQLite's driver makes an
// instant of a text that looks like one and is no column of its own.
type computedDay domain.Date

// Scan reads a day however the driver gives it.
func (d *computedDay) Scan(v any) error {
	switch v := v.(type) {
	case time.Time:
		*d = computedDay(domain.DateOf(v))
	case string:
		*d = computedDay(v)
	default:
		return fmt.Errorf("day from %T", v)
	}
	return nil
}

// billion cuts amounts in two, so that no sum of many leaves 64 bits.
const billion = 1_000_000_000

const (
	byKey = `SELECT key, COUNT(*) AS rows, 0 AS people,
		CAST(SUM(amount / @billion) AS BIGINT) AS high, CAST(SUM(amount % @billion) AS BIGINT) AS low FROM (@source) AS x GROUP BY key`
	// Only of people it matters that one can have several rows.
	byPerson = `SELECT key, COUNT(*) AS rows, COUNT(DISTINCT id) AS people, 0 AS high, CAST(SUM(amount) AS BIGINT) AS low
		FROM (@source) AS x GROUP BY key`
	// The middle row, or the two in the middle; tenths keep the half between them.
	middle = `SELECT '' AS key, n AS rows, 0 AS people, 0 AS high, CAST(SUM(amount) * 10 / COUNT(*) AS BIGINT) AS low
		FROM (SELECT amount, ROW_NUMBER() OVER (ORDER BY amount, id, key) AS i, COUNT(*) OVER () AS n FROM (@source) AS x) AS y
		WHERE 2 * i BETWEEN n AND n + 2 GROUP BY n`
)

// sums adds the rows of an indicator up, by key.
func (s *Session) sums(ctx context.Context, ind domain.ReportIndicator, year int) ([]domain.ReportSum, error) {
	sql := byKey
	switch {
	case ind.Personal():
		sql = byPerson
	case ind.Kind == domain.FigureMedian:
		sql = middle
	}
	var rows []struct {
		Key                     string
		Rows, People, High, Low int64
	}
	err := s.mechanism(ctx).Raw(sql, map[string]any{"source": s.source(ind, year), "billion": billion}).Scan(&rows).Error
	out := make([]domain.ReportSum, len(rows))
	for i, r := range rows {
		amount := new(big.Int).Mul(big.NewInt(r.High), big.NewInt(billion))
		out[i] = domain.ReportSum{Key: r.Key, Rows: r.Rows, People: r.People, Amount: amount.Add(amount, big.NewInt(r.Low))}
	}
	return out, err
}

// source is the query of an indicator's rows.
func (s *Session) source(ind domain.ReportIndicator, year int) clause.Expression {
	from, until := domain.FiscalYearSpan(year)
	return clause.NamedExpr{SQL: sources(syntax(s.store.postgres))[ind.Code], Vars: []any{map[string]any{
		"objective": ind.Objective, "from": from, "until": until, "from_at": from.Time(), "until_at": until.Time(),
		"today": domain.DateOf(s.store.now()),
	}}}
}
