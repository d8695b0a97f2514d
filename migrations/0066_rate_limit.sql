-- +goose Up
-- How far each allowance is used up: the time, in microseconds, at which it is whole again. A row that lies in the
-- past says nothing. The key is a keyed hash: no address or name stands here. On PostgreSQL it is in no log and on no
-- replica, and costs no wait for the disk; a crash forgets it.
CREATE {{if .postgres}}UNLOGGED {{end}}TABLE rate_limits (
	key {{.text}} PRIMARY KEY,
	tat BIGINT NOT NULL
);
CREATE INDEX rate_limits_tat ON rate_limits (tat);
