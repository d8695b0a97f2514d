package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"accord/api"
	passwords "accord/internal/password"
	"accord/repository"
)

// checkDoor checks the settings of who may come in, how, and how often.
func (c *config) checkDoor() error {
	for _, check := range []func() error{
		func() error { _, err := c.limits(); return err },
		func() error { _, err := c.proxies(); return err },
		func() error { _, err := c.origins(); return err },
		c.checkTLS,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) limits() (l api.Limits, err error) {
	l = api.DefaultLimits()
	for _, setting := range []struct {
		name, value string
		into        *repository.Rate
	}{
		{"ACCORD_LIMIT_ACTOR", c.LimitActor, &l.Actor},
		{"ACCORD_LIMIT_ADDRESS", c.LimitAddress, &l.Address},
		{"ACCORD_LIMIT_EXPENSIVE", c.LimitExpensive, &l.Expensive},
	} {
		if *setting.into, err = rate(setting.value); err != nil {
			return l, fmt.Errorf("%s is %q; write how often in what time, such as 600/1m, with whole seconds up to a day", setting.name, setting.value)
		}
	}
	l.InFlight, l.Each = c.LimitInFlight, c.LimitEach
	if l.InFlight < 1 || l.Each < 1 {
		return l, errors.New("ACCORD_LIMIT_IN_FLIGHT and ACCORD_LIMIT_EACH must be 1 or more")
	}
	return l, nil
}

func rate(s string) (repository.Rate, error) {
	limit, window, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(limit)
	if err != nil || n < 1 || n > 1_000_000_000 {
		return repository.Rate{}, errors.New("no number of requests")
	}
	d, err := time.ParseDuration(window)
	if err != nil || d < time.Second || d > 24*time.Hour || d%time.Second != 0 {
		return repository.Rate{}, errors.New("no time")
	}
	return repository.Rate{Limit: n, Window: d}, nil
}

func (c *config) proxies() (p api.Proxies, err error) {
	switch c.ProxyHeader {
	case "X-Forwarded-For", "Forwarded":
		p.Header = c.ProxyHeader
	default:
		return p, fmt.Errorf("ACCORD_PROXY_HEADER is %q; write X-Forwarded-For or Forwarded", c.ProxyHeader)
	}
	for _, word := range listed(c.TrustedProxies) {
		prefix, err := netip.ParsePrefix(word)
		if address, alone := netip.ParseAddr(word); alone == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil || prefix.Bits() == 0 || prefix.Addr().Is4In6() {
			return p, fmt.Errorf("ACCORD_TRUSTED_PROXIES has %q; write addresses or ranges that are yours, such as 10.0.0.1,10.1.0.0/16", word)
		}
		p.Trusted = append(p.Trusted, prefix.Masked())
	}
	return p, nil
}

// origins are written as browsers write them, since they are compared so.
func (c *config) origins() ([]string, error) {
	out := listed(c.Origins)
	for _, word := range out {
		u, err := url.Parse(word)
		local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
		if err != nil || (u.Scheme != "https" && (u.Scheme != "http" || !local)) || word != u.Scheme+"://"+strings.ToLower(u.Host) || strings.Contains(word, "*") {
			return nil, fmt.Errorf("ACCORD_ORIGINS has %q; write https:// and a host in lower case, and a port if it has one, and nothing after it", word)
		}
	}
	return out, nil
}

func listed(list string) (out []string) {
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// fromFiles reads the settings that are a file's contents.
func (c *config) fromFiles() error {
	if c.DatabaseURLFile == "" {
		return nil
	}
	if c.DatabaseURL != "" {
		return errors.New("DATABASE_URL and ACCORD_DATABASE_URL_FILE are both set; keep the one that is meant")
	}
	contents, err := os.ReadFile(c.DatabaseURLFile)
	if err != nil {
		return fmt.Errorf("ACCORD_DATABASE_URL_FILE is %q, which can't be read: %w", c.DatabaseURLFile, err)
	}
	if c.DatabaseURL = strings.TrimSpace(string(contents)); c.DatabaseURL == "" {
		return fmt.Errorf("ACCORD_DATABASE_URL_FILE is %q, which is empty; write a postgres:// address into it", c.DatabaseURLFile)
	}
	return nil
}

// hashPasswords makes the set scheme that of the program.
func (c *config) hashPasswords() error {
	var scheme passwords.Scheme
	if err := scheme.UnmarshalText([]byte(c.PasswordScheme)); err != nil {
		return fmt.Errorf("ACCORD_PASSWORD_SCHEME is %q; write %s or %s", c.PasswordScheme, passwords.Argon2id, passwords.PBKDF2)
	}
	if scheme != passwords.Preferred() {
		passwords.Prefer(scheme)
	}
	return nil
}

// scheme is how the server is asked.
func (c *config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

func (c *config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("ACCORD_TLS_CERT and ACCORD_TLS_KEY belong together; set both or neither")
	}
	if c.TLSMin != "1.2" && c.TLSMin != "1.3" {
		return fmt.Errorf("ACCORD_TLS_MIN is %q; write 1.3, or 1.2 for clients that can't", c.TLSMin)
	}
	return nil
}

// tls is how the server speaks TLS, or nil where it does not. TLS 1.2, where it
// is let in, has forward secrecy and authenticated encryption alone.
func (c *config) tls(log *slog.Logger) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	pair := &certificate{certFile: c.TLSCert, keyFile: c.TLSKey, log: log}
	if err := pair.load(); err != nil {
		return nil, fmt.Errorf("ACCORD_TLS_CERT and ACCORD_TLS_KEY can't be used together: %w", err)
	}
	out := &tls.Config{
		MinVersion: tls.VersionTLS13, GetCertificate: pair.current, NextProtos: []string{"h2", "http/1.1"},
		CipherSuites: []uint16{ // of TLS 1.2; those of 1.3 are all strong
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		},
	}
	if c.TLSMin == "1.2" {
		out.MinVersion = tls.VersionTLS12
	}
	return out, nil
}

// certificate is a pair of files that may be replaced while the server runs.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu    sync.Mutex
	pair  *tls.Certificate
	as    [2]fileState
	tried [2]fileState
}

// fileState tells one writing of a file from another.
type fileState struct {
	modified time.Time
	size     int64
}

// current is the pair as it is now. Files that can't be used, as between the
// writing of one and of the other, leave the last that could.
func (p *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.state(); now != p.as && now != p.tried {
		p.tried = now
		if err := p.read(); err != nil {
			p.log.Error("the new certificate can't be used; the last one stays", "error", err)
		}
	}
	return p.pair, nil
}

func (p *certificate) load() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read()
}

func (p *certificate) read() error {
	now := p.state()
	pair, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		return err
	}
	p.pair, p.as = &pair, now
	return nil
}

func (p *certificate) state() (s [2]fileState) {
	for i, name := range []string{p.certFile, p.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return s
}

// web is the server of a site. Each of its limits keeps somebody from holding a
// line for nothing; how slowly a body may come is the handler's to say.
func web(at site) *http.Server {
	return &http.Server{
		Handler: at.handler, TLSConfig: at.tls, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 100, SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second,
		},
		// Its lines name clients by their addresses.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}
