package domain

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestStandingNamesWhatIsMissingAndSinceWhen(t *testing.T) {
	check := func(k CheckKind, r CheckResult, on, until Date) Check {
		return Check{Kind: k, Result: r, CheckedOn: on, ExpiresOn: until}
	}
	waiver := func(st WaiverStage, until Date) Waiver {
		return Waiver{Kind: CheckSanctions, ExpiresOn: until, Stage: Stage[WaiverStage]{st}}
	}
	for name, tt := range map[string]struct {
		change func(*Organization)
		kind   PartnershipKind
		want   string
	}{
		"all clear":                {func(*Organization) {}, "", "[]"},
		"a lapsed check":           {func(o *Organization) { o.Vetting.Checks[0].ExpiresOn = today }, "", "[/checks/sanctions lapsed]"},
		"the day before it lapses": {func(o *Organization) { o.Vetting.Checks[0].ExpiresOn = today.AddDays(1) }, "", "[]"},
		"a missing check":          {func(o *Organization) { o.Vetting.Checks = o.Vetting.Checks[1:] }, "", "[/checks/sanctions missing]"},
		"a check that is pending":  {func(o *Organization) { o.Vetting.Checks[0].Result = CheckPending }, "", "[/checks/sanctions missing]"},
		"a concern":                {func(o *Organization) { o.Vetting.Checks[0].Result = CheckConcern }, "", "[/checks/sanctions concern]"},
		"a hit":                    {func(o *Organization) { o.Vetting.Checks[0].Result = CheckHit }, "", "[/checks/sanctions hit]"},
		"a hit that has lapsed": {func(o *Organization) {
			o.Vetting.Checks[0] = check(CheckSanctions, CheckHit, "2020-01-01", "2021-01-01")
		}, "", "[/checks/sanctions hit]"},
		"a later hit": {func(o *Organization) {
			o.Vetting.Checks = append(o.Vetting.Checks, check(CheckSanctions, CheckHit, today, "2099-01-01"))
		}, "", "[/checks/sanctions hit]"},
		"a hit that nobody asked for":   {func(o *Organization) { o.Vetting.Checks[6].Result = CheckHit }, "", "[/checks/foreign_influence hit]"},
		"a concern nobody asked for":    {func(o *Organization) { o.Vetting.Checks[6].Result = CheckConcern }, "", "[]"},
		"a business's forced labor":     {func(o *Organization) { o.Type, o.Vetting.Checks[2].ExpiresOn = OrganizationBusiness, today }, "", "[/checks/own_forced_labor_allegation lapsed]"},
		"not asked of an NGO":           {func(o *Organization) { o.Type, o.Vetting.Checks[2].ExpiresOn = OrganizationNGO, today }, "", "[]"},
		"what a lasting partnership is": {func(o *Organization) { o.Vetting.Checks[5].ExpiresOn = today }, PartnershipLongTerm, "[/checks/reputation lapsed]"},
		"not asked of a cohosted event": {func(o *Organization) { o.Vetting.Checks[5].ExpiresOn = today }, PartnershipCohosted, "[]"},
		"a lapsed check waived": {func(o *Organization) {
			o.Vetting.Checks[0].ExpiresOn, o.Vetting.Waivers = today, []Waiver{waiver(WaiverGranted, "2099-01-01")}
		}, "", "[]"},
		"a concern waived": {func(o *Organization) {
			o.Vetting.Checks[0].Result, o.Vetting.Waivers = CheckConcern, []Waiver{waiver(WaiverGranted, "2099-01-01")}
		}, "", "[]"},
		"a hit is not waived": {func(o *Organization) {
			o.Vetting.Checks[0].Result, o.Vetting.Waivers = CheckHit, []Waiver{waiver(WaiverGranted, "2099-01-01")}
		}, "", "[/checks/sanctions hit]"},
		"a waiver that lapsed": {func(o *Organization) {
			o.Vetting.Checks, o.Vetting.Waivers = o.Vetting.Checks[1:], []Waiver{waiver(WaiverGranted, today)}
		}, "", "[/checks/sanctions lapsed]"},
		"a waiver nobody granted": {func(o *Organization) {
			o.Vetting.Checks[0].ExpiresOn, o.Vetting.Waivers = today, []Waiver{waiver(WaiverRequested, "2099-01-01")}
		}, "", "[/checks/sanctions lapsed]"},
		"a waiver that was revoked": {func(o *Organization) {
			o.Vetting.Checks[0].ExpiresOn, o.Vetting.Waivers = today, []Waiver{waiver(WaiverRevoked, "2099-01-01")}
		}, "", "[/checks/sanctions lapsed]"},
		"a condition due":     {func(o *Organization) { o.Conditions = List[Condition]{{Text: "x", DueOn: today}} }, "", "[]"},
		"a condition overdue": {func(o *Organization) { o.Conditions = List[Condition]{{Text: "x", DueOn: today.AddDays(-1)}} }, "", "[/conditions/0 overdue]"},
		"a condition fulfilled": {func(o *Organization) {
			o.Conditions = List[Condition]{{Text: "x", DueOn: "2020-01-01", FulfilledOn: "2019-01-01"}}
		}, "", "[]"},
		"not approved":                   {func(o *Organization) { o.Stage.now = OrganizationScreening }, "", "[/stage not_approved]"},
		"vetting that was not looked at": {func(o *Organization) { o.Vetting = nil }, "", "[/checks missing]"},
		"requirements written since": {func(o *Organization) {
			o.Vetting.Current.Rules = []VettingRule{{Checks: []CheckKind{CheckForeignInfluence}}}
			o.Vetting.Checks = o.Vetting.Checks[:6]
		}, "", "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			o := organization(harbor, OrganizationApproved)
			o.Type = OrganizationNGO
			tt.change(&o)
			gaps := o.Standing(today, tt.kind)
			got := []string{}
			for _, g := range gaps {
				got = append(got, g.Pointer+" "+g.Code)
			}
			if fmt.Sprint(got) != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
			if err := o.Admit(officer, today); tt.kind == "" && (err == nil) != (len(gaps) == 0) {
				t.Errorf("admitted: %v", err)
			}
		})
	}
}

