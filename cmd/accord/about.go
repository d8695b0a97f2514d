package main

import (
	"crypto/fips140"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"accord/openapi"
)

type openapiCmd struct {
	Format string `default:"yaml" enum:"yaml,json" help:"One of ${enum}."`
}

// Help is the long form of the command's help.
func (*openapiCmd) Help() string {
	return `It is the completed OpenAPI contract that the server serves at /openapi.yaml and /openapi.json, for generators of clients.

  accord openapi --format json > accord.json`
}

// Run prints the contract.
func (cmd *openapiCmd) Run(s surroundings) error {
	out := openapi.ContractYAML
	if cmd.Format == "json" {
		out = openapi.ContractJSON
	}
	_, err := s.stdout.Write(out)
	return err
}

type versionCmd struct{}

// Help is the long form of the command's help.
func (versionCmd) Help() string {
	return `Printed are the version, the revision of the source where it is known, the Go release, and FIPS 140-3 with the version of its module where that mode is on.

  accord version`
}

// Run prints the version.
func (versionCmd) Run(s surroundings) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("built without its version")
	}
	revision := ""
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = " " + setting.Value
		}
	}
	mode := ""
	if fips140.Enabled() {
		mode = " FIPS 140-3 " + fips140.Version()
	}
	_, err := fmt.Fprintf(s.stdout, "accord %s%s %s%s\n", info.Main.Version, revision, info.GoVersion, mode)
	return err
}

type healthCmd struct{}

// Help is the long form of the command's help.
func (healthCmd) Help() string {
	return `It asks /readyz, which answers once the database does and its schema is up to date. It is for health checks of containers, which have no curl.

  accord health
  ACCORD_LISTEN=0.0.0.0:8080 accord health`
}

// Run asks the server.
func (healthCmd) Run(s surroundings, c *config) error {
	if err := c.check(); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, c.scheme()+"://"+c.Listen+"/readyz", nil)
	if err != nil {
		return err
	}
	// It asks this very machine, under whatever name the certificate has.
	line := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}}
	res, err := (&http.Client{Timeout: 3 * time.Second, Transport: line}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}
