package domain

import (
	"bytes"
	"fmt"
	"os"
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
		"*published*: open to everyone; *all*: every record of the kind; *entrusted*: those that the role looks after. What a role sees of a record's fields is narrower still.\n\n| action |")
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
			fmt.Fprintf(b, " %s |", Actor{Role: r}.Reach(act))
		}
		b.WriteString("\n")
	}
	return b.Bytes()
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
