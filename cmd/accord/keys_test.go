package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysAreListedRotatedAndRetired(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	env.start(t) // its first start makes the first key
	list := func() string { return env.run(t, "", "keys", "list").ok() }
	first := list()
	kid, _, _ := strings.Cut(first, " ")
	if !strings.Contains(first, "signs") || strings.Count(first, "\n") != 1 {
		t.Fatalf("keys:\n%s", first)
	}
	env.run(t, "", "keys", "rotate").ok()
	if got := list(); !strings.Contains(got, "published") {
		t.Errorf("nothing is published:\n%s", got)
	}
	env.run(t, "", "keys", "retire", kid).ok()
	if got := list(); !strings.Contains(got, "retired") || strings.Contains(got, "published") {
		t.Errorf("the published key does not sign:\n%s", got)
	}
	env.run(t, "", "keys", "retire", "nonsense").says("no key has the id nonsense")
}

func TestTheMasterKeyIsChangedInThreeSteps(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	env.start(t)
	dir := t.TempDir()
	next, newest := filepath.Join(dir, "next.key"), filepath.Join(dir, "newest.key")
	env.run(t, "", "keys", "master", next).ok()
	env = env.with("ACCORD_MASTER_KEY_FILE", next)
	env.run(t, "", "keys", "list").ok()
	env.run(t, "", "keys", "rewrap").ok()
	env.run(t, "", "keys", "master", newest, "--drop-old").ok()
	env.with("ACCORD_MASTER_KEY_FILE", newest).run(t, "", "keys", "rewrap").ok()
}
