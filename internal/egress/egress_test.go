package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOnlyPublicAddressesAreReached(t *testing.T) {
	for address, public := range map[string]bool{
		"1.1.1.1":                 true,
		"8.8.8.8":                 true,
		"172.15.255.255":          true,
		"172.32.0.0":              true,
		"100.63.255.255":          true,
		"223.255.255.255":         true,
		"2606:4700:4700::1111":    true,
		"2a00:1450:4001:81b::1":   true,
		"2001:200::1":             true,
		"::ffff:1.1.1.1":          true,
		"64:ff9b::1.1.1.1":        true,
		"0.0.0.0":                 false,
		"0.1.2.3":                 false,
		"10.0.0.1":                false,
		"100.64.0.1":              false,
		"100.127.255.255":         false,
		"127.0.0.1":               false,
		"127.255.255.254":         false,
		"169.254.0.1":             false,
		"172.16.0.1":              false,
		"172.31.255.255":          false,
		"192.0.0.8":               false,
		"192.0.2.1":               false,
		"192.88.99.1":             false,
		"192.168.1.1":             false,
		"198.18.0.1":              false,
		"198.19.255.255":          false,
		"198.51.100.1":            false,
		"203.0.113.1":             false,
		"224.0.0.1":               false,
		"239.255.255.250":         false,
		"240.0.0.1":               false,
		"255.255.255.255":         false,
		"::":                      false,
		"::1":                     false,
		"::127.0.0.1":             false, // once IPv4-compatible
		"::1.1.1.1":               false,
		"::ffff:127.0.0.1":        false,
		"::ffff:10.0.0.1":         false,
		"::ffff:0:127.0.0.1":      false, // translated (RFC 2765)
		"64:ff9b::127.0.0.1":      false,
		"64:ff9b::10.0.0.1":       false,
		"64:ff9b::169.254.169.25": false,
		"64:ff9b:1::1.1.1.1":      false, // a network's own (RFC 8215)
		"100::1":                  false,
		"2001::1":                 false, // Teredo
		"2001:db8::1":             false,
		"2002:7f00:1::":           false, // 6to4 of 127.0.0.1
		"2002:101:101::":          false,
		"3fff::1":                 false,
		"4000::1":                 false,
		"5f00::1":                 false,
		"fc00::1":                 false,
		"fd12:3456::1":            false,
		"fe80::1":                 false,
		"fe80::1%eth0":            false,
		"fec0::1":                 false,
		"ff02::1":                 false,
		"169.254.169.254":         false,
		"168.63.129.16":           false,
		"100.100.100.200":         false,
		"192.0.0.192":             false,
		"fd00:ec2::254":           false,
		"64:ff9b::168.63.129.16":  false,
	} {
		if got := reachable(netip.MustParseAddr(address), nil); got != public {
			t.Errorf("%s is reached: %v", address, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestAnAllowedRangeOpensItselfAndNoMetadata(t *testing.T) {
	inside := prefixes("10.1.0.0/16", "fd12::/16", "169.254.0.0/16", "100.64.0.0/10", "fd00::/8", "fe80::/10")
	for address, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fd12::1": true, "100.64.0.1": true,
		"10.2.0.1": false, "127.0.0.1": false, "64:ff9b::10.1.2.3": false,
		"169.254.169.254": false, "::ffff:169.254.169.254": false, "100.100.100.200": false, "fd00:ec2::254": false, "fe80::1%eth0": false,
	} {
		if got := reachable(netip.MustParseAddr(address), inside); got != want {
			t.Errorf("%s is reached: %v", address, got)
		}
	}
}

var loopback = prefixes("127.0.0.0/8", "::1/128")

func get(t *testing.T, o Options, url string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Client(o).Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func TestAServerInsideIsReachedByNoNameUnlessAllowed(t *testing.T) {
	asked := 0
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, "inside")
	}))
	defer inside.Close()
	port := inside.URL[strings.LastIndexByte(inside.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1.2.3"} {
		_, err := get(t, Options{Plain: true}, "http://"+host+port)
		if !errors.Is(err, ErrRefused) && !errors.As(err, new(*net.DNSError)) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	if got, err := get(t, Options{Plain: true, Allowed: loopback}, inside.URL); got != "inside" || err != nil {
		t.Errorf("allowed, and %q, %v", got, err)
	}
	if _, err := get(t, Options{Allowed: loopback}, inside.URL); !errors.Is(err, ErrRefused) {
		t.Errorf("without TLS: %v", err)
	}
}

// changing is a name server whose answer to the first look-up is public, and to
// every further one this machine.
func changing(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		asked := 0
		for b := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			address := [4]byte{127, 0, 0, 1}
			if asked++; asked == 1 {
				address = [4]byte{1, 1, 1, 1}
			}
			_, _ = server.WriteTo(answer(b[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp4", server.LocalAddr().String())
	}}
}

func answer(question []byte, address [4]byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	m.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
		Body:   &dnsmessage.AResource{A: address},
	}}
	b, _ := m.Pack()
	return b
}

func TestANameThatChangesItsMindIsRefused(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	defer inside.Close()
	names := changing(t)
	first, err := names.LookupNetIP(t.Context(), "ip4", "rebound.example.")
	if err != nil || !Public(first[0]) {
		t.Fatalf("the first look-up: %v, %v", first, err)
	}
	_, port, _ := net.SplitHostPort(inside.Listener.Addr().String())
	client := http.Client{Transport: transport(nil, names)}
	if _, err := client.Get("http://rebound.example.:" + port); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
			return
		}
		t.Error("followed")
	}))
	defer web.Close()
	if _, err := get(t, Options{Plain: true, Allowed: loopback}, web.URL+"/"); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerIsBounded(t *testing.T) {
	ended := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("a", 1001))
		case "/whole":
			_, _ = io.WriteString(w, strings.Repeat("a", 1000))
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("a", maxHeader))
		case "/never":
			<-ended
		}
	}))
	defer web.Close()
	defer close(ended)
	o := Options{Plain: true, Allowed: loopback, MaxBody: 1000}
	if got, err := get(t, o, web.URL+"/whole"); len(got) != 1000 || err != nil {
		t.Errorf("a whole answer: %d bytes, %v", len(got), err)
	}
	if _, err := get(t, o, web.URL+"/long"); !errors.Is(err, ErrRefused) {
		t.Errorf("a long body: %v", err)
	}
	if _, err := get(t, o, web.URL+"/head"); err == nil {
		t.Error("a long head is read")
	}
	o.Timeout = time.Millisecond
	if _, err := get(t, o, web.URL+"/never"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an answer that never comes: %v", err)
	}
}

func TestNoProxyIsAsked(t *testing.T) {
	if Transport(nil).Proxy != nil {
		t.Error("a proxy would look names up by itself")
	}
}