func TestAPartnerHearsNothingOfWhatACheckFound(t *testing.T) {
	var heard []string
	for _, change := range []func(*Organization){
		func(o *Organization) { o.Vetting.Checks[0].Result = CheckHit },
		func(o *Organization) { o.Vetting.Checks[1].ExpiresOn = today },
		func(o *Organization) { o.Vetting.Checks = nil },
		func(o *Organization) { o.Stage.now = OrganizationSuspended },
	} {
		o := organization(harbor, OrganizationApproved)
		change(&o)
		heard = append(heard, fmt.Sprint(o.Admit(harborMe, today)))
	}
	if len(slices.Compact(heard)) != 1 {
		t.Errorf("a partner can tell %q", heard)
	}
}

func TestAnApprovalExpiresOnceACheckHasLapsed(t *testing.T) {
	o := organization(harbor, OrganizationApproved)
	if err := o.Expire(today); !errors.Is(err, Conflict) {
		t.Error(err)
	}
	o.Vetting.Checks[0].Result = CheckHit
	if err := o.Expire(today); !errors.Is(err, Conflict) {
		t.Errorf("a hit is not a lapse: %v", err)
	}
	o.Vetting.Checks[0].Result, o.Vetting.Checks[0].ExpiresOn = CheckClear, today
	if err := o.Expire(today); err != nil || !o.Stage.Is(OrganizationExpired) {
		t.Error(err, o.Stage)
	}
}

func TestTheNearestReminderIsDue(t *testing.T) {
	o := organization(harbor, OrganizationApproved)
	o.Type = OrganizationNGO
	for days, want := range map[int]int{61: 0, 60: 60, 31: 60, 30: 30, 8: 30, 7: 7, 1: 7} {
		o.Vetting.Checks[0].ExpiresOn = today.AddDays(days)
		got := 0
		if l := o.Lapses(today); len(l) > 0 {
			got = l[0].Days
		}
		if got != want {
			t.Errorf("%d days before: the reminder of %d, want %d", days, got, want)
		}
	}
}

