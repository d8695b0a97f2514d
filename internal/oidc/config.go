package oidc

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"
)

// Config is what a server is told of an issuer: how its tokens are to look and
// what they are good for. There is nothing secret in it.
type Config struct {
	// Name is what the configuration calls it, in addresses, logs and the trail.
	Name string `json:"name"`
	// Label is what people are shown.
	Label string `json:"label"`
	// Issuer is its address, to the letter as in its tokens (iss).
	Issuer string `json:"issuer"`
	// ClientID is what the front end is to it (aud).
	ClientID string `json:"client_id"`
	// Audiences are others whom a token may name beside the client.
	Audiences []string `json:"audiences"`
	// Algorithms are those by which it signs; RS256 if there are none.
	Algorithms []string `json:"algorithms"`
	// Scopes are what the front end asks for.
	Scopes []string `json:"scopes"`
	// MaxAge is how many seconds ago, at most, a person proved to the issuer who it
	// is. Zero asks for no such time.
	MaxAge int `json:"max_age"`
	// RoleClaim is the claim that Roles are by.
	RoleClaim string `json:"role_claim"`
	// Roles are, for each value of that claim, the roles that a token with it may
	// stand for; those of "*" for every token.
	Roles map[string][]string `json:"roles"`
	// SecondFactor is what shows that the issuer asked for one.
	SecondFactor SecondFactor `json:"second_factor"`
	// Private are ranges of private addresses at which the issuer may be.
	Private []netip.Prefix `json:"private"`
	// Plain lets it be asked without TLS. It is for trying things out.
	Plain bool `json:"plain"`
}

// SecondFactor lists the values of amr (RFC 8176) and acr that show one.
type SecondFactor struct {
	AMR []string `json:"amr"`
	ACR []string `json:"acr"`
}

// everybody stands for each token in Config.Roles.
const everybody = "*"

// ReadConfig reads the issuers of a file. It refuses unknown names, and names
// the issuer that is wrong and what would be right.
func ReadConfig(b []byte) ([]Config, error) {
	var file struct {
		Issuers []Config `json:"issuers"`
	}
	if err := json.Unmarshal(b, &file, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("it is not the JSON that it must be: %w", err)
	}
	names, addresses := map[string]bool{}, map[string]bool{}
	for n, c := range file.Issuers {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("issuers[%d]: %w", n, err)
		}
		if names[c.Name] || addresses[c.Issuer] {
			return nil, fmt.Errorf("issuers[%d]: another has this name or address", n)
		}
		names[c.Name], addresses[c.Issuer] = true, true
	}
	return file.Issuers, nil
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// ours are claims that mean something else than a role.
var ours = []string{"iss", "sub", "aud", "azp", "nonce", "exp", "iat", "nbf", "auth_time", "acr", "amr"}

func (c Config) check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case !name.MatchString(c.Name):
		return errors.New("name is up to 40 letters of a to z, digits and hyphens")
	case c.Label == "":
		return errors.New("label is what people are shown, and is missing")
	case err != nil || c.web(c.Issuer) != nil || u.RawQuery != "":
		return errors.New("issuer is an address that begins with https://, without query or fragment; http:// needs plain")
	case c.ClientID == "":
		return errors.New("client_id is missing")
	case slices.ContainsFunc(c.Algorithms, func(a string) bool { return verifiers[a] == nil }):
		return errors.New("algorithms may be RS256, ES256 and EdDSA")
	case c.MaxAge < 0:
		return errors.New("max_age is a number of seconds")
	case slices.Contains(ours, c.RoleClaim):
		return errors.New("role_claim is a claim that has a meaning of its own; name another")
	case len(c.Roles) == 0:
		return errors.New("roles says which roles a token may stand for, and is missing")
	case c.RoleClaim == "" && (len(c.Roles) != 1 || c.Roles[everybody] == nil):
		return errors.New(`without role_claim, roles has "*" alone`)
	}
	return nil
}

func (c Config) algorithms() []string {
	if len(c.Algorithms) == 0 {
		return []string{"RS256"}
	}
	return c.Algorithms
}

// Allowed lists the roles that its tokens may stand for at all.
func (c Config) Allowed() []string {
	var out []string
	for _, roles := range c.Roles {
		out = append(out, roles...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
