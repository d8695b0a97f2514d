package main

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"accord/openapi"
)

type openapiCmd struct {
	Format string `default:"yaml" enum:"yaml,json" help:"yaml or json."`
}

func (cmd *openapiCmd) Run(s surroundings) error {
	out := openapi.ContractYAML
	if cmd.Format == "json" {
		out = openapi.ContractJSON
	}
	_, err := s.stdout.Write(out)
	return err
}

type versionCmd struct{}

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
	_, err := fmt.Fprintf(s.stdout, "accord %s%s %s\n", info.Main.Version, revision, info.GoVersion)
	return err
}

type healthCmd struct {
	Listen string `var:"ACCORD_LISTEN" default:"127.0.0.1:8080" help:"Where the server listens ($ACCORD_LISTEN)."`
}

func (cmd *healthCmd) Run(s surroundings) error {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, "http://"+cmd.Listen+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Timeout: 3 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}
