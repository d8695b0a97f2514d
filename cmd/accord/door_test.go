package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"accord/internal/dbtest"
)

// certified writes a certificate of its own and its key into dir, for a name.
func certified(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func withTLS(t *testing.T) (env settings, dir string) {
	dir = t.TempDir()
	cert, key := certified(t, dir, "first.example")
	return embedded(t).with("ACCORD_TLS_CERT", cert).with("ACCORD_TLS_KEY", key), dir
}

// shakeHands returns what was agreed on with the server.
func (o *office) shakeHands(c *tls.Config) (tls.ConnectionState, error) {
	c.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", strings.TrimPrefix(o.url, "https://"), c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

func TestTLSIsOfTheNewestVersionUnlessSaid(t *testing.T) {
	t.Parallel()
	env, _ := withTLS(t)
	o := env.start(t)
	if state, err := o.shakeHands(&tls.Config{NextProtos: []string{"h2"}}); err != nil || state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "h2" {
		t.Errorf("%+v, %v", state, err)
	}
	for _, old := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
		if _, err := o.shakeHands(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: old}); err == nil {
			t.Errorf("%s is spoken", tls.VersionName(old))
		}
	}
	plainly := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := plainly.Get("http://" + strings.TrimPrefix(o.url, "https://") + "/v1/me")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("without TLS: %s", res.Status)
	}
	env.with("ACCORD_LISTEN", strings.TrimPrefix(o.url, "https://")).run(t, "", "health").ok()
}

func TestTLS12IsSpokenOnlyWithStrongSuites(t *testing.T) {
	t.Parallel()
	env, _ := withTLS(t)
	o := env.with("ACCORD_TLS_MIN", "1.2").start(t)
	if _, err := o.shakeHands(&tls.Config{MaxVersion: tls.VersionTLS12}); err != nil {
		t.Error(err)
	}
	if _, err := o.shakeHands(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	var weak []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if !strings.Contains(suite.Name, "_GCM_") || !strings.Contains(suite.Name, "ECDHE") {
			weak = append(weak, suite.ID)
		}
	}
	for _, id := range weak {
		if state, err := o.shakeHands(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{id}}); err == nil {
			t.Errorf("%s is spoken", tls.CipherSuiteName(state.CipherSuite))
		}
	}
}

func TestACertificateIsReplacedWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	env, dir := withTLS(t)
	o := env.start(t)
	served := func() string {
		state, err := o.shakeHands(&tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].DNSNames[0]
	}
	if name := served(); name != "first.example" {
		t.Errorf("it serves %s", name)
	}
	certified(t, dir, "a.longer.second.example")
	if name := served(); name != "a.longer.second.example" {
		t.Errorf("it serves %s", name)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("half of a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name := served(); name != "a.longer.second.example" {
		t.Errorf("it serves %s", name)
	}
	if !strings.Contains(o.log.String(), "the last one stays") {
		t.Errorf("nobody is told: %s", o.log)
	}
	env.run(t, "", "serve").says("ACCORD_TLS_CERT and ACCORD_TLS_KEY can't be used together")
}

// TestWhoSendsNoHeadIsCutOff begins a request and never ends its head.
func TestWhoSendsNoHeadIsCutOff(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := web(site{listener: listener, handler: http.NotFoundHandler()})
	if h := server.ReadHeaderTimeout; h <= 0 || h > 30*time.Second || server.IdleTimeout <= 0 || server.WriteTimeout <= 0 || server.ReadTimeout <= 0 || server.MaxHeaderBytes > 64<<10 {
		t.Errorf("%+v", server)
	}
	server.ReadHeaderTimeout = 50 * time.Millisecond
	go server.Serve(listener)
	defer server.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: accord\r\nX-Slow: ")
	answer, err := io.ReadAll(conn) // returns once the server hangs up
	if err != nil || strings.Contains(string(answer), "200") {
		t.Errorf("%q, %v", answer, err)
	}
}

