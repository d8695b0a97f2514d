package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"accord/internal/dbtest"

	"accord/internal/onetime"
)

// asProgram makes this test's binary be the program itself, for what needs a
// process of its own: signals, being killed.
const asProgram = "ACCORD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram) // is no setting
		main()
		return
	}
	os.Exit(dbtest.Main(m))
}

// settings are an environment for the program.
type settings map[string]string

func (env settings) get(name string) string { return env[name] }

// list is the environment as a process has it.
func (env settings) list() (out []string) {
	for name, value := range env {
		out = append(out, name+"="+value)
	}
	return out
}

// with is env with one more setting.
func (env settings) with(name, value string) settings {
	out := settings{name: value}
	for n, v := range env {
		if n != name {
			out[n] = v
		}
	}
	return out
}

// each runs fn with the settings of an office that was never started, on every
// database that we support.
func each(t *testing.T, fn func(t *testing.T, env settings)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, dsn string) { fn(t, unstarted(t, dsn)) })
}

// embedded are the settings of an office on SQLite that was never started.
func embedded(t *testing.T) settings {
	t.Helper()
	return settings{"ACCORD_LISTEN": "127.0.0.1:0", "ACCORD_DATA": filepath.Join(t.TempDir(), "data")}
}

func unstarted(t *testing.T, dsn string) settings {
	t.Helper()
	env := embedded(t)
	if strings.HasPrefix(dsn, "sqlite:") {
		return env
	}
	key := filepath.Join(t.TempDir(), "master.key")
	env.run(t, "", "migrate", "key", key).ok()
	return env.with("DATABASE_URL", dsn).with("ACCORD_MASTER_KEY_FILE", key)
}

// outcome is what a command printed and how it ended.
type outcome struct {
	t              *testing.T
	stdout, stderr string
	err            error
}

// run runs a command to its end.
func (env settings) run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr output
	err := run(t.Context(), args, env.list(), strings.NewReader(stdin), &stdout, &stderr)
	return outcome{t, stdout.String(), stderr.String(), err}
}

// ok fails the test unless the command succeeded, and returns what it printed.
func (o outcome) ok() string {
	o.t.Helper()
	if o.err != nil {
		o.t.Fatalf("%v\n%s", o.err, o.stderr)
	}
	return o.stdout
}

// says fails the test unless the command failed with every one of words.
func (o outcome) says(words ...string) {
	o.t.Helper()
	if o.err == nil {
		o.t.Fatalf("it succeeded, want an error with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(o.err.Error(), w) {
			o.t.Errorf("it says %q, want %q in it", o.err, w)
		}
	}
}

// output gathers what a command prints, and can wait for it.
type output struct {
	mu    sync.Mutex
	more  sync.Cond
	b     bytes.Buffer
	ended bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.more.L != nil {
		o.more.Broadcast()
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	if o.more.L != nil {
		o.more.Broadcast()
	}
}

// await returns what the expression's first group matches, once it does. It
// returns nothing if the output ends before.
func (o *output) await(expression string) string {
	re := regexp.MustCompile(expression)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more.L = &o.mu
	for {
		if m := re.FindSubmatch(o.b.Bytes()); m != nil {
			return string(m[1])
		}
		if o.ended {
			return ""
		}
		o.more.Wait()
	}
}

// office is a server that is running.
type office struct {
	t           *testing.T
	url         string
	stdout, log *output
	stop        func() error // ask it to stop, and wait
	wait        func() error // wait for its end
	process     *os.Process
}

// start serves within this process until stop; flags are those of serve.
func (env settings) start(t *testing.T, flags ...string) *office {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	o := &office{t: t, stdout: &output{}, log: &output{}}
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"serve"}, flags...), env.list(), strings.NewReader(""), o.stdout, o.log)
		o.stdout.end()
		ended <- err
	}()
	o.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	return o.ready()
}

// launch serves in a process of its own until stop.
func (env settings) launch(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, stdout: &output{}, log: &output{}}
	cmd := env.command(t, "serve")
	cmd.Stdout, cmd.Stderr = o.stdout, o.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		o.stdout.end()
		ended <- err
	}()
	o.process = cmd.Process
	o.wait = sync.OnceValue(func() error { return <-ended })
	o.stop = func() error {
		_ = o.process.Signal(os.Interrupt) // it may have ended already
		return o.wait()
	}
	return o.ready()
}

// command is the program in a process of its own.
func (env settings) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// ready waits until the server answers.
func (o *office) ready() *office {
	o.t.Helper()
	o.t.Cleanup(func() { _ = o.stop() })
	address := o.stdout.await(`listens on (https?://\S+)`)
	if address == "" {
		o.t.Fatalf("it did not start: %v\n%s", o.stop(), o.log)
	}
	o.url = address
	o.call("GET", "/readyz", "", "").want(http.StatusOK)
	return o
}

// anyCertificate calls servers that made their own.
var anyCertificate = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// answer is what the server answered.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// call asks the server. Headers come in pairs; a token may be empty.
func (o *office) call(method, path, token, body string, headers ...string) *answer {
	o.t.Helper()
	a, err := o.try(method, path, token, body, headers...)
	if err != nil {
		o.t.Fatalf("%s %s: %v\n%s", method, path, err, o.log)
	}
	return a
}

// try asks a server that may be dead.
func (o *office) try(method, path, token, body string, headers ...string) (*answer, error) {
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := anyCertificate.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return &answer{o.t, res.StatusCode, res.Header, b}, err
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("answered %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// str is a text member of the answer.
func (a *answer) str(name string) string {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%v: %s", err, a.body)
	}
	s, _ := v[name].(string)
	return s
}

const password = "several words that nobody guesses"

// signedUp makes an account as an operator would, and returns its access token.
func (o *office) signedUp(env settings, login, role string) (token string) {
	o.t.Helper()
	env.run(o.t, password+"\n", "user", "create", login, "--role", role).ok()
	return o.entered(login)
}

// entered signs somebody in who has no second factor yet, and enrolls one where
// the role needs it.
func (o *office) entered(login string) (token string) {
	o.t.Helper()
	in := o.signedIn(login, password).want(http.StatusCreated)
	token = in.str("access_token")
	if !strings.Contains(string(in.body), `"must_enroll":true`) {
		return token
	}
	secret := o.call("POST", "/v1/me/factors/totp", token, "").want(http.StatusCreated).str("secret")
	code, err := onetime.Code(secret, time.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.call("POST", "/v1/me/factors/totp/confirm", token, fmt.Sprintf(`{"code":%q}`, code)).want(http.StatusCreated)
	return token
}

// signedInWith signs in with a code of a second factor, of which one step may have
// been used.
func (o *office) signedInWith(login, pw, secret string) *answer {
	o.t.Helper()
	var last *answer
	for _, off := range []time.Duration{-onetime.Period, 0, onetime.Period} {
		code, err := onetime.Code(secret, time.Now().Add(off))
		if err != nil {
			o.t.Fatal(err)
		}
		last = o.call("POST", "/v1/sessions", "", fmt.Sprintf(`{"login":%q,"password":%q,"code":%q}`, login, pw, code))
		if last.status == http.StatusCreated {
			break
		}
	}
	return last
}

func (o *office) signedIn(login, pw string) *answer {
	o.t.Helper()
	return o.call("POST", "/v1/sessions", "", fmt.Sprintf(`{"login":%q,"password":%q}`, login, pw))
}
