package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

// beside is a second instance of the same office, on the same database.
func (w *world) beside() *world {
	w.Helper()
	store, err := repository.Open(w.dsn, repository.Options{Master: master, Now: w.clock.Now})
	must(w, err)
	o := &world{TB: w.TB, store: store, dsn: w.dsn, clock: w.clock, log: w.log, clients: map[string]*client{}}
	o.server, err = api.New(w.Context(), api.Options{Store: store, BaseURL: "http://accord.test", Log: slog.New(slog.DiscardHandler), Freshness: time.Nanosecond})
	must(w, err)
	o.handler = o.server.Handler()
	srv := httptest.NewServer(o.handler)
	o.url = srv.URL
	w.Cleanup(func() { srv.Close(); store.Close() })
	return o
}

// kids are the keys that an instance publishes.
func (w *world) kids() []string {
	w.Helper()
	var set struct{ Keys []struct{ Kid string } }
	w.anyone().get("/.well-known/jwks.json").want(200).into(&set)
	var out []string
	for _, k := range set.Keys {
		out = append(out, k.Kid)
	}
	return out
}

// issue is an access token that this instance signs for somebody.
func (w *world) issue(c *client) string { return (&client{w: w, actor: c.actor, sid: c.sid}).bearer() }

func (w *world) accepts(token string) bool {
	w.Helper()
	return w.anyone().get("/v1/me", "Authorization", "Bearer "+token).Status == http.StatusOK
}

func TestNoTokenIsRefusedWhileTheSigningKeyRotates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.beside()
		c := w.another(domain.Staff, "", "")
		first := w.kids()
		must(t, w.system().SigningKeys.Rotate(t.Context()))
		type issued struct {
			raw     string
			expires time.Time
		}
		var tokens []issued
		n := 0
		for range 25 { // minutes: published, signs, the last token of the old one expires
			for _, by := range []*world{w, other} {
				tokens = append(tokens, issued{by.issue(c), w.clock.Now().Add(10 * time.Minute)})
			}
			tokens = slices.DeleteFunc(tokens, func(i issued) bool { return !w.clock.Now().Before(i.expires) })
			for _, i := range tokens {
				for _, at := range []*world{w, other} {
					if n++; !at.accepts(i.raw) {
						t.Fatalf("a good token was refused at %s", w.clock.Now())
					}
				}
			}
			must(t, other.store.RotateWhenDue(t.Context(), 30*24*time.Hour))
			w.forward(time.Minute)
		}
		w.forward(domain.KeyAfterlife)
		must(t, w.store.RotateWhenDue(t.Context(), 30*24*time.Hour))
		if now := w.kids(); len(now) != 1 || now[0] == first[0] {
			t.Errorf("keys before %v, after %v", first, now)
		}
		t.Logf("%d tries, none refused", n)
	})
}

func TestASigningKeyRotatesBySchedule(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const month = 30 * 24 * time.Hour
		rotate := w.server.Jobs()["keys.rotate"]
		run := func() []string {
			must(t, rotate(t.Context(), w.system(), nil))
			return w.kids()
		}
		first := run()
		if len(first) != 1 {
			t.Fatalf("keys %v", first)
		}
		w.forward(month - domain.KeyLead - time.Second)
		if got := run(); len(got) != 1 {
			t.Errorf("too early: %v", got)
		}
		w.forward(time.Second)
		if got := run(); len(got) != 2 {
			t.Errorf("the next key is not published: %v", got)
		}
		if got := run(); len(got) != 2 {
			t.Errorf("a second key is published: %v", got)
		}
		w.forward(domain.KeyLead + domain.KeyAfterlife)
		if got := run(); len(got) != 1 || got[0] == first[0] {
			t.Errorf("the first key is not over: %v", got)
		}
		if n := w.count("SELECT count(*) FROM signing_keys WHERE length(sealed) > 0"); n != 1 {
			t.Errorf("%d private halves are kept", n)
		}
	})
}

func TestARetiredKeyIsGoodNowhereAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.beside()
		c := w.another(domain.Staff, "", "")
		stolen := w.issue(c)
		if !w.accepts(stolen) || !other.accepts(stolen) {
			t.Fatal("it was never good")
		}
		kid := w.kids()[0]
		must(t, w.system().SigningKeys.Retire(t.Context(), kid))
		if w.accepts(stolen) || other.accepts(stolen) {
			t.Error("what a retired key signed is taken")
		}
		// One instance signs with the new key before the other has heard of it.
		must(t, w.system().SigningKeys.Retire(t.Context(), w.kids()[0]))
		w.kids()
		if fresh := w.issue(c); !other.accepts(fresh) || !w.accepts(fresh) {
			t.Error("what the next key signs is refused")
		}
		if slices.Contains(other.kids(), kid) {
			t.Error("the retired key is still published")
		}
		if err := w.system().SigningKeys.Retire(t.Context(), "no such key"); err == nil {
			t.Error("a key that isn't there was retired")
		}
	})
}

func TestARetiredSignerHandsOverToTheKeyThatIsPublished(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.kids()[0]
		must(t, w.system().SigningKeys.Rotate(t.Context()))
		must(t, w.system().SigningKeys.Retire(t.Context(), first))
		c := w.another(domain.Staff, "", "")
		if got := w.kids(); len(got) != 1 || got[0] == first || !w.accepts(w.issue(c)) {
			t.Errorf("keys %v after %s was retired", got, first)
		}
	})
}
