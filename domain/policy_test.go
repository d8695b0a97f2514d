package domain

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPolicyMatrix holds the committed matrix against the policy, so that a
// change of who may do what is seen in review. UPDATE_GOLDEN=1 writes it.
func TestPolicyMatrix(t *testing.T) {
	const file = "../docs/policy.md"
	got := matrix()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/policy.md is not the policy; look at the change, then UPDATE_GOLDEN=1 go test ./domain -run TestPolicyMatrix")
	}
}

func matrix() []byte {
	b := &bytes.Buffer{}
	b.WriteString("# Who may do what\n\nGenerated from `domain/policy.go`; do not edit. An empty cell is refused. *self*: the actor's own; *own*: the actor's\n" +
		"organization's; *shared*: the actor or its organization takes part; *council*: of a council on which the actor sits;\n" +
		"*published*: open to everyone; *all*: every record of the kind; *entrusted*: those that the role looks after;\n" +
		"*assigned*: those of advisors whom the actor is assigned to look after. *Service* is an API key: *named*\n" +
		"is what one can be given, within what its creator may do at that moment. What a role sees of a record's fields is [below](#who-sees-and-writes-which-fields).\n\n| action |")
	for _, r := range Roles() {
		fmt.Fprintf(b, " %s |", r)
	}
	b.WriteString("\n|---|")
	for range Roles() {
		b.WriteString("---|")
	}
	b.WriteString("\n")
	for _, act := range Actions() {
		fmt.Fprintf(b, "| %s |", act)
		for _, r := range Roles() {
			reach := Actor{Role: r}.Reach(act).String()
			if r == Service && act.Delegable() {
				reach = "named"
			}
			fmt.Fprintf(b, " %s |", reach)
		}
		b.WriteString("\n")
	}
	unapproved(b)
	forMembers(b)
	limited(b)
	return b.Bytes()
}

// forMembers is what a member can let its association do.
func forMembers(b *bytes.Buffer) {
	b.WriteString("\n## For a member\n\nWho acts for a member of the own association may do this and nothing else, by a mandate that names it, while both\n" +
		"organizations are approved. What is taken back is over with the next request.\n\n| power | actions |\n|---|---|\n")
	for _, p := range Powers() {
		var acts []string
		for _, act := range slices.Sorted(maps.Keys(mandated[p])) {
			acts = append(acts, fmt.Sprintf("%s (%s)", act, mandated[p][act]))
		}
		fmt.Fprintf(b, "| %s | %s |\n", p, strings.Join(acts, ", "))
	}
}

// TestWhoActsForAnotherMayLess holds every power against what the role itself may.
func TestWhoActsForAnotherMayLess(t *testing.T) {
	approved := Actor{Role: Partner, Organization: "association", Vetting: OrganizationApproved}
	for _, act := range Actions() {
		for _, role := range []Role{Partner, PartnerAdmin} {
			own := Actor{Role: role, Organization: "association", Vetting: OrganizationApproved}
			for _, p := range Powers() {
				a, err := own.ActFor("member", OrganizationApproved, []Power{p})
				if err != nil || a.Organization != "member" || a.For != "member" {
					t.Fatalf("%v: %v", a, err)
				}
				if got := a.Reach(act); got&^own.Reach(act) != 0 || got&^mandated[p][act] != 0 {
					t.Errorf("%s by %s may %s more: %s", role, p, act, got)
				}
			}
			if none := (Actor{Role: role, Organization: "member", For: "member", Vetting: OrganizationApproved}); none.Reach(act) != 0 {
				t.Errorf("%s without a power may %s", role, act)
			}
		}
	}
	for _, act := range []Action{ReadDocument, ReadFile, ReadOrganization, ReadContact, ReadCheck, ReadStanding, ReadAdvisor, ReadConsultation, ReadSubmission, GrantMandate, RevokeMandate} {
		if act.ForMember() {
			t.Errorf("%s can be done for a member", act)
		}
	}
	for _, stage := range OrganizationStages() {
		if slices.Contains(approvedStages, stage) {
			continue
		}
		if _, err := approved.ActFor("member", stage, Powers()); err == nil {
			t.Errorf("acts for a member that is %s", stage)
		}
		stopped := approved
		stopped.Vetting = stage
		if _, err := stopped.ActFor("member", OrganizationApproved, Powers()); err == nil {
			t.Errorf("an association that is %s acts", stage)
		}
	}
	for _, a := range []Actor{{Role: Partner}, {Role: Staff}, {Role: Anyone}, {Role: Advising, Advisor: "a"}, {Role: Partner, Organization: "association", Vetting: OrganizationApproved, Key: &Delegation{}}} {
		if _, err := a.ActFor("member", OrganizationApproved, Powers()); err == nil {
			t.Errorf("%s acts", a.Role)
		}
	}
}

