package repository

import (
	"context"
	"time"

	"gorm.io/gorm/logger"
)

type statementsKey struct{}

// WithStatements returns a context under which told is given the text of every
// statement, in order and without a value, so that what one request has the
// database do can be compared with what another does. It is called by whoever
// makes the statement.
func WithStatements(ctx context.Context, told func(text string)) context.Context {
	return context.WithValue(ctx, statementsKey{}, told)
}

// teller is GORM's logger. The usual one prints values, which would leak them;
// this one prints nothing.
type teller struct{ logger.Interface }

func (t teller) Trace(ctx context.Context, _ time.Time, statement func() (string, int64), _ error) {
	if told, ok := ctx.Value(statementsKey{}).(func(string)); ok {
		text, _ := statement()
		told(text)
	}
}

// A raw read is told by a recorder of GORM's, which would write the values into it.
func init() { logger.RecorderParamsFilter = teller{}.ParamsFilter }

// ParamsFilter keeps values out of what Trace is given.
func (t teller) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