func TestRequirementsAskSomethingOfEveryone(t *testing.T) {
	for name, tt := range map[string]struct {
		d    VettingRulesDraft
		want string
	}{
		"the shipped ones":     {DefaultVettingRules(), "[]"},
		"none":                 {VettingRulesDraft{}, "[/rules /rules /rules /rules /rules /rules /rules /rules /rules /rules /rules]"},
		"a rule without check": {VettingRulesDraft{Rules: []VettingRule{{Checks: []CheckKind{CheckSanctions}}, {}}}, "[/rules/1/checks]"},
		"an unknown check":     {VettingRulesDraft{Rules: []VettingRule{{Checks: []CheckKind{CheckSanctions, "x"}}}}, "[/rules/0/checks/1]"},
		"a reminder of today":  {VettingRulesDraft{Rules: []VettingRule{{Checks: []CheckKind{CheckSanctions}}}, Reminders: []int{0}}, "[/reminders/0]"},
	} {
		v, err := NewVettingRules(officer, tt.d, 4)
		if got := fmt.Sprint(pointers(err)); got != tt.want {
			t.Errorf("%s: %s", name, got)
		}
		if err == nil && (v.Number != 5 || v.WrittenBy != officer.Account) {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestAWaiverIsDecidedByAnother(t *testing.T) {
	w, err := RequestWaiverOf(harbor, CheckSanctions, "The list is down.", today.AddMonths(12), officer, &VettingRules{}, today)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Grant(officer, &VettingRules{}, today), w.Decline(officer, "no", today)); !errors.Is(err, Forbidden) || !w.Stage.Is(WaiverRequested) {
		t.Error(err)
	}
	if err := w.Grant(director, &VettingRules{}, today); err != nil || !w.Stage.Is(WaiverGranted) {
		t.Error(err)
	}
	if err := w.Grant(director, &VettingRules{}, today); !errors.Is(err, Conflict) {
		t.Error(err)
	}
	if err := w.Revoke("It was a hit after all."); err != nil || !w.Stage.Is(WaiverRevoked) {
		t.Error(err)
	}
	_, err = RequestWaiverOf(harbor, CheckSanctions, " ", today, officer, &VettingRules{}, today)
	if got := fmt.Sprint(pointers(err)); got != "[/reason /expires_on]" {
		t.Error(got)
	}
}

// cleared is a vetting in which every check is clear, for a long time.
func cleared() *Vetting {
	d := DefaultVettingRules()
	v := &Vetting{Current: VettingRules{Number: 1, Rules: d.Rules, Reminders: d.Reminders}}
	v.Under = v.Current
	for _, k := range CheckKinds() {
		v.Checks = append(v.Checks, Check{Kind: k, Result: CheckClear, CheckedOn: "2020-01-01", ExpiresOn: "2099-01-01"})
	}
	return v
}

func TestNothingInVettingStandsForGood(t *testing.T) {
	rules, now := &VettingRules{Spans: []CheckSpan{{CheckSanctions, 6}}, WaiverMonths: 3}, today.Time()
	for _, tt := range []struct {
		kind   CheckKind
		result CheckResult
		until  Date
		want   string
	}{
		{CheckSanctions, CheckClear, today.AddMonths(6), "[]"},
		{CheckSanctions, CheckClear, today.AddMonths(6).AddDays(1), "[/expires_on]"},
		{CheckSanctions, CheckHit, "2999-12-31", "[]"},
		{CheckDebarment, CheckClear, today.AddMonths(60), "[]"},
		{CheckDebarment, CheckClear, today.AddMonths(60).AddDays(1), "[/expires_on]"},
	} {
		c := RequestCheckOf(harbor, tt.kind, officer)
		err := c.Conclude(director, CheckFinding{Result: tt.result, Source: "List", CheckedOn: today, ExpiresOn: tt.until}, rules, now)
		if got := fmt.Sprint(pointers(err)); got != tt.want {
			t.Errorf("%s %s until %s: %s, want %s", tt.kind, tt.result, tt.until, got, tt.want)
		}
	}
	w, err := RequestWaiverOf(harbor, CheckSanctions, "Why.", today.AddMonths(3), officer, rules, today)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := RequestWaiverOf(harbor, CheckSanctions, "Why.", today.AddMonths(3).AddDays(1), officer, rules, today); fmt.Sprint(pointers(err)) != "[/expires_on]" {
		t.Error(err)
	}
	rules.WaiverMonths = 2
	if err := w.Grant(director, rules, today); !errors.Is(err, Conflict) || !w.Stage.Is(WaiverRequested) {
		t.Error(err)
	}
	for spoil, d := range map[string]VettingRulesDraft{
		"/longest/0/months": {Spans: []CheckSpan{{CheckSanctions, 61}}}, "/longest/1/check": {Spans: []CheckSpan{{CheckSanctions, 6}, {CheckSanctions, 7}}},
		"/waiver_months": {WaiverMonths: 13},
	} {
		d.Rules = DefaultVettingRules().Rules
		if _, err := NewVettingRules(officer, d, 1); fmt.Sprint(pointers(err)) != "["+spoil+"]" {
			t.Errorf("%s: %v", spoil, err)
		}
	}
}

func TestMonthsEndWithTheirLastDay(t *testing.T) {
	for from, want := range map[Date]Date{"2026-01-31": "2026-02-28", "2024-01-31": "2024-02-29", "2026-11-30": "2026-12-30", "2026-12-31": "2027-01-31", "": ""} {
		if got := from.AddMonths(1); got != want {
			t.Errorf("a month after %s: %s, want %s", from, got, want)
		}
	}
}
