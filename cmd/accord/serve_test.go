package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/domain"
	"accord/internal/dbtest"
	"accord/internal/vault"
	"accord/repository"
)

var printedToken = regexp.MustCompile(`"token":"([^"]+)"`)

// token is the one-time token that the server printed, or nothing.
func (o *office) token() string {
	if m := printedToken.FindStringSubmatch(o.stdout.String()); m != nil {
		return m[1]
	}
	return ""
}

func (o *office) claim(token, login string) *answer {
	o.t.Helper()
	return o.call("POST", "/v1/invitations/accept", "",
		fmt.Sprintf(`{"token":%q,"login":%q,"name":"First","password":%q}`, token, login, password))
}

func TestTheFirstStartMakesAllThatItNeeds(t *testing.T) {
	t.Parallel()
	env := embedded(t)
	o := env.start(t)
	for _, words := range []string{"Accord listens on " + o.url, "data       " + env["ACCORD_DATA"], "reference  " + o.url + "/docs", "Made the master key"} {
		if !strings.Contains(o.stdout.String(), words) {
			t.Errorf("it does not say %q but:\n%s", words, o.stdout)
		}
	}
	for name, mode := range map[string]os.FileMode{".": os.ModeDir | 0o700, "master.key": 0o600, "accord.db": 0} {
		info, err := os.Stat(filepath.Join(env["ACCORD_DATA"], name))
		if err != nil || (mode != 0 && info.Mode() != mode) {
			t.Errorf("%s: %v, %v; want mode %v", name, info, err, mode)
		}
	}
	o.call("GET", "/docs", "", "").want(http.StatusOK)
	o.call("GET", "/metrics", "", "").want(http.StatusNotFound)
}

func TestTheFirstAdminClaimsTheOffice(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		o.claim(o.token(), "first@example.org").want(http.StatusCreated)
		tokens := o.signedIn("first@example.org", password).want(http.StatusCreated)
		if me := o.call("GET", "/v1/me", tokens.str("access_token"), "").want(http.StatusOK); me.str("role") != "admin" {
			t.Errorf("the first account is %s", me.body)
		}
		if err := o.stop(); err != nil {
			t.Fatal(err)
		}
		again := env.start(t)
		if token := again.token(); token != "" {
			t.Errorf("a claimed office prints a token:\n%s", again.stdout)
		}
		again.signedIn("first@example.org", password).want(http.StatusCreated)
	})
}

func TestOnlyTheLastPrintedTokenIsGood(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		var tokens []string
		for range 3 {
			o := env.start(t)
			tokens = append(tokens, o.token())
			if err := o.stop(); err != nil {
				t.Fatal(err)
			}
		}
		o := env.start(t)
		for _, former := range tokens {
			o.claim(former, "late@example.org").want(http.StatusConflict)
		}
		o.claim(o.token(), "first@example.org").want(http.StatusCreated)
		admin := o.entered("first@example.org")
		list := o.call("GET", "/v1/invitations?count=exact", admin, "").want(http.StatusOK)
		if n := strings.Count(string(list.body), `"stage":"pending"`); n != 0 {
			t.Errorf("%d invitations are still open: %s", n, list.body)
		}
	})
}

func TestATokenInALogMakesNoSecondAdmin(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.start(t)
		o.signedUp(env, "by-hand@example.org", "admin")
		o.claim(o.token(), "thief@example.org").want(http.StatusConflict)
	})
}

func TestSomethingElseListensThere(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, setting := range []string{"ACCORD_LISTEN", "ACCORD_METRICS_LISTEN"} {
		env := embedded(t).with(setting, taken.Addr().String())
		env.run(t, "", "serve").says(setting, taken.Addr().String(), "another address")
	}
}

func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	o := embedded(t).with("ACCORD_METRICS_LISTEN", "127.0.0.1:0").start(t)
	o.call("GET", "/metrics", "", "").want(http.StatusNotFound)
	metrics := &office{t: t, url: o.stdout.await(`metrics +(http://\S+)/metrics`)}
	got := string(metrics.call("GET", "/metrics", "", "").want(http.StatusOK).body)
	for _, line := range []string{`accord_http_requests_total{method="GET",route="/readyz",status="2xx"} 1`, `accord_jobs{state="dead"} 0`} {
		if !strings.Contains(got, line) {
			t.Errorf("no %s in\n%s", line, got)
		}
	}
	metrics.call("GET", "/v1/me", "", "").want(http.StatusNotFound)
}

func TestSIGTERMFinishesTheRequestUnderWay(t *testing.T) {
	each(t, func(t *testing.T, env settings) {
		o := env.launch(t)
		token := o.signedUp(env, "officer@example.org", "staff")
		body := `{"legal_name":"In flight","type":"ngo"}`
		conn := o.dial()
		defer conn.Close()
		fmt.Fprintf(conn, "POST /v1/organizations HTTP/1.1\r\nHost: accord\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", token, len(body))
		answers := bufio.NewReader(conn)
		// The server asks for the body once a handler reads it: the request is under way.
		if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
			t.Fatalf("%q, %v", line, err)
		}
		if _, err := answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if err := o.process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		o.awaitRefusal()
		io.WriteString(conn, body)
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusCreated {
			t.Errorf("the request under way got %s", res.Status)
		}
		if err := o.wait(); err != nil {
			t.Errorf("it ended with %v:\n%s", err, o.log)
		}
	})
}

func (o *office) dial() net.Conn {
	o.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(o.url, "http://"))
	if err != nil {
		o.t.Fatal(err)
	}
	return conn
}

// awaitRefusal returns when the server takes no new connection.
func (o *office) awaitRefusal() {
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(o.url, "http://"))
		if err != nil {
			return
		}
		conn.Close()
	}
}

func TestStoppingFinishesTheJobUnderWayAndBeginsNoOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, dsn string) {
		store := openStore(t, dsn)
		s := store.As(domain.Actor{Role: domain.System})
		if err := s.Tx(t.Context(), func(tx *repository.Session) error {
			for range 2 {
				if err := tx.Enqueue(t.Context(), "slow", nil, store.Now()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		began, release := make(chan struct{}, 2), make(chan struct{})
		handlers := map[string]repository.JobHandler{"slow": func(ctx context.Context, _ *repository.Session, _ []byte) error {
			began <- struct{}{}
			<-release
			return ctx.Err()
		}}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- serve(ctx, time.Minute, func(ctx context.Context) {
				turn{"jobs", time.Millisecond, func(ctx context.Context) error { return store.Work(ctx, handlers) }}.again(ctx, slog.New(slog.DiscardHandler))
			}, site{listener: listener, handler: http.NotFoundHandler()})
		}()
		<-began
		stop()
		(&office{t: t, url: "http://" + listener.Addr().String()}).awaitRefusal()
		select {
		case err := <-ended:
			t.Fatalf("it stopped in the middle of a job: %v", err)
		default:
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		left, err := store.UnfinishedJobs(t.Context())
		if err != nil || left["waiting"] != 1 || left["running"] != 0 || left["dead"] != 0 {
			t.Errorf("left are %v, %v; want one waiting", left, err)
		}
	})
}

func TestWhatIsNotFinishedInTimeIsAnError(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	forever := make(chan struct{})
	defer close(forever)
	if err := serve(ctx, 0, func(context.Context) { <-forever }); err == nil {
		t.Error("it says that all was finished")
	}
}

func openStore(t *testing.T, dsn string) *repository.Store {
	t.Helper()
	master, err := vault.NewMaster()
	if err != nil {
		t.Fatal(err)
	}
	store, err := repository.Open(dsn, repository.Options{Master: master})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if _, err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}
