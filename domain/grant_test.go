package domain

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWhoIsNoSecondPerson(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	somebody := func(id AccountID, role Role, by AccountID, days int) *Account {
		at := now.AddDate(0, 0, -days)
		a := &Account{Role: role, BroughtBy: by, BroughtAt: &at, Stage: Stage[AccountStage]{AccountActive}}
		a.ID = id
		return a
	}
	stopped := somebody("gone", Staff, "", 90)
	stopped.Stage = Stage[AccountStage]{AccountSuspended}
	for name, tt := range map[string]struct {
		by, proposer *Account
		want         Kind // empty if one is
	}{
		"the same":                            {somebody("a", Staff, "", 90), somebody("a", Staff, "", 90), Forbidden},
		"another":                             {somebody("a", Staff, "", 90), somebody("b", Staff, "", 90), ""},
		"whom the other brought in":           {somebody("a", Liaison, "b", 29), somebody("b", Admin, "", 90), Forbidden},
		"who brought the other in":            {somebody("a", Admin, "", 90), somebody("b", Liaison, "a", 29), Forbidden},
		"a month later":                       {somebody("a", Liaison, "b", 30), somebody("b", Admin, "", 90), ""},
		"two whom one alone brought in":       {somebody("a", Staff, "x", 1), somebody("b", Staff, "x", 29), Forbidden},
		"two, of whom another agreed to one":  {somebody("a", Staff, "x", 1), somebody("b", Liaison, "x", 1), ""},
		"two, of whom another agreed to both": {somebody("a", Admin, "x", 1), somebody("b", Liaison, "x", 1), ""},
		"two whom nobody brought in":          {somebody("a", Staff, "", 1), somebody("b", Staff, "", 1), ""},
		"two whom each another brought in":    {somebody("a", Staff, "x", 1), somebody("b", Staff, "y", 1), ""},
		"for who is suspended":                {somebody("a", Staff, "", 90), stopped, Conflict},
		"the operator for who is suspended":   {nil, stopped, Conflict},
		"the operator":                        {nil, somebody("b", Admin, "", 1), ""},
	} {
		var refused *Error
		if err := second(tt.by, tt.proposer, nobodyElse, now); tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &refused) || refused.Kind != tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}

	// Each that is refused is told who else can decide, where somebody can.
	by, proposer := somebody("a", Liaison, "b", 1), somebody("b", Admin, "", 90)
	for name, tt := range map[string]struct {
		approve func() error
		says    string
	}{
		"a role": {func() error { return (&Grant{}).Approve(by, proposer, somebody("c", Staff, "", 90), now) }, "accord grant approve"},
		"an invitation": {func() error {
			return (&Invitation{Awaits: true, Stage: Stage[InvitationStage]{InvitationPending}}).Approve(by, proposer, now)
		}, "accord grant approve"},
		"a reset": {func() error { return (&Reset{}).Confirm(by, proposer, somebody("c", Staff, "", 90), now) }, "accord user reset"},
		"a merge": {func() error { return (&Merge{}).Approve(by, proposer, &Organization{}, &Organization{}, now) }, ""},
	} {
		switch err := tt.approve(); {
		case !errors.Is(err, Forbidden):
			t.Errorf("%s: %v", name, err)
		case tt.says == "" && strings.Contains(err.Error(), "operator"), !strings.Contains(err.Error(), tt.says):
			t.Errorf("%s is refused so: %v", name, err)
		}
	}
}
