// Package egress is the way out of the server: requests that reach public
// addresses and those that an operator allowed, and no others. It judges the
// address to which a connection is about to be made, after every look-up of a
// name, so that no name, redirect or second answer of a name server leads
// inside.
package egress

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrRefused is every refusal of an address, a scheme or a redirect.
var ErrRefused = errors.New("egress: refused")

// Options are what one use of the network may do. Each use has its own: what
// one may reach inside is not open to the others.
type Options struct {
	// Allowed are the networks, other than public ones, that may be connected to.
	Allowed []netip.Prefix
	// Plain lets http through beside https.
	Plain bool
	// Timeout is for a whole request, its answer's body included; 10 seconds if zero.
	Timeout time.Duration
	// MaxBody is how many bytes of an answer are read; 1 MiB if zero.
	MaxBody int64
}

// maxHeader is how many bytes the head of an answer has at most.
const maxHeader = 64 << 10

// Client asks within o. It follows no redirect, asks no proxy, and unpacks no
// answer; one whose body is too long is an error and not cut short.
func Client(o Options) *http.Client {
	return &http.Client{
		Timeout:   cmp.Or(o.Timeout, 10*time.Second),
		Transport: bounds{Transport(o.Allowed), o.Plain, cmp.Or(o.MaxBody, 1<<20)},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return fmt.Errorf("%w: the answer is a redirect", ErrRefused)
		},
	}
}

// Transport connects to public addresses and those of allowed. It is for clients
// with bounds of their own; others take Client.
func Transport(allowed []netip.Prefix) *http.Transport { return transport(allowed, nil) }

func transport(allowed []netip.Prefix, names *net.Resolver) *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second, Resolver: names, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: no address", ErrRefused)
		}
		if !reachable(at.Addr(), allowed) {
			return fmt.Errorf("%w: the name leads to a private address that is not among those allowed", ErrRefused)
		}
		return nil
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: time.Minute,
		MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true,
	}
}

// bounds refuses a scheme, and a body that is longer than max.
type bounds struct {
	next  http.RoundTripper
	plain bool
	max   int64
}

// RoundTrip is http.RoundTripper's.
func (b bounds) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !b.plain {
		return nil, fmt.Errorf("%w: it is not https", ErrRefused)
	}
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = &body{res.Body, b.max}
	return res, nil
}

// body is of at most left bytes.
type body struct {
	io.ReadCloser
	left int64
}

// Read fails once more has come than may.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: the answer is too long", ErrRefused)
	}
	return n, err
}

// reachable reports whether a connection may be made.
func reachable(a netip.Addr, allowed []netip.Prefix) bool {
	if a = a.Unmap().WithZone(""); among(never, a) {
		return false
	}
	return Public(a) || among(allowed, a)
}

func among(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// never are addresses at which clouds hand out a machine's own keys to whoever
// asks from it. No range that is allowed opens them.
var never = prefixes(
	"169.254.0.0/16", "fe80::/10", // link-local: 169.254.169.254 of nearly all
	"100.100.100.200/32",                // Alibaba
	"168.63.129.16/32",                  // Azure, at a public address
	"192.0.0.192/32",                    // Oracle
	"fd00:ec2::/32", "fd20:ce::254/128", // AWS and Google, IPv6
)

// special are the ranges that are not of the public network, from IANA's
// registries of special-purpose addresses (RFC 6890). Of IPv6 only what is given
// out for the public network is listed: all outside of global is special.
var (
	global  = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	special = prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4",
		"2001::/23",     // protocols', Teredo's and documentation's
		"2001:db8::/32", // documentation's
		"2002::/16",     // 6to4, which carries IPv4 addresses and is deprecated (RFC 7526)
		"3fff::/20",     // documentation's
	)
)

// Public reports whether an address is of the public network. One of NAT64 is
// what the IPv4 address in it is (RFC 6052).
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	return a.IsValid() && (a.Is4() || global.Contains(a)) && !among(special, a) && !among(never, a)
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}
