package domain

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestJoinedRelationshipsSayEachDayOnce draws periods of two organizations and holds
// every day of the joined ones against the days of both.
func TestJoinedRelationshipsSayEachDayOnce(t *testing.T) {
	const from, days = Date("2026-01-01"), 40
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() (out []Relationship) { // some that don't overlap, the last perhaps without an end
		for at := r.IntN(8); at < days; {
			until := at + r.IntN(10)
			one := Relationship{StartsOn: from.AddDays(at), EndsOn: from.AddDays(until)}
			one.ID = RelationshipID(fmt.Sprint(len(out)))
			if r.IntN(12) == 0 {
				one.EndsOn, until = "", days
			}
			out = append(out, one)
			at = until + 1 + r.IntN(8)
		}
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	says := func(all []Relationship, day Date) (n int) {
		for _, one := range all {
			if one.Holds(day) {
				n++
			}
		}
		return n
	}
	for range 5000 {
		own, same := draw(), draw()
		joined := Joined(own, same)
		apart := slices.DeleteFunc(slices.Clone(same), func(o Relationship) bool { // which come beside the joined ones
			return slices.ContainsFunc(own, func(r Relationship) bool { return r.overlaps(o) })
		})
		for n := range days + 20 {
			day := from.AddDays(n)
			want := min(1, says(own, day)+says(same, day))
			if got := says(slices.Concat(joined, apart), day); got != want {
				t.Fatalf("%s is said %d times, want %d\nof %v\nand %v\nbecome %v", day, got, want, own, same, joined)
			}
		}
	}
}