// TestHTTP2IsBounded opens more streams than one connection may, opens and resets
// many, and sends a head that is too long.
func TestHTTP2IsBounded(t *testing.T) {
	t.Parallel()
	cert, key := certified(t, t.TempDir(), "first.example")
	secured, err := (&config{TLSCert: cert, TLSKey: key, TLSMin: "1.3"}).tls(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var inside, most atomic.Int64
	release := make(chan struct{})
	server := web(site{listener: listener, tls: secured, handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		now := inside.Add(1)
		for was := most.Load(); was < now && !most.CompareAndSwap(was, now); was = most.Load() {
		}
		<-release
		inside.Add(-1)
	})})
	go server.ServeTLS(listener, "", "")
	defer server.Close()
	defer close(release)
	const streams = 100

	t.Run("more streams than there may be", func(t *testing.T) {
		c := speakHTTP2(t, listener)
		if n, ok := c.told[http2.SettingMaxConcurrentStreams]; !ok || n != streams {
			t.Errorf("it tells of %d streams", n)
		}
		for i := range uint32(streams + 1) {
			c.open(2*i+1, "")
		}
		if f, ok := c.until(http2.FrameRSTStream).(*http2.RSTStreamFrame); !ok || f.StreamID != 2*streams+1 {
			t.Errorf("the one too many is not refused: %v", f)
		}
	})
	t.Run("streams that are reset as soon as they are open", func(t *testing.T) {
		c := speakHTTP2(t, listener)
		go func() {
			for i := range uint32(100_000) {
				if c.open(2*i+1, "") != nil || c.WriteRSTStream(2*i+1, http2.ErrCodeCancel) != nil {
					return
				}
			}
		}()
		if f, ok := c.until(http2.FrameGoAway).(*http2.GoAwayFrame); !ok || f.ErrCode != http2.ErrCodeEnhanceYourCalm {
			t.Errorf("the connection goes on: %v", f)
		}
	})
	t.Run("a head that is too long", func(t *testing.T) {
		c := speakHTTP2(t, listener)
		if n, ok := c.told[http2.SettingMaxHeaderListSize]; !ok || n > 64<<10 {
			t.Errorf("it tells of heads of %d bytes", n)
		}
		c.open(1, strings.Repeat("a", 128<<10))
		if f, ok := c.until(http2.FrameHeaders).(*http2.HeadersFrame); ok {
			fields, err := hpack.NewDecoder(4096, nil).DecodeFull(f.HeaderBlockFragment())
			if err != nil || fields[0].Value != "431" {
				t.Errorf("it is answered %v, %v", fields, err)
			}
		}
	})
	if n := most.Load(); n > 2*streams {
		t.Errorf("%d were under way at once", n)
	}
}

// spoken is one connection, by frames.
type spoken struct {
	*http2.Framer
	told map[http2.SettingID]uint32
}

func speakHTTP2(t *testing.T, l net.Listener) *spoken {
	t.Helper()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	c := &spoken{http2.NewFramer(conn, conn), map[http2.SettingID]uint32{}}
	if err := errors.Join(c.WriteSettings(), c.WriteSettingsAck()); err != nil {
		t.Fatal(err)
	}
	settings, ok := c.until(http2.FrameSettings).(*http2.SettingsFrame)
	if !ok {
		t.Fatal("it sends no settings")
	}
	_ = settings.ForeachSetting(func(s http2.Setting) error { c.told[s.ID] = s.Val; return nil })
	return c
}

// open asks for something on a stream, with a header of a length.
func (c *spoken) open(stream uint32, filler string) error {
	var head bytes.Buffer
	e := hpack.NewEncoder(&head)
	for _, f := range []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":authority", Value: "accord"}, {Name: ":path", Value: "/"}, {Name: "x-filler", Value: filler}} {
		if err := e.WriteField(f); err != nil {
			return err
		}
	}
	err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: head.Next(16 << 10), EndStream: true, EndHeaders: head.Len() == 0})
	for err == nil && head.Len() > 0 {
		block := head.Next(16 << 10)
		err = c.WriteContinuation(stream, head.Len() == 0, block)
	}
	return err
}

// until is the next frame of a kind, or nil if the connection ends before.
func (c *spoken) until(kind http2.FrameType) http2.Frame {
	for {
		f, err := c.ReadFrame()
		if err != nil {
			return nil
		}
		if f.Header().Type == kind {
			return f
		}
	}
}