func where(l FieldLimit) string {
	if l.When[0] == "" {
		return ""
	}
	return strings.Join(l.When[:], " is ")
}

// limited is who sees and who writes which members of a record.
func limited(b *bytes.Buffer) {
	b.WriteString("\n## Who sees and writes which fields\n\nWhoever may read a record, or change it, by the first table sees, or writes, all of it but this. Generated from\n" +
		"`domain/fields.go`; the cells are as above, and a dot leads into a list. *Named*: an API key sees it where its creator does, a liaison's where\n" +
		"staff do. *For a member*: what who acts for one sees of it as the member's own people do; where the cell is empty, nothing.\n")
	limits := func(title string, of func(FieldLimit) grants) {
		fmt.Fprintf(b, "\n| %s | fields | where |", title)
		for _, r := range Roles() {
			fmt.Fprintf(b, " %s |", r)
		}
		b.WriteString(" for a member |\n|" + strings.Repeat("---|", 4+len(Roles())) + "\n")
		for _, f := range AllFields() {
			l := f.Limit()
			if of(l) == nil {
				continue
			}
			fmt.Fprintf(b, "| %s | %s | %s |", f, strings.Join(l.Members, ", "), where(l))
			for _, r := range Roles() {
				if r == Service && !l.InPerson {
					b.WriteString(" named |")
					continue
				}
				fmt.Fprintf(b, " %s |", of(l).to(r))
			}
			member := Reach(0)
			if l.ForMember {
				member = of(l).to(Partner)
			}
			fmt.Fprintf(b, " %s |\n", member)
		}
	}
	limits("seen", func(l FieldLimit) grants { return l.seen })
	limits("written", func(l FieldLimit) grants { return l.written })
}

// unapproved is what is left to partners whose organization is not approved.
func unapproved(b *bytes.Buffer) {
	stages := slices.DeleteFunc(OrganizationStages(), func(s OrganizationStage) bool { return slices.Contains(approvedStages, s) })
	b.WriteString("\n## While an organization is not approved\n\nIts people may do what anyone may and, of the above, only this. A change of stage holds from the next request on, within a\n" +
		"second on every other instance.\n\n| action |")
	for _, s := range stages {
		fmt.Fprintf(b, " %s |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(stages)) + "\n")
	for _, act := range slices.Sorted(maps.Keys(untilApproved)) {
		fmt.Fprintf(b, "| %s |", act)
		for _, s := range stages {
			var roles []string
			for _, r := range []Role{PartnerAdmin, Partner} {
				if (Actor{Role: r, Organization: "o", Vetting: s}).Reach(act) != 0 {
					roles = append(roles, string(r))
				}
			}
			fmt.Fprintf(b, " %s |", strings.Join(roles, ", "))
		}
		b.WriteString("\n")
	}
}

func TestAnOrganizationThatIsNotApprovedLetsItsPeopleDoLittle(t *testing.T) {
	for _, act := range Actions() {
		public := (Actor{Role: Anyone}).Reach(act)
		for _, stage := range append(OrganizationStages(), "", "unheard of") {
			for _, role := range []Role{PartnerAdmin, Partner} {
				got, full := (Actor{Role: role, Organization: "o", Vetting: stage}).Reach(act), (Actor{Role: role}).Reach(act)
				switch {
				case slices.Contains(approvedStages, stage) && got != full:
					t.Errorf("approved, %s may less: %s", role, act)
				case !slices.Contains(approvedStages, stage) && !slices.Contains(untilApproved[act], stage) && got != public:
					t.Errorf("%s, %s may %s", stage, role, act)
				case got&^full != 0:
					t.Errorf("%s, %s may more: %s", stage, role, act)
				}
			}
		}
	}
}

func TestNobodyWithoutARoleMayDoAnything(t *testing.T) {
	for _, act := range Actions() {
		for _, role := range []Role{"", "root", "Admin"} {
			a := Actor{Role: role}
			if role == "" && a.May(act) {
				t.Errorf("the zero actor may %s", act)
			}
			if a.Reach(act)&^Published != 0 {
				t.Errorf("%q may %s", role, act)
			}
		}
	}
}

func TestARoleReachesAtLeastWhatItInherits(t *testing.T) {
	for heir, from := range inherits {
		for _, act := range Actions() {
			if base := (Actor{Role: from}).Reach(act); (Actor{Role: heir}).Reach(act)&base != base {
				t.Errorf("%s may not all of what %s may: %s", heir, from, act)
			}
		}
	}
}
