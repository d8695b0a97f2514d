package api_test

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/receipt"
)

// BenchmarkTimings measures by the clock what TestTwoWorldsDoTheSameWork and
// TestUnseenIsAbsent hold without one: the same requests to an office with a
// secret and to one without, in turns.
//
// auc is how often a request takes longer where the secret is, 0.5 if nothing
// can be told; z is by how many standard deviations that is off (Mann-Whitney);
// ks is the greatest distance of the two distributions (Kolmogorov-Smirnov), of
// which ks-chance would be passed in one of a thousand comparisons of like ones.
// What passes it fails.
func BenchmarkTimings(b *testing.B) {
	const login = "somebody@example.org"
	for _, kind := range []string{dbtest.SQLite, dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			without, with := newWorld(b, dbtest.Open(b, kind, migrate), nil), newWorld(b, dbtest.Open(b, kind, migrate), nil)
			hash, err := goodHash()
			must(b, err)
			a, err := domain.NewAccount(domain.AccountDraft{Login: login, Name: "Somebody", Role: domain.Staff, Password: hash})
			must(b, err)
			must(b, with.system().Accounts.Create(b.Context(), domain.EditAccount, a))
			with.anonymous(consultationPath(with.consultation(domain.ConsultationOpen, everybody).ID))
			hidden := "/v1/organizations/" + string(with.approvedOrganization().ID)
			partners := map[*world]*client{without: without.caller(domain.Partner), with: with.caller(domain.Partner)}
			with.mustReset(with.as(domain.Admin), with.another(domain.Staff, "", ""), "password")
			with.invitation(with.as(domain.Admin))
			code := receipt.NewCode().Reveal()
			anybody := func(path, body string) func(w *world) *result {
				return func(w *world) *result {
					return ask(w.anyone(), http.MethodPost, path, body, "Content-Type", "application/json")
				}
			}
			for path, ask := range map[string]func(w *world) *result{
				"sign-in":       anybody("/v1/sessions", `{"login":"`+login+`","password":"a wrong one, as it happens"}`),
				"reset-request": anybody("/v1/resets/request", `{"login":"`+login+`"}`),
				"reset-use":     anybody("/v1/resets/use", `{"token":"guessed","password":"entirely new words for it"}`),
				"invitation":    anybody("/v1/invitations/accept", `{"token":"guessed","login":"new@example.org","name":"New","password":"entirely new words for it"}`),
				"receipt":       anybody("/v1/receipts/read", `{"code":"`+code+`"}`),
				"by-id":         func(w *world) *result { return ask(partners[w], http.MethodGet, hidden, "") },
			} {
				b.Run(path, func(b *testing.B) {
					took, answered := map[*world][]float64{}, map[*world]*result{}
					for b.Loop() {
						order := []*world{without, with}
						if rand.N(2) == 1 { // by chance: what comes at every so manieth request, as a collection of garbage, falls on both
							slices.Reverse(order)
						}
						for _, w := range order {
							w.forward(time.Hour) // its limits are whole again
							partners[w].bearer()
							began := time.Now()
							answered[w] = ask(w)
							took[w] = append(took[w], float64(time.Since(began)))
						}
						if one, other := answered[without], answered[with]; one.Status != other.Status || one.Status == http.StatusTooManyRequests {
							b.Fatalf("%d %s, with the secret %d %s", one.Status, one.Body, other.Status, other.Body)
						}
					}
					report(b, took[without], took[with])
				})
			}
		})
	}
}

// report says how far two samples of one size are apart.
func report(b *testing.B, without, with []float64) {
	n := float64(len(without))
	slices.Sort(without)
	slices.Sort(with)
	longer, apart := 0.0, 0.0
	for i, x := range with {
		at, tied := slices.BinarySearch(without, x)
		longer += float64(at)
		if tied {
			longer += 0.5
		}
		apart = max(apart, math.Abs(float64(at)-float64(i))/n)
	}
	auc := longer / (n * n)
	b.ReportMetric(auc, "auc")
	b.ReportMetric((auc-0.5)/math.Sqrt((2*n+1)/(12*n*n)), "z")
	b.ReportMetric(apart, "ks")
	chance := 1.95 * math.Sqrt(2/n)
	b.ReportMetric(chance, "ks-chance")
	b.ReportMetric(with[len(with)/2]/without[len(without)/2], "x-median")
	if apart > chance {
		b.Errorf("the secret can be told by the clock: ks is %.3f, and like ones pass %.3f once in a thousand times", apart, chance)
	}
}
