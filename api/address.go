package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// Proxies are the machines that may say for whom they ask. Nobody else is
// believed: whoever can reach the server could write such a header.
type Proxies struct {
	// Trusted are the addresses of the proxies; none if empty.
	Trusted []netip.Prefix
	// Header is the one header in which they append the address that asked them:
	// X-Forwarded-For, which is meant if it is empty, or Forwarded (RFC 7239). The
	// other one is never read: a proxy passes it on as the client wrote it.
	Header string
}

func (p Proxies) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(t netip.Prefix) bool { return t.Contains(a) })
}

// Client is the address that r comes from: that of the peer, or if the peer is a
// trusted proxy, the last that the proxies tell which is not one of theirs. What
// stands before it, the client may have written. Where a proxy tells what is no
// address, the proxy itself is the client. It is not valid only if the peer's is
// not.
func (p Proxies) Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := plain(peer.Addr())
	if !p.trusts(at) {
		return at
	}
	for _, hop := range slices.Backward(p.hops(r.Header)) {
		a, ok := node(hop)
		if !ok {
			return at
		}
		if at = a; !p.trusts(at) {
			return at
		}
	}
	return at
}

// hops are what the proxies appended, the last one last.
func (p Proxies) hops(h http.Header) []string {
	name := p.Header
	if name == "" {
		name = "X-Forwarded-For"
	}
	hops := strings.Split(strings.Join(h.Values(name), ","), ",")
	if name != "Forwarded" {
		return hops
	}
	for i, element := range hops {
		hops[i] = forwardedFor(element)
	}
	return hops
}

// forwardedFor is the one "for" of an element of Forwarded, or nothing. An
// element that was cut at a comma within quotes is none that can be read.
func forwardedFor(element string) (value string) {
	for pair := range strings.SplitSeq(element, ";") {
		name, v, ok := strings.Cut(strings.TrimSpace(pair), "=")
		quoted := len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"'
		if quoted {
			v = v[1 : len(v)-1]
		}
		if !ok || strings.ContainsAny(v, `"\`) || (!quoted && strings.ContainsAny(v, "[]: ")) {
			return ""
		}
		if !strings.EqualFold(name, "for") {
			continue
		}
		if value != "" {
			return ""
		}
		value = v
	}
	return value
}

// node reads an address as proxies write it: with or without a port, IPv6 in
// brackets or not.
func node(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if with, err := netip.ParseAddrPort(s); err == nil {
		return plain(with.Addr()), true
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = s[1 : len(s)-1]
	}
	a, err := netip.ParseAddr(s)
	return plain(a), err == nil
}

// plain writes one address in one way: an IPv4 address in IPv6's clothes, or a
// zone, would be another to a list of ranges.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// clientAddress is where a request comes from, and the only way to ask. It is
// never logged, and kept only as a keyed hash.
func (s *Server) clientAddress(c echo.Context) netip.Addr { return s.proxies.Client(c.Request()) }

// clientNetwork is what is counted as one place: an IPv4 address, or the /64 of
// an IPv6 address, of which one subscriber has all.
func (s *Server) clientNetwork(c echo.Context) string { return networkOf(s.clientAddress(c), 64) }

// clientSite is what is counted as one place where somebody guesses: many a
// subscriber has all of a /48, which is 65,536 of the former.
func (s *Server) clientSite(c echo.Context) string { return networkOf(s.clientAddress(c), 48) }

func networkOf(a netip.Addr, bits int) string {
	if !a.Is6() {
		return a.String()
	}
	network, _ := a.Prefix(bits) // an IPv6 address has one
	return network.String()
}