// TestRequestsCantBeSmuggled sends what a proxy and a server may read as
// different requests: each is refused, or is one request whose connection ends.
func TestRequestsCantBeSmuggled(t *testing.T) {
	t.Parallel()
	o := embedded(t).start(t)
	const inner = "GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n"
	for name, request := range map[string]string{
		"two lengths":                  "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 45\r\n\r\n" + inner,
		"two lengths in one":           "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 45\r\n\r\n" + inner,
		"a signed length":              "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n" + inner,
		"a length below zero":          "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n" + inner,
		"space before the colon":       "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Length : 0\r\n\r\n" + inner,
		"a folded line":                "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n" + inner,
		"an unknown encoding":          "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + inner,
		"two encodings":                "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
		"an encoding with a tab":       "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \tchunked\x0b\r\n\r\n0\r\n\r\n" + inner,
		"a chunk that is no number":    "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + inner,
		"a chunk's length with a sign": "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-0\r\n\r\n" + inner,
		"no host":                      "GET /healthz HTTP/1.1\r\n\r\n" + inner,
		"two hosts":                    "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + inner,
		"NUL in a header":              "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n" + inner,
		"a bare CR in a header":        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n" + inner,
		"a line that is none":          "GET /healthz\r\n\r\n" + inner,
		"both a length and an encoding": "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"0\r\n\r\n" + inner,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := o.dial()
			defer conn.Close()
			io.WriteString(conn, request)
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			all, _ := io.ReadAll(conn)
			if n := bytes.Count(all, []byte("HTTP/1.1 ")); n != 1 || bytes.Contains(all, []byte("200 OK")) {
				t.Errorf("%d answers: %s", n, all)
			}
		})
	}
}

// TestSecretsStayOutOfWhatIsLogged runs a server all of whose secrets are known,
// makes it fail in every way that a client can, and looks for them in whatever
// it wrote. It also sends what would break a line of the log.
func TestSecretsStayOutOfWhatIsLogged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, nil, func(t *testing.T, dsn string) {
		env := unstarted(t, dsn).with("ACCORD_LOG_LEVEL", "debug")
		const canary = "CANARYcanaryCANARYcanary"
		secrets := []string{canary}
		if dsn := env["DATABASE_URL"]; dsn != "" {
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal(err)
			}
			u.User = url.UserPassword(u.User.Username(), canary)
			file := write(t, "database-url", u.String()+"\n", 0o600)
			env = env.with("DATABASE_URL", "").with("ACCORD_DATABASE_URL_FILE", file)
		}
		o := env.start(t)
		first := o.token()
		o.call("POST", "/v1/invitations/accept", "", fmt.Sprintf(`{"token":%q,"login":"first@example.org","name":"First","password":%q}`, first, canary+" words")).want(201)
		tokens := o.signedIn("first@example.org", canary+" words").want(201)
		access, refresh := tokens.str("access_token"), tokens.str("refresh_token")
		secrets = append(secrets, access[len(access)-20:], refresh[len(refresh)-20:])

		const breaks = "\x1b[31m\u2028\u202e\"}{\"level\":\"ERROR\"}"
		for _, path := range []string{"/v1/" + canary, "/v1/me?" + canary + "=1", "/v1/organizations?q=" + canary, "/v1/organizations/" + canary,
			"/v1/organizations?cursor=" + canary, "/v1/calendars/" + canary + ".ics", "/v1/%0d%0aX-Evil:%201", "/v1/organizations?q=" + url.QueryEscape("\r\nX-Evil: 1"),
			"/v1/" + url.PathEscape(breaks), "/v1/organizations/" + url.PathEscape("\r\n"+breaks), "/docs/" + canary, "/%00" + canary} {
			for _, token := range []string{"", access, canary, access + canary} {
				got := o.call("GET", path, token, "", "User-Agent", canary+breaks[5:], "Referer", canary, "X-Request-Id", canary, "traceparent", canary,
					"If-None-Match", canary, "Cookie", "session="+canary, "X-Forwarded-For", canary, "Origin", "https://"+canary)
				for name := range got.header {
					if strings.EqualFold(name, "X-Evil") {
						t.Errorf("%s sets a header", path)
					}
				}
			}
		}
		for _, body := range []string{`{"login":"` + canary + `","password":"` + canary + `"}`, `{"` + canary, `"` + canary + `"`, `{"login":1,"` + canary + `":2}`, strings.Repeat(canary, 60_000)} {
			for _, path := range []string{"/v1/sessions", "/v1/sessions/refresh", "/v1/invitations/accept", "/v1/receipts/read", "/v1/organizations"} {
				o.call("POST", path, "", body, "Idempotency-Key", canary+"-key")
				o.call("POST", path, access, body)
			}
		}
		if err := o.stop(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(o.log.String(), first) {
			t.Error("the first token is logged")
		}
		for _, s := range secrets {
			if strings.Contains(o.log.String()+o.stdout.String(), s) {
				t.Errorf("%s is printed:\n%s%s", s, o.stdout, o.log)
			}
		}
		lines := bufio.NewScanner(strings.NewReader(o.log.String()))
		for lines.Scan() {
			var line map[string]any
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line["level"] == "ERROR" || bytes.ContainsAny(lines.Bytes(), "\x1b\u2028\u202e") {
				t.Errorf("a line of the log is broken: %q", lines.Bytes())
			}
		}
	})
}
