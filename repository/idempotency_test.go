package repository

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"accord/domain"
)

const someKey = "a key of sixteen or more characters"

// TestOnceOnTwoInstancesAtOnce has both instances past every look at what is
// kept before either writes.
func TestOnceOnTwoInstancesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		stores := []*Store{b.Store, b.instance()}
		var both, done sync.WaitGroup
		both.Add(len(stores))
		answers, repeats := make([]string, len(stores)), make([]bool, len(stores))
		for i, st := range stores {
			done.Go(func() {
				first := true
				answer, repeated, err := st.As(domain.Actor{Role: domain.System}).Once(t.Context(), someKey, "request", func(tx *Session) ([]byte, error) {
					if first {
						first = false
						both.Done()
						both.Wait()
					}
					o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: fmt.Sprint("By instance ", i), Type: domain.OrganizationNGO})
					if err != nil {
						return nil, err
					}
					return []byte(o.LegalName), tx.Organizations.Create(t.Context(), domain.CreateOrganization, o)
				})
				if err != nil {
					t.Error(err)
				}
				answers[i], repeats[i] = string(answer), repeated
			})
		}
		done.Wait()
		if answers[0] != answers[1] || repeats[0] == repeats[1] {
			t.Errorf("answers %q, repeats %v", answers, repeats)
		}
		if n := b.count("SELECT count(*) FROM organizations WHERE legal_name = ?", answers[0]); n != 1 || b.count("SELECT count(*) FROM organizations") != 1 {
			t.Errorf("%d effects of %d", n, b.count("SELECT count(*) FROM organizations"))
		}
		if n := b.count("SELECT count(*) FROM audit_entries"); n != 1 {
			t.Errorf("%d entries", n)
		}
	})
}

// TestTheLaterOfTwoThatFailsByTheFirstHasItsAnswer is a transition with one key
// on two instances: the second finds the record changed, by its own first try.
func TestTheLaterOfTwoThatFailsByTheFirstHasItsAnswer(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		other := b.instance()
		answer, repeated, err := b.system().Once(t.Context(), someKey, "request", func(*Session) ([]byte, error) {
			_, _, err := other.As(domain.Actor{Role: domain.System}).Once(t.Context(), someKey, "request", func(*Session) ([]byte, error) {
				return []byte("done"), nil
			})
			must(t, err)
			return nil, domain.Refuse(domain.Stale, "changed")
		})
		if string(answer) != "done" || !repeated || err != nil {
			t.Errorf("%q, %v, %v", answer, repeated, err)
		}
	})
}

func TestWhatOnceLeavesOfAFailureIsNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		broken := errors.New("broken")
		fail := map[string]func(*Session) ([]byte, error){
			"after a write": func(tx *Session) ([]byte, error) {
				o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Half", Type: domain.OrganizationNGO})
				must(t, err)
				must(t, tx.Organizations.Create(t.Context(), domain.CreateOrganization, o))
				return nil, broken
			},
			"of a write that its caller made light of": func(tx *Session) ([]byte, error) {
				err := tx.Tx(t.Context(), func(tx *Session) error {
					o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Half", Type: domain.OrganizationNGO})
					must(t, err)
					must(t, tx.Organizations.Create(t.Context(), domain.CreateOrganization, o))
					return broken
				})
				if !errors.Is(err, broken) {
					t.Errorf("the transaction ended with %v", err)
				}
				return []byte("fine"), nil
			},
		}
		for name, do := range fail {
			_, _, err := b.system().Once(t.Context(), someKey+name, "request", do)
			if n := b.count("SELECT count(*) FROM organizations"); n != 0 {
				t.Errorf("%s: %v, and %d organizations", name, err, n)
			}
		}
		func() {
			defer func() { _ = recover() }()
			_, _, _ = b.system().Once(t.Context(), someKey, "request", func(tx *Session) ([]byte, error) {
				o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Half", Type: domain.OrganizationNGO})
				must(t, err)
				must(t, tx.Organizations.Create(t.Context(), domain.CreateOrganization, o))
				panic("in the middle")
			})
		}()
		answer, repeated, err := b.system().Once(t.Context(), someKey, "request", func(*Session) ([]byte, error) { return []byte("free"), nil })
		if string(answer) != "free" || repeated || err != nil || b.count("SELECT count(*) FROM organizations") != 0 {
			t.Errorf("after a panic: %q, %v, %v", answer, repeated, err)
		}
	})
}

// TestOnceHoldsUpNobodyBeforeItWrites computes at length, as hashing a password
// does, while another writes.
func TestOnceHoldsUpNobodyBeforeItWrites(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		_, _, err := b.system().Once(t.Context(), someKey, "request", func(*Session) ([]byte, error) {
			b.organization("Meanwhile")
			return nil, nil
		})
		must(t, err)
		_, repeated, err := b.system().Once(t.Context(), someKey, "request", func(*Session) ([]byte, error) { return nil, errors.New("again") })
		if !repeated || err != nil {
			t.Errorf("an empty answer is not kept: %v", err)
		}
	})
}

func TestARequestThatIsGivenUpIsUndone(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		_, _, err := b.system().Once(ctx, someKey, "request", func(tx *Session) ([]byte, error) {
			o, err := domain.NewOrganization(domain.OrganizationDraft{LegalName: "Given up", Type: domain.OrganizationNGO})
			must(t, err)
			must(t, tx.Organizations.Create(ctx, domain.CreateOrganization, o))
			cancel()
			return []byte("made"), nil
		})
		if n := b.count("SELECT count(*) FROM organizations"); !errors.Is(err, context.Canceled) || n != 0 {
			t.Errorf("%v, and %d organizations", err, n)
		}
	})
}
