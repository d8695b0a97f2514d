package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"accord/api"
	"accord/domain"
	"accord/repository"
)

func prefixes(s ...string) (out []netip.Prefix) {
	for _, p := range s {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// spoofs are requests as they arrive, and the address that they come from.
var spoofs = []struct {
	name, peer, header string
	values             []string
	want               string
}{
	{"no proxy", "203.0.113.9:5000", "", nil, "203.0.113.9"},
	{"one who is no proxy says", "203.0.113.9:5000", "X-Forwarded-For", []string{"198.51.100.1"}, "203.0.113.9"},
	{"a proxy says", "10.0.0.1:5000", "X-Forwarded-For", []string{"198.51.100.1"}, "198.51.100.1"},
	{"a proxy says nothing", "10.0.0.1:5000", "X-Forwarded-For", nil, "10.0.0.1"},
	{"the client wrote one before", "10.0.0.1:5000", "X-Forwarded-For", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
	{"in a line of its own", "10.0.0.1:5000", "X-Forwarded-For", []string{"192.0.2.66", "198.51.100.1"}, "198.51.100.1"},
	{"the client wrote that of a proxy", "10.0.0.1:5000", "X-Forwarded-For", []string{"10.0.0.7, 198.51.100.1"}, "198.51.100.1"},
	{"two proxies", "10.0.0.1:5000", "X-Forwarded-For", []string{"192.0.2.66, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
	{"a proxy asks for itself", "10.0.0.1:5000", "X-Forwarded-For", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
	{"with a port", "10.0.0.1:5000", "X-Forwarded-For", []string{"198.51.100.1:4711"}, "198.51.100.1"},
	{"IPv6", "10.0.0.1:5000", "X-Forwarded-For", []string{"2001:db8::1"}, "2001:db8::1"},
	{"IPv6 in brackets", "10.0.0.1:5000", "X-Forwarded-For", []string{"[2001:db8::1]"}, "2001:db8::1"},
	{"IPv6 with a port", "10.0.0.1:5000", "X-Forwarded-For", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
	{"IPv4 as IPv6", "10.0.0.1:5000", "X-Forwarded-For", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	{"a proxy's IPv4 as IPv6", "[::ffff:10.0.0.1]:5000", "X-Forwarded-For", []string{"198.51.100.1"}, "198.51.100.1"},
	{"a zone", "10.0.0.1:5000", "X-Forwarded-For", []string{"fe80::1%eth0"}, "fe80::1"},
	{"no address", "10.0.0.1:5000", "X-Forwarded-For", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
	{"nothing between commas", "10.0.0.1:5000", "X-Forwarded-For", []string{"198.51.100.1,"}, "10.0.0.1"},
	{"an address that is none", "10.0.0.1:5000", "X-Forwarded-For", []string{"198.51.100.256"}, "10.0.0.1"},
	{"octal", "10.0.0.1:5000", "X-Forwarded-For", []string{"0306.51.100.1"}, "10.0.0.1"},
	{"a header that the proxy does not write", "10.0.0.1:5000", "Forwarded", []string{"for=192.0.2.66"}, "10.0.0.1"},
	{"other headers of the kind", "10.0.0.1:5000", "X-Real-Ip", []string{"192.0.2.66"}, "10.0.0.1"},
}

// forwarded are such requests where proxies write Forwarded.
var forwarded = []struct {
	name   string
	values []string
	want   string
}{
	{"plainly", []string{"for=198.51.100.1"}, "198.51.100.1"},
	{"with more", []string{`by=10.0.0.1;FOR="198.51.100.1:4711";proto=https;host=accord`}, "198.51.100.1"},
	{"IPv6", []string{`for="[2001:db8::1]:4711"`}, "2001:db8::1"},
	{"the client wrote one before", []string{"for=192.0.2.66, for=198.51.100.1"}, "198.51.100.1"},
	{"the client opened quotes", []string{`for="192.0.2.66, for=198.51.100.1`}, "198.51.100.1"},
	{"the client's host holds an address", []string{`for=198.51.100.1;host="a, for=192.0.2.66"`}, "10.0.0.1"},
	{"and more after it", []string{`for=198.51.100.1;host="a, for=192.0.2.66;x=y"`}, "10.0.0.1"},
	{"two in one", []string{"for=192.0.2.66;for=198.51.100.1"}, "10.0.0.1"},
	{"hidden", []string{"for=_secret"}, "10.0.0.1"},
	{"unknown", []string{"for=unknown"}, "10.0.0.1"},
	{"none", []string{"proto=https"}, "10.0.0.1"},
	{"escapes", []string{`for="198.51.100.\1"`}, "10.0.0.1"},
	{"another proxy", []string{"for=198.51.100.1, for=10.0.0.2"}, "198.51.100.1"},
	{"a header that the proxy does not write", nil, "10.0.0.1"},
}

func TestAnAddressCantBeSpoofed(t *testing.T) {
	t.Parallel()
	trusted := prefixes("10.0.0.0/8")
	try := func(t *testing.T, p api.Proxies, peer, want string, h http.Header) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header = peer, h
		if got := p.Client(r); got.String() != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, tt := range spoofs {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			if tt.header != "" {
				h[tt.header] = tt.values
			}
			try(t, api.Proxies{Trusted: trusted}, tt.peer, tt.want, h)
		})
	}
	for _, tt := range forwarded {
		t.Run("Forwarded/"+tt.name, func(t *testing.T) {
			h := http.Header{"Forwarded": tt.values, "X-Forwarded-For": {"192.0.2.66"}}
			try(t, api.Proxies{Trusted: trusted, Header: "Forwarded"}, "10.0.0.1:5000", tt.want, h)
		})
	}
}

// FuzzClientAddress holds that a client can't choose its address whatever it
// writes, as long as the proxy appends the true one.
func FuzzClientAddress(f *testing.F) {
	for _, tt := range spoofs {
		f.Add(strings.Join(tt.values, ","))
	}
	for _, tt := range forwarded {
		f.Add(strings.Join(tt.values, ","))
	}
	f.Fuzz(func(t *testing.T, wrote string) {
		for header, appended := range map[string]string{"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = "10.0.0.1:1"
			r.Header[header] = []string{wrote + ", " + appended}
			p := api.Proxies{Trusted: prefixes("10.0.0.0/8"), Header: header}
			if got := p.Client(r).String(); got != "198.51.100.1" {
				t.Errorf("%q makes it %s", wrote, got)
			}
			r.RemoteAddr = "203.0.113.9:1"
			if got := p.Client(r).String(); got != "203.0.113.9" {
				t.Errorf("%q makes it %s", wrote, got)
			}
		}
	})
}

// TestANetworkOfIPv6IsOneAddress has one subscriber ask from many addresses.
func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	set := func(o *api.Options) {
		o.Limits.Address = repository.Rate{Limit: 1, Window: time.Minute}
		o.Proxies = api.Proxies{Trusted: prefixes("127.0.0.0/8")}
	}
	eachWith(t, set, func(t *testing.T, w *world) {
		from := func(address string) *result {
			return w.anyone().get("/v1/register/commitments", "X-Forwarded-For", address)
		}
		from("2001:db8:0:1::1").want(200)
		from("2001:db8:0:1::2").told(429)
		from("2001:db8:0:2::1").want(200)
		from("198.51.100.1").want(200)
		from("198.51.100.2").want(200)
		from("192.0.2.66, 198.51.100.1").told(429)
	})
}

// TestNoHeaderMovesTheServer sends what proxies use to say how they were reached:
// no byte of any answer may follow it.
func TestNoHeaderMovesTheServer(t *testing.T) {
	eachWith(t, func(o *api.Options) { o.Proxies = api.Proxies{Trusted: prefixes("127.0.0.0/8")} }, func(t *testing.T, w *world) {
		staff := w.as(domain.Staff)
		for i := range 2 {
			w.organization("Listed "+string(rune('A'+i)), domain.OrganizationDrafted)
		}
		const evil = "evil.example"
		for _, path := range []string{"/v1/organizations?limit=1", "/v1/me", "/v1/no_such_thing", "/docs", "/.well-known/jwks.json", "/v1/imports"} {
			plainly := withoutRequestID(staff.get(path))
			for _, headers := range [][]string{
				{"X-Forwarded-Host", evil}, {"X-Forwarded-Proto", "gopher"}, {"X-Forwarded-Port", "1"}, {"X-Forwarded-Prefix", "/" + evil},
				{"Forwarded", "host=" + evil + ";proto=gopher"}, {"X-Original-Url", "/" + evil}, {"X-Rewrite-Url", "/v1/accounts"},
				{"X-Http-Method-Override", "DELETE"}, {"X-Host", evil},
			} {
				if got := withoutRequestID(staff.get(path, headers...)); got != plainly {
					t.Errorf("%s follows %s:\n%s\n%s", path, headers[0], got, plainly)
				}
			}
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = evil
			r.Header.Set("Authorization", "Bearer "+staff.bearer())
			got := httptest.NewRecorder()
			w.handler.ServeHTTP(got, r)
			if strings.Contains(got.Body.String(), evil) || strings.Contains(got.Header().Get("Location")+got.Header().Get("Link"), evil) {
				t.Errorf("%s follows Host: %v %s", path, got.Header(), got.Body)
			}
		}
	})
}
